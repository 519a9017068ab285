//! `wsline ping`: what it prints, what it counts, and how it exits.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::schema::Schema;
use crate::support::{Peer, Wsline};

const HINT: &str = "hint: some servers do not answer Pings; --text TEXT sends text messages to a \
                    server that echoes them\n";

fn ping(url: &str) -> Wsline {
    Wsline::new().args(["ping", url])
}

#[test]
fn built_in_server_is_pinged() {
    ping("demo")
        .args(["-c", "2", "-i", "1ms"])
        .stdout_matches(
            "PING ws://127.0.0.1:[..]/ (127.0.0.1:[..])\n\
             8 bytes from 127.0.0.1:[..]: seq=1 time=[..] ms\n\
             8 bytes from 127.0.0.1:[..]: seq=2 time=[..] ms\n\
             \n\
             --- ws://127.0.0.1:[..]/ ping statistics ---\n\
             2 sent, 2 received, 0% loss, time [..]\n\
             round trip min/avg/max/mdev = [..]/[..]/[..]/[..] ms\n",
        )
        .run();
    ping("demo")
        .args(["-q", "-c", "200", "-i", "0.0001"])
        .args(["--text", "x{seq}", "--compress", "off"])
        .stdout_matches(
            "PING ws://127.0.0.1:[..]/ (127.0.0.1:[..]) with text messages\n\
             \n\
             --- ws://127.0.0.1:[..]/ ping statistics ---\n\
             200 sent, 200 received, 0% loss, time [..]\n\
             round trip min/avg/max/mdev = [..]/[..]/[..]/[..] ms\n\
             round trip p50/p95 = [..]/[..] ms\n",
        )
        .run();
}

#[test]
fn payload_is_sent_and_has_the_number() {
    let peer = Peer::ws()
        .expect_ping("a-1 {")
        .pong("a-1 {")
        .expect_ping("a-2 {")
        .pong("a-2 {")
        .expect_close(1000, "")
        .start();
    ping(&peer.url())
        .args(["-c", "2", "-i", "1ms", "--payload", "a-{seq} {"])
        .stdout_matches("...\n2 sent, 2 received, 0% loss, time [..]\n...\n")
        .run();
    ping("demo")
        .args(["--payload", &"x".repeat(126)])
        .stderr_matches(
            "error: invalid value [..] for '--payload <TEXT>': 126 bytes, but a Ping has at most \
             125 (RFC 6455 §5.5); use --text to send more\n...\n",
        )
        .code(2)
        .run();
}

#[test]
fn lost_pings_exit_with_1() {
    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .expect_close(1000, "")
        .start();
    ping(&peer.url())
        .args(["-c", "1", "--within", "50ms"])
        .stdout_matches(
            "PING [..]\n\
             no answer from [..] within 50ms: seq=1\n\
             \n\
             --- [..] ping statistics ---\n\
             1 sent, 0 received, 100% loss, time [..]\n",
        )
        .stderr(HINT)
        .code(1)
        .run();
}

#[test]
fn late_answers_are_shown_and_not_counted() {
    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .expect_ping("wsline 2")
        .pong("wsline 1")
        .pong("wsline 2")
        .expect_close(1000, "")
        .start();
    ping(&peer.url())
        .args(["-c", "2", "-i", "1100ms", "--within", "1"])
        .stdout_matches(
            "PING [..]\n\
             no answer from [..] within 1s: seq=1\n\
             8 bytes from [..]: seq=1 time=[..] ms (late)\n\
             8 bytes from [..]: seq=2 time=[..] ms\n\
             \n\
             --- [..] ping statistics ---\n\
             2 sent, 1 received, 1 late, 50% loss, time [..]\n\
             round trip [..]\n",
        )
        .run();
}

#[test]
fn pongs_with_other_payloads_are_no_answers() {
    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .pong("wsline 1 ")
        .pong("\x1b[2J")
        .pong("wsline 1")
        .expect_close(1000, "")
        .start();
    ping(&peer.url())
        .args(["-c", "1"])
        .stdout_matches(
            "PING [..]\n\
             unexpected Pong from [..]: \"wsline 1 \"\n\
             unexpected Pong from [..]: \"\\x1b[2J\"\n\
             8 bytes from [..]: seq=1 time=[..] ms\n\
             \n\
             --- [..] ping statistics ---\n\
             1 sent, 1 received, 0% loss, time [..]\n\
             round trip [..]\n",
        )
        .run();
}

#[test]
fn other_messages_are_no_answers_to_text() {
    let peer = Peer::ws()
        .send_text("welcome")
        .expect_text("hi")
        .send_text("you said hi")
        .expect_close(1000, "")
        .start();
    ping(&peer.url())
        .args(["-c", "1", "--within", "200ms", "--text", "hi"])
        .stdout_matches("...\n1 sent, 0 received, 100% loss, time [..]\n")
        .stderr("hint: 2 other messages received; an answer has the same text as what was sent\n")
        .code(1)
        .run();
}

#[test]
fn close_by_the_server_is_reported_after_the_summary() {
    for (close, name, exit) in [(1000, "normal closure", 0), (1011, "internal error", 111)] {
        let peer = Peer::ws()
            .expect_ping("wsline 1")
            .pong("wsline 1")
            .close(close, "bye")
            .start();
        ping(&peer.url())
            .stdout_matches(
                "PING [..]\n\
                 8 bytes from [..]\n\
                 \n\
                 --- [..] ping statistics ---\n\
                 1 sent, 1 received, 0% loss, time [..]\n\
                 round trip [..]\n",
            )
            .stderr_matches(format!(
                "closed by server: {close} \"bye\" ({name}) after [..] s, sent 0, received 0\n"
            ))
            .code(exit)
            .run();
    }
    let peer = Peer::ws().expect_ping("wsline 1").reset_tcp().start();
    ping(&peer.url())
        .stdout_matches("PING [..]\n\n--- [..]\n1 sent, 0 received, 100% loss, time [..]\n")
        .stderr_matches(format!(
            "connection lost without a Close frame (1006: [..]\n{HINT}"
        ))
        .code(106)
        .run();
}

#[test]
fn errors_before_the_connection_have_no_summary() {
    let peer = Peer::http("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno").start();
    ping(&peer.url())
        .stderr_matches("wsline: the server refused the upgrade: HTTP/1.1 401 Unauthorized\n...\n")
        .code(22)
        .run();
    let nothing = Peer::refusing();
    ping(&nothing.url())
        .stderr_matches("wsline: could not connect to [..]\n...\n")
        .code(7)
        .run();
    ping("8080")
        .stderr_matches("wsline: '8080' is not a host name\n...\n")
        .code(3)
        .run();
}

#[test]
fn interrupt_ends_with_the_summary() {
    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .pong("wsline 1")
        .expect_close(1001, "")
        .start();
    let mut program = ping(&peer.url())
        .args(["-i", "100s"])
        .stdout_matches("PING [..]\n8 bytes [..]\n\n--- [..]\n1 sent, 1 received, 0% loss, [..]\nround trip [..]\n")
        .spawn();
    program.wait_for_stdout("seq=1");
    program.signal(Signal::SIGINT);
    program.wait();

    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .expect_close(1001, "")
        .start();
    let mut program = ping(&peer.url())
        .args(["-i", "100s", "--within", "100s"])
        .stdout_matches("PING [..]\n\n--- [..]\n1 sent, 0 received, 100% loss, [..]\n")
        .stderr(HINT)
        .code(1)
        .spawn();
    program.wait_for_stdout("PING");
    program.signal(Signal::SIGINT);
    program.wait();

    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .pong("wsline 1")
        .expect_close(1001, "")
        .start();
    let mut program = ping(&peer.url())
        .args(["-i", "100s"])
        .stdout_matches("PING [..]\n8 bytes [..]\n\n--- [..]\n1 sent, 1 received, 0% loss, [..]\nround trip [..]\n")
        .stderr("wsline: terminated\n")
        .code(143)
        .spawn();
    program.wait_for_stdout("seq=1");
    program.signal(Signal::SIGTERM);
    program.wait();
}

#[test]
fn time_limit_ends_with_the_summary() {
    ping("demo")
        .args(["-m", "300ms", "-i", "100s"])
        .stdout_matches("PING [..]\n8 bytes [..]\n\n--- [..]\n1 sent, 1 received, 0% loss, [..]\nround trip [..]\n")
        .stderr_matches("wsline: [..]--max-time[..]\n")
        .code(28)
        .run();
}

#[test]
fn reader_may_leave() {
    let mut program = ping("demo")
        .args(["-i", "1ms"])
        .stdout_matches("PING [..]\n...")
        .spawn();
    program.wait_for_stdout("seq=2 ");
    program.close_stdout();
    program.wait();
}

fn objects(stdout: &str) -> Vec<Value> {
    let objects = stdout.lines();
    objects
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect()
}

#[test]
fn json_is_as_the_schema_says() {
    let schema = Schema::read("ping.schema.json");
    let peer = Peer::ws()
        .expect_ping("wsline 1")
        .pong("other")
        .expect_ping("wsline 2")
        .pong("wsline 1")
        .pause(Duration::from_millis(20))
        .pong("wsline 2")
        .expect_close(1000, "")
        .start();
    let good = ping(&peer.url())
        .args(["--json", "-c", "2", "-i", "1100ms", "--within", "1"])
        .stdout_matches("...")
        .run();
    let good = objects(good.stdout_text());
    let types: Vec<&Value> = good.iter().map(|object| &object["type"]).collect();
    assert_eq!(types, ["unexpected", "lost", "late", "answer", "summary"]);
    let took = good[3]["ms"].as_f64().expect("a number");
    assert!((20.0..1000.0).contains(&took), "{took}");
    let summary = &good[4];
    assert_eq!(
        (&summary["sent"], &summary["received"]),
        (&2.into(), &1.into())
    );
    assert_eq!((&summary["late"], &summary["exit"]), (&1.into(), &0.into()));
    let trip = &summary["round_trip"];
    assert_eq!((&trip["min"], &trip["p50"]), (&good[3]["ms"], &Value::Null));

    let bad = ping(&Peer::refusing().url())
        .arg("--json")
        .stdout_matches("...")
        .stderr_matches("wsline: could not connect to [..]\n...\n")
        .code(7)
        .run();
    let bad = objects(bad.stdout_text());
    assert_eq!(bad.len(), 1);
    assert_eq!(
        (&bad[0]["exit"], &bad[0]["error"]["exit"]),
        (&7.into(), &7.into())
    );
    for object in good.iter().chain(&bad) {
        schema.assert_allows(object);
        let mut more = object.clone();
        more["more"] = 1.into();
        assert!(!schema.allows(&more), "one field more: {more}");
        let fields = object.as_object().expect("an object");
        for name in fields.keys().filter(|name| *name != "error") {
            let mut less = fields.clone();
            less.shift_remove(name);
            assert!(!schema.allows(&less.into()), "without {name}: {object}");
        }
    }
}

#[test]
fn options_of_a_connection_apply() {
    let peer = Peer::ws()
        .expect_header("Authorization", "Bearer t")
        .expect_ping("wsline 1")
        .pong("wsline 1")
        .expect_close(1000, "")
        .start();
    ping(&peer.url_as("example.org"))
        .args(["--bearer", "t", "--connect-to", "::127.0.0.1:", "-c1", "-v"])
        .stdout_matches("PING ws://example.org:[..]/ (127.0.0.1:[..])\n...\n")
        .stderr_matches("...\n> Authorization: Bearer ***\n...\n")
        .run();
    ping("demo")
        .args(["-u", "a:b", "--bearer", "t"])
        .stderr_matches(
            "error: -u cannot be used with --bearer: [..]\n\nUsage: wsline ping [..]\n...\n",
        )
        .code(2)
        .run();
    ping("demo")
        .args(["--text", "a", "--payload", "b"])
        .stderr_matches(
            "error: the argument '--text <TEXT>' cannot be used with '--payload <TEXT>'\n...\n",
        )
        .code(2)
        .run();
    ping("demo")
        .args(["-v", "-q"])
        .stderr_matches("error: -v cannot be used with -q\n...\n")
        .code(2)
        .run();
}

#[test]
fn targets_of_the_config_file_are_pinged() {
    let peer = Peer::ws()
        .expect_header("Authorization", "Bearer t")
        .expect_ping("wsline 1")
        .pong("wsline 1")
        .expect_close(1000, "")
        .start();
    let config = format!(
        "[defaults]\nverbose = 1\ntimestamps = true\nproxy = \"127.0.0.1:1\"\n\
         [targets.x]\nurl = \"{}\"\nbearer = \"t\"\nnoproxy = \"*\"\non-connect = \"hello\"\n",
        peer.url()
    );
    Wsline::new()
        .file("c.toml", &config)
        .args(["ping", "@x", "--config", "c.toml", "-c1", "-q"])
        .stdout_matches(
            "PING ws://[..]\n\n--- [..]\n1 sent, 1 received, 0% loss, [..]\nround trip [..]\n",
        )
        .run();
    Wsline::new()
        .file("c.toml", &config)
        .args(["ping", "demo", "--config", "c.toml", "-c1", "-q"])
        .stdout_matches(
            "PING ws://[..]\n\n--- [..]\n1 sent, 1 received, 0% loss, [..]\nround trip [..]\n",
        )
        .run();
}
