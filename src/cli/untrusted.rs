//! `wsline test --untrusted`: which options a session file from someone else may set.

use std::ffi::OsString;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use clap::builder::OsStringValueParser;
use clap::ArgAction;

use super::complaint::keep_secret;
use super::session_options::NOT_AN_OPTION;
use super::usage::sentence_of;
use super::{test, usage, values};

/// The options that a session file may set with `--untrusted`. All others are rejected, so that a
/// new option is rejected until it has been reviewed.
const ALLOWED: &[&str] = &[
    "headers",
    "user_agent",
    "origin",
    "subprotocols",
    "user",
    "bearer",
    "cookies",
    "ipv4",
    "ipv6",
    "connect_timeout",
    "max_time",
    "close_timeout",
    "frame_size",
    "compress",
    "max_message_size",
    "ping_interval",
    "ping_timeout",
    "no_pong",
    "on_connect",
    "every",
    "reconnect",
    "reconnect_on",
    "hide",
    "force",
];

/// The options that a session file may not set, with the reasons.
const REFUSED: &[(&str, &[&str])] = &[
    (
        "it reads a file",
        &["cacert", "cert", "key", "pass", "netrc", "netrc_file"],
    ),
    (
        "it weakens TLS",
        &["insecure", "servername", "tls_min", "tls_max"],
    ),
    (
        "it changes the server that is connected to",
        &[
            "location",
            "max_redirs",
            "resolve",
            "connect_to",
            "unix_socket",
            "proxy",
            "proxy_user",
            "proxy_headers",
            "noproxy",
        ],
    ),
];

/// If a value of an allowed option is rejected: the reason, and how to print the value.
fn refused_value(id: &str, value: &str) -> Option<(&'static str, &'static str)> {
    let header_name = value.split([':', ';']).next().unwrap_or_default();
    match id {
        "headers" if header_name.trim().eq_ignore_ascii_case("host") => {
            Some(("Host", "it can select another site on the server"))
        }
        "headers" | "user" | "bearer" | "on_connect" | "every" if value.starts_with('@') => {
            Some(("@…", "it reads a file"))
        }
        "user" | "bearer" if value.starts_with("env:") => {
            Some(("env:…", "it reads an environment variable"))
        }
        "max_message_size"
            if values::size(value).is_ok_and(|size| size > values::MAX_HELD_MESSAGE) =>
        {
            Some(("above 64M", "it takes more memory than the default"))
        }
        _ => None,
    }
}

/// Why an option of a session file is rejected with `--untrusted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAllowed {
    /// An option that is not allowed.
    Option {
        /// The option, with its value if that is the reason: `--insecure`, `--header @…`.
        option: String,
        /// The reason, as a clause.
        why: &'static str,
    },
    /// The words are not options; the message says why.
    Invalid(String),
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option { option, why } => {
                write!(f, "{option} is not allowed with --untrusted: {why}")
            }
            Self::Invalid(sentence) => f.write_str(sentence),
        }
    }
}

/// The first option in `matches`, made by [`without_parsing`], that a session file may not set with
/// `--untrusted`. Options that session files can't use at all are left to
/// [`conversation`](super::conversation).
fn not_allowed(command: &clap::Command, matches: &clap::ArgMatches) -> Option<NotAllowed> {
    command.get_arguments().find_map(|argument| {
        let id = argument.get_id().as_str();
        let is_given = matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
        if !is_given || argument.is_positional() || test::is_foreign(id) {
            return None;
        }
        let option = format!("--{}", argument.get_long().unwrap_or(id));
        if !ALLOWED.contains(&id) {
            let of_id = |(_, ids): &&(&str, &[&str])| ids.contains(&id);
            let why = REFUSED.iter().find(of_id).map(|(why, _)| *why);
            let why = why.unwrap_or("it is not among the options that are allowed");
            return Some(NotAllowed::Option { option, why });
        }
        let mut values = matches.get_raw(id)?;
        let (shown, why) = values.find_map(|value| refused_value(id, &value.to_string_lossy()))?;
        let option = format!("{option} {shown}");
        Some(NotAllowed::Option { option, why })
    })
}

/// A command that doesn't parse values. It keeps all values of an option, even if only the last one
/// is used.
fn without_parsing(command: clap::Command) -> clap::Command {
    command.mut_args(|argument| {
        if argument.get_action().takes_values() {
            let argument = argument.value_parser(OsStringValueParser::new());
            argument.action(ArgAction::Append)
        } else {
            argument
        }
    })
}

/// For the man page: the options that a session file may set with `--untrusted`, and for each
/// reason the options that it may not set.
#[must_use]
pub fn options(command: &clap::Command) -> (Vec<String>, Vec<(&'static str, Vec<String>)>) {
    let names = |ids: &[&str]| {
        let arguments = ids.iter().filter_map(|id| {
            let mut arguments = command.get_arguments();
            arguments.find(|argument| argument.get_id() == id)
        });
        let names = arguments.filter_map(clap::Arg::get_long);
        names.map(|name| format!("--{name}")).collect()
    };
    let refused = REFUSED.iter().map(|(why, ids)| (*why, names(ids)));
    (names(ALLOWED), refused.collect())
}

/// Checks options of session files against `--untrusted`.
#[derive(Default)]
pub struct UntrustedCheck {
    /// Created once, since that takes longer than checking a line.
    command: Mutex<Option<clap::Command>>,
}

impl fmt::Debug for UntrustedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UntrustedCheck")
    }
}

impl UntrustedCheck {
    /// Checks the words of a line.
    ///
    /// # Errors
    ///
    /// The first option that is not allowed, or why the words are invalid.
    pub fn check(&self, words: &[OsString]) -> Result<(), NotAllowed> {
        let mut command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
        let command = command.get_or_insert_with(|| without_parsing(super::command()));
        let program = OsString::from("wsline");
        let matches = command
            .try_get_matches_from_mut(std::iter::once(&program).chain(words))
            .map_err(|error| keep_secret(error, command))
            .map_err(|error| NotAllowed::Invalid(sentence_of(&usage::escaped(error, command))))?;
        // After --, nothing is an option, in later lines as well.
        let ends_options = words.iter().any(|word| word == "--");
        if matches.subcommand_name().is_some() || matches.contains_id("url") || ends_options {
            return Err(NotAllowed::Invalid(NOT_AN_OPTION.to_owned()));
        }
        not_allowed(command, &matches).map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a check that is used for several lines says about each of these.
    fn refusal(check: &UntrustedCheck, words: &[&str]) -> Option<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        check.check(&words).err().map(|refusal| refusal.to_string())
    }

    #[test]
    fn every_option_is_allowed_rejected_or_unusable_in_session_files() {
        let refused: Vec<&str> = REFUSED.iter().flat_map(|(_, ids)| ids.to_vec()).collect();
        let command = super::super::command();
        for argument in command.get_arguments().filter(|it| !it.is_positional()) {
            let id = argument.get_id().as_str();
            let decisions = [
                ALLOWED.contains(&id),
                refused.contains(&id),
                test::is_foreign(id),
                ["help", "version"].contains(&id),
            ];
            let count = decisions.iter().filter(|decided| **decided).count();
            assert_eq!(
                count, 1,
                "decide what --untrusted does about {id}: {decisions:?}"
            );
        }
        for id in ALLOWED.iter().chain(&refused) {
            assert!(command.get_arguments().any(|it| it.get_id() == id), "{id}");
        }
    }

    #[test]
    fn options_that_read_files_or_change_routes_or_security_are_rejected() {
        let (file, tls, route) = (
            "it reads a file",
            "it weakens TLS",
            "it changes the server that is connected to",
        );
        let check = UntrustedCheck::default();
        for (words, option, why) in [
            (&["--cacert", "x"][..], "--cacert", file),
            (&["--ca=x"], "--cacert", file),
            (&["--cert", "x"], "--cert", file),
            (&["--cert", "x", "--key", "y"], "--cert", file),
            (&["-k"], "--insecure", tls),
            (&["-4k"], "--insecure", tls),
            (&["--no-check"], "--insecure", tls),
            (&["--servername", "x"], "--servername", tls),
            (&["--tls-min", "1.0"], "--tls-min", tls),
            (&["--tls-max", "1.0"], "--tls-max", tls),
            (&["-L"], "--location", route),
            (&["-x", "p"], "--proxy", route),
            (&["-xp"], "--proxy", route),
            (&["-x", ""], "--proxy", route),
            (&["-U", "a:b"], "--proxy-user", route),
            (&["--proxy-header", "A: b"], "--proxy-header", route),
            (&["--noproxy", "*"], "--noproxy", route),
            (&["--resolve", "h:80:127.0.0.1"], "--resolve", route),
            (&["--connect-to", "::h:80"], "--connect-to", route),
            (&["--unix-socket", "/s"], "--unix-socket", route),
            (&["-A", "x", "-k"], "--insecure", tls),
            (&["-H", "@x"], "--header @…", file),
            (&["-H@x"], "--header @…", file),
            (&["-H", "A: b", "-H", "@x"], "--header @…", file),
            (&["-u", "@x"], "--user @…", file),
            (&["--bearer=@x"], "--bearer @…", file),
            (&["--bearer", "@x", "--bearer", "y"], "--bearer @…", file),
            (&["--on-connect", "@x"], "--on-connect @…", file),
            (&["--every", "1s", "@x"], "--every @…", file),
            (
                &["--auth", "env:X"],
                "--user env:…",
                "it reads an environment variable",
            ),
            (
                &["--bearer", "env:X"],
                "--bearer env:…",
                "it reads an environment variable",
            ),
            (
                &["-H", "hOst: x"],
                "--header Host",
                "it can select another site on the server",
            ),
            (
                &["--max-message-size", "64M", "--max-message-size=67108865"],
                "--max-message-size above 64M",
                "it takes more memory than the default",
            ),
        ] {
            let sentence = format!("{option} is not allowed with --untrusted: {why}");
            assert_eq!(refusal(&check, words), Some(sentence), "{words:?}");
        }
    }

    #[test]
    fn harmless_options_are_allowed() {
        let check = UntrustedCheck::default();
        for words in [
            &[][..],
            &["-H", "A: @x", "-A", "@x", "-o", "env:X", "-s", "chat"],
            &["-u", "me:env:X", "-4", "--compress", "off", "--force"],
            &[
                "--bearer",
                "t",
                "--cookie",
                "a=@b",
                "-m",
                "1s",
                "--connect-timeout=1s",
            ],
            &[
                "--frame-size",
                "1K",
                "--max-message-size",
                "64M",
                "--close-timeout",
                "1s",
                "-6",
            ],
            // These options are rejected later, because session files can't use them.
            &["-d", "@x", "--record", "x"],
        ] {
            assert_eq!(refusal(&check, words), None, "{words:?}");
        }
    }

    #[test]
    fn words_that_are_not_options_are_rejected() {
        let check = UntrustedCheck::default();
        for words in [
            &["-x"][..],
            &["--no-such"],
            &["x"],
            &["--", "-k"],
            &["--"],
            &["demo", "-k"],
            &["echo"],
            &["-h"],
            &["--version"],
        ] {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert!(
                matches!(check.check(&words), Err(NotAllowed::Invalid(_))),
                "{words:?}"
            );
        }
    }
}
