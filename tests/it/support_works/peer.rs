//! The peer, tried with tungstenite's client and bare sockets.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocket};
use tungstenite::Message;

use crate::support::peer::{LengthForm, Running, BINARY, CONTINUATION, TEXT};
use crate::support::{Frame, Gate, Peer};

/// A bare connection. It needs no limits: the peer has them, and ends TCP.
pub fn tcp(peer: &Running) -> TcpStream {
    TcpStream::connect(peer.addr()).expect("the peer listens")
}

fn connect(peer: &Running) -> WebSocket<TcpStream> {
    let (socket, _) = tungstenite::client(peer.url(), tcp(peer)).expect("the peer accepts");
    socket
}

fn close(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame {
        code: CloseCode::from(code),
        reason: reason.into(),
    }))
}

/// Sends a request and gives all that comes, for answers that are no upgrade.
fn ask(peer: &Running, request: &str) -> String {
    let mut stream = tcp(peer);
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Token: a b\r\n\r\n";

#[test]
fn conversation_is_played() {
    let peer = Peer::ws()
        .expect_text("hi")
        .send_text("yo")
        .ping(b"x")
        .expect_pong(b"x")
        .expect_binary([0, 255])
        .fragments(["a", "b", "c"])
        .send_binary([1])
        .close(1000, "bye")
        .start();
    let mut socket = connect(&peer);
    socket.send("hi".into()).expect("sent");
    assert_eq!(socket.read().expect("text"), "yo".into());
    assert_eq!(socket.read().expect("ping"), Message::Ping("x".into()));
    socket.flush().expect("the Pong is sent");
    socket.send(vec![0, 255].into()).expect("sent");
    assert_eq!(socket.read().expect("text"), "abc".into());
    assert_eq!(socket.read().expect("binary"), vec![1].into());
    assert_eq!(socket.read().expect("close"), close(1000, "bye"));
    assert!(matches!(
        socket.read(),
        Err(tungstenite::Error::ConnectionClosed)
    ));
}

#[test]
fn script_without_a_close_ends_with_the_client() {
    let peer = Peer::ws().send_text("yo").start();
    let mut socket = connect(&peer);
    assert_eq!(socket.read().expect("text"), "yo".into());
    let body = CloseFrame {
        code: CloseCode::Normal,
        reason: "done".into(),
    };
    socket.close(Some(body)).expect("sent");
    assert_eq!(socket.read().expect("close"), close(1000, "done"));
}

#[test]
fn mismatches_are_described() {
    let said = |peer: Peer, talk: fn(&mut WebSocket<TcpStream>)| {
        let mut peer = peer.start();
        let mut socket = connect(&peer);
        talk(&mut socket);
        drop(socket);
        peer.result().expect_err("the script fails")
    };
    let why = said(Peer::ws().send_text("a").expect_text("hi"), |socket| {
        socket.send("ho".into()).expect("sent");
    });
    assert_eq!(
        why,
        "step 2 of 2: expect text \"hi\"\nexpected text \"hi\"\n     got text \"ho\""
    );
    let why = said(Peer::ws(), |socket| {
        socket.send("more".into()).expect("sent");
    });
    assert_eq!(
        why,
        "after the last step: got text \"more\", for which there is no step"
    );
    let why = said(Peer::ws().expect_close(1000, ""), |socket| {
        socket.close(None).expect("sent");
    });
    assert!(why.contains("got Close without a code"), "{why}");
    let why = said(Peer::ws(), |_| {});
    assert!(why.contains("without a Close"), "{why}");
    let why = said(
        Peer::ws()
            .expect_text("hi")
            .within(Duration::from_millis(50)),
        |socket| {
            assert!(socket.read().is_err(), "the peer gives up");
        },
    );
    assert!(why.contains("nothing came within"), "{why}");
    let mut peer = Peer::ws().start();
    assert_eq!(peer.result(), Err("no client connected".to_owned()));
}

#[test]
#[should_panic(expected = "the peer's script was not played to its end")]
fn dropping_an_unfinished_script_fails() {
    let peer = Peer::ws().expect_text("hi").start();
    drop(connect(&peer));
}

#[test]
fn frames_of_clients_are_checked() {
    let masked = |opcode, payload: &[u8]| Frame::new(opcode, payload).masked([1, 2, 3, 4]);
    let cases = [
        (Frame::new(TEXT, "x").encode(), "without a mask"),
        (
            masked(TEXT, b"").head(LengthForm::Sixteen, 1),
            "length 1 in 16 bits",
        ),
        (
            masked(TEXT, b"").head(LengthForm::SixtyFour, 65_535),
            "in 64 bits",
        ),
        (masked(TEXT, b"x").rsv(4).encode(), "reserved bits 100"),
        (masked(9, &[0; 126]).encode(), "control frame"),
        (masked(9, b"").unfinished().encode(), "control frame"),
        (masked(3, b"").encode(), "opcode 3"),
        (masked(CONTINUATION, b"").encode(), "nothing to continue"),
        (
            [
                masked(TEXT, b"").unfinished().encode(),
                masked(BINARY, b"").encode(),
            ]
            .concat(),
            "in the middle",
        ),
        (
            [masked(8, b"").encode(), masked(TEXT, b"").encode()].concat(),
            "after its Close",
        ),
    ];
    for (bytes, why) in cases {
        let mut peer = Peer::ws().expect_close_any().expect_text("never").start();
        let mut socket = connect(&peer);
        socket.get_mut().write_all(&bytes).expect("sent");
        socket.get_mut().shutdown(Shutdown::Write).expect("ended");
        let got = peer.result().expect_err("the peer notices");
        assert!(got.contains(why), "{why}: {got}");
    }
}

#[test]
fn raw_frames_are_sent_unchanged() {
    let odd = Frame::new(TEXT, "x")
        .rsv(7)
        .masked([1, 2, 3, 4])
        .unfinished();
    let claim = Frame::new(BINARY, []).head(LengthForm::SixtyFour, 1 << 62);
    let peer = Peer::ws()
        .frame(odd)
        .raw(&claim)
        .raw_repeated(b"ab", 3)
        .drop_tcp()
        .expect_eof()
        .start();
    // Not tungstenite: it reads on while it shakes hands, and keeps what it got.
    let mut stream = tcp(&peer);
    stream.write_all(REQUEST.as_bytes()).expect("a request");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("all bytes");
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    bytes.drain(..head.expect("a head") + 4);
    let mut wanted = vec![0x71, 0x81, 1, 2, 3, 4, b'x' ^ 1];
    wanted.extend([0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0]);
    wanted.extend(b"ababab");
    assert_eq!(bytes, wanted);
}

#[test]
fn raw_frames_are_received_unchanged() {
    let wanted = Frame::new(TEXT, vec![7; 70_000]).unfinished();
    let peer = Peer::ws()
        .expect_frame(wanted.clone())
        .expect_frame(Frame::new(CONTINUATION, []))
        .start();
    let mut socket = connect(&peer);
    let last = Frame::new(CONTINUATION, []).masked([9; 4]);
    let bytes = [wanted.masked([1, 2, 3, 4]).encode(), last.encode()].concat();
    socket.get_mut().write_all(&bytes).expect("sent");
    socket.close(None).expect("sent");
    assert!(socket.read().expect("close").is_close());
}

#[test]
fn messages_are_echoed() {
    let peer = Peer::ws()
        .echo(2)
        .send_text("end")
        .then(Peer::ws().echo_all())
        .start();
    for number_of_messages in [2, 1000] {
        let mut socket = connect(&peer);
        for number in 0..number_of_messages {
            socket.send(number.to_string().into()).expect("sent");
        }
        for number in 0..number_of_messages {
            assert_eq!(socket.read().expect("text"), number.to_string().into());
        }
        if number_of_messages == 2 {
            assert_eq!(socket.read().expect("text"), "end".into());
        }
        socket.close(None).expect("sent");
        assert_eq!(socket.read().expect("close"), Message::Close(None));
    }
}

#[test]
fn requests_are_checked_and_responses_are_arbitrary() {
    let peer = Peer::ws()
        .expect_request(|head| assert!(head.starts_with("GET /chat HTTP/1.1\r\n")))
        .expect_header("x-token", "a b")
        .expect_no_header("Cookie")
        .accept_with_headers(["X-One: 1", "X-Two: 2"])
        .glued()
        .send_text("at once")
        .close(1000, "")
        .start();
    let mut stream = tcp(&peer);
    stream.write_all(REQUEST.as_bytes()).expect("a request");
    let close = Frame::close(1000, "").masked([0; 4]).encode();
    stream.write_all(&close).expect("a Close");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let mut wanted = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
        X-One: 1\r\nX-Two: 2\r\n\r\n\x81\x07at once"
        .to_vec();
    wanted.extend(Frame::close(1000, "").encode());
    assert_eq!(answer, wanted);
    drop(stream);
    drop(peer);
    for (peer, why) in [
        (
            Peer::ws().expect_header("X-Token", "c"),
            "expected X-Token: \"c\"",
        ),
        (Peer::ws().expect_no_header("Host"), "expected no Host"),
        (Peer::ws().expect_request(|_| panic!("not so")), "not so"),
    ] {
        let mut peer = peer.start();
        assert_eq!(ask(&peer, REQUEST), "");
        let got = peer.result().expect_err("the peer notices");
        assert!(got.contains(why), "{got}");
    }
    let mut peer = Peer::ws().start();
    ask(&peer, &REQUEST.replace("Sec-WebSocket-Version: 13\r\n", ""));
    let got = peer.result().expect_err("the peer notices");
    assert!(got.contains("no Sec-WebSocket-Version: 13"), "{got}");
}

#[test]
fn refusals_and_silence_are_played() {
    let gate = Gate::new();
    let peer = Peer::http("HTTP/1.1 401 Unauthorized\r\nContent-Le")
        .wait_for(&gate)
        .raw("ngth: 2\r\n\r\nno")
        .start();
    gate.open();
    assert_eq!(
        ask(&peer, REQUEST),
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"
    );
    let peer = Peer::silent().start();
    drop(tcp(&peer));
    let refusing = Peer::refusing();
    let error = TcpStream::connect(("127.0.0.1", refusing.port())).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn connections_end_as_scripted() {
    let mut end = [0; 1];
    let connected = Gate::new();
    let peer = Peer::ws().wait_for(&connected).reset_tcp().start();
    let mut socket = connect(&peer);
    connected.open();
    let error = socket.get_mut().read(&mut end).expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let peer = Peer::ws().drop_tcp().expect_eof().start();
    let mut socket = connect(&peer);
    assert_eq!(socket.get_mut().read(&mut end).expect("the end"), 0);
    drop(socket);
    drop(peer);
    let (reached, deaf) = (Gate::new(), Peer::ws());
    let peer = deaf.open(&reached).deaf().start();
    let mut socket = connect(&peer);
    reached.wait();
    let stream = socket.get_mut();
    stream
        .set_write_timeout(Some(Duration::from_millis(200)))
        .expect("a limit");
    let flood = vec![0; 64 * 1024 * 1024];
    let error = stream.write_all(&flood).expect_err("nobody reads");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

#[test]
fn several_connections_and_unix_sockets() {
    let peer = Peer::ws().expect_text("x").connections(3).start();
    let mut sockets: Vec<_> = (0..3).map(|_| connect(&peer)).collect();
    for socket in sockets.iter_mut().rev() {
        socket.send("x".into()).expect("sent");
        socket.close(None).expect("sent");
        assert!(socket.read().expect("close").is_close());
    }
    let dir = crate::support::guard::directory();
    let path = dir.path().join("s");
    let _peer = Peer::ws().unix(&path).send_text("x").start();
    let stream = std::os::unix::net::UnixStream::connect(&path).expect("the peer listens");
    let (mut socket, _) = tungstenite::client("ws://localhost/", stream).expect("accepted");
    assert_eq!(socket.read().expect("text"), "x".into());
    socket.close(None).expect("sent");
    assert!(socket.read().expect("close").is_close());
}

#[test]
fn proxies_are_scripted() {
    let server = Peer::ws().echo_all().start();
    let proxy = Peer::http("HTTP/1.1 200 OK\r\n\r\n")
        .expect_request(|head| assert!(head.starts_with("CONNECT h:1 HTTP/1.1\r\n")))
        .tunnel_to(server.addr())
        .start();
    let mut stream = tcp(&proxy);
    stream
        .write_all(b"CONNECT h:1 HTTP/1.1\r\n\r\n")
        .expect("sent");
    let mut answer = [0; 19];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200 OK\r\n\r\n");
    let (mut socket, _) = tungstenite::client("ws://h:1/", stream).expect("accepted");
    socket.send("x".into()).expect("sent");
    assert_eq!(socket.read().expect("text"), "x".into());
    socket.close(None).expect("sent");
    assert!(socket.read().expect("close").is_close());
}
