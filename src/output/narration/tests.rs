//! Tests of each verbosity, byte for byte.

use std::net::SocketAddr;

use super::*;
use crate::event::{Kind, PeerAddress, Piece, Timing};
use crate::http::{Headers, RequestHead, ResponseHead};
use crate::output::tested::Tested;
use crate::protocol::CloseReason;

fn style(verbosity: Verbosity) -> NarrationStyle {
    NarrationStyle {
        verbosity,
        palette: Palette::plain(),
        secrets: Secrets::Hidden,
        ping_pong: false,
        beside_prompt: false,
        interrupt_is_end: false,
        start: SystemTime::UNIX_EPOCH,
    }
}

fn told_on(style: NarrationStyle, link: Link, event: &Event<'_>) -> String {
    let mut narration = Tested::new(Narration::new(style));
    let at = style.start + Duration::from_micros(12_345);
    narration
        .show(at, link, event)
        .expect("memory takes anything");
    narration.sink.take()
}

fn told(verbosity: Verbosity, event: &Event<'_>) -> String {
    told_on(style(verbosity), Link(0), event)
}

fn address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 80))
}

fn request(request_line: &str, name: &str, value: &str) -> RequestHead {
    RequestHead {
        request_line: request_line.to_owned(),
        headers: Headers::from_iter([(name, value)]),
    }
}

#[test]
fn notes_are_shown_by_their_level() {
    let note = |level| Note {
        level,
        text: "one\n\x1b[2Jtwo".to_owned(),
    };
    let lines = "wsline: one\n        \\x1b[2Jtwo\n";
    for (level, quiet, normal) in [
        (NoteLevel::Answer, lines, lines),
        (NoteLevel::Hint, "", lines),
        (NoteLevel::Warning, "", lines),
    ] {
        let note = note(level);
        assert_eq!(told(Verbosity::Quiet, &Event::Note(&note)), quiet);
        assert_eq!(told(Verbosity::Normal, &Event::Note(&note)), normal);
        let beside = NarrationStyle {
            beside_prompt: true,
            ..style(Verbosity::Bytes)
        };
        assert_eq!(told_on(beside, Link(0), &Event::Note(&note)), "");
    }
}

#[test]
fn hints_and_warnings_are_colored() {
    let colored = NarrationStyle {
        palette: Palette::colored(),
        ..style(Verbosity::Normal)
    };
    for (level, line) in [
        (NoteLevel::Hint, "\x1b[2mwsline: x\x1b[22m\n"),
        (NoteLevel::Warning, "\x1b[33mwsline: x\x1b[39m\n"),
    ] {
        let note = Note {
            level,
            text: "x".to_owned(),
        };
        assert_eq!(told_on(colored, Link(0), &Event::Note(&note)), line);
    }
}

#[test]
fn steps_are_printed_with_their_time() {
    for (step, line) in [
        (
            ConnectStep::Resolved(vec![address(), SocketAddr::from(([0; 16], 80))]),
            "resolved to 127.0.0.1, ::",
        ),
        (
            ConnectStep::Connecting(PeerAddress::Tcp(address())),
            "trying 127.0.0.1:80",
        ),
        (
            ConnectStep::Failed(address(), "refused".to_owned()),
            "127.0.0.1:80: refused",
        ),
        (
            ConnectStep::Connected(PeerAddress::Tcp(address())),
            "connected to 127.0.0.1:80",
        ),
        (
            ConnectStep::Proxy("http://p:1".to_owned()),
            "going through the proxy http://p:1",
        ),
        (
            ConnectStep::ProxyRequest("h:80".to_owned(), None),
            "sent the CONNECT request for h:80",
        ),
        (
            ConnectStep::ProxyResponse(None),
            "received the response of the proxy",
        ),
        (
            ConnectStep::TlsHandshake("TLS\n".to_owned()),
            "secured by TLS\\n",
        ),
        (ConnectStep::Certificate(vec![]), "the server's certificate"),
    ] {
        let event = Event::Connect(&step);
        assert_eq!(
            told(Verbosity::Handshake, &event),
            format!("*    12.3 ms  {line}\n")
        );
        assert_eq!(told(Verbosity::Normal, &event), "");
    }
}

#[test]
fn handshake_is_printed_without_secrets() {
    let asked = ConnectStep::UpgradeRequest(request("GET / HTTP/1.1", "Authorization", "Bearer t"));
    assert_eq!(
        told(Verbosity::Handshake, &Event::Connect(&asked)),
        "*    12.3 ms  sent the upgrade request\n\
         > GET / HTTP/1.1\n> Authorization: Bearer ***\n>\n"
    );
    let shown = NarrationStyle {
        secrets: Secrets::Shown,
        ..style(Verbosity::Handshake)
    };
    assert!(told_on(shown, Link(0), &Event::Connect(&asked)).contains("Bearer t\n"));
    let answered = ConnectStep::UpgradeResponse(ResponseHead {
        status: 101,
        status_line: "HTTP/1.1 101 OK".to_owned(),
        headers: Headers::from_iter([("X", "\x1b\t\u{202e}")]),
        ..ResponseHead::default()
    });
    assert_eq!(
        told(Verbosity::Handshake, &Event::Connect(&answered)),
        "*    12.3 ms  received the upgrade response\n\
         < HTTP/1.1 101 OK\n< X: \\x1b\\t\\u{202e}\n<\n"
    );
}

#[test]
fn proxy_requests_are_printed_without_secrets() {
    let head = request("CONNECT h:80 HTTP/1.1", "Proxy-Authorization", "Basic dTpw");
    let asked = ConnectStep::ProxyRequest("h:80".to_owned(), Some(head));
    assert_eq!(
        told(Verbosity::Handshake, &Event::Connect(&asked)),
        "*    12.3 ms  sent the CONNECT request for h:80\n\
         > CONNECT h:80 HTTP/1.1\n> Proxy-Authorization: Basic ***\n>\n"
    );
}

#[test]
fn open_connection_is_printed() {
    let upgrade = Upgrade {
        url: "ws://h/".to_owned(),
        peer: Some(PeerAddress::Tcp(address())),
        subprotocol: Some("chat".to_owned()),
        extensions: Some("x".to_owned()),
        compression: None,
        request: RequestHead::default(),
        response: ResponseHead::default(),
        timing: Timing::default(),
    };
    assert_eq!(
        told_on(style(Verbosity::Handshake), Link(3), &Event::Open(&upgrade)),
        "[3] * open: ws://h/, subprotocol chat, extensions x\n"
    );
    assert_eq!(told(Verbosity::Normal, &Event::Open(&upgrade)), "");
}

#[test]
fn close_frames_are_printed_in_order() {
    let reason = CloseReason {
        code: 4001,
        reason: "a\rb".to_owned(),
    };
    let mut closure = Closure {
        sent: Some(None),
        received: Some(Some(reason)),
        initiator: Some(Role::Server),
        end: End::Clean,
    };
    assert_eq!(
        told(Verbosity::Handshake, &Event::Closed(&closure)),
        "< Close 4001 \"a\\rb\" (application)\n> Close without a code\n* closed cleanly\n"
    );
    closure.initiator = Some(Role::Us);
    closure.received = None;
    closure.end = End::Unanswered;
    assert_eq!(
        told(Verbosity::Handshake, &Event::Closed(&closure)),
        "> Close without a code\n* the server did not answer our Close in time\n"
    );
    assert_eq!(told(Verbosity::Normal, &Event::Closed(&closure)), "");
}

#[test]
fn frames_are_printed_in_both_directions() {
    let header = |opcode| FrameHeader {
        opcode,
        rsv1: true,
        ..FrameHeader::default()
    };
    for (opcode, name) in [
        (OpCode::Data(Data::Continue), "CONTINUATION"),
        (OpCode::Data(Data::Text), "TEXT"),
        (OpCode::Data(Data::Binary), "BINARY"),
        (OpCode::Control(Control::Close), "CLOSE"),
        (OpCode::Control(Control::Ping), "PING"),
        (OpCode::Control(Control::Pong), "PONG"),
        (OpCode::Control(Control::Reserved(11)), "opcode 0xb"),
    ] {
        assert_eq!(
            told(
                Verbosity::Frames,
                &Event::Frame(Way::In, &header(opcode), 5)
            ),
            format!("< {name} fin=1 rsv=100 mask=0 len=5\n")
        );
    }
    let sent = FrameHeader {
        is_final: false,
        mask: Some([0; 4]),
        ..header(OpCode::Data(Data::Text))
    };
    let event = Event::Frame(Way::Out, &sent, 1 << 40);
    assert_eq!(
        told(Verbosity::Frames, &event),
        "> TEXT fin=0 rsv=100 mask=1 len=1099511627776\n"
    );
    assert_eq!(told(Verbosity::Handshake, &event), "");
}

#[test]
fn bytes_are_dumped() {
    let event = Event::Wire(Way::In, b"\x81\x02hi");
    assert_eq!(
        told(Verbosity::Bytes, &event),
        "< 00000000  81 02 68 69                                       |..hi|\n"
    );
    assert_eq!(told(Verbosity::Frames, &event), "");
}

#[test]
fn pings_are_printed_if_requested_and_without_a_prompt() {
    let asked = NarrationStyle {
        ping_pong: true,
        ..style(Verbosity::Quiet)
    };
    assert_eq!(
        told_on(asked, Link(0), &Event::Ping(Way::In, b"\xff")),
        "< ping \"\\xff\"\n"
    );
    assert_eq!(
        told_on(asked, Link(0), &Event::Pong(Way::Out, b"")),
        "> pong\n"
    );
    assert_eq!(told(Verbosity::Bytes, &Event::Ping(Way::In, b"x")), "");
    let beside = NarrationStyle {
        beside_prompt: true,
        ..asked
    };
    assert_eq!(told_on(beside, Link(0), &Event::Ping(Way::In, b"x")), "");
}

#[test]
fn detail_requests_only_what_is_printed() {
    let detail = |style| Narration::new(style).detail();
    assert_eq!(detail(style(Verbosity::Handshake)), Detail::default());
    assert_eq!(
        detail(style(Verbosity::Frames)),
        Detail {
            frames: true,
            ..Detail::default()
        }
    );
    assert_eq!(
        detail(NarrationStyle {
            ping_pong: true,
            ..style(Verbosity::Bytes)
        }),
        Detail {
            frames: true,
            wire: true,
            sent: true,
            ..Detail::default()
        }
    );
    let message = Event::Data(Way::In, Piece::whole(Kind::Text, b"not ours"));
    assert_eq!(told(Verbosity::Bytes, &message), "");
}
