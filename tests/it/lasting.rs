//! Connections that last: keepalive, heartbeats, hidden messages.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{time, Frame, Gate, Peer, Stdin, Wsline};

// Keepalive.

#[test]
fn pings_are_sent_at_the_interval_and_their_pongs_are_not_shown() {
    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .pong("wsline 1")
        .expect_ping("wsline 2")
        .pong("wsline 2")
        .send_text("done")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([
            &peer.url(),
            "--ping-interval",
            "50ms",
            "--ping-timeout",
            "20s",
            "-1",
        ])
        .stdin(Stdin::Open)
        .stdout("done\n")
        .run();
}

#[test]
fn keepalive_is_shown_with_p_and_recorded() {
    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .pong("wsline 1")
        .send_text("done")
        .expect_close(1000, "")
        .start();
    let program = Wsline::new();
    let record = program.home().work().join("talk.jsonl");
    let _finished = program
        .args([
            &peer.url(),
            "--ping-interval",
            "100ms",
            "--ping-timeout",
            "20s",
        ])
        .args(["-P", "-1", "--record", "talk.jsonl"])
        .stdin(Stdin::Open)
        .stdout("done\n")
        .stderr("> ping \"wsline 1\"\n< pong \"wsline 1\"\n")
        .run();
    let lines = std::fs::read_to_string(record).expect("it was written");
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    let kinds: Vec<_> = lines.iter().map(|line| &line["type"]).collect();
    assert_eq!(kinds, ["open", "ping", "pong", "text", "close"]);
}

#[test]
fn keepalive_pongs_do_not_meet_expectations() {
    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .pong("wsline 1")
        .send_text("x")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["test", "talk.ws", "--url", &peer.url()])
        .args(["--", "--ping-interval", "100ms", "--ping-timeout", "20s"])
        .file("talk.ws", "strict\n< x\n")
        .stdout_matches("ok    talk.ws  (1 statement, [..] s)\n1 passed [..]\n")
        .run();
}

#[test]
fn server_silent_after_a_ping_is_timed_out() {
    let peer = Peer::ws().stall().start();
    Wsline::new()
        .args([
            &peer.url(),
            "--ping-interval",
            "50ms",
            "--ping-timeout",
            "300ms",
        ])
        .stdin(Stdin::Open)
        .stderr_matches(
            "connection lost: no answer to a Ping for 0.3 s after [..] s, sent 0, received 0\n",
        )
        .code(28)
        .run();
}

#[test]
fn server_that_does_not_read_is_timed_out() {
    let peer = Peer::ws().deaf().start();
    Wsline::new()
        .args([
            &peer.url(),
            "-b",
            "--ping-interval",
            "100ms",
            "--ping-timeout",
            "500ms",
        ])
        .stdin(Stdin::written(|pipe| {
            let block = vec![b'x'; 1 << 20];
            (0..50).try_for_each(|_| pipe.write_all(&block))
        }))
        .stderr_matches(
            "wsline: at least [..] of at least [..] messages not sent\n\
             connection lost: no answer to a Ping for 0.5 s after [..]\n",
        )
        .code(55)
        .run();
}

#[test]
fn data_counts_as_an_answer_to_a_ping() {
    let mut peer = Peer::ws();
    for _ in 0..6 {
        peer = peer.pause(Duration::from_millis(150)).send_text("data");
    }
    let peer = peer.close(1000, "").start();
    Wsline::new()
        .args([
            &peer.url(),
            "--ping-interval",
            "50ms",
            "--ping-timeout",
            "600ms",
        ])
        .stdin(Stdin::Open)
        .stdout("data\n".repeat(6))
        .run();
}

#[test]
fn stopped_server_is_timed_out() {
    let mut server = Wsline::new()
        .args(["echo", "127.0.0.1:0"])
        .unjudged()
        .spawn();
    let line = server.read_line();
    let url = line.strip_prefix("listening on ").expect("it listens");
    let mut program = Wsline::new()
        .args([url, "--ping-interval", "200ms", "--ping-timeout", "600ms"])
        .stdin(Stdin::Open)
        .stdout("hi\n")
        .stderr_matches(
            "connection lost: no answer to a Ping for 0.6 s after [..] s, sent 1, received 1\n",
        )
        .code(28)
        .spawn();
    program.write_line("hi");
    assert_eq!(program.read_line(), "hi");
    server.signal(Signal::SIGSTOP);
    // The system still acknowledges what is sent to it.
    program.wait();
    server.signal(Signal::SIGCONT);
    server.signal(Signal::SIGTERM);
    server.wait();
}

#[test]
fn late_pongs_are_in_time() {
    let mut peer = Peer::ws();
    for number in 1..=3 {
        let payload = format!("wsline {number}");
        peer = peer
            .expect_ping(&payload)
            .pause(Duration::from_millis(250))
            .pong(payload);
    }
    let peer = peer.close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "--ping-interval", "100ms"])
        .args(["--ping-timeout", "20s"])
        .stdin(Stdin::Open)
        .run();
}

/// How often the program has waited, that is, how often something woke it up.
fn waits(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok())
        .expect("a number")
}

#[test]
fn idle_connection_wakes_up_for_its_timers_only() {
    const PINGS: u64 = 10;
    let (begun, ended) = (Gate::new(), Gate::new());
    let mut peer = Peer::ws().send_text("open");
    for number in 1..=PINGS {
        let payload = format!("wsline {number}");
        peer = peer.expect_ping(&payload).pong(&payload);
        if number == 1 {
            peer = peer.open(&begun);
        }
    }
    let peer = peer.open(&ended).close(1000, "").start();
    let program = Wsline::new()
        .args([&peer.url(), "--ping-interval", "100ms"])
        .args(["--ping-timeout", "20s"])
        .stdin(Stdin::Open)
        .stdout("open\n")
        .spawn();
    begun.wait();
    let before = waits(program.id());
    ended.wait();
    let count = waits(program.id()) - before;
    program.wait();
    // Once for each Ping and once for each Pong.
    assert!(count <= 2 * PINGS, "it woke up {count} times");
}

#[test]
fn idle_connection_does_not_wake_up() {
    let (begun, ended) = (Gate::new(), Gate::new());
    let peer = Peer::ws()
        .send_text("open")
        .expect_text("hi")
        .open(&begun)
        .pause(Duration::from_millis(500))
        .open(&ended)
        .close(1000, "")
        .start();
    let mut program = Wsline::new()
        .arg(peer.url())
        .stdin(Stdin::Open)
        .stdout("open\n")
        .spawn();
    assert_eq!(program.read_line(), "open");
    program.write_line("hi");
    begun.wait();
    let before = waits(program.id());
    ended.wait();
    let count = waits(program.id()) - before;
    program.wait();
    // The message may just have been sent, and the connection may just be closed.
    assert!(count <= 2, "it woke up {count} times");
}

#[test]
fn timeout_without_interval_is_rejected() {
    Wsline::new()
        .args(["ws://127.0.0.1:1/", "--ping-timeout", "1s"])
        .stderr_matches("error: --ping-timeout requires --ping-interval TIME\n...")
        .code(2)
        .run();
}

// Pings that are not answered.

#[test]
fn what_the_server_does_without_a_pong_is_said() {
    let peer = Peer::ws()
        .ping("1")
        .ping("2")
        .expect_silence(Duration::from_millis(300))
        .close(1011, "ping timeout")
        .start();
    Wsline::new()
        .args([&peer.url(), "--no-pong"])
        .stdin(Stdin::Open)
        .stderr_matches(
            "closed by server: 1011 \"ping timeout\" (internal error) after [..] s, sent 0, received 0, \
             [..] s after the first of 2 Pings that were not answered\n",
        )
        .code(111)
        .run();
    let peer = Peer::ws().close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "--no-pong"])
        .stdin(Stdin::Open)
        .stderr_matches(
            "closed by server: 1000 (normal closure) after [..] s, sent 0, received 0, no Ping received\n",
        )
        .run();
}

// What is sent by itself.

#[test]
fn on_connect_is_sent_before_everything_else() {
    let peer = Peer::ws()
        .expect_text("subscribe")
        .expect_text("two\nlines")
        .expect_text("first")
        .expect_text("second")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([
            &peer.url(),
            "--on-connect",
            "subscribe",
            "--on-connect",
            "@file",
        ])
        .args(["-d", "first", "-i", "-w", "0"])
        .file("file", "two\nlines\n")
        .stdin("second\n")
        .run();
}

#[test]
fn every_sends_at_intervals_and_is_recorded() {
    let peer = Peer::ws()
        .expect_text("beat")
        .expect_text("beat")
        .expect_text("beat")
        .send_text("enough")
        .expect_close(1000, "")
        .start();
    let program = Wsline::new();
    let record = program.home().work().join("talk.ws");
    let _finished = program
        .args([
            &peer.url(),
            "--every",
            "50ms",
            "beat",
            "-1",
            "--record",
            "talk.ws",
        ])
        .stdin(Stdin::Open)
        .stdout("enough\n")
        .run();
    let record = std::fs::read_to_string(record).expect("it was written");
    assert!(record.matches("> beat\n").count() >= 3, "{record}");
}

#[test]
fn automatic_messages_wait_for_the_end_of_a_message() {
    // Long enough for the line to begin before the first one is due.
    const INTERVAL: Duration = Duration::from_millis(700);
    let every = format!("{}ms", time::limit(INTERVAL).as_millis());
    let fragment = "x".repeat(256 << 10);
    let begun = Gate::new();
    let peer = Peer::ws()
        .expect_frame(Frame::new(1, &fragment).unfinished())
        .expect_silence(2 * INTERVAL)
        .open(&begun)
        .expect_frame(Frame::new(0, "y"))
        .expect_text("beat")
        .close(1000, "")
        .start();
    let mut program = Wsline::new()
        .args([&peer.url(), "--every", &every, "beat"])
        .stdin(Stdin::Open)
        .unjudged()
        .spawn();
    // A line that is longer than what is held has begun.
    program.write(&fragment);
    begun.wait();
    program.write("y\n");
    assert_eq!(program.wait().code, 0);
}

#[test]
fn invalid_values_are_rejected() {
    for (options, why) in [
        (
            &["--every", "0s", "x"][..],
            "invalid value '0s' for '--every <TIME> <TEXT>': must be greater than 0",
        ),
        (
            &["--every", "1s", "@-"],
            "invalid value '@-' for '--every <TIME> <TEXT>': stdin can't be read here; use @FILE",
        ),
        (
            &["--on-connect", "@nowhere"],
            "--on-connect: could not read \"nowhere\": No such file or directory",
        ),
        (
            &["--hide", "("],
            "invalid value '(' for '--hide <REGEX>': unclosed group",
        ),
    ] {
        Wsline::new()
            .arg("ws://127.0.0.1:1/")
            .args(options)
            .stderr_matches(format!("[..]{why}\n..."))
            .code(2)
            .run();
    }
}

// What is not shown.

#[test]
fn hidden_messages_are_not_shown_and_count() {
    for (options, shown) in [(&[][..], "one\nthree heart\n"), (&["--json", "-q"], "...")] {
        let peer = Peer::ws()
            .send_text("one")
            .send_text("{\"type\":\"heartbeat\"}")
            .fragments(["{\"type\":", "\"heartbeat\"}"])
            .fragments(["three", " heart"])
            .send_text("PONG 7")
            .expect_close(1000, "")
            .start();
        let program = Wsline::new();
        let record = program.home().work().join("talk.ws");
        let program = program
            .args([
                &peer.url(),
                "--hide",
                "heartbeat",
                "--hide",
                "^(?i)pong",
                "-n",
                "5",
            ])
            .args(["--record", "talk.ws"])
            .args(options)
            .stdin(Stdin::Open)
            .stdout_matches(shown)
            .run();
        let record = std::fs::read_to_string(record).expect("it was written");
        assert_eq!(record.matches("< ").count(), 6, "{record}");
        let lines = program.stdout_text();
        assert!(
            lines.contains("three heart") && !lines.contains("heartbeat"),
            "{lines}"
        );
    }
}
