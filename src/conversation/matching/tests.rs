use proptest::prelude::*;
use serde_json::{json, Map, Value};

use super::*;

fn at_least(value: Value) -> Pattern {
    let ignore = Vec::new();
    Pattern::Json { value, ignore }
}

fn differences(pattern: &Pattern, received: &str) -> Vec<String> {
    let compared = pattern.compare(Kind::Text, received.as_bytes());
    compared.expect_err("they differ").lines()
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

/// The paths where `received` does not contain what is expected.
fn subset(expected: &str, received: &str) -> Vec<String> {
    match at_least(parsed(expected)).compare(Kind::Text, received.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(difference) => difference.lines(),
    }
}

fn same(expected: &str, ignore: &[&str], received: &str) -> Vec<String> {
    let pattern = Pattern::Same {
        value: parsed(expected),
        ignore: ignore.iter().map(|&pointer| pointer.to_owned()).collect(),
    };
    match pattern.compare(Kind::Text, received.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(difference) => difference.lines(),
    }
}

fn text(expected: &str, received: &str) -> Vec<String> {
    differences(&Pattern::Text(expected.to_owned()), received)
}

#[test]
fn any_matches_all_messages() {
    for kind in [Kind::Text, Kind::Binary] {
        assert_eq!(Pattern::Any.compare(kind, b""), Ok(Captures::new()));
        assert_eq!(Pattern::Any.compare(kind, b"\xff"), Ok(Captures::new()));
    }
}

#[test]
fn regular_expressions_match_anywhere() {
    let pattern = Pattern::Match(Regex::new("^tick [0-9]+$").expect("it is one"));
    assert_eq!(pattern.compare(Kind::Text, b"tick 12"), Ok(Captures::new()));
    assert_eq!(differences(&pattern, "tock 12"), Vec::<String>::new());
}

#[test]
fn json_may_contain_more() {
    for (expected, received) in [
        (r#"{"op":"pong"}"#, r#" {"id":1, "op":"pong"} "#),
        (
            r#"{"a":{"b":[{"c":null}]}}"#,
            r#"{"a":{"b":[{"c":null,"d":1}],"e":2}}"#,
        ),
        ("{}", r#"{"a":1}"#),
        ("[]", "[]"),
        ("1", "1.0"),
        (r#""é""#, r#""\u00e9""#),
    ] {
        assert_eq!(
            subset(expected, received),
            Vec::<String>::new(),
            "{expected}"
        );
    }
}

#[test]
fn json_differs_in_paths() {
    for (expected, received, lines) in [
        (
            r#"{"op":"pong","id":1,"items":[1,2,3],"last":true}"#,
            r#"{"op":"ping","items":[1,2],"last":true}"#,
            &[
                "/op: expected \"pong\", received \"ping\"",
                "/id: missing",
                "/items: expected 3 elements, received 2",
            ][..],
        ),
        ("[]", "{}", &["(root): expected [], received {}"]),
        ("1", "\"1\"", &["(root): expected 1, received \"1\""]),
        (r#"{"a":null}"#, "{}", &["/a: missing"]),
        (
            r#"{"a/b":{"c~d":[0,{"":1}]}}"#,
            r#"{"a/b":{"c~d":[0,{"":2}]}}"#,
            &["/a~1b/c~0d/1/: expected 1, received 2"],
        ),
        (
            r#"{"x\u001b\u202e":1}"#,
            r#"{"x\u001b\u202e":"\u009b"}"#,
            &["/x\\x1b\\u{202e}: expected 1, received \"\\u{9b}\""],
        ),
        // After an unexpected element, only the first difference is reported.
        (
            "[1,2,3]",
            "[0,1,2,3]",
            &[
                "(root): expected 3 elements, received 4",
                "/0: expected 1, received 0",
            ],
        ),
        ("[1]", "[]", &["(root): expected 1 element, received 0"]),
        (
            r#"{"id":100000000000000000001}"#,
            r#"{"id":100000000000000000002}"#,
            &["/id: expected 100000000000000000001, received 100000000000000000002"],
        ),
    ] {
        assert_eq!(subset(expected, received), lines, "{expected}");
    }
}

#[test]
fn long_values_are_shown_where_they_differ() {
    let before = "x".repeat(200);
    let after = "y".repeat(200);
    let lines = subset(
        &json!({ "a": format!("{before}1{after}") }).to_string(),
        &json!({ "a": format!("{before}2{after}") }).to_string(),
    );
    let (x, y) = ("x".repeat(24), "y".repeat(33));
    assert_eq!(
        lines,
        [format!("/a: expected …{x}1{y}…, received …{x}2{y}…")]
    );
}

#[test]
fn many_paths_are_counted() {
    let list = |value: i32| Value::from(vec![value; 24]).to_string();
    let lines = subset(&list(1), &list(2));
    assert_eq!(lines.len(), 21);
    assert_eq!(lines[19], "/19: expected 1, received 2");
    assert_eq!(lines[20], "… and 4 more");
}

#[test]
fn text_that_is_not_json_is_shown() {
    assert_eq!(
        subset("{}", "pong"),
        [
            "invalid JSON at line 1, column 1: expected value",
            "+ pong",
            "  ^"
        ]
    );
    assert_eq!(
        subset("{}", "{\n  \"é\": nil}"),
        [
            "invalid JSON at line 2, column 9: expected ident",
            "+   \"é\": nil}",
            "          ^"
        ]
    );
    assert_eq!(
        subset("{}", "{\"a\":1"),
        [
            "invalid JSON at line 1, column 7: EOF while parsing an object",
            "+ {\"a\":1",
            "        ^"
        ]
    );
    assert_eq!(
        subset("{}", "{} \x1b"),
        [
            "invalid JSON at line 1, column 4: trailing characters",
            "+ {} \\x1b",
            "     ^"
        ]
    );
    assert_eq!(subset("{}", " \n"), ["invalid JSON: the message is empty"]);
}

#[test]
fn same_json_may_differ_only_where_ignored() {
    let expected = r#"{"id":1,"at":5,"rows":[{"id":1,"n":"a"},{"id":2,"n":"b"}]}"#;
    let received = r#"{"at":6,"id":1,"rows":[{"id":7,"n":"a"},{"n":"b"}],"more":0}"#;
    assert_eq!(
        same(expected, &[], received),
        [
            "/at: expected 5, received 6",
            "/rows/0/id: expected 1, received 7",
            "/rows/1/id: missing",
            "/more: unexpected, received 0",
        ]
    );
    let ignored = ["/at", "/rows/*/id", "/more"];
    assert_eq!(same(expected, &ignored, received), Vec::<String>::new());
    assert_eq!(
        same(
            expected,
            &["/at", "/rows/0/id", "/more", "/nowhere/x"],
            received
        ),
        ["/rows/1/id: missing"]
    );
    assert_eq!(same(expected, &["/*"], "{}"), Vec::<String>::new());
    assert_eq!(same(expected, &[""], "17"), Vec::<String>::new());
    assert_eq!(same("[1,2]", &["/*"], "[3]"), Vec::<String>::new());
    assert_eq!(same("[1,2]", &["/1"], "[1]"), Vec::<String>::new());
    assert_eq!(
        same(r#"{"a/b":1,"~":2}"#, &["/a~1b", "/~0"], "{}"),
        Vec::<String>::new()
    );
    assert_eq!(
        same("{}", &[""], "no")[0],
        "invalid JSON at line 1, column 2: expected ident"
    );
}

#[test]
fn first_difference_of_texts_is_marked() {
    assert_eq!(
        text("pong 12", "pong 13"),
        ["- pong 12", "+ pong 13", "        ^"]
    );
    assert_eq!(text("hi", "hi!"), ["- hi", "+ hi!", "    ^"]);
    assert_eq!(text("", "x"), ["- ", "+ x", "  ^"]);
    assert_eq!(text("hi", "hi\n"), ["- hi", "+ hi\\n", "    ^"]);
    // Wide and hidden characters take several columns.
    assert_eq!(
        text("日本\x1b1", "日本\x1b2"),
        ["- 日本\\x1b1", "+ 日本\\x1b2", "          ^"]
    );
}

#[test]
fn long_texts_are_shown_around_the_difference() {
    let (before, after) = ("a".repeat(500), "b".repeat(500));
    let lines = text(&format!("{before}1{after}"), &format!("{before}2"));
    let shown = "a".repeat(30);
    assert_eq!(
        lines,
        [
            format!("- …{shown}1{}…", "b".repeat(43)),
            format!("+ …{shown}2"),
            format!("  {}^", " ".repeat(31)),
        ]
    );
}

#[test]
fn texts_are_compared_line_by_line() {
    let expected = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n";
    let received = "one\ntwo\nthree\nfour\nFive\nsix\nseven\neight\nnew\nnewer\nnine\n";
    assert_eq!(
        text(expected, received),
        [
            "  … 2 equal lines",
            "  three",
            "  four",
            "- five",
            "+ Five",
            "  ^",
            "  six",
            "  seven",
            "  eight",
            "+ new",
            "+ newer",
            "  nine",
        ]
    );
    assert_eq!(
        text("a\nb\nc", "c\n"),
        ["unexpected line feed at the end", "- a", "- b", "  c",]
    );
    assert_eq!(
        text("a\nb\n", "a\nb"),
        ["missing line feed at the end", "  … 2 equal lines"]
    );
    assert_eq!(
        text("a\nb\tc", "a\r\nb\tc"),
        ["- a", "+ a\\r", "   ^", "  b\\tc"]
    );
}

#[test]
fn many_lines_are_counted() {
    let lines = |word: &str| {
        let lines: Vec<_> = (0..2000).map(|n| format!("{word} {n}\n")).collect();
        lines.concat()
    };
    let shown = text(&lines("a"), &lines("b"));
    assert_eq!(shown.len(), 41);
    assert_eq!(shown[0], "- a 0");
    assert_eq!(shown[40], "… and 3960 more lines");
}

#[test]
fn bytes_are_shown_where_they_differ() {
    let expected: Vec<u8> = (0..40).collect();
    let mut received = expected.clone();
    received[26] = 0xff;
    received.truncate(30);
    let pattern = Pattern::Binary(expected);
    assert_eq!(
        pattern
            .compare(Kind::Binary, &received)
            .expect_err("they differ")
            .lines(),
        [
            "first difference at offset 0000001a (byte 26); expected 40 B, received 30 B",
            "  00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|",
            "- 00000010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f  |................|",
            "+ 00000010  10 11 12 13 14 15 16 17  18 19 ff 1b 1c 1d        |..............|",
            "                                           ^^",
        ]
    );
    let pattern = Pattern::Binary(b"abc".to_vec());
    assert_eq!(
        pattern
            .compare(Kind::Binary, b"")
            .expect_err("they differ")
            .lines(),
        [
            "first difference at offset 00000000 (byte 0); expected 3 B, received 0 B".to_owned(),
            format!("- 00000000  61 62 63{}  |abc|", " ".repeat(40)),
            "            ^^".to_owned(),
        ]
    );
}

#[test]
fn text_and_binary_do_not_match() {
    let told = |pattern: &Pattern, kind, payload: &[u8]| {
        pattern
            .compare(kind, payload)
            .expect_err("they differ")
            .lines()
            .join("\n")
    };
    let (hi, bytes) = (
        Pattern::Text("hi".to_owned()),
        Pattern::Binary(b"hi".to_vec()),
    );
    assert_eq!(
        told(&hi, Kind::Binary, b"hi"),
        "received a binary message with the same bytes, expected a text message"
    );
    assert_eq!(
        told(&at_least(json!({})), Kind::Binary, b"{}"),
        "received a binary message of 2 B, expected a text message"
    );
    assert_eq!(
        told(&bytes, Kind::Text, b"hi"),
        "received a text message with the same bytes, expected a binary message"
    );
    assert_eq!(
        told(&bytes, Kind::Text, b""),
        "received a text message of 0 B, expected a binary message"
    );
    assert_eq!(told(&hi, Kind::Text, b"h\xff"), "invalid UTF-8 at byte 1");
}

#[test]
fn patterns_are_described() {
    let long = "é".repeat(100);
    for (pattern, words) in [
        (Pattern::Any, "any message".to_owned()),
        (
            Pattern::Text("hi \"you\"".to_owned()),
            "\"hi \"you\"\"".to_owned(),
        ),
        (
            Pattern::Text(long.clone()),
            format!("\"{}…\"", "é".repeat(80)),
        ),
        (
            Pattern::Match(Regex::new("^a/b$").expect("it is one")),
            "a text message matching /^a/b$/".to_owned(),
        ),
        (
            at_least(parsed(r#"{ "op": "pong", "a": 1e2 }"#)),
            "JSON with {\"op\":\"pong\",\"a\":1e+2}".to_owned(),
        ),
        (
            Pattern::Same {
                value: json!([1]),
                ignore: vec!["/0".to_owned(), "/*/x".to_owned()],
            },
            "JSON equal to [1], ignoring /0, /*/x".to_owned(),
        ),
        (
            Pattern::Same {
                value: json!([1]),
                ignore: Vec::new(),
            },
            "JSON equal to [1]".to_owned(),
        ),
        (
            Pattern::Binary(b"\xc0\xff\xee".to_vec()),
            "a binary message of 3 B: c0 ff ee".to_owned(),
        ),
        (
            Pattern::Binary(vec![0; 17]),
            format!("a binary message of 17 B:{} …", " 00".repeat(16)),
        ),
        (
            Pattern::Binary(Vec::new()),
            "an empty binary message".to_owned(),
        ),
    ] {
        assert_eq!(pattern.describe().to_string(), words);
    }
    assert_eq!(describe(Kind::Text, b"a\xff").to_string(), "\"a\u{fffd}\"");
}

/// Any JSON value.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let name = prop_oneof!["[a-c*/~]{0,2}", any::<String>()];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// `value` without some members of its objects, selected by bits.
fn thinned(value: &Value, bits: &mut u64) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter_map(|(name, value)| {
                *bits = bits.rotate_left(1);
                (*bits & 1 == 0).then(|| (name.clone(), thinned(value, bits)))
            });
            Value::Object(kept.collect())
        }
        Value::Array(elements) => {
            Value::Array(elements.iter().map(|value| thinned(value, bits)).collect())
        }
        other => other.clone(),
    }
}

/// The pointers to all values in `value`, including itself.
fn pointers(value: &Value, path: &str, out: &mut Vec<String>) {
    out.push(path.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{path}/{name}"), out);
            }
        }
        Value::Array(elements) => {
            for (place, value) in elements.iter().enumerate() {
                pointers(value, &format!("{path}/{place}"), out);
            }
        }
        _ => {}
    }
}

fn assert_harmless(difference: &Difference) {
    for line in difference.lines() {
        assert!(!line.contains(crate::text::escape::is_hidden), "{line:?}");
    }
}

proptest! {
    #[test]
    fn json_matches_itself(value in json_value()) {
        let text = value.to_string();
        prop_assert_eq!(at_least(value.clone()).compare(Kind::Text, text.as_bytes()), Ok(Captures::new()));
        let pattern = Pattern::Same { value, ignore: Vec::new() };
        prop_assert_eq!(pattern.compare(Kind::Text, text.as_bytes()), Ok(Captures::new()));
    }

    #[test]
    fn json_with_members_removed_matches(value in json_value(), mut bits in any::<u64>()) {
        let text = value.to_string();
        let less = thinned(&value, &mut bits);
        let removed = less != value;
        prop_assert_eq!(at_least(less.clone()).compare(Kind::Text, text.as_bytes()), Ok(Captures::new()));
        let pattern = Pattern::Same { value: less, ignore: Vec::new() };
        prop_assert_eq!(pattern.compare(Kind::Text, text.as_bytes()).is_err(), removed);
    }

    /// A different value is found at its position, unless it is ignored there.
    #[test]
    fn what_is_ignored_may_differ(value in json_value(), place in any::<prop::sample::Index>()) {
        let mut all = Vec::new();
        pointers(&value, "", &mut all);
        let pointer = place.get(&all).clone();
        let mut other = value.clone();
        *other.pointer_mut(&pointer).expect("it was just listed") = json!("something else entirely");
        let text = other.to_string();
        let compare = |ignore| {
            Pattern::Same { value: value.clone(), ignore }.compare(Kind::Text, text.as_bytes())
        };
        prop_assert_eq!(compare(vec![pointer.clone()]), Ok(Captures::new()));
        let difference = compare(Vec::new()).expect_err("it differs");
        prop_assert_eq!(difference.0.len(), 1);
        assert_harmless(&difference);
        if !pointer.is_empty() && !pointer.contains(|c: char| crate::text::escape::is_hidden(c)) && pointer.len() < 40 {
            let named = format!("{pointer}: ");
            prop_assert!(difference.lines()[0].starts_with(&named), "{:?} {:?}", difference, named);
        }
    }

    #[test]
    fn texts_differ_unless_they_are_equal(a in "[ab\n\t\u{1b}日]{0,12}", b in "[ab\n\t\u{1b}日]{0,12}") {
        let compared = Pattern::Text(a.clone()).compare(Kind::Text, b.as_bytes());
        prop_assert_eq!(compared.is_ok(), a == b);
        if let Err(difference) = compared {
            prop_assert!(!difference.0.is_empty());
            assert_harmless(&difference);
        }
    }

    #[test]
    fn bytes_differ_unless_they_are_equal(
        a in proptest::collection::vec(0_u8..3, 0..40),
        b in proptest::collection::vec(0_u8..3, 0..40),
    ) {
        let compared = Pattern::Binary(a.clone()).compare(Kind::Binary, &b);
        prop_assert_eq!(compared.is_ok(), a == b);
    }
}
