//! Reading the head of a response as it arrives (RFC 9112), parsed by `httparse`.

use std::io::{self, Read};

use super::head::ResponseHead;
use super::header::Header;

/// How long the heads of a response may be together, interim responses included.
pub const HEAD_LIMIT: usize = 64 << 10;

const MAX_HEADERS: usize = 128;

/// How much is read at once.
const CHUNK: usize = 4096;

/// No head is shorter than `HTTP/1.1 200` and two line feeds.
const SHORTEST_HEAD: usize = 14;

/// Why no response could be read.
#[derive(Debug)]
pub enum ResponseError {
    /// The connection ended before the head did; the error that ended it, if any.
    Closed(Option<io::Error>),
    /// The first bytes are not HTTP; these are they.
    NotHttp(Vec<u8>),
    /// HTTP, but invalid: why.
    Malformed(String),
}

/// Reads a response from a stream.
#[derive(Debug)]
pub struct ResponseReader<'a, S> {
    stream: &'a mut S,
    /// What was read and not used yet.
    pub(super) buffer: Vec<u8>,
    /// The length of the heads that have been read.
    heads: usize,
    exact: bool,
}

impl<'a, S: Read> ResponseReader<'a, S> {
    /// Reads ahead as far as it likes: what follows the head is in
    /// [`into_unused`](Self::into_unused).
    pub fn new(stream: &'a mut S) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            heads: 0,
            exact: false,
        }
    }

    /// Reads no byte beyond the head until the body is asked for: it may be for somebody else.
    pub fn exact(stream: &'a mut S) -> Self {
        Self {
            exact: true,
            ..Self::new(stream)
        }
    }

    /// What was read beyond what was used.
    #[must_use]
    pub fn into_unused(self) -> Vec<u8> {
        self.buffer
    }

    /// Reads a part of a head once; false at the end of the stream.
    fn fill_head(&mut self) -> io::Result<bool> {
        if self.exact {
            // Where a head ends is known only when its end has been read.
            let missing = SHORTEST_HEAD.saturating_sub(self.buffer.len());
            self.fill_with(missing.max(1))
        } else {
            self.fill()
        }
    }

    /// Reads once; false at the end of the stream.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        self.fill_with(CHUNK)
    }

    fn fill_with(&mut self, max: usize) -> io::Result<bool> {
        let mut chunk = [0; CHUNK];
        loop {
            match self.stream.read(&mut chunk[..max]) {
                Ok(count) => {
                    self.buffer.extend_from_slice(&chunk[..count]);
                    return Ok(count != 0);
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
    }

    /// Reads the head of the final response: interim responses (1xx other than 101) are passed
    /// over (RFC 9110 §15.2).
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn read_final_head(&mut self) -> Result<ResponseHead, ResponseError> {
        loop {
            let head = self.read_head()?;
            if head.status == 101 || !(100..200).contains(&head.status) {
                return Ok(head);
            }
        }
    }

    /// Reads a head. An empty line before it does no harm (RFC 9112 §2.2).
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn read_head(&mut self) -> Result<ResponseHead, ResponseError> {
        let mut searched = 0;
        loop {
            let blank = self.buffer.iter().take_while(|b| b"\r\n".contains(b));
            let blank = blank.count();
            self.buffer.drain(..blank);
            self.heads += blank;
            searched -= blank.min(searched);
            let start = &self.buffer[..self.buffer.len().min(5)];
            if !b"HTTP/".starts_with(start) {
                // What else has come already tells what it is.
                return Err(ResponseError::NotHttp(self.buffer.clone()));
            }
            if let Some(length) = head_length(&self.buffer, searched) {
                return self.parse_head(length);
            }
            if self.heads + self.buffer.len() > HEAD_LIMIT {
                return Err(too_long());
            }
            searched = self.buffer.len();
            match self.fill_head() {
                Ok(true) => {}
                Ok(false) => return Err(ResponseError::Closed(None)),
                Err(cause) => return Err(ResponseError::Closed(Some(cause))),
            }
        }
    }

    fn parse_head(&mut self, length: usize) -> Result<ResponseHead, ResponseError> {
        self.heads += length;
        if self.heads > HEAD_LIMIT {
            return Err(too_long());
        }
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let bytes = &self.buffer[..length];
        let parsed = httparse::ParserConfig::default()
            .allow_obsolete_multiline_headers_in_responses(true)
            .parse_response(&mut response, bytes);
        let malformed = |cause| Err(ResponseError::Malformed(cause));
        let status = match (parsed, response.code) {
            (Ok(httparse::Status::Complete(_)), Some(status)) => status,
            (Err(httparse::Error::TooManyHeaders), _) => {
                return malformed(format!("more than {MAX_HEADERS} headers"));
            }
            (Err(cause), _) => {
                let place = invalid_part(bytes);
                return malformed(format!("{cause}{place}"));
            }
            (Ok(_), _) => return malformed("the header section is cut off".to_owned()),
        };
        let line = bytes.split(|&byte| byte == b'\n').next();
        let line = line.unwrap_or_default().trim_ascii_end();
        let headers = response.headers.iter();
        let head = ResponseHead {
            status,
            status_line: String::from_utf8_lossy(line).into_owned(),
            headers: headers
                .map(|header| Header::new(header.name, header.value.trim_ascii()))
                .collect(),
        };
        self.buffer.drain(..length);
        Ok(head)
    }
}

/// Where a head is invalid: its first line, or the first header that can't be parsed, of which only
/// the name is quoted, since its value may be a secret.
fn invalid_part(head: &[u8]) -> String {
    let mut lines = head
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let first = lines.next().unwrap_or_default();
    if !is_valid(first, b"") {
        return format!(", in \"{}\"", beginning(first));
    }
    // A folded line belongs to the header above it (RFC 9112 §5.2), and is not valid alone.
    let invalid = lines.find(|line| !line.starts_with(b" ") && !is_valid(b"HTTP/1.1 200", line));
    match invalid.map(|line| line.split(|&byte| byte == b':').next().unwrap_or(line)) {
        Some(name) => format!(", in the header \"{}\"", beginning(name)),
        None => String::new(),
    }
}

/// The first bytes of a response for people, with a mark where there is more of it.
#[must_use]
pub fn beginning(bytes: &[u8]) -> String {
    const SHOWN: usize = 40;
    match bytes.split_at_checked(SHOWN) {
        Some((beginning, [_, ..])) => format!("{}…", beginning.escape_ascii()),
        _ => bytes.escape_ascii().to_string(),
    }
}

/// Whether `httparse` takes a head of this status line and this header, or of no header.
fn is_valid(status_line: &[u8], header: &[u8]) -> bool {
    let mut head = [status_line, b"\r\n", header].concat();
    head.extend_from_slice(if header.is_empty() {
        b"\r\n"
    } else {
        b"\r\n\r\n"
    });
    let mut headers = [httparse::EMPTY_HEADER; 1];
    httparse::Response::new(&mut headers).parse(&head).is_ok()
}

fn too_long() -> ResponseError {
    ResponseError::Malformed(format!(
        "the header section is longer than {} KiB",
        HEAD_LIMIT >> 10
    ))
}

/// The length of the head that begins `bytes`: it ends with the first empty line. The first
/// `searched` bytes have been searched before.
fn head_length(bytes: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    memchr::memchr_iter(b'\n', &bytes[from..])
        .map(|at| from + at + 1)
        .find_map(|at| match &bytes[at..] {
            [b'\n', ..] => Some(at + 1),
            [b'\r', b'\n', ..] => Some(at + 2),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut bytes: &[u8]) -> Result<ResponseHead, ResponseError> {
        ResponseReader::new(&mut bytes).read_head()
    }

    #[test]
    fn a_head_is_kept_as_it_was_sent() {
        let head = read(b"\r\nHTTP/1.1 404  not here \r\nx-A:  b c \r\nX-a:\r\nB: 0\r\n\r\n")
            .expect("a head");
        assert_eq!(head.status, 404);
        assert_eq!(head.status_line, "HTTP/1.1 404  not here");
        let names: Vec<_> = head.headers.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["x-A", "X-a", "B"]);
        assert_eq!(head.headers.get("X-A"), Some(&b"b c"[..]));
    }

    #[test]
    fn interim_responses_are_passed_over() {
        let mut bytes = &b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\n\
                           HTTP/1.1 101 Switching\r\n\r\nrest"[..];
        let mut reader = ResponseReader::new(&mut bytes);
        let head = reader.read_final_head().expect("a head");
        assert_eq!(head.status, 101);
        assert_eq!(reader.into_unused(), b"rest");
    }

    #[test]
    fn exact_reading_leaves_the_rest_in_the_stream() {
        let mut bytes = &b"HTTP/1.1 200\n\nrest"[..];
        let head = ResponseReader::exact(&mut bytes).read_head();
        assert_eq!(head.expect("a head").status, 200);
        assert_eq!(bytes, b"rest");
    }

    #[test]
    fn a_head_that_is_missing_or_invalid() {
        let fault = |bytes: &[u8]| read(bytes).expect_err("no head");
        assert!(matches!(fault(b""), ResponseError::Closed(None)));
        assert!(matches!(
            fault(b"HTTP/1.1 101 x\r\nA: b"),
            ResponseError::Closed(None)
        ));
        assert!(matches!(fault(b"SSH-2.0"), ResponseError::NotHttp(bytes) if bytes == b"SSH-2.0"));
        for (head, place) in [
            (&b"HTTP/1.1 abc\r\n\r\n"[..], ", in \"HTTP/1.1 abc\""),
            (
                b"HTTP/1.1 101 x\r\nA: b\r\nB: \x1b[2J\r\n\r\n",
                ", in the header \"B\"",
            ),
            (
                b"HTTP/1.1 101 x\r\nno\x1bcolon\r\n\r\n",
                ", in the header \"no\\x1bcolon\"",
            ),
        ] {
            assert!(
                matches!(fault(head), ResponseError::Malformed(text) if text.ends_with(place)),
                "{place}"
            );
        }
        let long = format!("HTTP/1.1 101 x\r\nA: {}\r\n\r\n", "x".repeat(HEAD_LIMIT));
        assert!(matches!(
            fault(long.as_bytes()),
            ResponseError::Malformed(text) if text.contains("64 KiB")
        ));
        let many = format!(
            "HTTP/1.1 101 x\r\n{}\r\n",
            "A: b\r\n".repeat(MAX_HEADERS + 1)
        );
        assert!(matches!(
            fault(many.as_bytes()),
            ResponseError::Malformed(text) if text.contains("128 headers")
        ));
    }

    struct Silent;

    impl Read for Silent {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::TimedOut.into())
        }
    }

    #[test]
    fn the_error_that_ended_the_connection_is_kept() {
        let mut stream = b"HTT".chain(Silent);
        let error = ResponseReader::new(&mut stream).read_head();
        assert!(matches!(error, Err(ResponseError::Closed(Some(cause)))
            if cause.kind() == io::ErrorKind::TimedOut));
    }
}
