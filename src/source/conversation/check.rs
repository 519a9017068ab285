//! Checks of the last matched message, and captures with a regular expression.

use std::time::Duration;

use super::place::line_of;
use super::state::StepProgress;
use super::step::{Check, StepAction};
use super::Conversation;
use crate::conversation::matching::describe;
use crate::error::{Error, Goal, Instead};

impl Conversation {
    /// Checks the last matched message.
    pub(super) fn check(&mut self) -> Result<(), StepProgress> {
        let Some(current) = &self.current else {
            return Ok(());
        };
        let StepAction::Check(check) = &current.step.act else {
            return Ok(());
        };
        match check {
            Check::Within(limit) => self.check_time(*limit),
            Check::Message(pattern) => {
                let goal = Goal::Receive(pattern.describe());
                let Some((kind, bytes)) = self.matched() else {
                    return Err(self.fail(goal, Instead::NothingMatched));
                };
                match pattern.compare(*kind, bytes) {
                    Ok(captures) => {
                        for (name, value) in captures {
                            self.steps.keep(&name, value);
                        }
                        Ok(())
                    }
                    Err(difference) => {
                        let instead = Instead::Matched(self.matched_by(), describe(*kind, bytes));
                        let mut unmet = self.unmet(goal, instead);
                        unmet.difference = difference;
                        Err(StepProgress::Failed(Error::Unmet(Box::new(unmet))))
                    }
                }
            }
        }
    }

    /// Whether the last matched message was received soon enough after the last sent one.
    fn check_time(&self, limit: Duration) -> Result<(), StepProgress> {
        let link = self.current_link();
        let state = self.links.get(usize::from(link.0));
        let times = state.and_then(|state| Some((state.sent_at?, state.inbox.matched_at?)));
        let Some((sent, matched)) = times else {
            return Err(self.fail(Goal::Within(limit), Instead::NothingSent));
        };
        let took = matched.saturating_duration_since(sent);
        match took.checked_sub(limit) {
            Some(more) if !more.is_zero() => {
                Err(self.fail(Goal::Within(limit), Instead::Took(took, more)))
            }
            _ => Ok(()),
        }
    }

    /// Captures the groups that a regular expression matches in the last matched message.
    pub(super) fn capture_match(&mut self) -> Result<(), StepProgress> {
        let Some(current) = &self.current else {
            return Ok(());
        };
        let StepAction::CaptureMatch { name, regex } = &current.step.act else {
            return Ok(());
        };
        let goal = || Goal::Match {
            name: name.clone(),
            regex: regex.to_string(),
        };
        let Some((kind, bytes)) = self.matched() else {
            return Err(self.fail(goal(), Instead::NothingMatched));
        };
        let text = std::str::from_utf8(bytes).ok();
        let Some(found) = text.and_then(|text| regex.captures(text)) else {
            let instead = Instead::Matched(self.matched_by(), describe(*kind, bytes));
            return Err(self.fail(goal(), instead));
        };
        let text_of = |group: Option<regex::Match<'_>>| {
            group.map_or_else(String::new, |group| group.as_str().to_owned())
        };
        let whole = usize::from(regex.captures_len() > 1);
        let mut values = vec![(name.clone(), text_of(found.get(whole)))];
        for group in regex.capture_names().flatten() {
            values.push((group.to_owned(), text_of(found.name(group))));
        }
        for (name, value) in values {
            self.steps.keep(&name, value);
        }
        Ok(())
    }

    /// The line of the expectation that matched the last message, for reports.
    fn matched_by(&self) -> Option<String> {
        let link = self.current_link();
        let state = self.links.get(usize::from(link.0));
        let place = state.and_then(|state| state.matched_by.as_deref());
        place.and_then(line_of)
    }
}
