//! Whatever was recorded, the record holds when it is played against the same server.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{json, Value};

use super::record;
use crate::support::program::Running;
use crate::support::{Peer, Stdin, Wsline};

/// An echo server that lasts as long as this, and its address.
fn echo() -> (Running, String) {
    let mut server = Wsline::new()
        .args(["echo", "127.0.0.1:0"])
        .unjudged()
        .spawn();
    let line = server.read_line();
    let url = line.strip_prefix("listening on ").expect("it listens");
    let url = url.to_owned();
    (server, url)
}

/// Plays a record with options that stand behind `--`; the test fails unless it holds.
#[track_caller]
fn replay(path: &Path, options: &[&str]) {
    Wsline::new()
        .arg("test")
        .arg(path)
        .args(["--var", "AUTHORIZATION=Bearer hidden", "--"])
        .args(options)
        .stdout_matches("ok [..]\n1 passed in [..] s\n")
        .run();
}

/// What a person or a program may say, as an order of `--json`.
fn said() -> impl Strategy<Value = Value> {
    use data_encoding::BASE64;
    let bytes = |length| proptest::collection::vec(any::<u8>(), 0..length);
    prop_oneof![
        any::<String>().prop_map(|text| json!({"type": "text", "data": text})),
        "(json|hex|close|any|#|/|>|<|@a|\\$\\{A\\}|\"| |\n|\r|\t|x){0,6}"
            .prop_map(|text| json!({"type": "text", "data": text})),
        bytes(80).prop_map(|it| json!({"type": "binary", "base64": BASE64.encode(&it)})),
        bytes(126).prop_map(|it| json!({"type": "ping", "base64": BASE64.encode(&it)})),
        bytes(126).prop_map(|it| json!({"type": "pong", "base64": BASE64.encode(&it)})),
    ]
}

/// A Close, or none: then input just ends.
fn closing() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(json!({"type": "close"}))),
        ("\\PC{0,30}", prop_oneof![Just(1000), 3000_u16..=4999]).prop_map(|(reason, code)| {
            Some(json!({"type": "close", "code": code, "reason": reason}))
        }),
    ]
}

#[test]
fn any_conversation_with_an_echo_server_can_be_replayed() {
    let (_server, url) = echo();
    let config = ProptestConfig {
        cases: 24,
        max_shrink_iters: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let talk = (proptest::collection::vec(said(), 0..10), closing());
    proptest!(config, |((all, close) in talk)| {
        let orders = all.iter().chain(&close).map(|order| format!("{order}\n"));
        // How it ends is the conversation's, and not of interest here.
        let program = Wsline::new()
            .args([&url, "--json", "-q", "-w", "50ms"])
            .stdin(orders.collect::<String>())
            .unjudged();
        let recorded = record(program, "talk.ws");
        replay(&recorded.path, &[]);
    });
}

/// A server that speaks by itself, fragments, pings, and closes first.
#[test]
fn unsolicited_messages_can_be_replayed() {
    let peer = Peer::ws()
        .expect_header("Authorization", "Bearer hidden")
        .send_text("{\"hello\": 1}")
        .expect_text("hi")
        .ping("p")
        .expect_pong("p")
        .fragments(["a", "b"])
        .send_binary([0xff; 100])
        .close(4001, "that's it")
        .connections(2)
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "--bearer", "hidden", "-q"])
        .stdin("hi\n")
        .unjudged();
    let recorded = record(program, "talk.ws");
    replay(&recorded.path, &[]);
}

#[test]
fn other_ends_can_be_replayed() {
    let refused = Peer::http("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    let lost = Peer::ws().send_text("and then").drop_tcp();
    let empty = Peer::ws().close_empty();
    let late = Peer::ws()
        .expect_close(1000, "")
        .send_text("late")
        .close(1000, "");
    let broken = Peer::ws().raw(b"\x83\x00").expect_close_any();
    for (peer, wait) in [
        (refused, "-1"),
        (lost, "-1"),
        (empty, "-1"),
        (late, "0"),
        (broken, "-1"),
    ] {
        let peer = peer.connections(2).start();
        let program = Wsline::new()
            .args([&peer.url(), "-q", "-w", wait])
            .stdin("")
            .unjudged();
        let recorded = record(program, "talk.ws");
        replay(&recorded.path, &[]);
    }
}

/// All three forms hold what it takes. A Close of ours, pauses, a Ping of ours and of the server's.
#[test]
fn each_format_can_be_replayed() {
    for name in ["talk.ws", "talk.jsonl", "talk.har"] {
        let peer = Peer::ws()
            .expect_header("Origin", "http://a")
            .accept_with_headers(["Sec-WebSocket-Protocol: chat"])
            .expect_text("hi")
            .expect_ping("x")
            .pong("x")
            .send_text("{\"id\": 1}")
            .ping("p")
            .expect_pong("p")
            .send_binary([0xff, 0])
            .expect_close(4000, "")
            .close(4000, "")
            .connections(2)
            .start();
        let orders = [
            json!({"type": "text", "data": "hi"}),
            json!({"type": "ping", "data": "x"}),
        ];
        let program = Wsline::new();
        let path = program.home().work().join(name);
        let mut program = program
            .args([&peer.url(), "--json", "-o", "http://a", "-s", "chat"])
            .args(["--record", name])
            .stdin(Stdin::Open)
            .unjudged()
            .spawn();
        for order in orders {
            program.write_line(&order.to_string());
        }
        program.wait_for_stdout("\"base64\":\"/wA=\"");
        let close = json!({"type": "close", "code": 4000});
        program.write_line(&close.to_string());
        let run = program.wait();
        replay(&path, &[]);
        drop(run);
    }
}

/// A server that refuses, ends a connection in two ways and is busy in between, twice.
fn restarting() -> Peer {
    const BUSY: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n";
    let greeted = |text: &str| Peer::ws().expect_text("subscribe").send_text(text);
    let last = greeted("three").expect_close(1000, "");
    let second = greeted("two").drop_tcp().then(last);
    let first = greeted("one")
        .close(1001, "")
        .then(Peer::http(BUSY).then(second));
    Peer::http(BUSY).then(first)
}

#[test]
fn run_with_reconnects_can_be_replayed() {
    for name in ["talk.ws", "talk.jsonl", "talk.har"] {
        let peer = restarting().start();
        let program = Wsline::new()
            .args([&peer.url(), "-n", "3", "--json", "-q"])
            .args(["--reconnect", "--on-connect", "subscribe"])
            .stdin(Stdin::Open)
            .stdout_matches("...");
        let recorded = record(program, name);
        peer.finish();
        if name == "talk.ws" {
            let text = recorded.statements();
            let (_, text) = text.split_once('\n').expect("it has lines");
            let text = text.lines().map(|line| match line.split_once(" in ") {
                Some((comment, _)) => format!("{comment} …\n"),
                None => format!("{line}\n"),
            });
            assert_eq!(
                text.collect::<String>(),
                "option --reconnect\nstrict\n\n# reconnecting …\n> subscribe\n< one\n< close 1001\n\
                 # reconnecting …\n# reconnecting …\nreconnect\n> subscribe\n< two\n< close 1006\n\
                 # reconnecting …\nreconnect\n> subscribe\n< three\n> close\n< close 1000\n"
            );
        }
        let again = restarting().start();
        Wsline::new()
            .arg("test")
            .arg(&recorded.path)
            .args(["--url", &again.url()])
            .stdout_matches("ok [..]\n1 passed in [..] s\n")
            .run();
        again.finish();
    }
}

#[test]
fn options_of_a_lasting_connection_are_recorded() {
    let peer = Peer::ws().stall().then(Peer::ws().close(1000, "")).start();
    let program = Wsline::new()
        .args([
            &peer.url(),
            "-q",
            "--reconnect=3",
            "--reconnect-on",
            "4001,401",
        ])
        .args(["--ping-interval", "50ms", "--ping-timeout", "500ms"])
        .stdin(Stdin::Open);
    let recorded = record(program, "talk.ws");
    let text = recorded.statements();
    assert!(
        text.contains(
            "\noption --ping-interval=50ms\noption --ping-timeout=500ms\noption --reconnect=3\n\
             option --reconnect-on=4001,401\nstrict\n\n< close 1006\n# reconnecting in "
        ),
        "{text}"
    );
    let again = Peer::ws().stall().then(Peer::ws().close(1000, "")).start();
    Wsline::new()
        .arg("test")
        .arg(&recorded.path)
        .args(["--url", &again.url()])
        .stdout_matches("ok [..]\n1 passed in [..] s\n")
        .run();
}

/// The program's own Close at a signal has a code that users may not send.
#[test]
fn conversation_ended_by_a_signal_can_be_replayed() {
    let (_server, url) = echo();
    let program = Wsline::new();
    let path = program.home().work().join("talk.ws");
    let mut program = program
        .args([&url, "--record", "talk.ws", "-q"])
        .stdin(Stdin::Open)
        .unjudged()
        .spawn();
    program.write_line("hi");
    assert_eq!(program.read_line(), "hi");
    program.signal(nix::sys::signal::Signal::SIGINT);
    let run = program.wait();
    replay(&path, &[]);
    drop(run);
}

/// How the server is reached is no part of the conversation, and is said again.
#[test]
fn options_for_reaching_the_server_are_needed_again() {
    let peer = Peer::ws()
        .send_text("hi")
        .close(1000, "")
        .connections(2)
        .start();
    let way = format!("example.org:80:127.0.0.1:{}", peer.addr().port());
    let way = ["--connect-to", &way];
    let program = Wsline::new()
        .arg("ws://example.org/")
        .args(way)
        .stdout("hi\n");
    let recorded = record(program, "talk.ws");
    replay(&recorded.path, &way);
}
