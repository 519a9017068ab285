//! Rewriting, tried with lists of words.

use super::*;
use crate::sys::file::Inputs;

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

fn parsed(pasted: &[&str], own: &[&str]) -> (Rewritten, OptionArgs) {
    let own: Vec<OsString> = own.iter().map(OsString::from).collect();
    let rewritten = rewrite(&strings(pasted), &own).expect("a WebSocket request");
    let (_, options) = rewritten.parse().expect("options of ours");
    (rewritten, options)
}

#[test]
fn letters_mean_what_curl_means() {
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

#[test]
fn what_belongs_to_the_copied_connection_is_dropped() {
    let pasted = [
        "h",
        "-H",
        "HOST: x",
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
fn a_pasted_header_goes_before_the_option_that_sets_it() {
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
fn our_own_options_go_before_what_was_pasted() {
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
        let (rewritten, options) = parsed(&pasted, own);
        assert!(options.insecure);
        let mut values = Values::read(&options, &Inputs::default()).expect("values");
        prefer_own(&mut values, &options, rewritten.pasted_headers);
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
fn what_is_wrong_is_said_in_a_sentence() {
    let body = "sends a body, and a WebSocket is opened without one";
    for (pasted, says) in [
        (&[][..], "there is no URL in the curl command"),
        (&["curl"], "there is no URL"),
        (&["h", "i"], "more than one URL"),
        (&["h", "--url", "i"], "more than one URL"),
        (&["h", "-H"], "curl's -H has no value after it"),
        (&["h", "-sb"], "curl's -b has no value after it"),
        (&["h", "--cookie"], "curl's --cookie has no value after it"),
        (
            &["h", "--retry", "3"],
            "curl's --retry is not understood here",
        ),
        (
            &["h", "--header=A: hush"],
            "curl's --header is not understood",
        ),
        (&["h", "-sZ"], "curl's -Z is not understood here"),
        (&["h", "-d", "x"], body),
        (&["h", "--data-raw", "x"], body),
        (&["h", "-X", "POST"], "is no GET"),
        (&["h", "-H", "@f"], "give -H @FILE after --"),
        (&["--path-as-is", "wss://h/a/../b"], "the path has a part"),
        (&["--path-as-is", "wss://h/a/%2E"], "the path has a part"),
        (&["echo"], "write ws://echo"),
        (&["curl", "curl"], "write ws://curl"),
    ] {
        let complaint = complaint(pasted);
        assert!(complaint.contains(says), "{pasted:?}: {complaint}");
        assert!(!complaint.contains("hush"), "{complaint}");
    }
}
