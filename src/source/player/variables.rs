//! The values of variables that are known before connecting.

use std::collections::{BTreeMap, BTreeSet};

use super::deferred::Deferred;
use super::options::PlayerOptions;
use super::source_text::unset;
use crate::error::Error;
use crate::session_file::{Expression, Line, SessionFile, SourceMap, Statement, Template};

/// What is known of variables before connecting.
pub(super) struct Known {
    /// The values by name.
    pub(super) values: BTreeMap<String, String>,
    /// The lines with `let` whose values are among them.
    pub(super) early: Vec<u32>,
    /// The variables whose values are not from the file.
    pub(super) looked_up: Vec<String>,
}

/// The values of all variables that are not captured before they are used. A URL in the file that
/// is overridden needs none.
pub(super) fn variables(
    script: &SessionFile,
    source: &SourceMap,
    options: &PlayerOptions<'_>,
) -> Result<Known, Error> {
    let mut values = BTreeMap::new();
    let mut early = Vec::new();
    let mut looked_up = Vec::new();
    let mut captured: Vec<String> = Vec::new();
    let needed = needed_by_settings(script);
    let deferred = Deferred::new(script);
    let all_set: BTreeSet<String> = script
        .all_lines()
        .into_iter()
        .flat_map(|line| line.statement.sets())
        .collect();
    let none = BTreeSet::new();
    for line in script.all_lines() {
        if options.url.is_some() && matches!(line.statement, Statement::Url(_)) {
            continue;
        }
        let sets = is_setting(&line.statement) && !deferred.concerns(line);
        // A setting is used when its connection is opened, after lines below it.
        let is_late = !sets && is_setting(&line.statement);
        let late = if is_late { &all_set } else { &none };
        for name in line
            .statement
            .templates()
            .iter()
            .flat_map(|template| template.variables())
        {
            if values.contains_key(name) {
                continue;
            }
            if let Some(value) = (options.lookup)(name) {
                values.insert(name.to_owned(), value);
                looked_up.push(name.to_owned());
            } else if sets || !(captured.iter().any(|it| it == name) || late.contains(name)) {
                return Err(unset(source, line, name));
            }
        }
        if let Statement::Default { name, value } = &line.statement {
            let given = (options.lookup)(name);
            looked_up.extend(given.is_some().then(|| name.clone()));
            let value = value.render(&|name| values.get(name).cloned());
            let value = given
                .map_or(value, Ok)
                .map_err(|name| unset(source, line, &name))?;
            values.insert(name.clone(), value);
        }
        if let Statement::Let { name, value } = &line.statement {
            let is_needed = needed.contains(name.as_str());
            if let Some(value) = is_needed.then(|| text_of(value, &values)).flatten() {
                values.insert(name.clone(), value);
                early.push(line.number);
            }
        }
        captured.extend(line.statement.sets());
    }
    Ok(Known {
        values,
        early,
        looked_up,
    })
}

/// The value of an expression, if it is text and its variables are known.
fn text_of(expression: &Expression, values: &BTreeMap<String, String>) -> Option<String> {
    let value = expression.evaluate(&|name| values.get(name).cloned());
    String::from_utf8(value.ok()?).ok()
}

/// Whether a statement says how to open a connection.
fn is_setting(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Url(_)
            | Statement::Header(_)
            | Statement::Subprotocol(_)
            | Statement::Options(_)
    )
}

/// The variables that are needed to open connections.
fn needed_by_settings(script: &SessionFile) -> BTreeSet<&str> {
    let settings = script
        .lines
        .iter()
        .filter(|line| is_setting(&line.statement));
    let templates = settings.flat_map(|line| line.statement.templates());
    templates.flat_map(Template::variables).collect()
}

/// The variables whose values are redacted in reports.
pub(super) fn secrets(lines: &[&Line]) -> Vec<String> {
    let secret = |line: &&Line| match &line.statement {
        Statement::Secret(name)
        | Statement::Capture {
            name, secret: true, ..
        }
        | Statement::CaptureMatch {
            name, secret: true, ..
        } => Some(name.clone()),
        _ => None,
    };
    lines.iter().filter_map(secret).collect()
}
