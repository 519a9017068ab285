//! Phrases of reports, whose words are ours and whose values may be secret.

use std::borrow::Cow;
use std::fmt;

/// A part of a sentence that keeps its words apart from the values that it quotes, so that a secret
/// value can be replaced and a word that happens to be equal to one is kept. Nothing is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase(Vec<PhrasePart>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum PhrasePart {
    Words(Cow<'static, str>),
    Value(String),
}

impl Phrase {
    /// A phrase that begins with words.
    pub fn words(words: impl Into<Cow<'static, str>>) -> Self {
        Self::default().and(words)
    }

    /// A phrase that begins with a value.
    pub fn value(value: impl Into<String>) -> Self {
        Self::default().and_value(value)
    }

    /// Adds words.
    #[must_use]
    pub fn and(mut self, words: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(PhrasePart::Words(words.into()));
        self
    }

    /// Adds a value.
    #[must_use]
    pub fn and_value(mut self, value: impl Into<String>) -> Self {
        self.0.push(PhrasePart::Value(value.into()));
        self
    }

    /// Adds another phrase.
    #[must_use]
    pub fn and_phrase(mut self, phrase: Self) -> Self {
        self.0.extend(phrase.0);
        self
    }

    /// The values, to replace what is secret.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.0.iter_mut().filter_map(|part| match part {
            PhrasePart::Words(_) => None,
            PhrasePart::Value(value) => Some(value),
        })
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            PhrasePart::Words(words) => f.write_str(words),
            PhrasePart::Value(value) => f.write_str(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_values_are_printed_in_order() {
        let inner = Phrase::value("b").and("!");
        let mut phrase = Phrase::words("a ").and_phrase(inner).and_value(" c");
        assert_eq!(phrase.to_string(), "a b! c");
        for value in phrase.values_mut() {
            value.make_ascii_uppercase();
        }
        assert_eq!(phrase.to_string(), "a B! C");
    }
}
