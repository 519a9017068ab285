//! The JSON Schemas in `tests/schema`: what `--json` prints is valid by the one, what it reads by
//! the other, and what is wrong is valid by neither.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{json, Value};
use wsline::cli::help::JSON_OUT;
use wsline::source;

use crate::support::{Peer, Stdin, Wsline};

/// A schema.
pub struct Schema {
    name: &'static str,
    validator: jsonschema::Validator,
}

impl Schema {
    /// Reads the schema of this name, and checks that it is one.
    pub fn read(name: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema");
        let text = std::fs::read_to_string(path.join(name)).expect("the schema can be read");
        let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
        jsonschema::meta::validate(&schema).expect("it is a schema");
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .expect("it can be used");
        Self { name, validator }
    }

    pub fn allows(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Fails the test with each place where `value` is not as the schema says.
    #[track_caller]
    pub fn assert_allows(&self, value: &Value) {
        let flaws: Vec<_> = self
            .validator
            .iter_errors(value)
            .map(|error| format!("at {}: {error}", error.instance_path()))
            .collect();
        let name = self.name;
        assert!(flaws.is_empty(), "{name}: {}\n{value}", flaws.join("\n"));
    }
}

fn parsed(lines: &str) -> impl Iterator<Item = Value> + '_ {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
}

/// Lines of every type: three runs that end well, badly, and before they begin.
fn printed() -> Vec<Value> {
    let peer = Peer::ws()
        .accept_with_headers(["Sec-WebSocket-Protocol: chat", "Set-Cookie: a=b"])
        .send_text("a\u{202e}\n\u{1f600}")
        .send_text("")
        .send_binary(b"\xff")
        .expect_text("hi")
        .expect_binary(b"\x00\xff")
        .expect_ping(b"\xff")
        .ping("p")
        .expect_pong("p")
        .pong(b"\xfe")
        .close(1000, "bye")
        .start();
    let good = Wsline::new()
        .args([&peer.url(), "--json", "-P", "-q", "--timing", "-s", "chat"])
        .stdin(Stdin::written(|stdin| {
            stdin.write_all(
                b"{\"type\":\"text\",\"data\":\"hi\"}\nwrong\n\
                  {\"type\":\"binary\",\"base64\":\"AP8=\"}\n\
                  {\"type\":\"ping\",\"base64\":\"/w==\"}\n",
            )
        }))
        .stdout_matches("...")
        .stderr_matches("wsline: standard input, line 2: not a JSON object[..]\n")
        .code(26)
        .run();
    let peer = Peer::ws().raw(b"\x81\x82abcdxy").expect_close_any().start();
    let bad = Wsline::new()
        .args([&peer.url(), "--json", "-q"])
        .stdin(Stdin::Open)
        .stdout_matches("...")
        .code(102)
        .run();
    let peer = Peer::http("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno").start();
    let none = Wsline::new()
        .args([&peer.url(), "--json", "-q"])
        .stdout_matches("...")
        .stderr_matches("...")
        .code(22)
        .run();
    [good, bad, none]
        .iter()
        .flat_map(|run| parsed(run.stdout_text()).collect::<Vec<_>>())
        .collect()
}

#[test]
fn output_matches_the_schema() {
    let (events, orders) = (
        Schema::read("events.schema.json"),
        Schema::read("orders.schema.json"),
    );
    let lines = printed();
    let mut types = BTreeSet::new();
    for line in &lines {
        events.assert_allows(line);
        // Also what is only passed over when it is fed back.
        orders.assert_allows(line);
        types.insert(line["type"].as_str().expect("a text").to_owned());
    }
    let all = [
        "binary", "close", "error", "open", "ping", "pong", "text", "timing",
    ];
    assert!(types.iter().eq(all), "{types:?}");
}

/// The help has each type of the schema with all its fields, and no other; so has the man page.
#[test]
fn help_lists_all_types_of_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema/events.schema.json");
    let text = std::fs::read_to_string(path).expect("the schema can be read");
    let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
    let mut types = BTreeSet::new();
    for one in schema["oneOf"].as_array().expect("a list of types") {
        let name = one["$ref"]
            .as_str()
            .and_then(|at| at.strip_prefix("#/$defs/"));
        let fields = &schema["$defs"][name.expect("a definition")]["properties"];
        let kinds = match fields["type"]["enum"].as_array() {
            Some(several) => several.clone(),
            None => vec![fields["type"]["const"].clone()],
        };
        let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).collect();
        let row = JSON_OUT
            .iter()
            .find(|(listed, _)| *listed == kinds.join(", "));
        let (_, described) = row.unwrap_or_else(|| panic!("the help lacks {kinds:?}"));
        let words: Vec<_> = described
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        for field in fields.as_object().expect("an object").keys() {
            let is_common = ["dir", "type"].contains(&field.as_str());
            assert!(
                is_common || words.contains(&field.as_str()),
                "{kinds:?} lacks {field}"
            );
        }
        types.extend(kinds.iter().map(|kind| json!(kind).to_string()));
    }
    let listed = schema["properties"]["type"]["enum"].as_array();
    let listed: BTreeSet<_> = listed
        .expect("a list")
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(types, listed);
    assert_eq!(
        JSON_OUT.len(),
        schema["oneOf"].as_array().map_or(0, Vec::len)
    );

    let man = Wsline::new()
        .args(["generate", "man"])
        .stdout_matches("...\n")
        .run();
    let topic = Wsline::new()
        .args(["help", "json"])
        .stdout_matches("...\n")
        .run();
    for (kinds, _) in JSON_OUT {
        assert!(
            man.stdout_text()
                .contains(&format!("\n.TP\n\\fB{kinds}\\fR\n")),
            "{kinds}"
        );
        assert!(
            topic.stdout_text().contains(&format!("\n  {kinds}  ")),
            "{kinds}"
        );
    }
}

/// What is printed for a received message sends the same message when it is fed back.
#[test]
fn received_objects_can_be_sent() {
    let orders = Schema::read("orders.schema.json");
    let messages = ["text", "binary", "ping", "pong"];
    let mut received = 0;
    for line in printed() {
        let is_message = messages.contains(&line["type"].as_str().expect("a text"));
        if !is_message || line["dir"] != "in" {
            continue;
        }
        received += 1;
        let bare: serde_json::Map<_, _> = ["type", "data", "base64"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), line.get(*name)?.clone())))
            .collect();
        let bare = Value::Object(bare);
        orders.assert_allows(&bare);
        let (line, bare) = (line.to_string(), bare.to_string());
        let read = |object| source::json::parse(object, false).expect("it is an order");
        let order = read(bare.as_bytes());
        assert!(order.is_some(), "it is of a known type");
        assert_eq!(read(line.as_bytes()), order);
    }
    assert_eq!(received, 5);
}

#[test]
fn schema_has_no_unused_fields() {
    let events = Schema::read("events.schema.json");
    let optional = ["link", "hint"];
    for line in printed() {
        let fields = line.as_object().expect("each line is an object");
        for name in fields
            .keys()
            .filter(|name| !optional.contains(&name.as_str()))
        {
            let mut less = fields.clone();
            less.shift_remove(name);
            assert!(!events.allows(&less.into()), "without {name}: {line}");
            let mut wrong = fields.clone();
            wrong.insert(name.clone(), json!([]));
            assert!(!events.allows(&wrong.into()), "a list as {name}: {line}");
        }
        let mut more = fields.clone();
        more.insert("more".to_owned(), json!(1));
        assert!(!events.allows(&more.into()), "one field more: {line}");
    }
    for line in [
        json!([]),
        json!("text"),
        json!({"type":"text","data":"hi","size":2}),
        json!({"time":"2026-01-01T00:00:00Z","dir":"in","type":"text","data":"hi","size":2}),
        json!({"time":"2026-13-01T00:00:00.000000Z","dir":"in","type":"text","data":"hi","size":2}),
        json!({"time":"2026-01-01T00:00:00.000000Z","dir":"in","type":"other"}),
        json!({"time":"2026-01-01T00:00:00.000000Z","dir":"in","type":"binary","base64":"AP8","size":2}),
        json!({"time":"2026-01-01T00:00:00.000000Z","dir":"in","type":"ping","data":"x","base64":"","size":1}),
        json!({"time":"2026-01-01T00:00:00.000000Z","dir":"in","type":"close","code":999,"reason":"","clean":true,"by":"us","sent":null,"received":null}),
        json!({"time":"2026-01-01T00:00:00.000000Z","dir":"in","type":"close","code":1006,"reason":"","clean":true,"by":null,"sent":{},"received":null}),
        json!({"time":"2026-01-01T00:00:00.000000Z","dir":"in","type":"close","code":1006,"reason":"","clean":true,"by":null}),
    ] {
        assert!(!events.allows(&line), "{line}");
    }
}

/// The schema of orders and the program agree on each line.
#[test]
fn input_matches_the_schema() {
    let orders = Schema::read("orders.schema.json");
    let mut right = 0;
    let lines = include_str!("schema/orders.jsonl");
    for line in lines.lines() {
        let order = wsline::source::json::parse(line.as_bytes(), false);
        let value: Value = serde_json::from_str(line).expect("each line is JSON");
        assert_eq!(orders.allows(&value), order.is_ok(), "{line}: {order:?}");
        right += usize::from(order.is_ok());
    }
    let wrong = lines.lines().count() - right;
    assert!(right >= 20 && wrong >= 20, "{right} right, {wrong} wrong");
}
