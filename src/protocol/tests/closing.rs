//! Tests of the closing handshake (RFC 6455 §5.5.1, §7.1).

use super::*;

/// A connection that has received a Close with this body and a message after it.
fn closed_with(body: &[u8]) -> (Protocol, Vec<Got>) {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    let bytes = [frame(0x88, body), frame(0x81, b"late")].concat();
    let got = receive(&mut protocol, &bytes, &[]);
    (protocol, got)
}

fn normal() -> CloseReason {
    CloseReason {
        code: 1000,
        reason: String::new(),
    }
}

#[test]
fn a_close_is_returned_with_its_code_and_nothing_is_received_after_it() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    let bytes = [frame(0x88, b"\x0f\xa1bye"), frame(0x81, b"late")].concat();
    assert_eq!(receive(&mut protocol, &bytes, &[]), [Got::Close]);
    assert_eq!(sent_close(&protocol), Some((4001, String::new())));
    let closure = protocol.closure();
    assert_eq!(
        (closure.code(), closure.reason(), closure.is_clean()),
        (4001, "bye", true)
    );
    assert_eq!(closure.initiator, Some(Role::Server));
    assert_eq!(protocol.state(), ReadyState::Closed);
}

#[test]
fn an_empty_close_is_returned_empty() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    assert_eq!(receive(&mut protocol, &frame(0x88, b""), &[]), [Got::Close]);
    assert_eq!(written(&protocol)[0].1, b"");
    assert_eq!(protocol.closure().code(), 1005);
}

#[test]
fn after_our_close_messages_are_received_but_not_sent() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    protocol.close(Some(normal()));
    let before = protocol.output().len();
    protocol.send(Piece::whole(Kind::Text, b"late"));
    protocol.ping(b"late");
    protocol.close(None);
    let bytes = [
        frame(0x89, b"p"),
        frame(0x81, b"still"),
        frame(0x88, b"\x03\xe8"),
    ]
    .concat();
    let got = receive(&mut protocol, &bytes, &[]);
    assert_eq!(got, [Got::Ping(b"p".to_vec()), text("still"), Got::Close]);
    assert_eq!(protocol.output().len(), before);
    assert_eq!(protocol.closure().initiator, Some(Role::Us));
    assert!(protocol.closure().is_clean());
}

#[test]
fn a_lost_connection_is_1006() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    protocol.end(End::Eof);
    assert_eq!(
        (protocol.closure().code(), protocol.closure().is_clean()),
        (1006, false)
    );
}

#[test]
fn valid_close_codes_are_returned_and_others_are_violations() {
    for code in 0..=u16::MAX {
        let is_valid = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        let (protocol, got) = closed_with(&code.to_be_bytes());
        if is_valid {
            assert_eq!(got, [Got::Close], "{code}");
            assert_eq!(sent_close(&protocol), Some((code, String::new())));
            assert_eq!(protocol.closure().code(), code);
        } else {
            assert_eq!(got, [Got::Violation(1002)], "{code}");
            let (sent, reason) = sent_close(&protocol).expect("a Close");
            assert_eq!(sent, 1002, "{code} is not repeated");
            assert!(reason.contains("RFC 6455 §7.4"), "{reason}");
        }
    }
}

#[test]
fn a_reason_of_maximum_length_is_received() {
    let reason = "é".repeat(61) + "!";
    let body = [&b"\x0f\xa1"[..], reason.as_bytes()].concat();
    let (protocol, got) = closed_with(&body);
    assert_eq!(got, [Got::Close]);
    assert_eq!(protocol.closure().reason(), reason);
}

#[test]
fn a_close_that_crosses_ours_completes_the_handshake() {
    for body in [&b"\x0f\xa1busy"[..], b""] {
        let mut protocol = Protocol::new(ProtocolConfig::default());
        protocol.close(Some(normal()));
        let ours = protocol.output().len();
        let got = receive(&mut protocol, &frame(0x88, body), &[]);
        assert_eq!(got, [Got::Close]);
        assert_eq!(protocol.output().len(), ours, "only one Close is sent");
        let closure = protocol.closure();
        assert_eq!(closure.sent, Some(Some(normal())));
        assert_eq!(closure.initiator, Some(Role::Us));
        assert!(closure.is_clean());
        assert_eq!(protocol.state(), ReadyState::Closed);
    }
}

#[test]
fn after_a_received_close_our_own_is_not_sent() {
    let (mut protocol, _) = closed_with(b"\x03\xe8");
    let before = protocol.output().len();
    protocol.close(Some(CloseReason {
        code: 4000,
        reason: "too late".to_owned(),
    }));
    assert_eq!(protocol.output().len(), before);
    assert_eq!(protocol.closure().sent, Some(Some(normal())));
    assert_eq!(protocol.closure().initiator, Some(Role::Server));
}

#[test]
fn a_close_may_arrive_between_the_fragments_of_a_message() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    let bytes = [frame(0x01, b"half"), frame(0x88, b"\x03\xe9")].concat();
    assert_eq!(
        receive(&mut protocol, &bytes, &[]),
        [Got::Close, Got::Unfinished(Kind::Text, b"half".to_vec())]
    );
    assert!(protocol.is_inside_message() && protocol.closure().is_clean());
}

#[test]
fn a_violation_after_our_close_sends_no_second_close() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    protocol.close(Some(normal()));
    let ours = protocol.output().len();
    let got = receive(&mut protocol, &frame(0x83, b""), &[]);
    assert_eq!(got, [Got::Violation(1002)]);
    assert_eq!(protocol.output().len(), ours);
    assert_eq!(protocol.closure().sent, Some(Some(normal())));
    assert!(matches!(&protocol.closure().end, End::Violation(_)));
}

#[test]
fn the_end_of_the_connection_is_recorded_unless_the_handshake_is_complete() {
    for end in [End::Unanswered, End::Eof, End::Lost("reset".to_owned())] {
        let mut protocol = Protocol::new(ProtocolConfig::default());
        protocol.close(None);
        assert_eq!(protocol.state(), ReadyState::Closing);
        protocol.end(end.clone());
        let closure = protocol.closure();
        assert_eq!((closure.code(), closure.is_clean()), (1006, false));
        assert_eq!(closure.end, end);
        let (mut complete, _) = closed_with(b"\x03\xe8");
        complete.end(end);
        assert!(
            complete.closure().is_clean(),
            "a complete handshake stays clean"
        );
    }
}

#[test]
fn text_instead_of_a_frame_is_quoted() {
    let long = "x".repeat(65);
    for (bytes, quoted) in [
        (&b"<html>\xc3"[..], Some("<html>\\xc3")),
        (b"0\r\n\r\n", Some("0\\r\\n\\r\\n")),
        (long.as_bytes(), Some(&*format!("{}…", &long[1..]))),
        (b"<ht", None),
        (b"<ht\0", None),
        (b"\xc3\xbc\xc3\xbc", None),
        (b"<ht\xffml", None),
        (b"\x83\0\0\0\0", None),
    ] {
        let mut protocol = Protocol::new(ProtocolConfig::default());
        let got = receive(&mut protocol, bytes, &[]);
        assert!(matches!(&got[..], [Got::Violation(1002)]), "{got:?}");
        let before = protocol.closure().clone();
        protocol.quote_text();
        match (&protocol.closure().end, quoted) {
            (End::Violation(violation), Some(quoted)) => assert_eq!(
                violation.rule,
                format!("text instead of a frame, \"{quoted}\" (RFC 6455 §5.2)")
            ),
            (_, _) => assert_eq!(*protocol.closure(), before, "{}", bytes.escape_ascii()),
        }
    }
}
