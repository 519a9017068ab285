//! The servers of `console` blocks, by the ports that the documents show.

use std::net::SocketAddr;

use wsline::echo::{self, EchoOptions, EchoServer};

use crate::support::peer::Running;
use crate::support::Peer;

/// The port of the echo server, which all commands share.
const ECHO: u16 = 9001;
/// The ports of the servers that a command has for itself.
const OWN: [u16; 5] = [PROXY, GRAPHQL, RPC, CRASHING, CHROME];
/// An HTTP proxy in front of the echo server.
const PROXY: u16 = 3128;
/// A server of GraphQL that expects a greeting, and an answer to its ping.
const GRAPHQL: u16 = 4000;
/// A server that has the methods of an Ethereum node.
const RPC: u16 = 8545;
/// A server that ends TCP after its first message.
const CRASHING: u16 = 9006;
/// A Chrome that is controlled from outside.
const CHROME: u16 = 9222;

/// The server of one command at this port.
fn server(port: u16, command: &str, echo: SocketAddr) -> Peer {
    match port {
        PROXY => {
            let proxy = Peer::http("HTTP/1.1 200 Connection established\r\n\r\n");
            let proxy = proxy.expect_request(|request| assert!(request.starts_with("CONNECT ")));
            proxy.tunnel_to(echo)
        }
        GRAPHQL => super::sessions::greeted(),
        RPC => methods(command),
        CHROME => Peer::ws()
            .expect_text(r#"{"id":1,"method":"Runtime.evaluate","params":{"expression":"6 * 7"}}"#)
            .send_text(r#"{"id":1,"result":{"result":{"type":"number","value":42}}}"#),
        _ => Peer::ws()
            .expect_text("subscribe")
            .send_text("subscribed")
            .drop_tcp(),
    }
}

fn methods(command: &str) -> Peer {
    let peer = Peer::ws();
    let peer = if command.contains("--on-connect") {
        peer.expect_text(r#"{"op":"login","key":"…"}"#)
    } else {
        peer
    };
    let called = |call: &str, reply: &str| {
        peer.expect_text(format!(r#"{{"jsonrpc":"2.0","id":1,"method":{call}}}"#))
            .send_text(format!(r#"{{"jsonrpc":"2.0","id":1,{reply}}}"#))
    };
    if command.contains("eth_blockNumber") {
        called(r#""eth_blockNumber""#, r#""result":"0x10d4f""#)
    } else if command.contains("eth_getBalance") {
        called(
            r#""eth_getBalance","params":["0x407d…", "latest"]"#,
            r#""result":"0x1bc16d674ec80000""#,
        )
    } else if command.contains("eth_subscribe") {
        let news = r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x9ce5","result":{"number":"0x10d50"}}}"#;
        called(
            r#""eth_subscribe","params":["newHeads"]"#,
            r#""result":"0x9ce5""#,
        )
        .send_text(news)
        .close(1000, "")
    } else {
        called(
            r#""no_such_method""#,
            r#""error":{"code":-32601,"message":"Method not found"}"#,
        )
    }
}

/// The echo server of all commands.
pub(super) struct Servers {
    _running: echo::Running,
    echo: SocketAddr,
}

impl Servers {
    pub(super) fn start() -> Self {
        let server = EchoServer::bind("127.0.0.1:0", &EchoOptions::default());
        let server = server.expect("an echo server");
        let echo = server.local_addr();
        let running = server.start().expect("it can be started");
        Self {
            _running: running,
            echo,
        }
    }

    /// The URL of the echo server.
    pub(super) fn url(&self) -> String {
        format!("ws://{}", self.echo)
    }

    /// A text with the real port of the echo server.
    pub(super) fn placed(&self, text: &str) -> String {
        with_port(text, ECHO, self.echo.port())
    }

    /// Starts the other servers that a command connects to.
    pub(super) fn of_command(&self, command: &str) -> CommandServers {
        let mut ports = vec![(ECHO, self.echo.port())];
        let mut running = Vec::new();
        for port in OWN {
            if command.contains(&format!(":{port}")) {
                let peer = server(port, command, self.echo).start();
                ports.push((port, peer.port()));
                running.push(peer);
            }
        }
        CommandServers { ports, running }
    }
}

/// The servers that a command connects to.
pub(super) struct CommandServers {
    /// The ports that are shown, and the real ones.
    ports: Vec<(u16, u16)>,
    running: Vec<Running>,
}

impl CommandServers {
    /// The command with the real ports.
    pub(super) fn placed(&self, command: &str) -> String {
        let mut text = command.to_owned();
        for (shown, real) in &self.ports {
            text = with_port(&text, *shown, *real);
        }
        text
    }

    /// The output with the ports that are shown, when the servers have seen what they expect.
    pub(super) fn finish(self, output: &str) -> String {
        for peer in self.running {
            peer.finish();
        }
        let mut text = output.to_owned();
        for (shown, real) in &self.ports {
            text = with_port(&text, *real, *shown);
        }
        text
    }
}

/// The text with `:new` instead of each `:old`.
fn with_port(text: &str, old: u16, new: u16) -> String {
    let shown = format!(":{old}");
    let mut parts = text.split(&shown);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_longer = part.starts_with(|c: char| c.is_ascii_digit());
        let port = if is_longer { old } else { new };
        replaced.extend([":", &port.to_string(), part]);
    }
    replaced
}
