//! What session files can say beyond texts and plain JSON.

use super::{fails, passes, test};
use crate::support::Peer;

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
fn check_applies_to_the_matched_message() {
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
fn check_within_counts_from_the_sent_message() {
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
fn command_line_supports_json_patterns() {
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

#[test]
fn messages_in_any_order_meet_their_expectations() {
    let file = "> hi\nany order\n  < json {\"type\":\"reply\"}\n  < json {\"n\":1}\n  < /idle/\n";
    let messages = [r#"{"type":"reply","n":1}"#, r#"{"n":1}"#, "idle"];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let peer = order
            .iter()
            .fold(Peer::ws().expect_text("hi"), |peer, index| {
                peer.send_text(messages[*index])
            });
        passes(peer.expect_close(1000, ""), file);
    }
    fails(
        answering(messages[1])
            .send_text("idle")
            .expect_close(1000, ""),
        &format!("within 200ms\n{file}"),
        "4: expected JSON with {\"type\":\"reply\"}, but only 2 of the 3 messages that line 3 \
         expects were received within 0.2 s; nearest: [..]",
    );
    fails(
        answering("idle").close(4000, "no"),
        file,
        "3: expected JSON with {\"type\":\"reply\"}, but the server closed with 4000 \"no\"[..] after 1 \
         of the 3 messages that line 2 expects were received[..]",
    );
}

#[test]
fn any_order_covers_several_connections() {
    let peer = Peer::ws()
        .expect_text("hi")
        .send_text("a")
        .send_text("b")
        .expect_close(1000, "")
        .then(
            Peer::ws()
                .expect_text("hi")
                .send_text("b")
                .send_text("a")
                .expect_close(1000, ""),
        )
        .start();
    let run = |text: &str| test(&["a.ws", "--url", &peer.url()]).file("a.ws", text);
    run("@alice > hi\n@bob > hi\nany order\n  @* < a\n  @* < b\n")
        .stdout_matches("ok    a.ws  [..]\n1 passed in [..] s\n")
        .run();
    let peer = Peer::ws()
        .expect_text("hi")
        .send_text("a")
        .expect_close(1000, "")
        .then(Peer::ws().expect_text("hi").expect_close(1000, ""))
        .start();
    test(&["a.ws", "--url", &peer.url()])
        .file(
            "a.ws",
            "within 200ms\n@alice > hi\n@bob > hi\nany order\n  @* < a\n",
        )
        .stdout_matches(
            "FAIL  a.ws  [..]\n  a.ws:5: @bob: expected \"a\", but only 1 of the 2 messages that line 4 \
             expects were received within 0.2 s\n...\n0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
}

#[test]
fn rules_answer_and_hide_messages() {
    passes(
        answering("2")
            .expect_text("3")
            .send_text(r#"[2,"x","Get"]"#)
            .expect_text(r#"[3,"x"]"#)
            .send_text("log")
            .send_text("done")
            .expect_close(1000, ""),
        "strict\non < 2\n  > 3\non < json [2, string as CALL, ..]\n  > json [3,\"${CALL}\"]\n\
         ignore < /^log/\n> hi\n< done\n",
    );
}

#[test]
fn never_fails_the_file() {
    fails(
        answering("tick")
            .send_text(r#"{"type":"error","n":10}"#)
            .expect_close(1000, ""),
        "never < json {\"type\":\"error\"}\n> hi\n< tick\n< tock\n",
        "1: expected to receive JSON with {\"type\":\"error\"} never, but received [..] during line [..]",
    );
    passes(
        answering("tick").expect_close(1000, ""),
        "> hi\nnever < error for 50ms\n",
    );
    fails(
        answering("error").expect_close(1000, ""),
        "> hi\nnever < error for 60s\n",
        "2: expected to receive \"error\" never, but received \"error\" during line 2",
    );
}

#[test]
fn messages_are_sent_at_intervals() {
    passes(
        Peer::ws()
            .expect_text("hi")
            .expect_text("beat")
            .expect_text("beat")
            .send_text("ok")
            .expect_close_any(),
        "every 200ms > beat\n> hi\n< ok\n",
    );
}

#[test]
fn statements_are_repeated() {
    passes(
        Peer::ws()
            .expect_text("1")
            .send_text("1")
            .expect_text("2")
            .send_text("2")
            .expect_close(1000, ""),
        "default COUNT 2\nrepeat ${COUNT} as N\n  > ${N}\n  < ${N}\n",
    );
    fails(
        Peer::ws()
            .expect_text("1")
            .send_text("1")
            .expect_text("2")
            .send_text("x")
            .expect_close(1000, ""),
        "strict\nrepeat 3 as N\n  > ${N}\n  < ${N}\n",
        "4: expected \"2\", but received \"x\" instead, in turn 2 of 3 of line 2",
    );
}

#[test]
fn names_of_connections_are_counted() {
    let one = |name: &str| {
        Peer::ws()
            .expect_text(name)
            .send_text(name)
            .expect_close(1000, "")
    };
    let peer = one("1").then(one("2")).then(one("3")).start();
    test(&["a.ws", "--url", &peer.url()])
        .file(
            "a.ws",
            "repeat 3 as N\n  @c${N} > ${N}\n\n  @c${N} < ${N}\n",
        )
        .stdout_matches("ok    a.ws  (6 statements, [..] s)\n1 passed in [..] s\n")
        .run();
}

#[test]
fn statements_are_retried_until_they_succeed() {
    let answer = |peer: Peer, state: &str| {
        peer.expect_text("state")
            .send_text(format!("{{\"state\":\"{state}\"}}"))
    };
    let peer = answer(answer(answer(Peer::ws(), "pending"), "pending"), "done");
    let file = "retry 60s every 10ms\n  > state\n  < json {\"state\":string}\n  check json \
                {\"state\":\"done\"}\n";
    passes(peer.expect_close(1000, ""), file);
    fails(
        answer(Peer::ws(), "pending").expect_close(1000, ""),
        &file.replace("60s every 10ms", "10ms every 60s"),
        "4: expected JSON with {\"state\":\"done\"}, but line 3 matched [..], after 1 attempt in [..] of \
         line 1\n    /state: expected \"done\", received \"pending\"",
    );
}

#[test]
fn values_are_computed_and_secrets_hidden() {
    passes(
        Peer::ws()
            .expect_text("900150983cd24fb0 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
            .send_text("ok")
            .expect_close(1000, ""),
        "let DIGEST = base64(sha256(\"abc\"))\nlet ID = uuid\nlet N = random 1..6\n\
         let MD = \"900150983cd24fb0\"\n> ${MD} ${DIGEST}\n< ok\n",
    );
    let peer = answering(r#"{"token":"s3cr3t-1"}"#)
        .expect_close(1000, "")
        .start();
    let done = test(&["a.ws", "--url", &peer.url()])
        .file(
            "a.ws",
            "within 100ms\n> hi\n< json {}\ncapture secret TOKEN /token\n< never ${TOKEN}\n",
        )
        .stdout_matches(
            "FAIL  a.ws  [..]\n  a.ws:5: expected \"never ${TOKEN}\", but no message was received \
             within 0.1 s\n...\n0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
    assert!(
        !done.stdout_text().contains("s3cr3t"),
        "{}",
        done.stdout_text()
    );
}

#[test]
fn binary_messages_are_built_and_taken_apart() {
    passes(
        Peer::ws()
            .expect_binary(b"\x00hi\n")
            .send_binary(b"\x08\xac\x02\x12\x06wsline\x19\x01\x02")
            .expect_binary(b"\x01\x2c\xac\x02")
            .send_binary(b"\x03{\"status\":\"Success\"}")
            .send_binary(b"\x02warn: pid 12")
            .expect_close(1000, ""),
        "> hex 00 \"hi\\n\"\n< hex 08 ID:varint 12 06 \"wsline\" 19 ??x2\n> hex ${ID:2} ${ID:varint}\n\
         < hex 03 json {\"status\":\"Success\"}\n< hex 02 /^warn: pid \\d+/\n",
    );
    fails(
        Peer::ws()
            .expect_text("hi")
            .send_binary(b"\x12\x06nobody")
            .expect_close(1000, ""),
        "strict\n> hi\n< hex 12 06 \"wsline\"\n",
        "3: expected a binary message of 12 06 \"wsline\", but received [..] instead\n    byte 2: expected \
         \"wsline\", received 6e 6f 62 6f 64 79 \"nobody\"",
    );
    let peer = answering("x").expect_close(1000, "").start();
    test(&["a.ws", "--url", &peer.url()])
        .file(
            "a.ws",
            "> hi\n< /(?<N>.)/\ncapture A match /(?<N>.)/\n> hex ${A:2}\n",
        )
        .stdout_matches(
            "error a.ws\n  a.ws:4: the value 'x' is not a number that fits 2 bytes\n...\n\
             0 passed, 1 error in [..] s\n",
        )
        .code(2)
        .run();
}

#[test]
fn a_header_of_the_response_is_expected_on_the_command_line() {
    let peer = Peer::ws().expect_close(1000, "").connections(2).start();
    let run =
        |header: &str| crate::support::Wsline::new().args([&peer.url(), "--expect-header", header]);
    run("upgrade: websocket").run();
    run("Sec-WebSocket-Protocol: chat.v2")
        .stderr_matches(
            "wsline: expected header Sec-WebSocket-Protocol: chat.v2, but the response has no such \
             header\n...",
        )
        .code(4)
        .run();
}
