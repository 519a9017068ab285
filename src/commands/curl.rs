//! `wsline curl …`: a request that a browser or a proxy has put on the clipboard as a curl
//! command, taken as it was pasted.
//!
//! The command is rewritten into one of ours: what belongs to the old connection (its Host, its
//! key) is dropped, and letters that mean something else to curl (`-b` a cookie, `-s` silent, `-i`
//! headers too) get their meaning from curl. From there on it goes the normal way.

mod paste;
mod rewrite;

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};

use clap::error::ErrorKind;

use crate::cli::{self, Call, MessageArg, OptionArgs};
use crate::error::{plain, Error};
use crate::plan::{Environment, Plan, Stream, Values};

pub use self::rewrite::rewrite;

/// More than any command that fits on a clipboard's command line.
const LARGEST: u64 = 1 << 20;

/// What Linux keeps of a line that is typed or pasted into a terminal; the rest is lost.
const LONGEST_TYPED: usize = 4095;

/// The command line that a pasted one comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Its words after the program's name, the URL first.
    pub words: Vec<OsString>,
    /// How many of its headers were pasted; they come first.
    pub pasted_headers: usize,
    /// The command was on stdin, and nothing is left there.
    pub drained: bool,
}

/// Reads and rewrites what stands after `wsline curl`.
///
/// With `-` the command is read from stdin, and `environment` then says that nothing comes from
/// there, unless it is a terminal, where more can be typed.
///
/// # Errors
///
/// [`Error::Usage`] for a command that is no WebSocket request or is not understood,
/// [`Error::Input`] if stdin can't be read.
pub fn read(words: &[OsString], environment: &mut Environment) -> Result<Rewritten, Error> {
    let (pasted, own) = match words.iter().position(|word| word == "--") {
        Some(place) => (&words[..place], &words[place + 1..]),
        None => (words, &[][..]),
    };
    let from_stdin = matches!(pasted, [word] if word == "-");
    let pasted = match pasted {
        _ if from_stdin => words_of(&stdin(environment.stdin)?)?,
        // "$(wl-paste)": a shell that was told to keep it in one piece.
        [word] if word.to_string_lossy().trim().contains(char::is_whitespace) => {
            words_of(&text(word)?)?
        }
        words => words.iter().map(text).collect::<Result<_, _>>()?,
    };
    let mut rewritten = rewrite(&pasted, own).map_err(Error::Usage)?;
    if from_stdin && environment.stdin != Stream::Terminal {
        environment.stdin = Stream::Device;
        rewritten.drained = true;
    }
    Ok(rewritten)
}

impl Rewritten {
    /// The URL and the options that it has.
    ///
    /// # Errors
    ///
    /// What clap finds wrong with our own options, or with a pasted value.
    pub fn parse(&self) -> Result<(String, OptionArgs), clap::Error> {
        let wrong = |sentence: &str| cli::command().error(ErrorKind::ArgumentConflict, sentence);
        let program = OsString::from("wsline");
        let words = std::iter::once(&program).chain(&self.words);
        let Call::Talk { url, options } = cli::parse(words.cloned())? else {
            return Err(wrong("a curl command has the URL of a WebSocket in it"));
        };
        if self.drained && options.messages.iter().any(MessageArg::reads_stdin) {
            return Err(wrong(
                "stdin had the pasted command, and nothing is left on it for @-",
            ));
        }
        Ok((url, *options))
    }

    /// The plan of a run with the URL and the options of [`parse`](Self::parse).
    ///
    /// # Errors
    ///
    /// Those of [`Plan::new`].
    pub fn plan(
        &self,
        url: &str,
        options: OptionArgs,
        environment: &Environment,
    ) -> Result<Plan, Error> {
        let mut values = Values::read(&options, &environment.inputs).map_err(Error::Usage)?;
        prefer_own(&mut values, &options, self.pasted_headers);
        Plan::with_values(url, options, values, environment)
    }
}

fn text(word: &OsString) -> Result<String, Error> {
    let text = word.to_str().map(str::to_owned);
    text.ok_or_else(|| Error::Usage("the pasted command is not UTF-8".to_owned()))
}

fn words_of(text: &str) -> Result<Vec<String>, Error> {
    paste::words(text)
        .map_err(|sentence| Error::Usage(format!("the pasted command can't be read: {sentence}")))
}

fn stdin(stdin: Stream) -> Result<String, Error> {
    let fault = |cause: String| Error::Input {
        origin: "standard input".to_owned(),
        line: None,
        cause,
    };
    if stdin == Stream::Terminal {
        let hint = "paste the copied command, then Enter and Ctrl-D:\n";
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
        return Err(fault("more than 1 MiB is no copied command".to_owned()));
    }
    let cut = |line: &[u8]| line.len() >= LONGEST_TYPED;
    if stdin == Stream::Terminal && bytes.split(|&byte| byte == b'\n').any(cut) {
        return Err(fault(
            "the terminal has cut a line of more than 4095 bytes: pipe the command into wsline \
             curl -"
                .to_owned(),
        ));
    }
    String::from_utf8(bytes).map_err(|_| fault("it is not UTF-8".to_owned()))
}

/// Lets headers and credentials of our own options replace pasted headers, which come first. (Of an
/// option with one value the last one counts in any case.)
fn prefer_own(values: &mut Values, options: &OptionArgs, pasted_headers: usize) {
    let pasted_headers = pasted_headers.min(values.headers.len());
    let own = values.headers.split_off(pasted_headers);
    let given = [
        (
            "Authorization",
            values.login.is_some() || values.bearer.is_some(),
        ),
        ("User-Agent", options.user_agent.is_some()),
        ("Origin", options.origin.is_some()),
    ];
    values.headers.retain(|header| {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        !own.iter().any(|own| is(&own.name))
            && !given.iter().any(|(name, given)| *given && is(name))
    });
    values.headers.extend(own);
}

#[cfg(test)]
mod tests;
