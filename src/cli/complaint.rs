//! Usage errors that say more than clap's, or hide secrets.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::commands::is_command;
use super::secret_source::is_secret;
use crate::http::find_tokens;
use crate::text::escape;

pub(super) fn put_first(task: &str) -> String {
    format!(
        "the command comes first: wsline {task} …; to connect to a host of that name, use ws://{task}"
    )
}

/// The name of a subcommand before `word`, if only options come before it.
pub(super) fn misplaced_command<'a>(args: &'a [OsString], word: &str) -> Option<&'a str> {
    let mut args = args.iter().skip(1).filter_map(|arg| arg.to_str());
    let task = args.find(|arg| !arg.starts_with('-'))?;
    (args.next() == Some(word) && is_command(task)).then_some(task)
}

/// Removes a secret from an error, because clap quotes the invalid value.
pub(super) fn keep_secret(error: clap::Error, command: &mut clap::Command) -> clap::Error {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let name = option.trim_start_matches('-').split(' ').next();
    let is_secret = match name {
        Some("subprotocol") => match error.get(ContextKind::InvalidValue) {
            Some(ContextValue::String(value)) => has_token(value),
            _ => false,
        },
        name => name.is_some_and(is_secret),
    };
    if error.kind() != ErrorKind::ValueValidation || !is_secret {
        return error;
    }
    let why = error.source().map(ToString::to_string);
    let why = why.unwrap_or_else(|| "invalid value".to_owned());
    let sentence = format!("invalid value for '{option}': {why}");
    complain(command, None, ErrorKind::ValueValidation, &sentence)
}

/// Whether an invalid subprotocol would contain a token if it were parsed as a list.
pub(super) fn has_token(value: &str) -> bool {
    let names = value.split(|c: char| c == ',' || c.is_whitespace());
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    find_tokens(&names).iter().any(Option::is_some)
}

/// clap reports a word after the URL as an unknown subcommand, but it is more likely a message,
/// which other clients accept there.
pub(super) fn explain_second_url(
    error: clap::Error,
    args: &[OsString],
    command: &mut clap::Command,
) -> clap::Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    if error.kind() != ErrorKind::ArgumentConflict {
        return error;
    }
    // Without quotes, a token becomes a word of its own: -H Authorization: Bearer TOKEN.
    let near = args.iter().any(|arg| names_secret(&arg.to_string_lossy()));
    let sentence = if let Some(task) = misplaced_command(args, word) {
        put_first(task)
    } else if near || word.contains('@') {
        "unexpected second argument: a value with spaces needs quotes, and a message is sent with \
         -d TEXT"
            .to_owned()
    } else {
        format!("unexpected argument '{word}' after the URL; to send a message, use -d TEXT")
    };
    complain(command, None, ErrorKind::ArgumentConflict, &sentence)
}

/// Whether `word` is an option that may contain a secret, alone or with its value.
pub(super) fn names_secret(word: &str) -> bool {
    match word.strip_prefix("--") {
        Some(long) => is_secret(long.split('=').next().unwrap_or(long)),
        None => ["-H", "-u", "-U", "-x"]
            .iter()
            .any(|short| word.starts_with(short)),
    }
}

/// An error in clap's format, with the usage of the subcommand that it is about.
pub(super) fn complain(
    command: &mut clap::Command,
    task: Option<&str>,
    kind: ErrorKind,
    sentence: &str,
) -> clap::Error {
    let sentence = escape::line(sentence);
    match task.and_then(|name| command.find_subcommand_mut(name)) {
        Some(task) => task.error(kind, sentence),
        None => command.error(kind, sentence),
    }
}
