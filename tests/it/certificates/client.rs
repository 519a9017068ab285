//! A certificate of our own: none, the wrong one, the right one.

use super::{greeted, greets, server, trusting, BOTH};
use crate::support::cert::Validity;
use crate::support::peer::Tls;
use crate::support::{Cert, Peer, Wsline};
use openssl::ssl::SslVersion;

fn wanting(cert: &Cert, ca: &Cert, version: SslVersion) -> Tls {
    Tls::new(cert).require_client_of(ca).only(version)
}

#[test]
fn missing_client_certificate() {
    let (cert, ca) = server();
    for (version, alert) in BOTH
        .into_iter()
        .zip(["handshake failure", "certificate required"])
    {
        let peer = Peer::ws()
            .tls(wanting(&cert, &ca, version))
            .expect_tls_refused()
            .start();
        trusting(&peer, &ca)
            .stderr(format!(
                "wsline: 127.0.0.1 requires a client certificate (TLS alert: {alert})\n\
                 hint: give one with --cert FILE: PKCS#12, or PEM with --key FILE if the key is \
                 in another file\n"
            ))
            .code(58)
            .run();
    }
}

#[test]
fn rejected_client_certificate() {
    let (cert, ca) = server();
    let other = Cert::authority("other");
    let expired = ca.issue_with(&["somebody"], Validity::Expired);
    for version in BOTH {
        for (client, alert, hint) in [
            (
                &other.issue(&["somebody"]),
                "unknown ca",
                "the server does not trust its issuer: add the intermediate certificates to the \
                 file, or use another certificate with --cert FILE",
            ),
            (
                &expired,
                "certificate expired",
                "the certificate has expired: use another one with --cert FILE",
            ),
        ] {
            let peer = Peer::ws()
                .tls(wanting(&cert, &ca, version))
                .expect_tls_refused()
                .start();
            trusting(&peer, &ca)
                .arg("--cert")
                .arg(client.path())
                .arg("--key")
                .arg(client.key_path())
                .stderr(format!(
                    "wsline: 127.0.0.1 rejected the client certificate in {} (TLS alert: {alert})\n\
                     hint: {hint}\n",
                    client.path().display()
                ))
                .code(58)
                .run();
        }
    }
}

#[test]
fn accepted_client_certificate() {
    let (cert, ca) = server();
    let client = ca.issue(&["somebody"]);
    for version in BOTH {
        let peer = greets(wanting(&cert, &ca, version));
        greeted(&peer, &ca)
            .arg("--cert")
            .arg(client.path())
            .arg("--key")
            .arg(client.key_path())
            .run();
    }
}

/// What signed it may stand in the file, in any order: the server knows the root alone.
#[test]
fn client_certificate_with_intermediate() {
    let (cert, ca) = server();
    let middle = ca.intermediate("middle");
    let client = middle.issue(&["somebody"]);
    let all = [ca.pem(), middle.pem(), client.pem(), client.key_pem()].concat();
    let peer = greets(wanting(&cert, &ca, SslVersion::TLS1_2));
    greeted(&peer, &ca)
        .file("all.pem", all)
        .args(["--cert", "all.pem"])
        .run();
}

/// The same alert before anything else is about what we offered, not about a certificate.
#[test]
fn handshake_failure_for_another_reason() {
    let alert = [21, 3, 3, 0, 2, 2, 40];
    let peer = Peer::tcp().raw(alert).stall().start();
    Wsline::new()
        .arg(format!("wss://{}", peer.addr()))
        .stderr_matches(
            "wsline: TLS handshake with 127.0.0.1 failed: [..]alert handshake failure\n",
        )
        .code(35)
        .run();
}
