//! Statements that follow the end of all connections: each is run, and none is taken for met.

use super::fails;
use crate::support::{Peer, Wsline};

fn greeting() -> Peer {
    Peer::ws().expect_text("a").send_text("a").expect_eof()
}

#[test]
fn expectations_after_a_drop_are_not_met() {
    let lost = "but the connection was lost: it was dropped";
    for (rest, report) in [
        ("< zzz", format!("4: expected \"zzz\", {lost}")),
        (
            "> b\n< b",
            "4: could not send \"b\": the connection was lost: it was dropped".to_owned(),
        ),
        (
            "check json {\"a\":1}",
            "4: expected JSON with {\"a\":1}, but line 2 matched \"a\"".to_owned(),
        ),
        (
            "repeat 2\n  < zz",
            format!("5: expected \"zz\", {lost}, in turn 1 of 2 of line 4"),
        ),
    ] {
        fails(greeting(), &format!("> a\n< a\ndrop\n{rest}\n"), &report);
    }
    fails(
        Peer::ws().expect_eof(),
        "drop\n< zzz\n",
        &format!("2: expected \"zzz\", {lost}"),
    );
}

#[test]
fn request_after_the_last_connection_is_sent() {
    let nobody = Peer::reserved();
    let http = nobody.url().replace("ws://", "http://");
    for (peer, before) in [
        (Peer::ws().close(4001, ""), "< close 4001"),
        (
            Peer::ws().expect_close(1000, ""),
            "> close 1000\n< close 1000",
        ),
        (greeting(), "> a\n< a\ndrop"),
        (
            Peer::http("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"),
            "< refused 401",
        ),
    ] {
        fails(
            peer,
            &format!("{before}\nhttp GET {http}\n< status 200\n"),
            "[..]: expected a response to GET [..], but could not connect to [..]",
        );
    }
}

#[test]
fn retry_without_a_connection_ends_in_time() {
    let closed = "the server closed with 4001 ([..])";
    for (block, report) in [
        (
            "< a",
            format!("3: expected \"a\", but {closed}, after [..] attempts in [..] s of line 2"),
        ),
        (
            "> x\n  < a",
            format!("3: could not send \"x\": {closed}, after [..] of line 2"),
        ),
    ] {
        fails(
            Peer::ws().close(4001, ""),
            &format!("< close 4001\nretry 200ms every 50ms\n  {block}\n"),
            &report,
        );
    }
}

/// The same for statements of the command line.
#[test]
fn statement_after_a_drop_is_not_met() {
    let peer = Peer::ws().expect_eof().start();
    Wsline::new()
        .args([&peer.url(), "-q", "-e", "drop", "-e", "< zzz"])
        .stderr_matches(
            "wsline: -e 2: expected \"zzz\", but the connection was lost: it was dropped\n",
        )
        .code(4)
        .run();
}
