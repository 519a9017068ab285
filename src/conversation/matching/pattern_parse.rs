//! Reads a [`JsonPattern`].
//!
//! ```text
//! value   = choice [ "as" NAME ]
//! choice  = both { "|" both }
//! both    = unary { "and" unary }
//! unary   = ( "not" | "has" | "each" | "=" ) unary | simple
//! simple  = object | array | string | number [ ".." [ number ] ] | ".." number | comparison
//!         | "/" regex "/" [ "i" ] | word
//! ```

use serde_json::{Map, Value};

use super::pattern::{JsonKind, JsonPattern};
use crate::text::suggest::nearest;

mod scalar;

/// The keywords at the beginning of a pattern.
const WORDS: &[&str] = &[
    "any", "absent", "string", "number", "integer", "boolean", "array", "object", "numeric",
    "size", "has", "each", "not", "true", "false", "null",
];

/// The maximum nesting depth of values.
const DEPTH: usize = 120;

/// An error in a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The byte offset.
    pub at: usize,
    /// The reason, without a full stop.
    pub cause: String,
}

/// Parses a pattern. One without any keywords is [`JsonPattern::Plain`].
///
/// # Errors
///
/// Why it is invalid, and where.
pub fn parse_pattern(text: &str) -> Result<JsonPattern, PatternError> {
    let mut reader = PatternReader {
        text,
        at: 0,
        depth: 0,
    };
    let pattern = reader.value()?;
    reader.skip_spaces();
    if reader.at < text.len() {
        return Err(reader.error("unexpected text after the JSON pattern"));
    }
    Ok(pattern)
}

struct PatternReader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> PatternReader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn error(&self, cause: impl Into<String>) -> PatternError {
        PatternError {
            at: self.at,
            cause: cause.into(),
        }
    }

    /// Consumes `token` if it is next.
    fn take(&mut self, token: &str) -> bool {
        self.skip_spaces();
        let is_next = self.rest().starts_with(token);
        self.at += if is_next { token.len() } else { 0 };
        is_next
    }

    /// The next word; empty if there is none.
    fn peek_word(&mut self) -> &'a str {
        self.skip_spaces();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_next = self.peek_word() == word;
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    fn value(&mut self) -> Result<JsonPattern, PatternError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(format!("nested more than {DEPTH} levels deep")));
        }
        let pattern = self.choice()?;
        self.depth -= 1;
        if !self.take_word("as") {
            return Ok(pattern);
        }
        let name = self.peek_word();
        if !crate::conversation::variable::is_name(name) {
            return Err(self.error("missing variable name after as, as in 'string as ID'"));
        }
        self.at += name.len();
        Ok(JsonPattern::As(Box::new(pattern), name.to_owned()))
    }

    fn choice(&mut self) -> Result<JsonPattern, PatternError> {
        let mut patterns = vec![self.both()?];
        while self.take("|") {
            patterns.push(self.both()?);
        }
        Ok(match patterns.len() {
            1 => patterns.remove(0),
            _ => JsonPattern::Or(patterns),
        })
    }

    fn both(&mut self) -> Result<JsonPattern, PatternError> {
        let mut patterns = vec![self.unary()?];
        while self.take_word("and") {
            patterns.push(self.unary()?);
        }
        Ok(match patterns.len() {
            1 => patterns.remove(0),
            _ => JsonPattern::And(patterns),
        })
    }

    fn unary(&mut self) -> Result<JsonPattern, PatternError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(format!("nested more than {DEPTH} levels deep")));
        }
        let pattern = if self.take_word("not") {
            JsonPattern::Not(Box::new(self.unary()?))
        } else if self.take_word("has") {
            JsonPattern::Has(Box::new(self.unary()?))
        } else if self.take_word("each") {
            JsonPattern::Each(Box::new(self.unary()?))
        } else if self.take("=") {
            JsonPattern::Exact(Box::new(self.unary()?))
        } else {
            self.simple()?
        };
        self.depth -= 1;
        Ok(pattern)
    }

    fn simple(&mut self) -> Result<JsonPattern, PatternError> {
        self.skip_spaces();
        match self.rest().as_bytes().first() {
            None => Err(self.error("missing value")),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => Ok(JsonPattern::Plain(Value::from(self.string()?))),
            Some(b'/') => self.regex(),
            Some(b'-' | b'0'..=b'9' | b'.' | b'<' | b'>') => self.number_or_range(),
            Some(_) => self.word(),
        }
    }

    fn word(&mut self) -> Result<JsonPattern, PatternError> {
        let word = self.peek_word();
        let pattern = match word {
            "any" => JsonPattern::Any,
            "absent" => JsonPattern::Absent,
            "null" => JsonPattern::Plain(Value::Null),
            "true" => JsonPattern::Plain(Value::Bool(true)),
            "false" => JsonPattern::Plain(Value::Bool(false)),
            "numeric" => {
                self.at += word.len();
                return Ok(JsonPattern::Numeric(self.range()?));
            }
            "size" => {
                self.at += word.len();
                let range = self.range()?;
                return range
                    .map(JsonPattern::Size)
                    .ok_or_else(|| self.error("missing number after size, as in 'size 3'"));
            }
            _ => match JsonKind::from_word(word) {
                Some(kind) => JsonPattern::Kind(kind),
                None => return Err(self.unknown(word)),
            },
        };
        self.at += word.len();
        Ok(pattern)
    }

    fn unknown(&self, word: &str) -> PatternError {
        if word.is_empty() {
            let wrong = self.rest().chars().next().unwrap_or_default();
            return self.error(format!("expected a value, received '{wrong}'"));
        }
        match nearest(word, WORDS.iter().copied()) {
            Some(near) => self.error(format!("unknown word '{word}': did you mean {near}?")),
            None => self.error(format!(
                "unknown word '{word}': a string is written in double quotes"
            )),
        }
    }

    fn string(&mut self) -> Result<String, PatternError> {
        let mut strings = serde_json::Deserializer::from_str(self.rest()).into_iter::<String>();
        match strings.next() {
            Some(Ok(text)) => {
                self.at += strings.byte_offset();
                Ok(text)
            }
            Some(Err(error)) if error.is_eof() => Err(self.error("unclosed string: missing \"")),
            Some(Err(error)) => {
                let cause = error.to_string();
                let cause = cause.split(" at line ").next().unwrap_or_default();
                let at = self.at + error.column().saturating_sub(1);
                Err(PatternError {
                    at: self.text.floor_char_boundary(at.min(self.text.len())),
                    cause: format!("invalid string: {cause}"),
                })
            }
            None => Err(self.error("missing string")),
        }
    }

    fn object(&mut self) -> Result<JsonPattern, PatternError> {
        let begin = self.at;
        self.at += 1;
        let mut members = Vec::new();
        if self.take("}") {
            return Ok(JsonPattern::Plain(Value::Object(Map::new())));
        }
        loop {
            self.skip_spaces();
            if !self.rest().starts_with('"') {
                return Err(self.error("expected the name of a member in double quotes"));
            }
            let name = self.string()?;
            if !self.take(":") {
                return Err(self.error("expected ':'"));
            }
            members.push((name, self.value()?));
            if self.take("}") {
                return Ok(collapse_object(members));
            }
            if !self.take(",") {
                return Err(self.unclosed(begin, '}'));
            }
        }
    }

    fn array(&mut self) -> Result<JsonPattern, PatternError> {
        let begin = self.at;
        self.at += 1;
        let (mut elements, mut open) = (Vec::new(), false);
        if self.take("]") {
            return Ok(JsonPattern::Plain(Value::Array(Vec::new())));
        }
        loop {
            self.skip_spaces();
            let after_dots = self.rest().strip_prefix("..").map(str::trim_start);
            if after_dots.is_some_and(|rest| rest.starts_with(']')) {
                self.at += 2;
                open = true;
            } else {
                elements.push(self.value()?);
            }
            if self.take("]") {
                return Ok(collapse_array(elements, open));
            }
            if !self.take(",") {
                return Err(self.unclosed(begin, ']'));
            }
        }
    }

    fn unclosed(&mut self, begin: usize, end: char) -> PatternError {
        self.skip_spaces();
        if self.rest().is_empty() {
            self.at = begin;
            return self.error(format!("unclosed bracket: missing {end}"));
        }
        self.error(format!("expected ',' or '{end}'"))
    }
}

fn plain(pattern: &JsonPattern) -> Option<Value> {
    match pattern {
        JsonPattern::Plain(value) => Some(value.clone()),
        _ => None,
    }
}

fn collapse_object(members: Vec<(String, JsonPattern)>) -> JsonPattern {
    let values = members.iter().map(|(name, pattern)| {
        let value = plain(pattern)?;
        Some((name.clone(), value))
    });
    match values.collect::<Option<Map<_, _>>>() {
        Some(values) => JsonPattern::Plain(Value::Object(values)),
        None => JsonPattern::Object(members),
    }
}

fn collapse_array(elements: Vec<JsonPattern>, open: bool) -> JsonPattern {
    let values = elements.iter().map(plain).collect::<Option<Vec<_>>>();
    match values.filter(|_| !open) {
        Some(values) => JsonPattern::Plain(Value::Array(values)),
        None => JsonPattern::Array { elements, open },
    }
}
