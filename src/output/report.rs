//! Error reports for people: the message, its details and a hint.
//!
//! They are printed to stderr at the end. Everything is escaped, because it may quote the network,
//! even if stderr is not a terminal.

use crate::error::{Error, Refusal, Unmet};
use crate::http::{ResponseHead, Secrets};
use crate::output::dump;
use crate::output::escape::{self, Breaks};
use crate::output::excerpt;
use crate::output::palette::{Palette, Style};
use crate::output::verbosity::Verbosity;
use crate::text::escape::shortened;

/// The maximum number of bytes in the hex dump of a body.
const DUMPED: usize = 256;
/// The maximum number of lines of a response's head without `-v`.
const HEAD_ROWS: usize = 50;
/// The maximum number of lines of a body without `-v`, so that the hint stays visible.
const BODY_ROWS: usize = 20;
const BODY_BYTES: usize = 4096;
/// The number of last messages that are shown, and the width of each on a terminal.
const RECENT: usize = 5;
const RECENT_COLUMNS: usize = 80;

/// How much of the last messages is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excerpts {
    /// The beginning of each, on one line of a terminal.
    Short,
    /// As much of each as was kept.
    Whole,
}

/// The complete report of `error`, including the last line end.
///
/// With `-q`, it is only the message. With `-v`, the head of a response is left out, because the
/// [narration](super::narration) has printed it.
#[must_use]
pub fn report(error: &Error, verbosity: Verbosity, palette: Palette, secrets: Secrets) -> String {
    let name = palette.paint(Style::Error, "wsline:");
    let report = explain(error, verbosity, palette, secrets, Excerpts::Short);
    format!("{name} {report}")
}

/// The same without the program's name, for a report on several files.
#[must_use]
pub fn explain(
    error: &Error,
    verbosity: Verbosity,
    palette: Palette,
    secrets: Secrets,
    excerpts: Excerpts,
) -> String {
    let mut report = Report {
        out: String::new(),
        palette,
    };
    report.push_sentence(error);
    if verbosity == Verbosity::Quiet {
        return report.out;
    }
    let told = verbosity >= Verbosity::Handshake;
    match error.root() {
        Error::Refused(refusal)
        | Error::ProxyRefused {
            refusal: Some(refusal),
            ..
        } => report.push_refusal(refusal, told, secrets),
        Error::InvalidResponse {
            head: Some(head), ..
        } if !told => report.push_head(head, secrets),
        Error::Redirect { head, .. } | Error::Declined { head, .. } if !told => {
            report.push_head(head, secrets);
        }
        Error::Unmet(unmet) => {
            if let Some(refusal) = &unmet.refusal {
                report.push_refusal(refusal, told, secrets);
            }
            report.push_unmet(unmet, excerpts);
        }
        Error::Call {
            data: Some(data), ..
        } => report.push_line(&format!("  data: {}", escape::text(data, Breaks::Shown))),
        Error::Certificate { details, .. } => {
            for line in details {
                report.push_line(&format!("  {}", escape::text(line, Breaks::Shown)));
            }
        }
        Error::SessionFile(parse_error) | Error::Config(parse_error)
            if !parse_error.text.is_empty() =>
        {
            for line in excerpt::lines(&parse_error.text, parse_error.column as usize, palette) {
                report.push_line(&format!("  {line}"));
            }
        }
        Error::ServerEnded { last, .. } | Error::ServerLate { last, .. } => {
            if !last.is_empty() {
                report.push_line("its last output:");
            }
            for line in last {
                report.push_line(&format!("  {}", escape::text(line, Breaks::Shown)));
            }
        }
        _ => {}
    }
    if let Some(hint) = error.hint() {
        let hint = format!("hint: {}", escape::text(hint, Breaks::Shown));
        report.push_line(&palette.paint(Style::Quiet, &hint));
    }
    report.out
}

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

struct Report {
    out: String,
    palette: Palette,
}

impl Report {
    fn push_line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn push_sentence(&mut self, error: &Error) {
        self.push_line(&escape::text(&error.to_string(), Breaks::Shown));
    }

    fn push_head(&mut self, head: &ResponseHead, secrets: Secrets) {
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

    fn push_refusal(&mut self, refusal: &Refusal, told: bool, secrets: Secrets) {
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

    fn push_unmet(&mut self, unmet: &Unmet, excerpts: Excerpts) {
        for line in &unmet.difference {
            let line = self.colored(&escape::text(line, Breaks::Shown));
            self.push_line(&format!("  {line}"));
        }
        if unmet.recent.is_empty() {
            return;
        }
        self.push_line("the last messages:");
        let skipped = unmet.recent.len().saturating_sub(RECENT);
        for line in &unmet.recent[skipped..] {
            let line = match excerpts {
                Excerpts::Short => shortened(line, RECENT_COLUMNS),
                Excerpts::Whole => escape::text(line, Breaks::Shown).into_owned(),
            };
            let style = match line.as_bytes() {
                [b'>', ..] => Style::Sent,
                _ => Style::Received,
            };
            let (mark, message) = line.split_once(' ').unwrap_or((&line, ""));
            let mark = self.palette.paint(style, mark);
            self.push_line(format!("  {mark} {message}").trim_end());
        }
    }

    /// A line of a difference, colored according to its sign or as a mark.
    fn colored(&self, line: &str) -> String {
        let is_mark = || {
            line.trim_start_matches(' ')
                .bytes()
                .all(|byte| byte == b'^')
        };
        match line.as_bytes() {
            [b'-', ..] => self.palette.paint(Style::Expected, line),
            [b'+', ..] => self.palette.paint(Style::Instead, line),
            [b' ', ..] if is_mark() => self.palette.paint(Style::Warning, line),
            _ => line.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ParseError, Party};
    use crate::http::{Body, Headers};

    fn refused(body: &[u8], truncated: bool, hint: Option<&str>) -> Error {
        Error::Refused(Box::new(Refusal {
            head: ResponseHead {
                status: 401,
                status_line: "HTTP/1.1 401 Unauthorized".to_owned(),
                headers: Headers::from_iter([("Set-Cookie", "s=1"), ("X", "\x1b[2J")]),
                ..ResponseHead::default()
            },
            body: Body {
                bytes: body.to_vec(),
                truncated,
                coding: None,
            },
            hint: hint.map(str::to_owned),
        }))
    }

    fn told(error: &Error, verbosity: Verbosity) -> String {
        report(error, verbosity, Palette::plain(), Secrets::Hidden)
    }

    const SENTENCE: &str = "wsline: the server refused the upgrade: HTTP/1.1 401 Unauthorized\n";
    const HEAD: &str = "HTTP/1.1 401 Unauthorized\nSet-Cookie: ***\nX: \\x1b[2J\n";

    #[test]
    fn refusal_is_shown_with_head_and_body() {
        let error = refused(b"<h1>\r\nno\x07\xff</h1>\r\n", false, Some("give -u"));
        assert_eq!(
            told(&error, Verbosity::Normal),
            format!("{SENTENCE}{HEAD}\n<h1>\nno\\x07\\xff</h1>\n\nhint: give -u\n")
        );
        assert_eq!(told(&error, Verbosity::Quiet), SENTENCE);
        assert_eq!(
            told(&error, Verbosity::Handshake),
            format!("{SENTENCE}<h1>\nno\\x07\\xff</h1>\n\nhint: give -u\n")
        );
    }

    #[test]
    fn long_body_is_truncated_before_the_hint() {
        let page = "<p>\n".repeat(30);
        let error = refused(page.as_bytes(), false, Some("give -u"));
        let shown = "<p>\n".repeat(20);
        assert_eq!(
            told(&error, Verbosity::Normal),
            format!("{SENTENCE}{HEAD}\n{shown}… 40 B more (-v shows all)\n\nhint: give -u\n")
        );
        assert_eq!(
            told(&error, Verbosity::Handshake),
            format!("{SENTENCE}{page}\nhint: give -u\n")
        );
        let line = format!("x{}", "\u{fc}".repeat(3000));
        let text = told(&refused(line.as_bytes(), false, None), Verbosity::Normal);
        assert!(
            text.contains(&format!("x{}\n… ", "\u{fc}".repeat(2047))),
            "{text}"
        );
    }

    #[test]
    fn refusal_without_a_body_shows_its_head() {
        let error = refused(b"", false, Some("give -u"));
        assert_eq!(
            told(&error, Verbosity::Normal),
            format!("{SENTENCE}{HEAD}hint: give -u\n")
        );
    }

    #[test]
    fn truncated_body_is_marked() {
        assert_eq!(
            told(&refused(b"half", true, None), Verbosity::Normal),
            format!("{SENTENCE}{HEAD}\nhalf\n… the rest of the body is missing\n")
        );
    }

    #[test]
    fn binary_body_is_dumped() {
        let text = told(&refused(&[0; 300], false, None), Verbosity::Normal);
        assert!(text.starts_with(&format!("{SENTENCE}{HEAD}\na body of 300 B, no text\n0000")));
        assert!(text.ends_with("|................|\n… 44 B more\n"));
    }

    #[test]
    fn error_is_one_line_and_a_hint() {
        let error = Error::Tls {
            party: Party::Server,
            host: "h\n\x1b".to_owned(),
            cause: "no".to_owned(),
            hint: Some("try ws".to_owned()),
        };
        let sentence = "wsline: TLS handshake with h\\n\\x1b failed: no\n";
        assert_eq!(
            told(&error, Verbosity::Normal),
            format!("{sentence}hint: try ws\n")
        );
        assert_eq!(told(&error, Verbosity::Quiet), sentence);
        assert_eq!(
            report(
                &Error::Url(crate::target::InvalidUrl::new("no host")),
                Verbosity::Normal,
                Palette::colored(),
                Secrets::Hidden
            ),
            "\x1b[31mwsline:\x1b[39m no host\n"
        );
    }

    #[test]
    fn certificate_details_are_shown() {
        let error = Error::Certificate {
            party: Party::Server,
            host: "h".to_owned(),
            cause: "expired".to_owned(),
            details: vec!["subject: CN=\x1bh".to_owned(), "issuer: x".to_owned()],
            hint: Some("-k".to_owned()),
        };
        assert_eq!(
            told(&error, Verbosity::Normal),
            "wsline: could not verify the certificate of h: expired\n  \
             subject: CN=\\x1bh\n  issuer: x\nhint: -k\n"
        );
    }

    fn unmet(difference: &[&str], recent: &[&str]) -> Error {
        let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
        Error::Unmet(Box::new(Unmet {
            is_sending: false,
            place: Some("talk.ws:3".to_owned()),
            connection: None,
            expected: "\"a\x1b\"".to_owned(),
            instead: "\"b\n\" came instead".to_owned(),
            difference: lines(difference),
            recent: lines(recent),
            refusal: None,
        }))
    }

    const UNMET: &str = "talk.ws:3: expected \"a\\x1b\", but \"b\\n\" came instead\n";

    #[test]
    fn unmet_expectation_shows_received_messages() {
        let recent = ["> 0", "< 1", "< 2", "< \x1b[2J\n", "> ", "< 5"];
        let error = unmet(&["- a\\x1b", "+ b\x07", "  ^", "/x: missing"], &recent);
        assert_eq!(
            told(&error, Verbosity::Normal),
            format!(
                "wsline: {UNMET}  - a\\x1b\n  + b\\x07\n    ^\n  /x: missing\n\
                 the last messages:\n  < 1\n  < 2\n  < \\x1b[2J\\n\n  >\n  < 5\n"
            )
        );
        assert_eq!(told(&error, Verbosity::Quiet), format!("wsline: {UNMET}"));
        let bare = unmet(&[], &[]);
        assert_eq!(told(&bare, Verbosity::Normal), format!("wsline: {UNMET}"));
    }

    #[test]
    fn differences_are_colored_and_long_messages_truncated() {
        let long = format!("< {}", "x".repeat(500));
        let error = unmet(&["- a", "+ b", "  ^", "  c"], &["> hi", &long]);
        let text = report(
            &error,
            Verbosity::Normal,
            Palette::colored(),
            Secrets::Hidden,
        );
        assert_eq!(
            text,
            format!(
                "\x1b[31mwsline:\x1b[39m {UNMET}  \x1b[31m- a\x1b[39m\n  \x1b[32m+ b\x1b[39m\n  \
                 \x1b[33m  ^\x1b[39m\n    c\nthe last messages:\n  \x1b[35m>\x1b[39m hi\n  \
                 \x1b[36m<\x1b[39m {}…\n",
                "x".repeat(77)
            )
        );
    }

    #[test]
    fn parse_error_is_shown_with_its_line() {
        let parse_error = |line, column| {
            Error::SessionFile(Box::new(ParseError {
                file: "t\x1b.ws".to_owned(),
                line,
                column,
                text: "> a\tb".to_owned(),
                cause: "no".to_owned(),
            }))
        };
        let sentence = "wsline: t\\x1b.ws:3:5: no\n";
        assert_eq!(
            told(&parse_error(3, 5), Verbosity::Normal),
            format!("{sentence}  > a    b\n         ^\n")
        );
        assert_eq!(told(&parse_error(3, 5), Verbosity::Quiet), sentence);
        // A statement of the command line has no number of a line.
        assert_eq!(
            told(&parse_error(0, 3), Verbosity::Normal),
            "wsline: t\\x1b.ws:3: no\n  > a    b\n    ^\n"
        );
        let whole = Error::SessionFile(Box::new(ParseError {
            file: "t.ws".to_owned(),
            cause: "no".to_owned(),
            ..ParseError::default()
        }));
        assert_eq!(told(&whole, Verbosity::Normal), "wsline: t.ws: no\n");
    }

    #[test]
    fn output_of_a_failed_server_is_shown() {
        let error = Error::ServerEnded {
            ending: "exit code 1".to_owned(),
            last: vec!["no\x1b port".to_owned()],
        };
        let sentence = "the --serve server exited before it was ready: exit code 1\n";
        assert_eq!(
            told(&error, Verbosity::Normal),
            format!("wsline: {sentence}its last output:\n  no\\x1b port\n")
        );
        let bare = explain(
            &error,
            Verbosity::Quiet,
            Palette::colored(),
            Secrets::Hidden,
            Excerpts::Whole,
        );
        assert_eq!(bare, sentence);
    }

    #[test]
    fn invalid_response_is_quoted() {
        let error = Error::InvalidResponse {
            party: Party::Server,
            name: String::new(),
            cause: "no accept key".to_owned(),
            head: Some(Box::new(ResponseHead {
                status: 101,
                status_line: "HTTP/1.1 101 X".to_owned(),
                ..ResponseHead::default()
            })),
            hint: None,
        };
        let sentence = "wsline: invalid upgrade response: no accept key\n";
        assert_eq!(
            told(&error, Verbosity::Normal),
            format!("{sentence}HTTP/1.1 101 X\n")
        );
        assert_eq!(told(&error, Verbosity::Handshake), sentence);
    }
}
