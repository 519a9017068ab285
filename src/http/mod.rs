//! HTTP/1.1 messages as far as an opening handshake needs them (RFC 9110, RFC 9112): the heads of
//! requests and responses, their headers, the body of a response, Basic credentials.
//!
//! Nothing here knows sockets or options, and of WebSocket only what its headers may reveal.

mod body;
mod coding;
mod credentials;
mod head;
mod header;
mod response;
mod sensitive;

pub use body::{Body, BODY_LIMIT, BODY_PAUSE, BODY_TIMEOUT};
pub use credentials::Credentials;
pub use head::{RequestHead, ResponseHead};
pub use header::{is_token, CustomHeader, Header, Headers};
pub use response::{beginning, LimitReads, ResponseError, ResponseReader, HEAD_LIMIT};
pub use sensitive::{find_tokens, shown_subprotocols, without_tokens, Secrets, HIDDEN};
