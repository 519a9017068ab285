//! Sending: in a closed loop until the windows are full, in an open loop what is due.

use std::time::Instant;

use super::Bench;
use crate::measure::load::LoadModel;
use crate::source::Sender;

impl Bench {
    pub(super) fn send(&mut self, now: Instant, to: &mut dyn Sender) {
        self.lacks_room = false;
        match self.options.model {
            LoadModel::Closed { window } => self.fill(now, window, to),
            LoadModel::SendOnly { rate: None } => self.fill(now, u64::MAX, to),
            LoadModel::Open { window, .. } => self.send_due(now, window.unwrap_or(u64::MAX), to),
            LoadModel::SendOnly { rate: Some(_) } => self.send_due(now, u64::MAX, to),
            LoadModel::Listen => {}
        }
    }

    /// Sends on each ready connection until `window` messages are in flight on it.
    pub(super) fn fill(&mut self, now: Instant, window: u64, to: &mut dyn Sender) {
        for _ in 0..self.ready.len() {
            let left = self.left();
            let Some(link) = self.ready.pop_front().filter(|_| left > 0) else {
                break;
            };
            let Some(load) = self.links.get_mut(usize::from(link.0)) else {
                continue;
            };
            let wanted = left.min(window.saturating_sub(load.awaited.count()));
            let first = self.statistics.sent + 1;
            let sent = self.writer.send(to, link, first, wanted);
            self.statistics.sent += sent.messages;
            self.statistics.sent_bytes += sent.bytes;
            if window < u64::MAX {
                load.awaited.add(first, sent.messages, now);
                self.in_flight += sent.messages;
            }
            load.is_ready = load.is_open && (sent.messages < wanted || window == u64::MAX);
            if load.is_ready {
                self.lacks_room = true;
                self.ready.push_back(link);
            }
        }
    }

    /// Sends the messages that are due, on one connection after the other.
    pub(super) fn send_due(&mut self, now: Instant, window: u64, to: &mut dyn Sender) {
        let expects_replies = self.expects_replies();
        let mut full = 0;
        while let Some(due) = self.schedule.due(now).filter(|_| self.left() > 0) {
            let Some(link) = self.ready.pop_front() else {
                break;
            };
            let Some(load) = self.links.get_mut(usize::from(link.0)) else {
                continue;
            };
            if !load.is_open {
                load.is_ready = false;
                continue;
            }
            self.ready.push_back(link);
            let first = self.statistics.sent + 1;
            let has_window = load.awaited.count() < window;
            let sent = self.writer.send(to, link, first, u64::from(has_window));
            if sent.messages == 0 {
                full += 1;
                self.lacks_room |= has_window;
                if full >= self.ready.len() {
                    break;
                }
                continue;
            }
            full = 0;
            self.schedule.advance();
            self.statistics.sent += 1;
            self.statistics.sent_bytes += sent.bytes;
            if expects_replies {
                load.awaited.add(first, 1, due);
                self.in_flight += 1;
            }
        }
        self.schedule.blocked = full > 0;
    }

    /// Whether nothing more is sent.
    pub(super) fn has_sent_all(&self, now: Instant) -> bool {
        let is_over = self.until.is_some_and(|until| until <= now);
        match self.options.model {
            LoadModel::Listen => {
                is_over
                    || self
                        .options
                        .messages
                        .is_some_and(|all| self.statistics.received >= all)
            }
            // What was due before the end is sent, however late.
            LoadModel::Open { .. } | LoadModel::SendOnly { rate: Some(_) } => {
                self.left() == 0 || self.schedule.is_over()
            }
            _ => self.left() == 0 || is_over,
        }
    }
}
