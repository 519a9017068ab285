//! Numbers, their ranges and regular expressions in a JSON pattern.

use regex::RegexBuilder;

use super::{PatternError, PatternReader};
use crate::conversation::matching::pattern::{JsonPattern, Range};

impl PatternReader<'_> {
    /// `/…/` or `/…/i`. A `/` inside is written `\/`.
    pub(super) fn regex(&mut self) -> Result<JsonPattern, PatternError> {
        let inside = &self.rest()[1..];
        let mut escaped = false;
        let end = inside.char_indices().find_map(|(at, c)| {
            let ends = c == '/' && !escaped;
            escaped = c == '\\' && !escaped;
            ends.then_some(at)
        });
        let Some(end) = end else {
            return Err(self.error("unclosed regular expression: missing /"));
        };
        let pattern = &inside[..end];
        let ignore_case = inside[end + 1..].starts_with('i');
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(ignore_case)
            .build();
        let regex = regex.map_err(|error| self.error(regex_cause(pattern, &error)))?;
        self.at += end + 2 + usize::from(ignore_case);
        Ok(JsonPattern::Regex(regex))
    }

    pub(super) fn number_or_range(&mut self) -> Result<JsonPattern, PatternError> {
        match self.range()? {
            Some(Range::Equal(number)) => {
                let value = serde_json::from_str(&number);
                let value = value.map_err(|_| self.error("invalid number"))?;
                Ok(JsonPattern::Plain(value))
            }
            Some(range) => Ok(JsonPattern::Range(range)),
            None => Err(self.error("expected a number")),
        }
    }

    /// `> N`, `N..M` or `N`, if it is next.
    pub(super) fn range(&mut self) -> Result<Option<Range>, PatternError> {
        for (sign, range) in [
            (">=", Range::AtLeast as fn(String) -> Range),
            ("<=", Range::AtMost),
            (">", Range::Above),
            ("<", Range::Below),
        ] {
            if self.take(sign) {
                let number = self.number()?;
                let missing = || self.error(format!("missing number after {sign}"));
                return number.map(range).ok_or_else(missing).map(Some);
            }
        }
        if self.take("..") {
            let number = self.number()?;
            let missing = || self.error("missing number after ..");
            return number.map(Range::AtMost).ok_or_else(missing).map(Some);
        }
        let Some(first) = self.number()? else {
            return Ok(None);
        };
        if !self.rest().starts_with("..") {
            return Ok(Some(Range::Equal(first)));
        }
        self.at += 2;
        Ok(Some(match self.number()? {
            Some(last) => Range::Between(first, last),
            None => Range::AtLeast(first),
        }))
    }

    /// A number in JSON syntax, without the dots of a range.
    fn number(&mut self) -> Result<Option<String>, PatternError> {
        self.skip_spaces();
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| {
            let count = bytes[from.min(bytes.len())..].iter();
            count.take_while(|byte| byte.is_ascii_digit()).count()
        };
        let mut end = usize::from(bytes.first() == Some(&b'-'));
        let whole = digits(end);
        if whole == 0 {
            return match end {
                0 => Ok(None),
                _ => Err(self.error("invalid number")),
            };
        }
        end += whole;
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            end += if exponent > 0 { 1 + sign + exponent } else { 0 };
        }
        let number = &rest[..end];
        if serde_json::from_str::<serde_json::Number>(number).is_err() {
            return Err(self.error(format!("invalid number '{number}'")));
        }
        self.at += end;
        Ok(Some(number.to_owned()))
    }
}

/// The error of a regular expression, on one line.
fn regex_cause(pattern: &str, error: &regex::Error) -> String {
    let cause = match regex_syntax::parse(pattern) {
        Err(regex_syntax::Error::Parse(error)) => error.kind().to_string(),
        Err(regex_syntax::Error::Translate(error)) => error.kind().to_string(),
        _ => error.to_string(),
    };
    format!("invalid regular expression: {cause}")
}
