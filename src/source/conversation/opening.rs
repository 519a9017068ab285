//! Steps that open and drop connections, and HTTP requests.

use std::time::Instant;

use bytes::Bytes;

use super::inbox::{Inbox, LinkStage};
use super::state::{no_thread, OpenFailure, StepProgress};
use super::step::StepAction;
use super::work::Work;
use super::Conversation;
use crate::error::{Error, Goal, Instead};
use crate::event::{Kind, Link, Now};
use crate::http::{Body, ResponseHead};
use crate::source::{EndDecision, Progress, Sender};

impl Conversation {
    /// Opens or drops the connection of the current step. It is complete when that has happened.
    pub(super) fn open_or_drop(
        &mut self,
        now: Now,
        to: &mut dyn Sender,
    ) -> Result<(), StepProgress> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let link = current.step.link;
        let opens = matches!(current.step.act, StepAction::Open(_));
        let is_begun = current.is_begun;
        let Some(state) = self.links.get_mut(usize::from(link.0)) else {
            return Ok(());
        };
        if let Some(failure) = state.open_failure.take() {
            let mut unmet = self.unmet(Goal::Open, Instead::Failed(failure.cause));
            unmet.refusal = failure.refusal;
            return Err(StepProgress::Failed(Error::Unmet(Box::new(unmet))));
        }
        match &state.inbox.stage {
            // It is still being opened, or was opened or refused as expected.
            LinkStage::Opening => {}
            LinkStage::Open | LinkStage::Refused if opens && is_begun => return Ok(()),
            LinkStage::Open if state.is_dropped => {}
            LinkStage::Open => {
                state.is_dropped = true;
                to.abort(link);
            }
            _ if !opens => return Ok(()),
            LinkStage::Deferred
            | LinkStage::Answered
            | LinkStage::Refused
            | LinkStage::Lost(_)
            | LinkStage::Closed(_) => {
                // A connection that has just been dropped ends after this.
                if to.redial(link) {
                    state.inbox = Inbox::default();
                    (state.is_opening, state.is_dropped, state.wanted) = (true, false, false);
                    (state.sent_at, state.matched_by) = (None, None);
                    if let Some(current) = &mut self.current {
                        current.is_begun = true;
                        current.since = now.instant;
                    }
                }
            }
        }
        Err(StepProgress::Waits(Progress::Pending))
    }

    /// When a step that opens or drops a connection must go on: at once, unless it waits for an
    /// attempt. Nothing may happen on a connection that has ended.
    pub(super) fn opening_deadline(&self) -> Option<Instant> {
        let current = self.current.as_ref()?;
        let state = self.links.get(usize::from(current.step.link.0))?;
        let waits = matches!(state.inbox.stage, LinkStage::Opening);
        (!waits).then_some(current.since)
    }

    /// Whether a connection has ended.
    pub(super) fn has_ended(&self, link: Link) -> bool {
        let state = self.links.get(usize::from(link.0));
        state.is_some_and(|state| matches!(state.inbox.stage, LinkStage::Closed(_)))
    }

    /// Whether a connection was dropped by a step.
    pub(super) fn has_dropped(&self, link: Link) -> bool {
        let state = self.links.get(usize::from(link.0));
        state.is_some_and(|state| state.is_dropped)
    }

    /// A connection could not be opened by a step, which fails then; `None` if no step opens it.
    pub(super) fn on_opening_failed(&mut self, link: Link, error: &Error) -> Option<EndDecision> {
        let state = self.state(link).filter(|state| state.is_opening)?;
        state.is_opening = false;
        state.inbox.stage = LinkStage::Deferred;
        state.open_failure = Some(OpenFailure {
            cause: error.to_string(),
            refusal: match error {
                Error::Refused(refusal) => Some(Box::new(refusal.without_hint())),
                _ => None,
            },
        });
        Some(EndDecision {
            expected: true,
            ..EndDecision::default()
        })
    }

    /// Sends the HTTP request of the current step, and waits for the response.
    pub(super) fn request(&mut self, now: Now) -> Result<(), StepProgress> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let StepAction::Http(step) = &mut current.step.act else {
            return Ok(());
        };
        let exchange = match (current.exchange.take(), step.exchange.take()) {
            (Some(work), _) => work,
            (None, Some(exchange)) => {
                Work::start(exchange).map_err(|cause| StepProgress::Failed(no_thread(cause)))?
            }
            (None, None) => return Ok(()),
        };
        let goal = Goal::Response {
            method: step.request.method.clone(),
            url: step.request.url.clone(),
        };
        let (link, place, since) = (current.step.link, current.step.place.clone(), current.since);
        match exchange.result() {
            Err(exchange) => {
                current.exchange = Some(exchange);
                Err(StepProgress::Waits(Progress::Pending))
            }
            Ok(Err(error)) => Err(self.fail(goal, Instead::Failed(error.to_string()))),
            Ok(Ok((head, body))) => {
                if let Some(state) = self.state(link) {
                    state.sent_at = Some(since);
                    state.matched_by = place;
                    state.inbox.matched_at = Some(now.instant);
                    state.inbox.answer_with(head, body);
                }
                Ok(())
            }
        }
    }
}

impl Inbox {
    /// Keeps the response to an HTTP request.
    fn answer_with(&mut self, head: ResponseHead, body: Body) {
        let is_text = std::str::from_utf8(&body.bytes).is_ok();
        let kind = if is_text { Kind::Text } else { Kind::Binary };
        self.answer = head;
        self.matched = Some((kind, Bytes::from(body.bytes)));
    }
}
