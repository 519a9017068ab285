//! Items received on one connection that no expectation has examined yet, and the state of the
//! connection.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::expected::quote;
use crate::assembly::WholeMessage;
use crate::conversation::matching::describe;
use crate::error::{Instead, UnmetDetail};
use crate::event::{Event, Kind, LostCause, Upgrade, Way};
use crate::http::ResponseHead;
use crate::protocol::close::name_of_code;
use crate::protocol::{CloseReason, Closure};
use crate::text::phrase::Phrase;

/// A received item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReceivedItem {
    Message(Kind, Bytes),
    Ping(Bytes),
    Pong(Bytes),
    /// The connection has ended, and will be attempted again.
    Lost(Box<Closure>),
    /// It is open again.
    Reopened,
}

impl ReceivedItem {
    /// The memory that it takes while it waits, in bytes.
    fn size(&self) -> usize {
        let length = match self {
            Self::Message(_, bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Lost(closure) => closure.reason().len(),
            Self::Reopened => 0,
        };
        OVERHEAD + length
    }

    /// The item of an event; `None` if it is not a message or control frame from the server.
    pub(super) fn from_event(event: &Event<'_>) -> Option<Self> {
        Some(match event {
            Event::Data(Way::In, _) | Event::Assembled(Way::In, ..) => {
                let (_, message) = WholeMessage::from_event(event)?;
                Self::Message(message.kind, message.to_bytes())
            }
            Event::Ping(Way::In, payload) => Self::Ping(Bytes::copy_from_slice(payload)),
            Event::Pong(Way::In, payload) => Self::Pong(Bytes::copy_from_slice(payload)),
            _ => return None,
        })
    }

    /// A short description, not escaped.
    pub(super) fn describe(&self) -> Phrase {
        match self {
            Self::Message(kind, bytes) => describe(*kind, bytes),
            Self::Ping(payload) => Phrase::words("a Ping with ").and_value(quote(payload)),
            Self::Pong(payload) => Phrase::words("a Pong with ").and_value(quote(payload)),
            Self::Lost(closure) => Phrase::words(match &closure.received {
                None => "an end without a Close frame".to_owned(),
                Some(None) => "a Close without a code".to_owned(),
                Some(Some(CloseReason { code, .. })) => {
                    format!("a Close with {code} ({})", name_of_code(*code))
                }
            }),
            Self::Reopened => Phrase::words("a new connection"),
        }
    }
}

/// The state of a connection.
#[derive(Debug, Default)]
pub(super) enum LinkStage {
    /// It is not open yet.
    #[default]
    Opening,
    /// It is opened by a later step.
    Deferred,
    /// It stands for HTTP requests, the last of which this is the response to.
    Answered,
    /// The server refused it, as expected.
    Refused,
    /// It is open.
    Open,
    /// It has ended and is attempted again. This happened last.
    Lost(Instead),
    /// It has ended.
    Closed(Closure),
}

/// The maximum size of kept items in bytes of memory. Older items are dropped before any
/// expectation has examined them.
const KEPT: usize = 64 << 20;

/// The memory of an entry in addition to its payload: its place in a queue that doubles when it
/// grows, and the overhead of the allocator. Without it, empty messages would not count.
const OVERHEAD: usize = 2 * size_of::<(Instant, ReceivedItem)>() + 32;

/// The number of places that an empty queue keeps.
const PLACES: usize = 1024;

/// The items of one connection.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    pub(super) stage: LinkStage,
    /// The server's response to the upgrade request.
    pub(super) answer: ResponseHead,
    waiting: VecDeque<(Instant, ReceivedItem)>,
    size: usize,
    /// The number of items that were dropped before any expectation examined them.
    dropped: u64,
    /// The last matched message.
    pub(super) matched: Option<(Kind, Bytes)>,
    /// When it was received.
    pub(super) matched_at: Option<Instant>,
    /// When the last taken item was received.
    pub(super) taken_at: Option<Instant>,
}

impl Inbox {
    /// The connection is open. Returns whether it had been open before.
    pub(super) fn open(&mut self, upgrade: &Upgrade) -> bool {
        let before = std::mem::replace(&mut self.stage, LinkStage::Open);
        self.answer = upgrade.response.clone();
        !matches!(before, LinkStage::Opening)
    }

    /// The connection ended or could not be opened, and is attempted again.
    pub(super) fn on_lost(&mut self, cause: LostCause<'_>) {
        if matches!(self.stage, LinkStage::Opening) {
            return;
        }
        self.stage = LinkStage::Lost(match cause {
            LostCause::Failed(error) => Instead::Failed(error.to_string()),
            LostCause::Closed(closure) => Instead::Ended(Box::new(closure.clone())),
        });
    }

    /// Adds an item.
    pub(super) fn push(&mut self, at: Instant, item: ReceivedItem) {
        self.size += item.size();
        self.waiting.push_back((at, item));
        while self.size > KEPT && self.waiting.len() > 1 {
            self.dropped += 1;
            self.take();
        }
    }

    /// When the next item was received.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.waiting.front().map(|(at, _)| *at)
    }

    /// Takes the next item and the time when it was received.
    pub(super) fn take(&mut self) -> Option<(Instant, ReceivedItem)> {
        let (at, item) = self.waiting.pop_front()?;
        self.size -= item.size();
        self.taken_at = Some(at);
        if self.waiting.is_empty() {
            self.waiting.shrink_to(PLACES);
        }
        Some((at, item))
    }

    /// How many items were dropped, for the report of an unmet expectation: one of them may have
    /// been it.
    pub(super) fn dropped_detail(&self) -> Option<UnmetDetail> {
        (self.dropped > 0).then_some(UnmetDetail::Dropped {
            count: self.dropped,
            limit: KEPT >> 20,
        })
    }

    /// How the connection ended; `None` if it has not ended.
    pub(super) fn how_it_ended(&self) -> Option<Instead> {
        match &self.stage {
            LinkStage::Closed(closure) => Some(Instead::Ended(Box::new(closure.clone()))),
            LinkStage::Deferred => Some(Instead::NotOpen),
            LinkStage::Opening
            | LinkStage::Answered
            | LinkStage::Refused
            | LinkStage::Open
            | LinkStage::Lost(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(inbox: &mut Inbox, event: &Event<'_>) {
        let item = ReceivedItem::from_event(event).expect("something that is kept");
        inbox.push(Instant::now(), item);
    }

    #[test]
    fn empty_messages_count_as_memory() {
        let mut inbox = Inbox::default();
        let most = KEPT / OVERHEAD;
        for _ in 0..most {
            receive(&mut inbox, &Event::Ping(Way::In, b""));
        }
        assert_eq!((inbox.waiting.len(), inbox.dropped), (most, 0));
        assert_eq!(inbox.dropped_detail(), None);
        receive(&mut inbox, &Event::Pong(Way::In, b""));
        assert_eq!((inbox.waiting.len(), inbox.dropped), (most, 1));
        let (count, limit) = (1, 64);
        assert_eq!(
            inbox.dropped_detail(),
            Some(UnmetDetail::Dropped { count, limit })
        );
        // The queue itself stays within the memory that is counted for it.
        let place = size_of::<(Instant, ReceivedItem)>();
        assert!(inbox.waiting.capacity() * place <= KEPT);
        while inbox.take().is_some() {}
        assert_eq!(inbox.size, 0);
        assert!(inbox.waiting.capacity() <= 2 * PLACES);
    }

    #[test]
    fn message_above_the_limit_is_kept_alone() {
        let mut inbox = Inbox::default();
        let large = vec![b'x'; KEPT];
        for bytes in [&b"small"[..], &large, &large] {
            let piece = crate::event::Piece::whole(Kind::Binary, bytes);
            receive(&mut inbox, &Event::Data(Way::In, piece));
        }
        assert_eq!((inbox.waiting.len(), inbox.dropped), (1, 2));
        receive(&mut inbox, &Event::Pong(Way::In, b"last"));
        assert_eq!((inbox.waiting.len(), inbox.dropped), (1, 3));
        let (_, item) = inbox.take().expect("it is there");
        assert_eq!(item, ReceivedItem::Pong(Bytes::from_static(b"last")));
    }
}
