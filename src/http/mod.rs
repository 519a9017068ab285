//! The parts of HTTP/1.1 that the opening handshake needs (RFC 9110, RFC 9112): the heads of
//! requests and responses, their headers, the body of a response, and Basic credentials.
//!
//! This module uses no sockets and no options. All it knows about WebSocket is which of its headers
//! may contain secrets.

mod body;
mod coding;
mod credentials;
mod head;
mod header;
mod request;
mod response;
mod sensitive;

pub use body::{Body, BODY_LIMIT, BODY_PAUSE, BODY_TIMEOUT};
pub use credentials::Credentials;
pub use head::{RequestHead, ResponseHead};
pub use header::{is_token, CustomHeader, Header, Headers};
pub use request::HttpRequest;
pub use response::{beginning, LimitReads, ResponseError, ResponseReader, HEAD_LIMIT};
pub use sensitive::{find_tokens, shown_subprotocols, without_tokens, Secrets, HIDDEN};
