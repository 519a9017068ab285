//! TCP: one address after the other within one deadline, and a socket that keeps to it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::timed_out;
use crate::deadline::Deadline;
use crate::error::{plain, Error, Phase};
use crate::event::Step;

/// A TCP connection. While it has a deadline each read and write blocks no longer than that.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    deadline: Option<Deadline>,
}

impl Socket {
    /// Sets the deadline for what follows, or takes it away and lets reads and writes block for ever.
    ///
    /// # Errors
    ///
    /// What the operating system said.
    pub fn set_deadline(&mut self, deadline: Option<Deadline>) -> io::Result<()> {
        self.deadline = deadline;
        if deadline.is_none() {
            self.stream.set_read_timeout(None)?;
            self.stream.set_write_timeout(None)?;
        }
        Ok(())
    }

    /// See [`TcpStream::set_nonblocking`].
    ///
    /// # Errors
    ///
    /// What the operating system said.
    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.stream.set_nonblocking(nonblocking)
    }

    /// Ends our direction: the server reads an end of stream.
    ///
    /// # Errors
    ///
    /// What the operating system said; none if the connection is gone already.
    pub fn shutdown_write(&self) -> io::Result<()> {
        match self.stream.shutdown(Shutdown::Write) {
            Err(cause) if cause.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }

    /// A socket timeout shows as `WouldBlock` on some systems; only without a deadline can
    /// `WouldBlock` mean that the socket does not block.
    fn in_time<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|cause| match cause.kind() {
            io::ErrorKind::WouldBlock if self.deadline.is_some() => io::ErrorKind::TimedOut.into(),
            _ => cause,
        })
    }
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        Self {
            stream,
            deadline: None,
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(deadline) = self.deadline {
            self.stream.set_read_timeout(deadline.left()?)?;
        }
        let result = self.stream.read(buffer);
        self.in_time(result)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(deadline) = self.deadline {
            self.stream.set_write_timeout(deadline.left()?)?;
        }
        let result = self.stream.write(bytes);
        self.in_time(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Connects to the first of `addresses` that answers, and says which it was. No address takes
/// more than its share of the time that is left, so that a dead one leaves time for the next.
///
/// # Errors
///
/// [`Error::Timeout`] once the deadline has passed, else [`Error::Connect`] with each address's
/// own error.
pub fn connect(
    host: &str,
    addresses: &[SocketAddr],
    deadline: Deadline,
    tell: &mut dyn FnMut(Step),
) -> Result<(Socket, SocketAddr), Error> {
    let mut attempts = Vec::new();
    for (index, &address) in addresses.iter().enumerate() {
        let left = deadline
            .left()
            .map_err(|_| timed_out(deadline, Phase::Connect))?;
        let waiting = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let share = left.map(|left| (left / waiting).max(Duration::from_millis(1)));
        tell(Step::Trying(address));
        match connect_one(address, share) {
            Ok(socket) => return Ok((socket, address)),
            Err(cause) => {
                tell(Step::Missed(address, plain(&cause)));
                attempts.push((address, cause));
            }
        }
    }
    if deadline.left().is_err() {
        return Err(timed_out(deadline, Phase::Connect));
    }
    Err(Error::Connect {
        host: host.to_owned(),
        port: addresses.first().map_or(0, SocketAddr::port),
        attempts,
    })
}

/// Connects to one address within `limit`.
///
/// # Errors
///
/// What the operating system said, or that there was no answer in time.
pub fn connect_one(address: SocketAddr, limit: Option<Duration>) -> io::Result<Socket> {
    let stream = match limit {
        Some(limit) => TcpStream::connect_timeout(&address, limit).map_err(|cause| {
            // The operating system's own ETIMEDOUT has a number and a text.
            if cause.kind() == io::ErrorKind::TimedOut && cause.raw_os_error().is_none() {
                io::Error::new(cause.kind(), "no answer")
            } else {
                cause
            }
        })?,
        None => TcpStream::connect(address)?,
    };
    // Small messages must not wait for the acknowledgement of the one before (Nagle).
    stream.set_nodelay(true)?;
    Ok(Socket::from(stream))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn free_port() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        listener.local_addr().expect("it is bound")
    }

    #[test]
    fn a_refused_address_gives_way_to_the_next() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let open = listener.local_addr().expect("it is bound");
        let closed = free_port();
        let mut steps = Vec::new();
        let deadline = Deadline::after(Duration::from_secs(20));
        let (_socket, address) = connect("host", &[closed, open], deadline, &mut |step| {
            steps.push(step);
        })
        .expect("the second listens");
        assert_eq!(address, open);
        assert!(
            matches!(&steps[..], [Step::Trying(a), Step::Missed(b, why), Step::Trying(c)]
                if *a == closed && *b == closed && *c == open && why == "Connection refused"),
            "{steps:?}"
        );
    }

    #[test]
    fn each_address_keeps_its_error() {
        let (first, second) = (free_port(), free_port());
        let deadline = Deadline::never();
        let error = connect("host", &[first, second], deadline, &mut |_| ())
            .expect_err("nobody listens on either");
        let Error::Connect { attempts, port, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(port, first.port());
        let tried: Vec<_> = attempts.iter().map(|(address, _)| *address).collect();
        assert_eq!(tried, [first, second]);
    }

    #[test]
    fn a_deadline_that_has_passed_is_the_error() {
        let deadline = Deadline::after(Duration::ZERO);
        let error = connect("host", &[free_port()], deadline, &mut |_| ())
            .expect_err("there is no time left");
        assert!(
            matches!(
                error,
                Error::Timeout {
                    option: "--connect-timeout",
                    phase: Phase::Connect,
                    ..
                }
            ),
            "{error:?}"
        );
    }

    #[test]
    fn a_silent_peer_is_timed_out_and_the_deadline_can_be_taken_away() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("it is bound");
        let mut socket = connect_one(address, None).expect("it listens");
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
