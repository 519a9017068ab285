//! Statements on the command line (`-e`) and rules files (`--rules`).

use crate::support::{Peer, Stdin, Wsline};

fn demo() -> Wsline {
    Wsline::new().arg("demo")
}

/// `wsline URL` with these rules.
fn with_rules(url: &str, rules: &str) -> Wsline {
    Wsline::new()
        .file("r.ws", rules)
        .args([url, "--rules", "r.ws"])
}

#[test]
fn statements_are_run_in_order_with_the_other_options() {
    let peer = Peer::ws()
        .expect_text("a")
        .send_text(r#"{"id":7,"n":1}"#)
        .expect_text("b 7")
        .send_text("c")
        .expect_text("d1")
        .send_text("e1")
        .expect_text("d2")
        .send_text("e2")
        .expect_text("f")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .arg(peer.url())
        .args([
            "-d",
            "a",
            "-e",
            r#"< json {"n": > 0}"#,
            "-e",
            "check within 1m",
        ])
        .args(["-e", "capture ID /id", "-e", "> b ${ID}", "--expect", "c"])
        .args(["-e", "repeat 2 as N", "-e", "  > d${N}", "-e", "  < e${N}"])
        .args(["-d", "f", "-w", "0"])
        .stdout("{\"id\":7,\"n\":1}\nc\ne1\ne2\n")
        .run();
}

#[test]
fn rules_alone_leave_stdin_as_it_is() {
    demo()
        .args(["-e", "on < 2", "-e", "  > 3", "-e", "ignore < 2"])
        .stdin("1\n2\n")
        .stdout("1\n3\n")
        .run();
}

#[test]
fn unmet_statements_are_reported_by_their_number() {
    demo()
        .args(["-e", "> x", "-e", "within 100ms", "-e", "< y"])
        .stdout("x\n")
        .stderr_matches(
            "wsline: -e 3: expected \"y\", but the only message received within 0.1 s did not \
             match\n...\n",
        )
        .code(4)
        .run();
    demo()
        .args(["-d", "bad", "-e", "never < bad", "--expect", "x"])
        .stdout("bad\n")
        .stderr_matches("wsline: -e 1: expected to receive \"bad\" never, but [..]\n...\n")
        .code(4)
        .run();
}

#[test]
fn within_applies_to_the_statement_before_it() {
    let says = |number: u32| {
        format!("wsline: -e {number}: expected \"y\", but [..] within 0.1 s[..]\n...\n")
    };
    demo()
        .args(["-e", "> x", "-e", "< x", "-e", "< y", "--within", "100ms"])
        .stdout("x\n")
        .stderr_matches(says(3))
        .code(4)
        .run();
    demo()
        .args(["--within", "100ms", "-d", "x", "-e", "< y"])
        .stdout("x\n")
        .stderr_matches(says(1))
        .code(4)
        .run();
    demo()
        .args(["-e", "repeat 2", "-e", "  > x", "-e", "  < y"])
        .args(["--within", "100ms"])
        .stdout("x\n")
        .stderr_matches(says(3))
        .code(4)
        .run();
}

#[test]
fn invalid_statements_are_reported_with_number_and_column() {
    for (statements, says) in [
        (
            &["> x", "nver < y"][..],
            "-e 2:1: unknown statement 'nver': did you mean never?\n  nver < y\n  ^\n",
        ),
        (
            &["< json {\"a\": nuber}"],
            "-e 1:14: invalid JSON: [..]\n  < json {\"a\": nuber}\n  [..]^\n",
        ),
        (
            &["> x\n> y", "repeat 2\n  < json {"],
            "-e 2:2:11: invalid JSON: [..]\n    < json {\n  [..]^\n",
        ),
        (&["  > x"], "-e 1:1: unexpected indentation: [..]\n...\n"),
        (
            &["on < 2"],
            "-e 1:4: missing messages: indent what is sent below it, as in '  > pong'\n...\n",
        ),
        (
            &["> ${NO_SUCH_VARIABLE}"],
            "-e 1:3: variable NO_SUCH_VARIABLE is not set: set it in the environment, or capture it \
             before this line\n...\n",
        ),
        (
            &["url ws://x"],
            "-e 1: the URL is given without -e\n  url ws://x\n",
        ),
        (
            &["@a > x"],
            "-e 1: -e is for one connection; connections with names need a session file\n...\n",
        ),
        (
            &["title x"],
            "-e 1: it has no effect with -e, only in a session file\n...\n",
        ),
        (
            &["option --compres off"],
            "-e 1: unexpected argument '--compres' found; did you mean --compress?\n...\n",
        ),
    ] {
        let arguments = statements.iter().flat_map(|statement| ["-e", statement]);
        Wsline::new()
            .arg("ws://127.0.0.1:1")
            .args(arguments)
            .stderr_matches(format!("wsline: {says}"))
            .code(2)
            .run();
    }
    demo()
        .args(["-e", " "])
        .stderr_matches(
            "error: invalid value ' ' for '--statement <STATEMENT>': missing statement[..]\n...\n",
        )
        .code(2)
        .run();
}

#[test]
fn settings_of_a_rules_file_apply_below_the_command_line() {
    let peer = Peer::ws()
        .expect_header("X-A", "1")
        .expect_header("X-B", "mine")
        .expect_header("User-Agent", "mine")
        .expect_header("Sec-WebSocket-Protocol", "chat")
        .expect_no_header("Sec-WebSocket-Extensions")
        .accept_with_headers(["Sec-WebSocket-Protocol: chat"])
        .close(1000, "")
        .start();
    with_rules(
        &peer.url(),
        "default A 1\nheader X-A: ${A}\nheader X-B: theirs\nsubprotocol chat\n\
         option --compress off -A theirs\n",
    )
    .args(["-A", "mine", "-H", "X-B: mine"])
    .stdin(Stdin::Open)
    .run();
}

#[test]
fn invalid_rules_files_are_reported_with_the_line() {
    for (rules, says) in [
        (
            "on open\n  > a\n> b\n",
            "r.ws:3: a rules file has no steps: put it under 'on open'\n  > b\n",
        ),
        (
            "# rules\n< b\n",
            "r.ws:2: a rules file has only rules (on, every, ignore, never) and settings (header, \
             subprotocol, option, default, secret, let)\n...\n",
        ),
        (
            "url ws://x\n",
            "r.ws:1: a rules file has only rules [..]\n...\n",
        ),
        (
            "never < x for 2s\n",
            "r.ws:1: a rule does not wait: remove 'for' and the time\n...\n",
        ),
        (
            "@a ignore < x\n",
            "r.ws:1: a rules file is for one connection: remove the name of the connection\n...\n",
        ),
        (
            "ignore < x\nevry 2s > x\n",
            "r.ws:2:1: unknown statement 'evry': did you mean every?\n...\n",
        ),
        (
            "on < x\n  > ${NO_SUCH_VARIABLE}\n",
            "r.ws:[..]: variable NO_SUCH_VARIABLE is not set: [..]\n...\n",
        ),
        (
            "header X\n",
            "r.ws:1:8: missing colon in the header: [..]\n...\n",
        ),
    ] {
        with_rules("ws://127.0.0.1:1", rules)
            .stderr_matches(format!("wsline: {says}"))
            .code(2)
            .run();
    }
    Wsline::new()
        .args(["ws://127.0.0.1:1", "--rules", "nowhere.ws"])
        .stderr("wsline: could not read nowhere.ws: No such file or directory\n")
        .code(26)
        .run();
}

/// The first message comes together with the upgrade response.
#[test]
fn rules_hold_for_the_first_message() {
    let peer = Peer::ws()
        .glued()
        .send_text("who are you")
        .expect_text("me")
        .close(1000, "")
        .start();
    with_rules(&peer.url(), "on < who are you\n  > me\n")
        .stdin(Stdin::Open)
        .stdout("who are you\n")
        .run();
}

#[test]
fn rules_hold_after_the_end_of_input() {
    let peer = Peer::ws()
        .expect_text("x")
        .send_text("2")
        .expect_text("3")
        .ping("")
        .expect_pong("")
        .expect_text("tick")
        .close(1000, "")
        .start();
    with_rules(
        &peer.url(),
        "on < 2\n  > 3\nignore < 2\nevery 100ms > tick\n",
    )
    .args(["-w", "-1"])
    .stdin("x\n")
    .unjudged()
    .run();
}

#[test]
fn rules_hold_on_each_connection() {
    let script = || {
        Peer::ws()
            .expect_text("hello")
            .send_text("2")
            .expect_text("3")
    };
    let peer = script().drop_tcp().then(script().close(1000, "")).start();
    with_rules(&peer.url(), "on open\n  > hello\non < 2\n  > 3\n")
        .arg("--reconnect")
        .stdin(Stdin::Open)
        .stdout("2\n2\n")
        .stderr_matches("wsline: reconnecting in [..]\n")
        .run();
}

#[test]
fn json_lines_have_answers_and_no_ignored_messages() {
    let peer = Peer::ws()
        .send_text("2")
        .expect_text("3")
        .send_text("x")
        .close(1000, "")
        .start();
    let finished = with_rules(&peer.url(), "on < 2\n  > 3\nignore < 2\n")
        .arg("--json")
        .stdin(Stdin::Open)
        .unjudged()
        .run();
    let kinds: Vec<(String, String)> = finished
        .stdout_text()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .map(|event| (event["dir"].to_string(), event["data"].to_string()))
        .filter(|(_, data)| data != "null")
        .collect();
    let pair = |dir: &str, data: &str| (format!("\"{dir}\""), format!("\"{data}\""));
    assert_eq!(kinds, [pair("out", "3"), pair("in", "x")]);
}

#[test]
fn rules_cannot_be_used_in_a_test() {
    Wsline::new()
        .file("t.ws", "url ws://127.0.0.1:1\noption --rules r.ws\n")
        .args(["test", "t.ws"])
        .stdout_matches("error t.ws\n  t.ws:2: --rules cannot be used in a test: [..]\n...\n")
        .code(2)
        .run();
}

/// The path is relative to the folder of the config file.
#[test]
fn target_of_the_config_file_has_rules() {
    let peer = Peer::ws()
        .expect_header("X-A", "1")
        .expect_text("hello")
        .close(1000, "")
        .start();
    let config = format!("[targets.x]\nurl = \"{}\"\nrules = \"r.ws\"\n", peer.url());
    Wsline::new()
        .file("conf/c.toml", config)
        .file("conf/r.ws", "header X-A: 1\non open\n  > hello\n")
        .args(["@x", "--config", "conf/c.toml"])
        .stdin(Stdin::Open)
        .run();
}

/// Reports hide the values of variables from the environment, as those of `wsline test` do. Messages
/// are sent and printed as they are.
#[test]
fn reports_hide_variables_of_the_environment() {
    let finished = demo()
        .args(["-e", "> hello ${TOKEN}", "-e", "within 100ms"])
        .args(["-e", "< welcome ${TOKEN}"])
        .env("TOKEN", "s3cret")
        .stdout("hello s3cret\n")
        .stderr_matches(
            "wsline: -e 3: expected \"welcome ${TOKEN}\", but the only message received within \
             0.1 s did not match\n  - welcome ${TOKEN}\n  + hello ${TOKEN}\n...\n  \
             > \"hello ${TOKEN}\"\n  < after [..]: \"hello ${TOKEN}\"\n...\n",
        )
        .code(4)
        .run();
    assert!(!finished.stderr_text().contains("s3cret"));
}

#[test]
fn reports_hide_captured_secrets() {
    let finished = demo()
        .args(["-e", r#"> json {"token":"t-4711"}"#])
        .args(["-e", "< json {}", "-e", "capture secret TOKEN /token"])
        .args(["-e", "never < /^no/", "-e", "> no ${TOKEN}", "-e", "< x"])
        .stdout("{\"token\":\"t-4711\"}\nno t-4711\n")
        .stderr_matches(
            "wsline: -e 4: expected to receive a text message matching /^no/ never, but received \
             \"no ${TOKEN}\"\n...\n",
        )
        .code(4)
        .run();
    assert!(!finished.stderr_text().contains("t-4711"));
}

/// Each value that a secret variable had is hidden, also in the objects of `--json`.
#[test]
fn secrets_of_a_rules_file_are_hidden() {
    let peer = Peer::ws()
        .send_text(r#"{"token":"first-t"}"#)
        .expect_text("first-t")
        .send_text(r#"{"token":"second-t"}"#)
        .expect_text("second-t")
        .send_text("bad second-t, not first-t")
        .expect_close_any()
        .start();
    let rules = "secret TOKEN\non < json {\"token\": string as TOKEN}\n  > ${TOKEN}\n\
                 ignore < json {}\nnever < /bad/\n";
    let finished = with_rules(&peer.url(), rules)
        .arg("--json")
        .stdin(Stdin::Open)
        .unjudged()
        .run();
    assert_eq!(finished.code, 4);
    let error = finished
        .stdout_text()
        .lines()
        .find(|line| line.contains("\"error\""));
    let error = error.expect("an error");
    assert!(error.contains("bad ${TOKEN}, not ${TOKEN}"), "{error}");
    assert!(
        !error.contains("first-t") && !error.contains("second-t"),
        "{error}"
    );
}

#[test]
fn errors_in_statements_hide_variables_of_the_environment() {
    for (statements, cause) in [
        (&["header ${TOKEN}"][..], "missing colon in the header"),
        (&["option --compress ${TOKEN}"], "'${TOKEN}'"),
        (
            &["repeat ${TOKEN}", "  > x"],
            "invalid number of repetitions '${TOKEN}'",
        ),
    ] {
        let finished = demo()
            .args(statements.iter().flat_map(|text| ["-e", text]))
            .env("TOKEN", "s3cret")
            .stderr_matches("wsline: [..]\n...")
            .code(2)
            .run();
        let text = finished.stderr_text();
        assert!(text.contains(cause) && !text.contains("s3cret"), "{text}");
    }
}
