//! The same comparison by a tree of what came, as it is easiest to understand: what the one without
//! a tree is held against.

use serde_json::{Map, Value};

use super::super::{number, text, Difference};
use super::{below, is_ignored, segments, Ignored, COLUMNS, MOST, POINTER_COLUMNS};
use crate::text::escape;

/// Whether the text is JSON with at least what is expected, or `exact`ly that.
pub fn compare_as_trees(
    exact: bool,
    expected: &Value,
    ignore: &[String],
    received: &str,
) -> Result<(), Difference> {
    compare(Search::new(exact), expected, ignore, received)
}

fn compare(
    mut search: Search,
    expected: &Value,
    ignore: &[String],
    received: &str,
) -> Result<(), Difference> {
    let ignore: Vec<_> = ignore.iter().map(|pointer| segments(pointer)).collect();
    let ignore: Vec<_> = ignore.iter().map(Vec::as_slice).collect();
    search.visit(expected, &read(received)?, &ignore);
    search.finish()
}

fn read(received: &str) -> Result<Value, Difference> {
    serde_json::from_str(received).map_err(|error| super::not_json(&error, received))
}

/// A walk through both values at once.
struct Search {
    /// Whether what is not expected may not be there.
    exact: bool,
    /// The pointer to where the walk is.
    path: String,
    lines: Vec<String>,
    /// How many lines there are besides.
    more: usize,
}

impl Search {
    fn new(exact: bool) -> Self {
        Self {
            exact,
            path: String::new(),
            lines: Vec::new(),
            more: 0,
        }
    }

    fn finish(mut self) -> Result<(), Difference> {
        if self.lines.is_empty() {
            return Ok(());
        }
        if self.more > 0 {
            self.lines.push(format!("… and {} more", self.more));
        }
        Err(Difference(self.lines))
    }

    fn visit(&mut self, expected: &Value, received: &Value, ignored: &Ignored<'_>) {
        if ignored.iter().any(|names| names.is_empty()) {
            return;
        }
        match (expected, received) {
            (Value::Object(expected), Value::Object(received)) => {
                self.visit_members(expected, received, ignored);
            }
            (Value::Array(expected), Value::Array(received)) => {
                self.visit_elements(expected, received, ignored);
            }
            (Value::Number(a), Value::Number(b))
                if number::same(&a.to_string(), &b.to_string()) => {}
            _ if expected == received => {}
            _ => self.say_unequal(expected, received),
        }
    }

    fn visit_members(
        &mut self,
        expected: &Map<String, Value>,
        received: &Map<String, Value>,
        ignored: &Ignored<'_>,
    ) {
        for (name, value) in expected {
            let ignored = below(ignored, name);
            self.enter(name, |search| match received.get(name) {
                Some(received) => search.visit(value, received, &ignored),
                None if is_ignored(&ignored) => {}
                None => search.say("missing"),
            });
        }
        if !self.exact {
            return;
        }
        for (name, value) in received {
            if !expected.contains_key(name) && !is_ignored(&below(ignored, name)) {
                self.enter(name, |search| search.say_unexpected(value));
            }
        }
    }

    /// If one array is longer than the other, only the first place that differs is told: behind a
    /// missing element everything would.
    fn visit_elements(&mut self, expected: &[Value], received: &[Value], ignored: &Ignored<'_>) {
        let common = expected.len().min(received.len());
        let longest = expected.len().max(received.len());
        let fits = (common..longest).all(|place| is_ignored(&below(ignored, &place.to_string())));
        if !fits {
            let elements = if expected.len() == 1 {
                "element"
            } else {
                "elements"
            };
            self.say(&format!(
                "expected {} {elements}, received {}",
                expected.len(),
                received.len()
            ));
        }
        for (place, (expected, received)) in expected.iter().zip(received).enumerate() {
            let before = self.lines.len() + self.more;
            let name = place.to_string();
            let ignored = below(ignored, &name);
            self.enter(&name, |search| search.visit(expected, received, &ignored));
            if !fits && self.lines.len() + self.more > before {
                return;
            }
        }
    }

    /// Walks on at the member or element of this name.
    fn enter(&mut self, name: &str, walk: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push('/');
        self.path
            .push_str(&name.replace('~', "~0").replace('/', "~1"));
        walk(self);
        self.path.truncate(length);
    }

    fn say_unequal(&mut self, expected: &Value, received: &Value) {
        if self.lines.len() == MOST {
            self.more += 1;
            return;
        }
        let window = text::Window::around(&expected.to_string(), &received.to_string(), COLUMNS);
        self.say(&format!(
            "expected {}, received {}",
            window.expected, window.received
        ));
    }

    fn say_unexpected(&mut self, received: &Value) {
        if self.lines.len() == MOST {
            self.more += 1;
            return;
        }
        let received = escape::shortened(&received.to_string(), COLUMNS);
        self.say(&format!("not expected, received {received}"));
    }

    fn say(&mut self, what: &str) {
        if self.lines.len() == MOST {
            self.more += 1;
            return;
        }
        let place = match self.path.as_str() {
            "" => "the whole".to_owned(),
            path => escape::shortened(path, POINTER_COLUMNS),
        };
        self.lines.push(format!("{place}: {what}"));
    }
}
