//! Outputs: listeners that show or keep what happens. stdout, stderr's narration, a record.

pub mod backlog;
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
pub mod report;
pub mod rows;
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

/// Which of the costly events an output wants to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// [`Event::Frame`] in both directions.
    pub frames: bool,
    /// [`Event::Wire`] in both directions.
    pub wire: bool,
    /// [`Event::Data`], [`Event::Ping`] and [`Event::Pong`] for what is sent.
    pub sent: bool,
    /// [`Event::Assembled`] and [`Event::Incomplete`].
    pub assembled: Assembled,
}

/// Which messages that come in several pieces an output wants whole: they are held in memory for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assembled {
    /// None.
    #[default]
    None,
    /// Those that are received.
    Received,
    /// Those that are received and those that are sent.
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

/// Something that shows or keeps events. It never blocks: bytes that can't be written wait in it,
/// and it says so, so that the loop waits for the descriptor and reads no more meanwhile.
pub trait Output {
    /// What it wants to be told beside the ordinary events.
    fn detail(&self) -> Detail {
        Detail::default()
    }

    /// The name of its file, if it is a record: it is kept to the end also where nobody looks on
    /// any more, and an error in writing it names the file.
    fn record(&self) -> Option<&str> {
        None
    }

    /// Takes an event.
    ///
    /// # Errors
    ///
    /// What writing said; [`io::ErrorKind::BrokenPipe`] means that its reader has gone.
    fn show(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> io::Result<()>;

    /// Takes messages that arrived together: an event for each, which many at once may do for less.
    ///
    /// # Errors
    ///
    /// As [`show`](Self::show); those behind the one that failed are not shown.
    fn show_messages(
        &mut self,
        at: SystemTime,
        link: Link,
        messages: Messages<'_>,
    ) -> io::Result<()> {
        let mut events = messages.pieces().map(|piece| Event::Data(Way::In, piece));
        events.try_for_each(|event| self.show(at, link, &event))
    }

    /// Where it writes, if what follows is the sink's to answer.
    fn sink(&self) -> Option<&dyn Sink> {
        None
    }

    /// The same, to write what waits.
    fn sink_mut(&mut self) -> Option<&mut dyn Sink> {
        None
    }

    /// The descriptor that must become writable before bytes which wait can go.
    fn waits(&self) -> Option<BorrowedFd<'_>> {
        self.sink()?.waits()
    }

    /// Whether so many bytes wait that nothing more should be read for it.
    fn full(&self) -> bool {
        self.sink().is_some_and(Sink::full)
    }

    /// Whether [`idle`](Self::idle) has work that waits for nothing.
    fn busy(&self) -> bool {
        self.sink().is_some_and(Sink::busy)
    }

    /// A pipe whose reader may leave while nothing is written: polled for its error alone.
    fn watch(&self) -> Option<BorrowedFd<'_>> {
        self.sink()?.watch()
    }

    /// There is nothing more to read: writes what waits, as far as it goes without blocking, and
    /// without keeping the loop for longer than a [slice](long::SLICE).
    ///
    /// # Errors
    ///
    /// As [`show`](Self::show).
    fn idle(&mut self) -> io::Result<()> {
        self.sink_mut().map_or(Ok(()), Sink::idle)
    }
}
