//! What the TLS library reports, in words and with the next step. It reports it as text only.

use std::net::IpAddr;

use crate::error::Party;
use crate::target::HostPort;

/// Why a certificate was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateProblem {
    /// Its validity period is over.
    Expired,
    /// Its validity period has not begun.
    NotYetValid,
    /// It is valid for other names.
    WrongName,
    /// It has no subjectAltName, so it is valid for no name and no address.
    NoNames,
    /// It is its own issuer, and not trusted.
    SelfSigned,
    /// Its issuer is not trusted, or the server left out an intermediate: they look the same.
    UnknownIssuer,
    /// Something else, in the library's words.
    Other(String),
}

impl CertificateProblem {
    /// Reads the library's text; `None` if it is not about the certificate.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        // OpenSSL's line for every failed verification; Apple's texts have the reason alone.
        let verification = lower.contains("certificate verify failed");
        if !verification && !cfg!(target_vendor = "apple") {
            return None;
        }
        if says(&["has expired", "certificate expired"]) {
            Some(Self::Expired)
        } else if says(&["not yet valid"]) {
            Some(Self::NotYetValid)
        } else if says(&[
            "hostname mismatch",
            "host name mismatch",
            "ip address mismatch",
        ]) {
            Some(Self::WrongName)
        } else if says(&["self-signed certificate)", "self signed certificate)"]) {
            Some(Self::SelfSigned)
        } else if says(&[
            "in certificate chain",
            "local issuer certificate",
            "issuer certificate",
            "first certificate",
            // A trusted issuer has the same name, but another key.
            "certificate signature failure",
            "was not trusted",
            "unknown root",
        ]) {
            Some(Self::UnknownIssuer)
        } else if verification {
            // `error:…:certificate verify failed:…: (the check that failed)`
            let check = lower.rsplit_once('(').map(|(_, tail)| tail);
            let check = check.unwrap_or(&lower).trim_end_matches(')');
            Some(Self::Other(check.to_owned()))
        } else {
            None
        }
    }

    /// Which check failed, for a certificate that should be valid for `name`.
    #[must_use]
    pub fn describe(&self, name: &str) -> String {
        match self {
            Self::Expired => "it has expired".to_owned(),
            Self::NotYetValid => "it is not valid yet".to_owned(),
            Self::WrongName => format!("it is not valid for {name}"),
            Self::NoNames => "it has no subjectAltName, and the common name is not used".to_owned(),
            Self::SelfSigned => "it is self-signed".to_owned(),
            Self::UnknownIssuer => {
                "its issuer is not trusted, or the server did not send an intermediate certificate"
                    .to_owned()
            }
            Self::Other(check) => check.clone(),
        }
    }

    /// The next step, for a certificate with these `names` that should be valid for `name`.
    #[must_use]
    pub fn hint(&self, name: &str, names: &[String]) -> String {
        match self {
            Self::Expired | Self::NotYetValid => {
                format!(
                    "this computer's clock says {}; if it is right, the server needs a new \
                     certificate; -k connects without verifying it",
                    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC")
                )
            }
            Self::WrongName => match names.iter().find(|name| is_plain(name)) {
                Some(name) => format!(
                    "--servername {name} sends and verifies that name; -k connects without \
                     verifying it"
                ),
                None => "--servername NAME sends and verifies a name of the certificate; -k \
                         connects without verifying it"
                    .to_owned(),
            },
            Self::NoNames => {
                let kind = match name.parse::<IpAddr>() {
                    Ok(_) => "IP",
                    Err(_) => "DNS",
                };
                format!(
                    "a certificate for {name} needs the subjectAltName {kind}:{name}; -k connects \
                     without verifying it"
                )
            }
            Self::SelfSigned => {
                "to trust it, save it as PEM and use --cacert FILE; -k connects without verifying \
                 it"
                .to_owned()
            }
            Self::UnknownIssuer => {
                "--cacert FILE trusts the certificates in FILE (PEM); -k connects without \
                 verifying it"
                    .to_owned()
            }
            Self::Other(_) => "-k connects without verifying the certificate".to_owned(),
        }
    }
}

/// Whether a name from the network can be pasted into a command line as it is; no `*.example.org`.
fn is_plain(name: &str) -> bool {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    name.bytes().all(ok) && !name.starts_with('-') && !name.is_empty()
}

/// The reason in OpenSSL's `error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:`, or the text itself.
#[must_use]
pub fn reason(text: &str) -> String {
    let mut parts = text.split(':');
    match (parts.next(), parts.nth(3)) {
        (Some("error"), Some(reason)) if !reason.is_empty() => reason.to_owned(),
        _ => text.to_owned(),
    }
}

/// Why the handshake failed for another reason than the certificate, and the next step.
/// `version_hint` is for a server that supports none of our versions.
#[must_use]
pub fn explain_handshake(
    text: &str,
    party: Party,
    host_port: &HostPort,
    version_hint: &str,
) -> (String, Option<String>) {
    let without_tls = || {
        Some(match party {
            Party::Server => {
                format!("if the server does not use TLS on this port, use ws://{host_port}")
            }
            Party::Proxy => {
                "if the proxy does not use TLS on this port, use http:// in its URL".to_owned()
            }
        })
    };
    let reason = reason(text);
    let lower = reason.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&[
        "wrong version number",
        "http request",
        "packet length too long",
    ]) {
        let hint = match party {
            Party::Server => Some(format!(
                "this port seems to use plain HTTP: use ws://{host_port}"
            )),
            Party::Proxy => without_tls(),
        };
        return ("the response is not TLS".to_owned(), hint);
    }
    if says(&["unexpected eof", "closed via error", "connection closed"]) {
        return (format!("the {party} closed the connection"), without_tls());
    }
    if says(&["connection reset"]) {
        return (reason, without_tls());
    }
    if says(&[
        "unsupported protocol",
        "protocol version",
        "no protocols available",
    ]) {
        let cause = format!("no TLS version in common ({reason})");
        return (cause, Some(version_hint.to_owned()));
    }
    if says(&["unrecognized name", "unrecognised name"]) {
        return (
            format!("the {party} does not recognize the host name"),
            (party == Party::Server).then(|| "--servername NAME sends another name".to_owned()),
        );
    }
    (reason, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str =
        "error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify \
         failed:../ssl/statem/statem_clnt.c:1889:";

    #[test]
    #[cfg(not(target_vendor = "apple"))]
    fn each_check_has_its_words() {
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
        // With -k the check's result stands there as well when something else went wrong.
        let alert = "error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake \
                     failure:../ssl/record/rec_layer_s3.c:1605:SSL alert number 40 (self-signed \
                     certificate)";
        assert_eq!(CertificateProblem::from_text(alert), None);
    }

    #[test]
    fn the_hint_names_an_option() {
        let names = ["*.example.org".to_owned(), "example.org".to_owned()];
        assert!(CertificateProblem::WrongName
            .hint("localhost", &names)
            .contains("--servername example.org"));
        assert!(CertificateProblem::WrongName
            .hint("localhost", &[])
            .contains("--servername NAME"));
        let trap = ["$(reboot)".to_owned(), "-k".to_owned()];
        assert!(CertificateProblem::WrongName
            .hint("localhost", &trap)
            .contains("--servername NAME"));
        for (name, san) in [("a.example", "DNS:a.example;"), ("::1", "IP:::1;")] {
            assert!(
                CertificateProblem::NoNames.hint(name, &[]).contains(san),
                "{name}"
            );
        }
        for problem in [
            CertificateProblem::SelfSigned,
            CertificateProblem::UnknownIssuer,
        ] {
            assert!(problem.hint("localhost", &[]).contains("--cacert FILE"));
        }
        assert!(CertificateProblem::Expired
            .hint("localhost", &[])
            .contains("-k"));
    }

    fn server(text: &str) -> HostPort {
        HostPort::parse(text, 443).expect("a host")
    }

    #[test]
    fn plain_http_on_the_port_is_told() {
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
}
