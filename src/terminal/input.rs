//! Input events, from the reading thread to the event loop.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::child::TerminalJob;
use super::drawing::PictureJob;

/// How often to check whether the prompt is ending while waiting for a program.
const JOB_TICK: Duration = Duration::from_millis(50);

/// An event from the keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A line was entered. It may contain line feeds.
    Line(String),
    /// ^S was pressed.
    Hold,
    /// ^Q was pressed.
    Release,
    /// The input is invalid, for this reason.
    Mistake(String),
    /// ^C was pressed.
    Interrupt {
        /// Whether the line was empty.
        empty: bool,
    },
    /// ^D was pressed on an empty line, or the terminal was closed.
    EndOfInput,
    /// A warning for the user.
    Warning(String),
    /// The terminal can't be read any more, for this reason.
    Failed(String),
}

/// What uses the terminal while the editor waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalTask {
    /// A program that runs on it.
    Run(TerminalJob),
    /// The drawing of a picture.
    Draw(PictureJob),
}

/// The state of the connection that the prompt shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum PromptStatus {
    /// The connection is being opened.
    #[default]
    Connecting,
    /// It is open.
    Open,
    /// It is open, and messages are held back.
    Held,
    /// It is being closed.
    Closing,
    /// There is no connection.
    Closed,
}

/// The sending end, used by the reading thread.
pub(crate) struct KeyQueue {
    entries: Mutex<VecDeque<InputEvent>>,
    bell: UnixStream,
    status: AtomicU8,
    times: AtomicBool,
    job: Mutex<TaskRequest>,
    job_arrived: Condvar,
}

/// The task that a line requests, for the reading thread.
#[derive(Debug, Default)]
enum TaskRequest {
    /// No task was requested.
    #[default]
    None,
    /// A task was requested.
    Expected,
    /// The task, or `None` if there is none after all.
    Arrived(Option<TerminalTask>),
}

impl KeyQueue {
    /// Sends an event and wakes the loop.
    pub(crate) fn push(&self, entry: InputEvent) {
        let mut entries = self.lock();
        entries.push_back(entry);
        // The wake-up pipe may be full of earlier wake-ups, or have no reader. Neither is an error.
        let _ = (&self.bell).write(&[1]);
    }

    /// Announces that the next line requests a task.
    pub(crate) fn expect_job(&self) {
        *self.job.lock().unwrap_or_else(PoisonError::into_inner) = TaskRequest::Expected;
    }

    /// Waits for that task; `None` if there is none, or if `is_over` returns true first.
    pub(crate) fn wait_for_job(&self, is_over: impl Fn() -> bool) -> Option<TerminalTask> {
        let mut job = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        while matches!(*job, TaskRequest::Expected) && !is_over() {
            let waited = self.job_arrived.wait_timeout(job, JOB_TICK);
            job = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match std::mem::take(&mut *job) {
            TaskRequest::Arrived(job) => job,
            TaskRequest::None | TaskRequest::Expected => None,
        }
    }

    /// The state of the connection, as last set by the loop.
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

    /// Whether times are shown, so that the sign stands behind their column.
    pub(crate) fn shows_times(&self) -> bool {
        self.times.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<InputEvent>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The receiving end: a descriptor to poll, and the events.
pub struct TypedInput {
    keys: Arc<KeyQueue>,
    ear: UnixStream,
}

impl TypedInput {
    /// Creates both ends.
    ///
    /// # Errors
    ///
    /// The error of the operating system if the socket pair could not be created.
    pub(crate) fn pair() -> io::Result<(Self, Arc<KeyQueue>)> {
        let (ear, bell) = UnixStream::pair()?;
        ear.set_nonblocking(true)?;
        bell.set_nonblocking(true)?;
        let keys = Arc::new(KeyQueue {
            entries: Mutex::default(),
            bell,
            status: AtomicU8::default(),
            times: AtomicBool::default(),
            job: Mutex::default(),
            job_arrived: Condvar::new(),
        });
        let typed = Self {
            keys: Arc::clone(&keys),
            ear,
        };
        Ok((typed, keys))
    }

    /// The descriptor that is readable while there are events.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.ear.as_fd()
    }

    /// Sets the state of the connection, which the prompt shows when it is drawn next.
    pub fn set_status(&self, status: PromptStatus) {
        self.keys.status.store(status as u8, Ordering::Relaxed);
    }

    /// Sets whether times are shown, which moves the sign of the next line.
    pub fn set_times(&self, times: bool) {
        self.keys.times.store(times, Ordering::Relaxed);
    }

    /// Whether the last line is waiting for a program, or for the reply that there is none.
    #[must_use]
    pub fn awaits_job(&self) -> bool {
        let job = self.keys.job.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*job, TaskRequest::Expected)
    }

    /// Replies with a program to run on the terminal, or `None`. False if nothing waits for it,
    /// because there is no line editor.
    pub fn answer_job(&self, job: Option<TerminalTask>) -> bool {
        let mut awaited = self.keys.job.lock().unwrap_or_else(PoisonError::into_inner);
        let is_awaited = matches!(*awaited, TaskRequest::Expected);
        if is_awaited {
            *awaited = TaskRequest::Arrived(job);
            self.keys.job_arrived.notify_all();
        }
        is_awaited
    }

    /// Takes the oldest event. Never blocks.
    pub fn take(&mut self) -> Option<InputEvent> {
        let mut entries = self.keys.lock();
        let entry = entries.pop_front();
        if entries.is_empty() {
            // Under the lock, so that no wake-up for a new event is lost.
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
        // More than the buffer of a socket holds: sending must not block.
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
