//! How a proxy's address is read.

use super::*;

#[test]
fn an_address_is_read_as_curl_reads_it() {
    for (text, is) in [
        ("h", "http://h:1080"),
        ("h:3128", "http://h:3128"),
        ("http://h", "http://h:1080"),
        ("http://h:80/", "http://h:80"),
        ("HTTPS://h", "https://h:443"),
        ("https://h:8443/path?x", "https://h:8443"),
        ("socks5://h", "socks5://h:1080"),
        ("socks5h://h:9", "socks5h://h:9"),
        ("[::1]", "http://[::1]:1080"),
        ("http://u:p@[::1]:80", "http://[::1]:80"),
        ("http://127.0.0.1:", "http://127.0.0.1:1080"),
        (
            "http://MÜnchen.example",
            "http://xn--mnchen-3ya.example:1080",
        ),
    ] {
        let proxy = Proxy::parse(text);
        assert_eq!(proxy.map(|it| it.to_string()).as_deref(), Ok(is), "{text}");
    }
}

#[test]
fn credentials_are_decoded_and_not_shown() {
    for (text, user, password) in [
        ("http://bob:a%40b%2f@h", "bob", "a@b/"),
        ("bob@h:1", "bob", ""),
        ("bob:a:b@h:1", "bob", "a:b"),
        ("http://bob:p@w@h", "bob", "p@w"),
    ] {
        let proxy = Proxy::parse(text).expect("a proxy");
        assert_eq!(proxy.host, "h");
        assert!(!format!("{proxy} {proxy:?}").contains("bob"));
        let Credentials {
            user: u,
            password: p,
        } = proxy.credentials.expect("credentials");
        assert_eq!((&*u, &*p), (user, password));
    }
    assert_eq!(Proxy::parse("h").expect("a proxy").credentials, None);
}

#[test]
fn what_is_wrong_is_said_without_a_password() {
    for (text, says) in [
        ("socks4://h", "begins with http://"),
        ("ftp://u:hush@h", "begins with http://"),
        ("http://", "has a host"),
        ("http://u:hush@", "has a host"),
        ("http://u:hush@h:0", "from 1 to 65535"),
        ("u:hush", "from 1 to 65535"),
        ("http://u:hu/sh@h", "write / as %2F"),
        ("http://::1", "in brackets"),
        ("http://a b", "a name or an address"),
        ("http://[::1", "a name or an address"),
        ("http://u:hush%ff@h", "UTF-8"),
        ("https://u:hush@.h", "it has an empty label"),
        ("https://hush..h", "it has an empty label"),
    ] {
        let sentence = Proxy::parse(text).expect_err("it is wrong");
        assert!(sentence.contains(says), "{text}: {sentence}");
        assert!(!sentence.contains("hush"), "{sentence}");
    }
}
