//! What was typed, on its way from the thread that reads to the loop that polls.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::child::TerminalJob;

/// How often it is looked whether the prompt ends while a program is waited for.
const JOB_TICK: Duration = Duration::from_millis(50);

/// Something that happened at the keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A line was entered; it may hold line feeds.
    Line(String),
    /// ^S was pressed.
    Hold,
    /// ^Q was pressed.
    Release,
    /// What was typed can't be used, and why.
    Mistake(String),
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
    job: Mutex<Awaited>,
    job_came: Condvar,
}

/// The program that a line asks for, on its way to the reading thread.
#[derive(Debug, Default)]
enum Awaited {
    /// None is asked for.
    #[default]
    No,
    /// It is asked for.
    Yes,
    /// It is this, or there is none after all.
    Came(Option<TerminalJob>),
}

impl KeyQueue {
    /// Hands an entry over and wakes the loop.
    pub(crate) fn push(&self, entry: InputEvent) {
        let mut entries = self.lock();
        entries.push_back(entry);
        // The bell can only be full of earlier rings, or have no listener any more: both are well.
        let _ = (&self.bell).write(&[1]);
    }

    /// The line that is pushed next asks for a program on the terminal.
    pub(crate) fn expect_job(&self) {
        *self.job.lock().unwrap_or_else(PoisonError::into_inner) = Awaited::Yes;
    }

    /// Waits for that program; `None` if there is none, or `is_over` first.
    pub(crate) fn wait_for_job(&self, is_over: impl Fn() -> bool) -> Option<TerminalJob> {
        let mut job = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        while matches!(*job, Awaited::Yes) && !is_over() {
            let waited = self.job_came.wait_timeout(job, JOB_TICK);
            job = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match std::mem::take(&mut *job) {
            Awaited::Came(job) => job,
            Awaited::No | Awaited::Yes => None,
        }
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
            job: Mutex::default(),
            job_came: Condvar::new(),
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

    /// Whether the line that was taken waits for a program on the terminal, or for the word that there
    /// is none.
    #[must_use]
    pub fn awaits_job(&self) -> bool {
        let job = self.keys.job.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*job, Awaited::Yes)
    }

    /// Gives the terminal to a program, or says that there is none.
    pub fn answer_job(&self, job: Option<TerminalJob>) {
        let mut awaited = self.keys.job.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*awaited, Awaited::Yes) {
            *awaited = Awaited::Came(job);
            self.keys.job_came.notify_all();
        }
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
