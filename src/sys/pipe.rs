//! Pipes that were given to us, made larger: fewer and longer turns on both sides of them.

use std::os::fd::BorrowedFd;

/// As much as an unprivileged process may ask for on Linux; elsewhere pipes have the size they have.
#[cfg(target_os = "linux")]
const SIZE: i32 = 1 << 20;

/// Lets the pipe behind `fd` hold more, if it is one and the system allows it. One that can't grow
/// is only slower, so nothing is said of it.
#[cfg(target_os = "linux")]
pub fn enlarge(fd: BorrowedFd<'_>) {
    use nix::fcntl::{fcntl, FcntlArg};

    let _ = fcntl(fd, FcntlArg::F_SETPIPE_SZ(SIZE));
}

/// Pipes can't be made larger here.
#[cfg(not(target_os = "linux"))]
pub fn enlarge(_fd: BorrowedFd<'_>) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{self, Write};
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_pipe_holds_more_afterwards() {
        let (_reader, mut writer) = io::pipe().expect("a pipe");
        enlarge(writer.as_fd());
        // The pipe's own 64 KiB would let this wait for a reader for ever.
        let size = nix::fcntl::fcntl(writer.as_fd(), nix::fcntl::FcntlArg::F_GETPIPE_SZ);
        if size.is_ok_and(|size| size >= SIZE) {
            writer
                .write_all(&vec![0; 512 * 1024])
                .expect("room in the pipe");
        }
    }

    #[test]
    fn what_is_no_pipe_stays_as_it_is() {
        let mut file = tempfile::tempfile().expect("a file");
        enlarge(file.as_fd());
        file.write_all(b"x").expect("room on the disk");
    }
}
