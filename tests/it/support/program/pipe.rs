//! Closing the reading end of a pipe so that the next write to it fails.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::fs::OpenOptionsExt as _;

use nix::fcntl::OFlag;
use nix::poll::{poll, PollFd, PollFlags};

use super::super::time;

/// Closes the only reading end, and waits until it is closed: a process that another test is
/// starting has all descriptors for some microseconds, until its exec.
pub fn close_reader(reader: File) {
    // Linux opens the other end of the pipe by this name. If that fails, there is nothing to wait
    // for.
    let writer = File::options()
        .write(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(format!("/dev/fd/{}", reader.as_raw_fd()));
    drop(reader);
    if let Ok(writer) = writer {
        wait_for_no_reader(&writer);
    }
}

/// Waits until a pipe has no reading end: poll(2) then reports POLLERR.
pub fn wait_for_no_reader(writer: impl AsFd) {
    let mut fds = [PollFd::new(writer.as_fd(), PollFlags::empty())];
    let limit = u16::try_from(time::limit(time::STEP).as_millis()).unwrap_or(u16::MAX);
    let gone = poll(&mut fds, limit);
    assert!(
        matches!(gone, Ok(1..) | Err(nix::Error::EINTR)),
        "something else holds the pipe's reading end: {gone:?}"
    );
}
