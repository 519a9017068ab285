//! `ws+unix:///run/app.sock:/resource`: a WebSocket at a Unix socket, as node's `ws` writes it.
//!
//! What stands before the first colon is the path of the socket, what stands behind it the
//! resource name. The server is told that it is `localhost`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use url::Url;

use super::{default_port, percent_decoded, wrong, Target};
use crate::error::Error;

/// The schemes, and whether TLS is spoken over the socket.
const SCHEMES: &[(&str, bool)] = &[("ws+unix:", false), ("wss+unix:", true)];

/// Reads an address of this kind; `None` if it is of another one.
pub(super) fn parse(text: &str) -> Option<Result<Target, Error>> {
    SCHEMES.iter().find_map(|(scheme, tls)| {
        let start = text.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| read(&text[scheme.len()..], *tls))
    })
}

/// Reads what follows the scheme.
fn read(rest: &str, tls: bool) -> Result<Target, Error> {
    let rest = match rest.strip_prefix("//") {
        Some(after) if !after.starts_with('/') => {
            return Err(wrong(
                "a Unix socket has an absolute path and no host: write three slashes, as in \
                 ws+unix:///run/app.sock:/RESOURCE",
            ))
        }
        Some(after) => after,
        None => rest,
    };
    let (path, resource) = match rest.split_once(':') {
        Some((path, resource)) => (path, resource),
        None => (rest, ""),
    };
    if !path.starts_with('/') || path.ends_with('/') {
        return Err(wrong(
            "the address names no Unix socket: write its path, as in \
             ws+unix:///run/app.sock:/RESOURCE",
        ));
    }
    if path.contains('?') {
        return Err(wrong(
            "the path of the Unix socket has a ? in it: a colon stands before the resource, as \
             in ws+unix:///run/app.sock:/RESOURCE?QUERY; write ? in the path as %3F",
        ));
    }
    let path = percent_decoded(path)
        .filter(|path| !path.contains('\0'))
        .ok_or_else(|| wrong("the path of the Unix socket is no text"))?;
    if !matches!(resource.chars().next(), None | Some('/' | '?')) {
        return Err(wrong(
            "what follows the colon behind the Unix socket must begin with a slash: it is what \
             the server is asked for",
        ));
    }
    let url = Url::parse(&format!("ws://localhost{resource}"))
        .map_err(|_| wrong("what follows the colon behind the Unix socket is no path"))?;
    Ok(Target {
        tls,
        host: "localhost".to_owned(),
        port: default_port(tls),
        resource_name: url[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
        credentials: None,
        unix_socket: Some(PathBuf::from(path)),
        guessed: None,
    })
}

/// The address of a socket.
pub(super) fn url(path: &Path, target: &Target) -> String {
    let scheme = if target.tls { "wss+unix" } else { "ws+unix" };
    let mut path_part = String::new();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte) {
            path_part.push(char::from(byte));
        } else {
            write!(path_part, "%{byte:02X}").expect("a String takes any text");
        }
    }
    format!("{scheme}://{path_part}:{}", target.resource_name)
}
