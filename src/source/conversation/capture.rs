//! Captures of values from the last matched message.

use super::state::{no_thread, CurrentStep, Searched, StepProgress};
use super::step::StepAction;
use super::work::Work;
use super::Conversation;
use crate::assembly::LARGE;
use crate::conversation::matching::{self, describe, Lookup};
use crate::error::{Goal, Instead};
use crate::event::{Kind, Link};
use crate::source::Progress;

impl Conversation {
    /// Captures a value from the last matched message.
    pub(super) fn capture(&mut self) -> Result<(), StepProgress> {
        let Some(CurrentStep { step, .. }) = &self.current else {
            return Ok(());
        };
        let StepAction::Capture { name, pointer } = &step.act else {
            return Ok(());
        };
        let (name, pointer) = (name.clone(), pointer.clone());
        let link = step.link;
        let goal = || Goal::Value(pointer.clone());
        let Some((kind, bytes, found)) = self.search(link, &pointer)? else {
            return Err(self.fail(goal(), Instead::NothingMatched));
        };
        let value = match found {
            _ if kind == Kind::Binary => {
                return Err(self.fail(goal(), Instead::NotText(describe(kind, &bytes))));
            }
            Lookup::Value(value) => value,
            Lookup::NotJson if pointer.is_empty() => String::from_utf8_lossy(&bytes).into_owned(),
            missing => {
                let message = describe(kind, &bytes);
                let instead = match missing {
                    Lookup::NotJson => Instead::NotJson(message),
                    _ => Instead::NoValue(message),
                };
                return Err(self.fail(goal(), instead));
            }
        };
        if let Some(state) = self.state(link) {
            state.inbox.matched = Some((kind, bytes));
        }
        self.steps.keep(&name, value);
        Ok(())
    }

    /// The value at a pointer in the last matched message of a connection.
    pub(super) fn search(
        &mut self,
        link: Link,
        pointer: &str,
    ) -> Result<Option<Searched>, StepProgress> {
        let (Some(current), Some(state)) =
            (&mut self.current, self.links.get_mut(usize::from(link.0)))
        else {
            return Ok(None);
        };
        if let Some(search) = current.search.take() {
            return search.result().map(Some).map_err(|search| {
                current.search = Some(search);
                StepProgress::Waits(Progress::Pending)
            });
        }
        let Some((kind, bytes)) = state.inbox.matched.take() else {
            return Ok(None);
        };
        if bytes.len() < LARGE {
            let found = matching::find(&bytes, pointer);
            return Ok(Some((kind, bytes, found)));
        }
        let pointer = pointer.to_owned();
        let search = Work::start(move || {
            let found = matching::find(&bytes, &pointer);
            (kind, bytes, found)
        });
        current.search = Some(search.map_err(|cause| StepProgress::Failed(no_thread(cause)))?);
        Err(StepProgress::Waits(Progress::Pending))
    }
}
