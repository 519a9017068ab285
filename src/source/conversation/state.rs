//! The state of a conversation: its connections, and its current step.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use bytes::Bytes;

use super::candidates::Order;
use super::expected::Expected;
use super::inbox::Inbox;
use super::matcher::Matcher;
use super::place::line_of;
use super::step::Step;
use super::work::Work;
use crate::conversation::matching::{describe, Lookup};
use crate::error::{Error, Refusal, UnmetDetail};
use crate::event::Kind;
use crate::http::{Body, ResponseHead};
use crate::source::send_gate::SendGate;
use crate::source::Progress;

/// The state of one connection.
pub(super) struct LinkState {
    pub(super) gate: SendGate,
    pub(super) inbox: Inbox,
    /// It ended as expected.
    pub(super) wanted: bool,
    /// When the last message was sent.
    pub(super) sent_at: Option<Instant>,
    /// The place of the expectation that was met last.
    pub(super) matched_by: Option<String>,
    /// The last messages that expectations took.
    taken: VecDeque<TakenMessage>,
    /// It is being opened by a step.
    pub(super) is_opening: bool,
    /// Why a step could not open it.
    pub(super) open_failure: Option<OpenFailure>,
    /// It was ended without a Close.
    pub(super) is_dropped: bool,
}

impl LinkState {
    pub(super) fn new(gate: SendGate) -> Self {
        Self {
            gate,
            inbox: Inbox::default(),
            wanted: false,
            sent_at: None,
            matched_by: None,
            taken: VecDeque::new(),
            is_opening: false,
            open_failure: None,
            is_dropped: false,
        }
    }
}

impl LinkState {
    /// Keeps the last matched message, to report that it was taken.
    pub(super) fn keep_taken(&mut self, place: Option<&str>) {
        let (Some(place), Some((kind, bytes))) = (place, &self.inbox.matched) else {
            return;
        };
        if bytes.len() > TAKEN_SIZE {
            return;
        }
        if self.taken.len() == TAKEN {
            self.taken.pop_front();
        }
        self.taken.push_back(TakenMessage {
            place: place.to_owned(),
            kind: *kind,
            bytes: bytes.clone(),
        });
    }

    /// What took the last message that matches, for the report of an unmet expectation.
    pub(super) fn taken_detail(&self, wanted: &Expected) -> Option<UnmetDetail> {
        let Expected::Message(pattern) = wanted else {
            return None;
        };
        let matches = |taken: &&TakenMessage| pattern.compare(taken.kind, &taken.bytes).is_ok();
        let taken = self.taken.iter().rev().find(matches)?;
        Some(UnmetDetail::Taken {
            line: line_of(&taken.place)?,
            message: describe(taken.kind, &taken.bytes),
        })
    }
}

/// A message that an expectation took.
struct TakenMessage {
    place: String,
    kind: Kind,
    bytes: Bytes,
}

/// The number of these that are kept, and the maximum size of each.
const TAKEN: usize = 16;
const TAKEN_SIZE: usize = 16 * 1024;

/// Why a step could not open a connection.
pub(super) struct OpenFailure {
    pub(super) cause: String,
    /// The response, if the server refused it.
    pub(super) refusal: Option<Box<Refusal>>,
}

/// The current step.
pub(super) struct CurrentStep {
    pub(super) step: Step,
    pub(super) since: Instant,
    pub(super) matcher: Matcher,
    /// A message has been sent in part, as fragments.
    pub(super) inside: bool,
    /// The search for a value in a large message.
    pub(super) search: Option<Work<Searched>>,
    /// The messages received for expectations in any order.
    pub(super) order: Option<Order>,
    /// A connection is being opened or dropped.
    pub(super) is_begun: bool,
    /// The HTTP request in progress.
    pub(super) exchange: Option<Work<Result<(ResponseHead, Body), Error>>>,
}

/// A message, and the result of a search in it.
pub(super) type Searched = (Kind, Bytes, Lookup);

impl CurrentStep {
    pub(super) fn new(step: Step, since: Instant) -> Self {
        Self {
            step,
            since,
            matcher: Matcher::new(since),
            inside: false,
            search: None,
            order: None,
            is_begun: false,
            exchange: None,
        }
    }
}

/// The progress of the conversation.
pub(super) enum StepProgress {
    /// All steps are complete.
    Done,
    /// The current step is waiting.
    Waits(Progress),
    /// The current step needs to send, but nothing can be sent now.
    CannotSend,
    /// The current step has failed.
    Failed(Error),
}

/// The error for a thread that could not be started.
pub(super) fn no_thread(cause: io::Error) -> Error {
    Error::System {
        doing: "comparing a large message",
        cause,
    }
}
