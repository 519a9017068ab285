//! Texts with variables, and their replacement by values.

use std::borrow::Cow;

use crate::conversation::variable::is_name;

/// The beginning of a variable.
pub(super) const OPENING: &str = "${";

/// A text with variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The parts. No two texts are adjacent, and none is empty.
    pub parts: Vec<Part>,
}

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Text(String),
    /// `${NAME}`: the value of a variable.
    Variable(String),
}

impl Template {
    /// A literal text without variables.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        let parts = match text {
            "" => Vec::new(),
            text => vec![Part::Text(text.to_owned())],
        };
        Self { parts }
    }

    /// Parses `${NAME}` as variables and everything else as literal text.
    ///
    /// # Errors
    ///
    /// The offset of a `${` that does not begin a variable.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find(OPENING) {
            let at = text.len() - rest.len() + start;
            let name = &rest[start + OPENING.len()..];
            let name = name.split_once('}').map_or("", |(name, _)| name);
            if !is_name(name) {
                return Err(at);
            }
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = &rest[start + OPENING.len() + name.len() + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The text, if it has no variables.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with its variables as they are written.
    #[must_use]
    pub fn source(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Variable(name) => {
                    out.push_str(OPENING);
                    out.push_str(name);
                    out.push('}');
                }
            }
        }
        out
    }

    /// The number of bytes of literal text, the minimum length of the result.
    pub(super) fn least_length(&self) -> usize {
        let length = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Variable(_) => 0,
        };
        self.parts.iter().map(length).sum()
    }

    /// The names of its variables in order, with repetitions.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with variables replaced by the values that `lookup` returns.
    ///
    /// # Errors
    ///
    /// The name of a variable without a value.
    pub fn render(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        self.fill(lookup, |_, value| Cow::Borrowed(value))
    }

    /// As [`render`](Self::render) for JSON: a value inside a string is escaped; outside, it must
    /// be JSON itself.
    ///
    /// # Errors
    ///
    /// The name of a variable without a value.
    pub fn render_json(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        let mut strings = Strings::default();
        let mut seen = 0;
        self.fill(lookup, |before, value| {
            // Values never begin or end a string, so only literal text is scanned.
            for text in &before[seen..] {
                strings.pass(text);
            }
            seen = before.len();
            match strings.context {
                Context::String => Cow::Owned(escaped_for_json(value)),
                Context::Regex => Cow::Owned(regex::escape(value).replace('/', "\\/")),
                Context::Outside => Cow::Borrowed(value),
            }
        })
    }

    /// As [`render`](Self::render) for a regular expression: values are escaped, so that they match
    /// literally.
    ///
    /// # Errors
    ///
    /// The name of a variable without a value.
    pub fn render_regex(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        self.fill(lookup, |_, value| Cow::Owned(regex::escape(value)))
    }

    /// Replaces variables. `shape` converts each value, and gets the text before it.
    fn fill(
        &self,
        lookup: &dyn Fn(&str) -> Option<String>,
        mut shape: impl for<'a> FnMut(&[&str], &'a str) -> Cow<'a, str>,
    ) -> Result<String, String> {
        let mut filled = String::new();
        let mut texts: Vec<&str> = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    filled.push_str(text);
                    texts.push(text);
                }
                Part::Variable(name) => {
                    let value = lookup(name).ok_or_else(|| name.clone())?;
                    filled.push_str(&shape(&texts, &value));
                }
            }
        }
        Ok(filled)
    }

    /// The text with each `${NAME}` replaced by something of the same length, so that offsets are
    /// the same as in the file. `stand_in` gets the context and the length.
    pub(super) fn stand_in(&self, stand_in: impl Fn(Context, usize) -> String) -> String {
        let mut strings = Strings::default();
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => {
                    strings.pass(part);
                    text.push_str(part);
                }
                Part::Variable(name) => {
                    let length = OPENING.len() + name.len() + 1;
                    text.push_str(&stand_in(strings.context, length));
                }
            }
        }
        text
    }
}

/// The context of a position in JSON or in a pattern for JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Context {
    /// Outside strings.
    #[default]
    Outside,
    /// Inside a string.
    String,
    /// Inside a regular expression.
    Regex,
}

impl Context {
    /// A replacement for a variable in a pattern whose value is not known yet.
    pub(super) fn stand_in(self, length: usize) -> String {
        match self {
            Self::Outside | Self::Regex => "1".repeat(length),
            Self::String => "x".repeat(length),
        }
    }
}

/// Tracks the context in JSON. Valid JSON has no `/` outside strings.
#[derive(Default)]
struct Strings {
    context: Context,
    escaped: bool,
}

impl Strings {
    fn pass(&mut self, text: &str) {
        for byte in text.bytes() {
            self.context = match (self.context, byte) {
                (context, _) if self.escaped => {
                    self.escaped = false;
                    context
                }
                (Context::String | Context::Regex, b'\\') => {
                    self.escaped = true;
                    self.context
                }
                (Context::Outside, b'"') => Context::String,
                (Context::Outside, b'/') => Context::Regex,
                (Context::String, b'"') | (Context::Regex, b'/') => Context::Outside,
                (context, _) => context,
            };
        }
    }
}

/// `value` as the inside of a JSON string.
fn escaped_for_json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        Template::parse(text).expect("a template")
    }

    fn lookup(name: &str) -> Option<String> {
        match name {
            "A" => Some("a\"b".to_owned()),
            "N" => Some("1.5".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_found() {
        let parsed = template("$${A}b${_x1}$");
        assert_eq!(
            parsed.parts,
            [
                Part::Text("$".to_owned()),
                Part::Variable("A".to_owned()),
                Part::Text("b".to_owned()),
                Part::Variable("_x1".to_owned()),
                Part::Text("$".to_owned()),
            ]
        );
        assert_eq!(parsed.variables().collect::<Vec<_>>(), ["A", "_x1"]);
        assert_eq!(parsed.as_literal(), None);
        assert_eq!(template("").as_literal(), Some(""));
        assert_eq!(template("a$b{c}"), Template::literal("a$b{c}"));
        for (text, at) in [
            ("a${}", 1),
            ("é${1}", 2),
            ("${A", 0),
            ("${A}${a b}", 4),
            ("${é}", 0),
        ] {
            assert_eq!(Template::parse(text), Err(at), "{text}");
        }
    }

    #[test]
    fn values_are_escaped_for_their_context() {
        assert_eq!(
            template("x${A}${N}").render(&lookup).as_deref(),
            Ok("xa\"b1.5")
        );
        assert_eq!(
            template(r#"{"k\"${A}": ${N}, "l": "\\${A}${N}"}"#)
                .render_json(&lookup)
                .as_deref(),
            Ok(r#"{"k\"a\"b": 1.5, "l": "\\a\"b1.5"}"#)
        );
        assert_eq!(
            template("^${N}+$").render_regex(&lookup).as_deref(),
            Ok(r"^1\.5+$")
        );
        assert_eq!(template("${B}").render(&lookup), Err("B".to_owned()));
        assert_eq!(template("${B}").render_json(&lookup), Err("B".to_owned()));
        assert_eq!(template("${B}").render_regex(&lookup), Err("B".to_owned()));
    }
}
