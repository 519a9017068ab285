//! A conversation: messages to send and expectations, in order. `-d`, `--expect` and `--close` on
//! the command line are one, a session file is another. With `-i`, another source continues after
//! it.
//!
//! Everything received is kept until an expectation has examined it, so nothing is missed that
//! arrives early: an expectation takes the first item that matches and skips those before it.

mod candidates;
mod check;
mod inbox;
mod matcher;
mod order;
mod rules;
mod step;
mod work;

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::BorrowedFd;
use std::time::Instant;

pub use self::step::{
    Act, Alternative, Check, Effect, Expectation, Expected, Interval, Rule, Step, StepSource,
};

use bytes::Bytes;

use self::candidates::Order;
use self::inbox::{Inbox, LinkStage, ReceivedItem};
pub(in crate::source) use self::matcher::seconds;
use self::matcher::{MatchResult, Matcher};
use self::step::{quote, Timer};
use self::work::Work;
use super::reader::Reader;
use super::send_delay::SendDelay;
use super::send_gate::SendGate;
use super::{LinkEnd, Progress, Sender, Settled, Source, Unsent};
use crate::assembly::LARGE;
use crate::conversation::matching::{self, describe, Found};
use crate::error::{Error, Refusal, Unmet};
use crate::event::{Event, Kind, Link, LostCause, Now, Piece, Reconnecting};
use crate::text::utf8;

/// The number of messages that a report of an unmet expectation shows.
const RECENT: usize = 5;

/// Runs the steps of a conversation, and then another source if there is one.
pub struct Conversation {
    steps: Box<dyn StepSource>,
    then: Option<Box<dyn Source>>,
    /// The current step and its state.
    current: Option<CurrentStep>,
    links: Vec<LinkState>,
    /// When all connections were open.
    opened: Option<Instant>,
    /// The last messages, as shown in reports.
    recent: VecDeque<String>,
    /// The first connection that could not be opened.
    failed: Option<Link>,
    /// The frame size for files, if one is set.
    frame_size: Option<NonZeroUsize>,
    /// The rules for received messages, in order.
    rules: Vec<Rule>,
    timers: Vec<Timer>,
    /// Replies of rules that have not been sent yet.
    answers: VecDeque<Step>,
    /// The error found by a rule.
    broken: Option<Error>,
}

/// The state of one connection.
struct LinkState {
    gate: SendGate,
    inbox: Inbox,
    /// It ended as expected.
    wanted: bool,
    /// When the last message was sent.
    sent_at: Option<Instant>,
    /// The place of the expectation that was met last.
    matched_by: Option<String>,
}

/// The current step.
struct CurrentStep {
    step: Step,
    since: Instant,
    matcher: Matcher,
    /// A message has been sent in part, as fragments.
    inside: bool,
    /// The search for a value in a large message.
    search: Option<Work<Searched>>,
    /// The messages received for expectations in any order.
    order: Option<Order>,
}

/// A message, and the result of a search in it.
type Searched = (Kind, Bytes, Found);

/// The progress of the conversation.
enum StepProgress {
    /// All steps are complete.
    Done,
    /// The current step is waiting.
    Waits(Progress),
    /// The current step needs to send, but nothing can be sent now.
    CannotSend,
    /// The current step has failed.
    Failed(Error),
}

impl Conversation {
    /// Creates a source that takes the steps of `steps` in order, on the given number of
    /// connections, and then continues with `then`.
    #[must_use]
    pub fn new(
        steps: Box<dyn StepSource>,
        links: u16,
        then: Option<Box<dyn Source>>,
        delay: SendDelay,
    ) -> Self {
        let state = |number| LinkState {
            gate: SendGate::for_link(Link(number), delay),
            inbox: Inbox::default(),
            wanted: false,
            sent_at: None,
            matched_by: None,
        };
        Self {
            steps,
            then,
            current: None,
            links: (0..links).map(state).collect(),
            opened: None,
            recent: VecDeque::new(),
            failed: None,
            frame_size: None,
            rules: Vec::new(),
            timers: Vec::new(),
            answers: VecDeque::new(),
            broken: None,
        }
    }

    /// Sets the frame size for files.
    #[must_use]
    pub fn with_frame_size(mut self, frame_size: Option<NonZeroUsize>) -> Self {
        self.frame_size = frame_size;
        self
    }

    /// Adds to `error` the connection or the statement where it occurred, unless it contains them.
    #[must_use]
    pub fn locate(&self, error: Error) -> Error {
        let place = match &error {
            Error::Unmet(_) | Error::SessionFile(_) | Error::Signal(_) => None,
            Error::Timeout { .. } if self.opened.is_some() => {
                let current = self.current.as_ref();
                current.and_then(|current| current.step.place.clone())
            }
            _ => {
                let name = self.failed.and_then(|link| self.connection_name(link));
                name.map(|name| format!("@{name}"))
            }
        };
        let Some(place) = place else { return error };
        let error = Box::new(error);
        Error::At { place, error }
    }

    /// The name of a connection, if the file has several.
    fn connection_name(&self, link: Link) -> Option<String> {
        self.steps.name(link).map(str::to_owned)
    }

    fn state(&mut self, link: Link) -> Option<&mut LinkState> {
        self.links.get_mut(usize::from(link.0))
    }

    /// Whether a message received now may be expected later.
    fn expects(&self) -> bool {
        let now =
            |current: &CurrentStep| matches!(current.step.act, Act::Expect(_) | Act::AnyOrder(_));
        self.current.as_ref().is_some_and(now) || self.steps.expects() || !self.rules.is_empty()
    }

    /// Whether all connections have been opened. The first step is taken only then.
    fn is_open(&mut self, now: Now) -> bool {
        let opening = |state: &LinkState| matches!(state.inbox.stage, LinkStage::Opening);
        if self.opened.is_none() && !self.links.iter().any(opening) {
            self.opened = Some(now.instant);
        }
        self.opened.is_some()
    }

    /// Whether all connections have ended.
    fn is_over(&self) -> bool {
        let over = |state: &LinkState| {
            matches!(state.inbox.stage, LinkStage::Closed(_) | LinkStage::Refused)
        };
        self.links.iter().all(over)
    }

    /// Takes steps as far as possible. Steps that send need `to`.
    fn advance(
        &mut self,
        now: Now,
        readable: bool,
        mut to: Option<&mut dyn Sender>,
    ) -> StepProgress {
        let mut readable = readable;
        loop {
            if let Some(error) = self.broken.take() {
                return StepProgress::Failed(error);
            }
            if let Some(to) = &mut to {
                if let Err(progress) = self.send_answers(now, *to) {
                    return progress;
                }
            }
            let link = self.current.as_ref().map(|current| current.step.link);
            let is_moot = link.is_some_and(|link| self.has_ended_as_expected(link));
            let Some(current) = &mut self.current else {
                match self.steps.next(now.instant) {
                    Err(error) => return StepProgress::Failed(error),
                    Ok(None) => return StepProgress::Done,
                    Ok(Some(step)) => self.begin(step, now),
                }
                continue;
            };
            let progress = match &current.step.act {
                Act::Expect(_) => self.look(now),
                Act::Pause(_) | Act::Until(_) => self.pause(now),
                Act::Capture { .. } => self.capture(),
                Act::CaptureMatch { .. } => self.capture_match(),
                Act::Check(_) => self.check(),
                Act::AnyOrder(_) => self.look_in_any_order(now),
                Act::Rule(_) | Act::Every(_) => {
                    self.add_rule(now);
                    Ok(())
                }
                _ if is_moot => Ok(()),
                Act::Send(..) | Act::Stream(..) | Act::Ping(_) | Act::Pong(_) | Act::Close(_) => {
                    match &mut to {
                        Some(to) => self.send(now, &mut readable, *to),
                        None => Err(StepProgress::CannotSend),
                    }
                }
            };
            match progress {
                Ok(()) => self.current = None,
                Err(StepProgress::Failed(error)) => match self.retry(now, error) {
                    None => {}
                    Some(error) => return StepProgress::Failed(error),
                },
                Err(progress) => return progress,
            }
        }
    }

    fn begin(&mut self, mut step: Step, now: Now) {
        if let (Act::Stream(_, reader), Some(size)) = (&mut step.act, self.frame_size) {
            // What is held becomes one frame.
            reader.reserve(size.get());
        }
        self.current = Some(CurrentStep::new(step, now.instant));
    }

    /// Whether a connection was closed as the next expectation on it says. Then input for it that
    /// was not sent does not matter.
    fn has_ended_as_expected(&self, link: Link) -> bool {
        let state = self.links.get(usize::from(link.0));
        let Some(LinkStage::Closed(closure)) = state.map(|state| &state.inbox.stage) else {
            return false;
        };
        let next = self.steps.next_expected(link);
        next.is_some_and(|wanted| wanted.is_met_by_close(closure))
    }

    /// Handles a failed step: restarts a `retry` block, or returns the error.
    fn retry(&mut self, now: Now, mut error: Error) -> Option<Error> {
        let Error::Unmet(unmet) = &mut error else {
            return Some(error);
        };
        let context = self.steps.context(now.instant);
        let Some(at) = self.steps.retry(now.instant) else {
            if let Some(context) = context {
                unmet.instead = format!("{}, {context}", unmet.instead);
            }
            return Some(error);
        };
        let pause = at.saturating_duration_since(now.instant);
        let step = Step {
            link: self.current_link(),
            place: None,
            act: Act::Pause(pause),
        };
        self.current = Some(CurrentStep::new(step, now.instant));
        None
    }

    /// A connection was lost and will be attempted again: its end may be what is expected now.
    fn on_lost(&mut self, link: Link, lost: &Reconnecting<'_>) {
        let LostCause::Closed(closure) = lost.cause else {
            return;
        };
        let is_met = self.current.as_ref().is_some_and(|current| {
            let wanted = match &current.step.act {
                Act::Expect(expectation) => &expectation.wanted,
                _ => return false,
            };
            current.step.link == link && wanted.is_met_by_close(closure)
        });
        if is_met {
            self.current = None;
        }
    }

    /// Checks whether the current expectation is met.
    fn look(&mut self, now: Now) -> Result<(), StepProgress> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let Act::Expect(expectation) = &current.step.act else {
            return Ok(());
        };
        let Some(state) = self.links.get_mut(usize::from(current.step.link.0)) else {
            return Ok(());
        };
        match current
            .matcher
            .advance(expectation, &mut state.inbox, now.instant)
        {
            MatchResult::Met(captures) => {
                state.wanted |= matches!(expectation.wanted, Expected::Close { .. });
                state.matched_by.clone_from(&current.step.place);
                for (name, value) in captures {
                    self.steps.keep(&name, value);
                }
                Ok(())
            }
            MatchResult::Pending => Err(StepProgress::Waits(Progress::Pending)),
            MatchResult::Failed(cause) => Err(StepProgress::Failed(no_thread(cause))),
            MatchResult::Unmet {
                mut instead,
                difference,
            } => {
                if let Some(dropped) = state.inbox.describe_dropped() {
                    instead = format!("{instead}; {dropped}");
                }
                let expected = expectation.wanted.describe();
                let mut unmet = self.unmet(expected, instead);
                unmet.difference = difference.0;
                Err(StepProgress::Failed(Error::Unmet(Box::new(unmet))))
            }
        }
    }

    /// A report on the current step.
    fn unmet(&self, expected: String, instead: String) -> Unmet {
        let current = self.current.as_ref();
        let place = current.and_then(|current| current.step.place.clone());
        let link = current.map_or_else(Link::default, |current| current.step.link);
        Unmet {
            place,
            connection: self.connection_name(link),
            expected,
            instead,
            recent: self.recent.iter().cloned().collect(),
            ..Unmet::default()
        }
    }

    /// The connection of the current step.
    fn current_link(&self) -> Link {
        let current = self.current.as_ref();
        current.map_or_else(Link::default, |current| current.step.link)
    }

    /// The last matched message on the connection of the current step.
    fn matched(&self) -> Option<&(Kind, Bytes)> {
        let link = self.current_link();
        self.links.get(usize::from(link.0))?.inbox.matched.as_ref()
    }

    fn fail(&self, expected: impl Into<String>, instead: impl Into<String>) -> StepProgress {
        let unmet = self.unmet(expected.into(), instead.into());
        StepProgress::Failed(Error::Unmet(Box::new(unmet)))
    }

    /// Waits for the time of the current step, unless all connections have ended.
    fn pause(&mut self, now: Now) -> Result<(), StepProgress> {
        let due = self.pause_end();
        if self.is_over() || due.is_none_or(|due| due <= now.instant) {
            return Ok(());
        }
        Err(StepProgress::Waits(Progress::Pending))
    }

    fn pause_end(&self) -> Option<Instant> {
        let current = self.current.as_ref()?;
        match current.step.act {
            Act::Pause(time) => current.since.checked_add(time),
            Act::Until(time) => self.opened?.checked_add(time),
            _ => None,
        }
    }

    /// Captures a value from the last matched message.
    fn capture(&mut self) -> Result<(), StepProgress> {
        let Some(CurrentStep { step, .. }) = &self.current else {
            return Ok(());
        };
        let Act::Capture { name, pointer } = &step.act else {
            return Ok(());
        };
        let (name, pointer) = (name.clone(), pointer.clone());
        let link = step.link;
        let expected = match pointer.as_str() {
            "" => "a message to capture".to_owned(),
            pointer => format!("a message with a value at {pointer} to capture"),
        };
        let Some((kind, bytes, found)) = self.search(link, &pointer)? else {
            return Err(self.fail(expected, "no message has matched yet"));
        };
        let value = match found {
            _ if kind == Kind::Binary => {
                let words = describe(kind, &bytes);
                return Err(self.fail(expected, format!("{words} has matched, not a text message")));
            }
            Found::Value(value) => value,
            Found::NotJson if pointer.is_empty() => String::from_utf8_lossy(&bytes).into_owned(),
            missing => {
                let words = describe(kind, &bytes);
                let what = match missing {
                    Found::NotJson => "is not JSON",
                    _ => "has no value there",
                };
                return Err(self.fail(expected, format!("{words} {what}")));
            }
        };
        if let Some(state) = self.state(link) {
            state.inbox.matched = Some((kind, bytes));
        }
        self.steps.keep(&name, value);
        Ok(())
    }

    /// The value at a pointer in the last matched message of a connection.
    fn search(&mut self, link: Link, pointer: &str) -> Result<Option<Searched>, StepProgress> {
        let (Some(current), Some(state)) =
            (&mut self.current, self.links.get_mut(usize::from(link.0)))
        else {
            return Ok(None);
        };
        if let Some(search) = current.search.take() {
            return search.result().map(Some).map_err(|search| {
                current.search = Some(search);
                StepProgress::Waits(Progress::Pending)
            });
        }
        let Some((kind, bytes)) = state.inbox.matched.take() else {
            return Ok(None);
        };
        if bytes.len() < LARGE {
            let found = matching::find(&bytes, pointer);
            return Ok(Some((kind, bytes, found)));
        }
        let pointer = pointer.to_owned();
        let search = Work::start(move || {
            let found = matching::find(&bytes, &pointer);
            (kind, bytes, found)
        });
        current.search = Some(search.map_err(|cause| StepProgress::Failed(no_thread(cause)))?);
        Err(StepProgress::Waits(Progress::Pending))
    }

    /// Whether the current step can be decided with what was received, but is not decided yet.
    fn is_busy(&self) -> bool {
        let busy = |current: &CurrentStep| current.matcher.is_busy() || current.search.is_some();
        self.current.as_ref().is_some_and(busy)
    }

    /// Sends the current step, as far as possible.
    fn send(
        &mut self,
        now: Now,
        readable: &mut bool,
        to: &mut dyn Sender,
    ) -> Result<(), StepProgress> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let link = current.step.link;
        let Some(state) = self.links.get_mut(usize::from(link.0)) else {
            return Ok(());
        };
        if let Some(how) = state.inbox.how_it_ended() {
            // Unsent messages of the command line are counted, like those of stdin.
            return Err(match current.step.place {
                Some(_) => self.unsendable(&how),
                None => StepProgress::CannotSend,
            });
        }
        state.gate.check(now, to).map_err(StepProgress::Waits)?;
        // Descriptions are only needed for reports.
        let reports = self.steps.expects();
        let words = match &mut current.step.act {
            Act::Send(kind, payload) => {
                to.data(link, Piece::whole(*kind, payload));
                reports.then(|| describe(*kind, payload))
            }
            Act::Stream(kind, reader) => {
                let went = stream(*kind, reader, &mut current.inside, link, readable, to);
                if !went.map_err(StepProgress::Failed)? {
                    return Err(StepProgress::Waits(Progress::Pending));
                }
                None
            }
            Act::Ping(payload) => {
                to.ping(link, payload);
                None
            }
            Act::Pong(payload) => {
                to.pong(link, payload);
                None
            }
            Act::Close(reason) => {
                to.close(link, reason.take());
                return Ok(());
            }
            _ => return Ok(()),
        };
        state.gate.on_sent(now);
        state.sent_at = Some(now.instant);
        if let Some(words) = words {
            self.remember('>', link, &words);
        }
        Ok(())
    }

    /// The error for a step that can't be sent any more.
    fn unsendable(&self, how: &str) -> StepProgress {
        let act = self.current.as_ref().map(|current| &current.step.act);
        let what = match act {
            Some(Act::Send(kind, payload)) => describe(*kind, payload),
            Some(Act::Stream(..)) => "a file".to_owned(),
            Some(Act::Ping(payload)) => format!("a Ping with {}", quote(payload)),
            Some(Act::Pong(payload)) => format!("a Pong with {}", quote(payload)),
            _ => "a Close".to_owned(),
        };
        let mut unmet = self.unmet(what, how.to_owned());
        unmet.is_sending = true;
        StepProgress::Failed(Error::Unmet(Box::new(unmet)))
    }

    /// Remembers a message for reports.
    fn remember(&mut self, mark: char, link: Link, words: &str) {
        let name = self.steps.name(link).map(|name| format!("@{name} "));
        let name = name.unwrap_or_default();
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(format!("{name}{mark} {words}"));
    }
}

impl CurrentStep {
    fn new(step: Step, since: Instant) -> Self {
        Self {
            step,
            since,
            matcher: Matcher::new(since),
            inside: false,
            search: None,
            order: None,
        }
    }
}

fn no_thread(cause: io::Error) -> Error {
    Error::System {
        doing: "comparing a large message",
        cause,
    }
}

/// Sends the content of a reader as one message. Returns whether it is complete.
fn stream(
    kind: Kind,
    reader: &mut Reader,
    inside: &mut bool,
    link: Link,
    readable: &mut bool,
    to: &mut dyn Sender,
) -> Result<bool, Error> {
    if !reader.has_ended() && !reader.is_full() {
        if !std::mem::take(readable) {
            return Ok(false);
        }
        reader.read()?;
        if !reader.has_ended() && !reader.is_full() {
            return Ok(false);
        }
    }
    let last = reader.has_ended();
    let held = reader.held();
    let length = match kind {
        Kind::Text => text_length(held, last).map_err(|cause| reader.fault(None, cause))?,
        Kind::Binary => held.len(),
    };
    to.data(
        link,
        Piece {
            kind,
            first: !*inside,
            last,
            bytes: &held[..length],
        },
    );
    let used = if last { held.len() } else { length };
    reader.used(used);
    *inside = !last;
    Ok(last)
}

/// The number of bytes in `held` that can be sent as text now: whole characters, and not a line
/// feed that may be the last byte, which is never sent.
fn text_length(held: &[u8], last: bool) -> Result<usize, String> {
    let complete = match utf8::complete_length(held) {
        Ok(length) if length < held.len() && last => Err(length),
        result => result,
    };
    let length = complete.map_err(|at| {
        let byte = held[at];
        format!("not UTF-8 (the byte {byte:#04x}); --data-binary sends bytes as they are")
    })?;
    let text = &held[..length];
    Ok(text.strip_suffix(b"\n").unwrap_or(text).len())
}

impl Conversation {
    /// The number of accepted but unsent messages for a connection.
    fn unsent(&mut self, now: Now, link: Link, end: LinkEnd<'_>) -> Unsent {
        let then = self.then.as_mut();
        let after = then.map(|then| then.settle(now, link, end).unsent);
        let after = after.unwrap_or_default();
        let sends = |current: &CurrentStep| {
            current.step.link == link && matches!(current.step.act, Act::Send(..) | Act::Stream(..))
        };
        let current = self.current.as_ref().is_some_and(sends);
        Unsent {
            messages: after.messages + self.steps.unsent(link) + u64::from(current),
            more: after.more,
        }
    }

    /// Whether a refusal of the upgrade was expected.
    fn settle_refusal(&mut self, link: Link, error: &Error) -> Settled {
        let Error::Refused(refusal) = error else {
            return Settled::default();
        };
        let Some((place, wanted)) = self.steps.handshake(link) else {
            return Settled::default();
        };
        if wanted.allows_refusal(refusal.head.status) == Some(true) {
            if let Some(state) = self.state(link) {
                state.inbox.stage = LinkStage::Refused;
                state.inbox.answer = refusal.head.clone();
            }
            return Settled {
                expected: true,
                ..Settled::default()
            };
        }
        let unmet = Unmet {
            place,
            connection: self.connection_name(link),
            expected: wanted.describe(),
            instead: refused_with(refusal),
            ..Unmet::default()
        };
        Settled {
            unmet: Some(Error::Unmet(Box::new(unmet))),
            ..Settled::default()
        }
    }

    /// The expectation that was not met before a connection was closed.
    fn settle_close(&mut self, now: Now) -> Option<Error> {
        if !self.is_open(now) {
            return None;
        }
        match self.advance(now, false, None) {
            StepProgress::Failed(error) => Some(error),
            // Unsent messages of the command line are counted, like those of stdin.
            StepProgress::CannotSend if self.is_over() => {
                let current = self.current.as_ref()?;
                current.step.place.as_ref()?;
                let how = self.links.get(usize::from(current.step.link.0))?;
                match self.unsendable(&how.inbox.how_it_ended()?) {
                    StepProgress::Failed(error) => Some(error),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl Conversation {
    /// Handles a received item: rules see it first, then it waits for an expectation.
    fn receive(&mut self, now: Now, link: Link, item: ReceivedItem) {
        let taken = self.apply_rules(link, &item);
        let hidden = taken == Some(Effect::Ignore);
        if matches!(item, ReceivedItem::Message(..)) && !hidden {
            self.remember('<', link, &item.describe());
        }
        if taken.is_some() {
            return;
        }
        if let Some(state) = self.state(link) {
            state.inbox.push(now.instant, item);
        }
    }

    /// When the current step must be checked again.
    fn step_deadline(&self) -> Option<Instant> {
        let Some(current) = &self.current else {
            let gate = self
                .links
                .first()
                .and_then(|state| state.gate.next_deadline());
            return gate.or_else(|| self.then.as_ref()?.next_deadline());
        };
        match &current.step.act {
            Act::Expect(expectation) => current.matcher.next_deadline(expectation),
            Act::AnyOrder(alternatives) => {
                let within = alternatives.iter().map(|it| it.expectation.within).max()?;
                current.since.checked_add(within)
            }
            Act::Pause(_) | Act::Until(_) => self.pause_end(),
            _ => self
                .links
                .get(usize::from(current.step.link.0))?
                .gate
                .next_deadline(),
        }
    }
}

impl Source for Conversation {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.current {
            Some(current) => match &current.step.act {
                Act::Stream(_, reader) => {
                    let state = self.links.get(usize::from(current.step.link.0))?;
                    state.gate.wants_input().then(|| reader.fd())
                }
                Act::Expect(_) => current.matcher.comparison_fd(),
                Act::Capture { .. } => current.search.as_ref().map(Work::fd),
                _ => None,
            },
            None if self.next_deadline().is_some() => None,
            None => self.then.as_ref()?.fd(),
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        match (self.step_deadline(), self.next_interval()) {
            (Some(step), Some(interval)) => Some(step.min(interval)),
            (step, interval) => step.or(interval),
        }
    }

    fn wants_messages(&self) -> bool {
        self.expects()
    }

    fn on_event(&mut self, now: Now, link: Link, event: &Event<'_>) {
        let expects = self.expects();
        let Some(state) = self.state(link) else {
            return;
        };
        state.gate.on_event(link, event);
        match event {
            Event::Open(upgrade) => state.inbox.open(upgrade),
            Event::Reconnecting(lost) => self.on_lost(link, lost),
            Event::Closed(closure) => state.inbox.stage = LinkStage::Closed((*closure).clone()),
            event if expects => {
                if let Some(item) = ReceivedItem::from_event(event) {
                    self.receive(now, link, item);
                }
            }
            _ => {}
        }
        if let Some(then) = &mut self.then {
            then.on_event(now, link, event);
        }
    }

    fn poll(&mut self, now: Now, readable: bool, to: &mut dyn Sender) -> Progress {
        if !self.is_open(now) {
            return Progress::Pending;
        }
        match self.advance(now, readable, Some(to)) {
            StepProgress::Failed(error) => return Progress::Done(Some(error)),
            StepProgress::Waits(progress) => return progress,
            StepProgress::CannotSend => return Progress::Pending,
            StepProgress::Done => {}
        }
        let pauses = |state: &mut LinkState| state.gate.is_delayed(now);
        match &mut self.then {
            // The delay after the last message also applies to the next source.
            Some(_) if self.links.iter_mut().any(pauses) => Progress::Pending,
            Some(then) => then.poll(now, readable, to),
            None => Progress::Done(None),
        }
    }

    fn settle(&mut self, now: Now, link: Link, end: LinkEnd<'_>) -> Settled {
        match end {
            LinkEnd::ConnectFailed(error) => {
                self.failed.get_or_insert(link);
                self.settle_refusal(link, error)
            }
            LinkEnd::Closed(_) => {
                let unmet = self.settle_close(now);
                Settled {
                    pending: unmet.is_none() && self.is_busy(),
                    expected: self.expected_end(link),
                    unmet,
                    unsent: self.unsent(now, link, end),
                }
            }
        }
    }

    fn expected_end(&self, link: Link) -> bool {
        self.links
            .get(usize::from(link.0))
            .is_some_and(|state| state.wanted)
    }
}

fn refused_with(refusal: &Refusal) -> String {
    format!(
        "the server refused the upgrade: {}",
        refusal.head.status_line
    )
}
