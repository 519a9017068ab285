//! The page that the echo server shows to browsers: text and drawings that come back, close codes,
//! `readyState`. It is one file and loads nothing else. An
//! animation compares WebSocket with HTTP polling.

use std::fmt::Write as _;

/// The page; each `{nonce}` in it is replaced.
const PAGE: &str = include_str!("page.html");

/// Headers that a request for the page does not have. With one of them it is an opening handshake, and
/// the response says what is wrong with it.
const OF_HANDSHAKES: [&str; 3] = ["Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version"];

/// Whether a request is a plain `GET /`, as a browser sends it.
pub(super) fn is_requested(head: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; super::wire::MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    if !request.parse(head).is_ok_and(|status| status.is_complete()) {
        return false;
    }
    let path = request.path.unwrap_or_default();
    let is_handshake = request.headers.iter().any(|header| {
        let is = |name: &&str| header.name.eq_ignore_ascii_case(name);
        OF_HANDSHAKES.iter().any(is)
    });
    request.method == Some("GET") && path.split('?').next() == Some("/") && !is_handshake
}

/// The response with the page. Its policy allows its own script and style, connections by WebSocket,
/// requests to the server itself, and nothing else.
pub(super) fn response() -> String {
    // New for each response, so that an injected script can't know it.
    let nonce = hex::encode(rand::random::<[u8; 16]>());
    let page = PAGE.replace("{nonce}", &nonce);
    let mut response = String::from("HTTP/1.1 200 OK\r\n");
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         img-src data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    for (name, value) in [
        ("Connection", "close"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", &page.len().to_string()),
        ("Content-Security-Policy", &policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ] {
        let _ = write!(response, "{name}: {value}\r\n");
    }
    response + "\r\n" + &page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_get_requests_the_page() {
        for (head, is_page) in [
            ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", true),
            ("GET /?x HTTP/1.1\r\nConnection: keep-alive\r\n\r\n", true),
            ("GET /favicon.ico HTTP/1.1\r\n\r\n", false),
            ("POST / HTTP/1.1\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nSec-WebSocket-Key: x\r\n\r\n", false),
            ("GET / HTTP/1.1\r\n", false),
            ("\x16\x03\x01", false),
        ] {
            assert_eq!(is_requested(head.as_bytes()), is_page, "{head:?}");
        }
    }

    #[test]
    fn page_is_whole_and_asks_for_nothing_else() {
        let response = response();
        let (head, body) = response.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())));
        let nonce = body.split("nonce=\"").nth(1).expect("one");
        let nonce = nonce.split('"').next().expect("an end");
        assert_eq!(nonce.len(), 32);
        assert!(head.contains(&format!(
            "script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'"
        )));
        assert_ne!(response, super::response(), "each has its own");
        assert!(!body.contains("{nonce}") && body.ends_with("</html>\n"));
        // Only the server of the page itself.
        assert_eq!(
            body.matches("fetch(").count(),
            body.matches("fetch(`/poll?").count()
        );
        for outside in ["src=", "href=\"http", "@import", "import(", "XMLHttp"] {
            assert!(!body.contains(outside), "{outside}");
        }
        assert!(PAGE.lines().count() < 300, "it is to be read");
    }
}
