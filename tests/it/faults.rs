//! A whole conversation over a network that breaks, at every byte of it: whatever happens there is
//! an answer or an error with the right exit code, never a hang or a panic, and what was complete
//! before the fault was printed.

use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::peer::{BINARY, CLOSE, CONTINUATION, PING, TEXT};
use crate::support::program::Finished;
use crate::support::{Fault, FaultProxy, Frame, From, Peer, Wsline};

/// RFC 6455's own example (§1.3), so that the answer is the same each time.
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const HEAD: &str = "HTTP/1.1 101 Switching Protocols\r\n\
                    Upgrade: websocket\r\n\
                    Connection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// What the server says after its answer, and what of it is printed once it is there.
fn frames() -> Vec<(Frame, &'static str)> {
    vec![
        (Frame::new(TEXT, "grüß dich"), "grüß dich\n"),
        (
            Frame::new(TEXT, "in \u{1F30D} ").unfinished(),
            "in \u{1F30D} ",
        ),
        (Frame::new(PING, "still there?"), ""),
        (Frame::new(CONTINUATION, "").unfinished(), ""),
        (Frame::new(CONTINUATION, "pieces"), "pieces\n"),
        (Frame::new(BINARY, [b'x'; 130]), X130),
        (Frame::new(CLOSE, [0x03, 0xe8, b'b', b'y', b'e']), ""),
    ]
}

const X130: &str = concat!(
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
);

/// All that is printed.
fn whole() -> String {
    frames().iter().map(|(_, printed)| *printed).collect()
}

/// How many bytes the server says.
fn length() -> usize {
    HEAD.len()
        + frames()
            .iter()
            .map(|(frame, _)| frame.encode().len())
            .sum::<usize>()
}

/// What was complete in the first `count` bytes of the server.
fn complete(count: usize) -> String {
    let mut end = HEAD.len();
    let mut text = String::new();
    for (frame, printed) in frames() {
        end += frame.encode().len();
        if end > count {
            break;
        }
        text.push_str(printed);
    }
    text
}

/// The conversation through the proxy that `faulty` makes of a faultless one.
fn converse(faulty: impl FnOnce(FaultProxy) -> FaultProxy) -> Finished {
    converse_with(&[], faulty)
}

/// The same with more options.
fn converse_with(options: &[&str], faulty: impl FnOnce(FaultProxy) -> FaultProxy) -> Finished {
    let [text, begun, ping, empty, rest, binary, close] =
        <[_; 7]>::try_from(frames()).expect("seven frames");
    let mut peer = Peer::ws()
        .expect_text("hello")
        .frame(text.0)
        .frame(begun.0)
        .frame(ping.0)
        .expect_pong("still there?")
        .frame(empty.0)
        .frame(rest.0)
        .frame(binary.0)
        .frame(close.0)
        .start();
    let url = faulty(FaultProxy::to(peer.addr())).start();
    let finished = Wsline::new()
        .args([&url, "-H", KEY, "-A", "tests", "--compress", "off"])
        .args(["-d", "hello", "-w", "20s"])
        .args(options)
        .unjudged()
        .run();
    // The server sees the fault too, and its complaint about that says nothing of the program.
    let _ = peer.result();
    finished
}

/// Tries all of `places`, four at a time; a failure says at which one.
#[track_caller]
fn sweep(places: impl IntoIterator<Item = usize>, attempt: impl Fn(usize) + Sync) {
    let places: Vec<_> = places.into_iter().collect();
    let next = AtomicUsize::new(0);
    let failed = thread::scope(|scope| {
        let work = || {
            while let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                catch_unwind(AssertUnwindSafe(|| attempt(*place))).map_err(|why| (*place, why))?;
            }
            Ok(())
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        let results = threads
            .into_iter()
            .map(|one| one.join().expect("panics are caught"));
        results.collect::<Result<Vec<()>, _>>()
    });
    if let Err((place, why)) = failed {
        #[expect(clippy::print_stderr, reason = "shown with the failed test's output")]
        {
            eprintln!("note: the fault was after byte {place}");
        }
        resume_unwind(why);
    }
}

/// Checks what is the same wherever the fault was.
#[track_caller]
fn judge(finished: &Finished, place: usize, least: &str, codes: &[i32]) {
    let (out, err) = (&finished.stdout, String::from_utf8_lossy(&finished.stderr));
    let code = finished.code;
    assert!(
        codes.contains(&code),
        "{place}: {code}, not {codes:?}: {err}"
    );
    assert!(!err.contains("panicked"), "{place}: {err}");
    assert_eq!(err.is_empty(), code == 0, "{place}: {err}");
    let shown = out.escape_ascii();
    assert!(
        out.starts_with(least.as_bytes()),
        "{place}: \"{shown}\", not {least:?}"
    );
    assert!(whole().as_bytes().starts_with(out), "{place}: \"{shown}\"");
}

/// The exit codes that a fault after so many bytes of the server may have: before the upgrade 56;
/// then our message may not have left; then the Close is missing; and then there is nothing left
/// that a fault could spoil.
fn codes(place: usize) -> &'static [i32] {
    if place < HEAD.len() {
        &[56]
    } else if place == HEAD.len() {
        &[55, 106]
    } else if place < length() {
        &[106]
    } else {
        &[0]
    }
}

#[test]
fn conversation_without_faults() {
    let finished = converse(|proxy| proxy);
    judge(&finished, 0, &whole(), &[0]);
}

#[test]
fn single_bytes_give_the_same_conversation() {
    let finished = converse(FaultProxy::single_bytes);
    judge(&finished, 0, &whole(), &[0]);
}

#[test]
fn a_delay_anywhere_changes_nothing() {
    let delay = Fault::Delay(Duration::from_millis(20));
    for from in [From::Server, From::Client] {
        sweep((1..length()).step_by(29), |place| {
            let finished = converse(|proxy| proxy.after(from, place, delay));
            judge(&finished, place, &whole(), &[0]);
        });
    }
}

#[test]
fn a_cut_after_each_byte_of_the_server() {
    sweep(0..=length(), |place| {
        let finished = converse(|proxy| proxy.after(From::Server, place, Fault::Cut));
        judge(&finished, place, &complete(place), codes(place));
    });
}

/// What holds messages shows those that were whole, and nothing of the one that was cut.
#[test]
fn json_lines_have_complete_messages_after_a_cut() {
    sweep((HEAD.len()..=length()).step_by(4), |place| {
        let cut = |proxy: FaultProxy| proxy.after(From::Server, place, Fault::Cut);
        let finished = converse_with(&["--json"], cut);
        assert!(codes(place).contains(&finished.code), "{place}");
        let mut lines = Vec::new();
        for line in finished.stdout_text().lines() {
            let line: Value = serde_json::from_str(line).expect("each line is JSON");
            if line["dir"] == "in" && line["type"] == "text" {
                lines.push(line["data"].as_str().expect("text has data").to_owned());
            }
        }
        let complete = complete(place);
        let expected: Vec<_> = complete
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
            .collect();
        assert_eq!(lines, expected, "{place}");
    });
}

/// A reset takes away what the program has not read yet, so there is less to be certain of.
#[test]
fn a_reset_after_each_byte_of_the_server() {
    sweep(0..=length(), |place| {
        let finished = converse(|proxy| proxy.after(From::Server, place, Fault::Reset));
        let codes: &[i32] = match codes(place) {
            [0] => &[0, 106],
            [56] => &[56],
            _ => &[55, 56, 106],
        };
        judge(&finished, place, "", codes);
    });
}

/// The program's request, its message, its Pong and its Close; more than all of it in the end.
#[test]
fn a_cut_after_each_byte_of_the_client() {
    const MORE: usize = 300;
    sweep(0..=MORE, |place| {
        let finished = converse(|proxy| proxy.after(From::Client, place, Fault::Cut));
        let codes: &[i32] = match (place, finished.stdout.is_empty()) {
            (MORE, _) => &[0],
            (_, true) => &[55, 56, 106],
            (_, false) => &[0, 106],
        };
        judge(&finished, place, "", codes);
    });
}
