//! A connection to a Unix socket.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix};

use super::socket::{self, Socket};

/// Connects to a Unix socket within `limit`.
///
/// # Errors
///
/// The error of the operating system, or a timeout.
pub fn connect(path: &Path, limit: Option<Duration>) -> io::Result<Socket> {
    let address = SocketAddrUnix::new(path)?;
    let stream = UnixStream::from(socket::open(AddressFamily::UNIX)?);
    // If the server does not accept connections, connect(2) blocks: on Linux for the write timeout
    // (unix(7)), on other systems not at all.
    stream.set_write_timeout(limit)?;
    loop {
        return match rustix::net::connect(&stream, &address) {
            Ok(()) => Ok(Socket::from_unix(stream)),
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) => Err(io::Error::new(io::ErrorKind::TimedOut, "no response")),
            Err(cause) => Err(cause.into()),
        };
    }
}
