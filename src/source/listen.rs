//! The source that never speaks: standard input is a device such as `/dev/null`, so there is
//! only listening until the server closes.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use super::{Sender, Source, Took};
use crate::event::{Event, Link, Messages};

/// Says nothing, and has no end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listen;

impl Source for Listen {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn hear(&mut self, _at: Instant, _link: Link, _event: &Event<'_>) {}

    fn hear_messages(&mut self, _at: Instant, _link: Link, _messages: Messages<'_>) {}

    fn take(&mut self, _ready: bool, _to: &mut dyn Sender) -> Took {
        Took::Later
    }
}
