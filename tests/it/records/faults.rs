//! Records that can't be written, and runs that end badly: what is in the file is whole.

use nix::sys::signal::Signal;
use serde_json::Value;

use super::{record, statements};
use crate::limits::MEMORY;
use crate::support::program::BINARY;
use crate::support::{require, Peer, Stdin, Stdout, Wsline};

#[test]
fn unwritable_record_is_reported_before_connecting() {
    for name in ["no/talk.ws", "no/talk.har", "no/talk.jsonl"] {
        // Nobody listens there, which would be told if it were tried.
        Wsline::new()
            .args(["ws://127.0.0.1:1/", "--record", name, "-d", "hi"])
            .stderr(format!(
                "wsline: could not write to {name}: No such file or directory\n"
            ))
            .code(23)
            .run();
    }
    Wsline::new()
        .args(["ws://127.0.0.1:1/", "--record", "."])
        .stderr("wsline: could not write to .: Is a directory\n")
        .code(23)
        .run();
}

#[test]
fn archive_requires_a_regular_file() {
    let program = Wsline::program("sh").args([
        "-c",
        "mkfifo talk.har && exec \"$0\" ws://127.0.0.1:1/ --record talk.har 3<>talk.har",
        BINARY,
    ]);
    program
        .stderr(
            "wsline: could not write to talk.har: a HAR is completed each time something is \
             added, which only a regular file allows; record JSON lines (.jsonl) there\n",
        )
        .code(23)
        .run();
}

#[test]
fn record_to_a_pipe() {
    let peer = Peer::ws().send_text("hi").close(1000, "").start();
    let program = Wsline::program("sh").args([
        "-c",
        "mkfifo talk.ws && { cat talk.ws >&2 & \"$0\" \"$1\" --record talk.ws; wait; }",
        BINARY,
        &peer.url(),
    ]);
    program
        .stdout("hi\n")
        .stderr_matches("# recorded by [..]\nurl [..]\nstrict\n\n< hi\n< close 1000\n")
        .run();
}

#[test]
fn invalid_record_names_are_rejected() {
    for (name, why) in [
        (
            "-",
            "a record cannot be written to stdout; use --json instead",
        ),
        ("", "missing file name"),
    ] {
        Wsline::new()
            .args(["ws://127.0.0.1:1/", "--record", name])
            .stderr_matches(format!("...\n[..]{why}\n..."))
            .code(2)
            .run();
    }
}

/// A file that may not grow past some size stands for a full disk.
#[test]
fn full_disk_leaves_a_complete_record() {
    require!("bash");
    for name in ["talk.ws", "talk.jsonl", "talk.har"] {
        let long = "x".repeat(3000);
        let peer = Peer::ws()
            .send_text("first")
            .expect_text("go on")
            .send_text(&long)
            .send_text(&long)
            .send_text(&long)
            .expect_close(1001, "")
            .start();
        // So many KiB, and a signal that would end the program otherwise.
        let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
        let program = Wsline::program("bash");
        let path = program.home().work().join(name);
        let mut program = program
            .args(["-c", limited, BINARY, &peer.url(), "--record", name])
            .stdin(Stdin::Open)
            .stdout_matches("...")
            .stderr_matches(format!(
                "wsline: could not write to {name}: File too large\n\
                 closed by us: 1001 (going away) after [..]\n"
            ))
            .code(23)
            .spawn();
        assert_eq!(program.read_line(), "first");
        program.write_line("go on");
        let run = program.wait();
        let text = std::fs::read_to_string(&path).expect("there is a record");
        assert!(text.contains("first"), "{name}: {text}");
        assert!(text.len() <= 8192, "{name} has {} bytes", text.len());
        assert_whole(name, &text);
        drop(run);
    }
}

/// A record that can't be written takes no memory, however much is said after that and in however
/// small pieces. More memory than a gigabyte is not to be had.
#[test]
fn full_disk_needs_constant_memory() {
    require!("bash");
    let lines = "a line\n".repeat(50_000);
    for name in ["talk.ws", "talk.jsonl", "talk.har"] {
        let peer = Peer::ws().echo_all().start();
        let limited = "trap '' XFSZ; ulimit -f 8; ulimit -v 1048576; exec \"$0\" \"$@\"";
        Wsline::program("bash")
            .args(["-c", limited, BINARY, &peer.url(), "--record", name])
            .stdin(lines.as_str())
            .stdout_matches("...")
            .stderr_matches(format!(
                "wsline: could not write to {name}: File too large\n\
                 closed by us: 1001 (going away) after [..]\n"
            ))
            .code(23)
            .run()
            .assert_memory_below(2 * MEMORY);
    }
}

#[test]
fn failed_record_ends_the_run_with_a_slow_reader() {
    require!("bash");
    let peer = Peer::ws()
        // More than the largest pipe holds.
        .send_text("z".repeat(1_200_000))
        .expect_close(1001, "")
        .start();
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    Wsline::program("bash")
        .args(["-c", limited, BINARY, &peer.url()])
        // Not even as long as the server would be given.
        .args(["--record", "talk.jsonl", "--close-timeout", "60"])
        .stdin(Stdin::Open)
        .stdout_to(Stdout::Held)
        .stdout_matches("[..]")
        .stderr_matches(
            "wsline: could not write to talk.jsonl: File too large\n\
             closed by us: 1001 (going away) after [..]\n",
        )
        .code(23)
        .run();
}

/// Fails the test unless the whole of a record can be read.
#[track_caller]
fn assert_whole(name: &str, text: &str) {
    match name.rsplit_once('.') {
        Some((_, "har")) => {
            let archive: Value = serde_json::from_str(text).expect("it is JSON");
            crate::schema::Schema::read("har-1.2.schema.json").assert_allows(&archive);
        }
        Some((_, "jsonl")) => {
            for line in text.lines() {
                let _: Value = serde_json::from_str(line).expect("each line is JSON");
            }
        }
        _ => {
            let script = wsline::session_file::parse(name, text);
            script.unwrap_or_else(|flaw| panic!("{flaw}\n{text}"));
        }
    }
    assert!(text.ends_with('\n'), "{name}: {text}");
}

/// What was written when there was nothing more to read is whole, also if the program is killed.
#[test]
fn killed_program_leaves_a_complete_record() {
    for name in ["talk.ws", "talk.jsonl", "talk.har"] {
        let peer = Peer::ws().send_text("first").echo(1).expect_eof().start();
        let program = Wsline::new();
        let path = program.home().work().join(name);
        let mut program = program
            .args([&peer.url(), "--record", name])
            .stdin(Stdin::Open)
            .unjudged()
            .spawn();
        assert_eq!(program.read_line(), "first");
        program.write_line("second");
        assert_eq!(program.read_line(), "second");
        // What came before the second message was written before that was read.
        program.signal(Signal::SIGKILL);
        let run = program.wait();
        let text = std::fs::read_to_string(&path).expect("there is a record");
        assert!(text.contains("first"), "{name}: {text}");
        assert_whole(name, &text);
        drop(run);
    }
}

#[test]
fn signal_is_recorded_with_both_close_frames() {
    let peer = Peer::ws().send_text("hi").expect_close(1001, "").start();
    let program = Wsline::new();
    let path = program.home().work().join("talk.ws");
    let mut program = program
        .args([&peer.url(), "--record", "talk.ws", "-q"])
        .stdin(Stdin::Open)
        .stdout("hi\n")
        .stderr("wsline: terminated\n")
        .code(143)
        .spawn();
    program.wait_for_stdout("hi");
    program.signal(Signal::SIGTERM);
    let run = program.wait();
    let text = std::fs::read_to_string(path).expect("there is a record");
    let statements = statements(&text);
    assert!(
        statements.ends_with("< hi\noption --force\n> close 1001\n< close 1001\n"),
        "{statements}"
    );
    drop(run);
}

#[test]
fn lost_connection_and_violation_are_recorded() {
    let peer = Peer::ws().raw(b"\x01\x03abc").drop_tcp().start();
    let program = Wsline::new()
        .args([&peer.url(), "-q"])
        .stdout("abc")
        .code(106);
    let text = record(program, "talk.ws").statements();
    assert!(
        text.ends_with(
            "\n# a message of the server's was incomplete: 3 bytes received\n\
             < close 1006\n"
        ),
        "{text}"
    );
    let peer = Peer::ws().raw(b"\x83\x00").expect_close_any().start();
    let program = Wsline::new()
        .args([&peer.url(), "-q"])
        .stdin(Stdin::Open)
        .code(102);
    let text = record(program, "talk.ws").statements();
    let (_, end) = text
        .split_once("\n# closed by us: 1002, ")
        .expect("it is told");
    assert!(end.ends_with("\n< close 1006\n"), "{text}");
}

/// A message has to be held to be recorded, so that there is a limit in a pipe too.
#[test]
fn record_sets_the_default_message_size_limit() {
    let mut header = vec![0x82, 127];
    header.extend_from_slice(&(64_u64 * 1024 * 1024 + 1).to_be_bytes());
    let peer = Peer::ws().raw(&header).expect_close_any().start();
    let program = Wsline::new()
        .args([&peer.url(), "-q"])
        .stdin(Stdin::Open)
        .code(109);
    let text = record(program, "talk.ws").text();
    assert!(
        text.contains("more than the limit of 67108864 (--max-message-size)"),
        "{text}"
    );
}
