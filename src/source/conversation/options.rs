//! The options of a conversation.

use std::num::NonZeroUsize;

use regex::bytes::RegexSet;

use super::shared_rules::SharedRules;
use super::{Conversation, HideValues};

impl Conversation {
    /// Removes secret values from errors with this function.
    #[must_use]
    pub fn hiding(mut self, hide: HideValues) -> Self {
        self.hide = Some(hide);
        self
    }

    /// Sets whether the run continues while all connections have ended, so that steps still wait.
    #[must_use]
    pub fn outliving_connections(mut self, outlives: bool) -> Self {
        self.outlives |= outlives;
        self
    }

    /// Sets the frame size for files.
    #[must_use]
    pub fn with_frame_size(mut self, frame_size: Option<NonZeroUsize>) -> Self {
        self.frame_size = frame_size;
        self
    }

    /// Leaves text messages that match out of reports.
    #[must_use]
    pub fn without(mut self, hidden: Option<RegexSet>) -> Self {
        self.hidden = hidden;
        self
    }

    /// Polls the other source also before connections are open, because there are no steps.
    #[must_use]
    pub fn with_only_rules(mut self, has_only_rules: bool) -> Self {
        self.has_only_rules = has_only_rules;
        self
    }

    /// Continues after a message that must not be received, and reports it.
    #[must_use]
    pub fn continue_after_never(mut self, continues: bool) -> Self {
        self.continues_after_never = continues;
        self
    }

    /// The rules, to which steps add more.
    #[must_use]
    pub fn rules(&self) -> SharedRules {
        self.rules.clone()
    }
}
