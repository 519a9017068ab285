//! Patterns for JSON values, in `< json`.

use std::cmp::Ordering;
use std::fmt;

use regex::Regex;
use serde_json::Value;

use super::number;

/// A pattern for a value.
#[derive(Clone, Debug)]
pub enum JsonPattern {
    /// `any`: any value.
    Any,
    /// `absent`: the member must not exist.
    Absent,
    /// `string`, `number` and so on.
    Kind(JsonKind),
    /// `numeric [RANGE]`: a string that contains a number.
    Numeric(Option<Range>),
    /// `size RANGE`: the number of elements, members or characters.
    Size(Range),
    /// `> N`, `1..100`: a number.
    Range(Range),
    /// `has VALUE`: at least one element matches.
    Has(Box<JsonPattern>),
    /// `each VALUE`: all elements match.
    Each(Box<JsonPattern>),
    /// `/REGEX/`: a string that contains a match.
    Regex(Regex),
    /// `A | B`.
    Or(Vec<JsonPattern>),
    /// `A and B`.
    And(Vec<JsonPattern>),
    /// `not A`.
    Not(Box<JsonPattern>),
    /// `A as NAME`: sets a variable.
    As(Box<JsonPattern>, String),
    /// `= A`: without further members or elements.
    Exact(Box<JsonPattern>),
    /// An object with at least these members.
    Object(Vec<(String, JsonPattern)>),
    /// An array with these elements and, if it is `open`, more after them.
    Array {
        /// The elements.
        elements: Vec<JsonPattern>,
        /// `[A, ..]`.
        open: bool,
    },
    /// A value without patterns, which is contained in the received value.
    Plain(Value),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// A string.
    String,
    /// A number.
    Number,
    /// A number without a fraction.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A range of numbers, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    /// Exactly this one.
    Equal(String),
    /// `> N`
    Above(String),
    /// `>= N`
    AtLeast(String),
    /// `< N`
    Below(String),
    /// `<= N`
    AtMost(String),
    /// `N..M`, including both limits.
    Between(String, String),
}

impl Range {
    /// Whether a number is in the range.
    #[must_use]
    pub fn has(&self, received: &str) -> bool {
        let order = |limit: &str| number::order(received, limit);
        match self {
            Self::Equal(number) => number::same(received, number),
            Self::Above(limit) => order(limit) == Some(Ordering::Greater),
            Self::AtLeast(limit) => order(limit).is_some_and(Ordering::is_ge),
            Self::Below(limit) => order(limit) == Some(Ordering::Less),
            Self::AtMost(limit) => order(limit).is_some_and(Ordering::is_le),
            Self::Between(first, last) => {
                order(first).is_some_and(Ordering::is_ge)
                    && order(last).is_some_and(Ordering::is_le)
            }
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(number) => write!(f, "{number}"),
            Self::Above(limit) => write!(f, "> {limit}"),
            Self::AtLeast(limit) => write!(f, ">= {limit}"),
            Self::Below(limit) => write!(f, "< {limit}"),
            Self::AtMost(limit) => write!(f, "<= {limit}"),
            Self::Between(first, last) => write!(f, "from {first} to {last}"),
        }
    }
}

impl JsonKind {
    /// The type for a keyword.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "string" => Self::String,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    fn words(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Integer => "an integer",
            Self::Boolean => "true or false",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

impl JsonPattern {
    /// Whether the member may be missing.
    #[must_use]
    pub fn allows_absence(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Or(patterns) => patterns.iter().any(Self::allows_absence),
            Self::And(patterns) => patterns.iter().all(Self::allows_absence),
            Self::Not(pattern) => !pattern.allows_absence(),
            Self::As(pattern, _) | Self::Exact(pattern) => pattern.allows_absence(),
            _ => false,
        }
    }

    /// The variables that it sets.
    pub fn variables<'a>(&'a self, found: &mut Vec<&'a str>) {
        if let Self::As(_, name) = self {
            found.push(name);
        }
        for pattern in self.parts() {
            pattern.variables(found);
        }
    }

    /// The patterns inside it.
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::As(pattern, _)
            | Self::Has(pattern)
            | Self::Each(pattern)
            | Self::Not(pattern)
            | Self::Exact(pattern) => vec![pattern],
            Self::Or(patterns) | Self::And(patterns) => patterns.iter().collect(),
            Self::Object(members) => members.iter().map(|(_, pattern)| pattern).collect(),
            Self::Array { elements, .. } => elements.iter().collect(),
            _ => Vec::new(),
        }
    }
}

/// A description to follow "expected".
impl fmt::Display for JsonPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, patterns: &[Self], between: &str| {
            let words: Vec<_> = patterns.iter().map(Self::to_string).collect();
            f.write_str(&words.join(between))
        };
        match self {
            Self::Any => f.write_str("any value"),
            Self::Absent => f.write_str("no such member"),
            Self::Kind(kind) => f.write_str(kind.words()),
            Self::Numeric(None) => f.write_str("a string with a number"),
            Self::Numeric(Some(range)) => write!(f, "a string with a number {range}"),
            Self::Size(range) => write!(f, "a size of {range}"),
            Self::Range(range) => write!(f, "a number {range}"),
            Self::Has(pattern) => write!(f, "an element that is {pattern}"),
            Self::Each(pattern) => write!(f, "elements that are {pattern}"),
            Self::Regex(regex) => write!(f, "a string matching /{regex}/"),
            Self::Or(patterns) => list(f, patterns, " or "),
            Self::And(patterns) => list(f, patterns, " and "),
            Self::Not(pattern) => write!(f, "anything but {pattern}"),
            Self::As(pattern, _) => pattern.fmt(f),
            Self::Exact(pattern) => write!(f, "exactly {pattern}"),
            Self::Plain(value) => write!(f, "{value}"),
            Self::Object(members) => {
                let word = |(name, pattern): &(String, Self)| {
                    format!("{}:{pattern}", Value::from(name.as_str()))
                };
                let words: Vec<_> = members.iter().map(word).collect();
                write!(f, "{{{}}}", words.join(","))
            }
            Self::Array { elements, open } => {
                let words = elements.iter().map(Self::to_string);
                let words: Vec<_> = words.chain(open.then(|| "..".to_owned())).collect();
                write!(f, "[{}]", words.join(","))
            }
        }
    }
}
