//! The echo server, to try out a client and to test it.
//!
//! It uses tungstenite's `accept` and `WebSocket` on blocking sockets, with one thread per client,
//! and none of our protocol code. So it tests that code independently (RFC 6455 §4.2 opening
//! handshake, §5.5 control frames, §7 closing handshake).

mod accepting;
mod client;
mod event;
mod exchange;
mod options;
mod page;
mod permits;
mod trouble;
mod wire;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use native_tls::TlsAcceptor;

use crate::connect::tls::IdentityFiles;
use crate::error::{plain, Error};
use crate::sys::file::Inputs;

pub use event::{ClientEnd, EchoEvent};
pub use options::{EchoOptions, LARGEST_MESSAGE};

use options::ServeOptions;
use permits::{Permits, Purpose};

/// How long the server waits after it could not accept a client. A shortage of descriptors or
/// threads ends only when other clients disconnect.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// Creates a TLS acceptor from the certificate and key in these files.
fn acceptor(source: &IdentityFiles) -> Result<TlsAcceptor, Error> {
    TlsAcceptor::new(source.load(&Inputs::default())?)
        .map_err(|cause| source.unfit(&cause.to_string()))
}

/// An echo server that listens on its port but does not accept clients yet.
#[derive(Debug)]
pub struct EchoServer {
    listener: TcpListener,
    address: SocketAddr,
    options: Arc<ServeOptions>,
    permits: Arc<Permits>,
}

/// An echo server that runs on a thread until the process ends.
#[derive(Clone, Debug)]
pub struct Running {
    url: String,
}

impl Running {
    /// The URL of the server, for example `ws://127.0.0.1:51234`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl EchoServer {
    /// Listens on `addr`, which is `HOST:PORT`. Port 0 selects a free port.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if it is not possible to listen on the address, [`Error::Identity`] if the
    /// certificate or its key cannot be loaded.
    pub fn bind(
        addr: impl ToSocketAddrs + fmt::Display,
        options: &EchoOptions,
    ) -> Result<Self, Error> {
        let tls = options.tls.as_ref().map(acceptor).transpose()?;
        let refused = |cause: io::Error| Error::Listen {
            address: addr.to_string(),
            cause: listen_error(&cause),
        };
        let listener = TcpListener::bind(&addr).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self {
            listener,
            address,
            options: Arc::new(ServeOptions {
                tls,
                delay: options.delay,
                max_message_size: options.max_message_size.min(LARGEST_MESSAGE),
            }),
            permits: Arc::new(Permits::new(options.max_connections)),
        })
    }

    /// The address that the server listens on, with the port that was selected.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The URL of the server: `ws://` or `wss://` and [`local_addr`](Self::local_addr).
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.options.tls.is_some() {
            "wss"
        } else {
            "ws"
        };
        format!("{scheme}://{}", self.address)
    }

    /// Accepts clients forever and serves each on its own thread. Calls `on_event` on the clients'
    /// threads; a call that blocks delays that client.
    pub fn serve(self, on_event: impl Fn(EchoEvent) + Send + Sync + 'static) -> Infallible {
        let on_event = Arc::new(on_event);
        let mut id = 0;
        loop {
            self.permits.wait();
            let (stream, peer) = match self.listener.accept() {
                Ok(accepted) => accepted,
                Err(cause) => {
                    on_event(EchoEvent::NotAccepted {
                        cause: plain(&cause),
                    });
                    thread::sleep(RETRY_DELAY);
                    continue;
                }
            };
            id += 1;
            let permit = self.permits.take();
            let limit = self.permits.limit();
            let (options, on_client_event) = (Arc::clone(&self.options), Arc::clone(&on_event));
            let client = thread::Builder::new()
                .name(format!("echo {id}"))
                .spawn(move || match permit.purpose() {
                    Purpose::Serve => client::serve(stream, id, peer, &options, &*on_client_event),
                    Purpose::Refuse => {
                        client::refuse(stream, id, peer, &options, limit, &*on_client_event);
                    }
                });
            if let Err(cause) = client {
                on_event(EchoEvent::Rejected {
                    id,
                    peer,
                    cause: format!("could not start a thread: {}", plain(&cause)),
                });
                thread::sleep(RETRY_DELAY);
            }
        }
    }

    /// Serves on a new thread and ignores events. The thread ends with the process.
    ///
    /// # Errors
    ///
    /// [`Error::System`] if the thread could not be created.
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

/// Why it is not possible to listen, and what to do about it.
fn listen_error(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::AddrInUse => "address already in use; \
                                     use another port, or 0 for a free one"
            .to_owned(),
        io::ErrorKind::PermissionDenied => {
            "permission denied; ports below 1024 require root, use a higher one, or 0 for a free \
             one"
            .to_owned()
        }
        io::ErrorKind::AddrNotAvailable => {
            "no such address on this machine; use 127.0.0.1 for this machine only, or 0.0.0.0 for \
             all networks"
                .to_owned()
        }
        _ => format!("{}; use HOST:PORT to listen on", plain(cause)),
    }
}
