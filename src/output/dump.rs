//! Hex dumps, sizes, and the recognition of file formats.

use crate::event::Way;
use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};
use crate::text::escape::{row_of, ROW};
use crate::text::utf8;

/// The format of binary messages (`--binary-as`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryFormat {
    /// The bytes unchanged, but escaped on a terminal.
    Raw,
    /// One line of hexadecimal digits.
    Hex,
    /// One line of base64 (RFC 4648 §4).
    Base64,
    /// Not printed.
    Skip,
}

/// The number of bytes that are examined to decide whether a message is text.
const JUDGED: usize = 64 * 1024;

/// The first bytes of well-known formats.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"),
    (b"%PDF-", "PDF document"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"PK\x03\x04", "zip archive"),
    (b"OggS", "Ogg media"),
    (b"fLaC", "FLAC audio"),
    (b"\x1aE\xdf\xa3", "Matroska or WebM media"),
    (b"\0asm", "WebAssembly module"),
    (b"\x7fELF", "ELF executable"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"\xd9\xd9\xf7", "CBOR data"), // RFC 8949 §3.4.6
];

/// The format of `bytes` according to their beginning; `None` if it is unknown.
#[must_use]
pub fn looks_like(bytes: &[u8]) -> Option<&'static str> {
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(name);
    }
    match bytes {
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some("bzip2 data"),
        [b'I', b'D', b'3', 2..=4, ..] => Some("MP3 audio"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("WebP image"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("WAV audio"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("MP4 media"),
        // Deflate with a 32 KiB window and a header whose check holds (RFC 1950 §2.2).
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, _, ..] => Some("zlib data"),
        _ if is_text(bytes) => Some("UTF-8 text"),
        _ => None,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let blank = |character| matches!(character, '\n' | '\r' | '\t');
    let beginning = &bytes[..bytes.len().min(JUDGED)];
    let Ok(length) = utf8::complete_length(beginning) else {
        return false;
    };
    if length < beginning.len() && beginning.len() == bytes.len() {
        return false;
    }
    let text = std::str::from_utf8(&beginning[..length]).unwrap_or_default();
    !text.is_empty()
        && text
            .chars()
            .all(|character| !character.is_control() || blank(character))
}

/// A number of bytes with a unit: `17 B`, `12.3 KiB`.
#[must_use]
pub fn size(bytes: usize) -> String {
    let mut whole = bytes;
    let mut tenths = 0;
    let mut unit = 0;
    while whole >= 1024 {
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit += 1;
    }
    match ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][unit] {
        "B" => format!("{whole} B"),
        unit => format!("{whole}.{tenths} {unit}"),
    }
}

/// A Ping or a Pong as a line: `ping "abc"`, escaped.
#[must_use]
pub fn control(name: &str, payload: &[u8]) -> String {
    if payload.is_empty() {
        return name.to_owned();
    }
    format!("{name} \"{}\"", escape::bytes(payload, Breaks::Shown))
}

/// A Ping that goes out to keep a connection, or the Pong that comes in for it.
#[must_use]
pub fn keepalive(way: Way, payload: &[u8]) -> String {
    match way {
        Way::Out => control("ping", payload),
        Way::In => control("pong", payload),
    }
}

/// The number of bytes per line of a hex dump that fits into `columns`: 16, 8, 4 or 2.
#[must_use]
pub fn bytes_in(columns: usize) -> usize {
    let width = |bytes: usize| "00000000".len() + row_of(&vec![0; bytes], bytes).len();
    let fitting = [ROW, ROW / 2, ROW / 4].into_iter();
    fitting
        .into_iter()
        .find(|bytes| width(*bytes) <= columns)
        .unwrap_or(ROW / 8)
}

/// The lines of a hex dump without line ends: offset, 16 bytes, the same as ASCII.
pub fn lines(bytes: &[u8], palette: Palette) -> impl Iterator<Item = String> + '_ {
    lines_of(bytes, ROW, palette)
}

/// The same with `length` bytes per line.
pub fn lines_of(
    bytes: &[u8],
    length: usize,
    palette: Palette,
) -> impl Iterator<Item = String> + '_ {
    bytes
        .chunks(length)
        .enumerate()
        .map(move |(number, chunk)| {
            let offset = palette.paint(Style::Quiet, &format!("{:08x}", number * length));
            offset + &row_of(chunk, length)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dump_has_offset_bytes_and_ascii() {
        let bytes = b"hello, world\n\x00\x1b\xffmore";
        let shown: Vec<_> = lines(bytes, Palette::plain()).collect();
        assert_eq!(
            shown,
            [
                "00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 0a 00 1b ff  |hello, world....|",
                "00000010  6d 6f 72 65                                       |more|",
            ]
        );
        assert_eq!(lines(b"", Palette::plain()).count(), 0);
    }

    #[test]
    fn narrow_dump_has_fewer_bytes_per_line() {
        for (columns, bytes) in [
            (300, 16),
            (78, 16),
            (77, 8),
            (45, 8),
            (44, 4),
            (29, 4),
            (10, 2),
        ] {
            assert_eq!(bytes_in(columns), bytes, "{columns}");
        }
        let shown: Vec<_> = lines_of(b"hello", 4, Palette::plain()).collect();
        assert_eq!(
            shown,
            [
                "00000000  68 65 6c 6c  |hell|",
                "00000004  6f           |o|"
            ]
        );
    }

    #[test]
    fn well_known_formats_are_named() {
        for (bytes, name) in [
            (b"\x89PNG\r\n\x1a\n....".as_slice(), Some("PNG image")),
            (b"\x1f\x8b\x08", Some("gzip data")),
            (b"RIFF\x24\0\0\0WAVEfmt ", Some("WAV audio")),
            (b"\0\0\0\x18ftypmp42", Some("MP4 media")),
            (b"\x78\x9c\x4b", Some("zlib data")),
            ("[package]\nname = \"ü\"\n".as_bytes(), Some("UTF-8 text")),
            (b"BZh9\x31", Some("bzip2 data")),
            (b"BZhello", Some("UTF-8 text")),
            (b"a\0b", None),
            (b"", None),
        ] {
            assert_eq!(looks_like(bytes), name, "{bytes:?}");
        }
    }

    #[test]
    fn long_text_is_recognized_by_its_beginning() {
        for before in 0..3 {
            let text = format!("{}{}", "x".repeat(before), "日".repeat(JUDGED / 2));
            let mut bytes = text.into_bytes();
            assert_eq!(looks_like(&bytes), Some("UTF-8 text"));
            bytes[JUDGED / 2] = 0xff;
            assert_eq!(looks_like(&bytes), None);
        }
    }

    #[test]
    fn sizes_have_three_digits() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (12_600, "12.3 KiB"),
            (1 << 20, "1.0 MiB"),
            (usize::MAX, "15.9 EiB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }
}
