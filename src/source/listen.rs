//! A source without messages: standard input is a device such as `/dev/null`, so the run only
//! receives until the server closes.

use std::os::fd::BorrowedFd;

use super::{Progress, Sender, Source};
use crate::event::{Event, Link, Messages, Now};

/// Sends nothing and never ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listen;

impl Source for Listen {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn on_event(&mut self, _now: Now, _link: Link, _event: &Event<'_>) {}

    fn on_messages(&mut self, _now: Now, _link: Link, _messages: Messages<'_>) {}

    fn poll(&mut self, _now: Now, _readable: bool, _to: &mut dyn Sender) -> Progress {
        Progress::Pending
    }
}
