//! Connecting: from an address to an open WebSocket, as plain blocking calls in order.
//!
//! [`open`] is [`transport`] (names, TCP, TLS) and then the [opening handshake](handshake)
//! (RFC 6455 §4.1), all within one [`Deadline`]. [`start`] does it on a thread of its own.

pub mod answer;
pub mod dialing;
pub mod explain;
pub mod handshake;
pub mod request;
pub mod resolve;
pub mod stream;
pub mod tcp;
pub mod tls;

use std::net::SocketAddr;
use std::time::Instant;

pub use dialing::{start, Dialing, Progress};
pub use request::{parse_header, Compress, Header, Request, DEFAULT_LIMIT};
pub use stream::Stream;

use crate::deadline::Deadline;
use crate::error::{Error, Phase};
use crate::event::{Step, Timing, Upgrade};

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
    /// Whom it is connected to.
    pub address: SocketAddr,
    /// How long each step took so far.
    pub timing: Timing,
}

/// Opens a WebSocket, and tells each step as it is done.
///
/// # Errors
///
/// What [`Request::check`] finds, what went wrong on the way, or [`Error::Timeout`] if it took
/// longer than `deadline` allows. The name's resolution alone does not keep to it.
pub fn open(
    request: &Request,
    deadline: Deadline,
    tell: &mut dyn FnMut(Step),
) -> Result<Opened, Error> {
    request.check()?;
    let Transport {
        mut stream,
        address,
        mut timing,
    } = transport(request, deadline, tell)?;
    let asked_at = Instant::now();
    let agreed = handshake::upgrade(&mut stream, request, deadline, tell)?;
    timing.upgrade = Some(asked_at.elapsed());
    stream.set_deadline(None).map_err(setting_up)?;
    Ok(Opened {
        stream,
        upgrade: Upgrade {
            url: request.target.url(),
            address: Some(address),
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

/// Connects to the server: names, TCP, TLS.
///
/// # Errors
///
/// As [`open`].
pub fn transport(
    request: &Request,
    deadline: Deadline,
    tell: &mut dyn FnMut(Step),
) -> Result<Transport, Error> {
    let target = &request.target;
    let preparing = target.tls.then(|| tls::Preparing::start(&request.tls));
    let mut timing = Timing::default();

    let addresses = if let Some(address) = target.address() {
        vec![SocketAddr::new(address, target.port)]
    } else {
        let begun = Instant::now();
        let addresses = resolve::resolve(&target.host, target.port)?;
        timing.resolve = Some(begun.elapsed());
        tell(Step::Resolved(addresses.clone()));
        deadline
            .left()
            .map_err(|_| timed_out(deadline, Phase::Resolve))?;
        addresses
    };

    let begun = Instant::now();
    let (socket, address) = tcp::connect(&target.host, &addresses, deadline, tell)?;
    timing.connect = Some(begun.elapsed());
    tell(Step::Connected(address));

    let mut stream = Stream::from(socket);
    stream.set_deadline(Some(deadline)).map_err(setting_up)?;
    if let Some(preparing) = preparing {
        let begun = Instant::now();
        let peer = tls::Peer {
            host: &target.host,
            port: target.port,
            options: &request.tls,
            deadline,
        };
        let (secured, words) = peer.secure(stream, preparing, |deadline| {
            Ok(tcp::connect_one(address, deadline.left()?)?.into())
        })?;
        stream = secured;
        timing.tls = Some(begun.elapsed());
        tell(Step::Secured(words));
    }
    Ok(Transport {
        stream,
        address,
        timing,
    })
}

/// One budget for all of it, and one option that sets it.
fn timed_out(deadline: Deadline, phase: Phase) -> Error {
    Error::Timeout {
        option: "--connect-timeout",
        limit: deadline.limit(),
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
