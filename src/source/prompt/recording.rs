//! `/record`, `/expect` and `/status`: what the prompt keeps and reports beside the messages.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use super::options::expand_home;
use super::{mistake, reply, Prompt};
use crate::event::Now;
use crate::protocol::Volume;
use crate::source::Sender;

impl Prompt {
    /// Starts a record in a file, or stops it.
    pub(super) fn record(&mut self, path: Option<&str>, to: &mut dyn Sender) {
        let Some(record) = &self.options.record else {
            return mistake(to, "nothing can be recorded here");
        };
        let mut record = record.borrow_mut();
        let done = match path {
            Some(path) => {
                let place = expand_home(path, self.options.home.as_deref());
                let started = record.start(place, Now::read());
                started.map(|()| format!("recording to {path}; /record stop ends it"))
            }
            None => record.stop().map(|path| stopped(&path)),
        };
        drop(record);
        reply(to, done);
    }

    /// Begins to wait for what a text describes.
    pub(super) fn expect(&mut self, text: &str, to: &mut dyn Sender) {
        let transcript = self.options.transcript.borrow();
        let begun =
            self.expectations
                .begin(text, &transcript, Instant::now(), &self.options.lookup);
        drop(transcript);
        if let Err(cause) = begun {
            mistake(to, format!("/expect: {cause}"));
        }
    }

    /// Prints which expectations are decided, and what has become of the record.
    pub(super) fn report_decided(&mut self, now: Instant, to: &mut dyn Sender) {
        for decided in self.expectations.decided(now) {
            reply(to, decided);
        }
        let failure = self.options.record.as_ref();
        if let Some(text) = failure.and_then(|record| record.borrow_mut().take_failure()) {
            mistake(to, text);
        }
    }

    /// The output of `/status`.
    pub(super) fn status(&self, volume: Volume) -> String {
        let transcript = self.options.transcript.borrow();
        let mut status = self.connection.status(volume, &transcript);
        let record = self.options.record.as_ref();
        if let Some(path) = record.and_then(|record| record.borrow().path()) {
            let _ = write!(status, "\nrecording    {}", path.display());
        }
        status
    }
}

/// What to print after a record: the command that runs it.
fn stopped(path: &Path) -> String {
    format!("recorded; run it again with: wsline test {}", quoted(path))
}

/// A path as a word of a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,:@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) && !text.starts_with('-') {
        return text;
    }
    let text = match text.strip_prefix('-') {
        Some(rest) => format!("./-{rest}"),
        None => text,
    };
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_a_shell() {
        for (path, word) in [
            ("talk.ws", "talk.ws"),
            ("/tmp/a b.ws", "'/tmp/a b.ws'"),
            ("it's", r"'it'\''s'"),
            ("-x.ws", "'./-x.ws'"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
