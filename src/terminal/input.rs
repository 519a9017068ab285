//! What was typed, on its way from the thread that reads to the loop that polls.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that happened at the keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A line was entered; it may hold line feeds.
    Line(String),
    /// ^C was pressed.
    Interrupt {
        /// Whether nothing stood on the line.
        empty: bool,
    },
    /// ^D was pressed on an empty line, or the terminal is gone.
    EndOfInput,
    /// Something went wrong that stops nothing, for people.
    Warning(String),
    /// The terminal can't be read any more, and why.
    Failed(String),
}

/// What the prompt shows before the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum PromptStatus {
    /// The connection is being made.
    #[default]
    Connecting,
    /// It is open.
    Open,
    /// It is open, and messages are held back.
    Held,
    /// It is being closed.
    Closing,
    /// There is none.
    Closed,
}

/// The end that the reading thread writes to.
pub(crate) struct KeyQueue {
    entries: Mutex<VecDeque<InputEvent>>,
    bell: UnixStream,
    status: AtomicU8,
}

impl KeyQueue {
    /// Hands an entry over and wakes the loop.
    pub(crate) fn push(&self, entry: InputEvent) {
        let mut entries = self.lock();
        entries.push_back(entry);
        // The bell can only be full of earlier rings, or have no listener any more: both are well.
        let _ = (&self.bell).write(&[1]);
    }

    /// How the connection is, as the loop last said.
    pub(crate) fn status(&self) -> PromptStatus {
        let status = self.status.load(Ordering::Relaxed);
        let all = [
            PromptStatus::Connecting,
            PromptStatus::Open,
            PromptStatus::Held,
            PromptStatus::Closing,
            PromptStatus::Closed,
        ];
        let is_it = |one: &PromptStatus| *one as u8 == status;
        all.into_iter().find(is_it).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<InputEvent>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was typed and not yet heard: a descriptor to poll, and entries to take.
pub struct TypedInput {
    keys: Arc<KeyQueue>,
    ear: UnixStream,
}

impl TypedInput {
    /// Both ends.
    ///
    /// # Errors
    ///
    /// What the operating system said to a new socket pair.
    pub(crate) fn pair() -> io::Result<(Self, Arc<KeyQueue>)> {
        let (ear, bell) = UnixStream::pair()?;
        ear.set_nonblocking(true)?;
        bell.set_nonblocking(true)?;
        let keys = Arc::new(KeyQueue {
            entries: Mutex::default(),
            bell,
            status: AtomicU8::default(),
        });
        let typed = Self {
            keys: Arc::clone(&keys),
            ear,
        };
        Ok((typed, keys))
    }

    /// The descriptor that is readable while entries wait.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.ear.as_fd()
    }

    /// Says how the connection is: the prompt shows it when it is drawn next.
    pub fn set_status(&self, status: PromptStatus) {
        self.keys.status.store(status as u8, Ordering::Relaxed);
    }

    /// The oldest entry that waits. Never blocks.
    pub fn take(&mut self) -> Option<InputEvent> {
        let mut entries = self.keys.lock();
        let entry = entries.pop_front();
        if entries.is_empty() {
            // Under the lock, so that no ring for a new entry is lost.
            let mut rings = [0; 64];
            while matches!((&self.ear).read(&mut rings), Ok(count) if count > 0) {}
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

    fn readable(typed: &TypedInput) -> bool {
        let mut fds = [PollFd::new(typed.fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).expect("poll a socket") == 1
    }

    #[test]
    fn the_descriptor_is_readable_while_entries_wait() {
        let (mut typed, keys) = TypedInput::pair().expect("a socket pair");
        assert!(!readable(&typed));
        // More than a socket's buffer holds: ringing must not block.
        for number in 0..300_000 {
            keys.push(InputEvent::Line(number.to_string()));
        }
        for number in 0..300_000 {
            assert!(readable(&typed), "{number}");
            assert_eq!(typed.take(), Some(InputEvent::Line(number.to_string())));
        }
        assert!(!readable(&typed));
        assert_eq!(typed.take(), None);
    }
}
