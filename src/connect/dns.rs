//! Name resolution by the operating system. `localhost` and every name below it are this machine
//! (RFC 6761 §6.3).
//!
//! getaddrinfo(3) has no timeout, so it is called on a thread that can be abandoned (see
//! [`Attempt`](super::Attempt)).

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Mutex;

use super::route::{Family, RouteOptions};
use crate::error::{plain, Error, Party};
use crate::target::{Address, Host, HostPort};

/// The addresses of `to` that are known without the resolver, because the host is an address or is
/// in `--resolve`.
///
/// # Errors
///
/// [`Error::Resolve`] if none of the addresses is of the selected family, or if a zone is not an
/// interface of this machine.
pub fn known(to: &HostPort, route: &RouteOptions) -> Result<Option<Vec<SocketAddr>>, Error> {
    let known = match route.resolved(to) {
        Some(addresses) => {
            let mut known = Vec::new();
            for address in addresses {
                let address = HostPort {
                    host: Host::Ip(address.clone()),
                    port: to.port,
                };
                known.extend(resolve(&address)?);
            }
            known
        }
        // The resolver returns the number of a zone without a network request.
        None if matches!(to.host, Host::Ip(_)) => resolve(to)?,
        None => return Ok(None),
    };
    select(&to.host, known, route.family).map(Some)
}

/// Addresses from earlier resolutions, for further connections.
pub type AddressCache = Mutex<HashMap<HostPort, Vec<SocketAddr>>>;

/// The addresses of `to`. Blocks as long as the resolver does.
///
/// # Errors
///
/// [`Error::Resolve`] if there are none, or none of the selected family.
pub fn lookup(to: &HostPort, route: &RouteOptions) -> Result<Vec<SocketAddr>, Error> {
    match known(to, route)? {
        Some(addresses) => Ok(addresses),
        None => select(&to.host, resolve(to)?, route.family),
    }
}

/// Selects the addresses of the selected family.
///
/// # Errors
///
/// [`Error::Resolve`] if there is none.
pub fn select(
    host: &Host,
    mut addresses: Vec<SocketAddr>,
    family: Family,
) -> Result<Vec<SocketAddr>, Error> {
    addresses.retain(|address| family.allows(address.ip()));
    if !addresses.is_empty() {
        return Ok(addresses);
    }
    let (wanted, option) = match family {
        Family::V4 => ("IPv4", "-4"),
        Family::Any | Family::V6 => ("IPv6", "-6"),
    };
    Err(Error::Resolve {
        party: Party::Server,
        host: host.to_string(),
        hint: None,
        cause: format!("it has no {wanted} address, which {option} requires"),
    })
}

/// Resolves `to`. Returns the addresses in the resolver's order without duplicates. Names below
/// `localhost` have the addresses of `localhost`. Blocks as long as the resolver does.
///
/// # Errors
///
/// [`Error::Resolve`] with the resolver's error, or if the name has no address.
pub fn resolve(to: &HostPort) -> Result<Vec<SocketAddr>, Error> {
    let failed = |cause: String| Error::Resolve {
        party: Party::Server,
        host: to.host.to_string(),
        cause,
        hint: None,
    };
    let found = match &to.host {
        Host::Name(_) if to.host.is_loopback() => localhost(to.port),
        Host::Ip(Address {
            zone: Some(zone), ..
        }) => to
            .to_socket_addrs()
            .map_err(|_| failed(format!("there is no network interface '{zone}'")))?,
        _ => to
            .to_socket_addrs()
            .map_err(|cause| failed(describe(&cause)))?,
    };
    let mut addresses = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(failed(NO_ADDRESS.to_owned()));
    }
    Ok(addresses)
}

/// The loopback addresses: those that the resolver returns for `localhost`, or the standard ones.
fn localhost(port: u16) -> std::vec::IntoIter<SocketAddr> {
    let mut addresses: Vec<_> = ("localhost", port)
        .to_socket_addrs()
        .into_iter()
        .flatten()
        .filter(|address| address.ip().is_loopback())
        .collect();
    if addresses.is_empty() {
        addresses = vec![
            SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
            SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        ];
    }
    addresses.into_iter()
}

const NO_ADDRESS: &str = "the name exists but has no address";

/// The resolver's error without the sentence that Rust puts before it.
fn describe(cause: &io::Error) -> String {
    let text = plain(cause);
    let text = text
        .strip_prefix("failed to lookup address information: ")
        .unwrap_or(&text);
    if text.starts_with("No address associated with") {
        NO_ADDRESS.to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::ResolveRule;
    use super::*;

    fn host_port(text: &str) -> HostPort {
        HostPort::parse(text, 9).expect("a host")
    }

    #[test]
    fn addresses_are_not_resolved() {
        let addresses = resolve(&host_port("127.0.0.1")).expect("no resolver is asked");
        assert_eq!(addresses, ["127.0.0.1:9".parse().expect("an address")]);
    }

    #[test]
    fn names_below_localhost_are_loopback_addresses() {
        let expected = resolve(&host_port("localhost")).expect("loopback");
        assert!(expected.iter().all(|address| address.ip().is_loopback()));
        for name in ["app.localhost", "a.b.LOCALHOST", "app.localhost."] {
            let addresses = resolve(&host_port(name)).expect("loopback");
            assert_eq!(addresses, expected, "{name}");
        }
        resolve(&host_port("notlocalhost.invalid")).expect_err("it can not exist");
    }

    #[test]
    fn zones_are_resolved_to_interface_numbers() {
        let address = resolve(&host_port("[fe80::1%3]")).expect("a number is not checked");
        assert_eq!(address, ["[fe80::1%3]:9".parse().expect("an address")]);
        let error = resolve(&host_port("[fe80::1%25no-such]")).expect_err("no interface");
        assert_eq!(
            error.to_string(),
            "could not resolve [fe80::1%25no-such]: there is no network interface 'no-such'"
        );
    }

    #[test]
    fn resolve_rules_replace_the_resolver() {
        let way = |pins: &[&str], family| RouteOptions {
            family,
            resolve: pins
                .iter()
                .map(|text| ResolveRule::parse(text).expect("a pin"))
                .collect(),
            ..RouteOptions::default()
        };
        for (host, pins, family, is) in [
            ("h", &[][..], Family::Any, Some(&[][..])),
            ("127.0.0.1", &[], Family::Any, Some(&["127.0.0.1:9"])),
            ("[::1]", &[], Family::V6, Some(&["[::1]:9"])),
            ("[::1]", &[], Family::V4, None),
            ("127.0.0.1", &[], Family::V6, None),
            ("h", &["h:9:::1"], Family::Any, Some(&["[::1]:9"])),
            ("h", &["h:8:::1"], Family::Any, Some(&[])),
            (
                "h",
                &["h:9:::1,127.0.0.1"],
                Family::V4,
                Some(&["127.0.0.1:9"]),
            ),
            ("127.0.0.1", &["*:9:::1"], Family::Any, Some(&["[::1]:9"])),
            ("h", &["*:9:::1"], Family::V4, None),
        ] {
            let known = known(&host_port(host), &way(pins, family));
            let context = format!("{host} {pins:?} {family:?}: {known:?}");
            match (known, is) {
                (Ok(None), Some([])) => {}
                (Ok(Some(addresses)), Some(is)) => {
                    let texts: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                    assert_eq!(texts, is, "{context}");
                }
                (Err(Error::Resolve { cause, .. }), None) => {
                    assert!(cause.contains("requires"), "{context}");
                }
                _ => panic!("{context}"),
            }
        }
    }

    #[test]
    fn nonexistent_names_are_errors() {
        // `.invalid` never resolves (RFC 6761 §6.4). A label that is too long is rejected without a
        // network request.
        let name = format!("{}.invalid", "x".repeat(64));
        let error = resolve(&host_port(&name)).expect_err("it has no address");
        let text = error.to_string();
        assert!(text.starts_with("could not resolve xxx"), "{text}");
        assert!(!text.contains("failed to lookup"), "{text}");
    }

    #[test]
    fn resolver_errors_are_quoted_without_rusts_prefix() {
        for (said, is) in [
            (
                "failed to lookup address information: Name or service not known",
                "Name or service not known",
            ),
            (
                "failed to lookup address information: No address associated with hostname",
                NO_ADDRESS,
            ),
            ("Invalid argument (os error 22)", "Invalid argument"),
        ] {
            assert_eq!(describe(&io::Error::other(said)), is);
        }
    }
}
