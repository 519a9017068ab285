//! Certificates and keys for Apple's library, which converts nothing.

use std::path::Path;

use native_tls::Identity;

use super::super::files::quoted;
use super::parsed::ParsedIdentity;
use super::{has_certificate, unusable, IdentityFiles, PemKey};
use crate::error::Error;
use crate::secret::Secret;

impl IdentityFiles {
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "elsewhere it can fail"
    )]
    pub(super) fn identity(&self, parsed: &ParsedIdentity) -> Result<Identity, Error> {
        Ok(parsed.clone())
    }

    /// Parses a file with certificates and the key in the file `path`.
    pub(super) fn parse_pem(
        &self,
        cert: &[u8],
        path: &Path,
        key: &PemKey,
    ) -> Result<Identity, Error> {
        if key.label != "PRIVATE KEY" {
            let hint = format!(
                "convert it: openssl pkcs8 -topk8 -nodes -in {} -out key.pem; then --key key.pem",
                quoted(path)
            );
            let cause = format!(
                "it is {}, but TLS on this system supports only PRIVATE KEY (PKCS#8)",
                key.label
            );
            return Err(unusable(path, cause, hint));
        }
        if !has_certificate(cert) {
            return Err(self.no_certificate());
        }
        Identity::from_pkcs8(cert, key.text).map_err(|cause| {
            let hint = "use --cert FILE for the certificate and --key FILE for its own key";
            unusable(&self.cert, cause.to_string(), hint)
        })
    }

    /// Parses a PKCS#12 file.
    pub(super) fn parse_archive(&self, der: &[u8]) -> Result<Identity, Error> {
        // PKCS#12 is a SEQUENCE in DER (X.690 §8.9).
        if der.first() != Some(&0x30) {
            return Err(self.unknown_format(der));
        }
        let passphrase = self.passphrase.as_ref().map_or("", Secret::reveal);
        Identity::from_pkcs12(der, passphrase).map_err(|cause| {
            // errSecAuthFailed, errSecPkcs12VerifyFailure: a wrong passphrase. The text is
            // localized.
            let text = cause.to_string();
            if ["-25293", "-25264", "passphrase", "MAC"]
                .iter()
                .any(|word| text.contains(word))
            {
                return self.wrong_passphrase(&self.cert);
            }
            unusable(&self.cert, text, "use another file with --cert FILE")
        })
    }
}
