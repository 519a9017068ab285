//! A byte stream: a socket, or TLS over another stream.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use super::socket::Socket;
use super::tls::TlsStream;
use crate::deadline::Deadline;
use crate::http::LimitReads;

/// A connected stream. TLS runs over any stream, including TLS.
#[derive(Debug)]
pub enum Stream {
    /// A plain TCP or Unix socket.
    Plain(Socket),
    /// TLS. It may hold decrypted bytes that poll(2) doesn't report, so read until `WouldBlock`. A
    /// write that returned `WouldBlock` must be repeated with the same bytes, or with more
    /// appended.
    Tls(Box<TlsStream<Stream>>),
}

impl Stream {
    /// Sets the deadline of blocking reads and writes, after which they fail with
    /// [`io::ErrorKind::TimedOut`]; `None` removes it.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn set_deadline(&mut self, deadline: Option<Deadline>) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.set_deadline(deadline),
            Self::Tls(tls) => tls.below_mut().set_deadline(deadline),
        }
    }

    /// Sets whether reads and writes return `WouldBlock` instead of waiting.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.set_nonblocking(nonblocking),
            Self::Tls(tls) => tls.below().set_nonblocking(nonblocking),
        }
    }

    /// Whether the stream is TLS, so that it may hold bytes that poll(2) doesn't report.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The server's certificate; see [`TlsStream::certificate`].
    #[must_use]
    pub fn certificate(&self) -> Option<Vec<String>> {
        match self {
            Self::Tls(tls) => tls.certificate(),
            Self::Plain(_) => None,
        }
    }

    /// Shuts down our direction with `close_notify` (RFC 8446 §6.1) for TLS and FIN for TCP.
    ///
    /// It never blocks. If there is no room for the `close_notify`, only the FIN is sent: the Close
    /// frames have shown that nothing is missing.
    ///
    /// # Errors
    ///
    /// The error of the operating system, except if the connection has already ended.
    pub fn shutdown_write(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.shutdown_write(),
            Self::Tls(tls) => {
                let sent = tls.close_notify();
                tls.below_mut().shutdown_write()?;
                match sent {
                    Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => Ok(()),
                    sent => sent,
                }
            }
        }
    }
}

impl From<Socket> for Stream {
    fn from(socket: Socket) -> Self {
        Self::Plain(socket)
    }
}

impl From<TlsStream<Stream>> for Stream {
    fn from(tls: TlsStream<Stream>) -> Self {
        Self::Tls(Box::new(tls))
    }
}

impl LimitReads for Stream {
    fn limit_reads(&mut self, end: Instant) {
        match self {
            Self::Plain(socket) => socket.limit_reads(end),
            Self::Tls(tls) => tls.below_mut().limit_reads(end),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Plain(socket) => socket.as_fd(),
            Self::Tls(tls) => tls.below().as_fd(),
        }
    }
}
