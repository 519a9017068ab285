//! `wsline test`: runs session files and records against a server.
//!
//! All files are read first. Then the server of `--serve` is started, if there is one, and the
//! files are run; the server is always stopped at the end. The controller receives all events
//! (files, lines of the server, signals), and only it prints.

mod annotation;
mod connection;
mod console;
mod credentials;
mod file_result;
mod file_text;
mod files;
mod junit;
mod load;
mod objects;
mod opener;
mod play;
mod pool;
mod ready;
mod reporter;
mod reporting;
mod retries;
mod secrets;
mod server;
mod serving;
mod settings;
mod summary;
mod untrusted;
mod variables;

use std::io;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::sync::mpsc::{channel, Sender};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use self::console::{Console, Stop};
use self::file_result::{FileOutcome, FileResult, FileResults};
use self::junit::Junit;
use self::load::Loaded;
use self::pool::{Controller, PoolOptions, WorkerEvent};
use self::reporter::{ReportFormat, ReportStyle, Reporter};
use self::reporting::PrintLine;
use self::serving::{endpoint, with_server, Serve};
use self::settings::Settings;
use self::summary::Summary;
use self::variables::{GivenVariables, Variables};
use crate::cli::{ConnectionArgs, OptionParser, SessionOptions, TestArgs, UntrustedCheck};
use crate::connect::tls;
use crate::driver::Signals;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::escape::{self, Breaks};
use crate::output::redact::Redactor;
use crate::output::report::Excerpts;
use crate::output::stderr;
use crate::plan::{self, Environment, StandardStream, Values};

/// How long the last note waits for the reader of standard error.
const NOTE_TIME: Duration = Duration::from_secs(1);

/// Runs the files that were asked for; what is left is to exit.
///
/// # Errors
///
/// [`Error::Usage`] and [`Error::SessionFile`] if there is nothing to run, what kept the server of
/// `--serve` from starting, and [`Error::Output`] for a report that could not be written. What went
/// wrong with a file is in the report, and in the exit code.
pub fn run(
    test: TestArgs,
    own: SessionOptions,
    environment: &Environment,
) -> Result<ExitCode, Error> {
    let begun = Instant::now();
    let test = with_stdin(test);
    let checked = own.finish(&test.config_options, &OptionParser::default());
    let checked = checked.map_err(|sentence| after_hyphens(&sentence))?;
    let options = &checked.connection;
    let given = GivenVariables::read(&test.vars)?;
    let hidden = [&test.secrets[..], &given.of_environment].concat();
    let variables = Variables::new(&given.values, &hidden, test.untrusted);
    let untrusted = test.untrusted.then(Arc::<UntrustedCheck>::default);
    let files = load_files(&test, environment, variables, untrusted.as_deref())?;
    prefetch(options, environment);
    let values = Values::read(options, environment).map_err(|sentence| after_hyphens(&sentence))?;
    let secrets = secrets::of(test.url.as_deref(), options, &values);
    let redactor = variables.redactor(&files, &secrets);
    let endpoint = serving::url(&test, &files, variables)
        .and_then(|url| {
            url.map(|url| endpoint(&url, &test, &checked, values, environment))
                .transpose()
        })
        .map_err(|error| redactor.without_secrets(error));
    let invalid = invalid_files(&files, &redactor);
    let endpoint = if_runnable(endpoint, &invalid)?;
    let junit = test.junit.as_deref().map(Junit::create).transpose()?;

    let (sender, events) = channel();
    let stop = Stop::default();
    let reporter = reporter(&test, environment, files.len(), &stop).map_err(failed)?;
    let mut controller = Controller::new(reporter, redactor.clone(), events, test.verbose);
    forward_signals(sender.clone(), Arc::clone(&stop))?;
    let pool_options = PoolOptions {
        jobs: test.jobs.get(),
        bail: test.bail,
    };
    let serve = Serve {
        command: test.serve.clone(),
        endpoint,
        limit: options.connect_timeout,
    };
    let tells_notes = !test.quiet;
    let vars = given.values.clone();
    let settings = Settings::new(test, vars, own, &checked, untrusted, environment);
    let ran = with_server(serve, &sender, &mut controller, |controller| {
        run_files(files, pool_options, &settings, &sender, controller)
    })
    .map_err(|error| redactor.without_secrets(error));
    let summary = Summary::new(ran, invalid, begun.elapsed(), &mut controller);
    let ended = summary.finish(controller, junit, stop);
    if tells_notes {
        print_note(environment);
    }
    ended
}

/// The server to wait for. An error in it ends the run, unless errors in files are reported; if no
/// file can be run, no server is needed.
fn if_runnable<T>(
    endpoint: Result<Option<T>, Error>,
    invalid: &FileResults,
) -> Result<Option<Result<T, Error>>, Error> {
    let is_runnable = |(_, result): &(String, Option<FileResult>)| result.is_none();
    match endpoint.transpose() {
        Some(Err(error)) if invalid.iter().all(is_runnable) => Err(error),
        endpoint => Ok(endpoint.filter(|_| invalid.iter().any(is_runnable))),
    }
}

/// Runs each file, and those that fail as often as `--retries` says.
fn run_files(
    files: Vec<Loaded>,
    options: PoolOptions,
    settings: &Settings,
    sender: &Sender<WorkerEvent>,
    controller: &mut Controller,
) -> Result<FileResults, Error> {
    let run = |file: Loaded, signals: &mut Signals, say: &PrintLine| {
        retries::run(file, settings.retries, |file| {
            play::run(file, settings, signals, say)
        })
    };
    pool::run(files, options, &run, sender, controller)
}

/// Prints the note about the file of TLS keys, if there is one.
fn print_note(environment: &Environment) {
    if let Some(note) = environment.key_log.note() {
        let note = escape::text(&note, Breaks::Shown);
        let until = Instant::now() + NOTE_TIME;
        stderr::print(&format!("wsline: {note}\n"), Some(until));
    }
}

/// Reads all files.
fn load_files(
    test: &TestArgs,
    environment: &Environment,
    variables: Variables<'_>,
    untrusted: Option<&UntrustedCheck>,
) -> Result<Vec<Loaded>, Error> {
    // In a folder, only regular files are read.
    let of_folders = environment.inputs.only_regular();
    let load = |path: PathBuf| {
        let named = test.files.contains(&path);
        let inputs = if named {
            &environment.inputs
        } else {
            &of_folders
        };
        match untrusted {
            Some(check) => untrusted::load(path, inputs, variables, check),
            None => Loaded::read(path, inputs, false),
        }
    };
    let files = files::find(&test.files, &test.filter)?;
    let mut files: Vec<Loaded> = files.into_iter().map(load).collect();
    let count = files.len();
    files.retain(|file| has_tags(file, &test.tags));
    if files.is_empty() {
        let tags = test.tags.join(" or ");
        return Err(Error::Usage(format!(
            "no files to run: none of {count} files has the tag {tags} (--tag)"
        )));
    }
    Ok(files)
}

/// Whether `--tag` selects a file: it has one of the tags, and none of those with a `!`. A file
/// that can't be read is always selected, so that it is reported.
fn has_tags(file: &Loaded, tags: &[String]) -> bool {
    let Ok(script) = &file.script else {
        return true;
    };
    let has = |tag: &str| script.tags().any(|of_file| of_file == tag);
    let (excluded, wanted): (Vec<_>, Vec<_>) = tags.iter().partition(|tag| tag.starts_with('!'));
    (wanted.is_empty() || wanted.iter().any(|tag| has(tag)))
        && !excluded.iter().any(|tag| has(tag.trim_start_matches('!')))
}

/// Reads files that every connection needs, before the threads start.
fn prefetch(options: &ConnectionArgs, environment: &Environment) {
    let of_tls = [&options.cacert, &options.cert, &options.key];
    for path in of_tls.into_iter().flatten() {
        environment.inputs.prefetch(path, tls::LARGEST_FILE);
    }
}

/// Adds the file of standard input for `-`.
fn with_stdin(mut test: TestArgs) -> TestArgs {
    for file in &mut test.files {
        if file.as_os_str() == "-" {
            *file = PathBuf::from(load::STDIN);
        }
    }
    test
}

/// The results before the run: files that can't be read have failed, the others have not started.
fn invalid_files(files: &[Loaded], redactor: &Redactor) -> FileResults {
    let result = |file: &Loaded| {
        let Err(Error::SessionFile(error)) = &file.script else {
            return (file.name.clone(), None);
        };
        let result = FileResult {
            file: file.name.clone(),
            title: None,
            verdict: FileOutcome::Error(Error::SessionFile(error.clone())),
            earlier: Vec::new(),
            server: Vec::new(),
            lasted: Duration::ZERO,
            statements: 0,
            expectations: 0,
        };
        (file.name.clone(), Some(result.redacted(redactor)))
    };
    files.iter().map(result).collect()
}

fn reporter(
    test: &TestArgs,
    environment: &Environment,
    total: usize,
    stop: &Stop,
) -> io::Result<Reporter> {
    let format = match (test.json, test.quiet) {
        (true, _) => ReportFormat::Json,
        (_, true) => ReportFormat::Failures,
        _ => ReportFormat::Lines,
    };
    let screen = environment.stdout == StandardStream::Terminal && !environment.dumb;
    let columns = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let style = ReportStyle {
        format,
        palette: plan::palette(test.color, environment.stdout, environment),
        excerpts: if environment.stdout == StandardStream::Terminal {
            Excerpts::Short
        } else {
            Excerpts::Whole
        },
        annotate: environment.github_actions,
        live: (screen && format != ReportFormat::Json)
            .then(columns)
            .flatten(),
    };
    let console = |fd| Console::new(fd, Arc::clone(stop)).map(Box::new);
    let (out, err) = (io::stdout(), io::stderr());
    let (out, err) = (console(out.as_fd())?, console(err.as_fd())?);
    Ok(Reporter::new(style, out, err, total))
}

/// An error in the options after `--`.
fn after_hyphens(sentence: &str) -> Error {
    Error::Usage(format!("after --: {sentence}"))
}

fn failed(cause: io::Error) -> Error {
    Error::System {
        doing: "setting up",
        cause,
    }
}

/// Passes the signals of the process to the controller.
fn forward_signals(sender: Sender<WorkerEvent>, stop: Stop) -> Result<(), Error> {
    let mut signals = Signals::register().map_err(failed)?;
    let forward = move || {
        // After an error of poll(2), signals are no longer received; without a controller they are
        // not needed.
        while let Ok(numbers) = signals.wait() {
            for number in numbers {
                stop.get_or_init(Instant::now);
                if sender.send(WorkerEvent::Signal(number)).is_err() {
                    return;
                }
            }
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(forward)
        .map_err(failed)?;
    Ok(())
}
