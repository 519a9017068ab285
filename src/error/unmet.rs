//! Expectations that are not met.

mod detail;
mod goal;
mod instead;
mod recent;

use std::fmt;

pub use self::detail::UnmetDetail;
pub use self::goal::Goal;
pub use self::instead::{Instead, Partial};
pub use self::recent::RecentMessage;

use super::Refusal;
use crate::conversation::matching::Difference;

/// An expectation that was not met, or a step that failed, with everything that a report of it needs.
/// Nothing is escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The file and line of the expectation, for example `talk.ws:12`; `None` on the command line.
    pub place: Option<String>,
    /// The name of the connection, if the session file has several.
    pub connection: Option<String>,
    /// What was expected, or could not be sent.
    pub goal: Goal,
    /// What happened instead.
    pub instead: Instead,
    /// What else is known about it.
    pub details: Vec<UnmetDetail>,
    /// How the received message differs.
    pub difference: Difference,
    /// The last messages before it, in both directions, oldest first.
    pub recent: Vec<RecentMessage>,
    /// The response with another status than the expected one.
    pub refusal: Option<Box<Refusal>>,
}

impl Unmet {
    /// An expectation of the command line, without details.
    #[must_use]
    pub fn new(goal: Goal, instead: Instead) -> Self {
        Self {
            place: None,
            connection: None,
            goal,
            instead,
            details: Vec::new(),
            difference: Difference::default(),
            recent: Vec::new(),
            refusal: None,
        }
    }

    /// What happened instead, with the details, as a clause to follow "but".
    #[must_use]
    pub fn explanation(&self) -> String {
        let mut clause = self.instead.to_string();
        for detail in &self.details {
            detail.append_to(&mut clause);
        }
        clause
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if let Some(connection) = &self.connection {
            write!(f, "@{connection}: ")?;
        }
        let explanation = self.explanation();
        match &self.goal {
            Goal::Send(what) => write!(f, "could not send {what}: {explanation}"),
            goal => write!(f, "expected {goal}, but {explanation}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::phrase::Phrase;

    #[test]
    fn sentence_has_the_place_the_goal_and_what_happened() {
        let hello = || Phrase::words("\"").and_value("hello").and("\"");
        let mut unmet = Unmet::new(
            Goal::Receive(hello()),
            Instead::StillOpen(std::time::Duration::from_secs(2)),
        );
        assert_eq!(
            unmet.to_string(),
            "expected \"hello\", but it was still open after 2 s"
        );
        unmet.place = Some("talk.ws:12".to_owned());
        unmet.connection = Some("bob".to_owned());
        unmet.goal = Goal::Send(hello());
        unmet.instead = Instead::NotOpen;
        unmet.details = vec![
            UnmetDetail::Nearest(hello()),
            UnmetDetail::Dropped {
                count: 2,
                limit: 64,
            },
            UnmetDetail::Context("in turn 2 of 3 of line 4".to_owned()),
        ];
        assert_eq!(
            unmet.to_string(),
            "talk.ws:12: @bob: could not send \"hello\": the connection is not open yet; nearest: \
             \"hello\"; 2 older messages and control frames were dropped (at most 64 MiB are kept), \
             in turn 2 of 3 of line 4"
        );
    }
}
