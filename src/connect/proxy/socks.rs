//! SOCKS 5 (RFC 1928), with user name and password authentication (RFC 1929).

use std::io::{Read, Write};
use std::net::IpAddr;

use super::failure::TunnelError;
use crate::http::Credentials;
use crate::target::HostPort;

const VERSION: u8 = 5;

/// The authentication methods (RFC 1928 §3).
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_ACCEPTED: u8 = 0xff;

/// Requests a connection on a stream to the proxy. Reads no byte beyond the proxy's reply.
pub fn connect<S: Read + Write>(
    stream: &mut S,
    credentials: Option<&Credentials>,
    to: &HostPort,
) -> Result<(), TunnelError> {
    let request = request(to)?;
    authenticate(stream, credentials)?;
    send(stream, &request)?;
    let [version, reply] = receive(stream).map_err(without_reply)?;
    check_version(version, reply)?;
    if reply != 0 {
        return Err(refused(reply));
    }
    // The bound address (§6) is not needed but must be read.
    let [_reserved, kind] = receive(stream)?;
    let length = match kind {
        1 => 4,
        3 => usize::from(receive::<1>(stream)?[0]),
        4 => 16,
        other => {
            return Err(TunnelError::Invalid {
                cause: format!("unknown address type {other} (RFC 1928 §5)"),
                hint: None,
            })
        }
    };
    let mut address_and_port = [0; 255 + 2];
    stream.read_exact(&mut address_and_port[..length + 2])?;
    Ok(())
}

/// The proxy speaks SOCKS, so that an end in place of its reply is a refusal.
fn without_reply(error: TunnelError) -> TunnelError {
    match error {
        TunnelError::Ended(None) => TunnelError::Refused {
            cause: "it closed the connection instead of replying".to_owned(),
            refusal: None,
            hint: None,
            try_next_address: true,
        },
        other => other,
    }
}

fn authenticate<S: Read + Write>(
    stream: &mut S,
    credentials: Option<&Credentials>,
) -> Result<(), TunnelError> {
    let methods: &[u8] = match credentials {
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
        None => &[VERSION, 1, NO_AUTHENTICATION],
    };
    send(stream, methods)?;
    let [version, way] = receive(stream)?;
    check_version(version, way)?;
    let refused = |cause: &str, hint: &str| TunnelError::Refused {
        cause: cause.to_owned(),
        refusal: None,
        hint: Some(hint.to_owned()),
        try_next_address: false,
    };
    match (way, credentials) {
        (NO_AUTHENTICATION, _) => Ok(()),
        (USER_AND_PASSWORD, Some(Credentials { user, password })) => {
            let mut login = vec![1];
            push_with_length(&mut login, user.as_bytes())?;
            push_with_length(&mut login, password.as_bytes())?;
            send(stream, &login)?;
            // Some proxies send a wrong version, so only the status is checked (RFC 1929 §2).
            match receive(stream)? {
                [_, 0] => Ok(()),
                _ => Err(refused(
                    "wrong user name or password",
                    "use others with -U USER:PASS",
                )),
            }
        }
        (NONE_ACCEPTED, None) => Err(refused("it requires authentication", "use -U USER:PASS")),
        (NONE_ACCEPTED, Some(_)) => Err(refused(
            "it requires another authentication method than user name and password",
            "wsline supports no other method for SOCKS proxies",
        )),
        (other, _) => Err(TunnelError::Invalid {
            cause: format!("authentication method {other} was not offered (RFC 1928 §3)"),
            hint: None,
        }),
    }
}

/// The request to connect (RFC 1928 §4).
fn request(to: &HostPort) -> Result<Vec<u8>, TunnelError> {
    let mut bytes = vec![VERSION, 1, 0];
    match (&to.host, to.host.ip()) {
        (_, Some(IpAddr::V4(address))) => {
            bytes.push(1);
            bytes.extend(address.octets());
        }
        (_, Some(IpAddr::V6(address))) => {
            bytes.push(4);
            bytes.extend(address.octets());
        }
        (host, None) => {
            bytes.push(3);
            push_with_length(&mut bytes, host.to_string().as_bytes())?;
        }
    }
    bytes.extend(to.port.to_be_bytes());
    Ok(bytes)
}

fn push_with_length(bytes: &mut Vec<u8>, text: &[u8]) -> Result<(), TunnelError> {
    let length = u8::try_from(text.len()).map_err(|_| TunnelError::Refused {
        cause: "SOCKS allows at most 255 bytes for names and passwords (RFC 1928 §5)".to_owned(),
        refusal: None,
        hint: None,
        try_next_address: false,
    })?;
    bytes.push(length);
    bytes.extend(text);
    Ok(())
}

fn check_version(version: u8, next: u8) -> Result<(), TunnelError> {
    if version == VERSION {
        return Ok(());
    }
    Err(TunnelError::Invalid {
        cause: format!(
            "not SOCKS 5, the response begins with \"{}\"",
            [version, next].escape_ascii()
        ),
        hint: None,
    })
}

/// The error for a reply other than 0 (RFC 1928 §6).
fn refused(reply: u8) -> TunnelError {
    let cause = match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown reason",
    };
    TunnelError::Refused {
        cause: format!("{cause} (SOCKS reply {reply})"),
        refusal: None,
        hint: None,
        try_next_address: matches!(reply, 1 | 3..=6 | 8),
    }
}

fn send<S: Write>(stream: &mut S, bytes: &[u8]) -> Result<(), TunnelError> {
    stream.write_all(bytes)?;
    Ok(stream.flush()?)
}

fn receive<const N: usize>(stream: &mut impl Read) -> Result<[u8; N], TunnelError> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A proxy in memory that sends `answer`, at most `step` bytes per read.
    struct Answering<'a> {
        asked: Vec<u8>,
        answer: &'a [u8],
        step: usize,
    }

    impl Read for Answering<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(self.step);
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

    fn name() -> HostPort {
        HostPort::parse("host:4660", 80).expect("a host")
    }

    fn bob() -> Credentials {
        Credentials {
            user: "bob".to_owned(),
            password: "pw".to_owned(),
        }
    }

    fn ask(
        credentials: Option<&Credentials>,
        to: &HostPort,
        answer: &[u8],
        step: usize,
    ) -> (Result<(), TunnelError>, Vec<u8>, Vec<u8>) {
        let mut stream = Answering {
            asked: Vec::new(),
            answer,
            step,
        };
        let result = connect(&mut stream, credentials, to);
        (result, stream.asked, stream.answer.to_vec())
    }

    #[test]
    fn bytes_after_the_reply_are_not_read() {
        for address in [
            &[1, 127, 0, 0, 1][..],
            &[3, 3, b'a', b'b', b'c'],
            &[3, 0],
            &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        ] {
            for credentials in [None, Some(bob())] {
                let mut answer = match credentials {
                    None => vec![5, 0],
                    Some(_) => vec![5, 2, 1, 0],
                };
                answer.extend([5, 0, 0]);
                answer.extend(address);
                answer.extend([0, 80]);
                answer.extend(b"GLUED");
                for step in 1..=answer.len() {
                    let (result, asked, rest) = ask(credentials.as_ref(), &name(), &answer, step);
                    assert!(result.is_ok(), "{result:?}");
                    assert_eq!(rest, b"GLUED", "{address:?} {step}");
                    let wanted: &[u8] = match credentials {
                        None => b"\x05\x01\x00\x05\x01\x00\x03\x04host\x12\x34",
                        Some(_) => {
                            b"\x05\x02\x00\x02\x01\x03bob\x02pw\x05\x01\x00\x03\x04host\x12\x34"
                        }
                    };
                    assert_eq!(asked, wanted);
                }
                // The reply is cut at every position.
                for cut in 0..answer.len() - b"GLUED".len() {
                    let (result, ..) = ask(credentials.as_ref(), &name(), &answer[..cut], 99);
                    let authenticated = if credentials.is_some() { 4 } else { 2 };
                    let as_expected = match cut.checked_sub(authenticated) {
                        Some(0 | 1) => matches!(result, Err(TunnelError::Refused { .. })),
                        _ => matches!(result, Err(TunnelError::Ended(None))),
                    };
                    assert!(as_expected, "{cut}: {result:?}");
                }
            }
        }
    }

    #[test]
    fn credentials_are_sent_only_if_the_proxy_asks() {
        let answer = b"\x05\x00\x05\x00\x00\x01\x7f\0\0\x01\0\x50";
        let (result, asked, _) = ask(Some(&bob()), &name(), answer, 99);
        assert!(result.is_ok(), "{result:?}");
        assert!(!asked.windows(2).any(|it| it == b"pw"));
    }

    #[test]
    fn ip_addresses_are_not_sent_as_names() {
        let request = |to| request(&to).map_err(|_| ()).expect("it fits");
        let of = |text: &str| HostPort::parse(text, 80).expect("a host");
        assert_eq!(request(of("127.0.0.1")), [5, 1, 0, 1, 127, 0, 0, 1, 0, 80]);
        let v6 = request(of("[::1]"));
        assert_eq!(v6[..4], [5, 1, 0, 4]);
        assert_eq!(v6.len(), 4 + 16 + 2);
        let long = super::request(&of(&"x".repeat(256)));
        assert!(matches!(long, Err(TunnelError::Refused { .. })));
    }

    #[test]
    fn refusals_and_invalid_replies_have_different_errors() {
        let says = |credentials: Option<&Credentials>, answer: &[u8]| match ask(
            credentials,
            &name(),
            answer,
            99,
        )
        .0
        {
            Err(TunnelError::Refused { cause, hint, .. }) => {
                format!("refused: {cause}; {}", hint.unwrap_or_default())
            }
            Err(TunnelError::Invalid { cause, .. }) => format!("wrong: {cause}"),
            other => panic!("{other:?}"),
        };
        for (credentials, answer, wanted) in [
            (
                None,
                &b"\x05\xff"[..],
                "refused: it requires authentication; use -U",
            ),
            (
                Some(&bob()),
                b"\x05\xff",
                "refused: it requires another authentication method",
            ),
            (
                Some(&bob()),
                b"\x05\x02\x01\x01",
                "refused: wrong user name or password",
            ),
            (
                None,
                b"\x05\x02",
                "wrong: authentication method 2 was not offered",
            ),
            (
                None,
                b"HTTP/1.1 400",
                "wrong: not SOCKS 5, the response begins with \"HT\"",
            ),
            (None, b"\x05\0\x04\0", "wrong: not SOCKS 5"),
            (
                None,
                b"\x05\0\x05\x05",
                "refused: connection refused (SOCKS reply 5)",
            ),
            (None, b"\x05\0\x05\x02", "refused: not allowed by its rules"),
            (
                None,
                b"\x05\0\x05\x63",
                "refused: unknown reason (SOCKS reply 99)",
            ),
            (None, b"\x05\0\x05\0\0\x02", "wrong: unknown address type 2"),
        ] {
            let text = says(credentials, answer);
            assert!(text.starts_with(wanted), "{text}");
        }
    }
}
