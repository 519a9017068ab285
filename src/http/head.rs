//! The head of a request or a response as it was sent: the first line and the headers (RFC 9112
//! §3–§5).
//!
//! Both heads of the opening handshake are kept, because `-v` prints them, `--json` reports them
//! and errors quote them.

use super::header::{Header, Headers};
use super::sensitive::Secrets;

/// The head of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// The request line without its line end: `GET /chat HTTP/1.1`.
    pub request_line: String,
    /// The headers.
    pub headers: Headers,
}

/// The head of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code of the status line.
    pub status: u16,
    /// The status line without its line end: `HTTP/1.1 101 Switching Protocols`.
    pub status_line: String,
    /// The headers.
    pub headers: Headers,
    /// What is invalid in the head. Its headers are then those that could be parsed.
    pub problem: Option<String>,
}

impl RequestHead {
    /// The lines of the head, without line ends. They are not escaped for a terminal.
    pub fn lines(&self, secrets: Secrets) -> impl Iterator<Item = String> + '_ {
        lines(&self.request_line, &self.headers, secrets)
    }

    /// The head as it is sent, with the empty line that ends it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.request_line.clone().into_bytes();
        for header in &self.headers {
            bytes.extend(b"\r\n");
            bytes.extend(header.name.as_bytes());
            bytes.push(b':');
            if !header.value.is_empty() {
                bytes.push(b' ');
                bytes.extend(&header.value);
            }
        }
        bytes.extend(b"\r\n\r\n");
        bytes
    }
}

impl ResponseHead {
    /// The lines of the head, without line ends. They are not escaped for a terminal.
    pub fn lines(&self, secrets: Secrets) -> impl Iterator<Item = String> + '_ {
        lines(&self.status_line, &self.headers, secrets)
    }
}

fn lines<'a>(
    first: &str,
    headers: &'a Headers,
    secrets: Secrets,
) -> impl Iterator<Item = String> + use<'a> {
    let line = move |header: &Header| format!("{}: {}", header.name, header.shown_value(secrets));
    std::iter::once(first.to_owned()).chain(headers.iter().map(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hide_secrets() {
        let head = RequestHead {
            request_line: "GET / HTTP/1.1".to_owned(),
            headers: Headers::from_iter([("Cookie", "a=b; c=d"), ("X", "y")]),
        };
        let lines: Vec<_> = head.lines(Secrets::Hidden).collect();
        assert_eq!(lines, ["GET / HTTP/1.1", "Cookie: ***", "X: y"]);
        let lines: Vec<_> = head.lines(Secrets::Shown).collect();
        assert_eq!(lines[1], "Cookie: a=b; c=d");
    }

    #[test]
    fn header_without_a_value_has_no_space_after_the_colon() {
        let head = RequestHead {
            request_line: "GET / HTTP/1.1".to_owned(),
            headers: Headers::from_iter([("A", "b"), ("Empty", "")]),
        };
        assert_eq!(head.encode(), b"GET / HTTP/1.1\r\nA: b\r\nEmpty:\r\n\r\n");
    }
}
