//! The architecture: each module uses only what the table in `src/lib.rs` allows, and there are no
//! circles.
//!
//! The table has a row for each module, a file or directory of `src/`, with the modules that it may
//! use. `output::` allows what `output` itself defines, its types and traits, and none of the modules
//! in it. A row such as `commands::curl` adds to what the row of `commands` allows. A second table has
//! the crates that only some modules may use. What is not used is not allowed either.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

mod code;
mod modules;

use modules::{is_within, Modules, Use};

/// A table of `src/lib.rs`: the names in its first column, and those in its last.
type Table = Vec<(String, Vec<String>)>;

fn read() -> (Modules, Vec<Table>) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let text = std::fs::read_to_string(source.join("lib.rs")).expect("lib.rs can be read");
    let modules = Modules::read(&source);
    (modules, tables(&text))
}

/// The tables in the documentation of a file.
fn tables(text: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let row = line.strip_prefix("//! | ");
        match row {
            Some(row) if row.starts_with("---") => {}
            Some(_) if !inside => tables.push(Table::new()),
            Some(row) => {
                let names = |column: &str| -> Vec<String> {
                    let names = column.split('`').skip(1).step_by(2);
                    names.map(str::to_owned).collect()
                };
                let row = row.trim_end().trim_end_matches('|');
                let (first, rest) = row.split_once('|').expect("two columns");
                let last = rest.rsplit('|').next().unwrap_or(rest);
                let first = names(first).concat();
                let table = tables.last_mut().expect("a table was begun");
                table.push((first, names(last)));
            }
            None => {}
        }
        inside = row.is_some();
    }
    tables
}

/// The module of the top level that a path belongs to.
fn top(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}

/// Whether a permission allows a use.
fn allows(permission: &str, used: &Use) -> bool {
    match permission.strip_suffix("::") {
        // Types and traits begin with a capital, modules and functions don't.
        Some(module) => used
            .path
            .strip_prefix(module)
            .and_then(|rest| rest.strip_prefix("::"))
            .is_some_and(|item| item.starts_with(char::is_uppercase)),
        None => is_within(&used.path, permission),
    }
}

#[test]
fn modules_use_exactly_what_the_table_allows() {
    let (modules, tables) = read();
    let complaints = complaints(&modules, &tables[0]);
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    print(&tables[0]);
}

/// Prints the table for `cargo test architecture -- --nocapture`.
#[expect(
    clippy::print_stdout,
    reason = "it is captured unless someone wants to see it"
)]
fn print(table: &Table) {
    for (module, allowed) in table {
        println!("{module}: {}", allowed.join(", "));
    }
}

fn complaints(modules: &Modules, table: &Table) -> Vec<String> {
    let mut complaints = Vec::new();
    for module in modules.all() {
        let name = top(&module.path);
        if !name.is_empty() && !table.iter().any(|(row, _)| row == name) {
            let file = &module.file;
            complaints.push(format!("src/{file}: {name} has no row in src/lib.rs"));
        }
    }
    let mut unused: BTreeSet<_> = table
        .iter()
        .flat_map(|(row, allowed)| allowed.iter().map(move |permission| (row, permission)))
        .collect();
    for used in modules.uses() {
        if top(&used.path) == top(&used.by) {
            continue;
        }
        let rows = table.iter().filter(|(row, _)| is_within(&used.by, row));
        let mut granted = false;
        for (row, allowed) in rows {
            for permission in allowed
                .iter()
                .filter(|permission| allows(permission, &used))
            {
                granted = true;
                unused.remove(&(row, permission));
            }
        }
        if !granted {
            let (file, path) = (modules.file(&used.by), &used.path);
            complaints.push(format!("src/{file}: may not use crate::{path}"));
        }
    }
    for (row, permission) in unused {
        complaints.push(format!("src/lib.rs: {row} does not use {permission}"));
    }
    complaints
}

#[test]
fn crates_are_used_only_where_the_table_allows() {
    let (modules, tables) = read();
    for (name, places) in &tables[1] {
        let mut unused: BTreeSet<_> = places.iter().collect();
        for module in modules.all().filter(|module| module.names(name)) {
            let place = places.iter().find(|place| is_within(&module.path, place));
            let place = place.unwrap_or_else(|| panic!("src/{}: may not use {name}", module.file));
            unused.remove(place);
        }
        assert!(
            unused.is_empty(),
            "src/lib.rs: {unused:?} do not use {name}"
        );
    }
}

#[test]
fn there_are_no_circles_between_modules() {
    let (modules, _) = read();
    check(&modules, |path| top(path).to_owned());
}

#[test]
fn there_are_no_circles_between_files() {
    let (modules, _) = read();
    check(&modules, |path| modules.file(path).to_owned());
}

/// Fails for a circle.
fn check(modules: &Modules, name: impl Fn(&str) -> String) {
    let uses = modules.uses();
    let uses = uses.iter().filter(|used| !used.of.is_empty());
    let edges: Vec<_> = uses
        .map(|used| (name(&used.by), name(&used.of), used))
        .collect();
    let found = circles(edges.iter().map(|(by, of, _)| (by.as_str(), of.as_str())));
    if let Some(circle) = found.first() {
        let inside = edges
            .iter()
            .filter(|(by, of, _)| by != of && circle.contains(&by.as_str()))
            .filter(|(_, of, _)| circle.contains(&of.as_str()))
            .map(|(by, of, used)| format!("\n  {by} uses {of}: {}", used.path));
        let inside: String = inside.collect();
        panic!("a circle of {circle:?}:{inside}");
    }
}

/// The groups whose members all lead to each other, sorted.
fn circles<'a>(edges: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Vec<&'a str>> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in edges.filter(|(from, to)| from != to) {
        next.entry(from).or_default().insert(to);
    }
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for &start in next.keys() {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![start];
        while let Some(at) = waiting.pop() {
            let new = next.get(at).into_iter().flatten();
            waiting.extend(new.filter(|to| seen.insert(**to)));
        }
        reached.insert(start, seen);
    }
    let mut circles = BTreeSet::new();
    for (start, seen) in &reached {
        let both = |other: &&&str| {
            reached
                .get(**other)
                .is_some_and(|back| back.contains(start))
        };
        let circle: Vec<_> = seen.iter().filter(both).copied().collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

#[test]
fn permissions_are_checked() {
    let modules = |by: &str, text: &str| {
        let files = [
            (by, text),
            ("source/mod.rs", "pub struct Source;"),
            ("source/stdin.rs", ""),
            ("http.rs", ""),
        ];
        let files = files.map(|(file, text)| (file.to_owned(), text.to_owned()));
        Modules::new(files.to_vec())
    };
    let table = &tables(
        "//! | module | purpose | may use |\n\
         //! | --- | --- | --- |\n\
         //! | [`driver`] | the `loop` | `source::`, `http` |\n\
         //! | [`source`] | | |\n\
         //! | [`http`] | | |\n",
    )[0];
    let fails = |file, text| {
        let complaints = complaints(&modules(file, text), table);
        let unused = |complaint: &String| complaint.contains(" does not use ");
        !complaints.iter().all(unused)
    };
    let good = "use crate::source::Source; fn f() { crate::http::g() }";
    let none: [String; 0] = [];
    assert_eq!(complaints(&modules("driver.rs", good), table), none);
    assert!(!fails(
        "driver/mod.rs",
        "use crate::source::{Source, Progress};"
    ));
    assert!(fails("driver/mod.rs", "use crate::source::stdin::Stdin;"));
    assert!(fails("driver/deep.rs", "use super::super::source::stdin;"));
    assert!(fails("source/prompt.rs", "fn f() { crate::http::g() }"));
    assert!(fails("attic.rs", ""));
    assert!(!fails(
        "http.rs",
        "#[cfg(test)]\nmod tests { use crate::source; }"
    ));
    let unused = complaints(&modules("driver.rs", "use crate::source::Source;"), table);
    assert_eq!(unused, ["src/lib.rs: driver does not use http"]);
}

#[test]
fn circles_are_found() {
    let edges = [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d"), ("d", "d")];
    assert_eq!(circles(edges.into_iter()), [["b", "c"]]);
}
