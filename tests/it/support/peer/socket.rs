//! The peer's sockets: TCP or Unix, plain or with TLS.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

/// A listening socket.
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    pub fn tcp(addr: SocketAddr) -> Self {
        Self::Tcp(TcpListener::bind(addr).expect("a free loopback port can be had"))
    }

    pub fn unix(path: &Path) -> Self {
        Self::Unix(UnixListener::bind(path).expect("a socket can be made at this path"))
    }

    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(listener) => Some(listener.local_addr().ok()?.port()),
            Self::Unix(_) => None,
        }
    }

    /// A client, if one comes within `limit` (at most a minute).
    pub fn accept_within(&self, limit: Duration) -> io::Result<Option<Socket>> {
        let mut fds = [PollFd::new(self.as_fd(), PollFlags::POLLIN)];
        let millis = u16::try_from(limit.as_millis()).unwrap_or(60_000);
        match poll(&mut fds, PollTimeout::from(millis)) {
            Ok(0) | Err(nix::Error::EINTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Some(match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                Socket::Tcp(stream)
            }
            Self::Unix(listener) => Socket::Unix(listener.accept()?.0),
        }))
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener) => listener.as_fd(),
        }
    }
}

/// A connected socket. Like the sockets of std, it reads and writes through a shared reference.
#[derive(Debug)]
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(stream) => Self::Tcp(stream.try_clone()?),
            Self::Unix(stream) => Self::Unix(stream.try_clone()?),
        })
    }

    pub fn set_timeouts(&self, limit: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))
            }
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))
            }
        }
    }

    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(how),
            Self::Unix(stream) => stream.shutdown(how),
        }
    }

    /// Makes the next close send RST instead of FIN. Unix sockets have no RST.
    pub fn reset_when_closed(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
                Ok(())
            }
            Self::Unix(_) => Err(io::Error::other("a Unix socket can't be reset")),
        }
    }
}

impl Read for Socket {
    /// Continues after a signal: with a timeout the system doesn't, and OpenSSL takes the
    /// interruption for the end of the connection.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Self::Tcp(stream) => stream.read(buf),
                Self::Unix(stream) => stream.read(buf),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}

impl Write for Socket {
    /// Continues after a signal, as reading does.
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        loop {
            let written = match self {
                Self::Tcp(stream) => stream.write(buf),
                Self::Unix(stream) => stream.write(buf),
            };
            match written {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A port of 127.0.0.1 on which nothing listens until this is dropped: it is bound, so that no
/// other program can listen there.
pub struct Refusing {
    addr: SocketAddr,
    _taken: std::os::fd::OwnedFd,
}

impl Refusing {
    pub fn new() -> Self {
        use rustix::net::{bind, getsockname, socket, AddressFamily, SocketType};
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let taken =
            socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket can be made");
        rustix::io::fcntl_setfd(&taken, rustix::io::FdFlags::CLOEXEC).expect("a flag can be set");
        bind(&taken, &any).expect("a free loopback port can be had");
        let addr = getsockname(&taken)
            .ok()
            .and_then(|addr| addr.try_into().ok())
            .expect("a bound socket has an address");
        Self {
            addr,
            _taken: taken,
        }
    }

    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    pub fn url(&self) -> String {
        format!("ws://{}/", self.addr)
    }
}

/// A port of 127.0.0.1 for a server that the program starts: nothing listens on it yet, and no
/// other program gets it.
pub struct Reserved {
    addr: SocketAddr,
    _taken: Option<std::os::fd::OwnedFd>,
}

impl Reserved {
    pub fn new() -> Self {
        use rustix::net::{bind, getsockname, socket, sockopt, AddressFamily, SocketType};
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let taken =
            socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket can be made");
        rustix::io::fcntl_setfd(&taken, rustix::io::FdFlags::CLOEXEC).expect("a flag can be set");
        sockopt::set_socket_reuseaddr(&taken, true).expect("an option can be set");
        bind(&taken, &any).expect("a free loopback port can be had");
        let addr = getsockname(&taken)
            .ok()
            .and_then(|addr| addr.try_into().ok())
            .expect("a bound socket has an address");
        Self {
            addr,
            // Except on Linux, a second socket can't be bound while this one is.
            _taken: cfg!(target_os = "linux").then_some(taken),
        }
    }

    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    pub fn url(&self) -> String {
        format!("ws://{}/", self.addr)
    }
}
