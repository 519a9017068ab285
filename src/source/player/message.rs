//! The messages of statements with their variables replaced: what is sent and what is expected.

use std::path::{Path, PathBuf};

use regex::{Regex, RegexBuilder};

use super::confined::{check_confined, unreadable};
use super::source_text::unset;
use super::Player;
use crate::conversation::matching::{parse_pattern, Pattern};
use crate::conversation::outgoing::Outgoing;
use crate::error::Error;
use crate::event::Kind;
use crate::protocol::{CloseReason, MAX_CONTROL_PAYLOAD};
use crate::session_file::bytes::{self, ByteError};
use crate::session_file::{self, Line, Message, Payload, Template};
use crate::source::conversation::{Expected, StepAction};
use crate::source::reader::Reader;
use crate::sys::file::{open_regular, read_regular, MAX_SIZE};

impl Player {
    pub(super) fn lookup(&self) -> impl Fn(&str) -> Option<String> + '_ {
        |name| self.values.get(name).cloned()
    }

    /// A text with its variables replaced.
    pub(super) fn text(&self, line: &Line, template: &Template) -> Result<String, Error> {
        template
            .render(&self.lookup())
            .map_err(|name| self.unset(line, &name))
    }

    pub(super) fn unset(&self, line: &Line, name: &str) -> Error {
        unset(&self.source, line, name)
    }

    pub(super) fn json(&self, line: &Line, template: &Template) -> Result<String, Error> {
        let text = template
            .render_json(&self.lookup())
            .map_err(|name| self.unset(line, &name))?;
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(text),
            Err(error) => {
                let cause = format!("invalid JSON after replacing variables: {error}");
                Err(self.parse_error(line.number, "", cause))
            }
        }
    }

    pub(super) fn byte_error(&self, line: &Line, error: ByteError) -> Error {
        match error {
            ByteError::Unset(name) => self.unset(line, &name),
            ByteError::Invalid(cause) => self.parse_error(line.number, "", cause),
        }
    }

    /// Expected JSON, or a pattern for it.
    pub(super) fn json_pattern(&self, line: &Line, template: &Template) -> Result<Pattern, Error> {
        let text = template
            .render_json(&self.lookup())
            .map_err(|name| self.unset(line, &name))?;
        let ignore = self.ignore.clone();
        if let Ok(value) = serde_json::from_str(&text) {
            return Ok(Pattern::Json { value, ignore });
        }
        match parse_pattern(&text) {
            Ok(pattern) => Ok(Pattern::Shape {
                pattern,
                text,
                ignore,
            }),
            Err(error) => {
                let cause = format!("invalid JSON after replacing variables: {}", error.cause);
                Err(self.parse_error(line.number, "", cause))
            }
        }
    }

    pub(super) fn regex(
        &self,
        line: &Line,
        pattern: &Template,
        ignore_case: bool,
    ) -> Result<Regex, Error> {
        let pattern = pattern
            .render_regex(&self.lookup())
            .map_err(|name| self.unset(line, &name))?;
        RegexBuilder::new(&pattern)
            .case_insensitive(ignore_case)
            .build()
            .map_err(|error| self.parse_error(line.number, "/", error.to_string()))
    }

    pub(super) fn payload(&self, line: &Line, payload: &Payload) -> Result<Vec<u8>, Error> {
        let bytes = match payload {
            Payload::Text(template) => self.text(line, template)?.into_bytes(),
            Payload::Bytes(bytes) => bytes.clone(),
        };
        if bytes.len() > MAX_CONTROL_PAYLOAD {
            let cause = format!(
                "payload of {} bytes: a control frame has at most {MAX_CONTROL_PAYLOAD} (RFC 6455 \
                 §5.5)",
                bytes.len()
            );
            return Err(self.parse_error(line.number, "", cause));
        }
        Ok(bytes)
    }

    pub(super) fn path(&self, line: &Line, template: &Template) -> Result<PathBuf, Error> {
        Ok(self
            .source
            .folder(line.number)
            .join(self.text(line, template)?))
    }

    /// The file to open for `path`.
    pub(super) fn readable(&self, line: &Line, path: &Path) -> Result<PathBuf, Error> {
        if !self.confined {
            return Ok(path.to_owned());
        }
        check_confined(&self.folder, path)
            .map_err(|cause| self.parse_error(line.number, "@", cause))
    }

    pub(super) fn unreadable(&self, line: &Line, path: &Path, cause: &std::io::Error) -> Error {
        self.parse_error(line.number, "@", unreadable(path, cause))
    }

    /// The action of a `>` statement.
    pub(super) fn act(&self, line: &Line, message: &Message) -> Result<StepAction, Error> {
        let outgoing = match message {
            Message::Text(template) => Outgoing::Text(self.text(line, template)?),
            Message::Json(template) => Outgoing::Text(self.json(line, template)?),
            Message::Binary(bytes) => Outgoing::Binary(bytes.clone()),
            Message::Bytes(words) => {
                let bytes = bytes::bytes(words, &self.lookup());
                Outgoing::Binary(bytes.map_err(|error| self.byte_error(line, error))?)
            }
            Message::File(kind, template) => {
                let path = self.path(line, template)?;
                let fault = |cause| self.unreadable(line, &path, &cause);
                let file = open_regular(&self.readable(line, &path)?).map_err(fault)?;
                let reader = Reader::new(file, path.display().to_string());
                return Ok(StepAction::Stream(*kind, reader));
            }
            Message::Ping(payload) => Outgoing::Ping(self.payload(line, payload)?),
            Message::Pong(payload) => Outgoing::Pong(self.payload(line, payload)?),
            Message::Close { code: 1005, .. } => Outgoing::Close(None),
            Message::Close { code, reason } => {
                let reason = self.text(line, reason)?;
                let reason = CloseReason::from_user(*code, &reason, self.force);
                Outgoing::Close(Some(reason.map_err(|error| {
                    let message = error.with_advice("add 'option --force' to send it anyway");
                    self.parse_error(line.number, &code.to_string(), message)
                })?))
            }
        };
        Ok(StepAction::Send(outgoing))
    }

    /// The expectation of a `<` statement.
    pub(super) fn wanted(
        &self,
        line: &Line,
        wanted: &session_file::ExpectStatement,
    ) -> Result<Expected, Error> {
        use session_file::ExpectStatement as W;
        let payload = |payload: &Option<Payload>| {
            let payload = payload.as_ref().map(|payload| self.payload(line, payload));
            payload.transpose()
        };
        Ok(match wanted {
            W::Text(template) => Expected::Message(self.whole(self.text(line, template)?)),
            W::Json(template) => Expected::Message(self.json_pattern(line, template)?),
            W::Match {
                pattern,
                ignore_case,
            } => Expected::Message(Pattern::Match(self.regex(line, pattern, *ignore_case)?)),
            W::Binary(bytes) => Expected::Message(Pattern::Binary(bytes.clone())),
            W::Bytes(words) => {
                let pattern = bytes::pattern(words, &self.lookup());
                Expected::Message(pattern.map_err(|error| self.byte_error(line, error))?)
            }
            W::File(kind, template) => {
                let path = self.path(line, template)?;
                let bytes = read_regular(&self.readable(line, &path)?, MAX_SIZE)
                    .map_err(|cause| self.unreadable(line, &path, &cause))?;
                Expected::Message(match kind {
                    Kind::Binary => Pattern::Binary(bytes),
                    Kind::Text => {
                        let text = String::from_utf8(bytes).map_err(|_| {
                            let cause = format!("{} is not UTF-8", path.display());
                            self.parse_error(line.number, "@", cause)
                        })?;
                        // As when sending, the line feed at the end of the file is ignored.
                        let text = text.strip_suffix('\n').unwrap_or(&text);
                        self.whole(text.to_owned())
                    }
                })
            }
            W::Any => Expected::Message(Pattern::Any),
            W::Ping(wanted) => Expected::Ping(payload(wanted)?),
            W::Pong(wanted) => Expected::Pong(payload(wanted)?),
            W::Close { code, reason } => {
                let reason = reason.as_ref().map(|reason| self.text(line, reason));
                Expected::Close {
                    code: *code,
                    reason: reason.transpose()?,
                }
            }
            W::Silence(time) => Expected::Silence(*time),
            W::Status(status) => Expected::Status(*status),
            W::Header { name, value } => Expected::Header {
                name: name.clone(),
                value: self.text(line, value)?,
            },
            W::Refused(status) => Expected::Refused(*status),
            W::Reconnect => Expected::Reconnect,
        })
    }

    /// A text that must be equal, or JSON that must be equal except for what `--ignore` names.
    pub(super) fn whole(&self, text: String) -> Pattern {
        if self.ignore.is_empty() {
            return Pattern::Text(text);
        }
        match serde_json::from_str(&text) {
            Ok(value) => Pattern::Same {
                value,
                ignore: self.ignore.clone(),
            },
            Err(_) => Pattern::Text(text),
        }
    }
}
