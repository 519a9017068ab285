//! A command as it was copied, read into its words as the shell would that it was copied for.
//!
//! Two shells: POSIX ones with bash's `$'…'`, and Windows' `cmd`, in the form in which browsers
//! write for it. Nothing is expanded: no variable, no `~`, no command.

use std::iter::Peekable;
use std::str::Chars;

/// The words of a copied command.
///
/// # Errors
///
/// A sentence: a quote that is not closed, a second command, an escape that means no character.
/// It quotes nothing of the text, which has cookies in it.
pub(super) fn words(text: &str) -> Result<Vec<String>, String> {
    let for_cmd = text.contains("^\"") || text.lines().any(|line| line.trim_end().ends_with('^'));
    if for_cmd {
        c_runtime(&cmd(text))
    } else {
        Posix::new(text).words()
    }
}

const UNCLOSED: &str = "a quote is not closed: was the whole of it copied?";
const SECOND: &str = "it has more than one command in it: copy one request alone";

struct Posix<'a> {
    rest: Peekable<Chars<'a>>,
    words: Vec<String>,
    /// The word being read: bytes, because `\xHH` makes one of them.
    word: Option<Vec<u8>>,
}

impl<'a> Posix<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars().peekable(),
            words: Vec::new(),
            word: None,
        }
    }

    fn words(mut self) -> Result<Vec<String>, String> {
        while let Some(letter) = self.rest.next() {
            match letter {
                '\\' => self.escaped()?,
                '\'' => self.single()?,
                '"' => self.double()?,
                '$' if self.rest.next_if_eq(&'\'').is_some() => self.dollar()?,
                ';' | '&' | '|' if self.ends_command() => {
                    self.end_word()?;
                    if self.rest.any(|letter| !letter.is_whitespace()) {
                        return Err(SECOND.to_owned());
                    }
                }
                letter if letter.is_whitespace() => self.end_word()?,
                letter => self.push(letter),
            }
        }
        self.end_word()?;
        Ok(self.words)
    }

    /// Whether a letter that ends commands does: in the middle of a word it is one of an address
    /// that was not quoted.
    fn ends_command(&mut self) -> bool {
        self.word.is_none() || self.rest.peek().is_none_or(|next| next.is_whitespace())
    }

    fn push(&mut self, letter: char) {
        let mut bytes = [0; 4];
        let bytes = letter.encode_utf8(&mut bytes).as_bytes();
        self.word.get_or_insert_default().extend_from_slice(bytes);
    }

    fn end_word(&mut self) -> Result<(), String> {
        if let Some(word) = self.word.take() {
            let word = String::from_utf8(word);
            self.words.push(word.map_err(|_| {
                r"an escape as \xHH in it makes bytes that are not UTF-8".to_owned()
            })?);
        }
        Ok(())
    }

    /// After a backslash outside quotes: a line end goes with it, anything else stays.
    fn escaped(&mut self) -> Result<(), String> {
        match self.rest.next() {
            None => return Err("it ends with a backslash: was the whole of it copied?".to_owned()),
            Some('\n') => {}
            Some('\r') if self.rest.next_if_eq(&'\n').is_some() => {}
            Some(letter) => self.push(letter),
        }
        Ok(())
    }

    fn single(&mut self) -> Result<(), String> {
        self.word.get_or_insert_default();
        loop {
            match self.rest.next().ok_or(UNCLOSED)? {
                '\'' => return Ok(()),
                letter => self.push(letter),
            }
        }
    }

    fn double(&mut self) -> Result<(), String> {
        self.word.get_or_insert_default();
        loop {
            match self.rest.next().ok_or(UNCLOSED)? {
                '"' => return Ok(()),
                '\\' => match self.rest.next().ok_or(UNCLOSED)? {
                    '\n' => {}
                    letter @ ('"' | '\\' | '$' | '`') => self.push(letter),
                    letter => {
                        self.push('\\');
                        self.push(letter);
                    }
                },
                letter => self.push(letter),
            }
        }
    }

    /// bash's `$'…'`, whose escapes are C's.
    fn dollar(&mut self) -> Result<(), String> {
        self.word.get_or_insert_default();
        loop {
            let letter = match self.rest.next().ok_or(UNCLOSED)? {
                '\'' => return Ok(()),
                '\\' => self.rest.next().ok_or(UNCLOSED)?,
                letter => {
                    self.push(letter);
                    continue;
                }
            };
            match letter {
                'n' => self.push('\n'),
                't' => self.push('\t'),
                'r' => self.push('\r'),
                'a' => self.push('\x07'),
                'b' => self.push('\x08'),
                'e' | 'E' => self.push('\x1b'),
                'f' => self.push('\x0c'),
                'v' => self.push('\x0b'),
                '\\' | '\'' | '"' | '?' => self.push(letter),
                'x' => {
                    let code = self.number(16, 2).ok_or(NO_CHARACTER)?;
                    self.push_byte(code)?;
                }
                '0'..='7' => {
                    let first = letter.to_digit(8).unwrap_or(0);
                    let code = (0..2).fold(first, |code, _| match self.digit(8) {
                        Some(digit) => code * 8 + digit,
                        None => code,
                    });
                    self.push_byte(code)?;
                }
                'u' => self.utf16()?,
                'U' => {
                    let code = self.number(16, 8).ok_or(NO_CHARACTER)?;
                    self.push(char::from_u32(code).ok_or(NO_CHARACTER)?);
                }
                letter => {
                    self.push('\\');
                    self.push(letter);
                }
            }
        }
    }

    /// `\uHHHH`, or two of them that are one character: browsers count in UTF-16.
    fn utf16(&mut self) -> Result<(), String> {
        let first = self.number(16, 4).ok_or(NO_CHARACTER)?;
        let code = if (0xd800..0xdc00).contains(&first) {
            let goes_on = self.rest.next() == Some('\\') && self.rest.next() == Some('u');
            let second = self.number(16, 4).filter(|_| goes_on);
            let second = second.filter(|second| (0xdc00..0xe000).contains(second));
            0x10000 + ((first - 0xd800) << 10) + second.ok_or(NO_CHARACTER)? - 0xdc00
        } else {
            first
        };
        self.push(char::from_u32(code).ok_or(NO_CHARACTER)?);
        Ok(())
    }

    fn push_byte(&mut self, code: u32) -> Result<(), String> {
        let byte = u8::try_from(code).map_err(|_| NO_CHARACTER)?;
        self.word.get_or_insert_default().push(byte);
        Ok(())
    }

    /// A number of one to `most` digits.
    fn number(&mut self, base: u32, most: usize) -> Option<u32> {
        let mut number = self.digit(base)?;
        for _ in 1..most {
            let Some(digit) = self.digit(base) else { break };
            number = number * base + digit;
        }
        Some(number)
    }

    fn digit(&mut self, base: u32) -> Option<u32> {
        let letter = self.rest.next_if(|letter| letter.is_digit(base))?;
        letter.to_digit(base)
    }
}

const NO_CHARACTER: &str = "an escape with a backslash in it means no character";

/// What `cmd` hands to the program: outside quotes `^` takes the next letter as it is, and a line
/// end after it away, with the letter after that as it is.
fn cmd(text: &str) -> String {
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
            // It ends at a line's end.
            '\n' => {
                quoted = false;
                handed.push(letter);
            }
            '"' => {
                quoted = !quoted;
                handed.push(letter);
            }
            letter => handed.push(letter),
        }
    }
    handed
}

/// The words of a command line of Windows. There `\` escapes only before a quote; browsers double
/// every one of them, and mean one.
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
    fn a_posix_shell_quotes_in_four_ways() {
        for (text, expected) in [
            ("", &[][..]),
            (" \n\t ", &[]),
            ("a  b\nc", &["a", "b", "c"]),
            (r"a\ b\'c \\", &["a b'c", r"\"]),
            ("a \\\n  b \\\r\n c", &["a", "b", "c"]),
            ("a\\\nb", &["ab"]),
            (r#"'a "\b' '' "#, &[r#"a "\b"#, ""]),
            (r"'it'\''s'", &["it's"]),
            ("'a\nb'", &["a\nb"]),
            (r#""a \"b\" \\ \$x \` \n 'c'""#, &[r#"a "b" \ $x ` \n 'c'"#]),
            ("\"a\\\nb\" \"$HOME ~\"", &["ab", "$HOME ~"]),
            (r"$'a\n\t\r\\\'\x21\u0021'", &["a\n\t\r\\'!!"]),
            (r"$'\xc3\xa9\xe2\x82\xac'", &["é€"]),
            (r"$'\x9'", &["\t"]),
            (r"$'\u20ac \ud83d\ude00 \U0001F600 \u41'", &["€ 😀 😀 A"]),
            (
                r"$'\41\0612\a\b\e\f\v\?\q'",
                &["!12\x07\x08\x1b\x0c\x0b?\\q"],
            ),
            (r"a'b'$'c'd$e", &["abcd$e"]),
            ("wss://h/?a=1&b=2;c|d", &["wss://h/?a=1&b=2;c|d"]),
            ("a ; \n", &["a"]),
            ("a;", &["a"]),
            ("a &", &["a"]),
            ("ü😀", &["ü😀"]),
        ] {
            assert_eq!(Posix::new(text).words(), Ok(strings(expected)), "{text}");
        }
    }

    #[test]
    fn what_no_shell_would_take_is_refused() {
        for (text, says) in [
            ("a 'b", "not closed"),
            ("a \"b\\", "not closed"),
            ("a $'b\\", "not closed"),
            ("a \\", "backslash"),
            (r"$'\xff'", "not UTF-8"),
            (r"$'\xzz'", "no character"),
            (r"$'\777'", "no character"),
            (r"$'\ud83d'", "no character"),
            (r"$'\ud83d\u0041'", "no character"),
            (r"$'\U00110000'", "no character"),
            ("curl a;\ncurl b", "more than one command"),
            ("curl a ; curl b", "more than one command"),
            ("curl a & curl b", "more than one command"),
            ("curl a | jq", "more than one command"),
            ("curl ^\"a^\" & curl ^\"b^\"", "more than one command"),
            ("curl ^\"a", "not closed"),
        ] {
            let complaint = words(text).expect_err(text);
            assert!(complaint.contains(says), "{text}: {complaint}");
        }
    }

    #[test]
    fn cmd_quotes_with_its_hat() {
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
            // As browsers wrote before.
            (
                "curl \"a?b=1&c=2\" ^\r\n -H \"d: ^e\"",
                &["curl", "a?b=1&c=2", "-H", "d: ^e"],
            ),
        ] {
            assert_eq!(words(text), Ok(strings(expected)), "{text}");
        }
    }

    #[test]
    fn a_hat_elsewhere_is_no_cmd() {
        assert_eq!(words("a '^b' c^d"), Ok(strings(&["a", "^b", "c^d"])));
    }
}
