//! What session files can say beyond texts and plain JSON.

use super::test;
use crate::support::Peer;

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

/// A peer that answers `hi` with a text.
fn answering(text: &str) -> Peer {
    Peer::ws().expect_text("hi").send_text(text)
}

#[test]
fn json_patterns_match_and_capture() {
    passes(
        answering(r#"{"seq":7,"price":"60123.10","state":"done","tags":["a","b"]}"#)
            .expect_text("after 7 done")
            .send_text(r#"{"seq":8}"#)
            .expect_close(1000, ""),
        "> hi\n\
         < json {\"seq\": integer as SEQ, \"price\": numeric > 0,\n  \
           \"state\": \"done\" | \"failed\" as STATE, \"error\": absent, \"tags\": size 2 and has \"b\"}\n\
         > after ${SEQ} ${STATE}\n\
         < json {\"seq\": > ${SEQ}}\n",
    );
    fails(
        answering(r#"{"p":"0"}"#).expect_close(1000, ""),
        "strict\n> hi\n< json {\"p\": numeric > 0}\n",
        "3: expected JSON with {\"p\": numeric > 0}, but received [..] instead\n    /p: \
         expected a string with a number > 0, received \"0\"",
    );
}

#[test]
fn a_check_judges_the_message_that_was_matched() {
    let peer = || answering(r#"{"id":7,"error":{"code":-32601}}"#).expect_close(1000, "");
    passes(
        peer(),
        "> hi\n< json {\"id\":7}\ncheck json {\"error\":{\"code\": integer as CODE}}\ncheck /-32601/\n\
         check within 60s\n",
    );
    fails(
        peer(),
        "> hi\n< json {\"id\":7}\ncheck json {\"result\":5,\"error\":absent}\n",
        "3: expected JSON with {\"result\":5,\"error\":absent}, but line 2 matched [..]\n    /result: \
         missing\n    /error: unexpected, received {\"code\":-32601}",
    );
    fails(
        Peer::ws().expect_close(1000, ""),
        "check json {\"a\":1}\n> hi\n",
        "1: expected JSON with {\"a\":1}, but no message has matched yet",
    );
}

#[test]
fn a_check_of_time_counts_from_the_message_sent() {
    fails(
        Peer::ws()
            .expect_text("hi")
            .pause(std::time::Duration::from_millis(30))
            .send_text("hi")
            .expect_close(1000, ""),
        "> hi\n< hi\ncheck within 10ms\n",
        "3: expected the message within 0.01 s of the last one sent, but it took [..] s, [..] s more",
    );
}

#[test]
fn groups_of_a_regular_expression_are_captured() {
    passes(
        answering("0{\"sid\":\"ab-1\"} n=42")
            .expect_text("ab-1 42 42")
            .expect_close(1000, ""),
        "> hi\n< /sid/\ncapture SID match /\"sid\":\"([^\"]+)\"/\n\
         capture ALL match /n=(?<N>[0-9]+)/\n> ${SID} ${N} ${ALL}\n",
    );
    fails(
        answering("44").expect_close(1000, ""),
        "> hi\n< 44\ncapture SID match /sid=(.*)/\n",
        "3: expected a message to capture SID from with /sid=(.*)/, but line 2 matched \"44\"",
    );
}

#[test]
fn the_command_line_takes_json_patterns() {
    let peer = answering(r#"{"n":7}"#)
        .expect_close(1000, "")
        .connections(2)
        .start();
    let run = |pattern: &str| {
        crate::support::Wsline::new().args([
            &peer.url(),
            "-d",
            "hi",
            "--expect-json",
            pattern,
            "--within",
            "0.2",
        ])
    };
    run("{\"n\": 1..9}").stdout("{\"n\":7}\n").run();
    run("{\"n\": > 7}")
        .stdout("{\"n\":7}\n")
        .stderr_matches(
            "wsline: expected JSON with {\"n\": > 7}, but the only message received within 0.2 s did \
             not match\n  /n: expected a number > 7, received 7\n...",
        )
        .code(4)
        .run();
}
