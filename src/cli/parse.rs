//! Parsing of the command line.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command, FromArgMatches as _};

use super::commands::{is_command, Cli, CommandArg};
use super::complaint::{complain, explain_second_url, keep_secret, put_first};
use super::config::{self, ConfigOptions, InheritedOptions};
use super::options::{ConnectArgs, OptionArgs, ParsedArgs};
use super::session_options::OptionParser;
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
    let mut args: Vec<OsString> = args.into_iter().collect();
    if let Some(name) = args.first_mut() {
        *name = usage::program(name);
    }
    if let Some(call) = parse_talk(&args, config) {
        return Ok(call);
    }
    let mut command = command().arg(wscats_connect());
    let matches = matches_of(&mut command, &args)?;
    let (matches, below) = if config.is_empty() {
        (matches, None)
    } else {
        with_config(&mut command, matches, &mut args, config)?
    };
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    let name = matches.subcommand_name();
    let call = if let Some(called) = cli.command {
        called_command(called, below, config)
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

/// Parses `args` again with the options of `config` that they don't override, if the command has
/// options of a connection.
fn with_config(
    command: &mut Command,
    matches: ArgMatches,
    args: &mut Vec<OsString>,
    config: &ConfigOptions,
) -> Result<(ArgMatches, Option<InheritedOptions>), clap::Error> {
    let (place, mut below) = match matches.subcommand() {
        None => (
            1,
            config.below(&config::given(command, &matches), |_| false),
        ),
        Some((name @ "demo", matches)) => {
            let Some(demo) = command.find_subcommand(name) else {
                return Ok((matches.clone(), None));
            };
            (
                2,
                config.below(&config::given(demo, matches), config::is_route),
            )
        }
        Some(_) => return Ok((matches, None)),
    };
    args.splice(place..place, std::mem::take(&mut below.words));
    Ok((matches_of(command, args)?, Some(below)))
}

/// A command with its options checked. The error is a message.
fn called_command(
    called: CommandArg,
    below: Option<InheritedOptions>,
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
fn finish_options(
    parsed: ParsedArgs,
    below: Option<InheritedOptions>,
) -> Result<Box<OptionArgs>, String> {
    let mut options = Box::new(parsed.finish()?);
    match below {
        Some(below) => below.finish(&mut options, true),
        None => options.check_sources()?,
    }
    Ok(options)
}

/// Parses the most common kind of command line, a URL and options, without creating the subcommands
/// and the texts of the help, which takes longer than everything else before connecting. Returns
/// `None` if it is of another kind or invalid.
fn parse_talk(args: &[OsString], config: &ConfigOptions) -> Option<Call> {
    let mut command = config::command();
    let mut matches = command.try_get_matches_from_mut(args).ok()?;
    let mut below = None;
    if !config.is_empty() {
        let mut found = config.below(&config::given(&command, &matches), |_| false);
        let mut args = args.to_vec();
        args.splice(1..1, std::mem::take(&mut found.words));
        matches = command.try_get_matches_from_mut(args).ok()?;
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
