//! The same comparison with a tree of the received value, which is simpler. It is the reference for
//! tests.

use serde_json::{Map, Value};

use super::super::difference::Difference;
use super::super::number;
use super::super::window::Window;
use super::{below, is_ignored, segments, unequal, Ignored, JsonComparison, COLUMNS, MOST};
use crate::text::escape;
use crate::text::phrase::Phrase;

/// Checks that a text is JSON that contains the expected value or, if `exact`, is equal to it.
pub fn compare_as_trees(
    exact: bool,
    expected: &Value,
    ignore: &[String],
    received: &str,
) -> Result<(), Difference> {
    compare(JsonComparison::new(exact), expected, ignore, received)
}

fn compare(
    mut comparison: JsonComparison,
    expected: &Value,
    ignore: &[String],
    received: &str,
) -> Result<(), Difference> {
    let ignore: Vec<_> = ignore.iter().map(|pointer| segments(pointer)).collect();
    let ignore: Vec<_> = ignore.iter().map(Vec::as_slice).collect();
    comparison.visit_tree(expected, &read(received)?, &ignore);
    comparison.finish()
}

fn read(received: &str) -> Result<Value, Difference> {
    serde_json::from_str(received).map_err(|error| super::not_json(&error, received))
}

impl JsonComparison {
    fn visit_tree(&mut self, expected: &Value, received: &Value, ignored: &Ignored<'_>) {
        if is_ignored(ignored) {
            return;
        }
        match (expected, received) {
            (Value::Object(expected), Value::Object(received)) => {
                self.visit_tree_members(expected, received, ignored);
            }
            (Value::Array(expected), Value::Array(received)) => {
                self.visit_tree_elements(expected, received, ignored);
            }
            (Value::Number(a), Value::Number(b))
                if number::same(&a.to_string(), &b.to_string()) => {}
            _ if expected == received => {}
            _ => self.say_trees_unequal(expected, received),
        }
    }

    fn visit_tree_members(
        &mut self,
        expected: &Map<String, Value>,
        received: &Map<String, Value>,
        ignored: &Ignored<'_>,
    ) {
        for (name, value) in expected {
            let ignored = below(ignored, name);
            self.enter(name, |comparison| match received.get(name) {
                Some(received) => comparison.visit_tree(value, received, &ignored),
                None if is_ignored(&ignored) => {}
                None => comparison.say(Phrase::words("missing")),
            });
        }
        if !self.exact {
            return;
        }
        for (name, value) in received {
            if !expected.contains_key(name) && !is_ignored(&below(ignored, name)) {
                self.enter(name, |comparison| comparison.say_tree_unexpected(value));
            }
        }
    }

    /// If one array is longer than the other, only the first difference is reported: after a
    /// missing element, all others would differ.
    fn visit_tree_elements(
        &mut self,
        expected: &[Value],
        received: &[Value],
        ignored: &Ignored<'_>,
    ) {
        let common = expected.len().min(received.len());
        let longest = expected.len().max(received.len());
        let fits = (common..longest).all(|place| is_ignored(&below(ignored, &place.to_string())));
        if !fits {
            let elements = if expected.len() == 1 {
                "element"
            } else {
                "elements"
            };
            self.say(Phrase::words(format!(
                "expected {} {elements}, received {}",
                expected.len(),
                received.len()
            )));
        }
        for (place, (expected, received)) in expected.iter().zip(received).enumerate() {
            let before = self.lines.len() + self.more;
            let name = place.to_string();
            let ignored = below(ignored, &name);
            self.enter(&name, |comparison| {
                comparison.visit_tree(expected, received, &ignored);
            });
            if !fits && self.lines.len() + self.more > before {
                return;
            }
        }
    }

    fn say_trees_unequal(&mut self, expected: &Value, received: &Value) {
        if self.lines.len() == MOST {
            self.more += 1;
            return;
        }
        let window = Window::around(&expected.to_string(), &received.to_string(), COLUMNS);
        self.say(unequal(window.expected, window.received));
    }

    fn say_tree_unexpected(&mut self, received: &Value) {
        if self.lines.len() == MOST {
            self.more += 1;
            return;
        }
        let received = escape::shortened(&received.to_string(), COLUMNS);
        self.say(Phrase::words("unexpected, received ").and_value(received));
    }
}
