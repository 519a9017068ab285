//! `SSLKEYLOGFILE`: the keys of TLS connections, for programs that decrypt captured packets.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use openssl::ssl::SslVersion;

use crate::support::peer::Tls;
use crate::support::{Cert, Peer, Wsline};

const NOTE: &str = "wsline: TLS keys are appended to keys.log (SSLKEYLOGFILE); who has them can \
                    decrypt the connection\n";

const TLS13: [&str; 4] = [
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_TRAFFIC_SECRET_0",
];

/// The labels and the client randoms of a log, whose lines have three fields, two of them hexadecimal.
fn parse(log: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut labels, mut randoms) = (BTreeSet::new(), BTreeSet::new());
    for line in log.lines() {
        let fields: Vec<_> = line.split(' ').collect();
        let [label, random, secret] = fields[..] else {
            panic!("not three fields: {line}");
        };
        assert_eq!(random.len(), 64, "{line}");
        assert!(matches!(secret.len(), 64 | 96), "{line}");
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_hex(random) && is_hex(secret), "{line}");
        labels.insert(label);
        randoms.insert(random);
    }
    (labels, randoms)
}

fn closing(cert: &Cert, version: SslVersion) -> Peer {
    let tls = Tls::new(cert).only(version);
    Peer::ws().tls(tls).close(1000, "")
}

#[cfg(not(target_vendor = "apple"))]
mod written {
    use super::*;

    #[test]
    fn key_log_has_the_secrets_of_each_version() {
        let cert = Cert::self_signed(&["127.0.0.1"]);
        for (version, expected) in [
            (SslVersion::TLS1_2, &["CLIENT_RANDOM"][..]),
            (SslVersion::TLS1_3, &TLS13),
        ] {
            let peer = closing(&cert, version).start();
            let run = Wsline::new()
                .args([&peer.url(), "--cacert"])
                .arg(cert.path())
                .env("SSLKEYLOGFILE", "keys.log")
                .stderr(NOTE)
                .run();
            let path = run.home.work().join("keys.log");
            let log = fs::read_to_string(&path).expect("a key log");
            let (mut labels, randoms) = parse(&log);
            labels.remove("EXPORTER_SECRET");
            assert_eq!(labels.into_iter().collect::<Vec<_>>(), expected);
            assert_eq!(randoms.len(), 1);
            let mode = fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn key_log_is_appended_to_and_quiet_says_nothing() {
        let cert = Cert::self_signed(&["x"]);
        let peer = closing(&cert, SslVersion::TLS1_3).start();
        let program = Wsline::new().file("keys.log", "# earlier\n");
        let path = program.home().work().join("keys.log");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("our file");
        let _run = program
            .args(["-qk", &peer.url()])
            .env("SSLKEYLOGFILE", "keys.log")
            .run();
        let log = fs::read_to_string(&path).expect("a key log");
        let (labels, _) = parse(log.strip_prefix("# earlier\n").expect("what was there"));
        assert!(TLS13.iter().all(|label| labels.contains(label)), "{log}");
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn unwritable_key_log_is_reported_and_does_not_end_the_run() {
        let cert = Cert::self_signed(&["x"]);
        for (path, stderr) in [
            (
                "no/such/folder/keys",
                "wsline: could not open no/such/folder/keys (SSLKEYLOGFILE): No such file or \
                 directory; continuing without it\n",
            ),
            (
                "/",
                "wsline: could not open / (SSLKEYLOGFILE): Is a directory; continuing without it\n",
            ),
        ] {
            let peer = closing(&cert, SslVersion::TLS1_3).start();
            Wsline::new()
                .args(["-k", &peer.url()])
                .env("SSLKEYLOGFILE", path)
                .stderr(stderr)
                .run();
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn key_log_on_a_full_disk_is_reported() {
        let cert = Cert::self_signed(&["x"]);
        let peer = closing(&cert, SslVersion::TLS1_3).start();
        Wsline::new()
            .args(["-k", &peer.url()])
            .env("SSLKEYLOGFILE", "/dev/full")
            .stderr(
                "wsline: TLS keys are appended to /dev/full (SSLKEYLOGFILE); who has them can \
                 decrypt the connection\n\
                 wsline: could not write TLS keys (SSLKEYLOGFILE): No space left on device\n",
            )
            .run();
    }

    /// Without a reader it can't be opened, which must not block either.
    #[cfg(target_os = "linux")]
    #[test]
    fn key_log_that_is_a_pipe_does_not_block() {
        let cert = Cert::self_signed(&["x"]);
        let peer = closing(&cert, SslVersion::TLS1_3).start();
        let program = Wsline::new();
        let pipe = program.home().work().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        program
            .args(["-k", &peer.url()])
            .env("SSLKEYLOGFILE", "pipe")
            .stderr(
                "wsline: could not open pipe (SSLKEYLOGFILE): nothing reads from this pipe; \
                 continuing without it\n",
            )
            .run();
    }

    /// Certificates are verified as without a key log, and -k accepts them all.
    #[test]
    fn certificates_are_verified_with_a_key_log() {
        let cert = Cert::self_signed(&["127.0.0.1"]);
        let peer = Peer::tcp().tls(&cert).expect_tls_refused().start();
        Wsline::new()
            .arg(peer.url())
            .env("SSLKEYLOGFILE", "keys.log")
            .stderr_matches(
                "wsline: TLS keys [..]\n\
                 wsline: could not verify the certificate of 127.0.0.1: it is self-signed\n...\n",
            )
            .code(60)
            .run();
    }

    #[test]
    fn test_command_tells_about_the_key_log_once() {
        let cert = Cert::self_signed(&["127.0.0.1"]);
        let peer = closing(&cert, SslVersion::TLS1_3).connections(2).start();
        let run = Wsline::new()
            .file("a.ws", "< close\n")
            .file("b.ws", "< close\n")
            .args(["test", "a.ws", "b.ws", "--url", &peer.url(), "--", "-k"])
            .env("SSLKEYLOGFILE", "keys.log")
            .stdout_matches("ok [..]\nok [..]\n2 passed in [..]\n")
            .stderr(NOTE)
            .run();
        let log = fs::read_to_string(run.home.work().join("keys.log")).expect("a key log");
        assert_eq!(parse(&log).1.len(), 2);
    }
}

#[test]
fn key_log_is_not_created_without_tls() {
    let peer = Peer::ws().close(1000, "").start();
    let run = Wsline::new()
        .arg(peer.url())
        .env("SSLKEYLOGFILE", "keys.log")
        .run();
    assert!(!run.home.work().join("keys.log").exists());
}

#[cfg(target_vendor = "apple")]
#[test]
fn key_log_is_not_supported_on_this_system() {
    let cert = Cert::self_signed(&["x"]);
    let peer = closing(&cert, SslVersion::TLS1_2).start();
    Wsline::new()
        .args(["-k", &peer.url()])
        .env("SSLKEYLOGFILE", "keys.log")
        .stderr_matches("wsline: could not open keys.log (SSLKEYLOGFILE): the TLS library [..]\n")
        .run();
}
