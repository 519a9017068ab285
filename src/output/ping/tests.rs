//! Tests of the output of `wsline ping`.

use super::*;
use crate::output::tested::Tested;

const AT: SystemTime = SystemTime::UNIX_EPOCH;

fn shown(style: PingStyle, probes: &[Probe]) -> String {
    let mut lines = Tested::new(PingLines::new(style));
    let upgrade = Upgrade {
        url: "ws://example.org/".to_owned(),
        peer: Some(PeerAddress::Tcp(([192, 0, 2, 1], 80).into())),
        ..Upgrade::default()
    };
    let mut show = |event: &Event<'_>| lines.show(AT, Link(0), event).expect("memory takes it");
    show(&Event::Open(&upgrade));
    for probe in probes {
        show(&Event::Probe(probe));
    }
    lines.sink.take()
}

fn probes() -> [Probe; 4] {
    let answer = |seq, micros| ProbeAnswer {
        seq,
        size: 8,
        round_trip: Duration::from_micros(micros),
    };
    [
        Probe::Answered(answer(1, 87)),
        Probe::Lost {
            seq: 2,
            timeout: Duration::from_millis(1500),
        },
        Probe::Late(answer(2, 2_000_400)),
        Probe::Unexpected(b"\x1b[2J\xff".to_vec()),
    ]
}

const STYLE: PingStyle = PingStyle {
    json: false,
    quiet: false,
    text: false,
};

#[test]
fn lines_for_people() {
    assert_eq!(
        shown(STYLE, &probes()),
        "PING ws://example.org/ (192.0.2.1:80)\n\
         8 bytes from 192.0.2.1:80: seq=1 time=0.087 ms\n\
         no answer from 192.0.2.1:80 within 1.5s: seq=2\n\
         8 bytes from 192.0.2.1:80: seq=2 time=2000.4 ms (late)\n\
         unexpected Pong from 192.0.2.1:80: \"\\x1b[2J\\xff\"\n"
    );
    let text = PingStyle {
        text: true,
        ..STYLE
    };
    assert_eq!(
        shown(text, &[]),
        "PING ws://example.org/ (192.0.2.1:80) with text messages\n"
    );
    let quiet = PingStyle {
        quiet: true,
        ..STYLE
    };
    assert_eq!(
        shown(quiet, &probes()),
        "PING ws://example.org/ (192.0.2.1:80)\n"
    );
}

#[test]
fn objects_for_programs() {
    let json = PingStyle {
        json: true,
        ..STYLE
    };
    let time = r#""time":"1970-01-01T00:00:00.000000Z""#;
    assert_eq!(
        shown(json, &probes()),
        format!(
            "{{{time},\"type\":\"answer\",\"seq\":1,\"size\":8,\"ms\":0.087}}\n\
             {{{time},\"type\":\"lost\",\"seq\":2,\"ms\":1500.0}}\n\
             {{{time},\"type\":\"late\",\"seq\":2,\"size\":8,\"ms\":2000.4}}\n\
             {{{time},\"type\":\"unexpected\",\"size\":5}}\n"
        )
    );
    let quiet = PingStyle {
        quiet: true,
        ..json
    };
    assert_eq!(shown(quiet, &probes()), "");
}

fn summary(round_trips: &RoundTrips, sent: u64, late: u64) -> String {
    let summary = PingSummary {
        url: "ws://example.org/",
        sent,
        late,
        round_trips,
        duration: Duration::from_millis(2003),
    };
    summary.text()
}

#[test]
fn summary_for_people() {
    let mut trips = RoundTrips::default();
    assert_eq!(
        summary(&trips, 2, 1),
        "\n--- ws://example.org/ ping statistics ---\n\
         2 sent, 0 received, 1 late, 100% loss, time 2.003 s\n"
    );
    for millis in [1, 3] {
        trips.add(Duration::from_millis(millis));
    }
    assert_eq!(
        summary(&trips, 3, 0),
        "\n--- ws://example.org/ ping statistics ---\n\
         3 sent, 2 received, 33.3333% loss, time 2.003 s\n\
         round trip min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms\n"
    );
    for _ in 0..198 {
        trips.add(Duration::from_millis(2));
    }
    let text = summary(&trips, 200, 0);
    let last = text.lines().last().expect("a line");
    assert!(text.contains("200 sent, 200 received, 0% loss, "), "{text}");
    assert!(last.starts_with("round trip p50/p95 = 2.00"), "{text}");
}

#[test]
fn times_have_three_digits() {
    for (micros, text) in [
        (7, "0.007"),
        (87, "0.087"),
        (1234, "1.23"),
        (12_345, "12.3"),
        (1_234_567, "1234.6"),
    ] {
        assert_eq!(milliseconds(Duration::from_micros(micros)), text);
    }
}
