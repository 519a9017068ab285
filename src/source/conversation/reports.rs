//! Reports of expectations that are not met.

use super::inbox::ReceivedItem;
use super::recent::Excerpt;
use super::state::{CurrentStep, StepProgress};
use super::Conversation;
use crate::error::{Error, Goal, Instead, RecentMessage, Unmet};
use crate::event::{Kind, Link, Now};

/// The number of messages that a report of an unmet expectation shows.
const RECENT: usize = 5;

impl Conversation {
    /// Whether reports do not list a message.
    pub(super) fn hides(&self, item: &ReceivedItem) -> bool {
        let (Some(hidden), ReceivedItem::Message(Kind::Text, bytes)) = (&self.hidden, item) else {
            return false;
        };
        hidden.is_match(bytes)
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

    /// The error of a run that has ended before all steps were complete; `None` if they are.
    #[must_use]
    pub fn incomplete(&self) -> Option<Error> {
        let unmet = || Box::new(self.unmet(Goal::Run, Instead::NoConnection));
        self.completed.is_none().then(|| Error::Unmet(unmet()))
    }

    /// The name of a connection, if the file has several.
    pub(super) fn connection_name(&self, link: Link) -> Option<String> {
        self.steps.name(link).map(str::to_owned)
    }

    /// A report on the current step.
    pub(super) fn unmet(&self, goal: Goal, instead: Instead) -> Unmet {
        let current = self.current.as_ref();
        let place = current.and_then(|current| current.step.place.clone());
        let link = current.map_or_else(Link::default, |current| current.step.link);
        Unmet {
            place,
            connection: self.connection_name(link),
            recent: self.recent_messages(),
            ..Unmet::new(goal, instead)
        }
    }

    pub(super) fn fail(&self, goal: Goal, instead: Instead) -> StepProgress {
        StepProgress::Failed(Error::Unmet(Box::new(self.unmet(goal, instead))))
    }

    /// Remembers a message for reports.
    pub(super) fn remember(&mut self, is_sent: bool, link: Link, kind: Kind, payload: &[u8]) {
        let mut message = match self.recent.len() {
            RECENT => self.recent.pop_front().unwrap_or_default(),
            _ => Excerpt::default(),
        };
        message.set(is_sent, link, kind, payload);
        self.recent.push_back(message);
    }

    /// Adds to the message that was just received how long after the last sent one that was, in a
    /// session file.
    pub(super) fn add_time(&mut self, now: Now, link: Link) {
        let is_file = |current: &CurrentStep| current.step.place.is_some();
        if !self.current.as_ref().is_some_and(is_file) {
            return;
        }
        let sent = self
            .links
            .get(usize::from(link.0))
            .and_then(|state| state.sent_at);
        if let (Some(sent), Some(message)) = (sent, self.recent.back_mut()) {
            message.set_time(Some(now.instant.saturating_duration_since(sent)));
        }
    }

    fn recent_messages(&self) -> Vec<RecentMessage> {
        let shown = |message: &Excerpt| message.shown(self.connection_name(message.link()));
        self.recent.iter().map(shown).collect()
    }
}
