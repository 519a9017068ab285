//! Reads the body of a response, up to a size and time limit (RFC 9112 §6.3, §7.1).

use std::io;
use std::time::{Duration, Instant};

use super::coding::decode;
use super::head::ResponseHead;
use super::header::Headers;
use super::response::{LimitReads, ResponseReader, HEAD_LIMIT};

/// The maximum number of bytes of a body that are kept.
pub const BODY_LIMIT: usize = 64 << 10;

/// The time limit for receiving a body. Some bodies never end: an event stream, or one without a
/// length on a connection that stays open.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// A body counts as complete once nothing has been received for this long.
pub const BODY_PAUSE: Duration = Duration::from_secs(2);

/// The body of a response, decoded from its transfer coding and its content coding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// The first [`BODY_LIMIT`] bytes at most.
    pub bytes: Vec<u8>,
    /// Whether bytes are missing: the body was longer than the limit, or the connection or the time
    /// limit ended before it did.
    pub truncated: bool,
    /// The content coding, such as `br`, if the body could not be decoded.
    pub coding: Option<String>,
}

impl<S: LimitReads> ResponseReader<'_, S> {
    /// Reads the body that follows `head` (RFC 9112 §6.3) for at most [`BODY_TIMEOUT`]. If reading
    /// fails, returns what was received until then, with [`truncated`](Body::truncated) set.
    #[must_use]
    pub fn read_body(mut self, head: &ResponseHead) -> Body {
        self.end = Instant::now() + BODY_TIMEOUT;
        let mut bytes = Vec::new();
        let complete = if self.is_head_cut {
            Ok(false)
        } else if matches!(head.status, 204 | 304) {
            Ok(true)
        } else if head.headers.has_token("Transfer-Encoding", "chunked") {
            self.read_chunks(&mut bytes)
        } else if let Some(length) = content_length(&head.headers) {
            self.read_exactly(length, &mut bytes)
        } else {
            self.read_to_end(&mut bytes)
        };
        let truncated = !matches!(complete, Ok(true));
        match decode(&head.headers, &bytes, BODY_LIMIT) {
            Ok(None) => Body {
                bytes,
                truncated,
                coding: None,
            },
            Ok(Some(decoded)) => Body {
                bytes: decoded.bytes,
                truncated: truncated || !decoded.complete,
                coding: None,
            },
            Err(coding) => Body {
                bytes,
                truncated,
                coding: Some(coding),
            },
        }
    }

    /// Reads once; false at the end of the stream.
    fn fill_body(&mut self) -> io::Result<bool> {
        let end = self.end.min(Instant::now() + BODY_PAUSE);
        self.stream.limit_reads(end);
        self.fill()
    }

    /// Reads `length` bytes. Returns true if all of them were received and kept.
    fn read_exactly(&mut self, length: u64, body: &mut Vec<u8>) -> io::Result<bool> {
        let mut left = length;
        while left > 0 {
            let room = BODY_LIMIT - body.len();
            if room == 0 || (self.buffer.is_empty() && !self.fill_body()?) {
                return Ok(false);
            }
            let count = usize::try_from(left).unwrap_or(usize::MAX);
            let count = count.min(room).min(self.buffer.len());
            body.extend(self.buffer.drain(..count));
            left -= count as u64;
        }
        Ok(true)
    }

    fn read_to_end(&mut self, body: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            let count = self.buffer.len().min(BODY_LIMIT - body.len());
            body.extend(self.buffer.drain(..count));
            if !self.buffer.is_empty() {
                return Ok(false);
            }
            if !self.fill_body()? {
                return Ok(true);
            }
        }
    }

    /// Reads the chunked transfer coding (RFC 9112 §7.1). Chunk extensions and trailers are
    /// ignored.
    fn read_chunks(&mut self, body: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            let Some(line) = self.read_line()? else {
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
            if !self.read_exactly(size, body)?
                || self.read_line()?.is_none_or(|line| !line.is_empty())
            {
                return Ok(false);
            }
        }
        // The body is complete, so it does not matter whether the trailers end.
        while self.read_line()?.is_some_and(|line| !line.is_empty()) {}
        Ok(true)
    }

    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer) {
                let line: Vec<_> = self.buffer.drain(..=end).collect();
                return Ok(Some(line.trim_ascii_end().to_vec()));
            }
            if self.buffer.len() > HEAD_LIMIT || !self.fill_body()? {
                return Ok(None);
            }
        }
    }
}

/// The length in the Content-Length header; `None` if there is none, or it is invalid or
/// contradictory.
fn content_length(headers: &Headers) -> Option<u64> {
    let mut values = headers.get_all("Content-Length");
    let first = values.next()?;
    if values.any(|value| value != first) || !first.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(first).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    impl LimitReads for Drip<'_> {
        fn limit_reads(&mut self, _: Instant) {}
    }

    impl LimitReads for &[u8] {
        fn limit_reads(&mut self, _: Instant) {}
    }

    /// Returns one byte per read, then the end of the stream or an error.
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

    /// Reads the body of a response one byte at a time and, if `end` is no error, also all at once.
    fn read(bytes: &[u8], end: Option<io::ErrorKind>) -> Body {
        let mut drip = Drip(bytes, end);
        let mut reader = ResponseReader::new(&mut drip);
        let head = reader.read_head().expect("a head");
        let body = reader.read_body(&head);
        if end.is_none() {
            let mut whole = bytes;
            let mut reader = ResponseReader::new(&mut whole);
            assert_eq!(reader.read_head().expect("a head"), head);
            assert_eq!(reader.read_body(&head), body);
        }
        body
    }

    fn body(bytes: &[u8]) -> (String, bool) {
        let body = read(bytes, None);
        let text = String::from_utf8(body.bytes).expect("text");
        (text, body.truncated)
    }

    #[test]
    fn body_length_follows_the_framing_headers() {
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
    fn body_that_stalls_is_kept_and_marked_truncated() {
        let body = read(
            b"HTTP/1.1 500 x\r\nContent-Length: 9\r\n\r\nabc",
            Some(io::ErrorKind::TimedOut),
        );
        assert_eq!(body.bytes, b"abc");
        assert!(body.truncated);
    }

    #[test]
    fn body_is_kept_up_to_the_limit() {
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
}
