//! The rules of a conversation, which are shared with whoever shows messages.

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use super::expected::Expected;
use super::step::{Effect, Rule};
use crate::event::{Kind, Link};

/// The rules of a conversation, in order.
#[derive(Clone, Debug, Default)]
pub struct SharedRules(Rc<RefCell<Vec<Rule>>>);

impl SharedRules {
    /// Whether a rule `ignore` matches a message. That another rule has answered it does not matter.
    #[must_use]
    pub fn hide(&self, link: Link, kind: Kind, bytes: &[u8]) -> bool {
        let hides = |rule: &Rule| {
            let Expected::Message(pattern) = &rule.wanted else {
                return false;
            };
            rule.effect == Effect::Ignore
                && rule.links.contains(&link)
                && pattern.compare(kind, bytes).is_ok()
        };
        self.0.borrow().iter().any(hides)
    }

    /// Adds a rule.
    pub(super) fn push(&self, rule: Rule) {
        self.0.borrow_mut().push(rule);
    }

    /// The rules in order.
    pub(super) fn all(&self) -> Ref<'_, [Rule]> {
        Ref::map(self.0.borrow(), Vec::as_slice)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}
