//! The names of the connections of a session file.

use std::collections::BTreeMap;

use super::source_text::SourceText;
use crate::error::Error;
use crate::session_file::{self, Line, SessionFile, Statement, Template};

/// The names of the connections in the order of their first use; empty if there is only one, which
/// needs no name.
pub(super) fn names(
    script: &SessionFile,
    source: &SourceText,
    values: &BTreeMap<String, String>,
) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    collect_names(&script.lines, values.clone(), &mut names);
    let speaks = |line: &&&Line| {
        matches!(
            line.statement,
            Statement::Send(_)
                | Statement::Expect(_)
                | Statement::Check(_)
                | Statement::CheckWithin(_)
                | Statement::Capture { .. }
                | Statement::CaptureMatch { .. }
        )
    };
    let all = outside_rules(&script.lines);
    let mut lines = all.iter().filter(speaks);
    match lines.find(|line| line.link.is_none() && !names.is_empty()) {
        None => Ok(names),
        Some(line) => {
            let first = &names[0];
            let cause = format!(
                "missing connection name, as in '@{first} > hi': this file has named connections"
            );
            Err(source.parse_error(line.number, "", cause))
        }
    }
}

/// All lines except the replies of rules.
fn outside_rules(lines: &[Line]) -> Vec<&Line> {
    let mut all = Vec::new();
    for line in lines {
        all.push(line);
        if !matches!(
            line.statement,
            Statement::On(session_file::Trigger::Received(_), _) | Statement::Every(..)
        ) {
            all.extend(outside_rules(line.statement.body()));
        }
    }
    all
}

/// Adds the names of connections, including those that a loop counts: `@c${N}`.
fn collect_names(lines: &[Line], mut values: BTreeMap<String, String>, names: &mut Vec<String>) {
    for line in lines {
        if let Some(name) = line.link.as_deref().filter(|name| *name != "*") {
            let template = Template::parse(name);
            let text = template.map(|it| it.render(&|name| values.get(name).cloned()));
            if let Ok(Ok(name)) = text {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        if let Statement::Repeat { count, name, body } = &line.statement {
            let count = count.render(&|name| values.get(name).cloned());
            let count = count.ok().and_then(|count| count.parse().ok()).unwrap_or(1);
            let counts = body.iter().any(|line| {
                let name = line.link.as_deref();
                name.is_some_and(|name| name.contains("${")) || !line.statement.body().is_empty()
            });
            for number in 1..=if counts { count } else { 1 } {
                if let Some(name) = name {
                    values.insert(name.clone(), u32::to_string(&number));
                }
                collect_names(body, values.clone(), names);
            }
        } else {
            collect_names(line.statement.body(), values.clone(), names);
        }
    }
}
