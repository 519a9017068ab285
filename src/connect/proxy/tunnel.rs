//! The stream to the server through a proxy: how the proxy is asked, and what comes of it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::address::{Proxy, ProxyScheme};
use super::{http_connect, socks};
use crate::connect::options::ConnectOptions;
use crate::connect::stream::Stream;
use crate::connect::tls::{self, TlsOptions};
use crate::connect::{addresses, reach, setting_up, tcp, timed_out};
use crate::deadline::Deadline;
use crate::error::{Error, Phase, Refusal};
use crate::event::{ConnectStep, Timing};
use crate::target::HostPort;

/// Why a proxy made no tunnel.
#[derive(Debug)]
pub(super) enum TunnelError {
    /// It says no, in these words.
    Refused {
        cause: String,
        refusal: Option<Box<Refusal>>,
        hint: Option<String>,
        /// Another address of the server may fare better.
        other_may_do: bool,
    },
    /// Its answer is none.
    Wrong { cause: String, hint: Option<String> },
    /// The connection ended, with this error if there was one.
    Ended(Option<io::Error>),
}

impl From<io::Error> for TunnelError {
    fn from(cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::UnexpectedEof => Self::Ended(None),
            _ => Self::Ended(Some(cause)),
        }
    }
}

/// A way through a proxy, to be taken more than once.
#[derive(Debug)]
pub struct Tunnel<'a> {
    proxy: &'a Proxy,
    request: &'a ConnectOptions,
    address: SocketAddr,
    to: HostPort,
}

impl<'a> Tunnel<'a> {
    /// Makes a tunnel through `proxy` to the server of `request`.
    ///
    /// # Errors
    ///
    /// [`Error::Resolve`] for a name that `socks5` resolves here, what goes wrong with TLS to the
    /// proxy, [`Error::Timeout`], and the errors that name the proxy.
    pub fn open(
        proxy: &'a Proxy,
        request: &'a ConnectOptions,
        deadline: Deadline,
        timing: &mut Timing,
        tell: &mut dyn FnMut(ConnectStep),
    ) -> Result<(Stream, Self), Error> {
        let destinations = destinations(proxy, request, deadline, timing, tell)?;
        tell(ConnectStep::Proxy(proxy.to_string()));
        let mut left = destinations.len();
        for to in destinations {
            left -= 1;
            let way = &request.route;
            let reached = reach(&proxy.host_port, way, deadline, timing, tell);
            let (socket, address) = reached.map_err(|error| blame(proxy, error))?;
            let begun = Instant::now();
            let tunnel = Self {
                proxy,
                request,
                address,
                to,
            };
            let asked = tunnel.ask(socket.into(), deadline, tell)?;
            *timing.proxy.get_or_insert(Duration::ZERO) += begun.elapsed();
            match (asked, tunnel.to.socket_addr()) {
                (Ok(stream), _) => return Ok((stream, tunnel)),
                (
                    Err(TunnelError::Refused {
                        cause,
                        other_may_do: true,
                        ..
                    }),
                    Some(missed),
                ) if left > 0 => tell(ConnectStep::Failed(missed, cause)),
                (Err(fault), _) => return Err(tunnel.in_words(fault, deadline)),
            }
        }
        unreachable!("a name that was resolved has an address")
    }

    /// The proxy's own address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes the same tunnel once more.
    ///
    /// # Errors
    ///
    /// What went wrong.
    pub fn again(&self, deadline: Deadline) -> io::Result<Stream> {
        let socket = tcp::connect(self.address, deadline.remaining()?)?;
        let asked = self.ask(socket.into(), deadline, &mut |_| ());
        asked
            .map_err(io::Error::other)?
            .map_err(|fault| io::Error::other(self.in_words(fault, deadline)))
    }

    /// Asks the proxy on a connection to it.
    fn ask(
        &self,
        mut stream: Stream,
        deadline: Deadline,
        tell: &mut dyn FnMut(ConnectStep),
    ) -> Result<Result<Stream, TunnelError>, Error> {
        stream.set_deadline(Some(deadline)).map_err(setting_up)?;
        if self.proxy.scheme == ProxyScheme::Https {
            let (secured, words) = self.secure(stream, deadline)?;
            stream = secured;
            tell(ConnectStep::TlsHandshake(words));
        }
        let asked = speak(&mut stream, self.proxy, self.request, &self.to, tell);
        Ok(asked.map(|()| stream))
    }

    /// TLS to the proxy. The server's name, certificate of ours and versions are not the proxy's.
    fn secure(&self, stream: Stream, deadline: Deadline) -> Result<(Stream, String), Error> {
        let options = TlsOptions {
            insecure: self.request.tls.insecure,
            cacert: self.request.tls.cacert.clone(),
            inputs: self.request.tls.inputs.clone(),
            ..TlsOptions::default()
        };
        let peer = tls::Peer {
            server: &self.proxy.host_port,
            options: &options,
            deadline,
        };
        let preparing = tls::Preparing::start(&options);
        peer.secure(stream, preparing, |deadline| {
            Ok(tcp::connect(self.address, deadline.remaining()?)?.into())
        })
        .map_err(|error| blame(self.proxy, error))
    }

    fn in_words(&self, fault: TunnelError, deadline: Deadline) -> Error {
        let proxy = self.proxy.to_string();
        let origin = self.proxy.origin();
        match fault {
            TunnelError::Ended(Some(cause)) if cause.kind() == io::ErrorKind::TimedOut => {
                timed_out(deadline, Phase::Proxy)
            }
            TunnelError::Ended(cause) => Error::ProxyClosed {
                proxy,
                cause,
                hint: origin.or_else(|| Some(other_kind(self.proxy.scheme).to_owned())),
            },
            TunnelError::Wrong { cause, hint } => Error::Proxy {
                proxy,
                cause,
                hint: hint
                    .or(origin)
                    .or_else(|| Some(other_kind(self.proxy.scheme).to_owned())),
            },
            TunnelError::Refused {
                cause,
                mut refusal,
                hint,
                ..
            } => {
                let hint = hint.or(origin);
                if let Some(refusal) = &mut refusal {
                    refusal.hint.clone_from(&hint);
                }
                Error::ProxyRefused {
                    proxy,
                    to: self.to.to_string(),
                    cause,
                    refusal,
                    hint,
                }
            }
        }
    }
}

/// Asks `proxy` on a stream to it for the name of the server of `request`. Not a byte behind the
/// proxy's answer is read. The stream keeps to the deadline by itself.
///
/// # Errors
///
/// [`Error::ProxyRefused`], [`Error::Proxy`], [`Error::ProxyClosed`] or [`Error::Timeout`].
pub fn ask<S: Read + Write>(
    stream: &mut S,
    proxy: &Proxy,
    request: &ConnectOptions,
    deadline: Deadline,
) -> Result<(), Error> {
    let target = &request.target;
    let tunnel = Tunnel {
        proxy,
        request,
        address: (Ipv4Addr::UNSPECIFIED, proxy.host_port.port).into(),
        to: target.origin.host_port.clone(),
    };
    speak(stream, proxy, request, &tunnel.to, &mut |_| ())
        .map_err(|fault| tunnel.in_words(fault, deadline))
}

/// Asks in the proxy's own way.
fn speak<S: Read + Write>(
    stream: &mut S,
    proxy: &Proxy,
    request: &ConnectOptions,
    to: &HostPort,
    tell: &mut dyn FnMut(ConnectStep),
) -> Result<(), TunnelError> {
    if !proxy.scheme.is_socks() {
        return http_connect::connect(stream, proxy, request, to, tell);
    }
    tell(ConnectStep::ProxyRequest(to.to_string(), None));
    socks::connect(stream, proxy.credentials.as_ref(), to)?;
    tell(ConnectStep::ProxyResponse(None));
    Ok(())
}

/// What the proxy is asked for: the name, or with `socks5` each of its addresses.
fn destinations(
    proxy: &Proxy,
    request: &ConnectOptions,
    deadline: Deadline,
    timing: &mut Timing,
    tell: &mut dyn FnMut(ConnectStep),
) -> Result<Vec<HostPort>, Error> {
    let way = &request.route;
    let to = way.destination(&request.target.origin.host_port);
    if proxy.scheme != ProxyScheme::Socks5 {
        return Ok(vec![to]);
    }
    let addresses = addresses(&to, way, deadline, timing, tell)?;
    Ok(addresses.into_iter().map(HostPort::from).collect())
}

/// What is said of a proxy that seems to be of another kind.
fn other_kind(kind: ProxyScheme) -> &'static str {
    match kind {
        ProxyScheme::Http => {
            "if the proxy speaks TLS or SOCKS on this port, write https:// or socks5h:// before \
             its address"
        }
        ProxyScheme::Https => "if the proxy does not speak TLS on this port, write http:// instead",
        ProxyScheme::Socks5 | ProxyScheme::Socks5h => {
            "if the proxy speaks HTTP on this port, write http:// instead"
        }
    }
}

/// An error on the way to the proxy, which would otherwise be taken for one of the server.
fn blame(proxy: &Proxy, error: Error) -> Error {
    let named = |host: String| format!("the proxy {host}");
    match error {
        Error::Resolve { host, cause } => Error::ProxyName {
            host,
            cause,
            hint: proxy.origin(),
        },
        Error::ConnectTimeout {
            to,
            limit,
            attempts,
        } => Error::ConnectTimeout {
            to: named(to),
            limit,
            attempts,
        },
        Error::Connect { attempts, .. } => Error::ProxyConnect {
            proxy: proxy.to_string(),
            attempts,
            hint: proxy.origin(),
        },
        Error::Tls { host, cause, hint } => Error::Tls {
            host: named(host),
            cause,
            // The hint would name the server's scheme.
            hint: hint.map(|_| other_kind(proxy.scheme).to_owned()),
        },
        Error::Certificate {
            host,
            cause,
            details,
            hint,
        } => Error::Certificate {
            host: named(host),
            cause,
            details,
            // --servername is for the server.
            hint: hint.map(|hint| match hint.split_once("--servername") {
                Some(_) => "name the proxy in -x as its certificate does; -k connects without \
                            checking"
                    .to_owned(),
                None => hint,
            }),
        },
        other => other,
    }
}
