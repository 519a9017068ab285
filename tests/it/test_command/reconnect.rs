//! Session files whose connections are opened again: by `option --reconnect`, or by `reconnect`.

use super::{fails, passes, test};
use crate::support::Peer;

const UNAVAILABLE: &str =
    "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A peer that gets `again` and sends `b`.
fn again() -> Peer {
    Peer::ws()
        .expect_text("again")
        .send_text("b")
        .expect_close(1000, "")
}

#[test]
fn connection_is_opened_again_by_the_option() {
    let first = || Peer::ws().expect_text("hi").send_text("a");
    for (lost, code) in [
        (first().close(1001, ""), "1001"),
        (first().close_empty(), "1005"),
        (first().drop_tcp(), "1006"),
    ] {
        passes(
            lost.then(Peer::http(UNAVAILABLE).then(again())),
            &format!(
                "option --reconnect=3\nstrict\n> hi\n< a\n< close {code}\nreconnect\n> again\n< b\n"
            ),
        );
    }
    // That it was is not always checked.
    passes(
        Peer::http(UNAVAILABLE).then(first().close(1001, "").then(again())),
        "option --reconnect\n> hi\n< a\n< close 1001\n> again\n< b\n",
    );
}

#[test]
fn connection_is_opened_again_by_the_statement() {
    let lost = Peer::ws().expect_text("hi").close(1000, "");
    passes(
        lost.then(Peer::http(UNAVAILABLE).then(again())),
        "> hi\n< close 1000\nwait 20ms\nreconnect\n> again\n< b\n",
    );
    // The end itself need not be expected, and may come later.
    passes(
        Peer::ws().expect_text("hi").drop_tcp().then(again()),
        "> hi\nreconnect\n> again\n< b\n",
    );
    let many = (0..4).fold(again(), |next, _| {
        Peer::ws().expect_text("hi").close(4000, "").then(next)
    });
    passes(
        many,
        "repeat 4\n  > hi\n  < close 4000\n  reconnect\n> again\n< b\n",
    );
}

#[test]
fn connection_that_is_not_opened_again_fails() {
    fails(
        Peer::ws().expect_close(1000, ""),
        "within 100ms\nreconnect\n",
        "2: expected the connection to end and to be opened again, but it was still open after 0.1 s",
    );
    let refusal = "HTTP/1.1 503 Busy\r\nRetry-After: 1000\r\nContent-Length: 0\r\n\r\n";
    fails(
        Peer::ws().drop_tcp().then(Peer::http(refusal)),
        "within 1s\nreconnect\n",
        "2: expected the connection to end and to be opened again, but it was not opened within 1 s: \
         the server refused the upgrade: HTTP/1.1 503 Busy",
    );
    // Without either of both, the end of a connection remains one.
    fails(
        Peer::ws().close(1001, ""),
        "< hi\n",
        "1: expected \"hi\", but the server closed with 1001 (going away)",
    );
    // The new one must not end unless that is expected.
    fails(
        Peer::ws().close(1001, "").then(Peer::ws().close(1001, "")),
        "reconnect\n> hi\n< hi\n",
        "[..]the server closed with 1001 (going away)",
    );
}

#[test]
fn expected_close_is_compared_after_reconnecting() {
    fails(
        Peer::ws().close(1001, ""),
        "option --reconnect\nstrict\n< close 1012\n",
        "3: expected the connection to be closed with 1012 (service restart), but received a Close \
         with 1001 (going away) instead",
    );
}

#[test]
fn attempts_of_the_option_are_limited() {
    let refusing = Peer::refusing();
    test(&["a.ws", "--url", &refusing.url()])
        .file("a.ws", "option --reconnect=1\n> hi\n")
        .stdout_matches(
            "error a.ws  ([..] s)\n  could not connect to [..]\n...\n0 passed, 1 error in [..] s\n",
        )
        .code(7)
        .run();
}

#[test]
fn options_belong_to_their_connection() {
    let a = Peer::ws()
        .expect_text("first")
        .close(1001, "")
        .then(
            Peer::ws()
                .expect_text("first")
                .expect_text("hi")
                .expect_close(1000, ""),
        )
        .start();
    let b = Peer::ws()
        .expect_text("beat")
        .send_text("c")
        .expect_close(1000, "")
        .start();
    let text = format!(
        "@a url {}\n@b url {}\n@a option --reconnect --on-connect first\n\
         @b option --every 1s beat\n@a < close 1001\n@a reconnect\n@b < c\n@a > hi\n",
        a.url(),
        b.url()
    );
    test(&["a.ws"])
        .file("a.ws", text)
        .stdout_matches("ok    a.ws  [..]\n1 passed in [..] s\n")
        .run();
}

#[test]
fn on_open_is_sent_on_each_connection() {
    passes(
        Peer::ws().expect_text("subscribe").close(1001, "").then(
            Peer::ws()
                .expect_text("subscribe")
                .expect_text("again")
                .send_text("b")
                .expect_close(1000, ""),
        ),
        "on open\n  > subscribe\nreconnect\n> again\n< b\n",
    );
}

#[test]
fn options_of_lasting_connections_are_used() {
    fails(
        Peer::ws().ping("p").stall(),
        "option --ping-interval 50ms --ping-timeout 200ms\n< hi\n",
        "2: expected \"hi\", but the server did not answer a Ping for 0.2 s",
    );
    passes(
        Peer::ws()
            .ping("p")
            .expect_silence(std::time::Duration::from_millis(100))
            .send_text("a")
            .expect_close(1000, ""),
        "option --no-pong\n< ping p\n< a\n",
    );
    let peer = Peer::ws()
        .send_text("beat")
        .send_text("news")
        .close(1000, "")
        .start();
    test(&["a.ws", "--url", &peer.url()])
        .file("a.ws", "option --hide ^beat\n< beat\n< other\n")
        .stdout_matches(
            "FAIL  a.ws  ([..] s)\n  a.ws:3: expected \"other\", but the server closed with 1000 \
             (normal closure)\n    - other\n    + news\n      ^\n  the last messages:\n    < \
             \"news\"\n0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
}
