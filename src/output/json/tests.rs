//! Tests of JSON lines, byte for byte, and that they can be read as input.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;

use bytes::Bytes;
use data_encoding::BASE64;

use super::*;
use crate::conversation::outgoing::Outgoing;
use crate::error::Error;
use crate::event::{PeerAddress, Piece, Timing, Upgrade};
use crate::http::{Headers, RequestHead, ResponseHead};
use crate::output::escape;
use crate::output::memory_sink::together;
use crate::output::tested::Tested;
use crate::protocol::{CloseBody, CloseReason, Closure, End, Role};
use crate::source;

fn output(ping_pong: bool) -> Tested<JsonOutput> {
    Tested::new(JsonOutput::new(ping_pong, Secrets::Hidden))
}

fn at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(1_767_225_600_000_042)
}

const TIME: &str = r#"{"time":"2026-01-01T00:00:00.000042Z","#;

fn shown_on(link: Link, event: &Event<'_>) -> String {
    let mut output = output(true);
    output
        .show(at(), link, event)
        .expect("memory takes anything");
    output.sink.take()
}

fn shown(event: &Event<'_>) -> String {
    shown_on(Link(0), event)
}

fn text(text: &str) -> Event<'_> {
    Event::Data(Way::In, Piece::whole(Kind::Text, text.as_bytes()))
}

#[test]
fn messages_in_a_batch_have_a_line_each() {
    let texts: [&[u8]; 3] = [b"plain", b"\"quoted\"", "é\u{202e}".as_bytes()];
    for link in [Link(0), Link(3)] {
        let mut output = output(true);
        together(Kind::Text, &texts, |messages| {
            output
                .show_messages(at(), link, messages)
                .expect("memory takes anything");
        });
        let lines =
            texts.map(|text| shown_on(link, &Event::Data(Way::In, Piece::whole(Kind::Text, text))));
        assert_eq!(output.sink.take(), lines.concat());
    }
}

/// Its line is the same as if it had been written at once, and later lines follow it.
#[test]
fn large_message_is_one_line() {
    let text = "\u{202e}\"é\n".repeat(LARGE / 6);
    for (kind, name, data) in [
        (Kind::Text, "text", "data"),
        (Kind::Binary, "binary", "base64"),
    ] {
        let mut output = output(true);
        let whole = Bytes::copy_from_slice(text.as_bytes());
        let told = output.show(at(), Link(3), &Event::Assembled(Way::In, kind, &whole));
        told.expect("memory takes anything");
        let told = output.show(at(), Link(0), &Event::Ping(Way::In, b"p"));
        told.expect("memory takes anything");
        assert!(output.busy() && !output.full());
        while output.busy() {
            output.idle().expect("memory takes anything");
        }
        let written = match kind {
            Kind::Text => serde_json::to_string(&text)
                .expect("it is a text")
                .replace('\u{202e}', "\\u202e"),
            Kind::Binary => format!("\"{}\"", BASE64.encode(text.as_bytes())),
        };
        let line = format!(
            r#"{TIME}"dir":"in","type":"{name}","link":3,"{data}":{written},"size":{}}}"#,
            text.len()
        );
        let ping = shown(&Event::Ping(Way::In, b"p"));
        assert!(output.sink.take() == format!("{line}\n{ping}"), "{name}");
    }
}

#[test]
fn lines_with_equal_and_different_beginnings_are_written() {
    let mut output = output(true);
    let (ping, way) = (Event::Ping(Way::In, b"p"), Way::Out);
    let sent = Event::Data(way, Piece::whole(Kind::Text, b"out"));
    let later = at() + Duration::from_secs(1);
    for (at, link, event) in [
        (at(), Link(0), &text("in")),
        (at(), Link(0), &sent),
        (at(), Link(0), &ping),
        (at(), Link(1), &ping),
        (later, Link(1), &ping),
    ] {
        output.show(at, link, event).expect("memory takes anything");
    }
    let shown = output.sink.take();
    let begins: Vec<_> = shown
        .lines()
        .map(|line| line.split(",\"data\"").next())
        .collect();
    let late = r#"{"time":"2026-01-01T00:00:01.000042Z","#;
    let expected = [
        (TIME, r#""dir":"in","type":"text""#),
        (TIME, r#""dir":"out","type":"text""#),
        (TIME, r#""dir":"in","type":"ping""#),
        (TIME, r#""dir":"in","type":"ping","link":1"#),
        (late, r#""dir":"in","type":"ping","link":1"#),
    ];
    let expected = expected.map(|(time, rest)| format!("{time}{rest}"));
    assert!(
        begins
            .iter()
            .map(|begin| begin.expect("a line"))
            .eq(&expected),
        "{shown}"
    );
}

#[test]
fn messages_have_text_or_base64() {
    assert_eq!(
        shown(&text("a\n\"é\"")),
        format!("{TIME}\"dir\":\"in\",\"type\":\"text\",\"data\":\"a\\n\\\"é\\\"\",\"size\":6}}\n")
    );
    assert_eq!(
        shown(&Event::Data(
            Way::Out,
            Piece::whole(Kind::Binary, &[0, 255])
        )),
        format!("{TIME}\"dir\":\"out\",\"type\":\"binary\",\"base64\":\"AP8=\",\"size\":2}}\n")
    );
    assert_eq!(
        shown_on(Link(2), &text("")),
        format!("{TIME}\"dir\":\"in\",\"type\":\"text\",\"link\":2,\"data\":\"\",\"size\":0}}\n")
    );
}

#[test]
fn message_in_pieces_is_one_line() {
    let mut output = output(false);
    for (first, last, bytes) in [(true, false, b"he"), (false, true, b"y!")] {
        let piece = Piece {
            kind: Kind::Text,
            first,
            last,
            bytes,
        };
        output
            .show(at(), Link(0), &Event::Data(Way::In, piece))
            .expect("memory takes anything");
    }
    let whole = Bytes::from_static(b"hey!");
    output
        .show(
            at(),
            Link(0),
            &Event::Assembled(Way::In, Kind::Text, &whole),
        )
        .expect("memory takes anything");
    assert_eq!(
        output.sink.take(),
        format!("{TIME}\"dir\":\"in\",\"type\":\"text\",\"data\":\"hey!\",\"size\":4}}\n")
    );
}

#[test]
fn hidden_characters_are_escaped() {
    let line = shown(&text("\u{202e}\u{7f}\u{9b}\x1b\u{e0041}"));
    assert_eq!(
        line,
        format!(
            "{TIME}\"dir\":\"in\",\"type\":\"text\",\
             \"data\":\"\\u202e\\u007f\\u009b\\u001b\\udb40\\udc41\",\"size\":11}}\n"
        )
    );
}

#[test]
fn pings_and_pongs_are_shown_when_asked_for() {
    assert_eq!(
        shown(&Event::Ping(Way::In, b"x")),
        format!("{TIME}\"dir\":\"in\",\"type\":\"ping\",\"data\":\"x\",\"size\":1}}\n")
    );
    assert_eq!(
        shown(&Event::Pong(Way::Out, &[255])),
        format!("{TIME}\"dir\":\"out\",\"type\":\"pong\",\"base64\":\"/w==\",\"size\":1}}\n")
    );
    let mut silent = output(false);
    silent
        .show(at(), Link(0), &Event::Ping(Way::In, b"x"))
        .expect("memory takes anything");
    assert_eq!(silent.sink.take(), "");
}

#[test]
fn open_has_request_and_response_without_secrets() {
    let upgrade = Upgrade {
        url: "ws://h/".to_owned(),
        peer: Some(PeerAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 80)))),
        subprotocol: Some("chat".to_owned()),
        extensions: None,
        compression: None,
        request: RequestHead {
            request_line: "GET / HTTP/1.1".to_owned(),
            headers: Headers::from_iter([("Host", "h"), ("Authorization", "Bearer t")]),
        },
        response: ResponseHead {
            status: 101,
            status_line: "HTTP/1.1 101 Switching Protocols".to_owned(),
            headers: Headers::from_iter([("X", "1"), ("X", "2")]),
            ..ResponseHead::default()
        },
        timing: Timing {
            redirects: None,
            resolve: None,
            connect: Some(Duration::from_nanos(1_234_567)),
            proxy: Some(Duration::from_millis(3)),
            tls: None,
            upgrade: Some(Duration::from_millis(20)),
        },
    };
    assert_eq!(
        shown(&Event::Open(&upgrade)),
        format!(
            "{TIME}{}{}{}{}\n",
            r#""dir":"in","type":"open","url":"ws://h/","address":"127.0.0.1:80","subprotocol":"chat","extensions":null,"#,
            r#""request":{"start_line":"GET / HTTP/1.1","headers":[{"name":"Host","value":"h"},{"name":"Authorization","value":"Bearer ***"}]},"#,
            r#""response":{"start_line":"HTTP/1.1 101 Switching Protocols","headers":[{"name":"X","value":"1"},{"name":"X","value":"2"}]},"#,
            r#""timing":{"redirects":null,"resolve":null,"connect":1.234,"proxy":3.0,"tls":null,"upgrade":20.0}}"#,
        )
    );
}

#[test]
fn peer_of_a_unix_socket_is_its_path() {
    let upgrade = Upgrade {
        url: "ws://h/".to_owned(),
        peer: Some(PeerAddress::Unix("/run/x.sock".into())),
        subprotocol: None,
        extensions: None,
        compression: None,
        request: RequestHead::default(),
        response: ResponseHead::default(),
        timing: Timing::default(),
    };
    let line = shown(&Event::Open(&upgrade));
    assert!(line.contains(r#","address":"/run/x.sock","#), "{line}");
}

fn closed(first: Option<Role>, received: Option<CloseBody>) -> Closure {
    Closure {
        sent: received.clone(),
        end: if received.is_some() {
            End::Clean
        } else {
            End::Eof
        },
        received,
        initiator: first,
    }
}

fn reason(code: u16, reason: &str) -> CloseReason {
    CloseReason {
        code,
        reason: reason.to_owned(),
    }
}

#[test]
fn close_has_initiator_codes_and_reasons() {
    assert_eq!(
        shown(&Event::Closed(&closed(
            Some(Role::Server),
            Some(Some(reason(4001, "gone")))
        ))),
        format!(
            "{TIME}{}\n",
            r#""dir":"in","type":"close","code":4001,"reason":"gone","clean":true,"by":"server","sent":{"code":4001,"reason":"gone"},"received":{"code":4001,"reason":"gone"}}"#
        )
    );
    assert_eq!(
        shown(&Event::Closed(&closed(Some(Role::Us), Some(None)))),
        format!(
            "{TIME}{}\n",
            r#""dir":"out","type":"close","code":1005,"reason":"","clean":true,"by":"us","sent":{"code":1005,"reason":""},"received":{"code":1005,"reason":""}}"#
        )
    );
    assert_eq!(
        shown(&Event::Closed(&closed(None, None))),
        format!(
            "{TIME}{}\n",
            r#""dir":"in","type":"close","code":1006,"reason":"","clean":false,"by":null,"sent":null,"received":null}"#
        )
    );
}

#[test]
fn error_has_phase_hint_and_exit_code() {
    let error = Error::Tls {
        party: crate::error::Party::Server,
        host: "h".to_owned(),
        cause: "no".to_owned(),
        hint: Some("try ws".to_owned()),
    };
    assert_eq!(
        shown(&Event::Failed(&error)),
        format!(
            "{TIME}{}\n",
            r#""dir":"in","type":"error","phase":"tls","message":"TLS handshake with h failed: no","hint":"try ws","exit":35}"#
        )
    );
}

/// The command that one of our lines means as input.
fn read_back(event: &Event<'_>) -> Option<Outgoing<Cow<'static, str>>> {
    let line: &'static str = shown(event).leak();
    let line = line.strip_suffix('\n').expect("a line ends");
    source::json::parse(line.as_bytes(), false).expect("our own lines are good")
}

#[test]
fn close_can_be_read_back() {
    let of = |first, received| read_back(&Event::Closed(&closed(first, received)));
    assert_eq!(
        of(Some(Role::Server), Some(Some(reason(3000, "x")))),
        Some(Outgoing::Close(Some(reason(3000, "x"))))
    );
    assert_eq!(
        of(Some(Role::Server), Some(None)),
        Some(Outgoing::Close(None))
    );
    assert_eq!(of(Some(Role::Us), Some(Some(reason(1000, "")))), None);
    assert_eq!(of(None, None), None);
}

proptest! {
    #[test]
    fn received_message_can_be_read_back(
        data in any::<String>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        prop_assert_eq!(read_back(&text(&data)), Some(Outgoing::Text(data.clone().into())));
        prop_assert!(!shown(&text(&data)).trim_end_matches('\n').contains(escape::is_hidden));
        let binary = Event::Data(Way::In, Piece::whole(Kind::Binary, &bytes));
        prop_assert_eq!(read_back(&binary), Some(Outgoing::Binary(bytes.clone())));
        let payload = &bytes;
        prop_assert_eq!(read_back(&Event::Ping(Way::In, payload)), Some(Outgoing::Ping(bytes.clone())));
        prop_assert_eq!(read_back(&Event::Pong(Way::In, payload)), Some(Outgoing::Pong(bytes.clone())));
    }

    #[test]
    fn lines_of_sent_messages_are_ignored_as_input(data in any::<String>()) {
        let sent = Event::Data(Way::Out, Piece::whole(Kind::Text, data.as_bytes()));
        prop_assert_eq!(read_back(&sent), None);
    }
}
