//! Addresses as people type them (RFC 6455 §3): the wrong ones and what is said of them, the
//! scheme that is guessed, and credentials that never go where nobody asked for them to go.

use crate::support::{Peer, Wsline};

const NO_HOST: &str = "the address names no host: write it as ws://HOST/PATH or wss://HOST/PATH";

/// Each wrong address has a sentence that says what is wrong with it and what would be right.
const WRONG: &[(&str, &str)] = &[
    (
        "",
        "the address is empty: write it as ws://HOST/PATH or wss://HOST/PATH",
    ),
    (
        "ws://host/a b",
        "the address has a blank in it: write a blank as %20, or quote the address by itself",
    ),
    (
        "ws://host/\u{1b}[2J",
        "the address has a control character in it: leave it out, or write it as %XX",
    ),
    (
        "ws://host/#part",
        "a WebSocket address has no fragment (RFC 6455 §3): leave out the # and what \
             follows, or write # as %23",
    ),
    (
        "ws:\\\\host",
        "the address has a backslash in it: write / between its parts, or a backslash as %5C",
    ),
    (
        "ftp://host/",
        "ftp:// is no scheme of a WebSocket: the address must be ws:// or wss://",
    ),
    (
        "://host/",
        "the address has no scheme before its ://, write ws:// or wss://",
    ),
    (
        "ws:/host",
        "two slashes must follow ws: in an address, as in ws://HOST/PATH",
    ),
    (
        "wss:",
        "two slashes must follow wss: in an address, as in wss://HOST/PATH; here even the \
             host is missing",
    ),
    ("ws://", NO_HOST),
    ("ws:///path", NO_HOST),
    ("ws://user@/", NO_HOST),
    (
        "8080",
        "8080 is no host: write :8080 for that port of this computer",
    ),
    (
        "ws://host:0/",
        "0 is no port: a port is a number from 1 to 65535",
    ),
    (
        "ws://host:65536/",
        "65536 is no port: a port is a number from 1 to 65535",
    ),
    (
        "ws://host:http/",
        "http is no port: a port is a number from 1 to 65535",
    ),
    (
        "ws://1.2.3.256/",
        "1.2.3.256 is no IPv4 address: write four numbers from 0 to 255, as in 192.168.0.1",
    ),
    (
        "wss://.example",
        "invalid host name '.example': it has an empty label; remove the extra dot",
    ),
    (
        "a..b:9000/x",
        "invalid host name 'a..b': it has an empty label; remove the extra dot",
    ),
    (
        "ws://[::1/",
        "the bracket before the IPv6 address is never closed: write it as in ws://[::1]/",
    ),
    (
        "ws://[::g]/",
        "[::g] is no IPv6 address: write one as in ws://[::1]:9000/",
    ),
    (
        "ws://[::1]9000/",
        "only a port can follow the bracket of an IPv6 address, as in ws://[::1]:9000/",
    ),
    (
        "ws://::1/",
        "an IPv6 address stands in brackets: write [::1], or [::1]:9000 with a port",
    ),
    (
        "ws://a:b:c/",
        "the host has more than one colon: write one before the port only, and an IPv6 \
             address in brackets, as in ws://[::1]:9000/",
    ),
    (
        "ws://ho<st/",
        "ho<st is no host name: it has a character in it that names can't have, or ends a \
             part with a hyphen",
    ),
    (
        "ws://user%3Aname:x@host/",
        "a user name can't hold a colon in Basic authentication (RFC 7617 §2)",
    ),
];

#[test]
fn a_wrong_address_has_its_sentence() {
    for (address, sentence) in WRONG {
        Wsline::new()
            .arg(address)
            .stderr(format!("wsline: {sentence}\n"))
            .code(3)
            .run();
    }
}

/// Part of a password may look like a port or a path: nothing of it is quoted.
#[test]
fn a_wrong_address_does_not_quote_a_password() {
    for address in ["ws://user:hush/hush@host/", "ws://user:hu?sh@host/"] {
        Wsline::new()
            .arg(address)
            .stderr(
                "wsline: the address can't be read: in a user name or a password write / as %2F, \
                 ? as %3F and @ as %40\n",
            )
            .code(3)
            .run();
    }
}

/// A server that closes at once: an address that leads there exits with 0.
fn closing() -> Peer {
    Peer::ws().close(1000, "")
}

#[test]
fn a_guessed_scheme_is_told() {
    let peer = closing()
        .expect_header("Sec-WebSocket-Version", "13")
        .connections(3)
        .start();
    let port = peer.port();
    for (address, url) in [
        (
            format!("127.0.0.1:{port}"),
            format!("ws://127.0.0.1:{port}/"),
        ),
        (format!(":{port}/x?y"), format!("ws://localhost:{port}/x?y")),
        (
            format!("localhost:{port}"),
            format!("ws://localhost:{port}/"),
        ),
    ] {
        Wsline::new()
            .arg(&address)
            .stderr(format!("wsline: no scheme given: taken for {url}\n"))
            .run();
    }
}

#[test]
fn a_name_with_a_dot_means_wss() {
    // A label of more than 63 letters leaves no computer (RFC 1035 §2.3.4).
    let name = format!("{}.invalid", "x".repeat(64));
    Wsline::new()
        .arg(&name)
        .stderr_matches(format!(
            "wsline: no scheme given: taken for wss://{name}/\n\
             wsline: could not resolve {name}: [..]\n"
        ))
        .code(6)
        .run();
}

/// With -q only the error is left, and a scheme that was given needs no note.
#[test]
fn a_note_is_no_error() {
    let peer = closing().connections(3).start();
    let port = peer.port();
    let quietly = format!("127.0.0.1:{port}");
    for args in [
        &["-q", &quietly][..],
        &[&format!("http://127.0.0.1:{port}")],
        &[&format!("WS://127.0.0.1:{port}")],
    ] {
        Wsline::new().args(args).run();
    }
}

/// The host is asked for as it was typed, the path as it stands; a default port is not said.
#[test]
fn the_request_has_the_path_and_the_query() {
    let peer = closing()
        .expect_request(|head| {
            assert!(
                head.starts_with("GET /a%20b/../c%2F?d=%23&e HTTP/1.1\r\n")
                    || head.starts_with("GET /c%2F?d=%23&e HTTP/1.1\r\n"),
                "{head}"
            );
        })
        .start();
    Wsline::new()
        .arg(peer.url_with("/a%20b/../c%2F?d=%23&e"))
        .run();
}

/// Whether or not this machine has IPv6, nobody listens there.
#[test]
fn an_ipv6_address_stands_in_brackets() {
    let port = Peer::refusing().port();
    Wsline::new()
        .arg(format!("[::1]:{port}"))
        .stderr_matches(format!(
            "wsline: no scheme given: taken for ws://[::1]:{port}/\n\
             wsline: could not connect to [::1]:{port} (::1): [..]\n"
        ))
        .code(7)
        .run();
}

/// A secret never goes over a ws that was only guessed.
#[test]
fn secrets_want_a_scheme() {
    for args in [
        &["user:hush@printer"][..],
        &["-u", "user:hush", "printer"],
        &["-H", "Authorization: Bearer hush", "printer"],
        &["-H", "Cookie: session=hush", "printer:80"],
    ] {
        Wsline::new()
            .args(args)
            .stderr(
                "wsline: credentials would go unencrypted to printer: write wss:// before the \
                 host to encrypt them, or ws:// if that is what you mean\n",
            )
            .code(3)
            .run();
    }
}

#[test]
fn secrets_may_go_to_loopback() {
    let peer = closing()
        .expect_header("Authorization", "Basic dXNlcjpodXNo")
        .start();
    let port = peer.port();
    Wsline::new()
        .arg(format!("user:hush@127.0.0.1:{port}"))
        .stderr(format!(
            "wsline: no scheme given: taken for ws://127.0.0.1:{port}/\n"
        ))
        .run();
}

/// Whatever is shown of an address, user and password are not.
#[test]
fn credentials_in_an_address_are_never_shown() {
    let peer = closing()
        .expect_header("Authorization", "Basic bG9naW46aHUvc2g=")
        .connections(2)
        .start();
    let url = format!("ws://login:hu%2Fsh@127.0.0.1:{}/", peer.port());
    for args in [&["-vvv"][..], &["--json"]] {
        let done = Wsline::new()
            .args(args)
            .arg(&url)
            .stdout_matches("...")
            .stderr_matches("...")
            .run();
        for shown in [done.stdout_text(), done.stderr_text()] {
            for secret in ["hu%2Fsh", "hu/sh", "login", "bG9naW46aHUvc2g="] {
                assert!(!shown.contains(secret), "{secret} is in\n{shown}");
            }
        }
        assert!(
            (done.stdout_text().to_owned() + done.stderr_text()).contains("Basic ***"),
            "it is hidden, and was sent"
        );
    }
}
