//! Rules for received messages, which apply before expectations, and messages that are sent at
//! intervals. Their replies are steps that are taken between those of the conversation.

use std::time::Instant;

use super::compare::{compare, Compared};
use super::inbox::ReceivedItem;
use super::place::line_of;
use super::sending::send;
use super::state::StepProgress;
use super::step::{Effect, Rule, StepAction, Timer};
use super::Conversation;
use crate::error::{Error, Goal, Instead};
use crate::event::{Link, Now};
use crate::source::{Progress, Sender};

impl Conversation {
    /// Adds a rule or an interval.
    pub(super) fn add_rule(&mut self, now: Now) {
        let Some(current) = &self.current else { return };
        match &current.step.act {
            StepAction::Rule(rule) => self.rules.push(rule.clone()),
            StepAction::Every(interval) => self.timers.push(Timer {
                next: now.instant.checked_add(interval.period),
                interval: interval.clone(),
            }),
            _ => {}
        }
    }

    /// The effect of the rule that handles an item, so that no expectation sees it.
    pub(super) fn apply_rules(&mut self, link: Link, item: &ReceivedItem) -> Option<Effect> {
        let rules = self.rules.clone();
        for rule in rules.all().iter() {
            if !rule.links.contains(&link) {
                continue;
            }
            let Compared::Equal(captures) = compare(&rule.wanted, item) else {
                continue;
            };
            match rule.effect {
                Effect::Ignore => return Some(Effect::Ignore),
                Effect::Fail => {
                    let error = self.forbidden(rule, link, item);
                    self.forbidden.push(error);
                    return None;
                }
                Effect::Answer(answer) => {
                    for (name, value) in captures {
                        self.steps.keep(&name, value);
                    }
                    self.queue_answer(answer, link);
                    // That the connection is open again is also for `reconnect`.
                    if !matches!(item, ReceivedItem::Reopened) {
                        return Some(rule.effect);
                    }
                }
            }
        }
        None
    }

    fn queue_answer(&mut self, answer: usize, link: Link) {
        match self.steps.answer(answer, link) {
            Ok(steps) => self.answers.extend(steps),
            Err(error) => _ = self.broken.get_or_insert(error),
        }
    }

    /// The error for a message that must not be received.
    fn forbidden(&self, rule: &Rule, link: Link, item: &ReceivedItem) -> Error {
        let current = self.current.as_ref();
        let place = current.and_then(|current| current.step.place.as_deref());
        let during = place.and_then(line_of);
        let mut unmet = self.unmet(
            Goal::Never(rule.wanted.describe()),
            Instead::ReceivedDuring(item.describe(), during),
        );
        unmet.place.clone_from(&rule.place);
        unmet.connection = self.connection_name(link);
        Error::Unmet(Box::new(unmet))
    }

    /// When the next interval ends.
    pub(super) fn next_interval(&self) -> Option<Instant> {
        self.timers.iter().filter_map(|timer| timer.next).min()
    }

    /// A connection is open again: its intervals begin anew.
    pub(super) fn restart_intervals(&mut self, now: Now, link: Link) {
        for timer in &mut self.timers {
            if timer.interval.links.contains(&link) {
                timer.next = now.instant.checked_add(timer.interval.period);
            }
        }
    }

    /// Queues the messages whose intervals have ended.
    fn queue_due(&mut self, now: Now) {
        for index in 0..self.timers.len() {
            let timer = &mut self.timers[index];
            if timer.next.is_none_or(|next| next > now.instant) {
                continue;
            }
            timer.next = now.instant.checked_add(timer.interval.period);
            let interval = timer.interval.clone();
            for link in interval.links {
                let state = self.links.get(usize::from(link.0));
                if state.is_some_and(|state| state.gate.is_open()) {
                    self.queue_answer(interval.answer, link);
                }
            }
        }
    }

    /// Sends replies of rules and messages of intervals, as far as possible now.
    pub(super) fn send_answers(
        &mut self,
        now: Now,
        to: &mut dyn Sender,
    ) -> Result<(), StepProgress> {
        self.queue_due(now);
        if self.continues_after_never {
            for error in std::mem::take(&mut self.forbidden) {
                to.fault(self.reported(error));
            }
        } else if let Some(error) = self.forbidden.drain(..).next() {
            return Err(StepProgress::Failed(error));
        }
        if let Some(error) = self.broken.take() {
            return Err(StepProgress::Failed(error));
        }
        while let Some(answer) = self.answers.front() {
            let link = answer.link;
            let Some(state) = self.links.get_mut(usize::from(link.0)) else {
                return Ok(());
            };
            if state.inbox.how_it_ended().is_some() {
                self.answers.pop_front();
                continue;
            }
            // Fragments of a message must not be interleaved with another message (RFC 6455 §5.4).
            if to.is_inside(link) || state.gate.check(now, to).is_err() {
                return Ok(());
            }
            if let StepAction::Send(outgoing) = &answer.act {
                send(outgoing, link, true, to);
            }
            state.gate.on_sent(now);
            let answer = self.answers.pop_front().map(|answer| answer.act);
            if let Some(StepAction::Send(outgoing)) = answer {
                if let Some((kind, payload)) = outgoing.message() {
                    self.remember(true, link, kind, payload);
                }
            }
        }
        Ok(())
    }

    /// Applies the rules after the last step, and after the source behind it has ended.
    pub(super) fn answer_after_end(&mut self, now: Now, to: &mut dyn Sender) -> Progress {
        match self.send_answers(now, to) {
            Err(StepProgress::Failed(error)) => Progress::Done(Some(self.reported(error))),
            _ => Progress::Pending,
        }
    }
}
