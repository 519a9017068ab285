//! The messages of a load test: always the same, or with their number in place of `{seq}`.

use std::io::Write as _;

use memchr::memmem::Finder;

use crate::event::{Kind, Lines, Link, Piece};
use crate::source::Sender;

/// The placeholder for the number of the message.
const SEQ: &[u8] = b"{seq}";

/// The maximum size of a message that is sent together with others.
const SHORT: usize = 4 * 1024;

/// The size of many messages together.
const TOGETHER: usize = 32 * 1024;

/// The bytes of a frame that are not its payload, at most (RFC 6455 §5.2).
const FRAME: usize = 14;

/// What is sent.
#[derive(Clone, Debug)]
pub struct LoadPayload {
    kind: Kind,
    bytes: Vec<u8>,
    marker: Option<Marker>,
}

/// The text around the number.
#[derive(Clone, Debug)]
struct Marker {
    before: Finder<'static>,
    after: Vec<u8>,
}

impl LoadPayload {
    /// A message, in which `{seq}` stands for its number.
    #[must_use]
    pub fn new(kind: Kind, bytes: Vec<u8>) -> Self {
        let place = memchr::memmem::find(&bytes, SEQ);
        let marker = place.map(|place| Marker {
            before: Finder::new(&bytes[..place]).into_owned(),
            after: bytes[place + SEQ.len()..].to_vec(),
        });
        Self {
            kind,
            bytes,
            marker,
        }
    }

    /// Text of this size.
    #[must_use]
    pub fn of_size(kind: Kind, size: usize) -> Self {
        Self::new(kind, (b'a'..=b'z').cycle().take(size).collect())
    }

    /// Its size in bytes, with `{seq}` as it is written.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The message as it is written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether it has a number, by which replies are recognized.
    #[must_use]
    pub fn has_marker(&self) -> bool {
        self.marker.is_some()
    }

    /// The number in a reply: that between the same text as in the message, anywhere in it.
    #[must_use]
    pub fn seq_in(&self, message: &[u8]) -> Option<u64> {
        let marker = self.marker.as_ref()?;
        let length = marker.before.needle().len();
        let mut from = 0;
        while let Some(found) = marker.before.find(message.get(from..)?) {
            let start = from + found + length;
            let rest = &message[start..];
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let inside = length == 0 && start > 0 && message[start - 1].is_ascii_digit();
            if digits > 0 && !inside && rest[digits..].starts_with(&marker.after) {
                return std::str::from_utf8(&rest[..digits]).ok()?.parse().ok();
            }
            from += found + 1;
        }
        None
    }
}

/// What was sent at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// Sends messages, short ones many at once.
#[derive(Debug)]
pub(super) struct PayloadWriter {
    payload: LoadPayload,
    /// Copies of the message, each followed by the delimiter.
    copies: Option<(Vec<u8>, u8)>,
    buffer: Vec<u8>,
}

impl PayloadWriter {
    pub(super) fn new(payload: LoadPayload) -> Self {
        let LoadPayload {
            kind,
            bytes,
            marker,
        } = &payload;
        let is_short = *kind == Kind::Text && bytes.len() <= SHORT && marker.is_none();
        let delimiter = (0..=127).find(|byte| !bytes.contains(byte));
        let copies = delimiter.filter(|_| is_short).map(|delimiter| {
            let one = [bytes.as_slice(), &[delimiter]].concat();
            (one.repeat(TOGETHER / one.len()), delimiter)
        });
        Self {
            payload,
            copies,
            buffer: Vec::new(),
        }
    }

    /// Sends messages from number `first` on, at most `most`, while there is room.
    pub(super) fn send(
        &mut self,
        to: &mut dyn Sender,
        link: Link,
        first: u64,
        most: u64,
    ) -> Written {
        let room = if most > 0 { to.room(link) } else { 0 };
        if room == 0 {
            return Written::default();
        }
        // The last one may exceed the room.
        let count = most.min((room / (self.payload.size() + FRAME)) as u64 + 1);
        let sent = self.send_copies(to, link, count);
        if sent.messages > 0 {
            return sent;
        }
        let mut bytes = 0;
        for seq in first..first + count {
            let message = self.message(seq);
            bytes += message.len() as u64;
            to.data(link, Piece::whole(self.payload.kind, &self.buffer));
        }
        Written {
            messages: count,
            bytes,
        }
    }

    /// Sends short messages; none if they are not.
    fn send_copies(&mut self, to: &mut dyn Sender, link: Link, count: u64) -> Written {
        let Some((copies, delimiter)) = &self.copies else {
            return Written::default();
        };
        let (size, mut left) = (
            self.payload.size(),
            usize::try_from(count).unwrap_or(usize::MAX),
        );
        let mut sent = Written::default();
        while left > 0 {
            let together = left.min(copies.len() / (size + 1));
            let Ok(lines) = Lines::new(&copies[..together * (size + 1)], *delimiter) else {
                break;
            };
            sent.messages += to.lines(link, lines);
            left -= together;
        }
        sent.bytes = sent.messages * size as u64;
        sent
    }

    /// The message with this number, in the buffer.
    fn message(&mut self, seq: u64) -> &[u8] {
        let Some(marker) = &self.payload.marker else {
            if self.buffer.is_empty() {
                self.buffer.extend_from_slice(&self.payload.bytes);
            }
            return &self.buffer;
        };
        self.buffer.clear();
        self.buffer.extend_from_slice(marker.before.needle());
        // Writing to a vector does not fail.
        let _ = write!(self.buffer, "{seq}");
        self.buffer.extend_from_slice(&marker.after);
        &self.buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(template: &str, reply: &str) -> Option<u64> {
        let payload = LoadPayload::new(Kind::Text, template.into());
        payload.seq_in(reply.as_bytes())
    }

    #[test]
    fn replies_are_recognized_by_the_text_around_the_number() {
        assert_eq!(seq("{seq}", "17"), Some(17));
        assert_eq!(seq("{seq}", "you said: 17!"), Some(17));
        assert_eq!(seq("{\"id\":{seq}}", "{\"id\":3}"), Some(3));
        assert_eq!(
            seq("{\"id\":{seq}}", "[{\"id\":33,\"a\":1},{\"id\":4}]"),
            Some(4)
        );
        assert_eq!(seq("n{seq}.", "nnn12."), Some(12));
        for (template, reply) in [
            ("{seq}", "none"),
            ("a{seq}", "17"),
            ("a{seq}b", "a17"),
            ("a{seq}", "a99999999999999999999999"),
            ("no marker", "17"),
        ] {
            assert_eq!(seq(template, reply), None, "{template}");
        }
    }
}
