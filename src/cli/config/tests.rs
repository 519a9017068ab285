//! Tests of the options of config files.

use super::precedence::{OVERRIDES, REQUIRED, ROUTES};
use super::*;

#[test]
fn every_option_is_a_key_or_excluded() {
    let keys = keys();
    for argument in crate::cli::command().get_arguments() {
        let Some(name) = argument.get_long() else {
            continue;
        };
        let is_key = keys.iter().any(|key| key.name == name);
        let is_excluded = is_excluded(name) || name == "version";
        assert_ne!(
            is_key, is_excluded,
            "decide whether a config file may set {name}"
        );
    }
}

/// A sample value for each option.
fn sample(name: &str) -> &'static str {
    match name {
        "header" | "proxy-header" => "A: b",
        "cookie" => "a=b",
        "user" | "proxy-user" => "a:b",
        "tls-min" | "tls-max" => "1.2",
        "resolve" => "h:80:127.0.0.1",
        "connect-to" => "::h:80",
        "connect-timeout" | "max-time" | "close-timeout" | "delay" | "wait" | "ping-interval"
        | "ping-timeout" => "5s",
        "max-redirs" | "max-messages" => "3",
        "chunk-size" | "frame-size" | "max-message-size" => "1K",
        "binary-as" => "hex",
        "color" => "never",
        "compress" => "off",
        "close-code" | "keep" => "1000",
        "reconnect" => "5",
        "reconnect-on" => "4001",
        _ => "x",
    }
}

fn setting(name: &str, value: &str) -> Setting {
    let key = keys().into_iter().find(|key| key.name == name);
    let key = key.expect("an option");
    let values = match key.kind {
        KeyKind::Flag => vec!["true".to_owned()],
        KeyKind::Count => vec!["1".to_owned()],
        KeyKind::FlagOrNumber | KeyKind::One | KeyKind::Many => vec![value.to_owned()],
        KeyKind::Pairs => vec!["5s".to_owned(), value.to_owned()],
    };
    Setting { key, values }
}

/// The words that are put before those of the command line.
fn below(settings: &[Setting], words: &[&str]) -> Vec<String> {
    let mut config = ConfigOptions::default();
    for setting in settings {
        config.set(setting.clone());
    }
    let words = std::iter::once("wsline").chain(words.iter().copied());
    let matches = command().try_get_matches_from(words);
    let matches = matches.unwrap_or_else(|error| panic!("{error}"));
    let below = config.below(&given(&command(), &matches), |_| false);
    let words = below.words.into_iter();
    words
        .map(|word| word.into_string().expect("text"))
        .collect()
}

#[test]
fn options_override_the_target_which_overrides_the_defaults() {
    for ConfigKey { name, kind } in keys() {
        let required = REQUIRED.iter().find(|(option, _)| *option == name);
        let required: Vec<Setting> = required.iter().map(|(_, it)| setting(it, "x")).collect();
        let value = sample(&name);
        let own = setting(&name, value);
        own.check()
            .unwrap_or_else(|cause| panic!("{name}: {cause:?}"));
        let lower = match kind {
            KeyKind::Flag => Setting {
                values: vec!["false".to_owned()],
                ..own.clone()
            },
            KeyKind::Count => own.clone(),
            KeyKind::FlagOrNumber => setting(&name, "4"),
            KeyKind::One | KeyKind::Many | KeyKind::Pairs => setting(&name, "lower"),
        };
        let levels: Vec<Setting> = required.iter().chain([&lower, &own]).cloned().collect();
        let option = match kind {
            KeyKind::Flag | KeyKind::Count | KeyKind::Pairs => format!("--{name}"),
            KeyKind::One | KeyKind::FlagOrNumber | KeyKind::Many => {
                format!("--{name}={value}")
            }
        };
        let of_config = below(&levels, &["h"]);
        let count = of_config
            .iter()
            .filter(|word| word.starts_with(&format!("--{name}")));
        let merged = usize::from(name == HEADER) + 1;
        assert_eq!(count.count(), merged, "{name}: {of_config:?}");
        assert!(of_config.contains(&option), "{name}: {of_config:?}");
        if name != HEADER {
            let pair = &["h", &option, "6s", "y"][..];
            let count = if kind == KeyKind::Pairs { 4 } else { 2 };
            let given = below(&levels, &pair[..count]);
            assert!(!given.contains(&option), "{name}: {given:?}");
        }
    }
}

#[test]
fn overridden_options_are_left_out() {
    for (config, words, left) in [
        (&["user"][..], &["--bearer", "x"][..], &[][..]),
        (&["bearer"], &["-u", "a:b"], &[]),
        (&["quiet"], &["-v"], &[]),
        (&["ipv6"], &["-4"], &[]),
        (&["binary", "null"], &["--json"], &[]),
        (&["one"], &["-n", "2"], &[]),
        (&["cert", "key", "pass"], &["--cert", "c"], &[]),
        (&["cert", "key"], &[], &["--cert=x", "--key=x"]),
        (&["max-redirs", "chunk-size"], &[], &[]),
        (&["max-redirs"], &["-L"], &["--max-redirs=3"]),
        (&["user", "bearer"], &[], &["--bearer=x"]),
    ] {
        let settings: Vec<Setting> = config.iter().map(|it| setting(it, sample(it))).collect();
        let words: Vec<&str> = words.iter().copied().chain(["h"]).collect();
        assert_eq!(below(&settings, &words), left, "{config:?} below {words:?}");
    }
    assert_eq!(
        conflict(&["bearer", "json", "user"]),
        Some(("user", "bearer"))
    );
    assert_eq!(
        conflict(&["cert", "key", "pass", "binary", "chunk-size"]),
        None
    );
}

#[test]
fn rules_name_options() {
    let keys = keys();
    let is_key = |name: &str| keys.iter().any(|key| key.name == name);
    let overridden = OVERRIDES
        .iter()
        .flat_map(|(name, others)| std::iter::once(name).chain(others.iter()).copied());
    let required = REQUIRED.iter().flat_map(|(name, other)| [*name, *other]);
    for name in overridden.chain(required).chain(ROUTES.iter().copied()) {
        assert!(is_key(name), "{name}");
    }
}
