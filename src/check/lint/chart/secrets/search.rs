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
use crate::text::compact_sort::sort_by_key;
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
const MAX_BYTES: u64 = 8 << 20;
/// Endings of files that people write.
const TEXTS: [&str; 24] = [
    "yaml",
    "yml",
    "json",
    "tpl",
    "gotmpl",
    "txt",
    "md",
    "env",
    "pem",
    "key",
    "p8",
    "conf",
    "config",
    "cfg",
    "ini",
    "toml",
    "properties",
    "xml",
    "sh",
    "bash",
    "tf",
    "tfvars",
    "hcl",
    "npmrc",
];
/// Names of files without an ending, and of those that begin with a dot.
const NAMES: [&str; 12] = [
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "credentials",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    ".dockerconfigjson",
    "Dockerfile",
    "Makefile",
    "Jenkinsfile",
];
/// Directories that are not committed, and git's own.
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
            search.file(&absolute, &rules, true);
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
                self.file(&entry.path, rules, false);
            }
            Ok(Visit::PassOver)
        });
        match walked {
            Ok(()) => {}
        }
    }

    /// Checks a file. One that is given itself is looked at whatever its name.
    fn file(&mut self, path: &Path, rules: &[CreationRule], is_given: bool) {
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
        if !is_small || name == RULES_FILE || !(is_given || is_text(&name)) {
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
    ending.is_some_and(|ending| TEXTS.contains(&ending)) || NAMES.contains(&name) || name.starts_with(".env")
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
    let by_form = found.len();
    for exposed in by_content {
        let known = found.get(..by_form).unwrap_or_default();
        let next = known.partition_point(|known| known.start < exposed.start);
        if known
            .get(next)
            .is_none_or(|known| known.start >= exposed.end.max(exposed.start + 1))
        {
            found.push(exposed);
        }
    }
    sort_by_key(&mut found, |exposed| exposed.start);
    found
}

/// Whether a file is in `templates` or `crds` of a chart.
fn part_of_chart(path: &Path) -> Option<&'static str> {
    path.ancestors().skip(1).find_map(|directory| {
        let part = ["templates", "crds"]
            .into_iter()
            .find(|part| directory.file_name().is_some_and(|name| name == *part))?;
        directory.parent()?.join("Chart.yaml").is_file().then_some(part)
    })
}

/// What values, manifests and templates have.
fn by_content(path: &Path, name: &str, text: &[u8]) -> Vec<Exposed> {
    const DESCRIPTIONS: [&str; 5] = [
        "Chart.yaml",
        "Chart.lock",
        "requirements.yaml",
        "values.schema.json",
        "package.json",
    ];
    let may_have_manifest = may_have_secret(text);
    let lower = name.to_ascii_lowercase();
    let is_secret_file = ["secret", "credential", "password"]
        .iter()
        .any(|word| lower.contains(word));
    if !may_have_manifest && !is_secret_file && !may_hold_secret(text) {
        return Vec::new();
    }
    let part = part_of_chart(path);
    // A template that is YAML as it is has more to be known by.
    if part == Some("templates") && memchr::memmem::find(text, b"{{").is_some() {
        let found = may_have_manifest.then(|| secrets_of_template(&String::from_utf8_lossy(text)));
        return found.unwrap_or_default();
    }
    let is_hidden = path.iter().any(|part| part == ".github" || part == ".gitlab");
    let is_json = lower.rsplit_once('.').is_some_and(|(_, ending)| ending == "json");
    let may_have_values = !DESCRIPTIONS.contains(&name)
        && !is_hidden
        && part.is_none()
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
        let mut found = if may_have_manifest {
            secrets_of_manifest(tree)
        } else {
            Vec::new()
        };
        for document in tree.documents() {
            let is_object =
                tree.get(document.root, "kind").is_some() && tree.get(document.root, "apiVersion").is_some();
            if !is_object && (may_have_values || is_secret_file) {
                found.extend(named_values(tree, document.root, is_secret_file));
            }
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::limits::FINDINGS;

    #[test]
    fn files_that_sops_should_have_encrypted_are_found() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        write(
            ".sops.yaml",
            "creation_rules:\n- path_regex: secrets\\.yaml$\n  encrypted_regex: ^(password|token)$\n- path_regex: all-.*\n",
        );
        write("values.yaml", "password: open\n");
        write("secrets.yaml", "user: me\ndb:\n  password: open\n");
        write("all-x.yaml", "a: 1\n");
        write("other-secrets.yaml", "user: me\n");
        write("secrets.yaml.dec", "x");
        let sops = "sops:\n  mac: ENC[x]\n  encrypted_regex: ^(password)$\n";
        write(
            "good-secrets.yaml",
            &format!("user: me\npassword: ENC[AES256_GCM,data:x]\n{sops}"),
        );
        write("bad-secrets.yaml", &format!("password: changed\n{sops}"));
        let root = ReportRoot::new(directory.path().to_owned());
        let found = check_secrets(&[directory.path().to_owned()], &root).findings;
        let found: Vec<(String, Rule)> = found
            .iter()
            .map(|finding| (finding.primary.to_string(), finding.rule.rule))
            .collect();
        let want = [
            ("all-x.yaml:1:1", Rule::SopsNotEncrypted),
            ("bad-secrets.yaml:1:1", Rule::SopsPlainValue),
            ("secrets.yaml:3:3", Rule::SopsNotEncrypted),
            ("secrets.yaml.dec", Rule::DecryptedLeftover),
        ];
        assert_eq!(found, want.map(|(name, rule)| (name.to_owned(), rule)));
    }

    /// What is found in a directory of these files.
    fn searched(files: &[(&str, &str)]) -> SearchedSecrets {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let root = ReportRoot::new(directory.path().to_owned());
        check_secrets(&[directory.path().to_owned()], &root)
    }

    /// `path:line` and rule of what is found in a directory of these files.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let shown = |finding: &Finding| {
            let line = finding.primary.position().line;
            format!("{}:{line} {}", finding.primary.file.path(), finding.rule)
        };
        searched(files).findings.iter().map(shown).collect()
    }

    #[test]
    fn rules_select_the_keys_whose_values_are_secret() {
        for (rule, text, line) in [
            ("", "a: 1\n", Some(1)),
            ("", "a:\n", None),
            ("", "a: null\nb: ~\nc: ''\nd: {}\n", None),
            ("", "a: ENC[AES256_GCM,data:x]\nb: [ENC[x], 'ENC[y']\n", None),
            ("", "a: ''\nb:\n- c: ''\n- c: open\n", Some(4)),
            ("encrypted_regex: ^pass", "user: me\npassword: x\n", Some(2)),
            ("encrypted_regex: ^pass", "user: me\nxpassword: x\n", None),
            ("encrypted_regex: ^pass", "pass:\n  inner: x\n", Some(2)),
            ("encrypted_regex: ^pass", "outer:\n- user: me\n- pass: x\n", Some(3)),
            ("encrypted_suffix: _secret", "a: 1\nb_secret: x\n", Some(2)),
            ("encrypted_suffix: _secret", "b_secret:\n  a: 1\n", Some(2)),
            ("encrypted_suffix: _secret", "a_secrets: 1\n", None),
            ("unencrypted_regex: ^open", "open: 1\nclosed: 2\n", Some(2)),
            ("unencrypted_regex: ^open", "open:\n  a: 1\n", None),
            ("unencrypted_suffix: _open", "a_open: 1\n", None),
            ("unencrypted_suffix: _open", "a_open: 1\nb: 2\n", Some(2)),
        ] {
            let separator = if rule.is_empty() { "" } else { ", " };
            let rules = format!("creation_rules: [{{path_regex: secrets{separator}{rule}}}]\n");
            let want: Vec<String> = line
                .map(|line| format!("secrets.yaml:{line} sops-not-encrypted"))
                .into_iter()
                .collect();
            assert_eq!(
                found(&[(".sops.yaml", &rules), ("secrets.yaml", text)]),
                want,
                "{rule} {text:?}"
            );
        }
    }

    #[test]
    fn encrypted_files_say_themselves_what_is_encrypted() {
        for (sops, text, line) in [
            ("mac: ENC[x]", "a: ENC[x]\n", None),
            ("mac: ENC[x]", "a: open\n", Some(1)),
            (
                "mac: ENC[x]\n  unencrypted_suffix: _open",
                "a_open: x\nb: ENC[x]\n",
                None,
            ),
            (
                "mac: ENC[x]\n  unencrypted_suffix: _open",
                "a_open: x\nb: open\n",
                Some(2),
            ),
            ("mac: ENC[x]\n  unencrypted_regex: ^open", "open: x\nb: y\n", Some(2)),
            (
                "mac: ENC[x]\n  encrypted_suffix: _secret",
                "a: x\nb_secret: y\n",
                Some(2),
            ),
            // An empty setting counts as missing.
            ("mac: ENC[x]\n  encrypted_regex: ''", "a: open\n", Some(1)),
            // Values that only happen to have such a key are not encrypted.
            ("version: 1", "a: open\n", None),
        ] {
            let text = format!("{text}sops:\n  {sops}\n");
            let want: Vec<String> = line
                .map(|line| format!("values.yaml:{line} sops-plain-value"))
                .into_iter()
                .collect();
            assert_eq!(found(&[("values.yaml", &text)]), want, "{text:?}");
        }
    }

    #[test]
    fn the_rules_of_the_nearest_directory_count() {
        let rules = |pattern: &str| format!("creation_rules: [{{path_regex: {pattern}}}]\n");
        let (outer, inner) = (rules("secrets"), rules("^private"));
        let files = [
            (".sops.yaml", outer.as_str()),
            ("secrets.json", "{\"a\": 1}"),
            ("secrets.yml", "a: 1\n"),
            ("secrets.txt", "a: 1\n"),
            ("secrets-broken.yaml", "a: [\n"),
            (".git/secrets.yaml", "a: 1\n"),
            ("node_modules/secrets.yaml", "a: 1\n"),
            ("deep/er/secrets.yaml", "a: 1\n"),
            ("own/.sops.yaml", inner.as_str()),
            ("own/secrets.yaml", "a: 1\n"),
            ("own/private.yaml", "a: 1\n"),
            ("own/more/private.yaml", "a: 1\n"),
            ("own/private.dec.yaml", "a: 1\n"),
            ("own/x.dec.yml", "a: 1\n"),
            ("own/decoy.yaml", "a: 1\n"),
            ("every/.sops.yaml", "creation_rules: [{age: x}]\n"),
            ("every/secrets.yaml", "a: 1\n"),
            ("none/.sops.yaml", "creation_rules: nothing\n"),
            ("none/secrets.yaml", "a: 1\n"),
        ];
        let want = [
            "deep/er/secrets.yaml:1 sops-not-encrypted",
            "own/private.dec.yaml:1 decrypted-leftover",
            "own/private.yaml:1 sops-not-encrypted",
            "own/x.dec.yml:1 decrypted-leftover",
            "secrets.json:1 sops-not-encrypted",
            "secrets.yml:1 sops-not-encrypted",
        ];
        assert_eq!(found(&files), want);
    }

    #[test]
    fn rules_above_the_paths_that_are_given_count_too() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        std::fs::create_dir(directory.path().join("web")).unwrap();
        write(".sops.yaml", "creation_rules: [{path_regex: web/secrets}]\n");
        write("web/secrets.yaml", "a: 1\n");
        let root = ReportRoot::new(directory.path().to_owned());
        for path in ["web", "web/secrets.yaml"] {
            let found = check_secrets(&[PathBuf::from(path)], &root).findings;
            let places: Vec<String> = found.iter().map(|finding| finding.primary.to_string()).collect();
            assert_eq!(places, ["web/secrets.yaml:1:1"], "{path}");
        }
        let mut large = b"a: 1\n#".to_vec();
        large.resize(usize::try_from(MAX_BYTES).unwrap() + 1, b'x');
        std::fs::write(directory.path().join("web/secrets.yaml"), large).unwrap();
        assert_eq!(check_secrets(&[PathBuf::from("web")], &root).findings, []);
    }
    #[test]
    fn files_are_read_as_what_they_are() {
        let token = "ghp_q7Rk2ZpW9xLm4TvB8nYc3HdJ6sFgE5aUoKiQ";
        let hex = "9f86d081884c7d659a2feaa0c55ad015";
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: hunter22\n";
        let text = |text: &str| {
            text.replace("TOKEN", token)
                .replace("HEX", hex)
                .replace("SECRET", secret)
        };
        for (name, content, want) in [
            ("values.yaml", "a: TOKEN\n", "secret-token error"),
            ("README.md", "a TOKEN\n", "secret-token error"),
            (".env", "A=TOKEN\n", "secret-token error"),
            ("a.bin", "TOKEN\n", ""),
            ("values.yaml", "token: TOKEN\n", "secret-token error"),
            (
                "values.yaml",
                "token: TOKEN\npassword: HEX\n",
                "secret-token error, secret-value warning",
            ),
            (
                "values.yaml",
                "password: HEX\ntoken: TOKEN\n",
                "secret-value warning, secret-token error",
            ),
            (
                "values.yaml",
                "password: HEX\nsops: {mac: 'ENC[x]'}\n",
                "sops-plain-value error",
            ),
            (
                "values.yaml",
                "password: ENC[AES256_GCM,data:HEX]\nsops: {mac: 'ENC[x]'}\n",
                "",
            ),
            ("values.yaml", "a: HEX\n", ""),
            ("db-secrets.yaml", "a: HEX\n", "secret-value warning"),
            ("package.json", "{\"token\": \"HEX\"}", ""),
            ("values.json", "{\"token\": \"HEX\"}", "secret-value warning"),
            (".github/a.yaml", "token: HEX\n", ""),
            ("secret.yaml", "SECRET", "secret-manifest warning"),
            ("templates/secret.yaml", "SECRET", "secret-manifest warning"),
            (
                "templates/secret.yaml",
                "{{ if .x }}\nSECRET{{ end }}\n",
                "secret-manifest warning",
            ),
            ("web/templates/a.yaml", "token: HEX\n", "secret-value warning"),
            ("templates/a.yaml", "token: HEX\n", ""),
            ("charts/a/templates/a.yaml", "token: HEX\n", ""),
            ("crds/a.yaml", "token: HEX\n", ""),
        ] {
            let chart = name.split_once("templates/").map_or("", |(before, _)| before);
            let chart = if chart == "web/" { "" } else { chart };
            let files = [(&*format!("{chart}Chart.yaml"), "name: a\n"), (name, &*text(content))];
            // Above the chart, a name means nothing.
            let above = files.map(|(name, text)| (format!("crds/{name}"), text));
            let files: Vec<(&str, &str)> = above.iter().map(|(name, text)| (name.as_str(), *text)).collect();
            let found: Vec<String> = searched(&files)
                .findings
                .iter()
                .map(|found| format!("{} {}", found.rule, found.severity))
                .collect();
            assert_eq!(found.join(", "), want, "{name}: {content}");
        }
    }

    #[test]
    fn files_that_are_looked_at_are_counted() {
        assert_eq!(
            searched(&[
                ("a.yaml", "a: 1\n"),
                ("a.png", "x"),
                ("b.dec", "x"),
                (".git/a.yaml", "x: 1\n")
            ])
            .files,
            2
        );
        assert_eq!(
            searched(&[("a.png", "x"), (RULES_FILE, "creation_rules: []\n")]).files,
            0
        );
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.py");
        std::fs::write(&path, "TOKEN = 'ghp_q7Rk2ZpW9xLm4TvB8nYc3HdJ6sFgE5aUoKiQ'\n").unwrap();
        let searched = check_secrets(&[path], &ReportRoot::new(directory.path().to_owned()));
        assert_eq!(
            (searched.findings.len(), searched.files),
            (1, 1),
            "a file that is given"
        );
    }

    #[test]
    fn findings_of_a_file_are_bounded() {
        let long = "k".repeat(1000);
        let line = format!("    token: 9f86d081884c7d659a2feaa0c55ad015\n  - {long}: 1\n");
        let text = format!("{long}:\n  - a: 1\n{}", line.repeat(100));
        let found = searched(&[("values.yaml", &text)]).findings;
        assert_eq!(found.len(), 100);
        assert!(found.iter().map(|found| found.message.len()).sum::<usize>() < 1 << 20);
        let text = "password: hunter22\n---\n".repeat(FINDINGS + 10);
        assert!(searched(&[("values.yaml", &text)]).findings.len() <= FINDINGS + 1);
    }
}
