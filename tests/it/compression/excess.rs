//! Too much: bombs, and messages of gibibytes.

use std::time::Duration;

use flate2::FlushCompress;

use super::{compressed, failed, verdict, Deflate, AGREED};
use crate::limits::MEMORY;
use crate::support::peer::{LengthForm, BINARY};
use crate::support::{Frame, Peer, Stdout, Wsline};

/// So many MiB of zeros.
fn bomb(mebibytes: usize) -> Vec<u8> {
    Deflate::new(15).message(&vec![0; mebibytes << 20])
}

#[test]
fn compression_bomb_is_limited_if_messages_are_held() {
    for (size, options, limit) in [
        (2, &["--json", "--max-message-size", "1M"][..], "[..]"),
        (65, &["--json"], "67108864"),
    ] {
        failed(
            Peer::ws().accept_with_headers([AGREED]),
            compressed(BINARY, bomb(size)),
            options,
            109,
            &format!(
                "1009 (message too big), the server sent a message that expands to at least [..] \
                 bytes, more than the limit of {limit} (--max-message-size)"
            ),
        );
    }
}

#[test]
fn compression_bomb_in_a_pipe_needs_constant_memory() {
    let peer = Peer::ws()
        .accept_with_headers([AGREED])
        .frame(compressed(BINARY, bomb(64)))
        .expect_close(1000, "")
        .start();
    let program = Wsline::new();
    let path = program.home().work().join("out");
    let finished = program
        .args([&peer.url(), "-1", "-v"])
        .stdout_to(Stdout::File(path.clone()))
        .stderr_matches(format!(
            "...\n{}",
            verdict(0, 1, ", compressed to under 1 %")
        ))
        .run();
    finished.assert_memory_below(MEMORY);
    let length = path.metadata().expect("it was written").len();
    assert_eq!(length, 64 << 20);
}

/// One binary message of 4 GiB through a pipe, which nothing ever holds.
fn four_gibibytes_pass(peer: Peer) {
    let limit = Duration::from_mins(20);
    let peer = peer.expect_close(1000, "").within(limit).start();
    Wsline::new()
        .args([&peer.url(), "-1"])
        .stdout_to(Stdout::File("/dev/null".into()))
        .within(limit)
        .run()
        .assert_memory_below(MEMORY);
}

#[test]
#[ignore = "moves 4 GiB"]
fn four_gibibytes_need_constant_memory() {
    let block: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let head = Frame::new(BINARY, "").head(LengthForm::SixtyFour, 4 << 30);
    four_gibibytes_pass(Peer::ws().raw(head).raw_repeated(block, 4 << 10));
}

#[test]
#[ignore = "inflates 4 GiB"]
fn four_compressed_gibibytes_need_constant_memory() {
    // A mebibyte in which nothing refers to anything before it, so that it can be repeated; then
    // an empty block to end with (RFC 7692 §7.2.3.6).
    let data: Vec<u8> = (0..=250).cycle().take(1 << 20).collect();
    let block = Deflate::new(15).block(&data, FlushCompress::Full);
    let length = (block.len() as u64) * (4 << 10) + 1;
    let head = compressed(BINARY, Vec::new()).head(LengthForm::SixtyFour, length);
    four_gibibytes_pass(
        Peer::ws()
            .accept_with_headers([AGREED])
            .raw(head)
            .raw_repeated(block, 4 << 10)
            .raw([0]),
    );
}
