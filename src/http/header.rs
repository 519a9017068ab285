//! Headers: a list in the order of the wire, and the headers that a user sets (RFC 9110 §5).

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

/// One header. The value is bytes: a server need not send UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name in the letter case it was sent in.
    pub name: String,
    /// The value without the whitespace around it.
    pub value: Vec<u8>,
}

impl Header {
    /// A header with this name and value.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// Whether it is called `name`, whatever the letter case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether the value contains a credential.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        is_secret(&self.name) || self.is(SUBPROTOCOL) && has_token(&self.text())
    }

    /// The value as text, credentials replaced unless `secrets` are shown.
    ///
    /// The scheme of `Authorization` stays readable (`Bearer ***`): it is what people get wrong. Of
    /// a list of subprotocols only those are hidden that look like bearer tokens.
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

    /// The value as text; a byte that is not UTF-8 becomes `\xff`, so that none is lost.
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

/// Whether one of the subprotocols in a list looks like a bearer token.
fn has_token(list: &str) -> bool {
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    find_tokens(&names).iter().any(Option::is_some)
}

/// A list of headers in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// The value of the first header called `name`, whatever its letter case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let header = self.iter().find(|header| header.is(name))?;
        Some(&header.value)
    }

    /// The values of all headers called `name`, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.iter()
            .filter(move |header| header.is(name))
            .map(|header| header.value.as_slice())
    }

    /// Whether the comma-separated list in the headers called `name` has `token`
    /// (RFC 9110 §5.6.1).
    #[must_use]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.get_all(name)
            .flat_map(|value| value.split(|&byte| byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Adds a header at the end.
    pub fn push(&mut self, header: Header) {
        self.0.push(header);
    }

    /// The headers in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// The default headers, each replaced in its place by the custom ones of the same name, then
    /// the rest of the custom ones. A default without a value is not sent.
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

/// A header that the user sets for a request (`-H`), or a default header that is left out of it.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomHeader {
    /// The name, in the user's letter case.
    pub name: String,
    /// The value; `None` leaves out the default header of this name.
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
    /// Reads `Name: value` as curl does: `Name;` sends the header without a value, `Name:` leaves
    /// out the default.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in a sentence that does not quote the value.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains(['\r', '\n', '\0']) {
            return Err("a header can't hold a line end or a NUL".to_owned());
        }
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, value.trim_matches([' ', '\t'])),
            None => match text.trim_end_matches([' ', '\t']).strip_suffix(';') {
                Some(name) => (name, ";"),
                None => {
                    return Err(
                        "a header is written 'Name: value', and this one has no colon".into(),
                    )
                }
            },
        };
        if !is_token(name) {
            return Err(if name.is_empty() {
                "a header is written 'Name: value', and this one has no name".to_owned()
            } else {
                // Not quoted: a secret may have slipped before the colon.
                "the name of a header can't hold a blank, or anything but letters, digits and \
                 !#$%&'*+-.^_`|~"
                    .to_owned()
            });
        }
        if value.chars().any(|c| c != '\t' && c.is_ascii_control()) {
            return Err(format!("the value of {name} has a control character in it"));
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

    /// Whether it is called `name`, whatever the letter case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether a credential is sent in it.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.to_header().is_some_and(|header| header.is_secret())
    }

    /// The header to send, if there is one.
    fn to_header(&self) -> Option<Header> {
        let value = self.value.as_ref()?;
        Some(Header::new(&*self.name, value.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_no_text_is_shown_and_not_lost() {
        let header = Header::new("X", b"a\x9b31m \xc3\xbc\xff");
        assert_eq!(header.shown_value(Secrets::Hidden), "a\\x9b31m \u{fc}\\xff");
    }

    #[test]
    fn secrets_are_hidden_and_the_scheme_stays() {
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
    fn a_list_is_searched_item_by_item() {
        let headers = Headers::from_iter([("Connection", "keep-alive, Upgrade")]);
        assert!(headers.has_token("connection", "upgrade"));
        assert!(!headers.has_token("connection", "keep"));
    }

    #[test]
    fn custom_headers_are_read_as_curl_reads_them() {
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
            ("X", "no colon"),
            ("", "no colon"),
            (": x", "no name"),
            ("X Y: z", "can't hold a blank"),
            ("X : z", "can't hold a blank"),
            ("X: a\r\nY: b", "line end"),
            ("X: \0", "NUL"),
            ("X: a\u{1b}", "control character"),
        ] {
            let complaint = CustomHeader::parse(text).expect_err(text);
            assert!(complaint.contains(says), "{text:?}: {complaint}");
        }
    }

    #[test]
    fn a_custom_header_does_not_show_a_secret() {
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
