//! Printing of texts, JSON, bytes and words, which are quoted only where they must be.

use std::fmt::Write as _;
use std::time::Duration;

use data_encoding::BASE64;

use crate::session_file::bytes::{push_words, ByteWord};
use crate::session_file::place::BLANKS;
use crate::session_file::template::OPENING;
use crate::session_file::{Part, Template};
use crate::text::duration;
use crate::text::escape::is_hidden;

/// The maximum number of bytes that are printed in hexadecimal rather than base64.
const LONGEST_HEX: usize = 32;

/// The indentation of continuation lines.
const INDENTATION: &str = "\n    ";

/// Adds a keyword and a time.
pub(super) fn push_time(out: &mut String, word: &str, time: Duration) {
    out.push_str(word);
    out.push(' ');
    out.push_str(&duration::format(time));
}

/// Adds a keyword and a text.
pub(super) fn push_argument(out: &mut String, word: &str, text: &Template) {
    out.push_str(word);
    push_text(out, text, &[]);
}

/// Adds a text after what is there. `words` would be parsed as keywords at its beginning.
pub(super) fn push_text(out: &mut String, text: &Template, words: &[&str]) {
    match text.as_literal() {
        Some(text) if text.contains('\n') && is_bare(text, words) => push_lines(out, text),
        Some(text) => {
            out.push(' ');
            push_literal(out, text, words);
        }
        None => push_lines(out, &text.source()),
    }
}

/// Adds a text without variables on one line.
pub(super) fn push_literal(out: &mut String, text: &str, words: &[&str]) {
    if is_bare(text, words) && !text.contains('\n') {
        out.push_str(text);
    } else {
        push_string(out, text);
    }
}

/// Whether a text without quotes is parsed as itself.
fn is_bare(text: &str, words: &[&str]) -> bool {
    let first = text.split(BLANKS).next().unwrap_or_default();
    !text.starts_with('"')
        && (words.is_empty() || !text.starts_with('/'))
        && !words.contains(&first)
        && !text.contains(OPENING)
        && text.starts_with(|c| !BLANKS.contains(&c))
        && text.split('\n').all(is_line)
        && !text.contains(|c| c != '\n' && is_hidden(c))
}

/// Whether a line of a text can be a line of the file: an empty one would end the statement, and
/// whitespace at the end may be removed by editors.
fn is_line(line: &str) -> bool {
    !line.is_empty() && !line.ends_with([' ', '\t'])
}

/// Adds a text literally, after a space or, if it has several lines, below.
fn push_lines(out: &mut String, text: &str) {
    if text.contains('\n') {
        out.push_str(INDENTATION);
        out.push_str(&text.replace('\n', INDENTATION));
    } else {
        out.push(' ');
        out.push_str(text);
    }
}

/// Adds a JSON string without hidden characters.
pub(super) fn push_string(out: &mut String, text: &str) {
    push_visible(out, &serde_json::Value::from(text).to_string());
}

/// Hidden characters are escaped as in JSON, `\u202e`.
pub(super) fn push_visible(out: &mut String, text: &str) {
    for character in text.chars() {
        if is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
}

/// Adds JSON, rewritten only if it can't be on one line.
pub(super) fn push_json(out: &mut String, json: &Template) {
    out.push_str(" json");
    let text = json.source();
    if json.as_literal().is_some_and(|text| !is_bare_json(text)) {
        // Outside strings, only whitespace can be a control character; inside, control characters
        // are escaped.
        let text = text.trim().replace(['\n', '\r', '\t'], " ");
        let text = text.replace(OPENING, "\\u0024{");
        out.push(' ');
        push_visible(out, &text);
    } else {
        push_lines(out, &text);
    }
}

fn is_bare_json(text: &str) -> bool {
    !text.contains(OPENING)
        && text.starts_with(|c| !BLANKS.contains(&c))
        && text
            .split('\n')
            .all(|line| !line.trim_start_matches([' ', '\t']).is_empty())
        && !text.ends_with(BLANKS)
        && !text.contains(|c: char| !BLANKS.contains(&c) && c.is_control())
}

/// Adds bytes, numbers and patterns, of which the last may have several lines.
pub(super) fn push_byte_words(out: &mut String, words: &[ByteWord]) {
    let mut text = String::new();
    push_words(&mut text, words);
    out.push_str(" hex");
    push_lines(out, text.trim_start());
}

/// Adds a regular expression. There is only one way to write it, and parsed ones are valid.
pub(super) fn push_pattern(out: &mut String, pattern: &Template, ignore_case: bool) {
    let end = if ignore_case { "/i" } else { "/" };
    push_lines(out, &format!("/{}{end}", pattern.source()));
}

pub(super) fn push_bytes(out: &mut String, bytes: &[u8]) {
    if bytes.len() <= LONGEST_HEX {
        push_hex(out, bytes);
    } else {
        out.push_str(" base64 ");
        BASE64.encode_append(bytes, out);
    }
}

pub(super) fn push_hex(out: &mut String, bytes: &[u8]) {
    out.push_str(" hex");
    for byte in bytes {
        let _ = write!(out, " {byte:02x}");
    }
}

/// Adds a word of `option`, quoted if necessary.
pub(super) fn push_word(out: &mut String, word: &Template) {
    if word.parts.is_empty() {
        out.push_str("''");
    }
    for part in &word.parts {
        match part {
            Part::Variable(name) => {
                let _ = write!(out, "${{{name}}}");
            }
            Part::Text(text) if !text.contains(BLANKS) && !text.contains(['\'', '"', '$']) => {
                out.push_str(text);
            }
            Part::Text(text) => push_quoted(out, text),
        }
    }
}

/// Inside `'…'` everything is literal except `'`, which is written `"'"`.
fn push_quoted(out: &mut String, text: &str) {
    for (index, piece) in text.split('\'').enumerate() {
        if index > 0 {
            out.push_str("\"'\"");
        }
        if !piece.is_empty() {
            let _ = write!(out, "'{piece}'");
        }
    }
}
