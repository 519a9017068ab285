//! Comparison of texts with several lines: which lines are missing, and which were received
//! instead.
//!
//! It uses the longest common subsequence of their lines, with the table of Wagner and Fischer. If
//! the table would be too large, everything between the common beginning and end counts as
//! different. No list is made of more received lines than that.

use super::difference::{Difference, DifferenceLine, Side};
use super::window::{side_by_side, COLUMNS};
use crate::text::escape;

/// The maximum number of lines that are shown.
const MOST: usize = 40;
/// The number of equal lines shown around differences.
const AROUND: usize = 2;
/// The maximum size of the table, in entries.
const LARGEST: usize = 1 << 20;

/// Lines that both texts have, or lines of one text in place of others.
#[derive(Debug, PartialEq, Eq)]
enum LinePiece<'a> {
    Same(Vec<&'a str>),
    Changed(Vec<&'a str>, Vec<&'a str>),
}

/// The difference of two texts that are not equal.
pub fn compare(expected: &str, received: &str) -> Difference {
    let mut lines = Vec::new();
    let (expected, ends_expected) = without_end(expected);
    let (received, ends_received) = without_end(received);
    match (ends_expected, ends_received) {
        (true, false) => lines.push(note("missing line feed at the end")),
        (false, true) => lines.push(note("unexpected line feed at the end")),
        _ => {}
    }
    let (pieces, left_out) = pieces(TextLines(Some(expected)), TextLines(Some(received)));
    let count = pieces.len();
    for (number, piece) in pieces.iter().enumerate() {
        match piece {
            LinePiece::Same(same) => push_same(&mut lines, same, number == 0, number + 1 == count),
            LinePiece::Changed(expected, received) => push_changed(&mut lines, expected, received),
        }
    }
    if lines.len() > MOST {
        let more = lines.len() - MOST + left_out;
        lines.truncate(MOST);
        lines.push(note(format!("… and {more} more lines")));
    }
    Difference(lines)
}

/// The text without a line feed at its end, and whether it had one.
fn without_end(text: &str) -> (&str, bool) {
    match text.strip_suffix('\n') {
        Some(rest) => (rest, true),
        None => (text, false),
    }
}

/// Adds the equal lines next to differences.
fn push_same(out: &mut Vec<DifferenceLine>, same: &[&str], first: bool, last: bool) {
    let head = if first { 0 } else { AROUND.min(same.len()) };
    let tail = if last {
        0
    } else {
        AROUND.min(same.len() - head)
    };
    let hidden = same.len() - head - tail;
    let shown = |line: &&str| text(Side::Both, line);
    out.extend(same[..head].iter().map(shown));
    match hidden {
        0 => {}
        1 => out.push(note("  … 1 equal line")),
        _ => out.push(note(format!("  … {hidden} equal lines"))),
    }
    out.extend(same[head + hidden..].iter().map(shown));
}

fn push_changed(out: &mut Vec<DifferenceLine>, expected: &[&str], received: &[&str]) {
    // A single line in place of another is probably the same line, changed.
    if let ([expected], [received]) = (expected, received) {
        out.extend(side_by_side(expected, received));
        return;
    }
    for (side, lines) in [(Side::Expected, expected), (Side::Received, received)] {
        out.extend(lines.iter().map(|line| text(side, line)));
    }
}

fn note(note: impl Into<String>) -> DifferenceLine {
    DifferenceLine::Note(note.into())
}

/// A line, shortened to the width of a report.
fn text(side: Side, line: &str) -> DifferenceLine {
    DifferenceLine::Text(side, escape::shortened(line, COLUMNS))
}

/// Lines that were not compared yet. `None` means no lines, which is different from one empty line.
#[derive(Clone, Copy)]
struct TextLines<'a>(Option<&'a str>);

impl<'a> TextLines<'a> {
    /// The first line, and the rest.
    fn first(self) -> Option<(&'a str, Self)> {
        let text = self.0?;
        Some(match text.split_once('\n') {
            Some((line, rest)) => (line, Self(Some(rest))),
            None => (text, Self(None)),
        })
    }

    /// The last line, and the lines before it.
    fn last(self) -> Option<(&'a str, Self)> {
        let text = self.0?;
        Some(match text.rsplit_once('\n') {
            Some((rest, line)) => (line, Self(Some(rest))),
            None => (text, Self(None)),
        })
    }

    fn count(self) -> usize {
        self.0.map_or(0, |text| {
            memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1
        })
    }

    fn list(self) -> impl Iterator<Item = &'a str> {
        self.0.into_iter().flat_map(|text| text.split('\n'))
    }
}

/// Splits both into equal and different lines. If not all received lines are listed, also returns
/// the number of those left out, which come after the last piece.
fn pieces<'a>(
    mut expected: TextLines<'a>,
    mut received: TextLines<'a>,
) -> (Vec<LinePiece<'a>>, usize) {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    while let (Some((a, rest)), Some((b, other))) = (expected.first(), received.first()) {
        if a != b {
            break;
        }
        first.push(a);
        (expected, received) = (rest, other);
    }
    while let (Some((a, rest)), Some((b, other))) = (expected.last(), received.last()) {
        if a != b {
            break;
        }
        last.push(a);
        (expected, received) = (rest, other);
    }
    last.reverse();

    let mut pieces = Vec::new();
    let mut left_out = 0;
    push_piece(&mut pieces, LinePiece::Same(first));
    let count = received.count();
    let places = (expected.count() + 1).saturating_mul(count + 1);
    let expected: Vec<_> = expected.list().collect();
    if places <= LARGEST {
        let received: Vec<_> = received.list().collect();
        push_common(&mut pieces, &expected, &received);
    } else {
        // One more than is shown, so that the rest is mentioned.
        let received: Vec<_> = received.list().take(MOST + 1).collect();
        left_out = count - received.len();
        push_piece(&mut pieces, LinePiece::Changed(expected, received));
    }
    push_piece(&mut pieces, LinePiece::Same(last));
    (pieces, left_out)
}

/// Splits along the longest common subsequence.
fn push_common<'a>(pieces: &mut Vec<LinePiece<'a>>, expected: &[&'a str], received: &[&'a str]) {
    let width = received.len() + 1;
    // The length of the longest common subsequence of the rest, for each pair of positions.
    let mut longest = vec![0_u32; (expected.len() + 1) * width];
    for (i, a) in expected.iter().enumerate().rev() {
        for (j, b) in received.iter().enumerate().rev() {
            longest[i * width + j] = if a == b {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < expected.len() && j < received.len() {
        let piece = if expected[i] == received[j] {
            (i, j) = (i + 1, j + 1);
            LinePiece::Same(vec![expected[i - 1]])
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
            LinePiece::Changed(vec![expected[i - 1]], Vec::new())
        } else {
            j += 1;
            LinePiece::Changed(Vec::new(), vec![received[j - 1]])
        };
        push_piece(pieces, piece);
    }
    let rest = LinePiece::Changed(expected[i..].to_vec(), received[j..].to_vec());
    push_piece(pieces, rest);
}

/// Adds a piece, joining it with the previous one if it is of the same kind.
fn push_piece<'a>(pieces: &mut Vec<LinePiece<'a>>, piece: LinePiece<'a>) {
    match (pieces.last_mut(), piece) {
        (Some(LinePiece::Same(lines)), LinePiece::Same(more)) => lines.extend(more),
        (Some(LinePiece::Changed(expected, received)), LinePiece::Changed(a, b)) => {
            expected.extend(a);
            received.extend(b);
        }
        (_, LinePiece::Same(lines)) if lines.is_empty() => {}
        (_, LinePiece::Changed(a, b)) if a.is_empty() && b.is_empty() => {}
        (_, piece) => pieces.push(piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The pieces of two lists of lines, each in one text, with none left out.
    fn pieces<'a>(expected: Option<&'a str>, received: Option<&'a str>) -> Vec<LinePiece<'a>> {
        let (pieces, left_out) = super::pieces(TextLines(expected), TextLines(received));
        assert_eq!(left_out, 0);
        pieces
    }

    #[test]
    fn common_lines_are_kept() {
        assert_eq!(
            pieces(Some("a\nb\nc\nd\ne"), Some("a\nc\nx\ny\ne")),
            [
                LinePiece::Same(vec!["a"]),
                LinePiece::Changed(vec!["b"], vec![]),
                LinePiece::Same(vec!["c"]),
                LinePiece::Changed(vec!["d"], vec!["x", "y"]),
                LinePiece::Same(vec!["e"]),
            ]
        );
    }

    #[test]
    fn many_lines_are_counted_and_partly_listed() {
        let received = format!("a\n{}z", "\n".repeat(LARGEST));
        let (pieces, left_out) =
            super::pieces(TextLines(Some("a\nb\nz")), TextLines(Some(&received)));
        assert_eq!(
            pieces,
            [
                LinePiece::Same(vec!["a"]),
                LinePiece::Changed(vec!["b"], vec![""; MOST + 1]),
                LinePiece::Same(vec!["z"]),
            ]
        );
        assert_eq!(left_out, LARGEST - MOST - 1);
        let lines = compare("a\nb\nz", &received).lines();
        assert_eq!(lines.len(), MOST + 1);
        // The two equal lines are not all that is shown: `a`, `- b` and then the received lines.
        assert_eq!(
            lines[MOST],
            format!("… and {} more lines", LARGEST + 3 - MOST)
        );
    }

    proptest! {
        /// Equal and expected lines together are the expected text; equal and received lines the
        /// received text.
        #[test]
        fn pieces_make_up_both_texts(
            a in proptest::collection::vec("[abc]", 0..12),
            b in proptest::collection::vec("[abc]", 0..12),
        ) {
            let text = |lines: &[String]| (!lines.is_empty()).then(|| lines.join("\n"));
            let texts = (text(&a), text(&b));
            let (mut expected, mut received) = (Vec::new(), Vec::new());
            for piece in pieces(texts.0.as_deref(), texts.1.as_deref()) {
                match piece {
                    LinePiece::Same(lines) => {
                        expected.extend(&lines);
                        received.extend(lines);
                    }
                    LinePiece::Changed(lines, others) => {
                        prop_assert!(lines.iter().all(|line| !others.contains(line)));
                        expected.extend(lines);
                        received.extend(others);
                    }
                }
            }
            prop_assert_eq!(expected, a);
            prop_assert_eq!(received, b);
        }
    }
}
