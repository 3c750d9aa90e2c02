//! `--report`, `--fail-on`, `--baseline`: how findings are told, and which of them fail a run.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::check::finding::{Baseline, Finding, PathRule, Severity, Suppressions};
use crate::report::{Format, Report};
use crate::text::source::replace_file;

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::RunContext;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct ReportFlags {
    /// How to report: text, json, sarif, junit, tap, github, gitlab or markdown, each with =FILE to write it to a file
    /// (repeatable).
    #[arg(long, value_name = "FORMAT[=FILE]")]
    report: Vec<String>,
    /// Severity from which a finding fails the run.
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// File of findings that were there before, which do not count.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings to a baseline file, and succeed.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Info,
}

impl FailOn {
    pub(super) const fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

/// A report that is asked for.
struct Wanted {
    format: Format,
    /// Standard output without one.
    file: Option<PathBuf>,
}

impl ReportFlags {
    /// Whether any of the flags is given.
    pub(super) const fn is_used(&self) -> bool {
        !self.report.is_empty() || self.fail_on.is_some() || self.baseline.is_some() || self.write_baseline.is_some()
    }

    /// From which severity on a finding fails the run.
    pub(super) fn worst(&self, configured: Severity) -> Severity {
        self.fail_on.map_or(configured, FailOn::severity)
    }

    /// Whether reports are asked for by name.
    pub(super) const fn is_asked(&self) -> bool {
        !self.report.is_empty()
    }

    fn wanted(&self) -> Result<Vec<Wanted>, CommandError> {
        if self.report.is_empty() {
            return Ok(vec![Wanted {
                format: Format::Text,
                file: None,
            }]);
        }
        let parse = |text: &String| {
            let (name, file) = text
                .split_once('=')
                .map_or((text.as_str(), None), |(name, file)| (name, Some(file)));
            let format = Format::find(name).ok_or_else(|| {
                let known: Vec<&str> = Format::NAMES.iter().map(|(name, _)| *name).collect();
                CommandError::usage(format!(
                    "--report {name}: unknown format; known are {}",
                    known.join(", ")
                ))
            })?;
            Ok(Wanted {
                format,
                file: file.map(PathBuf::from),
            })
        };
        self.report.iter().map(parse).collect()
    }

    /// Takes out what comments, the configuration and the baseline silence, writes the reports, and says how the run
    /// ends. `checked` are the charts or files that were looked at.
    pub(super) fn finish(
        &self,
        context: RunContext,
        findings: Vec<Finding>,
        checked: &[String],
    ) -> Result<Exit, CommandError> {
        let (findings, exit) = self.judge(findings, Vec::new(), Severity::Error)?;
        self.write(context, &findings, checked)?;
        Ok(exit)
    }

    /// The findings that count, and whether they fail the run; `fail_on` holds unless the flag is given.
    pub(super) fn judge(
        &self,
        findings: Vec<Finding>,
        silenced: Vec<PathRule>,
        fail_on: Severity,
    ) -> Result<(Vec<Finding>, Exit), CommandError> {
        let read = |path: &str| std::fs::read(path).ok();
        let findings = Suppressions::new(silenced).apply(findings, read);
        if let Some(path) = &self.write_baseline {
            write_file(path, Baseline::of(&findings).to_json().as_bytes())?;
            return Ok((findings, Exit::Clean));
        }
        let findings = match &self.baseline {
            None => findings,
            Some(path) => {
                let text = std::fs::read(path)
                    .map_err(|error| CommandError::could_not_run(super::run_context::open_error(path, &error)))?;
                let baseline = Baseline::from_json(&text)
                    .map_err(|error| CommandError::could_not_run(format!("{}: {error}", path.display())))?;
                baseline.new_ones(findings)
            }
        };
        let worst = self.worst(fail_on);
        let has_failed = findings.iter().any(|finding| finding.severity >= worst);
        Ok((findings, if has_failed { Exit::Findings } else { Exit::Clean }))
    }

    /// Writes the reports that are asked for; text to standard output when none is.
    pub(super) fn write(
        &self,
        context: RunContext,
        findings: &[Finding],
        checked: &[String],
    ) -> Result<(), CommandError> {
        let read = |path: &str| std::fs::read(path).ok();
        for wanted in self.wanted()? {
            let report = Report {
                findings,
                checked,
                read: &read,
                coloured: wanted.file.is_none() && context.has_colour(),
            };
            let text = report.as_format(wanted.format);
            match &wanted.file {
                None => context.write_stdout(text.as_bytes())?,
                Some(path) => write_file(path, text.as_bytes())?,
            }
        }
        Ok(())
    }
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), CommandError> {
    replace_file(path, content)
        .map_err(|error| CommandError::could_not_run(format!("cannot write {}: {error}", path.display())))
}
