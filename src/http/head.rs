//! The head of an HTTP message as it was on the wire: start line and fields (RFC 9112).
//!
//! The opening handshake keeps both heads whole, because `-v` shows them, `--json` reports
//! them and an error about them quotes them. Secrets are hidden here, in one place, whoever prints.

/// Whether credentials may be shown (`--show-secrets`) or are replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Values of credential fields are replaced by `***`.
    #[default]
    Hidden,
    /// Everything is shown as it is.
    Shown,
}

/// One header field. The value is kept as bytes: nothing says that a server sends UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in the letter case it was sent in.
    pub name: String,
    /// The value without the blanks around it.
    pub value: Vec<u8>,
}

/// Start line and fields of a request or a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `GET /chat HTTP/1.1`, `HTTP/1.1 101 Switching Protocols`, without the line end.
    pub start_line: String,
    /// The fields in the order of the wire.
    pub fields: Vec<Field>,
}

/// The fields whose values are credentials.
const SECRET: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
];

/// Whether the value of the field called `name` is a credential.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    SECRET
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Whether `text` is a token (RFC 9110 §5.6.2).
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

impl Head {
    /// The value of the first field called `name`, whatever its letter case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let field = self
            .fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))?;
        Some(&field.value)
    }

    /// The values of all fields called `name`, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value.as_slice())
    }

    /// Whether the comma-separated list in the fields called `name` holds `token` (RFC 9110 §5.6.1).
    #[must_use]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(|&byte| byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }

    /// The lines of this head for people, without line ends and not yet escaped for a terminal.
    pub fn lines(&self, secrets: Secrets) -> impl Iterator<Item = String> + '_ {
        std::iter::once(self.start_line.clone()).chain(
            self.fields
                .iter()
                .map(move |field| format!("{}: {}", field.name, field.shown_value(secrets))),
        )
    }
}

impl Field {
    /// The value as text, credentials replaced unless `secrets` are shown.
    ///
    /// The scheme of `Authorization` stays readable (`Bearer ***`): it is what people get wrong.
    #[must_use]
    pub fn shown_value(&self, secrets: Secrets) -> String {
        let value = self.text();
        if secrets == Secrets::Shown || !is_secret(&self.name) {
            return value;
        }
        match value.split_once(' ') {
            Some((scheme, _)) if self.name.to_ascii_lowercase().ends_with("authorization") => {
                format!("{scheme} ***")
            }
            _ => "***".to_owned(),
        }
    }

    /// The value as text; a byte that is not UTF-8 stands as `\xff`, so that none is lost.
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        for chunk in self.value.utf8_chunks() {
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                text.extend(byte.escape_ascii().map(char::from));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: &[(&str, &str)]) -> Head {
        Head {
            start_line: "GET / HTTP/1.1".to_owned(),
            fields: fields
                .iter()
                .map(|(name, value)| Field {
                    name: (*name).to_owned(),
                    value: value.as_bytes().to_vec(),
                })
                .collect(),
        }
    }

    #[test]
    fn a_byte_that_is_no_text_is_shown_and_not_lost() {
        let field = Field {
            name: "X".to_owned(),
            value: b"a\x9b31m \xc3\xbc\xff".to_vec(),
        };
        assert_eq!(field.shown_value(Secrets::Hidden), "a\\x9b31m \u{fc}\\xff");
    }

    #[test]
    fn secrets_are_hidden_and_the_scheme_stays() {
        let head = head(&[
            ("authorization", "Basic dTpw"),
            ("Cookie", "a=b; c=d"),
            ("Authorization", "token"),
            ("X", "y"),
        ]);
        let lines: Vec<_> = head.lines(Secrets::Hidden).collect();
        assert_eq!(
            lines,
            [
                "GET / HTTP/1.1",
                "authorization: Basic ***",
                "Cookie: ***",
                "Authorization: ***",
                "X: y"
            ]
        );
        assert!(head
            .lines(Secrets::Shown)
            .any(|line| line == "Cookie: a=b; c=d"));
    }

    #[test]
    fn a_list_is_searched_item_by_item() {
        let head = head(&[("Connection", "keep-alive, Upgrade")]);
        assert!(head.has_token("connection", "upgrade"));
        assert!(!head.has_token("connection", "keep"));
    }
}
