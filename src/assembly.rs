//! Assembly of complete messages from the pieces that events carry.
//!
//! A large message is held in memory once, however many listeners want it whole: the driver
//! assembles it and hands out the same bytes to all of them ([`Event::Assembled`]). A message that
//! arrives in one piece is [`Event::Data`] and nothing else, and is not copied here.
//!
//! There is no size limit here: [`ProtocolConfig::max_message_size`](crate::protocol::ProtocolConfig)
//! is set wherever complete messages are held in memory.

use bytes::Bytes;

use crate::event::{Event, Kind, Link, Piece, Way};

/// The size in bytes from which on a message counts as large: it is held in memory only once, and
/// work that takes time for each of its bytes is done in pieces or outside the event loop.
pub const LARGE: usize = 1 << 20;

/// A complete message.
#[derive(Clone, Copy, Debug)]
pub struct WholeMessage<'a> {
    /// Whether it is text or binary.
    pub kind: Kind,
    /// Its payload.
    pub bytes: &'a [u8],
    /// The same bytes, if the driver has assembled them and shares them.
    shared: Option<&'a Bytes>,
}

impl<'a> WholeMessage<'a> {
    /// The complete message that an event carries, if there is one.
    #[must_use]
    pub fn from_event(event: &Event<'a>) -> Option<(Way, Self)> {
        match event {
            Event::Data(way, piece) if piece.first && piece.last => {
                let message = Self {
                    kind: piece.kind,
                    bytes: piece.bytes,
                    shared: None,
                };
                Some((*way, message))
            }
            Event::Assembled(way, kind, bytes) => {
                let message = Self {
                    kind: *kind,
                    bytes,
                    shared: Some(bytes),
                };
                Some((*way, message))
            }
            _ => None,
        }
    }

    /// The payload to keep: shared if it was assembled, otherwise copied.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.shared
            .map_or_else(|| Bytes::copy_from_slice(self.bytes), Bytes::clone)
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
}

impl MessageAssembler {
    /// Adds a piece of a message that came in several. Returns the message if the piece was its last
    /// one. The pieces of a message whose first one was not added are ignored.
    pub fn add(&mut self, link: Link, way: Way, piece: Piece<'_>) -> Option<(Kind, Bytes)> {
        if piece.first {
            self.take(link, way);
            self.partial.push(PartialMessage {
                link,
                way,
                kind: piece.kind,
                bytes: Vec::new(),
            });
        }
        let place = self.position(link, way)?;
        self.partial[place].bytes.extend_from_slice(piece.bytes);
        if !piece.last {
            return None;
        }
        self.take(link, way)
    }

    /// Removes and returns the incomplete message of a connection that has closed, if there is one.
    pub fn take(&mut self, link: Link, way: Way) -> Option<(Kind, Bytes)> {
        let place = self.position(link, way)?;
        let PartialMessage { kind, bytes, .. } = self.partial.swap_remove(place);
        Some((kind, Bytes::from(bytes)))
    }

    fn position(&self, link: Link, way: Way) -> Option<usize> {
        let of_it = |partial: &PartialMessage| (partial.link, partial.way) == (link, way);
        self.partial.iter().position(of_it)
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
    fn a_message_in_one_piece_is_copied_only_to_be_kept() {
        let bytes = b"hello";
        let event = Event::Data(Way::In, Piece::whole(Kind::Text, bytes));
        let (way, message) = WholeMessage::from_event(&event).expect("complete");
        assert_eq!((way, message.kind), (Way::In, Kind::Text));
        assert!(std::ptr::eq(message.bytes, bytes.as_slice()));
        assert_eq!(message.to_bytes(), bytes.as_slice());
    }

    #[test]
    fn assembled_messages_share_their_memory() {
        let mut assembler = MessageAssembler::default();
        let bytes = vec![b'x'; LARGE];
        assembler.add(Link(0), Way::In, piece(true, false, &bytes));
        let (kind, bytes) = assembler
            .add(Link(0), Way::In, piece(false, true, b"y"))
            .expect("complete");
        assert_eq!((kind, bytes.len()), (Kind::Binary, LARGE + 1));
        let event = Event::Assembled(Way::In, kind, &bytes);
        let kept = [(); 2].map(|()| {
            let (_, message) = WholeMessage::from_event(&event).expect("complete");
            message.to_bytes()
        });
        assert!(kept
            .iter()
            .all(|kept| std::ptr::eq(&raw const **kept, &raw const *bytes)));
    }

    #[test]
    fn single_pieces_are_not_messages() {
        for (first, last) in [(true, false), (false, false), (false, true)] {
            let event = Event::Data(Way::In, piece(first, last, b"x"));
            assert!(WholeMessage::from_event(&event).is_none());
        }
    }

    #[test]
    fn pieces_of_different_connections_and_ways_do_not_mix() {
        let mut assembler = MessageAssembler::default();
        let (a, b) = (Link(0), Link(1));
        assert_eq!(assembler.add(a, Way::In, piece(true, false, b"a1")), None);
        assert_eq!(assembler.add(b, Way::In, piece(true, false, b"b1")), None);
        assert_eq!(assembler.add(a, Way::Out, piece(true, false, b"o1")), None);
        assert_eq!(assembler.add(a, Way::In, piece(false, false, b"")), None);
        let bytes = |message: Option<(Kind, Bytes)>| message.expect("complete").1.to_vec();
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
    fn an_incomplete_message_is_returned_once() {
        let mut assembler = MessageAssembler::default();
        assert_eq!(assembler.take(Link(0), Way::In), None);
        assembler.add(Link(0), Way::In, piece(true, false, b"ha"));
        assert_eq!(
            assembler.take(Link(0), Way::In),
            Some((Kind::Binary, Bytes::from_static(b"ha")))
        );
        assert_eq!(assembler.take(Link(0), Way::In), None);
        assert_eq!(
            assembler.add(Link(0), Way::In, piece(false, true, b"lf")),
            None
        );
    }

    #[test]
    fn a_finished_message_is_not_returned_as_incomplete() {
        let mut assembler = MessageAssembler::default();
        assembler.add(Link(0), Way::In, piece(true, false, b"a"));
        assembler.add(Link(0), Way::In, piece(false, true, b"b"));
        assert_eq!(assembler.take(Link(0), Way::In), None);
    }
}
