//! Reading the head of a response as it arrives (RFC 9112), parsed by `httparse`.

use std::io::{self, Read};
use std::time::Instant;

use super::head::ResponseHead;
use super::header::Header;

/// How long the heads of a response may be together, interim responses included.
pub const HEAD_LIMIT: usize = 64 << 10;

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

/// A stream whose reads can be limited while a body is received.
pub trait LimitReads: Read {
    /// From now on reads fail with [`io::ErrorKind::TimedOut`] at `end`, if not before.
    fn limit_reads(&mut self, end: Instant);
}

/// Reads a response from a stream.
#[derive(Debug)]
pub struct ResponseReader<'a, S> {
    pub(super) stream: &'a mut S,
    /// What was read and not used yet.
    pub(super) buffer: Vec<u8>,
    /// The length of the heads that have been read.
    heads: usize,
    /// The last head was not read to its end, so that nobody knows where the body begins.
    pub(super) is_head_cut: bool,
    /// When the body must have been received.
    pub(super) end: Instant,
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
            is_head_cut: false,
            end: Instant::now(),
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

    /// Whether the last head was too long to be read to its end.
    #[must_use]
    pub fn is_head_cut(&self) -> bool {
        self.is_head_cut
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
            let is_interim = head.status != 101 && (100..200).contains(&head.status);
            if !is_interim || self.is_head_cut {
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
            let limit = HEAD_LIMIT.saturating_sub(self.heads);
            match head_length(&self.buffer, searched) {
                Some(length) if length <= limit => return self.parse_head(length),
                None if self.buffer.len() <= limit => {}
                _ => return self.parse_beginning(limit),
            }
            searched = self.buffer.len();
            match self.fill_head() {
                Ok(true) => {}
                Ok(false) => return Err(ResponseError::Closed(None)),
                Err(cause) => return Err(ResponseError::Closed(Some(cause))),
            }
        }
    }

    /// Takes the head from the buffer.
    fn parse_head(&mut self, length: usize) -> Result<ResponseHead, ResponseError> {
        self.heads += length;
        let head = parse(&self.buffer[..length])?;
        self.buffer.drain(..length);
        Ok(head)
    }

    /// What can be read of a head that is longer than `limit`.
    fn parse_beginning(&mut self, limit: usize) -> Result<ResponseHead, ResponseError> {
        self.is_head_cut = true;
        let beginning = &self.buffer[..limit];
        let lines = memchr::memrchr(b'\n', beginning).map_or(0, |end| end + 1);
        let mut head = parse_leniently(&beginning[..lines]).ok_or_else(too_long)?;
        head.problem = Some(TOO_LONG.to_owned());
        Ok(head)
    }
}

/// Whitespace before the colon of a header is allowed: a client has nothing to fear from it, and
/// a proxy removes it (RFC 9112 §5.1). So are folded lines (§5.2).
fn config() -> httparse::ParserConfig {
    let mut config = httparse::ParserConfig::default();
    config
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true);
    config
}

/// Parses a head. If it is invalid but has a status, the rest of it is read as far as possible.
fn parse(bytes: &[u8]) -> Result<ResponseHead, ResponseError> {
    let lines = memchr::memchr_iter(b'\n', bytes).count();
    let mut headers = vec![httparse::EMPTY_HEADER; lines];
    let mut response = httparse::Response::new(&mut headers);
    let cause = match config().parse_response(&mut response, bytes) {
        Ok(httparse::Status::Complete(_)) => {
            let headers = response.headers.iter();
            return Ok(ResponseHead {
                status: response.code.unwrap_or_default(),
                status_line: first_line(bytes),
                headers: headers
                    .map(|header| Header::new(header.name, header.value.trim_ascii()))
                    .collect(),
                problem: None,
            });
        }
        Ok(httparse::Status::Partial) => "the header section is incomplete".to_owned(),
        Err(cause) => format!("{cause}{}", invalid_part(bytes)),
    };
    match parse_leniently(bytes) {
        Some(head) => Ok(ResponseHead {
            problem: Some(cause),
            ..head
        }),
        None => Err(ResponseError::Malformed(cause)),
    }
}

fn first_line(head: &[u8]) -> String {
    let line = head.split(|&byte| byte == b'\n').next();
    let line = line.unwrap_or_default().trim_ascii_end();
    String::from_utf8_lossy(line).into_owned()
}

/// Reads a status line and all lines with a colon; `None` if there is no status.
fn parse_leniently(head: &[u8]) -> Option<ResponseHead> {
    let status_line = first_line(head);
    let status = status_line.split_ascii_whitespace().nth(1)?;
    let status = status.parse().ok().filter(|_| status.len() == 3)?;
    let mut headers: Vec<Header> = Vec::new();
    for line in head.split(|&byte| byte == b'\n').skip(1) {
        let is_folded = line.starts_with(b" ") || line.starts_with(b"\t");
        let line = line.trim_ascii();
        match (headers.last_mut(), memchr::memchr(b':', line)) {
            (Some(header), _) if is_folded && !line.is_empty() => {
                header.value.push(b' ');
                header.value.extend(line);
            }
            (_, Some(colon)) => {
                let name = String::from_utf8_lossy(line[..colon].trim_ascii_end());
                headers.push(Header::new(name, line[colon + 1..].trim_ascii()));
            }
            _ => {}
        }
    }
    Some(ResponseHead {
        status,
        status_line,
        headers: headers.into_iter().collect(),
        problem: None,
    })
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
    let is_folded = |line: &&[u8]| line.starts_with(b" ") || line.starts_with(b"\t");
    let invalid = lines.find(|line| !is_folded(line) && !is_valid(b"HTTP/1.1 200", line));
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
    let mut response = httparse::Response::new(&mut headers);
    config().parse_response(&mut response, &head).is_ok()
}

const TOO_LONG: &str = "the header section is longer than 64 KiB";

fn too_long() -> ResponseError {
    ResponseError::Malformed(TOO_LONG.to_owned())
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
    use super::super::sensitive::Secrets;
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
        for head in [&b"HTTP/1.1 abc\r\n\r\n"[..], b"HTTP/1.1\r\nA: b\r\n\r\n"] {
            assert!(
                matches!(fault(head), ResponseError::Malformed(text) if text.contains(", in \"HTTP/1.1")),
                "{}",
                head.escape_ascii()
            );
        }
        let long = format!("HTTP/1.1 101 {}", "x".repeat(HEAD_LIMIT));
        assert!(matches!(
            fault(long.as_bytes()),
            ResponseError::Malformed(text) if text.contains("64 KiB")
        ));
    }

    /// A head as lines, and what is invalid in it.
    fn leniently(head: &[u8]) -> (Vec<String>, String) {
        let head = read(head).expect("a head");
        let lines = head.lines(Secrets::Shown).collect();
        (lines, head.problem.unwrap_or_default())
    }

    #[test]
    fn an_invalid_header_hides_no_other() {
        for (line, shown, problem) in [
            ("X-Powered-By : Arduino", "X-Powered-By: Arduino", ""),
            (
                "Server Info: x",
                "Server Info: x",
                "invalid header name, in the header \"Server Info\"",
            ),
            (
                "garbage",
                "",
                "invalid header name, in the header \"garbage\"",
            ),
            (": x", ": x", "invalid header name, in the header \"\""),
            (
                "B: \x1b[2J",
                "B: \x1b[2J",
                "invalid header value, in the header \"B\"",
            ),
            (
                "B\u{fc}: x",
                "B\u{fc}: x",
                "invalid header name, in the header \"B\\xc3\\xbc\"",
            ),
            ("A: b\r\n  c", "A: b c", ""),
            (
                "X Y: b\r\n\tc",
                "X Y: b c",
                "invalid header name, in the header \"X Y\"",
            ),
        ] {
            let head = format!("HTTP/1.1 403 No\r\n{line}\r\nContent-Length: 10\r\n\r\n");
            let (lines, found) = leniently(head.as_bytes());
            let found = found.replace("invalid token", "invalid header name");
            let wanted = ["HTTP/1.1 403 No", shown, "Content-Length: 10"];
            let wanted: Vec<_> = wanted.into_iter().filter(|line| !line.is_empty()).collect();
            let lines: Vec<_> = lines
                .iter()
                .map(|line| line.replace("b\r\n ", "b"))
                .collect();
            assert_eq!(
                (lines, found.as_str()),
                (wanted.iter().map(|&it| it.to_owned()).collect(), problem),
                "{line}"
            );
        }
    }

    #[test]
    fn many_headers_are_kept() {
        let (lines, problem) =
            leniently(format!("HTTP/1.1 403 x\r\n{}\r\n", "A: b\r\n".repeat(1000)).as_bytes());
        assert_eq!((lines.len(), problem.as_str()), (1001, ""));
    }

    #[test]
    fn an_interim_response_without_end_is_the_last() {
        let long = format!("HTTP/1.1 100 x\r\n{}", "A: 2345678\r\n".repeat(6000));
        let mut bytes = long.as_bytes();
        let mut reader = ResponseReader::new(&mut bytes);
        assert_eq!(reader.read_final_head().expect("a head").status, 100);
        assert!(reader.is_head_cut());
    }

    #[test]
    fn the_beginning_of_a_long_head_is_kept_however_it_comes() {
        let long = format!("HTTP/1.1 403 x\r\n{}\r\n", "A: 2345678\r\n".repeat(6000));
        let (lines, problem) = leniently(long.as_bytes());
        assert_eq!(problem, TOO_LONG);
        assert_eq!(lines[0], "HTTP/1.1 403 x");
        assert!(lines.len() > 5000 && lines[1..].iter().all(|line| line == "A: 2345678"));
        let mut cut = io::BufReader::with_capacity(7, long.as_bytes());
        let head = ResponseReader::exact(&mut cut).read_head().expect("a head");
        assert_eq!(head.lines(Secrets::Shown).collect::<Vec<_>>(), lines);
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
