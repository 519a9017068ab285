//! `--timing`: the waterfall, in columns, as bars, and in JSON.

use crate::support::{Cert, Key, Peer, Pty, Terminal, Wsline};

#[test]
fn timing_columns_without_a_terminal() {
    let (cert, ca) = Cert::for_localhost();
    let peer = Peer::ws()
        .tls(&cert)
        .send_text("hi")
        .close(1000, "")
        .start();
    Wsline::new()
        .args(["--timing", "--cacert", &ca.path().to_string_lossy()])
        .arg(peer.url_as("localhost"))
        .stdout("hi\n")
        .stderr_matches(
            "name resolution [..] ms\n\
             TCP [..] ms\n\
             TLS [..] ms\n\
             upgrade [..] ms\n\
             first message [..] ms\n\
             total [..] ms\n",
        )
        .run();
}

#[test]
fn skipped_steps_have_no_line() {
    let peer = Peer::http("HTTP/1.1 302 X\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
        .then(Peer::ws().close(1000, ""))
        .start();
    Wsline::new()
        .args(["--timing", "-q", "-L", &peer.url()])
        .stderr_matches("redirects [..] ms\nTCP [..] ms\nupgrade [..] ms\ntotal [..] ms\n")
        .run();
}

#[test]
fn timing_in_json() {
    let peer = Peer::ws().send_text("hi").close(1000, "").start();
    let run = Wsline::new()
        .args(["--timing", "--json", &peer.url()])
        .stdout_matches(
            "[..]\"type\":\"open\"[..]\n\
             [..]\"type\":\"text\"[..]\n\
             {\"time\":\"[..]\",\"dir\":\"in\",\"type\":\"timing\",\"redirects\":null,\
             \"resolve\":null,\"connect\":[..],\"tls\":null,\"upgrade\":[..],\
             \"first_message\":[..]}\n\
             [..]\"type\":\"close\"[..]\n",
        )
        .run();
    let line = run.stdout_text().lines().nth(2).expect("four lines");
    let timing: serde_json::Value = serde_json::from_str(line).expect("JSON");
    for name in ["connect", "upgrade", "first_message"] {
        assert!(timing[name].is_f64(), "{name} in {line}");
    }
}

#[test]
fn timing_bars_on_a_terminal() {
    let peer = Peer::ws().send_text("hi").close(1000, "").start();
    let mut pty = Terminal::new()
        .args(["--timing", &peer.url()])
        .stdin_from("")
        .start();
    pty.wait_for("total");
    let screen = pty.screen();
    for label in ["TCP", "upgrade", "first message"] {
        let line = screen.lines().find(|line| line.starts_with(label));
        let line = line.unwrap_or_else(|| panic!("no {label} in\n{screen}"));
        assert!(line.contains(['█', '▏']), "{line}");
    }
    assert_eq!(pty.wait_exit(), 0);
}

#[test]
fn timing_at_the_prompt() {
    let mut pty = Pty::start(["demo", "--timing"], 24, 80);
    pty.wait_for("connected");
    pty.type_line("hi");
    pty.wait_until("the answer", |screen| screen.contents().contains("< hi"));
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    let screen = pty.screen();
    assert!(screen.contains("first message"), "{screen}");
    pty.assert_as_found();
}
