//! Parsing of the command line.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command, FromArgMatches as _};

use super::commands::{is_command, Cli, CommandArg};
use super::complaint::{complain, explain_second_url, keep_secret, put_first};
use super::config::{self, ConfigOptions, InheritedOptions};
use super::options::{ConnectArgs, OptionArgs, ParsedArgs};
use super::session_options::{OptionParser, SessionOptions};
use super::{command, usage, Call};

/// Parses the command line, whose first word is the program's name. Options of `config` are used
/// unless the command line overrides them.
///
/// # Errors
///
/// A usage error for [`usage::text`]. Help and version are errors of clap too: `print()` writes
/// them to stdout, and `exit_code()` is 0 or 2.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    config: &ConfigOptions,
) -> Result<Call, clap::Error> {
    let statements = None;
    parse_with_defaults(args, Defaults { config, statements })
}

/// Like [`parse`], with the options that `statements` set, which override those of `config`.
///
/// # Errors
///
/// Those of [`parse`].
pub fn parse_with_statements(
    args: impl IntoIterator<Item = OsString>,
    config: &ConfigOptions,
    statements: &SessionOptions,
) -> Result<Call, clap::Error> {
    let statements = Some(statements);
    parse_with_defaults(args, Defaults { config, statements })
}

fn parse_with_defaults(
    args: impl IntoIterator<Item = OsString>,
    defaults: Defaults<'_>,
) -> Result<Call, clap::Error> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    if let Some(name) = args.first_mut() {
        *name = usage::program(name);
    }
    if let Some(call) = parse_talk(&args, defaults) {
        return Ok(call);
    }
    let mut command = command().arg(wscats_connect());
    let matches = matches_of(&mut command, &args)?;
    let (matches, below) = if defaults.is_empty() {
        (matches, None)
    } else {
        add_defaults(&mut command, matches, &mut args, defaults)?
    };
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    let name = matches.subcommand_name();
    let call = if let Some(called) = cli.command {
        called_command(called, below, defaults.config)
    } else {
        let url = cli.talk.url.or_else(|| matches.get_one(CONNECT).cloned());
        let url = address(url).map_err(|sentence| {
            let missing = ErrorKind::MissingRequiredArgument;
            complain(&mut command, None, missing, &sentence)
        })?;
        finish_options(cli.talk.parsed, below).map(|options| Call::Talk { url, options })
    };
    call.map_err(|sentence| complain(&mut command, name, ErrorKind::ArgumentConflict, &sentence))
}

fn matches_of(command: &mut Command, args: &[OsString]) -> Result<ArgMatches, clap::Error> {
    command
        .try_get_matches_from_mut(args)
        .map_err(|error| keep_secret(error, command))
        .map_err(|error| explain_second_url(error, args, command))
        .map_err(|error| usage::escaped(error, command))
}

/// Options that are set elsewhere, which the command line overrides.
#[derive(Clone, Copy)]
struct Defaults<'a> {
    config: &'a ConfigOptions,
    /// Those of `-e` and of a rules file, which override those of `config`.
    statements: Option<&'a SessionOptions>,
}

impl<'a> Defaults<'a> {
    fn is_empty(&self) -> bool {
        self.config.is_empty() && self.statements.is_none()
    }

    /// What is left of them below the options with the long names `given`.
    fn below(self, given: &[&str], leave_out: impl Fn(&str) -> bool) -> Below<'a> {
        let of_statements = self.statements.into_iter().flat_map(SessionOptions::given);
        let given: Vec<&str> = given.iter().copied().chain(of_statements).collect();
        Below {
            config: self.config.below(&given, leave_out),
            statements: self.statements,
            given: Vec::new(),
        }
    }
}

/// Options that are set elsewhere and that the command line does not override.
struct Below<'a> {
    config: InheritedOptions,
    statements: Option<&'a SessionOptions>,
    /// The long names of the options that were parsed together: those of the command line and of
    /// `config`.
    given: Vec<String>,
}

impl Below<'_> {
    /// Puts the options of the config file before those of the command line.
    fn insert(&mut self, args: &mut Vec<OsString>, place: usize) {
        args.splice(place..place, std::mem::take(&mut self.config.words));
    }

    fn parsed_with(&mut self, command: &Command, matches: &ArgMatches) {
        let given = config::given(command, matches);
        self.given = given.into_iter().map(str::to_owned).collect();
    }

    /// Completes the options of a command line that was parsed with those of the config file.
    fn finish(self, parsed: ParsedArgs) -> Result<OptionArgs, String> {
        let given: Vec<&str> = self.given.iter().map(String::as_str).collect();
        let mut options = parsed.finish(|options| {
            if let Some(statements) = self.statements {
                statements.add_below(options, &given);
            }
        })?;
        let headers = self.statements.map_or(&[][..], SessionOptions::headers);
        self.config.finish(&mut options, true, headers);
        Ok(options)
    }
}

/// Parses `args` again with the options of `defaults` that they don't override, if the command has
/// options of a connection.
fn add_defaults<'a>(
    command: &mut Command,
    matches: ArgMatches,
    args: &mut Vec<OsString>,
    defaults: Defaults<'a>,
) -> Result<(ArgMatches, Option<Below<'a>>), clap::Error> {
    let Some((of, given)) = connecting(command, &matches) else {
        return Ok((matches, None));
    };
    let given = config::given(of, given);
    let (mut below, place) = match matches.subcommand_name() {
        None => (defaults.below(&given, |_| false), 1),
        Some(_) => (defaults.below(&given, config::is_route), 2),
    };
    below.insert(args, place);
    let matches = matches_of(command, args)?;
    if let Some((of, given)) = connecting(command, &matches) {
        below.parsed_with(of, given);
    }
    Ok((matches, Some(below)))
}

/// The command that has options of a connection, for which a config file has defaults: that of a URL,
/// or `demo`. Other commands with such options parse them by themselves.
fn connecting<'a>(
    command: &'a Command,
    matches: &'a ArgMatches,
) -> Option<(&'a Command, &'a ArgMatches)> {
    match matches.subcommand() {
        None => Some((command, matches)),
        Some((name @ "demo", matches)) => Some((command.find_subcommand(name)?, matches)),
        Some(_) => None,
    }
}

/// A command with its options checked. The error is a message.
fn called_command(
    called: CommandArg,
    below: Option<Below<'_>>,
    config: &ConfigOptions,
) -> Result<Call, String> {
    Ok(match called {
        CommandArg::Test(mut test) => {
            test.check()?;
            test.config_options = config.clone();
            let parser = OptionParser::default();
            let options = parser.parse(&test.words);
            let checked = options.and_then(|options| {
                options.finish(config, &parser)?;
                Ok(options)
            });
            let options = checked.map_err(|sentence| format!("after --: {sentence}"))?;
            let options = Box::new(options);
            Call::Test { test, options }
        }
        CommandArg::Echo(echo) => {
            echo.check()?;
            Call::Echo(echo)
        }
        CommandArg::Demo(demo) => {
            let options = finish_options(demo.parsed, below)?;
            if demo.flipbook {
                Call::Flipbook { options }
            } else {
                Call::Demo { options }
            }
        }
        CommandArg::Ping(parsed) => {
            let (ping, options) = parsed.finish(config)?;
            let (ping, options) = (Box::new(ping), Box::new(options));
            Call::Ping { ping, options }
        }
        CommandArg::Rpc(parsed) => {
            let (rpc, options) = parsed.finish(config)?;
            let (rpc, options) = (Box::new(rpc), Box::new(options));
            Call::Rpc { rpc, options }
        }
        CommandArg::Bench(parsed) => {
            let (bench, options) = parsed.finish(config)?;
            let (bench, options) = (Box::new(bench), Box::new(options));
            Call::Bench { bench, options }
        }
        CommandArg::Curl { words } => Call::Curl(words),
        CommandArg::Config(config) => Call::Config(config),
        CommandArg::Help { topic } => Call::Help(topic),
        CommandArg::Generate { what } => Call::Generate(what),
    })
}

/// The options of a connection, checked. The error is a message.
fn finish_options(parsed: ParsedArgs, below: Option<Below<'_>>) -> Result<Box<OptionArgs>, String> {
    if let Some(below) = below {
        return Ok(Box::new(below.finish(parsed)?));
    }
    let options = parsed.finish(|_| ())?;
    options.check_sources()?;
    Ok(Box::new(options))
}

/// Parses the most common kind of command line, a URL and options, without creating the subcommands
/// and the texts of the help, which takes longer than everything else before connecting. Returns
/// `None` if it is of another kind or invalid.
fn parse_talk(args: &[OsString], defaults: Defaults<'_>) -> Option<Call> {
    let mut command = config::command();
    let mut matches = command.try_get_matches_from_mut(args).ok()?;
    let mut below = None;
    if !defaults.is_empty() {
        let mut found = defaults.below(&config::given(&command, &matches), |_| false);
        let mut args = args.to_vec();
        found.insert(&mut args, 1);
        matches = command.try_get_matches_from_mut(args).ok()?;
        found.parsed_with(&command, &matches);
        below = Some(found);
    }
    let talk = ConnectArgs::from_arg_matches(&matches).ok()?;
    let url = talk.url.filter(|url| !is_command(url))?;
    let options = finish_options(talk.parsed, below).ok()?;
    Some(Call::Talk { url, options })
}

pub(super) const CONNECT: &str = "connect";

/// The URL after `-c`, as in wscat. It is not in help and completions, because it exists only out
/// of habit.
pub(super) fn wscats_connect() -> Arg {
    Arg::new(CONNECT)
        .short('c')
        .long(CONNECT)
        .value_name("URL")
        .conflicts_with("url")
        .hide(true)
}

/// The URL, unless there is none or it is the name of a subcommand, which must come first.
pub(super) fn address(url: Option<String>) -> Result<String, String> {
    let Some(url) = url else {
        return Err("missing URL; `wsline demo` works without one".to_owned());
    };
    if is_command(&url) {
        return Err(put_first(&url));
    }
    Ok(url)
}
