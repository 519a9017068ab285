//! The rows of a message or a note: the gutter, the width and the maximum number of rows.

use std::io;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

use super::body::{BodyStyle, MessageBody};
use crate::event::{Kind, Link, Note, NoteLevel, Way};
use crate::http::Secrets;
use crate::output::dump::{self, BinaryFormat};
use crate::output::palette::{Palette, Style};
use crate::output::pretty::LayoutLimits;
use crate::output::rows::Rows;
use crate::output::sink::TerminalSize;
use crate::output::transcript::SharedTranscript;
use crate::output::wrap;

/// The width of the time before a message, in columns.
pub const TIME_COLUMNS: usize = "09:26:53.589 ".len();
/// How much of a message is shown without a prompt.
const BARE_LIMITS: LayoutLimits = LayoutLimits {
    lines: 40,
    bytes: 4096,
    columns: 80,
};
/// The maximum number of bytes in a hex dump.
const DUMPED: usize = 256;
/// The minimum number of rows for a message, however low the screen is.
const FEWEST_ROWS: usize = 4;
/// The maximum number of bytes that are drawn per column: a character of one column has up to four.
const BYTES_PER_COLUMN: usize = 4;
/// Times are left out if fewer columns than this would remain.
const LEAST_COLUMNS: usize = 16;

/// What is on the terminal in addition to messages.
#[derive(Clone, Debug)]
pub enum MessageLayout {
    /// A prompt. Notes, Pings, sent messages and the opening are shown too, and everything has a
    /// mark. Messages are kept in the transcript.
    Prompt {
        /// The kept messages and the filters.
        transcript: SharedTranscript,
        /// Whether sent messages are shown. A terminal that echoes input shows them itself.
        echo: bool,
    },
    /// Only messages.
    Bare,
}

/// The style of messages.
#[derive(Clone, Debug)]
pub struct HumanStyle {
    /// What else is on the terminal.
    pub layout: MessageLayout,
    /// Their colors.
    pub palette: Palette,
    /// The time zone of time stamps; `None` for no time stamps. At the prompt, the transcript
    /// decides whether they are shown.
    pub times: Option<TimeZone>,
    /// The format of binary messages (`--binary-as`); `None` for a hex dump.
    pub binary: Option<BinaryFormat>,
    /// Whether Pings and Pongs are shown at the prompt (`-P`).
    pub ping_pong: bool,
    /// Whether credentials are shown.
    pub secrets: Secrets,
    /// Whether hints and warnings are hidden (`-q`).
    pub quiet: bool,
}

/// The mark in the gutter.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Received,
    Sent,
    Note,
    Warning,
}

/// The position of a block of rows: time, connection and mark.
#[derive(Clone, Copy)]
pub(super) struct MessagePlace {
    pub(super) time: SystemTime,
    pub(super) link: Link,
    pub(super) mark: Mark,
}

impl Mark {
    /// The mark for a direction.
    pub(super) fn from_way(way: Way) -> Self {
        match way {
            Way::In => Self::Received,
            Way::Out => Self::Sent,
        }
    }
}

/// The text before a block, and its width.
struct Gutter {
    text: String,
    width: usize,
}

impl HumanStyle {
    pub(super) fn note(&self, note: &Note) -> Option<(Mark, Option<Style>)> {
        Some(match note.level {
            NoteLevel::Answer => (Mark::Note, None),
            NoteLevel::Mistake => (Mark::Warning, Some(Style::Error)),
            NoteLevel::Hint | NoteLevel::Warning if self.quiet => return None,
            NoteLevel::Hint => (Mark::Note, Some(Style::Quiet)),
            NoteLevel::Warning => (Mark::Warning, Some(Style::Warning)),
        })
    }

    fn shows_times(&self) -> bool {
        match &self.layout {
            MessageLayout::Prompt { transcript, .. } => transcript.borrow().shows_times(),
            MessageLayout::Bare => true,
        }
    }

    fn gutter(&self, place: MessagePlace, columns: usize) -> io::Result<Gutter> {
        let mut gutter = Gutter {
            text: String::new(),
            width: 0,
        };
        let mut push = |style: Style, text: &str| {
            gutter.text.push_str(&self.palette.paint(style, text));
            gutter.width += text.width();
        };
        if let Some(zone) = self.times.as_ref().filter(|_| self.shows_times()) {
            let time = format!("{} ", time_of_day(place.time, zone)?);
            if columns >= time.len() + LEAST_COLUMNS {
                push(Style::Quiet, &time);
            }
        }
        if let Link(number @ 1..) = place.link {
            push(Style::Quiet, &format!("[{number}] "));
        }
        if matches!(self.layout, MessageLayout::Prompt { .. }) {
            match place.mark {
                Mark::Received => push(Style::Received, "< "),
                Mark::Sent => push(Style::Sent, "> "),
                Mark::Note => push(Style::Quiet, "* "),
                Mark::Warning => push(Style::Warning, "! "),
            }
        }
        Ok(gutter)
    }

    /// The rows of a message; `ended` is a note at its end.
    pub(super) fn message(
        &self,
        size: TerminalSize,
        place: MessagePlace,
        (kind, bytes): (Kind, &[u8]),
        number: Option<u64>,
        ended: &str,
    ) -> io::Result<String> {
        let bare = matches!(self.layout, MessageLayout::Bare);
        let gutter = self.gutter(place, if bare { usize::MAX } else { size.columns })?;
        let columns = size.columns.saturating_sub(gutter.width).max(2);
        let rows = (size.rows / 2).max(FEWEST_ROWS);
        let room = if bare {
            LayoutLimits {
                columns,
                ..BARE_LIMITS
            }
        } else {
            LayoutLimits {
                lines: rows,
                bytes: rows
                    .saturating_mul(columns)
                    .saturating_mul(BYTES_PER_COLUMN),
                columns,
            }
        };
        let style = BodyStyle {
            palette: self.palette,
            binary: self.binary,
            room,
            dumped: if matches!(place.mark, Mark::Sent) {
                // Whoever sent it knows what it is.
                0
            } else {
                DUMPED
            },
        };
        let Some(body) = style.body(kind, bytes, number) else {
            return Ok(String::new());
        };
        if bare {
            return Ok(self.bare_block(&gutter, &body, bytes.len(), ended));
        }
        let rest = match number {
            Some(number) => format!("… {} in all: /view {number}", dump::size(bytes.len())),
            None => format!("… {} in all", dump::size(bytes.len())),
        };
        let rest = match number {
            Some(number) if rest.width() > columns => format!("… /view {number}"),
            _ => rest,
        };
        let is_whole = body.shown == bytes.len();
        Ok(self.rows_block(&gutter, columns, rows, &body.text, (is_whole, &rest), ended))
    }

    /// The rows of a message that was sent automatically, all of them dimmed.
    pub(super) fn quiet_message(
        &self,
        size: TerminalSize,
        place: MessagePlace,
        message: (Kind, &[u8]),
    ) -> io::Result<String> {
        let plain = Self {
            palette: Palette::plain(),
            ..self.clone()
        };
        let block = plain.message(size, place, message, None, "")?;
        let rows = block.lines();
        let rows = rows.map(|row| format!("{}\n", self.palette.paint(Style::Quiet, row)));
        Ok(rows.collect())
    }

    /// Puts a label at the right end of the first row, if it has room for it.
    pub(super) fn add_label(&self, block: &mut String, size: TerminalSize, label: &str) {
        let end = block.find('\n').unwrap_or(block.len());
        let mut width = 0;
        let mut inside = false;
        for character in block[..end].chars() {
            match character {
                '\x1b' => inside = true,
                'm' if inside => inside = false,
                _ if inside => {}
                other => width += other.width().unwrap_or(0),
            }
        }
        let gap = size.columns.saturating_sub(width + label.len());
        if gap >= 2 {
            let label = self.palette.paint(Style::Quiet, label);
            block.insert_str(end, &format!("{:gap$}{label}", ""));
        }
    }

    /// All rows of an escaped text.
    pub(super) fn text_block(
        &self,
        size: TerminalSize,
        place: MessagePlace,
        text: &str,
    ) -> io::Result<String> {
        let gutter = self.gutter(place, size.columns)?;
        let columns = size.columns.saturating_sub(gutter.width).max(2);
        Ok(self.rows_block(&gutter, columns, usize::MAX, text, (true, ""), ""))
    }

    /// Rows that the terminal wraps, with only a time before them.
    fn bare_block(
        &self,
        gutter: &Gutter,
        body: &MessageBody,
        length: usize,
        ended: &str,
    ) -> String {
        let mut text = body.text.clone();
        if body.shown < length {
            let more = format!("… {} more", dump::size(length - body.shown));
            text.push('\n');
            text.push_str(&self.palette.paint(Style::Quiet, &more));
        }
        if !ended.is_empty() {
            text.push('\n');
            text.push_str(&self.palette.paint(Style::Quiet, ended));
        }
        let margin = " ".repeat(gutter.width);
        format!(
            "{}{}\n",
            gutter.text,
            text.replace('\n', &format!("\n{margin}"))
        )
    }

    /// At most `most` rows of `text`. If there are more, the last row is `rest`.
    fn rows_block(
        &self,
        gutter: &Gutter,
        columns: usize,
        most: usize,
        text: &str,
        (is_whole, rest): (bool, &str),
        ended: &str,
    ) -> String {
        let margin = " ".repeat(gutter.width);
        let draw = |most: usize, rest: Option<&str>| {
            let mut block = gutter.text.clone();
            let mut rows = Rows::new(&mut block, columns, &margin);
            let had_room = rows.push(text, most);
            for line in rest
                .into_iter()
                .chain([ended])
                .filter(|line| !line.is_empty())
            {
                rows.end_row();
                rows.push(&self.palette.paint(Style::Quiet, line), usize::MAX);
            }
            rows.finish();
            (block, had_room)
        };
        if is_whole {
            let (block, had_room) = draw(most, None);
            if had_room {
                return block;
            }
        }
        draw(most.saturating_sub(1), Some(rest)).0
    }

    /// The rows of a note: escaped text, wrapped between words where possible.
    pub(super) fn note_block(
        &self,
        size: TerminalSize,
        place: MessagePlace,
        paint: Option<Style>,
        text: &str,
    ) -> io::Result<String> {
        let gutter = self.gutter(place, size.columns)?;
        let columns = size.columns.saturating_sub(gutter.width).max(2);
        let margin = " ".repeat(gutter.width);
        let mut block = gutter.text;
        let mut rows = Rows::new(&mut block, columns, &margin);
        let lines = text.split('\n').flat_map(|line| wrap::lines(line, columns));
        for (number, line) in lines.enumerate() {
            if number > 0 {
                rows.end_row();
            }
            match paint {
                Some(style) => rows.push(&self.palette.paint(style, &line), usize::MAX),
                None => rows.push(&line, usize::MAX),
            };
        }
        rows.finish();
        Ok(block)
    }
}

/// The time before a message (`--timestamps`): `09:26:53.589`.
///
/// # Errors
///
/// The time is out of range.
pub fn time_of_day(at: SystemTime, zone: &TimeZone) -> io::Result<String> {
    let time = Timestamp::try_from(at).map_err(io::Error::other)?;
    Ok(time
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S%.3f")
        .to_string())
}
