//! A record as a session file, to be read, replayed and checked.
//!
//! The conversation becomes statements: messages, Closes, our Pings and their Pongs. Automatic
//! replies and what they reply to (the server's Pings and its Close) are comments or left out.
//! Credentials are replaced by variables.

use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;

use super::options::Opening;
use crate::assembly::{self, LARGE};
use crate::error::{violation_message, Error};
use crate::event::{ConnectStep, Event, Kind, Link, Now, Way};
use crate::http::{find_tokens, Secrets, HIDDEN};
use crate::output::closure;
use crate::output::long::{Encoding, LongMessage};
use crate::output::sink::Sink;
use crate::output::{Detail, Output};
use crate::protocol::{CloseBody, Closure, End, Role};
use crate::session_file::recorded::{self, CredentialVariables, SentPings};
use crate::session_file::{self, ExpectStatement, Line, Message, Statement, Template};

/// Shorter pauses are not recorded.
const PAUSE: Duration = Duration::from_millis(10);

/// The option that allows all close codes.
const FORCE: &str = "--force";

/// A session file that is being written.
pub(super) struct SessionRecord {
    /// The statements that were not passed on yet.
    out: String,
    /// When the connection was opened.
    opened: SystemTime,
    /// The time of the last statement.
    last: SystemTime,
    /// The timeout of expectations that is in effect in the file.
    within: Duration,
    /// Our Pings that were not answered yet.
    pings: SentPings,
    /// Whether the server has just sent a Ping, which the next Pong answers.
    owes_pong: bool,
    /// Whether the file already allows all close codes.
    forced: bool,
    /// Whether the connection has been open.
    was_open: bool,
}

impl SessionRecord {
    /// Starts with the beginning of the file: the URL and the settings.
    pub(super) fn new(now: SystemTime, opening: &Opening) -> io::Result<Self> {
        let mut session = Self {
            out: String::new(),
            opened: now,
            last: now,
            within: session_file::WITHIN,
            pings: SentPings::default(),
            owes_pong: false,
            forced: opening.options.iter().any(|option| option == FORCE),
            was_open: false,
        };
        session.head(now, opening)?;
        Ok(session)
    }

    fn head(&mut self, now: SystemTime, opening: &Opening) -> io::Result<()> {
        let time = Timestamp::try_from(now).map_err(io::Error::other)?;
        let version = env!("CARGO_PKG_VERSION");
        self.comment(&format!("recorded by wsline {version}, {time:.0}"));
        let link = Link::default();
        self.state(link, Statement::Url(Template::literal(&opening.url)));
        for word in &opening.options {
            self.state(link, Statement::Options(vec![Template::literal(word)]));
        }
        let mut variables = CredentialVariables::default();
        for header in &opening.headers {
            let text = String::from_utf8_lossy(&header.value);
            let statement = if header.is_secret() {
                let (variable, header_line) = variables.header(&header.name);
                self.not_recorded(&variable, &header.shown_value(Secrets::Hidden));
                header_line
            } else {
                recorded::header(&header.name, &text)
            };
            self.state(link, Statement::Header(statement));
        }
        for name in &opening.left_out {
            self.state(
                link,
                Statement::Header(Template::literal(&format!("{name}:"))),
            );
        }
        let tokens = find_tokens(&opening.subprotocols);
        for (subprotocol, token) in opening.subprotocols.iter().zip(tokens) {
            let template = match token {
                None => Template::literal(subprotocol),
                Some(start) => {
                    let (variable, template) = variables.subprotocol(&subprotocol[..start]);
                    self.not_recorded(&variable, HIDDEN);
                    template
                }
            };
            self.state(link, Statement::Subprotocol(template));
        }
        self.state(link, Statement::Strict(true));
        self.out.push('\n');
        Ok(())
    }

    /// Writes a comment on how to set the variable that stands for a credential.
    fn not_recorded(&mut self, name: &str, shown: &str) {
        self.comment(&format!(
            "{name} is not recorded: set it with --var '{name}={shown}' or in the environment"
        ));
    }

    /// Writes a statement.
    fn state(&mut self, link: Link, says: Statement) {
        let whole = Line {
            number: 0,
            link: name(link),
            statement: says,
        };
        self.out.push_str(&session_file::print_line(&whole));
    }

    /// Writes a comment of one line.
    fn comment(&mut self, text: &str) {
        self.out.push_str(&session_file::comment(text));
    }

    /// Writes something that was sent.
    fn send(&mut self, at: SystemTime, link: Link, message: Message) {
        self.before_sent(at, link);
        self.state(link, Statement::Send(message));
    }

    fn before_sent(&mut self, at: SystemTime, link: Link) {
        if between(self.last, at) >= PAUSE {
            let since = between(self.opened, at).as_millis();
            let since = Duration::from_millis(u64::try_from(since).unwrap_or(u64::MAX));
            self.state(link, Statement::At(since));
        }
        self.last = at;
    }

    /// Writes something that was received.
    fn expect(&mut self, at: SystemTime, link: Link, wanted: ExpectStatement) {
        self.before_expected(at, link);
        self.state(link, Statement::Expect(wanted));
    }

    /// Increases the timeout if something took long to arrive.
    fn before_expected(&mut self, at: SystemTime, link: Link) {
        let ample = between(self.last, at).saturating_mul(2);
        if ample > self.within {
            self.within = Duration::from_secs(ample.as_secs() + 1);
            self.state(link, Statement::Within(self.within));
        }
        self.last = at;
    }

    fn message(
        &mut self,
        at: SystemTime,
        link: Link,
        way: Way,
        message: assembly::WholeMessage<'_>,
    ) {
        let kind = message.kind;
        let bytes = message.bytes;
        let text = || Template::literal(&String::from_utf8_lossy(bytes));
        match (way, kind) {
            (Way::Out, Kind::Text) => self.send(at, link, Message::Text(text())),
            (Way::Out, Kind::Binary) => self.send(at, link, Message::Binary(bytes.to_vec())),
            (Way::In, Kind::Text) => self.expect(at, link, ExpectStatement::Text(text())),
            (Way::In, Kind::Binary) => {
                self.expect(at, link, ExpectStatement::Binary(bytes.to_vec()));
            }
        }
    }

    /// Writes a message piece by piece: a text as a JSON string, which is always possible.
    fn put_long(
        &mut self,
        at: SystemTime,
        link: Link,
        way: Way,
        kind: Kind,
        bytes: Bytes,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        match way {
            Way::Out => self.before_sent(at, link),
            Way::In => self.before_expected(at, link),
        }
        let encoding = match kind {
            Kind::Text => Encoding::Visible,
            Kind::Binary => Encoding::Base64,
        };
        let (begin, end) =
            session_file::around_message(name(link).as_deref(), way == Way::Out, kind);
        self.out.push_str(&begin);
        self.put_statements(to)?;
        to.put_long(LongMessage::new(bytes, encoding))?;
        self.out.push_str(end);
        Ok(())
    }

    fn pong(&mut self, at: SystemTime, link: Link, payload: &[u8]) {
        match self.pings.answered(payload) {
            Some(wanted) => self.expect(at, link, wanted),
            None => self.comment(&format!("an unsolicited Pong came{}", quoted(payload))),
        }
    }

    fn closing(&mut self, at: SystemTime, link: Link, way: Way, closure: &Closure) {
        match way {
            Way::In => {
                let body = closure.received.as_ref().unwrap_or(&None);
                self.expect(at, link, recorded::received_close(body));
            }
            Way::Out => match (&closure.end, closure.initiator) {
                (End::Violation(violation), _) => self.comment(&format!(
                    "closed by us: {}, {}",
                    violation.code,
                    violation_message(violation)
                )),
                // The reply to a Close is sent automatically.
                (_, Some(Role::Server)) => {}
                _ => self.close(at, link, closure.sent.as_ref().unwrap_or(&None)),
            },
        }
    }

    /// A Close of ours. 1001 is one that a user may not send but the program does, at a signal.
    fn close(&mut self, at: SystemTime, link: Link, body: &CloseBody) {
        if recorded::needs_force(body) && !self.forced {
            self.forced = true;
            self.state(link, Statement::Options(vec![Template::literal(FORCE)]));
        }
        self.send(at, link, recorded::sent_close(body));
    }

    fn incomplete(&mut self, way: Way, length: usize) {
        let (whose, done) = match way {
            Way::In => ("the server's", "received"),
            Way::Out => ("ours", "sent"),
        };
        self.comment(&format!(
            "a message of {whose} was incomplete: {length} bytes {done}"
        ));
    }

    fn closed(&mut self, at: SystemTime, link: Link, closure: &Closure) {
        self.pings.clear();
        if closure.received.is_none() {
            self.expect(at, link, recorded::lost());
        }
    }

    /// Writes the statement for an event. Most events have one.
    fn event(&mut self, at: SystemTime, link: Link, event: &Event<'_>, owed_pong: bool) {
        match event {
            Event::Connect(ConnectStep::Redirected { url, .. }) => {
                self.comment(&format!("redirected to {url}"));
            }
            Event::Open(_) if self.was_open => self.expect(at, link, ExpectStatement::Reconnect),
            Event::Open(_) => {
                self.was_open = true;
                (self.opened, self.last) = (at, at);
            }
            Event::Incomplete(way, _, bytes) => self.incomplete(*way, bytes.len()),
            Event::Ping(Way::Out, bytes) => {
                self.pings.sent(bytes);
                self.send(at, link, Message::Ping(recorded::payload(bytes)));
            }
            Event::Ping(Way::In, bytes) => {
                self.owes_pong = true;
                self.comment(&format!("a Ping came{}", quoted(bytes)));
            }
            Event::Pong(Way::Out, _) if owed_pong => {}
            Event::Pong(Way::Out, bytes) => {
                self.send(at, link, Message::Pong(recorded::payload(bytes)));
            }
            Event::Pong(Way::In, bytes) => self.pong(at, link, bytes),
            Event::CloseFrame(way, closure) => self.closing(at, link, *way, closure),
            Event::Closed(closure) => self.closed(at, link, closure),
            // Only the first connection can be expected to be refused.
            Event::ConnectFailed(Error::Refused(refusal)) if !self.was_open => {
                self.expect(
                    at,
                    link,
                    ExpectStatement::Refused(Some(refusal.head.status)),
                );
            }
            Event::Reconnecting(lost) => self.comment(&closure::reconnecting(lost)),
            Event::ConnectFailed(error) => self.comment(&error.to_string()),
            _ => {}
        }
    }

    /// Passes on the statements so far.
    fn put_statements(&mut self, to: &mut dyn Sink) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let put = to.put(self.out.as_bytes());
        // Also after an error, so that they are not passed on again.
        self.out.clear();
        self.out.shrink_to(1 << 20);
        put
    }
}

impl Output for SessionRecord {
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
        let owed_pong = std::mem::take(&mut self.owes_pong);
        if let Some((way, message)) = assembly::WholeMessage::from_event(event) {
            if message.bytes.len() >= LARGE {
                let (kind, bytes) = (message.kind, message.to_bytes());
                self.put_long(at, link, way, kind, bytes, to)?;
            } else {
                self.message(at, link, way, message);
            }
        } else {
            self.event(at, link, event, owed_pong);
        }
        self.put_statements(to)
    }

    fn on_idle(&mut self, to: &mut dyn Sink) -> io::Result<()> {
        self.put_statements(to)
    }
}

/// The name of a connection; the first needs none.
fn name(link: Link) -> Option<String> {
    (link != Link::default()).then(|| link.0.to_string())
}

/// The payload of a Ping or a Pong for a comment.
fn quoted(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    format!(": {}", bytes.escape_ascii())
}

/// The time between two events; 0 if the clock was set back.
fn between(start: SystemTime, end: SystemTime) -> Duration {
    end.duration_since(start).unwrap_or_default()
}

#[cfg(test)]
mod tests;
