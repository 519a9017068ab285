//! The connections of a session file. They are opened in the order of the file and all of them are
//! required, but each may end before the others. A connection is opened again if its options say so
//! (`--reconnect`), or when the file says so (`reconnect`).

use super::policy::{All, Next, Policy};
use super::reconnect::{Reconnect, ReconnectOptions};
use crate::error::Error;
use crate::event::{Link, Now};
use crate::protocol::Closure;

/// The policy for the connections of a session file.
pub struct Scripted {
    links: Vec<ScriptedLink>,
    /// Whether the run continues while all connections have ended.
    outlives: bool,
}

struct ScriptedLink {
    /// What follows a lost or refused connection, with `--reconnect`.
    automatic: Option<Reconnect>,
    /// The attempts since the file has begun to open the connection again.
    reopening: Reconnect,
    was_open: bool,
}

impl Scripted {
    /// Creates a policy for connections with these values of `--reconnect`. With `outlives`, the run
    /// continues while all of them have ended, because the file may open them again or has more to
    /// check.
    #[must_use]
    pub fn new(links: Vec<Option<ReconnectOptions>>, outlives: bool) -> Self {
        let link = |options: Option<ReconnectOptions>| ScriptedLink {
            automatic: options.map(|options| Reconnect::new(options, Box::new(All))),
            reopening: unlimited(),
            was_open: false,
        };
        Self {
            links: links.into_iter().map(link).collect(),
            outlives,
        }
    }

    fn link(&mut self, link: Link) -> Option<&mut ScriptedLink> {
        self.links.get_mut(usize::from(link.0))
    }
}

/// Attempts without a limit: an expectation has a timeout of its own.
fn unlimited() -> Reconnect {
    Reconnect::new(ReconnectOptions::default(), Box::new(All))
}

impl Policy for Scripted {
    fn dial_width(&self) -> usize {
        All.dial_width()
    }

    fn on_open(&mut self, now: Now, link: Link) {
        let Some(state) = self.link(link) else { return };
        state.was_open = true;
        if let Some(automatic) = &mut state.automatic {
            automatic.on_open(now, link);
        }
    }

    fn on_connect_failed(&mut self, now: Now, link: Link, error: &Error) -> Next {
        match self.link(link) {
            Some(ScriptedLink {
                automatic: Some(automatic),
                ..
            }) => automatic.on_connect_failed(now, link, error),
            Some(state) if state.was_open => state.reopening.on_connect_failed(now, link, error),
            _ => All.on_connect_failed(now, link, error),
        }
    }

    fn on_closed(&mut self, now: Now, link: Link, closure: &Closure) -> Next {
        let Some(state) = self.link(link) else {
            return All.on_closed(now, link, closure);
        };
        state.reopening = unlimited();
        match &mut state.automatic {
            Some(automatic) => automatic.on_closed(now, link, closure),
            None => All.on_closed(now, link, closure),
        }
    }

    fn reconnects(&self) -> bool {
        self.links.iter().any(|link| link.automatic.is_some())
    }

    fn outlives_connections(&self) -> bool {
        self.outlives
    }
}
