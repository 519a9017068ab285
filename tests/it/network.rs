//! The way to the server: families, happy eyeballs, other names, other places, Unix sockets, and
//! the one deadline over all of it.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{
    bind, connect, getsockname, listen, socket, AddressFamily, SocketAddrUnix, SocketType,
};

use crate::support::peer::Tls;
use crate::support::{require_ipv6, skip, Cert, Peer, Wsline};

/// An address that takes connections and answers none: the queue of who is to be accepted is full.
struct BlackHole {
    addr: SocketAddr,
    _sockets: Vec<OwnedFd>,
}

impl BlackHole {
    /// At this address; none if this system has no such address, or answers all the same.
    fn at(addr: &str) -> Option<Self> {
        let addr: SocketAddr = addr.parse().expect("an address");
        let tcp = || {
            let tcp = socket(AddressFamily::INET, SocketType::STREAM, None).ok()?;
            rustix::io::fcntl_setfd(&tcp, rustix::io::FdFlags::CLOEXEC).ok()?;
            Some(tcp)
        };
        let listener = tcp()?;
        bind(&listener, &addr).ok()?;
        listen(&listener, 0).ok()?;
        let addr = getsockname(&listener).ok()?.try_into().ok()?;
        let mut sockets = vec![listener];
        for _ in 0..8 {
            let client = TcpStream::from(tcp()?);
            client.set_nonblocking(true).ok()?;
            let begun = connect(&client, &addr);
            sockets.push(client.into());
            assert!(matches!(begun, Ok(()) | Err(Errno::INPROGRESS)));
        }
        // Whoever comes now must get no response, or this is no black hole.
        let answer = TcpStream::connect_timeout(&addr, Duration::from_millis(100));
        answer.is_err().then_some(Self {
            addr,
            _sockets: sockets,
        })
    }
}

/// Leaves the test where no black hole can be made at this address.
macro_rules! black_hole {
    ($addr:expr) => {
        match BlackHole::at($addr) {
            Some(hole) => hole,
            None => {
                skip::say("this system has no address that does not answer");
                return;
            }
        }
    };
}

#[test]
fn resolve_option_sets_addresses() {
    for pattern in ["name.test:[PORT]:127.0.0.1", "*:[PORT]:127.0.0.1"] {
        let peer = Peer::ws().close(1000, "");
        let peer = peer.expect_request(|head| assert!(head.contains("\r\nHost: name.test:")));
        let peer = peer.start();
        let pin = pattern.replace("[PORT]", &peer.port().to_string());
        Wsline::new()
            .args(["--resolve", &pin, &peer.url_as("name.test")])
            .run();
    }
}

#[test]
fn resolve_option_applies_to_its_port() {
    let peer = Peer::ws().close(1000, "").start();
    Wsline::new()
        .args(["--resolve", "127.0.0.1:1:127.0.0.2", &peer.url()])
        .run();
}

#[test]
fn ipv6_only() {
    require_ipv6!();
    let peer = Peer::ws().bind("[::1]:0").close(1000, "").start();
    Wsline::new().arg(peer.url()).run();

    let peer = Peer::ws().bind("[::1]:0").close(1000, "").start();
    let pin = format!("name.test:{}:127.0.0.1,[::1]", peer.port());
    Wsline::new()
        .args(["-6", "-v", "--resolve", &pin, &peer.url_as("name.test")])
        .with("[PORT]", peer.port())
        .stderr_matches("*[..]  trying [::1]:[PORT]\n*[..]  connected to [::1]:[PORT]\n...\n")
        .run();
}

#[test]
fn ipv4_only() {
    let peer = Peer::ws().close(1000, "").start();
    let pin = format!("name.test:{}:[::1],127.0.0.1", peer.port());
    Wsline::new()
        .args(["-4", "-v", "--resolve", &pin, &peer.url_as("name.test")])
        .with("[PORT]", peer.port())
        .stderr_matches(
            "*[..]  trying 127.0.0.1:[PORT]\n*[..]  connected to 127.0.0.1:[PORT]\n...\n",
        )
        .run();

    let peer = Peer::ws().close(1000, "").start();
    Wsline::new().args(["-4", &peer.url_as("localhost")]).run();
}

#[test]
fn host_without_the_selected_family() {
    for (option, url, sentence) in [
        (
            "-6",
            "ws://127.0.0.1:1/",
            "could not resolve 127.0.0.1: it has no IPv6 address, which -6 requires",
        ),
        (
            "-4",
            "ws://[::1]:1/",
            "could not resolve [::1]: it has no IPv4 address, which -4 requires",
        ),
    ] {
        Wsline::new()
            .args([option, url])
            .stderr(format!("wsline: {sentence}\n"))
            .code(6)
            .run();
    }
    // The last one counts.
    let peer = Peer::ws().close(1000, "").start();
    Wsline::new().args(["-6", "-4", &peer.url()]).run();
}

#[test]
fn next_address_is_tried_after_a_refusal() {
    let peer = Peer::ws().close(1000, "").start();
    let pin = format!("name.test:{}:127.0.0.2,127.0.0.1", peer.port());
    Wsline::new()
        .args(["-v", "--resolve", &pin, &peer.url_as("name.test")])
        .with("[PORT]", peer.port())
        .stderr_matches(
            "* [..] ms  trying 127.0.0.2:[PORT]\n\
             * [..] ms  127.0.0.2:[PORT]: [..]\n\
             * [..] ms  trying 127.0.0.1:[PORT]\n\
             * [..] ms  connected to 127.0.0.1:[PORT]\n\
             ...\n",
        )
        .run();
}

#[test]
fn next_address_is_tried_after_a_delay() {
    let peer = Peer::ws().close(1000, "").start();
    let hole = black_hole!(&format!("127.0.0.2:{}", peer.port()));
    let pin = format!("name.test:{}:{},127.0.0.1", peer.port(), hole.addr.ip());
    Wsline::new()
        .args(["-v", "--resolve", &pin, &peer.url_as("name.test")])
        .with("[PORT]", peer.port())
        .stderr_matches(
            "* [..] ms  trying 127.0.0.2:[PORT]\n\
             * [..] ms  trying 127.0.0.1:[PORT]\n\
             * [..] ms  connected to 127.0.0.1:[PORT]\n\
             ...\n",
        )
        .run();
}

#[test]
fn address_families_are_interleaved() {
    require_ipv6!();
    let nobody = Peer::refusing();
    let port = nobody.port();
    Wsline::new()
        .args(["--connect-timeout", "10s", "-v", "--resolve"])
        .arg(format!("name.test:{port}:[::1],[::2],127.0.0.1"))
        .arg(format!("ws://name.test:{port}/"))
        .with("[PORT]", port)
        .stderr_matches(
            "* [..] ms  trying [::1]:[PORT]\n\
             * [..] ms  [::1]:[PORT]: Connection refused\n\
             * [..] ms  trying 127.0.0.1:[PORT]\n\
             * [..] ms  127.0.0.1:[PORT]: Connection refused\n\
             * [..] ms  trying [::2]:[PORT]\n\
             * [..] ms  [::2]:[PORT]: [..]\n\
             wsline: could not connect to name.test:[PORT]: ::1: Connection refused; \
             127.0.0.1: Connection refused; ::2: [..]\n",
        )
        .code(7)
        .run();
}

#[test]
fn timeout_names_the_step() {
    let hole = black_hole!("127.0.0.1:0");
    Wsline::new()
        .args(["--connect-timeout", "0.5s", "-v"])
        .arg(format!("ws://{}/", hole.addr))
        .with("[PORT]", hole.addr.port())
        .stderr_matches(
            "* [..] ms  trying 127.0.0.1:[PORT]\n\
             * [..] ms  127.0.0.1:[PORT]: no response\n\
             wsline: timed out after 0.5 s (--connect-timeout) while connecting to \
             127.0.0.1:[PORT] \
             (127.0.0.1): no response\n",
        )
        .code(28)
        .run();

    for (scheme, step) in [
        ("wss", "setting up TLS"),
        ("ws", "waiting for the upgrade response"),
    ] {
        let peer = Peer::silent().start();
        Wsline::new()
            .args(["--connect-timeout", "1s"])
            .arg(format!("{scheme}://{}/", peer.addr()))
            .stderr(format!(
                "wsline: timed out after 1 s (--connect-timeout) while {step}\n"
            ))
            .code(28)
            .run();
        let peer = Peer::silent().start();
        Wsline::new()
            .args(["-m", "1s"])
            .arg(format!("{scheme}://{}/", peer.addr()))
            .stderr(format!(
                "wsline: timed out after 1 s (--max-time) while {step}\n"
            ))
            .code(28)
            .run();
    }
}

#[test]
fn connect_to_keeps_the_host_header() {
    for detour in [
        "name.test:80:127.0.0.1:[PORT]",
        "name.test::127.0.0.1:[PORT]",
        ":80:127.0.0.1:[PORT]",
        "::127.0.0.1:[PORT]",
        "::localhost:[PORT]",
    ] {
        let peer = Peer::ws()
            .expect_header("Host", "name.test")
            .close(1000, "");
        let peer = peer.start();
        let detour = detour.replace("[PORT]", &peer.port().to_string());
        Wsline::new()
            .args(["--connect-to", &detour, "ws://name.test/"])
            .run();
    }
    let peer = Peer::ws()
        .expect_header("Host", "127.0.0.1:1")
        .close(1000, "");
    let peer = peer.start();
    Wsline::new()
        .args(["--connect-to", &format!(":::{}", peer.port())])
        .args(["--connect-to", "::127.0.0.1:1", "ws://127.0.0.1:1/"])
        .run();
}

#[test]
fn connect_to_keeps_the_tls_server_name() {
    let (cert, ca) = Cert::for_localhost();
    let tls = Tls::new(&cert).expect_server_name("localhost");
    let peer = Peer::ws().tls(tls).close(1000, "").start();
    Wsline::new()
        .args([
            "--connect-to",
            &format!("localhost:443:127.0.0.1:{}", peer.port()),
        ])
        .args(["--cacert", &ca.path().to_string_lossy(), "wss://localhost/"])
        .run();
}

#[test]
fn connect_to_host_is_resolved_with_resolve() {
    let peer = Peer::ws().close(1000, "").start();
    let port = peer.port();
    Wsline::new()
        .args(["--connect-to", &format!("::other.test:{port}")])
        .args(["--resolve", &format!("other.test:{port}:127.0.0.1")])
        .arg("ws://name.test/")
        .run();
}

#[test]
fn unix_socket_option() {
    let dir = crate::support::guard::directory();
    let path = dir.path().join("app.sock");
    let peer = Peer::ws().unix(&path).expect_header("Host", "name.test");
    let peer = peer.expect_request(|head| assert!(head.starts_with("GET /x?y HTTP/1.1\r\n")));
    let _peer = peer.echo(1).start();
    Wsline::new()
        .arg("--unix-socket")
        .arg(&path)
        .args(["-v", "-d", "hi", "-1", "ws://name.test/x?y"])
        .stdout("hi\n")
        .with("[PATH]", path.display())
        .stderr_matches("* [..] ms  trying [PATH]\n* [..] ms  connected to [PATH]\n...\n")
        .run();
}

#[test]
fn unix_socket_url() {
    let dir = crate::support::guard::directory();
    let path = dir.path().join("app.sock");
    let peer = Peer::ws().unix(&path).expect_header("Host", "localhost");
    let peer = peer.expect_request(|head| assert!(head.starts_with("GET /x?y HTTP/1.1\r\n")));
    let _peer = peer.close(1000, "").start();
    Wsline::new()
        .arg("--json")
        .arg(format!("ws+unix://{}:/x?y", path.display()))
        .with("[PATH]", path.display())
        .stdout_matches(
            "[..]\"type\":\"open\",\"url\":\"ws+unix://[PATH]:/x?y\",\"address\":\"[PATH]\",[..]\n\
             [..]\"type\":\"close\"[..]\n",
        )
        .run();
}

#[test]
fn tls_over_a_unix_socket() {
    let dir = crate::support::guard::directory();
    let path = dir.path().join("app.sock");
    let (cert, ca) = Cert::for_localhost();
    let tls = Tls::new(&cert).expect_server_name("localhost");
    let _peer = Peer::ws().unix(&path).tls(tls).close(1000, "").start();
    Wsline::new()
        .args(["--cacert", &ca.path().to_string_lossy()])
        .arg(format!("wss+unix://{}", path.display()))
        .run();
}

#[test]
fn unix_socket_that_does_not_accept_is_timed_out() {
    let dir = crate::support::guard::directory();
    let path = dir.path().join("app.sock");
    let addr = SocketAddrUnix::new(&path).expect("a path");
    let unix = || socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("a socket");
    let listener = unix();
    bind(&listener, &addr).expect("a free path");
    listen(&listener, 0).expect("it is bound");
    let mut waiting = Vec::new();
    loop {
        let client = UnixStream::from(unix());
        client.set_nonblocking(true).expect("a flag can be set");
        match connect(&client, &addr) {
            Ok(()) => waiting.push(client),
            Err(Errno::AGAIN) => break,
            // Elsewhere than on Linux it refuses.
            Err(_) => return skip::say("no Unix socket of this system lets clients wait"),
        }
    }
    Wsline::new()
        .args(["--connect-timeout", "0.5s"])
        .arg(format!("ws+unix://{}", path.display()))
        .stderr("wsline: timed out after 0.5 s (--connect-timeout) while connecting\n")
        .code(28)
        .run();
}

#[test]
fn invalid_unix_socket_is_reported() {
    let dir = crate::support::guard::directory();
    let path = dir.path().join("app.sock");
    Wsline::new()
        .arg(format!("ws+unix://{}", path.display()))
        .stderr(format!(
            "wsline: could not connect to the Unix socket {}: No such file or directory\n",
            path.display()
        ))
        .code(7)
        .run();
    Wsline::new()
        .args(["--unix-socket", "/a", "ws+unix:///b"])
        .stderr("wsline: --unix-socket cannot be used with a ws+unix URL\n")
        .code(2)
        .run();
}
