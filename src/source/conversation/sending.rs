//! Steps that send.

use super::expected::quote;
use super::state::StepProgress;
use super::step::StepAction;
use super::Conversation;
use crate::conversation::matching::describe;
use crate::conversation::outgoing::Outgoing;
use crate::error::{Error, Goal, Instead};
use crate::event::{Kind, Link, Now, Piece};
use crate::source::reader::Reader;
use crate::source::{Progress, Sender};
use crate::text::phrase::Phrase;
use crate::text::utf8;

impl Conversation {
    /// Sends the current step, as far as possible.
    pub(super) fn send(
        &mut self,
        now: Now,
        readable: &mut bool,
        to: &mut dyn Sender,
    ) -> Result<(), StepProgress> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let link = current.step.link;
        let Some(state) = self.links.get_mut(usize::from(link.0)) else {
            return Ok(());
        };
        if let Some(how) = state.inbox.how_it_ended() {
            return Err(self.cannot_send(how));
        }
        state.gate.check(now, to).map_err(StepProgress::Waits)?;
        // It is only needed for reports.
        let reports = self.steps.expects();
        let sent = match &mut current.step.act {
            StepAction::Send(Outgoing::Close(reason)) => {
                to.close(link, reason.take());
                return Ok(());
            }
            StepAction::Send(outgoing) => {
                // `on open` sends it on the next connection again.
                let is_automatic = self.has_only_rules;
                send(outgoing, link, is_automatic, to);
                // The step is completed.
                reports.then(|| std::mem::replace(outgoing, Outgoing::Close(None)))
            }
            StepAction::Stream(kind, reader) => {
                let went = stream(*kind, reader, &mut current.inside, link, readable, to);
                if !went.map_err(StepProgress::Failed)? {
                    return Err(StepProgress::Waits(Progress::Pending));
                }
                None
            }
            _ => return Ok(()),
        };
        state.gate.on_sent(now);
        state.sent_at = Some(now.instant);
        if let Some((kind, payload)) = sent.as_ref().and_then(Outgoing::message) {
            self.remember(true, link, kind, payload);
        }
        Ok(())
    }

    /// What follows if the current step can't be sent any more. Unsent messages of the command line
    /// are counted, like those of stdin.
    fn cannot_send(&self, how: Instead) -> StepProgress {
        let current = self.current.as_ref();
        if current.is_some_and(|current| current.step.place.is_none()) {
            return StepProgress::CannotSend;
        }
        self.unsendable(how)
    }

    /// The error for a step that can't be sent any more.
    pub(super) fn unsendable(&self, how: Instead) -> StepProgress {
        let act = self.current.as_ref().map(|current| &current.step.act);
        let what = match act {
            Some(StepAction::Stream(..)) => Phrase::words("a file"),
            Some(StepAction::Send(outgoing)) => match outgoing {
                Outgoing::Text(text) => describe(Kind::Text, text.as_bytes()),
                Outgoing::Binary(bytes) => describe(Kind::Binary, bytes),
                Outgoing::Ping(payload) => Phrase::words("a Ping with ").and_value(quote(payload)),
                Outgoing::Pong(payload) => Phrase::words("a Pong with ").and_value(quote(payload)),
                Outgoing::Close(_) => Phrase::words("a Close"),
            },
            _ => Phrase::words("a Close"),
        };
        self.fail(Goal::Send(what), how)
    }
}

/// Sends a message or control frame. One that is automatic is not input, which is sent only once.
pub(super) fn send(
    outgoing: &Outgoing<String>,
    link: Link,
    is_automatic: bool,
    to: &mut dyn Sender,
) {
    let whole = |(kind, payload)| Piece::whole(kind, payload);
    match (outgoing, outgoing.message().map(whole)) {
        (_, Some(piece)) if is_automatic => to.automatic(link, piece),
        (_, Some(piece)) => to.data(link, piece),
        (Outgoing::Ping(payload), _) => to.ping(link, payload),
        (Outgoing::Pong(payload), _) => to.pong(link, payload),
        (Outgoing::Close(reason), _) => to.close(link, reason.clone()),
        (Outgoing::Text(_) | Outgoing::Binary(_), None) => {}
    }
}

/// Sends the content of a reader as one message. Returns whether it is complete.
fn stream(
    kind: Kind,
    reader: &mut Reader,
    inside: &mut bool,
    link: Link,
    readable: &mut bool,
    to: &mut dyn Sender,
) -> Result<bool, Error> {
    if !reader.has_ended() && !reader.is_full() {
        if !std::mem::take(readable) {
            return Ok(false);
        }
        reader.read()?;
        if !reader.has_ended() && !reader.is_full() {
            return Ok(false);
        }
    }
    let last = reader.has_ended();
    let held = reader.held();
    let length = match kind {
        Kind::Text => text_length(held, last).map_err(|cause| reader.fault(None, cause))?,
        Kind::Binary => held.len(),
    };
    to.data(
        link,
        Piece {
            kind,
            first: !*inside,
            last,
            bytes: &held[..length],
        },
    );
    let used = if last { held.len() } else { length };
    reader.used(used);
    *inside = !last;
    Ok(last)
}

/// The number of bytes in `held` that can be sent as text now: whole characters, and not a line
/// feed that may be the last byte, which is never sent.
fn text_length(held: &[u8], last: bool) -> Result<usize, String> {
    let complete = match utf8::complete_length(held) {
        Ok(length) if length < held.len() && last => Err(length),
        result => result,
    };
    let length = complete.map_err(|at| {
        let byte = held[at];
        format!("not UTF-8 (the byte {byte:#04x}); --data-binary sends bytes as they are")
    })?;
    let text = &held[..length];
    Ok(text.strip_suffix(b"\n").unwrap_or(text).len())
}
