//! The values of options in a config file: their types, and paths made absolute.

use std::ops::Range;

use toml::de::DeValue;
use toml::Spanned;

use super::{ConfigEntry, ConfigReader};
use crate::cli::config::{ConfigKey, KeyKind, Setting};
use crate::error::ParseError;

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

/// The values of one or several pairs of strings.
fn pairs(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    let DeValue::Array(values) = value.get_ref() else {
        return None;
    };
    let text = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    if values.len() == 2 && values.iter().all(|value| text(value).is_some()) {
        return values.iter().map(text).collect();
    }
    let pairs: Option<Vec<Vec<String>>> = values.iter().map(pair).collect();
    pairs.map(|pairs| pairs.concat())
}

fn pair(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    match value.get_ref() {
        DeValue::Array(pair) if matches!(pair.first()?.get_ref(), DeValue::String(_)) => {
            pairs(value)
        }
        _ => None,
    }
}

impl ConfigReader<'_> {
    /// An option with the values that the file sets.
    pub(super) fn entry(
        &self,
        key: &ConfigKey,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<ConfigEntry, ParseError> {
        let name = key.name.as_str();
        let wrong = |expected: &str| {
            let cause = format!("{name} must be {expected}");
            Err(self.error(&value.span(), cause))
        };
        let values = match (key.kind, value.get_ref()) {
            (KeyKind::Flag | KeyKind::FlagOrNumber, DeValue::Boolean(flag)) => {
                vec![flag.to_string()]
            }
            (KeyKind::Flag, _) => return wrong("true or false"),
            (KeyKind::Count, DeValue::Integer(count)) if count.radix() == 10 => {
                match count.as_str().parse::<u8>() {
                    Ok(count) if count <= 3 => vec![count.to_string()],
                    _ => return wrong("a number from 0 to 3"),
                }
            }
            (KeyKind::Count, _) => return wrong("a number from 0 to 3"),
            (KeyKind::FlagOrNumber, DeValue::Integer(number)) if number.radix() == 10 => {
                vec![number.as_str().to_owned()]
            }
            (KeyKind::FlagOrNumber, _) => return wrong("true, false or a number"),
            (KeyKind::Pairs, _) => match pairs(value) {
                Some(values) => values,
                None => return wrong("[TIME, TEXT], or an array of such pairs"),
            },
            (KeyKind::One, _) => vec![self.one(name, value)?],
            (KeyKind::Many, _) => {
                let texts = self.texts(name, value)?;
                texts.into_iter().map(|(text, _)| text).collect()
            }
        };
        let mut setting = Setting {
            key: key.clone(),
            values,
        };
        for value in &mut setting.values {
            *value = self.resolved(name, value);
        }
        let place = self.place(&value.span(), setting.is_secret());
        Ok(ConfigEntry { setting, place })
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
                Err(self.error(&value.span(), cause))
            }
        }
    }

    /// A string or a number, or a list of them.
    pub(super) fn texts(
        &self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<(String, Range<usize>)>, ParseError> {
        let DeValue::Array(values) = value.get_ref() else {
            return Ok(vec![(self.one(name, value)?, value.span())]);
        };
        let texts = values.iter().map(|value| {
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) if name == CODES && number.radix() == 10 => {
                    number.as_str().to_owned()
                }
                _ => {
                    let what = if name == CODES { "numbers" } else { "strings" };
                    let cause = format!("{name} must be a string or an array of {what}");
                    return Err(self.error(&value.span(), cause));
                }
            };
            Ok((text, value.span()))
        });
        texts.collect()
    }
}
