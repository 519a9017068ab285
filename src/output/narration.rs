//! What is printed to stderr during a run: notes, and with `-v` its progress.
//!
//! `-v` is not a logger: it prints more of the same events. `*` precedes events, `>` what is sent
//! to the server, `<` what is received from it. Everything is escaped, even if stderr is not a
//! terminal, because people read it anyway. Errors are printed with [`report()`]; the verdict is
//! printed at the end, but not here.

mod lines;

use std::fmt::Write as _;
use std::io;
use std::time::{Duration, SystemTime};

use signal_hook::consts::SIGINT;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;

use self::lines::NarrationLines;
use crate::error::{seconds, violation_message, Error};
use crate::event::{
    ConnectStep, Event, Kind, Link, MessageSummary, Messages, Note, NoteLevel, Now, Upgrade, Way,
};
use crate::http::Secrets;
use crate::output::closure;
use crate::output::dump;
use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};
use crate::output::report::report;
use crate::output::rows::Rows;
use crate::output::sink::Sink;
use crate::output::verbosity::Verbosity;
use crate::output::{Detail, Output};
use crate::protocol::close::name_of_code;
use crate::protocol::{CloseBody, Closure, End, Role};

/// The margin of further rows of a line with a prompt.
const MARGIN: &str = "  ";

/// The style of the narration.
#[derive(Clone, Copy, Debug)]
pub struct NarrationStyle {
    /// The verbosity.
    pub verbosity: Verbosity,
    /// Its colors.
    pub palette: Palette,
    /// Whether credentials are shown.
    pub secrets: Secrets,
    /// Whether Pings and Pongs are printed (`-P`), unless stdout shows them.
    pub ping_pong: bool,
    /// Whether there is a prompt, which shows notes, Pings and Pongs itself.
    pub beside_prompt: bool,
    /// Whether ^C is how the run is meant to end: it is no error then.
    pub interrupt_is_end: bool,
    /// The start of the run, from which the times of steps are counted.
    pub start: SystemTime,
}

/// Prints notes and, with `-v`, the progress of a run to a sink.
#[derive(Debug)]
pub struct Narration {
    style: NarrationStyle,
}

impl Narration {
    /// Creates a narration in this style.
    #[must_use]
    pub fn new(style: NarrationStyle) -> Self {
        Self { style }
    }
}

impl Output for Narration {
    fn detail(&self) -> Detail {
        Detail {
            frames: self.style.verbosity >= Verbosity::Frames,
            wire: self.style.verbosity >= Verbosity::Bytes,
            sent: self.style.tells_ping_pong(),
            ..Detail::default()
        }
    }

    fn on_event(
        &mut self,
        now: Now,
        link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        // Messages are printed by another output, and there are many.
        if matches!(event, Event::Data(..)) {
            return Ok(());
        }
        // With a prompt on the same terminal.
        let size = to.size().filter(|_| self.style.beside_prompt);
        let mut lines = NarrationLines::new(self.style.palette, link, size.is_some());
        self.style.tell(&mut lines, now.time, event);
        if lines.out.is_empty() {
            return Ok(());
        }
        let out = match size {
            // An error ends the run and is printed as without a prompt.
            Some(size) if !matches!(event, Event::Failed(_)) => in_rows(&lines.out, size.columns),
            _ => lines.out,
        };
        to.put(out.as_bytes())
    }

    fn on_messages(
        &mut self,
        _now: Now,
        _link: Link,
        _messages: Messages<'_>,
        _to: &mut dyn Sink,
    ) -> io::Result<()> {
        Ok(())
    }
}

impl NarrationStyle {
    fn tells_ping_pong(&self) -> bool {
        self.ping_pong && !self.beside_prompt
    }

    fn tell(&self, lines: &mut NarrationLines, at: SystemTime, event: &Event<'_>) {
        let verbosity = self.verbosity;
        match event {
            Event::Reconnecting(lost) if verbosity > Verbosity::Quiet && !self.beside_prompt => {
                lines.push_line(&format!("wsline: {}", closure::reconnecting(lost)));
            }
            Event::Note(note) if !self.beside_prompt => self.tell_note(lines, note),
            Event::Ping(way, payload) if self.tells_ping_pong() => {
                lines.push(*way, &dump::control("ping", payload));
            }
            Event::Pong(way, payload) if self.tells_ping_pong() => {
                lines.push(*way, &dump::control("pong", payload));
            }
            Event::Keepalive(way, payload) if self.tells_ping_pong() => {
                lines.push(*way, &dump::keepalive(*way, payload));
            }
            Event::Connect(ConnectStep::KeysNotWritten(_)) if verbosity == Verbosity::Quiet => {}
            Event::Connect(ConnectStep::KeysNotWritten(cause)) => {
                let text = format!("wsline: could not write TLS keys (SSLKEYLOGFILE): {cause}");
                let text = escape::text(&text, Breaks::Shown);
                lines.push_line(&self.palette.paint(Style::Warning, &text));
            }
            Event::Connect(step) if verbosity >= Verbosity::Handshake => {
                // A clock that was set back is not an error.
                let since = at.duration_since(self.start).unwrap_or_default();
                self.tell_step(lines, since, step);
            }
            Event::Open(upgrade) if verbosity >= Verbosity::Handshake => {
                lines.push_happened(&opened(upgrade, self.secrets));
            }
            Event::Closed(closure) if verbosity >= Verbosity::Handshake => {
                tell_closure(lines, closure);
            }
            Event::Failed(Error::Signal(SIGINT)) if self.interrupt_is_end => {}
            // At the prompt the messages' output shows it.
            Event::Fault(_) if self.beside_prompt => {}
            Event::Failed(error) | Event::Fault(error) => {
                lines
                    .out
                    .push_str(&report(error, verbosity, self.palette, self.secrets));
            }
            Event::Frame(way, header, length) if verbosity >= Verbosity::Frames => {
                lines.push(*way, &frame(header, *length));
            }
            Event::Message(way, summary) if verbosity >= Verbosity::Frames => {
                lines.push(*way, &message(summary));
            }
            Event::Wire(way, bytes) if verbosity >= Verbosity::Bytes => {
                for line in dump::lines(bytes, self.palette) {
                    lines.push_escaped(*way, &line);
                }
            }
            _ => {}
        }
    }

    fn tell_note(&self, lines: &mut NarrationLines, note: &Note) {
        let style = match note.level {
            NoteLevel::Answer => None,
            NoteLevel::Mistake => Some(Style::Error),
            NoteLevel::Hint | NoteLevel::Warning if self.verbosity == Verbosity::Quiet => return,
            NoteLevel::Hint => Some(Style::Quiet),
            NoteLevel::Warning => Some(Style::Warning),
        };
        let text = escape::text(&note.text, Breaks::Kept);
        for (number, line) in text.split('\n').enumerate() {
            let line = match number {
                0 => format!("wsline: {line}"),
                _ => format!("        {line}"),
            };
            match style {
                Some(style) => lines.push_line(&self.palette.paint(style, &line)),
                None => lines.push_line(&line),
            }
        }
    }

    fn tell_step(&self, lines: &mut NarrationLines, since: Duration, step: &ConnectStep) {
        let text = match step {
            ConnectStep::Resolved(addresses) => {
                let addresses: Vec<_> = addresses.iter().map(|one| one.ip().to_string()).collect();
                format!("resolved to {}", addresses.join(", "))
            }
            ConnectStep::Connecting(address) => format!("trying {address}"),
            ConnectStep::Failed(address, cause) => format!("{address}: {cause}"),
            ConnectStep::Connected(address) => format!("connected to {address}"),
            ConnectStep::Proxy(proxy) => format!("going through the proxy {proxy}"),
            ConnectStep::ProxyRequest(to, _) => format!("sent the CONNECT request for {to}"),
            ConnectStep::ProxyResponse(_) => "received the response of the proxy".to_owned(),
            ConnectStep::TlsHandshake(protocol) => format!("secured by {protocol}"),
            ConnectStep::Certificate(_) => "the server's certificate".to_owned(),
            ConnectStep::KeysNotWritten(cause) => format!("could not write TLS keys: {cause}"),
            ConnectStep::UpgradeRequest(_) => "sent the upgrade request".to_owned(),
            ConnectStep::UpgradeResponse(_) => "received the upgrade response".to_owned(),
            ConnectStep::Redirected {
                url,
                credentials_removed: false,
                ..
            } => format!("redirected to {url}"),
            ConnectStep::Redirected { url, .. } => {
                format!("redirected to {url}, another origin: credentials are not sent")
            }
        };
        let time = format!("{:7.1} ms", since.as_secs_f64() * 1000.0);
        lines.push_happened(&format!("{time}  {text}"));
        match step {
            ConnectStep::UpgradeRequest(head) | ConnectStep::ProxyRequest(_, Some(head)) => {
                push_head(lines, Way::Out, head.lines(self.secrets));
            }
            ConnectStep::UpgradeResponse(head) | ConnectStep::ProxyResponse(Some(head)) => {
                push_head(lines, Way::In, head.lines(self.secrets));
            }
            ConnectStep::Certificate(certificate) => {
                for line in certificate {
                    // Below the step's text, which follows its time.
                    lines.push_happened(&format!("{:14}{line}", ""));
                }
            }
            _ => {}
        }
    }
}

/// Breaks lines at the width of the terminal, so that no received text is in the first column.
fn in_rows(lines: &str, columns: usize) -> String {
    let mut out = String::new();
    for line in lines.lines() {
        // The mark before each line is as wide as the margin.
        let mut rows = Rows::new(&mut out, columns.saturating_sub(MARGIN.len()), MARGIN);
        rows.push(line, usize::MAX);
        rows.finish();
    }
    out
}

fn push_head(lines: &mut NarrationLines, way: Way, head: impl Iterator<Item = String>) {
    for line in head {
        lines.push(way, &line);
    }
    // The empty line at the end of a head (RFC 9112 §2.1).
    lines.push(way, "");
}

fn opened(upgrade: &Upgrade, secrets: Secrets) -> String {
    let mut text = format!("open: {}", upgrade.url);
    for (name, value) in [
        ("subprotocol", &upgrade.shown_subprotocol(secrets)),
        ("extensions", &upgrade.extensions),
    ] {
        if let Some(value) = value {
            write!(text, ", {name} {value}").expect("a String takes any text");
        }
    }
    text
}

/// `TEXT fin=1 rsv=000 mask=0 len=5`, in the order of RFC 6455 §5.2.
fn frame(header: &FrameHeader, length: u64) -> String {
    let opcode = match header.opcode {
        OpCode::Data(Data::Continue) => "CONTINUATION".to_owned(),
        OpCode::Data(Data::Text) => "TEXT".to_owned(),
        OpCode::Data(Data::Binary) => "BINARY".to_owned(),
        OpCode::Control(Control::Close) => "CLOSE".to_owned(),
        OpCode::Control(Control::Ping) => "PING".to_owned(),
        OpCode::Control(Control::Pong) => "PONG".to_owned(),
        OpCode::Data(Data::Reserved(number)) | OpCode::Control(Control::Reserved(number)) => {
            format!("opcode {number:#x}")
        }
    };
    format!(
        "{opcode} fin={} rsv={}{}{} mask={} len={length}",
        u8::from(header.is_final),
        u8::from(header.rsv1),
        u8::from(header.rsv2),
        u8::from(header.rsv3),
        u8::from(header.mask.is_some()),
    )
}

/// `TEXT message: 1024 bytes, compressed to 93`, the total payload of its frames.
fn message(summary: &MessageSummary) -> String {
    let kind = match summary.kind {
        Kind::Text => "TEXT",
        Kind::Binary => "BINARY",
    };
    let bytes = match summary.volume.payload {
        1 => "1 byte".to_owned(),
        count => format!("{count} bytes"),
    };
    if summary.compressed {
        format!(
            "{kind} message: {bytes}, compressed to {}",
            summary.volume.wire
        )
    } else {
        format!("{kind} message: {bytes}, not compressed")
    }
}

fn tell_closure(lines: &mut NarrationLines, closure: &Closure) {
    let sent = closure.sent.as_ref().map(|body| (Way::Out, body));
    let received = closure.received.as_ref().map(|body| (Way::In, body));
    let in_order = match closure.initiator {
        Some(Role::Server) => [received, sent],
        _ => [sent, received],
    };
    for (way, body) in in_order.into_iter().flatten() {
        lines.push(way, &close(body));
    }
    let end = match &closure.end {
        End::Clean if closure.is_clean() => "closed cleanly".to_owned(),
        End::Clean => "closed without both Close frames".to_owned(),
        End::Eof => {
            "the server closed the connection before both Close frames were exchanged".to_owned()
        }
        End::Lost(cause) => format!("the connection was lost: {cause}"),
        End::Silent(time) => format!("no answer to a Ping for {}", seconds(*time)),
        End::Unanswered => "the server did not answer our Close in time".to_owned(),
        End::Violation(violation) => format!("protocol error: {}", violation_message(violation)),
    };
    lines.push_happened(&end);
}

fn close(body: &CloseBody) -> String {
    match body {
        Some(body) => format!(
            "Close {} \"{}\" ({})",
            body.code,
            body.reason,
            name_of_code(body.code)
        ),
        None => "Close without a code".to_owned(),
    }
}

#[cfg(test)]
mod tests;
