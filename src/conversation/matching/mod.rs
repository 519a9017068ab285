//! Whether a message matches what was expected, and if not, where it differs.
//!
//! This has no I/O and no clock. The `--expect` options and session files both use it.

mod binary;
mod byte_pattern;
mod difference;
mod distance;
mod json;
mod lines;
mod number;
pub mod pattern;
mod pattern_compare;
mod pattern_parse;
mod raw;
mod text;
mod window;

pub use byte_pattern::{BytePart, NumberFormat};
pub use difference::{Difference, DifferenceLine, Side};
pub use pattern::JsonPattern;
pub use pattern_parse::{parse_pattern, PatternError};

use regex::Regex;
use serde_json::Value;

use crate::protocol::Kind;
use crate::text::phrase::Phrase;
use crate::text::{elide, utf8};

/// The maximum number of characters of a text that are quoted.
const QUOTED: usize = 80;
/// The maximum number of bytes of a binary message that are quoted.
const QUOTED_BYTES: usize = 16;

/// What a data message must be.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Any data message.
    Any,
    /// This text.
    Text(String),
    /// A text that matches this regular expression anywhere.
    Match(Regex),
    /// JSON that contains this value: each member of an object must exist and match, an array must
    /// have the same length and match element by element, everything else must be equal.
    Json {
        /// The value that must be contained.
        value: Value,
        /// What may differ or be missing, as in [`Pattern::Same`].
        ignore: Vec<String>,
    },
    /// JSON that matches a pattern.
    Shape {
        /// The pattern.
        pattern: JsonPattern,
        /// The pattern as written.
        text: String,
        /// What may differ or be missing, as in [`Pattern::Same`].
        ignore: Vec<String>,
    },
    /// JSON that is equal, except for the values at some pointers (RFC 6901).
    Same {
        /// The expected value.
        value: Value,
        /// Pointers to values that may differ, be missing or be unexpected. In addition to RFC
        /// 6901, a `*` between slashes means each member of an object or each element of an array,
        /// so `/items/*/id` is the `id` of each of the `items`.
        ignore: Vec<String>,
    },
    /// A binary message of these parts.
    Parts {
        /// The parts.
        parts: Vec<BytePart>,
        /// As they are written.
        text: String,
    },
    /// These bytes, in a binary message.
    Binary(Vec<u8>),
}

/// Variables that a message has set, with their values.
pub type Captures = Vec<(String, String)>;

impl Pattern {
    /// Checks whether a message matches. Returns the values that it captures.
    ///
    /// # Errors
    ///
    /// How it differs.
    pub fn compare(&self, kind: Kind, payload: &[u8]) -> Result<Captures, Difference> {
        match (self, kind) {
            (Self::Any, _) => Ok(Captures::new()),
            (Self::Binary(expected), _) => {
                binary::compare(expected, kind, payload).map(|()| Captures::new())
            }
            (Self::Parts { parts, .. }, _) => byte_pattern::compare(parts, kind, payload),
            (_, Kind::Binary) => Err(text::of_wrong_kind(self.text(), payload)),
            (_, Kind::Text) => match std::str::from_utf8(payload) {
                Ok(received) => self.compare_text(received),
                Err(error) => Err(Difference::note(format!(
                    "invalid UTF-8 at byte {}",
                    error.valid_up_to()
                ))),
            },
        }
    }

    fn compare_text(&self, received: &str) -> Result<Captures, Difference> {
        match self {
            Self::Shape {
                pattern, ignore, ..
            } => return pattern_compare::compare(pattern, ignore, received),
            Self::Any | Self::Binary(_) | Self::Parts { .. } => Ok(()),
            Self::Text(expected) => text::compare(expected, received),
            Self::Match(regex) if regex.is_match(received) => Ok(()),
            Self::Match(_) => Err(Difference::default()),
            Self::Json { value, ignore } => json::find_subset(value, ignore, received),
            Self::Same { value, ignore } => json::find_same(value, ignore, received),
        }
        .map(|()| Captures::new())
    }

    /// The expected text, if it is a literal one.
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(expected) => Some(expected),
            _ => None,
        }
    }

    /// A short description to follow "expected": `"hi"`, `a text that matches /x/`, `JSON with
    /// {"op":"pong"}`, `3 B of binary: c0 ff ee`. Not escaped; long ones are shortened.
    #[must_use]
    pub fn describe(&self) -> Phrase {
        match self {
            Self::Any => Phrase::words("any message"),
            Self::Text(expected) => quoted(expected),
            Self::Match(regex) => Phrase::words("a text message matching /")
                .and_value(elide::chars(regex.as_str(), QUOTED))
                .and("/"),
            Self::Json { value, .. } => {
                Phrase::words("JSON with ").and_value(elide::chars(&value.to_string(), QUOTED))
            }
            Self::Shape { text, .. } => {
                let text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
                Phrase::words("JSON with ").and_value(elide::chars(&text, QUOTED))
            }
            Self::Same { value, ignore } => {
                let value = value.to_string();
                let equal = Phrase::words("JSON equal to ").and_value(elide::chars(&value, QUOTED));
                match &ignore[..] {
                    [] => equal,
                    _ => equal.and(", ignoring ").and_value(ignore.join(", ")),
                }
            }
            Self::Parts { text, .. } => {
                Phrase::words("a binary message of ").and_value(elide::chars(text, QUOTED))
            }
            Self::Binary(expected) => describe(Kind::Binary, expected),
        }
    }
}

/// A short description of a message: `"hi"`, `3 B of binary: c0 ff ee`. Not escaped; long ones are
/// shortened.
#[must_use]
pub fn describe(kind: Kind, payload: &[u8]) -> Phrase {
    match (kind, payload) {
        (Kind::Text, _) => {
            // A character has at most four bytes, and the quotation says whether there are more.
            let enough = payload.len().min(4 * (QUOTED + 1));
            quoted(&String::from_utf8_lossy(&payload[..enough]))
        }
        (Kind::Binary, _) => describe_binary(payload, payload.len(), QUOTED_BYTES),
    }
}

/// The same for a message of `length` bytes that begins with `beginning`, with about `limit` bytes of
/// description.
#[must_use]
pub fn describe_within(kind: Kind, beginning: &[u8], length: usize, limit: usize) -> Phrase {
    match kind {
        Kind::Binary => describe_binary(beginning, length, limit / 3),
        Kind::Text if length <= limit => {
            let text = String::from_utf8_lossy(beginning);
            Phrase::words("\"").and_value(text).and("\"")
        }
        Kind::Text => {
            let shown = &beginning[..beginning.len().min(limit)];
            let valid = utf8::complete_length(shown).unwrap_or(shown.len());
            let text = String::from_utf8_lossy(&shown[..valid]);
            Phrase::words("\"").and_value(text + "…").and("\"")
        }
    }
}

fn describe_binary(beginning: &[u8], length: usize, most: usize) -> Phrase {
    if length == 0 {
        return Phrase::words("an empty binary message");
    }
    let shown = &beginning[..beginning.len().min(most)];
    let bytes: Vec<_> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
    let rest = if shown.len() < length { " …" } else { "" };
    Phrase::words(format!("a binary message of {length} B: "))
        .and_value(format!("{}{rest}", bytes.join(" ")))
}

/// The result of looking up a pointer in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The value: the text of a string, JSON for everything else.
    Value(String),
    /// There is no value.
    Missing,
    /// The message is not JSON.
    NotJson,
}

/// Looks up the value at a pointer (RFC 6901) in a message.
#[must_use]
pub fn find(payload: &[u8], pointer: &str) -> Lookup {
    let text = std::str::from_utf8(payload).ok();
    let Some(Ok(raw)) = text.map(raw::Raw::read) else {
        return Lookup::NotJson;
    };
    match raw.find(pointer) {
        None => Lookup::Missing,
        Some(value) => Lookup::Value(match value.string() {
            Some(text) => text.into_owned(),
            None => value.print(usize::MAX),
        }),
    }
}

fn quoted(text: &str) -> Phrase {
    Phrase::words("\"")
        .and_value(elide::chars(text, QUOTED))
        .and("\"")
}

#[cfg(test)]
mod tests;
