//! Tests of complete attempts with servers on loopback. The valid server is tungstenite's.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::thread::JoinHandle;
use std::time::Duration;

use super::*;
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

use crate::deadline::Deadline;
use crate::error::Error;
use crate::event::ConnectStep;
use crate::http::CustomHeader;
use crate::target::Target;

/// The next client. One that never comes fails the test, which would otherwise wait for ever for
/// the thread that waits for it.
fn accept(listener: &TcpListener) -> TcpStream {
    let mut fds = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    let ready = poll(&mut fds, PollTimeout::from(20_000_u16)).expect("poll");
    assert_eq!(ready, 1, "no client came");
    listener.accept().expect("a client").0
}

/// A server on a free port for one client.
fn serve<T: Send + 'static>(
    work: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("it is bound").port();
    let thread = std::thread::spawn(move || {
        let client = accept(&listener);
        let limit = Some(Duration::from_secs(20));
        client.set_read_timeout(limit).expect("it is open");
        work(client)
    });
    (port, thread)
}

fn request(address: &str) -> ConnectOptions {
    ConnectOptions::new(Target::parse(address).expect("an address"))
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

#[test]
fn websocket_is_opened() {
    let (port, server) = serve(|client| {
        let mut socket = tungstenite::accept(client).expect("a good handshake");
        socket.read().expect("a message").into_data().to_vec()
    });
    let mut steps = Vec::new();
    let request = request(&format!("localhost:{port}/x"));
    let mut opened = Dialer::new()
        .open(&request, soon(), &mut |step| steps.push(step))
        .expect("it is open");
    assert_eq!(opened.upgrade.url, format!("ws://localhost:{port}/x"));
    assert_eq!(
        opened
            .upgrade
            .peer
            .and_then(|it| it.tcp())
            .map(|it| it.port()),
        Some(port)
    );
    assert_eq!(opened.upgrade.request.request_line, "GET /x HTTP/1.1");
    let timing = opened.upgrade.timing;
    assert!(timing.resolve.is_some() && timing.connect.is_some() && timing.upgrade.is_some());
    assert!(timing.tls.is_none());
    assert!(matches!(steps.first(), Some(ConnectStep::Resolved(_))));
    assert!(matches!(
        &steps[steps.len() - 3..],
        [
            ConnectStep::Connected(_),
            ConnectStep::UpgradeRequest(_),
            ConnectStep::UpgradeResponse(_)
        ]
    ));
    // "hi", masked with zeros (RFC 6455 §5.2).
    let frame = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
    opened.stream.write_all(&frame).expect("it is open");
    assert_eq!(server.join().expect("it had its message"), b"hi");
}

#[test]
fn attempt_returns_the_stream_from_its_thread() {
    let (port, server) = serve(|client| tungstenite::accept(client).map(drop).is_ok());
    let request = request(&format!("ws://127.0.0.1:{port}"));
    let mut attempt = Dialer::new().start(request, soon()).expect("a thread");
    let opened = loop {
        match attempt.next() {
            Some(AttemptEvent::Done(result)) => break result.expect("it is open"),
            Some(AttemptEvent::Step(_)) => {}
            None => {
                let flags = nix::poll::PollFlags::POLLIN;
                let mut fds = [nix::poll::PollFd::new(attempt.fd(), flags)];
                nix::poll::poll(&mut fds, 20_000_u16).expect("poll");
            }
        }
    };
    let mut stream = opened.stream;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("the server hangs up");
    stream.shutdown_write().expect("that is no error");
    assert!(server.join().expect("the server is done"));
}

#[test]
fn refused_connection_is_an_error() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        listener.local_addr().expect("it is bound").port()
    };
    let error = Dialer::new()
        .open(
            &request(&format!("ws://127.0.0.1:{port}")),
            soon(),
            &mut |_| (),
        )
        .expect_err("nobody listens");
    assert_eq!(
        error.to_string(),
        format!("could not connect to 127.0.0.1:{port} (127.0.0.1): Connection refused")
    );
}

#[test]
fn server_without_a_response_is_timed_out() {
    // Ends when the client disconnects.
    let (port, server) = serve(|mut client| client.read_to_end(&mut Vec::new()).is_ok());
    let request = request(&format!("ws://127.0.0.1:{port}"));
    let Transport { mut stream, .. } = Dialer::new()
        .connect(&request, soon(), &mut |_| ())
        .expect("it listens");
    let short = Deadline::after(Duration::from_millis(50));
    stream.set_deadline(Some(short)).expect("it is open");
    let error = handshake::upgrade(&mut stream, &request, short, &mut |_| ())
        .expect_err("nothing is answered");
    assert_eq!(
        error.to_string(),
        "timed out after 0.05 s (--connect-timeout) while waiting for the upgrade response"
    );
    drop(stream);
    assert!(server.join().expect("the server is done"));
}

#[test]
fn invalid_options_are_rejected_before_connecting() {
    let mut request = request("box");
    request.headers = vec![CustomHeader::parse("Cookie: a=b").expect("a header")];
    let mut steps = 0;
    let error = Dialer::new()
        .open(&request, soon(), &mut |_| steps += 1)
        .expect_err("the scheme is asked for");
    assert!(matches!(error, Error::Url(_)));
    assert_eq!(steps, 0);
}

#[test]
fn a_cache_of_addresses_resolves_a_host_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("it is bound").port();
    let options = request(&format!("ws://localhost:{port}"));
    let resolves = |dialer: &Dialer| {
        let mut count = 0;
        let connected = dialer.connect(&options, soon(), &mut |step| {
            count += usize::from(matches!(step, ConnectStep::Resolved(_)));
        });
        connected.expect("it listens");
        count
    };
    let cached = Dialer::new().with_address_cache();
    assert_eq!([resolves(&cached), resolves(&cached)], [1, 0]);
    // Another cache begins anew, and without one the resolver is asked each time.
    assert_eq!(resolves(&cached.with_address_cache()), 1);
    let plain = Dialer::new();
    assert_eq!([resolves(&plain), resolves(&plain)], [1, 1]);
}
