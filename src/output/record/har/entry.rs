//! The objects of an HTTP archive (HAR 1.2).

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use data_encoding::BASE64;
use serde::Serialize;
use tungstenite::protocol::frame::coding::OpCode;
use url::Url;

use crate::error::Refusal;
use crate::event::{Timing, Way};
use crate::http::{Header, Headers, RequestHead, ResponseHead, Secrets};
use crate::output::json_text::timestamp;

/// The program that wrote the archive.
#[derive(Serialize)]
pub(super) struct Creator {
    name: &'static str,
    version: &'static str,
}

impl Default for Creator {
    fn default() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// An entry without its messages and times, which are known later.
pub(super) struct HarEntry<'a> {
    pub(super) started: SystemTime,
    pub(super) request: Request<'a>,
    pub(super) response: Response,
    pub(super) address: Option<SocketAddr>,
    /// Which attempt in a row it is, if an earlier connection was lost or refused.
    pub(super) reconnect: Option<u32>,
}

/// The fields before them.
#[derive(Serialize)]
struct EntryFields<'a> {
    #[serde(rename = "startedDateTime")]
    started: String,
    request: &'a Request<'a>,
    response: &'a Response,
    cache: Cache,
    #[serde(rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    #[serde(rename = "_resourceType")]
    resource_type: &'static str,
    #[serde(rename = "_reconnect", skip_serializing_if = "Option::is_none")]
    reconnect: Option<u32>,
}

/// The empty cache object.
#[derive(Serialize)]
struct Cache {}

impl HarEntry<'_> {
    /// Writes the beginning of the object. [`Times::end_entry`] writes its end.
    pub(super) fn begin(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let fields = EntryFields {
            started: timestamp(self.started)?,
            request: &self.request,
            response: &self.response,
            cache: Cache {},
            address: self.address.map(|address| address.ip().to_string()),
            connection: self.address.map(|address| address.port().to_string()),
            resource_type: "websocket",
            reconnect: self.reconnect,
        };
        serde_json::to_writer(&mut *out, &fields)?;
        let brace = out.pop();
        debug_assert_eq!(brace, Some(b'}'));
        Ok(())
    }
}

/// How long each step took in milliseconds; `None` for a step that was not needed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// Time that can't be assigned to a step.
    pub(super) blocked: Option<f64>,
    pub(super) dns: Option<f64>,
    /// TCP, the proxy and TLS.
    pub(super) connect: Option<f64>,
    /// TLS, which is part of `connect`.
    pub(super) ssl: Option<f64>,
    pub(super) wait: f64,
    pub(super) receive: f64,
}

#[derive(Serialize)]
struct TimesFields {
    blocked: f64,
    dns: f64,
    connect: f64,
    ssl: f64,
    send: f64,
    wait: f64,
    receive: f64,
}

impl Times {
    /// The times of an opening handshake.
    pub(super) fn of(timing: &Timing) -> Self {
        let parts = [timing.connect, timing.proxy, timing.tls];
        let connect = parts.into_iter().flatten().reduce(|a, b| a + b);
        Self {
            blocked: None,
            dns: timing.resolve.map(milliseconds),
            connect: connect.map(milliseconds),
            ssl: timing.tls.map(milliseconds),
            wait: timing.upgrade.map_or(0.0, milliseconds),
            receive: 0.0,
        }
    }

    /// The start, if it ended at `end`.
    pub(super) fn begun(&self, end: SystemTime) -> SystemTime {
        let all = Duration::try_from_secs_f64(self.sum() / 1000.0).unwrap_or_default();
        end.checked_sub(all).unwrap_or(end)
    }

    /// The sum, rounded to microseconds.
    fn sum(&self) -> f64 {
        let parts = [self.blocked, self.dns, self.connect];
        let sum = parts.into_iter().flatten().sum::<f64>() + self.wait + self.receive;
        (sum * 1000.0).round() / 1000.0
    }

    /// Writes the end of an entry.
    pub(super) fn end_entry(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(br#","time":"#);
        serde_json::to_writer(&mut *out, &self.sum())?;
        out.extend_from_slice(br#","timings":"#);
        let fields = TimesFields {
            blocked: self.blocked.unwrap_or(NOT),
            dns: self.dns.unwrap_or(NOT),
            connect: self.connect.unwrap_or(NOT),
            ssl: self.ssl.unwrap_or(NOT),
            send: 0.0,
            wait: self.wait,
            receive: self.receive,
        };
        serde_json::to_writer(&mut *out, &fields)?;
        out.push(b'}');
        Ok(())
    }
}

/// The value for a step that was not needed.
const NOT: f64 = -1.0;

/// Milliseconds, rounded to microseconds.
pub(super) fn milliseconds(time: Duration) -> f64 {
    let micros = u32::try_from(time.as_micros()).map_or(f64::INFINITY, f64::from);
    if micros.is_finite() {
        micros / 1000.0
    } else {
        // Above one hour, fractions of a millisecond don't matter.
        time.as_secs_f64().trunc() * 1000.0
    }
}

/// The upgrade request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    method: String,
    url: &'a str,
    http_version: String,
    cookies: Vec<Pair>,
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    headers_size: i64,
    body_size: i64,
}

impl<'a> Request<'a> {
    /// The request with this head, which is empty if nothing was sent.
    pub(super) fn of(head: &RequestHead, url: &'a str, secrets: Secrets) -> Self {
        let mut words = head.request_line.split(' ');
        let method = words.next().filter(|method| !method.is_empty());
        let query = Url::parse(url).map(|url| {
            let pairs = url.query_pairs();
            pairs.map(|(name, value)| Pair::new(name, value)).collect()
        });
        Self {
            method: method.unwrap_or("GET").to_owned(),
            url,
            http_version: words.next_back().unwrap_or("HTTP/1.1").to_owned(),
            cookies: cookies(&head.headers, "cookie", secrets),
            headers: headers(&head.headers, secrets),
            // An invalid URL has no query.
            query_string: query.unwrap_or_default(),
            headers_size: size(&head.request_line, &head.headers),
            body_size: 0,
        }
    }
}

/// The response.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response {
    status: u16,
    status_text: String,
    http_version: String,
    cookies: Vec<Pair>,
    headers: Vec<Pair>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: i64,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Response {
    pub(super) fn of(head: &ResponseHead, content: Content, secrets: Secrets) -> Self {
        let mut words = head.status_line.splitn(3, ' ');
        let http_version = words.next().unwrap_or_default().to_owned();
        Self {
            status: head.status,
            status_text: words.nth(1).unwrap_or_default().to_owned(),
            http_version,
            cookies: cookies(&head.headers, "set-cookie", secrets),
            headers: headers(&head.headers, secrets),
            redirect_url: text(&head.headers, "location"),
            headers_size: size(&head.status_line, &head.headers),
            // The body is kept decoded, so its size as transmitted is unknown.
            body_size: if content.size == 0 { 0 } else { -1 },
            content,
            error: None,
        }
    }

    /// The object for a missing response.
    pub(super) fn none() -> Self {
        Self::of(
            &ResponseHead::default(),
            Content::default(),
            Secrets::Hidden,
        )
    }

    pub(super) fn with_error(self, error: Option<String>) -> Self {
        Self { error, ..self }
    }
}

/// The body of a response.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Content {
    size: usize,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'static str>,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            size: 0,
            mime_type: "x-unknown".to_owned(),
            text: None,
            encoding: None,
            comment: None,
        }
    }
}

impl Content {
    /// The body of a refusal.
    pub(super) fn of(refusal: &Refusal) -> Self {
        let mime_type = text(&refusal.head.headers, "content-type");
        let (text, encoding) = match std::str::from_utf8(&refusal.body.bytes) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (BASE64.encode(&refusal.body.bytes), Some("base64")),
        };
        Self {
            size: refusal.body.bytes.len(),
            mime_type: if mime_type.is_empty() {
                Self::default().mime_type
            } else {
                mime_type
            },
            text: Some(text),
            encoding,
            comment: refusal.body.truncated.then_some("the beginning of it"),
        }
    }
}

/// A header, a cookie or a query parameter.
#[derive(Serialize)]
struct Pair {
    name: String,
    value: String,
}

impl Pair {
    fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

fn headers(headers: &Headers, secrets: Secrets) -> Vec<Pair> {
    let pair = |header: &Header| Pair::new(&header.name, header.shown_value(secrets));
    headers.iter().map(pair).collect()
}

/// The cookies in the headers called `name`: the first pair of each `Set-Cookie`, all pairs of
/// `Cookie` (RFC 6265 §4).
fn cookies(headers: &Headers, name: &str, secrets: Secrets) -> Vec<Pair> {
    if secrets == Secrets::Hidden {
        return Vec::new();
    }
    let most = if name == "cookie" { usize::MAX } else { 1 };
    headers
        .get_all(name)
        .flat_map(|value| value.split(|&byte| byte == b';').take(most))
        .filter_map(|pair| {
            let pair = String::from_utf8_lossy(pair);
            let (name, value) = pair.split_once('=')?;
            Some(Pair::new(name.trim(), value.trim()))
        })
        .collect()
}

fn text(headers: &Headers, name: &str) -> String {
    String::from_utf8_lossy(headers.get(name).unwrap_or_default()).into_owned()
}

/// The size of a head as transmitted, including the empty line at its end; -1 if there is none.
fn size(first_line: &str, headers: &Headers) -> i64 {
    if first_line.is_empty() {
        return -1;
    }
    let headers = headers.iter();
    let lines = headers.map(|header| header.name.len() + ": \r\n".len() + header.value.len());
    let all = first_line.len() + "\r\n\r\n".len() + lines.sum::<usize>();
    i64::try_from(all).unwrap_or(-1)
}

/// A message or a control frame.
#[derive(Serialize)]
pub(super) struct ArchivedFrame<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Seconds since 1970.
    time: f64,
    opcode: u8,
    /// Text for opcode 1, base64 for all others.
    data: &'a str,
}

impl<'a> ArchivedFrame<'a> {
    pub(super) fn new(at: SystemTime, way: Way, opcode: OpCode, data: &'a str) -> Self {
        let time = at.duration_since(SystemTime::UNIX_EPOCH);
        Self {
            kind: match way {
                Way::In => "receive",
                Way::Out => "send",
            },
            time: time.unwrap_or_default().as_secs_f64(),
            opcode: opcode.into(),
            data,
        }
    }
}
