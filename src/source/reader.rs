//! Reading a descriptor that poll calls readable: one read at a time, never non-blocking.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};

use crate::error::{plain, Error};
use crate::sys::{pipe, readiness};

/// Input with what was read of it and not yet used.
#[derive(Debug)]
pub struct Reader {
    file: File,
    /// What it is called in messages.
    origin: String,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// How much is read at once.
    read_size: usize,
}

/// How much can be held.
const CAPACITY: usize = 256 * 1024;

/// How much is read at once where nothing larger is asked for: with what is sent of it, it fits into a cache of 512 KiB.
const READ: usize = 64 * 1024;

impl Reader {
    /// Reads `file`, which messages call `origin`.
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

    /// Reads standard input.
    ///
    /// # Errors
    ///
    /// What duplicating the descriptor said.
    pub fn stdin() -> io::Result<Self> {
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        pipe::enlarge(stdin.as_fd());
        Ok(Self::new(File::from(stdin), "standard input"))
    }

    /// Makes room for `capacity` bytes that are not yet used, and may be read at once.
    pub fn reserve(&mut self, capacity: usize) {
        self.read_size = self.read_size.max(capacity);
        if self.buffer.len() < capacity {
            self.buffer.resize(capacity, 0);
        }
    }

    /// Makes room for twice as much, where what is held must be whole.
    pub fn grow(&mut self) {
        self.buffer.resize(self.buffer.len() * 2, 0);
    }

    /// What poll has to watch.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// What was read and not yet used.
    #[must_use]
    pub fn held(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether the end of input was read.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether no more can be held.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.end - self.start == self.buffer.len()
    }

    /// Takes note that the first `count` bytes that were held have been used.
    pub fn used(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// One read, which does not block if poll called the descriptor readable.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] with what the system said; the end of input then counts as read.
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
                // Another process made the shared descriptor non-blocking, and was faster.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => {
                    self.ended = true;
                    return Err(self.fault(None, plain(&error)));
                }
            }
        }
    }

    /// Reads what is there as far as it can be held, without waiting; whether there is more.
    pub fn look_ahead(&mut self) -> bool {
        while !self.ended && !self.is_full() && readiness::is_readable(self.fd()).unwrap_or(false) {
            let held = self.held().len();
            // A read that fails ends the input: then there is no more of it.
            let _ = self.read();
            if self.held().len() == held {
                break;
            }
        }
        !self.ended && self.is_full()
    }

    /// An error about this input.
    #[must_use]
    pub fn fault(&self, line: Option<u64>, cause: impl Into<String>) -> Error {
        Error::Input {
            origin: self.origin.clone(),
            line,
            cause: cause.into(),
        }
    }
}
