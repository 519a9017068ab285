//! The row above the input line that says how many messages are held back.

use std::time::{Duration, Instant};

use super::options::PromptOptions;
use crate::output::dump;
use crate::output::human::TIME_COLUMNS;
use crate::output::palette::Style;
use crate::output::transcript::HeldMessages;
use crate::text::elide;

/// The minimum time between two drawings, so that a burst stays cheap.
const PAUSE: Duration = Duration::from_millis(250);

/// The row, which changes in place.
#[derive(Debug, Default)]
pub(super) struct HeldRow {
    /// What it says.
    shown: HeldMessages,
    /// When it was drawn.
    drawn: Option<Instant>,
    /// When to draw it again.
    pub(super) due: Option<Instant>,
}

impl HeldRow {
    /// A message was received, which may be held back.
    pub(super) fn on_message(&mut self, at: Instant) {
        let next = self.drawn.map_or(at, |drawn| drawn + PAUSE);
        self.due.get_or_insert(next);
    }

    /// Draws the row if it is time to.
    pub(super) fn poll(&mut self, now: Instant, options: &PromptOptions) {
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        self.due = None;
        let held = options.transcript.borrow().held();
        let Some(held) = held.filter(|held| *held != self.shown) else {
            return;
        };
        (self.shown, self.drawn) = (held, Some(now));
        if let Some(screen) = &options.screen {
            // A write error is reported with the next message.
            let _ = screen.put_status_row(&row(held, options));
        }
    }

    /// The messages are shown: the row is not needed any more.
    pub(super) fn end(&mut self, options: &PromptOptions) {
        let was_drawn = self.drawn.is_some();
        *self = Self::default();
        if let Some(screen) = options.screen.as_ref().filter(|_| was_drawn) {
            let _ = screen.erase_status_row();
        }
    }
}

/// The row, with the mark of the sign.
fn row(held: HeldMessages, options: &PromptOptions) -> String {
    let indent = if options.transcript.borrow().shows_times() {
        TIME_COLUMNS
    } else {
        0
    };
    let HeldMessages { count, bytes } = held;
    let size = dump::size(usize::try_from(bytes).unwrap_or(usize::MAX));
    let text = format!("{count} held, {size}; ^Q shows them");
    let columns = options.size().columns.saturating_sub(indent + 2);
    format!(
        "{:indent$}{}{}",
        "",
        options.palette.paint(Style::Warning, "\u{2016} "),
        elide::columns(&text, columns)
    )
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::event::{Kind, Way};

    #[test]
    fn a_burst_is_drawn_at_its_beginning_and_a_few_times_a_second() {
        let options = PromptOptions::default();
        let add = || {
            let mut transcript = options.transcript.borrow_mut();
            transcript.add(SystemTime::now(), Way::In, Kind::Text, b"tick")
        };
        let begun = Instant::now();
        let at = |milliseconds| begun + Duration::from_millis(milliseconds);
        options.transcript.borrow_mut().hold();
        let mut row = HeldRow::default();
        let mut drawn = Vec::new();
        for time in 0..1000 {
            add();
            row.on_message(at(time));
            row.poll(at(time), &options);
            if row.drawn == Some(at(time)) {
                drawn.push((time, row.shown.count));
            }
        }
        assert_eq!(drawn, [(0, 1), (250, 251), (500, 501), (750, 751)]);
        // What came last is drawn too.
        assert_eq!(row.due, Some(at(1000)));
        row.poll(at(1000), &options);
        assert_eq!(row.shown.count, 1000);
        assert_eq!(
            super::row(row.shown, &options),
            "\u{2016} 1000 held, 3.9 KiB; ^Q shows them"
        );
    }
}
