//! Opening WebSocket connections, and what is reused from one attempt to the next.

use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::dns::AddressCache;
use super::failure::{setting_up, timed_out};
use super::handshake;
use super::options::ConnectOptions;
use super::proxy::{Proxy, SocksTunnel, Tunnel};
use super::redirect;
use super::socket::Socket;
use super::stream::Stream;
use super::tcp::{self, HostDialer};
use super::tls;
use super::unix;
use crate::deadline::Deadline;
use crate::error::{Error, Party, Phase};
use crate::event::{ConnectStep, PeerAddress, Timing, Upgrade};

/// An open WebSocket connection. Only frames follow.
#[derive(Debug)]
pub struct OpenedConnection {
    /// The stream, which is blocking and has no deadline.
    pub stream: Stream,
    /// How it was opened.
    pub upgrade: Upgrade,
    /// The bytes received after the upgrade response: the beginning of the server's frames.
    pub early: Vec<u8>,
}

/// A stream to the server on which nothing has been sent.
#[derive(Debug)]
pub struct Transport {
    /// The stream, with the deadline set.
    pub stream: Stream,
    /// The address of the server, or of the proxy.
    pub peer: PeerAddress,
    /// How long each step has taken so far.
    pub timing: Timing,
    /// The tunnel, if it is that of a SOCKS proxy.
    pub(super) socks: Option<SocksTunnel>,
}

/// Opens connections. A dialer and its clones share the TLS connectors and the cache of addresses.
#[derive(Clone, Debug, Default)]
pub struct Dialer {
    connectors: tls::Connectors,
    addresses: Option<Arc<AddressCache>>,
}

impl Dialer {
    /// Creates a dialer without a cache of addresses.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a cache of addresses, for connections that are opened within seconds of each other. For
    /// reconnecting over days it is unsuitable, because names can change their addresses.
    #[must_use]
    pub fn with_address_cache(&self) -> Self {
        Self {
            connectors: self.connectors.clone(),
            addresses: Some(Arc::default()),
        }
    }

    /// Opens a WebSocket and reports each step when it is complete. Follows redirects if the
    /// options say so.
    ///
    /// # Errors
    ///
    /// The errors of [`ConnectOptions::check`] and of each step; [`Error::Timeout`] after
    /// `deadline`, which the resolver alone does not observe.
    pub fn open(
        &self,
        options: &ConnectOptions,
        deadline: Deadline,
        on_step: &mut dyn FnMut(ConnectStep),
    ) -> Result<OpenedConnection, Error> {
        options.check()?;
        let begun = Instant::now();
        let mut options = Cow::Borrowed(options);
        let (mut followed, mut credentials_removed) = (0, false);
        loop {
            let before = begun.elapsed();
            match self.open_once(&options, deadline, on_step) {
                Ok(mut opened) => {
                    opened.upgrade.timing.redirects = (followed > 0).then_some(before);
                    return Ok(opened);
                }
                Err(Error::Refused(refusal))
                    if redirect::is_followed(&options, refusal.head.status) =>
                {
                    let next = redirect::follow(&options, *refusal, followed)?;
                    followed += 1;
                    credentials_removed |= next.credentials_removed;
                    on_step(ConnectStep::Redirected {
                        url: next.options.target.url(),
                        tls: next.options.target.is_tls(),
                        credentials_removed: next.credentials_removed,
                    });
                    options = Cow::Owned(next.options);
                }
                Err(Error::Refused(mut refusal)) if credentials_removed => {
                    redirect::explain(&mut refusal, &options.target);
                    return Err(Error::Refused(refusal));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Opens a WebSocket without following redirects.
    fn open_once(
        &self,
        options: &ConnectOptions,
        deadline: Deadline,
        on_step: &mut dyn FnMut(ConnectStep),
    ) -> Result<OpenedConnection, Error> {
        let Transport {
            mut stream,
            peer,
            mut timing,
            socks,
        } = self.connect(options, deadline, on_step)?;
        let begun = Instant::now();
        let host = options.target.host().to_string();
        let agreed = handshake::upgrade(&mut stream, options, deadline, on_step)
            .map_err(|error| tls::find_alert(error, &host, &options.tls))
            .map_err(|error| explain(socks.as_ref(), error))?;
        timing.upgrade = Some(begun.elapsed());
        stream.set_deadline(None).map_err(setting_up)?;
        Ok(OpenedConnection {
            stream,
            upgrade: Upgrade {
                url: options.target.url(),
                peer: Some(peer),
                subprotocol: agreed.subprotocol,
                extensions: agreed.extensions,
                compression: agreed.compression,
                request: agreed.request,
                response: agreed.response,
                timing,
            },
            early: agreed.early,
        })
    }

    /// Connects without TLS to the server: through its Unix socket, through the proxy, or directly.
    fn reach<'p>(
        &'p self,
        options: &'p ConnectOptions,
        proxy: Option<&'p Proxy>,
        hosts: &mut HostDialer<'_>,
    ) -> Result<(Stream, PeerAddress, Option<Tunnel<'p>>), Error> {
        if let Some(path) = options.unix_socket() {
            let socket = connect_unix(path, hosts)?;
            return Ok((
                Stream::from(socket),
                PeerAddress::Unix(path.to_owned()),
                None,
            ));
        }
        if let Some(proxy) = proxy {
            let (stream, tunnel) = Tunnel::open(proxy, options, &self.connectors, hosts)?;
            let peer = PeerAddress::Tcp(tunnel.address());
            return Ok((stream, peer, Some(tunnel)));
        }
        let to = options.route.destination(&options.target.origin.host_port);
        let (socket, address) = hosts.connect(&to)?;
        Ok((Stream::from(socket), PeerAddress::Tcp(address), None))
    }

    /// Connects to the server: DNS, TCP or a Unix socket, the proxy if there is one, and TLS.
    ///
    /// # Errors
    ///
    /// The same as those of [`open`](Self::open).
    pub fn connect(
        &self,
        options: &ConnectOptions,
        deadline: Deadline,
        on_step: &mut dyn FnMut(ConnectStep),
    ) -> Result<Transport, Error> {
        let target = &options.target;
        let preparing = target
            .is_tls()
            .then(|| tls::Preparing::start(&options.tls, target.host(), &self.connectors));
        let mut timing = Timing::default();
        let proxy = options.proxy.choose(target)?;
        let mut hosts = HostDialer {
            route: &options.route,
            cache: self.addresses.as_deref(),
            deadline,
            timing: &mut timing,
            on_step: &mut *on_step,
        };
        let (mut stream, peer, tunnel) = self.reach(options, proxy.as_ref(), &mut hosts)?;
        let socks = tunnel.as_ref().and_then(Tunnel::socks);
        stream.set_deadline(Some(deadline)).map_err(setting_up)?;
        if let Some(preparing) = preparing {
            let begun = Instant::now();
            let server = tls::Peer {
                party: Party::Server,
                host_port: &target.origin.host_port,
                options: &options.tls,
                deadline,
            };
            let again = |deadline| connect_again(&peer, tunnel.as_ref(), deadline);
            let secured = server.secure(stream, preparing, again);
            let (secured, description) = secured.map_err(|error| explain(socks.as_ref(), error))?;
            stream = Stream::from(secured);
            timing.tls = Some(begun.elapsed());
            report_tls(&stream, description, &options.tls, on_step);
        }
        Ok(Transport {
            stream,
            peer,
            timing,
            socks,
        })
    }
}

/// Reports a TLS handshake.
fn report_tls(
    stream: &Stream,
    description: String,
    options: &tls::TlsOptions,
    on_step: &mut dyn FnMut(ConnectStep),
) {
    on_step(ConnectStep::TlsHandshake(description));
    let failure = options.key_log_failure();
    failure.map(ConnectStep::KeysNotWritten).map(&mut *on_step);
    let certificate = stream.certificate();
    certificate.map(ConnectStep::Certificate).map(on_step);
}

/// The error, or that of the SOCKS proxy that is to blame.
fn explain(socks: Option<&SocksTunnel>, error: Error) -> Error {
    match socks {
        Some(tunnel) => tunnel.explain(error),
        None => error,
    }
}

/// Connects once more to the same place.
fn connect_again(
    peer: &PeerAddress,
    tunnel: Option<&Tunnel<'_>>,
    deadline: Deadline,
) -> io::Result<Stream> {
    let mut stream = match (tunnel, peer) {
        (Some(tunnel), _) => tunnel.open_again(deadline)?,
        (None, PeerAddress::Tcp(address)) => tcp::connect(*address, deadline.remaining()?)?.into(),
        (None, PeerAddress::Unix(path)) => unix::connect(path, deadline.remaining()?)?.into(),
    };
    stream.set_deadline(Some(deadline))?;
    Ok(stream)
}

/// Connects to a Unix socket.
fn connect_unix(path: &Path, hosts: &mut HostDialer<'_>) -> Result<Socket, Error> {
    let peer = || PeerAddress::Unix(path.to_owned());
    (hosts.on_step)(ConnectStep::Connecting(peer()));
    let begun = Instant::now();
    let deadline = hosts.deadline;
    let connected = deadline
        .remaining()
        .and_then(|left| unix::connect(path, left));
    let socket = connected.map_err(|cause| match cause.kind() {
        ErrorKind::TimedOut => timed_out(deadline, Phase::Connect),
        _ => Error::UnixSocket {
            path: path.display().to_string(),
            cause,
        },
    })?;
    hosts.timing.connect = Some(begun.elapsed());
    (hosts.on_step)(ConnectStep::Connected(peer()));
    Ok(socket)
}
