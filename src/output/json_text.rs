//! Writing of JSON in which hidden characters are escaped.

use std::io;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::ser::Formatter;

use crate::error::Error;
use crate::text::escape;

/// Whether a text needs no escaping because it is printable ASCII without quotes and backslashes.
/// Checks all bytes instead of stopping early, so that many are checked per step.
#[must_use]
pub fn is_plain(text: &[u8]) -> bool {
    text.iter().fold(true, |plain, byte| {
        plain & matches!(byte, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~')
    })
}

/// A time in UTC with microseconds (RFC 3339).
///
/// # Errors
///
/// A time outside the years -9999 to 9999.
pub fn timestamp(at: SystemTime) -> io::Result<String> {
    let time = Timestamp::try_from(at).map_err(io::Error::other)?;
    Ok(format!("{time:.6}"))
}

/// A value as one line of compact JSON with hidden characters escaped.
///
/// # Errors
///
/// The error of its `Serialize`.
pub fn line<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, Visible);
    value.serialize(&mut serializer)?;
    line.push(b'\n');
    Ok(line)
}

/// Milliseconds, rounded to microseconds.
#[must_use]
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1000.0
}

/// The error of a run in its result.
#[derive(Serialize)]
pub struct ErrorObject {
    phase: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    exit: u8,
}

impl ErrorObject {
    /// The phase, message, hint and exit code of an error.
    #[must_use]
    pub fn new(error: &Error) -> Self {
        Self {
            phase: error.phase().name(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            exit: error.exit_code().number(),
        }
    }
}

/// Formats compact JSON with hidden characters escaped.
pub struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        if is_plain(fragment.as_bytes()) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((start, character)) = rest
            .char_indices()
            .find(|(_, character)| escape::is_hidden(*character))
        {
            writer.write_all(&rest.as_bytes()[..start])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[start + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}
