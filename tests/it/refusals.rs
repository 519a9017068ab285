//! Answers to the upgrade that refuse it: all of the answer is on stderr, and where the cause is
//! plain a hint says what to do.

use std::io::Write as _;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::{Peer, Wsline};

const REFUSED: &str = "wsline: the server refused the upgrade: ";

/// Answers with `answer`, which has its own line ends; `stderr` is what must come of it.
#[track_caller]
fn answered(answer: impl AsRef<[u8]>, stderr: &str) {
    let peer = Peer::http(answer).start();
    Wsline::new()
        .arg(peer.url())
        .stderr_matches(stderr)
        .with("[PORT]", peer.port())
        .code(22)
        .run();
}

#[test]
fn refusal_with_content_length() {
    let peer = Peer::http(
        "HTTP/1.1 401 Unauthorized\r\n\
         Content-Type: application/json\r\n\
         WWW-Authenticate: Bearer realm=\"api\"\r\n\
         Set-Cookie: session=hush\r\n\
         Content-Length: 37\r\n\r\n\
         {\"error\":\"token expired\",\n \"code\":17}",
    )
    // The server keeps the connection: only the length says where the body ends.
    .stall()
    .start();
    Wsline::new()
        .arg(peer.url())
        .stderr(format!(
            "{REFUSED}HTTP/1.1 401 Unauthorized\n\
             HTTP/1.1 401 Unauthorized\n\
             Content-Type: application/json\n\
             WWW-Authenticate: Bearer realm=\"api\"\n\
             Set-Cookie: ***\n\
             Content-Length: 37\n\
             \n\
             {{\"error\":\"token expired\",\n \"code\":17}}\n\
             \n\
             hint: the server requires credentials: use --bearer TOKEN\n"
        ))
        .code(22)
        .run();
}

#[test]
fn refusal_with_chunked_body() {
    let peer = Peer::http(
        "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n\
         5\r\nfirst\r\n7;x=y\r\n, then \r\n",
    )
    .pause(std::time::Duration::from_millis(50))
    .raw("6\r\nsecond\r\n0\r\nTrailer: x\r\n\r\n")
    .stall()
    .start();
    Wsline::new()
        .arg(peer.url())
        .stderr(format!(
            "{REFUSED}HTTP/1.1 401 No\n\
             HTTP/1.1 401 No\n\
             Transfer-Encoding: chunked\n\
             \n\
             first, then second\n\
             \n\
             hint: the server requires credentials: use -u USER:PASS\n"
        ))
        .code(22)
        .run();
}

#[test]
fn refusal_until_the_end_of_the_connection() {
    answered(
        "HTTP/1.0 503 Later\r\n\r\nI am\r\nbusy\r\n",
        &format!(
            "{REFUSED}HTTP/1.0 503 Later\nHTTP/1.0 503 Later\n\nI am\nbusy\n\n\
             hint: the server is overloaded or down, or a reverse proxy could not reach it: try \
             again later\n"
        ),
    );
}

/// What is longer than 64 KiB is cut there and said to be, however its length is told.
#[test]
fn long_refusal_is_truncated() {
    let line = "0123456789abcde\n";
    let kept = line.repeat(4096);
    let long = line.repeat(5000);
    let chunked = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    for (field, body) in [
        (format!("Content-Length: {}\n", long.len()), &long),
        ("Transfer-Encoding: chunked\n".to_owned(), &chunked),
        (String::new(), &long),
    ] {
        let head = format!("HTTP/1.1 500 Oops\n{field}");
        let peer = Peer::http(format!("{}\r\n{body}", head.replace('\n', "\r\n"))).start();
        Wsline::new()
            .args(["-v", &peer.url()])
            .stderr_matches(format!(
                "...\n{REFUSED}HTTP/1.1 500 Oops\n{kept}… the rest of the body is missing\n"
            ))
            .code(22)
            .run();
    }
}

/// A body that breaks off is shown as far as it came.
#[test]
fn interrupted_refusal() {
    answered(
        "HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nhalf",
        &format!(
            "{REFUSED}HTTP/1.1 500 Oops\n\
             HTTP/1.1 500 Oops\n\
             Content-Length: 100\n\
             \n\
             half\n\
             … the rest of the body is missing\n"
        ),
    );
}

/// Nothing from the network reaches a terminal as it is, here neither.
#[test]
fn refusal_is_escaped() {
    let peer = Peer::http("HTTP/1.1 500 No\r\nX: a\u{202e}b\r\n\r\n\x1b[31mred\u{202e}\n").start();
    Wsline::new()
        .arg(peer.url())
        .stderr(format!(
            "{REFUSED}HTTP/1.1 500 No\n\
             HTTP/1.1 500 No\n\
             X: a\\u{{202e}}b\n\
             \n\
             \\x1b[31mred\\u{{202e}}\n"
        ))
        .code(22)
        .run();
}

#[test]
fn quiet_prints_only_the_message() {
    let peer = Peer::http("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno").start();
    Wsline::new()
        .args(["-q", &peer.url()])
        .stderr(format!("{REFUSED}HTTP/1.1 404 Not Found\n"))
        .code(22)
        .run();
}

/// Each plain cause has its hint.
#[test]
fn refusals_have_hints() {
    for (answer, hint) in [
        (
            "403 Forbidden\r\n",
            "the server may require the Origin of its web page, as browsers send it (-o \
             https://SITE), or credentials (-u, --bearer or --cookie)",
        ),
        (
            "404 Not Found\r\n",
            "there is no WebSocket at /: check the path",
        ),
        (
            "407 Proxy Authentication Required\r\n",
            "a proxy before the server requires credentials: use -H 'Proxy-Authorization: Basic …'",
        ),
        (
            "426 Upgrade Required\r\nSec-WebSocket-Version: 8, 7\r\n",
            "the server supports these versions of WebSocket: 8, 7; wsline supports 13 \
             (RFC 6455 §4.4)",
        ),
        (
            "200 OK\r\nContent-Type: text/html; charset=utf-8\r\n",
            "this is a web page: the WebSocket often has a path of its own, such as /ws",
        ),
        (
            "200 OK\r\n",
            "this URL serves plain HTTP: the WebSocket may be at another path",
        ),
        (
            "502 Bad Gateway\r\n",
            "a reverse proxy responded because the server behind it did not: try again later",
        ),
    ] {
        let (status, fields) = answer.split_once("\r\n").expect("a status line");
        let shown = format!("HTTP/1.1 {status}\n{}", fields.replace("\r\n", "\n"));
        answered(
            format!("HTTP/1.1 {answer}Content-Length: 0\r\n\r\n"),
            &format!("{REFUSED}HTTP/1.1 {status}\n{shown}Content-Length: 0\nhint: {hint}\n"),
        );
    }
}

#[test]
fn proxy_that_removes_the_upgrade_header() {
    answered(
        "HTTP/1.1 400 Bad Request\r\n\r\nCan \"Upgrade\" only to \"WebSocket\".",
        &format!(
            "{REFUSED}HTTP/1.1 400 Bad Request\n\
             HTTP/1.1 400 Bad Request\n\
             \n\
             Can \"Upgrade\" only to \"WebSocket\".\n\
             \n\
             hint: the server did not receive the Upgrade header: a reverse proxy may have \
             dropped it (nginx: proxy_set_header Upgrade $http_upgrade)\n"
        ),
    );
}

#[test]
fn redirect_hint_names_the_target() {
    let peer = Peer::http("HTTP/1.1 302 Found\r\nLocation: /new?x\r\nContent-Length: 0\r\n\r\n");
    let peer = peer.start();
    let port = peer.port();
    Wsline::new()
        .arg(peer.url_with("/old"))
        .stderr_matches(format!(
            "{REFUSED}HTTP/1.1 302 Found\n\
             HTTP/1.1 302 Found\n\
             Location: /new?x\n\
             Content-Length: 0\n\
             hint: [..]ws://127.0.0.1:{port}/new?x[..]\n"
        ))
        .code(22)
        .run();
}

#[test]
fn rejected_credentials() {
    let peer = Peer::http("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n").start();
    Wsline::new()
        .args([&peer.url(), "-u", "me:hush"])
        .stderr(format!(
            "{REFUSED}HTTP/1.1 401 No\n\
             HTTP/1.1 401 No\n\
             Content-Length: 0\n\
             hint: the server rejected these credentials: use -u USER:PASS\n"
        ))
        .code(22)
        .run();
}

#[test]
fn rejected_origin() {
    let peer = Peer::http("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").start();
    Wsline::new()
        .args([&peer.url(), "-o", "https://a.example"])
        .stderr(format!(
            "{REFUSED}HTTP/1.1 403 No\n\
             HTTP/1.1 403 No\n\
             Content-Length: 0\n\
             hint: the server may not accept the Origin https://a.example (-o), or it requires \
             credentials (-u, --bearer or --cookie)\n"
        ))
        .code(22)
        .run();
}

/// Interim answers only announce the one that counts (RFC 9110 §15.2).
#[test]
fn interim_responses_before_a_refusal() {
    answered(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n\
         HTTP/1.1 418 Teapot\r\nContent-Length: 5\r\n\r\nshort",
        &format!("{REFUSED}HTTP/1.1 418 Teapot\nHTTP/1.1 418 Teapot\nContent-Length: 5\n\nshort\n"),
    );
}

/// The body of a refusal is shown decoded, or the coding is named.
#[test]
fn compressed_refusal_is_decoded_or_its_coding_named() {
    let text = b"{\"message\":\"token expired\"}";
    let compressed = |compression| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), compression);
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    };
    for (coding, body, shown) in [
        (
            "gzip",
            compressed(flate2::Compression::best()),
            "{\"message\":\"token expired\"}",
        ),
        (
            "br",
            b"\x0b\x02\x80x\x03".to_vec(),
            "a body of 5 B, compressed with br",
        ),
    ] {
        let head = format!(
            "HTTP/1.1 500 Busy\nContent-Encoding: {coding}\nContent-Length: {}\n",
            body.len()
        );
        let mut answer = format!("{head}\n").replace('\n', "\r\n").into_bytes();
        answer.extend(body);
        answered(
            answer,
            &format!("{REFUSED}HTTP/1.1 500 Busy\n{head}\n{shown}\n"),
        );
    }
}
/// A server that refuses at once, and whose body has no end.
fn endless() -> Peer {
    let head = "HTTP/1.1 503 Later\r\nConnection: keep-alive\r\n\r\ntry later\n";
    Peer::tcp().expect_raw("GET").raw(head).stall()
}

const ENDLESS: &str = "wsline: the server refused the upgrade: HTTP/1.1 503 Later\n\
                       HTTP/1.1 503 Later\nConnection: keep-alive\n\ntry later\n\
                       … the rest of the body is missing\n\n\
                       hint: the server is overloaded or down, or a reverse proxy could not \
                       reach it: try again later\n";

#[test]
fn endless_body_does_not_delay_the_refusal() {
    for args in [&[][..], &["--connect-timeout", "300ms"]] {
        let peer = endless().start();
        Wsline::new()
            .args(args)
            .arg(peer.url())
            .stderr(ENDLESS)
            .code(22)
            .within(Duration::from_secs(10))
            .run();
    }
}

/// Each part of it comes in time, but it has no end.
#[test]
fn event_stream_is_a_refusal() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    let mut peer = Peer::tcp().expect_raw("GET").raw(head);
    for _ in 0..4 {
        peer = peer
            .raw("data: tick\n\n")
            .pause(Duration::from_millis(1500));
    }
    let peer = peer.stall().start();
    Wsline::new()
        .arg(peer.url())
        .stderr_matches(
            "wsline: the server refused the upgrade: HTTP/1.1 200 OK\n\
             HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\ndata: tick\n\n...\n\
             … the rest of the body is missing\n...\n",
        )
        .code(22)
        .within(Duration::from_secs(12))
        .run();
}

/// The server has responded, whatever else ends the run.
#[test]
fn run_ending_inside_the_body_reports_the_status() {
    let peer = endless().start();
    Wsline::new()
        .args(["--max-time", "300ms", &peer.url()])
        .stderr_matches("wsline: the server refused the upgrade: HTTP/1.1 503 Later\n...")
        .code(22)
        .run();
    let peer = endless().start();
    Wsline::new()
        .args(["--max-time", "300ms", "--expect-status", "503", &peer.url()])
        .run();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let peer = endless().start();
        let mut program = Wsline::new()
            .args(["-v", &peer.url()])
            .stderr_matches(
                "...\n< Connection: keep-alive\n<\n\
                 wsline: the server refused the upgrade: HTTP/1.1 503 Later\n\
                 … the rest of the body is missing\n",
            )
            .code(22)
            .spawn();
        program.wait_for_stderr("< Connection: keep-alive\n<\n");
        program.signal(signal);
        program.wait();
    }
}

/// An invalid header hides neither the status nor the other headers nor the body.
#[test]
fn a_refusal_with_an_invalid_header() {
    for (line, shown, problem) in [
        ("X-Powered-By : Arduino", "X-Powered-By: Arduino\n", ""),
        (
            "Server Info: x",
            "Server Info: x\n",
            "… invalid header name, in the header \"Server Info\"\n",
        ),
        (
            "garbage",
            "",
            "… invalid header name, in the header \"garbage\"\n",
        ),
    ] {
        answered(
            format!("HTTP/1.1 403 No\r\n{line}\r\nContent-Length: 10\r\n\r\nno access\n"),
            &format!(
                "{REFUSED}HTTP/1.1 403 No\nHTTP/1.1 403 No\n{shown}Content-Length: 10\n{problem}\n\
                 no access\n\nhint: [..]\n"
            ),
        );
    }
}

#[test]
fn a_refusal_with_very_many_headers() {
    let peer = Peer::http(format!("HTTP/1.1 500 No\r\n{}\r\n", "A: b\r\n".repeat(500))).start();
    let shown = "A: b\n".repeat(49);
    Wsline::new()
        .arg(peer.url())
        .stderr(format!(
            "{REFUSED}HTTP/1.1 500 No\nHTTP/1.1 500 No\n{shown}… 451 more headers (-v shows all)\n"
        ))
        .code(22)
        .run();
}
