//! A file that is complete at any time: after what has been written there is an ending, which is
//! overwritten by what follows. It is complete even if the disk is full, the program is killed, or
//! a long message is being written.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::rc::Rc;
use std::time::Instant;

use crate::output::long::{LongMessage, SLICE};
use crate::output::sink::Sink;

/// Bytes are written in batches of this size.
const BATCH: usize = 64 * 1024;

/// Whether the file still has content to be replaced later. Clones share the state.
#[derive(Clone, Debug)]
pub(super) struct Hold(Rc<Cell<bool>>);

impl Hold {
    pub(super) fn new(is_on: bool) -> Self {
        Self(Rc::new(Cell::new(is_on)))
    }

    fn is_on(&self) -> bool {
        self.0.get()
    }

    /// Allows the file to be replaced.
    pub(super) fn release(&self) {
        self.0.set(false);
    }
}

/// The file, its ending, and pending bytes.
#[derive(Debug)]
pub(super) struct Archive {
    file: File,
    hold: Hold,
    /// Pending bytes that come next.
    waiting: Vec<u8>,
    /// What follows them.
    long: VecDeque<Long>,
    /// The position of the ending in the file.
    grown: u64,
    end: Vec<u8>,
}

/// A long message, and what follows it.
#[derive(Debug)]
struct Long {
    message: LongMessage,
    /// The ending of the file while the message is being written.
    inside: Vec<u8>,
    behind: Vec<u8>,
}

impl Archive {
    /// Creates an archive in a regular file, which is replaced by the first write. In a pipe or a
    /// device, the ending could not be overwritten.
    pub(super) fn new(file: File, hold: Hold) -> Self {
        Self {
            file,
            hold,
            waiting: Vec::new(),
            long: VecDeque::new(),
            grown: 0,
            end: Vec::new(),
        }
    }

    /// The buffer to append to.
    pub(super) fn next(&mut self) -> &mut Vec<u8> {
        match self.long.back_mut() {
            Some(long) => &mut long.behind,
            None => &mut self.waiting,
        }
    }

    /// Appends a long message; `inside` is the ending of the file until it is complete.
    pub(super) fn put_long(&mut self, message: LongMessage, inside: Vec<u8>) {
        self.long.push_back(Long {
            message,
            inside,
            behind: Vec::new(),
        });
    }

    /// Whether bytes are pending.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || self.has_long()
    }

    /// Whether a long message is pending.
    pub(super) fn has_long(&self) -> bool {
        !self.long.is_empty()
    }

    /// Whether so many bytes are pending that they should be written.
    pub(super) fn is_full(&self) -> bool {
        !self.has_long() && self.waiting.len() >= BATCH
    }

    /// Whether so many bytes are pending that nothing more should be added.
    pub(super) fn is_overfull(&self) -> bool {
        let behind = self.long.iter().map(|long| long.behind.len());
        self.long.len() > 1 || behind.sum::<usize>() >= 4 * BATCH
    }

    /// Writes what waits, and `end` behind it; of long messages as much as a slice of time allows.
    /// While the file is held, what waits waits on.
    ///
    /// # Errors
    ///
    /// What writing said. The file is then as it was, if that can be written at least, and nothing
    /// waits any more.
    pub(super) fn complete(&mut self, end: Vec<u8>) -> io::Result<()> {
        if self.hold.is_on() {
            return Ok(());
        }
        let start = Instant::now();
        while let Some(first) = self.long.front_mut() {
            first.message.push_piece(&mut self.waiting);
            if first.message.is_written() {
                self.waiting.append(&mut first.behind);
                self.long.pop_front();
            }
            let Some(next) = self.long.front() else { break };
            let late = start.elapsed() >= SLICE;
            if late || self.waiting.len() >= BATCH {
                let inside = next.inside.clone();
                self.write(inside)?;
            }
            if late {
                return Ok(());
            }
        }
        self.write(end)
    }

    fn write(&mut self, end: Vec<u8>) -> io::Result<()> {
        let length = self.waiting.len();
        self.waiting.extend_from_slice(&end);
        let written = write(&self.file, &self.waiting, self.grown);
        self.waiting.clear();
        self.waiting.shrink_to(1 << 20);
        if let Err(cause) = written {
            self.long.clear();
            // This error follows from the first, which is returned.
            let _ = write(&self.file, &self.end, self.grown);
            return Err(cause);
        }
        self.grown += length as u64;
        self.end = end;
        Ok(())
    }
}

/// Lines, which need no ending.
impl Sink for Archive {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.waiting.extend_from_slice(bytes);
        if self.is_full() {
            return self.complete(Vec::new());
        }
        Ok(())
    }

    fn idle(&mut self) -> io::Result<()> {
        if self.is_waiting() {
            return self.complete(Vec::new());
        }
        Ok(())
    }
}

/// Writes bytes at a position and truncates the file after them.
fn write(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    file.write_all_at(bytes, at)?;
    file.set_len(at + bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::long::Encoding;

    fn read(file: &tempfile::NamedTempFile) -> String {
        std::fs::read_to_string(file.path()).expect("it can be read")
    }

    #[test]
    fn ending_follows_the_content() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let handle = file.reopen().expect("a handle");
        let mut archive = Archive::new(handle, Hold::new(false));
        archive.next().extend_from_slice(b"[1");
        archive.complete(b" and so on]".to_vec()).expect("room");
        assert_eq!(read(&file), "[1 and so on]");
        archive.next().extend_from_slice(b",2");
        assert!(archive.is_waiting());
        archive.complete(b"]".to_vec()).expect("room");
        assert_eq!(read(&file), "[1,2]");
        assert!(!archive.is_waiting());
    }

    #[test]
    fn file_is_complete_between_pieces_of_a_long_message() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut archive = Archive::new(file.reopen().expect("a handle"), Hold::new(false));
        archive.next().extend_from_slice(b"[\"");
        let text = "\u{1}".repeat(1 << 20);
        for after in [&b"\",\""[..], b"\",1"] {
            let message = LongMessage::new(text.clone().into_bytes(), Encoding::Json);
            archive.put_long(message, b"\"]".to_vec());
            archive.next().extend_from_slice(after);
        }
        assert!(archive.is_overfull(), "a third would be too many");
        let mut lengths = Vec::new();
        while archive.is_waiting() {
            archive.complete(b"]".to_vec()).expect("room");
            let value: serde_json::Value = serde_json::from_str(&read(&file)).expect("it is whole");
            let strings = value.as_array().expect("it is a list").iter();
            lengths.push(
                strings
                    .filter_map(|it| it.as_str().map(str::len))
                    .sum::<usize>(),
            );
        }
        assert!(lengths.is_sorted());
        assert_eq!(lengths.last(), Some(&(2 * text.len())));
        assert!(read(&file).ends_with("\",1]"));
    }

    #[test]
    fn lines_are_written_in_batches_and_on_request() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut archive = Archive::new(file.reopen().expect("a handle"), Hold::new(false));
        archive.put(b"one\n").expect("room");
        assert_eq!(read(&file), "");
        archive.idle().expect("room");
        assert_eq!(read(&file), "one\n");
        let long = "x".repeat(BATCH) + "\n";
        archive.put(long.as_bytes()).expect("room");
        assert_eq!(read(&file), format!("one\n{long}"));
    }

    #[test]
    fn failed_write_leaves_the_file_unchanged() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), b"[1]").expect("room");
        // The handle can only be read.
        let handle = File::open(file.path()).expect("a handle");
        let mut archive = Archive::new(handle, Hold::new(false));
        archive.put(b"more").expect("it waits");
        archive.idle().expect_err("it can't be written");
        assert_eq!(read(&file), "[1]");
        assert!(!archive.is_waiting(), "it is not kept to be tried again");
    }

    #[test]
    fn held_file_is_replaced_after_release() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), b"what was there before").expect("room");
        let hold = Hold::new(true);
        let mut archive = Archive::new(file.reopen().expect("a handle"), hold.clone());
        archive.put("x".repeat(BATCH).as_bytes()).expect("it waits");
        archive.idle().expect("it waits");
        assert_eq!(read(&file), "what was there before");
        hold.release();
        archive.put(b"y").expect("room");
        assert_eq!(read(&file), "x".repeat(BATCH) + "y");
    }
}
