//! Which way a connection goes: what the user said of families, names and addresses.
//!
//! The values are curl's: `--resolve`, `--connect-to`, `--unix-socket`, `-4` and `-6`. None of
//! them changes what the server is told: the Host field and the name in TLS stay the address's.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use url::Host;

use crate::target::host;

/// The addresses that are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Whatever there is.
    #[default]
    Any,
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
}

impl Family {
    /// Whether an address of this family is used. An IPv4 address in IPv6's clothes travels
    /// over IPv4.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.to_canonical().is_ipv4(),
            Self::V6 => address.to_canonical().is_ipv6(),
        }
    }
}

/// One `--resolve`: the addresses of a name at a port, which the resolver is not asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveRule {
    /// The name as the address has it; `None` for every one.
    pub host: Option<String>,
    /// The port.
    pub port: u16,
    /// Its addresses; not empty.
    pub addresses: Vec<IpAddr>,
}

/// One `--connect-to`: what is connected to instead of a host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectToRule {
    /// The host in the address; `None` for every one.
    pub host: Option<String>,
    /// The port in the address; `None` for every one.
    pub port: Option<u16>,
    /// The host to connect to; `None` for the same.
    pub to_host: Option<String>,
    /// The port to connect to; `None` for the same.
    pub to_port: Option<u16>,
}

/// What the user said of the way.
#[derive(Clone, Debug, Default)]
pub struct RouteOptions {
    /// The family of addresses.
    pub family: Family,
    /// Addresses that are known; the first that fits counts, one for a name before one for all.
    pub resolve: Vec<ResolveRule>,
    /// Other places to connect to; the first that fits counts.
    pub connect_to: Vec<ConnectToRule>,
    /// A Unix socket to connect to instead of everything else.
    pub unix_socket: Option<PathBuf>,
}

impl RouteOptions {
    /// What is connected to for `host` and `port`.
    #[must_use]
    pub fn detour<'a>(&'a self, host: &'a str, port: u16) -> (&'a str, u16) {
        let fits = |detour: &&ConnectToRule| {
            detour.host.as_deref().is_none_or(|from| from == host)
                && detour.port.is_none_or(|from| from == port)
        };
        match self.connect_to.iter().find(fits) {
            Some(detour) => (
                detour.to_host.as_deref().unwrap_or(host),
                detour.to_port.unwrap_or(port),
            ),
            None => (host, port),
        }
    }

    /// The addresses that the user gave for `host` and `port`.
    #[must_use]
    pub fn pinned(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let mut at_port = self.resolve.iter().filter(|pin| pin.port == port);
        let pin = at_port
            .clone()
            .find(|pin| pin.host.as_deref() == Some(host))
            .or_else(|| at_port.find(|pin| pin.host.is_none()))?;
        let addresses = pin.addresses.iter();
        Some(addresses.map(|&ip| SocketAddr::new(ip, port)).collect())
    }
}

impl ResolveRule {
    /// Reads `HOST:PORT:ADDR[,ADDR]` as curl does: `*` is every host, IPv6 may stand in brackets.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        const RIGHT: &str = "it is written HOST:PORT:ADDRESS[,ADDRESS], as in \
                             example.org:443:127.0.0.1 or *:80:[::1]";
        // curl's `+` lets an entry grow old, which makes no difference here.
        let text = text.strip_prefix('+').unwrap_or(text);
        let (host, rest) = split_part(text);
        let (port, addresses) = rest.map(split_part).ok_or(RIGHT)?;
        let addresses = addresses.filter(|text| !text.is_empty()).ok_or(RIGHT)?;
        let host = match host {
            "" => return Err(RIGHT.to_owned()),
            "*" => None,
            name => Some(read_host(name)?),
        };
        let read = |text: &str| {
            let bare = text
                .strip_prefix('[')
                .and_then(|text| text.strip_suffix(']'));
            bare.unwrap_or(text)
                .parse()
                .map_err(|_| format!("'{text}' is no IP address: {RIGHT}"))
        };
        Ok(Self {
            host,
            port: read_port(port)?,
            addresses: addresses.split(',').map(read).collect::<Result<_, _>>()?,
        })
    }
}

impl ConnectToRule {
    /// Reads `HOST1:PORT1:HOST2:PORT2` as curl does: what is empty means every one on the left, and
    /// the same on the right.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        const RIGHT: &str =
            "it is written HOST1:PORT1:HOST2:PORT2, each of which may be empty, as in \
                             example.org:443:localhost:8443";
        let mut rest = Some(text);
        let mut parts = [""; 4];
        for part in &mut parts {
            let (first, more) = split_part(rest.ok_or(RIGHT)?);
            *part = first;
            rest = more;
        }
        if rest.is_some() {
            return Err(RIGHT.to_owned());
        }
        let [host, port, to_host, to_port] = parts;
        Ok(Self {
            host: unless_empty(host, read_host)?,
            port: unless_empty(port, read_port)?,
            to_host: unless_empty(to_host, read_host)?,
            to_port: unless_empty(to_port, read_port)?,
        })
    }
}

fn unless_empty<T>(
    text: &str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some)
}

/// Parts at the first colon that stands in no brackets.
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

/// A host as [`Target`](crate::target::Target) has it: in ASCII, IPv6 without its brackets.
fn read_host(text: &str) -> Result<String, String> {
    match Host::parse(text) {
        Ok(Host::Domain(name)) if host::has_empty_label(&name) => {
            Err(format!("invalid host name '{text}': {}", host::EMPTY_LABEL))
        }
        Ok(Host::Domain(name)) => Ok(name),
        Ok(Host::Ipv4(address)) => Ok(address.to_string()),
        Ok(Host::Ipv6(address)) => Ok(address.to_string()),
        Err(_) => Err(format!(
            "'{text}' is no host: a name, an IPv4 address, or an IPv6 address in brackets"
        )),
    }
}

fn read_port(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(port) if port != 0 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err(format!(
            "'{text}' is no port: a port is a number from 1 to 65535"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn socket(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn pins_are_read_as_curl_reads_them() {
        for (text, host, port, addresses) in [
            ("h:80:127.0.0.1", Some("h"), 80, &["127.0.0.1"][..]),
            ("+H:80:127.0.0.1", Some("h"), 80, &["127.0.0.1"]),
            ("*:443:[::1],127.0.0.1", None, 443, &["::1", "127.0.0.1"]),
            ("h:80:::1", Some("h"), 80, &["::1"]),
            ("[::1]:80:10.0.0.1", Some("::1"), 80, &["10.0.0.1"]),
            (
                "bücher.example:1:::2",
                Some("xn--bcher-kva.example"),
                1,
                &["::2"],
            ),
        ] {
            let pin = ResolveRule::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(pin.host.as_deref(), host, "{text}");
            assert_eq!(pin.port, port, "{text}");
            let addresses: Vec<_> = addresses.iter().map(|text| ip(text)).collect();
            assert_eq!(pin.addresses, addresses, "{text}");
        }
        for (text, says) in [
            ("", "HOST:PORT:ADDRESS"),
            ("h", "HOST:PORT:ADDRESS"),
            ("h:80", "HOST:PORT:ADDRESS"),
            ("h:80:", "HOST:PORT:ADDRESS"),
            ("-h:80", "HOST:PORT:ADDRESS"),
            (":80:::1", "HOST:PORT:ADDRESS"),
            ("h:x:::1", "'x' is no port"),
            ("h:0:::1", "'0' is no port"),
            ("h:+1:::1", "'+1' is no port"),
            ("h:80:name", "'name' is no IP address"),
            ("h:80:127.0.0.1,", "'' is no IP address"),
            ("a<b:80:::1", "'a<b' is no host"),
            (".a:80:::1", "invalid host name '.a': it has an empty label"),
        ] {
            let complaint = ResolveRule::parse(text).expect_err(text);
            assert!(complaint.contains(says), "{text}: {complaint}");
        }
    }

    #[test]
    fn detours_are_read_as_curl_reads_them() {
        let detour =
            |text: &str| ConnectToRule::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(
            detour("A:1:[::1]:2"),
            ConnectToRule {
                host: Some("a".to_owned()),
                port: Some(1),
                to_host: Some("::1".to_owned()),
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
        for (text, says) in [
            ("", "HOST1:PORT1"),
            ("a:1:b", "HOST1:PORT1"),
            ("a:1:b:2:c", "HOST1:PORT1"),
            ("::1:80:b:2", "HOST1:PORT1"),
            ("a:1:b:x", "'x' is no port"),
            ("a:1:b c:2", "'b c' is no host"),
            ("a:1:b..c:2", "'b..c': it has an empty label"),
            (".:1:b:2", "'.': it has an empty label"),
        ] {
            let complaint = ConnectToRule::parse(text).expect_err(text);
            assert!(complaint.contains(says), "{text}: {complaint}");
        }
    }

    #[test]
    fn the_first_detour_that_fits_is_taken() {
        let options = RouteOptions {
            connect_to: ["a:1:b:2", "a::c:", ":9::10"]
                .iter()
                .map(|text| ConnectToRule::parse(text).expect("a detour"))
                .collect(),
            ..RouteOptions::default()
        };
        for (from, to) in [
            (("a", 1), ("b", 2)),
            (("a", 3), ("c", 3)),
            (("d", 9), ("d", 10)),
            (("d", 8), ("d", 8)),
        ] {
            assert_eq!(options.detour(from.0, from.1), to, "{from:?}");
        }
    }

    #[test]
    fn a_pin_for_a_name_goes_before_one_for_all() {
        let options = RouteOptions {
            resolve: ["*:80:10.0.0.1", "h:80:10.0.0.2", "h:80:10.0.0.3"]
                .iter()
                .map(|text| ResolveRule::parse(text).expect("a pin"))
                .collect(),
            ..RouteOptions::default()
        };
        assert_eq!(options.pinned("h", 80), Some(vec![socket("10.0.0.2:80")]));
        assert_eq!(options.pinned("x", 80), Some(vec![socket("10.0.0.1:80")]));
        assert_eq!(options.pinned("h", 81), None);
    }

    #[test]
    fn families() {
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
