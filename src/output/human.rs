//! Messages on a terminal: escaped, formatted and truncated.
//!
//! At the prompt, everything has a gutter of two columns, so that a message can't imitate another
//! one or a note: `< ` before received messages, `> ` before sent ones, `* ` before notes, `! `
//! before warnings, and spaces before further rows. Lines are broken at the width of the screen,
//! because rows that the terminal wraps begin in its first column. Without a prompt, only messages
//! are shown, without a gutter, and the terminal wraps them; everything else is on stderr.

mod body;
mod replies;
mod style;

use std::fmt::Write;
use std::io;
use std::time::SystemTime;

use data_encoding::BASE64;

pub use self::body::whole_text;
use self::replies::Replies;
pub use self::style::{time_of_day, HumanStyle, MessageLayout, TIME_COLUMNS};
use self::style::{Mark, MessagePlace};
use crate::assembly::WholeMessage;
use crate::event::{Event, Kind, Link, Now, Upgrade, Way};
use crate::http::Secrets;
use crate::output::closure;
use crate::output::dump;
use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};
use crate::output::report::{explain, Excerpts};
use crate::output::sink::{Sink, TerminalSize};
use crate::output::transcript::{KeptMessage, SharedTranscript, Visibility};
use crate::output::verbosity::Verbosity;
use crate::output::{Assembled, Detail, Output};

/// The size of a terminal that does not report its own.
const USUAL_SIZE: TerminalSize = TerminalSize {
    columns: 80,
    rows: 24,
};
/// Prints messages for people to a sink.
#[derive(Debug)]
pub struct Human {
    style: HumanStyle,
    replies: Replies,
    /// The next sent message is not what a person has typed.
    is_automatic: bool,
}

impl Human {
    /// Creates an output for a terminal.
    #[must_use]
    pub fn new(style: HumanStyle) -> Self {
        Self {
            style,
            replies: Replies::default(),
            is_automatic: false,
        }
    }

    /// Shows a complete message.
    fn show_message(
        &mut self,
        place: MessagePlace,
        (kind, bytes): (Kind, &[u8]),
        way: Way,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        let prompt = matches!(self.style.layout, MessageLayout::Prompt { .. });
        let is_quiet = way == Way::Out && std::mem::take(&mut self.is_automatic);
        let reply = match way {
            Way::In if prompt => self.replies.on_received(place.time, bytes),
            Way::Out if prompt => {
                self.replies.on_sent(place.time, bytes);
                None
            }
            _ => None,
        };
        let number = match &self.style.layout {
            MessageLayout::Bare => None,
            MessageLayout::Prompt { transcript, echo } => {
                let mut transcript = transcript.borrow_mut();
                let added = transcript.add(place.time, way, kind, bytes);
                if is_quiet {
                    transcript.count_automatic(bytes.len());
                }
                match (way, added) {
                    (Way::In, (number, Visibility::Shown)) => Some(number),
                    (Way::Out, _) if *echo => None,
                    _ => return Ok(()),
                }
            }
        };
        let size = size_of(to);
        let mut block = if is_quiet {
            self.style.quiet_message(size, place, (kind, bytes))?
        } else {
            self.style.message(size, place, (kind, bytes), number, "")?
        };
        if let Some(reply) = reply {
            self.style.add_label(&mut block, size, &reply);
        }
        to.put(block.as_bytes())
    }

    /// Shows the messages that were requested again.
    fn show_replays(&self, to: &mut dyn Sink) -> io::Result<()> {
        let MessageLayout::Prompt { transcript, .. } = &self.style.layout else {
            return Ok(());
        };
        let transcript = SharedTranscript::clone(transcript);
        loop {
            let next = transcript.borrow_mut().next_replay();
            let Some(replay) = next else {
                return Ok(());
            };
            let KeptMessage {
                number,
                way,
                kind,
                bytes,
                time,
            } = replay.message;
            let place = MessagePlace {
                time,
                link: Link(0),
                mark: Mark::from_way(way),
            };
            let number = Some(number).filter(|number| *number > 0);
            let block = if let Some(text) = &replay.text {
                self.style.text_block(size_of(to), place, text)?
            } else {
                let message = (kind, &bytes[..]);
                self.style
                    .message(size_of(to), place, message, number, "")?
            };
            to.put(block.as_bytes())?;
        }
    }

    /// Shows a note, a Ping or similar text, wrapped between words.
    fn show_note(
        &self,
        place: MessagePlace,
        paint: Option<Style>,
        text: &str,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        let mut block = self.style.note_block(size_of(to), place, paint, text)?;
        if let MessageLayout::Prompt { transcript, .. } = &self.style.layout {
            if let Some(bytes) = transcript.borrow_mut().take_copied() {
                // Selection `c` is the clipboard (xterm, OSC 52). The sequence shows nothing.
                block.insert_str(0, &format!("\x1b]52;c;{}\x07", BASE64.encode(&bytes)));
            }
        }
        to.put(block.as_bytes())
    }

    /// Shows everything except messages at the prompt.
    fn show_beside(
        &self,
        at: SystemTime,
        link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        let place = |mark| MessagePlace {
            time: at,
            link,
            mark,
        };
        let style = &self.style;
        match event {
            Event::Ping(way, payload) if style.ping_pong => self.show_note(
                place(Mark::from_way(*way)),
                None,
                &dump::control("ping", payload),
                to,
            ),
            Event::Keepalive(way, payload) if style.ping_pong => self.show_note(
                place(Mark::from_way(*way)),
                None,
                &dump::keepalive(*way, payload),
                to,
            ),
            Event::Pong(way, payload) if style.ping_pong => self.show_note(
                place(Mark::from_way(*way)),
                None,
                &dump::control("pong", payload),
                to,
            ),
            Event::Open(upgrade) if !style.quiet => {
                let text = opened(upgrade, style.secrets);
                self.show_note(place(Mark::Note), None, &text, to)
            }
            Event::Reconnecting(lost) if !style.quiet => {
                let text = closure::reconnecting(lost);
                let place = place(Mark::Note);
                let block = style.note_block(size_of(to), place, None, &text)?;
                // Many attempts are one line that changes.
                to.put_in_place(block.as_bytes())
            }
            Event::Fault(error) => {
                let verbosity = if style.quiet {
                    Verbosity::Quiet
                } else {
                    Verbosity::Normal
                };
                let palette = Palette::plain();
                let report = explain(error, verbosity, palette, style.secrets, Excerpts::Short);
                let text = report.trim_end();
                self.show_note(place(Mark::Warning), Some(Style::Error), text, to)
            }
            Event::Note(note) if !note.text.is_empty() => match style.note(note) {
                Some((mark, paint)) => {
                    let text = escape::text(&note.text, Breaks::Kept);
                    self.show_note(place(mark), paint, &text, to)
                }
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

impl Output for Human {
    fn detail(&self) -> Detail {
        let prompt = matches!(self.style.layout, MessageLayout::Prompt { .. });
        Detail {
            sent: prompt,
            assembled: if prompt {
                Assembled::All
            } else {
                Assembled::Received
            },
            ..Detail::default()
        }
    }

    fn on_event(
        &mut self,
        now: Now,
        link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        self.show_replays(to)?;
        let prompt = matches!(self.style.layout, MessageLayout::Prompt { .. });
        let place = |way| MessagePlace {
            time: now.time,
            link,
            mark: Mark::from_way(way),
        };
        match event {
            Event::Data(way, _) | Event::Assembled(way, ..) if *way == Way::In || prompt => {
                match WholeMessage::from_event(event) {
                    Some((way, message)) => {
                        self.show_message(place(way), (message.kind, message.bytes), way, to)
                    }
                    None => Ok(()),
                }
            }
            Event::Incomplete(Way::In, kind, bytes) => {
                let ended = "… the connection ended inside this message";
                let message = (*kind, &bytes[..]);
                let block =
                    self.style
                        .message(size_of(to), place(Way::In), message, None, ended)?;
                to.put(block.as_bytes())
            }
            Event::Automatic => {
                self.is_automatic = true;
                Ok(())
            }
            _ if prompt => self.show_beside(now.time, link, event, to),
            _ => Ok(()),
        }
    }
}

/// The size of the terminal that is written to.
fn size_of(sink: &dyn Sink) -> TerminalSize {
    sink.size().unwrap_or(USUAL_SIZE)
}

fn opened(upgrade: &Upgrade, secrets: Secrets) -> String {
    let mut text = format!("connected to {}", upgrade.url);
    if let Some(peer) = upgrade
        .peer
        .as_ref()
        .map(ToString::to_string)
        .filter(|peer| !upgrade.url.contains(peer))
    {
        write!(text, " ({peer})").expect("a String takes any text");
    }
    if let Some(value) = &upgrade.shown_subprotocol(secrets) {
        write!(text, ", subprotocol {value}").expect("a String takes any text");
    }
    if upgrade.compression.is_some() {
        text.push_str(", compressed");
    }
    // A dash, not a character that a terminal would treat as part of the URL.
    let text = escape::text(&text, Breaks::Shown);
    format!("{text} \u{2014} /help lists the commands")
}

#[cfg(test)]
mod tests;
