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
