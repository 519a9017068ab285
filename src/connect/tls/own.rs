//! TLS with OpenSSL directly, for what `native_tls` does not support.
//!
//! It is used instead of `native_tls` to trust certificates that are not roots, as in curl (a
//! partial chain), and for names with an underscore, which OpenSSL's own check allows under no
//! wildcard, and to log the secrets of sessions. It also explains why a certificate was rejected: a second handshake, which ends before
//! anything is sent on it, finds the certificate of the chain that the error is about.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    HandshakeError, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslStream,
    SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags};
use openssl::x509::{X509Ref, X509StoreContextRef, X509};

use super::certificate::{self, CertificateSummary};
use super::identity::ParsedIdentity;
use super::options::TlsOptions;
use super::problem::CertificateProblem;
use super::version::TlsVersion;

/// HTTP/1.1 for ALPN (RFC 7301 §3.1).
const ALPN: &[u8] = b"\x08http/1.1";

/// The same ciphers as `native_tls` before TLS 1.3.
const CIPHERS: &str = "DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!DES:!RC4:!IDEA:!SEED:!aDSS:!SRP:!PSK";

/// Why a certificate of a chain was rejected.
#[derive(Debug)]
pub struct Rejection {
    /// The problem.
    pub problem: CertificateProblem,
    /// The depth in the chain; 0 is the server's own certificate.
    pub depth: u32,
    /// The certificate.
    pub certificate: CertificateSummary,
}

/// Why a handshake failed.
#[derive(Debug)]
pub enum Failure {
    /// A certificate was rejected.
    Rejected(Box<Rejection>),
    /// Reading or writing failed.
    Io(io::Error),
    /// Something else, as described by the library.
    Other(String),
}

/// A session, and the rejection if it was only reported.
pub type Connected<S> = (SslStream<S>, Option<Box<Rejection>>);

/// A connector that uses OpenSSL directly.
#[derive(Clone, Debug)]
pub struct OwnConnector(SslContext);

/// What to do with an invalid certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The handshake fails.
    Reject,
    /// The handshake continues, and the rejection is returned with the session.
    Report,
}

impl OwnConnector {
    /// Creates a connector that trusts `cacert`, or the system's certificates.
    ///
    /// # Errors
    ///
    /// The error of OpenSSL.
    pub fn new(
        options: &TlsOptions,
        cacert: Option<&[X509]>,
        identity: Option<&ParsedIdentity>,
    ) -> Result<Self, ErrorStack> {
        let mut builder = SslContext::builder(SslMethod::tls_client())?;
        builder.set_options(SslOptions::ALL | SslOptions::NO_COMPRESSION);
        builder.set_mode(
            SslMode::AUTO_RETRY
                | SslMode::ACCEPT_MOVING_WRITE_BUFFER
                | SslMode::ENABLE_PARTIAL_WRITE
                | SslMode::RELEASE_BUFFERS,
        );
        builder.set_cipher_list(CIPHERS)?;
        builder.set_alpn_protos(ALPN)?;
        let (min, max) = options.versions();
        let min = min.unwrap_or(TlsVersion::Tls12);
        builder.set_min_proto_version(Some(version(min)))?;
        builder.set_max_proto_version(max.map(version))?;
        match cacert {
            Some(certificates) => {
                let mut store = X509StoreBuilder::new()?;
                for certificate in certificates {
                    store.add_cert(certificate.clone())?;
                }
                builder.set_cert_store(store.build());
                let partial = X509VerifyFlags::PARTIAL_CHAIN;
                builder.verify_param_mut().set_flags(partial)?;
            }
            None => trust_system(&mut builder)?,
        }
        if let Some(identity) = identity {
            let key = PKey::private_key_from_pem(&identity.key)?;
            let mut chain = X509::stack_from_pem(&identity.chain)?.into_iter();
            if let Some(certificate) = chain.next() {
                builder.set_certificate(&certificate)?;
            }
            builder.set_private_key(&key)?;
            for certificate in chain {
                builder.add_extra_chain_cert(certificate)?;
            }
        }
        if let Some(log) = options.key_log.clone() {
            builder.set_keylog_callback(move |_, line| log.push(line));
        }
        Ok(Self(builder.build()))
    }

    /// Performs the handshake with a server of this name.
    ///
    /// # Errors
    ///
    /// The error of the TLS library or of the stream.
    pub fn connect<S: Read + Write + Debug>(
        &self,
        name: &str,
        stream: S,
        invalid: Invalid,
    ) -> Result<Connected<S>, Failure> {
        let rejection = Arc::new(Mutex::new(None));
        let ssl = self.session(name, invalid, &rejection);
        let ssl = ssl.map_err(|errors| Failure::Other(errors.to_string()))?;
        let connected = ssl.connect(stream);
        let rejection = rejection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match (connected, rejection) {
            (Ok(stream), rejection) => Ok((stream, rejection)),
            (Err(_), Some(rejection)) => Err(Failure::Rejected(rejection)),
            (Err(HandshakeError::SetupFailure(errors)), None) => {
                Err(Failure::Other(errors.to_string()))
            }
            (Err(HandshakeError::WouldBlock(_)), None) => {
                Err(Failure::Io(io::ErrorKind::TimedOut.into()))
            }
            (Err(HandshakeError::Failure(failed)), None) => {
                let text = failed.error().to_string();
                Err(match failed.into_error().into_io_error() {
                    Ok(cause) => Failure::Io(cause),
                    Err(_) => Failure::Other(text),
                })
            }
        }
    }

    fn session(
        &self,
        name: &str,
        invalid: Invalid,
        rejection: &Arc<Mutex<Option<Box<Rejection>>>>,
    ) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.0)?;
        // The common name is never used (RFC 9525 §1.2).
        let flags = X509CheckFlags::NO_PARTIAL_WILDCARDS | X509CheckFlags::NEVER_CHECK_SUBJECT;
        ssl.param_mut().set_hostflags(flags);
        if let Ok(address) = name.parse::<IpAddr>() {
            ssl.param_mut().set_ip(address)?;
        } else {
            ssl.param_mut().set_host(name)?;
            ssl.set_hostname(name)?;
        }
        let name = name.to_owned();
        let rejection = Arc::clone(rejection);
        ssl.set_verify_callback(SslVerifyMode::PEER, move |is_valid, context| {
            if is_valid {
                return true;
            }
            let Some(found) = reject(context, &name) else {
                context.set_error(openssl::x509::X509VerifyResult::OK);
                return true;
            };
            let mut first = rejection.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(Box::new(found));
            invalid == Invalid::Report
        });
        Ok(ssl)
    }
}

/// The rejection that OpenSSL reports; `None` if it is about a name that is valid nevertheless.
fn reject(context: &X509StoreContextRef, name: &str) -> Option<Rejection> {
    let text = format!(
        "certificate verify failed ({})",
        context.error().error_string()
    );
    let problem = CertificateProblem::from_text(&text)?;
    let certificate = context.current_cert();
    if problem == CertificateProblem::WrongName
        && certificate.is_some_and(|certificate| has_name(certificate, name))
    {
        return None;
    }
    Some(Rejection {
        problem,
        depth: context.error_depth(),
        certificate: certificate.map_or_else(CertificateSummary::default, |certificate| {
            CertificateSummary::from_x509(certificate)
        }),
    })
}

/// Whether a certificate is valid for a name with an underscore by the rules for wildcards of RFC
/// 9525 §6.3: a wildcard matches the whole first label. In OpenSSL it matches only letters, digits
/// and hyphens.
fn has_name(certificate: &X509Ref, name: &str) -> bool {
    name.contains('_')
        && certificate
            .subject_alt_names()
            .iter()
            .flatten()
            .filter_map(|name| name.dnsname())
            .any(|pattern| certificate::is_wildcard_for(pattern, name))
}

/// Trusts the same certificates as `native_tls`, which ignores unreadable files and directories as
/// well.
fn trust_system(builder: &mut SslContextBuilder) -> Result<(), ErrorStack> {
    builder.set_default_verify_paths()?;
    let system = openssl_probe::probe();
    if let Some(file) = &system.cert_file {
        drop(builder.load_verify_locations(Some(file), None));
    }
    for directory in &system.cert_dir {
        drop(builder.load_verify_locations(None, Some(directory)));
    }
    Ok(())
}

fn version(version: TlsVersion) -> SslVersion {
    match version {
        TlsVersion::Tls10 => SslVersion::TLS1,
        TlsVersion::Tls11 => SslVersion::TLS1_1,
        TlsVersion::Tls12 => SslVersion::TLS1_2,
        TlsVersion::Tls13 => SslVersion::TLS1_3,
    }
}
