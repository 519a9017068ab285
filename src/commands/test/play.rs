//! Runs one file: its statements become a conversation, which a session of its own runs on the
//! connections of the file.

use std::ffi::OsString;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::file_result::{FileOutcome, FileResult};
use super::load::{self, Loaded};
use super::redact::Redactor;
use super::reporting::{written_statements, FileProgress, PrintLine, Reporting, Statements};
use super::settings::Settings;
use super::variables::Variables;
use crate::cli::{self, OptionArgs};
use crate::connect::Dialer;
use crate::deadline::Deadline;
use crate::driver::{Dial, LinkSetup, Run, Scripted, Signals, Wait};
use crate::error::{Error, ParseError};
use crate::plan::{Plan, Values};
use crate::session_file::{Line, SessionFile, Statement};
use crate::source::conversation::Conversation;
use crate::source::player::{self, Connection, Player};
use crate::target::InvalidUrl;

/// Runs a file. It passes if all its statements are completed. How its connections end afterwards
/// doesn't matter, because it is a race whether we or the server close them.
pub fn run(
    file: Loaded,
    settings: &Settings,
    signals: &mut Signals,
    say: &PrintLine,
) -> FileResult {
    let begun = Instant::now();
    let progress = Rc::new(FileProgress::default());
    let Loaded {
        path,
        name,
        text,
        script,
    } = file;
    let title = script.as_ref().ok().and_then(SessionFile::title);
    let title = title.map(str::to_owned);
    let expectations = script.as_ref().map_or(0, SessionFile::expectations);
    let folder = match path.as_path() {
        path if path == Path::new(load::STDIN) => Path::new(""),
        path => path.parent().unwrap_or(Path::new("")),
    };
    let played = script.and_then(|script| {
        let origin = FileText {
            name: &name,
            folder,
            text: &text,
        };
        let say = settings.verbose.then(|| Rc::clone(say));
        play(script, origin, settings, signals, &progress, say)
    });
    let result = FileResult {
        verdict: played.map_or_else(FileOutcome::of, |()| FileOutcome::Passed),
        file: name,
        title,
        earlier: Vec::new(),
        server: Vec::new(),
        lasted: begun.elapsed(),
        statements: progress.done.get(),
        expectations,
    };
    let secrets = progress.secrets.borrow();
    let secrets = secrets.iter().map(|(name, value)| (&**name, &**value));
    result.redacted(&Redactor::new(secrets))
}

/// The text that a session file was parsed from.
#[derive(Clone, Copy)]
struct FileText<'a> {
    name: &'a str,
    folder: &'a Path,
    text: &'a str,
}

impl FileText<'_> {
    /// An error on a line; 0 is the file as a whole.
    fn parse_error(&self, line: u32, column: u32, cause: String) -> Error {
        let index = usize::try_from(line).unwrap_or(0).checked_sub(1);
        let text = index.and_then(|index| self.text.lines().nth(index));
        Error::SessionFile(Box::new(ParseError {
            file: self.name.to_owned(),
            line,
            column,
            text: text.unwrap_or_default().to_owned(),
            cause,
        }))
    }
}

fn play(
    script: SessionFile,
    origin: FileText<'_>,
    settings: &Settings,
    signals: &mut Signals,
    progress: &Rc<FileProgress>,
    say: Option<PrintLine>,
) -> Result<(), Error> {
    let variables = Variables::new(&settings.vars, &[], settings.untrusted);
    let lookup = |name: &str| variables.value(name);
    let statements = match &say {
        Some(_) => written_statements(&script, origin.name, origin.text),
        None => Statements::new(),
    };
    let lines = script.lines.clone();
    let reopens = script.reopens();
    let options = player::PlayerOptions {
        file: origin.name,
        text: origin.text,
        folder: origin.folder,
        lookup: &lookup,
        url: settings.url.as_deref(),
        within: settings.within,
        speed: settings.speed,
        ignore: &settings.ignore,
        force: settings.force,
        confined: settings.untrusted,
    };
    let (connections, player) = Player::new(script, &options)?;
    let mut plans = Vec::new();
    for connection in &connections {
        let words = OptionWords {
            lines: &lines,
            lookup: &lookup,
        };
        plans.push(plan(connection, words, origin, settings)?);
    }
    let count = u16::try_from(plans.len())
        .map_err(|_| origin.parse_error(0, 0, "too many connections".to_owned()))?;
    let Some(first) = plans.first() else {
        return Err(origin.parse_error(0, 0, "no connection".to_owned()));
    };
    // A session has one of each of these, so those of the first connection apply to all.
    let (limits, delay) = (first.limits.clone(), first.delay);
    let (frame_size, hidden) = (first.protocol.frame_size, first.hidden.clone());
    let reconnects = plans.iter().map(|plan| plan.reconnect.clone()).collect();
    let mut policy = Scripted::new(reconnects, reopens);
    let first_dialer = settings.dialer.with_address_cache();
    let connections = plans.iter().map(|plan| LinkSetup {
        dial: dial(plan, first_dialer.clone(), settings.dialer.clone()),
        upkeep: &plan.upkeep,
        protocol: plan.protocol,
    });
    let steps = Reporting::new(player, statements, Rc::clone(progress), say);
    let mut source = Conversation::new(Box::new(steps), count, None, delay)
        .with_frame_size(frame_size)
        .without(hidden);
    let run = Run {
        connections: connections.collect(),
        source: &mut source,
        outputs: &mut [],
        signals,
        policy: &mut policy,
        limits: &limits,
    };
    let error = run.run().error;
    error.map_or(Ok(()), |error| Err(source.locate(error)))
}

/// Starts to connect when it is the connection's turn, with its own timeout. The connections of a
/// file share the addresses of names at first; later attempts resolve them again.
fn dial(plan: &Plan, first: Dialer, later: Dialer) -> Dial {
    let request = plan.request.clone();
    let mut first = Some(first);
    Box::new(move || {
        let deadline = Deadline::after(request.timeout);
        let dialer = first.take().unwrap_or_else(|| later.clone());
        dialer.start(request.clone(), deadline)
    })
}

/// The plan of a connection, made from the words of the file followed by those of the command line,
/// of which the last are used.
fn plan(
    connection: &Connection,
    of_file: OptionWords<'_>,
    origin: FileText<'_>,
    settings: &Settings,
) -> Result<Plan, Error> {
    let mut words: Vec<OsString> = connection.words.iter().map(OsString::from).collect();
    if settings.untrusted {
        // Each line was checked alone; together they must be allowed as well.
        cli::check_untrusted(&words).map_err(|refusal| {
            let (line, cause) = of_file
                .wrong(connection, settings)
                .unwrap_or((0, refusal.to_string()));
            origin.parse_error(line, 0, cause)
        })?;
    }
    words.extend(settings.words.iter().cloned());
    let (mut options, values) = options_of(&words, settings).map_err(|sentence| {
        let (line, sentence) = of_file.wrong(connection, settings).unwrap_or((0, sentence));
        origin.parse_error(line, 0, sentence)
    })?;
    // There is nothing to wait for after the last statement.
    options.connection.wait = Some(Wait::For(Duration::ZERO));
    options
        .protocol
        .max_message_size
        .get_or_insert(cli::MAX_HELD_MESSAGE);
    let plan = Plan::with_values(&connection.url, options, values, &settings.environment);
    plan.map_err(|error| match error {
        Error::Url(InvalidUrl { problem, hint }) if connection.line > 0 => {
            let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
            origin.parse_error(connection.line, 0, format!("{problem}{hint}"))
        }
        error => error,
    })
}

/// Parses options and reads the values that they name.
fn options_of(words: &[OsString], settings: &Settings) -> Result<(OptionArgs, Values), String> {
    let options = cli::conversation(words, &settings.config)?;
    let values = Values::read(&options, &settings.environment)?;
    let login = values.login.as_ref();
    if login.is_some_and(|login| login.password.is_none()) {
        return Err(cli::NO_PROMPT.to_owned());
    }
    Ok((options, values))
}

/// The words of a connection's options, by line.
#[derive(Clone, Copy)]
struct OptionWords<'a> {
    lines: &'a [Line],
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl OptionWords<'_> {
    /// The first line whose words are invalid by themselves, and the error.
    fn wrong(&self, connection: &Connection, settings: &Settings) -> Option<(u32, String)> {
        let of_it = |line: &&Line| line.link.is_none() || line.link == connection.name;
        self.lines.iter().filter(of_it).find_map(|line| {
            let (option, templates) = match &line.statement {
                Statement::Header(template) => (Some("-H"), std::slice::from_ref(template)),
                Statement::Subprotocol(template) => (Some("-s"), std::slice::from_ref(template)),
                Statement::Options(templates) => (None, templates.as_slice()),
                _ => return None,
            };
            let values = templates.iter().map(|it| it.render(self.lookup).ok());
            let values: Vec<String> = values.collect::<Option<_>>()?;
            let words = option.map(str::to_owned).into_iter().chain(values);
            let words: Vec<OsString> = words.map(OsString::from).collect();
            let sentence = options_of(&words, settings).err()?;
            Some((line.number, sentence))
        })
    }
}
