//! The values of variables in session files, and which of them reports hide.

use super::credentials;
use super::load::Loaded;
use crate::cli::VariableValue;
use crate::error::Error;
use crate::output::redact::Redactor;
use crate::plan;
use crate::secret::Secret;
use crate::session_file::{SessionFile, Statement};

/// The variables of `--var` with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenVariables {
    /// The names and values, in the order of the command line.
    pub values: Vec<(String, String)>,
    /// The names of those that came from the environment.
    pub of_environment: Vec<String>,
}

impl GivenVariables {
    /// Reads the values that are in the environment.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for one that is not set.
    pub fn read(given: &[(String, VariableValue)]) -> Result<Self, Error> {
        let mut read = Self::default();
        for (name, value) in given {
            let value = match value {
                VariableValue::Literal(value) => value.clone(),
                VariableValue::Env(variable) => {
                    read.of_environment.push(name.clone());
                    plan::variable(variable).ok_or_else(|| unset(name, variable))?
                }
            };
            read.values.push((name.clone(), value));
        }
        Ok(read)
    }
}

fn unset(name: &str, variable: &str) -> Error {
    Error::Usage(format!(
        "environment variable {variable:?} of --var {name}=env:{variable} is not set"
    ))
}

/// The variables of the files: those of `--var`, of which the last of a name is used, then those of
/// the environment.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'a> {
    given: &'a [(String, String)],
    /// Variables whose values are hidden.
    hidden: &'a [String],
    /// Whether only those of `--var` are used (`--untrusted`).
    untrusted: bool,
}

impl<'a> Variables<'a> {
    /// The variables of `--var`, and the names of those that are always hidden.
    #[must_use]
    pub fn new(given: &'a [(String, String)], hidden: &'a [String], untrusted: bool) -> Self {
        Self {
            given,
            hidden,
            untrusted,
        }
    }

    /// The value of a variable.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        match self.given(name) {
            Some(value) => Some(value.to_owned()),
            None if self.untrusted => None,
            None => plan::variable(name),
        }
    }

    fn given(&self, name: &str) -> Option<&'a str> {
        let given = self.given.iter().rev().find(|(given, _)| given == name);
        given.map(|(_, value)| value.as_str())
    }

    /// The URL of the first file that has one.
    #[must_use]
    pub fn first_url(&self, files: &[Loaded]) -> Option<String> {
        let scripts = files.iter().filter_map(|file| file.script.as_ref().ok());
        let mut urls =
            scripts
                .flat_map(|script| &script.lines)
                .filter_map(|line| match &line.statement {
                    Statement::Url(url) => Some(url),
                    _ => None,
                });
        urls.next()?.render(&|name| self.value(name)).ok()
    }

    /// A redactor for `secrets` and the values of variables that are hidden: those that a file or
    /// the command line says are secret, those of the environment, and credentials.
    #[must_use]
    pub fn redactor(&self, files: &[Loaded], secrets: &[Secret]) -> Redactor {
        let scripts = || files.iter().filter_map(|file| file.script.as_ref().ok());
        let used = scripts().flat_map(SessionFile::variables);
        let of_environment = used.filter(|name| self.given(name).is_none());
        let credentials = scripts().flat_map(credentials::variables);
        let given = self.given.iter().map(|(name, _)| name.as_str());
        let by_name = given.filter(|name| credentials::is_credential(name));
        let hidden = self.hidden.iter().map(String::as_str);
        let names = of_environment
            .chain(credentials)
            .chain(by_name)
            .chain(hidden);
        let known: Vec<_> = names
            .filter_map(|name| Some((name, self.value(name)?)))
            .collect();
        let pairs = known.iter().map(|(name, value)| (*name, value.as_str()));
        Redactor::new(pairs).with_secrets(secrets.iter().map(Secret::reveal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session_file;

    fn loaded(text: &str) -> Loaded {
        let script = session_file::parse("x.ws", text).expect("a session file");
        Loaded {
            path: "x.ws".into(),
            name: "x.ws".to_owned(),
            sources: crate::session_file::SourceMap::default(),
            script: Ok(script),
        }
    }

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn variables_of_the_command_line_override_the_environment() {
        let given = given(&[("PATH", "a"), ("X", "b"), ("PATH", "c")]);
        let variables = Variables::new(&given, &[], false);
        assert_eq!(variables.value("PATH").as_deref(), Some("c"));
        let bare = Variables::new(&[], &[], false);
        assert_eq!(bare.value("PATH"), std::env::var("PATH").ok());
        assert_eq!(bare.value("WSLINE_NO_SUCH"), None);
        let untrusted = Variables::new(&given, &[], true);
        assert_eq!(untrusted.value("PATH").as_deref(), Some("c"));
        assert_eq!(untrusted.value("CARGO_PKG_NAME"), None);
    }

    #[test]
    fn first_url_is_that_of_the_first_file_with_one() {
        let given = given(&[("PORT", "81")]);
        let invalid = Loaded {
            script: Err(Error::SessionFile(Box::default())),
            ..loaded("")
        };
        let files = [
            invalid,
            loaded("> x\n"),
            loaded("url ws://h:${PORT}/\n"),
            loaded("url ws://i/\n"),
        ];
        let url = |given| Variables::new(given, &[], false).first_url(&files);
        assert_eq!(url(&given).as_deref(), Some("ws://h:81/"));
        assert_eq!(url(&[]), None, "its variable has no value");
    }

    #[test]
    fn values_of_the_environment_are_read_once() {
        let env = |name: &str| VariableValue::Env(name.to_owned());
        let words = [
            ("A".to_owned(), VariableValue::Literal("x".to_owned())),
            ("B".to_owned(), env("CARGO_PKG_NAME")),
        ];
        let read = GivenVariables::read(&words).expect("it is set");
        assert_eq!(read.values, given(&[("A", "x"), ("B", "wsline")]));
        assert_eq!(read.of_environment, ["B"]);
        let unset = [("A".to_owned(), env("WSLINE_NO_SUCH"))];
        let error = GivenVariables::read(&unset).expect_err("it is not set");
        assert_eq!(
            error.to_string(),
            "environment variable \"WSLINE_NO_SUCH\" of --var A=env:WSLINE_NO_SUCH is not set"
        );
    }

    #[test]
    fn only_secrets_are_redacted() {
        let given = given(&[
            ("PORT", "8080"),
            ("TOKEN", "s3cret"),
            ("A", "of-header"),
            ("B", "named-secret"),
            ("C", "in-the-file"),
        ]);
        let hidden = ["B".to_owned()];
        let file = loaded(
            "secret C\nurl ws://h:${PORT}/\nheader Authorization: ${A}\n> ${CARGO_PKG_NAME}\n",
        );
        let redactor = Variables::new(&given, &hidden, false).redactor(&[file], &[]);
        assert_eq!(
            redactor.apply("wsline, 8080, s3cret, of-header, named-secret, in-the-file"),
            "${CARGO_PKG_NAME}, 8080, ${TOKEN}, ${A}, ${B}, ${C}"
        );
    }
}
