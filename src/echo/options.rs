//! The options of an echo server.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use native_tls::TlsAcceptor;

use crate::connect::tls::IdentityFiles;

/// The maximum of [`EchoOptions::max_message_size`]. tungstenite allocates the length that a frame
/// header announces at once, so that a length of 2^60 bytes would abort the process.
pub const LARGEST_MESSAGE: usize = 1 << 30;

/// The default of [`EchoOptions::max_message_size`].
const MAX_MESSAGE_SIZE: usize = 64 << 20;

/// The default of [`EchoOptions::max_connections`]. With one file descriptor per connection, it is
/// below the limit of 1024 that most systems set.
const MAX_CONNECTIONS: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// The options of an echo server. The default is plain `ws` without a delay.
#[derive(Clone, Debug)]
pub struct EchoOptions {
    /// Serves TLS with this certificate and key.
    pub tls: Option<IdentityFiles>,
    /// How long to wait before each reply. Messages of one client are delayed one after the other.
    pub delay: Option<Duration>,
    /// The maximum size of a message in bytes, at most [`LARGEST_MESSAGE`]. A larger message fails
    /// the connection with 1009.
    pub max_message_size: usize,
    /// The maximum number of concurrent connections. Further clients are refused with HTTP status
    /// 503.
    pub max_connections: NonZeroUsize,
}

impl Default for EchoOptions {
    fn default() -> Self {
        Self {
            tls: None,
            delay: None,
            max_message_size: MAX_MESSAGE_SIZE,
            max_connections: MAX_CONNECTIONS,
        }
    }
}

/// The options for serving a client.
#[derive(Clone)]
pub(super) struct ServeOptions {
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) delay: Option<Duration>,
    pub(super) max_message_size: usize,
}

impl fmt::Debug for ServeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeOptions")
            .field("tls", &self.tls.is_some())
            .field("delay", &self.delay)
            .field("max_message_size", &self.max_message_size)
            .finish()
    }
}
