//! The window gets another size while a line is being typed.

use crate::prompt::{end, open_with, wait_for_line};
use crate::support::{Gate, Key, Peer, Pty, Terminal};

/// Three rows of forty columns, one of 120.
const LINE: &str =
    "The quick brown fox jumps over the lazy dog and then some more text that wraps \
                    at forty columns, three rows";

/// The editor clears the rows of a line before it draws them again.
const REDRAWN: &[u8] = b"\x1b[K";

/// A prompt at a server that has sent seven messages and is now quiet.
fn quiet(terminal: Terminal, sent: &str) -> (Pty, crate::support::peer::Running) {
    let mut peer = Peer::ws();
    for number in 1..=7 {
        peer = peer.send_text(format!("tick {number}"));
    }
    let peer = peer.expect_text(sent).start();
    let pty = terminal.args([peer.url()]).start();
    pty.wait_for("< tick 7");
    wait_for_line(&pty, ">");
    (pty, peer)
}

/// All rows from the first message on.
fn rows(pty: &Pty) -> String {
    let rows: Vec<String> = pty.history();
    let rows: Vec<&str> = rows.iter().map(|row| row.trim_end()).collect();
    let first = rows.iter().position(|row| *row == "< tick 1");
    rows[first.expect("the first message is there")..]
        .join("\n")
        .trim_end()
        .to_owned()
}

/// Waits until nothing is there but the messages and the line, broken at this width.
#[track_caller]
fn expect_line(pty: &Pty, line: &str, columns: usize) {
    let line: Vec<char> = "> ".chars().chain(line.chars()).collect();
    let line: Vec<String> = line
        .chunks(columns)
        .map(|row| row.iter().collect::<String>().trim_end().to_owned())
        .collect();
    let last = line.last().expect("a row").clone();
    wait_for_line(pty, &last);
    let messages: Vec<String> = (1..=7).map(|number| format!("< tick {number}")).collect();
    assert_eq!(rows(pty), [messages, line].concat().join("\n"));
}

/// Makes the window narrower and wider with the cursor at `place` of the line, where a character is
/// typed at each width.
#[track_caller]
fn resize(terminal: Terminal, rows: u16, place: usize, widths: &[u16]) {
    let (before, after) = LINE.split_at(place);
    let line = |typed: usize| format!("{before}{}{after}", "x".repeat(typed));
    let (mut pty, _peer) = quiet(terminal.size(rows, 40), &line(widths.len()));
    pty.type_text(LINE);
    expect_line(&pty, LINE, 40);
    if place < LINE.len() {
        pty.key(Key::Home);
        for _ in 0..place {
            pty.key(Key::Right);
        }
        pty.wait_until("the cursor", |screen| {
            usize::from(screen.cursor_position().1) == 2 + place
        });
    }
    for (number, columns) in widths.iter().enumerate() {
        let printed = pty.raw_output().len();
        pty.resize(rows, *columns);
        pty.wait_for_output(printed, REDRAWN);
        pty.type_text("x");
        expect_line(&pty, &line(number + 1), usize::from(*columns));
    }
    pty.key(Key::Enter);
    end(&mut pty);
}

#[test]
fn wrapped_line_and_messages_are_kept_at_every_width() {
    for place in [LINE.len(), 0, 2, 37] {
        let widths = [120, 40, 57, 23, 110, 55, 40, 200, 10, 40];
        resize(Terminal::new(), 24, place, &widths);
        // The line takes nearly all of the screen.
        resize(Terminal::new(), 10, place, &[120, 40, 57, 23, 110, 55, 40]);
        resize(Terminal::new(), 5, place, &[120, 40, 57, 40]);
    }
}

/// Such as xterm, which shows the columns no more that it has cut off.
#[test]
fn terminal_that_cuts_off_rows_keeps_the_messages_and_the_line() {
    for place in [LINE.len(), 0] {
        let widths = [120, 40, 57, 23, 110, 55, 40];
        resize(Terminal::new().cutting(), 24, place, &widths);
    }
}

/// Waits until the list of commands is drawn whole: the cursor is then back at the end of the line.
#[track_caller]
fn expect_list(pty: &Pty) {
    pty.wait_until("the list", |screen| {
        let (row, column) = screen.cursor_position();
        let line = screen.rows(0, 20).nth(usize::from(row));
        let is_at_end = line.is_some_and(|line| line.trim_end() == "> /he") && column == 5;
        is_at_end && screen.contents().contains("\n  /headers")
    });
}

#[test]
fn list_of_commands_leaves_nothing_behind() {
    let (mut pty, _peer) = quiet(Terminal::new().size(24, 60), "/he");
    pty.type_text("/he");
    expect_list(&pty);
    for columns in [20, 100, 35, 60] {
        let printed = pty.raw_output().len();
        pty.resize(24, columns);
        pty.wait_for_output(printed, REDRAWN);
        pty.type_text("l");
        pty.wait_until("another list", |screen| {
            !screen.contents().contains("/headers")
        });
        pty.key(Key::Backspace);
        expect_list(&pty);
        let rows = rows(&pty);
        for (part, count) in [("> /he\n", 1), ("\n  /help", 1), ("< tick", 7)] {
            assert_eq!(rows.matches(part).count(), count, "{part:?}: {rows}");
        }
    }
    pty.key(Key::CtrlU);
    wait_for_line(&pty, ">");
    pty.type_line("//he");
    end(&mut pty);
}

#[test]
fn resizing_the_window_keeps_the_screen_correct() {
    let (one, two) = (Gate::new(), Gate::new());
    let peer = Peer::ws()
        .wait_for(&one)
        .send_text("narrow")
        .wait_for(&two)
        .send_text("wide")
        .expect_text("some words that are typed before the window changes")
        .start();
    let mut pty = open_with(&peer, Terminal::new().size(20, 80));
    pty.type_text("some words that are typed before the window changes");
    pty.wait_for("window changes");
    pty.resize(20, 30);
    one.open();
    pty.wait_for("< narrow");
    pty.resize(20, 80);
    two.open();
    wait_for_line(
        &pty,
        "< wide\n> some words that are typed before the window changes",
    );
    pty.key(Key::Enter);
    end(&mut pty);
}
