//! Compares a received value with a [`JsonPattern`]: the differences with their paths, as for plain
//! JSON, and the values of variables.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde_json::{Error, Value};

use super::difference::{Difference, DifferenceLine};
use super::json::{
    below, is_ignored, not_json, segments, unequal, Ignored, JsonComparison, COLUMNS, SHOWN,
};
use super::number;
use super::pattern::{JsonKind, JsonPattern};
use super::raw::{Raw, RawKind};
use crate::text::escape;
use crate::text::phrase::Phrase;

/// Checks that a text is JSON that matches, except for what is ignored. Returns the variables.
pub fn compare(
    pattern: &JsonPattern,
    ignore: &[String],
    received: &str,
) -> Result<Vec<(String, String)>, Difference> {
    let ignore: Vec<_> = ignore.iter().map(|pointer| segments(pointer)).collect();
    let ignore: Vec<_> = ignore.iter().map(Vec::as_slice).collect();
    let mut walk = Walk {
        comparison: JsonComparison::new(false),
        captures: Vec::new(),
    };
    Raw::read(received)
        .and_then(|raw| walk.visit(pattern, raw, &ignore))
        .map_err(|error| not_json(&error, received))?;
    walk.comparison.finish()?;
    Ok(walk.captures)
}

/// Traverses a pattern and a value at the same time.
struct Walk {
    comparison: JsonComparison,
    captures: Vec<(String, String)>,
}

impl Walk {
    /// A traversal that starts at the current position.
    fn branch(&self) -> Self {
        let mut comparison = JsonComparison::new(self.comparison.exact);
        comparison.path.clone_from(&self.comparison.path);
        Self {
            comparison,
            captures: Vec::new(),
        }
    }

    /// The number of differences.
    fn differences(&self) -> usize {
        self.comparison.lines.len() + self.comparison.more
    }

    fn visit(
        &mut self,
        pattern: &JsonPattern,
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        if is_ignored(ignored) {
            return Ok(());
        }
        match (pattern, received.kind()) {
            (JsonPattern::Plain(value), _) => self.comparison.visit(value, received, ignored),
            (JsonPattern::Object(members), RawKind::Object) => {
                self.visit_members(members, received, ignored)
            }
            (JsonPattern::Array { elements, open }, RawKind::Array) => {
                self.visit_elements(elements, *open, received, ignored)
            }
            (JsonPattern::As(pattern, name), _) => {
                self.visit_captured(pattern, name, received, ignored)
            }
            (JsonPattern::Exact(pattern), _) => {
                let exact = std::mem::replace(&mut self.comparison.exact, true);
                let visited = self.visit(pattern, received, ignored);
                self.comparison.exact = exact;
                visited
            }
            (JsonPattern::And(patterns), _) => self.visit_all(patterns, received, ignored),
            (JsonPattern::Or(patterns), _) => {
                self.visit_choice(pattern, patterns, received, ignored)
            }
            (JsonPattern::Not(inner), _) => {
                let mut branch = self.branch();
                branch.visit(inner, received, ignored)?;
                if branch.differences() == 0 {
                    self.say_unequal(pattern, received);
                }
                Ok(())
            }
            (JsonPattern::Has(inner), RawKind::Array | RawKind::Object) => {
                self.visit_any_element(inner, received, ignored)
            }
            (JsonPattern::Each(inner), RawKind::Array | RawKind::Object) => {
                self.visit_each_element(inner, received, ignored)
            }
            (pattern, _) => {
                if !fits(pattern, received)? {
                    self.say_unequal(pattern, received);
                }
                Ok(())
            }
        }
    }

    /// A value that sets a variable if it matches.
    fn visit_captured(
        &mut self,
        pattern: &JsonPattern,
        name: &str,
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        let before = self.differences();
        self.visit(pattern, received, ignored)?;
        if self.differences() == before {
            self.captures.push((name.to_owned(), value_text(received)));
        }
        Ok(())
    }

    /// One pattern after the other, up to the first that does not match.
    fn visit_all(
        &mut self,
        patterns: &[JsonPattern],
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        for pattern in patterns {
            let before = self.differences();
            self.visit(pattern, received, ignored)?;
            if self.differences() > before {
                break;
            }
        }
        Ok(())
    }

    fn visit_each_element(
        &mut self,
        pattern: &JsonPattern,
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        for (name, value) in children(received)? {
            let ignored = below(ignored, &name);
            self.enter(&name, |walk| walk.visit(pattern, value, &ignored))?;
        }
        Ok(())
    }

    fn visit_members(
        &mut self,
        members: &[(String, JsonPattern)],
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        let mut found: HashMap<&str, Raw<'_>> = HashMap::new();
        let mut others = Vec::new();
        let exact = self.comparison.exact;
        received.each_member(&mut |name, value| {
            if let Some((name, _)) = members.iter().find(|(member, _)| **member == *name) {
                found.insert(name, value);
            } else if exact && !is_ignored(&below(ignored, &name)) {
                others.push((name.into_owned(), value));
            }
        })?;
        for (name, pattern) in members {
            let ignored = below(ignored, name);
            self.enter(name, |walk| match (found.get(&**name), pattern) {
                (Some(value), JsonPattern::Absent) if !is_ignored(&ignored) => {
                    walk.comparison.say_unexpected(*value);
                    Ok(())
                }
                (Some(value), pattern) => walk.visit(pattern, *value, &ignored),
                (None, pattern) if pattern.allows_absence() || is_ignored(&ignored) => Ok(()),
                (None, _) => {
                    walk.comparison.say(Phrase::words("missing"));
                    Ok(())
                }
            })?;
        }
        for (name, value) in others {
            self.enter(&name, |walk| walk.comparison.say_unexpected(value));
        }
        Ok(())
    }

    fn visit_elements(
        &mut self,
        elements: &[JsonPattern],
        open: bool,
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        let values = children(received)?;
        let long_enough = values.len() >= elements.len();
        if !long_enough || (!open && values.len() > elements.len()) {
            let at_least = if open { "at least " } else { "" };
            let noun = if elements.len() == 1 {
                "element"
            } else {
                "elements"
            };
            self.comparison.say(Phrase::words(format!(
                "expected {at_least}{} {noun}, received {}",
                elements.len(),
                values.len()
            )));
        }
        for (pattern, (name, value)) in elements.iter().zip(values) {
            let ignored = below(ignored, &name);
            self.enter(&name, |walk| walk.visit(pattern, value, &ignored))?;
        }
        Ok(())
    }

    fn visit_choice(
        &mut self,
        whole: &JsonPattern,
        patterns: &[JsonPattern],
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        for pattern in patterns {
            let mut branch = self.branch();
            branch.visit(pattern, received, ignored)?;
            if branch.differences() == 0 {
                self.captures.append(&mut branch.captures);
                return Ok(());
            }
        }
        self.say_unequal(whole, received);
        Ok(())
    }

    /// Checks that at least one element matches.
    fn visit_any_element(
        &mut self,
        pattern: &JsonPattern,
        received: Raw<'_>,
        ignored: &Ignored<'_>,
    ) -> Result<(), Error> {
        let values = children(received)?;
        let count = values.len();
        let mut nearest: Option<((usize, Reverse<usize>), Self)> = None;
        for (name, value) in values {
            let ignored = below(ignored, &name);
            let mut branch = self.branch();
            branch.enter(&name, |walk| walk.visit(pattern, value, &ignored))?;
            if branch.differences() == 0 {
                self.captures.append(&mut branch.captures);
                return Ok(());
            }
            let distance = (
                branch.differences(),
                Reverse(fitting_members(pattern, value)?),
            );
            if nearest.as_ref().is_none_or(|(least, _)| distance < *least) {
                nearest = Some((distance, branch));
            }
        }
        let expected = escape::shortened(&pattern.to_string(), 2 * COLUMNS);
        let nearest = nearest.and_then(|(_, branch)| branch.comparison.lines.into_iter().next());
        let which = match count {
            0 => Phrase::words("it is empty, expected an element that is "),
            1 => Phrase::words("its only element is not "),
            many => Phrase::words(format!("none of its {many} elements is ")),
        };
        let said = which.and_value(expected);
        self.comparison
            .say(match nearest.map(DifferenceLine::into_phrase) {
                Some(nearest) => said.and("; nearest ").and_phrase(nearest),
                None => said,
            });
        Ok(())
    }

    fn enter<T>(&mut self, name: &str, walk: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.comparison.path.len();
        self.comparison.path.push('/');
        let name = name.replace('~', "~0").replace('/', "~1");
        self.comparison.path.push_str(&name);
        let walked = walk(self);
        self.comparison.path.truncate(length);
        walked
    }

    fn say_unequal(&mut self, pattern: &JsonPattern, received: Raw<'_>) {
        let expected = escape::shortened(&pattern.to_string(), 2 * COLUMNS);
        let received = escape::shortened(&received.print(SHOWN), COLUMNS);
        self.comparison.say(unequal(expected, received));
    }
}

/// The elements of an array or the members of an object, with their names.
fn children(received: Raw<'_>) -> Result<Vec<(String, Raw<'_>)>, Error> {
    let mut found = Vec::new();
    if received.kind() == RawKind::Array {
        received.each_element(&mut |value| found.push((found.len().to_string(), value)))?;
    } else {
        received.each_member(&mut |name, value| found.push((name.into_owned(), value)))?;
    }
    Ok(found)
}

/// The number of members that match before the first that does not. Of several elements with the
/// same number of differences, the one whose first members match is the closest, because these tend
/// to identify it.
fn fitting_members(pattern: &JsonPattern, received: Raw<'_>) -> Result<usize, Error> {
    let members: Vec<(String, JsonPattern)> = match pattern {
        JsonPattern::Object(members) => members.clone(),
        JsonPattern::Plain(Value::Object(members)) => {
            let members = members.iter();
            members
                .map(|(name, value)| (name.clone(), JsonPattern::Plain(value.clone())))
                .collect()
        }
        JsonPattern::As(pattern, _) | JsonPattern::Exact(pattern) => {
            return fitting_members(pattern, received);
        }
        _ => return Ok(0),
    };
    if received.kind() != RawKind::Object {
        return Ok(0);
    }
    for (count, member) in members.iter().enumerate() {
        let mut walk = Walk {
            comparison: JsonComparison::new(false),
            captures: Vec::new(),
        };
        walk.visit_members(std::slice::from_ref(member), received, &[])?;
        if walk.differences() > 0 {
            return Ok(count);
        }
    }
    Ok(members.len())
}

/// Whether a value matches a pattern for the value as a whole.
fn fits(pattern: &JsonPattern, received: Raw<'_>) -> Result<bool, Error> {
    let (kind, text) = (received.kind(), received.text());
    Ok(match pattern {
        JsonPattern::Any => true,
        JsonPattern::Kind(expected) => match expected {
            JsonKind::String => kind == RawKind::String,
            JsonKind::Number => kind == RawKind::Number,
            JsonKind::Integer => kind == RawKind::Number && number::is_whole(text),
            JsonKind::Boolean => text == "true" || text == "false",
            JsonKind::Array => kind == RawKind::Array,
            JsonKind::Object => kind == RawKind::Object,
        },
        JsonPattern::Range(range) => kind == RawKind::Number && range.has(text),
        JsonPattern::Numeric(range) => received.string().is_some_and(|text| {
            serde_json::from_str::<serde_json::Number>(&text).is_ok()
                && range.as_ref().is_none_or(|range| range.has(&text))
        }),
        JsonPattern::Size(range) => {
            let size = match kind {
                RawKind::Array | RawKind::Object => children(received)?.len(),
                RawKind::String => received.string().map_or(0, |text| text.chars().count()),
                _ => return Ok(false),
            };
            range.has(&size.to_string())
        }
        JsonPattern::Regex(regex) => received.string().is_some_and(|text| regex.is_match(&text)),
        _ => false,
    })
}

/// The value of a variable: the text of a string, JSON for everything else.
fn value_text(received: Raw<'_>) -> String {
    match received.string() {
        Some(text) => text.into_owned(),
        None => received.print(usize::MAX),
    }
}

#[cfg(test)]
mod tests;
