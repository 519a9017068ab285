//! The standard streams, which belong to others too: readers that go away, outputs that can't be
//! written, flags that stay as they were.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;

use nix::fcntl::{fcntl, FcntlArg};

use crate::limits::MEMORY;
use crate::support::program::{command, BINARY as WSLINE};
use crate::support::{require, Gate, Peer, Stdout, Wsline};

#[test]
fn closed_stdout_ends_the_run_without_an_error() {
    let peer = Peer::ws().send_text("first").expect_close(1001, "").start();
    let mut program = Wsline::new().arg(peer.url()).stdout("first\n").spawn();
    assert_eq!(program.read_line(), "first");
    // Nothing more is written: that the reader has gone is seen all the same.
    program.close_stdout();
    program.wait();
}

#[test]
fn closed_stdout_socket_ends_the_run_without_an_error() {
    let (mut ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    let peer = Peer::ws().send_text("first").expect_close(1001, "").start();
    let mut child = command()
        .args([&peer.url(), "-m", "20"])
        .stdin(Stdio::null())
        .stdout(OwnedFd::from(theirs))
        .spawn()
        .expect("the program starts");
    let mut line = [0; 6];
    ours.read_exact(&mut line).expect("the message");
    assert_eq!(&line, b"first\n");
    drop(ours);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn stdout_closed_before_the_start_is_not_an_error() {
    // It accepts connections, and never says anything.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    Wsline::new()
        .arg(format!("ws://{address}/"))
        .stdout_to(Stdout::Gone)
        .run();
}

#[test]
fn full_disk_is_an_error() {
    let peer = Peer::ws().send_text("first").expect_close(1001, "").start();
    Wsline::new()
        .arg(peer.url())
        .stdout_to(Stdout::File(PathBuf::from("/dev/full")))
        .stderr_matches(
            "wsline: could not write to standard output: No space left on device\n\
             closed by us: 1001 (going away) after [..] s, sent 0, received 1\n",
        )
        .code(23)
        .run();
}

/// A file that may not grow past some size stands for a full disk. More memory than a gigabyte is
/// not to be had.
#[test]
fn full_disk_needs_constant_memory() {
    require!("bash");
    let lines = "a line\n".repeat(50_000);
    let objects = "{\"type\":\"text\",\"data\":\"a line\"}\n".repeat(50_000);
    let limited = "trap '' XFSZ; ulimit -f 8; ulimit -v 1048576; exec \"$0\" \"$@\" >talk";
    for (option, input) in [("-w0", lines), ("--json", objects)] {
        let peer = Peer::ws().echo_all().start();
        Wsline::program("bash")
            .args(["-c", limited, WSLINE, &peer.url(), option])
            .stdin(input)
            .stderr_matches(
                "wsline: could not write to standard output: File too large\n\
                 closed by us: 1001 (going away) after [..]\n",
            )
            .code(23)
            .run()
            .assert_memory_below(2 * MEMORY);
    }
}

#[test]
fn unread_stderr_does_not_end_the_run() {
    for stderr in ["/dev/full", "&-"] {
        for option in ["-v", "--timing"] {
            let peer = Peer::ws().echo(1).expect_close(1000, "").start();
            let call = format!("\"$0\" \"$1\" {option} -d hello -1 2>{stderr}");
            Wsline::program("sh")
                .args(["-c", &call, WSLINE, &peer.url()])
                .stdout("hello\n")
                .run();
        }
    }
}

#[test]
fn closed_stderr_does_not_end_the_run() {
    let gone = Gate::new();
    let peer = Peer::ws()
        .expect_text("hello")
        .wait_for(&gone)
        .send_text("hello")
        .expect_close(1000, "")
        .start();
    let (reader, stderr) = std::io::pipe().expect("a pipe");
    let mut child = command()
        .args([&peer.url(), "--timing", "-d", "hello", "-1", "-m", "20"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .expect("the program starts");
    drop(reader);
    gone.open();
    let mut shown = String::new();
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_to_string(&mut shown).expect("the message");
    assert_eq!(shown, "hello\n");
    assert!(child.wait().expect("it ends").success());
}

/// Gives a run these and looks at their flags, which belong to all who have them open, while it
/// goes on and after it.
fn flags_stay(stdin: impl AsFd, stdout: impl AsFd) {
    let (stdin, stdout) = (stdin.as_fd(), stdout.as_fd());
    let flags =
        || [stdin, stdout].map(|fd| fcntl(fd, FcntlArg::F_GETFL).expect("a descriptor has flags"));
    let before = flags();
    let (begun, seen) = (Gate::new(), Gate::new());
    let peer = Peer::ws()
        .expect_text("a")
        .send_text("b")
        .open(&begun)
        .wait_for(&seen)
        .expect_close(1000, "")
        .start();
    let copy = |fd: BorrowedFd<'_>| Stdio::from(fd.try_clone_to_owned().expect("a copy"));
    let mut child = command()
        .args([&peer.url(), "-1", "-w", "0", "-m", "20"])
        .stdin(copy(stdin))
        .stdout(copy(stdout))
        .spawn()
        .expect("the program starts");
    begun.wait();
    assert_eq!(before, flags());
    seen.open();
    let status = child.wait().expect("it ends");
    assert!(status.success(), "{status}");
    assert_eq!(before, flags());
}

#[test]
fn stdin_and_stdout_keep_their_flags() {
    let (stdin, mut input) = std::io::pipe().expect("a pipe");
    let (_output, stdout) = std::io::pipe().expect("a pipe");
    input.write_all(b"a\n").expect("room in the pipe");
    flags_stay(stdin, stdout);
    let (both, mut ours) = UnixStream::pair().expect("a pair of sockets");
    ours.write_all(b"a\n").expect("room in the socket");
    flags_stay(&both, &both);
}
