//! Where the steps of a conversation come from.

use std::collections::VecDeque;
use std::time::Instant;

use super::expected::Expected;
use super::step::{Step, StepAction};
use crate::error::Error;
use crate::event::Link;

/// A source of steps: the command line or a file.
pub trait StepSource {
    /// Returns the next step; `None` after the last.
    ///
    /// # Errors
    ///
    /// What is wrong with it, if that depends on captured values.
    fn next(&mut self, now: Instant) -> Result<Option<Step>, Error>;

    /// Called when the last step has failed. Returns when to continue, if it is retried.
    fn retry(&mut self, _now: Instant) -> Option<Instant> {
        None
    }

    /// The repetition of the last step, to follow an error.
    fn context(&self, _now: Instant) -> Option<String> {
        None
    }

    /// The steps of a rule's reply on a connection.
    ///
    /// # Errors
    ///
    /// What is wrong with them, if that depends on captured values.
    fn answer(&mut self, _answer: usize, _link: Link) -> Result<Vec<Step>, Error> {
        Ok(Vec::new())
    }

    /// The variables whose values are not reported, with those that are known.
    fn secrets(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Whether there are expectations after the last step, so that received messages must be kept.
    fn expects(&self) -> bool;

    /// The first step on `link` that says whether the upgrade is refused, and its place.
    fn handshake(&self, link: Link) -> Option<(Option<String>, Expected)>;

    /// The next expectation on a connection after the last step.
    fn next_expected(&self, link: Link) -> Option<Expected>;

    /// Sets a variable for the following steps.
    fn keep(&mut self, name: &str, value: String);

    /// The number of messages that have not been sent on a connection.
    fn unsent(&self, link: Link) -> u64;

    /// The name of a connection in reports; `None` if there is only one.
    fn name(&self, link: Link) -> Option<&str>;
}

/// The steps of a command line.
impl StepSource for VecDeque<Step> {
    fn next(&mut self, _now: Instant) -> Result<Option<Step>, Error> {
        Ok(self.pop_front())
    }

    fn expects(&self) -> bool {
        self.iter()
            .any(|step| matches!(step.act, StepAction::Expect(_)))
    }

    fn handshake(&self, link: Link) -> Option<(Option<String>, Expected)> {
        let mut acts = self.iter().filter(|step| step.link == link);
        acts.find_map(|step| match &step.act {
            StepAction::Expect(expectation) if expectation.wanted.is_about_refusal() => {
                Some((step.place.clone(), expectation.wanted.clone()))
            }
            _ => None,
        })
    }

    fn next_expected(&self, link: Link) -> Option<Expected> {
        let mut acts = self.iter().filter(|step| step.link == link);
        acts.find_map(|step| match &step.act {
            StepAction::Expect(expectation) => Some(expectation.wanted.clone()),
            _ => None,
        })
    }

    fn keep(&mut self, _name: &str, _value: String) {}

    fn unsent(&self, link: Link) -> u64 {
        let sends = |step: &&Step| step.link == link && step.act.sends_message();
        self.iter().filter(sends).count() as u64
    }

    fn name(&self, _link: Link) -> Option<&str> {
        None
    }
}
