//! Pipes and terminals that other processes share, opened again: the flags of the new description
//! are ours alone, so that it may be non-blocking.

use std::fs::{File, OpenOptions};
use std::io::IsTerminal as _;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::termios::tcgetsid;
use nix::unistd::ttyname;

/// The pipe or terminal behind `fd`, to be written without blocking; `None` if it is something else
/// or can't be opened again.
#[must_use]
pub fn writer(fd: BorrowedFd<'_>) -> Option<File> {
    // Linux opens what the descriptor is open on, whatever its path.
    let link = PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()));
    if !fd.is_terminal() {
        return is_pipe(fd).then(|| open(&link))?;
    }
    let terminal = |path: &Path| open(path).filter(File::is_terminal);
    terminal(&link)
        .or_else(|| terminal(&ttyname(fd).ok()?))
        // After `su` the terminal's device is another user's; this is open to whoever it controls.
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

    /// Writes until it would block: it does at some time, and the given description still would.
    #[track_caller]
    fn fills_without_blocking(fd: BorrowedFd<'_>) {
        let before = fcntl(fd, FcntlArg::F_GETFL);
        let mut writer = writer(fd).expect("it can be opened again");
        let full = loop {
            if let Err(error) = writer.write(&[b'x'; 1000]) {
                break error;
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(before, fcntl(fd, FcntlArg::F_GETFL));
    }

    #[test]
    fn a_pipe_and_a_terminal_that_nobody_reads() {
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
    fn what_is_neither_stays_as_it_is() {
        let file = tempfile::tempfile().expect("a file");
        assert!(writer(file.as_fd()).is_none());
        let null = File::options().write(true).open("/dev/null");
        assert!(writer(null.expect("it is there").as_fd()).is_none());
    }
}
