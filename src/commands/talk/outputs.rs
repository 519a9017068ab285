//! The outputs of a talk: messages on stdout or above the prompt, and progress on stderr.

use std::io;
use std::os::fd::AsFd as _;
use std::rc::Rc;

use regex::bytes::RegexSet;

use super::prompting::Prompting;
use crate::commands::notes;
use crate::event::Kind;
use crate::output::best_effort::BestEffort;
use crate::output::dump::BinaryFormat;
use crate::output::hidden::Hidden;
use crate::output::human::{Human, HumanStyle, MessageLayout};
use crate::output::json::JsonOutput;
use crate::output::narration::{Narration, NarrationStyle};
use crate::output::raw::{RawFormat, RawOutput};
use crate::output::record;
use crate::output::sink::Descriptor;
use crate::output::timing::TimingOutput;
use crate::output::{Channel, Output};
use crate::plan::{MessageFormat, Plan};
use crate::source::conversation::SharedRules;
use crate::sys::pipe;

/// The outputs: one that shows messages and one that prints notes and progress. With a prompt, both
/// print above the input line.
pub(super) fn outputs(
    plan: &Plan,
    prompt: Option<&Prompting>,
    rules: Option<SharedRules>,
) -> io::Result<Vec<Channel>> {
    let layout = match prompt {
        Some(prompt) => MessageLayout::Prompt {
            transcript: Rc::clone(&prompt.transcript),
            echo: prompt.terminal.has_editor(),
        },
        None => MessageLayout::Bare,
    };
    let shown = show(plan, layout);
    let shown: Box<dyn Output> = match (plan.hidden.clone(), rules) {
        (None, None) => shown,
        (patterns, rules) => Box::new(Hidden::new(
            shown,
            Box::new(move |link, kind, bytes| {
                let matches = |patterns: &RegexSet| kind == Kind::Text && patterns.is_match(bytes);
                patterns.as_ref().is_some_and(matches)
                    || rules
                        .as_ref()
                        .is_some_and(|rules| rules.hide(link, kind, bytes))
            }),
        )),
    };
    let shown = if let Some(prompt) = prompt {
        Channel::shown(shown, prompt.screen.clone())
    } else {
        let stdout = io::stdout();
        pipe::enlarge(stdout.as_fd());
        Channel::shown(shown, Descriptor::new(stdout.as_fd())?)
    };
    let told = beside(plan, prompt, narration(plan, prompt.is_some()))?;
    let mut outputs = vec![shown, told];
    if let Some(prompt) = prompt {
        outputs.push(record::switched(Rc::clone(&prompt.record)));
    }
    if let Some(form) = plan.timing.filter(|_| plan.format != MessageFormat::Json) {
        let palette = plan.stderr_palette;
        let timing = Box::new(TimingOutput::new(form, palette));
        outputs.push(beside(plan, prompt, timing)?);
    }
    Ok(outputs)
}

/// Prints to stderr, whose reader may stop reading; above the prompt if that is the same terminal.
fn beside(plan: &Plan, prompt: Option<&Prompting>, output: Box<dyn Output>) -> io::Result<Channel> {
    if let Some(prompt) = prompt.filter(|_| plan.stderr_is_terminal) {
        return Ok(Channel::shown(output, prompt.screen.clone()));
    }
    let stderr = Descriptor::new(io::stderr().as_fd())?;
    Ok(Channel::shown(output, BestEffort::new(stderr)))
}

fn show(plan: &Plan, layout: MessageLayout) -> Box<dyn Output> {
    match plan.format {
        MessageFormat::Json => {
            let lines = JsonOutput::new(plan.ping_pong, plan.secrets);
            Box::new(if plan.timing.is_some() {
                lines.with_timing()
            } else {
                lines
            })
        }
        MessageFormat::Human => Box::new(Human::new(HumanStyle {
            layout,
            palette: plan.palette,
            times: plan.prompt.zone.clone().or_else(|| plan.times.clone()),
            binary: plan.binary_as,
            ping_pong: plan.ping_pong,
            secrets: plan.secrets,
            quiet: plan.is_quiet(),
        })),
        MessageFormat::Raw { line_end } => Box::new(RawOutput::new(RawFormat {
            line_end,
            binary: plan.binary_as.unwrap_or(BinaryFormat::Raw),
            times: plan.times.clone(),
        })),
    }
}

fn narration(plan: &Plan, beside_prompt: bool) -> Box<dyn Output> {
    Box::new(Narration::new(NarrationStyle {
        ping_pong: plan.ping_pong && plan.format != MessageFormat::Json,
        beside_prompt,
        interrupt_is_end: false,
        ..notes::style(plan)
    }))
}
