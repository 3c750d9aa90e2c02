//! The lines of a template as people may read them, without secrets, and what is reached of each of them: its state, how often it ran, and in
//! words what never happened there.

use std::iter::Peekable;
use std::ops::Range;

use crate::check::coverage::{BranchRuns, ChartCoverage, DefinitionCoverage, FileCoverage, LineRuns, Unreachable};
use crate::check::finding::{without_secret_documents, without_secrets};
use crate::text::visible::shown_line;

/// Bytes of a line that are shown at most.
const LONGEST_LINE: usize = 1 << 12;

/// Sentences about a line at most.
const MOST_NOTES: usize = 12;

/// What is reached of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineState {
    /// It has nothing that can run.
    Uncounted,
    /// It ran, and its decisions went all ways that they can.
    Reached,
    /// It ran, but one of its decisions never went a way that it can.
    Partly,
    /// It can run and did not.
    Missed,
    /// Nothing can reach it.
    Unreachable,
}

/// A line of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceLine<'t> {
    /// Its number, from 1.
    pub number: u32,
    /// Its text without secrets and without its end, as far as it is shown.
    pub text: &'t str,
    /// Whether it is longer.
    pub is_cut: bool,
    /// What is reached of it.
    pub state: LineState,
    /// How often it ran.
    pub runs: u32,
    /// Where its decisions are that never went a way, in bytes of the text, in order.
    pub marks: Vec<Range<usize>>,
    /// What never happens there, a sentence each without its full stop.
    pub notes: Vec<String>,
}

/// The text of a template without its secrets: as many lines as it has.
pub(super) fn shown_text(coverage: &ChartCoverage, file: &FileCoverage) -> String {
    let text = String::from_utf8_lossy(file.file.text());
    // What is known first: words beside a secret may hide only a part of it.
    without_secret_documents(&without_secrets(&coverage.secrets.hide_bytes(&text)))
}

/// What a decision never did.
pub(super) fn missed_words(way: &BranchRuns) -> String {
    format!(
        "`{}` never takes the branch `{}`",
        way.kind.name(),
        shown_line(&way.outcome)
    )
}

/// The lines of a text that [`shown_text`] made of a file.
pub(super) fn source_lines<'t>(file: &'t FileCoverage, text: &'t str) -> impl Iterator<Item = SourceLine<'t>> {
    let mut lines = file.lines.iter().peekable();
    let mut definitions = file.definitions.iter().peekable();
    let mut decisions = file.decisions().peekable();
    // The reason that the lines before have said.
    let mut explained = None;
    (1..).zip(text.lines()).map(move |(number, text)| {
        let of_line = OfLine {
            line: next_of(&mut lines, |line| line.line, number).next(),
            definitions: next_of(&mut definitions, |definition| definition.line, number).collect(),
            decisions: next_of(&mut decisions, line_of_decision, number).collect(),
        };
        of_line.describe(number, text, file, &mut explained)
    })
}

fn line_of_decision(ways: &&[BranchRuns]) -> u32 {
    ways.first().map_or(0, |way| way.position.line)
}

/// The next items as long as they are of a line.
fn next_of<'i, I: Iterator>(
    items: &'i mut Peekable<I>,
    line_of: impl Fn(&I::Item) -> u32 + 'i,
    line: u32,
) -> impl Iterator<Item = I::Item> + 'i {
    std::iter::from_fn(move || items.next_if(|item| line_of(item) <= line))
}

/// What begins on a line.
struct OfLine<'f> {
    line: Option<&'f LineRuns>,
    definitions: Vec<&'f DefinitionCoverage>,
    decisions: Vec<&'f [BranchRuns]>,
}

impl OfLine<'_> {
    fn describe<'t>(
        &self,
        number: u32,
        text: &'t str,
        file: &FileCoverage,
        explained: &mut Option<Unreachable>,
    ) -> SourceLine<'t> {
        let (shown, is_cut) = if text.len() > LONGEST_LINE {
            (
                text.get(..text.floor_char_boundary(LONGEST_LINE)).unwrap_or_default(),
                true,
            )
        } else {
            (text, false)
        };
        let mut line = SourceLine {
            number,
            text: shown,
            is_cut,
            state: LineState::Uncounted,
            runs: 0,
            marks: Vec::new(),
            notes: Vec::new(),
        };
        let Some((runs, unreachable)) = self.runs() else {
            return line;
        };
        line.runs = runs;
        line.state = match unreachable {
            _ if runs > 0 => LineState::Reached,
            None => LineState::Missed,
            Some(_) => LineState::Unreachable,
        };
        if let Some(reason) = unreachable.filter(|_| runs == 0) {
            if *explained != Some(reason) || !self.definitions.is_empty() {
                line.notes.push(format!("Nothing can reach this: {}", reason.words()));
            }
            *explained = Some(reason);
            return line;
        }
        *explained = None;
        let missed = self.definitions.iter().filter(|definition| definition.runs == 0);
        line.notes
            .extend(missed.map(|definition| format!("No rendering includes `{}`", definition.name)));
        self.add_decisions(&mut line, file, explained);
        let more = line.notes.len().saturating_sub(MOST_NOTES);
        if more > 0 {
            line.notes.truncate(MOST_NOTES);
            line.notes.push(format!("{more} more ways of this line"));
        }
        line
    }

    /// How often it ran, and if not at all why it cannot; nothing where there is nothing to run.
    fn runs(&self) -> Option<(u32, Option<Unreachable>)> {
        let line = self.line.map(|line| (line.runs, line.unreachable));
        let definitions = self.definitions.iter().map(|found| (found.runs, found.unreachable));
        // An action of several lines begins on another one.
        let decisions = self.decisions.iter().filter(|_| line.is_none()).map(|ways| {
            let runs = ways.iter().fold(0_u32, |sum, way| sum.saturating_add(way.runs));
            let reasons = ways.iter().map(|way| way.unreachable);
            (runs, reasons.reduce(Option::and).flatten())
        });
        let parts = line.into_iter().chain(definitions).chain(decisions);
        parts.reduce(|(runs, reason), (more, other)| (runs.max(more), reason.and(other)))
    }

    /// Adds the ways that the decisions of the line never went.
    fn add_decisions(&self, line: &mut SourceLine<'_>, file: &FileCoverage, explained: &mut Option<Unreachable>) {
        let made = |ways: &&&[BranchRuns]| ways.iter().any(|way| way.runs > 0);
        let made: Vec<&[BranchRuns]> = self.decisions.iter().filter(made).copied().collect();
        let is_one = made.len() == 1;
        for ways in made {
            let Some(position) = ways.first().map(|way| way.position) else {
                continue;
            };
            let place = if is_one {
                String::new()
            } else {
                format!("Column {}: ", position.column)
            };
            for way in ways.iter().filter(|way| way.is_missed()) {
                line.state = LineState::Partly;
                line.notes.push(format!("{place}{}", missed_words(way)));
            }
            for (way, reason) in ways.iter().filter_map(|way| Some((way, way.unreachable?))) {
                let (kind, outcome) = (way.kind.name(), &way.outcome);
                let words = format!("{place}`{kind}` cannot take the branch `{outcome}`: {}", reason.words());
                line.notes.push(words);
                *explained = Some(reason);
            }
            if ways.iter().any(BranchRuns::is_missed) {
                line.marks.extend(mark(file, line, position.column));
            }
        }
    }
}

/// The word at a column of a line; nothing where the line is not shown as it is written.
fn mark(file: &FileCoverage, line: &SourceLine<'_>, column: u32) -> Option<Range<usize>> {
    let before = (column as usize).saturating_sub(1);
    if before >= line.text.len() {
        return None;
    }
    let start = file.file.line_start(line.number) as usize;
    let written = file.file.text().get(start..)?;
    // Masks have as many bytes as what they hide.
    let written = written.get(..written.len().min(LONGEST_LINE))?.utf8_chunks().next()?;
    let (start, _) = written.valid().char_indices().nth(before)?;
    let shown = line.text.get(start..)?;
    let length = shown
        .find(|c: char| c.is_whitespace() || matches!(c, ')' | '}' | '|'))
        .unwrap_or(shown.len());
    let is_after = line.marks.last().is_none_or(|last| last.end <= start);
    (length > 0 && is_after).then_some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::template::DecisionKind;
    use crate::text::source::{Position, SourceFile};

    fn way((line, column): (u32, u32), kind: DecisionKind, outcome: &str, runs: u32) -> BranchRuns {
        BranchRuns {
            position: Position { line, column },
            kind,
            outcome: outcome.to_owned(),
            runs,
            unreachable: None,
        }
    }

    fn line((line, runs): (u32, u32), unreachable: Option<Unreachable>) -> LineRuns {
        LineRuns {
            line,
            runs,
            unreachable,
        }
    }

    fn file(text: &str, lines: Vec<LineRuns>, branches: Vec<BranchRuns>) -> FileCoverage {
        FileCoverage {
            file: SourceFile::new("c/templates/a.yaml", text.as_bytes()),
            inside: "templates/a.yaml".to_owned(),
            template: "c/templates/a.yaml".to_owned(),
            lines,
            branches,
            definitions: Vec::new(),
        }
    }

    /// `2 Partly 3 [.Values.a]: note; note`
    fn shown(file: &FileCoverage) -> Vec<String> {
        let coverage = ChartCoverage::default();
        let text = shown_text(&coverage, file);
        source_lines(file, &text)
            .map(|line| {
                let marked = |mark: &Range<usize>| line.text.get(mark.clone()).unwrap();
                let marks: Vec<String> = line.marks.iter().map(|mark| format!(" [{}]", marked(mark))).collect();
                let marks = marks.concat();
                let notes = if line.notes.is_empty() { "" } else { ": " };
                let notes = format!("{notes}{}", line.notes.join("; "));
                format!("{} {:?} {}{marks}{notes}", line.number, line.state, line.runs)
            })
            .collect()
    }

    #[test]
    fn every_line_has_its_state() {
        let text = "a: é {{ if .Values.b }}\n# x\r\nb: 1\n{{ end }}\nc: 2\nd: 3\n";
        let branches = vec![
            way((1, 12), DecisionKind::If, "true", 0),
            way((1, 12), DecisionKind::If, "false", 2),
        ];
        let constant = Some(Unreachable::Constant);
        let lines = vec![
            line((1, 2), None),
            line((3, 0), None),
            line((5, 0), constant),
            line((6, 0), constant),
        ];
        assert_eq!(
            shown(&file(text, lines, branches)),
            [
                "1 Partly 2 [.Values.b]: `if` never takes the branch `true`",
                "2 Uncounted 0",
                "3 Missed 0",
                "4 Uncounted 0",
                "5 Unreachable 0: Nothing can reach this: a condition of constants alone always goes the other way",
                "6 Unreachable 0",
            ]
        );
    }

    #[test]
    fn decisions_of_a_line_have_their_columns_and_those_that_were_not_made_say_nothing() {
        let mut never = way((1, 20), DecisionKind::If, "true", 0);
        never.unreachable = Some(Unreachable::KubernetesVersion);
        let branches = vec![
            way((1, 4), DecisionKind::Default, "given", 0),
            way((1, 4), DecisionKind::Default, "default", 1),
            never,
            way((1, 20), DecisionKind::If, "false", 1),
            way((2, 4), DecisionKind::Range, "true", 0),
            way((2, 4), DecisionKind::Range, "false", 0),
            // An action that begins on the line before.
            way((3, 1), DecisionKind::Ternary, "true", 3),
            way((3, 1), DecisionKind::Ternary, "false", 0),
        ];
        let lines = vec![line((1, 1), None), line((2, 0), None)];
        let mut file = file(
            "aa default bb\ncc range\nternary\n{{ define \"x\" }}\n",
            lines,
            branches,
        );
        file.definitions.push(DefinitionCoverage {
            name: "x".to_owned(),
            line: 4,
            runs: 0,
            unreachable: None,
        });
        let beyond = Unreachable::KubernetesVersion.words();
        let first = format!(
            "1 Partly 1 [default]: Column 4: `default` never takes the branch `given`; Column 20: `if` cannot take the branch `true`: {beyond}"
        );
        assert_eq!(
            shown(&file),
            [
                first.as_str(),
                "2 Missed 0",
                "3 Partly 3 [ternary]: `ternary` never takes the branch `false`",
                "4 Missed 0: No rendering includes `x`",
            ]
        );
    }

    #[test]
    fn long_lines_are_cut_and_many_sentences_counted() {
        let text = "é ".repeat(LONGEST_LINE);
        let ways = (1..5000).flat_map(|column| {
            [
                way((1, column), DecisionKind::Or, "argument 1 decides", 1),
                way((1, column), DecisionKind::Or, "argument 2 is reached", 0),
            ]
        });
        let file = file(&text, vec![line((1, 1), None)], ways.collect());
        let coverage = ChartCoverage::default();
        let text = shown_text(&coverage, &file);
        let lines: Vec<SourceLine<'_>> = source_lines(&file, &text).collect();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].is_cut && lines[0].text.len() <= LONGEST_LINE);
        assert_eq!(lines[0].notes.len(), MOST_NOTES + 1);
        assert_eq!(lines[0].notes[MOST_NOTES], "4987 more ways of this line");
        assert!(
            lines[0]
                .marks
                .iter()
                .all(|mark| lines[0].text.get(mark.clone()) == Some("é"))
        );
        assert!(lines[0].marks.len() > 1000);
    }

    #[test]
    fn secrets_are_hidden_and_places_stay() {
        let text =
            "password: {{ .Values.a }}hunter22\nblock:\n  token: |\n    S3cret-é-planted\nlast: S3cret-é-planted\n";
        let file = file(text, Vec::new(), Vec::new());
        let mut coverage = ChartCoverage::default();
        coverage.secrets.add_text(b"token: |\n  S3cret-\xc3\xa9-planted\n");
        let shown = shown_text(&coverage, &file);
        assert!(!shown.contains("S3cret") && !shown.contains("planted"), "{shown}");
        assert_eq!(shown.len(), text.len());
        assert_eq!(shown.lines().count(), text.lines().count());
    }
}
