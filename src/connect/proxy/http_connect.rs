//! HTTP CONNECT (RFC 9110 §9.3.6). After a 2xx response, the stream is connected to the server.

use std::io::Write;

use super::address::Proxy;
use super::failure::TunnelError;
use crate::connect::options::ConnectOptions;
use crate::connect::{explain, handshake, tls};
use crate::error::Refusal;
use crate::event::ConnectStep;
use crate::http::{
    Credentials, Headers, LimitReads, RequestHead, ResponseError, ResponseHead, ResponseReader,
};
use crate::target::HostPort;

/// Requests a tunnel on a stream to the proxy. Reads no byte beyond the proxy's response, because
/// the server's bytes follow.
pub fn connect<S: LimitReads + Write>(
    stream: &mut S,
    proxy: &Proxy,
    options: &ConnectOptions,
    to: &HostPort,
    on_step: &mut dyn FnMut(ConnectStep),
) -> Result<(), TunnelError> {
    let request = compose(proxy, options, to);
    let sent = stream.write_all(&request.encode());
    let sent = sent.and_then(|()| stream.flush());
    if sent.is_ok() {
        on_step(ConnectStep::ProxyRequest(to.to_string(), Some(request)));
    }
    // A proxy may have refused without reading the request, so the response is read even if writing
    // failed.
    let mut reader = ResponseReader::exact(stream);
    let response = reader
        .read_final_head()
        .map_err(|error| match (error, sent) {
            (ResponseError::Closed(read), Err(written)) => {
                TunnelError::Ended(Some(tls::telling(read, written)))
            }
            (ResponseError::Closed(cause), Ok(())) => TunnelError::Ended(cause),
            (ResponseError::Malformed(cause), _) => TunnelError::Invalid { cause, hint: None },
            (ResponseError::NotHttp(bytes), _) => TunnelError::Invalid {
                cause: explain::not_http(&bytes),
                hint: None,
            },
        })?;
    on_step(ConnectStep::ProxyResponse(Some(response.clone())));
    if (200..300).contains(&response.status) {
        // An invalid header would be harmless, but without the end of the head it is unknown where
        // the server's bytes begin.
        return match response.problem {
            Some(cause) if reader.is_head_cut() => Err(TunnelError::Invalid { cause, hint: None }),
            _ => Ok(()),
        };
    }
    let body = reader.read_body(&response);
    Err(TunnelError::Refused {
        cause: response.status_line.clone(),
        hint: hint(&response, proxy),
        refusal: Some(Box::new(Refusal {
            head: response,
            body,
            hint: None,
        })),
        try_next_address: false,
    })
}

fn compose(proxy: &Proxy, options: &ConnectOptions, to: &HostPort) -> RequestHead {
    let to = HostPort {
        host: to.host.without_zone(),
        port: to.port,
    }
    .to_string();
    let credentials = proxy.credentials.as_ref().map(Credentials::to_basic);
    let ours = [
        ("Host", Some(to.clone())),
        ("Proxy-Connection", Some("keep-alive".to_owned())),
        ("User-Agent", handshake::user_agent(options)),
        ("Proxy-Authorization", credentials),
    ];
    RequestHead {
        request_line: format!("CONNECT {to} HTTP/1.1"),
        headers: Headers::merge(&ours, &options.proxy.headers),
    }
}

/// The hint for a refusal, if the cause is known.
fn hint(head: &ResponseHead, proxy: &Proxy) -> Option<String> {
    Some(match head.status {
        // tinyproxy sends 401 for wrong credentials, although that is a server's status.
        401 | 407 => explain_authentication(head, proxy),
        403 => "the proxy does not allow this host or port; many allow port 443 only".to_owned(),
        400 | 404 | 405 | 501 => {
            "this may be a web server rather than a proxy: check the proxy's URL".to_owned()
        }
        502..=504 => "the proxy could not reach the server: check that the host and port can be \
                      reached from the proxy"
            .to_owned(),
        _ => return None,
    })
}

fn explain_authentication(head: &ResponseHead, proxy: &Proxy) -> String {
    let mut ways = head.headers.get_all("Proxy-Authenticate").peekable();
    let none_is_known = ways.peek().is_some();
    let basic = ways.any(|way| way.to_ascii_lowercase().starts_with(b"basic"));
    if none_is_known && !basic {
        return "the proxy requires another authentication scheme than Basic, the only one that \
                wsline supports: use --proxy-header 'Proxy-Authorization: …'"
            .to_owned();
    }
    if proxy.credentials.is_some() {
        "the proxy rejected these credentials: use others with -U USER:PASS".to_owned()
    } else {
        "the proxy requires credentials: use -U USER:PASS".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};
    use std::time::Instant;

    use super::*;
    use crate::connect::proxy::ProxyOptions;
    use crate::http::{CustomHeader, Secrets};
    use crate::target::Target;

    /// A proxy in memory that returns at most `step` bytes per read and then blocks.
    struct Answering<'a> {
        asked: Vec<u8>,
        answer: &'a [u8],
        step: usize,
        end: Option<io::ErrorKind>,
    }

    impl LimitReads for Answering<'_> {
        fn limit_reads(&mut self, _: Instant) {}
    }

    impl Read for Answering<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if let ([], Some(kind)) = (self.answer, self.end) {
                return Err(kind.into());
            }
            let count = self.step.min(buffer.len());
            self.answer.read(&mut buffer[..count])
        }
    }

    impl Write for Answering<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.asked.extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn proxy(text: &str) -> Proxy {
        Proxy::parse(text).expect("a proxy")
    }

    fn request(headers: &[&str]) -> ConnectOptions {
        let headers = headers.iter().map(|text| CustomHeader::parse(text));
        ConnectOptions {
            proxy: ProxyOptions {
                headers: headers.collect::<Result<_, _>>().expect("headers"),
                ..ProxyOptions::default()
            },
            ..ConnectOptions::new(Target::parse("ws://h/").expect("an address"))
        }
    }

    fn ask(
        proxy: &Proxy,
        answer: &[u8],
        step: usize,
    ) -> (Result<(), TunnelError>, String, Vec<u8>) {
        let mut stream = Answering {
            asked: Vec::new(),
            answer,
            step,
            end: Some(io::ErrorKind::TimedOut),
        };
        let to = HostPort::parse("h", 80).expect("a host");
        let result = connect(&mut stream, proxy, &request(&[]), &to, &mut |_| ());
        let asked = String::from_utf8(stream.asked).expect("text");
        (result, asked, stream.answer.to_vec())
    }

    #[test]
    fn connect_request_has_host_and_proxy_headers() {
        let to = HostPort::parse("[::1]:8080", 80).expect("a host");
        let asked = compose(&proxy("http://u:p%40q@h"), &request(&["X: y"]), &to);
        let agent = concat!("User-Agent: wsline/", env!("CARGO_PKG_VERSION"));
        let lines: Vec<_> = asked.lines(Secrets::Shown).collect();
        assert_eq!(
            lines,
            [
                "CONNECT [::1]:8080 HTTP/1.1",
                "Host: [::1]:8080",
                "Proxy-Connection: keep-alive",
                agent,
                "Proxy-Authorization: Basic dTpwQHE=",
                "X: y",
            ]
        );
        let mut replaced = request(&["host: other", "proxy-connection:", "Proxy-Authorization: X"]);
        replaced.user_agent = Some(String::new());
        let asked = compose(&proxy("http://u:p@h"), &replaced, &to);
        let lines: Vec<_> = asked.lines(Secrets::Shown).collect();
        assert_eq!(
            lines[1..],
            ["host: other", "Proxy-Authorization: X"].map(str::to_owned)
        );
    }

    #[test]
    fn bytes_after_the_response_are_not_read() {
        for answer in [
            "HTTP/1.1 200 Connection established\r\n\r\n",
            "HTTP/1.0 200\n\n",
            "\r\nHTTP/1.1 299 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n",
        ] {
            let whole = format!("{answer}GLUED and more");
            for step in 1..=whole.len() {
                let (result, _, rest) = ask(&proxy("h"), whole.as_bytes(), step);
                assert!(result.is_ok(), "{answer:?} {step}: {result:?}");
                assert_eq!(rest, b"GLUED and more", "{answer:?} {step}");
            }
        }
    }

    #[test]
    fn refusals_are_read_completely() {
        let answer = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\
                       Content-Length: 4\r\n\r\nbodyrest";
        for step in 1..answer.len() {
            let (result, _, _) = ask(&proxy("h"), answer, step);
            let Err(TunnelError::Refused {
                cause,
                refusal,
                hint,
                ..
            }) = result
            else {
                panic!("{step}: {result:?}");
            };
            assert_eq!(cause, "HTTP/1.1 407 No");
            let refusal = refusal.expect("it has an answer");
            assert_eq!(
                (&refusal.body.bytes[..], refusal.body.truncated),
                (&b"body"[..], false)
            );
            assert!(hint.is_some_and(|hint| hint.contains("requires credentials: use -U")));
        }
    }

    #[test]
    fn invalid_responses_are_errors() {
        let fault = |answer: &[u8]| ask(&proxy("h"), answer, 99).0.expect_err("no tunnel");
        let wrong = |answer: &[u8]| match fault(answer) {
            TunnelError::Invalid { cause, .. } => cause,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            wrong(b"SSH-2.0-OpenSSH_9.2\r\n"),
            "not HTTP, the response begins with \"SSH-2.0-Ope\""
        );
        assert!(wrong(b"HTTP/1.1 xyz\r\n\r\n").starts_with("invalid response status"));
        let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(70_000));
        assert!(wrong(long.as_bytes()).contains("64 KiB"));
        for cut in ["", "HTT", "HTTP/1.1 200 OK\r\nA:"] {
            let fault = fault(cut.as_bytes());
            assert!(
                matches!(&fault, TunnelError::Ended(Some(cause)) if cause.kind() == io::ErrorKind::TimedOut),
                "{fault:?}"
            );
            let mut stream = Answering {
                asked: Vec::new(),
                answer: cut.as_bytes(),
                step: 3,
                end: None,
            };
            let to = HostPort::parse("h", 80).expect("a host");
            let ended = connect(&mut stream, &proxy("h"), &request(&[]), &to, &mut |_| ());
            assert!(matches!(ended, Err(TunnelError::Ended(None))), "{ended:?}");
        }
    }

    #[test]
    fn known_refusals_have_hints() {
        let head = |status, way: &str| ResponseHead {
            status,
            headers: Headers::from_iter([("Proxy-Authenticate", way)]),
            ..ResponseHead::default()
        };
        for (status, way, address, says) in [
            (407, "Basic realm=x", "h", "requires credentials: use -U"),
            (407, "basic realm=x", "http://u:p@h", "rejected these"),
            (407, "Negotiate", "h", "another authentication scheme"),
            (403, "x", "h", "does not allow"),
            (405, "x", "h", "rather than a proxy"),
            (503, "x", "h", "could not reach the server"),
        ] {
            let hint = hint(&head(status, way), &proxy(address)).expect("a hint");
            assert!(hint.contains(says), "{status}: {hint}");
        }
        assert_eq!(hint(&head(418, "x"), &proxy("h")), None);
        assert!(
            explain_authentication(&ResponseHead::default(), &proxy("h"))
                .contains("requires credentials")
        );
    }
}
