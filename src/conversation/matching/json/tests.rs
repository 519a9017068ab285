//! Compares the comparison without a tree with the one with a tree, on similar values that are
//! written in different ways; and tests values for which no tree should be built.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::super::raw::Raw;
use super::super::{find, Difference, Lookup};
use super::tree::compare_as_trees;
use super::{compare, JsonComparison};

/// Few names and values, so that they repeat.
fn value() -> impl Strategy<Value = Value> {
    let number = "(-?(0|[1-9][0-9]{0,3}|100000000000000000001)(\\.[0-9]{1,3})?(e-?[0-9]{1,2})?)"
        .prop_map(|text| serde_json::from_str(&text).expect("it is a number"));
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        "[ab\n\"\\\\\u{1f600}é\u{7f}]{0,4}".prop_map(Value::from),
        "x{300}[ab]x{300}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec(("[a-c*/~0-2é]{0,1}", inner), 0..6)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A source of choices that proptest can shrink.
struct Choices(Vec<u8>);

impl Choices {
    fn next(&mut self, of: u8) -> u8 {
        self.0.pop().unwrap_or(0) % of
    }
}

/// The value with parts removed, added or reordered.
fn changed(value: &Value, choices: &mut Choices) -> Value {
    match choices.next(24) {
        1 => return Value::from("other"),
        2 => return Value::Array(vec![Value::Null]),
        3 => return serde_json::json!({ "a": 1 }),
        _ => {}
    }
    match value {
        Value::Object(members) => {
            let mut out = Map::new();
            for (name, value) in members {
                match choices.next(6) {
                    1 => {}
                    2 => {
                        out.insert(format!("{name}a"), changed(value, choices));
                    }
                    _ => {
                        out.insert(name.clone(), changed(value, choices));
                    }
                }
            }
            if choices.next(2) == 1 {
                out = out.into_iter().rev().collect();
            }
            Value::Object(out)
        }
        Value::Array(elements) => {
            let mut out: Vec<_> = elements.iter().map(|it| changed(it, choices)).collect();
            match choices.next(6) {
                1 => _ = out.pop(),
                2 => out.push(Value::Bool(true)),
                3 => out.insert(0, Value::Null),
                _ => {}
            }
            Value::Array(out)
        }
        other => other.clone(),
    }
}

/// The value as a server may write it: with whitespace, escape sequences and duplicate members.
fn written(value: &Value, choices: &mut Choices, out: &mut String) {
    let blank = |choices: &mut Choices| ["", "", " ", "\n", "\t \r"][usize::from(choices.next(5))];
    out.push_str(blank(choices));
    match value {
        Value::Object(members) => {
            out.push('{');
            for (place, (name, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                if choices.next(5) == 1 {
                    written(&Value::from(name.as_str()), choices, out);
                    out.push_str(":[7e1, {\"b\":0}],");
                }
                written(&Value::from(name.as_str()), choices, out);
                out.push_str(blank(choices));
                out.push(':');
                written(value, choices, out);
            }
            out.push('}');
        }
        Value::Array(elements) => {
            out.push('[');
            for (place, value) in elements.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                written(value, choices, out);
            }
            out.push(']');
        }
        Value::String(text) => {
            out.push('"');
            for character in text.chars() {
                if choices.next(3) == 1 {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let _ = write!(out, "\\u{unit:04X}");
                    }
                } else {
                    let text = Value::from(character.to_string()).to_string();
                    out.push_str(&text[1..text.len() - 1]);
                }
            }
            out.push('"');
        }
        Value::Number(number) => {
            let text = number.to_string();
            let whole = !text.contains(['e', '.']);
            let other = match choices.next(4) {
                1 if whole => text + ".00",
                2 if whole && !text.ends_with('0') => text + "0E-1",
                3 => text.replace("e+", "E"),
                _ => text,
            };
            out.push_str(&other);
        }
        other => out.push_str(&other.to_string()),
    }
    out.push_str(blank(choices));
}

/// Pointers as for `--ignore`.
fn ignore() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("(/?([a-c*0-2]|~1)?){0,3}", 0..3)
}

fn both(
    exact: bool,
    expected: &Value,
    ignore: &[String],
    received: &str,
) -> [Result<(), Difference>; 2] {
    [
        compare(JsonComparison::new(exact), expected, ignore, received),
        compare_as_trees(exact, expected, ignore, received),
    ]
}

proptest! {
    #[test]
    fn result_is_the_same_as_with_trees(
        expected in value(),
        ignore in ignore(),
        exact in any::<bool>(),
        choices in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut choices = Choices(choices);
        let mut received = String::new();
        written(&changed(&expected, &mut choices), &mut choices, &mut received);
        let [without, with] = both(exact, &expected, &ignore, &received);
        prop_assert_eq!(without, with, "{}", received);
    }

    #[test]
    fn result_is_the_same_for_unrelated_values(expected in value(), received in value(), exact in any::<bool>()) {
        let [without, with] = both(exact, &expected, &[], &received.to_string());
        prop_assert_eq!(without, with);
    }

    #[test]
    fn result_is_the_same_for_invalid_json(
        value in value(),
        at in any::<prop::sample::Index>(),
        with in "[\"{}\\[\\],:\\\\ude0+\\-x\u{1}]?",
        choices in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut received = String::new();
        written(&value, &mut Choices(choices), &mut received);
        let at = received.floor_char_boundary(at.index(received.len()));
        let end = received.ceil_char_boundary(at + 1);
        received.replace_range(at..end, &with);
        let [without, with] = both(false, &value, &[], &received);
        prop_assert_eq!(without, with, "{}", received);
    }

    #[test]
    fn found_values_are_the_same_as_in_a_tree(
        value in value(),
        pointer in "((/([a-c0-2é]|~1|~0|01|\\+1)?){0,3}|a)",
        choices in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut text = String::new();
        written(&value, &mut Choices(choices), &mut text);
        let tree: Value = serde_json::from_str(&text).expect("it is JSON");
        let expected = match tree.pointer(&pointer) {
            None => Lookup::Missing,
            Some(Value::String(text)) => Lookup::Value(text.clone()),
            Some(other) => Lookup::Value(other.to_string()),
        };
        prop_assert_eq!(find(text.as_bytes(), &pointer), expected, "{}", text);
    }

    /// Long values are printed token by token, short ones from a tree.
    #[test]
    fn long_values_are_printed_like_short_ones(value in value(), most in 0_usize..400) {
        let text = value.to_string();
        let short = Raw::read(&text).expect("it is JSON").print(most);
        let padded = text.replacen(['[', '{'], &format!("{}{}", &text[..1], " ".repeat(70_000)), 1);
        if padded.len() > text.len() && text.starts_with(['[', '{']) {
            let long = Raw::read(&padded).expect("it is JSON").print(most);
            prop_assert_eq!(long, short);
        }
    }
}

fn lines(exact: bool, expected: &Value, received: &str) -> Vec<String> {
    match compare(JsonComparison::new(exact), expected, &[], received) {
        Ok(()) => Vec::new(),
        Err(difference) => difference.lines(),
    }
}

#[test]
fn deeply_nested_json_is_compared_as_far_as_expected() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let received = format!(r#"{{"op":"pong","deep":{deep}}}"#);
    let expected = serde_json::json!({ "op": "pong" });
    assert_eq!(lines(false, &expected, &received), Vec::<String>::new());
    assert_eq!(
        lines(true, &expected, &received),
        [format!("/deep: unexpected, received {}…", "[".repeat(59))]
    );
    assert_eq!(
        lines(false, &serde_json::json!({ "deep": [[1]] }), &received),
        [format!(
            "/deep/0/0: expected 1, received {}…",
            "[".repeat(59)
        )]
    );
    assert_eq!(
        find(received.as_bytes(), "/deep/0/0"),
        Lookup::Value(deep[2..deep.len() - 2].to_owned())
    );
    let broken = &received[..received.len() - 1];
    let column = broken.len() + 1;
    assert_eq!(
        lines(false, &expected, broken)[0],
        format!("invalid JSON at line 1, column {column}: EOF while parsing an object")
    );
}

#[test]
fn lone_surrogate_is_not_json() {
    for (text, at) in [
        (r#"{"a":"\ud800"}"#, 13),
        (r#"{"a":1,"\udc00":2}"#, 14),
        (r#"["\ud83dx\ude00"]"#, 9),
    ] {
        let expected = format!("invalid JSON at line 1, column {at}: ");
        let said = lines(false, &serde_json::json!({ "a": 1 }), text);
        assert!(said[0].starts_with(&expected), "{text}: {said:?}");
        assert_eq!(find(text.as_bytes(), "/a"), Lookup::NotJson, "{text}");
    }
    let text = r#"{"a":1,"b":"\\ud800 \ud83d\ude00 \u00e9"}"#;
    let expected = serde_json::json!({ "a": 1 });
    assert_eq!(lines(false, &expected, text), Vec::<String>::new());
}

#[test]
fn many_unexpected_members_are_counted_and_partly_shown() {
    let members: Vec<_> = (0..10_000)
        .map(|number| format!("\"m{number}\":1"))
        .collect();
    let received = format!("{{{}}}", members.join(","));
    let said = lines(true, &serde_json::json!({}), &received);
    assert_eq!(said.len(), 21);
    assert_eq!(said[0], "/m0: unexpected, received 1");
    assert_eq!(said[20], "… and 9980 more");
}
