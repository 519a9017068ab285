//! The versions of TLS.

use std::fmt;
use std::str::FromStr;

use native_tls::Protocol;

/// A version of TLS (RFC 2246, RFC 4346, RFC 5246, RFC 8446).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl FromStr for TlsVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "1.0" => Ok(Self::Tls10),
            "1.1" => Ok(Self::Tls11),
            "1.2" => Ok(Self::Tls12),
            "1.3" => Ok(Self::Tls13),
            _ => Err("expected 1.0, 1.1, 1.2 or 1.3".to_owned()),
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls10 => "1.0",
            Self::Tls11 => "1.1",
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        })
    }
}

impl From<TlsVersion> for Protocol {
    fn from(version: TlsVersion) -> Self {
        match version {
            TlsVersion::Tls10 => Self::Tlsv10,
            TlsVersion::Tls11 => Self::Tlsv11,
            TlsVersion::Tls12 => Self::Tlsv12,
            TlsVersion::Tls13 => Self::Tlsv13,
        }
    }
}
