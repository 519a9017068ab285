//! The file of a record: who can read it, what it replaces, and what else its name may lead to.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{symlink, PermissionsExt as _};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::program::BINARY;
use crate::support::{require, Peer, Wsline};

const FORMS: [&str; 3] = ["talk.ws", "talk.jsonl", "talk.har"];

#[test]
fn new_record_is_private() {
    for name in FORMS {
        let peer = Peer::ws().echo(1).start();
        let run = Wsline::new()
            .args([&peer.url(), "-d", "hi", "-1", "--record", name])
            .stdout("hi\n")
            .run();
        let metadata = fs::metadata(run.home.work().join(name)).expect("there is a record");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn an_existing_file_keeps_its_permissions() {
    let peer = Peer::ws().echo(1).start();
    let program = Wsline::new().file("talk.ws", "before");
    let path = program.home().work().join("talk.ws");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("it is ours");
    let run = program
        .args([&peer.url(), "-d", "hi", "-1", "--record", "talk.ws"])
        .stdout("hi\n")
        .run();
    let path = run.home.work().join("talk.ws");
    let text = fs::read_to_string(&path).expect("there is a record");
    assert!(
        text.contains("< hi\n") && !text.contains("before"),
        "{text}"
    );
    let mode = fs::metadata(&path).expect("it is there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o640);
}

#[test]
fn an_existing_record_survives_a_connection_that_fails() {
    for name in FORMS {
        let nobody = Peer::refusing();
        let run = Wsline::new()
            .file(name, "before")
            .args([&nobody.url(), "--record", name])
            .stderr_matches("wsline: [..]\n...")
            .code(7)
            .run();
        let text = fs::read_to_string(run.home.work().join(name)).expect("it is there");
        assert_eq!(text, "before", "{name}");
    }
}

#[test]
fn an_existing_record_is_replaced_by_a_refusal() {
    for name in FORMS {
        let peer = Peer::http("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").start();
        let run = Wsline::new()
            .file(name, "before")
            .args([&peer.url(), "--record", name])
            .stderr_matches("...")
            .code(22)
            .run();
        let text = fs::read_to_string(run.home.work().join(name)).expect("there is a record");
        assert!(text.contains("403") && !text.contains("before"), "{text}");
    }
}

#[test]
fn links_are_followed_to_regular_files_only() {
    let peer = Peer::ws().echo(1).start();
    let program = Wsline::new().file("record", "before");
    let work = program.home().work();
    symlink("record", work.join("talk.ws")).expect("a link");
    let run = program
        .args([&peer.url(), "-d", "hi", "-1", "--record", "talk.ws"])
        .stdout("hi\n")
        .run();
    let text = fs::read_to_string(run.home.work().join("record")).expect("there is a record");
    assert!(
        text.contains("< hi\n") && !text.contains("before"),
        "{text}"
    );
    for target in ["/dev/null", "pipe"] {
        let program = Wsline::new();
        let work = program.home().work();
        mkfifo(&work.join("pipe"), Mode::S_IRWXU).expect("a pipe");
        symlink(target, work.join("talk.ws")).expect("a link");
        program
            .args(["ws://127.0.0.1:1/", "--record", "talk.ws"])
            .stderr(
                "wsline: could not write to talk.ws: it is a symbolic link to something other than \
                 a regular file\n",
            )
            .code(23)
            .run();
    }
}

#[test]
fn pipe_without_a_reader_is_timed_out() {
    for (limit, why, code) in [
        (
            "200ms",
            "timed out after 0.2 s (--max-time) while writing output",
            28,
        ),
        (
            "60",
            "could not write to talk.ws: nothing has opened the pipe for reading in 5 s",
            23,
        ),
    ] {
        let program = Wsline::new();
        mkfifo(&program.home().work().join("talk.ws"), Mode::S_IRWXU).expect("a pipe");
        program
            .args(["ws://127.0.0.1:1/", "--record", "talk.ws", "-m", limit])
            .stderr(format!("wsline: {why}\n"))
            .code(code)
            .run();
    }
}

#[test]
fn record_to_a_descriptor() {
    require!("bash");
    let peer = Peer::ws().send_text("hi").close(1000, "").start();
    Wsline::program("bash")
        .args([
            "-c",
            "exec 3>&1; \"$0\" \"$1\" --record >(cat >&3) >got",
            BINARY,
        ])
        .arg(peer.url())
        .stdout_matches("# recorded by [..]\nurl [..]\nstrict\n\n< hi\n< close 1000\n")
        .run();
    // The record fails at once: the connection may be made before that, or not.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    Wsline::new()
        .args([&format!("ws://{address}/"), "--record", "/dev/full"])
        .stderr("wsline: could not write to /dev/full: No space left on device\n")
        .code(23)
        .run();
}
