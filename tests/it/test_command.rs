//! `wsline test`: which files are run, what becomes of them, and with which exit code.

mod actions;
mod ended;
mod include;
mod language;
mod opening;
mod ready;
mod reconnect;
mod reports;
mod results;
mod retries;
mod secrets;
mod serve;
mod untrusted;

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::{Cert, Gate, Peer, Wsline};

/// `wsline test` with these words, in a folder of its own.
fn test(args: &[&str]) -> Wsline {
    Wsline::new().arg("test").args(args)
}

/// Runs a file against a peer, and expects it to pass.
fn passes(peer: Peer, text: &str) {
    let peer = peer.start();
    test(&["a.ws", "--url", &peer.url()])
        .file("a.ws", text)
        .stdout_matches("ok    a.ws  [..]\n1 passed in [..] s\n")
        .run();
}

/// Runs a file against a peer, and expects it to fail with this report.
fn fails(peer: Peer, text: &str, report: &str) {
    let peer = peer.start();
    test(&["a.ws", "--url", &peer.url()])
        .file("a.ws", text)
        .stdout_matches(format!(
            "FAIL  a.ws  ([..] s)\n  a.ws:{report}\n...\n0 passed, 1 failed in [..] s\n"
        ))
        .code(4)
        .run();
}

/// A file that greets and is greeted, at the URL of `--url`.
const GREETING: &str = "> hi\n< ho\n";

/// A peer for it.
fn greeted() -> Peer {
    Peer::ws()
        .expect_text("hi")
        .send_text("ho")
        .expect_close(1000, "")
}

#[test]
fn passing_file() {
    let peer = greeted().start();
    let talk = format!("# a greeting\nurl {}\n\n{GREETING}", peer.url());
    test(&["talk.ws"])
        .file("talk.ws", talk)
        .stdout_matches("ok    talk.ws  (2 statements, [..] s)\n1 passed in [..] s\n")
        .run();
}

#[test]
fn unmet_expectation_without_messages() {
    let peer = Peer::ws().expect_text("hi").close(1000, "").start();
    test(&["talk.ws", "--url", &peer.url()])
        .file("talk.ws", "> hi\n< ho\n> never\n")
        .stdout_matches(
            "FAIL  talk.ws  ([..] s)\n  talk.ws:2: expected \"ho\", but the server closed with 1000 \
             (normal closure)\n...\n0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
}

#[test]
fn unmet_expectation_with_a_difference() {
    let peer = Peer::ws()
        .expect_text("hi")
        .send_text("no")
        .expect_close_any()
        .start();
    test(&["talk.ws", "--url", &peer.url()])
        .file("talk.ws", "strict\n> hi\n< ho\n> never\n")
        .stdout_matches(
            "FAIL  talk.ws  ([..] s)\n  talk.ws:3: expected \"ho\", but received \"no\" instead\n...\n\
             0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
}

#[test]
fn unreadable_files_are_reported() {
    test(&["bad.ws", "no.ws"])
        .file("bad.ws", "url ws://h/\nsned hi\n")
        .stdout_matches(
            "error bad.ws\n  bad.ws:2:1: unknown statement 'sned'[..]\n    sned hi\n    ^\n\
             error no.ws\n  no.ws: could not read the file: No such file or directory\n\
             0 passed, 2 errors in [..] s\n",
        )
        .code(2)
        .run();
}

#[test]
fn unsatisfiable_statements_are_shown() {
    let files = [
        ("url ws://h/\n> ${NO_SUCH}\n", ":2:3: variable NO_SUCH [..]"),
        ("> hi\n", ": missing URL[..]"),
        ("url ws://h:x/\n> hi\n", ":1[..]"),
        (
            "url ws://h/\noption --inscure\n> hi\n",
            ":2: unexpected argument '--inscure' found; did you mean --insecure?",
        ),
        (
            "url ws://h/\noption -d hi\n",
            ":2: --data cannot be used in a test: session files define what is sent and expected",
        ),
        (
            "url ws://h/\nheader X\n",
            ":2:8: missing colon in the header: expected NAME: VALUE[..]",
        ),
        (
            "url ws://h/\noption -u me\n",
            ":2: -u USER would prompt for the password[..]",
        ),
        (
            "url ws://h/\noption -u me:pw\nheader A: b\noption --bearer x\n",
            ":4: -u cannot be used with --bearer: both set the Authorization header",
        ),
        (
            "url ws://h/\noption --key\noption k\n",
            ":2: a value is required for '--key <FILE>' but none was supplied",
        ),
        (
            "url ws://h/\nheader A: b\noption -H @no.such\nheader C: d\n",
            ":3: invalid value for --header: could not read \"no.such\": No such file or directory",
        ),
        (
            "url ws://h/\n> file @no.such\n",
            ":2:8: could not read no.such: No such file or directory",
        ),
    ];
    for (text, said) in files {
        test(&["a.ws"])
            .file("a.ws", text)
            .stdout_matches(format!(
                "error a.ws\n  a.ws{said}\n...\n0 passed, 1 error in [..] s\n"
            ))
            .code(2)
            .run();
    }
}

#[test]
fn unreachable_server_is_an_error() {
    let peer = Peer::refusing();
    test(&["talk.ws", "--url", &peer.url()])
        .file("talk.ws", GREETING)
        .stdout_matches(
            "error talk.ws  ([..] s)\n  could not connect to 127.0.0.1:[..]: Connection refused\n\
             0 passed, 1 error in [..] s\n",
        )
        .code(7)
        .run();
}

/// The first that does not pass decides, in the order of the files and not of their ends.
#[test]
fn exit_code_is_that_of_the_first_failed_file() {
    let peer = Peer::refusing();
    let wanting = || {
        test(&[])
            .file("far.ws", format!("url {}\n{GREETING}", peer.url()))
            .file("bad.ws", "sned\n")
            .stdout_matches("...\n0 passed, 2 errors in [..] s\n")
    };
    wanting().args(["far.ws", "bad.ws"]).code(7).run();
    wanting().args(["bad.ws", "far.ws"]).code(2).run();
    wanting().args(["-j2", "far.ws", "bad.ws"]).code(7).run();
}

#[test]
fn folders_and_filters_select_files() {
    let peer = greeted().connections(5).start();
    let url = peer.url();
    let run = |args: &[&str]| {
        test(&["--url", &url])
            .args(args)
            .file("all/b.ws", GREETING)
            .file("all/a/c.ws", GREETING)
            .file("all/notes.txt", "not run")
    };
    run(&["all"])
        .stdout_matches("ok    all/a/c.ws  [..]\nok    all/b.ws  [..]\n2 passed [..]\n")
        .run();
    run(&["."])
        .stdout_matches("ok    all/a/c.ws  [..]\nok    all/b.ws  [..]\n2 passed [..]\n")
        .run();
    run(&["all", "--filter", "a/c", "--filter", "nothing"])
        .stdout_matches("ok    all/a/c.ws  [..]\n1 passed [..]\n")
        .run();
    run(&["all", "--filter", "nothing"])
        .stderr("wsline: no files to run: none of 2 paths contains nothing (--filter)\n")
        .code(2)
        .run();
    test(&["empty"])
        .file("empty/notes.txt", "")
        .stderr("wsline: no session files (*.ws) in empty\n")
        .code(2)
        .run();
}

/// Each waits for the other on the server's side, so neither could pass alone.
#[test]
fn files_run_in_parallel() {
    let (one, other) = (Gate::new(), Gate::new());
    let meeting = |mine: &Gate, yours: &Gate| {
        Peer::ws()
            .expect_text("hi")
            .open(mine)
            .wait_for(yours)
            .send_text("ho")
            .expect_close(1000, "")
    };
    let peer = meeting(&one, &other).then(meeting(&other, &one)).start();
    test(&["-j", "2", "a.ws", "b.ws", "--url", &peer.url()])
        .file("a.ws", GREETING)
        .file("b.ws", GREETING)
        .stdout_matches("ok    [..].ws  [..]\nok    [..].ws  [..]\n2 passed in [..] s\n")
        .run();
}

#[test]
fn bail_stops_after_the_first_failure() {
    let peer = greeted().start();
    test(&["a.ws", "b.ws", "c.ws", "--bail", "--url", &peer.url()])
        .file("a.ws", GREETING)
        .file("b.ws", "sned\n")
        .file("c.ws", GREETING)
        .stdout_matches(
            "ok    a.ws  [..]\nerror b.ws\n...\n1 passed, 1 error, 1 not run in [..] s\n",
        )
        .code(2)
        .run();
}

/// The one that runs beside it is closed as a signal would close it.
#[test]
fn bail_closes_running_files() {
    let open = Gate::new();
    let slow = Peer::ws()
        .expect_text("hi")
        .open(&open)
        .expect_close(1001, "")
        .start();
    let quick = Peer::ws()
        .expect_text("hi")
        .wait_for(&open)
        .close(1000, "")
        .start();
    let talk = |url: &str| format!("url {url}\nwithin 60s\n{GREETING}");
    test(&["-j2", "--bail", "slow.ws", "quick.ws"])
        .file("slow.ws", talk(&slow.url()))
        .file("quick.ws", talk(&quick.url()))
        .stdout_matches(
            "FAIL  quick.ws  ([..] s)\n...\nended slow.ws  (interrupted, [..] s)\n\
             0 passed, 1 failed, 1 not run in [..] s\n",
        )
        .code(4)
        .run();
}

#[test]
fn options_after_two_hyphens_override_the_files() {
    let (cert, _) = Cert::for_localhost();
    let peer = greeted()
        .tls(&cert)
        .expect_header("X-Env", "ci")
        .expect_header("X-File", "here")
        .expect_header("User-Agent", "outer")
        .start();
    let talk = format!(
        "url {}\noption -A inner\nheader X-File: here\n{GREETING}",
        peer.url()
    );
    test(&["talk.ws", "--", "-k", "-H", "X-Env: ci", "-A", "outer"])
        .file("talk.ws", talk)
        .stdout_matches("ok    talk.ws  [..]\n1 passed [..]\n")
        .run();
}

#[test]
fn url_option_overrides_the_file() {
    let peer = greeted().start();
    test(&["talk.ws", "--url", &peer.url()])
        .file(
            "talk.ws",
            format!("url ws://no.such.host.invalid/\n{GREETING}"),
        )
        .stdout_matches("ok    talk.ws  [..]\n1 passed [..]\n")
        .run();
}

/// An address that is not used needs no variables.
#[test]
fn url_option_replaces_a_missing_url() {
    let peer = greeted().start();
    test(&["a.ws", "--url", &peer.url()])
        .file("a.ws", format!("url ws://${{NO_SUCH}}/\n{GREETING}"))
        .stdout_matches("ok [..]\n1 passed [..]\n")
        .run();
}

#[test]
fn var_option_overrides_the_environment() {
    let peer = Peer::ws()
        .expect_text("given set")
        .send_text("{\"id\":\"x7\"}")
        .expect_text("x7")
        .expect_close(1000, "")
        .start();
    let port = peer.port();
    let talk = "url ws://127.0.0.1:${PORT}/\n> ${GIVEN} ${SET}\n< any\ncapture ID /id\n> ${ID}\n";
    test(&[
        "talk.ws",
        "--var",
        "GIVEN=given",
        "--var",
        &format!("PORT={port}"),
    ])
    .env("GIVEN", "not this")
    .env("SET", "set")
    .file("talk.ws", talk)
    .stdout_matches("ok    talk.ws  (4 statements, [..] s)\n1 passed [..]\n")
    .run();
}

/// After the last statement nothing is waited for, and how the server then ends does not matter.
#[test]
fn file_ends_with_its_last_statement() {
    let endings = [
        Peer::ws().expect_text("hi").close(1011, "late"),
        Peer::ws().expect_text("hi").drop_tcp(),
    ];
    for peer in endings {
        let peer = peer.start();
        test(&["talk.ws", "--url", &peer.url()])
            .file("talk.ws", "> hi\n")
            .stdout_matches("ok    talk.ws  (1 statement, [..] s)\n1 passed [..]\n")
            .run();
    }
}

#[test]
fn several_connections_in_one_file() {
    let heard = Gate::new();
    let peer = Peer::ws()
        .expect_text("hello")
        .open(&heard)
        .expect_close(1000, "")
        .then(
            Peer::ws()
                .wait_for(&heard)
                .send_text("alice: hello")
                .expect_close(1000, ""),
        )
        .start();
    test(&["chat.ws", "--url", &peer.url()])
        .file("chat.ws", "@alice > hello\n@bob < alice: hello\n")
        .stdout_matches("ok    chat.ws  (2 statements, [..] s)\n1 passed [..]\n")
        .run();
}

/// What is still to be sent on one connection is not missing on another that the server closes.
#[test]
fn connections_end_independently() {
    let peer = Peer::ws()
        .close(4401, "no")
        .then(
            Peer::ws()
                .expect_text("hi")
                .send_text("ho")
                .expect_close(1000, ""),
        )
        .start();
    test(&["chat.ws", "--url", &peer.url()])
        .file(
            "chat.ws",
            "@mallory < close 4401 no\n@bob > hi\n@bob < ho\n",
        )
        .stdout_matches("ok    chat.ws  (3 statements, [..] s)\n1 passed [..]\n")
        .run();
}

#[test]
fn paths_are_relative_to_the_file() {
    let peer = Peer::ws()
        .expect_binary(b"\0\xff")
        .expect_text("text")
        .expect_close(1000, "")
        .start();
    test(&["talks/talk.ws", "--url", &peer.url()])
        .file("talks/talk.ws", "> file @data/bytes\n> text @data/text\n")
        .file("talks/data/bytes", b"\0\xff")
        .file("talks/data/text", "text\n")
        .stdout_matches("ok    talks/talk.ws  [..]\n1 passed [..]\n")
        .run();
}

#[test]
fn max_time_applies_to_each_file() {
    let peer = Peer::silent().connections(2).start();
    test(&["a.ws", "b.ws", "--url", &peer.url(), "--", "-m", "200ms"])
        .file("a.ws", GREETING)
        .file("b.ws", GREETING)
        .stdout_matches(
            "error a.ws  ([..] s)\n  timed out after 0.2 s (--max-time) while [..]\n\
             error b.ws  ([..] s)\n  timed out after 0.2 s (--max-time) while [..]\n\
             0 passed, 2 errors in [..] s\n",
        )
        .code(28)
        .run();
}

#[test]
fn interrupt_closes_running_files_and_starts_no_others() {
    for (signal, code, said) in [
        (Signal::SIGINT, 130, "interrupted"),
        (Signal::SIGTERM, 143, "terminated"),
    ] {
        let open = Gate::new();
        let peer = Peer::ws()
            .expect_text("hi")
            .open(&open)
            .expect_close(1001, "")
            .start();
        let running = test(&[
            "a.ws",
            "b.ws",
            "--url",
            &peer.url(),
            "--junit",
            "report.xml",
        ])
        .file("a.ws", format!("within 60s\n{GREETING}"))
        .file("b.ws", GREETING)
        .stdout_matches("ended a.ws  (interrupted, [..] s)\n0 passed, 2 not run in [..] s\n")
        .stderr(format!("wsline: {said}\n"))
        .code(code)
        .spawn();
        open.wait();
        running.signal(signal);
        let done = running.wait();
        let report = std::fs::read_to_string(done.home.work().join("report.xml"));
        let report = report.expect("it is written all the same");
        for part in [
            "errors=\"1\"".to_owned(),
            "skipped=\"1\"".to_owned(),
            format!("<error type=\"signal\" message=\"{said}\">"),
            "<skipped message=\"not run\"/>".to_owned(),
        ] {
            assert!(report.contains(&part), "{part}: {report}");
        }
        let problems = crate::junit_schema::problems(&report);
        assert!(problems.is_empty(), "{problems:?}");
    }
}

#[test]
fn second_interrupt_ends_at_once() {
    let (open, closing) = (Gate::new(), Gate::new());
    let peer = Peer::ws()
        .expect_text("hi")
        .open(&open)
        .expect_close(1001, "")
        .open(&closing)
        .stall()
        .start();
    let words = [
        "talk.ws",
        "--url",
        &peer.url(),
        "--",
        "--close-timeout",
        "60",
    ];
    let running = test(&words)
        .file("talk.ws", format!("within 60s\n{GREETING}"))
        .stdout_matches("ended talk.ws [..]\n0 passed, 1 not run [..]\n")
        .stderr("wsline: interrupted\n")
        .code(130)
        .within(Duration::from_secs(20))
        .spawn();
    open.wait();
    running.signal(Signal::SIGINT);
    closing.wait();
    running.signal(Signal::SIGINT);
    running.wait();
}

/// What was recorded is sent again, and what comes is compared, but for what may differ.
#[test]
fn records_of_all_formats_are_run() {
    let talk = || {
        Peer::ws()
            .expect_text("hi")
            .send_text("{\"id\":1,\"say\":\"ho\"}")
            .expect_close(1000, "")
    };
    for form in ["talk.har", "talk.jsonl", "talk.ws"] {
        let peer = talk().start();
        let recorded = Wsline::new()
            .args([&peer.url(), "-d", "hi", "-1", "--record", form])
            .stdout("{\"id\":1,\"say\":\"ho\"}\n")
            .run();
        let record = std::fs::read(recorded.home.work().join(form)).expect("a record");
        let peer = talk().start();
        test(&[form, "--url", &peer.url()])
            .file(form, &record)
            .stdout_matches(format!("ok    {form}  [..]\n1 passed [..]\n"))
            .run();
        let other = || {
            Peer::ws()
                .expect_text("hi")
                .send_text("{\"id\":2,\"say\":\"ho\"}")
                .expect_close_any()
                .start()
        };
        let peer = other();
        test(&[form, "--url", &peer.url(), "--ignore", "/id"])
            .file(form, &record)
            .stdout_matches(format!("ok    {form}  [..]\n1 passed [..]\n"))
            .run();
        let peer = other();
        test(&[form, "--url", &peer.url(), "--ignore", "/say"])
            .file(form, &record)
            .stdout_matches(format!(
                "FAIL  {form}  [..]\n  {form}:[..]: expected [..]\n...\n0 passed, 1 failed [..]\n"
            ))
            .code(4)
            .run();
    }
}

/// The pauses of a record are kept if that is asked for, and only then.
#[test]
fn speed_is_relative_to_the_record() {
    let talk = "at 1s\n> hi\n< ho\n";
    for (speed, pause) in [(&["--speed", "4"][..], 250), (&["--speed", "0.5"], 2000)] {
        let peer = greeted().start();
        let begun = std::time::Instant::now();
        test(&["talk.ws", "--url", &peer.url()])
            .args(speed)
            .file("talk.ws", talk)
            .stdout_matches("ok    talk.ws  [..]\n1 passed [..]\n")
            .run();
        assert!(begun.elapsed() >= Duration::from_millis(pause), "{speed:?}");
    }
    let peer = greeted().start();
    test(&["talk.ws", "--url", &peer.url()])
        .file("talk.ws", "at 1000m\n> hi\n< ho\n")
        .stdout_matches("ok    talk.ws  [..]\n1 passed [..]\n")
        .run();
}

#[test]
fn upgrade_response_can_be_expected() {
    const REFUSAL: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n\
                           Retry-After: 5\r\nContent-Length: 0\r\n\r\n";
    let peer = Peer::http(REFUSAL).start();
    test(&["talk.ws", "--url", &peer.url()])
        .file(
            "talk.ws",
            "< refused 401\n< header www-authenticate: Bearer\n",
        )
        .stdout_matches("ok    talk.ws  (2 statements, [..] s)\n1 passed in [..] s\n")
        .run();
    let peer = Peer::http(REFUSAL).start();
    test(&["talk.ws", "--url", &peer.url()])
        .file("talk.ws", "< refused\n< header Retry-After: 60\n")
        .stdout_matches(
            "FAIL  talk.ws  ([..] s)\n  talk.ws:2: expected header Retry-After: 60, but it is \
             \"5\"\n0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
    let peer = Peer::ws()
        .accept_with_headers(["X-Served-By: here"])
        .expect_close(1000, "")
        .start();
    test(&["talk.ws", "--url", &peer.url()])
        .file("talk.ws", "< status 101\n< header x-served-by: here\n")
        .stdout_matches("ok    talk.ws  (2 statements, [..] s)\n1 passed in [..] s\n")
        .run();
}
