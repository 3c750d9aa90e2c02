//! Words that all formats share: counts of a comparison, names of charts and of renderings.

use crate::check::diff::{Change, ChartDiff, DiffOutcome};
use crate::text::counted::counted;

/// Renderings that are named one by one.
const NAMED_RENDERINGS: usize = 4;

/// How much differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) added: usize,
    pub(super) removed: usize,
    pub(super) changed: usize,
    pub(super) risks: usize,
    pub(super) failures: usize,
}

impl Counts {
    pub(super) fn of(chart: &ChartDiff) -> Self {
        let count = |change| chart.objects.iter().filter(|object| object.change == change).count();
        Self {
            added: count(Change::Added),
            removed: count(Change::Removed),
            changed: count(Change::Changed),
            risks: chart.objects.iter().map(|object| object.risks.len()).sum(),
            failures: chart.failures.len(),
        }
    }

    pub(super) fn of_all(outcome: &DiffOutcome) -> Self {
        outcome
            .charts
            .iter()
            .map(Self::of)
            .fold(Self::default(), |all, one| Self {
                added: all.added + one.added,
                removed: all.removed + one.removed,
                changed: all.changed + one.changed,
                risks: all.risks + one.risks,
                failures: all.failures + one.failures,
            })
    }
}

/// `2 charts compared: 1 object added, 0 removed, 3 changed; 2 risks`
pub(super) fn sentence(outcome: &DiffOutcome) -> String {
    let counts = Counts::of_all(outcome);
    let mut sentence = format!(
        "{} compared: {} added, {} removed, {} changed; {}",
        counted(outcome.compared, "chart"),
        counted(counts.added, "object"),
        counts.removed,
        counts.changed,
        counted(counts.risks, "risk"),
    );
    if counts.failures > 0 {
        let failed = counted(counts.failures, "rendering");
        sentence.push_str(&format!("; {failed} failed"));
    }
    sentence
}

/// `web 1.0.0 → 1.1.0`, `web 1.0.0 is new`
pub(super) fn title(chart: &ChartDiff) -> String {
    match (&chart.old, &chart.new) {
        (Some((old, was)), Some((new, is))) if old == new && was == is => format!("{old} {was}"),
        (Some((old, was)), Some((new, is))) if old == new => format!("{old} {was} → {is}"),
        (Some((old, was)), Some((new, is))) => format!("{old} {was} → {new} {is}"),
        (None, Some((new, is))) if chart.is_whole => format!("{new} {is} is new"),
        (Some((old, was)), None) if chart.is_whole => format!("{old} {was} is removed"),
        (None, Some((name, version))) | (Some((name, version)), None) => format!("{name} {version}"),
        (None, None) => "does not load".to_owned(),
    }
}

/// In which renderings something happens: `all 4 renderings`, or their names.
pub(super) fn renderings(of: &[String], chart: &ChartDiff) -> String {
    if of.len() > 1 && of.len() == chart.renderings.len() {
        return format!("all {} renderings", of.len());
    }
    let named: Vec<&str> = of.iter().take(NAMED_RENDERINGS).map(String::as_str).collect();
    match of.len().saturating_sub(NAMED_RENDERINGS) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
