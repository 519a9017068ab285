//! Takes one step after the other.

use super::state::{CurrentStep, StepProgress};
use super::step::{Step, StepAction};
use super::Conversation;
use crate::error::{Error, UnmetDetail};
use crate::event::Now;
use crate::source::Sender;

impl Conversation {
    /// Takes steps as far as possible. Steps that send need `to`.
    pub(super) fn advance(
        &mut self,
        now: Now,
        readable: bool,
        mut to: Option<&mut dyn Sender>,
    ) -> StepProgress {
        let mut readable = readable;
        loop {
            if to.is_none() && !self.continues_after_never && !self.forbidden.is_empty() {
                return StepProgress::Failed(self.forbidden.remove(0));
            }
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
            if self.current.is_none() {
                match self.steps.next(now.instant) {
                    Err(error) => return StepProgress::Failed(error),
                    Ok(None) => {
                        self.completed.get_or_insert(now.instant);
                        return StepProgress::Done;
                    }
                    Ok(Some(step)) => self.begin(step, now),
                }
                continue;
            }
            let to = to.as_mut().map(|to| &mut **to as &mut dyn Sender);
            match self.work(now, &mut readable, to, is_moot) {
                Ok(()) => self.current = None,
                Err(StepProgress::Failed(error)) => match self.retry(now, error) {
                    None => {}
                    Some(error) => return StepProgress::Failed(error),
                },
                Err(progress) => return progress,
            }
        }
    }

    /// Continues with the current step; `Ok` when it is completed. One that is moot sends nothing.
    fn work(
        &mut self,
        now: Now,
        readable: &mut bool,
        mut to: Option<&mut dyn Sender>,
        is_moot: bool,
    ) -> Result<(), StepProgress> {
        let Some(current) = &self.current else {
            return Ok(());
        };
        match &current.step.act {
            StepAction::Expect(_) => {
                if let Some(to) = &mut to {
                    self.reopen(*to);
                }
                self.look(now)
            }
            StepAction::Pause(_) | StepAction::Until(_) => self.pause(now),
            StepAction::Capture { .. } => self.capture(),
            StepAction::CaptureMatch { .. } => self.capture_match(),
            StepAction::Check(_) => self.check(),
            StepAction::AnyOrder(_) => self.look_in_any_order(now),
            StepAction::Rule(_) | StepAction::Every(_) => {
                self.add_rule(now);
                Ok(())
            }
            StepAction::Drop if self.has_ended(current.step.link) => Ok(()),
            StepAction::Open(_) | StepAction::Drop => match &mut to {
                Some(to) => self.open_or_drop(now, *to),
                None => Err(StepProgress::CannotSend),
            },
            StepAction::Http(_) => self.request(now),
            _ if is_moot => Ok(()),
            StepAction::Send(_) | StepAction::Stream(..) => match &mut to {
                Some(to) => self.send(now, readable, *to),
                None => Err(StepProgress::CannotSend),
            },
        }
    }

    fn begin(&mut self, mut step: Step, now: Now) {
        if let (StepAction::Stream(_, reader), Some(size)) = (&mut step.act, self.frame_size) {
            // What is held becomes one frame.
            reader.reserve(size.get());
        }
        self.current = Some(CurrentStep::new(step, now.instant));
    }

    /// Handles a failed step: restarts a `retry` block, or returns the error.
    fn retry(&mut self, now: Now, mut error: Error) -> Option<Error> {
        let Error::Unmet(unmet) = &mut error else {
            return Some(error);
        };
        let context = self.steps.context(now.instant);
        let Some(at) = self.steps.retry(now.instant) else {
            unmet.details.extend(context.map(UnmetDetail::Context));
            return Some(error);
        };
        let pause = at.saturating_duration_since(now.instant);
        let step = Step {
            link: self.current_link(),
            place: None,
            act: StepAction::Pause(pause),
        };
        self.current = Some(CurrentStep::new(step, now.instant));
        None
    }
}
