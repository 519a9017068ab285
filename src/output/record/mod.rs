//! `--record FILE`: what happens, kept in a file beside whatever is shown.
//!
//! The name's ending says the form: `.har` an HTTP archive, `.jsonl` or `.ndjson` what `--json`
//! prints, anything else a session file. A record is kept to the end of the run also where nobody
//! looks at stdout any more, and is complete whenever there is nothing more to read.

mod archive;
mod har;
mod session;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use self::archive::Archive;
use crate::error::Error;
use crate::event::{Event, Link};
use crate::http::{Header, Secrets};
use crate::output::json::JsonLines;
use crate::output::sink::{Descriptor, Sink};
use crate::output::{Detail, Output};

/// What a record is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A conversation that can be read, replayed and checked.
    Session,
    /// What `--json` prints, Pings and Pongs among it.
    JsonLines,
    /// An HTTP archive (HAR 1.2) with the messages as browsers write them.
    Har,
}

impl Form {
    /// The form that a file's name asks for, by its ending.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        match ending.to_str() {
            Some("har") => Self::Har,
            Some("jsonl" | "ndjson") => Self::JsonLines,
            _ => Self::Session,
        }
    }
}

/// What is recorded, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file.
    pub path: PathBuf,
    /// What was asked for.
    pub opening: Opening,
    /// Whether an archive and JSON lines have credentials.
    pub secrets: Secrets,
    /// Whether JSON lines have the times of connecting (`--timing`).
    pub timing: bool,
}

/// What was asked for: what a session file begins with.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// The address that is connected to first, without credentials.
    pub url: String,
    /// The headers of the upgrade request that the user set, credentials among them.
    pub headers: Vec<Header>,
    /// The names of those that the user left out.
    pub left_out: Vec<String>,
    /// The subprotocols that are offered.
    pub subprotocols: Vec<String>,
    /// The options, without values, that the same conversation needs again.
    pub options: Vec<&'static str>,
}

/// A record.
pub struct Record {
    name: String,
    to: Box<dyn Output>,
}

impl Record {
    /// Creates the file, or empties the one that is there, and begins the record.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] for a file that can't be written.
    pub fn create(options: Options) -> Result<Self, Error> {
        let name = options.path.display().to_string();
        match begin(options) {
            Ok(to) => Ok(Self { name, to }),
            Err(cause) => Err(Error::Output {
                target: name,
                cause,
            }),
        }
    }
}

fn begin(options: Options) -> io::Result<Box<dyn Output>> {
    let form = Form::of(&options.path);
    let file = File::create(&options.path)?;
    let is_regular = file.metadata()?.is_file();
    match (form, is_regular) {
        (Form::Har, true) => {
            let har = har::Har::new(file, options.opening.url, options.secrets)?;
            Ok(Box::new(har))
        }
        (Form::Har, false) => Err(io::Error::other(
            "a HAR is completed each time something is added, which only a regular file allows; \
             record JSON lines (.jsonl) there",
        )),
        (_, true) => begin_lines(Archive::new(file), &options),
        (_, false) => begin_lines(Descriptor::new(file.as_fd())?, &options),
    }
}

/// The forms that are written line by line.
fn begin_lines<S: Sink + 'static>(sink: S, options: &Options) -> io::Result<Box<dyn Output>> {
    if Form::of(&options.path) == Form::Session {
        let session = session::Session::new(sink, SystemTime::now(), &options.opening)?;
        return Ok(Box::new(session));
    }
    let lines = JsonLines::new(sink, true, options.secrets);
    Ok(Box::new(if options.timing {
        lines.with_timing()
    } else {
        lines
    }))
}

impl Output for Record {
    fn detail(&self) -> Detail {
        self.to.detail()
    }

    fn record(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn show(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> io::Result<()> {
        self.to.show(at, link, event)
    }

    fn waits(&self) -> Option<BorrowedFd<'_>> {
        self.to.waits()
    }

    fn full(&self) -> bool {
        self.to.full()
    }

    fn busy(&self) -> bool {
        self.to.busy()
    }

    // `watch` finds none: a reader that leaves a record is an error, and the next write says so.

    fn idle(&mut self) -> io::Result<()> {
        self.to.idle()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_form() {
        for (name, form) in [
            ("a.har", Form::Har),
            ("A.HAR", Form::Har),
            ("x/a.jsonl", Form::JsonLines),
            ("a.ndjson", Form::JsonLines),
            ("a.ws", Form::Session),
            ("a.har.ws", Form::Session),
            ("har", Form::Session),
            (".har", Form::Session),
        ] {
            assert_eq!(Form::of(Path::new(name)), form, "{name}");
        }
    }
}
