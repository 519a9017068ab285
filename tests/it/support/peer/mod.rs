//! A scripted peer: a server that does exactly what a test says, valid or not, and checks that the
//! client does what the test expects. It has its own code for frames and the handshake.
//!
//! The steps are played in order. Then an open WebSocket is closed normally: the peer waits for the
//! client's Close and answers it, or for the answer to its own, and ends TCP. For another end, a
//! script has [`drop_tcp`](Peer::drop_tcp), [`reset_tcp`](Peer::reset_tcp),
//! [`stall`](Peer::stall) or [`expect_eof`](Peer::expect_eof). Everything that the client sends is
//! checked: masked, lengths in the shortest form, whole control frames, nothing after a Close.

mod frame;
mod play;
mod running;
mod socket;
mod step;
mod tls;
mod upgrade;
mod wire;

use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::gate::Gate;
use super::{guard, time};

pub use frame::{Frame, LengthForm, BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT};
pub use running::Running;
pub use socket::{Refusing, Reserved};
pub use tls::Tls;

use step::{HeadCheck, Incoming, Step};
use upgrade::Upgrade;

/// What happens before the steps.
#[derive(Clone)]
enum Opening {
    /// The request is read and answered with 101.
    WebSocket(Upgrade),
    /// The request's head is read and answered with these bytes.
    Http(Vec<u8>),
    /// Nothing is read.
    None,
}

/// What the peer does on one connection.
#[derive(Clone)]
struct Script {
    opening: Opening,
    checks: Vec<HeadCheck>,
    glued: bool,
    steps: Vec<Step>,
    tls: Option<Tls>,
    tls_refused: bool,
    limit: Duration,
}

/// A peer that is being configured; [`start`](Self::start) makes it listen.
#[must_use = "start() lets it listen"]
pub struct Peer {
    scripts: Vec<Script>,
    addr: SocketAddr,
    unix: Option<PathBuf>,
}

impl Peer {
    /// A WebSocket server: the request is checked and accepted, then the steps are played.
    pub fn ws() -> Self {
        Self::opening(Opening::WebSocket(Upgrade::default()))
    }

    /// An HTTP server: reads the request's head, answers with `answer` as it is, plays the steps
    /// ([`raw`](Self::raw) for more of the answer), and ends TCP.
    pub fn http(answer: impl AsRef<[u8]>) -> Self {
        Self::opening(Opening::Http(answer.as_ref().to_vec()))
    }

    /// A server that reads nothing unless a step says so: other protocols, proxies.
    pub fn tcp() -> Self {
        Self::opening(Opening::None)
    }

    /// A server that accepts TCP and sends nothing until the client leaves.
    pub fn silent() -> Self {
        Self::tcp().stall()
    }

    /// A port on which nothing listens.
    pub fn refusing() -> Refusing {
        Refusing::new()
    }

    /// A port for a server that the program starts.
    pub fn reserved() -> Reserved {
        Reserved::new()
    }

    fn opening(opening: Opening) -> Self {
        Self {
            scripts: vec![Script {
                opening,
                checks: Vec::new(),
                glued: false,
                steps: Vec::new(),
                tls: None,
                tls_refused: false,
                limit: time::limit(time::STEP),
            }],
            addr: (Ipv4Addr::LOCALHOST, 0).into(),
            unix: None,
        }
    }

    fn script(&mut self) -> &mut Script {
        self.scripts.last_mut().expect("a peer has a script")
    }

    fn step(mut self, step: Step) -> Self {
        self.script().steps.push(step);
        self
    }

    fn send(self, what: &str, bytes: Vec<u8>) -> Self {
        self.step(Step::Send {
            what: what.to_owned(),
            bytes,
        })
    }

    fn upgrade(mut self, change: impl FnOnce(&mut Upgrade)) -> Self {
        match &mut self.script().opening {
            Opening::WebSocket(upgrade) => change(upgrade),
            _ => panic!("only Peer::ws() accepts an upgrade"),
        }
        self
    }
}

/// Where it listens, and how.
impl Peer {
    /// Listens on this address instead of a free port of 127.0.0.1, for example `[::1]:0`.
    #[track_caller]
    pub fn bind(mut self, addr: &str) -> Self {
        self.addr = addr.parse().expect("an address and a port");
        assert!(self.addr.port() == 0, "tests have no fixed ports");
        self
    }

    /// Listens on a Unix socket at this path.
    pub fn unix(mut self, path: impl Into<PathBuf>) -> Self {
        self.unix = Some(path.into());
        self
    }

    /// Uses TLS with this certificate, or with the requirements of a [`Tls`].
    pub fn tls(mut self, tls: impl Into<Tls>) -> Self {
        self.script().tls = Some(tls.into());
        self
    }

    /// The client must break off the TLS handshake; nothing else of the script is played.
    pub fn expect_tls_refused(mut self) -> Self {
        self.script().tls_refused = true;
        self
    }

    /// How long each step may wait, by default 10 s. The factor for slow machines is applied here.
    pub fn within(mut self, limit: Duration) -> Self {
        self.script().limit = time::limit(limit);
        self
    }

    /// The script so far is played on each of `count` connections, which may be open at once.
    #[track_caller]
    pub fn connections(mut self, count: usize) -> Self {
        assert!(count > 0, "a peer has at least one connection");
        let script = self.script().clone();
        self.scripts.extend(std::iter::repeat_n(script, count - 1));
        self
    }

    /// `next` is the script of the connection after those so far.
    pub fn then(mut self, next: Peer) -> Self {
        self.scripts.extend(next.scripts);
        self
    }

    /// Listens, and plays the scripts on threads.
    pub fn start(self) -> Running {
        guard::begin();
        Running::start(self)
    }
}

/// The opening handshake.
impl Peer {
    /// `check` makes assertions about the head of the request.
    pub fn expect_request(mut self, check: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.script().checks.push(Arc::new(move |head| {
            catch_unwind(AssertUnwindSafe(|| check(head))).map_err(|panic| panic_text(&*panic))
        }));
        self
    }

    /// The request has exactly one header of this name, with this value.
    pub fn expect_header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.script().checks.push(Arc::new(move |head| {
            let got = upgrade::values(head, &name);
            if got == [value.as_str()] {
                return Ok(());
            }
            Err(format!("expected {name}: {value:?}, got {got:?}"))
        }));
        self
    }

    /// The request has no header of this name.
    pub fn expect_no_header(mut self, name: &str) -> Self {
        let name = name.to_owned();
        self.script().checks.push(Arc::new(move |head| {
            let got = upgrade::values(head, &name);
            if got.is_empty() {
                return Ok(());
            }
            Err(format!("expected no {name}, got {got:?}"))
        }));
        self
    }

    /// The 101 also has these header lines, for example `["Sec-WebSocket-Protocol: chat"]`.
    pub fn accept_with_headers<'a>(self, lines: impl IntoIterator<Item = &'a str>) -> Self {
        self.upgrade(|upgrade| {
            for line in lines {
                upgrade.headers.push_str(line);
                upgrade.headers.push_str("\r\n");
            }
        })
    }

    /// The 101 has this accept key instead of the correct one.
    pub fn accept_key(self, key: &str) -> Self {
        self.upgrade(|upgrade| upgrade.accept = Some(key.to_owned()))
    }

    /// The steps at the beginning that send are in the same write as the response.
    pub fn glued(mut self) -> Self {
        self.script().glued = true;
        self
    }
}

/// What the client must do.
impl Peer {
    /// The next thing is this text message, in however many frames.
    pub fn expect_text(self, text: impl Into<String>) -> Self {
        self.step(Step::Expect(Incoming::Message {
            text: true,
            payload: text.into().into_bytes(),
        }))
    }

    /// The next thing is this binary message, in however many frames.
    pub fn expect_binary(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Expect(Incoming::Message {
            text: false,
            payload: bytes.as_ref().to_vec(),
        }))
    }

    pub fn expect_ping(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Expect(Incoming::Ping(bytes.as_ref().to_vec())))
    }

    pub fn expect_pong(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Expect(Incoming::Pong(bytes.as_ref().to_vec())))
    }

    /// A Close with this code and this reason. The end of the script answers it, unless a step
    /// does.
    pub fn expect_close(self, code: u16, reason: &str) -> Self {
        let body = Some((code, reason.to_owned()));
        self.step(Step::Expect(Incoming::Close(body)))
    }

    /// A Close without a code.
    pub fn expect_close_empty(self) -> Self {
        self.step(Step::Expect(Incoming::Close(None)))
    }

    /// Any Close.
    pub fn expect_close_any(self) -> Self {
        self.step(Step::ExpectAnyClose)
    }

    /// The next frame is equal, except for its masking key.
    pub fn expect_frame(self, frame: Frame) -> Self {
        self.step(Step::ExpectFrame(Frame {
            mask: None,
            ..frame
        }))
    }

    /// Exactly these bytes.
    pub fn expect_raw(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::ExpectRaw(bytes.as_ref().to_vec()))
    }

    /// The client ends TCP, with nothing before it.
    pub fn expect_eof(self) -> Self {
        self.step(Step::Expect(Incoming::Eof))
    }
}

/// What the peer does.
impl Peer {
    pub fn send_text(self, text: impl AsRef<str>) -> Self {
        let frame = Frame::new(TEXT, text.as_ref());
        self.send("text", frame.encode())
    }

    pub fn send_binary(self, bytes: impl AsRef<[u8]>) -> Self {
        self.send("binary", Frame::new(BINARY, bytes).encode())
    }

    pub fn ping(self, bytes: impl AsRef<[u8]>) -> Self {
        self.send("Ping", Frame::new(PING, bytes).encode())
    }

    pub fn pong(self, bytes: impl AsRef<[u8]>) -> Self {
        self.send("Pong", Frame::new(PONG, bytes).encode())
    }

    pub fn close(self, code: u16, reason: &str) -> Self {
        self.step(Step::SendClose(Frame::close(code, reason)))
    }

    /// A Close without a body.
    pub fn close_empty(self) -> Self {
        self.step(Step::SendClose(Frame::new(CLOSE, [])))
    }

    /// A frame as it is, allowed or not.
    pub fn frame(self, frame: Frame) -> Self {
        if frame.opcode == CLOSE {
            return self.step(Step::SendClose(frame));
        }
        self.send("frame", frame.encode())
    }

    /// One text message, a frame for each part.
    pub fn fragments<'a>(mut self, parts: impl IntoIterator<Item = &'a str>) -> Self {
        let parts: Vec<_> = parts.into_iter().collect();
        for (index, part) in parts.iter().enumerate() {
            let opcode = if index == 0 { TEXT } else { CONTINUATION };
            let mut frame = Frame::new(opcode, part);
            frame.fin = index + 1 == parts.len();
            self = self.frame(frame);
        }
        self
    }

    /// Bytes as they are.
    pub fn raw(self, bytes: impl AsRef<[u8]>) -> Self {
        self.send("bytes", bytes.as_ref().to_vec())
    }

    /// The same bytes repeatedly, for more than fits into memory.
    pub fn raw_repeated(self, bytes: impl AsRef<[u8]>, times: usize) -> Self {
        let bytes = bytes.as_ref().to_vec();
        self.step(Step::SendRepeated { bytes, times })
    }

    /// Sends back the next `count` messages, frame by frame, and answers Pings meanwhile.
    pub fn echo(self, count: usize) -> Self {
        self.step(Step::Echo(count))
    }

    /// Sends back all messages and in the end the Close.
    pub fn echo_all(self) -> Self {
        self.step(Step::EchoAll)
    }

    /// Does nothing for a while. Only for timeouts of the client; gates synchronize with the test.
    pub fn pause(self, duration: Duration) -> Self {
        self.step(Step::Pause(duration))
    }

    /// The client must send nothing for a while. The factor for slow machines is applied here.
    pub fn expect_silence(self, duration: Duration) -> Self {
        self.step(Step::ExpectSilence(time::limit(duration)))
    }

    pub fn wait_for(self, gate: &Gate) -> Self {
        self.step(Step::WaitFor(gate.clone()))
    }

    pub fn open(self, gate: &Gate) -> Self {
        self.step(Step::Open(gate.clone()))
    }

    /// Ends TLS with `close_notify`, but not TCP.
    pub fn shut_down_tls(self) -> Self {
        self.step(Step::ShutDownTls)
    }

    /// Ends TCP (FIN) without a Close; steps after it can still expect.
    pub fn drop_tcp(self) -> Self {
        self.step(Step::DropTcp)
    }

    /// Resets TCP (RST); no step can follow. A reset discards what the client has not read yet, so
    /// put an expectation or a gate before it.
    pub fn reset_tcp(self) -> Self {
        self.step(Step::ResetTcp)
    }

    /// Reads and answers nothing, no Ping and no Close, until the client leaves.
    pub fn stall(self) -> Self {
        self.step(Step::Stall)
    }

    /// Reads nothing until the test ends, so that the client's writes block.
    pub fn deaf(self) -> Self {
        self.step(Step::Deaf)
    }

    /// Passes everything to another server and back, as a proxy does after its answer:
    /// `Peer::http("HTTP/1.1 200 OK\r\n\r\n").tunnel_to(server.addr())`.
    pub fn tunnel_to(self, addr: SocketAddr) -> Self {
        self.step(Step::TunnelTo(addr))
    }
}

/// The message of a panic.
fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "the check panicked".to_owned())
}
