//! Tests of URL parsing, as tables of valid and invalid URLs.

use super::*;

fn url(text: &str) -> String {
    Target::parse(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .url()
}

fn complaint(text: &str) -> String {
    let invalid = Target::parse(text).expect_err(text);
    match invalid.hint {
        Some(hint) => format!("{}; {hint}", invalid.problem),
        None => invalid.problem,
    }
}

#[test]
fn schemes_and_default_ports() {
    for (text, is) in [
        ("ws://example.org", "ws://example.org/"),
        ("WS://Example.ORG:80/a", "ws://example.org/a"),
        ("ws://example.org:443/", "ws://example.org:443/"),
        ("wss://example.org:443/x?y=1", "wss://example.org/x?y=1"),
        ("wss://example.org:80", "wss://example.org:80/"),
        ("http://example.org?q", "ws://example.org/?q"),
        ("https://example.org:8443", "wss://example.org:8443/"),
        ("ws://example.org:/x", "ws://example.org/x"),
        ("wss://example.org./x", "wss://example.org./x"),
        ("  ws://example.org/\n", "ws://example.org/"),
        ("ws://[::1]:9000/x", "ws://[::1]:9000/x"),
        ("wss://[2001:DB8::1]", "wss://[2001:db8::1]/"),
        ("ws://bücher.example/ü", "ws://xn--bcher-kva.example/%C3%BC"),
        ("ws://ws:8080/http://x", "ws://ws:8080/http://x"),
    ] {
        assert_eq!(url(text), is, "{text}");
        let target = Target::parse(text).expect("it has just been parsed");
        assert!(!target.scheme_assumed, "{text}");
    }
}

#[test]
fn scheme_is_ws_for_local_hosts_if_missing() {
    for (text, is) in [
        (":8080/path", "ws://localhost:8080/path"),
        (":8080?q", "ws://localhost:8080/?q"),
        ("localhost", "ws://localhost/"),
        ("localhost:8080/x", "ws://localhost:8080/x"),
        ("localhost:443", "ws://localhost:443/"),
        ("app.localhost:3000", "ws://app.localhost:3000/"),
        ("127.0.0.1:9001", "ws://127.0.0.1:9001/"),
        ("[::1]:9001", "ws://[::1]:9001/"),
        ("[::ffff:10.0.0.1]:9001", "ws://[::ffff:10.0.0.1]:9001/"),
        ("192.168.1.5", "ws://192.168.1.5/"),
        ("[fd00::1]", "ws://[fd00::1]/"),
        ("build-server:9000/x:y", "ws://build-server:9000/x:y"),
        ("ws:8080", "ws://ws:8080/"),
        ("example.org:80/x", "ws://example.org/x"),
        ("example.org", "wss://example.org/"),
        ("example.org:443", "wss://example.org/"),
        ("example.org:8080/a@b", "wss://example.org:8080/a@b"),
        ("8.8.8.8", "wss://8.8.8.8/"),
        ("[2001:db8::1]:99", "wss://[2001:db8::1]:99/"),
        ("example.org/?u=ws://x", "wss://example.org/?u=ws://x"),
    ] {
        assert_eq!(url(text), is, "{text}");
        let target = Target::parse(text).expect("it has just been parsed");
        assert!(target.scheme_assumed, "{text}");
    }
}

#[test]
fn unix_socket_urls_are_parsed() {
    for (text, path, resource, is) in [
        (
            "ws+unix:///x.sock:/a?b",
            "/x.sock",
            "/a?b",
            "ws+unix:///x.sock:/a?b",
        ),
        (
            "ws+unix:/x.sock:/a",
            "/x.sock",
            "/a",
            "ws+unix:///x.sock:/a",
        ),
        ("WS+UNIX:///x.sock", "/x.sock", "/", "ws+unix:///x.sock:/"),
        (
            "ws+unix:///x.sock:?b:c",
            "/x.sock",
            "/?b:c",
            "ws+unix:///x.sock:/?b:c",
        ),
        (
            "ws+unix:///a%20b%3Ac:/",
            "/a b:c",
            "/",
            "ws+unix:///a%20b%3Ac:/",
        ),
        ("wss+unix:///ü:/", "/ü", "/", "wss+unix:///%C3%BC:/"),
    ] {
        let target = Target::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(target.origin.unix_socket, Some(PathBuf::from(path)));
        assert_eq!(target.resource, resource, "{text}");
        assert_eq!(target.url(), is, "{text}");
        assert_eq!(target.host_header(), "localhost", "{text}");
        assert_eq!(target.is_tls(), text.starts_with("wss"), "{text}");
    }
}

#[test]
fn ipv6_brackets_are_in_the_host_header_only() {
    let target = Target::parse("ws://[::1]:9000/").expect("an IPv6 address");
    assert_eq!(target.host().without_brackets(), "::1");
    assert_eq!(target.host_header(), "[::1]:9000");
    let target = Target::parse("wss://[::1]").expect("an IPv6 address");
    assert_eq!(target.host_header(), "[::1]");
    assert_eq!(target.origin.host_port.port, 443);
}

#[test]
fn credentials_are_decoded_and_never_shown() {
    let target = Target::parse("wss://a%40b:p%3Aw%25@example.org/x").expect("an address");
    let credentials = target.credentials.clone().expect("it has credentials");
    assert_eq!(
        (credentials.user.as_str(), credentials.password.as_str()),
        ("a@b", "p:w%")
    );
    assert_eq!(target.url(), "wss://example.org/x");
    assert!(!format!("{target:?}").contains("p:w"));
    let target = Target::parse("ws://user@example.org").expect("an address");
    let credentials = target.credentials.expect("it has a user name");
    assert_eq!(
        (credentials.user.as_str(), credentials.password.as_str()),
        ("user", "")
    );
}

#[test]
fn credentials_need_an_explicit_scheme_unless_loopback() {
    for text in ["u:p@192.168.1.5", "u:p@box:9000/", "u:p@example.org:80"] {
        let complaint = complaint(text);
        assert!(complaint.contains("use wss:// to encrypt"), "{complaint}");
    }
    for text in [
        "u:p@localhost:9000",
        "u:p@127.0.0.1",
        "u:p@[::1]",
        "u:p@example.org",
        "ws://u:p@box",
    ] {
        Target::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    let target = Target::parse("box").expect("a name");
    assert!(target.check_credentials_allowed().is_err());
}

#[test]
fn invalid_urls_are_reported_with_a_hint() {
    for (text, says) in [
        ("", "is empty"),
        ("  ", "is empty"),
        (
            "ftp://example.org",
            "unsupported URL scheme 'ftp'; use ws://",
        ),
        ("://example.org", "no scheme before ://"),
        ("ws:/example.org", "missing // after 'ws:'"),
        ("wss:example.org", "'wss:'; write it as wss://HOST/PATH"),
        ("ws:", "missing // after 'ws:'"),
        ("ws://", "has no host"),
        ("ws:///path", "has no host"),
        ("ws://:9000/", "has no host"),
        ("//example.org", "has no host"),
        ("ws://u:p@/x", "has no host"),
        ("ws://example.org:99999/", "invalid port '99999'"),
        ("ws://example.org:0/", "invalid port '0'"),
        ("example.org:+80", "invalid port '+80'"),
        ("localhost:x/y", "invalid port 'x'"),
        ("ws://example.org/a b", "contains a space"),
        ("ws://example.org/a\tb", "contains a space"),
        ("ws://example.org/\u{1b}", "control character"),
        ("ws://example.org\\x", "backslash"),
        ("ws://example.org/#top", "fragment"),
        ("unix:///run/x.sock", "use ws+unix:///PATH"),
        ("ws+unix://run/x.sock", "use three slashes"),
        ("ws+unix:run/x.sock", "missing path of the Unix socket"),
        ("ws+unix:///", "missing path of the Unix socket"),
        ("ws+unix:", "missing path of the Unix socket"),
        ("ws+unix:///run/x.sock?q", "put a colon before"),
        ("ws+unix:///run/x.sock:y", "has no slash"),
        ("ws+unix:///run/x%00.sock", "contains NUL"),
        ("ws+unix:///run/x%ff.sock", "not valid UTF-8"),
        ("::1", "write [::1], or [::1]:9000 with a port"),
        ("ws://2001:db8::1/", "write [2001:db8::1]"),
        ("ws://a:b:c/", "more than one colon"),
        ("ws://[::1/", "missing ']'"),
        ("ws://[::1]9000/", "only a port can follow"),
        ("ws://[::zz]/", "invalid IPv6 address '[::zz]'"),
        ("ws://1.2.3.999/", "invalid IPv4 address '1.2.3.999'"),
        ("ws://exa<mple/", "invalid host name 'exa<mple'"),
        ("wss://.example", "'.example': it has an empty label"),
        ("wss://a..b:9000/x", "'a..b': it has an empty label"),
        ("example.org..", "'example.org..': it has an empty label"),
        ("wss://./", "'.': it has an empty label"),
        ("wss://a%2E%2Eb", "'a%2E%2Eb': it has an empty label"),
        ("wss://a\u{3002}\u{3002}b", "it has an empty label"),
        ("8080", "use :8080"),
        ("ws://a%3Ab:c@example.org", "contains a colon"),
        ("ws://%ff@example.org", "not valid UTF-8"),
    ] {
        let complaint = complaint(text);
        assert!(complaint.contains(says), "{text:?}: {complaint}");
    }
}

#[test]
fn url_errors_do_not_quote_passwords() {
    for text in [
        "ws://user:hush@example.org:99999/",
        "ws://user:hush@exa<mple/",
        "ws://user:hush/x@example.org/",
        "ws:/user:hush@example.org",
        "ftp://user:hush@example.org",
        "user:hush@box",
        "ws://user:hush@/",
        "ws://user:hush@.example",
        "ws://hush..x/y@example.org",
        "ws://user:hush@example.org/#x",
        "user:hush@[::1",
        "ws://user:hu@hush?x@example.org:x",
    ] {
        if let Err(error) = Target::parse(text) {
            assert!(!error.to_string().contains("hush"), "{text}: {error}");
        }
    }
}
