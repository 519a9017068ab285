//! Writing to a descriptor without blocking.
//!
//! Other processes may share standard output, so it is never made non-blocking. A pipe or a
//! terminal is reopened, which creates a file description of our own that can be non-blocking; a
//! regular file never blocks for long; a socket has a flag for each call; for anything else, at
//! most `PIPE_BUF` bytes are written after poll(2) has reported it as writable.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileTypeExt;
use std::time::Instant;

use rustix::net::SendFlags;

use super::Sink;
use crate::event::Messages;
use crate::sys::{poll, readiness, reopen};

/// How a descriptor is written without blocking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// All at once: a regular file.
    File,
    /// Until it would block: a file description of our own.
    NonBlocking,
    /// [`PIECE`] bytes at a time until it would block: a socket. One that keeps message boundaries
    /// has a size limit.
    Socket,
    /// This many bytes each time that poll(2) reports it as writable: everything that can't be
    /// reopened.
    Piecewise(usize),
}

/// The number of bytes that fit into a pipe that poll(2) reports as writable (POSIX, `PIPE_BUF`).
const PIECE: usize = nix::libc::PIPE_BUF;

/// A buffered descriptor that is written without blocking.
#[derive(Debug)]
pub struct Descriptor {
    file: File,
    manner: Manner,
    /// Whether it has a reader whose end poll(2) reports.
    has_reader: bool,
    buffer: Vec<u8>,
    written: usize,
}

impl Descriptor {
    /// The number of bytes that are buffered before they are written.
    const BATCH: usize = 256 * 1024;
    /// Payloads of at least this size are written directly instead of being copied into the buffer.
    const LARGE: usize = 4 * 1024;

    /// Creates a sink for a descriptor that stays open, such as standard output.
    ///
    /// # Errors
    ///
    /// The error of duplicating it or of reading its type.
    pub fn new(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let file = File::from(fd.try_clone_to_owned()?);
        let kind = file.metadata()?.file_type();
        let (file, manner) = match reopen::writer(fd) {
            Some(own) => (own, Manner::NonBlocking),
            None if kind.is_file() => (file, Manner::File),
            None if kind.is_socket() => (file, Manner::Socket),
            // A terminal that poll(2) reports as writable accepts at least one byte.
            None if file.is_terminal() => (file, Manner::Piecewise(1)),
            None => (file, Manner::Piecewise(PIECE)),
        };
        Ok(Self {
            file,
            manner,
            has_reader: kind.is_fifo() || kind.is_socket(),
            buffer: Vec::new(),
            written: 0,
        })
    }

    /// Writes all pending bytes, waiting for the reader until `until`, or as long as necessary if
    /// it is `None`.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::TimedOut`] if not all could be written by then, in which case the rest is
    /// dropped; otherwise the error of writing.
    pub fn drain(&mut self, until: Option<Instant>) -> io::Result<()> {
        loop {
            self.write_waiting()?;
            let Some(fd) = self.waits() else {
                return Ok(());
            };
            if until.is_some_and(|until| until <= Instant::now()) {
                return Err(self.fail(io::ErrorKind::TimedOut.into()));
            }
            poll::wait_writable(fd, until)?;
        }
    }

    /// Writes pending bytes and then `bytes`, as far as possible. The rest is pending.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_waiting()?;
        let mut rest = bytes;
        while self.waiting().is_empty() && !rest.is_empty() {
            match self.write_some(rest) {
                Ok(Some(count)) => rest = &rest[count..],
                Ok(None) => break,
                Err(cause) => return Err(self.fail(cause)),
            }
        }
        self.buffer.extend_from_slice(rest);
        Ok(())
    }

    /// Writes pending bytes if there are enough for a batch.
    fn write_batch(&mut self) -> io::Result<()> {
        if self.waiting().len() < Self::BATCH {
            return Ok(());
        }
        self.write_waiting()
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        while !self.waiting().is_empty() {
            match self.write_some(self.waiting()) {
                Ok(Some(count)) => self.written += count,
                Ok(None) => {
                    self.drop_written();
                    return Ok(());
                }
                Err(cause) => return Err(self.fail(cause)),
            }
        }
        self.buffer.clear();
        self.written = 0;
        Ok(())
    }

    /// Drops pending bytes after an error.
    fn fail(&mut self, cause: io::Error) -> io::Error {
        self.buffer = Vec::new();
        self.written = 0;
        cause
    }

    /// Removes bytes that were written. Otherwise a slow reader could let the buffer grow while
    /// some bytes are always pending.
    fn drop_written(&mut self) {
        if self.written >= Self::BATCH {
            self.buffer.drain(..self.written);
            self.written = 0;
        }
    }

    fn waiting(&self) -> &[u8] {
        &self.buffer[self.written..]
    }

    /// Writes once; `None` if it would block.
    fn write_some(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        let up_to = |most: usize| &bytes[..bytes.len().min(most)];
        let bytes = match self.manner {
            Manner::Piecewise(_) if !readiness::is_writable(self.file.as_fd())? => return Ok(None),
            Manner::Piecewise(most) => up_to(most),
            Manner::Socket => up_to(PIECE),
            Manner::File | Manner::NonBlocking => bytes,
        };
        loop {
            let written = match self.manner {
                Manner::Socket => {
                    rustix::net::send(&self.file, bytes, SendFlags::DONTWAIT).map_err(Into::into)
                }
                _ => (&self.file).write(bytes),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => return Ok(Some(count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Sink for Descriptor {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() >= Self::LARGE {
            return self.write(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        self.write_batch()
    }

    fn put_messages(&mut self, messages: Messages<'_>, end: &[u8]) -> io::Result<()> {
        for piece in messages.pieces() {
            if piece.bytes.len() >= Self::LARGE {
                self.write(piece.bytes)?;
            } else {
                self.buffer.extend_from_slice(piece.bytes);
            }
            self.buffer.extend_from_slice(end);
        }
        self.write_batch()
    }

    fn waits(&self) -> Option<BorrowedFd<'_>> {
        (!self.waiting().is_empty()).then(|| self.file.as_fd())
    }

    fn full(&self) -> bool {
        self.waiting().len() >= Self::BATCH
    }

    fn watch(&self) -> Option<BorrowedFd<'_>> {
        self.has_reader.then(|| self.file.as_fd())
    }

    fn idle(&mut self) -> io::Result<()> {
        self.write_waiting()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    use crate::output::memory_sink::together;
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    #[test]
    fn full_pipe_does_not_block_or_lose_bytes() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let mut sink = Descriptor::new(writer.as_fd()).expect("a sink");
        drop(writer);
        let mut expected = Vec::new();
        let mut n = 0_u32;
        while !sink.full() {
            let line = format!("line {n}\n");
            sink.put(line.as_bytes()).expect("room in memory");
            expected.extend_from_slice(line.as_bytes());
            n += 1;
        }
        let large = vec![b'x'; Descriptor::LARGE * 3];
        sink.put(&large).expect("room in memory");
        expected.extend_from_slice(&large);
        let mut got = vec![0; expected.len()];
        let mut read = 0;
        while read < expected.len() {
            sink.idle().expect("the reader is there");
            read += reader.read(&mut got[read..]).expect("bytes");
        }
        assert!(got == expected, "every byte in order");
        assert!(sink.waits().is_none());
    }

    #[test]
    fn unread_terminals_and_sockets_do_not_block() {
        let terminal = nix::pty::openpty(None, None).expect("a terminal");
        let (socket, _peer) = UnixStream::pair().expect("a pair of sockets");
        for fd in [terminal.slave.as_fd(), socket.as_fd()] {
            let flags = nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_GETFL);
            let mut sink = Descriptor::new(fd).expect("a sink");
            while !sink.full() {
                sink.put(&[b'x'; 1000]).expect("room in memory");
            }
            let late = sink.drain(Some(Instant::now())).expect_err("nobody reads");
            assert_eq!(late.kind(), io::ErrorKind::TimedOut);
            assert!(sink.waits().is_none(), "what could not be written is gone");
            let after = nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_GETFL);
            assert_eq!(flags, after, "they belong to others too");
        }
    }

    #[test]
    fn slow_reader_does_not_grow_the_buffer() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let mut sink = Descriptor::new(writer.as_fd()).expect("a sink");
        // Bytes are always pending, and some are written each time.
        for _ in 0..2000 {
            while !sink.full() {
                sink.put(&[b'x'; 1000]).expect("room in memory");
            }
            reader.read_exact(&mut [0; 3000]).expect("bytes");
            sink.idle().expect("the reader is there");
        }
        assert!(sink.buffer.capacity() < 8 * Descriptor::BATCH);
    }

    #[test]
    fn closed_pipe_is_reported() {
        let (reader, writer) = io::pipe().expect("a pipe");
        let mut sink = Descriptor::new(writer.as_fd()).expect("a sink");
        drop(reader);
        sink.put(b"x").expect("buffered");
        let error = sink.idle().expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn pending_bytes_are_dropped_after_an_error() {
        let full = File::options().write(true).open("/dev/full");
        let full = full.expect("Linux has it");
        let mut sink = Descriptor::new(full.as_fd()).expect("a sink");
        sink.put(b"x").expect("buffered");
        sink.idle().expect_err("it is full");
        assert!(sink.waits().is_none());
        sink.put(&[b'x'; Descriptor::LARGE])
            .expect_err("so much is written at once");
        assert!(sink.waits().is_none());
        assert_eq!(sink.buffer.capacity(), 0);
    }

    #[test]
    fn order_of_small_and_large_messages_is_kept() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let mut sink = Descriptor::new(writer.as_fd()).expect("a sink");
        drop(writer);
        let large = vec![b'y'; Descriptor::LARGE];
        let payloads: [&[u8]; 5] = [b"a", &large, b"", &large[1..], b"z"];
        together(Kind::Binary, &payloads, |messages| {
            sink.put_messages(messages, b"\n")
                .expect("the reader is there");
        });
        sink.idle().expect("the reader is there");
        drop(sink);
        let mut got = Vec::new();
        reader.read_to_end(&mut got).expect("bytes");
        let expected = payloads.map(|payload| [payload, b"\n"].concat()).concat();
        assert!(got == expected, "every byte in order");
    }

    #[test]
    fn regular_file_gets_everything() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut sink = Descriptor::new(file.as_file().as_fd()).expect("a sink");
        for _ in 0..100_000 {
            sink.put(b"0123456789").expect("a file takes it");
        }
        sink.idle().expect("a file takes it");
        assert_eq!(
            file.as_file().metadata().expect("metadata").len(),
            1_000_000
        );
    }
}
