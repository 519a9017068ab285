//! `--hide` and the rule `ignore`: hide messages from an output.
//!
//! Whether a message matches is only known when it is complete, so a message in pieces is held
//! until then.

use std::io;

use super::sink::Sink;
use super::{Assembled, Detail, Output};
use crate::assembly::WholeMessage;
use crate::event::{Event, Kind, Link, Now, Piece, Way};

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

    fn on_event(
        &mut self,
        now: Now,
        link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        if let Some((Way::In, WholeMessage { kind, bytes, .. })) = WholeMessage::from_event(event) {
            if (self.hides)(link, kind, bytes) {
                return Ok(());
            }
            if matches!(event, Event::Assembled(..)) && !self.takes_whole() {
                let event = Event::Data(Way::In, Piece::whole(kind, bytes));
                return self.output.on_event(now, link, &event, to);
            }
            return self.output.on_event(now, link, event, to);
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
                self.output
                    .on_event(now, link, &Event::Data(Way::In, piece), to)
            }
            event => self.output.on_event(now, link, event, to),
        }
    }

    fn on_idle(&mut self, to: &mut dyn Sink) -> io::Result<()> {
        self.output.on_idle(to)
    }
}
