//! The closed sets of values that the OpenAPI documents leave out, from the Go types of `k8s.io/api`: constants of a string
//! type that is marked `+enum`, and the fields of that type.

use std::collections::{BTreeMap, BTreeSet};

use crate::module::{self, FetchError};

/// The values a field may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Values {
    /// In the order of the source.
    pub(crate) values: Vec<String>,
    /// Whether an empty text counts as absent: the field is neither a pointer nor a list.
    pub(crate) allows_empty: bool,
}

/// Values by definition and field: `io.k8s.api.core.v1.Container`, `imagePullPolicy`.
pub(crate) type Enums = BTreeMap<(String, String), Values>;

/// What one package declares.
#[derive(Default)]
struct Package {
    /// Types marked `+enum`.
    closed: BTreeSet<String>,
    /// Type and value of string constants.
    constants: Vec<(String, Constant)>,
    /// Values of string constants by their names.
    named: BTreeMap<String, String>,
    /// Struct, name in JSON, type.
    fields: Vec<(String, String, String)>,
    /// Import path by the name it has in the package.
    imports: BTreeMap<String, String>,
}

/// A constant's value.
enum Constant {
    Literal(String),
    /// That of a constant of another package: its import and name.
    Reference(String, String),
}

/// The enums of Kubernetes 1.`minor`.0.
pub(crate) fn fetch(minor: u8) -> Result<Enums, FetchError> {
    let directory = module::directory("k8s.io/api", &format!("v0.{minor}.0"))?;
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    for group in module::directories(&directory)? {
        for version in module::directories(&directory.join(&group))? {
            let folder = directory.join(&group).join(&version);
            let mut package = Package::default();
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if name.ends_with("types.go") {
                    read_source(&std::fs::read_to_string(&path)?, &mut package);
                }
            }
            packages.insert(format!("{group}/{version}"), package);
        }
    }
    Ok(enums(&packages))
}

fn enums(packages: &BTreeMap<String, Package>) -> Enums {
    let mut enums = Enums::new();
    for (name, package) in packages {
        for (owner, field, type_name) in &package.fields {
            // Fields that a controller writes are not validated.
            if owner.ends_with("Status") || owner.ends_with("Condition") {
                continue;
            }
            let bare = type_name.trim_start_matches(['*', '[', ']']);
            let (source, bare) = match bare.split_once('.') {
                Some((import, bare)) => {
                    let path = package
                        .imports
                        .get(import)
                        .map(|path| path.trim_start_matches("k8s.io/api/"));
                    (path.unwrap_or_default(), bare)
                }
                None => (name.as_str(), bare),
            };
            let Some(declaring) = packages.get(source).filter(|package| package.closed.contains(bare)) else {
                continue;
            };
            let constants = declaring.constants.iter().filter(|(constant, _)| constant == bare);
            let values = constants.map(|(_, value)| match value {
                Constant::Literal(value) => Some(value.clone()),
                Constant::Reference(import, name) => {
                    let path = declaring.imports.get(import)?.trim_start_matches("k8s.io/api/");
                    packages.get(path)?.named.get(name).cloned()
                }
            });
            // A set with an unknown member is not a closed set.
            let values: Vec<String> = values.collect::<Option<_>>().unwrap_or_default();
            let key = (format!("io.k8s.api.{}.{owner}", name.replace('/', ".")), field.clone());
            let allows_empty = !type_name.starts_with(['*', '[']);
            if !values.is_empty() {
                enums.insert(key, Values { values, allows_empty });
            }
        }
    }
    enums
}

/// The position of a line in a source.
enum Within {
    Nothing,
    Constants,
    Imports,
    Struct(String),
}

fn read_source(text: &str, package: &mut Package) {
    let mut within = Within::Nothing;
    let mut is_marked = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if line.trim_start().starts_with("//") {
            is_marked |= line.trim() == "// +enum";
            continue;
        }
        match (&within, words.as_slice()) {
            (Within::Nothing, ["const", "("]) => within = Within::Constants,
            (Within::Nothing, ["import", "("]) => within = Within::Imports,
            (Within::Nothing, ["type", name, "struct", "{"]) => within = Within::Struct((*name).to_owned()),
            (Within::Nothing, ["type", name, "string", ..]) if is_marked => {
                package.closed.insert((*name).to_owned());
            }
            (Within::Nothing, ["const", name, type_name, "=", value, ..])
            | (Within::Constants, [name, type_name, "=", value, ..]) => {
                if let Some(value) = quoted(value) {
                    package.named.insert((*name).to_owned(), value.clone());
                    package
                        .constants
                        .push(((*type_name).to_owned(), Constant::Literal(value)));
                }
            }
            // `A = Type("a")` or `A = Type(other.B)`
            (Within::Constants, [name, "=", value]) => {
                let call = value.strip_suffix(')').and_then(|call| call.split_once('('));
                if let Some((type_name, value)) = call {
                    let constant = match (quoted(value), value.split_once('.')) {
                        (Some(value), _) => {
                            package.named.insert((*name).to_owned(), value.clone());
                            Constant::Literal(value)
                        }
                        (None, Some((import, name))) => Constant::Reference(import.to_owned(), name.to_owned()),
                        (None, None) => Constant::Reference(String::new(), value.to_owned()),
                    };
                    package.constants.push((type_name.to_owned(), constant));
                }
            }
            (Within::Imports, [name, path]) => {
                package
                    .imports
                    .insert((*name).to_owned(), quoted(path).unwrap_or_default());
            }
            (Within::Struct(owner), [_, type_name, tag, ..]) => {
                if let Some(name) = tag
                    .split("json:\"")
                    .nth(1)
                    .and_then(|rest| rest.split([',', '"']).next())
                {
                    let field = (owner.clone(), name.to_owned(), (*type_name).to_owned());
                    package.fields.push(field);
                }
            }
            (_, [")" | "}"]) => within = Within::Nothing,
            _ => {}
        }
        is_marked = false;
    }
}

fn quoted(text: &str) -> Option<String> {
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}
