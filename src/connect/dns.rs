//! Names to addresses, by the operating system's resolver.
//!
//! getaddrinfo(3) takes no deadline: whoever must not wait for it calls from a thread that may be
//! left behind (see [`Attempt`](super::Attempt)).

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Mutex;

use super::route::{Family, RouteOptions};
use crate::error::{plain, Error, Party};
use crate::target::{Host, HostPort};

/// The addresses of `to` that are known without the resolver: the host is an address, or
/// `--resolve` has it.
///
/// # Errors
///
/// [`Error::Resolve`] if there are some, but none of the family that is wanted.
pub fn known(to: &HostPort, route: &RouteOptions) -> Result<Option<Vec<SocketAddr>>, Error> {
    let given = route
        .resolved(to)
        .or_else(|| to.socket_addr().map(|address| vec![address]));
    given
        .map(|addresses| select(&to.host, addresses, route.family))
        .transpose()
}

/// The addresses that were resolved before, for the connections that follow.
pub type AddressCache = Mutex<HashMap<HostPort, Vec<SocketAddr>>>;

/// The addresses of `to`. Blocks as long as the resolver takes.
///
/// # Errors
///
/// [`Error::Resolve`] if there are none, or none of the family that is wanted.
pub fn lookup(to: &HostPort, route: &RouteOptions) -> Result<Vec<SocketAddr>, Error> {
    match known(to, route)? {
        Some(addresses) => Ok(addresses),
        None => select(&to.host, resolve(to)?, route.family),
    }
}

/// Those of `addresses` that are of the family that is wanted.
///
/// # Errors
///
/// [`Error::Resolve`] if none is.
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
        host: host.clone(),
        hint: None,
        cause: format!("it has no {wanted} address, which {option} requires"),
    })
}

/// The addresses of `to`, in the resolver's order and each once. Blocks as long as the
/// resolver takes.
///
/// # Errors
///
/// [`Error::Resolve`] with what the resolver said, or that the name has no address.
pub fn resolve(to: &HostPort) -> Result<Vec<SocketAddr>, Error> {
    let failed = |cause: String| Error::Resolve {
        party: Party::Server,
        host: to.host.clone(),
        cause,
        hint: None,
    };
    let found = to
        .to_socket_addrs()
        .map_err(|cause| failed(describe(&cause)))?;
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

const NO_ADDRESS: &str = "the name exists but has no address";

/// Rust puts a sentence of its own before the resolver's, which says the same again.
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
    fn an_address_is_its_own() {
        let addresses = resolve(&host_port("127.0.0.1")).expect("no resolver is asked");
        assert_eq!(addresses, ["127.0.0.1:9".parse().expect("an address")]);
    }

    #[test]
    fn what_is_known_is_not_asked_for() {
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
    fn a_name_that_can_not_exist() {
        // RFC 6761 §6.4: `.invalid` never resolves, whoever is asked. A label that is too long
        // does not even leave this computer.
        let name = format!("{}.invalid", "x".repeat(64));
        let error = resolve(&host_port(&name)).expect_err("it has no address");
        let text = error.to_string();
        assert!(text.starts_with("could not resolve xxx"), "{text}");
        assert!(!text.contains("failed to lookup"), "{text}");
    }

    #[test]
    fn the_resolver_is_quoted_without_rust_before_it() {
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
