//! The session files in the documents pass: each is run against a peer that does what the file says.

use super::blocks;
use crate::support::peer::Frame;
use crate::support::{Gate, Peer, Wsline};

/// What the files that need a key or a password find in the environment.
const KEY: &str = "k3y-of-the-account";
const PASSWORD: &str = "hunter2";
/// HMAC-SHA256 of `n-4711` with that key, in hexadecimal.
const SIGNATURE: &str = "b11da92eaeee3db6c93c97f72b0ff96b8278b948f9aa5e0292c66af7ba5aa79b";

/// The name that the first line of a session file has.
pub(super) fn name(block: &str) -> &str {
    let name = block
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# "));
    name.unwrap_or_else(|| panic!("a session file without its name in the first line:\n{block}"))
}

/// The session file with this name.
pub(super) fn block(file: &str) -> String {
    let mut files = blocks("ws").into_iter().map(|(_, block)| block);
    let file = files.find(|block| name(block) == file);
    file.unwrap_or_else(|| panic!("no such session file"))
}

/// Both hear what both say, in an order of their own.
fn chat() -> Peer {
    let (alice, bob) = (Gate::new(), Gate::new());
    let (hello, hi) = (
        r#"{"from":"alice","text":"hello"}"#,
        r#"{"from":"bob","text":"hi"}"#,
    );
    let member = |said: &str, own: &Gate, other: &Gate| {
        Peer::ws().expect_text(said).open(own).wait_for(other)
    };
    let first = member("hello", &alice, &bob)
        .send_text(hi)
        .send_text(hello)
        .expect_close(1000, "");
    let second = member("hi", &bob, &alice)
        .send_text(hello)
        .send_text(hi)
        .expect_close(1000, "");
    first.then(second)
}

/// A login by HTTP, and a connection that is lost in two ways.
fn resumed() -> Peer {
    let token = r#"{"token":"t0ken"}"#;
    let login = Peer::http(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{token}",
        token.len()
    ))
    .expect_request(|request| assert!(request.starts_with("POST /login "), "{request}"));
    let private = |welcome: &str| {
        Peer::ws()
            .expect_header("Authorization", "Bearer t0ken")
            .send_text(welcome)
    };
    let again = || private(r#"{"welcome":"ada","resumed":true}"#);
    login
        .then(private(r#"{"welcome":"ada"}"#).expect_eof())
        .then(again().expect_text("restart").close(1012, "restart"))
        .then(again().expect_close(1000, ""))
}

/// The server of the session file with this name.
fn peer(name: &str) -> Peer {
    let peer = Peer::ws();
    let peer = match name {
        "hello.ws" => peer.expect_text("hello").send_text("hello"),
        "smoke.ws" => peer
            .expect_header("Authorization", "Bearer t0ken")
            .expect_text(r#"{"op":"ping"}"#)
            .send_text(r#"{"op":"ping"}"#),
        "kinds.ws" => peer
            .expect_header("Origin", "https://example.org")
            .accept_with_headers(["Sec-WebSocket-Protocol: chat.v2"])
            .expect_text(r#"{"op":"join","room":7}"#)
            .send_text(r#"{"room":7,"op":"joined"}"#)
            .send_text("welcome, ada")
            .expect_text("a JSON string, for quotes \" and line feeds\n")
            .send_text("noted")
            .expect_ping("are you there")
            .pong("are you there")
            .expect_binary(b"\x00\xffbytes")
            .send_binary([0, 0xff, 1])
            .expect_frame(Frame::close(1000, "bye"))
            .close(1000, ""),
        "feed.ws" => peer
            .expect_text(r#"{"op":"subscribe","channel":"btc"}"#)
            .send_text(r#"{"channel":"eth","seq":70,"price":"0"}"#)
            .send_text(r#"{"channel":"btc","seq":7,"price":"61234.50"}"#)
            .send_text(r#"{"channel":"btc","seq":8,"price":"61234.75"}"#),
        "exec.ws" => peer
            .expect_binary(b"\x00whoami\n")
            .send_binary(b"\x08\xac\x02\x12\x06wsline\x19\x00")
            .expect_binary([2, 0x01, 0x2c])
            .send_binary(b"\x03{\"status\":\"Success\"}"),
        "login.ws" => peer
            .send_text(r#"{"type":"hello","nonce":"n-4711"}"#)
            .expect_text(format!(r#"{{"type":"login","signature":"{SIGNATURE}"}}"#))
            .send_text(r#"{"type":"welcome","token":"t0ken"}"#)
            .expect_text("subscribe t0ken")
            .send_text("subscribed"),
        "chat.ws" => return chat(),
        "say.ws" => peer
            .expect_text(r#"{"type":"say","text":"hello"}"#)
            .send_text(r#"{"type":"ping"}"#)
            .expect_text(r#"{"type":"pong"}"#)
            .send_text(r#"{"type":"presence","count":2}"#)
            .send_text(r#"{"type":"said","text":"hello"}"#),
        "job.ws" => peer
            .expect_text(r#"{"op":"start","job":1}"#)
            .send_text(r#"{"started":1}"#)
            .expect_text(r#"{"op":"start","job":2}"#)
            .send_text(r#"{"started":2}"#)
            .expect_text(r#"{"op":"status"}"#)
            .send_text(r#"{"op":"status","state":"pending"}"#)
            .expect_text(r#"{"op":"status"}"#)
            .send_text(r#"{"op":"status","state":"done"}"#),
        "resume.ws" => return resumed(),
        _ => panic!("{name} has no peer"),
    };
    match name {
        "kinds.ws" => peer,
        _ => peer.expect_close(1000, ""),
    }
}

#[test]
fn session_files_pass() {
    for (_, block) in blocks("ws") {
        let name = name(&block);
        if name == "rules.ws" {
            continue;
        }
        let peer = peer(name).start();
        let port = peer.port().to_string();
        Wsline::new()
            .args(["test", name, "--var", &format!("PORT={port}")])
            .env("KEY", KEY)
            .env("PASSWORD", PASSWORD)
            .env("TOKEN", "t0ken")
            .file(name, block.replace(":9001", &format!(":{port}")))
            .stdout_matches(format!(
                "ok    {name}  ([..] statements, [..] s)\n1 passed in [..] s\n"
            ))
            .run();
        peer.finish();
    }
}

/// A server to which the rules file is the client: it opens with a greeting, and sends a ping.
pub(super) fn greeted() -> Peer {
    Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: graphql-transport-ws"])
        .expect_text(r#"{"type":"connection_init"}"#)
        .send_text(r#"{"type":"ping"}"#)
        .expect_text(r#"{"type":"pong"}"#)
        .send_text(r#"{"type":"connection_ack"}"#)
        .close(1000, "")
}
