//! Prints the results of a run: a line for each file on stdout, with its error below, and a
//! summary; or the same as JSON lines. Other messages go to stderr.
//!
//! Errors follow the line of their file rather than the summary, so that they are in the log of a
//! job that is aborted, and each is in one piece although files run in parallel.

use std::io::{self, Write};
use std::time::Duration;

use super::file_result::{Counts, FileOutcome, FileResult};
use super::objects;
use super::redact::Redactor;
use crate::error::Error;
use crate::http::Secrets;
use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};
use crate::output::report::explain;
use crate::output::verbosity::Verbosity;
use crate::text::elide;

/// The format of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// A line for each file.
    Lines,
    /// A line for each file that did not pass.
    Failures,
    /// JSON objects.
    Json,
}

/// The style of the report.
#[derive(Clone, Copy, Debug)]
pub struct ReportStyle {
    /// The format of results.
    pub format: ReportFormat,
    /// The colors of stdout.
    pub palette: Palette,
    /// The width of the terminal that shows the running files; `None` without one.
    pub live: Option<usize>,
}

/// Prints the report.
pub struct Reporter {
    style: ReportStyle,
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    redactor: Redactor,
    running: Vec<String>,
    done: usize,
    total: usize,
    /// Whether the line with the running files is on the screen.
    drawn: bool,
    /// Whether stdout was closed or can't be written.
    closed: bool,
    fault: Option<io::Error>,
}

impl Reporter {
    /// Creates a reporter for `total` files.
    #[must_use]
    pub fn new(
        style: ReportStyle,
        out: Box<dyn Write>,
        err: Box<dyn Write>,
        redactor: Redactor,
        total: usize,
    ) -> Self {
        Self {
            style,
            out,
            err,
            redactor,
            running: Vec::new(),
            done: 0,
            total,
            drawn: false,
            closed: false,
            fault: None,
        }
    }

    /// Redacts everything that is printed.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Takes the write error of stdout, if there is one. A closed pipe is not an error: only the
    /// exit code remains then.
    pub fn take_fault(&mut self) -> Option<io::Error> {
        self.fault.take()
    }

    /// Whether stdout could not be written.
    #[must_use]
    pub fn has_fault(&self) -> bool {
        self.fault.is_some()
    }

    /// Records that a file was started.
    pub fn begin(&mut self, file: &str) {
        self.running.push(file.to_owned());
        self.erase();
        self.draw();
    }

    /// Prints the result of a file.
    pub fn end(&mut self, result: &FileResult) {
        if let Some(place) = self.running.iter().position(|file| *file == result.file) {
            self.running.remove(place);
        }
        self.done += 1;
        self.erase();
        let passed = matches!(result.verdict, FileOutcome::Passed);
        match self.style.format {
            ReportFormat::Json => self.put_object(objects::for_file(result, &self.redactor)),
            ReportFormat::Failures if passed => {}
            ReportFormat::Lines | ReportFormat::Failures => {
                let block = self.block(result);
                self.put(block.as_bytes());
            }
        }
        self.draw();
    }

    /// Prints the summary.
    pub fn close(&mut self, counts: Counts, lasted: Duration, exit: u8) {
        self.erase();
        self.running.clear();
        if self.style.format == ReportFormat::Json {
            self.put_object(objects::summary(counts, lasted, exit));
        } else {
            let line = self.last_line(counts, lasted);
            self.put(line.as_bytes());
        }
    }

    /// Prints a line to stderr.
    pub fn say(&mut self, line: &str) {
        self.erase();
        let line = self.redactor.apply(line);
        let line = format!("{}\n", escape::text(&line, Breaks::Shown));
        // An error can't be reported anywhere.
        let _ = self.err.write_all(line.as_bytes());
        self.draw();
    }

    /// The line of a file, and its error.
    fn block(&self, result: &FileResult) -> String {
        let (label, style) = match result.verdict {
            FileOutcome::Passed => ("ok   ", Style::Good),
            FileOutcome::Failed(_) => ("FAIL ", Style::Error),
            FileOutcome::Error(_) => ("error", Style::Error),
            FileOutcome::Stopped => ("ended", Style::Warning),
        };
        let label = self.style.palette.paint(style, label);
        let name = escape::text(&result.file, Breaks::Shown);
        let seconds = format!("{:.3} s", result.lasted.as_secs_f64());
        let aside = match result.verdict {
            FileOutcome::Passed if result.checks_nothing() => {
                let statements = statements(result.statements);
                format!("({statements}, no expectations, {seconds})")
            }
            FileOutcome::Passed => format!("({}, {seconds})", statements(result.statements)),
            // The time is left out for a file that can't be read.
            FileOutcome::Error(Error::SessionFile(_)) => String::new(),
            FileOutcome::Failed(_) | FileOutcome::Error(_) => format!("({seconds})"),
            FileOutcome::Stopped => format!("(interrupted, {seconds})"),
        };
        let mut block = format!("{label} {name}");
        if !aside.is_empty() {
            let aside = self.style.palette.paint(Style::Quiet, &aside);
            block.push_str("  ");
            block.push_str(&aside);
        }
        block.push('\n');
        if let Some(error) = result.verdict.error() {
            let details = explain(
                error,
                Verbosity::Normal,
                self.style.palette,
                Secrets::Hidden,
            );
            for line in self.redactor.apply(&details).lines() {
                if !line.is_empty() {
                    block.push_str("  ");
                    block.push_str(line);
                }
                block.push('\n');
            }
        }
        block
    }

    fn last_line(&self, counts: Counts, lasted: Duration) -> String {
        let mut parts = vec![format!("{} passed", counts.passed)];
        if counts.failed > 0 {
            parts.push(format!("{} failed", counts.failed));
        }
        match counts.errors {
            0 => {}
            1 => parts.push("1 error".to_owned()),
            many => parts.push(format!("{many} errors")),
        }
        if counts.left > 0 {
            parts.push(format!("{} not run", counts.left));
        }
        let good = counts.failed == 0 && counts.errors == 0 && counts.left == 0;
        let style = if good { Style::Good } else { Style::Error };
        let text = format!("{} in {:.1} s", parts.join(", "), lasted.as_secs_f64());
        format!("{}\n", self.style.palette.paint(style, &text))
    }

    fn put_object(&mut self, line: io::Result<Vec<u8>>) {
        match line {
            Ok(line) => self.put(&line),
            Err(cause) => self.fault = Some(cause),
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.closed {
            return;
        }
        let written = self.out.write_all(bytes).and_then(|()| self.out.flush());
        if let Err(cause) = written {
            self.closed = true;
            if cause.kind() != io::ErrorKind::BrokenPipe {
                self.fault = Some(cause);
            }
        }
    }

    /// Erases the line with the running files.
    fn erase(&mut self) {
        if std::mem::take(&mut self.drawn) {
            self.put(b"\r\x1b[K");
        }
    }

    /// Draws that line, truncated to the width, because a wrapped line could not be erased.
    fn draw(&mut self) {
        let Some(columns) = self.style.live else {
            return;
        };
        if self.running.is_empty() {
            return;
        }
        let names = self.running.join(", ");
        let text = format!("{} of {} done, running {names}", self.done, self.total);
        let text = escape::text(&text, Breaks::Shown);
        let line = elide::columns(&text, columns.saturating_sub(1));
        let line = self.style.palette.paint(Style::Quiet, &line);
        self.put(line.as_bytes());
        self.drawn = true;
    }
}

fn statements(count: usize) -> String {
    match count {
        1 => "1 statement".to_owned(),
        many => format!("{many} statements"),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::error::{ParseError, Unmet};

    /// A buffer that is read while others write to it.
    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Shared {
        fn take(&self) -> String {
            String::from_utf8(self.0.take()).expect("text")
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn reporter(
        format: ReportFormat,
        palette: Palette,
        live: Option<usize>,
    ) -> (Reporter, Shared, Shared) {
        let (out, err) = (Shared::default(), Shared::default());
        let style = ReportStyle {
            format,
            palette,
            live,
        };
        let redactor = Redactor::new([("TOKEN", "s3cret\u{1b}")]);
        let reporter = Reporter::new(
            style,
            Box::new(out.clone()),
            Box::new(err.clone()),
            redactor,
            3,
        );
        (reporter, out, err)
    }

    fn result(file: &str, verdict: FileOutcome) -> FileResult {
        FileResult {
            file: file.to_owned(),
            title: None,
            verdict,
            lasted: Duration::from_millis(134),
            statements: 12,
            expectations: 1,
        }
    }

    fn unmet() -> Error {
        Error::Unmet(Box::new(Unmet {
            is_sending: false,
            place: Some("chat.ws:3".to_owned()),
            connection: None,
            expected: "\"s3cret\u{1b}\"".to_owned(),
            instead: "\"ho\" came instead".to_owned(),
            difference: vec!["- a".to_owned()],
            recent: vec!["> s3cret\u{1b}".to_owned()],
        }))
    }

    fn parse_error() -> Error {
        Error::SessionFile(Box::new(ParseError {
            file: "bad.ws".to_owned(),
            line: 1,
            column: 1,
            text: "sned".to_owned(),
            cause: "no".to_owned(),
        }))
    }

    #[test]
    fn lines_format_has_a_line_per_file_and_a_summary() {
        let (mut reporter, out, _) = reporter(ReportFormat::Lines, Palette::plain(), None);
        reporter.begin("talk.ws");
        reporter.end(&result("talk.ws", FileOutcome::Passed));
        assert_eq!(out.take(), "ok    talk.ws  (12 statements, 0.134 s)\n");
        reporter.end(&result("chat\n.ws", FileOutcome::Failed(unmet())));
        let block = out.take();
        let expected = "FAIL  chat\\n.ws  (0.134 s)\n  chat.ws:3: expected \"${TOKEN}\", but \
                        \"ho\" came instead\n";
        assert!(block.starts_with(expected), "{block}");
        reporter.end(&result("bad.ws", FileOutcome::Error(parse_error())));
        let block = out.take();
        assert!(
            block.starts_with("error bad.ws\n  bad.ws:1:1: no\n"),
            "{block}"
        );
        let address = Error::Url(crate::target::InvalidUrl::new("no host"));
        reporter.end(&result("far.ws", FileOutcome::Error(address)));
        assert_eq!(out.take(), "error far.ws  (0.134 s)\n  no host\n");
        reporter.end(&result("slow.ws", FileOutcome::Stopped));
        assert_eq!(out.take(), "ended slow.ws  (interrupted, 0.134 s)\n");
        let counts = Counts {
            passed: 5,
            failed: 1,
            errors: 2,
            left: 1,
            stopped: 0,
        };
        reporter.close(counts, Duration::from_millis(2120), 4);
        assert_eq!(
            out.take(),
            "5 passed, 1 failed, 2 errors, 1 not run in 2.1 s\n"
        );
    }

    #[test]
    fn quiet_format_lists_only_files_that_did_not_pass() {
        let (mut reporter, out, _) = reporter(ReportFormat::Failures, Palette::plain(), None);
        reporter.end(&result("talk.ws", FileOutcome::Passed));
        assert_eq!(out.take(), "");
        reporter.end(&result("slow.ws", FileOutcome::Stopped));
        assert_eq!(out.take(), "ended slow.ws  (interrupted, 0.134 s)\n");
    }

    #[test]
    fn json_format_has_an_object_per_file() {
        let (mut reporter, out, _) = reporter(ReportFormat::Json, Palette::colored(), None);
        reporter.end(&result("chat.ws", FileOutcome::Failed(unmet())));
        reporter.end(&result("bad.ws", FileOutcome::Error(parse_error())));
        let counts = Counts {
            failed: 1,
            errors: 1,
            ..Counts::default()
        };
        reporter.close(counts, Duration::from_millis(2120), 4);
        let lines = out.take();
        let lines: Vec<serde_json::Value> = lines
            .lines()
            .map(|line| {
                let mut value: serde_json::Value = serde_json::from_str(line).expect("JSON");
                let object = value.as_object_mut().expect("an object");
                let time = object.remove("time").expect("a time");
                assert!(time.as_str().is_some_and(|time| time.ends_with('Z')));
                value
            })
            .collect();
        assert_eq!(
            lines,
            [
                serde_json::json!({
                    "type": "test", "file": "chat.ws", "result": "failed", "seconds": 0.134,
                    "statements": 12, "expectations": 1, "error": {
                        "phase": "open",
                        "message": "chat.ws:3: expected \"${TOKEN}\", but \"ho\" came instead",
                        "exit": 4, "place": "chat.ws:3", "expected": "\"${TOKEN}\"",
                        "instead": "\"ho\" came instead", "difference": ["- a"],
                        "recent": ["> ${TOKEN}"],
                    }
                }),
                serde_json::json!({
                    "type": "test", "file": "bad.ws", "result": "error", "seconds": 0.134,
                    "statements": 12, "expectations": 1, "error": {
                        "phase": "usage", "message": "bad.ws:1:1: no", "exit": 2, "line": 1,
                        "column": 1, "text": "sned",
                    }
                }),
                serde_json::json!({
                    "type": "summary", "passed": 0, "failed": 1, "errors": 1, "not_run": 0,
                    "seconds": 2.12, "exit": 4,
                }),
            ]
        );
    }

    #[test]
    fn running_files_are_shown_and_erased() {
        let (mut reporter, out, err) = reporter(ReportFormat::Lines, Palette::colored(), Some(30));
        reporter.begin("a.ws");
        assert_eq!(out.take(), "\x1b[2m0 of 3 done, running a.ws\x1b[22m");
        reporter.begin("日本.ws");
        assert_eq!(
            out.take(),
            "\r\x1b[K\x1b[2m0 of 3 done, running a.ws, …\x1b[22m"
        );
        reporter.say("a.ws:1: s3cret\u{1b}\u{7}");
        assert_eq!(err.take(), "a.ws:1: ${TOKEN}\\x07\n");
        out.take();
        reporter.end(&result("a.ws", FileOutcome::Passed));
        assert_eq!(
            out.take(),
            "\r\x1b[K\x1b[32mok   \x1b[39m a.ws  \x1b[2m(12 statements, 0.134 s)\x1b[22m\n\
             \x1b[2m1 of 3 done, running 日本.ws\x1b[22m"
        );
        reporter.close(Counts::default(), Duration::ZERO, 0);
        assert_eq!(out.take(), "\r\x1b[K\x1b[32m0 passed in 0.0 s\x1b[39m\n");
    }

    #[test]
    fn full_disk_is_an_error_and_a_closed_pipe_is_not() {
        for (kind, fault) in [
            (io::ErrorKind::BrokenPipe, None),
            (io::ErrorKind::StorageFull, Some(io::ErrorKind::StorageFull)),
        ] {
            let style = ReportStyle {
                format: ReportFormat::Lines,
                palette: Palette::plain(),
                live: None,
            };
            let err = Shared::default();
            let redactor = Redactor::default();
            let out = Box::new(Failing(kind));
            let mut reporter = Reporter::new(style, out, Box::new(err), redactor, 1);
            reporter.end(&result("a.ws", FileOutcome::Passed));
            assert_eq!(reporter.take_fault().map(|cause| cause.kind()), fault);
        }
    }
}
