//! Skipping says what is skipped.

use crate::support::{require, skip};

#[test]
fn missing_programs_are_named() {
    assert!(skip::is_there(&["sh", "-c", "exit 0"]));
    assert!(!skip::is_there(&["sh", "-c", "exit 1"]));
    assert!(!skip::is_there(&["no-such-program"]));
    let list = tempfile::NamedTempFile::new().expect("a file");
    skip::say_by("peer-one is not installed", Some(list.path()), false);
    skip::say_by("there is no peer-two", Some(list.path()), false);
    assert_eq!(
        std::fs::read_to_string(list.path()).expect("a file"),
        "skipped: peer-one is not installed\nskipped: there is no peer-two\n"
    );
    let refused = std::panic::catch_unwind(|| skip::say_by("peer", None, true));
    assert!(refused.is_err());
}

#[test]
fn available_programs_are_not_skipped() {
    let mut reached = false;
    let mut test = || {
        require!("sh", ["sh", "-c", "exit 0"]);
        reached = true;
    };
    test();
    assert!(reached);
}

#[test]
#[should_panic(expected = "is a number such as 4")]
fn invalid_timeout_factor_is_ignored() {
    crate::support::time::factor(Some("four".to_owned()));
}
