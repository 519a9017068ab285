//! Destinations of output: a descriptor, the screen above a prompt, or a file.

mod descriptor;

use std::io;
use std::os::fd::BorrowedFd;

pub use self::descriptor::Descriptor;
use crate::event::Messages;

/// A destination for bytes. As in [`Output`](super::Output), it never blocks, but buffers.
pub trait Sink {
    /// Writes bytes or keeps them as pending.
    ///
    /// # Errors
    ///
    /// The error of writing; [`io::ErrorKind::BrokenPipe`] if the reader has closed the pipe.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Replaces the rows that the last call of this method has shown, if they are the last ones on
    /// a screen; elsewhere writes like [`put`](Self::put).
    ///
    /// # Errors
    ///
    /// The same as those of [`put`](Self::put).
    fn put_in_place(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.put(bytes)
    }

    /// Writes the payload of each message, followed by `end`.
    ///
    /// # Errors
    ///
    /// The same as those of [`put`](Self::put).
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

    /// The size of the terminal; `None` if it is not one.
    fn size(&self) -> Option<TerminalSize> {
        None
    }
}

/// The size of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// The number of columns.
    pub columns: usize,
    /// The number of rows.
    pub rows: usize,
}
