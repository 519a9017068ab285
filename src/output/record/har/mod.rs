//! A record as an HTTP archive (HAR 1.2), for the network panels of browsers and other tools.
//!
//! Each connection is an entry: the opening handshake as request and response, its times, and the
//! messages in `_webSocketMessages` in Chrome's format. The payload of all opcodes except 1 is in
//! base64, including Pings, Pongs and Closes, which Chrome leaves out. A handshake that was
//! refused, redirected or not answered is an entry too. An entry for another attempt at the same
//! connection has its number in `_reconnect`. The file is written continuously: at most two messages
//! are held in memory.

mod entry;

use std::io;
use std::net::SocketAddr;
use std::time::SystemTime;

use bytes::Bytes;
use data_encoding::BASE64;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use self::entry::{ArchivedFrame, Content, Creator, HarEntry, Request, Response, Times};
use crate::assembly::{WholeMessage, LARGE};
use crate::error::Error;
use crate::event::{
    ConnectStep, Event, Kind, Link, LostCause, Now, PeerAddress, Reconnecting, Upgrade, Way,
};
use crate::http::{RequestHead, ResponseHead, Secrets};
use crate::output::long::{Encoding, LongMessage};
use crate::output::sink::Sink;
use crate::output::{Detail, Output};
use crate::protocol::{close, CloseBody, Closure};

/// An archive that is being written.
pub(super) struct Har {
    /// What was not passed on yet.
    out: Vec<u8>,
    /// Whether the ending of the file has changed since it was set.
    is_changed: bool,
    secrets: Secrets,
    /// The URL of the run, and that of the current or next connection.
    first_url: String,
    url: String,
    attempt: ArchivedAttempt,
    open: Option<Open>,
    any_entry: bool,
}

/// The state of connecting.
struct ArchivedAttempt {
    since: SystemTime,
    resolved: Option<SystemTime>,
    address: Option<SocketAddr>,
    asked: Option<(SystemTime, RequestHead)>,
    answered: Option<(SystemTime, ResponseHead)>,
    /// Which attempt in a row it is, if an earlier connection was lost or refused.
    number: Option<u32>,
}

/// The connection of the last entry.
struct Open {
    link: Link,
    since: SystemTime,
    /// The times of connecting.
    times: Times,
    /// The time of the last event.
    last: SystemTime,
    any_message: bool,
}

impl ArchivedAttempt {
    fn new(since: SystemTime) -> Self {
        Self {
            since,
            resolved: None,
            address: None,
            asked: None,
            answered: None,
            number: None,
        }
    }

    fn on_step(&mut self, at: SystemTime, step: &ConnectStep) {
        match step {
            ConnectStep::Resolved(_) => self.resolved = Some(at),
            ConnectStep::Connected(address) => self.address = address.tcp(),
            ConnectStep::UpgradeRequest(head) => self.asked = Some((at, head.clone())),
            ConnectStep::UpgradeResponse(head) => self.answered = Some((at, head.clone())),
            _ => {}
        }
    }

    /// How long each step took until now.
    fn times(&self, now: SystemTime) -> Times {
        let asked = self.asked.as_ref().map(|(at, _)| *at);
        let answered = self.answered.as_ref().map(|(at, _)| *at);
        let connecting = self.resolved.unwrap_or(self.since);
        Times {
            blocked: asked.is_none().then(|| since(connecting, now)),
            dns: self.resolved.map(|at| since(self.since, at)),
            connect: asked.map(|at| since(connecting, at)),
            ssl: None,
            wait: asked.map_or(0.0, |at| since(at, answered.unwrap_or(now))),
            receive: answered.map_or(0.0, |at| since(at, now)),
        }
    }
}

impl Har {
    /// Creates an archive without entries.
    pub(super) fn new(url: String, secrets: Secrets) -> io::Result<Self> {
        let mut out = Vec::new();
        out.extend_from_slice(br#"{"log":{"version":"1.2","creator":"#);
        serde_json::to_writer(&mut out, &Creator::default())?;
        out.extend_from_slice(br#","pages":[],"entries":["#);
        Ok(Self {
            out,
            is_changed: true,
            secrets,
            first_url: url.clone(),
            url,
            attempt: ArchivedAttempt::new(SystemTime::now()),
            open: None,
            any_entry: false,
        })
    }

    /// Passes on what there is, if there is anything: not every event is recorded.
    fn put(&mut self, to: &mut dyn Sink) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        self.is_changed = true;
        let put = to.put(&self.out);
        // Also after an error, so that it is not passed on again.
        self.out.clear();
        put
    }

    /// The ending of the file, beginning with `first`, which closes what is open in the last entry.
    fn end(&self, first: &[u8]) -> io::Result<Vec<u8>> {
        let mut end = first.to_vec();
        if let Some(open) = &self.open {
            open.end(&mut end)?;
        }
        end.extend_from_slice(b"\n]}}\n");
        Ok(end)
    }

    fn begin_entry(&mut self, entry: &HarEntry<'_>) -> io::Result<()> {
        let out = &mut self.out;
        out.extend_from_slice(if self.any_entry { b",\n" } else { b"\n" });
        self.any_entry = true;
        entry.begin(out)
    }

    /// Starts an entry for an open connection.
    fn begin(&mut self, at: SystemTime, link: Link, upgrade: &Upgrade) -> io::Result<()> {
        if self.open.is_some() {
            return Err(io::Error::other("a HAR takes one connection at a time"));
        }
        self.url.clone_from(&upgrade.url);
        let times = Times::of(&upgrade.timing);
        let entry = HarEntry {
            started: times.begun(at),
            request: Request::of(&upgrade.request, &upgrade.url, self.secrets),
            response: Response::of(&upgrade.response, Content::default(), self.secrets),
            address: upgrade.peer.as_ref().and_then(PeerAddress::tcp),
            reconnect: self.attempt.number,
        };
        self.begin_entry(&entry)?;
        self.out.extend_from_slice(br#","_webSocketMessages":["#);
        self.open = Some(Open {
            link,
            since: at,
            times,
            last: at,
            any_message: false,
        });
        Ok(())
    }

    /// Adds an entry for an attempt that ended with a response or an error.
    fn end_attempt(&mut self, at: SystemTime, error: Option<&Error>) -> io::Result<()> {
        let attempt = std::mem::replace(&mut self.attempt, ArchivedAttempt::new(at));
        let response = match (error, &attempt.answered) {
            (Some(Error::Refused(refusal)), _) => {
                Response::of(&refusal.head, Content::of(refusal), self.secrets)
            }
            (_, Some((_, head))) => Response::of(head, Content::default(), self.secrets),
            (_, None) => Response::none(),
        };
        let request = attempt.asked.as_ref().map(|(_, head)| head);
        let url = self.url.clone();
        let entry = HarEntry {
            started: attempt.since,
            request: match request {
                Some(head) => Request::of(head, &url, self.secrets),
                None => Request::of(&RequestHead::default(), &url, self.secrets),
            },
            response: response.with_error(error.map(ToString::to_string)),
            address: attempt.address,
            reconnect: attempt.number,
        };
        self.attempt.number = attempt.number;
        self.begin_entry(&entry)?;
        attempt.times(at).end_entry(&mut self.out)
    }

    /// Another attempt follows.
    fn reconnecting(&mut self, at: SystemTime, lost: &Reconnecting<'_>) -> io::Result<()> {
        if let LostCause::Failed(error) = lost.cause {
            self.end_attempt(at, Some(error))?;
        }
        self.url.clone_from(&self.first_url);
        self.attempt = ArchivedAttempt::new(at.checked_add(lost.after).unwrap_or(at));
        self.attempt.number = Some(lost.attempt);
        Ok(())
    }

    fn frame(&mut self, at: SystemTime, way: Way, opcode: OpCode, data: &str) -> io::Result<()> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        open.last = at;
        let out = &mut self.out;
        out.extend_from_slice(if open.any_message { b",\n" } else { b"\n" });
        open.any_message = true;
        serde_json::to_writer(&mut *out, &ArchivedFrame::new(at, way, opcode, data))?;
        Ok(())
    }

    fn message(
        &mut self,
        at: SystemTime,
        way: Way,
        message: WholeMessage<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        let opcode = OpCode::Data(match message.kind {
            Kind::Text => Data::Text,
            Kind::Binary => Data::Binary,
        });
        if message.bytes.len() >= LARGE {
            self.put_long(at, way, opcode, message.to_bytes(), to)?;
        } else if message.kind == Kind::Text {
            let text = String::from_utf8_lossy(message.bytes);
            self.frame(at, way, opcode, &text)?;
        } else {
            self.frame(at, way, opcode, &BASE64.encode(message.bytes))?;
        }
        Ok(())
    }

    /// Adds a message that is written piece by piece.
    fn put_long(
        &mut self,
        at: SystemTime,
        way: Way,
        opcode: OpCode,
        bytes: Bytes,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        const CLOSING: &[u8] = b"\"}";
        if self.open.is_none() {
            return Ok(());
        }
        self.frame(at, way, opcode, "")?;
        let out = &mut self.out;
        debug_assert!(out.ends_with(CLOSING));
        out.truncate(out.len() - CLOSING.len());
        let encoding = match opcode {
            OpCode::Data(Data::Text) => Encoding::Json,
            _ => Encoding::Base64,
        };
        self.put(to)?;
        to.set_ending(self.end(CLOSING)?);
        to.put_long(LongMessage::new(bytes, encoding))?;
        self.out.extend_from_slice(CLOSING);
        Ok(())
    }

    fn control(&mut self, at: SystemTime, way: Way, what: Control, bytes: &[u8]) -> io::Result<()> {
        self.frame(at, way, OpCode::Control(what), &BASE64.encode(bytes))?;
        Ok(())
    }

    fn closing(&mut self, at: SystemTime, way: Way, closure: &Closure) -> io::Result<()> {
        let body = match way {
            Way::In => &closure.received,
            Way::Out => &closure.sent,
        };
        let body = body.as_ref().and_then(CloseBody::as_ref);
        self.control(at, way, Control::Close, &close::encode(body))
    }

    fn event(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Connect(ConnectStep::Redirected { url, .. }) => {
                self.end_attempt(at, None)?;
                self.url.clone_from(url);
                Ok(())
            }
            Event::Connect(step) => {
                self.attempt.on_step(at, step);
                Ok(())
            }
            Event::Open(upgrade) => self.begin(at, link, upgrade),
            Event::Ping(way, payload) => self.control(at, *way, Control::Ping, payload),
            Event::Pong(way, payload) => self.control(at, *way, Control::Pong, payload),
            Event::Keepalive(Way::Out, payload) => {
                self.control(at, Way::Out, Control::Ping, payload)
            }
            Event::Keepalive(Way::In, payload) => self.control(at, Way::In, Control::Pong, payload),
            Event::CloseFrame(way, closure) => self.closing(at, *way, closure),
            Event::Closed(_) => match self.open.take_if(|open| open.link == link) {
                None => Ok(()),
                Some(mut open) => {
                    open.last = at;
                    self.attempt = ArchivedAttempt::new(at);
                    open.end(&mut self.out)
                }
            },
            Event::ConnectFailed(error) => self.end_attempt(at, Some(error)),
            Event::Reconnecting(lost) => self.reconnecting(at, lost),
            _ => Ok(()),
        }
    }
}

impl Open {
    /// The end of its entry.
    fn end(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(if self.any_message { b"\n]" } else { b"]" });
        let mut times = self.times;
        times.receive = since(self.since, self.last);
        times.end_entry(out)
    }
}

impl Output for Har {
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
        match WholeMessage::from_event(event) {
            Some((way, message)) => self.message(at, way, message, to)?,
            None => self.event(at, link, event)?,
        }
        self.put(to)
    }

    fn on_idle(&mut self, to: &mut dyn Sink) -> io::Result<()> {
        self.put(to)?;
        if std::mem::take(&mut self.is_changed) {
            to.set_ending(self.end(b"")?);
        }
        Ok(())
    }
}

/// Milliseconds between two times; 0 if the clock was set back.
fn since(start: SystemTime, end: SystemTime) -> f64 {
    let time = end.duration_since(start).unwrap_or_default();
    entry::milliseconds(time)
}

#[cfg(test)]
mod tests;
