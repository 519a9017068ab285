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
use super::server::ServerOutput;
use crate::driver::{Relay, Signals};
use crate::error::Error;
use crate::output::redact::Redactor;

/// An event for the controller.
#[derive(Debug)]
pub enum WorkerEvent {
    /// A file was started.
    Began(usize, String),
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
    /// Removes secret values from what it gets.
    redactor: Redactor,
    events: Receiver<WorkerEvent>,
    /// The first signal.
    signal: Option<i32>,
    /// The number of signals.
    signals: usize,
    verbose: bool,
    /// What the server of `--serve` prints.
    server: Option<ServerOutput>,
}

impl Controller {
    /// Creates a controller that receives `events`.
    #[must_use]
    pub fn new(
        reporter: Reporter,
        redactor: Redactor,
        events: Receiver<WorkerEvent>,
        verbose: bool,
    ) -> Self {
        Self {
            reporter,
            redactor,
            events,
            signal: None,
            signals: 0,
            verbose,
            server: None,
        }
    }

    /// Adds the output of a server to the results of files that do not pass.
    pub fn attach_server(&mut self, output: ServerOutput) {
        self.server = Some(output);
    }

    /// The number of lines that the server has printed.
    fn server_lines(&self) -> usize {
        self.server.as_ref().map_or(0, ServerOutput::count)
    }

    /// Reports the result of a file during which the server printed what follows its first `lines`
    /// lines.
    fn end(&mut self, mut result: FileResult, lines: usize) -> FileResult {
        if let Some(server) = self
            .server
            .as_ref()
            .filter(|_| result.verdict.error().is_some())
        {
            result.server = server.last_lines_after(lines);
        }
        let result = result.redacted(&self.redactor);
        self.reporter.end(&result);
        result
    }

    /// Whether verbose lines are printed.
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Prints a line to stderr, without secret values.
    pub fn say(&mut self, line: &str) {
        self.reporter.say(&self.redactor.apply(line));
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
            WorkerEvent::Line(line) if self.verbose => self.say(line),
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
pub type RunFile<'a> = &'a (dyn Fn(Loaded, &mut Signals, &PrintLine) -> FileResult + Sync);

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
    run: RunFile<'_>,
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
            let (signals, relay) = Signals::relayed().map_err(starting)?;
            let guard = WorkerGuard(sender.clone());
            thread::Builder::new()
                .name("test".to_owned())
                .spawn_scoped(scope, move || work(queue, run, options, signals, &guard))
                .map_err(starting)?;
            workers.relays.push(relay);
        }
        let mut working = workers.relays.len();
        // How much the server had printed when each file began.
        let mut printed = vec![0; results.len()];
        while working > 0 {
            match controller.receive(None) {
                Some(WorkerEvent::Left) => working -= 1,
                Some(WorkerEvent::Began(place, name)) => {
                    printed[place] = controller.server_lines();
                    controller.reporter.begin(&name);
                }
                Some(WorkerEvent::Ended(place, result)) => {
                    let result = controller.end(*result, printed[place]);
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

/// Runs files until the queue is empty.
fn work(
    queue: &Mutex<VecDeque<(usize, Loaded)>>,
    run: RunFile<'_>,
    options: PoolOptions,
    mut signals: Signals,
    guard: &WorkerGuard,
) {
    let lines = guard.0.clone();
    // Sending fails only after an error, which ends everything.
    let say: PrintLine = Rc::new(move |line| drop(lines.send(WorkerEvent::Line(line))));
    while let Some((place, file)) = next(queue) {
        guard.send(WorkerEvent::Began(place, file.name.clone()));
        let result = run(file, &mut signals, &say);
        if options.is_enough(&result) {
            // Cleared here, before this thread can start another file.
            clear(queue);
        }
        guard.send(WorkerEvent::Ended(place, Box::new(result)));
    }
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
mod tests;
