//! Every command, and lines that are none.

use super::{end, open, open_with, wait_for_line};
use crate::support::{Key, Peer, Terminal};

#[test]
fn commands_send_messages_and_frames() {
    let peer = Peer::ws()
        .expect_text("plain")
        .expect_text("/x")
        .expect_text("/help is text here")
        .expect_text("")
        .expect_text("a file\n")
        .expect_binary(b"\x00\xffbytes")
        .expect_binary([0, 255, 16])
        .expect_ping("hi there")
        .pong("hi there")
        .expect_pong("here")
        .expect_close(1000, "")
        .start();
    let terminal = Terminal::new()
        .size(40, 100)
        .file("text", "a file\n")
        .file("bytes", b"\x00\xffbytes");
    let mut pty = open_with(&peer, terminal);
    for line in [
        "plain",
        "//x",
        "/send /help is text here",
        "/send",
        "/file text",
        "/binary bytes",
        "/hex 00 ff10",
        "/ping hi there",
    ] {
        pty.type_line(line);
    }
    pty.wait_for("* sent text (7 B, text)");
    pty.wait_for("* sent bytes (7 B, binary)");
    pty.wait_for("* Pong after ");
    pty.type_line("/pong here");
    pty.type_line("/quit");
    assert_eq!(pty.wait_exit(), 0);
    let screen = pty.screen();
    let verdict = screen.lines().last().expect("a last line");
    assert!(
        verdict.starts_with("closed by us: 1000 (normal closure) after ")
            && verdict.ends_with(" s, sent 7, received 0"),
        "{screen}"
    );
    pty.assert_as_found();
}

#[test]
fn close_with_a_user_code_is_success() {
    for (line, code, reason, verdict) in [
        (
            "/close",
            1000,
            "",
            "closed by us: 1000 (normal closure) after ",
        ),
        ("/close 3000", 3000, "", "closed by us: 3000 "),
        (
            "/close 4001 bye bye",
            4001,
            "bye bye",
            "closed by us: 4001 \"bye bye\" (application) after ",
        ),
    ] {
        let peer = Peer::ws().expect_close(code, reason).start();
        let mut pty = open(&peer);
        pty.type_line(line);
        assert_eq!(pty.wait_exit(), 0, "{line}");
        assert!(
            pty.screen().contains(&format!("\n> {line}\n{verdict}")),
            "{}",
            pty.screen()
        );
        pty.assert_as_found();
    }
}

#[test]
fn forbidden_close_code_needs_force() {
    let peer = Peer::ws().expect_close(1000, "").start();
    let mut pty = open(&peer);
    pty.type_line("/close 1005");
    wait_for_line(
        &pty,
        "! /close: invalid close code 1005: must be 1000 or 3000-4999\n>",
    );
    pty.type_line("/close soon");
    pty.wait_for("! /close takes a code and then a reason; invalid code `soon`");
    end(&mut pty);
    let peer = Peer::ws().expect_close(1008, "so").start();
    let mut pty = open_with(&peer, Terminal::new().args(["--force"]));
    pty.type_line("/close 1008 so");
    assert_eq!(pty.wait_exit(), 0);
}

#[test]
fn commands_print_replies() {
    let peer = Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: chat"])
        .echo_all()
        .start();
    let mut pty = open_with(&peer, Terminal::new().size(40, 100).args(["-s", "chat"]));
    pty.type_line("hello");
    pty.wait_for("< hello");
    pty.type_line("/status");
    pty.wait_for(&format!("* OPEN {} ({}), for ", peer.url(), peer.addr()));
    pty.wait_for("\n  sent         1 message, 5 B, last ");
    pty.wait_for("\n  received     1 message, 5 B, last ");
    pty.wait_for("\n  subprotocol  chat\n");
    pty.type_line("/help");
    for name in [
        "help", "send", "file", "binary", "hex", "ping", "pong", "close", "status", "quit", "/x",
    ] {
        pty.wait_for(&format!("\n    /{name} "));
    }
    end(&mut pty);
}

#[test]
fn unknown_command_suggests_a_similar_one() {
    let peer = Peer::ws().expect_text("ok").start();
    let mut pty = open(&peer);
    pty.type_line("/hlep");
    pty.wait_for("! unknown command /hlep; did you mean /help? /help lists them");
    pty.type_line("/exit");
    pty.wait_for("! unknown command /exit; did you mean /quit? /help lists them");
    pty.type_line("/zebra crossing");
    pty.wait_for("! unknown command /zebra; /help lists them; //zebra … sends it as text");
    pty.type_line("/status now");
    pty.wait_for("! /status takes no argument");
    pty.type_line("ok");
    end(&mut pty);
}

#[test]
fn invalid_command_sends_nothing() {
    let peer = Peer::ws().expect_binary([0x0f]).start();
    let mut pty = open_with(
        &peer,
        Terminal::new().size(40, 100).file("latin", b"caf\xe9"),
    );
    for (line, answer) in [
        (
            "/hex 0g",
            "! /hex takes hexadecimal digits and spaces, not `g`",
        ),
        (
            "/hex 0",
            "! /hex needs two digits for each byte, and 1 is odd",
        ),
        (
            "/file nowhere",
            "! nowhere: No such file or directory; nothing was sent",
        ),
        ("/binary .", "! .: it is a directory; nothing was sent"),
        (
            "/file latin",
            "! latin: invalid UTF-8 at byte 4; nothing was sent, /binary sends it",
        ),
        ("/file", "! /file needs the path of a file: /file PATH"),
    ] {
        pty.type_line(line);
        pty.wait_for(answer);
    }
    // The line is there to be mended.
    pty.type_line("/hex 0g");
    pty.key(Key::Up);
    wait_for_line(&pty, "> /hex 0g");
    pty.key(Key::Backspace);
    pty.type_line("f");
    end(&mut pty);
}

#[test]
fn commands_are_completed_and_hinted() {
    let peer = Peer::ws()
        .send_text("one")
        .send_text("two")
        .expect_close(4000, "")
        .start();
    let mut pty = open(&peer);
    pty.wait_for("\n< two\n");
    pty.type_text("/view ");
    pty.key(Key::Tab);
    wait_for_line(&pty, "> /view 2 [pretty|raw|hex|image]");
    pty.key(Key::Tab);
    wait_for_line(&pty, "> /view 1 [pretty|raw|hex|image]");
    pty.key(Key::Enter);
    pty.wait_for("\n> /view 1\n< one\n>");
    pty.type_text("/clo");
    pty.key(Key::Tab);
    wait_for_line(&pty, "> /close [CODE [REASON]]");
    pty.type_line("4000");
    assert_eq!(pty.wait_exit(), 0);
    assert!(pty.screen().contains("> /close 4000\n"), "{}", pty.screen());
}

/// A row in which the digits of the time are zeros.
fn without_time(row: &str) -> String {
    let (time, rest) = row.split_at_checked(13).unwrap_or((row, ""));
    let zeros = time.replace(|digit: char| digit.is_ascii_digit(), "0");
    if zeros == "00:00:00.000 " {
        format!("{zeros}{rest}")
    } else {
        row.to_owned()
    }
}

#[test]
fn times_appear_and_disappear_and_the_sign_moves_with_them() {
    let on = [
        "> /timestamps",
        "00:00:00.000 * times are shown",
        "00:00:00.000 > one",
        "00:00:00.000 < two",
        "             >",
    ];
    let off = [
        "             > /timestamps",
        "* times are no longer shown",
        "> three",
        "< four",
        ">",
    ];
    for is_on in [false, true] {
        let turns = if is_on { [off, on] } else { [on, off] };
        let mut peer = Peer::ws();
        let word = |row: &str| row.rsplit(' ').next().expect("a word").to_owned();
        for rows in turns {
            peer = peer.expect_text(word(rows[2])).send_text(word(rows[3]));
        }
        let peer = peer.start();
        let terminal = Terminal::new().args([peer.url()]);
        let mut pty = terminal.args(is_on.then_some("--timestamps")).start();
        pty.wait_for("/help");
        for rows in turns {
            let ends_with = |rows: &[&str]| {
                let wanted = rows.join("\n");
                let what = format!("{wanted} at the end");
                pty.wait_until(&what, |screen| {
                    let contents = screen.contents();
                    let rows: Vec<_> = contents.trim_end().lines().map(without_time).collect();
                    rows.join("\n").ends_with(&wanted)
                });
            };
            pty.type_line("/timestamps");
            ends_with(&[rows[0], rows[1], rows[4]]);
            pty.type_line(&word(rows[2]));
            ends_with(&rows);
        }
        end(&mut pty);
    }
}
