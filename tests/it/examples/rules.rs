//! The rules files in `examples/rules`, each against a third-party server or one that follows the
//! documented protocol.

use std::collections::BTreeSet;

use super::root;
use crate::peers::launch::{Launched, Package, Scheme};
use crate::support::{skip, Peer, Stdin, Wsline};

/// The rules files that a test below runs.
const TRIED: &[&str] = &[
    "graphql-transport-ws.ws",
    "home-assistant.ws",
    "obs-websocket.ws",
    "phoenix.ws",
    "socket.io.ws",
    "stomp.ws",
];

/// `wsline --rules FILE URL`.
fn with_rules(file: &str, url: &str) -> Wsline {
    let path = root().join("examples/rules").join(file);
    Wsline::new().arg("--rules").arg(path).arg(url)
}

fn launch(package: Package) -> Option<Launched> {
    let server = Launched::launch(package, Scheme::Ws);
    if server.is_none() {
        skip::missing(package.name());
    }
    server
}

#[test]
fn all_rules_files_have_a_test_and_say_how_to_use_them() {
    let entries = std::fs::read_dir(root().join("examples/rules")).expect("it can be read");
    let mut files = BTreeSet::new();
    for entry in entries {
        let entry = entry.expect("it can be read");
        let name = entry.file_name().into_string().expect("UTF-8");
        let text = std::fs::read_to_string(entry.path()).expect("it can be read");
        let comment = text.split("\n\n").next().unwrap_or_default();
        let usage = format!("wsline --rules examples/rules/{name}");
        assert!(comment.contains(&usage), "{name}: {comment}");
        files.insert(name);
    }
    let tried: BTreeSet<_> = TRIED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(files, tried);
}

#[test]
fn socket_io() {
    let Some(server) = launch(Package::SocketIo) else {
        return;
    };
    let url = server.url("/socket.io/?EIO=4&transport=websocket");
    with_rules("socket.io.ws", &url)
        .args(["-e", "< /^40/", "-i", "-n", "3"])
        .stdin("421[\"join\",\"alice\"]\n")
        .stdout_matches("0{[..]}\n40{[..]}\n431[\"welcome\"]\n")
        .run();
}

/// The server's heartbeats come too rarely for a test.
#[test]
fn socket_io_heartbeats_are_answered_and_hidden() {
    let peer = Peer::ws()
        .send_text("0{\"sid\":\"x\"}")
        .expect_text("40")
        .send_text("40{\"sid\":\"y\"}")
        .send_text("2")
        .expect_text("3")
        .send_text("2")
        .expect_text("3")
        .send_text("42[\"news\"]")
        .close(1000, "")
        .start();
    with_rules("socket.io.ws", &peer.url())
        .stdin(Stdin::Open)
        .stdout("0{\"sid\":\"x\"}\n40{\"sid\":\"y\"}\n42[\"news\"]\n")
        .run();
}

#[test]
fn graphql_transport_ws() {
    let Some(server) = launch(Package::GraphqlWs) else {
        return;
    };
    let query = r#"{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}"#;
    with_rules("graphql-transport-ws.ws", &server.url("/graphql"))
        .args(["-e", r#"< json {"type":"connection_ack"}"#, "-d", query])
        .args(["-e", r#"< json {"type":"complete","id":"1"}"#])
        .stdout(
            "{\"type\":\"connection_ack\"}\n\
             {\"id\":\"1\",\"type\":\"next\",\"payload\":{\"data\":{\"hello\":\"world\"}}}\n\
             {\"id\":\"1\",\"type\":\"complete\"}\n",
        )
        .run();
    let peer = Peer::ws()
        .expect_header("Sec-WebSocket-Protocol", "graphql-transport-ws")
        .accept_with_headers(["Sec-WebSocket-Protocol: graphql-transport-ws"])
        .expect_text(r#"{"type":"connection_init","payload":{"token":"t"}}"#)
        .send_text(r#"{"type":"ping"}"#)
        .expect_text(r#"{"type":"pong"}"#)
        .close(1000, "")
        .start();
    with_rules("graphql-transport-ws.ws", &peer.url())
        .env("PAYLOAD", r#"{"token":"t"}"#)
        .stdin(Stdin::Open)
        .run();
}

#[test]
fn stomp() {
    let Some(server) = launch(Package::CoilMq) else {
        return;
    };
    with_rules("stomp.ws", &server.url("/"))
        .env("VHOST", "localhost")
        .args(["-e", "< /^CONNECTED\\n/"])
        .args([
            "-e",
            r#"> "SUBSCRIBE\nid:0\ndestination:/topic/news\n\n\u0000""#,
        ])
        .args(["-e", r#"> "SEND\ndestination:/topic/news\n\nhello\u0000""#])
        .args(["-e", r"< /^MESSAGE\n(.+\n)+\nhello/"])
        .stdout_matches("CONNECTED\n...\nhello[..]\n")
        .run();
}

#[test]
fn stomp_errors_end_the_run() {
    let peer = Peer::ws()
        .expect_text("CONNECT\naccept-version:1.2\nhost:/\nheart-beat:10000,10000\n\n\0")
        .send_text("\n")
        .send_text("ERROR\nmessage:no\n\n\0")
        .expect_close(1000, "")
        .start();
    with_rules("stomp.ws", &peer.url())
        .stdin(Stdin::Open)
        .stdout("ERROR\nmessage:no\n\n\0\n")
        .stderr_matches(
            "wsline: [..]stomp.ws:[..]: expected to receive [..] never, but [..]\n...\n",
        )
        .code(4)
        .run();
}

#[test]
fn phoenix() {
    let peer = Peer::ws()
        .expect_text(r#"["1","1","room:lobby","phx_join",{}]"#)
        .send_text(r#"[null,"heartbeat","phoenix","phx_reply",{"status":"ok","response":{}}]"#)
        .send_text(r#"["1","1","room:lobby","phx_reply",{"status":"ok","response":{}}]"#)
        .expect_close(1000, "")
        .start();
    with_rules("phoenix.ws", &peer.url())
        .args(["-d", r#"["1","1","room:lobby","phx_join",{}]"#])
        .args([
            "-e",
            r#"< json ["1", "1", any, "phx_reply", {"status":"ok"}]"#,
        ])
        .stdout("[\"1\",\"1\",\"room:lobby\",\"phx_reply\",{\"status\":\"ok\",\"response\":{}}]\n")
        .run();
}

#[test]
fn home_assistant() {
    let peer = Peer::ws()
        .send_text(r#"{"type":"auth_required","ha_version":"2026.11.0"}"#)
        .expect_text(r#"{"type":"auth","access_token":"open-sesame"}"#)
        .send_text(r#"{"type":"auth_ok","ha_version":"2026.11.0"}"#)
        .expect_text(r#"{"id":1,"type":"ping"}"#)
        .send_text(r#"{"id":1,"type":"pong"}"#)
        .expect_close(1000, "")
        .start();
    with_rules("home-assistant.ws", &peer.url())
        .env("TOKEN", "open-sesame")
        .args(["-e", r#"< json {"type":"auth_ok"}"#])
        .args(["-d", r#"{"id":1,"type":"ping"}"#])
        .args(["--expect-json", r#"{"id":1,"type":"pong"}"#])
        .stdout_matches(
            "{\"type\":\"auth_required\"[..]\n{\"type\":\"auth_ok\"[..]\n{[..]pong\"}\n",
        )
        .run();
}

/// The values are from the documentation of the protocol.
#[test]
fn obs_websocket() {
    let peer = Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: obswebsocket.json"])
        .send_text(
            r#"{"op":0,"d":{"obsWebSocketVersion":"5.1.0","rpcVersion":1,"authentication":{"challenge":"+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY=","salt":"lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI="}}}"#,
        )
        .expect_text(
            r#"{"op":1,"d":{"rpcVersion":1,"authentication":"1Ct943GAT+6YQUUX47Ia/ncufilbe6+oD6lY+5kaCu4="}}"#,
        )
        .send_text(r#"{"op":2,"d":{"negotiatedRpcVersion":1}}"#)
        .expect_close(1000, "")
        .start();
    with_rules("obs-websocket.ws", &peer.url())
        .env("PASSWORD", "supersecretpassword")
        .args(["-e", r#"< json {"op":2}"#])
        .stdout_matches("{\"op\":0,[..]\n{\"op\":2,[..]\n")
        .run();
    let open = Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: obswebsocket.json"])
        .send_text(r#"{"op":0,"d":{"rpcVersion":1}}"#)
        .expect_text(r#"{"op":1,"d":{"rpcVersion":1}}"#)
        .send_text(r#"{"op":2,"d":{"negotiatedRpcVersion":1}}"#)
        .expect_close(1000, "")
        .start();
    with_rules("obs-websocket.ws", &open.url())
        .args(["-e", r#"< json {"op":2}"#])
        .stdout_matches("{\"op\":0,[..]\n{\"op\":2,[..]\n")
        .run();
}
