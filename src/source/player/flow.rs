//! The position in a file: the next statement, and the repetitions around it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::session_file::Line;
use crate::text::duration::rounded;

/// Iterates over the statements of a file, with repetitions.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// The stack of statement lists, of which the first is the file and the last the innermost.
    blocks: Vec<StatementBlock>,
    file: Arc<[Line]>,
}

/// A list of statements.
#[derive(Debug)]
struct StatementBlock {
    lines: Arc<[Line]>,
    next: usize,
    /// The line of the statement that contains them.
    number: u32,
    kind: BlockKind,
}

#[derive(Debug)]
enum BlockKind {
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
        let file = StatementBlock {
            lines: Arc::clone(&lines),
            next: 0,
            number: 0,
            kind: BlockKind::Once,
        };
        Self {
            blocks: vec![file],
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
            .blocks
            .first()
            .map_or(self.file.len(), |block| block.next);
        self.file.get(next..).unwrap_or_default()
    }

    /// The following statements, up to a repetition.
    pub(super) fn ahead(&self) -> impl Iterator<Item = &Line> {
        let rest = |block: &StatementBlock| block.next.min(block.lines.len());
        let blocks = self.blocks.iter().rev();
        blocks.flat_map(move |block| &block.lines[rest(block)..])
    }

    /// Returns the next statement.
    pub(super) fn next(&mut self) -> Option<Line> {
        loop {
            let block = self.blocks.last_mut()?;
            if let Some(line) = block.lines.get(block.next) {
                block.next += 1;
                return Some(line.clone());
            }
            match &mut block.kind {
                BlockKind::Repeat { turn, count, .. } if *turn < *count => {
                    *turn += 1;
                    block.next = 0;
                }
                _ => _ = self.blocks.pop(),
            }
        }
    }

    /// The number of the line that comes next; `None` after the last.
    pub(super) fn next_number(&self) -> Option<u32> {
        self.blocks.iter().rev().find_map(|block| {
            let again = match &block.kind {
                BlockKind::Repeat { turn, count, .. } if turn < count => block.lines.first(),
                _ => None,
            };
            let line = block.lines.get(block.next).or(again)?;
            Some(line.number)
        })
    }

    /// Whether the last statement was in a repetition, which may begin again.
    pub(super) fn is_inside(&self) -> bool {
        self.blocks.len() > 1
    }

    /// Leaves the repetitions that have ended.
    pub(super) fn leave(&mut self) {
        self.blocks.truncate(1);
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
            self.push(number, body, BlockKind::Repeat { turn, count, name });
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
        let kind = BlockKind::Retry {
            begun,
            limit,
            pause,
            attempts: 1,
        };
        self.push(number, body, kind);
    }

    fn push(&mut self, number: u32, body: &Arc<[Line]>, kind: BlockKind) {
        self.blocks.push(StatementBlock {
            lines: Arc::clone(body),
            next: 0,
            number,
            kind,
        });
    }

    /// The name and value of the counter of the innermost loop that has one.
    pub(super) fn counter(&self) -> Option<(String, String)> {
        self.blocks
            .iter()
            .rev()
            .find_map(|block| match &block.kind {
                BlockKind::Repeat {
                    turn,
                    name: Some(name),
                    ..
                } => Some((name.clone(), turn.to_string())),
                _ => None,
            })
    }

    /// The remaining time of the innermost retry.
    pub(super) fn time_left(&self, now: Instant) -> Option<Duration> {
        self.blocks
            .iter()
            .rev()
            .find_map(|block| match &block.kind {
                BlockKind::Retry { begun, limit, .. } => {
                    Some(limit.saturating_sub(now.saturating_duration_since(*begun)))
                }
                _ => None,
            })
    }

    /// The innermost retry that has time left, and when it would continue.
    fn next_retry(&self, now: Instant) -> Option<(usize, Instant)> {
        let mut blocks = self.blocks.iter().enumerate().rev();
        blocks.find_map(|(place, block)| {
            let BlockKind::Retry {
                begun,
                limit,
                pause,
                ..
            } = &block.kind
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
        self.blocks.truncate(place + 1);
        let block = self.blocks.last_mut()?;
        block.next = 0;
        if let BlockKind::Retry { attempts, .. } = &mut block.kind {
            *attempts += 1;
        }
        Some(at)
    }

    /// The current repetition, to follow an error.
    pub(super) fn context(&self, now: Instant, number: &dyn Fn(u32) -> u32) -> Option<String> {
        let words = self
            .blocks
            .iter()
            .rev()
            .filter_map(|block| match &block.kind {
                BlockKind::Once => None,
                BlockKind::Repeat { turn, count, .. } => Some(format!(
                    "in turn {turn} of {count} of line {}",
                    number(block.number)
                )),
                BlockKind::Retry {
                    begun, attempts, ..
                } => {
                    let times = match attempts {
                        1 => "1 attempt".to_owned(),
                        many => format!("{many} attempts"),
                    };
                    let time = rounded(now.saturating_duration_since(*begun));
                    let line = number(block.number);
                    Some(format!("after {times} in {time} of line {line}"))
                }
            });
        let words: Vec<_> = words.collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}
