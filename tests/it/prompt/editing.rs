//! What one message is: continued JSON, pastes, line feeds, and lines typed too early.

use super::{end, open, wait_for_line};
use crate::support::{Gate, Key, Peer, Terminal};

#[test]
fn unfinished_json_continues_on_the_next_line() {
    let peer = Peer::ws()
        .expect_text("{\"a\": [1,\n2]}")
        .expect_text("{\"broken\":")
        .expect_text("{no json}")
        .start();
    let mut pty = open(&peer);
    pty.type_line("{\"a\": [1,");
    pty.type_line("2]}");
    // An empty line sends it as it is.
    pty.type_line("{\"broken\":");
    pty.type_line("");
    pty.type_line("{no json}");
    end(&mut pty);
}

#[test]
fn the_sign_says_that_json_goes_on() {
    let peer = Peer::ws()
        .expect_text("{\"a\":\n1}")
        .expect_text(" {\"b\":\n2}")
        .expect_text("{\"c\":\n3}")
        .expect_text("{\"d\":\n4}")
        .start();
    let mut pty = open(&peer);
    let note = "(unfinished JSON; Enter sends it as it is)";
    pty.type_line("{\"a\":");
    wait_for_line(&pty, &format!(". {{\"a\":\n{note}"));
    pty.type_text("1");
    wait_for_line(&pty, ". {\"a\":\n1");
    pty.type_text("}");
    wait_for_line(&pty, "> {\"a\":\n1}");
    pty.key(Key::Enter);
    pty.wait_for("\n> {\"a\": 1}\n");
    pty.type_line(" {\"b\":");
    wait_for_line(&pty, &format!(".  {{\"b\":\n{note}"));
    pty.type_line("2}");
    pty.wait_for("\n> {\"b\": 2}\n");
    pty.type_line("/send {\"c\":");
    wait_for_line(&pty, &format!(". /send {{\"c\":\n{note}"));
    pty.type_line("3}");
    pty.wait_for("\n> {\"c\": 3}\n");
    // The line feed at the end of what was copied is not the empty line that sends it.
    pty.paste("{\"d\":\n");
    wait_for_line(&pty, "> {\"d\":");
    pty.key(Key::Enter);
    wait_for_line(&pty, &format!(". {{\"d\":\n{note}"));
    pty.type_line("4}");
    pty.wait_for("\n> {\"d\": 4}\n");
    end(&mut pty);
}

#[test]
fn wide_json_is_indented() {
    let long = "x".repeat(60);
    let peer = Peer::ws()
        .send_text(format!(
            r#"{{"op":"state","text":"{long}","list":[1.10,null]}}"#
        ))
        .send_text(r#"{"op":"pong"}"#)
        .start();
    let mut pty = open(&peer);
    pty.wait_for(&format!(
        "< {{\n    \"op\": \"state\",\n    \"text\": \"{long}\",\n    \"list\": ["
    ));
    pty.wait_for("1.10");
    pty.wait_for("< {\"op\":\"pong\"}");
    end(&mut pty);
}

#[test]
fn pasted_lines_are_one_message() {
    let peer = Peer::ws()
        .expect_text("one\ntwo\n\nfour")
        .expect_text("next")
        .start();
    let mut pty = open(&peer);
    pty.paste("one\ntwo\n\nfour");
    wait_for_line(&pty, "> one\ntwo\n\nfour");
    pty.key(Key::Enter);
    pty.type_line("next");
    end(&mut pty);
}

#[test]
fn alt_enter_is_a_line_feed() {
    let peer = Peer::ws().expect_text("one\ntwo").start();
    let mut pty = open(&peer);
    pty.type_text("one");
    pty.key(Key::AltEnter);
    pty.type_text("two");
    wait_for_line(&pty, "> one\ntwo");
    pty.key(Key::Enter);
    end(&mut pty);
}

#[test]
fn ctrl_c_clears_the_line() {
    let peer = Peer::ws().expect_text("ok").start();
    let mut pty = open(&peer);
    pty.type_text("not this");
    wait_for_line(&pty, "> not this");
    pty.key(Key::CtrlC);
    wait_for_line(&pty, "> not this\n>");
    pty.type_line("ok");
    end(&mut pty);
}

#[test]
fn lines_typed_while_connecting_are_sent_later() {
    let gate = Gate::new();
    let door = gate.clone();
    let peer = Peer::ws()
        .expect_request(move |_| door.wait())
        .expect_text("early")
        .expect_text("bird")
        .expect_text("worm")
        .start();
    let mut pty = Terminal::new().args([peer.url()]).start();
    pty.wait_for("\u{2026}");
    pty.type_line("early");
    pty.wait_for("* not connected yet: what is typed waits and is sent in order");
    pty.type_line("bird");
    pty.type_line("/status");
    pty.wait_for("* CONNECTING");
    gate.open();
    pty.wait_for("connected to");
    pty.type_line("worm");
    end(&mut pty);
}
