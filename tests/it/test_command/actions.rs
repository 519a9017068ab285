//! What GitHub Actions gets: an annotation for each file that did not pass, and no commands of the
//! server.

use super::{greeted, test, GREETING};
use crate::support::Peer;

#[test]
fn failures_are_annotated() {
    let peer = Peer::ws()
        .expect_text("hi")
        .send_text("no")
        .expect_close_any()
        .start();
    let talk = format!("url {}\ntitle A greeting\nstrict\n{GREETING}", peer.url());
    test(&["a.ws", "b.ws"])
        .env("GITHUB_ACTIONS", "true")
        .file("a.ws", &talk)
        .file("b.ws", "sned\n")
        .stdout_matches(
            "FAIL  a.ws  [..]\n...\n\
             ::error file=a.ws,line=5,title=A greeting::a.ws:5: expected \"ho\", but received \
             \"no\" instead%0A[..]\n\
             error b.ws\n...\n::error file=b.ws,line=1,col=1,title=b.ws::b.ws:1:1: [..]\n\
             0 passed, 1 failed, 1 error in [..] s\n",
        )
        .code(4)
        .run();
    let peer = greeted().start();
    test(&["a.ws", "--url", &peer.url()])
        .env("GITHUB_ACTIONS", "true")
        .file("a.ws", GREETING)
        .stdout_matches("ok    a.ws  [..]\n1 passed in [..] s\n")
        .run();
}

/// A secret value that is part of the path of a file does not change where an annotation points.
#[test]
fn annotations_name_the_file_as_it_is() {
    let peer = Peer::ws()
        .expect_text("staging")
        .send_text("no staging")
        .expect_close_any()
        .start();
    let talk = format!("url {}\nstrict\n> ${{STAGE}}\n< ho\n", peer.url());
    test(&["staging/a.ws"])
        .env("GITHUB_ACTIONS", "true")
        .env("STAGE", "staging")
        .file("staging/a.ws", &talk)
        .stdout_matches(
            "FAIL  staging/a.ws  [..]\n...\n\
             ::error file=staging/a.ws,line=4,title=staging/a.ws::staging/a.ws:4: expected \"ho\", \
             but received \"no ${STAGE}\" instead%0A[..]\n\
             0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
}

/// With `--json` they are on stderr, because stdout has one object per line.
#[test]
fn annotations_are_apart_from_json() {
    let done = test(&["--json", "b.ws"])
        .env("GITHUB_ACTIONS", "true")
        .file("b.ws", "sned\n")
        .stdout_matches("...\n")
        .stderr_matches("::error file=b.ws,line=1,col=1,title=b.ws::[..]\n")
        .code(2)
        .run();
    for line in done.stdout_text().lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("JSON");
    }
}

#[test]
fn a_server_gives_no_commands() {
    let body = "::stop-commands::x\n##[group]y\n";
    let refusal = format!(
        "HTTP/1.1 403 No\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let peer = Peer::http(&refusal).start();
    test(&["a.ws", "--url", &peer.url()])
        .env("GITHUB_ACTIONS", "true")
        .file("a.ws", GREETING)
        .stdout_matches("error a.ws  [..]\n...\n  \\::stop-commands::x\n  \\##[group]y\n...\n")
        .code(22)
        .run();
}
