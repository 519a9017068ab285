use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::conversation::matching::{Difference, DifferenceLine, Side};
use crate::error::{Goal, Instead, ParseError, RecentMessage, Unmet};
use crate::text::phrase::Phrase;

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
        excerpts: Excerpts::Whole,
        annotate: false,
        live,
    };
    let reporter = Reporter::new(style, Box::new(out.clone()), Box::new(err.clone()), 3);
    (reporter, out, err)
}

fn result(file: &str, verdict: FileOutcome) -> FileResult {
    FileResult {
        file: file.to_owned(),
        title: None,
        verdict,
        earlier: Vec::new(),
        server: Vec::new(),
        lasted: Duration::from_millis(134),
        statements: 12,
        expectations: 1,
    }
}

fn unmet() -> Error {
    Error::Unmet(Box::new(Unmet {
        place: Some("chat.ws:3".to_owned()),
        difference: Difference(vec![DifferenceLine::Text(Side::Expected, "a".to_owned())]),
        recent: vec![RecentMessage {
            connection: None,
            is_sent: true,
            after: None,
            message: Phrase::value("hello\u{1b}"),
        }],
        ..Unmet::new(
            Goal::Receive(Phrase::value("\"hello\u{1b}\"")),
            Instead::Received(Phrase::value("\"ho\"")),
        )
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
    let expected = "FAIL  chat\\n.ws  (0.134 s)\n  chat.ws:3: expected \"hello\\x1b\", but \
                    received \"ho\" instead\n";
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
        ..Counts::default()
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
                    "message": "chat.ws:3: expected \"hello\u{1b}\", but received \"ho\" instead",
                    "exit": 4, "place": "chat.ws:3", "expected": "\"hello\u{1b}\"",
                    "instead": "received \"ho\" instead", "difference": ["- a"],
                    "recent": ["> hello\u{1b}"],
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
                "type": "summary", "passed": 0, "flaky": 0, "failed": 1, "errors": 1, "not_run": 0,
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
    reporter.say("a.ws:1: hello\u{1b}\u{7}");
    assert_eq!(err.take(), "a.ws:1: hello\\x1b\\x07\n");
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
            excerpts: Excerpts::Whole,
            annotate: false,
            live: None,
        };
        let err = Shared::default();
        let out = Box::new(Failing(kind));
        let mut reporter = Reporter::new(style, out, Box::new(err), 1);
        reporter.end(&result("a.ws", FileOutcome::Passed));
        assert_eq!(reporter.take_fault().map(|cause| cause.kind()), fault);
    }
}
