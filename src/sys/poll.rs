//! The one poll(2) of a run, and the only file that names it.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

/// Waits for descriptors. Keeps the memory of its lists from one wait to the next.
#[derive(Debug, Default)]
pub struct Poller {
    unused: Vec<PollFd<'static>>,
    ready: Ready,
}

/// What to wait for, one descriptor after the other.
#[derive(Debug)]
pub struct Interest<'fd> {
    fds: Vec<PollFd<'fd>>,
}

/// A descriptor among those that were waited for, to ask what was found.
#[derive(Clone, Copy, Debug)]
pub struct Token(usize);

/// What a wait found.
#[derive(Debug, Default)]
pub struct Ready(Vec<PollFlags>);

impl Poller {
    /// A list of descriptors that is empty yet.
    #[must_use]
    pub fn interest<'fd>(&mut self) -> Interest<'fd> {
        Interest {
            fds: recycle(std::mem::take(&mut self.unused)),
        }
    }

    /// Waits until something is ready or `until` has come; `None` has no end.
    ///
    /// # Errors
    ///
    /// What poll(2) said, except for an interruption by a signal.
    pub fn wait(
        &mut self,
        mut interest: Interest<'_>,
        until: Option<Instant>,
    ) -> io::Result<&Ready> {
        loop {
            match poll(&mut interest.fds, timeout(until)) {
                Ok(_) => break,
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        self.ready.0.clear();
        let flags = |fd: &PollFd<'_>| fd.revents().unwrap_or(PollFlags::empty());
        self.ready.0.extend(interest.fds.iter().map(flags));
        self.unused = recycle(interest.fds);
        Ok(&self.ready)
    }
}

/// Waits until `fd` can be written, or has failed, or `until` has come; `None` has no end.
///
/// # Errors
///
/// As [`Poller::wait`].
pub fn wait_writable(fd: BorrowedFd<'_>, until: Option<Instant>) -> io::Result<()> {
    let mut poller = Poller::default();
    let mut interest = poller.interest();
    interest.add(fd, false, true);
    poller.wait(interest, until).map(drop)
}

/// The same memory, empty, for descriptors of another lifetime: collecting into a vector of the same
/// layout allocates nothing.
fn recycle<'to>(mut fds: Vec<PollFd<'_>>) -> Vec<PollFd<'to>> {
    fds.clear();
    fds.into_iter()
        .map(|_| unreachable!("it is empty"))
        .collect()
}

impl<'fd> Interest<'fd> {
    /// Waits for `fd` to be readable or writable; for neither, only for its error.
    pub fn add(&mut self, fd: BorrowedFd<'fd>, read: bool, write: bool) -> Token {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::POLLIN, read);
        flags.set(PollFlags::POLLOUT, write);
        self.fds.push(PollFd::new(fd, flags));
        Token(self.fds.len() - 1)
    }
}

impl Ready {
    /// Whether a read would not block: there are bytes, an end, or an error.
    #[must_use]
    pub fn is_readable(&self, token: Token) -> bool {
        let any = PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        self.0[token.0].intersects(any)
    }

    /// Whether a write would not block: there is room, or an error.
    #[must_use]
    pub fn is_writable(&self, token: Token) -> bool {
        let any =
            PollFlags::POLLOUT | PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
        self.0[token.0].intersects(any)
    }

    /// Whether whoever reads from the descriptor has gone.
    #[must_use]
    pub fn is_broken(&self, token: Token) -> bool {
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
