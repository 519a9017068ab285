//! Passes events to the source and then to each output, and keeps write errors.

use std::collections::VecDeque;
use std::io;

use super::Now;
use crate::assembly::MessageAssembler;
use crate::event::{Event, Link, Messages, Piece, Way};
use crate::output::{Assembled, Channel, Detail};
use crate::source::Source;
use crate::sys::poll::{Interest, Token};

/// The source and the outputs of a run.
pub(super) struct Listeners<'a> {
    pub(super) source: &'a mut dyn Source,
    pub(super) outputs: Outputs<'a>,
}

impl Listeners<'_> {
    pub(super) fn notify(&mut self, now: Now, link: Link, event: &Event<'_>) {
        self.source.on_event(now, link, event);
        self.outputs.show(now, link, event);
    }

    /// Passes on a piece of a received message, and the message once it is complete.
    pub(super) fn notify_piece(&mut self, now: Now, link: Link, piece: Piece<'_>) {
        self.notify(now, link, &Event::Data(Way::In, piece));
        if piece.first && piece.last {
            return;
        }
        let is_wanted =
            self.outputs.detail.assembled > Assembled::None || self.source.wants_messages();
        if piece.first && !is_wanted {
            return;
        }
        if let Some((kind, bytes)) = self.outputs.assembler.add(link, Way::In, piece) {
            self.notify(now, link, &Event::Assembled(Way::In, kind, &bytes));
        }
    }

    /// Passes on the incomplete message of a connection that has ended.
    pub(super) fn notify_incomplete(&mut self, now: Now, link: Link) {
        for way in [Way::In, Way::Out] {
            if let Some((kind, bytes)) = self.outputs.assembler.take(link, way) {
                self.notify(now, link, &Event::Incomplete(way, kind, &bytes));
            }
        }
    }

    pub(super) fn notify_messages(&mut self, now: Now, link: Link, messages: Messages<'_>) {
        self.source.on_messages(now, link, messages);
        self.outputs.show_messages(now, link, messages);
    }
}

/// The outputs of a run.
pub(super) struct Outputs<'a> {
    pub(super) list: &'a mut [Channel],
    pub(super) detail: Detail,
    /// Whether each output has failed and gets no more events.
    lost: Vec<bool>,
    failures: VecDeque<WriteFailure>,
    /// The incomplete messages of all connections, in both directions.
    assembler: MessageAssembler,
}

/// A write error.
pub(super) struct WriteFailure {
    pub(super) cause: io::Error,
    /// The name of the record that could not be written; `None` for other outputs.
    pub(super) record: Option<String>,
}

impl<'a> Outputs<'a> {
    pub(super) fn new(list: &'a mut [Channel]) -> Self {
        let detail = list
            .iter()
            .fold(Detail::default(), |all, channel| all | channel.detail());
        Self {
            lost: vec![false; list.len()],
            list,
            detail,
            failures: VecDeque::new(),
            assembler: MessageAssembler::default(),
        }
    }

    pub(super) fn show(&mut self, now: Now, link: Link, event: &Event<'_>) {
        self.each(|channel| channel.on_event(now, link, event));
    }

    /// Passes on a piece of a sent message, and the message once it is complete.
    pub(super) fn show_sent_piece(&mut self, now: Now, link: Link, piece: Piece<'_>) {
        self.show(now, link, &Event::Data(Way::Out, piece));
        if self.detail.assembled < Assembled::All || (piece.first && piece.last) {
            return;
        }
        if let Some((kind, bytes)) = self.assembler.add(link, Way::Out, piece) {
            self.show(now, link, &Event::Assembled(Way::Out, kind, &bytes));
        }
    }

    fn show_messages(&mut self, now: Now, link: Link, messages: Messages<'_>) {
        self.each(|channel| channel.on_messages(now, link, messages));
    }

    /// Writes pending output without blocking.
    pub(super) fn idle(&mut self) {
        self.each(Channel::idle);
    }

    /// Calls `act` for each output. One that fails gets no more events, because what it can't write
    /// would only use memory. If it isn't a record, all outputs except records are stopped: nobody
    /// is watching any more, but records must be complete.
    fn each(&mut self, mut act: impl FnMut(&mut Channel) -> io::Result<()>) {
        let mut shown_failed = false;
        for (channel, lost) in self.list.iter_mut().zip(&mut self.lost) {
            if *lost {
                continue;
            }
            if let Err(cause) = act(channel) {
                *lost = true;
                let record = channel.record().map(str::to_owned);
                shown_failed |= record.is_none();
                self.failures.push_back(WriteFailure { cause, record });
            }
        }
        if shown_failed {
            self.lose(|channel| channel.record().is_none());
        }
    }

    /// Stops the outputs that `which` selects.
    fn lose(&mut self, which: impl Fn(&Channel) -> bool) {
        for (channel, lost) in self.list.iter().zip(&mut self.lost) {
            *lost |= which(channel);
        }
    }

    /// Stops the outputs whose readers have not read what is pending.
    pub(super) fn lose_waiting(&mut self) {
        self.lose(|channel| channel.sink().waits().is_some());
    }

    /// The outputs that still get events.
    pub(super) fn reached(&self) -> impl Iterator<Item = &Channel> {
        let all = self.list.iter().zip(&self.lost);
        all.filter(|(_, lost)| !**lost).map(|(channel, _)| channel)
    }

    /// Adds the outputs with pending bytes to `interest`. Adds to `pipes` the tokens of pipes that
    /// are only watched to notice that their readers have closed them.
    pub(super) fn watch<'fd>(&'fd self, interest: &mut Interest<'fd>, pipes: &mut Vec<Token>) {
        for channel in self.reached() {
            // If the reader of a record closes it, the next write fails.
            let watch = match channel.record() {
                None => channel.sink().watch(),
                Some(_) => None,
            };
            match (channel.sink().waits(), watch) {
                (Some(fd), _) => _ = interest.add(fd, false, true),
                (None, Some(fd)) => pipes.push(interest.add(fd, false, false)),
                (None, None) => {}
            }
        }
    }

    /// Whether so much output is pending that nothing more should be read.
    pub(super) fn full(&self) -> bool {
        self.reached().any(|channel| channel.sink().full())
    }

    /// Whether so much output is pending in one that shows sent messages that nothing more should
    /// be sent.
    pub(super) fn hold_up_sending(&self) -> bool {
        let holds = |channel: &Channel| channel.detail().sent && channel.sink().full();
        self.detail.sent && self.reached().any(holds)
    }

    /// Whether output is pending.
    pub(super) fn waiting(&self) -> bool {
        self.reached()
            .map(Channel::sink)
            .any(|sink| sink.waits().is_some() || sink.busy())
    }

    /// Whether an output has work to do that does not depend on a descriptor.
    pub(super) fn busy(&self) -> bool {
        self.reached().any(|channel| channel.sink().busy())
    }

    /// Takes the oldest write error.
    pub(super) fn take_failure(&mut self) -> Option<WriteFailure> {
        self.failures.pop_front()
    }

    /// Stops the outputs whose pipe was closed by its reader, according to poll(2).
    pub(super) fn reader_has_gone(&mut self) {
        self.failures.push_back(WriteFailure {
            cause: io::ErrorKind::BrokenPipe.into(),
            record: None,
        });
        self.lose(|channel| channel.record().is_none());
    }

    /// Whether all outputs except records are stopped.
    pub(super) fn is_deaf(&self) -> bool {
        self.reached().all(|channel| channel.record().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Note, NoteLevel};
    use crate::output::sink::Sink;
    use crate::output::{ChannelRole, Output};
    use std::cell::Cell;
    use std::rc::Rc;

    /// An output that always fails, and counts the events that it gets.
    struct Failing {
        told: Rc<Cell<usize>>,
    }

    /// A sink that is always full.
    struct Full;

    impl Output for Failing {
        fn on_event(&mut self, _: Now, _: Link, _: &Event<'_>, _: &mut dyn Sink) -> io::Result<()> {
            self.told.set(self.told.get() + 1);
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    impl Sink for Full {
        fn put(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }

        fn full(&self) -> bool {
            true
        }
    }

    fn failing(record: Option<&'static str>) -> (Channel, Rc<Cell<usize>>) {
        let told = Rc::default();
        let output = Failing {
            told: Rc::clone(&told),
        };
        let role = record.map_or(ChannelRole::Shown, |name| {
            ChannelRole::Record(name.to_owned())
        });
        (Channel::new(Box::new(output), Box::new(Full), role), told)
    }

    #[test]
    fn failed_outputs_get_no_more_events() {
        let (first, first_told) = failing(Some("first.ws"));
        let (second, second_told) = failing(Some("second.ws"));
        let mut list = [first, second];
        let mut outputs = Outputs::new(&mut list);
        let note = Note {
            level: NoteLevel::Hint,
            text: String::new(),
        };
        for _ in 0..3 {
            outputs.show(Now::read(), Link::default(), &Event::Note(&note));
            outputs.idle();
        }
        assert_eq!((first_told.get(), second_told.get()), (1, 1));
        assert!(!outputs.full(), "neither holds up what is read");
        for record in ["first.ws", "second.ws"] {
            let failure = outputs.take_failure().expect("each is told once");
            assert_eq!(failure.record.as_deref(), Some(record));
            assert_eq!(failure.cause.kind(), io::ErrorKind::StorageFull);
        }
        assert!(outputs.take_failure().is_none());
    }

    #[test]
    fn one_failed_output_stops_all_except_records() {
        let (shown, shown_told) = failing(None);
        let (beside, beside_told) = failing(None);
        let (record, record_told) = failing(Some("talk.ws"));
        let mut list = [shown, beside, record];
        let mut outputs = Outputs::new(&mut list);
        outputs.reader_has_gone();
        assert!(outputs.is_deaf());
        let note = Note {
            level: NoteLevel::Hint,
            text: String::new(),
        };
        outputs.show(Now::read(), Link::default(), &Event::Note(&note));
        assert_eq!((shown_told.get(), beside_told.get()), (0, 0));
        assert_eq!(record_told.get(), 1);
    }
}
