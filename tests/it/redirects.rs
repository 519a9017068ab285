//! Redirects: followed only if asked for, and never with a secret to another origin.

use crate::support::{Cert, Peer, Wsline};

fn to(status: u16, location: &str) -> Peer {
    Peer::http(format!(
        "HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    ))
}

#[test]
fn every_kind_of_redirect_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        let end = Peer::ws().expect_request(|head| {
            assert!(head.starts_with("GET /b/d?e HTTP/1.1\r\n"), "{head}");
        });
        let peer = to(status, "d?e").then(end.echo(1)).start();
        Wsline::new()
            .args(["-L", "-d", "hi", "-1", &peer.url_with("/b/c")])
            .stdout("hi\n")
            .run();
    }
}

/// Its body goes on until the connection ends, which it does not: it is not waited for.
#[test]
fn the_body_of_a_redirect_is_not_read() {
    let start = Peer::http("HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\nThe document").stall();
    let peer = start.then(Peer::ws().close(1000, "")).start();
    Wsline::new().args(["-L", &peer.url()]).run();
}

#[test]
fn redirect_is_printed_with_verbose() {
    let end = Peer::ws().close(1000, "").start();
    let start = to(302, &format!("http://{}/x", end.addr())).start();
    Wsline::new()
        .args(["-v", "--location", "-H", "Cookie: a=b", &start.url()])
        .with("[START]", start.addr())
        .with("[END]", end.addr())
        .stderr_matches(
            "...\n\
             * [..] ms  connected to [START]\n\
             ...\n\
             > Cookie: ***\n\
             ...\n\
             < HTTP/1.1 302 Elsewhere\n\
             ...\n\
             * [..] ms  redirected to ws://[END]/x, another origin: credentials are not sent\n\
             * [..] ms  trying [END]\n\
             ...\n\
             * open: ws://[END]/x\n\
             ...\n",
        )
        .run();
}

const SECRETS: [&str; 8] = [
    "-H",
    "Cookie: a=b",
    "-H",
    "Proxy-Authorization: x",
    "-H",
    "X-Api-Key: x",
    "-H",
    "X-Plain: x",
];

#[test]
fn credentials_are_sent_to_the_same_origin() {
    let end = Peer::ws()
        .expect_header("Authorization", "Basic dTpw")
        .expect_header("Cookie", "a=b")
        .expect_header("X-Plain", "x");
    let peer = to(302, "/x").then(end.close(1000, "")).start();
    Wsline::new()
        .args(["-L", "-u", "u:p", &peer.url()])
        .args(SECRETS)
        .run();

    // What stands in the address is kept as well.
    let end = Peer::ws().expect_header("Authorization", "Basic dTpw");
    let peer = to(302, "/x").then(end.close(1000, "")).start();
    Wsline::new()
        .args(["-L", &peer.url().replace("ws://", "ws://u:p@")])
        .run();
}

#[test]
fn credentials_are_not_sent_to_another_origin() {
    let bare = || {
        Peer::ws()
            .expect_no_header("Authorization")
            .expect_no_header("Cookie")
            .expect_no_header("Proxy-Authorization")
            .expect_no_header("X-Api-Key")
            .expect_header("X-Plain", "x")
            .close(1000, "")
    };
    let end = bare().start();
    let start = to(302, &format!("http://{}/x", end.addr())).start();
    Wsline::new()
        .args(["-L", "-u", "u:p", &start.url()])
        .args(SECRETS)
        .run();

    let end = bare().start();
    let start = to(307, &format!("//localhost:{}/x", end.port())).start();
    Wsline::new()
        .args(["-L", &start.url().replace("ws://", "ws://u:p@")])
        .args(SECRETS)
        .run();
}

#[test]
fn removed_credentials_are_not_restored() {
    let end = Peer::ws().expect_no_header("Authorization").close(1000, "");
    let a = to(302, "http://b.test/2").then(end).start();
    let b = to(302, "http://a.test/3").start();
    Wsline::new()
        .args(["-L", "-u", "u:p", "ws://a.test/"])
        .args(["--connect-to", &format!("a.test:80:127.0.0.1:{}", a.port())])
        .args(["--connect-to", &format!("b.test:80:127.0.0.1:{}", b.port())])
        .run();
}

#[test]
fn refusal_after_removed_credentials_is_explained() {
    let end = Peer::http("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n").start();
    let start = to(302, &format!("http://{}/x", end.addr())).start();
    Wsline::new()
        .args(["-L", "-u", "u:p", &start.url()])
        .with("[END]", end.addr())
        .stderr_matches(
            "wsline: the server refused the upgrade: HTTP/1.1 401 No\n\
             ...\n\
             hint: a redirect led to ws://[END]/x, another origin, so credentials were not sent: \
             use that URL to send them\n",
        )
        .code(22)
        .run();
}

#[test]
fn redirect_from_wss_to_ws_is_not_followed() {
    let (cert, ca) = Cert::for_localhost();
    let peer = to(302, "http://127.0.0.1:1/x").tls(&cert).start();
    Wsline::new()
        .args(["-L", "--cacert", &ca.path().to_string_lossy(), &peer.url()])
        .stderr(
            "wsline: could not follow the redirect: it leads from wss to ws://127.0.0.1:1/x, \
             which is not encrypted; use that URL if that is what you want\n\
             HTTP/1.1 302 Elsewhere\n\
             Location: http://127.0.0.1:1/x\n\
             Content-Length: 0\n",
        )
        .code(22)
        .run();
}

#[test]
fn redirect_from_ws_to_wss_is_followed() {
    let (cert, ca) = Cert::for_localhost();
    let end = Peer::ws().tls(&cert).close(1000, "").start();
    let start = to(301, &end.url().replace("wss", "https")).start();
    Wsline::new()
        .args(["-L", "--cacert", &ca.path().to_string_lossy(), &start.url()])
        .run();
}

#[test]
fn too_many_redirects() {
    let peer = to(302, "/again").connections(3).start();
    Wsline::new()
        .args(["-L", "--max-redirs", "2", &peer.url()])
        .with("[URL]", peer.url_with("/again"))
        .stderr_matches(
            "wsline: too many redirects (--max-redirs 2): the next one leads to [URL]\n\
             hint: use a larger --max-redirs, unless the redirects form a loop\n",
        )
        .code(47)
        .run();
    drop(peer);
    let peer = to(302, "/again").connections(11).start();
    Wsline::new()
        .args(["-L", "-q", &peer.url()])
        .with("[URL]", peer.url_with("/again"))
        .stderr_matches(
            "wsline: too many redirects (--max-redirs 10): the next one leads to \
                         [URL]\n",
        )
        .code(47)
        .run();
}

#[test]
fn invalid_redirect_is_reported() {
    let peer = Peer::http("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n").start();
    Wsline::new()
        .args(["-L", &peer.url()])
        .stderr(
            "wsline: could not follow the redirect: the response has no Location header\n\
             HTTP/1.1 302 Found\n\
             Content-Length: 0\n",
        )
        .code(22)
        .run();
    for location in ["ftp://127.0.0.1/", "ws+unix:///tmp/x", "https://"] {
        let peer = to(302, location).start();
        Wsline::new()
            .args(["-L", "-q", &peer.url()])
            .stderr(format!(
                "wsline: could not follow the redirect: its Location is not a WebSocket URL: \
                 \"{location}\"\n"
            ))
            .code(22)
            .run();
    }
}

#[test]
fn redirect_target_is_escaped() {
    let peer = to(302, "ftp://\u{1b}[2J").start();
    Wsline::new()
        .args(["-L", "-q", &peer.url()])
        .stderr_matches("wsline: could not follow the redirect: [..]: \"ftp://\\u{1b}[2J\"\n")
        .code(22)
        .run();
}

#[test]
fn hint_names_the_location_option() {
    let peer = to(302, "https://example.test/x").start();
    Wsline::new()
        .arg(peer.url())
        .stderr(
            "wsline: the server refused the upgrade: HTTP/1.1 302 Elsewhere\n\
             HTTP/1.1 302 Elsewhere\n\
             Location: https://example.test/x\n\
             Content-Length: 0\n\
             hint: use -L to follow the redirect to wss://example.test/x\n",
        )
        .code(22)
        .run();
    Wsline::new()
        .args(["--max-redirs", "3", "ws://127.0.0.1:1/"])
        .stderr_matches("...\n[..]--max-redirs requires -L[..]\n...\n")
        .code(2)
        .run();
}

#[test]
fn deadline_applies_to_all_redirects() {
    let peer = to(302, "/x").then(Peer::silent()).start();
    Wsline::new()
        .args(["-L", "--connect-timeout", "0.5s", &peer.url()])
        .stderr(
            "wsline: timed out after 0.5 s (--connect-timeout) while waiting for the upgrade \
             response\n",
        )
        .code(28)
        .run();
}
