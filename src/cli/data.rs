//! The conversation on a command line: the messages of `-d`, `--data-raw`, `--data-binary` and
//! `--data-hex`, what `--expect…` wait for, and `--close`, in the order written.
//!
//! clap keeps a list for each option; only the indices of their values tell how they were mixed.
//! So these arguments are declared by hand, and everything else is derived.

mod arguments;

use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;

use crate::source::{Expectation, Expected};

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataArg {
    /// A text message.
    Text(String),
    /// A text message with the content of a file.
    TextFile(PathBuf),
    /// A text message with all of stdin.
    TextStdin,
    /// A binary message.
    Binary(Vec<u8>),
    /// A binary message with the content of a file.
    BinaryFile(PathBuf),
    /// A binary message with all of stdin.
    BinaryStdin,
}

impl DataArg {
    fn reads_stdin(&self) -> bool {
        matches!(self, Self::TextStdin | Self::BinaryStdin)
    }
}

/// A step of the conversation on the command line.
#[derive(Clone, Debug)]
pub enum MessageArg {
    /// Sends a message.
    Send(DataArg),
    /// Waits for a message or another event.
    Expect {
        /// What to wait for.
        wanted: Expected,
        /// The timeout.
        within: Duration,
    },
    /// Sends the Close of `--close-code` and `--close-reason`.
    Close,
    /// Runs a statement of a session file.
    Statement {
        /// The statement.
        text: String,
        /// The timeout of expectations, if `within` does not set another.
        within: Duration,
    },
}

impl MessageArg {
    /// Whether it reads stdin, which is possible only once.
    #[must_use]
    pub fn reads_stdin(&self) -> bool {
        matches!(self, Self::Send(datum) if datum.reads_stdin())
    }
}

/// What an option of the conversation does.
#[derive(Clone, Debug)]
enum DataOption {
    Send(DataArg),
    Expect(Expected),
    Within(Duration),
    Close,
    Statement(String),
}

/// The options of the conversation, in order.
#[derive(Debug, Default)]
pub(super) struct Conversation(pub(super) Vec<MessageArg>);

/// The long names of these options, which are also their ids.
pub(super) const NAMES: [&str; 16] = [
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
    "expect-header",
    "expect-silence",
    "within",
    "close",
    "statement",
];

impl clap::FromArgMatches for Conversation {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut placed: Vec<(usize, &DataOption)> = NAMES
            .iter()
            .flat_map(|id| {
                let indices = matches.indices_of(id).into_iter().flatten();
                let values = matches.get_many::<DataOption>(id).into_iter().flatten();
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

/// Converts the options to steps. `--within` applies to the expectation before it, or to all of
/// them if it comes before the first.
fn steps<'a>(words: impl Iterator<Item = &'a DataOption>) -> Vec<MessageArg> {
    let mut default = Expectation::WITHIN;
    let mut steps = Vec::new();
    let mut last = None;
    for word in words {
        match word {
            DataOption::Send(datum) => steps.push(MessageArg::Send(datum.clone())),
            DataOption::Close => steps.push(MessageArg::Close),
            DataOption::Statement(text) => {
                // Indented ones are part of the one before them.
                last = last
                    .filter(|_| text.starts_with([' ', '\t']))
                    .or(Some(steps.len()));
                steps.push(MessageArg::Statement {
                    text: text.clone(),
                    within: default,
                });
            }
            DataOption::Expect(wanted) => {
                last = Some(steps.len());
                steps.push(MessageArg::Expect {
                    wanted: wanted.clone(),
                    within: default,
                });
            }
            DataOption::Within(time) => match last.and_then(|last| steps.get_mut(last)) {
                Some(MessageArg::Expect { within, .. } | MessageArg::Statement { within, .. }) => {
                    *within = *time;
                }
                _ => default = *time,
            },
        }
    }
    steps
}
