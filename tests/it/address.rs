//! Addresses as people type them (RFC 6455 §3): the wrong ones and what is said of them, the
//! scheme that is guessed, and credentials that never go where nobody asked for them to go.

use crate::support::{Peer, Wsline};

const NO_HOST: &str = "the URL has no host\nhint: write it as ws://HOST/PATH or wss://HOST/PATH";

/// Each mistake has a message that says what is wrong, and a hint how to write it.
const WRONG: &[(&str, &str)] = &[
    (
        "",
        "the URL is empty\nhint: write it as ws://HOST/PATH or wss://HOST/PATH",
    ),
    (
        "ws://host/a b",
        "the URL contains a space\nhint: write a space as %20, or quote the URL separately",
    ),
    (
        "ws://host/\u{1b}[2J",
        "the URL contains a control character\nhint: remove it, or write it as %XX",
    ),
    (
        "ws://host/#part",
        "the URL contains a fragment, which a WebSocket URL cannot have (RFC 6455 §3)\n\
         hint: remove the # and what follows, or write # as %23",
    ),
    (
        "ws:\\\\host",
        "the URL contains a backslash\n\
         hint: write / between its parts, or a backslash as %5C",
    ),
    (
        "ftp://host/",
        "unsupported URL scheme 'ftp'\nhint: use ws:// or wss://",
    ),
    (
        "unix:///run/app.sock",
        "unsupported URL scheme 'unix'\n\
         hint: for a WebSocket on a Unix socket use ws+unix:///PATH:/RESOURCE",
    ),
    (
        "://host/",
        "the URL has no scheme before ://\nhint: use ws:// or wss://",
    ),
    (
        "ws:/host",
        "missing // after 'ws:'\nhint: write it as ws://HOST/PATH",
    ),
    (
        "wss:",
        "missing // after 'wss:'\nhint: write it as wss://HOST/PATH",
    ),
    ("ws://", NO_HOST),
    ("ws:///path", NO_HOST),
    ("ws://user@/", NO_HOST),
    (
        "8080",
        "'8080' is not a host name\nhint: for port 8080 on this machine use :8080",
    ),
    (
        "ws://host:0/",
        "invalid port '0': not a number from 1 to 65535",
    ),
    (
        "ws://host:65536/",
        "invalid port '65536': not a number from 1 to 65535",
    ),
    (
        "ws://host:http/",
        "invalid port 'http': not a number from 1 to 65535",
    ),
    (
        "ws://1.2.3.256/",
        "invalid IPv4 address '1.2.3.256'\n\
         hint: use four numbers from 0 to 255, as in 192.168.0.1",
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
        "missing ']' after the IPv6 address\nhint: write it as in ws://[::1]/",
    ),
    (
        "ws://[::g]/",
        "invalid IPv6 address '[::g]'\nhint: write it as in ws://[::1]:9000/",
    ),
    (
        "ws://[::1]9000/",
        "unexpected text after the IPv6 address\n\
         hint: only a port can follow, as in ws://[::1]:9000/",
    ),
    (
        "ws://::1/",
        "an IPv6 address needs brackets\nhint: write [::1], or [::1]:9000 with a port",
    ),
    (
        "ws://a:b:c/",
        "more than one colon in the host and port\n\
         hint: an IPv6 address needs brackets, as in ws://[::1]:9000/",
    ),
    (
        "ws://ho<st/",
        "invalid host name 'ho<st': it contains an invalid character, or a label ends with a \
         hyphen",
    ),
    (
        "ws://user%3Aname:x@host/",
        "the user name contains a colon, which Basic authentication does not allow \
         (RFC 7617 §2)",
    ),
];

#[test]
fn invalid_urls_have_their_messages() {
    for (url, message) in WRONG {
        Wsline::new()
            .arg(url)
            .stderr(format!("wsline: {message}\n"))
            .code(3)
            .run();
    }
}

/// Part of a password may look like a port or a path: nothing of it is quoted.
#[test]
fn invalid_url_does_not_quote_the_password() {
    for address in ["ws://user:hush/hush@host/", "ws://user:hu?sh@host/"] {
        Wsline::new()
            .arg(address)
            .stderr(
                "wsline: could not parse the URL\n\
                 hint: in a user name or password write / as %2F, ? as %3F and @ as %40\n",
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
fn assumed_scheme_is_noted() {
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
fn scheme_is_wss_for_names_with_a_dot() {
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
fn note_does_not_change_the_exit_code() {
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
fn request_has_path_and_query() {
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
fn ipv6_address_has_brackets_in_the_host_header() {
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
fn credentials_need_an_explicit_scheme() {
    for args in [
        &["user:hush@printer"][..],
        &["-u", "user:hush", "printer"],
        &["-H", "Authorization: Bearer hush", "printer"],
        &["-H", "Cookie: session=hush", "printer:80"],
    ] {
        Wsline::new()
            .args(args)
            .stderr(
                "wsline: credentials would be sent unencrypted to printer\n\
                 hint: use wss:// to encrypt them, or ws:// to send them anyway\n",
            )
            .code(3)
            .run();
    }
}

#[test]
fn credentials_are_sent_to_loopback() {
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
fn credentials_in_the_url_are_hidden() {
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
