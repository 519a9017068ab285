//! Reads all files before any is run. So errors in them, the server's address, and the variables to
//! redact are known without a server.

use std::io;
use std::path::{Path, PathBuf};

use super::files::unreadable;
use crate::error::{plain, Error, ParseError};
use crate::output::record::RecordFormat;
use crate::session_file::{self, Included, ReadFile, RecordKind, SessionFile, SourceMap};
use crate::source::player::check_confined;
use crate::sys::file::{Inputs, MAX_SIZE};

/// The file that `-` stands for.
pub const STDIN: &str = "/dev/stdin";

/// A file that was read.
#[derive(Debug)]
pub struct Loaded {
    /// The path, to which paths in the file are relative.
    pub path: PathBuf,
    /// The name in reports.
    pub name: String,
    /// The text, and those of the files that it includes.
    pub sources: SourceMap,
    /// The parsed file or its error.
    pub script: Result<SessionFile, Error>,
}

impl Loaded {
    /// The same file, to be run once more; `None` if it can't be run.
    #[must_use]
    pub fn again(&self) -> Option<Self> {
        let script = self.script.as_ref().ok()?;
        Some(Self {
            path: self.path.clone(),
            name: self.name.clone(),
            sources: self.sources.clone(),
            script: Ok(script.clone()),
        })
    }

    /// Reads and parses a file, and those that it includes. With `confined`, they must be below its
    /// folder.
    #[must_use]
    pub fn read(path: PathBuf, inputs: &Inputs, confined: bool) -> Self {
        let name = path.display().to_string();
        let (sources, script) = match text(&path, &name, inputs) {
            Ok(text) => {
                let mut sources = SourceMap::new(&name, folder(&path), &text);
                let main = folder(&path).to_owned();
                let script = parse(&path, &name, &text, inputs).and_then(|script| {
                    let read = |folder: &Path, path: &str| included(folder, path, inputs);
                    let read_below = |folder: &Path, path: &str| {
                        check_confined(&main, &folder.join(path))?;
                        included(folder, path, inputs)
                    };
                    let read: ReadFile<'_> = if confined { &read_below } else { &read };
                    session_file::include(script, &mut sources, read)
                });
                (sources, script.map_err(invalid_file))
            }
            Err(error) => (SourceMap::new(&name, folder(&path), ""), Err(error)),
        };
        Self {
            path,
            name,
            sources,
            script,
        }
    }
}

/// The folder that paths in a file are relative to.
#[must_use]
pub fn folder(path: &Path) -> &Path {
    if path == Path::new(STDIN) {
        return Path::new("");
    }
    path.parent().unwrap_or(Path::new(""))
}

/// Reads a file that another one includes.
fn included(folder: &Path, path: &str, inputs: &Inputs) -> Result<Included, String> {
    let path = folder.join(path);
    let name = path.display().to_string();
    let inputs = inputs.only_regular();
    let bytes = inputs.read(&path, MAX_SIZE);
    let bytes = bytes.map_err(|cause| format!("could not read {name}: {}", plain(&cause)))?;
    let text = session_file::decode(&name, &bytes).map_err(|error| error.to_string())?;
    Ok(Included {
        folder: self::folder(&path).to_owned(),
        text: text.to_owned(),
        name,
    })
}

/// Parses a file as a record if its content is one, otherwise according to its extension.
fn parse(path: &Path, name: &str, text: &str, inputs: &Inputs) -> Result<SessionFile, ParseError> {
    let kind = session_file::recognize(text).or_else(|| match RecordFormat::of(path) {
        RecordFormat::Session => None,
        RecordFormat::Har => Some(RecordKind::Archive),
        RecordFormat::JsonLines => Some(RecordKind::JsonLines),
    });
    let attachment = |name: &str| attachment(path, name, inputs);
    match kind {
        None => session_file::parse(name, text),
        Some(RecordKind::Archive) => session_file::har::read_with(name, text, &attachment),
        Some(RecordKind::JsonLines) => session_file::jsonl::read(name, text),
    }
}

/// Reads a file next to an archive, but not through a symbolic link to elsewhere.
fn attachment(archive: &Path, name: &str, inputs: &Inputs) -> Result<String, String> {
    let folder = match archive.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let read = || -> io::Result<Vec<u8>> {
        let path = folder.join(name).canonicalize()?;
        if path.parent() != Some(&folder.canonicalize()?) {
            return Err(io::Error::other("it is not in the folder of the archive"));
        }
        inputs.only_regular().read(&path, MAX_SIZE)
    };
    let bytes = read().map_err(|cause| plain(&cause))?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

fn text(path: &Path, name: &str, inputs: &Inputs) -> Result<String, Error> {
    let bytes = inputs
        .read(path, MAX_SIZE)
        .map_err(|cause| unreadable(path, &cause))?;
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(invalid_file(ParseError {
            file: name.to_owned(),
            cause: "it is a ZIP archive; extract it, and run the .har file in it".to_owned(),
            ..ParseError::default()
        }));
    }
    let text = session_file::decode(name, &bytes).map_err(invalid_file)?;
    Ok(text.to_owned())
}

fn invalid_file(parse_error: ParseError) -> Error {
    Error::SessionFile(Box::new(parse_error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn unreadable_files_are_errors() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("no.ws");
        let error = Loaded::read(path.clone(), &Inputs::default(), false)
            .script
            .expect_err("it is missing");
        assert_eq!(
            error.to_string(),
            format!(
                "{}: could not read the file: No such file or directory",
                path.display()
            )
        );
        fs::write(&path, b"> a\xff\n").expect("a file");
        let error = Loaded::read(path.clone(), &Inputs::default(), false)
            .script
            .expect_err("no UTF-8");
        assert!(matches!(error, Error::SessionFile(parse_error) if parse_error.line == 1));
        fs::write(&path, b"> a\n").expect("a file");
        assert!(Loaded::read(path, &Inputs::default(), false).script.is_ok());
    }
}
