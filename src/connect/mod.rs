//! Connecting: from an address to an open WebSocket, as plain blocking calls in order.
//!
//! [`open`] is [`transport`] (names, TCP or a Unix socket, a [proxy], TLS) and then the
//! [opening handshake](handshake)
//! (RFC 6455 §4.1), all within one [`Deadline`]. [`start`] does it on a thread of its own.

mod attempt;
pub mod dns;
mod explain;
pub mod handshake;
mod options;
pub mod proxy;
mod race;
pub mod redirect;
pub mod route;
mod socket;
mod stream;
pub mod tcp;
pub mod tls;
pub mod unix;

use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

pub use attempt::{start, Attempt, AttemptEvent};
pub use options::{CompressionMode, ConnectOptions, DEFAULT_TIMEOUT};
pub use stream::Stream;

use route::RouteOptions;
use socket::Socket;

use crate::deadline::Deadline;
use crate::error::{Error, Phase};
use crate::event::{ConnectStep, PeerAddress, Timing, Upgrade};
use crate::target::HostPort;
use proxy::Tunnel;

/// An open WebSocket: nothing but frames comes from here on.
#[derive(Debug)]
pub struct Opened {
    /// The stream; it blocks, and has no deadline any more.
    pub stream: Stream,
    /// How it was opened.
    pub upgrade: Upgrade,
    /// What arrived behind the server's answer: the first bytes of its frames.
    pub early: Vec<u8>,
}

/// A stream to the server, before anything was asked of it.
#[derive(Debug)]
pub struct Transport {
    /// The stream, with the deadline set.
    pub stream: Stream,
    /// What it is connected to: the server, or the proxy before it.
    pub peer: PeerAddress,
    /// How long each step took so far.
    pub timing: Timing,
}

/// Opens a WebSocket, and tells each step as it is done. Redirects are followed if the request
/// says so.
///
/// # Errors
///
/// What [`ConnectOptions::check`] finds, what went wrong on the way, or [`Error::Timeout`] if it took
/// longer than `deadline` allows. The name's resolution alone does not keep to it.
pub fn open(
    request: &ConnectOptions,
    deadline: Deadline,
    tell: &mut dyn FnMut(ConnectStep),
) -> Result<Opened, Error> {
    request.check()?;
    let begun = Instant::now();
    let mut request = Cow::Borrowed(request);
    let (mut followed, mut bared) = (0, false);
    loop {
        let before = begun.elapsed();
        match attempt(&request, deadline, tell) {
            Ok(mut opened) => {
                opened.upgrade.timing.redirects = (followed > 0).then_some(before);
                return Ok(opened);
            }
            Err(Error::Refused(refusal)) if redirect::is_wanted(&request, refusal.head.status) => {
                let next = redirect::follow(&request, *refusal, followed)?;
                followed += 1;
                bared |= next.bared;
                tell(ConnectStep::Redirected {
                    url: next.request.target.url(),
                    tls: next.request.target.is_tls(),
                    credentials_removed: next.bared,
                });
                request = Cow::Owned(next.request);
            }
            Err(Error::Refused(mut refusal)) if bared => {
                redirect::explain(&mut refusal, &request.target);
                return Err(Error::Refused(refusal));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Opens a WebSocket where the request says, and nowhere else.
fn attempt(
    request: &ConnectOptions,
    deadline: Deadline,
    tell: &mut dyn FnMut(ConnectStep),
) -> Result<Opened, Error> {
    let Transport {
        mut stream,
        peer,
        mut timing,
    } = transport(request, deadline, tell)?;
    let asked_at = Instant::now();
    let agreed = handshake::upgrade(&mut stream, request, deadline, tell)
        .map_err(|error| tls::blamed(error, &request.target.host().to_string(), &request.tls))?;
    timing.upgrade = Some(asked_at.elapsed());
    stream.set_deadline(None).map_err(setting_up)?;
    Ok(Opened {
        stream,
        upgrade: Upgrade {
            url: request.target.url(),
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

/// Connects to the server: names, TCP or a Unix socket, the proxy if there is one, TLS.
///
/// # Errors
///
/// As [`open`].
pub fn transport(
    request: &ConnectOptions,
    deadline: Deadline,
    tell: &mut dyn FnMut(ConnectStep),
) -> Result<Transport, Error> {
    let target = &request.target;
    let preparing = target.is_tls().then(|| tls::Preparing::start(&request.tls));
    let mut timing = Timing::default();

    let proxy = request.proxy.choose(target)?;
    let way = &request.route;
    let (mut stream, peer, tunnel) = if let Some(path) = request.unix_socket() {
        let socket = reach_unix(path, deadline, &mut timing, tell)?;
        (
            Stream::from(socket),
            PeerAddress::Unix(path.to_owned()),
            None,
        )
    } else if let Some(proxy) = &proxy {
        let (stream, tunnel) = Tunnel::open(proxy, request, deadline, &mut timing, tell)?;
        (stream, PeerAddress::Tcp(tunnel.address()), Some(tunnel))
    } else {
        let to = way.destination(&target.origin.host_port);
        let (socket, address) = reach(&to, way, deadline, &mut timing, tell)?;
        (Stream::from(socket), PeerAddress::Tcp(address), None)
    };
    stream.set_deadline(Some(deadline)).map_err(setting_up)?;
    if let Some(preparing) = preparing {
        let begun = Instant::now();
        let server = tls::Peer {
            server: &target.origin.host_port,
            options: &request.tls,
            deadline,
        };
        let (secured, words) = server.secure(stream, preparing, |deadline| match &tunnel {
            Some(tunnel) => tunnel.again(deadline),
            None => Ok(reconnect(&peer, deadline)?.into()),
        })?;
        stream = secured;
        timing.tls = Some(begun.elapsed());
        tell(ConnectStep::TlsHandshake(words));
        stream.certificate().map(ConnectStep::Certificate).map(tell);
    }
    Ok(Transport {
        stream,
        peer,
        timing,
    })
}

/// Connects to a host over TCP, the server or the proxy before it: whatever stands for it in
/// `way`, else what the resolver says.
///
/// # Errors
///
/// As [`open`].
fn reach(
    to: &HostPort,
    way: &RouteOptions,
    deadline: Deadline,
    timing: &mut Timing,
    tell: &mut dyn FnMut(ConnectStep),
) -> Result<(Socket, SocketAddr), Error> {
    let addresses = addresses(to, way, deadline, timing, tell)?;
    let begun = Instant::now();
    let (socket, address) = race::connect(to, &addresses, deadline, tell)?;
    *timing.connect.get_or_insert(Duration::ZERO) += begun.elapsed();
    tell(ConnectStep::Connected(PeerAddress::Tcp(address)));
    Ok((socket, address))
}

/// The addresses of a host, at least one; the resolver is asked only where nothing else knows.
fn addresses(
    to: &HostPort,
    way: &RouteOptions,
    deadline: Deadline,
    timing: &mut Timing,
    tell: &mut dyn FnMut(ConnectStep),
) -> Result<Vec<SocketAddr>, Error> {
    if let Some(addresses) = dns::known(to, way)? {
        return Ok(addresses);
    }
    let begun = Instant::now();
    let addresses = dns::resolve(to)?;
    *timing.resolve.get_or_insert(Duration::ZERO) += begun.elapsed();
    tell(ConnectStep::Resolved(addresses.clone()));
    deadline
        .remaining()
        .map_err(|_| timed_out(deadline, Phase::Resolve))?;
    dns::select(&to.host, addresses, way.family)
}

/// Connects once more.
fn reconnect(peer: &PeerAddress, deadline: Deadline) -> io::Result<Socket> {
    match peer {
        PeerAddress::Tcp(address) => tcp::connect(*address, deadline.remaining()?),
        PeerAddress::Unix(path) => unix::connect(path, deadline.remaining()?),
    }
}

/// Connects to a Unix socket.
fn reach_unix(
    path: &Path,
    deadline: Deadline,
    timing: &mut Timing,
    tell: &mut dyn FnMut(ConnectStep),
) -> Result<Socket, Error> {
    tell(ConnectStep::Connecting(PeerAddress::Unix(path.to_owned())));
    let begun = Instant::now();
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
    timing.connect = Some(begun.elapsed());
    tell(ConnectStep::Connected(PeerAddress::Unix(path.to_owned())));
    Ok(socket)
}

/// One budget for all of it, and one option that sets it.
fn timed_out(deadline: Deadline, phase: Phase) -> Error {
    Error::Timeout {
        option: "--connect-timeout",
        limit: deadline.timeout(),
        phase,
    }
}

fn setting_up(cause: std::io::Error) -> Error {
    Error::System {
        doing: "setting up the connection",
        cause,
    }
}

#[cfg(test)]
mod tests;
