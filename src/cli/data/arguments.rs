//! The arguments of a conversation, with their help and their values.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, Command};

use super::{Conversation, DataArg, DataOption};
use crate::cli::headings::{EXPECT, SEND};
use crate::cli::{expect, values};
use crate::source::Expected;

impl clap::Args for Conversation {
    fn augment_args(command: Command) -> Command {
        sent_messages(other_steps(expected_events(expected_messages(command))))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// An option of the conversation, which may be repeated.
fn repeatable(id: &'static str, heading: &'static str) -> Arg {
    Arg::new(id)
        .long(id)
        .action(ArgAction::Append)
        .help_heading(heading)
        // Listed before the derived options under this heading.
        .display_order(0)
}

/// An option with a value.
fn option(id: &'static str, value: &'static str, heading: &'static str) -> Arg {
    repeatable(id, heading)
        .value_name(value)
        .allow_hyphen_values(true)
}

/// An option without a value, of which only the position matters.
fn flag(id: &'static str, heading: &'static str, word: &'static DataOption) -> Arg {
    repeatable(id, heading)
        .num_args(0)
        .default_missing_value("")
        .value_parser(move |_: &str| Ok::<_, String>(word.clone()))
}

const CLOSE: &DataOption = &DataOption::Close;
const PING: &DataOption = &DataOption::Expect(Expected::Ping(None));

/// The messages that are expected.
fn expected_messages(command: Command) -> Command {
    let wanted = |parse: fn(&str) -> Result<Expected, String>| {
        move |text: &str| parse(text).map(DataOption::Expect)
    };
    let text = OsStringValueParser::new()
        .try_map(|value| utf8(value).map(|text| DataOption::Expect(expect::text(text))));
    command
        .arg(
            option("expect", "TEXT", EXPECT)
                .help("Expect this text message (repeatable)")
                .long_help(
                    "Expect this text message (repeatable)\n\nThe --data and --expect options and \
                     --close are run in the order given: a conversation on one command line. An \
                     expectation is met by the first message that matches; messages before it are \
                     skipped. If none matches within the time of --within, the run ends with exit \
                     code 4 and a report of what was received instead. Messages are written to \
                     stdout as usual, and stdin is not read.",
                )
                .value_parser(text),
        )
        .arg(
            option("expect-match", "REGEX", EXPECT)
                .hide_short_help(true)
                .help("Expect a text message that matches REGEX")
                .long_help(
                    "Expect a text message that matches REGEX\n\nThe match may be anywhere in the \
                     message; ^ and $ match its start and end, and (?i) ignores case.",
                )
                .value_parser(wanted(expect::regex)),
        )
        .arg(
            option("expect-json", "JSON", EXPECT)
                .hide_short_help(true)
                .help("Expect JSON that contains JSON")
                .long_help(
                    "Expect JSON that contains JSON\n\nObjects may have additional members; all \
                     other values must be equal. Arrays are compared element by element.",
                )
                .value_parser(wanted(expect::json)),
        )
        .arg(
            option("expect-hex", "HEX", EXPECT)
                .hide_short_help(true)
                .help("Expect a binary message with these bytes")
                .value_parser(wanted(expect::bytes)),
        )
}

/// What is expected besides messages: a Close, a Ping, the response to the upgrade, silence.
fn expected_events(command: Command) -> Command {
    let wanted = |parse: fn(&str) -> Result<Expected, String>| {
        move |text: &str| parse(text).map(DataOption::Expect)
    };
    command
        .arg(
            option("expect-close", "CODE", EXPECT)
                .hide_short_help(true)
                .help("Expect the connection to be closed with CODE, or any")
                .long_help(
                    "Expect the connection to be closed with CODE, or any\n\nThe exit code is then \
                     0 whatever the close code. 1005 is a Close without a code, 1006 an end \
                     without a Close.",
                )
                .value_parser(wanted(expect::close)),
        )
        .arg(
            flag("expect-ping", EXPECT, PING)
                .hide_short_help(true)
                .help("Expect a Ping from the server"),
        )
        .arg(
            option("expect-status", "CODE", EXPECT)
                .hide_short_help(true)
                .help("Expect this HTTP status in response to the upgrade")
                .long_help(
                    "Expect this HTTP status in response to the upgrade\n\nWith 401, for example, \
                     the exit code is 0 if the server refuses the upgrade with 401, and 4 \
                     otherwise.",
                )
                .value_parser(wanted(expect::status)),
        )
        .arg(
            option("expect-header", "N: V", EXPECT)
                .hide_short_help(true)
                .help("Expect this header in the response to the upgrade")
                .long_help(
                    "Expect this header in the response to the upgrade\n\nFor example \
                     'Sec-WebSocket-Protocol: chat.v2'. The value must be equal, the case of the name \
                     does not matter.",
                )
                .value_parser(wanted(expect::header)),
        )
        .arg(
            option("expect-silence", "TIME", EXPECT)
                .hide_short_help(true)
                .help("Expect no message for TIME")
                .value_parser(wanted(expect::silence)),
        )
}

/// `--within`, `--statement` and `--close`.
fn other_steps(command: Command) -> Command {
    command
        .arg(
            option("within", "TIME", EXPECT)
                .hide_short_help(true)
                .help("Timeout for the preceding expectation [default: 5s]")
                .long_help(
                    "Timeout for the preceding expectation [default: 5s]\n\nBefore the first \
                     expectation it sets the default for all.",
                )
                .value_parser(|text: &str| values::limit(text).map(DataOption::Within)),
        )
        .arg(
            option("statement", "STATEMENT", EXPECT)
                .short('e')
                .hide_short_help(true)
                .help("Run a statement of a session file (repeatable)")
                .long_help(
                    "Run a statement of a session file (repeatable)\n\nStatements are run in the \
                     order of the --data and --expect options, as if each were a line of one file: \
                     -e 'never < json {\"type\":\"error\"}'. The messages of a rule follow it with \
                     indentation: -e 'on < 2' -e '  > 3'. Rules and settings alone leave stdin and \
                     the prompt as they are. ${NAME} is a variable of the environment, or one that a \
                     statement has set. 'wsline help session-files' describes the statements.",
                )
                .value_parser(statement),
        )
        .arg(
            flag("close", EXPECT, CLOSE)
                .hide_short_help(true)
                .help("Send a Close here")
                .long_help(
                    "Send a Close here\n\nIt has the code of --close-code and the reason of \
                     --close-reason; --expect-close after it waits for the response.",
                ),
        )
}

/// The messages to send.
fn sent_messages(command: Command) -> Command {
    let os_string = OsStringValueParser::new;
    let option = |id, value| option(id, value, SEND);
    command
        .arg(
            option("data", "TEXT")
                .short('d')
                .help("Send a text message (repeatable; @FILE, @- for stdin)")
                .long_help(
                    "Send a text message (repeatable; @FILE, @- for stdin)\n\n@FILE sends a \
                     file, and @- all of stdin, as one message. With this or another --data \
                     option stdin is not read line by line unless --interactive is given.",
                )
                .value_parser(os_string().try_map(|value| text(value).map(DataOption::Send))),
        )
        .arg(
            option("data-binary", "@FILE")
                .hide_short_help(true)
                .help("Send a binary message (@FILE, @- for stdin)")
                .long_help(
                    "Send a binary message (@FILE, @- for stdin)\n\nWithout @ the bytes of the \
                     text itself are sent.",
                )
                .value_parser(os_string().try_map(|value| binary(&value).map(DataOption::Send))),
        )
        .arg(
            option("data-hex", "HEX")
                .hide_short_help(true)
                .help("Send hexadecimal bytes as a binary message")
                .value_parser(|text: &str| {
                    values::hex_bytes(text).map(|bytes| DataOption::Send(DataArg::Binary(bytes)))
                }),
        )
        .arg(
            option("data-raw", "TEXT")
                .hide_short_help(true)
                .help("Send TEXT as a text message, even if it starts with @")
                .value_parser(os_string().try_map(|value| {
                    utf8(value).map(|text| DataOption::Send(DataArg::Text(text)))
                })),
        )
}

/// `TEXT`, `@FILE` or `@-`.
fn text(value: OsString) -> Result<DataArg, String> {
    match value.as_bytes() {
        b"@" => Err(NAMELESS.to_owned()),
        b"@-" => Ok(DataArg::TextStdin),
        [b'@', ..] => Ok(DataArg::TextFile(file(&value))),
        _ => utf8(value).map(DataArg::Text),
    }
}

/// A statement, which is parsed together with the others.
fn statement(text: &str) -> Result<DataOption, String> {
    if text.trim().is_empty() {
        return Err("missing statement, as in 'never < error'".to_owned());
    }
    Ok(DataOption::Statement(text.to_owned()))
}

/// Parses `@FILE`, `@-`, or bytes.
fn binary(value: &OsStr) -> Result<DataArg, String> {
    match value.as_bytes() {
        b"@" => Err(NAMELESS.to_owned()),
        b"@-" => Ok(DataArg::BinaryStdin),
        [b'@', ..] => Ok(DataArg::BinaryFile(file(value))),
        bytes => Ok(DataArg::Binary(bytes.to_vec())),
    }
}

const NAMELESS: &str = "missing file name after @ (--data-raw sends a text that starts with @)";

fn file(value: &OsStr) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(&value.as_bytes()[1..]))
}

fn utf8(value: OsString) -> Result<String, String> {
    value.into_string().map_err(|_| {
        "not UTF-8, as a text message must be; --data-binary sends any bytes".to_owned()
    })
}
