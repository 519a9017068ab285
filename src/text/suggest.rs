//! Suggestions for mistyped words ("did you mean …?").

/// No suggestions are made for words longer than this, in bytes: they are not typing mistakes, and
/// the time for comparing them grows with their length.
const MAX_LENGTH: usize = 40;

/// The one of `words` that `word` was probably meant to be: the only one that begins with it, or
/// the one with the smallest edit distance, which is at most 2.
pub fn nearest<'a>(word: &str, words: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if word.len() > MAX_LENGTH {
        return None;
    }
    let word = word.to_lowercase();
    let mut completions = words
        .clone()
        .filter(|candidate| !word.is_empty() && candidate.starts_with(&word));
    if let (Some(only), None) = (completions.next(), completions.next()) {
        return Some(only);
    }
    words
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= 2 && distance < candidate.len() / 2 + 1)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The edit distance: the number of characters to insert, delete, replace, or swap with the next.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for (i, &a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &b) in to.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(a != b);
            let mut least = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a == to[j - 1] && from[i - 1] == b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_words_are_recognized() {
        let words = || ["within", "wait", "url"].into_iter();
        for (word, expected) in [
            ("wihtin", Some("within")),
            ("WAIT", Some("wait")),
            ("u", Some("url")),
            ("w", None),
            ("", None),
            ("header", None),
        ] {
            assert_eq!(nearest(word, words()), expected, "{word}");
        }
        assert_eq!(nearest(&"w".repeat(41), words()), None);
    }
}
