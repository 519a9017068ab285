//! Binary messages after `hex` with texts, numbers and placeholders in addition to digits.

use std::fmt::Write as _;

use regex::RegexBuilder;

use super::template::{Context, Template};
use crate::conversation::matching::{parse_pattern, BytePart, NumberFormat, Pattern};

/// A part of a binary message.
#[derive(Clone, Debug, PartialEq)]
pub enum ByteWord {
    /// Two digits per byte.
    Bytes(Vec<u8>),
    /// `"…"`: the bytes of a text.
    Text(String),
    /// `${NAME:2}`: a number.
    Value(Template, NumberFormat),
    /// `NAME:2`: a number, which sets a variable.
    Capture(String, NumberFormat),
    /// `??` or `??x8`: this many arbitrary bytes.
    Skip(usize),
    /// `..`: any number of bytes.
    Any,
    /// `/…/`: text up to the end that matches.
    Regex(Template, bool),
    /// `json …`: JSON up to the end.
    Json(Template),
}

/// Why there are no bytes or pattern.
#[derive(Debug, PartialEq, Eq)]
pub enum ByteError {
    /// A variable has no value.
    Unset(String),
    /// A value does not fit, for this reason.
    Invalid(String),
}

impl From<String> for ByteError {
    fn from(name: String) -> Self {
        Self::Unset(name)
    }
}

/// Looks up the values of variables.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl ByteWord {
    /// The text that may contain variables.
    pub(super) fn template(&self) -> Option<&Template> {
        match self {
            Self::Value(template, _) | Self::Regex(template, _) | Self::Json(template) => {
                Some(template)
            }
            _ => None,
        }
    }

    /// The variables that it sets.
    pub(super) fn sets(&self) -> Vec<String> {
        match self {
            Self::Capture(name, _) => vec![name.clone()],
            Self::Json(json) => json_captures(json),
            _ => Vec::new(),
        }
    }
}

/// The variables that a JSON pattern sets; none if it is invalid.
pub(super) fn json_captures(json: &Template) -> Vec<String> {
    let pattern = parse_pattern(&json.stand_in(Context::stand_in));
    let mut names = Vec::new();
    if let Ok(pattern) = &pattern {
        pattern.variables(&mut names);
    }
    names.into_iter().map(str::to_owned).collect()
}

/// The bytes of a message to send.
///
/// # Errors
///
/// Why the values of its variables can't be used.
pub fn bytes(words: &[ByteWord], lookup: Lookup<'_>) -> Result<Vec<u8>, ByteError> {
    let mut bytes = Vec::new();
    for word in words {
        match word {
            ByteWord::Bytes(given) => bytes.extend(given),
            ByteWord::Text(text) => bytes.extend(text.as_bytes()),
            ByteWord::Value(value, format) => bytes.extend(number(value, *format, lookup)?),
            _ => {}
        }
    }
    Ok(bytes)
}

fn number(
    value: &Template,
    format: NumberFormat,
    lookup: Lookup<'_>,
) -> Result<Vec<u8>, ByteError> {
    let text = value.render(lookup)?;
    let bytes = text.parse().ok().and_then(|number| format.encode(number));
    bytes.ok_or_else(|| {
        let size = match format {
            NumberFormat::Varint => "a varint".to_owned(),
            NumberFormat::Big(1) | NumberFormat::Little(1) => "1 byte".to_owned(),
            NumberFormat::Big(width) | NumberFormat::Little(width) => format!("{width} bytes"),
        };
        ByteError::Invalid(format!(
            "the value '{text}' is not a number that fits {size}"
        ))
    })
}

/// The pattern for a received message.
///
/// # Errors
///
/// Why the values of its variables can't be used.
pub fn pattern(words: &[ByteWord], lookup: Lookup<'_>) -> Result<Pattern, ByteError> {
    let mut parts = Vec::new();
    for word in words {
        parts.push(match word {
            ByteWord::Bytes(bytes) => BytePart::Bytes(bytes.clone()),
            ByteWord::Text(text) => BytePart::Text(text.clone()),
            ByteWord::Value(value, format) => BytePart::Bytes(number(value, *format, lookup)?),
            ByteWord::Capture(name, format) => BytePart::Number(name.clone(), *format),
            ByteWord::Skip(count) => BytePart::Skip(*count),
            ByteWord::Any => BytePart::Any,
            ByteWord::Regex(pattern, ignore_case) => {
                let regex = RegexBuilder::new(&pattern.render_regex(lookup)?)
                    .case_insensitive(*ignore_case)
                    .build();
                let regex = regex.map_err(|error| ByteError::Invalid(error.to_string()))?;
                BytePart::Regex(regex)
            }
            ByteWord::Json(json) => {
                let pattern = parse_pattern(&json.render_json(lookup)?);
                let pattern = pattern.map_err(|error| {
                    let cause = error.cause;
                    ByteError::Invalid(format!("invalid JSON after replacing variables: {cause}"))
                })?;
                BytePart::Json(pattern)
            }
        });
    }
    let mut text = String::new();
    push_words(&mut text, words);
    let text = text.trim_start().to_owned();
    Ok(Pattern::Parts { parts, text })
}

/// Adds the words in source form, each after a space.
pub(super) fn push_words(out: &mut String, words: &[ByteWord]) {
    for word in words {
        match word {
            ByteWord::Bytes(bytes) => {
                for byte in bytes {
                    let _ = write!(out, " {byte:02x}");
                }
            }
            ByteWord::Text(text) => {
                let _ = write!(out, " {}", serde_json::Value::from(text.as_str()));
            }
            ByteWord::Value(value, format) => {
                for name in value.variables() {
                    let _ = write!(out, " ${{{name}:{}}}", format_word(*format));
                }
            }
            ByteWord::Capture(name, format) => {
                let _ = write!(out, " {name}:{}", format_word(*format));
            }
            ByteWord::Skip(1) => out.push_str(" ??"),
            ByteWord::Skip(count) => {
                let _ = write!(out, " ??x{count}");
            }
            ByteWord::Any => out.push_str(" .."),
            ByteWord::Regex(pattern, ignore_case) => {
                let end = if *ignore_case { "/i" } else { "/" };
                let _ = write!(out, " /{}{end}", pattern.source());
            }
            ByteWord::Json(json) => {
                let _ = write!(out, " json {}", json.source());
            }
        }
    }
}

fn format_word(format: NumberFormat) -> String {
    match format {
        NumberFormat::Big(width) => width.to_string(),
        NumberFormat::Little(width) => format!("{width}le"),
        NumberFormat::Varint => "varint".to_owned(),
    }
}

/// Parses the format of a number after `NAME:`.
pub(super) fn number_format(word: &str) -> Option<NumberFormat> {
    let width = |digits: &str| digits.parse().ok().filter(|width| (1..=8).contains(width));
    match word.strip_suffix("le") {
        _ if word == "varint" => Some(NumberFormat::Varint),
        Some(digits) => width(digits).map(NumberFormat::Little),
        None => width(word).map(NumberFormat::Big),
    }
}
