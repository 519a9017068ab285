//! `--frame-size`: messages in fragments (RFC 6455 §5.4), compressed and not (RFC 7692 §6.1).

use super::{Deflate, AGREED, COMPRESSED, LONG};
use crate::support::peer::{BINARY, CONTINUATION, TEXT};
use crate::support::{Frame, Peer, Wsline};

/// The frames of `payload` in pieces of `size`, the first one of this opcode and with these
/// reserved bits.
fn pieces(peer: Peer, opcode: u8, rsv: u8, payload: &[u8], size: usize) -> Peer {
    let count = payload.len().div_ceil(size);
    payload
        .chunks(size)
        .enumerate()
        .fold(peer, |peer, (number, piece)| {
            let (opcode, rsv) = match number {
                0 => (opcode, rsv),
                _ => (CONTINUATION, 0),
            };
            let mut frame = Frame::new(opcode, piece).rsv(rsv);
            frame.fin = number + 1 == count;
            peer.expect_frame(frame)
        })
}

#[test]
fn text_is_fragmented_even_inside_characters() {
    let text = "grüße, \u{1F30D}!";
    let peer = pieces(Peer::ws(), TEXT, 0, text.as_bytes(), 3).start();
    Wsline::new()
        .args([&peer.url(), "--frame-size", "3", "-w", "0"])
        .stdin(format!("{text}\n"))
        .run();
}

#[test]
fn binary_messages_are_fragmented() {
    let bytes: Vec<u8> = (0..=255).collect();
    let peer = pieces(Peer::ws(), BINARY, 0, &bytes, 100).start();
    Wsline::new()
        .args([&peer.url(), "--frame-size", "100", "-w", "0", "-b"])
        .stdin(bytes)
        .run();
}

#[test]
fn only_the_first_fragment_has_rsv1() {
    let payload = Deflate::new(15).message(LONG.as_bytes());
    let peer = Peer::ws().accept_with_headers([AGREED]);
    let peer = pieces(peer, TEXT, COMPRESSED, &payload, 10).start();
    Wsline::new()
        .args([&peer.url(), "--frame-size", "10", "-w", "0", "-d", LONG])
        .run();
}
