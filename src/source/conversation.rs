//! A conversation: what is sent and what has to come, in the order it is written. The command
//! line's `-d`, `--expect…` and `--close` are one, a session file is another; then, with `-i`,
//! another source goes on.
//!
//! Everything that comes is kept until an expectation has looked at it, so nothing is missed that
//! comes before its turn: an expectation takes the first thing that fits and passes over what came
//! before it.

mod inbox;
mod judge;
mod step;

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::Instant;

pub use self::step::{Act, Expectation, Plot, Step, Wanted};

use self::inbox::{Inbox, Stage};
use self::judge::{Judge, Judged};
use self::step::quote;
use super::floor::Floor;
use super::pace::Pace;
use super::reader::Reader;
use super::{Refused, Sender, Source, Took, Unsent};
use crate::conversation::matching::{self, describe, Found};
use crate::error::{Error, Refusal, Unmet};
use crate::event::{Event, Kind, Link, Piece};
use crate::protocol::Closure;

/// How many messages a report of a failed expectation shows.
const RECENT: usize = 5;

/// The steps of a conversation, and who goes on after them.
pub struct Conversation {
    plot: Box<dyn Plot>,
    then: Option<Box<dyn Source>>,
    /// The step in front, and since when.
    front: Option<Front>,
    links: Vec<Wire>,
    /// Since when all connections are open.
    opened: Option<Instant>,
    /// The last messages, as a report shows them.
    recent: VecDeque<String>,
}

/// One connection.
struct Wire {
    floor: Floor,
    inbox: Inbox,
    /// It ended as it had to.
    wanted: bool,
}

/// The step in front.
struct Front {
    step: Step,
    since: Instant,
    judge: Judge,
    /// It has begun to be sent, as fragments.
    inside: bool,
}

/// How far the conversation has come.
enum Progress {
    /// All steps are taken.
    Done,
    /// The step in front waits.
    Waits(Took),
    /// The step in front sends, and nothing can be sent now.
    Mute,
    /// It has failed.
    Failed(Error),
}

impl Conversation {
    /// Takes the steps of `plot` in order, on as many connections, and lets `then` go on.
    #[must_use]
    pub fn new(plot: Box<dyn Plot>, links: u16, then: Option<Box<dyn Source>>, pace: Pace) -> Self {
        let wire = |number| Wire {
            floor: Floor::of(Link(number), pace),
            inbox: Inbox::default(),
            wanted: false,
        };
        Self {
            plot,
            then,
            front: None,
            links: (0..links).map(wire).collect(),
            opened: None,
            recent: VecDeque::new(),
        }
    }

    fn wire(&mut self, link: Link) -> Option<&mut Wire> {
        self.links.get_mut(usize::from(link.0))
    }

    /// Whether something that comes now may be asked for.
    fn expects(&self) -> bool {
        let now = |front: &Front| matches!(front.step.act, Act::Expect(_));
        self.front.as_ref().is_some_and(now) || self.plot.expects()
    }

    /// Whether every connection has been open: only then the first step is taken.
    fn is_open(&mut self) -> bool {
        let opening = |wire: &Wire| matches!(wire.inbox.stage, Stage::Opening);
        if self.opened.is_none() && !self.links.iter().any(opening) {
            self.opened = Some(Instant::now());
        }
        self.opened.is_some()
    }

    /// Whether every connection has ended.
    fn is_over(&self) -> bool {
        let over = |wire: &Wire| matches!(wire.inbox.stage, Stage::Closed(_) | Stage::Refused);
        self.links.iter().all(over)
    }

    /// Takes steps as far as they go; those that send only if there is somebody `to` send to.
    fn advance(&mut self, ready: bool, mut to: Option<&mut dyn Sender>) -> Progress {
        let mut ready = ready;
        loop {
            let Some(front) = &mut self.front else {
                match self.plot.next() {
                    Err(error) => return Progress::Failed(error),
                    Ok(None) => return Progress::Done,
                    Ok(Some(step)) => self.front = Some(Front::new(step)),
                }
                continue;
            };
            let progress = match &front.step.act {
                Act::Expect(_) => self.look(),
                Act::Pause(_) | Act::Until(_) => self.pause(),
                Act::Capture { .. } => self.capture(),
                Act::Send(..) | Act::Stream(..) | Act::Ping(_) | Act::Pong(_) | Act::Close(_) => {
                    match &mut to {
                        Some(to) => self.speak(&mut ready, *to),
                        None => Err(Progress::Mute),
                    }
                }
            };
            match progress {
                Ok(()) => self.front = None,
                Err(progress) => return progress,
            }
        }
    }

    /// Looks whether what has to come has come.
    fn look(&mut self) -> Result<(), Progress> {
        let Some(front) = &mut self.front else {
            return Ok(());
        };
        let Act::Expect(expectation) = &front.step.act else {
            return Ok(());
        };
        let Some(wire) = self.links.get_mut(usize::from(front.step.link.0)) else {
            return Ok(());
        };
        match front
            .judge
            .judge(expectation, &mut wire.inbox, Instant::now())
        {
            Judged::Met => {
                wire.wanted |= matches!(expectation.wanted, Wanted::Close { .. });
                Ok(())
            }
            Judged::Pending => Err(Progress::Waits(Took::Later)),
            Judged::Unmet {
                mut instead,
                difference,
            } => {
                if let Some(dropped) = wire.inbox.describe_dropped() {
                    instead = format!("{instead}; {dropped}");
                }
                let expected = expectation.wanted.describe();
                let mut unmet = self.unmet(expected, instead);
                unmet.difference = difference.0;
                Err(Progress::Failed(Error::Unmet(Box::new(unmet))))
            }
        }
    }

    /// A report of the step in front.
    fn unmet(&self, expected: String, instead: String) -> Unmet {
        let place = self
            .front
            .as_ref()
            .and_then(|front| front.step.place.clone());
        Unmet {
            place,
            expected,
            instead,
            recent: self.recent.iter().cloned().collect(),
            ..Unmet::default()
        }
    }

    fn fail(&self, expected: impl Into<String>, instead: impl Into<String>) -> Progress {
        let unmet = self.unmet(expected.into(), instead.into());
        Progress::Failed(Error::Unmet(Box::new(unmet)))
    }

    /// Lets time pass. Where all has ended it brings nothing more.
    fn pause(&mut self) -> Result<(), Progress> {
        let due = self.pause_end();
        if self.is_over() || due.is_none_or(|due| due <= Instant::now()) {
            return Ok(());
        }
        Err(Progress::Waits(Took::Later))
    }

    fn pause_end(&self) -> Option<Instant> {
        let front = self.front.as_ref()?;
        match front.step.act {
            Act::Pause(time) => front.since.checked_add(time),
            Act::Until(time) => self.opened?.checked_add(time),
            _ => None,
        }
    }

    /// Keeps a value of the message that was matched last.
    fn capture(&mut self) -> Result<(), Progress> {
        let Some(Front { step, .. }) = &self.front else {
            return Ok(());
        };
        let Act::Capture { name, pointer } = &step.act else {
            return Ok(());
        };
        let (name, pointer) = (name.clone(), pointer.clone());
        let link = step.link;
        let expected = match pointer.as_str() {
            "" => "a message to capture".to_owned(),
            pointer => format!("a message with a value at {pointer} to capture"),
        };
        let matched = self.wire(link).and_then(|wire| wire.inbox.matched.as_ref());
        let Some((kind, bytes)) = matched else {
            return Err(self.fail(expected, "none was matched before"));
        };
        let words = describe(*kind, bytes);
        let value = match matching::find(bytes, &pointer) {
            Found::Value(value) => value,
            Found::NotJson if pointer.is_empty() && *kind == Kind::Text => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            Found::NotJson => return Err(self.fail(expected, format!("{words} is no JSON"))),
            Found::Nothing => return Err(self.fail(expected, format!("{words} has none there"))),
        };
        self.plot.keep(&name, value);
        Ok(())
    }

    /// Takes a step that sends, as far as it goes.
    fn speak(&mut self, ready: &mut bool, to: &mut dyn Sender) -> Result<(), Progress> {
        let Some(front) = &mut self.front else {
            return Ok(());
        };
        let link = front.step.link;
        let Some(wire) = self.links.get_mut(usize::from(link.0)) else {
            return Ok(());
        };
        if let Some(how) = wire.inbox.how_it_ended() {
            return Err(self.unsendable(&how));
        }
        wire.floor.ask(to).map_err(Progress::Waits)?;
        // Only a report needs it in words.
        let reports = self.plot.expects();
        let words = match &mut front.step.act {
            Act::Send(kind, payload) => {
                to.data(link, Piece::whole(*kind, payload));
                reports.then(|| describe(*kind, payload))
            }
            Act::Stream(kind, reader) => {
                let went = stream(*kind, reader, &mut front.inside, link, ready, to);
                if !went.map_err(Progress::Failed)? {
                    return Err(Progress::Waits(Took::Later));
                }
                None
            }
            Act::Ping(payload) => {
                to.ping(link, payload);
                None
            }
            Act::Pong(payload) => {
                to.pong(link, payload);
                None
            }
            Act::Close(reason) => {
                to.close(link, reason.take());
                return Ok(());
            }
            _ => return Ok(()),
        };
        wire.floor.spoke();
        if let Some(words) = words {
            self.remember('>', link, &words);
        }
        Ok(())
    }

    /// The step in front can't be sent any more.
    fn unsendable(&self, how: &str) -> Progress {
        let act = self.front.as_ref().map(|front| &front.step.act);
        let what = match act {
            Some(Act::Send(kind, payload)) => describe(*kind, payload),
            Some(Act::Stream(..)) => "a file".to_owned(),
            Some(Act::Ping(payload)) => format!("a Ping with {}", quote(payload)),
            Some(Act::Pong(payload)) => format!("a Pong with {}", quote(payload)),
            _ => "a Close".to_owned(),
        };
        self.fail(format!("to send {what}"), how)
    }

    /// Remembers a message for a report.
    fn remember(&mut self, mark: char, link: Link, words: &str) {
        let name = self.plot.name(link).map(|name| format!("@{name} "));
        let name = name.unwrap_or_default();
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(format!("{name}{mark} {words}"));
    }
}

impl Front {
    fn new(step: Step) -> Self {
        let since = Instant::now();
        Self {
            step,
            since,
            judge: Judge::new(since),
            inside: false,
        }
    }
}

/// Sends what a reader has, as one message; whether it has gone whole.
fn stream(
    kind: Kind,
    reader: &mut Reader,
    inside: &mut bool,
    link: Link,
    ready: &mut bool,
    to: &mut dyn Sender,
) -> Result<bool, Error> {
    if !reader.has_ended() && !reader.is_full() {
        if !std::mem::take(ready) {
            return Ok(false);
        }
        reader.read()?;
        if !reader.has_ended() && !reader.is_full() {
            return Ok(false);
        }
    }
    let last = reader.has_ended();
    let held = reader.held();
    let length = match kind {
        Kind::Text => text_length(held, last).map_err(|cause| reader.fault(None, cause))?,
        Kind::Binary => held.len(),
    };
    to.data(
        link,
        Piece {
            kind,
            first: !*inside,
            last,
            bytes: &held[..length],
        },
    );
    let used = if last { held.len() } else { length };
    reader.used(used);
    *inside = !last;
    Ok(last)
}

/// How much of `held` can be sent as text now: whole characters; not yet a line feed that may be
/// the last byte, and never that of the end.
fn text_length(held: &[u8], last: bool) -> Result<usize, String> {
    let text = match std::str::from_utf8(held) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && !last => {
            std::str::from_utf8(&held[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => {
            let byte = held[error.valid_up_to()];
            return Err(format!(
                "not UTF-8 (the byte {byte:#04x}); --data-binary sends bytes as they are"
            ));
        }
    };
    Ok(text.strip_suffix('\n').unwrap_or(text).len())
}

impl Source for Conversation {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.front {
            Some(front) => match &front.step.act {
                Act::Stream(_, reader) => {
                    let wire = self.links.get(usize::from(front.step.link.0))?;
                    wire.floor.wants_input().then(|| reader.fd())
                }
                _ => None,
            },
            None if self.due().is_some() => None,
            None => self.then.as_ref()?.fd(),
        }
    }

    fn due(&self) -> Option<Instant> {
        let Some(front) = &self.front else {
            let floor = self.links.first().and_then(|wire| wire.floor.due());
            return floor.or_else(|| self.then.as_ref()?.due());
        };
        match &front.step.act {
            Act::Expect(expectation) => front.judge.due(expectation),
            Act::Pause(_) | Act::Until(_) => self.pause_end(),
            _ => self.links.get(usize::from(front.step.link.0))?.floor.due(),
        }
    }

    fn hear(&mut self, at: Instant, link: Link, event: &Event<'_>) {
        let expects = self.expects();
        let Some(wire) = self.wire(link) else { return };
        wire.floor.hear(link, event);
        match event {
            Event::Open(upgrade) => wire.inbox.open(upgrade),
            Event::Closed(closure) => wire.inbox.stage = Stage::Closed((*closure).clone()),
            event if expects => {
                if let Some(words) = wire.inbox.hear(at, event) {
                    self.remember('<', link, &words);
                }
            }
            _ => {}
        }
        if let Some(then) = &mut self.then {
            then.hear(at, link, event);
        }
    }

    fn take(&mut self, ready: bool, to: &mut dyn Sender) -> Took {
        if !self.is_open() {
            return Took::Later;
        }
        match self.advance(ready, Some(to)) {
            Progress::Failed(error) => return Took::Ended(Some(error)),
            Progress::Waits(took) => return took,
            Progress::Mute => return Took::Later,
            Progress::Done => {}
        }
        let pauses = |wire: &mut Wire| wire.floor.pauses();
        match &mut self.then {
            // The pause after the last message holds for whoever goes on, too.
            Some(_) if self.links.iter_mut().any(pauses) => Took::Later,
            Some(then) => then.take(ready, to),
            None => Took::Ended(None),
        }
    }

    fn unsent(&mut self, link: Link) -> Unsent {
        let after = self
            .then
            .as_mut()
            .map(|then| then.unsent(link))
            .unwrap_or_default();
        let sends = |front: &Front| {
            front.step.link == link && matches!(front.step.act, Act::Send(..) | Act::Stream(..))
        };
        let front = self.front.as_ref().is_some_and(sends);
        Unsent {
            messages: after.messages + self.plot.unsent(link) + u64::from(front),
            more: after.more,
        }
    }

    fn refused(&mut self, link: Link, error: &Error) -> Refused {
        let Error::Refused(refusal) = error else {
            return Refused::Badly;
        };
        let Some((place, wanted)) = self.plot.handshake(link) else {
            return Refused::Badly;
        };
        if wanted.allows_refusal(refusal.head.status) == Some(true) {
            if let Some(wire) = self.wire(link) {
                wire.inbox.stage = Stage::Refused;
                wire.inbox.answer = refusal.head.clone();
            }
            return Refused::AsWanted;
        }
        let unmet = Unmet {
            place,
            expected: wanted.describe(),
            instead: refused_with(refusal),
            ..Unmet::default()
        };
        Refused::Unmet(Error::Unmet(Box::new(unmet)))
    }

    fn ended(&mut self, _link: Link, _closure: &Closure) -> Option<Error> {
        if !self.is_open() {
            return None;
        }
        match self.advance(false, None) {
            Progress::Failed(error) => Some(error),
            // What the command line could not send is counted, as that of stdin is.
            Progress::Mute if self.is_over() => {
                let front = self.front.as_ref()?;
                front.step.place.as_ref()?;
                let how = self.links.get(usize::from(front.step.link.0))?;
                match self.unsendable(&how.inbox.how_it_ended()?) {
                    Progress::Failed(error) => Some(error),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn wanted(&self, link: Link) -> bool {
        self.links
            .get(usize::from(link.0))
            .is_some_and(|wire| wire.wanted)
    }
}

fn refused_with(refusal: &Refusal) -> String {
    format!("the server refused it: {}", refusal.head.status_line)
}
