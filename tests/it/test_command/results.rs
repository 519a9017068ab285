//! What a file amounts to, and where in it something went wrong.

use super::{test, GREETING};
use crate::support::Peer;

#[test]
fn file_without_expectations_is_noted() {
    let peer = Peer::ws()
        .expect_text("hi")
        .expect_close(1000, "")
        .connections(2)
        .start();
    let run = |url: String, args: &[&str]| {
        test(&["a.ws", "--url", &url])
            .args(args)
            .file("a.ws", "> hi\n")
            .file("b.ws", "sned\n")
    };
    let done = run(peer.url(), &["--junit", "out.xml"])
        .stdout_matches("ok    a.ws  (1 statement, no expectations, [..] s)\n1 passed in [..] s\n")
        .run();
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    assert!(
        report.contains("<system-out>no expectations</system-out>"),
        "{report}"
    );
    run(peer.url(), &["--json"])
        .stdout_matches("[..]\"statements\":1,\"expectations\":0}\n[..]\n")
        .run();
}

#[test]
fn invalid_file_is_reported_if_the_server_fails() {
    let port = Peer::reserved();
    test(&[
        "good.ws",
        "bad.ws",
        "--serve",
        "exit 3",
        "--ready",
        &port.url(),
    ])
    .file("good.ws", GREETING)
    .file("bad.ws", "sned\n")
    .stdout_matches(
        "error bad.ws\n  bad.ws:1:1: unknown statement 'sned'[..]\n...\n\
             0 passed, 1 error, 1 not run in [..] s\n",
    )
    .stderr_matches("wsline: the --serve server exited before it was ready: exit code 3\n")
    .code(7)
    .run();
}

#[test]
fn no_server_is_started_for_invalid_files() {
    let done = test(&["bad.ws", "--serve", "touch started; exec sleep 1000"])
        .file("bad.ws", "sned\n")
        .stdout_matches(
            "error bad.ws\n  bad.ws:1:1: unknown statement 'sned'[..]\n...\n0 passed, 1 error in \
             [..] s\n",
        )
        .code(2)
        .run();
    assert!(!done.home.work().join("started").exists());
}

#[test]
fn binary_message_does_not_match_text() {
    for (statement, said) in [
        (
            "strict\n< json {\"a\":1}",
            ":3: expected JSON with {\"a\":1}, but received a binary message of 7 B: [..] instead\n  \
             \x20 received a binary message of 7 B, expected a text message",
        ),
        (
            "strict\n< /a/",
            ":3: expected a text message matching /a/, but received a binary message of 7 B: [..] \
             instead\n    received a binary message of 7 B, expected a text message",
        ),
        (
            "< any\ncapture A /a",
            ":3: expected a message with a value at /a to capture, but a binary message of 7 B: \
             [..] has matched, not a text message",
        ),
    ] {
        let peer = Peer::ws()
            .expect_text("hi")
            .send_binary(b"{\"a\":1}")
            .expect_close(1000, "")
            .start();
        test(&["a.ws", "--url", &peer.url()])
            .file("a.ws", format!("> hi\n{statement}\n"))
            .stdout_matches(format!(
                "FAIL  a.ws  [..]\n  a.ws{said}\n...\n0 passed, 1 failed in [..] s\n"
            ))
            .code(4)
            .run();
    }
}

#[test]
fn failed_connection_is_named() {
    let peer = Peer::ws().expect_close(1001, "").start();
    let absent = Peer::refusing();
    test(&["a.ws"])
        .file(
            "a.ws",
            format!(
                "@alice url {}\n@bob url {}\n@alice > hi\n@bob < ho\n",
                peer.url(),
                absent.url()
            ),
        )
        .stdout_matches(
            "error a.ws  ([..] s)\n  @bob: could not connect to 127.0.0.1:[..]\n0 passed, 1 error \
             in [..] s\n",
        )
        .code(7)
        .run();
}

#[test]
fn timeout_names_the_statement() {
    let peer = Peer::ws().expect_text("hi").expect_close(1001, "").start();
    test(&["a.ws", "--url", &peer.url(), "--", "-m", "500ms"])
        .file("a.ws", GREETING)
        .stdout_matches(
            "error a.ws  ([..] s)\n  a.ws:2: timed out after 0.5 s (--max-time) while the \
             connection was open\n0 passed, 1 error in [..] s\n",
        )
        .code(28)
        .run();
}

#[test]
fn files_are_selected_by_tags_and_named_by_titles() {
    let peer = Peer::ws()
        .expect_text("hi")
        .expect_close(1000, "")
        .connections(2)
        .start();
    let run = |args: &[&str]| {
        test(&["all", "--url", &peer.url()])
            .args(args)
            .file("all/a.ws", "title The <first>\ntags smoke\n> hi\n")
            .file("all/b.ws", "tags smoke slow\n> hi\n")
            .file("all/c.ws", "> hi\n")
    };
    let done = run(&["--tag", "smoke", "--tag", "!slow", "--junit", "out.xml"])
        .stdout_matches("ok    all/a.ws  [..]\n1 passed in [..] s\n")
        .run();
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    assert!(
        report.contains("name=\"The &lt;first&gt;\" file=\"all/a.ws\""),
        "{report}"
    );
    run(&["--tag", "!smoke"])
        .stdout_matches("ok    all/c.ws  [..]\n1 passed in [..] s\n")
        .run();
    run(&["--tag", "fast"])
        .stderr("wsline: no files to run: none of 3 files has the tag fast (--tag)\n")
        .code(2)
        .run();
}

#[test]
fn a_session_file_is_read_from_stdin() {
    let peer = Peer::ws()
        .expect_text("hi")
        .send_text("ho")
        .expect_close(1000, "")
        .start();
    test(&["-", "--url", &peer.url()])
        .stdin(GREETING)
        .stdout_matches("ok    /dev/stdin  (2 statements, [..] s)\n1 passed in [..] s\n")
        .run();
}

#[test]
fn a_report_replaces_the_last_one_when_it_is_whole() {
    let port = Peer::reserved();
    let done = test(&[
        "a.ws",
        "--junit",
        "out.xml",
        "--serve",
        "cp out.xml seen.xml; exit 3",
    ])
    .args(["--ready", &port.url()])
    .file("a.ws", GREETING)
    .file("out.xml", "the last report")
    .stdout_matches("0 passed, 1 not run in [..] s\n")
    .stderr_matches("wsline: the --serve server exited before it was ready: exit code 3\n")
    .code(7)
    .run();
    let work = done.home.work();
    let read = |name: &str| std::fs::read_to_string(work.join(name)).expect("a file");
    assert_eq!(read("seen.xml"), "the last report");
    assert!(read("out.xml").starts_with("<?xml"), "{}", read("out.xml"));
    let names = std::fs::read_dir(work).expect("the folder");
    let left: Vec<_> = names
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.contains("tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
