//! Outputs, which print or record events: stdout, progress on stderr, and records.

pub mod backlog;
pub mod bench;
pub mod best_effort;
pub mod closure;
pub mod dump;
pub mod escape;
pub mod excerpt;
pub mod hidden;
pub mod human;
pub mod json;
pub mod json_text;
pub mod long;
#[cfg(test)]
mod memory;
pub mod narration;
pub mod palette;
pub mod ping;
pub mod pretty;
pub mod raw;
pub mod record;
pub mod redact;
pub mod report;
pub mod rows;
pub mod rpc;
pub mod sink;
pub mod stderr;
pub mod timing;
pub mod transcript;
pub mod verbosity;
pub mod wrap;

use std::io;
use std::os::fd::BorrowedFd;
use std::time::SystemTime;

use self::sink::Sink;
use crate::event::{Event, Link, Messages, Way};

/// Which of the costly events an output needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// [`Event::Frame`] in both directions.
    pub frames: bool,
    /// [`Event::Wire`] in both directions.
    pub wire: bool,
    /// [`Event::Data`], [`Event::Ping`] and [`Event::Pong`] for sent messages and frames.
    pub sent: bool,
    /// [`Event::Assembled`] and [`Event::Incomplete`].
    pub assembled: Assembled,
}

impl Detail {
    /// What an output needs that keeps whole messages of both directions, as records do.
    pub const WHOLE_MESSAGES: Self = Self {
        frames: false,
        wire: false,
        sent: true,
        assembled: Assembled::All,
    };
}

/// Which messages in several pieces an output needs as a whole. They are held in memory for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assembled {
    /// None.
    #[default]
    None,
    /// Received messages.
    Received,
    /// Received and sent messages.
    All,
}

impl std::ops::BitOr for Detail {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self {
            frames: self.frames || other.frames,
            wire: self.wire || other.wire,
            sent: self.sent || other.sent,
            assembled: self.assembled.max(other.assembled),
        }
    }
}

/// An output prints or records events. It never blocks: bytes that can't be written are kept, and
/// it reports this so that the loop waits for the descriptor and stops reading.
pub trait Output {
    /// The events that it needs in addition to the ordinary ones.
    fn detail(&self) -> Detail {
        Detail::default()
    }

    /// The file name, if it is a record: a record is continued even if stdout is closed, and errors
    /// name the file.
    fn record(&self) -> Option<&str> {
        None
    }

    /// Handles an event.
    ///
    /// # Errors
    ///
    /// The error of writing; [`io::ErrorKind::BrokenPipe`] if the reader has closed the pipe.
    fn show(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> io::Result<()>;

    /// Handles a batch of messages as an event for each, which may be faster than one by one.
    ///
    /// # Errors
    ///
    /// The same as those of [`show`](Self::show); messages after the failed one are not shown.
    fn show_messages(
        &mut self,
        at: SystemTime,
        link: Link,
        messages: Messages<'_>,
    ) -> io::Result<()> {
        let mut events = messages.pieces().map(|piece| Event::Data(Way::In, piece));
        events.try_for_each(|event| self.show(at, link, &event))
    }

    /// The sink, which answers the following questions by default.
    fn sink(&self) -> Option<&dyn Sink> {
        None
    }

    /// The sink, to write pending bytes.
    fn sink_mut(&mut self) -> Option<&mut dyn Sink> {
        None
    }

    /// The descriptor that must become writable before pending bytes can be written.
    fn waits(&self) -> Option<BorrowedFd<'_>> {
        self.sink()?.waits()
    }

    /// Whether so many bytes are pending that nothing more should be read.
    fn full(&self) -> bool {
        self.sink().is_some_and(Sink::full)
    }

    /// Whether [`idle`](Self::idle) has work to do that does not depend on a descriptor.
    fn busy(&self) -> bool {
        self.sink().is_some_and(Sink::busy)
    }

    /// A pipe to watch for being closed by its reader while nothing is written.
    fn watch(&self) -> Option<BorrowedFd<'_>> {
        self.sink()?.watch()
    }

    /// Called when there is nothing more to read: writes pending bytes without blocking, for at
    /// most one [slice](long::SLICE).
    ///
    /// # Errors
    ///
    /// The same as those of [`show`](Self::show).
    fn idle(&mut self) -> io::Result<()> {
        self.sink_mut().map_or(Ok(()), Sink::idle)
    }
}
