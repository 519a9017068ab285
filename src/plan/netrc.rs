//! Credentials by host name, in the form of `.netrc` as curl and ftp read it.

use std::fmt;

use crate::secret::Secret;

/// What a netrc file has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Netrc {
    entries: Vec<NetrcEntry>,
}

/// The credentials of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NetrcEntry {
    /// The host name; `None` for `default`.
    machine: Option<String>,
    login: Option<String>,
    password: Option<Secret>,
}

impl NetrcEntry {
    /// Whether it is for a host, as `default` is for all.
    fn is_for(&self, host: &str) -> bool {
        let machine = self.machine.as_deref();
        machine.is_none_or(|machine| machine.eq_ignore_ascii_case(host))
    }
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetrcError {
    /// A word is followed by nothing.
    Missing(&'static str),
    /// A word that is none of the format, and the line that it is on, counted from 1.
    Unknown(usize),
    /// A quoted word has no end.
    Unterminated(usize),
}

impl fmt::Display for NetrcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(word) => write!(f, "nothing follows '{word}'"),
            // It may be a password.
            Self::Unknown(line) => write!(f, "line {line}: expected machine, login or password"),
            Self::Unterminated(line) => write!(f, "line {line}: unterminated quote"),
        }
    }
}

impl Netrc {
    /// Parses a file.
    ///
    /// # Errors
    ///
    /// What is wrong with it; no word of it is quoted.
    pub fn parse(text: &str) -> Result<Self, NetrcError> {
        let mut entries: Vec<NetrcEntry> = Vec::new();
        let mut words = Words {
            rest: text,
            line: 1,
        };
        while let Some(word) = words.next_word()? {
            let keyword = word.as_str();
            let entry = |machine| NetrcEntry {
                machine,
                login: None,
                password: None,
            };
            match keyword {
                "machine" => entries.push(entry(Some(words.value("machine")?))),
                "default" => entries.push(entry(None)),
                "login" => {
                    let login = words.value("login")?;
                    last(&mut entries, &words)?.login = Some(login);
                }
                "password" => {
                    let password = words.value("password")?;
                    last(&mut entries, &words)?.password = Some(Secret::new(password));
                }
                "account" => {
                    words.value("account")?;
                }
                "macdef" => words.skip_macro(),
                _ => return Err(NetrcError::Unknown(words.line)),
            }
        }
        Ok(Self { entries })
    }

    /// The user name and the password for a host: of the first entry for it, or else of `default`.
    #[must_use]
    pub fn credentials(&self, host: &str) -> Option<(&str, &str)> {
        let entry = self.entries.iter().find(|entry| entry.is_for(host))?;
        let password = entry.password.as_ref().map_or("", Secret::reveal);
        Some((entry.login.as_deref()?, password))
    }

    /// The password of a user of a host: of the first entry for both that has one. As in curl, an
    /// entry without a login is for every user.
    #[must_use]
    pub fn password(&self, host: &str, user: &str) -> Option<&Secret> {
        let is_of_user = |entry: &NetrcEntry| entry.login.as_ref().is_none_or(|it| it == user);
        let entries = self.entries.iter();
        let mut entries = entries.filter(|entry| entry.is_for(host) && is_of_user(entry));
        entries.find_map(|entry| entry.password.as_ref())
    }

    /// All passwords.
    pub fn passwords(&self) -> impl Iterator<Item = &Secret> {
        self.entries
            .iter()
            .filter_map(|entry| entry.password.as_ref())
    }
}

fn last<'a>(
    entries: &'a mut [NetrcEntry],
    words: &Words<'_>,
) -> Result<&'a mut NetrcEntry, NetrcError> {
    entries.last_mut().ok_or(NetrcError::Unknown(words.line))
}

/// The words of a file.
struct Words<'a> {
    rest: &'a str,
    /// The line of the last word.
    line: usize,
}

impl Words<'_> {
    fn next_word(&mut self) -> Result<Option<String>, NetrcError> {
        loop {
            let start = self.rest.trim_start();
            self.line += self.rest[..self.rest.len() - start.len()]
                .matches('\n')
                .count();
            self.rest = start;
            if !start.starts_with('#') {
                break;
            }
            self.rest = &start[start.find('\n').unwrap_or(start.len())..];
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        if let Some(quoted) = self.rest.strip_prefix('"') {
            return self.quoted(quoted).map(Some);
        }
        let end = self
            .rest
            .find(char::is_whitespace)
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Some(word.to_owned()))
    }

    /// A word in quotes, in which a backslash is before what would mean something else.
    fn quoted(&mut self, text: &str) -> Result<String, NetrcError> {
        let mut word = String::new();
        let mut characters = text.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    let end = self.rest.len() - text.len() + at + 1;
                    self.rest = &self.rest[end..];
                    return Ok(word);
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => word.push('\n'),
                    Some((_, 'r')) => word.push('\r'),
                    Some((_, 't')) => word.push('\t'),
                    Some((_, other)) => word.push(other),
                    None => break,
                },
                other => word.push(other),
            }
        }
        Err(NetrcError::Unterminated(self.line))
    }

    fn value(&mut self, of: &'static str) -> Result<String, NetrcError> {
        self.next_word()?.ok_or(NetrcError::Missing(of))
    }

    /// A macro ends at an empty line.
    fn skip_macro(&mut self) {
        let end = self.rest.find("\n\n").unwrap_or(self.rest.len());
        self.line += self.rest[..end].matches('\n').count();
        self.rest = &self.rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_for_a_host_counts_and_default_is_for_all() {
        let netrc = Netrc::parse(
            "# ours\nmachine One.example login a password b\nmachine two.example\n  login \"c d\"\n  \
             password \"e\\\"f\\\\g\"\nmacdef init\ncd /\n\nmachine three.example login h\n\
             machine one.example login no password no\ndefault login i password j\n",
        );
        let netrc = netrc.expect("a netrc");
        for (host, credentials) in [
            ("one.example", ("a", "b")),
            ("two.example", ("c d", "e\"f\\g")),
            ("three.example", ("h", "")),
            ("other", ("i", "j")),
        ] {
            assert_eq!(netrc.credentials(host), Some(credentials), "{host}");
        }
        assert_eq!(netrc.passwords().count(), 4);
        let one = Netrc::parse("machine a login b password c").expect("a netrc");
        assert_eq!(one.credentials("b"), None);
        assert_eq!(Netrc::parse("").expect("empty").credentials("a"), None);
    }

    #[test]
    fn a_user_has_the_password_of_an_entry_for_it() {
        let netrc = Netrc::parse(
            "machine h login a password pa\nmachine h login c\nmachine h login c password pc\n\
             machine one password p1\ndefault login d password pd\n",
        );
        let netrc = netrc.expect("a netrc");
        for (host, user, password) in [
            ("h", "a", Some("pa")),
            ("H", "c", Some("pc")),
            ("h", "d", Some("pd")),
            ("h", "other", None),
            ("one", "a", Some("p1")),
            ("other", "d", Some("pd")),
            ("other", "a", None),
        ] {
            let found = netrc.password(host, user).map(Secret::reveal);
            assert_eq!(found, password, "{user} at {host}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_a_word_of_it() {
        for (text, says) in [
            ("machine a login", "nothing follows 'login'"),
            ("machine", "nothing follows 'machine'"),
            (
                "machine a\nlogin b s3cret",
                "line 2: expected machine, login or password",
            ),
            ("login a", "line 1: expected machine, login or password"),
            ("machine a password \"s3cret", "line 1: unterminated quote"),
        ] {
            let error = Netrc::parse(text).expect_err(text);
            assert_eq!(error.to_string(), says);
        }
    }
}
