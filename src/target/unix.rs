//! URLs of Unix sockets: `ws+unix:///run/app.sock:/resource`, the syntax of the `ws` package of
//! Node.js.
//!
//! The path of the socket ends at the first colon; the resource name follows it. The Host header is
//! `localhost`.

use std::path::PathBuf;

use url::Url;

use super::{percent_decode, Host, HostPort, InvalidUrl, Origin, Scheme, Target};

const FORM: &str = "write it as ws+unix:///run/app.sock:/RESOURCE";

/// Parses a `ws+unix` or `wss+unix` URL; `None` if it has another scheme.
pub(super) fn parse(text: &str) -> Option<Result<Target, InvalidUrl>> {
    [("ws+unix:", Scheme::Ws), ("wss+unix:", Scheme::Wss)]
        .into_iter()
        .find_map(|(prefix, scheme)| {
            let start = text.get(..prefix.len())?;
            start
                .eq_ignore_ascii_case(prefix)
                .then(|| parse_rest(&text[prefix.len()..], scheme))
        })
}

/// Parses the part after the scheme.
fn parse_rest(rest: &str, scheme: Scheme) -> Result<Target, InvalidUrl> {
    let invalid = |problem: &str| InvalidUrl::new(problem);
    let rest = match rest.strip_prefix("//") {
        Some(after) if !after.starts_with('/') => {
            return Err(invalid("the path of the Unix socket is not absolute")
                .with_hint("use three slashes, as in ws+unix:///run/app.sock:/RESOURCE"))
        }
        Some(after) => after,
        None => rest,
    };
    let (path, resource) = rest.split_once(':').unwrap_or((rest, ""));
    if !path.starts_with('/') || path.ends_with('/') {
        return Err(invalid("missing path of the Unix socket in the URL").with_hint(FORM));
    }
    if path.contains('?') {
        return Err(
            invalid("the path of the Unix socket contains a ?").with_hint(
                "put a colon before the resource, as in ws+unix:///run/app.sock:/RESOURCE?QUERY; \
             write ? in the path as %3F",
            ),
        );
    }
    let path = percent_decode(path)
        .filter(|path| !path.contains('\0'))
        .ok_or_else(|| invalid("the path of the Unix socket is not valid UTF-8 or contains NUL"))?;
    if !matches!(resource.chars().next(), None | Some('/' | '?')) {
        return Err(
            invalid("the resource after the path of the Unix socket has no slash").with_hint(FORM),
        );
    }
    let url = Url::parse(&format!("ws://localhost{resource}"))
        .map_err(|_| invalid("invalid resource after the path of the Unix socket"))?;
    Ok(Target {
        origin: Origin {
            scheme,
            host_port: HostPort {
                host: Host::Name("localhost".to_owned()),
                port: scheme.default_port(),
            },
            unix_socket: Some(PathBuf::from(path)),
        },
        resource: url[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
        credentials: None,
        scheme_assumed: false,
    })
}
