//! What a peer has sent is reported although the request could not be written.

use super::*;
use crate::connect::proxy::{request_tunnel, Proxy};

impl LimitReads for Hasty {
    fn limit_reads(&mut self, _: Instant) {}
}

/// Takes nothing, and has answered already.
struct Hasty(&'static [u8]);

impl Read for Hasty {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Hasty {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_server_may_refuse_before_it_reads() {
    let mut full = Hasty(b"HTTP/1.1 503 x\r\nContent-Length: 4\r\n\r\nfull");
    let error = upgrade(&mut full, &to("ws://h"), Deadline::never(), &mut |_| ())
        .expect_err("it is a refusal");
    assert!(matches!(error, Error::Refused(refusal) if refusal.body.bytes == b"full"));
    let error = upgrade(
        &mut Hasty(b""),
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

/// Takes nothing, and reads a TLS alert.
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
fn an_alert_behind_a_failed_write_is_reported() {
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
