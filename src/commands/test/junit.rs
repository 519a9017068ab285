//! `--junit`: a report in the XML format of Ant for `JUnit`, which GitLab, Jenkins and others read.
//! It has one test suite with a test case for each file.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::console::{Console, Stop};
use super::file_result::{Counts, FileOutcome, FileResult, FileResults};
use crate::error::Error;
use crate::http::Secrets;
use crate::output::escape::{self, Breaks};
use crate::output::palette::Palette;
use crate::output::report::{explain, Excerpts};
use crate::output::verbosity::Verbosity;

/// The report's file. It is created first, so that an error is reported before anything is run. A
/// regular file is written next to its place and renamed when it is complete, so that a run that is
/// killed leaves no incomplete report.
#[derive(Debug)]
pub struct Junit {
    file: File,
    name: String,
    /// Where it is written, and where it is moved to.
    moved: Option<(PathBuf, PathBuf)>,
    begun: Timestamp,
}

/// The content of a report.
#[derive(Clone, Copy, Debug)]
pub struct ReportData<'a> {
    /// The results of the files.
    pub results: &'a FileResults,
    /// The error that prevented files from being run, if there is one.
    pub fault: Option<&'a Error>,
    /// The signal that ended the run, if there is one.
    pub signal: Option<i32>,
    /// How long the run took.
    pub lasted: Duration,
}

impl Junit {
    /// Creates the file.
    ///
    /// # Errors
    ///
    /// [`Error::Output`].
    pub fn create(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let begun = Timestamp::now();
        let is_special = fs::metadata(path).is_ok_and(|file| !file.is_file());
        let is_link = fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink());
        if !is_special && !is_link {
            let beside = beside(path);
            if let Ok(file) = File::create_new(&beside) {
                let moved = Some((beside, path.to_owned()));
                return Ok(Self {
                    file,
                    name,
                    moved,
                    begun,
                });
            }
        }
        match File::create(path) {
            Ok(file) => Ok(Self {
                file,
                name,
                moved: None,
                begun,
            }),
            Err(cause) => Err(Error::Output {
                target: name,
                cause,
            }),
        }
    }

    /// Writes the report.
    ///
    /// # Errors
    ///
    /// [`Error::Output`].
    pub fn write(mut self, data: ReportData<'_>, stop: Stop) -> Result<(), Error> {
        let text = text(data, self.begun);
        let file = Console::new(self.file.as_fd(), stop);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        let moved = written.and_then(|()| match &self.moved {
            Some((beside, path)) => fs::rename(beside, path),
            None => Ok(()),
        });
        if moved.is_ok() {
            self.moved = None;
        }
        moved.map_err(|cause| Error::Output {
            target: std::mem::take(&mut self.name),
            cause,
        })
    }
}

impl Drop for Junit {
    fn drop(&mut self) {
        if let Some((beside, _)) = &self.moved {
            // Nobody is left to tell if this fails.
            let _ = fs::remove_file(beside);
        }
    }
}

/// The name under which a report is written until it is whole.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn text(data: ReportData<'_>, begun: Timestamp) -> String {
    let ReportData {
        results,
        fault,
        signal,
        lasted,
    } = data;
    let counts = Counts::of(results);
    let cut_off = match signal {
        Some(_) => counts.stopped,
        None => 0,
    };
    let totals = format!(
        "name=\"wsline\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3}\"",
        results.len() + usize::from(fault.is_some()),
        counts.failed,
        counts.errors + cut_off + usize::from(fault.is_some()),
        lasted.as_secs_f64()
    );
    let skipped = counts.left - cut_off;
    // Without fraction and time zone, as in Ant's format.
    let begun = begun.strftime("%Y-%m-%dT%H:%M:%S");
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {totals}>\n  \
         <testsuite {totals} skipped=\"{skipped}\" timestamp=\"{begun}\">\n"
    );
    if let Some(fault) = fault {
        out.push_str("    <testcase classname=\"wsline\" name=\"--serve\" time=\"0.000\">\n");
        push_error(&mut out, "error", fault);
        out.push_str("    </testcase>\n");
    }
    for (name, result) in results {
        push_case(&mut out, name, result.as_ref(), signal);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn push_case(out: &mut String, name: &str, result: Option<&FileResult>, signal: Option<i32>) {
    let seconds = result.map_or(0.0, |result| result.lasted.as_secs_f64());
    let title = result.and_then(|result| result.title.as_deref());
    let title = title.map(escaped);
    let name = escaped(name);
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let class = if folder.is_empty() { "wsline" } else { folder };
    let _ = write!(
        out,
        "    <testcase classname=\"{class}\" name=\"{}\" file=\"{name}\" time=\"{seconds:.3}\"",
        title.as_ref().unwrap_or(&name)
    );
    match result.map(|result| &result.verdict) {
        Some(FileOutcome::Passed) => {
            let checks_nothing = result.is_some_and(FileResult::checks_nothing);
            if !checks_nothing && !result.is_some_and(FileResult::is_flaky) {
                out.push_str("/>\n");
                return;
            }
            out.push_str(">\n");
            if checks_nothing {
                out.push_str("      <system-out>no expectations</system-out>\n");
            }
        }
        Some(FileOutcome::Failed(error)) => {
            out.push_str(">\n");
            push_error(out, "failure", error);
        }
        Some(FileOutcome::Error(error)) => {
            out.push_str(">\n");
            push_error(out, "error", error);
        }
        Some(FileOutcome::Stopped) if signal.is_some() => {
            let error = Error::Signal(signal.unwrap_or_default());
            out.push_str(">\n");
            push_error(out, "error", &error);
        }
        Some(FileOutcome::Stopped) => out.push_str(">\n      <skipped message=\"interrupted\"/>\n"),
        None => out.push_str(">\n      <skipped message=\"not run\"/>\n"),
    }
    if let Some(result) = result {
        push_attempts(out, result);
        push_server(out, result);
    }
    out.push_str("    </testcase>\n");
}

/// The attempts before the last one, with the elements of Maven Surefire: those of a file that
/// passed in the end are flaky.
fn push_attempts(out: &mut String, result: &FileResult) {
    for outcome in &result.earlier {
        let (element, error) = match (outcome, result.is_flaky()) {
            (FileOutcome::Failed(error), true) => ("flakyFailure", error),
            (FileOutcome::Failed(error), false) => ("rerunFailure", error),
            (FileOutcome::Error(error), true) => ("flakyError", error),
            (FileOutcome::Error(error), false) => ("rerunError", error),
            (FileOutcome::Passed | FileOutcome::Stopped, _) => continue,
        };
        push_error(out, element, error);
    }
}

/// What the server printed.
fn push_server(out: &mut String, result: &FileResult) {
    if result.server.is_empty() {
        return;
    }
    let lines = result.server.iter();
    let lines = lines.map(|line| escaped(&escape::text(line, Breaks::Shown)));
    let lines: Vec<_> = lines.collect();
    let _ = writeln!(
        out,
        "      <system-err>the server&apos;s last output:\n{}</system-err>",
        lines.join("\n")
    );
}

fn push_error(out: &mut String, element: &str, error: &Error) {
    let message = error.to_string();
    let message = escape::text(&message, Breaks::Shown);
    let details = explain(
        error,
        Verbosity::Normal,
        Palette::plain(),
        Secrets::Hidden,
        Excerpts::Whole,
    );
    let _ = writeln!(
        out,
        "      <{element} type=\"{}\" message=\"{}\">{}</{element}>",
        kind(error),
        escaped(&message),
        escaped(details.trim_end()).replace("&#10;", "\n")
    );
}

/// The kind of an error, as a word.
fn kind(error: &Error) -> &'static str {
    match error.root() {
        Error::Signal(_) => "signal",
        Error::Unmet(_) | Error::TooFew { .. } => "expectation",
        Error::SessionFile(_) => "file",
        error => error.phase().name(),
    }
}

/// Escapes a text for XML, including attributes. Characters that XML 1.0 can't represent (§2.2) are
/// replaced by U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => out.push(character),
            _ => out.push('\u{fffd}'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Goal, Instead, Unmet};
    use crate::text::phrase::Phrase;

    #[test]
    fn characters_invalid_in_xml_are_replaced() {
        assert_eq!(
            escaped("<a b=\"c\">&'\t\n\r\0\u{1b}\u{ffff}ü😀"),
            "&lt;a b=&quot;c&quot;&gt;&amp;&apos;&#9;&#10;&#13;\u{fffd}\u{fffd}\u{fffd}ü😀"
        );
    }

    #[test]
    fn report_has_a_test_case_per_file() {
        let result = |file: &str, verdict| {
            let result = FileResult {
                file: file.to_owned(),
                title: None,
                verdict,
                earlier: Vec::new(),
                server: Vec::new(),
                lasted: Duration::from_millis(1234),
                statements: 3,
                expectations: 1,
            };
            (file.to_owned(), Some(result))
        };
        let unmet = Error::Unmet(Box::new(Unmet {
            place: Some("b.ws:3".to_owned()),
            ..Unmet::new(
                Goal::Receive(Phrase::value("\"<hello>\"")),
                Instead::NotOpen,
            )
        }));
        let results = vec![
            result("a/b/c.ws", FileOutcome::Passed),
            result("b.ws", FileOutcome::Failed(unmet)),
            result("c.ws", FileOutcome::Stopped),
            ("d.ws".to_owned(), None),
        ];
        let late = Error::Url(crate::target::InvalidUrl::new("no host"));
        let data = ReportData {
            results: &results,
            fault: Some(&late),
            signal: None,
            lasted: Duration::from_secs(2),
        };
        let begun = Timestamp::UNIX_EPOCH;
        let says = "b.ws:3: expected &quot;&lt;hello&gt;&quot;, but the connection is not open yet";
        let totals = "name=\"wsline\" tests=\"5\" failures=\"1\" errors=\"1\" time=\"2.000\"";
        assert_eq!(
            text(data, begun),
            format!(
                r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites {totals}>
  <testsuite {totals} skipped="2" timestamp="1970-01-01T00:00:00">
    <testcase classname="wsline" name="--serve" time="0.000">
      <error type="address" message="no host">no host</error>
    </testcase>
    <testcase classname="a/b" name="a/b/c.ws" file="a/b/c.ws" time="1.234"/>
    <testcase classname="wsline" name="b.ws" file="b.ws" time="1.234">
      <failure type="expectation" message="{says}">{says}</failure>
    </testcase>
    <testcase classname="wsline" name="c.ws" file="c.ws" time="1.234">
      <skipped message="interrupted"/>
    </testcase>
    <testcase classname="wsline" name="d.ws" file="d.ws" time="0.000">
      <skipped message="not run"/>
    </testcase>
  </testsuite>
</testsuites>
"#
            )
        );
    }
}
