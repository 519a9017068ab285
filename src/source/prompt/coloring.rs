//! The colors of JSON in the line that is being typed: those of received JSON, as far as what has
//! been typed can become JSON.

use serde::de::IgnoredAny;

use crate::output::json_tokens::{TokenKind, Tokens};
use crate::output::palette::Palette;

/// Longer lines, in bytes, have no colors: each key would have all of them read and drawn again.
const LONGEST: usize = 8 << 10;
/// Marks a pair of brackets (underlined), and ends that.
const MARK: (&str, &str) = ("\x1b[4m", "\x1b[24m");

/// The commands whose text may be JSON.
const COMMANDS: [&str; 2] = ["/send ", "/expect json "];

/// Where JSON begins in `line`, if what is there can be the beginning of an object or array.
fn json_start(line: &str) -> Option<usize> {
    let before = COMMANDS.iter().find(|start| line.starts_with(**start));
    let start = before.map_or(0, |start| start.len());
    line[start..]
        .trim_ascii_start()
        .starts_with(['{', '['])
        .then_some(start)
}

/// Whether the line has colors.
pub(super) fn has_colors(line: &str) -> bool {
    line.len() <= LONGEST && json_start(line).is_some()
}

/// The line with colors; `None` if it has none. `cursor` is the position of the cursor, if the
/// bracket at it and the one that matches are to be marked.
pub(super) fn colored(line: &str, cursor: Option<usize>) -> Option<String> {
    if line.len() > LONGEST {
        return None;
    }
    let start = json_start(line)?;
    let text = &line[start..];
    let end = valid_end(text);
    let pair = cursor
        .and_then(|cursor| cursor.checked_sub(start))
        .and_then(|cursor| pair_at(&text[..end], cursor));
    let palette = Palette::colored();
    let mut out = line[..start].to_owned();
    let mut drawn = 0;
    for token in Tokens::new(text).take_while(|token| token.end() <= end) {
        out.push_str(&text[drawn..token.start]);
        drawn = token.end();
        if pair.is_some_and(|pair| pair.contains(&token.start)) {
            out.push_str(MARK.0);
            out.push_str(token.text);
            out.push_str(MARK.1);
        } else if let Some(style) = token.kind.style() {
            out.push_str(palette.on(style));
            out.push_str(token.text);
            out.push_str(palette.off(style));
        } else {
            out.push_str(token.text);
        }
    }
    out.push_str(&text[drawn..]);
    Some(out)
}

/// The position up to which the text can be the beginning of JSON.
fn valid_end(text: &str) -> usize {
    let Err(error) = serde_json::from_str::<IgnoredAny>(text) else {
        return text.len();
    };
    if error.is_eof() {
        return text.len();
    }
    // Lines and columns count from 1, columns in bytes.
    let lines = text.split_inclusive('\n').take(error.line().max(1) - 1);
    let line_start: usize = lines.map(str::len).sum();
    let end = line_start + error.column().max(1) - 1;
    text.floor_char_boundary(end)
}

/// The bracket at the cursor, or the closing one before it, and the one that matches.
fn pair_at(text: &str, cursor: usize) -> Option<[usize; 2]> {
    let mut open = Vec::new();
    let mut before = None;
    for token in Tokens::new(text) {
        match token.kind {
            TokenKind::Open => open.push(token.start),
            TokenKind::Close => {
                let pair = [open.pop()?, token.start];
                if pair.contains(&cursor) {
                    return Some(pair);
                }
                if token.end() == cursor {
                    before = Some(pair);
                }
            }
            _ => {}
        }
    }
    before
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "\x1b[34m";
    const STRING: &str = "\x1b[32m";
    const NUMBER: &str = "\x1b[36m";
    const OFF: &str = "\x1b[39m";

    #[test]
    fn json_is_colored_while_it_is_typed() {
        assert_eq!(
            colored(r#"{"a":[1,"x"#, None),
            Some(format!(
                "{{{KEY}\"a\"{OFF}:[{NUMBER}1{OFF},{STRING}\"x{OFF}"
            ))
        );
        assert_eq!(
            colored("/send [1]", None),
            Some(format!("/send [{NUMBER}1{OFF}]"))
        );
        for line in ["", "hello {", "12", "\"x\"", "/ping [1]"] {
            assert_eq!(colored(line, None), None, "{line}");
        }
    }

    #[test]
    fn colors_end_where_it_is_not_json() {
        assert_eq!(
            colored("[1,\n2 3]", None),
            Some(format!("[{NUMBER}1{OFF},\n{NUMBER}2{OFF} 3]"))
        );
        assert_eq!(colored("[hello] 1", None).as_deref(), Some("[hello] 1"));
        assert_eq!(
            colored("[1] [2]", None),
            Some(format!("[{NUMBER}1{OFF}] [2]"))
        );
    }

    #[test]
    fn matching_brackets_are_marked() {
        let (on, off) = MARK;
        let marked = format!("[{on}[{off}{on}]{off}]");
        // At the opening one and at the closing one; behind it, the outer one is at the cursor.
        assert_eq!(colored("[[]]", Some(1)).as_ref(), Some(&marked));
        assert_eq!(colored("[[]]", Some(2)).as_ref(), Some(&marked));
        let outer = format!("{on}[{off}[]{on}]{off}");
        assert_eq!(colored("[[]]", Some(3)).as_ref(), Some(&outer));
        assert_eq!(colored("[[]]", Some(4)).as_ref(), Some(&outer));
        let unfinished = format!("[{on}[{off}{on}]{off}");
        assert_eq!(colored("[[]", Some(3)), Some(unfinished));
        assert_eq!(
            colored("[\"[]\"", Some(3)),
            Some(format!("[{STRING}\"[]\"{OFF}"))
        );
    }

    #[test]
    fn long_lines_have_no_colors() {
        let line = |length: usize| format!("[\"{}\"]", "x".repeat(length - 4));
        assert!(colored(&line(LONGEST), None).is_some());
        assert_eq!(colored(&line(LONGEST + 1), None), None);
    }

    proptest! {
        #[test]
        fn colors_change_no_character(
            line in "(/send )?[\\[{\"\\\\: ,a1é\n}\\]]*",
            cursor in 0usize..40,
        ) {
            if let Some(colored) = colored(&line, Some(cursor)) {
                let mut plain = String::new();
                let mut rest = colored.as_str();
                while let Some((before, after)) = rest.split_once('\x1b') {
                    plain.push_str(before);
                    rest = after.split_once('m').expect("a sequence").1;
                }
                plain.push_str(rest);
                prop_assert_eq!(plain, line);
            }
        }
    }
}
