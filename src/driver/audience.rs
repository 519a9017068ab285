//! Those who hear events: the source first, then each output. Keeps what writing said.

use std::io;
use std::time::{Instant, SystemTime};

use crate::event::{Event, Link, Messages};
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

    pub(super) fn tell_messages(&mut self, at: Now, link: Link, messages: Messages<'_>) {
        self.source.hear_messages(at.instant, link, messages);
        self.outputs.show_messages(at, link, messages);
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
    /// Those that are written to no more, by their places in the list.
    lost: Vec<bool>,
    failure: Option<Failure>,
}

/// What writing said.
pub(super) struct Failure {
    pub(super) cause: io::Error,
    /// The record that could not be written; `None` for what is shown.
    pub(super) record: Option<String>,
}

impl<'a> Outputs<'a> {
    pub(super) fn new(list: &'a mut [Box<dyn Output>]) -> Self {
        let detail = list
            .iter()
            .fold(Detail::default(), |all, output| all | output.detail());
        Self {
            lost: vec![false; list.len()],
            list,
            detail,
            failure: None,
        }
    }

    pub(super) fn show(&mut self, at: Now, link: Link, event: &Event<'_>) {
        self.each(|output| output.show(at.time, link, event));
    }

    fn show_messages(&mut self, at: Now, link: Link, messages: Messages<'_>) {
        self.each(|output| output.show_messages(at.time, link, messages));
    }

    /// Writes what waits, as far as it goes.
    pub(super) fn settle(&mut self) {
        self.each(|output| output.idle());
    }

    fn each(&mut self, mut act: impl FnMut(&mut dyn Output) -> io::Result<()>) {
        for (output, lost) in self.list.iter_mut().zip(&self.lost) {
            if *lost {
                continue;
            }
            if let Err(cause) = act(output.as_mut()) {
                let record = output.record().map(str::to_owned);
                self.failure.get_or_insert(Failure { cause, record });
            }
        }
    }

    /// Those that are written to.
    pub(super) fn reached(&self) -> impl Iterator<Item = &dyn Output> {
        let all = self.list.iter().zip(&self.lost);
        all.filter(|(_, lost)| !**lost)
            .map(|(output, _)| output.as_ref())
    }

    /// Whether so much waits that nothing more should be read.
    pub(super) fn full(&self) -> bool {
        self.reached().any(Output::full)
    }

    /// Whether anything waits to be written.
    pub(super) fn waiting(&self) -> bool {
        self.reached().any(|output| output.waits().is_some())
    }

    /// What writing said, once. From then on a record that failed is not written to; and if it was
    /// something else, nothing but records is: nobody looks on any more, but the end of the
    /// conversation still belongs into them.
    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        let failure = self.failure.take()?;
        for (output, lost) in self.list.iter().zip(&mut self.lost) {
            *lost |= output.record() == failure.record.as_deref();
        }
        Some(failure)
    }

    /// Whether whoever reads an output's pipe has gone, by its poll.
    pub(super) fn reader_has_gone(&mut self) {
        self.failure.get_or_insert(Failure {
            cause: io::ErrorKind::BrokenPipe.into(),
            record: None,
        });
    }

    /// Whether nothing is shown any more.
    pub(super) fn is_deaf(&self) -> bool {
        self.reached().all(|output| output.record().is_some())
    }
}
