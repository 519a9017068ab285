//! Messages that the client writes are received unchanged, with any fragmentation, compression and
//! split.

use super::super::deflate::DeflateParams;
use super::*;

/// The client's frames without their masks, as a server would send them, with a Pong after each,
/// which may be between fragments (RFC 6455 §5.4).
fn unmasked(protocol: &Protocol) -> Vec<u8> {
    written(protocol)
        .into_iter()
        .flat_map(|(header, payload)| {
            let bits = u8::from(header.is_final) << 7 | u8::from(header.rsv1) << 6;
            let data = frame(bits | u8::from(header.opcode), &payload);
            [data, frame(0x8a, b"")].concat()
        })
        .collect()
}

/// The parameters as the other end sees them.
fn mirrored(params: DeflateParams) -> DeflateParams {
    DeflateParams {
        server_no_context_takeover: params.client_no_context_takeover,
        client_no_context_takeover: params.server_no_context_takeover,
        server_max_window_bits: params.client_max_window_bits,
        client_max_window_bits: params.server_max_window_bits,
    }
}

fn any_params() -> impl Strategy<Value = Option<DeflateParams>> {
    let any = (any::<bool>(), any::<bool>(), 8_u8..=15, 8_u8..=15);
    proptest::option::of(
        any.prop_map(|(server, client, theirs, ours)| DeflateParams {
            server_no_context_takeover: server,
            client_no_context_takeover: client,
            server_max_window_bits: theirs,
            client_max_window_bits: ours,
        }),
    )
}

/// A message, and the lengths of the pieces that it is sent in.
type Message = (Kind, Vec<u8>, Vec<usize>);

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let text = "(ab|[a-e]|é|\u{1f600}){0,200}".prop_map(|text| (Kind::Text, text.into_bytes()));
    let binary = proptest::collection::vec(any::<u8>(), 0..1000).prop_map(|b| (Kind::Binary, b));
    // Larger than what is inflated in one step.
    let long = (65_000_usize..140_000, 1_usize..300).prop_map(|(length, run)| {
        let bytes = (0..=255_u8).flat_map(|byte| std::iter::repeat_n(byte, run));
        (Kind::Binary, bytes.cycle().take(length).collect())
    });
    let message = prop_oneof![4 => text, 4 => binary, 1 => long];
    let pieces = proptest::collection::vec(0_usize..400, 0..4);
    let message = (message, pieces).prop_map(|((kind, bytes), pieces)| (kind, bytes, pieces));
    proptest::collection::vec(message, 0..6)
}

fn send(protocol: &mut Protocol, (kind, payload, pieces): &Message) {
    let (kind, mut rest, mut first) = (*kind, &payload[..], true);
    for length in pieces {
        let (bytes, after) = rest.split_at((*length).min(rest.len()));
        protocol.send(Piece {
            kind,
            first,
            last: false,
            bytes,
        });
        (rest, first) = (after, false);
    }
    protocol.send(Piece {
        kind,
        first,
        last: true,
        bytes: rest,
    });
}

proptest! {
    #[test]
    fn messages_are_received_unchanged(
        params in any_params(),
        frame_size in proptest::option::of(1_usize..2000),
        messages in messages(),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..10),
    ) {
        let mut writer = Protocol::new(ProtocolConfig {
            frame_size: frame_size.and_then(NonZeroUsize::new),
            compression: params,
            ..ProtocolConfig::default()
        });
        let mut expected = Vec::new();
        for message in &messages {
            send(&mut writer, message);
            expected.push(Got::Message(message.0, message.1.clone()));
        }
        let bytes = unmasked(&writer);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        // Long messages take too long byte by byte.
        let every: Vec<usize> = (0..bytes.len().min(5000)).collect();
        for cuts in [&cuts, &every] {
            let mut reader = Protocol::new(ProtocolConfig {
                compression: params.map(mirrored),
                ..ProtocolConfig::default()
            });
            let mut got = receive(&mut reader, &bytes, cuts);
            got.retain(|got| !matches!(got, Got::Pong(_)));
            prop_assert!(got == expected);
            prop_assert_eq!(reader.volume(), writer.volume());
        }
    }
}
