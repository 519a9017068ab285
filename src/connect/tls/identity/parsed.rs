//! What the files of a certificate and its key become.

/// Here the library takes them as they are.
#[cfg(target_vendor = "apple")]
pub type Parsed = native_tls::Identity;

/// A certificate with those that issued it, and its key in PKCS#8, all in PEM.
#[cfg(not(target_vendor = "apple"))]
pub struct Parsed {
    /// The certificates, each issued by the next.
    pub chain: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}
