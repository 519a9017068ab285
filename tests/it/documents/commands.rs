//! The parser of command lines accepts each command line in the documents, also those that are not run.
//!
//! A shell splits them: it runs what a document shows, with nothing in `PATH` but a `wsline` that
//! writes down its arguments, and a `cargo` that calls it where a document says `cargo run -- …`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::error::ErrorKind;
use wsline::cli::config::ConfigOptions;
use wsline::cli::{self, Call};
use wsline::commands::{curl, help};

use super::{Document, FOR_USERS};

/// Writes down how many arguments it has, and each of them, ended by NUL.
const WSLINE: &str = "#!/bin/sh\nprintf '%s\\0' $# \"$@\" >>\"$CALLS\"\n";
const CARGO: &str = "#!/bin/sh\n\
    while [ $# -gt 0 ] && [ \"$1\" != -- ]; do shift; done\n\
    [ $# -gt 0 ] && shift && exec wsline \"$@\"\n";
/// What stands for a value that is not any text.
const PLACEHOLDERS: [(&str, &str); 3] = [("SHELL", "bash"), ("COMMAND", "ping"), ("TOPIC", "json")];

/// What is missing where only a command is named.
const NAMED: [ErrorKind; 2] = [
    ErrorKind::MissingRequiredArgument,
    ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
];

fn write_program(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// The arguments of each call of `wsline` in a shell script.
pub(super) fn calls(script: &str) -> Vec<Vec<OsString>> {
    let directory = crate::support::guard::directory();
    let (programs, calls) = (directory.path().join("bin"), directory.path().join("calls"));
    let work = directory.path().join("work");
    for directory in [&programs, &work] {
        fs::create_dir(directory).expect("a directory");
    }
    write_program(&programs, "wsline", WSLINE);
    write_program(&programs, "cargo", CARGO);
    fs::write(&calls, "").expect("a file");
    fs::write(work.join("requests.txt"), "").expect("a file");
    Command::new("/bin/sh")
        .args(["-c", &format!("{script}\nwait")])
        .env_clear()
        .env("PATH", &programs)
        .env("CALLS", &calls)
        .current_dir(work)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("a shell");
    let bytes = fs::read(&calls).expect("what was written down");
    let mut words = bytes.split(|byte| *byte == 0);
    let mut calls = Vec::new();
    while let Some(count) = words.next().filter(|count| !count.is_empty()) {
        let count = String::from_utf8_lossy(count).parse().expect("a number");
        let words = words.by_ref().take(count);
        calls.push(
            words
                .map(|word| OsString::from_vec(word.to_vec()))
                .collect(),
        );
    }
    calls
}

fn parse(words: &[OsString]) -> Result<Option<Call>, String> {
    let all = std::iter::once(OsString::from("wsline")).chain(words.iter().cloned());
    match cli::parse(all, &ConfigOptions::default()) {
        Ok(call) => Ok(Some(call)),
        Err(help) if !help.use_stderr() => Ok(None),
        // Prose names a command without its arguments.
        Err(error) if words.len() == 1 && NAMED.contains(&error.kind()) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Why the program does not accept these arguments.
fn check(words: &[OsString]) -> Result<(), String> {
    let words: Vec<OsString> = words
        .iter()
        .map(|word| {
            let value = PLACEHOLDERS.iter().find(|(name, _)| word == name);
            value.map_or_else(|| word.clone(), |(_, value)| value.into())
        })
        .collect();
    match parse(&words)? {
        Some(Call::Help(topic)) => {
            let text = help::text(topic.as_deref());
            text.map(|_| ()).map_err(|error| error.to_string())
        }
        Some(Call::Curl(words)) => {
            let mut parts = words.splitn(2, |word| word == "--");
            let pasted: Vec<String> = parts
                .next()
                .unwrap_or_default()
                .iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            let own = parts.next().unwrap_or_default();
            if ["-", "…"].contains(&pasted.join(" ").as_str()) {
                return Ok(());
            }
            parse(&curl::rewrite(&pasted, own)?.words).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// Checks each call of `wsline` in a shell script, of which there must be at least `count`.
#[track_caller]
pub(super) fn check_script(name: &str, script: &str, count: usize) {
    let calls = calls(script);
    assert!(
        calls.len() >= count,
        "{name}: not called:\n{script}\n{calls:?}"
    );
    for words in calls {
        if let Err(error) = check(&words) {
            panic!("{name}: {words:?}\n{error}");
        }
    }
}

/// The text between backquotes outside of blocks.
fn inline(text: &str) -> Vec<String> {
    let mut is_block = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_block = !is_block;
        } else if !is_block {
            let codes = line.split('`').skip(1).step_by(2);
            found.extend(codes.map(|code| code.replace("\\|", "|")));
        }
    }
    found
}

#[test]
fn command_lines_in_documents_are_accepted() {
    for name in FOR_USERS {
        let document = Document::read(name);
        for block in document.blocks("sh") {
            let begins = |line: &&str| line.starts_with("wsline ");
            check_script(name, block, block.lines().filter(begins).count());
        }
        let commands = inline(&document.text);
        let commands = commands.iter().filter(|code| code.contains("wsline "));
        let commands: Vec<_> = commands.collect();
        assert!(commands.len() > 10, "{name}: {commands:?}");
        for command in commands {
            check_script(name, command, usize::from(command.starts_with("wsline ")));
        }
    }
}

/// Commands of the prompt that are not typed in a test are in its help, or snippets of their block.
#[test]
fn commands_of_the_prompt_are_known() {
    let topic = help::text(Some("prompt")).expect("a topic");
    let known = |command: &str| topic.contains(&format!("\n  {command} "));
    assert!(known("/view") && !known("/vie"));
    let mut count = 0;
    for name in FOR_USERS {
        for block in Document::read(name).blocks("sh") {
            for line in block.lines().filter(|line| line.starts_with('/')) {
                count += 1;
                let command = line.split(' ').next().unwrap_or(line);
                let snippet = format!("/as {} ", &command[1..]);
                assert!(known(command) || block.contains(&snippet), "{name}: {line}");
            }
        }
    }
    assert!(count > 5);
}

#[test]
fn command_lines_in_help_are_accepted() {
    for (what, command) in cli::help::EXAMPLES {
        check_script(what, command, 1);
    }
}

#[test]
fn wrong_command_lines_are_found() {
    let script = "echo x | wsline URL --dat hi\ncargo run -- ping --sound URL\n\
         if wsline curl 'https://host' --no-such -- -v; then :; fi\n\
         A=b wsline help nothing > file &";
    let calls = calls(script);
    assert_eq!(calls.len(), 4, "{calls:?}");
    for words in &calls {
        assert!(check(words).is_err(), "{words:?}");
    }
    assert!(check(&["--help".into()]).is_ok());
    assert!(check(&["generate".into(), "completions".into(), "SHELL".into()]).is_ok());
}
