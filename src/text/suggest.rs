//! Which of some words was probably meant by a word that is none of them.

/// Longer words than this are no slips, and comparing them would cost.
const LONGEST: usize = 40;

/// The one of `words` that `word` was probably meant to be: the only one that it begins, or else
/// the closest that is close enough.
pub fn nearest<'a>(word: &str, words: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let mut begun = words
        .clone()
        .filter(|near| !word.is_empty() && near.starts_with(&word));
    if let (Some(one), None) = (begun.next(), begun.next()) {
        return Some(one);
    }
    words
        .map(|near| (distance(&word, near), near))
        .filter(|&(distance, near)| distance <= 2 && distance < near.len() / 2 + 1)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, near)| near)
}

/// How many characters must be put in, left out, replaced, or swapped with their neighbour.
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
    fn a_slip_is_recognised() {
        let words = || ["within", "wait", "url"].into_iter();
        for (word, near) in [
            ("wihtin", Some("within")),
            ("WAIT", Some("wait")),
            ("u", Some("url")),
            ("w", None),
            ("", None),
            ("header", None),
        ] {
            assert_eq!(nearest(word, words()), near, "{word}");
        }
        assert_eq!(nearest(&"w".repeat(41), words()), None);
    }
}
