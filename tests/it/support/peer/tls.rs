//! The peer's side of TLS: a certificate, and what it requires of the client. It uses OpenSSL
//! itself, because native-tls can't request a client certificate and doesn't tell the name in SNI.

use std::fmt::Write as _;
use std::path::PathBuf;

use openssl::ssl::{
    AlpnError, HandshakeError, NameType, SslAcceptor, SslAcceptorBuilder, SslFiletype, SslMethod,
    SslStream, SslVerifyMode, SslVersion,
};

use super::super::cert::Cert;
use super::socket::Socket;

/// What the peer sends and requires in the TLS handshake. A [`Cert`] alone can be converted to one.
#[derive(Clone)]
pub struct Tls {
    cert: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    server_name: Option<String>,
    only: Option<SslVersion>,
}

impl From<&Cert> for Tls {
    fn from(cert: &Cert) -> Self {
        Self {
            cert: cert.path(),
            key: cert.key_path(),
            client_ca: None,
            server_name: None,
            only: None,
        }
    }
}

impl Tls {
    pub fn new(cert: &Cert) -> Self {
        cert.into()
    }

    /// The client must have a certificate that `ca` has signed.
    #[must_use]
    pub fn require_client_of(mut self, ca: &Cert) -> Self {
        self.client_ca = Some(ca.path());
        self
    }

    /// The client must send this name (SNI, RFC 6066 §3); "" if it must send none.
    #[must_use]
    pub fn expect_server_name(mut self, name: &str) -> Self {
        self.server_name = Some(name.to_owned());
        self
    }

    /// Accepts no other version.
    #[must_use]
    pub fn only(mut self, version: SslVersion) -> Self {
        self.only = Some(version);
        self
    }

    /// The handshake.
    pub(super) fn accept(&self, socket: Socket) -> Result<SslStream<Socket>, String> {
        let acceptor = self.acceptor().map_err(|error| error.to_string())?;
        let stream = acceptor.accept(socket).map_err(|error| {
            let mut text = error.to_string();
            if let HandshakeError::WouldBlock(_) = error {
                let _ = write!(text, " (the client did not go on)");
            }
            text
        })?;
        let got = stream.ssl().servername(NameType::HOST_NAME).unwrap_or("");
        match &self.server_name {
            Some(wanted) if wanted != got => {
                Err(format!("expected the server name {wanted:?}, got {got:?}"))
            }
            _ => Ok(stream),
        }
    }

    fn acceptor(&self) -> Result<SslAcceptor, openssl::error::ErrorStack> {
        let mut builder: SslAcceptorBuilder =
            SslAcceptor::mozilla_intermediate_v5(SslMethod::tls())?;
        builder.set_certificate_chain_file(&self.cert)?;
        builder.set_private_key_file(&self.key, SslFiletype::PEM)?;
        builder.set_min_proto_version(self.only)?;
        builder.set_max_proto_version(self.only)?;
        // A client that offers protocols must offer the only one that WebSocket uses.
        builder.set_alpn_select_callback(|_, offered| {
            openssl::ssl::select_next_proto(b"\x08http/1.1", offered).ok_or(AlpnError::ALERT_FATAL)
        });
        if let Some(ca) = &self.client_ca {
            builder.set_ca_file(ca)?;
            builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        }
        Ok(builder.build())
    }
}
