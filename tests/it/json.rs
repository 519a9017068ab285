//! `--json`: every object of the schema in and out, bad objects, and outputs fed back as input.

use serde_json::{json, Value};

use crate::support::{Peer, Stdin, Stdout, Wsline};

/// The objects of a stdout, without what is different each time.
fn objects(stdout: &str) -> Vec<Value> {
    let object = |line: &str| {
        let mut object: Value = serde_json::from_str(line).expect("each line is JSON");
        let fields = object.as_object_mut().expect("each line is an object");
        let time = fields.shift_remove("time").expect("each has its time");
        let shape = time
            .as_str()
            .expect("the time is a string")
            .replace(|c: char| c.is_ascii_digit(), "0");
        assert_eq!(shape, "0000-00-00T00:00:00.000000Z");
        object
    };
    stdout.lines().map(object).collect()
}

/// The same without `open`, which has a test of its own.
fn after_open(stdout: &str) -> Vec<Value> {
    let mut objects = objects(stdout);
    assert_eq!(objects[0]["type"], "open");
    objects.remove(0);
    objects
}

/// Windows' tools write a byte order mark before the first line.
#[test]
fn byte_order_mark_is_ignored() {
    let peer = Peer::ws().expect_text("a").start();
    Wsline::new()
        .args([&peer.url(), "--json"])
        .stdin("\u{feff}{\"type\":\"text\",\"data\":\"a\"}\n\u{feff}{\"type\":\"ping\"}\n")
        .stdout_matches("...")
        .stderr_matches("wsline: standard input, line 2: [..]\n...")
        .code(26)
        .run();
}

#[test]
fn each_command_is_sent() {
    let peer = Peer::ws()
        .expect_text("hi")
        .expect_text("")
        .expect_binary(b"\x00\xff")
        .expect_ping("")
        .expect_ping("p")
        .expect_pong(b"\xff")
        .expect_close(4001, "bye")
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "--json"])
        .stdin(
            "{\"type\":\"text\",\"data\":\"hi\"}\n\n\
             {\"type\":\"text\",\"data\":\"\"}\n\
             {\"type\":\"binary\",\"base64\":\"AP8=\"}\n\
             {\"type\":\"ping\"}\n\
             {\"type\":\"ping\",\"data\":\"p\"}\n\
             {\"type\":\"pong\",\"base64\":\"/w==\"}\n\
             {\"type\":\"close\",\"code\":4001,\"reason\":\"bye\"}\n",
        )
        .stdout_matches("...")
        .run();
    assert_eq!(
        after_open(program.stdout_text()),
        [
            json!({"dir":"out","type":"text","data":"hi","size":2}),
            json!({"dir":"out","type":"text","data":"","size":0}),
            json!({"dir":"out","type":"binary","base64":"AP8=","size":2}),
            json!({
                "dir":"out","type":"close","code":4001,"reason":"bye","clean":true,"by":"us",
                "sent":{"code":4001,"reason":"bye"},"received":{"code":4001,"reason":"bye"},
            }),
        ]
    );
}

#[test]
fn each_event_is_an_object() {
    let peer = Peer::ws()
        .send_text("a\u{202e}\n")
        .fragments(["two ", "parts"])
        .send_binary(b"\xff")
        .ping("p")
        .expect_pong("p")
        .pong(b"\xfe")
        .close(4001, "bye")
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "--json", "-P", "-q"])
        .stdout_matches("...")
        .code(121)
        .run();
    assert_eq!(
        after_open(program.stdout_text()),
        [
            json!({"dir":"in","type":"text","data":"a\u{202e}\n","size":5}),
            json!({"dir":"in","type":"text","data":"two parts","size":9}),
            json!({"dir":"in","type":"binary","base64":"/w==","size":1}),
            json!({"dir":"in","type":"ping","data":"p","size":1}),
            json!({"dir":"out","type":"pong","data":"p","size":1}),
            json!({"dir":"in","type":"pong","base64":"/g==","size":1}),
            json!({
                "dir":"in","type":"close","code":4001,"reason":"bye","clean":true,"by":"server",
                "sent":{"code":4001,"reason":""},"received":{"code":4001,"reason":"bye"},
            }),
        ]
    );
    assert!(program.stdout_text().contains(r#""a\u202e\n""#));
}

#[test]
fn open_has_the_handshake_and_its_time() {
    let peer = Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: chat"])
        .close(1000, "")
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "--json", "-s", "chat", "-H", "X-One: 1"])
        .args(["-u", "me:secret"])
        .stdout_matches("...")
        .run();
    let open = objects(program.stdout_text()).remove(0);
    assert_eq!(open["dir"], "in");
    assert_eq!(open["url"], peer.url());
    assert_eq!(open["address"], peer.addr().to_string());
    assert_eq!(open["subprotocol"], "chat");
    assert_eq!(open["extensions"], Value::Null);
    assert_eq!(open["request"]["start_line"], "GET / HTTP/1.1");
    let headers = open["request"]["headers"].as_array().expect("a list");
    assert!(headers.contains(&json!({"name":"X-One","value":"1"})));
    assert!(!program.stdout_text().contains("bWU6c2VjcmV0"));
    assert_eq!(
        open["response"]["start_line"],
        "HTTP/1.1 101 Switching Protocols"
    );
    assert!(open["timing"]["upgrade"].is_number());
}

#[test]
fn invalid_object_does_not_end_the_run() {
    let peer = Peer::ws()
        .expect_text("one")
        .expect_text("two")
        .expect_close(1000, "")
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "--json", "-w", "0"])
        .stdin(
            b"{\"type\":\"text\",\"data\":\"one\"}\nhello\n{\"type\":\"text\"}\n\
              {\"a\":\"\xff\"}\n{\"type\":\"close\",\"code\":1001}\n\
              {\"type\":\"text\",\"data\":\"two\"}",
        )
        .stdout_matches("...")
        .stderr_matches(
            "wsline: standard input, line 2: not a JSON object; one looks like {\"type\":\"text\",\"data\":\"hi\"}\n\
             wsline: standard input, line 3: a text needs \"data\": {\"type\":\"text\",\"data\":\"hi\"}\n\
             wsline: standard input, line 4: not UTF-8 from byte 7\n\
             wsline: standard input, line 5: invalid close code 1001: must be 1000 or 3000-4999; use --force to send it anyway\n\
             closed by us: 1000 (normal closure) after [..] s, sent 2, received 0\n",
        )
        .code(26)
        .run();
    let errors: Vec<_> = after_open(program.stdout_text())
        .into_iter()
        .filter(|object| object["type"] == "error")
        .collect();
    assert_eq!(errors.len(), 4);
    assert_eq!(
        errors[1],
        json!({
            "dir": "in", "type": "error", "phase": "input", "exit": 26,
            "message": "standard input, line 3: a text needs \"data\": {\"type\":\"text\",\"data\":\"hi\"}",
        })
    );
}

#[test]
fn other_objects_are_ignored() {
    let peer = Peer::ws()
        .expect_text("sent")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "--json", "-w", "0"])
        .stdin(
            "{\"type\":\"open\",\"data\":7}\n{\"type\":\"text\",\"dir\":\"out\",\"data\":\"no\"}\n\
             {\"type\":\"error\"}\n{\"type\":\"text\",\"dir\":\"in\",\"data\":\"sent\",\"size\":4}\n\
             {\"type\":\"close\",\"dir\":\"out\",\"code\":1002}\n",
        )
        .stdout_matches("...")
        .run();
}

#[test]
fn long_object_is_read() {
    let text = "é".repeat(150_000);
    let peer = Peer::ws()
        .expect_text(&text)
        .expect_text("b")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "--json", "-w", "0"])
        .stdin(format!(
            "{{\"type\":\"text\",\"data\":\"{text}\"}}\n{{\"type\":\"text\",\"data\":\"b\"}}\n"
        ))
        .stdout_matches("...")
        .run();
}

#[test]
fn recorded_output_as_input_sends_the_same() {
    let peer = Peer::ws()
        .send_text("one\n\u{7}")
        .send_binary(b"\x00\xff")
        .ping("p")
        .expect_pong("p")
        .close_empty()
        .start();
    let recorded = Wsline::new()
        .args([&peer.url(), "--json", "-P"])
        .stdout_matches("...")
        .run();
    let peer = Peer::ws()
        .expect_text("one\n\u{7}")
        .expect_binary(b"\x00\xff")
        .expect_ping("p")
        .expect_close_empty()
        .start();
    Wsline::new()
        .args([&peer.url(), "--json", "-w", "0"])
        .stdin(recorded.stdout.clone())
        .stdout_matches("...")
        .run();
}

#[test]
fn a_refused_connection_is_an_object() {
    let refusing = Peer::refusing();
    let program = Wsline::new()
        .args([&refusing.url(), "--json"])
        .stdout_matches("{[..]}\n")
        .stderr_matches("wsline: could not connect to 127.0.0.1:[..]: Connection refused\n")
        .code(7)
        .run();
    let error = objects(program.stdout_text()).remove(0);
    assert_eq!(
        (&error["type"], &error["phase"]),
        (&json!("error"), &json!("connect"))
    );
    assert_eq!(error["exit"], 7);
    let message = error["message"].as_str().expect("a text");
    assert!(message.ends_with("Connection refused"), "{message}");
}

#[test]
fn errors_are_objects() {
    let peer = Peer::ws().close(1000, "").start();
    let program = Wsline::new()
        .args([&peer.url(), "--json", "-1", "-q"])
        .stdout_matches("...")
        .stderr("wsline: received 0 of 1 messages\n")
        .code(4)
        .run();
    let objects = after_open(program.stdout_text());
    assert_eq!(objects[0]["type"], "close");
    assert_eq!(
        objects[1],
        json!({"dir":"in","type":"error","phase":"open","message":"received 0 of 1 messages","exit":4})
    );
}

#[test]
fn violation_is_an_error_before_the_close() {
    let peer = Peer::ws().raw(b"\x81\x82abcdxy").expect_close_any().start();
    let program = Wsline::new()
        .args([&peer.url(), "--json", "-q"])
        .stdin(Stdin::Open)
        .stdout_matches("...")
        .code(102)
        .run();
    assert_eq!(
        after_open(program.stdout_text()),
        [
            json!({
                "dir": "in", "type": "error", "phase": "open", "exit": 102,
                "message": "the server sent a masked frame (RFC 6455 §5.1)",
            }),
            json!({
                "dir": "out", "type": "close", "code": 1006, "reason": "", "clean": false, "by": "us",
                "sent": {"code": 1002, "reason": "a masked frame (RFC 6455 §5.1)"}, "received": null,
            }),
        ]
    );
}

#[test]
fn a_lost_connection_is_a_close_with_1006() {
    let peer = Peer::ws().drop_tcp().start();
    let program = Wsline::new()
        .args([&peer.url(), "--json", "-q"])
        .stdout_matches("...")
        .code(106)
        .run();
    assert_eq!(
        after_open(program.stdout_text()),
        [json!({
            "dir":"in","type":"close","code":1006,"reason":"","clean":false,"by":null,
            "sent":null,"received":null,
        })]
    );
}

#[test]
fn objects_are_written_without_delay() {
    let peer = Peer::ws().echo(2).expect_close(1000, "").start();
    let mut program = Wsline::new()
        .args([&peer.url(), "--json", "-w", "0"])
        .stdin(Stdin::Open)
        .stdout_matches("...")
        .spawn();
    assert!(program.read_line().contains("\"type\":\"open\""));
    for text in ["a", "b"] {
        program.write_line(&format!("{{\"type\":\"text\",\"data\":\"{text}\"}}"));
        assert!(program.read_line().contains("\"dir\":\"out\""));
        assert!(program.read_line().contains("\"dir\":\"in\""));
    }
    program.close_stdin();
    program.wait();
}

#[test]
fn stdout_joined_to_stdin_is_an_echo_client() {
    let peer = Peer::ws()
        .send_text("one")
        .expect_text("one")
        .send_binary(b"\xff\x00")
        .expect_binary(b"\xff\x00")
        .fragments(["th", "ree"])
        .expect_text("three")
        .close(1000, "")
        .start();
    // A pipe that is both: what is printed is read again.
    let program = Wsline::program("sh").args([
        "-c",
        "mkfifo loop && exec \"$0\" \"$1\" --json <>loop >loop",
        crate::support::program::BINARY,
        &peer.url(),
    ]);
    program.stdout_to(Stdout::Read).run();
}

#[test]
fn conflicting_options_are_rejected() {
    for (option, value) in [("-b", None), ("-0", None), ("--binary-as", Some("hex"))] {
        Wsline::new()
            .args(["ws://127.0.0.1:1/", "--json", option])
            .args(value)
            .stderr_matches(format!(
                "...\n[..]--json cannot be used with {option}: [..]\n..."
            ))
            .code(2)
            .run();
    }
}
