//! JSON from elsewhere: the fields that are used, and the positions of errors.

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::place::parse_error;
use super::record::Moment;
use crate::error::ParseError;
use crate::protocol::MAX_CLOSE_REASON;
use crate::text::{elide, json_error};

/// The maximum number of characters of an invalid value that are quoted.
const SHOWN: usize = 40;

/// A JSON file, as one value or one per line.
#[derive(Debug)]
pub(super) struct JsonFile<'a> {
    name: &'a str,
    pub(super) text: &'a str,
    /// The offsets of its lines, because the line number of each message is needed.
    starts: Vec<usize>,
}

impl<'a> JsonFile<'a> {
    /// Creates a file with this name and text.
    pub(super) fn new(name: &'a str, text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes());
        let starts = std::iter::once(0).chain(breaks.map(|at| at + 1));
        Self {
            name,
            text,
            starts: starts.collect(),
        }
    }

    /// The number of the line where `part`, a part of the text, begins.
    pub(super) fn number(&self, part: &str) -> u32 {
        self.line_at(self.offset(part))
    }

    fn line_at(&self, offset: usize) -> u32 {
        let lines = self.starts.partition_point(|&start| start <= offset);
        u32::try_from(lines).unwrap_or(u32::MAX)
    }

    /// The offset of `part`, computed from its address, since raw values of serde are parts of the
    /// text; 0 if it isn't a part of the text.
    fn offset(&self, part: &str) -> usize {
        let offset = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if offset > self.text.len() {
            return 0;
        }
        self.text.floor_char_boundary(offset)
    }

    /// An error about `part`.
    pub(super) fn parse_error(&self, part: &str, cause: String) -> ParseError {
        self.error_at(self.offset(part), cause)
    }

    /// An error about the whole file.
    pub(super) fn error_of_file(&self, cause: &str) -> ParseError {
        ParseError {
            file: self.name.to_owned(),
            cause: cause.to_owned(),
            ..ParseError::default()
        }
    }

    fn error_at(&self, offset: usize, cause: String) -> ParseError {
        let number = self.line_at(offset);
        let start = self.starts.get(number as usize - 1).copied().unwrap_or(0);
        let rest = &self.text[start..];
        let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        parse_error(self.name, number, line, offset - start, cause)
    }

    /// Parses `part`, a part of the text, as JSON with the required fields.
    pub(super) fn read<'p, T: serde::Deserialize<'p>>(
        &self,
        part: &'p str,
    ) -> Result<T, ParseError> {
        serde_json::from_str(part).map_err(|error| {
            let before = part
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1));
            let at = before.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
            let at = part.floor_char_boundary(at.min(part.len()));
            let cause = json_error::cause(&error);
            let cause = if error.is_data() {
                in_words(&cause)
            } else {
                format!("invalid JSON: {cause}")
            };
            self.error_at(self.offset(part) + at, cause)
        })
    }
}

/// The error of serde in JSON terms.
fn in_words(cause: &str) -> String {
    if let Some(name) = cause.strip_prefix("missing field ") {
        return format!("{} is missing", name.trim_matches('`'));
    }
    let cause = cause.replace("invalid type: ", "found ");
    let cause = cause.replace("expected a sequence", "expected a list");
    let cause = match cause.split_once(", expected struct ") {
        Some((found, _)) => format!("{found}, expected an object"),
        None => cause,
    };
    cause
        .replace("found map", "found an object")
        .replace("found sequence", "found a list")
}

/// A field of an object: its value, and its name with the path to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub(super) file: &'a JsonFile<'a>,
    pub(super) name: &'a str,
    pub(super) raw: &'a RawValue,
}

impl Field<'_> {
    /// The error for a value that is not `right`.
    pub(super) fn wrong(&self, right: &str) -> ParseError {
        let text = self.raw.get();
        let shown = elide::chars(text, SHOWN);
        self.file
            .parse_error(text, format!("{} must be {right}, not {shown}", self.name))
    }

    fn value<T: DeserializeOwned>(&self, right: &str) -> Result<T, ParseError> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.wrong(right))
    }

    pub(super) fn text(&self) -> Result<String, ParseError> {
        // A string that can't be parsed contains half of a surrogate pair.
        let is_string = self.raw.get().starts_with('"');
        self.value(if is_string {
            "a string of whole characters"
        } else {
            "a string"
        })
    }

    /// The field as a URL, which is checked when it is used.
    pub(super) fn address(&self) -> Result<String, ParseError> {
        let text = self.text()?;
        if text.is_empty() || text.contains(char::is_control) {
            return Err(self.wrong("an address, as in \"ws://localhost:8080/\""));
        }
        Ok(text)
    }

    /// The field as the reason of a Close.
    pub(super) fn reason(&self) -> Result<String, ParseError> {
        let text = self.text()?;
        if text.len() > MAX_CLOSE_REASON {
            return Err(self.wrong("at most 123 bytes of UTF-8 (RFC 6455 §5.5)"));
        }
        Ok(text)
    }

    pub(super) fn number(&self) -> Result<u16, ParseError> {
        self.value("a number from 0 to 65535")
    }

    pub(super) fn base64(&self) -> Result<Vec<u8>, ParseError> {
        let text = self.text()?;
        BASE64
            .decode(text.as_bytes())
            .map_err(|_| self.wrong("base64 with its padding"))
    }

    /// The field as seconds since 1970, as written by Chrome, or milliseconds, as written by
    /// Playwright. The same number is the year 5138 in seconds and 1973 in milliseconds.
    pub(super) fn epoch(&self) -> Result<Moment, ParseError> {
        const RIGHT: &str = "a number of seconds or milliseconds since 1970";
        let number: f64 = self.value(RIGHT)?;
        let microseconds = match number {
            0.0..1e11 => number * 1e6,
            1e11..1e14 => number * 1e3,
            // Larger numbers are not times and would overflow.
            _ => return Err(self.wrong(RIGHT)),
        };
        #[expect(clippy::cast_possible_truncation, reason = "it is in the range")]
        Ok(microseconds.round() as Moment)
    }

    /// The field as a date and time (RFC 3339).
    pub(super) fn time(&self) -> Result<Moment, ParseError> {
        let text = self.text()?;
        let time: Timestamp = text
            .parse()
            .map_err(|_| self.wrong("a time of RFC 3339, as in \"2026-01-31T12:00:00Z\""))?;
        Ok(time.as_microsecond())
    }
}
