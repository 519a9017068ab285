//! TLS over another stream.

use std::io::{self, Read, Write};
use std::sync::{Arc, OnceLock};

use super::certificate::CertificateSummary;
use super::problem;

/// What TLS stands on. It notes what kind of record the server began with.
#[derive(Debug)]
pub(super) struct Below<S> {
    stream: S,
    first: Arc<OnceLock<u8>>,
}

impl<S> Below<S> {
    /// `first` is set to the first byte that is received.
    pub(super) fn new(stream: S, first: &Arc<OnceLock<u8>>) -> Self {
        Self {
            stream,
            first: Arc::clone(first),
        }
    }
}

impl<S: Read> Read for Below<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        if let Some(byte) = buffer[..count].first() {
            self.first.get_or_init(|| *byte);
        }
        Ok(count)
    }
}

impl<S: Write> Write for Below<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// TLS over another stream.
#[derive(Debug)]
pub struct TlsStream<S>(Session<S>);

#[derive(Debug)]
pub(super) enum Session<S> {
    Native(native_tls::TlsStream<Below<S>>),
    /// See [`own`](super::own).
    #[cfg(not(target_vendor = "apple"))]
    Own(openssl::ssl::SslStream<Below<S>>),
}

/// Calls the same method of either session.
macro_rules! either {
    ($session:expr, $tls:ident => $call:expr) => {
        match $session {
            Session::Native($tls) => $call,
            #[cfg(not(target_vendor = "apple"))]
            Session::Own($tls) => $call,
        }
    };
}

impl<S: Read + Write> TlsStream<S> {
    pub(super) fn new(session: Session<S>) -> Self {
        Self(session)
    }

    /// The stream that TLS stands on.
    #[must_use]
    pub fn below(&self) -> &S {
        either!(&self.0, tls => &tls.get_ref().stream)
    }

    /// The stream that TLS stands on, to change its settings; its bytes are TLS's.
    pub fn below_mut(&mut self) -> &mut S {
        either!(&mut self.0, tls => &mut tls.get_mut().stream)
    }

    /// The server's certificate, as far as it can be read here.
    pub(super) fn summary(&self) -> Option<CertificateSummary> {
        match &self.0 {
            Session::Native(tls) => {
                let der = tls.peer_certificate().ok()??.to_der().ok()?;
                CertificateSummary::from_der(&der)
            }
            #[cfg(not(target_vendor = "apple"))]
            Session::Own(tls) => {
                let certificate = tls.ssl().peer_certificate()?;
                Some(CertificateSummary::from_x509(&certificate))
            }
        }
    }

    /// The protocol that was negotiated by ALPN (RFC 7301).
    pub(super) fn alpn(&self) -> Option<Vec<u8>> {
        match &self.0 {
            Session::Native(tls) => tls.negotiated_alpn().ok().flatten(),
            #[cfg(not(target_vendor = "apple"))]
            Session::Own(tls) => tls.ssl().selected_alpn_protocol().map(<[u8]>::to_vec),
        }
    }

    /// The server's certificate for people, a line each: subject, names, issuer, validity. None
    /// where nothing reads certificates.
    #[must_use]
    pub fn certificate(&self) -> Option<Vec<String>> {
        Some(self.summary()?.lines(0))
    }

    /// Sends that nothing more will be sent (RFC 8446 §6.1).
    ///
    /// # Errors
    ///
    /// What writing said.
    pub fn close_notify(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Session::Native(tls) => tls.shutdown(),
            #[cfg(not(target_vendor = "apple"))]
            Session::Own(tls) => match tls.shutdown() {
                Err(cause) if cause.code() != openssl::ssl::ErrorCode::ZERO_RETURN => {
                    Err(cause.into_io_error().unwrap_or_else(io::Error::other))
                }
                _ => Ok(()),
            },
        }
    }
}

impl<S: Read + Write> Read for TlsStream<S> {
    /// An end of TCP without a `close_notify` is an end of stream: Close frames say whether
    /// something is missing, and many servers leave it out. Other errors are in words.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match either!(&mut self.0, tls => tls.read(buffer)) {
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

impl<S: Read + Write> Write for TlsStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        either!(&mut self.0, tls => tls.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        either!(&mut self.0, tls => tls.flush())
    }
}
