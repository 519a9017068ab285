//! The prompt's connection: its state, and how it is described.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::event::{ConnectStep, Upgrade};
use crate::exit::ExitCode;
use crate::http::Secrets;
use crate::output::transcript::Transcript;
use crate::output::{closure, dump};
use crate::protocol::{Closure, Volume};

/// The maximum number of Pings waiting for a Pong; older ones are forgotten.
const PINGS: usize = 64;

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionState {
    Connecting,
    Open,
    /// We have sent a Close and will end when it is answered.
    Closing,
    /// There is no connection; it can be opened again.
    Closed,
}

/// A connection that was opened, and statistics.
#[derive(Debug)]
pub(super) struct PromptConnection {
    pub(super) state: ConnectionState,
    /// Whether secrets are shown.
    secrets: Secrets,
    opened: Option<Opened>,
    tls: Option<String>,
    sent: Count,
    received: Count,
    pings: VecDeque<(Vec<u8>, Instant)>,
    round_trip: Option<Duration>,
    /// When the previous connection ended.
    ended: Option<Instant>,
}

#[derive(Debug)]
struct Opened {
    url: String,
    address: Option<String>,
    subprotocol: Option<String>,
    extensions: Option<String>,
    headers: Vec<String>,
    at: Instant,
}

/// The number of messages, their size in bytes, and the time of the last one.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    messages: u64,
    bytes: u64,
    last: Option<Instant>,
}

impl PromptConnection {
    pub(super) fn new(secrets: Secrets) -> Self {
        Self {
            state: ConnectionState::Connecting,
            secrets,
            opened: None,
            tls: None,
            sent: Count::default(),
            received: Count::default(),
            pings: VecDeque::new(),
            round_trip: None,
            ended: None,
        }
    }

    /// Handles a step of connecting.
    pub(super) fn on_step(&mut self, step: &ConnectStep) {
        if let ConnectStep::TlsHandshake(text) = step {
            self.tls = Some(text.clone());
        }
    }

    /// Handles an open connection. Returns a note if it was open before.
    pub(super) fn open(&mut self, at: Instant, upgrade: &Upgrade) -> Option<String> {
        let request = upgrade
            .request
            .lines(self.secrets)
            .map(|line| format!("> {line}"));
        let response = upgrade
            .response
            .lines(self.secrets)
            .map(|line| format!("< {line}"));
        self.opened = Some(Opened {
            url: upgrade.url.clone(),
            address: upgrade.peer.as_ref().map(ToString::to_string),
            subprotocol: upgrade.shown_subprotocol(self.secrets),
            extensions: upgrade.extensions.clone(),
            headers: request.chain(response).collect(),
            at,
        });
        self.state = ConnectionState::Open;
        (self.sent, self.received) = (Count::default(), Count::default());
        self.pings.clear();
        self.round_trip = None;
        let gap = at.saturating_duration_since(self.ended?);
        Some(format!("connected again after {}", seconds(gap)))
    }

    /// Handles the end of the connection, on which `automatic` messages were sent that nobody has
    /// typed. Returns the exit code and a description of the end.
    pub(super) fn close(
        &mut self,
        at: Instant,
        ended: &Closure,
        automatic: u64,
    ) -> (ExitCode, String) {
        self.state = ConnectionState::Closed;
        self.ended = Some(at);
        let code = ExitCode::for_closure(ended);
        let duration = self.opened.as_ref().map_or(Duration::ZERO, |opened| {
            at.saturating_duration_since(opened.at)
        });
        let how = format!(
            "{} after {}, sent {}, received {}",
            closure::describe(ended),
            seconds(duration),
            self.sent.messages + automatic,
            self.received.messages
        );
        (code, how)
    }

    /// Handles a failed attempt to connect again.
    pub(super) fn fail(&mut self, at: Instant, error: &Error) -> (ExitCode, String) {
        self.state = ConnectionState::Closed;
        self.ended.get_or_insert(at);
        let mut text = error.to_string();
        if let Some(hint) = error.hint() {
            text.push_str("\nhint: ");
            text.push_str(hint);
        }
        (error.exit_code(), text)
    }

    pub(super) fn count_sent(&mut self, bytes: u64) {
        self.sent.add(bytes, true, Instant::now());
    }

    pub(super) fn count_received(&mut self, bytes: u64, last: bool, at: Instant) {
        self.received.add(bytes, last, at);
    }

    pub(super) fn ping(&mut self, payload: Vec<u8>) {
        if self.pings.len() == PINGS {
            self.pings.pop_front();
        }
        self.pings.push_back((payload, Instant::now()));
    }

    /// Handles a Pong. Returns the round-trip time if it answers a Ping.
    pub(super) fn pong(&mut self, at: Instant, payload: &[u8]) -> Option<String> {
        // A Pong answers the latest Ping and those before it (RFC 6455 §5.5.3).
        let place = self.pings.iter().rposition(|(sent, _)| sent == payload)?;
        let (_, sent) = self.pings.drain(..=place).next_back()?;
        let time = at.saturating_duration_since(sent);
        self.round_trip = Some(time);
        Some(format!("Pong after {}", milliseconds(time)))
    }

    /// The headers of the opening handshake.
    pub(super) fn headers(&self) -> Option<String> {
        self.opened.as_ref().map(|opened| opened.headers.join("\n"))
    }

    /// The output of `/status`.
    pub(super) fn status(&self, volume: Volume, transcript: &Transcript) -> String {
        let state = match self.state {
            ConnectionState::Connecting => "CONNECTING",
            ConnectionState::Open => "OPEN",
            ConnectionState::Closing => "CLOSING",
            ConnectionState::Closed => "CLOSED",
        };
        let Some(opened) = &self.opened else {
            return state.to_owned();
        };
        let address = opened
            .address
            .as_ref()
            .map(|address| format!(" ({address})"));
        let duration = match self.state {
            ConnectionState::Open | ConnectionState::Closing => {
                format!(", for {}", seconds(opened.at.elapsed()))
            }
            _ => String::new(),
        };
        let mut rows = vec![
            format!(
                "{state} {}{}{duration}",
                opened.url,
                address.unwrap_or_default()
            ),
            format!("sent         {}", self.sent.describe()),
            format!("received     {}", self.received.describe()),
        ];
        if let (messages @ 1.., bytes) = transcript.automatic() {
            let automatic = Count {
                messages,
                bytes,
                last: None,
            };
            rows.insert(2, format!("automatic    {}", automatic.describe()));
        }
        if let Some(time) = self.round_trip {
            rows.push(format!("round trip   {}", milliseconds(time)));
        }
        for (name, value) in [
            ("subprotocol ", &opened.subprotocol),
            ("extensions  ", &opened.extensions),
            ("TLS         ", &self.tls),
        ] {
            rows.push(format!("{name} {}", value.as_deref().unwrap_or("none")));
        }
        if let Some(ratio) = ratio(volume) {
            rows.push(format!("compression  {ratio}"));
        }
        if let Some(held) = transcript.held() {
            let count = held.count;
            rows.push(format!("held         {count}: ^Q or /release shows them"));
        }
        if let Some((shown, hidden)) = transcript.filter_counts() {
            rows.push(format!("filtered     {shown} shown, {hidden} hidden"));
        }
        rows.join("\n")
    }
}

impl Count {
    fn add(&mut self, bytes: u64, last: bool, at: Instant) {
        self.messages += u64::from(last);
        self.bytes += bytes;
        self.last = Some(at);
    }

    fn describe(self) -> String {
        let plural = if self.messages == 1 { "" } else { "s" };
        let size = dump::size(usize::try_from(self.bytes).unwrap_or(usize::MAX));
        let age = self
            .last
            .map(|last| format!(", last {} ago", seconds(last.elapsed())));
        format!(
            "{} message{plural}, {size}{}",
            self.messages,
            age.unwrap_or_default()
        )
    }
}

/// The size of compressed messages in percent of their payload: `64 % of 1.6 KiB`; `None` unless
/// that is less.
fn ratio(volume: Volume) -> Option<String> {
    // With 128 bits, the product of two counts cannot overflow.
    let (wire, payload) = (u128::from(volume.wire), u128::from(volume.payload));
    let percent = (wire * 100 + payload / 2) / payload.max(1);
    let size = dump::size(usize::try_from(volume.payload).unwrap_or(usize::MAX));
    (volume.payload > 0 && percent < 100).then(|| format!("{percent} % of {size}"))
}

/// A duration with tenths of a second, or with minutes and hours if it is long.
fn seconds(duration: Duration) -> String {
    let tenths = duration.as_millis() / 100;
    match tenths / 10 {
        0..60 => format!("{}.{} s", tenths / 10, tenths % 10),
        whole @ 60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        whole => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A duration with three digits, in milliseconds or seconds.
fn milliseconds(duration: Duration) -> String {
    let micros = duration.as_micros();
    match micros {
        0..10_000 => format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!(
            "{}.{:02} s",
            micros / 1_000_000,
            micros % 1_000_000 / 10_000
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_is_a_percentage() {
        let volume = |wire, payload| Volume { payload, wire };
        let ratio = |wire, payload| ratio(volume(wire, payload));
        assert_eq!(ratio(1049, 1639).as_deref(), Some("64 % of 1.6 KiB"));
        assert_eq!(ratio(26, 22), None);
        assert_eq!(ratio(10, 10), None);
        assert_eq!(ratio(0, 0), None);
    }

    #[test]
    fn durations_have_suitable_precision() {
        let micros = Duration::from_micros;
        assert_eq!(milliseconds(micros(219)), "0.21 ms");
        assert_eq!(milliseconds(micros(12_345)), "12 ms");
        assert_eq!(milliseconds(micros(2_029_573)), "2.02 s");
        assert_eq!(seconds(micros(12_345_678)), "12.3 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(seconds(Duration::from_secs(7300)), "2 h 1 min");
    }
}
