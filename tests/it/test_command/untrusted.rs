//! `--untrusted`: what a session file from someone else may do, and that what it may not do is
//! refused before anything is connected.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::symlink;

use super::{greeted, test, GREETING};
use crate::support::program::Finished;
use crate::support::{Peer, Wsline};

/// A server that nobody may connect to.
struct Untouched(TcpListener);

impl Untouched {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        listener.set_nonblocking(true).expect("a listener");
        Self(listener)
    }

    fn url(&self) -> String {
        format!("ws://{}/", self.0.local_addr().expect("it is bound"))
    }

    fn assert_untouched(&self) {
        let error = self.0.accept().expect_err("somebody connected");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
}

/// `wsline test --untrusted` with variables and files that are worth stealing.
fn untrusted(url: &str) -> Wsline {
    test(&["--untrusted", "--url", url])
        .env("TOKEN", "s3cret-of-environment")
        .file("private.txt", "s3cret-of-file")
        .file("in/data.txt", "data")
}

/// The file is an error with this place and cause, and nobody was connected to.
#[track_caller]
fn refused(name: &str, text: &str, said: &str) -> Finished {
    let server = Untouched::new();
    let done = untrusted(&server.url())
        .arg(format!("in/{name}"))
        .file(format!("in/{name}"), text)
        .stdout_matches(format!(
            "error in/{name}\n  in/{name}:{said}\n...\n0 passed, 1 error in [..] s\n"
        ))
        .code(2)
        .run();
    server.assert_untouched();
    done
}

#[test]
fn harmless_file_is_run() {
    let peer = Peer::ws()
        .expect_request(|head| assert!(head.starts_with("GET / HTTP/1.1\r\n"), "{head}"))
        .expect_header("Authorization", "Bearer given")
        .expect_header("User-Agent", "me")
        .expect_header("X-Own", "1")
        .expect_text("data")
        .send_text("{\"id\":\"7\"}")
        .expect_text("7 given data")
        .start();
    untrusted(&peer.url())
        .args(["in/a.ws", "--var", "T=given", "--var", "F=data.txt"])
        .file(
            "in/a.ws",
            "url ws://127.0.0.1:1/${NO_SUCH}\nheader X-Own: 1\noption -A me --bearer ${T}\n\
             > text @./sub/../data.txt\n< json {}\ncapture ID /id\n> ${ID} ${T} data\n\
             < text @${F}\n",
        )
        .file("in/sub/x", "")
        .stdout_matches("FAIL  in/a.ws  [..]\n  in/a.ws:8: expected \"data\", but [..]\n...\n")
        .code(4)
        .run();
}

#[test]
fn environment_variables_are_rejected() {
    let why = "variable TOKEN is not set: --untrusted does not read the environment; use --var TOKEN=VALUE";
    for (text, place) in [
        ("> hi ${TOKEN}\n", "1:6"),
        ("> hi\n>\n  a\n  b ${TOKEN}\n", "4:5"),
        ("< ${TOKEN}\n", "1:3"),
        ("header X: ${TOKEN}\n> hi\n", "1:11"),
        ("@a header X: ${TOKEN}\n@a > hi\n", "1:14"),
        ("subprotocol ${TOKEN}\n> hi\n", "1:13"),
        ("option -A \"${TOKEN}\"\n> hi\n", "1:12"),
        ("> file @${TOKEN}\n", "1:9"),
        ("> ping ${TOKEN}\n", "1:8"),
        ("header X: ${TOKEN}\n< any\ncapture TOKEN\n", "1:11"),
    ] {
        let done = refused("a.ws", text, &format!("{place}: {why}"));
        assert!(!done.stdout_text().contains("s3cret"));
    }
}

#[test]
fn files_outside_the_folder_are_rejected() {
    let outside = |path: &str| {
        format!(
            "{path} is not allowed with --untrusted: it is outside the folder of the session file"
        )
    };
    for statement in ["> file", "> text", "< file", "< text"] {
        for path in [
            "/etc/passwd",
            "../private.txt",
            "link.txt",
            "up/private.txt",
        ] {
            let server = Untouched::new();
            let program = untrusted(&server.url());
            let work = program.home().work().clone();
            std::fs::create_dir_all(work.join("in")).expect("a folder");
            symlink("../private.txt", work.join("in/link.txt")).expect("a link");
            symlink("..", work.join("in/up")).expect("a link");
            let shown = if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("in/{path}")
            };
            program
                .arg("in/a.ws")
                .file("in/a.ws", format!("> hi\n{statement} @{path}\n"))
                .stdout_matches(format!(
                    "error in/a.ws\n  in/a.ws:2:8: {}\n...\n0 passed, 1 error [..]\n",
                    outside(&shown)
                ))
                .code(2)
                .run();
            server.assert_untouched();
        }
    }
    refused(
        "a.ws",
        "> file @no.such\n",
        "1:8: could not read in/no.such: No such file or directory",
    );
    refused(
        "a.ws",
        "> file @.\n",
        "1:8: in/. is not allowed with --untrusted: it is a directory",
    );
}

/// The server chooses the path, and it shows only when the message is sent.
#[test]
fn captured_path_is_checked_when_used() {
    for (path, passes) in [("data.txt", true), ("../private.txt", false)] {
        let peer = Peer::ws().send_text(path);
        let peer = if passes {
            peer.expect_text("data").expect_close_any()
        } else {
            peer.expect_close_any()
        };
        let peer = peer.start();
        let program = untrusted(&peer.url())
            .arg("in/a.ws")
            .file("in/a.ws", "< any\ncapture P\n> text @${P}\n");
        if passes {
            program.stdout_matches("ok [..]\n1 passed [..]\n").run();
        } else {
            program
                .stdout_matches(
                    "error in/a.ws\n  in/a.ws:3:8: in/../private.txt is not allowed with \
                     --untrusted: it is outside the folder of the session file\n...\n\
                     0 passed, 1 error [..]\n",
                )
                .code(2)
                .run();
        }
    }
}

#[test]
fn options_that_read_route_or_weaken_tls_are_rejected() {
    let (file, tls, route) = (
        "it reads a file",
        "it weakens TLS",
        "it changes the server that is connected to",
    );
    for (options, column, option, why) in [
        ("-k", 8, "--insecure", tls),
        ("-A me -4k", 14, "--insecure", tls),
        ("--servername x", 8, "--servername", tls),
        ("--tls-min 1.0", 8, "--tls-min", tls),
        ("--tls-max=1.2", 8, "--tls-max", tls),
        ("--cacert data.txt", 8, "--cacert", file),
        ("--cert 'data.txt'", 8, "--cert", file),
        ("-A me -x localhost:1", 14, "--proxy", route),
        ("-U a:b", 8, "--proxy-user", route),
        ("--proxy-header A:b", 8, "--proxy-header", route),
        ("--noproxy '*'", 8, "--noproxy", route),
        ("--resolve *:80:127.0.0.1", 8, "--resolve", route),
        ("--connect-to ::127.0.0.1:1", 8, "--connect-to", route),
        ("-4 --unix-socket s", 11, "--unix-socket", route),
        ("-L", 8, "--location", route),
        ("-H @data.txt", 8, "--header @…", file),
        ("'-H@data.txt'", 9, "--header @…", file),
        ("--user @data.txt", 8, "--user @…", file),
        (
            "--bearer env:TOKEN",
            8,
            "--bearer env:…",
            "it reads an environment variable",
        ),
        (
            "-H Host:x",
            8,
            "--header Host",
            "it can select another site on the server",
        ),
    ] {
        refused(
            "a.ws",
            &format!("> hi\noption {options}\n"),
            &format!("2:{column}: {option} is not allowed with --untrusted: {why}"),
        );
    }
    refused(
        "a.ws",
        "header Host: other\n> hi\n",
        "1:8: --header Host is not allowed with --untrusted: it can select another site on the server",
    );
    // Options can't be put together from lines that are harmless alone.
    for text in [
        "option -x\noption localhost:1\n> hi\n",
        "option --\n> hi\n",
        "option demo\n> hi\n",
    ] {
        refused("a.ws", text, "1:8: [..]");
    }
}

/// A variable of the user's own may not say more than the file.
#[test]
fn variables_do_not_circumvent_the_restrictions() {
    let server = Untouched::new();
    for (text, said) in [
        (
            "option ${V}\n> hi\n",
            "1:8: --insecure is not allowed with --untrusted: it weakens TLS",
        ),
        (
            "header ${W}\n> hi\n",
            "1:8: --header @… is not allowed with --untrusted: it reads a file",
        ),
        (
            "> file @${X}\n",
            "1:8: /etc/passwd is not allowed with --untrusted: it is outside the folder of the session file",
        ),
    ] {
        untrusted(&server.url())
            .args([
                "a.ws",
                "--var",
                "V=-k",
                "--var",
                "W=@private.txt",
                "--var",
                "X=/etc/passwd",
            ])
            .file("a.ws", text)
            .stdout_matches(format!(
                "error a.ws\n  a.ws:{said}\n...\n0 passed, 1 error [..]\n"
            ))
            .code(2)
            .run();
    }
    server.assert_untouched();
}

#[test]
fn records_are_restricted() {
    let jsonl = "{\"type\":\"open\",\"url\":\"ws://127.0.0.1:1/\",\"request\":{\"headers\":[\
                 {\"name\":\"X-Own\",\"value\":\"1\"},{\"name\":\"Token\",\"value\":\"***\"}]}}\n\
                 {\"type\":\"text\",\"dir\":\"out\",\"data\":\"hi\"}\n\
                 {\"type\":\"text\",\"dir\":\"in\",\"data\":\"ho\"}\n";
    let har = "{\"log\": {\"entries\": [\n  {\"_resourceType\": \"websocket\",\n  \"request\": {\n    \
               \"url\": \"ws://127.0.0.1:1/\",\n    \"headers\": [{\"name\": \"X-Own\", \"value\": \"1\"},\n      \
               {\"name\": \"Token\", \"value\": \"***\"}]},\n  \"response\": {\"status\": 101},\n  \
               \"_webSocketMessages\": [\n    {\"type\": \"send\", \"opcode\": 1, \"data\": \"hi\"},\n    \
               {\"type\": \"receive\", \"opcode\": 1, \"data\": \"ho\"}]}]}}\n";
    for (name, text, place) in [("a.jsonl", jsonl, "1:101"), ("a.har", har, "6:16")] {
        refused(
            name,
            text,
            &format!(
                "{place}: variable TOKEN is not set: --untrusted does not read the environment; use --var TOKEN=VALUE"
            ),
        );
        let peer = greeted()
            .expect_header("X-Own", "1")
            .expect_header("Token", "given")
            .start();
        untrusted(&peer.url())
            .args([name, "--var", "TOKEN=given"])
            .file(name, text)
            .stdout_matches("ok [..]\n1 passed [..]\n")
            .run();
    }
    let host = jsonl.replace("Token", "Host").replace("***", "other");
    let peer = greeted()
        .expect_request(|head| assert!(!head.contains("other"), "{head}"))
        .start();
    untrusted(&peer.url())
        .arg("a.jsonl")
        .file("a.jsonl", host)
        .stdout_matches("ok [..]\n1 passed [..]\n")
        .run();
}

/// Its text would be quoted in the report.
#[test]
fn session_file_linked_from_elsewhere_is_rejected() {
    let server = Untouched::new();
    let program = untrusted(&server.url());
    let work = program.home().work().clone();
    std::fs::create_dir_all(work.join("in")).expect("a folder");
    symlink("../private.txt", work.join("in/a.ws")).expect("a link");
    let done = program
        .arg("in")
        .stdout_matches(
            "error in/a.ws\n  in/a.ws: not allowed with --untrusted: symbolic link to a file outside its folder\n0 passed, 1 error [..]\n",
        )
        .code(2)
        .run();
    assert!(!done.stdout_text().contains("s3cret"));
    server.assert_untouched();
}

/// As a shell makes one of `<(curl …)`.
#[test]
fn session_file_from_a_pipe_is_run() {
    let peer = greeted().start();
    untrusted(&peer.url())
        .arg("/dev/stdin")
        .stdin(GREETING)
        .stdout_matches("ok [..]\n1 passed [..]\n")
        .run();
    let server = Untouched::new();
    untrusted(&server.url())
        .arg("/dev/stdin")
        .stdin("> file @/etc/passwd\n")
        .stdout_matches(
            "error /dev/stdin\n  /dev/stdin:1:8: /etc/passwd is not allowed with --untrusted: it is outside the folder of the session file\n...\n0 passed, 1 error [..]\n",
        )
        .code(2)
        .run();
    server.assert_untouched();
}

/// What is not the file's, and what the reports have.
#[test]
fn options_of_the_command_line_are_not_restricted() {
    let end = greeted().expect_header("Authorization", "Bearer s3cret-of-environment");
    let start = Peer::http("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n");
    let peer = start.then(end).start();
    untrusted(&peer.url())
        .args(["a.ws", "--", "-L", "--bearer", "env:TOKEN"])
        .file("a.ws", GREETING)
        .stdout_matches("ok [..]\n1 passed [..]\n")
        .run();

    let server = Untouched::new();
    let done = untrusted(&server.url())
        .args(["a.ws", "--json", "--junit", "out.xml"])
        .file("a.ws", "option -k\n")
        .stdout_matches("...\n")
        .code(2)
        .run();
    server.assert_untouched();
    let said = "a.ws:1:8: --insecure is not allowed with --untrusted: it weakens TLS";
    assert!(done
        .stdout_text()
        .contains("\"line\":1,\"column\":8,\"text\":\"option -k\""));
    let report = std::fs::read_to_string(done.home.work().join("out.xml")).expect("a report");
    assert!(
        done.stdout_text().contains(said) && report.contains(said),
        "{report}"
    );
}

#[test]
fn url_option_is_required() {
    test(&["--untrusted", "a.ws"])
        .file("a.ws", "url ws://127.0.0.1:1/\n> hi\n")
        .stderr_matches(
            "...\n[..]--untrusted requires --url: the address in a file from someone else is not \
             used\n...\n",
        )
        .code(2)
        .run();
}
