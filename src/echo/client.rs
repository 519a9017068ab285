//! One client, from its first byte to its last.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use native_tls::TlsAcceptor;
use tungstenite::error::{CapacityError, Error as Trouble, ProtocolError};
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::handshake::HandshakeError;
use tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{accept_hdr_with_config, Message, WebSocket};

use super::wire::{Channel, Wire, MAX_HEAD, MAX_HEADERS};
use super::{Ending, Event, Manner};
use crate::error::plain;

/// How long a client may take for TLS and the opening handshake, a read at a time.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The same for a client that is refused because there are too many.
const REFUSAL: Duration = Duration::from_secs(2);

/// Serves a client to its end and tells of it.
pub(super) fn serve(
    stream: TcpStream,
    id: u64,
    peer: SocketAddr,
    manner: &Manner,
    tell: &dyn Fn(Event),
) {
    let mut wire = match receive(stream, manner.tls.as_ref(), HANDSHAKE) {
        Ok(wire) => wire,
        Err(cause) => return tell(Event::Rejected { id, peer, cause }),
    };
    match upgrade(&mut wire, manner.max_message_size) {
        Ok(mut socket) => {
            tell(Event::Connected { id, peer });
            let start = Instant::now();
            let mut messages = 0;
            let end = echo(&mut socket, manner.delay, &mut messages);
            let how = ending(end, &mut socket);
            let after = start.elapsed();
            tell(Event::Ended {
                id,
                how,
                messages,
                after,
            });
        }
        Err(refusal) => {
            let cause = refusal.cause.clone();
            tell(Event::Rejected { id, peer, cause });
            // A client that is gone can't be told, and has been reported.
            let _ = wire.write_all(refusal.answer().as_bytes());
        }
    }
    // How it ended has been told; a client that breaks off while parting changes nothing about it.
    let _ = wire.part();
}

/// Refuses a client because `limit` others are connected, and tells of it. Its request is not
/// waited for.
pub(super) fn refuse(
    stream: TcpStream,
    id: u64,
    peer: SocketAddr,
    manner: &Manner,
    limit: NonZeroUsize,
    tell: &dyn Fn(Event),
) {
    let refusal = Refusal {
        status: "503 Service Unavailable",
        cause: format!("too many connections: --max-connections allows {limit}"),
    };
    let told = receive(stream, manner.tls.as_ref(), REFUSAL).and_then(|mut wire| {
        wire.write_all(refusal.answer().as_bytes())
            .and_then(|()| wire.part())
            .map_err(|cause| plain(&cause))
    });
    let cause = match told {
        Ok(()) => refusal.cause,
        Err(lost) => format!("{}, and it could not be told ({lost})", refusal.cause),
    };
    tell(Event::Rejected { id, peer, cause });
}

/// Sets up TCP and TLS, waiting at most `limit` for each read. The first byte tells TLS from plain HTTP, so that whoever mixes up `ws`
/// and `wss` reads it in so many words.
fn receive(stream: TcpStream, tls: Option<&TlsAcceptor>, limit: Duration) -> Result<Wire, String> {
    const HANDSHAKE_RECORD: u8 = 22; // RFC 8446 §5.1
    let said = |cause: io::Error| match cause.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => too_slow(limit),
        _ => plain(&cause),
    };
    stream.set_nodelay(true).map_err(said)?;
    stream.set_read_timeout(Some(limit)).map_err(said)?;
    let mut first = [0];
    if stream.peek(&mut first).map_err(said)? == 0 {
        return Err("it left without a word".to_owned());
    }
    match (tls, first[0] == HANDSHAKE_RECORD) {
        (None, false) => Ok(Wire::new(Channel::Plain(stream))),
        (Some(tls), true) => match tls.accept(stream) {
            Ok(stream) => Ok(Wire::new(Channel::Tls(Box::new(stream)))),
            Err(native_tls::HandshakeError::Failure(cause)) => {
                Err(format!("the TLS handshake failed: {cause}"))
            }
            Err(native_tls::HandshakeError::WouldBlock(_)) => Err(too_slow(limit)),
        },
        (None, true) => {
            let cause = "it speaks TLS (wss), and here is plain ws";
            Err(turn_away(stream, "", cause))
        }
        (Some(_), false) => {
            let refusal = Refusal {
                status: "400 Bad Request",
                cause: "the client sent an HTTP request to an HTTPS server: use wss, not ws"
                    .to_owned(),
            };
            Err(turn_away(stream, &refusal.answer(), &refusal.cause))
        }
    }
}

/// Ends the connection with an answer; the cause with what became of that.
fn turn_away(stream: TcpStream, answer: &str, cause: &str) -> String {
    let mut wire = Wire::new(Channel::Plain(stream));
    match wire.write_all(answer.as_bytes()).and_then(|()| wire.part()) {
        Ok(()) => cause.to_owned(),
        Err(lost) => format!("{cause}, and did not wait to be told ({})", plain(&lost)),
    }
}

fn too_slow(limit: Duration) -> String {
    format!("no handshake within {} s", limit.as_secs())
}

/// An opening handshake that was not accepted.
struct Refusal {
    status: &'static str,
    cause: String,
}

impl Refusal {
    /// The answer in HTTP, for browsers and others who came by mistake.
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

/// The opening handshake (RFC 6455 §4.2).
fn upgrade(wire: &mut Wire, max_message_size: usize) -> Result<WebSocket<&mut Wire>, Refusal> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(max_message_size))
        .max_frame_size(Some(max_message_size))
        // Each answer goes to the wire at once, which does the gathering.
        .write_buffer_size(0);
    // tungstenite takes a request in many small pieces for an attack.
    wire.read_head().map_err(|cause| unread(&cause))?;
    // Taken apart first: an interrupted handshake would keep the wire.
    let refusal = match accept_hdr_with_config(&mut *wire, take_subprotocol, Some(config)) {
        Ok(socket) => {
            return match socket.get_ref().limit_reads(None) {
                Ok(()) => Ok(socket),
                Err(cause) => Err(Refusal {
                    status: "500 Internal Server Error",
                    cause: plain(&cause),
                }),
            }
        }
        Err(HandshakeError::Interrupted(_)) => Refusal {
            status: "408 Request Timeout",
            cause: too_slow(HANDSHAKE),
        },
        Err(HandshakeError::Failure(trouble)) => Refusal {
            status: status_for(&trouble),
            cause: words(&trouble),
        },
    };
    Err(refusal)
}

/// The refusal of a request whose head could not be read.
fn unread(cause: &io::Error) -> Refusal {
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
            cause: too_slow(HANDSHAKE),
        },
        _ => Refusal {
            status: "400 Bad Request",
            cause: plain(cause),
        },
    }
}

fn status_for(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Protocol(ProtocolError::WrongHttpMethod) => "405 Method Not Allowed",
        Trouble::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader
            | ProtocolError::MissingSecWebSocketVersionHeader,
        ) => "426 Upgrade Required",
        _ => "400 Bad Request",
    }
}

/// Agrees to the first subprotocol that the client offers (RFC 6455 §1.9), whatever it is.
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

/// Answers until the client closes; its close code, if it gave one. tungstenite answers Ping and
/// Close by itself, as soon as it is asked for the next message.
fn echo(
    socket: &mut WebSocket<&mut Wire>,
    delay: Option<Duration>,
    messages: &mut u64,
) -> Result<Option<u16>, Trouble> {
    let mut code = None;
    loop {
        match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                if let Some(delay) = delay {
                    // Lest a Pong, or the last answer, waits with this one.
                    socket.flush()?;
                    thread::sleep(delay);
                }
                socket.write(message)?;
                *messages += 1;
            }
            Ok(Message::Close(frame)) => code = frame.map(|frame| u16::from(frame.code)),
            Ok(_) => {}
            Err(Trouble::ConnectionClosed) => return Ok(code),
            Err(trouble) => return Err(trouble),
        }
    }
}

/// How the connection ended. A client that broke a rule is told so (RFC 6455 §7.1.7).
fn ending(end: Result<Option<u16>, Trouble>, socket: &mut WebSocket<&mut Wire>) -> Ending {
    let trouble = match end {
        Ok(code) => return Ending::Closed(code),
        Err(trouble) => trouble,
    };
    let code = match trouble {
        Trouble::Io(_)
        | Trouble::AlreadyClosed
        | Trouble::ConnectionClosed
        | Trouble::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            return Ending::Lost(words(&trouble));
        }
        Trouble::Utf8(_) => CloseCode::Invalid,
        Trouble::Capacity(_) => CloseCode::Size,
        _ => CloseCode::Protocol,
    };
    let cause = words(&trouble);
    let told = socket.close(Some(CloseFrame {
        code,
        reason: cause.as_str().into(),
    }));
    match told {
        Ok(()) | Err(Trouble::ConnectionClosed) => Ending::Failed(code.into(), cause),
        Err(_) => Ending::Lost(cause),
    }
}

/// What went wrong, as the end of a sentence about the client. tungstenite's texts are its own,
/// but for a header's name: none quotes what a client sent.
fn words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Io(cause) => plain(cause),
        Trouble::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            "the connection ended without a Close".to_owned()
        }
        Trouble::Protocol(ProtocolError::HandshakeIncomplete) => {
            "it left within the opening handshake".to_owned()
        }
        Trouble::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader,
        ) => "it asked for no upgrade to WebSocket".to_owned(),
        Trouble::Protocol(ProtocolError::HttparseError(cause)) => {
            format!("invalid HTTP request: {cause}")
        }
        Trouble::Protocol(cause) => cause.to_string(),
        Trouble::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            format!("message too large: {size} bytes, where --max-message-size allows {max_size}")
        }
        Trouble::Capacity(cause) => cause.to_string(),
        Trouble::Utf8(cause) => cause.clone(),
        other => other.to_string(),
    }
}
