//! `--reconnect`: after which failures a connection is attempted again, how often, and after how long.
//!
//! The maximum wait doubles with each attempt, up to a limit. The wait is random between 0 and that
//! (full jitter), so that many clients do not reconnect to a server at the same moment. Both the wait
//! and the count start over after a connection that was open for a minute.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::policy::{Next, Policy};
use crate::error::{Error, Refusal};
use crate::event::{Link, Now};
use crate::protocol::{Closure, End, Role};
use crate::text::duration;

/// What `--reconnect` and `--reconnect-on` say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReconnectOptions {
    /// The maximum number of attempts in a row; `None` for no limit.
    pub limit: Option<u32>,
    /// Further close codes and HTTP statuses after which to reconnect.
    pub also: Vec<u16>,
}

/// The maximum wait before the first attempt.
const FIRST: Duration = Duration::from_millis(250);
/// The maximum wait before any attempt.
const LONGEST: Duration = Duration::from_secs(30);
/// After a connection that was open for this long, attempts are counted from 0 again.
const HEALTHY: Duration = Duration::from_mins(1);

/// Reconnects when a connection is lost or refused. Another policy decides what happens otherwise.
pub struct Reconnect {
    options: ReconnectOptions,
    otherwise: Box<dyn Policy>,
    /// Returns a random number between 0 and 1.
    random: Box<dyn FnMut() -> f64>,
    /// Attempts in a row.
    attempts: u32,
    opened: Option<Instant>,
}

impl Reconnect {
    /// Reconnects according to `options`. Ends that they don't cover are left to `otherwise`.
    #[must_use]
    pub fn new(options: ReconnectOptions, otherwise: Box<dyn Policy>) -> Self {
        Self {
            options,
            otherwise,
            random: Box::new(|| rand::random_range(0.0..1.0)),
            attempts: 0,
            opened: None,
        }
    }

    /// The next attempt, unless the limit is reached.
    fn attempt(&mut self, retry_after: Option<Duration>) -> Option<Next> {
        if self
            .options
            .limit
            .is_some_and(|limit| self.attempts >= limit)
        {
            return None;
        }
        self.attempts += 1;
        let doublings = (self.attempts - 1).min(16);
        let longest = FIRST.saturating_mul(1 << doublings).min(LONGEST);
        let backoff = longest.mul_f64((self.random)());
        // A server that has to be asked less often may say so, but not more often: its clock and
        // ours may differ, and 0 would be an endless loop.
        let after = retry_after.map_or(backoff, |least| least.max(backoff));
        let attempt = self.attempts;
        Some(Next::Redial { after, attempt })
    }

    fn retries_refusal(&self, refusal: &Refusal) -> bool {
        let status = refusal.head.status;
        matches!(status, 408 | 429 | 500 | 502 | 503 | 504) || self.options.also.contains(&status)
    }

    fn retries_error(&self, error: &Error) -> bool {
        match error {
            Error::Refused(refusal) => self.retries_refusal(refusal),
            Error::ProxyRefused {
                refusal,
                unreachable,
                ..
            } => {
                let retries = |refusal: &Refusal| self.retries_refusal(refusal);
                *unreachable || refusal.as_deref().is_some_and(retries)
            }
            Error::Resolve { .. }
            | Error::Connect { .. }
            | Error::ConnectTimeout { .. }
            | Error::UnixSocket { .. }
            | Error::Unanswered { .. }
            | Error::Tls { .. }
            | Error::Timeout { .. } => true,
            _ => false,
        }
    }

    fn retries_closure(&self, closure: &Closure) -> bool {
        if closure.initiator == Some(Role::Us) || matches!(closure.end, End::Violation(_)) {
            return false;
        }
        let code = closure.code();
        matches!(code, 1001 | 1005 | 1006 | 1011..=1014) || self.options.also.contains(&code)
    }
}

impl Policy for Reconnect {
    fn dial_width(&self) -> usize {
        self.otherwise.dial_width()
    }

    fn on_open(&mut self, now: Now, _link: Link) {
        self.opened = Some(now.instant);
    }

    fn on_connect_failed(&mut self, now: Now, link: Link, error: &Error) -> Next {
        let next = if self.retries_error(error) {
            self.attempt(retry_after(error, now))
        } else {
            None
        };
        next.unwrap_or_else(|| self.otherwise.on_connect_failed(now, link, error))
    }

    fn on_closed(&mut self, now: Now, link: Link, closure: &Closure) -> Next {
        let opened = self.opened.take();
        if opened.is_some_and(|at| now.instant.saturating_duration_since(at) >= HEALTHY) {
            self.attempts = 0;
        }
        let next = if self.retries_closure(closure) {
            self.attempt(None)
        } else {
            None
        };
        next.unwrap_or_else(|| self.otherwise.on_closed(now, link, closure))
    }

    fn reconnects(&self) -> bool {
        true
    }

    fn outlives_connections(&self) -> bool {
        self.otherwise.outlives_connections()
    }
}

/// The wait that a refusal asks for by `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.
fn retry_after(error: &Error, now: Now) -> Option<Duration> {
    let refusal = match error {
        Error::Refused(refusal) => refusal,
        Error::ProxyRefused { refusal, .. } => refusal.as_ref()?,
        _ => return None,
    };
    let value = std::str::from_utf8(refusal.head.headers.get("retry-after")?).ok()?;
    let value = value.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
        let now = Timestamp::try_from(now.time).ok()?;
        date.duration_since(now).try_into().unwrap_or_default()
    };
    // Adding it to the current time must not overflow.
    Some(wait.min(duration::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::driver::policy::Single;
    use crate::http::{Header, ResponseHead};
    use crate::protocol::CloseReason;

    fn reconnect(limit: Option<u32>, random: f64) -> Reconnect {
        let options = ReconnectOptions {
            limit,
            also: vec![4001, 401],
        };
        Reconnect {
            random: Box::new(move || random),
            ..Reconnect::new(options, Box::new(Single))
        }
    }

    fn at(start: Instant, seconds: u64) -> Now {
        Now {
            instant: start + Duration::from_secs(seconds),
            time: SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 + seconds),
        }
    }

    fn refused(status: u16, headers: &[(&str, &str)]) -> Error {
        let headers = headers
            .iter()
            .map(|(name, value)| Header::new(*name, *value));
        Error::Refused(Box::new(Refusal {
            head: ResponseHead {
                status,
                headers: headers.collect(),
                ..ResponseHead::default()
            },
            ..Refusal::default()
        }))
    }

    fn closed(code: u16) -> Closure {
        let body = (code != 1005).then(|| CloseReason {
            code,
            reason: String::new(),
        });
        Closure {
            received: (code != 1006).then_some(body),
            initiator: (code != 1006).then_some(Role::Server),
            ..Closure::default()
        }
    }

    fn wait(next: Next) -> Option<Duration> {
        match next {
            Next::Redial { after, .. } => Some(after),
            Next::End | Next::Continue => None,
        }
    }

    #[test]
    fn wait_is_random_and_its_maximum_doubles() {
        let start = Instant::now();
        for random in [0.0, 0.5, 0.999] {
            let mut policy = reconnect(None, random);
            for attempt in 0..20 {
                let longest = (0.25 * 2_f64.powi(attempt)).min(30.0);
                let next = policy.on_closed(at(start, 0), Link(0), &closed(1006));
                let after = wait(next).expect("a retry").as_secs_f64();
                assert!(
                    (after - longest * random).abs() < 1e-6,
                    "{attempt}: {after}"
                );
            }
        }
    }

    #[test]
    fn attempts_are_reset_after_a_minute() {
        let start = Instant::now();
        for (open, after) in [(59, 500), (60, 250)] {
            let mut policy = reconnect(Some(2), 1.0);
            policy.on_closed(at(start, 0), Link(0), &closed(1006));
            policy.on_open(at(start, 1), Link(0));
            let next = policy.on_closed(at(start, 1 + open), Link(0), &closed(1006));
            assert_eq!(wait(next), Some(Duration::from_millis(after)));
        }
    }

    #[test]
    fn attempts_are_limited() {
        let start = Instant::now();
        let mut policy = reconnect(Some(3), 1.0);
        for attempt in 1..=3 {
            let next = policy.on_connect_failed(at(start, 0), Link(0), &refused(503, &[]));
            assert!(matches!(next, Next::Redial { attempt: number, .. } if number == attempt));
        }
        let next = policy.on_connect_failed(at(start, 0), Link(0), &refused(503, &[]));
        assert_eq!(next, Next::End);
    }

    #[test]
    fn retry_after_is_honored() {
        let start = Instant::now();
        // 784111777 is the example of RFC 9110 §5.6.7.
        let wait_for = |value| {
            let error = refused(503, &[("Retry-After", value)]);
            wait(reconnect(None, 0.5).on_connect_failed(at(start, 0), Link(0), &error))
        };
        for (value, after) in [
            ("7", Duration::from_secs(7)),
            ("Sun, 06 Nov 1994 08:49:57 GMT", Duration::from_secs(20)),
            ("9223372036854775807", duration::MAX),
            ("99999999999999999999999", duration::MAX),
        ] {
            assert_eq!(wait_for(value), Some(after), "{value}");
        }
        // Otherwise a server that is down would be asked without a pause.
        for value in ["0", "Sun, 06 Nov 1994 08:49:30 GMT", "soon", "-1", ""] {
            assert_eq!(wait_for(value), Some(FIRST / 2), "{value}");
        }
    }

    #[test]
    fn temporary_failures_are_retried() {
        let start = Instant::now();
        let retries = |code| {
            let next = reconnect(None, 0.5).on_closed(at(start, 0), Link(0), &closed(code));
            wait(next).is_some()
        };
        let codes: Vec<u16> = (1000..=4999).filter(|code| retries(*code)).collect();
        assert_eq!(codes, [1001, 1005, 1006, 1011, 1012, 1013, 1014, 4001]);
        let retries = |status| {
            let error = refused(status, &[]);
            let next = reconnect(None, 0.5).on_connect_failed(at(start, 0), Link(0), &error);
            wait(next).is_some()
        };
        let statuses: Vec<u16> = (300..=599).filter(|status| retries(*status)).collect();
        assert_eq!(statuses, [401, 408, 429, 500, 502, 503, 504]);
        for unreachable in [true, false] {
            let error = Error::ProxyRefused {
                proxy: String::new(),
                to: String::new(),
                cause: String::new(),
                refusal: None,
                unreachable,
                hint: None,
            };
            let next = reconnect(None, 0.5).on_connect_failed(at(start, 0), Link(0), &error);
            assert_eq!(wait(next).is_some(), unreachable);
        }
        let ours = Closure {
            initiator: Some(Role::Us),
            end: End::Unanswered,
            ..Closure::default()
        };
        let next = reconnect(None, 0.5).on_closed(at(start, 0), Link(0), &ours);
        assert_eq!(next, Next::End);
    }
}
