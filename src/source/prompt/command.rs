//! One line typed at the prompt, read as an order. Pure: nothing is opened, nothing is sent.
//!
//! A line that begins with `/` is a command, `//x` sends `/x`, everything else is a text message
//! as it stands. One table of commands serves parsing, `/help`, completion and hints.

use serde::de::IgnoredAny;

use crate::conversation::command::Command;
use crate::error::USE_FORCE;
use crate::event::Kind;
use crate::protocol::{CloseReason, MAX_CONTROL_PAYLOAD};
use crate::terminal::InputLanguage;
use crate::text::hex::{self, HexError};
use crate::text::suggest::nearest;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptCommand {
    /// Send this.
    Send(Command<'static>),
    /// Send the content of a file as one message.
    File {
        /// Whether it is a text or a binary message.
        kind: Kind,
        /// The file as it was typed.
        path: String,
    },
    /// List the commands.
    Help,
    /// Say how the connection is.
    Status,
    /// Close with 1000 and end.
    Quit,
}

/// A command, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandHelp {
    /// Its name without the slash.
    pub name: &'static str,
    /// What may follow it; empty if nothing may.
    pub arguments: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
}

/// All commands, in the order of `/help`.
pub const COMMANDS: &[CommandHelp] = &[
    usage("help", "", "list these commands"),
    usage("send", "TEXT", "send TEXT, whatever it begins with"),
    usage("file", "PATH", "send a file as one text message"),
    usage("binary", "PATH", "send a file as one binary message"),
    usage("hex", "HEX", "send bytes as a binary message: /hex 00 ff"),
    usage("ping", "[TEXT]", "send a Ping and time its Pong"),
    usage("pong", "[TEXT]", "send an unsolicited Pong"),
    usage(
        "close",
        "[CODE [REASON]]",
        "close (1000 unless given) and end",
    ),
    usage("status", "", "say how the connection is"),
    usage("quit", "", "close with 1000 and end, as ^D does"),
];

const fn usage(name: &'static str, arguments: &'static str, help: &'static str) -> CommandHelp {
    CommandHelp {
        name,
        arguments,
        help,
    }
}

/// How much of an unknown command is quoted, in characters.
const SHOWN: usize = 40;

/// Reads a line as an order. `force` lifts the rule for close codes, as `--force` does.
///
/// # Errors
///
/// What is wrong with the command, and what would be right; nothing is to be sent then.
pub fn parse(line: &str, force: bool) -> Result<PromptCommand, String> {
    let Some(command) = line.strip_prefix('/') else {
        return Ok(text(line));
    };
    if command.starts_with('/') {
        return Ok(text(command));
    }
    let (name, rest) = split_word(command);
    match name {
        "help" => alone(name, rest, PromptCommand::Help),
        "status" => alone(name, rest, PromptCommand::Status),
        "quit" => alone(name, rest, PromptCommand::Quit),
        "send" => Ok(text(rest)),
        "file" => file(name, Kind::Text, rest),
        "binary" => file(name, Kind::Binary, rest),
        "hex" => Ok(PromptCommand::Send(Command::Binary(bytes_of_hex(rest)?))),
        "ping" => Ok(PromptCommand::Send(Command::Ping(control(name, rest)?))),
        "pong" => Ok(PromptCommand::Send(Command::Pong(control(name, rest)?))),
        "close" => Ok(PromptCommand::Send(Command::Close(Some(close(
            rest, force,
        )?)))),
        _ => Err(unknown(name)),
    }
}

/// What `/help` answers.
#[must_use]
pub fn help() -> String {
    let calls: Vec<String> = COMMANDS.iter().map(call).collect();
    let width = calls.iter().map(String::len).max().unwrap_or(0);
    let rows: Vec<String> = calls
        .iter()
        .zip(COMMANDS)
        .map(|(call, usage)| format!("  {call:width$}  {}", usage.help))
        .collect();
    format!(
        "what is typed is sent as a text message, but for these:\n{}\n  {:width$}  send /x\n\
         Alt-Enter begins a new line, ^R searches the history, ^C clears the line",
        rows.join("\n"),
        "//x"
    )
}

/// Whether `text` is JSON that goes on: it begins as an object or an array, and ends too soon.
#[must_use]
pub fn is_unfinished(text: &str) -> bool {
    text.starts_with(['{', '['])
        && serde_json::from_str::<IgnoredAny>(text).is_err_and(|error| error.is_eof())
}

/// The prompt's language, for the line editor.
#[derive(Clone, Copy, Debug, Default)]
pub struct PromptLanguage {
    /// Whether any close code may be sent, as with `--force`.
    pub force: bool,
}

impl InputLanguage for PromptLanguage {
    fn unfinished(&self, text: &str) -> bool {
        is_unfinished(text)
    }

    fn ends(&self, line: &str) -> bool {
        matches!(
            parse(line, self.force),
            Ok(PromptCommand::Quit | PromptCommand::Send(Command::Close(_)))
        )
    }

    fn is_message(&self, line: &str) -> bool {
        matches!(
            parse(line, self.force),
            Ok(PromptCommand::Send(Command::Text(_)))
        )
    }

    fn complete(&self, line: &str) -> Vec<String> {
        let Some(start) = line.strip_prefix('/') else {
            return Vec::new();
        };
        COMMANDS
            .iter()
            .filter(|usage| usage.name.starts_with(start))
            .map(|usage| match usage.arguments {
                "" => format!("/{}", usage.name),
                _ => format!("/{} ", usage.name),
            })
            .collect()
    }

    fn hint(&self, line: &str) -> Option<String> {
        let typed = line.strip_prefix('/')?;
        let name = typed.trim_end_matches(' ');
        let usage = COMMANDS.iter().find(|usage| usage.name == name)?;
        match (usage.arguments, typed.len() - name.len()) {
            ("", _) => None,
            (arguments, 0) => Some(format!(" {arguments}")),
            (arguments, 1) => Some(arguments.to_owned()),
            _ => None,
        }
    }
}

fn text(text: &str) -> PromptCommand {
    PromptCommand::Send(Command::Text(text.to_owned().into()))
}

/// The first word, and what follows the one blank after it.
fn split_word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

fn alone(name: &str, rest: &str, order: PromptCommand) -> Result<PromptCommand, String> {
    if rest.trim().is_empty() {
        Ok(order)
    } else {
        Err(format!(
            "/{name} takes nothing after it; //{name} … sends the line as text"
        ))
    }
}

fn file(name: &str, kind: Kind, rest: &str) -> Result<PromptCommand, String> {
    match rest.trim() {
        "" => Err(format!("/{name} needs the path of a file: /{name} PATH")),
        path => Ok(PromptCommand::File {
            kind,
            path: path.to_owned(),
        }),
    }
}

fn bytes_of_hex(rest: &str) -> Result<Vec<u8>, String> {
    if rest.trim().is_empty() {
        return Err("/hex needs bytes in hexadecimal: /hex 00 ff".to_owned());
    }
    hex::decode(rest).map_err(|error| match error {
        HexError::Digit(_, wrong) => {
            format!("/hex takes hexadecimal digits and blanks, not `{wrong}`")
        }
        HexError::Odd(count) => {
            format!("/hex needs two digits for each byte, and {count} is odd")
        }
    })
}

fn control(name: &str, rest: &str) -> Result<Vec<u8>, String> {
    if rest.len() > MAX_CONTROL_PAYLOAD {
        return Err(format!(
            "/{name}: payload too long: {} bytes, the maximum is {MAX_CONTROL_PAYLOAD} \
             (RFC 6455 §5.5)",
            rest.len()
        ));
    }
    Ok(rest.as_bytes().to_vec())
}

fn close(rest: &str, force: bool) -> Result<CloseReason, String> {
    let (code, reason) = split_word(rest.trim());
    let code = match code {
        "" => 1000,
        code => code.parse().map_err(|_| {
            format!("/close takes a code and then a reason, and `{code}` is no code; try /close 1000 {code}")
        })?,
    };
    CloseReason::from_user(code, reason.trim_start(), force)
        .map_err(|error| format!("/close: {}", error.with_advice(USE_FORCE)))
}

fn unknown(name: &str) -> String {
    let meant = nearest(name, COMMANDS.iter().map(|usage| usage.name))
        .map(|near| format!("did you mean /{near}? "))
        .unwrap_or_default();
    let shown: String = name.chars().take(SHOWN).collect();
    let shown = shown
        + if name.chars().count() > SHOWN {
            "…"
        } else {
            ""
        };
    format!("unknown command /{shown}; {meant}/help lists them; //{shown} … sends it as text")
}

fn call(usage: &CommandHelp) -> String {
    format!("/{} {}", usage.name, usage.arguments)
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests;
