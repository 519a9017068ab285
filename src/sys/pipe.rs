//! Enlarging inherited pipes, which saves context switches for both processes.

use std::os::fd::BorrowedFd;

/// The size in bytes that an unprivileged process may request on Linux.
#[cfg(target_os = "linux")]
const SIZE: i32 = 1 << 20;

/// Enlarges the capacity of `fd` if it is a pipe and the system allows it. Failure is ignored: a
/// small pipe is only slower.
#[cfg(target_os = "linux")]
pub fn enlarge(fd: BorrowedFd<'_>) {
    use nix::fcntl::{fcntl, FcntlArg};

    let _ = fcntl(fd, FcntlArg::F_SETPIPE_SZ(SIZE));
}

/// Does nothing: only Linux can enlarge pipes.
#[cfg(not(target_os = "linux"))]
pub fn enlarge(_fd: BorrowedFd<'_>) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{self, Write};
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_pipe_is_enlarged() {
        let (_reader, mut writer) = io::pipe().expect("a pipe");
        enlarge(writer.as_fd());
        // With the default capacity of 64 KiB, this would block forever.
        let size = nix::fcntl::fcntl(writer.as_fd(), nix::fcntl::FcntlArg::F_GETPIPE_SZ);
        if size.is_ok_and(|size| size >= SIZE) {
            writer
                .write_all(&vec![0; 512 * 1024])
                .expect("the pipe has space");
        }
    }

    #[test]
    fn other_files_are_left_alone() {
        let mut file = tempfile::tempfile().expect("a file");
        enlarge(file.as_fd());
        file.write_all(b"x").expect("the file is writable");
    }
}
