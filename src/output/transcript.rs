//! The messages at a prompt: numbered, kept up to a limit, filtered and held back.
//!
//! Received messages are numbered from 1. The last ones are kept, so that they can be shown again,
//! saved and searched. Sent messages are kept without a number. While messages are held back, only
//! the limit of bytes applies, because none of them has been shown.

mod numbers;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::SystemTime;

use regex::Regex;

pub use self::numbers::KeptNumbers;
use crate::event::{Kind, Way};

/// The memory of a kept message in addition to its bytes, so that many small ones are limited as
/// well.
const OVERHEAD: usize = size_of::<KeptMessage>() + 2 * size_of::<usize>();

/// The limits of what is kept, whichever is reached first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepLimits {
    /// Messages.
    pub messages: usize,
    /// Bytes of all messages.
    pub bytes: usize,
}

impl Default for KeepLimits {
    fn default() -> Self {
        Self {
            messages: 1000,
            bytes: 64 << 20,
        }
    }
}

/// A kept message.
#[derive(Clone, Debug)]
pub struct KeptMessage {
    /// The number of a received message; 0 for a sent one.
    pub number: u64,
    /// Which way it went.
    pub way: Way,
    /// Whether it is text or binary.
    pub kind: Kind,
    /// Its payload.
    pub bytes: Rc<[u8]>,
    /// When it was received or sent.
    pub time: SystemTime,
}

/// Whether a message is shown when it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// It is shown.
    Shown,
    /// It is hidden by a filter.
    Hidden,
    /// It is held back until messages are released.
    Held,
}

/// A message to be shown again.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The message.
    pub message: KeptMessage,
    /// The complete text, escaped; `None` to show it as when it arrived.
    pub text: Option<String>,
}

/// How many messages are held back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldMessages {
    /// Their number.
    pub count: u64,
    /// The bytes of all of them.
    pub bytes: u64,
}

/// Filters for messages.
#[derive(Debug, Default)]
struct Filters {
    /// Only messages that match are shown.
    only: Option<Regex>,
    /// Messages that match one of these are hidden.
    mute: Vec<Regex>,
    /// The number of messages shown and hidden since the filters were last changed.
    shown: u64,
    hidden: u64,
}

/// The messages at a prompt.
#[derive(Debug)]
pub struct Transcript {
    limits: KeepLimits,
    kept: VecDeque<KeptMessage>,
    kept_bytes: usize,
    /// The number of received messages that are kept.
    kept_received: u64,
    numbers: KeptNumbers,
    received: u64,
    filters: Filters,
    /// The messages held back; `None` if messages are not held.
    held: Option<HeldMessages>,
    replays: VecDeque<Replay>,
    copied: Option<Vec<u8>>,
    times: bool,
    /// The number and the bytes of messages that were sent automatically on this connection.
    automatic: (u64, u64),
}

/// A transcript shared by the prompt and the output.
pub type SharedTranscript = Rc<RefCell<Transcript>>;

impl Transcript {
    /// An empty transcript; `times` says whether times are shown.
    #[must_use]
    pub fn new(limits: KeepLimits, times: bool) -> Self {
        Self {
            limits,
            kept: VecDeque::new(),
            kept_bytes: 0,
            kept_received: 0,
            numbers: KeptNumbers::default(),
            received: 0,
            filters: Filters::default(),
            held: None,
            replays: VecDeque::new(),
            copied: None,
            times,
            automatic: (0, 0),
        }
    }

    /// Counts a sent message that nobody has typed: of a rule, `--every` or `--on-connect`.
    pub fn count_automatic(&mut self, size: usize) {
        let (messages, bytes) = self.automatic;
        self.automatic = (messages + 1, bytes + size as u64);
    }

    /// The number and the bytes of such messages on this connection.
    #[must_use]
    pub fn automatic(&self) -> (u64, u64) {
        self.automatic
    }

    /// Begins to count again, on another connection.
    pub fn begin_connection(&mut self) {
        self.automatic = (0, 0);
    }

    /// Adds a message. Returns its number and whether it is shown now.
    pub fn add(
        &mut self,
        time: SystemTime,
        way: Way,
        kind: Kind,
        bytes: &[u8],
    ) -> (u64, Visibility) {
        let number = match way {
            Way::In => {
                self.received += 1;
                self.received
            }
            Way::Out => 0,
        };
        let reception = match way {
            Way::In => self.receive(bytes),
            Way::Out => Visibility::Shown,
        };
        self.keep(KeptMessage {
            number,
            way,
            kind,
            bytes: bytes.into(),
            time,
        });
        (number, reception)
    }

    fn receive(&mut self, bytes: &[u8]) -> Visibility {
        if !self.filters.admits(bytes) {
            self.filters.hidden += 1;
            return Visibility::Hidden;
        }
        self.filters.shown += 1;
        match &mut self.held {
            Some(held) => {
                held.count += 1;
                held.bytes += bytes.len() as u64;
                Visibility::Held
            }
            None => Visibility::Shown,
        }
    }

    fn keep(&mut self, message: KeptMessage) {
        self.kept_bytes += message.bytes.len();
        self.kept_received += u64::from(message.way == Way::In);
        self.kept.push_back(message);
        self.trim();
    }

    fn trim(&mut self) {
        while self.is_over_limits() {
            let Some(oldest) = self.kept.pop_front() else {
                break;
            };
            self.kept_bytes -= oldest.bytes.len();
            self.kept_received -= u64::from(oldest.way == Way::In);
        }
        self.numbers.set(self.received, self.kept_received);
    }

    fn is_over_limits(&self) -> bool {
        let KeepLimits { messages, bytes } = self.limits;
        if self.held.is_some() {
            return self.kept_bytes + self.kept.len() * OVERHEAD > bytes;
        }
        self.kept.len() > messages || self.kept_bytes > bytes
    }

    /// The number of received messages.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The numbers of the received messages that are kept, for another thread.
    #[must_use]
    pub fn numbers(&self) -> KeptNumbers {
        self.numbers.clone()
    }

    /// The kept messages, oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &KeptMessage> {
        self.kept.iter()
    }

    /// The kept messages that were received, latest first.
    pub fn latest(&self) -> impl Iterator<Item = &KeptMessage> {
        self.kept
            .iter()
            .rev()
            .filter(|message| message.way == Way::In)
    }

    /// Finds the received message with this number. A negative number counts from the end; `None`
    /// means the last.
    ///
    /// # Errors
    ///
    /// Why there is no such message.
    pub fn find(&self, number: Option<i64>) -> Result<KeptMessage, String> {
        if self.received == 0 {
            return Err("no message has been received yet".to_owned());
        }
        let last = i64::try_from(self.received).unwrap_or(i64::MAX);
        let wanted = match number {
            None => last,
            Some(number) if number < 0 => last + 1 + number,
            Some(number) => number,
        };
        let is_wanted = |message: &&KeptMessage| i64::try_from(message.number) == Ok(wanted);
        if let Some(message) = self.latest().find(is_wanted) {
            return Ok(message.clone());
        }
        if wanted < 1 || wanted > last {
            return Err(format!("no message {wanted}: the last is {last}"));
        }
        Err(match self.latest().last() {
            Some(oldest) => format!(
                "message {wanted} is no longer kept: the oldest is {}",
                oldest.number
            ),
            None => format!("message {wanted} is not kept"),
        })
    }

    /// Shows a kept message again with the next event.
    pub fn replay(&mut self, message: KeptMessage, text: Option<String>) {
        self.replays.push_back(Replay { message, text });
    }

    /// Copies bytes to the terminal's clipboard with the next note.
    pub fn copy(&mut self, bytes: Vec<u8>) {
        self.copied = Some(bytes);
    }

    /// Takes the bytes for the clipboard.
    pub fn take_copied(&mut self) -> Option<Vec<u8>> {
        self.copied.take()
    }

    /// Takes the next message to show again.
    pub fn next_replay(&mut self) -> Option<Replay> {
        self.replays.pop_front()
    }

    /// The messages held back; `None` if messages are not held.
    #[must_use]
    pub fn held(&self) -> Option<HeldMessages> {
        self.held
    }

    /// Starts to hold messages back.
    pub fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Releases held messages, which are then shown. Returns how many were held, and how many of
    /// them are no longer kept.
    pub fn release(&mut self) -> (u64, u64) {
        let waited = self.held.take().unwrap_or_default().count;
        let admitted = self
            .kept
            .iter()
            .rev()
            .filter(|message| message.way == Way::In && self.filters.admits(&message.bytes));
        let mut waiting: Vec<_> = admitted
            .take(usize::try_from(waited).unwrap_or(usize::MAX))
            .cloned()
            .collect();
        let lost = waited - waiting.len() as u64;
        while let Some(message) = waiting.pop() {
            self.replay(message, None);
        }
        self.trim();
        (waited, lost)
    }

    /// Shows only messages that match `pattern`.
    pub fn show_only(&mut self, pattern: Regex) {
        self.filters.only = Some(pattern);
        self.restart_counts();
    }

    /// Hides messages that match `pattern`.
    pub fn mute(&mut self, pattern: Regex) {
        self.filters.mute.push(pattern);
        self.restart_counts();
    }

    /// Shows all messages. Returns how many were shown and hidden; `None` if there was no filter.
    pub fn unfilter(&mut self) -> Option<(u64, u64)> {
        let counts = self.filter_counts();
        self.filters = Filters::default();
        counts
    }

    /// The number of messages shown and hidden since the filters were last changed; `None` without
    /// a filter.
    #[must_use]
    pub fn filter_counts(&self) -> Option<(u64, u64)> {
        let filters = &self.filters;
        (filters.only.is_some() || !filters.mute.is_empty())
            .then_some((filters.shown, filters.hidden))
    }

    fn restart_counts(&mut self) {
        (self.filters.shown, self.filters.hidden) = (0, 0);
    }

    /// Whether times are shown.
    #[must_use]
    pub fn shows_times(&self) -> bool {
        self.times
    }

    /// Turns times on or off. Returns whether they are shown.
    pub fn toggle_times(&mut self) -> bool {
        self.times = !self.times;
        self.times
    }
}

impl Filters {
    fn admits(&self, bytes: &[u8]) -> bool {
        if self.only.is_none() && self.mute.is_empty() {
            return true;
        }
        let text = String::from_utf8_lossy(bytes);
        let is_in = |pattern: &Regex| pattern.is_match(&text);
        self.only.as_ref().is_none_or(is_in) && !self.mute.iter().any(is_in)
    }
}

#[cfg(test)]
mod tests;
