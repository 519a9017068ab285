//! Messages that are too large, and clients that are too many.

use std::num::NonZeroUsize;

use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::Frame;

use super::*;

fn one_connection() -> EchoOptions {
    EchoOptions {
        max_connections: NonZeroUsize::MIN,
        ..EchoOptions::default()
    }
}

#[test]
fn a_message_as_large_as_the_limit_comes_back_and_a_larger_one_closes() {
    let server = Server::start(&EchoOptions {
        max_message_size: 10,
        ..EchoOptions::default()
    });
    let mut client = server.client();
    client.send(Message::text("0123456789")).expect("sent");
    assert_eq!(
        client.read().expect("an answer"),
        Message::text("0123456789")
    );
    client.send(Message::text("0123456789a")).expect("sent");
    let cause = "message too large: 11 bytes, where --max-message-size allows 10";
    assert_eq!(
        client.read().expect("a Close"),
        Message::Close(close_frame(1009, cause))
    );
    assert_eq!(server.ending(), (Ending::Failed(1009, cause.to_owned()), 1));
}

#[test]
fn fragments_count_together() {
    let server = Server::start(&EchoOptions {
        max_message_size: 10,
        ..EchoOptions::default()
    });
    let mut client = server.client();
    let fragment = |opcode| Message::Frame(Frame::message("012345", OpCode::Data(opcode), false));
    client.send(fragment(Data::Text)).expect("sent");
    client.send(fragment(Data::Continue)).expect("sent");
    assert_eq!(
        client.read().expect("a Close"),
        Message::Close(close_frame(
            1009,
            "message too large: 12 bytes, where --max-message-size allows 10"
        ))
    );
}

#[test]
fn a_client_beyond_the_limit_is_refused_until_another_leaves() {
    let server = Server::start(&one_connection());
    let mut first = server.client();
    assert!(matches!(server.next(), Event::Connected { id: 1, .. }));
    let answer = exchange(&server, b"GET / HTTP/1.1\r\n\r\n");
    let answer = String::from_utf8(answer).expect("text");
    assert!(
        answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{answer}"
    );
    assert!(
        answer.ends_with(
            "\r\n\r\nThis is a WebSocket echo server: too many connections: --max-connections allows 1.\n"
        ),
        "{answer}"
    );
    assert_eq!(
        server.rejection(),
        "too many connections: --max-connections allows 1"
    );
    close(&mut first, None);
    // The server ends TCP first, then the place is free.
    assert!(matches!(server.next(), Event::Ended { id: 1, .. }));
    drop(first);
    let connected = loop {
        if let Ok((client, _)) = tungstenite::client(server.url.as_str(), server.tcp()) {
            break client;
        }
    };
    drop(connected);
}

#[test]
fn a_client_beyond_the_limit_is_refused_over_tls() {
    let (options, _dir) = tls_options();
    let server = Server::start(&EchoOptions {
        tls: options.tls,
        ..one_connection()
    });
    let _first = tls_client(&server);
    let stream = native_tls::TlsConnector::builder()
        .danger_accept_invalid_certs(true)
        .build()
        .expect("a connector")
        .connect("localhost", server.tcp())
        .expect("TLS");
    match tungstenite::client(server.url.as_str(), stream) {
        Err(tungstenite::HandshakeError::Failure(Trouble::Http(response))) => {
            assert_eq!(response.status(), 503);
        }
        other => panic!("it is not refused: {other:?}"),
    }
}

/// A request whose head has `size` bytes.
fn request(size: usize) -> Vec<u8> {
    let start = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let mut head = format!("{start}X: ");
    head.push_str(&"x".repeat(size - head.len() - 4));
    head.push_str("\r\n\r\n");
    head.into_bytes()
}

#[test]
fn a_request_in_small_pieces_is_answered() {
    let server = Server::plain();
    for (size, piece) in [(2000, 1), (60_000, 100)] {
        let mut stream = server.tcp();
        stream.set_nodelay(true).expect("no delay");
        for bytes in request(size).chunks(piece) {
            stream.write_all(bytes).expect("sent");
            // Lest the pieces become one on the way.
            thread::yield_now();
        }
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 101", "{size} bytes");
    }
}

#[test]
fn a_request_that_is_too_large_is_refused_with_its_status() {
    let server = Server::plain();
    let cause = "the request has more than 124 headers or 64 KiB of them";
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: x\r\n".repeat(125));
    for bytes in [request(70_000), many.into_bytes()] {
        let answer = exchange(&server, &bytes);
        let answer = String::from_utf8(answer).expect("HTTP in ASCII");
        let status = "HTTP/1.1 431 Request Header Fields Too Large\r\n";
        assert!(answer.starts_with(status), "{answer}");
        assert!(answer.contains(cause), "{answer}");
        assert_eq!(server.rejection(), cause);
    }
}

#[test]
fn a_request_is_refused_as_soon_as_a_line_is_not_http() {
    let server = Server::plain();
    let answer = exchange(&server, b"hello\n");
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{answer:?}");
    assert_eq!(server.rejection(), "invalid HTTP request: invalid token");
}
