//! IPv6 addresses with a zone (RFC 4007 §11, RFC 6874), and names below `localhost`
//! (RFC 6761 §6.3).

use crate::support::{require_ipv6, Peer, Wsline};

/// The number of the loopback interface, which is a zone as good as any.
const LOOPBACK: &str = "1";

#[test]
fn a_zone_in_the_url_is_used_and_not_sent() {
    require_ipv6!();
    for zone in ["%25", "%"] {
        let peer = Peer::ws()
            .bind("[::1]:0")
            .expect_request(|head| assert!(head.contains("\r\nHost: [::1]:"), "{head}"))
            .close(1000, "")
            .start();
        let url = format!("ws://u:p@[::1{zone}{LOOPBACK}]:{}/a%2525", peer.port());
        Wsline::new().arg(url).run();
    }
}

#[test]
fn a_zone_in_resolve_and_connect_to_is_used() {
    require_ipv6!();
    for option in [
        "--resolve=name.test:[PORT]:::1%1,[::1%251]",
        "--connect-to=::[::1%251]:",
    ] {
        let peer = Peer::ws().bind("[::1]:0").close(1000, "").start();
        let option = option.replace("[PORT]", &peer.port().to_string());
        let url = peer.url_as(if option.starts_with("--resolve") {
            "name.test"
        } else {
            "[::2]"
        });
        Wsline::new().args([&option, &url]).run();
    }
}

#[test]
fn unknown_zone_is_reported() {
    Wsline::new()
        .arg("ws://[fe80::1%25no-such]:9/")
        .stderr(
            "wsline: could not resolve [fe80::1%25no-such]: there is no network interface \
             'no-such'\n",
        )
        .code(6)
        .run();
    Wsline::new()
        .arg("ws://[fe80::1%25]extra/")
        .stderr_matches("wsline: unexpected text after the IPv6 address\n...")
        .code(3)
        .run();
}

#[test]
fn a_link_local_address_without_a_zone_has_a_hint() {
    Wsline::new()
        .arg("ws://[fe80::1]:9/")
        .stderr_matches(
            "wsline: could not connect to [fe80::1]:9 (fe80::1): [..]\n\
             hint: a link-local address requires a zone, which is the network interface, as in \
             [fe80::1%25eth0]\n",
        )
        .code(7)
        .run();
}

#[test]
fn names_below_localhost_are_loopback_addresses() {
    for host in ["app.localhost", "a.b.localhost", "localhost"] {
        let peer = Peer::ws()
            .expect_request(move |head| assert!(head.contains(&format!("Host: {host}:"))))
            .close(1000, "")
            .start();
        // They are as safe for credentials as localhost.
        Wsline::new()
            .arg(format!("u:p@{host}:{}", peer.port()))
            .stderr_matches(format!(
                "wsline: no scheme given: taken for ws://{host}:{}/\n",
                peer.port()
            ))
            .run();
    }
}
