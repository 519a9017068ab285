//! `-v`, `-vv` and `-vvv`: the handshake as it was on the wire, each frame, its bytes.

use crate::support::{Frame, Peer, Wsline};

/// What `-v` says of a connection to `[PORT]`, up to the moment when it is open.
const OPENING: &str = "\
*[..] ms  trying 127.0.0.1:[PORT]
*[..] ms  connected to 127.0.0.1:[PORT]
*[..] ms  sent the upgrade request
> GET /x?y=1 HTTP/1.1
> Host: 127.0.0.1:[PORT]
> Connection: Upgrade
> Pragma: no-cache
> Cache-Control: no-cache
> Authorization: [CREDENTIALS]
> User-Agent: tests
> Upgrade: websocket
> Sec-WebSocket-Version: 13
> cOOkie: [COOKIE]
> Sec-WebSocket-Key: [..]==
> Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits
> Sec-WebSocket-Protocol: chat
>
*[..] ms  received the upgrade response
< HTTP/1.1 101 Switching Protocols
< Upgrade: websocket
< Connection: Upgrade
< Sec-WebSocket-Accept: [..]=
< Sec-WebSocket-Protocol: chat
< Set-Cookie: [SET]
<
* open: ws://127.0.0.1:[PORT]/x?y=1, subprotocol chat
";

const CLOSING: &str = "\
> Close 1000 \"\" (normal closure)
< Close 1000 \"\" (normal closure)
* closed cleanly
closed by us: 1000 (normal closure) after [..] s, sent 1, received 1
";

fn talkative(peer: Peer, options: &[&str], stderr: String) {
    let secrets = if options.contains(&"--show-secrets") {
        ["Basic bWU6aHVzaA==", "a=hush", "b=hush; Secure"]
    } else {
        ["Basic ***", "***", "***"]
    };
    let peer = peer
        .accept_with_headers(["Sec-WebSocket-Protocol: chat", "Set-Cookie: b=hush; Secure"])
        .start();
    Wsline::new()
        .arg(peer.url_with("/x?y=1"))
        .args(options)
        .args(["-u", "me:hush", "-A", "tests", "-s", "chat"])
        .args(["-H", "cOOkie: a=hush", "-d", "hello", "-1"])
        .stdout("hello\n")
        .stderr_matches(stderr)
        .with("[PORT]", peer.port())
        .with("[CREDENTIALS]", secrets[0])
        .with("[COOKIE]", secrets[1])
        .with("[SET]", secrets[2])
        .run();
}

#[test]
fn the_handshake_without_secrets() {
    talkative(Peer::ws().echo(1), &["-v"], format!("{OPENING}{CLOSING}"));
}

#[test]
fn the_handshake_with_secrets() {
    talkative(
        Peer::ws().echo(1),
        &["--verbose", "--show-secrets"],
        format!("{OPENING}{CLOSING}"),
    );
}

/// FIN, reserved bits, opcode, mask and length, in both directions.
#[test]
fn frames_are_printed_with_vv() {
    let peer = Peer::ws()
        .expect_text("hello")
        .ping("p")
        .expect_pong("p")
        .pong("unasked")
        .fragments(["hel", "", "lo"]);
    talkative(
        peer,
        &["-vv"],
        format!(
            "{OPENING}\
             > TEXT fin=1 rsv=000 mask=1 len=5\n\
             < PING fin=1 rsv=000 mask=0 len=1\n\
             > PONG fin=1 rsv=000 mask=1 len=1\n\
             < PONG fin=1 rsv=000 mask=0 len=7\n\
             < TEXT fin=0 rsv=000 mask=0 len=3\n\
             < CONTINUATION fin=0 rsv=000 mask=0 len=0\n\
             < CONTINUATION fin=1 rsv=000 mask=0 len=2\n\
             > CLOSE fin=1 rsv=000 mask=1 len=2\n\
             < CLOSE fin=1 rsv=000 mask=0 len=2\n\
             {CLOSING}"
        ),
    );
}

/// The bytes of each frame, ours with their mask.
#[test]
fn bytes_are_printed_with_vvv() {
    talkative(
        Peer::ws().echo(1),
        &["-vvv"],
        format!(
            "{OPENING}\
             > TEXT fin=1 rsv=000 mask=1 len=5\n\
             > 00000000  81 85 [..]  |[..]|\n\
             < 00000000  81 05 68 65 6c 6c 6f  [..]|..hello|\n\
             < TEXT fin=1 rsv=000 mask=0 len=5\n\
             > CLOSE fin=1 rsv=000 mask=1 len=2\n\
             > 00000000  88 82 [..]|[..]|\n\
             < 00000000  88 02 03 e8 [..]|....|\n\
             < CLOSE fin=1 rsv=000 mask=0 len=2\n\
             {CLOSING}"
        ),
    );
}

/// The bytes of a frame against the rules are shown before it is complained of.
#[test]
fn invalid_frame_is_printed() {
    let mut frame = Frame::new(crate::support::peer::TEXT, "x");
    frame.rsv = 0b101;
    let peer = Peer::ws().frame(frame).expect_close_any().start();
    Wsline::new()
        .args([&peer.url(), "-vvv"])
        .stderr_matches(
            "...\n< 00000000  d1 01 78  [..]|..x|\n...\n\
             closed by us: 1002 (protocol error), the server sent [..]\n",
        )
        .code(102)
        .run();
}

/// What came glued to the 101 is told after it.
#[test]
fn frames_in_the_packet_of_the_response() {
    let peer = Peer::ws()
        .glued()
        .send_text("early")
        .close(1000, "bye")
        .start();
    Wsline::new()
        .args([&peer.url(), "-vv"])
        .stdout("early\n")
        .stderr_matches(
            "...\n\
             * open: ws://127.0.0.1:[PORT]/\n\
             < TEXT fin=1 rsv=000 mask=0 len=5\n\
             < CLOSE fin=1 rsv=000 mask=0 len=5\n\
             > CLOSE fin=1 rsv=000 mask=1 len=2\n\
             < Close 1000 \"bye\" (normal closure)\n\
             > Close 1000 \"\" (normal closure)\n\
             * closed cleanly\n\
             closed by server: 1000 \"bye\" (normal closure) after [..] s, sent 0, received 1\n",
        )
        .with("[PORT]", peer.port())
        .run();
}

/// With -v a refusal's head has been told already, and is not told twice.
#[test]
fn refusal_is_printed_once() {
    let peer = Peer::http("HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone").start();
    let done = Wsline::new()
        .args([&peer.url(), "-v"])
        .stderr_matches(
            "...\n\
             *[..] ms  received the upgrade response\n\
             < HTTP/1.1 410 Gone\n\
             < Content-Length: 4\n\
             <\n\
             wsline: the server refused the upgrade: HTTP/1.1 410 Gone\n\
             gone\n",
        )
        .code(22)
        .run();
    assert_eq!(done.stderr_text().matches("Content-Length").count(), 1);
}

/// A name has a line for what it means, and an address that was tried in vain one for why.
#[test]
fn names_and_addresses() {
    let peer = Peer::ws().close(1000, "").start();
    Wsline::new()
        .args([&peer.url_as("localhost"), "-v"])
        .stderr_matches(
            "*[..] ms  resolved to [..]127.0.0.1[..]\n\
             ...\n\
             *[..] ms  connected to 127.0.0.1:[PORT]\n\
             ...\n",
        )
        .with("[PORT]", peer.port())
        .run();
    let peer = Peer::refusing();
    Wsline::new()
        .args([&peer.url(), "-v"])
        .stderr_matches(
            "*[..] ms  trying 127.0.0.1:[PORT]\n\
             *[..] ms  127.0.0.1:[PORT]: Connection refused\n\
             wsline: could not connect to 127.0.0.1:[PORT] (127.0.0.1): Connection refused\n",
        )
        .with("[PORT]", peer.port())
        .code(7)
        .run();
}

#[test]
fn verbose_and_quiet_conflict() {
    Wsline::new()
        .args(["-v", "-q", "ws://127.0.0.1/"])
        .stderr_matches("error: -v cannot be used with -q\n\n...\n")
        .code(2)
        .run();
}
