//! A conversation that is recorded in each of the three forms is the same session file, but for
//! the order of what is asked for: only a session file has that of the command line.

use wsline::session_file::{self, Line, SessionFile, Statement};

use super::read;
use crate::support::{Peer, Wsline};

/// What was recorded in the form that the name's ending asks for, without what differs from run
/// to run: the address, and the pauses.
#[track_caller]
fn recorded(name: &str) -> SessionFile {
    let peer = Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: chat"])
        .expect_text("hi ${X}")
        .expect_binary(b"\x01")
        .send_text("any")
        .send_binary(b"\xff\x00")
        .ping("p")
        .expect_pong("p")
        .fragments(["two ", "parts\n"])
        .close(4001, "by\u{e9}")
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "-d", "hi ${X}", "--data-hex", "01", "-w", "-1"])
        .args(["-q", "-s", "chat", "-H", "X-A: b", "-u", "a:b"])
        .args(["--binary-as", "hex", "--record", name])
        .stdout("any\nff00\ntwo parts\n\n")
        .code(121);
    let path = program.home().work().join(name);
    // Its folder goes when this does.
    let run = program.run();
    let script = read(&path).unwrap_or_else(|flaw| panic!("{flaw}"));
    drop(run);
    let says = |line: &Line| {
        let differs = matches!(
            line.statement,
            Statement::Url(_) | Statement::At(_) | Statement::Within(_)
        );
        !differs
    };
    let mut lines: Vec<Line> = script.lines.into_iter().filter(says).collect();
    let strict = lines
        .iter()
        .position(|line| line.statement == Statement::Strict(true));
    lines[..strict.expect("it is strict")].sort_by_key(session_file::print_line);
    SessionFile { lines }
}

#[test]
fn all_record_formats_have_the_same_statements() {
    let ours = session_file::print(&recorded("talk.ws"));
    assert_eq!(session_file::print(&recorded("talk.har")), ours);
    assert_eq!(session_file::print(&recorded("talk.jsonl")), ours);
    assert_eq!(
        ours,
        "header Authorization: ${AUTHORIZATION}\nheader X-A: b\nsubprotocol chat\nstrict\n\
         > \"hi ${X}\"\n> hex 01\n< \"any\"\n< hex ff 00\n< \"two parts\\n\"\n\
         < close 4001 by\u{e9}\n"
    );
}
