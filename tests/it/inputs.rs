//! Small files that are read by name: what is read, what is refused, and what is not waited for.

use std::fs::OpenOptions;
use std::io::Write as _;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::program::BINARY;
use crate::support::{require, Cert, Peer, Wsline};

const DEVICE: &str = "it is a device, not a regular file";
const PIPE: &str = "it is a pipe, not a regular file";

/// A server that never answers would show if one of these began to connect.
const NOWHERE: &str = "ws://127.0.0.1:1/";

/// The program, called by bash with process substitutions in `words`; `$1` and so on are `args`.
fn in_bash(words: &str, args: &[&str]) -> Wsline {
    Wsline::program("bash")
        .args(["-c", &format!("exec \"$0\" {words}"), BINARY])
        .args(args)
}

#[test]
fn endless_files_are_not_read() {
    for (option, name) in [
        ("-H", "--header"),
        ("-u", "--user"),
        ("-U", "--proxy-user"),
        ("--bearer", "--bearer"),
        ("--pass", "--pass"),
    ] {
        for (file, cause) in [
            ("/dev/zero", DEVICE),
            ("/", "it is a directory"),
            ("large", "it is larger than 64 KiB"),
        ] {
            Wsline::new()
                .file("large", "x".repeat((64 << 10) + 1))
                .args([NOWHERE, "--cert", "c", option, &format!("@{file}")])
                .stderr(format!(
                    "wsline: invalid value for {name}: could not read \"{file}\": {cause}\n"
                ))
                .code(2)
                .run();
        }
    }
}

#[test]
fn endless_certificates_are_not_read() {
    let peer = Peer::tcp().stall().connections(2).start();
    let url = format!("wss://127.0.0.1:{}/", peer.port());
    Wsline::new()
        .args([&url, "--cacert", "/dev/zero"])
        .stderr(format!(
            "wsline: could not load CA certificates from /dev/zero: {DEVICE}\n"
        ))
        .code(77)
        .run();
    for args in [
        &[&url, "--cert", "/dev/zero"][..],
        &["echo", "0", "--tls", "--cert", "/dev/zero"],
    ] {
        Wsline::new()
            .args(args)
            .stderr(format!(
                "wsline: could not load the certificate or key from /dev/zero: {DEVICE}\n\
                 hint: give the path of a file that can be read\n"
            ))
            .code(58)
            .run();
    }
}

#[test]
fn endless_session_files_are_not_read() {
    let bad = |name: &str, cause: &str| {
        Wsline::new()
            .args(["test", name])
            .stdout_matches(format!(
                "error {name}\n  {name}: could not read the file: {cause}\n0 passed, 1 error in [..] s\n"
            ))
            .code(2)
    };
    bad("/dev/zero", DEVICE).run();
    let large = bad("large.har", "it is larger than 1 GiB").file("large.har", "");
    let path = large.home().work().join("large.har");
    let file = OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.set_len((1 << 30) + 1))
        .expect("a file with a hole");
    large.run();
    // Nobody writes to it, and a folder may hold anything.
    let program = Wsline::new()
        .args(["test", "."])
        .stdout_matches(format!(
            "error pipe.ws\n  pipe.ws: could not read the file: {PIPE}\n0 passed, 1 error in [..] s\n"
        ))
        .code(2);
    let pipe = program.home().work().join("pipe.ws");
    mkfifo(&pipe, Mode::from_bits_truncate(0o600)).expect("a pipe can be made");
    program.run();
}

#[test]
fn session_files_can_only_name_regular_files() {
    for (statement, place, says) in [
        ("> file @%", ":2:8", "could not read %: "),
        ("< file @%", ":2:8", "could not read %: "),
        (
            "option -H @%",
            ":2",
            "invalid value for --header: could not read \"%\": ",
        ),
        (
            "option --bearer @%",
            ":2",
            "invalid value for --bearer: could not read \"%\": ",
        ),
    ] {
        for (file, cause) in [("/dev/zero", DEVICE), ("pipe", PIPE)] {
            let statement = statement.replace('%', file);
            let says = says.replace('%', file);
            let program = Wsline::new()
                .file("a.ws", format!("url {NOWHERE}\n{statement}\n> x\n"))
                .args(["test", "a.ws"])
                .stdout_matches(format!(
                    "error a.ws\n  a.ws{place}: {says}{cause}\n    {statement}\n...\n\
                     0 passed, 1 error in [..] s\n"
                ))
                .code(2);
            // Nobody writes to it.
            let pipe = program.home().work().join("pipe");
            mkfifo(&pipe, Mode::from_bits_truncate(0o600)).expect("a pipe can be made");
            program.run();
        }
    }
}

#[test]
fn command_line_may_name_pipes() {
    require!("bash");
    let peer = Peer::ws()
        .expect_header("X-One", "1")
        .expect_header("Authorization", "Bearer t0ken")
        .expect_text("all of it")
        .close(1000, "")
        .start();
    in_bash(
        "\"$1\" -H @<(echo 'X-One: 1') --bearer @<(echo t0ken) -d @<(echo 'all of it')",
        &[&peer.url()],
    )
    .run();
    in_bash("demo -H @<(printf 'X-A: b\\n') -d x -1 -v", &[])
        .stdout("x\n")
        .stderr_matches("...\n> X-A: b\n...")
        .run();
    let peer = Peer::ws()
        .expect_header("Authorization", "Basic YTpi")
        .close(1000, "")
        .start();
    in_bash("\"$1\" -u @<(printf 'a:b')", &[&peer.url()]).run();
}

#[test]
fn pipe_is_read_once_for_all_connections_of_a_test() {
    require!("bash");
    let peer = Peer::ws()
        .expect_header("Authorization", "Bearer tok")
        .expect_text("x")
        .expect_close_any()
        .connections(2)
        .start();
    in_bash("test t.ws -- --bearer @<(printf tok)", &[])
        .file("t.ws", format!("url {}\n@a > x\n@b > x\n", peer.url()))
        .stdout_matches("ok    t.ws  (2 statements, [..] s)\n1 passed in [..] s\n")
        .run();
    let peer = Peer::ws()
        .expect_header("X-One", "1")
        .expect_text("x")
        .expect_close_any()
        .connections(3)
        .start();
    in_bash(
        "test <(printf 'url %s\\n> x\\n' \"$1\") a.ws a.ws -- -H @<(echo 'X-One: 1')",
        &[&peer.url()],
    )
    .file("a.ws", format!("url {}\n> x\n", peer.url()))
    .stdout_matches(
        "ok    /dev/fd/[..]  (1 statement, [..] s)\nok    a.ws  (1 statement, [..] s)\n\
         ok    a.ws  (1 statement, [..] s)\n3 passed in [..] s\n",
    )
    .run();
}

#[test]
fn pipe_is_read_once_for_all_handshakes() {
    require!("bash");
    let (cert, ca) = Cert::for_localhost();
    let end = Peer::ws().tls(&cert).close(1000, "").start();
    let url = end.url().replace("wss", "https");
    let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n");
    let start = Peer::http(redirect).tls(&cert).start();
    let ca = ca.path();
    in_bash(
        "-L \"$1\" --cacert <(cat \"$2\")",
        &[&start.url(), &ca.to_string_lossy()],
    )
    .run();
}

#[test]
fn a_signal_ends_the_wait_for_a_pipe() {
    for words in [
        &["-H", "@pipe", NOWHERE][..],
        &["-d", "@pipe", "--cacert", "pipe", "wss://127.0.0.1:1"],
        &["test", "pipe"],
        &["echo", "0", "--tls", "--cert", "pipe"],
    ] {
        let program = Wsline::new().args(words).unjudged();
        let pipe = program.home().work().join("pipe");
        mkfifo(&pipe, Mode::from_bits_truncate(0o600)).expect("a pipe can be made");
        let program = program.spawn();
        // This waits until the program waits for what comes.
        let writer = OpenOptions::new().write(true).open(&pipe);
        program.signal(Signal::SIGTERM);
        let finished = program.wait();
        assert_eq!(finished.code, 143, "{words:?}");
        assert_eq!(finished.stderr_text(), "", "{words:?}");
        drop(writer);
    }
}

#[test]
fn connect_timeout_includes_loading_certificates() {
    let peer = Peer::tcp().stall().start();
    let program = Wsline::new()
        .env("SSL_CERT_FILE", "pipe")
        .arg(format!("wss://127.0.0.1:{}/", peer.port()))
        .args(["--connect-timeout", "0.2"])
        .stderr("wsline: timed out after 0.2 s (--connect-timeout) while setting up TLS\n")
        .code(28);
    // The library waits for somebody who writes to it.
    let pipe = program.home().work().join("pipe");
    mkfifo(&pipe, Mode::from_bits_truncate(0o600)).expect("a pipe can be made");
    program.run();
}

#[test]
fn payloads_are_streamed_from_any_file() {
    let peer = Peer::ws()
        .expect_text("")
        .expect_binary("piped")
        .close(1000, "")
        .start();
    let program = Wsline::new().args([&peer.url(), "-d", "@/dev/null", "--data-binary", "@pipe"]);
    let pipe = program.home().work().join("pipe");
    mkfifo(&pipe, Mode::from_bits_truncate(0o600)).expect("a pipe can be made");
    let program = program.spawn();
    let writer = OpenOptions::new().write(true).open(&pipe);
    let mut writer = writer.expect("the program reads");
    writer.write_all(b"piped").expect("the program reads");
    drop(writer);
    program.wait();
}

#[test]
fn byte_order_mark_is_ignored() {
    let mark = "\u{feff}";
    let (cert, ca) = Cert::for_localhost();
    let peer = Peer::ws()
        .tls(&cert)
        .expect_header("X-One", "1")
        .expect_header("Authorization", "Bearer t0ken")
        // A payload goes as it is.
        .expect_text("\u{feff}text")
        .close(1000, "")
        .start();
    Wsline::new()
        .file("headers", format!("{mark}X-One: 1\r\n"))
        .file("token", format!("{mark}t0ken\r\n"))
        .file("ca.pem", format!("{mark}{}", ca.pem()))
        .file("text", format!("{mark}text"))
        .args([&peer.url(), "--cacert", "ca.pem", "-H", "@headers"])
        .args(["--bearer", "@token", "-d", "@text"])
        .run();
    let peer = Peer::ws()
        .expect_header("Authorization", "Basic YTpi")
        .expect_text("x")
        .expect_close_any()
        .start();
    Wsline::new()
        .file("login", format!("{mark}a:b"))
        .file("a.ws", format!("{mark}url {}\n> x\n", peer.url()))
        .args(["test", "a.ws", "--", "-u", "@login"])
        .stdout_matches("ok    a.ws [..]\n1 passed in [..] s\n")
        .run();
}

#[test]
fn time_zone_is_a_name_a_rule_or_a_small_file() {
    for (zone, cause) in [
        ("/dev/zero", DEVICE),
        (":/dev/zero", DEVICE),
        ("/", "it is a directory"),
        ("No/Where", "no such name or file"),
    ] {
        Wsline::new()
            .env("TZ", zone)
            .args(["demo", "-d", "x", "-1", "--timestamps"])
            .stdout_matches("[..]:[..]:[..] x\n")
            .stderr(format!(
                "wsline: unknown time zone '{zone}' (TZ): {cause}; times are in UTC\n"
            ))
            .run();
    }
    for zone in ["", "UTC", "JST-9"] {
        Wsline::new()
            .env("TZ", zone)
            .args(["demo", "-d", "x", "-1", "--timestamps"])
            .stdout_matches("[..]:[..]:[..] x\n")
            .run();
    }
}
