//! Tests of OpenSSL's texts with their descriptions and hints.

use super::*;

const FAILED: &str =
    "error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify \
     failed:../ssl/statem/statem_clnt.c:1889:";

#[test]
#[cfg(not(target_vendor = "apple"))]
fn failed_checks_are_described() {
    for (check, problem) in [
        ("certificate has expired", CertificateProblem::Expired),
        (
            "certificate is not yet valid",
            CertificateProblem::NotYetValid,
        ),
        ("hostname mismatch", CertificateProblem::WrongName),
        ("IP address mismatch", CertificateProblem::WrongName),
        ("self-signed certificate", CertificateProblem::SelfSigned),
        ("self signed certificate", CertificateProblem::SelfSigned),
        (
            "self-signed certificate in certificate chain",
            CertificateProblem::UnknownIssuer,
        ),
        (
            "unable to get local issuer certificate",
            CertificateProblem::UnknownIssuer,
        ),
        (
            "unable to verify the first certificate",
            CertificateProblem::UnknownIssuer,
        ),
        (
            "CA md too weak",
            CertificateProblem::Other("ca md too weak".to_owned()),
        ),
    ] {
        assert_eq!(
            CertificateProblem::from_text(&format!("{FAILED} ({check})")),
            Some(problem)
        );
    }
    // With -k, the result of verification is also in the text if something else failed.
    let alert = "error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake \
                 failure:../ssl/record/rec_layer_s3.c:1605:SSL alert number 40 (self-signed \
                 certificate)";
    assert_eq!(CertificateProblem::from_text(alert), None);
}

/// The hint for a certificate with these names that should be valid for `name`.
fn hint(problem: &CertificateProblem, name: &str, names: &[CertificateName]) -> String {
    problem.hint(&HintContext {
        party: Party::Server,
        name,
        names,
        issuer: Some("CN=x"),
        cacert: None,
    })
}

#[test]
fn hints_name_an_option() {
    use CertificateProblem::{Expired, NoNames, SelfSigned, UnknownIssuer, WrongName};
    let dns = |name: &str| CertificateName::Dns(name.to_owned());
    let names = [dns("*.example.org"), dns("example.org")];
    assert!(hint(&WrongName, "localhost", &names).contains("--servername example.org"));
    assert!(hint(&WrongName, "localhost", &[]).contains("--servername NAME"));
    // With a DNS name that is an address, verification would fail again.
    for trap in ["$(reboot)", "-k", "127.0.0.1", "::1"] {
        assert!(
            hint(&WrongName, "localhost", &[dns(trap)]).contains("--servername NAME"),
            "{trap}"
        );
    }
    let address = [CertificateName::Ip(
        "127.0.0.1".parse().expect("an address"),
    )];
    assert!(hint(&WrongName, "localhost", &address).contains("--servername 127.0.0.1"));
    for (name, san) in [("a.example", "DNS:a.example;"), ("::1", "IP:::1;")] {
        assert!(hint(&NoNames, name, &[]).contains(san), "{name}");
    }
    for problem in [SelfSigned, UnknownIssuer] {
        assert!(hint(&problem, "localhost", &[]).contains("--cacert FILE"));
    }
    assert!(hint(&Expired, "localhost", &[]).contains("-k"));
}

#[test]
fn used_options_are_not_suggested() {
    let context = HintContext {
        party: Party::Proxy,
        name: "h",
        names: &[CertificateName::Dns("other".to_owned())],
        issuer: Some("CN=the root"),
        cacert: Some(Path::new("ca.pem")),
    };
    assert_eq!(
        CertificateProblem::UnknownIssuer.hint(&context),
        "ca.pem does not contain CN=the root; -k connects without verifying it"
    );
    assert_eq!(
        CertificateProblem::SelfSigned.hint(&context),
        "it is not in ca.pem; -k connects without verifying it"
    );
    let hint = CertificateProblem::WrongName.hint(&context);
    assert!(
        !hint.contains("--servername") && hint.contains("(-x)"),
        "{hint}"
    );
}

#[test]
fn issuers_are_described() {
    use CertificateProblem::{Expired, Other, UnknownIssuer};
    let issuer = |subject: &str, issuer: &str| CertificateSummary {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        ..CertificateSummary::default()
    };
    let (middle, root) = (issuer("CN=a", "CN=b"), issuer("CN=b", "CN=b"));
    for (problem, certificate, is) in [
        (
            Expired,
            &middle,
            "the intermediate certificate CN=a has expired",
        ),
        (Expired, &root, "the root certificate CN=b has expired"),
        (
            UnknownIssuer,
            &middle,
            "the issuer of the intermediate certificate CN=a is not trusted",
        ),
        (
            UnknownIssuer,
            &root,
            "the root certificate CN=b is not trusted",
        ),
        (
            Other("invalid CA certificate".to_owned()),
            &middle,
            "the intermediate certificate CN=a: invalid CA certificate",
        ),
    ] {
        assert_eq!(problem.describe_issuer(certificate), is);
    }
}

#[test]
fn server_without_http_1_is_recognized() {
    let text =
        "error:0A000460:SSL routines:ssl3_read_bytes:tlsv1 alert no application protocol:x:1:";
    let (cause, hint) = explain_handshake(text, Party::Server, &server("h"), "versions");
    assert_eq!(
        cause,
        "the server does not support HTTP/1.1 (TLS alert: no application protocol)"
    );
    assert!(hint.is_some_and(|hint| hint.contains("HTTP/2")));
}

fn server(text: &str) -> HostPort {
    HostPort::parse(text, 443).expect("a host")
}

#[test]
fn plain_http_is_recognized() {
    let text = "error:0A00010B:SSL routines:ssl3_get_record:wrong version \
                number:../ssl/record/ssl3_record.c:354:";
    assert_eq!(
        explain_handshake(text, Party::Server, &server("[::1]:9000"), "versions"),
        (
            "the response is not TLS".to_owned(),
            Some("this port seems to use plain HTTP: use ws://[::1]:9000".to_owned())
        )
    );
    let text = "error:0A000126:SSL routines::unexpected eof while reading:../ssl/x.c:1:";
    let (cause, _) = explain_handshake(text, Party::Server, &server("host:1"), "versions");
    assert_eq!(cause, "the server closed the connection");
    let (cause, hint) = explain_handshake(
        "Connection reset by peer",
        Party::Server,
        &server("host:1"),
        "versions",
    );
    assert_eq!(cause, "Connection reset by peer");
    assert!(hint.is_some_and(|hint| hint.ends_with("use ws://host:1")));
    let text = "error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:x:1:";
    assert_eq!(
        explain_handshake(text, Party::Server, &server("host:1"), "versions"),
        ("sslv3 alert handshake failure".to_owned(), None)
    );
    let text = "error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:x:1:";
    let (_, hint) = explain_handshake(text, Party::Server, &server("host:1"), "versions");
    assert_eq!(hint.as_deref(), Some("versions"));
}
