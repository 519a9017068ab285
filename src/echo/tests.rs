//! Tests of the echo server with tungstenite's client, and with clients that violate the protocol.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{channel, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::error::Error as WsError;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Message, WebSocketConfig};
use tungstenite::WebSocket;

use super::{ClientEnd, EchoEvent, EchoOptions, EchoServer};
use crate::connect::tls::IdentityFiles;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::secret::Secret;

mod limits;

/// The maximum time that a client waits for a reply.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A server on a free port, and its events.
struct Server {
    url: String,
    addr: String,
    events: Receiver<EchoEvent>,
}

impl Server {
    fn start(options: &EchoOptions) -> Self {
        let server = EchoServer::bind("127.0.0.1:0", options).expect("a free port");
        let (url, addr) = (server.url(), server.local_addr().to_string());
        let (sender, events) = channel();
        thread::spawn(move || {
            server.serve(move |event| {
                // The receiver is dropped in tests that ignore events.
                let _ = sender.send(event);
            })
        });
        Self { url, addr, events }
    }

    fn plain() -> Self {
        Self::start(&EchoOptions::default())
    }

    fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.addr).expect("the server listens");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
        stream
    }

    fn client(&self) -> WebSocket<TcpStream> {
        let (client, _) = tungstenite::client(self.url.as_str(), self.tcp()).expect("upgraded");
        client
    }

    fn next(&self) -> EchoEvent {
        self.events
            .recv_timeout(TIMEOUT)
            .expect("the server tells something")
    }

    /// The end that the server reported, after the event for the connection.
    fn ending(&self) -> (ClientEnd, u64) {
        assert!(matches!(self.next(), EchoEvent::Connected { .. }));
        match self.next() {
            EchoEvent::Ended { how, messages, .. } => (how, messages),
            other => panic!("not an end: {other}"),
        }
    }

    fn rejection(&self) -> String {
        match self.next() {
            EchoEvent::Rejected { cause, .. } => cause,
            other => panic!("not a rejection: {other}"),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a Close may have no body at all")]
fn close_frame(code: u16, reason: &str) -> Option<CloseFrame> {
    Some(CloseFrame {
        code: CloseCode::from(code),
        reason: reason.into(),
    })
}

/// Sends a Close and returns the server's reply.
fn close<S: std::io::Read + std::io::Write>(
    client: &mut WebSocket<S>,
    frame: Option<CloseFrame>,
) -> Option<CloseFrame> {
    client.close(frame).expect("a Close can be sent");
    loop {
        if let Message::Close(answer) = client.read().expect("the Close is answered") {
            return answer;
        }
    }
}

#[test]
fn text_and_binary_messages_are_echoed() {
    let server = Server::plain();
    let mut client = server.client();
    for message in [
        Message::text("hello"),
        Message::text(""),
        Message::text("Grüße, 世界 🌍"),
        Message::binary(vec![0, 1, 254, 255]),
        Message::binary(Vec::new()),
    ] {
        client.send(message.clone()).expect("sent");
        assert_eq!(client.read().expect("an answer"), message);
    }
    assert_eq!(
        close(&mut client, close_frame(1000, "")),
        close_frame(1000, "")
    );
    assert_eq!(server.ending(), (ClientEnd::Closed(Some(1000)), 5));
}

#[test]
fn many_messages_are_echoed_in_order() {
    const COUNT: usize = 20_000;
    let server = Server::plain();
    let mut client = server.client();
    let stream = client.get_ref().try_clone().expect("a second descriptor");
    let writer = thread::spawn(move || {
        let mut client = WebSocket::from_raw_socket(
            stream,
            tungstenite::protocol::Role::Client,
            Some(WebSocketConfig::default()),
        );
        for number in 0..COUNT {
            client
                .write(Message::text(number.to_string()))
                .expect("sent");
        }
        client.flush().expect("sent");
    });
    for number in 0..COUNT {
        assert_eq!(
            client.read().expect("an answer"),
            Message::text(number.to_string())
        );
    }
    writer.join().expect("all was sent");
    close(&mut client, None);
    assert_eq!(server.ending(), (ClientEnd::Closed(None), COUNT as u64));
}

#[test]
fn messages_above_the_limits_of_tungstenite_are_echoed() {
    let (options, _dir) = tls_options();
    // The limits of tungstenite are 16 MiB per frame and 64 MiB per message. Without optimization,
    // TLS is slow for 65 MiB, and it is the reply in one write that is tested there.
    let plain = Server::start(&EchoOptions {
        max_message_size: 128 << 20,
        ..EchoOptions::default()
    });
    let size = 65 << 20;
    let config = WebSocketConfig::default()
        .max_message_size(None)
        .max_frame_size(None);
    let mut client = plain.client();
    client.set_config(|own| *own = config);
    let message = Message::binary(vec![7; size]);
    client.send(message.clone()).expect("sent");
    assert!(client.read().expect("an answer") == message);

    let server = Server::start(&options);
    let mut client = tls_client(&server);
    let message = Message::binary(vec![7; 3 << 20]);
    client.send(message.clone()).expect("sent");
    assert!(client.read().expect("an answer") == message);
}

#[test]
fn pings_are_answered() {
    let server = Server::plain();
    let mut client = server.client();
    client
        .send(Message::Ping("are you there".into()))
        .expect("sent");
    assert_eq!(
        client.read().expect("an answer"),
        Message::Pong("are you there".into())
    );
    close(&mut client, close_frame(1000, ""));
    assert_eq!(server.ending(), (ClientEnd::Closed(Some(1000)), 0));
}

#[test]
fn close_is_answered_with_the_same_code() {
    let server = Server::plain();
    for frame in [
        close_frame(4001, "token expired"),
        close_frame(1001, ""),
        None,
    ] {
        let mut client = server.client();
        assert_eq!(close(&mut client, frame.clone()), frame);
        // The server closes TCP first (RFC 6455 §7.1.1).
        assert!(matches!(client.read(), Err(WsError::ConnectionClosed)));
        let code = frame.map(|frame| u16::from(frame.code));
        assert_eq!(server.ending(), (ClientEnd::Closed(code), 0));
    }
}

#[test]
fn delay_applies_to_each_reply() {
    let delay = Duration::from_millis(60);
    let server = Server::start(&EchoOptions {
        delay: Some(delay),
        ..EchoOptions::default()
    });
    let mut client = server.client();
    let start = Instant::now();
    client.write(Message::text("a")).expect("sent");
    client.write(Message::text("b")).expect("sent");
    client.flush().expect("sent");
    assert_eq!(client.read().expect("an answer"), Message::text("a"));
    assert!(start.elapsed() >= delay);
    assert_eq!(client.read().expect("an answer"), Message::text("b"));
    assert!(start.elapsed() >= delay * 2);
}

#[test]
fn first_subprotocol_is_selected() {
    let server = Server::plain();
    let mut request = server.url.as_str().into_client_request().expect("a URL");
    request.headers_mut().insert(
        "Sec-WebSocket-Protocol",
        HeaderValue::from_static("chat.v2, chat.v1"),
    );
    let (_, response) = tungstenite::client(request, server.tcp()).expect("upgraded");
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "chat.v2");

    let (_, response) = tungstenite::client(server.url.as_str(), server.tcp()).expect("upgraded");
    assert!(!response.headers().contains_key("Sec-WebSocket-Protocol"));
}

#[test]
fn many_clients_are_served_at_once() {
    let server = Server::plain();
    let mut clients: Vec<_> = (0..50).map(|_| server.client()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client
            .send(Message::text(number.to_string()))
            .expect("sent");
    }
    for (number, client) in clients.iter_mut().enumerate().rev() {
        assert_eq!(
            client.read().expect("an answer"),
            Message::text(number.to_string())
        );
    }
}

/// Sends `bytes` on a new connection and reads to its end.
fn exchange(server: &Server, bytes: &[u8]) -> Vec<u8> {
    let mut stream = server.tcp();
    stream.write_all(bytes).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an orderly end");
    answer
}

#[test]
fn clients_without_websocket_are_rejected_with_a_reason() {
    let server = Server::plain();
    for (bytes, status, cause) in [
        (
            &b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            "HTTP/1.1 426 ",
            "not a WebSocket upgrade request",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/1.1 405 ",
            "Unsupported HTTP method used - only GET is allowed",
        ),
        (
            b"\x00\xff nonsense \x1b]52;\x07\r\n\r\n",
            "HTTP/1.1 400 ",
            "invalid HTTP request: invalid token",
        ),
        (
            b"\x16\x03\x01 a TLS hello",
            "",
            "the client uses TLS (wss), but this server does not: use ws",
        ),
    ] {
        let answer = exchange(&server, bytes);
        let answer = String::from_utf8(answer).expect("HTTP in ASCII");
        assert!(answer.starts_with(status), "{answer}");
        assert_eq!(server.rejection(), cause);
    }
    drop(server.tcp());
    assert_eq!(
        server.rejection(),
        "the client disconnected without a request"
    );
    let mut client = server.client();
    client.send(Message::text("still there?")).expect("sent");
    assert_eq!(
        client.read().expect("an answer"),
        Message::text("still there?")
    );
}

#[test]
fn protocol_violations_are_closed_with_their_code() {
    let server = Server::plain();
    for (bytes, code) in [
        // An unmasked text frame (§5.1), invalid UTF-8 (§8.1), a reserved bit (§5.2), and a frame
        // that announces 2^62 bytes.
        (&b"\x81\x01a"[..], 1002),
        (b"\x81\x81\x00\x00\x00\x00\xff", 1007),
        (b"\xc1\x81\x00\x00\x00\x00a", 1002),
        (
            b"\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            1009,
        ),
    ] {
        let mut client = server.client();
        client.get_mut().write_all(bytes).expect("sent");
        match client.read().expect("a Close") {
            Message::Close(Some(frame)) => assert_eq!(u16::from(frame.code), code),
            other => panic!("not a Close with a code: {other:?}"),
        }
        match server.ending() {
            (ClientEnd::Failed(sent, _), 0) => assert_eq!(sent, code),
            (other, _) => panic!("not a failure: {other}"),
        }
    }
    drop(server.client());
    assert_eq!(
        server.ending(),
        (
            ClientEnd::Lost("connection closed without a Close frame".to_owned()),
            0
        )
    );
}

#[test]
fn events_are_printed_as_lines() {
    let peer = "127.0.0.1:51234".parse().expect("an address");
    let ended = |how, messages| EchoEvent::Ended {
        id: 1,
        how,
        messages,
        after: Duration::from_millis(2140),
    };
    for (event, line) in [
        (
            EchoEvent::Connected { id: 1, peer },
            "[1] 127.0.0.1:51234 connected",
        ),
        (
            ended(ClientEnd::Closed(Some(1000)), 3),
            "[1] closed 1000 after 3 messages, 2.1 s",
        ),
        (
            ended(ClientEnd::Closed(None), 1),
            "[1] closed without a code after 1 message, 2.1 s",
        ),
        (
            ended(ClientEnd::Failed(1002, "why".to_owned()), 0),
            "[1] failed with 1002 (why) after 0 messages, 2.1 s",
        ),
    ] {
        assert_eq!(event.to_string(), line);
    }
}

#[test]
fn port_in_use_is_reported() {
    let server = Server::plain();
    let error = EchoServer::bind(&server.addr, &EchoOptions::default()).expect_err("it is in use");
    assert_eq!(error.exit_code(), ExitCode::Other);
    assert_eq!(
        error.to_string(),
        format!(
            "could not listen on {}: address already in use; \
             use another port, or 0 for a free one",
            server.addr
        )
    );
    let error = EchoServer::bind("nonsense", &EchoOptions::default()).expect_err("no address");
    assert!(error.to_string().contains("use HOST:PORT"), "{error}");
}

#[test]
fn server_on_a_thread_of_its_own_echoes() {
    let server = EchoServer::bind("[::1]:0", &EchoOptions::default())
        .or_else(|_| EchoServer::bind("127.0.0.1:0", &EchoOptions::default()))
        .expect("a free port");
    let address = server.local_addr();
    let running = server.start().expect("a thread");
    assert_eq!(running.url(), format!("ws://{address}"));
    let stream = TcpStream::connect(address).expect("the server listens");
    let (mut client, _) = tungstenite::client(running.url(), stream).expect("upgraded");
    client.send(Message::text("hello")).expect("sent");
    assert_eq!(client.read().expect("an answer"), Message::text("hello"));
}

fn write(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

/// A certificate for localhost and its key, in PEM.
fn pair() -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let cert = CertificateParams::new(["localhost".to_owned()])
        .and_then(|params| params.self_signed(&key))
        .expect("a certificate");
    (cert.pem(), key.serialize_pem())
}

/// Options with a new certificate, in a directory that is removed when it is dropped.
fn tls_options() -> (EchoOptions, TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let (cert, key) = pair();
    let key = openssl::pkey::PKey::private_key_from_pem(key.as_bytes())
        .and_then(|key| {
            key.private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"sesame")
        })
        .expect("an encrypted key");
    let key = String::from_utf8(key).expect("PEM is text");
    let tls = IdentityFiles {
        cert: write(&dir, "cert.pem", &cert),
        key: Some(write(
            &dir,
            "key.pem",
            &format!("a comment before it\n{key}"),
        )),
        passphrase: Some(Secret::new("sesame")),
    };
    let options = EchoOptions {
        tls: Some(tls),
        ..EchoOptions::default()
    };
    (options, dir)
}

fn tls_client(server: &Server) -> WebSocket<native_tls::TlsStream<TcpStream>> {
    let stream = native_tls::TlsConnector::builder()
        .danger_accept_invalid_certs(true)
        .build()
        .expect("a connector")
        .connect("localhost", server.tcp())
        .expect("TLS");
    let (client, _) = tungstenite::client(server.url.as_str(), stream).expect("upgraded");
    client
}

#[test]
fn messages_are_echoed_over_tls() {
    let (options, _dir) = tls_options();
    let server = Server::start(&options);
    assert!(server.url.starts_with("wss://127.0.0.1:"));
    let mut client = tls_client(&server);
    for message in [Message::text("hello"), Message::binary(vec![9; 300_000])] {
        client.send(message.clone()).expect("sent");
        assert_eq!(client.read().expect("an answer"), message);
    }
    close(&mut client, close_frame(1000, ""));
    assert_eq!(server.ending(), (ClientEnd::Closed(Some(1000)), 2));

    let answer = exchange(&server, b"GET / HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 400 "));
    assert_eq!(
        server.rejection(),
        "the client sent an HTTP request to an HTTPS server: use wss, not ws"
    );
}

/// The error for this certificate and key.
fn complaint(cert: &Path, key: &Path) -> Error {
    let tls = Some(IdentityFiles {
        cert: cert.to_owned(),
        key: Some(key.to_owned()),
        passphrase: None,
    });
    let options = EchoOptions {
        tls,
        ..EchoOptions::default()
    };
    let error = EchoServer::bind("127.0.0.1:0", &options).expect_err("it can't be used");
    assert_eq!(error.exit_code(), ExitCode::Identity);
    error
}

#[test]
fn certificate_errors_name_the_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let (cert, key) = pair();
    let (cert_path, key_path) = (write(&dir, "cert.pem", &cert), write(&dir, "key.pem", &key));
    let error = complaint(&cert_path, &cert_path);
    assert!(error.to_string().contains("no private key"), "{error}");
    let error = complaint(&key_path, &key_path);
    assert!(error.to_string().contains("no certificate"), "{error}");
    let error = complaint(&cert_path, &dir.path().join("missing"));
    assert!(error.to_string().contains("No such file"), "{error}");
}

#[test]
fn key_of_another_certificate_is_an_error() {
    let dir = tempfile::tempdir().expect("a directory");
    let (cert, _) = pair();
    let (_, key) = pair();
    let error = complaint(
        &write(&dir, "cert.pem", &cert),
        &write(&dir, "key.pem", &key),
    );
    assert!(
        error.to_string().contains("it is not the key of"),
        "{error}"
    );
}
