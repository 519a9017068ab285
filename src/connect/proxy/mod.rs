//! Proxies: which one is taken, how it is asked, and the stream to the server that comes of it.
//!
//! Every kind of proxy makes a tunnel here, `ws` included, as browsers do it: a proxy that read
//! the upgrade would have to understand it. Which proxy is taken is said by [`ProxyOptions`].

mod address;
mod choice;
mod exceptions;
mod http_connect;
mod socks;
mod tunnel;

pub use address::{Proxy, ProxyScheme};
pub use choice::{ProxyArg, ProxyOptions, ProxyVariables};
pub use tunnel::{ask, Tunnel};
