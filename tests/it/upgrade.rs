//! Answers to the upgrade that are wrong (RFC 6455 §4.1), or no answers, and what may stand before
//! and in a right one.

use crate::support::{Peer, Wsline};

const WRONG: &str = "wsline: invalid upgrade response: ";

/// Answers with `answer`, which has its own line ends; `stderr` is what must come of it.
#[track_caller]
fn answered(answer: &str, stderr: &str) {
    let peer = Peer::http(answer).start();
    Wsline::new()
        .arg(peer.url())
        .stderr_matches(stderr)
        .code(22)
        .run();
}

/// RFC 6455's own example of a key (§1.3), so that a plain HTTP peer knows the answer.
#[test]
fn interim_responses_before_the_upgrade() {
    let peer = Peer::http(
        "HTTP/1.1 100 Continue\r\n\r\n\
         HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n\
         HTTP/1.1 101 Switching Protocols\r\n\
         UPGRADE: WebSocket\r\n\
         connection: keep-alive, Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    )
    .raw(b"\x81\x02hi")
    .close(1000, "")
    .expect_close(1000, "")
    .start();
    Wsline::new()
        .args(["-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])
        .arg(peer.url())
        .stdout("hi\n")
        .run();
}

#[test]
fn wrong_accept_key() {
    let peer = Peer::ws()
        .accept_key("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        .expect_eof()
        .start();
    Wsline::new()
        .arg(peer.url())
        .stderr_matches(format!(
            "{WRONG}Sec-WebSocket-Accept is \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\", expected \"[..]=\" \
             (RFC 6455 §4.1)\n\
             HTTP/1.1 101 Switching Protocols\n\
             Upgrade: websocket\n\
             Connection: Upgrade\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"
        ))
        .code(22)
        .run();
}

#[test]
fn unoffered_subprotocol() {
    for (args, ours) in [
        (&[][..], "none was offered (use -s to offer one)"),
        (&["-s", "chat"], "only chat was offered"),
    ] {
        let peer = Peer::ws()
            .accept_with_headers(["Sec-WebSocket-Protocol: mqtt"])
            .expect_eof()
            .start();
        Wsline::new()
            .arg(peer.url())
            .args(args)
            .stderr_matches(format!(
                "{WRONG}the server chose the subprotocol \"mqtt\", but {ours} (RFC 6455 §4.1)\n\
                 HTTP/1.1 101 Switching Protocols\n...\n"
            ))
            .code(22)
            .run();
    }
}

#[test]
fn unoffered_extension() {
    let peer = Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Extensions: x-unheard-of; a=1"])
        .expect_eof()
        .start();
    Wsline::new()
        .arg(peer.url())
        .stderr_matches(format!(
            "{WRONG}extension \"x-unheard-of; a=1\" was not offered (RFC 6455 §4.1)\n\
             HTTP/1.1 101 Switching Protocols\n...\n"
        ))
        .code(22)
        .run();
}

/// Upgrade and Connection must say what they have to say, in whatever letter case.
#[test]
fn upgrade_to_another_protocol() {
    answered(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        &format!(
            "{WRONG}Upgrade is \"h2c\", expected \"websocket\" (RFC 6455 §4.1)\n\
             HTTP/1.1 101 Switching Protocols\nUpgrade: h2c\nConnection: Upgrade\n"
        ),
    );
    answered(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n",
        &format!(
            "{WRONG}no Connection header, expected \"Upgrade\" (RFC 6455 §4.1)\n\
             HTTP/1.1 101 Switching Protocols\nUpgrade: WebSocket\n"
        ),
    );
}

/// The drafts before RFC 6455 had an Origin and a Location in their answers.
#[test]
fn server_with_an_old_draft() {
    answered(
        "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Origin: null\r\n\
         Sec-WebSocket-Location: ws://x/\r\n\r\n0123456789abcdef",
        &format!(
            "{WRONG}no Sec-WebSocket-Accept header, expected [..] (RFC 6455 §4.1)\n\
             HTTP/1.1 101 WebSocket Protocol Handshake\n\
             ...\n\
             hint: the server uses hixie-76 (hybi-00), a draft from before RFC 6455 (2011) that \
             browsers no longer support: it needs an update\n"
        ),
    );
}

#[test]
fn service_without_http() {
    let peer = Peer::tcp()
        .raw("SSH-2.0-x\x1b\r\n")
        .expect_raw("GET")
        .start();
    Wsline::new()
        .arg(peer.url())
        .stderr(format!(
            "{WRONG}not HTTP, the response begins with \"SSH-2.0-x\\x1b\\r\\n\"\n\
             hint: another service listens on this port: check the port number\n"
        ))
        .code(22)
        .run();
}

/// The status of a head that HTTP does not allow is shown, and nothing reaches the terminal.
#[test]
fn a_head_with_control_characters() {
    let answer = "HTTP/1.1 500 \x1b[2J\r\nX: \x1b]52;c;eA==\x07\r\n\r\n";
    let peer = Peer::http(answer).start();
    let done = Wsline::new()
        .arg(peer.url())
        .stderr(
            "wsline: the server refused the upgrade: HTTP/1.1 500 \\x1b[2J\n\
             HTTP/1.1 500 \\x1b[2J\nX: \\x1b]52;c;eA==\\x07\n\
             … invalid response status, in \"HTTP/1.1 500 \\x1b[2J\"\n",
        )
        .code(22)
        .run();
    assert!(!done.stderr_text().contains(['\x1b', '\x07']));
}

#[test]
fn endless_head() {
    let peer = Peer::tcp()
        .raw("HTTP/1.1 200 OK\r\n")
        .raw_repeated("X: 0123456789\r\n", 5000)
        .stall()
        .start();
    Wsline::new()
        .arg(peer.url())
        .stderr_matches(
            "wsline: the server refused the upgrade: HTTP/1.1 200 OK\nHTTP/1.1 200 OK\n\
             X: 0123456789\n...\n… [..] more headers (-v shows all)\n\
             … the header section is longer than 64 KiB\n\n\
             … the rest of the body is missing\nhint: [..]\n",
        )
        .code(22)
        .run();
}

/// The connection ends before there is an answer: at once, within the head, or by a reset.
#[test]
fn connection_closed_without_a_response() {
    const ENDED: &str = "wsline: the server closed the connection without a response to the \
                         upgrade request";
    let hint = |port| {
        format!("hint: check the path and the subprotocol (-s); if the server uses TLS on this port, use \
             wss://127.0.0.1:{port}/\n")
    };
    for answer in ["", "HTTP/1.1 101 Switch"] {
        let peer = Peer::http(answer).start();
        Wsline::new()
            .arg(peer.url())
            .stderr(format!("{ENDED}\n{}", hint(peer.port())))
            .code(56)
            .run();
    }
    let peer = Peer::http("").reset_tcp().start();
    Wsline::new()
        .arg(peer.url())
        .stderr(format!(
            "wsline: could not read the upgrade response: Connection reset by peer\n{}",
            hint(peer.port())
        ))
        .code(56)
        .run();
}
