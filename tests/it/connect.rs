//! Reaching a server: names, TCP, silence, and what the upgrade request says.

use crate::support::{Peer, Wsline};

/// A server that closes at once.
fn closing() -> Peer {
    Peer::ws().close(1000, "")
}

#[test]
fn refused_connection() {
    let peer = Peer::refusing();
    let port = peer.port();
    Wsline::new()
        .arg(peer.url())
        .stderr(format!(
            "wsline: could not connect to 127.0.0.1:{port} (127.0.0.1): Connection refused\n"
        ))
        .code(7)
        .run();
}

#[test]
fn unknown_host_name() {
    // A label of more than 63 letters leaves no computer (RFC 1035 §2.3.4).
    let name = format!("{}.invalid", "x".repeat(64));
    Wsline::new()
        .arg(format!("ws://{name}/"))
        .stderr_matches(format!("wsline: could not resolve {name}: [..]\n"))
        .code(6)
        .run();
}

#[test]
fn silent_server_is_timed_out() {
    let peer = Peer::silent().start();
    Wsline::new()
        .args([&peer.url(), "--connect-timeout", "200ms"])
        .stderr(
            "wsline: timed out after 0.2 s (--connect-timeout) while waiting for the upgrade \
             response\n",
        )
        .code(28)
        .run();
}

#[test]
fn server_silent_during_the_tls_handshake_is_timed_out() {
    let peer = Peer::silent().start();
    Wsline::new()
        .args([
            &format!("wss://127.0.0.1:{}/", peer.port()),
            "--connect-timeout",
            "200ms",
        ])
        .stderr("wsline: timed out after 0.2 s (--connect-timeout) while setting up TLS\n")
        .code(28)
        .run();
}

/// One byte now and then is no answer: the budget is for all of it.
#[test]
fn slow_response_is_timed_out() {
    let slow = std::time::Duration::from_millis(150);
    let peer = Peer::tcp()
        .raw("HTTP/1.1 ")
        .pause(slow)
        .raw("101 ")
        .pause(slow)
        .raw("Switching")
        .stall()
        .start();
    Wsline::new()
        .args([&peer.url(), "--connect-timeout", "0.4"])
        .stderr(
            "wsline: timed out after 0.4 s (--connect-timeout) while waiting for the upgrade \
             response\n",
        )
        .code(28)
        .run();
}

#[test]
fn max_time_applies_while_connecting() {
    let peer = Peer::silent().start();
    Wsline::new()
        .args([&peer.url(), "-m", "200ms"])
        .stderr(
            "wsline: timed out after 0.2 s (--max-time) while waiting for the upgrade \
                 response\n",
        )
        .code(28)
        .run();
}

#[test]
fn request_is_like_a_browsers() {
    let peer = closing()
        .expect_request(|head| {
            let lines: Vec<_> = head.lines().map(normal).collect();
            assert_eq!(
                lines,
                [
                    "GET /chat?room=1 HTTP/1.1",
                    "Host: HOST",
                    "Connection: Upgrade",
                    "Pragma: no-cache",
                    "Cache-Control: no-cache",
                    concat!("User-Agent: wsline/", env!("CARGO_PKG_VERSION")),
                    "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: KEY",
                    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
                    "",
                ]
            );
        })
        .start();
    Wsline::new().arg(peer.url_with("/chat?room=1")).run();
}

/// What differs from run to run, replaced.
fn normal(line: &str) -> &str {
    match line.split_once(": ") {
        Some(("Host", _)) => "Host: HOST",
        Some(("Sec-WebSocket-Key", _)) => "Sec-WebSocket-Key: KEY",
        _ => line,
    }
}

/// A header of the user's keeps its letter case; one that replaces ours stands in its place.
#[test]
fn custom_headers_replace_and_remove_defaults() {
    let peer = closing()
        .expect_request(|head| {
            let lines: Vec<_> = head.lines().map(normal).collect();
            assert_eq!(
                lines,
                [
                    "GET / HTTP/1.1",
                    "host: elsewhere",
                    "Connection: Upgrade",
                    "Cache-Control: no-cache",
                    "USER-AGENT: browser",
                    "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: KEY",
                    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
                    "x-b: 2",
                    "X-A: 1",
                    "x-b: 3",
                    "X-Empty:",
                    "",
                ]
            );
        })
        .start();
    Wsline::new()
        .args(["-H", "x-b: 2", "-H", "USER-AGENT: browser"])
        .arg(peer.url())
        .args(["-H", "X-A:1", "-H", "host: elsewhere", "--header", "x-b: 3"])
        .args(["-H", "Pragma:", "-H", "X-Empty;"])
        .run();
}

#[test]
fn options_for_headers() {
    let peer = closing()
        .expect_header("User-Agent", "Mozilla/5.0")
        .expect_header("Origin", "https://example.org")
        .expect_header("Authorization", "Basic bWU6aHVzaDpo")
        .expect_header("Sec-WebSocket-Protocol", "chat, superchat")
        .accept_with_headers(["Sec-WebSocket-Protocol: superchat"])
        .start();
    Wsline::new()
        .args(["-A", "Mozilla/5.0", "-o", "https://example.org"])
        .args(["-u", "me:hush:h", "-s", "chat", "-s", "superchat"])
        .arg(peer.url())
        .run();
}

#[test]
fn credential_options_override_the_url() {
    let peer = closing()
        .expect_header("Authorization", "Basic bWU6aHVzaA==")
        .expect_no_header("User-Agent")
        .start();
    Wsline::new()
        .arg(format!("ws://other:secret@127.0.0.1:{}/", peer.port()))
        .args(["-u", "me:hush", "-A", ""])
        .run();
}

#[test]
fn invalid_headers_are_usage_errors() {
    const CONTROL: &str = "a header value cannot contain control characters or line breaks";
    for (option, value, complaint) in [
        (
            "--subprotocol <NAME>",
            "two words",
            "a subprotocol has only letters, digits and !#$%&'*+-.^_`|~ (RFC 6455 §4.1)",
        ),
        ("--user-agent <NAME>", "a\u{7}b", CONTROL),
        ("--origin <ORIGIN>", "a\nb", CONTROL),
        (
            "--header <N: V>",
            "me",
            "missing colon in the header: use 'Name: value'",
        ),
        (
            "--header <N: V>",
            "X: a\nb",
            "a header cannot contain a line break or NUL",
        ),
    ] {
        let name = option.split(' ').next().expect("an option's name");
        Wsline::new()
            .args(["ws://127.0.0.1/", name, value])
            // A header may hold a secret, so its value is not quoted.
            .stderr_matches(format!(
                "...\n[..]for '{option}': {complaint}\n...\n\
                 For more information, try '--help'.\n"
            ))
            .code(2)
            .run();
    }
}

#[test]
fn repeated_subprotocol_is_a_usage_error() {
    Wsline::new()
        .args(["ws://127.0.0.1/", "-s", "chat", "-s", "chat"])
        .stderr("wsline: the subprotocol chat is given twice\n")
        .code(2)
        .run();
}

/// Frames that came in the same packet as the 101 are not lost.
#[test]
fn frames_in_the_packet_of_the_response_are_read() {
    let peer = Peer::ws()
        .glued()
        .send_text("one")
        .send_text("two")
        .close(1000, "")
        .start();
    Wsline::new().arg(peer.url()).stdout("one\ntwo\n").run();
}

/// Half a frame with the answer, the other half later.
#[test]
fn partial_frame_in_the_packet_of_the_response_is_read() {
    let peer = Peer::ws()
        .glued()
        .raw(b"\x81\x05he")
        .pause(std::time::Duration::from_millis(50))
        .raw(b"llo")
        .close(1000, "")
        .start();
    Wsline::new().arg(peer.url()).stdout("hello\n").run();
}

#[test]
fn refusal_with_body_in_one_packet_is_read() {
    let peer = Peer::ws().glued().close(4001, "no such room").start();
    Wsline::new()
        .arg(peer.url())
        .stderr_matches(
            "closed by server: 4001 \"no such room\" (application) after [..] s, sent 0, received 0\n",
        )
        .code(121)
        .run();
}
