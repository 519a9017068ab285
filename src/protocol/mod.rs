//! The protocol core (RFC 6455), without a socket: bytes in, events out; messages in, bytes out.

pub mod close;

pub use close::{CloseBody, CloseReason, Closure, End, Party};
