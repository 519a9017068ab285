//! SIGINT, SIGTERM and SIGHUP: an orderly end, an end at once, and an end before the beginning.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::{Gate, Peer, Stdin, Wsline};

const ALL: [(Signal, i32, &str); 3] = [
    (Signal::SIGINT, 130, "interrupted"),
    (Signal::SIGTERM, 143, "terminated"),
    (Signal::SIGHUP, 129, "ended by SIGHUP"),
];

#[test]
fn first_signal_closes_the_connection() {
    for (signal, exit, said) in ALL {
        let peer = Peer::ws().send_text("open").expect_close(1001, "").start();
        let mut program = Wsline::new()
            .arg(peer.url())
            .stdin(Stdin::Open)
            .stdout("open\n")
            .stderr_matches(format!(
                "wsline: {said}\n\
                 closed by us: 1001 (going away) after [..] s, sent 0, received 1\n"
            ))
            .code(exit)
            .spawn();
        assert_eq!(program.read_line(), "open");
        program.signal(signal);
        program.wait();
    }
}

#[test]
fn messages_before_the_close_reply_are_printed() {
    let peer = Peer::ws()
        .send_text("open")
        .expect_close(1001, "")
        .send_text("still here")
        .start();
    let mut program = Wsline::new()
        .args([&peer.url(), "-q"])
        .stdout("open\nstill here\n")
        .stderr("wsline: interrupted\n")
        .code(130)
        .spawn();
    assert_eq!(program.read_line(), "open");
    program.signal(Signal::SIGINT);
    program.wait();
}

#[test]
fn close_reply_is_waited_for_one_second() {
    let peer = Peer::ws().send_text("open").stall().start();
    let mut program = Wsline::new()
        .arg(peer.url())
        .stdout("open\n")
        .stderr_matches(
            "wsline: interrupted\n\
             closed by us: 1001 (going away), not answered by the server, after [..] s, [..]\n",
        )
        .code(130)
        .spawn();
    assert_eq!(program.read_line(), "open");
    let sent = Instant::now();
    program.signal(Signal::SIGINT);
    program.wait();
    assert!(sent.elapsed() >= Duration::from_millis(950));
}

#[test]
fn second_signal_ends_at_once() {
    let closing = Gate::new();
    let peer = Peer::ws()
        .send_text("open")
        .expect_close(1001, "")
        .open(&closing)
        .stall()
        .start();
    let mut program = Wsline::new()
        // Without the second signal it would wait for longer than the test allows.
        .args([&peer.url(), "--close-timeout", "60"])
        .stdout("open\n")
        .stderr_matches("wsline: interrupted\nclosed by us: 1001 (going away), not answered[..]\n")
        .code(130)
        .spawn();
    assert_eq!(program.read_line(), "open");
    program.signal(Signal::SIGINT);
    closing.wait();
    program.signal(Signal::SIGTERM);
    program.wait();
}

/// As those of a service manager that ends a service and its terminal.
#[test]
fn signals_that_arrive_together_count_as_one() {
    let peer = Peer::ws().send_text("open").expect_close(1001, "").start();
    let mut program = Wsline::new()
        .arg(peer.url())
        .stdin(Stdin::Open)
        .stdout("open\n")
        .stderr_matches("wsline: ended by SIGHUP\nclosed by us: 1001 (going away) after [..]\n")
        .code(129)
        .spawn();
    assert_eq!(program.read_line(), "open");
    program.signal(Signal::SIGSTOP);
    program.signal(Signal::SIGHUP);
    program.signal(Signal::SIGTERM);
    program.signal(Signal::SIGCONT);
    program.wait();
}

/// A terminal that is closed sends it more than once.
#[test]
fn second_sighup_does_not_cut_the_closing_handshake() {
    let closing = Gate::new();
    let again = Gate::new();
    let peer = Peer::ws()
        .send_text("open")
        .expect_close(1001, "")
        .open(&closing)
        .wait_for(&again)
        .send_text("still here")
        .start();
    let mut program = Wsline::new()
        .args([&peer.url(), "-q", "--close-timeout", "60"])
        .stdout("open\nstill here\n")
        .stderr("wsline: ended by SIGHUP\n")
        .code(129)
        .spawn();
    assert_eq!(program.read_line(), "open");
    program.signal(Signal::SIGHUP);
    closing.wait();
    program.signal(Signal::SIGHUP);
    again.open();
    program.wait();
}

#[test]
fn signal_while_connecting_ends_at_once() {
    for (signal, exit, said) in ALL {
        let peer = Peer::silent().start();
        let mut program = Wsline::new()
            .args([&peer.url(), "-v"])
            .stderr_matches(format!("...\nwsline: {said}\n"))
            .code(exit)
            .spawn();
        program.wait_for_stderr("sent the upgrade request");
        program.signal(signal);
        program.wait();
    }
}

#[test]
fn signal_ends_the_run_while_sending() {
    let peer = Peer::ws().send_text("open").deaf().start();
    let mut program = Wsline::new()
        .args([&peer.url(), "-q"])
        .stdin(Stdin::written(|pipe| {
            let block = vec![b'x'; 1 << 16];
            (0..1000).try_for_each(|_| pipe.write_all(&block))
        }))
        .stdout("open\n")
        .stderr("wsline: terminated\n")
        .code(143)
        .spawn();
    assert_eq!(program.read_line(), "open");
    program.signal(Signal::SIGTERM);
    program.wait();
}

#[test]
fn ignored_signals_stay_ignored() {
    let peer = Peer::ws().echo(1).expect_close(1000, "").start();
    let mut program = Wsline::program("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" \"$1\" -w 0"])
        .args([crate::support::program::BINARY, &peer.url()])
        .stdin(Stdin::Open)
        .stdout("a\n")
        .spawn();
    program.write_line("a");
    assert_eq!(program.read_line(), "a");
    program.signal(Signal::SIGHUP);
    program.close_stdin();
    program.wait();
}
