//! Serving one client, from its connection to its end.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use tungstenite::error::{Error as WsError, ProtocolError};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};

use super::accepting::{receive, upgrade, Declined, HandshakeRefusal, HANDSHAKE};
use super::event::{ClientEnd, EchoEvent};
use super::exchange;
use super::options::ServeOptions;
use super::page;
use super::trouble::describe;
use super::wire::Wire;
use crate::error::plain;

/// The maximum time for each read of the handshakes of a client that is refused because there are too
/// many connections.
const REFUSAL: Duration = Duration::from_secs(2);

/// Serves a client until its connection ends, and reports both to `on_event`.
pub(super) fn serve(
    stream: TcpStream,
    id: u64,
    peer: SocketAddr,
    options: &ServeOptions,
    on_event: &dyn Fn(EchoEvent),
) {
    let mut wire = match receive(stream, options.tls.as_ref(), HANDSHAKE) {
        Ok(wire) => wire,
        Err(cause) => return on_event(EchoEvent::Rejected { id, peer, cause }),
    };
    let (requests, head) = answer_exchanges(&mut wire, options);
    if requests > 0 {
        on_event(EchoEvent::Exchanged { id, peer, requests });
    }
    if requests > 0 && (head.is_err() || wire.head().is_empty()) {
        // The client has what it wanted, and how it leaves does not change that.
        let _ = wire.shut_down();
        return;
    }
    match upgrade(&mut wire, head, options.max_message_size) {
        Ok(mut socket) => {
            on_event(EchoEvent::Connected { id, peer });
            let start = Instant::now();
            let mut messages = 0;
            let end = echo(&mut socket, options.delay, &mut messages);
            let how = ending(end, &mut socket);
            let after = start.elapsed();
            on_event(EchoEvent::Ended {
                id,
                how,
                messages,
                after,
            });
        }
        Err(declined) => {
            let response = match declined {
                Declined::Page => {
                    on_event(EchoEvent::Page { id, peer });
                    page::response()
                }
                Declined::Refused(refusal) => {
                    let response = refusal.answer();
                    let cause = refusal.cause;
                    on_event(EchoEvent::Rejected { id, peer, cause });
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
    on_event: &dyn Fn(EchoEvent),
) {
    let refusal = HandshakeRefusal {
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
    on_event(EchoEvent::Rejected { id, peer, cause });
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
fn ending(end: Result<Option<u16>, WsError>, socket: &mut WebSocket<&mut Wire>) -> ClientEnd {
    let trouble = match end {
        Ok(code) => return ClientEnd::Closed(code),
        Err(trouble) => trouble,
    };
    let code = match trouble {
        WsError::Io(_)
        | WsError::AlreadyClosed
        | WsError::ConnectionClosed
        | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            return ClientEnd::Lost(describe(&trouble));
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
        Ok(()) | Err(WsError::ConnectionClosed) => ClientEnd::Failed(code.into(), cause),
        Err(_) => ClientEnd::Lost(cause),
    }
}
