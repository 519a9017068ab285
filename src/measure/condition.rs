//! Conditions on the result of a load test, such as `p99>50ms` (`--fail-if`).

use std::fmt;
use std::time::Duration;

use super::load::{LoadModel, LoadStatistics};
use crate::text::duration;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Metric {
    /// A percentile of the latency, in thousandths.
    Percentile(u16),
    Mean,
    Max,
    Rate,
    Errors,
}

/// The names of the metrics.
const METRICS: [(&str, Metric); 9] = [
    ("p50", Metric::Percentile(500)),
    ("p90", Metric::Percentile(900)),
    ("p95", Metric::Percentile(950)),
    ("p99", Metric::Percentile(990)),
    ("p99.9", Metric::Percentile(999)),
    ("mean", Metric::Mean),
    ("max", Metric::Max),
    ("rate", Metric::Rate),
    ("errors", Metric::Errors),
];

/// A condition: a metric, `<` or `>`, and a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    text: String,
    metric: Metric,
    is_less: bool,
    /// Seconds, messages a second, or a number of errors.
    limit: f64,
}

impl Condition {
    /// Parses a condition.
    ///
    /// # Errors
    ///
    /// What is invalid about it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let at = text.find(['<', '>']).ok_or_else(|| {
            "missing < or >: write a metric, < or >, and a limit, such as p99>50ms".to_owned()
        })?;
        let (name, limit) = (text[..at].trim(), text[at + 1..].trim());
        let metric = METRICS.iter().find(|(known, _)| *known == name);
        let Some((_, metric)) = metric else {
            let names = METRICS.map(|(name, _)| name).join(", ");
            return Err(format!("unknown metric '{name}': use one of {names}"));
        };
        let limit = match metric {
            Metric::Rate | Metric::Errors => limit
                .parse::<f64>()
                .ok()
                .filter(|limit| limit.is_finite() && *limit >= 0.0)
                .ok_or_else(|| format!("invalid number '{limit}'"))?,
            Metric::Percentile(_) | Metric::Mean | Metric::Max => {
                duration::parse(limit)?.as_secs_f64()
            }
        };
        Ok(Self {
            text: text.to_owned(),
            metric: *metric,
            is_less: text[at..].starts_with('<'),
            limit,
        })
    }

    /// Why the run fails by this condition; `None` if it does not. What is unknown fails.
    #[must_use]
    pub fn check(&self, statistics: &LoadStatistics, model: LoadModel) -> Option<String> {
        let latency = &statistics.latency;
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        let summary = latency.summary();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count to compare with a limit"
        )]
        let value = match self.metric {
            Metric::Percentile(thousandths) => seconds(latency.per_thousand(thousandths)),
            Metric::Mean => seconds(summary.map(|summary| summary.avg)),
            Metric::Max => seconds(summary.map(|summary| summary.max)),
            Metric::Rate => Some(statistics.rate(model)),
            Metric::Errors => Some(statistics.error_count() as f64),
        };
        let Some(value) = value else {
            let count = latency.count();
            return Some(format!("{self}: unknown with {count} replies"));
        };
        let is_met = if self.is_less {
            value < self.limit
        } else {
            value > self.limit
        };
        is_met.then(|| match self.metric {
            Metric::Rate => format!("{self}: {value:.1} messages/s"),
            Metric::Errors => format!("{self}: {value}"),
            _ => format!("{self}: {:.3} ms", value * 1000.0),
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: LoadModel = LoadModel::Closed { window: 1 };

    fn check(text: &str, statistics: &LoadStatistics) -> Option<String> {
        let condition = Condition::parse(text).expect("it is valid");
        condition.check(statistics, MODEL)
    }

    #[test]
    fn conditions_are_checked() {
        let mut statistics = LoadStatistics::default();
        statistics.latency.add_many(Duration::from_millis(10), 990);
        statistics.latency.add_many(Duration::from_millis(80), 10);
        statistics.received = 1000;
        statistics.duration = Duration::from_secs(2);
        statistics.add_errors("lost", 3);
        for text in [
            "p99>50ms",
            "p50<10ms",
            "max>81ms",
            "rate<500",
            "errors>3",
            "mean<10ms",
        ] {
            assert_eq!(check(text, &statistics), None, "{text}");
        }
        for (text, why) in [
            ("p50>9ms", "p50>9ms: 10.002 ms"),
            ("max > 0.07", "max > 0.07: 80.000 ms"),
            ("mean>10ms", "mean>10ms: 10.700 ms"),
            ("rate<501", "rate<501: 500.0 messages/s"),
            ("errors>0", "errors>0: 3"),
            ("p99.9<1", "p99.9<1: unknown with 1000 replies"),
        ] {
            let found = check(text, &statistics).expect("it fails");
            let (found, why) = (found.split('.').next(), why.split('.').next());
            assert_eq!(found, why, "{text}");
        }
    }

    #[test]
    fn invalid_conditions_say_what_is_wrong() {
        for (text, error) in [
            ("p99", "missing < or >: write a metric, < or >, and a limit, such as p99>50ms"),
            ("p98>1s", "unknown metric 'p98': use one of p50, p90, p95, p99, p99.9, mean, max, rate, errors"),
            ("rate<fast", "invalid number 'fast'"),
            ("errors>-1", "invalid number '-1'"),
            ("max>1h", "unknown unit 'h': use 500ms, 2s, 1m, or a number of seconds"),
        ] {
            assert_eq!(Condition::parse(text), Err(error.to_owned()), "{text}");
        }
    }
}
