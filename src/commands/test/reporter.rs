//! Prints the results of a run: a line for each file on stdout, with its error below, and a
//! summary; or the same as JSON lines. Other messages go to stderr.
//!
//! Errors follow the line of their file rather than the summary, so that they are in the log of a
//! job that is aborted, and each is in one piece although files run in parallel.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use super::annotation;
use super::file_result::{Counts, FileOutcome, FileResult};
use super::objects;
use crate::error::Error;
use crate::http::Secrets;
use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};
use crate::output::report::{explain, Excerpts};
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
    /// How much of the last messages is shown.
    pub excerpts: Excerpts,
    /// Whether failures are also printed as annotations of GitHub Actions.
    pub annotate: bool,
    /// The width of the terminal that shows the running files; `None` without one.
    pub live: Option<usize>,
}

/// Prints the report.
pub struct Reporter {
    style: ReportStyle,
    out: Box<dyn Write>,
    err: Box<dyn Write>,
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
    pub fn new(style: ReportStyle, out: Box<dyn Write>, err: Box<dyn Write>, total: usize) -> Self {
        Self {
            style,
            out,
            err,
            running: Vec::new(),
            done: 0,
            total,
            drawn: false,
            closed: false,
            fault: None,
        }
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
            ReportFormat::Json => self.put_object(objects::for_file(result)),
            ReportFormat::Failures if passed => {}
            ReportFormat::Lines | ReportFormat::Failures => {
                let block = self.block(result);
                self.put(block.as_bytes());
            }
        }
        self.annotate(result);
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

    /// Prints the annotation of a file that did not pass: on stdout, or on stderr where stdout has
    /// JSON lines.
    fn annotate(&mut self, result: &FileResult) {
        let line = self.style.annotate.then(|| annotation::line(result));
        let Some(line) = line.flatten() else { return };
        if self.style.format == ReportFormat::Json {
            // An error can't be reported anywhere.
            let _ = self.err.write_all(line.as_bytes());
        } else {
            self.put(line.as_bytes());
        }
    }

    /// Prints a line to stderr.
    pub fn say(&mut self, line: &str) {
        self.erase();
        let line = format!("{}\n", self.plain(&escape::text(line, Breaks::Shown)));
        // An error can't be reported anywhere.
        let _ = self.err.write_all(line.as_bytes());
        self.draw();
    }

    /// A line without what GitHub Actions would take for a command.
    fn plain<'t>(&self, line: &'t str) -> Cow<'t, str> {
        if self.style.annotate {
            annotation::without_command(line)
        } else {
            Cow::Borrowed(line)
        }
    }

    /// The line of a file, its error, and what the server printed.
    fn block(&self, result: &FileResult) -> String {
        let (label, style) = match result.verdict {
            FileOutcome::Passed => ("ok   ", Style::Good),
            FileOutcome::Failed(_) => ("FAIL ", Style::Error),
            FileOutcome::Error(_) => ("error", Style::Error),
            FileOutcome::Stopped => ("ended", Style::Warning),
        };
        let label = self.style.palette.paint(style, label);
        let name = escape::text(&result.file, Breaks::Shown);
        let aside = aside(result);
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
                self.style.excerpts,
            );
            for line in details.lines() {
                self.push_indented(&mut block, "  ", line);
            }
        }
        if !result.server.is_empty() {
            block.push_str("  the server's last output:\n");
            for line in &result.server {
                self.push_indented(&mut block, "    ", &escape::text(line, Breaks::Shown));
            }
        }
        block
    }

    fn push_indented(&self, block: &mut String, indentation: &str, line: &str) {
        if !line.is_empty() {
            block.push_str(indentation);
            block.push_str(&self.plain(line));
        }
        block.push('\n');
    }

    fn last_line(&self, counts: Counts, lasted: Duration) -> String {
        let mut parts = vec![match counts.flaky {
            0 => format!("{} passed", counts.passed),
            flaky => format!("{} passed ({flaky} flaky)", counts.passed),
        }];
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

/// What stands behind the name of a file: how much of it was run, and the time.
fn aside(result: &FileResult) -> String {
    let mut parts = Vec::new();
    let attempts = result.earlier.len() + 1;
    match result.verdict {
        FileOutcome::Passed => {
            parts.push(statements(result.statements));
            if result.checks_nothing() {
                parts.push("no expectations".to_owned());
            }
            if result.is_flaky() {
                parts.push(format!("flaky: passed at attempt {attempts}"));
            }
        }
        // The time is left out for a file that can't be read.
        FileOutcome::Error(Error::SessionFile(_)) => return String::new(),
        FileOutcome::Failed(_) | FileOutcome::Error(_) if attempts > 1 => {
            parts.push(format!("{attempts} attempts"));
        }
        FileOutcome::Failed(_) | FileOutcome::Error(_) => {}
        FileOutcome::Stopped => parts.push("interrupted".to_owned()),
    }
    parts.push(format!("{:.3} s", result.lasted.as_secs_f64()));
    format!("({})", parts.join(", "))
}

fn statements(count: usize) -> String {
    match count {
        1 => "1 statement".to_owned(),
        many => format!("{many} statements"),
    }
}

#[cfg(test)]
mod tests;
