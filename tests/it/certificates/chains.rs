//! Chains of certificates: which of them is invalid, and which may be trusted.

use openssl::x509::X509;

use super::{greeted, greets, trusting};
use crate::support::cert::Validity;
use crate::support::peer::Tls;
use crate::support::{Cert, Peer, Wsline};

/// The error for the server's certificate, while `ca` is trusted.
#[track_caller]
fn rejected(cert: &Cert, ca: &Cert, text: &str) {
    let look = Peer::tcp().tls(cert).stall();
    let peer = Peer::ws().tls(cert).expect_tls_refused().then(look).start();
    trusting(&peer, ca).stderr_matches(text).code(60).run();
}

#[test]
fn expired_intermediate_is_shown() {
    let root = Cert::authority("the root");
    for (validity, says, dates) in [
        (
            Validity::Expired,
            "has expired",
            "Jan  1 00:00:00 2020 GMT to Jan  1 00:00:00 2021 GMT",
        ),
        (
            Validity::NotYet,
            "is not valid yet",
            "Jan  1 00:00:00 2119 GMT to Jan  1 00:00:00 2120 GMT",
        ),
    ] {
        let middle = root.intermediate_with("middle", validity);
        let cert = middle.issue(&["127.0.0.1"]).with_chain(&[&middle]);
        rejected(
            &cert,
            &root,
            &format!(
                "wsline: could not verify the certificate of 127.0.0.1: the intermediate \
                 certificate CN=middle {says}\n  \
                 subject: CN=middle\n  issuer: CN=the root\n  valid: {dates}\n\
                 hint: this computer's clock says [..] UTC; if it is right, the server needs a \
                 new certificate; -k connects without verifying it\n"
            ),
        );
    }
}

#[test]
fn intermediate_without_ca_flag_is_shown() {
    let root = Cert::authority("the root");
    let middle = root.issue(&["middle"]);
    let cert = middle.issue(&["127.0.0.1"]).with_chain(&[&middle]);
    rejected(
        &cert,
        &root,
        "wsline: could not verify the certificate of 127.0.0.1: the intermediate certificate \
         CN=middle: invalid ca certificate\n  subject: CN=middle\n  issuer: CN=the root\n  \
         valid: [..]\nhint: -k connects without verifying the certificate\n",
    );
}

#[test]
fn missing_issuer_is_named() {
    let root = Cert::authority("the root");
    let middle = root.intermediate("middle");
    let cert = middle.issue(&["127.0.0.1"]).with_chain(&[&middle]);
    let other = Cert::authority("another");
    rejected(
        &cert,
        &other,
        &format!(
            "wsline: could not verify the certificate of 127.0.0.1: the issuer of the intermediate \
             certificate CN=middle is not trusted\n  subject: CN=middle\n  issuer: CN=the root\n  \
             valid: [..]\nhint: {} does not contain CN=the root; -k connects without verifying it\n",
            other.path().display()
        ),
    );
}

/// The old root has expired, and the server still sends its certificate of the new one.
#[test]
fn a_cross_signed_root_is_trusted() {
    let old = Cert::authority("the old root");
    let new = Cert::authority("the new root");
    let crossed = old.cross_sign(&new);
    let cert = new.issue(&["127.0.0.1"]).with_chain(&[&crossed, &old]);
    greeted(&greets(&cert), &new).run();
    greeted(&greets(&cert), &old).run();
}

/// As in curl: what is in the file is trusted, whoever issued it.
#[test]
fn an_intermediate_or_the_certificate_itself_can_be_trusted() {
    let root = Cert::authority("the root");
    let upper = root.intermediate("upper");
    let lower = upper.intermediate("lower");
    let cert = lower.issue(&["127.0.0.1"]).with_chain(&[&lower, &upper]);
    for trusted in [&root, &upper, &lower, &cert] {
        greeted(&greets(&cert), trusted).run();
    }
    let alone = lower.issue(&["127.0.0.1"]);
    greeted(&greets(&alone), &lower).run();
    greeted(&greets(&alone), &alone).run();
}

#[test]
fn a_trusted_intermediate_is_still_verified() {
    let root = Cert::authority("the root");
    let middle = root.intermediate("middle");
    for (cert, says) in [
        (
            middle.issue(&["other.example"]),
            "it is not valid for 127.0.0.1",
        ),
        (
            middle.issue_with(&["127.0.0.1"], Validity::Expired),
            "it has expired",
        ),
        (
            root.intermediate("another").issue(&["127.0.0.1"]),
            "its issuer is not trusted, [..]",
        ),
        (
            middle.issue_as("127.0.0.1", &[]),
            "it has no subjectAltName, [..]",
        ),
    ] {
        let peer = Peer::ws().tls(&cert).expect_tls_refused().start();
        trusting(&peer, &middle)
            .stderr_matches(format!(
                "wsline: could not verify the certificate of 127.0.0.1: {says}\n...\nhint: [..]\n"
            ))
            .code(60)
            .run();
    }
}

/// A partial chain to the server, and a certificate of our own for it.
#[test]
fn client_certificate_works_with_a_trusted_intermediate() {
    let clients = Cert::authority("clients");
    let client = clients.issue(&["somebody"]);
    let root = Cert::authority("the root");
    let middle = root.intermediate("middle");
    let cert = middle.issue(&["127.0.0.1"]);
    let peer = greets(Tls::new(&cert).require_client_of(&clients));
    greeted(&peer, &middle)
        .arg("--cert")
        .arg(client.path())
        .arg("--key")
        .arg(client.key_path())
        .run();
}

#[test]
fn an_address_as_a_dns_name() {
    let ca = Cert::authority("the authority");
    let cert = ca.issue_as("my device", &["127.0.0.1.example"]);
    let renamed = ca.issue_dns("my device", "127.0.0.1");
    rejected(
        &renamed,
        &ca,
        "wsline: could not verify the certificate of 127.0.0.1: it has 127.0.0.1 as a DNS name, \
         not as an IP address\n  subject: CN=my device\n  names: 127.0.0.1 (a DNS name)\n  \
         issuer: CN=the authority\n  valid: [..]\n\
         hint: a certificate for 127.0.0.1 needs the subjectAltName IP:127.0.0.1; -k connects \
         without verifying it\n",
    );
    rejected(
        &cert,
        &ca,
        "wsline: [..] it is not valid for 127.0.0.1\n...\nhint: --servername 127.0.0.1.example [..]\n",
    );
}

/// OpenSSL's own check accepts an underscore under no wildcard; browsers and curl do.
#[test]
fn an_underscore_under_a_wildcard() {
    let ca = Cert::authority("the authority");
    let cert = ca.issue(&["*.wild.test"]);
    let run = |host: &str, peer: &crate::support::peer::Running| {
        let port = peer.port();
        Wsline::new()
            .args([&format!("wss://{host}:{port}/"), "-n", "1", "--resolve"])
            .args([&format!("{host}:{port}:127.0.0.1"), "--cacert"])
            .arg(ca.path())
    };
    let peer = greets(Tls::new(&cert).expect_server_name("a_b.wild.test"));
    run("a_b.wild.test", &peer).stdout("in\n").run();
    for host in ["a_b.c.wild.test", "a_b.wild.example"] {
        let peer = Peer::ws().tls(&cert).expect_tls_refused().start();
        run(host, &peer)
            .stderr_matches(format!(
                "wsline: could not verify the certificate of {host}: it is not valid for {host}\n\
                 ...\n  names: *.wild.test\n...\n"
            ))
            .code(60)
            .run();
    }
}

/// Formats that have to be converted are named, with the command.
#[test]
fn certificates_in_other_formats() {
    let (cert, _) = Cert::for_localhost();
    let der = X509::from_pem(cert.pem().as_bytes()).expect("PEM");
    let der = der.to_der().expect("DER");
    let trusted = cert.pem().replace(" CERTIFICATE", " TRUSTED CERTIFICATE");
    let pkcs7 = cert.pem().replace(" CERTIFICATE", " PKCS7");
    for (bytes, format, command) in [
        (&der[..], "DER, not PEM", "x509 -inform DER"),
        (
            trusted.as_bytes(),
            "OpenSSL's TRUSTED CERTIFICATE, not CERTIFICATE",
            "x509",
        ),
        (
            pkcs7.as_bytes(),
            "PKCS#7, not PEM certificates",
            "pkcs7 -print_certs",
        ),
    ] {
        for (option, code, what) in [
            ("--cacert", 77, "CA certificates"),
            ("--cert", 58, "the certificate or key"),
        ] {
            let peer = Peer::tcp().expect_eof().start();
            Wsline::new()
                .args([&format!("wss://{}", peer.addr()), option, "my file"])
                .file("my file", bytes)
                .stderr(format!(
                    "wsline: could not load {what} from my file: the format is {format}\n\
                     hint: convert it: openssl {command} -in 'my file' -out cert.pem\n"
                ))
                .code(code)
                .run();
        }
    }
}
