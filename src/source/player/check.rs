//! Checks of a session file before it is run.

use super::Player;
use crate::error::Error;
use crate::session_file::{self, Line, SessionFile, Statement};

impl Player {
    /// Checks that nothing is sent on a connection that is expected to be refused.
    pub(super) fn check_refusals(&self, script: &SessionFile) -> Result<(), Error> {
        let mut refused: Vec<&Option<String>> = Vec::new();
        for line in &script.lines {
            // Headers of the refusal are allowed.
            let of_connection = match &line.statement {
                Statement::Expect(wanted) => {
                    !matches!(wanted, session_file::ExpectStatement::Header { .. })
                }
                Statement::Send(_)
                | Statement::Check(_)
                | Statement::CheckWithin(_)
                | Statement::Capture { .. }
                | Statement::CaptureMatch { .. } => true,
                _ => false,
            };
            if self.about_responses.contains(&line.number) {
                continue;
            }
            if let Statement::Open(_) = line.statement {
                refused.retain(|link| *link != &line.link);
            }
            if of_connection && refused.contains(&&line.link) {
                let cause =
                    "the server is expected to refuse this connection: only '< header' can \
                             follow";
                return Err(self.parse_error(line.number, "", cause));
            }
            match &line.statement {
                Statement::Expect(session_file::ExpectStatement::Refused(_)) => {
                    refused.push(&line.link);
                }
                Statement::Expect(session_file::ExpectStatement::Status(status))
                    if *status != 101 =>
                {
                    refused.push(&line.link);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Evaluates everything that does not depend on captured values, so that errors are reported
    /// before the conversation begins.
    pub(super) fn rehearse(&self, lines: &[&Line]) -> Result<(), Error> {
        for line in lines {
            let known = line.statement.templates().iter().all(|template| {
                template
                    .variables()
                    .all(|name| self.values.contains_key(name))
            });
            match &line.statement {
                Statement::Send(message) if known => {
                    self.act(line, message)?;
                }
                Statement::Expect(wanted) | Statement::Check(wanted) if known => {
                    self.wanted(line, wanted)?;
                }
                Statement::CaptureMatch {
                    pattern,
                    ignore_case,
                    ..
                } if known => _ = self.regex(line, pattern, *ignore_case)?,
                _ => {}
            }
        }
        Ok(())
    }
}
