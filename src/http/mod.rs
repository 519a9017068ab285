//! HTTP/1.1 messages as far as an opening handshake needs them (RFC 9110, RFC 9112): the heads of
//! requests and responses, their headers, and the body of a response.
//!
//! Nothing here knows WebSocket, sockets or options.

pub mod head;
pub mod response;

pub use head::{is_secret, is_token, Field, Head, Secrets};
