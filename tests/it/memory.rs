//! Memory where messages are held: as much as messages may have, whatever a server makes of its bytes.
//!
//! The address space is bounded too, so that what goes wrong here ends a test and not a machine.

use std::time::Duration;

use crate::compression::{compressed, Deflate, AGREED};
use crate::limits::MEMORY;
use crate::support::peer::TEXT;
use crate::support::program::BINARY;
use crate::support::skip::require;
use crate::support::{Gate, Peer, Stdout, Wsline};

/// The program with so much address space, in KiB. Its threads take some of it for themselves.
const SPACE: &str = "1500000";

/// Runs the program in an address space that has an end.
fn bounded() -> Wsline {
    let limited = "ulimit -v \"$1\"; shift; exec \"$0\" \"$@\"";
    Wsline::program("bash").args(["-c", limited, BINARY, SPACE])
}

/// The size of what is held, in bytes.
const SIZE: usize = 4 << 20;

/// Texts of JSON that make large trees, or take much of a stack.
fn json() -> [Vec<u8>; 5] {
    let repeated = |first: &str, unit: &str, last: &str| {
        let units = unit.repeat((SIZE - first.len() - last.len()) / unit.len());
        [first, &units, last].concat().into_bytes()
    };
    let deep = SIZE / 2;
    [
        repeated("[", "1,", "1]"),
        repeated("[", "{},", "[]]"),
        repeated("{", "\"a\":1,", "\"b\":2}"),
        repeated("[", "9", "]"),
        ["[".repeat(deep), "]".repeat(deep)].concat().into_bytes(),
    ]
}

#[test]
fn json_is_compared_without_a_tree() {
    require!("bash");
    for bytes in json() {
        let peer = Peer::ws()
            .accept_with_headers([AGREED])
            .frame(compressed(TEXT, Deflate::new(15).message(&bytes)))
            .send_text(r#"{"id":1,"zz":[1]}"#)
            .expect_close(1000, "")
            .start();
        bounded()
            .args([&peer.url(), "--expect-json", r#"{"zz":[1]}"#, "-w", "0"])
            .stdout_to(Stdout::File("/dev/null".into()))
            .run()
            .assert_memory_below(MEMORY + 3 * (SIZE as u64 >> 10));
    }
}

#[test]
fn value_is_captured_without_a_tree() {
    require!("bash");
    for bytes in json() {
        let text = [b"{\"many\":", &*bytes, b",\"token\":\"abc\"}"].concat();
        let peer = Peer::ws()
            .accept_with_headers([AGREED])
            .frame(compressed(TEXT, Deflate::new(15).message(&text)))
            .expect_text("abc")
            .expect_close(1000, "")
            .start();
        bounded()
            .args(["test", "talk.ws", "--url", &peer.url()])
            .file("talk.ws", "< json {}\ncapture TOKEN /token\n> ${TOKEN}\n")
            .stdout_matches("ok    talk.ws  (3 statements, [..] s)\n1 passed [..]\n")
            .run()
            .assert_memory_below(MEMORY + 3 * (SIZE as u64 >> 10));
    }
}

#[test]
fn lines_are_compared_without_a_list() {
    require!("bash");
    let text = "\n".repeat(SIZE);
    let peer = Peer::ws()
        .accept_with_headers([AGREED])
        .frame(compressed(TEXT, Deflate::new(15).message(text.as_bytes())))
        .expect_close(1000, "")
        .start();
    bounded()
        .args(["test", "talk.ws", "--url", &peer.url()])
        .file("talk.ws", "strict\n< \"a\\nb\"\n")
        .stdout_matches(format!(
            "FAIL  talk.ws  ([..] s)\n...\n    … and {} more lines\n...\n",
            SIZE - 37
        ))
        .code(4)
        .run()
        .assert_memory_below(MEMORY + 3 * (SIZE as u64 >> 10));
}

/// How many control characters are in a message: escaped, each takes six bytes.
const CONTROLS: usize = SIZE / 2;

/// Large messages that come together: the first is being written when the second is there.
fn two_large_messages() -> Peer {
    let mut deflate = Deflate::new(15);
    let mut message = || compressed(TEXT, deflate.message(&[1].repeat(CONTROLS)));
    Peer::ws()
        .accept_with_headers([AGREED])
        .frame(message())
        .frame(message())
        .expect_close(1000, "")
}

/// How often a control character stands in a text of JSON.
fn escapes(bytes: &[u8]) -> usize {
    memchr::memmem::find_iter(bytes, b"\\u0001").count()
}

#[test]
fn large_messages_are_printed_as_json_in_pieces() {
    require!("bash");
    let peer = two_large_messages().start();
    let program = bounded();
    let path = program.home().work().join("out");
    let finished = program
        .args([&peer.url(), "-n", "2", "--json"])
        .stdout_to(Stdout::File(path.clone()))
        .run();
    finished.assert_memory_below(MEMORY + 3 * (CONTROLS as u64 >> 10));
    let lines = std::fs::read(path).expect("it was written");
    let size = format!(",\"size\":{CONTROLS}}}\n");
    assert_eq!(memchr::memmem::find_iter(&lines, &size).count(), 2);
    assert_eq!(escapes(&lines), 2 * CONTROLS);
}

#[test]
fn large_messages_are_recorded_in_pieces() {
    require!("bash");
    for name in ["talk.har", "talk.ws", "talk.jsonl"] {
        let peer = two_large_messages().start();
        let program = bounded();
        let path = program.home().work().join(name);
        let finished = program
            .args([&peer.url(), "-n", "2", "--record", name])
            .stdout_to(Stdout::File("/dev/null".into()))
            .run();
        finished.assert_memory_below(MEMORY + 3 * (CONTROLS as u64 >> 10));
        let record = std::fs::read(path).expect("it was written");
        assert_eq!(escapes(&record), 2 * CONTROLS, "{name}");
    }
}

/// A message is held once, however many hold it: what prints it, what records it, and what expects.
#[test]
fn large_message_is_held_once() {
    const LARGE: usize = 12 << 20;
    const LONG: Duration = Duration::from_mins(1);
    require!("bash");
    let list = ["[", &"1,".repeat(LARGE / 2 - 1), "1]"].concat();
    for name in ["talk.har", "talk.ws", "talk.jsonl"] {
        let mut deflate = Deflate::new(15);
        let mut peer = Peer::ws().accept_with_headers([AGREED]);
        for _ in 0..3 {
            peer = peer.frame(compressed(TEXT, deflate.message(list.as_bytes())));
        }
        let peer = peer
            .send_text(r#"{"zz":[1]}"#)
            .expect_close(1000, "")
            .within(LONG)
            .start();
        let program = bounded();
        let path = program.home().work().join(name);
        let finished = program
            .args([&peer.url(), "--json", "--record", name, "-w", "0"])
            .args(["--expect-json", r#"{"zz":[1]}"#, "--within", "60s"])
            .stdout_to(Stdout::File("/dev/null".into()))
            .within(LONG)
            .run();
        finished.assert_memory_below(MEMORY + 3 * (LARGE as u64 >> 10));
        let record = std::fs::read(path).expect("it was written");
        assert_eq!(
            memchr::memmem::find_iter(&record, &list).count(),
            3,
            "{name}"
        );
    }
}

/// What a read is inflated to waits as it came, not as it is printed.
#[test]
fn slow_reader_bounds_inflated_messages() {
    const COUNT: usize = 4;
    require!("bash");
    for options in [&["--json"][..], &[]] {
        let sent = Gate::new();
        let mut deflate = Deflate::new(15);
        let mut peer = Peer::ws().accept_with_headers([AGREED]);
        for _ in 0..COUNT {
            peer = peer.frame(compressed(TEXT, deflate.message(&[1].repeat(CONTROLS))));
        }
        let peer = peer.open(&sent).expect_close(1000, "").start();
        let program = bounded()
            .args([&peer.url(), "-n", &COUNT.to_string()])
            .args(options)
            .stdout_to(Stdout::Held)
            .unjudged()
            .spawn();
        sent.wait();
        program.read_stdout();
        let finished = program.wait();
        finished.assert_memory_below(MEMORY + 3 * (CONTROLS as u64 >> 10));
        let bytes = match options {
            [] => memchr::memchr_iter(1, &finished.stdout).count(),
            _ => escapes(&finished.stdout),
        };
        assert_eq!((bytes, finished.code), (COUNT * CONTROLS, 0), "{options:?}");
    }
}

/// What is kept for an expectation whose turn has not come counts also where it is empty.
#[test]
fn waiting_empty_messages_are_bounded() {
    const LONG: Duration = Duration::from_mins(1);
    require!("bash");
    let sent = Gate::new();
    let frames = [0x81, 0].repeat(10_000);
    let peer = Peer::ws()
        .wait_for(&sent)
        .send_text("go")
        .expect_close(1000, "")
        .within(LONG)
        .then(
            Peer::ws()
                .raw_repeated(frames, 200)
                .ping("last")
                // All of it has come.
                .expect_pong("last")
                .open(&sent)
                .expect_close(1000, "")
                .within(LONG),
        )
        .start();
    bounded()
        .args(["test", "talk.ws", "--url", &peer.url()])
        .file("talk.ws", "within 60s\n@alice < go\n@bob < ping last\n")
        .stdout_matches("ok    talk.ws  (2 statements, [..] s)\n1 passed [..]\n")
        .within(LONG)
        .run()
        .assert_memory_below(MEMORY + (64 << 10));
}

/// The compressor of a connection takes several hundred KiB, and not before there is something to
/// compress.
#[test]
fn many_connections_that_only_receive_take_little() {
    const COUNT: usize = 64;
    let hello = || {
        Peer::ws()
            .accept_with_headers([AGREED])
            .frame(compressed(TEXT, Deflate::new(15).message(b"hello")))
            .expect_close(1000, "")
    };
    let peer = (1..COUNT)
        .fold(hello(), |peers, _| peers.then(hello()))
        .start();
    let file = format!("repeat {COUNT} as N\n  @c${{N}} open ${{URL}}\n@* < hello\n");
    Wsline::new()
        .args(["test", "talk.ws", "--var", &format!("URL={}", peer.url())])
        .file("talk.ws", &file)
        .stdout_matches("ok    talk.ws  (128 statements, [..] s)\n1 passed [..]\n")
        .run()
        .assert_memory_below(MEMORY + (10 << 10));
}
