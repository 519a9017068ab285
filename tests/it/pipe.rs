//! Standard input as messages and messages as standard output: lines, bytes, the end of input and
//! how long it is listened for after it, Pings meanwhile.

use std::fmt::Write as _;
use std::time::Duration;

use crate::support::peer::{LengthForm, TEXT};
use crate::support::{time, Frame, Gate, Peer, Stdin, Wsline};

const TICK: Duration = Duration::from_millis(300);

/// A time for an option that has to keep its proportion to what the peer does.
fn scaled(duration: Duration) -> String {
    format!("{}ms", time::limit(duration).as_millis())
}

// Lines in, messages out.

#[test]
fn lines_are_messages_in_both_directions() {
    let peer = Peer::ws()
        .expect_text("one")
        .expect_text("")
        .expect_text("zwei ü 🌍\r")
        .expect_text("last")
        .send_text("eins")
        .send_text("")
        .send_text("three\r")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-w", "forever", "-n", "3"])
        .stdin("one\n\nzwei ü 🌍\r\nlast")
        .stdout("eins\n\nthree\r\n")
        .run();
}

#[test]
fn output_in_a_pipe_is_not_escaped() {
    let text = "\x1b]52;c;eA==\x07\x1b[2J\r\u{202e}\0|";
    let peer = Peer::ws()
        .send_text(text)
        .fragments(["one ", "", "message"])
        .close(1000, "")
        .start();
    Wsline::new()
        .arg(peer.url())
        .stdout(format!("{text}\none message\n"))
        .run();
}

#[test]
fn null_separates_input_and_output() {
    let peer = Peer::ws()
        .expect_text("two\nlines")
        .expect_text("")
        .expect_text("end")
        .send_text("a\nb")
        .send_text("c")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-0", "-w", "0", "-n", "2"])
        .stdin("two\nlines\0\0end")
        .stdout("a\nb\0c\0")
        .run();
}

#[test]
fn binary_input_is_sent_in_chunks() {
    let peer = Peer::ws()
        .expect_binary(b"\x00\xff\n")
        .expect_binary(b"abc")
        .expect_binary(b"d")
        .send_binary(b"\n\x00")
        .send_binary(b"\xfe")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-b", "--chunk-size", "3", "-n", "2"])
        .stdin(b"\x00\xff\nabcd")
        .stdout_bytes(b"\n\x00\xfe")
        .run();
}

#[test]
fn chunk_is_sent_without_delay() {
    let (first, second) = (Gate::new(), Gate::new());
    let (seen, seen_too) = (first.clone(), second.clone());
    let peer = Peer::ws()
        .expect_binary(b"ab")
        .open(&first)
        .expect_binary(b"cd")
        .open(&second)
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-b", "-w", "0"])
        .stdin(Stdin::written(move |pipe| {
            pipe.write_all(b"ab")?;
            seen.wait();
            pipe.write_all(b"cd")?;
            seen_too.wait();
            Ok(())
        }))
        .run();
}

#[test]
fn text_overrides_binary() {
    let peer = Peer::ws().expect_text("a").expect_close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-b", "-t", "-w", "0"])
        .stdin("a\n")
        .run();
}

#[test]
fn a_long_line_is_one_message() {
    // Two-byte characters, so that one lies across the end of every buffer of even size.
    let line = format!("x{}", "é".repeat(100_000));
    let peer = Peer::ws().expect_text(&line).echo(1).start();
    Wsline::new()
        .args([&peer.url(), "-n", "1"])
        .stdin(format!("{line}\n{line}\n"))
        .stdout(format!("{line}\n"))
        .run();
}

#[test]
fn lines_of_about_the_buffer_size_are_not_split() {
    let lines: Vec<_> = (65_534..=65_538).map(|size| "y".repeat(size)).collect();
    let mut peer = Peer::ws();
    for line in &lines {
        peer = peer.expect_text(line);
    }
    let peer = peer.expect_close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-w", "0"])
        .stdin(lines.join("\n"))
        .run();
}

#[test]
fn input_from_a_file() {
    let peer = Peer::ws()
        .expect_text("from")
        .expect_text("a file")
        .expect_close(1000, "")
        .start();
    let program = Wsline::new().file("input", "from\na file\n");
    let path = program.home().work().join("input");
    program
        .args([&peer.url(), "-w", "0"])
        .stdin(Stdin::File(path))
        .run();
}

#[test]
fn line_is_sent_while_input_is_open() {
    let peer = Peer::ws().echo(2).expect_close(1000, "").start();
    let mut program = Wsline::new()
        .args([&peer.url(), "-w", "0"])
        .stdin(Stdin::Open)
        .stdout("a\nb\n")
        .spawn();
    program.write_line("a");
    assert_eq!(program.read_line(), "a");
    program.write("b");
    program.write("\n");
    assert_eq!(program.read_line(), "b");
    program.close_stdin();
    program.wait();
}

#[test]
fn invalid_utf8_ends_input_after_earlier_lines() {
    let peer = Peer::ws()
        .echo(2)
        .pause(TICK)
        .send_text("late")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .arg(peer.url())
        .stdin(b"one\ntwo\nb\xff\nfour\n")
        .stdout("one\ntwo\nlate\n")
        .stderr_matches(
            "wsline: standard input, line 3: not UTF-8 (the byte 0xff); -b sends bytes as they are\n\
             closed by us: 1000 (normal closure) after [..] s, sent 2, received 3\n",
        )
        .code(26)
        .run();
}

#[test]
fn incomplete_character_at_the_end_is_invalid_utf8() {
    let peer = Peer::ws().expect_text("one").expect_close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-w", "0", "-q"])
        .stdin(b"one\ntw\xc3")
        .stderr(
            "wsline: standard input, line 2: not UTF-8 (the byte 0xc3); -b sends bytes as they are\n",
        )
        .code(26)
        .run();
}

// The end of input.

#[test]
fn late_reply_is_printed() {
    let peer = Peer::ws()
        .expect_text("a")
        .pause(Duration::from_millis(700))
        .send_text("the answer")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .arg(peer.url())
        .stdin("a\n")
        .stdout("the answer\n")
        .run();
}

#[test]
fn device_as_stdin_listens() {
    let mut peer = Peer::ws();
    for tick in ["1", "2", "3", "4", "5"] {
        peer = peer.expect_silence(TICK).send_text(tick);
    }
    let peer = peer.close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-w", "0"])
        .stdin(Stdin::Null)
        .stdout("1\n2\n3\n4\n5\n")
        .run();
}

#[test]
fn empty_input_ends_after_the_wait() {
    let peer = Peer::ws().send_text("hello").expect_close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-w", "500ms"])
        .stdin("")
        .stdout("hello\n")
        .run();
}

#[test]
fn messages_before_the_close_reply_are_printed_without_wait() {
    let peer = Peer::ws()
        .expect_text("a")
        .expect_close(1000, "")
        .send_text("still")
        .send_text("coming")
        .start();
    Wsline::new()
        .args([&peer.url(), "-w", "0"])
        .stdin("a\n")
        .stdout("still\ncoming\n")
        .run();
}

#[test]
fn wait_forever_ends_with_the_server() {
    for wait in ["forever", "-1"] {
        let peer = Peer::ws()
            .expect_text("a")
            .expect_silence(Duration::from_millis(1300))
            .send_text("b")
            .close(1000, "done")
            .start();
        Wsline::new()
            .args([&peer.url(), "-w", wait])
            .stdin("a\n")
            .stdout("b\n")
            .run();
    }
}

#[test]
fn wait_is_extended_by_received_messages() {
    let mut peer = Peer::ws().expect_text("a");
    let mut printed = String::new();
    for reply in 1..=4 {
        peer = peer.expect_silence(TICK * 2).send_text(reply.to_string());
        writeln!(printed, "{reply}").expect("a String takes any text");
    }
    let peer = peer.expect_close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-w", &scaled(TICK * 5)])
        .stdin("a\n")
        .stdout(printed)
        .run();
}

#[test]
fn wait_starts_after_the_last_sent_message() {
    let asked = Gate::new();
    let go_on = asked.clone();
    let peer = Peer::ws()
        .expect_text("a")
        .expect_silence(TICK)
        .open(&asked)
        .expect_text("b")
        .expect_silence(TICK)
        .send_text("answer")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-w", &scaled(TICK * 3)])
        .stdin(Stdin::written(move |pipe| {
            pipe.write_all(b"a\n")?;
            go_on.wait();
            pipe.write_all(b"b\n")
        }))
        .stdout("answer\n")
        .run();
}

#[test]
fn wait_is_not_extended_by_pings() {
    let mut peer = Peer::ws();
    for _ in 0..6 {
        peer = peer.ping("").pause(TICK);
    }
    let peer = peer.start();
    let program = Wsline::new()
        .args([&peer.url(), "-vv", "-w", &scaled(TICK * 3 / 2)])
        .stdin("")
        .stderr_matches(
            "...\nclosed by us: 1000 (normal closure) after [..] s, sent 0, received 0\n",
        )
        .run();
    let told = program.stderr_text();
    let close = told.find("> CLOSE").expect("it closed");
    let last_ping = told.rfind("< PING").expect("there were Pings");
    assert!(close < last_ping, "{told}");
}

#[test]
fn wait_includes_a_partial_message() {
    let head = Frame::new(TEXT, "").head(LengthForm::Seven, 6);
    let peer = Peer::ws()
        .expect_text("a")
        .raw([&head[..], b"one"].concat())
        .expect_silence(TICK * 5)
        .raw(b"two")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-w", &scaled(TICK * 2)])
        .stdin("a\n")
        .stdout("onetwo\n")
        .run();
}
