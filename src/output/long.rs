//! Long messages, written in pieces.
//!
//! An escaped message takes up to six times its size. So it is kept unescaped, and each piece is
//! made when there is time and space for it.

use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use serde::Serialize as _;
use serde_json::ser::{CompactFormatter, Formatter};

use super::json_text::{is_plain, Visible};

/// The maximum time for which an output writes a long message before the loop handles other events.
pub const SLICE: Duration = Duration::from_millis(10);

/// The number of bytes of a message in a piece: whole groups of base64.
const PIECE: usize = 48 * 1024;

/// The encoding of a long message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The inside of a JSON string.
    Json,
    /// The same, with hidden characters escaped.
    Visible,
    /// Base64 (RFC 4648 §4).
    Base64,
}

/// A long message, and how much of it was written.
#[derive(Debug)]
pub struct LongMessage {
    bytes: Bytes,
    written: usize,
    encoding: Encoding,
}

impl LongMessage {
    /// A message of which nothing has been written.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>, encoding: Encoding) -> Self {
        Self {
            bytes: bytes.into(),
            written: 0,
            encoding,
        }
    }

    /// Whether all of it was written.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Appends the next piece to `out`.
    pub fn push_piece(&mut self, out: &mut Vec<u8>) {
        let rest = &self.bytes[self.written..];
        let piece = match self.encoding {
            Encoding::Base64 => &rest[..rest.len().min(PIECE)],
            Encoding::Json | Encoding::Visible => &rest[..characters(rest)],
        };
        self.written += piece.len();
        match self.encoding {
            Encoding::Base64 => push_base64(out, piece),
            Encoding::Json => push_escaped(out, piece, CompactFormatter),
            Encoding::Visible if is_plain(piece) => out.extend_from_slice(piece),
            Encoding::Visible => push_escaped(out, piece, Visible),
        }
    }
}

/// The length of the next piece of a text: whole characters.
fn characters(text: &[u8]) -> usize {
    if text.len() <= PIECE {
        return text.len();
    }
    // At most three bytes of a character follow its first (RFC 3629 §3).
    let begins = |at: &usize| text[*at] & 0xc0 != 0x80;
    (PIECE - 3..=PIECE).rev().find(begins).unwrap_or(PIECE)
}

fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + BASE64.encode_len(bytes.len()), 0);
    BASE64.encode_mut(bytes, &mut out[start..]);
}

/// Appends a piece of a text, escaped, without quotes around it.
fn push_escaped(out: &mut Vec<u8>, text: &[u8], formatter: impl Formatter) {
    // The protocol has checked that it is UTF-8; otherwise, the output is valid JSON nevertheless.
    let text = String::from_utf8_lossy(text);
    let mut string = Vec::with_capacity(text.len() + text.len() / 4);
    let mut serializer = serde_json::Serializer::with_formatter(&mut string, formatter);
    text.serialize(&mut serializer)
        .expect("a Vec takes any text");
    out.extend_from_slice(&string[1..string.len() - 1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: &[u8], encoding: Encoding) -> String {
        let mut message = LongMessage::new(bytes.to_vec(), encoding);
        let mut out = Vec::new();
        while !message.is_written() {
            let before = out.len();
            message.push_piece(&mut out);
            assert!(out.len() - before <= 6 * PIECE);
        }
        String::from_utf8(out).expect("it is text")
    }

    #[test]
    fn pieces_together_equal_the_whole_message() {
        // Characters at every distance from the end of a piece.
        for before in 0..4 {
            let text = format!(
                "{}{}",
                "a".repeat(before),
                "\u{202e}é\"\u{1}\u{1f600}".repeat(9000)
            );
            let json = serde_json::to_string(&text).expect("it is a text");
            assert_eq!(
                format!("\"{}\"", written(text.as_bytes(), Encoding::Json)),
                json
            );
            assert_eq!(
                written(text.as_bytes(), Encoding::Visible),
                json[1..json.len() - 1].replace('\u{202e}', "\\u202e")
            );
        }
        let plain = "plain ".repeat(20_000);
        assert_eq!(written(plain.as_bytes(), Encoding::Visible), plain);
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 2] {
            let bytes: Vec<u8> = (0..=255).cycle().take(size).collect();
            assert_eq!(written(&bytes, Encoding::Base64), BASE64.encode(&bytes));
        }
    }

    #[test]
    fn invalid_utf8_is_written_as_valid_json() {
        let bytes = [vec![0xff], vec![0x80; 3 * PIECE]].concat();
        let text = written(&bytes, Encoding::Visible);
        assert_eq!(text.chars().count(), bytes.len());
        assert!(text.chars().all(|character| character == '\u{fffd}'));
    }
}
