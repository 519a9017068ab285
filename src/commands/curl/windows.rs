//! Splits Windows command lines into words, in the formats that browsers have used.
//!
//! They are parsed twice: by `cmd`, where `^` escapes the next character, and by the C runtime of
//! the program, where `\` escapes a quote.

use super::posix::{SECOND, UNCLOSED};

/// The words of a command for `cmd`; `None` if it is for another shell.
pub(super) fn words(text: &str) -> Option<Result<Vec<String>, String>> {
    let for_cmd = text.contains("^\"") || text.lines().any(|line| line.trim_end().ends_with('^'));
    for_cmd.then(|| c_runtime(&cmd(text, !is_careted(text))))
}

/// Whether `^` precedes every special character, even inside quotes, where `cmd` would keep it.
/// Chrome wrote commands like this for some years and meant the characters without it.
fn is_careted(text: &str) -> bool {
    let needs_none = |letter: char| {
        letter.is_alphanumeric() || letter.is_whitespace() || "_-:=+~'/.,?;()*`".contains(letter)
    };
    let mut rest = text.chars();
    let mut escaped = None;
    let mut count = 0;
    while let Some(letter) = rest.next() {
        if letter != '^' {
            if letter.is_ascii() && !needs_none(letter) && letter != '&' && letter != '"' {
                return false;
            }
            escaped = None;
            continue;
        }
        let Some(next) = rest.next() else { break };
        // After a percent sign, `^` separates the name of a variable.
        if needs_none(next) && !next.is_whitespace() && escaped != Some('%') {
            return false;
        }
        count += usize::from(!next.is_whitespace());
        escaped = Some(next);
    }
    count > 0
}

/// The command line after `cmd`: `^` escapes the next character; a line end after it is removed and
/// the character after that escaped. Inside quotes, `^` is kept if `protect` is true.
fn cmd(text: &str, protect: bool) -> String {
    let text = text.replace("\r\n", "\n");
    let mut rest = text.chars();
    let mut handed = String::new();
    let mut quoted = false;
    while let Some(letter) = rest.next() {
        match letter {
            '^' if !quoted => match rest.next() {
                Some('\n') => handed.extend(rest.next()),
                next => handed.extend(next),
            },
            // A quote ends at the end of a line.
            '\n' => {
                quoted = false;
                handed.push(letter);
            }
            '"' => {
                quoted = protect && !quoted;
                handed.push(letter);
            }
            letter => handed.push(letter),
        }
    }
    handed
}

/// Splits a command line as the C runtime does. There, `\` escapes only before a quote; browsers
/// double every one and mean a single one.
fn c_runtime(line: &str) -> Result<Vec<String>, String> {
    let mut rest = line.trim_end().chars().peekable();
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => {
                let next = rest.next_if(|next| matches!(next, '\\' | '"'));
                word.get_or_insert_default().push(next.unwrap_or('\\'));
            }
            // Two quotes inside quotes are one quote.
            '"' if quoted && rest.next_if_eq(&'"').is_some() => {
                word.get_or_insert_default().push('"');
            }
            '"' => {
                word.get_or_insert_default();
                quoted = !quoted;
            }
            '\n' | '&' | '|' if !quoted => {
                words.extend(word.take());
                let more = rest.clone().any(|letter| !matches!(letter, ' ' | '\n'));
                if letter != '\n' && more {
                    return Err(SECOND.to_owned());
                }
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    if quoted {
        return Err(UNCLOSED.to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn cmd_escapes_with_a_caret() {
        for (text, expected) in [
            (
                "curl ^\"a^\" ^\r\n  -H ^\"b: c^\"",
                &["curl", "a", "-H", "b: c"][..],
            ),
            ("curl ^\"a^\" ^\n  -k &\r\n", &["curl", "a", "-k"]),
            (r#"^"v=^\^"120^\^"^""#, &[r#"v="120""#]),
            (r#"^"a^\^\b ^%^41 ^^ ^& ^|^""#, &[r"a\b %41 ^ & |"]),
            ("^\"a^\n\nb^\"", &["a\nb"]),
            ("^\"^\"", &[""]),
            // Chrome's format for some years: quotes without ^, and inside them ^ before every
            // special character.
            (
                "curl \"a?b=1&c=^%^20\" ^\n  -H \"d: ^\\^\"e^\\^\", ^{f^}\" ^\n  --compressed",
                &["curl", "a?b=1&c=%20", "-H", "d: \"e\", {f}", "--compressed"],
            ),
            // Chrome's earlier format: characters inside quotes are literal, two quotes are one,
            // and % is between quotes.
            (
                "curl \"a?b=\"%\"20{c}\" ^\n -H \"W/\"\"d^e\"\"\"",
                &["curl", "a?b=%20{c}", "-H", "W/\"d^e\""],
            ),
            (
                "curl \"a?b=1&c=2\" ^\r\n -H \"d: ^e\"",
                &["curl", "a?b=1&c=2", "-H", "d: ^e"],
            ),
        ] {
            assert_eq!(words(text), Some(Ok(strings(expected))), "{text}");
        }
    }

    #[test]
    fn other_carets_do_not_mean_cmd() {
        assert_eq!(words("a '^b' c^d"), None);
    }

    #[test]
    fn incomplete_commands_are_rejected() {
        for (text, says) in [
            ("curl ^\"a^\" & curl ^\"b^\"", "more than one command"),
            ("curl ^\"a", "not closed"),
        ] {
            let problem = words(text).expect("it is for cmd").expect_err(text);
            assert!(problem.contains(says), "{text}: {problem}");
        }
    }
}
