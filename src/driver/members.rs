//! The connections of a run with many of them, as members of a [`PollSet`]. With few, poll(2) with a
//! list is quicker, because nothing has to be registered.

use std::io;
use std::os::fd::BorrowedFd;

use crate::event::Link;
use crate::sys::poll_set::{PollSet, Watch};

/// The maximum number of connections that are polled as a list.
pub(super) const LISTED: usize = 64;

/// The connections that are members of the set.
#[derive(Debug)]
pub(super) struct Members {
    pub(super) set: PollSet,
    /// What each connection waits for in the set.
    watched: Vec<Watch>,
    /// Connections whose membership may have to change.
    changed: Vec<Link>,
    reading: bool,
}

impl Members {
    pub(super) fn new(count: usize) -> io::Result<Self> {
        Ok(Self {
            set: PollSet::new()?,
            watched: vec![Watch::default(); count],
            changed: Vec::new(),
            reading: true,
        })
    }

    pub(super) fn on_change(&mut self, link: Link) {
        self.changed.push(link);
    }

    /// Removes a connection before its descriptor is closed or replaced.
    pub(super) fn remove(&mut self, link: Link, fd: Option<BorrowedFd<'_>>) {
        if let (Some(watched), Some(fd)) = (self.watched.get_mut(usize::from(link.0)), fd) {
            let before = std::mem::take(watched);
            // It leaves the set when it is closed, even if this fails.
            let _ = self.set.set(fd, link.0, before, Watch::default());
        }
        self.changed.push(link);
    }

    /// Brings the set up to date before it is waited for. `look` returns the descriptor of a
    /// connection, and what it waits for, which depends on `reading`.
    ///
    /// # Errors
    ///
    /// The first error of [`PollSet::set`].
    pub(super) fn update<'fd>(
        &mut self,
        reading: bool,
        all: impl Iterator<Item = Link>,
        look: impl Fn(Link) -> Option<(BorrowedFd<'fd>, Watch)>,
    ) -> io::Result<()> {
        if self.reading != reading {
            self.reading = reading;
            self.changed.extend(all);
        }
        let mut updated = Ok(());
        for link in self.changed.drain(..) {
            let watched = self.watched.get_mut(usize::from(link.0));
            let (Some(watched), Some((fd, after))) = (watched, look(link)) else {
                continue;
            };
            if *watched != after {
                updated = updated.and(self.set.set(fd, link.0, *watched, after));
                *watched = after;
            }
        }
        updated
    }
}
