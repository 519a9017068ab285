//! A connected TCP or Unix socket with a deadline.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, RecvFlags, SocketType};

use crate::deadline::Deadline;
use crate::sys::poll;

/// A socket whose reads and writes fail once its deadline has passed.
///
/// Reads wait in poll(2), because a socket's own timeout may be late by a second. Writes use the
/// socket's timeout, because they can block even after poll(2).
#[derive(Debug)]
pub struct Socket {
    stream: SocketKind,
    deadline: Option<Deadline>,
    /// A deadline for reads only.
    read_end: Option<Instant>,
}

#[derive(Debug)]
enum SocketKind {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// Sets the deadline of reads and writes; `None` lets them block forever.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn set_deadline(&mut self, deadline: Option<Deadline>) -> io::Result<()> {
        self.deadline = deadline;
        self.read_end = None;
        if deadline.is_none() {
            self.set_write_timeout(None)?;
        }
        Ok(())
    }

    /// Sets a deadline for reads in addition. Setting the deadline removes it.
    pub fn limit_reads(&mut self, end: Instant) {
        self.read_end = Some(end);
    }

    /// Waits until the socket is readable.
    fn wait_readable(&self) -> io::Result<()> {
        let deadline = self.deadline.and_then(|deadline| deadline.instant());
        let Some(end) = deadline.into_iter().chain(self.read_end).min() else {
            return Ok(());
        };
        if poll::wait_readable(self.as_fd(), Some(end))? {
            Ok(())
        } else {
            Err(io::ErrorKind::TimedOut.into())
        }
    }

    fn set_write_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        match &self.stream {
            SocketKind::Tcp(stream) => stream.set_write_timeout(limit),
            SocketKind::Unix(stream) => stream.set_write_timeout(limit),
        }
    }

    /// Wraps a newly connected TCP socket.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn from_tcp(stream: TcpStream) -> io::Result<Self> {
        // Disables Nagle's algorithm: a small message must not wait for the acknowledgment of the
        // previous one.
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: SocketKind::Tcp(stream),
            deadline: None,
            read_end: None,
        })
    }

    /// Wraps a newly connected Unix socket.
    #[must_use]
    pub fn from_unix(stream: UnixStream) -> Self {
        Self {
            stream: SocketKind::Unix(stream),
            deadline: None,
            read_end: None,
        }
    }

    /// See [`TcpStream::set_nonblocking`].
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        match &self.stream {
            SocketKind::Tcp(stream) => stream.set_nonblocking(nonblocking),
            SocketKind::Unix(stream) => stream.set_nonblocking(nonblocking),
        }
    }

    /// Reads available bytes into `buffer` without removing them.
    ///
    /// # Errors
    ///
    /// The error of the operating system; [`io::ErrorKind::WouldBlock`] if there are none.
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let (count, _) = rustix::net::recv(self.as_fd(), buffer, flags)?;
        Ok(count)
    }

    /// Shuts down our direction, so that the server reads the end of the stream.
    ///
    /// # Errors
    ///
    /// The error of the operating system, except if the connection has already ended.
    pub fn shutdown_write(&self) -> io::Result<()> {
        let result = match &self.stream {
            SocketKind::Tcp(stream) => stream.shutdown(Shutdown::Write),
            SocketKind::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
        match result {
            Err(cause) if cause.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }

    /// Converts `WouldBlock` to a timeout: some systems return it when a socket timeout expires.
    /// Without a deadline, it means that the socket is non-blocking.
    fn in_time<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|cause| match cause.kind() {
            io::ErrorKind::WouldBlock if self.deadline.is_some() => io::ErrorKind::TimedOut.into(),
            _ => cause,
        })
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait_readable()?;
        match &mut self.stream {
            SocketKind::Tcp(stream) => stream.read(buffer),
            SocketKind::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(deadline) = self.deadline {
            self.set_write_timeout(deadline.remaining()?)?;
        }
        let result = match &mut self.stream {
            SocketKind::Tcp(stream) => stream.write(bytes),
            SocketKind::Unix(stream) => stream.write(bytes),
        };
        self.in_time(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.stream {
            SocketKind::Tcp(stream) => stream.as_fd(),
            SocketKind::Unix(stream) => stream.as_fd(),
        }
    }
}

/// Opens a stream socket that child processes don't inherit.
pub(super) fn open(family: AddressFamily) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::tcp;
    use super::*;

    #[test]
    fn reads_time_out_until_the_deadline_is_removed() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("it is bound");
        let mut socket = tcp::connect(address, None).expect("it listens");
        let (mut peer, _) = listener.accept().expect("it has connected");
        socket
            .set_deadline(Some(Deadline::after(Duration::from_millis(20))))
            .expect("a fresh socket");
        let silence = socket.read(&mut [0; 8]).expect_err("nothing was sent");
        assert_eq!(silence.kind(), io::ErrorKind::TimedOut);
        let late = socket.write(b"x").expect_err("the deadline has passed");
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);

        socket.set_deadline(None).expect("it is open");
        peer.write_all(b"hi").expect("it is open");
        let mut two = [0; 2];
        socket.read_exact(&mut two).expect("it was sent");
        assert_eq!(&two, b"hi");
        socket.set_nonblocking(true).expect("it is open");
        let nothing = socket.read(&mut two).expect_err("nothing more was sent");
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        socket.shutdown_write().expect("it is open");
        let mut rest = Vec::new();
        peer.read_to_end(&mut rest).expect("it was ended");
        assert!(rest.is_empty());
    }
}
