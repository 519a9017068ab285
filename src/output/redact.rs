//! Removes secret values from reports. Values of variables from outside, which may be tokens and
//! passwords, are replaced by the variable's name, and secrets of options by `***`.

mod errors;
mod forms;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use memchr::memmem;

pub use errors::hide_values;

/// The mark where a text was shortened.
const CUT: &str = "…";

/// The minimum length in bytes of a part of a value next to such a mark that is replaced. Shorter
/// parts may be anything.
const SHORTEST_REST: usize = 4;

/// Replaces the values of variables by `${NAME}`.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// All forms of all values, longest first, each with its replacement.
    forms: Vec<(String, String)>,
}

impl Redactor {
    /// Creates a redactor for variables, given as names and values. Each value is replaced as a
    /// whole, trimmed and line by line, in every form in which a message, a URL or a report may
    /// contain it.
    #[must_use]
    pub fn new<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut redactor = Self::default();
        let named = variables.into_iter();
        redactor.add(named.map(|(name, value)| (format!("${{{name}}}"), value)));
        redactor
    }

    /// Adds secrets without a name, which are replaced by `***`.
    #[must_use]
    pub fn with_secrets<'a>(mut self, secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let secrets = secrets.into_iter();
        self.add(secrets.map(|secret| ("***".to_owned(), secret)));
        self
    }

    /// Adds values. Existing ones take precedence.
    fn add<'a>(&mut self, values: impl Iterator<Item = (String, &'a str)>) {
        let mut known: BTreeMap<_, _> = std::mem::take(&mut self.forms).into_iter().collect();
        for (shown, value) in values {
            for form in forms::of(value) {
                known.entry(form).or_insert_with(|| shown.clone());
            }
        }
        self.forms = known.into_iter().collect();
        self.forms.sort_by_key(|(form, _)| Reverse(form.len()));
    }

    /// `text` with all values replaced, including the rest of one that was shortened.
    #[must_use]
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let text = self.replace(text);
        if self.forms.is_empty() || !text.contains(CUT) {
            return text;
        }
        let last = text.matches(CUT).count();
        let pieces = text.split(CUT).enumerate();
        let pieces =
            pieces.map(|(place, piece)| self.replace_rests(piece, place > 0, place < last));
        Cow::Owned(pieces.collect::<Vec<_>>().join(CUT))
    }

    /// Replaces all values in `text`. Returns whether there were any.
    pub fn hide(&self, text: &mut String) -> bool {
        let redacted = self.apply(text);
        let is_changed = redacted != *text;
        if is_changed {
            *text = redacted.into_owned();
        }
        is_changed
    }

    /// The same for bytes, which need not be text. `is_cut` says that more bytes followed, which
    /// may have contained the rest of a value.
    #[must_use]
    pub fn apply_to_bytes(&self, bytes: &[u8], is_cut: bool) -> Vec<u8> {
        let mut bytes = self.replaced(bytes).unwrap_or_else(|| bytes.to_vec());
        if is_cut {
            let text = String::from_utf8_lossy(&bytes);
            let rest = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
            let redacted = self.replace_rests(rest, false, true);
            if redacted != rest {
                bytes = redacted.into_owned().into_bytes();
            }
        }
        bytes
    }

    /// `piece` with parts of values replaced that were cut before or after it.
    fn replace_rests<'t>(&self, piece: &'t str, before: bool, after: bool) -> Cow<'t, str> {
        let mut piece = Cow::Borrowed(piece);
        for (form, shown) in &self.forms {
            if before && after && piece.len() >= SHORTEST_REST && form.contains(&*piece) {
                return Cow::Owned(shown.clone());
            }
            let ends = form.char_indices().map(|(end, _)| end);
            if let Some(end) = ends
                .clone()
                .rev()
                .take_while(|end| after && *end >= SHORTEST_REST)
                .find(|end| piece.ends_with(&form[..*end]))
            {
                piece = Cow::Owned(format!("{}{shown}", &piece[..piece.len() - end]));
            }
            if let Some(start) = ends
                .take_while(|start| before && form.len() - start >= SHORTEST_REST)
                .find(|start| piece.starts_with(&form[*start..]))
            {
                piece = Cow::Owned(format!("{shown}{}", &piece[form.len() - start..]));
            }
        }
        piece
    }

    /// `text` with all values replaced.
    fn replace<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.replaced(text.as_bytes()) {
            // Forms are whole characters, and so is the text between them.
            Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
            None => Cow::Borrowed(text),
        }
    }

    /// `bytes` with each value replaced, or `None` if there is none. The first value is replaced;
    /// of several at the same position, the longest.
    fn replaced(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let find = |form: &str, from: usize| {
            let found = memmem::find(&bytes[from..], form.as_bytes());
            found.map_or(usize::MAX, |at| from + at)
        };
        // The next position of each form. A form is searched again only after that position.
        let places = self.forms.iter().map(|(form, _)| find(form, 0));
        let mut places: Vec<usize> = places.collect();
        let mut out = Vec::new();
        let mut end = 0;
        loop {
            // The first minimum is used, and the longest form comes first.
            let first = places.iter().enumerate().min_by_key(|(_, place)| **place);
            let Some((index, &place)) = first.filter(|(_, place)| **place < usize::MAX) else {
                break;
            };
            let (form, shown) = &self.forms[index];
            out.extend_from_slice(&bytes[end..place]);
            out.extend_from_slice(shown.as_bytes());
            end = place + form.len();
            for (place, (form, _)) in places.iter_mut().zip(&self.forms) {
                if *place < end {
                    *place = find(form, end);
                }
            }
        }
        if end == 0 {
            return None;
        }
        out.extend_from_slice(&bytes[end..]);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::escape::{self, Breaks};

    fn redacted(variables: &[(&str, &str)], text: &str) -> String {
        let redactor = Redactor::new(variables.iter().copied());
        redactor.apply(text).into_owned()
    }

    #[test]
    fn values_are_replaced_everywhere() {
        assert_eq!(
            redacted(
                &[("TOKEN", "s3cret")],
                "ws://h/?t=s3cret: expected \"s3crets3cret\""
            ),
            "ws://h/?t=${TOKEN}: expected \"${TOKEN}${TOKEN}\""
        );
    }

    #[test]
    fn longest_value_is_replaced_first() {
        let variables = [("USER", "anna"), ("BOTH", "anna:pass"), ("PASS", "pass")];
        assert_eq!(
            redacted(&variables, "anna:pass anna pass"),
            "${BOTH} ${USER} ${PASS}"
        );
    }

    #[test]
    fn short_values_are_not_replaced() {
        assert_eq!(redacted(&[("A", "ab"), ("B", "")], "abab"), "abab");
        assert_eq!(redacted(&[("A", "äöü")], "äöü"), "${A}");
    }

    #[test]
    fn values_are_not_patterns() {
        assert_eq!(redacted(&[("A", "a.c|$1")], "abc a.c|$1"), "abc ${A}");
    }

    #[test]
    fn parts_of_shortened_values_are_replaced() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0";
        for (text, shown) in [
            ("- bearer eyJhbGciOi…", "- bearer ${TOKEN}…"),
            ("+ …iIxIn0\", b\n+ x", "+ …${TOKEN}\", b\n+ x"),
            ("…OiJIUzI1NiJ9.eyJz…", "…${TOKEN}…"),
            (
                "say eyJhbGciOi… or …yJzdWIiOiIxIn0",
                "say ${TOKEN}… or …${TOKEN}",
            ),
            ("- bearer eyJ…", "- bearer eyJ…"),
            ("eyJhbGciOi and …", "eyJhbGciOi and …"),
            ("plain…", "plain…"),
        ] {
            assert_eq!(redacted(&[("TOKEN", token)], text), shown);
        }
        assert_eq!(redacted(&[("A", "äöüäöü")], "… äöüä…öü"), "… ${A}…${A}");
    }

    #[test]
    fn lines_of_values_are_replaced() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF==\n-----END KEY-----\n";
        let variables = [("KEY", key), ("TOKEN", " s3cret \t")];
        for (text, shown) in [
            (key, "${KEY}"),
            ("- kqhkiG9w0BAQEF==\n+ MIIEvQIBADANBg", "- ${KEY}\n+ ${KEY}"),
            ("-----BEGIN KEY-----\\nMIIEvQIB…", "${KEY}\\n${KEY}…"),
            ("…BAQEF==\\n-----END KEY-----", "…${KEY}\\n${KEY}"),
            ("bad token s3cret!", "bad token ${TOKEN}!"),
            ("(s3c…", "(s3c…"),
            ("(s3cr…", "(${TOKEN}…"),
        ] {
            assert_eq!(redacted(&variables, text), shown);
        }
    }

    #[test]
    fn secrets_without_a_name_are_replaced() {
        let redactor = Redactor::new([("TOKEN", "s3cret")]);
        let redactor = redactor.with_secrets(["s3cret", "pass-word"]);
        assert_eq!(
            redactor.apply("s3cret pass-word pass-w…"),
            "${TOKEN} *** ***…"
        );
    }

    #[test]
    fn every_form_is_replaced() {
        let value = "a \"b\"\n\u{1b}ü";
        let redactor = Redactor::new([("A", value)]);
        for form in [
            value.to_owned(),
            serde_json::to_string(&format!("<{value}>")).expect("JSON"),
            escape::text(value, Breaks::Shown).into_owned(),
            regex::escape(value),
            hex::encode(value),
            format!("ws://h/x?y={}", "a%20%22b%22%1B%C3%BC"),
        ] {
            let shown = redactor.apply(&form);
            assert!(shown.contains("${A}"), "{form:?}: {shown:?}");
        }
        let redactor = Redactor::new([("HOST", "Server.Example")]);
        assert_eq!(redactor.apply("server.example:80"), "${HOST}:80");
    }
}
