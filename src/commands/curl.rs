//! `wsline curl …`: runs a WebSocket request that a browser or a proxy has copied as a curl
//! command.
//!
//! The command is rewritten as one of ours: headers that belong to the copied connection (such as
//! its key) are dropped, and options keep their meaning in curl (`-b` is a cookie, `-s` silent,
//! `-i` with headers). The result is parsed like any command line.

mod not_curl;
mod options;
mod paste;
mod posix;
mod rewrite;
mod url;
mod windows;

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};

use clap::error::ErrorKind;

use super::talk;
use crate::cli::{self, Call, HeaderGroup, MessageArg, OptionArgs};
use crate::error::{plain, Error};
use crate::exit::ExitCode;
use crate::plan::config::{self, CallError, Invocation};
use crate::plan::{Environment, Plan, Script, StandardStream};

pub use self::rewrite::{rewrite, Rewritten};

/// The maximum size of the command in bytes, more than any command line has.
const LARGEST: u64 = 1 << 20;

/// The maximum length in bytes of a line that is typed or pasted into a terminal on Linux; the rest
/// is lost.
const LONGEST_TYPED: usize = 4095;

/// Connects as a pasted curl command says.
///
/// # Errors
///
/// Those of [`read`], [`Rewritten::parse`] and [`Plan::new`].
pub fn run(words: &[OsString], mut environment: Environment) -> Result<ExitCode, CallError> {
    let command = read(words, &mut environment)?;
    let (url, options, script) = command.parse(&environment)?;
    let plan = Plan::with_script(&url, options, script, &environment)?;
    Ok(talk::start(plan))
}

/// Reads and rewrites the words that follow `wsline curl`.
///
/// With `-`, the command is read from stdin, and `environment` is changed so that no messages are
/// read from there, unless it is a terminal.
///
/// # Errors
///
/// [`Error::Usage`] for a command that is not a WebSocket request or can't be parsed,
/// [`Error::Input`] if stdin can't be read.
pub fn read(words: &[OsString], environment: &mut Environment) -> Result<Rewritten, Error> {
    let (pasted, own) = match words.iter().position(|word| word == "--") {
        Some(place) => (&words[..place], &words[place + 1..]),
        None => (words, &[][..]),
    };
    let from_stdin = matches!(pasted, [word] if word == "-");
    let pasted = match pasted {
        _ if from_stdin => paste::words(&stdin(environment.stdin)?).map_err(Error::Usage)?,
        // "$(wl-paste)": a whole command as a single word.
        [word] if word.to_string_lossy().trim().contains(char::is_whitespace) => {
            paste::words(&text(word)?).map_err(Error::Usage)?
        }
        words => words.iter().map(text).collect::<Result<_, _>>()?,
    };
    let mut rewritten = rewrite(&pasted, own).map_err(Error::Usage)?;
    if from_stdin && environment.stdin != StandardStream::Terminal {
        environment.stdin = StandardStream::Device;
        rewritten.drained = true;
    }
    Ok(rewritten)
}

impl Rewritten {
    /// The URL, the options, with those of the config file, and the statements that it has.
    ///
    /// # Errors
    ///
    /// What clap finds wrong with our own options, or with a pasted value; what is wrong with the
    /// config file.
    pub fn parse(
        &self,
        environment: &Environment,
    ) -> Result<(String, OptionArgs, Option<Script>), CallError> {
        let wrong = |sentence: &str| {
            CallError::Usage(cli::command().error(ErrorKind::ArgumentConflict, sentence))
        };
        let program = OsString::from("wsline");
        let words = std::iter::once(&program).chain(&self.words);
        let words: Vec<OsString> = words.cloned().collect();
        let Invocation { call, script } = config::parse(&words, environment)?;
        let Call::Talk { url, mut options } = call else {
            return Err(wrong("the curl command has no URL of a WebSocket"));
        };
        if self.drained && options.messages.iter().any(MessageArg::reads_stdin) {
            return Err(wrong(
                "@- cannot be used: the pasted command was read from stdin",
            ));
        }
        separate_pasted(&mut options, self.pasted_headers);
        Ok((url, *options, script))
    }
}

/// Makes the pasted headers, which come first, a level below those of our own options. (Of an option
/// with one value the last one counts in any case.)
fn separate_pasted(options: &mut OptionArgs, count: usize) {
    if let Some(own) = options.connection.headers.last_mut() {
        let pasted = HeaderGroup {
            headers: own.headers.drain(..count.min(own.headers.len())).collect(),
            replaced: own.replaced.clone(),
        };
        let place = options.connection.headers.len() - 1;
        options.connection.headers.insert(place, pasted);
    }
}

fn text(word: &OsString) -> Result<String, Error> {
    let text = word.to_str().map(str::to_owned);
    text.ok_or_else(|| Error::Usage("the pasted command is not UTF-8".to_owned()))
}

fn stdin(stdin: StandardStream) -> Result<String, Error> {
    let fault = |cause: String| Error::Input {
        origin: "standard input".to_owned(),
        line: None,
        cause,
    };
    if stdin == StandardStream::Terminal {
        let hint = "paste the curl command, then press Enter and Ctrl-D:\n";
        io::stderr()
            .write_all(hint.as_bytes())
            .map_err(|cause| fault(plain(&cause)))?;
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| fault(plain(&cause)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(fault("the pasted command is larger than 1 MiB".to_owned()));
    }
    let cut = |line: &[u8]| line.len() >= LONGEST_TYPED;
    if stdin == StandardStream::Terminal && bytes.split(|&byte| byte == b'\n').any(cut) {
        return Err(fault(
            "the terminal has cut off a line of more than 4095 bytes; pipe the command into \
             wsline curl -"
                .to_owned(),
        ));
    }
    String::from_utf8(bytes).map_err(|_| fault("the pasted command is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests;
