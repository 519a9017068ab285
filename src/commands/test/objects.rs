//! `--json` of `wsline test`: an object of type `test` for each file, and a `summary`.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::file_result::{Counts, FileOutcome, FileResult};
use crate::error::{Error, ParseError, RecentMessage, Unmet};
use crate::http::Secrets;
use crate::output::json_text;

#[derive(Serialize)]
struct FileObject<'a> {
    time: String,
    r#type: &'static str,
    file: &'a str,
    result: &'static str,
    seconds: f64,
    statements: usize,
    expectations: usize,
    #[serde(skip_serializing_if = "is_one")]
    attempts: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<TestErrorObject>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    server: &'a [String],
}

#[derive(Serialize)]
struct TestErrorObject {
    phase: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    exit: u8,
    #[serde(flatten)]
    details: Details,
}

/// Additional fields for an error.
#[derive(Serialize)]
#[serde(untagged)]
enum Details {
    Unmet {
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        connection: Option<String>,
        expected: String,
        instead: String,
        difference: Vec<String>,
        recent: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        response: Option<Vec<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
    ParseError {
        line: u32,
        column: u32,
        text: String,
    },
    None {},
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one(count: &usize) -> bool {
    *count == 1
}

#[derive(Serialize)]
struct TestSummaryObject {
    time: String,
    r#type: &'static str,
    passed: usize,
    flaky: usize,
    failed: usize,
    errors: usize,
    not_run: usize,
    seconds: f64,
    exit: u8,
}

/// The object for a file, as a line.
///
/// # Errors
///
/// The error of serializing.
pub fn for_file(result: &FileResult) -> io::Result<Vec<u8>> {
    let word = match result.verdict {
        FileOutcome::Passed => "passed",
        FileOutcome::Failed(_) => "failed",
        FileOutcome::Error(_) => "error",
        FileOutcome::Stopped => "stopped",
    };
    json_text::line(&FileObject {
        time: now(),
        r#type: "test",
        file: &result.file,
        result: word,
        seconds: milliseconds(result.lasted),
        statements: result.statements,
        expectations: result.expectations,
        attempts: result.earlier.len() + 1,
        server: &result.server,
        error: result.verdict.error().map(TestErrorObject::new),
    })
}

/// The summary object, as a line.
///
/// # Errors
///
/// The error of serializing.
pub fn summary(counts: Counts, lasted: Duration, exit: u8) -> io::Result<Vec<u8>> {
    json_text::line(&TestSummaryObject {
        time: now(),
        r#type: "summary",
        passed: counts.passed,
        flaky: counts.flaky,
        failed: counts.failed,
        errors: counts.errors,
        not_run: counts.left,
        seconds: milliseconds(lasted),
        exit,
    })
}

impl TestErrorObject {
    fn new(error: &Error) -> Self {
        let details = match error.root() {
            Error::Unmet(unmet) => {
                let Unmet {
                    place,
                    connection,
                    goal,
                    instead: _,
                    details: _,
                    difference,
                    recent,
                    refusal,
                } = &**unmet;
                let head = refusal.as_ref().map(|it| it.head.lines(Secrets::Hidden));
                let body = refusal.as_ref().map(|it| it.body.bytes.as_slice());
                Details::Unmet {
                    place: place.clone(),
                    connection: connection.clone(),
                    expected: goal.to_string(),
                    instead: unmet.explanation(),
                    difference: difference.lines(),
                    recent: recent.iter().map(RecentMessage::to_string).collect(),
                    response: head.map(Iterator::collect),
                    body: body.map(beginning),
                }
            }
            Error::SessionFile(parse_error) => {
                let ParseError {
                    line,
                    column,
                    text: of_line,
                    ..
                } = &**parse_error;
                Details::ParseError {
                    line: *line,
                    column: *column,
                    text: of_line.clone(),
                }
            }
            _ => Details::None {},
        };
        Self {
            phase: error.phase().name(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            exit: error.exit_code().number(),
            details,
        }
    }
}

/// The first 4 KiB of a body as text.
fn beginning(body: &[u8]) -> String {
    let shown = &body[..body.len().min(4096)];
    let cut = if shown.len() < body.len() { "…" } else { "" };
    format!("{}{cut}", String::from_utf8_lossy(shown))
}

fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

/// Seconds, rounded to milliseconds.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}
