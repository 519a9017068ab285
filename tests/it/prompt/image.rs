//! `/view N image`: pictures by what the terminal says that it has, and pictures that can't be drawn.

use super::{end, open_with, wait_for_line};
use crate::support::{Key, Peer, Terminal};

/// The beginning of a PNG up to the size.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
/// The size 2×2 and three bytes a pixel, with the checksum.
const SMALL: &[u8] = b"\0\0\0\x02\0\0\0\x02\x08\x02\0\0\0\xfd\xd4\x9a\x73";
/// The size 16,000×16,000.
const LARGE: &[u8] = b"\0\0\x3e\x80\0\0\x3e\x80\x08\x02\0\0\0\xce\x1c\x48\x89";
/// Red and white above blue and green.
const PIXELS: &[u8] = b"\0\0\0\x13IDAT\x78\x9c\x63\xf8\xcf\xc0\xf0\xff\x3f\x90\x60\xf8\x0f\x84\0\
    \x2d\xe0\x05\xfb\x5c\xa8\x27\x2f\0\0\0\0IEND\xae\x42\x60\x82";

/// The last row of the message that is the small picture.
const ARRIVED: &str = "|....IEND.B`.|";

/// The question for the terminal's name and attributes.
const WHO: &str = "\x1b[>q\x1b[c";
/// The beginning of the question for kitty's protocol.
const KITTY: &str = "\x1b_Gi=31,";

fn png(parts: &[&[u8]]) -> Vec<u8> {
    [&[PNG], parts].concat().concat()
}

/// A picture of two rows with two pixels each.
pub fn small_png() -> Vec<u8> {
    png(&[SMALL, PIXELS])
}

fn in_colors() -> Terminal {
    Terminal::new()
        .size(24, 80)
        .env("TERM", "xterm-256color")
        .env("COLORTERM", "truecolor")
}

#[test]
fn a_terminal_without_graphics_gets_half_blocks() {
    let image = small_png();
    let peer = Peer::ws().send_binary(image).expect_text("half").start();
    let mut pty = open_with(&peer, in_colors());
    pty.wait_for(ARRIVED);
    pty.type_line("/view 1 image");
    pty.wait_for_output(0, WHO.as_bytes());
    // Keys that come with the reply are not lost.
    pty.type_text("ha\x1b[?1;2clf");
    wait_for_line(&pty, "* message 1: PNG image 2×2\n  ▀▀\n> half");
    let colors = pty.look(|screen| {
        let rows: Vec<String> = screen.rows(0, 80).collect();
        let row = rows.iter().position(|row| row.starts_with("  ▀▀"));
        let row = u16::try_from(row.expect("the picture")).expect("a row");
        [2, 3].map(|column| {
            let cell = screen.cell(row, column).expect("a cell");
            (cell.fgcolor(), cell.bgcolor())
        })
    });
    let rgb = vt100::Color::Rgb;
    assert_eq!(
        colors,
        [
            (rgb(255, 0, 0), rgb(0, 0, 255)),
            (rgb(255, 255, 255), rgb(0, 255, 0))
        ]
    );
    pty.key(Key::Enter);
    pty.wait_for("\n> half\n");
    // It is asked once.
    pty.type_line("/view -1 image");
    pty.wait_until("the picture twice", |screen| {
        let rows: Vec<String> = screen.rows(0, 80).collect();
        rows.iter().filter(|row| row.starts_with("  ▀▀")).count() == 2
    });
    end(&mut pty);
    let asked = pty.raw_output();
    let asked = asked.windows(WHO.len()).filter(|it| *it == WHO.as_bytes());
    assert_eq!(asked.count(), 1);
}

#[test]
fn graphics_are_used_where_the_terminal_has_them() {
    for (who, kitty, drawn) in [
        ("\x1b[?62;4c", "\x1b[?62;4c", "\x1bP0;1q\"1;1;2;2#"),
        (
            "\x1b[?62;c",
            "\x1b_Gi=31;OK\x1b\\\x1b[?62;c",
            "\x1b_Ga=T,f=100,q=2,m=0;",
        ),
        (
            "\x1bP>|iTerm2 3.5.0\x1b\\\x1b[?62;4c",
            "\x1b[?62;4c",
            "\x1b]1337;File=inline=1;size=",
        ),
    ] {
        let image = small_png();
        let peer = Peer::ws().send_binary(image).expect_text("ok").start();
        let mut pty = open_with(&peer, in_colors());
        pty.wait_for(ARRIVED);
        pty.type_line("/view 1 image");
        pty.wait_for_output(0, WHO.as_bytes());
        pty.type_text(who);
        pty.wait_for_output(0, KITTY.as_bytes());
        pty.type_text(kitty);
        pty.wait_for_output(0, drawn.as_bytes());
        pty.wait_for("* message 1: PNG image 2×2\n");
        pty.type_line("ok");
        pty.wait_for("\n> ok\n");
        end(&mut pty);
    }
}

#[test]
fn a_terminal_that_does_not_reply_gets_half_blocks() {
    let image = small_png();
    let peer = Peer::ws().send_binary(image).start();
    let mut pty = open_with(&peer, in_colors());
    pty.wait_for(ARRIVED);
    pty.type_line("/view image");
    wait_for_line(&pty, "* message 1: PNG image 2×2\n  ▀▀\n>");
    end(&mut pty);
}

#[test]
fn without_colors_nothing_is_asked() {
    let image = small_png();
    let peer = Peer::ws().send_binary(image).start();
    let mut pty = open_with(&peer, in_colors().env("NO_COLOR", "1"));
    pty.wait_for(ARRIVED);
    pty.type_line("/view 1 image");
    wait_for_line(&pty, "* message 1: PNG image 2×2\n  .#\n>");
    end(&mut pty);
    let output = String::from_utf8_lossy(&pty.raw_output()).into_owned();
    assert!(!output.contains(WHO));
}

#[test]
fn what_can_not_be_drawn_is_an_error() {
    let whole = small_png();
    // A chunk of an unknown type with a wrong checksum, which errors name.
    let hostile: &[u8] = b"\0\0\0\x01\x1b]0;xXXXX";
    let peer = Peer::ws()
        .send_text("hello")
        .send_binary(&whole[..50])
        .send_binary(png(&[LARGE, PIXELS]))
        .send_binary(png(&[SMALL, hostile, PIXELS]))
        .expect_text("ok")
        .start();
    let mut pty = open_with(&peer, Terminal::new().size(30, 80));
    pty.wait_until("all messages", |screen| {
        screen.contents().matches("PNG image").count() == 3
    });
    pty.type_line("/view 1 image");
    pty.wait_for("! could not draw message 1: it is not a PNG, JPEG or GIF image\n");
    pty.type_line("/view 2 image");
    pty.wait_for("! could not draw message 2: ");
    pty.type_line("/view 3 image");
    pty.wait_for("! could not draw message 3: its 16000×16000 pixels are more than the limit");
    pty.type_line("/view 4 image");
    pty.wait_until("message 4", |screen| {
        screen.contents().contains("message 4: ")
    });
    pty.type_line("/view 5 image");
    pty.wait_for("! no message 5: the last is 4");
    pty.type_line("ok");
    pty.wait_for("\n> ok\n");
    end(&mut pty);
    assert_eq!(pty.effects(), Vec::<String>::new());
}

#[test]
fn a_dumb_terminal_says_that_it_draws_nothing() {
    let long: Vec<String> = (0..100).map(|number| format!("row {number}")).collect();
    let image = small_png();
    let peer = Peer::ws()
        .send_binary(image)
        .send_text(long.join("\n"))
        .start();
    let mut pty = Terminal::new()
        .env("TERM", "dumb")
        .args([peer.url()])
        .start();
    pty.wait_for("… 689 B in all: /view 2");
    for command in ["/view 1 image", "/view 1 | wc -c"] {
        pty.type_line(command);
        pty.wait_for(&format!(
            "{command}\n! commands and images are not available on a dumb terminal (TERM=dumb)"
        ));
    }
    // Without a pager it is shown whole.
    pty.type_line("/view 2");
    pty.wait_for("  row 98\n  row 99");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    assert!(!pty.raw_output().contains(&0x1b), "no escape sequences");
}
