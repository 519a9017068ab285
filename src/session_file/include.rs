//! `include`: the lines of other files, in place of the statement.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{parse, Line, SessionFile, SourceMap, Statement};
use crate::error::ParseError;

/// How many files may be included in each other.
const DEPTH: usize = 8;

/// A file that was read.
pub struct Included {
    /// Its name in reports.
    pub name: String,
    /// The folder that paths in it are relative to.
    pub folder: PathBuf,
    /// Its text.
    pub text: String,
}

/// Reads the file at a path, which is relative to the folder, or says why that is not possible.
pub type ReadFile<'a> = &'a dyn Fn(&Path, &str) -> Result<Included, String>;

/// Replaces each `include` by the lines of the file that `read` returns, whose text is added to
/// `sources`.
///
/// # Errors
///
/// The first error in an included file, or at an `include` whose file can't be read.
pub fn include(
    script: SessionFile,
    sources: &mut SourceMap,
    read: ReadFile<'_>,
) -> Result<SessionFile, ParseError> {
    if !script.all_lines().iter().any(|line| is_include(line)) {
        return Ok(script);
    }
    let lines = expand(script.lines, sources, read, 0)?;
    Ok(SessionFile { lines })
}

fn is_include(line: &Line) -> bool {
    matches!(line.statement, Statement::Include(_))
}

fn expand(
    lines: Vec<Line>,
    sources: &mut SourceMap,
    read: ReadFile<'_>,
    depth: usize,
) -> Result<Vec<Line>, ParseError> {
    let mut expanded = Vec::new();
    for line in lines {
        let Statement::Include(path) = &line.statement else {
            expanded.push(line);
            continue;
        };
        let wrong = |sources: &SourceMap, cause| sources.error_at(line.number, "include", cause);
        if depth == DEPTH {
            let cause = format!(
                "more than {DEPTH} files are included in each other: does a file include itself?"
            );
            return Err(wrong(sources, cause));
        }
        let file = read(sources.folder(line.number), path);
        let file = file.map_err(|cause| wrong(sources, cause))?;
        let mut script = parse(&file.name, &file.text)?;
        let before = sources.add(&file.name, &file.folder, &file.text);
        renumber(&mut script.lines, before);
        expanded.extend(expand(script.lines, sources, read, depth + 1)?);
    }
    Ok(expanded)
}

/// Adds a number to those of all lines.
fn renumber(lines: &mut [Line], before: u32) {
    for line in lines {
        // A message on the same line as `every` has none.
        if line.number > 0 {
            line.number = line.number.saturating_add(before);
        }
        match &mut line.statement {
            Statement::AnyOrder(body)
            | Statement::On(_, body)
            | Statement::Every(_, body)
            | Statement::Repeat { body, .. }
            | Statement::Retry { body, .. } => renumber(Arc::make_mut(body), before),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn included(main: &str, files: &[(&str, &str)]) -> Result<Vec<String>, ParseError> {
        let folder = Path::new("tests");
        let mut sources = SourceMap::new("main.ws", folder, main);
        let read = |folder: &Path, path: &str| {
            assert_eq!(folder, Path::new("tests"));
            let file = files.iter().find(|(name, _)| *name == path);
            let (name, text) = file.ok_or("it does not exist")?;
            Ok(Included {
                name: (*name).to_owned(),
                folder: folder.to_owned(),
                text: (*text).to_owned(),
            })
        };
        let script = include(parse("main.ws", main)?, &mut sources, &read)?;
        let lines = script.all_lines();
        Ok(lines
            .iter()
            .map(|line| sources.place(line.number))
            .collect())
    }

    #[test]
    fn lines_of_included_files_keep_their_places() {
        let files = [
            ("a.ws", "# a\n> a\nrepeat 2\n  > b\ninclude b.ws\n"),
            ("b.ws", "> c\n"),
        ];
        assert_eq!(
            included("> x\ninclude a.ws\n> y\n", &files).expect("they can be read"),
            [
                "main.ws:1",
                "a.ws:2",
                "a.ws:3",
                "a.ws:4",
                "b.ws:1",
                "main.ws:3"
            ]
        );
    }

    #[test]
    fn errors_name_their_file() {
        let error = |main: &str, files: &[(&str, &str)]| {
            included(main, files).expect_err("it is wrong").to_string()
        };
        assert_eq!(
            error("> x\ninclude no.ws\n", &[]),
            "main.ws:2:1: it does not exist"
        );
        assert!(error("include a.ws\n", &[("a.ws", "\nsned\n")]).starts_with("a.ws:2:1: unknown"));
        assert_eq!(
            error("include a.ws\n", &[("a.ws", "include a.ws\n")]),
            "a.ws:1:1: more than 8 files are included in each other: does a file include itself?"
        );
    }
}
