//! `wsline rpc`: calls a method by JSON-RPC and prints its result.
//!
//! The call is a conversation with an output of its own.

use std::io::{self, Read as _};
use std::path::Path;

use super::end::print_end;
use super::single::{self, at_least};
use crate::cli::{OptionArgs, ParamsArg, RpcArgs, MAX_HELD_MESSAGE};
use crate::connect::tls;
use crate::error::{plain, Error};
use crate::exit::ExitCode;
use crate::output::report::report;
use crate::output::rpc::{RpcLines, RpcStyle};
use crate::output::verbosity::Verbosity;
use crate::plan::{Environment, MessageFormat, Plan};
use crate::rpc::check_params;
use crate::source::call::RpcCall;
use crate::source::conversation::Conversation;
use crate::source::listen::Listen;
use crate::source::Source;
use crate::sys::file::{without_byte_order_mark, MAX_SIZE};
use crate::verdict::Verdict;

/// Calls the method and prints how the run ended.
///
/// # Errors
///
/// Those of [`Plan::new`], and [`Error::Input`] or [`Error::Usage`] for the parameters.
pub fn run(
    rpc: &RpcArgs,
    options: OptionArgs,
    environment: &Environment,
) -> Result<ExitCode, Error> {
    let params = rpc.params.as_ref();
    let params = params.map(|params| read(params, environment)).transpose()?;
    let mut plan = Plan::new(&rpc.url, options, environment)?;
    let max_message_size = &mut plan.protocol.max_message_size;
    max_message_size.get_or_insert(MAX_HELD_MESSAGE);
    if plan.request.may_use_tls() {
        tls::read_lazily();
    }
    let style = RpcStyle {
        follow: rpc.follow,
        escaped: plan.format == MessageFormat::Human,
    };
    let call = RpcCall::new(rpc.dialect(), &rpc.method, params.as_deref(), rpc.within);
    let then = rpc.follow.then(|| Box::new(Listen) as Box<dyn Source>);
    let mut source = Conversation::new(Box::new(call), 1, then, plan.delay);
    let printed = Box::new(RpcLines::new(style));
    let (verdict, until) = match single::run(&mut plan, &mut source, printed, false) {
        Ok(outcome) => {
            let until = outcome.show_until.map(at_least);
            (Verdict::from_outcome(outcome), until)
        }
        Err(error) => (Verdict::from_error(error), None),
    };
    print_end(&words(&plan, &verdict), until);
    Ok(verdict.code)
}

/// The error, unless it has been reported, and how the connection was closed.
fn words(plan: &Plan, verdict: &Verdict) -> String {
    let mut words = verdict
        .unreported
        .as_ref()
        .map_or_else(String::new, |error| {
            report(error, plan.verbosity, plan.stderr_palette, plan.secrets)
        });
    // After an error in the response the end is as usual.
    let is_notable = plan.verbosity >= Verbosity::Handshake
        || verdict.is_unanswered
        || !matches!(verdict.code, ExitCode::Success | ExitCode::Expectation);
    if let Some(line) = verdict
        .line
        .as_ref()
        .filter(|_| is_notable && !plan.is_quiet())
    {
        words.push_str(line);
        words.push('\n');
    }
    words
}

/// The parameters as JSON, checked.
fn read(params: &ParamsArg, environment: &Environment) -> Result<String, Error> {
    let (origin, bytes) = match params {
        // Checked with the command line.
        ParamsArg::Json(json) => return Ok(json.clone()),
        ParamsArg::File(path) => (origin(path), environment.inputs.read(path, MAX_SIZE)),
        ParamsArg::Stdin => {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().take(MAX_SIZE).read_to_end(&mut bytes);
            ("standard input".to_owned(), read.map(|_| bytes))
        }
    };
    let bytes = bytes.map_err(|cause| Error::DataFile {
        path: origin.clone(),
        cause: plain(&cause),
        may_be_text: false,
    })?;
    let text = std::str::from_utf8(without_byte_order_mark(&bytes));
    let text = text.map_err(|_| "not UTF-8".to_owned());
    let checked = text.and_then(|text| check_params(text).map(|()| text.to_owned()));
    checked.map_err(|cause| Error::Usage(format!("{origin}: {cause}")))
}

fn origin(path: &Path) -> String {
    path.display().to_string()
}
