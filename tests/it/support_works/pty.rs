//! The terminal, tried on the shell, cat and stty.

use nix::sys::signal::Signal;

use crate::support::{Key, Pty, Terminal};

fn sh(script: &str) -> Terminal {
    Terminal::program("sh").args(["-c", script])
}

#[test]
fn keys_are_sent_and_the_screen_is_read() {
    let mut pty = Terminal::program("/bin/cat").start();
    pty.type_text("hello");
    pty.key(Key::Enter);
    pty.wait_until("the echo and the answer", |screen| {
        screen.contents().matches("hello").count() == 2
    });
    assert_eq!(pty.screen(), "hello\nhello");
    assert_eq!(pty.cursor(), (2, 0));
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    assert_eq!(pty.raw_output(), b"hello\r\nhello\r\n");
    pty.assert_as_found();
}

#[test]
fn terminal_has_the_requested_size() {
    let mut pty = sh("stty size; tty >/dev/null && echo tty; : </dev/tty && echo $TERM; exit 7")
        .size(10, 40)
        .start();
    assert_eq!(pty.wait_exit(), 7);
    assert_eq!(pty.screen(), "10 40\ntty\nxterm-256color");
}

#[test]
fn interrupt_key_and_signals_reach_the_program() {
    let mut pty = sh("trap 'exit 42' INT; echo ready; while :; do sleep 0.05; done").start();
    pty.wait_for("ready");
    pty.key(Key::CtrlC);
    assert_eq!(pty.wait_exit(), 42);
    let mut pty = sh("trap 'exit 43' TERM; echo ready; while :; do sleep 0.05; done").start();
    pty.wait_for("ready");
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit(), 43);
}

#[test]
fn closed_window_sends_sighup() {
    let mut pty = sh("trap 'exit 44' HUP; echo ready; while :; do sleep 0.05; done").start();
    pty.wait_for("ready");
    pty.hang_up();
    assert_eq!(pty.wait_exit(), 44);
}

#[test]
fn terminal_left_in_raw_mode_is_an_error() {
    let mut pty = sh("stty raw -echo").start();
    assert_eq!(pty.wait_exit(), 0);
    let noticed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pty.assert_as_found()));
    assert!(noticed.is_err());
    let mut pty = sh("s=$(stty -g); stty raw -echo; stty $s").start();
    assert_eq!(pty.wait_exit(), 0);
    pty.assert_as_found();
    let mut pty = sh("printf '\\033[?25l'").start();
    assert_eq!(pty.wait_exit(), 0);
    let noticed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pty.assert_as_found()));
    assert!(noticed.is_err());
}

#[test]
fn window_size_changes() {
    let mut pty = sh("trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done")
        .size(24, 80)
        .start();
    pty.wait_for("ready");
    pty.resize(30, 100);
    assert_eq!(pty.wait_exit(), 0);
    assert_eq!(pty.screen(), "ready\n30 100");
}

#[test]
fn scrolled_lines_are_kept() {
    let mut pty = sh("seq 1 10000").size(5, 20).start();
    assert_eq!(pty.wait_exit(), 0);
    let lines: Vec<_> = pty.history();
    let lines: Vec<_> = lines.iter().filter(|line| !line.is_empty()).collect();
    let wanted: Vec<_> = (1..=10_000).map(|n| n.to_string()).collect();
    assert!(lines.into_iter().eq(wanted.iter()));
    assert_eq!(pty.screen(), "9997\n9998\n9999\n10000");
}

#[test]
fn effects_are_recorded_and_the_cursor_can_be_asked_for() {
    let script = "printf '\\a\\033]0;title\\007\\033]52;c;aGk=\\007'; stty raw -echo min 6; \
                  printf 'abc\\033[6n'; dd bs=6 count=1 2>/dev/null | od -An -c; stty sane";
    let mut pty = sh(script).start();
    assert_eq!(pty.wait_exit(), 0);
    let effects = pty.effects();
    assert_eq!(
        effects,
        ["bell", "icon title", "title title", "clipboard aGk="]
    );
    assert!(
        pty.screen().contains("033   [   1   ;   4   R"),
        "{}",
        pty.screen()
    );
}

#[test]
fn single_streams_can_be_the_terminal() {
    let script = "test -t 0 || echo 'in is no terminal'; test -t 1 || echo 'out is no terminal'; \
                  test -t 2 && cat";
    let mut pty = sh(script).stdin_from("data\n").start();
    assert_eq!(pty.wait_exit(), 0);
    assert_eq!(pty.screen(), "in is no terminal\ndata");
    let mut pty = sh(script).stdout_to_pipe().start();
    pty.type_line("typed");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    assert_eq!(pty.piped_output(), b"out is no terminal\ntyped\n");
}

#[test]
fn program_is_ended_when_dropped() {
    let pty = Terminal::program("/bin/cat").start();
    drop(pty);
    let pty = Pty::start(["x"], 24, 80);
    drop(pty);
}
