//! Connections that are opened by statements, and statements about the response to a request.

use std::collections::BTreeSet;

use crate::session_file::{ExpectStatement, Line, SessionFile, Statement};

/// The connections that `open` statements open, by their names as they are written.
#[derive(Debug, Default)]
pub(super) struct Deferred<'a> {
    names: BTreeSet<Option<&'a str>>,
    /// Whether no connection is opened at the start.
    all: bool,
}

impl<'a> Deferred<'a> {
    pub(super) fn new(script: &'a SessionFile) -> Self {
        let lines = script.all_lines();
        let opens = |line: &&&Line| matches!(line.statement, Statement::Open(_));
        let names: BTreeSet<_> = lines
            .iter()
            .filter(opens)
            .map(|line| line.link.as_deref())
            .collect();
        let about_responses = about_responses(script);
        let mut used = lines
            .iter()
            .filter(|line| speaks(&line.statement) && !about_responses.contains(&line.number));
        let all = !names.is_empty()
            && (names.contains(&Some("*"))
                || used.all(|line| {
                    line.link.as_deref() == Some("*") || names.contains(&line.link.as_deref())
                }));
        Self { names, all }
    }

    /// Whether the setting on this line is needed only when a connection is opened by a statement.
    pub(super) fn concerns(&self, line: &Line) -> bool {
        self.all || line.link.is_some() && self.names.contains(&line.link.as_deref())
    }
}

/// Whether a statement is about a connection.
pub(super) fn speaks(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Send(_)
            | Statement::Expect(_)
            | Statement::Check(_)
            | Statement::CheckWithin(_)
            | Statement::Capture { .. }
            | Statement::CaptureMatch { .. }
            | Statement::Open(_)
            | Statement::Drop
    )
}

/// The numbers of the lines that are about the response to an HTTP request: after it, without the name
/// of a connection, and before anything else without one.
pub(super) fn about_responses(script: &SessionFile) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut is_after = false;
    for line in script.all_lines() {
        match &line.statement {
            Statement::Http(_) => is_after = true,
            _ if line.link.is_some() => {}
            Statement::Expect(ExpectStatement::Status(_) | ExpectStatement::Header { .. })
            | Statement::Check(_)
            | Statement::CheckWithin(_)
            | Statement::Capture { .. }
            | Statement::CaptureMatch { .. }
                if is_after =>
            {
                found.insert(line.number);
            }
            statement if speaks(statement) => is_after = false,
            _ => {}
        }
    }
    found
}
