//! How connections end, and what the exit code and the verdict say of it.

use std::time::Duration;

use crate::support::peer::{LengthForm, CLOSE, CONTINUATION, TEXT};
use crate::support::{Cert, Frame, Peer, Stdin, Wsline};

/// The verdict's end, in which the time is not compared.
const COUNTS: &str = "after [..] s, sent 0, received 0\n";

// The server closes.

#[test]
fn exit_code_depends_on_the_servers_close_code() {
    for (code, name, exit) in [
        (1000, "normal closure", 0),
        (1001, "going away", 0),
        (1002, "protocol error", 102),
        (1003, "unsupported data", 103),
        (1007, "invalid payload data", 107),
        (1008, "policy violation", 108),
        (1009, "message too big", 109),
        (1010, "extension missing", 110),
        (1011, "internal error", 111),
        (1012, "service restart", 112),
        (1013, "try again later", 113),
        (1014, "bad gateway", 114),
        (3000, "library", 120),
        (3999, "library", 120),
        (4001, "application", 121),
        (4999, "application", 121),
    ] {
        let peer = Peer::ws()
            .close(code, "why\x1b")
            .expect_close(code, "")
            .start();
        let verdict = match exit {
            0 => String::new(),
            _ => format!("closed by server: {code} \"why\\x1b\" ({name}) {COUNTS}"),
        };
        Wsline::new()
            .arg(peer.url())
            .stderr_matches(verdict)
            .code(exit)
            .run();
    }
}

#[test]
fn close_without_a_code_is_success() {
    let peer = Peer::ws().close_empty().expect_close_empty().start();
    Wsline::new()
        .args([&peer.url(), "-v"])
        .stderr_matches(format!("...\nclosed by server: without a code {COUNTS}"))
        .run();
}

#[test]
fn quiet_prints_no_verdict() {
    let peer = Peer::ws().close(4001, "token expired").start();
    Wsline::new().args([&peer.url(), "-q"]).code(121).run();
}

#[test]
fn messages_received_with_the_close_are_printed() {
    let peer = Peer::ws()
        .glued()
        .send_text("last words")
        .close(4001, "token expired")
        .send_text("after the Close")
        .start();
    Wsline::new()
        .arg(peer.url())
        .stdout("last words\n")
        .stderr_matches(
            "closed by server: 4001 \"token expired\" (application) after [..] s, sent 0, received 1\n",
        )
        .code(121)
        .run();
}

#[test]
fn unsent_input_is_counted() {
    let peer = Peer::ws().glued().close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-d", "1", "-d", "2", "-d", "3", "-d", "4"])
        .stderr_matches(
            "wsline: 4 of 4 messages not sent\n\
             closed by server: 1000 (normal closure) after [..] s, sent 0, received 0\n",
        )
        .code(55)
        .run();
}

#[test]
fn messages_written_before_the_servers_close_count_as_sent() {
    let peer = Peer::ws()
        .expect_text("1")
        .expect_text("2")
        .close(4001, "enough")
        .start();
    Wsline::new()
        .args([&peer.url(), "-i", "-d", "1", "-d", "2"])
        .stdin(Stdin::Open)
        .stderr_matches(
            "closed by server: 4001 \"enough\" (application) after [..] s, sent 2, received 0\n",
        )
        .code(121)
        .run();
}

#[test]
fn unsent_lines_are_counted() {
    let peer = Peer::ws().expect_text("1").close(1001, "").start();
    let mut program = Wsline::new()
        .args([&peer.url(), "--delay", "60"])
        .stdin(Stdin::Open)
        .stderr_matches(
            "wsline: 2 of 3 messages not sent\n\
             closed by server: 1001 (going away) after [..] s, sent 1, received 0\n",
        )
        .code(55)
        .spawn();
    program.write("1\n2\n3");
    program.wait();
}

#[test]
fn unsent_count_is_a_lower_bound_for_long_input() {
    let line = "x".repeat(1023) + "\n";
    let peer = Peer::ws().expect_text("first").close(1000, "").start();
    // A file, because all of it is there at any time.
    let program = Wsline::new().file("input", format!("first\n{}", line.repeat(1000)));
    let input = program.home().work().join("input");
    program
        .args([&peer.url(), "--delay", "60"])
        .stdin(Stdin::File(input))
        .stderr_matches(
            "wsline: at least [..] of at least [..] messages not sent\n\
             closed by server: 1000 (normal closure) after [..] s, sent 1, received 0\n",
        )
        .code(55)
        .run();
}

// The connection is lost.

#[test]
fn tcp_reset_is_a_lost_connection() {
    let peer = Peer::ws().expect_text("a").reset_tcp().start();
    Wsline::new()
        .args([&peer.url(), "-w", "forever"])
        .stdin("a\n")
        .stderr_matches(
            "connection lost without a Close frame (1006: [..]reset[..]) after [..] s, sent 1, received 0\n",
        )
        .code(106)
        .run();
}

#[test]
fn end_without_a_close_frame_is_reported() {
    let peer = Peer::ws().send_text("a").drop_tcp().expect_eof().start();
    Wsline::new()
        .arg(peer.url())
        .stdout("a\n")
        .stderr_matches(
            "the server closed the connection without a Close frame (1006) after [..] s, sent 0, received 1\n",
        )
        .code(106)
        .run();
}

#[test]
fn end_without_a_close_frame_over_tls_is_reported() {
    let (cert, _) = Cert::for_localhost();
    for tls_is_ended_first in [false, true] {
        let mut peer = Peer::ws().tls(&cert).send_text("a");
        if tls_is_ended_first {
            peer = peer.shut_down_tls();
        }
        let peer = peer.drop_tcp().start();
        Wsline::new()
            .args([&peer.url_as("localhost"), "-k"])
            .stdout("a\n")
            .stderr_matches(
                "the server closed the connection without a Close frame (1006) after [..] s, sent 0, received 1\n",
            )
            .code(106)
            .run();
    }
    let peer = Peer::ws().tls(&cert).expect_text("a").reset_tcp().start();
    Wsline::new()
        .args([&peer.url_as("localhost"), "-k", "-w", "forever"])
        .stdin("a\n")
        .stderr_matches(
            "connection lost without a Close frame (1006: [..]) after [..] s, sent 1, received 0\n",
        )
        .code(106)
        .run();
    let peer = Peer::ws().tls(&cert).close(4001, "bye").start();
    Wsline::new()
        .args([&peer.url_as("localhost"), "-k", "-q"])
        .code(121)
        .run();
}

#[test]
fn incomplete_message_is_printed() {
    let head = Frame::new(TEXT, "").head(LengthForm::Sixteen, 1000);
    let peer = Peer::ws()
        .raw([&head[..], b"half a mess"].concat())
        .drop_tcp()
        .start();
    Wsline::new()
        .args([&peer.url(), "-q"])
        .stdout("half a mess")
        .code(106)
        .run();
}

// We close.

#[test]
fn unanswered_close_is_success_and_reported() {
    let peer = Peer::ws().stall().start();
    Wsline::new()
        .args([&peer.url(), "-v", "-w", "0", "--close-timeout", "200ms"])
        .stdin("")
        .stderr_matches(format!(
            "...\nclosed by us: 1000 (normal closure), not answered by the server, {COUNTS}"
        ))
        .run();
}

#[test]
fn tcp_end_after_our_close_is_success_and_reported() {
    let peer = Peer::ws().expect_close(1000, "").drop_tcp().start();
    Wsline::new()
        .args([&peer.url(), "-v", "-w", "0"])
        .stdin("")
        .stderr_matches(format!(
            "...\nclosed by us: 1000 (normal closure), the server closed the connection without a Close frame, {COUNTS}"
        ))
        .run();
}

#[test]
fn close_reply_with_another_code_is_reported() {
    let peer = Peer::ws()
        .expect_close(1000, "")
        .close(1011, "too late")
        .start();
    Wsline::new()
        .args([&peer.url(), "-w", "0"])
        .stdin("")
        .stderr_matches(format!(
            "closed by us: 1000 (normal closure), answered with 1011 \"too late\" (internal error) {COUNTS}"
        ))
        .code(111)
        .run();
}

#[test]
fn close_reply_without_a_code_is_success() {
    let peer = Peer::ws().expect_close(1000, "").close_empty().start();
    Wsline::new().args([&peer.url(), "-w", "0"]).stdin("").run();
}

#[test]
fn returned_user_close_code_is_success() {
    let peer = Peer::ws().expect_close(4001, "bye").start();
    Wsline::new()
        .args(["--close-code", "4001", "--close-reason", "bye", "-w", "0"])
        .arg(peer.url())
        .stdin("")
        .run();
}

#[test]
fn forbidden_close_code_is_rejected_with_the_rule() {
    Wsline::new()
        .args(["ws://127.0.0.1:1/", "--close-code", "1001"])
        .stderr_matches(
            "error: invalid close code 1001: must be 1000 or 3000-4999; use --force to send it anyway\n...",
        )
        .code(2)
        .run();
    let peer = Peer::ws().expect_close(1001, "").start();
    Wsline::new()
        .args(["--close-code", "1001", "--force", "-w", "0"])
        .arg(peer.url())
        .stdin("")
        .run();
    Wsline::new()
        .args(["ws://127.0.0.1:1/", "--close-reason", &"ü".repeat(62)])
        .stderr_matches(
            "error: close reason too long: 124 bytes of UTF-8, the maximum is 123 (RFC 6455 §5.5)\n...",
        )
        .code(2)
        .run();
}

#[test]
fn messages_after_our_close_are_printed() {
    let peer = Peer::ws()
        .expect_close(1000, "")
        .pause(Duration::from_millis(300))
        .send_text("1")
        .pause(Duration::from_millis(300))
        .send_text("2")
        .start();
    // More than the limit in all, but never between two messages.
    Wsline::new()
        .args([&peer.url(), "-w", "0", "--close-timeout", "500ms"])
        .stdin("")
        .stdout("1\n2\n")
        .run();
}

// The server breaks the protocol.

#[test]
fn violations_are_reported_with_code_and_rule() {
    let masked = Frame::new(TEXT, "a").masked([1, 2, 3, 4]);
    for (frame, exit, said) in [
        (masked, 102, "[..]mask[..](RFC 6455 §5.1)"),
        (
            Frame::new(TEXT, "a").rsv(4),
            102,
            "[..]reserved bit[..](RFC 6455 §5.2)",
        ),
        (Frame::new(3, ""), 102, "[..]opcode[..](RFC 6455 §5.2)"),
        (
            Frame::new(CONTINUATION, "a"),
            102,
            "a continuation frame with nothing to continue (RFC 6455 §5.4)",
        ),
        (
            Frame::new(TEXT, b"\xff"),
            107,
            "text that is not UTF-8 (RFC 6455 §8.1)",
        ),
        (
            Frame::new(CLOSE, b"\x03"),
            102,
            "a Close frame with a body of one byte (RFC 6455 §5.5.1)",
        ),
        (
            Frame::close(1005, ""),
            102,
            "a Close frame with code 1005, which must not be sent (RFC 6455 §7.4)",
        ),
    ] {
        let peer = Peer::ws().frame(frame).expect_close_any().start();
        let name = if exit == 107 {
            "invalid payload data"
        } else {
            "protocol error"
        };
        Wsline::new()
            .arg(peer.url())
            .stderr_matches(format!(
                "closed by us: {} ({name}), the server sent {said} {COUNTS}",
                exit + 900
            ))
            .code(exit)
            .run();
    }
}

#[test]
fn violations_in_raw_bytes_are_reported_with_the_rule() {
    for (bytes, exit, said) in [
        (
            &[0x82, 126, 0, 5][..],
            102,
            "a frame length that is not minimal (RFC 6455 §5.2)",
        ),
        (
            &[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
            102,
            "a frame length of 2^63 or more (RFC 6455 §5.2)",
        ),
        (
            &[0x09, 0],
            102,
            "a fragmented control frame (RFC 6455 §5.5)",
        ),
        (
            &[0x89, 126, 0, 126],
            102,
            "a control frame of more than 125 bytes (RFC 6455 §5.5)",
        ),
        (
            &[0x01, 1, b'a', 0x81, 1, b'b'],
            102,
            "a new message before the previous one ended (RFC 6455 §5.4)",
        ),
        (
            &[0x88, 4, 0x03, 0xe8, 0xff, 0xfe],
            107,
            "a Close frame with code 1000 and reason \"\\xff\\xfe\", which is not UTF-8 (RFC 6455 §5.5.1)",
        ),
        (
            b"\x88\x06\x03\xee bye",
            102,
            "a Close frame with code 1006 and reason \" bye\", which must not be sent (RFC 6455 §7.4)",
        ),
    ] {
        let peer = Peer::ws().raw(bytes).expect_close(exit + 900, said).start();
        Wsline::new()
            .arg(peer.url())
            .stdout_matches("[..]")
            .stderr_matches(format!(
                "closed by us: {} ([..]), the server sent {said} {COUNTS}",
                exit + 900
            ))
            .code(i32::from(exit))
            .run();
    }
}

/// Text of HTTP where a frame should begin is quoted, as far as it has come.
#[test]
fn text_instead_of_a_frame_is_quoted() {
    for (text, quoted) in [
        (
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nBad Request, said the server",
            "HTTP/1.1 400 Bad Request\\r\\nConnection: close\\r\\n\\r\\nBad Request, said…",
        ),
        ("<html>oops</html>", "<html>oops</html>"),
        ("0\r\n\r\n", "0\\r\\n\\r\\n"),
        ("{\"error\":\"no\"}", "{\\\"error\\\":\\\"no\\\"}"),
    ] {
        let peer = Peer::ws()
            .send_text("first")
            .raw(text)
            .expect_close_any()
            .start();
        Wsline::new()
            .args([&peer.url(), "--compress", "off"])
            .stdout("first\n")
            .stderr_matches(format!(
                "closed by us: 1002 (protocol error), the server sent text instead of a frame, \
                 \"{quoted}\" (RFC 6455 §5.2) after [..] s, sent 0, received 1\n"
            ))
            .code(102)
            .run();
    }
}

#[test]
fn late_close_reply_is_waited_for() {
    let peer = Peer::ws()
        .expect_text("x")
        .expect_close(1000, "")
        .pause(Duration::from_millis(300))
        .send_text("one more")
        .close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-d", "x", "-w", "0", "-v"])
        .stdout("one more\n")
        .stderr_matches(
            "...\nclosed by us: 1000 (normal closure) after [..] s, sent 1, received 1\n",
        )
        .run();
}

#[test]
fn text_before_an_invalid_byte_is_printed() {
    let peer = Peer::ws()
        .frame(Frame::new(TEXT, b"good\xff"))
        .expect_close(1007, "text that is not UTF-8 (RFC 6455 §8.1)")
        .start();
    Wsline::new()
        .args([&peer.url(), "-q"])
        .stdout("good")
        .code(107)
        .run();
}

#[test]
fn message_above_the_size_limit_closes_with_1009() {
    let peer = Peer::ws()
        .send_text("12345")
        .send_text("123456")
        .expect_close_any()
        .start();
    Wsline::new()
        .args([&peer.url(), "--max-message-size", "5"])
        .stdout("12345\n")
        .stderr_matches(
            "closed by us: 1009 (message too big), the server sent a message of at least 6 bytes, \
             more than the limit of 5 (--max-message-size) after [..] s, sent 0, received 1\n",
        )
        .code(109)
        .run();
}

// A server that closes and reads no more.

#[test]
fn server_that_closes_but_does_not_read_is_timed_out() {
    // Until then more has left than all buffers on the way hold, and our answer has no room.
    let peer = Peer::ws()
        .pause(Duration::from_millis(700))
        .close(1001, "")
        .deaf()
        .start();
    Wsline::new()
        .args([&peer.url(), "-b", "--close-timeout", "300ms"])
        // Before the peer goes by itself.
        .within(Duration::from_secs(15))
        .stdin(Stdin::written(|pipe| {
            let block = vec![b'x'; 1 << 20];
            (0..50).try_for_each(|_| pipe.write_all(&block))
        }))
        .stderr_matches(
            "wsline: at least [..] of at least [..] messages not sent\n\
             closed by server: 1001 (going away) after [..] s, sent [..], received 0\n",
        )
        .code(55)
        .run();
}
