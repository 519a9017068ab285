//! `wsline test --untrusted`: which options a session file from someone else may set.

use std::ffi::OsString;
use std::fmt;

use clap::builder::OsStringValueParser;
use clap::ArgAction;

use super::complaint::keep_secret;
use super::parse::NOT_AN_OPTION;
use super::usage::sentence_of;
use super::{test, usage, values};

/// The options that a session file may set with `--untrusted`. One that is not among them is
/// refused: a new option has to be thought about first.
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
    "force",
];

/// The options that it may not set, and why.
const REFUSED: &[(&str, &[&str])] = &[
    ("it reads a file", &["cacert", "cert", "key", "pass"]),
    (
        "it weakens TLS",
        &["insecure", "servername", "tls_min", "tls_max"],
    ),
    (
        "it changes where the connection goes",
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

/// Why a value of an allowed option is refused, and what of it is shown; `None` if it is not.
fn refused_value(id: &str, value: &str) -> Option<(&'static str, &'static str)> {
    let header_name = value.split([':', ';']).next().unwrap_or_default();
    match id {
        "headers" if header_name.trim().eq_ignore_ascii_case("host") => {
            Some(("Host", "it changes which host is asked for"))
        }
        "headers" | "user" | "bearer" | "on_connect" | "every" if value.starts_with('@') => {
            Some(("@…", "it reads a file"))
        }
        "user" | "bearer" if value.starts_with("env:") => {
            Some(("env:…", "it reads a variable of the environment"))
        }
        "max_message_size"
            if values::size(value).is_ok_and(|size| size > values::MAX_HELD_MESSAGE) =>
        {
            Some(("above 64M", "it takes more memory than the default"))
        }
        _ => None,
    }
}

/// Why options of a session file are refused with `--untrusted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAllowed {
    /// One that is not allowed.
    Option {
        /// As it is written, with what is wrong with its value if it is that:
        /// `--insecure`, `--header @…`.
        option: String,
        /// Why not, as a clause.
        why: &'static str,
    },
    /// The words are not options at all, in a sentence.
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

/// The first option in `matches`, made by [`unread`], that a session file may not set with
/// `--untrusted`. Those that mean nothing in a session file are left
/// to [`conversation`](super::conversation).
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

/// A command whose values are not parsed. All of them are kept, also those of an option of which the
/// last one counts.
fn unread(command: clap::Command) -> clap::Command {
    command.mut_args(|argument| {
        if argument.get_action().takes_values() {
            let argument = argument.value_parser(OsStringValueParser::new());
            argument.action(ArgAction::Append)
        } else {
            argument
        }
    })
}

/// The options that a session file may set with `--untrusted`, and then the reasons why it may not
/// set the others with those that each is for; for the man page.
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

/// Checks options that a session file sets against what `--untrusted` allows.
///
/// # Errors
///
/// The first option that is not allowed, or what is wrong with the words as a whole.
pub fn check(words: &[OsString]) -> Result<(), NotAllowed> {
    let mut command = unread(super::command());
    let program = OsString::from("wsline");
    let matches = command
        .try_get_matches_from_mut(std::iter::once(&program).chain(words))
        .map_err(|error| keep_secret(error, &mut command))
        .map_err(|error| NotAllowed::Invalid(sentence_of(&usage::escaped(error, &command))))?;
    // What follows -- is no option any more, neither here nor in the lines after this one.
    let ends_options = words.iter().any(|word| word == "--");
    if matches.subcommand_name().is_some() || matches.contains_id("url") || ends_options {
        return Err(NotAllowed::Invalid(NOT_AN_OPTION.to_owned()));
    }
    not_allowed(&command, &matches).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(words: &[&str]) -> Option<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        check(&words).err().map(|refusal| refusal.to_string())
    }

    #[test]
    fn every_option_is_allowed_refused_or_meaningless_in_a_session_file() {
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
    fn what_reads_routes_or_weakens_is_refused() {
        let (file, tls, route) = (
            "it reads a file",
            "it weakens TLS",
            "it changes where the connection goes",
        );
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
                "it reads a variable of the environment",
            ),
            (
                &["--bearer", "env:X"],
                "--bearer env:…",
                "it reads a variable of the environment",
            ),
            (
                &["-H", "hOst: x"],
                "--header Host",
                "it changes which host is asked for",
            ),
            (
                &["--max-message-size", "64M", "--max-message-size=67108865"],
                "--max-message-size above 64M",
                "it takes more memory than the default",
            ),
        ] {
            let sentence = format!("{option} is not allowed with --untrusted: {why}");
            assert_eq!(refusal(words), Some(sentence), "{words:?}");
        }
    }

    #[test]
    fn what_does_none_of_that_is_allowed() {
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
            // That they do not belong in a session file is said when they are parsed.
            &["-d", "@x", "--record", "x"],
        ] {
            assert_eq!(refusal(words), None, "{words:?}");
        }
    }

    #[test]
    fn what_is_not_options_is_refused() {
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
                matches!(check(&words), Err(NotAllowed::Invalid(_))),
                "{words:?}"
            );
        }
    }
}
