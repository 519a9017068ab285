//! Destinations of output: a descriptor, the screen above a prompt, or a file.

mod descriptor;

use std::io;
use std::os::fd::BorrowedFd;

pub use self::descriptor::Descriptor;
use super::long::LongMessage;
use crate::event::Messages;

/// A destination for bytes. It never blocks: bytes that can't be written are kept, and it reports this
/// so that the loop waits for the descriptor and stops reading.
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

    /// Writes a long message. A sink that other output waits for writes it piece by piece, when it is
    /// [idle](Self::idle).
    ///
    /// # Errors
    ///
    /// The same as those of [`put`](Self::put).
    fn put_long(&mut self, mut message: LongMessage) -> io::Result<()> {
        let mut piece = Vec::new();
        while !message.is_written() {
            piece.clear();
            message.push_piece(&mut piece);
            self.put(&piece)?;
        }
        Ok(())
    }

    /// Sets what follows the bytes so far in a file that is complete at any time. More bytes
    /// replace it. While a long message is being written, the ending that was set before it counts.
    /// Other sinks have no ending.
    fn set_ending(&mut self, _ending: Vec<u8>) {}

    /// The descriptor that must become writable before pending bytes can be written.
    fn waits(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Whether so many bytes are pending that nothing more should be read.
    fn full(&self) -> bool {
        false
    }

    /// Whether [`idle`](Self::idle) has work to do that does not depend on a descriptor.
    fn busy(&self) -> bool {
        false
    }

    /// A pipe to watch for being closed by its reader while nothing is written.
    fn watch(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Called when there is nothing more to read: writes pending bytes without blocking, for at
    /// most one [slice](super::long::SLICE).
    ///
    /// # Errors
    ///
    /// The same as those of [`put`](Self::put).
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
