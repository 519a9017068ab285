//! `--hide` and the rule `ignore`: hide messages from an output.
//!
//! Whether a message matches is only known when it is complete, so a message in pieces is held
//! until then.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::SystemTime;

use super::sink::Sink;
use super::{Assembled, Detail, Output};
use crate::assembly::Message;
use crate::event::{Event, Kind, Link, Messages, Piece, Way};

/// Whether a message is hidden.
pub type HidesMessage = Box<dyn Fn(Link, Kind, &[u8]) -> bool>;

/// An output that does not get some messages.
pub struct Hidden {
    output: Box<dyn Output>,
    hides: HidesMessage,
}

impl Hidden {
    /// Hides messages from `output`.
    #[must_use]
    pub fn new(output: Box<dyn Output>, hides: HidesMessage) -> Self {
        Self { output, hides }
    }

    /// Whether messages in pieces are passed to the output as a whole.
    fn takes_whole(&self) -> bool {
        self.output.detail().assembled > Assembled::None
    }
}

impl Output for Hidden {
    fn detail(&self) -> Detail {
        let detail = self.output.detail();
        Detail {
            assembled: detail.assembled.max(Assembled::Received),
            ..detail
        }
    }

    fn record(&self) -> Option<&str> {
        self.output.record()
    }

    fn show(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> io::Result<()> {
        if let Some((Way::In, Message { kind, bytes, .. })) = Message::from_event(event) {
            if (self.hides)(link, kind, bytes) {
                return Ok(());
            }
            if matches!(event, Event::Assembled(..)) && !self.takes_whole() {
                let event = Event::Data(Way::In, Piece::whole(kind, bytes));
                return self.output.show(at, link, &event);
            }
            return self.output.show(at, link, event);
        }
        match event {
            Event::Data(Way::In, _) => Ok(()),
            Event::Incomplete(Way::In, kind, bytes) if !self.takes_whole() => {
                let piece = Piece {
                    kind: *kind,
                    first: true,
                    last: false,
                    bytes,
                };
                self.output.show(at, link, &Event::Data(Way::In, piece))
            }
            event => self.output.show(at, link, event),
        }
    }

    fn show_messages(
        &mut self,
        at: SystemTime,
        link: Link,
        messages: Messages<'_>,
    ) -> io::Result<()> {
        let events = messages.pieces().map(|piece| Event::Data(Way::In, piece));
        events
            .into_iter()
            .try_for_each(|event| self.show(at, link, &event))
    }

    fn sink(&self) -> Option<&dyn Sink> {
        self.output.sink()
    }

    fn sink_mut(&mut self) -> Option<&mut dyn Sink> {
        self.output.sink_mut()
    }

    fn waits(&self) -> Option<BorrowedFd<'_>> {
        self.output.waits()
    }

    fn full(&self) -> bool {
        self.output.full()
    }

    fn busy(&self) -> bool {
        self.output.busy()
    }

    fn watch(&self) -> Option<BorrowedFd<'_>> {
        self.output.watch()
    }

    fn idle(&mut self) -> io::Result<()> {
        self.output.idle()
    }
}
