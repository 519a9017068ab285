//! Runs files in parallel: a number of threads, each running one file at a time, and a controller
//! that receives all events, prints them, and decides when to stop.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::SIGTERM;

use super::file_result::{FileOutcome, FileResult, FileResults};
use super::load::Loaded;
use super::reporter::Reporter;
use super::reporting::PrintLine;
use crate::driver::{Relay, Signals};
use crate::error::Error;

/// An event for the controller.
#[derive(Debug)]
pub enum WorkerEvent {
    /// A file was started.
    Began(String),
    /// A statement was completed, or the server printed a line.
    Line(String),
    /// A file has ended.
    Ended(usize, Box<FileResult>),
    /// A thread has no more files.
    Left,
    /// A signal has arrived.
    Signal(i32),
}

/// Receives all events and prints them.
pub struct Controller {
    /// Prints the results.
    pub reporter: Reporter,
    events: Receiver<WorkerEvent>,
    /// The first signal.
    signal: Option<i32>,
    /// The number of signals.
    signals: usize,
    verbose: bool,
}

impl Controller {
    /// Creates a controller that receives `events`.
    #[must_use]
    pub fn new(reporter: Reporter, events: Receiver<WorkerEvent>, verbose: bool) -> Self {
        Self {
            reporter,
            events,
            signal: None,
            signals: 0,
            verbose,
        }
    }

    /// Whether verbose lines are printed.
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Removes secret values from a text.
    #[must_use]
    pub fn redacted(&self, text: &str) -> String {
        self.reporter.redactor().apply(text).into_owned()
    }

    /// The first signal, if one has arrived.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        self.signal
    }

    /// The number of signals that have arrived.
    #[must_use]
    pub fn signals(&self) -> usize {
        self.signals
    }

    /// Receives an event within `limit`, and prints verbose lines.
    pub fn receive(&mut self, limit: Option<Duration>) -> Option<WorkerEvent> {
        let events = match limit {
            Some(limit) => match self.events.recv_timeout(limit) {
                Ok(events) => events,
                Err(RecvTimeoutError::Timeout) => return None,
                // Without a sender, waits for the time to pass.
                Err(RecvTimeoutError::Disconnected) => {
                    thread::sleep(limit);
                    return None;
                }
            },
            None => self.events.recv().ok()?,
        };
        match &events {
            WorkerEvent::Line(line) if self.verbose => self.reporter.say(line),
            WorkerEvent::Signal(signal) => {
                self.signal.get_or_insert(*signal);
                self.signals += 1;
            }
            _ => {}
        }
        Some(events)
    }
}

/// Runs one file. It receives signals, and prints each completed statement.
pub type Run<'a> = &'a (dyn Fn(Loaded, &mut Signals, &PrintLine) -> FileResult + Sync);

/// How files are run.
#[derive(Clone, Copy, Debug)]
pub struct PoolOptions {
    /// The number of files to run in parallel.
    pub jobs: usize,
    /// Whether to stop after the first file that does not pass.
    pub bail: bool,
}

impl PoolOptions {
    /// Whether to stop after this result.
    fn is_enough(self, result: &FileResult) -> bool {
        self.bail && !matches!(result.verdict, FileOutcome::Passed)
    }
}

/// Runs each file once, until all have ended or the run is stopped: by a signal, by the first file
/// that does not pass (`--bail`), or because the output was closed. Then files in progress are
/// ended normally.
///
/// # Errors
///
/// [`Error::System`] for an error of the operating system.
pub fn run(
    files: Vec<Loaded>,
    options: PoolOptions,
    run: Run<'_>,
    sender: &Sender<WorkerEvent>,
    controller: &mut Controller,
) -> Result<FileResults, Error> {
    let mut results: FileResults = files.iter().map(|file| (file.name.clone(), None)).collect();
    let queue = Mutex::new(files.into_iter().enumerate().collect::<VecDeque<_>>());
    let queue = &queue;
    thread::scope(|scope| {
        let mut workers = Workers {
            relays: Vec::new(),
            queue,
            stopped: false,
        };
        for _ in 0..options.jobs.min(results.len()) {
            let (mut signals, relay) = Signals::relayed().map_err(starting)?;
            let guard = WorkerGuard(sender.clone());
            thread::Builder::new()
                .name("test".to_owned())
                .spawn_scoped(scope, move || {
                    let lines = guard.0.clone();
                    // Sending fails only after an error, which ends everything.
                    let say: PrintLine =
                        Rc::new(move |line| drop(lines.send(WorkerEvent::Line(line))));
                    while let Some((place, file)) = next(queue) {
                        guard.send(WorkerEvent::Began(file.name.clone()));
                        let result = run(file, &mut signals, &say);
                        if options.is_enough(&result) {
                            // Cleared here, before this thread can start another file.
                            clear(queue);
                        }
                        guard.send(WorkerEvent::Ended(place, Box::new(result)));
                    }
                })
                .map_err(starting)?;
            workers.relays.push(relay);
        }
        let mut working = workers.relays.len();
        while working > 0 {
            match controller.receive(None) {
                Some(WorkerEvent::Left) => working -= 1,
                Some(WorkerEvent::Began(name)) => controller.reporter.begin(&name),
                Some(WorkerEvent::Ended(place, result)) => {
                    let result = result.redacted(controller.reporter.redactor());
                    controller.reporter.end(&result);
                    let enough = options.is_enough(&result);
                    results[place].1 = Some(result);
                    if enough || controller.reporter.has_fault() {
                        workers.end();
                    }
                }
                Some(WorkerEvent::Signal(signal)) => workers.stop(signal),
                Some(WorkerEvent::Line(_)) => {}
                None => break,
            }
        }
        Ok(results)
    })
}

fn next(queue: &Mutex<VecDeque<(usize, Loaded)>>) -> Option<(usize, Loaded)> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.pop_front()
}

fn clear(queue: &Mutex<VecDeque<(usize, Loaded)>>) {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.clear();
}

fn starting(cause: io::Error) -> Error {
    Error::System {
        doing: "starting to run files",
        cause,
    }
}

/// The threads that run files. Dropping it prevents them from starting others.
struct Workers<'a> {
    relays: Vec<Relay>,
    queue: &'a Mutex<VecDeque<(usize, Loaded)>>,
    stopped: bool,
}

impl Workers<'_> {
    /// Starts no more files, and ends those in progress normally.
    fn end(&mut self) {
        if !self.stopped {
            self.stop(SIGTERM);
        }
    }

    /// Starts no more files, and passes a signal to those in progress. A second one ends them at
    /// once.
    fn stop(&mut self, signal: i32) {
        self.stopped = true;
        clear(self.queue);
        for relay in &self.relays {
            relay.pass_on(signal);
        }
    }
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reports the end of a thread, even after a panic.
struct WorkerGuard(Sender<WorkerEvent>);

impl WorkerGuard {
    /// Sending fails only after an error, which ends everything.
    fn send(&self, events: WorkerEvent) {
        let _ = self.0.send(events);
    }
}

impl Drop for WorkerGuard {
    fn drop(&mut self) {
        self.send(WorkerEvent::Left);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Write;
    use std::rc::Rc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::sync::Barrier;

    use super::super::redact::Redactor;
    use super::super::reporter::{ReportFormat, ReportStyle};
    use super::*;
    use crate::error::Unmet;
    use crate::output::palette::Palette;
    use crate::session_file::SessionFile;

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn files(count: usize) -> Vec<Loaded> {
        let file = |number| Loaded {
            path: format!("{number}.ws").into(),
            name: format!("{number}.ws"),
            text: String::new(),
            script: Ok(SessionFile::default()),
        };
        (0..count).map(file).collect()
    }

    fn result(file: Loaded, verdict: FileOutcome) -> FileResult {
        FileResult {
            file: file.name,
            title: None,
            verdict,
            lasted: Duration::ZERO,
            statements: 0,
            expectations: 1,
        }
    }

    fn failed() -> FileOutcome {
        FileOutcome::Failed(Error::Unmet(Box::default()))
    }

    /// Runs `files` with a `run` function for tests. Returns the outcome of each as a letter.
    fn fates(
        options: PoolOptions,
        files: Vec<Loaded>,
        before: &[WorkerEvent],
        out: Box<dyn Write>,
        run: Run<'_>,
    ) -> (String, Controller) {
        let style = ReportStyle {
            format: ReportFormat::Lines,
            palette: Palette::plain(),
            live: None,
        };
        let redactor = Redactor::new([("TOKEN", "s3cret")]);
        let reporter = Reporter::new(style, out, Box::new(io::sink()), redactor, files.len());
        let (sender, events) = channel();
        for events in before {
            if let WorkerEvent::Signal(number) = events {
                sender
                    .send(WorkerEvent::Signal(*number))
                    .expect("it is received");
            }
        }
        let mut controller = Controller::new(reporter, events, false);
        let results = super::run(files, options, run, &sender, &mut controller).expect("threads");
        let fate = |(_, result): &(String, Option<FileResult>)| match result {
            None => '-',
            Some(result) => match result.verdict {
                FileOutcome::Passed => 'p',
                FileOutcome::Failed(_) => 'f',
                FileOutcome::Error(_) => 'e',
                FileOutcome::Stopped => 's',
            },
        };
        (results.iter().map(fate).collect(), controller)
    }

    const BAIL: PoolOptions = PoolOptions {
        jobs: 1,
        bail: true,
    };

    #[test]
    fn every_file_is_run_once() {
        for jobs in [1, 2, 50] {
            let runs = AtomicUsize::new(0);
            let options = PoolOptions { jobs, bail: false };
            let sink = Box::new(io::sink());
            let (fates, _) = fates(options, files(20), &[], sink, &|file, _, _| {
                runs.fetch_add(1, Ordering::Relaxed);
                let fails = file.name == "7.ws";
                result(file, if fails { failed() } else { FileOutcome::Passed })
            });
            assert_eq!(fates, "pppppppfpppppppppppp");
            assert_eq!(runs.into_inner(), 20);
        }
    }

    #[test]
    fn files_run_in_parallel() {
        let together = Barrier::new(3);
        let options = PoolOptions {
            jobs: 3,
            bail: false,
        };
        let sink = Box::new(io::sink());
        let (fates, _) = fates(options, files(3), &[], sink, &|file, _, _| {
            together.wait();
            result(file, FileOutcome::Passed)
        });
        assert_eq!(fates, "ppp");
    }

    #[test]
    fn bail_starts_no_more_files_and_ends_the_others() {
        let sink = Box::new(io::sink());
        let (alone, _) = fates(BAIL, files(3), &[], sink, &|file, _, _| {
            let fails = file.name == "1.ws";
            result(file, if fails { failed() } else { FileOutcome::Passed })
        });
        assert_eq!(alone, "pf-");
        let together = Barrier::new(2);
        let options = PoolOptions { jobs: 2, ..BAIL };
        let sink = Box::new(io::sink());
        let (beside, _) = fates(options, files(5), &[], sink, &|file, signals, _| {
            if file.name == "0.ws" {
                together.wait();
                return result(file, failed());
            }
            together.wait();
            assert_eq!(signals.wait().expect("a relay"), [SIGTERM]);
            result(file, FileOutcome::Stopped)
        });
        assert_eq!(beside, "fs---");
    }

    #[test]
    fn signals_are_passed_to_running_files() {
        let interrupt = [WorkerEvent::Signal(2)];
        let options = PoolOptions {
            jobs: 1,
            bail: false,
        };
        let sink = Box::new(io::sink());
        let (fates, controller) =
            fates(options, files(2), &interrupt, sink, &|file, signals, _| {
                assert_eq!(signals.wait().expect("a relay"), [2]);
                result(file, FileOutcome::Stopped)
            });
        assert!(fates == "s-" || fates == "--", "{fates}");
        assert_eq!((controller.signal(), controller.signals()), (Some(2), 1));
    }

    #[test]
    fn closed_output_stops_the_run() {
        let options = PoolOptions {
            jobs: 1,
            bail: false,
        };
        let (fates, mut controller) = fates(
            options,
            files(3),
            &[],
            Box::new(Full),
            &|file, signals, _| {
                if file.name != "0.ws" {
                    signals.wait().expect("a relay");
                }
                result(file, FileOutcome::Passed)
            },
        );
        assert!(fates == "p--" || fates == "pp-", "{fates}");
        assert!(controller.reporter.take_fault().is_some());
    }

    #[test]
    fn secrets_are_redacted_in_results() {
        let out = Shared::default();
        let unmet = || Unmet {
            expected: "s3cret".to_owned(),
            recent: vec!["> s3cret".to_owned()],
            ..Unmet::default()
        };
        let shown = Box::new(out.clone());
        let (fates, _) = fates(BAIL, files(1), &[], shown, &|file, _, _| {
            result(file, FileOutcome::Failed(Error::Unmet(Box::new(unmet()))))
        });
        assert_eq!(fates, "f");
        let text = String::from_utf8(out.0.take()).expect("text");
        assert!(
            text.contains("${TOKEN}") && !text.contains("s3cret"),
            "{text}"
        );
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn panic_is_passed_on_after_the_others_have_ended() {
        let options = PoolOptions {
            jobs: 2,
            bail: false,
        };
        fates(
            options,
            files(3),
            &[],
            Box::new(io::sink()),
            &|file, _, _| {
                assert!(file.name != "1.ws", "a panic of the test's");
                result(file, FileOutcome::Passed)
            },
        );
    }
}
