//! TLS with the library of the operating system. Only this module uses `native_tls` and `openssl`.
//!
//! The library reports why it rejected a certificate only as text, and does not return the
//! certificate. So there is a second handshake for the explanation, by OpenSSL directly (`own`),
//! which accepts any certificate and ends before anything is sent on it.

mod alert;
mod certificate;
mod connector;
mod files;
mod identity;
mod key_log;
mod options;
#[cfg(not(target_vendor = "apple"))]
mod own;
mod problem;
#[cfg(not(target_vendor = "apple"))]
mod store;
mod stream;
mod version;

use std::error::Error as _;
use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use native_tls::HandshakeError;

use super::failure::timed_out;
use crate::deadline::Deadline;
use crate::error::{plain, Error, Party, Phase};
use crate::target::HostPort;
use certificate::{CertificateName, CertificateSummary};
use connector::Connector;
pub use connector::{Connectors, Preparing};
pub use files::LARGEST_FILE;
pub use identity::IdentityFiles;
pub use key_log::KeyLog;
pub use options::TlsOptions;
#[cfg(not(target_vendor = "apple"))]
use own::{Failure, Invalid, Rejection};
use problem::{CertificateProblem, HintContext};
#[cfg(not(target_vendor = "apple"))]
pub use store::read_lazily;
pub use stream::TlsStream;
use stream::{FirstByteStream, TlsSession};
pub use version::TlsVersion;

/// Does nothing: on this system, certificates are read as needed.
#[cfg(target_vendor = "apple")]
pub fn read_lazily() {}

/// The type of the record that answers an accepted `ClientHello` (RFC 8446 §5.1).
const HANDSHAKE_RECORD: u8 = 22;

/// The peer of a TLS handshake, and the options for it.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    /// Whether it is the server or the proxy.
    pub party: Party,
    /// Its host and port.
    pub host_port: &'a HostPort,
    /// The options for TLS.
    pub options: &'a TlsOptions,
    /// The deadline.
    pub deadline: Deadline,
}

/// The timeout for explaining a failure.
const EXPLANATION: Duration = Duration::from_secs(5);

impl Peer<'_> {
    fn name(&self) -> String {
        self.options.name(&self.host_port.host)
    }

    fn host(&self) -> String {
        self.host_port.host.to_string()
    }

    /// Sets up TLS on `stream`, which observes the deadline itself, and describes the session.
    ///
    /// `again` connects once more to the same peer within a deadline. It is called at most once, to
    /// explain why a certificate was rejected.
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
        let below = FirstByteStream::new(stream, &first);
        let session = match connector {
            Connector::Native(connector) => match connector.connect(&self.name(), below) {
                Ok(tls) => TlsSession::Native(tls),
                Err(HandshakeError::WouldBlock(_)) => {
                    return Err(timed_out(self.deadline, Phase::Tls))
                }
                Err(HandshakeError::Failure(cause)) => {
                    return Err(self.explain_failure(&cause, is_accepted(&first), again))
                }
            },
            #[cfg(not(target_vendor = "apple"))]
            Connector::Own(connector) => {
                let invalid = if self.options.insecure {
                    Invalid::Report
                } else {
                    Invalid::Reject
                };
                let connected = connector.connect(&self.name(), below, invalid);
                let failed = |failure| self.explain_own(failure, is_accepted(&first));
                TlsSession::Own(connected.map_err(failed)?.0)
            }
        };
        let tls = TlsStream::new(session);
        self.reject_common_name(&tls)?;
        let description = self.describe(&tls);
        Ok((tls, description))
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

    /// Rejects a certificate of which only the common name matches. Without a DNS name in the
    /// subjectAltName, OpenSSL falls back to it, unless a flag is set that `native_tls` does not
    /// support. RFC 9525 and browsers forbid that. Nothing has been sent over TLS yet.
    #[cfg(not(target_vendor = "apple"))]
    fn reject_common_name<S: Read + Write>(&self, tls: &TlsStream<S>) -> Result<(), Error> {
        if self.options.insecure || self.name().parse::<IpAddr>().is_ok() {
            return Ok(());
        }
        match tls.summary() {
            Some(shown) if shown.has_dns_name() => Ok(()),
            shown => Err(self.rejected(CertificateProblem::WrongName, 0, shown.as_ref())),
        }
    }

    /// Apple's library does not fall back to the common name.
    #[cfg(target_vendor = "apple")]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn reject_common_name<S: Read + Write>(&self, _tls: &TlsStream<S>) -> Result<(), Error> {
        Ok(())
    }

    /// The error for a rejected certificate at this depth of the chain.
    fn rejected(
        &self,
        problem: CertificateProblem,
        depth: u32,
        shown: Option<&CertificateSummary>,
    ) -> Error {
        let name = self.name();
        let names = shown.map_or(&[][..], |shown| &shown.names);
        let is_dns_name = CertificateName::Dns(name.clone());
        let problem = match problem {
            CertificateProblem::WrongName if shown.is_some() && names.is_empty() => {
                CertificateProblem::NoNames
            }
            CertificateProblem::WrongName
                if name.parse::<IpAddr>().is_ok() && names.contains(&is_dns_name) =>
            {
                CertificateProblem::AddressAsName
            }
            problem => problem,
        };
        let context = HintContext {
            party: self.party,
            name: &name,
            names,
            issuer: shown.map(|shown| shown.issuer.as_str()),
            cacert: self.options.cacert.as_deref(),
        };
        Error::Certificate {
            party: self.party,
            host: self.host(),
            cause: match shown {
                Some(shown) if depth > 0 => problem.describe_issuer(shown),
                _ => problem.describe(&name),
            },
            hint: Some(problem.hint(&context)),
            details: shown.map_or_else(Vec::new, |shown| shown.lines(depth)),
        }
    }

    fn explain_failure<S: Read + Write + Debug>(
        &self,
        cause: &native_tls::Error,
        accepted: bool,
        again: impl FnOnce(Deadline) -> io::Result<S>,
    ) -> Error {
        let text = match cause.source().and_then(|it| it.downcast_ref::<io::Error>()) {
            Some(cause) if cause.kind() == io::ErrorKind::TimedOut => {
                return timed_out(self.deadline, Phase::Tls)
            }
            Some(cause) => plain(cause),
            None => cause.to_string(),
        };
        match CertificateProblem::from_text(&text) {
            Some(problem) => self.look_again(problem, again),
            None => self.handshake_error(&text, accepted),
        }
    }

    #[cfg(not(target_vendor = "apple"))]
    fn explain_own(&self, failure: Failure, accepted: bool) -> Error {
        match failure {
            Failure::Rejected(rejection) => {
                let Rejection {
                    problem,
                    depth,
                    certificate,
                } = *rejection;
                self.rejected(problem, depth, Some(&certificate))
            }
            Failure::Io(cause) if cause.kind() == io::ErrorKind::TimedOut => {
                timed_out(self.deadline, Phase::Tls)
            }
            Failure::Io(cause) => self.handshake_error(&plain(&cause), accepted),
            Failure::Other(text) => self.handshake_error(&text, accepted),
        }
    }

    fn handshake_error(&self, text: &str, accepted: bool) -> Error {
        let host = self.host();
        if let Some(error) =
            alert::client_certificate_error(text, accepted, self.party, &host, self.options)
        {
            return error;
        }
        let (cause, hint) = problem::explain_handshake(
            text,
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

    /// The error for a rejected certificate, with its details from a second handshake.
    #[cfg(not(target_vendor = "apple"))]
    fn look_again<S: Read + Write + Debug>(
        &self,
        problem: CertificateProblem,
        again: impl FnOnce(Deadline) -> io::Result<S>,
    ) -> Error {
        let connected = self.handshake_again(again);
        match connected {
            Some(Ok((_, Some(rejection))) | Err(Failure::Rejected(rejection))) => {
                self.explain_own(Failure::Rejected(rejection), true)
            }
            // This time the certificate is valid: there are several servers, or it was renewed.
            Some(Ok((tls, None))) => {
                let shown = tls.ssl().peer_certificate();
                let shown = shown.map(|shown| CertificateSummary::from_x509(&shown));
                self.rejected(problem, 0, shown.as_ref())
            }
            // The explanation is optional; without it, the error has no details.
            Some(Err(_)) | None => self.rejected(problem, 0, None),
        }
    }

    #[cfg(not(target_vendor = "apple"))]
    fn handshake_again<S: Read + Write + Debug>(
        &self,
        again: impl FnOnce(Deadline) -> io::Result<S>,
    ) -> Option<Result<own::Connected<S>, Failure>> {
        // Loading the certificates does not count as time for the handshake.
        let connector = connector::build_explaining(self.options)?;
        let left = self.deadline.remaining().ok()?;
        let deadline = Deadline::after(left.unwrap_or(EXPLANATION).min(EXPLANATION));
        let stream = again(deadline).ok()?;
        Some(connector.connect(&self.name(), stream, Invalid::Report))
    }

    /// Apple's certificates can't be parsed here.
    #[cfg(target_vendor = "apple")]
    fn look_again<S>(
        &self,
        problem: CertificateProblem,
        _again: impl FnOnce(Deadline) -> io::Result<S>,
    ) -> Error {
        self.rejected(problem, 0, None)
    }
}

/// Whether the server had accepted the `ClientHello`, by the kind of record that it began with.
fn is_accepted(first: &OnceLock<u8>) -> bool {
    first.get() == Some(&HANDSHAKE_RECORD)
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

/// Whether the server closed the connection during the handshake.
#[must_use]
pub fn is_closed_by_server(error: &Error) -> bool {
    matches!(error, Error::Tls { party: Party::Server, cause, .. }
        if cause == problem::CLOSED_BY_SERVER)
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
