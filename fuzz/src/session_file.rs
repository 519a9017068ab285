//! Session files: any bytes. What is wrong has a place; what is read can be printed, and what was
//! printed is read as the same, also inside an included file.

use std::path::{Path, PathBuf};

use wsline::error::ParseError;
use wsline::session_file::{decode, include, parse, print, Included, SourceMap};

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
            included(&printed);
        }
        Err(parse_error) => placed(&parse_error),
    }
}

/// Every line of a file that is included has its own place.
fn included(text: &str) {
    const MAIN: &str = "> first\ninclude f\n> last\n";
    let mut sources = SourceMap::new("main", Path::new(""), MAIN);
    let read = |_: &Path, path: &str| {
        let text = match path {
            "f" => text.to_owned(),
            _ => return Err("it cannot be read".to_owned()),
        };
        Ok(Included {
            name: "f".to_owned(),
            folder: PathBuf::new(),
            text,
        })
    };
    let main = parse("main", MAIN).expect("it is right");
    // A file that includes itself doubles at most 8 times.
    if text.matches("include f").count() > 1 {
        return;
    }
    match include(main, &mut sources, &read) {
        Ok(script) => {
            let lines = script.all_lines();
            let places = lines.iter().map(|line| sources.place(line.number));
            let places: Vec<_> = places.collect();
            assert_eq!(places.first().map(String::as_str), Some("main:1"));
            assert_eq!(places.last().map(String::as_str), Some("main:3"));
            let inside = &places[1..places.len() - 1];
            assert!(
                inside.iter().all(|place| place.starts_with("f:") || place == "main"),
                "{places:?}"
            );
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
