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
pub(super) struct ArchiveFile {
    file: File,
    hold: Hold,
    /// Pending bytes that come next.
    waiting: Vec<u8>,
    /// What follows them.
    long: VecDeque<Long>,
    /// The position of the ending in the file.
    grown: u64,
    end: Vec<u8>,
    /// The ending that the next write puts there.
    ending: Vec<u8>,
}

/// A long message, and what follows it.
#[derive(Debug)]
struct Long {
    message: LongMessage,
    /// The ending of the file while the message is being written.
    inside: Vec<u8>,
    behind: Vec<u8>,
}

impl ArchiveFile {
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
            ending: Vec::new(),
        }
    }

    /// The buffer to append to.
    fn next(&mut self) -> &mut Vec<u8> {
        match self.long.back_mut() {
            Some(long) => &mut long.behind,
            None => &mut self.waiting,
        }
    }

    /// Whether bytes are pending.
    fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.long.is_empty()
    }

    /// Writes what waits and the ending; of long messages as much as a slice of time allows. While
    /// the file is held, what waits waits on.
    ///
    /// # Errors
    ///
    /// What writing said. The file is then as it was, if that can be written at least, and nothing
    /// waits any more.
    fn complete(&mut self) -> io::Result<()> {
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
        let ending = self.ending.clone();
        self.write(ending)
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

impl Sink for ArchiveFile {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.next().extend_from_slice(bytes);
        // The ending is only known when it is idle. Lines have none.
        let has_ending = !self.ending.is_empty();
        if !has_ending && self.long.is_empty() && self.waiting.len() >= BATCH {
            return self.complete();
        }
        Ok(())
    }

    fn put_long(&mut self, message: LongMessage) -> io::Result<()> {
        self.long.push_back(Long {
            message,
            inside: self.ending.clone(),
            behind: Vec::new(),
        });
        Ok(())
    }

    fn set_ending(&mut self, ending: Vec<u8>) {
        self.ending = ending;
    }

    fn full(&self) -> bool {
        let behind = self.long.iter().map(|long| long.behind.len());
        let has_ending = !self.ending.is_empty();
        self.long.len() > 1
            || behind.sum::<usize>() >= 4 * BATCH
            || (has_ending && self.waiting.len() >= 4 * BATCH && !self.hold.is_on())
    }

    fn busy(&self) -> bool {
        !self.long.is_empty()
    }

    fn idle(&mut self) -> io::Result<()> {
        if self.is_waiting() {
            return self.complete();
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
        let mut archive = ArchiveFile::new(handle, Hold::new(false));
        archive.put(b"[1").expect("it waits");
        archive.set_ending(b" and so on]".to_vec());
        archive.idle().expect("room");
        assert_eq!(read(&file), "[1 and so on]");
        archive.put(b",2").expect("it waits");
        assert!(archive.is_waiting());
        archive.set_ending(b"]".to_vec());
        archive.idle().expect("room");
        assert_eq!(read(&file), "[1,2]");
        assert!(!archive.is_waiting());
    }

    #[test]
    fn file_is_complete_between_pieces_of_a_long_message() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut archive = ArchiveFile::new(file.reopen().expect("a handle"), Hold::new(false));
        archive.put(b"[\"").expect("it waits");
        archive.set_ending(b"\"]".to_vec());
        let text = "\u{1}".repeat(1 << 20);
        for after in [&b"\",\""[..], b"\",1"] {
            let message = LongMessage::new(text.clone().into_bytes(), Encoding::Json);
            archive.put_long(message).expect("it waits");
            archive.put(after).expect("it waits");
        }
        assert!(archive.full(), "a third would be too many");
        let mut lengths = Vec::new();
        archive.set_ending(b"]".to_vec());
        while archive.is_waiting() {
            archive.idle().expect("room");
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
        let mut archive = ArchiveFile::new(file.reopen().expect("a handle"), Hold::new(false));
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
        let mut archive = ArchiveFile::new(handle, Hold::new(false));
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
        let mut archive = ArchiveFile::new(file.reopen().expect("a handle"), hold.clone());
        archive.put("x".repeat(BATCH).as_bytes()).expect("it waits");
        archive.idle().expect("it waits");
        assert_eq!(read(&file), "what was there before");
        hold.release();
        archive.put(b"y").expect("room");
        assert_eq!(read(&file), "x".repeat(BATCH) + "y");
    }
}
