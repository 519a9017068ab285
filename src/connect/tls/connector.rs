//! Creating a TLS connector with trusted certificates, the client certificate and TLS versions.
//!
//! This may take tens of milliseconds, so it is done in parallel with DNS and TCP, and only once
//! for all connections with the same options.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use native_tls::{Certificate, TlsConnector};
#[cfg(not(target_vendor = "apple"))]
use openssl::error::ErrorStack;
#[cfg(not(target_vendor = "apple"))]
use openssl::x509::{X509VerifyResult, X509};

use super::files;
use super::options::TlsOptions;
#[cfg(not(target_vendor = "apple"))]
use super::own::OwnConnector;
use super::problem;
use crate::connect::failure::timed_out;
use crate::deadline::Deadline;
use crate::error::{plain, Error, Phase};
use crate::target::Host;

/// Performs handshakes with the same options.
#[derive(Clone)]
pub enum Connector {
    /// With `native_tls`.
    Native(TlsConnector),
    /// With OpenSSL directly.
    #[cfg(not(target_vendor = "apple"))]
    Own(OwnConnector),
}

/// The connectors that were created, for further connections, each with its options and whether it
/// is for names with an underscore.
#[derive(Clone, Default)]
pub struct Connectors(Arc<Mutex<Vec<(TlsOptions, bool, Connector)>>>);

impl fmt::Debug for Connectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connectors")
    }
}

impl Connectors {
    fn get(&self, options: &TlsOptions, underscore: bool) -> Option<Connector> {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = made
            .iter()
            .find(|(of, with, _)| *with == underscore && of.has_same_connector(options))?;
        Some(found.2.clone())
    }

    fn add(&self, options: &TlsOptions, underscore: bool, connector: &Connector) {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.push((options.clone(), underscore, connector.clone()));
    }
}

/// A connector that is being created on a thread.
#[derive(Debug)]
pub struct Preparing {
    connectors: Connectors,
    /// Whether the name has an underscore.
    underscore: bool,
    /// `None` if it already exists.
    made: Option<Receiver<Result<Connector, Error>>>,
}

impl Preparing {
    /// Starts to create a connector on a new thread, unless `connectors` has one for these options
    /// and this host.
    #[must_use]
    pub fn start(options: &TlsOptions, host: &Host, connectors: &Connectors) -> Self {
        let connectors = connectors.clone();
        let underscore = options.name(host).contains('_');
        if connectors.get(options, underscore).is_some() {
            return Self {
                connectors,
                underscore,
                made: None,
            };
        }
        let options = options.clone();
        let (sender, receiver) = sync_channel(1);
        let work = move || {
            // The receiver has been dropped if connecting has failed.
            let _ = sender.send(build(&options, underscore));
        };
        let thread = thread::Builder::new().name("certificates".to_owned());
        // If the thread can't be started, the channel is closed, and `finish` creates the
        // connector.
        let _ = thread.spawn(work);
        Self {
            connectors,
            underscore,
            made: Some(receiver),
        }
    }

    /// Waits for the connector until the deadline, even if a disk does not respond.
    ///
    /// # Errors
    ///
    /// [`Error::CaFile`], [`Error::Identity`], [`Error::Timeout`], or [`Error::System`] if the
    /// library rejects the options.
    pub fn finish(self, options: &TlsOptions, deadline: Deadline) -> Result<Connector, Error> {
        if let Some(connector) = self.connectors.get(options, self.underscore) {
            return Ok(connector);
        }
        let connector = match &self.made {
            Some(made) => self.wait(made, options, deadline)?,
            None => build(options, self.underscore)?,
        };
        self.connectors.add(options, self.underscore, &connector);
        Ok(connector)
    }

    fn wait(
        &self,
        made: &Receiver<Result<Connector, Error>>,
        options: &TlsOptions,
        deadline: Deadline,
    ) -> Result<Connector, Error> {
        let late = || timed_out(deadline, Phase::Tls);
        let received = match deadline.remaining().map_err(|_| late())? {
            Some(left) => made.recv_timeout(left),
            None => made.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Err(late()),
            // The thread could not be started or has panicked: try again here.
            Err(RecvTimeoutError::Disconnected) => build(options, self.underscore),
        }
    }
}

/// Creates the connector for these options: OpenSSL directly if `native_tls` would reject what curl
/// and browsers accept, or if keys are logged.
#[cfg(not(target_vendor = "apple"))]
fn build(options: &TlsOptions, underscore: bool) -> Result<Connector, Error> {
    let cacert = trusted(options)?;
    let has_issuer = |certificate: &X509| certificate.issued(certificate) != X509VerifyResult::OK;
    let is_partial = cacert.iter().flatten().any(has_issuer);
    let accepts_more = !options.insecure && (underscore || is_partial);
    if options.key_log.is_none() && !accepts_more {
        return build_native(options, cacert.as_deref()).map(Connector::Native);
    }
    let identity = options.identity.as_ref();
    let identity = identity.map(|files| files.load_pem(&options.inputs));
    let identity = identity.transpose()?;
    let connector = OwnConnector::new(options, cacert.as_deref(), identity.as_ref());
    let refused = |errors: ErrorStack| refused(options, &errors.to_string());
    connector.map(Connector::Own).map_err(refused)
}

#[cfg(target_vendor = "apple")]
fn build(options: &TlsOptions, _underscore: bool) -> Result<Connector, Error> {
    let cacert = trusted(options)?;
    build_native(options, cacert.as_deref()).map(Connector::Native)
}

/// A connector that reports why a certificate is rejected.
#[cfg(not(target_vendor = "apple"))]
pub fn build_explaining(options: &TlsOptions) -> Option<OwnConnector> {
    let cacert = trusted(options).ok()?;
    let options = TlsOptions {
        key_log: None,
        ..options.clone()
    };
    OwnConnector::new(&options, cacert.as_deref(), None).ok()
}

/// The certificates of `--cacert`, if it is set.
#[cfg(not(target_vendor = "apple"))]
fn trusted(options: &TlsOptions) -> Result<Option<Vec<X509>>, Error> {
    let Some(path) = &options.cacert else {
        return Ok(None);
    };
    let failed = |cause: String, hint| ca_error(path, cause, hint);
    let pem = files::read(path, &options.inputs).map_err(|cause| failed(plain(&cause), None))?;
    // If nothing can be parsed as PEM, the list is empty, without an error.
    let certificates = X509::stack_from_pem(&pem)
        .map_err(|errors| failed(problem::reason(&errors.to_string()), None))?;
    if certificates.is_empty() {
        return Err(no_certificate(path, &pem));
    }
    Ok(Some(certificates))
}

#[cfg(target_vendor = "apple")]
fn trusted(options: &TlsOptions) -> Result<Option<Vec<Certificate>>, Error> {
    let Some(path) = &options.cacert else {
        return Ok(None);
    };
    let failed = |cause: String, hint| ca_error(path, cause, hint);
    let pem = files::read(path, &options.inputs).map_err(|cause| failed(plain(&cause), None))?;
    let certificates = Certificate::stack_from_pem(&pem)
        .map_err(|cause| failed(problem::reason(&cause.to_string()), None))?;
    if certificates.is_empty() {
        return Err(no_certificate(path, &pem));
    }
    Ok(Some(certificates))
}

fn no_certificate(path: &Path, bytes: &[u8]) -> Error {
    let format = files::explain_format(bytes, path);
    let (cause, hint) = format.map_or_else(
        || {
            let cause = "no certificate found (-----BEGIN CERTIFICATE-----)";
            (cause.to_owned(), None)
        },
        |(cause, hint)| (cause, Some(hint)),
    );
    ca_error(path, cause, hint)
}

fn ca_error(path: &Path, cause: String, hint: Option<String>) -> Error {
    Error::CaFile {
        path: path.display().to_string(),
        cause,
        hint,
    }
}

#[cfg(not(target_vendor = "apple"))]
type Trusted = X509;
#[cfg(target_vendor = "apple")]
type Trusted = Certificate;

fn build_native(options: &TlsOptions, cacert: Option<&[Trusted]>) -> Result<TlsConnector, Error> {
    let mut builder = TlsConnector::builder();
    builder
        .request_alpns(&["http/1.1"])
        .danger_accept_invalid_certs(options.insecure)
        .danger_accept_invalid_hostnames(options.insecure);
    let (min, max) = options.versions();
    if min.is_some() || max.is_some() {
        builder.min_protocol_version(min.map(Into::into));
        builder.max_protocol_version(max.map(Into::into));
    }
    if let Some(files) = &options.identity {
        builder.identity(files.load(&options.inputs)?);
    }
    if let Some(certificates) = cacert {
        builder.disable_built_in_roots(true);
        for certificate in certificates {
            builder.add_root_certificate(native(certificate, options)?);
        }
    }
    builder
        .build()
        .map_err(|cause| refused(options, &cause.to_string()))
}

#[cfg(not(target_vendor = "apple"))]
fn native(certificate: &X509, options: &TlsOptions) -> Result<Certificate, Error> {
    let der = certificate.to_der();
    let der = der.map_err(|errors| refused(options, &errors.to_string()))?;
    Certificate::from_der(&der).map_err(|cause| refused(options, &cause.to_string()))
}

#[cfg(target_vendor = "apple")]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn native(certificate: &Certificate, _options: &TlsOptions) -> Result<Certificate, Error> {
    Ok(certificate.clone())
}

/// The error if the library rejects the options, for example because a key is too short.
fn refused(options: &TlsOptions, text: &str) -> Error {
    match &options.identity {
        Some(files) => files.unfit(text),
        None => Error::System {
            doing: "setting up TLS",
            cause: io::Error::other(problem::reason(text)),
        },
    }
}
