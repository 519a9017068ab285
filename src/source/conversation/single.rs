//! One expectation on its own, beside other messages: `/expect` at the prompt.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::inbox::{Inbox, LinkStage, ReceivedItem};
use super::matcher::{MatchResult, Matcher};
use super::step::Expectation;
use crate::error::{Error, Goal, Unmet, UnmetDetail};
use crate::event::{Event, Kind, Now};
use crate::text::phrase::Phrase;

/// How often to look whether the comparison of a large message is complete.
const COMPARING: Duration = Duration::from_millis(20);

/// An expectation that waits for what is received.
pub struct SingleExpectation {
    expectation: Expectation,
    matcher: Matcher,
    inbox: Inbox,
    since: Instant,
}

impl SingleExpectation {
    /// Creates an expectation whose time begins now.
    #[must_use]
    pub fn new(expectation: Expectation, now: Instant) -> Self {
        let mut inbox = Inbox::default();
        inbox.stage = LinkStage::Open;
        Self {
            expectation,
            matcher: Matcher::new(now),
            inbox,
            since: now,
        }
    }

    /// Adds a message that was received before.
    pub fn add_earlier(&mut self, kind: Kind, bytes: &[u8]) {
        let item = ReceivedItem::Message(kind, Bytes::copy_from_slice(bytes));
        self.inbox.push(self.since, item);
    }

    /// Handles an event of the connection.
    pub fn on_event(&mut self, now: Now, event: &Event<'_>) {
        if let Event::Closed(closure) = event {
            self.inbox.stage = LinkStage::Closed((*closure).clone());
        } else if let Some(item) = ReceivedItem::from_event(event) {
            self.inbox.push(now.instant, item);
        }
    }

    /// When to call [`poll`](Self::poll) even if nothing is received.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        if self.matcher.comparison_fd().is_some() {
            return Instant::now().checked_add(COMPARING);
        }
        self.matcher.next_deadline(&self.expectation)
    }

    /// What is expected. Not escaped.
    #[must_use]
    pub fn describe(&self) -> Phrase {
        self.expectation.wanted.describe()
    }

    /// The result, as soon as it is known: how long it took, or what was received instead.
    pub fn poll(&mut self, now: Instant) -> Option<Result<Duration, Error>> {
        let advanced = self
            .matcher
            .advance(&self.expectation, &mut self.inbox, now);
        match advanced {
            MatchResult::Pending => None,
            MatchResult::Met(_) => Some(Ok(now.saturating_duration_since(self.since))),
            MatchResult::Failed(cause) => Some(Err(Error::System {
                doing: "comparing a large message",
                cause,
            })),
            MatchResult::Unmet {
                instead,
                nearest,
                difference,
            } => {
                let goal = Goal::Receive(self.expectation.wanted.describe());
                let details = [
                    nearest.map(UnmetDetail::Nearest),
                    self.inbox.dropped_detail(),
                ];
                Some(Err(Error::Unmet(Box::new(Unmet {
                    details: details.into_iter().flatten().collect(),
                    difference,
                    ..Unmet::new(goal, instead)
                }))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::matching::Pattern;
    use crate::event::{Piece, Way};
    use crate::protocol::Closure;
    use crate::source::Expected;

    fn expecting(text: &str) -> (SingleExpectation, Now) {
        let now = Now::read();
        let expectation = Expectation {
            wanted: Expected::Message(Pattern::Text(text.to_owned())),
            within: Duration::from_secs(5),
            strict: false,
        };
        (SingleExpectation::new(expectation, now.instant), now)
    }

    fn receive(one: &mut SingleExpectation, now: Now, text: &str) {
        let piece = Piece::whole(Kind::Text, text.as_bytes());
        one.on_event(now, &Event::Data(Way::In, piece));
    }

    #[test]
    fn messages_before_and_after_count() {
        let (mut one, now) = expecting("yes");
        assert!(one.poll(now.instant).is_none());
        receive(&mut one, now, "no");
        receive(&mut one, now, "yes");
        assert!(matches!(one.poll(now.instant), Some(Ok(_))));
        let (mut earlier, now) = expecting("yes");
        earlier.add_earlier(Kind::Text, b"yes");
        assert!(matches!(earlier.poll(now.instant), Some(Ok(_))));
    }

    #[test]
    fn time_and_the_end_of_the_connection_decide() {
        let (mut one, now) = expecting("yes");
        receive(&mut one, now, "no");
        let due = one.next_deadline().expect("a time limit");
        assert_eq!(due, now.instant + Duration::from_secs(5));
        let late = one.poll(due).expect("decided").expect_err("not met");
        let text = late.to_string();
        assert!(
            text.starts_with("expected \"yes\", but the only message"),
            "{text}"
        );
        let (mut closed, now) = expecting("yes");
        closed.on_event(now, &Event::Closed(&Closure::default()));
        let ended = closed.poll(now.instant).expect("decided");
        let text = ended.expect_err("not met").to_string();
        assert!(text.contains("without a Close frame"), "{text}");
    }
}
