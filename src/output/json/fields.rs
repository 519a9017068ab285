//! Fields of `--json` that are objects themselves.

use std::time::Duration;

use serde::Serialize;

use crate::event::Timing;
use crate::http::{Headers, Secrets};
use crate::protocol::CloseBody;

/// A Close frame in `close`: its code, 1005 if it has none, and its reason.
#[derive(Serialize)]
pub(super) struct CloseFields<'a> {
    code: u16,
    reason: &'a str,
}

impl<'a> CloseFields<'a> {
    /// `None` if there was no such frame.
    pub(super) fn new(frame: Option<&'a CloseBody>) -> Option<Self> {
        frame.map(|body| match body {
            Some(body) => Self {
                code: body.code,
                reason: &body.reason,
            },
            None => Self {
                code: 1005,
                reason: "",
            },
        })
    }
}

/// The head of a request or response in `open`.
#[derive(Serialize)]
pub(super) struct HeadFields<'a> {
    start_line: &'a str,
    headers: Vec<HeaderFields<'a>>,
}

#[derive(Serialize)]
struct HeaderFields<'a> {
    name: &'a str,
    value: String,
}

impl<'a> HeadFields<'a> {
    pub(super) fn new(start_line: &'a str, headers: &'a Headers, secrets: Secrets) -> Self {
        let headers = headers.iter().map(|header| HeaderFields {
            name: &header.name,
            value: header.shown_value(secrets),
        });
        Self {
            start_line,
            headers: headers.collect(),
        }
    }
}

/// How long each step took in milliseconds; `null` for a step that was not needed.
#[derive(Serialize)]
pub(super) struct TimingFields {
    redirects: Option<f64>,
    resolve: Option<f64>,
    connect: Option<f64>,
    proxy: Option<f64>,
    tls: Option<f64>,
    upgrade: Option<f64>,
}

impl TimingFields {
    pub(super) fn of(timing: &Timing) -> Self {
        Self {
            redirects: milliseconds(timing.redirects),
            resolve: milliseconds(timing.resolve),
            connect: milliseconds(timing.connect),
            proxy: milliseconds(timing.proxy),
            tls: milliseconds(timing.tls),
            upgrade: milliseconds(timing.upgrade),
        }
    }
}

/// Milliseconds, rounded to microseconds.
pub(super) fn milliseconds(duration: Option<Duration>) -> Option<f64> {
    duration.map(|duration| {
        let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
        f64::from(micros) / 1000.0
    })
}
