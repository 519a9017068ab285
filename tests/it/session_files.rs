//! Session files that are wrong: each in the folder `wrong`, and beside it what is said of it.
//! Records of other forms: each in the folder `records`, and beside it the session file that it is
//! read as; and in `wrong_records` those that are wrong.
//!
//! `WSLINE_UPDATE=1` writes anew what stands beside them.

mod forms;
mod readings;

use std::fs;
use std::path::{Path, PathBuf};

use wsline::error::{Error, ParseError};
use wsline::http::Secrets;
use wsline::output::palette::Palette;
use wsline::output::report::report;
use wsline::output::verbosity::Verbosity;
use wsline::session_file::{self, SessionFile};

use crate::support::Wsline;

/// The files with one of these endings, in the order of their names.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/session_files")
        .join(folder);
    let entries = folder.read_dir().expect("the folder is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let ending = path.extension().and_then(|ending| ending.to_str());
            ending.is_some_and(|ending| endings.contains(&ending))
        })
        .collect();
    files.sort();
    files
}

/// Holds what each file is told against what stands beside it.
fn hold(files: &[PathBuf], beside: &str, tell: impl Fn(&Path) -> String) {
    let update = std::env::var_os("WSLINE_UPDATE").is_some();
    let mut stale = Vec::new();
    for path in files {
        let told = tell(path);
        let snapshot = path.with_extension(beside);
        if update {
            fs::write(&snapshot, &told).expect("it can be written");
        }
        let expected = fs::read_to_string(&snapshot).unwrap_or_default();
        if told != expected {
            stale.push(format!("{}:\n{told}", snapshot.display()));
        }
    }
    assert!(
        stale.is_empty(),
        "otherwise than in the snapshots (WSLINE_UPDATE=1 writes them anew):\n{}",
        stale.join("\n")
    );
}

/// Reads a file of any of the forms, by the ending of its name.
fn read(path: &Path) -> Result<SessionFile, ParseError> {
    let name = path.file_name().expect("a name").to_string_lossy();
    let bytes = fs::read(path).expect("it can be read");
    let text = session_file::decode(&name, &bytes)?;
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("har") => session_file::har::read(&name, text),
        Some("jsonl") => session_file::jsonl::read(&name, text),
        _ => session_file::parse(&name, text),
    }
}

/// What is said of a file that is wrong.
fn complaint(path: &Path) -> String {
    let parse_error = match read(path) {
        Ok(script) => panic!("{} is not wrong: {script:?}", path.display()),
        Err(parse_error) => parse_error,
    };
    let told = report(
        &Error::SessionFile(Box::new(parse_error)),
        Verbosity::Normal,
        Palette::plain(),
        Secrets::Hidden,
    );
    let is_harmless = !told.contains(|c: char| c.is_control() && c != '\n');
    assert!(is_harmless, "not escaped: {told}");
    told
}

#[test]
fn errors_of_session_files() {
    let files = files("wrong", &["ws"]);
    assert!(files.len() >= 30, "only {} files", files.len());
    hold(&files, "stderr", complaint);
}

#[test]
fn errors_of_records() {
    let files = files("wrong_records", &["har", "jsonl"]);
    assert!(files.len() >= 30, "only {} files", files.len());
    hold(&files, "stderr", complaint);
}

#[test]
fn records_are_converted_to_session_files() {
    let files = files("records", &["har", "jsonl"]);
    assert!(files.len() >= 6, "only {} files", files.len());
    hold(&files, "ws", |path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        let text = fs::read_to_string(path).expect("it can be read");
        let script = read(path).unwrap_or_else(|parse_error| panic!("{parse_error}"));
        let lines = u32::try_from(text.lines().count()).expect("a small file");
        for line in &script.lines {
            assert!((1..=lines).contains(&line.number), "{line:?}");
        }
        let printed = session_file::print(&script);
        assert_eq!(session_file::parse(&name, &printed).as_ref(), Ok(&script));
        printed
    });
}

/// The program says of each what the library says, and of one exit code.
#[test]
fn program_prints_the_same_errors() {
    let wrong = files("wrong", &["ws"]).into_iter();
    for path in wrong.chain(files("wrong_records", &["har", "jsonl"])) {
        let name = path.file_name().expect("a name").to_string_lossy();
        let said = fs::read_to_string(path.with_extension("stderr")).expect("a snapshot");
        let said = said.strip_prefix("wsline: ").expect("it begins so");
        let said: Vec<_> = said.lines().map(|line| format!("  {line}")).collect();
        let said = said.join("\n");
        let done = Wsline::new()
            .args(["test", &name])
            .file(&*name, fs::read(&path).expect("it can be read"))
            .stdout_matches("...\n")
            .code(2)
            .run();
        let (report, last) = done
            .stdout_text()
            .trim_end()
            .rsplit_once('\n')
            .expect("two lines at least");
        assert_eq!(report, format!("error {name}\n{said}"));
        assert!(last.starts_with("0 passed, 1 error in "), "{last}");
    }
}
