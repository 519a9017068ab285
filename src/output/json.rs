//! `--json`: events as JSON lines. `source/json.rs` parses the same schema, and sends a message for
//! each object that is printed here for a received message.
//!
//! Each line begins with `time` (RFC 3339, microseconds, UTC), `dir` (`in` or `out`; `in` for
//! everything that is not sent), `type`, and `link` unless it is the first connection. Fields are
//! written directly into a buffer, without building a tree of values. Text is always a JSON string,
//! binary is always base64. Hidden characters are written as `\u202e`, which is equivalent for
//! programs, so that the lines are safe on a terminal.

use std::fmt::Write as _;
use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use data_encoding::BASE64;
use serde::Serialize;

use crate::assembly::{Message, LARGE};
use crate::error::{violation_message, Error, Phase};
use crate::event::{
    Event, Kind, Link, LostCause, Messages, Piece, Reconnecting, Timing, Upgrade, Way,
};
use crate::exit::ExitCode;
use crate::http::{Headers, Secrets};
use crate::output::backlog::Backlog;
use crate::output::closure;
use crate::output::json_text::{is_plain, timestamp, Visible};
use crate::output::long::{Encoding, LongMessage};
use crate::output::sink::Sink;
use crate::output::timing::{ConnectionTimes, Stopwatch};
use crate::output::{Assembled, Detail, Output};
use crate::protocol::{CloseBody, Closure, End, Role, Violation};

/// Lines are passed on in batches of this many bytes.
const BATCH: usize = 64 * 1024;

/// Writes JSON lines to a sink.
#[derive(Debug)]
pub struct JsonLines<S> {
    sink: Backlog<S>,
    secrets: Secrets,
    ping_pong: bool,
    lines: Lines,
    stopwatch: Option<Stopwatch>,
}

impl<S: Sink> JsonLines<S> {
    /// Creates lines for `sink`. `ping_pong` includes Pings and Pongs (`-P`); `secrets` applies to
    /// `open`.
    pub fn new(sink: S, ping_pong: bool, secrets: Secrets) -> Self {
        Self {
            sink: Backlog::new(sink),
            secrets,
            ping_pong,
            lines: Lines::default(),
            stopwatch: None,
        }
    }

    /// Adds a `timing` object before each `close` (`--timing`).
    #[must_use]
    pub fn with_timing(mut self) -> Self {
        self.stopwatch = Some(Stopwatch::default());
        self
    }

    /// Starts the line of a large message, which is written piece by piece.
    fn put_long(
        &mut self,
        at: SystemTime,
        link: Link,
        way: Way,
        kind: Kind,
        bytes: Bytes,
    ) -> io::Result<()> {
        let size = bytes.len();
        let (name, data, encoding) = match kind {
            Kind::Text => ("text", "data", Encoding::Visible),
            Kind::Binary => ("binary", "base64", Encoding::Base64),
        };
        let mut record = self.lines.record(at, link);
        record.begin(way, name)?;
        record.name(data);
        record.out.push(b'"');
        self.put_lines()?;
        self.sink.put_long(LongMessage::new(bytes, encoding));
        let mut record = self.lines.record(at, link);
        record.out.push(b'"');
        record.field("size", &size)?;
        record.end();
        self.put_lines()
    }

    /// Passes on the lines, if there are any: not every event has one.
    fn put_lines(&mut self) -> io::Result<()> {
        if self.lines.out.is_empty() {
            return Ok(());
        }
        let put = self.sink.put(&self.lines.out);
        // Also after an error, so that they are not passed on again.
        self.lines.out.clear();
        self.lines.out.shrink_to(1 << 20);
        put
    }
}

impl<S: Sink> Output for JsonLines<S> {
    fn detail(&self) -> Detail {
        Detail {
            sent: true,
            assembled: Assembled::All,
            ..Detail::default()
        }
    }

    fn show(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> io::Result<()> {
        let mut record = self.lines.record(at, link);
        let taken = self.stopwatch.as_mut();
        if let Some(times) = taken.and_then(|stopwatch| stopwatch.on_event(at, link, event)) {
            record.timing(&times)?;
        }
        if let Some((way, message)) = Message::from_event(event) {
            if message.bytes.len() >= LARGE {
                return self.put_long(at, link, way, message.kind, message.to_bytes());
            }
            record.message(way, message.kind, message.bytes)?;
            return self.put_lines();
        }
        match event {
            Event::Ping(way, payload) if self.ping_pong => record.control(*way, "ping", payload)?,
            Event::Pong(way, payload) if self.ping_pong => record.control(*way, "pong", payload)?,
            Event::Keepalive(way, payload) if self.ping_pong => {
                record.control(*way, keepalive_name(*way), payload)?;
            }
            Event::Open(upgrade) => record.open(upgrade, self.secrets)?,
            Event::Closed(closure) => {
                if let End::Violation(violation) = &closure.end {
                    record.violation(violation, ExitCode::for_closure(closure))?;
                }
                record.close(closure)?;
            }
            Event::Failed(error) => record.error(error)?,
            Event::Reconnecting(lost) => record.reconnecting(lost)?,
            _ => {}
        }
        self.put_lines()
    }

    fn show_messages(
        &mut self,
        at: SystemTime,
        link: Link,
        messages: Messages<'_>,
    ) -> io::Result<()> {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.on_message(at, link);
        }
        for Piece { kind, bytes, .. } in messages.pieces() {
            self.lines.record(at, link).message(Way::In, kind, bytes)?;
            if self.lines.out.len() >= BATCH {
                self.put_lines()?;
            }
        }
        self.put_lines()
    }

    fn sink(&self) -> Option<&dyn Sink> {
        Some(&self.sink)
    }

    fn sink_mut(&mut self) -> Option<&mut dyn Sink> {
        Some(&mut self.sink)
    }
}

/// The lines being written.
#[derive(Debug, Default)]
struct Lines {
    out: Vec<u8>,
    beginning: Beginning,
}

impl Lines {
    fn record(&mut self, at: SystemTime, link: Link) -> Record<'_> {
        Record {
            out: &mut self.out,
            beginning: &mut self.beginning,
            at,
            link,
        }
    }
}

/// Writes lines about an event of a connection.
struct Record<'a> {
    out: &'a mut Vec<u8>,
    beginning: &'a mut Beginning,
    at: SystemTime,
    link: Link,
}

/// The beginning of a line. It is the same for many lines and formatted once.
#[derive(Debug, Default)]
struct Beginning {
    at: Option<SystemTime>,
    time: String,
    of: Option<(Link, Way, &'static str)>,
    text: String,
}

impl Beginning {
    fn read(
        &mut self,
        at: SystemTime,
        link: Link,
        way: Way,
        kind: &'static str,
    ) -> io::Result<&str> {
        if self.at != Some(at) {
            self.time = timestamp(at)?;
            (self.at, self.of) = (Some(at), None);
        }
        if self.of != Some((link, way, kind)) {
            let time = &self.time;
            let dir = match way {
                Way::In => "in",
                Way::Out => "out",
            };
            // None of these values needs escaping.
            self.text = format!(r#"{{"time":"{time}","dir":"{dir}","type":"{kind}""#);
            let Link(number) = link;
            if number != 0 {
                write!(self.text, r#","link":{number}"#).map_err(io::Error::other)?;
            }
            self.of = Some((link, way, kind));
        }
        Ok(&self.text)
    }
}

impl Record<'_> {
    fn message(&mut self, way: Way, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        match kind {
            Kind::Text => {
                self.begin(way, "text")?;
                self.text(bytes)?;
            }
            Kind::Binary => {
                self.begin(way, "binary")?;
                self.base64(bytes)?;
            }
        }
        self.field("size", &bytes.len())?;
        self.end();
        Ok(())
    }

    fn control(&mut self, way: Way, kind: &'static str, payload: &[u8]) -> io::Result<()> {
        self.begin(way, kind)?;
        match std::str::from_utf8(payload) {
            Ok(text) => self.field("data", text)?,
            Err(_) => self.base64(payload)?,
        }
        self.field("size", &payload.len())?;
        self.end();
        Ok(())
    }

    fn open(&mut self, upgrade: &Upgrade, secrets: Secrets) -> io::Result<()> {
        self.begin(Way::In, "open")?;
        self.field("url", &upgrade.url)?;
        self.field("address", &upgrade.peer.as_ref().map(ToString::to_string))?;
        self.field("subprotocol", &upgrade.shown_subprotocol(secrets))?;
        self.field("extensions", &upgrade.extensions)?;
        let (request, response) = (&upgrade.request, &upgrade.response);
        let request = HeadFields::new(&request.request_line, &request.headers, secrets);
        self.field("request", &request)?;
        let response = HeadFields::new(&response.status_line, &response.headers, secrets);
        self.field("response", &response)?;
        self.field("timing", &TimingFields::of(&upgrade.timing))?;
        self.end();
        Ok(())
    }

    fn timing(&mut self, times: &ConnectionTimes) -> io::Result<()> {
        self.begin(Way::In, "timing")?;
        for (phase, duration) in times.phases() {
            self.field(phase.name(), &milliseconds(duration))?;
        }
        self.end();
        Ok(())
    }

    fn close(&mut self, closure: &Closure) -> io::Result<()> {
        let (way, by) = match closure.initiator {
            Some(Role::Us) => (Way::Out, Some("us")),
            Some(Role::Server) => (Way::In, Some("server")),
            None => (Way::In, None),
        };
        self.begin(way, "close")?;
        self.field("code", &closure.code())?;
        self.field("reason", closure.reason())?;
        self.field("clean", &closure.is_clean())?;
        self.field("by", &by)?;
        self.field("sent", &CloseFields::new(closure.sent.as_ref()))?;
        self.field("received", &CloseFields::new(closure.received.as_ref()))?;
        self.end();
        Ok(())
    }

    fn error(&mut self, error: &Error) -> io::Result<()> {
        self.begin(Way::In, "error")?;
        self.field("phase", error.phase().name())?;
        self.field("message", &error.to_string())?;
        if let Some(hint) = error.hint() {
            self.field("hint", hint)?;
        }
        self.field("exit", &error.exit_code().number())?;
        self.end();
        Ok(())
    }

    fn reconnecting(&mut self, lost: &Reconnecting<'_>) -> io::Result<()> {
        let cause = match lost.cause {
            LostCause::Failed(error) => error.to_string(),
            LostCause::Closed(closure) => closure::describe(closure),
        };
        self.begin(Way::In, "reconnecting")?;
        self.field("attempt", &lost.attempt)?;
        self.field("after", &milliseconds(Some(lost.after)))?;
        self.field("cause", &cause)?;
        self.field("unconfirmed", &lost.unconfirmed)?;
        self.end();
        Ok(())
    }

    /// Writes a violation by the server as an error, before the Close that it causes.
    fn violation(&mut self, violation: &Violation, exit: ExitCode) -> io::Result<()> {
        self.begin(Way::In, "error")?;
        self.field("phase", Phase::Open.name())?;
        self.field("message", &violation_message(violation))?;
        self.field("exit", &exit.number())?;
        self.end();
        Ok(())
    }

    fn begin(&mut self, way: Way, kind: &'static str) -> io::Result<()> {
        let beginning = self.beginning.read(self.at, self.link, way, kind)?;
        self.out.extend_from_slice(beginning.as_bytes());
        Ok(())
    }

    /// The `data` of a message.
    fn text(&mut self, text: &[u8]) -> io::Result<()> {
        if is_plain(text) {
            self.out.extend_from_slice(b",\"data\":\"");
            self.out.extend_from_slice(text);
            self.out.push(b'"');
            return Ok(());
        }
        match std::str::from_utf8(text) {
            Ok(text) => self.field("data", text),
            // The protocol has checked that it is UTF-8; otherwise, the line is valid JSON
            // nevertheless.
            Err(_) => self.field("data", &String::from_utf8_lossy(text)),
        }
    }

    fn end(&mut self) {
        self.out.extend_from_slice(b"}\n");
    }

    /// Writes a field. `name` is a constant without characters to escape.
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> io::Result<()> {
        self.name(name);
        let mut serializer = serde_json::Serializer::with_formatter(&mut *self.out, Visible);
        value.serialize(&mut serializer).map_err(io::Error::from)
    }

    /// Writes base64 directly into the line, because a binary message may be large.
    fn base64(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.name("base64");
        io::Write::write_fmt(
            self.out,
            format_args!("\"{}\"", BASE64.encode_display(bytes)),
        )
    }

    fn name(&mut self, name: &str) {
        self.out.extend_from_slice(b",\"");
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

/// What the frames of keepalive are: Pings that go out, and Pongs that come in.
fn keepalive_name(way: Way) -> &'static str {
    match way {
        Way::Out => "ping",
        Way::In => "pong",
    }
}

/// A Close frame in `close`: its code, 1005 if it has none, and its reason.
#[derive(Serialize)]
struct CloseFields<'a> {
    code: u16,
    reason: &'a str,
}

impl<'a> CloseFields<'a> {
    /// `None` if there was no such frame.
    fn new(frame: Option<&'a CloseBody>) -> Option<Self> {
        frame.map(|body| match body {
            Some(body) => Self {
                code: body.code,
                reason: &body.reason,
            },
            None => Self {
                code: 1005,
                reason: "",
            },
        })
    }
}

/// The head of a request or response in `open`.
#[derive(Serialize)]
struct HeadFields<'a> {
    start_line: &'a str,
    headers: Vec<HeaderFields<'a>>,
}

#[derive(Serialize)]
struct HeaderFields<'a> {
    name: &'a str,
    value: String,
}

impl<'a> HeadFields<'a> {
    fn new(start_line: &'a str, headers: &'a Headers, secrets: Secrets) -> Self {
        let headers = headers.iter().map(|header| HeaderFields {
            name: &header.name,
            value: header.shown_value(secrets),
        });
        Self {
            start_line,
            headers: headers.collect(),
        }
    }
}

/// How long each step took in milliseconds; `null` for a step that was not needed.
#[derive(Serialize)]
struct TimingFields {
    redirects: Option<f64>,
    resolve: Option<f64>,
    connect: Option<f64>,
    proxy: Option<f64>,
    tls: Option<f64>,
    upgrade: Option<f64>,
}

impl TimingFields {
    fn of(timing: &Timing) -> Self {
        Self {
            redirects: milliseconds(timing.redirects),
            resolve: milliseconds(timing.resolve),
            connect: milliseconds(timing.connect),
            proxy: milliseconds(timing.proxy),
            tls: milliseconds(timing.tls),
            upgrade: milliseconds(timing.upgrade),
        }
    }
}

/// Milliseconds, rounded to microseconds.
fn milliseconds(duration: Option<Duration>) -> Option<f64> {
    duration.map(|duration| {
        let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
        f64::from(micros) / 1000.0
    })
}

#[cfg(test)]
mod tests;
