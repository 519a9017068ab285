//! Hints for servers that did not upgrade the connection.
//!
//! A hint interprets the response and names what the user can change, usually an option. It has no
//! effect on anything else.

use super::failure::HTTP_2;
use super::options::ConnectOptions;
use super::redirect;
use crate::http::{beginning, ResponseHead};
use crate::target::Scheme;

/// The hint for a refusal, if the cause is known.
#[must_use]
pub fn refusal(head: &ResponseHead, body: &[u8], request: &ConnectOptions) -> Option<String> {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    if requires_tls(&text) {
        return Some(format!("this port uses TLS: use {}", secured(request)));
    }
    if is_socket_io(&text) {
        return Some(socket_io(request));
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
        426 => Some(explain_426(head, request)),
        400 if other_versions(head).is_some() => other_versions(head),
        400 if text.contains("subprotocol") || text.contains("sec-websocket-protocol") => {
            Some(explain_subprotocol(request))
        }
        400 if lacks_upgrade(&text) => Some(format!(
            "the server did not receive the Upgrade header: a reverse proxy may have dropped it ({})",
            pass_upgrade(head).unwrap_or(NGINX)
        )),
        status if redirect::is_redirect(status) => explain_redirect(head, request),
        200..=299 | 404 => Some(explain_no_websocket(head, &text, request)),
        501 => Some(
            "the server may require a subprotocol (-s), or the WebSocket may be at another path"
                .to_owned(),
        ),
        503 => Some(
            "the server is overloaded or down, or a reverse proxy could not reach it: try again \
             later"
                .to_owned(),
        ),
        502 | 504 => Some(
            "a reverse proxy responded because the server behind it did not: try again later"
                .to_owned(),
        ),
        505 => Some(HTTP_2.to_owned()),
        _ => None,
    }
}

/// The setting of nginx that passes on the Upgrade header.
const NGINX: &str = "nginx: proxy_set_header Upgrade $http_upgrade";

/// The setting that makes the reverse proxy in the response pass on the Upgrade header.
fn pass_upgrade(head: &ResponseHead) -> Option<&'static str> {
    let server = head.headers.get("Server")?.to_ascii_lowercase();
    let is = |name: &str| server.starts_with(name.as_bytes());
    if is("nginx") || is("openresty") {
        Some(NGINX)
    } else if is("apache") {
        Some("Apache: ProxyPass with upgrade=websocket")
    } else if is("lighttpd") {
        Some("lighttpd: proxy.header with \"upgrade\" => \"enable\"")
    } else {
        None
    }
}

/// A response to a plain HTTP request: there is no WebSocket, or a proxy made it a plain request.
fn explain_no_websocket(head: &ResponseHead, text: &str, request: &ConnectOptions) -> String {
    let mut hint = if head.status == 404 {
        // A query often holds a token, and is seldom what is wrong.
        let path = request.target.resource.split('?').next();
        let path = path.unwrap_or_default();
        format!("there is no WebSocket at {path}: check the path")
    } else if is_html(head, text) {
        "this is a web page: the WebSocket often has a path of its own, such as /ws".to_owned()
    } else {
        "this URL serves plain HTTP: the WebSocket may be at another path".to_owned()
    };
    if let Some(setting) = pass_upgrade(head) {
        hint.push_str(", or the server dropped the Upgrade header (");
        hint.push_str(setting);
        hint.push(')');
    }
    hint
}

/// The authentication schemes of the challenges in a response (RFC 9110 §11.6.1), in lower case.
fn schemes(head: &ResponseHead) -> Vec<String> {
    head.headers
        .get_all("WWW-Authenticate")
        .flat_map(|value| value.split(|&byte| byte == b','))
        // Parts of a challenge are `SCHEME`, `SCHEME name=value` and `name=value`.
        .filter_map(|part| {
            String::from_utf8_lossy(part)
                .split_whitespace()
                .next()
                .map(str::to_owned)
        })
        .filter(|word| !word.contains('='))
        .collect()
}

fn explain_401(head: &ResponseHead, request: &ConnectOptions) -> String {
    let schemes = schemes(head);
    let has = |name: &str| {
        schemes
            .iter()
            .any(|scheme| scheme.eq_ignore_ascii_case(name))
    };
    let how = match (has("Basic"), has("Bearer")) {
        (true, true) => "use -u USER:PASS or --bearer TOKEN",
        (false, true) => "use --bearer TOKEN",
        (false, false) if !schemes.is_empty() => {
            return format!(
                "the server requires authentication by {}, and wsline supports only Basic (-u) and \
                 Bearer (--bearer); -H 'Authorization: …' sends any other",
                schemes.join(" or ")
            );
        }
        _ => "use -u USER:PASS",
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

/// A server that names the subprotocol as the cause.
fn explain_subprotocol(request: &ConnectOptions) -> String {
    if request.subprotocols.is_empty() {
        return "the server requires a subprotocol: use -s NAME".to_owned();
    }
    "the server may not support the subprotocol: check -s".to_owned()
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

fn explain_426(head: &ResponseHead, request: &ConnectOptions) -> String {
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
        format!(
            "the server did not receive an upgrade to WebSocket: a reverse proxy may have dropped \
             the Upgrade header ({})",
            pass_upgrade(head).unwrap_or(NGINX)
        )
    })
}

/// The hint for a server that only supports other versions of the protocol.
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

/// The target of a redirect, and the option that follows it.
fn explain_redirect(head: &ResponseHead, request: &ConnectOptions) -> Option<String> {
    let location = String::from_utf8_lossy(head.headers.get("Location")?);
    Some(match redirect::destination(head, &request.target) {
        Ok(target) => format!("use -L to follow the redirect to {}", target.url()),
        Err(cause) => {
            format!("the server redirects to {location}, but wsline does not follow: {cause}")
        }
    })
}

/// Whether `text` is the response of a server that requires TLS to plain HTTP.
fn requires_tls(text: &str) -> bool {
    [
        "plain http request was sent to https port",
        "sent an http request to an https server",
        "speaking plain http to an ssl-enabled server port",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// Whether `text` is the response of a WebSocket server after a proxy has removed the Upgrade
/// header.
fn lacks_upgrade(text: &str) -> bool {
    text.contains("missing connection header")
        || text.contains("upgrade")
            && ["missing", "not found", "invalid", "no websocket", "only to"]
                .iter()
                .any(|word| text.contains(word))
}

/// Whether `text` is the response of Engine.IO, the lower layer of Socket.IO, to a request that it
/// does not recognize as a WebSocket: an error in JSON, or the opening packet of its HTTP
/// transport.
fn is_socket_io(text: &str) -> bool {
    let is_error = [
        "transport unknown",
        "session id unknown",
        "bad handshake method",
        "unsupported protocol version",
    ]
    .iter()
    .any(|message| text.contains(&format!("\"message\":\"{message}\"")));
    is_error || text.contains("0{\"sid\":\"")
}

/// The URL that Socket.IO expects.
fn socket_io(request: &ConnectOptions) -> String {
    let mut target = request.target.clone();
    let (path, query) = match target.resource.split_once('?') {
        Some((path, query)) => (path, query),
        None => (target.resource.as_str(), ""),
    };
    let path = if path == "/" { "/socket.io/" } else { path };
    let mut parameters: Vec<&str> = query.split('&').filter(|it| !it.is_empty()).collect();
    parameters.retain(|parameter| !parameter.starts_with("transport="));
    // The version is the one thing that can be wrong in a query that has the transport.
    let version = if query.contains("EIO=4") && query.contains("transport=websocket") {
        "EIO=3"
    } else {
        "EIO=4"
    };
    parameters.retain(|parameter| !parameter.starts_with("EIO="));
    parameters.extend([version, "transport=websocket"]);
    target.resource = format!("{path}?{}", parameters.join("&"));
    format!("this is a Socket.IO server: use {}", target.url())
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

/// The error for a response that is not HTTP, which quotes its beginning.
#[must_use]
pub fn not_http(bytes: &[u8]) -> String {
    format!(
        "not HTTP, the response begins with \"{}\"",
        beginning(bytes)
    )
}

/// The hint for a response that is not HTTP.
#[must_use]
pub fn other_protocol(bytes: &[u8], request: &ConnectOptions) -> String {
    match bytes {
        // A TLS alert record (RFC 8446 §5.1): the server could not parse our request as TLS.
        [0x15] | [0x15, 0x03, ..] if !request.target.is_tls() => {
            format!("this port uses TLS: use {}", secured(request))
        }
        // SETTINGS or GOAWAY on stream 0 (RFC 9113 §4.1), in the clear.
        [0, _, _, 4 | 7, _, 0, 0, 0, 0, ..] => HTTP_2.to_owned(),
        _ => "another service listens on this port: check the port number".to_owned(),
    }
}

/// The next step after a connection that ended without a response. Servers that do not know the
/// path or the subprotocol often do that.
#[must_use]
pub fn silence(request: &ConnectOptions) -> String {
    let check = "check the path and the subprotocol (-s)";
    if request.target.is_tls() {
        return check.to_owned();
    }
    format!(
        "{check}; if the server uses TLS on this port, use {}",
        secured(request)
    )
}

/// The hint for an invalid 101 response: some servers implement drafts before RFC 6455.
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
mod tests;
