//! Records as HTTP archives: by the schema of HAR 1.2, and read by a library that nobody here wrote.

use serde_json::{json, Value};

use super::{record, talk, talkative, Recorded, SHOWN};
use crate::schema::Schema;
use crate::support::{require, Cert, Peer, Stdin, Wsline};

impl Recorded {
    /// The entries of an archive, which is as the schema says.
    #[track_caller]
    fn entries(&self) -> Vec<Value> {
        let archive: Value = serde_json::from_str(&self.text()).expect("it is JSON");
        Schema::read("har-1.2.schema.json").assert_allows(&archive);
        let entries = archive["log"]["entries"].as_array().expect("a list");
        for entry in entries {
            assert_sums_up(entry);
        }
        entries.clone()
    }
}

/// The time of an entry is all of its times but those that did not happen; TLS is in `connect`.
#[track_caller]
fn assert_sums_up(entry: &Value) {
    let parts = ["blocked", "dns", "connect", "send", "wait", "receive"];
    let times = parts
        .iter()
        .filter_map(|part| entry["timings"][*part].as_f64());
    let sum: f64 = times.filter(|time| *time >= 0.0).sum();
    let time = entry["time"].as_f64().expect("a number");
    assert!((sum - time).abs() < 0.001, "{sum} is not {time}");
}

/// Type, opcode and data of each message.
fn messages(entry: &Value) -> Vec<(&str, u64, &str)> {
    let list = entry["_webSocketMessages"].as_array().expect("a list");
    list.iter()
        .map(|it| {
            (
                it["type"].as_str().expect("a text"),
                it["opcode"].as_u64().expect("a number"),
                it["data"].as_str().expect("a text"),
            )
        })
        .collect()
}

#[test]
fn archive_has_the_conversation() {
    let peer = talkative();
    let program = talk(&peer).args(["--binary-as", "hex"]).stdout(SHOWN);
    let recorded = record(program, "talk.har");
    let entries = recorded.entries();
    let [entry] = entries.as_slice() else {
        panic!("one connection is one entry: {entries:?}");
    };
    assert_eq!(
        messages(entry),
        [
            ("send", 1, "hi"),
            ("send", 2, "AQ=="),
            ("receive", 1, "close"),
            ("receive", 2, "/wA="),
            ("receive", 9, "cA=="),
            ("send", 10, "cA=="),
            ("receive", 1, "two parts"),
            ("receive", 8, "D6FieWU="),
            ("send", 8, "D6E="),
        ]
    );
    let request = &entry["request"];
    assert_eq!(request["url"], peer.url());
    let origin = json!({"name": "Origin", "value": "http://a"});
    let headers = request["headers"].as_array().expect("a list");
    assert!(headers.contains(&origin), "{headers:?}");
    assert_eq!(entry["response"]["status"], 101);
    assert_eq!(entry["serverIPAddress"], "127.0.0.1");
    assert_eq!(entry["connection"], peer.addr().port().to_string());
    assert!(entry["timings"]["wait"].as_f64() > Some(0.0));
    assert_eq!(entry["timings"]["ssl"], -1.0);
}

#[test]
fn dns_and_tls_times_are_recorded() {
    let (cert, authority) = Cert::for_localhost();
    let peer = Peer::ws().tls(&cert).close(1000, "").start();
    let url = format!("wss://localhost:{}/?a=1&b=c%20d", peer.addr().port());
    let program = Wsline::new()
        .file("authority.pem", authority.pem())
        .args([&url, "-4", "--cacert", "authority.pem"])
        .args(["--cookie", "e=f", "--show-secrets"]);
    let recorded = record(program, "talk.har");
    let entry = recorded.entries().remove(0);
    let timings = &entry["timings"];
    assert!(timings["dns"].as_f64() >= Some(0.0), "{timings}");
    assert!(timings["ssl"].as_f64() > Some(0.0), "{timings}");
    assert!(timings["connect"].as_f64() >= timings["ssl"].as_f64());
    assert_eq!(
        entry["request"]["queryString"],
        json!([{"name": "a", "value": "1"}, {"name": "b", "value": "c d"}])
    );
    let cookies = json!([{"name": "e", "value": "f"}]);
    assert_eq!(entry["request"]["cookies"], cookies);
}

#[test]
fn refused_connection_is_an_entry() {
    let location = "HTTP/1.1 307 There\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
    let refusal = "HTTP/1.1 401 Who are you\r\nContent-Type: text/plain\r\n\
                   Set-Cookie: a=b\r\nContent-Length: 3\r\n\r\nno!";
    let peer = Peer::http(location).then(Peer::http(refusal)).start();
    let program = Wsline::new()
        .args([&peer.url(), "-L"])
        .stderr_matches("...")
        .code(22);
    let recorded = record(program, "talk.har");
    let entries = recorded.entries();
    let statuses: Vec<_> = entries.iter().map(|it| &it["response"]["status"]).collect();
    assert_eq!(statuses, [307, 401]);
    assert_eq!(entries[0]["response"]["redirectURL"], "/there");
    assert_eq!(entries[1]["request"]["url"], peer.url_with("/there"));
    assert_eq!(
        entries[1]["response"]["content"],
        json!({"size": 3, "mimeType": "text/plain", "text": "no!"})
    );
}

#[test]
fn each_attempt_is_an_entry() {
    const BUSY: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n";
    let last = Peer::ws().send_text("two").expect_close(1000, "");
    let first = Peer::ws().send_text("one").close(1001, "");
    let peer = Peer::http(BUSY).then(first.then(Peer::http(BUSY).then(last)));
    let peer = peer.start();
    let program = Wsline::new()
        .args([&peer.url(), "--reconnect", "-n", "2", "-q"])
        .stdin(Stdin::Open)
        .stdout("one\ntwo\n");
    let recorded = record(program, "talk.har");
    let entries = recorded.entries();
    let statuses: Vec<_> = entries.iter().map(|it| &it["response"]["status"]).collect();
    assert_eq!(statuses, [503, 101, 503, 101]);
    let attempts: Vec<_> = entries.iter().map(|it| it["_reconnect"].as_u64()).collect();
    assert_eq!(attempts, [None, Some(1), Some(2), Some(3)]);
    assert_eq!(messages(&entries[1])[0], ("receive", 1, "one"));
    assert_eq!(messages(&entries[3])[0], ("receive", 1, "two"));
    let error = entries[2]["response"]["_error"].as_str();
    assert!(
        error.is_some_and(|error| error.contains("503")),
        "{error:?}"
    );
}

#[test]
fn unreachable_server_is_an_entry() {
    let refusing = Peer::refusing();
    let program = Wsline::new()
        .arg(refusing.url())
        .stderr_matches("...")
        .code(7);
    let entry = record(program, "talk.har").entries().remove(0);
    assert_eq!(entry["response"]["status"], 0);
    let error = entry["response"]["_error"].as_str().expect("a text");
    assert!(error.starts_with("could not connect to "), "{error}");
}

/// Reads an archive and prints what it finds of it.
const READER: &str = "
import json, sys
from haralyzer import HarParser
parser = HarParser.from_file(sys.argv[1])
assert parser.creator['name'] == 'wsline', parser.creator
assert parser.version == '1.2', parser.version
for entry in parser.har_data['entries']:
    print(entry['request']['method'], entry['request']['url'], entry['response']['status'])
    for message in entry['_webSocketMessages']:
        print(message['type'], message['opcode'], message['data'])
";

#[test]
fn archive_is_read_by_a_har_library() {
    let python = crate::peers::python();
    require!("python-haralyzer", [&python, "-c", "import haralyzer"]);
    let peer = talkative();
    let program = talk(&peer).args(["--binary-as", "hex"]).stdout(SHOWN);
    let recorded = record(program, "talk.har");
    Wsline::program(&python)
        .args(["-c", READER])
        .arg(&recorded.path)
        .stdout(format!(
            "GET {} 101\nsend 1 hi\nsend 2 AQ==\nreceive 1 close\nreceive 2 /wA=\n\
             receive 9 cA==\nsend 10 cA==\nreceive 1 two parts\nreceive 8 D6FieWU=\nsend 8 D6E=\n",
            peer.url()
        ))
        .run();
}

/// The schema allows nothing that is no archive.
#[test]
fn har_schema_rejects_invalid_archives() {
    let schema = Schema::read("har-1.2.schema.json");
    let peer = talkative();
    let program = talk(&peer).args(["--binary-as", "hex"]).stdout(SHOWN);
    let recorded = record(program, "talk.har");
    let archive: Value = serde_json::from_str(&recorded.text()).expect("it is JSON");
    schema.assert_allows(&archive);
    for place in [
        "/log",
        "/log/version",
        "/log/creator/name",
        "/log/entries/0/startedDateTime",
        "/log/entries/0/time",
        "/log/entries/0/request/url",
        "/log/entries/0/request/headers/0/value",
        "/log/entries/0/response/status",
        "/log/entries/0/response/content/mimeType",
        "/log/entries/0/timings/wait",
        "/log/entries/0/_webSocketMessages/0/opcode",
        "/log/entries/0/_webSocketMessages/1/data",
    ] {
        for wrong in [Value::Null, json!("*"), json!(-2)] {
            let mut archive = archive.clone();
            *archive.pointer_mut(place).expect("it is there") = wrong.clone();
            let is_text =
                place.ends_with("name") || place.ends_with("value") || place.ends_with("mimeType");
            let allowed = is_text && wrong == json!("*");
            assert_eq!(schema.allows(&archive), allowed, "{wrong} at {place}");
        }
    }
}
