//! The messages of `-d`, `--data-raw`, `--data-binary` and `--data-hex`, in the order written.
//!
//! clap keeps a list for each option; only the indices of their values tell how the four were
//! mixed. So these arguments are declared by hand, and everything else is derived.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::options::SEND;
use super::values;

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
    /// Whether it reads stdin, which only one thing can.
    #[must_use]
    pub fn reads_stdin(&self) -> bool {
        matches!(self, Self::TextStdin | Self::BinaryStdin)
    }
}

/// The four options as one list.
#[derive(Debug, Default)]
pub(super) struct Data(pub(super) Vec<Datum>);

const IDS: [&str; 4] = ["data", "data-raw", "data-binary", "data-hex"];

impl clap::FromArgMatches for Data {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut placed: Vec<(usize, &Datum)> = IDS
            .iter()
            .flat_map(|id| {
                let indices = matches.indices_of(id).into_iter().flatten();
                let values = matches.get_many::<Datum>(id).into_iter().flatten();
                indices.zip(values)
            })
            .collect();
        placed.sort_by_key(|(index, _)| *index);
        let in_order = placed.into_iter().map(|(_, datum)| datum.clone());
        Ok(Self(in_order.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Data {
    fn augment_args(command: Command) -> Command {
        let os_string = OsStringValueParser::new;
        let option = |id: &'static str, value: &'static str| {
            Arg::new(id)
                .long(id)
                .value_name(value)
                .action(ArgAction::Append)
                .allow_hyphen_values(true)
                .help_heading(SEND)
                // Ahead of the derived options under this heading.
                .display_order(0)
        };
        command
            .arg(
                option("data", "TEXT")
                    .short('d')
                    .help("Send a text message (repeat; @FILE, @- for stdin)")
                    .long_help(
                        "Send a text message (repeat; @FILE, @- for stdin)\n\n@FILE sends a file, \
                         and @- all of stdin, as one message. With this or another --data option \
                         stdin is not read line by line unless --interactive is given.",
                    )
                    .value_parser(os_string().try_map(text)),
            )
            .arg(
                option("data-binary", "@FILE")
                    .hide_short_help(true)
                    .help("Send a binary message (@FILE, @- for stdin)")
                    .long_help(
                        "Send a binary message (@FILE, @- for stdin)\n\nWithout the @ the bytes \
                         of the text itself are sent.",
                    )
                    .value_parser(os_string().try_map(|value| binary(&value))),
            )
            .arg(
                option("data-hex", "HEX")
                    .hide_short_help(true)
                    .help("Send the bytes that HEX stands for as a binary message")
                    .value_parser(|text: &str| values::hex_bytes(text).map(Datum::Binary)),
            )
            .arg(
                option("data-raw", "TEXT")
                    .hide_short_help(true)
                    .help("Send TEXT as a text message, also if it begins with @")
                    .value_parser(os_string().try_map(|value| utf8(value).map(Datum::Text))),
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
