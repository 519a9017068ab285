//! The outputs of a talk: messages on stdout or above the prompt, and progress on stderr.

use std::io;
use std::os::fd::AsFd as _;
use std::rc::Rc;

use regex::bytes::RegexSet;

use super::prompting::Prompting;
use crate::commands::notes;
use crate::event::Kind;
use crate::output::best_effort::BestEffort;
use crate::output::dump::BinaryAs;
use crate::output::hidden::Hidden;
use crate::output::human::{Human, HumanStyle, MessageLayout};
use crate::output::json::JsonLines;
use crate::output::narration::{Narration, NarrationStyle};
use crate::output::raw::{Raw, RawFormat};
use crate::output::record::SwitchedRecord;
use crate::output::sink::{Descriptor, Sink};
use crate::output::timing::TimingOutput;
use crate::output::Output;
use crate::plan::{MessageFormat, Plan};
use crate::source::conversation::SharedRules;
use crate::sys::pipe;

/// The outputs: one that shows messages and one that prints notes and progress. With a prompt, both
/// print above the input line.
pub(super) fn outputs(
    plan: &Plan,
    prompt: Option<&Prompting>,
    rules: Option<SharedRules>,
) -> io::Result<Vec<Box<dyn Output>>> {
    let shown = if let Some(prompt) = prompt {
        let layout = MessageLayout::Prompt {
            transcript: Rc::clone(&prompt.transcript),
            echo: prompt.terminal.has_editor(),
        };
        show(plan, prompt.screen.clone(), layout)
    } else {
        let stdout = io::stdout();
        pipe::enlarge(stdout.as_fd());
        show(plan, Descriptor::new(stdout.as_fd())?, MessageLayout::Bare)
    };
    let told = match prompt {
        Some(prompt) if plan.stderr_is_terminal => narration(plan, prompt.screen.clone(), true),
        _ => narration(plan, standard_error()?, prompt.is_some()),
    };
    let shown = match (plan.hidden.clone(), rules) {
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
    let mut outputs = vec![shown, told];
    if let Some(prompt) = prompt {
        outputs.push(Box::new(SwitchedRecord(Rc::clone(&prompt.record))));
    }
    if let Some(form) = plan.timing.filter(|_| plan.format != MessageFormat::Json) {
        let palette = plan.stderr_palette;
        outputs.push(match prompt {
            Some(prompt) if plan.stderr_is_terminal => {
                Box::new(TimingOutput::new(prompt.screen.clone(), form, palette))
            }
            _ => Box::new(TimingOutput::new(standard_error()?, form, palette)),
        });
    }
    Ok(outputs)
}

/// Standard error, whose reader may stop reading.
fn standard_error() -> io::Result<BestEffort<Descriptor>> {
    Ok(BestEffort::new(Descriptor::new(io::stderr().as_fd())?))
}

fn show<S: Sink + 'static>(plan: &Plan, sink: S, layout: MessageLayout) -> Box<dyn Output> {
    match plan.format {
        MessageFormat::Json => {
            let lines = JsonLines::new(sink, plan.ping_pong, plan.secrets);
            Box::new(if plan.timing.is_some() {
                lines.with_timing()
            } else {
                lines
            })
        }
        MessageFormat::Human => Box::new(Human::new(
            sink,
            HumanStyle {
                layout,
                palette: plan.palette,
                times: plan.times.clone(),
                binary: plan.binary_as,
                ping_pong: plan.ping_pong,
                secrets: plan.secrets,
                quiet: plan.is_quiet(),
            },
        )),
        MessageFormat::Raw { line_end } => Box::new(Raw::new(
            sink,
            RawFormat {
                line_end,
                binary: plan.binary_as.unwrap_or(BinaryAs::Raw),
                times: plan.times.clone(),
            },
        )),
    }
}

fn narration<S: Sink + 'static>(plan: &Plan, sink: S, beside_prompt: bool) -> Box<dyn Output> {
    Box::new(Narration::new(
        sink,
        NarrationStyle {
            ping_pong: plan.ping_pong && plan.format != MessageFormat::Json,
            beside_prompt,
            interrupt_is_end: false,
            ..notes::style(plan)
        },
    ))
}
