//! `/expect`, `/record` and snippets: from typing to a test.

use std::fs;

use super::{end, open, open_with, wait_for_line};
use crate::support::program::Wsline;
use crate::support::{Gate, Key, Peer, Terminal};

#[test]
fn expectations_wait_while_typing_goes_on() {
    let go = Gate::new();
    let peer = Peer::ws()
        .expect_text("login")
        .send_text(r#"{"ok":true,"user":7}"#)
        .wait_for(&go)
        .send_text("late")
        .expect_text("typed on")
        .start();
    let mut pty = open(&peer);
    pty.type_line("login");
    pty.wait_for("\"user\":7}");
    // What has come since the line was sent counts.
    pty.type_line(r#"/expect json {"user":7}"#);
    pty.wait_for("* as expected: JSON with {\"user\":7}");
    pty.type_line("/expect within 60s late");
    pty.type_text("typed on");
    wait_for_line(&pty, "> typed on");
    go.open();
    pty.wait_for("* as expected: \"late\"");
    wait_for_line(&pty, "> typed on");
    pty.key(Key::Enter);
    pty.wait_for("\n> typed on\n");
    pty.type_line("/expect within 10ms /^never$/");
    pty.wait_for("! expected");
    pty.wait_for("no message was received within 0.01 s");
    pty.type_line("/expect json {");
    pty.wait_for("! /expect: invalid JSON");
    end(&mut pty);
}

#[test]
fn recorded_conversation_passes_as_a_test() {
    let serve = || {
        Peer::ws()
            .expect_text("hello")
            .send_text("hello yourself")
            .expect_text("{\"id\":1}")
            .send_text("{\"id\":1,\"ok\":true}")
    };
    let peer = Peer::ws()
        .expect_text("not recorded")
        .send_text("begin")
        .expect_text("hello")
        .send_text("hello yourself")
        .expect_text("{\"id\":1}")
        .send_text("{\"id\":1,\"ok\":true}")
        .expect_text("not recorded either")
        .start();
    let mut pty = open(&peer);
    pty.type_line("not recorded");
    pty.wait_for("< begin");
    pty.type_line("/record talk.ws");
    pty.wait_for("* recording to talk.ws; /record stop ends it");
    pty.type_line("hello");
    pty.wait_for("< hello yourself");
    pty.type_line("/status");
    pty.wait_for("  recording    talk.ws");
    pty.type_line("{\"id\":1}");
    pty.wait_for("\"ok\":true}");
    pty.type_line("/record other.ws");
    pty.wait_for("! already recording to talk.ws: /record stop ends it");
    pty.type_line("/record stop");
    pty.wait_for("* recorded; run it again with: wsline test talk.ws");
    pty.type_line("not recorded either");
    pty.wait_for("\n> not recorded either\n");
    pty.type_line("/record talk.ws");
    pty.wait_for("! talk.ws: the file already exists");
    pty.type_line("/record stop");
    pty.wait_for("! nothing is being recorded: /record FILE starts");
    end(&mut pty);
    let file = pty.home().work().join("talk.ws");
    let text = fs::read_to_string(&file).expect("it was written");
    assert!(!text.contains("not recorded"), "{text}");
    let again = serve().start();
    let url = again.url();
    Wsline::new()
        .args(["test", "--url", &url, "talk.ws"])
        .file("talk.ws", text)
        .stdout_matches("ok    talk.ws  (4 statements, [..] s)\n1 passed in [..] s\n")
        .run();
}

#[test]
fn snippets_are_sent_by_name_with_variables() {
    let peer = Peer::ws()
        .expect_text(r#"{"op":"auth","token":"s3cr3t"}"#)
        .expect_text("plain")
        .start();
    let terminal = Terminal::new().size(40, 100).env("TOKEN", "s3cr3t");
    let mut pty = open_with(&peer, terminal);
    pty.type_line("/as");
    pty.wait_for("* no snippets yet: /as NAME TEXT keeps TEXT");
    pty.type_line(r#"/as login {"op":"auth","token":"${TOKEN}"}"#);
    pty.wait_for("* kept: /login sends it");
    pty.type_text("/log");
    pty.wait_for("  /login  {\"op\":\"auth\",\"token\":\"${TOKEN}\"}");
    pty.key(Key::Tab);
    pty.key(Key::Enter);
    pty.wait_for("\n> {\"op\":\"auth\",\"token\":\"s3cr3t\"}\n");
    pty.type_line("/as help x");
    pty.wait_for("! /as: /help is a command; choose another name");
    pty.type_line("/as who ${NOBODY_SET_THIS}");
    pty.wait_for("* kept: /who sends it");
    pty.type_line("/who");
    pty.wait_for("! /who: variable NOBODY_SET_THIS is not set; nothing was sent");
    pty.type_line("/as");
    pty.wait_for("  they are in ");
    pty.type_line("plain");
    end(&mut pty);
    let file = pty.home().home().join(".config/wsline/snippets");
    assert_eq!(
        fs::read_to_string(file).expect("it was written"),
        "login {\"op\":\"auth\",\"token\":\"${TOKEN}\"}\nwho ${NOBODY_SET_THIS}\n"
    );
}

#[test]
fn commands_that_need_a_connection_say_so() {
    let peer = Peer::ws().close(4001, "later").start();
    let mut pty = Terminal::new().size(40, 100).args([peer.url()]).start();
    pty.wait_for("* Enter on an empty line reconnects");
    pty.type_line("/ping");
    pty.wait_for("! /ping needs a connection; nothing was sent. Enter on an empty line reconnects");
    pty.type_line("/help ping");
    pty.wait_for("A Ping has at most 125 bytes. Needs a connection.");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 121, "{}", pty.screen());
}

#[test]
fn attempts_to_reconnect_are_one_line_that_changes() {
    let first = Peer::ws().expect_text("one").drop_tcp();
    let refused = || Peer::http("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    let peer = first
        .then(refused())
        .then(refused())
        .then(Peer::ws().send_text("back again").expect_text("half typed"))
        .start();
    let terminal = Terminal::new().size(40, 100).args(["--reconnect"]);
    let mut pty = open_with(&peer, terminal);
    pty.type_line("one");
    pty.wait_for("reconnecting in");
    pty.type_text("half typed");
    pty.wait_for("< back again");
    wait_for_line(&pty, "> half typed");
    let history = pty.history();
    let attempts = history.iter().filter(|row| row.contains("reconnecting in"));
    assert_eq!(attempts.count(), 1, "{history:#?}");
    assert_eq!(
        history
            .iter()
            .filter(|row| row.contains("half typed"))
            .count(),
        1,
        "{history:#?}"
    );
    pty.key(Key::Enter);
    pty.wait_for("\n> half typed\n");
    end(&mut pty);
}
