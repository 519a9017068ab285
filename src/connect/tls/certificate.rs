//! A description of certificates: subject, names, issuer, validity (RFC 5280 §4.1).

use std::fmt;
use std::net::IpAddr;

#[cfg(not(target_vendor = "apple"))]
use openssl::x509::{GeneralNameRef, X509NameRef, X509Ref, X509};

/// A name that a certificate is valid for (RFC 5280 §4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateName {
    /// A DNS name, possibly with a wildcard.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A DNS name never matches an address.
            Self::Dns(name) if name.parse::<IpAddr>().is_ok() => write!(f, "{name} (a DNS name)"),
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

/// The description of a certificate in errors and with `-v`.
#[derive(Debug, Default)]
pub struct CertificateSummary {
    /// The names and addresses for which it is valid.
    pub names: Vec<CertificateName>,
    /// The subject.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The validity period.
    pub validity: String,
}

impl CertificateSummary {
    /// Whether it is valid for any DNS name.
    #[must_use]
    pub fn has_dns_name(&self) -> bool {
        let is_dns = |name: &CertificateName| matches!(name, CertificateName::Dns(_));
        self.names.iter().any(is_dns)
    }

    /// The description as lines. Names are only included for a server's own certificate.
    #[must_use]
    pub fn lines(&self, depth: u32) -> Vec<String> {
        let names: Vec<_> = self.names.iter().map(ToString::to_string).collect();
        let names = match names.len() {
            0 => "none".to_owned(),
            _ => names.join(", "),
        };
        let mut lines = vec![format!("subject: {}", self.subject)];
        if depth == 0 {
            lines.push(format!("names: {names}"));
        }
        lines.push(format!("issuer: {}", self.issuer));
        lines.push(format!("valid: {}", self.validity));
        lines
    }
}

/// Certificates can't be parsed without OpenSSL, so errors have no details.
#[cfg(target_vendor = "apple")]
impl CertificateSummary {
    /// Parses a certificate in DER.
    #[must_use]
    pub fn from_der(_der: &[u8]) -> Option<Self> {
        None
    }
}

#[cfg(not(target_vendor = "apple"))]
impl CertificateSummary {
    /// Parses a certificate in DER.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        Some(Self::from_x509(X509::from_der(der).ok()?.as_ref()))
    }

    /// Describes a certificate.
    #[must_use]
    pub fn from_x509(certificate: &X509Ref) -> Self {
        let names = certificate.subject_alt_names();
        Self {
            names: names.iter().flatten().filter_map(read_name).collect(),
            subject: distinguished_name(certificate.subject_name()),
            issuer: distinguished_name(certificate.issuer_name()),
            validity: format!(
                "{} to {}",
                certificate.not_before(),
                certificate.not_after()
            ),
        }
    }
}

#[cfg(not(target_vendor = "apple"))]
fn read_name(name: &GeneralNameRef) -> Option<CertificateName> {
    if let Some(name) = name.dnsname() {
        return Some(CertificateName::Dns(name.to_owned()));
    }
    let octets = name.ipaddress()?;
    let address = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    let address = address.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from));
    Some(CertificateName::Ip(address.ok()?))
}

/// Whether `pattern` has a wildcard that matches the first label of `name` (RFC 9525 §6.3). As in
/// browsers, at least two labels must follow it.
#[cfg(not(target_vendor = "apple"))]
#[must_use]
pub fn is_wildcard_for(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = name.split_once('.') else {
        return false;
    };
    !first.is_empty()
        && rest.contains('.')
        && pattern
            .strip_prefix("*.")
            .is_some_and(|pattern| pattern.eq_ignore_ascii_case(rest))
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

#[cfg(all(test, not(target_vendor = "apple")))]
mod tests {
    use super::*;

    #[test]
    fn wildcard_matches_one_whole_label() {
        for (pattern, name, is) in [
            ("*.wild.test", "a_b.wild.test", true),
            ("*.WILD.test", "a_b.wild.TEST", true),
            ("*.wild.test", "wild.test", false),
            ("*.wild.test", "a_b.c.wild.test", false),
            ("*.wild.test", ".wild.test", false),
            ("*.test", "a_b.test", false),
            ("a*.wild.test", "a_b.wild.test", false),
            ("a_b.wild.test", "a_b.wild.test", false),
            ("*.wild.test", "a_b.wildxtest", false),
        ] {
            assert_eq!(is_wildcard_for(pattern, name), is, "{pattern} {name}");
        }
    }

    #[test]
    fn addresses_and_dns_names_are_distinguished() {
        let names = [
            CertificateName::Dns("127.0.0.1".to_owned()),
            CertificateName::Dns("a.test".to_owned()),
            CertificateName::Ip("::1".parse().expect("an address")),
        ];
        let shown = names.map(|name| name.to_string());
        assert_eq!(shown, ["127.0.0.1 (a DNS name)", "a.test", "::1"]);
    }
}
