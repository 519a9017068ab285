//! Values that no report may show: those of variables that came from outside, which may be tokens
//! and passwords, are replaced by the variable's name.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use url::Url;

use crate::output::escape::{self, Breaks};

/// Shorter values are no secrets, and would be found in everything.
const SHORTEST: usize = 3;

/// What stands where a text was shortened.
const CUT: &str = "…";

/// So many bytes of a value next to a cut are taken for a rest of it; fewer may be anything.
const SHORTEST_REST: usize = 4;

/// Replaces the values of variables by `${NAME}`.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// All values in all their forms, the longest first, and the variables that they belong to.
    forms: Vec<(String, String)>,
}

impl Redactor {
    /// A redactor of these variables, each a name and a value. A value counts in every form that
    /// a message or an address may give it: in JSON, in a URL, escaped for a terminal.
    #[must_use]
    pub fn new<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut names = BTreeMap::new();
        for (name, value) in variables {
            if value.chars().count() >= SHORTEST {
                for form in forms(value) {
                    names.entry(form).or_insert_with(|| name.to_owned());
                }
            }
        }
        let mut forms: Vec<_> = names.into_iter().collect();
        forms.sort_by_key(|(form, _)| Reverse(form.len()));
        Self { forms }
    }

    /// `text` without any of the values, nor of what is left of one that was shortened.
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

    /// `piece` without the rests of values that were cut before or after it.
    fn replace_rests<'t>(&self, piece: &'t str, before: bool, after: bool) -> Cow<'t, str> {
        let mut piece = Cow::Borrowed(piece);
        for (form, name) in &self.forms {
            let name = || format!("${{{name}}}");
            if before && after && piece.len() >= SHORTEST_REST && form.contains(&*piece) {
                return Cow::Owned(name());
            }
            let ends = form.char_indices().map(|(end, _)| end);
            if let Some(end) = ends
                .clone()
                .rev()
                .take_while(|end| after && *end >= SHORTEST_REST)
                .find(|end| piece.ends_with(&form[..*end]))
            {
                piece = Cow::Owned(format!("{}{}", &piece[..piece.len() - end], name()));
            }
            if let Some(start) = ends
                .take_while(|start| before && form.len() - start >= SHORTEST_REST)
                .find(|start| piece.starts_with(&form[*start..]))
            {
                piece = Cow::Owned(format!("{}{}", name(), &piece[form.len() - start..]));
            }
        }
        piece
    }

    /// `text` without any of the values.
    fn replace<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut rest = text;
        let mut out = String::new();
        while let Some((start, form, name)) = self.first_in(rest) {
            out.push_str(&rest[..start]);
            out.push_str("${");
            out.push_str(name);
            out.push('}');
            rest = &rest[start + form.len()..];
        }
        if rest.len() == text.len() {
            return Cow::Borrowed(text);
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    /// The value that begins first, and of those that begin there the longest.
    fn first_in(&self, text: &str) -> Option<(usize, &str, &str)> {
        let found = self.forms.iter().filter_map(|(form, name)| {
            let start = text.find(form.as_str())?;
            Some((start, form.as_str(), name.as_str()))
        });
        // The first of several minima is taken, and the longest stands first.
        found.min_by_key(|(start, ..)| *start)
    }
}

/// How a value may be written.
fn forms(value: &str) -> Vec<String> {
    let json = serde_json::Value::from(value).to_string();
    let json = &json[1..json.len() - 1];
    let mut forms = vec![
        value.to_owned(),
        json.to_owned(),
        escape::text(value, Breaks::Shown).into_owned(),
        escape::text(value, Breaks::Kept).into_owned(),
        escape::text(json, Breaks::Shown).into_owned(),
        regex::escape(value),
        hex::encode(value),
    ];
    if let Ok(mut url) = Url::parse("ws://host/") {
        url.set_path(value);
        forms.push(url.path().trim_start_matches('/').to_owned());
        url.set_query(Some(value));
        forms.extend(url.query().map(str::to_owned));
        // A password that holds them has these three encoded by whoever wrote the address.
        if url.set_password(Some(value)).is_ok() {
            forms.extend(url.password().map(str::to_owned));
        }
        // A host is lower case, and international names are not what they were.
        if url.set_host(Some(value)).is_ok() {
            forms.extend(url.host_str().map(str::to_owned));
        }
    }
    forms.retain(|form| form.chars().count() >= SHORTEST);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(variables: &[(&str, &str)], text: &str) -> String {
        let redactor = Redactor::new(variables.iter().copied());
        redactor.apply(text).into_owned()
    }

    #[test]
    fn a_value_is_replaced_wherever_it_stands() {
        assert_eq!(
            redacted(
                &[("TOKEN", "s3cret")],
                "ws://h/?t=s3cret: expected \"s3crets3cret\""
            ),
            "ws://h/?t=${TOKEN}: expected \"${TOKEN}${TOKEN}\""
        );
    }

    #[test]
    fn the_longest_goes_first() {
        let variables = [("USER", "anna"), ("BOTH", "anna:pass"), ("PASS", "pass")];
        assert_eq!(
            redacted(&variables, "anna:pass anna pass"),
            "${BOTH} ${USER} ${PASS}"
        );
    }

    #[test]
    fn short_ones_stay() {
        assert_eq!(redacted(&[("A", "ab"), ("B", "")], "abab"), "abab");
        assert_eq!(redacted(&[("A", "äöü")], "äöü"), "${A}");
    }

    #[test]
    fn what_looks_like_a_pattern_is_text() {
        assert_eq!(redacted(&[("A", "a.c|$1")], "abc a.c|$1"), "abc ${A}");
    }

    #[test]
    fn what_is_left_of_one_that_was_shortened_is_replaced_too() {
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
    fn every_form_counts() {
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
