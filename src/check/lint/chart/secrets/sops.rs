//! `sops-not-encrypted`, `sops-plain-value`: files that sops should have encrypted. No sops is needed, since nothing is decrypted.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value as Json;

use super::exposed::Exposed;
use crate::text::limits::SETTINGS_BYTES;
use crate::text::rule::Rule;
use crate::text::source::{Named, read_file};
use crate::text::yaml::{self, NodeId, NodeKind, Tree};

/// Where sops keeps its rules.
pub(super) const RULES_FILE: &str = ".sops.yaml";
/// One rule of `.sops.yaml`.
#[derive(Debug, Clone)]
pub(super) struct CreationRule {
    directory: PathBuf,
    path: Option<Regex>,
    encrypted: Option<Regex>,
    encrypted_suffix: Option<String>,
    unencrypted: Option<Regex>,
    unencrypted_suffix: Option<String>,
}

/// What sops did to a file, or should have done.
pub(super) enum SopsFile {
    /// It is none of its files.
    No,
    /// What should be encrypted is.
    Encrypted,
    /// Something should be encrypted, and is not.
    Plain(Exposed),
}

/// Looks at a file; `rule` is the rule of `.sops.yaml` that covers it.
pub(super) fn sops_file(text: &[u8], rule: Option<&CreationRule>) -> SopsFile {
    let mentions_sops = memchr::memmem::find(text, b"sops").is_some();
    if rule.is_none() && !mentions_sops {
        return SopsFile::No;
    }
    let Ok(tree) = yaml::parse_first(text) else {
        return SopsFile::No;
    };
    let Some(root) = tree.root() else { return SopsFile::No };
    let plain = |rule: Rule, key: NodeId, message: &str| {
        let span = tree.span(key);
        SopsFile::Plain(Exposed {
            rule,
            severity: rule.severity(),
            start: span.start as usize,
            end: span.end as usize,
            message: message.to_owned(),
        })
    };
    let sops = tree.get(root, "sops").filter(|&sops| is_metadata(&tree, sops));
    match (sops, rule) {
        // With a pattern, a file without such keys has nothing to hide.
        (None, Some(rule)) => first_plain(&tree, root, rule).map_or(SopsFile::Encrypted, |key| {
            let message = "a rule of .sops.yaml covers this file, and it is not encrypted: run sops encrypt -i";
            plain(Rule::SopsNotEncrypted, key, message)
        }),
        (Some(sops), _) => first_plain(&tree, root, &rule_of_file(&tree, sops)).map_or(SopsFile::Encrypted, |key| {
            let message = if has_encrypted(&tree, root) {
                "a plain value in a file that sops encrypted: run sops encrypt -i, or edit it with sops"
            } else {
                "the file has the metadata of sops, and nothing in it is encrypted: run sops encrypt -i"
            };
            plain(Rule::SopsPlainValue, key, message)
        }),
        (None, None) => SopsFile::No,
    }
}

/// Whether a mapping is what sops writes: with a code over the file, or with the keys that can decrypt it.
fn is_metadata(tree: &Tree<'_>, sops: NodeId) -> bool {
    let has_keys = |name: &&str| {
        let keys = tree.get(sops, name).map(|keys| tree.target(keys));
        keys.is_some_and(|keys| tree.children(keys).any(|key| tree.get(key, "enc").is_some()))
    };
    let kinds = ["age", "pgp", "kms", "gcp_kms", "azure_kv", "hc_vault"];
    tree.get(sops, "mac").is_some() || kinds.iter().any(has_keys)
}

/// Whether anything besides the metadata is encrypted.
fn has_encrypted(tree: &Tree<'_>, root: NodeId) -> bool {
    let own = tree
        .pairs(tree.target(root))
        .filter(|(key, _)| tree.text(*key) != "sops");
    let mut pending: Vec<NodeId> = own.map(|(_, value)| value).collect();
    while let Some(node) = pending.pop() {
        match tree.kind(node) {
            NodeKind::Mapping | NodeKind::Sequence => pending.extend(tree.children(node)),
            NodeKind::Scalar(_) if tree.text(node).starts_with("ENC[") => return true,
            NodeKind::Scalar(_) | NodeKind::Alias => {}
        }
    }
    false
}

pub(super) fn read_rules(file: &Path) -> Vec<CreationRule> {
    let directory = file.parent().unwrap_or(Path::new(".")).to_owned();
    let Ok(Ok(Json::Object(config))) =
        read_file(file, Named::ByInput, SETTINGS_BYTES).map(|text| yaml::json_from_bytes(&text))
    else {
        return Vec::new();
    };
    let rules = config
        .get("creation_rules")
        .and_then(Json::as_array)
        .into_iter()
        .flatten();
    rules
        .map(|rule| {
            let text = |name: &str| rule.get(name).and_then(Json::as_str);
            let pattern = |name: &str| text(name).and_then(|text| Regex::new(text).ok());
            CreationRule {
                directory: directory.clone(),
                path: pattern("path_regex"),
                encrypted: pattern("encrypted_regex"),
                encrypted_suffix: text("encrypted_suffix").map(str::to_owned),
                unencrypted: pattern("unencrypted_regex"),
                unencrypted_suffix: text("unencrypted_suffix").map(str::to_owned),
            }
        })
        .collect()
}

impl CreationRule {
    pub(super) fn covers(&self, path: &Path) -> bool {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let relative = absolute.strip_prefix(&self.directory).unwrap_or(&absolute);
        let relative = relative.to_string_lossy().replace('\\', "/");
        match &self.path {
            Some(pattern) => pattern.is_match(&relative),
            // A rule without a path is about files that are given to sops, and not about every file.
            None => false,
        }
    }

    /// Whether the value of a key is to be encrypted.
    fn wants(&self, key: &str, is_inside: bool) -> bool {
        if let Some(pattern) = &self.encrypted {
            return is_inside || pattern.is_match(key);
        }
        if let Some(suffix) = &self.encrypted_suffix {
            return is_inside || key.ends_with(suffix);
        }
        if self.unencrypted.as_ref().is_some_and(|pattern| pattern.is_match(key)) {
            return false;
        }
        !self
            .unencrypted_suffix
            .as_deref()
            .is_some_and(|suffix| key.ends_with(suffix))
    }
}

/// What the file itself says of the keys that are encrypted.
fn rule_of_file(tree: &Tree<'_>, sops: NodeId) -> CreationRule {
    let text = |name: &str| {
        tree.find(sops, &[name])
            .map(|node| tree.text(node).to_owned())
            .filter(|text| !text.is_empty())
    };
    let pattern = |name: &str| text(name).and_then(|text| Regex::new(&text).ok());
    CreationRule {
        directory: PathBuf::new(),
        path: None,
        encrypted: pattern("encrypted_regex"),
        encrypted_suffix: text("encrypted_suffix"),
        unencrypted: pattern("unencrypted_regex"),
        unencrypted_suffix: text("unencrypted_suffix"),
    }
}

/// The first key whose value should be encrypted and is not. Empty values are left alone by sops too.
fn first_plain(tree: &Tree<'_>, root: NodeId, rule: &CreationRule) -> Option<NodeId> {
    let selects = rule.encrypted.is_some() || rule.encrypted_suffix.is_some();
    let mut pending = vec![(root, root, !selects)];
    while let Some((key, node, is_wanted)) = pending.pop() {
        let node = tree.target(node);
        match tree.kind(node) {
            NodeKind::Mapping => {
                let pairs: Vec<_> = tree.pairs(node).collect();
                for (key, value) in pairs.into_iter().rev() {
                    let name = tree.text(key);
                    let is_own = node == tree.target(root) && name == "sops";
                    let is_wanted = rule.wants(name, is_wanted && selects);
                    if !is_own && (is_wanted || selects) {
                        pending.push((key, value, is_wanted));
                    }
                }
            }
            NodeKind::Sequence => pending.extend(tree.children(node).map(|item| (key, item, is_wanted))),
            _ => {
                let text = tree.text(node);
                let is_plain = !text.is_empty() && text != "null" && text != "~" && !text.starts_with("ENC[");
                if is_wanted && is_plain {
                    return Some(key);
                }
            }
        }
    }
    None
}
