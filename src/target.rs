//! Addresses: what a user types, read into what a connection needs (RFC 6455 §3).
//!
//! The `url` crate does hosts, paths and internationalised names by the WHATWG rules. What it
//! forgives (`ws:/host`, `ws:///host`, a blank, a tab) and what it can't know (an address without
//! a scheme) is dealt with here first, so that each wrong address gets a sentence of its own.
//! No sentence quotes what might be part of a password.

pub mod host;
mod unix;

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use url::{ParseError, Url};

use crate::error::Error;
use crate::http::Credentials;

/// The address of a WebSocket, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether the connection is secured: `wss`.
    pub tls: bool,
    /// The name in ASCII, or the address; IPv6 without its brackets.
    pub host: String,
    /// The port, the scheme's default if none was given.
    pub port: u16,
    /// Path and query (RFC 6455 §3), never empty.
    pub resource_name: String,
    /// What stood before the `@`, percent-decoded.
    pub credentials: Option<Credentials>,
    /// The Unix socket to connect to, if it is no host.
    pub unix_socket: Option<PathBuf>,
    /// The URL that was chosen, if the scheme had to be guessed.
    pub guessed: Option<String>,
}

impl Target {
    /// Reads an address.
    ///
    /// `http` and `https` mean `ws` and `wss`. Without a scheme `:8080/path` is a port of this
    /// host; localhost, loopback and private addresses and names without a dot mean `ws`; every
    /// other host `wss`, unless its port is 80. `ws+unix:///PATH:/RESOURCE` is a Unix socket.
    ///
    /// # Errors
    ///
    /// [`Error::Address`]: what is wrong with the address, and what would be right.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim_matches(|letter: char| letter.is_ascii_whitespace());
        check_characters(text)?;
        if let Some(target) = unix::parse(text) {
            return target;
        }
        let (scheme, rest) = split_scheme(text)?;
        let here = scheme.is_none() && starts_with_port(rest);
        let rest = if here {
            format!("localhost{rest}")
        } else {
            rest.to_owned()
        };
        let authority = Authority::of(&rest, scheme.is_some())?;
        let url = Url::parse(&format!("wss://{rest}"))
            .map_err(|cause| wrong(authority.host_problem(cause)))?;
        let host = match url.host() {
            Some(url::Host::Domain(name)) => name.to_owned(),
            Some(url::Host::Ipv4(address)) => address.to_string(),
            Some(url::Host::Ipv6(address)) => address.to_string(),
            None => return Err(wrong(NO_HOST)),
        };
        if host::has_empty_label(&host) {
            return Err(wrong(authority.empty_label()));
        }
        let tls = scheme.unwrap_or_else(|| authority.port != Some(80) && !is_near(&host));
        let mut target = Self {
            tls,
            host,
            port: authority.port.unwrap_or(default_port(tls)),
            resource_name: url[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
            credentials: credentials_of(&url)?,
            unix_socket: None,
            guessed: None,
        };
        if scheme.is_none() {
            target.guessed = Some(target.url());
        }
        if target.credentials.is_some() {
            target.check_secret_allowed()?;
        }
        Ok(target)
    }

    /// The address without credentials.
    #[must_use]
    pub fn url(&self) -> String {
        if let Some(path) = &self.unix_socket {
            return unix::url(path, self);
        }
        let scheme = if self.tls { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.host_header(), self.resource_name)
    }

    /// What stands in the `Host` field: the port only if it is not the default, IPv6 in brackets.
    #[must_use]
    pub fn host_header(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        if self.port == default_port(self.tls) {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// Whether the host is this one: `localhost`, or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.address()
            .map_or(self.host.trim_end_matches('.') == "localhost", |address| {
                address.is_loopback()
            })
    }

    /// The host as an address; `None` if it is a name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        address_of(&self.host)
    }

    /// Whether credentials and cookies may be sent: never over a `ws` that was only guessed,
    /// unless to loopback.
    ///
    /// # Errors
    ///
    /// [`Error::Address`], which asks for the scheme.
    pub fn check_secret_allowed(&self) -> Result<(), Error> {
        if self.tls || self.guessed.is_none() || self.is_loopback() {
            return Ok(());
        }
        Err(wrong(format!(
            "credentials would go unencrypted to {0}: write wss:// before the host to encrypt \
             them, or ws:// if that is what you mean",
            self.host
        )))
    }
}

const NO_HOST: &str = "the address names no host: write it as ws://HOST/PATH or wss://HOST/PATH";

fn wrong(text: impl Into<String>) -> Error {
    Error::Address(text.into())
}

fn default_port(tls: bool) -> u16 {
    if tls {
        443
    } else {
        80
    }
}

/// An IPv4 address in IPv6's clothes counts as what it is.
fn address_of(host: &str) -> Option<IpAddr> {
    Some(host.parse::<IpAddr>().ok()?.to_canonical())
}

/// Whether a host without a scheme means `ws`.
fn is_near(host: &str) -> bool {
    match address_of(host) {
        Some(IpAddr::V4(v4)) => {
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified()
        }
        Some(IpAddr::V6(v6)) => {
            v6.is_loopback()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_unspecified()
        }
        None => {
            let name = host.trim_end_matches('.');
            !name.contains('.') || name.ends_with(".localhost")
        }
    }
}

/// The `url` crate drops tabs and line ends silently and turns `\` into `/`: neither is a guess
/// that a tool should make.
fn check_characters(text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(wrong(
            "the address is empty: write it as ws://HOST/PATH or wss://HOST/PATH",
        ));
    }
    if text.contains(char::is_whitespace) {
        return Err(wrong(
            "the address has a blank in it: write a blank as %20, or quote the address by itself",
        ));
    }
    if text.contains(char::is_control) {
        return Err(wrong(
            "the address has a control character in it: leave it out, or write it as %XX",
        ));
    }
    if text.contains('#') {
        return Err(wrong(
            "a WebSocket address has no fragment (RFC 6455 §3): leave out the # and what follows, \
             or write # as %23",
        ));
    }
    let before_query = text.split('?').next().unwrap_or_default();
    if before_query.contains('\\') {
        return Err(wrong(
            "the address has a backslash in it: write / between its parts, or a backslash as %5C",
        ));
    }
    Ok(())
}

/// Parts an address into its scheme (whether it is secured; `None` if it has none) and what
/// follows the two slashes.
fn split_scheme(text: &str) -> Result<(Option<bool>, &str), Error> {
    let end = text.find([':', '/', '?', '@', '[']).unwrap_or(text.len());
    let (name, tail) = text.split_at(end);
    let name = name.to_ascii_lowercase();
    if let Some(rest) = tail.strip_prefix("://") {
        return match name.as_str() {
            "ws" | "http" => Ok((Some(false), rest)),
            "wss" | "https" => Ok((Some(true), rest)),
            "unix" => Err(wrong(
                "unix:// is no scheme of a WebSocket: write ws+unix:///PATH:/RESOURCE for one at \
                 a Unix socket",
            )),
            "" => Err(wrong(
                "the address has no scheme before its ://, write ws:// or wss://",
            )),
            other => Err(wrong(format!(
                "{other}:// is no scheme of a WebSocket: the address must be ws:// or wss://"
            ))),
        };
    }
    let Some(after) = tail.strip_prefix(':') else {
        return Ok((None, text));
    };
    match name.as_str() {
        // `ws:8080` may well be a host of that name.
        "ws" | "wss" | "http" | "https" if !starts_with_port(tail) => Err(wrong(format!(
            "two slashes must follow {name}: in an address, as in {name}://HOST/PATH{}",
            if after.is_empty() {
                "; here even the host is missing"
            } else {
                ""
            }
        ))),
        _ => Ok((None, text)),
    }
}

/// Whether `rest` is `:8080`, alone or before a path or a query.
fn starts_with_port(rest: &str) -> bool {
    rest.strip_prefix(':').is_some_and(|rest| {
        let port = rest.split(['/', '?']).next().unwrap_or_default();
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// What stands between the slashes and the path, as far as it is checked here.
struct Authority<'a> {
    host: &'a str,
    port: Option<u16>,
    /// An `@` in the path may be one that belongs to a password with a `/` in it.
    doubtful: bool,
}

impl<'a> Authority<'a> {
    fn of(rest: &'a str, has_scheme: bool) -> Result<Self, Error> {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let doubtful = tail.contains('@');
        let host_port = authority.rsplit('@').next().unwrap_or_default();
        let (host, port) = split_port(host_port)?;
        if host.is_empty() {
            return Err(wrong(NO_HOST));
        }
        if !has_scheme && authority.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong(format!(
                "{authority} is no host: write :{authority} for that port of this computer"
            )));
        }
        let port = match port {
            None | Some("") => None,
            Some(text) => match text.parse() {
                Ok(port) if port != 0 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Some(port)
                }
                _ if doubtful => return Err(wrong(ENCODE)),
                _ => {
                    return Err(wrong(format!(
                        "{text} is no port: a port is a number from 1 to 65535"
                    )))
                }
            },
        };
        Ok(Self {
            host,
            port,
            doubtful,
        })
    }

    fn empty_label(&self) -> String {
        if self.doubtful {
            return ENCODE.to_owned();
        }
        format!("invalid host name '{}': {}", self.host, host::EMPTY_LABEL)
    }

    fn host_problem(&self, cause: ParseError) -> String {
        if self.doubtful {
            return ENCODE.to_owned();
        }
        let host = self.host;
        match cause {
            ParseError::InvalidIpv6Address => {
                format!("{host} is no IPv6 address: write one as in ws://[::1]:9000/")
            }
            ParseError::InvalidIpv4Address => format!(
                "{host} is no IPv4 address: write four numbers from 0 to 255, as in 192.168.0.1"
            ),
            ParseError::EmptyHost => NO_HOST.to_owned(),
            _ => format!(
                "{host} is no host name: it has a character in it that names can't have, or ends \
                 a part with a hyphen"
            ),
        }
    }
}

const ENCODE: &str = "the address can't be read: in a user name or a password write / as %2F, \
                      ? as %3F and @ as %40";

/// Parts `host:port`; brackets stay on the host, as the `url` crate wants them.
fn split_port(host_port: &str) -> Result<(&str, Option<&str>), Error> {
    if host_port.starts_with('[') {
        let Some(end) = host_port.find(']') else {
            return Err(wrong(
                "the bracket before the IPv6 address is never closed: write it as in ws://[::1]/",
            ));
        };
        let (host, tail) = host_port.split_at(end + 1);
        return match tail.strip_prefix(':') {
            _ if tail.is_empty() => Ok((host, None)),
            Some(port) => Ok((host, Some(port))),
            None => Err(wrong(
                "only a port can follow the bracket of an IPv6 address, as in ws://[::1]:9000/",
            )),
        };
    }
    match host_port.split_once(':') {
        None => Ok((host_port, None)),
        Some((_, port)) if port.contains(':') => {
            Err(wrong(if let Ok(address) = host_port.parse::<Ipv6Addr>() {
                format!("an IPv6 address stands in brackets: write [{address}], or [{address}]:9000 with a port")
            } else {
                "the host has more than one colon: write one before the port only, and an IPv6 \
                 address in brackets, as in ws://[::1]:9000/"
                    .to_owned()
            }))
        }
        Some((host, port)) => Ok((host, Some(port))),
    }
}

fn credentials_of(url: &Url) -> Result<Option<Credentials>, Error> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let not_text = || {
        wrong(
            "the user name or password in the address is not UTF-8: send it with \
             -H 'Authorization: Basic …' instead",
        )
    };
    let user = percent_decoded(url.username()).ok_or_else(not_text)?;
    if user.contains(':') {
        return Err(wrong(
            "a user name can't hold a colon in Basic authentication (RFC 7617 §2)",
        ));
    }
    let password = percent_decoded(url.password().unwrap_or_default()).ok_or_else(not_text)?;
    Ok(Some(Credentials { user, password }))
}

/// A `%` that no two hexadecimal digits follow stands for itself, as the WHATWG rules have it.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let mut octet = [0];
        match bytes.get(at + 1..at + 3) {
            Some(digits) if byte == b'%' && hex::decode_to_slice(digits, &mut octet).is_ok() => {
                decoded.push(octet[0]);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests;
