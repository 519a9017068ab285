//! `--serve`: a server that is started first, waited for, and ended with everything that it started.

use std::time::Duration;

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;

use super::test;
use crate::support::program::{Finished, BINARY};
use crate::support::{time, Peer, Wsline};

/// A greeting that an echo server passes.
const ECHOED: &str = "> hi\n< hi\n";

/// `wsline test` with a server that the shell starts by `$SERVER`, an echo server.
fn serving(command: &str, port: u16) -> Wsline {
    let server = format!("{BINARY} echo 127.0.0.1:{port}");
    test(&["--serve", command])
        .env("SERVER", server)
        .inherit("PATH")
}

/// The process whose id the server's command has written into the file `pid` is gone.
fn is_gone(done: &Finished) {
    let id = std::fs::read_to_string(done.home.work().join("pid")).expect("its command wrote it");
    let id = id.trim().parse().expect("a process id");
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // Where no init takes orphans away, one that has ended stays as a zombie.
    let gone = kill(Pid::from_raw(id), None).is_err() || stat.contains(") Z ");
    assert!(gone, "{id} is still there");
}

#[test]
fn server_is_started_and_stopped() {
    let port = Peer::reserved();
    let done = serving("echo $$ > pid; exec $SERVER", port.port())
        .arg("talk.ws")
        .file("talk.ws", format!("url {}\n{ECHOED}", port.url()))
        .stdout_matches("ok    talk.ws  [..]\n1 passed in [..] s\n")
        .run();
    is_gone(&done);
}

#[test]
fn background_processes_of_the_server_are_stopped() {
    for command in ["$SERVER & echo $! > pid; wait", "$SERVER & echo $! > pid"] {
        let port = Peer::reserved();
        let done = serving(command, port.port())
            .args(["talk.ws", "--url", &port.url()])
            .file("talk.ws", ECHOED)
            .stdout_matches("ok    talk.ws  [..]\n1 passed in [..] s\n")
            .run();
        is_gone(&done);
    }
}

#[test]
fn verbose_shows_the_servers_output() {
    let port = Peer::reserved();
    serving("echo '\x1b[2J'; exec $SERVER", port.port())
        .args(["-v", "talk.ws", "--ready", &port.url(), "--url", &port.url()])
        .file("talk.ws", ECHOED)
        .stdout_matches("ok    talk.ws  [..]\n1 passed in [..] s\n")
        .stderr_matches(
            "server: \\x1b[2J\nserver: listening on ws://127.0.0.1:[..]\n...\ntalk.ws:1 > hi\n...\n\
             talk.ws:2 < hi\n...",
        )
        .run();
}

#[test]
fn output_of_a_server_that_exits_early_is_shown() {
    let port = Peer::reserved();
    serving("echo $$ > pid; echo 'no \x1bport' >&2; exit 3", port.port())
        .args(["talk.ws", "--url", &port.url(), "--junit", "out.xml"])
        .file("talk.ws", ECHOED)
        .stdout_matches("0 passed, 1 not run in [..] s\n")
        .stderr(
            "wsline: the --serve server exited before it was ready: exit code 3\n\
             its last output:\n  no \\x1bport\n",
        )
        .code(7)
        .run();
    serving("wsline-no-such-program", port.port())
        .args(["talk.ws", "--url", &port.url()])
        .file("talk.ws", ECHOED)
        .stdout_matches("0 passed, 1 not run in [..] s\n")
        .stderr_matches(
            "wsline: the --serve server exited before it was ready: exit code 127, command \
             not found\nits last output:\n  [..]wsline-no-such-program[..]\n",
        )
        .code(7)
        .run();
}

#[test]
fn server_that_never_listens_is_timed_out() {
    // Long enough for a shell to start.
    let limit = time::limit(Duration::from_secs(1)).as_secs_f64();
    let port = Peer::reserved();
    let done = serving("echo $$ > pid; echo starting; exec sleep 1000", port.port())
        .args(["talk.ws", "--url", &port.url(), "--junit", "out.xml"])
        .args(["--", "--connect-timeout", &limit.to_string()])
        .file("talk.ws", ECHOED)
        .stdout_matches("0 passed, 1 not run in [..] s\n")
        .stderr_matches(format!(
            "wsline: timed out after {limit} s (--connect-timeout) while waiting for the --serve \
             server at {}: could not connect to 127.0.0.1:{} [..]: Connection refused\nits last \
             output:\n  starting\nhint: use --ready URL if it listens elsewhere; -v shows its \
             output\n",
            port.url(),
            port.port()
        ))
        .code(28)
        .run();
    is_gone(&done);
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    assert!(
        report.contains("name=\"--serve\"") && report.contains("skipped=\"1\""),
        "{report}"
    );
}

#[test]
fn server_that_exits_while_files_run_is_reported() {
    let port = Peer::reserved();
    let mut running = serving("echo $$ > pid; echo here; exec $SERVER", port.port())
        .args(["-v", "talk.ws", "--url", &port.url()])
        .file("talk.ws", "within 60s\n> hi\n< hi\n< never\n")
        .stdout_matches("FAIL  talk.ws  [..]\n...\n0 passed, 1 failed in [..] s\n")
        .stderr_matches(
            "...\nwsline: the --serve server exited before the tests ended: SIGKILL\n  here\n  \
             listening on [..]\n...\n",
        )
        .code(4)
        .spawn();
    running.wait_for_stderr("talk.ws:3 < hi");
    let id = std::fs::read_to_string(running.home().work().join("pid")).expect("it is there");
    let id = id.trim().parse().expect("a process id");
    kill(Pid::from_raw(id), Signal::SIGKILL).expect("it runs");
    running.wait();
}

/// A file that fails is reported with what the server printed while it ran.
#[test]
fn output_of_the_server_follows_a_failed_file() {
    let port = Peer::reserved();
    let ticks = "i=0; while [ $i -lt 1000 ]; do echo tick; i=$((i+1)); sleep 0.02; done";
    let done = serving(
        &format!("echo before; ({ticks}) & exec $SERVER"),
        port.port(),
    )
    .args(["a.ws", "b.ws", "--url", &port.url(), "--junit", "out.xml"])
    .file("a.ws", ECHOED)
    .file("b.ws", "within 500ms\n> hi\n< ho\n")
    .stdout_matches(
        "ok    a.ws  [..]\nFAIL  b.ws  [..]\n...\n  the server's last output:\n    tick\n...\n\
             1 passed, 1 failed in [..] s\n",
    )
    .code(4)
    .run();
    assert!(!done.stdout_text().contains("before"));
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    assert!(
        report.contains("<system-err>the server&apos;s last output:\n"),
        "{report}"
    );
    assert_eq!(crate::junit_schema::problems(&report), Vec::<String>::new());
}

#[test]
fn address_in_use_is_an_error() {
    let other = Peer::tcp().start();
    serving("exec $SERVER", other.port())
        .args(["talk.ws", "--url", &other.url()])
        .file("talk.ws", ECHOED)
        .stdout_matches("0 passed, 1 not run in [..] s\n")
        .stderr(format!(
            "wsline: 127.0.0.1:{} accepts connections before --serve has started its server; stop the other server, or omit --serve\n",
            other.port()
        ))
        .code(2)
        .run();
}

#[test]
fn server_address_is_required() {
    test(&["talk.ws", "--serve", "true"])
        .file("talk.ws", ECHOED)
        .stderr(
            "wsline: --serve requires --ready URL or --url: it is not known where the server will listen\n",
        )
        .code(2)
        .run();
    test(&["talk.ws", "--serve", "true", "--ready", "ws://h:x/"])
        .file("talk.ws", ECHOED)
        .stderr_matches("wsline: [..]\n")
        .code(3)
        .run();
}

#[test]
fn interrupt_stops_the_server() {
    let port = Peer::reserved();
    let mut running = serving("echo $$ > pid; exec $SERVER", port.port())
        .args(["-v", "talk.ws", "--url", &port.url()])
        .file("talk.ws", "within 60s\n> hi\n< hi\n< never\n")
        .stdout_matches("ended talk.ws [..]\n0 passed, 1 not run in [..] s\n")
        .stderr_matches("...\nwsline: interrupted\n")
        .code(130)
        .spawn();
    running.wait_for_stderr("talk.ws:3 < hi");
    running.signal(Signal::SIGINT);
    is_gone(&running.wait());
}

#[test]
fn interrupt_while_waiting_stops_the_server() {
    let port = Peer::reserved();
    let mut running = serving("echo $$ > pid; echo here; exec sleep 1000", port.port())
        .args(["-v", "talk.ws", "--url", &port.url()])
        .file("talk.ws", ECHOED)
        .stdout_matches("0 passed, 1 not run in [..] s\n")
        .stderr("server: here\nwsline: interrupted\n")
        .code(130)
        .spawn();
    running.wait_for_stderr("server: here");
    running.signal(Signal::SIGINT);
    is_gone(&running.wait());
}

#[test]
fn second_interrupt_kills_the_server() {
    let port = Peer::reserved();
    // It ends by itself in the end, should nothing kill it.
    let command = "echo $$ > pid; trap 'echo deaf' TERM; $SERVER & \
                   i=0; while [ $i -lt 3000 ]; do i=$((i+1)); sleep 0.1; done";
    let mut running = serving(command, port.port())
        .args(["-v", "talk.ws", "--url", &port.url()])
        .file("talk.ws", "within 60s\n> hi\n< hi\n< never\n")
        .stdout_matches("...\n0 passed, 1 not run in [..] s\n")
        .stderr_matches("...\nserver: deaf\n...\nwsline: interrupted\n")
        .code(130)
        .spawn();
    running.wait_for_stderr("talk.ws:3 < hi");
    running.signal(Signal::SIGINT);
    running.wait_for_stderr("server: deaf");
    running.signal(Signal::SIGINT);
    is_gone(&running.wait());
}
