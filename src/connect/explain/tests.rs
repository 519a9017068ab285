//! Responses, and the hints for them.

use super::*;
use crate::http::{Credentials, CustomHeader};
use crate::secret::Secret;
use crate::target::Target;

fn request() -> ConnectOptions {
    ConnectOptions::new(Target::parse("ws://h:8080/x?token=hush").expect("an address"))
}

fn head(status: u16, headers: &[(&str, &str)]) -> ResponseHead {
    ResponseHead {
        status,
        headers: headers.iter().copied().collect(),
        ..ResponseHead::default()
    }
}

type Case<'a> = (u16, &'a [(&'a str, &'a str)], &'a str, &'a str);

/// Checks responses of a status, headers and a body, and what their hints contain.
#[track_caller]
fn check(responses: &[Case<'_>]) {
    for &(status, fields, body, says) in responses {
        let hint = refusal(&head(status, fields), body.as_bytes(), &request());
        let hint = hint.unwrap_or_else(|| panic!("{status} {body} has no hint"));
        assert!(hint.contains(says), "{status} {body}: {hint}");
    }
}

#[test]
fn credentials_are_missing() {
    let www = |challenge: &'static str| [("WWW-Authenticate", challenge)];
    check(&[
        (401, &[], "", "requires credentials: use -u"),
        (
            401,
            &www("Bearer realm=x"),
            "",
            "requires credentials: use --bearer",
        ),
        (401, &www("Basic realm=\"a b\""), "", "use -u USER:PASS"),
        (
            401,
            &www("Digest a=\"b\", Basic realm=x"),
            "",
            "use -u USER:PASS",
        ),
        (
            401,
            &www("basic realm=x, bearer"),
            "",
            "-u USER:PASS or --bearer TOKEN",
        ),
        (
            401,
            &www("Digest realm=\"cam\", nonce=\"abc\", qop=\"auth\""),
            "",
            "by Digest, and wsline supports only Basic",
        ),
        (
            401,
            &www("Negotiate, NTLM"),
            "",
            "by Negotiate or NTLM, and",
        ),
        (407, &[], "", "-H 'Proxy-Authorization: Basic …'"),
        (403, &[], "", "-o https://SITE"),
    ]);
}

#[test]
fn the_upgrade_did_not_arrive() {
    check(&[
        (426, &[("Sec-WebSocket-Version", "8, 7")], "", "8, 7"),
        (426, &[], "", "a reverse proxy"),
        (
            426,
            &[("Sec-WebSocket-Version", "13, 8")],
            "",
            "a reverse proxy",
        ),
        (426, &[("Upgrade", "TLS/1.2")], "", "use wss://h:8080/x"),
        (400, &[("Sec-WebSocket-Version", "8")], "", "versions"),
        (400, &[], "Missing Upgrade header", "a reverse proxy"),
        (
            400,
            &[],
            "Can \"Upgrade\" only to \"WebSocket\".",
            "a reverse proxy",
        ),
        (
            400,
            &[],
            "No WebSocket UPGRADE hdr: None",
            "a reverse proxy",
        ),
        (
            404,
            &[("Server", "nginx/1.22")],
            "",
            "path, or the server dropped the Upgrade header (nginx: ",
        ),
        (
            200,
            &[("Server", "Apache/2.4")],
            "<!doctype html>",
            "dropped the Upgrade header (Apache: ",
        ),
        (
            200,
            &[("Server", "lighttpd/1.4")],
            "",
            "dropped the Upgrade header (lighttpd: ",
        ),
        (
            400,
            &[],
            "<h1>The plain HTTP request was sent to HTTPS port</h1>",
            "use wss://h:8080/x?token=hush",
        ),
    ]);
}

#[test]
fn the_websocket_is_elsewhere() {
    check(&[
        (404, &[], "", "at /x: check the path"),
        (
            302,
            &[("Location", "/y")],
            "",
            "use -L to follow the redirect to ws://h:8080/y",
        ),
        (
            301,
            &[("Location", "https://u:p@i/z")],
            "",
            "redirect to wss://i/z",
        ),
        (
            307,
            &[("Location", "ftp://i")],
            "",
            "redirects to ftp://i, but wsline does not follow: its Location is not",
        ),
        (200, &[("content-type", "Text/HTML")], "", "a web page"),
        (200, &[], "\n<!DOCTYPE html>", "a web page"),
        (200, &[], "{}", "plain HTTP"),
        (501, &[], "", "a subprotocol (-s)"),
        (502, &[], "", "behind it"),
        (503, &[], "", "overloaded or down"),
        (505, &[], "", "HTTP/2 only"),
    ]);
    for status in [300, 301, 304, 400, 418, 500] {
        assert_eq!(refusal(&head(status, &[]), b"", &request()), None);
    }
}

#[test]
fn socket_io_gets_its_path_and_query() {
    for (url, body, wanted) in [
        (
            "ws://h/",
            "{\"code\":0,\"message\":\"Transport unknown\"}",
            "/socket.io/?EIO=4&transport=websocket",
        ),
        (
            "ws://h/socket.io/",
            "0{\"sid\":\"x\"}",
            "/socket.io/?EIO=4&transport=websocket",
        ),
        (
            "ws://h/my/?a=b",
            "97:0{\"sid\":\"x\"}",
            "/my/?a=b&EIO=4&transport=websocket",
        ),
        (
            "ws://h/a/?EIO=4&transport=polling",
            "0{\"sid\":\"x\"}",
            "/a/?EIO=4&transport=websocket",
        ),
        (
            "ws://h/a/?EIO=4&transport=websocket",
            "{\"code\":5,\"message\":\"Unsupported protocol version\"}",
            "/a/?EIO=3&transport=websocket",
        ),
    ] {
        let options = ConnectOptions::new(Target::parse(url).expect("an address"));
        for status in [200, 400] {
            let hint = refusal(&head(status, &[]), body.as_bytes(), &options);
            let wanted = format!("this is a Socket.IO server: use ws://h{wanted}");
            assert_eq!(hint, Some(wanted), "{url} {body}");
        }
    }
}

#[test]
fn a_hint_knows_what_was_sent() {
    let mut sent = request();
    sent.credentials = Some(Credentials {
        user: "u".to_owned(),
        password: "hush".to_owned(),
    });
    sent.bearer = Some(Secret::new("hush"));
    let hint = refusal(&head(401, &[]), b"", &sent).expect("a hint");
    assert!(hint.contains("rejected these") && !hint.contains("hush"));
    sent.headers = vec![CustomHeader::parse("origin: https://a").expect("a header")];
    let hint = refusal(&head(401, &[]), b"", &sent).expect("a hint");
    assert!(hint.contains("rejected these") && !hint.contains("hush"));
    let hint = refusal(&head(403, &[]), b"", &sent).expect("a hint");
    assert!(hint.contains("Origin https://a"), "{hint}");
}

#[test]
fn other_protocols_and_drafts_are_known() {
    let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100];
    assert_eq!(other_protocol(&settings, &request()), HTTP_2);
    let tls = other_protocol(&[0x15, 0x03, 0x01], &request());
    assert!(tls.contains("wss://h:8080/x"));
    assert_eq!(
        not_http(b"SSH-2.0\r\n\xff"),
        "not HTTP, the response begins with \"SSH-2.0\\r\\n\\xff\""
    );
    for (length, quoted) in [(40, "x".repeat(40)), (41, format!("{}…", "x".repeat(40)))] {
        let said = not_http("x".repeat(length).as_bytes());
        assert!(said.ends_with(&format!("\"{quoted}\"")), "{said}");
    }
    for (field, says) in [
        ("WebSocket-Origin", "hixie-75,"),
        ("WebSocket-Location", "hixie-75,"),
        ("sec-websocket-origin", "hixie-76 (hybi-00),"),
        ("Sec-WebSocket-Location", "hixie-76 (hybi-00),"),
    ] {
        let hint = draft(&head(101, &[(field, "x")]));
        assert!(hint.is_some_and(|hint| hint.contains(says)), "{field}");
    }
    assert!(draft(&head(101, &[("Upgrade", "x")])).is_none());
}
