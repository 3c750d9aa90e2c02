//! Files that may have secrets. In: directories and files. Out: findings, and how many files were looked at.
//!
//! What is looked at: text by its name, outside of `.git` and `node_modules`, up to a size. YAML is read as values, as a manifest or as
//! a template, by where it is and what it says of itself.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use super::exposed::Exposed;
use super::manifest::{may_have_secret, secrets_of_manifest, secrets_of_template};
use super::named_value::named_values;
use super::shape::secret_shapes;
use super::sops::{CreationRule, RULES_FILE, SopsFile, read_rules, sops_file};
use crate::check::finding::{Finding, FindingList, Location, may_hold_secret};
use crate::text::rule::Rule;
use crate::text::source::{Links, Named, ReportRoot, SourceFile, Visit, WalkLimits, read_file, walk};
use crate::text::yaml;

/// Bounds of a search.
const LIMITS: WalkLimits = WalkLimits {
    depth: 64,
    entries: 1_000_000,
    links: Links::PassedOver,
};
/// Files that are larger hold no values.
pub(super) const MAX_BYTES: u64 = 8 << 20;
/// Endings of files that people write.
const TEXTS: [&str; 24] = [
    "yaml", "yml", "json", "tpl", "gotmpl", "txt", "md", "env", "pem", "key", "p8", "conf", "config", "cfg", "ini", "toml",
    "properties", "xml", "sh", "bash", "tf", "tfvars", "hcl", "npmrc",
];
/// Names of files without an ending, and of those that begin with a dot.
const NAMES: [&str; 12] = [
    "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "credentials", ".netrc", ".pgpass", ".git-credentials", ".dockerconfigjson",
    "Dockerfile", "Makefile", "Jenkinsfile",
];
/// Directories that nobody commits, or git's own.
const PASSED_OVER: [&str; 2] = [".git", "node_modules"];

/// The result of a search.
#[derive(Debug, Default)]
pub struct SearchedSecrets {
    /// What was found.
    pub findings: Vec<Finding>,
    /// Files that were read.
    pub files: usize,
}

/// Looks for secrets in all files below directories, and in single files. Paths are as `report_root` shows them.
pub fn check_secrets(paths: &[PathBuf], report_root: &ReportRoot) -> SearchedSecrets {
    let mut search = Search {
        report_root,
        found: FindingList::default(),
        files: 0,
    };
    for path in paths {
        let absolute = report_root.absolute(path);
        // The rules of the nearest directory above count, as for sops.
        let file = absolute
            .ancestors()
            .map(|above| above.join(RULES_FILE))
            .find(|file| file.is_file());
        let rules = file.map(|file| read_rules(&file)).unwrap_or_default();
        if absolute.is_dir() {
            search.directory(&absolute, &rules);
        } else {
            search.file(&absolute, &rules);
        }
    }
    SearchedSecrets {
        findings: search.found.into_findings(),
        files: search.files,
    }
}

struct Search<'s> {
    report_root: &'s ReportRoot,
    found: FindingList,
    files: usize,
}

impl Search<'_> {
    /// Checks the files below a directory. The rules of the nearest directory that has some count.
    fn directory(&mut self, root: &Path, above: &[CreationRule]) {
        let mut nested: Vec<(PathBuf, Vec<CreationRule>)> = vec![(root.to_owned(), above.to_vec())];
        let walked: Result<(), Infallible> = walk(root, LIMITS, &mut |entry| {
            // What cannot be read holds nothing that could be packaged.
            let Ok(entry) = entry else { return Ok(Visit::PassOver) };
            while nested.len() > 1
                && nested
                    .last()
                    .is_some_and(|(directory, _)| !entry.path.starts_with(directory))
            {
                nested.pop();
            }
            let name = entry.path.file_name().unwrap_or_default();
            if entry.file_type.is_dir() {
                if PASSED_OVER.iter().any(|passed| name == *passed) {
                    return Ok(Visit::PassOver);
                }
                let own = entry.path.join(RULES_FILE);
                if own.is_file() {
                    nested.push((entry.path, read_rules(&own)));
                }
                return Ok(Visit::Enter);
            }
            if let Some((_, rules)) = nested.last() {
                self.file(&entry.path, rules);
            }
            Ok(Visit::PassOver)
        });
        match walked {
            Ok(()) => {}
        }
    }

    fn file(&mut self, path: &Path, rules: &[CreationRule]) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_leftover = [".dec", ".dec.yaml", ".dec.yml"].iter().any(|end| name.ends_with(end));
        if is_leftover {
            let message = "a decrypted copy is next to its encrypted file: remove it and ignore *.dec";
            let place = Location::whole(SourceFile::without_text(self.report_root.shown(path)));
            self.found.push(Finding::new(Rule::DecryptedLeftover, place, message));
            self.files += 1;
            return;
        }
        let is_small = std::fs::metadata(path).is_ok_and(|data| data.len() <= MAX_BYTES);
        if !is_text(&name) || !is_small {
            return;
        }
        let Ok(text) = read_file(path, Named::ByInput, MAX_BYTES) else {
            return;
        };
        self.files += 1;
        let found = exposed(path, &name, &text, rules);
        if found.is_empty() {
            return;
        }
        let source = SourceFile::new(self.report_root.shown(path), text);
        for exposed in found {
            let place = Location::at(source.clone(), exposed.start);
            let finding = Finding::new(exposed.rule, place, exposed.message);
            self.found.push(finding.with_severity(exposed.severity));
        }
    }
}

/// Whether the name of a file is that of a text.
fn is_text(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    name != RULES_FILE
        && (ending.is_some_and(|ending| TEXTS.contains(&ending)) || NAMES.contains(&name) || name.starts_with(".env"))
}

/// The secrets in the text of a file, each value once.
fn exposed(path: &Path, name: &str, text: &[u8], rules: &[CreationRule]) -> Vec<Exposed> {
    let mut found = secret_shapes(text);
    let is_values = [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
    if !is_values {
        return found;
    }
    let rule = rules.iter().find(|rule| rule.covers(path));
    let by_sops = sops_file(text, rule);
    let by_content = match by_sops {
        SopsFile::Encrypted => Vec::new(),
        SopsFile::Plain(exposed) => vec![exposed],
        SopsFile::No => by_content(path, name, text),
    };
    for exposed in by_content {
        let is_known = |known: &Exposed| known.start >= exposed.start && known.start < exposed.end.max(exposed.start + 1);
        if !found.iter().any(is_known) {
            found.push(exposed);
        }
    }
    found.sort_by_key(|exposed| exposed.start);
    found
}

/// What values, manifests and templates have.
fn by_content(path: &Path, name: &str, text: &[u8]) -> Vec<Exposed> {
    const DESCRIPTIONS: [&str; 5] =
        ["Chart.yaml", "Chart.lock", "requirements.yaml", "values.schema.json", "package.json"];
    let has_part = |wanted: &str| path.iter().any(|part| part == wanted);
    let may_have_manifest = may_have_secret(text);
    if has_part("templates") {
        let found = may_have_manifest.then(|| secrets_of_template(&String::from_utf8_lossy(text)));
        return found.unwrap_or_default();
    }
    let is_hidden = path.iter().any(|part| part == ".github" || part == ".gitlab");
    let lower = name.to_ascii_lowercase();
    let is_secret_file = ["secret", "credential", "password"].iter().any(|word| lower.contains(word));
    let is_json = lower.ends_with(".json");
    let may_have_values = !DESCRIPTIONS.contains(&name)
        && !is_hidden
        && !has_part("crds")
        && (!is_json || is_secret_file || lower.contains("values"))
        && may_hold_secret(text);
    if !may_have_manifest && !may_have_values && !is_secret_file {
        return Vec::new();
    }
    yaml::with_all(text, |tree| {
        let Ok(tree) = tree else {
            let found = may_have_manifest.then(|| secrets_of_template(&String::from_utf8_lossy(text)));
            return found.unwrap_or_default();
        };
        let mut found = if may_have_manifest { secrets_of_manifest(tree) } else { Vec::new() };
        for document in tree.documents() {
            let is_object = tree.get(document.root, "kind").is_some() && tree.get(document.root, "apiVersion").is_some();
            if !is_object && (may_have_values || is_secret_file) {
                found.extend(named_values(tree, document.root, is_secret_file));
            }
        }
        found
    })
}
