//! Tests of the layout of JSON.

use super::*;
use proptest::prelude::*;

const LIMITS: LayoutLimits = LayoutLimits {
    lines: 40,
    bytes: 4096,
    columns: 80,
};

fn shown(text: &str) -> String {
    let mut out = String::new();
    let bytes = push(&mut out, text, Palette::plain(), LIMITS).expect("it is JSON");
    assert_eq!(bytes, text.len());
    out
}

#[test]
fn other_values_are_not_formatted() {
    for text in ["", "hello", "42", "\"a\"", "{", "[1,]", "{} {}", "[\u{1}]"] {
        let mut out = String::new();
        assert_eq!(
            push(&mut out, text, Palette::plain(), LIMITS),
            None,
            "{text}"
        );
        assert_eq!(out, "");
    }
}

#[test]
fn short_json_is_unchanged() {
    for text in ["{}", "[1,  2]", r#"{"a":1.10,"a":12345678901234567890}"#] {
        assert_eq!(shown(text), text);
    }
    assert_eq!(shown("[1,\r2]"), "[1,\\r2]");
    assert_eq!(shown("[\"\u{202e}\u{7f}\"]"), "[\"\\u{202e}\\x7f\"]");
}

#[test]
fn wide_json_is_only_wrapped() {
    let long = "x".repeat(50);
    let text = format!(
        r#"{{"id":12345678901234567890,"e":[],"n":[1.10,-0,1e5],"o":{{"{long}":{{"a":null}}}},"id":true}}"#
    );
    assert_eq!(
        shown(&text),
        format!(
            r#"{{
  "id": 12345678901234567890,
  "e": [],
  "n": [1.10, -0, 1e5],
  "o": {{"{long}": {{"a": null}}}},
  "id": true
}}"#
        )
    );
}

#[test]
fn wrapped_json_is_reformatted() {
    assert_eq!(shown("{\n\t\"a\": [\n1\n]\n}"), r#"{"a": [1]}"#);
}

#[test]
fn tokens_are_colored() {
    let mut out = String::new();
    let text = r#"{"a:":["b\"",1,null]}"#;
    push(&mut out, text, Palette::colored(), LIMITS);
    assert_eq!(
        out,
        "{\x1b[34m\"a:\"\x1b[39m:[\x1b[32m\"b\\\"\"\x1b[39m,\x1b[36m1\x1b[39m,\
         \x1b[35mnull\x1b[39m]}"
    );
}

#[test]
fn output_is_limited_to_the_room() {
    let text = format!("[{}]", vec!["\"0123456789\""; 100].join(","));
    let mut out = String::new();
    let room = LayoutLimits {
        lines: 3,
        bytes: 4096,
        columns: 80,
    };
    let bytes = push(&mut out, &text, Palette::plain(), room);
    assert_eq!(out, "[\n  \"0123456789\",\n  \"0123456789\",");
    assert_eq!(bytes, Some(27));

    out.clear();
    let room = LayoutLimits {
        lines: 40,
        bytes: 20,
        columns: 80,
    };
    let bytes = push(&mut out, &text, Palette::plain(), room);
    assert_eq!(out, "[\n  \"0123456789\",\n  \"0");
    assert_eq!(bytes, Some(16));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::vec((".{0,9}", inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn formatting_does_not_change_the_value(value in json()) {
        let text = value.to_string();
        let everything = LayoutLimits { lines: usize::MAX, bytes: usize::MAX, columns: 80 };
        let mut out = String::new();
        if push(&mut out, &text, Palette::plain(), everything).is_some() && !out.contains("\\u{")
            && !out.contains("\\x")
        {
            let again: serde_json::Value =
                serde_json::from_str(&out).expect("it is still JSON");
            prop_assert_eq!(again, value);
        }
    }
}
