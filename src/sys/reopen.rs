//! Reopening of pipes and terminals that other processes share: the new file description has flags
//! of its own, so it can be non-blocking.

use std::fs::{File, OpenOptions};
use std::io::IsTerminal as _;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::termios::tcgetsid;
use nix::unistd::ttyname;

/// Reopens the pipe or terminal of `fd` for non-blocking writes; `None` if it is something else or
/// cannot be reopened.
#[must_use]
pub fn writer(fd: BorrowedFd<'_>) -> Option<File> {
    // On Linux, this link opens the same file as the descriptor, whatever its path.
    let link = PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()));
    if !fd.is_terminal() {
        return is_pipe(fd).then(|| open(&link))?;
    }
    let terminal = |path: &Path| open(path).filter(File::is_terminal);
    terminal(&link)
        .or_else(|| terminal(&ttyname(fd).ok()?))
        // After `su`, the device belongs to another user, but a controlling terminal can be opened
        // under this name.
        .or_else(|| {
            let controls_us = tcgetsid(fd).is_ok();
            controls_us.then(|| terminal(Path::new("/dev/tty")))?
        })
}

fn is_pipe(fd: BorrowedFd<'_>) -> bool {
    let file = fd.try_clone_to_owned().map(File::from);
    let kind = file.and_then(|file| file.metadata());
    kind.is_ok_and(|kind| kind.file_type().is_fifo())
}

fn open(path: &Path) -> Option<File> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(flags.bits());
    options.open(path).ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{self, Read as _, Write as _};
    use std::os::fd::AsFd as _;

    use nix::fcntl::{fcntl, FcntlArg};
    use nix::pty::openpty;

    use super::*;

    /// Writes until it would block, and checks that the flags of `fd` have not changed.
    #[track_caller]
    fn fills_without_blocking(fd: BorrowedFd<'_>) {
        let before = fcntl(fd, FcntlArg::F_GETFL);
        let mut writer = writer(fd).expect("it can be reopened");
        let full = loop {
            if let Err(error) = writer.write(&[b'x'; 1000]) {
                break error;
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(before, fcntl(fd, FcntlArg::F_GETFL));
    }

    #[test]
    fn pipes_and_terminals_are_reopened_without_blocking() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        fills_without_blocking(writer.as_fd());
        reader.read_exact(&mut [0; 1000]).expect("the same pipe");
        let terminal = openpty(None, None).expect("a terminal");
        fills_without_blocking(terminal.slave.as_fd());
        let mut master = File::from(terminal.master);
        master
            .read_exact(&mut [0; 1000])
            .expect("the same terminal");
    }

    #[test]
    fn other_files_are_not_reopened() {
        let file = tempfile::tempfile().expect("a file");
        assert!(writer(file.as_fd()).is_none());
        let null = File::options().write(true).open("/dev/null");
        assert!(writer(null.expect("/dev/null").as_fd()).is_none());
    }
}
