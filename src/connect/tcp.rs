//! One TCP connection to one address.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::socket::Socket;

/// Connects to one address within `limit`.
///
/// # Errors
///
/// What the operating system said, or that there was no answer in time.
pub fn connect(address: SocketAddr, limit: Option<Duration>) -> io::Result<Socket> {
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
    Socket::of_tcp(stream)
}
