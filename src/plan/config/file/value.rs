//! The values of options in a config file: their types, and paths made absolute.

use std::ops::Range;

use toml::de::DeValue;
use toml::Spanned;

use super::{error, is_secret, ConfigEntry, ConfigReader, FilePosition};
use crate::cli::config::{ConfigKey, KeyKind, Setting};
use crate::error::ParseError;
use crate::http::CustomHeader;

/// The option whose values are numbers.
const CODES: &str = "reconnect-on";

/// Options whose values are paths, which are relative to the folder of the file.
const PATHS: &[&str] = &[
    "cacert",
    "cert",
    "key",
    "unix-socket",
    "record",
    "rules",
    "history",
    "netrc-file",
];

/// A value and its position.
type Placed = (String, Range<usize>);

/// The values of one or several pairs of strings.
///
/// # Errors
///
/// The position of what is not a pair, or not a string in a pair.
fn pairs(value: &Spanned<DeValue<'_>>) -> Result<Vec<Placed>, Range<usize>> {
    let DeValue::Array(values) = value.get_ref() else {
        return Err(value.span());
    };
    let is_array = |value: &Spanned<DeValue<'_>>| matches!(value.get_ref(), DeValue::Array(_));
    if !values.is_empty() && !values.iter().any(is_array) {
        return pair(value);
    }
    let pairs: Result<Vec<_>, _> = values.iter().map(pair).collect();
    pairs.map(|pairs| pairs.concat())
}

fn pair(value: &Spanned<DeValue<'_>>) -> Result<Vec<Placed>, Range<usize>> {
    let values = match value.get_ref() {
        DeValue::Array(values) if values.len() == 2 => values,
        _ => return Err(value.span()),
    };
    let texts = values.iter().map(|value| match value.get_ref() {
        DeValue::String(text) => Ok((text.to_string(), value.span())),
        _ => Err(value.span()),
    });
    texts.collect()
}

/// Why the value of a header can't be sent: it looks like the source of a secret, which only other
/// options read.
fn unread_source(name: &str, text: &str) -> Option<String> {
    let instead = match name {
        "header" => "header = \"@FILE\", a file with one header per line",
        "proxy-header" => "proxy-user, or --proxy-header on the command line",
        _ => return None,
    };
    let header = CustomHeader::parse(text).ok()?;
    let value = str::from_utf8(header.value.as_deref()?).ok()?;
    let is_login = header.is("Authorization");
    let after_scheme = value.split_once(' ').filter(|_| is_login);
    let value = after_scheme.map_or(value, |(_, rest)| rest.trim_start());
    let mut sources = ["env:", "cmd:", "@"].into_iter();
    let source = sources.find(|source| value.starts_with(source))?;
    let instead = if is_login { "bearer or user" } else { instead };
    Some(format!(
        "a value that begins with {source} would be sent as it is; use {instead}"
    ))
}

impl ConfigReader<'_> {
    /// An option with the values that the file sets.
    pub(super) fn entry(
        &self,
        key: &ConfigKey,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<ConfigEntry, ParseError> {
        let name = key.name.as_str();
        let wrong_at = |span: &Range<usize>, expected: &str| {
            let cause = format!("{name} must be {expected}");
            Err(error(self.name, &self.place_of(name, span, &[]), cause))
        };
        let wrong = |expected: &str| wrong_at(&value.span(), expected);
        let one = |text: String| vec![(text, value.span())];
        let values = match (key.kind, value.get_ref()) {
            (KeyKind::Flag | KeyKind::FlagOrNumber, DeValue::Boolean(flag)) => {
                one(flag.to_string())
            }
            (KeyKind::Flag, _) => return wrong("true or false"),
            (KeyKind::Count, DeValue::Integer(count)) if count.radix() == 10 => {
                match count.as_str().parse::<u8>() {
                    Ok(count) if count <= 3 => one(count.to_string()),
                    _ => return wrong("a number from 0 to 3"),
                }
            }
            (KeyKind::Count, _) => return wrong("a number from 0 to 3"),
            (KeyKind::FlagOrNumber, DeValue::Integer(number)) if number.radix() == 10 => {
                one(number.as_str().to_owned())
            }
            (KeyKind::FlagOrNumber, _) => return wrong("true, false or a number"),
            (KeyKind::Pairs, _) => match pairs(value) {
                Ok(values) => values,
                Err(span) => return wrong_at(&span, "[TIME, TEXT], or an array of such pairs"),
            },
            (KeyKind::One, _) => one(self.one(name, value)?),
            (KeyKind::Many, _) => self.texts(name, value)?,
        };
        let spans: Vec<Range<usize>> = values.iter().map(|(_, span)| span.clone()).collect();
        let place = |span: &Range<usize>| self.place_of(name, span, &spans);
        for (text, span) in &values {
            if let Some(cause) = unread_source(name, text) {
                let cause = format!("invalid {name}: {cause}");
                return Err(error(self.name, &place(span), cause));
            }
        }
        Ok(ConfigEntry {
            places: spans.iter().map(place).collect(),
            setting: Setting {
                key: key.clone(),
                values: values
                    .iter()
                    .map(|(text, _)| self.resolved(name, text))
                    .collect(),
            },
        })
    }

    /// The position of a value of an option, all of whose values are at `all`.
    fn place_of(&self, name: &str, span: &Range<usize>, all: &[Range<usize>]) -> FilePosition {
        if is_secret(name) {
            self.place_hiding(span, all)
        } else {
            self.place(span)
        }
    }

    /// A value with its path, if it has one, made absolute.
    fn resolved(&self, name: &str, value: &str) -> String {
        if PATHS.contains(&name) && !value.is_empty() {
            return self.folders.resolve(value);
        }
        let is_file = matches!(
            name,
            "header" | "user" | "bearer" | "pass" | "proxy-user" | "on-connect" | "every"
        );
        match value.strip_prefix('@') {
            Some(path) if is_file && !path.is_empty() && path != "-" => {
                format!("@{}", self.folders.resolve(path))
            }
            _ => value.to_owned(),
        }
    }

    /// A string, or a number as text.
    pub(super) fn one(
        &self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<String, ParseError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
            DeValue::Float(number) => Ok(number.as_str().to_owned()),
            _ => {
                let cause = format!("{name} must be a string or a number");
                let place = self.place_of(name, &value.span(), &[]);
                Err(error(self.name, &place, cause))
            }
        }
    }

    /// A string or a number, or a list of them.
    pub(super) fn texts(
        &self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<Placed>, ParseError> {
        let DeValue::Array(values) = value.get_ref() else {
            return Ok(vec![(self.one(name, value)?, value.span())]);
        };
        let all: Vec<_> = values.iter().map(Spanned::span).collect();
        let texts = values.iter().map(|value| {
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) if name == CODES && number.radix() == 10 => {
                    number.as_str().to_owned()
                }
                _ => {
                    let what = if name == CODES { "numbers" } else { "strings" };
                    let cause = format!("{name} must be a string or an array of {what}");
                    let place = self.place_of(name, &value.span(), &all);
                    return Err(error(self.name, &place, cause));
                }
            };
            Ok((text, value.span()))
        });
        texts.collect()
    }
}
