//! HTTP beside WebSocket: `POST /echo` sends the body back, and `GET /poll?n=N` answers with N, so
//! that both can be compared. Connections are kept alive unless the client asks otherwise.

use std::io::{self, Read as _, Write as _};

use super::wire::{Wire, MAX_HEADERS};

/// A request that is answered over HTTP.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    /// The number of bytes of its head.
    head: usize,
    reply: Reply,
    keeps_alive: bool,
}

/// What the answer consists of.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    /// The body of the request, with this number of bytes.
    Body(usize),
    /// This text.
    Text(String),
    /// A status for a request that can't be answered.
    Refusal(&'static str),
}

/// The request for an exchange that `head` begins with; `None` if it is something else.
pub(super) fn requested(head: &[u8], max_size: usize) -> Option<Exchange> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = request.parse(head) else {
        return None;
    };
    let header = |name: &str| {
        let mut headers = request.headers.iter();
        let found = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok().map(str::trim)
    };
    let (path, query) = request.path?.split_once('?').unwrap_or((request.path?, ""));
    let reply = match (request.method?, path) {
        ("POST", "/echo") => match header("Content-Length").map(str::parse::<usize>) {
            Some(Ok(size)) if size <= max_size => Reply::Body(size),
            Some(Ok(_)) => Reply::Refusal("413 Content Too Large"),
            Some(Err(_)) => Reply::Refusal("400 Bad Request"),
            None => Reply::Refusal("411 Length Required"),
        },
        ("GET", "/poll") if header("Upgrade").is_none() => match query.strip_prefix("n=") {
            Some(number) if is_number(number) => Reply::Text(number.to_owned()),
            _ => Reply::Refusal("400 Bad Request"),
        },
        _ => return None,
    };
    let closes = header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    // After a refusal, the rest of the request is unknown.
    let is_refused = matches!(reply, Reply::Refusal(_));
    Some(Exchange {
        head: length,
        reply,
        keeps_alive: request.version == Some(1) && !closes && !is_refused,
    })
}

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Exchange {
    /// Whether another request may follow.
    pub(super) fn keeps_alive(&self) -> bool {
        self.keeps_alive
    }

    /// Reads the request, whose head was read before, and writes the answer.
    ///
    /// # Errors
    ///
    /// The error of reading the body or of writing.
    pub(super) fn answer(self, wire: &mut Wire) -> io::Result<()> {
        io::copy(
            &mut io::Read::by_ref(wire).take(self.head as u64),
            &mut io::sink(),
        )?;
        let (status, kind, body) = match self.reply {
            Reply::Body(size) => {
                // Grows with what arrives, not with what the client claims.
                let mut body = Vec::new();
                io::Read::by_ref(wire)
                    .take(size as u64)
                    .read_to_end(&mut body)?;
                if body.len() < size {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                ("200 OK", "application/octet-stream", body)
            }
            Reply::Text(text) => ("200 OK", "text/plain", text.into_bytes()),
            Reply::Refusal(status) => (status, "text/plain", format!("{status}\n").into_bytes()),
        };
        let close = if self.keeps_alive {
            ""
        } else {
            "Connection: close\r\n"
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\n{close}\r\n",
            body.len()
        );
        wire.write_all(head.as_bytes())?;
        wire.write_all(&body)?;
        wire.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(head: &str) -> Option<(Reply, bool)> {
        let exchange = requested(head.as_bytes(), 100)?;
        assert_eq!(exchange.head, head.find("\r\n\r\n").expect("an end") + 4);
        Some((exchange.reply, exchange.keeps_alive))
    }

    #[test]
    fn requests_for_exchanges_are_recognized() {
        let text = |text: &str| Reply::Text(text.to_owned());
        for (head, expected) in [
            (
                "GET /poll?n=17 HTTP/1.1\r\nHost: h\r\n\r\n",
                Some((text("17"), true)),
            ),
            ("GET /poll?n=1 HTTP/1.0\r\n\r\n", Some((text("1"), false))),
            (
                "GET /poll?n=1 HTTP/1.1\r\nconnection: Close\r\n\r\n",
                Some((text("1"), false)),
            ),
            (
                "GET /poll?n=x HTTP/1.1\r\n\r\n",
                Some((Reply::Refusal("400 Bad Request"), false)),
            ),
            (
                "GET /poll HTTP/1.1\r\n\r\n",
                Some((Reply::Refusal("400 Bad Request"), false)),
            ),
            ("GET /poll?n=1 HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", None),
            (
                "POST /echo HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello",
                Some((Reply::Body(5), true)),
            ),
            (
                "POST /echo HTTP/1.1\r\nContent-Length: 101\r\n\r\n",
                Some((Reply::Refusal("413 Content Too Large"), false)),
            ),
            (
                "POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                Some((Reply::Refusal("400 Bad Request"), false)),
            ),
            (
                "POST /echo HTTP/1.1\r\n\r\n",
                Some((Reply::Refusal("411 Length Required"), false)),
            ),
            ("POST /other HTTP/1.1\r\nContent-Length: 5\r\n\r\n", None),
            ("GET /echo HTTP/1.1\r\n\r\n", None),
        ] {
            assert_eq!(reply(head), expected, "{head:?}");
        }
        assert_eq!(requested(b"GET /poll?n=1 HTTP/1.1\r\n", 100), None);
    }
}
