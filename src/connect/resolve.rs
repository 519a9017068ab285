//! Names to addresses, by the operating system's resolver.
//!
//! getaddrinfo(3) takes no deadline: whoever must not wait for it calls from a thread that may be
//! left behind (see [`Dialing`](super::Dialing)).

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use crate::error::{plain, Error};

/// The addresses of `host`, in the resolver's order and each once. Blocks as long as the
/// resolver takes.
///
/// # Errors
///
/// [`Error::Resolve`] with what the resolver said, or that the name has no address.
pub fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
    let failed = |cause: String| Error::Resolve {
        host: host.to_owned(),
        cause,
    };
    let found = (host, port)
        .to_socket_addrs()
        .map_err(|cause| failed(in_words(&cause)))?;
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
fn in_words(cause: &io::Error) -> String {
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
    use super::*;

    #[test]
    fn an_address_is_its_own() {
        let addresses = resolve("127.0.0.1", 9).expect("no resolver is asked");
        assert_eq!(addresses, ["127.0.0.1:9".parse().expect("an address")]);
    }

    #[test]
    fn a_name_that_can_not_exist() {
        // RFC 6761 §6.4: `.invalid` never resolves, whoever is asked. A label that is too long
        // does not even leave this computer.
        let name = format!("{}.invalid", "x".repeat(64));
        let error = resolve(&name, 80).expect_err("it has no address");
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
            assert_eq!(in_words(&io::Error::other(said)), is);
        }
    }
}
