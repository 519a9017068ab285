//! Colors of what is typed, and of the last line.

use super::{end, open_with, wait_for_line};
use crate::support::{Key, Peer, Pty, Terminal};

const KEY: vt100::Color = vt100::Color::Idx(4);
const STRING: vt100::Color = vt100::Color::Idx(2);
const NUMBER: vt100::Color = vt100::Color::Idx(6);
const PLAIN: vt100::Color = vt100::Color::Default;

fn in_colors() -> Terminal {
    Terminal::new().size(24, 80).env("TERM", "xterm-256color")
}

/// Waits until the text at the cursor's row from the third column has these colors, each for as many
/// characters as its text has; an underlined text begins with `_`.
#[track_caller]
fn wait_for_colors(pty: &Pty, wanted: &[(&str, vt100::Color)]) {
    pty.wait_until(&format!("{wanted:?}"), |screen| {
        let (row, _) = screen.cursor_position();
        let mut columns = 2..;
        wanted.iter().all(|(text, color)| {
            let is_marked = text.starts_with('_');
            text.trim_start_matches('_').chars().all(|character| {
                let column = columns.next().expect("a column");
                screen.cell(row, column).is_some_and(|cell| {
                    cell.contents() == character.to_string()
                        && cell.fgcolor() == *color
                        && cell.underline() == is_marked
                })
            })
        })
    });
}

#[test]
fn json_is_colored_while_it_is_typed() {
    let peer = Peer::ws()
        .expect_text(r#"{"a":["x",1]}"#)
        .expect_text("[no json]")
        .start();
    let mut pty = open_with(&peer, in_colors());
    pty.type_text(r#"{"a":["x",1"#);
    wait_for_colors(
        &pty,
        &[
            ("{", PLAIN),
            (r#""a""#, KEY),
            (":[", PLAIN),
            (r#""x""#, STRING),
            (",", PLAIN),
            ("1", NUMBER),
        ],
    );
    pty.type_text("]");
    let marked = [
        ("{", PLAIN),
        (r#""a""#, KEY),
        (":", PLAIN),
        ("_[", PLAIN),
        (r#""x""#, STRING),
        (",", PLAIN),
        ("1", NUMBER),
        ("_]", PLAIN),
    ];
    wait_for_colors(&pty, &marked);
    pty.type_text("}");
    wait_for_colors(&pty, &[("_{", PLAIN), (r#""a""#, KEY), (":[", PLAIN)]);
    // On the bracket inside the outer one.
    pty.key(Key::Left);
    pty.key(Key::Left);
    wait_for_colors(&pty, &marked);
    pty.key(Key::Enter);
    wait_for_line(&pty, ">");
    pty.type_text("[no json]");
    wait_for_colors(&pty, &[("[no json]", PLAIN)]);
    pty.key(Key::Enter);
    wait_for_line(&pty, ">");
    end(&mut pty);
}

#[test]
fn without_colors_json_is_typed_plain() {
    for terminal in [
        in_colors().env("NO_COLOR", "1"),
        in_colors().args(["--color=never"]),
    ] {
        let peer = Peer::ws().expect_text("[1]").start();
        let mut pty = open_with(&peer, terminal);
        pty.type_text("[1]");
        wait_for_colors(&pty, &[("[1]", PLAIN)]);
        pty.key(Key::Enter);
        pty.wait_for("\n> [1]\n");
        end(&mut pty);
        let output = String::from_utf8_lossy(&pty.raw_output()).into_owned();
        assert!(!output.contains("\x1b[36m") && !output.contains("\x1b[32m"));
    }
}

#[test]
fn json_taller_than_the_screen_is_drawn_as_often_as_text() {
    let words = "word ".repeat(120);
    let [text, json] = [format!("({words})"), format!("[\"{words}\"]")].map(|line| {
        let peer = Peer::ws().expect_text(&line).start();
        let mut pty = open_with(
            &peer,
            Terminal::new().size(10, 40).env("TERM", "xterm-256color"),
        );
        pty.type_text(&line);
        let end = line[line.len() - 3..].to_owned();
        pty.wait_until("the whole line", |screen| {
            screen.contents().trim_end().ends_with(&end)
        });
        let rows = pty.history().len();
        pty.key(Key::Enter);
        super::end(&mut pty);
        rows
    });
    assert!(json < text + 20, "{json} rows, and {text} without JSON");
}

#[test]
fn the_last_line_is_colored_by_how_it_ended() {
    let peer = Peer::ws().start();
    let mut pty = open_with(&peer, in_colors());
    end(&mut pty);
    pty.wait_for_output(0, b"\x1b[32mclosed by us: 1000");

    let peer = Peer::ws().close(4001, "token").start();
    let mut pty = in_colors()
        .stdout_to_pipe()
        .args([peer.url().as_str(), "-n", "1"])
        .start();
    assert_ne!(pty.wait_exit(), 0);
    pty.wait_for_output(0, b"\x1b[31mclosed by server: 4001");
}
