//! Heads of responses, valid or not, in one piece or in many.

use super::*;
use crate::http::Secrets;

fn read(mut bytes: &[u8]) -> Result<ResponseHead, ResponseError> {
    ResponseReader::new(&mut bytes).read_head()
}

#[test]
fn head_is_kept_as_it_was_sent() {
    let head =
        read(b"\r\nHTTP/1.1 404  not here \r\nx-A:  b c \r\nX-a:\r\nB: 0\r\n\r\n").expect("a head");
    assert_eq!(head.status, 404);
    assert_eq!(head.status_line, "HTTP/1.1 404  not here");
    let names: Vec<_> = head.headers.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["x-A", "X-a", "B"]);
    assert_eq!(head.headers.get("X-A"), Some(&b"b c"[..]));
}

#[test]
fn interim_responses_are_skipped() {
    let mut bytes = &b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\n\
                       HTTP/1.1 101 Switching\r\n\r\nrest"[..];
    let mut reader = ResponseReader::new(&mut bytes);
    let head = reader.read_final_head().expect("a head");
    assert_eq!(head.status, 101);
    assert_eq!(reader.into_unused(), b"rest");
}

#[test]
fn exact_reader_leaves_the_rest_in_the_stream() {
    let mut bytes = &b"HTTP/1.1 200\n\nrest"[..];
    let head = ResponseReader::exact(&mut bytes).read_head();
    assert_eq!(head.expect("a head").status, 200);
    assert_eq!(bytes, b"rest");
}

#[test]
fn missing_and_invalid_heads_are_errors() {
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

/// Parses `head` and returns its lines and what is invalid in it.
fn leniently(head: &[u8]) -> (Vec<String>, String) {
    let head = read(head).expect("a head");
    let lines = head.lines(Secrets::Shown).collect();
    (lines, head.problem.unwrap_or_default())
}

#[test]
fn headers_around_an_invalid_one_are_kept() {
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
fn truncated_interim_response_is_final() {
    let long = format!("HTTP/1.1 100 x\r\n{}", "A: 2345678\r\n".repeat(6000));
    let mut bytes = long.as_bytes();
    let mut reader = ResponseReader::new(&mut bytes);
    assert_eq!(reader.read_final_head().expect("a head").status, 100);
    assert!(reader.is_head_cut());
}

#[test]
fn beginning_of_a_head_over_the_limit_is_kept() {
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
fn read_error_is_reported_as_the_cause() {
    let mut stream = b"HTT".chain(Silent);
    let error = ResponseReader::new(&mut stream).read_head();
    assert!(matches!(error, Err(ResponseError::Closed(Some(cause)))
        if cause.kind() == io::ErrorKind::TimedOut));
}

#[test]
fn exact_reading_stops_behind_the_shortest_head() {
    for head in ["HTTP/ 200\n\n", "HTTP/2 200\n\n", "HTTP/11 200\n\n"] {
        let whole = format!("{head}rest");
        let mut bytes = whole.as_bytes();
        let read = ResponseReader::exact(&mut bytes).read_head();
        assert_eq!(read.expect("a head").status, 200, "{head:?}");
        assert_eq!(bytes, b"rest", "{head:?}");
    }
}
