//! The frames that are still to be written to the socket.

use super::frame::{self, MAX_HEADER};

/// Encoded frames. The buffer always begins at the first byte of a frame, so that unsent messages
/// can be counted by walking the frames.
#[derive(Debug, Default)]
pub(super) struct WriteBuffer {
    /// The frames up to `end`, of which `written` bytes are written, and unused capacity.
    bytes: Vec<u8>,
    written: usize,
    end: usize,
}

impl WriteBuffer {
    /// Once more than this many written bytes are kept, the rest is moved to the front. With this
    /// size, the copy costs less than the writes that made it necessary.
    const MAX_WRITTEN: usize = 256 * 1024;

    /// Appends a frame. Returns its bytes.
    #[inline]
    pub(super) fn push(&mut self, first: u8, mask: [u8; 4], payload: &[u8]) -> &[u8] {
        let max_length = MAX_HEADER + payload.len();
        if self.bytes.len() - self.end < max_length {
            self.grow(max_length);
        }
        let start = self.end;
        self.end += frame::encode(&mut self.bytes[start..], first, mask, payload);
        &self.bytes[start..self.end]
    }

    /// Grows the buffer by at least `more` bytes, and at least to twice its size.
    #[cold]
    fn grow(&mut self, more: usize) {
        let length = (self.end + more).max(self.bytes.len() * 2);
        self.bytes.resize(length, 0);
    }

    /// The bytes that are not written yet.
    pub(super) fn pending(&self) -> &[u8] {
        &self.bytes[self.written..self.end]
    }

    /// Removes the first `count` pending bytes, which were written.
    pub(super) fn remove_written(&mut self, count: usize) {
        self.written += count;
        if self.written == self.end {
            (self.written, self.end) = (0, 0);
        } else if self.written > Self::MAX_WRITTEN {
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

    /// The number of messages whose last byte is pending.
    pub(super) fn unsent_messages(&self) -> u64 {
        let unsent = |frame: &QueuedFrame| frame.end > self.written && frame.ends_message;
        self.frames().filter(unsent).count() as u64
    }

    fn frames(&self) -> impl Iterator<Item = QueuedFrame> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let frame = read_own_frame(self.bytes.get(at..self.end)?)?;
            at += frame.end;
            Some(QueuedFrame { end: at, ..frame })
        })
    }
}

/// The position of a frame's end in the buffer, and whether it is the last frame of a data message.
struct QueuedFrame {
    end: usize,
    ends_message: bool,
}

/// Reads the header of a frame that [`frame::encode`] wrote: it is masked and complete.
fn read_own_frame(bytes: &[u8]) -> Option<QueuedFrame> {
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
    Some(QueuedFrame {
        end: header + length,
        ends_message: is_data && first & 0x80 != 0,
    })
}
