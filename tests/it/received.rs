//! What is received: how it is counted, and how it is shown.

use std::time::Duration;

use crate::support::peer::{BINARY, CONTINUATION};
use crate::support::{Cert, Frame, Peer, Wsline};

#[test]
fn messages_in_the_packet_of_the_handshake_are_printed() {
    let (cert, _) = Cert::for_localhost();
    for peer in [Peer::ws(), Peer::ws().tls(&cert)] {
        let text = "x".repeat(15_000);
        let peer = peer.glued().send_text(&text).expect_close(1000, "").start();
        Wsline::new()
            .args([&peer.url_as("localhost"), "-k", "-1"])
            .stdout(format!("{text}\n"))
            .run();
    }
}

#[test]
fn max_messages_prints_exactly_that_many() {
    let peer = Peer::ws()
        .glued()
        .send_text("1")
        .send_text("2")
        .send_text("3")
        .send_text("4")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-n", "2"])
        .stdout("1\n2\n")
        .run();
}

#[test]
fn late_message_is_waited_for() {
    let peer = Peer::ws()
        .expect_text("a")
        .expect_silence(Duration::from_millis(1300))
        .send_text("b")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-1"])
        .stdin("a\n")
        .stdout("b\n")
        .run();
}

#[test]
fn fewer_messages_than_requested_is_an_error() {
    let peer = Peer::ws().close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-1"])
        .stderr_matches(
            "wsline: received 0 of 1 messages\n\
             closed by server: 1000 (normal closure) after [..] s, sent 0, received 0\n",
        )
        .code(4)
        .run();
    let peer = Peer::ws().send_text("a").expect_close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-n", "2", "-w", "500ms", "-q"])
        .stdin("")
        .stdout("a\n")
        .stderr("wsline: received 1 of 2 messages\n")
        .code(4)
        .run();
}

// Binary messages, times, Pings.

#[test]
fn binary_as_formats() {
    for (form, printed) in [
        ("raw", "a\n\u{0}b\n"),
        ("hex", "a\n00\nb\n"),
        ("base64", "a\nAA==\nb\n"),
        ("skip", "a\nb\n"),
    ] {
        let peer = Peer::ws()
            .send_text("a")
            .send_binary(b"\0")
            .send_text("b")
            .close(1000, "")
            .start();
        Wsline::new()
            .args([&peer.url(), "--binary-as", form])
            .stdout(printed)
            .run();
    }
}

#[test]
fn fragmented_binary_is_one_line_of_hex() {
    let peer = Peer::ws()
        .frame(Frame::new(BINARY, b"\x01").unfinished())
        .ping("between")
        .frame(Frame::new(CONTINUATION, b"\x02\x03"))
        .expect_pong("between")
        .close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "--binary-as", "hex"])
        .stdout("010203\n")
        .run();
}

#[test]
fn timestamps_precede_messages() {
    let peer = Peer::ws()
        .send_text("a")
        .fragments(["b", "c"])
        .close(1000, "")
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "--timestamps"])
        .stdout_matches("[..] a\n[..] bc\n")
        .run();
    for line in program.stdout_text().lines() {
        let (time, _) = line.split_once(' ').expect("a time stands first");
        let shape = time.replace(|c: char| c.is_ascii_digit(), "0");
        assert_eq!(shape, "00:00:00.000");
    }
}

#[test]
fn pings_and_pongs_are_shown_on_stderr() {
    let peer = Peer::ws()
        .ping(b"are you there")
        .expect_pong(b"are you there")
        .pong(b"unasked\x1b")
        .send_text("a")
        .close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-P"])
        .stdout("a\n")
        .stderr_matches("< ping[..]are you there[..]\n> pong[..]are you there[..]\n< pong[..]unasked\\x1b[..]\n")
        .run();
}
