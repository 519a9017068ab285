//! How long a reply took: a received JSON object with the `id` of one that was sent, as in JSON-RPC.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::value::RawValue;

/// Requests that may wait for their reply at once; older ones are forgotten.
const MOST: usize = 64;
/// Larger messages are not looked into, in bytes.
const LARGEST: usize = 64 << 10;

/// Requests without a reply.
#[derive(Debug, Default)]
pub(super) struct Replies {
    requests: VecDeque<PendingRequest>,
}

#[derive(Debug)]
struct PendingRequest {
    id: String,
    message: Vec<u8>,
    at: SystemTime,
}

#[derive(Deserialize)]
struct WithId<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
}

impl Replies {
    /// A message was sent.
    pub(super) fn on_sent(&mut self, at: SystemTime, message: &[u8]) {
        if let Some(id) = id(message) {
            if self.requests.len() == MOST {
                self.requests.pop_front();
            }
            self.requests.push_back(PendingRequest {
                id,
                message: message.to_vec(),
                at,
            });
        }
    }

    /// How long after its request a message came, if it is a reply and not an echo.
    pub(super) fn on_received(&mut self, at: SystemTime, message: &[u8]) -> Option<String> {
        if self.requests.is_empty() {
            return None;
        }
        let id = id(message)?;
        let place = self.requests.iter().position(|request| request.id == id)?;
        let request = self.requests.remove(place)?;
        // A clock may have been set back.
        let time = at.duration_since(request.at).ok()?;
        // What comes back as it was is an echo.
        (request.message != message).then(|| describe(time))
    }
}

fn id(message: &[u8]) -> Option<String> {
    if message.len() > LARGEST || message.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let found: WithId<'_> = serde_json::from_slice(message).ok()?;
    let id = found.id.get();
    (id != "null").then(|| id.to_owned())
}

fn describe(time: Duration) -> String {
    match time.as_millis() {
        0 => "+<1 ms".to_owned(),
        millis @ 1..10_000 => format!("+{millis} ms"),
        millis => format!("+{} s", millis / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_the_id_of_its_request() {
        let mut replies = Replies::default();
        let at = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        assert_eq!(replies.on_received(at(0), br#"{"id":7}"#), None);
        replies.on_sent(at(0), br#"{"op":"ping","id":7}"#);
        replies.on_sent(at(5), br#" {"id":"a"}"#);
        replies.on_sent(at(5), br#"{"id":"echo"}"#);
        replies.on_sent(at(5), br#"{"id":null}"#);
        replies.on_sent(at(5), b"hello");
        assert_eq!(replies.on_received(at(9), br#"{"id":8}"#), None);
        let seven = replies.on_received(at(12), br#"{"id":7,"op":"pong"}"#);
        assert_eq!(seven.as_deref(), Some("+12 ms"));
        assert_eq!(replies.on_received(at(13), br#"{"id":7}"#), None, "once");
        assert_eq!(replies.on_received(at(9), br#"{"id":"echo"}"#), None);
        let a = replies.on_received(at(5), br#"{"id":"a"}"#);
        assert_eq!(a.as_deref(), Some("+<1 ms"));
    }
}
