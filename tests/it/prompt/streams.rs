//! Where a prompt opens and where it does not, and stderr beside it.

use super::{end, open_with, wait_for_line};
use crate::support::program::BINARY;
use crate::support::{require, Gate, Key, Peer, Terminal};

const HOSTILE: &str = "a\x1b[2Jb\rc";

#[test]
fn dumb_terminal() {
    // One that says nothing of itself is as dumb.
    for term in ["dumb", ""] {
        let gate = Gate::new();
        let peer = Peer::ws()
            .expect_text("hello")
            .send_text(HOSTILE)
            .wait_for(&gate)
            .close(1000, "")
            .start();
        let mut pty = Terminal::new().env("TERM", term).args([peer.url()]).start();
        pty.wait_for("connected to");
        pty.type_line("hello");
        pty.wait_for("< a\\x1b[2Jb\\rc");
        pty.type_line("/status");
        pty.wait_for("* OPEN ");
        gate.open();
        pty.wait_for("* Enter on an empty line reconnects, ^D ends");
        pty.key(Key::CtrlD);
        assert_eq!(pty.wait_exit(), 0);
        assert!(!pty.raw_output().contains(&0x1b), "no escape sequences");
        pty.assert_as_found();
    }
}

#[test]
fn dumb_terminal_keys_end_the_prompt() {
    let peer = Peer::ws().expect_text("hello").start();
    let mut pty = Terminal::new()
        .env("TERM", "dumb")
        .args([peer.url()])
        .start();
    pty.wait_for("connected to");
    pty.type_line("hello");
    end(&mut pty);
}

#[test]
fn piped_stdout_has_messages_only() {
    let peer = Peer::ws()
        .expect_text("hello")
        .send_text(HOSTILE)
        .send_binary([0, 255])
        .start();
    let mut pty = Terminal::new()
        .stdout_to_pipe()
        .args([peer.url().as_str(), "-n", "2"])
        .start();
    pty.type_line("hello");
    assert_eq!(pty.wait_exit(), 0);
    // What was typed is the terminal's own echo.
    assert_eq!(pty.screen(), "hello");
    assert_eq!(
        pty.piped_output(),
        [HOSTILE.as_bytes(), b"\n\x00\xff"].concat()
    );
    pty.assert_as_found();
}

#[test]
fn piped_stdin_opens_no_prompt() {
    let peer = Peer::ws()
        .expect_text("hello")
        .send_text(HOSTILE)
        .send_binary([0, 255])
        .start();
    let mut pty = Terminal::new()
        .stdin_from("hello\n")
        .args([peer.url().as_str(), "-n", "2"])
        .start();
    assert_eq!(pty.wait_exit(), 0);
    let dump = format!("00000000  00 ff{}|..|", " ".repeat(45));
    assert_eq!(pty.screen(), format!("a\\x1b[2Jb\\rc\nbinary, 2 B\n{dump}"));
    assert!(pty.effects().is_empty());
    pty.assert_as_found();
}

#[test]
fn interactive_opens_the_prompt_after_the_data() {
    let peer = Peer::ws().expect_text("first").echo_all().start();
    let mut pty = open_with(&peer, Terminal::new().args(["-i", "-d", "first"]));
    pty.type_line("second");
    pty.wait_for("< second");
    end(&mut pty);
}

#[test]
fn verbose_prints_above_the_input_line() {
    let gate = Gate::new();
    let peer = Peer::ws()
        .wait_for(&gate)
        .send_text("hello")
        .expect_close(1000, "")
        .start();
    let mut pty = open_with(&peer, Terminal::new().size(60, 100).args(["-vv"]));
    for part in [
        "  trying ",
        "* > GET / HTTP/1.1",
        "* < HTTP/1.1 101 ",
        "* open: ",
    ] {
        pty.wait_for(part);
    }
    pty.type_text("half a li");
    wait_for_line(&pty, "> half a li");
    gate.open();
    wait_for_line(
        &pty,
        "* < TEXT fin=1 rsv=000 mask=0 len=5\n< hello\n> half a li",
    );
    pty.key(Key::CtrlU);
    end(&mut pty);
}

#[test]
fn redirected_stderr_does_not_change_the_prompt() {
    let peer = Peer::ws().echo_all().start();
    let mut pty = Terminal::program("sh")
        .args(["-c", "exec \"$0\" \"$@\" 2>told", BINARY, "-v", &peer.url()])
        .start();
    pty.wait_for("connected to");
    pty.type_line("hello");
    pty.wait_for("< hello");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    assert!(!pty.screen().contains("GET /"), "{}", pty.screen());
    assert!(!pty.screen().contains("closed by us"), "{}", pty.screen());
    let told = std::fs::read_to_string(pty.home().work().join("told")).expect("a file of text");
    for part in [
        "> GET / HTTP/1.1\n",
        "closed by us: 1000 (normal closure) after ",
    ] {
        assert!(told.contains(part), "{part:?} is missing\n{told}");
    }
    assert!(!told.contains('\x1b'), "no colours in a file\n{told}");
    pty.assert_as_found();
}

/// In the background the shell reads the terminal: what is typed is not ours, and reading it would
/// stop the process.
#[test]
fn in_the_background_the_terminal_is_not_read() {
    require!("bash");
    let gate = Gate::new();
    let peer = Peer::ws()
        .send_text("first")
        .wait_for(&gate)
        .send_text("second")
        .close(1000, "")
        .start();
    let script = "set -m; \"$0\" \"$1\" >out & while [ ! -s out ]; do sleep 0.01; done; \
                  echo listening; wait; cat out; echo over";
    let mut pty = Terminal::program("bash")
        .args(["-c", script, BINARY, &peer.url()])
        .start();
    pty.wait_for("listening");
    pty.type_line("for the shell");
    gate.open();
    pty.wait_for("first\nsecond\nover");
    assert_eq!(pty.wait_exit(), 0);
}
