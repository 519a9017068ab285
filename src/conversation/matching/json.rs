//! JSON compared with JSON: the paths that differ, as pointers (RFC 6901), a line each.
//!
//! What is expected is a tree, what came stays [text](Raw): memory is taken for what the expected
//! value mentions, and for the lines of the difference. The text is passed over once for each level
//! that the expected value has.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use serde_json::{Error, Map, Value};

use super::difference::{Difference, DifferenceLine};
use super::number;
use super::raw::{Raw, RawKind};
use super::window::{point_at, Window};
use crate::text::escape;
use crate::text::phrase::Phrase;

/// The maximum number of paths that are listed.
const MOST: usize = 20;
/// The maximum width of a value.
pub(super) const COLUMNS: usize = 60;
/// The maximum width of a pointer.
const POINTER_COLUMNS: usize = 120;
/// The number of bytes of a value that are enough to show any part of it: four characters per
/// column, of four bytes each.
pub(super) const SHOWN: usize = 4 * 4 * COLUMNS + 64;
/// The maximum number of different names of unexpected members, and the maximum number of bytes of
/// these names. Beyond that, repeated members are counted several times.
const NAMES: usize = 4096;
const NAME_BYTES: usize = 1 << 20;

/// Checks that a text is JSON that contains `expected`, except for what is ignored.
pub fn find_subset(expected: &Value, ignore: &[String], received: &str) -> Result<(), Difference> {
    compare(JsonComparison::new(false), expected, ignore, received)
}

/// Checks that a text is JSON equal to `expected`, except for what is ignored.
pub fn find_same(expected: &Value, ignore: &[String], received: &str) -> Result<(), Difference> {
    compare(JsonComparison::new(true), expected, ignore, received)
}

fn compare(
    mut comparison: JsonComparison,
    expected: &Value,
    ignore: &[String],
    received: &str,
) -> Result<(), Difference> {
    let ignore: Vec<_> = ignore.iter().map(|pointer| segments(pointer)).collect();
    let ignore: Vec<_> = ignore.iter().map(Vec::as_slice).collect();
    Raw::read(received)
        .and_then(|raw| comparison.visit(expected, raw, &ignore))
        .map_err(|error| not_json(&error, received))?;
    comparison.finish()
}

/// The names in a pointer. A missing first slash is added.
pub(super) fn segments(pointer: &str) -> Vec<String> {
    if pointer.is_empty() {
        return Vec::new();
    }
    let names = pointer.strip_prefix('/').unwrap_or(pointer).split('/');
    names
        .map(|name| name.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// The difference for a text that is not JSON, with the position of the error.
pub(super) fn not_json(error: &Error, received: &str) -> Difference {
    if received.trim_ascii().is_empty() {
        let empty = "invalid JSON: the message is empty".to_owned();
        return Difference(vec![DifferenceLine::InvalidJson(empty)]);
    }
    let (line, column) = (error.line(), error.column());
    let cause = error.to_string();
    let cause = cause
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&cause);
    let text = received.split('\n').nth(line.saturating_sub(1));
    let text = text.unwrap_or_default();
    // serde counts bytes, including the last one it has read.
    let mut at = if error.is_eof() {
        text.len()
    } else {
        column.saturating_sub(1)
    };
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let mut lines = vec![DifferenceLine::InvalidJson(format!(
        "invalid JSON at line {line}, column {}: {cause}",
        text[..at].chars().count() + 1
    ))];
    lines.extend(point_at(text, at));
    Difference(lines)
}

/// Traverses both values at the same time.
pub(super) struct JsonComparison {
    /// Whether members that are not expected are differences.
    pub(super) exact: bool,
    /// The pointer to the current position.
    pub(super) path: String,
    pub(super) lines: Vec<DifferenceLine>,
    /// The number of further differences.
    pub(super) more: usize,
}

/// The remaining parts of the pointers to ignored values, relative to the current position.
pub(super) type Ignored<'a> = [&'a [String]];

impl JsonComparison {
    pub(super) fn new(exact: bool) -> Self {
        Self {
            exact,
            path: String::new(),
            lines: Vec::new(),
            more: 0,
        }
    }

    pub(super) fn finish(mut self) -> Result<(), Difference> {
        if self.lines.is_empty() {
            return Ok(());
        }
        if self.more > 0 {
            let note = format!("… and {} more", self.more);
            self.lines.push(DifferenceLine::Note(note));
        }
        Err(Difference(self.lines))
    }

    pub(super) fn visit(
        &mut self,
        expected: &Value,
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        if is_ignored(ignored) {
            return Ok(());
        }
        let equal = match (expected, received.kind()) {
            (Value::Object(expected), RawKind::Object) => {
                return self.visit_members(expected, received, ignored);
            }
            (Value::Array(expected), RawKind::Array) => {
                return self.visit_elements(expected, received, ignored);
            }
            (Value::Number(number), RawKind::Number) => {
                number::same(&number.to_string(), received.text())
            }
            (Value::String(text), RawKind::String) => received.is_string(text),
            (Value::Bool(true), _) => received.text() == "true",
            (Value::Bool(false), _) => received.text() == "false",
            (Value::Null, _) => received.text() == "null",
            _ => false,
        };
        if !equal {
            self.say_unequal(expected, received);
        }
        Ok(())
    }

    fn visit_members(
        &mut self,
        expected: &Map<String, Value>,
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        let mut found = HashMap::new();
        let mut others = Others::default();
        received.each_member(&mut |name, value| {
            if let Some((name, _)) = expected.get_key_value(&*name) {
                found.insert(name, value);
            } else if self.exact && !is_ignored(&below(ignored, &name)) {
                others.add(name, value);
            }
        })?;
        for (name, value) in expected {
            let ignored = below(ignored, name);
            self.enter(name, |comparison| match found.get(name) {
                Some(received) => comparison.visit(value, *received, &ignored),
                None if is_ignored(&ignored) => Ok(()),
                None => {
                    comparison.say(Phrase::words("missing"));
                    Ok(())
                }
            })?;
        }
        for (name, value) in others.in_order() {
            self.enter(&name, |comparison| {
                comparison.say_unexpected(value);
                Ok(())
            })?;
        }
        self.more += others.more;
        Ok(())
    }

    /// If one array is longer than the other, only the first difference is reported: after a
    /// missing element, all others would differ.
    fn visit_elements(
        &mut self,
        expected: &[Value],
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        let mut elements = Vec::new();
        let mut length = 0;
        received.each_element(&mut |value| {
            length += 1;
            if length <= expected.len() {
                elements.push(value);
            }
        })?;
        let (common, longest) = (expected.len().min(length), expected.len().max(length));
        let fits = are_ignored(ignored, common..longest);
        if !fits {
            let elements = if expected.len() == 1 {
                "element"
            } else {
                "elements"
            };
            self.say(Phrase::words(format!(
                "expected {} {elements}, received {length}",
                expected.len()
            )));
        }
        for (place, (expected, received)) in expected.iter().zip(elements).enumerate() {
            let before = self.lines.len() + self.more;
            let name = place.to_string();
            let ignored = below(ignored, &name);
            self.enter(&name, |comparison| {
                comparison.visit(expected, received, &ignored)
            })?;
            if !fits && self.lines.len() + self.more > before {
                break;
            }
        }
        Ok(())
    }

    /// Traverses the member or element of this name.
    pub(super) fn enter<T>(&mut self, name: &str, walk: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push('/');
        self.path
            .push_str(&name.replace('~', "~0").replace('/', "~1"));
        let walked = walk(self);
        self.path.truncate(length);
        walked
    }

    fn say_unequal(&mut self, expected: &Value, received: Raw<'_>) {
        if self.lines.len() == MOST {
            self.more += 1;
            return;
        }
        let expected = expected.to_string();
        // They are shown around the first difference, which is within `expected`.
        let received = received.print(expected.len() + SHOWN);
        let window = Window::around(&expected, &received, COLUMNS);
        self.say(unequal(window.expected, window.received));
    }

    pub(super) fn say_unexpected(&mut self, received: Raw<'_>) {
        if self.lines.len() == MOST {
            self.more += 1;
            return;
        }
        let received = escape::shortened(&received.print(SHOWN), COLUMNS);
        self.say(Phrase::words("unexpected, received ").and_value(received));
    }

    pub(super) fn say(&mut self, what: Phrase) {
        if self.lines.len() == MOST {
            self.more += 1;
            return;
        }
        let place = match self.path.as_str() {
            "" => "(root)".to_owned(),
            path => escape::shortened(path, POINTER_COLUMNS),
        };
        self.lines.push(DifferenceLine::Value(place, what));
    }
}

/// How two values differ.
pub(super) fn unequal(expected: String, received: String) -> Phrase {
    let expected = Phrase::words("expected ").and_value(expected);
    expected.and(", received ").and_value(received)
}

/// Members that are not expected: the last one of each name, in the order of the first.
#[derive(Default)]
struct Others<'a> {
    found: HashMap<Cow<'a, str>, (usize, Raw<'a>)>,
    name_bytes: usize,
    /// The number of further members.
    more: usize,
}

impl<'a> Others<'a> {
    fn add(&mut self, name: Cow<'a, str>, value: Raw<'a>) {
        let place = self.found.len();
        if let Some((_, found)) = self.found.get_mut(&name) {
            *found = value;
        } else if place < NAMES && self.name_bytes + name.len() <= NAME_BYTES {
            self.name_bytes += name.len();
            self.found.insert(name, (place, value));
        } else {
            self.more += 1;
        }
    }

    fn in_order(&mut self) -> impl Iterator<Item = (Cow<'a, str>, Raw<'a>)> {
        let found = std::mem::take(&mut self.found);
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(_, (place, _))| *place);
        found.into_iter().map(|(name, (_, value))| (name, value))
    }
}

/// What is ignored inside the member or element of this name.
pub(super) fn below<'a>(ignored: &Ignored<'a>, name: &str) -> Vec<&'a [String]> {
    let fitting = ignored.iter().filter_map(|names| names.split_first());
    fitting
        .filter(|(first, _)| *first == "*" || *first == name)
        .map(|(_, rest)| rest)
        .collect()
}

pub(super) fn is_ignored(ignored: &Ignored<'_>) -> bool {
    ignored.iter().any(|names| names.is_empty())
}

/// Whether the elements at all these positions are ignored.
fn are_ignored(ignored: &Ignored<'_>, mut places: Range<usize>) -> bool {
    let mut whole = ignored.iter().filter(|names| names.len() == 1);
    if whole.clone().any(|names| names[0] == "*") {
        return true;
    }
    // Each pointer names one of them, but the server decides how many there are.
    places.len() <= whole.by_ref().count()
        && places.all(|place| is_ignored(&below(ignored, &place.to_string())))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tree;
