//! A file that is whole at every moment: what has been written, and behind it an end that closes
//! what is open, overwritten by what comes next. Also where the disk is full, or the program killed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::output::sink::Sink;

/// So many bytes are gathered before they are written without being asked to.
const BATCH: usize = 64 * 1024;

/// The file, its end, and what waits to be written before it.
#[derive(Debug)]
pub(super) struct Archive {
    file: File,
    /// What comes next, not yet in the file.
    waiting: Vec<u8>,
    /// Where the end begins in the file.
    grown: u64,
    end: Vec<u8>,
}

impl Archive {
    /// Takes an empty regular file: a pipe or a device can't be written anew at its end.
    pub(super) fn new(file: File) -> Self {
        Self {
            file,
            waiting: Vec::new(),
            grown: 0,
            end: Vec::new(),
        }
    }

    /// What comes next, to be written to.
    pub(super) fn next(&mut self) -> &mut Vec<u8> {
        &mut self.waiting
    }

    /// Whether anything waits.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether so much waits that it should be written.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= BATCH
    }

    /// Writes what waits, and `end` behind it.
    ///
    /// # Errors
    ///
    /// What writing said. The file is then as it was, if that can be written at least, and nothing
    /// waits any more.
    pub(super) fn complete(&mut self, end: Vec<u8>) -> io::Result<()> {
        let length = self.waiting.len();
        self.waiting.extend_from_slice(&end);
        let written = write(&self.file, &self.waiting, self.grown);
        self.waiting.clear();
        self.waiting.shrink_to(1 << 20);
        if let Err(cause) = written {
            // The first error is the one to tell: this one follows from it.
            let _ = write(&self.file, &self.end, self.grown);
            return Err(cause);
        }
        self.grown += length as u64;
        self.end = end;
        Ok(())
    }
}

/// Lines, which need no end: each is put whole.
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

/// Writes the last bytes of a file.
fn write(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    file.write_all_at(bytes, at)?;
    file.set_len(at + bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &tempfile::NamedTempFile) -> String {
        std::fs::read_to_string(file.path()).expect("it can be read")
    }

    #[test]
    fn the_end_stays_behind_what_comes() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let handle = file.reopen().expect("a handle");
        let mut archive = Archive::new(handle);
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
    fn lines_are_written_by_batches_and_when_asked_to() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut archive = Archive::new(file.reopen().expect("a handle"));
        archive.put(b"one\n").expect("room");
        assert_eq!(read(&file), "");
        archive.idle().expect("room");
        assert_eq!(read(&file), "one\n");
        let long = "x".repeat(BATCH) + "\n";
        archive.put(long.as_bytes()).expect("room");
        assert_eq!(read(&file), format!("one\n{long}"));
    }

    #[test]
    fn what_can_not_be_written_leaves_the_file_as_it_was() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), b"[1]").expect("room");
        // It can be read and not written.
        let handle = File::open(file.path()).expect("a handle");
        let mut archive = Archive::new(handle);
        archive.put(b"more").expect("it waits");
        archive.idle().expect_err("it can't be written");
        assert_eq!(read(&file), "[1]");
        assert!(!archive.is_waiting(), "it is not kept to be tried again");
    }
}
