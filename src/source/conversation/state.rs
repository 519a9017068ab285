//! The state of a conversation: its connections, and its current step.

use std::io;
use std::time::Instant;

use bytes::Bytes;

use super::candidates::Order;
use super::inbox::Inbox;
use super::matcher::Matcher;
use super::step::Step;
use super::work::Work;
use crate::conversation::matching::Found;
use crate::error::Error;
use crate::event::Kind;
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
}

/// A message, and the result of a search in it.
pub(super) type Searched = (Kind, Bytes, Found);

impl CurrentStep {
    pub(super) fn new(step: Step, since: Instant) -> Self {
        Self {
            step,
            since,
            matcher: Matcher::new(since),
            inside: false,
            search: None,
            order: None,
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
