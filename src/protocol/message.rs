//! Messages (RFC 6455 §5.4, §5.6, §8.1): pieces of payload, put together from fragments, and
//! text that is checked byte by byte however it is cut.

use std::ops::AddAssign;

/// What a message is (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
}

/// A piece of a message's payload: the whole of it if it is `first` and `last`.
///
/// A received piece of text never ends inside a character: it is UTF-8 by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// What the message is.
    pub kind: Kind,
    /// Whether this piece begins the message.
    pub first: bool,
    /// Whether this piece ends the message.
    pub last: bool,
    /// The bytes; may be empty.
    pub bytes: &'a [u8],
}

impl<'a> Piece<'a> {
    /// A message in one piece.
    #[must_use]
    pub fn whole(kind: Kind, bytes: &'a [u8]) -> Self {
        Self {
            kind,
            first: true,
            last: true,
            bytes,
        }
    }
}

/// How much data messages are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// The bytes of the messages.
    pub payload: u64,
    /// The payload of the frames that carried them, in bytes: fewer where it was compressed.
    pub wire: u64,
}

impl Volume {
    /// Messages of so many bytes, not compressed.
    pub(super) fn plain(bytes: u64) -> Self {
        Self {
            payload: bytes,
            wire: bytes,
        }
    }
}

impl AddAssign for Volume {
    fn add_assign(&mut self, other: Self) {
        self.payload = self.payload.saturating_add(other.payload);
        self.wire = self.wire.saturating_add(other.wire);
    }
}

/// A whole data message on a connection on which compression was agreed (RFC 7692 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What it is.
    pub kind: Kind,
    /// Whether it was compressed: either end may send a message as it is.
    pub compressed: bool,
    /// How much it is.
    pub volume: Volume,
}

/// What a check of some bytes of text found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// So many bytes from the start are whole characters; the rest, if any, begins a character
    /// and is kept.
    Valid(usize),
    /// Bytes of the character that was kept from before have completed it: so many were used.
    Completed(usize),
    /// The first byte here, after those that were kept, can't be UTF-8.
    Bad,
}

/// The check of UTF-8 across pieces: keeps the begun character at the end of a piece.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    kept: [u8; 4],
    length: u8,
    whole: bool,
}

impl Utf8 {
    /// Whether a character has begun and not ended.
    pub(super) fn is_inside(self) -> bool {
        self.length > 0 && !self.whole
    }

    /// The character that was last [`Checked::Completed`].
    pub(super) fn completed(&self) -> &[u8] {
        &self.kept[..usize::from(self.length)]
    }

    /// Checks `bytes`, as far as the first thing to report. What it says is valid or completed
    /// need not be shown to it again; kept bytes neither.
    pub(super) fn check(&mut self, bytes: &[u8]) -> Checked {
        if self.is_inside() {
            return self.complete(bytes);
        }
        self.length = 0;
        match std::str::from_utf8(bytes) {
            Ok(_) => Checked::Valid(bytes.len()),
            Err(error) if error.error_len().is_none() => {
                self.keep(&bytes[error.valid_up_to()..]);
                Checked::Valid(error.valid_up_to())
            }
            // What stands before the bad byte is handed on first; the next check finds it.
            Err(error) if error.valid_up_to() > 0 => Checked::Valid(error.valid_up_to()),
            Err(_) => Checked::Bad,
        }
    }

    fn keep(&mut self, begun: &[u8]) {
        self.kept[..begun.len()].copy_from_slice(begun);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a begun character has at most 3 bytes"
        )]
        {
            self.length = begun.len() as u8;
        }
        self.whole = false;
    }

    fn complete(&mut self, bytes: &[u8]) -> Checked {
        for (at, &byte) in bytes.iter().enumerate() {
            self.kept[usize::from(self.length)] = byte;
            self.length += 1;
            match std::str::from_utf8(self.completed()) {
                Ok(_) => {
                    self.whole = true;
                    return Checked::Completed(at + 1);
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Checked::Bad,
            }
        }
        Checked::Valid(0)
    }
}

/// A message that is being received.
#[derive(Debug)]
pub(super) struct Assembly {
    pub(super) kind: Kind,
    /// Whether no piece of it has been handed on yet.
    pub(super) fresh: bool,
    /// Whether its payload is compressed (RFC 7692 §6).
    pub(super) compressed: bool,
    /// Its bytes so far: as its frames have announced them, or what they were inflated to; and
    /// the payload of its frames.
    pub(super) volume: Volume,
}

impl Assembly {
    pub(super) fn new(kind: Kind, compressed: bool) -> Self {
        Self {
            kind,
            fresh: true,
            compressed,
            volume: Volume::default(),
        }
    }

    pub(super) fn summary(&self) -> Summary {
        Summary {
            kind: self.kind,
            compressed: self.compressed,
            volume: self.volume,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out for `text` cut into pieces at `cuts`: the bytes handed on, and whether bad.
    fn run(text: &[u8], cut: usize) -> (Vec<u8>, bool) {
        let mut utf8 = Utf8::default();
        let mut out = Vec::new();
        for mut piece in [&text[..cut], &text[cut..]] {
            while !piece.is_empty() {
                match utf8.check(piece) {
                    Checked::Valid(length) => {
                        out.extend_from_slice(&piece[..length]);
                        piece = if utf8.is_inside() {
                            &[]
                        } else {
                            &piece[length..]
                        };
                    }
                    Checked::Completed(used) => {
                        out.extend_from_slice(utf8.completed());
                        piece = &piece[used..];
                    }
                    Checked::Bad => return (out, true),
                }
            }
        }
        (out, utf8.is_inside())
    }

    #[test]
    fn every_cut_gives_the_same() {
        for text in ["", "plain", "κόσμε", "a\u{10ffff}b\u{800}c", "😀😀"] {
            for cut in 0..=text.len() {
                assert_eq!(run(text.as_bytes(), cut), (text.as_bytes().to_vec(), false));
            }
        }
    }

    #[test]
    fn a_bad_byte_is_found_where_it_stands_and_what_came_before_is_handed_on() {
        for (bad, good) in [
            (&b"ok\xff!"[..], &b"ok"[..]),
            (b"ok\xc0\xaf", b"ok"),
            (b"ok\xed\xa0\x80", b"ok"),
            (b"ok\xf4\x90\x80\x80", b"ok"),
            (b"\xce\xba\xe1\xbd", b"\xce\xba"),
        ] {
            for cut in 0..=bad.len() {
                assert_eq!(run(bad, cut), (good.to_vec(), true), "{bad:?} cut at {cut}");
            }
        }
    }
}
