//! `include`: lines of other files.

use super::{greeted, test, GREETING};
use crate::support::Peer;

#[test]
fn lines_of_another_file_are_run_in_place() {
    let peer = Peer::ws()
        .expect_text("in")
        .expect_text("hi")
        .send_text("ho")
        .expect_close(1000, "")
        .start();
    test(&["a.ws", "--url", &peer.url(), "-v"])
        .file("a.ws", "include sub/login.ws\n> hi\n< ho\n")
        .file("sub/login.ws", "# log in\n> text @name.txt\n")
        .file("sub/name.txt", "in\n")
        .stdout_matches("ok    a.ws  (3 statements, [..] s)\n1 passed in [..] s\n")
        .stderr("sub/login.ws:2 > text @name.txt\na.ws:2 > hi\na.ws:3 < ho\n")
        .run();
}

#[test]
fn errors_name_the_line_of_the_included_file() {
    let peer = Peer::ws()
        .expect_text("in")
        .send_text("no")
        .expect_close_any()
        .start();
    test(&["a.ws", "--url", &peer.url()])
        .file("a.ws", "strict\ninclude login.ws\n> hi\n")
        .file("login.ws", "> in\nrepeat 2\n  < yes\n")
        .stdout_matches(
            "FAIL  a.ws  [..]\n  login.ws:3: expected \"yes\", but received \"no\" instead, in turn 1 of \
             2 of line 2\n...\n0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
    test(&["a.ws"])
        .file("a.ws", "url ws://h/\ninclude login.ws\n")
        .file("login.ws", "> ok\n> ${NO_SUCH}\n")
        .stdout_matches(
            "error a.ws\n  login.ws:2:3: variable NO_SUCH is not set[..]\n    > ${NO_SUCH}\n      ^\n\
             0 passed, 1 error in [..] s\n",
        )
        .code(2)
        .run();
    test(&["a.ws", "b.ws"])
        .file("a.ws", "> hi\ninclude no.ws\n")
        .file("b.ws", "include b.ws\n")
        .stdout_matches(
            "error a.ws\n  a.ws:2:1: could not read no.ws: No such file or directory\n    include \
             no.ws\n    ^\nerror b.ws\n  b.ws:1:1: more than 8 files are included in each other: [..]\n\
             ...\n0 passed, 2 errors in [..] s\n",
        )
        .code(2)
        .run();
}

#[test]
fn untrusted_file_includes_only_files_below_its_folder() {
    let peer = greeted().start();
    test(&["sub/a.ws", "sub/b.ws", "--untrusted", "--url", &peer.url()])
        .file("sub/a.ws", "include deep/login.ws\n")
        .file("sub/deep/login.ws", GREETING)
        .file("sub/b.ws", "include ../secret.ws\n")
        .file("secret.ws", GREETING)
        .stdout_matches(
            "ok    sub/a.ws  [..]\nerror sub/b.ws\n  sub/b.ws:1:1: sub/../secret.ws is not allowed with \
             --untrusted: it is outside the folder of the session file\n...\n\
             1 passed, 1 error in [..] s\n",
        )
        .code(2)
        .run();
}
