//! Texts with variables in them, and what becomes of them when the variables are known.

use std::borrow::Cow;

use crate::conversation::variable::is_name;

/// What begins a variable.
pub(super) const OPENING: &str = "${";

/// A text with variables in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Its parts; no two texts stand side by side, and none is empty.
    pub parts: Vec<Part>,
}

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Stands for itself.
    Text(String),
    /// `${NAME}`: a variable's value.
    Variable(String),
}

impl Template {
    /// A text that stands for itself.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        let parts = match text {
            "" => Vec::new(),
            text => vec![Part::Text(text.to_owned())],
        };
        Self { parts }
    }

    /// Reads `${NAME}` as variables, and everything else as it stands.
    ///
    /// # Errors
    ///
    /// The byte at which a `${` is that begins no variable.
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

    /// The text, if there is no variable in it.
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

    /// The bytes that stand for themselves: it never becomes shorter.
    pub(super) fn least_length(&self) -> usize {
        let length = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Variable(_) => 0,
        };
        self.parts.iter().map(length).sum()
    }

    /// The names of its variables, in their order, as often as they stand in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with the values of its variables, which `lookup` knows.
    ///
    /// # Errors
    ///
    /// The name of a variable that has no value.
    pub fn render(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        self.fill(lookup, |_, value| Cow::Borrowed(value))
    }

    /// As [`render`](Self::render) for JSON: a value inside a string is escaped, so that it stands
    /// for a text whatever is in it; outside it stands as it is, and has to be JSON by itself.
    ///
    /// # Errors
    ///
    /// The name of a variable that has no value.
    pub fn render_json(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        let mut strings = Strings::default();
        let mut seen = 0;
        self.fill(lookup, |before, value| {
            // Values never open or close a string, so only the texts count.
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

    /// As [`render`](Self::render) for a regular expression: a value stands for itself, whatever
    /// it has in it that would mean something there.
    ///
    /// # Errors
    ///
    /// The name of a variable that has no value.
    pub fn render_regex(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        self.fill(lookup, |_, value| Cow::Owned(regex::escape(value)))
    }

    /// `shape` makes of each value what stands in the text; it is told the texts before it.
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

    /// The text with something of the same length in the place of each `${NAME}`: `stand_in` is
    /// told where it stands, and the length. So places in it are places in
    /// the file.
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

/// Where in JSON, or in a pattern for JSON, a place is.
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
    /// What may stand for a variable in a pattern, before its value is known.
    pub(super) fn stand_in(self, length: usize) -> String {
        match self {
            Self::Outside | Self::Regex => "1".repeat(length),
            Self::String => "x".repeat(length),
        }
    }
}

/// Keeps count of where in JSON a place is. Valid JSON has no `/` outside strings.
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
    fn values_stand_as_they_must_where_they_stand() {
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
