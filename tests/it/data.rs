//! Messages from the command line: `-d` and its kin in their order, files, `@-`, `--delay`, and
//! what then becomes of standard input.

use std::time::{Duration, Instant};

use crate::support::{Peer, Stdin, Wsline};

#[test]
fn messages_are_sent_in_command_line_order() {
    let peer = Peer::ws()
        .expect_text("first")
        .expect_binary(b"\x00\xff")
        .expect_text("-1")
        .expect_binary(b"plain")
        .expect_text("@x")
        .expect_text("")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["-d", "first", "--data-hex", "00 ff", "-d", "-1"])
        .arg(peer.url())
        .args([
            "--data-binary",
            "plain",
            "--data-raw",
            "@x",
            "-d",
            "",
            "-w",
            "0",
        ])
        .run();
}

#[test]
fn file_is_one_message_without_the_last_line_feed() {
    let peer = Peer::ws()
        .expect_text("a\nb\n")
        .expect_binary(b"a\nb\n\n")
        .expect_text("")
        .expect_binary(b"")
        .expect_text("no line feed")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .file("two", "a\nb\n\n")
        .file("empty", "")
        .file("plain", "no line feed")
        .args(["-d", "@two", "--data-binary", "@two", "-d", "@empty"])
        .args(["--data-binary", "@empty", "-d", "@plain"])
        .args([&peer.url(), "-w", "0"])
        .run();
}

#[test]
fn a_large_file_is_one_message() {
    // A character and a line feed lie across the ends of the buffers.
    let text = format!("{}\n{}\n", "é".repeat(32_767), "ü\n".repeat(60_000));
    let peer = Peer::ws()
        .expect_text(&text)
        .expect_binary(format!("{text}\n"))
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .file("large", format!("{text}\n"))
        .args(["-d", "@large", "--data-binary", "@large"])
        .args([&peer.url(), "-w", "0"])
        .run();
}

#[test]
fn stdin_as_one_message() {
    let peer = Peer::ws()
        .expect_text("before")
        .expect_text("one\n\ntwo")
        .expect_text("after")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args(["-d", "before", "-d", "@-", "-d", "after", "-w", "0"])
        .arg(peer.url())
        .stdin("one\n\ntwo\n")
        .run();
    let peer = Peer::ws()
        .expect_binary(b"\xff\n")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "--data-binary", "@-", "-w", "0"])
        .stdin(b"\xff\n")
        .run();
}

#[test]
fn stdin_is_not_read_after_data() {
    let peer = Peer::ws().echo(1).expect_close(1000, "").start();
    // As in `while read host; do wsline … -d hello; done <hosts`.
    Wsline::program("sh")
        .args([
            "-c",
            "\"$0\" \"$1\" -d hello -1; read line; echo \"left: $line\"",
        ])
        .args([crate::support::program::BINARY, &peer.url()])
        .stdin("the next host\n")
        .stdout("hello\nleft: the next host\n")
        .run();
}

#[test]
fn open_stdin_does_not_delay_the_end() {
    let peer = Peer::ws().echo(1).expect_close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "-d", "hello", "-w", "500ms"])
        .stdin(Stdin::Open)
        .stdout("hello\n")
        .run();
}

#[test]
fn interactive_continues_with_stdin() {
    let peer = Peer::ws()
        .expect_text("hello")
        .expect_text("from")
        .expect_text("stdin")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-i", "-d", "hello", "-w", "0"])
        .stdin("from\nstdin\n")
        .run();
}

#[test]
fn delay_applies_to_messages_from_all_sources() {
    let peer = Peer::ws()
        .expect_text("a")
        .expect_text("b")
        .expect_text("c")
        .expect_text("d")
        .expect_close(1000, "")
        .start();
    let started = Instant::now();
    Wsline::new()
        .args([&peer.url(), "-d", "a", "-d", "b", "-i", "--delay", "200ms"])
        .args(["-w", "0"])
        .stdin("c\nd\n")
        .run();
    assert!(started.elapsed() >= Duration::from_millis(600));
}

#[test]
fn replies_are_received_during_a_delay() {
    let peer = Peer::ws().echo(2).expect_close(1000, "").start();
    Wsline::new()
        .args([&peer.url(), "--delay", "300ms", "-w", "100ms"])
        .stdin("a\nb\n")
        .stdout("a\nb\n")
        .run();
}

#[test]
fn missing_file_is_reported_before_connecting() {
    let refusing = Peer::refusing();
    for option in ["-d", "--data-binary"] {
        Wsline::new()
            .args([&refusing.url(), option, "@nowhere"])
            .stderr(
                "wsline: could not read nowhere: No such file or directory\n\
                 hint: to send a text that starts with @, use --data-raw\n",
            )
            .code(26)
            .run();
    }
    Wsline::new()
        .args([&refusing.url(), "-d", "@."])
        .stderr("wsline: could not read .: is a directory\n")
        .code(26)
        .run();
}

#[test]
fn file_with_invalid_text_is_reported_after_earlier_messages() {
    let peer = Peer::ws().echo(1).expect_close(1000, "").start();
    Wsline::new()
        .file("bytes", b"a\xfeb")
        .args([&peer.url(), "-d", "hello", "-d", "@bytes", "-d", "never"])
        .args(["-w", "300ms"])
        .stdout("hello\n")
        .stderr_matches(
            "wsline: bytes: not UTF-8 (the byte 0xfe); --data-binary sends bytes as they are\n\
             closed by us: 1000 (normal closure) after [..] s, sent 1, received 1\n",
        )
        .code(26)
        .run();
}

#[test]
fn conflicting_data_options_are_rejected() {
    for (args, said) in [
        (vec!["-d", "@-", "-d", "@-"], "@- can be used only once"),
        (
            vec!["-i", "-d", "@-"],
            "-i cannot be used with @-: both read stdin",
        ),
        (vec!["--chunk-size", "3"], "--chunk-size requires -b"),
        (vec!["-d", "@"], "missing file name after @"),
    ] {
        let program = Wsline::new()
            .arg("ws://127.0.0.1:1/")
            .args(&args)
            .stderr_matches(format!("...\n[..]{said}[..]\n..."))
            .code(2);
        program.run();
    }
}
