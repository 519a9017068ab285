//! Drawing a picture on the terminal, after asking it once which graphics it has.
//!
//! The editor is between two lines, so that the replies are read here. Keys that are pressed
//! meanwhile become the text of the next line.

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use super::screen::size;
use crate::picture::{Canvas, Colors, Graphics, Renderer};
use crate::sys::poll::wait_readable;
use crate::text::escape::is_hidden;

/// The maximum time for the terminal to reply.
const REPLY: Duration = Duration::from_secs(1);
/// The maximum size of a reply in bytes.
const LONGEST: usize = 4096;
/// Asks for the name and version (XTVERSION) and for the primary attributes (DA1), to which every
/// terminal replies.
const WHO: &[u8] = b"\x1b[>q\x1b[c";
/// Asks whether a picture of kitty's protocol could be drawn. Terminals without it reply to DA1 only.
const KITTY: &[u8] = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c";
/// The first attribute of terminals that ignore sequences that they don't know (VT220 and later).
const MODERN: u16 = 62;
/// The attribute for sixel.
const SIXEL: u16 = 4;
/// The number of columns before a picture, which is where the text of messages begins.
const INDENT: usize = 2;
/// The rows that are left for the caption and the line below.
const OTHER_ROWS: usize = 2;

/// A picture to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureJob {
    /// What it is called in the caption and in errors.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// The colors of the terminal; without colors it is not asked for graphics.
    pub colors: Colors,
}

/// Draws pictures on standard output.
#[derive(Default)]
pub(super) struct Drawing {
    renderer: Renderer,
    /// The graphics of the terminal, once it has been asked.
    graphics: Option<Graphics>,
    /// The keys that were pressed while it was asked.
    typed: Vec<u8>,
}

impl Drawing {
    /// Draws a picture in at most the size of the screen. When `is_over` returns true, gives up.
    ///
    /// # Errors
    ///
    /// Why it can't be drawn.
    pub(super) fn draw(
        &mut self,
        job: PictureJob,
        is_over: impl Fn() -> bool,
    ) -> Result<(), String> {
        let PictureJob {
            name,
            bytes,
            colors,
        } = job;
        let failed = |cause: String| format!("could not draw {name}: {cause}");
        self.renderer.check(&bytes).map_err(failed)?;
        let (columns, rows) = size::size();
        let canvas = Canvas {
            graphics: self.graphics(colors),
            indent: INDENT,
            columns: columns.saturating_sub(INDENT),
            rows: rows.saturating_sub(OTHER_ROWS),
            cell: size::cell(),
        };
        let drawn = self.renderer.draw(bytes, canvas, is_over).map_err(failed)?;
        let (width, height) = drawn.size;
        let caption = format!("* {name}: {} image {width}×{height}\n", drawn.format);
        let mut stdout = io::stdout();
        let written = stdout
            .write_all(caption.as_bytes())
            .and_then(|()| stdout.write_all(&drawn.bytes))
            .and_then(|()| stdout.flush());
        written.map_err(|error| failed(crate::error::plain(&error)))
    }

    /// The keys that were pressed while a picture was drawn, as text. Those that are not text are
    /// left out.
    pub(super) fn take_typed(&mut self) -> String {
        let typed = std::mem::take(&mut self.typed);
        let typed = String::from_utf8_lossy(&typed).replace('\r', "\n");
        let is_text = |character: &char| *character == '\n' || !is_hidden(*character);
        let text: String = typed.chars().filter(is_text).collect();
        text.trim_end_matches('\n').to_owned()
    }

    fn graphics(&mut self, colors: Colors) -> Graphics {
        if colors == Colors::None {
            return Graphics::Blocks(colors);
        }
        let typed = &mut self.typed;
        *self
            .graphics
            .get_or_insert_with(|| ask(typed).unwrap_or(Graphics::Blocks(colors)))
    }
}

/// Asks the terminal which graphics it has. One that does not reply has none. Appends keys to
/// `typed`.
fn ask(typed: &mut Vec<u8>) -> Option<Graphics> {
    let who = exchange(WHO, typed)?;
    if *who.attributes.first()? >= MODERN && exchange(KITTY, typed)?.has_kitty {
        return Some(Graphics::Kitty);
    }
    if who.name.starts_with("iTerm2") {
        return Some(Graphics::Iterm2);
    }
    who.attributes[1..]
        .contains(&SIXEL)
        .then_some(Graphics::Sixel)
}

/// Writes a question, and reads up to the reply to DA1.
fn exchange(question: &[u8], typed: &mut Vec<u8>) -> Option<TerminalReply> {
    let mut stdout = io::stdout();
    stdout.write_all(question).ok()?;
    stdout.flush().ok()?;
    let end = Instant::now() + REPLY;
    // Not through a buffer, which would keep what follows from the editor.
    let mut stdin = std::fs::File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let mut read = Vec::new();
    let mut byte = [0];
    let mut reply = TerminalReply::default();
    while reply.attributes.is_empty() && read.len() < LONGEST {
        if !matches!(wait_readable(stdin.as_fd(), Some(end)), Ok(true))
            || !matches!(stdin.read(&mut byte), Ok(1))
        {
            break;
        }
        read.extend_from_slice(&byte);
        reply = TerminalReply::parse(&read);
    }
    typed.extend_from_slice(&reply.typed);
    (!reply.attributes.is_empty()).then_some(reply)
}

/// What has been read after a question.
#[derive(Debug, Default, PartialEq, Eq)]
struct TerminalReply {
    /// The reply to XTVERSION.
    name: String,
    /// Whether a picture of kitty's protocol can be drawn.
    has_kitty: bool,
    /// The reply to DA1; empty if there is none yet.
    attributes: Vec<u16>,
    /// What is not part of a reply.
    typed: Vec<u8>,
}

impl TerminalReply {
    fn parse(read: &[u8]) -> Self {
        let mut reply = Self::default();
        let mut rest = read;
        while let Some((first, others)) = rest.split_first() {
            if let Some((name, after)) = between(rest, b"\x1bP>|", b"\x1b\\") {
                reply.name = String::from_utf8_lossy(name).into_owned();
                rest = after;
            } else if let Some((result, after)) = between(rest, b"\x1b_G", b"\x1b\\") {
                reply.has_kitty = result == b"i=31;OK";
                rest = after;
            } else if let Some((attributes, after)) = attributes(rest) {
                reply.attributes = attributes;
                rest = after;
            } else {
                reply.typed.push(*first);
                rest = others;
            }
        }
        reply
    }
}

/// The bytes between `start`, with which the text begins, and `end`, and those after `end`.
fn between<'a>(text: &'a [u8], start: &[u8], end: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let text = text.strip_prefix(start)?;
    let place = text.windows(end.len()).position(|window| window == end)?;
    Some((&text[..place], &text[place + end.len()..]))
}

/// The attributes in a reply to DA1, `ESC [ ? 62 ; 4 c`, and the bytes after it.
fn attributes(text: &[u8]) -> Option<(Vec<u16>, &[u8])> {
    let (numbers, after) = between(text, b"\x1b[?", b"c")?;
    let numbers = std::str::from_utf8(numbers).ok()?;
    // kitty replies `62;`.
    let numbers = numbers.trim_end_matches(';').split(';').map(str::parse);
    Some((numbers.collect::<Result<_, _>>().ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_recognized_between_keys() {
        assert_eq!(
            TerminalReply::parse(b"\x1b[?62;4;22c").attributes,
            vec![62, 4, 22],
            "xterm"
        );
        assert_eq!(
            TerminalReply::parse(b"\x1b[?62;c").attributes,
            vec![62],
            "kitty"
        );
        let reply =
            TerminalReply::parse(b"he\x1bP>|iTerm2 3.5\x1b\\l\x1b_Gi=31;OK\x1b\\\x1b[?62;4clo");
        let wanted = TerminalReply {
            name: "iTerm2 3.5".to_owned(),
            has_kitty: true,
            attributes: vec![62, 4],
            typed: b"hello".to_vec(),
        };
        assert_eq!(reply, wanted);
        assert!(!TerminalReply::parse(b"\x1b_Gi=31;EINVAL:no\x1b\\").has_kitty);
        for incomplete in ["", "\x1b[?62", "abc", "\x1bP>|tic", "\x1b[?c"] {
            let reply = TerminalReply::parse(incomplete.as_bytes());
            assert_eq!(reply.attributes, Vec::<u16>::new(), "{incomplete:?}");
            assert_eq!(reply.typed, incomplete.as_bytes(), "{incomplete:?}");
        }
    }

    #[test]
    fn keys_that_are_not_text_are_left_out() {
        let mut drawing = Drawing {
            typed: b"one\rtw\x1b\x07o\xc3\xa9\r".to_vec(),
            ..Drawing::default()
        };
        assert_eq!(drawing.take_typed(), "one\ntwoé");
        assert_eq!(drawing.take_typed(), "");
    }
}
