//! The options of `wsline test`.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};

use super::values::{self, Colour};

/// The options of `wsline test`.
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own; the run makes nouns of them"
)]
pub struct TestOptions {
    /// Session files, records, or folders of session files
    ///
    /// A name that ends in .har or .jsonl is a record: what was sent is sent again, and what comes
    /// is compared. Of a folder all files below it are taken whose names end in .ws.
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,

    /// After --: options of wsline that hold for every connection of every file
    ///
    /// They go before those of the files. Options that say what is sent, expected or shown are not
    /// among them: the files say that.
    #[arg(value_name = "OPTIONS", last = true, allow_hyphen_values = true)]
    pub words: Vec<OsString>,

    /// Run so many files at once
    #[arg(short = 'j', long, value_name = "N", default_value = "1", value_parser = values::jobs)]
    pub jobs: NonZeroUsize,

    /// Run only files with TEXT in their paths (repeat)
    ///
    /// Of several, one is enough.
    #[arg(long, value_name = "TEXT", action = ArgAction::Append, allow_hyphen_values = true)]
    pub filter: Vec<String>,

    /// Set the variable that files write as ${NAME} (repeat)
    ///
    /// It takes precedence over the environment. Values of three characters or more appear in no
    /// report, neither whole nor line by line, wherever they come from; ${NAME} is shown instead,
    /// and *** instead of a password, token or cookie in the options after --. Values that a file
    /// captured from a message do appear.
    #[arg(long = "var", value_name = "NAME=VALUE", action = ArgAction::Append,
          value_parser = values::variable)]
    pub vars: Vec<(String, String)>,

    /// Connect to this URL instead of the one in the files
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub url: Option<String>,

    /// Stop after the first file that does not pass
    ///
    /// Those that run beside it are closed in order.
    #[arg(long)]
    pub bail: bool,

    // Not a doc comment, where clippy would have the name in backticks.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath,
          help = "Write a JUnit report, as CI servers read it")]
    #[expect(missing_docs, reason = "the help says it")]
    pub junit: Option<PathBuf>,

    /// Write one JSON object for each file and one for all
    ///
    /// That of a file has time, type (test), file, result (passed, failed, error or stopped),
    /// seconds, statements, and error where there is one, with phase, message and exit, and what
    /// else is known: place, expected, instead, difference and recent, or line, column and text.
    /// The last has time, type (summary), passed, failed, errors, `not_run`, seconds and exit.
    #[arg(long)]
    pub json: bool,

    /// Start a server first, and end it afterwards
    ///
    /// CMD is given to sh. Its process group is ended however the run ends, with SIGTERM, and after
    /// 5 seconds with SIGKILL.
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString,
          allow_hyphen_values = true)]
    pub serve: Option<String>,

    /// Wait until the server of --serve accepts connections at URL
    ///
    /// Without it that is the URL of --url, or else of the first file. The time for it is that of
    /// --connect-timeout.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub ready: Option<String>,

    /// Keep a record's pauses, N times as fast
    ///
    /// 1 is as fast as it was recorded. Without it there are no such pauses.
    #[arg(long, value_name = "N", value_parser = values::speed)]
    pub speed: Option<f64>,

    /// Let received JSON differ at this place (repeat)
    ///
    /// It is a JSON Pointer, such as /time or /items/0/id; * stands for every element or member.
    #[arg(long, value_name = "POINTER", action = ArgAction::Append, value_parser = values::pointer)]
    pub ignore: Vec<String>,

    /// Show each statement on stderr as it is done
    ///
    /// What the server of --serve prints is shown there too.
    #[arg(short = 'v', long)]
    pub verbose: bool,

    /// Show only the files that do not pass
    #[arg(short = 'q', long)]
    pub quiet: bool,

    /// When to use colour
    #[arg(
        long,
        alias = "colour",
        value_name = "WHEN",
        value_enum,
        default_value = "auto"
    )]
    pub color: Colour,
}

impl TestOptions {
    /// Holds every rule that needs more than one of the options.
    ///
    /// # Errors
    ///
    /// A sentence on what does not go together.
    pub(super) fn check(&self) -> Result<(), String> {
        let both = |first: &str, second: &str, why: &str| {
            Err(format!("{first} does not go with {second}: {why}"))
        };
        if self.verbose && self.quiet {
            return both("-v", "-q", "one says more, the other less");
        }
        if self.json && self.quiet {
            return both("--json", "-q", "in JSON every file has its object");
        }
        if self.ready.is_some() && self.serve.is_none() {
            return Err(
                "--ready says when the server of --serve has started: add --serve CMD, or leave \
                 it out"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// The options of a conversation that mean nothing beside a session file, and why.
const FOREIGN: &[(&str, &[&str])] = &[
    (
        "a session file says what is sent and expected",
        &[
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
            "strict",
            "close",
            "close_code",
            "close_reason",
            "max_messages",
            "one",
            "interactive",
            "binary",
            "text",
            "null",
            "chunk_size",
            "wait",
            "delay",
        ],
    ),
    (
        "wsline test shows files, not messages",
        &[
            "json",
            "binary_as",
            "timestamps",
            "show_ping_pong",
            "verbose",
            "quiet",
            "timing",
            "color",
            "show_secrets",
            "record",
            "history",
            "no_history",
        ],
    ),
];

/// The first option in `matches` that means nothing beside a session file, in a sentence.
pub(super) fn foreign(command: &clap::Command, matches: &clap::ArgMatches) -> Option<String> {
    let given = |id: &str| {
        matches.try_contains_id(id).is_ok()
            && matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine)
    };
    FOREIGN.iter().find_map(|(why, ids)| {
        let id = ids.iter().find(|id| given(id))?;
        let argument = command.get_arguments().find(|arg| arg.get_id() == id)?;
        let long = argument.get_long().unwrap_or(id);
        Some(format!("--{long} does not stand in a test: {why}"))
    })
}

/// The options that [`foreign`] finds.
#[cfg(test)]
pub(super) fn foreign_options() -> impl Iterator<Item = &'static str> {
    FOREIGN.iter().flat_map(|(_, ids)| ids.iter().copied())
}
