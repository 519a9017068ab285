//! Records that other programs wrote, under whatever name.

use serde_json::{json, Value};

use crate::support::{Peer, Wsline};

/// What an entry has besides its messages.
fn entry(url: &str, rest: &Value) -> Value {
    let mut entry = json!({
        "startedDateTime": "2026-11-29T13:00:00.000Z",
        "time": -1,
        "_resourceType": "websocket",
        "request": {"method": "GET", "url": url, "headers": []},
        "response": {"status": 101, "content": {"size": -1}},
    });
    for (name, value) in rest.as_object().expect("an object") {
        entry[name] = value.clone();
    }
    entry
}

fn archive(entries: &[Value]) -> String {
    json!({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": entries}})
        .to_string()
}

fn messages(times: [&Value; 2]) -> Value {
    json!([
        {"type": "send", "time": times[0], "opcode": 1, "data": "hi"},
        {"type": "receive", "time": times[1], "opcode": 1, "data": "yo"},
    ])
}

fn server() -> Peer {
    Peer::ws().expect_text("hi").send_text("yo")
}

/// Runs `name` with this text, which passes.
fn passes(name: &str, text: &str, beside: Option<&str>) {
    let mut program = Wsline::new().file(name, text);
    if let Some(beside) = beside {
        program = program.file("abc.jsonl", beside);
    }
    program
        .args(["test", name])
        .stdout_matches(format!("ok    {name} [..]\n1 passed in [..] s\n"))
        .run();
}

#[test]
fn times_and_statuses_of_playwright_are_parsed() {
    for (rest, times) in [
        (
            json!({}),
            [json!(1_795_957_200_100_u64), json!(1_795_957_200_300_u64)],
        ),
        (json!({}), [json!(1_795_957_200.1), json!(1_795_957_200.3)]),
        (json!({}), [json!(-1), json!(-1)]),
        (json!({"response": {"status": -1}}), [json!(1), json!(2)]),
    ] {
        let peer = server().start();
        let mut entry = entry(&peer.url(), &rest);
        entry["_webSocketMessages"] = messages([&times[0], &times[1]]);
        passes("a.har", &archive(&[entry]), None);
    }
}

#[test]
fn messages_in_an_attached_file_are_read() {
    let list = messages([&json!(1), &json!(2)]);
    let lines = list.as_array().expect("a list").iter();
    let lines: Vec<_> = lines.map(ToString::to_string).collect();
    let lines = lines.join("\r\n\n");
    let rest = json!({"response": {"status": 101, "content": {"_file": "abc.jsonl"}}});
    for text in [lines, list.to_string()] {
        let peer = server().start();
        let archive = archive(&[entry(&peer.url(), &rest)]);
        passes("a.har", &archive, Some(&text));
    }
    let archive = archive(&[entry("ws://127.0.0.1:1/", &rest)]);
    Wsline::new()
        .file("a.har", &archive)
        .args(["test", "a.har"])
        .stdout_matches(
            "error a.har\n  a.har:1:[..]: log.entries[0].response.content._file: could not read \
             abc.jsonl: No such file or directory\n...",
        )
        .code(2)
        .run();
    Wsline::new()
        .file("a.har", &archive)
        .file("abc.jsonl", "\n{\"type\": \"send\", \"opcode\": 3}\n")
        .args(["test", "a.har"])
        .stdout_matches(
            "error a.har\n  abc.jsonl:2:[..]: message 1.opcode must be 1 for a text, [..], not 3\n...",
        )
        .code(2)
        .run();
}

#[test]
fn attached_files_elsewhere_are_not_read() {
    for name in ["../abc.jsonl", "/etc/passwd", "..", ""] {
        let rest = json!({"response": {"status": 101, "content": {"_file": name}}});
        Wsline::new()
            .file("a.har", archive(&[entry("ws://127.0.0.1:1/", &rest)]))
            .args(["test", "a.har"])
            .stdout_matches(format!(
                "error a.har\n  a.har:1:[..]: log.entries[0].response.content._file must be the \
                 name of a file next to the archive, not \"{name}\"\n..."
            ))
            .code(2)
            .run();
    }
    let rest = json!({"response": {"status": 101, "content": {"_file": "link"}}});
    let program = Wsline::new().file("a.har", archive(&[entry("ws://127.0.0.1:1/", &rest)]));
    std::os::unix::fs::symlink("/etc/hosts", program.home().work().join("link")).expect("a link");
    program
        .args(["test", "a.har"])
        .stdout_matches(
            "error a.har\n  a.har:1:[..]: log.entries[0].response.content._file: could not read \
             link: it is not in the folder of the archive\n...",
        )
        .code(2)
        .run();
}

#[test]
fn a_record_is_recognized_by_its_content() {
    for name in ["talk.har.txt", "talk.json", "talk.ws", "talk.jsonl", "talk"] {
        let peer = server().start();
        let mut entry = entry(&peer.url(), &json!({}));
        entry["_webSocketMessages"] = messages([&json!(1), &json!(2)]);
        passes(name, &archive(&[entry]), None);
    }
    for name in ["talk.txt", "talk.json", "talk.har"] {
        let peer = server().start();
        let lines = format!(
            "{{\"type\":\"open\",\"url\":\"{}\"}}\n\
             {{\"type\":\"text\",\"dir\":\"out\",\"data\":\"hi\"}}\n\
             {{\"type\":\"text\",\"dir\":\"in\",\"data\":\"yo\"}}\n",
            peer.url()
        );
        passes(name, &lines, None);
    }
    Wsline::new()
        .file("trace.zip", "PK\u{3}\u{4}rest")
        .args(["test", "trace.zip"])
        .stdout_matches(
            "error trace.zip\n  trace.zip: it is a ZIP archive; extract it, and run the .har file \
             in it\n...",
        )
        .code(2)
        .run();
}

#[test]
fn invalid_value_is_reported_with_its_field() {
    for (text, says) in [
        ("{\"log\": 5}", "log: found integer `5`, expected an object"),
        (
            "{\"log\": {\"entries\": 5}}",
            "log.entries: found integer `5`, expected a list",
        ),
        (
            "{\"log\": {\"entries\": [{\"_resourceType\": \"websocket\", \"response\": {\"status\": \"x\"}}]}}",
            "log.entries[0].response.status must be a status of three digits, or 0 for none, not \"x\"",
        ),
        (
            "{\"log\": {\"entries\": [{\"_webSocketMessages\": [], \"response\": {\"status\": 101}, \
             \"request\": {\"url\": \"ws://h\", \"headers\": [{\"name\": \"A\", \"value\": \"b\"}, 7]}}]}}",
            "log.entries[0].request.headers[1]: found integer `7`, expected an object",
        ),
        (
            "{\"type\": \"open\", \"url\": \"ws://h\", \"request\": {\"headers\": [{\"name\": 1, \"value\": \"\"}]}}",
            "request.headers[0].name must be a string, not 1",
        ),
    ] {
        Wsline::new()
            .file("a.json", text)
            .args(["test", "a.json"])
            .stdout_matches(format!("error a.json\n  a.json:1:[..]: {says}\n..."))
            .code(2)
            .run();
    }
}
