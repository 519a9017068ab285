//! The modules of the program, and which file uses what of which other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::code::code;

/// A module that is a file.
pub struct Module {
    /// Its path from the crate's root: `connect::tls`. The root's is empty.
    pub path: String,
    /// The file, from `src/`.
    pub file: String,
    code: String,
    uses: Vec<Import>,
}

/// A name that a `use` brings into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Import {
    name: String,
    /// The path as it is written.
    path: String,
    exported: bool,
}

/// A use of another module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The path of the module that uses.
    pub by: String,
    /// The path that is written, from the crate's root.
    pub path: String,
    /// The path of the module that defines what is used.
    pub of: String,
}

pub struct Modules(BTreeMap<String, Module>);

impl Modules {
    /// Reads all files of a directory; those that are only built for tests are left out.
    pub fn read(source: &Path) -> Self {
        let mut files = Vec::new();
        collect(source, source, &mut files);
        Self::new(files)
    }

    /// From names of files and their texts.
    pub fn new(files: Vec<(String, String)>) -> Self {
        let mut modules = BTreeMap::new();
        let mut tests = BTreeSet::new();
        for (file, text) in files {
            let path = module_path(&file);
            let (code, test_modules) = code(&text);
            tests.extend(test_modules.iter().map(|name| join(&path, name)));
            let uses = imports(&code);
            let module = Module {
                path: path.clone(),
                file,
                code,
                uses,
            };
            modules.insert(path, module);
        }
        modules.retain(|path, _| !tests.iter().any(|test| is_within(path, test)));
        Self(modules)
    }

    pub fn all(&self) -> impl Iterator<Item = &Module> {
        self.0.values()
    }

    pub fn file(&self, path: &str) -> &str {
        &self.0[path].file
    }

    /// Every use of one module by another.
    pub fn uses(&self) -> BTreeSet<Use> {
        let mut uses = BTreeSet::new();
        for module in self.all() {
            let mut written: BTreeSet<String> = module.written_paths();
            for import in &module.uses {
                // A name that is only handed on is not used by the file that does it.
                if !import.exported || mentions(&module.code, &import.name) {
                    written.insert(import.path.clone());
                }
            }
            for path in written {
                let Some(path) = self.absolute(module, &path, 0) else {
                    continue;
                };
                let of = self.definer(&path, 0);
                if of != module.path {
                    uses.insert(Use {
                        by: module.path.clone(),
                        path,
                        of,
                    });
                }
            }
        }
        uses
    }

    /// A path from the crate's root, or nothing if it does not lead into this crate.
    fn absolute(&self, module: &Module, path: &str, depth: usize) -> Option<String> {
        let (first, rest) = path.split_once("::").unwrap_or((path, ""));
        match first {
            "crate" => Some(rest.to_owned()),
            "wsline" if module.path == "main" => Some(rest.to_owned()),
            "self" => Some(join(&module.path, rest)),
            "super" => {
                let mut base = parent(&module.path);
                let mut rest = rest;
                while let Some(after) = rest.strip_prefix("super::") {
                    base = parent(base);
                    rest = after;
                }
                Some(join(base, rest))
            }
            _ if self.0.contains_key(&join(&module.path, first)) => Some(join(&module.path, path)),
            _ if depth < 8 => {
                // A module that was imported, as `tls` in `tls::connect` after `use crate::tls`.
                let import = module.uses.iter().find(|import| import.name == first)?;
                if import.path.split("::").next() == Some(first) && import.path != path {
                    return None;
                }
                let base = self.absolute(module, &import.path, depth + 1)?;
                self.0.contains_key(&base).then(|| join(&base, rest))
            }
            _ => None,
        }
    }

    /// The module that defines what a path leads to, through the names that others hand on.
    fn definer(&self, path: &str, depth: usize) -> String {
        let mut module = "";
        let mut rest = path;
        while !rest.is_empty() {
            let (first, after) = rest.split_once("::").unwrap_or((rest, ""));
            let Some((deeper, _)) = self.0.get_key_value(&join(module, first)) else {
                break;
            };
            (module, rest) = (deeper, after);
        }
        let name = rest.split("::").next().unwrap_or(rest);
        let found = self.0.get(module);
        let found = found.filter(|_| !name.is_empty() && depth < 8);
        let import = found.and_then(|found| {
            let import = found.uses.iter().find(|import| import.name == name)?;
            self.absolute(found, &import.path, 0)
        });
        match import {
            Some(path) => self.definer(&path, depth + 1),
            None => module.to_owned(),
        }
    }
}

impl Module {
    /// The paths of at least two names in the code, outside of `use` items.
    fn written_paths(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        let mut rest = without_uses(&self.code);
        while let Some(start) = rest.find(is_of_a_name) {
            let tail = &rest[start..];
            let mut length = name_length(tail);
            while tail[length..].starts_with("::") && tail[length + 2..].starts_with(is_of_a_name) {
                length += 2 + name_length(&tail[length + 2..]);
            }
            let (path, after) = tail.split_at(length);
            if path.contains("::") {
                paths.insert(path.to_owned());
            }
            rest = after.to_owned();
        }
        paths
    }

    /// Whether a path in the code begins with these names.
    pub fn names(&self, path: &str) -> bool {
        self.code.match_indices(path).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + path.len()..].chars().next();
            !before.is_some_and(|c| is_of_a_name(c) || matches!(c, '-' | '.' | ':'))
                && after.is_some_and(|c| matches!(c, ':' | ';' | ','))
        })
    }
}

/// Whether a module is `of` or a module in it.
pub fn is_within(path: &str, of: &str) -> bool {
    path.strip_prefix(of)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn collect(root: &Path, directory: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).expect("a directory can be read") {
        let path = entry.expect("a directory can be read").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).expect("it is below the root");
            let text = fs::read_to_string(&path).expect("a source file can be read");
            files.push((name.to_string_lossy().into_owned(), text));
        }
    }
}

fn module_path(file: &str) -> String {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    match path {
        "lib" => String::new(),
        _ => path.replace('/', "::"),
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once("::").map_or("", |(parent, _)| parent)
}

fn join(path: &str, name: &str) -> String {
    match (path, name) {
        ("", _) => name.to_owned(),
        (_, "") => path.to_owned(),
        _ => format!("{path}::{name}"),
    }
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn name_length(text: &str) -> usize {
    text.find(|c| !is_of_a_name(c)).unwrap_or(text.len())
}

/// Whether a name is used outside of `use` items, and not only as that of a child module.
fn mentions(code: &str, name: &str) -> bool {
    let code = without_uses(code);
    let mut words = code
        .split(|c| !is_of_a_name(c))
        .filter(|word| !word.is_empty());
    let mut before = "";
    words.any(|word| {
        let declared = std::mem::replace(&mut before, word) == "mod";
        word == name && !declared
    })
}

/// The `use` items of a file, each with whether its names can be seen from outside.
fn use_items(code: &str) -> Vec<(usize, usize, bool)> {
    let mut items = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let line = &code[code[..at].rfind('\n').map_or(0, |end| end + 1)..at];
        let before = line.trim();
        if before.is_empty() || before == "pub" || before.starts_with("pub(") {
            let end = code[at..].find(';').map_or(code.len(), |end| at + end);
            items.push((at, end, !before.is_empty()));
        }
    }
    items
}

fn without_uses(code: &str) -> String {
    let mut bytes = code.as_bytes().to_vec();
    for (start, end, _) in use_items(code) {
        bytes[start..end].fill(b' ');
    }
    String::from_utf8(bytes).expect("whole characters were replaced")
}

fn imports(code: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    for (start, end, exported) in use_items(code) {
        let tree: String = code[start + "use ".len()..end]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        expand(&tree, "", &mut |path, name| {
            imports.push(Import {
                name,
                path,
                exported,
            });
        });
    }
    imports
}

/// Gives each path in a `use` with the name that it gets.
fn expand(tree: &str, prefix: &str, found: &mut impl FnMut(String, String)) {
    let tree = tree.trim();
    if let Some((before, group)) = tree.split_once('{') {
        let group = group.strip_suffix('}').unwrap_or(group);
        let prefix = join(prefix, before.trim().trim_end_matches("::"));
        for part in parts(group) {
            expand(part, &prefix, found);
        }
        return;
    }
    let (path, renamed) = match tree.split_once(" as ") {
        Some((path, name)) => (path.trim(), Some(name.trim())),
        None => (tree, None),
    };
    let path = match path {
        "" => return,
        "self" => prefix.to_owned(),
        _ => join(prefix, path),
    };
    let last = path.rsplit("::").next().unwrap_or(&path).to_owned();
    if last == "*" {
        found(parent(&path).to_owned(), last);
    } else {
        found(path, renamed.map_or(last, str::to_owned));
    }
}

/// The parts between the commas that are in no braces.
fn parts(group: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
}

#[test]
fn uses_are_found_in_all_positions() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let modules = Modules::new(vec![
        file("lib.rs", "pub mod a;\npub mod b;"),
        file(
            "a/mod.rs",
            "#[cfg(test)]\nmod tests;\nmod inner;\npub use inner::Deep;\nuse crate::b::{self, far};\n\
             fn f() { far::g(); b::h(); inner::i() }",
        ),
        file("a/inner.rs", "use super::super::b::B as C;\npub struct Deep;"),
        file("a/tests.rs", "use crate::b::private;"),
        file("b.rs", "fn f(x: crate::a::Deep) {}"),
        file("b/far.rs", "use super::B;\nfn my_crate() { std::mem::take(x) }"),
        file("main.rs", "use wsline::a;\nfn main() { a::run() }"),
    ]);
    let uses = modules.uses();
    let found: Vec<_> = uses
        .iter()
        .map(|found| format!("{} {} {}", found.by, found.path, found.of))
        .collect();
    assert_eq!(
        found,
        [
            "a a::inner::i a::inner",
            "a b b",
            "a b::far b::far",
            "a b::far::g b::far",
            "a b::h b",
            "a::inner b::B b",
            "b a::Deep a::inner",
            "b::far b::B b",
            "main a a",
            "main a::run a",
        ]
    );
}
