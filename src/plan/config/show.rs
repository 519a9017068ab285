//! The output of `wsline config`: the config file in its own syntax, with `***` for secrets.

use std::fmt::Write as _;
use std::path::Path;

use super::file::{ConfigFile, Section};
use crate::cli::config::{ConfigOptions, KeyKind, Setting};
use crate::http::{CustomHeader, HIDDEN};
use crate::target::Target;

/// The whole file and its path.
pub(super) fn all(path: Option<&Path>, file: Option<&ConfigFile>) -> String {
    let mut out = match path {
        Some(path) => format!("# {}", path.display()),
        None => "# no config file: HOME is not set".to_owned(),
    };
    let Some(file) = file else {
        out.push_str(if path.is_some() {
            " (does not exist)\n"
        } else {
            "\n"
        });
        return out;
    };
    out.push('\n');
    if !file.defaults.entries.is_empty() {
        out.push_str("\n[defaults]\n");
        settings(&mut out, file.defaults.entries.iter().map(|it| &it.setting));
    }
    for (name, target) in &file.targets {
        let _ = writeln!(out, "\n[targets.{}]", key(name));
        of_target(&mut out, target);
        settings(&mut out, target.entries.iter().map(|it| &it.setting));
    }
    out
}

/// The options for a target: its own and the defaults that it does not override.
pub(super) fn in_effect(name: &str, target: &Section, options: &ConfigOptions) -> String {
    let mut out = format!("[targets.{}]\n", key(name));
    of_target(&mut out, target);
    let (headers, others): (Vec<&Setting>, Vec<_>) = options
        .settings()
        .iter()
        .partition(|it| it.key.name == "header");
    settings(&mut out, others.into_iter());
    let mut merged: Vec<(&Setting, &String)> = Vec::new();
    for setting in headers {
        for value in &setting.values {
            merged
                .retain(|(of, lower)| std::ptr::eq(*of, setting) || !is_same_header(lower, value));
            merged.push((setting, value));
        }
    }
    let merged: Vec<String> = merged.iter().map(|(of, value)| shown(of, value)).collect();
    list(&mut out, "header", &merged);
    out
}

fn is_same_header(one: &str, other: &str) -> bool {
    match (CustomHeader::parse(one), CustomHeader::parse(other)) {
        (Ok(one), Ok(other)) => one.is(&other.name),
        _ => false,
    }
}

/// A name as a TOML key.
fn key(name: &str) -> String {
    if name.contains('.') {
        format!("\"{name}\"")
    } else {
        name.to_owned()
    }
}

fn of_target(out: &mut String, target: &Section) {
    if let Some((url, _)) = &target.url {
        let shown = match Target::parse(url) {
            // Passwords are hidden, and the query as well, which may contain a token.
            Ok(parsed) if parsed.credentials.is_some() || url.contains('?') => {
                let url = parsed.url();
                let end = url.find('?').unwrap_or(url.len());
                let query = if end < url.len() { "?***" } else { "" };
                format!("{}{query}", &url[..end])
            }
            _ => url.clone(),
        };
        line(out, "url", &quoted(&shown));
    }
    let expected: Vec<String> = target.expect.iter().map(|(text, _)| quoted(text)).collect();
    list(out, "expect", &expected);
    if let Some((time, _)) = &target.within {
        line(out, "within", &quoted(time));
    }
}

fn settings<'a>(out: &mut String, settings: impl Iterator<Item = &'a Setting>) {
    for setting in settings {
        let values: Vec<String> = setting
            .values
            .iter()
            .enumerate()
            .map(|(index, value)| match setting.key.kind {
                KeyKind::Pairs if index % 2 == 0 => quoted(value),
                _ => shown(setting, value),
            })
            .collect();
        match setting.key.kind {
            KeyKind::Many => list(out, &setting.key.name, &values),
            KeyKind::Pairs => {
                let pairs = values
                    .chunks(2)
                    .map(|pair| format!("[{}]", pair.join(", ")));
                list(out, &setting.key.name, &pairs.collect::<Vec<_>>());
            }
            _ => line(out, &setting.key.name, &values.concat()),
        }
    }
}

/// A value in TOML syntax, without secrets. Where a secret comes from is shown.
fn shown(setting: &Setting, value: &str) -> String {
    let is_source = ["env:", "@", "cmd:"]
        .iter()
        .any(|prefix| value.starts_with(prefix));
    match setting.key.kind {
        KeyKind::Flag | KeyKind::FlagOrNumber | KeyKind::Count => value.to_owned(),
        _ if is_source => quoted(value),
        // A message may contain credentials.
        _ if ["on-connect", "every"].contains(&setting.key.name.as_str()) => quoted(HIDDEN),
        _ if !setting.is_secret() => quoted(value),
        _ => match CustomHeader::parse(value) {
            Ok(header) if setting.key.name.ends_with("header") && header.is_secret() => {
                quoted(&format!("{}: {HIDDEN}", header.name))
            }
            Ok(_) if setting.key.name.ends_with("header") => quoted(value),
            _ => quoted(HIDDEN),
        },
    }
}

fn list(out: &mut String, name: &str, values: &[String]) {
    match values {
        [] => {}
        [value] => line(out, name, value),
        values => line(out, name, &format!("[{}]", values.join(", "))),
    }
}

fn line(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "{name} = {value}");
}

/// A TOML string, which is a JSON string except for characters that TOML does not allow.
fn quoted(text: &str) -> String {
    let text: String = text
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            '\n' => vec!['\\', 'n'],
            '\r' => vec!['\\', 'r'],
            '\t' => vec!['\\', 't'],
            c if crate::text::escape::is_hidden(c) => {
                format!("\\U{:08x}", u32::from(c)).chars().collect()
            }
            c => vec![c],
        })
        .collect();
    format!("\"{text}\"")
}
