//! `--record FILE`: a record of the run in a file, in addition to the output.
//!
//! The extension selects the format: `.har` is an HTTP archive, `.jsonl` and `.ndjson` are the
//! output of `--json`, everything else is a session file. A record is continued to the end of the
//! run even if stdout is closed, and is complete whenever there is nothing more to read. An
//! existing file is replaced only when the connection is open or the server has refused it, so that
//! a typing error in the name or URL does not destroy a record.

mod archive;
mod file;
mod har;
mod options;
mod session;
mod switch;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::SystemTime;

pub use self::options::{Opening, Options, RecordFormat};
pub use self::switch::{RecordSwitch, SharedRecord, SwitchedRecord};

use self::archive::{Archive, Hold};
use self::file::RecordFile;
use crate::error::Error;
use crate::event::{Event, Link, LostCause};
use crate::exit::ExitCode;
use crate::output::json::JsonLines;
use crate::output::sink::{Descriptor, Sink};
use crate::output::{Detail, Output};

/// A record.
pub struct Record {
    name: String,
    to: Box<dyn Output>,
    hold: Hold,
}

impl Record {
    /// Opens or creates the file and starts the record. While a pipe has no reader, calls `pause`
    /// repeatedly, which waits briefly and returns an error to give up.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] for a file that can't be written, and errors of `pause`.
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
    if RecordFormat::of(&options.path) == RecordFormat::Har {
        let har = har::Har::new(archive, options.opening.url, options.secrets)?;
        return Ok(Box::new(har));
    }
    begin_lines(archive, &options)
}

/// Whether an event is important enough to replace the previous record in the file.
fn replaces_record(event: &Event<'_>) -> bool {
    let failed = match event {
        Event::Open(_) => return true,
        Event::ConnectFailed(error) => Some(*error),
        Event::Reconnecting(lost) => match lost.cause {
            LostCause::Failed(error) => Some(error),
            LostCause::Closed(_) => None,
        },
        _ => None,
    };
    failed.is_some_and(|error| error.exit_code() == ExitCode::Refused)
}

/// Starts a record in a format that is written line by line.
fn begin_lines<S: Sink + 'static>(sink: S, options: &Options) -> io::Result<Box<dyn Output>> {
    if RecordFormat::of(&options.path) == RecordFormat::Session {
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

    // `watch` is not implemented: if the reader of a record closes it, the next write fails.

    fn idle(&mut self) -> io::Result<()> {
        self.to.idle()
    }
}
