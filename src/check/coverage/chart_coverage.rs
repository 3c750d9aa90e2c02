//! What the renderings of a chart reach, by the files of its templates.

use crate::check::finding::SecretValues;
use crate::engine::template::DecisionKind;
use crate::text::source::{Position, SourceFile};

use super::counted::{Counted, Totals};
use super::seen::ValuePath;

/// Why nothing reaches a part of a template, whatever the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// A condition of constants alone always goes the other way.
    Constant,
    /// It is in a definition that no template includes.
    NeverIncluded,
    /// It is for versions of Kubernetes that the chart does not accept, or that there are no schemas of.
    KubernetesVersion,
}

impl Unreachable {
    /// The word of reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant condition",
            Self::NeverIncluded => "never included",
            Self::KubernetesVersion => "Kubernetes version",
        }
    }

    /// The reason in words, which follow a colon.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Constant => "a condition of constants alone always goes the other way",
            Self::NeverIncluded => "no template includes it",
            Self::KubernetesVersion => {
                "it is for versions of Kubernetes that the chart does not accept, or that there are no schemas of"
            }
        }
    }
}

/// A line with something that can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRuns {
    /// Line, from 1.
    pub line: u32,
    /// How often it ran.
    pub runs: u32,
    /// Why it cannot run.
    pub unreachable: Option<Unreachable>,
}

/// A way of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchRuns {
    /// Where the decision is.
    pub position: Position,
    /// What decides.
    pub kind: DecisionKind,
    /// The way: `true`, `argument 1 decides`.
    pub outcome: String,
    /// How often it was taken.
    pub runs: u32,
    /// Why it cannot be taken.
    pub unreachable: Option<Unreachable>,
}

impl BranchRuns {
    /// Whether it can be taken and was not.
    pub const fn is_missed(&self) -> bool {
        self.runs == 0 && self.unreachable.is_none()
    }
}

/// A definition of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionCoverage {
    /// Its name.
    pub name: String,
    /// Its line, from 1.
    pub line: u32,
    /// How often it ran.
    pub runs: u32,
    /// Why it cannot run.
    pub unreachable: Option<Unreachable>,
}

/// What is reached of a template file.
#[derive(Debug, Clone)]
pub struct FileCoverage {
    /// The file.
    pub file: SourceFile,
    /// Its path in the chart.
    pub inside: String,
    /// Its name in the set of templates.
    pub template: String,
    /// Lines, in order.
    pub lines: Vec<LineRuns>,
    /// Ways of decisions, in the order of the decisions.
    pub branches: Vec<BranchRuns>,
    /// Definitions, in order.
    pub definitions: Vec<DefinitionCoverage>,
}

/// A value of values.yaml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueUse {
    /// Its path.
    pub path: ValuePath,
    /// Whether a rendering read it.
    pub is_read: bool,
}

/// What is reached of a chart.
#[derive(Debug, Clone, Default)]
pub struct ChartCoverage {
    /// The renderings that reach it.
    pub renderings: Vec<String>,
    /// Its files, by their paths.
    pub files: Vec<FileCoverage>,
    /// The values of its values.yaml, in order.
    pub values: Vec<ValueUse>,
    /// What reports must not show of the files.
    pub secrets: SecretValues,
}

impl FileCoverage {
    /// What is reached of it.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for line in &self.lines {
            totals.lines.add(line.runs > 0, line.unreachable.is_none());
        }
        for branch in &self.branches {
            totals.branches.add(branch.runs > 0, branch.unreachable.is_none());
        }
        for definition in &self.definitions {
            totals
                .definitions
                .add(definition.runs > 0, definition.unreachable.is_none());
        }
        let lines = totals.lines;
        if lines.total + lines.unreachable > 0 {
            totals.templates.add(lines.covered > 0, lines.total > 0);
        }
        totals
    }

    /// Lines that can run and did not, joined where nothing that ran is between them.
    pub fn missed_lines(&self) -> Vec<(u32, u32)> {
        let mut missed: Vec<(u32, u32)> = Vec::new();
        let mut follows = false;
        for line in &self.lines {
            let is_missed = line.runs == 0 && line.unreachable.is_none();
            match missed.last_mut().filter(|_| follows) {
                Some(last) if is_missed => last.1 = line.line,
                _ if is_missed => missed.push((line.line, line.line)),
                _ => {}
            }
            follows = is_missed;
        }
        missed
    }

    /// The ways of each decision.
    pub fn decisions(&self) -> impl Iterator<Item = &[BranchRuns]> {
        let is_same = |one: &BranchRuns, other: &BranchRuns| (one.position, one.kind) == (other.position, other.kind);
        self.branches.chunk_by(is_same)
    }

    /// Ways that can be taken and were not, of decisions that were made.
    pub fn missed_branches(&self) -> impl Iterator<Item = &BranchRuns> {
        let made = self.decisions().filter(|ways| ways.iter().any(|way| way.runs > 0));
        made.flatten().filter(|way| way.is_missed())
    }
}

impl ChartCoverage {
    /// What is reached of it.
    pub fn totals(&self) -> Totals {
        let files = self.files.iter().map(FileCoverage::totals);
        let mut totals = files.fold(Totals::default(), Totals::with);
        let mut values = Counted::default();
        for value in &self.values {
            values.add(value.is_read, true);
        }
        totals.values = values;
        totals
    }
}
