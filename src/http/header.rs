//! Header lists as sent or received, and the headers that a user sets (RFC 9110 §5).

use std::fmt;

use super::sensitive::{find_tokens, is_secret, shown_subprotocols, Secrets, HIDDEN, SUBPROTOCOL};

/// Whether `text` is a token (RFC 9110 §5.6.2).
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// One header. Its value is a list of bytes because a server may send other encodings than UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name with its original letter case.
    pub name: String,
    /// The value without leading and trailing whitespace.
    pub value: Vec<u8>,
}

impl Header {
    /// Creates a header.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// Whether the header has this name, ignoring case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether the value contains a credential.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        is_secret(&self.name) || self.is(SUBPROTOCOL) && has_token(&self.text())
    }

    /// The value as text. Credentials are replaced by `***` unless `secrets` are shown.
    ///
    /// The scheme of `Authorization` stays visible (`Bearer ***`), because it is a common mistake.
    /// In a list of subprotocols, only those that look like bearer tokens are replaced.
    #[must_use]
    pub fn shown_value(&self, secrets: Secrets) -> String {
        let value = self.text();
        if self.is(SUBPROTOCOL) {
            return shown_subprotocols(&value, secrets).into_owned();
        }
        if secrets == Secrets::Shown || !is_secret(&self.name) {
            return value;
        }
        match value.split_once(' ') {
            Some((scheme, _)) if self.name.to_ascii_lowercase().ends_with("authorization") => {
                format!("{scheme} {HIDDEN}")
            }
            _ => HIDDEN.to_owned(),
        }
    }

    /// The value as text. Bytes that are not UTF-8 are written as `\xff`, so that none is lost.
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

/// Whether a subprotocol in the comma-separated `list` looks like a bearer token.
fn has_token(list: &str) -> bool {
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    find_tokens(&names).iter().any(Option::is_some)
}

/// Headers in the order in which they are sent or were received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// The value of the first header with this name, ignoring case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let header = self.iter().find(|header| header.is(name))?;
        Some(&header.value)
    }

    /// The values of all headers with this name, ignoring case, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.iter()
            .filter(move |header| header.is(name))
            .map(|header| header.value.as_slice())
    }

    /// Whether `token` is in the comma-separated list of the headers called `name`, ignoring case
    /// (RFC 9110 §5.6.1).
    #[must_use]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.get_all(name)
            .flat_map(|value| value.split(|&byte| byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Appends a header.
    pub fn push(&mut self, header: Header) {
        self.0.push(header);
    }

    /// The headers in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// The headers in order, to change them.
    pub fn as_mut_slice(&mut self) -> &mut [Header] {
        &mut self.0
    }

    /// Combines default and custom headers: a custom header replaces the default of the same name
    /// in its place, the others follow in order. A default without a value is not sent.
    #[must_use]
    pub fn merge(defaults: &[(&str, Option<String>)], custom: &[CustomHeader]) -> Self {
        let mut headers = Self::default();
        for (name, value) in defaults {
            let mut replaced = false;
            for header in custom.iter().filter(|header| header.is(name)) {
                replaced = true;
                headers.0.extend(header.to_header());
            }
            if !replaced {
                let value = value.as_ref();
                headers
                    .0
                    .extend(value.map(|value| Header::new(*name, value.as_str())));
            }
        }
        let is_default = |header: &CustomHeader| defaults.iter().any(|(name, _)| header.is(name));
        let others = custom.iter().filter(|header| !is_default(header));
        headers.0.extend(others.filter_map(CustomHeader::to_header));
        headers
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<N: Into<String>, V: Into<Vec<u8>>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        pairs
            .map(|(name, value)| Header::new(name, value))
            .collect()
    }
}

impl FromIterator<Header> for Headers {
    fn from_iter<I: IntoIterator<Item = Header>>(headers: I) -> Self {
        Self(headers.into_iter().collect())
    }
}

/// A header that the user sets (`-H`), or a default header that the user removes.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomHeader {
    /// The name with the letter case that the user wrote.
    pub name: String,
    /// The value; `None` removes the default header of this name.
    pub value: Option<Vec<u8>>,
}

impl fmt::Debug for CustomHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.to_header() {
            Some(header) => header.shown_value(Secrets::Hidden),
            None => "(left out)".to_owned(),
        };
        write!(f, "CustomHeader({}: {shown})", self.name)
    }
}

impl CustomHeader {
    /// Parses `Name: value` as curl does. `Name;` sends the header with an empty value, `Name:`
    /// removes the default header.
    ///
    /// # Errors
    ///
    /// What is invalid, without the value, which may be secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains(['\r', '\n', '\0']) {
            return Err("a header cannot contain a line break or NUL".to_owned());
        }
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, value.trim_matches([' ', '\t'])),
            None => match text.trim_end_matches([' ', '\t']).strip_suffix(';') {
                Some(name) => (name, ";"),
                None => return Err("missing colon in the header: use 'Name: value'".into()),
            },
        };
        if !is_token(name) {
            return Err(if name.is_empty() {
                "missing name before the colon: use 'Name: value'".to_owned()
            } else {
                // The name is not quoted: it may contain a secret written before the colon by
                // mistake.
                "invalid character in the header name: use only letters, digits and \
                 !#$%&'*+-.^_`|~"
                    .to_owned()
            });
        }
        if value.chars().any(|c| c != '\t' && c.is_ascii_control()) {
            return Err(format!("the value of {name} contains a control character"));
        }
        let value = match value {
            "" => None,
            ";" if !text.contains(':') => Some(Vec::new()),
            value => Some(value.as_bytes().to_vec()),
        };
        Ok(Self {
            name: name.to_owned(),
            value,
        })
    }

    /// Whether the header has this name, ignoring case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether the value contains a credential.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.to_header().is_some_and(|header| header.is_secret())
    }

    /// The header to send; `None` if it removes a default header.
    fn to_header(&self) -> Option<Header> {
        let value = self.value.as_ref()?;
        Some(Header::new(&*self.name, value.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_escaped() {
        let header = Header::new("X", b"a\x9b31m \xc3\xbc\xff");
        assert_eq!(header.shown_value(Secrets::Hidden), "a\\x9b31m \u{fc}\\xff");
    }

    #[test]
    fn secrets_are_hidden_except_the_authorization_scheme() {
        for (name, value, shown) in [
            ("authorization", "Basic dTpw", "Basic ***"),
            ("Cookie", "a=b; c=d", "***"),
            ("Authorization", "token", "***"),
            ("X", "y", "y"),
            ("x-session", "Basic dTpw", "***"),
            (
                "sec-websocket-key",
                "dGhlIHNhbXBsZSBub25jZQ==",
                "dGhlIHNhbXBsZSBub25jZQ==",
            ),
            (
                "sec-websocket-protocol",
                "chat,token.abcd",
                "chat, token.***",
            ),
        ] {
            let header = Header::new(name, value);
            assert_eq!(header.shown_value(Secrets::Hidden), shown);
            assert_eq!(header.shown_value(Secrets::Shown), value);
        }
    }

    #[test]
    fn tokens_are_found_in_comma_separated_lists() {
        let headers = Headers::from_iter([("Connection", "keep-alive, Upgrade")]);
        assert!(headers.has_token("connection", "upgrade"));
        assert!(!headers.has_token("connection", "keep"));
    }

    #[test]
    fn custom_headers_are_parsed_as_curl_does() {
        let header = |name: &str, value: Option<&str>| CustomHeader {
            name: name.to_owned(),
            value: value.map(|value| value.as_bytes().to_vec()),
        };
        for (text, is) in [
            ("X-A: b", header("X-A", Some("b"))),
            ("x-a:b:c;", header("x-a", Some("b:c;"))),
            ("X:  ü \t", header("X", Some("ü"))),
            ("X: ;", header("X", Some(";"))),
            ("X;", header("X", Some(""))),
            ("X:", header("X", None)),
            ("X: ", header("X", None)),
        ] {
            assert_eq!(CustomHeader::parse(text), Ok(is), "{text}");
        }
        for (text, says) in [
            ("X", "missing colon"),
            ("", "missing colon"),
            (": x", "missing name"),
            ("X Y: z", "invalid character in the header name"),
            ("X : z", "invalid character in the header name"),
            ("X: a\r\nY: b", "line break"),
            ("X: \0", "NUL"),
            ("X: a\u{1b}", "control character"),
        ] {
            let complaint = CustomHeader::parse(text).expect_err(text);
            assert!(complaint.contains(says), "{text:?}: {complaint}");
        }
    }

    #[test]
    fn debug_output_of_custom_headers_hides_secrets() {
        for (text, shown) in [
            ("Cookie: hidden", "CustomHeader(Cookie: ***)"),
            ("X-Seen: seen", "CustomHeader(X-Seen: seen)"),
            (
                "Sec-WebSocket-Protocol: a, bearer.hidden",
                "CustomHeader(Sec-WebSocket-Protocol: a, bearer.***)",
            ),
            ("Origin:", "CustomHeader(Origin: (left out))"),
        ] {
            let header = CustomHeader::parse(text).expect("a header");
            assert_eq!(format!("{header:?}"), shown);
            assert_eq!(header.is_secret(), shown.contains(HIDDEN), "{text}");
        }
    }
}
