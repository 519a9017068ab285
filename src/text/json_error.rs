//! Errors in JSON, in words for people and with their position.

/// The error of serde without line and column, and with clearer words for some.
#[must_use]
pub fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let cause = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(cause, _)| cause);
    match cause {
        "expected value" => "expected a string in double quotes, a number, an object, an array, \
                             true, false or null"
            .to_owned(),
        "expected ident" => "unknown word: JSON has only true, false and null".to_owned(),
        "invalid escape" => "invalid escape; a backslash itself is written \\\\".to_owned(),
        _ if error.is_eof() => "unexpected end".to_owned(),
        cause => cause.to_owned(),
    }
}

/// The byte offset in `text` of an error of serde, whose column counts the bytes of a line from 1
/// and is 0 at the end of a line.
#[must_use]
pub fn offset(text: &str, error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.len();
    }
    let lines = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    (before + error.column().saturating_sub(1)).min(text.len())
}

/// The line of an error in `text` and its column in characters, both from 1.
#[must_use]
pub fn position(text: &str, error: &serde_json::Error) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset(text, error))];
    let line = before.rsplit('\n').next().unwrap_or(before);
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
