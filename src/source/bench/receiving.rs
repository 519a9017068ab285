//! Receiving: which messages are replies, and how long they took.

use std::time::Instant;

use super::Bench;
use crate::event::{Link, LoadPhase};
use crate::measure::load::LoadModel;

impl Bench {
    /// Counts messages received on a connection.
    pub(super) fn received(&mut self, now: Instant, link: Link, count: u64) {
        if self.phase == LoadPhase::Done {
            return;
        }
        if self.options.model == LoadModel::Listen {
            if self.started.is_some() {
                self.statistics.received += count;
                self.measured_until(now);
            }
            return;
        }
        let Some(load) = self.links.get_mut(usize::from(link.0)) else {
            return;
        };
        let mut answered = 0;
        while answered < count {
            let Some((since, number)) = load.awaited.take(count - answered) else {
                break;
            };
            let latency = now.saturating_duration_since(since);
            self.statistics.latency.add_many(latency, number);
            answered += number;
        }
        self.statistics.other += count - answered;
        self.count_replies(now, link, answered);
    }

    /// Handles a message that is a reply if it has the number of one that was sent.
    pub(super) fn received_marked(&mut self, now: Instant, link: Link, message: &[u8]) {
        let seq = self.options.payload.seq_in(message);
        let Some(load) = self.links.get_mut(usize::from(link.0)) else {
            return;
        };
        let Some(since) = seq.and_then(|seq| load.awaited.take_seq(seq)) else {
            self.statistics.other += 1;
            return;
        };
        let latency = now.saturating_duration_since(since);
        self.statistics.latency.add(latency);
        self.count_replies(now, link, 1);
    }

    pub(super) fn count_replies(&mut self, now: Instant, link: Link, count: u64) {
        if count == 0 {
            return;
        }
        self.statistics.received += count;
        self.in_flight = self.in_flight.saturating_sub(count);
        self.measured_until(now);
        if matches!(self.options.model, LoadModel::Closed { .. }) {
            if let Some(load) = self.link(link).filter(|load| !load.is_ready) {
                load.is_ready = true;
                self.ready.push_back(link);
            }
        }
    }
}
