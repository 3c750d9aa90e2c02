//! Rules over the files of a chart as they are packaged, and over its metadata, beyond Helm's own.

use crate::engine::chart::{Chart, ChartFile};

/// Endings of files that editors, tools and mishaps leave behind.
const JUNK_ENDINGS: [&str; 10] = [
    "~", ".bak", ".orig", ".rej", ".swp", ".swo", ".tmp", ".dec", ".pyc", ".log",
];
const ARCHIVE: &str = ".tgz";
/// Names of such files.
const JUNK_NAMES: [&str; 4] = [".DS_Store", "Thumbs.db", ".envrc", ".env"];
/// Directories whose content is nobody's business.
const JUNK_DIRECTORIES: [&str; 6] = [
    ".git/",
    ".idea/",
    ".vscode/",
    ".terraform/",
    "node_modules/",
    "__pycache__/",
];

/// File, rule and message of what should not be in the package.
pub(super) fn junk(files: &[ChartFile]) -> Vec<(String, String)> {
    let is_junk = |name: &str| {
        let base = name.rsplit('/').next().unwrap_or(name);
        JUNK_NAMES.contains(&base)
            || JUNK_ENDINGS.iter().any(|end| base.ends_with(end))
            || JUNK_DIRECTORIES.iter().any(|inner| name.starts_with(inner) || name.contains(&format!("/{inner}")))
            // Packages of the chart itself; those of subcharts belong in charts/.
            || (base.ends_with(ARCHIVE) && !name.starts_with("charts/"))
    };
    let own = files
        .iter()
        .filter(|file| !file.name.starts_with("charts/") && is_junk(&file.name));
    own.map(|file| {
        let message = format!(
            "{} goes into the package: remove it, or name it in .helmignore",
            file.name
        );
        (file.name.clone(), message)
    })
    .collect()
}

/// Whether nobody is named who looks after the chart, as `ct lint` asks.
pub(super) fn lacks_maintainers(chart: &Chart) -> bool {
    chart.metadata.maintainers.is_empty() && !chart.metadata.is_library()
}

/// Whether it is worth rendering a chart twice: a template asks for chance or the clock, and none makes keys, which take
/// longer than all else together, and of which everybody knows that they differ.
pub(super) fn may_be_random(chart: &Chart) -> bool {
    const CHANCE: [&[u8]; 6] = [b"rand", b"uuidv4", b"shuffle", b"now", b"htpasswd", b"bcrypt"];
    const KEYS: [&[u8]; 4] = [b"genCA", b"genSelfSignedCert", b"genSignedCert", b"genPrivateKey"];
    mentions(chart, &CHANCE) && !mentions(chart, &KEYS)
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
