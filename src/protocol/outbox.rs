//! The bytes that wait to be written, and which messages are among them.

use super::frame::{self, MAX_HEADER};

/// Frames that are on their way out. It always begins at a frame's first byte, so that what is
/// unsent can be counted by walking the frames.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// The frames, and room for more behind them.
    bytes: Vec<u8>,
    written: usize,
    end: usize,
}

impl Outbox {
    /// Written bytes that are kept before they are dropped: copying the rest down costs less
    /// than the write that made it necessary.
    const SLACK: usize = 256 * 1024;

    /// Appends a frame; its bytes.
    #[inline]
    pub(super) fn push(&mut self, first: u8, mask: [u8; 4], payload: &[u8]) -> &[u8] {
        let most = MAX_HEADER + payload.len();
        if self.bytes.len() - self.end < most {
            self.grow(most);
        }
        let start = self.end;
        self.end += frame::encode(&mut self.bytes[start..], first, mask, payload);
        &self.bytes[start..self.end]
    }

    /// Makes room for at least `more` bytes, and not seldom for many more.
    #[cold]
    fn grow(&mut self, more: usize) {
        let length = (self.end + more).max(self.bytes.len() * 2);
        self.bytes.resize(length, 0);
    }

    /// The bytes that wait.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.bytes[self.written..self.end]
    }

    /// Takes note that the first `count` bytes that waited were written.
    pub(super) fn wrote(&mut self, count: usize) {
        self.written += count;
        if self.written == self.end {
            (self.written, self.end) = (0, 0);
        } else if self.written > Self::SLACK {
            let boundary = self
                .frames()
                .take_while(|frame| frame.end <= self.written)
                .last();
            if let Some(frame) = boundary {
                self.bytes.copy_within(frame.end..self.end, 0);
                self.written -= frame.end;
                self.end -= frame.end;
            }
        }
    }

    /// How many messages have their end among the bytes that wait.
    pub(super) fn unsent_messages(&self) -> u64 {
        let unsent = |frame: &Frame| frame.end > self.written && frame.ends_message;
        self.frames().filter(unsent).count() as u64
    }

    fn frames(&self) -> impl Iterator<Item = Frame> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let frame = read_own_frame(self.bytes.get(at..self.end)?)?;
            at += frame.end;
            Some(Frame { end: at, ..frame })
        })
    }
}

/// A frame of ours in the buffer: where it ends, and whether it is the last one of a data message.
struct Frame {
    end: usize,
    ends_message: bool,
}

/// Reads the header of a frame that we encoded: masked, whole, of a length that was in memory.
fn read_own_frame(bytes: &[u8]) -> Option<Frame> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    let (length, header) = match second & 0x7f {
        126 => (
            usize::from(u16::from_be_bytes([bytes[2], bytes[3]])),
            MAX_HEADER - 6,
        ),
        127 => {
            let length = bytes[2..10]
                .iter()
                .fold(0, |length, &byte| (length << 8) + usize::from(byte));
            (length, MAX_HEADER)
        }
        short => (usize::from(short), MAX_HEADER - 8),
    };
    let is_data = first & 0x08 == 0;
    Some(Frame {
        end: header + length,
        ends_message: is_data && first & 0x80 != 0,
    })
}
