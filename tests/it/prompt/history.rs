//! The history: across runs, private, and only what may be kept.

use std::fs::Permissions;
use std::os::unix::fs::{symlink, PermissionsExt as _};
use std::path::Path;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;

use super::{end, open_with, wait_for_line};
use crate::support::{Key, Peer, Terminal};

fn directory() -> TempDir {
    crate::support::guard::directory()
}

fn state(directory: &TempDir) -> Terminal {
    let path = directory.path().to_str().expect("a path in UTF-8");
    Terminal::new().env("XDG_STATE_HOME", path)
}

/// Types lines in a run of its own.
#[track_caller]
fn run(terminal: Terminal, lines: &[&str]) {
    let peer = Peer::ws().echo_all().start();
    let mut pty = open_with(&peer, terminal);
    for line in lines {
        pty.type_line(line);
        pty.wait_for(&format!("< {line}"));
    }
    end(&mut pty);
}

/// Walks through the history in a run of its own.
#[track_caller]
fn assert_recalled(terminal: Terminal, lines: &[&str]) {
    let peer = Peer::ws().start();
    let mut pty = open_with(&peer, terminal);
    for line in lines {
        pty.key(Key::Up);
        wait_for_line(&pty, &format!("> {line}"));
    }
    // There is nothing before the first; a mark shows that the key was heard.
    pty.key(Key::Up);
    pty.type_text("!");
    wait_for_line(&pty, &format!("> {}!", lines.last().unwrap_or(&"")));
    pty.key(Key::CtrlU);
    pty.wait_until("an empty line", |screen| screen.cursor_position().1 == 2);
    end(&mut pty);
}

fn mode(path: &Path) -> u32 {
    let metadata = std::fs::metadata(path).expect("the history is there");
    metadata.permissions().mode() & 0o777
}

#[test]
fn history_is_kept_without_duplicates_and_private_lines() {
    let directory = directory();
    run(
        state(&directory),
        &["one", "two", " secret", "one", "naïve 日本"],
    );
    let file = directory.path().join("wsline/history");
    assert_eq!(mode(&file), 0o600);
    let kept = std::fs::read_to_string(&file).expect("the history is text");
    assert!(!kept.contains("secret"), "{kept}");
    assert_recalled(state(&directory), &["naïve 日本", "one", "two"]);
    // It can be searched, and what is found can be sent.
    let peer = Peer::ws().expect_text("two").start();
    let mut pty = open_with(&peer, state(&directory));
    pty.key(Key::CtrlR);
    pty.type_text("tw");
    pty.wait_for("`tw': two");
    pty.key(Key::Enter);
    end(&mut pty);
}

#[test]
fn a_message_of_several_lines_is_one_entry() {
    let directory = directory();
    let peer = Peer::ws().expect_text("[1,\n2]").start();
    let mut pty = open_with(&peer, state(&directory));
    pty.type_line("[1,");
    pty.type_line("2]");
    end(&mut pty);
    let peer = Peer::ws().expect_text("[1,\n2]").start();
    let mut pty = open_with(&peer, state(&directory));
    pty.key(Key::Up);
    wait_for_line(&pty, "> [1,\n2]");
    pty.key(Key::Enter);
    end(&mut pty);
}

#[test]
fn no_history_option_disables_the_history() {
    let directory = directory();
    run(state(&directory).args(["--no-history"]), &["one"]);
    assert_eq!(
        std::fs::read_dir(directory.path())
            .expect("a directory")
            .count(),
        0
    );
    run(state(&directory), &["two"]);
    assert_recalled(state(&directory).args(["--no-history"]), &[]);
}

#[test]
fn history_file_option() {
    let directory = directory();
    let file = directory.path().join("mine");
    let file = file.to_str().expect("a path in UTF-8");
    run(Terminal::new().args(["--history", file]), &["one"]);
    assert_eq!(mode(Path::new(file)), 0o600);
    assert_recalled(Terminal::new().args(["--history", file]), &["one"]);
}

#[test]
fn unusable_history_file_is_a_warning() {
    let directory = directory();
    let path = directory.path().to_str().expect("a path in UTF-8");
    let peer = Peer::ws().expect_text("one").start();
    let terminal = Terminal::new().size(24, 200).args(["--history", path]);
    let mut pty = open_with(&peer, terminal);
    pty.wait_for("! the history of this prompt is not kept: ");
    pty.wait_for("it is a directory");
    pty.type_line("one");
    end(&mut pty);
}

#[test]
fn other_files_are_not_changed() {
    let directory = directory();
    let place = |name: &str| directory.path().join(name);
    // Nobody writes to it: whoever opens it to read waits for ever.
    mkfifo(&place("fifo"), Mode::from_bits_truncate(0o644)).expect("a pipe can be made");
    std::fs::write(place("shared"), "theirs\n").expect("a file can be written");
    let readable = Permissions::from_mode(0o644);
    std::fs::set_permissions(place("shared"), readable).expect("its mode can be set");
    symlink("shared", place("link")).expect("a link can be made");
    symlink("/dev/null", place("null")).expect("a link can be made");
    for (name, cause) in [
        ("fifo", "it is a pipe, not a regular file"),
        (
            "link",
            "it is a symbolic link to a file that other users can access",
        ),
        ("null", "it is a device, not a regular file"),
    ] {
        let before = mode(&place(name));
        let path = place(name);
        let path = path.to_str().expect("a path in UTF-8");
        let peer = Peer::ws().expect_text("one").start();
        let terminal = Terminal::new().size(24, 200).args(["--history", path]);
        let mut pty = open_with(&peer, terminal);
        let note = format!("! the history of this prompt is not kept: {path}: {cause}");
        pty.wait_for(&note);
        pty.type_line("one");
        end(&mut pty);
        assert_eq!(pty.screen().matches("is not kept").count(), 1, "{name}");
        assert_eq!(mode(&place(name)), before, "{name}");
    }
    let kept = std::fs::read_to_string(place("shared")).expect("it is there");
    assert_eq!(kept, "theirs\n");
}

#[test]
fn a_link_to_a_private_file_is_followed() {
    let directory = directory();
    let file = directory.path().join("kept");
    std::fs::write(&file, "").expect("a file can be written");
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("its mode can be set");
    let link = directory.path().join("link");
    symlink("kept", &link).expect("a link can be made");
    let path = link.to_str().expect("a path in UTF-8");
    run(Terminal::new().args(["--history", path]), &["one"]);
    assert_recalled(Terminal::new().args(["--history", path]), &["one"]);
    assert!(link.is_symlink());
    let kept = std::fs::read_to_string(&file).expect("it is there");
    assert_eq!(kept, "one\n");
}

#[test]
fn escape_keeps_what_a_search_found() {
    let peer = Peer::ws()
        .expect_text("alpha one")
        .expect_text("alpha one!")
        .start();
    let mut pty = open_with(&peer, Terminal::new());
    pty.type_line("alpha one");
    pty.wait_for("\n> alpha one\n");
    // Ctrl-G drops it.
    pty.type_text("half\x12alp");
    pty.wait_for("(reverse-i-search)`alp': alpha one");
    pty.type_text("\x07");
    wait_for_line(&pty, "> half");
    pty.key(Key::CtrlU);
    pty.type_text("\x12alp");
    pty.wait_for("(reverse-i-search)`alp': alpha one");
    pty.key(Key::Escape);
    wait_for_line(&pty, "> alpha one");
    // The cursor is at its end.
    pty.type_line("!");
    pty.wait_for("\n> alpha one!\n");
    end(&mut pty);
}
