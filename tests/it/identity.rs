//! Who we say we are: headers, credentials, cookies, and that none of it is shown.

use nix::sys::signal::Signal;

use crate::support::{require, Key, Peer, Pty, Terminal, Wsline};

/// `Basic` for `alice:s3cret`.
const ALICE: &str = "Basic YWxpY2U6czNjcmV0";

/// A peer that wants this Authorization, and ends.
fn wants_authorization(value: &str) -> crate::support::peer::Running {
    Peer::ws()
        .expect_header("Authorization", value)
        .close(1000, "")
        .start()
}

#[test]
fn headers_from_a_file() {
    let peer = Peer::ws()
        .expect_header("X-One", "1")
        .expect_header("x-two", "a: b")
        .expect_header("Cookie", "from=file")
        .expect_header("X-Empty", "")
        .expect_header("X-Last", "last")
        .expect_no_header("User-Agent")
        .close(1000, "")
        .start();
    Wsline::new()
        .file(
            "headers",
            "# for the gateway\nX-One: 1\r\n\nx-two: a: b\nCookie: from=file\nX-Empty;\nUser-Agent:\n",
        )
        .args([
            &peer.url(),
            "-H",
            "@headers",
            "-H",
            "X-Last: last",
            "--cookie",
            "a=replaced",
        ])
        .run();
}

#[test]
fn invalid_line_in_a_header_file_is_not_quoted() {
    Wsline::new()
        .file("headers", "A: b\nAuthorization Bearer s3cret\n")
        .args(["ws://127.0.0.1:1", "-H", "@headers"])
        .stderr(
            "wsline: invalid value for --header: \"headers\", line 2: missing colon \
             in the header: use 'Name: value'\n",
        )
        .code(2)
        .run();
    Wsline::new()
        .args(["ws://127.0.0.1:1", "-H", "@missing"])
        .stderr(
            "wsline: invalid value for --header: could not read \"missing\": No such file or \
             directory\n",
        )
        .code(2)
        .run();
}

#[test]
fn cookies_are_joined_in_one_header() {
    let peer = Peer::ws()
        .expect_header("Cookie", "a=b; c=d; e=f")
        .close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "--cookie", "a=b; c=d", "--cookie", "e=f"])
        .run();
}

#[test]
fn token_from_option_variable_or_file() {
    for bearer in ["s3cret", "env:TOKEN", "@token"] {
        let peer = wants_authorization("Bearer s3cret");
        Wsline::new()
            .file("token", "s3cret\n")
            .env("TOKEN", "s3cret")
            .args([&peer.url(), "--bearer", bearer])
            .run();
    }
}

#[test]
fn credentials_from_option_variable_or_file() {
    for user in ["alice:s3cret", "env:LOGIN", "@login"] {
        let peer = wants_authorization(ALICE);
        Wsline::new()
            .file("login", "alice:s3cret\n")
            .env("LOGIN", "alice:s3cret")
            .args([&peer.url(), "-u", user])
            .run();
    }
}

#[test]
fn authorization_header_overrides_options() {
    for option in [["-u", "alice:s3cret"], ["--bearer", "s3cret"]] {
        let peer = wants_authorization("Digest x");
        Wsline::new()
            .args([&peer.url(), "-H", "authorization: Digest x"])
            .args(option)
            .run();
    }
    let peer = wants_authorization("Bearer t");
    let url = peer.url().replace("ws://", "ws://bob:pw@");
    Wsline::new().args([&url, "--bearer", "t"]).run();
}

#[test]
fn netrc_has_credentials_by_host() {
    let netrc = "machine other.example login no password no\n\
                 machine 127.0.0.1 login alice password \"s3 cret\"\n";
    let basic = "Basic YWxpY2U6czMgY3JldA==";
    let peer = wants_authorization(basic);
    let program = Wsline::new().args([&peer.url(), "--netrc"]);
    std::fs::write(program.home().home().join(".netrc"), netrc).expect("a file");
    program.run();
    let peer = wants_authorization(basic);
    Wsline::new()
        .file("own", netrc)
        .args([&peer.url(), "--netrc-file", "own"])
        .run();
    // What is given otherwise takes precedence.
    let peer = wants_authorization("Bearer t");
    Wsline::new()
        .file("own", netrc)
        .args([&peer.url(), "--netrc-file", "own", "--bearer", "t"])
        .run();
    let peer = wants_authorization("Basic Ym9iOnB3");
    let url = peer.url().replace("ws://", "ws://bob:pw@");
    Wsline::new()
        .file("own", netrc)
        .args([&url, "--netrc-file", "own"])
        .run();
    // The password of the user in the URL, whose entry need not be the first; there may be none.
    let two = format!("{netrc}machine 127.0.0.1 login bob password own\n");
    for (user, basic) in [
        ("bob", "Basic Ym9iOm93bg=="),
        ("alice", basic),
        ("carol", "Basic Y2Fyb2w6"),
    ] {
        let peer = wants_authorization(basic);
        let url = peer.url().replace("ws://", &format!("ws://{user}@"));
        Wsline::new()
            .file("own", &two)
            .args([&url, "--netrc-file", "own"])
            .run();
    }
    for (content, says) in [
        (
            "machine a\nlogin b s3cret\n",
            "\"own\", line 2: expected machine, login or password",
        ),
        ("machine a login", "\"own\", nothing follows 'login'"),
    ] {
        Wsline::new()
            .file("own", content)
            .args(["ws://127.0.0.1:1", "--netrc-file", "own"])
            .stderr(format!("wsline: invalid value for --netrc-file: {says}\n"))
            .code(2)
            .run();
    }
    Wsline::new()
        .args(["ws://127.0.0.1:1", "--netrc"])
        .stderr_matches(
            "wsline: invalid value for --netrc: could not read \"[..]/.netrc\": No such file or directory\n",
        )
        .code(2)
        .run();
}

#[test]
fn missing_variable_or_file_is_a_usage_error() {
    for (value, says) in [
        ("env:NO_SUCH", "environment variable \"NO_SUCH\" is not set"),
        (
            "@none",
            "could not read \"none\": No such file or directory; for a value that starts with @ \
             use env:NAME",
        ),
        ("@empty", "the token is empty"),
    ] {
        Wsline::new()
            .file("empty", "\n")
            .args(["ws://127.0.0.1:1", "--bearer", value])
            .stderr(format!("wsline: invalid value for --bearer: {says}\n"))
            .code(2)
            .run();
    }
    Wsline::new()
        .args(["ws://127.0.0.1:1", "--bearer", "@-"])
        .stderr_matches(
            "error: invalid value for '--bearer <TOKEN>': cannot read from stdin, which is sent \
             as messages; use @FILE or env:NAME\n...\n",
        )
        .code(2)
        .run();
}

#[test]
fn secrets_are_not_sent_over_an_assumed_ws() {
    for option in [["--cookie", "a=s3cret"], ["--bearer", "s3cret"]] {
        Wsline::new()
            .arg("box")
            .args(option)
            .stderr(
                "wsline: credentials would be sent unencrypted to box\n\
                 hint: use wss:// to encrypt them, or ws:// to send them anyway\n",
            )
            .code(3)
            .run();
    }
}

#[test]
fn show_secrets_shows_secrets() {
    for (option, shown) in [
        (["--bearer", "s3cret"], "Authorization: Bearer"),
        (["--cookie", "a=s3cret"], "Cookie:"),
        (["-u", "s3cret:s3cret"], "Authorization: Basic"),
        (["-H", "X-Api-Key: s3cret"], "X-Api-Key:"),
    ] {
        for json in [false, true] {
            let run = |secrets: Option<&str>| {
                let peer = Peer::ws().close(1000, "").start();
                let mut wsline = Wsline::new()
                    .args([&peer.url(), "-v"])
                    .args(option)
                    .args(secrets)
                    .stderr_matches("...");
                if json {
                    wsline = wsline.arg("--json").stdout_matches("...");
                }
                let finished = wsline.run();
                format!("{}{}", finished.stdout_text(), finished.stderr_text())
            };
            let hidden = run(None);
            assert!(hidden.contains(&format!("{shown} ***")), "{hidden}");
            for secret in ["s3cret", "czNjcmV0"] {
                assert!(!hidden.contains(secret), "{hidden}");
            }
            let open = run(Some("--show-secrets"));
            assert!(!open.contains("***"), "{open}");
            assert!(
                open.contains("s3cret") || open.contains("czNjcmV0"),
                "{open}"
            );
        }
    }
}

/// Asks for alice's password.
fn asks(url: &str) -> Pty {
    let pty = Terminal::new()
        .args([url, "-u", "alice", "-d", "hi", "-1"])
        .start();
    pty.wait_for("Password for alice at 127.0.0.1");
    pty
}

#[test]
fn password_prompt_does_not_echo() {
    let peer = Peer::ws()
        .expect_header("Authorization", ALICE)
        .expect_text("hi")
        .send_text("yo")
        .start();
    let mut pty = asks(&peer.url());
    pty.type_text("s3cret\n");
    assert_eq!(pty.wait_exit(), 0);
    pty.assert_as_found();
    let written = String::from_utf8_lossy(&pty.raw_output()).into_owned();
    assert!(!written.contains("s3c"), "{written}");
    assert_eq!(
        pty.screen(),
        format!(
            "Password for alice at {}:\nyo",
            peer.url().trim_start_matches("ws://").trim_end_matches('/')
        )
    );
}

#[test]
fn password_prompt_uses_the_terminal_only() {
    let peer = Peer::ws()
        .expect_header("Authorization", ALICE)
        .expect_text("from a pipe")
        .send_text("yo")
        .start();
    let mut pty = Terminal::new()
        .args([&peer.url(), "-u", "alice", "-1"])
        .stdin_from("from a pipe\n")
        .stdout_to_pipe()
        .start();
    pty.wait_for("Password for alice at 127.0.0.1");
    pty.type_text("s3cret\n");
    assert_eq!(pty.wait_exit(), 0);
    assert_eq!(pty.piped_output(), b"yo\n");
    pty.assert_as_found();
}

#[test]
fn terminal_is_restored_without_a_password() {
    type Leave = fn(&Pty);
    let leave: [(Leave, i32, &str); 4] = [
        (|pty| pty.key(Key::CtrlC), 130, "wsline: interrupted"),
        (|pty| pty.signal(Signal::SIGTERM), 143, "wsline: terminated"),
        (
            |pty| pty.signal(Signal::SIGHUP),
            129,
            "wsline: ended by SIGHUP",
        ),
        (
            |pty| pty.key(Key::CtrlD),
            2,
            "wsline: no password was typed",
        ),
    ];
    for (leave, code, says) in leave {
        let mut pty = asks("ws://127.0.0.1:1");
        // Nothing tells when keys have arrived that show nothing; a signal would overtake them.
        if code == 130 || code == 2 {
            pty.type_text("s3cr");
        }
        if code == 2 {
            // Ctrl-D ends an empty line only, so this one is taken back.
            pty.key(Key::CtrlU);
        }
        leave(&pty);
        assert_eq!(pty.wait_exit(), code);
        pty.assert_as_found();
        let screen = pty.screen();
        assert!(screen.contains(says), "{screen}");
        assert!(!screen.contains("s3cr"), "{screen}");
    }
}

#[test]
fn suspend_and_quit_keys_are_disabled_at_the_password() {
    let peer = Peer::ws()
        .expect_header("Authorization", "Basic YWxpY2U6YRocYg==")
        .expect_text("hi")
        .send_text("yo")
        .start();
    let mut pty = asks(&peer.url());
    pty.type_text("a");
    pty.key(Key::CtrlZ);
    pty.key(Key::CtrlBackslash);
    pty.type_text("b\n");
    assert_eq!(pty.wait_exit(), 0);
    pty.assert_as_found();
}

#[test]
fn no_password_prompt_after_another_error() {
    let mut pty = Terminal::new().args(["box", "-u", "alice"]).start();
    assert_eq!(pty.wait_exit(), 3);
    assert!(!pty.screen().contains("Password"), "{}", pty.screen());
}

#[test]
fn missing_password_without_a_terminal_is_an_error() {
    // In a session of its own there is no terminal, wherever the tests run.
    require!("setsid");
    Wsline::program("setsid")
        .args(["--wait", crate::support::program::BINARY])
        .args(["ws://127.0.0.1:1", "-u", "alice"])
        .stderr(
            "wsline: -u needs a terminal to prompt for the password: write -u USER:PASS, \
             or -u env:NAME or -u @FILE to keep it off the command line\n",
        )
        .code(2)
        .run();
}
