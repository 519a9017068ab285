//! An output and its sink, for tests.

use std::io;
use std::time::{Instant, SystemTime};

use super::memory_sink::MemorySink;
use super::queued_sink::QueuedSink;
use super::sink::Sink;
use super::Output;
use crate::event::{Event, Link, Messages, Now};

/// An output that writes to memory.
pub struct Tested<O> {
    /// The output.
    pub output: O,
    /// Where it writes.
    pub sink: QueuedSink<MemorySink>,
}

/// A time of the wall clock, and any of the other clock.
pub fn now_at(time: SystemTime) -> Now {
    let instant = Instant::now();
    Now { instant, time }
}

impl<O: Output> Tested<O> {
    /// Lets `output` write to memory.
    pub fn new(output: O) -> Self {
        Self::on(MemorySink::default(), output)
    }

    /// Lets `output` write to this memory.
    pub fn on(memory: MemorySink, output: O) -> Self {
        let sink = QueuedSink::new(memory);
        Self { output, sink }
    }

    /// Passes on an event that happens at this time.
    pub fn show(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> io::Result<()> {
        let now = now_at(at);
        self.output.on_event(now, link, event, &mut self.sink)
    }

    /// Passes on messages that arrive at this time.
    pub fn show_messages(
        &mut self,
        at: SystemTime,
        link: Link,
        messages: Messages<'_>,
    ) -> io::Result<()> {
        let now = now_at(at);
        self.output.on_messages(now, link, messages, &mut self.sink)
    }

    /// Whether something waits to be written.
    pub fn busy(&self) -> bool {
        self.sink.busy()
    }

    /// Whether nothing more should be read.
    pub fn full(&self) -> bool {
        self.sink.full()
    }

    /// Writes what waits.
    pub fn idle(&mut self) -> io::Result<()> {
        self.output.on_idle(&mut self.sink)?;
        self.sink.idle()
    }
}
