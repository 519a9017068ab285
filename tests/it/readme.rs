//! The README, taken at its word: what it shows is what happens.
//!
//! The kind of a block says what is done with it: `console` is run line by line, in an empty
//! directory with the built program in `PATH`; `text` is typed at a terminal; `json` is fed to
//! `--json`; `ws` is a session file; `python` and `bash` are programs, and the comments at their ends
//! are what they print;
//! `sh` is for the reader alone: to install, to build, to serve for ever.

use std::ffi::OsString;
use std::path::Path;

use wsline::echo::EchoServer;

use crate::support::program::BINARY;
use crate::support::{require, skip, Key, Terminal, Wsline};

/// The blocks of one kind, in order.
fn blocks(kind: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut within: Option<(String, String)> = None;
    for line in readme().lines() {
        match (&mut within, line.strip_prefix("```")) {
            (None, Some(name)) => within = Some((name.to_owned(), String::new())),
            (Some(_), Some("")) => blocks.extend(within.take()),
            (Some((_, text)), _) => text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    assert!(within.is_none(), "a block is not closed");
    for (name, text) in &blocks {
        let known =
            ["console", "text", "json", "ws", "python", "bash", "sh"].contains(&name.as_str());
        assert!(known, "nothing is known of {name:?} blocks:\n{text}");
    }
    let mine = blocks.into_iter().filter(|(name, _)| name == kind);
    let mine: Vec<_> = mine.map(|(_, text)| text).collect();
    assert!(!mine.is_empty(), "there is no {kind} block");
    mine
}

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("the README can be read")
}

/// The text with its ports, times and versions replaced, which differ from run to run.
fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, tail) = rest.split_at(start);
        let end = tail
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(tail.len());
        let (number, after) = tail.split_at(end);
        out.push_str(before);
        if number.contains('.') || before.ends_with(':') {
            out.push('N');
        } else {
            out.push_str(number);
        }
        rest = after;
    }
    out + rest
}

/// The search path, with the built program in it.
fn path() -> OsString {
    let directory = Path::new(BINARY).parent().expect("it is in a directory");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = vec![directory.to_owned()];
    all.extend(std::env::split_paths(&path));
    std::env::join_paths(all).expect("paths that were joined before")
}

/// Runs the blocks of one kind, and compares what each prints with the comments at its end.
fn run_programs(kind: &str, interpreter: [&str; 2]) {
    for block in blocks(kind) {
        let (program, output) = block.split_once("# prints:\n").expect("it says it");
        let lines = output.lines().map(|line| {
            let line = line.strip_prefix("# ");
            line.expect("what it prints stands in comments").to_owned() + "\n"
        });
        Wsline::program(interpreter[0])
            .args([interpreter[1], program])
            .env("PATH", path())
            .stdout(lines.collect::<String>())
            .run();
    }
}

#[test]
fn the_python_programs_print_what_they_say() {
    require!("python3");
    run_programs("python", ["python3", "-c"]);
}

#[test]
fn the_bash_programs_print_what_they_say() {
    require!("bash");
    require!("jq");
    run_programs("bash", ["bash", "-c"]);
}

/// Runs each line after a `$` and compares what it prints, errors among it, with what follows.
/// Where something says `:9001`, there is an echo server.
#[test]
fn console_blocks_are_what_happens() {
    let path = path();
    let options = wsline::echo::Options::default();
    let echo = EchoServer::bind("127.0.0.1:0", &options).and_then(EchoServer::start);
    let echo = echo.expect("an echo server");
    let port = echo
        .url()
        .rsplit(':')
        .next()
        .expect("a port")
        .trim_end_matches('/')
        .to_owned();
    let placed = |text: &str| text.replace(":9001", &format!(":{port}"));
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/echo.ws");
    let example = std::fs::read_to_string(example).expect("an example");
    for block in blocks("console") {
        let commands = block.strip_prefix("$ ").expect("it begins with a command");
        for command in commands.split("\n$ ") {
            let (command, output) = command.split_once('\n').unwrap_or((command, ""));
            if command.contains("jq ") && !skip::is_there(&["jq", "--version"]) {
                skip::say("jq");
                continue;
            }
            let done = Wsline::program("sh")
                .args(["-c", &format!("exec 2>&1; {}", placed(command))])
                .env("PATH", &path)
                .file("examples/echo.ws", placed(&example))
                .stdout_matches("...")
                .run();
            let (expected, got) = (masked(output), masked(done.stdout_text()));
            assert_eq!(expected.trim_end(), got.trim_end(), "$ {command}");
        }
    }
}

/// Types what stands after each `>` and compares the screen with all that stands before the next.
#[test]
fn the_session_is_what_happens() {
    let [session] = &blocks("text")[..] else {
        panic!("one session is played");
    };
    let session = session.strip_prefix("$ wsline demo\n");
    let session = session.expect("it is a demo");
    let (first, _) = session.split_once("\n> ").expect("something is typed");
    let mut pty = Terminal::new().args(["demo"]).size(40, 80).start();
    let wait_for = |pty: &crate::support::Pty, text: &str| {
        let text = format!("{}\n>", masked(text.trim_end()));
        pty.wait_until(&format!("the screen\n{text}"), |screen| {
            let lines: Vec<_> = screen.rows(0, 80).collect();
            let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
            masked(lines.join("\n").trim_end()) == text
        });
    };
    wait_for(&pty, first);
    let mut at = first.len();
    while let Some(typed) = session[at..].strip_prefix("\n> ") {
        let line = typed.lines().next().expect("a line is typed");
        pty.type_line(line);
        let shown = typed.find("\n>").expect("the prompt comes back");
        at += "\n> ".len() + shown;
        wait_for(&pty, &session[..at]);
    }
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    assert_eq!(masked(&pty.screen()), masked(session.trim_end()));
    pty.assert_as_found();
}

#[test]
fn the_session_files_are_read() {
    for text in blocks("ws") {
        let script = wsline::session_file::parse("README.md", &text);
        assert!(
            script.is_ok_and(|script| !script.lines.is_empty()),
            "{text}"
        );
    }
}

#[test]
fn the_json_lines_are_read() {
    let lines = blocks("json").concat();
    let done = Wsline::new()
        .args(["demo", "--json", "--show-ping-pong"])
        .stdin(lines.as_str())
        .stdout_matches("...\n")
        .run();
    for line in lines.lines() {
        let sent = format!("\"dir\":\"out\",{}", &line[1..line.len() - 1]);
        assert!(done.stdout_text().contains(&sent), "{sent}");
    }
}

/// The two commands that come first, and the tables that are made elsewhere.
#[test]
fn the_rest_is_true_too() {
    let commands = blocks("sh");
    assert_eq!(commands[0], "cargo run --release -- demo\n");
    assert_eq!(commands[1], "cargo test\n");
    let readme = readme();
    for (codes, meaning) in wsline::exit::TABLE {
        let row = format!("\n| {codes} | {meaning} |\n");
        assert!(readme.contains(&row), "the table of statuses lacks {row}");
    }
    let needed = format!(
        "Rust](https://rustup.rs) {}",
        env!("CARGO_PKG_RUST_VERSION")
    );
    assert!(readme.contains(&needed), "the README wants another Rust");
}
