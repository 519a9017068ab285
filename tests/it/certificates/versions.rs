//! `--tls-min` and `--tls-max` against servers that speak one version.

use openssl::ssl::SslVersion;

use super::{greeted, greets, server, trusting};
use crate::support::peer::Tls;
use crate::support::Peer;

#[test]
fn common_tls_version_is_used() {
    let (cert, ca) = server();
    for (version, options) in [
        (SslVersion::TLS1_2, &["--tls-min", "1.2"]),
        (SslVersion::TLS1_2, &["--tls-max", "1.2"]),
        (SslVersion::TLS1_2, &["--tls-min", "1.0"]),
        (SslVersion::TLS1_3, &["--tls-min", "1.3"]),
        (SslVersion::TLS1_3, &["--tls-max", "1.3"]),
    ] {
        let peer = greets(Tls::new(&cert).only(version));
        greeted(&peer, &ca).args(options).run();
    }
}

#[test]
fn no_common_tls_version() {
    let (cert, ca) = server();
    for (version, options, said) in [
        (SslVersion::TLS1_2, &["--tls-min", "1.3"], "--tls-min 1.3"),
        (SslVersion::TLS1_3, &["--tls-max", "1.2"], "--tls-max 1.2"),
    ] {
        let tls = Tls::new(&cert).only(version);
        let peer = Peer::ws().tls(tls).expect_tls_refused().start();
        trusting(&peer, &ca)
            .args(options)
            .stderr(format!(
                "wsline: TLS handshake with 127.0.0.1 failed: no TLS version in common (tlsv1 \
                 alert protocol version)\n\
                 hint: {said} excludes the versions that the server supports: change or omit it\n"
            ))
            .code(35)
            .run();
    }
}
