//! Whether the end of a connection was expected, and what was missing before it.

use super::ending::Ending;
use super::state::{Driver, Input, UndecidedEnd};
use crate::error::Error;
use crate::event::Link;
use crate::exit::ExitCode;
use crate::protocol::{Closure, End};
use crate::source::{EndDecision, LinkEnd, Unsent};

impl Driver<'_> {
    /// Asks the source whether the end of a connection was expected.
    pub(super) fn decide_end(&mut self, ended: UndecidedEnd) {
        let UndecidedEnd {
            link,
            closure,
            unsent,
        } = &ended;
        let end = LinkEnd::Closed(closure);
        let decision = self.listeners.source.on_link_end(self.now, *link, end);
        if decision.pending {
            self.undecided.push(ended);
        } else {
            self.check_end(*link, closure, *unsent, decision);
        }
    }

    /// Asks the source again about connections that it hadn't decided on, unless the run is ending.
    pub(super) fn decide_ends_again(&mut self) {
        for ended in std::mem::take(&mut self.undecided) {
            if !self.is_leaving() {
                self.decide_end(ended);
            }
        }
    }

    /// Reports input that was not sent, or expectations that were not met, before the connection
    /// ended.
    fn check_end(&mut self, link: Link, closure: &Closure, unsent: u64, decision: EndDecision) {
        if let Some(unmet) = decision.unmet {
            return self.end(Ending::Unmet(unmet));
        }
        if matches!(closure.end, End::Violation(_)) {
            return;
        }
        let of_source = match self.input {
            Input::Done => Unsent::default(),
            Input::More | Input::Pending => decision.unsent,
        };
        let unsent = unsent + of_source.messages;
        let received = self.received;
        let is_orderly = ExitCode::for_closure(closure) == ExitCode::Success || decision.expected;
        let wanted = self.limits.max_messages.filter(|_| is_orderly);
        if unsent > 0 && !decision.expected {
            let error = Error::Unsent {
                unsent,
                total: self.sent + unsent,
                more: of_source.more,
            };
            self.fail(link, error);
        } else if let Some(wanted) = wanted.filter(|wanted| received < *wanted) {
            self.fail(link, Error::TooFew { received, wanted });
        }
    }
}
