//! A certificate for people: subject, names, issuer, validity (RFC 5280 §4.1).

use std::io::{Read, Write};
#[cfg(not(target_vendor = "apple"))]
use std::net::IpAddr;

#[cfg(not(target_vendor = "apple"))]
use openssl::x509::{GeneralNameRef, X509NameRef, X509};

/// What errors and `-v` say about a certificate.
#[derive(Debug)]
pub struct CertificateSummary {
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// Whether one of `names` is a DNS name.
    pub has_dns_name: bool,
    subject: String,
    issuer: String,
    valid: String,
}

impl CertificateSummary {
    /// What the peer of a TLS session has shown.
    #[must_use]
    pub fn from_session<S: Read + Write>(tls: &native_tls::TlsStream<S>) -> Option<Self> {
        let der = tls.peer_certificate().ok()??.to_der().ok()?;
        Self::from_der(&der)
    }

    /// A line for each thing that is known.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let names = if self.names.is_empty() {
            "none".to_owned()
        } else {
            self.names.join(", ")
        };
        vec![
            format!("subject: {}", self.subject),
            format!("names: {names}"),
            format!("issuer: {}", self.issuer),
            format!("valid: {}", self.valid),
        ]
    }
}

/// Without OpenSSL nothing here reads a certificate: the error stands without its details.
#[cfg(target_vendor = "apple")]
impl CertificateSummary {
    /// Reads a certificate in DER.
    #[must_use]
    pub fn from_der(_der: &[u8]) -> Option<Self> {
        None
    }
}

#[cfg(not(target_vendor = "apple"))]
impl CertificateSummary {
    /// Reads a certificate in DER.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let certificate = X509::from_der(der).ok()?;
        let names = certificate.subject_alt_names();
        let names = || names.iter().flatten();
        Some(Self {
            names: names().filter_map(describe_name).collect(),
            has_dns_name: names().any(|name| name.dnsname().is_some()),
            subject: distinguished_name(certificate.subject_name()),
            issuer: distinguished_name(certificate.issuer_name()),
            valid: format!(
                "{} to {}",
                certificate.not_before(),
                certificate.not_after()
            ),
        })
    }
}

#[cfg(not(target_vendor = "apple"))]
fn describe_name(name: &GeneralNameRef) -> Option<String> {
    if let Some(name) = name.dnsname() {
        return Some(name.to_owned());
    }
    let octets = name.ipaddress()?;
    let address = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    let address = address.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from));
    Some(address.ok()?.to_string())
}

/// A name as `CN=x, O=y`.
#[cfg(not(target_vendor = "apple"))]
#[must_use]
pub fn distinguished_name(name: &X509NameRef) -> String {
    let parts: Vec<_> = name
        .entries()
        .map(|entry| {
            let kind = entry.object().nid().short_name().unwrap_or("?");
            let value = String::from_utf8_lossy(entry.data().as_slice());
            format!("{kind}={value}")
        })
        .collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}
