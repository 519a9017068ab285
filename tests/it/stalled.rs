//! Readers that have stopped reading: a terminal, a pipe, a socket. A time limit and the first
//! signal end the run all the same.

use std::io::Write as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use nix::sys::signal::Signal;

use crate::support::peer::Running;
use crate::support::program::{command, BINARY};
use crate::support::{Gate, Peer, Stdin, Stdout, Terminal, Wsline};

/// More than the largest pipe holds.
const MUCH: usize = 1_200_000;

/// A peer that says much on an open connection and answers a Close, and the gate that it opens in
/// between.
fn talkative() -> (Running, Gate) {
    let said = Gate::new();
    let peer = Peer::ws()
        .ping("open?")
        .expect_pong("open?")
        .send_text("z".repeat(MUCH))
        .open(&said)
        .expect_close(1001, "")
        .start();
    (peer, said)
}

#[test]
fn max_time_ends_a_stalled_prompt() {
    let (peer, _) = talkative();
    let mut pty = Terminal::new()
        .args([&peer.url(), "-m", "1"])
        .stalled()
        .start();
    assert_eq!(pty.wait_exit(), 28);
    pty.assert_settings_as_found();
}

#[test]
fn signal_ends_a_stalled_prompt() {
    for (signal, code) in [
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
        (Signal::SIGINT, 130),
    ] {
        let (peer, said) = talkative();
        let mut pty = Terminal::new().args([peer.url()]).stalled().start();
        said.wait();
        pty.signal(signal);
        assert_eq!(pty.wait_exit(), code);
        pty.assert_settings_as_found();
    }
}

/// The prompt outlives its connection, until the signal or the time limit.
#[test]
fn signal_or_max_time_ends_a_stalled_prompt_after_a_close() {
    for signal in [true, false] {
        let closed = Gate::new();
        let peer = Peer::ws()
            .close(1000, "")
            .expect_close(1000, "")
            .open(&closed)
            .start();
        let limit = if signal { "60" } else { "1" };
        let mut pty = Terminal::new()
            .args([&peer.url(), "-m", limit])
            .stalled()
            .start();
        closed.wait();
        if signal {
            pty.signal(Signal::SIGTERM);
        }
        assert_eq!(pty.wait_exit(), if signal { 143 } else { 28 });
        pty.assert_settings_as_found();
    }
}

#[test]
fn signal_ends_a_stalled_dumb_prompt() {
    let (peer, said) = talkative();
    let mut pty = Terminal::new()
        .args([peer.url()])
        .env("TERM", "dumb")
        .stalled()
        .start();
    said.wait();
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit(), 143);
    pty.assert_settings_as_found();
}

#[test]
fn stalled_terminal_without_a_prompt() {
    for (form, signal) in [("-v", true), ("--json", true), ("-v", false)] {
        let (mut peer, said) = talkative();
        let limit = if signal { "60" } else { "1" };
        let mut pty = Terminal::new()
            .args([&peer.url(), form, "-m", limit, "-w", "forever"])
            .stdin_from("")
            .stalled()
            .start();
        said.wait();
        if signal {
            pty.signal(Signal::SIGTERM);
        }
        assert_eq!(pty.wait_exit(), if signal { 143 } else { 28 });
        pty.assert_settings_as_found();
        // It may have left without having read all.
        let _ = peer.result();
    }
}

#[test]
fn stalled_pipe_for_stdout_and_stderr() {
    for signal in [true, false] {
        let (mut peer, said) = talkative();
        let limit = if signal { "60" } else { "1" };
        let program = Wsline::program("sh")
            .args(["-c", "exec \"$0\" \"$@\" 2>&1", BINARY])
            .args([&peer.url(), "-v", "-m", limit])
            .stdin(Stdin::Open)
            .stdout_to(Stdout::Held)
            .stdout_matches("...")
            .code(if signal { 143 } else { 28 })
            .spawn();
        said.wait();
        if signal {
            program.signal(Signal::SIGTERM);
        }
        program.wait();
        // It may have left without having read all.
        let _ = peer.result();
    }
}

/// Only the last words are left to be written.
#[test]
fn stalled_pipe_for_stderr() {
    let closed = Gate::new();
    let peer = Peer::ws()
        .close(4000, "")
        .expect_close(4000, "")
        .open(&closed)
        .start();
    let (_reader, stderr) = std::io::pipe().expect("a pipe");
    let full = wsline::sys::reopen::writer(stderr.as_fd());
    let mut full = full.expect("it can be opened again");
    while full.write(&[b'x'; 1000]).is_ok() {}
    let mut child = command()
        .args([&peer.url(), "-m", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .expect("the program starts");
    closed.wait();
    assert_eq!(child.wait().expect("it ends").code(), Some(121));
}

#[test]
fn stalled_socket() {
    let (peer, _) = talkative();
    let (_reader, stdout) = UnixStream::pair().expect("a pair of sockets");
    let mut child = command()
        .args([&peer.url(), "-m", "1"])
        .stdin(Stdio::null())
        .stdout(OwnedFd::from(stdout))
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    assert_eq!(child.wait().expect("it ends").code(), Some(28));
}

/// However long the server may take to answer the Close: it has answered.
#[test]
fn close_timeout_does_not_apply_to_readers() {
    let (peer, said) = talkative();
    let program = Wsline::new()
        .args([&peer.url(), "-q", "--close-timeout", "60"])
        .stdout_to(Stdout::Held)
        .stdout_matches("[..]")
        .stderr("wsline: terminated\n")
        .code(143)
        .spawn();
    said.wait();
    program.signal(Signal::SIGTERM);
    program.wait();
}

#[test]
fn stalled_password_prompt() {
    let peer = Peer::refusing();
    let mut pty = Terminal::new()
        .args([&peer.url(), "-u", "alice"])
        .stalled()
        .start();
    pty.wait_for_settings();
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit(), 143);
    pty.assert_settings_as_found();
}

#[test]
fn stalled_reports_of_wsline_test() {
    for options in [&[][..], &["--json"], &["-v"]] {
        let begun = Gate::new();
        let peer = Peer::ws()
            .expect_text("hi")
            .open(&begun)
            .send_text("hi")
            .expect_close_any()
            .start();
        let mut pty = Terminal::new()
            .file("talk.ws", format!("url {}\n> hi\n< hi\n", peer.url()))
            .args(["test", "talk.ws"])
            .args(options)
            .stalled()
            .start();
        begun.wait();
        pty.signal(Signal::SIGTERM);
        assert_eq!(pty.wait_exit(), 143, "{options:?}");
    }
}
