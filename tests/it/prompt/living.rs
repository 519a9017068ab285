//! What makes a prompt one to live in: noise held back, messages looked at again, long input.

use super::{end, open, open_with, wait_for_line};
use crate::support::{Gate, Key, Peer, Terminal};

const SIZES: [(u16, u16); 3] = [(24, 80), (10, 40), (50, 200)];

#[test]
fn a_long_paste_is_folded_and_sent_whole() {
    let text = "a line of it\n".repeat(300);
    let sent = text.trim_end_matches('\n').to_owned();
    for (rows, columns) in SIZES {
        let gate = Gate::new();
        let peer = Peer::ws()
            .wait_for(&gate)
            .send_text("meanwhile")
            .expect_text(format!("{sent}!"))
            .expect_text("x\x1b]0;PASTED\x07y")
            .expect_text("hello")
            .start();
        let mut pty = open_with(&peer, Terminal::new().size(rows, columns));
        pty.paste(&text);
        let folded = "> [pasted: 300 lines, 3.8 KiB]";
        wait_for_line(&pty, folded);
        gate.open();
        wait_for_line(&pty, &format!("< meanwhile\n{folded}"));
        pty.type_line("!");
        wait_for_line(&pty, ">");
        pty.paste("x\x1b]0;PASTED\x07y");
        pty.wait_for("[pasted: 1 line, 13 B, with");
        pty.key(Key::Enter);
        wait_for_line(&pty, ">");
        // One line feed at the end is the end of a line that was copied.
        pty.paste("hello\n");
        wait_for_line(&pty, "> hello");
        pty.key(Key::Enter);
        pty.wait_for("\n> hello\n>");
        end(&mut pty);
        assert_eq!(pty.effects(), Vec::<String>::new());
    }
}

#[test]
fn a_folded_paste_is_deleted_as_one() {
    let peer = Peer::ws().expect_text("ab").start();
    let mut pty = open(&peer);
    pty.type_text("a");
    pty.paste(&"x\n".repeat(20));
    wait_for_line(&pty, "> a[pasted: 20 lines, 39 B]");
    pty.key(Key::Backspace);
    wait_for_line(&pty, "> a");
    pty.type_line("b");
    end(&mut pty);
}

#[test]
fn keys_that_come_with_ctrl_c_are_not_lost() {
    let peer = Peer::ws().expect_text("hello").start();
    let mut pty = open(&peer);
    pty.type_text("not this");
    wait_for_line(&pty, "> not this");
    pty.type_text("\x03hello\r");
    pty.wait_for("> not this\n> hello\n");
    end(&mut pty);
}

#[test]
fn a_burst_is_held_back_and_let_go() {
    const COUNT: usize = 900;
    for (rows, columns) in SIZES {
        let (burst, more) = (Gate::new(), Gate::new());
        let mut peer = Peer::ws().wait_for(&burst);
        for number in 1..=COUNT {
            peer = peer.send_text(format!("tick {number}"));
        }
        let peer = peer
            .ping("all?")
            .expect_pong("all?")
            .open(&more)
            .expect_text("half typed")
            .start();
        let mut pty = open_with(&peer, Terminal::new().size(rows, columns));
        pty.type_text("half");
        pty.type_text("\x13");
        wait_for_line(&pty, "\u{2016} half");
        let begun = std::time::Instant::now();
        burst.open();
        more.wait();
        pty.type_text(" typed");
        wait_for_line(
            &pty,
            "\u{2016} 900 held, 6.9 KiB; ^Q shows them\n\u{2016} half typed",
        );
        let drawn = String::from_utf8_lossy(&pty.raw_output())
            .matches(" held, ")
            .count();
        let most = 2 + begun.elapsed().as_millis() / 250;
        assert!(drawn as u128 <= most, "{drawn} times, not {most}");
        assert!(!pty.history().iter().any(|row| row.starts_with("< ")));
        pty.type_text("\x11");
        wait_for_line(&pty, &format!("* {COUNT} held back\n> half typed"));
        // The row with the number is not left behind.
        assert!(!pty.history().iter().any(|row| row.contains(" held, ")));
        let shown: Vec<_> = pty
            .history()
            .iter()
            .filter(|row| row.starts_with("< "))
            .map(|row| row.trim_end().to_owned())
            .collect();
        let wanted: Vec<_> = (1..=COUNT)
            .map(|number| format!("< tick {number}"))
            .collect();
        assert_eq!(shown, wanted);
        pty.key(Key::Enter);
        end(&mut pty);
    }
}

#[test]
fn filters_hide_and_say_how_much() {
    let gate = Gate::new();
    let mut peer = Peer::ws().wait_for(&gate);
    for number in 0..100 {
        peer = peer.send_text(format!("tick {number}"));
    }
    let peer = peer.send_text("ORDER 7").expect_text("seen").start();
    let mut pty = open(&peer);
    pty.type_line("/filter order");
    pty.wait_for("* only messages that match /order/ are shown; /unfilter ends it");
    gate.open();
    pty.wait_for("\n< ORDER 7\n");
    pty.type_line("/filter");
    pty.wait_for("* 1 shown, 100 hidden; /unfilter shows all");
    pty.type_line("/unfilter");
    pty.wait_for("until now 1 shown, 100 hidden");
    pty.type_line("/last 2");
    pty.wait_for("\n< tick 99\n< ORDER 7\n");
    pty.type_line("seen");
    end(&mut pty);
    assert!(!pty.history().iter().any(|row| row.starts_with("< tick 98")));
}

#[test]
fn a_message_is_viewed_piped_and_saved() {
    let long: Vec<String> = (0..100).map(|number| format!("row {number}")).collect();
    let long = long.join("\n");
    let peer = Peer::ws()
        .send_text(&long)
        .send_text(r#"{"a":[1,2]}"#)
        .expect_text("seen")
        .start();
    let terminal = Terminal::new()
        .size(24, 80)
        .env("PAGER", "tail -n 2 | sed 's/^/paged: /'");
    let mut pty = open_with(&peer, terminal);
    pty.wait_for("  … 689 B in all: /view 1\n< {\"a\":[1,2]}");
    pty.type_line("/view 1");
    pty.wait_for("paged: row 98\npaged: row 99\n>");
    wait_for_line(&pty, ">");
    pty.type_line("/view 1 | wc -c | tr -d ' '");
    pty.wait_for("\n689\n");
    pty.type_line("/view 2");
    pty.wait_for("/view 2\n< {\"a\":[1,2]}\n");
    pty.type_line("/save out.json 2");
    pty.wait_for("* wrote message 2 to out.json (11 B)");
    pty.type_line("/view 3");
    pty.wait_for("! no message 3: the last is 2");
    pty.type_line("/view 2 | tr -d ']'");
    pty.wait_for("\n{\"a\":[1,2}\n>");
    pty.type_line("seen");
    pty.wait_for("\n> seen\n");
    end(&mut pty);
    let read = |name: &str| std::fs::read_to_string(pty.home().work().join(name));
    assert_eq!(read("out.json").expect("it was written"), r#"{"a":[1,2]}"#);
}

#[test]
fn the_line_is_edited_in_an_editor() {
    let peer = Peer::ws()
        .expect_text("one edited")
        .expect_text("two edited")
        .start();
    let terminal = Terminal::new()
        .size(24, 80)
        .env("VISUAL", "sed -i 's/$/ edited/'");
    let mut pty = open_with(&peer, terminal);
    pty.type_text("one");
    pty.type_text("\x18\x05");
    wait_for_line(&pty, "> one edited");
    pty.key(Key::Enter);
    pty.wait_for("\n> one edited\n>");
    pty.type_line("/edit two");
    wait_for_line(&pty, "> two edited");
    pty.key(Key::Enter);
    pty.wait_for("\n> two edited\n>");
    end(&mut pty);
}

#[test]
fn a_child_that_spoils_the_terminal_leaves_it_as_it_was() {
    let peer = Peer::ws().send_text("x").expect_text("after").start();
    let mut pty = open_with(&peer, Terminal::new().size(24, 80));
    pty.wait_for("< x");
    pty.type_line(
        "/view 1 | stty raw -echo; printf '\\033[?25l\\033[31m'; kill -STOP $$; kill -KILL $$",
    );
    wait_for_line(&pty, ">");
    pty.type_line("after");
    pty.wait_for("\n> after\n");
    end(&mut pty);
}

#[test]
fn commands_are_listed_below_the_line() {
    let peer = Peer::ws().expect_text("ok").start();
    let mut pty = open(&peer);
    pty.type_text("/he");
    wait_for_line(
        &pty,
        "> /he\n  /help [COMMAND]  list the commands, or describe one\n  \
         /hex HEX         send bytes as a binary message: /hex 00 ff\n  \
         /headers         show the headers of the opening handshake",
    );
    pty.key(Key::CtrlU);
    wait_for_line(&pty, ">");
    pty.type_line("ok");
    pty.type_text("o");
    wait_for_line(&pty, "> ok");
    pty.key(Key::Backspace);
    end(&mut pty);
}

#[test]
fn a_line_taller_than_the_screen_is_not_drawn_for_each_message() {
    let (go, gone) = (Gate::new(), Gate::new());
    let mut peer = Peer::ws().wait_for(&go);
    for number in 0..20 {
        peer = peer.send_text(format!("tick {number}"));
    }
    let line = "word ".repeat(90);
    let peer = peer
        .ping("all?")
        .expect_pong("all?")
        .open(&gone)
        .expect_text(&line)
        .start();
    let mut pty = open_with(&peer, Terminal::new().size(10, 40));
    pty.type_text(&line);
    let rows = |pty: &crate::support::Pty| {
        let history = pty.history();
        history
            .iter()
            .filter(|row| row.contains("word word"))
            .count()
    };
    pty.wait_until("the whole line", |screen| screen.cursor_position().0 == 9);
    let before = rows(&pty);
    go.open();
    gone.wait();
    pty.type_text("!");
    pty.key(Key::Backspace);
    pty.key(Key::Enter);
    pty.wait_for("< tick 19");
    assert!(
        rows(&pty) < 2 * before + 20,
        "{} rows, then {}",
        before,
        rows(&pty)
    );
    end(&mut pty);
}

#[test]
fn lines_are_edited_with_the_keys_of_vi() {
    let peer = Peer::ws().expect_text("one three").start();
    let terminal = Terminal::new().size(40, 100).args(["--vi"]);
    let mut pty = open_with(&peer, terminal);
    pty.type_text("one two");
    wait_for_line(&pty, "> one two");
    pty.key(Key::Escape);
    pty.type_text("bcwthree");
    wait_for_line(&pty, "> one three");
    pty.key(Key::Enter);
    end(&mut pty);
}

#[test]
fn no_more_messages_are_kept_than_was_said() {
    let peer = Peer::ws()
        .send_text("one")
        .send_text("two")
        .send_text("three")
        .expect_text("seen")
        .start();
    let terminal = Terminal::new().size(40, 100).args(["--keep", "2"]);
    let mut pty = open_with(&peer, terminal);
    pty.wait_for("< three");
    pty.type_line("/view 1");
    pty.wait_for("! message 1 is no longer kept: the oldest is 2");
    pty.type_line("/view 2");
    pty.wait_for("/view 2\n< two\n");
    pty.type_line("seen");
    end(&mut pty);
}

/// The prompt goes on after a message that a rule forbids, but the exit code tells of it.
#[test]
fn rules_answer_hide_and_report_beside_the_prompt() {
    let peer = Peer::ws()
        .expect_text("hello")
        .send_text("2")
        .expect_text("3")
        .send_text("bad")
        .expect_text("typed")
        .send_text("news")
        .start();
    let rules = "on open\n  > hello\non < 2\n  > 3\nignore < 2\nnever < bad\n";
    let terminal = Terminal::new().file("r.ws", rules).size(24, 80);
    let mut pty = open_with(&peer, terminal.args(["--rules", "r.ws"]));
    pty.wait_for(
        "> hello\n> 3\n< bad\n! r.ws:6: expected to receive \"bad\" never, but received \"bad\"\n  ",
    );
    wait_for_line(&pty, ">");
    let is_ours = |row: &str| {
        row.is_empty()
            || ["* ", "> ", "< ", "! ", "  "]
                .iter()
                .any(|mark| format!("{row} ").starts_with(mark))
    };
    let screen = pty.screen();
    assert!(
        screen.contains("\n  the last messages:\n    < \"2\"\n") && screen.lines().all(is_ours),
        "{screen}"
    );
    pty.type_line("typed");
    pty.wait_for("\n< news\n");
    pty.type_line("/status");
    pty.wait_for("\n  sent         1 message, 5 B, last ");
    pty.wait_for("\n  automatic    2 messages, 6 B\n");
    let dimmed = |row: u16| pty.look(|screen| screen.cell(row, 0).is_some_and(vt100::Cell::dim));
    let rows: Vec<String> = pty.screen().lines().map(str::to_owned).collect();
    let row = |text: &str| {
        rows.iter()
            .position(|row| row == text)
            .expect("it is shown")
    };
    let is_dimmed = |text: &str| dimmed(u16::try_from(row(text)).expect("a row"));
    assert!(is_dimmed("> hello") && is_dimmed("> 3"));
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 4, "{}", pty.screen());
}

/// Messages are shown as they are; what is said about them hides the values of variables.
#[test]
fn rules_and_expectations_hide_secrets_in_notes() {
    let peer = Peer::ws()
        .send_text("who")
        .expect_text("me s3cret")
        .send_text("denied: s3cret")
        .expect_text("typed")
        .send_text("news")
        .start();
    let rules = "on < who\n  > me ${TOKEN}\nnever < /denied/\n";
    let terminal = Terminal::new().file("r.ws", rules).size(24, 120);
    let terminal = terminal.env("TOKEN", "s3cret");
    let mut pty = open_with(&peer, terminal.args(["--rules", "r.ws"]));
    pty.wait_for("> me s3cret\n< denied: s3cret\n");
    pty.wait_for("but received \"denied: ${TOKEN}\"");
    pty.type_line("/expect within 10ms hello ${TOKEN}");
    pty.wait_for("! expected \"hello ${TOKEN}\", but");
    pty.type_line("typed");
    pty.wait_for("\n< news\n");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 4, "{}", pty.screen());
}
