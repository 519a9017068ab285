//! Outputs, which print or record events: stdout, progress on stderr, and records.

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
pub mod json_tokens;
pub mod long;
#[cfg(test)]
mod memory_sink;
pub mod narration;
pub mod palette;
pub mod ping;
pub mod pretty;
pub mod queued_sink;
pub mod raw;
pub mod record;
pub mod redact;
pub mod report;
pub mod rows;
pub mod rpc;
pub mod sink;
pub mod stderr;
#[cfg(test)]
mod tested;
pub mod timing;
pub mod transcript;
pub mod verbosity;
pub mod wrap;

use std::io;

use self::queued_sink::QueuedSink;
use self::sink::Sink;
use crate::event::{Event, Link, Messages, Now, Way};

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

/// An output prints or records events. It never blocks, because what it writes to buffers.
pub trait Output {
    /// The events that it needs in addition to the ordinary ones.
    fn detail(&self) -> Detail {
        Detail::default()
    }

    /// Handles an event, and writes to `to`.
    ///
    /// # Errors
    ///
    /// The error of writing; [`io::ErrorKind::BrokenPipe`] if the reader has closed the pipe.
    fn on_event(
        &mut self,
        now: Now,
        link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()>;

    /// Handles a batch of messages as an event for each, which may be faster than one by one.
    ///
    /// # Errors
    ///
    /// The same as those of [`on_event`](Self::on_event); messages after the failed one are not
    /// shown.
    fn on_messages(
        &mut self,
        now: Now,
        link: Link,
        messages: Messages<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        let mut events = messages.pieces().map(|piece| Event::Data(Way::In, piece));
        events.try_for_each(|event| self.on_event(now, link, &event, to))
    }

    /// Writes what is only written when there is nothing more to read, before
    /// [`Sink::idle`] is called.
    ///
    /// # Errors
    ///
    /// The same as those of [`on_event`](Self::on_event).
    fn on_idle(&mut self, _to: &mut dyn Sink) -> io::Result<()> {
        Ok(())
    }
}

/// What an output is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelRole {
    /// It shows what happens, to people or to a program. If its reader is gone, the run ends.
    Shown,
    /// It is a record with this file name: it is continued even if stdout is closed, and errors
    /// name the file.
    Record(String),
}

/// An output, and where it writes.
pub struct Channel {
    output: Box<dyn Output>,
    sink: Box<dyn Sink>,
    role: ChannelRole,
}

impl Channel {
    /// Creates a channel for an output.
    #[must_use]
    pub fn new(output: Box<dyn Output>, sink: Box<dyn Sink>, role: ChannelRole) -> Self {
        Self { output, sink, role }
    }

    /// Creates a channel for an output that shows what happens. Long messages don't hold up the
    /// loop.
    pub fn shown(output: Box<dyn Output>, sink: impl Sink + 'static) -> Self {
        Self::new(output, Box::new(QueuedSink::new(sink)), ChannelRole::Shown)
    }

    /// See [`Output::detail`].
    #[must_use]
    pub fn detail(&self) -> Detail {
        self.output.detail()
    }

    /// The sink.
    #[must_use]
    pub fn sink(&self) -> &dyn Sink {
        &*self.sink
    }

    /// The file name, if it is a record.
    #[must_use]
    pub fn record(&self) -> Option<&str> {
        match &self.role {
            ChannelRole::Shown => None,
            ChannelRole::Record(name) => Some(name),
        }
    }

    /// Passes on an event.
    ///
    /// # Errors
    ///
    /// Those of [`Output::on_event`].
    pub fn on_event(&mut self, now: Now, link: Link, event: &Event<'_>) -> io::Result<()> {
        self.output.on_event(now, link, event, &mut *self.sink)
    }

    /// Passes on a batch of messages.
    ///
    /// # Errors
    ///
    /// Those of [`Output::on_messages`].
    pub fn on_messages(&mut self, now: Now, link: Link, messages: Messages<'_>) -> io::Result<()> {
        self.output
            .on_messages(now, link, messages, &mut *self.sink)
    }

    /// Called when there is nothing more to read: writes pending bytes without blocking, for at
    /// most one [slice](long::SLICE).
    ///
    /// # Errors
    ///
    /// The error of writing.
    pub fn idle(&mut self) -> io::Result<()> {
        self.output.on_idle(&mut *self.sink)?;
        self.sink.idle()
    }
}
