//! `/expect`: parses an expectation as a session file does, and waits for it while the prompt
//! continues.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::event::{Event, Now, Way};
use crate::http::Secrets;
use crate::output::palette::Palette;
use crate::output::redact::{hide_values, Redactor};
use crate::output::report::{explain, Excerpts};
use crate::output::transcript::Transcript;
use crate::output::verbosity::Verbosity;
use crate::session_file::{self, SourceMap, Statement};
use crate::source::conversation::{SingleExpectation, StepAction, StepSource};
use crate::source::player::{Player, PlayerOptions};
use crate::source::{Expectation, Expected};

/// The word before a timeout.
const WITHIN: &str = "within ";
/// The maximum number of expectations that wait at the same time.
const MOST: usize = 100;
/// The URL of the one connection, which is not opened again.
const NO_URL: &str = "ws://localhost";

/// The expectations that are waiting.
#[derive(Default)]
pub(super) struct Expectations {
    waiting: Vec<PendingExpectation>,
}

/// An expectation, and the variables in it whose values notes do not show.
struct PendingExpectation {
    one: SingleExpectation,
    secrets: Vec<(String, String)>,
}

impl Expectations {
    /// Begins to wait. Messages received since the last one was sent count as well.
    ///
    /// # Errors
    ///
    /// The text is not a valid expectation.
    pub(super) fn begin(
        &mut self,
        text: &str,
        transcript: &Transcript,
        now: Instant,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), String> {
        if self.waiting.len() == MOST {
            return Err(format!("{MOST} expectations are waiting already"));
        }
        let (expectation, secrets) = parse(text, lookup)?;
        let mut one = SingleExpectation::new(expectation, now);
        let earlier = transcript.iter().rev();
        let earlier: Vec<_> = earlier
            .take_while(|message| message.way == Way::In)
            .collect();
        for message in earlier.into_iter().rev() {
            one.add_earlier(message.kind, &message.bytes);
        }
        self.waiting.push(PendingExpectation { one, secrets });
        Ok(())
    }

    /// Whether any is waiting, so that complete messages are needed.
    pub(super) fn are_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Handles an event of the connection.
    pub(super) fn on_event(&mut self, now: Now, event: &Event<'_>) {
        for PendingExpectation { one, .. } in &mut self.waiting {
            one.on_event(now, event);
        }
    }

    /// When to look again.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.waiting
            .iter()
            .filter_map(|PendingExpectation { one, .. }| one.next_deadline())
            .min()
    }

    /// The expectations that are decided, as notes; an error is a mistake.
    pub(super) fn decided(&mut self, now: Instant) -> Vec<Result<String, String>> {
        let mut decided = Vec::new();
        self.waiting
            .retain_mut(|PendingExpectation { one, secrets }| match one.poll(now) {
                None => true,
                Some(Ok(after)) => {
                    let named = secrets.iter().map(|(name, value)| (&**name, &**value));
                    let redactor = Redactor::new(named);
                    let mut what = one.describe();
                    redactor.hide_in_phrase(&mut what);
                    decided.push(Ok(met(&what.to_string(), after)));
                    false
                }
                Some(Err(error)) => {
                    let report = explain(
                        &hide_values(error, secrets),
                        Verbosity::Normal,
                        Palette::plain(),
                        Secrets::Hidden,
                        Excerpts::Short,
                    );
                    decided.push(Err(report.trim_end().to_owned()));
                    false
                }
            });
        decided
    }
}

fn met(expected: &str, after: Duration) -> String {
    match after.as_millis() {
        0 => format!("as expected: {expected}"),
        time @ 1..1000 => format!("as expected: {expected}, after {time} ms"),
        time => format!(
            "as expected: {expected}, after {}.{} s",
            time / 1000,
            time % 1000 / 100
        ),
    }
}

/// Parses `PATTERN` or `within TIME PATTERN`. Returns the variables too whose values are not shown.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn parse(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<(Expectation, Vec<(String, String)>), String> {
    let timed = text.strip_prefix(WITHIN).and_then(|rest| {
        let (time, pattern) = rest.trim_start().split_once(char::is_whitespace)?;
        Some(format!("within {time}\n< {}", pattern.trim_start()))
    });
    let file = timed.unwrap_or_else(|| format!("< {text}"));
    let script = session_file::parse("/expect", &file).map_err(|error| error.cause)?;
    let is_one = matches!(
        script.lines.as_slice(),
        [.., last] if matches!(last.statement, Statement::Expect(_)) && script.expectations() == 1
    );
    if !is_one {
        return Err("one message or event can be expected".to_owned());
    }
    let options = PlayerOptions {
        sources: &Arc::new(SourceMap::new("/expect", Path::new(""), &file)),
        folder: Path::new(""),
        lookup,
        hides_values: true,
        url: Some(NO_URL),
        within: Expectation::WITHIN,
        speed: None,
        ignore: &[],
        force: false,
        confined: false,
    };
    let plain = |error: Error| match error {
        Error::SessionFile(error) => error.cause,
        other => other.to_string(),
    };
    let (_, mut player) = Player::new(script, &options).map_err(plain)?;
    let step = player.next(Instant::now()).map_err(plain)?;
    match step.map(|step| step.act) {
        Some(StepAction::Expect(expectation)) => match expectation.wanted {
            Expected::Status(_) | Expected::Header { .. } | Expected::Refused(_) => Err(
                "the opening handshake is over: use --expect-status or --expect-header, or /headers"
                    .to_owned(),
            ),
            _ => Ok((expectation, player.secret_values())),
        },
        _ => Err("one message or event can be expected".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    use crate::event::Kind;
    use crate::output::transcript::KeepLimits;

    fn wanted(text: &str) -> Result<String, String> {
        let value = |name: &str| (name == "ID").then(|| "7".to_owned());
        parse(text, &value).map(|(expectation, _)| expectation.wanted.describe().to_string())
    }

    #[test]
    fn patterns_of_session_files_are_parsed() {
        assert_eq!(wanted("hello"), Ok("\"hello\"".to_owned()));
        for text in [
            "json {\"id\":${ID}}",
            "/^a+$/i",
            "close 1000",
            "silence 2s",
            "ping",
        ] {
            assert!(wanted(text).is_ok(), "{text}");
        }
        let (within, _) = parse("within 2s json {}", &|_| None).expect("valid");
        assert_eq!(within.within, Duration::from_secs(2));
    }

    #[test]
    fn wrong_patterns_say_why() {
        for (text, why) in [
            ("json {", "invalid JSON"),
            ("/(/", "regular expression"),
            ("json {\"id\":${NO}}", "variable NO is not set"),
            ("status 101", "the opening handshake is over"),
            ("a\n< b", "one message or event"),
            ("within soon x", "unknown unit 'soon'"),
        ] {
            let error = wanted(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn values_of_the_environment_are_not_shown() {
        let transcript = Transcript::new(KeepLimits::default(), false);
        let now = Instant::now();
        let mut expectations = Expectations::default();
        let token = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
        let begun = expectations.begin("hello ${TOKEN}", &transcript, now, &token);
        assert_eq!(begun, Ok(()));
        for at in [now, now + Duration::from_secs(6)] {
            for decided in expectations.decided(at) {
                let text = decided.expect_err("nothing was received");
                assert!(
                    text.starts_with("expected \"hello ${TOKEN}\", but"),
                    "{text}"
                );
            }
        }
        assert!(!expectations.are_waiting());
    }

    #[test]
    fn messages_since_the_last_sent_one_count() {
        let mut transcript = Transcript::new(KeepLimits::default(), false);
        let mut add = |way, text: &str| {
            transcript.add(SystemTime::now(), way, Kind::Text, text.as_bytes());
        };
        add(Way::In, "old");
        add(Way::Out, "sent");
        add(Way::In, "new");
        let now = Instant::now();
        let mut expectations = Expectations::default();
        for text in ["new", "old"] {
            let begun = expectations.begin(text, &transcript, now, &|_| None);
            assert_eq!(begun, Ok(()));
        }
        let decided = expectations.decided(now);
        assert_eq!(decided, [Ok("as expected: \"new\"".to_owned())]);
        let late = expectations.decided(now + Duration::from_secs(6));
        let [Err(text)] = late.as_slice() else {
            panic!("{late:?}");
        };
        assert!(text.starts_with("expected \"old\", but"), "{text}");
        assert!(!expectations.are_waiting());
    }
}
