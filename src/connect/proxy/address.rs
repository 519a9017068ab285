//! A proxy's address, as `-x` and the environment write it.

use std::fmt;
use std::net::IpAddr;

use crate::http::Credentials;
use crate::target::host::{has_empty_label, EMPTY_LABEL};
use crate::target::percent_decoded;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyScheme {
    /// HTTP's CONNECT (RFC 9110 §9.3.6).
    Http,
    /// The same over TLS.
    Https,
    /// SOCKS 5 (RFC 1928); names are resolved here.
    Socks5,
    /// SOCKS 5; names are resolved by the proxy.
    Socks5h,
}

impl ProxyScheme {
    fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    pub(super) fn is_socks(self) -> bool {
        matches!(self, Self::Socks5 | Self::Socks5h)
    }
}

/// A proxy. It is shown without its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// How it is spoken to.
    pub kind: ProxyScheme,
    /// Its name or address; IPv6 without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How to log in to it.
    pub credentials: Option<Credentials>,
    /// The variable of the environment that named it, if one did.
    pub variable: Option<&'static str>,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}",
            self.kind.scheme(),
            authority(&self.host, self.port)
        )
    }
}

impl Proxy {
    /// Reads a proxy's address, `[SCHEME://][USER:PASS@]HOST[:PORT]`. Without a scheme it is
    /// `http`, and without a port 443 for `https` and 1080 for all others, as in curl; a path is
    /// passed over.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in a sentence that quotes nothing that may be a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "http" => ProxyScheme::Http,
            "https" => ProxyScheme::Https,
            "socks5" => ProxyScheme::Socks5,
            "socks5h" => ProxyScheme::Socks5h,
            _ => {
                return Err(
                    "a proxy's address begins with http://, https://, socks5:// or \
                            socks5h://"
                        .to_owned(),
                )
            }
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if tail.contains('@') {
            return Err(
                "in a proxy's user name or password write / as %2F, ? as %3F, # as %23 and @ as \
                 %40"
                .to_owned(),
            );
        }
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority),
        };
        let (host, port) = split_port(place)?;
        Ok(Self {
            kind,
            host: host_of(host)?,
            port: port.unwrap_or(if kind == ProxyScheme::Https {
                443
            } else {
                1080
            }),
            credentials: login.map(credentials_of).transpose()?,
            variable: None,
        })
    }

    /// Where a proxy that the user did not name comes from, and how to go without it.
    pub(super) fn origin(&self) -> Option<String> {
        let name = self.variable?;
        Some(format!(
            "{name} in the environment names this proxy; -x '' goes without it"
        ))
    }
}

fn split_port(place: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (place, ""),
    };
    if host.contains(':') && !host.starts_with('[') {
        return Err(
            "a proxy's IPv6 address stands in brackets, as in http://[::1]:8080".to_owned(),
        );
    }
    if port.is_empty() {
        return Ok((host, None));
    }
    match port.parse() {
        Ok(number) if number != 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((host, Some(number)))
        }
        // Not quoted: of `user:pass` without a host it is the password.
        _ => Err("a proxy's port is a number from 1 to 65535".to_owned()),
    }
}

fn host_of(host: &str) -> Result<String, String> {
    match url::Host::parse(host) {
        Ok(url::Host::Domain(name)) if has_empty_label(&name) => {
            Err(format!("invalid host name of the proxy: {EMPTY_LABEL}"))
        }
        Ok(url::Host::Domain(name)) => Ok(name),
        Ok(url::Host::Ipv4(address)) => Ok(address.to_string()),
        Ok(url::Host::Ipv6(address)) => Ok(address.to_string()),
        Err(_) if host.is_empty() => {
            Err("a proxy's address has a host: write it as http://HOST:PORT".to_owned())
        }
        Err(_) => Err("a proxy's host is a name or an address, as in http://HOST:PORT".to_owned()),
    }
}

fn credentials_of(login: &str) -> Result<Credentials, String> {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let decoded = |text| {
        percent_decoded(text)
            .ok_or_else(|| "a proxy's user name and password must be UTF-8".to_owned())
    };
    Ok(Credentials {
        user: decoded(user)?,
        password: decoded(password)?,
    })
}

/// Host and port, an IPv6 address in brackets.
pub(super) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// The host as an address, if it is one.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
    Some(host.parse::<IpAddr>().ok()?.to_canonical())
}

#[cfg(test)]
mod tests {
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
}
