//! The server's answer as it arrives: heads by `httparse`, and the body of a refusal (RFC 9112).

use std::io::{self, Read};

use super::head::{Field, Head};

/// How long the heads of an answer may be together.
pub const HEAD_LIMIT: usize = 64 << 10;

/// How much of a body is kept.
pub const BODY_LIMIT: usize = 64 << 10;

const MOST_FIELDS: usize = 128;

/// How much is read at once.
const CHUNK: usize = 4096;

/// No head is shorter than `HTTP/1.1 200` and two line feeds.
const SHORTEST_HEAD: usize = 14;

/// Why no head could be read.
#[derive(Debug)]
pub enum Fault {
    /// The connection ended inside the head or before it; the error that ended it, if any.
    Ended(Option<io::Error>),
    /// The first bytes are no HTTP; these are they.
    NotHttp(Vec<u8>),
    /// HTTP, but against its rules; in words.
    Malformed(String),
}

/// Bytes from the server, those that have been read and not been used first.
#[derive(Debug)]
pub struct Incoming<'a, S> {
    stream: &'a mut S,
    bytes: Vec<u8>,
    heads: usize,
    careful: bool,
}

impl<'a, S: Read> Incoming<'a, S> {
    /// Nothing has been read yet.
    pub fn new(stream: &'a mut S) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
            heads: 0,
            careful: false,
        }
    }

    /// Nothing has been read yet, and nothing behind a head will be until its body is asked for:
    /// it may be for somebody else.
    pub fn up_to_the_head(stream: &'a mut S) -> Self {
        Self {
            careful: true,
            ..Self::new(stream)
        }
    }

    /// What was read beyond what was used.
    #[must_use]
    pub fn into_rest(self) -> Vec<u8> {
        self.bytes
    }

    /// Reads a part of a head once; false at the end of the stream.
    fn fill_head(&mut self) -> io::Result<bool> {
        if self.careful {
            // Where a head ends is known only when its end is here.
            let surely = SHORTEST_HEAD.saturating_sub(self.bytes.len());
            self.fill_with(surely.max(1))
        } else {
            self.fill()
        }
    }

    /// Reads once; false at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        self.fill_with(CHUNK)
    }

    fn fill_with(&mut self, most: usize) -> io::Result<bool> {
        let mut chunk = [0; CHUNK];
        loop {
            match self.stream.read(&mut chunk[..most]) {
                Ok(count) => {
                    self.bytes.extend_from_slice(&chunk[..count]);
                    return Ok(count != 0);
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
    }

    /// Reads a head and says which status it has. An empty line before it does no harm
    /// (RFC 9112 §2.2).
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn head(&mut self) -> Result<(u16, Head), Fault> {
        let mut seen = 0;
        loop {
            let blank = self.bytes.iter().take_while(|b| b"\r\n".contains(b));
            let blank = blank.count();
            self.bytes.drain(..blank);
            self.heads += blank;
            seen -= blank.min(seen);
            let start = &self.bytes[..self.bytes.len().min(5)];
            if !b"HTTP/".starts_with(start) {
                // What else is there tells what it is, if it has come already.
                return Err(Fault::NotHttp(self.bytes.clone()));
            }
            if let Some(length) = head_length(&self.bytes, seen) {
                return self.parse_head(length);
            }
            if self.heads + self.bytes.len() > HEAD_LIMIT {
                return Err(too_long());
            }
            seen = self.bytes.len();
            match self.fill_head() {
                Ok(true) => {}
                Ok(false) => return Err(Fault::Ended(None)),
                Err(cause) => return Err(Fault::Ended(Some(cause))),
            }
        }
    }

    fn parse_head(&mut self, length: usize) -> Result<(u16, Head), Fault> {
        self.heads += length;
        if self.heads > HEAD_LIMIT {
            return Err(too_long());
        }
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let bytes = &self.bytes[..length];
        let parsed = httparse::ParserConfig::default()
            .allow_obsolete_multiline_headers_in_responses(true)
            .parse_response(&mut response, bytes);
        let status = match (parsed, response.code) {
            (Ok(httparse::Status::Complete(_)), Some(status)) => status,
            (Err(httparse::Error::TooManyHeaders), _) => {
                return Err(Fault::Malformed(format!(
                    "its head has more than {MOST_FIELDS} fields"
                )))
            }
            (Err(cause), _) => {
                let place = wrong_place(bytes);
                return Err(Fault::Malformed(format!(
                    "its head is wrong: {cause}{place}"
                )));
            }
            (Ok(_), _) => return Err(Fault::Malformed("its head is cut off".to_owned())),
        };
        let line = bytes.split(|&byte| byte == b'\n').next();
        let line = line.unwrap_or_default().trim_ascii_end();
        let head = Head {
            start_line: String::from_utf8_lossy(line).into_owned(),
            fields: response
                .headers
                .iter()
                .map(|field| Field {
                    name: field.name.to_owned(),
                    value: field.value.trim_ascii().to_vec(),
                })
                .collect(),
        };
        self.bytes.drain(..length);
        Ok((status, head))
    }

    /// Reads the body of a refusal with this head (RFC 9112 §6.3), as much as is kept of it.
    /// True if there was more, or it was cut off: a part is better than nothing.
    #[must_use]
    pub fn body(mut self, status: u16, head: &Head) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        let whole = if matches!(status, 204 | 304) {
            Ok(true)
        } else if head.has_token("Transfer-Encoding", "chunked") {
            self.chunks(&mut body)
        } else if let Some(length) = content_length(head) {
            self.exactly(length, &mut body)
        } else {
            self.until_end(&mut body)
        };
        (body, !matches!(whole, Ok(true)))
    }

    /// True if there was as much as there should be and all of it was kept.
    fn exactly(&mut self, length: u64, body: &mut Vec<u8>) -> io::Result<bool> {
        let mut left = length;
        while left > 0 {
            let room = BODY_LIMIT - body.len();
            if room == 0 || (self.bytes.is_empty() && !self.fill()?) {
                return Ok(false);
            }
            let count = usize::try_from(left).unwrap_or(usize::MAX);
            let count = count.min(room).min(self.bytes.len());
            body.extend(self.bytes.drain(..count));
            left -= count as u64;
        }
        Ok(true)
    }

    fn until_end(&mut self, body: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            let count = self.bytes.len().min(BODY_LIMIT - body.len());
            body.extend(self.bytes.drain(..count));
            if !self.bytes.is_empty() {
                return Ok(false);
            }
            if !self.fill()? {
                return Ok(true);
            }
        }
    }

    /// The chunked transfer coding (RFC 9112 §7.1); extensions and trailers are passed over.
    fn chunks(&mut self, body: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            let Some(line) = self.line()? else {
                return Ok(false);
            };
            let size = line.split(|&byte| byte == b';').next().unwrap_or_default();
            let size = std::str::from_utf8(size.trim_ascii()).ok();
            let Some(size) = size.and_then(|size| u64::from_str_radix(size, 16).ok()) else {
                return Ok(false);
            };
            if size == 0 {
                break;
            }
            if !self.exactly(size, body)? || self.line()?.is_none_or(|line| !line.is_empty()) {
                return Ok(false);
            }
        }
        // The body is whole: trailers that never end take nothing from it.
        while self.line()?.is_some_and(|line| !line.is_empty()) {}
        Ok(true)
    }

    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.bytes) {
                let line: Vec<_> = self.bytes.drain(..=end).collect();
                return Ok(Some(line.trim_ascii_end().to_vec()));
            }
            if self.bytes.len() > HEAD_LIMIT || !self.fill()? {
                return Ok(None);
            }
        }
    }
}

/// Where a head is wrong: its first line, or the first field that can't be read, of which only
/// the name is quoted, since its value may be a secret.
fn wrong_place(head: &[u8]) -> String {
    let mut lines = head
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let quoted = |bytes: &[u8]| bytes[..bytes.len().min(40)].escape_ascii().to_string();
    let first = lines.next().unwrap_or_default();
    if !reads(first, b"") {
        return format!(", in \"{}\"", quoted(first));
    }
    // A folded line belongs to the field above it (RFC 9112 §5.2), and is not read alone.
    let wrong = lines.find(|line| !line.starts_with(b" ") && !reads(b"HTTP/1.1 200", line));
    match wrong.map(|line| line.split(|&byte| byte == b':').next().unwrap_or(line)) {
        Some(name) => format!(", in the field \"{}\"", quoted(name)),
        None => String::new(),
    }
}

/// Whether `httparse` reads a head of this status line and this field, or of no field.
fn reads(status: &[u8], field: &[u8]) -> bool {
    let mut head = [status, b"\r\n", field].concat();
    head.extend_from_slice(if field.is_empty() {
        b"\r\n"
    } else {
        b"\r\n\r\n"
    });
    let mut fields = [httparse::EMPTY_HEADER; 1];
    httparse::Response::new(&mut fields).parse(&head).is_ok()
}

fn too_long() -> Fault {
    Fault::Malformed(format!("its head is longer than {} KiB", HEAD_LIMIT >> 10))
}

/// Where the head ends that begins `bytes`: after the first empty line. `seen` bytes of it have
/// been searched before.
fn head_length(bytes: &[u8], seen: usize) -> Option<usize> {
    let from = seen.saturating_sub(3);
    memchr::memchr_iter(b'\n', &bytes[from..])
        .map(|at| from + at + 1)
        .find_map(|at| match &bytes[at..] {
            [b'\n', ..] => Some(at + 1),
            [b'\r', b'\n', ..] => Some(at + 2),
            _ => None,
        })
}

/// The length that the head promises; `None` if it promises none that makes sense.
fn content_length(head: &Head) -> Option<u64> {
    let mut values = head.all("Content-Length");
    let first = values.next()?;
    if values.any(|value| value != first) || !first.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(first).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte a read, then ends or fails.
    struct Drip<'a>(&'a [u8], Option<io::ErrorKind>);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match (self.0, self.1) {
                ([], Some(kind)) => Err(kind.into()),
                ([], None) => Ok(0),
                ([first, rest @ ..], _) => {
                    buffer[0] = *first;
                    self.0 = rest;
                    Ok(1)
                }
            }
        }
    }

    fn refusal(bytes: &[u8], end: Option<io::ErrorKind>) -> (Head, Vec<u8>, bool) {
        let mut all_at_once = bytes;
        let mut drip = Drip(bytes, end);
        let mut incoming = Incoming::new(&mut drip);
        let (status, head) = incoming.head().expect("a head");
        let (body, truncated) = incoming.body(status, &head);
        if end.is_none() {
            let mut incoming = Incoming::new(&mut all_at_once);
            let (status, same) = incoming.head().expect("a head");
            assert_eq!(same, head);
            assert_eq!(incoming.body(status, &same), (body.clone(), truncated));
        }
        (head, body, truncated)
    }

    fn body(bytes: &[u8]) -> (String, bool) {
        let (_, body, truncated) = refusal(bytes, None);
        (String::from_utf8(body).expect("text"), truncated)
    }

    #[test]
    fn a_head_is_kept_as_it_was_sent() {
        let (head, _, _) = refusal(
            b"\r\nHTTP/1.1 404  not here \r\nx-A:  b c \r\nX-a:\r\nContent-Length: 0\r\n\r\n",
            None,
        );
        assert_eq!(head.start_line, "HTTP/1.1 404  not here");
        let names: Vec<_> = head
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(names, ["x-A", "X-a", "Content-Length"]);
        assert_eq!(head.fields[0].value, b"b c");
    }

    #[test]
    fn a_body_is_read_by_its_framing() {
        for (bytes, is, truncated) in [
            ("Content-Length: 3\r\n\r\nabcdef", "abc", false),
            ("Content-Length: 3\r\n\r\nab", "ab", true),
            ("Content-Length: +3\r\n\r\nabcdef", "abcdef", false),
            (
                "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabcd",
                "abcd",
                false,
            ),
            ("\r\nabc", "abc", false),
            (
                "Content-Length: 1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n\
                 2;x=y\r\nab\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nmore",
                "ab0123456789",
                false,
            ),
            ("Transfer-Encoding: chunked\r\n\r\n3\r\nab", "ab", true),
            ("Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "ab", true),
            (
                "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
                "ab",
                true,
            ),
            ("Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", "", true),
        ] {
            let answer = format!("HTTP/1.1 400 Bad Request\r\n{bytes}");
            assert_eq!(
                body(answer.as_bytes()),
                (is.to_owned(), truncated),
                "{bytes}"
            );
        }
        assert_eq!(body(b"HTTP/1.1 304 x\n\nabc"), (String::new(), false));
    }

    #[test]
    fn a_body_that_stalls_is_kept_as_far_as_it_came() {
        let (_, body, truncated) = refusal(
            b"HTTP/1.1 500 x\r\nContent-Length: 9\r\n\r\nabc",
            Some(io::ErrorKind::TimedOut),
        );
        assert_eq!((body.as_slice(), truncated), (&b"abc"[..], true));
    }

    #[test]
    fn a_body_is_kept_up_to_its_limit() {
        let long = "x".repeat(BODY_LIMIT + 1);
        for framing in ["Content-Length: 65537\r\n", ""] {
            let answer = format!("HTTP/1.1 500 x\r\n{framing}\r\n{long}");
            let (kept, truncated) = body(answer.as_bytes());
            assert_eq!((kept.len(), truncated), (BODY_LIMIT, true));
        }
        let answer = format!("HTTP/1.1 500 x\r\n\r\n{}", &long[1..]);
        let (kept, truncated) = body(answer.as_bytes());
        assert_eq!((kept.len(), truncated), (BODY_LIMIT, false));
        let answer = format!(
            "HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n{long}\r\n0\r\n\r\n"
        );
        let (kept, truncated) = body(answer.as_bytes());
        assert_eq!((kept.len(), truncated), (BODY_LIMIT, true));
    }

    #[test]
    fn what_is_no_head_is_told_apart() {
        let fault = |bytes: &[u8]| {
            let mut bytes = bytes;
            Incoming::new(&mut bytes).head().expect_err("no head")
        };
        assert!(matches!(fault(b""), Fault::Ended(None)));
        assert!(matches!(
            fault(b"HTTP/1.1 101 x\r\nA: b"),
            Fault::Ended(None)
        ));
        assert!(matches!(fault(b"SSH-2.0"), Fault::NotHttp(bytes) if bytes == b"SSH-2.0"));
        for (head, place) in [
            (&b"HTTP/1.1 abc\r\n\r\n"[..], ", in \"HTTP/1.1 abc\""),
            (
                b"HTTP/1.1 101 x\r\nA: b\r\nB: \x1b[2J\r\n\r\n",
                ", in the field \"B\"",
            ),
            (
                b"HTTP/1.1 101 x\r\nno\x1bcolon\r\n\r\n",
                ", in the field \"no\\x1bcolon\"",
            ),
        ] {
            assert!(
                matches!(fault(head), Fault::Malformed(text) if text.ends_with(place)),
                "{place}"
            );
        }
        let long = format!("HTTP/1.1 101 x\r\nA: {}\r\n\r\n", "x".repeat(HEAD_LIMIT));
        assert!(
            matches!(fault(long.as_bytes()), Fault::Malformed(text) if text.contains("64 KiB"))
        );
        let many = format!(
            "HTTP/1.1 101 x\r\n{}\r\n",
            "A: b\r\n".repeat(MOST_FIELDS + 1)
        );
        assert!(
            matches!(fault(many.as_bytes()), Fault::Malformed(text) if text.contains("128 fields"))
        );
        let mut silent = Drip(b"HTT", Some(io::ErrorKind::TimedOut));
        let fault = Incoming::new(&mut silent).head().expect_err("no head");
        assert!(
            matches!(fault, Fault::Ended(Some(cause)) if cause.kind() == io::ErrorKind::TimedOut)
        );
    }
}
