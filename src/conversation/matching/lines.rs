//! Texts of several lines: which lines are missing, and which came instead.
//!
//! The longest common subsequence of their lines, by the table of Wagner and Fischer. Texts whose
//! table would be large are not searched: all that stands between their common ends differs.

use super::{text, Difference, Side};
use crate::text::escape;

/// How many lines are shown.
const MOST: usize = 40;
/// How many equal lines around the others.
const AROUND: usize = 2;
/// The largest table, in places.
const LARGEST: usize = 1 << 20;

/// Some lines that both have, or some that one has where the other has others.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Same(Vec<&'a str>),
    Changed(Vec<&'a str>, Vec<&'a str>),
}

/// The difference of two texts that are not equal.
pub fn compare(expected: &str, received: &str) -> Difference {
    let mut lines = Vec::new();
    let (expected, ends_expected) = without_end(expected);
    let (received, ends_received) = without_end(received);
    match (ends_expected, ends_received) {
        (true, false) => lines.push("the line feed at the end is missing".to_owned()),
        (false, true) => lines.push("a line feed at the end is too much".to_owned()),
        _ => {}
    }
    let expected: Vec<_> = expected.split('\n').collect();
    let received: Vec<_> = received.split('\n').collect();
    let pieces = pieces(&expected, &received);
    let count = pieces.len();
    for (number, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Same(same) => push_same(&mut lines, same, number == 0, number + 1 == count),
            Piece::Changed(expected, received) => push_changed(&mut lines, expected, received),
        }
    }
    if lines.len() > MOST {
        let more = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(format!("… and {more} more lines"));
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

/// Equal lines: those that stand next to others.
fn push_same(out: &mut Vec<String>, same: &[&str], first: bool, last: bool) {
    let head = if first { 0 } else { AROUND.min(same.len()) };
    let tail = if last {
        0
    } else {
        AROUND.min(same.len() - head)
    };
    let hidden = same.len() - head - tail;
    let shown = |line: &&str| Side::Both.before(&escape::shortened(line, text::COLUMNS));
    out.extend(same[..head].iter().map(shown));
    match hidden {
        0 => {}
        1 => out.push("  … 1 equal line".to_owned()),
        _ => out.push(format!("  … {hidden} equal lines")),
    }
    out.extend(same[head + hidden..].iter().map(shown));
}

fn push_changed(out: &mut Vec<String>, expected: &[&str], received: &[&str]) {
    // One line in place of another is most likely the same line, changed.
    if let ([expected], [received]) = (expected, received) {
        out.extend(text::side_by_side(expected, received));
        return;
    }
    for (side, lines) in [(Side::Expected, expected), (Side::Received, received)] {
        let shown = lines
            .iter()
            .map(|line| side.before(&escape::shortened(line, text::COLUMNS)));
        out.extend(shown);
    }
}

/// Takes both apart into what is the same and what is not.
fn pieces<'a>(expected: &[&'a str], received: &[&'a str]) -> Vec<Piece<'a>> {
    let pairs = expected.iter().zip(received);
    let head = pairs.take_while(|(a, b)| a == b).count();
    let (first, expected) = expected.split_at(head);
    let received = &received[head..];
    let pairs = expected.iter().rev().zip(received.iter().rev());
    let tail = pairs.take_while(|(a, b)| a == b).count();
    let (expected, last) = expected.split_at(expected.len() - tail);
    let received = &received[..received.len() - tail];

    let mut pieces = Vec::new();
    push_piece(&mut pieces, Piece::Same(first.to_vec()));
    let places = (expected.len() + 1).saturating_mul(received.len() + 1);
    if places <= LARGEST {
        push_common(&mut pieces, expected, received);
    } else {
        let changed = Piece::Changed(expected.to_vec(), received.to_vec());
        push_piece(&mut pieces, changed);
    }
    push_piece(&mut pieces, Piece::Same(last.to_vec()));
    pieces
}

/// Takes apart along the longest common subsequence.
fn push_common<'a>(pieces: &mut Vec<Piece<'a>>, expected: &[&'a str], received: &[&'a str]) {
    let width = received.len() + 1;
    // How long the common subsequence of what follows is, for each pair of places.
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
            Piece::Same(vec![expected[i - 1]])
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
            Piece::Changed(vec![expected[i - 1]], Vec::new())
        } else {
            j += 1;
            Piece::Changed(Vec::new(), vec![received[j - 1]])
        };
        push_piece(pieces, piece);
    }
    let rest = Piece::Changed(expected[i..].to_vec(), received[j..].to_vec());
    push_piece(pieces, rest);
}

/// Appends a piece, to the one before it if that is of the same sort.
fn push_piece<'a>(pieces: &mut Vec<Piece<'a>>, piece: Piece<'a>) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Same(lines)), Piece::Same(more)) => lines.extend(more),
        (Some(Piece::Changed(expected, received)), Piece::Changed(a, b)) => {
            expected.extend(a);
            received.extend(b);
        }
        (_, Piece::Same(lines)) if lines.is_empty() => {}
        (_, Piece::Changed(a, b)) if a.is_empty() && b.is_empty() => {}
        (_, piece) => pieces.push(piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_common_is_kept() {
        assert_eq!(
            pieces(&["a", "b", "c", "d", "e"], &["a", "c", "x", "y", "e"]),
            [
                Piece::Same(vec!["a"]),
                Piece::Changed(vec!["b"], vec![]),
                Piece::Same(vec!["c"]),
                Piece::Changed(vec!["d"], vec!["x", "y"]),
                Piece::Same(vec!["e"]),
            ]
        );
    }

    proptest! {
        /// What is the same and what was expected make up the one, what came instead the other.
        #[test]
        fn the_pieces_are_all_there_is(
            a in proptest::collection::vec("[abc]", 0..12),
            b in proptest::collection::vec("[abc]", 0..12),
        ) {
            let a: Vec<_> = a.iter().map(String::as_str).collect();
            let b: Vec<_> = b.iter().map(String::as_str).collect();
            let (mut expected, mut received) = (Vec::new(), Vec::new());
            for piece in pieces(&a, &b) {
                match piece {
                    Piece::Same(lines) => {
                        expected.extend(&lines);
                        received.extend(lines);
                    }
                    Piece::Changed(lines, others) => {
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
