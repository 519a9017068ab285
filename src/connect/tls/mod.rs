//! TLS by the operating system's library. Only this file and its own rooms name `native_tls` or
//! `openssl`.
//!
//! The library tells why a certificate was not accepted only as text and never shows the
//! certificate. So for the explanation alone there is a second handshake that accepts anything,
//! and ends before a byte is sent on it.

mod alert;
mod certificate;
mod identity;
mod problem;
#[cfg(not(target_vendor = "apple"))]
mod store;
mod version;

use std::error::Error as _;
use std::io::{self, Read, Write};
#[cfg(not(target_vendor = "apple"))]
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use native_tls::{Certificate, HandshakeError, TlsConnector};

use super::stream::Stream;
use super::timed_out;
use crate::deadline::Deadline;
use crate::error::{plain, Error, Phase};
use crate::sys::file::{without_byte_order_mark, Inputs};
use crate::target::HostPort;
pub use identity::IdentityFiles;
use problem::CertificateProblem;
#[cfg(not(target_vendor = "apple"))]
pub use store::read_lazily;
pub use version::TlsVersion;

/// Nothing: here the system reads its certificates as it needs them.
#[cfg(target_vendor = "apple")]
pub fn read_lazily() {}

/// What the user said about TLS.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Accept any certificate.
    pub insecure: bool,
    /// A PEM file with the certificates to trust instead of the system's.
    pub cacert: Option<PathBuf>,
    /// The name to ask for (SNI, RFC 6066 §3) and to expect in the certificate, instead of the host.
    pub servername: Option<String>,
    /// The certificate to show if the server wants one (RFC 8446 §4.4.2).
    pub identity: Option<IdentityFiles>,
    /// The oldest version of TLS to speak, instead of the library's.
    pub min: Option<TlsVersion>,
    /// The newest version of TLS to speak.
    pub max: Option<TlsVersion>,
    /// Reads the files.
    pub inputs: Inputs,
}

/// The most that a file with certificates or a key has, in bytes.
pub const LARGEST_FILE: u64 = 16 << 20;

impl TlsOptions {
    /// Reads what is a pipe of the files, so that nothing waits for it once connecting has begun.
    pub fn read_pipes(&self) {
        let identity = self.identity.iter();
        let of_identity = identity.flat_map(|source| source.key.iter().chain([&source.cert]));
        for path in self.cacert.iter().chain(of_identity) {
            self.inputs.prefetch(path, LARGEST_FILE);
        }
    }
}

/// What TLS stands on. It notes what kind of record the server began with.
#[derive(Debug)]
struct Below {
    stream: Stream,
    first: Arc<OnceLock<u8>>,
}

/// The kind of record that an accepted `ClientHello` is answered with (RFC 8446 §5.1).
const HANDSHAKE_RECORD: u8 = 22;

impl Read for Below {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        if let Some(byte) = buffer[..count].first() {
            self.first.get_or_init(|| *byte);
        }
        Ok(count)
    }
}

impl Write for Below {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// TLS over another stream.
#[derive(Debug)]
pub struct TlsStream(native_tls::TlsStream<Below>);

impl TlsStream {
    /// The stream that TLS stands on.
    #[must_use]
    pub fn below(&self) -> &Stream {
        &self.0.get_ref().stream
    }

    /// The stream that TLS stands on, to change its settings; its bytes are TLS's.
    pub fn below_mut(&mut self) -> &mut Stream {
        &mut self.0.get_mut().stream
    }

    /// The server's certificate for people, a line each: subject, names, issuer, validity. None
    /// where nothing reads certificates.
    #[must_use]
    pub fn certificate(&self) -> Option<Vec<String>> {
        let shown = certificate_of(&self.0)?;
        Some(shown.lines())
    }

    /// Says that nothing more is sent (RFC 8446 §6.1).
    ///
    /// # Errors
    ///
    /// What writing said.
    pub fn close_notify(&mut self) -> io::Result<()> {
        self.0.shutdown()
    }
}

impl Read for TlsStream {
    /// An end of TCP without a `close_notify` is an end of stream: Close frames say whether
    /// something is missing, and many servers leave it out. Other errors are in words.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Err(cause) if cause.kind() == io::ErrorKind::Other => {
                let text = cause.to_string();
                if text.contains("unexpected eof") {
                    return Ok(0);
                }
                Err(io::Error::other(problem::reason(&text)))
            }
            result => result,
        }
    }
}

impl Write for TlsStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Loads the certificates to trust, which takes a while, beside whatever else has to be done.
#[derive(Debug)]
pub struct Preparing(Receiver<Result<TlsConnector, Error>>);

impl Preparing {
    /// Begins, on a thread of its own.
    #[must_use]
    pub fn start(options: &TlsOptions) -> Self {
        let options = options.clone();
        let (sender, receiver) = sync_channel(1);
        let work = move || {
            // Nobody waits for it any more if this fails.
            let _ = sender.send(build(&options));
        };
        let thread = thread::Builder::new().name("certificates".to_owned());
        // Without a thread nothing comes through the channel.
        let _ = thread.spawn(work);
        Self(receiver)
    }

    /// Waits for it: a file on a disk that does not answer holds up nothing for longer. Without a
    /// thread it is done now.
    fn finish(self, options: &TlsOptions, deadline: Deadline) -> Result<TlsConnector, Error> {
        let late = || timed_out(deadline, Phase::Tls);
        let built = match deadline.remaining().map_err(|_| late())? {
            Some(left) => self.0.recv_timeout(left),
            None => self.0.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match built {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Err(late()),
            // A panic has been shown by the thread: here it is tried once more.
            Err(RecvTimeoutError::Disconnected) => build(options),
        }
    }
}

fn build(options: &TlsOptions) -> Result<TlsConnector, Error> {
    let mut builder = TlsConnector::builder();
    builder
        .request_alpns(&["http/1.1"])
        .danger_accept_invalid_certs(options.insecure)
        .danger_accept_invalid_hostnames(options.insecure);
    if options.min.is_some() || options.max.is_some() {
        // The library's own lower bound must not stand above the upper one.
        let min = options.min.or(options.max.min(Some(TlsVersion::Tls12)));
        builder.min_protocol_version(min.map(Into::into));
        builder.max_protocol_version(options.max.map(Into::into));
    }
    if let Some(source) = &options.identity {
        builder.identity(source.load(&options.inputs)?);
    }
    if let Some(path) = &options.cacert {
        builder.disable_built_in_roots(true);
        for certificate in read_certificates(path, &options.inputs)? {
            builder.add_root_certificate(certificate);
        }
    }
    builder.build().map_err(|cause| match &options.identity {
        Some(source) => source.unfit(&cause),
        None => Error::System {
            doing: "setting up TLS",
            cause: io::Error::other(problem::reason(&cause.to_string())),
        },
    })
}

fn read_certificates(path: &Path, inputs: &Inputs) -> Result<Vec<Certificate>, Error> {
    let failed = |cause: String| Error::CaFile {
        path: path.display().to_string(),
        cause,
    };
    let pem = inputs
        .read(path, LARGEST_FILE)
        .map_err(|cause| failed(plain(&cause)))?;
    let pem = without_byte_order_mark(&pem);
    // What can't be read as PEM gives an empty list, not an error.
    let certificates = Certificate::stack_from_pem(pem)
        .map_err(|cause| failed(problem::reason(&cause.to_string())))?;
    if certificates.is_empty() {
        return Err(failed(
            "there is no certificate in it (-----BEGIN CERTIFICATE-----)".to_owned(),
        ));
    }
    Ok(certificates)
}

/// Whom TLS is set up with, and how.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    /// The server's host and port.
    pub server: &'a HostPort,
    /// What the user said.
    pub options: &'a TlsOptions,
    /// When it must be done.
    pub deadline: Deadline,
}

/// How long the explanation of a failure may take.
const EXPLANATION: Duration = Duration::from_secs(5);

impl Peer<'_> {
    /// The name in SNI and in the certificate. A dot at its end belongs to DNS alone.
    fn name(&self) -> String {
        let mut name = match &self.options.servername {
            Some(name) => name.clone(),
            None => self.server.host.without_brackets(),
        };
        if name.ends_with('.') {
            name.pop();
        }
        name
    }

    /// Sets up TLS on `stream`, and says in words what was set up.
    ///
    /// `again` connects once more to the same place within a deadline: it is called at most
    /// once, for the explanation, if the certificate is not accepted.
    ///
    /// # Errors
    ///
    /// [`Error::Identity`], [`Error::CaFile`], [`Error::Certificate`],
    /// [`Error::ClientCertificate`], [`Error::Tls`] or [`Error::Timeout`].
    pub fn secure(
        &self,
        mut stream: Stream,
        preparing: Preparing,
        again: impl FnOnce(Deadline) -> io::Result<Stream>,
    ) -> Result<(Stream, String), Error> {
        let connector = preparing.finish(self.options, self.deadline)?;
        self.in_time(stream.set_deadline(Some(self.deadline)))?;
        let first = Arc::new(OnceLock::new());
        let below = Below {
            stream,
            first: Arc::clone(&first),
        };
        match connector.connect(&self.name(), below) {
            Ok(tls) => {
                self.refuse_common_name(&tls)?;
                let words = self.describe(&tls);
                Ok((Stream::Tls(Box::new(TlsStream(tls))), words))
            }
            Err(HandshakeError::WouldBlock(_)) => Err(timed_out(self.deadline, Phase::Tls)),
            Err(HandshakeError::Failure(cause)) => {
                let accepted = first.get() == Some(&HANDSHAKE_RECORD);
                Err(self.failure(&cause, accepted, again))
            }
        }
    }

    fn describe(&self, tls: &native_tls::TlsStream<Below>) -> String {
        let alpn = match tls.negotiated_alpn() {
            Ok(Some(protocol)) => format!(", ALPN {}", String::from_utf8_lossy(&protocol)),
            _ => String::new(),
        };
        let unverified = if self.options.insecure {
            ", certificate not verified"
        } else {
            ""
        };
        format!("TLS{alpn}{unverified}")
    }

    /// Refuses a certificate whose common name alone matches. OpenSSL falls back to it where no
    /// DNS name is among the subjectAltNames, unless a flag forbids that which `native_tls` can't
    /// set; RFC 9525 and browsers forbid it. Nothing has been sent over TLS yet.
    #[cfg(not(target_vendor = "apple"))]
    fn refuse_common_name(&self, tls: &native_tls::TlsStream<Below>) -> Result<(), Error> {
        if self.options.insecure || self.name().parse::<IpAddr>().is_ok() {
            return Ok(());
        }
        match certificate_of(tls) {
            Some(shown) if shown.has_dns_name => Ok(()),
            shown => Err(self.not_accepted(CertificateProblem::WrongName, shown.as_ref())),
        }
    }

    /// Apple's library does not fall back to the common name.
    #[cfg(target_vendor = "apple")]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn refuse_common_name(&self, _tls: &native_tls::TlsStream<Below>) -> Result<(), Error> {
        Ok(())
    }

    fn not_accepted(
        &self,
        flaw: CertificateProblem,
        shown: Option<&certificate::CertificateSummary>,
    ) -> Error {
        let flaw = match (flaw, shown) {
            (CertificateProblem::WrongName, Some(shown)) if shown.names.is_empty() => {
                CertificateProblem::NoNames
            }
            (flaw, _) => flaw,
        };
        let names = shown.map_or(&[][..], |shown| &shown.names);
        Error::Certificate {
            host: self.server.host.to_string(),
            cause: flaw.in_words(&self.name()),
            hint: Some(flaw.hint(&self.name(), names)),
            details: shown.map_or_else(Vec::new, certificate::CertificateSummary::lines),
        }
    }

    fn failure(
        &self,
        cause: &native_tls::Error,
        accepted: bool,
        again: impl FnOnce(Deadline) -> io::Result<Stream>,
    ) -> Error {
        let cause = match cause.source().and_then(|it| it.downcast_ref::<io::Error>()) {
            Some(cause) if cause.kind() == io::ErrorKind::TimedOut => {
                return timed_out(self.deadline, Phase::Tls)
            }
            Some(cause) => plain(cause),
            None => cause.to_string(),
        };
        if let Some(flaw) = CertificateProblem::of(&cause) {
            return self.not_accepted(flaw, self.look(again).as_ref());
        }
        if let Some(error) = alert::about_us(
            &cause,
            accepted,
            &self.server.host.to_string(),
            self.options,
        ) {
            return error;
        }
        let (cause, hint) =
            problem::handshake_in_words(&cause, self.server, &self.options.versions());
        Error::Tls {
            host: self.server.host.to_string(),
            cause,
            hint,
        }
    }

    /// The certificate that was not accepted, from a handshake that accepts any.
    fn look(
        &self,
        again: impl FnOnce(Deadline) -> io::Result<Stream>,
    ) -> Option<certificate::CertificateSummary> {
        // The explanation is an extra: if it can't be had, the error stands without it.
        let left = self.deadline.remaining().ok()?;
        let deadline = Deadline::after(left.unwrap_or(EXPLANATION).min(EXPLANATION));
        let options = TlsOptions {
            insecure: true,
            min: self.options.min,
            max: self.options.max,
            ..TlsOptions::default()
        };
        let connector = build(&options).ok()?;
        let mut stream = again(deadline).ok()?;
        stream.set_deadline(Some(deadline)).ok()?;
        let tls = connector.connect(&self.name(), stream).ok()?;
        certificate_of(&tls)
    }

    fn in_time<T>(&self, result: io::Result<T>) -> Result<T, Error> {
        result.map_err(|cause| match cause.kind() {
            io::ErrorKind::TimedOut => timed_out(self.deadline, Phase::Tls),
            _ => Error::Tls {
                host: self.server.host.to_string(),
                cause: plain(&cause),
                hint: None,
            },
        })
    }
}

fn certificate_of<S: Read + Write>(
    tls: &native_tls::TlsStream<S>,
) -> Option<certificate::CertificateSummary> {
    let der = tls.peer_certificate().ok()??.to_der().ok()?;
    certificate::CertificateSummary::of(&der)
}

/// The error, or what it really is: that the server wants a certificate of ours, or another one,
/// which TLS 1.3 says only after the handshake.
#[must_use]
pub fn blamed(error: Error, host: &str, options: &TlsOptions) -> Error {
    let told = match &error {
        Error::Unanswered {
            cause: Some(cause), ..
        } => alert::about_us(&cause.to_string(), true, host, options),
        _ => None,
    };
    told.unwrap_or(error)
}

// The texts and the details that they look for are OpenSSL's.
#[cfg(all(test, not(target_vendor = "apple")))]
mod tests;
