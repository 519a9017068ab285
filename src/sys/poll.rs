//! The poll(2) of the event loop.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
#[cfg(target_os = "linux")]
use nix::sys::time::TimeSpec;

/// Waits for descriptors. Reuses the memory of its lists from one wait to the next.
#[derive(Debug, Default)]
pub struct Poller {
    unused: Vec<PollFd<'static>>,
    ready: Ready,
}

/// The descriptors to wait for.
#[derive(Debug)]
pub struct Interest<'fd> {
    fds: Vec<PollFd<'fd>>,
}

/// A descriptor in an [`Interest`], to look up its result in [`Ready`].
#[derive(Clone, Copy, Debug)]
pub struct Token(usize);

/// The result of a wait.
#[derive(Debug, Default)]
pub struct Ready(Vec<PollFlags>);

impl Poller {
    /// An empty list of descriptors.
    #[must_use]
    pub fn interest<'fd>(&mut self) -> Interest<'fd> {
        Interest {
            fds: recycle(std::mem::take(&mut self.unused)),
        }
    }

    /// Waits until a descriptor is ready or `until` is reached; `None` waits without limit.
    ///
    /// # Errors
    ///
    /// The error of poll(2), except for an interruption by a signal.
    pub fn wait(
        &mut self,
        mut interest: Interest<'_>,
        until: Option<Instant>,
    ) -> io::Result<&Ready> {
        loop {
            match poll_until(&mut interest.fds, until) {
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

/// Waits until `fd` can be written, has failed, or `until` is reached; `None` waits without limit.
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

/// Waits until `fd` can be read, has ended or failed, or `until` is reached; `None` waits without
/// limit. Unlike a timeout of the socket, which the system may round up by hundreds of
/// milliseconds, it is precise. False if `until` was reached.
///
/// # Errors
///
/// As [`Poller::wait`].
pub fn wait_readable(fd: BorrowedFd<'_>, until: Option<Instant>) -> io::Result<bool> {
    let mut poller = Poller::default();
    let mut interest = poller.interest();
    let token = interest.add(fd, true, false);
    let ready = poller.wait(interest, until)?;
    Ok(ready.is_readable(token))
}

/// An empty list with the memory of `fds`, for descriptors of another lifetime: collecting into a
/// vector of the same layout does not allocate.
fn recycle<'to>(mut fds: Vec<PollFd<'_>>) -> Vec<PollFd<'to>> {
    fds.clear();
    fds.into_iter()
        .map(|_| unreachable!("the list is empty"))
        .collect()
}

impl<'fd> Interest<'fd> {
    /// Adds `fd`, to wait until it is readable, writable, or has an error.
    pub fn add(&mut self, fd: BorrowedFd<'fd>, read: bool, write: bool) -> Token {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::POLLIN, read);
        flags.set(PollFlags::POLLOUT, write);
        self.fds.push(PollFd::new(fd, flags));
        Token(self.fds.len() - 1)
    }
}

impl Ready {
    /// Whether a read would not block: there are bytes, end of file, or an error.
    #[must_use]
    pub fn is_readable(&self, token: Token) -> bool {
        let any = PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        self.0[token.0].intersects(any)
    }

    /// Whether a write would not block: there is space, or an error.
    #[must_use]
    pub fn is_writable(&self, token: Token) -> bool {
        let any =
            PollFlags::POLLOUT | PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
        self.0[token.0].intersects(any)
    }

    /// Whether the reader of a pipe, or the peer of a socket, has closed it.
    #[must_use]
    pub fn is_broken(&self, token: Token) -> bool {
        // A pipe reports POLLERR, on some systems POLLHUP; a socket reports POLLHUP.
        self.0[token.0].intersects(PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL)
    }
}

/// Waits with the precision of nanoseconds: what is due at a rate of thousands a second must not be
/// late by a millisecond.
#[cfg(target_os = "linux")]
fn poll_until(fds: &mut [PollFd<'_>], until: Option<Instant>) -> nix::Result<i32> {
    let remaining = until.map(|until| until.saturating_duration_since(Instant::now()));
    nix::poll::ppoll(fds, remaining.map(TimeSpec::from_duration), None)
}

/// Waits for whole milliseconds, rounded up, so that a wait never ends too early.
#[cfg(not(target_os = "linux"))]
fn poll_until(fds: &mut [PollFd<'_>], until: Option<Instant>) -> nix::Result<i32> {
    let Some(until) = until else {
        return nix::poll::poll(fds, nix::poll::PollTimeout::NONE);
    };
    let remaining = until.saturating_duration_since(Instant::now());
    let rounded = remaining + std::time::Duration::from_nanos(999_999);
    let timeout = nix::poll::PollTimeout::try_from(rounded.as_millis());
    nix::poll::poll(fds, timeout.unwrap_or(nix::poll::PollTimeout::MAX))
}
