//! The bytes that wait to be written, and which messages are among them.

use super::frame::LONGEST_HEADER;

/// Frames that are on their way out. It always begins at a frame's first byte, so that what is
/// unsent can be counted by walking the frames.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    written: usize,
}

impl Outbox {
    /// Written bytes that are kept before they are dropped: copying the rest down costs less
    /// than the write that made it necessary.
    const SLACK: usize = 256 * 1024;

    /// Where frames are appended.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The bytes that wait.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    /// Takes note that the first `count` bytes that waited were written.
    pub(super) fn wrote(&mut self, count: usize) {
        self.written += count;
        if self.written == self.bytes.len() {
            self.bytes.clear();
            self.written = 0;
        } else if self.written > Self::SLACK {
            let boundary = self
                .frames()
                .take_while(|frame| frame.end <= self.written)
                .last();
            if let Some(frame) = boundary {
                self.bytes.drain(..frame.end);
                self.written -= frame.end;
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
            let frame = read_own_frame(self.bytes.get(at..)?)?;
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
            LONGEST_HEADER - 6,
        ),
        127 => {
            let length = bytes[2..10]
                .iter()
                .fold(0, |length, &byte| (length << 8) + usize::from(byte));
            (length, LONGEST_HEADER)
        }
        short => (usize::from(short), LONGEST_HEADER - 8),
    };
    let is_data = first & 0x08 == 0;
    Some(Frame {
        end: header + length,
        ends_message: is_data && first & 0x80 != 0,
    })
}
