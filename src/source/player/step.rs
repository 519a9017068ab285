//! The steps of a statement.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::deferred::speaks;
use super::Player;
use crate::error::Error;
use crate::event::Link;
use crate::session_file::{self, Expression, Line, Statement};
use crate::source::conversation::{
    Alternative, Check, Effect, Expectation, Expected, Interval, Rule, Step, StepAction,
};

impl Player {
    /// Converts a statement to steps, one for each of its connections.
    pub(super) fn take(&mut self, now: Instant, line: &Line) -> Result<(), Error> {
        let place = Some(self.source.place(line.number));
        let is_one = line.link.as_deref() != Some("*");
        let links = match &line.statement {
            statement if speaks(statement) => self.links(line)?,
            Statement::Http(_) => vec![self.response_link()],
            _ => vec![Link::default()],
        };
        for link in links {
            let act = match &line.statement {
                Statement::Open(url) => Some(self.opening(line, link, url.as_ref())?),
                _ => self.step(now, line)?,
            };
            if let Some(act) = act {
                let place = place.clone();
                self.pending.push_back(Step { link, place, act });
            }
            if is_one {
                break;
            }
        }
        if let Statement::Never(_, Some(limit)) = &line.statement {
            self.pending.push_back(Step {
                link: Link::default(),
                place,
                act: StepAction::Pause(*limit),
            });
        }
        Ok(())
    }

    /// The action of a statement; `None` if it only changes a setting.
    pub(super) fn step(&mut self, now: Instant, line: &Line) -> Result<Option<StepAction>, Error> {
        Ok(Some(match &line.statement {
            Statement::Url(_)
            | Statement::Header(_)
            | Statement::Subprotocol(_)
            | Statement::Secret(_)
            | Statement::Title(_)
            | Statement::Tags(_)
            | Statement::Default { .. }
            // It depends on the connection.
            | Statement::Open(_)
            // Its lines have been read in its place.
            | Statement::Include(_)
            | Statement::Options(_) => return Ok(None),
            Statement::Repeat { .. } | Statement::Retry { .. } => {
                self.enter(now, line)?;
                return Ok(None);
            }
            Statement::On(session_file::Trigger::Open, body) => {
                self.reply_where_open(line, body)?;
                return self.rule(line);
            }
            Statement::On(..)
            | Statement::Every(..)
            | Statement::Ignore(_)
            | Statement::Never(..) => return self.rule(line),
            Statement::AnyOrder(body) => self.any_order(body)?,
            Statement::Let { .. } | Statement::Within(_) | Statement::Strict(_) => {
                self.set(line)?;
                return Ok(None);
            }
            Statement::At(time) => match self.speed {
                None => return Ok(None),
                // A time that `Instant` can't represent is never reached.
                Some(speed) => StepAction::Until(
                    Duration::try_from_secs_f64(time.as_secs_f64() / speed)
                        .unwrap_or(Duration::MAX),
                ),
            },
            Statement::Wait(time) => StepAction::Pause(*time),
            Statement::Drop => StepAction::Drop,
            Statement::Http(call) => self.request(line, call)?,
            Statement::Send(message) => self.act(line, message)?,
            Statement::Expect(wanted) => {
                self.expected = self.expected.map(|left| left.saturating_sub(1));
                StepAction::Expect(self.expectation_of_retry(now, line, wanted)?)
            }
            Statement::Capture { .. }
            | Statement::CaptureMatch { .. }
            | Statement::CheckWithin(_)
            | Statement::Check(_) => return self.about_last_message(line),
        }))
    }

    /// The action of a statement about the message that was received last.
    fn about_last_message(&self, line: &Line) -> Result<Option<StepAction>, Error> {
        Ok(Some(match &line.statement {
            Statement::Capture { name, pointer, .. } => StepAction::Capture {
                name: name.clone(),
                pointer: pointer.clone(),
            },
            Statement::CaptureMatch {
                name,
                pattern,
                ignore_case,
                ..
            } => StepAction::CaptureMatch {
                name: name.clone(),
                regex: self.regex(line, pattern, *ignore_case)?,
            },
            Statement::CheckWithin(time) => StepAction::Check(Check::Within(*time)),
            Statement::Check(wanted) => match self.wanted(line, wanted)? {
                Expected::Message(pattern) => StepAction::Check(Check::Message(pattern)),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    /// Sets a variable, or what applies to the statements that follow.
    fn set(&mut self, line: &Line) -> Result<(), Error> {
        match &line.statement {
            Statement::Let { name, value } if !self.early.contains(&line.number) => {
                self.bind(line, name, value)?;
            }
            Statement::Within(time) => self.within = *time,
            Statement::Strict(strict) => self.strict = *strict,
            _ => {}
        }
        Ok(())
    }

    /// An expectation, which ends with the retry that it is in.
    fn expectation_of_retry(
        &self,
        now: Instant,
        line: &Line,
        wanted: &session_file::ExpectStatement,
    ) -> Result<Expectation, Error> {
        let mut expectation = self.expectation(line, wanted)?;
        if let Some(left) = self.flow.time_left(now) {
            expectation.within = expectation.within.min(left);
        }
        Ok(expectation)
    }

    /// What is sent when a connection is opened, on those that are open.
    fn reply_where_open(&mut self, line: &Line, body: &[Line]) -> Result<(), Error> {
        let place = Some(self.source.place(line.number));
        for link in self.rule_links(line)? {
            if self.deferred.contains(&link) {
                continue;
            }
            let mut steps = self.replies(body, link)?;
            for step in &mut steps {
                step.place.clone_from(&place);
            }
            self.pending.extend(steps);
        }
        Ok(())
    }

    /// The steps of a reply on a connection. They have no place.
    pub(super) fn replies(&mut self, body: &[Line], link: Link) -> Result<Vec<Step>, Error> {
        let mut steps = Vec::new();
        for line in body {
            match &line.statement {
                Statement::Let { name, value } => self.bind(line, name, value)?,
                Statement::Send(message) => {
                    let links = match line.link {
                        None => vec![link],
                        Some(_) => self.links(line)?,
                    };
                    for link in links {
                        let act = self.act(line, message)?;
                        let place = None;
                        steps.push(Step { link, place, act });
                    }
                }
                _ => {}
            }
        }
        Ok(steps)
    }

    pub(super) fn expectation(
        &self,
        line: &Line,
        wanted: &session_file::ExpectStatement,
    ) -> Result<Expectation, Error> {
        Ok(Expectation {
            wanted: self.wanted(line, wanted)?,
            within: self.within,
            strict: self.strict,
        })
    }

    /// Stores the reply of a rule. Returns its number.
    pub(super) fn keep_answer(&mut self, body: &Arc<[Line]>) -> usize {
        // In a loop, the same rule is added several times.
        let known = self
            .answers
            .iter()
            .position(|answer| Arc::ptr_eq(answer, body));
        known.unwrap_or_else(|| {
            self.answers.push(Arc::clone(body));
            self.answers.len() - 1
        })
    }

    /// Adds a rule: `on`, `every`, `ignore` or `never`.
    pub(super) fn rule(&mut self, line: &Line) -> Result<Option<StepAction>, Error> {
        let (wanted, effect) = match &line.statement {
            Statement::On(session_file::Trigger::Received(wanted), body) => {
                (wanted, Effect::Answer(self.keep_answer(body)))
            }
            // The first time, its body is run where it stands.
            Statement::On(session_file::Trigger::Open, body) => (
                &session_file::ExpectStatement::Reconnect,
                Effect::Answer(self.keep_answer(body)),
            ),
            Statement::Ignore(wanted) => (wanted, Effect::Ignore),
            Statement::Never(wanted, _) => (wanted, Effect::Fail),
            Statement::Every(period, body) => {
                return Ok(Some(StepAction::Every(Interval {
                    links: self.rule_links(line)?,
                    period: *period,
                    answer: self.keep_answer(body),
                })));
            }
            _ => return Ok(None),
        };
        Ok(Some(StepAction::Rule(Rule {
            links: self.rule_links(line)?,
            place: Some(self.source.place(line.number)),
            wanted: self.wanted(line, wanted)?,
            effect,
        })))
    }

    pub(super) fn any_order(&self, body: &[Line]) -> Result<StepAction, Error> {
        let mut alternatives = Vec::new();
        for line in body {
            let Statement::Expect(wanted) = &line.statement else {
                continue;
            };
            for link in self.links(line)? {
                alternatives.push(Alternative {
                    link,
                    place: Some(self.source.place(line.number)),
                    expectation: self.expectation(line, wanted)?,
                });
            }
        }
        Ok(StepAction::AnyOrder(alternatives))
    }

    /// Sets a variable to a computed value.
    pub(super) fn bind(
        &mut self,
        line: &Line,
        name: &str,
        value: &Expression,
    ) -> Result<(), Error> {
        let value = value
            .evaluate(&self.lookup())
            .map_err(|name| self.unset(line, &name))?;
        let value = String::from_utf8(value).map_err(|_| {
            let cause = "the value is not text: use hex(…) or base64(…)";
            self.parse_error(line.number, "", cause)
        })?;
        self.assign(name, value);
        Ok(())
    }

    /// Enters a statement that contains others.
    pub(super) fn enter(&mut self, now: Instant, line: &Line) -> Result<(), Error> {
        match &line.statement {
            Statement::Repeat { count, name, body } => {
                let text = self.text(line, count)?;
                let Ok(count) = text.parse::<u32>() else {
                    let cause = format!("invalid number of repetitions '{text}'");
                    return Err(self.parse_error(line.number, "repeat", cause));
                };
                self.flow.repeat(line.number, count, name.clone(), body);
            }
            Statement::Retry { limit, pause, body } => {
                self.flow.retry(now, line.number, *limit, *pause, body);
            }
            _ => {}
        }
        if let Some((name, value)) = self.flow.counter() {
            self.assign(&name, value);
        }
        Ok(())
    }
}
