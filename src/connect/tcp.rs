//! TCP connections: to one address, or to a host with all its addresses.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::dns::{self, AddressCache};
use super::failure::timed_out;
use super::race;
use super::route::RouteOptions;
use super::socket::Socket;
use crate::deadline::Deadline;
use crate::error::{Error, Phase};
use crate::event::{ConnectStep, PeerAddress, Timing};
use crate::target::HostPort;

/// Connects to one address within `limit`.
///
/// # Errors
///
/// The error of the operating system, or a timeout.
pub fn connect(address: SocketAddr, limit: Option<Duration>) -> io::Result<Socket> {
    let stream = match limit {
        Some(limit) => TcpStream::connect_timeout(&address, limit).map_err(|cause| {
            // Returns ETIMEDOUT, which has an error number and a text.
            if cause.kind() == io::ErrorKind::TimedOut && cause.raw_os_error().is_none() {
                io::Error::new(cause.kind(), "no response")
            } else {
                cause
            }
        })?,
        None => TcpStream::connect(address)?,
    };
    Socket::from_tcp(stream)
}

/// Connects to hosts and reports the steps.
pub struct HostDialer<'a> {
    /// The options for name resolution.
    pub route: &'a RouteOptions,
    /// The cache of resolved addresses; `None` to resolve each time.
    pub cache: Option<&'a AddressCache>,
    /// The deadline.
    pub deadline: Deadline,
    /// How long each step took.
    pub timing: &'a mut Timing,
    /// Called with each step when it is complete.
    pub on_step: &'a mut dyn FnMut(ConnectStep),
}

impl HostDialer<'_> {
    /// Connects to a host, which is the server or the proxy.
    ///
    /// # Errors
    ///
    /// [`Error::Resolve`], [`Error::Connect`], [`Error::ConnectTimeout`] or [`Error::Timeout`].
    pub fn connect(&mut self, to: &HostPort) -> Result<(Socket, SocketAddr), Error> {
        let addresses = self.addresses(to)?;
        let begun = Instant::now();
        let (socket, address) = race::connect(to, &addresses, self.deadline, self.on_step)?;
        *self.timing.connect.get_or_insert(Duration::ZERO) += begun.elapsed();
        (self.on_step)(ConnectStep::Connected(PeerAddress::Tcp(address)));
        Ok((socket, address))
    }

    /// The addresses of a host, at least one. The resolver is used only if they are not known
    /// otherwise.
    ///
    /// # Errors
    ///
    /// [`Error::Resolve`] or [`Error::Timeout`].
    pub fn addresses(&mut self, to: &HostPort) -> Result<Vec<SocketAddr>, Error> {
        if let Some(addresses) = dns::known(to, self.route)? {
            return Ok(addresses);
        }
        let resolved = match self.cached(to) {
            Some(addresses) => addresses,
            None => self.resolve(to)?,
        };
        dns::select(&to.host, resolved, self.route.family)
    }

    fn cached(&self, to: &HostPort) -> Option<Vec<SocketAddr>> {
        let cache = self.cache?.lock().unwrap_or_else(PoisonError::into_inner);
        cache.get(to).cloned()
    }

    fn resolve(&mut self, to: &HostPort) -> Result<Vec<SocketAddr>, Error> {
        let begun = Instant::now();
        let addresses = dns::resolve(to)?;
        *self.timing.resolve.get_or_insert(Duration::ZERO) += begun.elapsed();
        (self.on_step)(ConnectStep::Resolved(addresses.clone()));
        self.deadline
            .remaining()
            .map_err(|_| timed_out(self.deadline, Phase::Resolve))?;
        if let Some(cache) = self.cache {
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.insert(to.clone(), addresses.clone());
        }
        Ok(addresses)
    }
}
