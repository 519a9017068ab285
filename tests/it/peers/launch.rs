//! Starts the servers in `tests/peers`.
//!
//! Their packages are looked for in `target/peers`, where `.ci/run` puts them, and otherwise among
//! what the system has. A server ends when its stdin does, and that is the test process's end of a
//! pipe: so it lives as long as the tests, however they end, and at most two minutes.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::support::{skip, time, Cert};

/// A package with a WebSocket server in it.
#[derive(Clone, Copy, Debug)]
pub enum Package {
    Websockets,
    Aiohttp,
    NodeWs,
    RpcWebsockets,
    SocketIo,
    GraphqlWs,
    CoilMq,
    /// The one of `NodeWs` that wants a token.
    NodeWsWithToken,
}

/// The token that [`Package::NodeWsWithToken`] wants.
pub const TOKEN: &str = "open-sesame-7143";

/// Whether the server speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Ws,
    Wss,
}

impl Package {
    /// What it is called when it is skipped.
    pub fn name(self) -> &'static str {
        match self {
            Self::Websockets => "python-websockets",
            Self::Aiohttp => "python-aiohttp",
            Self::NodeWs | Self::NodeWsWithToken => "node-ws",
            Self::RpcWebsockets => "node-rpc-websockets",
            Self::SocketIo => "node-socket.io",
            Self::GraphqlWs => "node-graphql-ws",
            Self::CoilMq => "python-coilmq",
        }
    }

    fn script(self) -> &'static str {
        match self {
            Self::Websockets => "websockets_server.py",
            Self::Aiohttp => "aiohttp_server.py",
            Self::NodeWs => "ws_server.js",
            Self::RpcWebsockets => "json_rpc_server.js",
            Self::SocketIo => "chat_server.js",
            Self::GraphqlWs => "graphql_server.js",
            Self::CoilMq => "stomp_server.py",
            Self::NodeWsWithToken => "token_server.js",
        }
    }

    fn args(self) -> &'static [&'static str] {
        match self {
            Self::NodeWsWithToken => &[TOKEN],
            _ => &[],
        }
    }

    /// The interpreter, and a program for it that fails if the package is not there.
    fn interpreter(self) -> (Vec<String>, [&'static str; 2]) {
        match self {
            Self::Websockets => (vec![python()], ["-c", "import websockets.asyncio.server"]),
            Self::Aiohttp => (vec![python()], ["-c", "import aiohttp.web"]),
            Self::CoilMq => (
                vec![python()],
                ["-c", "import coilmq.topic, websockets.asyncio.server"],
            ),
            Self::NodeWs | Self::NodeWsWithToken => (node(), ["-e", "require('ws')"]),
            Self::RpcWebsockets => (node(), ["-e", "require('rpc-websockets')"]),
            Self::SocketIo => (node(), ["-e", "require('socket.io')"]),
            Self::GraphqlWs => (
                node(),
                ["-e", "require('graphql-ws/use/ws'); require('graphql')"],
            ),
        }
    }
}

/// The Python that has the packages.
pub fn python() -> String {
    let own = installed().join("venv/bin/python");
    if own.exists() {
        own.to_string_lossy().into_owned()
    } else {
        "python3".to_owned()
    }
}

fn node() -> Vec<String> {
    let own = installed().join("node/node_modules");
    if own.exists() {
        let path = format!("NODE_PATH={}", own.to_string_lossy());
        vec!["env".to_owned(), path, "node".to_owned()]
    } else {
        vec!["node".to_owned()]
    }
}

fn installed() -> PathBuf {
    root().join("target/peers")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A server that listens.
pub struct Launched {
    scheme: Scheme,
    port: u16,
    authority: Option<String>,
    /// Holds the pipe that keeps it alive.
    child: Child,
}

impl Launched {
    /// Starts the server; `None` if its package is not installed.
    pub fn launch(package: Package, scheme: Scheme) -> Option<Self> {
        Self::launch_at(package, scheme, 0)
    }

    /// As [`launch`](Self::launch), on this port unless it is 0.
    pub fn launch_at(package: Package, scheme: Scheme, port: u16) -> Option<Self> {
        let (interpreter, [option, probe]) = package.interpreter();
        let words: Vec<_> = interpreter
            .iter()
            .map(String::as_str)
            .chain([option, probe])
            .collect();
        if !skip::is_there(&words) {
            return None;
        }
        let mut command = Command::new(&interpreter[0]);
        command
            .args(&interpreter[1..])
            .arg(root().join("tests/peers").join(package.script()))
            .args(package.args())
            .args((port != 0).then(|| format!("--port={port}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // The files go with `cert`, after the server has read them and said that it listens.
        let (cert, authority) = match scheme {
            Scheme::Ws => (None, None),
            Scheme::Wss => {
                let (cert, authority) = Cert::for_localhost();
                (Some(cert), Some(authority.pem().to_owned()))
            }
        };
        if let Some(cert) = &cert {
            command.arg("--tls").args([cert.path(), cert.key_path()]);
        }
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{package:?} can't be started: {error}"));
        let port = listening_port(&mut child, package);
        Some(Self {
            scheme,
            port,
            authority,
            child,
        })
    }

    /// The port on 127.0.0.1 that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of `path` on it.
    pub fn url(&self, path: &str) -> String {
        let scheme = match self.scheme {
            Scheme::Ws => "ws",
            Scheme::Wss => "wss",
        };
        format!("{scheme}://127.0.0.1:{}{path}", self.port)
    }

    /// The certificate of the authority that signed its own, in PEM; `None` over plain `ws`.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }
}

impl Launched {
    /// Ends it at once, as a crash does.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it has ended");
    }
}

/// Waits for the line `listening PORT`. A server that does not say it is ended.
fn listening_port(child: &mut Child, package: Package) -> u16 {
    let stdout = child.stdout.take().expect("stdout is a pipe");
    let (sender, said) = channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        // Nobody listens any more if it came too late.
        let _ = sender.send(read.map(|_| line));
    });
    let line = said.recv_timeout(time::limit(time::PROGRAM));
    let port = match &line {
        Ok(Ok(line)) => line
            .strip_prefix("listening ")
            .and_then(|port| port.trim_end().parse().ok()),
        _ => None,
    };
    port.unwrap_or_else(|| {
        let killed = child.kill();
        panic!("{package:?} does not listen: it said {line:?} (ended: {killed:?})")
    })
}
