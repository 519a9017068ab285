//! The screen while a line is being typed: nothing breaks it, and nothing is lost.

mod hostile;
mod matrix;
mod resize;

use crate::prompt::{end, open_with, wait_for_line};
use crate::support::{Frame, Gate, Key, Peer, Terminal};

/// Longer than a line of forty columns, some of its characters two columns wide.
const LONG: &str = "a line that is wrapped 日本語日本語 because it is long, 한국어 too";

fn lines_of_messages(history: &[String]) -> Vec<&str> {
    let lines = history.iter().map(|line| line.trim_end());
    lines.filter(|line| line.starts_with("< ")).collect()
}

#[test]
fn messages_are_printed_above_the_input_line() {
    let gate = Gate::new();
    let peer = Peer::ws()
        .wait_for(&gate)
        .send_text("a short one")
        .send_text(LONG)
        .send_binary([0x1f, 0x8b])
        .send_text("two\nlines")
        .expect_text(LONG)
        .start();
    let mut pty = open_with(&peer, Terminal::new().size(20, 40));
    pty.type_text(LONG);
    let typed = "> a line that is wrapped 日本語日本語 be\ncause it is long, 한국어 too";
    wait_for_line(&pty, typed);
    gate.open();
    wait_for_line(&pty, &format!("< two\n  lines\n{typed}"));
    let screen = pty.screen();
    assert!(
        screen.contains("\n< a short one\n< a line that is wrapped 日本語日本語 be\n  cause it"),
        "{screen}"
    );
    assert_eq!(screen.matches("> a line").count(), 1, "{screen}");
    assert!(
        screen.contains("#3\n  00000000  1f 8b        |..|\n"),
        "{screen}"
    );
    // The cursor is where it was, at the end.
    pty.type_text("!");
    wait_for_line(&pty, &format!("{typed}!"));
    pty.key(Key::Backspace);
    pty.key(Key::Enter);
    end(&mut pty);
}

#[test]
fn the_cursor_stays_within_the_line() {
    let gate = Gate::new();
    let peer = Peer::ws()
        .wait_for(&gate)
        .send_text("hello")
        .expect_text("日x本")
        .start();
    let mut pty = open_with(&peer, Terminal::new());
    pty.type_text("日本");
    pty.key(Key::Left);
    pty.wait_until("the cursor between", |screen| {
        screen.cursor_position().1 == 4
    });
    gate.open();
    wait_for_line(&pty, "< hello\n> 日本");
    pty.wait_until("the cursor between", |screen| {
        screen.cursor_position().1 == 4
    });
    pty.type_line("x");
    end(&mut pty);
}

#[test]
fn burst_of_messages_is_shown_completely() {
    const COUNT: usize = 10_000;
    let gate = Gate::new();
    let burst: Vec<u8> = (0..COUNT)
        .flat_map(|number| Frame::new(crate::support::peer::TEXT, number.to_string()).encode())
        .collect();
    let peer = Peer::ws()
        .wait_for(&gate)
        .raw(burst)
        .expect_text("half typed, then the rest")
        .start();
    let mut pty = open_with(&peer, Terminal::new());
    pty.type_text("half typed");
    wait_for_line(&pty, "> half typed");
    gate.open();
    // Keys are heard in the middle of it.
    pty.type_text(", then the rest");
    wait_for_line(
        &pty,
        &format!("< {}\n> half typed, then the rest", COUNT - 1),
    );
    let history = pty.history();
    let wanted: Vec<String> = (0..COUNT).map(|number| format!("< {number}")).collect();
    assert_eq!(lines_of_messages(&history), wanted);
    pty.key(Key::Enter);
    end(&mut pty);
}

#[test]
fn messages_wait_during_a_history_search() {
    let (go, gone) = (Gate::new(), Gate::new());
    let peer = Peer::ws()
        .expect_text("needle")
        .wait_for(&go)
        .send_text("one")
        .send_text("two")
        .ping("still there?")
        // The messages have been heard when this is answered.
        .expect_pong("still there?")
        .open(&gone)
        .send_text("three")
        .expect_text("needle")
        .start();
    let mut pty = open_with(&peer, Terminal::new());
    pty.type_line("needle");
    wait_for_line(&pty, "> needle\n>");
    pty.key(Key::CtrlR);
    pty.type_text("need");
    pty.wait_for("`need': needle");
    go.open();
    gone.wait();
    assert!(!pty.screen().contains("< one"), "{}", pty.screen());
    pty.key(Key::Right);
    wait_for_line(&pty, "< one\n< two\n< three\n> needle");
    pty.key(Key::Enter);
    end(&mut pty);
}

#[test]
fn messages_waiting_for_a_search_are_shown_at_the_end() {
    let go = Gate::new();
    let peer = Peer::ws()
        .expect_text("needle")
        .wait_for(&go)
        .send_text("one")
        .send_text("two")
        .close(1000, "bye")
        .start();
    let mut pty = open_with(&peer, Terminal::new());
    pty.type_line("needle");
    wait_for_line(&pty, "> needle\n>");
    pty.key(Key::CtrlR);
    pty.wait_for("reverse-i-search");
    go.open();
    pty.key(Key::Escape);
    pty.wait_for("* Enter on an empty line reconnects");
    let history = pty.history();
    assert_eq!(lines_of_messages(&history), ["< one", "< two"]);
    pty.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(pty.wait_exit(), 143);
    assert!(
        pty.screen().contains("closed by server: 1000 \"bye\""),
        "{}",
        pty.screen()
    );
    pty.assert_as_found();
}

#[test]
fn notes_are_wrapped_between_words() {
    let peer = Peer::ws().start();
    let mut pty = open_with(&peer, Terminal::new().size(20, 40));
    pty.type_line("/close 1005");
    wait_for_line(
        &pty,
        "! /close: invalid close code 1005: must\n  be 1000 or 3000-4999\n>",
    );
    pty.type_line("/unfilter now");
    wait_for_line(
        &pty,
        "! /unfilter takes no argument; use\n  //unfilter … to send the line as text\n>",
    );
    end(&mut pty);
}

#[test]
fn values_of_the_status_are_wrapped_in_their_column() {
    let peer = Peer::ws().echo_all().start();
    let mut pty = open_with(&peer, Terminal::new().size(20, 40));
    pty.type_line("hello");
    pty.wait_for("\n< hello\n");
    pty.type_line("/status");
    pty.wait_for("\n  sent         1 message, 5 B, last 0.");
    pty.wait_for("\n               s ago\n");
    pty.wait_for("\n  TLS          none\n>");
    end(&mut pty);
}
