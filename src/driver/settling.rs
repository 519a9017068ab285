//! Whether the end of a connection was expected, and what was missing before it.

use super::ending::Ending;
use super::state::{Driver, Input, Unsettled};
use crate::error::Error;
use crate::event::Link;
use crate::exit::ExitCode;
use crate::protocol::{Closure, End};
use crate::source::{LinkEnd, Settled, Unsent};

impl Driver<'_> {
    /// Asks the source whether the end of a connection was expected.
    pub(super) fn settle(&mut self, ended: Unsettled) {
        let Unsettled {
            link,
            closure,
            unsent,
        } = &ended;
        let end = LinkEnd::Closed(closure);
        let settled = self.listeners.source.settle(self.now, *link, end);
        if settled.pending {
            self.unsettled.push(ended);
        } else {
            self.check_end(*link, closure, *unsent, settled);
        }
    }

    /// Asks the source again about connections that it hadn't decided on, unless the run is ending.
    pub(super) fn settle_again(&mut self) {
        for ended in std::mem::take(&mut self.unsettled) {
            if !self.is_leaving() {
                self.settle(ended);
            }
        }
    }

    /// Reports input that was not sent, or expectations that were not met, before the connection
    /// ended.
    fn check_end(&mut self, link: Link, closure: &Closure, unsent: u64, settled: Settled) {
        if let Some(unmet) = settled.unmet {
            return self.end(Ending::Unmet(unmet));
        }
        if matches!(closure.end, End::Violation(_)) {
            return;
        }
        let of_source = match self.input {
            Input::Done => Unsent::default(),
            Input::More | Input::Pending => settled.unsent,
        };
        let unsent = unsent + of_source.messages;
        let received = self.received;
        let is_orderly = ExitCode::for_closure(closure) == ExitCode::Success || settled.expected;
        let wanted = self.limits.max_messages.filter(|_| is_orderly);
        if unsent > 0 && !settled.expected {
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
