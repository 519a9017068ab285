//! Tests of JSON patterns: matches, captures and differences.

use proptest::prelude::*;
use serde_json::{json, Map, Value};

use super::super::{parse_pattern, JsonPattern};
use super::*;

fn pattern(text: &str) -> JsonPattern {
    parse_pattern(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

/// The differences, or the captured values.
fn result(text: &str, received: &str) -> Result<Vec<(String, String)>, Vec<String>> {
    compare(&pattern(text), &[], received).map_err(|difference| difference.lines())
}

#[test]
fn values_match_patterns() {
    for (pattern, fits, differs) in [
        ("any", "1", ""),
        ("string", "\"a\"", "1"),
        ("number", "1.5", "\"1\""),
        ("integer", "100", "1.5"),
        ("integer", "1e2", "null"),
        ("boolean", "false", "0"),
        ("array", "[1]", "{}"),
        ("object", "{}", "[]"),
        ("numeric", "\"-1.50\"", "1.5"),
        ("numeric > 0", "\"0.1\"", "\"0\""),
        ("> 5", "5.5", "5"),
        (">= 5", "5", "4.9"),
        ("< -1", "-2", "-1"),
        ("<= 5", "5", "6"),
        ("1..100", "100", "101"),
        ("1..", "1", "0"),
        ("..5", "-3", "6"),
        ("1.5..2.5", "2", "3"),
        (
            "9007199254740992..9007199254740992",
            "9007199254740992",
            "9007199254740993",
        ),
        ("/^a+$/", "\"aa\"", "\"ab\""),
        ("/^A$/i", "\"a\"", "\"b\""),
        (r"/a\/b/", "\"a/b\"", "\"ab\""),
        ("\"a\" | 1 | null", "null", "2"),
        ("string and /a/ and not /b/", "\"ac\"", "\"ab\""),
        ("not 1", "2", "1"),
        ("size 2", "[1,2]", "[1]"),
        ("size 1..2", "\"äö\"", "\"abc\""),
        ("size > 1", "{\"a\":1,\"b\":2}", "{\"a\":1}"),
        ("has 2", "[1,2]", "[1]"),
        ("has {\"a\":1}", "[{\"a\":2},{\"a\":1,\"b\":2}]", "[]"),
        ("each > 0", "[1,2]", "[1,0]"),
        ("[1, any, ..]", "[1,2,3]", "[1]"),
        ("[1, string]", "[1,\"a\"]", "[1,\"a\",2]"),
        ("{\"a\": absent}", "{\"b\":1}", "{\"a\":null}"),
        ("{\"a\": absent | 1}", "{}", "{\"a\":2}"),
        ("{\"a\": > 1}", "{\"a\":2,\"b\":0}", "{}"),
        ("= {\"a\": > 1}", "{\"a\":2}", "{\"a\":2,\"b\":0}"),
        (
            "{\"a\": = {\"b\": any}}",
            "{\"a\":{\"b\":1},\"c\":1}",
            "{\"a\":{\"b\":1,\"c\":1}}",
        ),
        ("= {\"a\":1}", "{\"a\":1}", "{\"a\":1,\"b\":1}"),
    ] {
        let fitting = result(pattern, fits);
        assert!(fitting.is_ok(), "{pattern}: {fits}: {fitting:?}");
        if !differs.is_empty() {
            assert!(result(pattern, differs).is_err(), "{pattern}: {differs}");
        }
    }
}

#[test]
fn differences_have_paths() {
    for (pattern, received, said) in [
        (
            "{\"p\": numeric > 0}",
            "{\"p\":\"0\"}",
            "/p: expected a string with a number > 0, received \"0\"",
        ),
        (
            "{\"state\": \"done\" | \"failed\"}",
            "{\"state\":\"open\"}",
            "/state: expected \"done\" or \"failed\", received \"open\"",
        ),
        ("{\"n\": > 1 as N}", "{}", "/n: missing"),
        (
            "{\"error\": absent, \"n\": any}",
            "{\"error\":1,\"n\":1}",
            "/error: unexpected, received 1",
        ),
        (
            "[> 1, ..]",
            "[]",
            "(root): expected at least 1 element, received 0",
        ),
        (
            "{\"a\": each integer}",
            "{\"a\":[1,\"x\"]}",
            "/a/1: expected an integer, received \"x\"",
        ),
        (
            "{\"a\": size 2}",
            "{\"a\":[]}",
            "/a: expected a size of 2, received []",
        ),
        (
            "string and /^a/",
            "\"b\"",
            "(root): expected a string matching /^a/, received \"b\"",
        ),
        (
            "{\"t\": > 7985764}",
            "{\"t\":7985764}",
            "/t: expected a number > 7985764, received 7985764",
        ),
    ] {
        assert_eq!(
            result(pattern, received),
            Err(vec![said.to_owned()]),
            "{pattern}"
        );
    }
}

#[test]
fn closest_element_is_the_one_whose_first_members_match() {
    let states: Vec<_> = (0..30)
        .map(|light| json!({"entity_id": format!("light.l{light}"), "state": if light % 2 == 1 && light != 7 {"on"} else {"off"}}))
        .collect();
    let received = json!({"result": states}).to_string();
    assert_eq!(
        result(
            "{\"result\": size 30 and has {\"entity_id\":\"light.l7\",\"state\":\"on\"}}",
            &received
        ),
        Err(vec![
            "/result: none of its 30 elements is {\"entity_id\":\"light.l7\",\"state\":\"on\"}; \
             nearest /result/7/state: expected \"on\", received \"off\""
                .to_owned()
        ])
    );
}

#[test]
fn matching_values_are_captured() {
    for (pattern, received, captured) in [
        (
            "[2, string as CALL, ..]",
            "[2,\"x\",{}]",
            vec![("CALL", "x")],
        ),
        (
            "{\"t\": > 1 as T, \"o\": object as O}",
            "{\"t\":2,\"o\":{\"a\":1}}",
            vec![("T", "2"), ("O", "{\"a\":1}")],
        ),
        ("\"a\" as A | \"b\"", "\"a\"", vec![]),
        (
            "{\"s\": \"a\" | \"b\" as S}",
            "{\"s\":\"b\"}",
            vec![("S", "b")],
        ),
        (
            "has {\"id\": integer as ID, \"on\": true}",
            "[{\"id\":1,\"on\":false},{\"id\":2,\"on\":true}]",
            vec![("ID", "2")],
        ),
    ] {
        if captured.is_empty() {
            assert!(
                parse_pattern(pattern).is_err(),
                "as is the last word: {pattern}"
            );
            continue;
        }
        let found =
            result(pattern, received).unwrap_or_else(|error| panic!("{pattern}: {error:?}"));
        let found: Vec<_> = found
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(found, captured, "{pattern}");
    }
}

#[test]
fn invalid_patterns_are_reported() {
    for (pattern, at, cause) in [
        ("", 0, "missing value"),
        ("strnig", 0, "unknown word 'strnig': did you mean string?"),
        (
            "{\"a\": pong}",
            6,
            "unknown word 'pong': a string is written in double quotes",
        ),
        (
            "{a: 1}",
            1,
            "expected the name of a member in double quotes",
        ),
        ("{\"a\" 1}", 5, "expected ':'"),
        ("{\"a\": 1", 0, "unclosed bracket: missing }"),
        ("[1 2]", 3, "expected ',' or ']'"),
        ("/(/", 0, "invalid regular expression: unclosed group"),
        ("/a", 0, "unclosed regular expression: missing /"),
        ("> ", 2, "missing number after >"),
        ("size", 4, "missing number after size, as in 'size 3'"),
        (
            "string as",
            9,
            "missing variable name after as, as in 'string as ID'",
        ),
        (
            "string as 1",
            10,
            "missing variable name after as, as in 'string as ID'",
        ),
        ("1 2", 2, "unexpected text after the JSON pattern"),
        ("\"a", 0, "unclosed string: missing \""),
        ("%", 0, "expected a value, received '%'"),
        ("01", 0, "invalid number '01'"),
    ] {
        let error = parse_pattern(pattern).expect_err(pattern);
        assert_eq!((error.at, &*error.cause), (at, cause), "{pattern}");
    }
    let deep = "[".repeat(100_000);
    assert!(parse_pattern(&deep).is_err());
    assert!(parse_pattern(&"not ".repeat(100_000)).is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-c/~]{0,2}", inner), 0..4)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A pattern that matches a value, using keywords.
fn loosened(value: &Value, bits: &mut u64) -> String {
    let choice = *bits % 4;
    *bits /= 4;
    match value {
        Value::String(text) if choice == 1 => format!("size {}", text.chars().count()),
        Value::String(_) if choice == 2 => "string".to_owned(),
        Value::Number(number) if choice == 1 => format!(">= {number}"),
        Value::Number(number) if choice == 2 => format!("{number}..{number}"),
        Value::Bool(_) if choice == 1 => "boolean".to_owned(),
        Value::Array(elements) => {
            let mut words: Vec<_> = elements.iter().map(|value| loosened(value, bits)).collect();
            if choice == 1 {
                words.push("..".to_owned());
            }
            format!("[{}]", words.join(", "))
        }
        Value::Object(members) => {
            let words: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(&**name), loosened(value, bits)))
                .collect();
            format!("{{{}}}", words.join(", "))
        }
        value if choice == 3 => format!("absent | {value}"),
        value => value.to_string(),
    }
}

/// Changes one leaf and returns its path.
fn mutated(value: &mut Value, mut at: usize) -> Option<String> {
    match value {
        Value::Array(elements) if !elements.is_empty() => {
            let index = at % elements.len();
            at /= elements.len();
            let rest = mutated(&mut elements[index], at)?;
            Some(format!("/{index}{rest}"))
        }
        Value::Object(members) if !members.is_empty() => {
            let index = at % members.len();
            at /= members.len();
            let (name, value) = members.iter_mut().nth(index)?;
            let name = name.replace('~', "~0").replace('/', "~1");
            let rest = mutated(value, at)?;
            Some(format!("/{name}{rest}"))
        }
        Value::Array(_) | Value::Object(_) => None,
        leaf => {
            // A value without a size: an object would fit the pattern of a string by its size.
            *leaf = match leaf {
                Value::Null => Value::Bool(true),
                _ => Value::Null,
            };
            Some(String::new())
        }
    }
}

proptest! {
    #[test]
    fn pattern_of_a_value_matches_it_and_names_differences(
        value in any_json(),
        mut bits in any::<u64>(),
        at in any::<usize>(),
    ) {
        let text = loosened(&value, &mut bits);
        let parsed = parse_pattern(&text);
        prop_assert!(parsed.is_ok(), "{}: {:?}", text, parsed);
        let parsed = pattern(&text);
        prop_assert_eq!(compare(&parsed, &[], &value.to_string()), Ok(Vec::new()));
        let mut other = value.clone();
        if let Some(path) = mutated(&mut other, at) {
            let path = if path.is_empty() { "(root)" } else { &path };
            let lines = compare(&parsed, &[], &other.to_string()).expect_err("it differs").lines();
            prop_assert!(
                lines.iter().any(|line| line.starts_with(&format!("{path}: "))),
                "{}: {} is not in {:?}", text, path, lines
            );
        }
    }
}
