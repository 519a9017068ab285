//! A server that attacks the terminal: everything is shown and nothing obeyed. In a pipe the
//! bytes are exact.

use crate::prompt::{end, open_with};
use crate::support::{Key, Peer, Pty, Terminal, Wsline};

/// The clipboard, the screen, the title, what stands before on the line, the order of letters,
/// C1's form of CSI, and NUL.
const EVIL: &str =
    "\x1b]52;c;aGk=\x07\x1b[2J\x1b]0;owned\x07safe\rover\x08\x08\u{202e}rtl\u{9b}2J\0end";
const SHOWN: &str = "\\x1b]52;c;aGk=\\x07\\x1b[2J\\x1b]0;owned\\x07safe\\rover\\x08\\x08\\u{202e}rtl\\u{9b}2J\\x00end";

/// What stands in a header: control characters end the parsing of a head before anybody sees them.
const EVIL_HEADER: &str = "a\u{9b}2J\u{202e}b\u{9d}0;owned\u{9c}";
const SHOWN_HEADER: &str = "a\\u{9b}2J\\u{202e}b\\u{9d}0;owned\\u{9c}";

fn terminal() -> Terminal {
    Terminal::new().size(30, 200)
}

/// The terminal showed these and did nothing else.
#[track_caller]
fn assert_harmless(pty: &Pty, shown: &[&str]) {
    let screen = pty.screen();
    for part in shown {
        assert!(screen.contains(part), "{part:?} is missing\n{screen}");
    }
    assert_eq!(pty.effects(), Vec::<String>::new());
    let raw = pty.raw_output();
    for bad in [
        "\x1b]", "\x1b[2J", "\u{9b}", "\u{9d}", "\u{202e}", "\0", "\x08", "\x07",
    ] {
        let found = memchr::memmem::find(&raw, bad.as_bytes());
        assert_eq!(found, None, "{bad:?} reached the terminal\n{screen}");
    }
    pty.assert_as_found();
}

/// Ends the prompt whose connection has ended.
#[track_caller]
fn leave(pty: &Pty) {
    pty.wait_for("* Enter on an empty line reconnects, ^D ends");
    pty.key(Key::CtrlD);
}

#[test]
fn escapes_in_messages() {
    let peer = Peer::ws()
        .send_text(EVIL)
        .send_text(format!("two\n{EVIL}"))
        .send_binary([EVIL.as_bytes(), b"\xff\x9b2J\xc3\x28"].concat())
        .expect_text("seen")
        .start();
    let mut pty = open_with(&peer, terminal());
    pty.wait_for("000000");
    pty.type_line("seen");
    end(&mut pty);
    let second = format!("< two\n  {SHOWN}\n");
    assert_harmless(
        &pty,
        &[
            &format!("< {SHOWN}\n"),
            &second,
            "1b 5d 35 32 3b 63 3b 61",
            "|.]52;c;a",
        ],
    );
}

#[test]
fn escapes_in_raw_binary_messages() {
    let peer = Peer::ws()
        .send_binary([EVIL.as_bytes(), b"\xff\x9b2J\xc3\x28"].concat())
        .close(1000, "")
        .start();
    let mut pty = terminal()
        .args([peer.url().as_str(), "--binary-as", "raw"])
        .start();
    leave(&pty);
    assert_eq!(pty.wait_exit(), 0);
    assert_harmless(&pty, &[&format!("< {SHOWN}\\xff\\x9b2J\\xc3(\n")]);
}

#[test]
fn escapes_in_indented_json() {
    let wide = "x".repeat(300);
    let json = format!(
        r#"{{"escaped":"\u001b]52;c;aGk=\u0007\u001b[2J\r\b\u202e\u0000","raw\u009b":"{}","wide":"{wide}"}}"#,
        "\u{202e}\u{9b}2J\u{7f}\u{feff}"
    );
    let peer = Peer::ws().send_text(&json).close(1000, "").start();
    let mut pty = terminal().args([peer.url()]).start();
    leave(&pty);
    assert_eq!(pty.wait_exit(), 0);
    assert_harmless(
        &pty,
        &[
            r#"    "escaped": "\u001b]52;c;aGk=\u0007\u001b[2J\r\b\u202e\u0000","#,
            r"\u{202e}\u{9b}2J\x7f\u{feff}",
        ],
    );
}

#[test]
fn escapes_in_pings_and_close_reasons() {
    let peer = Peer::ws()
        .ping(EVIL)
        .expect_pong(EVIL)
        .close(4001, EVIL)
        .start();
    let mut pty = terminal().args([peer.url().as_str(), "-P"]).start();
    leave(&pty);
    assert_eq!(pty.wait_exit(), 121);
    let verdict = format!("closed by server: 4001 \"{SHOWN}\" (application) after ");
    assert_harmless(&pty, &[SHOWN, &verdict]);
}

#[test]
fn escapes_in_headers_and_subprotocols() {
    let peer = Peer::ws()
        .accept_with_headers([&*format!("X-Evil: {EVIL_HEADER}")])
        .start();
    let mut pty = open_with(&peer, terminal().args(["-v"]));
    end(&mut pty);
    assert_harmless(&pty, &[&format!("< X-Evil: {SHOWN_HEADER}")]);
    // The server may only choose what was asked for; this one is named in the error.
    let peer = Peer::ws()
        .accept_with_headers([&*format!("Sec-WebSocket-Protocol: {EVIL_HEADER}")])
        .expect_eof()
        .start();
    let mut pty = terminal().args([peer.url()]).start();
    assert_eq!(pty.wait_exit(), 22);
    assert_harmless(&pty, &[SHOWN_HEADER]);
}

#[test]
fn escapes_in_refusals() {
    let body = format!("<p>\r\n{EVIL}");
    let length = body.len();
    let body = body.replace('\0', "\x01");
    let shown = SHOWN.replace("\\x00", "\\x01");
    let answer = format!(
        "HTTP/1.1 403 {EVIL_HEADER}\r\nX-Evil: {EVIL_HEADER}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let peer = Peer::http(&answer).start();
    let mut pty = terminal().args([peer.url()]).start();
    assert_eq!(pty.wait_exit(), 22);
    assert_harmless(&pty, &[&shown, &format!("X-Evil: {SHOWN_HEADER}")]);
    // The same to a file: people read stderr wherever it goes.
    let peer = Peer::http(&answer).start();
    Wsline::new()
        .arg(peer.url())
        .code(22)
        .stderr_matches(format!(
            "...\nX-Evil: {SHOWN_HEADER}\n...\n<p>\n{shown}\n..."
        ))
        .run();
}

#[test]
fn escapes_in_responses_that_are_not_http() {
    let peer = Peer::http(format!("HTTP/1.1 {EVIL}\r\nX: {EVIL}\r\n\r\n")).start();
    let mut pty = terminal().args([peer.url()]).start();
    assert_eq!(pty.wait_exit(), 22);
    assert_harmless(&pty, &["wsline: "]);
    let peer = Peer::tcp().raw(format!("{EVIL}\r\n\r\n")).start();
    let mut pty = terminal().args([peer.url()]).start();
    assert_eq!(pty.wait_exit(), 22);
    assert_harmless(&pty, &["wsline: "]);
}

#[test]
fn escapes_with_piped_stdin() {
    let peer = Peer::ws().send_text(EVIL).close(1000, EVIL).start();
    let mut pty = terminal()
        .stdin_from("")
        .args([peer.url().as_str(), "-w", "-1", "-v"])
        .start();
    assert_eq!(pty.wait_exit(), 0);
    assert_harmless(&pty, &[SHOWN]);
}

#[test]
fn typed_escapes_are_escaped_when_echoed() {
    let peer = Peer::ws().echo_all().start();
    let mut pty = open_with(&peer, terminal().file("evil", EVIL));
    pty.type_line("/file evil");
    pty.wait_for(&format!("< {SHOWN}"));
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    assert_harmless(&pty, &[SHOWN]);
}

/// What a stranger may put into a file's name or a command that is pasted.
const ARGUMENT: &str = "1\x1b]0;owned\x07\x1b[2J\u{202e}\u{9b}2J";
const SHOWN_ARGUMENT: &str = "1\\x1b]0;owned\\x07\\x1b[2J\\u{202e}\\u{9b}2J";

#[test]
fn escapes_in_invalid_arguments() {
    let unknown = format!("--foo{ARGUMENT}");
    for args in [
        &[unknown.as_str()][..],
        &["-w", ARGUMENT, "ws://127.0.0.1:1"],
        &["--color", ARGUMENT, "ws://127.0.0.1:1"],
        &["ws://127.0.0.1:1", ARGUMENT],
        &["echo", ARGUMENT],
        &["generate", "completions", ARGUMENT],
        &["test", "--speed", ARGUMENT, "x.ws"],
        &["test", "x.ws", "--", "-w", ARGUMENT],
        &["curl", "ws://127.0.0.1:1", "--", "--tls-min", ARGUMENT],
    ] {
        let mut pty = terminal().args(args).start();
        assert_eq!(pty.wait_exit(), 2, "{args:?}");
        assert_harmless(&pty, &[SHOWN_ARGUMENT]);
        Wsline::new()
            .args(args)
            .code(2)
            .stderr_matches(format!("error: [..]{SHOWN_ARGUMENT}[..]\n..."))
            .run();
    }
}

#[test]
fn escapes_in_pasted_commands() {
    for (option, shown) in [
        ("-H 'Sec-WebSocket-Protocol: %'", Some(SHOWN_ARGUMENT)),
        ("-x 'http://%'", None),
        ("-H 'X: %'", None),
        ("-b '%'", None),
        ("--connect-timeout '%'", None),
    ] {
        let paste = format!("curl 'ws://127.0.0.1:1/' {}", option.replace('%', ARGUMENT));
        let mut pty = terminal().stdin_from(paste).args(["curl", "-"]).start();
        assert_eq!(pty.wait_exit(), 2, "{option}");
        assert_harmless(&pty, shown.as_slice());
    }
}

#[test]
fn escapes_in_names_and_texts_of_session_files() {
    let name = format!("{ARGUMENT}.ws");
    for (text, args, code) in [
        ("url ws://127.0.0.1:1/\n> x\n".to_owned(), &["-v"][..], 7),
        ("url ws://127.0.0.1:1/\n> x\n".to_owned(), &["--json"], 7),
        (format!("{ARGUMENT}\n"), &[], 2),
        (format!("option -w {ARGUMENT}\n"), &[], 2),
        (format!("option --foo{ARGUMENT}\n"), &[], 2),
        (format!("url ws://{ARGUMENT}/\n"), &[], 2),
    ] {
        let terminal = terminal().file(&name, &text).args(["test"]);
        let mut pty = terminal.args(args).args([&name]).start();
        assert_eq!(pty.wait_exit(), code, "{text}");
        let json = SHOWN_ARGUMENT.replace("\\x", "\\u00");
        let json = json.replace("\\u{202e}\\u{9b}", "\\u202e\\u009b");
        let shown = if args == ["--json"] {
            json.as_str()
        } else {
            SHOWN_ARGUMENT
        };
        assert_harmless(&pty, &[shown]);
    }
}

#[test]
fn invisible_characters_and_excessive_marks() {
    let marks = |count| "\u{301}".repeat(count);
    let evil = format!("a\u{2800}\u{e0b0}\u{ffff}\u{34f}\u{e0100}b{}c", marks(34));
    let shown = format!(
        "a\\u{{2800}}\\u{{e0b0}}\\u{{ffff}}\\u{{34f}}\\u{{e0100}}b{}\\u{{301}}\\u{{301}}c",
        marks(32)
    );
    let peer = Peer::ws().send_text(&evil).close(4001, &evil).start();
    let mut pty = terminal().env("NO_COLOR", "1").args([peer.url()]).start();
    leave(&pty);
    assert_eq!(pty.wait_exit(), 121);
    assert_harmless(&pty, &[]);
    let raw = pty.raw_output();
    let raw = String::from_utf8_lossy(&raw);
    assert!(raw.contains(&format!("< {shown}")), "{raw}");
    assert!(raw.contains(&format!("4001 \"{shown}\" (app")), "{raw}");
    for bad in ["\u{2800}", "\u{e0b0}", "\u{ffff}", "\u{34f}", "\u{e0100}"] {
        assert!(!raw.contains(bad), "{bad:?} reached the terminal");
    }
}

#[test]
fn bytes_in_a_pipe_are_exact() {
    let binary = b"\xff\x9b2J\x1b[2J\xc3\x28";
    let peer = Peer::ws()
        .send_text(EVIL)
        .send_binary(binary)
        .close(4001, EVIL)
        .start();
    Wsline::new()
        .args([peer.url().as_str(), "-w", "-1"])
        .stdin("")
        .code(121)
        .stdout_bytes([EVIL.as_bytes(), b"\n", binary].concat())
        .stderr_matches(format!(
            "closed by server: 4001 \"{SHOWN}\" (application) after [..] s, sent 0, received 2\n"
        ))
        .run();
}
