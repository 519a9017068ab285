//! IP addresses, including IPv6 addresses with a zone (RFC 4007 §11).

use std::fmt;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use super::percent::percent_decode;

/// An IP address. An IPv6 address can have a zone: the name or number of the network interface to
/// use, which a link-local address requires.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// The address without its zone.
    pub ip: IpAddr,
    /// The zone, for example `eth0` or `2`. Only IPv6 addresses have one.
    pub zone: Option<String>,
}

impl Address {
    /// Parses an address without brackets, with a zone after `%` or, as in URLs, `%25`
    /// (RFC 6874 §2); `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (ip, zone) = split_zone(text);
        let ip: IpAddr = ip.parse().ok()?;
        let zone = match zone {
            Some(_) if ip.is_ipv4() => return None,
            Some(zone) => Some(parse_zone(zone)?),
            None => None,
        };
        Some(Self { ip, zone })
    }

    /// The address to connect to; `None` if the zone is an interface name, whose number only the
    /// resolver can look up.
    #[must_use]
    pub fn socket_addr(&self, port: u16) -> Option<SocketAddr> {
        match (&self.zone, self.ip) {
            (Some(zone), IpAddr::V6(ip)) => {
                let number = zone.parse().ok()?;
                Some(SocketAddrV6::new(ip, port, 0, number).into())
            }
            _ => Some(SocketAddr::new(self.ip, port)),
        }
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self { ip, zone: None }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        let zone = match address {
            SocketAddr::V6(v6) if v6.scope_id() != 0 => Some(v6.scope_id().to_string()),
            _ => None,
        };
        Self {
            ip: address.ip(),
            zone,
        }
    }
}

impl fmt::Display for Address {
    /// The form that resolvers accept: the zone after `%`, no brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.zone {
            Some(zone) => write!(f, "{}%{zone}", self.ip),
            None => self.ip.fmt(f),
        }
    }
}

/// Splits `text` at the first `%` into the address and the zone.
pub(super) fn split_zone(text: &str) -> (&str, Option<&str>) {
    match text.split_once('%') {
        Some((ip, zone)) => (ip, Some(zone)),
        None => (text, None),
    }
}

/// Parses the zone, which follows the `%`; `None` if it can't be an interface.
pub(super) fn parse_zone(text: &str) -> Option<String> {
    let encoded = text.strip_prefix("25").filter(|rest| !rest.is_empty());
    let zone = percent_decode(encoded.unwrap_or(text))?;
    let is_invalid =
        |letter: char| letter.is_whitespace() || letter.is_control() || "%/?#[]@".contains(letter);
    (!zone.is_empty() && !zone.contains(is_invalid)).then_some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_parsed_and_printed() {
        for (text, printed) in [
            ("127.0.0.1", Some("127.0.0.1")),
            ("::1", Some("::1")),
            ("fe80::1%eth0", Some("fe80::1%eth0")),
            ("fe80::1%25eth0", Some("fe80::1%eth0")),
            ("fe80::1%25wl%2Dan", Some("fe80::1%wl-an")),
            ("FE80::1%2", Some("fe80::1%2")),
            // An interface whose number is 25.
            ("fe80::1%25", Some("fe80::1%25")),
            ("fe80::1%", None),
            ("fe80::1%a b", None),
            ("fe80::1%a/b", None),
            ("fe80::1%25%00", None),
            ("127.0.0.1%eth0", None),
            ("name%eth0", None),
            ("[::1]", None),
        ] {
            let address = Address::parse(text).map(|it| it.to_string());
            assert_eq!(address.as_deref(), printed, "{text}");
        }
    }

    #[test]
    fn numeric_zone_is_the_scope_id_of_the_socket_address() {
        for (text, socket) in [
            ("127.0.0.1", Some("127.0.0.1:9")),
            ("fe80::1", Some("[fe80::1]:9")),
            ("fe80::1%3", Some("[fe80::1%3]:9")),
            ("fe80::1%eth0", None),
        ] {
            let address = Address::parse(text).expect("an address");
            let found = address.socket_addr(9);
            assert_eq!(found.map(|it| it.to_string()).as_deref(), socket, "{text}");
            if let Some(found) = found {
                assert_eq!(Address::from(found), address, "{text}");
            }
        }
    }
}
