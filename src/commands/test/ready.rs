//! Whether the server of `--serve` or `--ready` can be used: it answers an upgrade request.

use std::io::{self, Write as _};
use std::time::Duration;

use crate::connect::{
    dns, tcp, unix, Attempt, AttemptEvent, ConnectOptions, Dialer, OpenedConnection,
};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::protocol::{CloseReason, Protocol, ProtocolConfig};

/// The maximum time of one attempt. A server that has only begun to listen may accept a connection
/// and never answer on it.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The maximum time to find out whether something listens.
const PROBE: Duration = Duration::from_millis(250);

/// The server.
#[derive(Debug)]
pub struct Endpoint {
    request: ConnectOptions,
    url: String,
    dialer: Dialer,
}

/// The result of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The server can be used.
    Ready,
    /// It can't be used yet, for this reason.
    NotYet(String),
    /// The time of the attempt has passed.
    TimedOut,
}

/// An attempt in progress.
#[derive(Debug)]
pub struct ReadyAttempt(Attempt);

impl Endpoint {
    /// The server that `request` reaches.
    #[must_use]
    pub fn new(request: ConnectOptions) -> Self {
        Self {
            url: request.target.url(),
            request,
            dialer: Dialer::new(),
        }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address, as a host and port or a path.
    #[must_use]
    pub fn address(&self) -> String {
        if let Some(path) = self.request.unix_socket() {
            return path.display().to_string();
        }
        let host_port = &self.request.target.origin.host_port;
        self.request.route.destination(host_port).to_string()
    }

    /// Whether something listens there, whatever it is. Errors count as no.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        if let Some(path) = self.request.unix_socket() {
            return unix::connect(path, Some(PROBE)).is_ok();
        }
        let route = &self.request.route;
        let to = route.destination(&self.request.target.origin.host_port);
        let accepts = |address| tcp::connect(address, Some(PROBE)).is_ok();
        dns::lookup(&to, route).is_ok_and(|addresses| addresses.into_iter().any(accepts))
    }

    /// Begins to open a WebSocket.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn attempt(&self, deadline: Deadline) -> io::Result<ReadyAttempt> {
        let left = deadline.remaining().unwrap_or(Some(Duration::ZERO));
        let limit = left.map_or(ATTEMPT, |left| left.min(ATTEMPT));
        let attempt = self
            .dialer
            .start(self.request.clone(), Deadline::after(limit))?;
        Ok(ReadyAttempt(attempt))
    }
}

impl ReadyAttempt {
    /// The result, once it is known.
    pub fn readiness(&mut self) -> Option<Readiness> {
        loop {
            match self.0.next()? {
                AttemptEvent::Step(_) => {}
                AttemptEvent::Done(result) => return Some(readiness(*result)),
            }
        }
    }
}

/// Errors that may be temporary mean that the server is not ready; permanent ones are reported when
/// the first file is run.
fn readiness(result: Result<OpenedConnection, Error>) -> Readiness {
    let error = match result {
        Ok(opened) => {
            close(opened);
            return Readiness::Ready;
        }
        Err(error) => error,
    };
    match &error {
        Error::Refused(refusal) if refusal.head.status < 500 => Readiness::Ready,
        // The last attempt has only what is left of the time. The cause of the one before says more.
        Error::Timeout { .. } | Error::ConnectTimeout { .. } => Readiness::TimedOut,
        Error::Refused(_)
        | Error::Resolve { .. }
        | Error::Connect { .. }
        | Error::UnixSocket { .. }
        | Error::Unanswered { .. }
        | Error::ProxyRefused { .. }
        | Error::System { .. } => Readiness::NotYet(error.to_string()),
        _ => Readiness::Ready,
    }
}

/// Sends a Close. Nobody waits for the answer.
fn close(mut opened: OpenedConnection) {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    let code = 1000;
    let reason = String::new();
    protocol.close(Some(CloseReason { code, reason }));
    // The server may have gone already.
    let _ = opened.stream.write_all(protocol.output());
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::connect::route::ConnectToRule;
    use crate::error::Refusal;
    use crate::http::ResponseHead;
    use crate::target::Target;

    fn endpoint(url: &str) -> Endpoint {
        let target = Target::parse(url).expect("an address");
        Endpoint::new(ConnectOptions::new(target))
    }

    #[test]
    fn port_is_listening_while_a_server_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("it is bound");
        let endpoint = endpoint(&format!("ws://{address}/chat"));
        assert_eq!(endpoint.address(), address.to_string());
        assert!(endpoint.is_listening());
        drop(listener);
        assert!(!endpoint.is_listening());
    }

    #[test]
    fn unix_socket_is_listening_while_a_server_listens() {
        let folder = crate::sys::testing::socket_directory();
        let path = folder.path().join("s.sock");
        let endpoint = endpoint(&format!("ws+unix://{}:/chat", path.display()));
        assert_eq!(endpoint.address(), path.display().to_string());
        assert!(!endpoint.is_listening());
        let _listener = UnixListener::bind(&path).expect("a socket");
        assert!(endpoint.is_listening());
    }

    #[test]
    fn address_depends_on_routing_options() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let detour = ConnectToRule::parse(&format!("::127.0.0.1:{port}")).expect("a detour");
        let mut endpoint = endpoint("ws://no.such.host.invalid:80/");
        endpoint.request.route.connect_to = vec![detour];
        assert!(endpoint.is_listening());
    }

    #[test]
    fn refusal_by_the_server_itself_shows_that_it_is_ready() {
        let refused = |status| {
            let head = ResponseHead {
                status,
                status_line: format!("HTTP/1.1 {status} No"),
                ..ResponseHead::default()
            };
            readiness(Err(Error::Refused(Box::new(Refusal {
                head,
                ..Refusal::default()
            }))))
        };
        assert_eq!(
            (refused(401), refused(302)),
            (Readiness::Ready, Readiness::Ready)
        );
        let cause = "the server refused the upgrade: HTTP/1.1 503 No";
        assert_eq!(refused(503), Readiness::NotYet(cause.to_owned()));
        let down = Error::Connect {
            party: crate::error::Party::Server,
            to: "h:1".to_owned(),
            attempts: Vec::new(),
            hint: None,
        };
        assert!(matches!(readiness(Err(down)), Readiness::NotYet(_)));
        let certificate = Error::CaFile {
            path: "x".to_owned(),
            cause: "y".to_owned(),
            hint: None,
        };
        assert_eq!(readiness(Err(certificate)), Readiness::Ready);
    }
}
