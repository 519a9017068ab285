//! Where rendered bytes go: a descriptor written without blocking, or the screen above a prompt.

use std::io;
use std::os::fd::BorrowedFd;

/// A place for bytes. The contract is [`Output`](super::Output)'s: it never blocks, it buffers.
pub trait Sink {
    /// Takes bytes; may write them at once, or let them wait.
    ///
    /// # Errors
    ///
    /// What writing said; [`io::ErrorKind::BrokenPipe`] means that the reader has gone.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// See [`Output::waits`](super::Output::waits).
    fn waits(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// See [`Output::full`](super::Output::full).
    fn full(&self) -> bool {
        false
    }

    /// See [`Output::watch`](super::Output::watch).
    fn watch(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// See [`Output::idle`](super::Output::idle).
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    fn idle(&mut self) -> io::Result<()> {
        Ok(())
    }
}
