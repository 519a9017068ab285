//! Tests that what a peer has sent is reported even if the request could not be written.

use super::*;
use crate::connect::proxy::{request_tunnel, Proxy};

impl LimitReads for RefusingEarly {
    fn limit_reads(&mut self, _: Instant) {}
}

/// A stream that fails writes and has a response to read.
struct RefusingEarly(&'static [u8]);

impl Read for RefusingEarly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for RefusingEarly {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn refusal_is_read_after_a_failed_write() {
    let mut full = RefusingEarly(b"HTTP/1.1 503 x\r\nContent-Length: 4\r\n\r\nfull");
    let error = upgrade(&mut full, &to("ws://h"), Deadline::never(), &mut |_| ())
        .expect_err("it is a refusal");
    assert!(matches!(error, Error::Refused(refusal) if refusal.body.bytes == b"full"));
    let error = upgrade(
        &mut RefusingEarly(b""),
        &to("ws://h"),
        Deadline::never(),
        &mut |_| (),
    )
    .expect_err("nothing could be sent");
    assert!(
        matches!(&error, Error::Unanswered { cause: Some(cause), .. }
            if cause.kind() == io::ErrorKind::BrokenPipe),
        "{error:?}"
    );
}

/// A stream that fails writes and returns a TLS alert when read.
struct Alerting;

impl LimitReads for Alerting {
    fn limit_reads(&mut self, _: Instant) {}
}

impl Read for Alerting {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("tlsv13 alert certificate required"))
    }
}

impl Write for Alerting {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ConnectionReset.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn tls_alert_is_read_after_a_failed_write() {
    let options = to("wss://h");
    let error = upgrade(&mut Alerting, &options, Deadline::never(), &mut |_| ())
        .expect_err("there is an alert");
    let error = tls::find_alert(error, "h", &options.tls);
    assert_eq!(
        error.to_string(),
        "h requires a client certificate (TLS alert: certificate required)"
    );
    let proxy = Proxy::parse("https://p").expect("a proxy");
    let deadline = Deadline::never();
    let error =
        request_tunnel(&mut Alerting, &proxy, &options, deadline).expect_err("there is an alert");
    assert_eq!(
        error.to_string(),
        "the proxy p requires a client certificate (TLS alert: certificate required)"
    );
    assert!(error
        .hint()
        .is_some_and(|hint| hint.contains("not to proxies")));
}
