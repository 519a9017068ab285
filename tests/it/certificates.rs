//! Certificates of all kinds: those of the server that must be refused, and why it says so; and
//! those of the client in every form that people have them in.

mod chains;
mod client;
mod keys;
mod server;
mod versions;

use openssl::ssl::SslVersion;

use crate::support::peer::{Running, Tls};
use crate::support::{Cert, Peer, Wsline};

/// A server's certificate for loopback, and who signed it.
fn server() -> (Cert, Cert) {
    Cert::for_localhost()
}

/// A peer that greets whoever comes through TLS.
fn greets(tls: impl Into<Tls>) -> Running {
    Peer::ws().tls(tls).send_text("in").start()
}

/// The run that is greeted: nothing on stderr.
fn greeted(peer: &Running, ca: &Cert) -> Wsline {
    trusting(peer, ca).args(["-n", "1"]).stdout("in\n")
}

/// A run that trusts `ca`.
fn trusting(peer: &Running, ca: &Cert) -> Wsline {
    Wsline::new()
        .arg(peer.url())
        .arg("--cacert")
        .arg(ca.path())
        .with("[PORT]", peer.port())
}

/// TLS 1.2, which refuses a client within the handshake, and 1.3, which does so after it.
const BOTH: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];
