//! A row above the input line that changes in place.

use std::io;

use super::{Gate, Screen, ScreenState, NOTHING};

impl Screen {
    /// Puts a row that replaces the one of the last call, if nothing has been shown after it. Does
    /// nothing without an editor, because rows can't be replaced then.
    ///
    /// # Errors
    ///
    /// The same as those of [`Sink::put`](crate::output::sink::Sink::put).
    pub fn put_status_row(&self, row: &str) -> io::Result<()> {
        if self.0.has_editor() {
            self.0.put_in_place(format!("{row}\n").as_bytes())?;
        }
        Ok(())
    }

    /// Erases that row, if nothing has been shown after it.
    ///
    /// # Errors
    ///
    /// The same as those of [`Sink::put`](crate::output::sink::Sink::put).
    pub fn erase_status_row(&self) -> io::Result<()> {
        if self.0.has_editor() {
            self.0.put_in_place(NOTHING.as_bytes())?;
            self.0.forget_in_place();
        }
        Ok(())
    }
}

impl ScreenState {
    pub(super) fn has_editor(&self) -> bool {
        matches!(self.lock().gate, Gate::Closed | Gate::Open)
    }

    /// What follows replaces nothing.
    fn forget_in_place(&self) {
        self.lock().in_place = None;
    }
}
