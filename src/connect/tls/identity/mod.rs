//! A certificate with its key, from PEM with any kind of key and comments anywhere, or from PKCS#12
//! (RFC 7292). The format is recognized by the content.
//!
//! The TLS library requires a PKCS#8 key in PEM with nothing before it, so everything is converted
//! to that.

use std::path::{Path, PathBuf};

use memchr::memmem;
use native_tls::Identity;

use super::files::{self, explain_format, quoted};
use super::problem::reason;
use crate::error::{plain, Error};
use crate::secret::Secret;
use crate::sys::file::Inputs;

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(not(target_vendor = "apple"))]
mod openssl;
mod parsed;

pub use parsed::ParsedIdentity;

/// The files of a certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityFiles {
    /// PEM with the certificate and its issuers in any order, or PKCS#12.
    pub cert: PathBuf,
    /// The key in PEM, unless it is in `cert`.
    pub key: Option<PathBuf>,
    /// The passphrase of the key.
    pub passphrase: Option<Secret>,
}

impl IdentityFiles {
    /// Reads the files with `inputs`.
    ///
    /// # Errors
    ///
    /// [`Error::Identity`] with the file, the reason, and what to do about it.
    pub fn load(&self, inputs: &Inputs) -> Result<Identity, Error> {
        self.identity(&self.read(inputs)?)
    }

    /// Reads the files as PEM for OpenSSL, with `inputs`.
    ///
    /// # Errors
    ///
    /// The same as those of [`load`](Self::load).
    #[cfg(not(target_vendor = "apple"))]
    pub fn load_pem(&self, inputs: &Inputs) -> Result<ParsedIdentity, Error> {
        self.read(inputs)
    }

    fn read(&self, inputs: &Inputs) -> Result<ParsedIdentity, Error> {
        let cert = read(&self.cert, inputs)?;
        if !is_pem(&cert) {
            return self.parse_archive(&cert);
        }
        let (path, text) = match &self.key {
            Some(path) => (path, &read(path, inputs)?),
            None => (&self.cert, &cert),
        };
        if explain_format(&cert, &self.cert).is_some() && !has_certificate(&cert) {
            return Err(self.unknown_format(&cert));
        }
        let key = PemKey::find(text).ok_or_else(|| self.no_key(path, text))?;
        if key.encrypted && self.passphrase.is_none() {
            return Err(locked(path, "the key is encrypted"));
        }
        self.parse_pem(&cert, path, &key)
    }

    /// The error if the library rejects the identity, for example because its key is too short.
    #[must_use]
    pub fn unfit(&self, text: &str) -> Error {
        let cause = reason(text);
        unusable(&self.cert, cause, "use another file with --cert FILE")
    }

    fn no_key(&self, path: &Path, text: &[u8]) -> Error {
        let hint = if self.key.is_none() {
            "use --key FILE if the key is in another file".to_owned()
        } else if is_pem(text) {
            "use --key FILE for the key and --cert FILE for its certificate".to_owned()
        } else {
            let path = quoted(path);
            format!("if it is a key in DER, convert it: openssl pkey -inform DER -in {path} -out key.pem")
        };
        let cause = "no private key found (-----BEGIN PRIVATE KEY-----)";
        unusable(path, cause, hint)
    }

    fn no_certificate(&self) -> Error {
        let cause = "no certificate found (-----BEGIN CERTIFICATE-----)";
        let hint = "use --cert FILE for the certificate and --key FILE for its key";
        unusable(&self.cert, cause, hint)
    }

    /// The error for a file that is neither PEM with a certificate nor PKCS#12.
    fn unknown_format(&self, bytes: &[u8]) -> Error {
        match explain_format(bytes, &self.cert) {
            Some((cause, hint)) => unusable(&self.cert, cause, hint),
            None if is_pem(bytes) => self.no_certificate(),
            None => {
                let hint = "use --cert FILE with PEM or PKCS#12";
                unusable(&self.cert, "it is neither PEM nor PKCS#12", hint)
            }
        }
    }

    /// The error for a missing or wrong passphrase.
    fn wrong_passphrase(&self, path: &Path) -> Error {
        match self.passphrase {
            Some(_) => locked(path, "the passphrase is wrong"),
            None => locked(path, "it needs a passphrase"),
        }
    }
}

/// A private key in PEM, including its first and last line.
struct PemKey<'a> {
    label: &'a str,
    text: &'a [u8],
    encrypted: bool,
}

impl<'a> PemKey<'a> {
    /// The first private key of any kind in a file (RFC 7468 §2; the kinds of §10 and §11, and the
    /// older `RSA PRIVATE KEY` of PKCS#1 and `EC PRIVATE KEY` of RFC 5915).
    fn find(pem: &'a [u8]) -> Option<Self> {
        const BEGIN: &[u8] = b"-----BEGIN ";
        memmem::find_iter(pem, BEGIN).find_map(|start| {
            let label = &pem[start + BEGIN.len()..];
            let label = std::str::from_utf8(&label[..memmem::find(label, b"-----")?]).ok()?;
            if !label.ends_with("PRIVATE KEY") {
                return None;
            }
            let last = format!("-----END {label}-----");
            let end = memmem::find(&pem[start..], last.as_bytes())?;
            let text = &pem[start..start + end + last.len()];
            // Traditional encryption (RFC 1421 §4.6.1.1) is indicated by a header of the block.
            let encrypted = label == "ENCRYPTED PRIVATE KEY"
                || memmem::find(text, b"Proc-Type: 4,ENCRYPTED").is_some();
            Some(Self {
                label,
                text,
                encrypted,
            })
        })
    }
}

fn has_certificate(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"-----BEGIN CERTIFICATE-----").is_some()
}

fn is_pem(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"-----BEGIN ").is_some()
}

fn read(path: &Path, inputs: &Inputs) -> Result<Vec<u8>, Error> {
    files::read(path, inputs).map_err(|cause| {
        unusable(
            path,
            plain(&cause),
            "give the path of a file that can be read",
        )
    })
}

fn locked(path: &Path, cause: &str) -> Error {
    let hint = "--pass gives the passphrase; --pass @FILE and --pass env:NAME keep it out of the \
                command line";
    unusable(path, cause, hint)
}

fn unusable(path: &Path, cause: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::Identity {
        path: path.display().to_string(),
        cause: cause.into(),
        hint: Some(hint.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    #[test]
    fn key_is_found_in_a_file_with_other_content() {
        let certificate = block("CERTIFICATE", "AAAA");
        for (label, body, encrypted) in [
            ("PRIVATE KEY", "BBBB", false),
            ("RSA PRIVATE KEY", "BBBB", false),
            ("EC PRIVATE KEY", "BBBB", false),
            ("ENCRYPTED PRIVATE KEY", "BBBB", true),
            (
                "RSA PRIVATE KEY",
                "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nBBBB",
                true,
            ),
        ] {
            let key = block(label, body);
            let text = format!("Bag Attributes\n  friendlyName: -----\n{certificate}# mine\n{key}");
            let found = PemKey::find(text.as_bytes()).expect("there is a key");
            assert_eq!(found.label, label);
            assert_eq!(found.text, key.trim_end().as_bytes());
            assert_eq!(found.encrypted, encrypted, "{label}");
        }
        assert!(PemKey::find(certificate.as_bytes()).is_none());
        assert!(PemKey::find(b"-----BEGIN PRIVATE KEY-----\nBBBB\n").is_none());
        assert!(PemKey::find(b"-----BEGIN ").is_none());
    }
}
