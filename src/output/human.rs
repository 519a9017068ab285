//! Messages on a terminal: harmless, readable, and no longer than a person wants to read.
//!
//! At the prompt everything stands in a gutter of two columns, so that no message can pass for
//! another or for a word of ours: `< ` before what was received, `> ` before what was sent, `* `
//! before notes, `! ` before warnings, and blanks before a further line of the same. Without a
//! prompt only messages are shown, with nothing before them; the rest is on stderr.
//!
//! How the run ended is said when the prompt has gone: it is not shown here.

use std::fmt::Write;
use std::io;
use std::time::SystemTime;

use data_encoding::BASE64;
use jiff::tz::TimeZone;
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use crate::assembly::Message;
use crate::event::{Event, Kind, Link, Note, NoteLevel, Upgrade, Way};
use crate::http::Secrets;
use crate::output::dump::{self, BinaryAs};
use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};
use crate::output::pretty::{self, Room};
use crate::output::sink::Sink;
use crate::output::wrap;
use crate::output::{Assembled, Detail, Output};

/// How much of a message is shown.
const ROOM: Room = Room {
    lines: 40,
    bytes: 4096,
};
/// How many bytes of a binary message are dumped.
const DUMPED: usize = 256;

/// What is on the terminal beside messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The prompt: notes, Pings and the opening are shown too, and everything has a mark.
    Prompt,
    /// Nothing: messages stand alone.
    Bare,
}

/// How messages are shown.
#[derive(Clone, Debug)]
pub struct HumanStyle {
    /// What is around them.
    pub screen: Screen,
    /// Their colors.
    pub palette: Palette,
    /// The time zone of the times before messages; `None` for no times (`--timestamps`).
    pub times: Option<TimeZone>,
    /// How binary messages are shown; `None` for a hex dump (`--binary-as`).
    pub binary: Option<BinaryAs>,
    /// Whether Pings and Pongs are shown at the prompt (`-P`).
    pub ping_pong: bool,
    /// Whether credentials are shown.
    pub secrets: Secrets,
    /// Whether hints and warnings are left out (`-q`).
    pub quiet: bool,
}

/// Messages for people, on a sink.
#[derive(Debug)]
pub struct Human<S> {
    sink: S,
    style: HumanStyle,
}

/// What stands in the gutter.
#[derive(Clone, Copy)]
enum Mark {
    Received,
    Sent,
    Note,
    Warning,
}

impl<S: Sink> Human<S> {
    /// Messages on `sink`, which is a terminal.
    pub fn new(sink: S, style: HumanStyle) -> Self {
        Self { sink, style }
    }

    /// A note of ours with its lines broken where the terminal ends. Messages are not broken: a
    /// line that the terminal wraps can be copied whole.
    fn broken(&self, link: Link, text: &str) -> String {
        let Some(columns) = self.sink.columns() else {
            return text.to_owned();
        };
        let lines = text.split('\n');
        let gutter = gutter_of(link).width() + 2;
        let lines = lines.flat_map(|line| wrap::lines(line, columns.saturating_sub(gutter)));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// What stands before the mark when there are several connections.
fn gutter_of(link: Link) -> String {
    match link {
        Link(0) => String::new(),
        Link(number) => format!("[{number}] "),
    }
}

impl<S: Sink> Output for Human<S> {
    fn detail(&self) -> Detail {
        Detail {
            sent: self.style.ping_pong && self.style.screen == Screen::Prompt,
            assembled: Assembled::Received,
            ..Detail::default()
        }
    }

    fn show(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> io::Result<()> {
        let style = &self.style;
        let prompt = style.screen == Screen::Prompt;
        let shown = match event {
            Event::Data(Way::In, _) | Event::Assembled(Way::In, ..) => Message::from_event(event)
                .and_then(|(_, message)| style.body(message.kind, message.bytes))
                .map(|body| (Mark::Received, Some(at), body)),
            Event::Incomplete(Way::In, kind, bytes) => style
                .unfinished(*kind, bytes)
                .map(|body| (Mark::Received, Some(at), body)),
            Event::Ping(way, payload) if prompt && style.ping_pong => {
                Some((mark(*way), Some(at), dump::control("ping", payload)))
            }
            Event::Pong(way, payload) if prompt && style.ping_pong => {
                Some((mark(*way), Some(at), dump::control("pong", payload)))
            }
            Event::Open(upgrade) if prompt && !style.quiet => Some((
                Mark::Note,
                None,
                self.broken(link, &opened(upgrade, style.secrets)),
            )),
            Event::Note(note) if prompt => style.note(note).map(|(mark, paint, text)| {
                (mark, None, style.paint(paint, &self.broken(link, &text)))
            }),
            _ => None,
        };
        let Some((mark, time, body)) = shown else {
            return Ok(());
        };
        let block = style.block(mark, time, link, &body)?;
        self.sink.put(block.as_bytes())
    }

    fn sink(&self) -> Option<&dyn Sink> {
        Some(&self.sink)
    }

    fn sink_mut(&mut self) -> Option<&mut dyn Sink> {
        Some(&mut self.sink)
    }
}

fn mark(way: Way) -> Mark {
    match way {
        Way::In => Mark::Received,
        Way::Out => Mark::Sent,
    }
}

fn opened(upgrade: &Upgrade, secrets: Secrets) -> String {
    let mut text = format!("connected to {}", upgrade.url);
    if let Some(peer) = upgrade
        .peer
        .as_ref()
        .map(ToString::to_string)
        .filter(|peer| !upgrade.url.contains(peer))
    {
        write!(text, " ({peer})").expect("a String takes any text");
    }
    for (name, value) in [
        ("subprotocol", &upgrade.shown_subprotocol(secrets)),
        ("extensions", &upgrade.extensions),
    ] {
        if let Some(value) = value {
            write!(text, ", {name} {value}").expect("a String takes any text");
        }
    }
    // A dash, not a mark that a terminal would take for a part of the address.
    let text = escape::text(&text, Breaks::Shown);
    format!("{text} \u{2014} /help lists the commands")
}

impl HumanStyle {
    /// The body of a message; `None` if it is not to be shown.
    fn body(&self, kind: Kind, bytes: &[u8]) -> Option<String> {
        let mut out = String::new();
        let shown = match (kind, self.binary) {
            (Kind::Text, _) => self.push_text(&mut out, bytes),
            (Kind::Binary, None) => self.push_dump(&mut out, bytes),
            (Kind::Binary, Some(BinaryAs::Raw)) => self.push_escaped(&mut out, bytes),
            (Kind::Binary, Some(BinaryAs::Hex)) => {
                let shown = bytes.len().min(ROOM.bytes / 2);
                out.push_str(&hex::encode(&bytes[..shown]));
                shown
            }
            (Kind::Binary, Some(BinaryAs::Base64)) => {
                // Whole groups, so that what is shown can be decoded.
                let shown = bytes.len().min(ROOM.bytes / 4 * 3);
                BASE64.encode_append(&bytes[..shown], &mut out);
                shown
            }
            (Kind::Binary, Some(BinaryAs::Skip)) => return None,
        };
        if shown < bytes.len() {
            let more = format!("… {} more", dump::size(bytes.len() - shown));
            out.push('\n');
            out.push_str(&self.palette.paint(Style::Quiet, &more));
        }
        Some(out)
    }

    fn unfinished(&self, kind: Kind, bytes: &[u8]) -> Option<String> {
        let ended = "… the connection ended inside this message";
        let mut body = self.body(kind, bytes)?;
        body.push('\n');
        body.push_str(&self.palette.paint(Style::Quiet, ended));
        Some(body)
    }

    fn push_text(&self, out: &mut String, bytes: &[u8]) -> usize {
        let short = Some(bytes).filter(|bytes| bytes.len() <= pretty::LARGEST);
        short
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .and_then(|text| pretty::push(out, text, self.palette, ROOM))
            .unwrap_or_else(|| self.push_escaped(out, bytes))
    }

    fn push_escaped(&self, out: &mut String, bytes: &[u8]) -> usize {
        let shown = beginning(bytes);
        escape::push_bytes(out, &bytes[..shown], Breaks::Kept, self.palette);
        shown
    }

    fn push_dump(&self, out: &mut String, bytes: &[u8]) -> usize {
        let mut title = format!("binary, {}", dump::size(bytes.len()));
        if let Some(name) = dump::looks_like(bytes) {
            title.push_str(", ");
            title.push_str(name);
        }
        out.push_str(&self.palette.paint(Style::Quiet, &title));
        let shown = bytes.len().min(DUMPED);
        for line in dump::lines(&bytes[..shown], self.palette) {
            out.push('\n');
            out.push_str(&line);
        }
        shown
    }

    fn note(&self, note: &Note) -> Option<(Mark, Option<Style>, String)> {
        let (mark, style) = match note.level {
            NoteLevel::Answer => (Mark::Note, None),
            NoteLevel::Hint | NoteLevel::Warning if self.quiet => return None,
            NoteLevel::Hint => (Mark::Note, Some(Style::Quiet)),
            NoteLevel::Warning => (Mark::Warning, Some(Style::Warning)),
        };
        let text = escape::text(&note.text, Breaks::Kept).into_owned();
        Some((mark, style, text))
    }

    /// Each line of `text` in a style.
    fn paint(&self, style: Option<Style>, text: &str) -> String {
        let Some(style) = style else {
            return text.to_owned();
        };
        let lines: Vec<_> = text
            .split('\n')
            .map(|line| self.palette.paint(style, line))
            .collect();
        lines.join("\n")
    }

    /// The lines of `body` in their gutter, with line ends.
    fn block(
        &self,
        mark: Mark,
        at: Option<SystemTime>,
        link: Link,
        body: &str,
    ) -> io::Result<String> {
        let mut gutter = String::new();
        let mut width = 0;
        let mut push = |style: Style, text: &str| {
            gutter.push_str(&self.palette.paint(style, text));
            width += text.width();
        };
        if let (Some(zone), Some(at)) = (&self.times, at) {
            push(Style::Quiet, &format!("{} ", time_of_day(at, zone)?));
        }
        if link != Link(0) {
            push(Style::Quiet, &gutter_of(link));
        }
        if self.screen == Screen::Prompt {
            match mark {
                Mark::Received => push(Style::Received, "< "),
                Mark::Sent => push(Style::Sent, "> "),
                Mark::Note => push(Style::Quiet, "* "),
                Mark::Warning => push(Style::Warning, "! "),
            }
        }
        let mut block = gutter;
        for (number, line) in body.split('\n').enumerate() {
            if number > 0 {
                block.extend(std::iter::repeat_n(' ', width));
            }
            block.push_str(line);
            block.push('\n');
        }
        Ok(block)
    }
}

/// The time before a message (`--timestamps`): `09:26:53.589`.
///
/// # Errors
///
/// The time is beyond all calendars.
pub fn time_of_day(at: SystemTime, zone: &TimeZone) -> io::Result<String> {
    let time = Timestamp::try_from(at).map_err(io::Error::other)?;
    Ok(time
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S%.3f")
        .to_string())
}

/// How many bytes of a text there is room for; never ends inside a character.
fn beginning(bytes: &[u8]) -> usize {
    let enough = &bytes[..bytes.len().min(ROOM.bytes + 1)];
    let end_of_lines = memchr::memchr_iter(b'\n', enough).nth(ROOM.lines - 1);
    let mut end = end_of_lines.unwrap_or(bytes.len());
    if end > ROOM.bytes {
        end = ROOM.bytes;
        // At most three bytes of a character follow its first (RFC 3629 §3).
        let begins = |at: &usize| bytes[*at] & 0xc0 != 0x80;
        end = (end - 3..=end).rev().find(begins).unwrap_or(end);
    }
    end
}

#[cfg(test)]
mod tests;
