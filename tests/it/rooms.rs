//! Who may use whom: reads the `crate::` paths of `src/` and holds the rules between its rooms.
//!
//! A room is a file or a directory of `src/`. To add one, add a line to [`ROOMS`]; the test names
//! what is missing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each room and what it may use. `room::` allows what stands in the room's own `mod.rs`, its
/// types and traits, and none of the modules within. `*` allows everything but [`GUARDED`].
const ROOMS: &[(&str, &[&str])] = &[
    // What everyone speaks of. Only downwards: an event may hold an error, not the reverse.
    ("protocol", &[]),
    ("deadline", &[]),
    ("text", &[]),
    ("sys", &[]),
    ("exit", &["protocol"]),
    ("http", &[]),
    ("secret", &[]),
    ("error", &["exit", "http", "protocol", "target"]),
    ("event", &["error", "http", "protocol"]),
    ("conversation", &["error", "protocol", "text"]),
    ("assembly", &["event"]),
    ("target", &["http"]),
    // The modules that do something.
    (
        "connect",
        &[
            "target", "deadline", "error", "event", "http", "protocol", "sys", "secret",
        ],
    ),
    (
        "driver",
        &[
            "protocol", "connect", "event", "error", "exit", "http", "deadline", "sys", "source::",
            "output::",
        ],
    ),
    (
        "source",
        &[
            "event",
            "error",
            "http",
            "protocol",
            "terminal",
            "deadline",
            "sys",
            "text",
            "conversation",
            "session_file",
            "assembly",
        ],
    ),
    (
        "output",
        &[
            "event",
            "error",
            "exit",
            "http",
            "protocol",
            "terminal",
            "sys",
            "session_file",
            "text",
            "assembly",
        ],
    ),
    (
        "terminal",
        &[
            "conversation",
            "event",
            "error",
            "http",
            "protocol",
            "source",
            "output",
            "sys",
            "text",
        ],
    ),
    ("session_file", &["error", "http", "text", "protocol"]),
    (
        "verdict",
        &["error", "exit", "protocol", "driver::", "output"],
    ),
    ("echo", &["error", "exit", "connect", "sys"]),
    // Flags are parsed into the types that the modules are set up with.
    (
        "cli",
        &[
            "error",
            "exit",
            "protocol",
            "target",
            "connect",
            "text",
            "http",
            "secret",
            "conversation",
            "session_file",
            "sys",
            "driver::",
            "source::",
            "output::",
        ],
    ),
    // Those that put the modules together.
    ("plan", &["*"]),
    ("commands", &["*"]),
    ("main", &["*"]),
    ("lib", &[]),
];

/// Rooms that only these files and the room itself may use.
const GUARDED: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "main.rs",
            "plan.rs",
            "plan/",
            "commands/generate.rs",
            "commands/generate/",
            "commands/curl.rs",
            "commands/curl/",
            "commands/test.rs",
            "commands/test/",
        ],
    ),
    ("commands", &["main.rs"]),
];

/// Words that only these files may say, and the part of the house in which the rule holds.
const WORDS: &[(&str, &str, &[&str])] = &[
    ("rustyline", "", &["terminal.rs", "terminal/"]),
    ("openssl", "", &["connect/tls.rs", "connect/tls/"]),
    ("nix::poll", "", &["sys/", "connect/race.rs"]),
    (
        "clap",
        "",
        &["cli.rs", "cli/", "main.rs", "plan.rs", "plan/", "commands/"],
    ),
];

#[test]
fn rooms_use_only_what_they_may() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&source, &mut files);
    assert!(!files.is_empty(), "no sources in {}", source.display());
    let mut complaints = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        let name = path.strip_prefix(&source).expect("it is below src");
        complaints.extend(judge(&name.to_string_lossy(), &text));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// All sources but `tests.rs`, which may use whatever they want.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a directory can be read") {
        let path = entry.expect("a directory can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests.rs")
        {
            files.push(path);
        }
    }
}

/// What is wrong with a file of this name, relative to `src/`.
fn judge(file: &str, text: &str) -> Vec<String> {
    let code = code_of(text);
    let room = file.split(['/', '.']).next().unwrap_or(file);
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!(
            "src/{file}: {room} is a new room; add it to ROOMS in tests/it/rooms.rs"
        )];
    };
    let is_in = |places: &[&str]| places.iter().any(|place| is_at(file, place));
    let mut complaints = Vec::new();
    for path in paths_of(&code) {
        let used = path.split("::").next().unwrap_or(&path);
        if used == room {
            continue;
        }
        let guard = GUARDED.iter().find(|(name, _)| *name == used);
        let granted = match guard {
            Some((_, places)) => is_in(places),
            None => allowed.iter().any(|rule| allows(rule, &path)),
        };
        if !granted {
            complaints.push(format!("src/{file}: {room} may not use crate::{path}"));
        }
    }
    for (word, part, places) in WORDS {
        if file.starts_with(part) && !is_in(places) && says(&code, word) {
            let only = places.join(", ");
            complaints.push(format!("src/{file}: only {only} may name {word}"));
        }
    }
    complaints
}

/// Whether `place`, a file or a directory with its `/`, is or holds the file.
fn is_at(file: &str, place: &str) -> bool {
    file == place || place.ends_with('/') && file.starts_with(place)
}

fn allows(rule: &str, path: &str) -> bool {
    match rule.strip_suffix("::") {
        // Types and traits begin with a capital, modules and functions don't.
        Some(room) => path
            .strip_prefix(room)
            .and_then(|rest| rest.strip_prefix("::"))
            .is_some_and(|item| item.starts_with(char::is_uppercase)),
        None => rule == "*" || path.split("::").next() == Some(rule),
    }
}

/// The code without comments and without its tests, which may use whatever they want.
fn code_of(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a path in the code begins with `word`.
fn says(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(place, _)| {
        let before = code[..place].chars().next_back();
        let after = code[place + word.len()..].chars().next();
        !before.is_some_and(|c| is_of_a_name(c) || matches!(c, '"' | '-' | '.' | ':'))
            && after.is_some_and(|c| matches!(c, ':' | ';' | ','))
            && !after.is_some_and(is_of_a_name)
    })
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Every path in the code after `crate::` or `wsline::`, groups in braces taken apart.
fn paths_of(code: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for root in ["crate::", "wsline::"] {
        for (place, _) in code.match_indices(root) {
            if code[..place].chars().next_back().is_some_and(is_of_a_name) {
                continue;
            }
            take_apart(&code[place + root.len()..], "", &mut paths);
        }
    }
    paths
}

/// Reads one path at the front of `code`, below `prefix`; gives what follows it.
fn take_apart<'a>(code: &'a str, prefix: &str, paths: &mut BTreeSet<String>) -> &'a str {
    let length = code
        .find(|c: char| !is_of_a_name(c) && c != ':')
        .unwrap_or(code.len());
    let (path, rest) = code.split_at(length);
    let Some(mut rest) = rest.strip_prefix('{') else {
        let whole = format!("{prefix}{path}");
        paths.insert(whole.trim_end_matches(':').to_owned());
        return rest;
    };
    let prefix = format!("{prefix}{path}");
    loop {
        rest = take_apart(rest.trim_start(), &prefix, paths);
        // What is left of an item: `as Name`, then a comma or the end of the group.
        let Some(end) = rest.find([',', '}']) else {
            return rest;
        };
        let last = rest[end..].starts_with('}');
        rest = rest[end + 1..].trim_start();
        if last {
            return rest;
        }
        if let Some(after) = rest.strip_prefix('}') {
            return after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found() {
        let code = "use crate::a::{self, b::{C, D as E},\n    f,\n};\nuse crate::{g, h::I};\n\
                    let x = crate::j::k(); my_crate::no(); pub(crate) fn l() {}";
        let found: Vec<_> = paths_of(code).into_iter().collect();
        assert_eq!(
            found,
            ["a::b::C", "a::b::D", "a::f", "a::self", "g", "h::I", "j::k"]
        );
    }

    #[test]
    fn rules_are_held() {
        let fails = |file, text| !judge(file, text).is_empty();
        assert!(!fails(
            "driver/mod.rs",
            "use crate::source::{Source, Took};"
        ));
        assert!(fails("driver/mod.rs", "use crate::source::line::Command;"));
        assert!(fails("driver/mod.rs", "use crate::output::{raw, Output};"));
        assert!(fails("source/stdin.rs", "use crate::output::Output;"));
        assert!(fails("protocol/frame.rs", "use crate::error::Error;"));
        assert!(!fails(
            "protocol/frame.rs",
            "// crate::error\nuse crate::protocol::close;"
        ));
        assert!(fails("output/raw.rs", "fn f(cli: &crate::cli::Cli) {}"));
        assert!(fails("commands/talk.rs", "use crate::cli::Cli;"));
        assert!(!fails("commands/curl.rs", "use crate::cli::Cli;"));
        assert!(!fails(
            "output/raw.rs",
            "\n#[cfg(test)]\nmod tests { use crate::cli::Cli; }"
        ));
        assert!(fails("attic.rs", ""));
    }

    #[test]
    fn words_are_kept() {
        let fails = |file, text| !judge(file, text).is_empty();
        assert!(fails("source/prompt.rs", "use rustyline::Editor;"));
        assert!(!fails("terminal.rs", "use rustyline::Editor;"));
        assert!(fails("driver/mod.rs", "use nix::poll::poll;"));
        assert!(!fails("sys/poll.rs", "use nix::poll::poll;"));
        assert!(fails("output/sink.rs", "use nix::poll::poll;"));
        assert!(fails("connect/tcp.rs", "let x = openssl::x509::X509;"));
        assert!(!fails("error.rs", "let hint = \"openssl pkcs12 -legacy\";"));
    }
}
