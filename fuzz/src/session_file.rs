//! Session files: any bytes. What is wrong has a place; what is read can be printed, and what was
//! printed is read as the same.

use wsline::error::ParseError;
use wsline::session_file::{decode, parse, print};

/// Reads, prints, and reads again.
pub fn run(data: &[u8]) {
    let text = match decode("f", data) {
        Ok(text) => text,
        Err(parse_error) => return placed(&parse_error),
    };
    match parse("f", text) {
        Ok(script) => {
            let printed = print(&script);
            assert_eq!(parse("f", &printed).as_ref(), Ok(&script), "{printed}");
        }
        Err(parse_error) => placed(&parse_error),
    }
}

fn placed(parse_error: &ParseError) {
    assert!(
        parse_error.line > 0 && !parse_error.cause.is_empty(),
        "{parse_error}"
    );
    let characters = parse_error.text.chars().count();
    let column = parse_error.column as usize;
    assert!((1..=characters + 1).contains(&column), "{parse_error}");
}
