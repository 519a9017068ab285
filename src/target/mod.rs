//! WebSocket URLs (RFC 6455 §3).

pub mod address;
mod error;
pub mod host;
pub mod host_error;
mod parse;
mod percent;
mod unix;

use std::path::PathBuf;

pub use address::Address;
pub use error::InvalidUrl;
pub use host::{Host, HostPort};
pub use host_error::HostError;
pub use percent::percent_decode;

use crate::http::Credentials;

/// The scheme of a WebSocket URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `ws`: plain TCP.
    Ws,
    /// `wss`: TLS.
    Wss,
}

impl Scheme {
    /// The port of a URL without a port (RFC 6455 §3).
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }

    /// The name of the scheme in URLs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }
}

/// Scheme, host and port (RFC 6454 §4), and the Unix socket if there is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The scheme.
    pub scheme: Scheme,
    /// The host and the port; `localhost` with the default port for a Unix socket.
    pub host_port: HostPort,
    /// The path of the Unix socket, for `ws+unix` and `wss+unix`.
    pub unix_socket: Option<PathBuf>,
}

/// A parsed WebSocket URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The server to connect to.
    pub origin: Origin,
    /// The resource name: path and query (RFC 6455 §3), never empty.
    pub resource: String,
    /// The user name and password before the `@`, percent-decoded.
    pub credentials: Option<Credentials>,
    /// Whether the URL had no scheme and one was assumed.
    pub scheme_assumed: bool,
}

impl Target {
    /// Whether the connection uses TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.origin.scheme == Scheme::Wss
    }

    /// The host of the server.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.origin.host_port.host
    }

    /// The URL without credentials.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = self.origin.scheme.name();
        let resource = &self.resource;
        match &self.origin.unix_socket {
            Some(path) => format!("{scheme}+unix://{}:{resource}", percent::encode_path(path)),
            None => format!("{scheme}://{}{resource}", self.authority(self.host())),
        }
    }

    /// The value of the `Host` header: without the port if it is the default (RFC 6455 §4.1), and
    /// without the zone (RFC 6874 §4).
    #[must_use]
    pub fn host_header(&self) -> String {
        self.authority(&self.host().without_zone())
    }

    fn authority(&self, host: &Host) -> String {
        let port = self.origin.host_port.port;
        if port == self.origin.scheme.default_port() {
            host.to_string()
        } else {
            format!("{host}:{port}")
        }
    }

    /// Checks that credentials and cookies may be sent: to a host other than loopback, not over a
    /// `ws` that was assumed because the URL had no scheme.
    ///
    /// # Errors
    ///
    /// The credentials would be sent unencrypted.
    pub fn check_credentials_allowed(&self) -> Result<(), InvalidUrl> {
        if self.is_tls() || !self.scheme_assumed || self.host().is_loopback() {
            return Ok(());
        }
        let problem = format!("credentials would be sent unencrypted to {}", self.host());
        Err(InvalidUrl::new(problem)
            .with_hint("use wss:// to encrypt them, or ws:// to send them anyway"))
    }
}

#[cfg(test)]
mod tests;
