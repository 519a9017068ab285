//! TLS over another stream.

use std::io::{self, Read, Write};
use std::sync::{Arc, OnceLock};

use super::certificate::CertificateSummary;
use super::problem;

/// The stream below TLS. It records the type of the server's first record.
#[derive(Debug)]
pub(super) struct FirstByteStream<S> {
    stream: S,
    first: Arc<OnceLock<u8>>,
}

impl<S> FirstByteStream<S> {
    /// Wraps a stream; `first` is set to the first byte received.
    pub(super) fn new(stream: S, first: &Arc<OnceLock<u8>>) -> Self {
        Self {
            stream,
            first: Arc::clone(first),
        }
    }
}

impl<S: Read> Read for FirstByteStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        if let Some(byte) = buffer[..count].first() {
            self.first.get_or_init(|| *byte);
        }
        Ok(count)
    }
}

impl<S: Write> Write for FirstByteStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// TLS over another stream.
#[derive(Debug)]
pub struct TlsStream<S>(TlsSession<S>);

#[derive(Debug)]
pub(super) enum TlsSession<S> {
    Native(native_tls::TlsStream<FirstByteStream<S>>),
    /// See [`own`](super::own).
    #[cfg(not(target_vendor = "apple"))]
    Own(openssl::ssl::SslStream<FirstByteStream<S>>),
}

/// Calls the same method of either session.
macro_rules! either {
    ($session:expr, $tls:ident => $call:expr) => {
        match $session {
            TlsSession::Native($tls) => $call,
            #[cfg(not(target_vendor = "apple"))]
            TlsSession::Own($tls) => $call,
        }
    };
}

impl<S: Read + Write> TlsStream<S> {
    pub(super) fn new(session: TlsSession<S>) -> Self {
        Self(session)
    }

    /// The stream below TLS.
    #[must_use]
    pub fn below(&self) -> &S {
        either!(&self.0, tls => &tls.get_ref().stream)
    }

    /// The stream below TLS, to change its settings. Its bytes must not be read or written.
    pub fn below_mut(&mut self) -> &mut S {
        either!(&mut self.0, tls => &mut tls.get_mut().stream)
    }

    /// The server's certificate, if it can be parsed on this system.
    pub(super) fn summary(&self) -> Option<CertificateSummary> {
        match &self.0 {
            TlsSession::Native(tls) => {
                let der = tls.peer_certificate().ok()??.to_der().ok()?;
                CertificateSummary::from_der(&der)
            }
            #[cfg(not(target_vendor = "apple"))]
            TlsSession::Own(tls) => {
                let certificate = tls.ssl().peer_certificate()?;
                Some(CertificateSummary::from_x509(&certificate))
            }
        }
    }

    /// The protocol that was negotiated by ALPN (RFC 7301).
    pub(super) fn alpn(&self) -> Option<Vec<u8>> {
        match &self.0 {
            TlsSession::Native(tls) => tls.negotiated_alpn().ok().flatten(),
            #[cfg(not(target_vendor = "apple"))]
            TlsSession::Own(tls) => tls.ssl().selected_alpn_protocol().map(<[u8]>::to_vec),
        }
    }

    /// The server's certificate as lines: subject, names, issuer, validity. `None` if certificates
    /// can't be parsed on this system.
    #[must_use]
    pub fn certificate(&self) -> Option<Vec<String>> {
        Some(self.summary()?.lines(0))
    }

    /// Sends `close_notify` (RFC 8446 §6.1).
    ///
    /// # Errors
    ///
    /// The error of writing.
    pub fn close_notify(&mut self) -> io::Result<()> {
        match &mut self.0 {
            TlsSession::Native(tls) => tls.shutdown(),
            #[cfg(not(target_vendor = "apple"))]
            TlsSession::Own(tls) => match tls.shutdown() {
                Err(cause) if cause.code() != openssl::ssl::ErrorCode::ZERO_RETURN => {
                    Err(cause.into_io_error().unwrap_or_else(io::Error::other))
                }
                _ => Ok(()),
            },
        }
    }
}

impl<S: Read + Write> Read for TlsStream<S> {
    /// The end of TCP without `close_notify` is treated as the end of the stream: Close frames show
    /// whether something is missing, and many servers don't send it. Other errors are described as
    /// text.
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
