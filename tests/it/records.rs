//! `--record`: what is in the file, in each of its forms, and beside everything that may be shown.

mod faults;
mod files;
mod foreign;
mod har;
mod replay;

use std::path::PathBuf;

use serde_json::Value;

use crate::support::peer::Running;
use crate::support::program::Finished;
use crate::support::{Key, Peer, Stdin, Terminal, Wsline};

/// A run that is over, and the record that it left.
struct Recorded {
    path: PathBuf,
    run: Finished,
}

/// Runs the program with a record of this name.
#[track_caller]
fn record(program: Wsline, name: &str) -> Recorded {
    let path = program.home().work().join(name);
    let run = program.args(["--record", name]).run();
    Recorded { path, run }
}

impl Recorded {
    fn text(&self) -> String {
        std::fs::read_to_string(&self.path).expect("there is a record")
    }

    #[track_caller]
    fn statements(&self) -> String {
        statements(&self.text())
    }

    /// The types of JSON lines.
    #[track_caller]
    fn types(&self) -> Vec<String> {
        let name = |line: &str| {
            let object: Value = serde_json::from_str(line).expect("each line is JSON");
            object["type"].as_str().expect("a text").to_owned()
        };
        self.text().lines().map(name).collect()
    }
}

/// A session file without what differs from run to run: its first line, which says when it was
/// written and by what, and the pauses.
#[track_caller]
fn statements(text: &str) -> String {
    let (first, rest) = text.split_once('\n').expect("it has lines");
    let says = format!("# recorded by wsline {}, 20", env!("CARGO_PKG_VERSION"));
    assert!(first.starts_with(&says), "{first}");
    let is_pause = |line: &&str| line.starts_with("at ") || line.starts_with("within ");
    let lines = rest.lines().filter(|line| !is_pause(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A server with a part in a conversation with a bit of everything.
fn talkative() -> Running {
    Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: chat"])
        .expect_text("hi")
        .expect_binary(b"\x01")
        .send_text("close")
        .send_binary(b"\xff\x00")
        .ping("p")
        .expect_pong("p")
        .fragments(["two ", "parts"])
        .close(4001, "bye")
        .start()
}

/// The program's part in it.
fn talk(peer: &Running) -> Wsline {
    Wsline::new()
        .args([&peer.url(), "-d", "hi", "--data-hex", "01", "-w", "-1"])
        .args(["-q", "-s", "chat", "-o", "http://a"])
        .code(121)
}

/// What comes of it on stdout.
const SHOWN: &str = "close\nff00\ntwo parts\n";

#[test]
fn session_file_record() {
    let peer = talkative();
    let program = talk(&peer).args(["--binary-as", "hex"]).stdout(SHOWN);
    let recorded = record(program, "talk.ws");
    assert_eq!(
        recorded.statements(),
        format!(
            "url {}\nheader Origin: http://a\nsubprotocol chat\nstrict\n\n\
             > hi\n> hex 01\n< \"close\"\n< hex ff 00\n# a Ping came: p\n< two parts\n\
             < close 4001 bye\n",
            peer.url()
        )
    );
}

#[test]
fn json_lines_are_recorded_in_addition_to_output() {
    let peer = talkative();
    let program = talk(&peer).args(["--binary-as", "hex"]).stdout(SHOWN);
    let recorded = record(program, "talk.jsonl");
    assert_eq!(
        recorded.types(),
        ["open", "text", "binary", "text", "binary", "ping", "pong", "text", "close"]
    );
}

#[test]
fn json_record_equals_json_output() {
    let peer = talkative();
    let program = talk(&peer)
        .args(["--json", "-P", "--timing"])
        .stdout_matches("...");
    let recorded = record(program, "TALK.NDJSON");
    assert_eq!(recorded.text(), recorded.run.stdout_text());
    assert!(recorded.types().contains(&"timing".to_owned()));
}

#[test]
fn record_replaces_an_existing_file() {
    let peer = Peer::ws().echo(3).expect_close(1000, "").start();
    let program = Wsline::new()
        .file("talk.ws", "x".repeat(10_000))
        .args([&peer.url(), "-n", "3"])
        .stdin("one\n\n  /two\n")
        .stdout("one\n\n  /two\n");
    let recorded = record(program, "talk.ws");
    let statements = recorded.statements();
    let (sent, rest): (Vec<_>, Vec<_>) =
        statements.lines().partition(|line| line.starts_with("> "));
    assert_eq!(sent, ["> one", "> \"\"", "> \"  /two\"", "> close"]);
    let url = format!("url {}", peer.url());
    assert_eq!(
        rest,
        [
            &url,
            "strict",
            "",
            "< one",
            "< \"\"",
            "< \"  /two\"",
            "< close 1000"
        ]
    );
}

/// A Close of ours, what still comes, and the server's Close stand in their order.
#[test]
fn messages_after_our_close_are_recorded_after_it() {
    let peer = Peer::ws()
        .expect_close(4002, "enough")
        .send_text("late")
        .close(4003, "as well")
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "-w", "0", "-q", "--close-code", "4002"])
        .args(["--close-reason", "enough"])
        .stdin("")
        .stdout("late\n")
        .code(121);
    let recorded = record(program, "talk.ws");
    let said = "\n> close 4002 enough\n< late\n< close 4003 as well\n";
    let statements = recorded.statements();
    assert!(statements.ends_with(said), "{statements}");
}

#[test]
fn prompt_is_recorded() {
    let peer = Peer::ws()
        .echo(1)
        .expect_ping("x")
        .pong("x")
        .expect_close(1000, "")
        .start();
    let terminal = Terminal::new().args([&peer.url(), "--record", "talk.ws"]);
    let path = terminal.home().work().join("talk.ws");
    let mut pty = terminal.start();
    pty.wait_for("connected");
    pty.type_line("hello");
    pty.wait_for("< hello");
    pty.type_line("/ping x");
    pty.wait_for("* Pong");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    let text = std::fs::read_to_string(path).expect("there is a record");
    let statements = statements(&text);
    let (_, said) = statements.split_once("strict\n\n").expect("it has a head");
    assert_eq!(
        said,
        "> hello\n< hello\n> ping x\n< pong x\n> close\n< close 1000\n"
    );
}

/// Whoever reads stdout is gone, and the record still gets the end.
#[test]
fn record_continues_after_stdout_is_closed() {
    let peer = Peer::ws().send_text("one").expect_close(1001, "").start();
    let program = Wsline::new();
    let path = program.home().work().join("talk.ws");
    let mut program = program
        .args([&peer.url(), "--record", "talk.ws"])
        .stdin(Stdin::Open)
        .stdout("one\n")
        .spawn();
    program.wait_for_stdout("one\n");
    program.close_stdout();
    let run = program.wait();
    let text = std::fs::read_to_string(path).expect("there is a record");
    let statements = statements(&text);
    let (_, said) = statements.split_once("strict\n\n").expect("it has a head");
    assert_eq!(said, "< one\noption --force\n> close 1001\n< close 1001\n");
    drop(run);
}

/// Nothing that is secret is in any record, and what stands for it can be given again.
#[test]
fn secrets_are_not_recorded() {
    for name in ["a.ws", "a.jsonl", "a.har"] {
        let peer = Peer::ws()
            .expect_header("Authorization", "Basic dTpoaWRkZW4=")
            .expect_header("Cookie", "a=hidden")
            .expect_header("X-Api-Key", "hidden")
            .accept_with_headers(["Set-Cookie: b=hidden"])
            .close(1000, "")
            .start();
        let url = peer.url().replace("//", "//u:hidden@");
        let program = Wsline::new()
            .args([&url, "--cookie", "a=hidden", "-H", "X-Api-Key: hidden"])
            .args(["-A", "me", "-H", "Pragma:"]);
        let recorded = record(program, name);
        let text = recorded.text();
        for secret in ["hidden", "dTpoaWRkZW4", "u:"] {
            assert!(!text.contains(secret), "{name}: {secret}: {text}");
        }
        if name == "a.ws" {
            for line in [
                "header Authorization: ${AUTHORIZATION}",
                "header Cookie: ${COOKIE}",
                "header X-Api-Key: ${X_API_KEY}",
                "header User-Agent: me",
                "header Pragma:",
            ] {
                assert!(text.contains(&format!("\n{line}\n")), "{line}: {text}");
            }
        } else {
            assert!(text.contains("***"), "{name}: {text}");
        }
    }
}

#[test]
fn a_refused_handshake_is_recorded() {
    let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n";
    for (name, part) in [
        ("a.ws", "\n< refused 403\n"),
        ("a.jsonl", "\"phase\":\"upgrade\""),
        ("a.har", "\"text\":\"no!\\n\""),
    ] {
        let peer = Peer::http(refusal).start();
        let program = Wsline::new()
            .args([&peer.url()])
            .stderr_matches("...")
            .code(22);
        let text = record(program, name).text();
        assert!(text.contains(part), "{name}: {text}");
    }
}

/// One that was wanted is no failure, and is recorded all the same.
#[test]
fn expected_refusal_is_recorded() {
    let peer = Peer::http("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").start();
    let program = Wsline::new().args([&peer.url(), "--expect-status", "403"]);
    let statements = record(program, "a.ws").statements();
    assert!(
        statements.ends_with("strict\n\n< refused 403\n"),
        "{statements}"
    );
}

#[test]
fn redirects_are_recorded() {
    let peer = Peer::http("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")
        .then(Peer::ws().close(1000, ""))
        .start();
    let program = Wsline::new().args([&peer.url(), "-L"]);
    let recorded = record(program, "a.ws");
    let there = peer.url_with("/there");
    assert_eq!(
        recorded.statements(),
        format!(
            "url {}\noption --location\nstrict\n\n# redirected to {there}\n< close 1000\n",
            peer.url()
        )
    );
}
