//! Tests of the opening handshake with a server in memory.

use std::io::Read;
use std::time::{Duration, Instant};

use super::*;
use crate::http::{Credentials, CustomHeader};
use crate::target::Target;

/// A server in memory, which responds once it has received the complete request.
struct Server<F> {
    asked: Vec<u8>,
    answer: Option<F>,
    rest: Vec<u8>,
    silent: bool,
}

impl<F: FnOnce(&str, &str) -> String> Server<F> {
    /// `answer` gets the request and the correct `Sec-WebSocket-Accept`.
    fn answering(answer: F) -> Self {
        Self {
            asked: Vec::new(),
            answer: Some(answer),
            rest: Vec::new(),
            silent: false,
        }
    }

    /// Keeps the connection open after the response without sending anything else.
    fn then_silent(mut self) -> Self {
        self.silent = true;
        self
    }
}

impl<F: FnOnce(&str, &str) -> String> LimitReads for Server<F> {
    fn limit_reads(&mut self, _: Instant) {}
}

impl<F: FnOnce(&str, &str) -> String> Read for Server<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(answer) = self.answer.take() {
            let asked = std::str::from_utf8(&self.asked).expect("the request is text");
            assert!(asked.ends_with("\r\n\r\n"), "{asked:?}");
            let key = asked
                .lines()
                .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
                .unwrap_or_default();
            self.rest = answer(asked, &derive_accept_key(key.as_bytes())).into_bytes();
        }
        if self.rest.is_empty() && self.silent {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let count = self.rest.len().min(buffer.len()).min(7);
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(count)
    }
}

impl<F> Write for Server<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.asked.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn to(address: &str) -> ConnectOptions {
    ConnectOptions::new(Target::parse(address).expect("an address"))
}

fn with(address: &str, headers: &[&str]) -> ConnectOptions {
    let mut request = to(address);
    request.headers = headers
        .iter()
        .map(|text| CustomHeader::parse(text).expect("a header"))
        .collect();
    request
}

fn lines(request: &ConnectOptions) -> Vec<String> {
    let text = String::from_utf8(compose(request, "KEY").encode()).expect("text");
    let text = text
        .strip_suffix("\r\n\r\n")
        .expect("an empty line ends it");
    text.split("\r\n").map(str::to_owned).collect()
}

fn ask(
    request: &ConnectOptions,
    answer: impl FnOnce(&str, &str) -> String,
) -> (Result<HandshakeResult, Error>, Vec<ConnectStep>) {
    let mut steps = Vec::new();
    let mut server = Server::answering(answer);
    let deadline = Deadline::after(Duration::from_secs(30));
    let result = upgrade(&mut server, request, deadline, &mut |step| steps.push(step));
    (result, steps)
}

fn fail(request: &ConnectOptions, answer: impl FnOnce(&str, &str) -> String) -> Error {
    ask(request, answer).0.expect_err("the answer is wrong")
}

const GOOD: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                    Connection: Upgrade\r\nSec-WebSocket-Accept: ";

#[test]
fn request_headers_have_the_order_of_browsers() {
    let mut request = to("ws://u:p%C3%BC@example.org:9000/a?b");
    request.origin = Some("https://example.org".to_owned());
    request.subprotocols = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(
        lines(&request),
        [
            "GET /a?b HTTP/1.1",
            "Host: example.org:9000",
            "Connection: Upgrade",
            "Pragma: no-cache",
            "Cache-Control: no-cache",
            "Authorization: Basic dTpww7w=",
            concat!("User-Agent: wsline/", env!("CARGO_PKG_VERSION")),
            "Upgrade: websocket",
            "Origin: https://example.org",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: KEY",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
            "Sec-WebSocket-Protocol: a, b",
        ]
    );
    request.credentials = Some(Credentials {
        user: "x".to_owned(),
        password: "y".to_owned(),
    });
    assert!(lines(&request).contains(&"Authorization: Basic eDp5".to_owned()));
}

#[test]
fn custom_headers_replace_default_headers_in_place() {
    let mut request = with(
        "ws://u:p@h",
        &[
            "X-B: 1",
            "host: other",
            "x-a: 2",
            "Pragma:",
            "authorization: Bearer t",
            "sec-websocket-key: mine",
            "X-B: 3",
            "Empty;",
            "Absent:",
        ],
    );
    request.user_agent = Some(String::new());
    assert_eq!(
        lines(&request),
        [
            "GET / HTTP/1.1",
            "host: other",
            "Connection: Upgrade",
            "Cache-Control: no-cache",
            "authorization: Bearer t",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "sec-websocket-key: mine",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
            "X-B: 1",
            "x-a: 2",
            "X-B: 3",
            "Empty:",
        ]
    );
}

#[test]
fn bytes_after_the_upgrade_response_are_kept() {
    let mut request = to("ws://h");
    request.subprotocols = vec!["chat".to_owned(), "other".to_owned()];
    let (result, steps) = ask(&request, |_, accept| {
        format!(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\
             HTTP/1.1 101 Switching\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n\
             sec-websocket-accept: {accept}\r\nsec-websocket-protocol: other\r\n\r\n\u{1}glued"
        )
    });
    let agreed = result.expect("the answer is right");
    assert_eq!(agreed.subprotocol.as_deref(), Some("other"));
    assert_eq!(agreed.response.status_line, "HTTP/1.1 101 Switching");
    // The server returns seven bytes per read, so some of the bytes may not have been read yet.
    assert!(b"\x01glued".starts_with(&agreed.early));
    assert!(matches!(
        &steps[..],
        [ConnectStep::UpgradeRequest(asked), ConnectStep::UpgradeResponse(answered)]
            if *asked == agreed.request && *answered == agreed.response
    ));
}

#[test]
fn bytes_read_with_the_head_are_returned_as_early() {
    let key = "dGhlIHNhbXBsZSBub25jZQ==";
    let answer = format!("{GOOD}s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\u{1}glued");
    let mut stream = io::Cursor::new(Vec::new());
    let header = format!("Sec-WebSocket-Key: {key}");
    let request = with("ws://h", &[&header]);
    // In the buffer, the response begins where the request ends.
    let length = compose(&request, "").encode().len();
    stream.get_mut().resize(length, 0);
    stream.get_mut().extend(answer.as_bytes());
    let agreed = upgrade(&mut stream, &request, Deadline::never(), &mut |_| ())
        .expect("the key and its accept are RFC 6455's own (§1.3)");
    assert_eq!(agreed.early, b"\x01glued");
}

#[test]
fn invalid_responses_are_explained() {
    let mut request = to("ws://h");
    request.subprotocols = vec!["chat".to_owned()];
    for (lines, says) in [
        (
            "Connection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT",
            "no Upgrade header, expected \"websocket\"",
        ),
        (
            "Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Accept: ACCEPT",
            "\"close\"",
        ),
        (
            "Upgrade: websocket\r\nConnection: Upgrade",
            "no Sec-WebSocket-Accept header, expected",
        ),
        ("UPGRADE\r\nSec-WebSocket-Accept: bm9wZQ==", "bm9wZQ=="),
        (
            "UPGRADE\r\nSec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Accept: x",
            "Sec-WebSocket-Accept was sent twice",
        ),
        (
            "UPGRADE\r\nSec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Protocol: x",
            "only chat was",
        ),
        (
            "UPGRADE\r\nSec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Protocol: chat\r\n\
             Sec-WebSocket-Protocol: chat",
            "more than one Sec-WebSocket-Protocol",
        ),
        (
            "UPGRADE\r\nSec-WebSocket-Accept: ACCEPT\r\n\
             Sec-WebSocket-Extensions: x-unheard-of",
            "extension \"x-unheard-of\" was not offered",
        ),
    ] {
        let error = fail(&request, |_, accept| {
            let lines = lines
                .replace("UPGRADE", "Upgrade: websocket\r\nConnection: Upgrade")
                .replace("ACCEPT", accept);
            format!("HTTP/1.1 101 x\r\n{lines}\r\n\r\n")
        });
        let Error::InvalidResponse { cause, head, .. } = &error else {
            panic!("{lines}: {error:?}");
        };
        assert!(cause.contains(says), "{lines}: {cause}");
        assert!(cause.contains("RFC 6455 §"), "{cause}");
        assert!(head.is_some());
    }
    let error = fail(&to("ws://h"), |_, accept| {
        format!("{GOOD}{accept}\r\nSec-WebSocket-Protocol: x\r\n\r\n")
    });
    assert!(error.to_string().contains("use -s to offer one"), "{error}");
}

#[test]
fn refusals_have_a_body_and_a_hint() {
    let error = fail(&to("ws://h"), |_, _| {
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\nWWW-Authenticate: Basic\r\n\r\nnope"
            .to_owned()
    });
    let Error::Refused(refusal) = error else {
        panic!("{error:?}");
    };
    assert_eq!((refusal.head.status, refusal.body.truncated), (401, false));
    assert_eq!(refusal.body.bytes, b"nope");
    assert!(refusal.hint.is_some_and(|hint| hint.contains("-u")));
}

#[test]
fn missing_and_foreign_responses_have_different_errors() {
    let request = to("ws://h");
    let ended = fail(&request, |_, _| String::new());
    assert!(
        matches!(ended, Error::Unanswered { cause: None, .. }),
        "{ended:?}"
    );
    let ended = fail(&request, |_, _| "HTTP/1.1 101 Sw".to_owned());
    assert!(
        matches!(ended, Error::Unanswered { cause: None, .. }),
        "{ended:?}"
    );
    let ssh = fail(&request, |_, _| "SSH-2.0-x\r\n".to_owned());
    assert!(
        matches!(&ssh, Error::InvalidResponse { head: None, cause, .. } if cause.contains("HTTP")),
        "{ssh:?}"
    );
    let tls = fail(&request, |_, _| "\u{15}\u{3}\u{1}\0\u{2}".to_owned());
    assert!(
        tls.hint().is_some_and(|hint| hint.contains("wss://h")),
        "{tls:?}"
    );
}

#[test]
fn silent_server_is_timed_out() {
    let mut server = Server::answering(|_, _| String::new()).then_silent();
    let deadline = Deadline::after(Duration::from_secs(9));
    let error = upgrade(&mut server, &to("ws://h"), deadline, &mut |_| ())
        .expect_err("nothing was answered");
    assert!(
        matches!(
            error,
            Error::Timeout { option: "--connect-timeout", limit, phase: Phase::Upgrade }
                if limit == Duration::from_secs(9)
        ),
        "{error:?}"
    );
}

#[test]
fn refusal_is_reported_when_its_body_times_out() {
    let mut server = Server::answering(|_, _| {
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\nnot you".to_owned()
    })
    .then_silent();
    let error = upgrade(&mut server, &to("ws://h"), Deadline::never(), &mut |_| ())
        .expect_err("it is a refusal");
    assert!(
        matches!(&error, Error::Refused(refusal)
            if refusal.body.truncated && refusal.body.bytes == b"not you"),
        "{error:?}"
    );
}

impl LimitReads for io::Cursor<Vec<u8>> {
    fn limit_reads(&mut self, _: Instant) {}
}

mod failed_writes;
