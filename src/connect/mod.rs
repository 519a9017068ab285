//! Connecting: from a URL to an open WebSocket, with blocking calls in order.
//!
//! A [`Dialer`] resolves names, connects over TCP or to a Unix socket, connects through a [proxy],
//! sets up TLS and performs the [opening handshake](handshake) (RFC 6455 §4.1), all within one
//! [`Deadline`](crate::deadline::Deadline). An [`Attempt`] does this on its own thread.

mod attempt;
mod dialer;
pub mod dns;
mod exchange;
mod explain;
mod failure;
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

pub use attempt::{Attempt, AttemptEvent};
pub use dialer::{Dialer, OpenedConnection, Transport};
pub use options::{CompressionMode, ConnectOptions, DEFAULT_TIMEOUT};
pub use stream::Stream;

#[cfg(test)]
mod tests;
