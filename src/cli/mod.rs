//! The command line: flags, their help, and their values.
//!
//! The rules for flags:
//!
//! 1. A flag does something, or it is not there.
//! 2. Every option has a long name; a short one only where people's fingers know the letter from
//!    curl, wscat or websocat. Where those disagree, curl's meaning wins, then the commoner one.
//! 3. No option is greedy: one value each, repeat it for more. None has an optional value, which
//!    would swallow the URL. Options stand before or after the URL.
//! 4. A value that people write may begin with a hyphen (`-d -1`, `-w -1`).
//! 5. Of an option with one value the last one counts, so that aliases can be overruled.
//! 6. A value is checked here, once, and leaves as a type; what is wrong with it is a sentence
//!    that says what would be right. So do options that don't go together.
//! 7. A subcommand comes first, and its name is then no host.
//! 8. `-h` has what is needed daily, in 40 lines; `--help` and the man page have everything.

mod data;
mod expect;
pub mod help;
pub mod identity;
mod options;
mod secret_source;
mod test;
#[cfg(test)]
mod tests;
mod untrusted;
pub mod usage;
mod values;

use std::error::Error as _;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint};

pub use data::{DataArg, MessageArg};
pub use identity::Login;
pub use options::OptionArgs;
pub use secret_source::{HeaderArg, SecretSource};
pub use test::TestArgs;
pub use untrusted::{check as check_untrusted, options as untrusted_options, NotAllowed};
pub use values::{BinaryAs, ColorChoice, Compress, Shell, MAX_HELD_MESSAGE};

use crate::http::find_tokens;
use crate::secret::Secret;
use crate::target::HostPort;
use crate::text::escape;
use options::ParsedArgs;

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Call {
    /// `wsline URL`: talk, or pipe.
    Talk {
        /// The address as it was typed.
        url: String,
        /// How.
        options: Box<OptionArgs>,
    },
    /// `wsline test`: run session files.
    Test {
        /// Which, and how they are run.
        test: Box<TestArgs>,
        /// How their connections are made.
        options: Box<OptionArgs>,
    },
    /// `wsline demo`: the same with a server of our own.
    Demo {
        /// How.
        options: Box<OptionArgs>,
    },
    /// `wsline echo`: be that server.
    Echo(EchoArgs),
    /// `wsline curl`: talk as these words say, which a curl command had.
    Curl(Vec<OsString>),
    /// `wsline generate`: print a file that packages hold.
    Generate(Generate),
}

/// The options of `wsline echo`.
#[derive(Clone, Debug, Args)]
pub struct EchoArgs {
    /// Listen on PORT, :PORT or HOST:PORT; port 0 picks a free port
    #[arg(value_name = "ADDR", default_value = "127.0.0.1:9001",
          value_parser = values::listen_address)]
    pub addr: HostPort,

    /// Use TLS (requires --cert)
    #[arg(long)]
    pub tls: bool,

    /// Server certificate with its chain (PEM), or PKCS#12
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cert: Option<PathBuf>,

    /// Private key (PEM), if it is not in the file of --cert
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,

    /// Passphrase of the private key, or env:NAME, or @FILE
    #[arg(
        long,
        alias = "passphrase",
        value_name = "PASS",
        allow_hyphen_values = true,
        value_parser = |text: &str| SecretSource::parse(text, identity::passphrase)
    )]
    pub pass: Option<SecretSource<Secret>>,

    /// Wait this long before each reply
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub delay: Option<Duration>,

    /// Maximum size of a received message
    ///
    /// A larger message closes the connection with 1009. The limit is at most 1G.
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = values::echo_size)]
    pub max_message_size: usize,

    /// Maximum number of open connections
    ///
    /// Further clients are refused with HTTP status 503.
    #[arg(long, value_name = "N", default_value = "1000",
          value_parser = values::connections)]
    pub max_connections: NonZeroUsize,
}

impl EchoArgs {
    fn check(&self) -> Result<(), String> {
        let any = self.cert.is_some() || self.key.is_some() || self.pass.is_some();
        if self.tls && self.cert.is_none() {
            return Err("--tls requires --cert FILE and --key FILE".to_owned());
        }
        if any && !self.tls {
            return Err("--cert, --key and --pass require --tls".to_owned());
        }
        Ok(())
    }
}

/// The files that `wsline generate` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Generate {
    /// Print the completions for a shell
    Completions {
        /// The shell
        #[arg(value_name = "SHELL", value_enum)]
        shell: Shell,
    },
    /// Print the man page
    Man,
}

#[derive(Debug, Parser)]
#[command(
    name = "wsline",
    version,
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true,
    max_term_width = 100,
    styles = help::STYLES,
)]
struct Cli {
    #[command(subcommand)]
    task: Option<CommandArg>,

    #[command(flatten)]
    talk: ConnectArgs,

    /// Show the version
    #[arg(short = 'V', long, action = ArgAction::Version, hide_short_help = true,
          help_heading = options::SHOW)]
    version: Option<bool>,
}

#[derive(Debug, Args)]
struct ConnectArgs {
    /// URL of the server
    ///
    /// ws:// or wss://; http:// and https:// mean the same. Without a scheme, a loopback or private
    /// address, a name without a dot and :PORT mean ws, everything else wss.
    #[arg(value_name = "URL", hide_short_help = true, value_hint = ValueHint::Url)]
    url: Option<String>,

    #[command(flatten)]
    parsed: ParsedArgs,
}

#[derive(Debug, Subcommand)]
enum CommandArg {
    /// Run session files against a server
    ///
    /// A session file is a conversation: what is sent, and what is expected. Each file runs on its
    /// own connections and is reported by a line on stdout, followed by what went wrong. The exit
    /// code is 0 if all files pass; otherwise it is that of the first file that did not: 4 if an
    /// expectation was not met, 2 if the file can't be read, or that of the failed connection.
    /// A session file from someone else is like a script: read it first, or use --untrusted.
    #[command(args_override_self = true, override_usage = TEST_USAGE)]
    Test(Box<TestArgs>),

    /// Run an echo server for testing
    ///
    /// It sends every message back, answers Pings, and prints its URL when it is ready.
    #[command(args_override_self = true)]
    Echo(EchoArgs),

    /// Connect to a built-in echo server
    ///
    /// It needs no other server and no network, and takes the same options as wsline URL.
    #[command(args_override_self = true)]
    Demo(Box<ParsedArgs>),

    /// Run a browser's "Copy as cURL" command
    ///
    /// Paste the command of a WebSocket request; options of wsline follow --. Headers that belong to
    /// the copied connection (Host, Upgrade, Connection, Sec-WebSocket-Key, -Version and -Extensions)
    /// are dropped. The options that browsers write are supported: -H -b -A -e -u -k -x -L -v -X GET
    /// --url; --compressed, --http1.1, -i, -s and the like have no effect. With - the command is read
    /// from stdin, quoted for bash or for Windows' cmd; unless stdin is a terminal, messages to send
    /// are then given after --, and without any wsline only listens.
    Curl {
        /// The copied curl command, or -; then -- and options of wsline
        #[arg(
            value_name = "COMMAND",
            required = true,
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        words: Vec<OsString>,
    },

    /// Print shell completions or the man page
    #[command(disable_help_subcommand = true)]
    Generate {
        #[command(subcommand)]
        what: Generate,
    },
}

const TEST_USAGE: &str = "wsline test [OPTIONS] FILE... [-- OPTIONS]";

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
    match cli.task {
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
    if cli.task.is_some() || cli.talk.url.is_some() {
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

const NOT_AN_OPTION: &str =
    "unexpected argument; only options are allowed here: files come before \
     --, and a value with spaces needs quotes";

/// What clap says, without the usage of another command than was called.
fn sentence_of(error: &clap::Error) -> String {
    if !error.use_stderr() {
        return "--help and --version cannot be used here".to_owned();
    }
    let text = error.to_string();
    let lines = text.lines().take_while(|line| !line.is_empty());
    let words: Vec<&str> = lines.map(str::trim).collect();
    let sentence = words.join(" ").trim_start_matches("error: ").to_owned();
    match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(similar)) => format!("{sentence}; did you mean {similar}?"),
        _ => sentence,
    }
}

/// The whole command line as clap describes it: what help, completions and man page are made from.
#[must_use]
pub fn command() -> clap::Command {
    help::describe(Cli::command())
}

const CONNECT: &str = "connect";

/// The URL after `-c`, as wscat takes it. Help and completions are made without it: it is for
/// fingers, and nobody should learn it here.
fn wscats_connect() -> Arg {
    Arg::new(CONNECT)
        .short('c')
        .long(CONNECT)
        .value_name("URL")
        .conflicts_with("url")
        .hide(true)
}

/// The URL, unless there is none or it is the name of a subcommand that should have come first.
fn address(url: Option<String>) -> Result<String, String> {
    let Some(url) = url else {
        return Err("missing URL; `wsline demo` works without one".to_owned());
    };
    if is_command(&url) {
        return Err(put_first(&url));
    }
    Ok(url)
}

/// Whether `word` is the name of a subcommand, which is no host.
#[must_use]
pub fn is_command(word: &str) -> bool {
    CommandArg::has_subcommand(word)
}

fn put_first(task: &str) -> String {
    format!(
        "the command comes first: wsline {task} …; to connect to a host of that name, use ws://{task}"
    )
}

/// The name of a subcommand that stands before `word`, with nothing but options before it.
fn misplaced_command<'a>(args: &'a [OsString], word: &str) -> Option<&'a str> {
    let mut args = args.iter().skip(1).filter_map(|arg| arg.to_str());
    let task = args.find(|arg| !arg.starts_with('-'))?;
    (args.next() == Some(word) && is_command(task)).then_some(task)
}

/// The options whose values may hold a secret.
const SECRET: &[&str] = &[
    "header",
    "var",
    "user",
    "bearer",
    "cookie",
    "pass",
    "proxy",
    "proxy-user",
    "proxy-header",
];

/// clap quotes the value that is wrong; a secret is left out of what is said about it.
fn keep_secret(error: clap::Error, command: &mut clap::Command) -> clap::Error {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let name = option.trim_start_matches('-').split(' ').next();
    let is_secret = match name {
        Some("subprotocol") => match error.get(ContextKind::InvalidValue) {
            Some(ContextValue::String(value)) => has_token(value),
            _ => false,
        },
        name => name.is_some_and(|name| SECRET.contains(&name)),
    };
    if error.kind() != ErrorKind::ValueValidation || !is_secret {
        return error;
    }
    let why = error.source().map(ToString::to_string);
    let why = why.unwrap_or_else(|| "invalid value".to_owned());
    let sentence = format!("invalid value for '{option}': {why}");
    complain(command, None, ErrorKind::ValueValidation, &sentence)
}

/// Whether a value that is not a subprotocol would have a token in it if it were a list of them.
fn has_token(value: &str) -> bool {
    let names = value.split(|c: char| c == ',' || c.is_whitespace());
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    find_tokens(&names).iter().any(Option::is_some)
}

/// clap takes a word after the URL for a subcommand that may not stand there, and says so; what
/// it is more likely to be is a message, which other clients take there.
fn explain_second_url(
    error: clap::Error,
    args: &[OsString],
    command: &mut clap::Command,
) -> clap::Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    if error.kind() != ErrorKind::ArgumentConflict {
        return error;
    }
    // Without quotes a token is a word of its own: -H Authorization: Bearer TOKEN.
    let near = args.iter().any(|arg| names_secret(&arg.to_string_lossy()));
    let sentence = if let Some(task) = misplaced_command(args, word) {
        put_first(task)
    } else if near || word.contains('@') {
        "unexpected second argument: a value with spaces needs quotes, and a message is sent with \
         -d TEXT"
            .to_owned()
    } else {
        format!("unexpected argument '{word}' after the URL; to send a message, use -d TEXT")
    };
    complain(command, None, ErrorKind::ArgumentConflict, &sentence)
}

/// Whether `word` is an option that may hold a secret, alone or with its value.
fn names_secret(word: &str) -> bool {
    match word.strip_prefix("--") {
        Some(long) => SECRET.contains(&long.split('=').next().unwrap_or(long)),
        None => ["-H", "-u", "-U", "-x"]
            .iter()
            .any(|short| word.starts_with(short)),
    }
}

/// An error in clap's form, with the usage of the subcommand that it is about.
fn complain(
    command: &mut clap::Command,
    task: Option<&str>,
    kind: ErrorKind,
    sentence: &str,
) -> clap::Error {
    let sentence = escape::line(sentence);
    match task.and_then(|name| command.find_subcommand_mut(name)) {
        Some(task) => task.error(kind, sentence),
        None => command.error(kind, sentence),
    }
}
