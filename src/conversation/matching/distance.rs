//! How far a message is from what was expected, to report the closest of several.

use super::{Difference, DifferenceLine, Pattern};
use crate::protocol::Kind;

/// The distance of a message of another kind.
const FARTHEST: usize = usize::MAX;

impl Pattern {
    /// How far a message is from this pattern, which it does not match with this difference: 0 would
    /// be a match. Only distances from the same pattern can be compared.
    ///
    /// It is the number of bytes between the equal beginning and the equal end of a text or of bytes,
    /// the number of bytes after the first that differs from a pattern of bytes, and the number of
    /// places where JSON differs.
    #[must_use]
    pub fn distance(&self, kind: Kind, payload: &[u8], difference: &Difference) -> usize {
        let first = difference.0.first();
        match (self, kind) {
            (Self::Text(expected), Kind::Text) => unshared(expected.as_bytes(), payload),
            (Self::Binary(expected), Kind::Binary) => unshared(expected, payload),
            (Self::Parts { .. }, Kind::Binary) => {
                let equal = match first {
                    Some(DifferenceLine::Byte(at, _)) => *at,
                    _ => 0,
                };
                FARTHEST - 1 - equal
            }
            (Self::Json { .. } | Self::Shape { .. } | Self::Same { .. }, Kind::Text)
                if matches!(first, Some(DifferenceLine::InvalidJson(_))) =>
            {
                FARTHEST - 1
            }
            (Self::Json { .. } | Self::Shape { .. } | Self::Same { .. }, Kind::Text) => {
                difference.0.len()
            }
            (Self::Match(_), Kind::Text) => FARTHEST - 1,
            _ => FARTHEST,
        }
    }
}

/// The length of the longer of two byte strings without their common beginning and end.
fn unshared(a: &[u8], b: &[u8]) -> usize {
    let shorter = a.len().min(b.len());
    let beginning = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let ends = a.iter().rev().zip(b.iter().rev());
    let end = ends.take_while(|(a, b)| a == b).count();
    a.len().max(b.len()) - beginning - end.min(shorter - beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(pattern: &Pattern, kind: Kind, payload: &[u8]) -> usize {
        let difference = pattern.compare(kind, payload).expect_err("it differs");
        pattern.distance(kind, payload, &difference)
    }

    #[test]
    fn texts_and_bytes_are_close_if_they_share_their_ends() {
        let text = Pattern::Text("order 17 done".to_owned());
        let of = |payload: &str| distance(&text, Kind::Text, payload.as_bytes());
        assert_eq!(of("order 18 done"), 1);
        assert_eq!(of("order done"), 3);
        assert_eq!(of("x"), 13);
        assert_eq!(distance(&text, Kind::Binary, b"order 17 done"), FARTHEST);
        let bytes = Pattern::Binary(vec![1, 2, 3, 4]);
        assert_eq!(distance(&bytes, Kind::Binary, &[1, 9, 3, 4]), 1);
        assert_eq!(distance(&bytes, Kind::Binary, &[1, 2, 3, 4, 4]), 1);
        assert_eq!(unshared(b"aa", b"aaa"), 1);
        assert_eq!(unshared(b"", b""), 0);
    }

    #[test]
    fn json_is_close_if_few_places_differ() {
        let value = serde_json::json!({"a": 1, "b": 2, "c": 3});
        let json = Pattern::Json {
            value,
            ignore: Vec::new(),
        };
        let of = |payload: &str| distance(&json, Kind::Text, payload.as_bytes());
        assert_eq!(of("{\"a\":1,\"b\":2,\"c\":4}"), 1);
        assert_eq!(of("{\"a\":1}"), 2);
        assert!(of("text") > of("{}"));
    }
}
