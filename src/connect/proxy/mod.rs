//! Proxies: selecting one, its protocol, and the stream to the server through it.
//!
//! Every proxy is used as a tunnel, for `ws` too, as in browsers: a proxy that interprets the
//! upgrade request would have to support it. [`ProxyOptions`] selects the proxy.

mod address;
mod choice;
mod exceptions;
mod failure;
mod http_connect;
mod socks;
mod tunnel;

pub use address::{Proxy, ProxyScheme};
pub use choice::{ProxyArg, ProxyOptions, ProxyVariables};
pub use tunnel::{request_tunnel, SocksTunnel, Tunnel};
