//! Since when each kind of each API version is there, deprecated and gone, and what replaces it: from what Kubernetes'
//! own generator writes into `k8s.io/api`.

use std::collections::BTreeMap;

use crate::module::{self, FetchError};

/// Group, version and kind.
type Kind = (String, String, String);

/// What is known of one kind; minor versions of Kubernetes.
#[derive(Debug, Default, Clone)]
struct Lifecycle {
    deprecated: Option<u32>,
    removed: Option<u32>,
    /// `group/version Kind`.
    replacement: String,
}

/// The table, a line a kind: group, version, kind, deprecated in, removed in, replacement. The newest source counts.
pub(crate) fn table(minors: impl Iterator<Item = u8>) -> Result<String, FetchError> {
    let mut all: BTreeMap<Kind, Lifecycle> = BTreeMap::new();
    for minor in minors {
        let directory = module::directory("k8s.io/api", &format!("v0.{minor}.0"))?;
        for group in module::directories(&directory)? {
            for version in module::directories(&directory.join(&group))? {
                let folder = directory.join(&group).join(&version);
                let read = |name: &str| std::fs::read_to_string(folder.join(name));
                let (Ok(register), Ok(source)) = (read("register.go"), read("zz_generated.prerelease-lifecycle.go"))
                else {
                    continue;
                };
                let name = register
                    .split("GroupName = \"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next());
                for (kind, lifecycle) in lifecycles(&source) {
                    all.insert((name.unwrap_or_default().to_owned(), version.clone(), kind), lifecycle);
                }
            }
        }
    }
    let mut table = String::new();
    for ((group, version, kind), lifecycle) in all {
        if kind.ends_with("List") {
            continue;
        }
        let minor = |minor: Option<u32>| minor.map_or_else(String::new, |minor| minor.to_string());
        let columns = [
            group,
            version,
            kind,
            minor(lifecycle.deprecated),
            minor(lifecycle.removed),
            lifecycle.replacement,
        ];
        table.push_str(&columns.join("\t"));
        table.push('\n');
    }
    Ok(table)
}

fn lifecycles(source: &str) -> BTreeMap<String, Lifecycle> {
    let mut found: BTreeMap<String, Lifecycle> = BTreeMap::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let Some((kind, method)) = line
            .strip_prefix("func (in *")
            .and_then(|rest| rest.split_once(") APILifecycle"))
        else {
            continue;
        };
        let answer = lines.next().unwrap_or_default().trim().trim_start_matches("return ");
        let minor = answer.split_once(", ").and_then(|(_, minor)| minor.parse().ok());
        let lifecycle = found.entry(kind.to_owned()).or_default();
        match method.split('(').next().unwrap_or_default() {
            "Deprecated" => lifecycle.deprecated = minor,
            "Removed" => lifecycle.removed = minor,
            "Replacement" => {
                let part = |name: &str| {
                    let rest = answer.split(&format!("{name}: \"")).nth(1);
                    rest.and_then(|rest| rest.split('"').next()).unwrap_or_default()
                };
                let group = match part("Group") {
                    "" => String::new(),
                    group => format!("{group}/"),
                };
                lifecycle.replacement = format!("{group}{} {}", part("Version"), part("Kind").trim_end_matches("List"));
            }
            _ => {}
        }
    }
    found
}
