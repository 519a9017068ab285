//! The output of `wsline rpc`: the result of the call, and notifications after it, a line each.

use std::io;

use super::escape::{self, Breaks};
use super::sink::Sink;
use super::{Assembled, Detail, Output};
use crate::assembly::WholeMessage;
use crate::event::{Event, Kind, Link, Now, Way};
use crate::rpc::{received, RpcMessage};

/// The format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RpcStyle {
    /// Whether notifications after the result are printed (`--follow`).
    pub follow: bool,
    /// Whether it is for a terminal, so that control characters are escaped.
    pub escaped: bool,
}

/// Prints the result of a call to a sink.
#[derive(Debug)]
pub struct RpcLines {
    style: RpcStyle,
    is_answered: bool,
}

impl RpcLines {
    /// Creates an output in this format.
    #[must_use]
    pub fn new(style: RpcStyle) -> Self {
        Self {
            style,
            is_answered: false,
        }
    }

    /// Prints JSON on one line. Its line breaks are between values, since strings have none.
    fn print(&self, json: &str, to: &mut dyn Sink) -> io::Result<()> {
        let mut line = json.trim().replace(['\r', '\n'], " ");
        if self.style.escaped {
            line = escape::text(&line, Breaks::Shown).into_owned();
        }
        line.push('\n');
        to.put(line.as_bytes())
    }
}

impl Output for RpcLines {
    fn detail(&self) -> Detail {
        Detail {
            assembled: Assembled::Received,
            ..Detail::default()
        }
    }

    fn on_event(
        &mut self,
        _now: Now,
        _link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        let Some((Way::In, message)) = WholeMessage::from_event(event) else {
            return Ok(());
        };
        let (Kind::Text, Ok(text)) = (message.kind, std::str::from_utf8(message.bytes)) else {
            return Ok(());
        };
        match received(text) {
            RpcMessage::Result(json) if !self.is_answered => {
                self.is_answered = true;
                self.print(json, to)
            }
            // The source reports it.
            RpcMessage::Failed(_) => {
                self.is_answered = true;
                Ok(())
            }
            RpcMessage::Notification if self.is_answered && self.style.follow => {
                self.print(text, to)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::event::Piece;
    use crate::output::tested::Tested;

    fn printed(style: RpcStyle, texts: &[&str]) -> String {
        let mut output = Tested::new(RpcLines::new(style));
        for text in texts {
            let event = Event::Data(Way::In, Piece::whole(Kind::Text, text.as_bytes()));
            let shown = output.show(SystemTime::UNIX_EPOCH, Link::default(), &event);
            shown.expect("memory takes everything");
        }
        output.sink.take()
    }

    const PLAIN: RpcStyle = RpcStyle {
        follow: false,
        escaped: false,
    };
    const FOLLOWED: RpcStyle = RpcStyle {
        follow: true,
        escaped: true,
    };
    const NEWS: &str = "{\"method\":\"news\",\n \"params\":[]}";
    const RESULT: &str = "{\"id\":1,\"result\":{\n\"a\": \"\u{9b}\"}}";

    #[test]
    fn only_the_first_result_is_printed() {
        let text = printed(PLAIN, &[NEWS, RESULT, NEWS, RESULT]);
        assert_eq!(text, "{ \"a\": \"\u{9b}\"}\n");
    }

    #[test]
    fn notifications_follow_the_result_on_a_line_each() {
        let other = "{\"id\":2,\"result\":1}";
        let text = printed(FOLLOWED, &[NEWS, RESULT, NEWS, "x", other]);
        assert_eq!(
            text,
            "{ \"a\": \"\\u{9b}\"}\n{\"method\":\"news\",  \"params\":[]}\n"
        );
    }

    #[test]
    fn errors_and_what_follows_them_are_not_results() {
        let error = "{\"id\":1,\"error\":{\"code\":7,\"message\":\"no\"}}";
        assert_eq!(printed(FOLLOWED, &[error, RESULT]), "");
    }
}
