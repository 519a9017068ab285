//! The names of the connections of a session file.

use std::collections::{BTreeMap, BTreeSet};

use super::deferred::speaks;
use super::source_text::parse_error;
use crate::error::Error;
use crate::session_file::{Line, SessionFile, SourceMap, Statement, Template};

/// The names of the connections in the order of their first use; empty if there is only one, which
/// needs no name.
pub(super) fn names(
    script: &SessionFile,
    source: &SourceMap,
    values: &BTreeMap<String, String>,
    about_responses: &BTreeSet<u32>,
) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    collect_names(&script.lines, values.clone(), &mut names);
    let speaks = |line: &&&Line| speaks(&line.statement) && !about_responses.contains(&line.number);
    let all = outside_rules(&script.lines);
    let mut lines = all.iter().filter(speaks);
    match lines.find(|line| line.link.is_none() && !names.is_empty()) {
        None => Ok(names),
        Some(line) => {
            let first = &names[0];
            let cause = format!(
                "missing connection name, as in '@{first} > hi': this file has named connections"
            );
            Err(parse_error(source, line.number, "", cause))
        }
    }
}

/// All lines except the replies of rules.
fn outside_rules(lines: &[Line]) -> Vec<&Line> {
    let mut all = Vec::new();
    for line in lines {
        all.push(line);
        if !matches!(line.statement, Statement::On(..) | Statement::Every(..)) {
            all.extend(outside_rules(line.statement.body()));
        }
    }
    all
}

/// The names in `open` statements, with their lines, including those that a loop counts.
pub(super) fn opened_names(
    lines: &[Line],
    values: &BTreeMap<String, String>,
) -> Vec<(u32, Option<String>)> {
    let mut found = Vec::new();
    each_line(lines, values.clone(), &mut |line, values| {
        if matches!(line.statement, Statement::Open(_)) {
            let name = line
                .link
                .as_deref()
                .map(|name| rendered(name, values).unwrap_or_else(|| name.to_owned()));
            found.push((line.number, name));
        }
    });
    found
}

/// A name with its variables replaced; `None` if one is not known.
fn rendered(name: &str, values: &BTreeMap<String, String>) -> Option<String> {
    let template = Template::parse(name).ok()?;
    template.render(&|name| values.get(name).cloned()).ok()
}

/// Adds the names of connections, including those that a loop counts: `@c${N}`.
fn collect_names(lines: &[Line], values: BTreeMap<String, String>, names: &mut Vec<String>) {
    each_line(lines, values, &mut |line, values| {
        let name = line.link.as_deref().filter(|name| *name != "*");
        if let Some(name) = name.and_then(|name| rendered(name, values)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    });
}

/// Calls `on_line` for each line, and as often as a loop repeats it if that changes a name.
fn each_line(
    lines: &[Line],
    mut values: BTreeMap<String, String>,
    on_line: &mut dyn FnMut(&Line, &BTreeMap<String, String>),
) {
    for line in lines {
        on_line(line, &values);
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
                each_line(body, values.clone(), on_line);
            }
        } else {
            each_line(line.statement.body(), values.clone(), on_line);
        }
    }
}
