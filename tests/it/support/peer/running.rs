//! A peer that listens: its address, and its result when the test drops it.

use std::net::SocketAddr;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::super::{gate::Gate, time};
use super::play::play;
use super::socket::Listener;
use super::{panic_text, Peer, Script};

/// How often the listening thread checks whether the test has ended.
const TICK: Duration = Duration::from_millis(50);

/// A peer that plays its scripts. When it is dropped, it waits until they have ended, and fails the
/// test if one was not played to its end.
pub struct Running {
    addr: SocketAddr,
    scheme: &'static str,
    results: Receiver<Result<(), String>>,
    count: usize,
    over: Gate,
}

impl Running {
    pub(super) fn start(peer: Peer) -> Self {
        let listener = match &peer.unix {
            Some(path) => Listener::unix(path),
            None => Listener::tcp(peer.addr),
        };
        let mut addr = peer.addr;
        addr.set_port(listener.port().unwrap_or(0));
        let over = Gate::new();
        let (sender, results) = channel();
        let running = Self {
            addr,
            scheme: if peer.scripts[0].tls.is_some() {
                "wss"
            } else {
                "ws"
            },
            results,
            count: peer.scripts.len(),
            over: over.clone(),
        };
        thread::spawn(move || listen(&listener, peer.scripts, &sender, &over));
        running
    }

    /// The address as a URL: `ws://127.0.0.1:PORT/`, or wss.
    pub fn url(&self) -> String {
        self.url_with("/")
    }

    /// The URL with another resource, which begins with `/` or `?`.
    pub fn url_with(&self, resource: &str) -> String {
        format!("{}://{}{resource}", self.scheme, self.addr)
    }

    /// The URL with another host name, for example `localhost`.
    pub fn url_as(&self, host: &str) -> String {
        format!("{}://{host}:{}/", self.scheme, self.port())
    }

    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Waits for the end of the scripts. The error says what failed.
    pub fn result(&mut self) -> Result<(), String> {
        self.over.open();
        let mut failures = Vec::new();
        let limit = time::limit(time::PROGRAM * 2);
        while self.count > 0 {
            self.count -= 1;
            match self.results.recv_timeout(limit) {
                Ok(Ok(())) => {}
                Ok(Err(why)) => failures.push(why),
                Err(_) => {
                    failures.push(format!("the script had no end within {limit:?}"));
                    self.count = 0;
                }
            }
        }
        if failures.is_empty() {
            return Ok(());
        }
        Err(failures.join("\n\n"))
    }

    /// Waits for the end of the scripts, and fails the test if one was not played to its end, as
    /// dropping does.
    #[track_caller]
    pub fn finish(mut self) {
        if let Err(why) = self.result() {
            panic!("the peer's script failed\n{why}");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Err(why) = self.result() else { return };
        assert!(
            thread::panicking(),
            "the peer's script was not played to its end\n{why}"
        );
        // The test has failed, and a second panic would abort. The peer often knows the cause.
        #[expect(clippy::print_stderr, reason = "shown with the failed test's output")]
        {
            eprintln!("note: the peer's script was not played to its end either\n{why}");
        }
    }
}

/// Accepts as many clients as there are scripts, each on a thread, and sends the results.
fn listen(
    listener: &Listener,
    scripts: Vec<Script>,
    results: &Sender<Result<(), String>>,
    over: &Gate,
) {
    let count = scripts.len();
    let end = Instant::now() + time::limit(time::PROGRAM);
    for (index, script) in scripts.into_iter().enumerate() {
        let name = match count {
            1 => String::new(),
            _ => format!("connection {} of {count}: ", index + 1),
        };
        let socket = loop {
            // A client from before the end of the test is in the queue: accept once more.
            let last = over.is_open() || Instant::now() >= end;
            let wait = if last { Duration::ZERO } else { TICK };
            match listener.accept_within(wait) {
                Ok(Some(socket)) => break Ok(socket),
                Ok(None) if last => break Err("no client connected".to_owned()),
                Ok(None) => {}
                Err(error) => break Err(format!("can't accept: {error}")),
            }
        };
        let (results, over) = (results.clone(), over.clone());
        thread::spawn(move || {
            let result = socket.and_then(|socket| {
                catch_unwind(AssertUnwindSafe(|| play(&script, socket, &over)))
                    .unwrap_or_else(|panic| Err(panic_text(&*panic)))
            });
            // Fails if the test has ended.
            let _ = results.send(result.map_err(|why| format!("{name}{why}")));
        });
    }
}
