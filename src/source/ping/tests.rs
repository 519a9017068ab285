//! Tests with a sender that records what is sent, and a clock that the test sets.

use std::time::SystemTime;

use super::*;
use crate::error::Error;
use crate::event::{Note, Upgrade};
use crate::protocol::{CloseReason, Closure};

/// What was sent and printed since the last call.
struct Sink {
    room: usize,
    log: Vec<String>,
}

impl Sender for Sink {
    fn room(&self, _: Link) -> usize {
        self.room
    }

    fn data(&mut self, _: Link, piece: Piece<'_>) {
        let text = String::from_utf8_lossy(piece.bytes);
        self.log.push(format!("{:?} {text}", piece.kind));
    }

    fn ping(&mut self, _: Link, payload: &[u8]) {
        let text = String::from_utf8_lossy(payload);
        self.log.push(format!("Ping {text}"));
    }

    fn pong(&mut self, _: Link, _: &[u8]) {
        panic!("nothing to answer");
    }

    fn close(&mut self, _: Link, _: Option<CloseReason>) {
        panic!("the run closes");
    }

    fn note(&mut self, note: Note) {
        panic!("{note:?}");
    }

    fn probed(&mut self, _: Link, probe: &Probe) {
        self.log.push(match probe {
            Probe::Answered(answer) => format!("{} after {:?}", answer.seq, answer.round_trip),
            Probe::Late(answer) => format!("{} late, {:?}", answer.seq, answer.round_trip),
            Probe::Lost { seq, timeout } => format!("{seq} lost after {timeout:?}"),
            Probe::Unexpected(payload) => format!("unexpected {}", payload.escape_ascii()),
        });
    }

    fn fault(&mut self, error: Error) {
        panic!("{error}");
    }
}

/// A run whose clock is in milliseconds since its start.
struct Run {
    begin: Instant,
    ping: Ping,
    sink: Sink,
    done: bool,
}

impl Run {
    fn new(kind: ProbeKind, count: Option<u64>) -> Self {
        let mut run = Self {
            begin: Instant::now(),
            ping: Ping::new(PingOptions {
                kind,
                count,
                interval: Duration::from_millis(100),
                timeout: Duration::from_millis(250),
            }),
            sink: Sink {
                room: 1000,
                log: Vec::new(),
            },
            done: false,
        };
        assert_eq!(run.poll(0), [""; 0], "there is no connection");
        assert_eq!(run.ping.next_deadline(), None);
        run.event(0, &Event::Open(&Upgrade::default()));
        run
    }

    fn pings(count: Option<u64>) -> Self {
        Self::new(ProbeKind::Ping("p{seq}".to_owned()), count)
    }

    fn now(&self, ms: u64) -> Now {
        Now {
            instant: self.begin + Duration::from_millis(ms),
            time: SystemTime::UNIX_EPOCH,
        }
    }

    fn event(&mut self, ms: u64, event: &Event<'_>) {
        let now = self.now(ms);
        self.ping.on_event(now, Link(0), event);
    }

    fn pong(&mut self, ms: u64, payload: &str) {
        self.event(ms, &Event::Pong(Way::In, payload.as_bytes()));
    }

    fn text(&mut self, ms: u64, text: &str) {
        let piece = Piece::whole(Kind::Text, text.as_bytes());
        self.event(ms, &Event::Data(Way::In, piece));
    }

    /// What is sent and printed at this time.
    fn poll(&mut self, ms: u64) -> Vec<String> {
        let now = self.now(ms);
        match self.ping.poll(now, false, &mut self.sink) {
            Progress::Done(None) => self.done = true,
            Progress::Done(Some(error)) => panic!("{error}"),
            Progress::More | Progress::Pending => {}
        }
        std::mem::take(&mut self.sink.log)
    }

    /// The next deadline.
    fn deadline(&self) -> Option<u128> {
        let deadline = self.ping.next_deadline();
        deadline.map(|at| at.duration_since(self.begin).as_millis())
    }
}

#[test]
fn pings_are_sent_at_the_interval_and_measured() {
    let mut run = Run::pings(Some(2));
    assert_eq!(run.poll(0), ["Ping p1"]);
    assert_eq!(run.deadline(), Some(100));
    run.pong(7, "p1");
    assert_eq!(run.poll(7), ["1 after 7ms"]);
    assert_eq!(run.poll(99), [""; 0]);
    assert_eq!(run.poll(100), ["Ping p2"]);
    assert!(!run.done, "its answer is awaited");
    assert_eq!(run.deadline(), Some(350), "and may take so long");
    run.pong(103, "p2");
    assert_eq!(run.poll(103), ["2 after 3ms"]);
    assert!(run.done);
    assert_eq!(run.deadline(), None);
    let statistics = run.ping.statistics();
    assert_eq!((statistics.sent, statistics.received()), (2, 2));
    assert_eq!(statistics.duration(), Duration::from_millis(103));
}

#[test]
fn lost_and_late_answers_are_not_measured() {
    let mut run = Run::pings(Some(3));
    run.poll(0);
    run.poll(100);
    run.poll(200);
    assert_eq!(run.deadline(), Some(250));
    assert_eq!(run.poll(250), ["1 lost after 250ms"]);
    run.pong(300, "p1");
    // Due at 350: it was too late, whatever is checked first.
    run.pong(350, "p2");
    run.pong(350, "p3");
    assert_eq!(
        run.poll(350),
        [
            "1 late, 300ms",
            "2 lost after 250ms",
            "2 late, 250ms",
            "3 after 150ms"
        ]
    );
    assert!(run.done);
    let statistics = run.ping.statistics();
    assert_eq!(
        (statistics.sent, statistics.received(), statistics.late),
        (3, 1, 2)
    );
}

#[test]
fn pongs_with_other_payloads_are_unexpected() {
    let mut run = Run::pings(Some(1));
    run.poll(0);
    run.pong(1, "");
    run.pong(1, "p2");
    run.pong(2, "p1");
    run.pong(3, "p1");
    assert_eq!(
        run.poll(3),
        [
            "unexpected ",
            "unexpected p2",
            "1 after 2ms",
            "unexpected p1"
        ]
    );
    assert_eq!(run.ping.statistics().received(), 1);
}

#[test]
fn answers_with_the_same_payload_count_in_order() {
    let mut run = Run::new(ProbeKind::Ping("same".to_owned()), Some(2));
    assert_eq!(run.poll(0), ["Ping same"]);
    assert_eq!(run.poll(100), ["Ping same"]);
    run.pong(110, "same");
    run.pong(120, "same");
    assert_eq!(run.poll(120), ["1 after 110ms", "2 after 20ms"]);
}

#[test]
fn text_messages_are_answered_by_the_same_text() {
    let mut run = Run::new(ProbeKind::Text("{\"id\":{seq}}".to_owned()), Some(1));
    assert!(run.ping.wants_messages());
    assert_eq!(run.poll(0), ["Text {\"id\":1}"]);
    run.pong(1, "{\"id\":1}");
    run.text(2, "welcome");
    let binary = Piece::whole(Kind::Binary, b"{\"id\":1}");
    run.event(2, &Event::Data(Way::In, binary));
    assert_eq!(run.poll(2), [""; 0]);
    run.text(4, "{\"id\":1}");
    assert_eq!(run.poll(4), ["1 after 4ms"]);
    assert_eq!(run.ping.statistics().other_messages, 2);
    assert!(run.done);
}

#[test]
fn missed_pings_are_not_sent_in_a_burst() {
    let mut run = Run::pings(None);
    run.poll(0);
    assert_eq!(run.poll(240), ["Ping p2"]);
    assert_eq!(run.poll(299), ["1 lost after 250ms"]);
    assert_eq!(run.poll(339), [""; 0]);
    assert_eq!(run.poll(340), ["Ping p3"]);
    assert!(!run.done);
}

#[test]
fn full_buffer_delays_the_next_ping() {
    let mut run = Run::pings(None);
    run.sink.room = 0;
    assert_eq!(run.poll(0), [""; 0]);
    assert_eq!(
        run.deadline(),
        None,
        "a deadline that has passed would spin"
    );
    run.sink.room = 1;
    assert_eq!(run.poll(30), ["Ping p1"]);
    assert_eq!(run.deadline(), Some(100), "the schedule stays");
}

#[test]
fn nothing_is_sent_after_the_end_of_the_connection() {
    let mut run = Run::pings(None);
    run.poll(0);
    run.event(50, &Event::Closed(&Closure::default()));
    assert_eq!(run.poll(100), [""; 0]);
    assert_eq!(run.ping.statistics().sent, 1);
}

#[test]
fn memory_for_lost_pings_is_bounded() {
    let mut run = Run::pings(None);
    for turn in 0..2000 {
        run.poll(turn * 100);
    }
    assert_eq!(run.ping.lost.len(), REMEMBERED);
    assert!(run.ping.awaited.len() <= 3, "{:?}", run.ping.awaited);
}
