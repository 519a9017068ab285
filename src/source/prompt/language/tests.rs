//! Tests of completions and hints.

use std::time::SystemTime;

use super::*;
use crate::event::{Kind, Way};
use crate::output::transcript::{KeepLimits, Transcript};

fn texts(line: &str) -> Vec<String> {
    texts_of(&PromptLanguage::default(), line)
}

fn texts_of(language: &PromptLanguage, line: &str) -> Vec<String> {
    let candidates = language.complete(line);
    candidates
        .into_iter()
        .map(|candidate| candidate.text)
        .collect()
}

fn hint(line: &str) -> Option<String> {
    PromptLanguage::default().hint(line)
}

#[test]
fn messages_and_lines_that_end_the_prompt_are_recognized() {
    let language = PromptLanguage::default();
    for line in ["/quit", "/close 4000 x", "/q"] {
        assert!(language.ends(line), "{line}");
    }
    for line in ["/close 1", "quit", "//quit"] {
        assert!(!language.ends(line), "{line}");
    }
    assert!(language.is_message("hello") && !language.is_message("/send hello"));
    assert!(!language.is_message("") && !language.is_message("/help"));
    assert!(language.is_awaited("/view 3") && !language.is_awaited("/last 3"));
    assert!(language.is_awaited("/timestamps"));
}

#[test]
fn commands_and_their_arguments_are_completed() {
    assert_eq!(texts("/pi"), ["/ping "]);
    assert_eq!(texts("/q"), ["/quit"]);
    assert_eq!(texts("/close 4"), ["/close 4000"]);
    assert_eq!(texts("/help hea"), ["/help headers"]);
    assert_eq!(texts("/view 3 r"), ["/view 3 raw"]);
    assert!(texts("p").is_empty() && texts("/ping x").is_empty());
}

#[test]
fn numbers_of_kept_messages_are_completed() {
    let limits = KeepLimits {
        messages: 6,
        ..KeepLimits::default()
    };
    let mut transcript = Transcript::new(limits, false);
    let language = PromptLanguage {
        messages: transcript.numbers(),
        ..PromptLanguage::default()
    };
    let texts = |line: &str| texts_of(&language, line);
    assert!(texts("/copy ").is_empty());
    let mut add = |way| transcript.add(SystemTime::now(), way, Kind::Text, b"x");
    for _ in 0..12 {
        add(Way::In);
    }
    add(Way::Out);
    // The sent message is one of the six that are kept.
    let latest = ["12", "11", "10", "9", "8"];
    let after = |line: &str| latest.map(|number| format!("{line}{number}"));
    for line in [
        "/copy ",
        "/again ",
        "/save no/such/file ",
        "/save 'no such' ",
    ] {
        assert_eq!(texts(line), after(line));
    }
    assert_eq!(texts("/view ")[..5], after("/view "));
    assert_eq!(texts("/view ")[5], "/view pretty");
    assert_eq!(texts("/view 1"), ["/view 12", "/view 11", "/view 10"]);
    assert_eq!(texts("/view #8"), ["/view 8"]);
    assert_eq!(texts("/view 8 r"), ["/view 8 raw"]);
    assert_eq!(texts("/save no/such/file 9"), ["/save no/such/file 9"]);
    assert!(texts("/copy 7").is_empty());
}

#[test]
fn paths_are_completed() {
    let home = tempfile::tempdir().expect("a directory");
    std::fs::write(home.path().join("notes.txt"), "").expect("write a file");
    std::fs::create_dir(home.path().join("nested")).expect("make a directory");
    std::fs::write(home.path().join(".hidden"), "").expect("write a file");
    let language = PromptLanguage {
        home: Some(home.path().to_owned()),
        ..PromptLanguage::default()
    };
    let texts = |line: &str| texts_of(&language, line);
    assert_eq!(texts("/file ~/n"), ["/file ~/nested/", "/file ~/notes.txt"]);
    assert_eq!(texts("/file ~/.h"), ["/file ~/.hidden"]);
    assert_eq!(texts("/file ~/no/such"), Vec::<String>::new());
}

#[test]
fn hints_shrink_as_arguments_are_typed() {
    assert_eq!(hint("/close").as_deref(), Some(" [CODE [REASON]]"));
    assert_eq!(hint("/close ").as_deref(), Some("[CODE [REASON]]"));
    assert_eq!(hint("/close 1").as_deref(), Some(" [REASON]"));
    assert_eq!(hint("/close 1000 ").as_deref(), Some("[REASON]"));
    assert_eq!(hint("/close 1000 b"), None);
    assert_eq!(hint("/save x").as_deref(), Some(" [N]"));
    assert_eq!(hint("/quit"), None);
    assert_eq!(hint("close"), None);
}
