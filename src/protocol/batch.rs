//! Batches of messages: lines to be sent, and messages that arrived together.
//!
//! A batch is cheaper than its messages one by one, with the same result.

use std::str::Utf8Error;

use memchr::{memchr_iter, Memchr};

use super::frame;
use super::message::{Kind, Piece};

/// The input that is scanned for one batch, in bytes: a read full of empty messages would take too
/// long to process in one step. Counting messages would add to the cost of each.
const WINDOW: usize = 32 * 1024;

/// Text messages in one buffer, each terminated by a delimiter that is not part of it.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a [u8],
    ends: Memchr<'a>,
    start: usize,
}

impl<'a> Lines<'a> {
    /// The lines of `text`. Bytes after the last delimiter are ignored.
    ///
    /// # Errors
    ///
    /// `text` is not UTF-8.
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

/// Messages of one kind that arrived together, each in one uncompressed frame. Text messages are
/// valid UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Messages<'a> {
    kind: Kind,
    /// Exactly the frames of the messages.
    frames: &'a [u8],
    count: u64,
}

impl<'a> Messages<'a> {
    /// Splits off messages of at most `max_size` bytes each at the front of `input`: those that begin
    /// in the first [`WINDOW`]; `None` if anything else is there. Does not find out what is wrong with
    /// an invalid frame.
    pub(super) fn split_from(input: &mut &'a [u8], max_size: u64) -> Option<Self> {
        let first = *input.first()?;
        let kind = [Kind::Text, Kind::Binary]
            .into_iter()
            .find(|kind| frame::first_byte_of_message(*kind) == first)?;
        let after_window = input.len().saturating_sub(WINDOW);
        let messages = Self::scan(kind, input, after_window, |payload| {
            payload.len() as u64 <= max_size
                && (kind == Kind::Binary || check_utf8(payload).is_ok())
        });
        *input = &input[messages.frames.len()..];
        (messages.count > 0).then_some(messages)
    }

    /// The messages at the beginning of `bytes`, up to the first one that is not `accepted` or begins
    /// in the last `after_window` bytes.
    #[inline]
    fn scan(
        kind: Kind,
        bytes: &'a [u8],
        after_window: usize,
        mut accepted: impl FnMut(&[u8]) -> bool,
    ) -> Self {
        let (mut rest, mut count) = (bytes, 0);
        while let Some((bytes, after)) = frame::split_message(kind, rest) {
            if rest.len() <= after_window || !accepted(bytes) {
                break;
            }
            rest = after;
            count += 1;
        }
        Self {
            kind,
            frames: &bytes[..bytes.len() - rest.len()],
            count,
        }
    }

    /// Whether they are text or binary.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// The number of messages.
    #[must_use]
    pub fn count(self) -> u64 {
        self.count
    }

    /// The size of their payloads together, in bytes.
    #[must_use]
    pub fn payload_size(self) -> u64 {
        self.pieces().map(|piece| piece.bytes.len() as u64).sum()
    }

    /// The first `count` of them.
    #[must_use]
    pub fn first(self, count: u64) -> Self {
        if count >= self.count {
            return self;
        }
        let mut counted = 0..count;
        Self::scan(self.kind, self.frames, 0, |_| counted.next().is_some())
    }

    /// The messages, each as one piece.
    #[inline]
    pub fn pieces(self) -> impl Iterator<Item = Piece<'a>> {
        let mut frames = self.frames;
        std::iter::from_fn(move || {
            let (payload, after) = frame::split_message(self.kind, frames)?;
            frames = after;
            Some(Piece::whole(self.kind, payload))
        })
    }
}

/// Checks that `bytes` are UTF-8. Nearly all text is ASCII only, which is quicker to check.
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
    fn messages_are_split_off_up_to_the_first_frame_of_another_kind() {
        let texts = b"\x81\x01a\x81\x00\x81\x02\xc3\xa9";
        for after in [
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
            let bytes = [texts, after].concat();
            let mut input = bytes.as_slice();
            let messages = Messages::split_from(&mut input, 4).expect("three messages");
            assert_eq!(payloads(messages), [&b"a"[..], b"", "é".as_bytes()]);
            assert_eq!((messages.count(), messages.kind()), (3, Kind::Text));
            assert_eq!(input, after);
            assert!(after == b"\x82\x01b" || Messages::split_from(&mut input, 4).is_none());
        }
    }

    #[test]
    fn messages_of_every_length_encoding_are_split_off() {
        for size in [125, 126, 0xffff, 0x1_0000] {
            let payload = vec![b'x'; size];
            let mut bytes = match size {
                0..=125 => b"\x82\x7d".to_vec(),
                126..=0xffff => [&b"\x82\x7e"[..], &(size as u64).to_be_bytes()[6..]].concat(),
                _ => [&b"\x82\x7f"[..], &(size as u64).to_be_bytes()].concat(),
            };
            bytes.extend_from_slice(&payload);
            let messages = Messages::split_from(&mut bytes.as_slice(), u64::MAX).expect("one");
            assert_eq!(payloads(messages), [payload]);
            for cut in [0, 1, 2, bytes.len() - 1] {
                assert_eq!(Messages::split_from(&mut &bytes[..cut], u64::MAX), None);
            }
        }
    }

    #[test]
    fn first_returns_at_most_that_many_messages() {
        let mut input = &b"\x82\x01a\x82\x02bc\x82\x00"[..];
        let messages = Messages::split_from(&mut input, u64::MAX).expect("three messages");
        for count in [0, 1, 2, 3, 9] {
            let first = messages.first(count as u64);
            assert_eq!(first.count(), count.min(3) as u64);
            let expected: [&[u8]; 3] = [b"a", b"bc", b""];
            assert!(payloads(first).iter().eq(expected.iter().take(count)));
        }
    }

    #[test]
    fn a_batch_begins_within_its_window() {
        let frames = b"\x81\x00".repeat(WINDOW);
        let mut input = frames.as_slice();
        for _ in 0..2 {
            let messages = Messages::split_from(&mut input, 0).expect("a batch");
            assert_eq!(messages.count(), WINDOW as u64 / 2);
        }
        assert_eq!(Messages::split_from(&mut input, 0), None);

        let long = vec![b'x'; WINDOW];
        let frames = [&b"\x81\x7e\x80\x00"[..], &long, b"\x81\x00\x81\x00"].concat();
        let mut input = frames.as_slice();
        for count in [1, 2] {
            let messages = Messages::split_from(&mut input, u64::MAX).expect("a batch");
            assert_eq!(messages.count(), count);
        }
    }

    #[test]
    fn lines_end_at_the_delimiter_and_must_be_utf8() {
        let lines = |text| Lines::new(text, b';').map(Iterator::collect::<Vec<_>>);
        assert_eq!(
            lines(b"a;;\xc3\xa9;b"),
            Ok(vec![b"a", &b""[..], "é".as_bytes()])
        );
        let error = lines(b"a;b\xff;").expect_err("not UTF-8");
        assert_eq!(error.valid_up_to(), 3);
    }
}
