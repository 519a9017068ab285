//! An HTTP archive (HAR 1.2) as a session file: each WebSocket in it, with the messages in
//! `_webSocketMessages` as Chrome writes them.
//!
//! A message has opcode 1 and its text, or opcode 2 and its bytes in base64. `wsline --record`
//! writes Closes, Pings and Pongs too (opcodes 8, 9, 10), in base64. Fields that aren't used may
//! hold anything.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::raw::{Field, File};
use super::record::{Connection, Moment, Record, Said, What};
use super::SessionFile;
use crate::error::ParseError;
use crate::protocol::{CloseBody, CloseReason, MAX_CONTROL_PAYLOAD};

/// The status of an answer that there was not.
const NO_ANSWER: u16 = 0;

#[derive(Deserialize)]
struct Archive<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    started_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow, rename = "_resourceType")]
    resource_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "_webSocketMessages")]
    messages: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    status: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    opcode: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Reads the text of an archive, which `file` is the name of. Each WebSocket in it is a
/// connection; where there are several their names are 1, 2 and so on. One that did not open
/// counts only if none did.
///
/// # Errors
///
/// The first thing that is wrong with it: a field that is used, or that there is no WebSocket.
pub fn read(file: &str, text: &str) -> Result<SessionFile, ParseError> {
    let file = &File::new(file, text);
    let archive: Archive<'_> = file.read(file.text)?;
    let mut opened = Vec::new();
    let mut refused = None;
    for (index, raw) in archive.log.entries.into_iter().enumerate() {
        let at = At {
            file,
            raw,
            path: format!("log.entries[{index}]"),
        };
        let entry: Entry<'_> = at.read("", raw)?;
        if !is_websocket(&entry) {
            continue;
        }
        let status = at.status(&entry)?;
        if at.has_messages(&entry)? || at.is_open(&entry, status)? {
            opened.push((at, entry));
        } else if status != NO_ANSWER {
            refused = Some((at, entry, status));
        }
    }
    let mut record = Record::default();
    for (at, entry) in &opened {
        let link = record.connect(at.connection(entry)?);
        at.messages(entry, link, &mut record)?;
    }
    if let Some((at, entry, status)) = refused.filter(|_| opened.is_empty()) {
        let connection = at.connection(&entry)?;
        let (number, start) = (connection.number, connection.start);
        let link = record.connect(connection);
        let what = What::Refused(status);
        record.say(said(number, start, link, false, what));
    } else if opened.is_empty() {
        return Err(file.error_of_file(
            "there is no WebSocket in this archive that was answered: an entry whose \
             _resourceType is \"websocket\", as Chrome exports it",
        ));
    }
    Ok(record.into_script())
}

fn said(number: u32, at: Option<Moment>, link: usize, sent: bool, what: What) -> Said {
    Said {
        number,
        at,
        link,
        sent,
        what,
    }
}

fn is_websocket(entry: &Entry<'_>) -> bool {
    let is_named = entry
        .resource_type
        .is_some_and(|kind| kind.get() == "\"websocket\"");
    is_named || entry.messages.is_some()
}

/// An object in the archive, and the way to it.
struct At<'a> {
    file: &'a File<'a>,
    raw: &'a RawValue,
    path: String,
}

impl<'a> At<'a> {
    /// Reads an object or a list below this object.
    fn read<T: Deserialize<'a>>(&self, name: &str, raw: &'a RawValue) -> Result<T, ParseError> {
        self.file.read(raw.get()).map_err(|parse_error| ParseError {
            cause: format!("{}{name}: {}", self.path, parse_error.cause),
            ..parse_error
        })
    }

    fn missing(&self, name: &str) -> ParseError {
        self.file
            .parse_error(self.raw.get(), format!("{}{name} is missing", self.path))
    }

    /// Reads a field below this object.
    fn below<T>(
        &self,
        name: &str,
        raw: &RawValue,
        read: impl FnOnce(Field<'_>) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        let name = format!("{}{name}", self.path);
        read(Field {
            file: self.file,
            name: &name,
            raw,
        })
    }

    /// Reads a field that has to be there.
    fn need<T>(
        &self,
        name: &str,
        raw: Option<&RawValue>,
        read: impl FnOnce(Field<'_>) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        match raw {
            Some(raw) => self.below(name, raw, read),
            None => Err(self.missing(name)),
        }
    }

    fn status(&self, entry: &Entry<'a>) -> Result<u16, ParseError> {
        let Some(raw) = entry.response else {
            return Ok(NO_ANSWER);
        };
        let response: Response<'_> = self.read(".response", raw)?;
        let Some(status) = response.status else {
            return Ok(NO_ANSWER);
        };
        self.below(".response.status", status, |field| {
            match field.number()? {
                status @ (NO_ANSWER | 100..=999) => Ok(status),
                _ => Err(field.wrong("a status of three digits, or 0 for none")),
            }
        })
    }

    /// Whether anything went over it. That it failed is told in the same place.
    fn has_messages(&self, entry: &Entry<'a>) -> Result<bool, ParseError> {
        let Some(raw) = entry.messages else {
            return Ok(false);
        };
        let all: Vec<Message<'_>> = self.read("._webSocketMessages", raw)?;
        let is_error = |kind: &RawValue| kind.get() == "\"error\"";
        Ok(!all.iter().all(|one| one.kind.is_some_and(is_error)))
    }

    /// Whether the answer opens a WebSocket: 101, or in HTTP/2 any success of a CONNECT
    /// (RFC 8441 §5).
    fn is_open(&self, entry: &Entry<'a>, status: u16) -> Result<bool, ParseError> {
        let Some(raw) = entry.request.filter(|_| (200..300).contains(&status)) else {
            return Ok(status == 101);
        };
        let request: Request<'_> = self.read(".request", raw)?;
        let is_connect = |method: &RawValue| method.get() == "\"CONNECT\"";
        Ok(request.method.is_some_and(is_connect))
    }

    fn connection(&self, entry: &Entry<'a>) -> Result<Connection, ParseError> {
        let start = entry
            .started_date_time
            .map(|raw| self.below(".startedDateTime", raw, |field| field.time()))
            .transpose()?;
        let raw = entry.request.ok_or_else(|| self.missing(".request"))?;
        let request: Request<'_> = self.read(".request", raw)?;
        let url = self.need(".request.url", request.url, |field| field.address())?;
        let mut headers = Vec::new();
        if let Some(raw) = request.headers {
            let all: Vec<Header<'_>> = self.read(".request.headers", raw)?;
            for (index, header) in all.iter().enumerate() {
                let path = format!(".request.headers[{index}]");
                let name = self.need(&format!("{path}.name"), header.name, |f| f.text())?;
                let value = self.need(&format!("{path}.value"), header.value, |f| f.text())?;
                headers.push((name, value));
            }
        }
        Ok(Connection {
            number: self.file.number(self.raw.get()),
            start,
            url,
            headers,
        })
    }

    fn messages(
        &self,
        entry: &Entry<'a>,
        link: usize,
        record: &mut Record,
    ) -> Result<(), ParseError> {
        let Some(raw) = entry.messages else {
            return Ok(());
        };
        let all: Vec<&RawValue> = self.read("._webSocketMessages", raw)?;
        for (index, raw) in all.into_iter().enumerate() {
            let at = At {
                file: self.file,
                raw,
                path: format!("{}._webSocketMessages[{index}]", self.path),
            };
            if let Some(said) = at.message(link)? {
                record.say(said);
            }
        }
        Ok(())
    }

    /// A message or a control frame; `None` for an error, which Chrome tells in the same place.
    fn message(&self, link: usize) -> Result<Option<Said>, ParseError> {
        let message: Message<'_> = self.read("", self.raw)?;
        let kind = self.need(".type", message.kind, |field| {
            let kind = field.text()?;
            match &*kind {
                "send" | "receive" | "error" => Ok(kind),
                _ => Err(field.wrong("\"send\" or \"receive\"")),
            }
        })?;
        if kind == "error" {
            return Ok(None);
        }
        let at = message
            .time
            .map(|raw| self.below(".time", raw, |field| field.seconds()))
            .transpose()?;
        let opcode = self.need(".opcode", message.opcode, |field| match field.number()? {
            opcode @ (1 | 2 | 8 | 9 | 10) => Ok(opcode),
            _ => Err(field.wrong(
                "1 for a text, 2 for a binary message, 8, 9 or 10 for a Close, a Ping or a Pong",
            )),
        })?;
        let what = self.need(".data", message.data, |field| match opcode {
            1 => field.text().map(What::Text),
            2 => field.base64().map(What::Binary),
            8 => body(&field).map(What::Close),
            9 => control(&field).map(What::Ping),
            _ => control(&field).map(What::Pong),
        })?;
        let number = self.file.number(self.raw.get());
        Ok(Some(said(number, at, link, kind == "send", what)))
    }
}

fn control(field: &Field<'_>) -> Result<Vec<u8>, ParseError> {
    let payload = field.base64()?;
    if payload.len() > MAX_CONTROL_PAYLOAD {
        return Err(field.wrong("at most 125 bytes in base64 (RFC 6455 §5.5)"));
    }
    Ok(payload)
}

/// The body of a Close (RFC 6455 §5.5.1), with whatever code was sent.
fn body(field: &Field<'_>) -> Result<CloseBody, ParseError> {
    let payload = control(field)?;
    let wrong =
        || field.wrong("the body of a Close in base64: a code in two bytes, not 1005, and UTF-8");
    match payload.as_slice() {
        [] => Ok(None),
        // What stands for no code can't be told from one that was sent (RFC 6455 §7.4.1).
        [3, 0xed, ..] => Err(wrong()),
        [high, low, reason @ ..] => Ok(Some(CloseReason {
            code: u16::from_be_bytes([*high, *low]),
            reason: String::from_utf8(reason.to_vec()).map_err(|_| wrong())?,
        })),
        _ => Err(wrong()),
    }
}
