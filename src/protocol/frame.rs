//! Frames (RFC 6455 §5.2): decoding a server's header, encoding ours, and masking.

use rand::Rng as _;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;

use super::message::Kind;
use super::violation::Violation;

/// The longest frame header in bytes: two, eight of extended length, four of mask.
pub(super) const MAX_HEADER: usize = 14;

/// The longest payload of a control frame in bytes (RFC 6455 §5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// A decoded header, the length of the payload, and the length of the header, in bytes.
pub(super) type Decoded = (FrameHeader, u64, usize);

/// Decodes the header of a server's frame; `None` if `bytes` ends before the header does.
///
/// A violation is reported as soon as the byte that causes it is present. `rsv1` says whether an
/// extension that defines RSV1 was negotiated.
pub(super) fn decode_header(bytes: &[u8], rsv1: bool) -> Result<Option<Decoded>, Violation> {
    let &[first, second, ref rest @ ..] = bytes else {
        return match bytes {
            [first] => check_first_byte(*first, rsv1).map(|_| None),
            _ => Ok(None),
        };
    };
    let opcode = check_first_byte(first, rsv1)?;
    if second & 0x80 != 0 {
        return Err(Violation::protocol_error("a masked frame (RFC 6455 §5.1)"));
    }
    let short = second & 0x7f;
    let is_final = first & 0x80 != 0;
    if matches!(opcode, OpCode::Control(_)) {
        if !is_final {
            return Err(Violation::protocol_error(
                "a fragmented control frame (RFC 6455 §5.5)",
            ));
        }
        if usize::from(short) > MAX_CONTROL_PAYLOAD {
            return Err(Violation::protocol_error(
                "a control frame of more than 125 bytes (RFC 6455 §5.5)",
            ));
        }
    }
    let (length, extra) = match (short, rest) {
        (126, [high, low, ..]) => (u64::from(u16::from_be_bytes([*high, *low])), 2),
        (126, _) => return Ok(None),
        (127, _) => match rest.first_chunk() {
            Some(eight) => (u64::from_be_bytes(*eight), 8),
            None => return Ok(None),
        },
        _ => (u64::from(short), 0),
    };
    let minimal = match extra {
        2 => length > 125,
        8 => length > 0xffff,
        _ => true,
    };
    if !minimal {
        return Err(Violation::protocol_error(
            "a frame length that is not minimal (RFC 6455 §5.2)",
        ));
    }
    if length >> 63 != 0 {
        return Err(Violation::protocol_error(
            "a frame length of 2^63 or more (RFC 6455 §5.2)",
        ));
    }
    let header = FrameHeader {
        is_final,
        rsv1: first & 0x40 != 0,
        rsv2: false,
        rsv3: false,
        opcode,
        mask: None,
    };
    Ok(Some((header, length, 2 + extra)))
}

/// The payload of the frame at the front of `bytes`, and the bytes after the frame, if the frame is
/// complete and an uncompressed message of this kind. `None` does not say what is wrong.
#[inline]
pub(super) fn split_message(kind: Kind, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if *bytes.first()? != first_byte_of_message(kind) {
        return None;
    }
    match *bytes {
        [_, short @ 0..=125, ref rest @ ..] => rest.split_at_checked(usize::from(short)),
        [_, 126, high, low, ref rest @ ..] => {
            let length = u16::from_be_bytes([high, low]);
            let split = rest.split_at_checked(usize::from(length));
            split.filter(|_| length > 125)
        }
        [_, 127, ref rest @ ..] => {
            let (length, rest) = rest.split_first_chunk()?;
            let length = u64::from_be_bytes(*length);
            let split = rest.split_at_checked(usize::try_from(length).ok()?);
            split.filter(|_| length > 0xffff)
        }
        _ => None,
    }
}

/// Checks the reserved bits and the opcode.
fn check_first_byte(first: u8, rsv1: bool) -> Result<OpCode, Violation> {
    if first & if rsv1 { 0x30 } else { 0x70 } != 0 {
        return Err(Violation::protocol_error(format!(
            "reserved bits {:03b} without an extension that defines them (RFC 6455 §5.2)",
            (first >> 4) % 8
        )));
    }
    match OpCode::from(first & 0x0f) {
        OpCode::Data(Data::Reserved(code)) | OpCode::Control(Control::Reserved(code)) => Err(
            Violation::protocol_error(format!("the reserved opcode {code} (RFC 6455 §5.2)")),
        ),
        opcode => Ok(opcode),
    }
}

/// The first byte of a frame: FIN, RSV1 and the opcode.
#[inline]
pub(super) fn first_byte(is_final: bool, rsv1: bool, opcode: OpCode) -> u8 {
    u8::from(is_final) << 7 | u8::from(rsv1) << 6 | u8::from(opcode)
}

/// The first byte of a frame that is a complete, uncompressed message.
#[inline]
pub(super) fn first_byte_of_message(kind: Kind) -> u8 {
    let data = match kind {
        Kind::Text => Data::Text,
        Kind::Binary => Data::Binary,
    };
    first_byte(true, false, OpCode::Data(data))
}

/// Writes a frame to the start of `out`, which must have space for [`MAX_HEADER`] bytes and the
/// payload. A client's frame is masked (RFC 6455 §5.1). Returns the length of the frame in bytes.
#[inline]
pub(super) fn encode(out: &mut [u8], first: u8, mask: [u8; 4], payload: &[u8]) -> usize {
    let header = out.first_chunk_mut().expect("space for the longest header");
    let begin = encode_header(header, first, mask, payload.len());
    let end = begin + payload.len();
    copy_masked(&mut out[begin..end], payload, mask);
    end
}

/// Writes a header, with the length of the payload in the shortest encoding. Returns the length of
/// the header in bytes.
#[inline]
fn encode_header(header: &mut [u8; MAX_HEADER], first: u8, mask: [u8; 4], length: usize) -> usize {
    const MASKED: u8 = 0x80;
    header[0] = first;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "each arm checks the length"
    )]
    match length {
        0..=125 => {
            header[1] = MASKED | length as u8;
            header[2..6].copy_from_slice(&mask);
            6
        }
        126..=0xffff => {
            header[1] = MASKED | 0x7e;
            header[2..4].copy_from_slice(&(length as u16).to_be_bytes());
            header[4..8].copy_from_slice(&mask);
            8
        }
        _ => {
            header[1] = MASKED | 0x7f;
            header[2..10].copy_from_slice(&(length as u64).to_be_bytes());
            header[10..14].copy_from_slice(&mask);
            14
        }
    }
}

/// Copies `from` with `mask` applied (RFC 6455 §5.3) to `to`, which has the same length.
fn copy_masked(to: &mut [u8], from: &[u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let key = [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d];
    let rest = copy_blocks::<32>(to, from, key);
    let rest = copy_blocks::<8>(&mut to[rest..], &from[rest..], key) + rest;
    let rest = copy_blocks::<4>(&mut to[rest..], &from[rest..], key) + rest;
    for ((to, from), key) in to[rest..].iter_mut().zip(&from[rest..]).zip(key) {
        *to = from ^ key;
    }
}

/// Copies as many blocks of `N` bytes, a multiple of the mask's four, as there are. Returns the
/// number of bytes copied. The compiler turns a block into one or two instructions.
fn copy_blocks<const N: usize>(to: &mut [u8], from: &[u8], key: [u8; 16]) -> usize {
    let (to, _) = to.as_chunks_mut::<N>();
    let (from, _) = from.as_chunks::<N>();
    for (to, from) in to.iter_mut().zip(from) {
        for at in 0..N {
            to[at] = from[at] ^ key[at % 16];
        }
    }
    to.len() * N
}

/// Masks from a cryptographically secure generator (RFC 6455 §5.3, §10.3), generated in blocks.
#[derive(Debug)]
pub(super) struct Masks {
    block: [[u8; 4]; Self::BLOCK],
    used: usize,
}

impl Masks {
    const BLOCK: usize = 256;

    pub(super) fn new() -> Self {
        Self {
            block: [[0; 4]; Self::BLOCK],
            used: Self::BLOCK,
        }
    }

    #[inline]
    pub(super) fn draw(&mut self) -> [u8; 4] {
        if self.used >= Self::BLOCK {
            self.fill();
        }
        let mask = self.block[self.used];
        self.used += 1;
        mask
    }

    #[cold]
    fn fill(&mut self) {
        rand::rng().fill_bytes(self.block.as_flattened_mut());
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(bytes: &[u8]) -> String {
        decode_header(bytes, false).expect_err("a violation").rule
    }

    #[test]
    fn every_length_encoding_is_decoded() {
        for (bytes, length, used) in [
            (&[0x81, 5][..], 5, 2),
            (&[0x82, 126, 0, 126], 126, 4),
            (&[0x82, 126, 0xff, 0xff], 0xffff, 4),
            (&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0], 0x1_0000, 10),
            (
                &[0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                u64::MAX >> 1,
                10,
            ),
        ] {
            let decoded = decode_header(bytes, false).expect("valid");
            let (header, payload, consumed) = decoded.expect("complete");
            assert_eq!((payload, consumed), (length, used));
            assert!(header.is_final && header.mask.is_none());
            for cut in 0..used {
                assert!(decode_header(&bytes[..cut], false)
                    .expect("valid so far")
                    .is_none());
            }
        }
    }

    #[test]
    fn every_violation_is_described() {
        assert!(rule(&[0x81, 0x80]).contains("§5.1"));
        assert!(rule(&[0xc1]).contains("reserved bits 100"));
        assert!(rule(&[0x91]).contains("reserved bits 001"));
        assert!(rule(&[0x83]).contains("opcode 3"));
        assert!(rule(&[0x8b]).contains("opcode 11"));
        assert!(rule(&[0x09, 0]).contains("fragmented control"));
        assert!(rule(&[0x89, 126]).contains("125 bytes"));
        assert!(rule(&[0x82, 126, 0, 125]).contains("not minimal"));
        assert!(rule(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]).contains("not minimal"));
        assert!(rule(&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]).contains("2^63"));
    }

    #[test]
    fn the_example_of_the_rfc_is_encoded() {
        // The example of RFC 6455 §5.7: a masked text frame with "Hello".
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        let mut out = [0; MAX_HEADER + 5];
        let first = first_byte_of_message(Kind::Text);
        let end = encode(&mut out, first, mask, b"Hello");
        assert_eq!(out[..6], [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(out[6..end], [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn a_payload_of_any_length_is_masked() {
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        let payload: Vec<u8> = (0..=255).collect();
        for length in 0..payload.len() {
            let mut masked = vec![0; length];
            copy_masked(&mut masked, &payload[..length], mask);
            let one_by_one = payload.iter().zip(mask.iter().cycle());
            let expected = one_by_one.map(|(byte, key)| byte ^ key).take(length);
            assert!(expected.eq(masked), "{length} bytes");
        }
    }

    #[test]
    fn masks_differ() {
        let mut masks = Masks::new();
        let drawn: std::collections::HashSet<_> = (0..1000).map(|_| masks.draw()).collect();
        assert!(drawn.len() > 990, "{} of 1000 are different", drawn.len());
    }
}
