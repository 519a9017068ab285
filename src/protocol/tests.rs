//! Tests of the protocol core with bytes: the result must not depend on how they are split.

mod closing;
mod compression;
mod round_trip;

use std::num::NonZeroUsize;

use proptest::prelude::*;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::frame_writer::PONG_THRESHOLD;
use super::*;

/// What was received, with the pieces of a message joined.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Got {
    Message(Kind, Vec<u8>),
    Unfinished(Kind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close,
    Violation(u16),
}

/// Receives `bytes` in pieces that end at `cuts`, and checks the invariants of each piece.
fn receive(protocol: &mut Protocol, bytes: &[u8], cuts: &[usize]) -> Vec<Got> {
    let mut got = Vec::new();
    let mut open: Option<(Kind, Vec<u8>)> = None;
    let mut from = 0;
    for to in cuts.iter().copied().chain([bytes.len()]) {
        let mut input = &bytes[from.min(to)..to];
        from = from.max(to);
        loop {
            match protocol.receive(&mut input) {
                Ok(None) => break,
                Ok(Some(Received::Data(piece))) => got.extend(join(&mut open, piece)),
                Ok(Some(Received::Messages(messages))) => {
                    let before = got.len();
                    got.extend(messages.pieces().filter_map(|piece| join(&mut open, piece)));
                    let count = u64::try_from(got.len() - before).expect("small");
                    assert_eq!(count, messages.count(), "each message is complete");
                }
                Ok(Some(Received::Ping(payload))) => got.push(Got::Ping(payload.to_vec())),
                Ok(Some(Received::Pong(payload))) => got.push(Got::Pong(payload.to_vec())),
                Ok(Some(Received::Close)) => got.push(Got::Close),
                Ok(Some(Received::Frame(..) | Received::Message(_))) => {
                    panic!("frames must not be reported")
                }
                Err(violation) => got.push(Got::Violation(violation.code)),
            }
        }
        assert!(input.is_empty(), "all input is consumed");
    }
    got.extend(open.map(|(kind, payload)| Got::Unfinished(kind, payload)));
    got
}

/// Adds a piece to the `open` message. Returns the message once it is complete.
fn join(open: &mut Option<(Kind, Vec<u8>)>, piece: Piece<'_>) -> Option<Got> {
    assert_eq!(
        piece.first,
        open.is_none(),
        "only the first piece begins a message"
    );
    if piece.kind == Kind::Text {
        std::str::from_utf8(piece.bytes).expect("UTF-8 in each piece");
    }
    let (kind, payload) = open.get_or_insert((piece.kind, Vec::new()));
    assert_eq!(*kind, piece.kind);
    payload.extend_from_slice(piece.bytes);
    let whole = open.take_if(|_| piece.last)?;
    Some(Got::Message(whole.0, whole.1))
}

fn receive_at_once(bytes: &[u8]) -> Vec<Got> {
    receive(&mut Protocol::new(ProtocolConfig::default()), bytes, &[])
}

/// An unmasked frame with this first byte and a minimal length.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let length = payload.len() as u64;
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => bytes.push(short),
        (_, Ok(middle)) => {
            bytes.push(126);
            bytes.extend_from_slice(&middle.to_be_bytes());
        }
        _ => {
            bytes.push(127);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

fn lines(text: &str) -> Lines<'_> {
    Lines::new(text.as_bytes(), b'\n').expect("UTF-8")
}

fn text(payload: &str) -> Got {
    Got::Message(Kind::Text, payload.as_bytes().to_vec())
}

/// The frames in the output, decoded with tungstenite's parser and unmasked.
fn written(protocol: &Protocol) -> Vec<(FrameHeader, Vec<u8>)> {
    let mut cursor = std::io::Cursor::new(protocol.output());
    let mut frames = Vec::new();
    while let Some((mut header, length)) = FrameHeader::parse(&mut cursor).expect("a valid header")
    {
        let from = usize::try_from(cursor.position()).expect("small");
        let to = from + usize::try_from(length).expect("small");
        let mask = header.mask.take().expect("client frames are masked");
        let payload = &protocol.output()[from..to];
        frames.push((
            header,
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(b, k)| b ^ k)
                .collect(),
        ));
        cursor.set_position(to as u64);
    }
    assert_eq!(
        cursor.position(),
        protocol.output().len() as u64,
        "no trailing bytes"
    );
    frames
}

fn sent_close(protocol: &Protocol) -> Option<(u16, String)> {
    let (header, payload) = written(protocol).pop()?;
    (header.opcode == OpCode::Control(Control::Close)).then(|| {
        (
            u16::from_be_bytes([payload[0], payload[1]]),
            String::from_utf8(payload[2..].to_vec()).expect("a reason is UTF-8"),
        )
    })
}

#[test]
fn a_ping_between_fragments_does_not_split_the_message() {
    let bytes = [
        frame(0x01, b"a"),
        frame(0x89, b"p"),
        frame(0x00, b""),
        frame(0x80, b"b"),
    ]
    .concat();
    assert_eq!(
        receive_at_once(&bytes),
        [Got::Ping(b"p".to_vec()), text("ab")]
    );
}

#[test]
fn the_pong_has_the_payload_of_the_ping() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    receive(&mut protocol, &frame(0x89, b"are you there"), &[]);
    let (header, payload) = written(&protocol).pop().expect("a Pong");
    assert_eq!(header.opcode, OpCode::Control(Control::Pong));
    assert_eq!(payload, b"are you there");
}

#[test]
fn while_the_buffer_is_full_only_the_latest_ping_gets_a_pong() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    protocol.send(Piece::whole(Kind::Binary, &vec![0; PONG_THRESHOLD + 1]));
    for n in 0..1000 {
        receive(&mut protocol, &frame(0x89, format!("{n}").as_bytes()), &[]);
    }
    let waiting = protocol.output().len();
    assert_eq!(
        written(&protocol).len(),
        1,
        "no Pong while the buffer is full"
    );
    protocol.wrote(waiting);
    let frames = written(&protocol);
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].1, b"999");
}

#[test]
fn every_violation_is_reported_in_the_close_with_its_code() {
    let cases: &[(&[u8], u16)] = &[
        (&frame(0xc1, b""), 1002),
        (&frame(0x83, b""), 1002),
        (&frame(0x8b, b""), 1002),
        (&[0x81, 0x81, 0, 0, 0, 0, 0], 1002),
        (&frame(0x09, b""), 1002),
        (&frame(0x89, &[0; 126]), 1002),
        (&frame(0x80, b"x"), 1002),
        (&[frame(0x01, b"a"), frame(0x81, b"b")].concat(), 1002),
        (&frame(0x88, b"\x03"), 1002),
        (&frame(0x88, &1005u16.to_be_bytes()), 1002),
        (&frame(0x88, &999u16.to_be_bytes()), 1002),
        (&frame(0x88, &5000u16.to_be_bytes()), 1002),
        (&frame(0x88, b"\x03\xe8\xff"), 1007),
        (&frame(0x81, b"\xff"), 1007),
        (&frame(0x81, b"\xce"), 1007),
        (&[frame(0x01, b"\xce"), frame(0x80, b"x")].concat(), 1007),
    ];
    for (bytes, code) in cases {
        let mut protocol = Protocol::new(ProtocolConfig::default());
        let got = receive(&mut protocol, bytes, &[]);
        assert!(got.contains(&Got::Violation(*code)), "{bytes:02x?} {got:?}");
        let (sent, reason) = sent_close(&protocol).expect("a Close");
        assert_eq!(sent, *code);
        assert!(reason.contains("RFC 6455"), "{reason}");
        assert!(
            matches!(&protocol.closure().end, End::Violation(violation) if violation.code == *code)
        );
        assert_eq!(protocol.closure().initiator, Some(Role::Us));
        assert_eq!(
            receive(&mut protocol, &frame(0x81, b"late"), &[]),
            [],
            "nothing is received after a violation"
        );
    }
}

#[test]
fn text_before_an_invalid_byte_is_reported() {
    let bytes = frame(0x81, b"good\xff");
    assert_eq!(
        receive_at_once(&bytes),
        [
            Got::Violation(1007),
            Got::Unfinished(Kind::Text, b"good".to_vec())
        ]
    );
}

#[test]
fn the_size_limit_applies_to_announced_lengths() {
    let config = ProtocolConfig {
        max_message_size: Some(10),
        ..ProtocolConfig::default()
    };
    let mut protocol = Protocol::new(config);
    let fits = [frame(0x02, &[0; 6]), frame(0x80, &[0; 4])].concat();
    assert_eq!(
        receive(&mut protocol, &fits, &[]),
        [Got::Message(Kind::Binary, vec![0; 10])]
    );
    let begun = [0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(receive(&mut protocol, &begun, &[]), [Got::Violation(1009)]);
    assert_eq!(sent_close(&protocol).expect("a Close").0, 1009);
}

#[test]
fn a_huge_announced_length_allocates_nothing() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    let begun = [&[0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0][..], b"abc"].concat();
    assert_eq!(
        receive(&mut protocol, &begun, &[]),
        [Got::Unfinished(Kind::Binary, b"abc".to_vec())]
    );
}

#[test]
fn unsent_messages_are_counted() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    let big = vec![7; 70_000];
    for payload in [&b"one"[..], &[0; 200], &big, b"four"] {
        protocol.send(Piece::whole(Kind::Binary, payload));
    }
    protocol.ping(b"not a message");
    assert_eq!(protocol.unsent_messages(), 4);
    protocol.wrote(1);
    assert_eq!(
        protocol.unsent_messages(),
        4,
        "a message written in part is unsent"
    );
    protocol.wrote(6 + 3 - 1);
    assert_eq!(protocol.unsent_messages(), 3);
    protocol.wrote(8 + 200 + 14 + 70_000);
    assert_eq!(protocol.unsent_messages(), 1);
    protocol.wrote(protocol.output().len());
    assert_eq!(protocol.unsent_messages(), 0);
}

#[test]
fn lines_give_the_same_frames_as_single_messages() {
    let long = "y".repeat(70_000);
    let texts = [
        "",
        "a",
        "é",
        &long,
        "",
        "and so on, and so on, and so on, and so on",
        "\r",
    ];
    let text = texts.join("\n") + "\n";
    let plain = ProtocolConfig::default();
    let configs = [
        plain,
        ProtocolConfig {
            frame_size: NonZeroUsize::new(2),
            ..plain
        },
        ProtocolConfig {
            report_frames: true,
            ..plain
        },
        ProtocolConfig {
            compression: Some(deflate::DeflateParams::default()),
            ..plain
        },
    ];
    for config in configs {
        let (mut batched, mut single) = (Protocol::new(config), Protocol::new(config));
        // Text after the last delimiter is not a line.
        let rest = format!("{text}rest");
        assert_eq!(batched.send_lines(lines(&rest)), 7);
        for text in texts {
            single.send(Piece::whole(Kind::Text, text.as_bytes()));
        }
        assert!(written(&batched) == written(&single), "{config:?}");
        assert_eq!(batched.unsent_messages(), 7);
        assert_eq!(batched.volume(), single.volume());
        assert_eq!(batched.take_sent().len(), single.take_sent().len());
    }
}

#[test]
fn unsent_lines_are_counted_after_any_partial_write() {
    const FRAME: usize = 6 + 5;
    let text = "five!\n".repeat(20);
    for written in 0..20 * FRAME {
        let mut protocol = Protocol::new(ProtocolConfig::default());
        protocol.send_lines(lines(&text));
        assert_eq!(protocol.output().len(), 20 * FRAME);
        protocol.wrote(written);
        assert_eq!(protocol.unsent_messages(), (20 - written / FRAME) as u64);
        // New lines are appended to the pending ones.
        protocol.send_lines(lines("more\n"));
        assert_eq!(protocol.output().len(), 20 * FRAME - written + 6 + 4);
    }
}

#[test]
fn frame_boundaries_survive_partial_writes() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    let mut expected = 0_u64;
    let mut wire = Vec::new();
    for n in 0..400_usize {
        protocol.send(Piece::whole(Kind::Binary, &vec![1; n * 17]));
        let count = protocol.output().len().min(3000);
        wire.extend_from_slice(&protocol.output()[..count]);
        protocol.wrote(count);
        expected += 1;
    }
    let unsent = protocol.unsent_messages();
    wire.extend_from_slice(protocol.output());
    let mut cursor = std::io::Cursor::new(&wire);
    let mut messages = 0;
    while let Some((_, length)) = FrameHeader::parse(&mut cursor).expect("valid") {
        cursor.set_position(cursor.position() + length);
        messages += 1;
    }
    assert_eq!(messages, expected);
    assert!(unsent > 0 && unsent < expected);
}

#[test]
fn frames_are_reported_if_configured() {
    let config = ProtocolConfig {
        report_frames: true,
        ..ProtocolConfig::default()
    };
    let mut protocol = Protocol::new(config);
    let bytes = frame(0x81, b"hi");
    let mut input = &bytes[..];
    let Ok(Some(Received::Frame(header, length))) = protocol.receive(&mut input) else {
        panic!("the frame is reported first")
    };
    assert_eq!((header.opcode, length), (OpCode::Data(Data::Text), 2));
    protocol.send(Piece::whole(Kind::Text, b"yo"));
    let sent = protocol.take_sent();
    assert_eq!((sent.len(), sent[0].length, sent[0].wire.len()), (1, 2, 8));
}

#[test]
fn messages_larger_than_the_frame_size_are_fragmented() {
    let config = ProtocolConfig {
        frame_size: NonZeroUsize::new(2),
        ..ProtocolConfig::default()
    };
    let mut protocol = Protocol::new(config);
    protocol.send(Piece::whole(Kind::Text, "aéb".as_bytes()));
    protocol.send(Piece::whole(Kind::Binary, b"xy"));
    let seen: Vec<_> = written(&protocol)
        .into_iter()
        .map(|(header, payload)| (header.is_final, header.opcode, payload))
        .collect();
    let (text, more, binary) = (
        OpCode::Data(Data::Text),
        OpCode::Data(Data::Continue),
        OpCode::Data(Data::Binary),
    );
    assert_eq!(
        seen,
        [
            (false, text, b"a\xc3".to_vec()),
            (true, more, b"\xa9b".to_vec()),
            (true, binary, b"xy".to_vec())
        ]
    );
    assert_eq!(protocol.unsent_messages(), 2);
}

/// Valid frames of every kind, as a server might send them, and positions to split them at.
fn conversation() -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    let text = "\\PC{0,200}".prop_map(|text| (Kind::Text, text.into_bytes()));
    let binary = proptest::collection::vec(any::<u8>(), 0..400).prop_map(|b| (Kind::Binary, b));
    let message = (prop_oneof![text, binary], 1_usize..4, any::<bool>());
    proptest::collection::vec(message, 0..8).prop_flat_map(|messages| {
        let mut bytes = Vec::new();
        for ((kind, payload), parts, ping) in messages {
            let size = payload.len() / parts + 1;
            let mut chunks: Vec<&[u8]> = payload.chunks(size).collect();
            if chunks.is_empty() {
                chunks.push(&[]);
            }
            for (at, chunk) in chunks.iter().enumerate() {
                let opcode = match (at, kind) {
                    (0, Kind::Text) => 1,
                    (0, Kind::Binary) => 2,
                    _ => 0,
                };
                let fin = if at + 1 == chunks.len() { 0x80 } else { 0 };
                bytes.extend(frame(opcode | fin, chunk));
                if ping {
                    bytes.extend(frame(0x89, &chunk[..chunk.len().min(125)]));
                }
            }
        }
        bytes.extend(frame(0x88, b"\x03\xe8done"));
        let length = bytes.len();
        (Just(bytes), proptest::collection::vec(0..=length, 0..20))
    })
}

proptest! {
    #[test]
    fn valid_frames_are_received_the_same_in_any_split((bytes, mut cuts) in conversation()) {
        cuts.sort_unstable();
        let every: Vec<usize> = (0..bytes.len()).collect();
        let expected = receive_at_once(&bytes);
        prop_assert_eq!(expected.last(), Some(&Got::Close));
        for cuts in [cuts, every] {
            let mut protocol = Protocol::new(ProtocolConfig::default());
            prop_assert_eq!(&receive(&mut protocol, &bytes, &cuts), &expected);
        }
    }

    #[test]
    fn any_bytes_are_received_the_same_in_any_split(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        cuts in proptest::collection::vec(0_usize..300, 0..10),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut protocol = Protocol::new(ProtocolConfig::default());
        prop_assert_eq!(receive(&mut protocol, &bytes, &cuts), receive_at_once(&bytes));
    }

    #[test]
    fn an_encoded_message_is_decoded_unchanged(
        payload in proptest::collection::vec(any::<u8>(), 0..70_000),
        cut in any::<proptest::sample::Index>(),
    ) {
        let cut = cut.index(payload.len() + 1);
        let mut protocol = Protocol::new(ProtocolConfig::default());
        let (head, tail) = payload.split_at(cut);
        protocol.send(Piece { kind: Kind::Binary, first: true, last: false, bytes: head });
        protocol.send(Piece { kind: Kind::Binary, first: false, last: true, bytes: tail });
        let frames = written(&protocol);
        prop_assert_eq!(frames.len(), 2);
        prop_assert!(!frames[0].0.is_final && frames[1].0.is_final);
        prop_assert_eq!([&frames[0].1[..], &frames[1].1[..]].concat(), payload);
    }
}
