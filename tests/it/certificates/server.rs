//! The server's certificate: what is wrong with it, and what would mend it.

use super::{greeted, greets, server, trusting};
use crate::support::cert::Validity;
use crate::support::peer::Tls;
use crate::support::{Cert, Peer, Wsline};

/// Runs against a server with `cert`, trusting `ca`: it is refused with this text.
#[track_caller]
fn refused(cert: &Cert, ca: &Cert, text: &str) {
    let look = Peer::tcp().tls(cert).stall();
    let peer = Peer::ws().tls(cert).expect_tls_refused().then(look).start();
    trusting(&peer, ca).stderr_matches(text).code(60).run();
}

#[test]
fn expired_certificate() {
    let ca = Cert::authority("the authority");
    refused(&ca.issue_with(&["127.0.0.1"], Validity::Expired),
        &ca,
        "\
wsline: could not verify the certificate of 127.0.0.1: it has expired
  subject: CN=127.0.0.1
  names: 127.0.0.1
  issuer: CN=the authority
  valid: Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2021 GMT
hint: this computer's clock says [..]-[..]-[..] [..]:[..] UTC; if it is right, the server needs a new certificate; -k connects without verifying it
",);
}

#[test]
fn certificate_not_yet_valid() {
    let ca = Cert::authority("the authority");
    refused(&ca.issue_with(&["127.0.0.1"], Validity::NotYet),
        &ca,
        "\
wsline: could not verify the certificate of 127.0.0.1: it is not valid yet
  subject: CN=127.0.0.1
  names: 127.0.0.1
  issuer: CN=the authority
  valid: Jan  1 00:00:00 2119 GMT to Jan  1 00:00:00 2120 GMT
hint: this computer's clock says [..]-[..]-[..] [..]:[..] UTC; if it is right, the server needs a new certificate; -k connects without verifying it
",);
}

#[test]
fn certificate_for_another_name() {
    let ca = Cert::authority("the authority");
    let cert = ca.issue(&["*.inside.example", "inside.example", "10.0.0.1"]);
    refused(
        &cert,
        &ca,
        "\
wsline: could not verify the certificate of 127.0.0.1: it is not valid for 127.0.0.1
  subject: CN=*.inside.example
  names: *.inside.example, inside.example, 10.0.0.1
  issuer: CN=the authority
  valid: Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2120 GMT
hint: --servername inside.example sends and verifies that name; -k connects without verifying it
",
    );
    // What the hint says.
    let tls = Tls::new(&cert).expect_server_name("inside.example");
    let peer = greets(tls);
    greeted(&peer, &ca)
        .args(["--servername", "inside.example"])
        .run();
}

#[test]
fn self_signed_certificate() {
    let cert = Cert::self_signed(&["127.0.0.1"]);
    refused(
        &cert,
        &Cert::authority("the authority"),
        "\
wsline: could not verify the certificate of 127.0.0.1: it is self-signed
  subject: CN=127.0.0.1
  names: 127.0.0.1
  issuer: CN=127.0.0.1
  valid: Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2120 GMT
hint: it is not in [..]cert.pem; -k connects without verifying it
",
    );
    // What helps: itself as the authority, or -k.
    let peer = greets(&cert);
    greeted(&peer, &cert).run();
    let peer = greets(&cert);
    Wsline::new()
        .args([&peer.url(), "-k", "-n", "1"])
        .stdout("in\n")
        .run();
}

#[test]
fn unknown_issuer_or_missing_intermediate() {
    const TEXT: &str = "\
wsline: could not verify the certificate of 127.0.0.1: its issuer is not trusted, or the server did not send an intermediate certificate
  subject: CN=127.0.0.1
  names: 127.0.0.1
  issuer: CN=[ISSUER]
  valid: Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2120 GMT
hint: [..]cert.pem does not contain CN=[ISSUER]; -k connects without verifying it
";
    let ca = Cert::authority("the authority");
    let other = Cert::authority("other").issue(&["127.0.0.1"]);
    refused(&other, &ca, &TEXT.replace("[ISSUER]", "other"));
    let middle = ca.intermediate("middle");
    let cert = middle.issue(&["127.0.0.1"]);
    refused(&cert, &ca, &TEXT.replace("[ISSUER]", "middle"));
    // What helps: the issuers' certificates in one file.
    let both = format!("{}{}", ca.pem(), middle.pem());
    let peer = greets(&cert);
    Wsline::new()
        .args([&peer.url(), "--cacert", "both.pem", "-n", "1"])
        .file("both.pem", both)
        .stdout("in\n")
        .run();
}

#[test]
fn names_in_certificates_are_escaped() {
    let ca = Cert::authority("the\x1b[2Jauthority");
    let cert = ca.issue(&["elsewhere.example"]);
    refused(
        &cert,
        &ca,
        "\
wsline: could not verify the certificate of 127.0.0.1: it is not valid for 127.0.0.1
  subject: CN=elsewhere.example
  names: elsewhere.example
  issuer: CN=the\\x1b[2Jauthority
  valid: Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2120 GMT
hint: --servername elsewhere.example sends and verifies that name; -k connects without verifying it
",
    );
}

#[test]
fn unusable_ca_file() {
    for (name, contents, text) in [
        ("none.pem", None, "No such file or directory"),
        (
            "empty.pem",
            Some("hello\n"),
            "no certificate found (-----BEGIN CERTIFICATE-----)",
        ),
        (
            "broken.pem",
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "[..]",
        ),
    ] {
        let peer = Peer::tcp().expect_eof().start();
        let mut run = Wsline::new().args([&format!("wss://{}", peer.addr()), "--cacert", name]);
        if let Some(contents) = contents {
            run = run.file(name, contents);
        }
        run.stderr_matches(format!(
            "wsline: could not load CA certificates from {name}: {text}\n"
        ))
        .code(77)
        .run();
    }
}

#[test]
fn verbose_shows_the_certificate() {
    let (cert, ca) = server();
    let peer = greets(&cert);
    greeted(&peer, &ca)
        .arg("-v")
        .stderr_matches(
            "\
*[..] ms  trying 127.0.0.1:[PORT]
*[..] ms  connected to 127.0.0.1:[PORT]
*[..] ms  secured by TLS, ALPN http/1.1
*[..] ms  the server's certificate
*               subject: CN=localhost
*               names: localhost, 127.0.0.1, ::1
*               issuer: CN=wsline test authority
*               valid: Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2120 GMT
*[..] ms  sent the upgrade request
> GET / HTTP/1.1
...
* closed cleanly
closed by us: 1000 (normal closure) after [..] s, sent 0, received 1
",
        )
        .run();
}
