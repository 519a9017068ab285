//! `wsline bench --compare-polling`: the same exchange over WebSocket, over HTTP on a connection that
//! is kept alive, and over HTTP on a connection for each.
//!
//! The exchanges follow each other, so the loop of the driver is not needed.

use std::io;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant, SystemTime};

use signal_hook::consts::SIGINT;

use super::channel::{HttpChannel, Traffic, WebSocketChannel};
use crate::cli::BenchArgs;
use crate::commands::end::print_end;
use crate::connect::{ConnectOptions, Dialer};
use crate::deadline::Deadline;
use crate::driver::Signals;
use crate::error::Error;
use crate::event::Kind;
use crate::exit::ExitCode;
use crate::output::bench::{Comparison, WayResult};
use crate::output::sink::{Descriptor, Sink as _};
use crate::plan::Plan;
use crate::target::Target;

/// The number of exchanges if neither their number nor the time is given.
const DEFAULT_EXCHANGES: u64 = 1000;

/// The resource that the built-in server answers with the body of the request.
const ECHO: &str = "/echo";

/// How long the server may take to close the WebSocket.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Measures the three ways one after the other, and prints them beside each other.
///
/// # Errors
///
/// [`Error::Url`] for an invalid URL; the first error of a connection or an exchange.
pub(super) fn run(
    bench: &BenchArgs,
    plan: &Plan,
    kind: Kind,
    payload: Vec<u8>,
) -> Result<ExitCode, Error> {
    let http = http_options(bench, plan)?;
    let setting_up = |cause| Error::System {
        doing: "setting up",
        cause,
    };
    let mut repeat = Repeat {
        bench,
        signals: Signals::register().map_err(setting_up)?,
        ended_by: None,
    };
    let dialer = Dialer::new().with_address_cache();
    let size = payload.len();
    let mut kept = HttpChannel::new(&dialer, &http, true, kind, &payload);
    let mut fresh = HttpChannel::new(&dialer, &http, false, kind, &payload);
    let mut socket = WebSocketChannel::open(&dialer, &plan.request, plan.protocol, kind, payload)?;
    let websocket = repeat.measure(|deadline| socket.exchange(deadline))?;
    socket.close(Deadline::after(CLOSE_TIMEOUT));
    kept.prepare()?;
    let kept = repeat.measure(|deadline| kept.exchange(deadline))?;
    let fresh = repeat.measure(|deadline| fresh.exchange(deadline))?;
    let (url, http_url) = (plan.request.target.url(), http_url(&http.target));
    let comparison = Comparison {
        url: &url,
        http_url: &http_url,
        size,
        is_tls: plan.request.target.is_tls() || http.target.is_tls(),
        websocket: &websocket,
        kept: &kept,
        fresh: &fresh,
    };
    let code = match repeat.ended_by {
        Some(signal) if signal != SIGINT => Error::Signal(signal).exit_code(),
        _ => ExitCode::Success,
    };
    let bytes = if bench.json {
        comparison.json(SystemTime::now(), code.number())
    } else {
        Ok(comparison.text().into_bytes())
    };
    match bytes.and_then(|bytes| print(&bytes)) {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            let target = "standard output".to_owned();
            return Err(Error::Output { target, cause });
        }
        _ => print_end("", None),
    }
    Ok(code)
}

fn print(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = Descriptor::new(io::stdout().as_fd())?;
    stdout.put(bytes)?;
    stdout.drain(None)
}

/// The options for HTTP: those of the connection with another URL. Credentials and headers are sent
/// only to the same host and port.
fn http_options(bench: &BenchArgs, plan: &Plan) -> Result<ConnectOptions, Error> {
    let mut options = plan.request.clone();
    match bench.compare_polling.as_ref().and_then(Option::as_ref) {
        None => ECHO.clone_into(&mut options.target.resource),
        Some(url) => {
            options.target = Target::parse(url)?;
            if options.target.origin != plan.request.target.origin {
                options.headers.clear();
                options.cookies.clear();
                (options.bearer, options.credentials) = (None, None);
            }
        }
    }
    Ok(options)
}

/// The URL with the scheme of HTTP.
fn http_url(target: &Target) -> String {
    let url = target.url();
    url.strip_prefix("ws")
        .map_or_else(|| url.clone(), |rest| format!("http{rest}"))
}

/// Repeats exchanges until there are enough.
struct Repeat<'a> {
    bench: &'a BenchArgs,
    signals: Signals,
    ended_by: Option<i32>,
}

impl Repeat<'_> {
    fn measure(
        &mut self,
        mut exchange: impl FnMut(Deadline) -> Result<Traffic, Error>,
    ) -> Result<WayResult, Error> {
        let mut result = WayResult::default();
        let default = self.bench.duration.is_none().then_some(DEFAULT_EXCHANGES);
        let count = self.bench.messages.or(default).unwrap_or(u64::MAX);
        let duration = self.bench.duration.unwrap_or(Duration::MAX);
        let start = Instant::now();
        while self.ended_by.is_none() && result.round_trips.count() < count {
            let before = Instant::now();
            if before.duration_since(start) >= duration {
                break;
            }
            let traffic = exchange(Deadline::after(self.bench.wait))?;
            let after = Instant::now();
            result.round_trips.add(after.duration_since(before));
            result.duration = after.duration_since(start);
            result.sent += traffic.sent;
            result.received += traffic.received;
            self.ended_by = self.signals.take().first().copied();
        }
        Ok(result)
    }
}
