//! The core against bytes: every split gives the same, every rule has its code.

mod closing;
mod compression;
mod round_trip;

use proptest::prelude::*;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::frame_writer::PONG_ROOM;
use super::*;

/// What was received, owned, with pieces joined as far as nothing came between.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Got {
    Message(Kind, Vec<u8>),
    Unfinished(Kind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close,
    Violation(u16),
}

/// Receives `bytes` in pieces that end at `cuts`, and checks what every piece must hold.
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
                    assert_eq!(count, messages.count(), "each is whole");
                }
                Ok(Some(Received::Ping(payload))) => got.push(Got::Ping(payload.to_vec())),
                Ok(Some(Received::Pong(payload))) => got.push(Got::Pong(payload.to_vec())),
                Ok(Some(Received::Close)) => got.push(Got::Close),
                Ok(Some(Received::Frame(..) | Received::Message(_))) => {
                    panic!("frames were not asked for")
                }
                Err(violation) => got.push(Got::Violation(violation.code)),
            }
        }
        assert!(input.is_empty(), "all input is taken");
    }
    got.extend(open.map(|(kind, payload)| Got::Unfinished(kind, payload)));
    got
}

/// Adds a piece to the message that is `open`; the message when it is whole.
fn join(open: &mut Option<(Kind, Vec<u8>)>, piece: Piece<'_>) -> Option<Got> {
    assert_eq!(piece.first, open.is_none(), "first begins, and only first");
    if piece.kind == Kind::Text {
        std::str::from_utf8(piece.bytes).expect("text in whole characters");
    }
    let (kind, payload) = open.get_or_insert((piece.kind, Vec::new()));
    assert_eq!(*kind, piece.kind);
    payload.extend_from_slice(piece.bytes);
    let whole = open.take_if(|_| piece.last)?;
    Some(Got::Message(whole.0, whole.1))
}

fn whole(bytes: &[u8]) -> Vec<Got> {
    receive(&mut Protocol::new(ProtocolConfig::default()), bytes, &[])
}

/// A server's frame: opcode with FIN and reserved bits as given, minimal length, no mask.
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
    Lines::new(text.as_bytes(), b'\n').expect("it is UTF-8")
}

fn text(payload: &str) -> Got {
    Got::Message(Kind::Text, payload.as_bytes().to_vec())
}

/// The frames that we wrote, decoded with tungstenite's parser and unmasked.
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
    assert_eq!(cursor.position(), protocol.output().len() as u64, "no rest");
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
fn a_fragmented_message_with_a_ping_inside_is_one_message() {
    let bytes = [
        frame(0x01, b"a"),
        frame(0x89, b"p"),
        frame(0x00, b""),
        frame(0x80, b"b"),
    ]
    .concat();
    assert_eq!(whole(&bytes), [Got::Ping(b"p".to_vec()), text("ab")]);
}

#[test]
fn a_ping_is_answered_with_its_payload() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    receive(&mut protocol, &frame(0x89, b"are you there"), &[]);
    let (header, payload) = written(&protocol).pop().expect("a Pong");
    assert_eq!(header.opcode, OpCode::Control(Control::Pong));
    assert_eq!(payload, b"are you there");
}

#[test]
fn of_a_flood_of_pings_only_the_latest_is_answered_later() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    protocol.send(Piece::whole(Kind::Binary, &vec![0; PONG_ROOM + 1]));
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
fn every_violation_has_its_code_and_is_said_in_the_close() {
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
        assert_eq!(protocol.closure().initiator, Some(Party::Us));
        assert_eq!(
            receive(&mut protocol, &frame(0x81, b"late"), &[]),
            [],
            "nothing after it"
        );
    }
}

#[test]
fn what_came_before_a_bad_byte_is_handed_on() {
    let bytes = frame(0x81, b"good\xff");
    assert_eq!(
        whole(&bytes),
        [
            Got::Violation(1007),
            Got::Unfinished(Kind::Text, b"good".to_vec())
        ]
    );
}

#[test]
fn a_size_limit_counts_what_frames_announce() {
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
fn a_huge_claim_costs_nothing() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    let begun = [&[0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0][..], b"abc"].concat();
    assert_eq!(
        receive(&mut protocol, &begun, &[]),
        [Got::Unfinished(Kind::Binary, b"abc".to_vec())]
    );
}

#[test]
fn messages_that_have_not_left_are_counted() {
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
        "a message that left in part did not leave"
    );
    protocol.wrote(6 + 3 - 1);
    assert_eq!(protocol.unsent_messages(), 3);
    protocol.wrote(8 + 200 + 14 + 70_000);
    assert_eq!(protocol.unsent_messages(), 1);
    protocol.wrote(protocol.output().len());
    assert_eq!(protocol.unsent_messages(), 0);
}

#[test]
fn lines_are_the_messages_that_they_would_be_one_by_one() {
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
    let every_way = [
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
    for config in every_way {
        let (mut together, mut alone) = (Protocol::new(config), Protocol::new(config));
        // What stands behind the last delimiter is no line.
        let rest = format!("{text}rest");
        assert_eq!(together.send_lines(lines(&rest)), 7);
        for text in texts {
            alone.send(Piece::whole(Kind::Text, text.as_bytes()));
        }
        assert!(written(&together) == written(&alone), "{config:?}");
        assert_eq!(together.unsent_messages(), 7);
        assert_eq!(together.volume(), alone.volume());
        assert_eq!(together.take_sent().len(), alone.take_sent().len());
    }
}

#[test]
fn of_lines_that_left_in_part_the_rest_is_counted() {
    const FRAME: usize = 6 + 5;
    let text = "five!\n".repeat(20);
    for went in 0..20 * FRAME {
        let mut protocol = Protocol::new(ProtocolConfig::default());
        protocol.send_lines(lines(&text));
        assert_eq!(protocol.output().len(), 20 * FRAME);
        protocol.wrote(went);
        assert_eq!(protocol.unsent_messages(), (20 - went / FRAME) as u64);
        // What is sent afterwards stands behind what waits.
        protocol.send_lines(lines("more\n"));
        assert_eq!(protocol.output().len(), 20 * FRAME - went + 6 + 4);
    }
}

#[test]
fn a_slow_writer_loses_no_frame_boundary() {
    let mut protocol = Protocol::new(ProtocolConfig::default());
    let mut expected = 0_u64;
    let mut wire = Vec::new();
    for n in 0..400_usize {
        protocol.send(Piece::whole(Kind::Binary, &vec![1; n * 17]));
        let went = protocol.output().len().min(3000);
        wire.extend_from_slice(&protocol.output()[..went]);
        protocol.wrote(went);
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
fn frames_are_reported_when_asked_for() {
    let config = ProtocolConfig {
        report_frames: true,
        ..ProtocolConfig::default()
    };
    let mut protocol = Protocol::new(config);
    let bytes = frame(0x81, b"hi");
    let mut input = &bytes[..];
    let Ok(Some(Received::Frame(header, length))) = protocol.receive(&mut input) else {
        panic!("the frame comes first")
    };
    assert_eq!((header.opcode, length), (OpCode::Data(Data::Text), 2));
    protocol.send(Piece::whole(Kind::Text, b"yo"));
    let sent = protocol.take_sent();
    assert_eq!((sent.len(), sent[0].length, sent[0].wire.len()), (1, 2, 8));
}

#[test]
fn a_frame_size_makes_fragments() {
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

/// A conversation as a server might send it: valid frames of every kind, cut anywhere.
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
    fn any_split_gives_the_same((bytes, mut cuts) in conversation()) {
        cuts.sort_unstable();
        let every: Vec<usize> = (0..bytes.len()).collect();
        let expected = whole(&bytes);
        prop_assert_eq!(expected.last(), Some(&Got::Close));
        for cuts in [cuts, every] {
            let mut protocol = Protocol::new(ProtocolConfig::default());
            prop_assert_eq!(&receive(&mut protocol, &bytes, &cuts), &expected);
        }
    }

    #[test]
    fn any_bytes_in_any_split_give_the_same(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        cuts in proptest::collection::vec(0_usize..300, 0..10),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut protocol = Protocol::new(ProtocolConfig::default());
        prop_assert_eq!(receive(&mut protocol, &bytes, &cuts), whole(&bytes));
    }

    #[test]
    fn what_is_encoded_is_decoded_the_same(
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
