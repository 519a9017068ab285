//! Refusals explained: a peer that behaves so, and the hint that says what to do.

use crate::support::{Peer, Wsline};

/// An answer with this status line, these fields and this body, and the last line of stderr.
fn check(status: &str, fields: &[&str], body: &str, hint: &str) {
    let fields: String = fields.iter().flat_map(|field| [*field, "\r\n"]).collect();
    let answer = format!(
        "HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let peer = Peer::http(answer).start();
    Wsline::new()
        .arg(peer.url_with("/chat?token=hush"))
        .with("[ADDR]", peer.addr())
        .stderr_matches(format!(
            "wsline: the server refused the upgrade: HTTP/1.1 {status}\n...\nhint: {hint}\n"
        ))
        .code(22)
        .run();
}

#[test]
fn missing_credentials() {
    check(
        "401 Unauthorized",
        &["WWW-Authenticate: Basic realm=\"x\""],
        "",
        "the server requires credentials: use -u USER:PASS",
    );
    check(
        "401 Unauthorized",
        &["WWW-Authenticate: Bearer"],
        "",
        "the server requires credentials: use --bearer TOKEN",
    );
    check(
        "407 Proxy Authentication Required",
        &["Proxy-Authenticate: Basic"],
        "",
        "a proxy before the server requires credentials: use -H 'Proxy-Authorization: Basic …'",
    );
}

#[test]
fn wrong_credentials() {
    let peer = Peer::http("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n").start();
    Wsline::new()
        .args(["-u", "u:p", &peer.url()])
        .stderr_matches("...\nhint: the server rejected these credentials: [..]\n")
        .code(22)
        .run();
}

#[test]
fn wrong_origin() {
    check(
        "403 Forbidden",
        &[],
        "",
        "the server may require the Origin of its web page, as browsers send it (-o \
         https://SITE), or credentials (-u, --bearer or --cookie)",
    );
    let peer = Peer::http("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").start();
    Wsline::new()
        .args(["-o", "https://a.test", &peer.url()])
        .stderr_matches(
            "...\nhint: the server may not accept the Origin https://a.test (-o), \
                         [..]\n",
        )
        .code(22)
        .run();
}

#[test]
fn missing_or_unsupported_subprotocol() {
    for body in [
        // The websockets package of Python, and others.
        "Failed to open a WebSocket connection: missing subprotocol.\n",
        "Sec-WebSocket-Protocol header is missing or invalid",
    ] {
        check(
            "400 Bad Request",
            &["Content-Type: text/plain"],
            body,
            "the server requires a subprotocol: use -s NAME",
        );
    }
    let body = "invalid subprotocol; expected one of chat, superchat";
    let peer = Peer::http(format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    let peer = peer.start();
    Wsline::new()
        .args(["-s", "other", &peer.url()])
        .stderr_matches("...\nhint: the server may not support the subprotocol: check -s\n")
        .code(22)
        .run();
}

#[test]
fn wrong_path() {
    check(
        "404 Not Found",
        &[],
        "<h1>no</h1>",
        "there is no WebSocket at /chat: check the path",
    );
}

#[test]
fn unsupported_version() {
    check(
        "426 Upgrade Required",
        &["Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: 7"],
        "",
        "the server supports these versions of WebSocket: 8, 7; wsline supports 13 (RFC 6455 §4.4)",
    );
    check(
        "426 Upgrade Required",
        &["Upgrade: TLS/1.2, HTTP/1.1"],
        "",
        "the server requires TLS (RFC 2817): use wss://[ADDR]/chat?token=hush",
    );
}

/// What servers say behind a proxy that keeps the Upgrade field to itself.
#[test]
fn proxy_removes_the_upgrade_header() {
    for body in [
        "websocket: the client is not using the websocket protocol: 'upgrade' token not found",
        "Can \"Upgrade\" only to \"WebSocket\".",
        "No WebSocket UPGRADE hdr: None",
        "Missing or invalid Upgrade header",
    ] {
        check(
            "400 Bad Request",
            &["Server: nginx"],
            body,
            "the server did not receive the Upgrade header: a reverse proxy may have dropped it \
             (nginx: proxy_set_header Upgrade $http_upgrade)",
        );
    }
    check(
        "426 Upgrade Required",
        &["Sec-WebSocket-Version: 13"],
        "",
        "the server did not receive an upgrade to WebSocket: a reverse proxy may have dropped the \
         Upgrade header (nginx: proxy_set_header Upgrade $http_upgrade)",
    );
}

#[test]
fn web_page_instead_of_an_upgrade() {
    for (field, body) in [
        ("Content-Type: text/html; charset=utf-8", "hello"),
        ("X: y", "\n<!DOCTYPE html>\n<title>hello</title>"),
    ] {
        check(
            "200 OK",
            &[field],
            body,
            "this is a web page: the WebSocket often has a path of its own, such as /ws",
        );
    }
}

#[test]
fn wss_to_a_ws_port() {
    check(
        "400 Bad Request",
        &[],
        "<h1>The plain HTTP request was sent to HTTPS port</h1>",
        "this port uses TLS: use wss://[ADDR]/chat?token=hush",
    );
    // A TLS alert, as OpenSSL sends one.
    let peer = Peer::http(b"\x15\x03\x01\x00\x02\x02\x46").start();
    Wsline::new()
        .arg(peer.url())
        .with("[ADDR]", peer.addr())
        .stderr_matches("...\nhint: this port uses TLS: use wss://[ADDR]/\n")
        .code(22)
        .run();
    // Or it just ends TCP.
    let peer = Peer::http("").start();
    Wsline::new()
        .arg(peer.url())
        .with("[ADDR]", peer.addr())
        .stderr_matches("...\nhint: check the path and the subprotocol (-s); if the server uses TLS on this port, use \
             wss://[ADDR]/\n")
        .code(56)
        .run();
}

#[test]
fn ws_to_a_wss_port() {
    let peer = Peer::tcp().raw("HTTP/1.1 400 Bad Request\r\n\r\n");
    let peer = peer.stall().start();
    Wsline::new()
        .arg(peer.url().replace("ws", "wss"))
        .with("[ADDR]", peer.addr())
        .stderr_matches(
            "wsline: TLS handshake with 127.0.0.1 failed: the response is not TLS\n\
             hint: this port seems to use plain HTTP: use ws://[ADDR]\n",
        )
        .code(35)
        .run();
}

#[test]
fn drafts_from_before_the_rfc() {
    for (prefix, name) in [("", "hixie-75"), ("Sec-", "hixie-76 (hybi-00)")] {
        let peer = Peer::http(format!(
            "HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\n\
             Connection: Upgrade\r\n{prefix}WebSocket-Origin: http://h\r\n\
             {prefix}WebSocket-Location: ws://h/\r\n\r\n"
        ));
        let peer = peer.start();
        Wsline::new()
            .arg(peer.url())
            .with("[NAME]", name)
            .stderr_matches(
                "wsline: invalid upgrade response: no Sec-WebSocket-Accept header, expected [..]\n\
                 HTTP/1.1 101 Web Socket Protocol Handshake\n\
                 ...\n\
                 hint: the server uses [NAME], a draft from before RFC 6455 (2011) that browsers \
                 no longer support: it needs an update\n",
            )
            .code(22)
            .run();
    }
}

#[test]
fn response_of_another_service() {
    let peer = Peer::tcp().raw("SSH-2.0-x\r\n").stall().start();
    Wsline::new()
        .arg(peer.url())
        .stderr(
            "wsline: invalid upgrade response: not HTTP, the response begins with \
             \"SSH-2.0-x\\r\\n\"\n\
             hint: another service listens on this port: check the port number\n",
        )
        .code(22)
        .run();
}

#[test]
fn other_authentication_than_basic_and_bearer() {
    for challenge in ["Digest realm=\"cam\", nonce=\"abc\", qop=\"auth\"", "NTLM"] {
        let scheme = challenge.split(' ').next().unwrap_or_default();
        let field = format!("WWW-Authenticate: {challenge}");
        check(
            "401 Unauthorized",
            &[&field],
            "",
            &format!(
                "the server requires authentication by {scheme}, and wsline supports only Basic \
                 (-u) and Bearer (--bearer); -H 'Authorization: …' sends any other"
            ),
        );
    }
}

#[test]
fn a_socket_io_server() {
    for (status, body) in [
        (
            "400 Bad Request",
            "{\"code\":0,\"message\":\"Transport unknown\"}",
        ),
        (
            "200 OK",
            "0{\"sid\":\"x\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000}",
        ),
    ] {
        check(
            status,
            &["Content-Type: application/json"],
            body,
            "this is a Socket.IO server: use \
             ws://[ADDR]/chat?token=hush&EIO=4&transport=websocket",
        );
    }
}

#[test]
fn a_reverse_proxy_that_drops_the_upgrade() {
    check(
        "404 Not Found",
        &["Server: nginx/1.22.1"],
        "",
        "there is no WebSocket at /chat: check the path, or the server dropped the Upgrade header \
         (nginx: proxy_set_header Upgrade $http_upgrade)",
    );
    check(
        "501 Not Implemented",
        &[],
        "",
        "the server may require a subprotocol (-s), or the WebSocket may be at another path",
    );
}

/// Over TLS it rejects our ALPN, in the clear it sends SETTINGS.
#[test]
fn a_server_with_http_2_only() {
    const HINT: &str = "hint: the server may support HTTP/2 only: wsline uses HTTP/1.1, and no \
                        WebSocket over HTTP/2 (RFC 8441)\n";
    let peer = Peer::tcp().raw(b"\x15\x03\x03\0\x02\x02\x78").stall();
    let peer = peer.start();
    Wsline::new()
        .args([&peer.url().replace("ws", "wss"), "-k"])
        .stderr(format!(
            "wsline: TLS handshake with 127.0.0.1 failed: the server does not support HTTP/1.1 \
             (TLS alert: no application protocol)\n{HINT}"
        ))
        .code(35)
        .run();
    let settings = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";
    let peer = Peer::tcp().expect_raw("GET").raw(settings).stall().start();
    Wsline::new()
        .arg(peer.url())
        .stderr_matches(format!(
            "wsline: invalid upgrade response: not HTTP, the response begins with [..]\n{HINT}"
        ))
        .code(22)
        .run();
}
