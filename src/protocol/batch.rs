//! Many messages at once: lines that are to be sent, and messages that arrived together.
//!
//! Many at once cost less than one at a time; what becomes of each is the same.

use std::str::Utf8Error;

use memchr::{memchr_iter, Memchr};

use super::frame;
use super::message::{Kind, Piece, Volume};

/// How many messages are taken together: a read full of empty ones would keep whoever is told of
/// them for too long.
const MOST: u64 = 16 * 1024;

/// Text messages that stand one after the other, each up to a delimiter that is not part of it.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a [u8],
    ends: Memchr<'a>,
    start: usize,
}

impl<'a> Lines<'a> {
    /// The lines of `text`. What stands behind the last delimiter is none.
    ///
    /// # Errors
    ///
    /// Where it is not UTF-8.
    pub fn new(text: &'a [u8], delimiter: u8) -> Result<Self, Utf8Error> {
        check_utf8(text)?;
        Ok(Self {
            text,
            ends: memchr_iter(delimiter, text),
            start: 0,
        })
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let end = self.ends.next()?;
        let line = &self.text[self.start..end];
        self.start = end + 1;
        Some(line)
    }
}

/// Messages of one kind that arrived together: each whole, in one frame, uncompressed. Texts are
/// UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Messages<'a> {
    kind: Kind,
    /// Their frames and nothing else.
    frames: &'a [u8],
    count: u64,
    payload: u64,
}

impl<'a> Messages<'a> {
    /// Those of at most `most` bytes each that stand at the front of `input`, which are taken from
    /// there; `None` if something else does. What is wrong with a frame is not found out here.
    pub(super) fn take(input: &mut &'a [u8], most: u64) -> Option<Self> {
        let first = *input.first()?;
        let kind = [Kind::Text, Kind::Binary]
            .into_iter()
            .find(|kind| frame::first_byte_of_whole(*kind) == first)?;
        let messages = Self::at_front(kind, input, MOST, |payload| {
            payload.len() as u64 <= most && (kind == Kind::Binary || check_utf8(payload).is_ok())
        });
        *input = &input[messages.frames.len()..];
        (messages.count > 0).then_some(messages)
    }

    /// The messages that `bytes` begins with, at most so many, up to the first one that is not
    /// `good`.
    #[inline]
    fn at_front(kind: Kind, bytes: &'a [u8], most: u64, good: impl Fn(&[u8]) -> bool) -> Self {
        let (mut rest, mut count, mut payload) = (bytes, 0, 0);
        while let Some((bytes, behind)) = frame::split_whole(kind, rest) {
            if count == most || !good(bytes) {
                break;
            }
            rest = behind;
            count += 1;
            payload += bytes.len() as u64;
        }
        Self {
            kind,
            frames: &bytes[..bytes.len() - rest.len()],
            count,
            payload,
        }
    }

    /// What they are.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// How many there are.
    #[must_use]
    pub fn count(self) -> u64 {
        self.count
    }

    /// How much they are: their frames hold them as they are.
    #[must_use]
    pub fn volume(self) -> Volume {
        Volume::plain(self.payload)
    }

    /// The first `count` of them.
    #[must_use]
    pub fn first(self, count: u64) -> Self {
        if count >= self.count {
            return self;
        }
        Self::at_front(self.kind, self.frames, count, |_| true)
    }

    /// Each of them, as one piece.
    #[inline]
    pub fn pieces(self) -> impl Iterator<Item = Piece<'a>> {
        let mut frames = self.frames;
        std::iter::from_fn(move || {
            let (payload, behind) = frame::split_whole(self.kind, frames)?;
            frames = behind;
            Some(Piece::whole(self.kind, payload))
        })
    }
}

/// Checks that `bytes` are whole characters. Nearly all text is ASCII alone, which is found out
/// many bytes at a time.
#[inline]
fn check_utf8(bytes: &[u8]) -> Result<(), Utf8Error> {
    if bytes.is_ascii() {
        return Ok(());
    }
    std::str::from_utf8(bytes).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payloads(messages: Messages<'_>) -> Vec<&[u8]> {
        messages.pieces().map(|piece| piece.bytes).collect()
    }

    #[test]
    fn messages_are_taken_up_to_the_first_that_is_another_thing() {
        let whole = b"\x81\x01a\x81\x00\x81\x02\xc3\xa9";
        for behind in [
            &b""[..],
            b"\x81",
            b"\x81\x02a",
            b"\x82\x01b",
            b"\x01\x01b",
            b"\x89\x00",
            b"\xc1\x01b",
            b"\x81\x81maska",
            b"\x81\x02\xc3(",
            b"\x81\x7e\x00\x01b",
            b"\x81\x05bcdef",
        ] {
            let bytes = [whole, behind].concat();
            let mut input = bytes.as_slice();
            let messages = Messages::take(&mut input, 4).expect("some are there");
            assert_eq!(payloads(messages), [&b"a"[..], b"", "é".as_bytes()]);
            assert_eq!((messages.count(), messages.kind()), (3, Kind::Text));
            assert_eq!(messages.volume(), Volume::plain(3));
            assert_eq!(input, behind);
            assert!(behind == b"\x82\x01b" || Messages::take(&mut input, 4).is_none());
        }
    }

    #[test]
    fn lengths_of_every_form_are_taken() {
        for size in [125, 126, 0xffff, 0x1_0000] {
            let payload = vec![b'x'; size];
            let mut bytes = match size {
                0..=125 => b"\x82\x7d".to_vec(),
                126..=0xffff => [&b"\x82\x7e"[..], &(size as u64).to_be_bytes()[6..]].concat(),
                _ => [&b"\x82\x7f"[..], &(size as u64).to_be_bytes()].concat(),
            };
            bytes.extend_from_slice(&payload);
            let messages = Messages::take(&mut bytes.as_slice(), u64::MAX).expect("it is there");
            assert_eq!(payloads(messages), [payload]);
            for cut in [0, 1, 2, bytes.len() - 1] {
                assert_eq!(Messages::take(&mut &bytes[..cut], u64::MAX), None);
            }
        }
    }

    #[test]
    fn the_first_of_them_are_messages_too() {
        let mut input = &b"\x82\x01a\x82\x02bc\x82\x00"[..];
        let messages = Messages::take(&mut input, u64::MAX).expect("three are there");
        for (count, volume) in [(0, 0), (1, 1), (2, 3), (3, 3), (9, 3)] {
            let first = messages.first(count as u64);
            assert_eq!(first.count(), count.min(3) as u64);
            assert_eq!(first.volume(), Volume::plain(volume));
            let expected: [&[u8]; 3] = [b"a", b"bc", b""];
            assert!(payloads(first).iter().eq(expected.iter().take(count)));
        }
    }

    #[test]
    fn no_more_are_taken_together_than_can_be_waited_for() {
        let frames = b"\x81\x00".repeat(usize::try_from(MOST).expect("it is small") + 1);
        let mut input = frames.as_slice();
        for count in [MOST, 1] {
            let messages = Messages::take(&mut input, 0).expect("some are there");
            assert_eq!(messages.count(), count);
        }
        assert_eq!(Messages::take(&mut input, 0), None);
    }

    #[test]
    fn lines_end_at_their_delimiter_and_are_utf8() {
        let lines = |text| Lines::new(text, b';').map(Iterator::collect::<Vec<_>>);
        assert_eq!(
            lines(b"a;;\xc3\xa9;b"),
            Ok(vec![b"a", &b""[..], "é".as_bytes()])
        );
        let error = lines(b"a;b\xff;").expect_err("it is not UTF-8");
        assert_eq!(error.valid_up_to(), 3);
    }
}
