//! Proxies: which one is used, its protocol, and the stream to the server through it.
//!
//! Every kind of proxy makes a tunnel, for `ws` too, as in browsers: a proxy that read the upgrade
//! request would have to support it. [`ProxyOptions`] decides which proxy is used.

mod address;
mod choice;
mod exceptions;
mod failure;
mod http_connect;
mod socks;
mod tunnel;

pub use address::{Proxy, ProxyScheme};
pub use choice::{ProxyArg, ProxyOptions, ProxyVariables};
pub use tunnel::{request_tunnel, Tunnel};
