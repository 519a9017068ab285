//! What the user said about TLS.

use std::path::PathBuf;

use super::files::LARGEST_FILE;
use super::identity::IdentityFiles;
use super::key_log::KeyLog;
use super::version::TlsVersion;
use crate::error::plain;
use crate::sys::file::Inputs;
use crate::target::Host;

/// What the user said about TLS.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Accept any certificate.
    pub insecure: bool,
    /// A PEM file with the certificates to trust instead of the system's.
    pub cacert: Option<PathBuf>,
    /// The name for SNI (RFC 6066 §3) and certificate checks, instead of the host.
    pub servername: Option<String>,
    /// The client certificate, if the server requests one (RFC 8446 §4.4.2).
    pub identity: Option<IdentityFiles>,
    /// The minimum TLS version, instead of the library's.
    pub min: Option<TlsVersion>,
    /// The maximum TLS version.
    pub max: Option<TlsVersion>,
    /// Where the secrets of sessions are appended, for decrypting captured packets.
    pub key_log: Option<KeyLog>,
    /// Reads the files.
    pub inputs: Inputs,
}

impl TlsOptions {
    /// Reads files that are pipes in advance, so that connecting does not wait for them.
    pub fn read_pipes(&self) {
        let identity = self.identity.iter();
        let of_identity = identity.flat_map(|source| source.key.iter().chain([&source.cert]));
        for path in self.cacert.iter().chain(of_identity) {
            self.inputs.prefetch(path, LARGEST_FILE);
        }
    }

    /// The name of a host for SNI and certificate checks. A trailing dot is only meaningful in DNS.
    #[must_use]
    pub fn name(&self, host: &Host) -> String {
        let mut name = match &self.servername {
            Some(name) => name.clone(),
            None => host.without_brackets(),
        };
        if name.ends_with('.') {
            name.pop();
        }
        name
    }

    /// Whether a connector for `other` can be used: everything except the name is the same.
    #[must_use]
    pub fn has_same_connector(&self, other: &Self) -> bool {
        self.insecure == other.insecure
            && self.cacert == other.cacert
            && self.identity == other.identity
            && (self.min, self.max) == (other.min, other.max)
            && self.key_log.is_some() == other.key_log.is_some()
    }

    /// Why the secrets of a session could not be written, if so since the last call.
    #[must_use]
    pub fn key_log_failure(&self) -> Option<String> {
        let failure = self.key_log.as_ref()?.take_failure()?;
        Some(plain(&failure))
    }

    /// The minimum and the maximum version; `None` for the library's own.
    pub(super) fn versions(&self) -> (Option<TlsVersion>, Option<TlsVersion>) {
        // The library's own minimum must not exceed the maximum.
        let min = self.min.or(self.max.min(Some(TlsVersion::Tls12)));
        (min, self.max)
    }

    /// The hint if the server supports none of the allowed versions.
    pub(super) fn version_hint(&self) -> String {
        let bounds = [("--tls-min", self.min), ("--tls-max", self.max)];
        let given: Vec<_> = bounds
            .iter()
            .filter_map(|(option, version)| Some(format!("{option} {}", (*version)?)))
            .collect();
        if given.is_empty() {
            return "--tls-min 1.0 allows old versions, if this computer's TLS library still \
                    supports them"
                .to_owned();
        }
        format!(
            "{} excludes the versions that the server supports: change or omit it",
            given.join(" with ")
        )
    }
}
