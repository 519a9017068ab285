//! Frames (RFC 6455 §5.2): reading a server's header, writing ours, and the mask.

use rand::Rng as _;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;

use super::Violation;

/// The longest header: two bytes, eight of length, four of mask.
pub(super) const LONGEST_HEADER: usize = 14;

/// The longest payload of a control frame (RFC 6455 §5.5).
pub(super) const LONGEST_CONTROL: usize = 125;

/// A frame header as it was decoded: itself, the payload's length, and its own length in bytes.
pub(super) type Decoded = (FrameHeader, u64, usize);

/// Decodes the header of a server's frame; `None` if `bytes` does not hold the whole of it.
///
/// A rule that is broken is reported as soon as the byte that breaks it is there.
/// `rsv1` says that an extension gives that bit a meaning.
pub(super) fn decode_header(bytes: &[u8], rsv1: bool) -> Result<Option<Decoded>, Violation> {
    let &[first, second, ref rest @ ..] = bytes else {
        return match bytes {
            [first] => check_first_byte(*first, rsv1).map(|_| None),
            _ => Ok(None),
        };
    };
    let opcode = check_first_byte(first, rsv1)?;
    if second & 0x80 != 0 {
        return Err(Violation::protocol("a masked frame (RFC 6455 §5.1)"));
    }
    let short = second & 0x7f;
    let is_final = first & 0x80 != 0;
    if matches!(opcode, OpCode::Control(_)) {
        if !is_final {
            return Err(Violation::protocol(
                "a fragmented control frame (RFC 6455 §5.5)",
            ));
        }
        if short > 125 {
            return Err(Violation::protocol(
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
        return Err(Violation::protocol(
            "a frame length that is not minimal (RFC 6455 §5.2)",
        ));
    }
    if length >> 63 != 0 {
        return Err(Violation::protocol(
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

/// Checks the reserved bits and the opcode.
fn check_first_byte(first: u8, rsv1: bool) -> Result<OpCode, Violation> {
    if first & if rsv1 { 0x30 } else { 0x70 } != 0 {
        return Err(Violation::protocol(format!(
            "reserved bits {:03b} without an extension that defines them (RFC 6455 §5.2)",
            (first >> 4) % 8
        )));
    }
    match OpCode::from(first & 0x0f) {
        OpCode::Data(Data::Reserved(code)) | OpCode::Control(Control::Reserved(code)) => Err(
            Violation::protocol(format!("the reserved opcode {code} (RFC 6455 §5.2)")),
        ),
        opcode => Ok(opcode),
    }
}

/// Writes a frame to the start of `room`, which has to hold [`LONGEST_HEADER`] and the payload;
/// its length. A client's frame is masked (RFC 6455 §5.1).
pub(super) fn encode(room: &mut [u8], header: &FrameHeader, payload: &[u8]) -> usize {
    let mask = header.mask.unwrap_or_default();
    let begin = encode_length(room, payload.len());
    let bits = [(header.is_final, 0x80), (header.rsv1, 0x40)];
    room[0] = bits
        .iter()
        .filter(|(set, _)| *set)
        .fold(header.opcode.into(), |byte, (_, bit)| byte | bit);
    room[begin..begin + 4].copy_from_slice(&mask);
    let end = begin + 4 + payload.len();
    copy_masked(&mut room[begin + 4..end], payload, mask);
    end
}

/// Writes a payload's length, in the shortest form there is, and the bit that says that there is
/// a mask; where the mask begins.
fn encode_length(room: &mut [u8], length: usize) -> usize {
    const MASKED: u8 = 0x80;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "each arm has checked the length"
    )]
    match length {
        0..=125 => {
            room[1] = MASKED | length as u8;
            2
        }
        126..=0xffff => {
            room[1] = MASKED | 0x7e;
            room[2..4].copy_from_slice(&(length as u16).to_be_bytes());
            4
        }
        _ => {
            room[1] = MASKED | 0x7f;
            room[2..10].copy_from_slice(&(length as u64).to_be_bytes());
            10
        }
    }
}

/// Copies `from` with `mask` applied (RFC 6455 §5.3). Both are of the same length.
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

/// Copies whole blocks of `N` bytes, a multiple of the key's four; how many bytes that were. The
/// compiler makes one or two instructions of a block.
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

/// Fresh masks from a cryptographic generator (RFC 6455 §5.3, §10.3), drawn in blocks.
#[derive(Debug)]
pub(super) struct Masks {
    block: [u8; Self::BLOCK],
    used: usize,
}

impl Masks {
    const BLOCK: usize = 1024;

    pub(super) fn new() -> Self {
        Self {
            block: [0; Self::BLOCK],
            used: Self::BLOCK,
        }
    }

    #[inline]
    pub(super) fn draw(&mut self) -> [u8; 4] {
        if let Some(&mask) = self.block[self.used..].first_chunk() {
            self.used += mask.len();
            return mask;
        }
        rand::rng().fill_bytes(&mut self.block);
        self.used = 4;
        let [a, b, c, d, ..] = self.block;
        [a, b, c, d]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(bytes: &[u8]) -> String {
        decode_header(bytes, false).expect_err("a violation").rule
    }

    #[test]
    fn lengths_of_every_form_are_read() {
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
            let (header, read, at) = decode_header(bytes, false).expect("valid").expect("whole");
            assert_eq!((read, at), (length, used));
            assert!(header.is_final && header.mask.is_none());
            for cut in 0..used {
                assert!(decode_header(&bytes[..cut], false)
                    .expect("valid so far")
                    .is_none());
            }
        }
    }

    #[test]
    fn every_broken_rule_names_its_clause() {
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
    fn the_mask_is_that_of_the_rfc() {
        // The example of RFC 6455 §5.7: a masked text frame with "Hello".
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        let header = FrameHeader {
            opcode: OpCode::Data(Data::Text),
            mask: Some(mask),
            ..FrameHeader::default()
        };
        let mut room = [0; LONGEST_HEADER + 5];
        let end = encode(&mut room, &header, b"Hello");
        assert_eq!(room[..6], [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(room[6..end], [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn a_mask_is_applied_to_any_length() {
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
