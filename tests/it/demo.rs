//! `wsline demo`: the first thing that a new user sees.

use nix::sys::signal::Signal;

use crate::support::{Key, Terminal, Wsline};

#[test]
fn demo_at_a_terminal() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let manifest = std::fs::read(manifest).expect("the package has its manifest");
    let mut pty = Terminal::new()
        .args(["demo"])
        .size(40, 100)
        .file("Cargo.toml", &manifest)
        .start();
    pty.wait_for("connected to ws://127.0.0.1:");
    pty.type_line("hello");
    pty.wait_for("\n< hello\n");
    pty.type_line("/binary Cargo.toml");
    // The dump's last line, and how much there is beside it.
    pty.wait_for("\n  000000f0  ");
    pty.wait_for(" in all: /view 2\n");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    let screen = pty.screen();
    let lines: Vec<&str> = screen.lines().collect();
    assert_eq!(
        lines[0],
        "* a local echo server: it sends back what you send; ^D ends"
    );
    assert!(
        lines[1].ends_with("/ \u{2014} /help lists the commands"),
        "{screen}"
    );
    assert_eq!(lines[2..5], ["> hello", "< hello", "> /binary Cargo.toml"]);
    assert!(screen.contains("binary, "), "{screen}");
    assert!(
        screen.contains("  00000000  5b 70 61 63 6b 61 67 65"),
        "{screen}"
    );
    let verdict = lines.last().expect("a last line");
    assert!(
        verdict.starts_with("closed by us: 1000 (normal closure) after ")
            && verdict.ends_with(" s, sent 2, received 2"),
        "{screen}"
    );
    pty.assert_as_found();
}

#[test]
fn no_greeting_in_a_pipe() {
    Wsline::new()
        .args(["demo", "-n", "1"])
        .stdin("hello\n")
        .stdout("hello\n")
        .run();
    Wsline::new()
        .args(["demo", "-d", "hello", "-w", "0"])
        .stdout("hello\n")
        .run();
}

#[test]
fn quiet_prints_no_greeting() {
    let mut pty = Terminal::new().args(["demo", "-q"]).start();
    // Only the sign says that it is connected.
    pty.wait_for(">");
    pty.type_line("hello");
    pty.wait_for("< hello");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    assert_eq!(pty.screen().trim_start(), "> hello\n< hello");
}

#[test]
fn flipbook_shows_both_halves() {
    let mut pty = Terminal::new().args(["demo", "--flipbook"]).start();
    pty.wait_for("HTTP polling (kept alive)");
    pty.wait_until("frames in both halves", |screen| {
        let rows: Vec<String> = screen.rows(0, 80).collect();
        let both = rows.iter().find(|row| row.contains("frames/s"));
        both.is_some_and(|row| {
            let counts = row.split(" frames, ").map(|half| half.rsplit(' ').next());
            counts
                .take(2)
                .all(|count| count.is_some_and(|count| count.len() >= 2))
        })
    });
    pty.signal(Signal::SIGINT);
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
    let screen = pty.screen();
    assert!(screen.contains("WebSocket     "), "{screen}");
    assert!(screen.contains("HTTP polling  "), "{screen}");
    assert!(!screen.contains("^C ends"), "{screen}");
}

#[test]
fn flipbook_requires_a_terminal() {
    Wsline::new()
        .args(["demo", "--flipbook"])
        .stderr("wsline: --flipbook requires a terminal with at least 78 columns and 16 rows\n")
        .code(2)
        .run();
    for (option, named) in [
        (&["-d", "x"][..], "--data <TEXT>"),
        (&["--expect", "x"], "--expect <TEXT>"),
        (&["--every", "1s", "x"], "--every <TIME> <TEXT>"),
        (&["--json"], "--json"),
        (&["--record", "x.har"], "--record <FILE>"),
    ] {
        Wsline::new()
            .args(["demo", "--flipbook"])
            .args(option)
            .stderr_matches(format!(
                "error: the argument '--flipbook' cannot be used with '{named}'\n...\n"
            ))
            .code(2)
            .run();
    }
}
