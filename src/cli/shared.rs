//! The options of a connection for commands that have their own options, such as `wsline ping`:
//! those for connecting, timeouts and output about connecting.
//!
//! They are declared once, for `wsline URL`. Other commands get copies of them. The given ones are
//! converted back to words and parsed like those of `wsline URL`, with the same rules.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::config::{self, ConfigOptions};
use super::headings::{HEADERS, NETWORK, TLS};
use super::options::{OptionArgs, ParsedArgs};
use super::usage::{self, sentence_of};

/// The shared options outside the groups that are shared as a whole.
const SHARED: &[&str] = &[
    "connect_timeout",
    "max_time",
    "close_timeout",
    "compress",
    "verbose",
    "color",
    "show_secrets",
    "config",
    "no_config",
];

/// A command with options of its own beside those of a connection.
pub(super) trait Connects {
    /// Options of `wsline URL` that it has besides the shared ones.
    const ALSO: &'static [&'static str] = &[];
}

fn is_shared(argument: &Arg, also: &[&str]) -> bool {
    let heading = argument.get_help_heading();
    let id = argument.get_id().as_str();
    SHARED.contains(&id)
        || also.contains(&id)
        || heading.is_some_and(|heading| [HEADERS, TLS, NETWORK].contains(&heading))
}

/// Adds the shared options to a command.
fn augment<A: Connects>(command: Command) -> Command {
    let all = config::command();
    let shared = all
        .get_arguments()
        .filter(|argument| is_shared(argument, A::ALSO));
    command.args(shared.cloned())
}

/// The shared options that were given, as words.
fn words(matches: &ArgMatches, also: &[&str]) -> Vec<OsString> {
    let mut words = Vec::new();
    let all = config::command();
    let shared = |argument: &&Arg| is_shared(argument, also);
    for argument in all.get_arguments().filter(shared) {
        let id = argument.get_id().as_str();
        let Some(long) = argument.get_long() else {
            continue;
        };
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        match argument.get_action() {
            ArgAction::Count => {
                let count = usize::from(matches.get_count(id));
                words.extend(std::iter::repeat_n(format!("--{long}").into(), count));
            }
            action if action.takes_values() => {
                for value in matches.get_raw(id).into_iter().flatten() {
                    let mut word = OsString::from(format!("--{long}="));
                    word.push(value);
                    words.push(word);
                }
            }
            _ => words.push(format!("--{long}").into()),
        }
    }
    words
}

/// A command's own options as parsed, and those of a connection.
#[derive(Debug)]
pub(super) struct WithConnection<A> {
    /// The command's own options.
    pub(super) own: A,
    /// The options of a connection, as words.
    pub(super) words: Vec<OsString>,
}

impl<A: Args + Connects> Args for WithConnection<A> {
    fn augment_args(command: Command) -> Command {
        // Deferred, since other command lines do not need a second copy of these options.
        A::augment_args(command).defer(augment::<A>)
    }

    fn augment_args_for_update(command: Command) -> Command {
        augment::<A>(A::augment_args_for_update(command))
    }
}

impl<A: FromArgMatches + Connects> FromArgMatches for WithConnection<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self {
            words: words(matches, A::ALSO),
            own: A::from_arg_matches(matches)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.words = words(matches, A::ALSO);
        self.own.update_from_arg_matches(matches)
    }
}

impl<A: Connects> WithConnection<A> {
    /// The options of a connection, with those of `config` that they do not override and defaults for
    /// the others. A config file does not change where a connection to the built-in server goes.
    /// `quiet` is the command's own -q.
    ///
    /// # Errors
    ///
    /// Which options cannot be used together.
    pub(super) fn options(
        &self,
        config: &ConfigOptions,
        is_demo: bool,
        quiet: bool,
    ) -> Result<OptionArgs, String> {
        let mut options = with_config(&self.words, A::ALSO, config, is_demo)?;
        if options.verbose > 0 && quiet {
            return Err("-v cannot be used with -q".to_owned());
        }
        options.quiet = quiet;
        Ok(options)
    }
}

fn with_config(
    words: &[OsString],
    also: &[&str],
    config: &ConfigOptions,
    is_demo: bool,
) -> Result<OptionArgs, String> {
    let read = |words: &[OsString]| {
        let program = OsString::from("wsline");
        let words = std::iter::once(&program).chain(words);
        let mut command = config::command();
        let matches = command.try_get_matches_from_mut(words);
        let matches = matches.map_err(|error| sentence_of(&usage::escaped(error, &command)))?;
        let parsed = ParsedArgs::from_arg_matches(&matches);
        let options = parsed
            .map_err(|error| sentence_of(&error))?
            .finish(|_| ())?;
        Ok::<_, String>((matches, options))
    };
    let (matches, mut options) = read(words)?;
    if config.is_empty() {
        options.check_sources()?;
        return Ok(options);
    }
    let command = config::command();
    let has_no_meaning = |name: &str| {
        let mut arguments = command.get_arguments();
        let argument = arguments.find(|argument| argument.get_long() == Some(name));
        // The verbosity depends on the command's own -q.
        let is_shared = argument.is_some_and(|argument| is_shared(argument, also));
        name == "verbose" || !is_shared || (is_demo && config::is_route(name))
    };
    let mut below = config.below(&config::given(&command, &matches), has_no_meaning);
    let mut all = std::mem::take(&mut below.words);
    all.extend(words.iter().cloned());
    (_, options) = read(&all)?;
    below.finish(&mut options, false, &[]);
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command without options of its own.
    #[derive(Debug, Args)]
    struct Bare {}

    impl Connects for Bare {}

    fn read(line: &[&str]) -> Result<OptionArgs, String> {
        let command = Command::new("x").args_override_self(true);
        let line = std::iter::once(&"x").chain(line);
        let matches = augment::<Bare>(command).try_get_matches_from(line);
        let parsed = WithConnection::<Bare>::from_arg_matches(&matches.expect("clap takes them"));
        let parsed = parsed.expect("it has none of its own");
        parsed.options(&ConfigOptions::default(), false, false)
    }

    #[test]
    fn options_of_all_kinds_are_parsed() {
        let options = read(&[
            "-vv",
            "-k",
            "-HA: b",
            "-H",
            "C: -d",
            "-u",
            "me:pw",
            "-4",
            "-6",
            "-m",
            "2s",
            "-m",
            "3s",
            "-x",
            "",
            "--compress",
            "off",
            "-A",
            "-x y",
        ])
        .expect("they are right");
        assert_eq!((options.verbose, options.connection.insecure), (2, true));
        let headers = options
            .connection
            .headers
            .iter()
            .map(|group| group.headers.len());
        assert_eq!(headers.sum::<usize>(), 2);
        assert_eq!(
            (options.connection.ipv4, options.connection.ipv6),
            (false, true)
        );
        assert_eq!(
            options.connection.max_time.map(|time| time.as_secs()),
            Some(3)
        );
        assert!(options.connection.user.is_some() && options.connection.proxy.is_some());
        assert_eq!(options.connection.user_agent.as_deref(), Some("-x y"));
        assert_eq!(options.protocol.compress, crate::cli::Compress::Off);
    }

    #[test]
    fn rules_for_combinations_are_checked() {
        let both = read(&["-u", "me:pw", "--bearer", "t"]).expect_err("both");
        assert_eq!(
            both,
            "-u cannot be used with --bearer: both set the Authorization header"
        );
        assert!(read(&["--key", "f"]).is_err());
    }

    #[test]
    fn options_of_a_conversation_are_not_shared() {
        let names = |command: &Command| -> Vec<String> {
            command
                .get_arguments()
                .map(|it| it.get_id().to_string())
                .collect()
        };
        let shared = names(&augment::<Bare>(Command::new("x")));
        for id in [
            "data",
            "wait",
            "json",
            "interactive",
            "max_messages",
            "help",
            "record",
            "on_connect",
        ] {
            assert!(!shared.iter().any(|it| it == id), "{id}");
        }
        let all = names(&config::command());
        for id in SHARED {
            assert!(all.iter().any(|it| it == id), "{id}");
        }
    }
}
