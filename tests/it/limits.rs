//! Much and slow: a million lines, messages that no memory should hold, sides that don't read,
//! and time limits.

use std::fmt::Write as _;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::peer::{LengthForm, BINARY, TEXT};
use crate::support::program::Running;
use crate::support::{Cert, Frame, Gate, Peer, Stdin, Stdout, Wsline};

/// The most memory that a pipe takes, whatever passes through it, in KiB. Most of it is the code of a
/// debug build, as far as it is in use.
pub const MEMORY: u64 = if cfg!(debug_assertions) { 28 } else { 16 } * 1024;
/// A limit for what takes long in a debug build on a machine with other things to do.
const LONG: Duration = Duration::from_mins(10);

/// `wsline echo` and its address; ended when dropped.
fn echo_server(limit: Duration) -> (Running, String) {
    let mut server = Wsline::new()
        .args(["echo", "127.0.0.1:0"])
        .within(limit)
        .spawn();
    let line = server.read_line();
    let url = line.strip_prefix("listening on ").expect("an address");
    (server, url.to_owned())
}

// Much.

fn numbers_come_back(count: u32, limit: Duration) {
    let (_server, url) = echo_server(limit);
    let mut lines = String::new();
    for number in 1..=count {
        writeln!(lines, "{number}").expect("a String takes any text");
    }
    Wsline::new()
        .args([&url, "-w", "0"])
        .stdin(lines.as_str())
        .stdout(lines)
        .within(limit)
        .run()
        .assert_memory_below(MEMORY);
}

#[test]
fn many_lines_are_echoed_in_order() {
    numbers_come_back(50_000, Duration::from_mins(1));
}

#[test]
#[ignore = "moves a million messages each way"]
fn a_million_lines_are_echoed_in_order() {
    numbers_come_back(1_000_000, LONG);
}

fn kilobytes_come_back(count: usize, limit: Duration) {
    let (_server, url) = echo_server(limit);
    let mut lines = String::new();
    for number in 0..count {
        writeln!(lines, "{number:01023}").expect("a String takes any text");
    }
    Wsline::new()
        .args([&url, "-w", "0"])
        .stdin(lines.as_str())
        .stdout(lines)
        .within(limit)
        .run()
        .assert_memory_below(MEMORY);
}

#[test]
fn megabytes_of_lines_do_not_deadlock() {
    // More than all the buffers between the two sides hold.
    kilobytes_come_back(20_000, Duration::from_mins(1));
}

#[test]
fn megabytes_of_bytes_are_echoed_over_tls() {
    let (cert, _) = Cert::for_localhost();
    let mut server = Wsline::new()
        .args(["echo", "127.0.0.1:0", "--tls", "--cert"])
        .args([cert.path().as_os_str(), "--key".as_ref()])
        .arg(cert.key_path())
        .spawn();
    let line = server.read_line();
    let url = line.strip_prefix("listening on ").expect("an address");
    let bytes: Vec<u8> = (0..=250).cycle().take(10_000_000).collect();
    Wsline::new()
        .args([url, "-k", "-b", "-w", "0", "-q"])
        .stdin(bytes.clone())
        .stdout_bytes(bytes)
        .run()
        .assert_memory_below(2 * MEMORY);
}

#[test]
#[ignore = "moves 200 MB"]
fn a_hundred_megabytes_of_lines_do_not_deadlock() {
    kilobytes_come_back(100_000, LONG);
}

/// One binary message of `blocks` times 64 KiB, to a file.
fn a_huge_message_passes(blocks: u64, limit: Duration) {
    let block: Vec<u8> = (0..=255).cycle().take(64 * 1024).collect();
    let head = Frame::new(BINARY, "").head(LengthForm::SixtyFour, blocks << 16);
    let peer = Peer::ws()
        .raw(head)
        .raw_repeated(&block, usize::try_from(blocks).expect("not so many"))
        .expect_close(1000, "")
        .within(limit)
        .start();
    let program = Wsline::new();
    let path = program.home().work().join("out");
    let finished = program
        .args([&peer.url(), "-1"])
        .stdout_to(Stdout::File(path.clone()))
        .within(limit)
        .run();
    finished.assert_memory_below(MEMORY);
    let got = std::fs::read(&path).expect("the file is there");
    assert_eq!(got.len() as u64, blocks << 16);
    assert!(got.chunks(block.len()).all(|chunk| chunk == block));
}

#[test]
fn message_larger_than_the_memory_limit_is_echoed() {
    a_huge_message_passes(512, Duration::from_mins(1));
}

#[test]
#[ignore = "moves 200 MB"]
fn message_of_two_hundred_megabytes_is_echoed() {
    a_huge_message_passes(3200, LONG);
}

#[test]
fn held_messages_have_a_size_limit() {
    let head = Frame::new(BINARY, "").head(LengthForm::SixtyFour, (64 << 20) + 1);
    let peer = Peer::ws().raw(head).expect_close_any().start();
    Wsline::new()
        .args([&peer.url(), "--json", "-q"])
        .stdout_matches("...")
        .code(109)
        .run();
}

#[test]
fn huge_announced_frame_needs_no_memory() {
    let head = Frame::new(BINARY, "").head(LengthForm::SixtyFour, 1 << 62);
    let peer = Peer::ws().raw(head).raw("abc").drop_tcp().start();
    Wsline::new()
        .args([&peer.url(), "-q"])
        .stdout("abc")
        .code(106)
        .run()
        .assert_memory_below(MEMORY);
}

// Slow.

#[test]
fn server_that_does_not_read_needs_constant_memory() {
    let peer = Peer::ws().deaf().start();
    Wsline::new()
        .args([&peer.url(), "-m", "1500ms", "--close-timeout", "200ms"])
        .stdin(Stdin::written(|pipe| {
            let line = "x".repeat(1023) + "\n";
            (0..50_000).try_for_each(|_| pipe.write_all(line.as_bytes()))
        }))
        .stderr_matches(
            "wsline: timed out after 1.5 s (--max-time) while the connection was open\n\
             closed by us: 1001 (going away), not answered by the server, after [..] s, [..]\n",
        )
        .code(28)
        .run()
        .assert_memory_below(MEMORY);
}

/// More than all buffers between the two sides and the memory allowed hold together.
const FLOOD: usize = 40_000;

fn kilobyte() -> Vec<u8> {
    Frame::new(TEXT, "y".repeat(1000)).encode()
}

#[test]
fn slow_reader_stops_the_server_and_loses_nothing() {
    let (cert, _) = Cert::for_localhost();
    // OpenSSL holds every certificate that the system trusts.
    let with_tls = (Peer::ws().tls(&cert), 2 * MEMORY);
    for (peer, memory) in [(Peer::ws(), MEMORY), with_tls] {
        let begun = Gate::new();
        let peer = peer
            .raw_repeated(kilobyte(), 300)
            .open(&begun)
            .raw_repeated(kilobyte(), FLOOD / 2)
            .expect_close(1000, "")
            .start();
        let program = Wsline::new()
            .args([&peer.url_as("localhost"), "-k", "-w", "100ms"])
            // The wait is for the server: no time passes while nobody reads.
            .stdin("")
            .stdout_to(Stdout::Held)
            .stdout(("y".repeat(1000) + "\n").repeat(300 + FLOOD / 2))
            .within(Duration::from_mins(1))
            .spawn();
        begun.wait();
        program.read_stdout();
        program.wait().assert_memory_below(memory);
    }
}

#[test]
fn max_time_applies_with_a_slow_reader() {
    let mut peer = Peer::ws().raw_repeated(kilobyte(), FLOOD).start();
    Wsline::new()
        .args([&peer.url(), "-m", "1", "--close-timeout", "200ms"])
        .stdout_to(Stdout::Held)
        .stdout_matches("...")
        .stderr_matches(
            "wsline: timed out after 1 s (--max-time) while the connection was open\n\
             closed by us: 1001 (going away), not answered by the server, after [..] s, [..]\n",
        )
        .code(28)
        .run()
        .assert_memory_below(MEMORY);
    assert!(peer.result().is_err(), "the client left in the middle");
}

#[test]
fn signal_ends_the_run_with_a_slow_reader() {
    let begun = Gate::new();
    let mut peer = Peer::ws()
        .raw_repeated(kilobyte(), 300)
        .open(&begun)
        .raw_repeated(kilobyte(), FLOOD)
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "--close-timeout", "200ms", "-q"])
        .stdout_to(Stdout::Held)
        .stdout_matches("...")
        .stderr("wsline: terminated\n")
        .code(143)
        .spawn();
    begun.wait();
    program.signal(Signal::SIGTERM);
    program.wait();
    assert!(peer.result().is_err(), "the client left in the middle");
}

#[test]
fn signal_ends_the_wait_for_the_reader() {
    let closed = Gate::new();
    let peer = Peer::ws()
        // More than the largest pipe holds.
        .send_text("z".repeat(1_200_000))
        .close(1000, "")
        .expect_close(1000, "")
        .open(&closed)
        .start();
    let program = Wsline::new()
        .args([&peer.url(), "--close-timeout", "200ms", "-q"])
        .stdout_to(Stdout::Held)
        .stdout_matches("[..]")
        .stderr("wsline: interrupted\n")
        .code(130)
        .spawn();
    closed.wait();
    program.signal(Signal::SIGINT);
    program.wait();
}

#[test]
fn pings_are_answered_with_a_slow_reader() {
    // It fills the pipe and not the buffer behind it.
    let text = "z".repeat(100_000);
    let answered = Gate::new();
    let peer = Peer::ws()
        .send_text(&text)
        .ping("still there?")
        .expect_pong("still there?")
        .open(&answered)
        .close(1000, "")
        .start();
    let program = Wsline::new()
        .arg(peer.url())
        .stdout_to(Stdout::Held)
        .stdout(format!("{text}\n"))
        .spawn();
    answered.wait();
    program.read_stdout();
    program.wait();
}

// Time limits.

#[test]
fn timeout_names_the_phase() {
    let peer = Peer::silent().start();
    Wsline::new()
        .args([&peer.url(), "-m", "300ms"])
        .stderr(
            "wsline: timed out after 0.3 s (--max-time) while waiting for the upgrade \
                 response\n",
        )
        .code(28)
        .run();
    let peer = Peer::silent().start();
    Wsline::new()
        .args([&peer.url(), "--connect-timeout", "300ms"])
        .stderr_matches(
            "wsline: timed out after 0.3 s (--connect-timeout) while waiting for the upgrade \
             response\n...",
        )
        .code(28)
        .run();
    let peer = Peer::silent().start();
    Wsline::new()
        .args([&peer.url().replace("ws:", "wss:"), "-m", "300ms"])
        .stderr("wsline: timed out after 0.3 s (--max-time) while setting up TLS\n")
        .code(28)
        .run();
}

#[test]
fn max_time_closes_an_open_connection() {
    let peer = Peer::ws().echo(1).expect_close(1001, "").start();
    Wsline::new()
        .args([&peer.url(), "-m", "1", "-w", "forever"])
        .stdin("a\n")
        .stdout("a\n")
        .stderr_matches(
            "wsline: timed out after 1 s (--max-time) while the connection was open\n\
             closed by us: 1001 (going away) after [..] s, sent 1, received 1\n",
        )
        .code(28)
        .run();
}
