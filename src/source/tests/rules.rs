//! Rules: their answers beside what another source sends.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::session_file::SourceMap;
use crate::source::conversation::SharedRules;
use crate::source::player::{Player, PlayerOptions};

/// A conversation of these statements, on an open connection.
pub(super) fn script(text: &str) -> (Conversation, SharedRules) {
    let options = PlayerOptions {
        sources: &Arc::new(SourceMap::new("r.ws", Path::new(""), text)),
        folder: Path::new(""),
        lookup: &|_| None,
        hides_values: false,
        url: Some("ws://h/"),
        within: Expectation::WITHIN,
        speed: None,
        ignore: &[],
        force: false,
        confined: false,
    };
    let script = crate::session_file::parse("r.ws", text).expect("valid rules");
    let (_, player) = Player::new(script, &options).expect("valid rules");
    let conversation = Conversation::new(Box::new(player), 1, None, SendDelay::default());
    let rules = conversation.rules();
    let mut conversation = open(conversation);
    conversation.on_opened(Now::read(), Link(0), &mut Page::new());
    (conversation, rules)
}

pub(super) fn receive(source: &mut Conversation, text: &str) {
    let piece = Piece::whole(Kind::Text, text.as_bytes());
    source.on_event(Now::read(), Link(0), &Event::Data(Way::In, piece));
}

#[test]
fn answers_wait_for_the_end_of_a_message() {
    let (mut source, _) = script("on < 2\n  > 3\n");
    let mut page = Page::new();
    page.inside = true;
    receive(&mut source, "2");
    for _ in 0..2 {
        source.poll_after_end(Now::read(), &mut page);
        assert!(page.messages.is_empty());
    }
    page.inside = false;
    source.poll_after_end(Now::read(), &mut page);
    assert_eq!(page.texts(), ["3"]);
}

#[test]
fn ignored_messages_are_hidden_even_if_they_are_answered() {
    let (_, rules) = script("on < 2\n  > 3\nignore < 2\non < 4\n  > 5\nnever < 6\n");
    let hides = |text: &str| rules.hide(Link(0), Kind::Text, text.as_bytes());
    assert_eq!(["2", "4", "6", "7"].map(hides), [true, false, false, false]);
}

#[test]
fn forbidden_messages_end_the_conversation_or_are_only_reported() {
    let (mut source, _) = script("never < bad\n");
    receive(&mut source, "bad");
    let progress = source.poll(Now::read(), false, &mut Page::new());
    assert!(matches!(progress, Progress::Done(Some(Error::Unmet(_)))));
    let (source, _) = script("never < bad\n");
    let mut source = source.continue_after_never(true);
    let mut page = Page::new();
    receive(&mut source, "bad");
    assert!(matches!(
        source.poll(Now::read(), false, &mut page),
        Progress::Done(None)
    ));
    assert_eq!(page.other.len(), 1, "{:?}", page.other);
}

/// Without an expectation nothing is kept for one.
#[test]
fn messages_are_not_kept_for_rules() {
    let (source, _) = script("on < 2\n  > 3\n");
    assert!(source.wants_messages());
    let (source, _) = script("every 1s > 3\n");
    assert!(!source.wants_messages());
}
