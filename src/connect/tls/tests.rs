//! Tests of TLS with a server on loopback and new certificates.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use native_tls::{Identity, TlsAcceptor};
use rcgen::{
    date_time_ymd, BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
};

use super::*;
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

use crate::connect::{tcp, Stream};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params
        .distinguished_name
        .push(DnType::CommonName, "the test");
    params
}

fn issuer() -> Issuer {
    issuer_called("the issuer")
}

fn issuer_called(name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an issuer")
}

/// A certificate and its key in PEM.
fn issued(issuer: &Issuer, params: &CertificateParams) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

fn self_signed(name: &str) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let certificate = params(name).self_signed(&key).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

/// A server that accepts `clients` clients, sets up TLS with each, and echoes five bytes.
fn serve((certificate, key): &(String, String), clients: usize) -> (SocketAddr, JoinHandle<()>) {
    let identity = Identity::from_pkcs8(certificate.as_bytes(), key.as_bytes()).expect("PKCS#8");
    let acceptor = TlsAcceptor::new(identity).expect("an acceptor");
    listen(clients, move |client| {
        // Most of these clients reject the certificate, or close without sending anything.
        let Ok(mut tls) = acceptor.accept(client) else {
            return;
        };
        let mut five = [0; 5];
        if tls.read_exact(&mut five).is_ok() {
            tls.write_all(&five).expect("the client reads");
        }
    })
}

/// Accepts the next client, and fails if there is none, so that the test does not wait forever for
/// this thread.
fn accept(listener: &TcpListener) -> TcpStream {
    let mut fds = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    let ready = poll(&mut fds, PollTimeout::from(20_000_u16)).expect("poll");
    assert_eq!(ready, 1, "no client came");
    listener.accept().expect("a client").0
}

fn listen(
    clients: usize,
    mut work: impl FnMut(TcpStream) + Send + 'static,
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("it is bound");
    let thread = thread::spawn(move || {
        for _ in 0..clients {
            let client = accept(&listener);
            let limit = Some(Duration::from_secs(20));
            client.set_read_timeout(limit).expect("it is open");
            work(client);
        }
    });
    (address, thread)
}

fn ca_file(pem: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(pem.as_bytes()).expect("it is open");
    file
}

fn trusting(file: &tempfile::NamedTempFile) -> TlsOptions {
    TlsOptions {
        cacert: Some(file.path().to_owned()),
        ..TlsOptions::default()
    }
}

fn secure(
    address: SocketAddr,
    host: &str,
    options: &TlsOptions,
    limit: Duration,
) -> Result<(Stream, String), Error> {
    let server = HostPort {
        host: host.parse().expect("a host"),
        port: address.port(),
    };
    let peer = Peer {
        party: Party::Server,
        host_port: &server,
        options,
        deadline: Deadline::after(limit),
    };
    let mut stream = Stream::from(tcp::connect(address, None).expect("it listens"));
    stream
        .set_deadline(Some(peer.deadline))
        .expect("it is open");
    let preparing = Preparing::start(options, &server.host, &Connectors::default());
    let (tls, words) = peer.secure(stream, preparing, |deadline| {
        Ok(tcp::connect(address, deadline.remaining()?)?.into())
    })?;
    Ok((tls.into(), words))
}

const LIMIT: Duration = Duration::from_secs(20);

fn echoes(mut stream: Stream) {
    stream.write_all(b"hello").expect("it is open");
    let mut five = [0; 5];
    stream.read_exact(&mut five).expect("it echoes");
    assert_eq!(&five, b"hello");
    let ended = stream.read(&mut five).expect("the server hangs up");
    assert_eq!(ended, 0);
    stream.shutdown_write().expect("that is no error");
}

/// The cause, details and hint of an error about a certificate.
fn flaw(result: Result<(Stream, String), Error>) -> (String, String, String) {
    match result {
        Err(Error::Certificate {
            cause,
            details,
            hint,
            ..
        }) => (cause, details.join("\n"), hint.expect("there is an option")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn certificate_of_a_trusted_issuer_is_accepted() {
    let issuer = issuer();
    let (address, server) = serve(&issued(&issuer, &params("localhost")), 1);
    // A file may contain several certificates.
    let file = ca_file(&format!("{}\n{}", self_signed("x").0, issuer.pem()));
    let (stream, words) =
        secure(address, "localhost", &trusting(&file), LIMIT).expect("it is trusted");
    assert!(words.starts_with("TLS"), "{words}");
    echoes(stream);
    server.join().expect("the server is done");
}

#[test]
fn certificate_for_an_address_is_accepted() {
    let issuer = issuer();
    let (address, server) = serve(&issued(&issuer, &params("127.0.0.1")), 1);
    let file = ca_file(&issuer.pem());
    let (stream, _) = secure(address, "127.0.0.1", &trusting(&file), LIMIT).expect("it fits");
    echoes(stream);
    server.join().expect("the server is done");
}

#[test]
fn unknown_issuer() {
    let (address, server) = serve(&issued(&issuer(), &params("localhost")), 4);
    // An issuer with the same name but another key is unknown as well.
    let namesake = ca_file(&issuer().pem());
    let (cause, ..) = flaw(secure(address, "localhost", &trusting(&namesake), LIMIT));
    assert_eq!(
        cause,
        CertificateProblem::UnknownIssuer.describe("localhost")
    );
    let file = ca_file(&issuer_called("another").pem());
    let (cause, details, hint) = flaw(secure(address, "localhost", &trusting(&file), LIMIT));
    assert!(cause.starts_with("its issuer is not trusted"), "{cause}");
    for line in [
        "subject: CN=the test",
        "names: localhost",
        "issuer: CN=the issuer",
        "valid: ",
    ] {
        assert!(details.contains(line), "{details}");
    }
    let wanted = format!("{} does not contain CN=the issuer;", file.path().display());
    assert!(hint.starts_with(&wanted), "{hint}");
    server.join().expect("the server is done");
}

#[test]
fn servername_fixes_a_wrong_name() {
    let issuer = issuer();
    let (address, server) = serve(&issued(&issuer, &params("inside.example")), 3);
    let file = ca_file(&issuer.pem());
    let mut options = trusting(&file);
    let (cause, details, hint) = flaw(secure(address, "localhost", &options, LIMIT));
    assert_eq!(cause, "it is not valid for localhost");
    assert!(details.contains("names: inside.example"), "{details}");
    assert!(hint.contains("--servername inside.example"), "{hint}");
    options.servername = Some("inside.example".to_owned());
    let (stream, _) = secure(address, "localhost", &options, LIMIT).expect("the name fits");
    echoes(stream);
    server.join().expect("the server is done");
}

#[test]
fn certificate_outside_its_validity_period() {
    let issuer = issuer();
    let file = ca_file(&issuer.pem());
    for (from, to, says) in [
        (2001, 2002, "it has expired"),
        (2901, 2902, "it is not valid yet"),
    ] {
        let mut params = params("localhost");
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let (address, server) = serve(&issued(&issuer, &params), 2);
        let (cause, details, hint) = flaw(secure(address, "localhost", &trusting(&file), LIMIT));
        assert_eq!(cause, says);
        assert!(details.contains(&from.to_string()), "{details}");
        assert!(hint.contains("-k"), "{hint}");
        server.join().expect("the server is done");
    }
}

#[test]
fn self_signed_certificate_is_accepted_with_options() {
    let identity = self_signed("localhost");
    let (address, server) = serve(&identity, 4);
    let other = ca_file(&issuer().pem());
    let (cause, _, _) = flaw(secure(address, "localhost", &trusting(&other), LIMIT));
    assert_eq!(cause, "it is self-signed");
    let insecure = TlsOptions {
        insecure: true,
        ..TlsOptions::default()
    };
    let (stream, words) = secure(address, "other", &insecure, LIMIT).expect("anything goes");
    assert!(words.ends_with("certificate not verified"), "{words}");
    echoes(stream);
    let itself = ca_file(&identity.0);
    let (stream, _) = secure(address, "localhost", &trusting(&itself), LIMIT).expect("trusted");
    echoes(stream);
    server.join().expect("the server is done");
}

#[test]
fn error_without_details_if_the_explanation_fails() {
    // The second handshake can't connect, so the error has no details.
    let (address, server) = serve(&self_signed("localhost"), 1);
    let file = ca_file(&issuer().pem());
    let options = trusting(&file);
    let host_port = HostPort::parse("localhost", address.port()).expect("a host");
    let peer = Peer {
        party: Party::Server,
        host_port: &host_port,
        options: &options,
        deadline: Deadline::after(LIMIT),
    };
    let stream = tcp::connect(address, None).expect("it listens");
    let (cause, details, _) = flaw(
        peer.secure(
            Stream::from(stream),
            Preparing::start(&options, &host_port.host, &Connectors::default()),
            |_| Err(io::ErrorKind::ConnectionRefused.into()),
        )
        .map(|(tls, words)| (tls.into(), words)),
    );
    assert_eq!(
        (cause.as_str(), details.as_str()),
        ("it is self-signed", "")
    );
    server.join().expect("the server is done");
}

#[test]
fn ca_file_must_contain_a_certificate() {
    let (address, server) = listen(3, drop);
    let empty = ca_file("hello\n");
    let broken = ca_file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let missing = TlsOptions {
        cacert: Some(PathBuf::from("/nonexistent/ca.pem")),
        ..TlsOptions::default()
    };
    for (options, says) in [
        (trusting(&empty), "no certificate found"),
        (trusting(&broken), "could not load CA certificates"),
        (missing, "/nonexistent/ca.pem: No such file"),
    ] {
        let error = secure(address, "localhost", &options, LIMIT).expect_err("it is of no use");
        assert_eq!(error.exit_code().number(), 77, "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
    }
    server.join().expect("the server is done");
}

#[test]
fn server_without_tls() {
    let (address, server) = listen(1, |mut client| {
        client
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .expect("it is open");
        // Until the client disconnects: closing with unread bytes would reset the connection.
        let _ = client.read_to_end(&mut Vec::new());
    });
    let options = TlsOptions {
        insecure: true,
        ..TlsOptions::default()
    };
    let error = secure(address, "localhost", &options, LIMIT).expect_err("it is not TLS");
    assert_eq!(error.exit_code().number(), 35, "{error:?}");
    let hint = error.hint().expect("the cause is plain").to_owned();
    assert!(
        hint.contains(&format!("ws://localhost:{}", address.port())),
        "{hint}"
    );
    server.join().expect("the server is done");
}

#[test]
fn server_that_closes_the_connection() {
    let (address, server) = listen(1, |mut client| {
        let mut hello = [0; 4096];
        let count = client.read(&mut hello).expect("a ClientHello");
        assert_eq!(hello[..1], [0x16][..count.min(1)]);
    });
    let options = TlsOptions {
        insecure: true,
        ..TlsOptions::default()
    };
    let error = secure(address, "localhost", &options, LIMIT).expect_err("it hangs up");
    assert_eq!(
        error.to_string(),
        "TLS handshake with localhost failed: the server closed the connection"
    );
    server.join().expect("the server is done");
}

#[test]
fn silent_server_is_timed_out() {
    let (address, server) = listen(1, |mut client| {
        let _ = client.read_to_end(&mut Vec::new());
    });
    let options = TlsOptions {
        insecure: true,
        ..TlsOptions::default()
    };
    let limit = Duration::from_millis(300);
    let error = secure(address, "localhost", &options, limit).expect_err("it is silent");
    assert!(
        matches!(
            error,
            Error::Timeout {
                phase: Phase::Tls,
                option: "--connect-timeout",
                ..
            }
        ),
        "{error:?}"
    );
    server.join().expect("the server is done");
}
