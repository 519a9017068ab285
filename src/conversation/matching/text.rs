//! Comparison of texts: of one line each, or of [several](lines).

use super::difference::{bytes, Difference};
use super::lines;
use super::window::side_by_side;

/// Checks that the text is equal.
pub fn compare(expected: &str, received: &str) -> Result<(), Difference> {
    if expected == received {
        return Ok(());
    }
    if has_lines(expected) || has_lines(received) {
        return Err(lines::compare(expected, received));
    }
    Err(Difference(side_by_side(expected, received).into()))
}

/// Whether a text has several lines. A single line feed at the end does not count.
fn has_lines(text: &str) -> bool {
    text.strip_suffix('\n').unwrap_or(text).contains('\n')
}

/// The difference for a binary message that was received instead of a text.
pub fn of_wrong_kind(expected: Option<&str>, received: &[u8]) -> Difference {
    let what = if expected.is_some_and(|text| text.as_bytes() == received) {
        "a binary message with the same bytes".to_owned()
    } else {
        format!("a binary message of {}", bytes(received.len()))
    };
    Difference::note(format!("received {what}, expected a text message"))
}
