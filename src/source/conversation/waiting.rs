//! Steps that wait: expectations and pauses.

use std::time::Instant;

use super::expected::Expected;
use super::inbox::LinkStage;
use super::matcher::MatchResult;
use super::state::{no_thread, StepProgress};
use super::step::StepAction;
use super::Conversation;
use crate::error::{Error, Goal, UnmetDetail};
use crate::event::Now;
use crate::source::Progress;

impl Conversation {
    /// Checks whether the current expectation is met.
    pub(super) fn look(&mut self, now: Now) -> Result<(), StepProgress> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let StepAction::Expect(expectation) = &current.step.act else {
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
                state.wanted |= matches!(expectation.wanted, Expected::Close { .. })
                    && matches!(state.inbox.stage, LinkStage::Closed(_));
                state.matched_by.clone_from(&current.step.place);
                if let Expected::Message(_) = expectation.wanted {
                    state.keep_taken(current.step.place.as_deref());
                }
                for (name, value) in captures {
                    self.steps.keep(&name, value);
                }
                Ok(())
            }
            MatchResult::Pending => Err(StepProgress::Waits(Progress::Pending)),
            MatchResult::Failed(cause) => Err(StepProgress::Failed(no_thread(cause))),
            MatchResult::Unmet {
                instead,
                nearest,
                difference,
            } => {
                let nearest = nearest.map(UnmetDetail::Nearest);
                let taken = state.taken_detail(&expectation.wanted);
                let details = [nearest, taken, state.inbox.dropped_detail()];
                let goal = Goal::Receive(expectation.wanted.describe());
                let mut unmet = self.unmet(goal, instead);
                unmet.details.extend(details.into_iter().flatten());
                unmet.difference = difference;
                Err(StepProgress::Failed(Error::Unmet(Box::new(unmet))))
            }
        }
    }

    /// Waits for the time of the current step, unless all connections have ended.
    pub(super) fn pause(&mut self, now: Now) -> Result<(), StepProgress> {
        let due = self.pause_end();
        if (self.is_over() && !self.may_reopen()) || due.is_none_or(|due| due <= now.instant) {
            return Ok(());
        }
        Err(StepProgress::Waits(Progress::Pending))
    }

    pub(super) fn pause_end(&self) -> Option<Instant> {
        let current = self.current.as_ref()?;
        match current.step.act {
            StepAction::Pause(time) => current.since.checked_add(time),
            StepAction::Until(time) => self.opened?.checked_add(time),
            _ => None,
        }
    }

    /// When the current step must be checked again.
    pub(super) fn step_deadline(&self) -> Option<Instant> {
        let Some(current) = &self.current else {
            let gate = self
                .links
                .first()
                .and_then(|state| state.gate.next_deadline());
            return gate.or_else(|| self.then.as_ref()?.next_deadline());
        };
        match &current.step.act {
            StepAction::Expect(expectation) => current.matcher.next_deadline(expectation),
            StepAction::AnyOrder(alternatives) => {
                let longest = || alternatives.iter().map(|it| it.expectation.within).max();
                let known = current.order.as_ref().map(|order| order.within);
                current.since.checked_add(known.or_else(longest)?)
            }
            StepAction::Pause(_) | StepAction::Until(_) => self.pause_end(),
            StepAction::Open(_) | StepAction::Drop => self.opening_deadline(),
            StepAction::Http(_) => None,
            _ => self
                .links
                .get(usize::from(current.step.link.0))?
                .gate
                .next_deadline(),
        }
    }
}
