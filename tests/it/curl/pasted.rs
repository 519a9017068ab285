//! What people paste besides a browser's command: a prompt, comments, another virtual host, options
//! that wsline has as well, and what is no curl command at all.

use crate::support::{Peer, Wsline};

/// A server that gets a message and answers it.
fn server() -> Peer {
    Peer::ws().expect_text("hi").send_text("yo")
}

/// Our own options, after the pasted ones.
const OWN: [&str; 4] = ["--", "-d", "hi", "-1"];

#[test]
fn different_host_header_is_kept() {
    let peer = server()
        .expect_header("Host", "webchat.example")
        .expect_header("Origin", "http://webchat.example")
        .start();
    Wsline::new()
        .args(["curl", "-i", "-N", "-H", "Host: webchat.example"])
        .args(["-H", "Origin: http://webchat.example", &peer.url()])
        .args(OWN)
        .stdout("yo\n")
        .run();
    let peer = server();
    let peer = peer.expect_header("Host", "own.example").start();
    Wsline::new()
        .args(["curl", "-H", "Host: webchat.example", &peer.url()])
        .args(OWN)
        .args(["-H", "Host: own.example"])
        .stdout("yo\n")
        .run();
}

#[test]
fn text_around_a_command_is_ignored() {
    for text in [
        "$ curl 'URL' -H 'X-A: b'",
        "me@box:~$ curl 'URL' -H 'X-A: b'",
        "# a comment\ncurl 'URL' -H 'X-A: b' # another",
        "A=1 LC_ALL=C curl 'URL' -H 'X-A: b'",
        "http_proxy= curl 'URL' -H 'X-A: b'",
        "sudo curl 'URL' -H 'X-A: b' 2>/dev/null",
        "curl 'URL' -H 'X-A: b' > /dev/null 2>&1",
        "\u{feff}curl 'URL' -H 'X-A: b'",
        "curl ‘URL’ –H “X-A: b”",
        "```sh\ncurl 'URL' -H 'X-A: b'\n```\n",
        "curl.exe \"URL\" `\r\n  -H \"X-A: b\"",
    ] {
        let peer = server().expect_header("X-A", "b").start();
        Wsline::new()
            .args(["curl", "-"])
            .args(OWN)
            .stdin(text.replace("URL", &peer.url()))
            .stdout("yo\n")
            .run();
    }
}

#[test]
fn all_windows_formats_of_chrome_are_parsed() {
    let value = "\"Not;A\"; v=\"99\", 5% {x}";
    for text in [
        // Today's, that of some years ago, and the first one.
        r#"curl ^"URL^" -H ^"X-A: ^\^"Not;A^\^"; v=^\^"99^\^", 5^% ^{x^}^" --compressed"#,
        r#"curl "URL" -H "X-A: ^\^"Not;A^\^"; v=^\^"99^\^", 5^% ^{x^}" --compressed"#,
        r#"curl "URL" -H "X-A: ""Not;A""; v=""99"", 5"%" {x}" --compressed"#,
    ] {
        let peer = server().expect_header("X-A", value).start();
        Wsline::new()
            .args(["curl", "-"])
            .args(OWN)
            .stdin(text.replace("URL", &peer.url()))
            .stdout("yo\n")
            .run();
    }
}

#[test]
fn shared_options_keep_their_meaning() {
    for words in [
        &["-m", "30"][..],
        &["--connect-timeout", "5"],
        &["-4"],
        &["--resolve", "name.test:[PORT]:127.0.0.1"],
        &["--noproxy", "*"],
        &["-U", "a:b"],
        &["--http2", "--tlsv1.2", "-f", "-o", "/dev/null"],
        &["--max-redirs", "5"],
    ] {
        let peer = server().start();
        let port = peer.port().to_string();
        let words = words.iter().map(|word| word.replace("[PORT]", &port));
        Wsline::new()
            .args(["curl", "-s", &peer.url()])
            .args(words)
            .args(OWN)
            .stdout("yo\n")
            .run();
    }
    let peer = server().expect_header("Host", "name.test").start();
    Wsline::new()
        .args(["curl", "http://name.test/", "--connect-to"])
        .arg(format!("::127.0.0.1:{}", peer.port()))
        .args(OWN)
        .stdout("yo\n")
        .run();
    Wsline::new()
        .args(["curl", "ws://127.0.0.1:1/", "-6"])
        .stderr("wsline: could not resolve 127.0.0.1: it has no IPv6 address, which -6 requires\n")
        .code(6)
        .run();
}

#[test]
fn other_commands_are_reported_by_name() {
    let browser = "in the browser's network panel, choose \"Copy as cURL\"";
    for (text, says) in [
        (
            "Invoke-WebRequest -UseBasicParsing -Uri \"ws://h/\"",
            "the pasted text is a PowerShell command, not a curl command; [BROWSER]",
        ),
        (
            "fetch(\"ws://h/\", {\"method\": \"GET\"});",
            "the pasted text is JavaScript, not a curl command; [BROWSER]",
        ),
        (
            "wget --header 'x: y' ws://h/",
            "the pasted command is one of wget, not of curl; [BROWSER]",
        ),
        (
            "GET /chat HTTP/1.1\r\nHost: h\r\n",
            "the pasted text is the headers of a request, not a curl command; [BROWSER]",
        ),
        (
            "curl ws://h/ > s3cret.txt",
            "could not parse the pasted command: it has a redirection; redirect wsline itself \
             instead",
        ),
        (
            "curl ws://h/ | jq .",
            "could not parse the pasted command: it has more than one command; paste one request \
             at a time",
        ),
    ] {
        Wsline::new()
            .args(["curl", "-"])
            .stdin(text)
            .stderr(format!("wsline: {}\n", says.replace("[BROWSER]", browser)))
            .code(2)
            .run();
    }
}
