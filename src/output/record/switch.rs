//! A record that is started and stopped during a run: `/record` at the prompt.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use super::{create, Options};
use crate::error::{plain, Error};
use crate::event::{Event, Link, Now, Upgrade};
use crate::output::sink::Sink;
use crate::output::{Channel, ChannelRole, Detail, Output};

/// A record that can be started and stopped, shared by the prompt and the outputs.
pub type SharedRecord = Rc<RefCell<RecordSwitch>>;

/// The current record, and what is needed to start one.
pub struct RecordSwitch {
    options: Options,
    current: Option<Channel>,
    /// The open connection, with which a record begins.
    upgrade: Option<Upgrade>,
    failed: Option<String>,
}

impl RecordSwitch {
    /// Creates a switch without a record; the path of `options` is not used.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            current: None,
            upgrade: None,
            failed: None,
        }
    }

    /// The file of the current record.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.current.is_some().then(|| self.options.path.clone())
    }

    /// Starts a record in a new file.
    ///
    /// # Errors
    ///
    /// There is a record already, there is such a file, or it can't be written.
    pub fn start(&mut self, path: PathBuf, now: Now) -> Result<(), String> {
        if let Some(path) = self.path() {
            return Err(format!(
                "already recording to {}: /record stop ends it",
                path.display()
            ));
        }
        if fs::symlink_metadata(&path).is_ok() {
            return Err(format!("{}: the file already exists", path.display()));
        }
        self.options.path = path;
        let describe = |error: Error| error.to_string();
        // A new file is not a pipe that is waited for.
        let mut record = create(self.options.clone(), &mut || Ok(())).map_err(describe)?;
        if let Some(upgrade) = &self.upgrade {
            let begun = record.on_event(now, Link::default(), &Event::Open(upgrade));
            begun.map_err(|cause| self.describe(&cause))?;
        }
        self.current = Some(record);
        Ok(())
    }

    /// Stops the record and completes its file. Returns its path.
    ///
    /// # Errors
    ///
    /// There is no record, or it could not be written.
    pub fn stop(&mut self) -> Result<PathBuf, String> {
        let Some(mut record) = self.current.take() else {
            return Err("nothing is being recorded: /record FILE starts".to_owned());
        };
        loop {
            record.idle().map_err(|cause| self.describe(&cause))?;
            if !record.sink().busy() {
                return Ok(self.options.path.clone());
            }
        }
    }

    /// Why the record has ended by itself, once.
    pub fn take_failure(&mut self) -> Option<String> {
        self.failed.take()
    }

    fn describe(&self, cause: &io::Error) -> String {
        let path = self.options.path.display();
        format!("could not write to {path}: {}", plain(cause))
    }

    /// Calls `act` with the record. If it fails, there is no record any more: the conversation goes
    /// on without it.
    fn with(&mut self, act: impl FnOnce(&mut Channel) -> io::Result<()>) {
        let Some(record) = &mut self.current else {
            return;
        };
        if let Err(cause) = act(record) {
            self.current = None;
            self.failed = Some(format!("{}; recording has ended", self.describe(&cause)));
        }
    }
}

/// The channel of a [`RecordSwitch`].
#[must_use]
pub fn switched(switch: SharedRecord) -> Channel {
    let sink = SwitchedSink(Rc::clone(&switch));
    // An error ends the record, but nothing else.
    Channel::new(
        Box::new(SwitchedRecord(switch)),
        Box::new(sink),
        ChannelRole::Shown,
    )
}

/// Passes events to the current record.
struct SwitchedRecord(SharedRecord);

impl Output for SwitchedRecord {
    fn detail(&self) -> Detail {
        Detail::WHOLE_MESSAGES
    }

    fn on_event(
        &mut self,
        now: Now,
        link: Link,
        event: &Event<'_>,
        _to: &mut dyn Sink,
    ) -> io::Result<()> {
        let mut switch = self.0.borrow_mut();
        match event {
            Event::Open(upgrade) => switch.upgrade = Some((*upgrade).clone()),
            Event::Closed(_) => switch.upgrade = None,
            _ => {}
        }
        switch.with(|record| record.on_event(now, link, event));
        Ok(())
    }
}

/// The sink of the current record, a regular file, which is never waited for.
struct SwitchedSink(SharedRecord);

impl SwitchedSink {
    fn is(&self, question: impl Fn(&dyn Sink) -> bool) -> bool {
        let switch = self.0.borrow();
        let record = switch.current.as_ref();
        record.is_some_and(|record| question(record.sink()))
    }
}

impl Sink for SwitchedSink {
    /// Writes nothing: the record has its own sink.
    fn put(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn full(&self) -> bool {
        self.is(|sink| sink.full())
    }

    fn busy(&self) -> bool {
        self.is(|sink| sink.busy())
    }

    fn idle(&mut self) -> io::Result<()> {
        self.0.borrow_mut().with(Channel::idle);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Kind, Piece, Way};
    use crate::http::Secrets;
    use crate::output::record::Opening;

    fn switch() -> (SharedRecord, Channel) {
        let opening = Opening {
            url: "ws://localhost:9001/".to_owned(),
            ..Opening::default()
        };
        let switch = RecordSwitch::new(Options {
            path: PathBuf::new(),
            opening,
            secrets: Secrets::Hidden,
            timing: false,
        });
        let shared = Rc::new(RefCell::new(switch));
        (Rc::clone(&shared), switched(shared))
    }

    fn receive(output: &mut Channel, text: &str) {
        let piece = Piece::whole(Kind::Text, text.as_bytes());
        let event = Event::Data(Way::In, piece);
        let shown = output.on_event(Now::read(), Link::default(), &event);
        shown.expect("never fails");
    }

    #[test]
    fn only_what_comes_in_between_is_recorded() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("talk.ws");
        let (switch, mut output) = switch();
        receive(&mut output, "before");
        let started = switch.borrow_mut().start(path.clone(), Now::read());
        assert_eq!(started, Ok(()));
        let again = switch.borrow_mut().start(path.clone(), Now::read());
        assert!(again.is_err_and(|cause| cause.starts_with("already recording to")));
        receive(&mut output, "during");
        assert_eq!(switch.borrow_mut().stop(), Ok(path.clone()));
        receive(&mut output, "after");
        let text = fs::read_to_string(&path).expect("it is there");
        assert!(text.contains("url ws://localhost:9001/\n"), "{text}");
        assert!(text.contains("< during\n"), "{text}");
        assert!(
            !text.contains("before") && !text.contains("after"),
            "{text}"
        );
        let stopped = switch.borrow_mut().stop();
        assert!(stopped.is_err_and(|cause| cause.starts_with("nothing is being recorded")));
        let existing = switch.borrow_mut().start(path, Now::read());
        assert!(existing.is_err_and(|cause| cause.ends_with("the file already exists")));
        assert_eq!(switch.borrow().path(), None);
    }

    #[test]
    fn file_that_cannot_be_created_is_an_error() {
        let folder = tempfile::tempdir().expect("a directory");
        let (switch, _) = switch();
        let path = folder.path().join("none/talk.ws");
        let started = switch.borrow_mut().start(path, Now::read());
        assert!(started.is_err_and(|cause| cause.contains("No such file or directory")));
    }
}
