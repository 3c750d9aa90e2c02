//! `--report`, `--fail-on`, `--baseline`, `--base`: how findings are reported, and which of them fail a run.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::check::finding::{Baseline, Finding, Judgement, PathRule};
use crate::report::{FORMATS, Format, Group, Remarks, Report, step_summary};
use crate::text::limits::FILE_BYTES;
use crate::text::rule::Severity;
use crate::text::source::{Named, ReportRoot, read_file, replace_file};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::{RunContext, open_error};
use super::summary_flags::{Summary, SummaryFlags, SummaryPlaces};

/// What a comment with findings is about.
pub(super) const CHECKS: &str = "checks";

#[derive(Debug, Clone, Default, Args)]
pub(super) struct ReportFlags {
    /// How to report: text, json, sarif, junit, tap, github, gitlab, markdown, html or dotenv, each with =FILE to write it to a file,
    /// =- for standard output (repeatable).
    #[arg(long, value_name = "FORMAT[=FILE]")]
    report: Vec<String>,
    /// Severity from which a finding fails the run.
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// File of known findings, which do not count.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings to a baseline file, and succeed.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Directory that paths in reports are relative to (default: the root of the repository).
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    #[command(flatten)]
    summary: SummaryFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
}

impl FailOn {
    const fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

/// A requested report.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    format: Format,
    /// Standard output without one.
    file: Option<PathBuf>,
}

/// The flags, read before anything runs: what is misspelt stops the command at once.
#[derive(Debug, Clone)]
pub(super) struct Reporting {
    wanted: Vec<Wanted>,
    is_asked: bool,
    write_baseline: Option<PathBuf>,
    places: SummaryPlaces,
    /// Findings below this severity are left out of reports; they count all the same.
    pub(super) shown_from: Severity,
    /// Which findings count.
    pub(super) judgement: Judgement,
    /// What paths are relative to.
    pub(super) root: ReportRoot,
}

impl ReportFlags {
    /// Whether any of the flags is given.
    pub(super) const fn is_used(&self) -> bool {
        !self.report.is_empty() || self.fail_on.is_some() || self.baseline.is_some() || self.write_baseline.is_some()
    }

    /// Whether the run is summed up elsewhere: for GitHub Actions, or in a comment.
    pub(super) fn writes_summary(&self, context: RunContext) -> bool {
        self.summary.places(context, CHECKS).are_wanted()
    }

    /// Reads the flags. `paths` are what the command is about; `silenced` and `fail_on` are what the configuration, or another
    /// flag, says.
    pub(super) fn prepare(
        &self,
        context: RunContext,
        paths: &[PathBuf],
        silenced: Vec<PathRule>,
        fail_on: Severity,
    ) -> Result<Reporting, CommandError> {
        let baseline = match &self.baseline {
            None => None,
            Some(path) => {
                let text = read_file(path, Named::ByInput, FILE_BYTES)
                    .map_err(|error| CommandError::could_not_run(open_error(path, &error)))?;
                let baseline = Baseline::from_json(&text)
                    .map_err(|error| CommandError::could_not_run(format!("{}: {error}", path.display())))?;
                Some(baseline)
            }
        };
        Ok(Reporting {
            wanted: self.wanted()?,
            is_asked: !self.report.is_empty(),
            write_baseline: self.write_baseline.clone(),
            places: self.summary.places(context, CHECKS),
            shown_from: Severity::Info,
            judgement: Judgement {
                silenced,
                baseline,
                fail_on: self.fail_on.map_or(fail_on, FailOn::severity),
            },
            root: context.report_root(self.base.as_deref(), paths),
        })
    }

    fn wanted(&self) -> Result<Vec<Wanted>, CommandError> {
        self.report.iter().map(|text| Wanted::parse(text)).collect()
    }
}

impl Wanted {
    /// Reads `FORMAT` or `FORMAT=FILE`.
    pub(super) fn parse(text: &str) -> Result<Self, CommandError> {
        let (name, file) = text
            .split_once('=')
            .map_or((text, None), |(name, file)| (name, Some(file)));
        let format = Format::find(name).ok_or_else(|| {
            let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
            CommandError::usage(format!(
                "--report {name}: unknown format; known are {}",
                known.join(", ")
            ))
        })?;
        Ok(Self {
            format,
            file: file.filter(|file| *file != "-").map(PathBuf::from),
        })
    }

    /// Writes a report where it is wanted.
    pub(super) fn write(&self, context: RunContext, report: &Report<'_>) -> Result<(), CommandError> {
        let coloured = self.file.is_none() && context.has_colour();
        let text = self.format.write(&Report { coloured, ..*report });
        match &self.file {
            None => context.write_stdout(text.as_bytes()),
            Some(path) => write_file(path, text.as_bytes()),
        }
    }
}

impl Reporting {
    /// Whether reports are requested by name.
    pub(super) const fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// Whether the findings become a baseline, so that none of them fails the run.
    pub(super) const fn writes_baseline(&self) -> bool {
        self.write_baseline.is_some()
    }

    /// Whether one of the reports, or a summary, shows what changes in rendered objects.
    pub(super) fn shows_changes(&self) -> bool {
        self.places.are_read() || self.wanted.iter().any(|wanted| wanted.format.shows_changes())
    }

    /// Whether one of the reports shows the images of charts.
    pub(super) fn shows_images(&self) -> bool {
        self.wanted.iter().any(|wanted| wanted.format.shows_images())
    }

    /// Writes the requested reports, text to standard output if there are none, and the baseline.
    pub(super) fn write(
        &self,
        context: RunContext,
        findings: &[Finding],
        groups: &[Group<'_>],
        remarks: Remarks<'_>,
    ) -> Result<(), CommandError> {
        let text = [Wanted {
            format: Format::TEXT,
            file: None,
        }];
        let wanted = if self.wanted.is_empty() {
            &text[..]
        } else {
            &self.wanted
        };
        self.shown(findings, groups, remarks, |report| {
            wanted.iter().try_for_each(|wanted| wanted.write(context, report))
        })?;
        self.write_known(groups)
    }

    /// Writes the summary and the outputs of a step of GitHub Actions, and the comment on the pull request, where they are wanted. `more` are outputs besides the numbers.
    pub(super) fn write_summary(
        &self,
        context: RunContext,
        findings: &[Finding],
        groups: &[Group<'_>],
        remarks: Remarks<'_>,
        more: &[(&'static str, String)],
    ) {
        if !self.places.are_wanted() {
            return;
        }
        self.shown(findings, groups, remarks, |report| {
            let count = |severity| {
                findings
                    .iter()
                    .filter(|finding| finding.severity == severity)
                    .count()
                    .to_string()
            };
            let mut outputs = vec![
                ("findings", findings.len().to_string()),
                ("errors", count(Severity::Error)),
                ("warnings", count(Severity::Warning)),
            ];
            outputs.extend_from_slice(more);
            let summary = Summary {
                says_something: report.says_something(),
                text: &|most_bytes| step_summary(report, most_bytes),
                outputs: &outputs,
            };
            self.places.write(context, summary);
        });
    }

    /// Hands on a report of what is severe enough to be shown.
    fn shown<T>(
        &self,
        findings: &[Finding],
        groups: &[Group<'_>],
        remarks: Remarks<'_>,
        then: impl FnOnce(&Report<'_>) -> T,
    ) -> T {
        let shown = |findings: &[Finding]| -> Vec<Finding> {
            let severe = findings.iter().filter(|finding| finding.severity >= self.shown_from);
            severe.cloned().collect()
        };
        let shown_findings = shown(findings);
        let of_groups: Vec<Vec<Finding>> = groups.iter().map(|group| shown(group.findings)).collect();
        let shown_groups: Vec<Group<'_>> = groups
            .iter()
            .zip(&of_groups)
            .map(|(group, shown)| Group {
                findings: shown,
                has_failed: self.judgement.fails(group.findings),
                ..*group
            })
            .collect();
        then(&Report {
            findings: &shown_findings,
            groups: &shown_groups,
            remarks,
            coloured: false,
        })
    }

    /// Writes the baseline, if requested: the findings of every chart, as a later run finds them.
    pub(super) fn write_known(&self, groups: &[Group<'_>]) -> Result<(), CommandError> {
        match &self.write_baseline {
            None => Ok(()),
            Some(path) => {
                let known = Baseline::of(groups.iter().flat_map(|group| group.findings));
                write_file(path, known.to_json().as_bytes())
            }
        }
    }

    /// How a run with these findings ends.
    pub(super) fn exit(&self, findings: &[Finding]) -> Exit {
        if !self.writes_baseline() && self.judgement.fails(findings) {
            Exit::Findings
        } else {
            Exit::Clean
        }
    }
}

pub(super) fn write_file(path: &Path, content: &[u8]) -> Result<(), CommandError> {
    replace_file(path, content)
        .map_err(|error| CommandError::could_not_run(format!("cannot write {}: {error}", path.display())))
}
