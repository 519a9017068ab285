//! A conversation: messages to send and expectations, in order. `-d`, `--expect` and `--close` on
//! the command line are one, a session file is another. With `-i`, another source continues after
//! it.
//!
//! Everything received is kept until an expectation has examined it, so nothing is missed that
//! arrives early: an expectation takes the first item that matches and skips those before it.

mod advance;
mod candidates;
mod capture;
mod check;
mod compare;
mod ending;
mod expected;
mod inbox;
mod matcher;
mod nearest;
mod opening;
mod options;
mod order;
mod place;
mod recent;
mod reopen;
mod reports;
mod rules;
mod sending;
mod shared_rules;
mod single;
mod state;
mod step;
mod step_source;
mod waiting;
mod work;

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::os::fd::BorrowedFd;
use std::time::Instant;

pub use self::expected::Expected;
pub use self::shared_rules::SharedRules;
pub use self::step::{
    Alternative, Check, ConnectionSetting, Effect, Expectation, HttpExchange, HttpStep, Interval,
    OpenStep, Rule, SettingValue, Step, StepAction,
};
pub use self::step_source::StepSource;

use bytes::Bytes;
use regex::bytes::RegexSet;

use self::inbox::{LinkStage, ReceivedItem};
use self::recent::Excerpt;
pub use self::single::SingleExpectation;
use self::state::{CurrentStep, LinkState, StepProgress};
use self::step::Timer;
use self::work::Work;
use super::send_delay::SendDelay;
use super::send_gate::SendGate;
use super::{EndDecision, LinkEnd, Progress, Sender, Source, Unsent};
use crate::error::Error;
use crate::event::{Event, Kind, Link, Now};

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
    recent: VecDeque<Excerpt>,
    /// The first connection that could not be opened.
    failed: Option<Link>,
    /// The frame size for files, if one is set.
    frame_size: Option<NonZeroUsize>,
    /// The rules for received messages, in order.
    rules: SharedRules,
    timers: Vec<Timer>,
    /// Errors for messages that must not be received.
    forbidden: Vec<Error>,
    /// Such an error is only reported.
    continues_after_never: bool,
    has_only_rules: bool,
    /// Replies of rules that have not been sent yet.
    answers: VecDeque<Step>,
    /// The error found by a rule.
    broken: Option<Error>,
    /// The texts of messages that reports do not list.
    hidden: Option<RegexSet>,
    /// Whether the run continues while all connections have ended.
    outlives: bool,
    /// When all steps were complete.
    completed: Option<Instant>,
    /// Removes the values of secret variables from an error.
    hide: Option<HideValues>,
}

/// Removes the values of these variables from an error.
pub type HideValues = fn(Error, &[(String, String)]) -> Error;

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
        let state = |number| LinkState::new(SendGate::for_link(Link(number), delay));
        Self {
            steps,
            then,
            current: None,
            links: (0..links).map(state).collect(),
            opened: None,
            recent: VecDeque::new(),
            failed: None,
            frame_size: None,
            rules: SharedRules::default(),
            timers: Vec::new(),
            forbidden: Vec::new(),
            continues_after_never: false,
            has_only_rules: false,
            answers: VecDeque::new(),
            broken: None,
            hidden: None,
            outlives: false,
            completed: None,
            hide: None,
        }
    }

    /// An error as it is reported.
    fn reported(&self, error: Error) -> Error {
        match self.hide {
            Some(hide) => hide(error, &self.steps.secrets()),
            None => error,
        }
    }

    /// Sets the connections that steps open, and adds a link for the responses to HTTP requests.
    #[must_use]
    pub fn with_deferred(mut self, deferred: &[Link]) -> Self {
        for link in deferred {
            if let Some(state) = self.state(*link) {
                state.inbox.stage = LinkStage::Deferred;
            }
        }
        self.outlives |= !deferred.is_empty();
        let number = u16::try_from(self.links.len()).unwrap_or(u16::MAX);
        let gate = SendGate::for_link(Link(number), SendDelay::default());
        let mut responses = LinkState::new(gate);
        responses.inbox.stage = LinkStage::Answered;
        self.links.push(responses);
        self
    }

    fn state(&mut self, link: Link) -> Option<&mut LinkState> {
        self.links.get_mut(usize::from(link.0))
    }

    /// Whether a message received now may be expected later.
    fn expects(&self) -> bool {
        let now = |current: &CurrentStep| {
            matches!(
                current.step.act,
                StepAction::Expect(_) | StepAction::AnyOrder(_)
            )
        };
        self.current.as_ref().is_some_and(now) || self.steps.expects()
    }

    /// Whether received messages are looked at.
    fn listens(&self) -> bool {
        self.expects() || !self.rules.is_empty()
    }

    /// Whether all connections have been opened. The first step is taken only then.
    fn is_open(&mut self, now: Now) -> bool {
        let opening = |state: &LinkState| matches!(state.inbox.stage, LinkStage::Opening);
        if self.opened.is_none() && !self.links.iter().any(opening) {
            self.opened = Some(now.instant);
        }
        self.opened.is_some()
    }

    /// Whether all connections have ended, and no step opens one.
    fn is_over(&self) -> bool {
        let over = |state: &LinkState| {
            matches!(
                state.inbox.stage,
                LinkStage::Closed(_) | LinkStage::Refused | LinkStage::Answered
            )
        };
        !self.outlives && self.links.iter().all(over)
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

    /// Whether the current step can be decided with what was received, but is not decided yet.
    fn is_busy(&self) -> bool {
        let busy = |current: &CurrentStep| {
            current.matcher.is_busy() || current.search.is_some() || current.exchange.is_some()
        };
        self.current.as_ref().is_some_and(busy)
    }
}

impl Conversation {
    /// Handles a received item: rules see it first, then it waits for an expectation.
    fn receive(&mut self, now: Now, link: Link, item: ReceivedItem) {
        let taken = self.apply_rules(link, &item);
        let hidden = taken == Some(Effect::Ignore) || self.hides(&item);
        if let (ReceivedItem::Message(kind, bytes), false) = (&item, hidden) {
            self.remember(false, link, *kind, bytes);
            self.add_time(now, link);
        }
        if taken.is_some() || !self.expects() {
            return;
        }
        if let Some(state) = self.state(link) {
            state.inbox.push(now.instant, item);
        }
    }
}

impl Source for Conversation {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.current {
            Some(current) => match &current.step.act {
                StepAction::Stream(_, reader) => {
                    let state = self.links.get(usize::from(current.step.link.0))?;
                    state.gate.wants_input().then(|| reader.fd())
                }
                StepAction::Expect(_) => current.matcher.comparison_fd(),
                StepAction::Capture { .. } => current.search.as_ref().map(Work::fd),
                StepAction::Http(_) => current.exchange.as_ref().map(Work::fd),
                _ => None,
            },
            None if self
                .links
                .iter()
                .any(|it| it.gate.next_deadline().is_some()) =>
            {
                None
            }
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
        self.listens() || self.then.as_ref().is_some_and(|then| then.wants_messages())
    }

    fn on_event(&mut self, now: Now, link: Link, event: &Event<'_>) {
        let listens = self.listens();
        let Some(state) = self.state(link) else {
            return;
        };
        state.gate.on_event(link, event);
        match event {
            Event::Open(upgrade) => self.on_open(now, link, upgrade),
            Event::Reconnecting(lost) => self.on_lost(now, link, lost.cause),
            Event::Closed(closure) => state.inbox.stage = LinkStage::Closed((*closure).clone()),
            event if listens => {
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

    fn on_opened(&mut self, now: Now, _link: Link, to: &mut dyn Sender) {
        if self.is_open(now) {
            // Rules at the beginning hold for the first message.
            if let StepProgress::Failed(error) = self.advance(now, false, None) {
                self.broken.get_or_insert(error);
            }
            // Errors are kept for the next step.
            let broken = self.broken.take();
            if let Err(StepProgress::Failed(error)) = self.send_answers(now, to) {
                self.broken.get_or_insert(error);
            }
            self.broken = broken.or(self.broken.take());
        }
    }

    fn deadline_after_end(&self) -> Option<Instant> {
        self.next_interval()
    }

    fn poll_after_end(&mut self, now: Now, to: &mut dyn Sender) -> Progress {
        self.answer_after_end(now, to)
    }

    fn poll(&mut self, now: Now, readable: bool, to: &mut dyn Sender) -> Progress {
        if !self.is_open(now) {
            return match &mut self.then {
                Some(then) if self.has_only_rules => then.poll(now, readable, to),
                _ => Progress::Pending,
            };
        }
        match self.advance(now, readable, Some(to)) {
            StepProgress::Failed(error) => return Progress::Done(Some(self.reported(error))),
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

    fn on_link_end(&mut self, now: Now, link: Link, end: LinkEnd<'_>) -> EndDecision {
        let mut decision = self.decision_about(now, link, end);
        decision.unmet = decision.unmet.map(|error| self.reported(error));
        decision
    }

    fn expected_end(&self, link: Link) -> bool {
        self.links
            .get(usize::from(link.0))
            .is_some_and(|state| state.wanted)
    }
}

impl Conversation {
    /// How the end of a connection is taken, with an error as it occurred.
    fn decision_about(&mut self, now: Now, link: Link, end: LinkEnd<'_>) -> EndDecision {
        match end {
            LinkEnd::ConnectFailed(error) => {
                self.failed.get_or_insert(link);
                let decision = self.on_refusal(link, error);
                if decision.expected {
                    return decision;
                }
                if let Some(opening) = self.on_opening_failed(link, error) {
                    return opening;
                }
                EndDecision {
                    unsent: self.unsent(now, link, end),
                    ..decision
                }
            }
            LinkEnd::Closed(_) => {
                let is_dropped = self.has_dropped(link);
                let unmet = self.unmet_before_close(now);
                EndDecision {
                    pending: unmet.is_none() && self.is_busy(),
                    expected: is_dropped || self.expected_end(link) || self.reopens(link),
                    unmet,
                    // Steps go on, and the one that can't send fails.
                    unsent: if self.outlives {
                        Unsent::default()
                    } else {
                        self.unsent(now, link, end)
                    },
                }
            }
        }
    }
}
