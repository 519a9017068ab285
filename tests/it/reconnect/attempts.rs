//! What each attempt does anew, and what happens to input in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::cert::Validity;
use crate::support::{Cert, Frame, Peer, Stdin, Wsline};

#[test]
fn invalid_certificate_ends_the_run() {
    let authority = Cert::authority("test authority");
    let valid = authority.issue(&["localhost"]);
    let expired = authority.issue_with(&["localhost"], Validity::Expired);
    let again = Peer::ws().tls(&expired).expect_tls_refused();
    let peer = Peer::ws().tls(&valid).close(1001, "").then(again).start();
    Wsline::new()
        .file("authority.pem", authority.pem())
        .args([&peer.url_as("localhost"), "--reconnect"])
        .args(["--cacert", "authority.pem"])
        .stdin(Stdin::Open)
        .stderr_matches(
            "wsline: reconnecting in 0.[..] s (attempt 1): closed by server: 1001 (going away)\n\
             wsline: [..]expired[..]\n...",
        )
        .code(60)
        .run();
}

#[test]
fn names_are_resolved_and_redirects_followed_again() {
    let redirect = || {
        Peer::http("HTTP/1.1 307 There\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")
            .expect_request(|head| assert!(head.starts_with("GET / "), "{head}"))
    };
    let there =
        || Peer::ws().expect_request(|head| assert!(head.starts_with("GET /there "), "{head}"));
    let last = there().send_text("news").expect_close(1000, "");
    let again = redirect().then(last);
    let peer = redirect().then(there().close(1001, "").then(again)).start();
    let finished = Wsline::new()
        .args([&peer.url_as("localhost"), "--reconnect", "-L", "-1"])
        .args(["-v", "-4"])
        .stdin(Stdin::Open)
        .stdout("news\n")
        .stderr_matches("...")
        .run();
    let said = finished.stderr_text();
    // Before and after each redirect.
    assert_eq!(said.matches("resolved to 127.0.0.1").count(), 4, "{said}");
}

#[test]
fn stdin_is_not_read_without_a_connection() {
    // What a pipe holds, and a read.
    const MOST: usize = 2 << 20;
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let busy = || Peer::http("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
    let peer = Peer::ws()
        .close(1012, "")
        .then(busy().then(busy().then(busy())))
        .start();
    let finished = Wsline::new()
        .args([&peer.url(), "--reconnect=3"])
        .stdin(Stdin::written(move |pipe| {
            let line = [&[b'x'; 1023][..], b"\n"].concat();
            loop {
                pipe.write_all(&line)?;
                count.fetch_add(line.len(), Ordering::SeqCst);
            }
        }))
        .stderr_matches("...")
        .code(22)
        .run();
    let written = written.load(Ordering::SeqCst);
    let said = finished.stderr_text();
    assert!(written < MOST, "{written} bytes were read:\n{said}");
}

#[test]
fn messages_that_may_be_lost_at_the_end_are_counted() {
    // The server does not answer the Close, or closes with an error.
    let hi = || Peer::ws().expect_text("hi");
    for (peer, code) in [
        (hi().expect_close(1000, "").drop_tcp(), 0),
        (hi().close(4001, ""), 121),
    ] {
        let peer = peer.start();
        Wsline::new()
            .args([&peer.url(), "--reconnect", "-w", "200ms"])
            .stdin("hi\n")
            .stderr_matches("wsline: 1 message may not have arrived\n...")
            .code(code)
            .run();
    }
    let peer = hi().close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "--reconnect"])
        .stdin("hi\n")
        .run();
}

/// Only the first message is sent within the test.
#[test]
fn input_is_counted_when_no_attempt_is_left() {
    for (options, stdin) in [
        (&[][..], "0\n1\n2\n"),
        (&["-d", "0", "-d", "1", "-d", "2"], ""),
    ] {
        let busy = Peer::http("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
        let peer = Peer::ws()
            .expect_text("0")
            .close(1012, "")
            .then(busy)
            .start();
        Wsline::new()
            .args([&peer.url(), "--reconnect=1", "-q", "--delay", "60m"])
            .args(options)
            .stdin(stdin)
            .stderr(
                "wsline: the server refused the upgrade: HTTP/1.1 503 Busy\n\
                 wsline: 2 of 3 messages not sent\n",
            )
            .code(22)
            .run();
    }
}

/// What was accepted and waits for a connection is lost if the run ends, and input may be left.
#[test]
fn waiting_message_is_counted_when_the_run_is_interrupted() {
    let fragment = "x".repeat(256 << 10);
    let busy = Peer::http("HTTP/1.1 503 Busy\r\nRetry-After: 1000\r\nContent-Length: 0\r\n\r\n");
    let peer = Peer::ws()
        .expect_frame(Frame::new(1, &fragment).unfinished())
        .close(1001, "")
        .then(busy)
        .start();
    let mut program = Wsline::new()
        .args([&peer.url(), "--reconnect"])
        .stdin(Stdin::Open)
        .stderr_matches(
            "wsline: reconnecting in [..] s (attempt 1): [..]\n\
             wsline: reconnecting in 1000.0 s (attempt 2): [..]\n\
             wsline: interrupted\n\
             wsline: at least 1 of at least 1 messages not sent\n...",
        )
        .code(130)
        .spawn();
    program.write(&fragment);
    program.wait_for_stderr("reconnecting in 1000.0 s");
    program.signal(Signal::SIGINT);
    program.wait();
}

/// It is not the end of the run, which would be a success.
#[test]
fn endless_wait_is_ended_by_the_time_limit() {
    let busy = "HTTP/1.1 503 Busy\r\nRetry-After: 9223372036854775807\r\nContent-Length: 0\r\n\r\n";
    let peer = Peer::http(busy).start();
    Wsline::new()
        .args([&peer.url(), "--reconnect", "-q", "-d", "x", "-m", "500ms"])
        .stderr_matches("wsline: [..]--max-time[..]\n")
        .code(28)
        .run();
}

/// A wait that an attempt begins is ended by the end of the run.
#[test]
fn time_limit_ends_the_wait() {
    let peer =
        Peer::http("HTTP/1.1 503 Busy\r\nRetry-After: 1000\r\nContent-Length: 0\r\n\r\n").start();
    Wsline::new()
        .args([&peer.url(), "--reconnect", "-m", "500ms"])
        .stdin(Stdin::Open)
        .stderr_matches(
            "wsline: reconnecting in 1000.0 s (attempt 1): [..]\n\
             wsline: timed out after 0.5 s (--max-time) while waiting to reconnect\n...",
        )
        .code(28)
        .within(Duration::from_mins(1))
        .run();
}
