//! `wsline echo`, with wsline itself and with others as its clients.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::program::Running;
use crate::support::{pattern, Cert, Peer, Stdin, Wsline};

/// An echo server that listens, and where.
#[track_caller]
fn echo(args: &[&str]) -> (Running, String) {
    let mut server = Wsline::new()
        .args(["echo", "127.0.0.1:0"])
        .args(args)
        .stdout_matches("...\n")
        .spawn();
    let line = server.read_line();
    let url = line.strip_prefix("listening on ").expect("it says where");
    (server, url.to_owned())
}

/// The server's next line fits `expected`.
#[track_caller]
fn says(server: &mut Running, expected: &str) {
    let line = server.read_line();
    assert!(
        pattern::matches(expected, &line),
        "expected {expected:?}, got {line:?}"
    );
}

#[test]
fn connections_and_their_ends_are_printed() {
    let (mut server, url) = echo(&[]);
    assert!(url.starts_with("ws://127.0.0.1:"), "{url}");
    Wsline::new()
        .args([&url, "-n", "3"])
        .stdin("one\n\nGrüße\n")
        .stdout("one\n\nGrüße\n")
        .run();
    says(&mut server, "[1] 127.0.0.1:[..] connected");
    says(&mut server, "[1] closed 1000 after 3 messages, [..] s");
    Wsline::new()
        .args([&url, "--data-hex", "00ff", "-1", "--close-code", "4321"])
        .stdout_bytes([0, 0xff])
        .run();
    says(&mut server, "[2] 127.0.0.1:[..] connected");
    says(&mut server, "[2] closed 4321 after 1 message, [..] s");
}

/// The server tells what was wrong with a client, and the client what was wrong with its request.
#[test]
fn client_without_upgrade_is_rejected() {
    let (mut server, url) = echo(&[]);
    Wsline::new()
        .args([&url, "-H", "Sec-WebSocket-Version: 8"])
        .stderr_matches("wsline: the server refused the upgrade: HTTP/1.1 [..]\n...\n")
        .code(22)
        .run();
    says(&mut server, "[1] 127.0.0.1:[..] rejected: [..]");
}

#[test]
fn large_message_is_echoed() {
    let (_server, url) = echo(&[]);
    let line = "0123456789abcdef".repeat(64 * 1024) + "\n";
    Wsline::new()
        .args([&url, "-1"])
        .stdin(line.as_str())
        .stdout(line)
        .run();
}

#[test]
fn many_clients_are_served_at_once() {
    let (_server, url) = echo(&[]);
    let clients: Vec<_> = (0..20)
        .map(|number| {
            let mut client = Wsline::new()
                .args([&url, "-n", "2"])
                .stdin(Stdin::Open)
                .stdout(format!("first {number}\nsecond {number}\n"))
                .spawn();
            client.write_line(&format!("first {number}"));
            client
        })
        .collect();
    // All of them are connected before the first of them goes on.
    for (number, mut client) in clients.into_iter().enumerate() {
        assert_eq!(client.read_line(), format!("first {number}"));
        client.write_line(&format!("second {number}"));
        client.wait();
    }
}

#[test]
fn delay_applies_to_replies() {
    let (_server, url) = echo(&["--delay", "300ms"]);
    let start = Instant::now();
    Wsline::new()
        .args([&url, "-d", "late", "-1"])
        .stdout("late\n")
        .run();
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn messages_are_echoed_over_tls() {
    let (cert, authority) = Cert::for_localhost();
    let (cert_file, key_file) = (cert.path(), cert.key_path());
    let (mut server, url) = echo(&[
        "--tls",
        "--cert",
        cert_file.to_str().expect("UTF-8"),
        "--key",
        key_file.to_str().expect("UTF-8"),
    ]);
    assert!(url.starts_with("wss://127.0.0.1:"), "{url}");
    Wsline::new()
        .args([&url, "-d", "secret", "-1", "--cacert"])
        .arg(authority.path())
        .stdout("secret\n")
        .run();
    says(&mut server, "[1] 127.0.0.1:[..] connected");
    says(&mut server, "[1] closed 1000 after 1 message, [..] s");
    Wsline::new()
        .args([&url, "-k", "-d", "whoever", "-1"])
        .stdout("whoever\n")
        .run();
    says(&mut server, "[2] 127.0.0.1:[..] connected");
    says(&mut server, "[2] closed 1000 after 1 message, [..] s");
    Wsline::new()
        .arg(&url)
        .stderr_matches("wsline: could not verify the certificate of 127.0.0.1: [..]\n...\n")
        .code(60)
        .run();
    says(&mut server, "[3] 127.0.0.1:[..] rejected: [..]");
    Wsline::new()
        .arg(url.replace("wss://", "ws://"))
        .stderr_matches(format!(
            "wsline: the server refused the upgrade: HTTP/1.1 400 Bad Request\n...\n\n\
             This is a WebSocket echo server: the client sent an HTTP request to an HTTPS server: \
             use wss, not ws.\n\n\
             hint: this port uses TLS: use {url}/\n"
        ))
        .code(22)
        .run();
}

#[test]
fn message_and_connection_limits() {
    let (mut server, url) = echo(&["--max-connections", "1", "--max-message-size", "1K"]);
    let mut first = Wsline::new()
        .arg(&url)
        .stdin(Stdin::Open)
        .stdout("here\n")
        .stderr_matches(
            "closed by server: 1009 \"message of 1025 bytes exceeds the limit of 1024 \
             (--max-message-size)\" (message too big) after [..] s, sent 2, received 1\n",
        )
        .code(109)
        .spawn();
    first.write_line("here");
    assert_eq!(first.read_line(), "here");
    says(&mut server, "[1] 127.0.0.1:[..] connected");
    Wsline::new()
        .arg(&url)
        .stderr_matches(
            "wsline: the server refused the upgrade: HTTP/1.1 503 Service Unavailable\n...\n\
             This is a WebSocket echo server: too many connections: --max-connections allows 1.\n...\n",
        )
        .code(22)
        .run();
    says(
        &mut server,
        "[2] 127.0.0.1:[..] rejected: too many connections: --max-connections allows 1",
    );
    first.write_line(&"x".repeat(1025));
    first.wait();
    says(
        &mut server,
        "[1] failed with 1009 (message of 1025 bytes exceeds the limit of 1024 \
         (--max-message-size)) after 1 message, [..] s",
    );
}

#[test]
fn invalid_limits_are_rejected() {
    for (option, value, complaint) in [
        ("--max-connections", "0", "must be a number greater than 0"),
        ("--max-message-size", "2G", "must be at most 1G"),
    ] {
        Wsline::new()
            .args(["echo", "127.0.0.1:0", option, value])
            .stderr_matches(format!(
                "error: invalid value '{value}' for '{option} <[..]>': {complaint}\n\n\
                 For more information, try '--help'.\n"
            ))
            .code(2)
            .run();
    }
}

#[test]
fn tls_requires_a_certificate() {
    Wsline::new()
        .args(["echo", "127.0.0.1:0", "--tls"])
        .stderr_matches("error: --tls requires --cert[..]\n...\n")
        .code(2)
        .run();
    Wsline::new()
        .args(["echo", "127.0.0.1:0", "--key", "k.pem"])
        .stderr_matches("error: --cert, --key and --pass require --tls\n...\n")
        .code(2)
        .run();
    Wsline::new()
        .args(["echo", "127.0.0.1:0", "--tls", "--cert", "c.pem", "--key"])
        .arg("k.pem")
        .stderr(
            "wsline: could not load the certificate or key from c.pem: \
             No such file or directory\n\
             hint: give the path of a file that can be read\n",
        )
        .code(58)
        .run();
}

/// A key that is another certificate's is told before anybody comes.
#[test]
fn tls_requires_a_matching_key() {
    let (cert, authority) = Cert::for_localhost();
    Wsline::new()
        .args(["echo", "127.0.0.1:0", "--tls", "--cert"])
        .arg(cert.path())
        .arg("--key")
        .arg(authority.key_path())
        .stderr_matches(
            "wsline: could not load the certificate or key from [..]key.pem: it is not the key of \
             the certificate in [..]cert.pem (CN=localhost)\n\
             hint: use --key FILE with the key of that certificate\n",
        )
        .code(58)
        .run();
}

#[test]
fn port_in_use_is_reported() {
    let peer = Peer::tcp().start();
    let address = peer.addr().to_string();
    Wsline::new()
        .args(["echo", &address])
        .stderr(format!(
            "wsline: could not listen on {address}: address already in use; \
             use another port, or 0 for a free one\n"
        ))
        .code(1)
        .run();
    std::net::TcpStream::connect(peer.addr()).expect("the peer's client, which says nothing");
}

#[test]
fn invalid_listen_address_is_reported() {
    for (address, complaint) in [
        ("99999", "the port is greater than 65535"),
        ("ws://127.0.0.1:9001", "[..]"),
    ] {
        Wsline::new()
            .args(["echo", address])
            .stderr_matches(format!(
                "error: invalid value '{address}' for '[ADDR]': {complaint}\n\n\
                 For more information, try '--help'.\n"
            ))
            .code(2)
            .run();
    }
}

#[test]
fn signal_ends_the_server() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = Wsline::new()
            .args(["echo", "127.0.0.1:0"])
            .unjudged()
            .spawn();
        server.read_line();
        server.signal(signal);
        assert_eq!(server.wait().code, 128 + signal as i32);
    }
}

/// As in `wsline echo | head -1`: the reader goes, and with the next line so does the server.
#[test]
fn closed_stdout_ends_the_server_without_an_error() {
    let mut server = Wsline::new()
        .args(["echo", "127.0.0.1:0"])
        .stdout_matches("listening on ws://127.0.0.1:[..]\n")
        .spawn();
    let line = server.read_line();
    let url = line.strip_prefix("listening on ").expect("it says where");
    server.close_stdout();
    let client = Wsline::new().arg(url).stdin(Stdin::Open).spawn();
    server.wait();
    // How far it came before the server was gone is a matter of luck.
    drop(client);
}
