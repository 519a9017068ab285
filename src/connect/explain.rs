//! Hints for a server that did not upgrade.
//!
//! Nothing here decides anything: it reads a response as an experienced person would. A hint names
//! what the user can change, above all an option.

use super::options::ConnectOptions;
use super::redirect;
use crate::http::{beginning, ResponseHead};
use crate::target::Scheme;

/// The next step after a refusal, if the cause is known.
#[must_use]
pub fn refusal(head: &ResponseHead, body: &[u8], request: &ConnectOptions) -> Option<String> {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    if speaks_tls(&text) {
        return Some(format!("this port uses TLS: use {}", secured(request)));
    }
    match head.status {
        401 => Some(explain_401(head, request)),
        407 => Some(
            "a proxy before the server requires credentials: use -H 'Proxy-Authorization: Basic …'"
                .to_owned(),
        ),
        403 => Some(match origin(request) {
            Some(origin) => format!(
                "the server may not accept the Origin {origin} (-o), or it requires credentials \
                 (-u, --bearer or --cookie)"
            ),
            None => "the server may require the Origin of its web page, as browsers send it (-o \
                     https://SITE), or credentials (-u, --bearer or --cookie)"
                .to_owned(),
        }),
        404 => Some(format!(
            "there is no WebSocket at {}: check the path",
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
            "the server did not receive the Upgrade header: a reverse proxy may have dropped it \
             (nginx: proxy_set_header Upgrade $http_upgrade)"
                .to_owned(),
        ),
        status if redirect::is_redirect(status) => moved(head, request),
        200..=299 if is_html(head, &text) => Some(
            "this is a web page: the WebSocket often has a path of its own, such as /ws".to_owned(),
        ),
        200..=299 => {
            Some("this URL serves plain HTTP: the WebSocket may be at another path".to_owned())
        }
        502 | 504 => Some(
            "a reverse proxy responded because the server behind it did not: try again later"
                .to_owned(),
        ),
        _ => None,
    }
}

fn explain_401(head: &ResponseHead, request: &ConnectOptions) -> String {
    let bearer = head
        .headers
        .get_all("WWW-Authenticate")
        .any(|value| value.to_ascii_lowercase().starts_with(b"bearer"));
    let how = if bearer {
        "use --bearer TOKEN"
    } else {
        "use -u USER:PASS"
    };
    let sent = request.authorization().is_some()
        || request
            .headers
            .iter()
            .any(|header| header.name.eq_ignore_ascii_case("Authorization"));
    if sent {
        format!("the server rejected these credentials: {how}")
    } else {
        format!("the server requires credentials: {how}")
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
        return format!(
            "the server requires TLS (RFC 2817): use {}",
            secured(request)
        );
    }
    other_versions(head).unwrap_or_else(|| {
        "the server did not receive an upgrade to WebSocket: a reverse proxy may have dropped the \
         Upgrade header (nginx: proxy_set_header Upgrade $http_upgrade)"
            .to_owned()
    })
}

/// The hint for a server that supports other versions of the protocol only.
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
        "the server supports these versions of WebSocket: {}; wsline supports 13 (RFC 6455 §4.4)",
        versions.join(", ")
    ))
}

/// Where a redirect leads, and the option that follows it.
fn moved(head: &ResponseHead, request: &ConnectOptions) -> Option<String> {
    let location = String::from_utf8_lossy(head.headers.get("Location")?);
    Some(match redirect::destination(head, &request.target) {
        Ok(target) => format!("use -L to follow the redirect to {}", target.url()),
        Err(cause) => {
            format!("the server redirects to {location}, but wsline does not follow: {cause}")
        }
    })
}

/// What servers that require TLS respond to plain HTTP.
fn speaks_tls(text: &str) -> bool {
    [
        "plain http request was sent to https port",
        "sent an http request to an https server",
        "speaking plain http to an ssl-enabled server port",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// What WebSocket servers respond when a proxy has dropped the Upgrade header.
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

/// What is wrong with a response that is not HTTP; quotes how it begins.
#[must_use]
pub fn not_http(bytes: &[u8]) -> String {
    format!(
        "not HTTP, the response begins with \"{}\"",
        beginning(bytes)
    )
}

/// The next step after a response that is not HTTP.
#[must_use]
pub fn other_protocol(bytes: &[u8], request: &ConnectOptions) -> String {
    match bytes {
        // A TLS record (RFC 8446 §5.1) that holds an alert: it could not read our request.
        [0x15] | [0x15, 0x03, ..] if !request.target.is_tls() => {
            format!("this port uses TLS: use {}", secured(request))
        }
        _ => "another service listens on this port: check the port number".to_owned(),
    }
}

/// The next step after a connection that ended without a response.
#[must_use]
pub fn silence(request: &ConnectOptions) -> Option<String> {
    (!request.target.is_tls()).then(|| {
        format!(
            "if the server uses TLS on this port, use {}",
            secured(request)
        )
    })
}

/// The next step after an invalid 101 response: some servers speak the drafts before RFC 6455.
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
        "the server uses {name}, a draft from before RFC 6455 (2011) that browsers no longer \
         support: it needs an update"
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
            (401, &[][..], "", "requires credentials: use -u"),
            (
                401,
                &[("WWW-Authenticate", "Bearer realm=x")],
                "",
                "requires credentials: use --bearer",
            ),
            (407, &[], "", "-H 'Proxy-Authorization: Basic …'"),
            (403, &[], "", "-o https://SITE"),
            (404, &[], "", "at /x: check the path"),
            (426, &[("Sec-WebSocket-Version", "8, 7")], "", "8, 7"),
            (426, &[], "", "a reverse proxy"),
            (
                426,
                &[("Sec-WebSocket-Version", "13, 8")],
                "",
                "a reverse proxy",
            ),
            (426, &[("Upgrade", "TLS/1.2")], "", "use wss://h:8080/x"),
            (400, &[("Sec-WebSocket-Version", "8")], "", "versions"),
            (400, &[], "Missing Upgrade header", "a reverse proxy"),
            (
                400,
                &[],
                "Can \"Upgrade\" only to \"WebSocket\".",
                "a reverse proxy",
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
                "use -L to follow the redirect to ws://h:8080/y",
            ),
            (
                301,
                &[("Location", "https://u:p@i/z")],
                "",
                "redirect to wss://i/z",
            ),
            (
                307,
                &[("Location", "ftp://i")],
                "",
                "redirects to ftp://i, but wsline does not follow: its Location is not",
            ),
            (
                400,
                &[],
                "No WebSocket UPGRADE hdr: None",
                "a reverse proxy",
            ),
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
        assert!(hint.contains("rejected these") && !hint.contains("hush"));
        sent.headers = vec![CustomHeader::parse("origin: https://a").expect("a header")];
        let hint = refusal(&head(401, &[]), b"", &sent).expect("a hint");
        assert!(hint.contains("rejected these") && !hint.contains("hush"));
        let hint = refusal(&head(403, &[]), b"", &sent).expect("a hint");
        assert!(hint.contains("Origin https://a"), "{hint}");
    }

    #[test]
    fn other_protocols_and_drafts_are_known() {
        let tls = other_protocol(&[0x15, 0x03, 0x01], &request());
        assert!(tls.contains("wss://h:8080/x"));
        assert_eq!(
            not_http(b"SSH-2.0\r\n\xff"),
            "not HTTP, the response begins with \"SSH-2.0\\r\\n\\xff\""
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
