//! The echo server: something to try a client on, and to test against.
//!
//! It stands on tungstenite's own `accept` and `WebSocket` and on blocking sockets, a thread a
//! client, and uses nothing of our protocol core: so it is a peer that does not share our mistakes
//! (RFC 6455 §4.2 the server's opening handshake, §5.5 control frames, §7 closing).

mod client;
mod event;
mod permits;
mod wire;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use native_tls::TlsAcceptor;

use crate::connect::tls::IdentityFiles;
use crate::error::{plain, Error};
use crate::sys::file::Inputs;

pub use event::{Ending, Event};
use permits::{Permits, Purpose};

/// The most that [`EchoOptions::max_message_size`] can be: tungstenite reserves at once what a frame's
/// header claims, and a claim of 2^60 bytes would end the process and all its clients with it.
pub const LARGEST_MESSAGE: usize = 1 << 30;

/// The default of [`EchoOptions::max_message_size`].
const MAX_MESSAGE_SIZE: usize = 64 << 20;

/// The default of [`EchoOptions::max_connections`]: with a file descriptor each, it stays below the
/// limit of 1024 that most systems set.
const MAX_CONNECTIONS: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// How long the server rests after a client that could not be taken: such a lack (of descriptors,
/// of threads) mends itself only when others leave.
const REST: Duration = Duration::from_millis(100);

/// How an echo server is set up; the default speaks plain `ws` and answers at once.
#[derive(Clone, Debug)]
pub struct EchoOptions {
    /// Speak TLS, with this certificate and key.
    pub tls: Option<IdentityFiles>,
    /// How long to wait before each answer. The messages of one client wait one after the other.
    pub delay: Option<Duration>,
    /// The largest message in bytes, at most [`LARGEST_MESSAGE`]; a larger one fails the
    /// connection with 1009.
    pub max_message_size: usize,
    /// The most connections at the same time; another client is refused with HTTP status 503.
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

/// What accepts TLS with the certificate and key in these files.
fn acceptor(source: &IdentityFiles) -> Result<TlsAcceptor, Error> {
    TlsAcceptor::new(source.load(&Inputs::default())?)
        .map_err(|cause| source.unfit(&cause.to_string()))
}

/// An echo server that has its port, and serves nobody yet.
#[derive(Debug)]
pub struct EchoServer {
    listener: TcpListener,
    address: SocketAddr,
    manner: Arc<Manner>,
    permits: Arc<Permits>,
}

/// How each client is served.
#[derive(Clone)]
struct Manner {
    tls: Option<TlsAcceptor>,
    delay: Option<Duration>,
    max_message_size: usize,
}

impl std::fmt::Debug for Manner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manner")
            .field("tls", &self.tls.is_some())
            .field("delay", &self.delay)
            .field("max_message_size", &self.max_message_size)
            .finish()
    }
}

/// An echo server that serves on a thread of its own until the process ends.
#[derive(Clone, Debug)]
pub struct Running {
    url: String,
}

impl Running {
    /// Where it listens: `ws://127.0.0.1:51234`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl EchoServer {
    /// Takes a port: `addr` is `HOST:PORT`, and port 0 picks a free one.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if the address can't be listened on, [`Error::Identity`] if the
    /// certificate or its key can't be used.
    pub fn bind(
        addr: impl ToSocketAddrs + fmt::Display,
        options: &EchoOptions,
    ) -> Result<Self, Error> {
        let tls = options.tls.as_ref().map(acceptor).transpose()?;
        let refused = |cause: io::Error| Error::Listen {
            address: addr.to_string(),
            cause: why_not(&cause),
        };
        let listener = TcpListener::bind(&addr).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self {
            listener,
            address,
            manner: Arc::new(Manner {
                tls,
                delay: options.delay,
                max_message_size: options.max_message_size.min(LARGEST_MESSAGE),
            }),
            permits: Arc::new(Permits::new(options.max_connections)),
        })
    }

    /// The address it listens on, with the port that was picked.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The URL it listens on: `ws://` or `wss://` and [`local_addr`](Self::local_addr).
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.manner.tls.is_some() {
            "wss"
        } else {
            "ws"
        };
        format!("{scheme}://{}", self.address)
    }

    /// Serves every client on a thread of its own, for ever. What happens is told as it happens,
    /// from the clients' threads; a `tell` that blocks holds up the client that it speaks of.
    pub fn serve(self, tell: impl Fn(Event) + Send + Sync + 'static) -> Infallible {
        let tell = Arc::new(tell);
        let mut id = 0;
        loop {
            self.permits.wait();
            let (stream, peer) = match self.listener.accept() {
                Ok(accepted) => accepted,
                Err(cause) => {
                    tell(Event::NotAccepted {
                        cause: plain(&cause),
                    });
                    thread::sleep(REST);
                    continue;
                }
            };
            id += 1;
            let permit = self.permits.take();
            let limit = self.permits.limit();
            let (manner, theirs) = (Arc::clone(&self.manner), Arc::clone(&tell));
            let client = thread::Builder::new()
                .name(format!("echo {id}"))
                .spawn(move || match permit.purpose() {
                    Purpose::Serve => client::serve(stream, id, peer, &manner, &*theirs),
                    Purpose::Refuse => client::refuse(stream, id, peer, &manner, limit, &*theirs),
                });
            if let Err(cause) = client {
                tell(Event::Rejected {
                    id,
                    peer,
                    cause: format!("no thread for it: {}", plain(&cause)),
                });
                thread::sleep(REST);
            }
        }
    }

    /// Serves on a thread of its own and tells nobody; the thread ends with the process.
    ///
    /// # Errors
    ///
    /// [`Error::System`] if there is no thread to be had.
    pub fn start(self) -> Result<Running, Error> {
        let url = self.url();
        thread::Builder::new()
            .name("echo".to_owned())
            .spawn(move || self.serve(|_| ()))
            .map_err(|cause| Error::System {
                doing: "starting the echo server",
                cause,
            })?;
        Ok(Running { url })
    }
}

/// Why a port could not be had, and what to do about it.
fn why_not(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::AddrInUse => "the address is in use, another server listens there; \
                                     give another port, or 0 for a free one"
            .to_owned(),
        io::ErrorKind::PermissionDenied => {
            "permission denied; ports below 1024 are for root, give a higher one, or 0 for a free \
             one"
            .to_owned()
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address; 127.0.0.1 is for this machine alone, 0.0.0.0 for \
             all networks"
                .to_owned()
        }
        _ => format!(
            "{}; an address to listen on is written HOST:PORT",
            plain(cause)
        ),
    }
}
