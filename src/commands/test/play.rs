//! Runs one file: its statements become a conversation, which a session of its own runs on the
//! connections of the file.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection::Plans;
use super::file_result::{FileOutcome, FileResult};
use super::file_text::FileText;
use super::load::{self, Loaded};
use super::opener::{Opener, SharedRequest};
use super::reporting::{written_statements, FileProgress, PrintLine, Reporting, Statements};
use super::settings::Settings;
use super::variables::Variables;
use crate::connect::Dialer;
use crate::deadline::Deadline;
use crate::driver::{Dial, LinkSetup, Run, Scripted, Signals};
use crate::error::Error;
use crate::output::redact::Redactor;
use crate::plan::ConnectionPlan;
use crate::session_file::SessionFile;
use crate::source::conversation::Conversation;
use crate::source::player::{FileConnection, Player, PlayerOptions};
use crate::source::send_delay::SendDelay;

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
        sources,
        script,
    } = file;
    let title = script.as_ref().ok().and_then(SessionFile::title);
    let title = title.map(str::to_owned);
    let expectations = script.as_ref().map_or(0, SessionFile::expectations);
    let folder = load::folder(&path).to_owned();
    let played = script.and_then(|script| {
        let origin = FileText {
            sources: Arc::new(sources),
            folder,
        };
        let say = settings.verbose.then(|| Rc::clone(say));
        play(script, &origin, settings, signals, &progress, say)
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

fn play(
    script: SessionFile,
    origin: &FileText,
    settings: &Settings,
    signals: &mut Signals,
    progress: &Rc<FileProgress>,
    say: Option<PrintLine>,
) -> Result<(), Error> {
    let statements = match &say {
        Some(_) => written_statements(&script, &origin.sources),
        None => Statements::new(),
    };
    let outlives = script.outlives_connections();
    let needs_opener = script.needs_opener();
    let (connections, player) = player(script, origin, settings)?;
    let mut plans = Plans::new(origin, settings);
    let plans = connections.iter().map(|connection| plans.plan(connection));
    let plans: Vec<ConnectionPlan> = plans.collect::<Result<_, _>>()?;
    let invalid = |cause: &str| origin.parse_error(0, 0, cause.to_owned());
    let count = u16::try_from(plans.len()).map_err(|_| invalid("too many connections"))?;
    let first = plans.first().ok_or_else(|| invalid("no connection"))?;
    // A session has one of each of these, so those of the first connection apply to all.
    let limits = first.limits.clone();
    let (frame_size, hidden) = (first.protocol.frame_size, first.hidden.clone());
    let reconnects = plans.iter().map(|plan| plan.reconnect.clone()).collect();
    let mut policy = Scripted::new(reconnects, outlives);
    let first_dialer = settings.dialer.with_address_cache();
    let request = |plan: &ConnectionPlan| SharedRequest::new(RefCell::new(plan.request.clone()));
    let requests: Vec<_> = plans.iter().map(request).collect();
    let setups = plans.iter().zip(&requests).zip(&connections);
    let setups = setups.map(|((plan, request), connection)| LinkSetup {
        dial: dial(
            Rc::clone(request),
            first_dialer.clone(),
            settings.dialer.clone(),
        ),
        is_deferred: connection.is_deferred,
        upkeep: &plan.upkeep,
        protocol: plan.protocol,
    });
    let delay = SendDelay::new(Duration::ZERO);
    let setups: Vec<_> = setups.collect();
    let deferred = player.deferred().to_vec();
    let opener = needs_opener.then(|| Opener::new(settings, origin, requests));
    let steps = Reporting::new(player, statements, Rc::clone(progress), say).with_opener(opener);
    let mut source = Conversation::new(Box::new(steps), count, None, delay)
        .with_deferred(&deferred)
        .outliving_connections(outlives)
        .with_frame_size(frame_size)
        .without(hidden);
    let run = Run {
        connections: setups,
        source: &mut source,
        outputs: &mut [],
        signals,
        policy: &mut policy,
        limits: &limits,
    };
    // A file passes only if each of its statements was run.
    let error = run.run().error.or_else(|| source.incomplete());
    error.map_or(Ok(()), |error| Err(source.locate(error)))
}

/// What runs the statements of a file, and the connections that it needs.
fn player(
    script: SessionFile,
    origin: &FileText,
    settings: &Settings,
) -> Result<(Vec<FileConnection>, Player), Error> {
    let is_untrusted = settings.untrusted.is_some();
    let variables = Variables::new(&settings.vars, &[], is_untrusted);
    let options = PlayerOptions {
        sources: &origin.sources,
        folder: &origin.folder,
        lookup: &|name| variables.value(name),
        hides_values: false,
        url: settings.url.as_deref(),
        within: settings.within,
        speed: settings.speed,
        ignore: &settings.ignore,
        force: settings.force,
        confined: is_untrusted,
    };
    Player::new(script, &options)
}

/// Starts to connect when it is the connection's turn, with its own timeout. The connections of a
/// file share the addresses of names at first; later attempts resolve them again.
fn dial(request: SharedRequest, first: Dialer, later: Dialer) -> Dial {
    let mut first = Some(first);
    Box::new(move || {
        let request = request.borrow();
        let deadline = Deadline::after(request.timeout);
        let dialer = first.take().unwrap_or_else(|| later.clone());
        dialer.start(request.clone(), deadline)
    })
}
