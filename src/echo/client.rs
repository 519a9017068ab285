//! Serving one client, from its connection to its end.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use native_tls::TlsAcceptor;
use tungstenite::error::{CapacityError, Error as WsError, ProtocolError};
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::handshake::HandshakeError;
use tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{accept_hdr_with_config, Message, WebSocket};

use super::event::{Ending, Event};
use super::exchange;
use super::options::ServeOptions;
use super::page;
use super::wire::{Channel, Wire, MAX_HEAD, MAX_HEADERS};
use crate::error::plain;

/// The maximum time for each read of the TLS and opening handshakes.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The same for a client that is refused because there are too many connections.
const REFUSAL: Duration = Duration::from_secs(2);

/// Serves a client until its connection ends, and reports both to `on_event`.
pub(super) fn serve(
    stream: TcpStream,
    id: u64,
    peer: SocketAddr,
    options: &ServeOptions,
    on_event: &dyn Fn(Event),
) {
    let mut wire = match receive(stream, options.tls.as_ref(), HANDSHAKE) {
        Ok(wire) => wire,
        Err(cause) => return on_event(Event::Rejected { id, peer, cause }),
    };
    let (requests, head) = answer_exchanges(&mut wire, options);
    if requests > 0 {
        on_event(Event::Exchanged { id, peer, requests });
    }
    if requests > 0 && (head.is_err() || wire.head().is_empty()) {
        // The client has what it wanted, and how it leaves does not change that.
        let _ = wire.shut_down();
        return;
    }
    match upgrade(&mut wire, head, options.max_message_size) {
        Ok(mut socket) => {
            on_event(Event::Connected { id, peer });
            let start = Instant::now();
            let mut messages = 0;
            let end = echo(&mut socket, options.delay, &mut messages);
            let how = ending(end, &mut socket);
            let after = start.elapsed();
            on_event(Event::Ended {
                id,
                how,
                messages,
                after,
            });
        }
        Err(declined) => {
            let response = match declined {
                Declined::Page => {
                    on_event(Event::Page { id, peer });
                    page::response()
                }
                Declined::Refused(refusal) => {
                    let response = refusal.answer();
                    let cause = refusal.cause;
                    on_event(Event::Rejected { id, peer, cause });
                    response
                }
            };
            // If writing fails, the client has disconnected, and what it came for is reported.
            let _ = wire.write_all(response.as_bytes());
        }
    }
    // The end has been reported; an error while closing TCP does not change it.
    let _ = wire.shut_down();
}

/// Refuses a client because `limit` others are connected, and reports it. Does not wait for the
/// client's request.
pub(super) fn refuse(
    stream: TcpStream,
    id: u64,
    peer: SocketAddr,
    options: &ServeOptions,
    limit: NonZeroUsize,
    on_event: &dyn Fn(Event),
) {
    let refusal = Refusal {
        status: "503 Service Unavailable",
        cause: format!("too many connections: --max-connections allows {limit}"),
    };
    let sent = receive(stream, options.tls.as_ref(), REFUSAL).and_then(|mut wire| {
        wire.write_all(refusal.answer().as_bytes())
            .and_then(|()| wire.shut_down())
            .map_err(|cause| plain(&cause))
    });
    let cause = match sent {
        Ok(()) => refusal.cause,
        Err(error) => format!("{}; could not send the response: {error}", refusal.cause),
    };
    on_event(Event::Rejected { id, peer, cause });
}

/// Sets up TCP and TLS, with at most `limit` for each read. The first byte tells TLS from plain
/// HTTP, so that a client that confuses `ws` and `wss` gets a clear error.
fn receive(stream: TcpStream, tls: Option<&TlsAcceptor>, limit: Duration) -> Result<Wire, String> {
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
        (None, false) => Ok(Wire::new(Channel::Plain(stream))),
        (Some(tls), true) => match tls.accept(stream) {
            Ok(stream) => Ok(Wire::new(Channel::Tls(Box::new(stream)))),
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
            let refusal = Refusal {
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
    let mut wire = Wire::new(Channel::Plain(stream));
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
struct Refusal {
    status: &'static str,
    cause: String,
}

/// A request that opens no connection.
enum Declined {
    /// It requests the page.
    Page,
    /// It is not an acceptable opening handshake.
    Refused(Refusal),
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Refusal {
    /// The HTTP response, with a text for browsers and other HTTP clients.
    fn answer(&self) -> String {
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

/// Answers requests over HTTP until the client sends another one or leaves. Returns their number, and
/// whether the head of the next request could be read.
///
/// tungstenite rejects a request that arrives in many small pieces as an attack, so its head is read
/// as a whole first.
fn answer_exchanges(wire: &mut Wire, options: &ServeOptions) -> (u64, io::Result<()>) {
    let mut requests = 0;
    loop {
        let head = wire.read_head();
        let requested = exchange::requested(wire.head(), options.max_message_size);
        let Some(exchange) = requested.filter(|_| head.is_ok()) else {
            return (requests, head);
        };
        requests += 1;
        if let Some(delay) = options.delay {
            thread::sleep(delay);
        }
        let keeps_alive = exchange.keeps_alive();
        if let Err(cause) = exchange.answer(wire) {
            return (requests, Err(cause));
        }
        if !keeps_alive {
            return (requests, Err(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

/// Performs the opening handshake (RFC 6455 §4.2).
fn upgrade(
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
                Err(cause) => Err(Declined::Refused(Refusal {
                    status: "500 Internal Server Error",
                    cause: plain(&cause),
                })),
            }
        }
        Err(HandshakeError::Interrupted(_)) => Refusal {
            status: "408 Request Timeout",
            cause: timed_out(HANDSHAKE),
        },
        Err(HandshakeError::Failure(trouble)) => Refusal {
            status: status_for(&trouble),
            cause: describe(&trouble),
        },
    };
    Err(Declined::Refused(refusal))
}

/// The refusal of a request whose head could not be read.
fn unreadable_request(cause: &io::Error) -> Refusal {
    match cause.kind() {
        io::ErrorKind::FileTooLarge => Refusal {
            status: "431 Request Header Fields Too Large",
            cause: format!(
                "the request has more than {MAX_HEADERS} headers or {} KiB of them",
                (MAX_HEAD + 1) >> 10
            ),
        },
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Refusal {
            status: "408 Request Timeout",
            cause: timed_out(HANDSHAKE),
        },
        _ => Refusal {
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

/// Echoes messages until the client closes. Returns its close code, if there is one. tungstenite
/// replies to a Ping or Close when the next message is read.
fn echo(
    socket: &mut WebSocket<&mut Wire>,
    delay: Option<Duration>,
    messages: &mut u64,
) -> Result<Option<u16>, WsError> {
    let mut code = None;
    loop {
        match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                if let Some(delay) = delay {
                    // Otherwise a Pong or the previous reply would be delayed as well.
                    socket.flush()?;
                    thread::sleep(delay);
                }
                socket.write(message)?;
                *messages += 1;
            }
            Ok(Message::Close(frame)) => code = frame.map(|frame| u16::from(frame.code)),
            Ok(_) => {}
            Err(WsError::ConnectionClosed) => return Ok(code),
            Err(trouble) => return Err(trouble),
        }
    }
}

/// How the connection ended. A client that violated the protocol is sent a Close with the code for
/// it (RFC 6455 §7.1.7).
fn ending(end: Result<Option<u16>, WsError>, socket: &mut WebSocket<&mut Wire>) -> Ending {
    let trouble = match end {
        Ok(code) => return Ending::Closed(code),
        Err(trouble) => trouble,
    };
    let code = match trouble {
        WsError::Io(_)
        | WsError::AlreadyClosed
        | WsError::ConnectionClosed
        | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            return Ending::Lost(describe(&trouble));
        }
        WsError::Utf8(_) => CloseCode::Invalid,
        WsError::Capacity(_) => CloseCode::Size,
        _ => CloseCode::Protocol,
    };
    let cause = describe(&trouble);
    let sent = socket.close(Some(CloseFrame {
        code,
        reason: cause.as_str().into(),
    }));
    match sent {
        Ok(()) | Err(WsError::ConnectionClosed) => Ending::Failed(code.into(), cause),
        Err(_) => Ending::Lost(cause),
    }
}

/// Describes the error as a clause about the client. tungstenite's messages quote nothing that a
/// client sent except for a header's name.
fn describe(trouble: &WsError) -> String {
    match trouble {
        WsError::Io(cause) => plain(cause),
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            "connection closed without a Close frame".to_owned()
        }
        WsError::Protocol(ProtocolError::HandshakeIncomplete) => {
            "the client disconnected during the opening handshake".to_owned()
        }
        WsError::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader,
        ) => "not a WebSocket upgrade request".to_owned(),
        WsError::Protocol(ProtocolError::HttparseError(cause)) => {
            format!("invalid HTTP request: {cause}")
        }
        WsError::Protocol(cause) => cause.to_string(),
        WsError::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            format!("message of {size} bytes exceeds the limit of {max_size} (--max-message-size)")
        }
        WsError::Capacity(cause) => cause.to_string(),
        WsError::Utf8(cause) => cause.clone(),
        other => other.to_string(),
    }
}
