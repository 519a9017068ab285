//! What the compiler builds of a source file for the program: without comments, texts and tests.

/// The text with everything else replaced by spaces, so that lines stay where they are; and the
/// child modules that are only built for tests.
pub fn code(text: &str) -> (String, Vec<String>) {
    let mut code = without_comments_and_texts(text).into_bytes();
    let mut test_modules = Vec::new();
    while let Some((start, end)) = next_test_item(&code) {
        let item = String::from_utf8_lossy(&code[start..end]).into_owned();
        test_modules.extend(declared_module(&item).map(str::to_owned));
        blank(&mut code[start..end]);
    }
    let code = String::from_utf8(code).expect("whole characters were replaced");
    (code, test_modules)
}

/// `mod NAME;` at the end of an item.
fn declared_module(item: &str) -> Option<&str> {
    let words = item.strip_suffix(';')?;
    let (before, name) = words.trim_end().rsplit_once(char::is_whitespace)?;
    before.trim_end().ends_with("mod").then_some(name)
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

fn without_comments_and_texts(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = literal(rest, at.checked_sub(1).map(|at| bytes[at])) {
            length
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        blank(&mut code[at..at + length]);
        at += length;
    }
    String::from_utf8(code).expect("whole characters were replaced")
}

/// The length of a block comment, which may contain others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of a string or character at the start of the text; `before` is the byte before it.
fn literal(text: &str, before: Option<u8>) -> Option<usize> {
    let in_a_name = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if let Some(inside) = text.strip_prefix('"') {
        return Some(1 + end_of_string(inside));
    }
    if let (Some(rest), false) = (text.strip_prefix('r'), in_a_name) {
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let inside = rest[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
        return Some(2 + hashes + length);
    }
    // 'a' and '\n', but not the lifetime in <'a>.
    let inside = text.strip_prefix('\'')?;
    let mut chars = inside.char_indices();
    match chars.next()? {
        (_, '\\') => Some(1 + 2 + inside[2..].find('\'')? + 1),
        _ => match chars.next()? {
            (at, '\'') => Some(1 + at + 1),
            _ => None,
        },
    }
}

/// The length up to and with the closing quote.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The first item after a `#[cfg(test)]` or `#[cfg(all(test, …))]`, from that attribute to its end.
fn next_test_item(code: &[u8]) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(code).expect("whole characters were replaced");
    let mut from = 0;
    while let Some(found) = text[from..].find("#[cfg(") {
        let start = from + found;
        let end = start + text[start..].find(']')? + 1;
        let condition = text[start + "#[cfg(".len()..end - 1].trim();
        let all = condition.strip_prefix("all(").unwrap_or(condition);
        if all.split([',', ')']).next().map(str::trim) == Some("test") {
            return Some((start, end + item_length(&text[end..])));
        }
        from = end;
    }
    None
}

/// The length of an item with its further attributes: to its `;`, or to the end of its braces.
fn item_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                let more = text[at + 1..].trim_start();
                if c == '}' && depth == 0 && !more.starts_with(';') {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn comments_strings_and_tests_are_ignored() {
    let text = "\
#[cfg(test)]
mod tests;
use a::B; // use c
/* use d /* use e */ */ const F: &str = \"use \\\" g\";
#[cfg(all(test, unix))]
#[expect(unused)]
pub(super) fn h(x: [u8; 2]) -> u8 { if x[0] > 0 { 1 } else { 2 } }
fn i<'j>(k: &'j str, l: char) -> bool { l == '\"' || l == '\\'' || k == r#\"use m\"# }
#[cfg(test)]
mod n {
    use o::P;
}
#[cfg(any(test, unix))]
use q::R;
";
    let (code, tests) = code(text);
    assert_eq!(tests, ["tests"]);
    assert_eq!(code.lines().count(), text.lines().count());
    let words: Vec<_> = code
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() == 1)
        .collect();
    assert_eq!(
        words,
        ["a", "B", "F", "i", "j", "k", "j", "l", "l", "l", "k", "q", "R"]
    );
    assert!(code.contains("fn i<'j>"));
}
