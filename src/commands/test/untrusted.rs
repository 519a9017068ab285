//! `--untrusted`: what a session file or a record from someone else may not do. All of it is checked
//! before anything is connected; only a path that contains a captured value shows when it is used,
//! and is then checked by the player.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use super::load::Loaded;
use super::variables::Variables;
use crate::cli::{NotAllowed, UntrustedCheck};
use crate::error::{plain, Error, ParseError};
use crate::http::HIDDEN;
use crate::session_file::{
    self, ExpectStatement, Line, Message, Part, SessionFile, SourceMap, Statement, Template,
};
use crate::source::player::check_confined;
use crate::sys::file::Inputs;
use crate::sys::path::real_path_below;

/// Reads and checks a file with `--untrusted`. Something that is not allowed is an error.
#[must_use]
pub fn load(
    path: PathBuf,
    inputs: &Inputs,
    variables: Variables<'_>,
    options: &UntrustedCheck,
) -> Loaded {
    if let Err(cause) = check_place(&path) {
        let name = path.display().to_string();
        let parse_error = session_file::error_at(&name, "", 0, "", cause);
        return Loaded {
            path,
            name,
            sources: SourceMap::default(),
            script: Err(Error::SessionFile(Box::new(parse_error))),
        };
    }
    let mut file = Loaded::read(path, inputs, true);
    let checked = match &file.script {
        Ok(script) => FileCheck::new(&file, variables, options).script(script),
        Err(_) => return file,
    };
    if let Err(parse_error) = checked {
        file.script = Err(Error::SessionFile(Box::new(parse_error)));
    }
    file
}

/// Checks that the file itself is in its folder, because its text is quoted in errors. A pipe, as
/// of a shell's `<(…)`, is in no folder.
fn check_place(path: &Path) -> Result<(), String> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        return Ok(());
    }
    match real_path_below(folder(path), path) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(
            "not allowed with --untrusted: symbolic link to a file outside its folder".to_owned(),
        ),
        Err(cause) => Err(format!("could not read the file: {}", plain(&cause))),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// The file that is checked.
struct FileCheck<'a> {
    file: &'a Loaded,
    variables: Variables<'a>,
    options: &'a UntrustedCheck,
    captured: BTreeSet<String>,
}

impl<'a> FileCheck<'a> {
    fn new(file: &'a Loaded, variables: Variables<'a>, options: &'a UntrustedCheck) -> Self {
        Self {
            file,
            variables,
            options,
            captured: BTreeSet::new(),
        }
    }

    fn script(&mut self, script: &'a SessionFile) -> Result<(), ParseError> {
        for line in script.all_lines() {
            // --url replaces every address.
            if matches!(line.statement, Statement::Url(_) | Statement::Open(_)) {
                continue;
            }
            self.line(line)?;
            self.captured.extend(line.statement.sets());
        }
        Ok(())
    }

    fn line(&self, line: &Line) -> Result<(), ParseError> {
        self.variables_of(line)?;
        match &line.statement {
            Statement::Options(words) => self.options(line, words),
            Statement::Http(_) => {
                let cause =
                    "http is not allowed with --untrusted: the only address is that of --url";
                Err(self.parse_error(line, &["http".to_owned()], cause))
            }
            Statement::Header(header) => self.header(line, header),
            Statement::Send(Message::File(_, path))
            | Statement::Expect(ExpectStatement::File(_, path))
            | Statement::Check(ExpectStatement::File(_, path)) => self.path(line, path),
            _ => Ok(()),
        }
    }

    /// Settings are evaluated before anything can be captured.
    fn variables_of(&self, line: &Line) -> Result<(), ParseError> {
        let is_setting = matches!(
            line.statement,
            Statement::Header(_) | Statement::Subprotocol(_) | Statement::Options(_)
        );
        let templates = line.statement.templates();
        let mut names = templates.iter().flat_map(|template| template.variables());
        let is_known = |name: &str| {
            self.variables.value(name).is_some() || !is_setting && self.captured.contains(name)
        };
        let Some(name) = names.find(|name| !is_known(name)) else {
            return Ok(());
        };
        let cause = format!(
            "variable {name} is not set: --untrusted does not read the environment; use --var \
             {name}=VALUE"
        );
        let mut marks = vec![format!("${{{name}}}")];
        // In a record, it is the value of a header, which is hidden.
        if let Statement::Header(header) = &line.statement {
            marks.push(quoted_name(header));
        }
        marks.push(HIDDEN.to_owned());
        Err(self.parse_error(line, &marks, &cause))
    }

    fn options(&self, line: &Line, words: &[Template]) -> Result<(), ParseError> {
        let texts: Vec<OsString> = words.iter().map(|word| self.text(word).into()).collect();
        let Err(refusal) = self.options.check(&texts) else {
            return Ok(());
        };
        let word = self
            .refused_word(&texts, &refusal)
            .and_then(|index| words.get(index));
        let mark = word.map(first_part).unwrap_or_default();
        Err(self.parse_error(line, &[mark], &refusal.to_string()))
    }

    fn header(&self, line: &Line, header: &Template) -> Result<(), ParseError> {
        let words = ["-H".into(), self.text(header).into()];
        let Err(refusal @ NotAllowed::Option { .. }) = self.options.check(&words) else {
            // Other errors are reported when the file is parsed.
            return Ok(());
        };
        let marks = [first_part(header), quoted_name(header)];
        Err(self.parse_error(line, &marks, &refusal.to_string()))
    }

    fn path(&self, line: &Line, path: &Template) -> Result<(), ParseError> {
        // A captured value is checked when it is used.
        let is_given = |name: &str| self.variables.value(name).is_some();
        if !path.variables().all(is_given) {
            return Ok(());
        }
        let below = self.file.sources.folder(line.number);
        match check_confined(folder(&self.file.path), &below.join(self.text(path))) {
            Ok(_) => Ok(()),
            Err(cause) => Err(self.parse_error(line, &["@".to_owned()], &cause)),
        }
    }

    /// The word that sets the rejected option: the last word of the shortest list that is rejected.
    fn refused_word(&self, words: &[OsString], refusal: &NotAllowed) -> Option<usize> {
        let is_refused = |words: &[OsString]| self.options.check(words).as_ref() == Err(refusal);
        let last = (0..words.len()).find(|index| is_refused(&words[..=*index]))?;
        // A value in a word of its own follows its option.
        let is_alone = is_refused(&words[last..=last]);
        let is_behind = !is_alone && last > 0 && is_refused(&words[last - 1..=last]);
        Some(if is_behind { last - 1 } else { last })
    }

    /// A text with its variables replaced.
    fn text(&self, template: &Template) -> String {
        let text = template.render(&|name| self.variables.value(name));
        text.unwrap_or_default()
    }

    /// An error at the first of the marks in the statement, or at its beginning.
    fn parse_error(&self, line: &Line, marks: &[String], cause: &str) -> ParseError {
        let at = |mark: &str| self.file.sources.error_at(line.number, mark, cause);
        let mut errors = marks.iter().map(|mark| at(mark));
        errors
            .find(|parse_error| parse_error.column > 0)
            .unwrap_or_else(|| {
                let whole = at("");
                let column = whole.text.chars().take_while(|c| c.is_whitespace()).count() + 1;
                ParseError {
                    column: u32::try_from(column).unwrap_or(0),
                    ..whole
                }
            })
    }
}

/// The beginning of a template, as written.
fn first_part(template: &Template) -> String {
    match template.parts.first() {
        Some(Part::Text(text)) => text.split('\n').next().unwrap_or_default().to_owned(),
        Some(Part::Variable(name)) => format!("${{{name}}}"),
        None => String::new(),
    }
}

/// The name of a header, as written in a record.
fn quoted_name(header: &Template) -> String {
    let name = first_part(header);
    let name = name.split([':', ';']).next().unwrap_or_default();
    format!("\"{name}\"")
}
