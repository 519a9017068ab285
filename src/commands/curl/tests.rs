//! Tests of rewriting curl commands.

use super::*;
use crate::plan::Values;

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn rewritten(pasted: &[&str], own: &[&str]) -> Vec<String> {
    let own: Vec<OsString> = own.iter().map(OsString::from).collect();
    let rewritten = rewrite(&strings(pasted), &own).expect("a WebSocket request");
    let words = rewritten.words.into_iter();
    words
        .map(|word| word.into_string().expect("UTF-8"))
        .collect()
}

fn complaint(pasted: &[&str]) -> String {
    rewrite(&strings(pasted), &[]).expect_err("it is wrong")
}

fn parsed(pasted: &[&str], own: &[&str]) -> OptionArgs {
    let own: Vec<OsString> = own.iter().map(OsString::from).collect();
    let rewritten = rewrite(&strings(pasted), &own).expect("a WebSocket request");
    let environment = Environment {
        config: None,
        ..Environment::read()
    };
    let (_, options, _) = rewritten.parse(&environment).expect("options of ours");
    options
}

#[test]
fn short_options_have_curls_meaning() {
    for (pasted, expected) in [
        (&["wss://h"][..], &["wss://h"][..]),
        (&["curl", "https://h/"], &["https://h/"]),
        (&["--url", "wss://h", "-k"], &["wss://h", "-k"]),
        (&["-b", "a=1", "h"], &["h", "--cookie=a=1"]),
        (
            &["--cookie", "a=1", "h", "-bb=2"],
            &["h", "--cookie=a=1", "--cookie=b=2"],
        ),
        (&["-sSkiL", "h"], &["h", "-k", "-L"]),
        (&["--silent", "--include", "-v", "h"], &["h", "-v"]),
        (&["-X", "GET", "h", "-XGET", "--request", "GET"], &["h"]),
        (&["--compressed", "--http1.1", "-N", "-g", "h"], &["h"]),
        (&["-A", "Me/1", "h"], &["h", "--user-agent=Me/1"]),
        (
            &["-e", "https://s/;auto", "h"],
            &["h", "--header=Referer: https://s/"],
        ),
        (&["-sku", "a:-b", "h"], &["h", "-k", "--user=a:-b"]),
        (&["-x", "p:8080", "h"], &["h", "--proxy=p:8080"]),
        (&["--proxy", "p:8080", "h"], &["h", "--proxy=p:8080"]),
        (&["--path-as-is", "wss://h/a.b/c"], &["wss://h/a.b/c"]),
    ] {
        assert_eq!(rewritten(pasted, &[]), expected, "{pasted:?}");
    }
}

/// Words that are pasted, and those that they become.
const REWRITTEN: &[(&[&str], &[&str])] = &[
    (&["$", "curl", "h"], &["h"]),
    (&["A=1", "time", "/usr/bin/curl", "h"], &["h"]),
    (
        &["https_proxy=p:1", "http_proxy=q:1", "curl", "wss://h"],
        &["wss://h", "--proxy=p:1"],
    ),
    (
        &["http_proxy=", "no_proxy=i", "curl", "-x", "p", "ws://h"],
        &["ws://h", "--proxy=", "--noproxy=i", "--proxy=p"],
    ),
    (&["—silent", "–k", "h"], &["h", "-k"]),
    (&["-4", "-6", "h"], &["h", "-4", "-6"]),
    (
        &["-m", "30", "--connect-timeout", "0.5", "h"],
        &["h", "--max-time=30", "--connect-timeout=0.5"],
    ),
    (&["-m0", "--connect-timeout", "0.0", "h"], &["h"]),
    (&["--max-redirs", "3", "h"], &["h"]),
    (
        &["--max-redirs", "-1", "-L", "h"],
        &["h", "-L", "--max-redirs=4294967295"],
    ),
    (
        &["--socks5-hostname", "p:1", "--socks5", "q", "h"],
        &["h", "--proxy=socks5h://p:1", "--proxy=socks5://q"],
    ),
    (
        &["--cacert", "c", "-E", "a\\:b:pass:word", "--key", "k", "h"],
        &[
            "h",
            "--cacert=c",
            "--cert=a:b",
            "--pass=pass:word",
            "--key=k",
        ],
    ),
    (&["-E", "a.pem", "h"], &["h", "--cert=a.pem"]),
    (
        &["--tlsv1.3", "--tls-max", "1.3", "h"],
        &["h", "--tls-min=1.3", "--tls-max=1.3"],
    ),
    (
        &[
            "--resolve",
            "h:80:::1",
            "--connect-to",
            "::a:",
            "--noproxy",
            "*",
            "-U",
            "a:b",
            "h",
        ],
        &[
            "h",
            "--resolve=h:80:::1",
            "--connect-to=::a:",
            "--noproxy=*",
            "--proxy-user=a:b",
        ],
    ),
    (&["--unix-socket", "/s", "h"], &["h", "--unix-socket=/s"]),
    (
        &[
            "--http2",
            "-fo",
            "/dev/null",
            "--no-progress-meter",
            "--proto",
            "=https",
            "h",
        ],
        &["h"],
    ),
];

#[test]
fn prefixes_and_shared_options_are_rewritten() {
    for (pasted, expected) in REWRITTEN {
        assert_eq!(rewritten(pasted, &[]), *expected, "{pasted:?}");
    }
}

#[test]
fn values_are_literal_and_a_different_host_is_kept() {
    for (pasted, expected) in [
        // Values that our own options would read from elsewhere.
        (
            &["-u", "@alice:pw", "h"][..],
            &["h", "--header=Authorization: Basic QGFsaWNlOnB3"][..],
        ),
        (
            &["--oauth2-bearer", "env:x", "h"],
            &["h", "--header=Authorization: Bearer env:x"],
        ),
        (
            &["--oauth2-bearer", "t", "-u", "a:b", "h"],
            &["h", "--bearer=t"],
        ),
        // A Host header that differs from the URL.
        (
            &["-H", "Host: v.example", "ws://h:81"],
            &["ws://h:81", "--header=Host: v.example"],
        ),
        (&["-H", "host: H:81", "http://h:81"], &["http://h:81"]),
        (&["-H", "Host: h", "http://h"], &["http://h"]),
        (
            &["-H", "Host: h", "http://h:81"],
            &["http://h:81", "--header=Host: h"],
        ),
        (&["-H", "Host:", "http://h"], &["http://h"]),
    ] {
        assert_eq!(rewritten(pasted, &[]), expected, "{pasted:?}");
    }
}

#[test]
fn headers_of_the_copied_connection_are_dropped() {
    let pasted = [
        "h",
        "-H",
        "HOST: h:80",
        "-H",
        "accept-encoding: gzip, br",
        "-H",
        "Connection: keep-alive, Upgrade",
        "-H",
        "Upgrade: websocket",
        "-H",
        "sec-websocket-key: x",
        "-H",
        "Sec-WebSocket-Version: 13",
        "-H",
        "Sec-WebSocket-Extensions: permessage-deflate",
        "-H",
        "Sec-WebSocket-Protocol: a,  b",
        "-H",
        "Origin: https://s",
        "-H",
        "X-Empty;",
        "-H",
        "Accept:",
    ];
    assert_eq!(
        rewritten(&pasted, &["-1"]),
        [
            "h",
            "--subprotocol=a",
            "--subprotocol=b",
            "--header=Origin: https://s",
            "--header=X-Empty;",
            "--header=Accept:",
            "-1"
        ]
    );
}

#[test]
fn pasted_headers_override_options() {
    let pasted = [
        "h",
        "-A",
        "x",
        "-H",
        "user-agent: y",
        "-b",
        "a=1",
        "-H",
        "Cookie: b=2",
        "-u",
        "u:p",
        "-H",
        "authorization: Bearer t",
    ];
    assert_eq!(
        rewritten(&pasted, &[]),
        [
            "h",
            "--header=user-agent: y",
            "--header=authorization: Bearer t",
            "--cookie= b=2"
        ]
    );
}

#[test]
fn own_options_override_pasted_ones() {
    let pasted = [
        "ws://h",
        "-H",
        "Origin: https://pasted",
        "-H",
        "User-Agent: pasted",
        "-H",
        "Authorization: pasted",
        "-H",
        "X-Both: pasted",
        "-H",
        "X-Kept: pasted",
        "-k",
    ];
    let names = |own: &[&str]| -> Vec<String> {
        let options = parsed(&pasted, own);
        assert!(options.connection.insecure);
        let values = Values::read(&options.connection, &Environment::read()).expect("values");
        values.headers.iter().map(|it| it.name.clone()).collect()
    };
    let all = ["Origin", "User-Agent", "Authorization", "X-Both", "X-Kept"];
    assert_eq!(names(&[]), all);
    for (own, gone) in [
        (&["-o", "https://own"][..], "Origin"),
        (&["-A", "own"], "User-Agent"),
        (&["-u", "own:own"], "Authorization"),
        (&["--bearer", "own"], "Authorization"),
    ] {
        let left: Vec<&str> = all.into_iter().filter(|name| *name != gone).collect();
        assert_eq!(names(own), left, "{own:?}");
    }
    assert_eq!(
        names(&["-H", "x-both: own"]),
        ["Origin", "User-Agent", "Authorization", "X-Kept", "x-both"]
    );
}

#[test]
fn unsupported_commands_are_reported() {
    let body = "sends a body, and a WebSocket is opened without one";
    for (pasted, says) in [
        (&[][..], "the curl command has no URL"),
        (&["curl"], "has no URL"),
        (&["h", "i"], "more than one URL"),
        (&["h", "--url", "i"], "more than one URL"),
        (&["h", "-H"], "curl's -H requires a value"),
        (&["h", "-sb"], "curl's -b requires a value"),
        (&["h", "--cookie"], "curl's --cookie requires a value"),
        (&["h", "--retry", "3"], "curl's --retry is not supported"),
        (
            &["h", "--header=A: hush"],
            "curl's --header is not supported",
        ),
        (&["h", "-sZ"], "curl's -Z is not supported"),
        (&["h", "-I"], "curl's -I is not supported; a WebSocket"),
        (&["h", "--digest"], "only Basic and Bearer"),
        (&["h", "-o", "hush.txt"], "curl's -o FILE saves"),
        (&["h", "--output", "hush"], "curl's --output FILE saves"),
        (&["h", "-U", "@hush"], "give --proxy-user after --"),
        (&["h", "--pass", "env:hush"], "give --pass after --"),
        (&["h", "-E", "c:@hush"], "give --pass after --"),
        (&["wget", "-q", "ws://hush"], "one of wget, not of curl"),
        (&["A=1", "ws://h", "curl"], "more than one URL"),
        (&["h", "-d", "x"], body),
        (&["h", "--data-raw", "x"], body),
        (&["h", "-X", "POST"], "the request's method is POST"),
        (&["h", "-H", "@f"], "give -H @FILE after --"),
        (&["--path-as-is", "wss://h/a/../b"], "curl's --path-as-is"),
        (&["--path-as-is", "wss://h/a/%2E"], "curl's --path-as-is"),
        (&["echo"], "use ws://echo"),
        (&["curl", "curl"], "use ws://curl"),
    ] {
        let complaint = complaint(pasted);
        assert!(complaint.contains(says), "{pasted:?}: {complaint}");
        assert!(!complaint.contains("hush"), "{complaint}");
    }
}
