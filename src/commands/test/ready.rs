//! Checks whether the server of `--serve` accepts connections.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::connect::route::RouteOptions;
use crate::connect::{dns, tcp, unix};
use crate::target::{HostPort, Target};

/// The timeout of one attempt to connect.
const ATTEMPT: Duration = Duration::from_millis(250);

/// The address of the server.
#[derive(Debug)]
pub enum Endpoint {
    /// A TCP port.
    Tcp {
        /// The host and the port.
        host_port: HostPort,
        /// The options for reaching the server.
        way: RouteOptions,
    },
    /// A Unix socket.
    Unix(PathBuf),
}

impl Endpoint {
    /// The endpoint of a URL, according to the options of the connections. Proxies are ignored,
    /// because the server runs on this machine.
    #[must_use]
    pub fn of(target: &Target, way: &RouteOptions) -> Self {
        let socket = way
            .unix_socket
            .as_ref()
            .or(target.origin.unix_socket.as_ref());
        if let Some(path) = socket {
            return Self::Unix(path.clone());
        }
        Self::Tcp {
            host_port: way.destination(&target.origin.host_port),
            way: way.clone(),
        }
    }

    /// Whether the server accepts connections. Errors are ignored, because they may be temporary;
    /// permanent ones are reported when the first file is run, or as a timeout.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Unix(path) => unix::connect(path, Some(ATTEMPT)).is_ok(),
            Self::Tcp { host_port, way } => {
                let addresses = dns::lookup(host_port, way);
                let accepts = |address| tcp::connect(address, Some(ATTEMPT)).is_ok();
                addresses.is_ok_and(|addresses| addresses.into_iter().any(accepts))
            }
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Tcp { host_port, .. } => host_port.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::connect::route::ConnectToRule;

    fn endpoint(url: &str) -> Endpoint {
        let target = Target::parse(url).expect("an address");
        Endpoint::of(&target, &RouteOptions::default())
    }

    #[test]
    fn port_is_open_while_a_server_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("it is bound");
        let endpoint = endpoint(&format!("ws://{address}/chat"));
        assert_eq!(endpoint.to_string(), address.to_string());
        assert!(endpoint.is_open());
        drop(listener);
        assert!(!endpoint.is_open());
    }

    #[test]
    fn unix_socket_is_open_while_a_server_listens() {
        let folder = crate::sys::testing::socket_directory();
        let path = folder.path().join("s.sock");
        let endpoint = endpoint(&format!("ws+unix://{}:/chat", path.display()));
        assert!(!endpoint.is_open());
        let _listener = UnixListener::bind(&path).expect("a socket");
        assert!(endpoint.is_open());
    }

    #[test]
    fn endpoint_depends_on_routing_options() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let target = Target::parse("ws://no.such.host.invalid:80/").expect("an address");
        let detour = ConnectToRule::parse(&format!("::127.0.0.1:{port}")).expect("a detour");
        let way = RouteOptions {
            connect_to: vec![detour],
            ..RouteOptions::default()
        };
        assert!(Endpoint::of(&target, &way).is_open());
    }
}
