//! Reads the head of a response as it arrives and parses it with `httparse` (RFC 9112).

use std::io::{self, Read};
use std::time::Instant;

use super::head::ResponseHead;
use super::header::Header;

/// The maximum size in bytes of the head of a response, including the heads of interim responses
/// before it.
pub const HEAD_LIMIT: usize = 64 << 10;

/// The maximum number of bytes per read.
const CHUNK: usize = 4096;

/// The shortest head is `HTTP/ 200` and two line feeds: the version may be missing.
const SHORTEST_HEAD: usize = 11;

/// Why no response could be read.
#[derive(Debug)]
pub enum ResponseError {
    /// The connection ended before the head did, with this error if there was one.
    Closed(Option<io::Error>),
    /// The response does not begin with `HTTP/`; these are its first bytes.
    NotHttp(Vec<u8>),
    /// The response is HTTP but invalid, for this reason.
    Malformed(String),
}

/// A stream whose reads can be given a deadline, to limit the time for a body.
pub trait LimitReads: Read {
    /// Sets the deadline: after `end`, reads fail with [`io::ErrorKind::TimedOut`].
    fn limit_reads(&mut self, end: Instant);
}

/// Reads a response from a stream: its head, and its body if wanted.
#[derive(Debug)]
pub struct ResponseReader<'a, S> {
    pub(super) stream: &'a mut S,
    /// Bytes that were read from the stream and not yet parsed.
    pub(super) buffer: Vec<u8>,
    /// The total length of the heads that have been read, in bytes.
    heads: usize,
    /// Whether the last head exceeded the limit, so that the beginning of the body is unknown.
    pub(super) is_head_cut: bool,
    /// The deadline for receiving the body.
    pub(super) end: Instant,
    exact: bool,
}

impl<'a, S: Read> ResponseReader<'a, S> {
    /// Creates a reader that may read beyond the head. [`into_unused`](Self::into_unused) returns
    /// the bytes that follow the head.
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

    /// Creates a reader that reads no byte beyond the head, unless the body is read: those bytes
    /// may belong to a TLS handshake or to WebSocket frames.
    pub fn exact(stream: &'a mut S) -> Self {
        Self {
            exact: true,
            ..Self::new(stream)
        }
    }

    /// Returns the bytes that were read but not parsed.
    #[must_use]
    pub fn into_unused(self) -> Vec<u8> {
        self.buffer
    }

    /// Whether the last head exceeded the size limit and was truncated.
    #[must_use]
    pub fn is_head_cut(&self) -> bool {
        self.is_head_cut
    }

    /// Reads part of a head from the stream. Returns false at the end of the stream.
    fn fill_head(&mut self) -> io::Result<bool> {
        if self.exact {
            // Reads at most as many bytes as are certainly missing, so as not to read beyond the
            // end of the head.
            let missing = SHORTEST_HEAD.saturating_sub(self.buffer.len());
            self.fill_with(missing.max(1))
        } else {
            self.fill()
        }
    }

    /// Reads from the stream once. Returns false at the end of the stream.
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

    /// Reads the head of the final response. Interim responses (1xx except 101) are skipped (RFC
    /// 9110 §15.2).
    ///
    /// # Errors
    ///
    /// The reason why there is no final response.
    pub fn read_final_head(&mut self) -> Result<ResponseHead, ResponseError> {
        loop {
            let head = self.read_head()?;
            let is_interim = head.status != 101 && (100..200).contains(&head.status);
            if !is_interim || self.is_head_cut {
                return Ok(head);
            }
        }
    }

    /// Reads one head. An empty line before it is ignored (RFC 9112 §2.2).
    ///
    /// # Errors
    ///
    /// The reason why there is no valid head.
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
                // The bytes received so far are enough to tell that this is not HTTP.
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

    /// Removes the first `length` bytes, the head, from the buffer and parses them.
    fn parse_head(&mut self, length: usize) -> Result<ResponseHead, ResponseError> {
        self.heads += length;
        let head = parse(&self.buffer[..length])?;
        self.buffer.drain(..length);
        Ok(head)
    }

    /// Parses the lines within `limit` of a head that is longer.
    fn parse_beginning(&mut self, limit: usize) -> Result<ResponseHead, ResponseError> {
        self.is_head_cut = true;
        let beginning = &self.buffer[..limit];
        let lines = memchr::memrchr(b'\n', beginning).map_or(0, |end| end + 1);
        let mut head = parse_leniently(&beginning[..lines]).ok_or_else(too_long)?;
        head.problem = Some(TOO_LONG.to_owned());
        Ok(head)
    }
}

/// Allows whitespace between a header's name and its colon, which is harmless for a client and
/// which proxies remove (RFC 9112 §5.1), and folded lines (§5.2).
fn config() -> httparse::ParserConfig {
    let mut config = httparse::ParserConfig::default();
    config
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true);
    config
}

/// Parses a head. If it is invalid but has a status, the rest is parsed as far as possible.
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

/// Parses a status line and every line that has a colon; `None` if there is no status.
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

/// Says where a head is invalid: in its first line, or in the first header that cannot be parsed.
/// Only the header's name is quoted, because the value may be secret.
fn invalid_part(head: &[u8]) -> String {
    let mut lines = head
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let first = lines.next().unwrap_or_default();
    if !is_valid(first, b"") {
        return format!(", in \"{}\"", beginning(first));
    }
    // A folded line belongs to the header above it (RFC 9112 §5.2) and is not valid alone.
    let is_folded = |line: &&[u8]| line.starts_with(b" ") || line.starts_with(b"\t");
    let invalid = lines.find(|line| !is_folded(line) && !is_valid(b"HTTP/1.1 200", line));
    match invalid.map(|line| line.split(|&byte| byte == b':').next().unwrap_or(line)) {
        Some(name) => format!(", in the header \"{}\"", beginning(name)),
        None => String::new(),
    }
}

/// The first bytes of a response, escaped for an error text, with an ellipsis if there are more.
#[must_use]
pub fn beginning(bytes: &[u8]) -> String {
    const SHOWN: usize = 40;
    match bytes.split_at_checked(SHOWN) {
        Some((beginning, [_, ..])) => format!("{}…", beginning.escape_ascii()),
        _ => bytes.escape_ascii().to_string(),
    }
}

/// Whether `httparse` accepts a head of this status line and, unless empty, this header.
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

/// The length of the head at the beginning of `bytes`, up to and including the first empty line.
/// The search skips the first `searched` bytes.
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
mod tests;
