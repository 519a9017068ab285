//! Where a value comes from: the command line itself, an environment variable, or a file. `plan`
//! reads it once, and parses it like a literal value.

use std::fmt;
use std::path::PathBuf;

use crate::http::CustomHeader;

/// A secret value, or where to read it. Other users of the machine can see only literal values.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource<T> {
    /// The value itself.
    Literal(T),
    /// `env:NAME`: the value of this environment variable.
    Env(String),
    /// `@FILE`: the content of this file.
    File(PathBuf),
    /// `cmd:COMMAND`: the first line that this command prints. Only a config file may have it.
    Command(String),
}

/// The headers of one `--header`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderArg {
    /// A header.
    Literal(CustomHeader),
    /// `@FILE`: a file with one header per line.
    File(PathBuf),
}

/// Headers of one level: they replace those of lower levels that have the same names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderGroup {
    /// The headers, in the order given.
    pub headers: Vec<HeaderArg>,
    /// Headers of lower levels that options of this level replace.
    pub replaced: Vec<&'static str>,
}

impl<T> SecretSource<T> {
    /// Parses the value of an option; `parse` is for a literal value.
    pub(super) fn parse(text: &str, parse: fn(&str) -> Result<T, String>) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("env:") {
            return match name {
                "" => Err("missing variable name after env:".to_owned()),
                name => Ok(Self::Env(name.to_owned())),
            };
        }
        match text.strip_prefix('@') {
            Some(path) => file(path).map(Self::File),
            None => match text.strip_prefix("cmd:") {
                Some(command) => Ok(Self::Command(command.to_owned())),
                None => parse(text).map(Self::Literal),
            },
        }
    }

    /// The value, if it is literal.
    #[must_use]
    pub fn literal(&self) -> Option<&T> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Env(_) | Self::File(_) | Self::Command(_) => None,
        }
    }

    /// Refuses a command, which the command line and session files can't run.
    pub(super) fn refuse_command(&self, option: &str) -> Result<(), String> {
        match self {
            Self::Command(_) => Err(format!(
                "invalid value for '{option}': cmd: is for the config file only; use env:NAME or @FILE"
            )),
            Self::Literal(_) | Self::Env(_) | Self::File(_) => Ok(()),
        }
    }
}

// A literal value may be of a type whose `Debug` prints it.
impl<T> fmt::Debug for SecretSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("Literal(***)"),
            Self::Env(name) => f.debug_tuple("Env").field(name).finish(),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Command(_) => f.write_str("Command(***)"),
        }
    }
}

impl HeaderArg {
    /// Parses the value of `--header`: a header or `@FILE`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            Some(path) => file(path).map(Self::File),
            None => CustomHeader::parse(text).map(Self::Literal),
        }
    }
}

/// The headers that options replace in what they take precedence over.
pub(super) fn replaced_headers(is_given: impl Fn(&str) -> bool) -> Vec<&'static str> {
    [
        ("Authorization", is_given("user") || is_given("bearer")),
        ("User-Agent", is_given("user-agent")),
        ("Origin", is_given("origin")),
    ]
    .into_iter()
    .filter_map(|(header, is_replaced)| is_replaced.then_some(header))
    .collect()
}

/// The options whose values may hold a secret.
const SECRET: &[&str] = &[
    "header",
    "var",
    "user",
    "bearer",
    "cookie",
    "pass",
    "proxy",
    "proxy-user",
    "proxy-header",
];

/// Whether the values of the option with this long name may hold a secret.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    SECRET.contains(&name)
}

/// Parses a file name after `@`.
fn file(path: &str) -> Result<PathBuf, String> {
    match path {
        "" => Err("missing file name after @".to_owned()),
        "-" => Err(
            "cannot read from stdin, which is sent as messages; use @FILE or env:NAME".to_owned(),
        ),
        path => Ok(PathBuf::from(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_literal_or_references() {
        let parse = |text: &str| SecretSource::parse(text, |text| Ok(text.to_owned()));
        let literal = |text: &str| Ok(SecretSource::Literal(text.to_owned()));
        assert_eq!(parse("a@b env:c"), literal("a@b env:c"));
        assert_eq!(parse(""), literal(""));
        assert_eq!(parse("env:A"), Ok(SecretSource::Env("A".to_owned())));
        assert_eq!(parse("@a b"), Ok(SecretSource::File("a b".into())));
        for (text, says) in [
            ("env:", "missing variable name"),
            ("@", "missing file name"),
            ("@-", "cannot read from stdin"),
        ] {
            let complaint = parse(text).expect_err(text);
            assert!(complaint.starts_with(says), "{complaint}");
        }
        let shown = format!("{:?}", parse("s3cret"));
        assert_eq!(shown, "Ok(Literal(***))");
    }

    #[test]
    fn headers_are_literal_or_in_a_file() {
        assert_eq!(HeaderArg::parse("@f"), Ok(HeaderArg::File("f".into())));
        assert!(matches!(
            HeaderArg::parse("A: @f"),
            Ok(HeaderArg::Literal(_))
        ));
        assert!(HeaderArg::parse("@").is_err() && HeaderArg::parse("A").is_err());
    }
}
