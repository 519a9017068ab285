//! Values for authentication. The errors for invalid ones quote nothing of them.

use super::values::{field_value, file, secret};
use crate::http::{Credentials, CustomHeader};
use crate::secret::Secret;
use crate::sys::file::Inputs;

/// Who logs in (`--user`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password; `None` is to be asked for.
    pub password: Option<Secret>,
}

/// `USER:PASS`, whose password may be empty and may hold colons, or `USER` alone, whose password
/// is still to be asked for; also where `env:NAME` and `@FILE` say.
pub(super) fn login(text: &str, inputs: &Inputs) -> Result<Login, String> {
    let text = secret(text, inputs)?;
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(Secret::new(password))),
        None => (&*text, None),
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

/// `USER:PASS` for a proxy, which is not asked for; also where `env:NAME` and `@FILE` say.
pub(super) fn proxy_login(text: &str, inputs: &Inputs) -> Result<Credentials, String> {
    let login = login(text, inputs)?;
    let password = login
        .password
        .ok_or("missing password; expected USER:PASS (USER: for an empty password)")?;
    Ok(Credentials {
        user: login.user,
        password: password.reveal().to_owned(),
    })
}

/// A token of RFC 6750 §2.1, which is not checked closer than a header's value: servers take
/// more than the grammar has.
pub(super) fn bearer(text: &str, inputs: &Inputs) -> Result<Secret, String> {
    let token = secret(text, inputs)?;
    let token = field_value(token.trim())?;
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

/// `NAME=VALUE`, several in one as `a=b; c=d`.
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

/// One `-H`: a header, or `@FILE` with a header on each line; empty lines, and those that begin
/// with `#`, are passed over.
pub(super) fn headers(text: &str, inputs: &Inputs) -> Result<Vec<CustomHeader>, String> {
    let Some(path) = text.strip_prefix('@') else {
        return CustomHeader::parse(text).map(|header| vec![header]);
    };
    let content = file(path, inputs)?;
    let lines = content.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(index, line)| {
            CustomHeader::parse(line)
                .map_err(|sentence| format!("{path:?}, line {}: {sentence}", index + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &str) -> Result<Login, String> {
        super::login(text, &Inputs::default())
    }

    #[test]
    fn a_login_may_lack_its_password() {
        let parsed = login("bob:a:b").expect("a login");
        assert_eq!(parsed.user, "bob");
        assert_eq!(parsed.password, Some(Secret::new("a:b")));
        assert!(!format!("{parsed:?}").contains("a:b"), "{parsed:?}");
        assert_eq!(login("bob").expect("a login").password, None);
        let empty = login("bob:").expect("a login").password;
        assert_eq!(empty, Some(Secret::new("")));
        assert!(login("").expect_err("nobody").contains("missing user name"));
        assert!(login("@/no/such").is_err());
    }

    #[test]
    fn tokens_and_cookies() {
        let bearer = |text: &str| bearer(text, &Inputs::default());
        assert_eq!(bearer(" t.o-k="), Ok(Secret::new("t.o-k=")));
        for (text, says) in [
            ("", "empty"),
            ("Bearer abc", "without Bearer"),
            ("a\nb", "control characters"),
            ("env:WSLINE_NO_SUCH", "is not set"),
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
    }

    #[test]
    fn a_file_has_a_header_on_each_line() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let name = format!("@{}", file.path().display());
        let write = |text: &str| std::fs::write(file.path(), text).expect("it can be written");
        let headers = |text: &str| headers(text, &Inputs::default());
        write("\u{feff}# ours\nA: 1\r\n\n  \nb:2\nC;\nD:");
        let read = headers(&name).expect("headers");
        let names: Vec<&str> = read.iter().map(|header| &*header.name).collect();
        assert_eq!(names, ["A", "b", "C", "D"]);
        assert_eq!(read[0].value.as_deref(), Some(&b"1"[..]));
        write("A: 1\nhidden\n");
        let complaint = headers(&name).expect_err("no colon");
        assert!(complaint.contains("line 2: "), "{complaint}");
        assert!(!complaint.contains("hidden"), "{complaint}");
        assert!(headers("@").is_err());
        write("\u{feff}A: 1\n");
        let read = headers(&name).expect("a header");
        assert_eq!(&*read[0].name, "A", "without the byte order mark");
    }
}
