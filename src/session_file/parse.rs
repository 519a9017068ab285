//! Parsing of session files: lines, statements and settings. `parse/message.rs` parses what follows
//! `>` and `<`.
//!
//! All errors in a file are found here, before connecting: JSON and regular expressions are
//! checked, and bytes decoded. Each error has a position and says what is allowed there.

mod block;
mod bytes;
mod expression;
mod http;
mod message;
mod regex;
mod rule;
mod setting;
mod statement;
mod value;

pub use bytes::parse_byte_pattern;

use super::place::{is_blank, parse_error, SourceLine};
use super::SessionFile;
use crate::error::ParseError;

/// Parses the text of the session file `file`.
///
/// # Errors
///
/// The first error in it.
pub fn parse(file: &str, text: &str) -> Result<SessionFile, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let line = line
            .strip_suffix('\n')
            .map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        let is_comment = line.starts_with('#');
        if !is_comment && !is_blank(line) {
            refuse_controls(file, number, line)?;
        }
        if !is_comment {
            lines.push(SourceLine {
                number,
                cut: 0,
                line,
            });
        }
    }
    let lines = block::read(file, &lines)?;
    Ok(SessionFile { lines })
}

/// Decodes a file as UTF-8, without a byte order mark.
///
/// # Errors
///
/// The position of the first invalid byte.
pub fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, ParseError> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => error,
    };
    let good = &bytes[..error.valid_up_to()];
    let start = memchr::memrchr(b'\n', good).map_or(0, |at| at + 1);
    let number = memchr::memchr_iter(b'\n', good).count() + 1;
    let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
    let line = String::from_utf8_lossy(&bytes[start..end]);
    let cause = format!(
        "invalid UTF-8 (byte 0x{:02x}); save the file as UTF-8",
        bytes[good.len()]
    );
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let line = line.strip_suffix('\r').unwrap_or(&line);
    Err(parse_error(file, number, line, good.len() - start, cause))
}

/// Rejects control characters other than tabs and line ends, because they are invisible.
fn refuse_controls(file: &str, number: u32, line: &str) -> Result<(), ParseError> {
    let is_control = |c: char| c.is_control() && c != '\t';
    let Some(at) = line.find(is_control) else {
        return Ok(());
    };
    let cause = match line[at..].chars().next().unwrap_or_default() {
        '\r' => "unexpected carriage return without a line feed; in a JSON string it is written \
                 \\r"
        .to_owned(),
        other => format!(
            "unexpected control character U+{0:04X}; in a JSON string it is written \\u{0:04x}",
            u32::from(other)
        ),
    };
    Err(parse_error(file, number, line, at, cause))
}
