//! The server's certificate and key, read from PEM files and tried before anybody comes.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;

use native_tls::{TlsAcceptor, TlsConnector};

use super::Identity;
use crate::error::{plain, Error};

const PKCS8: &str = "-----BEGIN PRIVATE KEY-----";

/// What accepts TLS as `identity`.
pub(super) fn acceptor(identity: &Identity) -> Result<TlsAcceptor, Error> {
    let cert = read(&identity.cert)?;
    if !cert.contains("-----BEGIN CERTIFICATE-----") {
        let cause = "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned();
        return Err(unusable(&identity.cert, cause, None));
    }
    let key = read(&identity.key)?;
    let key = pkcs8(&key).map_err(|kind| unusable_key(&identity.key, kind))?;
    let wrong = |cause: native_tls::Error| unusable(&identity.cert, cause.to_string(), None);
    let pair = native_tls::Identity::from_pkcs8(cert.as_bytes(), key.as_bytes()).map_err(wrong)?;
    let acceptor = TlsAcceptor::new(pair).map_err(wrong)?;
    try_out(&acceptor).map_err(|cause| {
        let key = identity.key.display();
        unusable(
            &identity.cert,
            format!("it does not work with the key {key}, which may be another's ({cause})"),
            None,
        )
    })?;
    Ok(acceptor)
}

/// The PKCS#8 key in `text`, from its first line on: native-tls bears nothing before it, and tools
/// like to write comments there. Otherwise what is there instead.
fn pkcs8(text: &str) -> Result<&str, Option<&'static str>> {
    if let Some(start) = text.find(PKCS8) {
        return Ok(&text[start..]);
    }
    let kinds = [
        ("-----BEGIN RSA PRIVATE KEY-----", "a PKCS#1 key"),
        ("-----BEGIN EC PRIVATE KEY-----", "a SEC 1 key"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----",
            "an encrypted PKCS#8 key",
        ),
    ];
    Err(kinds
        .iter()
        .find(|(line, _)| text.contains(line))
        .map(|(_, kind)| *kind))
}

fn unusable_key(path: &Path, kind: Option<&str>) -> Error {
    let Some(kind) = kind else {
        return unusable(
            path,
            format!("it holds no private key in PEM ({PKCS8})"),
            None,
        );
    };
    let shown = path.display();
    let line = format!("openssl pkcs8 -topk8 -nodes -in '{shown}' -out key.pem");
    let hint = format!("convert it: {line}");
    let cause = format!("it is {kind}, and only PKCS#8 ({PKCS8}) can be read");
    unusable(path, cause, Some(hint))
}

fn unusable(path: &Path, cause: String, hint: Option<String>) -> Error {
    Error::Identity {
        path: path.display().to_string(),
        cause,
        hint,
    }
}

fn read(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|cause| unusable(path, plain(&cause), None))?;
    // A DER or PKCS#12 file is no UTF-8, and is then found to hold no PEM.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One handshake with ourselves. OpenSSL takes a certificate and a key that do not belong together
/// without a word, and would then turn every client away.
fn try_out(acceptor: &TlsAcceptor) -> Result<(), String> {
    let (near, far) = UnixStream::pair().map_err(|cause| plain(&cause))?;
    let connector = TlsConnector::builder()
        .danger_accept_invalid_certs(true)
        .danger_accept_invalid_hostnames(true)
        .disable_built_in_roots(true)
        .build()
        .map_err(|cause| cause.to_string())?;
    let acceptor = acceptor.clone();
    let server = thread::spawn(move || acceptor.accept(far).map(drop).map_err(|e| e.to_string()));
    // A client that fails leaves at once, which ends the server's wait; one that succeeds stays
    // until the server has said its last.
    let client = connector
        .connect("localhost", near)
        .map_err(|cause| cause.to_string());
    match (server.join(), client) {
        (Ok(Ok(())), Ok(_)) => Ok(()),
        (Ok(Err(cause)), _) | (_, Err(cause)) => Err(cause),
        (Err(_), Ok(_)) => Err("the trial ended early".to_owned()),
    }
}
