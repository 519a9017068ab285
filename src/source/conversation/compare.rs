//! Compares one received item with what is expected.

use std::io;
use std::sync::Arc;

use super::expected::{quote, Expected};
use super::inbox::ReceivedItem;
use super::work::Work;
use crate::conversation::matching::{Captures, Difference, DifferenceLine, Pattern, Side};

/// How an item compares with the expectation.
pub(super) enum Compared {
    Equal(Captures),
    Different(Difference),
    /// An item of a kind that is ignored.
    Aside,
}

/// A message and the result of comparing it.
pub(super) type ComparedMessage = (ReceivedItem, Result<Captures, Difference>);

/// Starts to compare a message on a thread.
pub(super) fn compare_aside(
    pattern: Arc<Pattern>,
    item: ReceivedItem,
) -> io::Result<Work<ComparedMessage>> {
    Work::start(move || {
        let compared = match &item {
            ReceivedItem::Message(kind, bytes) => pattern.compare(*kind, bytes),
            _ => Err(Difference::default()),
        };
        (item, compared)
    })
}

/// A difference of a line each.
fn both(expected: String, received: String) -> Difference {
    Difference(vec![
        DifferenceLine::Text(Side::Expected, expected),
        DifferenceLine::Text(Side::Received, received),
    ])
}

/// Compares an item with what is expected.
pub(super) fn compare(wanted: &Expected, item: &ReceivedItem) -> Compared {
    let control = |wanted: &Option<Vec<u8>>, payload: &[u8]| match wanted {
        Some(wanted) if wanted != payload => {
            Compared::Different(both(quote(wanted), quote(payload)))
        }
        _ => Compared::Equal(Captures::new()),
    };
    match (wanted, item) {
        (Expected::Message(pattern), ReceivedItem::Message(kind, bytes)) => {
            match pattern.compare(*kind, bytes) {
                Ok(captures) => Compared::Equal(captures),
                Err(difference) => Compared::Different(difference),
            }
        }
        (Expected::Ping(wanted), ReceivedItem::Ping(payload))
        | (Expected::Pong(wanted), ReceivedItem::Pong(payload)) => control(wanted, payload),
        (Expected::Close { .. }, ReceivedItem::Lost(closure))
            if wanted.is_met_by_close(closure) =>
        {
            Compared::Equal(Captures::new())
        }
        (Expected::Close { .. }, ReceivedItem::Lost(_)) => Compared::Different(both(
            wanted.describe().to_string(),
            item.describe().to_string(),
        )),
        (Expected::Reconnect, ReceivedItem::Reopened) => Compared::Equal(Captures::new()),
        (_, ReceivedItem::Message(..)) => Compared::Different(Difference::default()),
        // A keepalive of the server is not a message.
        _ => Compared::Aside,
    }
}
