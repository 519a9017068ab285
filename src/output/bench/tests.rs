use std::time::SystemTime;

use super::*;
use crate::measure::load::{LoadModel, LoadStatistics};
use crate::output::tested::Tested;

fn progress(phase: LoadPhase) -> LoadProgress {
    LoadProgress {
        phase,
        connections: 10,
        opened: 9,
        open: 8,
        sent: 1000,
        received: 900,
        errors: 1,
        elapsed: Duration::from_millis(1500),
        rate: 600.4,
        p50: Some(Duration::from_micros(1234)),
        p99: None,
    }
}

#[test]
fn progress_says_what_is_happening() {
    for (phase, line) in [
        (
            LoadPhase::Connecting,
            "connecting: 9 of 10 open, p50 1.234 ms, 1 errors",
        ),
        (
            LoadPhase::Running,
            "1.5 s: 8 open, 1000 sent, 900 received, 600/s, p50 1.234 ms, 1 errors",
        ),
        (
            LoadPhase::Draining,
            "waiting for replies: 8 open, 1000 sent, 900 received, p50 1.234 ms, 1 errors",
        ),
        (LoadPhase::Done, ""),
    ] {
        assert_eq!(describe(&progress(phase)), line);
    }
}

fn statistics() -> LoadStatistics {
    let mut statistics = LoadStatistics {
        opened: 2,
        refused: 1,
        sent: 1001,
        sent_bytes: 10_010,
        received: 1000,
        received_bytes: 10_000,
        other: 3,
        duration: Duration::from_secs(2),
        cpu: Duration::from_millis(1900),
        cpu_duration: Duration::from_secs(2),
        ..LoadStatistics::default()
    };
    statistics.latency.add_many(Duration::from_millis(20), 990);
    statistics.latency.add_many(Duration::from_millis(30), 10);
    let ms = |time| Some(Duration::from_millis(time));
    statistics
        .connect
        .add(&[("TCP", ms(1)), ("upgrade", ms(2))]);
    statistics
        .connect
        .add(&[("TCP", ms(3)), ("upgrade", ms(4))]);
    statistics.add_errors("no reply\u{1b}[2J", 1);
    statistics
}

fn summary(model: LoadModel, statistics: &LoadStatistics) -> BenchSummary<'_> {
    BenchSummary {
        url: "ws://h/",
        connections: 3,
        model,
        size: 10,
        statistics,
        failed: &[],
    }
}

#[test]
fn result_is_printed() {
    let statistics = statistics();
    let summary = summary(LoadModel::Closed { window: 1 }, &statistics);
    let text = summary.text(40);
    let (rows, histogram) = text.split_once("\nreplies by latency\n").expect("both");
    assert_eq!(
        rows,
        "BENCH ws://h/\n\
         closed loop: 3 connections, 1 in flight on each, 10 bytes\n\
         \n\
         connections 2 opened, 1 failed\n\
         connecting  min 3.000, mean 5.000 (TCP 2.000, upgrade 3.000), max 7.000 ms\n\
         messages    1001 sent, 1000 replies, 3 other messages received in 2.000 s\n\
         throughput  500.0 messages/s, 0.005 MB/s sent, 0.005 MB/s received\n\
         latency     min 20.00, mean 20.10, max 30.00 ms, from when a message was sent\n\
         latency     p50 20.00, p90 20.00, p95 20.00, p99 20.00 ms\n\
         client      95 % of one CPU; monotonic clock, read for each read and write\n\
         errors      1\n\
         \u{20}        1  no reply\\x1b[2J\n"
    );
    assert!(histogram.contains(" 990 ###"), "{histogram}");
    let warning = summary.warning().expect("it was busy");
    assert!(
        warning.starts_with("warning: the client used 95 %"),
        "{warning}"
    );
}

#[test]
fn every_model_says_what_was_measured() {
    let statistics = statistics();
    for (model, setting, messages) in [
        (
            LoadModel::Open { rate: 500.0, window: None },
            "open loop: 500 messages/s in all, 3 connections, 10 bytes",
            "1001 sent, 1000 replies",
        ),
        (
            LoadModel::Open { rate: 0.5, window: Some(2) },
            "open loop: 0.5 messages/s in all, 3 connections, at most 2 in flight on each, 10 bytes",
            "1001 sent, 1000 replies",
        ),
        (LoadModel::SendOnly { rate: None }, "send only: 3 connections, 10 bytes", "1001 sent"),
        (LoadModel::Listen, "receive only: 3 connections", "1000 received"),
    ] {
        let text = summary(model, &statistics).text(80);
        assert_eq!(text.lines().nth(1), Some(setting));
        assert!(text.contains(&format!("messages    {messages}")), "{text}");
        let is_open = matches!(model, LoadModel::Open { .. });
        assert_eq!(text.contains("from when a message was due"), is_open);
    }
}

#[test]
fn progress_line_covers_the_one_before() {
    let mut line = Tested::new(ProgressLine::new(|| 80));
    let mut show = |phase| {
        let progress = progress(phase);
        line.show(
            SystemTime::UNIX_EPOCH,
            Link::default(),
            &Event::Load(&progress),
        )
        .expect("it is shown");
    };
    show(LoadPhase::Running);
    show(LoadPhase::Done);
    let text = line.sink.take();
    let width = "1.5 s: 8 open, 1000 sent, 900 received, 600/s, p50 1.234 ms, 1 errors".len();
    assert!(text.starts_with("\r1.5 s: "), "{text:?}");
    assert!(
        text.ends_with(&format!("\r{}\r", " ".repeat(width))),
        "{text:?}"
    );
    let mut narrow = Tested::new(ProgressLine::new(|| 10));
    narrow
        .output
        .draw("0123456789", &mut narrow.sink)
        .expect("it is drawn");
    assert_eq!(narrow.sink.take(), "\r012345678");
}
