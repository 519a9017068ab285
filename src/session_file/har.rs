//! Converts an HTTP archive (HAR 1.2) to a session file: each WebSocket in it, with the messages in
//! `_webSocketMessages`, as written by Chrome, or in a file next to the archive, as written by
//! Playwright.
//!
//! A message has opcode 1 and text, or opcode 2 and bytes in base64. `wsline --record` also writes
//! Closes, Pings and Pongs (opcodes 8, 9, 10), in base64. Other fields are ignored.

mod entry;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::entry::{event, is_websocket, At, Entry, NO_ANSWER};
use super::raw::JsonFile;
use super::record::{EventKind, ParsedRecord};
use super::SessionFile;
use crate::error::ParseError;

pub use self::entry::ReadAttachment;

#[derive(Deserialize)]
struct Archive<'a> {
    #[serde(borrow)]
    log: &'a RawValue,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    entries: &'a RawValue,
}

/// As [`read_with`], for an archive without files next to it.
///
/// # Errors
///
/// Those of [`read_with`], and if messages are in another file.
pub fn read(file: &str, text: &str) -> Result<SessionFile, ParseError> {
    read_with(file, text, &|_| Err("it was not read".to_owned()))
}

/// Parses the text of the archive `file`. Each WebSocket in it is a connection; if there are
/// several, their names are 1, 2 and so on, unless wsline recorded that one was opened again. One that
/// did not open is ignored unless none did.
///
/// # Errors
///
/// The first invalid field that is needed, or that there is no WebSocket.
pub fn read_with(
    file: &str,
    text: &str,
    read_attachment: ReadAttachment<'_>,
) -> Result<SessionFile, ParseError> {
    let file = &JsonFile::new(file, text);
    let archive: Archive<'_> = file.read(file.text)?;
    let at = At {
        file,
        raw: archive.log,
        path: "log".to_owned(),
    };
    let log: Log<'_> = at.read("", archive.log)?;
    let entries: Vec<&RawValue> = at.read(".entries", log.entries)?;
    let Connections {
        opened,
        refused,
        unanswered,
    } = Connections::find(file, entries)?;
    let mut record = ParsedRecord::default();
    let mut last = None;
    for (at, entry) in &opened {
        let connection = at.connection(entry)?;
        let link = match last.filter(|_| connection.reconnects) {
            Some(link) => {
                record.reopen(link, connection.number, connection.start);
                link
            }
            None => record.connect(connection),
        };
        last = Some(link);
        at.messages(entry, link, &mut record)?;
        at.attached_messages(entry, link, &mut record, read_attachment)?;
    }
    if let Some((at, entry, status)) = refused.filter(|_| opened.is_empty()) {
        let connection = at.connection(&entry)?;
        let (number, start) = (connection.number, connection.start);
        let link = record.connect(connection);
        record.add(event(
            number,
            start,
            link,
            false,
            EventKind::Refused(status),
        ));
    } else if opened.is_empty() {
        return Err(without_websocket(file, unanswered));
    }
    Ok(record.into_session_file())
}

/// The connections in an archive.
#[derive(Default)]
struct Connections<'a> {
    /// Those that opened.
    opened: Vec<(At<'a>, Entry<'a>)>,
    /// The last one that was refused, with the status.
    refused: Option<(At<'a>, Entry<'a>, u16)>,
    /// Whether there is one at all, maybe without a response.
    unanswered: bool,
}

impl<'a> Connections<'a> {
    fn find(file: &'a JsonFile<'a>, entries: Vec<&'a RawValue>) -> Result<Self, ParseError> {
        let mut found = Self::default();
        for (index, raw) in entries.into_iter().enumerate() {
            let at = At {
                file,
                raw,
                path: format!("log.entries[{index}]"),
            };
            let entry: Entry<'_> = at.read("", raw)?;
            if !is_websocket(&entry) {
                continue;
            }
            found.unanswered = true;
            let status = at.status(&entry)?;
            if at.has_messages(&entry)? || at.is_open(&entry, status)? {
                found.opened.push((at, entry));
            } else if status != NO_ANSWER {
                found.refused = Some((at, entry, status));
            }
        }
        Ok(found)
    }
}

/// The error for an archive without a WebSocket, or with one that has no response.
fn without_websocket(file: &JsonFile<'_>, unanswered: bool) -> ParseError {
    file.error_of_file(if unanswered {
        "no WebSocket in this archive has a response"
    } else {
        "no WebSocket in this archive: expected an entry whose _resourceType is \"websocket\", as \
         Chrome and Playwright write it"
    })
}
