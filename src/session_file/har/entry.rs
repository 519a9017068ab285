//! An entry of an archive: its request, response and messages.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::ParseError;
use crate::protocol::{CloseBody, CloseReason, MAX_CONTROL_PAYLOAD};
use crate::session_file::raw::{Field, JsonFile};
use crate::session_file::record::{
    EventKind, Moment, ParsedRecord, RecordedConnection, RecordedEvent,
};

/// The status of a missing response. Playwright writes -1.
pub(super) const NO_ANSWER: u16 = 0;

/// Reads a file next to the archive by its name.
///
/// # Errors
///
/// Why it could not be read.
pub type ReadAttachment<'a> = &'a dyn Fn(&str) -> Result<String, String>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
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
    /// The number of the attempt, if an earlier connection was lost or refused.
    #[serde(borrow, rename = "_reconnect")]
    pub(super) reconnect: Option<&'a RawValue>,
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
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// The field with the name of the file that contains the messages.
const FILE: &str = ".response.content._file";

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, rename = "_file")]
    file: Option<&'a RawValue>,
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

pub(super) fn event(
    number: u32,
    at: Option<Moment>,
    link: usize,
    sent: bool,
    kind: EventKind,
) -> RecordedEvent {
    RecordedEvent {
        number,
        at,
        link,
        sent,
        kind,
    }
}

pub(super) fn is_websocket(entry: &Entry<'_>) -> bool {
    let is_named = entry
        .resource_type
        .is_some_and(|kind| kind.get() == "\"websocket\"");
    is_named || entry.messages.is_some()
}

/// An object in the archive, and the path to it.
pub(super) struct At<'a> {
    pub(super) file: &'a JsonFile<'a>,
    pub(super) raw: &'a RawValue,
    pub(super) path: String,
}

impl<'a> At<'a> {
    /// Parses an object or a list inside this object.
    pub(super) fn read<T: Deserialize<'a>>(
        &self,
        name: &str,
        raw: &'a RawValue,
    ) -> Result<T, ParseError> {
        self.file.read(raw.get()).map_err(|parse_error| ParseError {
            cause: format!("{}{name}: {}", self.path, parse_error.cause),
            ..parse_error
        })
    }

    fn missing(&self, name: &str) -> ParseError {
        self.file
            .parse_error(self.raw.get(), format!("{}{name} is missing", self.path))
    }

    /// Parses a field inside this object.
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

    /// Parses a required field.
    fn required<T>(
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

    pub(super) fn status(&self, entry: &Entry<'a>) -> Result<u16, ParseError> {
        let Some(raw) = entry.response else {
            return Ok(NO_ANSWER);
        };
        let response: Response<'_> = self.read(".response", raw)?;
        let Some(status) = response.status else {
            return Ok(NO_ANSWER);
        };
        if status.get() == "-1" {
            return Ok(NO_ANSWER);
        }
        self.below(".response.status", status, |field| match field.number() {
            Ok(status @ (NO_ANSWER | 100..=999)) => Ok(status),
            _ => Err(field.wrong("a status of three digits, or 0 for none")),
        })
    }

    /// The name of the file next to the archive that contains the messages.
    fn attachment(&self, entry: &Entry<'a>) -> Result<Option<String>, ParseError> {
        let (Some(raw), None) = (entry.response, entry.messages) else {
            return Ok(None);
        };
        let response: Response<'_> = self.read(".response", raw)?;
        let Some(raw) = response.content else {
            return Ok(None);
        };
        let content: Content<'_> = self.read(".response.content", raw)?;
        let name = content.file.map(|raw| {
            self.below(FILE, raw, |field| {
                let name = field.text()?;
                if name.is_empty() || name == ".." || name.contains(['/', '\\', '\0']) {
                    return Err(field.wrong("the name of a file next to the archive"));
                }
                Ok(name)
            })
        });
        name.transpose()
    }

    /// Whether there are messages. An error message counts as well.
    pub(super) fn has_messages(&self, entry: &Entry<'a>) -> Result<bool, ParseError> {
        let Some(raw) = entry.messages else {
            return Ok(self.attachment(entry)?.is_some());
        };
        let all: Vec<Message<'_>> = self.read("._webSocketMessages", raw)?;
        let is_error = |kind: &RawValue| kind.get() == "\"error\"";
        Ok(!all.iter().all(|one| one.kind.is_some_and(is_error)))
    }

    /// Whether the response opens a WebSocket: 101, or in HTTP/2 a successful CONNECT (RFC 8441
    /// §5).
    pub(super) fn is_open(&self, entry: &Entry<'a>, status: u16) -> Result<bool, ParseError> {
        let Some(raw) = entry.request.filter(|_| (200..300).contains(&status)) else {
            return Ok(status == 101);
        };
        let request: Request<'_> = self.read(".request", raw)?;
        let is_connect = |method: &RawValue| method.get() == "\"CONNECT\"";
        Ok(request.method.is_some_and(is_connect))
    }

    pub(super) fn connection(&self, entry: &Entry<'a>) -> Result<RecordedConnection, ParseError> {
        let start = entry
            .started_date_time
            .map(|raw| self.below(".startedDateTime", raw, |field| field.time()))
            .transpose()?;
        let raw = entry.request.ok_or_else(|| self.missing(".request"))?;
        let request: Request<'_> = self.read(".request", raw)?;
        let url = self.required(".request.url", request.url, |field| field.address())?;
        let mut headers = Vec::new();
        if let Some(raw) = request.headers {
            let all: Vec<&RawValue> = self.read(".request.headers", raw)?;
            for (index, raw) in all.into_iter().enumerate() {
                let path = format!(".request.headers[{index}]");
                let header: Header<'_> = self.read(&path, raw)?;
                let name = self.required(&format!("{path}.name"), header.name, |f| f.text())?;
                let value = self.required(&format!("{path}.value"), header.value, |f| f.text())?;
                headers.push((name, value));
            }
        }
        Ok(RecordedConnection {
            number: self.file.number(self.raw.get()),
            start,
            url,
            headers,
            reconnects: entry.reconnect.is_some(),
        })
    }

    pub(super) fn messages(
        &self,
        entry: &Entry<'a>,
        link: usize,
        record: &mut ParsedRecord,
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
            if let Some(event) = at.message(link)? {
                record.add(event);
            }
        }
        Ok(())
    }

    /// The messages in a file next to the archive: one object per line, or a list.
    pub(super) fn attached_messages(
        &self,
        entry: &Entry<'a>,
        link: usize,
        record: &mut ParsedRecord,
        read_attachment: ReadAttachment<'_>,
    ) -> Result<(), ParseError> {
        let Some(name) = self.attachment(entry)? else {
            return Ok(());
        };
        let text = read_attachment(&name).map_err(|cause| {
            let cause = format!("{}{FILE}: could not read {name}: {cause}", self.path);
            self.file.parse_error(self.raw.get(), cause)
        })?;
        let file = &JsonFile::new(&name, &text);
        let messages: Vec<&RawValue> = if file.text.trim_start().starts_with('[') {
            file.read(file.text)?
        } else {
            let lines = file.text.lines().map(str::trim);
            let lines = lines.filter(|line| !line.is_empty());
            lines
                .map(|line| file.read(line))
                .collect::<Result<_, _>>()?
        };
        for (index, raw) in messages.into_iter().enumerate() {
            let path = format!("message {}", index + 1);
            let at = At { file, raw, path };
            if let Some(event) = at.message(link)? {
                // Errors in a message are reported with the line of the archive.
                let number = self.file.number(self.raw.get());
                record.add(RecordedEvent { number, ..event });
            }
        }
        Ok(())
    }

    /// A message or a control frame; `None` for an error, which Chrome writes in the same list.
    fn message(&self, link: usize) -> Result<Option<RecordedEvent>, ParseError> {
        let message: Message<'_> = self.read("", self.raw)?;
        let kind = self.required(".type", message.kind, |field| {
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
            .filter(|raw| raw.get() != "-1")
            .map(|raw| self.below(".time", raw, |field| field.epoch()))
            .transpose()?;
        let opcode = self.required(".opcode", message.opcode, |field| match field.number() {
            Ok(opcode @ (1 | 2 | 8 | 9 | 10)) => Ok(opcode),
            _ => Err(field.wrong(
                "1 for a text, 2 for a binary message, 8, 9 or 10 for a Close, a Ping or a Pong",
            )),
        })?;
        let event_kind = self.required(".data", message.data, |field| match opcode {
            1 => field.text().map(EventKind::Text),
            2 => field.base64().map(EventKind::Binary),
            8 => body(&field).map(EventKind::Close),
            9 => control(&field).map(EventKind::Ping),
            _ => control(&field).map(EventKind::Pong),
        })?;
        let number = self.file.number(self.raw.get());
        Ok(Some(event(number, at, link, kind == "send", event_kind)))
    }
}

fn control(field: &Field<'_>) -> Result<Vec<u8>, ParseError> {
    let payload = field.base64()?;
    if payload.len() > MAX_CONTROL_PAYLOAD {
        return Err(field.wrong("at most 125 bytes in base64 (RFC 6455 §5.5)"));
    }
    Ok(payload)
}

/// The body of a Close (RFC 6455 §5.5.1), with any code.
fn body(field: &Field<'_>) -> Result<CloseBody, ParseError> {
    let payload = control(field)?;
    let wrong =
        || field.wrong("the body of a Close in base64: a code in two bytes, not 1005, and UTF-8");
    match payload.as_slice() {
        [] => Ok(None),
        // The code for a missing code can't be distinguished from one that was sent (RFC 6455
        // §7.4.1).
        [3, 0xed, ..] => Err(wrong()),
        [high, low, reason @ ..] => Ok(Some(CloseReason {
            code: u16::from_be_bytes([*high, *low]),
            reason: String::from_utf8(reason.to_vec()).map_err(|_| wrong())?,
        })),
        _ => Err(wrong()),
    }
}
