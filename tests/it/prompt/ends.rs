//! Every end: the verdict, the exit code, and the terminal as it was found.

use nix::sys::signal::Signal;

use super::{end, open, wait_for_line};
use crate::support::program::BINARY;
use crate::support::{require, Gate, Key, Peer, Pty, Terminal};

/// The prompt on `peer` ends by itself, with `code`, and `last` on the screen.
#[track_caller]
fn assert_ends(pty: &mut Pty, code: i32, last: &str) {
    assert_eq!(pty.wait_exit(), code, "{}", pty.screen());
    let screen = pty.screen();
    let line = screen.lines().last().unwrap_or_default();
    assert!(line.contains(last), "{screen}");
    pty.assert_as_found();
}

#[test]
fn the_server_closes() {
    for (code, reason, exit, verdict) in [
        (
            1000,
            "bye",
            0,
            "closed by server: 1000 \"bye\" (normal closure) after ",
        ),
        (
            1008,
            "",
            108,
            "closed by server: 1008 (policy violation) after ",
        ),
        (
            4001,
            "token expired",
            121,
            "closed by server: 4001 \"token expired\" (application) after ",
        ),
    ] {
        let gate = Gate::new();
        let peer = Peer::ws()
            .wait_for(&gate)
            .send_text("the last word")
            .close(code, reason)
            .start();
        let mut pty = open(&peer);
        pty.type_text("half a li");
        wait_for_line(&pty, "> half a li");
        gate.open();
        // The line that is being typed stays.
        pty.wait_for("* Enter on an empty line reconnects");
        wait_for_line(&pty, "x half a li");
        let screen = pty.screen();
        let message = screen.find("< the last word").expect("it is shown");
        let closed = screen.find(verdict).expect("it is shown");
        assert!(message < closed, "{screen}");
        let ends = match exit {
            0 => String::new(),
            exit => format!(" (exit code {exit})"),
        };
        assert!(
            screen.contains(&format!(
                "* Enter on an empty line reconnects, ^D ends{ends}\nx half a li"
            )),
            "{screen}"
        );
        pty.key(Key::Enter);
        pty.wait_for("! not connected; nothing was sent");
        pty.key(Key::CtrlD);
        assert_ends(&mut pty, exit, "! not connected; nothing was sent");
    }
}

#[test]
fn the_prompt_connects_again() {
    for reconnect in ["\r", "/reconnect\r"] {
        let peer = Peer::ws()
            .expect_text("one")
            .close(4001, "token expired")
            .then(Peer::ws().expect_text("two").expect_close(1000, ""))
            .start();
        let mut pty = open(&peer);
        pty.type_line("one");
        pty.wait_for("! closed by server: 4001 \"token expired\" (application) after ");
        wait_for_line(&pty, "x");
        pty.type_text(reconnect);
        pty.wait_for("* connected again after ");
        wait_for_line(&pty, ">");
        pty.type_line("two");
        pty.wait_for("\n> two\n");
        pty.key(Key::CtrlD);
        assert_ends(&mut pty, 0, "closed by us: 1000 (normal closure) after ");
    }
}

#[test]
fn failed_reconnect_is_reported() {
    let peer = Peer::ws().expect_text("one").close(1000, "").start();
    let mut pty = open(&peer);
    pty.type_line("one");
    pty.wait_for("* closed by server: 1000 ");
    drop(peer);
    pty.key(Key::Enter);
    pty.wait_for("! could not connect to ");
    pty.wait_for("* Enter on an empty line reconnects, ^D ends (exit code 7)");
    wait_for_line(&pty, "x");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 7, "{}", pty.screen());
    pty.assert_as_found();
}

#[test]
fn unanswered_close_is_reported() {
    let gate = Gate::new();
    let peer = Peer::ws().expect_close(1000, "").wait_for(&gate).start();
    let mut pty = open(&peer);
    pty.key(Key::CtrlD);
    pty.wait_for("* closing: waiting for the server; ^C ends now");
    gate.open();
    pty.wait_exit();
    pty.assert_as_found();
}

/// There is no sign either, before which it would stand.
#[test]
fn what_is_typed_after_the_end_is_not_shown() {
    let gate = Gate::new();
    let peer = Peer::ws().expect_close(1000, "").wait_for(&gate).start();
    let mut pty = open(&peer);
    pty.type_line("/quit");
    pty.wait_for("* closing: waiting for the server; ^C ends now");
    pty.type_text("too late\r/close 4000 too late\r");
    pty.paste("too late");
    pty.key(Key::CtrlC);
    assert_eq!(pty.wait_exit(), 130, "{}", pty.screen());
    assert!(!pty.history().concat().contains("late"), "{}", pty.screen());
    pty.assert_as_found();
    gate.open();
}

#[test]
fn ctrl_c_twice_on_an_empty_line() {
    let peer = Peer::ws().expect_close(1001, "").start();
    let mut pty = open(&peer);
    pty.key(Key::CtrlC);
    pty.wait_for("* press ^C again to end, or ^D to close with 1000");
    pty.key(Key::CtrlC);
    assert_ends(&mut pty, 130, "closed by us: 1001 (going away) after ");
}

#[test]
fn input_between_interrupts_cancels_the_end() {
    let peer = Peer::ws().expect_text("still here").start();
    let mut pty = open(&peer);
    pty.key(Key::CtrlC);
    pty.wait_for("* press ^C again");
    pty.type_text("still here");
    wait_for_line(&pty, "> still here");
    pty.key(Key::CtrlC);
    wait_for_line(&pty, "> still here\n>");
    pty.key(Key::CtrlC);
    wait_for_line(&pty, "* press ^C again to end, or ^D to close with 1000\n>");
    pty.type_line("still here");
    end(&mut pty);
}

#[test]
fn signals() {
    for (signal, code) in [
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
        (Signal::SIGINT, 130),
    ] {
        let peer = Peer::ws().expect_close(1001, "").start();
        let mut pty = open(&peer);
        pty.type_text("half a li");
        wait_for_line(&pty, "> half a li");
        pty.signal(signal);
        assert_ends(&mut pty, code, "closed by us: 1001 (going away) after ");
    }
}

#[test]
fn the_window_is_closed() {
    let peer = Peer::ws().expect_close(1001, "").start();
    let mut pty = open(&peer);
    pty.hang_up();
    assert_eq!(pty.wait_exit(), 129);
}

#[test]
fn ending_while_connecting_is_immediate() {
    for (keys, code, last) in [
        ("/quit\r", 0, "ended before the connection was open"),
        ("\x04", 0, "ended before the connection was open"),
        ("\x03", 130, "wsline: interrupted"),
    ] {
        let peer = Peer::silent().start();
        let mut pty = Terminal::new().args([peer.url()]).start();
        pty.wait_for("\u{2026}");
        pty.type_text(keys);
        assert_eq!(pty.wait_exit(), code, "{}", pty.screen());
        assert!(pty.screen().contains(last), "{}", pty.screen());
        pty.assert_as_found();
    }
    let peer = Peer::silent().start();
    let mut pty = Terminal::new().args([peer.url()]).start();
    pty.wait_for("\u{2026}");
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit(), 143);
    pty.assert_as_found();
}

#[test]
fn unsent_lines_are_counted_if_connecting_is_given_up() {
    let peer = Peer::silent().start();
    let mut pty = Terminal::new().args([peer.url()]).start();
    pty.wait_for("\u{2026}");
    pty.type_line("one");
    pty.wait_for("not connected yet");
    pty.type_line("two");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    assert!(
        pty.screen()
            .contains("! not connected, and not sent: 2 messages"),
        "{}",
        pty.screen()
    );
    pty.assert_as_found();
}

#[test]
fn refused_connection() {
    let refusing = Peer::refusing();
    let mut pty = Terminal::new().size(24, 120).args([refusing.url()]).start();
    assert_eq!(pty.wait_exit(), 7);
    assert!(pty.screen().contains("wsline: "), "{}", pty.screen());
    pty.assert_as_found();
}

#[test]
fn refusal_is_shown_with_its_body() {
    let peer = Peer::http(
        "HTTP/1.1 401 Unauthorized\r\nX-Why: no token\r\nContent-Length: 18\r\n\r\nshow me your token",
    )
    .start();
    let mut pty = Terminal::new().args([peer.url()]).start();
    assert_eq!(pty.wait_exit(), 22);
    let screen = pty.screen();
    for part in [
        "HTTP/1.1 401 Unauthorized",
        "X-Why: no token",
        "\nshow me your token\n",
        "hint: ",
    ] {
        assert!(screen.contains(part), "{part:?} is missing\n{screen}");
    }
    pty.assert_as_found();
}

#[test]
fn lost_connection() {
    for reset in [false, true] {
        let peer = Peer::ws().expect_text("go");
        let peer = if reset {
            peer.reset_tcp()
        } else {
            peer.drop_tcp()
        };
        let peer = peer.start();
        let mut pty = open(&peer);
        pty.type_line("go");
        pty.wait_for("without a Close frame (1006");
        wait_for_line(&pty, "x");
        pty.key(Key::CtrlD);
        assert_ends(&mut pty, 106, "^D ends (exit code 106)");
    }
}

#[test]
fn ctrl_d_inside_a_line_deletes() {
    let peer = Peer::ws().expect_text("ab").start();
    let mut pty = open(&peer);
    pty.type_text("abc");
    pty.key(Key::Left);
    pty.key(Key::CtrlD);
    wait_for_line(&pty, "> ab");
    pty.key(Key::Enter);
    end(&mut pty);
}

#[test]
fn typeahead_is_kept() {
    let peer = Peer::ws()
        .expect_text("one")
        .expect_text("two")
        .expect_close(1000, "")
        .start();
    let mut pty = open(&peer);
    pty.type_text("one\rtwo\r\x04");
    assert_ends(&mut pty, 0, "closed by us: 1000 (normal closure) after ");
}

#[test]
fn suspending_restores_the_terminal() {
    require!("bash");
    let gate = Gate::new();
    let peer = Peer::ws()
        .expect_text("before")
        .wait_for(&gate)
        .send_text("meanwhile")
        .expect_text("after")
        .start();
    let script = "set -m; stty -g >found; \"$0\" \"$@\"; stty -g >left; echo stopped; read go; fg";
    let mut pty = Terminal::program("bash")
        .args(["-c", script, BINARY, &peer.url()])
        .start();
    pty.wait_for("/help lists");
    pty.type_line("before");
    wait_for_line(&pty, "> before\n>");
    pty.key(Key::CtrlZ);
    pty.wait_for("\nstopped");
    let read =
        |name: &str| std::fs::read_to_string(pty.home().work().join(name)).expect("stty wrote it");
    assert_eq!(read("found"), read("left"));
    assert!(!pty.look(vt100::Screen::bracketed_paste));
    gate.open();
    pty.type_text("\n");
    pty.wait_for("< meanwhile");
    pty.type_line("after");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
    pty.assert_as_found();
}
