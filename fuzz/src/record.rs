//! Records of other forms, HTTP archives and JSON lines: any text. What is read as a session file
//! can be printed as one, and is read as the same; what is wrong is said.

use wsline::session_file::{decode, har, jsonl, parse, print};

/// Reads it as each form.
pub fn run(data: &[u8]) {
    let Ok(text) = decode("f", data) else {
        return;
    };
    for read in [har::read, jsonl::read] {
        match read("f", text) {
            Ok(script) => {
                let printed = print(&script);
                assert_eq!(parse("f", &printed).as_ref(), Ok(&script), "{printed}");
            }
            Err(parse_error) => {
                assert!(!parse_error.cause.is_empty(), "{parse_error}");
                let characters = parse_error.text.chars().count();
                assert!(
                    parse_error.column as usize <= characters + 1,
                    "{parse_error}"
                );
            }
        }
    }
}
