//! What to do about a server that did not upgrade, where the cause is plain.
//!
//! Nothing here decides anything: it reads an answer as a person with experience would. A hint
//! names what the user can change, above all an option.

use super::options::ConnectOptions;
use super::redirect;
use crate::http::{beginning, ResponseHead};
use crate::target::Scheme;

/// The next step after a refusal, if one can be told.
#[must_use]
pub fn refusal(head: &ResponseHead, body: &[u8], request: &ConnectOptions) -> Option<String> {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    if speaks_tls(&text) {
        return Some(format!("this port speaks TLS: use {}", secured(request)));
    }
    match head.status {
        401 => Some(unauthorised(head, request)),
        407 => Some(
            "a proxy before the server wants credentials of its own: \
             -H 'Proxy-Authorization: Basic …' sends them"
                .to_owned(),
        ),
        403 => Some(match origin(request) {
            Some(origin) => format!(
                "the server may not accept the Origin {origin}: -o sets another; or it wants \
                 credentials (-u, --bearer or --cookie)"
            ),
            None => "the server may want an Origin, as browsers send one: try \
                     -o https://SITE with the site that it belongs to"
                .to_owned(),
        }),
        404 => Some(format!(
            "the server has no WebSocket at {}: check the path",
            // A query often holds a token, and is seldom what is wrong.
            request
                .target
                .resource
                .split('?')
                .next()
                .unwrap_or_default()
        )),
        426 => Some(upgrade_required(head, request)),
        400 if other_versions(head).is_some() => other_versions(head),
        400 if lacks_upgrade(&text) => Some(
            "the server did not see the Upgrade field: a proxy before it may not pass it on \
             (nginx: proxy_set_header Upgrade $http_upgrade)"
                .to_owned(),
        ),
        status if redirect::is_redirect(status) => moved(head, request),
        200..=299 if is_html(head, &text) => Some(
            "this is a web page, not a WebSocket: the address of the WebSocket often has a path \
             of its own, such as /ws"
                .to_owned(),
        ),
        200..=299 => Some(
            "this address answers plain HTTP requests: the WebSocket may be at another path"
                .to_owned(),
        ),
        502 | 504 => Some(
            "a proxy answered because the server behind it did not: try again later".to_owned(),
        ),
        _ => None,
    }
}

fn unauthorised(head: &ResponseHead, request: &ConnectOptions) -> String {
    let bearer = head
        .headers
        .get_all("WWW-Authenticate")
        .any(|value| value.to_ascii_lowercase().starts_with(b"bearer"));
    let how = if bearer {
        "--bearer TOKEN sends a token"
    } else {
        "-u USER:PASS sends a name and a password"
    };
    let sent = request.authorization().is_some()
        || request
            .headers
            .iter()
            .any(|header| header.name.eq_ignore_ascii_case("Authorization"));
    if sent {
        format!("the server does not accept these credentials; {how}")
    } else {
        format!("the server wants credentials: {how}")
    }
}

fn origin(request: &ConnectOptions) -> Option<String> {
    let header = request
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("Origin"));
    match header {
        Some(header) => Some(String::from_utf8_lossy(header.value.as_ref()?).into_owned()),
        None => request.origin.clone(),
    }
}

fn upgrade_required(head: &ResponseHead, request: &ConnectOptions) -> String {
    let wants_tls = head
        .headers
        .get_all("Upgrade")
        .any(|value| value.to_ascii_lowercase().starts_with(b"tls"));
    if wants_tls && !request.target.is_tls() {
        return format!("the server wants TLS (RFC 2817): use {}", secured(request));
    }
    other_versions(head).unwrap_or_else(|| {
        "the server did not see an upgrade to WebSocket: a proxy before it may not pass the \
         Upgrade field on (nginx: proxy_set_header Upgrade $http_upgrade)"
            .to_owned()
    })
}

/// The versions of the protocol that the server names, if ours is not among them.
fn other_versions(head: &ResponseHead) -> Option<String> {
    let versions: Vec<_> = head
        .headers
        .get_all("Sec-WebSocket-Version")
        .map(String::from_utf8_lossy)
        .collect();
    if versions.is_empty() || head.headers.has_token("Sec-WebSocket-Version", "13") {
        return None;
    }
    Some(format!(
        "the server speaks these versions of WebSocket: {}; wsline speaks 13 (RFC 6455 §4.4)",
        versions.join(", ")
    ))
}

/// Where a redirect leads, and what follows it.
fn moved(head: &ResponseHead, request: &ConnectOptions) -> Option<String> {
    let location = String::from_utf8_lossy(head.headers.get("Location")?);
    Some(match redirect::destination(head, &request.target) {
        Ok(target) => format!(
            "the server says that it is at {}: -L follows it there",
            target.url()
        ),
        Err(cause) => format!("the server redirects to {location}, but {cause}"),
    })
}

/// What servers say that speak TLS only and were asked in plain HTTP.
fn speaks_tls(text: &str) -> bool {
    [
        "plain http request was sent to https port",
        "sent an http request to an https server",
        "speaking plain http to an ssl-enabled server port",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// What WebSocket servers say when a proxy took the Upgrade field away.
fn lacks_upgrade(text: &str) -> bool {
    text.contains("missing connection header")
        || text.contains("upgrade")
            && ["missing", "not found", "invalid", "no websocket", "only to"]
                .iter()
                .any(|word| text.contains(word))
}

fn is_html(head: &ResponseHead, text: &str) -> bool {
    head.headers
        .get("Content-Type")
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with(b"text/html"))
        || text.trim_start().starts_with("<!doctype html")
}

fn secured(request: &ConnectOptions) -> String {
    let mut target = request.target.clone();
    target.origin.scheme = Scheme::Wss;
    target.url()
}

/// What is said of an answer that is no HTTP; quotes how it begins.
#[must_use]
pub fn not_http(bytes: &[u8]) -> String {
    format!(
        "it does not speak HTTP, its answer begins with \"{}\"",
        beginning(bytes)
    )
}

/// The next step after an answer that is no HTTP.
#[must_use]
pub fn other_protocol(bytes: &[u8], request: &ConnectOptions) -> String {
    match bytes {
        // A TLS record (RFC 8446 §5.1) that holds an alert: it could not read our request.
        [0x15] | [0x15, 0x03, ..] if !request.target.is_tls() => {
            format!("this port speaks TLS: use {}", secured(request))
        }
        _ => "another service listens on this port: check the port".to_owned(),
    }
}

/// The next step after a connection that ended without an answer.
#[must_use]
pub fn silence(request: &ConnectOptions) -> Option<String> {
    (!request.target.is_tls()).then(|| {
        format!(
            "if the server speaks TLS on this port, use {}",
            secured(request)
        )
    })
}

/// The next step after a wrong answer of 101: some servers speak the drafts before RFC 6455.
#[must_use]
pub fn draft(head: &ResponseHead) -> Option<String> {
    let has = |names: [&str; 2]| names.iter().any(|name| head.headers.get(name).is_some());
    let name = if has(["Sec-WebSocket-Location", "Sec-WebSocket-Origin"]) {
        "hixie-76 (hybi-00)"
    } else if has(["WebSocket-Location", "WebSocket-Origin"]) {
        "hixie-75"
    } else {
        return None;
    };
    Some(format!(
        "the server speaks {name}, a draft of WebSocket from before RFC 6455 (2011) that no \
         browser speaks any more: it needs to be updated"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Credentials, CustomHeader};
    use crate::secret::Secret;
    use crate::target::Target;

    fn request() -> ConnectOptions {
        ConnectOptions::new(Target::parse("ws://h:8080/x?token=hush").expect("an address"))
    }

    fn head(status: u16, headers: &[(&str, &str)]) -> ResponseHead {
        ResponseHead {
            status,
            headers: headers.iter().copied().collect(),
            ..ResponseHead::default()
        }
    }

    #[test]
    fn a_plain_cause_has_a_hint() {
        for (status, fields, body, says) in [
            (401, &[][..], "", "wants credentials: -u"),
            (
                401,
                &[("WWW-Authenticate", "Bearer realm=x")],
                "",
                "wants credentials: --bearer",
            ),
            (407, &[], "", "-H 'Proxy-Authorization: Basic …'"),
            (403, &[], "", "-o https://SITE"),
            (404, &[], "", "at /x: check the path"),
            (426, &[("Sec-WebSocket-Version", "8, 7")], "", "8, 7"),
            (426, &[], "", "a proxy before it"),
            (
                426,
                &[("Sec-WebSocket-Version", "13, 8")],
                "",
                "a proxy before it",
            ),
            (426, &[("Upgrade", "TLS/1.2")], "", "use wss://h:8080/x"),
            (400, &[("Sec-WebSocket-Version", "8")], "", "versions"),
            (400, &[], "Missing Upgrade header", "a proxy before it"),
            (
                400,
                &[],
                "Can \"Upgrade\" only to \"WebSocket\".",
                "a proxy before it",
            ),
            (
                400,
                &[],
                "<h1>The plain HTTP request was sent to HTTPS port</h1>",
                "use wss://h:8080/x?token=hush",
            ),
            (
                302,
                &[("Location", "/y")],
                "",
                "it is at ws://h:8080/y: -L follows",
            ),
            (
                301,
                &[("Location", "https://u:p@i/z")],
                "",
                "it is at wss://i/z:",
            ),
            (
                307,
                &[("Location", "ftp://i")],
                "",
                "redirects to ftp://i, but its Location is no address",
            ),
            (400, &[], "No WebSocket UPGRADE hdr: None", "a proxy before"),
            (200, &[("content-type", "Text/HTML")], "", "a web page"),
            (200, &[], "\n<!DOCTYPE html>", "a web page"),
            (200, &[], "{}", "plain HTTP"),
            (502, &[], "", "behind it"),
        ] {
            let hint = refusal(&head(status, fields), body.as_bytes(), &request());
            let hint = hint.unwrap_or_else(|| panic!("{status} {body} has no hint"));
            assert!(hint.contains(says), "{status} {body}: {hint}");
        }
        for status in [300, 301, 304, 400, 418, 500] {
            assert_eq!(refusal(&head(status, &[]), b"", &request()), None);
        }
    }

    #[test]
    fn a_hint_knows_what_was_sent() {
        let mut sent = request();
        sent.credentials = Some(Credentials {
            user: "u".to_owned(),
            password: "hush".to_owned(),
        });
        sent.bearer = Some(Secret::new("hush"));
        let hint = refusal(&head(401, &[]), b"", &sent).expect("a hint");
        assert!(hint.contains("does not accept") && !hint.contains("hush"));
        sent.headers = vec![CustomHeader::parse("origin: https://a").expect("a header")];
        let hint = refusal(&head(401, &[]), b"", &sent).expect("a hint");
        assert!(hint.contains("does not accept") && !hint.contains("hush"));
        let hint = refusal(&head(403, &[]), b"", &sent).expect("a hint");
        assert!(hint.contains("Origin https://a"), "{hint}");
    }

    #[test]
    fn other_protocols_and_drafts_are_known() {
        let tls = other_protocol(&[0x15, 0x03, 0x01], &request());
        assert!(tls.contains("wss://h:8080/x"));
        assert_eq!(
            not_http(b"SSH-2.0\r\n\xff"),
            "it does not speak HTTP, its answer begins with \"SSH-2.0\\r\\n\\xff\""
        );
        for (length, quoted) in [(40, "x".repeat(40)), (41, format!("{}…", "x".repeat(40)))] {
            let said = not_http("x".repeat(length).as_bytes());
            assert!(said.ends_with(&format!("\"{quoted}\"")), "{said}");
        }
        for (field, says) in [
            ("WebSocket-Origin", "hixie-75,"),
            ("WebSocket-Location", "hixie-75,"),
            ("sec-websocket-origin", "hixie-76 (hybi-00),"),
            ("Sec-WebSocket-Location", "hixie-76 (hybi-00),"),
        ] {
            let hint = draft(&head(101, &[(field, "x")]));
            assert!(hint.is_some_and(|hint| hint.contains(says)), "{field}");
        }
        assert!(draft(&head(101, &[("Upgrade", "x")])).is_none());
    }
}
