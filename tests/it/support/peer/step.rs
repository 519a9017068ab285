//! The steps of a script, and their descriptions in failures.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::super::gate::Gate;
use super::super::program::shown;
use super::frame::Frame;

/// A check of the head of the request; the error says what is wrong.
pub type HeadCheck = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// What the peer waits for.
#[derive(Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A whole message, in any number of frames.
    Message { text: bool, payload: Vec<u8> },
    /// A Ping.
    Ping(Vec<u8>),
    /// A Pong.
    Pong(Vec<u8>),
    /// A Close; `None` without a code.
    Close(Option<(u16, String)>),
    /// The end of TCP or TLS.
    Eof,
}

impl fmt::Display for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message {
                text: true,
                payload,
            } => write!(f, "text {}", brief(payload)),
            Self::Message { payload, .. } => write!(f, "binary {}", brief(payload)),
            Self::Ping(payload) => write!(f, "Ping {}", brief(payload)),
            Self::Pong(payload) => write!(f, "Pong {}", brief(payload)),
            Self::Close(None) => f.write_str("Close without a code"),
            Self::Close(Some((code, reason))) => write!(f, "Close {code} {reason:?}"),
            Self::Eof => f.write_str("the end of TCP"),
        }
    }
}

/// Bytes in one line, not too long.
fn brief(bytes: &[u8]) -> String {
    const MOST: usize = 200;
    if bytes.len() > MOST {
        let (head, length) = (bytes[..MOST].escape_ascii(), bytes.len());
        return format!("\"{head}…\" ({length} bytes)");
    }
    format!("\"{}\"", bytes.escape_ascii())
}

/// One step of a script.
#[derive(Clone)]
pub enum Step {
    Expect(Incoming),
    ExpectAnyClose,
    ExpectFrame(Frame),
    ExpectRaw(Vec<u8>),
    /// Bytes as they are: frames, parts of frames, invalid data.
    Send {
        what: String,
        bytes: Vec<u8>,
    },
    /// The Close is remembered, so that the end of the script knows whether to expect an answer.
    SendClose(Frame),
    /// The same bytes repeatedly, without having them all in memory.
    SendRepeated {
        bytes: Vec<u8>,
        times: usize,
    },
    Pause(Duration),
    ExpectSilence(Duration),
    WaitFor(Gate),
    Open(Gate),
    Echo(usize),
    EchoAll,
    ShutDownTls,
    DropTcp,
    ResetTcp,
    Stall,
    Deaf,
    TunnelTo(SocketAddr),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expect(incoming) => write!(f, "expect {incoming}"),
            Self::ExpectAnyClose => f.write_str("expect a Close"),
            Self::ExpectFrame(frame) => write!(
                f,
                "expect a frame: FIN {}, RSV {:03b}, opcode {}, payload {}",
                frame.fin,
                frame.rsv,
                frame.opcode,
                brief(&frame.payload)
            ),
            Self::ExpectRaw(bytes) => write!(f, "expect the bytes {}", brief(bytes)),
            Self::Send { what, bytes } => write!(f, "send {what} {}", brief(bytes)),
            Self::SendClose(frame) => write!(f, "send Close {}", brief(&frame.payload)),
            Self::SendRepeated { bytes, times } => {
                write!(f, "send {times} times {}", brief(bytes))
            }
            Self::Pause(time) => write!(f, "pause {time:?}"),
            Self::ExpectSilence(time) => write!(f, "expect silence for {time:?}"),
            Self::WaitFor(_) => f.write_str("wait for a gate"),
            Self::Open(_) => f.write_str("open a gate"),
            Self::Echo(count) => write!(f, "echo {count} messages"),
            Self::EchoAll => f.write_str("echo until Close"),
            Self::ShutDownTls => f.write_str("shut TLS down"),
            Self::DropTcp => f.write_str("end TCP"),
            Self::ResetTcp => f.write_str("reset TCP"),
            Self::Stall => f.write_str("stall until the client goes"),
            Self::Deaf => f.write_str("read nothing until the test ends"),
            Self::TunnelTo(addr) => write!(f, "tunnel to {addr}"),
        }
    }
}

/// Fails if what was received is not what was expected.
pub fn compare(expected: &Incoming, got: &Incoming) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    match (expected, got) {
        // Long payloads are printed on several lines.
        (Incoming::Message { payload: a, .. }, Incoming::Message { payload: b, .. })
            if a.len().max(b.len()) > 200 =>
        {
            let place = a.iter().zip(b).take_while(|(a, b)| a == b).count();
            let from = place.saturating_sub(40);
            let near = |bytes: &[u8]| shown(&bytes[from..bytes.len().min(place + 40)]);
            Err(format!(
                "expected {} bytes, got {}; the first difference is at byte {place}\n--- expected\n{}--- got\n{}",
                a.len(), b.len(), near(a), near(b)
            ))
        }
        _ => Err(format!("expected {expected}\n     got {got}")),
    }
}
