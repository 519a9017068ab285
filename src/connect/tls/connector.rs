//! Making a connector: the certificates to trust, our own, the versions.
//!
//! It may take tens of milliseconds, so it happens beside DNS and TCP, and once for all connections
//! with the same options.

use std::io;
use std::path::Path;
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use native_tls::{Certificate, TlsConnector};

use super::files;
use super::options::TlsOptions;
use super::problem;
use super::version::TlsVersion;
use crate::connect::failure::timed_out;
use crate::deadline::Deadline;
use crate::error::{plain, Error, Phase};
use crate::sys::file::Inputs;

/// The connectors that were made, each with its options, for the connections that follow.
#[derive(Clone, Debug, Default)]
pub struct Connectors(Arc<Mutex<Vec<(TlsOptions, TlsConnector)>>>);

impl Connectors {
    fn get(&self, options: &TlsOptions) -> Option<TlsConnector> {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = made.iter().find(|(of, _)| of.has_same_connector(options))?;
        Some(found.1.clone())
    }

    fn add(&self, options: &TlsOptions, connector: &TlsConnector) {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.push((options.clone(), connector.clone()));
    }
}

/// A connector that is being made beside whatever else has to be done.
#[derive(Debug)]
pub struct Preparing {
    connectors: Connectors,
    /// `None` if it had been made before.
    made: Option<Receiver<Result<TlsConnector, Error>>>,
}

impl Preparing {
    /// Begins on a thread of its own, unless `connectors` has it.
    #[must_use]
    pub fn start(options: &TlsOptions, connectors: &Connectors) -> Self {
        let connectors = connectors.clone();
        if connectors.get(options).is_some() {
            return Self {
                connectors,
                made: None,
            };
        }
        let options = options.clone();
        let (sender, receiver) = sync_channel(1);
        let work = move || {
            // The receiver is gone if connecting failed before.
            let _ = sender.send(build(&options));
        };
        let thread = thread::Builder::new().name("certificates".to_owned());
        // Without a thread nothing comes through the channel, and `finish` does the work.
        let _ = thread.spawn(work);
        Self {
            connectors,
            made: Some(receiver),
        }
    }

    /// Waits for it until the deadline, even if a disk does not respond.
    ///
    /// # Errors
    ///
    /// [`Error::CaFile`], [`Error::Identity`], [`Error::Timeout`], or [`Error::System`] if the
    /// library refuses the settings.
    pub fn finish(self, options: &TlsOptions, deadline: Deadline) -> Result<TlsConnector, Error> {
        if let Some(connector) = self.connectors.get(options) {
            return Ok(connector);
        }
        let connector = match self.made {
            Some(made) => wait(&made, options, deadline)?,
            None => build(options)?,
        };
        self.connectors.add(options, &connector);
        Ok(connector)
    }
}

fn wait(
    made: &Receiver<Result<TlsConnector, Error>>,
    options: &TlsOptions,
    deadline: Deadline,
) -> Result<TlsConnector, Error> {
    let late = || timed_out(deadline, Phase::Tls);
    let received = match deadline.remaining().map_err(|_| late())? {
        Some(left) => made.recv_timeout(left),
        None => made.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    match received {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(late()),
        // There was no thread, or it has shown its panic: try once more here.
        Err(RecvTimeoutError::Disconnected) => build(options),
    }
}

/// Makes a connector with these options.
///
/// # Errors
///
/// As [`Preparing::finish`].
pub fn build(options: &TlsOptions) -> Result<TlsConnector, Error> {
    let mut builder = TlsConnector::builder();
    builder
        .request_alpns(&["http/1.1"])
        .danger_accept_invalid_certs(options.insecure)
        .danger_accept_invalid_hostnames(options.insecure);
    if options.min.is_some() || options.max.is_some() {
        // The library's own minimum must not be above the maximum.
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
        hint: None,
    };
    let pem = files::read(path, inputs).map_err(|cause| failed(plain(&cause)))?;
    // What can't be read as PEM gives an empty list, not an error.
    let certificates = Certificate::stack_from_pem(&pem)
        .map_err(|cause| failed(problem::reason(&cause.to_string())))?;
    if certificates.is_empty() {
        return Err(failed(
            "no certificate found (-----BEGIN CERTIFICATE-----)".to_owned(),
        ));
    }
    Ok(certificates)
}
