//! Frames (RFC 6455 §5.2), implemented independently of the program, and able to represent what the
//! RFC forbids.

/// A continuation frame (§5.4).
pub const CONTINUATION: u8 = 0;
/// A text frame.
pub const TEXT: u8 = 1;
/// A binary frame.
pub const BINARY: u8 = 2;
/// A Close frame.
pub const CLOSE: u8 = 8;
/// A Ping frame.
pub const PING: u8 = 9;
/// A Pong frame.
pub const PONG: u8 = 10;

/// A frame, valid or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// FIN: the last frame of its message.
    pub fin: bool,
    /// RSV1, RSV2 and RSV3 as the bits 4, 2 and 1.
    pub rsv: u8,
    /// The opcode, 0 to 15.
    pub opcode: u8,
    /// The masking key; servers must not have one, clients must.
    pub mask: Option<[u8; 4]>,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A final, unmasked frame.
    pub fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        Self {
            fin: true,
            rsv: 0,
            opcode,
            mask: None,
            payload: payload.as_ref().to_vec(),
        }
    }

    /// The same without FIN: more of its message follows.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.fin = false;
        self
    }

    /// The same with reserved bits: RSV1, RSV2 and RSV3 are 4, 2 and 1.
    #[must_use]
    pub fn rsv(mut self, bits: u8) -> Self {
        self.rsv = bits;
        self
    }

    /// The same with a masking key.
    #[must_use]
    pub fn masked(mut self, key: [u8; 4]) -> Self {
        self.mask = Some(key);
        self
    }

    /// A Close frame with a code and a reason.
    pub fn close(code: u16, reason: &str) -> Self {
        Self::new(CLOSE, [&code.to_be_bytes(), reason.as_bytes()].concat())
    }

    /// The frame's bytes, with its length in the shortest form.
    pub fn encode(&self) -> Vec<u8> {
        let length = self.payload.len() as u64;
        let form = match length {
            0..=125 => LengthForm::Seven,
            126..=65_535 => LengthForm::Sixteen,
            _ => LengthForm::SixtyFour,
        };
        let mut bytes = self.head(form, length);
        let start = bytes.len();
        bytes.extend_from_slice(&self.payload);
        if let Some(key) = self.mask {
            apply_mask(&mut bytes[start..], key);
        }
        bytes
    }

    /// Only the header, which may have any length in any form.
    pub fn head(&self, form: LengthForm, length: u64) -> Vec<u8> {
        let mask_bit = if self.mask.is_some() { 0x80 } else { 0 };
        let mut bytes = vec![u8::from(self.fin) << 7 | self.rsv << 4 | self.opcode];
        let length = length.to_be_bytes();
        match form {
            LengthForm::Seven => bytes.push(mask_bit | length[7]),
            LengthForm::Sixteen => {
                bytes.push(mask_bit | 0x7e);
                bytes.extend_from_slice(&length[6..]);
            }
            LengthForm::SixtyFour => {
                bytes.push(mask_bit | 0x7f);
                bytes.extend_from_slice(&length);
            }
        }
        bytes.extend(self.mask.into_iter().flatten());
        bytes
    }

    /// Parses a client's frame at the beginning of `bytes`. Returns it and its size in bytes, or
    /// `None` if it is incomplete.
    ///
    /// # Errors
    ///
    /// What a client may never send: an unmasked frame (§5.1), a length that is not in the shortest
    /// form (§5.2), a control frame that is too long or fragmented (§5.5), a reserved bit or opcode
    /// that was not negotiated.
    pub fn of_client(bytes: &[u8], rsv_allowed: u8) -> Result<Option<(Self, usize)>, String> {
        let [first, second, ..] = *bytes else {
            return Ok(None);
        };
        let (fin, rsv, opcode) = (first & 0x80 != 0, first >> 4 & 7, first & 15);
        let form = match second & 0x7f {
            126 => LengthForm::Sixteen,
            127 => LengthForm::SixtyFour,
            _ => LengthForm::Seven,
        };
        let head_end = 2 + form.extra();
        if second & 0x80 == 0 {
            return Err("the client sent a frame without a mask (§5.1)".to_owned());
        }
        let Some(key) = bytes.get(head_end..head_end + 4) else {
            return Ok(None);
        };
        let length = match form {
            LengthForm::Seven => u64::from(second & 0x7f),
            _ => bytes[2..head_end]
                .iter()
                .fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        if length < form.least() || length > i64::MAX as u64 {
            return Err(format!(
                "the client wrote the length {length} in {} bits (§5.2)",
                form.bits()
            ));
        }
        if opcode >= CLOSE && (!fin || length > 125) {
            return Err(format!(
                "the client sent a control frame with FIN {fin} and {length} bytes (§5.5)"
            ));
        }
        if rsv & !rsv_allowed != 0 || matches!(opcode, 3..=7 | 11..=15) {
            return Err(format!(
                "the client sent the opcode {opcode} with the reserved bits {rsv:03b} (§5.2)"
            ));
        }
        let start = head_end + 4;
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| start.checked_add(length))
            .ok_or("the client sent a frame that no memory holds")?;
        let Some(payload) = bytes.get(start..end) else {
            return Ok(None);
        };
        let key = [key[0], key[1], key[2], key[3]];
        let mut payload = payload.to_vec();
        apply_mask(&mut payload, key);
        let frame = Self {
            fin,
            rsv,
            opcode,
            mask: Some(key),
            payload,
        };
        Ok(Some((frame, end)))
    }
}

/// The three forms of a payload's length (§5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthForm {
    Seven,
    Sixteen,
    SixtyFour,
}

impl LengthForm {
    fn extra(self) -> usize {
        match self {
            Self::Seven => 0,
            Self::Sixteen => 2,
            Self::SixtyFour => 8,
        }
    }

    fn bits(self) -> u8 {
        match self {
            Self::Seven => 7,
            Self::Sixteen => 16,
            Self::SixtyFour => 64,
        }
    }

    /// The minimum length that needs this form.
    fn least(self) -> u64 {
        match self {
            Self::Seven => 0,
            Self::Sixteen => 126,
            Self::SixtyFour => 65_536,
        }
    }
}

/// Masks or unmasks (§5.3), eight bytes at a time: tests send a hundred megabytes in unoptimized
/// builds.
fn apply_mask(bytes: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut chunks = bytes.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let word: [u8; 8] = (&*chunk).try_into().expect("a chunk has eight bytes");
        chunk.copy_from_slice(&(u64::from_ne_bytes(word) ^ wide).to_ne_bytes());
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}
