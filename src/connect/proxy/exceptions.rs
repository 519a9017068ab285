//! `no_proxy` and `--noproxy`: the hosts to connect to without a proxy. The rules are curl's, with
//! `HOST:PORT` for a single port and `*` for any characters in addition.

use std::net::IpAddr;

use crate::target::host::{inside_brackets, parse_port, split_port};
use crate::target::{Address, Host, HostPort};

/// Whether the host is in `list`, whose items are separated by commas or whitespace.
///
/// A name matches itself and every name below it, with or without a leading dot. An address matches
/// itself, and with `/BITS` its network. `*` matches any characters: `*.example.org` is every name
/// below `example.org`, `192.168.*` a network, and `*` all hosts.
pub fn has_exception(list: &str, to: &HostPort) -> bool {
    list.split(|letter: char| letter == ',' || letter.is_whitespace())
        .filter(|item| !item.is_empty())
        .any(|item| matches(item, to))
}

fn matches(item: &str, to: &HostPort) -> bool {
    let (host, port) = split_item(item);
    if port.is_some_and(|port| port != to.port) {
        return false;
    }
    if host.contains('*') {
        let plain = |text: &str| text.trim_end_matches('.').to_ascii_lowercase();
        return fits(&plain(host), &plain(&to.host.without_brackets()));
    }
    match &to.host {
        Host::Ip(address) => is_in(host, address),
        Host::Name(name) => is_below(host, name),
    }
}

/// Splits the port off an item. An IPv6 address has a port only if it is in brackets, which are
/// removed.
fn split_item(item: &str) -> (&str, Option<u16>) {
    let (host, port) = match split_port(item) {
        Ok((host, None)) => (host, None),
        Ok((host, Some(port))) => match parse_port(port) {
            Ok(port) => (host, Some(port)),
            Err(_) => return (item, None),
        },
        Err(_) => return (item, None),
    };
    (inside_brackets(host).unwrap_or(host), port)
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inside = text
        .strip_prefix(first)
        .and_then(|it| it.strip_suffix(last));
    let Some(mut left) = inside else {
        return false;
    };
    middle.split('*').all(|piece| match left.split_once(piece) {
        Some((_, after)) => {
            left = after;
            true
        }
        None => piece.is_empty(),
    })
}

fn is_in(item: &str, address: &Address) -> bool {
    let Some((network, bits)) = item.split_once('/') else {
        return Address::parse(item).is_some_and(|item| {
            item.ip.to_canonical() == address.ip.to_canonical()
                && (item.zone.is_none() || item.zone == address.zone)
        });
    };
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return false;
    };
    match (network.to_canonical(), address.ip.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) if bits <= 32 => {
            let differ = network.to_bits() ^ address.to_bits();
            differ.checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if bits <= 128 => {
            let differ = network.to_bits() ^ address.to_bits();
            differ.checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

fn is_below(item: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.').as_bytes();
    let item = item.strip_prefix('.').unwrap_or(item);
    let item = item.trim_end_matches('.').as_bytes();
    if item.is_empty() || host.len() < item.len() {
        return false;
    }
    let (above, end) = host.split_at(host.len() - item.len());
    end.eq_ignore_ascii_case(item) && (above.is_empty() || above.ends_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list, a host on port 8080, and whether the list names it.
    const EXCEPTIONS: &[(&str, &str, bool)] = &[
        ("*", "h", true),
        (" * ", "[::1]", true),
        ("h,*", "i", true),
        ("", "h", false),
        (",, ,", "h", false),
        // Names match themselves and names below them, but not other names with the same
        // ending.
        ("example.com", "example.com", true),
        ("example.com", "www.example.com", true),
        ("example.com", "nonexample.com", false),
        ("example.com", "com", false),
        (".example.com", "www.example.com", true),
        (".example.com", "example.com", true),
        ("..example.com", "example.com", false),
        ("EXAMPLE.com", "www.Example.COM", true),
        ("example.com.", "example.com", true),
        ("example.com", "example.com.", true),
        ("www.example.com", "example.com", false),
        (".", "h", false),
        ("a, b\tc,d", "c", true),
        ("a b", "b", true),
        ("*.example.com", "www.example.com", true),
        ("*.EXAMPLE.com.", "www.example.com", true),
        ("*.EXAMPLE.com", "a.b.example.COM.", true),
        ("*.example.com", "example.com", false),
        ("*.example.com", "nonexample.com", false),
        ("*example.com", "nonexample.com", true),
        ("api*.example.*", "api-2.example.org", true),
        ("api*.example.*", "web.example.org", false),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c-b", false),
        ("*:8081", "h", false),
        ("*:8080", "h", true),
        ("192.168.*", "192.168.1.5", true),
        ("192.168.*", "192.169.1.5", false),
        ("fe80:*", "[fe80::1]", true),
        ("localhost", "localhost", true),
        // Addresses don't match by their endings.
        ("127.0.0.1", "127.0.0.1", true),
        ("0.0.1", "127.0.0.1", false),
        (".0.0.1", "127.0.0.1", false),
        ("127.0.0.1", "x.127.0.0.1.example", false),
        ("192.168.0.0/16", "192.168.9.1", true),
        ("192.168.0.0/16", "192.169.0.1", false),
        ("192.168.1.77/24", "192.168.1.5", true),
        ("10.0.0.1/32", "10.0.0.1", true),
        ("10.0.0.1/32", "10.0.0.2", false),
        ("0.0.0.0/0", "10.0.0.2", true),
        ("0.0.0.0/0", "[::1]", false),
        ("10.0.0.0/33", "10.0.0.0", false),
        ("10.0.0.0/x", "10.0.0.0", false),
        ("10.0.0.0/", "10.0.0.0", false),
        ("10.0.0.0/8", "h", false),
        ("::1", "[::1]", true),
        ("[::1]", "[::1]", true),
        ("0:0::1", "[::1]", true),
        ("::2", "[::1]", false),
        ("fe80::/10", "[fe80::1]", true),
        ("fe80::/10", "[fec0::1]", false),
        ("fe80::/10", "[fe80::1%25eth0]", true),
        ("fe80::1", "[fe80::1%25eth0]", true),
        ("fe80::1%eth0", "[fe80::1%25eth0]", true),
        ("[fe80::1%eth1]", "[fe80::1%25eth0]", false),
        ("::/0", "[fe80::1]", true),
        ("::1/129", "[::1]", false),
        ("::ffff:127.0.0.1", "127.0.0.1", true),
        // Items with a port.
        ("example.com:8080", "www.example.com", true),
        ("example.com:8081", "example.com", false),
        ("127.0.0.1:8080", "127.0.0.1", true),
        ("127.0.0.1:80", "127.0.0.1", false),
        ("[::1]:8080", "[::1]", true),
        ("[::1]:80", "[::1]", false),
        ("10.0.0.0/8:8080", "10.0.0.1", true),
    ];

    #[test]
    fn exceptions_match_as_in_curl() {
        for (list, host, fits) in EXCEPTIONS {
            let to = HostPort::parse(host, 8080).expect("a host");
            assert_eq!(has_exception(list, &to), *fits, "{list:?} {host}");
        }
    }
}
