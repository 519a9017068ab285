//! A server that ends each connection at another point: each line arrives once, or is in the count of
//! those that may not have arrived.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use openssl::ssl::{SslAcceptor, SslFiletype, SslMethod};
use proptest::prelude::*;
use rustix::net::sockopt;
use tungstenite::{Message, WebSocket};

use crate::support::{Cert, Frame, Wsline};

const LINES: usize = 1000;

/// What becomes of a connection, in most cases after the server has read some messages.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// It is closed in the TLS handshake, or before the request was read.
    Connecting,
    /// Half of the upgrade response is sent.
    Handshake,
    /// The upgrade is refused with 503.
    Busy,
    /// A Close with 1012.
    Close(usize),
    /// TCP is closed, while the client waits or sends.
    Fin(usize),
    /// TCP is reset.
    Reset(usize),
    /// It is closed in the middle of a frame of the client's.
    InsideReceived(usize),
    /// It is closed in the middle of a frame of the server's.
    InsideSent(usize),
    /// The server stops reading, and closes when the client can send no more.
    Full(usize),
}

fn deaths() -> impl Strategy<Value = Death> {
    let count = || prop_oneof![0..3_usize, 0..LINES];
    prop_oneof![
        Just(Death::Connecting),
        Just(Death::Handshake),
        Just(Death::Busy),
        count().prop_map(Death::Close),
        count().prop_map(Death::Fin),
        count().prop_map(Death::Reset),
        count().prop_map(Death::InsideReceived),
        count().prop_map(Death::InsideSent),
        count().prop_map(Death::Full),
    ]
}

trait Wire: Read + Write + Send + Sync {}
impl<S: Read + Write + Send + Sync> Wire for S {}

/// A server for one run of the program.
struct Server {
    listener: TcpListener,
    tls: Option<SslAcceptor>,
    received: Vec<String>,
    /// Whether the program has ended.
    is_over: Arc<AtomicBool>,
}

impl Server {
    fn new(cert: Option<(PathBuf, PathBuf)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        // Sockets that are accepted inherit it. So the client can soon send no more.
        sockopt::set_socket_recv_buffer_size(&listener, 16 << 10).expect("a buffer size");
        let tls = cert.map(|(cert, key)| {
            let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("TLS");
            acceptor
                .set_certificate_chain_file(cert)
                .expect("a certificate");
            acceptor
                .set_private_key_file(key, SslFiletype::PEM)
                .expect("a key");
            acceptor.build()
        });
        Self {
            listener,
            tls,
            received: Vec::new(),
            is_over: Arc::default(),
        }
    }

    /// Ends a connection for each death, and then takes everything. Returns what was received.
    fn run(mut self, deaths: &[Death]) -> Vec<String> {
        for death in deaths {
            let (socket, _) = self.listener.accept().expect("a connection");
            if self.is_over.load(Ordering::SeqCst) {
                return self.received;
            }
            // An error is a way to end as well: the client may have ended before.
            let _ = self.die(&socket, *death);
            let _ = socket.shutdown(Shutdown::Both);
        }
        let (socket, _) = self.listener.accept().expect("a connection");
        let _ = self
            .wire(&socket)
            .and_then(|wire| self.serve(wire, usize::MAX).map(drop));
        self.received
    }

    fn wire(&self, socket: &TcpStream) -> io::Result<Box<dyn Wire>> {
        let socket = socket.try_clone()?;
        match &self.tls {
            None => Ok(Box::new(socket)),
            Some(tls) => Ok(Box::new(tls.accept(socket).map_err(io::Error::other)?)),
        }
    }

    /// Accepts the upgrade, and reads some messages.
    fn serve(&mut self, wire: Box<dyn Wire>, count: usize) -> io::Result<WebSocket<Box<dyn Wire>>> {
        let mut socket = tungstenite::accept(wire).map_err(io::Error::other)?;
        for _ in 0..count {
            match socket.read().map_err(io::Error::other)? {
                Message::Text(text) => self.received.push(text.to_string()),
                Message::Close(_) => {
                    let _ = socket.flush();
                    break;
                }
                _ => {}
            }
        }
        Ok(socket)
    }

    fn die(&mut self, socket: &TcpStream, death: Death) -> io::Result<()> {
        if let Death::Connecting = death {
            return (&*socket).read(&mut [0; 10]).map(drop);
        }
        let mut wire = self.wire(socket)?;
        match death {
            Death::Connecting => {}
            Death::Handshake => {
                read_head(&mut wire)?;
                wire.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgra")?;
            }
            Death::Busy => {
                read_head(&mut wire)?;
                wire.write_all(
                    b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
                )?;
            }
            Death::Close(count) => {
                let mut open = self.serve(wire, count)?;
                open.get_mut().write_all(&Frame::close(1012, "").encode())?;
                socket.shutdown(Shutdown::Write)?;
                // Until the client has read it, which a reset would prevent.
                while open.get_mut().read(&mut [0; 4096])? > 0 {}
            }
            Death::Fin(count) => _ = self.serve(wire, count)?,
            Death::Reset(count) => {
                let _open = self.serve(wire, count)?;
                sockopt::set_socket_linger(socket, Some(Duration::ZERO))?;
            }
            Death::InsideReceived(count) => {
                let mut open = self.serve(wire, count)?;
                open.get_mut().read_exact(&mut [0; 9])?;
            }
            Death::InsideSent(count) => {
                let mut open = self.serve(wire, count)?;
                let frame = Frame::new(1, "a message").encode();
                open.get_mut().write_all(&frame[..5])?;
            }
            Death::Full(count) => {
                let _open = self.serve(wire, count)?;
                wait_until_full(socket);
            }
        }
        Ok(())
    }
}

fn read_head(wire: &mut dyn Wire) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        wire.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(())
}

/// Waits until nothing more arrives.
fn wait_until_full(socket: &TcpStream) {
    let mut buffer = vec![0; 1 << 20];
    let mut before = usize::MAX;
    while let Ok(length) = socket.peek(&mut buffer) {
        if length == before || length == 0 {
            return;
        }
        before = length;
        thread::sleep(Duration::from_millis(20));
    }
}

/// The number of messages that may not have arrived, according to stderr.
fn counted(said: &str) -> usize {
    let counts = said.lines().filter_map(|line| {
        let (before, _) = line.split_once(" may not have arrived")?;
        let mut words = before.rsplit(' ').skip(1);
        words.next()?.parse::<usize>().ok()
    });
    counts.sum()
}

/// Sends numbered lines to a server that dies at these points. Returns the number of attempts.
fn check(deaths: &[Death], padding: usize, is_tls: bool) -> Result<usize, TestCaseError> {
    let (cert, authority) = Cert::for_localhost();
    let server = Server::new(is_tls.then(|| (cert.path(), cert.key_path())));
    let port = server.listener.local_addr().expect("an address").port();
    let scheme = if is_tls { "wss" } else { "ws" };
    let points = deaths.to_vec();
    let is_over = Arc::clone(&server.is_over);
    let server = thread::spawn(move || server.run(&points));
    let lines = (0..LINES).map(|number| format!("{number} {}\n", "x".repeat(padding)));
    let finished = Wsline::new()
        .file("authority.pem", authority.pem())
        .arg(format!("{scheme}://127.0.0.1:{port}/"))
        .args(["--reconnect", "-w", "0", "--cacert", "authority.pem"])
        .stdin(lines.collect::<String>())
        .unjudged()
        .within(Duration::from_mins(2))
        .run();
    // The server may still wait for a connection.
    is_over.store(true, Ordering::SeqCst);
    drop(TcpStream::connect(("127.0.0.1", port)));
    let received = server.join().expect("no panic");
    let number = |line: &String| {
        let first = line.split(' ').next();
        first.and_then(|number| number.parse::<usize>().ok())
    };
    let numbers: Option<Vec<usize>> = received.iter().map(number).collect();
    let numbers = numbers.expect("each line begins with its number");
    let distinct: BTreeSet<_> = numbers.iter().collect();
    prop_assert_eq!(distinct.len(), numbers.len(), "none arrives twice");
    prop_assert!(numbers.is_sorted(), "they arrive in order");
    let said = finished.stderr_text();
    // The connection may be lost, or closed with 1012, when all is written.
    let is_allowed = [0, 106, 112].contains(&finished.code);
    prop_assert!(is_allowed, "{} {said}", finished.code);
    let (missing, counted) = (LINES - distinct.len(), counted(said));
    prop_assert!(
        missing <= counted,
        "{missing} are missing, {counted} are counted:\n{said}"
    );
    Ok(said.matches("reconnecting in ").count())
}

fn run(cases: u32) {
    let config = ProptestConfig {
        cases,
        max_shrink_iters: 16,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let deaths = proptest::collection::vec(deaths(), 1..4);
    let padding = prop_oneof![0..100_usize, 0..10_000_usize];
    proptest!(config, |((deaths, padding, is_tls) in (deaths, padding, any::<bool>()))| {
        check(&deaths, padding, is_tls)?;
    });
}

#[test]
fn each_line_arrives_once_or_is_counted_wherever_the_server_dies() {
    // Each of them once.
    for deaths in [
        [Death::Connecting, Death::Close(3), Death::Fin(0)],
        [Death::Handshake, Death::Reset(200), Death::Full(1)],
        [
            Death::Busy,
            Death::InsideReceived(7),
            Death::InsideSent(400),
        ],
    ] {
        for is_tls in [false, true] {
            let attempts = check(&deaths, 10_000, is_tls);
            // All lines may be written before the last death.
            assert!(attempts.expect("nothing is lost or sent twice") > 1);
        }
    }
    run(4);
}

#[test]
#[ignore = "connects to hundreds of servers that die"]
fn each_line_arrives_once_or_is_counted_in_many_runs() {
    run(200);
}
