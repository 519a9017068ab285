//! How a server is reached: address family, name resolution and other hosts.
//!
//! The options are curl's: `--resolve`, `--connect-to`, `--unix-socket`, `-4` and `-6`. None of
//! them changes what is sent to the server: the Host header and the TLS server name are those of
//! the URL.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::target::host::{inside_brackets, parse_port, Host, HostPort};
use crate::target::Address;
use crate::target::HostError;

/// The address families to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// Only IPv4.
    V4,
    /// Only IPv6.
    V6,
}

impl Family {
    /// Whether an address may be used. An IPv4-mapped address counts as IPv4.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.to_canonical().is_ipv4(),
            Self::V6 => address.to_canonical().is_ipv6(),
        }
    }
}

/// A `--resolve` option: the addresses of a host and port, instead of the resolver's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveRule {
    /// The host; `None` for every host.
    pub host: Option<Host>,
    /// The port.
    pub port: u16,
    /// The addresses, at least one.
    pub addresses: Vec<Address>,
}

/// A `--connect-to` option: what to connect to instead of a host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectToRule {
    /// The host in the URL; `None` for every host.
    pub host: Option<Host>,
    /// The port in the URL; `None` for every port.
    pub port: Option<u16>,
    /// The host to connect to; `None` for that of the URL.
    pub to_host: Option<Host>,
    /// The port to connect to; `None` for that of the URL.
    pub to_port: Option<u16>,
}

/// The options for reaching a server.
#[derive(Clone, Debug, Default)]
pub struct RouteOptions {
    /// The address families to use.
    pub family: Family,
    /// The `--resolve` rules. The first match is used; rules for a host are preferred to those for
    /// every host.
    pub resolve: Vec<ResolveRule>,
    /// The `--connect-to` rules. The first match is used.
    pub connect_to: Vec<ConnectToRule>,
    /// The Unix socket to connect to instead.
    pub unix_socket: Option<PathBuf>,
}

impl RouteOptions {
    /// The host and port to connect to for `to`, according to `--connect-to`.
    #[must_use]
    pub fn destination(&self, to: &HostPort) -> HostPort {
        let matches = |rule: &&ConnectToRule| {
            rule.host.as_ref().is_none_or(|host| *host == to.host)
                && rule.port.is_none_or(|port| port == to.port)
        };
        let Some(rule) = self.connect_to.iter().find(matches) else {
            return to.clone();
        };
        HostPort {
            host: rule.to_host.as_ref().unwrap_or(&to.host).clone(),
            port: rule.to_port.unwrap_or(to.port),
        }
    }

    /// The addresses of `to` according to `--resolve`.
    #[must_use]
    pub fn resolved(&self, to: &HostPort) -> Option<&[Address]> {
        let mut at_port = self.resolve.iter().filter(|rule| rule.port == to.port);
        let rule = at_port
            .clone()
            .find(|rule| rule.host.as_ref() == Some(&to.host))
            .or_else(|| at_port.find(|rule| rule.host.is_none()))?;
        Some(&rule.addresses)
    }
}

impl ResolveRule {
    /// Parses `HOST:PORT:ADDR[,ADDR]` as curl does. `*` matches every host; IPv6 addresses may be
    /// in brackets.
    ///
    /// # Errors
    ///
    /// The invalid part and what is expected, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        const FORM: &str = "expected HOST:PORT:ADDRESS[,ADDRESS], as in \
                            example.org:443:127.0.0.1 or *:80:[::1]";
        // In curl, `+` lets an entry expire, which makes no difference here.
        let text = text.strip_prefix('+').unwrap_or(text);
        let (host, rest) = split_part(text);
        let (port, addresses) = rest.map(split_part).ok_or(FORM)?;
        let addresses = addresses.filter(|text| !text.is_empty()).ok_or(FORM)?;
        let host = match host {
            "" => return Err(FORM.to_owned()),
            "*" => None,
            name => Some(parse_host(name)?),
        };
        let parse_address = |text: &str| {
            Address::parse(inside_brackets(text).unwrap_or(text))
                .ok_or_else(|| format!("invalid IP address '{text}': {FORM}"))
        };
        Ok(Self {
            host,
            port: parse_port(port).map_err(|error| error.to_string())?,
            addresses: addresses
                .split(',')
                .map(parse_address)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl ConnectToRule {
    /// Parses `HOST1:PORT1:HOST2:PORT2` as curl does. An empty HOST1 or PORT1 matches all, an empty
    /// HOST2 or PORT2 is that of the URL.
    ///
    /// # Errors
    ///
    /// The invalid part and what is expected, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        const FORM: &str = "expected HOST1:PORT1:HOST2:PORT2, each of which may be empty, as in \
                            example.org:443:localhost:8443";
        let mut rest = Some(text);
        let mut parts = [""; 4];
        for part in &mut parts {
            let (first, more) = split_part(rest.ok_or(FORM)?);
            *part = first;
            rest = more;
        }
        if rest.is_some() {
            return Err(FORM.to_owned());
        }
        let host = |text| unless_empty(text, parse_host);
        let port = |text| unless_empty(text, parse_port).map_err(|error| error.to_string());
        Ok(Self {
            host: host(parts[0])?,
            port: port(parts[1])?,
            to_host: host(parts[2])?,
            to_port: port(parts[3])?,
        })
    }
}

fn parse_host(text: &str) -> Result<Host, String> {
    text.parse().map_err(|error: HostError| error.to_string())
}

fn unless_empty<T, E>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, E> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some)
}

/// Splits at the first colon outside brackets.
fn split_part(text: &str) -> (&str, Option<&str>) {
    let mut inside = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            ':' if !inside => return (&text[..at], Some(&text[at + 1..])),
            _ => {}
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn name(text: &str) -> Host {
        text.parse().expect("a host")
    }

    fn host_port(text: &str) -> HostPort {
        HostPort::parse(text, 1).expect("a host")
    }

    #[test]
    fn resolve_rules_are_parsed_as_curl_does() {
        for (text, host, port, addresses) in [
            ("h:80:127.0.0.1", Some("h"), 80, &["127.0.0.1"][..]),
            ("+H:80:127.0.0.1", Some("h"), 80, &["127.0.0.1"]),
            ("*:443:[::1],127.0.0.1", None, 443, &["::1", "127.0.0.1"]),
            ("h:80:::1", Some("h"), 80, &["::1"]),
            (
                "h:80:fe80::1%eth0,[fe80::1%25eth1]",
                Some("h"),
                80,
                &["fe80::1%eth0", "fe80::1%eth1"],
            ),
            ("[::1]:80:10.0.0.1", Some("[::1]"), 80, &["10.0.0.1"]),
            (
                "bücher.example:1:::2",
                Some("xn--bcher-kva.example"),
                1,
                &["::2"],
            ),
        ] {
            let pin = ResolveRule::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(pin.host, host.map(name), "{text}");
            assert_eq!(pin.port, port, "{text}");
            let parsed: Vec<_> = pin.addresses.iter().map(ToString::to_string).collect();
            assert_eq!(parsed, addresses, "{text}");
        }
        for (text, says) in [
            ("", "HOST:PORT:ADDRESS"),
            ("h", "HOST:PORT:ADDRESS"),
            ("h:80", "HOST:PORT:ADDRESS"),
            ("h:80:", "HOST:PORT:ADDRESS"),
            ("-h:80", "HOST:PORT:ADDRESS"),
            (":80:::1", "HOST:PORT:ADDRESS"),
            ("h:x:::1", "invalid port 'x'"),
            ("h:0:::1", "invalid port '0'"),
            ("h:+1:::1", "invalid port '+1'"),
            ("h:80:name", "invalid IP address 'name'"),
            ("h:80:127.0.0.1,", "invalid IP address ''"),
            ("h:80:fe80::1%", "invalid IP address 'fe80::1%'"),
            ("a<b:80:::1", "invalid host name 'a<b'"),
            (".a:80:::1", "invalid host name '.a': it has an empty label"),
        ] {
            let complaint = ResolveRule::parse(text).expect_err(text);
            assert!(complaint.contains(says), "{text}: {complaint}");
        }
    }

    #[test]
    fn connect_to_rules_are_parsed_as_curl_does() {
        let detour =
            |text: &str| ConnectToRule::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(
            detour("A:1:[::1]:2"),
            ConnectToRule {
                host: Some(name("a")),
                port: Some(1),
                to_host: Some(name("[::1]")),
                to_port: Some(2),
            }
        );
        assert_eq!(
            detour(":::"),
            ConnectToRule {
                host: None,
                port: None,
                to_host: None,
                to_port: None,
            }
        );
        assert_eq!(
            detour("::[fe80::1%25eth0]:").to_host,
            Some(name("[fe80::1%eth0]"))
        );
        for (text, says) in [
            ("", "HOST1:PORT1"),
            ("a:1:b", "HOST1:PORT1"),
            ("a:1:b:2:c", "HOST1:PORT1"),
            ("::1:80:b:2", "HOST1:PORT1"),
            ("a:1:b:x", "invalid port 'x'"),
            ("a:1:b c:2", "invalid host name 'b c'"),
            ("a:1:b..c:2", "'b..c': it has an empty label"),
            (".:1:b:2", "'.': it has an empty label"),
        ] {
            let complaint = ConnectToRule::parse(text).expect_err(text);
            assert!(complaint.contains(says), "{text}: {complaint}");
        }
    }

    #[test]
    fn first_matching_connect_to_rule_is_used() {
        let options = RouteOptions {
            connect_to: ["a:1:b:2", "a::c:", ":9::10"]
                .iter()
                .map(|text| ConnectToRule::parse(text).expect("a detour"))
                .collect(),
            ..RouteOptions::default()
        };
        for (from, to) in [
            ("a:1", "b:2"),
            ("a:3", "c:3"),
            ("d:9", "d:10"),
            ("d:8", "d:8"),
        ] {
            assert_eq!(
                options.destination(&host_port(from)),
                host_port(to),
                "{from}"
            );
        }
    }

    #[test]
    fn resolve_rules_for_a_host_are_preferred() {
        let options = RouteOptions {
            resolve: ["*:80:10.0.0.1", "h:80:10.0.0.2", "h:80:10.0.0.3"]
                .iter()
                .map(|text| ResolveRule::parse(text).expect("a pin"))
                .collect(),
            ..RouteOptions::default()
        };
        assert_eq!(
            options.resolved(&host_port("h:80")),
            Some(&[ip("10.0.0.2").into()][..])
        );
        assert_eq!(
            options.resolved(&host_port("x:80")),
            Some(&[ip("10.0.0.1").into()][..])
        );
        assert_eq!(options.resolved(&host_port("h:81")), None);
    }

    #[test]
    fn family_allows_its_addresses_only() {
        for (family, v4, v6, mapped) in [
            (Family::Any, true, true, true),
            (Family::V4, true, false, true),
            (Family::V6, false, true, false),
        ] {
            assert_eq!(family.allows(ip("127.0.0.1")), v4);
            assert_eq!(family.allows(ip("::1")), v6);
            assert_eq!(family.allows(ip("::ffff:127.0.0.1")), mapped);
        }
    }
}
