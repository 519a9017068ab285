//! The body of a message on a terminal: JSON indented for the width, binary messages as hex dumps,
//! both truncated to the available space.

use data_encoding::BASE64;
use unicode_width::UnicodeWidthStr as _;

use crate::event::Kind;
use crate::output::dump::{self, BinaryFormat};
use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};
use crate::output::pretty::{self, LayoutLimits};

/// The style of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyStyle {
    pub(super) palette: Palette,
    /// The format of binary messages; `None` for a hex dump.
    pub(super) binary: Option<BinaryFormat>,
    pub(super) room: LayoutLimits,
    /// How many bytes of a binary message are dumped at most; with 0 it is only described.
    pub(super) dumped: usize,
}

/// The part of a message that is shown.
#[derive(Debug)]
pub(super) struct MessageBody {
    /// Lines without the last line end. Everything except the palette's sequences is escaped.
    pub(super) text: String,
    /// The number of bytes of the message that are shown.
    pub(super) shown: usize,
}

impl BodyStyle {
    /// The body of a message, with `number` at the right of a line that describes it; `None` if it
    /// is not to be shown.
    pub(super) fn body(
        &self,
        kind: Kind,
        bytes: &[u8],
        number: Option<u64>,
    ) -> Option<MessageBody> {
        let mut text = String::new();
        let shown = match (kind, self.binary) {
            (Kind::Text, _) => self.push_text(&mut text, bytes),
            (Kind::Binary, None) => self.push_dump(&mut text, bytes, number),
            (Kind::Binary, Some(BinaryFormat::Raw)) => self.push_escaped(&mut text, bytes),
            (Kind::Binary, Some(BinaryFormat::Hex)) => {
                let shown = bytes.len().min(self.room.bytes / 2);
                text.push_str(&hex::encode(&bytes[..shown]));
                shown
            }
            (Kind::Binary, Some(BinaryFormat::Base64)) => {
                // Whole groups, so that the base64 can be decoded.
                let shown = bytes.len().min(self.room.bytes / 4 * 3);
                BASE64.encode_append(&bytes[..shown], &mut text);
                shown
            }
            (Kind::Binary, Some(BinaryFormat::Skip)) => return None,
        };
        Some(MessageBody { text, shown })
    }

    fn push_text(&self, out: &mut String, bytes: &[u8]) -> usize {
        let short = Some(bytes).filter(|bytes| bytes.len() <= pretty::LARGEST);
        short
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .and_then(|text| pretty::push(out, text, self.palette, self.room))
            .unwrap_or_else(|| self.push_escaped(out, bytes))
    }

    fn push_escaped(&self, out: &mut String, bytes: &[u8]) -> usize {
        let shown = beginning(bytes, self.room);
        escape::push_bytes(out, &bytes[..shown], Breaks::Kept, self.palette);
        shown
    }

    fn push_dump(&self, out: &mut String, bytes: &[u8], number: Option<u64>) -> usize {
        let mut title = format!("binary, {}", dump::size(bytes.len()));
        if let Some(name) = dump::looks_like(bytes) {
            title.push_str(", ");
            title.push_str(name);
        }
        if let Some(number) = number {
            let number = format!("#{number}");
            let gap = self
                .room
                .columns
                .saturating_sub(title.width() + number.len());
            title.extend(std::iter::repeat_n(' ', gap.max(2)));
            title.push_str(&number);
        }
        out.push_str(&self.palette.paint(Style::Quiet, &title));
        if self.dumped == 0 {
            return bytes.len();
        }
        let length = dump::bytes_in(self.room.columns);
        // The title and the note on the rest take a line each.
        let lines = self.room.lines.saturating_sub(2).max(1);
        let most = self.dumped.min(lines.saturating_mul(length));
        let shown = bytes.len().min(most);
        for line in dump::lines_of(&bytes[..shown], length, self.palette) {
            out.push('\n');
            out.push_str(&line);
        }
        shown
    }
}

/// All of a message as text without anything hidden but line feeds, tabs and the palette's sequences:
/// as a hex dump, as indented JSON where it is `pretty`, or as it came.
#[must_use]
pub fn whole_text(
    bytes: &[u8],
    hex: bool,
    pretty: bool,
    columns: usize,
    palette: Palette,
) -> String {
    let style = BodyStyle {
        palette,
        binary: None,
        room: LayoutLimits {
            lines: usize::MAX,
            bytes: usize::MAX,
            columns,
        },
        dumped: usize::MAX,
    };
    let mut text = String::new();
    if hex {
        let lines = dump::lines_of(bytes, dump::bytes_in(columns), palette);
        text = lines.collect::<Vec<_>>().join("\n");
    } else if pretty {
        style.push_text(&mut text, bytes);
    } else {
        style.push_escaped(&mut text, bytes);
    }
    text
}

/// How many bytes of a text there is room for; never ends inside a character.
fn beginning(bytes: &[u8], room: LayoutLimits) -> usize {
    let enough = &bytes[..bytes.len().min(room.bytes.saturating_add(1))];
    let end_of_lines = memchr::memchr_iter(b'\n', enough).nth(room.lines.saturating_sub(1));
    let mut end = end_of_lines.unwrap_or(bytes.len());
    if end > room.bytes {
        end = room.bytes;
        // At most three bytes of a character follow its first (RFC 3629 §3).
        let begins = |at: &usize| bytes[*at] & 0xc0 != 0x80;
        end = (end - 3..=end).rev().find(begins).unwrap_or(end);
    }
    end
}
