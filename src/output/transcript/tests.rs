//! Tests of the kept messages.

use super::*;

fn transcript(limits: KeepLimits, texts: &[&str]) -> Transcript {
    let mut transcript = Transcript::new(limits, false);
    for text in texts {
        transcript.add(SystemTime::now(), Way::In, Kind::Text, text.as_bytes());
    }
    transcript
}

fn number(transcript: &Transcript, wanted: Option<i64>) -> Result<u64, String> {
    transcript.find(wanted).map(|message| message.number)
}

fn replayed(transcript: &mut Transcript) -> Vec<u64> {
    std::iter::from_fn(|| transcript.next_replay())
        .map(|replay| replay.message.number)
        .collect()
}

#[test]
fn messages_are_found_by_number() {
    let mut some = transcript(KeepLimits::default(), &["a", "b", "c"]);
    some.add(SystemTime::now(), Way::Out, Kind::Text, b"sent");
    assert_eq!(number(&some, Some(2)), Ok(2));
    assert_eq!(number(&some, Some(-1)), Ok(3));
    assert_eq!(number(&some, None), Ok(3));
    assert_eq!(
        number(&some, Some(4)),
        Err("no message 4: the last is 3".to_owned())
    );
    assert_eq!(
        number(&some, Some(-4)),
        Err("no message 0: the last is 3".to_owned())
    );
    let none = transcript(KeepLimits::default(), &[]);
    assert_eq!(
        number(&none, None),
        Err("no message has been received yet".to_owned())
    );
}

#[test]
fn oldest_messages_are_dropped_at_either_limit() {
    let by_count = KeepLimits {
        messages: 2,
        bytes: 100,
    };
    let two = transcript(by_count, &["a", "b", "c"]);
    assert_eq!(
        number(&two, Some(1)),
        Err("message 1 is no longer kept: the oldest is 2".to_owned())
    );
    let by_bytes = KeepLimits {
        messages: 9,
        bytes: 5,
    };
    let few = transcript(by_bytes, &["aaa", "bbb", "cc"]);
    assert_eq!(few.iter().count(), 2);
    let none = transcript(by_bytes, &["too long"]);
    assert_eq!(number(&none, None), Err("message 1 is not kept".to_owned()));
}

#[test]
fn held_messages_are_shown_when_released() {
    let holding = |bytes| {
        let mut some = transcript(KeepLimits { messages: 2, bytes }, &["a"]);
        some.hold();
        for text in ["b", "c", "d"] {
            let added = some.add(SystemTime::now(), Way::In, Kind::Text, text.as_bytes());
            assert_eq!(added.1, Visibility::Held);
        }
        let held = some.held().map(|held| (held.count, held.bytes));
        assert_eq!(held, Some((3, 3)));
        some
    };
    // More than are kept otherwise, and then no longer.
    let mut held = holding(4 + 4 * OVERHEAD);
    assert_eq!(held.iter().count(), 4);
    assert_eq!(held.release(), (3, 0));
    assert_eq!(replayed(&mut held), [2, 3, 4]);
    assert_eq!((held.held(), held.iter().count()), (None, 2));
    // But not more than there is memory for.
    let mut held = holding(2 + 2 * OVERHEAD);
    assert_eq!(held.release(), (3, 1));
    assert_eq!(replayed(&mut held), [3, 4]);
}

#[test]
fn filters_hide_and_count() {
    let mut filtered = transcript(KeepLimits::default(), &[]);
    filtered.show_only(Regex::new("order").expect("a pattern"));
    filtered.mute(Regex::new("test").expect("a pattern"));
    for (text, reception) in [
        ("order 1", Visibility::Shown),
        ("tick", Visibility::Hidden),
        ("test order", Visibility::Hidden),
    ] {
        let added = filtered.add(SystemTime::now(), Way::In, Kind::Text, text.as_bytes());
        assert_eq!(added.1, reception, "{text}");
    }
    assert_eq!(filtered.unfilter(), Some((1, 2)));
    assert_eq!(filtered.unfilter(), None);
    let added = filtered.add(SystemTime::now(), Way::In, Kind::Text, b"tick");
    assert_eq!(added, (4, Visibility::Shown));
}
