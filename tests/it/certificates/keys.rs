//! Our certificate and key in every form that people have them in, and what is said of those that
//! can't be used.

use std::path::Path;
use std::process::{Command, Stdio};

use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::symm::Cipher;
use openssl::{pkcs12::Pkcs12, x509::X509};

use super::{greeted, greets, server};
use crate::support::peer::{Running, Tls};
use crate::support::{require, Cert, Peer, Wsline};

/// A server that wants a certificate, and a client's RSA key: what is older knows no other kind.
struct Zoo {
    cert: Cert,
    ca: Cert,
    client: Cert,
    key: Rsa<Private>,
}

impl Zoo {
    fn new() -> Self {
        let (cert, ca) = server();
        let key = Rsa::generate(2048).expect("a key");
        let pkcs8 = pkey(&key).private_key_to_pem_pkcs8().expect("PEM");
        let client = ca.issue_for_key(&["somebody"], &text(pkcs8));
        Self {
            cert,
            ca,
            client,
            key,
        }
    }

    fn peer(&self) -> Running {
        greets(Tls::new(&self.cert).require_client_of(&self.ca))
    }

    /// A run that is let in with these options.
    fn run(&self, prepare: impl FnOnce(Wsline) -> Wsline) {
        let peer = self.peer();
        prepare(greeted(&peer, &self.ca)).run();
    }

    /// The certificate, and the key that is given.
    fn with_key(&self, key: impl AsRef<[u8]>, more: &[&str]) {
        self.run(|run| {
            run.file("cert.pem", self.client.pem())
                .file("key.pem", key)
                .args(["--cert", "cert.pem", "--key", "key.pem"])
                .args(more)
        });
    }

    fn archive(&self, passphrase: &str) -> Vec<u8> {
        let cert = X509::from_pem(self.client.pem().as_bytes()).expect("our own");
        let archive = Pkcs12::builder()
            .name("somebody")
            .pkey(&pkey(&self.key))
            .cert(&cert)
            .build2(passphrase)
            .expect("an archive");
        archive.to_der().expect("DER")
    }

    fn encrypted(&self) -> Vec<u8> {
        pkey(&self.key)
            .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"-sesame")
            .expect("PEM")
    }
}

/// What is said of these files with these options, all in one directory.
#[track_caller]
fn complaint(files: &[(&str, &[u8])], args: &[&str], text: &str) {
    // Not even a handshake: the files are looked at first.
    let peer = Peer::tcp().stall().start();
    let mut run = Wsline::new().arg(format!("wss://{}", peer.addr()));
    for (name, contents) in files {
        run = run.file(name, contents);
    }
    run.args(args).stderr_matches(text).code(58).run();
}

fn pkey(key: &Rsa<Private>) -> PKey<Private> {
    PKey::from_rsa(key.clone()).expect("a key")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("PEM is text")
}

/// Runs the `openssl` command in `dir`.
#[track_caller]
fn openssl(dir: &Path, line: &[&str]) {
    let output = Command::new("openssl")
        .args(line)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .expect("openssl is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {line:?}: {said}");
}

#[test]
fn pkcs8_key() {
    let zoo = Zoo::new();
    zoo.with_key(zoo.client.key_pem(), &[]);
}

#[test]
fn pkcs1_key() {
    let zoo = Zoo::new();
    let key = zoo.key.private_key_to_pem().expect("PEM");
    assert!(key.starts_with(b"-----BEGIN RSA PRIVATE KEY-----"));
    zoo.with_key(key, &[]);
}

#[test]
fn sec1_key_after_its_parameters() {
    let mut zoo = Zoo::new();
    zoo.client = zoo.ca.issue(&["somebody"]);
    let key = PKey::private_key_from_pem(zoo.client.key_pem().as_bytes()).expect("our own");
    let key = key
        .ec_key()
        .and_then(|key| key.private_key_to_pem())
        .expect("PEM");
    assert!(key.starts_with(b"-----BEGIN EC PRIVATE KEY-----"));
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    zoo.with_key([parameters.as_bytes(), &key].concat(), &[]);
}

#[test]
fn encrypted_pkcs8_key() {
    let zoo = Zoo::new();
    zoo.with_key(zoo.encrypted(), &["--pass", "-sesame"]);
    zoo.with_key(zoo.encrypted(), &["--passphrase", "-sesame"]);
}

#[test]
fn traditionally_encrypted_key() {
    let zoo = Zoo::new();
    let key = zoo
        .key
        .private_key_to_pem_passphrase(Cipher::aes_128_cbc(), b"-sesame")
        .expect("PEM");
    assert!(key.starts_with(b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED"));
    zoo.with_key(key, &["--pass=-sesame"]);
}

#[test]
fn passphrase_from_variable_or_file() {
    let zoo = Zoo::new();
    let key = text(zoo.encrypted());
    let files = |run: Wsline| {
        run.file("both.pem", format!("{}{key}", zoo.client.pem()))
            .args(["--cert", "both.pem"])
    };
    zoo.run(|run| {
        files(run)
            .env("PASS", "-sesame")
            .args(["--pass", "env:PASS"])
    });
    zoo.run(|run| {
        files(run)
            .file("pass", "-sesame\n")
            .args(["--pass", "@pass"])
    });
}

#[test]
fn certificate_and_key_in_one_file_with_comments() {
    let zoo = Zoo::new();
    let both = format!(
        "Bag Attributes\n    friendlyName: me\nsubject=CN = x\n{}\n# the key\nKey Attributes: \
         <No Attributes>\n{}",
        zoo.client.pem(),
        zoo.client.key_pem()
    );
    zoo.run(|run| {
        run.file("both.pem", both.replace('\n', "\r\n"))
            .args(["--cert", "both.pem"])
    });
}

#[test]
fn pkcs12_file() {
    let zoo = Zoo::new();
    zoo.run(|run| {
        run.file("me.p12", zoo.archive("-sesame"))
            .args(["--cert", "me.p12", "--pass", "-sesame"])
    });
    zoo.run(|run| {
        run.file("me.p12", zoo.archive(""))
            .args(["--cert", "me.p12"])
    });
}

#[test]
fn legacy_pkcs12_error_shows_how_to_convert_it() {
    require!("openssl", ["openssl", "pkcs12", "-help"]);
    let zoo = Zoo::new();
    let run = Wsline::new();
    let dir = run.home().work();
    std::fs::write(dir.join("cert.pem"), zoo.client.pem()).expect("a file");
    std::fs::write(dir.join("key.pem"), zoo.client.key_pem()).expect("a file");
    let make = "pkcs12 -export -legacy -in cert.pem -inkey key.pem -out old.p12 -passout pass:old";
    openssl(&dir, &make.split(' ').collect::<Vec<_>>());
    let old = std::fs::read(dir.join("old.p12")).expect("it was made");
    complaint(
        &[("old.p12", &old)],
        &["--cert", "old.p12", "--pass", "old"],
        "\
wsline: could not load the certificate or key from old.p12: it is encrypted with RC2-40-CBC, which this OpenSSL counts as legacy
hint: convert it: openssl pkcs12 -legacy -in 'old.p12' -out new.pem; then --cert new.pem, and --pass for the PEM pass phrase that it asks for
",
    );
    let convert = "pkcs12 -legacy -in old.p12 -out new.pem -passin pass:old -passout pass:new";
    openssl(&dir, &convert.split(' ').collect::<Vec<_>>());
    let new = std::fs::read(dir.join("new.pem")).expect("it was made");
    zoo.run(|run| {
        run.file("new.pem", new)
            .args(["--cert", "new.pem", "--pass", "new"])
    });
}

#[test]
fn legacy_cipher_error_shows_how_to_convert_the_key() {
    require!("openssl", ["openssl", "pkcs8", "-help"]);
    let zoo = Zoo::new();
    let run = Wsline::new();
    let dir = run.home().work();
    std::fs::write(dir.join("key.pem"), zoo.client.key_pem()).expect("a file");
    let make = "pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy -provider default -in key.pem -out \
                old.pem -passout pass:old";
    openssl(&dir, &make.split(' ').collect::<Vec<_>>());
    let old = std::fs::read(dir.join("old.pem")).expect("it was made");
    complaint(
        &[("old.pem", &old), ("cert.pem", zoo.client.pem().as_bytes())],
        &["--cert", "cert.pem", "--key", "old.pem", "--pass", "old"],
        "\
wsline: could not load the certificate or key from old.pem: it is encrypted with PBKDF1, which this OpenSSL counts as legacy
hint: convert it: openssl pkcs8 -topk8 -provider legacy -provider default -in 'old.pem' -out new.pem; then --key new.pem
",
    );
    let convert =
        "pkcs8 -topk8 -provider legacy -provider default -in old.pem -out new.pem -passin \
                   pass:old -passout pass:new";
    openssl(&dir, &convert.split(' ').collect::<Vec<_>>());
    let new = std::fs::read(dir.join("new.pem")).expect("it was made");
    zoo.with_key(new, &["--pass", "new"]);
}

#[test]
fn missing_or_wrong_passphrase() {
    let zoo = Zoo::new();
    let (key, archive) = (zoo.encrypted(), zoo.archive("sesame"));
    let traditional = zoo
        .key
        .private_key_to_pem_passphrase(Cipher::aes_128_cbc(), b"sesame")
        .expect("PEM");
    for (files, args, cause) in [
        (
            ("key.pem", &key),
            vec!["--cert", "cert.pem", "--key", "key.pem"],
            "the key is encrypted",
        ),
        (
            ("key.pem", &key),
            vec!["--cert", "cert.pem", "--key", "key.pem", "--pass", "x"],
            "the passphrase is wrong",
        ),
        (
            ("key.pem", &traditional),
            vec!["--cert", "cert.pem", "--key", "key.pem", "--pass", ""],
            "the passphrase is wrong",
        ),
        (
            ("me.p12", &archive),
            vec!["--cert", "me.p12"],
            "it needs a passphrase",
        ),
        (
            ("me.p12", &archive),
            vec!["--cert", "me.p12", "--pass", "x"],
            "the passphrase is wrong",
        ),
    ] {
        let text = format!(
            "wsline: could not load the certificate or key from {}: {cause}\n\
             hint: --pass gives the passphrase; --pass @FILE and --pass env:NAME keep it out of \
             the command line\n",
            files.0
        );
        let files = [
            ("cert.pem", zoo.client.pem().as_bytes()),
            (files.0, files.1.as_slice()),
        ];
        complaint(&files, &args, &text);
    }
}

#[test]
fn unusable_certificate_files() {
    let zoo = Zoo::new();
    let cert = zoo.client.pem().as_bytes();
    let key = zoo.client.key_pem().as_bytes();
    let stranger = zoo.ca.issue(&["stranger"]);
    let der_cert = X509::from_pem(cert)
        .and_then(|it| it.to_der())
        .expect("DER");
    let der_key = pkey(&zoo.key).private_key_to_der().expect("DER");
    let both = [cert, stranger.key_pem().as_bytes()].concat();
    let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".as_bytes();
    let broken_cert = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".as_bytes();
    let archive = zoo.archive("");
    let pair = ["--cert", "cert", "--key", "key"];
    for (files, args, text) in [
        (vec![], &pair[..2], "\
wsline: could not load the certificate or key from cert: No such file or directory
hint: give the path of a file that can be read
"),
        (vec![("cert", cert)], &pair[..], "\
wsline: could not load the certificate or key from key: No such file or directory
hint: give the path of a file that can be read
"),
        (vec![("cert", cert)], &pair[..2], "\
wsline: could not load the certificate or key from cert: no private key found (-----BEGIN PRIVATE KEY-----)
hint: use --key FILE if the key is in another file
"),
        (vec![("cert", cert), ("key", cert)], &pair[..], "\
wsline: could not load the certificate or key from key: no private key found (-----BEGIN PRIVATE KEY-----)
hint: use --key FILE for the key and --cert FILE for its certificate
"),
        (vec![("cert", key), ("key", key)], &pair[..], "\
wsline: could not load the certificate or key from cert: no certificate found (-----BEGIN CERTIFICATE-----)
hint: use --cert FILE for the certificate and --key FILE for its key
"),
        (vec![("cert", cert), ("key", &*der_key)], &pair[..], "\
wsline: could not load the certificate or key from key: no private key found (-----BEGIN PRIVATE KEY-----)
hint: if it is a key in DER, convert it: openssl pkey -inform DER -in 'key' -out key.pem
"),
        (vec![("cert", &*der_cert), ("key", key)], &pair[..], "\
wsline: could not load the certificate or key from cert: the format is DER, not PEM
hint: convert it: openssl x509 -inform DER -in 'cert' -out cert.pem
"),
        (
            vec![("cert", cert), ("key", stranger.key_pem().as_bytes())],
            &pair[..],
            "\
wsline: could not load the certificate or key from key: it is not the key of the certificate in cert (CN=somebody)
hint: use --key FILE with the key of that certificate
",
        ),
        (vec![("cert", &*both)], &pair[..2], "\
wsline: could not load the certificate or key from cert: its key is not that of its certificate (CN=somebody)
hint: use --key FILE with the key of that certificate
"),
        (vec![("cert", cert), ("key", broken)], &pair[..], "\
wsline: could not load the certificate or key from key: its PRIVATE KEY can't be read: [..]
hint: use another file with --key FILE
"),
        (vec![("cert", broken_cert), ("key", key)], &pair[..], "\
wsline: could not load the certificate or key from cert: its certificate can't be read: [..]
hint: use another file with --cert FILE
"),
        (vec![("cert", &*archive), ("key", key)], &pair[..], "\
wsline: could not load the certificate or key from cert: it is PKCS#12, which has its own key
hint: omit --key
"),
    ] {
        complaint(&files, args, text);
    }
}

#[test]
fn echo_server_accepts_the_same_files() {
    let zoo = Zoo::new();
    let both = [zoo.client.pem().as_bytes(), &zoo.encrypted()].concat();
    for (args, cause) in [
        (&[][..], "the key is encrypted"),
        (&["--pass", "env:PASS"], "the passphrase is wrong"),
    ] {
        Wsline::new()
            .args(["echo", "127.0.0.1:0", "--tls", "--cert", "both.pem"])
            .args(args)
            .env("PASS", "x")
            .file("both.pem", &both)
            .stderr(format!(
                "wsline: could not load the certificate or key from both.pem: {cause}\n\
                 hint: --pass gives the passphrase; --pass @FILE and --pass env:NAME keep it out \
                 of the command line\n"
            ))
            .code(58)
            .run();
    }
}

#[test]
fn key_and_passphrase_require_a_certificate() {
    for (args, text) in [
        (
            vec!["--key", "k"],
            "\
error: --key requires --cert FILE

Usage: wsline [OPTIONS] URL
       wsline COMMAND [ARGUMENTS]

For more information, try '--help'.
",
        ),
        (
            vec!["--pass", "p"],
            "\
error: --pass requires --cert FILE

Usage: wsline [OPTIONS] URL
       wsline COMMAND [ARGUMENTS]

For more information, try '--help'.
",
        ),
        (
            vec!["--cert", "c", "--pass", "env:WSLINE_NOT_SET"],
            "wsline: invalid value for --pass: environment variable \"WSLINE_NOT_SET\" is not set\n",
        ),
        (
            vec!["--cert", "c", "--pass", "@missing"],
            "wsline: invalid value for --pass: could not read \"missing\": No such file or \
             directory; for a value that starts with @ use env:NAME\n",
        ),
        (
            vec!["--tls-min", "1.3", "--tls-max", "1.2"],
            "\
error: --tls-min 1.3 is greater than --tls-max 1.2

Usage: wsline [OPTIONS] URL
       wsline COMMAND [ARGUMENTS]

For more information, try '--help'.
",
        ),
        (
            vec!["--tls-min", "3"],
            "\
error: invalid value '3' for '--tls-min <VERSION>': expected 1.0, 1.1, 1.2 or 1.3

For more information, try '--help'.
",
        ),
    ] {
        Wsline::new()
            .arg("wss://127.0.0.1:1")
            .args(args)
            .stderr(text)
            .code(2)
            .run();
    }
}
