//! Certificates and keys of any kind, parsed by OpenSSL.

use std::path::Path;

use native_tls::Identity;
use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::x509::{X509VerifyResult, X509};

use super::super::files::quoted;
use super::parsed::ParsedIdentity;
use super::{unusable, IdentityFiles, PemKey};
use crate::connect::tls::certificate::distinguished_name;
use crate::error::Error;
use crate::secret::Secret;

impl IdentityFiles {
    /// Creates an identity for the library.
    pub(super) fn identity(&self, pem: &ParsedIdentity) -> Result<Identity, Error> {
        Identity::from_pkcs8(&pem.chain, &pem.key).map_err(|cause| {
            unusable(
                &self.cert,
                cause.to_string(),
                "use another file with --cert FILE",
            )
        })
    }

    /// Parses a file with certificates and the key in the file `path`.
    pub(super) fn parse_pem(
        &self,
        cert: &[u8],
        path: &Path,
        key: &PemKey,
    ) -> Result<ParsedIdentity, Error> {
        let passphrase = self.passphrase.as_ref().filter(|_| key.encrypted);
        let read = match passphrase {
            Some(passphrase) => {
                PKey::private_key_from_pem_passphrase(key.text, passphrase.reveal().as_bytes())
            }
            None => PKey::private_key_from_pem(key.text),
        };
        let private = read.map_err(|errors| self.bad_key(path, key, &errors))?;
        let certificates = X509::stack_from_pem(cert).map_err(|errors| {
            let cause = format!("its certificate can't be read: {}", reason(&errors));
            unusable(&self.cert, cause, "use another file with --cert FILE")
        })?;
        if certificates.is_empty() {
            return Err(self.no_certificate());
        }
        self.joined(path, &private, certificates)
    }

    /// Parses a PKCS#12 file.
    pub(super) fn parse_archive(&self, der: &[u8]) -> Result<ParsedIdentity, Error> {
        let path = &self.cert;
        let archive = Pkcs12::from_der(der).map_err(|_| self.unknown_format(der))?;
        if self.key.is_some() {
            let cause = "it is PKCS#12, which has its own key";
            return Err(unusable(path, cause, "omit --key"));
        }
        let passphrase = self.passphrase.as_ref().map_or("", Secret::reveal);
        let parsed = archive.parse2(passphrase).map_err(|errors| {
            if let Some(algorithm) = missing_algorithm(&errors) {
                return outdated_archive(path, &algorithm);
            }
            match reason(&errors) {
                reason if reason.contains("mac verify failure") => self.wrong_passphrase(path),
                reason => unusable(path, reason, "use another file with --cert FILE"),
            }
        })?;
        let (Some(key), Some(certificate)) = (parsed.pkey, parsed.cert) else {
            let cause = "no private key with its certificate found";
            return Err(unusable(path, cause, "use another file with --cert FILE"));
        };
        let others = parsed.ca.into_iter().flatten();
        self.joined(
            path,
            &key,
            std::iter::once(certificate).chain(others).collect(),
        )
    }

    /// The certificate for `key`, which is from `path`, followed by its issuer and so on, as RFC
    /// 5246 §7.4.2 requires. Other certificates are left out.
    fn joined(
        &self,
        path: &Path,
        key: &PKey<Private>,
        mut certificates: Vec<X509>,
    ) -> Result<ParsedIdentity, Error> {
        let failed =
            |cause: String| unusable(&self.cert, cause, "use another file with --cert FILE");
        let is_of_key = |one: &X509| one.public_key().is_ok_and(|public| public.public_eq(key));
        let Some(place) = certificates.iter().position(is_of_key) else {
            return Err(self.stranger(path, &certificates[0]));
        };
        let mut last = certificates.swap_remove(place);
        let mut chain = last.to_pem().map_err(|errors| failed(reason(&errors)))?;
        while let Some(place) = certificates
            .iter()
            .position(|one| one.issued(&last) == X509VerifyResult::OK)
        {
            last = certificates.swap_remove(place);
            chain.extend(last.to_pem().map_err(|errors| failed(reason(&errors)))?);
        }
        let key = key
            .private_key_to_pem_pkcs8()
            .map_err(|errors| failed(reason(&errors)))?;
        Ok(ParsedIdentity { chain, key })
    }

    fn stranger(&self, path: &Path, certificate: &X509) -> Error {
        let subject = distinguished_name(certificate.subject_name());
        let cause = match &self.key {
            Some(_) => format!(
                "it is not the key of the certificate in {} ({subject})",
                self.cert.display()
            ),
            None => format!("its key is not that of its certificate ({subject})"),
        };
        unusable(
            path,
            cause,
            "use --key FILE with the key of that certificate",
        )
    }

    fn bad_key(&self, path: &Path, key: &PemKey, errors: &ErrorStack) -> Error {
        if key.encrypted {
            // A wrong passphrase decrypts a key to random bytes, which causes various errors.
            return match missing_algorithm(errors) {
                Some(algorithm) => outdated_key(path, &algorithm),
                None => self.wrong_passphrase(path),
            };
        }
        let cause = format!("its {} can't be read: {}", key.label, reason(errors));
        unusable(path, cause, "use another file with --key FILE")
    }
}

/// The algorithm that this version of OpenSSL no longer supports.
fn missing_algorithm(errors: &ErrorStack) -> Option<String> {
    errors.errors().iter().find_map(|error| {
        // `Global default library context, Algorithm (RC2-40-CBC : 0), Properties ()`
        let (_, rest) = error.data()?.split_once("Algorithm (")?;
        let name = rest.split([' ', ')']).next()?;
        Some(name.to_owned())
    })
}

fn outdated(algorithm: &str) -> String {
    format!("it is encrypted with {algorithm}, which this OpenSSL counts as legacy")
}

/// The conversion reads and writes encrypted files, so the key is never unprotected.
fn outdated_archive(path: &Path, algorithm: &str) -> Error {
    let file = quoted(path);
    let hint = format!(
        "convert it: openssl pkcs12 -legacy -in {file} -out new.pem; then --cert new.pem, and \
         --pass for the PEM pass phrase that it asks for"
    );
    unusable(path, outdated(algorithm), hint)
}

fn outdated_key(path: &Path, algorithm: &str) -> Error {
    let file = quoted(path);
    let hint = format!(
        "convert it: openssl pkcs8 -topk8 -provider legacy -provider default -in {file} -out \
         new.pem; then --key new.pem"
    );
    unusable(path, outdated(algorithm), hint)
}

/// OpenSSL's first error; the others are consequences.
fn reason(errors: &ErrorStack) -> String {
    errors
        .errors()
        .first()
        .and_then(openssl::error::Error::reason)
        .unwrap_or("OpenSSL does not say why")
        .to_owned()
}
