//! Options for the connections of session files: those of a line of a file or of a statement on the
//! command line, and those after the `--` of `wsline test`. Each line is parsed once, by itself. Later
//! values override earlier ones, and values of options that can be repeated are added, as on a command
//! line.

use std::ffi::OsString;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use clap::{Command, FromArgMatches as _};
use regex::Regex;

use super::complaint::keep_secret;
use super::config::{self, ConfigOptions};
use super::options::{ConnectArgs, ConnectionArgs, OptionArgs, ProtocolArgs};
use super::secret_source::{HeaderArg, SecretSource};
use super::usage::{self, sentence_of};
use super::{test, values};

/// Why `-u USER` is rejected when there can be no prompt.
pub const NO_PROMPT: &str =
    "-u USER would prompt for the password, which a test cannot do; use USER:PASS, env:NAME or \
     @FILE";

pub(super) const NOT_AN_OPTION: &str =
    "unexpected argument; only options are allowed here: files come before \
     --, and a value with spaces needs quotes";

/// The options of a connection, checked.
#[derive(Clone, Debug)]
pub struct ConnectionOptions {
    /// The request, TLS, the route, and the timeouts.
    pub connection: ConnectionArgs,
    /// The protocol.
    pub protocol: ProtocolArgs,
    /// The text messages that reports leave out.
    pub hide: Vec<Regex>,
}

/// Options that were given together.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    connection: ConnectionArgs,
    protocol: ProtocolArgs,
    headers: Vec<HeaderArg>,
    hide: Vec<Regex>,
    /// The long names of the options that were given; all others have their defaults.
    given: Vec<String>,
}

impl SessionOptions {
    /// Adds options that were given later.
    pub fn merge(&mut self, later: &Self) {
        for name in &later.given {
            match name.as_str() {
                "header" => self.headers.extend(later.headers.iter().cloned()),
                "hide" => self.hide.extend(later.hide.iter().cloned()),
                name => {
                    self.connection.take(name, &later.connection);
                    self.protocol.take(name, &later.protocol);
                }
            }
            if !self.given.contains(name) {
                self.given.push(name.clone());
            }
        }
    }

    /// The long names of the options that were given.
    pub(super) fn given(&self) -> impl Iterator<Item = &str> {
        self.given.iter().map(String::as_str)
    }

    /// The headers, in the order given.
    pub(super) fn headers(&self) -> &[HeaderArg] {
        &self.headers
    }

    /// Adds all options but the headers to those of a command line, whose options with the long
    /// names `given` override them.
    pub(super) fn add_below(&self, options: &mut OptionArgs, given: &[&str]) {
        let mut connection = self.connection.clone();
        let mut protocol = self.protocol.clone();
        for name in given {
            connection.take(name, &options.connection);
            protocol.take(name, &options.protocol);
        }
        connection.headers = std::mem::take(&mut options.connection.headers);
        options.connection = connection;
        options.protocol = protocol;
        options.hide.splice(0..0, self.hide.iter().cloned());
    }

    /// The options of a connection, with those of `config` that they do not override.
    ///
    /// # Errors
    ///
    /// Which options cannot be used together, or what an option requires.
    pub fn finish(
        &self,
        config: &ConfigOptions,
        parser: &OptionParser,
    ) -> Result<ConnectionOptions, String> {
        let given: Vec<&str> = self.given().collect();
        // Whether a lost connection fails a test does not depend on a config file.
        let leave_out = |name: &str| test::is_foreign_option(name) || name.starts_with("reconnect");
        let below = config.below(&given, leave_out);
        let mut all = match &*below.words {
            [] => parser.none()?,
            words => parser.parse_words(words)?,
        };
        all.merge(self);
        let mut connection = all.connection;
        connection.headers = below.groups(all.headers, &[]);
        connection.check()?;
        let login = connection.user.as_ref().and_then(SecretSource::literal);
        if login.is_some_and(|login| login.password.is_none()) {
            return Err(NO_PROMPT.to_owned());
        }
        let mut protocol = all.protocol;
        protocol
            .max_message_size
            .get_or_insert(values::MAX_HELD_MESSAGE);
        Ok(ConnectionOptions {
            connection,
            protocol,
            hide: all.hide,
        })
    }
}

/// Parses options for the connections of session files.
#[derive(Default)]
pub struct OptionParser {
    /// Created once, since that takes longer than parsing a line.
    command: Mutex<Option<Command>>,
    /// No options, all others have their defaults.
    none: OnceLock<SessionOptions>,
}

impl fmt::Debug for OptionParser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OptionParser")
    }
}

impl OptionParser {
    /// Parses the words of a line.
    ///
    /// # Errors
    ///
    /// Why they are invalid or not allowed.
    pub fn parse(&self, words: &[OsString]) -> Result<SessionOptions, String> {
        let options = self.parse_words(words)?;
        options.connection.check_sources()?;
        Ok(options)
    }

    /// Parses the value of a header.
    ///
    /// # Errors
    ///
    /// Why it is invalid.
    pub fn header(&self, text: &str) -> Result<SessionOptions, String> {
        match HeaderArg::parse(text) {
            Ok(header) => {
                let mut options = self.none()?;
                options.headers.push(header);
                options.given.push("header".to_owned());
                Ok(options)
            }
            // For the same error as that of the option.
            Err(_) => self.parse(&["-H".into(), text.into()]),
        }
    }

    /// Parses the name of a subprotocol.
    ///
    /// # Errors
    ///
    /// Why it is invalid.
    pub fn subprotocol(&self, text: &str) -> Result<SessionOptions, String> {
        match values::subprotocol(text) {
            Ok(name) => {
                let mut options = self.none()?;
                options.connection.subprotocols.push(name);
                options.given.push("subprotocol".to_owned());
                Ok(options)
            }
            Err(_) => self.parse(&["-s".into(), text.into()]),
        }
    }

    /// No options.
    ///
    /// # Errors
    ///
    /// Those of [`parse`](Self::parse).
    pub fn none(&self) -> Result<SessionOptions, String> {
        if let Some(none) = self.none.get() {
            return Ok(none.clone());
        }
        let none = self.parse_words(&[])?;
        Ok(self.none.get_or_init(|| none).clone())
    }

    fn parse_words(&self, words: &[OsString]) -> Result<SessionOptions, String> {
        let mut command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
        // With a version, --version is known and rejected like --help.
        let command = command.get_or_insert_with(|| config::command().version("0"));
        let program = OsString::from("wsline");
        let matches = command
            .try_get_matches_from_mut(std::iter::once(&program).chain(words))
            .map_err(|error| keep_secret(error, command))
            .map_err(|error| sentence_of(&usage::escaped(error, command)))?;
        if let Some(sentence) = test::foreign(&matches) {
            return Err(sentence);
        }
        let parsed = ConnectArgs::from_arg_matches(&matches);
        let parsed = parsed.map_err(|error| sentence_of(&error))?;
        if parsed.url.is_some() {
            return Err(NOT_AN_OPTION.to_owned());
        }
        let given = config::given(command, &matches);
        let given = given.into_iter().map(str::to_owned).collect();
        let (headers, options) = parsed.parsed.into_parts();
        Ok(SessionOptions {
            connection: options.connection,
            protocol: options.protocol,
            headers,
            hide: options.hide,
            given,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> SessionOptions {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let options = OptionParser::default().parse(&words);
        options.unwrap_or_else(|sentence| panic!("{words:?}: {sentence}"))
    }

    fn values(name: &str) -> &'static [&'static str] {
        match name {
            "header" | "proxy-header" => &["A: b"],
            "cookie" => &["a=b"],
            "user" | "proxy-user" => &["a:b"],
            "tls-min" | "tls-max" => &["1.2"],
            "resolve" => &["h:80:127.0.0.1"],
            "connect-to" => &["::h:80"],
            "connect-timeout" | "max-time" | "close-timeout" | "ping-interval" | "ping-timeout" => {
                &["5s"]
            }
            "max-redirs" => &["3"],
            "frame-size" | "max-message-size" => &["1K"],
            "compress" => &["off"],
            "every" => &["1s", "x"],
            "reconnect" => &[],
            "reconnect-on" => &["1008"],
            _ => &["x"],
        }
    }

    #[test]
    fn all_options_that_are_not_foreign_are_merged() {
        for argument in config::command().get_arguments() {
            let Some(name) = argument.get_long() else {
                continue;
            };
            if test::is_foreign(argument.get_id().as_str()) || name == "help" {
                continue;
            }
            let option = format!("--{name}");
            let takes_values = argument.get_action().takes_values();
            let values = if takes_values { values(name) } else { &[] };
            let words: Vec<&str> = std::iter::once(&*option)
                .chain(values.iter().copied())
                .collect();
            let options = parse(&words);
            let mut merged = parse(&[]);
            assert_ne!(format!("{merged:?}"), format!("{options:?}"), "{words:?}");
            merged.merge(&options);
            assert_eq!(format!("{merged:?}"), format!("{options:?}"), "{words:?}");
        }
    }

    #[test]
    fn later_values_override_or_are_added() {
        let mut options = parse(&["-A", "a", "-s", "one", "-H", "A: 1", "-4", "-m", "1s"]);
        options.merge(&parse(&["-A", "b", "-s", "two", "-H", "A: 2", "-6"]));
        let parser = OptionParser::default();
        options.merge(&parser.header("B: -x").expect("a header"));
        options.merge(&parser.subprotocol("three").expect("a name"));
        let of_words = parse(&[
            "-A", "a", "-s", "one", "-H", "A: 1", "-4", "-m", "1s", "-A", "b", "-s", "two", "-H",
            "A: 2", "-6", "-H", "B: -x", "-s", "three",
        ]);
        let finish = |options: &SessionOptions| {
            let options = options.finish(&ConfigOptions::default(), &parser);
            format!("{:?}", options.expect("they are right"))
        };
        assert_eq!(finish(&options), finish(&of_words));
    }

    /// What `wsline ws://h` makes of these options above those of statements.
    fn above(statements: &SessionOptions, words: &[&str]) -> OptionArgs {
        let words = ["wsline", "ws://h"].iter().chain(words);
        let words = words.map(OsString::from);
        let config = ConfigOptions::default();
        match crate::cli::parse_with_statements(words, &config, statements) {
            Ok(crate::cli::Call::Talk { options, .. }) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_of_a_command_line_override_those_of_statements_and_keep_the_others() {
        let kept = [
            "-s",
            "one",
            "-k",
            "--hide",
            "a",
            "-o",
            "theirs",
            "--compress",
            "off",
        ];
        let words = [
            "-A",
            "mine",
            "-s",
            "two",
            "-4",
            "-w",
            "2s",
            "--close-code",
            "3000",
            "--close-reason",
            "r",
            "--hide",
            "b",
            "-m",
            "3s",
        ];
        let statements = parse(&[&["-A", "theirs", "-6"], &kept[..]].concat());
        let options = above(&statements, &words);
        let hidden: Vec<&str> = options.hide.iter().map(Regex::as_str).collect();
        assert_eq!(hidden, ["a", "b"]);
        let of_words = above(&parse(&[]), &[&kept[..], &words].concat());
        let without_headers = |mut options: OptionArgs| {
            options.connection.headers.clear();
            format!("{options:?}")
        };
        assert_eq!(without_headers(options), without_headers(of_words));
    }

    #[test]
    fn headers_of_statements_are_a_level_below_those_of_the_command_line() {
        let statements = parse(&["-H", "A: 1", "-H", "B: 2", "-u", "me:pw"]);
        let groups = above(&statements, &["-H", "A: 3"]).connection.headers;
        let counts: Vec<usize> = groups.iter().map(|group| group.headers.len()).collect();
        assert_eq!(counts, [2, 1]);
        assert_eq!(groups[0].replaced, Vec::<&str>::new());
        assert_eq!(groups[1].replaced, ["Authorization"]);
    }

    #[test]
    fn rules_for_combinations_are_checked_after_merging() {
        let parser = OptionParser::default();
        let none = ConfigOptions::default();
        let mut options = parse(&["--key", "k"]);
        let sentence = options.finish(&none, &parser).expect_err("no certificate");
        assert_eq!(sentence, "--key requires --cert FILE");
        options.merge(&parse(&["--cert", "c"]));
        assert!(options.finish(&none, &parser).is_ok());
        options.merge(&parse(&["-u", "me"]));
        assert_eq!(
            options.finish(&none, &parser).expect_err("no password"),
            NO_PROMPT
        );
    }

    #[test]
    fn errors_are_those_of_the_options() {
        let parser = OptionParser::default();
        let of_words = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            parser.parse(&words).expect_err("it is wrong")
        };
        assert_eq!(
            parser.header("s3cret").expect_err("no colon"),
            of_words(&["-H", "s3cret"])
        );
        assert_eq!(
            parser.subprotocol("a b").expect_err("a space"),
            of_words(&["-s", "a b"])
        );
        assert!(of_words(&["--conect-timeout", "1s"]).ends_with("did you mean --connect-timeout?"));
        for words in [&["demo"][..], &["x"], &["-k", "--", "-k"]] {
            assert_eq!(of_words(words), NOT_AN_OPTION, "{words:?}");
        }
        for word in ["-h", "--help", "--version"] {
            assert_eq!(
                of_words(&[word]),
                "--help and --version cannot be used here"
            );
        }
    }
}
