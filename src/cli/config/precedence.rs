//! Which options a config file may set, and which of them have no effect because of others.

use crate::cli::data::NAMES;

/// Options that a config file can't set besides those of a conversation, because they say what is
/// sent in this run or require another such option.
const EXCLUDED: &[&str] = &["help", "config", "no-config", "strict"];

/// Options that are ignored at a lower level if an option is set at a higher one.
pub(super) const OVERRIDES: &[(&str, &[&str])] = &[
    ("user", &["bearer"]),
    ("bearer", &["user"]),
    ("verbose", &["quiet"]),
    ("quiet", &["verbose"]),
    ("binary", &["text", "json"]),
    ("text", &["binary"]),
    ("ipv4", &["ipv6"]),
    ("ipv6", &["ipv4"]),
    ("json", &["binary", "null", "binary-as"]),
    ("null", &["json"]),
    ("binary-as", &["json"]),
    ("history", &["no-history"]),
    ("no-history", &["history"]),
    ("max-messages", &["one"]),
    ("one", &["max-messages"]),
    ("cert", &["key", "pass"]),
];

/// Options that have no effect without another one: defaults for them are ignored without it.
pub(super) const REQUIRED: &[(&str, &str)] = &[
    ("chunk-size", "binary"),
    ("max-redirs", "location"),
    ("key", "cert"),
    ("pass", "cert"),
    ("ping-timeout", "ping-interval"),
    ("reconnect-on", "reconnect"),
];

/// The options that change what `wsline demo` connects to.
pub(super) const ROUTES: &[&str] = &[
    "proxy",
    "proxy-user",
    "proxy-header",
    "noproxy",
    "resolve",
    "connect-to",
    "unix-socket",
];

/// The options at lower levels that this one overrides besides itself.
pub(super) fn overridden_by(name: &str) -> &'static [&'static str] {
    let rule = OVERRIDES.iter().find(|(option, _)| *option == name);
    rule.map_or(&[], |(_, overridden)| overridden)
}

/// Whether an option has an effect, if `is_on` says which others are set.
pub(super) fn is_useful(name: &str, is_on: impl Fn(&str) -> bool) -> bool {
    REQUIRED
        .iter()
        .all(|(option, required)| name != *option || is_on(required))
}

/// Two of the options `names` that exclude each other.
#[must_use]
pub fn conflict<'a>(names: &[&'a str]) -> Option<(&'a str, &'a str)> {
    names.iter().enumerate().find_map(|(index, name)| {
        let excludes = |other: &&&str| {
            overridden_by(name).contains(*other) && overridden_by(other).contains(name)
        };
        let earlier = names[..index].iter().find(excludes)?;
        Some((*name, *earlier))
    })
}

/// Whether an option exists but can't be set in a config file.
#[must_use]
pub fn is_excluded(name: &str) -> bool {
    EXCLUDED.contains(&name) || NAMES.contains(&name)
}

/// Whether an option of a config file can't be used with `wsline demo`.
#[must_use]
pub fn is_route(name: &str) -> bool {
    ROUTES.contains(&name)
}
