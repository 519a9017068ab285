//! Proxy URLs, as in `-x` and environment variables.

use std::fmt;

use crate::http::Credentials;
use crate::target::{percent_decode, HostError, HostPort};

/// The protocol of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyScheme {
    /// HTTP CONNECT (RFC 9110 §9.3.6).
    Http,
    /// HTTP CONNECT over TLS.
    Https,
    /// SOCKS 5 (RFC 1928); names are resolved locally.
    Socks5,
    /// SOCKS 5; names are resolved by the proxy.
    Socks5h,
}

impl ProxyScheme {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// The port of a URL without a port, the same as in curl.
    fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http | Self::Socks5 | Self::Socks5h => 1080,
        }
    }

    pub(super) fn is_socks(self) -> bool {
        matches!(self, Self::Socks5 | Self::Socks5h)
    }
}

/// A proxy. `Display` leaves out the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// The protocol.
    pub scheme: ProxyScheme,
    /// The proxy's host and port.
    pub host_port: HostPort,
    /// The user name and password in the URL.
    pub credentials: Option<Credentials>,
    /// The environment variable that the proxy is from, if any.
    pub variable: Option<&'static str>,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.host_port)
    }
}

impl Proxy {
    /// Parses `[SCHEME://][USER:PASS@]HOST[:PORT]`. As in curl, the default scheme is `http`, and
    /// the default port is 443 for `https` and 1080 for all others. `socks` means `socks5h`. A path
    /// is ignored.
    ///
    /// # Errors
    ///
    /// What is invalid, without anything that may be part of a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => ProxyScheme::Http,
            "https" => ProxyScheme::Https,
            "socks5" => ProxyScheme::Socks5,
            // Chrome reads `socks` like this; desktop settings and proxy tools use it.
            "socks5h" | "socks" => ProxyScheme::Socks5h,
            other => return Err(unsupported(other)),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if tail.contains('@') {
            return Err(
                "could not parse the URL; in a user name or password write / as %2F, ? as %3F, # \
                 as %23 and @ as %40"
                    .to_owned(),
            );
        }
        let (login, host_port) = match authority.rsplit_once('@') {
            Some((login, host_port)) => (Some(login), host_port),
            None => (None, authority),
        };
        Ok(Self {
            scheme,
            host_port: HostPort::parse(host_port, scheme.default_port())
                .map_err(|error| describe(&error))?,
            credentials: login.map(parse_credentials).transpose()?,
            variable: None,
        })
    }

    /// The environment variable that the proxy is from, and how to connect without a proxy; `None`
    /// if it is from `-x`.
    pub(super) fn origin(&self) -> Option<String> {
        let name = self.variable?;
        Some(format!(
            "the environment variable {name} sets this proxy; -x '' connects without it"
        ))
    }
}

/// The error for an unsupported scheme. It is quoted unless it may be part of a password.
fn unsupported(scheme: &str) -> String {
    let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
    let quoted = match scheme.len() {
        1..=16 if scheme.chars().all(is_scheme) => format!(" '{scheme}://'"),
        _ => String::new(),
    };
    format!("unsupported proxy scheme{quoted}; use http://, https://, socks5:// or socks5h://")
}

/// The error without the value: in `user:pass` without a host, the port is the password.
fn describe(error: &HostError) -> String {
    let problem = error.without_value();
    match error {
        HostError::Missing | HostError::Name(_) => {
            format!("{problem}; write it as http://HOST:PORT")
        }
        HostError::BareIpv6(_) | HostError::Colons | HostError::UnclosedBracket => {
            format!("{problem}; write it as http://[::1]:8080")
        }
        _ => problem,
    }
}

fn parse_credentials(login: &str) -> Result<Credentials, String> {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let decode = |text| {
        percent_decode(text).ok_or_else(|| "the user name or password is not UTF-8".to_owned())
    };
    Ok(Credentials {
        user: decode(user)?,
        password: decode(password)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_urls_are_parsed_as_curl_does() {
        for (text, is) in [
            ("h", "http://h:1080"),
            ("h:3128", "http://h:3128"),
            ("http://h", "http://h:1080"),
            ("http://h:80/", "http://h:80"),
            ("HTTPS://h", "https://h:443"),
            ("https://h:8443/path?x", "https://h:8443"),
            ("socks5://h", "socks5://h:1080"),
            ("socks5h://h:9", "socks5h://h:9"),
            ("Socks://h/", "socks5h://h:1080"),
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
    fn credentials_are_decoded_and_hidden() {
        for (text, user, password) in [
            ("http://bob:a%40b%2f@h", "bob", "a@b/"),
            ("bob@h:1", "bob", ""),
            ("bob:a:b@h:1", "bob", "a:b"),
            ("http://bob:p@w@h", "bob", "p@w"),
        ] {
            let proxy = Proxy::parse(text).expect("a proxy");
            assert_eq!(proxy.host_port.host.to_string(), "h");
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
    fn proxy_url_errors_do_not_quote_passwords() {
        for (text, says) in [
            (
                "socks4://h",
                "unsupported proxy scheme 'socks4://'; use http://,",
            ),
            ("u:hush://h", "unsupported proxy scheme; use http://,"),
            ("ftp://u:hush@h", "unsupported proxy scheme"),
            ("http://", "missing host; write it as http://HOST:PORT"),
            ("http://u:hush@", "missing host"),
            (
                "http://u:hush@h:0",
                "invalid port: not a number from 1 to 65535",
            ),
            ("u:hush", "invalid port: not a number"),
            ("http://u:hu/sh@h", "write / as %2F"),
            (
                "http://::1",
                "needs brackets; write it as http://[::1]:8080",
            ),
            ("http://a b", "invalid host name: "),
            ("http://[::1", "missing ']'"),
            ("http://u:hush%ff@h", "not UTF-8"),
            ("https://u:hush@.h", "it has an empty label"),
            ("https://hush..h", "it has an empty label"),
        ] {
            let sentence = Proxy::parse(text).expect_err("it is wrong");
            assert!(sentence.contains(says), "{text}: {sentence}");
            assert!(!sentence.contains("hush"), "{sentence}");
        }
    }
}
