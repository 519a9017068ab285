//! Converts the content of a record to a session file. `har` and `jsonl` parse the two formats.
//!
//! A record contains everything that was sent and received. Automatic replies are not part of the
//! conversation: the server's Pings with our Pongs, and the reply to a Close.

use std::time::Duration;

use super::recorded::{self, CredentialVariables, SentPings};
use super::{ExpectStatement, Line, Message, SessionFile, Statement, Template, WITHIN};
use crate::http::{is_token, HIDDEN};
use crate::protocol::CloseBody;
use crate::text::duration;

/// Request headers that belong to the connection and are not settings.
const LEFT_OUT: &[&str] = &[
    "host",
    "connection",
    "upgrade",
    "pragma",
    "cache-control",
    "accept",
    "accept-encoding",
    "content-length",
    "transfer-encoding",
    "te",
    "dnt",
    "proxy-connection",
    "proxy-authorization",
];

/// Prefixes of such headers. Only browsers send `Sec-Fetch-…`, which describe the browser's
/// request.
const LEFT_OUT_BEGINNINGS: &[&str] = &["sec-websocket-", "sec-fetch-", "sec-gpc"];

/// A time in microseconds since 1970.
pub(super) type Moment = i64;

/// The content of a record.
#[derive(Debug, Default)]
pub(super) struct ParsedRecord {
    connections: Vec<RecordedConnection>,
    events: Vec<RecordedEvent>,
}

/// A connection of a record.
#[derive(Debug)]
pub(super) struct RecordedConnection {
    /// The line where it begins.
    pub(super) number: u32,
    /// When it was started.
    pub(super) start: Option<Moment>,
    /// The URL.
    pub(super) url: String,
    /// The request headers.
    pub(super) headers: Vec<(String, String)>,
    /// Whether it was attempted again after it was lost or refused.
    pub(super) reconnects: bool,
}

/// A message or event of a record.
#[derive(Debug)]
pub(super) struct RecordedEvent {
    /// Its line.
    pub(super) number: u32,
    /// When it was; `None` for the same time as the previous one.
    pub(super) at: Option<Moment>,
    /// The number of the connection, from 0.
    pub(super) link: usize,
    /// Whether it was sent by us.
    pub(super) sent: bool,
    /// The message or event.
    pub(super) kind: EventKind,
}

/// A message or event on a connection.
#[derive(Debug)]
pub(super) enum EventKind {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(CloseBody),
    /// The connection ended without a Close from the server.
    Lost,
    /// The upgrade was refused with this status.
    Refused(u16),
    /// It was opened again.
    Reopened,
}

/// The state of a connection while its statements are generated.
#[derive(Debug, Default)]
struct LinkConversion {
    /// The time of the last event.
    at: Option<Moment>,
    /// Our Pings that were not answered yet.
    pings: SentPings,
    /// Whether a Ping of the server was not answered yet.
    owes_pong: bool,
    /// Whether the server has sent a Close, so that ours is the reply.
    closed: bool,
}

impl ParsedRecord {
    /// Adds a connection. Returns its number, from 0.
    pub(super) fn connect(&mut self, connection: RecordedConnection) -> usize {
        self.connections.push(connection);
        self.connections.len() - 1
    }

    /// A connection was opened again.
    pub(super) fn reopen(&mut self, link: usize, number: u32, at: Option<Moment>) {
        if let Some(connection) = self.connections.get_mut(link) {
            connection.reconnects = true;
        }
        self.add(RecordedEvent {
            number,
            at,
            link,
            sent: false,
            kind: EventKind::Reopened,
        });
    }

    pub(super) fn add(&mut self, event: RecordedEvent) {
        self.events.push(event);
    }

    /// Converts the record to a session file.
    pub(super) fn into_session_file(self) -> SessionFile {
        let names: Vec<Option<String>> = match self.connections.len() {
            1 => vec![None],
            many => (1..=many).map(|name| Some(name.to_string())).collect(),
        };
        let mut lines = Vec::new();
        for (link, connection) in self.connections.iter().enumerate() {
            let force = self.needs_force(link);
            let mut settings = settings(connection);
            let reconnect = connection.reconnects.then_some("--reconnect");
            let options = force.then_some("--force").into_iter().chain(reconnect);
            settings.extend(options.map(|it| Statement::Options(vec![Template::literal(it)])));
            lines.extend(settings.into_iter().map(|statement| Line {
                number: connection.number,
                link: names[link].clone(),
                statement,
            }));
        }
        lines.push(Line {
            number: 1,
            link: None,
            statement: Statement::Strict(true),
        });
        let starts = self.connections.iter().filter_map(|one| one.start);
        let start = starts.min();
        let mut conversions: Vec<LinkConversion> =
            names.iter().map(|_| LinkConversion::default()).collect();
        let mut clock = Clock::new(start);
        for event in in_order(self.events) {
            let (number, link) = (event.number, &names[event.link]);
            for statement in conversions[event.link].statements(event, &mut clock) {
                // The time and the timeout apply to all connections.
                let of_all = matches!(statement, Statement::Within(_) | Statement::At(_));
                lines.push(Line {
                    number,
                    link: link.clone().filter(|_| !of_all),
                    statement,
                });
            }
        }
        SessionFile { lines }
    }

    /// Whether we sent a close code that requires `--force`.
    fn needs_force(&self, link: usize) -> bool {
        let mut is_reply = false;
        let events = self.events.iter().filter(|event| event.link == link);
        events
            .filter(|event| event.link == link)
            .any(|event| match &event.kind {
                EventKind::Close(body @ Some(_)) if event.sent && !is_reply => {
                    recorded::needs_force(body)
                }
                kind => {
                    is_reply = match kind {
                        EventKind::Close(_) => is_reply || !event.sent,
                        EventKind::Reopened => false,
                        _ => is_reply,
                    };
                    false
                }
            })
    }
}

/// All events by time. Events of a connection keep their order, even if the clock was set back.
fn in_order(mut events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    let mut latest: Vec<Option<Moment>> = Vec::new();
    for one in &mut events {
        if latest.len() <= one.link {
            latest.resize(one.link + 1, None);
        }
        let latest = &mut latest[one.link];
        *latest = one.at.max(*latest);
        one.at = *latest;
    }
    events.sort_by_key(|one| one.at);
    events
}

/// The settings of a connection, as statements.
fn settings(connection: &RecordedConnection) -> Vec<Statement> {
    let mut settings = vec![Statement::Url(Template::literal(&connection.url))];
    let mut variables = CredentialVariables::default();
    for (name, value) in &connection.headers {
        if name.eq_ignore_ascii_case("sec-websocket-protocol") {
            let names = value
                .split(',')
                .map(str::trim)
                .filter(|name| is_token(name));
            let names = names.map(|name| subprotocol(name, &mut variables));
            settings.extend(names.map(Statement::Subprotocol));
        } else if !is_left_out(name, value) {
            settings.push(Statement::Header(header(name, value, &mut variables)));
        }
    }
    settings
}

/// Whether a header belongs to the connection, or can't be set (`:authority`).
fn is_left_out(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !is_token(&name)
        || value.contains(|c: char| c != '\t' && c.is_control())
        || LEFT_OUT.contains(&&*name)
        || LEFT_OUT_BEGINNINGS
            .iter()
            .any(|beginning| name.starts_with(beginning))
        // Our default, with the version that made the record.
        || name == "user-agent" && value.starts_with("wsline/")
}

/// A header; a value that is hidden is that of a variable.
fn header(name: &str, value: &str, variables: &mut CredentialVariables) -> Template {
    let value = value.trim();
    if value.rsplit(' ').next() == Some(HIDDEN) && value.split(' ').count() <= 2 {
        return variables.header(name).1;
    }
    recorded::header(name, value)
}

/// A subprotocol; a token that is hidden is the value of a variable.
fn subprotocol(name: &str, variables: &mut CredentialVariables) -> Template {
    match name.strip_suffix(HIDDEN) {
        None => Template::literal(name),
        Some(before) => variables.subprotocol(before).1,
    }
}

/// The time in the record, in milliseconds.
struct Clock {
    start: Option<Moment>,
    now: Duration,
    /// The timeout of expectations.
    within: Duration,
}

impl Clock {
    fn new(start: Option<Moment>) -> Self {
        Self {
            start,
            now: Duration::ZERO,
            within: WITHIN,
        }
    }

    /// Returns an `at` statement if the time is at least a millisecond later than the last one.
    fn tick(&mut self, at: Moment) -> Option<Statement> {
        let start = *self.start.get_or_insert(at);
        let since = u64::try_from(at.saturating_sub(start)).unwrap_or(0);
        let since = Duration::from_millis(since.saturating_add(500) / 1000).min(duration::MAX);
        if since <= self.now {
            return None;
        }
        self.now = since;
        Some(Statement::At(since))
    }
}

impl LinkConversion {
    /// The statements for the next event on the connection.
    fn statements(&mut self, event: RecordedEvent, clock: &mut Clock) -> Vec<Statement> {
        let Some(statement) = (if event.sent {
            self.send(event.kind).map(Statement::Send)
        } else {
            self.expect(event.kind).map(Statement::Expect)
        }) else {
            return Vec::new();
        };
        let mut statements = Vec::new();
        if let Some(at) = event.at {
            // Increases the timeout if something took long to arrive.
            let pause = at.saturating_sub(self.at.or(clock.start).unwrap_or(at));
            let ample = Duration::from_micros(u64::try_from(pause).unwrap_or(0).saturating_mul(2));
            let within = Duration::from_secs(ample.as_secs() + 1).min(duration::MAX);
            if !event.sent && within > clock.within {
                clock.within = within;
                statements.push(Statement::Within(within));
            }
            statements.extend(clock.tick(at));
            self.at = Some(at);
        }
        statements.push(statement);
        statements
    }

    fn send(&mut self, kind: EventKind) -> Option<Message> {
        match kind {
            EventKind::Text(text) => Some(Message::Text(Template::literal(&text))),
            EventKind::Binary(bytes) => Some(Message::Binary(bytes)),
            EventKind::Ping(payload) => {
                self.pings.sent(&payload);
                Some(Message::Ping(recorded::payload(&payload)))
            }
            EventKind::Pong(_) if std::mem::take(&mut self.owes_pong) => None,
            EventKind::Pong(payload) => Some(Message::Pong(recorded::payload(&payload))),
            EventKind::Close(_) if self.closed => None,
            EventKind::Close(body) => Some(recorded::sent_close(&body)),
            EventKind::Lost | EventKind::Refused(_) | EventKind::Reopened => None,
        }
    }

    fn expect(&mut self, kind: EventKind) -> Option<ExpectStatement> {
        match kind {
            EventKind::Text(text) => Some(ExpectStatement::Text(Template::literal(&text))),
            EventKind::Binary(bytes) => Some(ExpectStatement::Binary(bytes)),
            EventKind::Ping(_) => {
                self.owes_pong = true;
                None
            }
            EventKind::Pong(payload) => self.pings.answered(&payload),
            EventKind::Close(body) => {
                self.closed = true;
                Some(recorded::received_close(&body))
            }
            EventKind::Lost => Some(recorded::lost()),
            EventKind::Refused(status) => Some(ExpectStatement::Refused(Some(status))),
            EventKind::Reopened => {
                let at = self.at;
                *self = Self {
                    at,
                    ..Self::default()
                };
                Some(ExpectStatement::Reconnect)
            }
        }
    }
}
