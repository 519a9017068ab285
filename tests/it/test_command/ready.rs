//! `--ready`: files are run once a server accepts a WebSocket.

use std::time::Duration;

use super::{greeted, test, GREETING};
use crate::support::{time, Peer};

/// A server behind a gateway that is up before it.
#[test]
fn files_are_run_once_the_server_accepts_a_websocket() {
    let starting = Peer::http("HTTP/1.1 503 Starting\r\nContent-Length: 0\r\n\r\n");
    let probed = Peer::ws().expect_close(1000, "");
    let peer = starting.then(probed).then(greeted()).start();
    test(&["a.ws", "--ready", &peer.url(), "--url", &peer.url()])
        .file("a.ws", GREETING)
        .stdout_matches("ok    a.ws  [..]\n1 passed in [..] s\n")
        .run();
}

#[test]
fn refusal_of_a_token_shows_that_the_server_is_ready() {
    let refusing = Peer::http("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    let peer = refusing.then(greeted()).start();
    test(&["a.ws", "--ready", &peer.url(), "--url", &peer.url()])
        .file("a.ws", GREETING)
        .stdout_matches("ok    a.ws  [..]\n1 passed in [..] s\n")
        .run();
}

#[test]
fn server_that_is_never_ready_is_timed_out() {
    let limit = time::limit(Duration::from_millis(300)).as_secs_f64();
    let port = Peer::reserved();
    test(&["a.ws", "--ready", &port.url(), "--url", &port.url()])
        .args(["--", "--connect-timeout", &limit.to_string()])
        .file("a.ws", GREETING)
        .stdout_matches("0 passed, 1 not run in [..] s\n")
        .stderr_matches(format!(
            "wsline: timed out after {limit} s (--connect-timeout) while waiting for the server at \
             {}: could not connect to 127.0.0.1:{} [..]: Connection refused\n",
            port.url(),
            port.port()
        ))
        .code(28)
        .run();
}

#[test]
fn default_timeout_of_expectations_is_an_option() {
    let peer = Peer::ws().expect_text("hi").expect_close_any().start();
    test(&["a.ws", "--url", &peer.url(), "--within", "150ms"])
        .file("a.ws", GREETING)
        .stdout_matches(
            "FAIL  a.ws  [..]\n  a.ws:2: expected \"ho\", but no message was received within 0.15 s\n\
             ...\n0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
}
