//! Connections that are opened again: by the driver, with `--reconnect`, or because the next
//! expectation is `reconnect`.

use super::expected::Expected;
use super::inbox::{LinkStage, ReceivedItem};
use super::step::StepAction;
use super::Conversation;
use crate::event::{Link, LostCause, Now, Upgrade};
use crate::source::Sender;

impl Conversation {
    /// A connection ended or could not be opened, and is attempted again.
    pub(super) fn on_lost(&mut self, now: Now, link: Link, cause: LostCause<'_>) {
        if let Some(state) = self.state(link) {
            state.inbox.on_lost(cause);
        }
        // They are about messages of the connection that is lost.
        self.answers.retain(|answer| answer.link != link);
        if let (LostCause::Closed(closure), true) = (cause, self.expects()) {
            self.receive(now, link, ReceivedItem::Lost(Box::new(closure.clone())));
        }
    }

    /// A connection is open, for the first time or again.
    pub(super) fn on_open(&mut self, now: Now, link: Link, upgrade: &Upgrade) {
        let Some(state) = self.state(link) else {
            return;
        };
        let was_open = state.inbox.open(upgrade);
        if std::mem::take(&mut state.is_opening) {
            // Only rules need to know: the step itself waits for it.
            self.apply_rules(link, &ReceivedItem::Reopened);
            return;
        }
        if !was_open {
            return;
        }
        state.wanted = false;
        if self.failed == Some(link) {
            self.failed = None;
        }
        self.restart_intervals(now, link);
        if self.listens() {
            self.receive(now, link, ReceivedItem::Reopened);
        }
    }

    /// Connects again if the connection has ended and is expected to be opened again now.
    pub(super) fn reopen(&mut self, to: &mut dyn Sender) {
        let link = self.current_link();
        if !self.is_reopening(link) {
            return;
        }
        let Some(state) = self.state(link) else {
            return;
        };
        if let Some(how) = state.inbox.how_it_ended().filter(|_| to.redial(link)) {
            state.inbox.stage = LinkStage::Lost(how);
        }
    }

    /// Whether the current step expects the connection to be opened again.
    fn is_reopening(&self, link: Link) -> bool {
        let current = self.current.as_ref().map(|current| &current.step);
        current.is_some_and(|step| {
            step.link == link
                && matches!(&step.act, StepAction::Expect(it) if matches!(it.wanted, Expected::Reconnect))
        })
    }

    /// Whether the current or the next expectation on a connection is that it is opened again.
    pub(super) fn reopens(&self, link: Link) -> bool {
        let next = || self.steps.next_expected(link);
        self.is_reopening(link) || matches!(next(), Some(Expected::Reconnect))
    }

    /// Whether a connection is opened again after it has ended.
    pub(super) fn may_reopen(&self) -> bool {
        let count = u16::try_from(self.links.len()).unwrap_or(u16::MAX);
        (0..count).map(Link).any(|link| self.reopens(link))
    }
}
