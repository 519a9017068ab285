//! Those who hear events: the source first, then each output. Keeps what writing said.

use std::io;
use std::time::{Instant, SystemTime};

use crate::event::{Event, Link};
use crate::output::{Detail, Output};
use crate::source::Source;

/// The source and the outputs of a run.
pub(super) struct Audience<'a> {
    pub(super) source: &'a mut dyn Source,
    pub(super) outputs: Outputs<'a>,
}

impl Audience<'_> {
    pub(super) fn tell(&mut self, at: Now, link: Link, event: &Event<'_>) {
        self.source.hear(at.instant, link, event);
        self.outputs.show(at, link, event);
    }
}

/// One moment on both clocks: what measures time, and what people read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) instant: Instant,
    pub(super) time: SystemTime,
}

impl Now {
    pub(super) fn read() -> Self {
        Self {
            instant: Instant::now(),
            time: SystemTime::now(),
        }
    }
}

/// The outputs, as one.
pub(super) struct Outputs<'a> {
    pub(super) list: &'a mut [Box<dyn Output>],
    pub(super) detail: Detail,
    /// The first error of an essential output; after it none is written to any more.
    failure: Option<io::Error>,
    deaf: bool,
}

impl<'a> Outputs<'a> {
    pub(super) fn new(list: &'a mut [Box<dyn Output>]) -> Self {
        let detail = list
            .iter()
            .fold(Detail::default(), |all, output| all | output.detail());
        Self {
            list,
            detail,
            failure: None,
            deaf: false,
        }
    }

    pub(super) fn show(&mut self, at: Now, link: Link, event: &Event<'_>) {
        self.each(|output| output.show(at.time, link, event));
    }

    /// Writes what waits, as far as it goes.
    pub(super) fn settle(&mut self) {
        self.each(|output| output.idle());
    }

    fn each(&mut self, mut act: impl FnMut(&mut dyn Output) -> io::Result<()>) {
        if self.deaf {
            return;
        }
        for output in self.list.iter_mut() {
            if let Err(error) = act(output.as_mut()) {
                self.failure.get_or_insert(error);
            }
        }
    }

    /// Whether so much waits that nothing more should be read.
    pub(super) fn full(&self) -> bool {
        !self.deaf && self.list.iter().any(|output| output.full())
    }

    /// Whether anything waits to be written.
    pub(super) fn waiting(&self) -> bool {
        !self.deaf && self.list.iter().any(|output| output.waits().is_some())
    }

    /// What writing said, once; from then on nothing is written.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        let failure = self.failure.take();
        self.deaf |= failure.is_some();
        failure
    }

    /// Whether whoever reads an output's pipe has gone, by its poll.
    pub(super) fn reader_has_gone(&mut self) {
        self.failure.get_or_insert(io::ErrorKind::BrokenPipe.into());
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.deaf
    }
}
