//! Hosts and ports. All parsing and printing of them is done here.
//!
//! Names with an empty label are rejected everywhere. They cannot be resolved, and TLS libraries
//! give them special meanings: to OpenSSL, `.example` matches a certificate for any name below
//! `example`, and an empty name matches every certificate.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use url::ParseError;

use super::address::{parse_zone, split_zone, Address};
use super::host_error::HostError;

/// The host of a URL (RFC 3986 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name in ASCII and lower case. International names are in Punycode (RFC 3490).
    Name(String),
    /// An IP address.
    Ip(Address),
}

impl FromStr for Host {
    type Err = HostError;

    /// Parses a name, an IPv4 address, or an IPv6 address in brackets, as the WHATWG URL Standard
    /// does. In addition, an IPv6 address can have a zone (RFC 6874).
    fn from_str(text: &str) -> Result<Self, HostError> {
        if let Some((ip, Some(zone))) = inside_brackets(text).map(split_zone) {
            let Self::Ip(address) = format!("[{ip}]").parse()? else {
                return Err(HostError::Ipv6(text.to_owned()));
            };
            let zone = parse_zone(zone).ok_or_else(|| HostError::Zone(text.to_owned()))?;
            return Ok(Self::Ip(Address {
                zone: Some(zone),
                ..address
            }));
        }
        match url::Host::parse(text) {
            Ok(url::Host::Domain(name)) if has_empty_label(&name) => {
                Err(HostError::EmptyLabel(text.to_owned()))
            }
            Ok(url::Host::Domain(name)) => Ok(Self::Name(name)),
            Ok(url::Host::Ipv4(address)) => Ok(Self::Ip(IpAddr::from(address).into())),
            Ok(url::Host::Ipv6(address)) => Ok(Self::Ip(IpAddr::from(address).into())),
            Err(_) if text.is_empty() => Err(HostError::Missing),
            Err(ParseError::InvalidIpv4Address) => Err(HostError::Ipv4(text.to_owned())),
            Err(ParseError::InvalidIpv6Address) => Err(HostError::Ipv6(text.to_owned())),
            Err(_) => Err(HostError::Name(text.to_owned())),
        }
    }
}

impl fmt::Display for Host {
    /// The form for URLs: an IPv6 address is in brackets, with `%25` before its zone (RFC 6874 §2).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(Address { ip, zone }) => match (ip, zone) {
                (IpAddr::V4(ip), _) => ip.fmt(f),
                (IpAddr::V6(ip), None) => write!(f, "[{ip}]"),
                (IpAddr::V6(ip), Some(zone)) => write!(f, "[{ip}%25{zone}]"),
            },
        }
    }
}

impl Host {
    /// The form for SNI and certificates: an IPv6 address has neither brackets nor zone.
    #[must_use]
    pub fn without_brackets(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Ip(address) => address.ip.to_string(),
        }
    }

    /// The host as sent to other machines. A zone is only meaningful on this machine (RFC 6874 §4).
    #[must_use]
    pub fn without_zone(&self) -> Self {
        match self {
            Self::Name(_) => self.clone(),
            Self::Ip(address) => Self::Ip(address.ip.into()),
        }
    }

    /// The IP address, with an IPv4-mapped one converted to IPv4; `None` for a name.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::Ip(address) => Some(address.ip.to_canonical()),
        }
    }

    /// Whether the host is `localhost`, a name below it (RFC 6761 §6.3), or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost")
            }
            Self::Ip(address) => address.ip.to_canonical().is_loopback(),
        }
    }
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

impl HostPort {
    /// Parses `HOST[:PORT]`. Uses `default_port` if the port is missing or empty.
    ///
    /// # Errors
    ///
    /// Why the host or the port is invalid.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, HostError> {
        let (host, port) = split_port(text)?;
        // The port is checked first: in `user:password` without a host, the port is what is
        // invalid.
        let port = match port {
            None | Some("") => default_port,
            Some(port) => parse_port(port)?,
        };
        let host = host.parse()?;
        Ok(Self { host, port })
    }

    /// The address to connect to; `None` if the host or its zone is a name.
    #[must_use]
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match &self.host {
            Host::Name(_) => None,
            Host::Ip(address) => address.socket_addr(self.port),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl From<SocketAddr> for HostPort {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: Host::Ip(address.into()),
            port: address.port(),
        }
    }
}

impl ToSocketAddrs for HostPort {
    type Iter = std::vec::IntoIter<SocketAddr>;

    /// Calls the resolver if the host or its zone is a name.
    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        if let Some(address) = self.socket_addr() {
            return Ok(vec![address].into_iter());
        }
        match &self.host {
            Host::Name(name) => (name.as_str(), self.port).to_socket_addrs(),
            Host::Ip(address) => (address.to_string().as_str(), self.port).to_socket_addrs(),
        }
    }
}

/// Parses a port: decimal digits, from 1 to 65535.
///
/// # Errors
///
/// [`HostError::Port`].
pub fn parse_port(text: &str) -> Result<u16, HostError> {
    match text.parse() {
        Ok(port) if port != 0 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err(HostError::Port(text.to_owned())),
    }
}

/// Splits `HOST[:PORT]` at the colon without checking the parts. The brackets of an IPv6 address
/// are kept.
///
/// # Errors
///
/// What is wrong with the brackets or the colons.
pub fn split_port(text: &str) -> Result<(&str, Option<&str>), HostError> {
    if text.starts_with('[') {
        let end = text.find(']').ok_or(HostError::UnclosedBracket)?;
        let (host, rest) = text.split_at(end + 1);
        return match rest.strip_prefix(':') {
            _ if rest.is_empty() => Ok((host, None)),
            Some(port) => Ok((host, Some(port))),
            None => Err(HostError::AfterBracket),
        };
    }
    match text.split_once(':') {
        None => Ok((text, None)),
        Some((_, rest)) if rest.contains(':') => Err(match text.parse() {
            Ok(address) => HostError::BareIpv6(address),
            Err(_) => HostError::Colons,
        }),
        Some((host, port)) => Ok((host, Some(port))),
    }
}

/// The text inside the brackets; `None` if there are none.
#[must_use]
pub fn inside_brackets(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

/// Whether a label of `name` is empty (RFC 1034 §3.1), as in `.example`, `a..b`, `.` and the empty
/// name. The dot at the end of an absolute name (`example.org.`) is allowed.
#[must_use]
pub fn has_empty_label(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.split('.').any(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, HostError> {
        HostPort::parse(text, 80).map(|it| it.to_string())
    }

    #[test]
    fn hosts_and_ports_are_parsed_and_printed() {
        for (text, printed) in [
            ("h", "h:80"),
            ("H:", "h:80"),
            ("h:1", "h:1"),
            ("h:00080", "h:80"),
            ("127.0.0.1:65535", "127.0.0.1:65535"),
            ("[::1]", "[::1]:80"),
            ("[::1]:9", "[::1]:9"),
            ("[fe80::1%eth0]:9", "[fe80::1%25eth0]:9"),
            ("[fe80::1%25eth0]", "[fe80::1%25eth0]:80"),
            ("[::FFFF:10.0.0.1]:9", "[::ffff:10.0.0.1]:9"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example:80"),
            ("example.org.", "example.org.:80"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(printed), "{text}");
        }
        for (text, error) in [
            ("", "missing host"),
            (":80", "missing host"),
            ("[::1", "missing ']' after the IPv6 address"),
            ("[::1]9", "unexpected text after the IPv6 address"),
            ("::1", "an IPv6 address needs brackets"),
            ("a:b:c", "more than one colon in the host and port"),
            ("h:0", "invalid port '0': not a number from 1 to 65535"),
            ("h:+1", "invalid port '+1': not a number from 1 to 65535"),
            (
                "h:65536",
                "invalid port '65536': not a number from 1 to 65535",
            ),
            ("1.2.3.256", "invalid IPv4 address '1.2.3.256'"),
            ("[::g]", "invalid IPv6 address '[::g]'"),
            (
                "[fe80::1%]",
                "invalid zone in the IPv6 address '[fe80::1%]'",
            ),
            ("[1.2.3.4%a]", "invalid IPv6 address '[1.2.3.4]'"),
            (
                "a..b",
                "invalid host name 'a..b': it has an empty label; remove the extra dot",
            ),
        ] {
            let wrong = parse(text).expect_err(text);
            assert_eq!(wrong.to_string(), error, "{text}");
            if let Some(value) = wrong.value() {
                assert!(!wrong.without_value().contains(value), "{text}");
            }
        }
    }

    #[test]
    fn ipv4_mapped_addresses_are_converted_to_ipv4() {
        let host: Host = "[::ffff:127.0.0.1]".parse().expect("an address");
        assert_eq!(host.ip(), Some(IpAddr::from([127, 0, 0, 1])));
        assert!(host.is_loopback());
        assert_eq!(host.without_brackets(), "::ffff:127.0.0.1");
    }

    #[test]
    fn has_empty_label_finds_empty_labels() {
        for name in ["", ".", "..", ".a", "a..", "a..b", "a.b..", ".a.b"] {
            assert!(has_empty_label(name), "{name:?}");
        }
        for name in ["a", "a.", "a.b", "a.b.", "127.0.0.1", "::1", "_a.b-c"] {
            assert!(!has_empty_label(name), "{name:?}");
        }
    }
}
