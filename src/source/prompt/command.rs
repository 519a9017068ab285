//! Parses a line typed at the prompt, without I/O.
//!
//! A line that begins with `/` is a command, `//x` sends `/x`, everything else is a text message. A
//! command may be shortened if only one begins so. Parsing, `/help`, completion, hints and the
//! guide use the same table.

mod arguments;
mod kinds;
mod table;

use serde::de::IgnoredAny;

pub use self::kinds::{MessageCommand, PromptCommand, ViewFormat};
pub use self::table::{CommandHelp, Completion, COMMANDS};
use crate::text::elide;
use crate::text::suggest::nearest;

/// The maximum number of characters of an unknown command that are quoted.
const SHOWN: usize = 40;

/// Names that other programs have for a command.
const OTHER_NAMES: [(&str, &str); 5] = [
    ("bye", "quit"),
    ("connect", "reconnect"),
    ("disconnect", "close"),
    ("exit", "quit"),
    ("logout", "quit"),
];

/// Parses a line. `force` allows all close codes, as `--force` does.
///
/// # Errors
///
/// What is invalid, and what is valid; nothing must be sent then.
pub fn parse(line: &str, force: bool) -> Result<PromptCommand, String> {
    if line.is_empty() {
        return Ok(PromptCommand::Nothing);
    }
    let Some(command) = line.strip_prefix('/') else {
        return Ok(PromptCommand::text(line));
    };
    if command.starts_with('/') {
        return Ok(PromptCommand::text(command));
    }
    let (name, rest) = arguments::split_word(command);
    let found = find(name)?;
    (found.parse)(&arguments::TypedCommand {
        name: found.name,
        rest,
        force,
    })
}

/// The name of the command in a line, if it needs an open connection.
pub(super) fn connected_only(line: &str) -> Option<&'static str> {
    let command = line
        .strip_prefix('/')
        .filter(|rest| !rest.starts_with('/'))?;
    let (name, _) = arguments::split_word(command);
    let found = find(name).ok()?;
    found.needs_connection.then_some(found.name)
}

/// The full name of the command in a line, and its arguments.
pub(super) fn called(line: &str) -> Option<(&'static str, &str)> {
    let command = line.strip_prefix('/')?;
    let (name, rest) = arguments::split_word(command);
    find(name).ok().map(|found| (found.name, rest))
}

/// The command with this name or prefix.
///
/// # Errors
///
/// There is no such command, or several begin so.
fn find(name: &str) -> Result<&'static CommandHelp, String> {
    let exact = COMMANDS.iter().find(|command| command.name == name);
    if let Some(exact) = exact {
        return Ok(exact);
    }
    let begin: Vec<_> = beginning_with(name).collect();
    match begin.as_slice() {
        [only] if !name.is_empty() => Ok(only),
        [first, .., last] if !name.is_empty() => {
            let between = &begin[1..begin.len() - 1];
            let between: Vec<_> = between
                .iter()
                .map(|one| format!(", /{}", one.name))
                .collect();
            let between = between.concat();
            Err(format!(
                "ambiguous command /{name}: /{}{between} or /{}",
                first.name, last.name
            ))
        }
        _ => Err(unknown(name)),
    }
}

/// The commands whose names begin with `start`.
pub(super) fn beginning_with(start: &str) -> impl Iterator<Item = &'static CommandHelp> + use<'_> {
    COMMANDS
        .iter()
        .filter(move |command| command.name.starts_with(start))
}

/// The output of `/help`.
#[must_use]
pub fn help() -> String {
    let calls: Vec<String> = COMMANDS.iter().map(CommandHelp::call).collect();
    let width = calls.iter().map(String::len).max().unwrap_or(0);
    let rows: Vec<String> = calls
        .iter()
        .zip(COMMANDS)
        .map(|(call, command)| format!("  {call:width$}  {}", command.help))
        .collect();
    format!(
        "lines are sent as text messages; commands:\n{}\n  {:width$}  send /x\n\
         /help NAME says more. Alt-Enter begins a new line, ^R searches the history, ^S holds \
         messages back and ^Q lets them go, ^X^E opens an editor, ^C clears the line",
        rows.join("\n"),
        "//x"
    )
}

/// The output of `/help NAME`.
///
/// # Errors
///
/// There is no such command, or several begin so.
pub fn help_on(name: &str) -> Result<String, String> {
    let command = find(name)?;
    let needs = if command.needs_connection {
        " Needs a connection."
    } else {
        ""
    };
    let details = format!("{}{needs}", command.details);
    let text = format!("{}: {}\n{}", command.call(), command.help, details.trim());
    Ok(text.trim_end().to_owned())
}

/// Whether `text`, or the text of `/send`, is the beginning of a JSON object or array.
#[must_use]
pub fn is_unfinished(text: &str) -> bool {
    let text = text.strip_prefix("/send ").unwrap_or(text);
    text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<IgnoredAny>(text).is_err_and(|error| error.is_eof())
}

fn unknown(name: &str) -> String {
    let shown = elide::chars(name, SHOWN);
    if name.is_empty() {
        return "no command after /; /help lists them, // sends /".to_owned();
    }
    let lower = name.to_lowercase();
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == lower);
    let meant = other
        .map(|(_, command)| *command)
        .or_else(|| nearest(name, COMMANDS.iter().map(|command| command.name)))
        .map(|near| format!("did you mean /{near}? "))
        .unwrap_or_default();
    format!("unknown command /{shown}; {meant}/help lists them; //{shown} … sends it as text")
}

#[cfg(test)]
mod tests;
