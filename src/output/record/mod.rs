//! `--record FILE`: what happens, kept in a file beside whatever is shown.
//!
//! The name's ending says the form: `.har` an HTTP archive, `.jsonl` or `.ndjson` what `--json`
//! prints, anything else a session file. A record is kept to the end of the run also where nobody
//! looks at stdout any more, and is complete whenever there is nothing more to read. An existing file
//! is replaced when the connection is open or the server has refused it: a name that was typed wrong
//! costs no record.

mod archive;
mod file;
mod har;
mod session;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use self::archive::{Archive, Hold};
use self::file::RecordFile;
use crate::error::Error;
use crate::event::{Event, Link};
use crate::exit::ExitCode;
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
    hold: Hold,
}

impl Record {
    /// Opens the file, or creates it, and begins the record. While a pipe has no reader, `pause` is
    /// called again and again: it waits a moment, and its error ends all that.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] for a file that can't be written, and what `pause` said.
    pub fn create(
        options: Options,
        pause: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let name = options.path.display().to_string();
        let file = RecordFile::open(&options.path, pause)?;
        let hold = Hold::new(file.has_content);
        match begin(file, hold.clone(), options) {
            Ok(to) => Ok(Self { name, to, hold }),
            Err(cause) => Err(Error::Output {
                target: name,
                cause,
            }),
        }
    }
}

fn begin(opened: RecordFile, hold: Hold, options: Options) -> io::Result<Box<dyn Output>> {
    let file = opened.file;
    if !opened.is_regular {
        return begin_lines(Descriptor::new(file.as_fd())?, &options);
    }
    let archive = Archive::new(file, hold);
    if Form::of(&options.path) == Form::Har {
        let har = har::Har::new(archive, options.opening.url, options.secrets)?;
        return Ok(Box::new(har));
    }
    begin_lines(archive, &options)
}

/// Whether what happened is worth the record that was in the file before.
fn replaces_record(event: &Event<'_>) -> bool {
    match event {
        Event::Open(_) => true,
        Event::ConnectFailed(error) => error.exit_code() == ExitCode::Refused,
        _ => false,
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
        if replaces_record(event) {
            self.hold.release();
        }
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
