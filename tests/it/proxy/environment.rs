//! Proxies that the environment's variables name.

use super::{scripted, server, wsline};
use crate::support::{Peer, Wsline};

/// The environment's variables, and what overrules them. A proxy that is not taken is one that
/// nobody listens for.
#[test]
fn proxies_are_read_from_the_environment() {
    let nobody = Peer::refusing();
    let dead = format!("http://127.0.0.1:{}", nobody.port());
    let off: &[&str] = &["-x", ""];
    for (variables, args, through) in [
        (
            &[("ws_proxy", true), ("http_proxy", false)][..],
            &[][..],
            true,
        ),
        (&[("http_proxy", true), ("all_proxy", false)], &[], true),
        (&[("ALL_PROXY", true), ("wss_proxy", false)], &[], true),
        (&[("HTTP_PROXY", false)], &[], false),
        (&[("https_proxy", false)], &[], false),
        (&[("http_proxy", false)], off, false),
        (
            &[("http_proxy", false)],
            &["--noproxy", "127.0.0.0/8"],
            false,
        ),
        (&[("http_proxy", true)], &["--noproxy", "example.com"], true),
    ] {
        let server = server().start();
        let proxy = through.then(|| scripted(&server).start());
        let mut program = wsline(&server.url()).args(args).stdout("and back\n");
        for (name, alive) in variables {
            let value = match &proxy {
                Some(proxy) if *alive => proxy.addr().to_string(),
                _ => dead.clone(),
            };
            program = program.env(name, value);
        }
        program.run();
    }
    let server = server().start();
    wsline(&server.url())
        .env("ws_proxy", &dead)
        .env("NO_PROXY", format!("x, 127.0.0.1:{}", server.port()))
        .stdout("and back\n")
        .run();
    // The demo's server is in the process.
    Wsline::new()
        .args(["demo", "-d", "hi", "-1"])
        .env("all_proxy", &dead)
        .stdout("hi\n")
        .run();
}

#[test]
fn failed_proxy_from_the_environment_is_named() {
    let nobody = Peer::refusing();
    wsline("ws://127.0.0.1:1/")
        .env(
            "all_proxy",
            format!("http://bob:hush@127.0.0.1:{}", nobody.port()),
        )
        .stderr_matches(
            "wsline: could not connect to the proxy http://127.0.0.1:[..] (127.0.0.1): \
             Connection refused\n\
             hint: the environment variable all_proxy sets this proxy; -x '' connects without it\n...\n",
        )
        .code(7)
        .run();
    wsline("ws://127.0.0.1:1/")
        .env("http_proxy", "gopher://bob:hush@h")
        .stderr(
            "wsline: http_proxy: unsupported proxy scheme 'gopher://'; use http://, https://, \
             socks5:// or socks5h://; -x '' connects without a proxy\n",
        )
        .code(2)
        .run();
}

#[test]
fn proxy_variable_values() {
    // The scheme that desktops write, and quotes that environment files keep.
    for (variable, value) in [
        ("all_proxy", "socks://ADDR/"),
        ("ALL_PROXY", "\"SOCKS5H://ADDR\""),
        ("ws_proxy", "'socks5h://ADDR' "),
    ] {
        let server = server().start();
        let [high, low] = server.port().to_be_bytes();
        let mut asked = b"\x05\x01\x00\x01\x7f\x00\x00\x01".to_vec();
        asked.extend([high, low]);
        let proxy = Peer::tcp()
            .expect_raw(b"\x05\x01\x00")
            .raw(b"\x05\x00")
            .expect_raw(&asked)
            .raw(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            .tunnel_to(server.addr())
            .start();
        wsline(&server.url())
            .env(variable, value.replace("ADDR", &proxy.addr().to_string()))
            .stdout("and back\n")
            .run();
    }
}

#[test]
fn no_proxy_values() {
    let nobody = Peer::refusing();
    for exceptions in ["*.example.test, 127.*", "\"127.0.0.1\"", "x,*"] {
        let server = server().start();
        wsline(&server.url())
            .env("all_proxy", format!("http://127.0.0.1:{}", nobody.port()))
            .env("no_proxy", exceptions)
            .stdout("and back\n")
            .run();
    }
    let server = server().start();
    wsline(&server.url_as("www.example.test"))
        .args(["--connect-to", &format!("::127.0.0.1:{}", server.port())])
        .args(["--noproxy", "*.example.test"])
        .args(["-x", &format!("http://127.0.0.1:{}", nobody.port())])
        .stdout("and back\n")
        .run();
}
