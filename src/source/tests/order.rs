//! `any order`: every permutation of the expected messages meets the expectations, and no selection
//! without one of them does.

use proptest::prelude::*;

use super::rules::{receive, script};
use super::*;

/// Patterns that overlap, with a message that only some of them match.
const PATTERNS: [(&str, &str); 5] = [
    (r#"json {"a":1}"#, r#"{"a":1,"b":2}"#),
    (r#"json {"b":2}"#, r#"{"a":1,"b":2}"#),
    (r#"json {"a": any}"#, r#"{"a":3}"#),
    ("any", "x"),
    ("x", "x"),
];

/// Some of the patterns, and their messages in any order.
fn chosen() -> impl Strategy<Value = (Vec<usize>, Vec<&'static str>)> {
    prop::collection::vec(0..PATTERNS.len(), 1..7).prop_flat_map(|chosen| {
        let messages: Vec<_> = chosen.iter().map(|index| PATTERNS[*index].1).collect();
        (Just(chosen), Just(messages).prop_shuffle())
    })
}

fn text(chosen: &[usize]) -> String {
    let lines = chosen
        .iter()
        .map(|index| format!("  < {}\n", PATTERNS[*index].0));
    format!("any order\n{}", lines.collect::<String>())
}

proptest! {
    #[test]
    fn any_permutation_is_accepted_and_none_that_lacks_a_message(
        (chosen, messages) in chosen(),
    ) {
        let (mut source, _) = script(&text(&chosen));
        for (count, message) in messages.iter().enumerate() {
            let progress = source.poll(Now::read(), false, &mut Page::new());
            prop_assert!(matches!(progress, Progress::Pending), "after {count}: {progress:?}");
            receive(&mut source, message);
        }
        let progress = source.poll(Now::read(), false, &mut Page::new());
        prop_assert!(matches!(progress, Progress::Done(None)), "{progress:?}");
    }
}
