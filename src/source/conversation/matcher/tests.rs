//! Tests that matching in slices gives the same results as at once.

use super::*;
use crate::event::{Event, Kind, Piece, Way};

fn inbox(pings: usize, at: Instant, last: &[u8]) -> Inbox {
    let mut inbox = Inbox::default();
    for _ in 0..pings {
        inbox.push(
            at,
            ReceivedItem::from_event(&Event::Ping(Way::In, b"")).expect("an item"),
        );
    }
    let piece = Piece::whole(Kind::Text, last);
    inbox.push(
        at,
        ReceivedItem::from_event(&Event::Data(Way::In, piece)).expect("an item"),
    );
    inbox
}

fn expectation(wanted: Expected) -> Expectation {
    Expectation {
        wanted,
        within: Duration::from_secs(5),
        strict: false,
    }
}

/// Calls the matcher until it has decided, like the loop.
fn decide(
    matcher: &mut Matcher,
    expectation: &Expectation,
    inbox: &mut Inbox,
    now: Instant,
) -> MatchResult {
    loop {
        match matcher.advance(expectation, inbox, now) {
            MatchResult::Pending if matcher.more => {
                assert!(matcher
                    .next_deadline(expectation)
                    .is_some_and(|at| at <= now));
            }
            MatchResult::Pending if matcher.is_busy() => {
                let mut fds = [nix::poll::PollFd::new(
                    matcher.comparison_fd().expect("there is a comparison"),
                    nix::poll::PollFlags::POLLIN,
                )];
                nix::poll::poll(&mut fds, nix::poll::PollTimeout::NONE).expect("poll");
            }
            judged => return judged,
        }
    }
}

#[test]
fn match_after_many_messages_is_found() {
    let now = Instant::now();
    let expectation = expectation(Expected::Message(Pattern::Text("last".to_owned())));
    let mut inbox = inbox(300_000, now, b"last");
    let mut matcher = Matcher::new(now);
    let judged = decide(&mut matcher, &expectation, &mut inbox, now);
    assert!(matches!(judged, MatchResult::Met(_)), "{judged:?}");
    assert!(!matcher.is_busy());
}

#[test]
fn continuous_messages_do_not_prevent_the_timeout() {
    let since = Instant::now();
    let now = since + Duration::from_secs(6);
    let expectation = expectation(Expected::Ping(Some(b"x".to_vec())));
    let mut inbox = inbox(300_000, now, b"last");
    let judged = Matcher::new(since).advance(&expectation, &mut inbox, now);
    assert!(matches!(judged, MatchResult::Unmet { .. }), "{judged:?}");
}

#[test]
fn large_message_is_compared_on_a_thread_with_the_same_result() {
    let now = Instant::now();
    let large = "x".repeat(LARGE);
    for (text, met) in [(large.clone(), true), (large.clone() + "y", false)] {
        let expectation = Expectation {
            strict: true,
            ..expectation(Expected::Message(Pattern::Text(text)))
        };
        let mut inbox = inbox(1, now, large.as_bytes());
        let mut matcher = Matcher::new(now);
        let first = matcher.advance(&expectation, &mut inbox, now);
        assert!(matches!(first, MatchResult::Pending) && matcher.is_busy());
        match decide(&mut matcher, &expectation, &mut inbox, now) {
            MatchResult::Met(_) => assert!(met),
            MatchResult::Unmet { difference, .. } => assert!(!met && difference.0.len() == 3),
            other => panic!("{other:?}"),
        }
        let kept = inbox.matched.map(|(_, bytes)| bytes.len());
        assert_eq!(kept, met.then_some(LARGE));
    }
}

#[test]
fn comparison_is_timed_out() {
    let since = Instant::now();
    let expectation = expectation(Expected::Message(Pattern::Text("x".to_owned())));
    let mut inbox = inbox(0, since, &vec![b'x'; LARGE]);
    let mut matcher = Matcher::new(since);
    let late = since + Duration::from_secs(5);
    match matcher.advance(&expectation, &mut inbox, late) {
        MatchResult::Unmet { instead, .. } => {
            assert_eq!(
                instead.to_string(),
                "a large message could not be compared within 5 s"
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(!matcher.is_busy());
}
