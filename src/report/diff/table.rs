//! What changes in few words, for a summary that is about something else as well: rows of a Markdown table, one for each chart and the
//! renderings in which as many objects change, with the risks among them.

use std::collections::BTreeMap;

use crate::check::diff::{Change, ChartDiff, DiffOutcome};
use crate::report::markdown_text::{html_code, prose};
use crate::text::visible::fitting;

use super::summary::renderings;

/// The head of the table.
pub const CHANGE_COLUMNS: &str = "\n| chart | where | objects | risks |\n| --- | --- | --- | --- |\n";

/// Bytes of a message about a rendering that fails.
const MOST_OF_MESSAGE: usize = 300;

/// The rows, by chart.
pub fn change_rows(outcome: &DiffOutcome) -> impl Iterator<Item = String> {
    outcome.charts.iter().flat_map(chart_rows)
}

fn chart_rows(chart: &ChartDiff) -> Vec<String> {
    let row = |place: &str, what: &str, risks: &str| {
        let place = if place.is_empty() {
            String::new()
        } else {
            html_code(place)
        };
        let what = prose(what);
        format!("| {} | {place} | {what} | {risks} |\n", html_code(&chart.shown))
    };
    let mut rows: Vec<String> = alike(chart)
        .iter()
        .map(|(counts, names)| row(&renderings(names, chart), &counts.objects(), &counts.risks()))
        .collect();
    rows.extend(chart.notes.iter().map(|note| row("", note, "")));
    rows.extend(chart.failures.iter().map(|failure| {
        let message = fitting(&failure.message);
        let mut line: String = message.lines().next().unwrap_or_default().to_owned();
        if line.len() > MOST_OF_MESSAGE {
            line.truncate(line.floor_char_boundary(MOST_OF_MESSAGE));
            line.push('…');
        }
        let what = format!("fails {}: {line}", failure.side.name());
        row(&failure.rendering, &what, "")
    }));
    rows
}

/// How many objects change, and which risks there are among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Counts {
    objects: BTreeMap<Change, usize>,
    risks: BTreeMap<&'static str, usize>,
}

/// The renderings in which something changes; those with the same counts together.
fn alike(chart: &ChartDiff) -> Vec<(Counts, Vec<String>)> {
    let mut of_renderings: BTreeMap<&str, Counts> = BTreeMap::new();
    for object in &chart.objects {
        for rendering in &object.renderings {
            let counts = of_renderings.entry(rendering).or_default();
            *counts.objects.entry(object.change).or_default() += 1;
            for risk in &object.risks {
                *counts.risks.entry(risk.kind.id()).or_default() += 1;
            }
        }
    }
    let mut alike: Vec<(Counts, Vec<String>)> = Vec::new();
    for name in &chart.renderings {
        let Some(counts) = of_renderings.remove(name.as_str()) else {
            continue;
        };
        match alike.iter_mut().find(|(known, _)| *known == counts) {
            Some((_, names)) => names.push(name.clone()),
            None => alike.push((counts, vec![name.clone()])),
        }
    }
    alike
}

impl Counts {
    /// `1 added, 2 changed`
    fn objects(&self) -> String {
        let counted = self.objects.iter();
        let counted: Vec<String> = counted
            .map(|(change, count)| format!("{count} {}", change.name()))
            .collect();
        counted.join(", ")
    }

    /// `image-changed (2), object-removed`
    fn risks(&self) -> String {
        let counted = self.risks.iter().map(|(id, count)| match count {
            1 => (*id).to_owned(),
            more => format!("{id} ({more})"),
        });
        counted.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::diff::{ObjectDiff, ObjectId, RenderFailure, Risk, RiskKind, Side};

    fn object(change: Change, renderings: &[&str], risks: &[RiskKind]) -> ObjectDiff {
        ObjectDiff {
            id: ObjectId {
                namespace: String::new(),
                kind: "ConfigMap".to_owned(),
                name: "a".to_owned(),
                group: String::new(),
            },
            change,
            old_api_version: "v1".to_owned(),
            new_api_version: "v1".to_owned(),
            fields: Vec::new(),
            lines: String::new(),
            risks: risks
                .iter()
                .map(|&kind| Risk {
                    kind,
                    message: String::new(),
                })
                .collect(),
            renderings: renderings.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn objects_and_risks_are_counted_for_each_rendering() {
        use Change::{Added, Changed, Removed};
        use RiskKind::{ImageChanged, ObjectRemoved};
        let rows = |objects: Vec<ObjectDiff>, notes: &[&str], failures: &[(Side, &str, &str)]| {
            let chart = ChartDiff {
                shown: "web".to_owned(),
                renderings: ["default values", "dev", "prod"].map(str::to_owned).to_vec(),
                objects,
                notes: notes.iter().map(|&note| note.to_owned()).collect(),
                failures: failures
                    .iter()
                    .map(|&(side, rendering, message)| RenderFailure {
                        side,
                        rendering: rendering.to_owned(),
                        message: message.to_owned(),
                    })
                    .collect(),
                ..ChartDiff::default()
            };
            let outcome = DiffOutcome {
                charts: vec![chart],
                compared: 1,
            };
            change_rows(&outcome).collect::<Vec<_>>()
        };
        let all = ["default values", "dev", "prod"];
        for (objects, notes, failures, want) in [
            (vec![], &[][..], &[][..], &[][..]),
            (
                vec![object(Changed, &all, &[ImageChanged]), object(Added, &all, &[])],
                &[],
                &[],
                &["| <code>web</code> | <code>all 3 renderings</code> | 1 added, 1 changed | image-changed |\n"],
            ),
            (
                vec![
                    object(Changed, &["dev", "prod"], &[ImageChanged, ImageChanged]),
                    object(Removed, &["prod"], &[ObjectRemoved]),
                    object(Added, &["default values"], &[]),
                ],
                &[],
                &[],
                &[
                    "| <code>web</code> | <code>default values</code> | 1 added |  |\n",
                    "| <code>web</code> | <code>dev</code> | 1 changed | image-changed (2) |\n",
                    "| <code>web</code> | <code>prod</code> | 1 removed, 1 changed | image-changed (2), object-removed |\n",
                ],
            ),
            (
                vec![],
                &["x.yaml is new: it renders 3 objects"],
                &[(Side::Old, "", "no\nmore"), (Side::New, "dev", "a | b")],
                &[
                    "| <code>web</code> |  | x.yaml is new: it renders 3 objects |  |\n",
                    "| <code>web</code> |  | fails before: no |  |\n",
                    "| <code>web</code> | <code>dev</code> | fails after: a \\| b |  |\n",
                ],
            ),
        ] {
            assert_eq!(rows(objects, notes, failures), want);
        }
        let long = "é".repeat(MOST_OF_MESSAGE);
        let row = rows(vec![], &[], &[(Side::Old, "dev", &long)]).concat();
        assert!(row.contains("é…") && row.len() < 2 * MOST_OF_MESSAGE, "{row}");
    }
}
