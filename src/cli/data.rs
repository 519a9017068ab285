//! The conversation on a command line: the messages of `-d`, `--data-raw`, `--data-binary` and
//! `--data-hex`, what `--expect…` wait for, and `--close`, in the order written.
//!
//! clap keeps a list for each option; only the indices of their values tell how they were mixed.
//! So these arguments are declared by hand, and everything else is derived.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::options::{EXPECT, SEND};
use super::{expect, values};
use crate::source::{Expectation, Wanted};

/// One message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    /// A text message.
    Text(String),
    /// A text message that is the whole of a file.
    TextFile(PathBuf),
    /// A text message that is all of stdin.
    TextStdin,
    /// A binary message.
    Binary(Vec<u8>),
    /// A binary message that is the whole of a file.
    BinaryFile(PathBuf),
    /// A binary message that is all of stdin.
    BinaryStdin,
}

impl Datum {
    fn reads_stdin(&self) -> bool {
        matches!(self, Self::TextStdin | Self::BinaryStdin)
    }
}

/// A step of the conversation.
#[derive(Clone, Debug)]
pub enum Spoken {
    /// Sends a message.
    Say(Datum),
    /// Waits for something.
    Expect {
        /// For what.
        wanted: Wanted,
        /// How long at most.
        within: Duration,
    },
    /// Sends the Close of `--close-code` and `--close-reason`.
    Close,
}

impl Spoken {
    /// Whether it reads stdin, which only one thing can.
    #[must_use]
    pub fn reads_stdin(&self) -> bool {
        matches!(self, Self::Say(datum) if datum.reads_stdin())
    }
}

/// What one option stands for.
#[derive(Clone, Debug)]
enum Word {
    Say(Datum),
    Expect(Wanted),
    Within(Duration),
    Close,
}

/// The options as one list.
#[derive(Debug, Default)]
pub(super) struct Conversation(pub(super) Vec<Spoken>);

const IDS: [&str; 14] = [
    "data",
    "data-raw",
    "data-binary",
    "data-hex",
    "expect",
    "expect-match",
    "expect-json",
    "expect-hex",
    "expect-close",
    "expect-ping",
    "expect-status",
    "expect-silence",
    "within",
    "close",
];

impl clap::FromArgMatches for Conversation {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut placed: Vec<(usize, &Word)> = IDS
            .iter()
            .flat_map(|id| {
                let indices = matches.indices_of(id).into_iter().flatten();
                let values = matches.get_many::<Word>(id).into_iter().flatten();
                indices.zip(values)
            })
            .collect();
        placed.sort_by_key(|(index, _)| *index);
        Ok(Self(steps(placed.into_iter().map(|(_, word)| word))))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Puts the words together: a `--within` belongs to the nearest expectation before it, and
/// before the first it is for all of them.
fn steps<'a>(words: impl Iterator<Item = &'a Word>) -> Vec<Spoken> {
    let mut default = Expectation::WITHIN;
    let mut steps = Vec::new();
    let mut last = None;
    for word in words {
        match word {
            Word::Say(datum) => steps.push(Spoken::Say(datum.clone())),
            Word::Close => steps.push(Spoken::Close),
            Word::Expect(wanted) => {
                last = Some(steps.len());
                steps.push(Spoken::Expect {
                    wanted: wanted.clone(),
                    within: default,
                });
            }
            Word::Within(time) => match last.and_then(|last| steps.get_mut(last)) {
                Some(Spoken::Expect { within, .. }) => *within = *time,
                _ => default = *time,
            },
        }
    }
    steps
}

/// An option of the conversation, which may be given again and again.
fn repeatable(id: &'static str, heading: &'static str) -> Arg {
    Arg::new(id)
        .long(id)
        .action(ArgAction::Append)
        .help_heading(heading)
        // Ahead of the derived options under this heading.
        .display_order(0)
}

/// One that takes a value.
fn option(id: &'static str, value: &'static str, heading: &'static str) -> Arg {
    repeatable(id, heading)
        .value_name(value)
        .allow_hyphen_values(true)
}

/// One that takes none, and counts by its place.
fn flag(id: &'static str, heading: &'static str, word: &'static Word) -> Arg {
    repeatable(id, heading)
        .num_args(0)
        .default_missing_value("")
        .value_parser(move |_: &str| Ok::<_, String>(word.clone()))
}

const CLOSE: &Word = &Word::Close;
const PING: &Word = &Word::Expect(Wanted::Ping(None));

fn expectations(command: Command) -> Command {
    let wanted =
        |parse: fn(&str) -> Result<Wanted, String>| move |text: &str| parse(text).map(Word::Expect);
    let text = OsStringValueParser::new()
        .try_map(|value| utf8(value).map(|text| Word::Expect(expect::text(text))));
    command
        .arg(
            option("expect", "TEXT", EXPECT)
                .help("Wait for this text message (repeat)")
                .long_help(
                    "Wait for this text message (repeat)\n\nThe --data options, --expect, its \
                     relatives and --close are taken in the order they are written: a conversation \
                     on one command line. An expectation is met by the first message that fits; \
                     those before it are passed over. One that is not met within the time of \
                     --within ends with exit status 4, and with a report of what came instead. \
                     Messages are written to stdout as ever, and stdin is not read.",
                )
                .value_parser(text),
        )
        .arg(
            option("expect-match", "REGEX", EXPECT)
                .hide_short_help(true)
                .help("Wait for a text message in which REGEX is found")
                .long_help(
                    "Wait for a text message in which REGEX is found\n\n^ and $ stand for the \
                     message's ends, (?i) before it makes letters of either case equal.",
                )
                .value_parser(wanted(expect::regex)),
        )
        .arg(
            option("expect-json", "JSON", EXPECT)
                .help("Wait for JSON with at least this in it")
                .long_help(
                    "Wait for JSON with at least this in it\n\nWhat is given must be there and \
                     equal, objects may have more members. Arrays are compared element by element.",
                )
                .value_parser(wanted(expect::json)),
        )
        .arg(
            option("expect-hex", "HEX", EXPECT)
                .hide_short_help(true)
                .help("Wait for a binary message with these bytes")
                .value_parser(wanted(expect::bytes)),
        )
        .arg(
            option("expect-close", "CODE", EXPECT)
                .hide_short_help(true)
                .help("Wait for the connection to be closed with CODE, or any")
                .long_help(
                    "Wait for the connection to be closed with CODE, or any\n\nIf it is, the exit \
                     status is 0 whatever the code. 1005 is a Close without a code, 1006 an end \
                     without a Close.",
                )
                .value_parser(wanted(expect::close)),
        )
        .arg(
            flag("expect-ping", EXPECT, PING)
                .hide_short_help(true)
                .help("Wait for a Ping of the server's"),
        )
        .arg(
            option("expect-status", "CODE", EXPECT)
                .hide_short_help(true)
                .help("Want this status in answer to the upgrade")
                .long_help(
                    "Want this status in answer to the upgrade\n\nWith 401, say, the exit status \
                     is 0 if the server refuses the upgrade with 401, and 4 otherwise.",
                )
                .value_parser(wanted(expect::status)),
        )
        .arg(
            option("expect-silence", "TIME", EXPECT)
                .hide_short_help(true)
                .help("Want no message for so long")
                .value_parser(wanted(expect::silence)),
        )
        .arg(
            option("within", "TIME", EXPECT)
                .help("The time of the expectation before it [default: 5s]")
                .long_help(
                    "The time of the expectation before it [default: 5s]\n\nBefore the first \
                     expectation it is for all that have none of their own.",
                )
                .value_parser(|text: &str| values::limit(text).map(Word::Within)),
        )
        .arg(
            flag("close", EXPECT, CLOSE)
                .hide_short_help(true)
                .help("Send our Close at this place")
                .long_help(
                    "Send our Close at this place\n\nIt has the code of --close-code and the \
                     reason of --close-reason; --expect-close after it waits for the answer.",
                ),
        )
}

impl clap::Args for Conversation {
    fn augment_args(command: Command) -> Command {
        let os_string = OsStringValueParser::new;
        let option = |id, value| option(id, value, SEND);
        expectations(command)
            .arg(
                option("data", "TEXT")
                    .short('d')
                    .help("Send a text message (repeat; @FILE, @- for stdin)")
                    .long_help(
                        "Send a text message (repeat; @FILE, @- for stdin)\n\n@FILE sends a file, \
                         and @- all of stdin, as one message. With this or another --data option \
                         stdin is not read line by line unless --interactive is given.",
                    )
                    .value_parser(os_string().try_map(|value| text(value).map(Word::Say))),
            )
            .arg(
                option("data-binary", "@FILE")
                    .hide_short_help(true)
                    .help("Send a binary message (@FILE, @- for stdin)")
                    .long_help(
                        "Send a binary message (@FILE, @- for stdin)\n\nWithout the @ the bytes \
                         of the text itself are sent.",
                    )
                    .value_parser(os_string().try_map(|value| binary(&value).map(Word::Say))),
            )
            .arg(
                option("data-hex", "HEX")
                    .hide_short_help(true)
                    .help("Send the bytes that HEX stands for as a binary message")
                    .value_parser(|text: &str| {
                        values::hex_bytes(text).map(|bytes| Word::Say(Datum::Binary(bytes)))
                    }),
            )
            .arg(
                option("data-raw", "TEXT")
                    .hide_short_help(true)
                    .help("Send TEXT as a text message, also if it begins with @")
                    .value_parser(
                        os_string()
                            .try_map(|value| utf8(value).map(|text| Word::Say(Datum::Text(text)))),
                    ),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// `TEXT`, `@FILE` or `@-`.
fn text(value: OsString) -> Result<Datum, String> {
    match value.as_bytes() {
        b"@" => Err(NAMELESS.to_owned()),
        b"@-" => Ok(Datum::TextStdin),
        [b'@', ..] => Ok(Datum::TextFile(file(&value))),
        _ => utf8(value).map(Datum::Text),
    }
}

/// `@FILE`, `@-`, or bytes.
fn binary(value: &OsStr) -> Result<Datum, String> {
    match value.as_bytes() {
        b"@" => Err(NAMELESS.to_owned()),
        b"@-" => Ok(Datum::BinaryStdin),
        [b'@', ..] => Ok(Datum::BinaryFile(file(value))),
        bytes => Ok(Datum::Binary(bytes.to_vec())),
    }
}

const NAMELESS: &str =
    "the file's name is missing after the @ (--data-raw sends a text that begins with @)";

fn file(value: &OsStr) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(&value.as_bytes()[1..]))
}

fn utf8(value: OsString) -> Result<String, String> {
    value.into_string().map_err(|_| {
        "a text message is UTF-8, and this is not: --data-binary sends any bytes".to_owned()
    })
}
