//! The steps of `wsline rpc`: a request, the expected response with its id, and its error if it has
//! one.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::conversation::{Expectation, Expected, Step, StepAction, StepSource};
use crate::conversation::matching::{parse_pattern, Pattern};
use crate::conversation::outgoing::Outgoing;
use crate::error::Error;
use crate::event::Link;
use crate::rpc::{received, request, Dialect, RpcMessage, ID};

/// The name under which the response is captured.
const RESPONSE: &str = "RESPONSE";

/// The steps of one call.
#[derive(Debug)]
pub struct RpcCall {
    method: String,
    steps: VecDeque<Step>,
    response: String,
}

impl RpcCall {
    /// Calls `method` with these parameters, which are JSON, and expects the response in time.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the pattern is constant")]
    pub fn new(dialect: Dialect, method: &str, params: Option<&str>, within: Duration) -> Self {
        // A request of the server can have the same id.
        let text = format!(r#"{{"id":{ID},"method":absent}}"#);
        let pattern = parse_pattern(&text).expect("a valid pattern");
        let wanted = Pattern::Shape {
            pattern,
            text,
            ignore: Vec::new(),
        };
        let acts = [
            StepAction::Send(Outgoing::Text(request(dialect, method, params))),
            StepAction::Expect(Expectation {
                wanted: Expected::Message(wanted),
                within,
                strict: false,
            }),
            StepAction::Capture {
                name: RESPONSE.to_owned(),
                pointer: String::new(),
            },
        ];
        let step = |act| Step {
            link: Link::default(),
            place: Some(method.to_owned()),
            act,
        };
        Self {
            method: method.to_owned(),
            steps: acts.into_iter().map(step).collect(),
            response: String::new(),
        }
    }
}

impl StepSource for RpcCall {
    fn next(&mut self, now: Instant) -> Result<Option<Step>, Error> {
        if let RpcMessage::Failed(error) = received(&std::mem::take(&mut self.response)) {
            return Err(Error::Call {
                method: self.method.clone(),
                message: error.message,
                data: error.data,
            });
        }
        self.steps.next(now)
    }

    fn expects(&self) -> bool {
        self.steps.expects()
    }

    fn handshake(&self, link: Link) -> Option<(Option<String>, Expected)> {
        self.steps.handshake(link)
    }

    fn next_expected(&self, link: Link) -> Option<Expected> {
        self.steps.next_expected(link)
    }

    fn keep(&mut self, _name: &str, value: String) {
        self.response = value;
    }

    fn unsent(&self, link: Link) -> u64 {
        self.steps.unsent(link)
    }

    fn name(&self, link: Link) -> Option<&str> {
        self.steps.name(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_server_end_the_call() {
        let mut call = RpcCall::new(Dialect::Cdp, "sum", None, Duration::from_secs(1));
        let now = Instant::now();
        while let Ok(Some(_)) = call.next(now) {}
        call.keep(RESPONSE, r#"{"id":1,"result":5}"#.to_owned());
        assert!(matches!(call.next(now), Ok(None)));
        call.keep(
            RESPONSE,
            r#"{"id":1,"error":{"code":3,"message":"no","data":[1]}}"#.to_owned(),
        );
        let error = call.next(now).expect_err("the call failed");
        assert_eq!(error.to_string(), "sum failed: no (error 3)");
    }
}
