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
/// What the operating system said, or that there was no response in time.
pub fn connect(path: &Path, limit: Option<Duration>) -> io::Result<Socket> {
    let address = SocketAddrUnix::new(path)?;
    let stream = UnixStream::from(socket::open(AddressFamily::UNIX)?);
    // A server that accepts nobody lets its clients wait: on Linux for as long as they would
    // write (unix(7)), elsewhere not at all.
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
