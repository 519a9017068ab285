//! Patterns for binary messages: bytes, texts, numbers to capture, and what does not matter.

use regex::Regex;

use super::difference::Difference;
use super::pattern::JsonPattern;
use super::{binary, pattern_compare};
use crate::protocol::Kind;

/// How many bytes of what was received are quoted.
const QUOTED: usize = 16;

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
    let mut search = Search {
        received,
        captures: Vec::new(),
        furthest: None,
    };
    if search.find(parts) {
        return Ok(search.captures);
    }
    Err(Difference(search.difference()))
}

struct Search<'a> {
    received: &'a [u8],
    captures: Vec<(String, String)>,
    /// The mismatch that is furthest back.
    furthest: Option<Mismatch<'a>>,
}

/// Where a pattern and a message differ.
struct Mismatch<'a> {
    /// The first byte that differs.
    at: usize,
    /// The bytes that are missing, what else does not fit, or the end if the message goes on.
    expected: Expected<'a>,
}

enum Expected<'a> {
    Bytes(&'a [u8]),
    Part(&'a BytePart),
    /// JSON, and the differences.
    Json(Vec<String>),
    End,
}

impl<'a> Search<'a> {
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
            ends || self.differ(*end, Expected::End)
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
                    self.differ(at + common, Expected::Bytes(&bytes[common..]));
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
            self.differ(at, Expected::Part(part));
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
                self.differ(at, Expected::Json(difference.0));
                None
            }
        }
    }

    /// Keeps a mismatch, unless one further back is known. Returns `false`.
    fn differ(&mut self, at: usize, expected: Expected<'a>) -> bool {
        if self.furthest.as_ref().is_none_or(|known| at >= known.at) {
            self.furthest = Some(Mismatch { at, expected });
        }
        false
    }

    /// The mismatch that is furthest back, in words.
    fn difference(self) -> Vec<String> {
        let Some(Mismatch { at, expected }) = self.furthest else {
            return Vec::new();
        };
        let rest = &self.received[at..];
        let (expected, length) = match expected {
            Expected::Json(differences) => return differences,
            Expected::Bytes(bytes) => (quote_hex(bytes), bytes.len()),
            Expected::End => ("the end".to_owned(), rest.len()),
            Expected::Part(part @ BytePart::Text(text)) => (part.description(), text.len()),
            Expected::Part(part) => (part.description(), rest.len()),
        };
        let received = quote(&rest[..length.min(rest.len())]);
        vec![format!(
            "byte {at}: expected {expected}, received {received}"
        )]
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
        return "the end".to_owned();
    }
    let shown = &bytes[..bytes.len().min(QUOTED)];
    let text = std::str::from_utf8(shown).ok();
    match text.filter(|text| !text.contains(char::is_control)) {
        Some(text) => format!("{} {text:?}", quote_hex(bytes)),
        None => quote_hex(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(parts: &[BytePart], received: &[u8]) -> Result<Vec<(String, String)>, Vec<String>> {
        compare(parts, Kind::Binary, received).map_err(|difference| difference.0)
    }

    fn protobuf() -> Vec<BytePart> {
        vec![
            BytePart::Bytes(vec![8]),
            BytePart::Number("ID".to_owned(), NumberFormat::Varint),
            BytePart::Bytes(vec![0x12, 6]),
            BytePart::Text("wsline".to_owned()),
            BytePart::Skip(2),
        ]
    }

    #[test]
    fn parts_follow_each_other() {
        let captured = vec![("ID".to_owned(), "300".to_owned())];
        assert_eq!(
            result(&protobuf(), b"\x08\xac\x02\x12\x06wsline??"),
            Ok(captured)
        );
        assert_eq!(
            result(&protobuf(), b"\x08\x01\x12\x06nobody??"),
            Err(vec![
                "byte 4: expected \"wsline\", received 6e 6f 62 6f 64 79 \"nobody\"".to_owned()
            ])
        );
        assert_eq!(
            result(&protobuf(), b"\x08\x01\x12\x06wsline?"),
            Err(vec![
                "byte 10: expected 2 bytes, received 3f \"?\"".to_owned()
            ])
        );
        assert_eq!(
            result(&protobuf(), b"\x08\x01\x12\x06wsline???"),
            Err(vec![
                "byte 12: expected the end, received 3f \"?\"".to_owned()
            ])
        );
        assert_eq!(
            result(&[BytePart::Bytes(vec![1, 2])], b"\x01\x03"),
            Err(vec!["byte 1: expected 02, received 03".to_owned()])
        );
    }

    #[test]
    fn gaps_texts_and_json_are_found() {
        let gap = [
            BytePart::Bytes(vec![1]),
            BytePart::Any,
            BytePart::Text("end".to_owned()),
        ];
        assert!(result(&gap, b"\x01 end end").is_ok());
        assert!(result(&gap, b"\x01 end en").is_err());
        let gaps = [
            BytePart::Any,
            BytePart::Number("N".to_owned(), NumberFormat::Big(1)),
            BytePart::Bytes(vec![9]),
            BytePart::Any,
            BytePart::Bytes(vec![8]),
        ];
        let first = vec![("N".to_owned(), "5".to_owned())];
        assert_eq!(result(&gaps, &[1, 5, 9, 6, 9, 8, 7, 8]), Ok(first));
        assert_eq!(
            result(&gaps, &[1, 5, 9, 6, 9, 8, 7]),
            Err(vec!["byte 7: expected 08, received the end".to_owned()])
        );
        let text = [
            BytePart::Bytes(vec![2]),
            BytePart::Regex(Regex::new(r"^\d+$").expect("one")),
        ];
        assert!(result(&text, b"\x0212").is_ok());
        assert!(result(&text, b"\x02x").is_err());
        let pattern = super::super::parse_pattern("{\"a\": integer as A}").expect("a pattern");
        let json = [BytePart::Bytes(vec![3]), BytePart::Json(pattern)];
        assert_eq!(
            result(&json, b"\x03{\"a\":7}"),
            Ok(vec![("A".to_owned(), "7".to_owned())])
        );
        assert_eq!(
            result(&json, b"\x03{\"a\":null}"),
            Err(vec!["/a: expected an integer, received null".to_owned()])
        );
        assert!(compare(&gap, Kind::Text, b"\x01 end").is_err());
    }

    #[test]
    fn many_gaps_in_a_large_message_are_searched_once() {
        let parts: Vec<_> = (1..=12)
            .flat_map(|byte| [BytePart::Any, BytePart::Bytes(vec![0, byte])])
            .collect();
        let differences = result(&parts, &vec![0; 100_000]).expect_err("no such bytes");
        assert_eq!(
            differences,
            ["byte 100000: expected 00 01, received the end"]
        );
    }

    #[test]
    fn numbers_are_encoded_as_they_are_decoded() {
        for (format, number, bytes) in [
            (NumberFormat::Big(2), 0x0102, vec![1, 2]),
            (NumberFormat::Little(2), 0x0102, vec![2, 1]),
            (NumberFormat::Varint, 300, vec![0xac, 2]),
            (NumberFormat::Varint, 0, vec![0]),
            (NumberFormat::Big(8), u64::MAX, vec![255; 8]),
            (
                NumberFormat::Varint,
                u64::MAX,
                [vec![255; 9], vec![1]].concat(),
            ),
        ] {
            assert_eq!(format.encode(i128::from(number)), Some(bytes.clone()));
            assert_eq!(format.decode(&bytes), Some((number, bytes.len())));
        }
        assert_eq!(NumberFormat::Big(1).encode(256), None);
        assert_eq!(NumberFormat::Big(2).encode(-1), Some(vec![255, 255]));
        assert_eq!(NumberFormat::Varint.encode(-1), None);
        assert_eq!(NumberFormat::Varint.decode(&[255; 11]), None);
        assert_eq!(NumberFormat::Big(2).decode(&[1]), None);
    }
}
