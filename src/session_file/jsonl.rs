//! JSON lines as a session file: what `wsline --json` prints and `--record FILE.jsonl` keeps.
//!
//! Each `open` is a connection, unless a `reconnecting` comes before it. Fields that aren't used may hold anything, and objects of other
//! types are passed over.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::raw::{Field, JsonFile};
use super::record::{EventKind, ParsedRecord, RecordedConnection, RecordedEvent};
use super::SessionFile;
use crate::error::ParseError;
use crate::protocol::{CloseReason, MAX_CONTROL_PAYLOAD};

#[derive(Deserialize)]
struct RecordObject<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    dir: Option<&'a RawValue>,
    #[serde(borrow)]
    link: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    base64: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    by: Option<&'a RawValue>,
    #[serde(borrow)]
    sent: Option<&'a RawValue>,
}

/// The Close frame that we sent.
#[derive(Deserialize)]
struct SentClose<'a> {
    #[serde(borrow)]
    code: &'a RawValue,
    #[serde(borrow)]
    reason: &'a RawValue,
}

#[derive(Deserialize)]
struct RecordedRequest<'a> {
    #[serde(borrow)]
    headers: Vec<Header<'a>>,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// Reads the text of a file of JSON lines, which `file` is the name of. Each `open` in it is a
/// connection, except after `reconnecting`; where there are several their names are 1, 2 and so on.
///
/// # Errors
///
/// The first thing that is wrong with it: a field that is used, or that nothing was opened.
pub fn read(file: &str, text: &str) -> Result<SessionFile, ParseError> {
    let file = &JsonFile::new(file, text);
    let mut reader = RecordReader {
        record: ParsedRecord::default(),
        open: HashMap::new(),
        reconnecting: HashSet::new(),
        failed: Vec::new(),
    };
    for line in file
        .text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        // serde would also accept an array, field by field.
        if !line.starts_with('{') {
            let cause = "no JSON object, which each line of --json is";
            return Err(file.parse_error(line, cause.to_owned()));
        }
        let object = file.read(line)?;
        reader.read(&Row { file, line, object })?;
    }
    if reader.open.is_empty() {
        return Err(file.error_of_file(
            "no connection is opened in it: there is no object of type \"open\", as \
             wsline --json prints it",
        ));
    }
    Ok(reader.record.into_session_file())
}

/// An object and its line number.
struct Row<'a> {
    file: &'a JsonFile<'a>,
    line: &'a str,
    object: RecordObject<'a>,
}

/// The types of objects that are used.
const KINDS: &[&str] = &[
    "open",
    "text",
    "binary",
    "ping",
    "pong",
    "close",
    "error",
    "reconnecting",
];

struct RecordReader {
    record: ParsedRecord,
    /// The connection that a `link` value currently refers to.
    open: HashMap<u16, usize>,
    /// The values of `link` that are attempted again.
    reconnecting: HashSet<u16>,
    /// Connections on which the server violated the protocol, so that the Close was not the user's.
    failed: Vec<usize>,
}

impl RecordReader {
    fn read(&mut self, row: &Row<'_>) -> Result<(), ParseError> {
        let kind = row.need("type", row.object.kind, |field| field.text())?;
        if !KINDS.contains(&&*kind) {
            return Ok(());
        }
        let link = row.object.link.map(|raw| row.field("link", raw).number());
        let link = link.transpose()?.unwrap_or(0);
        if kind == "reconnecting" {
            self.reconnecting.insert(link);
            return Ok(());
        }
        if kind == "open" {
            return self.open(row, link);
        }
        let Some(&link) = self.open.get(&link) else {
            // Why nothing was opened.
            if kind == "error" {
                return Ok(());
            }
            let cause = format!("unexpected \"{kind}\" before the \"open\" of its connection");
            return Err(row.file.parse_error(row.line, cause));
        };
        if kind == "error" {
            self.failed.push(link);
            return Ok(());
        }
        if kind == "close" {
            return self.close(row, link);
        }
        let sent = row.need("dir", row.object.dir, |field| match &*field.text()? {
            "out" => Ok(true),
            "in" => Ok(false),
            _ => Err(field.wrong("\"in\" or \"out\"")),
        })?;
        let kind = match &*kind {
            "text" => EventKind::Text(row.need("data", row.object.data, |field| field.text())?),
            "binary" => EventKind::Binary(row.need("base64", row.object.base64, |f| f.base64())?),
            "ping" => EventKind::Ping(row.payload()?),
            _ => EventKind::Pong(row.payload()?),
        };
        self.add(row, link, sent, kind)
    }

    /// Adds a connection, or that one is open again.
    fn open(&mut self, row: &Row<'_>, link: u16) -> Result<(), ParseError> {
        let mut connection = row.connection()?;
        let is_again = self.reconnecting.remove(&link);
        if let Some(&known) = self.open.get(&link).filter(|_| is_again) {
            self.failed.retain(|failed| *failed != known);
            self.record
                .reopen(known, connection.number, connection.start);
            return Ok(());
        }
        connection.reconnects = is_again;
        self.open.insert(link, self.record.connect(connection));
        Ok(())
    }

    /// Adds the end of a connection. Without a record of our own Close, it had the same code as the
    /// server's reply (RFC 6455 §5.5.1).
    fn close(&mut self, row: &Row<'_>, link: usize) -> Result<(), ParseError> {
        let code = row.need("code", row.object.code, |field| field.number())?;
        let reason = row
            .object
            .reason
            .map(|raw| row.field("reason", raw).reason());
        let reason = reason.transpose()?.unwrap_or_default();
        let by = match row.object.by {
            Some(raw) if raw.get() != "null" => row.field("by", raw).text()?,
            _ => String::new(),
        };
        if by == "us" && !self.failed.contains(&link) {
            let (code, reason) = row.sent_close()?.unwrap_or((code, reason.clone()));
            let sent = match code {
                1005 => None,
                code => Some(
                    CloseReason::from_user(code, &reason, false)
                        .or_else(|_| CloseReason::from_user(1000, "", false))
                        .map_err(|error| row.file.parse_error(row.line, error.to_string()))?,
                ),
            };
            self.add(row, link, true, EventKind::Close(sent))?;
        }
        let kind = match code {
            1005 => EventKind::Close(None),
            1006 => EventKind::Lost,
            code => EventKind::Close(Some(CloseReason { code, reason })),
        };
        self.add(row, link, false, kind)
    }

    fn add(
        &mut self,
        row: &Row<'_>,
        link: usize,
        sent: bool,
        kind: EventKind,
    ) -> Result<(), ParseError> {
        let at = row.object.time.map(|raw| row.field("time", raw).time());
        self.record.add(RecordedEvent {
            number: row.file.number(row.line),
            at: at.transpose()?,
            link,
            sent,
            kind,
        });
        Ok(())
    }
}

impl<'a> Row<'a> {
    fn field(&self, name: &'a str, raw: &'a RawValue) -> Field<'a> {
        Field {
            file: self.file,
            name,
            raw,
        }
    }

    fn need<T>(
        &self,
        name: &'a str,
        raw: Option<&'a RawValue>,
        read: impl FnOnce(Field<'_>) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        match raw {
            Some(raw) => read(self.field(name, raw)),
            None => Err(self
                .file
                .parse_error(self.line, format!("{name} is missing"))),
        }
    }

    /// The code and the reason of our own Close, if recorded.
    fn sent_close(&self) -> Result<Option<(u16, String)>, ParseError> {
        let Some(raw) = self.object.sent.filter(|raw| raw.get() != "null") else {
            return Ok(None);
        };
        let sent = self.file.read::<SentClose<'_>>(raw.get());
        let sent = sent.map_err(|error| ParseError {
            cause: format!("sent: {}", error.cause),
            ..error
        })?;
        let code = self.field("the code of sent", sent.code).number()?;
        let reason = self.field("the reason of sent", sent.reason).reason()?;
        Ok(Some((code, reason)))
    }

    fn connection(&self) -> Result<RecordedConnection, ParseError> {
        let start = self.object.time.map(|raw| self.field("time", raw).time());
        let url = self.need("url", self.object.url, |field| field.address())?;
        let mut headers = Vec::new();
        if let Some(raw) = self.object.request {
            let request = self.file.read::<RecordedRequest<'_>>(raw.get());
            let request = request.map_err(|parse_error| ParseError {
                cause: format!("request: {}", parse_error.cause),
                ..parse_error
            })?;
            for (index, header) in request.headers.iter().enumerate() {
                let text = |part: &str, raw| {
                    let name = format!("request.headers[{index}].{part}");
                    let field = Field {
                        file: self.file,
                        name: &name,
                        raw,
                    };
                    field.text()
                };
                headers.push((text("name", header.name)?, text("value", header.value)?));
            }
        }
        Ok(RecordedConnection {
            number: self.file.number(self.line),
            start: start.transpose()?,
            url,
            headers,
            reconnects: false,
        })
    }

    /// The payload: text in `data` or bytes in `base64`.
    fn payload(&self) -> Result<Vec<u8>, ParseError> {
        let payload = match (self.object.data, self.object.base64) {
            (Some(data), _) => self.field("data", data).text()?.into_bytes(),
            (None, Some(bytes)) => self.field("base64", bytes).base64()?,
            (None, None) => Vec::new(),
        };
        if payload.len() > MAX_CONTROL_PAYLOAD {
            let cause = format!(
                "a Ping or a Pong carries at most {MAX_CONTROL_PAYLOAD} bytes (RFC 6455 §5.5), and \
                 this one has {}",
                payload.len()
            );
            return Err(self.file.parse_error(self.line, cause));
        }
        Ok(payload)
    }
}
