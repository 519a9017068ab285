//! The tunnel to the server through a proxy.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::address::{Proxy, ProxyScheme};
use super::failure::TunnelError;
use super::{http_connect, socks};
use crate::connect::failure::{setting_up, timed_out};
use crate::connect::options::ConnectOptions;
use crate::connect::stream::Stream;
use crate::connect::tcp::{self, HostDialer};
use crate::connect::tls::{self, Connectors, TlsOptions};
use crate::deadline::Deadline;
use crate::error::{Error, Party, Phase};
use crate::event::ConnectStep;
use crate::http::{beginning, LimitReads};
use crate::target::HostPort;

/// A tunnel through a proxy, which can be opened again.
#[derive(Debug)]
pub struct Tunnel<'a> {
    proxy: &'a Proxy,
    options: &'a ConnectOptions,
    connectors: &'a Connectors,
    address: SocketAddr,
    to: HostPort,
}

impl<'a> Tunnel<'a> {
    /// Opens a tunnel through `proxy` to the server of `options`.
    ///
    /// # Errors
    ///
    /// [`Error::Resolve`] for a name that must be resolved locally for `socks5`, errors of TLS to
    /// the proxy, [`Error::Timeout`], and errors with [`Party::Proxy`].
    pub fn open(
        proxy: &'a Proxy,
        options: &'a ConnectOptions,
        connectors: &'a Connectors,
        hosts: &mut HostDialer<'_>,
    ) -> Result<(Stream, Self), Error> {
        let deadline = hosts.deadline;
        let destinations = destinations(proxy, options, hosts)?;
        (hosts.on_step)(ConnectStep::Proxy(proxy.to_string()));
        let mut left = destinations.len();
        for to in destinations {
            left -= 1;
            let connected = hosts.connect(&proxy.host_port);
            let (socket, address) = connected.map_err(|error| for_proxy(proxy, error))?;
            let begun = Instant::now();
            let tunnel = Self {
                proxy,
                options,
                connectors,
                address,
                to,
            };
            let asked = tunnel.request(socket.into(), deadline, hosts.on_step)?;
            *hosts.timing.proxy.get_or_insert(Duration::ZERO) += begun.elapsed();
            match (asked, tunnel.to.socket_addr()) {
                (Ok(stream), _) => return Ok((stream, tunnel)),
                (
                    Err(TunnelError::Refused {
                        cause,
                        try_next_address: true,
                        ..
                    }),
                    Some(failed),
                ) if left > 0 => (hosts.on_step)(ConnectStep::Failed(failed, cause)),
                (Err(failure), _) => return Err(tunnel.to_error(failure, deadline)),
            }
        }
        unreachable!("a name that was resolved has an address")
    }

    /// The proxy's address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What remains of a tunnel through a SOCKS proxy.
    #[must_use]
    pub fn socks(&self) -> Option<SocksTunnel> {
        self.proxy.scheme.is_socks().then(|| SocksTunnel {
            proxy: self.proxy.to_string(),
            to: self.to.to_string(),
        })
    }

    /// Finds text that has arrived behind the response of an HTTP proxy. It is the proxy's:
    /// a server sends nothing before it has received a request or a `ClientHello`.
    fn find_text(&self, stream: &Stream) -> Result<(), TunnelError> {
        let mut bytes = [0; 64];
        let count = match stream {
            Stream::Plain(socket) if !self.proxy.scheme.is_socks() => socket.peek(&mut bytes),
            _ => return Ok(()),
        };
        // An error is found again when the stream is read.
        let bytes = &bytes[..count.unwrap_or(0)];
        let is_text = ["<", "{", "0\r\n"]
            .iter()
            .any(|beginning| bytes.starts_with(beginning.as_bytes()));
        // Without TLS a response may be the server's, and is shown as such.
        let is_response = self.options.target.is_tls() && bytes.starts_with(b"HTTP/");
        if !is_text && !is_response {
            return Ok(());
        }
        Err(TunnelError::Invalid {
            cause: format!(
                "text behind its response to CONNECT, \"{}\"",
                beginning(bytes)
            ),
            hint: Some(
                "this may be a web server rather than a proxy: check the proxy's URL".to_owned(),
            ),
        })
    }

    /// Opens the same tunnel again.
    ///
    /// # Errors
    ///
    /// The error as an I/O error.
    pub fn open_again(&self, deadline: Deadline) -> io::Result<Stream> {
        let socket = tcp::connect(self.address, deadline.remaining()?)?;
        let requested = self.request(socket.into(), deadline, &mut |_| ());
        requested
            .map_err(io::Error::other)?
            .map_err(|failure| io::Error::other(self.to_error(failure, deadline)))
    }

    /// Requests the tunnel on a connection to the proxy.
    fn request(
        &self,
        mut stream: Stream,
        deadline: Deadline,
        on_step: &mut dyn FnMut(ConnectStep),
    ) -> Result<Result<Stream, TunnelError>, Error> {
        stream.set_deadline(Some(deadline)).map_err(setting_up)?;
        if self.proxy.scheme == ProxyScheme::Https {
            let (secured, description) = self.secure(stream, deadline)?;
            stream = secured;
            on_step(ConnectStep::TlsHandshake(description));
            let failure = self.options.tls.key_log_failure();
            failure.map(ConnectStep::KeysNotWritten).map(&mut *on_step);
        }
        let requested = request(&mut stream, self.proxy, self.options, &self.to, on_step);
        Ok(requested
            .and_then(|()| self.find_text(&stream))
            .map(|()| stream))
    }

    /// Sets up TLS to the proxy. `--servername`, the client certificate and the TLS versions apply
    /// to the server only.
    fn secure(&self, stream: Stream, deadline: Deadline) -> Result<(Stream, String), Error> {
        let options = TlsOptions {
            insecure: self.options.tls.insecure,
            cacert: self.options.tls.cacert.clone(),
            key_log: self.options.tls.key_log.clone(),
            inputs: self.options.tls.inputs.clone(),
            ..TlsOptions::default()
        };
        let peer = tls::Peer {
            party: Party::Proxy,
            host_port: &self.proxy.host_port,
            options: &options,
            deadline,
        };
        let preparing =
            tls::Preparing::start(&options, &self.proxy.host_port.host, self.connectors);
        let (tls, description) = peer.secure(stream, preparing, |deadline| {
            let mut stream = Stream::from(tcp::connect(self.address, deadline.remaining()?)?);
            stream.set_deadline(Some(deadline))?;
            Ok(stream)
        })?;
        Ok((Stream::from(tls), description))
    }

    fn to_error(&self, failure: TunnelError, deadline: Deadline) -> Error {
        let name = self.proxy.to_string();
        let origin = self.proxy.origin();
        match failure {
            TunnelError::Ended(Some(cause)) if cause.kind() == io::ErrorKind::TimedOut => {
                timed_out(deadline, Phase::Proxy)
            }
            TunnelError::Ended(cause) => {
                let error = Error::Unanswered {
                    party: Party::Proxy,
                    name,
                    cause,
                    hint: origin.or_else(|| Some(other_scheme(self.proxy.scheme).to_owned())),
                };
                let host = self.proxy.host_port.host.to_string();
                tls::find_alert(error, &host, &TlsOptions::default())
            }
            TunnelError::Invalid { cause, hint } => Error::InvalidResponse {
                party: Party::Proxy,
                name,
                cause,
                head: None,
                hint: hint
                    .or(origin)
                    .or_else(|| Some(other_scheme(self.proxy.scheme).to_owned())),
            },
            TunnelError::Refused {
                cause,
                mut refusal,
                hint,
                try_next_address,
            } => {
                let hint = hint.or(origin);
                if let Some(refusal) = &mut refusal {
                    refusal.hint.clone_from(&hint);
                }
                Error::ProxyRefused {
                    proxy: name,
                    to: self.to.to_string(),
                    cause,
                    refusal,
                    unreachable: try_next_address,
                    hint,
                }
            }
        }
    }
}

/// A tunnel through a SOCKS proxy, to explain why it ended.
#[derive(Debug)]
pub struct SocksTunnel {
    proxy: String,
    to: String,
}

impl SocksTunnel {
    /// Attributes an end without a response to the proxy. `ssh -D` accepts every request, and closes
    /// the connection if the server cannot be reached.
    #[must_use]
    pub fn explain(&self, error: Error) -> Error {
        let is_end = match &error {
            Error::Unanswered { party, cause, .. } => *party == Party::Server && cause.is_none(),
            other => tls::is_closed_by_server(other),
        };
        if !is_end {
            return error;
        }
        Error::ProxyRefused {
            proxy: self.proxy.clone(),
            to: self.to.clone(),
            cause: "it accepted the request and then closed the connection".to_owned(),
            refusal: None,
            unreachable: true,
            hint: Some(format!(
                "{} may be unreachable from the proxy (ssh -D reports this only by closing), or \
                 the server closed the connection without a response",
                self.to
            )),
        }
    }
}

/// Requests a tunnel to the server of `options` on a stream to `proxy`. Reads no byte beyond the
/// proxy's response. The stream must observe the deadline itself.
///
/// # Errors
///
/// [`Error::ProxyRefused`], [`Error::InvalidResponse`], [`Error::Unanswered`] or
/// [`Error::Timeout`].
pub fn request_tunnel<S: LimitReads + Write>(
    stream: &mut S,
    proxy: &Proxy,
    options: &ConnectOptions,
    deadline: Deadline,
) -> Result<(), Error> {
    let tunnel = Tunnel {
        proxy,
        options,
        connectors: &Connectors::default(),
        address: (Ipv4Addr::UNSPECIFIED, proxy.host_port.port).into(),
        to: options.target.origin.host_port.clone(),
    };
    request(stream, proxy, options, &tunnel.to, &mut |_| ())
        .map_err(|failure| tunnel.to_error(failure, deadline))
}

/// Requests a tunnel in the proxy's own protocol.
fn request<S: LimitReads + Write>(
    stream: &mut S,
    proxy: &Proxy,
    options: &ConnectOptions,
    to: &HostPort,
    on_step: &mut dyn FnMut(ConnectStep),
) -> Result<(), TunnelError> {
    if !proxy.scheme.is_socks() {
        return http_connect::connect(stream, proxy, options, to, on_step);
    }
    on_step(ConnectStep::ProxyRequest(to.to_string(), None));
    socks::connect(stream, proxy.credentials.as_ref(), to)?;
    on_step(ConnectStep::ProxyResponse(None));
    Ok(())
}

/// The destinations to request: the host name, or with `socks5` each of its addresses.
fn destinations(
    proxy: &Proxy,
    options: &ConnectOptions,
    hosts: &mut HostDialer<'_>,
) -> Result<Vec<HostPort>, Error> {
    let to = options.route.destination(&options.target.origin.host_port);
    if proxy.scheme != ProxyScheme::Socks5 {
        return Ok(vec![to]);
    }
    let addresses = hosts.addresses(&to)?;
    Ok(addresses.into_iter().map(HostPort::from).collect())
}

/// The hint for a proxy that seems to use another protocol.
fn other_scheme(scheme: ProxyScheme) -> &'static str {
    match scheme {
        ProxyScheme::Http => {
            "if the proxy uses TLS or SOCKS on this port, use https:// or socks5h:// in its URL"
        }
        ProxyScheme::Https => "if the proxy does not use TLS on this port, use http:// in its URL",
        ProxyScheme::Socks5 | ProxyScheme::Socks5h => {
            "if the proxy uses HTTP on this port, use http:// in its URL"
        }
    }
}

/// The error with the proxy as the party.
fn for_proxy(proxy: &Proxy, error: Error) -> Error {
    let party = Party::Proxy;
    match error {
        Error::Resolve { host, cause, .. } => Error::Resolve {
            party,
            host,
            cause,
            hint: proxy.origin(),
        },
        Error::ConnectTimeout {
            to,
            limit,
            attempts,
            ..
        } => Error::ConnectTimeout {
            party,
            to,
            limit,
            attempts,
        },
        Error::Connect { attempts, .. } => Error::Connect {
            party,
            to: proxy.to_string(),
            attempts,
            hint: proxy.origin(),
        },
        other => other,
    }
}
