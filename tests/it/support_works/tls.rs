//! The peer's TLS and the certificates, tried with OpenSSL's client.

use std::net::TcpStream;

use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslStream};
use tungstenite::protocol::WebSocket;

use super::peer::tcp;
use crate::support::cert::Validity;
use crate::support::peer::{Running, Tls};
use crate::support::{Cert, Peer};

/// A client over TLS that trusts `ca`.
fn secure(
    peer: &Running,
    ca: &Cert,
    client: Option<&Cert>,
) -> Result<WebSocket<SslStream<TcpStream>>, String> {
    let mut builder = SslConnector::builder(SslMethod::tls()).expect("OpenSSL");
    builder.set_ca_file(ca.path()).expect("a CA file");
    if let Some(cert) = client {
        builder
            .set_certificate_file(cert.path(), SslFiletype::PEM)
            .expect("a certificate");
        builder
            .set_private_key_file(cert.key_path(), SslFiletype::PEM)
            .expect("a key");
    }
    let stream = builder
        .build()
        .connect("localhost", tcp(peer))
        .map_err(|error| error.to_string())?;
    let (socket, _) =
        tungstenite::client("ws://localhost/", stream).map_err(|error| error.to_string())?;
    Ok(socket)
}

#[test]
fn server_names_and_client_certificates() {
    let (cert, ca) = Cert::for_localhost();
    let client = ca.issue(&["somebody"]);
    let tls = Tls::new(&cert)
        .expect_server_name("localhost")
        .require_client_of(&ca);
    let peer = Peer::ws().tls(tls).send_text("x").start();
    assert!(peer.url().starts_with("wss://127.0.0.1:"));
    let mut socket = secure(&peer, &ca, Some(&client)).expect("trusted");
    assert_eq!(socket.read().expect("text"), "x".into());
    socket.close(None).expect("sent");
    assert!(socket.read().expect("close").is_close());
    drop(socket);
    drop(peer);
    let other = Tls::new(&cert).expect_server_name("other");
    let mut peer = Peer::ws().tls(other).start();
    assert!(secure(&peer, &ca, None).is_err());
    let why = peer.result().expect_err("another name");
    assert!(
        why.contains("expected the server name \"other\", got \"localhost\""),
        "{why}"
    );
}

#[test]
fn rejected_certificates() {
    let ca = Cert::authority("ca");
    let names = ["localhost"];
    for (cert, reason) in [
        (ca.issue_with(&names, Validity::Expired), "expired"),
        (ca.issue_with(&names, Validity::NotYet), "not yet valid"),
        (ca.issue(&["elsewhere.example"]), "hostname mismatch"),
        (Cert::self_signed(&names), "self-signed"),
        (
            Cert::authority("other").issue(&names),
            "unable to get local issuer",
        ),
        (
            ca.intermediate("middle").issue(&names),
            "unable to get local issuer",
        ),
    ] {
        let peer = Peer::ws().tls(&cert).expect_tls_refused().start();
        let Err(error) = secure(&peer, &ca, None) else {
            panic!("{reason} must be refused");
        };
        assert!(error.contains(reason), "{reason}: {error}");
        let _: native_tls::Identity = cert.identity();
    }
}
