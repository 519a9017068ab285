//! The position in a file: the next statement, and the repetitions around it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::session_file::Line;
use crate::text::duration::rounded;

/// Iterates over the statements of a file, with repetitions.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// The stack of statement lists, of which the first is the file and the last the innermost.
    frames: Vec<Block>,
    file: Arc<[Line]>,
}

/// A list of statements.
#[derive(Debug)]
struct Block {
    lines: Arc<[Line]>,
    next: usize,
    /// The line of the statement that contains them.
    number: u32,
    kind: FrameKind,
}

#[derive(Debug)]
enum FrameKind {
    Once,
    Repeat {
        turn: u32,
        count: u32,
        name: Option<String>,
    },
    Retry {
        begun: Instant,
        limit: Duration,
        pause: Duration,
        attempts: u32,
    },
}

impl Flow {
    pub(super) fn new(lines: Arc<[Line]>) -> Self {
        let file = Block {
            lines: Arc::clone(&lines),
            next: 0,
            number: 0,
            kind: FrameKind::Once,
        };
        Self {
            frames: vec![file],
            file: lines,
        }
    }

    /// All statements of the file.
    pub(super) fn lines(&self) -> &[Line] {
        &self.file
    }

    /// The statements of the file that have not been reached.
    pub(super) fn rest(&self) -> &[Line] {
        let next = self
            .frames
            .first()
            .map_or(self.file.len(), |frame| frame.next);
        self.file.get(next..).unwrap_or_default()
    }

    /// The following statements, up to a repetition.
    pub(super) fn ahead(&self) -> impl Iterator<Item = &Line> {
        let rest = |frame: &Block| frame.next.min(frame.lines.len());
        let frames = self.frames.iter().rev();
        frames.flat_map(move |frame| &frame.lines[rest(frame)..])
    }

    /// Returns the next statement.
    pub(super) fn next(&mut self) -> Option<Line> {
        loop {
            let frame = self.frames.last_mut()?;
            if let Some(line) = frame.lines.get(frame.next) {
                frame.next += 1;
                return Some(line.clone());
            }
            match &mut frame.kind {
                FrameKind::Repeat { turn, count, .. } if *turn < *count => {
                    *turn += 1;
                    frame.next = 0;
                }
                _ => _ = self.frames.pop(),
            }
        }
    }

    /// The number of the line that comes next; `None` after the last.
    pub(super) fn next_number(&self) -> Option<u32> {
        self.frames.iter().rev().find_map(|frame| {
            let again = match &frame.kind {
                FrameKind::Repeat { turn, count, .. } if turn < count => frame.lines.first(),
                _ => None,
            };
            let line = frame.lines.get(frame.next).or(again)?;
            Some(line.number)
        })
    }

    /// Whether the last statement was in a repetition, which may begin again.
    pub(super) fn is_inside(&self) -> bool {
        self.frames.len() > 1
    }

    /// Leaves the repetitions that have ended.
    pub(super) fn leave(&mut self) {
        self.frames.truncate(1);
    }

    /// Enters statements that are taken this many times.
    pub(super) fn repeat(
        &mut self,
        number: u32,
        count: u32,
        name: Option<String>,
        body: &Arc<[Line]>,
    ) {
        if count > 0 {
            let turn = 1;
            self.push(number, body, FrameKind::Repeat { turn, count, name });
        }
    }

    /// Enters statements that are retried until they succeed.
    pub(super) fn retry(
        &mut self,
        begun: Instant,
        number: u32,
        limit: Duration,
        pause: Duration,
        body: &Arc<[Line]>,
    ) {
        let kind = FrameKind::Retry {
            begun,
            limit,
            pause,
            attempts: 1,
        };
        self.push(number, body, kind);
    }

    fn push(&mut self, number: u32, body: &Arc<[Line]>, kind: FrameKind) {
        self.frames.push(Block {
            lines: Arc::clone(body),
            next: 0,
            number,
            kind,
        });
    }

    /// The name and value of the counter of the innermost loop that has one.
    pub(super) fn counter(&self) -> Option<(String, String)> {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| match &frame.kind {
                FrameKind::Repeat {
                    turn,
                    name: Some(name),
                    ..
                } => Some((name.clone(), turn.to_string())),
                _ => None,
            })
    }

    /// The remaining time of the innermost retry.
    pub(super) fn time_left(&self, now: Instant) -> Option<Duration> {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| match &frame.kind {
                FrameKind::Retry { begun, limit, .. } => {
                    Some(limit.saturating_sub(now.saturating_duration_since(*begun)))
                }
                _ => None,
            })
    }

    /// The innermost retry that has time left, and when it would continue.
    fn next_retry(&self, now: Instant) -> Option<(usize, Instant)> {
        let mut frames = self.frames.iter().enumerate().rev();
        frames.find_map(|(place, frame)| {
            let FrameKind::Retry {
                begun,
                limit,
                pause,
                ..
            } = &frame.kind
            else {
                return None;
            };
            let at = now.checked_add(*pause)?;
            (at <= begun.checked_add(*limit)?).then_some((place, at))
        })
    }

    /// Restarts the innermost retry that has time left. Returns when to continue.
    pub(super) fn begin_anew(&mut self, now: Instant) -> Option<Instant> {
        let (place, at) = self.next_retry(now)?;
        self.frames.truncate(place + 1);
        let frame = self.frames.last_mut()?;
        frame.next = 0;
        if let FrameKind::Retry { attempts, .. } = &mut frame.kind {
            *attempts += 1;
        }
        Some(at)
    }

    /// The current repetition, to follow an error.
    pub(super) fn context(&self, now: Instant, number: &dyn Fn(u32) -> u32) -> Option<String> {
        let words = self
            .frames
            .iter()
            .rev()
            .filter_map(|frame| match &frame.kind {
                FrameKind::Once => None,
                FrameKind::Repeat { turn, count, .. } => Some(format!(
                    "in turn {turn} of {count} of line {}",
                    number(frame.number)
                )),
                FrameKind::Retry {
                    begun, attempts, ..
                } => {
                    let times = match attempts {
                        1 => "1 attempt".to_owned(),
                        many => format!("{many} attempts"),
                    };
                    let time = rounded(now.saturating_duration_since(*begun));
                    let line = number(frame.number);
                    Some(format!("after {times} in {time} of line {line}"))
                }
            });
        let words: Vec<_> = words.collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}
