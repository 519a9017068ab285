//! Tests of the server of `--serve`.

use std::sync::mpsc::{channel, Receiver};

use super::*;

fn start(command: &str) -> (Server, Receiver<String>) {
    let (sender, lines) = channel();
    let on_line = move |line: &str| {
        // The test may have seen enough.
        let _ = sender.send(line.to_owned());
    };
    (Server::start(command, on_line).expect("sh is there"), lines)
}

fn next(lines: &Receiver<String>) -> String {
    lines.recv().expect("a line")
}

/// Whether a process runs; one that has ended may never be waited for.
fn is_there(id: &str) -> bool {
    let number = id.parse().expect("a process id");
    let there = nix::sys::signal::kill(Pid::from_raw(number), None).is_ok();
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    there && !stat.contains(") Z ")
}

/// Looks until it is so; the test's own time limit is the harness's.
fn wait_until(mut so: impl FnMut() -> bool) {
    while !so() {
        thread::yield_now();
    }
}

#[test]
fn it_is_ended_with_all_that_it_started() {
    let (server, lines) = start("sleep 1000 & echo $!; echo $$; wait");
    let ids = [next(&lines), next(&lines)];
    assert!(ids.iter().all(|id| is_there(id)));
    drop(server);
    wait_until(|| !ids.iter().any(|id| is_there(id)));
}

#[test]
fn server_that_ignores_sigterm_is_killed() {
    let (mut server, lines) = start("trap '' TERM; echo ready; while :; do sleep 1000; done");
    assert_eq!(next(&lines), "ready");
    server.end(|_| true);
    let status = server.status.expect("it was waited for");
    assert_eq!(ending(status), "SIGKILL");
}

#[test]
fn server_has_time_to_end_after_sigterm() {
    // Another program in the loop would be ended too, and some shells on_line of that.
    let (mut server, lines) =
        start("trap 'echo bye; exit 3' TERM; echo ready; while :; do :; done");
    assert_eq!(next(&lines), "ready");
    server.end(|time| {
        thread::sleep(time);
        false
    });
    assert_eq!(server.status.map(ending).as_deref(), Some("exit code 3"));
    assert_eq!(server.last_lines(), ["ready", "bye"]);
}

#[test]
fn early_end_is_reported_with_the_last_lines() {
    let (mut server, _lines) = start("seq 1 20; echo '  no port ' >&2; exit 7");
    wait_until(|| server.ended().is_some());
    server.end(|_| true);
    assert_eq!(server.status.map(ending).as_deref(), Some("exit code 7"));
    let last = server.last_lines();
    assert_eq!(last.len(), LAST);
    assert_eq!(last.last().map(String::as_str), Some("  no port"));
}

#[test]
fn lines_after_a_number_of_lines_are_kept() {
    let (server, lines) = start("seq 1 3; exec sleep 1000");
    let output = server.output();
    assert_eq!([next(&lines), next(&lines), next(&lines)], ["1", "2", "3"]);
    wait_until(|| output.count() == 3);
    assert_eq!(output.last_lines_after(1), ["2", "3"]);
    assert!(output.last_lines_after(3).is_empty());
    drop(server);
    let (_server, lines) = start("seq 1 20");
    assert_eq!(lines.iter().last().as_deref(), Some("20"));
}

#[test]
fn server_in_the_background_is_kept() {
    let (mut server, lines) = start("sleep 1000 & echo $!");
    let id = next(&lines);
    wait_until(|| server.ended().is_some() || server.status.is_some());
    assert!(server.ended().is_none(), "its server runs");
    server.end(|_| true);
    wait_until(|| !is_there(&id));
}

#[test]
fn endless_line_is_split() {
    let (_server, lines) = start("head -c 10000 /dev/zero | tr '\\0' x; exec sleep 1000");
    assert_eq!(next(&lines), format!("{}…", "x".repeat(4096)));
    assert_eq!(next(&lines), format!("…{}…", "x".repeat(4096)));
}

#[test]
fn lines_are_split_between_characters() {
    let (_server, lines) = start("head -c 4095 /dev/zero | tr '\\0' x; echo 'ü and  '");
    assert_eq!(next(&lines), format!("{}…", "x".repeat(4095)));
    assert_eq!(next(&lines), "…ü and");
    assert_eq!(unfinished(b"a\xff"), 0);
    assert_eq!(unfinished(b"a\xf0\x9f\x98"), 3);
    assert_eq!(unfinished("aü".as_bytes()), 0);
    assert_eq!(unfinished(b""), 0);
}

#[test]
fn exit_statuses_are_described() {
    let status = |command| {
        let status = Command::new("sh").args(["-c", command]).status();
        ending(status.expect("sh is there"))
    };
    assert_eq!(status("exit 0"), "exit code 0");
    assert_eq!(status("exit 127"), "exit code 127, command not found");
    assert_eq!(status("kill -SEGV $$"), "SIGSEGV");
}
