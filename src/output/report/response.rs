//! The response in a report: its head, and the beginning of its body.

use super::Report;
use crate::error::Refusal;
use crate::http::{ResponseHead, Secrets};
use crate::output::dump;
use crate::output::escape::{self, Breaks};
use crate::output::palette::Style;

/// The maximum number of bytes in the hex dump of a body.
const DUMPED: usize = 256;
/// The maximum number of lines of a response's head without `-v`.
const HEAD_ROWS: usize = 50;
/// The maximum number of lines of a body without `-v`, so that the hint stays visible.
const BODY_ROWS: usize = 20;
const BODY_BYTES: usize = 4096;

/// The first lines of a text, ending at a character boundary.
fn beginning(text: &[u8]) -> &[u8] {
    let rows = memchr::memchr_iter(b'\n', text).nth(BODY_ROWS - 1);
    let mut end = rows.unwrap_or(text.len());
    if end > BODY_BYTES {
        end = BODY_BYTES;
        // A continuation byte of UTF-8 belongs to the character before it.
        while end > 0 && text[end] & 0xc0 == 0x80 {
            end -= 1;
        }
    }
    &text[..end]
}

impl Report {
    pub(super) fn push_head(&mut self, head: &ResponseHead, secrets: Secrets) {
        let mut lines = head.lines(secrets);
        for line in lines.by_ref().take(HEAD_ROWS) {
            self.push_line(&escape::text(&line, Breaks::Shown));
        }
        let more = lines.count();
        if more > 0 {
            self.push_more(&format!("{more} more headers"));
        }
        if let Some(problem) = &head.problem {
            let problem = format!("… {}", escape::text(problem, Breaks::Shown));
            self.push_line(&self.palette.paint(Style::Quiet, &problem));
        }
    }

    pub(super) fn push_refusal(&mut self, refusal: &Refusal, told: bool, secrets: Secrets) {
        if !told {
            self.push_head(&refusal.head, secrets);
            if !refusal.body.bytes.is_empty() || refusal.body.truncated {
                self.out.push('\n');
            }
        }
        match &refusal.body.coding {
            Some(coding) => self.push_line(&format!(
                "a body of {}, compressed with {}",
                dump::size(refusal.body.bytes.len()),
                escape::text(coding, Breaks::Shown)
            )),
            None => self.push_body(&refusal.body.bytes, told),
        }
        if refusal.body.truncated {
            let mark = "… the rest of the body is missing";
            self.push_line(&self.palette.paint(Style::Quiet, mark));
        }
        if refusal.hint.is_some() && !refusal.body.bytes.is_empty() {
            self.out.push('\n');
        }
    }

    fn push_more(&mut self, what: &str) {
        let mark = format!("… {what} (-v shows all)");
        self.push_line(&self.palette.paint(Style::Quiet, &mark));
    }

    /// Adds the body or its beginning.
    fn push_body(&mut self, body: &[u8], whole: bool) {
        if body.is_empty() {
            return;
        }
        if body.contains(&0) {
            self.push_dump(body);
            return;
        }
        // A carriage return before a line feed is part of the line end and harmless.
        let body = body.strip_suffix(b"\n").unwrap_or(body);
        let shown = if whole { body } else { beginning(body) };
        for line in shown.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            escape::push_bytes(&mut self.out, line, Breaks::Kept, self.palette);
            self.out.push('\n');
        }
        if shown.len() < body.len() {
            self.push_more(&format!("{} more", dump::size(body.len() - shown.len())));
        }
    }

    fn push_dump(&mut self, body: &[u8]) {
        let kind = dump::looks_like(body).unwrap_or("no text");
        self.push_line(&format!("a body of {}, {kind}", dump::size(body.len())));
        for line in dump::lines(&body[..body.len().min(DUMPED)], self.palette) {
            self.push_line(&line);
        }
        if body.len() > DUMPED {
            self.push_line(&format!("… {} more", dump::size(body.len() - DUMPED)));
        }
    }
}
