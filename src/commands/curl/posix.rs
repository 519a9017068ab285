//! Splits a command line into words as a POSIX shell does, including bash's `$'…'`. Nothing is
//! expanded: no variables, no `~`, no commands.
//!
//! In addition, it supports what is common in pasted text: typographic quotes, the backtick with
//! which PowerShell continues a line, and `""` for a quote inside quotes, as browsers used to write
//! for Windows.

use std::iter::Peekable;
use std::str::Chars;

pub(super) const UNCLOSED: &str = "a quote is not closed; was all of it copied?";
pub(super) const SECOND: &str = "it has more than one command; paste one request at a time";

pub(super) struct Posix<'a> {
    rest: Peekable<Chars<'a>>,
    words: Vec<String>,
    /// The current word, as bytes, because `\xHH` is a byte.
    word: Option<Vec<u8>>,
    /// Whether the current word is the target of a redirection.
    redirects: bool,
}

impl<'a> Posix<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars().peekable(),
            words: Vec::new(),
            word: None,
            redirects: false,
        }
    }

    pub(super) fn words(mut self) -> Result<Vec<String>, String> {
        while let Some(letter) = self.rest.next() {
            match letter {
                '\\' => self.escaped()?,
                '\'' => self.single()?,
                '"' => self.double()?,
                '‘' | '’' | '‚' | '“' | '”' | '„' if self.word.is_none() => {
                    self.curled(letter)?;
                }
                '#' if self.word.is_none() => {
                    while self.rest.next_if(|&letter| letter != '\n').is_some() {}
                }
                '>' | '<' if self.begins_redirection() => self.redirection()?,
                '&' if self.word.is_none() && self.rest.peek() == Some(&'>') => {}
                '`' if self.word.is_none() && matches!(self.rest.peek(), Some('\r' | '\n')) => {}
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

    /// Whether a character that ends commands does so here. In the middle of a word, it is part of
    /// an unquoted URL.
    fn ends_command(&mut self) -> bool {
        self.word.is_none() || self.rest.peek().is_none_or(|next| next.is_whitespace())
    }

    /// Whether `>` or `<` is a redirection: it begins a word or follows a descriptor number.
    fn begins_redirection(&self) -> bool {
        let word = self.word.as_deref().unwrap_or_default();
        !self.redirects && word.iter().all(u8::is_ascii_digit)
    }

    /// Parses the rest of a redirection. One that discards output, or that joins two outputs, is
    /// ignored.
    fn redirection(&mut self) -> Result<(), String> {
        self.word = None;
        while self
            .rest
            .next_if(|letter| matches!(letter, '>' | '<' | '|'))
            .is_some()
        {}
        if self.rest.next_if_eq(&'&').is_some() {
            let is_target = |letter: &char| letter.is_ascii_digit() || *letter == '-';
            return match self.rest.next_if(is_target) {
                Some(_) => Ok(()),
                None => Err(REDIRECTION.to_owned()),
            };
        }
        while self
            .rest
            .next_if(|&letter| letter == ' ' || letter == '\t')
            .is_some()
        {}
        self.redirects = true;
        Ok(())
    }

    /// Parses up to the next typographic quote of the same kind.
    fn curled(&mut self, first: char) -> Result<(), String> {
        let quotes = if "‘’‚".contains(first) {
            ['‘', '’']
        } else {
            ['“', '”']
        };
        self.word.get_or_insert_default();
        loop {
            match self.rest.next().ok_or(UNCLOSED)? {
                letter if quotes.contains(&letter) => return Ok(()),
                letter => self.push(letter),
            }
        }
    }

    fn push(&mut self, letter: char) {
        let mut bytes = [0; 4];
        let bytes = letter.encode_utf8(&mut bytes).as_bytes();
        self.word.get_or_insert_default().extend_from_slice(bytes);
    }

    fn end_word(&mut self) -> Result<(), String> {
        if let Some(word) = self.word.take() {
            if std::mem::take(&mut self.redirects) {
                return match word.as_slice() {
                    b"/dev/null" | b"NUL" | b"nul" => Ok(()),
                    _ => Err(REDIRECTION.to_owned()),
                };
            }
            let word = String::from_utf8(word);
            self.words
                .push(word.map_err(|_| "an escape such as \\xHH is not UTF-8".to_owned())?);
        }
        Ok(())
    }

    /// Parses the character after a backslash outside quotes: a line end is removed, others are
    /// kept.
    fn escaped(&mut self) -> Result<(), String> {
        match self.rest.next() {
            None => return Err("it ends with a backslash; was all of it copied?".to_owned()),
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
                '"' if self.rest.next_if_eq(&'"').is_some() => self.push('"'),
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

    /// Parses bash's `$'…'`, with the escape sequences of C.
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

    /// Parses `\uHHHH`, or a surrogate pair of two of them: browsers write UTF-16 code units.
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

    /// Parses a number of one to `most` digits.
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

const NO_CHARACTER: &str = "invalid escape after a backslash";

const REDIRECTION: &str = "it has a redirection; redirect wsline itself instead";

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn all_kinds_of_posix_quotes_are_parsed() {
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
            // Browsers used to escape quotes like this on Windows.
            (r#""W/""abc""" "" b"#, &[r#"W/"abc""#, "", "b"]),
            (r#""a"%"b\\c""#, &[r"a%b\c"]),
            ("‘a b’ “it‘s” it’s", &["a b", "it‘s", "it’s"]),
            ("a `\n b `\r\n c`", &["a", "b", "c`"]),
            ("a # b 'c\nd #", &["a", "d"]),
            ("a#b '#'", &["a#b", "#"]),
            ("a >/dev/null 2>&1 b 2> /dev/null", &["a", "b"]),
            ("a &>/dev/null </dev/null", &["a"]),
            ("a>b 1 x2>y", &["a>b", "1", "x2>y"]),
        ] {
            assert_eq!(Posix::new(text).words(), Ok(strings(expected)), "{text}");
        }
    }

    #[test]
    fn incomplete_commands_are_rejected() {
        for (text, says) in [
            ("a 'b", "not closed"),
            ("a \"b\\", "not closed"),
            ("a $'b\\", "not closed"),
            ("a \\", "backslash"),
            (r"$'\xff'", "not UTF-8"),
            (r"$'\xzz'", "invalid escape"),
            (r"$'\777'", "invalid escape"),
            (r"$'\ud83d'", "invalid escape"),
            (r"$'\ud83d\u0041'", "invalid escape"),
            (r"$'\U00110000'", "invalid escape"),
            ("curl a;\ncurl b", "more than one command"),
            ("curl a ; curl b", "more than one command"),
            ("curl a & curl b", "more than one command"),
            ("curl a | jq", "more than one command"),
            ("curl a > out.txt", "a redirection"),
            ("curl a 2>>log", "a redirection"),
            ("curl a >&$x", "a redirection"),
            ("curl a < s3cret", "a redirection"),
            ("“a", "not closed"),
        ] {
            let problem = Posix::new(text).words().expect_err(text);
            assert!(problem.contains(says), "{text}: {problem}");
            assert!(!problem.contains("s3cret"), "{problem}");
        }
    }
}
