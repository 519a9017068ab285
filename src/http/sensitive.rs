//! Decides which headers carry credentials and which subprotocols look like bearer tokens. Output,
//! records and redirects to another origin all use this to hide or remove them.

use std::borrow::Cow;

/// Whether credentials are shown (`--show-secrets`) or replaced in output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Credentials are replaced by `***`.
    #[default]
    Hidden,
    /// Everything is shown unchanged.
    Shown,
}

/// The replacement for a secret in output.
pub const HIDDEN: &str = "***";

/// A header whose name contains one of these carries credentials.
const WORDS: &[&str] = &[
    "token",
    "secret",
    "key",
    "auth",
    "session",
    "password",
    "passwd",
    "signature",
    "cookie",
    "jwt",
    "dpop",
];

/// Headers whose names contain such a word but that are not secret. A challenge says how to
/// authenticate.
const PUBLIC: &[&str] = &["www-authenticate", "proxy-authenticate", "authority"];

/// Headers of the opening handshake begin with this and are public: `Sec-WebSocket-Key` only proves
/// that the server has read it (RFC 6455 §1.3). `Sec-WebSocket-Protocol` is checked for tokens
/// separately.
const HANDSHAKE: &str = "sec-websocket-";

/// The header that lists subprotocols.
pub(super) const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";

/// Whether the header called `name` carries credentials.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_public = PUBLIC.contains(&&*name) || name.starts_with(HANDSHAKE);
    !is_public && WORDS.iter().any(|word| name.contains(word))
}

/// Parts of a subprotocol that announce a token, in the same subprotocol or the next one.
/// [`SHORTEST_ANNOUNCED`] is the minimum length of such a token, in characters.
const ANNOUNCING: &[&str] = &[
    "bearer",
    "token",
    "accesstoken",
    "authtoken",
    "jwt",
    "secret",
    "password",
    "passwd",
    "apikey",
];
const SHORTEST_ANNOUNCED: usize = 4;

/// Parts that announce a token only if it contains a digit.
const SUGGESTING: &[&str] = &[
    "auth",
    "authorization",
    "session",
    "sessionid",
    "key",
    "signature",
];
const SHORTEST_SUGGESTED: usize = 8;

/// A run of letters and digits of at least this length with a digit in it is a token, not a name.
const SHORTEST_RANDOM: usize = 16;

/// The base64 encoding of a JSON object begins with this, for example in a JWT (RFC 7519).
const JSON_OBJECT: &str = "eyJ";

/// Finds bearer tokens in a list of subprotocols. Returns for each the offset at which its token
/// begins (the token extends to the end), or `None`.
///
/// Browsers can't set headers for a WebSocket, so servers accept tokens as subprotocols: alone
/// (`eyJhbGciOi…`), after a prefix (`base64url.bearer.authorization.k8s.io.…`), or after a
/// subprotocol that announces them (`access_token, …`).
pub fn find_tokens(subprotocols: &[impl AsRef<str>]) -> Vec<Option<usize>> {
    let mut announced = false;
    let subprotocols = subprotocols.iter().map(AsRef::as_ref);
    let tokens = subprotocols.map(|subprotocol| {
        let found = find_token(subprotocol);
        let follows = std::mem::replace(&mut announced, announces(subprotocol));
        found.or_else(|| (follows && subprotocol.len() >= SHORTEST_ANNOUNCED).then_some(0))
    });
    tokens.collect()
}

fn find_token(text: &str) -> Option<usize> {
    let parts: Vec<_> = parts(text).collect();
    let of_part = |index: usize| -> Option<usize> {
        let (start, part) = parts[index];
        let rest = text.get(start + part.len() + 1..).unwrap_or_default();
        let word = part.to_ascii_lowercase();
        let announces = ANNOUNCING.contains(&&*word) && rest.len() >= SHORTEST_ANNOUNCED;
        let suggests = SUGGESTING.contains(&&*word)
            && rest.len() >= SHORTEST_SUGGESTED
            && rest.contains(|c: char| c.is_ascii_digit());
        if announces || suggests {
            return Some(start + part.len() + 1);
        }
        if part.starts_with(JSON_OBJECT) && part.len() >= SHORTEST_SUGGESTED {
            return Some(start);
        }
        if is_random(part) || is_uuid(text.get(start..).unwrap_or_default()) {
            // Base64url contains - and _, so the token may have begun before this part.
            return Some(text[..start].rfind('.').map_or(0, |dot| dot + 1));
        }
        None
    };
    (0..parts.len()).find_map(of_part)
}

/// Runs of letters and digits, each with its offset.
fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.map(move |part| {
        let place = start;
        start += part.len() + 1;
        (place, part)
    })
}

/// Whether the last part of a subprotocol announces that the next subprotocol is a token.
fn announces(subprotocol: &str) -> bool {
    let last = parts(subprotocol).last().map_or("", |(_, part)| part);
    let last = last.to_ascii_lowercase();
    last == "authorization" || ANNOUNCING.contains(&&*last)
}

fn is_random(part: &str) -> bool {
    part.len() >= SHORTEST_RANDOM
        && part.contains(|c: char| c.is_ascii_digit())
        && part.contains(|c: char| c.is_ascii_alphabetic())
}

/// Whether `text` begins with a UUID (RFC 9562 §4).
fn is_uuid(text: &str) -> bool {
    let lengths = parts(text).take(5).map(|(_, part)| part.len());
    lengths.eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .take(36)
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// A comma-separated list of subprotocols, or a single one, with tokens replaced by `***` unless
/// `secrets` are shown.
#[must_use]
pub fn shown_subprotocols(list: &str, secrets: Secrets) -> Cow<'_, str> {
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    let tokens = find_tokens(&names);
    if secrets == Secrets::Shown || tokens.iter().all(Option::is_none) {
        return Cow::Borrowed(list);
    }
    let shown = names.iter().zip(tokens).map(|(name, token)| match token {
        Some(start) => format!("{}{HIDDEN}", &name[..start]),
        None => (*name).to_owned(),
    });
    Cow::Owned(shown.collect::<Vec<_>>().join(", "))
}

/// The subprotocols in a comma-separated list that do not look like bearer tokens.
#[must_use]
pub fn without_tokens(list: &str) -> Vec<&str> {
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    let tokens = find_tokens(&names);
    let pairs = names.into_iter().zip(tokens);
    pairs
        .filter_map(|(name, token)| token.is_none().then_some(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_secret_by_the_words_in_their_names() {
        for name in [
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "Set-Cookie",
            "X-Api-Key",
            "X-Auth-Token",
            "X-SECRET",
            "Ocp-Apim-Subscription-Key",
            "X-Session-Id",
            "X-Amz-Security-Token",
            "X-Hub-Signature-256",
            "apikey",
            "X-Password",
            "X-Goog-Iap-Jwt-Assertion",
            "DPoP",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "Sec-WebSocket-Key",
            "sec-websocket-key1",
            "Sec-WebSocket-Accept",
            "Sec-WebSocket-Extensions",
            "Sec-WebSocket-Protocol",
            "Sec-WebSocket-Version",
            "Host",
            "Connection",
            "Upgrade",
            "Origin",
            "Referer",
            "User-Agent",
            "WWW-Authenticate",
            "Proxy-Authenticate",
            "Location",
            "Content-Security-Policy",
            "Strict-Transport-Security",
            "Access-Control-Allow-Credentials",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

    #[test]
    fn tokens_among_subprotocols_are_hidden() {
        for (list, shown) in [
            (JWT, "***"),
            ("access_token, swordfish", "access_token, ***"),
            ("Bearer,swordfish", "Bearer, ***"),
            (
                "graphql-ws, authorization, letmein",
                "graphql-ws, authorization, ***",
            ),
            (
                "base64url.bearer.authorization.k8s.io.c3dvcmRmaXNo, v5.channel.k8s.io",
                "base64url.bearer.***, v5.channel.k8s.io",
            ),
            (
                "realtime, openai-insecure-api-key.sk-proj-a1b2, openai-beta.realtime-v1",
                "realtime, openai-insecure-api-key.***, openai-beta.realtime-v1",
            ),
            (
                "aws-appsync-event-ws, header-eyJob3N0IjoiYSJ9",
                "aws-appsync-event-ws, header-***",
            ),
            ("v1.token.websocket.jupyter.org.5up3r", "v1.token.***"),
            ("chat, 0123456789abcdef0123456789abcdef", "chat, ***"),
            ("sid.aB-3f2504e04f8911d39a0c-x", "sid.***"),
            ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "***"),
        ] {
            assert_eq!(shown_subprotocols(list, Secrets::Hidden), shown);
            assert_eq!(shown_subprotocols(list, Secrets::Shown), list);
        }
    }

    #[test]
    fn names_of_subprotocols_are_not_hidden() {
        for list in [
            "chat, superchat",
            "graphql-transport-ws",
            "graphql-ws",
            "ocpp1.6,ocpp2.0.1",
            "mqttv3.1",
            "v12.stomp",
            "wamp.2.json",
            "actioncable-v1-json, actioncable-unsupported",
            "base64.channel.k8s.io",
            "json.webpubsub.azure.v1",
            "aws-appsync-event-ws",
            "openai-beta.realtime-v1",
            "access_token",
            "auth-protocol",
            "session-v1",
            "token-v2",
            "com.example.monkey.v2",
            "",
            "***",
        ] {
            assert_eq!(shown_subprotocols(list, Secrets::Hidden), list);
        }
    }

    #[test]
    fn without_tokens_removes_only_tokens() {
        let list = format!("chat,access_token, {JWT}");
        assert_eq!(without_tokens(&list), ["chat", "access_token"]);
        assert_eq!(
            find_tokens(&["a", "é.bearer.x", JWT]),
            [None, None, Some(0)]
        );
    }
}
