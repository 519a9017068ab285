//! Session files: any bytes. What is wrong has a place; what is read can be printed, and what was
//! printed is read as the same.

use wsline::error::Flaw;
use wsline::session_file::{decode, parse, print};

/// Reads, prints, and reads again.
pub fn run(data: &[u8]) {
    let text = match decode("f", data) {
        Ok(text) => text,
        Err(flaw) => return placed(&flaw),
    };
    match parse("f", text) {
        Ok(script) => {
            let printed = print(&script);
            assert_eq!(parse("f", &printed).as_ref(), Ok(&script), "{printed}");
        }
        Err(flaw) => placed(&flaw),
    }
}

fn placed(flaw: &Flaw) {
    assert!(flaw.line > 0 && !flaw.cause.is_empty(), "{flaw}");
    let characters = flaw.text.chars().count();
    let column = flaw.column as usize;
    assert!((1..=characters + 1).contains(&column), "{flaw}");
}
