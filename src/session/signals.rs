//! Signals as bytes in a pipe, so that the one poll hears them and no sleep can miss them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// The signals that end a run in order: SIGHUP, SIGINT and SIGTERM.
#[derive(Debug)]
pub struct Signals(SignalDelivery<UnixStream, SignalOnly>);

impl Signals {
    /// Registers for the signals, but for those that whoever started the process had set to be
    /// ignored (nohup: SIGHUP; a script's `&`: SIGINT): they stay ignored.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn register() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let ignored = ignored();
        let signals = [SIGHUP, SIGINT, SIGTERM];
        let signals = signals
            .into_iter()
            .filter(|signal| ignored >> (signal - 1) & 1 == 0);
        Ok(Self(SignalDelivery::with_pipe(
            read, write, SignalOnly, signals,
        )?))
    }

    /// What becomes readable when a signal has come.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.0.get_read().as_fd()
    }

    /// The signals that have come since the last call.
    pub fn take(&mut self) -> Vec<i32> {
        self.0.pending().collect()
    }
}

/// The signals that are ignored, one bit each, the first for signal 1. Asking the system itself
/// takes an unsafe call; where there is no `/proc`, none is taken for ignored.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
