//! Expectations that may be met in any order.

use super::candidates::{Candidate, Order};
use super::compare::{compare, Compared};
use super::inbox::ReceivedItem;
use super::nearest::keep_nearest;
use super::place::line_of;
use super::state::StepProgress;
use super::step::{Alternative, StepAction};
use super::Conversation;
use crate::error::{Error, Goal, Instead, Partial, UnmetDetail};
use crate::event::{Link, Now};
use crate::source::Progress;
use crate::text::phrase::Phrase;

impl Conversation {
    /// Checks whether all expectations in any order are met.
    pub(super) fn look_in_any_order(&mut self, now: Now) -> Result<(), StepProgress> {
        let Some(mut current) = self.current.take() else {
            return Ok(());
        };
        let mut order = current.order.take();
        let StepAction::AnyOrder(alternatives) = &current.step.act else {
            self.current = Some(current);
            return Ok(());
        };
        let mut found = order.take().unwrap_or_else(|| Order::of(alternatives));
        let strict = self.collect(alternatives, &mut found);
        let due = current.since.checked_add(found.within);
        let is_late = due.is_none_or(|due| due <= now.instant);
        let closed = found.by_link.iter().filter_map(|(link, indices)| {
            let state = self.links.get(usize::from(link.0))?;
            state.inbox.how_it_ended()?;
            found.missing(indices)
        });
        let closed = closed.min();
        let place = current.step.place.clone();
        let outcome = if let Some(item) = strict {
            Err(Some(Instead::Received(item)))
        } else if found.unmet == 0 {
            self.finish_order(alternatives, &found, place.as_deref());
            Ok(())
        } else if closed.is_some() || is_late {
            Err(None)
        } else {
            current.order = Some(found);
            self.current = Some(current);
            return Err(StepProgress::Waits(Progress::Pending));
        };
        let result = outcome.map_err(|instead| {
            let missing = closed.or_else(|| found.met_by.iter().position(Option::is_none));
            let missing = missing.unwrap_or(0);
            self.missing_in_order(
                &alternatives[missing],
                &mut found,
                missing,
                instead,
                place.as_deref(),
            )
        });
        self.current = Some(current);
        result
    }

    /// Takes items on connections with unmet expectations. With `strict`, returns the first message
    /// that matches none.
    fn collect(&mut self, alternatives: &[Alternative], order: &mut Order) -> Option<Phrase> {
        let by_link = std::mem::take(&mut order.by_link);
        let unexpected = by_link
            .iter()
            .find_map(|(link, indices)| self.collect_on(*link, indices, alternatives, order));
        order.by_link = by_link;
        unexpected
    }

    /// Takes items on one connection, whose expectations are those with these indices.
    fn collect_on(
        &mut self,
        link: Link,
        indices: &[usize],
        alternatives: &[Alternative],
        order: &mut Order,
    ) -> Option<Phrase> {
        while order.missing(indices).is_some() {
            let state = self.links.get_mut(usize::from(link.0))?;
            let (at, item) = state.inbox.take()?;
            let mut fits = Vec::new();
            for &index in indices {
                let wanted = &alternatives[index].expectation.wanted;
                match compare(wanted, &item) {
                    Compared::Equal(captures) => fits.push((index, captures)),
                    // A report is about one that is not met.
                    Compared::Different(difference) if order.met_by[index].is_none() => {
                        keep_nearest(&mut order.nearest[index], wanted, &item, difference);
                    }
                    Compared::Different(_) | Compared::Aside => {}
                }
            }
            let is_message = matches!(item, ReceivedItem::Message(..));
            let words = item.describe();
            let fits_any = !fits.is_empty();
            order.items.push(Candidate {
                item,
                at: Some(at),
                fits,
            });
            let place = order.items.len() - 1;
            let assigned = fits_any && order.assign(place, &mut vec![false; alternatives.len()]);
            if assigned {
                order.unmet -= 1;
            } else {
                order.items.pop();
                let is_strict = indices
                    .first()
                    .is_some_and(|index| alternatives[*index].expectation.strict);
                if is_strict && is_message {
                    return Some(words);
                }
            }
        }
        None
    }

    /// Finishes a set of expectations: keeps their captures, and the last message on each
    /// connection as its last match.
    fn finish_order(&mut self, alternatives: &[Alternative], order: &Order, place: Option<&str>) {
        for (index, alternative) in alternatives.iter().enumerate() {
            let Some(candidate) = order.met_by[index].map(|item| &order.items[item]) else {
                continue;
            };
            let captures = candidate.fits.iter().find(|(fits, _)| *fits == index);
            for (name, value) in captures
                .map(|(_, captures)| captures.as_slice())
                .unwrap_or_default()
            {
                self.steps.keep(name, value.clone());
            }
            let Some(state) = self.links.get_mut(usize::from(alternative.link.0)) else {
                continue;
            };
            if let ReceivedItem::Message(kind, bytes) = &candidate.item {
                state.inbox.matched = Some((*kind, bytes.clone()));
                state.inbox.matched_at = candidate.at;
                state.matched_by = place.map(str::to_owned);
            }
        }
    }

    fn missing_in_order(
        &mut self,
        missing: &Alternative,
        order: &mut Order,
        index: usize,
        instead: Option<Instead>,
        place: Option<&str>,
    ) -> StepProgress {
        let state = self.links.get(usize::from(missing.link.0));
        let ended = state.and_then(|state| state.inbox.how_it_ended());
        let instead = instead.unwrap_or_else(|| {
            Instead::Partial(Partial {
                ended: ended.map(Box::new),
                met: order.met(),
                count: order.met_by.len(),
                line: place.and_then(line_of),
                within: missing.expectation.within,
            })
        });
        let goal = Goal::Receive(missing.expectation.wanted.describe());
        let mut unmet = self.unmet(goal, instead);
        unmet.place.clone_from(&missing.place);
        unmet.connection = self.connection_name(missing.link);
        let nearest = order.nearest[index].take();
        if let Some(nearest) = nearest.filter(|nearest| !nearest.difference.0.is_empty()) {
            unmet.details.push(UnmetDetail::Nearest(nearest.words));
            unmet.difference = nearest.difference;
        }
        StepProgress::Failed(Error::Unmet(Box::new(unmet)))
    }
}
