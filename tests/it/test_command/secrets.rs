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
fn no_report_has_a_value_of_the_environment_or_the_command_line() {
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
fn an_address_has_none_either() {
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

#[test]
fn what_was_captured_is_shown() {
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
fn nor_a_part_of_one_that_was_shortened() {
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
