//! Where rendered bytes go: a descriptor, the screen above a prompt, or a file.

mod descriptor;

use std::io;
use std::os::fd::BorrowedFd;

pub use self::descriptor::Descriptor;
use crate::event::Messages;

/// A place for bytes. The contract is [`Output`](super::Output)'s: it never blocks, it buffers.
pub trait Sink {
    /// Takes bytes; may write them at once, or let them wait.
    ///
    /// # Errors
    ///
    /// What writing said; [`io::ErrorKind::BrokenPipe`] means that the reader has gone.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Takes the bytes of each message, and `end` after it.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    fn put_messages(&mut self, messages: Messages<'_>, end: &[u8]) -> io::Result<()> {
        messages.pieces().try_for_each(|piece| {
            self.put(piece.bytes)?;
            self.put(end)
        })
    }

    /// See [`Output::waits`](super::Output::waits).
    fn waits(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// See [`Output::full`](super::Output::full).
    fn full(&self) -> bool {
        false
    }

    /// See [`Output::busy`](super::Output::busy).
    fn busy(&self) -> bool {
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

    /// The size of the terminal that it leads to; `None` if rows have no width here.
    fn size(&self) -> Option<TerminalSize> {
        None
    }
}

/// How large a terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Columns of a row.
    pub columns: usize,
    /// Rows of the screen.
    pub rows: usize,
}
