//! Messages (RFC 6455 §5.4, §5.6, §8.1): pieces of payload, and the check for UTF-8 across pieces.

use std::ops::AddAssign;

/// The type of a data message (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Arbitrary bytes.
    Binary,
}

/// A piece of a message's payload: all of it if it is `first` and `last`.
///
/// A received piece of text never ends in the middle of a character, so each piece is UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Whether the message is text or binary.
    pub kind: Kind,
    /// Whether this piece begins the message.
    pub first: bool,
    /// Whether this piece ends the message.
    pub last: bool,
    /// The payload; may be empty.
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

/// The size of compressed data messages, before and after compression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// The size of the messages in bytes.
    pub payload: u64,
    /// The size in bytes of the frame payloads that carried them.
    pub wire: u64,
}

impl AddAssign for Volume {
    fn add_assign(&mut self, other: Self) {
        self.payload = self.payload.saturating_add(other.payload);
        self.wire = self.wire.saturating_add(other.wire);
    }
}

/// A complete data message, on a connection with compression (RFC 7692 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageSummary {
    /// Whether it is text or binary.
    pub kind: Kind,
    /// Whether it was compressed: messages may be sent uncompressed even if compression was
    /// negotiated.
    pub compressed: bool,
    /// Its size.
    pub volume: Volume,
}

/// The result of checking some bytes of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// This many bytes from the start are complete characters. The bytes after them, if any, begin
    /// a character and are kept.
    Valid(usize),
    /// This many bytes from the start completed the character that earlier bytes began.
    Completed(usize),
    /// The first byte, after the kept ones, is invalid.
    Invalid,
}

/// Checks text for UTF-8 across pieces: keeps the incomplete character at the end of a piece.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8Checker {
    kept: [u8; 4],
    length: u8,
    is_complete: bool,
}

impl Utf8Checker {
    /// Whether the bytes so far end in the middle of a character.
    pub(super) fn is_inside_character(self) -> bool {
        self.length > 0 && !self.is_complete
    }

    /// The character of the last [`Checked::Completed`].
    pub(super) fn completed(&self) -> &[u8] {
        &self.kept[..usize::from(self.length)]
    }

    /// Checks `bytes` up to the first result. Bytes that were reported as valid or completed, and
    /// kept ones, must not be passed again.
    pub(super) fn check(&mut self, bytes: &[u8]) -> Checked {
        if self.is_inside_character() {
            return self.complete(bytes);
        }
        self.length = 0;
        match std::str::from_utf8(bytes) {
            Ok(_) => Checked::Valid(bytes.len()),
            Err(error) if error.error_len().is_none() => {
                self.keep(&bytes[error.valid_up_to()..]);
                Checked::Valid(error.valid_up_to())
            }
            // The bytes before the invalid one are reported first; the next check finds it.
            Err(error) if error.valid_up_to() > 0 => Checked::Valid(error.valid_up_to()),
            Err(_) => Checked::Invalid,
        }
    }

    fn keep(&mut self, incomplete: &[u8]) {
        self.kept[..incomplete.len()].copy_from_slice(incomplete);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an incomplete character has at most 3 bytes"
        )]
        {
            self.length = incomplete.len() as u8;
        }
        self.is_complete = false;
    }

    fn complete(&mut self, bytes: &[u8]) -> Checked {
        for (at, &byte) in bytes.iter().enumerate() {
            self.kept[usize::from(self.length)] = byte;
            self.length += 1;
            match std::str::from_utf8(self.completed()) {
                Ok(_) => {
                    self.is_complete = true;
                    return Checked::Completed(at + 1);
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Checked::Invalid,
            }
        }
        Checked::Valid(0)
    }
}

/// A message that is being received.
#[derive(Debug)]
pub(super) struct PartialMessage {
    pub(super) kind: Kind,
    /// Whether no piece of it was reported yet.
    pub(super) at_start: bool,
    /// Whether its payload is compressed (RFC 7692 §6).
    pub(super) compressed: bool,
    /// Its size so far: what its frames have announced or, if it is compressed, what was inflated;
    /// and the size of its frames' payload.
    pub(super) volume: Volume,
}

impl PartialMessage {
    pub(super) fn new(kind: Kind, compressed: bool) -> Self {
        Self {
            kind,
            at_start: true,
            compressed,
            volume: Volume::default(),
        }
    }

    pub(super) fn summary(&self) -> MessageSummary {
        MessageSummary {
            kind: self.kind,
            compressed: self.compressed,
            volume: self.volume,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks `text` in two pieces. Returns the valid bytes, and whether the rest is invalid.
    fn check_in_two_pieces(text: &[u8], cut: usize) -> (Vec<u8>, bool) {
        let mut utf8 = Utf8Checker::default();
        let mut out = Vec::new();
        for mut piece in [&text[..cut], &text[cut..]] {
            while !piece.is_empty() {
                match utf8.check(piece) {
                    Checked::Valid(length) => {
                        out.extend_from_slice(&piece[..length]);
                        piece = if utf8.is_inside_character() {
                            &[]
                        } else {
                            &piece[length..]
                        };
                    }
                    Checked::Completed(used) => {
                        out.extend_from_slice(utf8.completed());
                        piece = &piece[used..];
                    }
                    Checked::Invalid => return (out, true),
                }
            }
        }
        (out, utf8.is_inside_character())
    }

    #[test]
    fn valid_text_is_accepted_wherever_it_is_cut() {
        for text in ["", "plain", "κόσμε", "a\u{10ffff}b\u{800}c", "😀😀"] {
            for cut in 0..=text.len() {
                let checked = check_in_two_pieces(text.as_bytes(), cut);
                assert_eq!(checked, (text.as_bytes().to_vec(), false));
            }
        }
    }

    #[test]
    fn an_invalid_byte_is_found_after_the_valid_bytes_wherever_the_text_is_cut() {
        for (bad, good) in [
            (&b"ok\xff!"[..], &b"ok"[..]),
            (b"ok\xc0\xaf", b"ok"),
            (b"ok\xed\xa0\x80", b"ok"),
            (b"ok\xf4\x90\x80\x80", b"ok"),
            (b"\xce\xba\xe1\xbd", b"\xce\xba"),
        ] {
            for cut in 0..=bad.len() {
                let checked = check_in_two_pieces(bad, cut);
                assert_eq!(checked, (good.to_vec(), true), "{bad:?} cut at {cut}");
            }
        }
    }
}
