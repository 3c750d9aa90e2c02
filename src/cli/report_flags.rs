//! `--report`, `--fail-on`, `--baseline`, `--base`: how findings are reported, and which of them fail a run.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::check::finding::{Baseline, Finding, Judgement, PathRule};
use crate::report::{FORMATS, Format, Group, Remarks, Report};
use crate::text::limits::FILE_BYTES;
use crate::text::rule::Severity;
use crate::text::source::{Named, ReportRoot, read_file, replace_file};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::{RunContext, open_error};

#[derive(Debug, Clone, Default, Args)]
pub(super) struct ReportFlags {
    /// How to report: text, json, sarif, junit, tap, github, gitlab or markdown, each with =FILE to write it to a file,
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
struct Wanted {
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
        let parse = |text: &String| {
            let (name, file) = text
                .split_once('=')
                .map_or((text.as_str(), None), |(name, file)| (name, Some(file)));
            let format = Format::find(name).ok_or_else(|| {
                let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
                CommandError::usage(format!(
                    "--report {name}: unknown format; known are {}",
                    known.join(", ")
                ))
            })?;
            Ok(Wanted {
                format,
                file: file.filter(|file| *file != "-").map(PathBuf::from),
            })
        };
        self.report.iter().map(parse).collect()
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
        let shown = |findings: &[Finding]| -> Vec<Finding> {
            let severe = findings.iter().filter(|finding| finding.severity >= self.shown_from);
            severe.cloned().collect()
        };
        let shown_findings = shown(findings);
        let of_groups: Vec<Vec<Finding>> = groups.iter().map(|group| shown(group.findings)).collect();
        let shown_groups: Vec<Group<'_>> = groups
            .iter()
            .zip(&of_groups)
            .map(|(group, findings)| Group { findings, ..*group })
            .collect();
        for wanted in wanted {
            let report = Report {
                findings: &shown_findings,
                groups: &shown_groups,
                remarks,
                coloured: wanted.file.is_none() && context.has_colour(),
            };
            let text = wanted.format.write(&report);
            match &wanted.file {
                None => context.write_stdout(text.as_bytes())?,
                Some(path) => write_file(path, text.as_bytes())?,
            }
        }
        self.write_known(groups)
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

fn write_file(path: &Path, content: &[u8]) -> Result<(), CommandError> {
    replace_file(path, content)
        .map_err(|error| CommandError::could_not_run(format!("cannot write {}: {error}", path.display())))
}
