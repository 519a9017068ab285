//! Memory where messages are held: as much as messages may have, whatever a server makes of its bytes.
//!
//! The address space is bounded too, so that what goes wrong here ends a test and not a machine.

use crate::limits::MEMORY;
use crate::support::program::BINARY;
use crate::support::skip::require;
use crate::support::{Gate, Peer, Wsline};

/// The program with so much address space, in KiB. Its threads take some of it for themselves.
const SPACE: &str = "1500000";

/// Runs the program in an address space that has an end.
fn bounded() -> Wsline {
    let limited = "ulimit -v \"$1\"; shift; exec \"$0\" \"$@\"";
    Wsline::program("bash").args(["-c", limited, BINARY, SPACE])
}

/// What is kept for an expectation whose turn has not come counts also where it is empty.
#[test]
fn empty_messages_that_wait_for_their_turn_are_bounded() {
    require!("bash");
    let sent = Gate::new();
    let frames = [0x81, 0].repeat(10_000);
    let peer = Peer::ws()
        .wait_for(&sent)
        .send_text("go")
        .expect_close(1000, "")
        .then(
            Peer::ws()
                .raw_repeated(frames, 200)
                .ping("last")
                .open(&sent)
                .expect_pong("last")
                .expect_close(1000, ""),
        )
        .start();
    bounded()
        .args(["test", "talk.ws", "--url", &peer.url()])
        .file("talk.ws", "@alice < go\n@bob < ping last\n")
        .stdout_matches("ok    talk.ws  (2 statements, [..] s)\n1 passed [..]\n")
        .run()
        .assert_memory_below(MEMORY + (64 << 10));
}
