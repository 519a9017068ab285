//! TLS by the operating system's library. Only this module and those in it name `native_tls` or
//! `openssl`.
//!
//! The library says why it rejected a certificate only as text, and never shows the certificate.
//! So for the explanation alone there is a second handshake that accepts any certificate, and ends
//! before a byte is sent on it.

mod alert;
mod certificate;
mod connector;
mod files;
mod identity;
mod options;
mod problem;
#[cfg(not(target_vendor = "apple"))]
mod store;
mod stream;
mod version;

use std::error::Error as _;
use std::fmt::Debug;
use std::io::{self, Read, Write};
#[cfg(not(target_vendor = "apple"))]
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use native_tls::HandshakeError;

use super::failure::timed_out;
use crate::deadline::Deadline;
use crate::error::{plain, Error, Party, Phase};
use crate::target::HostPort;
use certificate::CertificateSummary;
pub use connector::{Connectors, Preparing};
pub use files::LARGEST_FILE;
pub use identity::IdentityFiles;
pub use options::TlsOptions;
use problem::CertificateProblem;
#[cfg(not(target_vendor = "apple"))]
pub use store::read_lazily;
use stream::Below;
pub use stream::TlsStream;
pub use version::TlsVersion;

/// Nothing: here the system reads its certificates as it needs them.
#[cfg(target_vendor = "apple")]
pub fn read_lazily() {}

/// The kind of record that an accepted `ClientHello` is answered with (RFC 8446 §5.1).
const HANDSHAKE_RECORD: u8 = 22;

/// Whom TLS is set up with, and how.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    /// Whether it is the server or the proxy.
    pub party: Party,
    /// Its host and port.
    pub host_port: &'a HostPort,
    /// What the user said.
    pub options: &'a TlsOptions,
    /// When it must be done.
    pub deadline: Deadline,
}

/// How long the explanation of a failure may take.
const EXPLANATION: Duration = Duration::from_secs(5);

impl Peer<'_> {
    /// The name for SNI and in the certificate. A dot at its end belongs to DNS alone.
    fn name(&self) -> String {
        let mut name = match &self.options.servername {
            Some(name) => name.clone(),
            None => self.host_port.host.without_brackets(),
        };
        if name.ends_with('.') {
            name.pop();
        }
        name
    }

    /// Sets up TLS on `stream`, which keeps to the deadline by itself, and describes it.
    ///
    /// `again` connects once more to the same place within a deadline: it is called at most
    /// once, for the explanation, if the certificate is rejected.
    ///
    /// # Errors
    ///
    /// [`Error::Identity`], [`Error::CaFile`], [`Error::Certificate`],
    /// [`Error::ClientCertificate`], [`Error::Tls`] or [`Error::Timeout`].
    pub fn secure<S: Read + Write + Debug>(
        &self,
        stream: S,
        preparing: Preparing,
        again: impl FnOnce(Deadline) -> io::Result<S>,
    ) -> Result<(TlsStream<S>, String), Error> {
        let connector = preparing.finish(self.options, self.deadline)?;
        let first = Arc::new(OnceLock::new());
        match connector.connect(&self.name(), Below::new(stream, &first)) {
            Ok(tls) => {
                let tls = TlsStream::new(tls);
                self.reject_common_name(&tls)?;
                let description = self.describe(&tls);
                Ok((tls, description))
            }
            Err(HandshakeError::WouldBlock(_)) => Err(timed_out(self.deadline, Phase::Tls)),
            Err(HandshakeError::Failure(cause)) => {
                let accepted = first.get() == Some(&HANDSHAKE_RECORD);
                Err(self.explain_failure(&cause, accepted, again))
            }
        }
    }

    fn describe<S: Read + Write>(&self, tls: &TlsStream<S>) -> String {
        let alpn = match tls.alpn() {
            Some(protocol) => format!(", ALPN {}", String::from_utf8_lossy(&protocol)),
            None => String::new(),
        };
        let unverified = if self.options.insecure {
            ", certificate not verified"
        } else {
            ""
        };
        format!("TLS{alpn}{unverified}")
    }

    /// Rejects a certificate of which only the common name matches. OpenSSL falls back to it if
    /// there is no DNS name among the subjectAltNames, unless a flag forbids that which
    /// `native_tls` can't set; RFC 9525 and browsers forbid it. Nothing has been sent over TLS yet.
    #[cfg(not(target_vendor = "apple"))]
    fn reject_common_name<S: Read + Write>(&self, tls: &TlsStream<S>) -> Result<(), Error> {
        if self.options.insecure || self.name().parse::<IpAddr>().is_ok() {
            return Ok(());
        }
        match tls.summary() {
            Some(shown) if shown.has_dns_name => Ok(()),
            shown => Err(self.rejected(CertificateProblem::WrongName, shown.as_ref())),
        }
    }

    /// Apple's library does not fall back to the common name.
    #[cfg(target_vendor = "apple")]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn reject_common_name<S: Read + Write>(&self, _tls: &TlsStream<S>) -> Result<(), Error> {
        Ok(())
    }

    /// The error for a certificate that was rejected.
    fn rejected(&self, problem: CertificateProblem, shown: Option<&CertificateSummary>) -> Error {
        let problem = match (problem, shown) {
            (CertificateProblem::WrongName, Some(shown)) if shown.names.is_empty() => {
                CertificateProblem::NoNames
            }
            (problem, _) => problem,
        };
        let names = shown.map_or(&[][..], |shown| &shown.names);
        let hint = match (self.party, &problem) {
            // --servername is for the server.
            (Party::Proxy, CertificateProblem::WrongName) => {
                "use a name of the certificate in the proxy's URL (-x); -k connects without \
                 verifying it"
                    .to_owned()
            }
            _ => problem.hint(&self.name(), names),
        };
        Error::Certificate {
            party: self.party,
            host: self.host_port.host.to_string(),
            cause: problem.describe(&self.name()),
            hint: Some(hint),
            details: shown.map_or_else(Vec::new, CertificateSummary::lines),
        }
    }

    fn explain_failure<S: Read + Write + Debug>(
        &self,
        cause: &native_tls::Error,
        accepted: bool,
        again: impl FnOnce(Deadline) -> io::Result<S>,
    ) -> Error {
        let cause = match cause.source().and_then(|it| it.downcast_ref::<io::Error>()) {
            Some(cause) if cause.kind() == io::ErrorKind::TimedOut => {
                return timed_out(self.deadline, Phase::Tls)
            }
            Some(cause) => plain(cause),
            None => cause.to_string(),
        };
        if let Some(problem) = CertificateProblem::from_text(&cause) {
            return self.rejected(problem, self.fetch_certificate(again).as_ref());
        }
        let host = self.host_port.host.to_string();
        if let Some(error) =
            alert::client_certificate_error(&cause, accepted, self.party, &host, self.options)
        {
            return error;
        }
        let (cause, hint) = problem::explain_handshake(
            &cause,
            self.party,
            self.host_port,
            &self.options.version_hint(),
        );
        Error::Tls {
            party: self.party,
            host,
            cause,
            hint,
        }
    }

    /// The certificate that was rejected, from a handshake that accepts any.
    fn fetch_certificate<S: Read + Write + Debug>(
        &self,
        again: impl FnOnce(Deadline) -> io::Result<S>,
    ) -> Option<CertificateSummary> {
        let options = TlsOptions {
            insecure: true,
            min: self.options.min,
            max: self.options.max,
            ..TlsOptions::default()
        };
        // The explanation is an extra: if it can't be had, the error stands without it.
        let connector = connector::build(&options).ok()?;
        let left = self.deadline.remaining().ok()?;
        let deadline = Deadline::after(left.unwrap_or(EXPLANATION).min(EXPLANATION));
        let stream = again(deadline).ok()?;
        let tls = connector.connect(&self.name(), stream).ok()?;
        CertificateSummary::from_session(&tls)
    }
}

/// The error, or what it really is: that a client certificate is required or was rejected, which
/// TLS 1.3 says only after the handshake.
#[must_use]
pub fn find_alert(error: Error, host: &str, options: &TlsOptions) -> Error {
    let found = match &error {
        Error::Unanswered {
            party,
            cause: Some(cause),
            ..
        } => alert::client_certificate_error(&cause.to_string(), true, *party, host, options),
        _ => None,
    };
    found.unwrap_or(error)
}

/// Of two errors the one that says more, when writing has failed and then reading: a TLS alert
/// that arrived says why the peer closed the connection.
#[must_use]
pub fn telling(read: Option<io::Error>, written: io::Error) -> io::Error {
    match read {
        Some(read) if read.kind() == io::ErrorKind::Other => read,
        _ => written,
    }
}

// The texts and the details that they look for are OpenSSL's.
#[cfg(all(test, not(target_vendor = "apple")))]
mod tests;
