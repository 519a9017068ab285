//! The meaning of the TLS library's errors, which are only available as text, and hints for them.

use std::net::IpAddr;
use std::path::Path;

use super::certificate::{CertificateName, CertificateSummary};
use crate::connect::failure::HTTP_2;
use crate::error::Party;
use crate::target::HostPort;

/// The cause for a connection that the server closed during the handshake.
pub const CLOSED_BY_SERVER: &str = "the server closed the connection";

/// Why a certificate was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateProblem {
    /// It has expired.
    Expired,
    /// It is not yet valid.
    NotYetValid,
    /// It is valid for other names.
    WrongName,
    /// It has no subjectAltName, so it is valid for no name or address.
    NoNames,
    /// It contains the address as a DNS name, which is not compared with addresses.
    AddressAsName,
    /// It is self-signed and not trusted.
    SelfSigned,
    /// Its issuer is not trusted, or the server did not send an intermediate certificate. The two
    /// can't be distinguished.
    UnknownIssuer,
    /// Something else, as described by the library.
    Other(String),
}

impl CertificateProblem {
    /// Parses the library's text; `None` if it is not about the certificate.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        // OpenSSL's text for every failed verification; Apple's has only the reason.
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
            // A trusted issuer has the same name but another key.
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

    /// The failed check, for a certificate that should be valid for `name`.
    #[must_use]
    pub fn describe(&self, name: &str) -> String {
        match self {
            Self::Expired => "it has expired".to_owned(),
            Self::NotYetValid => "it is not valid yet".to_owned(),
            Self::WrongName => format!("it is not valid for {name}"),
            Self::NoNames => "it has no subjectAltName, and the common name is not used".to_owned(),
            Self::AddressAsName => format!("it has {name} as a DNS name, not as an IP address"),
            Self::SelfSigned => "it is self-signed".to_owned(),
            Self::UnknownIssuer => {
                "its issuer is not trusted, or the server did not send an intermediate certificate"
                    .to_owned()
            }
            Self::Other(check) => check.clone(),
        }
    }

    /// The same as a sentence about an intermediate or root certificate.
    #[must_use]
    pub fn describe_issuer(&self, certificate: &CertificateSummary) -> String {
        let kind = if certificate.subject == certificate.issuer {
            "root"
        } else {
            "intermediate"
        };
        let whose = format!("the {kind} certificate {}", certificate.subject);
        match self {
            Self::Expired => format!("{whose} has expired"),
            Self::NotYetValid => format!("{whose} is not valid yet"),
            Self::UnknownIssuer if kind == "root" => format!("{whose} is not trusted"),
            Self::UnknownIssuer => format!("the issuer of {whose} is not trusted"),
            Self::Other(check) => format!("{whose}: {check}"),
            other => format!("{whose}: {}", other.describe(&certificate.subject)),
        }
    }

    /// The hint for a certificate.
    #[must_use]
    pub fn hint(&self, context: &HintContext<'_>) -> String {
        let HintContext { name, names, .. } = context;
        match self {
            Self::Expired | Self::NotYetValid => {
                format!(
                    "this computer's clock says {}; if it is right, the {} needs a new \
                     certificate; -k connects without verifying it",
                    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC"),
                    context.party
                )
            }
            // --servername applies to the server only.
            Self::WrongName if context.party == Party::Proxy => {
                "use a name of the certificate in the proxy's URL (-x); -k connects without \
                 verifying it"
                    .to_owned()
            }
            Self::WrongName => match names.iter().find_map(usable) {
                Some(name) => format!(
                    "--servername {name} sends and verifies that name; -k connects without \
                     verifying it"
                ),
                None => "--servername NAME sends and verifies a name of the certificate; -k \
                         connects without verifying it"
                    .to_owned(),
            },
            Self::NoNames | Self::AddressAsName => {
                let kind = match name.parse::<IpAddr>() {
                    Ok(_) => "IP",
                    Err(_) => "DNS",
                };
                format!(
                    "a certificate for {name} needs the subjectAltName {kind}:{name}; -k connects \
                     without verifying it"
                )
            }
            Self::SelfSigned | Self::UnknownIssuer => context.trust(self),
            Self::Other(_) => "-k connects without verifying the certificate".to_owned(),
        }
    }
}

/// What a hint about a certificate depends on.
#[derive(Clone, Copy, Debug)]
pub struct HintContext<'a> {
    /// Whether it is the certificate of the server or the proxy.
    pub party: Party,
    /// The name that it should be valid for.
    pub name: &'a str,
    /// The names for which it is valid.
    pub names: &'a [CertificateName],
    /// The untrusted issuer, if known.
    pub issuer: Option<&'a str>,
    /// The file of `--cacert`, if set.
    pub cacert: Option<&'a Path>,
}

impl HintContext<'_> {
    /// How to trust a certificate. What has already been tried is not suggested.
    fn trust(&self, problem: &CertificateProblem) -> String {
        let without = "-k connects without verifying it";
        match (self.cacert, self.issuer) {
            (Some(file), _) if *problem == CertificateProblem::SelfSigned => {
                format!("it is not in {}; {without}", file.display())
            }
            (Some(file), Some(issuer)) => {
                format!("{} does not contain {issuer}; {without}", file.display())
            }
            (Some(file), None) => {
                format!("{} does not contain its issuer; {without}", file.display())
            }
            (None, _) if *problem == CertificateProblem::SelfSigned => {
                format!("to trust it, save it as PEM and use --cacert FILE; {without}")
            }
            (None, _) => format!("--cacert FILE trusts the certificates in FILE (PEM); {without}"),
        }
    }
}

/// A name that can be pasted into a command line, and for which verification would succeed.
fn usable(name: &CertificateName) -> Option<String> {
    match name {
        CertificateName::Ip(address) => Some(address.to_string()),
        CertificateName::Dns(name) if name.parse::<IpAddr>().is_ok() => None,
        CertificateName::Dns(name) => is_plain(name).then(|| name.clone()),
    }
}

/// Whether a name from the network can be pasted into a command line without quotes.
fn is_plain(name: &str) -> bool {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    name.bytes().all(ok) && !name.starts_with('-') && !name.is_empty()
}

/// The reason in OpenSSL's `error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:`, or the whole text.
#[must_use]
pub fn reason(text: &str) -> String {
    let mut parts = text.split(':');
    match (parts.next(), parts.nth(3)) {
        (Some("error"), Some(reason)) if !reason.is_empty() => reason.to_owned(),
        _ => text.to_owned(),
    }
}

/// The hint for a port on which TLS may not be spoken.
fn without_tls(party: Party, host_port: &HostPort) -> String {
    match party {
        Party::Server => {
            format!("if the server does not use TLS on this port, use ws://{host_port}")
        }
        Party::Proxy => {
            "if the proxy does not use TLS on this port, use http:// in its URL".to_owned()
        }
    }
}

/// Why the handshake failed for another reason than a certificate, and a hint. `version_hint` is
/// used if the server supports none of our versions.
#[must_use]
pub fn explain_handshake(
    text: &str,
    party: Party,
    host_port: &HostPort,
    version_hint: &str,
) -> (String, Option<String>) {
    let reason = reason(text);
    let lower = reason.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&[
        "wrong version number",
        "http request",
        "packet length too long",
    ]) {
        let hint = match party {
            Party::Server => format!("this port seems to use plain HTTP: use ws://{host_port}"),
            Party::Proxy => without_tls(party, host_port),
        };
        return ("the response is not TLS".to_owned(), Some(hint));
    }
    if says(&["unexpected eof", "closed via error", "connection closed"]) {
        let cause = match party {
            Party::Server => CLOSED_BY_SERVER,
            Party::Proxy => "the proxy closed the connection",
        };
        return (cause.to_owned(), Some(without_tls(party, host_port)));
    }
    if says(&["connection reset"]) {
        return (reason, Some(without_tls(party, host_port)));
    }
    if says(&[
        "unsupported protocol",
        "protocol version",
        "no protocols available",
    ]) {
        let cause = format!("no TLS version in common ({reason})");
        return (cause, Some(version_hint.to_owned()));
    }
    if says(&["no application protocol"]) {
        return (
            format!("the {party} does not support HTTP/1.1 (TLS alert: no application protocol)"),
            Some(HTTP_2.to_owned()),
        );
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
mod tests;
