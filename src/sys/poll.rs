//! The one poll(2) of a run, and the only file that names it.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

/// What to wait for, one descriptor after the other.
#[derive(Debug, Default)]
pub struct Poll<'fd> {
    fds: Vec<PollFd<'fd>>,
}

/// A descriptor in the [`Poll`] that was asked, to look its answer up.
#[derive(Clone, Copy, Debug)]
pub struct Token(usize);

/// What the poll said.
#[derive(Debug)]
pub struct Ready(Vec<PollFlags>);

impl<'fd> Poll<'fd> {
    /// Waits for `fd` to be readable or writable; for neither, only for its error.
    pub fn add(&mut self, fd: BorrowedFd<'fd>, read: bool, write: bool) -> Token {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::POLLIN, read);
        flags.set(PollFlags::POLLOUT, write);
        self.fds.push(PollFd::new(fd, flags));
        Token(self.fds.len() - 1)
    }

    /// Waits until something is ready or `until` has come; `None` has no end.
    ///
    /// # Errors
    ///
    /// What poll(2) said, but for an interruption by a signal.
    pub fn wait(mut self, until: Option<Instant>) -> io::Result<Ready> {
        loop {
            match poll(&mut self.fds, timeout(until)) {
                Ok(_) => break,
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        let flags = |fd: &PollFd<'_>| fd.revents().unwrap_or(PollFlags::empty());
        Ok(Ready(self.fds.iter().map(flags).collect()))
    }
}

impl Ready {
    /// Whether a read would not block: there are bytes, an end, or an error.
    #[must_use]
    pub fn readable(&self, token: Token) -> bool {
        let any = PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        self.0[token.0].intersects(any)
    }

    /// Whether a write would not block: there is room, or an error.
    #[must_use]
    pub fn writable(&self, token: Token) -> bool {
        let any =
            PollFlags::POLLOUT | PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
        self.0[token.0].intersects(any)
    }

    /// Whether whoever reads from the descriptor has gone.
    #[must_use]
    pub fn broken(&self, token: Token) -> bool {
        // A pipe says POLLERR, on some systems POLLHUP; a socket says POLLHUP.
        self.0[token.0].intersects(PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL)
    }
}

/// Milliseconds until `until`, rounded up, so that a wait never ends just before its time.
fn timeout(until: Option<Instant>) -> PollTimeout {
    let Some(until) = until else {
        return PollTimeout::NONE;
    };
    let left = until.saturating_duration_since(Instant::now());
    let rounded = left + Duration::from_nanos(999_999);
    PollTimeout::try_from(rounded.as_millis()).unwrap_or(PollTimeout::MAX)
}
