//! Expected texts with wildcards: `[..]` matches anything within a line, a line `...` any number of
//! lines, and a name in brackets such as `[PORT]` a value that the test sets.

/// Replaces the names in `pattern` by their values.
pub fn substitute(pattern: &str, values: &[(String, String)]) -> String {
    values
        .iter()
        .fold(pattern.to_owned(), |text, (name, value)| {
            text.replace(name.as_str(), value)
        })
}

/// Whether the whole of `text` matches `pattern`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<_> = pattern.split('\n').collect();
    let text: Vec<_> = text.split('\n').collect();
    glob(&pattern, &text, |line| *line == "...", line_matches)
}

fn line_matches(pattern: &&str, line: &&str) -> bool {
    let mut tokens = Vec::new();
    for (place, literal) in pattern.split("[..]").enumerate() {
        if place > 0 {
            tokens.push(None);
        }
        tokens.extend(literal.chars().map(Some));
    }
    let line: Vec<_> = line.chars().collect();
    glob(&tokens, &line, Option::is_none, |token, c| {
        *token == Some(*c)
    })
}

/// Matches a sequence with one that has stars. Only the last star is tried again, which is enough,
/// and limits the time to the product of both lengths.
fn glob<P, T>(
    pattern: &[P],
    text: &[T],
    is_star: impl Fn(&P) -> bool,
    fits: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry = None;
    while t < text.len() {
        if p < pattern.len() && is_star(&pattern[p]) {
            p += 1;
            retry = Some((p, t));
        } else if p < pattern.len() && fits(&pattern[p], &text[t]) {
            p += 1;
            t += 1;
        } else if let Some((after_star, from)) = retry {
            p = after_star;
            t = from + 1;
            retry = Some((p, t));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_within_a_line() {
        assert!(matches("a[..]c\n", "abbbc\n"));
        assert!(matches("[..]:[..] x", "127.0.0.1:80 x"));
        assert!(!matches("a[..]c", "ab\nc"));
        assert!(!matches("a[..]c", "abd"));
        assert!(!matches("a\n", "a"));
    }

    #[test]
    fn wildcard_lines() {
        assert!(matches("first\n...\nlast\n", "first\nlast\n"));
        assert!(matches("first\n...\nlast\n", "first\n2\n3\nlast\n"));
        assert!(matches("...", ""));
        assert!(matches("...", "a\nb\n"));
        assert!(!matches("first\n...\nlast\n", "first\n2\n"));
    }

    #[test]
    fn named_parts() {
        let values = [("[PORT]".to_owned(), "4242".to_owned())];
        let pattern = substitute("ws://127.0.0.1:[PORT]/[..]", &values);
        assert!(matches(&pattern, "ws://127.0.0.1:4242/chat"));
        assert!(!matches(&pattern, "ws://127.0.0.1:4243/chat"));
    }
}
