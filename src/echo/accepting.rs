//! The beginning of a connection: TLS and the opening handshake, or why they failed.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use native_tls::TlsAcceptor;
use tungstenite::error::{Error as WsError, ProtocolError};
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::handshake::HandshakeError;
use tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{accept_hdr_with_config, WebSocket};

use super::page;
use super::trouble::describe;
use super::wire::{ClientStream, Wire, MAX_HEAD, MAX_HEADERS};
use crate::error::plain;

/// The maximum time for each read of the TLS and opening handshakes.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);

/// Sets up TCP and TLS, with at most `limit` for each read. The first byte tells TLS from plain
/// HTTP, so that a client that confuses `ws` and `wss` gets a clear error.
pub(super) fn receive(
    stream: TcpStream,
    tls: Option<&TlsAcceptor>,
    limit: Duration,
) -> Result<Wire, String> {
    const HANDSHAKE_RECORD: u8 = 22; // RFC 8446 §5.1
    let describe_read_error = |cause: io::Error| match cause.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => timed_out(limit),
        _ => plain(&cause),
    };
    stream.set_nodelay(true).map_err(describe_read_error)?;
    stream
        .set_read_timeout(Some(limit))
        .map_err(describe_read_error)?;
    let mut first = [0];
    if stream.peek(&mut first).map_err(describe_read_error)? == 0 {
        return Err("the client disconnected without a request".to_owned());
    }
    match (tls, first[0] == HANDSHAKE_RECORD) {
        (None, false) => Ok(Wire::new(ClientStream::Plain(stream))),
        (Some(tls), true) => match tls.accept(stream) {
            Ok(stream) => Ok(Wire::new(ClientStream::Tls(Box::new(stream)))),
            Err(native_tls::HandshakeError::Failure(cause)) => {
                Err(format!("the TLS handshake failed: {cause}"))
            }
            Err(native_tls::HandshakeError::WouldBlock(_)) => Err(timed_out(limit)),
        },
        (None, true) => {
            let cause = "the client uses TLS (wss), but this server does not: use ws";
            Err(reject(stream, "", cause))
        }
        (Some(_), false) => {
            let refusal = HandshakeRefusal {
                status: "400 Bad Request",
                cause: "the client sent an HTTP request to an HTTPS server: use wss, not ws"
                    .to_owned(),
            };
            Err(reject(stream, &refusal.answer(), &refusal.cause))
        }
    }
}

/// Sends `answer` and closes the connection. Returns the cause, with the error if sending failed.
fn reject(stream: TcpStream, answer: &str, cause: &str) -> String {
    let mut wire = Wire::new(ClientStream::Plain(stream));
    match wire
        .write_all(answer.as_bytes())
        .and_then(|()| wire.shut_down())
    {
        Ok(()) => cause.to_owned(),
        Err(error) => format!("{cause}; could not send the response: {}", plain(&error)),
    }
}

fn timed_out(limit: Duration) -> String {
    format!("handshake timed out after {} s", limit.as_secs())
}

/// Why an opening handshake was refused.
pub(super) struct HandshakeRefusal {
    pub(super) status: &'static str,
    pub(super) cause: String,
}

/// A request that opens no connection.
pub(super) enum Declined {
    /// It requests the page.
    Page,
    /// It is not an acceptable opening handshake.
    Refused(HandshakeRefusal),
}

impl From<HandshakeRefusal> for Declined {
    fn from(refusal: HandshakeRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl HandshakeRefusal {
    /// The HTTP response, with a text for browsers and other HTTP clients.
    pub(super) fn answer(&self) -> String {
        let body = format!("This is a WebSocket echo server: {}.\n", self.cause);
        format!(
            "HTTP/1.1 {}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n\
             {body}",
            self.status,
            body.len()
        )
    }
}

/// Performs the opening handshake (RFC 6455 §4.2).
pub(super) fn upgrade(
    wire: &mut Wire,
    head: io::Result<()>,
    max_message_size: usize,
) -> Result<WebSocket<&mut Wire>, Declined> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(max_message_size))
        .max_frame_size(Some(max_message_size))
        // tungstenite writes each reply at once; `Wire` collects them.
        .write_buffer_size(0);
    head.map_err(|cause| unreadable_request(&cause))?;
    if page::is_requested(wire.head()) {
        return Err(Declined::Page);
    }
    // The result is converted first, because an interrupted handshake would keep `wire` borrowed.
    let refusal = match accept_hdr_with_config(&mut *wire, take_subprotocol, Some(config)) {
        Ok(socket) => {
            return match socket.get_ref().limit_reads(None) {
                Ok(()) => Ok(socket),
                Err(cause) => Err(Declined::Refused(HandshakeRefusal {
                    status: "500 Internal Server Error",
                    cause: plain(&cause),
                })),
            }
        }
        Err(HandshakeError::Interrupted(_)) => HandshakeRefusal {
            status: "408 Request Timeout",
            cause: timed_out(HANDSHAKE),
        },
        Err(HandshakeError::Failure(trouble)) => HandshakeRefusal {
            status: status_for(&trouble),
            cause: describe(&trouble),
        },
    };
    Err(Declined::Refused(refusal))
}

/// The refusal of a request whose head could not be read.
fn unreadable_request(cause: &io::Error) -> HandshakeRefusal {
    match cause.kind() {
        io::ErrorKind::FileTooLarge => HandshakeRefusal {
            status: "431 Request Header Fields Too Large",
            cause: format!(
                "the request has more than {MAX_HEADERS} headers or {} KiB of them",
                (MAX_HEAD + 1) >> 10
            ),
        },
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => HandshakeRefusal {
            status: "408 Request Timeout",
            cause: timed_out(HANDSHAKE),
        },
        _ => HandshakeRefusal {
            status: "400 Bad Request",
            cause: plain(cause),
        },
    }
}

fn status_for(trouble: &WsError) -> &'static str {
    match trouble {
        WsError::Protocol(ProtocolError::WrongHttpMethod) => "405 Method Not Allowed",
        WsError::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader
            | ProtocolError::MissingSecWebSocketVersionHeader,
        ) => "426 Upgrade Required",
        _ => "400 Bad Request",
    }
}

/// Accepts the first subprotocol that the client offers (RFC 6455 §1.9).
#[expect(
    clippy::result_large_err,
    clippy::unnecessary_wraps,
    reason = "tungstenite's signature for a callback"
)]
fn take_subprotocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let first = request
        .headers()
        .get(SEC_WEBSOCKET_PROTOCOL)
        .and_then(|offered| offered.to_str().ok())
        .and_then(|offered| offered.split(',').next())
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .and_then(|name| HeaderValue::from_str(name).ok());
    if let Some(name) = first {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, name);
    }
    Ok(response)
}
