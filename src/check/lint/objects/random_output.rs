//! `random-output`: what differs when a chart is rendered once more.

use super::object::RenderedChart;
use crate::check::finding::Finding;
use crate::engine::chart::{Chart, ChartFile};
use crate::engine::render::RenderedFile;
use crate::text::rule::Rule;

/// Whether rendering twice is worthwhile: some template uses random or time functions, and none generates keys (which is slow,
/// and known to differ).
pub fn may_be_random(chart: &Chart) -> bool {
    const RANDOM: [&[u8]; 6] = [b"rand", b"uuidv4", b"shuffle", b"now", b"htpasswd", b"bcrypt"];
    const KEYS: [&[u8]; 4] = [b"genCA", b"genSelfSignedCert", b"genSignedCert", b"genPrivateKey"];
    mentions(chart, &RANDOM) && !mentions(chart, &KEYS)
}

/// Whether a template of the chart, or of one below it, holds one of the words.
fn mentions(chart: &Chart, words: &[&[u8]]) -> bool {
    let holds = |file: &ChartFile| {
        words
            .iter()
            .any(|word| memchr::memmem::find(&file.data, word).is_some())
    };
    chart.templates.iter().any(holds) || chart.dependencies.iter().any(|inner| mentions(inner, words))
}

/// The first difference of each file to the same file of another rendering. The output is not shown: it differs each time.
pub fn check_random(rendered: RenderedChart<'_>, again: &[RenderedFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in rendered.files.iter().enumerate() {
        let Some(other) = again.iter().find(|other| other.name == file.name) else {
            continue;
        };
        let differs = file.text.iter().zip(other.text.iter()).position(|(a, b)| a != b);
        if let Some(offset) = differs {
            let message = "renders differently each time: every upgrade changes it";
            let mut finding = rendered.finding(index, offset, Rule::RandomOutput, message);
            finding.rendered = None;
            findings.push(finding);
        }
    }
    findings
}
