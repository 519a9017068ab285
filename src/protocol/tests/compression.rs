//! Tests of permessage-deflate against flate2's own streams.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use super::super::deflate::DeflateParams;
use super::*;

/// The server: compresses messages according to RFC 7692 §7.2.1.
struct Server {
    stream: Compress,
    takeover: bool,
}

impl Server {
    fn new(params: DeflateParams) -> Self {
        // zlib compresses with windows of at least 9 bits.
        let bits = params.server_max_window_bits.max(9);
        Self {
            stream: Compress::new_with_window_bits(Compression::default(), false, bits),
            takeover: !params.server_no_context_takeover,
        }
    }

    fn compress(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(payload.len() * 2 + 100);
        self.stream
            .compress_vec(payload, &mut out, FlushCompress::Sync)
            .expect("a valid stream");
        match out.strip_suffix(&[0, 0, 0xff, 0xff]) {
            Some(message) => out.truncate(message.len()),
            // An empty message is an empty block (RFC 7692 §7.2.3.6).
            None => out.push(0),
        }
        if !self.takeover {
            self.stream.reset();
        }
        out
    }
}

fn compressed(params: DeflateParams, limit: Option<u64>) -> Protocol {
    Protocol::new(ProtocolConfig {
        max_message_size: limit,
        compression: Some(params),
        ..ProtocolConfig::default()
    })
}

/// The frames of a message in this many parts.
fn frames(kind: Kind, payload: &[u8], parts: usize) -> Vec<u8> {
    let size = payload.len() / parts + 1;
    let chunks: Vec<&[u8]> = payload.chunks(size).collect();
    let mut bytes = Vec::new();
    for (at, chunk) in chunks.iter().enumerate() {
        let first = match (at, kind) {
            (0, Kind::Text) => 0x41,
            (0, Kind::Binary) => 0x42,
            _ => 0,
        };
        let fin = if at + 1 == chunks.len() { 0x80 } else { 0 };
        bytes.extend(frame(first | fin, chunk));
    }
    bytes
}

/// Inflates the payload of the frames that the client sent.
fn inflate(stream: &mut Decompress, frames: &[(FrameHeader, Vec<u8>)]) -> Vec<u8> {
    let mut input: Vec<u8> = frames
        .iter()
        .flat_map(|(_, payload)| payload.clone())
        .collect();
    input.extend_from_slice(&[0, 0, 0xff, 0xff]);
    let mut out = Vec::with_capacity(1 << 20);
    stream
        .decompress_vec(&input, &mut out, FlushDecompress::Sync)
        .expect("valid");
    out
}

#[test]
fn the_examples_of_the_rfc_are_received() {
    // RFC 7692 §7.2.3.1 and §7.2.3.2: "Hello", and again with context takeover.
    let mut protocol = compressed(DeflateParams::default(), None);
    let first = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    let second = b"\xc1\x05\xf2\x00\x11\x00\x00";
    assert_eq!(receive(&mut protocol, first, &[]), [text("Hello")]);
    assert_eq!(receive(&mut protocol, second, &[]), [text("Hello")]);
    // §7.2.3.3: a block without compression; §7.2.3.5: two blocks in one message.
    let stored = b"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00";
    assert_eq!(receive(&mut protocol, stored, &[]), [text("Hello")]);
    let two = b"\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
    assert_eq!(receive(&mut protocol, two, &[]), [text("Hello")]);
    // §7.2.3.4: a block marked as the last one.
    let last = b"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
    assert_eq!(receive(&mut protocol, last, &[]), [text("Hello")]);
    // §7.2.3.6: an empty message.
    assert_eq!(receive(&mut protocol, b"\xc1\x01\x00", &[]), [text("")]);
}

#[test]
fn uncompressed_messages_may_arrive_between_compressed_ones() {
    let mut protocol = compressed(DeflateParams::default(), None);
    let bytes = [
        &b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"[..],
        &frame(0x81, b"plain"),
    ]
    .concat();
    assert_eq!(
        receive(&mut protocol, &bytes, &[]),
        [text("Hello"), text("plain")]
    );
}

#[test]
fn rsv1_in_the_wrong_frame_is_a_violation() {
    for bytes in [
        frame(0xc9, b""),
        [frame(0x41, b"\xf2"), frame(0xc0, b"\x00")].concat(),
        frame(0xa1, b""),
    ] {
        let mut protocol = compressed(DeflateParams::default(), None);
        assert!(receive(&mut protocol, &bytes, &[]).contains(&Got::Violation(1002)));
    }
}

#[test]
fn invalid_deflate_data_is_a_violation() {
    let mut protocol = compressed(DeflateParams::default(), None);
    let bytes = frame(0xc1, b"\xff\xff\xff\xff");
    assert_eq!(receive(&mut protocol, &bytes, &[]), [Got::Violation(1007)]);
}

#[test]
fn an_invalid_byte_of_text_is_found_once_it_is_inflated() {
    let payload = Server::new(DeflateParams::default()).compress("grüß\u{1f600}".as_bytes());
    for (bad, good) in [
        (&b"gr\xc3\xbc\xffstill more"[..], &b"gr\xc3\xbc"[..]),
        (b"gr\xc3\xbc\xc3x", b"gr\xc3\xbc"),
        (b"gr\xed\xa0\x80", b"gr"),
    ] {
        let message = Server::new(DeflateParams::default()).compress(bad);
        for parts in 1..4 {
            // After a valid message, whose end must not be taken for that of the invalid one.
            let bytes = [
                frames(Kind::Text, &payload, 2),
                frames(Kind::Text, &message, parts),
            ]
            .concat();
            let mut protocol = compressed(
                DeflateParams {
                    server_no_context_takeover: true,
                    ..DeflateParams::default()
                },
                None,
            );
            assert_eq!(
                receive(&mut protocol, &bytes, &[]),
                [
                    text("grüß\u{1f600}"),
                    Got::Violation(1007),
                    Got::Unfinished(Kind::Text, good.to_vec())
                ],
                "{bad:?} in {parts} parts"
            );
            let (code, reason) = sent_close(&protocol).expect("a Close");
            assert!(code == 1007 && reason.contains("RFC 6455 §8.1"), "{reason}");
        }
    }
}

#[test]
fn invalid_text_is_found_before_the_message_ends() {
    let mut stream = Compress::new(Compression::default(), false);
    let mut fragment = Vec::with_capacity(100);
    stream
        .compress_vec(b"good\xff", &mut fragment, FlushCompress::Sync)
        .expect("a valid stream");
    let mut protocol = compressed(DeflateParams::default(), None);
    // The first fragment, without FIN.
    assert_eq!(
        receive(&mut protocol, &frame(0x41, &fragment), &[]),
        [
            Got::Violation(1007),
            Got::Unfinished(Kind::Text, b"good".to_vec())
        ]
    );
}

#[test]
fn a_compressed_text_that_ends_in_the_middle_of_a_character_is_a_violation() {
    let message = Server::new(DeflateParams::default()).compress(b"grue\xc3");
    for parts in 1..3 {
        let mut protocol = compressed(DeflateParams::default(), None);
        assert_eq!(
            receive(&mut protocol, &frames(Kind::Text, &message, parts), &[]),
            [
                Got::Violation(1007),
                Got::Unfinished(Kind::Text, b"grue".to_vec())
            ]
        );
    }
}

#[test]
fn a_compression_bomb_is_stopped_at_the_limit() {
    let mut server = Server::new(DeflateParams::default());
    let bomb = server.compress(&vec![0; 50_000_000]);
    assert!(bomb.len() < 100_000);
    let mut protocol = compressed(DeflateParams::default(), Some(1_000_000));
    let got = receive(&mut protocol, &frames(Kind::Binary, &bomb, 1), &[]);
    assert_eq!(got[0], Got::Violation(1009));
    let Some(Got::Unfinished(_, kept)) = got.get(1) else {
        panic!("output up to the limit is reported")
    };
    assert!(kept.len() <= 1_000_000);
    let (_, reason) = sent_close(&protocol).expect("a Close");
    assert!(reason.contains("expands to"), "{reason}");
}

#[test]
fn a_large_message_is_inflated_in_constant_memory() {
    let payload: Vec<u8> = (0..3_000_000_u32)
        .flat_map(|n| (n / 7).to_le_bytes())
        .collect();
    let mut server = Server::new(DeflateParams::default());
    let bytes = frames(Kind::Binary, &server.compress(&payload), 3);
    let mut protocol = compressed(DeflateParams::default(), None);
    assert!(receive(&mut protocol, &bytes, &[]) == [Got::Message(Kind::Binary, payload)]);
}

#[test]
fn an_unfinished_message_is_received_the_same_in_any_split() {
    // The last run of equal bytes crosses the 64 KiB of one step, so its code is consumed while half
    // of the run does not fit into the buffer.
    let mut payload = Server::new(DeflateParams::default()).compress(&vec![b'z'; 65_700]);
    while payload.len() > 60 {
        let first = frame(0x42, &payload);
        let every: Vec<usize> = (0..first.len()).collect();
        let [at_once, bytewise] = [&[][..], &every].map(|cuts| {
            receive(
                &mut compressed(DeflateParams::default(), None),
                &first,
                cuts,
            )
        });
        assert!(at_once == bytewise, "{} bytes of payload", payload.len());
        payload.pop();
    }
}

#[test]
fn control_frames_between_compressed_fragments_do_not_change_the_message() {
    // Output that does not fit into one step is still pending when the Ping arrives.
    for payload in [&b"short"[..], &vec![b'a'; 200_000]] {
        let deflated = Server::new(DeflateParams::default()).compress(payload);
        for cut in [0, 1, deflated.len() / 2, deflated.len()] {
            let (first, last) = deflated.split_at(cut);
            let bytes = [
                frame(0x42, first),
                frame(0x89, b"p"),
                frame(0x00, b""),
                frame(0x8a, b""),
                frame(0x80, last),
            ]
            .concat();
            let mut protocol = compressed(DeflateParams::default(), None);
            let got = receive(&mut protocol, &bytes, &[]);
            let message = Got::Message(Kind::Binary, payload.to_vec());
            let pong = Got::Pong(Vec::new());
            assert!(
                got == [Got::Ping(b"p".to_vec()), pong, message],
                "cut at {cut}"
            );
        }
    }
}

#[test]
fn only_messages_of_a_minimum_size_are_compressed() {
    let mut protocol = compressed(DeflateParams::default(), None);
    protocol.send(Piece::whole(Kind::Text, &[b'a'; 63]));
    protocol.send(Piece::whole(Kind::Text, &[b'a'; 64]));
    let frames = written(&protocol);
    assert_eq!((frames[0].0.rsv1, frames[0].1.len()), (false, 63));
    assert!(frames[1].0.rsv1 && frames[1].1.len() < 20);
}

#[test]
fn with_a_window_of_eight_bits_messages_are_sent_uncompressed() {
    let params = DeflateParams {
        client_max_window_bits: 8,
        ..DeflateParams::default()
    };
    let mut protocol = compressed(params, None);
    protocol.send(Piece::whole(Kind::Text, &[b'a'; 1000]));
    assert!(!written(&protocol)[0].0.rsv1);
}

#[test]
fn only_the_first_fragment_of_a_compressed_message_has_rsv1() {
    let mut protocol = Protocol::new(ProtocolConfig {
        frame_size: NonZeroUsize::new(7),
        compression: Some(DeflateParams::default()),
        ..ProtocolConfig::default()
    });
    let payload: Vec<u8> = (0..=255).collect();
    protocol.send(Piece::whole(Kind::Binary, &payload));
    let frames = written(&protocol);
    assert!(frames.len() > 10 && frames[0].0.rsv1);
    assert!(frames[1..].iter().all(|(header, _)| !header.rsv1));
    let mut stream = Decompress::new_with_window_bits(false, 15);
    assert_eq!(inflate(&mut stream, &frames), payload);
}

fn any_params() -> impl Strategy<Value = DeflateParams> {
    (any::<bool>(), any::<bool>(), 8_u8..=15, 9_u8..=15).prop_map(
        |(server, client, theirs, ours)| DeflateParams {
            server_no_context_takeover: server,
            client_no_context_takeover: client,
            server_max_window_bits: theirs,
            client_max_window_bits: ours,
        },
    )
}

/// Messages of compressible text and incompressible bytes, and the number of parts of each.
fn messages() -> impl Strategy<Value = Vec<(Kind, Vec<u8>, usize)>> {
    let text = "(ab|[a-e]|é|\u{1f600}){0,300}".prop_map(|text| (Kind::Text, text.into_bytes()));
    let binary = proptest::collection::vec(any::<u8>(), 0..3000).prop_map(|b| (Kind::Binary, b));
    let message = (prop_oneof![text, binary], 1_usize..4);
    proptest::collection::vec(
        message.prop_map(|((kind, bytes), parts)| (kind, bytes, parts)),
        0..6,
    )
}

proptest! {
    #[test]
    fn compressed_messages_are_received_the_same_in_any_split(
        params in any_params(),
        messages in messages(),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..10),
    ) {
        let mut server = Server::new(params);
        let mut bytes = Vec::new();
        for (kind, payload, parts) in &messages {
            bytes.extend(frames(*kind, &server.compress(payload), *parts));
        }
        let expected: Vec<_> =
            messages.into_iter().map(|(kind, payload, _)| Got::Message(kind, payload)).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let every: Vec<usize> = (0..bytes.len()).collect();
        for cuts in [cuts, every] {
            let mut protocol = compressed(params, None);
            prop_assert_eq!(&receive(&mut protocol, &bytes, &cuts), &expected);
        }
    }

    #[test]
    fn compressed_messages_are_inflated_unchanged(params in any_params(), messages in messages()) {
        let mut protocol = compressed(params, None);
        let mut stream = Decompress::new_with_window_bits(false, params.client_max_window_bits);
        for (kind, payload, parts) in &messages {
            let size = payload.len() / parts + 1;
            let mut chunks: Vec<&[u8]> = payload.chunks(size).collect();
            if chunks.is_empty() {
                chunks.push(&[]);
            }
            let end = chunks.len() - 1;
            for (at, bytes) in chunks.into_iter().enumerate() {
                protocol.send(Piece { kind: *kind, first: at == 0, last: at == end, bytes });
            }
            let frames = written(&protocol);
            let waiting = protocol.output().len();
            protocol.wrote(waiting);
            prop_assert!(frames.last().expect("a frame").0.is_final);
            prop_assert!(frames[1..].iter().all(|(header, _)| !header.rsv1));
            let sent: Vec<u8> = if frames[0].0.rsv1 {
                inflate(&mut stream, &frames)
            } else {
                frames.iter().flat_map(|(_, payload)| payload.clone()).collect()
            };
            prop_assert!(&sent == payload);
            if params.client_no_context_takeover {
                stream.reset(false);
            }
        }
    }
}
