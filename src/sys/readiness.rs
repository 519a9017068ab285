//! Whether a descriptor could be read or written now: a look, never a wait.
//!
//! For the few places that must know before they touch a descriptor which other processes share
//! and which is therefore never put into non-blocking mode.

use std::io;
use std::os::fd::BorrowedFd;

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

/// Whether a read from `fd` would not block: there are bytes, an end, or an error.
///
/// # Errors
///
/// What poll(2) said.
pub fn is_readable(fd: BorrowedFd<'_>) -> io::Result<bool> {
    look(fd, PollFlags::POLLIN)
}

/// Whether a write of at most `PIPE_BUF` bytes to `fd` would not block.
///
/// # Errors
///
/// What poll(2) said.
pub fn is_writable(fd: BorrowedFd<'_>) -> io::Result<bool> {
    look(fd, PollFlags::POLLOUT)
}

fn look(fd: BorrowedFd<'_>, flags: PollFlags) -> io::Result<bool> {
    Ok(poll(&mut [PollFd::new(fd, flags)], PollTimeout::ZERO)? > 0)
}
