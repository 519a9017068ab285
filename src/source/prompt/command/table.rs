//! The table of prompt commands.

use super::arguments::{self, TypedCommand};
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
    /// Whether it needs an open connection. Before the connection is open, it waits for it.
    pub needs_connection: bool,
    pub(super) parse: fn(&TypedCommand<'_>) -> Result<PromptCommand, String>,
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
    /// With message numbers.
    Message,
    /// With message numbers and the formats of `/view`.
    View,
    /// With file names, and then message numbers.
    PathAndMessage,
    /// With what can be expected.
    Expectation,
    /// With the names of snippets.
    Snippet,
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
    ($name:ident, $arguments:literal, $completion:ident, $needs:ident, $help:literal, $details:literal) => {
        CommandHelp {
            name: command!(@name $name),
            needs_connection: command!(@needs $needs),
            arguments: $arguments,
            help: $help,
            details: $details,
            completion: Completion::$completion,
            parse: arguments::$name,
        }
    };
    (@name keep_as) => {
        "as"
    };
    (@name $name:ident) => {
        stringify!($name)
    };
    (@needs open) => {
        true
    };
    (@needs any) => {
        false
    };
}

/// All commands, in the order of `/help`.
pub const COMMANDS: &[CommandHelp] = &[
    command!(help, "[COMMAND]", Command, any, "list the commands, or describe one", ""),
    command!(
        send,
        "TEXT",
        None,
        open,
        "send TEXT, even if it begins with /",
        "Without TEXT an empty message is sent."
    ),
    command!(
        edit,
        "[TEXT]",
        None,
        any,
        "write a message in an editor, as ^X^E does",
        "$VISUAL, $EDITOR or vi is opened with TEXT. What it leaves is the line; Enter sends it."
    ),
    command!(
        file,
        "PATH",
        Path,
        open,
        "send a file as one text message",
        "The file must be UTF-8. A path may be in quotes; ~/ is your home directory."
    ),
    command!(
        binary,
        "PATH",
        Path,
        open,
        "send a file as one binary message",
        "A path may be in quotes; ~/ is your home directory."
    ),
    command!(
        hex,
        "HEX",
        None,
        open,
        "send bytes as a binary message: /hex 00 ff",
        "Spaces between the digits are ignored."
    ),
    command!(
        base64,
        "BASE64",
        None,
        open,
        "send bytes as a binary message: /base64 aGVsbG8=",
        ""
    ),
    command!(
        ping,
        "[TEXT]",
        None,
        open,
        "send a Ping and time its Pong",
        "A Ping has at most 125 bytes."
    ),
    command!(pong, "[TEXT]", None, open, "send an unsolicited Pong", ""),
    command!(
        last,
        "[COUNT]",
        None,
        any,
        "show the last messages again (5 unless given)",
        "Filters and /hold do not apply."
    ),
    command!(
        view,
        "[N] [pretty|raw|hex|image]",
        View,
        any,
        "show all of message N, or pipe it: /view N | COMMAND",
        "What is taller than the screen opens in $PAGER, or less. N counts received messages, and \
         -1 is the last. A PNG, JPEG or GIF image is drawn by the graphics of the terminal (kitty, \
         iTerm2, sixel) or with characters. A command is run by sh and reads the message as it came."
    ),
    command!(
        save,
        "PATH [N]",
        PathAndMessage,
        any,
        "write message N to a new file",
        "Without N the last message is written. An existing file is not replaced."
    ),
    command!(
        copy,
        "[N]",
        Message,
        any,
        "copy message N to the clipboard",
        "Uses the clipboard of the terminal (OSC 52), over ssh too. Not every terminal supports it."
    ),
    command!(
        again,
        "[N]",
        Message,
        open,
        "send the last message that was sent again",
        "With N, the received message N is sent."
    ),
    command!(
        find,
        "TEXT",
        None,
        any,
        "find TEXT in the messages that are kept",
        "Upper and lower case are the same unless TEXT has a capital."
    ),
    command!(
        filter,
        "[REGEX]",
        None,
        any,
        "show only received messages that match REGEX",
        "Without REGEX, how many messages are hidden. Upper and lower case are the same unless REGEX \
         has a capital."
    ),
    command!(mute, "REGEX", None, any, "hide received messages that match REGEX", "More than one can be muted."),
    command!(unfilter, "", None, any, "show all messages again", "Ends /filter and /mute."),
    command!(
        hold,
        "",
        None,
        any,
        "hold received messages back, as ^S does",
        "/release or ^Q shows them."
    ),
    command!(release, "", None, any, "show the messages held back, as ^Q does", ""),
    command!(
        expect,
        "[within TIME] PATTERN",
        Expectation,
        open,
        "wait for a message that matches, as --expect does",
        "PATTERN is written as in session files: a text, json {...}, /REGEX/, hex ..., ping, close \
         CODE, silence TIME. Messages received since the last one was sent count. The default time \
         is 5 s. Typing goes on meanwhile."
    ),
    command!(
        record,
        "FILE|stop",
        Path,
        any,
        "record the conversation in a new file, or stop",
        "The extension selects the format, as with --record. /record stop prints the command that \
         runs the file as a test."
    ),
    command!(
        keep_as,
        "[NAME TEXT]",
        Snippet,
        any,
        "keep TEXT as a snippet, which /NAME sends",
        "${VARIABLE} in TEXT is replaced from the environment when it is sent. Without NAME the \
         snippets are listed. They are in wsline/snippets in the config folder."
    ),
    command!(timestamps, "", None, any, "show times, or no longer", ""),
    command!(status, "", None, any, "show the state of the connection", ""),
    command!(headers, "", None, any, "show the headers of the opening handshake", ""),
    command!(
        reconnect,
        "",
        None,
        any,
        "connect again after the connection has ended",
        "Enter on an empty line does the same."
    ),
    command!(
        close,
        "[CODE [REASON]]",
        CloseCode,
        any,
        "close (1000 unless given) and end",
        "A code is 1000 or 3000-4999; others only if wsline was started with --force."
    ),
    command!(quit, "", None, any, "close with 1000 and end, as ^D does", ""),
];
