//! Values of variables that came from outside appear in no report; those that were captured do.

use super::test;
use crate::support::program::Finished;
use crate::support::Peer;

const TOKEN: &str = "s3cr\"et\u{1b}<&";

/// stdout, stderr and the report of one run have none of `forbidden`.
fn holds_none(done: &Finished, forbidden: &[&str]) {
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    for text in [done.stdout_text(), done.stderr_text(), &report] {
        assert!(!text.is_empty());
        for value in forbidden {
            assert!(!text.contains(value), "{value:?} stands in\n{text}");
        }
        assert!(text.contains("${TOKEN}"), "{text}");
    }
}

#[test]
fn variables_are_redacted_in_reports() {
    let json = serde_json::to_string(&format!("token {TOKEN}")).expect("JSON");
    for form in [&["-v"][..], &["-v", "--json"]] {
        let peer = Peer::ws()
            .expect_header("X-Token", "secret-of-header")
            .expect_text(format!("{{\"t\":{json},\"p\":\"pass-word\"}}"))
            .send_text(format!("no {TOKEN} and captured-value"))
            .close(4000, "pass-word")
            .start();
        let talk = format!(
            "url {}\nheader X-Token: ${{HEADER}}\n\
             > json {{\"t\":\"token ${{TOKEN}}\",\"p\":\"${{PASS}}\"}}\n\
             < yes ${{TOKEN}}\n< more ${{TOKEN}}\n",
            peer.url()
        );
        let done = test(&["talk.ws", "--junit", "out.xml", "--var", "PASS=pass-word"])
            .args(form)
            .env("TOKEN", TOKEN)
            .env("HEADER", "secret-of-header")
            .file("talk.ws", talk)
            .stdout_matches("...\n")
            .stderr_matches("...\n")
            .code(4)
            .run();
        assert!(done.stdout_text().contains("captured-value"));
        holds_none(&done, &[TOKEN, "s3cr", "pass-word", "secret-of-header"]);
    }
}

#[test]
fn variables_are_redacted_in_urls() {
    let talk = "url ws://user:pass-word@${HOST}:1/?token=${TOKEN}\n> hi\n";
    let done = test(&["talk.ws", "--junit", "out.xml", "-v"])
        .env("TOKEN", "to-ken")
        .env("HOST", "Secret.Host.invalid")
        .file("talk.ws", talk)
        .stdout_matches(
            "error talk.ws  [..]\n  could not resolve ${HOST}[..]\n0 passed, 1 error [..]\n",
        )
        .code(6)
        .run();
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    assert!(report.contains("could not resolve ${HOST}"), "{report}");
    assert!(!report.to_lowercase().contains("secret.host"), "{report}");
}

/// What `--var` sets is shown, unless something says that it is secret.
#[test]
fn only_secrets_are_redacted() {
    let peer = Peer::ws()
        .expect_header("Authorization", "Bearer of-header")
        .expect_text("room-17 visible-name of-option of-environ of-file")
        .send_text("no room-17 visible-name of-option of-environ of-file of-header")
        .expect_close_any()
        .start();
    let done = test(&[
        "talk.ws",
        "--url",
        &peer.url(),
        "--junit",
        "out.xml",
        "--json",
    ])
    .args(["--var", "ROOM=room-17", "--var", "NAME=visible-name"])
    .args([
        "--var",
        "A=of-option",
        "--secret",
        "A",
        "--var",
        "B=env:OTHER",
    ])
    .args(["--var", "C=of-file", "--var", "D=of-header"])
    .env("OTHER", "of-environ")
    .file(
        "talk.ws",
        "secret C\nheader Authorization: Bearer ${D}\nstrict\n\
             > ${ROOM} ${NAME} ${A} ${B} ${C}\n< yes ${ROOM}\n",
    )
    .stdout_matches("...\n")
    .code(4)
    .run();
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    for text in [done.stdout_text(), &report] {
        let shown = "no room-17 visible-name ${A} ${B} ${C} ${D}";
        assert!(text.contains(shown), "{text}");
    }
}

#[test]
fn variable_of_the_environment_must_be_set() {
    test(&["talk.ws", "--var", "A=env:NO_SUCH"])
        .file("talk.ws", "> hi\n")
        .stderr("wsline: environment variable \"NO_SUCH\" of --var A=env:NO_SUCH is not set\n")
        .code(2)
        .run();
}

#[test]
fn captured_values_are_shown() {
    let peer = Peer::ws()
        .send_text("{\"id\":\"captured-value\"}")
        .close(1000, "")
        .start();
    test(&["talk.ws", "--url", &peer.url()])
        .file("talk.ws", "< json {}\ncapture ID /id\n< ${ID}\n")
        .stdout_matches(
            "FAIL  talk.ws  [..]\n  talk.ws:3: expected \"captured-value\", but [..]\n...\n\
             0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
}

/// A token that is longer than what a report shows of a message.
#[test]
fn parts_of_shortened_values_are_redacted() {
    let words: Vec<String> = (0..400)
        .map(|n| format!("{:x}", n * 7919 % 65_536))
        .collect();
    let token = words.concat();
    let peer = Peer::ws()
        .expect_text(format!("say {token}"))
        .send_text(format!("{{\"said\":\"{token}!\"}} {token}"))
        .expect_close_any()
        .start();
    let done = test(&["talk.ws", "--url", &peer.url(), "--junit", "out.xml", "-v"])
        .env("TOKEN", &token)
        .file(
            "talk.ws",
            "strict\n> say ${TOKEN}\n< {\"said\":\"${TOKEN}?\"} ${TOKEN}\n",
        )
        .stdout_matches("FAIL  talk.ws  [..]\n...\n0 passed, 1 failed in [..] s\n")
        .stderr("talk.ws:2 > say ${TOKEN}\n")
        .code(4)
        .run();
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    for text in [done.stdout_text(), &report] {
        let parts = token.as_bytes().windows(6);
        for part in parts.map(|part| std::str::from_utf8(part).expect("ASCII")) {
            assert!(!text.contains(part), "{part} stands in\n{text}");
        }
        assert!(text.contains("${TOKEN}"), "{text}");
    }
}

/// As a private key is: of several lines, the last of which is short.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B/AQEF+ASC\n\
                   BKcwggSjAgEAAoIBAQC7\nVJTU==\n-----END PRIVATE KEY-----\n";

/// The lines of [`KEY`] that tell something, and what trimming leaves of the token below.
const PARTS: [&str; 5] = [
    "PRIVATE KEY",
    "MIIEvQIBADANBgkqhkiG9w0B",
    "BKcwggSjAgEAAoIBAQC7",
    "VJTU==",
    "to-ken",
];

#[test]
fn lines_and_trimmed_values_are_redacted() {
    for form in [&["-v"][..], &["-v", "--json"]] {
        let lines: Vec<_> = KEY.lines().rev().collect();
        let peer = Peer::ws()
            .expect_text(format!("log in with {KEY}"))
            .send_text(format!(
                "no key:\n{}\nno token: to-ken.",
                lines.join("\r\n")
            ))
            .close(4000, "bad to-ken")
            .start();
        let talk = format!(
            "url {}\nstrict\n> \n  log in with ${{KEY}}\n< \n  welcome,\n  ${{KEY}}${{TOKEN}}\n",
            peer.url()
        );
        let done = test(&["talk.ws", "--junit", "out.xml"])
            .args(form)
            .env("KEY", KEY)
            .env("TOKEN", " to-ken ")
            .file("talk.ws", talk)
            .stdout_matches("...\n")
            .stderr_matches("...\n")
            .code(4)
            .run();
        let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
        for text in [done.stdout_text(), &report] {
            assert!(
                text.contains("${KEY}") && text.contains("${TOKEN}"),
                "{text}"
            );
            assert!(!PARTS.iter().any(|part| text.contains(part)), "{text}");
        }
    }
}

/// A server's own log is shown line by line, and a line that is too long in several.
#[test]
fn variables_are_redacted_in_the_servers_output() {
    let words: Vec<_> = (0..2000).map(|n| format!("{:x}", n * 7919)).collect();
    let long = words.concat();
    let port = Peer::reserved();
    let done = test(&["-v", "talk.ws", "--url", &port.url(), "--serve"])
        .arg("printf '%s\n' \"$KEY\" \"for $TOKEN.\" \"$LONG\"; exit 3")
        .inherit("PATH")
        .env("KEY", KEY)
        .env("TOKEN", " to-ken ")
        .env("LONG", &long)
        .file("talk.ws", "> ${KEY}${TOKEN}${LONG}\n")
        .stdout_matches("0 passed, 1 not run in [..] s\n")
        .stderr_matches("...\n")
        .code(7)
        .run();
    let text = done.stderr_text();
    assert!(
        text.ends_with("\n  for ${TOKEN}.\n  ${LONG}…\n  …${LONG}…\n  …${LONG}\n"),
        "{text}"
    );
    assert!(!PARTS.iter().any(|part| text.contains(part)), "{text}");
    let parts = long.as_bytes().windows(8);
    for part in parts.map(|part| std::str::from_utf8(part).expect("ASCII")) {
        assert!(!text.contains(part), "{part} stands in\n{text}");
    }
}

/// What a server makes of a token: base64, JSON with other escapes, percent-encoding, bytes.
#[test]
fn encoded_values_are_redacted() {
    let token = "s3cr/et+\u{fc}";
    let said = [
        "{\"t\": \"s3cr\\/et+\\u00fc\"}",
        "Basic dXM6czNjci9ldCvDvA==",
        "/?t=s3cr%2Fet%2B%C3%BC",
        "/?t=s3cr%2fet%2b%c3%bc",
    ];
    let peer = said
        .iter()
        .fold(Peer::ws(), |peer, text| peer.send_text(*text));
    let peer = peer
        .send_binary(format!("you are {token}."))
        .close(1000, "")
        .start();
    let done = test(&["talk.ws", "--url", &peer.url(), "--junit", "out.xml"])
        .env("TOKEN", token)
        .file("talk.ws", "< hex 00\n< ${TOKEN}\n")
        .stdout_matches("FAIL  talk.ws  [..]\n...\n0 passed, 1 failed in [..] s\n")
        .code(4)
        .run();
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    for text in [done.stdout_text(), &report] {
        assert!(text.contains("/?t=${TOKEN}"), "{text}");
        for part in ["s3cr", "czNjci9l", "73 33 63 72"] {
            assert!(!text.contains(part), "{part} stands in\n{text}");
        }
    }
}

/// A body that is not text is shown as a dump, which would have a value in pieces.
#[test]
fn secrets_of_options_are_redacted() {
    let body = "\0no of-bearer-token, of-header, cookie-value!";
    let refusal = format!(
        "HTTP/1.1 401 No\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for form in [&["-v"][..], &["-v", "--json"]] {
        let peer = Peer::http(&refusal).start();
        let done = test(&["talk.ws", "--url", &peer.url(), "--junit", "out.xml"])
            .args(form)
            .args(["--", "--bearer", "env:TOKEN", "--cookie", "a=cookie-value"])
            .args(["-H", "Proxy-Authorization: Basic of-header"])
            .env("TOKEN", "of-bearer-token")
            .file("talk.ws", "> hi\n")
            .stdout_matches("...\n")
            .code(22)
            .run();
        let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
        for text in [done.stdout_text(), &report] {
            for part in ["bearer-", "of-header", "value!"] {
                assert!(!text.contains(part), "{part} stands in\n{text}");
            }
        }
        assert!(report.contains("|.no ***, ***, **|"), "{report}");
    }
}
