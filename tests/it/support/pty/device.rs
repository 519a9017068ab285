//! Pseudo-terminals of the operating system.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::pty::OpenptFlags;
use rustix::termios::{tcsetwinsize, Winsize};

/// A new terminal: the master, a slave, and the slave's name. No program inherits either.
pub fn open(rows: u16, cols: u16) -> (File, File, PathBuf) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    #[cfg(target_os = "linux")]
    let flags = flags | OpenptFlags::CLOEXEC;
    let master = rustix::pty::openpt(flags).expect("there are pseudo-terminals");
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC).expect("a flag can be set");
    rustix::pty::grantpt(&master).expect("a fresh terminal can be granted");
    rustix::pty::unlockpt(&master).expect("a fresh terminal can be unlocked");
    let name = rustix::pty::ptsname(&master, Vec::new()).expect("a terminal has a name");
    let name = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
    let slave = File::options()
        .read(true)
        .write(true)
        .custom_flags(nix::fcntl::OFlag::O_NOCTTY.bits())
        .open(&name)
        .expect("a fresh terminal can be opened");
    let master = File::from(master);
    set_size(&master, rows, cols);
    (master, slave, name)
}

/// Writes to the terminal with this name until its buffer is full.
pub fn fill(name: &Path) {
    let flags = nix::fcntl::OFlag::O_NOCTTY | nix::fcntl::OFlag::O_NONBLOCK;
    let slave = File::options()
        .write(true)
        .custom_flags(flags.bits())
        .open(name);
    let mut slave = slave.expect("a terminal can be opened twice");
    // The system takes it out of the buffer a moment later, and then there is room again.
    let mut full = 0;
    while full < 10 {
        if slave.write(&[b'x'; 1000]).is_ok() || slave.write(b"x").is_ok() {
            full = 0;
        } else {
            full += 1;
            std::thread::sleep(super::TICK);
        }
    }
}

/// Changes the size of the terminal. The processes in its foreground receive SIGWINCH.
pub fn set_size(master: &File, rows: u16, cols: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(master, size).expect("a terminal has a size");
}
