use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::Barrier;

use super::super::reporter::{ReportFormat, ReportStyle};
use super::*;
use crate::error::{Goal, Instead, RecentMessage, Unmet};
use crate::output::palette::Palette;
use crate::output::redact::Redactor;
use crate::output::report::Excerpts;
use crate::session_file::SessionFile;
use crate::text::phrase::Phrase;

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
        sources: crate::session_file::SourceMap::default(),
        script: Ok(SessionFile::default()),
    };
    (0..count).map(file).collect()
}

fn result(file: Loaded, verdict: FileOutcome) -> FileResult {
    FileResult {
        file: file.name,
        title: None,
        verdict,
        earlier: Vec::new(),
        server: Vec::new(),
        lasted: Duration::ZERO,
        statements: 0,
        expectations: 1,
    }
}

fn failed() -> FileOutcome {
    let unmet = Unmet::new(Goal::Open, Instead::NotOpen);
    FileOutcome::Failed(Error::Unmet(Box::new(unmet)))
}

/// Runs `files` with a `run` function for tests. Returns the outcome of each as a letter.
fn fates(
    options: PoolOptions,
    files: Vec<Loaded>,
    before: &[WorkerEvent],
    out: Box<dyn Write>,
    run: RunFile<'_>,
) -> (String, Controller) {
    let style = ReportStyle {
        format: ReportFormat::Lines,
        palette: Palette::plain(),
        excerpts: Excerpts::Whole,
        annotate: false,
        live: None,
    };
    let redactor = Redactor::new([("TOKEN", "s3cret")]);
    let reporter = Reporter::new(style, out, Box::new(io::sink()), files.len());
    let (sender, events) = channel();
    for events in before {
        if let WorkerEvent::Signal(number) = events {
            sender
                .send(WorkerEvent::Signal(*number))
                .expect("it is received");
        }
    }
    let mut controller = Controller::new(reporter, redactor, events, false);
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
    let (fates, controller) = fates(options, files(2), &interrupt, sink, &|file, signals, _| {
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
        recent: vec![RecentMessage {
            connection: None,
            is_sent: true,
            after: None,
            message: Phrase::value("s3cret"),
        }],
        ..Unmet::new(Goal::Receive(Phrase::value("s3cret")), Instead::NotOpen)
    };
    let shown = Box::new(out.clone());
    let ran = fates(BAIL, files(1), &[], shown, &|file, _, _| {
        let failed = FileOutcome::Failed(Error::Unmet(Box::new(unmet())));
        FileResult {
            title: Some("with s3cret".to_owned()),
            server: vec!["got s3cret".to_owned()],
            ..result(file, failed)
        }
    });
    let (fates, mut controller) = ran;
    assert_eq!(fates, "f");
    let text = String::from_utf8(out.0.take()).expect("text");
    let expected =
        "FAIL  0.ws  (0.000 s)\n  expected ${TOKEN}, but the connection is not open yet\n  \
                    the last messages:\n    > ${TOKEN}\n  the server's last output:\n    \
                    got ${TOKEN}\n";
    assert_eq!(text, expected);
    let hidden = controller.end(
        FileResult {
            title: Some("with s3cret".to_owned()),
            ..result(files(1).remove(0), FileOutcome::Passed)
        },
        0,
    );
    assert_eq!(hidden.title.as_deref(), Some("with ${TOKEN}"));
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
