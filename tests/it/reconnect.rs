//! `--reconnect`: when wsline reconnects, and that no line is silently lost or sent twice.

mod attempts;
mod deaths;
mod resources;

use std::time::Duration;

use crate::support::{Frame, Gate, Peer, Stdin, Wsline};
use serde_json::Value;

const LONG: Duration = Duration::from_mins(1);

// When wsline reconnects.

#[test]
fn lost_connection_is_reopened_and_on_connect_is_sent_again() {
    for lost in [
        Peer::ws().expect_text("subscribe").close(1001, ""),
        Peer::ws().expect_text("subscribe").close_empty(),
        Peer::ws().expect_text("subscribe").drop_tcp(),
        Peer::ws().expect_text("subscribe").reset_tcp(),
        Peer::http("HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"),
        Peer::tcp().drop_tcp(),
    ] {
        let again = Peer::ws()
            .expect_text("subscribe")
            .send_text("news")
            .expect_close(1000, "");
        let peer = lost.then(again).start();
        Wsline::new()
            .args([
                &peer.url(),
                "--reconnect",
                "--on-connect",
                "subscribe",
                "-1",
            ])
            .stdin(Stdin::Open)
            .stdout("news\n")
            .stderr_matches("wsline: reconnecting in 0.[..] s (attempt 1): [..]\n")
            .run();
    }
}

#[test]
fn unreachable_server_behind_a_socks_proxy_is_retried() {
    let refusing = |reply: &[u8]| {
        Peer::tcp()
            .expect_raw(b"\x05\x01\x00")
            .raw(b"\x05\x00")
            .expect_raw(b"\x05\x01\x00\x03\x04host\x00\x50")
            .raw(reply)
    };
    // Host unreachable; accepted and closed, as ssh -D does.
    let proxy = refusing(b"\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00")
        .then(
            refusing(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00").expect_raw(b"GET / HTTP/1.1\r\n"),
        )
        .start();
    Wsline::new()
        .args(["ws://host:80/", "--reconnect=1", "-x"])
        .arg(format!("socks5h://{}", proxy.addr()))
        .stdin(Stdin::Open)
        .stderr_matches(
            "wsline: reconnecting in 0.[..] s (attempt 1): the proxy [..] refused to connect to \
             host:80: the host is unreachable (SOCKS reply 4)\n\
             wsline: the proxy [..] refused to connect to host:80: it accepted the request and then \
             closed the connection\n\
             hint: [..]\n",
        )
        .code(97)
        .run();
}

#[test]
fn cause_is_one_line_and_omitted_with_quiet() {
    for (options, said) in [
        (
            &[][..],
            "wsline: reconnecting in 0.[..] s (attempt 1): closed by server: 1012 \"restart\" (service restart)\n",
        ),
        (&["-q"], ""),
    ] {
        let again = Peer::ws().send_text("news").expect_close(1000, "");
        let peer = Peer::ws().close(1012, "restart").then(again).start();
        Wsline::new()
            .args([&peer.url(), "--reconnect=1", "-1"])
            .args(options)
            .stdin(Stdin::Open)
            .stdout("news\n")
            .stderr_matches(said)
            .run();
    }
}

#[test]
fn silent_server_is_reconnected() {
    let again = Peer::ws().send_text("news").expect_close(1000, "");
    let peer = Peer::ws().stall().then(again).start();
    Wsline::new()
        .args([&peer.url(), "--reconnect", "-1"])
        .args(["--ping-interval", "100ms", "--ping-timeout", "500ms"])
        .stdin(Stdin::Open)
        .stdout("news\n")
        .stderr_matches(
            "wsline: reconnecting in [..] s (attempt 1): connection lost: no answer to a Ping for 0.5 s\n",
        )
        .run();
}

#[test]
fn last_attempt_decides_the_exit_code() {
    let refusing = Peer::refusing();
    Wsline::new()
        .args([&refusing.url(), "--reconnect=2"])
        .stdin(Stdin::Open)
        .stderr_matches(
            "wsline: reconnecting in [..] s (attempt 1): could not connect [..]\n\
             wsline: reconnecting in [..] s (attempt 2): could not connect [..]\n\
             wsline: could not connect [..]\n...",
        )
        .code(7)
        .run();
}

#[test]
fn permanent_failures_end_the_run() {
    for (peer, code) in [
        (Peer::ws().close(1000, ""), 0),
        (Peer::ws().close(1008, ""), 108),
        (Peer::ws().close(4001, ""), 121),
        (
            Peer::ws()
                .frame(Frame::new(1, "x").rsv(4))
                .expect_close_any(),
            102,
        ),
        (
            Peer::http("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            22,
        ),
    ] {
        let peer = peer.start();
        Wsline::new()
            .args([&peer.url(), "--reconnect", "-q"])
            .stdin(Stdin::Open)
            .stderr_matches("...")
            .code(code)
            .run();
    }
    let again = Peer::ws().close(1000, "");
    let refused = Peer::http("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    let peer = Peer::ws().close(4001, "").then(refused.then(again)).start();
    Wsline::new()
        .args([
            &peer.url(),
            "--reconnect",
            "--reconnect-on",
            "4001,401",
            "-q",
        ])
        .stdin(Stdin::Open)
        .run();
}

#[test]
fn invalid_values_are_rejected() {
    for (options, why) in [
        (&["--reconnect=0"][..], "must be a number greater than 0"),
        (
            &["--reconnect-on", "4001"],
            "--reconnect-on requires --reconnect",
        ),
        (
            &["--reconnect", "--reconnect-on", "42"],
            "must be a close code (1000-4999) or a status (300-599)",
        ),
    ] {
        Wsline::new()
            .args(options)
            .arg("ws://127.0.0.1:1/")
            .stderr_matches(format!("[..]{why}\n..."))
            .code(2)
            .run();
    }
}

// What is sent, and on which connection.

#[test]
fn data_is_sent_once_and_messages_are_counted_over_all_connections() {
    let again = Peer::ws()
        .send_text("2")
        .send_text("3")
        .expect_close(1000, "");
    let first = Peer::ws()
        .expect_text("hello")
        .send_text("1")
        .close(1001, "");
    let peer = first.then(again).start();
    Wsline::new()
        .args([&peer.url(), "--reconnect", "-d", "hello", "-n", "3"])
        .stdout("1\n2\n3\n")
        .stderr_matches(
            "wsline: reconnecting in [..] s (attempt 1): closed by server: 1001 (going away); \
             1 message may not have arrived\n",
        )
        .run();
}

#[test]
fn cut_line_is_sent_again_completely() {
    let fragment = "x".repeat(256 << 10);
    let (begun, again) = (Gate::new(), Gate::new());
    let next = Peer::ws()
        .open(&again)
        .expect_text(format!("{fragment}end"))
        .expect_text("next")
        .close(1000, "");
    let peer = Peer::ws()
        .expect_frame(Frame::new(1, &fragment).unfinished())
        .open(&begun)
        .close(1001, "")
        .then(next)
        .start();
    let mut program = Wsline::new()
        .args([&peer.url(), "--reconnect", "-q"])
        .stdin(Stdin::Open)
        .within(LONG)
        .spawn();
    program.write(&fragment);
    begun.wait();
    again.wait();
    program.write("end\nnext\n");
    program.wait();
}

#[test]
fn json_and_records_show_attempts() {
    let again = Peer::ws().send_text("news").expect_close(1000, "");
    let peer = Peer::ws()
        .expect_text("hi")
        .close(1001, "")
        .then(again)
        .start();
    let program = Wsline::new();
    let record = program.home().work().join("talk.ws");
    let finished = program
        .args([&peer.url(), "--reconnect", "--json", "-q", "-d", "hi", "-1"])
        .args(["--record", "talk.ws"])
        .stdout_matches("...")
        .run();
    let lines: Vec<Value> = finished
        .stdout_text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    let kinds: Vec<_> = lines.iter().map(|line| &line["type"]).collect();
    assert_eq!(
        kinds,
        [
            "open",
            "text",
            "close",
            "reconnecting",
            "open",
            "text",
            "close"
        ]
    );
    let reconnecting = &lines[3];
    assert_eq!(reconnecting["attempt"], 1);
    assert_eq!(reconnecting["unconfirmed"], 1);
    assert_eq!(reconnecting["cause"], "closed by server: 1001 (going away)");
    assert!(reconnecting["after"]
        .as_f64()
        .is_some_and(|after| (0.0..=250.0).contains(&after)));
    let record = std::fs::read_to_string(record).expect("it was written");
    assert!(
        record.contains("< close 1001\n# reconnecting in ") && record.contains("\nreconnect\n"),
        "{record}"
    );
}

#[test]
fn expected_close_is_met_after_reconnecting() {
    let again = Peer::ws().send_text("news").expect_close(1000, "");
    let peer = Peer::ws().close(1001, "").then(again).start();
    Wsline::new()
        .args([&peer.url(), "--reconnect", "-q"])
        .args(["--expect-close", "1001", "--expect", "news"])
        .stdout("news\n")
        .run();
}

#[test]
fn signal_ends_the_wait() {
    let peer =
        Peer::http("HTTP/1.1 503 Busy\r\nRetry-After: 1000\r\nContent-Length: 0\r\n\r\n").start();
    let mut program = Wsline::new()
        .args([&peer.url(), "--reconnect"])
        .stdin(Stdin::Open)
        .stderr_matches(
            "wsline: reconnecting in 1000.0 s (attempt 1): [..]\nwsline: terminated\n...",
        )
        .code(143)
        .spawn();
    program.wait_for_stderr("attempt 1");
    program.signal(nix::sys::signal::Signal::SIGTERM);
    program.wait();
}
