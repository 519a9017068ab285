//! Ends in the middle of something: a message that is being sent, a Close that is not answered, and
//! Closes with different codes.

use std::time::Duration;

use serde_json::json;

use crate::support::peer::{CONTINUATION, TEXT};
use crate::support::{Frame, Peer, Stdin, Wsline};

/// A file that no buffer on the way takes whole.
const LARGE: usize = 16 << 20;

/// How large the fragments of a file are where nothing else is said.
const FRAGMENT: usize = 256 << 10;

/// A server that closes while it is sent a message, and reads no more.
fn closing_early() -> Peer {
    Peer::ws().close(1009, "too big").deaf()
}

// A Close that is expected is the expected end, whatever was not sent.

#[test]
fn expected_close_ends_sending() {
    for expected in ["1009", "any"] {
        let peer = closing_early().start();
        Wsline::new()
            .args([&peer.url(), "--data-binary", "@file", "-d", "more"])
            .args(["--expect-close", expected, "--close-timeout", "300ms"])
            .file("file", vec![b'x'; LARGE])
            .run();
    }
}

#[test]
fn unexpected_close_code_is_an_error() {
    let peer = closing_early().start();
    Wsline::new()
        .args([&peer.url(), "--data-binary", "@file"])
        .args(["--expect-close", "1000", "--close-timeout", "300ms"])
        .file("file", vec![b'x'; LARGE])
        .stderr_matches("wsline: [..]\n...")
        .code(55)
        .run();
}

#[test]
fn expectation_before_the_close_is_unmet() {
    let peer = closing_early().start();
    Wsline::new()
        .args([&peer.url(), "--data-binary", "@file", "--expect", "done"])
        .args(["--expect-close", "1009", "--close-timeout", "300ms"])
        .file("file", vec![b'x'; LARGE])
        .stderr_matches("wsline: [..]\n...")
        .code(55)
        .run();
}

#[test]
fn session_file_may_expect_a_close_while_sending() {
    let peer = closing_early().start();
    Wsline::new()
        .args(["test", "talk.ws", "--url", &peer.url()])
        .args(["--", "--close-timeout", "300ms"])
        .file("talk.ws", "> file @large\n> more\n< close 1009\n")
        .file("large", vec![b'x'; LARGE])
        .stdout_matches("ok    talk.ws  (3 statements, [..] s)\n1 passed [..]\n")
        .run();
    let peer = closing_early().start();
    Wsline::new()
        .args(["test", "talk.ws", "--url", &peer.url()])
        .args(["--", "--close-timeout", "300ms"])
        .file("talk.ws", "> file @large\n")
        .file("large", vec![b'x'; LARGE])
        .stdout_matches(
            "FAIL  talk.ws  ([..] s)\n  \
             talk.ws:1: could not send a file: the server closed with 1009 \"too big\" (message too big)\n...",
        )
        .code(4)
        .run();
}

// A message is finished before our Close.

/// A server that answers when the first fragment of a message has come.
fn begun() -> Peer {
    Peer::ws()
        .expect_frame(Frame::new(TEXT, "x".repeat(FRAGMENT)).unfinished())
        .send_text("enough")
}

#[test]
fn partial_message_is_finished_before_the_close() {
    let message = "x".repeat(LARGE);
    let mut peer = begun();
    for _ in 1..LARGE / FRAGMENT {
        peer = peer.expect_frame(Frame::new(CONTINUATION, "x".repeat(FRAGMENT)).unfinished());
    }
    let peer = peer
        .expect_frame(Frame::new(CONTINUATION, ""))
        .expect_close(1000, "")
        .within(Duration::from_mins(1))
        .start();
    Wsline::new()
        .args([&peer.url(), "-1", "--close-timeout", "30s"])
        .args(["-d", "@file", "-d", "more"])
        .file("file", message)
        .within(Duration::from_mins(1))
        .stdout("enough\n")
        .run();
}

#[test]
fn unfinished_message_is_reported() {
    let peer = begun().deaf().start();
    Wsline::new()
        .args([&peer.url(), "-1", "--close-timeout", "300ms"])
        .args(["-d", "@file"])
        .file("file", vec![b'x'; LARGE])
        .stdout("enough\n")
        .stderr_matches(
            "wsline: 1 of 1 messages not sent\n\
             closed by us: 1000 (normal closure), not answered by the server, after [..]\n",
        )
        .code(55)
        .run();
}

#[test]
fn no_lines_are_sent_after_max_messages() {
    let peer = Peer::ws()
        .expect_text("1")
        .send_text("enough")
        .expect_close(1000, "")
        .start();
    let mut program = Wsline::new()
        .args([&peer.url(), "-1"])
        .stdin(Stdin::Open)
        .stdout("enough\n")
        .spawn();
    program.write("1\n");
    program.wait();
}

// A Close that is not answered is said.

#[test]
fn unanswered_close_is_reported_without_verbose() {
    for (options, said) in [
        (
            &[][..],
            "closed by us: 1000 (normal closure), not answered by the server, after [..] s, sent 1, received 0\n",
        ),
        (&["-q"], ""),
    ] {
        let peer = Peer::ws().expect_text("hello").stall().start();
        Wsline::new()
            .args([&peer.url(), "-w", "0", "--close-timeout", "200ms"])
            .args(options)
            .stdin("hello\n")
            .stderr_matches(said)
            .run();
    }
}

// Both Closes, each with its own code and reason.

#[test]
fn both_close_frames_are_recorded_and_ours_is_replayed() {
    let answered = || {
        Peer::ws()
            .expect_text("hi")
            .expect_close(4000, "ours")
            .close(4001, "theirs")
    };
    let peer = answered().start();
    let program = Wsline::new();
    let record = program.home().work().join("talk.jsonl");
    let program = program
        .args([&peer.url(), "--json", "-q", "-w", "0", "-d", "hi"])
        .args(["--close-code", "4000", "--close-reason", "ours"])
        .args(["--record", "talk.jsonl"])
        .stdout_matches("...")
        .code(121)
        .run();
    let kept = std::fs::read_to_string(record).expect("it was written");
    for lines in [program.stdout_text(), &kept] {
        let line = lines.lines().last().expect("a line");
        let mut close: serde_json::Value = serde_json::from_str(line).expect("an object");
        close.as_object_mut().expect("an object").remove("time");
        let expected = json!({
            "dir": "out", "type": "close", "code": 4001, "reason": "theirs", "clean": true, "by": "us",
            "sent": {"code": 4000, "reason": "ours"}, "received": {"code": 4001, "reason": "theirs"},
        });
        assert_eq!(close, expected);
    }
    let peer = answered().start();
    Wsline::new()
        .args(["test", "talk.jsonl", "--url", &peer.url()])
        .file("talk.jsonl", kept)
        .stdout_matches("ok    talk.jsonl [..]\n1 passed [..]\n")
        .run();
}

#[test]
fn invalid_close_in_json_lines_is_rejected() {
    let close =
        r#"{"type":"close","dir":"out","code":1000,"by":"us","sent":{"code":"x","reason":""}}"#;
    let open = r#"{"type":"open","url":"ws://127.0.0.1:1/"}"#;
    Wsline::new()
        .args(["test", "talk.jsonl"])
        .file("talk.jsonl", format!("{open}\n{close}\n"))
        .stdout_matches(
            "error talk.jsonl\n  talk.jsonl:2:[..]: the code of sent must be a number [..]\n...",
        )
        .code(2)
        .run();
}

/// No verdict names a code that was not on the wire.
#[test]
fn a_violation_after_our_close_does_not_change_its_code() {
    let peer = Peer::ws()
        .expect_close(1000, "")
        .frame(Frame::new(TEXT, "x").rsv(4))
        .start();
    Wsline::new()
        .args([&peer.url(), "-w", "0"])
        .stdin("")
        .stderr_matches(
            "closed by us: 1000 (normal closure), then the server sent [..] after [..]\n",
        )
        .code(102)
        .run();
}

// Compression.

#[test]
fn compression_ratio_is_shown_only_if_below_one() {
    use crate::compression::{compressed, Deflate, AGREED};
    let noise: String = (0..100_u32)
        .map(|n| char::from_u32(33 + n.wrapping_mul(2_654_435_761) % 94).unwrap_or('x'))
        .collect();
    let frame = Deflate::new(15).message(noise.as_bytes());
    assert!(frame.len() > noise.len(), "it does not get smaller");
    let peer = Peer::ws()
        .accept_with_headers([AGREED])
        .frame(compressed(TEXT, frame))
        .send_text("y".repeat(1000))
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-v", "-n", "2"])
        .stdout_matches("...")
        .stderr_matches(
            "...\nclosed by us: 1000 (normal closure) after [..] s, sent 0, received 2\n",
        )
        .run();
}

// Frames.

#[test]
fn frames_have_the_requested_size() {
    let (frame, rest) = (1 << 20, 1000);
    let message = "x".repeat(2 * frame + rest);
    for from_stdin in [false, true] {
        let peer = Peer::ws()
            .expect_frame(Frame::new(TEXT, "x".repeat(frame)).unfinished())
            .expect_frame(Frame::new(CONTINUATION, "x".repeat(frame)).unfinished())
            .expect_frame(Frame::new(CONTINUATION, "x".repeat(rest)))
            .expect_close(1000, "")
            .start();
        let program = Wsline::new().args([&peer.url(), "-w", "0", "--frame-size", "1M"]);
        let program = if from_stdin {
            program.stdin(message.clone())
        } else {
            program.args(["-d", "@file"]).file("file", message.clone())
        };
        program.run();
    }
    Wsline::new()
        .args(["ws://127.0.0.1:1/", "--frame-size", "17M"])
        .stderr_matches(
            "error: invalid value '17M' for '--frame-size <SIZE>': must be at most 16M\n...",
        )
        .code(2)
        .run();
}
