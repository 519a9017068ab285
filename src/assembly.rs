//! Whole messages for those who need them, out of the pieces that events bring.
//!
//! A message that comes in one piece passes without being copied, and a large one is given away.
//! There is no limit here: the protocol core keeps `--max-message-size`, which is set wherever a
//! message has to be held.

use std::borrow::Cow;

use crate::event::{Kind, Link, Piece, Way};

/// From this size on, in bytes, a message is large: whoever holds it holds it once, and what takes
/// time for each of its bytes is done in pieces or beside the loop. An idle connection keeps no more
/// memory for its next message.
pub const LARGE: usize = 1 << 20;

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its payload. Owned if it is [large](LARGE) and came in pieces.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Message<'a> {
    /// A message that is somewhere else.
    #[must_use]
    pub fn borrowed(kind: Kind, bytes: &'a [u8]) -> Self {
        Self {
            kind,
            bytes: Cow::Borrowed(bytes),
        }
    }
}

/// The messages that have begun and not ended, one for each connection and way.
#[derive(Debug, Default)]
pub struct Whole {
    begun: Vec<Begun>,
}

#[derive(Debug)]
struct Begun {
    link: Link,
    way: Way,
    kind: Kind,
    bytes: Vec<u8>,
    /// Whether `bytes` is the beginning of a message, not the rest of one that was handed on.
    open: bool,
}

impl Whole {
    /// Takes a piece; the message if this was its last one.
    pub fn add<'a>(&'a mut self, link: Link, way: Way, piece: Piece<'a>) -> Option<Message<'a>> {
        if piece.first && piece.last {
            return Some(Message::borrowed(piece.kind, piece.bytes));
        }
        let begun = self.place(link, way, piece.kind);
        if piece.first {
            begun.bytes.clear();
            begun.bytes.shrink_to(LARGE);
            begun.kind = piece.kind;
        }
        begun.bytes.extend_from_slice(piece.bytes);
        begun.open = !piece.last;
        if !piece.last {
            return None;
        }
        Some(Message {
            kind: begun.kind,
            bytes: if begun.bytes.len() < LARGE {
                Cow::Borrowed(&begun.bytes)
            } else {
                Cow::Owned(std::mem::take(&mut begun.bytes))
            },
        })
    }

    /// What came of a message whose end will not come, because `link` is closed. It is forgotten.
    pub fn unfinished(&mut self, link: Link, way: Way) -> Option<(Kind, Vec<u8>)> {
        let index = self
            .begun
            .iter()
            .position(|begun| (begun.link, begun.way) == (link, way))?;
        let begun = self.begun.swap_remove(index);
        begun.open.then_some((begun.kind, begun.bytes))
    }

    fn place(&mut self, link: Link, way: Way, kind: Kind) -> &mut Begun {
        let found = self
            .begun
            .iter()
            .position(|begun| (begun.link, begun.way) == (link, way));
        let index = found.unwrap_or_else(|| {
            self.begun.push(Begun {
                link,
                way,
                kind,
                bytes: Vec::new(),
                open: false,
            });
            self.begun.len() - 1
        });
        &mut self.begun[index]
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
    fn a_whole_message_is_not_copied() {
        let mut whole = Whole::default();
        let bytes = b"hello";
        let message = whole
            .add(Link(0), Way::In, Piece::whole(Kind::Text, bytes))
            .expect("it is whole");
        assert_eq!(message.kind, Kind::Text);
        assert!(
            matches!(message.bytes, Cow::Borrowed(same) if std::ptr::eq(same, bytes.as_slice()))
        );
    }

    #[test]
    fn a_large_message_is_given_away() {
        let mut whole = Whole::default();
        let bytes = vec![b'x'; LARGE / 2];
        whole.add(Link(0), Way::In, piece(true, false, &bytes));
        let message = whole.add(Link(0), Way::In, piece(false, true, &bytes));
        let message = message.expect("it is whole");
        assert!(matches!(&message.bytes, Cow::Owned(bytes) if bytes.len() == LARGE));
        assert_eq!(whole.begun[0].bytes.capacity(), 0);
        assert_eq!(whole.unfinished(Link(0), Way::In), None);
    }

    #[test]
    fn pieces_are_kept_apart_by_connection_and_way() {
        let mut whole = Whole::default();
        let (a, b) = (Link(0), Link(1));
        assert_eq!(whole.add(a, Way::In, piece(true, false, b"a1")), None);
        assert_eq!(whole.add(b, Way::In, piece(true, false, b"b1")), None);
        assert_eq!(whole.add(a, Way::Out, piece(true, false, b"o1")), None);
        assert_eq!(whole.add(a, Way::In, piece(false, false, b"")), None);
        let of = |message: Option<Message<'_>>| message.expect("it is whole").bytes.to_vec();
        assert_eq!(
            of(whole.add(a, Way::In, piece(false, true, b"a2"))),
            b"a1a2"
        );
        assert_eq!(of(whole.add(b, Way::In, piece(false, true, b""))), b"b1");
        assert_eq!(
            of(whole.add(a, Way::Out, piece(false, true, b"o2"))),
            b"o1o2"
        );
        assert_eq!(whole.add(a, Way::In, piece(true, false, b"x")), None);
        assert_eq!(of(whole.add(a, Way::In, piece(false, true, b"y"))), b"xy");
    }

    #[test]
    fn an_unfinished_message_is_given_once() {
        let mut whole = Whole::default();
        assert_eq!(whole.unfinished(Link(0), Way::In), None);
        whole.add(Link(0), Way::In, piece(true, true, b"done"));
        whole.add(Link(0), Way::In, piece(true, false, b"ha"));
        assert_eq!(
            whole.unfinished(Link(0), Way::In),
            Some((Kind::Binary, b"ha".to_vec()))
        );
        assert_eq!(whole.unfinished(Link(0), Way::In), None);
    }

    #[test]
    fn a_finished_message_is_not_unfinished() {
        let mut whole = Whole::default();
        whole.add(Link(0), Way::In, piece(true, false, b"a"));
        whole.add(Link(0), Way::In, piece(false, true, b"b"));
        assert_eq!(whole.unfinished(Link(0), Way::In), None);
    }
}
