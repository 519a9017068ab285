//! Reading from descriptors that poll(2) reports as readable, one read at a time, without making
//! them non-blocking.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};

use crate::error::{plain, Error};
use crate::sys::{pipe, readiness};

/// An input, with the bytes that were read but not used yet.
#[derive(Debug)]
pub struct Reader {
    file: File,
    /// The name of the input in messages.
    origin: String,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// The maximum size of a read.
    read_size: usize,
}

/// The maximum number of bytes held.
const CAPACITY: usize = 256 * 1024;

/// The default size of a read. With the frames made of it, it fits into a cache of 512 KiB.
const READ: usize = 64 * 1024;

impl Reader {
    /// Creates a reader for `file`, which messages call `origin`.
    #[must_use]
    pub fn new(file: File, origin: impl Into<String>) -> Self {
        let buffer = vec![0; CAPACITY];
        Self {
            file,
            origin: origin.into(),
            buffer,
            start: 0,
            end: 0,
            ended: false,
            read_size: READ,
        }
    }

    /// Creates a reader for standard input.
    ///
    /// # Errors
    ///
    /// The error of duplicating the descriptor.
    pub fn stdin() -> io::Result<Self> {
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        pipe::enlarge(stdin.as_fd());
        Ok(Self::new(File::from(stdin), "standard input"))
    }

    /// Sets the capacity, and the maximum size of a read, to at least `capacity` bytes.
    pub fn reserve(&mut self, capacity: usize) {
        self.read_size = self.read_size.max(capacity);
        if self.buffer.len() < capacity {
            self.buffer.resize(capacity, 0);
        }
    }

    /// Doubles the capacity, for a message that must be held as a whole.
    pub fn grow(&mut self) {
        self.buffer.resize(self.buffer.len() * 2, 0);
    }

    /// The descriptor to poll.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The bytes that were read but not used yet.
    #[must_use]
    pub fn held(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether the end of the input has been read.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether the capacity is used up.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.end - self.start == self.buffer.len()
    }

    /// Removes the first `count` held bytes after they have been used.
    pub fn used(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Reads once. Does not block if poll(2) has reported the descriptor as readable.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] with the error of the system, after which the input has ended.
    pub fn read(&mut self) -> Result<(), Error> {
        if self.start > 0 && self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        loop {
            let end = self.buffer.len().min(self.end + self.read_size);
            match self.file.read(&mut self.buffer[self.end..end]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(());
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Another process made the shared descriptor non-blocking and has read the bytes.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => {
                    self.ended = true;
                    return Err(self.fault(None, plain(&error)));
                }
            }
        }
    }

    /// Reads available bytes up to the capacity, without waiting. Returns whether there may be
    /// more.
    pub fn look_ahead(&mut self) -> bool {
        while !self.ended && !self.is_full() && readiness::is_readable(self.fd()).unwrap_or(false) {
            let held = self.held().len();
            // A failed read ends the input.
            let _ = self.read();
            if self.held().len() == held {
                break;
            }
        }
        !self.ended && self.is_full()
    }

    /// Creates an error about this input.
    #[must_use]
    pub fn fault(&self, line: Option<u64>, cause: impl Into<String>) -> Error {
        Error::Input {
            origin: self.origin.clone(),
            line,
            cause: cause.into(),
        }
    }
}
