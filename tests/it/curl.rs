//! `wsline curl …`, with what browsers and proxies put on the clipboard.

mod pasted;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::peer::Running;
use crate::support::{require, Peer, Terminal, Wsline};

const CHROME_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                            Chrome/141.0.0.0 Safari/537.36";

/// A copied command from `tests/it/curl/`, with the peer's address in the place of the one that
/// it was copied with.
fn pasted(name: &str, peer: &Running) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/it/curl", name]
        .iter()
        .collect();
    let text = fs::read_to_string(path).expect("a copied command");
    assert!(text.contains("://chat.example.org/"), "{name}");
    let text = text.replace("wss://chat.example.org/", "ws://chat.example.org/");
    let text = text.replace("https://chat.example.org/", "http://chat.example.org/");
    let text = text.replace("Host: chat.example.org", &format!("Host: {}", peer.addr()));
    text.replace("://chat.example.org/", &format!("://{}/", peer.addr()))
}

/// What holds for every one of them: ours is a connection of its own.
fn server() -> Peer {
    Peer::ws()
        .expect_request(|head| {
            let line = head.lines().next().unwrap_or_default();
            assert_eq!(line, "GET /socket?room=1&v=a%21b HTTP/1.1");
            assert!(
                !head.contains("chat.example.org"),
                "the copied Host: {head}"
            );
            assert!(
                !head.contains("dGhlIHNhbXBsZSBub25jZQ=="),
                "the copied key: {head}"
            );
            let extensions = head.matches("Sec-WebSocket-Extensions").count();
            assert_eq!(extensions, 1, "ours, and not the copied ones: {head}");
        })
        .expect_header("Connection", "Upgrade")
        .expect_header("Sec-WebSocket-Version", "13")
        .expect_header("Origin", "https://www.example.org")
        .expect_header("Cookie", "session=it's; theme=\"dark\"; n=5%")
        .expect_header("Cache-Control", "no-cache")
}

fn chrome() -> Peer {
    server()
        .expect_header("User-Agent", CHROME_AGENT)
        .expect_header("Accept-Language", "en-GB,en;q=0.9")
        .expect_header("Sec-WebSocket-Protocol", "graphql-ws, v2.chat")
        .accept_with_headers(["Sec-WebSocket-Protocol: v2.chat"])
        .expect_text("hi")
        .send_text("yo")
}

fn firefox() -> Peer {
    server()
        .expect_header(
            "User-Agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        )
        .expect_header("Accept", "*/*")
        .expect_no_header("Accept-Encoding")
        .expect_header("Sec-Fetch-Mode", "websocket")
        .expect_header("X-Note", "wow!")
        .expect_text("hi")
        .send_text("yo")
}

fn burp() -> Peer {
    server()
        .expect_header("User-Agent", CHROME_AGENT)
        .expect_no_header("Accept-Encoding")
        .expect_text("hi")
        .send_text("yo")
}

/// Our own options, after the pasted ones.
const OWN: [&str; 4] = ["--", "-d", "hi", "-1"];

/// Runs `line` in a shell, as a person does who has pasted it after `wsline `.
fn run_in_shell(shell: &str, line: &str) {
    let bin = Path::new(crate::support::program::BINARY);
    let script = format!("'{}' {line}", bin.display());
    Wsline::program(shell)
        .args(["-c", &script])
        .stdout("yo\n")
        .run();
}

fn shell_line(name: &str, peer: &Running) -> String {
    let text = pasted(name, peer);
    format!("curl {} -- -d hi -1", text.trim_end())
}

#[test]
fn chrome_bash_command_runs() {
    require!("bash");
    let peer = chrome().start();
    run_in_shell("bash", &shell_line("chrome.sh", &peer));
}

#[test]
fn firefox_command_runs() {
    require!("bash");
    let peer = firefox().start();
    run_in_shell("bash", &shell_line("firefox.sh", &peer));
}

#[test]
fn burp_command_runs() {
    require!("bash");
    let peer = burp().start();
    run_in_shell("bash", &shell_line("burp.sh", &peer));
}

#[test]
fn safari_command_runs() {
    let peer = server()
        .expect_header("Sec-Fetch-Dest", "websocket")
        .expect_text("hi")
        .send_text("yo")
        .start();
    run_in_shell("sh", &shell_line("safari.sh", &peer));
}

#[test]
fn all_commands_run_from_stdin() {
    type Form = (&'static str, fn() -> Peer);
    let forms: [Form; 5] = [
        ("chrome.sh", chrome),
        ("chrome.cmd", chrome),
        ("firefox.sh", firefox),
        ("firefox.cmd", firefox),
        ("burp.sh", burp),
    ];
    for (name, peer) in forms {
        let peer = peer().start();
        Wsline::new()
            .args(["curl", "-"])
            .args(OWN)
            .stdin(pasted(name, &peer))
            .stdout("yo\n")
            .run();
    }
    // The clipboard of Windows has its line ends.
    let peer = chrome().start();
    Wsline::new()
        .args(["curl", "-"])
        .args(OWN)
        .stdin(pasted("chrome.cmd", &peer).replace('\n', "\r\n"))
        .stdout("yo\n")
        .run();
}

#[test]
fn whole_command_may_be_one_word() {
    let peer = firefox().start();
    Wsline::new()
        .args(["curl", &pasted("firefox.sh", &peer)])
        .args(OWN)
        .stdout("yo\n")
        .run();
}

#[test]
fn command_from_stdin_without_messages_listens() {
    let peer = Peer::ws()
        .send_text("one")
        .send_text("two")
        .close(1000, "")
        .start();
    Wsline::new()
        .args(["curl", "-"])
        .stdin(format!("curl '{}'\n", peer.url()))
        .stdout("one\ntwo\n")
        .run();
}

#[test]
fn stdin_is_read_for_messages_after_a_pasted_command() {
    let peer = Peer::ws().expect_text("piped").send_text("yo").start();
    Wsline::new()
        .args(["curl", "curl", &peer.url(), "--compressed", "--", "-1"])
        .stdin("piped\n")
        .stdout("yo\n")
        .run();
}

#[test]
fn prompt_opens_after_a_pasted_command() {
    let peer = Peer::ws()
        .expect_header("Cookie", "a=b")
        .expect_text("typed")
        .send_text("answered")
        .start();
    let mut pty = Terminal::new().args(["curl", "-", "--", "-1"]).start();
    pty.wait_for("paste the curl command");
    pty.type_text(&format!("curl '{}' \\\n  -b 'a=b'\n\u{4}", peer.url()));
    pty.wait_for("* connected");
    pty.type_line("typed");
    assert_eq!(pty.wait_exit(), 0);
    pty.assert_as_found();
    assert!(pty.screen().contains("answered"), "{}", pty.screen());
}

#[test]
fn short_options_have_curls_meaning() {
    // To us -b would be binary, -s a subprotocol and -i interactive.
    let peer = Peer::ws()
        .expect_header("Cookie", "a=b")
        .expect_header("User-Agent", "Me")
        .expect_header("Referer", "https://site/")
        .expect_header("Authorization", "Basic dTpw")
        .expect_no_header("Sec-WebSocket-Protocol")
        .expect_text("hi")
        .send_text("yo")
        .start();
    let url = peer.url().replace("ws://", "http://");
    Wsline::new()
        .args([
            "curl", "-s", "-i", "-k", "-X", "GET", "-b", "a=b", "-A", "Me",
        ])
        .args(["-e", "https://site/", "-u", "u:p", "--http1.1", &url])
        .args(OWN)
        .stdout("yo\n")
        .run();
}

#[test]
fn https_means_wss_and_k_accepts_any_certificate() {
    let cert = crate::support::Cert::self_signed(&["localhost"]);
    let peer = Peer::ws()
        .tls(&cert)
        .expect_text("hi")
        .send_text("yo")
        .start();
    let url = format!("https://127.0.0.1:{}/", peer.port());
    Wsline::new()
        .args(["curl", "-k", &url])
        .args(OWN)
        .stdout("yo\n")
        .run();
}

#[test]
fn own_headers_replace_pasted_ones() {
    let peer = Peer::ws()
        .expect_header("Origin", "https://own")
        .expect_header("Cookie", "a=pasted; b=own")
        .expect_header("X-A", "own")
        .close(1000, "")
        .start();
    Wsline::new()
        .args(["curl", &peer.url(), "-H", "Origin: https://pasted"])
        .args(["-H", "Cookie: a=pasted", "-H", "x-a: pasted", "--"])
        .args(["-o", "https://own", "--cookie", "b=own", "-H", "X-A: own"])
        .run();
}

#[test]
fn unsupported_options_are_reported() {
    for (words, stderr) in [
        (
            &["wss://h", "--retry", "3"][..],
            "wsline: curl's --retry is not supported; remove it, and put wsline's own options \
             after --\n",
        ),
        (
            &["wss://h", "wss://i"],
            "wsline: the curl command has more than one URL; paste one request at a time, and \
             put wsline's own options after --\n",
        ),
        (
            &["curl", "-H", "A: b"],
            "wsline: the curl command has no URL; paste all of what was copied, or use - to read \
             it from stdin\n",
        ),
        (
            &["wss://h", "--data-raw", "s3cret"],
            "wsline: curl's --data-raw sends a body, and a WebSocket is opened without one; copy \
             the request that the browser lists as a WebSocket, and put messages after --, as in \
             -- -d TEXT\n",
        ),
    ] {
        Wsline::new()
            .arg("curl")
            .args(words)
            .stderr(stderr)
            .code(2)
            .run();
    }
    for (stdin, own, says) in [
        (
            "curl 'wss://h/' -H 's3cret: x",
            &[][..],
            "wsline: could not parse the pasted command: a quote is not closed; was all of it \
             copied?\n",
        ),
        (
            "",
            &[],
            "wsline: the curl command has no URL; paste all of what was copied, or use - to read \
             it from stdin\n",
        ),
        (
            "curl wss://h",
            &["--", "-d", "@-"],
            "error: @- cannot be used: the pasted command was read from stdin\n...\n",
        ),
        (
            "curl wss://h -H 'Cookie s3cret'",
            &[],
            "error: invalid value for '--header <N: V>': missing colon in the header: \
             use 'Name: value'\n...\n",
        ),
        (
            "curl wss://h -b jar.s3cret",
            &[],
            "error: invalid value for '--cookie <N=V>': [..]cookie files are not supported[..]\n...\n",
        ),
        (
            "curl wss://h",
            &["--", "--no-such"],
            "error: unexpected argument '--no-such' found\n...\n",
        ),
    ] {
        let finished = Wsline::new()
            .args(["curl", "-"])
            .args(own)
            .stdin(stdin)
            .stderr_matches(says)
            .code(2)
            .run();
        assert!(!finished.stderr_text().contains("s3cret"));
    }
}
