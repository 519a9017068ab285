//! Passing what was sent on to the outputs.

use super::connection::OpenConnection;
use super::listeners::Outputs;
use crate::event::{Event, Link, Now, Way};

/// Reports our Close to the outputs once it was sent, after the frames in the buffer for outputs
/// that show frames.
pub(super) fn show_sent(
    connection: &mut OpenConnection,
    outputs: &mut Outputs<'_>,
    now: Now,
    link: Link,
) {
    for frame in connection.take_sent() {
        outputs.show(
            now,
            link,
            &Event::Frame(Way::Out, &frame.header, frame.length),
        );
        outputs.show(now, link, &Event::Wire(Way::Out, &frame.wire));
        if let Some(summary) = &frame.message {
            outputs.show(now, link, &Event::Message(Way::Out, summary));
        }
    }
    if let Some(closure) = connection.take_close() {
        outputs.show(now, link, &Event::CloseFrame(Way::Out, closure));
    }
}
