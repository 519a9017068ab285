//! The parsed files of a certificate and its key.

/// Apple's library uses them directly.
#[cfg(target_vendor = "apple")]
pub type ParsedIdentity = native_tls::Identity;

/// A certificate with its issuers, and its key in PKCS#8, all in PEM.
#[cfg(not(target_vendor = "apple"))]
pub struct ParsedIdentity {
    /// The certificates, each issued by the next.
    pub chain: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}
