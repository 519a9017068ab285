//! Whether a descriptor can be read or written without blocking. The check itself never blocks.
//!
//! It is for descriptors that other processes share, which are never made non-blocking.

use std::io;
use std::os::fd::BorrowedFd;

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

/// Whether a read from `fd` would not block: there are bytes, end of file, or an error.
///
/// # Errors
///
/// The error of poll(2).
pub fn is_readable(fd: BorrowedFd<'_>) -> io::Result<bool> {
    poll_now(fd, PollFlags::POLLIN)
}

/// Whether a write of at most `PIPE_BUF` bytes to `fd` would not block.
///
/// # Errors
///
/// The error of poll(2).
pub fn is_writable(fd: BorrowedFd<'_>) -> io::Result<bool> {
    poll_now(fd, PollFlags::POLLOUT)
}

fn poll_now(fd: BorrowedFd<'_>, flags: PollFlags) -> io::Result<bool> {
    Ok(poll(&mut [PollFd::new(fd, flags)], PollTimeout::ZERO)? > 0)
}
