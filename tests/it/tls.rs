//! TLS: certificates that are not accepted, with what is wrong with them and the option that
//! mends it, and the mending.

use openssl::ssl::SslVersion;

use crate::support::cert::Validity;
use crate::support::peer::{self, Tls};
use crate::support::{Cert, Peer, Wsline};

/// A server that closes at once, over TLS.
fn closing(tls: impl Into<Tls>) -> Peer {
    Peer::ws().tls(tls).close(1000, "")
}

/// A server whose certificate is refused, and then looked at once more for the explanation.
fn refused(cert: &Cert) -> peer::Running {
    let looked_at = Peer::tcp().tls(cert).stall();
    Peer::tcp()
        .tls(cert)
        .expect_tls_refused()
        .then(looked_at)
        .start()
}

/// A server that sees the client leave once TLS is set up, before a byte of its request. Under TLS
/// 1.3 it would see a reset, because of the session tickets that nobody reads.
fn unanswered(cert: &Cert) -> peer::Running {
    let tls = Tls::new(cert).only(SslVersion::TLS1_2);
    Peer::tcp().tls(tls).expect_eof().start()
}

// What OpenSSL says and shows of a certificate; other libraries have other words.
#[cfg(not(target_vendor = "apple"))]
mod not_accepted {
    use super::*;

    #[test]
    fn self_signed() {
        let cert = Cert::self_signed(&["localhost", "127.0.0.1"]);
        let peer = refused(&cert);
        Wsline::new()
            .arg(peer.url())
            .stderr(
                "wsline: could not verify the certificate of 127.0.0.1: it is self-signed\n  \
                 subject: CN=localhost\n  \
                 names: localhost, 127.0.0.1\n  \
                 issuer: CN=localhost\n  \
                 valid: Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2120 GMT\n\
                 hint: to trust it, save it as PEM and use --cacert FILE; -k connects without \
                 verifying it\n",
            )
            .code(60)
            .run();
    }

    #[test]
    fn an_unknown_issuer() {
        let (cert, _) = Cert::for_localhost();
        let peer = refused(&cert);
        Wsline::new()
            .arg(peer.url())
            .stderr_matches(
                "wsline: could not verify the certificate of 127.0.0.1: its issuer is not \
                 trusted, or the server did not send an intermediate certificate\n\
                 ...\n  issuer: CN=wsline test authority\n...\n\
                 hint: --cacert FILE trusts the certificates in FILE (PEM); -k connects without \
                 verifying it\n",
            )
            .code(60)
            .run();
    }

    #[test]
    fn wrong_host_name() {
        let authority = Cert::authority("wsline test authority");
        let cert = authority.issue(&["other.example", "10.0.0.1"]);
        let peer = refused(&cert);
        Wsline::new()
            .args([&peer.url_as("localhost"), "--cacert"])
            .arg(authority.path())
            .stderr(
                "wsline: could not verify the certificate of localhost: it is not valid for \
                 localhost\n  \
                 subject: CN=other.example\n  \
                 names: other.example, 10.0.0.1\n  \
                 issuer: CN=wsline test authority\n  \
                 valid: Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2120 GMT\n\
                 hint: --servername other.example sends and verifies that name; -k connects \
                 without verifying it\n",
            )
            .code(60)
            .run();
    }

    /// OpenSSL alone would accept these by their common names (RFC 9525, browsers don't).
    #[test]
    fn common_name_only() {
        let authority = Cert::authority("wsline test authority");
        for (names, cause, hint) in [
            (
                &[][..],
                "it has no subjectAltName, and the common name is not used",
                "a certificate for localhost needs the subjectAltName DNS:localhost; -k connects \
                 without verifying it",
            ),
            (
                &["10.0.0.1"],
                "it is not valid for localhost",
                "--servername 10.0.0.1 sends and verifies that name; -k connects without \
                 verifying it",
            ),
        ] {
            let cert = authority.issue_as("localhost", names);
            let peer = unanswered(&cert);
            let shown = names.first().unwrap_or(&"none");
            Wsline::new()
                .args([&peer.url_as("localhost"), "--cacert"])
                .arg(authority.path())
                .stderr(format!(
                    "wsline: could not verify the certificate of localhost: {cause}\n  \
                     subject: CN=localhost\n  \
                     names: {shown}\n  \
                     issuer: CN=wsline test authority\n  \
                     valid: Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2120 GMT\n\
                     hint: {hint}\n"
                ))
                .code(60)
                .run();
            // What the hint says.
            let peer = closing(&cert).start();
            Wsline::new().args([&peer.url_as("localhost"), "-k"]).run();
        }
    }

    #[test]
    fn address_without_subject_alt_name() {
        let authority = Cert::authority("wsline test authority");
        let cert = authority.issue_as("127.0.0.1", &[]);
        let peer = refused(&cert);
        Wsline::new()
            .args([&peer.url(), "--cacert"])
            .arg(authority.path())
            .stderr_matches(
                "wsline: could not verify the certificate of 127.0.0.1: it has no subjectAltName, \
                 and the common name is not used\n...\n\
                 hint: a certificate for 127.0.0.1 needs the subjectAltName IP:127.0.0.1; -k \
                 connects without verifying it\n",
            )
            .code(60)
            .run();
    }

    /// The subjectAltNames decide, whatever the common name is.
    #[test]
    fn different_common_name_is_ignored() {
        let authority = Cert::authority("wsline test authority");
        let cert = authority.issue_as("other.example", &["localhost"]);
        let peer = closing(&cert).start();
        Wsline::new()
            .args([&peer.url_as("localhost"), "--cacert"])
            .arg(authority.path())
            .run();
    }

    #[test]
    fn common_name_only_of_a_proxy() {
        let authority = Cert::authority("wsline test authority");
        let cert = authority.issue_as("localhost", &[]);
        let peer = unanswered(&cert);
        Wsline::new()
            .args(["ws://server.example/", "-x"])
            .arg(format!("https://localhost:{}", peer.port()))
            .arg("--cacert")
            .arg(authority.path())
            .stderr_matches(
                "wsline: could not verify the certificate of the proxy localhost: it has no \
                 subjectAltName, and the common name is not used\n...\n\
                 hint: a certificate for localhost needs the subjectAltName DNS:localhost; -k \
                 connects without verifying it\n",
            )
            .code(60)
            .run();
    }

    #[test]
    fn certificate_outside_its_validity_period() {
        let authority = Cert::authority("wsline test authority");
        for (validity, what, from, to) in [
            (Validity::Expired, "it has expired", 2020, 2021),
            (Validity::NotYet, "it is not valid yet", 2119, 2120),
        ] {
            let cert = authority.issue_with(&["127.0.0.1"], validity);
            let peer = refused(&cert);
            Wsline::new()
                .args([&peer.url(), "--cacert"])
                .arg(authority.path())
                .stderr_matches(format!(
                    "wsline: could not verify the certificate of 127.0.0.1: {what}\n  \
                     subject: CN=127.0.0.1\n  \
                     names: 127.0.0.1\n  \
                     issuer: CN=wsline test authority\n  \
                     valid: Jan  1 00:00:00 {from} GMT to Jan  1 00:00:00 {to} GMT\n\
                     hint: this computer's clock says [..] UTC; if it is right, the server needs \
                     a new certificate; -k connects without verifying it\n"
                ))
                .code(60)
                .run();
        }
    }

    #[test]
    fn a_missing_intermediate() {
        let authority = Cert::authority("wsline test authority");
        let between = authority.intermediate("wsline test intermediate");
        let cert = between.issue(&["127.0.0.1"]);
        let peer = refused(&cert);
        Wsline::new()
            .args([&peer.url(), "--cacert"])
            .arg(authority.path())
            .stderr_matches(
                "wsline: could not verify [..]: its issuer is not trusted, or the server did not \
                 send an intermediate certificate\n\
                 ...\n  issuer: CN=wsline test intermediate\n...\n",
            )
            .code(60)
            .run();
    }

    /// What a stranger has written into a certificate is shown, not obeyed.
    #[test]
    fn certificate_details_are_escaped() {
        let cert = Cert::self_signed(&["a\u{1b}[2J"]);
        let peer = refused(&cert);
        Wsline::new()
            .arg(peer.url())
            .stderr_matches("...\n  subject: CN=a\\x1b[2J\n...\n")
            .code(60)
            .run();
    }
}

#[test]
fn cacert_trusts_an_issuer() {
    let (cert, authority) = Cert::for_localhost();
    let peer = closing(&cert).start();
    Wsline::new()
        .args([&peer.url(), "--cacert"])
        .arg(authority.path())
        .run();
}

#[test]
fn cacert_trusts_a_self_signed_certificate() {
    let cert = Cert::self_signed(&["127.0.0.1"]);
    let peer = closing(&cert).start();
    Wsline::new()
        .args([&peer.url(), "--ca"])
        .arg(cert.path())
        .run();
}

#[test]
fn ssl_cert_file_is_used() {
    let (cert, authority) = Cert::for_localhost();
    let peer = closing(&cert).start();
    Wsline::new()
        .arg(peer.url())
        .env("SSL_CERT_FILE", authority.path())
        .run();
}

/// A folder in which certificates lie by their hashes is read as they are needed.
#[cfg(target_os = "linux")]
#[test]
fn ssl_cert_dir_is_used() {
    let (cert, authority) = Cert::for_localhost();
    let known = openssl::x509::X509::from_pem(authority.pem().as_bytes()).expect("a certificate");
    let name = format!("certificates/{:08x}.0", known.subject_name_hash());
    let peer = closing(&cert).start();
    let program = Wsline::new().file(&name, authority.pem());
    let folder = program.home().work().join("certificates");
    program.arg(peer.url()).env("SSL_CERT_DIR", folder).run();
    let peer = refused(&cert);
    Wsline::new()
        .arg(peer.url())
        .env("SSL_CERT_DIR", "/no/such/folder")
        .stderr_matches("wsline: could not verify the certificate of 127.0.0.1: [..]\n...\n")
        .code(60)
        .run();
}

/// Whatever is wrong with it, -k takes it.
#[test]
fn insecure_accepts_any_certificate() {
    let authority = Cert::authority("nobody knows it");
    for cert in [
        Cert::self_signed(&["127.0.0.1"]),
        authority.issue(&["other.example"]),
        authority.issue_with(&["127.0.0.1"], Validity::Expired),
    ] {
        for option in ["-k", "--no-check"] {
            let peer = closing(&cert).start();
            Wsline::new().args([&peer.url(), option]).run();
        }
    }
}

#[test]
fn insecure_is_shown_with_verbose() {
    let cert = Cert::self_signed(&["x"]);
    let peer = closing(&cert).start();
    Wsline::new()
        .args(["-kv", &peer.url()])
        .stderr_matches("...\n*[..] secured by TLS[..], certificate not verified\n...\n")
        .run();
}

#[test]
fn servername_is_sent_and_checked() {
    let authority = Cert::authority("wsline test authority");
    let cert = authority.issue(&["other.example"]);
    let peer = closing(Tls::new(&cert).expect_server_name("other.example")).start();
    Wsline::new()
        .args([&peer.url(), "--servername", "other.example", "--cacert"])
        .arg(authority.path())
        .run();
}

/// An address is no server name (RFC 6066 §3).
#[test]
fn host_of_the_url_is_sent_as_sni() {
    let (cert, authority) = Cert::for_localhost();
    for (host, name) in [("localhost", "localhost"), ("127.0.0.1", "")] {
        let peer = closing(Tls::new(&cert).expect_server_name(name)).start();
        Wsline::new()
            .args([&peer.url_as(host), "--cacert"])
            .arg(authority.path())
            .run();
    }
}

#[test]
fn an_empty_servername_is_a_usage_error() {
    Wsline::new()
        .args(["wss://127.0.0.1/", "--servername", ""])
        .stderr("wsline: --servername requires a name; use -k to connect without checking it\n")
        .code(2)
        .run();
}

/// To OpenSSL `.example` is any name below `example`, and a dot alone any name at all.
#[test]
fn a_servername_with_an_empty_label_is_a_usage_error() {
    for name in [".example", ".", "a..b", "a.."] {
        Wsline::new()
            .args(["wss://127.0.0.1/", "--servername", name])
            .stderr(format!(
                "wsline: invalid --servername '{name}': it has an empty label; remove the extra \
                 dot\n"
            ))
            .code(2)
            .run();
    }
}

/// A dot at the end makes a name absolute in DNS; certificates and SNI have no such dot, the Host
/// header keeps it, as in curl.
#[test]
fn trailing_dot_is_not_part_of_the_server_name() {
    let authority = Cert::authority("wsline test authority");
    let cert = authority.issue(&["a.example"]);
    let peer = Peer::ws()
        .expect_request(|request| assert!(request.contains("\r\nHost: a.example.:"), "{request}"))
        .tls(Tls::new(&cert).expect_server_name("a.example"))
        .close(1000, "")
        .start();
    let port = peer.port();
    Wsline::new()
        .arg(format!("wss://a.example.:{port}/"))
        .args([
            "--resolve",
            &format!("a.example.:{port}:127.0.0.1"),
            "--cacert",
        ])
        .arg(authority.path())
        .run();
}

#[test]
fn unusable_ca_file() {
    for (file, cause) in [
        ("missing.pem", "No such file or directory"),
        (".", "it is a directory"),
        (
            "empty.pem",
            "no certificate found (-----BEGIN CERTIFICATE-----)",
        ),
    ] {
        let peer = Peer::tcp().stall().start();
        Wsline::new()
            .file("empty.pem", "nothing\n")
            .arg(format!("wss://127.0.0.1:{}/", peer.port()))
            .args(["--cacert", file])
            .stderr(format!(
                "wsline: could not load CA certificates from {file}: {cause}\n"
            ))
            .code(77)
            .run();
    }
}

#[test]
fn messages_over_tls() {
    let (cert, authority) = Cert::for_localhost();
    let peer = Peer::ws()
        .tls(&cert)
        .glued()
        .send_text("first")
        .echo(1)
        .start();
    Wsline::new()
        .args([&peer.url(), "-n", "2", "--cacert"])
        .arg(authority.path())
        .stdin("second\n")
        .stdout("first\nsecond\n")
        .run();
}

/// A server that ends TCP without its `close_notify` has lost nothing if both Closes were there.
#[test]
fn a_lost_connection_over_tls() {
    let (cert, authority) = Cert::for_localhost();
    let peer = Peer::ws().tls(&cert).send_text("one").drop_tcp().start();
    Wsline::new()
        .args([&peer.url(), "--cacert"])
        .arg(authority.path())
        .stdout("one\n")
        .stderr_matches(
            "the server closed the connection without a Close frame (1006) after [..]\n",
        )
        .code(106)
        .run();
}

#[cfg(not(target_vendor = "apple"))]
#[test]
fn tls_spoken_to_a_plain_server() {
    let peer = Peer::tcp().raw("HTTP/1.1 400 Bad Request\r\n\r\n").start();
    let port = peer.port();
    Wsline::new()
        .arg(format!("wss://127.0.0.1:{port}/"))
        .stderr(format!(
            "wsline: TLS handshake with 127.0.0.1 failed: the response is not TLS\n\
             hint: this port seems to use plain HTTP: use ws://127.0.0.1:{port}\n"
        ))
        .code(35)
        .run();
}

/// The alert of a TLS server that was asked in plain HTTP (RFC 8446 §6): `unexpected_message`.
#[test]
fn plain_http_spoken_to_a_tls_server() {
    let alert = b"\x15\x03\x03\x00\x02\x02\x0a";
    for answer in [
        &alert[..],
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    ] {
        let peer = Peer::http(answer).start();
        let port = peer.port();
        Wsline::new()
            .arg(peer.url_with("/x"))
            .stderr_matches(format!(
                "...\nhint: this port uses TLS: use wss://127.0.0.1:{port}/x\n"
            ))
            .code(22)
            .run();
    }
}

#[test]
fn server_that_closes_during_the_handshake() {
    let peer = Peer::tcp().drop_tcp().start();
    let port = peer.port();
    Wsline::new()
        .arg(format!("wss://127.0.0.1:{port}/"))
        .stderr_matches(format!(
            "wsline: TLS handshake with 127.0.0.1 failed: [..]\n\
             hint: if [..] does not use TLS on this port, use ws://127.0.0.1:{port}\n"
        ))
        .code(35)
        .run();
}
