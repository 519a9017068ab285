//! The lines of `--json`, written field by field.

use std::fmt::Write as _;
use std::io;
use std::time::SystemTime;

use data_encoding::BASE64;
use serde::Serialize;

use super::fields::{milliseconds, CloseFields, HeadFields, TimingFields};
use crate::error::{violation_message, Error, Phase};
use crate::event::{Kind, Link, LostCause, Reconnecting, Upgrade, Way};
use crate::exit::ExitCode;
use crate::http::Secrets;
use crate::output::closure;
use crate::output::json_text::{is_plain, timestamp, Visible};
use crate::output::timing::ConnectionTimes;
use crate::protocol::{Closure, Role, Violation};

/// The lines being written.
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    pub(super) out: Vec<u8>,
    beginning: Beginning,
}

impl LineBuffer {
    pub(super) fn record(&mut self, at: SystemTime, link: Link) -> LineWriter<'_> {
        LineWriter {
            out: &mut self.out,
            beginning: &mut self.beginning,
            at,
            link,
        }
    }
}

/// Writes lines about an event of a connection.
pub(super) struct LineWriter<'a> {
    pub(super) out: &'a mut Vec<u8>,
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

impl LineWriter<'_> {
    pub(super) fn message(&mut self, way: Way, kind: Kind, bytes: &[u8]) -> io::Result<()> {
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

    pub(super) fn control(
        &mut self,
        way: Way,
        kind: &'static str,
        payload: &[u8],
    ) -> io::Result<()> {
        self.begin(way, kind)?;
        match std::str::from_utf8(payload) {
            Ok(text) => self.field("data", text)?,
            Err(_) => self.base64(payload)?,
        }
        self.field("size", &payload.len())?;
        self.end();
        Ok(())
    }

    pub(super) fn open(&mut self, upgrade: &Upgrade, secrets: Secrets) -> io::Result<()> {
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

    pub(super) fn timing(&mut self, times: &ConnectionTimes) -> io::Result<()> {
        self.begin(Way::In, "timing")?;
        for (phase, duration) in times.phases() {
            self.field(phase.name(), &milliseconds(duration))?;
        }
        self.end();
        Ok(())
    }

    pub(super) fn close(&mut self, closure: &Closure) -> io::Result<()> {
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

    pub(super) fn error(&mut self, error: &Error) -> io::Result<()> {
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

    pub(super) fn reconnecting(&mut self, lost: &Reconnecting<'_>) -> io::Result<()> {
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
    pub(super) fn violation(&mut self, violation: &Violation, exit: ExitCode) -> io::Result<()> {
        self.begin(Way::In, "error")?;
        self.field("phase", Phase::Open.name())?;
        self.field("message", &violation_message(violation))?;
        self.field("exit", &exit.number())?;
        self.end();
        Ok(())
    }

    pub(super) fn begin(&mut self, way: Way, kind: &'static str) -> io::Result<()> {
        let beginning = self.beginning.read(self.at, self.link, way, kind)?;
        self.out.extend_from_slice(beginning.as_bytes());
        Ok(())
    }

    /// The `data` of a message.
    pub(super) fn text(&mut self, text: &[u8]) -> io::Result<()> {
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

    pub(super) fn end(&mut self) {
        self.out.extend_from_slice(b"}\n");
    }

    /// Writes a field. `name` is a constant without characters to escape.
    pub(super) fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> io::Result<()> {
        self.name(name);
        let mut serializer = serde_json::Serializer::with_formatter(&mut *self.out, Visible);
        value.serialize(&mut serializer).map_err(io::Error::from)
    }

    /// Writes base64 directly into the line, because a binary message may be large.
    pub(super) fn base64(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.name("base64");
        io::Write::write_fmt(
            self.out,
            format_args!("\"{}\"", BASE64.encode_display(bytes)),
        )
    }

    pub(super) fn name(&mut self, name: &str) {
        self.out.extend_from_slice(b",\"");
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}
