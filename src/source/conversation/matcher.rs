//! Matches received items against an expectation.
//!
//! It never delays the loop for long: large messages are compared on a thread, and many small ones
//! a few at a time.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::compare::{compare, compare_aside, Compared, ComparedMessage};
use super::expected::{quote, Expected};
use super::inbox::{Inbox, LinkStage, ReceivedItem};
use super::nearest::{keep_nearest, Nearest};
use super::step::Expectation;
use super::work::Work;
use crate::assembly::LARGE;
use crate::conversation::matching::{Captures, Difference, Pattern};
use crate::error::Instead;
use crate::event::Kind;
use crate::http::Header;
use crate::text::elide;
use crate::text::phrase::Phrase;

/// The result of matching.
#[derive(Debug)]
pub(super) enum MatchResult {
    /// The expectation is met and sets these variables.
    Met(Captures),
    /// It may still be met.
    Pending,
    /// Matching failed.
    Failed(io::Error),
    /// It can't be met any more.
    Unmet {
        instead: Instead,
        /// The closest message that did not match.
        nearest: Option<Phrase>,
        difference: Difference,
    },
}

impl MatchResult {
    fn unmet(instead: Instead) -> Self {
        Self::Unmet {
            instead,
            nearest: None,
            difference: Difference::default(),
        }
    }
}

/// Matches items against the current expectation.
#[derive(Debug)]
pub(super) struct Matcher {
    since: Instant,
    /// The number of messages that did not match.
    passed: u64,
    /// The closest of them, the last of several.
    nearest: Option<Nearest>,
    /// The expected pattern, for comparison on threads.
    pattern: Option<Arc<Pattern>>,
    /// The comparison of a large message in progress.
    comparison: Option<Work<ComparedMessage>>,
    /// Whether there are more items than could be examined.
    more: bool,
}

/// As many characters of the body of an unexpected response are quoted.
const BODY: usize = 400;

/// The maximum time for matching before the loop continues.
const SLICE: Duration = Duration::from_millis(25);

impl Matcher {
    pub(super) fn new(since: Instant) -> Self {
        Self {
            since,
            passed: 0,
            nearest: None,
            pattern: None,
            comparison: None,
            more: false,
        }
    }

    /// Whether received items are still being examined.
    pub(super) fn is_busy(&self) -> bool {
        self.more || self.comparison.is_some()
    }

    /// The descriptor of the comparison in progress.
    pub(super) fn comparison_fd(&self) -> Option<BorrowedFd<'_>> {
        self.comparison.as_ref().map(Work::fd)
    }

    /// When to continue even if nothing is received; `None` if time does not matter.
    pub(super) fn next_deadline(&self, expectation: &Expectation) -> Option<Instant> {
        if self.more {
            // Immediately.
            return Some(self.since);
        }
        self.due(expectation)
    }

    /// When the expectation times out; `None` if it does not.
    fn due(&self, expectation: &Expectation) -> Option<Instant> {
        let time = match expectation.wanted {
            Expected::Silence(time) => time,
            _ => expectation.within,
        };
        self.since.checked_add(time)
    }

    /// Examines received items.
    pub(super) fn advance(
        &mut self,
        expectation: &Expectation,
        inbox: &mut Inbox,
        now: Instant,
    ) -> MatchResult {
        match &expectation.wanted {
            Expected::Status(_) | Expected::Header { .. } | Expected::Refused(_) => {
                handshake(&expectation.wanted, inbox)
            }
            Expected::Silence(time) => self.silence(*time, inbox, now),
            _ => self.look(expectation, inbox, now),
        }
    }

    /// Examines items one by one.
    fn look(&mut self, expectation: &Expectation, inbox: &mut Inbox, now: Instant) -> MatchResult {
        let until = Instant::now() + SLICE;
        if let Expected::Message(_) = expectation.wanted {
            // Nothing can be captured from an earlier message.
            inbox.matched = None;
        }
        self.more = false;
        loop {
            let (item, compared) = match self.next(&expectation.wanted, inbox) {
                NextItem::Compared(item, compared) => (item, compared),
                NextItem::Comparing => return self.still_comparing(expectation, now),
                NextItem::Nothing => return self.nothing_more(expectation, inbox, now),
                NextItem::Failed(cause) => return MatchResult::Failed(cause),
            };
            if let Some(judged) = self.weigh(expectation, inbox, item, compared) {
                return judged;
            }
            if Instant::now() >= until {
                return self.out_of_time(expectation, inbox, now);
            }
        }
    }

    /// Compares the next item with the expectation.
    fn next(&mut self, wanted: &Expected, inbox: &mut Inbox) -> NextItem {
        if let Some(comparison) = self.comparison.take() {
            return match comparison.result() {
                Ok((item, Ok(captures))) => NextItem::Compared(item, Compared::Equal(captures)),
                Ok((item, Err(difference))) => {
                    NextItem::Compared(item, Compared::Different(difference))
                }
                Err(comparison) => {
                    self.comparison = Some(comparison);
                    NextItem::Comparing
                }
            };
        }
        let Some((_, item)) = inbox.take() else {
            return NextItem::Nothing;
        };
        let Some(pattern) = self.pattern_for(wanted, &item) else {
            let compared = compare(wanted, &item);
            return NextItem::Compared(item, compared);
        };
        match compare_aside(pattern, item) {
            Ok(comparison) => {
                self.comparison = Some(comparison);
                NextItem::Comparing
            }
            Err(cause) => NextItem::Failed(cause),
        }
    }

    /// The result of an item for the expectation, if it is decided.
    fn weigh(
        &mut self,
        expectation: &Expectation,
        inbox: &mut Inbox,
        item: ReceivedItem,
        compared: Compared,
    ) -> Option<MatchResult> {
        match compared {
            Compared::Equal(captures) => {
                if let ReceivedItem::Message(kind, bytes) = item {
                    inbox.matched = Some((kind, bytes));
                    inbox.matched_at = inbox.taken_at;
                }
                Some(MatchResult::Met(captures))
            }
            Compared::Aside => None,
            Compared::Different(difference) if expectation.strict => Some(MatchResult::Unmet {
                instead: Instead::Received(item.describe()),
                nearest: None,
                difference,
            }),
            Compared::Different(difference) => {
                self.pass(&expectation.wanted, &item, difference);
                None
            }
        }
    }

    /// The pattern to compare a message with on a thread; `None` if the comparison is fast.
    fn pattern_for(&mut self, wanted: &Expected, item: &ReceivedItem) -> Option<Arc<Pattern>> {
        match (wanted, item) {
            (Expected::Message(Pattern::Any), _) => None,
            (Expected::Message(pattern), ReceivedItem::Message(_, bytes))
                if bytes.len() >= LARGE =>
            {
                let shared = self
                    .pattern
                    .get_or_insert_with(|| Arc::new(pattern.clone()));
                Some(Arc::clone(shared))
            }
            _ => None,
        }
    }

    /// Waits for the comparison of a large message, which arrived in time, but not forever.
    fn still_comparing(&mut self, expectation: &Expectation, now: Instant) -> MatchResult {
        if self.due(expectation).is_none_or(|due| now < due) {
            return MatchResult::Pending;
        }
        self.comparison = None;
        self.unmet(Instead::NotCompared(expectation.within))
    }

    /// Stops examining for now. Items received after the timeout don't count.
    fn out_of_time(
        &mut self,
        expectation: &Expectation,
        inbox: &Inbox,
        now: Instant,
    ) -> MatchResult {
        let due = self.due(expectation);
        let late = |at: Instant| due.is_some_and(|due| due <= at);
        if late(now) && inbox.next_at().is_none_or(late) {
            return self.nothing_more(expectation, inbox, now);
        }
        self.more = true;
        MatchResult::Pending
    }

    /// Records a message that did not match, if none was closer.
    fn pass(&mut self, wanted: &Expected, item: &ReceivedItem, difference: Difference) {
        self.passed += 1;
        keep_nearest(&mut self.nearest, wanted, item, difference);
    }

    /// All received items have been examined.
    fn nothing_more(
        &mut self,
        expectation: &Expectation,
        inbox: &Inbox,
        now: Instant,
    ) -> MatchResult {
        if let LinkStage::Closed(closure) = &inbox.stage {
            if expectation.wanted.is_met_by_close(closure) {
                return MatchResult::Met(Captures::new());
            }
        }
        let is_reopened = matches!(expectation.wanted, Expected::Reconnect);
        if let Some(how) = inbox.how_it_ended().filter(|_| !is_reopened) {
            return self.unmet(how);
        }
        if self.due(expectation).is_none_or(|due| now < due) {
            return MatchResult::Pending;
        }
        let within = expectation.within;
        self.unmet(match (&expectation.wanted, &inbox.stage) {
            (Expected::Reconnect, LinkStage::Lost(cause)) => {
                Instead::NotReopened(within, Box::new(cause.clone()))
            }
            (Expected::Reconnect | Expected::Close { .. }, _) => Instead::StillOpen(within),
            (wanted, _) => Instead::NoneMatched {
                is_message: matches!(wanted, Expected::Message(_)),
                passed: self.passed,
                within,
            },
        })
    }

    /// The result for an expectation that can't be met, with the closest message.
    fn unmet(&mut self, instead: Instead) -> MatchResult {
        match self.nearest.take() {
            Some(nearest) if !nearest.difference.0.is_empty() => MatchResult::Unmet {
                instead,
                nearest: (self.passed > 1).then_some(nearest.words),
                difference: nearest.difference,
            },
            _ => MatchResult::unmet(instead),
        }
    }

    fn silence(&self, time: Duration, inbox: &mut Inbox, now: Instant) -> MatchResult {
        let end = self.since.checked_add(time);
        let over = |at: Instant| end.is_some_and(|end| at >= end);
        // Items received before the silence began don't count, and those after its end are for the
        // next expectation.
        while inbox.next_at().is_some_and(|at| !over(at)) {
            match inbox.take() {
                Some((at, item @ ReceivedItem::Message(..))) if at > self.since => {
                    let after = at.duration_since(self.since);
                    return MatchResult::unmet(Instead::ReceivedAfter(item.describe(), after));
                }
                _ => {}
            }
        }
        match inbox.how_it_ended() {
            _ if over(now) => MatchResult::Met(Captures::new()),
            Some(how) => MatchResult::unmet(how),
            None => MatchResult::Pending,
        }
    }
}

/// The next item.
enum NextItem {
    Compared(ReceivedItem, Compared),
    /// It is being compared.
    Comparing,
    Nothing,
    /// It can't be compared.
    Failed(io::Error),
}

/// Matches the upgrade response.
fn handshake(wanted: &Expected, inbox: &Inbox) -> MatchResult {
    // Unexpected refusals have been handled before.
    let refused = matches!(inbox.stage, LinkStage::Refused);
    match wanted {
        Expected::Header { name, value } => {
            let values: Vec<_> = inbox.answer.headers.get_all(name).collect();
            if values.contains(&value.as_bytes()) {
                return MatchResult::Met(Captures::new());
            }
            MatchResult::unmet(match values.first() {
                None => Instead::NoHeader,
                Some(first) => {
                    let is_secret = Header::new(name, *first).is_secret();
                    Instead::Header((!is_secret).then(|| quote(first)))
                }
            })
        }
        Expected::Status(status) if matches!(inbox.stage, LinkStage::Answered) => {
            response_status(*status, inbox)
        }
        Expected::Status(101) => MatchResult::Met(Captures::new()),
        _ if refused => MatchResult::Met(Captures::new()),
        _ => MatchResult::unmet(Instead::Accepted),
    }
}

/// Matches the status of the response to an HTTP request.
fn response_status(status: u16, inbox: &Inbox) -> MatchResult {
    if inbox.answer.status == status {
        return MatchResult::Met(Captures::new());
    }
    let received = inbox.answer.status;
    let body = match &inbox.matched {
        Some((Kind::Text, body)) if !body.is_empty() => {
            let body = String::from_utf8_lossy(body);
            Some(elide::chars(body.trim_end(), BODY).into_owned())
        }
        _ => None,
    };
    MatchResult::unmet(Instead::Status(received, body))
}

#[cfg(test)]
mod tests;
