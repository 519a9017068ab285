//! Parsing of URLs as people type them.
//!
//! The `url` crate parses paths and user names according to the WHATWG URL Standard. Input that it
//! would silently repair (`ws:/host`, `ws:///host`, a space, a tab), and URLs without a scheme, are
//! handled here first, so that each mistake has its own error message.

use std::borrow::Cow;
use std::net::IpAddr;

use url::Url;

use super::host::{parse_port, split_port, Host, HostPort};
use super::host_error::HostError;
use super::{percent_decode, unix, InvalidUrl, Origin, Scheme, Target};
use crate::http::Credentials;

const FORM: &str = "write it as ws://HOST/PATH or wss://HOST/PATH";

impl Target {
    /// Parses a URL.
    ///
    /// `http` and `https` mean `ws` and `wss`. If there is no scheme, `:8080/path` means that port
    /// on this machine; the scheme is `ws` for localhost, loopback and private addresses and names
    /// without a dot, and `wss` for every other host, unless its port is 80.
    /// `ws+unix:///PATH:/RESOURCE` means a Unix socket.
    ///
    /// # Errors
    ///
    /// Why the URL is invalid.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let text = text.trim_matches(|letter: char| letter.is_ascii_whitespace());
        check_characters(text)?;
        if let Some(target) = unix::parse(text) {
            return target;
        }
        let (scheme, rest) = split_scheme(text)?;
        let rest = if scheme.is_none() && starts_with_port(rest) {
            format!("localhost{rest}")
        } else {
            rest.to_owned()
        };
        let (host, port) = parse_authority(&rest, scheme.is_some())?;
        let url = Url::parse(&format!("wss://{}", without_zone(&rest))).map_err(|_| no_host())?;
        let assumed = || {
            if port == Some(80) || is_local(&host) {
                Scheme::Ws
            } else {
                Scheme::Wss
            }
        };
        let origin_scheme = scheme.unwrap_or_else(assumed);
        let target = Self {
            origin: Origin {
                scheme: origin_scheme,
                host_port: HostPort {
                    host,
                    port: port.unwrap_or(origin_scheme.default_port()),
                },
                unix_socket: None,
            },
            resource: url[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
            credentials: credentials(&url)?,
            scheme_assumed: scheme.is_none(),
        };
        if target.credentials.is_some() {
            target.check_credentials_allowed()?;
        }
        Ok(target)
    }
}

fn no_host() -> InvalidUrl {
    InvalidUrl::new("the URL has no host").with_hint(FORM)
}

/// Whether a URL with this host and no scheme means `ws`.
fn is_local(host: &Host) -> bool {
    match (host, host.ip()) {
        (_, Some(IpAddr::V4(v4))) => {
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified()
        }
        (_, Some(IpAddr::V6(v6))) => {
            v6.is_loopback()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_unspecified()
        }
        (Host::Name(name), None) => host.is_loopback() || !name.trim_end_matches('.').contains('.'),
        (Host::Ip(_), None) => false,
    }
}

/// Rejects characters that the `url` crate would silently change: it removes tabs and line breaks
/// and replaces `\` by `/`.
fn check_characters(text: &str) -> Result<(), InvalidUrl> {
    let (problem, hint) = if text.is_empty() {
        ("the URL is empty", FORM)
    } else if text.contains(char::is_whitespace) {
        (
            "the URL contains a space",
            "write a space as %20, or quote the URL separately",
        )
    } else if text.contains(char::is_control) {
        (
            "the URL contains a control character",
            "remove it, or write it as %XX",
        )
    } else if text.contains('#') {
        (
            "the URL contains a fragment, which a WebSocket URL cannot have (RFC 6455 §3)",
            "remove the # and what follows, or write # as %23",
        )
    } else if text.split('?').next().is_some_and(|it| it.contains('\\')) {
        (
            "the URL contains a backslash",
            "write / between its parts, or a backslash as %5C",
        )
    } else {
        return Ok(());
    };
    Err(InvalidUrl::new(problem).with_hint(hint))
}

/// Splits a URL into the scheme, if there is one, and the rest after the two slashes.
fn split_scheme(text: &str) -> Result<(Option<Scheme>, &str), InvalidUrl> {
    let end = text.find([':', '/', '?', '@', '[']).unwrap_or(text.len());
    let (name, tail) = text.split_at(end);
    let name = name.to_ascii_lowercase();
    if let Some(rest) = tail.strip_prefix("://") {
        let unsupported = || InvalidUrl::new(format!("unsupported URL scheme '{name}'"));
        return match name.as_str() {
            "ws" | "http" => Ok((Some(Scheme::Ws), rest)),
            "wss" | "https" => Ok((Some(Scheme::Wss), rest)),
            "unix" => Err(unsupported()
                .with_hint("for a WebSocket on a Unix socket use ws+unix:///PATH:/RESOURCE")),
            "" => Err(InvalidUrl::new("the URL has no scheme before ://")
                .with_hint("use ws:// or wss://")),
            _ => Err(unsupported().with_hint("use ws:// or wss://")),
        };
    }
    match name.as_str() {
        // Not rejected if a port follows: `ws:8080` can be a host called `ws`.
        "ws" | "wss" | "http" | "https" if tail.starts_with(':') && !starts_with_port(tail) => {
            Err(InvalidUrl::new(format!("missing // after '{name}:'"))
                .with_hint(format!("write it as {name}://HOST/PATH")))
        }
        _ => Ok((None, text)),
    }
}

/// Whether `rest` begins with a port, as `:8080` does, alone or before a path or a query.
fn starts_with_port(rest: &str) -> bool {
    rest.strip_prefix(':').is_some_and(|rest| {
        let port = rest.split(['/', '?']).next().unwrap_or_default();
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Removes the zone of an IPv6 address, which the `url` crate does not support.
fn without_zone(rest: &str) -> Cow<'_, str> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
    let close = rest[host..end].find(']').map(|at| host + at);
    let zone = close.and_then(|close| rest[host..close].find('%').map(|at| host + at));
    match (zone, close) {
        (Some(zone), Some(close)) if rest[host..].starts_with('[') => {
            Cow::Owned(format!("{}{}", &rest[..zone], &rest[close..]))
        }
        _ => Cow::Borrowed(rest),
    }
}

/// Parses the host and the port at the beginning of `rest`, which follows the scheme.
fn parse_authority(rest: &str, has_scheme: bool) -> Result<(Host, Option<u16>), InvalidUrl> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    // An `@` after the first slash may end a password that contains a slash. Then what looks like a
    // host or a port is part of that password.
    let may_be_password = tail.contains('@');
    let invalid = |error: HostError| match error {
        HostError::Missing => no_host(),
        error if error.value().is_some() && may_be_password => {
            InvalidUrl::new("could not parse the URL")
                .with_hint("in a user name or password write / as %2F, ? as %3F and @ as %40")
        }
        error => InvalidUrl {
            problem: error.to_string(),
            hint: error.hint(),
        },
    };
    let host_port = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = split_port(host_port).map_err(invalid)?;
    if host.is_empty() {
        return Err(no_host());
    }
    if !has_scheme && authority.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(
            InvalidUrl::new(format!("'{authority}' is not a host name")).with_hint(format!(
                "for port {authority} on this machine use :{authority}"
            )),
        );
    }
    let port = port.filter(|port| !port.is_empty());
    let port = port.map(parse_port).transpose().map_err(invalid)?;
    Ok((host.parse().map_err(invalid)?, port))
}

fn credentials(url: &Url) -> Result<Option<Credentials>, InvalidUrl> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let not_utf8 = || {
        InvalidUrl::new("the user name or password in the URL is not valid UTF-8")
            .with_hint("use -H 'Authorization: Basic …' instead")
    };
    let user = percent_decode(url.username()).ok_or_else(not_utf8)?;
    if user.contains(':') {
        return Err(InvalidUrl::new(
            "the user name contains a colon, which Basic authentication does not allow \
             (RFC 7617 §2)",
        ));
    }
    let password = percent_decode(url.password().unwrap_or_default()).ok_or_else(not_utf8)?;
    Ok(Some(Credentials { user, password }))
}
