//! Tests of the limits of message size and connections.

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
fn messages_above_max_message_size_close_the_connection() {
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
    let cause = "message of 11 bytes exceeds the limit of 10 (--max-message-size)";
    assert_eq!(
        client.read().expect("a Close"),
        Message::Close(close_frame(1009, cause))
    );
    assert_eq!(
        server.ending(),
        (ClientEnd::Failed(1009, cause.to_owned()), 1)
    );
}

#[test]
fn max_message_size_applies_to_all_fragments_together() {
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
            "message of 12 bytes exceeds the limit of 10 (--max-message-size)"
        ))
    );
}

#[test]
fn clients_above_max_connections_are_refused_until_another_disconnects() {
    let server = Server::start(&one_connection());
    let mut first = server.client();
    assert!(matches!(server.next(), EchoEvent::Connected { id: 1, .. }));
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
    // The server closes TCP first, then the permit is returned.
    assert!(matches!(server.next(), EchoEvent::Ended { id: 1, .. }));
    drop(first);
    let connected = loop {
        if let Ok((client, _)) = tungstenite::client(server.url.as_str(), server.tcp()) {
            break client;
        }
    };
    drop(connected);
}

#[test]
fn clients_above_max_connections_are_refused_over_tls() {
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
        Err(tungstenite::HandshakeError::Failure(WsError::Http(response))) => {
            assert_eq!(response.status(), 503);
        }
        other => panic!("it is not refused: {other:?}"),
    }
}

/// A request head of `size` bytes.
fn request(size: usize) -> Vec<u8> {
    let start = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let mut head = format!("{start}X: ");
    head.push_str(&"x".repeat(size - head.len() - 4));
    head.push_str("\r\n\r\n");
    head.into_bytes()
}

#[test]
fn request_in_small_pieces_is_accepted() {
    let server = Server::plain();
    for (size, piece) in [(2000, 1), (60_000, 100)] {
        let mut stream = server.tcp();
        stream.set_nodelay(true).expect("no delay");
        for bytes in request(size).chunks(piece) {
            stream.write_all(bytes).expect("sent");
            // So that the pieces are not joined on the way.
            thread::yield_now();
        }
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 101", "{size} bytes");
    }
}

#[test]
fn large_requests_are_refused_with_431() {
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
fn request_is_refused_at_the_first_line_that_is_not_http() {
    let server = Server::plain();
    let answer = exchange(&server, b"hello\n");
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{answer:?}");
    assert_eq!(server.rejection(), "invalid HTTP request: invalid token");
}
