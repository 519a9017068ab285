//! The end of a run of files: the last line, the report of `--junit`, and the exit code.

use std::time::Duration;

use super::console::Stop;
use super::file_result::{Counts, FileResults};
use super::junit::{Junit, ReportData};
use super::pool::Controller;
use crate::error::Error;
use crate::exit::ExitCode;

/// What is needed to report the end.
pub struct Summary {
    results: FileResults,
    /// The error that prevented files from being run.
    fault: Option<Error>,
    lasted: Duration,
}

impl Summary {
    /// The report of a run of files, or of the error that prevented it. Then the errors in files,
    /// `invalid`, are printed, which are found before a server is started.
    pub fn new(
        ran: Result<FileResults, Error>,
        invalid: FileResults,
        lasted: Duration,
        controller: &mut Controller,
    ) -> Self {
        let (results, fault) = match ran {
            Ok(results) => (results, None),
            Err(error) => {
                for result in invalid.iter().filter_map(|(_, result)| result.as_ref()) {
                    controller.reporter.end(result);
                }
                (invalid, Some(error))
            }
        };
        Self {
            results,
            fault,
            lasted,
        }
    }

    /// Prints the last line and writes the report of `--junit`.
    ///
    /// # Errors
    ///
    /// The error that prevented files from being run, a signal, or [`Error::Output`] for a report that
    /// could not be written.
    pub fn finish(
        self,
        mut controller: Controller,
        junit: Option<Junit>,
        stop: Stop,
    ) -> Result<ExitCode, Error> {
        let code = exit_code(&self.results, self.fault.as_ref(), &controller);
        let counts = Counts::of(&self.results);
        controller
            .reporter
            .close(counts, self.lasted, code.number());
        let signal = controller.signal();
        let data = ReportData {
            results: &self.results,
            fault: self.fault.as_ref().filter(|_| signal.is_none()),
            signal,
            lasted: self.lasted,
        };
        let written = junit.map_or(Ok(()), |junit| junit.write(data, stop));
        // Signals may have arrived while a report was written.
        while controller.receive(Some(Duration::ZERO)).is_some() {}
        if let Some(signal) = controller.signal() {
            return Err(Error::Signal(signal));
        }
        written?;
        match (self.fault, controller.reporter.take_fault()) {
            (Some(error), _) => Err(error),
            (None, Some(cause)) => Err(Error::Output {
                target: "standard output".to_owned(),
                cause,
            }),
            (None, None) => Ok(code),
        }
    }
}

/// The exit code: first that of a signal, then that of the error that prevented files from being
/// run, then that of the first file that did not pass.
fn exit_code(results: &FileResults, fault: Option<&Error>, controller: &Controller) -> ExitCode {
    if let Some(signal) = controller.signal() {
        return Error::Signal(signal).exit_code();
    }
    let mut errors = results
        .iter()
        .filter_map(|(_, result)| result.as_ref()?.verdict.error());
    let first = fault.or_else(|| errors.next());
    first.map_or(ExitCode::Success, Error::exit_code)
}
