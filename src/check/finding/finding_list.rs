//! Findings as they are made, as many as are reported: a chart may have a million faults, and some thousands are more than anyone
//! reads.

use std::mem::take;

use crate::text::limits::{FINDING_BYTES, FINDINGS, REPORT_BYTES, REPORT_FINDINGS};
use crate::text::rule::Rule;
use crate::text::source::SourceFile;

use super::finding::{Finding, Location, merged};

/// Bytes that a finding takes, besides its texts.
const BYTES_OF_A_FINDING: usize = 400;

/// A list of at most [`FINDINGS`] findings, of [`FINDING_BYTES`] bytes. One that does not fit leads to a finding that says so, and
/// those after it are dropped.
#[derive(Debug, Clone, Default)]
pub struct FindingList {
    findings: Vec<Finding>,
    count: usize,
    bytes: usize,
    /// Of them, those that were there when equal ones were joined.
    joined: usize,
    joined_bytes: usize,
    is_full: bool,
}

impl FindingList {
    /// Adds a finding, if there is room.
    pub fn push(&mut self, finding: Finding) {
        // What says that others are left out is not left out.
        if finding.rule == Rule::NotChecked.into() {
            self.push_last(finding);
            return;
        }
        if self.is_full {
            return;
        }
        self.bytes += size(&finding);
        self.count += 1;
        if self.count <= FINDINGS && self.bytes <= FINDING_BYTES {
            self.findings.push(finding);
        } else {
            self.is_full = true;
            self.findings.push(others_left_out(finding.primary.file));
        }
    }

    /// Adds the findings of a rendering, which others may have as well: they are joined before there is no room.
    pub fn add_rendering(&mut self, findings: Vec<Finding>) {
        for finding in &findings {
            self.bytes += size(finding);
        }
        self.count += findings.len();
        self.findings.extend(findings);
        let added = (self.count - self.joined, self.bytes - self.joined_bytes);
        if added.0 > FINDINGS || added.1 > FINDING_BYTES {
            self.join();
        }
    }

    /// Adds a finding whether or not there is room, as the last one.
    pub fn push_last(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether findings were dropped.
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// The findings as they came.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    fn join(&mut self) {
        let mut kept = Self::default();
        for finding in merged(take(&mut self.findings)) {
            kept.push(finding);
        }
        (kept.joined, kept.joined_bytes) = (kept.count, kept.bytes);
        kept.is_full |= self.is_full;
        *self = kept;
    }
}

impl Extend<Finding> for FindingList {
    fn extend<T: IntoIterator<Item = Finding>>(&mut self, findings: T) {
        for finding in findings {
            self.push(finding);
        }
    }
}

/// What findings of a report, of all its charts or files, there is room for.
#[derive(Debug, Clone, Default)]
pub(super) struct ReportRoom {
    count: usize,
    bytes: usize,
}

impl ReportRoom {
    /// The findings of one more chart or file that there is room for. Where some are left out, a finding says so.
    pub(super) fn take(&mut self, mut findings: Vec<Finding>) -> Vec<Finding> {
        let fits = findings.iter().take_while(|finding| {
            self.count += 1;
            self.bytes += size(finding);
            self.count <= REPORT_FINDINGS && self.bytes <= REPORT_BYTES
        });
        let fits = fits.count();
        if let Some(first) = findings.get(fits) {
            let message = format!(
                "{REPORT_FINDINGS} findings are reported at most, of {REPORT_BYTES} bytes together: {} of this chart or file are left out",
                findings.len() - fits
            );
            let place = Location::whole(first.primary.file.clone());
            let cut = Finding::new(Rule::NotChecked, place, message);
            findings.truncate(fits);
            findings.push(cut.with_help("check fewer charts or files in one run, or mend those that are reported"));
        }
        findings
    }
}

fn others_left_out(file: SourceFile) -> Finding {
    let message =
        format!("{FINDINGS} findings are reported at most, of {FINDING_BYTES} bytes together: the others are left out");
    Finding::new(Rule::NotChecked, Location::whole(file), message)
        .with_help("mend those that are reported, and look again")
}

fn size(finding: &Finding) -> usize {
    let texts = [&finding.notes, &finding.help, &finding.renderings]
        .into_iter()
        .flatten();
    let texts: usize = texts
        .chain(&finding.rendered)
        .map(|text| text.len() + size_of::<String>())
        .sum();
    let related = finding.related.iter();
    let related: usize = related.map(|related| related.label.len() + size_of_val(related)).sum();
    BYTES_OF_A_FINDING + finding.message.len() + texts + related
}
