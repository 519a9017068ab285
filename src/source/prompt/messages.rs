//! Commands for kept messages.

use std::fs::OpenOptions;
use std::io::Write as _;

use super::command::{MessageCommand, ViewFormat};
use super::options::{expand_home, PromptOptions};
use crate::error::plain;
use crate::event::{Kind, Way};
use crate::output::dump;
use crate::output::human::whole_text;
use crate::output::transcript::{KeptMessage, Transcript};
use crate::terminal::{PictureJob, TerminalJob, TerminalTask};
use crate::text::elide;

/// The maximum size in bytes of a message that terminals accept for the clipboard.
const LARGEST_COPY: usize = 74_000;
/// The maximum number of matches that `/find` shows.
const MOST_FOUND: usize = 10;
/// The number of characters shown around a match.
const AROUND: usize = 30;
/// The command that shows a message taller than the screen. Whatever `LESS` says, less uses the
/// alternate screen: rows that it left on the screen would have no gutter and could imitate ours.
/// The dollar sign ends an option of `LESS` that takes a text.
const PAGER: &str = "export LESS=\"${LESS:--R}\\$ -+F -+X\"; eval \"${PAGER:-less}\"";

/// The result of a command.
#[derive(Debug, Default)]
pub(super) struct CommandResult {
    /// What to print; an error is a mistake of the user.
    pub(super) said: Option<Result<String, String>>,
    /// A program to run on the terminal.
    pub(super) job: Option<TerminalTask>,
    /// A message to send again.
    pub(super) send: Option<(Kind, Vec<u8>)>,
}

impl CommandResult {
    fn said(text: impl Into<String>) -> Self {
        Self {
            said: Some(Ok(text.into())),
            ..Self::default()
        }
    }

    /// Nothing to print, because messages are shown again.
    fn shown() -> Self {
        Self::said("")
    }

    fn mistake(text: String) -> Self {
        Self {
            said: Some(Err(text)),
            ..Self::default()
        }
    }
}

/// Runs a command. `copying` says whether writing to the clipboard is allowed, `lends` whether the
/// terminal can be given to a pager.
pub(super) fn run(
    command: MessageCommand,
    transcript: &mut Transcript,
    options: &PromptOptions,
    copying: &mut bool,
    lends: bool,
) -> CommandResult {
    try_run(command, transcript, options, copying, lends).unwrap_or_else(CommandResult::mistake)
}

fn try_run(
    command: MessageCommand,
    transcript: &mut Transcript,
    options: &PromptOptions,
    copying: &mut bool,
    lends: bool,
) -> Result<CommandResult, String> {
    Ok(match command {
        MessageCommand::Last(count) => last(count, transcript)?,
        MessageCommand::View(number, format) => {
            let message = transcript.find(number)?;
            if format == ViewFormat::Image {
                image(&message, options)
            } else {
                view(message, format, transcript, options, lends)
            }
        }
        MessageCommand::Pipe(number, command) => CommandResult {
            job: Some(TerminalTask::Run(TerminalJob {
                command,
                input: Some(transcript.find(number)?.bytes.to_vec()),
            })),
            ..CommandResult::default()
        },
        MessageCommand::Save(path, number) => {
            let message = transcript.find(number)?;
            CommandResult::said(save(&path, &message, options)?)
        }
        MessageCommand::Copy(number) => {
            let message = transcript.find(number)?;
            copy(&message, transcript, copying)?
        }
        MessageCommand::Again(number) => again(number, transcript)?,
        MessageCommand::Timestamps => CommandResult::said(timestamps(transcript, options)),
        MessageCommand::Find(text) => CommandResult::said(find(&text, transcript)?),
        command => show_or_hide(command, transcript),
    })
}

/// Shows the last messages again.
fn last(count: usize, transcript: &mut Transcript) -> Result<CommandResult, String> {
    let mut last: Vec<_> = transcript.iter().rev().take(count).cloned().collect();
    if last.is_empty() {
        return Err("no message has been sent or received yet".to_owned());
    }
    while let Some(message) = last.pop() {
        transcript.replay(message, None);
    }
    Ok(CommandResult::shown())
}

/// Sends a received message, or the last that was sent, again.
fn again(number: Option<i64>, transcript: &Transcript) -> Result<CommandResult, String> {
    let is_sent = |message: &&KeptMessage| message.way == Way::Out;
    let message = match number {
        None => transcript
            .iter()
            .rev()
            .find(is_sent)
            .cloned()
            .ok_or("no message has been sent yet; /again N sends message N")?,
        number => transcript.find(number)?,
    };
    Ok(CommandResult {
        send: Some((message.kind, message.bytes.to_vec())),
        ..CommandResult::default()
    })
}

/// Shows times, or no longer.
fn timestamps(transcript: &mut Transcript, options: &PromptOptions) -> String {
    if !transcript.toggle_times() {
        return "times are no longer shown".to_owned();
    }
    match &options.zone_warning {
        Some(warning) => format!("times are shown\n{warning}"),
        None => "times are shown".to_owned(),
    }
}

/// Runs a command that changes which messages are shown, and how.
fn show_or_hide(command: MessageCommand, transcript: &mut Transcript) -> CommandResult {
    match command {
        MessageCommand::Filter(None) => match transcript.filter_counts() {
            Some((shown, hidden)) => CommandResult::said(format!(
                "{shown} shown, {hidden} hidden; /unfilter shows all"
            )),
            None => CommandResult::said("no filter: /filter REGEX shows only what matches"),
        },
        MessageCommand::Filter(Some(pattern)) => {
            let text = format!("only messages that match /{pattern}/ are shown; /unfilter ends it");
            transcript.show_only(pattern);
            CommandResult::said(text)
        }
        MessageCommand::Mute(pattern) => {
            let text = format!("messages that match /{pattern}/ are hidden; /unfilter ends it");
            transcript.mute(pattern);
            CommandResult::said(text)
        }
        MessageCommand::Unfilter => match transcript.unfilter() {
            Some((shown, hidden)) => CommandResult::said(format!(
                "all messages are shown again; until now {shown} shown, {hidden} hidden"
            )),
            None => CommandResult::said("no filter was set"),
        },
        MessageCommand::Hold => {
            transcript.hold();
            CommandResult::said("messages are held back; ^Q or /release shows them")
        }
        MessageCommand::Release => {
            if transcript.held().is_none() {
                return CommandResult::said("no messages are held back; ^S or /hold holds them");
            }
            let (waited, lost) = transcript.release();
            CommandResult::said(match lost {
                0 => format!("{waited} held back"),
                lost => format!("{waited} held back, {lost} of them no longer kept"),
            })
        }
        // The others are run before.
        _ => CommandResult::default(),
    }
}

fn image(message: &KeptMessage, options: &PromptOptions) -> CommandResult {
    CommandResult {
        job: Some(TerminalTask::Draw(PictureJob {
            name: format!("message {}", message.number),
            bytes: message.bytes.to_vec(),
            colors: options.picture_colors,
        })),
        ..CommandResult::default()
    }
}

fn view(
    message: KeptMessage,
    format: ViewFormat,
    transcript: &mut Transcript,
    options: &PromptOptions,
    lends: bool,
) -> CommandResult {
    let size = options.size();
    let hex =
        format == ViewFormat::Hex || message.kind == Kind::Binary && format == ViewFormat::Pretty;
    let pretty = format == ViewFormat::Pretty;
    let columns = size.columns.saturating_sub(2);
    let text = whole_text(&message.bytes, hex, pretty, columns, options.palette);
    let width = columns.max(1);
    let rows: usize = text.lines().map(|line| 1 + line.len() / width).sum();
    if rows < size.rows || !lends {
        transcript.replay(message, Some(text));
        return CommandResult::shown();
    }
    CommandResult {
        job: Some(TerminalTask::Run(TerminalJob {
            command: PAGER.to_owned(),
            input: Some(format!("{text}\n").into_bytes()),
        })),
        ..CommandResult::default()
    }
}

fn save(path: &str, message: &KeptMessage, options: &PromptOptions) -> Result<String, String> {
    let place = expand_home(path, options.home.as_deref());
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(place)
        .and_then(|mut file| file.write_all(&message.bytes));
    written.map_err(|error| format!("{path}: {}; nothing was written", plain(&error)))?;
    let size = dump::size(message.bytes.len());
    Ok(format!(
        "wrote message {} to {path} ({size})",
        message.number
    ))
}

fn copy(
    message: &KeptMessage,
    transcript: &mut Transcript,
    copying: &mut bool,
) -> Result<CommandResult, String> {
    if message.bytes.len() > LARGEST_COPY {
        return Err(format!(
            "message {} has {}, and terminals copy at most {}: /save PATH {}",
            message.number,
            dump::size(message.bytes.len()),
            dump::size(LARGEST_COPY),
            message.number
        ));
    }
    if !std::mem::replace(copying, true) {
        return Ok(CommandResult::said(
            "this asks the terminal to replace its clipboard (OSC 52): /copy again to allow it",
        ));
    }
    transcript.copy(message.bytes.to_vec());
    let size = dump::size(message.bytes.len());
    Ok(CommandResult::said(format!(
        "copied message {} ({size})",
        message.number
    )))
}

/// The matches of `text` in the messages, latest first.
fn find(text: &str, transcript: &Transcript) -> Result<String, String> {
    let ignores_case = !text.chars().any(char::is_uppercase);
    let pattern = regex::RegexBuilder::new(&regex::escape(text))
        .case_insensitive(ignores_case)
        .build()
        .map_err(|error| error.to_string())?;
    let found: Vec<String> = transcript
        .latest()
        .filter_map(|message| {
            let content = String::from_utf8_lossy(&message.bytes);
            let place = pattern.find(&content)?;
            let before = content[..place.start()].chars().rev().take(AROUND);
            let before: String = before.collect::<Vec<_>>().into_iter().rev().collect();
            let rest = &content[place.start()..];
            let shown = elide::chars(rest, place.as_str().chars().count() + AROUND);
            let shown = format!("{before}{shown}").replace(['\n', '\r', '\t'], " ");
            Some(format!("#{}  {shown}", message.number))
        })
        .collect();
    if found.is_empty() {
        return Err(format!("not found in the messages that are kept: {text}"));
    }
    let more = found.len().saturating_sub(MOST_FOUND);
    let mut rows = found;
    rows.truncate(MOST_FOUND);
    rows.reverse();
    if more > 0 {
        let plural = if more == 1 { "" } else { "s" };
        rows.insert(0, format!("… {more} earlier message{plural}"));
    }
    Ok(rows.join("\n"))
}
