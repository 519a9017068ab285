//! Session files that are wrong: each in the folder `wrong`, and beside it what is said of it.
//!
//! `WSLINE_UPDATE=1` writes anew what is said.

use std::fs;
use std::path::{Path, PathBuf};

use wsline::error::{Error, Flaw};
use wsline::head::Secrets;
use wsline::output::narration::Verbosity;
use wsline::output::palette::Palette;
use wsline::output::report::report;
use wsline::script;

/// The wrong files, in the order of their names.
fn wrong_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/session_files/wrong");
    let entries = folder.read_dir().expect("the folder is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ws"))
        .collect();
    files.sort();
    files
}

fn flaw_of(path: &Path) -> Flaw {
    let name = path.file_name().expect("a name").to_string_lossy();
    let bytes = fs::read(path).expect("it can be read");
    let script = script::decode(&name, &bytes).and_then(|text| script::parse(&name, text));
    match script {
        Ok(script) => panic!("{name} is not wrong: {script:?}"),
        Err(flaw) => flaw,
    }
}

#[test]
fn each_wrong_file_is_told_what_is_wrong_with_it() {
    let files = wrong_files();
    assert!(files.len() >= 30, "only {} files", files.len());
    let update = std::env::var_os("WSLINE_UPDATE").is_some();
    let mut stale = Vec::new();
    for path in files {
        let error = Error::Script(Box::new(flaw_of(&path)));
        let told = report(&error, Verbosity::Normal, Palette::plain(), Secrets::Hidden);
        assert!(
            !told.contains(|c: char| c.is_control() && c != '\n'),
            "not escaped: {told}"
        );
        let snapshot = path.with_extension("stderr");
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
        "said otherwise than in the snapshots (WSLINE_UPDATE=1 writes them anew):\n{}",
        stale.join("\n")
    );
}
