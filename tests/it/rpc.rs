//! `wsline rpc`: what it sends, what it prints, and how it exits.

use serde_json::Value;

use crate::examples::browser::Browser;
use crate::peers::launch::{Launched, Package, Scheme};
use crate::support::{skip, Cert, Peer, Wsline};

const SUM: &str = r#"{"jsonrpc":"2.0","id":1,"method":"sum","params":[2,3]}"#;

fn rpc(url: &str) -> Wsline {
    Wsline::new().args(["rpc", url])
}

#[test]
fn result_is_printed_as_it_was_received() {
    let peer = Peer::ws()
        .expect_text(SUM)
        .send_text("hello")
        .send_text(r#"{"jsonrpc":"2.0","method":"news","params":[]}"#)
        .send_text(r#"{"jsonrpc":"2.0","id":1,"method":"are you there"}"#)
        .send_text(r#"{"jsonrpc":"2.0","id":2,"result":"other"}"#)
        .fragments([
            r#"{"id":1,"resu"#,
            "lt\":{\"a\": 1.50,\r\n\"b\":",
            "\"\u{9b}\"}}",
        ])
        .expect_close(1000, "")
        .start();
    rpc(&peer.url())
        .args(["sum", "[2,3]"])
        .stdout("{\"a\": 1.50,  \"b\":\"\u{9b}\"}\n")
        .run();
}

#[test]
fn cdp_requests_have_no_version() {
    let peer = Peer::ws()
        .expect_text(r#"{"id":1,"method":"Page.enable"}"#)
        .send_text(r#"{"id":1,"result":{}}"#)
        .expect_close(1000, "")
        .start();
    rpc(&peer.url())
        .args(["--cdp", "Page.enable"])
        .stdout("{}\n")
        .run();
}

#[test]
fn errors_of_the_server_exit_with_4() {
    let peer = Peer::ws()
        .expect_text(SUM)
        .send_text(r#"{"id":1,"error":{"code":-32602,"message":"no \u001b[2J","data":{"at": 1}}}"#)
        .expect_close(1000, "")
        .start();
    rpc(&peer.url())
        .args(["sum", "[2,3]", "--follow"])
        .stderr(
            "wsline: sum failed: no \\x1b[2J (error -32602)\n  \
             data: {\"at\":1}\n",
        )
        .code(4)
        .run();
}

#[test]
fn missing_response_exits_with_4() {
    let peer = Peer::ws()
        .expect_text(SUM)
        .send_text(r#"{"id":"1","result":5}"#)
        .expect_close(1000, "")
        .start();
    rpc(&peer.url())
        .args(["sum", "[2,3]", "--within", "200ms"])
        .stderr_matches(
            "wsline: sum: expected JSON with {\"id\":1,\"method\":absent}, but the only message \
             received within 0.2 s did not match\n  /id: expected 1, received \"1\"\n\
             the last messages:\n...\n",
        )
        .code(4)
        .run();
    let peer = Peer::ws()
        .expect_text(SUM)
        .close(1011, "out of order")
        .start();
    rpc(&peer.url())
        .args(["sum", "[2,3]"])
        .stderr_matches(
            "wsline: sum: expected JSON with {\"id\":1,\"method\":absent}, but the server closed \
             with 1011 \"out of order\" (internal error)\nthe last messages:\n...\n",
        )
        .code(4)
        .run();
}

#[test]
fn notifications_follow_the_result() {
    let peer = Peer::ws()
        .expect_text(r#"{"jsonrpc":"2.0","id":1,"method":"subscribe"}"#)
        .send_text(r#"{"id":1,"result":true}"#)
        .send_text("{\"method\":\"news\",\n\"params\":[1]}")
        .send_text(r#"{"id":5,"method":"are you there"}"#)
        .send_binary("{\"method\":\"news\"}")
        .send_text(r#"{"method":"news","params":[2]}"#)
        .close(4000, "enough")
        .start();
    rpc(&peer.url())
        .args(["--follow", "subscribe"])
        .stdout(
            "true\n{\"method\":\"news\", \"params\":[1]}\n{\"method\":\"news\",\"params\":[2]}\n",
        )
        .stderr_matches(
            "closed by server: 4000 \"enough\" (application) after [..] s, sent 1, received 5\n",
        )
        .code(121)
        .run();
}

#[test]
fn parameters_come_from_a_file_or_stdin() {
    let peer = |params: &str| {
        Peer::ws()
            .expect_text(format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"sum","params":{params}}}"#
            ))
            .send_text(r#"{"id":1,"result":5}"#)
            .expect_close(1000, "")
            .start()
    };
    let server = peer("{\n\"a\":1}\n");
    rpc(&server.url())
        .file("params.json", "\u{feff}{\n\"a\":1}\n")
        .args(["sum", "@params.json"])
        .stdout("5\n")
        .run();
    let server = peer("[]");
    rpc(&server.url())
        .args(["sum", "-"])
        .stdin("[]")
        .stdout("5\n")
        .run();
}

/// Nothing listens at the URL, so these errors are found before connecting.
#[test]
fn invalid_parameters_are_reported_before_connecting() {
    let url = "ws://127.0.0.1:1";
    rpc(url)
        .args(["sum", "[1,"])
        .stderr_matches(
            "error: invalid value '[1,' for '[PARAMS]': invalid JSON at line 1, column 4: \
             unexpected end\n...\n",
        )
        .code(2)
        .run();
    rpc(url)
        .args(["sum", "7"])
        .stderr_matches(
            "error: [..]: parameters must be an array or an object, as in '[2, 3]'\n...\n",
        )
        .code(2)
        .run();
    rpc(url)
        .args(["sum", "-"])
        .stdin("{\n \"a\" 1}")
        .stderr_matches("wsline: standard input: invalid JSON at line 2, column 6: expected [..]\n")
        .code(2)
        .run();
    rpc(url)
        .file("params.json", "\n[true, nil]")
        .args(["sum", "@params.json"])
        .stderr_matches("wsline: params.json: invalid JSON at line 2, column 9: unknown word[..]\n")
        .code(2)
        .run();
    rpc(url)
        .file("params.json", b"[\"\xff\"]")
        .args(["sum", "@params.json"])
        .stderr("wsline: params.json: not UTF-8\n")
        .code(2)
        .run();
    rpc(url)
        .args(["sum", "@nowhere.json"])
        .stderr("wsline: could not read nowhere.json: No such file or directory\n")
        .code(26)
        .run();
    rpc(url)
        .stderr_matches(
            "error: the following required arguments were not provided:\n  <METHOD>\n...\n",
        )
        .code(2)
        .run();
}

#[test]
fn options_of_a_connection_apply() {
    let (cert, authority) = Cert::for_localhost();
    let peer = Peer::ws()
        .tls(&cert)
        .expect_header("Authorization", "Bearer t")
        .expect_header("X-A", "1")
        .expect_text(SUM)
        .send_text(r#"{"id":1,"result":5}"#)
        .expect_close(1000, "")
        .start();
    let config = format!(
        "[targets.x]\nurl = \"{}\"\nbearer = \"t\"\ncacert = \"ca.pem\"\n",
        peer.url_as("localhost")
    );
    Wsline::new()
        .file("c.toml", &config)
        .file("ca.pem", authority.pem())
        .args(["rpc", "@x", "sum", "[2,3]", "--config", "c.toml"])
        .args(["-H", "X-A: 1", "--connect-timeout", "20s"])
        .stdout("5\n")
        .run();
    let silent = Peer::silent().start();
    rpc(&silent.url())
        .args(["sum", "--connect-timeout", "100ms"])
        .stderr_matches(
            "wsline: timed out after 0.1 s (--connect-timeout) while waiting for [..]\n",
        )
        .code(28)
        .run();
    rpc("ws://127.0.0.1:1")
        .args(["sum", "-d", "hi"])
        .stderr_matches("error: unexpected argument '-d' found\n...\n")
        .code(2)
        .run();
}

#[test]
fn third_party_server_is_called() {
    let package = Package::RpcWebsockets;
    let Some(server) = Launched::launch(package, Scheme::Ws) else {
        skip::missing(package.name());
        return;
    };
    let url = server.url("/");
    rpc(&url).args(["sum", "[2,3]"]).stdout("5\n").run();
    rpc(&url)
        .arg("no-such")
        .stderr("wsline: no-such failed: Method not found (error -32601)\n")
        .code(4)
        .run();
}

#[test]
fn browser_is_called() {
    let Some(browser) = Browser::launch() else {
        skip::missing("chromium");
        return;
    };
    let finished = rpc(browser.page())
        .args(["--cdp", "Runtime.evaluate", r#"{"expression":"6 * 7"}"#])
        .stdout_matches("...\n")
        .run();
    let result: Value = serde_json::from_str(finished.stdout_text()).expect("JSON");
    assert_eq!(result["result"]["value"], 42, "{result}");
}

/// What logs in is sent first, and its reply is not the response to the call.
#[test]
fn login_is_sent_before_the_call() {
    let peer = Peer::ws()
        .expect_text(r#"{"id":1,"op":"login"}"#)
        .expect_text(SUM)
        .send_text(r#"{"op":"welcome"}"#)
        .send_text(r#"{"id":1,"result":5}"#)
        .expect_close(1000, "")
        .start();
    rpc(&peer.url())
        .args(["sum", "[2,3]", "--on-connect", r#"{"id":1,"op":"login"}"#])
        .stdout("5\n")
        .run();
}

#[test]
fn exchange_is_recorded() {
    let peer = || {
        Peer::ws()
            .expect_text(SUM)
            .send_text(r#"{"method":"news"}"#)
            .send_text(r#"{"id":1,"result":5}"#)
            .send_text(r#"{"method":"news","n":2}"#)
    };
    let first = peer().close(1000, "").start();
    let finished = rpc(&first.url())
        .args(["sum", "[2,3]", "--follow", "--record", "sum.ws"])
        .stdout("5\n{\"method\":\"news\",\"n\":2}\n")
        .run();
    let record = std::fs::read_to_string(finished.home.work().join("sum.ws"));
    let record = record.expect("a record");
    assert!(record.contains(&format!("\n> {SUM}\n")), "{record}");
    let again = peer().close(1000, "").start();
    Wsline::new()
        .args(["test", "sum.ws", "--url", &again.url()])
        .file("sum.ws", record)
        .stdout_matches("ok    sum.ws  ([..] statements, [..] s)\n1 passed in [..] s\n")
        .run();
}

#[test]
fn record_that_cannot_be_created_ends_the_call() {
    rpc("ws://127.0.0.1:9/")
        .args(["sum", "--record", "no/such/folder.ws"])
        .stderr_matches("wsline: could not write to no/such/folder.ws: [..]\n")
        .code(23)
        .run();
}

/// The request would not be sent again, and without it no notification comes.
#[test]
fn calls_are_not_repeated_on_another_connection() {
    rpc("ws://127.0.0.1:9/")
        .args(["sum", "--follow", "--reconnect"])
        .stderr_matches("error: unexpected argument '--reconnect' found\n...")
        .code(2)
        .run();
}
