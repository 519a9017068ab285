//! The end of a connection: whether it was expected, and what it leaves undone.

use super::inbox::LinkStage;
use super::state::{CurrentStep, StepProgress};
use super::Conversation;
use crate::error::{Error, Goal, Instead, Unmet};
use crate::event::{Link, Now};
use crate::source::{EndDecision, LinkEnd, Unsent};

impl Conversation {
    /// Whether a connection was closed as the next expectation on it says. Then input for it that
    /// was not sent does not matter.
    pub(super) fn has_ended_as_expected(&self, link: Link) -> bool {
        let state = self.links.get(usize::from(link.0));
        let Some(LinkStage::Closed(closure)) = state.map(|state| &state.inbox.stage) else {
            return false;
        };
        let next = self.steps.next_expected(link);
        next.is_some_and(|wanted| wanted.is_met_by_close(closure))
    }

    /// The number of accepted but unsent messages for a connection.
    pub(super) fn unsent(&mut self, now: Now, link: Link, end: LinkEnd<'_>) -> Unsent {
        let then = self.then.as_mut();
        let after = then.map(|then| then.on_link_end(now, link, end).unsent);
        let after = after.unwrap_or_default();
        let sends =
            |current: &CurrentStep| current.step.link == link && current.step.act.sends_message();
        let current = self.current.as_ref().is_some_and(sends);
        Unsent {
            messages: after.messages + self.steps.unsent(link) + u64::from(current),
            more: after.more,
        }
    }

    /// Whether a refusal of the upgrade was expected.
    pub(super) fn on_refusal(&mut self, link: Link, error: &Error) -> EndDecision {
        let Error::Refused(refusal) = error else {
            return EndDecision::default();
        };
        let Some((place, wanted)) = self.steps.handshake(link) else {
            return EndDecision::default();
        };
        if wanted.allows_refusal(refusal.head.status) == Some(true) {
            if let Some(state) = self.state(link) {
                state.inbox.stage = LinkStage::Refused;
                state.inbox.answer = refusal.head.clone();
            }
            return EndDecision {
                expected: true,
                ..EndDecision::default()
            };
        }
        let goal = Goal::Receive(wanted.describe());
        let instead = Instead::Refused(refusal.head.status_line.clone());
        let unmet = Unmet {
            place,
            connection: self.connection_name(link),
            refusal: Some(Box::new(refusal.without_hint())),
            ..Unmet::new(goal, instead)
        };
        EndDecision {
            unmet: Some(Error::Unmet(Box::new(unmet))),
            ..EndDecision::default()
        }
    }

    /// The expectation that was not met before a connection was closed.
    pub(super) fn unmet_before_close(&mut self, now: Now) -> Option<Error> {
        if !self.is_open(now) {
            return None;
        }
        match self.advance(now, false, None) {
            StepProgress::Failed(error) => Some(error),
            // Unsent messages of the command line are counted, like those of stdin.
            StepProgress::CannotSend if self.is_over() => {
                let step = &self.current.as_ref()?.step;
                step.place.as_ref()?;
                let state = self.links.get(usize::from(step.link.0))?;
                match self.unsendable(state.inbox.how_it_ended()?) {
                    StepProgress::Failed(error) => Some(error),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
