//! What the TLS library says, in words that tell what to do. It says it as text only.

use std::net::IpAddr;

use crate::target::HostPort;

/// Why a certificate was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateProblem {
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is for other names.
    WrongName,
    /// It is for no name or address at all: it has no subjectAltName.
    NoNames,
    /// Nobody but its owner vouches for it.
    SelfSigned,
    /// Nobody who is trusted vouches for it, or the server left out who does: they look the same.
    UnknownIssuer,
    /// Something else, in the library's words.
    Other(String),
}

impl CertificateProblem {
    /// Reads the library's text; `None` if it is not about the certificate.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        // OpenSSL's line for every failed verification; Apple's texts name the flaw alone.
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

    /// Which check failed, for a certificate that should have been for `name`.
    #[must_use]
    pub fn in_words(&self, name: &str) -> String {
        match self {
            Self::Expired => "it has expired".to_owned(),
            Self::NotYetValid => "it is not yet valid".to_owned(),
            Self::WrongName => format!("it is not for {name}"),
            Self::NoNames => {
                "it has no subjectAltName (SAN), and its common name does not count".to_owned()
            }
            Self::SelfSigned => "it is self-signed".to_owned(),
            Self::UnknownIssuer => {
                "its issuer is not trusted here, or the server did not send an intermediate \
                 certificate"
                    .to_owned()
            }
            Self::Other(check) => check.clone(),
        }
    }

    /// What to do about it, for a certificate with these `names` that should have been for `name`.
    #[must_use]
    pub fn hint(&self, name: &str, names: &[String]) -> String {
        match self {
            Self::Expired | Self::NotYetValid => {
                format!(
                    "this computer's clock says {}; if it is right, the server needs another \
                     certificate; -k connects without checking it",
                    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC")
                )
            }
            Self::WrongName => match names.iter().find(|name| is_plain(name)) {
                Some(name) => format!(
                    "--servername {name} asks for that name and checks it; -k connects without \
                     checking"
                ),
                None => "--servername NAME asks for a name that the certificate has and checks \
                         it; -k connects without checking"
                    .to_owned(),
            },
            Self::NoNames => {
                let kind = match name.parse::<IpAddr>() {
                    Ok(_) => "IP",
                    Err(_) => "DNS",
                };
                format!(
                    "a certificate for {name} needs the subjectAltName {kind}:{name}; -k connects \
                     without checking"
                )
            }
            Self::SelfSigned => {
                "--cacert FILE trusts it if FILE is this certificate in PEM; -k connects without \
                 checking it"
                    .to_owned()
            }
            Self::UnknownIssuer => {
                "--cacert FILE trusts the issuers whose certificates are in FILE (PEM); -k \
                 connects without checking"
                    .to_owned()
            }
            Self::Other(_) => "-k connects without checking the certificate".to_owned(),
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

/// Why the handshake failed for another reason than the certificate, and what to do about it.
/// `versions` is the hint for a server that speaks none of ours.
#[must_use]
pub fn handshake_in_words(
    text: &str,
    server: &HostPort,
    versions: &str,
) -> (String, Option<String>) {
    let plain_address = format!("ws://{server}");
    let reason = reason(text);
    let lower = reason.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&[
        "wrong version number",
        "http request",
        "packet length too long",
    ]) {
        return (
            "the answer is not TLS".to_owned(),
            Some(format!(
                "this port seems to speak plain HTTP: use {plain_address}"
            )),
        );
    }
    if says(&["unexpected eof", "closed via error", "connection closed"]) {
        return (
            "the server closed the connection".to_owned(),
            Some(format!(
                "if it does not speak TLS on this port, use {plain_address}"
            )),
        );
    }
    if says(&["connection reset"]) {
        return (
            reason,
            Some(format!(
                "if the server does not speak TLS on this port, use {plain_address}"
            )),
        );
    }
    if says(&[
        "unsupported protocol",
        "protocol version",
        "no protocols available",
    ]) {
        return (
            format!("server and client share no version of TLS ({reason})"),
            Some(versions.to_owned()),
        );
    }
    if says(&["unrecognized name", "unrecognised name"]) {
        return (
            "the server does not know the name that was asked for".to_owned(),
            Some("--servername NAME asks for another".to_owned()),
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
        for (check, flaw) in [
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
                CertificateProblem::of(&format!("{FAILED} ({check})")),
                Some(flaw)
            );
        }
        // With -k the check's result stands there as well when something else went wrong.
        let alert = "error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake \
                     failure:../ssl/record/rec_layer_s3.c:1605:SSL alert number 40 (self-signed \
                     certificate)";
        assert_eq!(CertificateProblem::of(alert), None);
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
        for flaw in [
            CertificateProblem::SelfSigned,
            CertificateProblem::UnknownIssuer,
        ] {
            assert!(flaw.hint("localhost", &[]).contains("--cacert FILE"));
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
            handshake_in_words(text, &server("[::1]:9000"), "versions"),
            (
                "the answer is not TLS".to_owned(),
                Some("this port seems to speak plain HTTP: use ws://[::1]:9000".to_owned())
            )
        );
        let text = "error:0A000126:SSL routines::unexpected eof while reading:../ssl/x.c:1:";
        let (cause, _) = handshake_in_words(text, &server("host:1"), "versions");
        assert_eq!(cause, "the server closed the connection");
        let (cause, hint) =
            handshake_in_words("Connection reset by peer", &server("host:1"), "versions");
        assert_eq!(cause, "Connection reset by peer");
        assert!(hint.is_some_and(|hint| hint.ends_with("use ws://host:1")));
        let text = "error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:x:1:";
        assert_eq!(
            handshake_in_words(text, &server("host:1"), "versions"),
            ("sslv3 alert handshake failure".to_owned(), None)
        );
        let text = "error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:x:1:";
        let (_, hint) = handshake_in_words(text, &server("host:1"), "versions");
        assert_eq!(hint.as_deref(), Some("versions"));
    }
}
