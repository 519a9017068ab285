//! Running files beside each other: so many threads, each with one file at a time, and one place
//! that hears of it all, tells people and decides when it is enough.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::SIGTERM;

use super::board::Board;
use super::load::Loaded;
use super::play::Say;
use super::trial::{Trial, Trials, Verdict};
use crate::driver::{Relay, Signals};
use crate::error::Error;

/// What the place in the middle hears.
#[derive(Debug)]
pub enum News {
    /// A file has begun.
    Began(String),
    /// A statement was done, or the server printed a line.
    Said(String),
    /// A file has ended.
    Ended(usize, Box<Trial>),
    /// A thread has no more files.
    Left,
    /// A signal has come.
    Signal(i32),
}

/// The place in the middle: what comes in, and what people see of it.
pub struct Desk {
    /// What is shown.
    pub board: Board,
    news: Receiver<News>,
    /// The signal that came first.
    signal: Option<i32>,
    /// How many have come.
    signals: usize,
    verbose: bool,
}

impl Desk {
    /// A desk that hears `news`.
    #[must_use]
    pub fn new(board: Board, news: Receiver<News>, verbose: bool) -> Self {
        Self {
            board,
            news,
            signal: None,
            signals: 0,
            verbose,
        }
    }

    /// Whether lines that are only said are shown.
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// A text without what no report may show.
    #[must_use]
    pub fn redacted(&self, text: &str) -> String {
        self.board.redactor().apply(text).into_owned()
    }

    /// The signal that came first, if one has come.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        self.signal
    }

    /// How many signals have come.
    #[must_use]
    pub fn signals(&self) -> usize {
        self.signals
    }

    /// Hears what comes within `limit`; what is only to be said is said.
    pub fn hear(&mut self, limit: Option<Duration>) -> Option<News> {
        let news = match limit {
            Some(limit) => match self.news.recv_timeout(limit) {
                Ok(news) => news,
                Err(RecvTimeoutError::Timeout) => return None,
                // Nobody is left to say anything: the time passes all the same.
                Err(RecvTimeoutError::Disconnected) => {
                    thread::sleep(limit);
                    return None;
                }
            },
            None => self.news.recv().ok()?,
        };
        match &news {
            News::Said(line) if self.verbose => self.board.say(line),
            News::Signal(signal) => {
                self.signal.get_or_insert(*signal);
                self.signals += 1;
            }
            _ => {}
        }
        Some(news)
    }
}

/// Runs one file: it hears signals, and says each statement that it has done.
pub type Run<'a> = &'a (dyn Fn(Loaded, &mut Signals, &Say) -> Trial + Sync);

/// How files are run.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// How many at once.
    pub jobs: usize,
    /// The first that does not pass is the last.
    pub bail: bool,
}

impl Manner {
    /// Whether a file that has ended so is the last.
    fn is_enough(self, trial: &Trial) -> bool {
        self.bail && !matches!(trial.verdict, Verdict::Passed)
    }
}

/// Runs the files, each once, until all have ended or it is enough: after a signal, after the first
/// that does not pass if that was asked for, or when nobody can be told any more. Those that run
/// then are ended in order.
///
/// # Errors
///
/// [`Error::System`] for what the system refused.
pub fn run(
    files: Vec<Loaded>,
    manner: Manner,
    run: Run<'_>,
    sender: &Sender<News>,
    desk: &mut Desk,
) -> Result<Trials, Error> {
    let mut trials: Trials = files.iter().map(|file| (file.name.clone(), None)).collect();
    let queue = Mutex::new(files.into_iter().enumerate().collect::<VecDeque<_>>());
    let queue = &queue;
    thread::scope(|scope| {
        let mut crew = Crew {
            relays: Vec::new(),
            queue,
            stopped: false,
        };
        for _ in 0..manner.jobs.min(trials.len()) {
            let (mut signals, relay) = Signals::relayed().map_err(starting)?;
            let leave = Leave(sender.clone());
            thread::Builder::new()
                .name("test".to_owned())
                .spawn_scoped(scope, move || {
                    let lines = leave.0.clone();
                    // Nobody listens any more only after an error, which ends everything.
                    let say: Say = Rc::new(move |line| drop(lines.send(News::Said(line))));
                    while let Some((place, file)) = next(queue) {
                        leave.tell(News::Began(file.name.clone()));
                        let trial = run(file, &mut signals, &say);
                        if manner.is_enough(&trial) {
                            // Here already, before this thread could begin another.
                            clear(queue);
                        }
                        leave.tell(News::Ended(place, Box::new(trial)));
                    }
                })
                .map_err(starting)?;
            crew.relays.push(relay);
        }
        let mut working = crew.relays.len();
        while working > 0 {
            match desk.hear(None) {
                Some(News::Left) => working -= 1,
                Some(News::Began(name)) => desk.board.begin(&name),
                Some(News::Ended(place, trial)) => {
                    let trial = trial.redacted(desk.board.redactor());
                    desk.board.end(&trial);
                    let enough = manner.is_enough(&trial);
                    trials[place].1 = Some(trial);
                    if enough || desk.board.has_fault() {
                        crew.end();
                    }
                }
                Some(News::Signal(signal)) => crew.stop(signal),
                Some(News::Said(_)) => {}
                None => break,
            }
        }
        Ok(trials)
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

/// The threads that run files. When it goes, whatever the reason, they begin no more.
struct Crew<'a> {
    relays: Vec<Relay>,
    queue: &'a Mutex<VecDeque<(usize, Loaded)>>,
    stopped: bool,
}

impl Crew<'_> {
    /// Begins no more, and ends what runs in order, if that was not done before.
    fn end(&mut self) {
        if !self.stopped {
            self.stop(SIGTERM);
        }
    }

    /// Begins no more, and lets what runs hear a signal; a second one ends it at once.
    fn stop(&mut self, signal: i32) {
        self.stopped = true;
        clear(self.queue);
        for relay in &self.relays {
            relay.pass_on(signal);
        }
    }
}

impl Drop for Crew<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// Says that a thread has left, after a panic too.
struct Leave(Sender<News>);

impl Leave {
    /// Nobody listens any more only after an error, which ends everything.
    fn tell(&self, news: News) {
        let _ = self.0.send(news);
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.tell(News::Left);
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

    use super::super::board::{Form, Look};
    use super::super::redact::Redactor;
    use super::*;
    use crate::error::Unmet;
    use crate::output::palette::Palette;
    use crate::session_file::Script;

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
            script: Ok(Script::default()),
        };
        (0..count).map(file).collect()
    }

    fn trial(file: Loaded, verdict: Verdict) -> Trial {
        Trial {
            file: file.name,
            verdict,
            lasted: Duration::ZERO,
            statements: 0,
        }
    }

    fn failed() -> Verdict {
        Verdict::Failed(Error::Unmet(Box::default()))
    }

    /// Runs `files` with a `run` of the test's; each file's fate in a letter.
    fn fates(
        manner: Manner,
        files: Vec<Loaded>,
        before: &[News],
        out: Box<dyn Write>,
        run: Run<'_>,
    ) -> (String, Desk) {
        let look = Look {
            form: Form::Lines,
            palette: Palette::plain(),
            live: None,
        };
        let redactor = Redactor::new([("TOKEN", "s3cret")]);
        let board = Board::new(look, out, Box::new(io::sink()), redactor, files.len());
        let (sender, news) = channel();
        for news in before {
            if let News::Signal(number) = news {
                sender.send(News::Signal(*number)).expect("it is heard");
            }
        }
        let mut desk = Desk::new(board, news, false);
        let trials = super::run(files, manner, run, &sender, &mut desk).expect("threads");
        let fate = |(_, trial): &(String, Option<Trial>)| match trial {
            None => '-',
            Some(trial) => match trial.verdict {
                Verdict::Passed => 'p',
                Verdict::Failed(_) => 'f',
                Verdict::Flawed(_) => 'e',
                Verdict::Stopped => 's',
            },
        };
        (trials.iter().map(fate).collect(), desk)
    }

    const BAIL: Manner = Manner {
        jobs: 1,
        bail: true,
    };

    #[test]
    fn every_file_is_run_once_whatever_the_number_of_threads() {
        for jobs in [1, 2, 50] {
            let runs = AtomicUsize::new(0);
            let manner = Manner { jobs, bail: false };
            let sink = Box::new(io::sink());
            let (fates, _) = fates(manner, files(20), &[], sink, &|file, _, _| {
                runs.fetch_add(1, Ordering::Relaxed);
                let fails = file.name == "7.ws";
                trial(file, if fails { failed() } else { Verdict::Passed })
            });
            assert_eq!(fates, "pppppppfpppppppppppp");
            assert_eq!(runs.into_inner(), 20);
        }
    }

    #[test]
    fn they_run_beside_each_other() {
        let together = Barrier::new(3);
        let manner = Manner {
            jobs: 3,
            bail: false,
        };
        let sink = Box::new(io::sink());
        let (fates, _) = fates(manner, files(3), &[], sink, &|file, _, _| {
            together.wait();
            trial(file, Verdict::Passed)
        });
        assert_eq!(fates, "ppp");
    }

    #[test]
    fn bail_begins_no_more_and_ends_the_others_in_order() {
        let sink = Box::new(io::sink());
        let (alone, _) = fates(BAIL, files(3), &[], sink, &|file, _, _| {
            let fails = file.name == "1.ws";
            trial(file, if fails { failed() } else { Verdict::Passed })
        });
        assert_eq!(alone, "pf-");
        let together = Barrier::new(2);
        let manner = Manner { jobs: 2, ..BAIL };
        let sink = Box::new(io::sink());
        let (beside, _) = fates(manner, files(5), &[], sink, &|file, signals, _| {
            if file.name == "0.ws" {
                together.wait();
                return trial(file, failed());
            }
            together.wait();
            assert_eq!(signals.wait().expect("a relay"), [SIGTERM]);
            trial(file, Verdict::Stopped)
        });
        assert_eq!(beside, "fs---");
    }

    #[test]
    fn a_signal_is_passed_on() {
        let interrupt = [News::Signal(2)];
        let manner = Manner {
            jobs: 1,
            bail: false,
        };
        let sink = Box::new(io::sink());
        let (fates, desk) = fates(manner, files(2), &interrupt, sink, &|file, signals, _| {
            assert_eq!(signals.wait().expect("a relay"), [2]);
            trial(file, Verdict::Stopped)
        });
        assert!(fates == "s-" || fates == "--", "{fates}");
        assert_eq!((desk.signal(), desk.signals()), (Some(2), 1));
    }

    #[test]
    fn what_can_not_be_told_is_not_run() {
        let manner = Manner {
            jobs: 1,
            bail: false,
        };
        let (fates, mut desk) = fates(
            manner,
            files(3),
            &[],
            Box::new(Full),
            &|file, signals, _| {
                if file.name != "0.ws" {
                    signals.wait().expect("a relay");
                }
                trial(file, Verdict::Passed)
            },
        );
        assert!(fates == "p--" || fates == "pp-", "{fates}");
        assert!(desk.board.take_fault().is_some());
    }

    #[test]
    fn a_secret_is_kept_out_of_what_is_kept() {
        let out = Shared::default();
        let unmet = || Unmet {
            expected: "s3cret".to_owned(),
            recent: vec!["> s3cret".to_owned()],
            ..Unmet::default()
        };
        let shown = Box::new(out.clone());
        let (fates, _) = fates(BAIL, files(1), &[], shown, &|file, _, _| {
            trial(file, Verdict::Failed(Error::Unmet(Box::new(unmet()))))
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
    fn a_panic_is_passed_on_when_the_others_have_ended() {
        let manner = Manner {
            jobs: 2,
            bail: false,
        };
        fates(
            manner,
            files(3),
            &[],
            Box::new(io::sink()),
            &|file, _, _| {
                assert!(file.name != "1.ws", "a panic of the test's");
                trial(file, Verdict::Passed)
            },
        );
    }
}
