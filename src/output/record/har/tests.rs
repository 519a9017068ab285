//! Tests of the objects in an archive, and that it is complete after each event.

use std::time::Duration;

use serde_json::{json, Value};
use tempfile::NamedTempFile;

use super::super::archive::{ArchiveFile, Hold};
use bytes::Bytes;

use super::*;
use crate::error::Refusal;
use crate::event::{Piece, Timing};
use crate::http::{Body, Headers, RequestHead, ResponseHead};
use crate::output::tested::now_at;
use crate::protocol::{CloseReason, Role};

const LINK: Link = Link(0);

/// The given number of milliseconds after 1 March 2026.
fn at(milliseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_772_323_200_000 + milliseconds)
}

struct Archived {
    file: NamedTempFile,
    har: Har,
    archive: ArchiveFile,
}

impl Archived {
    fn new(secrets: Secrets) -> Self {
        let file = NamedTempFile::new().expect("a file");
        let handle = file.reopen().expect("a handle");
        let archive = ArchiveFile::new(handle, Hold::new(false));
        let har = Har::new("ws://h:1/?a=b%20c&d".to_owned(), secrets);
        let mut har = har.expect("it is written to memory");
        har.attempt = ArchivedAttempt::new(at(0));
        Self { file, har, archive }
    }

    fn show(&mut self, milliseconds: u64, link: Link, event: &Event<'_>) -> io::Result<()> {
        let now = now_at(at(milliseconds));
        self.har.on_event(now, link, event, &mut self.archive)
    }

    /// Passes on an event, and returns the entries in the file.
    fn tell(&mut self, milliseconds: u64, event: &Event<'_>) -> Vec<Value> {
        self.show(milliseconds, LINK, event).expect("it is kept");
        self.har.on_idle(&mut self.archive).expect("it is kept");
        self.archive.idle().expect("a file");
        let text = std::fs::read_to_string(self.file.path()).expect("it can be read");
        let mut log: Value = serde_json::from_str(&text).expect("it is whole");
        assert_eq!(log["log"]["version"], "1.2");
        assert_eq!(log["log"]["creator"]["name"], "wsline");
        let Value::Array(entries) = log["log"]["entries"].take() else {
            panic!("entries are a list: {text}");
        };
        entries
    }
}

fn response(status: u16, reason: &str, headers: &[(&str, &str)]) -> ResponseHead {
    ResponseHead {
        status,
        status_line: format!("HTTP/1.1 {status} {reason}"),
        headers: headers.iter().copied().collect(),
        ..ResponseHead::default()
    }
}

fn request() -> RequestHead {
    RequestHead {
        request_line: "GET /?a=b%20c&d HTTP/1.1".to_owned(),
        headers: Headers::from_iter([
            ("Host", "h:1"),
            ("Cookie", "e=f; g=h"),
            ("Authorization", "Bearer x"),
        ]),
    }
}

fn upgrade() -> Upgrade {
    let milliseconds = |it| Some(Duration::from_micros(it));
    Upgrade {
        url: "ws://h:1/?a=b%20c&d".to_owned(),
        peer: Some(PeerAddress::Tcp("[::1]:1".parse().expect("an address"))),
        request: request(),
        response: response(101, "Switching Protocols", &[("Set-Cookie", "i=j; Path=/")]),
        timing: Timing {
            redirects: milliseconds(9_000_000),
            resolve: milliseconds(1500),
            connect: milliseconds(2250),
            proxy: milliseconds(3000),
            tls: milliseconds(4000),
            upgrade: milliseconds(5000),
        },
        ..Upgrade::default()
    }
}

#[test]
fn connection_is_an_entry_with_messages() {
    let mut archived = Archived::new(Secrets::Hidden);
    archived.tell(100, &Event::Open(&upgrade()));
    let text = Piece::whole(Kind::Text, "h\u{e9}".as_bytes());
    archived.tell(110, &Event::Data(Way::Out, text));
    archived.tell(
        120,
        &Event::Data(Way::In, Piece::whole(Kind::Binary, b"\xff\x00")),
    );
    archived.tell(130, &Event::Ping(Way::In, b"p"));
    archived.tell(130, &Event::Pong(Way::Out, b"p"));
    let closure = Closure {
        sent: Some(None),
        received: Some(Some(CloseReason {
            code: 4001,
            reason: "bye".to_owned(),
        })),
        initiator: Some(Role::Server),
        ..Closure::default()
    };
    archived.tell(140, &Event::CloseFrame(Way::In, &closure));
    archived.tell(140, &Event::CloseFrame(Way::Out, &closure));
    let entries = archived.tell(150, &Event::Closed(&closure));
    let second = 1_772_323_200.0;
    let message = |kind: &str, after: f64, opcode: u8, data: &str| json!({"type": kind, "time": second + after, "opcode": opcode, "data": data});
    let [entry] = entries.as_slice() else {
        panic!("one entry: {entries:?}");
    };
    assert_eq!(
        entry["_webSocketMessages"],
        json!([
            message("send", 0.11, 1, "h\u{e9}"),
            message("receive", 0.12, 2, "/wA="),
            message("receive", 0.13, 9, "cA=="),
            message("send", 0.13, 10, "cA=="),
            message("receive", 0.14, 8, "D6FieWU="),
            message("send", 0.14, 8, ""),
        ])
    );
    assert_eq!(entry["startedDateTime"], "2026-03-01T00:00:00.084250Z");
    assert_eq!(entry["serverIPAddress"], "::1");
    assert_eq!(entry["connection"], "1");
    assert_eq!(entry["_resourceType"], "websocket");
    assert_eq!(
        entry["timings"],
        json!({"blocked": -1.0, "dns": 1.5, "connect": 9.25, "ssl": 4.0, "send": 0.0, "wait": 5.0, "receive": 50.0})
    );
    assert_eq!(entry["time"], 65.75);
}

#[test]
fn handshake_is_recorded_as_request_and_response() {
    let mut archived = Archived::new(Secrets::Hidden);
    let entries = archived.tell(100, &Event::Open(&upgrade()));
    assert_eq!(
        entries[0]["request"],
        json!({
            "method": "GET",
            "url": "ws://h:1/?a=b%20c&d",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [
                {"name": "Host", "value": "h:1"},
                {"name": "Cookie", "value": "***"},
                {"name": "Authorization", "value": "Bearer ***"},
            ],
            "queryString": [{"name": "a", "value": "b c"}, {"name": "d", "value": ""}],
            "headersSize": 82,
            "bodySize": 0,
        })
    );
    assert_eq!(
        entries[0]["response"],
        json!({
            "status": 101,
            "statusText": "Switching Protocols",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": "Set-Cookie", "value": "***"}],
            "content": {"size": 0, "mimeType": "x-unknown"},
            "redirectURL": "",
            "headersSize": 61,
            "bodySize": 0,
        })
    );
    assert_eq!(entries[0]["_webSocketMessages"], json!([]));
}

#[test]
fn secrets_are_recorded_on_request() {
    let mut archived = Archived::new(Secrets::Shown);
    let entries = archived.tell(100, &Event::Open(&upgrade()));
    let request = &entries[0]["request"];
    assert_eq!(request["headers"][2]["value"], "Bearer x");
    assert_eq!(
        request["cookies"],
        json!([{"name": "e", "value": "f"}, {"name": "g", "value": "h"}])
    );
    assert_eq!(
        entries[0]["response"]["cookies"],
        json!([{"name": "i", "value": "j"}])
    );
}

/// A redirect, then a refusal.
#[test]
fn refusals_and_redirects_are_entries() {
    let mut archived = Archived::new(Secrets::Hidden);
    let address = "127.0.0.1:1".parse().expect("an address");
    let location = ("Location", "ws://h:1/b");
    let steps = [
        (10, ConnectStep::Resolved(vec![address])),
        (15, ConnectStep::Connected(PeerAddress::Tcp(address))),
        (20, ConnectStep::UpgradeRequest(request())),
        (
            40,
            ConnectStep::UpgradeResponse(response(302, "Found", &[location])),
        ),
    ];
    for (milliseconds, step) in &steps {
        assert!(archived
            .tell(*milliseconds, &Event::Connect(step))
            .is_empty());
    }
    let (url, tls, credentials_removed) = ("ws://h:1/b".to_owned(), false, false);
    archived.tell(
        50,
        &Event::Connect(&ConnectStep::Redirected {
            url,
            tls,
            credentials_removed,
        }),
    );
    archived.tell(60, &Event::Connect(&ConnectStep::UpgradeRequest(request())));
    let refusal = response(401, "Unauthorized", &[("Content-Type", "text/x")]);
    archived.tell(
        65,
        &Event::Connect(&ConnectStep::UpgradeResponse(refusal.clone())),
    );
    let error = Error::Refused(Box::new(Refusal {
        head: refusal,
        body: Body {
            bytes: b"no\xff".to_vec(),
            truncated: true,
            coding: None,
        },
        hint: None,
    }));
    let entries = archived.tell(70, &Event::ConnectFailed(&error));
    let [first, second] = entries.as_slice() else {
        panic!("two entries: {entries:?}");
    };
    assert_eq!(first["startedDateTime"], "2026-03-01T00:00:00.000000Z");
    assert_eq!(first["response"]["status"], 302);
    assert_eq!(first["response"]["redirectURL"], "ws://h:1/b");
    assert_eq!(first["response"].get("_error"), None);
    assert_eq!(
        first["timings"],
        json!({"blocked": -1.0, "dns": 10.0, "connect": 10.0, "ssl": -1.0, "send": 0.0, "wait": 20.0, "receive": 10.0})
    );
    assert_eq!(first["time"], 50.0);
    assert_eq!(second["startedDateTime"], "2026-03-01T00:00:00.050000Z");
    assert_eq!(second["request"]["url"], "ws://h:1/b");
    assert_eq!(second["response"]["status"], 401);
    assert_eq!(second["response"]["bodySize"], -1);
    assert_eq!(
        second["response"]["content"],
        json!({"size": 3, "mimeType": "text/x", "text": "bm//", "encoding": "base64", "comment": "the beginning of it"})
    );
    assert_eq!(second["response"]["_error"], error.to_string());
    assert_eq!(second.get("_webSocketMessages"), None);
}

#[test]
fn missing_response_is_an_entry_with_an_error() {
    let mut archived = Archived::new(Secrets::Hidden);
    let error = Error::Resolve {
        party: crate::error::Party::Server,
        hint: None,
        host: "h".to_owned(),
        cause: "no such name".to_owned(),
    };
    let entries = archived.tell(30, &Event::ConnectFailed(&error));
    assert_eq!(entries[0]["response"]["status"], 0);
    assert_eq!(entries[0]["response"]["_error"], error.to_string());
    assert_eq!(entries[0]["request"]["headersSize"], -1);
    assert_eq!(entries[0]["timings"]["blocked"], 30.0);
    assert_eq!(entries[0].get("serverIPAddress"), None);
}

#[test]
fn second_connection_is_another_entry() {
    let mut archived = Archived::new(Secrets::Hidden);
    archived.tell(100, &Event::Open(&upgrade()));
    archived.tell(
        105,
        &Event::Incomplete(Way::In, Kind::Text, &Bytes::from_static(b"cut")),
    );
    archived.tell(110, &Event::Closed(&Closure::default()));
    archived.tell(200, &Event::Open(&upgrade()));
    let text = Piece::whole(Kind::Text, b"two");
    let entries = archived.tell(210, &Event::Data(Way::In, text));
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["_webSocketMessages"], json!([]));
    assert_eq!(entries[1]["_webSocketMessages"][0]["data"], "two");
    let both = archived.show(220, Link(1), &Event::Open(&upgrade()));
    both.expect_err("two at a time do not fit");
}

/// It is written piece by piece, the file is complete in between, and later messages follow it.
#[test]
fn large_message_is_recorded_completely() {
    let text = "\u{1}\u{202e}\"é\n".repeat(LARGE / 8);
    let mut archived = Archived::new(Secrets::Hidden);
    archived.tell(1000, &Event::Open(&upgrade()));
    for kind in [Kind::Text, Kind::Binary] {
        let event = Event::Data(Way::In, Piece::whole(kind, text.as_bytes()));
        let told = archived.show(1001, LINK, &event);
        told.expect("a file");
    }
    let closure = Closure::default();
    let told = archived.show(1003, LINK, &Event::Closed(&closure));
    told.expect("a file");
    assert!(archived.archive.full(), "a third would be too many");
    let mut lengths = Vec::new();
    let messages = loop {
        // This checks that the file is complete.
        let entries = archived.tell(1004, &Event::Pong(Way::In, b""));
        let messages = entries[0]["_webSocketMessages"].as_array().expect("a list");
        let data = messages
            .iter()
            .filter_map(|message| message["data"].as_str());
        lengths.push(data.map(str::len).sum::<usize>());
        if !archived.archive.busy() {
            break messages.clone();
        }
    };
    assert!(lengths.is_sorted());
    assert_eq!(messages.len(), 2);
    assert!(messages[0]["data"] == *text);
    assert!(messages[1]["data"] == BASE64.encode(text.as_bytes()));
}
