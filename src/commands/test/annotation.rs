//! Annotations of GitHub Actions, which the workflow commands on a job's output create.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::file_result::FileResult;
use crate::error::Error;
use crate::http::Secrets;
use crate::output::palette::Palette;
use crate::output::report::{explain, Excerpts};
use crate::output::verbosity::Verbosity;

/// What a workflow command starts with, in both of its forms.
const COMMANDS: [&str; 2] = ["::", "##["];

/// The command that annotates a file that did not pass, as a line.
#[must_use]
pub fn line(result: &FileResult) -> Option<String> {
    let error = result.verdict.error()?;
    let (file, line, column) = position(error, &result.file);
    let mut command = format!("::error file={}", property(&file));
    for (name, number) in [("line", line), ("col", column)] {
        if number > 0 {
            let _ = write!(command, ",{name}={number}");
        }
    }
    let title = result.title.as_deref().unwrap_or(&result.file);
    let title = property(title);
    let report = explain(
        error,
        Verbosity::Normal,
        Palette::plain(),
        Secrets::Hidden,
        Excerpts::Short,
    );
    let report = data(report.trim_end());
    Some(format!("{command},title={title}::{report}\n"))
}

/// A line of other output. One that would be taken for a command, which a server may have sent, is
/// preceded by a backslash.
#[must_use]
pub fn without_command(line: &str) -> Cow<'_, str> {
    let text = line.trim_start();
    if COMMANDS.iter().any(|command| text.starts_with(command)) {
        let indentation = &line[..line.len() - text.len()];
        return Cow::Owned(format!("{indentation}\\{text}"));
    }
    Cow::Borrowed(line)
}

/// The file, the line and the column of an error; 0 for an unknown line or column.
fn position(error: &Error, file: &str) -> (String, u32, u32) {
    let place = match error {
        Error::Unmet(unmet) => unmet.place.as_deref(),
        Error::At { place, .. } => Some(place.as_str()),
        Error::SessionFile(parse_error) => {
            return (
                parse_error.file.clone(),
                parse_error.line,
                parse_error.column,
            );
        }
        _ => None,
    };
    let place = place.and_then(|place| place.rsplit_once(':'));
    match place.and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        Some((file, line)) => (file.to_owned(), line, 0),
        None => (file.to_owned(), 0, 0),
    }
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::file_result::FileOutcome;
    use super::*;
    use crate::conversation::matching::{Difference, DifferenceLine, Side};
    use crate::error::{Goal, Instead, ParseError, Unmet};
    use crate::text::phrase::Phrase;

    fn annotated(verdict: FileOutcome, title: Option<&str>) -> Option<String> {
        let result = FileResult {
            file: "a,b.ws".to_owned(),
            title: title.map(str::to_owned),
            verdict,
            earlier: Vec::new(),
            server: Vec::new(),
            lasted: Duration::ZERO,
            statements: 0,
            expectations: 1,
        };
        line(&result)
    }

    #[test]
    fn failures_have_an_annotation() {
        let unmet = Unmet {
            place: Some("a,b.ws:12".to_owned()),
            difference: Difference(vec![DifferenceLine::Text(Side::Expected, "a".to_owned())]),
            ..Unmet::new(
                Goal::Receive(Phrase::value("\"100%\"")),
                Instead::Received(Phrase::value("\"100\"")),
            )
        };
        let failed = FileOutcome::Failed(Error::Unmet(Box::new(unmet)));
        assert_eq!(
            annotated(failed, Some("Login: no")).as_deref(),
            Some(
                "::error file=a%2Cb.ws,line=12,title=Login%3A no::a,b.ws:12: expected \"100%25\", \
                 but received \"100\" instead%0A  - a\n"
            )
        );
        let parse_error = Error::SessionFile(Box::new(ParseError {
            file: "c.ws".to_owned(),
            line: 3,
            column: 2,
            text: "sned".to_owned(),
            cause: "no".to_owned(),
        }));
        let text = annotated(FileOutcome::Error(parse_error), None).expect("an annotation");
        assert!(
            text.starts_with("::error file=c.ws,line=3,col=2,title=a%2Cb.ws::c.ws:3:2: no%0A"),
            "{text}"
        );
        let whole = FileOutcome::Error(Error::Usage("no".to_owned()));
        assert_eq!(
            annotated(whole, None).as_deref(),
            Some("::error file=a%2Cb.ws,title=a%2Cb.ws::no\n")
        );
        assert_eq!(annotated(FileOutcome::Passed, None), None);
        assert_eq!(annotated(FileOutcome::Stopped, None), None);
    }

    #[test]
    fn lines_are_not_taken_for_commands() {
        for (line, shown) in [
            ("  ::stop-commands::x", "  \\::stop-commands::x"),
            ("##[error]x", "\\##[error]x"),
            ("  < ::error::x", "  < ::error::x"),
            ("", ""),
        ] {
            assert_eq!(without_command(line), shown);
        }
    }
}
