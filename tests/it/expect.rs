//! Expectations on the command line: what is met, what is passed over, and what is said of what
//! did not come.

use nix::sys::signal::Signal;

use crate::support::{Gate, Peer, Wsline};

#[test]
fn conversation_on_the_command_line() {
    let peer = Peer::ws()
        .send_text("welcome")
        .expect_text(r#"{"op":"ping"}"#)
        .send_text("noise")
        .send_text(r#"{"op":"pong","at":7}"#)
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["--expect", "welcome", "-d", r#"{"op":"ping"}"#])
        .args(["--expect-json", r#"{"op":"pong"}"#, "--close"])
        .args(["--expect-close", "1000"])
        .arg(peer.url())
        .stdout("welcome\nnoise\n{\"op\":\"pong\",\"at\":7}\n")
        .run();
}

#[test]
fn messages_before_their_expectation_are_kept() {
    let peer = Peer::ws()
        .expect_text("a")
        .send_text("A")
        .send_text("B")
        .expect_text("b")
        .expect_text("c")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["-d", "a", "-d", "b", "-d", "c", "--expect", "A"])
        .args(["--expect-match", "^[B-D]$", "-w", "0"])
        .arg(peer.url())
        .stdout("A\nB\n")
        .run();
}

#[test]
fn every_kind_of_message_can_be_expected() {
    let peer = Peer::ws()
        .send_binary(b"\xc0\xff\xee")
        .ping(b"alive")
        .expect_pong(b"alive")
        .send_text("last")
        .expect_text("go on")
        .close(4001, "enough")
        .expect_close(4001, "")
        .start();
    Wsline::new()
        .args(["--expect-hex", "c0 ff ee", "--expect-ping"])
        .args(["--expect-match", "(?i)^LA", "-d", "go on"])
        .args(["--expect-close", "4001", "--binary-as", "hex"])
        .arg(peer.url())
        .stdout("c0ffee\nlast\n")
        .run();
}

#[test]
fn unmet_expectation_shows_received_messages() {
    let peer = Peer::ws()
        .expect_text("hi")
        .send_text("ho")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["-d", "hi", "--expect", "hi", "--within", "200ms"])
        .arg(peer.url())
        .stdout("ho\n")
        .stderr_matches(
            "wsline: expected \"hi\", but the only message received within 0.2 s did not match\n  \
             - hi\n  + ho\n     ^\nthe last messages:\n  > \"hi\"\n  < \"ho\"\nclosed by us: 1000 \
             (normal closure) after [..] s, sent 1, received 1\n",
        )
        .code(4)
        .run();
}

#[test]
fn unmet_expectation_without_messages() {
    let peer = Peer::ws().expect_close(1000, "").start();
    Wsline::new()
        .args(["--within", "100ms", "--expect-json", r#"{"a":1}"#])
        .arg(peer.url())
        .stderr_matches(
            "wsline: expected JSON with {\"a\":1}, but no message was received within 0.1 s\n...\n",
        )
        .code(4)
        .run();
}

#[test]
fn strict_matches_the_very_next_message() {
    let peer = || {
        Peer::ws()
            .ping(b"a Ping is no message")
            .send_text("noise")
            .send_text("signal")
            .expect_pong(b"a Ping is no message")
            .expect_close(1000, "")
            .start()
    };
    let strict = peer();
    Wsline::new()
        .args(["--strict", "--expect", "signal", &strict.url()])
        .stdout_matches("noise\n...")
        .stderr_matches("wsline: expected \"signal\", but received \"noise\" instead\n...\n")
        .code(4)
        .run();
    let lenient = peer();
    Wsline::new()
        .args(["--expect", "signal", &lenient.url(), "-w", "0"])
        .stdout("noise\nsignal\n")
        .run();
}

#[test]
fn expected_close_passes_and_others_fail() {
    let closing = || {
        Peer::ws()
            .send_text("bye")
            .close(1008, "no")
            .expect_close(1008, "")
            .start()
    };
    for code in ["1008", "any"] {
        let peer = closing();
        Wsline::new()
            .args(["--expect", "bye", "--expect-close", code, &peer.url()])
            .stdout("bye\n")
            .run();
    }
    let peer = closing();
    Wsline::new()
        .args(["--expect-close", "1000", &peer.url()])
        .stdout("bye\n")
        .stderr_matches(
            "wsline: expected the connection to be closed with 1000 (normal closure), but the \
             server closed with 1008 \"no\" (policy violation)\n...\n",
        )
        .code(4)
        .run();
    let peer = closing();
    Wsline::new()
        .args(["--expect", "never", &peer.url()])
        .stdout("bye\n")
        .stderr_matches(
            "wsline: expected \"never\", but the server closed with 1008 \"no\" (policy \
             violation)\n...\n",
        )
        .code(4)
        .run();
}

#[test]
fn end_without_a_close_frame_can_be_expected() {
    let peer = Peer::ws().expect_text("x").drop_tcp().start();
    Wsline::new()
        .args(["-d", "x", "--expect-close", "1006", &peer.url()])
        .run();
}

#[test]
fn silence_is_met_or_unmet() {
    let peer = Peer::ws()
        .send_text("before")
        .expect_text("quiet?")
        .ping(b"no message")
        .expect_pong(b"no message")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["--expect", "before", "-d", "quiet?"])
        .args(["--expect-silence", "200ms", "-w", "0", &peer.url()])
        .stdout("before\n")
        .run();
    let peer = Peer::ws()
        .expect_text("quiet?")
        .send_text("no")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["-d", "quiet?", "--expect-silence", "60s", &peer.url()])
        .stdout("no\n")
        .stderr_matches(
            "wsline: expected no message for 60 s, but received \"no\" after [..]\n...\n",
        )
        .code(4)
        .run();
}

#[test]
fn handshake_status_can_be_expected() {
    const REFUSAL: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nnope\n";
    let peer = Peer::http(REFUSAL).start();
    Wsline::new()
        .args(["--expect-status", "401", &peer.url()])
        .run();
    let peer = Peer::http(REFUSAL).start();
    Wsline::new()
        .args(["--expect-status", "403", &peer.url()])
        .stderr_matches(
            "wsline: expected the status 403, but the server refused the upgrade: HTTP/1.1 401 \
             Unauthorized\nHTTP/1.1 401 Unauthorized\nContent-Length: 5\n\nnope\n",
        )
        .code(4)
        .run();
    let peer = Peer::ws().expect_text("x").expect_close(1000, "").start();
    Wsline::new()
        .args(["--expect-status", "101", "-d", "x", "-w", "0", &peer.url()])
        .run();
    let peer = Peer::ws().expect_close(1000, "").start();
    Wsline::new()
        .args(["--expect-status", "401", &peer.url()])
        .stderr_matches(
            "wsline: expected the status 401, but the server accepted the upgrade with 101\n...\n",
        )
        .code(4)
        .run();
}

#[test]
fn stdin_is_read_after_expectations_only_with_interactive() {
    let peer = Peer::ws()
        .expect_text("a")
        .send_text("A")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["-d", "a", "--expect", "A", "-w", "0", &peer.url()])
        .stdin("of the loop\n")
        .stdout("A\n")
        .run();
    let peer = Peer::ws()
        .send_text("ready")
        .expect_text("line")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["--expect", "ready", "-i", "-w", "0", &peer.url()])
        .stdin("line\n")
        .stdout("ready\n")
        .run();
}

#[test]
fn invalid_expectations_are_rejected() {
    for (words, says) in [
        (vec!["--strict"], "--strict requires an expectation"),
        (
            vec!["--expect-status", "401", "-d", "x"],
            "a status other than 101 cannot be combined",
        ),
        (vec!["--expect-json", "{"], "invalid JSON"),
        (vec!["--expect-match", "("], "unclosed group"),
        (vec!["--expect-close", "99"], "1000 to 4999, or any"),
        (
            vec!["--expect-hex", "0"],
            "odd number of hexadecimal digits",
        ),
        (
            vec!["--expect", "x", "--within", "0"],
            "must be greater than 0",
        ),
    ] {
        Wsline::new()
            .arg("ws://127.0.0.1:9/")
            .args(words)
            .stderr_matches(format!("error: [..]{says}[..]\n...\n"))
            .code(2)
            .run();
    }
}

#[test]
fn message_too_large_to_hold_fails_the_connection() {
    let peer = Peer::ws()
        .send_text("x".repeat(2000))
        .expect_close_any()
        .start();
    Wsline::new()
        .args(["--expect", "y", "--max-message-size", "1K", &peer.url()])
        .stderr_matches(
            "wsline: expected \"y\", but the server sent a message of at least 2000 bytes, more \
             than the limit of 1024 (--max-message-size)\n...\n",
        )
        .code(4)
        .run();
}

// Large messages, which are compared beside everything else.

#[test]
fn large_message_is_matched_before_the_close_after_it() {
    for numbers in [1, 600_000] {
        let text = format!(r#"{{"op":"pong","many":[{}0]}}"#, "1,".repeat(numbers));
        for (options, said, code) in [
            (&["--expect-json", r#"{"op":"pong"}"#][..], "", 0),
            (
                &["--expect-json", r#"{"op":"ping"}"#],
                "wsline: expected JSON with {\"op\":\"ping\"}, but the server closed with 1000 \
                 (normal closure)\n  /op: expected \"ping\", received \"pong\"\n...\n",
                4,
            ),
        ] {
            let peer = Peer::ws()
                .send_text(&text)
                .close(1000, "")
                .expect_close(1000, "")
                .start();
            Wsline::new()
                .arg(peer.url())
                .args(options)
                .stdout(format!("{text}\n"))
                .stderr_matches(said)
                .code(code)
                .run();
        }
    }
}

/// It would take minutes to look for this in a text of 2 MiB: after each `a` the next 3000 letters
/// have to be looked at, and no two of them are alike.
#[test]
fn comparison_does_not_delay_timeouts_signals_and_pings() {
    let mut state = 1_u32;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 0 {
            'a'
        } else {
            'b'
        }
    });
    let text: String = letters.take(2 << 20).collect();
    for (limit, said, code) in [
        (
            &["--within", "300ms"][..],
            "wsline: expected a text message matching /a[ab]{3000}c/, but a large message could not be \
             compared within 0.3 s\n...\n",
            4,
        ),
        (
            &["-m", "1"],
            "wsline: timed out after 1 s (--max-time) while the connection was open\n...\n",
            28,
        ),
        (&[], "wsline: terminated\n...\n", 143),
    ] {
        let answered = Gate::new();
        let peer = Peer::ws()
            .send_text(&text)
            .ping("still there?")
            .expect_pong("still there?")
            .open(&answered)
            .expect_close_any()
            .start();
        let program = Wsline::new()
            .args([&peer.url(), "--expect-match", "a[ab]{3000}c"])
            .args(limit)
            .stdout(format!("{text}\n"))
            .stderr_matches(said)
            .code(code)
            .spawn();
        if limit.is_empty() {
            answered.wait();
            program.signal(Signal::SIGTERM);
        }
        program.wait();
    }
}
