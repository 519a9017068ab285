//! Whether what has come is what has to come.

use std::time::{Duration, Instant};

use super::inbox::{Heard, Inbox, Stage};
use super::step::{quote, Expectation, Wanted};
use crate::conversation::matching::Difference;
use crate::http::Header;

/// What an expectation has come to.
#[derive(Debug)]
pub(super) enum Judged {
    /// It is met.
    Met,
    /// It may still be.
    Pending,
    /// It can't be any more.
    Unmet {
        /// What came of it, in words that follow "but".
        instead: String,
        difference: Difference,
    },
}

impl Judged {
    fn unmet(instead: impl Into<String>) -> Self {
        Self::Unmet {
            instead: instead.into(),
            difference: Difference::default(),
        }
    }
}

/// An expectation that is waited for.
#[derive(Debug)]
pub(super) struct Judge {
    since: Instant,
    /// Messages that came and were not it.
    passed: u64,
    /// The one of them that differed least, and how.
    nearest: Option<(String, Difference)>,
}

impl Judge {
    pub(super) fn new(since: Instant) -> Self {
        Self {
            since,
            passed: 0,
            nearest: None,
        }
    }

    /// When time decides; `None` where it doesn't.
    pub(super) fn due(&self, expectation: &Expectation) -> Option<Instant> {
        let time = match expectation.wanted {
            Wanted::Silence(time) => time,
            _ => expectation.within,
        };
        self.since.checked_add(time)
    }

    /// Looks at what has come.
    pub(super) fn judge(
        &mut self,
        expectation: &Expectation,
        inbox: &mut Inbox,
        now: Instant,
    ) -> Judged {
        match &expectation.wanted {
            Wanted::Status(_) | Wanted::Header { .. } | Wanted::Refused(_) => {
                handshake(&expectation.wanted, inbox)
            }
            Wanted::Silence(time) => self.silence(*time, inbox, now),
            wanted => {
                while let Some((_, heard)) = inbox.take() {
                    match compare(wanted, &heard) {
                        Compared::Equal => {
                            if let Heard::Message(kind, bytes) = heard {
                                inbox.matched = Some((kind, bytes));
                            }
                            return Judged::Met;
                        }
                        Compared::Aside => {}
                        Compared::Different(difference) if expectation.strict => {
                            let instead = format!("{} came instead", heard.describe());
                            return Judged::Unmet {
                                instead,
                                difference,
                            };
                        }
                        Compared::Different(difference) => self.pass(&heard, difference),
                    }
                }
                self.nothing_more(expectation, inbox, now)
            }
        }
    }

    /// Passes over a message, and remembers it if none was nearer.
    fn pass(&mut self, heard: &Heard, difference: Difference) {
        self.passed += 1;
        let nearest = self.nearest.as_ref().map(|(_, nearest)| nearest.0.len());
        if nearest.is_none_or(|nearest| difference.0.len() <= nearest) {
            self.nearest = Some((heard.describe(), difference));
        }
    }

    /// All that has come has been looked at.
    fn nothing_more(&mut self, expectation: &Expectation, inbox: &Inbox, now: Instant) -> Judged {
        if let (Wanted::Close { code, reason }, Stage::Closed(closure)) =
            (&expectation.wanted, &inbox.stage)
        {
            let fits = code.is_none_or(|code| code == closure.code())
                && reason
                    .as_ref()
                    .is_none_or(|reason| reason == closure.reason());
            if fits {
                return Judged::Met;
            }
        }
        if let Some(how) = inbox.how_it_ended() {
            return self.unmet(how);
        }
        if self.due(expectation).is_none_or(|due| now < due) {
            return Judged::Pending;
        }
        let time = seconds(expectation.within);
        let instead = match (&expectation.wanted, self.passed) {
            (Wanted::Close { .. }, _) => format!("it was still open after {time}"),
            (Wanted::Message(_), 0) => format!("no message came within {time}"),
            (_, 0) => format!("none came within {time}"),
            (_, 1) => format!("the one message that came within {time} was not it"),
            (_, passed) => format!("none of the {passed} messages that came within {time} was it"),
        };
        self.unmet(instead)
    }

    /// An expectation that is in vain, with what came nearest to it.
    fn unmet(&mut self, instead: String) -> Judged {
        match self.nearest.take() {
            Some((nearest, difference)) if !difference.0.is_empty() => Judged::Unmet {
                instead: if self.passed == 1 {
                    instead
                } else {
                    format!("{instead}; nearest was {nearest}")
                },
                difference,
            },
            _ => Judged::unmet(instead),
        }
    }

    fn silence(&self, time: Duration, inbox: &mut Inbox, now: Instant) -> Judged {
        let end = self.since.checked_add(time);
        let over = |at: Instant| end.is_some_and(|end| at >= end);
        // What came before it was time to be silent does not count, and what came after is for
        // whoever waits next.
        while inbox.next_at().is_some_and(|at| !over(at)) {
            match inbox.take() {
                Some((at, heard @ Heard::Message(..))) if at > self.since => {
                    let after = seconds(at.duration_since(self.since));
                    return Judged::unmet(format!("{} came after {after}", heard.describe()));
                }
                _ => {}
            }
        }
        match inbox.how_it_ended() {
            _ if over(now) => Judged::Met,
            Some(how) => Judged::unmet(how),
            None => Judged::Pending,
        }
    }
}

/// How something that came relates to what is wanted.
enum Compared {
    Equal,
    Different(Difference),
    /// It is of a kind that is not looked at.
    Aside,
}

fn compare(wanted: &Wanted, heard: &Heard) -> Compared {
    let control = |wanted: &Option<Vec<u8>>, payload: &[u8]| match wanted {
        Some(wanted) if wanted != payload => Compared::Different(Difference(vec![
            format!("- {}", quote(wanted)),
            format!("+ {}", quote(payload)),
        ])),
        _ => Compared::Equal,
    };
    match (wanted, heard) {
        (Wanted::Message(pattern), Heard::Message(kind, bytes)) => {
            match pattern.compare(*kind, bytes) {
                Ok(()) => Compared::Equal,
                Err(difference) => Compared::Different(difference),
            }
        }
        (Wanted::Ping(wanted), Heard::Ping(payload))
        | (Wanted::Pong(wanted), Heard::Pong(payload)) => control(wanted, payload),
        (_, Heard::Message(..)) => Compared::Different(Difference::default()),
        // A keepalive of the server's is no message.
        _ => Compared::Aside,
    }
}

/// What the answer to the upgrade decides.
fn handshake(wanted: &Wanted, inbox: &Inbox) -> Judged {
    const ACCEPTED: &str = "the server accepted the upgrade with 101";
    // One that was refused otherwise than it should be never comes here.
    let refused = matches!(inbox.stage, Stage::Refused);
    match wanted {
        Wanted::Header { name, value } => {
            let values: Vec<_> = inbox.answer.headers.get_all(name).collect();
            if values.contains(&value.as_bytes()) {
                return Judged::Met;
            }
            Judged::unmet(match values.first() {
                None => "the answer has none of that name".to_owned(),
                Some(first) if Header::new(name, *first).is_secret() => {
                    "it has another value (not shown: it may be a credential)".to_owned()
                }
                Some(first) => format!("it is {}", quote(first)),
            })
        }
        Wanted::Status(101) => Judged::Met,
        _ if refused => Judged::Met,
        _ => Judged::unmet(ACCEPTED),
    }
}

/// A time for people.
pub(super) fn seconds(time: Duration) -> String {
    match time.as_millis() {
        0 => "less than 1 ms".to_owned(),
        _ => format!("{} s", (time.as_secs_f64() * 1000.0).round() / 1000.0),
    }
}
