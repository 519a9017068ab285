//! TLS alerts about a client certificate (RFC 8446 §6.2): it is required or was rejected.
//!
//! In TLS 1.2, they end the handshake. In TLS 1.3, the client's handshake is complete before the
//! server has read its certificate, so they arrive instead of the first response.

use super::options::TlsOptions;
use crate::error::{Error, Party};

/// The alerts that servers send only because of a client certificate.
const ABOUT_CERTIFICATES: &[&str] = &[
    "certificate required",
    "no certificate",
    "bad certificate",
    "unsupported certificate",
    "certificate revoked",
    "certificate expired",
    "certificate unknown",
    "unknown ca",
    "access denied",
];

/// The alert that servers send if a certificate is required before TLS 1.3, but also for many other
/// reasons.
const FAILURE: &str = "handshake failure";

/// The error if the library's text contains an alert about a client certificate; `None` if it is
/// about something else. `accepted` says that the server has accepted the `ClientHello`, so that
/// only the certificate can have been rejected.
#[must_use]
pub fn client_certificate_error(
    text: &str,
    accepted: bool,
    party: Party,
    host: &str,
    options: &TlsOptions,
) -> Option<Error> {
    let alert = alert(text)?;
    let is_ours = ABOUT_CERTIFICATES.contains(&alert.as_str()) || accepted && alert == FAILURE;
    if !is_ours {
        return None;
    }
    let file = options.identity.as_ref().map(|source| &source.cert);
    let hint = match (file, alert.as_str()) {
        _ if party == Party::Proxy => {
            "wsline sends client certificates to servers only, not to proxies"
        }
        (None, _) => {
            "give one with --cert FILE: PKCS#12, or PEM with --key FILE if the key is in another \
             file"
        }
        (_, "unknown ca") => {
            "the server does not trust its issuer: add the intermediate certificates to the file, \
             or use another certificate with --cert FILE"
        }
        (_, "certificate expired") => {
            "the certificate has expired: use another one with --cert FILE"
        }
        _ => "use another certificate with --cert FILE",
    };
    Some(Error::ClientCertificate {
        party,
        host: host.to_owned(),
        file: file.map(|path| path.display().to_string()),
        alert,
        hint: hint.to_owned(),
    })
}

/// The name of the alert in OpenSSL's `error:…:tlsv13 alert certificate required:…:SSL alert number
/// 116`.
fn alert(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (_, name) = lower.split_once(" alert ")?;
    Some(name.split(':').next()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::tls::identity::IdentityFiles;

    fn told(text: &str, accepted: bool, options: &TlsOptions) -> Option<String> {
        let error = client_certificate_error(text, accepted, Party::Server, "h", options)?;
        assert_eq!(error.exit_code().number(), 58);
        assert!(error.hint().is_some_and(|hint| hint.contains("--cert")));
        Some(error.to_string())
    }

    #[test]
    fn alerts_about_client_certificates_are_recognized() {
        let required = "error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate \
                        required:../ssl/record/rec_layer_s3.c:1605:SSL alert number 116";
        let none = TlsOptions::default();
        assert_eq!(
            told(required, true, &none).as_deref(),
            Some("h requires a client certificate (TLS alert: certificate required)")
        );
        let one = TlsOptions {
            identity: Some(IdentityFiles {
                cert: "me.pem".into(),
                key: None,
                passphrase: None,
            }),
            ..TlsOptions::default()
        };
        assert_eq!(
            told("tlsv1 alert unknown ca", true, &one).as_deref(),
            Some("h rejected the client certificate in me.pem (TLS alert: unknown ca)")
        );
        // OpenSSL 3.2 has a different prefix.
        assert!(told("ssl/tls alert bad certificate", false, &none).is_some());
        assert!(told("sslv3 alert handshake failure", true, &none).is_some());
        for other in [
            "sslv3 alert handshake failure",
            "tlsv1 alert protocol version",
            "bad certificate",
        ] {
            assert_eq!(told(other, false, &none), None);
        }
    }
}
