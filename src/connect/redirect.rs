//! Following redirects (RFC 9110 §15.4), with `-L`.
//!
//! A server may redirect anywhere, so credentials are not sent to another origin (RFC 6454), and a
//! redirect from TLS to plain TCP is not followed.

use url::Url;

use super::options::ConnectOptions;
use crate::error::{Error, Refusal};
use crate::http::{find_tokens, without_tokens, CustomHeader, ResponseHead};
use crate::target::Target;

/// The default maximum number of redirects.
pub const DEFAULT_MAX_REDIRECTS: u32 = 10;

/// The request after a redirect.
#[derive(Debug)]
pub struct NextRequest {
    /// The options with the new URL.
    pub options: ConnectOptions,
    /// Whether credentials were removed.
    pub credentials_removed: bool,
}

/// Whether a response with this status is a redirect (RFC 9110 §15.4).
#[must_use]
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether a response with this status is a redirect that is followed.
#[must_use]
pub fn is_followed(request: &ConnectOptions, status: u16) -> bool {
    request.max_redirects.is_some() && is_redirect(status)
}

/// The request after a redirect; `followed` is the number of redirects before it.
///
/// # Errors
///
/// [`Error::Redirect`] if the redirect is invalid or must not be followed; [`Error::Redirects`] if
/// it exceeds the maximum number.
pub fn follow(
    request: &ConnectOptions,
    refusal: Refusal,
    followed: u32,
) -> Result<NextRequest, Error> {
    let mut target =
        destination(&refusal.head, &request.target).map_err(|cause| Error::Redirect {
            cause,
            head: Box::new(refusal.head),
        })?;
    let limit = request.max_redirects.unwrap_or(0);
    if followed >= limit {
        return Err(Error::Redirects {
            limit,
            url: target.url(),
        });
    }
    let same_origin = request.target.origin == target.origin;
    if same_origin && target.credentials.is_none() {
        target.credentials.clone_from(&request.target.credentials);
    }
    let mut next = ConnectOptions {
        target,
        ..request.clone()
    };
    let credentials_removed = !same_origin && remove_credentials(&mut next, request);
    Ok(NextRequest {
        options: next,
        credentials_removed,
    })
}

/// Adds to the hint of a refusal by `target` that credentials were removed by a redirect.
pub fn explain(refusal: &mut Refusal, target: &Target) {
    if matches!(refusal.head.status, 401 | 403) {
        refusal.hint = Some(format!(
            "a redirect led to {}, another origin, so credentials were not sent: use that URL to \
             send them",
            target.url()
        ));
    }
}

/// The URL that a response from `from` redirects to.
///
/// # Errors
///
/// Why the redirect can't be followed.
pub fn destination(head: &ResponseHead, from: &Target) -> Result<Target, String> {
    let location = head
        .headers
        .get("Location")
        .ok_or("the response has no Location header")?;
    let location = std::str::from_utf8(location)
        .map_err(|_| "invalid Location header: it is not UTF-8".to_owned())?;
    let target = resolve(location, from)?;
    if from.is_tls() && !target.is_tls() {
        return Err(format!(
            "it leads from wss to {}, which is not encrypted; use that URL if that is what you want",
            target.url()
        ));
    }
    Ok(target)
}

/// Resolves `location` in a response from `from` (RFC 9110 §10.2.2).
fn resolve(location: &str, from: &Target) -> Result<Target, String> {
    let wrong = || format!("its Location is not a WebSocket URL: {location:?}");
    // The response is HTTP, so its relative URLs are resolved with an HTTP scheme.
    let scheme = if from.is_tls() { "https" } else { "http" };
    let base = format!("{scheme}://{}{}", from.host_header(), from.resource);
    let base = Url::parse(&base).map_err(|_| wrong())?;
    let mut url = base.join(location).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
        return Err(wrong());
    }
    // The fragment is never sent, and a WebSocket URL can't have one (RFC 6455 §3).
    url.set_fragment(None);
    let mut target = Target::parse(url.as_str()).map_err(|_| wrong())?;
    if url.origin() == base.origin() {
        // A server on a Unix socket uses the name in the Host header for itself.
        target
            .origin
            .unix_socket
            .clone_from(&from.origin.unix_socket);
    }
    Ok(target)
}

/// Removes credentials from `next` that are only for the origin of `request`. Returns whether there
/// were any. Later redirects don't restore them.
fn remove_credentials(next: &mut ConnectOptions, request: &ConnectOptions) -> bool {
    let has_credentials = request.headers.iter().any(is_credential)
        || find_tokens(&request.subprotocols)
            .iter()
            .any(Option::is_some)
        || request.authorization().is_some()
        || request.cookie().is_some()
        || request.tls.identity.is_some();
    next.headers = request.headers.iter().filter_map(for_any_origin).collect();
    let subprotocols = request.subprotocols.iter();
    let tokens = find_tokens(&request.subprotocols);
    next.subprotocols = subprotocols
        .zip(tokens)
        .filter(|(_, token)| token.is_none())
        .map(|(name, _)| name.clone())
        .collect();
    next.credentials = None;
    next.bearer = None;
    next.cookies.clear();
    next.tls.identity = None;
    has_credentials
}

fn is_credential(header: &CustomHeader) -> bool {
    let name = header.name.to_ascii_lowercase();
    header.is_secret() || header.value.is_some() && name.starts_with("proxy-")
}

/// The header without parts that are only for one origin; `None` if nothing remains.
fn for_any_origin(header: &CustomHeader) -> Option<CustomHeader> {
    // Host is the name of the previous server, and Referer may be a URL there.
    if header.is("Host") || header.is("Referer") {
        return None;
    }
    if !is_credential(header) {
        return Some(header.clone());
    }
    let list = header
        .value
        .as_ref()
        .filter(|_| header.is("Sec-WebSocket-Protocol"))?;
    let names = without_tokens(&String::from_utf8_lossy(list)).join(", ");
    (!names.is_empty()).then(|| CustomHeader {
        name: header.name.clone(),
        value: Some(names.into_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitCode;
    use crate::http::{Credentials, CustomHeader};

    fn refusal(location: Option<&str>) -> Refusal {
        let location = location.into_iter();
        Refusal {
            head: ResponseHead {
                status: 302,
                headers: location.map(|location| ("location", location)).collect(),
                ..ResponseHead::default()
            },
            ..Refusal::default()
        }
    }

    fn request(address: &str) -> ConnectOptions {
        let mut request = ConnectOptions::new(Target::parse(address).expect("an address"));
        request.max_redirects = Some(DEFAULT_MAX_REDIRECTS);
        request
    }

    #[test]
    fn locations_are_resolved_relative_to_the_request() {
        for (from, location, to) in [
            ("ws://h/a/b?c", "/d", "ws://h/d"),
            ("ws://h/a/b?c", "d?e", "ws://h/a/d?e"),
            ("ws://h:81/a", "?e", "ws://h:81/a?e"),
            ("ws://h/a", "//i/d", "ws://i/d"),
            ("ws://h/a", "https://h/a", "wss://h/a"),
            ("ws://h/a", "wss://i:1/", "wss://i:1/"),
            ("wss://h/a", "/d", "wss://h/d"),
            ("wss://[::1]:1/a", "d", "wss://[::1]:1/d"),
            ("ws://h/a", "http://h/x y#top", "ws://h/x%20y"),
            ("ws+unix:///s:/a", "/d", "ws+unix:///s:/d"),
            ("ws+unix:///s:/a", "http://localhost/d", "ws+unix:///s:/d"),
            ("ws+unix:///s:/a", "http://h/d", "ws://h/d"),
        ] {
            let next = follow(&request(from), refusal(Some(location)), 0)
                .unwrap_or_else(|error| panic!("{from} {location}: {error}"));
            assert_eq!(next.options.target.url(), to, "{from} {location}");
        }
    }

    #[test]
    fn invalid_redirects_are_not_followed() {
        for (from, location, says) in [
            ("ws://h", None, "no Location"),
            ("ws://h", Some("ftp://h/"), "not a WebSocket URL"),
            ("ws://h", Some("ws+unix:///s"), "not a WebSocket URL"),
            ("ws://h", Some("https://"), "not a WebSocket URL"),
            ("ws://h", Some("http://h:99999/"), "not a WebSocket URL"),
            ("wss://h", Some("http://h/"), "from wss to ws://h/"),
            ("wss://h", Some("ws://127.0.0.1/"), "from wss to"),
        ] {
            let error =
                follow(&request(from), refusal(location), 0).expect_err("it is not to be followed");
            assert!(error.to_string().contains(says), "{location:?}: {error}");
            assert_eq!(error.exit_code(), ExitCode::Refused);
        }
        let error = follow(
            &request("ws://h"),
            refusal(Some("/x")),
            DEFAULT_MAX_REDIRECTS,
        )
        .expect_err("it is one too many");
        assert_eq!(error.exit_code(), ExitCode::Redirects);
        assert!(error.to_string().ends_with("ws://h/x"), "{error}");
    }

    #[test]
    fn credentials_are_not_sent_to_another_origin() {
        for (from, location, same) in [
            ("ws://h/", "/x", true),
            ("ws://h/", "ws://h:80/x", true),
            ("ws://h/", "http://H/x", true),
            ("ws://h/", "http://h:81/x", false),
            ("ws://h/", "https://h/x", false),
            ("ws://h/", "//i/x", false),
            ("ws://h/", "//sub.h/x", false),
            ("ws+unix:///s:/", "/x", true),
            ("ws+unix:///s:/", "http://localhost:81/x", false),
        ] {
            let mut from = request(from);
            from.credentials = Some(Credentials {
                user: "u".to_owned(),
                password: "p".to_owned(),
            });
            from.headers = [
                "Authorization: x",
                "cookie: x",
                "Proxy-Authorization: x",
                "proxy-x: x",
                "Host: x",
                "X-Other: x",
                "X-Session-Id: x",
                "referer: http://h/secret",
            ]
            .iter()
            .map(|text| CustomHeader::parse(text).expect("a header"))
            .collect();
            let next = follow(&from, refusal(Some(location)), 0).expect("it is followed");
            let names: Vec<_> = next.options.headers.iter().map(|it| &*it.name).collect();
            assert_eq!(next.options.credentials().is_some(), same, "{location}");
            assert_eq!(next.credentials_removed, !same, "{location}");
            if same {
                assert_eq!(names.len(), 8, "{location}: {names:?}");
            } else {
                assert_eq!(names, ["X-Other"], "{location}");
            }
        }
    }

    #[test]
    fn tokens_in_subprotocols_are_not_sent_to_another_origin() {
        for (subprotocols, header, left, left_in_header, bared) in [
            (
                &["chat", "bearer.abcd", "x"][..],
                "",
                &["chat", "x"][..],
                None,
                true,
            ),
            (&["chat", "x"], "", &["chat", "x"], None, false),
            (&[], "chat,bearer.abcd", &[], Some("chat"), true),
            (&[], "chat,x", &[], Some("chat,x"), false),
            (
                &["bearer", "abcd"],
                "eyJhbGciOiJI.e30.x",
                &["bearer"],
                None,
                true,
            ),
        ] {
            let mut from = request("ws://h/");
            from.subprotocols = subprotocols.iter().map(|&name| name.to_owned()).collect();
            let header = format!("Sec-WebSocket-Protocol: {header}");
            from.headers = vec![CustomHeader::parse(&header).expect("a header")];
            from.headers.retain(|header| header.value.is_some());
            let next = follow(&from, refusal(Some("//i/x")), 0).expect("it is followed");
            assert_eq!(next.options.subprotocols, left);
            let value = next
                .options
                .headers
                .first()
                .and_then(|it| it.value.as_deref());
            assert_eq!(value, left_in_header.map(str::as_bytes));
            assert_eq!(next.credentials_removed, bared, "{subprotocols:?} {header}");
            let next = follow(&from, refusal(Some("/x")), 0).expect("it is followed");
            assert_eq!(next.options.subprotocols, from.subprotocols);
            assert_eq!(next.options.headers, from.headers);
        }
    }

    #[test]
    fn referer_is_removed_for_another_origin() {
        let mut from = request("ws://h/");
        let headers = ["Referer: http://h/a", "Cookie:"];
        let headers = headers
            .iter()
            .map(|text| CustomHeader::parse(text).expect("a header"));
        from.headers = headers.collect();
        let next = follow(&from, refusal(Some("//i/x")), 0).expect("it is followed");
        assert!(!next.credentials_removed);
        assert_eq!(
            next.options.headers,
            from.headers[1..],
            "one that is left out stays so"
        );
    }

    #[test]
    fn credentials_in_the_url_are_not_sent_to_another_origin() {
        let from = request("ws://u:p@h/");
        let next = follow(&from, refusal(Some("/x")), 0).expect("it is followed");
        assert!(next.options.credentials().is_some());
        let next = follow(&from, refusal(Some("//i/x")), 0).expect("it is followed");
        assert!(next.options.credentials().is_none() && next.credentials_removed);
    }
}
