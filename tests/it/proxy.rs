//! Proxies: real ones from the distribution, started here on loopback, and scripted ones that do
//! what no good proxy does.
//!
//! The program is given the address of a peer that hands everything on to the real proxy, and that
//! peer's script says how many connections come. So a connection past the proxy is noticed: the
//! peer waits for it in vain. The server, too, is there for one connection alone.

mod environment;
mod launch;

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::peer::Running;
use crate::support::{require, Cert, Peer, Wsline};
use launch::{Proxy, PASSWORD, USER};

/// Skips a test by name if a proxy is not installed.
macro_rules! installed {
    ($($program:literal),+) => {
        $(
            let call = launch::probe($program);
            let call = call.each_ref().map(String::as_str);
            require!($program, call);
        )+
    };
}

/// The peer before a proxy, which is connected to `count` times.
fn counted(addr: SocketAddr, count: usize) -> Running {
    Peer::tcp().tunnel_to(addr).connections(count).start()
}

/// A server that wants one message and sends one back.
fn server() -> Peer {
    Peer::ws()
        .expect_text("there")
        .send_text("and back")
        .expect_close(1000, "")
}

/// The program, with the message that the server wants.
fn wsline(url: &str) -> Wsline {
    Wsline::new().args(["-d", "there", "-1", url])
}

/// Over `ws` and over `wss` a message goes there and back through a proxy with this address, in
/// which `ADDR` stands for where it listens.
fn both_ways(addr: SocketAddr, address: &str, args: &[&str]) {
    let plain = server().start();
    let front = counted(addr, 1);
    wsline(&plain.url())
        .args(["-x", &address.replace("ADDR", &front.addr().to_string())])
        .args(args)
        .stdout("and back\n")
        .run();
    front.finish();
    plain.finish();

    let (cert, authority) = Cert::for_localhost();
    let secured = server().tls(&cert).start();
    let front = counted(addr, 1);
    wsline(&secured.url())
        .args(["-x", &address.replace("ADDR", &front.addr().to_string())])
        .args(args)
        .arg("--cacert")
        .arg(authority.path())
        .stdout("and back\n")
        .run();
    front.finish();
    secured.finish();
}

/// A proxy that wants credentials gets none, then wrong ones, and says no: nothing else comes
/// of it, and nothing is shown that must not be.
fn refuses(addr: SocketAddr, scheme: &str, none: &str, wrong: &str) {
    for (login, says) in [("", none), ("bob:wrong-one@", wrong)] {
        let front = counted(addr, 1);
        let finished = wsline("ws://127.0.0.1:1/")
            .args(["-v", "-x", &format!("{scheme}://{login}{}", front.addr())])
            .with("[SAYS]", says)
            .with("[PROXY]", format!("{scheme}://{}", front.addr()))
            .stderr_matches(
                "...\nwsline: the proxy [PROXY] refused to connect to 127.0.0.1:1: [SAYS]\n...\n",
            )
            .code(97)
            .run();
        let told = finished.stderr_text();
        assert!(
            told.contains("hint: ") && !told.contains("wrong-one"),
            "{told}"
        );
        assert!(!told.contains("Ym9iOndyb25nLW9uZQ"), "{told}");
    }
}

fn login() -> String {
    format!("{USER}:{PASSWORD}")
}

/// As it is written in an address.
fn login_in_url() -> String {
    login().replace('.', "%2E")
}

#[test]
fn tinyproxy_tunnels_ws_and_wss() {
    installed!("tinyproxy");
    let proxy = Proxy::tinyproxy(false);
    both_ways(proxy.addr(), "http://ADDR", &[]);
    both_ways(proxy.addr(), "ADDR", &["--proxy-header", "X-Test: 1"]);
}

#[test]
fn tinyproxy_with_credentials() {
    installed!("tinyproxy");
    let proxy = Proxy::tinyproxy(true);
    both_ways(
        proxy.addr(),
        &format!("http://{}@ADDR", login_in_url()),
        &[],
    );
    both_ways(proxy.addr(), "http://ADDR", &["-U", &login()]);
    refuses(
        proxy.addr(),
        "http",
        "HTTP/1.[..] 407 [..]",
        "HTTP/1.[..] 40[..]",
    );
}

#[test]
fn squid_tunnels_ws_and_wss() {
    installed!("squid");
    let proxy = Proxy::squid(false);
    both_ways(proxy.addr(), "http://ADDR/", &[]);
}

#[test]
fn squid_with_credentials() {
    installed!("squid");
    let proxy = Proxy::squid(true);
    both_ways(
        proxy.addr(),
        &format!("http://{}@ADDR", login_in_url()),
        &[],
    );
    // Those of the option go first.
    both_ways(proxy.addr(), "http://x:y@ADDR", &["-U", &login()]);
    refuses(
        proxy.addr(),
        "http",
        "HTTP/1.1 407 [..]",
        "HTTP/1.1 407 [..]",
    );
}

#[test]
fn unreachable_server_is_reported_by_the_proxy() {
    installed!("squid");
    let proxy = Proxy::squid(false);
    let nobody = Peer::refusing();
    wsline(&nobody.url())
        .args(["-x", &proxy.addr().to_string()])
        .stderr_matches(
            "wsline: the proxy http://[..] refused to connect to 127.0.0.1:[..]: \
             HTTP/1.1 503 Service Unavailable\n...\n\
             hint: the proxy could not reach the server: [..]\n...\n",
        )
        .code(97)
        .run();
}

#[test]
fn tls_to_the_proxy() {
    installed!("tinyproxy", "stunnel");
    let behind = Proxy::tinyproxy(true);
    let (cert, authority) = Cert::for_localhost();
    let proxy = Proxy::stunnel(&cert, behind.addr());
    let address = format!("https://{}@ADDR", login_in_url());

    let plain = server().start();
    let front = counted(proxy.addr(), 1);
    wsline(&plain.url())
        .args(["-x", &address.replace("ADDR", &front.addr().to_string())])
        .arg("--cacert")
        .arg(authority.path())
        .stdout("and back\n")
        .run();
    front.finish();

    // TLS in TLS; -k holds for both, and --servername for the server alone.
    let server_cert = Cert::self_signed(&["inner.example"]);
    let tls = crate::support::peer::Tls::new(&server_cert).expect_server_name("inner.example");
    let secured = server().tls(tls).start();
    let front = counted(proxy.addr(), 1);
    wsline(&secured.url())
        .args(["-x", &address.replace("ADDR", &front.addr().to_string())])
        .args(["-k", "--servername", "inner.example"])
        .stdout("and back\n")
        .run();
    front.finish();

    // The proxy's certificate is checked: once for itself and once for the explanation.
    let front = counted(proxy.addr(), 2);
    wsline("ws://127.0.0.1:1/")
        .args(["-x", &format!("https://{}", front.addr())])
        .stderr_matches(
            "wsline: could not verify the certificate of the proxy 127.0.0.1: its issuer [..]\n\
             ...\nhint: --cacert [..]\n...\n",
        )
        .code(60)
        .run();
}

#[test]
fn large_messages_through_tls_in_tls() {
    installed!("tinyproxy", "stunnel");
    let behind = Proxy::tinyproxy(false);
    let (cert, authority) = Cert::for_localhost();
    let proxy = Proxy::stunnel(&cert, behind.addr());
    let line = "0123456789abcdef".repeat(1 << 16) + "\n";
    let server = Peer::ws().tls(&cert).echo(4).start();
    Wsline::new()
        .arg(server.url())
        .args(["-n", "4", "-x", &format!("https://{}", proxy.addr())])
        .arg("--cacert")
        .arg(authority.path())
        .stdin(line.repeat(4))
        .stdout(line.repeat(4))
        .run();
}

#[test]
fn microsocks_tunnels_ws_and_wss() {
    installed!("microsocks");
    let proxy = Proxy::microsocks(false);
    both_ways(proxy.addr(), "socks5://ADDR", &[]);
    both_ways(proxy.addr(), "socks5h://ADDR", &[]);
}

#[test]
fn microsocks_with_credentials() {
    installed!("microsocks");
    let proxy = Proxy::microsocks(true);
    for scheme in ["socks5", "socks5h"] {
        let address = format!("{scheme}://{}@ADDR", login_in_url());
        both_ways(proxy.addr(), &address, &[]);
        both_ways(proxy.addr(), &format!("{scheme}://ADDR"), &["-U", &login()]);
        refuses(
            proxy.addr(),
            scheme,
            "it requires authentication",
            "wrong user name or password",
        );
    }
}

/// `localhost` may be `::1` first, where nobody listens: the next address is asked for.
#[test]
fn socks5_resolves_locally_and_socks5h_remotely() {
    installed!("microsocks");
    let proxy = Proxy::microsocks(false);
    for scheme in ["socks5", "socks5h"] {
        let server = server().start();
        wsline(&server.url_as("localhost"))
            .args(["-x", &format!("{scheme}://{}", proxy.addr())])
            .stdout("and back\n")
            .run();
    }
    wsline("ws://nowhere.invalid/")
        .args(["-x", &format!("socks5h://{}", proxy.addr())])
        .stderr_matches(
            "wsline: the proxy socks5h://[..] refused to connect to nowhere.invalid:80: [..]\n...\n",
        )
        .code(97)
        .run();
    // Resolved here, it fails before the proxy is asked.
    let nobody = Peer::refusing();
    wsline("ws://nowhere.invalid/")
        .args(["-x", &format!("socks5://127.0.0.1:{}", nobody.port())])
        .stderr_matches("wsline: could not resolve nowhere.invalid: [..]\n...\n")
        .code(6)
        .run();
}

/// What the handshake of a certificate that is refused says comes through the proxy too.
#[test]
fn certificate_is_fetched_through_the_proxy() {
    installed!("tinyproxy");
    let proxy = Proxy::tinyproxy(false);
    let cert = Cert::self_signed(&["127.0.0.1"]);
    let server = Peer::tcp()
        .tls(&cert)
        .expect_tls_refused()
        .then(Peer::tcp().tls(&cert).stall())
        .start();
    let front = counted(proxy.addr(), 2);
    wsline(&server.url())
        .args(["-x", &front.addr().to_string()])
        .stderr_matches(
            "wsline: could not verify the certificate of 127.0.0.1: it is self-signed\n  \
             [..]subject[..]\n...\n",
        )
        .code(60)
        .run();
}

const TUNNEL: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

/// A scripted HTTP proxy, which hands on.
fn scripted(server: &Running) -> Peer {
    Peer::http(TUNNEL).tunnel_to(server.addr())
}

#[test]
fn connect_request_format() {
    let server = server().start();
    let port = server.port();
    let proxy = scripted(&server)
        .expect_request(move |head| {
            let agent = concat!("wsline/", env!("CARGO_PKG_VERSION"));
            assert_eq!(
                head,
                format!(
                    "CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
                     User-Agent: {agent}\r\nProxy-Authorization: Basic Ym9iOmh1c2g=\r\n\
                     X-One: 1\r\nx-two: 2\r\n\r\n"
                )
            );
        })
        .start();
    let finished = wsline(&server.url())
        .args(["-v", "-x", &format!("bob:hush@{}", proxy.addr())])
        .args(["--proxy-header", "X-One: 1", "--proxy-header", "x-two: 2"])
        .args(["--proxy-header", "Proxy-Connection:", "-H", "X-Mine: 3"])
        .stdout("and back\n")
        .with("[PROXY]", proxy.addr())
        .with("[SERVER]", server.addr())
        .stderr_matches(
            "*[..]  going through the proxy http://[PROXY]\n\
             *[..]  trying [PROXY]\n\
             *[..]  connected to [PROXY]\n\
             *[..]  sent the CONNECT request for [SERVER]\n\
             > CONNECT [SERVER] HTTP/1.1\n\
             > Host: [SERVER]\n\
             > User-Agent: [..]\n\
             > Proxy-Authorization: Basic ***\n\
             > X-One: 1\n\
             > x-two: 2\n\
             >\n\
             *[..]  received the response of the proxy\n\
             < HTTP/1.1 200 Connection established\n\
             <\n\
             *[..]  sent the upgrade request\n\
             ...\n\
             > X-Mine: 3\n\
             ...\n",
        )
        .run();
    let told = finished.stderr_text();
    assert!(
        !told.contains("hush") && !told.contains("Ym9iOmh1c2g"),
        "{told}"
    );
}

/// `--json` has the time that the proxy took.
#[test]
fn connect_timeout_includes_the_proxy() {
    let server = server().start();
    let proxy = scripted(&server).start();
    let finished = wsline(&server.url())
        .args(["--json", "-x", &proxy.addr().to_string()])
        .stdout_matches("[..]\"type\":\"open\"[..]\n...\n")
        .run();
    let open = finished.stdout_text().lines().next().expect("a line");
    let open: serde_json::Value = serde_json::from_str(open).expect("it is JSON");
    assert!(open["timing"]["proxy"].is_number(), "{open}");
    assert_eq!(open["address"], proxy.addr().to_string());
}

#[test]
fn invalid_proxy_url_is_not_quoted() {
    let finished = wsline("ws://127.0.0.1:1/")
        .args(["-x", "http://bob:hush@h:x"])
        .stderr_matches(
            "error: invalid value for '--proxy <URL>': invalid port: not a number from 1 to \
             65535\n...\n",
        )
        .code(2)
        .run();
    assert!(!finished.stderr_text().contains("hush"));
}

#[test]
fn proxy_name_that_can_not_be_resolved() {
    wsline("ws://127.0.0.1:1/")
        .args(["-x", "http://nowhere.invalid:80"])
        .stderr_matches("wsline: could not resolve the proxy nowhere.invalid: [..]\n...\n")
        .code(5)
        .run();
}

/// Bytes behind the proxy's answer are the server's: here its whole refusal, and then an answer
/// that comes with its first frames.
#[test]
fn bytes_after_the_response_are_the_servers() {
    let refusal = "HTTP/1.1 418 Teapot\r\nContent-Length: 5\r\n\r\nshort";
    let proxy = Peer::http(format!("{TUNNEL}{refusal}")).start();
    wsline("ws://127.0.0.1:1/")
        .args(["-x", &proxy.addr().to_string()])
        .stderr_matches(
            "wsline: the server refused the upgrade: HTTP/1.1 418 Teapot\n...\nshort\n...\n",
        )
        .code(22)
        .run();
    let socks = Peer::tcp()
        .expect_raw(b"\x05\x01\x00")
        .raw(b"\x05\x00")
        .expect_raw(b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x01")
        .raw(
            [
                b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00",
                refusal.as_bytes(),
            ]
            .concat(),
        )
        .start();
    wsline("ws://127.0.0.1:1/")
        .args(["-x", &format!("socks5h://{}", socks.addr())])
        .stderr_matches(
            "wsline: the server refused the upgrade: HTTP/1.1 418 Teapot\n...\nshort\n...\n",
        )
        .code(22)
        .run();
}

/// A proxy that answers in this way fails the run with this exit code and these words.
#[track_caller]
fn fails(proxy: Peer, scheme: &str, code: i32, says: &str) {
    let proxy = proxy.start();
    wsline("ws://127.0.0.1:1/")
        .args(["--connect-timeout", "20s"])
        .args(["-x", &format!("{scheme}://bob:hush@{}", proxy.addr())])
        .with("[PROXY]", format!("{scheme}://{}", proxy.addr()))
        .stderr_matches(format!("{says}\n...\n"))
        .code(code)
        .run();
}

#[test]
fn server_that_is_not_a_proxy_is_reported() {
    fails(
        Peer::tcp().raw("SSH-2.0-\x1b[2J\r\n").stall(),
        "http",
        97,
        "wsline: invalid response from the proxy [PROXY]: not HTTP, the response begins with \
         \"SSH-2.0-\\x1b[2\"\n\
         hint: if the proxy uses TLS or SOCKS on this port, [..]",
    );
    fails(
        Peer::http(format!(
            "HTTP/1.1 200 OK\r\nA: {}\r\n\r\n",
            "x".repeat(70_000)
        ))
        .stall(),
        "http",
        97,
        "wsline: invalid response from the proxy [PROXY]: the header section is longer than 64 KiB",
    );
    fails(
        Peer::tcp()
            .expect_raw(b"\x05\x02\x00\x02")
            .raw("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
        "socks5h",
        97,
        "wsline: invalid response from the proxy [PROXY]: not SOCKS 5, the response begins with \
         \"HT\"\nhint: if the proxy uses HTTP on this port, use http:// in its URL",
    );
    fails(
        Peer::tcp().raw("HTTP/1.1 400 Bad Request\r\n\r\n"),
        "https",
        35,
        "wsline: TLS handshake with the proxy 127.0.0.1 failed: the response is not TLS\n\
         hint: if the proxy does not use TLS on this port, use http:// in its URL",
    );
}

/// Text behind the 200 is the proxy's, and quoted, before it is taken for the server's.
#[test]
fn page_after_the_response_is_reported() {
    for (page, quoted) in [
        ("<html>hello</html>", "<html>hello</html>"),
        ("0\r\n\r\n", "0\\r\\n\\r\\n"),
    ] {
        fails(
            Peer::http(format!("HTTP/1.1 200 OK\r\n\r\n{page}")),
            "http",
            97,
            &format!(
                "wsline: invalid response from the proxy [PROXY]: text behind its response to \
                 CONNECT, \"{quoted}\"\nhint: this may be a web server [..]"
            ),
        );
    }
}

/// Where TLS is expected, so is a response of HTTP.
#[test]
fn second_response_is_reported() {
    let peer = Peer::http("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 No\r\n\r\n").start();
    Wsline::new()
        .args(["wss://127.0.0.1:1/", "-x"])
        .arg(format!("http://{}", peer.addr()))
        .stderr_matches(
            "wsline: invalid response from the proxy http://[..]: text behind its response to \
             CONNECT, \"HTTP/1.1 400 No\\r\\n\\r\\n\"\nhint: [..]\n",
        )
        .code(97)
        .run();
}

/// As a server's, a refusal of the proxy is reported although its body has no end.
#[test]
fn a_refusal_of_the_proxy_without_end() {
    for args in [&[][..], &["--max-time", "400ms"]] {
        let head = "HTTP/1.1 403 No\r\nConnection: keep-alive\r\n\r\nnot there\n";
        let peer = Peer::tcp().expect_raw("CONNECT").raw(head).stall().start();
        Wsline::new()
            .args(args)
            .args([
                "ws://127.0.0.1:1/",
                "-x",
                &format!("http://{}", peer.addr()),
            ])
            .stderr_matches(
                "wsline: the proxy http://127.0.0.1:[..] refused to connect to 127.0.0.1:1: \
                 HTTP/1.1 403 No\nHTTP/1.1 403 No\nConnection: keep-alive\n\n...",
            )
            .code(97)
            .within(std::time::Duration::from_secs(10))
            .run();
    }
}

#[test]
fn proxy_that_closes_the_connection() {
    for answer in ["", "HTTP/1.1 200 OK\r\nVia: x"] {
        fails(
            Peer::http(answer),
            "http",
            97,
            "wsline: the proxy [PROXY] closed the connection without a response",
        );
    }
    fails(
        Peer::tcp().expect_raw(b"\x05\x02\x00\x02").raw(b"\x05"),
        "socks5",
        97,
        "wsline: the proxy [PROXY] closed the connection without a response",
    );
    fails(
        Peer::http("").reset_tcp(),
        "http",
        97,
        "wsline: could not read the response of the proxy [PROXY]: Connection reset by peer",
    );
}

/// `ssh -D` accepts each request, and closes the connection if it can't reach the server.
#[test]
fn socks_proxy_that_accepts_and_closes() {
    let accepted = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";
    let request = b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x01";
    fails(
        Peer::tcp()
            .expect_raw(b"\x05\x02\x00\x02")
            .raw(b"\x05\x00")
            .expect_raw(request)
            .raw(accepted)
            .expect_raw(b"GET / HTTP/1.1\r\n"),
        "socks5h",
        97,
        "wsline: the proxy [PROXY] refused to connect to 127.0.0.1:1: it accepted the request and \
         then closed the connection\n\
         hint: 127.0.0.1:1 may be unreachable from the proxy (ssh -D reports this only by closing), \
         or the server closed the connection without a response",
    );
    fails(
        Peer::tcp()
            .expect_raw(b"\x05\x02\x00\x02")
            .raw(b"\x05\x00")
            .expect_raw(request),
        "socks5h",
        97,
        "wsline: the proxy [PROXY] refused to connect to 127.0.0.1:1: it closed the connection \
         instead of replying",
    );
}

#[test]
fn socks_proxy_that_closes_during_the_tls_handshake() {
    let proxy = Peer::tcp()
        .expect_raw(b"\x05\x01\x00")
        .raw(b"\x05\x00")
        .expect_raw(b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x01")
        .raw(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        .expect_raw(b"\x16")
        .start();
    wsline("wss://127.0.0.1:1/")
        .args(["-x", &format!("socks5h://{}", proxy.addr())])
        .stderr_matches(
            "wsline: the proxy socks5h://[..] refused to connect to 127.0.0.1:1: it accepted the \
             request and then closed the connection\nhint: [..]\n",
        )
        .code(97)
        .run();
}

#[test]
fn refusal_of_the_proxy_is_quoted_and_escaped() {
    fails(
        Peer::http(
            "HTTP/1.1 407 Log \u{202e}in\r\nProxy-Authenticate: Basic realm=\"\u{202e}\"\r\n\
             Content-Length: 7\r\n\r\nno\x1b[2J\n",
        ),
        "http",
        97,
        "wsline: the proxy [PROXY] refused to connect to 127.0.0.1:1: HTTP/1.1 407 Log \\u{202e}in\n\
         HTTP/1.1 407 Log \\u{202e}in\n\
         Proxy-Authenticate: Basic realm=\"\\u{202e}\"\n\
         Content-Length: 7\n\
         \n\
         no\\x1b[2J\n\
         \n\
         hint: the proxy rejected these credentials: use others with -U USER:PASS",
    );
    fails(
        Peer::tcp()
            .expect_raw(b"\x05\x02\x00\x02")
            .raw(b"\x05\x00")
            .expect_raw(b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x01")
            .raw(b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"),
        "socks5h",
        97,
        "wsline: the proxy [PROXY] refused to connect to 127.0.0.1:1: not allowed by its rules \
         (SOCKS reply 2)",
    );
}

#[test]
fn silent_proxy_is_timed_out() {
    for scheme in ["http", "socks5", "socks5h"] {
        let proxy = Peer::silent().start();
        wsline("ws://127.0.0.1:1/")
            .args(["--connect-timeout", "300ms"])
            .args(["-x", &format!("{scheme}://{}", proxy.addr())])
            .stderr_matches(
                "wsline: timed out after 0.3 s (--connect-timeout) while waiting for the proxy's \
                 response\n...",
            )
            .code(28)
            .run();
    }
    let proxy = Peer::silent().start();
    wsline("ws://127.0.0.1:1/")
        .args(["--connect-timeout", "300ms"])
        .args(["-x", &format!("https://{}", proxy.addr())])
        .stderr_matches(
            "wsline: timed out after 0.3 s (--connect-timeout) while setting up \
                         TLS\n...",
        )
        .code(28)
        .run();
}

/// A proxy that says yes and then leads nowhere: the deadline is over all steps.
#[test]
fn tunnel_to_a_silent_server_is_timed_out() {
    let proxy = Peer::http(TUNNEL)
        .pause(Duration::from_millis(1))
        .stall()
        .start();
    wsline("ws://127.0.0.1:1/")
        .args(["--connect-timeout", "300ms"])
        .args(["-x", &proxy.addr().to_string()])
        .stderr_matches(
            "wsline: timed out after 0.3 s (--connect-timeout) while waiting for the \
                         upgrade response\n...",
        )
        .code(28)
        .run();
}
