//! Messages to send again on the next connection: those that were accepted but not completely written.
//! Messages that were written may have arrived, so they are counted instead.

use std::collections::VecDeque;

use crate::event::{Kind, Lines, Piece};

/// Messages of a connection that may be needed again. Their bytes are in one buffer, because they are
/// kept for each message that is sent, and are seldom needed.
#[derive(Debug, Default)]
pub(super) struct SentMessages {
    /// The messages that may not be completely written, in order.
    messages: VecDeque<Kept>,
    /// The bytes of these messages, one message after the other.
    bytes: Vec<u8>,
    /// The last of them is only a beginning so far.
    is_partial: bool,
    /// The number of messages that the source has sent.
    count: u64,
    /// How many of them the server has certainly received, because it answered a later Ping.
    confirmed: u64,
    /// How many were sent before the latest keepalive Ping.
    before_ping: u64,
}

/// A message whose bytes are in the buffer.
#[derive(Debug)]
struct Kept {
    kind: Kind,
    length: usize,
    /// It is sent on each connection anyway, by `--on-connect` or `--every`, so no bytes are kept.
    is_own: bool,
}

/// A message, or its beginning, to be sent again.
#[derive(Clone, Debug)]
pub(super) struct UnsentMessage {
    kind: Kind,
    bytes: Vec<u8>,
    is_complete: bool,
}

impl UnsentMessage {
    /// All of it.
    pub(super) fn piece(&self) -> Piece<'_> {
        Piece {
            kind: self.kind,
            first: true,
            last: self.is_complete,
            bytes: &self.bytes,
        }
    }
}

/// What is left of a connection.
#[derive(Debug, Default)]
pub(super) struct Leftover {
    /// What is sent again.
    pub(super) messages: Vec<UnsentMessage>,
    /// How many messages were written and may not have arrived.
    pub(super) unconfirmed: u64,
}

/// Written messages are removed when more messages than this are kept.
const MOST: usize = 1024;

impl SentMessages {
    /// Something was sent.
    pub(super) fn push(&mut self, piece: Piece<'_>, is_own: bool) {
        let bytes = if is_own { &[] } else { piece.bytes };
        match self.messages.back_mut() {
            Some(begun) if self.is_partial => begun.length += bytes.len(),
            _ => self.messages.push_back(Kept {
                kind: piece.kind,
                length: bytes.len(),
                is_own,
            }),
        }
        self.bytes.extend_from_slice(bytes);
        self.is_partial = !piece.last;
        self.count += u64::from(piece.last && !is_own);
    }

    /// Lines were sent, each as a text message.
    pub(super) fn push_lines(&mut self, lines: Lines<'_>) {
        for line in lines {
            self.push(Piece::whole(Kind::Text, line), false);
        }
    }

    /// Removes all but the last `unsent` messages, if there are many.
    pub(super) fn trim(&mut self, unsent: impl FnOnce() -> u64) {
        if self.messages.len() > MOST {
            self.keep_last(unsent());
        }
    }

    fn keep_last(&mut self, unsent: u64) {
        let unsent = usize::try_from(unsent).unwrap_or(usize::MAX);
        let complete = self.messages.len() - usize::from(self.is_partial);
        let written = self.messages.drain(..complete.saturating_sub(unsent));
        let length: usize = written.map(|message| message.length).sum();
        self.bytes.drain(..length);
    }

    /// A keepalive Ping was sent.
    pub(super) fn on_ping(&mut self) {
        self.before_ping = self.count;
    }

    /// The latest Ping was answered: what was sent before it has arrived.
    pub(super) fn on_pong(&mut self) {
        self.confirmed = self.before_ping;
    }

    /// What is left if the last `unsent` messages were not written.
    pub(super) fn into_leftover(mut self, unsent: u64) -> Leftover {
        self.keep_last(unsent);
        let begun = self.is_partial.then(|| self.messages.len() - 1);
        let mut rest = self.bytes.as_slice();
        let mut messages = Vec::new();
        for (place, kept) in self.messages.iter().enumerate() {
            let (bytes, after) = rest.split_at(kept.length);
            rest = after;
            if !kept.is_own {
                messages.push(UnsentMessage {
                    kind: kept.kind,
                    bytes: bytes.to_owned(),
                    is_complete: begun != Some(place),
                });
            }
        }
        let complete = messages.iter().filter(|message| message.is_complete);
        let written = self.count - complete.count() as u64;
        Leftover {
            messages,
            unconfirmed: written.saturating_sub(self.confirmed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(leftover: &Leftover) -> Vec<(String, bool)> {
        let text = |message: &UnsentMessage| {
            let text = String::from_utf8_lossy(&message.bytes).into_owned();
            (text, message.is_complete)
        };
        leftover.messages.iter().map(text).collect()
    }

    #[test]
    fn what_is_not_written_is_left_in_order() {
        let mut sent = SentMessages::default();
        for text in ["a", "b", "own", "c"] {
            sent.push(Piece::whole(Kind::Text, text.as_bytes()), text == "own");
        }
        let begun = Piece {
            last: false,
            ..Piece::whole(Kind::Text, b"begun")
        };
        sent.push(begun, false);
        let leftover = sent.into_leftover(3);
        let expected = [("b", true), ("c", true), ("begun", false)];
        let expected = expected.map(|(text, complete)| (text.to_owned(), complete));
        assert_eq!(texts(&leftover), expected);
        assert_eq!(leftover.unconfirmed, 1);
    }

    #[test]
    fn a_pong_confirms_what_was_sent_before_its_ping() {
        let mut sent = SentMessages::default();
        sent.push(Piece::whole(Kind::Text, b"a"), false);
        sent.on_ping();
        sent.push(Piece::whole(Kind::Text, b"b"), false);
        sent.on_pong();
        sent.push(Piece::whole(Kind::Text, b"c"), false);
        assert_eq!(sent.into_leftover(0).unconfirmed, 2);
    }

    #[test]
    fn memory_is_bounded_where_all_is_written() {
        let mut sent = SentMessages::default();
        for _ in 0..10 * MOST {
            sent.push(Piece::whole(Kind::Text, b"x"), false);
            sent.trim(|| 1);
            assert!(sent.messages.len() <= MOST);
        }
        let leftover = sent.into_leftover(1);
        assert_eq!(leftover.messages.len(), 1);
        assert_eq!(leftover.unconfirmed, 10 * MOST as u64 - 1);
    }
}
