//! Since when kinds are deprecated and removed, and what replaces them: from the lifecycle methods of the types in
//! `k8s.io/api` (those of Kubernetes' generator and those written by hand), and which of them `k8s.io/client-go` has in its
//! scheme, since Helm knows only these.

use std::collections::BTreeMap;
use std::path::Path;

use crate::module::{self, FetchError};

/// Group, version and kind.
type Kind = (String, String, String);

/// The name of a group, and its kinds.
type Package = (String, BTreeMap<String, Lifecycle>);

/// The lifecycle of one kind; minor versions of Kubernetes.
#[derive(Debug, Default, Clone)]
struct Lifecycle {
    deprecated: Option<u32>,
    removed: Option<u32>,
    /// `group/version Kind`, as the method returns it.
    replacement: String,
    /// Whether Helm's client library has the type.
    is_in_scheme: bool,
}

const HEADER: &str = "# group, version, kind, deprecated in 1.x, removed in 1.x, replacement, `scheme` where the scheme of \
    k8s.io/client-go has the kind. Made by `cargo xtask lifecycles`.\n";

/// The table, a line for each kind that is or will be deprecated. The newest source counts.
///
/// # Errors
/// When a module cannot be downloaded, or a file cannot be read.
pub(crate) fn table(minors: impl Iterator<Item = u8>, client_minor: u8) -> Result<String, FetchError> {
    let scheme = module::directory("k8s.io/client-go", &format!("v0.{client_minor}.0"))?;
    let scheme = std::fs::read_to_string(scheme.join("kubernetes/scheme/register.go"))?;
    let mut all: BTreeMap<Kind, Lifecycle> = BTreeMap::new();
    for minor in minors {
        let directory = module::directory("k8s.io/api", &format!("v0.{minor}.0"))?;
        for group in module::directories(&directory)? {
            for version in module::directories(&directory.join(&group))? {
                let is_in_scheme =
                    minor == client_minor && scheme.contains(&format!("\"k8s.io/api/{group}/{version}\""));
                let Some((name, kinds)) = read_package(&directory.join(&group).join(&version))? else {
                    continue;
                };
                for (kind, lifecycle) in kinds {
                    let lifecycle = Lifecycle {
                        is_in_scheme,
                        ..lifecycle
                    };
                    all.insert((name.clone(), version.clone(), kind), lifecycle);
                }
            }
        }
    }
    all.retain(|_, lifecycle| lifecycle.deprecated.is_some() || lifecycle.removed.is_some());
    let mut table = HEADER.to_owned();
    for ((group, version, kind), lifecycle) in all {
        let minor = |minor: Option<u32>| minor.map_or_else(String::new, |minor| minor.to_string());
        let scheme = if lifecycle.is_in_scheme { "scheme" } else { "" };
        let columns = [
            group,
            version,
            kind,
            minor(lifecycle.deprecated),
            minor(lifecycle.removed),
            lifecycle.replacement,
            scheme.to_owned(),
        ];
        table.push_str(&columns.join("\t"));
        table.push('\n');
    }
    Ok(table)
}

/// The group and the kinds of a package; nothing if it does not define types of an API.
fn read_package(folder: &Path) -> Result<Option<Package>, FetchError> {
    let register = folder.join("register.go");
    if !register.is_file() {
        return Ok(None);
    }
    let register = std::fs::read_to_string(register)?;
    let name = register
        .split("GroupName = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let mut source = String::new();
    for file in ["zz_generated.prerelease-lifecycle.go", "lifecycle.go"] {
        let file = folder.join(file);
        if file.is_file() {
            source.push_str(&std::fs::read_to_string(file)?);
        }
    }
    Ok(Some((name.unwrap_or_default().to_owned(), lifecycles(&source))))
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
                lifecycle.replacement = format!("{group}{} {}", part("Version"), part("Kind"));
            }
            _ => {}
        }
    }
    found
}
