//! Patterns for binary messages: bytes, texts, numbers to capture, and what does not matter.

use regex::Regex;

use super::difference::{Difference, DifferenceLine};
use super::json::unequal;
use super::pattern::JsonPattern;
use super::{binary, pattern_compare};
use crate::protocol::Kind;

/// How many bytes of what was received are quoted.
const QUOTED: usize = 16;
/// What follows the last byte.
const THE_END: &str = "the end";

/// A part of a binary message.
#[derive(Clone, Debug)]
pub enum BytePart {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The bytes of this text.
    Text(String),
    /// So many bytes, whatever they are.
    Skip(usize),
    /// Any number of bytes.
    Any,
    /// A number, which sets a variable.
    Number(String, NumberFormat),
    /// A text up to the end in which this is found.
    Regex(Regex),
    /// JSON up to the end.
    Json(JsonPattern),
}

impl BytePart {
    /// What is expected, for a message that something else was received.
    fn description(&self) -> String {
        match self {
            Self::Bytes(bytes) => quote_hex(bytes),
            Self::Text(text) => format!("{text:?}"),
            Self::Skip(count) => format!("{count} bytes"),
            Self::Any => "any bytes".to_owned(),
            Self::Number(name, _) => format!("a number for {name}"),
            Self::Regex(regex) => format!("a text matching /{regex}/"),
            Self::Json(_) => "JSON".to_owned(),
        }
    }
}

/// How a number is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFormat {
    /// In so many bytes, the first the most significant.
    Big(u8),
    /// In so many bytes, the first the least significant.
    Little(u8),
    /// Seven bits a byte, the least significant first, as protobuf writes it.
    Varint,
}

impl NumberFormat {
    /// A number's bytes; `None` if it does not fit.
    #[must_use]
    pub fn encode(self, number: i128) -> Option<Vec<u8>> {
        match self {
            Self::Varint => {
                let mut rest = u64::try_from(number).ok()?;
                let mut bytes = Vec::new();
                while rest > 0x7f {
                    bytes.push(u8::try_from(rest & 0x7f).ok()? | 0x80);
                    rest >>= 7;
                }
                bytes.push(u8::try_from(rest).ok()?);
                Some(bytes)
            }
            Self::Big(width) | Self::Little(width) => {
                let bits = u32::from(width) * 8;
                if number >> bits != 0 && number >> (bits - 1) != -1 {
                    return None;
                }
                let mut bytes = number.to_be_bytes()[16 - usize::from(width)..].to_vec();
                if let Self::Little(_) = self {
                    bytes.reverse();
                }
                Some(bytes)
            }
        }
    }

    /// The number at the beginning of `bytes`, and how many bytes it has.
    fn decode(self, bytes: &[u8]) -> Option<(u64, usize)> {
        let (width, reversed) = match self {
            Self::Varint => {
                let length = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
                let digits = bytes[..length].iter().rev();
                let number = digits.fold(0_u128, |sum, byte| sum << 7 | u128::from(byte & 0x7f));
                return Some((u64::try_from(number).ok()?, length));
            }
            Self::Big(width) => (usize::from(width), false),
            Self::Little(width) => (usize::from(width), true),
        };
        let mut digits = bytes.get(..width)?.to_vec();
        if reversed {
            digits.reverse();
        }
        let number = digits
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        Some((number, width))
    }
}

/// Whether a message fits; the variables that it sets.
pub(super) fn compare(
    parts: &[BytePart],
    kind: Kind,
    received: &[u8],
) -> Result<Vec<(String, String)>, Difference> {
    if kind == Kind::Text {
        return Err(binary::of_wrong_kind(received, false));
    }
    let mut search = ByteSearch {
        received,
        captures: Vec::new(),
        furthest: None,
    };
    if search.find(parts) {
        return Ok(search.captures);
    }
    Err(search.difference())
}

struct ByteSearch<'a> {
    received: &'a [u8],
    captures: Vec<(String, String)>,
    /// The mismatch that is furthest back.
    furthest: Option<ByteMismatch<'a>>,
}

/// Where a pattern and a message differ.
struct ByteMismatch<'a> {
    /// The first byte that differs.
    at: usize,
    /// The bytes that are missing, what else does not fit, or the end if the message goes on.
    expected: ExpectedBytes<'a>,
}

enum ExpectedBytes<'a> {
    Bytes(&'a [u8]),
    Part(&'a BytePart),
    /// JSON, and the differences.
    Json(Difference),
    End,
}

impl<'a> ByteSearch<'a> {
    /// Whether the parts match the whole message. Between two gaps the parts fit at a position or they
    /// do not, whatever comes before, so the first position that fits is as good as any: only the parts
    /// after the last gap are searched on, until the message ends with them.
    fn find(&mut self, parts: &'a [BytePart]) -> bool {
        let mut runs = parts.split(|part| matches!(part, BytePart::Any)).peekable();
        let first = runs.next().unwrap_or_default();
        let is_last = runs.peek().is_none();
        let mut end = self.fit_run(first, 0, is_last);
        while let (Some(from), Some(run)) = (end, runs.next()) {
            let is_last = runs.peek().is_none();
            end = (from..=self.received.len()).find_map(|at| self.fit_run(run, at, is_last));
        }
        end.is_some()
    }

    /// Matches parts without a gap. Returns where they end.
    fn fit_run(&mut self, run: &'a [BytePart], at: usize, is_last: bool) -> Option<usize> {
        let captured = self.captures.len();
        let end = run.iter().try_fold(at, |at, part| self.fit(part, at));
        let end = end.filter(|end| {
            let ends = !is_last || *end == self.received.len();
            ends || self.differ(*end, ExpectedBytes::End)
        });
        if end.is_none() {
            self.captures.truncate(captured);
        }
        end
    }

    /// Matches one part. Returns where it ends.
    fn fit(&mut self, part: &'a BytePart, at: usize) -> Option<usize> {
        let rest = &self.received[at..];
        let end = match part {
            BytePart::Bytes(bytes) => {
                let common = bytes.iter().zip(rest).take_while(|(a, b)| a == b).count();
                if common < bytes.len() {
                    self.differ(at + common, ExpectedBytes::Bytes(&bytes[common..]));
                    return None;
                }
                Some(at + common)
            }
            BytePart::Text(text) => rest.starts_with(text.as_bytes()).then_some(at + text.len()),
            BytePart::Skip(count) => (rest.len() >= *count).then_some(at + count),
            BytePart::Any => Some(at),
            BytePart::Number(name, format) => format.decode(rest).map(|(number, length)| {
                self.captures.push((name.clone(), number.to_string()));
                at + length
            }),
            BytePart::Regex(regex) => std::str::from_utf8(rest)
                .is_ok_and(|text| regex.is_match(text))
                .then_some(self.received.len()),
            BytePart::Json(pattern) => match std::str::from_utf8(rest) {
                Ok(text) => return self.fit_json(pattern, text, at),
                Err(_) => None,
            },
        };
        if end.is_none() {
            self.differ(at, ExpectedBytes::Part(part));
        }
        end
    }

    fn fit_json(&mut self, pattern: &JsonPattern, text: &str, at: usize) -> Option<usize> {
        match pattern_compare::compare(pattern, &[], text) {
            Ok(mut captures) => {
                self.captures.append(&mut captures);
                Some(self.received.len())
            }
            Err(difference) => {
                self.differ(at, ExpectedBytes::Json(difference));
                None
            }
        }
    }

    /// Keeps a mismatch, unless one further back is known. Returns `false`.
    fn differ(&mut self, at: usize, expected: ExpectedBytes<'a>) -> bool {
        if self.furthest.as_ref().is_none_or(|known| at >= known.at) {
            self.furthest = Some(ByteMismatch { at, expected });
        }
        false
    }

    /// The mismatch that is furthest back, in words.
    fn difference(self) -> Difference {
        let Some(ByteMismatch { at, expected }) = self.furthest else {
            return Difference::default();
        };
        let rest = &self.received[at..];
        let (expected, length) = match expected {
            ExpectedBytes::Json(difference) => return difference,
            ExpectedBytes::Bytes(bytes) => (quote_hex(bytes), bytes.len()),
            ExpectedBytes::End => (THE_END.to_owned(), rest.len()),
            ExpectedBytes::Part(part @ BytePart::Text(text)) => (part.description(), text.len()),
            ExpectedBytes::Part(part) => (part.description(), rest.len()),
        };
        let received = quote(&rest[..length.min(rest.len())]);
        let line = DifferenceLine::Byte(at, unequal(expected, received));
        Difference(vec![line])
    }
}

fn quote_hex(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(QUOTED)];
    let shown: Vec<_> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
    let rest = if bytes.len() > QUOTED { " …" } else { "" };
    format!("{}{rest}", shown.join(" "))
}

/// Bytes for people, and as a text if they are one.
fn quote(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return THE_END.to_owned();
    }
    let shown = &bytes[..bytes.len().min(QUOTED)];
    let text = std::str::from_utf8(shown).ok();
    match text.filter(|text| !text.contains(char::is_control)) {
        Some(text) => format!("{} {text:?}", quote_hex(bytes)),
        None => quote_hex(bytes),
    }
}

#[cfg(test)]
mod tests;
