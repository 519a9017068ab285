//! The documents are run: what README, the guide and the others show is what happens.
//!
//! The language of a code block says what is done with it. `console` is run line by line in a shell,
//! in a directory of its own with the built program in `PATH`; `text` is typed in a terminal; `json`
//! is fed to `--json`; `ws` is a session file that passes, and is beside every `console` block under
//! the name in its first line; `python` and `bash` are run as programs,
//! which print what the comments at their ends say; of the CI jobs in `yaml`, what runs wsline (`ci`).
//! `sh` is for the reader only: it installs,
//! downloads or never ends; its command lines and those in prose and tables are parsed (`commands`).
//! A block without a language is a diagram, in documents for contributors.
//!
//! `WSLINE_UPDATE=1` writes what `console` blocks print, and the tables of exit codes, into the
//! documents.

mod ci;
mod commands;
mod servers;
mod sessions;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::support::program::BINARY;
use crate::support::{require, skip, Key, Pty, Terminal, Wsline};
use servers::Servers;

/// The documents for users. They have every kind of block but diagrams.
const FOR_USERS: [&str; 2] = ["README.md", "docs/guide.md"];
const KINDS: [&str; 9] = [
    "console", "text", "json", "ws", "toml", "python", "bash", "yaml", "sh",
];

struct Document {
    /// The path from the top of the tree.
    name: String,
    text: String,
    /// Each code block's language and text.
    blocks: Vec<(String, String)>,
}

impl Document {
    fn read(name: &str) -> Self {
        let path = root().join(name);
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut blocks = Vec::new();
        let mut open: Option<(String, String)> = None;
        for line in text.lines() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(kind)) => open = Some((kind.to_owned(), String::new())),
                (Some(_), Some("")) => blocks.extend(open.take()),
                (Some((_, text)), _) => text.extend([line, "\n"]),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{name}: a code block has no end");
        for (kind, text) in &blocks {
            let diagram = kind.is_empty() && !FOR_USERS.contains(&name);
            assert!(
                diagram || KINDS.contains(&kind.as_str()),
                "{name}: unknown kind of code block {kind:?}:\n{text}"
            );
        }
        Self {
            name: name.to_owned(),
            text,
            blocks,
        }
    }

    fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let mine = self.blocks.iter().filter(move |(of, _)| of == kind);
        mine.map(|(_, text)| text.as_str())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All documents in the tree.
fn documents() -> Vec<Document> {
    fn collect(directory: &Path, names: &mut Vec<String>) {
        for entry in fs::read_dir(directory).expect("a directory can be read") {
            let path = entry.expect("a directory can be read").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            if name.starts_with('.') || ["target", "node_modules"].contains(&name.as_ref()) {
                continue;
            }
            if path.is_dir() {
                collect(&path, names);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.strip_prefix(root()).expect("it is in the tree");
                names.push(name.to_string_lossy().into_owned());
            }
        }
    }
    let mut names = Vec::new();
    collect(root(), &mut names);
    names.sort();
    for name in FOR_USERS {
        assert!(names.iter().any(|found| found == name), "{name} is missing");
    }
    names.iter().map(|name| Document::read(name)).collect()
}

/// All blocks of one kind, each with the name of its document. Those for users must have one.
fn blocks(kind: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    for document in documents() {
        for text in document.blocks(kind) {
            blocks.push((document.name.clone(), text.to_owned()));
        }
    }
    let for_users = |(name, _): &(String, String)| FOR_USERS.contains(&name.as_str());
    assert!(blocks.iter().any(for_users), "no {kind} block");
    blocks
}

/// Whether documents are updated instead of compared.
pub fn updates() -> bool {
    std::env::var_os("WSLINE_UPDATE").is_some()
}

/// Replaces a part of a document.
fn update(name: &str, old: &str, new: &str) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let path = root().join(name);
    let text = fs::read_to_string(&path).expect("a document");
    assert!(text.contains(old), "{name} lacks {old}");
    fs::write(path, text.replacen(old, new, 1)).expect("documents can be written");
}

/// The text with its ports, times and versions replaced, which differ from run to run, and so do the
/// spaces before them.
pub fn masked(text: &str) -> String {
    let mut out = String::new();
    let text = text
        .lines()
        .map(without_time)
        .collect::<Vec<_>>()
        .join("\n");
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, tail) = rest.split_at(start);
        let end = tail
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(tail.len());
        let (number, after) = tail.split_at(end);
        out.push_str(before);
        if number.contains('.') || before.ends_with(':') {
            // Numbers that stand below each other are aligned at their ends.
            while out.ends_with("  ") {
                out.pop();
            }
            out.push('N');
        } else {
            out.push_str(number);
        }
        rest = after;
    }
    out + rest
}

/// A message of a report without how long after the last sent one it came.
fn without_time(line: &str) -> String {
    match line.split_once("< after ") {
        Some((before, rest)) if before.trim().is_empty() => {
            let message = rest.split_once(": ").map_or(rest, |(_, message)| message);
            format!("{before}< {message}")
        }
        _ => line.to_owned(),
    }
}

/// The search path, with the built program in it.
fn path() -> OsString {
    let directory = Path::new(BINARY).parent().expect("it is in a directory");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = vec![directory.to_owned()];
    all.extend(std::env::split_paths(&path));
    std::env::join_paths(all).expect("paths that were joined before")
}

/// Runs the blocks of one kind, and compares what each prints with the comments at its end.
fn run_programs(kind: &str, interpreter: [&str; 2]) {
    for (name, block) in blocks(kind) {
        let (program, output) = block
            .split_once("# prints:\n")
            .unwrap_or_else(|| panic!("{name}: a program without its output:\n{block}"));
        let lines = output.lines().map(|line| {
            let line = line.strip_prefix("# ");
            line.expect("its output is in comments").to_owned() + "\n"
        });
        Wsline::program(interpreter[0])
            .args([interpreter[1], program])
            .env("PATH", path())
            .stdout(lines.collect::<String>())
            .run();
    }
}

#[test]
fn python_blocks_print_what_their_comments_say() {
    require!("python3");
    run_programs("python", ["python3", "-c"]);
}

#[test]
fn bash_blocks_print_what_their_comments_say() {
    require!("bash");
    require!("jq");
    run_programs("bash", ["bash", "-c"]);
}

/// Runs each line after a `$`, and compares what it prints, errors included, with the lines below
/// it. The commands of a block share a directory. Where one says `:9001`, there is an echo server, and at
/// other ports there are those of `servers`.
#[test]
fn console_blocks_print_the_output_shown() {
    let path = path();
    let servers = Servers::start();
    let placed = |text: &str| servers.placed(text);
    let example = fs::read_to_string(root().join("examples/echo.ws")).expect("an example");
    for (name, block) in blocks("console") {
        let directory = crate::support::guard::directory();
        fs::create_dir(directory.path().join("examples")).expect("a directory");
        let file = directory.path().join("examples/echo.ws");
        fs::write(file, placed(&example)).expect("a file");
        for (_, session) in blocks("ws") {
            let file = directory.path().join(sessions::name(&session));
            fs::write(file, placed(&session)).expect("a file");
        }
        let commands = block.strip_prefix("$ ");
        let commands = commands.unwrap_or_else(|| panic!("{name}: no command at first:\n{block}"));
        for command in commands.split("\n$ ") {
            let (command, output) = command.split_once('\n').unwrap_or((command, ""));
            if command.contains("jq ") && !skip::is_there(&["jq", "--version"]) {
                skip::missing("jq");
                continue;
            }
            let own = servers.of_command(command);
            let done = Wsline::program("sh")
                .args(["-c", &format!("exec 2>&1; {}", own.placed(command))])
                .env("PATH", &path)
                .dir(directory.path())
                .stdout_matches("...")
                .run();
            let got = own.finish(done.stdout_text());
            let same = masked(output).trim_end() == masked(&got).trim_end();
            if !same && updates() {
                let shown = |output: &str| format!("$ {command}\n{output}").trim_end().to_owned();
                update(&name, &shown(output), &shown(&got));
            } else if !same {
                panic!("{name}: $ {command}\nshown:\n{output}\nprinted:\n{got}");
            }
        }
    }
}

/// Types what is after each `>`, and compares the screen with everything before the next one. A binary
/// message that was sent is not typed.
#[test]
fn text_blocks_show_the_screen() {
    for (name, session) in blocks("text") {
        let session = session.strip_prefix("$ wsline demo\n");
        play(session.unwrap_or_else(|| panic!("{name}: not a session of wsline demo")));
    }
}

fn play(session: &str) {
    let mut pty = Terminal::new().args(["demo"]).size(40, 80).start();
    let wait_for = |pty: &Pty, lines: &[&str]| {
        let text = format!("{}\n>", masked(&lines.join("\n")));
        pty.wait_until(&format!("the screen\n{text}"), |screen| {
            let rows: Vec<_> = screen.rows(0, 80).collect();
            let rows: Vec<_> = rows.iter().map(|row| row.trim_end()).collect();
            masked(rows.join("\n").trim_end()) == text
        });
    };
    let lines: Vec<_> = session.trim_end().lines().collect();
    let (_, shown) = lines.split_last().expect("it has a last line");
    for (at, line) in shown.iter().enumerate() {
        let typed = line.strip_prefix("> ");
        if let Some(typed) = typed.filter(|typed| !typed.starts_with("binary, ")) {
            wait_for(&pty, &shown[..at]);
            pty.type_line(typed);
        }
    }
    wait_for(&pty, shown);
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
    assert_eq!(masked(&pty.screen()), masked(session.trim_end()));
    pty.assert_as_found();
}

#[test]
fn json_blocks_are_parsed() {
    for (name, lines) in blocks("json") {
        let done = Wsline::new()
            .args(["demo", "--json", "--show-ping-pong"])
            .stdin(lines.as_str())
            .stdout_matches("...\n")
            .run();
        for line in lines.lines() {
            let sent = format!("\"dir\":\"out\",{}", &line[1..line.len() - 1]);
            assert!(done.stdout_text().contains(&sent), "{name}: {sent}");
        }
    }
}

/// `toml` blocks are config files.
#[test]
fn config_files_are_valid() {
    let mut count = 0;
    for name in FOR_USERS {
        let document = Document::read(name);
        for block in document.blocks("toml") {
            count += 1;
            let program = Wsline::new().args(["config", "--config", "config.toml"]);
            let path = program.home().write("config.toml", block);
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
                .expect("permissions");
            program
                .stdout_matches("# config.toml\n\n[defaults]\n...")
                .run();
        }
    }
    assert!(count > 0);
}

/// The last column of the table that compares clients has commands of this program.
#[test]
fn commands_beside_those_of_other_clients_work() {
    let servers = Servers::start();
    let document = Document::read("docs/guide.md");
    let (_, section) = document
        .text
        .split_once("\n| task | websocat | wscat | curl | wsline |\n")
        .expect("the table");
    let rows = section.lines().take_while(|line| line.starts_with("| "));
    let rows: Vec<_> = rows.skip(1).collect();
    assert!(rows.len() >= 5, "{rows:?}");
    for row in rows {
        let cell = row
            .trim_end_matches(" |")
            .rsplit(" | ")
            .next()
            .expect("a cell");
        let command = cell.trim_matches('`').replace("\\|", "|");
        assert!(command.contains("wsline "), "{row}");
        Wsline::program("sh")
            .args(["-c", &servers.placed(&command)])
            .env("PATH", path())
            .stdout_matches("...")
            .stderr_matches("...")
            .run();
    }
}

/// Installing comes first, with all that it requires; then what tries the program and its tests.
#[test]
fn documents_for_users_begin_with_the_installation() {
    let rust = format!(
        "[Rust](https://rustup.rs) {} or newer",
        env!("CARGO_PKG_RUST_VERSION")
    );
    for name in FOR_USERS {
        let document = Document::read(name);
        let first = document.blocks("sh").next().expect("an sh block");
        let commands: Vec<_> = first.lines().collect();
        assert!(commands[0].starts_with("git clone "), "{name}: {first}");
        assert_eq!(commands[1], "cargo install --locked --path .", "{name}");
        assert!(document.text.contains(&rust), "{name} lacks {rust}");
    }
    let readme = Document::read("README.md");
    let next: Vec<_> = readme.blocks("sh").skip(1).take(2).collect();
    assert_eq!(next, ["cargo run --release -- demo\n", "cargo test\n"]);
}

/// The guide has the whole table, README some of its rows.
#[test]
fn exit_code_tables_match_the_program() {
    let all: Vec<_> = wsline::exit::TABLE.to_vec();
    for name in FOR_USERS {
        let document = Document::read(name);
        let (_, section) = document.text.split_once("\n## Exit codes\n").expect("it");
        let section = section.split("\n## ").next().unwrap_or(section);
        let rows = section.lines().filter(|line| line.starts_with("| "));
        let rows: Vec<_> = rows.skip(2).collect();
        assert!(rows.len() > 5, "{name}");
        for row in &rows {
            let codes = row.split(" | ").next().unwrap_or(row);
            let known = all.iter().find(|(known, _)| codes == format!("| {known}"));
            let (_, meaning) = known.unwrap_or_else(|| panic!("{name}: unknown codes in {row}"));
            let right = format!("{codes} | {meaning} |");
            if *row != right && updates() {
                update(name, row, &right);
            } else {
                assert_eq!(*row, right, "{name}");
            }
        }
        assert!(name == "README.md" || rows.len() == all.len(), "{name}");
    }
}

/// Every link to a file leads to one, and every link to a heading to a heading.
#[test]
fn links_are_valid() {
    for document in documents() {
        let here = root().join(&document.name);
        let here = here.parent().expect("it is in a directory");
        for link in links(&document.text) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let path: PathBuf = match file {
                "" => root().join(&document.name),
                _ => here.join(file),
            };
            assert!(path.exists(), "{}: nothing at {link}", document.name);
            if !heading.is_empty() {
                let text = fs::read_to_string(&path).expect("a document");
                let found = text
                    .lines()
                    .any(|line| anchor(line) == Some(heading.into()));
                assert!(found, "{}: no heading for {link}", document.name);
            }
        }
    }
}

/// The targets of all links in a document.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1);
    links.filter_map(|rest| rest.split_once(')').map(|(link, _)| link))
}

/// What a link to this heading ends with, by GitHub's rules.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let kept = title.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        _ if c.is_alphanumeric() => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    Some(kept.collect())
}
