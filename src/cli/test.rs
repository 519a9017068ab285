//! The options of `wsline test`.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueHint};

use super::config::{self, ConfigOptions};
use super::data;
use super::values::{self, ColorChoice, VariableValue};

/// The options of `wsline test`.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct TestArgs {
    /// Session files, records, or folders of session files (- for stdin)
    ///
    /// A name that ends in .har or .jsonl is a record: what was sent is sent again, and what is
    /// received is compared. In a folder, all .ws files below it are run.
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,

    /// After --: options of wsline for every connection of every file
    ///
    /// They override the options in the files. Options for sending, expectations and output are not
    /// allowed: the files define these.
    #[arg(value_name = "OPTIONS", last = true, allow_hyphen_values = true)]
    pub words: Vec<OsString>,

    /// Read options and targets from FILE
    ///
    /// Its defaults and the target of --url @NAME apply to every connection; the options in the files
    /// and those after -- override them. expect and reconnect have no effect.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Ignore the config file
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,

    /// The options of the config file.
    #[arg(skip)]
    pub config_options: ConfigOptions,

    /// Run N files in parallel
    #[arg(short = 'j', long, value_name = "N", default_value = "1", value_parser = values::jobs)]
    pub jobs: NonZeroUsize,

    /// Run only files whose paths contain TEXT (repeatable)
    ///
    /// With several, one match is enough.
    #[arg(long, value_name = "TEXT", action = ArgAction::Append, allow_hyphen_values = true)]
    pub filter: Vec<String>,

    /// Run only files with this tag (repeatable; !TAG excludes)
    ///
    /// Files have tags by a line such as 'tags smoke slow'. With several, one match is enough; a file
    /// with an excluded tag is not run.
    #[arg(long = "tag", value_name = "TAG", action = ArgAction::Append, allow_hyphen_values = true)]
    pub tags: Vec<String>,

    /// Set the variable that files write as ${NAME} (repeatable)
    ///
    /// It overrides the environment. NAME=env:VARIABLE takes the value of a variable of the
    /// environment.
    #[arg(long = "var", value_name = "NAME=VALUE", action = ArgAction::Append,
          value_parser = values::variable)]
    pub vars: Vec<(String, VariableValue)>,

    /// Hide the value of this variable in reports (repeatable)
    ///
    /// ${NAME} is shown in its place, whole and line by line, if it has three or more characters.
    /// Variables from the environment, those that a file declares with secret, and those of --var that
    /// are part of a password, token, cookie or credential header, or have such a name, are always
    /// hidden. A secret in the options after -- is shown as
    /// ***.
    #[arg(long = "secret", value_name = "NAME", action = ArgAction::Append,
          value_parser = values::variable_name)]
    pub secrets: Vec<String>,

    /// Connect to this URL instead of the one in the files
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub url: Option<String>,

    /// Timeout of expectations for which the files set none
    #[arg(long, value_name = "TIME", value_parser = values::limit)]
    pub within: Option<Duration>,

    /// Run a file that fails up to N more times
    ///
    /// A file that passes then has passed, and is reported as flaky. A file that can't be read is
    /// not run again.
    #[arg(long, value_name = "N", default_value = "0", value_parser = values::retries)]
    pub retries: u32,

    /// Stop after the first failure
    ///
    /// Files that run in parallel with it are closed normally.
    #[arg(long)]
    pub bail: bool,

    // Not a doc comment, because clippy would require backticks around the name.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath,
          help = "Write a JUnit XML report to FILE")]
    #[expect(missing_docs, reason = "the help says it")]
    pub junit: Option<PathBuf>,

    /// Print a JSON object for each file and a summary
    ///
    /// The object of a file has time, type (test), file, result (passed, failed, error or stopped),
    /// seconds, statements, attempts if there were several, server (the last output of the server
    /// of --serve) if it did not pass, and error if there is one, with phase, message, exit and what
    /// else is known: place, expected, instead, difference and recent, or line, column and text. The
    /// last object has time, type (summary), passed, flaky, failed, errors, `not_run`, seconds and
    /// exit.
    #[arg(long)]
    pub json: bool,

    /// Restrict session files that come from someone else
    ///
    /// A session file is like a script: it can send any environment variable and any file to any
    /// address, and turn off certificate checks. With this option, which requires --url, a file can
    /// use only the address of --url, the variables of --var and those that it captures, and files
    /// below its own folder. It can't follow redirects, change the route or TLS, or read a file or a
    /// variable by an option. A file that tries is not run, and the place and the reason are
    /// reported. The options after -- are not restricted.
    #[arg(long)]
    pub untrusted: bool,

    /// Start a server first, and stop it afterwards
    ///
    /// CMD is run by sh. Its process group is stopped however the run ends, with SIGTERM and, after
    /// 5 seconds, SIGKILL.
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString,
          allow_hyphen_values = true)]
    pub serve: Option<String>,

    /// Wait until a server accepts a WebSocket at URL
    ///
    /// It is ready when it answers an upgrade request with a status below 500; 401 tells as much as
    /// 101. With --serve, the default is the URL of --url, or that of the first file. The timeout is
    /// that of --connect-timeout. The options after -- apply.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub ready: Option<String>,

    /// Replay the pauses of a record, N times as fast
    ///
    /// 1 is the recorded speed. By default pauses are skipped.
    #[arg(long, value_name = "N", value_parser = values::speed)]
    pub speed: Option<f64>,

    /// Ignore differences in received JSON at POINTER (repeatable)
    ///
    /// A JSON Pointer such as /time or /items/0/id; * matches every element or member.
    #[arg(long, value_name = "POINTER", action = ArgAction::Append, value_parser = values::pointer)]
    pub ignore: Vec<String>,

    /// Print each statement to stderr as it is run
    ///
    /// Also prints the output of the server of --serve.
    #[arg(short = 'v', long)]
    pub verbose: bool,

    /// Print only files that did not pass
    #[arg(short = 'q', long)]
    pub quiet: bool,

    /// When to use color
    #[arg(
        long,
        alias = "colour",
        value_name = "WHEN",
        value_enum,
        default_value = "auto"
    )]
    pub color: ColorChoice,
}

impl TestArgs {
    /// Checks every rule that concerns several options.
    ///
    /// # Errors
    ///
    /// What cannot be used together.
    pub(super) fn check(&self) -> Result<(), String> {
        let both = |first: &str, second: &str, why: &str| {
            Err(format!("{first} cannot be used with {second}: {why}"))
        };
        if self.verbose && self.quiet {
            return Err("-v cannot be used with -q".to_owned());
        }
        if self.json && self.quiet {
            return both("--json", "-q", "JSON has an object for every file");
        }
        if self.untrusted && self.url.is_none() {
            return Err(
                "--untrusted requires --url: the address in a file from someone else is not used"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// Why session files can't use the options of a conversation.
const DEFINED: &str = "session files define what is sent and expected";

/// The ids of further options that session files can't use, with the reasons.
const FOREIGN: &[(&str, &[&str])] = &[
    (
        DEFINED,
        &[
            "strict",
            "close_code",
            "close_reason",
            "max_messages",
            "one",
            "interactive",
            "rules",
            "binary",
            "text",
            "null",
            "chunk_size",
            "wait",
            "delay",
        ],
    ),
    (
        "wsline test reports files, not messages",
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
            "keep",
            "vi",
            "config",
            "no_config",
        ],
    ),
];

/// All options that session files can't use.
fn foreign_lists() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    std::iter::once((DEFINED, &data::NAMES[..])).chain(FOREIGN.iter().copied())
}

/// An error for the first option in `matches` that session files can't use.
pub(super) fn foreign(matches: &clap::ArgMatches) -> Option<String> {
    let given: Vec<&str> = config::given_ids(matches).map(clap::Id::as_str).collect();
    foreign_lists().find_map(|(why, ids)| {
        let id = ids.iter().find(|id| given.contains(id))?;
        let command = config::command();
        let argument = command.get_arguments().find(|arg| arg.get_id() == id)?;
        let long = argument.get_long().unwrap_or(id);
        Some(format!("--{long} cannot be used in a test: {why}"))
    })
}

/// Whether session files can't use the option with this long name.
pub(super) fn is_foreign_option(name: &str) -> bool {
    is_foreign(&name.replace('-', "_")) || is_foreign(name)
}

/// Whether session files can't use the option with this id.
pub(super) fn is_foreign(id: &str) -> bool {
    foreign_lists().any(|(_, ids)| ids.contains(&id))
}

/// The options that [`foreign`] finds.
#[cfg(test)]
pub(super) fn foreign_options() -> impl Iterator<Item = &'static str> {
    foreign_lists().flat_map(|(_, ids)| ids.iter().copied())
}
