//! Values for authentication, from any source. Their error messages quote nothing of them.

use super::values::field_value;
use crate::http::{Credentials, CustomHeader};
use crate::secret::Secret;

/// The value of `--user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password; `None` to prompt for it.
    pub password: Option<Secret>,
}

/// Parses `USER:PASS`, whose password may be empty or contain colons, or `USER`.
///
/// # Errors
///
/// That the user name is missing, as a sentence.
pub fn login(text: &str) -> Result<Login, String> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(Secret::new(password))),
        None => (text, None),
    };
    if password.is_none() && user.is_empty() {
        return Err(
            "missing user name; expected USER:PASS, or USER for a password prompt".to_owned(),
        );
    }
    Ok(Login {
        user: user.to_owned(),
        password,
    })
}

/// Parses `USER:PASS` for a proxy. There is no prompt for its password.
///
/// # Errors
///
/// That the user name or the password is missing, as a sentence.
pub fn proxy_login(text: &str) -> Result<Credentials, String> {
    let login = login(text)?;
    let password = login
        .password
        .ok_or("missing password; expected USER:PASS (USER: for an empty password)")?;
    Ok(Credentials {
        user: login.user,
        password: password.reveal().to_owned(),
    })
}

/// Parses a token (RFC 6750 §2.1). Only the rules for header values are checked, because servers
/// accept more than the RFC's grammar.
///
/// # Errors
///
/// What is not allowed in it, as a sentence.
pub fn bearer(text: &str) -> Result<Secret, String> {
    let token = field_value(text.trim())?;
    if token.is_empty() {
        return Err("the token is empty".to_owned());
    }
    if token
        .get(..7)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "))
    {
        return Err("give the token without Bearer, which is added".to_owned());
    }
    Ok(Secret::new(token))
}

/// Parses the passphrase of a private key.
///
/// # Errors
///
/// What is not allowed in it, as a sentence.
pub fn passphrase(text: &str) -> Result<Secret, String> {
    if text.contains('\0') {
        return Err("a passphrase cannot contain NUL".to_owned());
    }
    Ok(Secret::new(text))
}

/// Parses `NAME=VALUE`, or several as `a=b; c=d`.
pub(super) fn cookie(text: &str) -> Result<Secret, String> {
    let cookie = field_value(text.trim_matches([' ', '\t', ';']))?;
    if !cookie.contains('=') {
        return Err(
            "expected NAME=VALUE, or several as 'a=b; c=d'; cookie files are not supported, but \
             -H @FILE reads a header"
                .to_owned(),
        );
    }
    Ok(Secret::new(cookie))
}

/// Parses a file with one header per line. Empty lines and lines that begin with `#` are ignored.
///
/// # Errors
///
/// The number of the first invalid line, from 1, and what is invalid in it.
pub fn headers(text: &str) -> Result<Vec<CustomHeader>, String> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(index, line)| {
            CustomHeader::parse(line).map_err(|sentence| format!("line {}: {sentence}", index + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_without_a_password_is_allowed() {
        let parsed = login("bob:a:b").expect("a login");
        assert_eq!(parsed.user, "bob");
        assert_eq!(parsed.password, Some(Secret::new("a:b")));
        assert!(!format!("{parsed:?}").contains("a:b"), "{parsed:?}");
        assert_eq!(login("bob").expect("a login").password, None);
        let empty = login("bob:").expect("a login").password;
        assert_eq!(empty, Some(Secret::new("")));
        assert!(login("").expect_err("nobody").contains("missing user name"));
    }

    #[test]
    fn tokens_and_cookies_are_checked() {
        assert_eq!(bearer(" t.o-k="), Ok(Secret::new("t.o-k=")));
        for (text, says) in [
            ("", "empty"),
            ("Bearer abc", "without Bearer"),
            ("a\nb", "control characters"),
        ] {
            let complaint = bearer(text).expect_err(text);
            assert!(complaint.contains(says), "{complaint}");
        }
        assert_eq!(cookie("a=b; c=d;"), Ok(Secret::new("a=b; c=d")));
        for (text, says) in [
            ("", "NAME=VALUE"),
            ("jar.txt", "not supported"),
            ("a=\r", "control"),
        ] {
            let complaint = cookie(text).expect_err(text);
            assert!(complaint.contains(says), "{complaint}");
        }
        assert!(passphrase("a\0").is_err());
    }

    #[test]
    fn header_files_have_one_header_per_line() {
        let read = headers("# ours\nA: 1\r\n\n  \nb:2\nC;\nD:").expect("headers");
        let names: Vec<&str> = read.iter().map(|header| &*header.name).collect();
        assert_eq!(names, ["A", "b", "C", "D"]);
        assert_eq!(read[0].value.as_deref(), Some(&b"1"[..]));
        let complaint = headers("A: 1\nhidden\n").expect_err("no colon");
        assert!(complaint.starts_with("line 2: "), "{complaint}");
        assert!(!complaint.contains("hidden"), "{complaint}");
    }
}
