//! Credentials are known by the names of headers and by the form of subprotocols: they are hidden
//! in everything that is shown and recorded, and go to no other origin.

use crate::support::program::Finished;
use crate::support::{Key, Peer, Terminal, Wsline};

/// What every secret below contains.
const SECRET: &str = "s3cret";

/// Headers that contain credentials, by the words in their names.
const HEADERS: [&str; 8] = [
    "X-My-Token: s3cret",
    "X-SECRET: s3cret",
    "Subscription-Key: s3cret",
    "X-Authenticated: s3cret",
    "X-Session-Id: Basic s3cret",
    "X-Password: s3cret",
    "X-Signature: s3cret",
    "Old-Cookie2: s3cret",
];

/// Subprotocols with a token after a word that announces it, and a name.
const SUBPROTOCOLS: [&str; 4] = ["-s", "base64url.bearer.s3cret", "-s", "chat"];

/// What must stay visible of an opening handshake.
const VISIBLE: [&str; 7] = [
    "Sec-WebSocket-Key: ",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Extensions: permessage-deflate",
    "Sec-WebSocket-Protocol: base64url.bearer.***, chat",
    "Sec-WebSocket-Accept: ",
    "Sec-WebSocket-Protocol: base64url.bearer.***\n",
    "Referer: https://site.example/page",
];

/// A server that chooses the token, and sends credentials of its own.
fn choosing() -> Peer {
    Peer::ws()
        .expect_header("Sec-WebSocket-Protocol", "base64url.bearer.s3cret, chat")
        .expect_header("X-Session-Id", "Basic s3cret")
        .accept_with_headers([
            "Sec-WebSocket-Protocol: base64url.bearer.s3cret",
            "X-Session-Token: s3cret",
        ])
        .close(1000, "")
}

fn talk(url: &str) -> Wsline {
    let headers = HEADERS.iter().flat_map(|header| ["-H", header]);
    Wsline::new()
        .arg(url)
        .args(headers)
        .args(SUBPROTOCOLS)
        .args(["-H", "Referer: https://site.example/page"])
}

fn all(done: &Finished) -> String {
    format!("{}{}", done.stdout_text(), done.stderr_text())
}

#[test]
fn credentials_are_hidden_with_verbose() {
    let run = |secrets: Option<&str>| {
        let peer = choosing().start();
        let done = talk(&peer.url())
            .arg("-v")
            .args(secrets)
            .stderr_matches("...\n")
            .run();
        all(&done)
    };
    let text = run(None);
    assert!(!text.contains(SECRET), "{text}");
    for header in HEADERS {
        let name = header.split(':').next().expect("a name");
        assert!(text.contains(&format!("> {name}: ***\n")), "{name}: {text}");
    }
    for line in VISIBLE {
        assert!(text.contains(line), "{line}: {text}");
    }
    let opened = ", subprotocol base64url.bearer.***\n";
    assert!(text.contains(opened), "{text}");
    let text = run(Some("--show-secrets"));
    assert!(
        !text.contains("***") && text.contains(", subprotocol base64url.bearer.s3cret"),
        "{text}"
    );
}

#[test]
fn credentials_are_hidden_in_json() {
    for (secrets, shown) in [(None, "***"), (Some("--show-secrets"), "s3cret")] {
        let peer = choosing().start();
        let done = talk(&peer.url())
            .args(["--json"])
            .args(secrets)
            .stdout_matches("...\n")
            .run();
        let text = all(&done);
        assert_eq!(text.contains(SECRET), secrets.is_some(), "{text}");
        let field = format!("\"subprotocol\":\"base64url.bearer.{shown}\"");
        assert!(text.contains(&field), "{text}");
    }
}

#[test]
fn credentials_are_hidden_at_the_prompt() {
    let peer = Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: base64url.bearer.s3cret"])
        .expect_close(1000, "")
        .start();
    let mut pty = Terminal::new()
        .args([&peer.url()])
        .args(SUBPROTOCOLS)
        .start();
    pty.wait_for("subprotocol base64url.bearer.***");
    pty.type_line("/status");
    pty.wait_for("OPEN ws://");
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    let text = String::from_utf8_lossy(&pty.raw_output()).into_owned();
    assert!(!text.contains(SECRET), "{text}");
}

/// Whatever was recorded is replayed with the same values in variables.
#[test]
fn credentials_are_variables_in_records() {
    for name in ["talk.ws", "talk.jsonl", "talk.har"] {
        let peer = choosing().connections(2).start();
        let done = talk(&peer.url()).args(["--record", name]).run();
        let path = done.home.work().join(name);
        let text = std::fs::read_to_string(&path).expect("a record");
        assert!(!text.contains(SECRET), "{name}: {text}");
        if name == "talk.ws" {
            for line in [
                "header X-Session-Id: ${X_SESSION_ID}",
                "subprotocol base64url.bearer.${SUBPROTOCOL}",
                "subprotocol chat",
            ] {
                assert!(text.contains(&format!("\n{line}\n")), "{line}: {text}");
            }
        }
        let names = HEADERS.map(|header| {
            let (name, value) = header.split_once(": ").expect("a header");
            format!("{}={value}", name.to_ascii_uppercase().replace('-', "_"))
        });
        Wsline::new()
            .arg("test")
            .arg(&path)
            .args(names.iter().flat_map(|pair| ["--var", pair]))
            .args(["--var", "SUBPROTOCOL=s3cret"])
            .stdout_matches("ok [..]\n1 passed in [..] s\n")
            .run();
    }
}

#[test]
fn credentials_are_hidden_in_errors() {
    let refusal = "HTTP/1.1 401 No\r\nX-Csrf-Token: s3cret\r\nSet-Cookie: a=s3cret\r\n\
                   WWW-Authenticate: Bearer realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    let refusing = Peer::http(refusal).start();
    let choosing = Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: token.s3cret"])
        .expect_eof()
        .start();
    for (peer, code, says) in [
        (refusing, 22, "WWW-Authenticate: Bearer realm=\"x\""),
        (
            choosing,
            22,
            "\"token.***\", but only base64url.bearer.***, chat was offered",
        ),
    ] {
        let done = talk(&peer.url()).stderr_matches("...\n").code(code).run();
        let text = all(&done);
        assert!(text.contains(says), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
    for (words, says) in [
        (
            ["-s", "token.s3cret"],
            "the subprotocol token.*** is given twice",
        ),
        (
            ["-s", "Bearer s3cret"],
            "invalid value for '--subprotocol <NAME>'",
        ),
    ] {
        let done = Wsline::new()
            .args(["ws://127.0.0.1:1", "-s", "token.s3cret"])
            .args(words)
            .stderr_matches("...\n")
            .code(2)
            .run();
        let text = all(&done);
        assert!(text.contains(says), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn credentials_are_hidden_in_test_reports() {
    let peer = Peer::ws()
        .accept_with_headers(["X-Session-Token: s3cret"])
        .expect_close_any()
        .start();
    Wsline::new()
        .args(["test", "a.ws", "--url", &peer.url()])
        .file("a.ws", "< header X-Session-Token: other\n")
        .stdout_matches(
            "FAIL  a.ws  [..]\n  a.ws:1: expected header X-Session-Token: ***, but it has a different value (hidden: it may be a credential)\n0 passed, 1 failed [..]\n",
        )
        .code(4)
        .run();
}

#[test]
fn credentials_are_hidden_for_curl_and_proxies() {
    let server = choosing().start();
    let proxy = Peer::http("HTTP/1.1 200 OK\r\nProxy-Session: s3cret\r\n\r\n")
        .tunnel_to(server.addr())
        .start();
    let headers = HEADERS.iter().flat_map(|header| ["-H", header]);
    let done = Wsline::new()
        .args(["curl", &server.url()])
        .args(headers)
        .args([
            "-H",
            "Sec-WebSocket-Protocol: base64url.bearer.s3cret, chat",
        ])
        .args([
            "-e",
            "https://site.example/page",
            "--",
            "-v",
            "-x",
            &proxy.addr().to_string(),
        ])
        .args(["--proxy-header", "X-Proxy-Key: s3cret"])
        .stderr_matches("...\n")
        .run();
    let text = all(&done);
    assert!(!text.contains(SECRET), "{text}");
    for line in [
        "> X-Proxy-Key: ***\n",
        "< Proxy-Session: ***\n",
        "> X-My-Token: ***\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    for line in VISIBLE {
        assert!(text.contains(line), "{line}: {text}");
    }
}

fn to(location: &str) -> Peer {
    Peer::http(format!(
        "HTTP/1.1 302 Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    ))
}

#[test]
fn credentials_are_sent_to_the_same_origin_only() {
    let end = choosing().expect_header("Referer", "https://site.example/page");
    let peer = to("/there").then(end).start();
    talk(&peer.url()).arg("-L").run();

    let end = HEADERS.iter().fold(Peer::ws(), |peer, header| {
        peer.expect_no_header(header.split(':').next().expect("a name"))
    });
    let end = end
        .expect_header("Sec-WebSocket-Protocol", "chat")
        .expect_no_header("Referer")
        .close(1000, "")
        .start();
    let peer = to(&format!("http://{}/there", end.addr())).start();
    talk(&peer.url()).arg("-L").run();
}

/// A subprotocol that is a token alone, in a header of the user's own.
#[test]
fn token_headers_are_sent_to_the_same_origin_only() {
    let end = Peer::ws()
        .expect_header("Sec-WebSocket-Protocol", "access_token")
        .close(1000, "")
        .start();
    let peer = to(&format!("http://{}/there", end.addr())).start();
    Wsline::new()
        .args([&peer.url(), "-L", "-v", "-H"])
        .arg("Sec-WebSocket-Protocol: access_token, s3cret")
        .with("[END]", end.addr())
        .stderr_matches(
            "...\n> Sec-WebSocket-Protocol: access_token, ***\n...\n* [..] redirected to \
             ws://[END]/there, another origin: credentials are not sent\n...\n\
             > Sec-WebSocket-Protocol: access_token\n...\n",
        )
        .run();
}

#[test]
fn credentials_are_not_sent_over_an_assumed_ws() {
    for words in [["-H", "X-Session: 1"], ["-s", "bearer.s3cret"]] {
        Wsline::new()
            .arg("box")
            .args(words)
            .stderr_matches("wsline: credentials would be sent unencrypted to box\nhint: [..]\n")
            .code(3)
            .run();
    }
}
