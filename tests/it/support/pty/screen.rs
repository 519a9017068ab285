//! What a terminal shows and does with the bytes that it receives.

use std::fmt::Write as _;
use std::num::NonZeroU16;

/// The number of lines above the screen that are kept: more than any test prints.
const SCROLLBACK: usize = 100_000;

/// A terminal emulator, with all bytes that it has received.
pub struct Emulator {
    parser: vt100::Parser<Effects>,
    raw: Vec<u8>,
    /// Whether rows are broken anew when the width changes, as most terminals do.
    reflows: bool,
}

/// What a program told the terminal besides text.
#[derive(Default)]
struct Effects {
    done: Vec<String>,
    /// Answers to requests of the program.
    replies: Vec<u8>,
}

impl vt100::Callbacks for Effects {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.done.push("bell".to_owned());
    }

    fn visual_bell(&mut self, _: &mut vt100::Screen) {
        self.done.push("visual bell".to_owned());
    }

    fn resize(&mut self, _: &mut vt100::Screen, (rows, cols): (u16, u16)) {
        self.done.push(format!("resize {rows} {cols}"));
    }

    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, name: &[u8]) {
        self.done.push(format!("icon {}", name.escape_ascii()));
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.done.push(format!("title {}", title.escape_ascii()));
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.done.push(format!("clipboard {}", data.escape_ascii()));
    }

    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.done.push("clipboard read".to_owned());
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        let text = params.join(&b';');
        self.done.push(format!("osc {}", text.escape_ascii()));
    }

    /// Answers a request for the position of the cursor, which line editors send.
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        i1: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        if (i1, c) == (None, 'n') && params == [&[6]] {
            let (row, col) = screen.cursor_position();
            let reply = format!("\x1b[{};{}R", row + 1, col + 1);
            self.replies.extend_from_slice(reply.as_bytes());
        }
    }
}

impl Emulator {
    pub fn new(rows: u16, cols: u16, reflows: bool) -> Self {
        let (rows, cols) = size(rows, cols);
        Self {
            parser: vt100::Parser::new_with_callbacks(rows, cols, SCROLLBACK, Effects::default()),
            raw: Vec::new(),
            reflows,
        }
    }

    /// Processes output of the program. Returns the answers of the terminal.
    pub fn process(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
        std::mem::take(&mut self.parser.callbacks_mut().replies)
    }

    pub fn resize(&mut self, rows: u16, cols: u16) {
        let (rows, cols) = size(rows, cols);
        if self.reflows {
            self.reflow(rows, cols);
        } else {
            self.parser.set_size(rows, cols);
        }
    }

    /// Writes what was shown, without its attributes, to a new screen. A row that had reached the
    /// right edge is one line there with the row below it.
    fn reflow(&mut self, rows: NonZeroU16, cols: NonZeroU16) {
        let modes = self.parser.screen().input_mode_formatted();
        let (text, cursor) = self.lines();
        let effects = std::mem::take(self.parser.callbacks_mut());
        self.parser = vt100::Parser::new_with_callbacks(rows, cols, SCROLLBACK, effects);
        self.parser.process(modes.as_bytes());
        let (before, after) = text.split_at(cursor);
        self.parser.process(before.as_bytes());
        let (row, col) = self.parser.screen().cursor_position();
        let row = usize::from(row) + self.rows_above();
        self.parser.process(after.as_bytes());
        let is_next = col == cols.get() && !after.is_empty() && !after.starts_with('\r');
        let (row, col) = if is_next { (row + 1, 0) } else { (row, col) };
        // The rest may have moved it up.
        let row = row.saturating_sub(self.rows_above());
        let place = format!("\x1b[{};{}H", row + 1, col + 1);
        self.parser.process(place.as_bytes());
    }

    /// The text of all rows up to the last one that is used, and where the cursor is in it.
    fn lines(&mut self) -> (String, usize) {
        let above = self.rows_above();
        let screen = self.parser.screen_mut();
        let ((_, cols), (row, col)) = (screen.size(), screen.cursor_position());
        let cursor_row = above + usize::from(row);
        let (mut text, mut cursor, mut used) = (String::new(), 0, 0);
        for number in 0..above + usize::from(screen.size().0.get()) {
            screen.set_scrollback(above.saturating_sub(number));
            let row = u16::try_from(number.saturating_sub(above)).expect("a row of the screen");
            for place in 0..cols.get() {
                if (number, place) == (cursor_row, col) {
                    cursor = text.len();
                    used = cursor;
                }
                let cell = screen.cell(row, place).expect("it is on the screen");
                if cell.has_contents() {
                    text.push_str(cell.contents());
                    used = text.len();
                } else if !cell.is_wide_continuation() {
                    text.push(' ');
                }
            }
            if number == cursor_row && col >= cols.get() {
                cursor = text.len();
                used = cursor;
            }
            if !screen.row_wrapped(row) {
                text.truncate(text.trim_end_matches(' ').len().max(used));
                text.push_str("\r\n");
            }
        }
        screen.set_scrollback(0);
        text.truncate(used);
        (text, cursor)
    }

    /// How many rows have left the screen at its top.
    fn rows_above(&mut self) -> usize {
        let screen = self.parser.screen_mut();
        screen.set_scrollback(usize::MAX);
        let above = screen.scrollback();
        screen.set_scrollback(0);
        above
    }

    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Removes the last bytes from the record.
    pub fn forget_last(&mut self, count: usize) {
        self.raw.truncate(self.raw.len() - count);
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    pub fn effects(&self) -> Vec<String> {
        self.parser.callbacks().done.clone()
    }

    /// Every line from the first: those that have scrolled off the screen, then the screen.
    pub fn history(&mut self) -> Vec<String> {
        let above = self.rows_above();
        let screen = self.parser.screen_mut();
        let (_, cols) = screen.size();
        let cols = cols.get();
        let mut lines = Vec::new();
        for offset in (1..=above).rev() {
            screen.set_scrollback(offset);
            lines.extend(screen.rows(0, cols).next());
        }
        screen.set_scrollback(0);
        lines.extend(screen.rows(0, cols));
        lines
    }
}

/// The text of the screen, without spaces at the ends of lines and empty lines at the end.
pub fn text(screen: &vt100::Screen) -> String {
    let (_, cols) = screen.size();
    let lines: Vec<_> = screen.rows(0, cols.get()).collect();
    let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
    let used = lines.iter().rposition(|line| !line.is_empty());
    lines[..used.map_or(0, |last| last + 1)].join("\n")
}

/// The screen for a report, with a frame around it and the cursor.
pub fn drawn(screen: &vt100::Screen) -> String {
    let (rows, cols) = screen.size();
    let (row, col) = screen.cursor_position();
    let edge = "-".repeat(usize::from(cols.get()));
    let mut drawing = format!("{rows} × {cols}, cursor in row {row}, column {col}\n+{edge}\n");
    for line in text(screen).lines() {
        let _ = writeln!(drawing, "|{line}");
    }
    let _ = writeln!(drawing, "+{edge}");
    drawing
}

fn size(rows: u16, cols: u16) -> (NonZeroU16, NonZeroU16) {
    (
        NonZeroU16::new(rows).expect("a screen has rows"),
        NonZeroU16::new(cols).expect("a screen has columns"),
    )
}
