//! `--retries`: files that pass when they are run again.

use serde_json::Value;

use super::{greeted, test, GREETING};
use crate::junit_schema;
use crate::support::Peer;

/// A peer that closes instead of answering the first time.
fn flaky() -> Peer {
    Peer::ws()
        .expect_text("hi")
        .close(1011, "not yet")
        .then(greeted())
}

fn report(done: &crate::support::program::Finished) -> String {
    std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report")
}

#[test]
fn flaky_file_has_passed() {
    let peer = flaky().start();
    let done = test(&[
        "a.ws",
        "--url",
        &peer.url(),
        "--retries",
        "3",
        "--junit",
        "out.xml",
    ])
    .file("a.ws", GREETING)
    .stdout_matches(
        "ok    a.ws  (2 statements, flaky: passed at attempt 2, [..] s)\n\
             1 passed (1 flaky) in [..] s\n",
    )
    .run();
    let report = report(&done);
    assert_eq!(junit_schema::problems(&report), Vec::<String>::new());
    assert!(
        report.contains("<flakyFailure type=\"expectation\" message=\"a.ws:2: expected "),
        "{report}"
    );
    assert!(
        report.contains("tests=\"1\" failures=\"0\" errors=\"0\""),
        "{report}"
    );
}

#[test]
fn json_has_the_number_of_attempts() {
    let peer = flaky().start();
    let done = test(&["a.ws", "--url", &peer.url(), "--retries", "1", "--json"])
        .file("a.ws", GREETING)
        .stdout_matches("...\n")
        .run();
    let schema = crate::schema::Schema::read("tests.schema.json");
    let lines = done.stdout_text().lines();
    let objects: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    for object in &objects {
        schema.assert_allows(object);
    }
    assert_eq!(objects[0]["attempts"], 2);
    assert_eq!(
        (&objects[1]["passed"], &objects[1]["flaky"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn file_that_fails_each_time_has_failed() {
    let closing = || Peer::ws().expect_text("hi").close(1011, "no");
    let peer = closing().then(closing()).start();
    let done = test(&[
        "a.ws",
        "--url",
        &peer.url(),
        "--retries",
        "1",
        "--junit",
        "out.xml",
    ])
    .file("a.ws", GREETING)
    .stdout_matches("FAIL  a.ws  (2 attempts, [..] s)\n...\n0 passed, 1 failed in [..] s\n")
    .code(4)
    .run();
    let report = report(&done);
    assert_eq!(junit_schema::problems(&report), Vec::<String>::new());
    assert_eq!(report.matches("<failure ").count(), 1, "{report}");
    assert_eq!(report.matches("<rerunFailure ").count(), 1, "{report}");
}

/// What is wrong in a file stays wrong.
#[test]
fn invalid_file_is_not_run_again() {
    test(&["a.ws", "--retries", "2"])
        .file("a.ws", "sned\n")
        .stdout_matches("error a.ws\n...\n0 passed, 1 error in [..] s\n")
        .code(2)
        .run();
}
