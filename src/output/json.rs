//! `--json`: events as JSON lines. `source/json.rs` parses the same schema, and sends a message for
//! each object that is printed here for a received message.
//!
//! Each line begins with `time` (RFC 3339, microseconds, UTC), `dir` (`in` or `out`; `in` for
//! everything that is not sent), `type`, and `link` unless it is the first connection. Fields are
//! written directly into a buffer, without building a tree of values. Text is always a JSON string,
//! binary is always base64. Hidden characters are written as `\u202e`, which is equivalent for
//! programs, so that the lines are safe on a terminal.

mod fields;
mod lines;

use std::io;
use std::time::SystemTime;

use bytes::Bytes;

use self::lines::LineBuffer;
use crate::assembly::{WholeMessage, LARGE};
use crate::event::{Event, Kind, Link, Messages, Now, Piece, Way};
use crate::exit::ExitCode;
use crate::http::Secrets;
use crate::output::long::{Encoding, LongMessage};
use crate::output::sink::Sink;
use crate::output::timing::Stopwatch;
use crate::output::{Detail, Output};
use crate::protocol::End;

/// Lines are passed on in batches of this many bytes.
const BATCH: usize = 64 * 1024;

/// Writes JSON lines to a sink.
#[derive(Debug)]
pub struct JsonOutput {
    secrets: Secrets,
    ping_pong: bool,
    lines: LineBuffer,
    stopwatch: Option<Stopwatch>,
}

impl JsonOutput {
    /// Creates an output. `ping_pong` includes Pings and Pongs (`-P`); `secrets` applies to
    /// `open`.
    #[must_use]
    pub fn new(ping_pong: bool, secrets: Secrets) -> Self {
        Self {
            secrets,
            ping_pong,
            lines: LineBuffer::default(),
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
        to: &mut dyn Sink,
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
        self.put_lines(to)?;
        to.put_long(LongMessage::new(bytes, encoding))?;
        let mut record = self.lines.record(at, link);
        record.out.push(b'"');
        record.field("size", &size)?;
        record.end();
        self.put_lines(to)
    }

    /// Passes on the lines, if there are any: not every event has one.
    fn put_lines(&mut self, to: &mut dyn Sink) -> io::Result<()> {
        if self.lines.out.is_empty() {
            return Ok(());
        }
        let put = to.put(&self.lines.out);
        // Also after an error, so that they are not passed on again.
        self.lines.out.clear();
        self.lines.out.shrink_to(1 << 20);
        put
    }
}

impl Output for JsonOutput {
    fn detail(&self) -> Detail {
        Detail::WHOLE_MESSAGES
    }

    fn on_event(
        &mut self,
        now: Now,
        link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        let at = now.time;
        let mut record = self.lines.record(at, link);
        let taken = self.stopwatch.as_mut();
        if let Some(times) = taken.and_then(|stopwatch| stopwatch.on_event(at, link, event)) {
            record.timing(&times)?;
        }
        if let Some((way, message)) = WholeMessage::from_event(event) {
            if message.bytes.len() >= LARGE {
                return self.put_long(at, link, way, message.kind, message.to_bytes(), to);
            }
            record.message(way, message.kind, message.bytes)?;
            return self.put_lines(to);
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
            Event::Failed(error) | Event::Fault(error) => record.error(error)?,
            Event::Reconnecting(lost) => record.reconnecting(lost)?,
            _ => {}
        }
        self.put_lines(to)
    }

    fn on_messages(
        &mut self,
        now: Now,
        link: Link,
        messages: Messages<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.on_message(now.time, link);
        }
        for Piece { kind, bytes, .. } in messages.pieces() {
            self.lines
                .record(now.time, link)
                .message(Way::In, kind, bytes)?;
            if self.lines.out.len() >= BATCH {
                self.put_lines(to)?;
            }
        }
        self.put_lines(to)
    }
}

/// What the frames of keepalive are: Pings that go out, and Pongs that come in.
fn keepalive_name(way: Way) -> &'static str {
    match way {
        Way::Out => "ping",
        Way::In => "pong",
    }
}

#[cfg(test)]
mod tests;
