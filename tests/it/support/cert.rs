//! New certificates for tests: an authority, what it issues, and invalid ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    date_time_ymd, BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use tempfile::TempDir;

/// A certificate with its key, as PEM files that exist as long as this value.
#[derive(Clone)]
pub struct Cert {
    params: CertificateParams,
    pem: String,
    key_pem: String,
    dir: Arc<TempDir>,
}

/// The validity period of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    Valid,
    Expired,
    NotYet,
}

impl Cert {
    /// An authority that issues certificates with [`issue`](Self::issue).
    pub fn authority(name: &str) -> Self {
        let mut params = params(name, &[], Validity::Valid);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self::sign_itself(params)
    }

    /// A certificate for `localhost` and 127.0.0.1, and the authority that issued it, for tests of
    /// TLS that are not about certificates.
    pub fn for_localhost() -> (Self, Self) {
        let authority = Self::authority("wsline test authority");
        let cert = authority.issue(&["localhost", "127.0.0.1", "::1"]);
        (cert, authority)
    }

    /// A self-signed certificate.
    pub fn self_signed(names: &[&str]) -> Self {
        let name = names.first().copied().unwrap_or("nobody");
        Self::sign_itself(params(name, names, Validity::Valid))
    }

    /// A certificate for these names and addresses; its subject is the first.
    pub fn issue(&self, names: &[&str]) -> Self {
        self.issue_with(names, Validity::Valid)
    }

    /// A certificate with a subject that is none of its names and addresses, of which there may be
    /// none.
    pub fn issue_as(&self, subject: &str, names: &[&str]) -> Self {
        self.sign(params(subject, names, Validity::Valid))
    }

    /// A certificate with one DNS name, even if that is an address.
    pub fn issue_dns(&self, subject: &str, name: &str) -> Self {
        let mut params = params(subject, &[], Validity::Valid);
        let name = name.try_into().expect("ASCII");
        params.subject_alt_names = vec![SanType::DnsName(name)];
        self.sign(params)
    }

    /// A certificate that has expired or is not yet valid.
    pub fn issue_with(&self, names: &[&str], validity: Validity) -> Self {
        let name = names.first().copied().unwrap_or("nobody");
        self.sign(params(name, names, validity))
    }

    /// An authority below this one. Its own certificate is not in the files of those that it
    /// issues.
    pub fn intermediate(&self, name: &str) -> Self {
        self.intermediate_with(name, Validity::Valid)
    }

    /// The certificate of another authority, issued by this one instead of itself.
    pub fn cross_sign(&self, other: &Self) -> Self {
        let key = KeyPair::from_pem(&other.key_pem).expect("our own PEM can be read");
        self.sign_key(other.params.clone(), &key)
    }

    /// The same certificate, in a file together with those of its issuers.
    pub fn with_chain(&self, issuers: &[&Self]) -> Self {
        let issuers = issuers.iter().map(|issuer| issuer.pem.as_str());
        let pem = std::iter::once(self.pem.as_str()).chain(issuers).collect();
        let key = KeyPair::from_pem(&self.key_pem).expect("our own PEM can be read");
        Self::keep(self.params.clone(), pem, &key)
    }

    /// An authority below this one that has expired or is not yet valid.
    pub fn intermediate_with(&self, name: &str, validity: Validity) -> Self {
        let mut params = params(name, &[], validity);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        self.sign(params)
    }

    /// The certificate as a PEM file.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    /// The key as a PEM file (PKCS#8).
    pub fn key_path(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }

    /// The directory of both files; tests may add others.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// Both for native-tls.
    pub fn identity(&self) -> native_tls::Identity {
        native_tls::Identity::from_pkcs8(self.pem.as_bytes(), self.key_pem.as_bytes())
            .expect("a fresh certificate and its key are an identity")
    }

    fn sign_itself(params: CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        let cert = params
            .self_signed(&key)
            .expect("a certificate can be signed");
        Self::keep(params, cert.pem(), &key)
    }

    /// A certificate for an existing key (PKCS#8 in PEM).
    pub fn issue_for_key(&self, names: &[&str], key_pem: &str) -> Self {
        let name = names.first().copied().unwrap_or("nobody");
        let key = KeyPair::from_pem(key_pem).expect("the key can be read");
        self.sign_key(params(name, names, Validity::Valid), &key)
    }

    fn sign(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        self.sign_key(params, &key)
    }

    fn sign_key(&self, params: CertificateParams, key: &KeyPair) -> Self {
        let own_key = KeyPair::from_pem(&self.key_pem).expect("our own PEM can be read");
        let issuer = Issuer::from_params(&self.params, own_key);
        let cert = params
            .signed_by(key, &issuer)
            .expect("a certificate can be signed");
        Self::keep(params, cert.pem(), key)
    }

    fn keep(params: CertificateParams, pem: String, key: &KeyPair) -> Self {
        let dir = crate::support::guard::directory();
        let cert = Self {
            params,
            pem,
            key_pem: key.serialize_pem(),
            dir: Arc::new(dir),
        };
        std::fs::write(cert.path(), &cert.pem).expect("a file can be written");
        std::fs::write(cert.key_path(), &cert.key_pem).expect("a file can be written");
        cert
    }
}

fn params(subject: &str, names: &[&str], validity: Validity) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("the names are names");
    params.distinguished_name.push(DnType::CommonName, subject);
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let (from, to) = match validity {
        Validity::Valid => (2020, 2120),
        Validity::Expired => (2020, 2021),
        Validity::NotYet => (2119, 2120),
    };
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(to, 1, 1);
    params
}
