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
use std::os::fd::AsFd as _;
use std::time::SystemTime;

pub use self::options::{Opening, Options, RecordFormat};
pub use self::switch::{switched, RecordSwitch, SharedRecord};

use self::archive::{ArchiveFile, Hold};
use self::file::RecordFile;
use crate::error::Error;
use crate::event::{Event, Link, LostCause, Messages, Now};
use crate::exit::ExitCode;
use crate::output::json::JsonOutput;
use crate::output::queued_sink::QueuedSink;
use crate::output::sink::{Descriptor, Sink};
use crate::output::{Channel, ChannelRole, Detail, Output};

/// Opens or creates the file and starts a record. While a pipe has no reader, calls `pause`
/// repeatedly, which waits briefly and returns an error to give up.
///
/// # Errors
///
/// [`Error::Output`] for a file that can't be written, and errors of `pause`.
pub fn create(
    options: Options,
    pause: &mut dyn FnMut() -> Result<(), Error>,
) -> Result<Channel, Error> {
    let name = options.path.display().to_string();
    let file = RecordFile::open(&options.path, pause)?;
    begin(file, options, ChannelRole::Record(name.clone())).map_err(|cause| Error::Output {
        target: name,
        cause,
    })
}

fn begin(opened: RecordFile, options: Options, role: ChannelRole) -> io::Result<Channel> {
    let RecordFile {
        file,
        has_content,
        is_regular,
    } = opened;
    let hold = Hold::new(has_content);
    let format = RecordFormat::of(&options.path);
    let output: Box<dyn Output> = match format {
        // In a pipe or a device, the ending of an archive could not be overwritten.
        RecordFormat::Har if is_regular => {
            Box::new(har::Har::new(options.opening.url, options.secrets)?)
        }
        RecordFormat::Session => Box::new(session::SessionRecord::new(
            SystemTime::now(),
            &options.opening,
        )?),
        _ => {
            let lines = JsonOutput::new(true, options.secrets);
            Box::new(if options.timing {
                lines.with_timing()
            } else {
                lines
            })
        }
    };
    let output = Box::new(Releasing {
        output,
        hold: hold.clone(),
    });
    if !is_regular {
        let sink = Descriptor::new(file.as_fd())?;
        return Ok(Channel::new(output, Box::new(QueuedSink::new(sink)), role));
    }
    let mut record = Channel::new(output, Box::new(ArchiveFile::new(file, hold)), role);
    if format == RecordFormat::Har {
        // The file is an archive from the beginning.
        record.idle()?;
    }
    Ok(record)
}

/// An output that allows its file to be replaced once there is something worth keeping.
struct Releasing {
    output: Box<dyn Output>,
    hold: Hold,
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

impl Output for Releasing {
    fn detail(&self) -> Detail {
        self.output.detail()
    }

    fn on_event(
        &mut self,
        now: Now,
        link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        if replaces_record(event) {
            self.hold.release();
        }
        self.output.on_event(now, link, event, to)
    }

    fn on_messages(
        &mut self,
        now: Now,
        link: Link,
        messages: Messages<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        self.output.on_messages(now, link, messages, to)
    }

    fn on_idle(&mut self, to: &mut dyn Sink) -> io::Result<()> {
        self.output.on_idle(to)
    }
}
