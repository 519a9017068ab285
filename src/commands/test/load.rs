//! Reads all files before any is run. So errors in them, the server's address, and the variables to
//! redact are known without a server.

use std::io;
use std::path::{Path, PathBuf};

use super::files::unreadable;
use super::redact::Redactor;
use crate::error::{plain, Error, ParseError};
use crate::output::record::RecordFormat;
use crate::secret::Secret;
use crate::session_file::{self, RecordKind, SessionFile, Statement};
use crate::sys::file::{Inputs, MAX_SIZE};

/// The file that `-` stands for.
pub const STDIN: &str = "/dev/stdin";

/// A file that was read.
#[derive(Debug)]
pub struct Loaded {
    /// The path, to which paths in the file are relative.
    pub path: PathBuf,
    /// The name in reports.
    pub name: String,
    /// The text, with invalid UTF-8 replaced.
    pub text: String,
    /// The parsed file or its error.
    pub script: Result<SessionFile, Error>,
}

impl Loaded {
    /// Reads and parses a file.
    #[must_use]
    pub fn read(path: PathBuf, inputs: &Inputs) -> Self {
        let name = path.display().to_string();
        let (text, script) = match text(&path, &name, inputs) {
            Ok(text) => {
                let script = parse(&path, &name, &text, inputs).map_err(invalid_file);
                (text, script)
            }
            Err(error) => (String::new(), Err(error)),
        };
        Self {
            path,
            name,
            text,
            script,
        }
    }
}

/// Parses a file as a record if its content is one, otherwise according to its extension.
fn parse(path: &Path, name: &str, text: &str, inputs: &Inputs) -> Result<SessionFile, ParseError> {
    let kind = session_file::recognize(text).or_else(|| match RecordFormat::of(path) {
        RecordFormat::Session => None,
        RecordFormat::Har => Some(RecordKind::Archive),
        RecordFormat::JsonLines => Some(RecordKind::JsonLines),
    });
    let attachment = |name: &str| attachment(path, name, inputs);
    match kind {
        None => session_file::parse(name, text),
        Some(RecordKind::Archive) => session_file::har::read_with(name, text, &attachment),
        Some(RecordKind::JsonLines) => session_file::jsonl::read(name, text),
    }
}

/// Reads a file next to an archive, but not through a symbolic link to elsewhere.
fn attachment(archive: &Path, name: &str, inputs: &Inputs) -> Result<String, String> {
    let folder = match archive.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let read = || -> io::Result<Vec<u8>> {
        let path = folder.join(name).canonicalize()?;
        if path.parent() != Some(&folder.canonicalize()?) {
            return Err(io::Error::other("it is not in the folder of the archive"));
        }
        inputs.only_regular().read(&path, MAX_SIZE)
    };
    let bytes = read().map_err(|cause| plain(&cause))?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

fn text(path: &Path, name: &str, inputs: &Inputs) -> Result<String, Error> {
    let bytes = inputs
        .read(path, MAX_SIZE)
        .map_err(|cause| unreadable(path, &cause))?;
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(invalid_file(ParseError {
            file: name.to_owned(),
            cause: "it is a ZIP archive; extract it, and run the .har file in it".to_owned(),
            ..ParseError::default()
        }));
    }
    let text = session_file::decode(name, &bytes).map_err(invalid_file)?;
    Ok(text.to_owned())
}

fn invalid_file(parse_error: ParseError) -> Error {
    Error::SessionFile(Box::new(parse_error))
}

/// Variables of the files: those of `--var`, of which the last of a name is used, then those of the
/// environment.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'a> {
    /// The variables of `--var`.
    pub given: &'a [(String, String)],
    /// Whether only those of `--var` are used (`--untrusted`).
    pub untrusted: bool,
}

impl Variables<'_> {
    /// The value of a variable.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let given = self.given.iter().rev().find(|(given, _)| given == name);
        match given {
            Some((_, value)) => Some(value.clone()),
            None if self.untrusted => None,
            None => crate::plan::variable(name),
        }
    }

    /// A redactor for the values of all variables that the files use or that were given, and for
    /// other secrets.
    #[must_use]
    pub fn redactor(&self, files: &[Loaded], secrets: &[Secret]) -> Redactor {
        let used = files
            .iter()
            .filter_map(|file| file.script.as_ref().ok())
            .flat_map(SessionFile::variables);
        let given = self.given.iter().map(|(name, _)| name.as_str());
        let known: Vec<_> = used
            .chain(given)
            .filter_map(|name| Some((name, self.value(name)?)))
            .collect();
        let pairs = known.iter().map(|(name, value)| (*name, value.as_str()));
        Redactor::new(pairs).with_secrets(secrets)
    }
}

/// The URL of the first file that has one.
#[must_use]
pub fn first_url(files: &[Loaded], variables: Variables<'_>) -> Option<String> {
    let scripts = files.iter().filter_map(|file| file.script.as_ref().ok());
    let mut urls =
        scripts
            .flat_map(|script| &script.lines)
            .filter_map(|line| match &line.statement {
                Statement::Url(url) => Some(url),
                _ => None,
            });
    urls.next()?.render(&|name| variables.value(name)).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn loaded(text: &str) -> Loaded {
        Loaded {
            path: "x.ws".into(),
            name: "x.ws".to_owned(),
            text: text.to_owned(),
            script: session_file::parse("x.ws", text).map_err(invalid_file),
        }
    }

    fn variables(given: &[(String, String)]) -> Variables<'_> {
        Variables {
            given,
            untrusted: false,
        }
    }

    #[test]
    fn variables_of_the_command_line_override_the_environment() {
        let given = [("PATH", "a"), ("X", "b"), ("PATH", "c")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables(&given).value("PATH").as_deref(), Some("c"));
        let bare = variables(&[]);
        assert_eq!(bare.value("PATH"), std::env::var("PATH").ok());
        assert_eq!(bare.value("WSLINE_NO_SUCH"), None);
        let untrusted = Variables {
            untrusted: true,
            ..variables(&given)
        };
        assert_eq!(untrusted.value("PATH").as_deref(), Some("c"));
        assert_eq!(untrusted.value("CARGO_PKG_NAME"), None);
    }

    #[test]
    fn used_and_given_values_are_redacted() {
        let given = [("TOKEN".to_owned(), "s3cret".to_owned())];
        let redactor = variables(&given).redactor(&[loaded("> ${CARGO_PKG_NAME}\n")], &[]);
        assert_eq!(
            redactor.apply("wsline, s3cret"),
            "${CARGO_PKG_NAME}, ${TOKEN}"
        );
    }

    #[test]
    fn first_url_is_that_of_the_first_file_with_one() {
        let given = [("PORT".to_owned(), "81".to_owned())];
        let files = [
            loaded("sned"),
            loaded("> x\n"),
            loaded("url ws://h:${PORT}/\n"),
            loaded("url ws://i/\n"),
        ];
        let url = |given| first_url(&files, variables(given));
        assert_eq!(url(&given).as_deref(), Some("ws://h:81/"));
        assert_eq!(url(&[]), None, "its variable has no value");
    }

    #[test]
    fn unreadable_files_are_errors() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("no.ws");
        let error = Loaded::read(path.clone(), &Inputs::default())
            .script
            .expect_err("it is missing");
        assert_eq!(
            error.to_string(),
            format!(
                "{}: could not read the file: No such file or directory",
                path.display()
            )
        );
        fs::write(&path, b"> a\xff\n").expect("a file");
        let error = Loaded::read(path.clone(), &Inputs::default())
            .script
            .expect_err("no UTF-8");
        assert!(matches!(error, Error::SessionFile(parse_error) if parse_error.line == 1));
        fs::write(&path, b"> a\n").expect("a file");
        assert!(Loaded::read(path, &Inputs::default()).script.is_ok());
    }
}
