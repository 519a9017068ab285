//! Assembly of complete messages from the pieces that events carry.
//!
//! A message that arrives in one piece is not copied, and a large one is handed over by value.
//! There is no size limit here: [`ProtocolConfig::max_message_size`](crate::protocol::ProtocolConfig)
//! is set wherever complete messages are held in memory.

use std::borrow::Cow;

use crate::event::{Kind, Link, Piece, Way};

/// The size in bytes from which on a message counts as large: it is held in memory only once, and
/// work that takes time for each of its bytes is done in pieces or outside the event loop. Also the
/// most memory that an idle connection keeps for its next message.
pub const LARGE: usize = 1 << 20;

/// A complete message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Whether it is text or binary.
    pub kind: Kind,
    /// Its payload. Owned if it is [large](LARGE) and arrived in pieces.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Message<'a> {
    /// A message whose payload is held elsewhere.
    #[must_use]
    pub fn borrowed(kind: Kind, bytes: &'a [u8]) -> Self {
        Self {
            kind,
            bytes: Cow::Borrowed(bytes),
        }
    }
}

/// Holds the incomplete message of each connection and direction.
#[derive(Debug, Default)]
pub struct MessageAssembler {
    partial: Vec<PartialMessage>,
}

#[derive(Debug)]
struct PartialMessage {
    link: Link,
    way: Way,
    kind: Kind,
    bytes: Vec<u8>,
    /// Whether `bytes` is the beginning of a message; otherwise it belongs to the previous,
    /// complete one.
    incomplete: bool,
}

impl MessageAssembler {
    /// Adds a piece. Returns the message if the piece was its last one.
    pub fn add<'a>(&'a mut self, link: Link, way: Way, piece: Piece<'a>) -> Option<Message<'a>> {
        if piece.first && piece.last {
            return Some(Message::borrowed(piece.kind, piece.bytes));
        }
        let partial = self.find_or_insert(link, way, piece.kind);
        if piece.first {
            partial.bytes.clear();
            partial.bytes.shrink_to(LARGE);
            partial.kind = piece.kind;
        }
        partial.bytes.extend_from_slice(piece.bytes);
        partial.incomplete = !piece.last;
        if !piece.last {
            return None;
        }
        Some(Message {
            kind: partial.kind,
            bytes: if partial.bytes.len() < LARGE {
                Cow::Borrowed(&partial.bytes)
            } else {
                Cow::Owned(std::mem::take(&mut partial.bytes))
            },
        })
    }

    /// Removes and returns the incomplete message of a connection that has closed, if there is one.
    pub fn unfinished(&mut self, link: Link, way: Way) -> Option<(Kind, Vec<u8>)> {
        let index = self
            .partial
            .iter()
            .position(|partial| (partial.link, partial.way) == (link, way))?;
        let partial = self.partial.swap_remove(index);
        partial.incomplete.then_some((partial.kind, partial.bytes))
    }

    fn find_or_insert(&mut self, link: Link, way: Way, kind: Kind) -> &mut PartialMessage {
        let found = self
            .partial
            .iter()
            .position(|partial| (partial.link, partial.way) == (link, way));
        let index = found.unwrap_or_else(|| {
            self.partial.push(PartialMessage {
                link,
                way,
                kind,
                bytes: Vec::new(),
                incomplete: false,
            });
            self.partial.len() - 1
        });
        &mut self.partial[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(first: bool, last: bool, bytes: &[u8]) -> Piece<'_> {
        Piece {
            kind: Kind::Binary,
            first,
            last,
            bytes,
        }
    }

    #[test]
    fn a_message_in_one_piece_is_borrowed() {
        let mut assembler = MessageAssembler::default();
        let bytes = b"hello";
        let message = assembler
            .add(Link(0), Way::In, Piece::whole(Kind::Text, bytes))
            .expect("complete");
        assert_eq!(message.kind, Kind::Text);
        assert!(
            matches!(message.bytes, Cow::Borrowed(same) if std::ptr::eq(same, bytes.as_slice()))
        );
    }

    #[test]
    fn a_large_message_in_pieces_is_owned() {
        let mut assembler = MessageAssembler::default();
        let bytes = vec![b'x'; LARGE / 2];
        assembler.add(Link(0), Way::In, piece(true, false, &bytes));
        let message = assembler.add(Link(0), Way::In, piece(false, true, &bytes));
        let message = message.expect("complete");
        assert!(matches!(&message.bytes, Cow::Owned(bytes) if bytes.len() == LARGE));
        assert_eq!(assembler.partial[0].bytes.capacity(), 0);
        assert_eq!(assembler.unfinished(Link(0), Way::In), None);
    }

    #[test]
    fn pieces_of_different_connections_and_ways_do_not_mix() {
        let mut assembler = MessageAssembler::default();
        let (a, b) = (Link(0), Link(1));
        assert_eq!(assembler.add(a, Way::In, piece(true, false, b"a1")), None);
        assert_eq!(assembler.add(b, Way::In, piece(true, false, b"b1")), None);
        assert_eq!(assembler.add(a, Way::Out, piece(true, false, b"o1")), None);
        assert_eq!(assembler.add(a, Way::In, piece(false, false, b"")), None);
        let bytes = |message: Option<Message<'_>>| message.expect("complete").bytes.to_vec();
        assert_eq!(
            bytes(assembler.add(a, Way::In, piece(false, true, b"a2"))),
            b"a1a2"
        );
        assert_eq!(
            bytes(assembler.add(b, Way::In, piece(false, true, b""))),
            b"b1"
        );
        assert_eq!(
            bytes(assembler.add(a, Way::Out, piece(false, true, b"o2"))),
            b"o1o2"
        );
        assert_eq!(assembler.add(a, Way::In, piece(true, false, b"x")), None);
        assert_eq!(
            bytes(assembler.add(a, Way::In, piece(false, true, b"y"))),
            b"xy"
        );
    }

    #[test]
    fn an_unfinished_message_is_returned_once() {
        let mut assembler = MessageAssembler::default();
        assert_eq!(assembler.unfinished(Link(0), Way::In), None);
        assembler.add(Link(0), Way::In, piece(true, true, b"done"));
        assembler.add(Link(0), Way::In, piece(true, false, b"ha"));
        assert_eq!(
            assembler.unfinished(Link(0), Way::In),
            Some((Kind::Binary, b"ha".to_vec()))
        );
        assert_eq!(assembler.unfinished(Link(0), Way::In), None);
    }

    #[test]
    fn a_finished_message_is_not_returned_as_unfinished() {
        let mut assembler = MessageAssembler::default();
        assembler.add(Link(0), Way::In, piece(true, false, b"a"));
        assembler.add(Link(0), Way::In, piece(false, true, b"b"));
        assert_eq!(assembler.unfinished(Link(0), Way::In), None);
    }
}
