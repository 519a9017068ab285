//! What is reported of files: lines, JSON, `JUnit`'s XML, and a live line on a terminal.

use roxmltree::{Document, Node};
use serde_json::Value;

use super::{greeted, test, GREETING};
use crate::junit_schema;
use crate::schema::Schema;
use crate::support::{Gate, Peer, Stdout, Terminal};

/// A peer that closes instead of answering.
fn closing() -> Peer {
    Peer::ws()
        .expect_text("hi")
        .close(4000, "<no & \"way\"> \u{1b}")
}

#[test]
fn quiet_lists_only_files_that_did_not_pass() {
    let peer = greeted().start();
    test(&["-q", "a.ws", "b.ws", "--url", &peer.url()])
        .file("a.ws", GREETING)
        .file("b.ws", "sned\n")
        .stdout_matches("error b.ws\n...\n1 passed, 1 error in [..] s\n")
        .code(2)
        .run();
    let peer = greeted().start();
    test(&["-q", "a.ws", "--url", &peer.url()])
        .file("a.ws", GREETING)
        .stdout_matches("1 passed in [..] s\n")
        .run();
}

#[test]
fn verbose_prints_each_statement() {
    let peer = Peer::ws()
        .expect_text("hi")
        .send_text("ho")
        .expect_text("{\"a\":\n1}")
        .close(1000, "")
        .start();
    test(&["-v", "a.ws", "--url", &peer.url()])
        .file(
            "a.ws",
            "# a comment\n> hi\nwait 1ms\n< ho\n> json {\"a\":\n  1}\n< never\n",
        )
        .stdout_matches("FAIL  a.ws  [..]\n...\n0 passed, 1 failed in [..] s\n")
        .stderr("a.ws:2 > hi\na.ws:3 wait 1ms\na.ws:4 < ho\na.ws:5 > json {\"a\": 1}\n")
        .code(4)
        .run();
}

#[test]
fn json_has_an_object_per_file_and_a_summary() {
    let good = greeted().start();
    let bad = closing().start();
    let talk = |url: String| format!("url {url}\n{GREETING}");
    let done = test(&["--json", "a.ws", "b.ws", "c.ws"])
        .file("a.ws", talk(good.url()))
        .file("b.ws", talk(bad.url()))
        .file("c.ws", "> ${\n")
        .stdout_matches("...\n")
        .code(4)
        .run();
    let lines = done.stdout_text().lines();
    let objects: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let schema = Schema::read("tests.schema.json");
    for object in &objects {
        schema.assert_allows(object);
    }
    let mut wrong = objects[0].clone();
    wrong["result"] = "failed".into();
    assert!(!schema.allows(&wrong), "a failure has its error");
    let column = |name: &str| objects.iter().map(|object| object[name].clone()).collect();
    let types: Vec<Value> = column("type");
    assert_eq!(types, ["test", "test", "test", "summary"]);
    let files: Vec<Value> = column("file");
    assert_eq!(files[..3], ["a.ws", "b.ws", "c.ws"]);
    let results: Vec<Value> = column("result");
    assert_eq!(results[..3], ["passed", "failed", "error"]);
    assert_eq!(objects[0]["statements"], 2);
    assert!(objects[0]["seconds"].is_f64() && objects[0].get("error").is_none());
    let error = &objects[1]["error"];
    assert_eq!(
        (&error["place"], &error["exit"]),
        (&"b.ws:3".into(), &4.into())
    );
    assert_eq!(error["expected"], "\"ho\"");
    assert_eq!(error["recent"], serde_json::json!(["> \"hi\""]));
    let instead = error["instead"].as_str().expect("a text");
    assert!(
        instead.starts_with("the server closed with 4000 \"<no & "),
        "{instead}"
    );
    let error = &objects[2]["error"];
    assert_eq!((&error["line"], &error["column"]), (&1.into(), &3.into()));
    assert_eq!(
        (&error["text"], &error["exit"]),
        (&"> ${".into(), &2.into())
    );
    let summary = &objects[3];
    for (name, number) in [
        ("passed", 1),
        ("failed", 1),
        ("errors", 1),
        ("flaky", 0),
        ("not_run", 0),
        ("exit", 4),
    ] {
        assert_eq!(summary[name], number, "{name}");
    }
}

/// The elements of a name, in their order.
fn elements<'a>(document: &'a Document<'a>, name: &'a str) -> Vec<Node<'a, 'a>> {
    let all = document.descendants();
    all.filter(|node| node.has_tag_name(name)).collect()
}

#[test]
fn junit_report_is_valid() {
    let good = greeted().start();
    let bad = closing().start();
    let talk = |url: String| format!("url {url}\n{GREETING}");
    let done = test(&["--junit", "out.xml", "a&b/a.ws", "b.ws", "c.ws"])
        .file("a&b/a.ws", talk(good.url()))
        .file("b.ws", talk(bad.url()))
        .file("c.ws", b"> \x1b<\n")
        .stdout_matches("...\n1 passed, 1 failed, 1 error in [..] s\n")
        .code(4)
        .run();
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    assert_eq!(junit_schema::problems(&report), Vec::<String>::new());
    let document = Document::parse(&report).expect("well-formed XML");
    let suites = elements(&document, "testsuite");
    let [suite] = suites[..] else {
        panic!("one suite: {report}");
    };
    for (name, value) in [
        ("tests", "3"),
        ("failures", "1"),
        ("errors", "1"),
        ("skipped", "0"),
    ] {
        assert_eq!(suite.attribute(name), Some(value), "{name}");
    }
    let cases = elements(&document, "testcase");
    let names: Vec<_> = cases
        .iter()
        .filter_map(|case| case.attribute("name"))
        .collect();
    assert_eq!(names, ["a&b/a.ws", "b.ws", "c.ws"]);
    assert_eq!(cases[0].attribute("classname"), Some("a&b"));
    for case in &cases {
        let time = case.attribute("time").map(str::parse::<f64>);
        assert!(matches!(time, Some(Ok(0.0..60.0))), "{time:?}");
    }
    assert_eq!(cases[0].children().count(), 0);
    let failures = elements(&document, "failure");
    let [failure] = failures[..] else {
        panic!("one failure: {report}");
    };
    let message = failure.attribute("message").expect("a message");
    assert!(message.starts_with("b.ws:3: expected "), "{message}");
    assert_eq!(failure.attribute("type"), Some("expectation"));
    let text = failure.text().expect("a text");
    assert!(text.contains("<no & \"way\"> \\x1b"), "{text}");
    assert!(text.contains("\n  > \"hi\""), "the last messages: {text}");
    let errors = elements(&document, "error");
    let [error] = errors[..] else {
        panic!("one error: {report}");
    };
    assert_eq!(error.attribute("type"), Some("file"));
    assert!(error
        .attribute("message")
        .is_some_and(|text| text.starts_with("c.ws:1:")));
}

/// The last messages are whole, except on a terminal.
#[test]
fn last_messages_are_whole() {
    let long = "x".repeat(3000);
    let peer = Peer::ws()
        .send_text(&long)
        .send_text("y".repeat(5000))
        .expect_close_any()
        .start();
    let done = test(&["a.ws", "--url", &peer.url(), "--junit", "out.xml"])
        .file("a.ws", "< any\nstrict\n< z\n")
        .stdout_matches("FAIL  a.ws  [..]\n...\n0 passed, 1 failed in [..] s\n")
        .code(4)
        .run();
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    for text in [
        done.stdout_text(),
        &report.replace("&lt;", "<").replace("&quot;", "\""),
    ] {
        assert!(
            text.contains(&format!("\n  < \"{long}\"\n"))
                || text.contains(&format!("< \"{long}\"\n")),
            "{text}"
        );
        assert!(
            text.contains(&format!("< \"{}…\"", "y".repeat(4096))),
            "{text}"
        );
    }
    let peer = Peer::ws().send_text(&long).expect_close_any().start();
    let url = peer.url();
    let mut pty = Terminal::new()
        .args(["test", "a.ws", "--url", &url])
        .size(24, 120)
        .file("a.ws", "strict\n< z\n")
        .start();
    assert_eq!(pty.wait_exit(), 4);
    let screen = pty.screen();
    assert!(
        screen.contains(&format!("    < \"{}…\n", "x".repeat(76))),
        "{screen}"
    );
}

#[test]
fn wrong_status_shows_head_and_body() {
    let body = "{\"error\":\"no such room\"}";
    let refusal = format!(
        "HTTP/1.1 500 Oops\r\nX-Id: 7\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let peer = Peer::http(&refusal).connections(2).start();
    let run = || {
        test(&["a.ws", "--url", &peer.url()])
            .file("a.ws", "< refused 403\n")
            .code(4)
    };
    run()
        .stdout_matches(format!(
            "FAIL  a.ws  [..]\n  a.ws:1: expected the upgrade to be refused with 403, but the server \
             refused the upgrade: HTTP/1.1 500 Oops\n  HTTP/1.1 500 Oops\n  X-Id: 7\n  \
             Content-Length: [..]\n\n  {body}\n0 passed, 1 failed in [..] s\n"
        ))
        .run();
    let done = run().arg("--json").stdout_matches("...\n").run();
    let first = done.stdout_text().lines().next().expect("an object");
    let object: Value = serde_json::from_str(first).expect("JSON");
    Schema::read("tests.schema.json").assert_allows(&object);
    assert_eq!(object["error"]["body"], body);
    assert_eq!(object["error"]["response"][1], "X-Id: 7");
}

#[test]
fn unwritable_report_is_reported_before_running() {
    test(&["--junit", "no/such/folder.xml", "a.ws"])
        .file("a.ws", "sned\n")
        .stderr("wsline: could not write to no/such/folder.xml: No such file or directory\n")
        .code(23)
        .run();
}

#[test]
fn write_errors_are_reported() {
    if !std::path::Path::new("/dev/full").exists() {
        crate::support::skip::say("this system has no /dev/full");
        return;
    }
    test(&["a.ws", "b.ws"])
        .file("a.ws", "sned\n")
        .file("b.ws", "sned\n")
        .stdout_to(Stdout::File("/dev/full".into()))
        .stderr("wsline: could not write to standard output: No space left on device\n")
        .code(23)
        .run();
    test(&["--junit", "/dev/full", "a.ws"])
        .file("a.ws", "sned\n")
        .stdout_matches("error a.ws\n...\n")
        .stderr("wsline: could not write to /dev/full: No space left on device\n")
        .code(23)
        .run();
}

/// The exit code is what is left to be had.
#[test]
fn closed_stdout_does_not_change_the_exit_code() {
    let peer = greeted().connections(2).start();
    test(&["a.ws", "b.ws", "--url", &peer.url()])
        .file("a.ws", GREETING)
        .file("b.ws", GREETING)
        .stdout_to(Stdout::Gone)
        .run();
}

#[test]
fn terminal_shows_running_files() {
    let (asked, go) = (Gate::new(), Gate::new());
    let peer = Peer::ws()
        .expect_text("hi")
        .open(&asked)
        .wait_for(&go)
        .send_text("ho")
        .expect_close(1000, "")
        .start();
    let url = peer.url();
    let mut pty = Terminal::new()
        .args([
            "test",
            "bad.ws",
            "a-file-with-a-long-name.ws",
            "--url",
            &url,
        ])
        .args(["--", "-m", "60"])
        .size(24, 60)
        .file("bad.ws", "sned\n")
        .file(
            "a-file-with-a-long-name.ws",
            format!("within 60s\n{GREETING}"),
        )
        .start();
    asked.wait();
    pty.wait_for("1 of 2 done, running a-file-with-a-long-name.ws");
    go.open();
    assert_eq!(pty.wait_exit(), 2);
    let screen = pty.screen();
    assert!(!screen.contains("running"), "{screen}");
    let lines: Vec<&str> = screen.lines().collect();
    assert_eq!(lines[0], "error bad.ws");
    let last = &lines[lines.len() - 2..];
    assert!(
        last[0].starts_with("ok    a-file-with-a-long-name.ws  (2 statements, "),
        "{screen}"
    );
    assert!(last[1].starts_with("1 passed, 1 error in "), "{screen}");
    pty.assert_as_found();
}

#[test]
fn color_is_forced_by_an_option_or_a_variable() {
    test(&["a.ws"])
        .env("FORCE_COLOR", "1")
        .file("a.ws", "sned\n")
        .stdout_matches("\x1b[31merror\x1b[39m a.ws\n...\n")
        .code(2)
        .run();
    for (name, value) in [("FORCE_COLOR", "0"), ("NO_COLOR", "1")] {
        test(&["a.ws"])
            .env("CLICOLOR_FORCE", if name == "NO_COLOR" { "1" } else { "" })
            .env(name, value)
            .file("a.ws", "sned\n")
            .stdout_matches("error a.ws\n...\n")
            .code(2)
            .run();
    }
    test(&["--color", "always", "a.ws"])
        .file("a.ws", "sned\n")
        .stdout_matches(
            "\x1b[31merror\x1b[39m a.ws\n...\n\x1b[31m0 passed, 1 error in [..] s\x1b[39m\n",
        )
        .code(2)
        .run();
}
