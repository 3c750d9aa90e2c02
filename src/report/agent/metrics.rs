//! Metrics in the text form of `OpenMetrics` 1.0 (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).

use std::fmt::Write as _;

use crate::cluster::agent::{AgentState, ApplyResult, EnvironmentState};

/// A metric of environments: its name, its type, what it is, and its value.
type Metric = (
    &'static str,
    &'static str,
    &'static str,
    fn(&EnvironmentState, u64) -> String,
);

const METRICS: [Metric; 6] = [
    (
        "chartwright_applies",
        "counter",
        "Changes that were applied.",
        |one, _| one.applies.to_string(),
    ),
    (
        "chartwright_apply_failures",
        "counter",
        "Applications that failed.",
        |one, _| one.failures.to_string(),
    ),
    (
        "chartwright_apply_seconds",
        "counter",
        "Seconds that applying took.",
        |one, _| seconds(one.milliseconds),
    ),
    (
        "chartwright_drift",
        "gauge",
        "1 where the cluster does not have what the files say.",
        |one, _| u8::from(one.has_drift == Some(true)).to_string(),
    ),
    (
        "chartwright_lag_seconds",
        "gauge",
        "Seconds since a newer commit is there than the one that is applied.",
        |one, now| {
            one.behind_since
                .map_or(0, |since| now.saturating_sub(since))
                .to_string()
        },
    ),
    (
        "chartwright_failed",
        "gauge",
        "1 where the newest commit could not be applied.",
        |one, _| u8::from(matches!(one.result, ApplyResult::Failed | ApplyResult::CouldNotRun)).to_string(),
    ),
];

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// A label's value: `\`, `"` and line feeds are escaped.
fn label(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

/// All metrics; `now` is in seconds since 1970.
pub fn agent_metrics(state: &AgentState, now: u64) -> String {
    let mut out = String::new();
    for (name, kind, help, value) in METRICS {
        let total = if kind == "counter" { "_total" } else { "" };
        _ = writeln!(out, "# TYPE {name} {kind}\n# HELP {name} {help}");
        for environment in &state.environments {
            let (label, value) = (label(&environment.name), value(environment, now));
            _ = writeln!(out, "{name}{total}{{environment=\"{label}\"}} {value}");
        }
    }
    for (name, help, value) in [
        (
            "chartwright_events",
            "Events of registries that were accepted.",
            state.events,
        ),
        (
            "chartwright_events_refused",
            "Requests that were refused.",
            state.refused_events,
        ),
    ] {
        _ = writeln!(out, "# TYPE {name} counter\n# HELP {name} {help}\n{name}_total {value}");
    }
    let fetched = if state.fetched == 0 { now } else { state.fetched };
    let age = now.saturating_sub(fetched);
    _ = writeln!(
        out,
        "# TYPE chartwright_fetch_age_seconds gauge\n# HELP chartwright_fetch_age_seconds Seconds since the repository was fetched.\nchartwright_fetch_age_seconds {age}\n# EOF"
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_have_a_type_a_value_and_an_end() {
        let mut environment = EnvironmentState::new("a\"b");
        (environment.applies, environment.milliseconds, environment.behind_since) = (3, 1234, Some(40));
        let state = AgentState {
            environments: vec![environment],
            fetched: 90,
            ..AgentState::default()
        };
        let text = agent_metrics(&state, 100);
        for line in [
            "# TYPE chartwright_applies counter",
            "chartwright_applies_total{environment=\"a\\\"b\"} 3",
            "chartwright_apply_seconds_total{environment=\"a\\\"b\"} 1.234",
            "chartwright_lag_seconds{environment=\"a\\\"b\"} 60",
            "chartwright_drift{environment=\"a\\\"b\"} 0",
            "chartwright_fetch_age_seconds 10",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
