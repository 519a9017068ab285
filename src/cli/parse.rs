//! From words to options.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Arg, Args as _, FromArgMatches as _};

use super::commands::{is_command, Cli, CommandArg, ConnectArgs};
use super::complaint::{complain, explain_second_url, keep_secret, put_first, sentence_of};
use super::options::OptionArgs;
use super::secret_source::SecretSource;
use super::{command, test, usage, Call};

/// Reads the command line; its first word is the program's name.
///
/// # Errors
///
/// What is wrong with it, for [`usage::text`]; also the help and the version, which clap counts as
/// errors: its `print()` writes them to stdout, and its `exit_code()` is 0 or 2.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Call, clap::Error> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    if let Some(name) = args.first_mut() {
        *name = usage::program(name);
    }
    if let Some(call) = parse_talk(&args) {
        return Ok(call);
    }
    let mut command = command().arg(wscats_connect());
    let matches = command
        .try_get_matches_from_mut(&args)
        .map_err(|error| keep_secret(error, &mut command))
        .map_err(|error| explain_second_url(error, &args, &mut command))
        .map_err(|error| usage::escaped(error, &command))?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    let conflict = ErrorKind::ArgumentConflict;
    match cli.command {
        Some(CommandArg::Test(test)) => {
            let options = test
                .check()
                .and_then(|()| {
                    let options = conversation(&test.words);
                    options.map_err(|sentence| format!("after --: {sentence}"))
                })
                .map_err(|sentence| complain(&mut command, Some("test"), conflict, &sentence))?;
            let options = Box::new(options);
            Ok(Call::Test { test, options })
        }
        Some(CommandArg::Echo(echo)) => {
            echo.check()
                .map_err(|sentence| complain(&mut command, Some("echo"), conflict, &sentence))?;
            Ok(Call::Echo(echo))
        }
        Some(CommandArg::Demo(parsed)) => {
            let options = parsed
                .settle()
                .map_err(|sentence| complain(&mut command, Some("demo"), conflict, &sentence))?;
            let options = Box::new(options);
            Ok(Call::Demo { options })
        }
        Some(CommandArg::Curl { words }) => Ok(Call::Curl(words)),
        Some(CommandArg::Generate { what }) => Ok(Call::Generate(what)),
        None => {
            let url = cli.talk.url.or_else(|| matches.get_one(CONNECT).cloned());
            let url = address(url).map_err(|sentence| {
                complain(
                    &mut command,
                    None,
                    ErrorKind::MissingRequiredArgument,
                    &sentence,
                )
            })?;
            let options = cli
                .talk
                .parsed
                .settle()
                .map_err(|sentence| complain(&mut command, None, conflict, &sentence))?;
            let options = Box::new(options);
            Ok(Call::Talk { url, options })
        }
    }
}

/// Reads what nearly every command line is, a URL and options, without the subcommands and the
/// prose of the help: making those costs more than all the rest that is done before connecting.
/// `None` says that it is not just that, or that something is wrong with it.
fn parse_talk(args: &[OsString]) -> Option<Call> {
    let command = clap::Command::new("wsline")
        .args_override_self(true)
        .disable_help_flag(true);
    let matches = ConnectArgs::augment_args(command)
        .try_get_matches_from(args)
        .ok()?;
    let talk = ConnectArgs::from_arg_matches(&matches).ok()?;
    let url = talk.url.filter(|url| !is_command(url))?;
    let options = Box::new(talk.parsed.settle().ok()?);
    Some(Call::Talk { url, options })
}

/// Reads options of a conversation that stand apart from its URL: behind the `--` of `wsline
/// test`, or in a session file.
///
/// # Errors
///
/// A sentence on what is wrong with them, or does not belong there.
pub fn conversation(words: &[OsString]) -> Result<OptionArgs, String> {
    let mut command = command();
    let program = OsString::from("wsline");
    let matches = command
        .try_get_matches_from_mut(std::iter::once(&program).chain(words))
        .map_err(|error| keep_secret(error, &mut command))
        .map_err(|error| sentence_of(&usage::escaped(error, &command)))?;
    if let Some(sentence) = test::foreign(&command, &matches) {
        return Err(sentence);
    }
    let cli = Cli::from_arg_matches(&matches).map_err(|error| sentence_of(&error))?;
    if cli.command.is_some() || cli.talk.url.is_some() {
        return Err(NOT_AN_OPTION.to_owned());
    }
    let options = cli.talk.parsed.settle()?;
    if options
        .user
        .as_ref()
        .and_then(SecretSource::literal)
        .is_some_and(|login| login.password.is_none())
    {
        return Err(NO_PROMPT.to_owned());
    }
    Ok(options)
}

/// Why `-u USER` is refused where nobody can be prompted.
pub const NO_PROMPT: &str =
    "-u USER would prompt for the password, which a test cannot do; use USER:PASS, env:NAME or \
     @FILE";

pub(super) const NOT_AN_OPTION: &str =
    "unexpected argument; only options are allowed here: files come before \
     --, and a value with spaces needs quotes";

pub(super) const CONNECT: &str = "connect";

/// The URL after `-c`, as wscat takes it. Help and completions are made without it: it is for
/// fingers, and nobody should learn it here.
pub(super) fn wscats_connect() -> Arg {
    Arg::new(CONNECT)
        .short('c')
        .long(CONNECT)
        .value_name("URL")
        .conflicts_with("url")
        .hide(true)
}

/// The URL, unless there is none or it is the name of a subcommand that should have come first.
pub(super) fn address(url: Option<String>) -> Result<String, String> {
    let Some(url) = url else {
        return Err("missing URL; `wsline demo` works without one".to_owned());
    };
    if is_command(&url) {
        return Err(put_first(&url));
    }
    Ok(url)
}
