//! Rules for received messages, which apply before expectations, and messages that are sent at
//! intervals. Their replies are steps that are taken between those of the conversation.

use std::time::Instant;

use super::inbox::ReceivedItem;
use super::matcher::{compare, Compared};
use super::state::{CurrentStep, StepProgress};
use super::step::{Act, Effect, Rule, Timer};
use super::Conversation;
use crate::error::Error;
use crate::event::{Link, Now};
use crate::source::Sender;

impl Conversation {
    /// Adds a rule or an interval.
    pub(super) fn add_rule(&mut self, now: Now) {
        let Some(current) = &self.current else { return };
        match &current.step.act {
            Act::Rule(rule) => self.rules.push(rule.clone()),
            Act::Every(interval) => self.timers.push(Timer {
                next: now.instant.checked_add(interval.period),
                interval: interval.clone(),
            }),
            _ => {}
        }
    }

    /// The effect of the rule that handles an item, so that no expectation sees it.
    pub(super) fn apply_rules(&mut self, link: Link, item: &ReceivedItem) -> Option<Effect> {
        for index in 0..self.rules.len() {
            let rule = &self.rules[index];
            if !rule.links.contains(&link) {
                continue;
            }
            let Compared::Equal(captures) = compare(&rule.wanted, item) else {
                continue;
            };
            let rule_effect = rule.effect;
            match rule_effect {
                Effect::Ignore => return Some(Effect::Ignore),
                Effect::Fail => {
                    let error = self.forbidden(&rule.clone(), link, item);
                    self.broken.get_or_insert(error);
                    return None;
                }
                Effect::Answer(answer) => {
                    for (name, value) in captures {
                        self.steps.keep(&name, value);
                    }
                    self.queue_answer(answer, link);
                    // That the connection is open again is also for `reconnect`.
                    if !matches!(item, ReceivedItem::Reopened) {
                        return Some(rule_effect);
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
        let during = match place.and_then(|place| place.rsplit_once(':')) {
            Some((_, number)) => format!(" during line {number}"),
            None => String::new(),
        };
        let mut unmet = self.unmet(
            format!("to receive {} never", rule.wanted.describe()),
            format!("received {}{during}", item.describe()),
        );
        unmet.place.clone_from(&rule.place);
        unmet.connection = self.connection_name(link);
        Error::Unmet(Box::new(unmet))
    }

    /// When the next interval ends.
    pub(super) fn next_interval(&self) -> Option<Instant> {
        self.timers.iter().filter_map(|timer| timer.next).min()
    }

    /// Sends replies of rules and messages of intervals, as far as possible now.
    pub(super) fn send_answers(
        &mut self,
        now: Now,
        to: &mut dyn Sender,
    ) -> Result<(), StepProgress> {
        for index in 0..self.timers.len() {
            let timer = &mut self.timers[index];
            if timer.next.is_none_or(|next| next > now.instant) {
                continue;
            }
            timer.next = now.instant.checked_add(timer.interval.period);
            let interval = timer.interval.clone();
            for link in interval.links {
                self.queue_answer(interval.answer, link);
            }
        }
        if self.current.as_ref().is_some_and(|current| current.inside) {
            // Fragments of a message must not be interleaved with another message (RFC 6455 §5.4).
            return Ok(());
        }
        while let Some(step) = self.answers.pop_front() {
            let link = usize::from(step.link.0);
            let sent_at = self.links.get(link).and_then(|state| state.sent_at);
            let over = self
                .links
                .get(link)
                .and_then(|state| state.inbox.how_it_ended());
            if over.is_some() {
                continue;
            }
            let waiting = self.current.replace(CurrentStep::new(step, now.instant));
            let sent = self.send(now, &mut false, to);
            let answer = std::mem::replace(&mut self.current, waiting);
            match sent {
                Ok(()) => {}
                Err(StepProgress::Failed(error)) => return Err(StepProgress::Failed(error)),
                Err(_) => {
                    if let Some(answer) = answer {
                        self.answers.push_front(answer.step);
                    }
                    return Ok(());
                }
            }
            if let Some(state) = self.links.get_mut(link) {
                // `check within` only considers messages of the conversation itself.
                state.sent_at = sent_at;
            }
        }
        Ok(())
    }
}
