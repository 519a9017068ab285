//! Reads the files and environment variables that the command line names.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::command;
use super::environment::Environment;
use super::netrc::Netrc;
use crate::cli::identity::{self, Login};
use crate::cli::{
    ConnectionArgs, DataArg, HeaderArg, HeaderGroup, MessageArg, OptionArgs, SecretSource, TextArg,
};
use crate::conversation::outgoing::Outgoing;
use crate::driver::{AutomaticMessage, Keepalive, Upkeep};
use crate::error::{plain, Error};
use crate::event::{Kind, Link};
use crate::http::{Credentials, CustomHeader};
use crate::protocol::CloseReason;
use crate::secret::Secret;
use crate::source::conversation::{Expectation, Step, StepAction};
use crate::source::reader::Reader;
use crate::sys::file::{without_byte_order_mark, Inputs};

/// The maximum size in bytes of a file with headers or a secret.
const MAX_SIZE: u64 = 64 << 10;

/// How long a command of the config file may take to print a secret.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

/// The values of options that can be in a file or in an environment variable.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// The values of `--header`, in order.
    pub headers: Vec<CustomHeader>,
    /// The value of `--user`.
    pub login: Option<Login>,
    /// The value of `--bearer`.
    pub bearer: Option<Secret>,
    /// The value of `--pass`.
    pub passphrase: Option<Secret>,
    /// The netrc file of `--netrc`.
    pub netrc: Option<Netrc>,
    /// The value of `--proxy-user`.
    pub proxy_credentials: Option<Credentials>,
}

impl Values {
    /// Reads the values that `options` names. Blocks until the end of a pipe.
    ///
    /// # Errors
    ///
    /// A message that names the option.
    pub fn read(options: &ConnectionArgs, environment: &Environment) -> Result<Self, String> {
        let inputs = &environment.inputs;
        Ok(Self {
            netrc: netrc(options, environment)?,
            headers: headers(&options.headers, inputs)?,
            login: secret("--user", options.user.as_ref(), identity::login, inputs)?,
            bearer: secret(
                "--bearer",
                options.bearer.as_ref(),
                identity::bearer,
                inputs,
            )?,
            passphrase: passphrase(options.pass.as_ref(), inputs)?,
            proxy_credentials: secret(
                "--proxy-user",
                options.proxy_user.as_ref(),
                identity::proxy_login,
                inputs,
            )?,
        })
    }
}

/// The file of `--netrc` or `--netrc-file`.
fn netrc(options: &ConnectionArgs, environment: &Environment) -> Result<Option<Netrc>, String> {
    let (option, path) = match (&options.netrc_file, options.netrc) {
        (Some(path), _) => ("--netrc-file", path.clone()),
        (None, true) => match &environment.home {
            Some(home) => ("--netrc", home.join(".netrc")),
            None => return Err("--netrc requires HOME to be set".to_owned()),
        },
        (None, false) => return Ok(None),
    };
    let text = file(&path, &environment.inputs).map_err(|cause| invalid(option, &cause))?;
    let netrc = Netrc::parse(&text);
    let netrc = netrc.map_err(|error| invalid(option, &format!("{}, {error}", quoted(&path))))?;
    Ok(Some(netrc))
}

/// The headers of all levels, without those that a higher level replaces.
fn headers(groups: &[HeaderGroup], inputs: &Inputs) -> Result<Vec<CustomHeader>, String> {
    let mut merged: Vec<CustomHeader> = Vec::new();
    for group in groups {
        let mut own = Vec::new();
        for header in &group.headers {
            match header {
                HeaderArg::Literal(header) => own.push(header.clone()),
                HeaderArg::File(path) => {
                    let read = file(path, inputs).and_then(|text| {
                        identity::headers(&text)
                            .map_err(|sentence| format!("{}, {sentence}", quoted(path)))
                    });
                    own.extend(read.map_err(|cause| invalid("--header", &cause))?);
                }
            }
        }
        merged.retain(|lower| {
            !group.replaced.iter().any(|name| lower.is(name))
                && !own.iter().any(|header| header.is(&lower.name))
        });
        merged.extend(own);
    }
    Ok(merged)
}

/// Reads the value of `--pass`.
///
/// # Errors
///
/// A message that names the option.
pub fn passphrase(
    source: Option<&SecretSource<Secret>>,
    inputs: &Inputs,
) -> Result<Option<Secret>, String> {
    secret("--pass", source, identity::passphrase, inputs)
}

fn secret<T: Clone>(
    option: &str,
    source: Option<&SecretSource<T>>,
    parse: fn(&str) -> Result<T, String>,
    inputs: &Inputs,
) -> Result<Option<T>, String> {
    let value = match source {
        None => return Ok(None),
        Some(SecretSource::Literal(value)) => return Ok(Some(value.clone())),
        Some(SecretSource::Env(name)) => variable_or_error(name).and_then(|text| parse(&text)),
        Some(SecretSource::File(path)) => file(path, inputs)
            .map_err(|problem| {
                if path.exists() {
                    problem
                } else {
                    format!("{problem}; for a value that starts with @ use env:NAME")
                }
            })
            .and_then(|text| parse(without_line_end(&text))),
        Some(SecretSource::Command(command)) => {
            command::first_line(command, COMMAND_TIMEOUT).and_then(|line| parse(&line))
        }
    };
    value.map(Some).map_err(|cause| invalid(option, &cause))
}

fn invalid(option: &str, cause: &str) -> String {
    format!("invalid value for {option}: {cause}")
}

/// The value of an environment variable that a session file names; `None` if it is unset or not
/// UTF-8.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn variable_or_error(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|cause| match cause {
        std::env::VarError::NotPresent => format!("environment variable {name:?} is not set"),
        std::env::VarError::NotUnicode(_) => format!("environment variable {name:?} is not UTF-8"),
    })
}

/// Reads a small text file.
fn file(path: &Path, inputs: &Inputs) -> Result<String, String> {
    let content = inputs
        .read(path, MAX_SIZE)
        .map_err(|cause| format!("could not read {}: {}", quoted(path), plain(&cause)))?;
    let text = std::str::from_utf8(without_byte_order_mark(&content));
    text.map(str::to_owned)
        .map_err(|_| format!("{} is not UTF-8", quoted(path)))
}

/// Removes the line end that editors put at the end of a file.
fn without_line_end(text: &str) -> &str {
    match text.strip_suffix('\n') {
        Some(line) => line.strip_suffix('\r').unwrap_or(line),
        None => text,
    }
}

fn quoted(path: &Path) -> String {
    format!("{:?}", path.to_string_lossy())
}

/// The steps of the command line that are not statements, with the files that they read opened.
pub(super) fn steps(options: &OptionArgs, close: &CloseReason) -> Result<Vec<Step>, Error> {
    let step = |message: &MessageArg| {
        let act = match message {
            MessageArg::Statement { .. } => return Ok(None),
            MessageArg::Send(datum) => open(datum)?,
            MessageArg::Expect { wanted, within } => StepAction::Expect(Expectation {
                wanted: wanted.clone(),
                within: *within,
                strict: options.strict,
            }),
            MessageArg::Close => StepAction::Send(Outgoing::Close(Some(close.clone()))),
        };
        Ok(Some(Step {
            link: Link::default(),
            place: None,
            act,
        }))
    };
    let steps = options.messages.iter().map(step);
    steps.filter_map(Result::transpose).collect()
}

/// Opens the file of a `--data` option, so that a missing file is reported before connecting.
fn open(datum: &DataArg) -> Result<StepAction, Error> {
    let open = |path: &PathBuf| {
        let origin = path.display().to_string();
        let fault = |cause: io::Error| Error::DataFile {
            path: origin.clone(),
            may_be_text: cause.kind() == io::ErrorKind::NotFound,
            cause: plain(&cause),
        };
        let file = File::open(path).map_err(fault)?;
        if file.metadata().map_err(fault)?.is_dir() {
            return Err(fault(io::ErrorKind::IsADirectory.into()));
        }
        Ok(Reader::new(file, origin.clone()))
    };
    let stdin = || {
        Reader::stdin().map_err(|cause| Error::Input {
            origin: "standard input".to_owned(),
            line: None,
            cause: plain(&cause),
        })
    };
    Ok(match datum {
        DataArg::Text(text) => StepAction::Send(Outgoing::Text(text.clone())),
        DataArg::Binary(bytes) => StepAction::Send(Outgoing::Binary(bytes.clone())),
        DataArg::TextFile(path) => StepAction::Stream(Kind::Text, open(path)?),
        DataArg::BinaryFile(path) => StepAction::Stream(Kind::Binary, open(path)?),
        DataArg::TextStdin => StepAction::Stream(Kind::Text, stdin()?),
        DataArg::BinaryStdin => StepAction::Stream(Kind::Binary, stdin()?),
    })
}

/// What is done on each connection by itself.
pub(super) fn upkeep(options: &ConnectionArgs, inputs: &Inputs) -> Result<Upkeep, Error> {
    let lasting = &options.lasting;
    let keepalive = lasting.ping_interval.map(|interval| Keepalive {
        interval,
        timeout: lasting.ping_timeout.unwrap_or(interval),
    });
    let on_connect = lasting.on_connect.iter();
    let on_connect = on_connect.map(|text| message("--on-connect", text, inputs));
    let heartbeats = lasting.heartbeats().map_err(Error::Usage)?;
    let heartbeats = heartbeats
        .into_iter()
        .map(|(interval, text)| Ok((interval, message("--every", &text, inputs)?)));
    Ok(Upkeep {
        keepalive,
        on_connect: on_connect.collect::<Result<_, Error>>()?,
        heartbeats: heartbeats.collect::<Result<_, Error>>()?,
    })
}

/// The payload of the messages of a load test, with the file that `--data` names.
///
/// # Errors
///
/// [`Error::Usage`] if the file can't be read, or is not UTF-8 and the messages are text.
pub fn payload(text: &TextArg, is_binary: bool, inputs: &Inputs) -> Result<Vec<u8>, Error> {
    match text {
        TextArg::File(path) if is_binary => inputs
            .read(path, crate::cli::MAX_HELD_MESSAGE)
            .map_err(|cause| {
                Error::Usage(format!(
                    "--data: could not read {}: {}",
                    quoted(path),
                    plain(&cause)
                ))
            }),
        text => Ok(message("--data", text, inputs)?.bytes),
    }
}

/// A text message, with the file that an option names.
fn message(option: &str, text: &TextArg, inputs: &Inputs) -> Result<AutomaticMessage, Error> {
    let text = match text {
        TextArg::Text(text) => text.clone(),
        TextArg::File(path) => {
            let text = file(path, inputs);
            let text = text.map_err(|problem| Error::Usage(format!("{option}: {problem}")))?;
            without_line_end(&text).to_owned()
        }
    };
    Ok(AutomaticMessage {
        kind: Kind::Text,
        bytes: text.into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &SecretSource<String>) -> Result<String, String> {
        let parse = |text: &str| Ok(text.to_owned());
        let value = secret("--x", Some(source), parse, &Inputs::default())?;
        Ok(value.expect("a source has a value"))
    }

    fn read_file(content: &[u8]) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), content).expect("it can be written");
        read(&SecretSource::File(file.path().to_owned()))
    }

    #[test]
    fn line_end_after_a_secret_in_a_file_is_removed() {
        for (content, is) in [
            ("s\n", "s"),
            ("s\r\n", "s"),
            ("s\n\n", "s\n"),
            (" s", " s"),
            ("", ""),
            ("\u{feff}s\n", "s"),
        ] {
            assert_eq!(
                read_file(content.as_bytes()).as_deref(),
                Ok(is),
                "{content:?}"
            );
        }
        let variable = read(&SecretSource::Env("CARGO_PKG_NAME".to_owned()));
        assert_eq!(variable.ok(), variable_or_error("CARGO_PKG_NAME").ok());
    }

    #[test]
    fn read_errors_name_the_option_and_the_file() {
        let path = |path: &str| read(&SecretSource::File(path.into()));
        for (wrong, says) in [
            (
                read(&SecretSource::Env("WSLINE_NO_SUCH".to_owned())),
                "invalid value for --x: environment variable \"WSLINE_NO_SUCH\" is not set",
            ),
            (
                path("/no/such"),
                "could not read \"/no/such\": No such file",
            ),
            (path("/"), "could not read \"/\": it is a directory"),
            (
                path("/dev/zero"),
                "could not read \"/dev/zero\": it is a device, not a regular file",
            ),
            (read_file(b"\xff"), "is not UTF-8"),
            (
                read_file("x".repeat((64 << 10) + 1).as_bytes()),
                "larger than 64 KiB",
            ),
        ] {
            let complaint = wrong.expect_err(says);
            assert!(complaint.contains(says), "{complaint}");
        }
    }

    #[test]
    fn headers_from_files_keep_the_order_of_options() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "\u{feff}B: 2\nC: 3\n").expect("it can be written");
        let words = [
            "-H",
            "A: 1",
            "-H",
            &format!("@{}", file.path().display()),
            "-H",
            "D: 4",
        ];
        let words: Vec<_> = words.iter().map(std::ffi::OsString::from).collect();
        let parser = crate::cli::OptionParser::default();
        let options = parser.parse(&words).expect("options");
        let options = options.finish(&crate::cli::config::ConfigOptions::default(), &parser);
        let options = options.expect("they are right").connection;
        let read = Values::read(&options, &Environment::read()).expect("values");
        let names: Vec<&str> = read.headers.iter().map(|header| &*header.name).collect();
        assert_eq!(names, ["A", "B", "C", "D"]);
        std::fs::write(file.path(), "B: 2\nhidden\n").expect("it can be written");
        let complaint = Values::read(&options, &Environment::read()).expect_err("no colon");
        assert!(
            complaint.starts_with("invalid value for --header: \"/"),
            "{complaint}"
        );
        assert!(complaint.contains("\", line 2: "), "{complaint}");
        assert!(!complaint.contains("hidden"), "{complaint}");
    }
}
