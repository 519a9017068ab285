//! The table of prompt commands.

use super::arguments::{self, Call};
use super::kinds::PromptCommand;

/// A command, for help and parsing.
#[derive(Clone, Copy, Debug)]
pub struct CommandHelp {
    /// The name without the slash.
    pub name: &'static str,
    /// The arguments; empty if there are none. Optional ones are in brackets.
    pub arguments: &'static str,
    /// A one-line description.
    pub help: &'static str,
    /// Further description.
    pub details: &'static str,
    /// How to complete its argument.
    pub completion: Completion,
    pub(super) parse: fn(&Call<'_>) -> Result<PromptCommand, String>,
}

/// How to complete the argument of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// It can't be completed.
    None,
    /// With file names.
    Path,
    /// With close codes.
    CloseCode,
    /// With the names of commands.
    Command,
    /// With the formats of `/view`.
    ViewFormat,
}

impl CommandHelp {
    /// The command with its arguments: `/close [CODE [REASON]]`.
    #[must_use]
    pub fn call(&self) -> String {
        format!("/{} {}", self.name, self.arguments)
            .trim_end()
            .to_owned()
    }
}

macro_rules! command {
    ($name:ident, $arguments:literal, $completion:ident, $help:literal, $details:literal) => {
        CommandHelp {
            name: stringify!($name),
            arguments: $arguments,
            help: $help,
            details: $details,
            completion: Completion::$completion,
            parse: arguments::$name,
        }
    };
}

/// All commands, in the order of `/help`.
pub const COMMANDS: &[CommandHelp] = &[
    command!(help, "[COMMAND]", Command, "list the commands, or describe one", ""),
    command!(
        send,
        "TEXT",
        None,
        "send TEXT, even if it begins with /",
        "Without TEXT an empty message is sent."
    ),
    command!(
        edit,
        "[TEXT]",
        None,
        "write a message in an editor, as ^X^E does",
        "$VISUAL, $EDITOR or vi is opened with TEXT. What it leaves is the line; Enter sends it."
    ),
    command!(
        file,
        "PATH",
        Path,
        "send a file as one text message",
        "The file must be UTF-8. A path may be in quotes; ~/ is your home directory."
    ),
    command!(
        binary,
        "PATH",
        Path,
        "send a file as one binary message",
        "A path may be in quotes; ~/ is your home directory."
    ),
    command!(
        hex,
        "HEX",
        None,
        "send bytes as a binary message: /hex 00 ff",
        "Spaces between the digits are ignored."
    ),
    command!(
        base64,
        "BASE64",
        None,
        "send bytes as a binary message: /base64 aGVsbG8=",
        ""
    ),
    command!(
        ping,
        "[TEXT]",
        None,
        "send a Ping and time its Pong",
        "A Ping has at most 125 bytes."
    ),
    command!(pong, "[TEXT]", None, "send an unsolicited Pong", ""),
    command!(
        last,
        "[COUNT]",
        None,
        "show the last messages again (5 unless given)",
        "Filters and /hold do not apply."
    ),
    command!(
        view,
        "[N] [pretty|raw|hex]",
        ViewFormat,
        "show all of message N, or pipe it: /view N | COMMAND",
        "What is taller than the screen opens in $PAGER, or less. N counts received messages, and \
         -1 is the last. A command is run by sh and reads the message as it came."
    ),
    command!(
        save,
        "PATH [N]",
        Path,
        "write message N to a new file",
        "Without N the last message is written. An existing file is not replaced."
    ),
    command!(
        copy,
        "[N]",
        None,
        "copy message N to the clipboard",
        "Uses the clipboard of the terminal (OSC 52), over ssh too. Not every terminal supports it."
    ),
    command!(
        again,
        "[N]",
        None,
        "send the last message that was sent again",
        "With N, the received message N is sent."
    ),
    command!(
        find,
        "TEXT",
        None,
        "find TEXT in the messages that are kept",
        "Upper and lower case are the same unless TEXT has a capital."
    ),
    command!(
        filter,
        "[REGEX]",
        None,
        "show only received messages that match REGEX",
        "Without REGEX, how many messages are hidden. Upper and lower case are the same unless REGEX \
         has a capital."
    ),
    command!(mute, "REGEX", None, "hide received messages that match REGEX", "More than one can be muted."),
    command!(unfilter, "", None, "show all messages again", "Ends /filter and /mute."),
    command!(
        hold,
        "",
        None,
        "hold received messages back, as ^S does",
        "/release or ^Q shows them."
    ),
    command!(release, "", None, "show the messages held back, as ^Q does", ""),
    command!(timestamps, "", None, "show times, or no longer", ""),
    command!(status, "", None, "show the state of the connection", ""),
    command!(headers, "", None, "show the headers of the opening handshake", ""),
    command!(
        reconnect,
        "",
        None,
        "connect again after the connection has ended",
        "Enter on an empty line does the same."
    ),
    command!(
        close,
        "[CODE [REASON]]",
        CloseCode,
        "close (1000 unless given) and end",
        "A code is 1000 or 3000-4999; others need --force."
    ),
    command!(quit, "", None, "close with 1000 and end, as ^D does", ""),
];
