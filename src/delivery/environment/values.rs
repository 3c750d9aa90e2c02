//! The values of a release, by one rule for every command: those of the chart, of the environment's file, of the release's files, of the
//! environment, of the release. The last one wins, as when Helm deploys them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::model::{Deploys, Environment, Release, SetValue, ValueSource};
use crate::check::finding::Location;
use crate::delivery::bump::ReadFile;
use crate::text::ordered::CollectOrdered as _;
use crate::text::source::SourceFile;
use crate::text::yaml::{self, NodeId, NodeKind, Scalar, ScalarStyle, Tree};

/// Deepest nesting of values that is looked at.
const MOST_LEVELS: usize = 64;

/// A value that is not a map: a scalar, a list, or an empty map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The text of a scalar, empty for null; a list or an empty map as it is written.
    pub text: String,
    /// Whether it is a scalar with a value.
    pub is_scalar: bool,
    /// Whether it is null, which removes what is below it.
    pub is_null: bool,
    /// Where it is written.
    pub place: Location,
}

/// What one source gives.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The file that gives it, or the file in which single values are written.
    pub path: PathBuf,
    /// Whether it is the chart's own.
    pub is_of_chart: bool,
    /// Its values, by the path of their keys.
    pub leaves: BTreeMap<Vec<String>, Leaf>,
}

/// Values that cannot be resolved.
#[derive(Debug, thiserror::Error)]
pub enum ValuesError {
    /// A values file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A values file is not YAML.
    #[error("{path}: {message}")]
    Yaml {
        /// The file, with the line.
        path: String,
        /// What is wrong.
        message: String,
    },
}

/// The sources of a release's values, those that win last.
///
/// # Errors
/// When a file is not there or is not YAML. A chart of a repository has no values here, and a chart's values.yaml may be missing.
pub fn layers(
    environment: &Environment,
    release: &Release,
    directory: &Path,
    read: ReadFile<'_>,
) -> Result<Vec<Layer>, ValuesError> {
    let mut layers = Vec::new();
    if let Deploys::Directory(chart) = &release.deploys {
        let path = chart.join("values.yaml");
        match read(&directory.join(&path)) {
            Ok(text) => layers.push(Layer {
                is_of_chart: true,
                ..layer(&path, text)?
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(ValuesError::Read { path, source }),
        }
    }
    let with_defaults = !release.skips_defaults;
    let default_file = environment.default_values_file.iter().filter(|_| with_defaults);
    for path in default_file.chain(&release.values_files) {
        let text = read(&directory.join(path)).map_err(|source| ValuesError::Read {
            path: path.clone(),
            source,
        })?;
        layers.push(layer(path, text)?);
    }
    if with_defaults {
        layers.extend(single_values(&environment.default_values));
    }
    layers.extend(single_values(&release.values));
    Ok(layers)
}

fn layer(path: &Path, text: Vec<u8>) -> Result<Layer, ValuesError> {
    let file = SourceFile::new(path.display().to_string(), text);
    let mut leaves = BTreeMap::new();
    let wrong = |error: yaml::YamlError| {
        let place = Location::at(file.clone(), error.offset().unwrap_or(0) as usize);
        ValuesError::Yaml {
            path: place.to_string(),
            message: error.to_string(),
        }
    };
    let tree = yaml::parse_first(file.text()).map_err(wrong)?;
    if let Some(root) = tree.root() {
        // Refuses what Helm refuses: keys that are written twice, and aliases that grow without bounds.
        yaml::json_from_node(&tree, root).map_err(wrong)?;
        add_leaves(&tree, root, &file, (&mut Vec::new(), 0), &mut leaves);
    }
    drop(tree);
    Ok(Layer {
        path: path.to_owned(),
        is_of_chart: false,
        leaves,
    })
}

fn add_leaves(
    tree: &Tree<'_>,
    node: NodeId,
    file: &SourceFile,
    (path, level): (&mut Vec<String>, usize),
    leaves: &mut BTreeMap<Vec<String>, Leaf>,
) {
    let target = tree.target(node);
    let is_map = tree.kind(target) == NodeKind::Mapping;
    if is_map && level < MOST_LEVELS && tree.pairs(target).next().is_some() {
        // What is merged in loses to the keys of the mapping, whatever their order.
        let (merged, own): (Vec<_>, Vec<_>) = tree.pairs(target).partition(|(key, _)| is_merge_key(tree, *key));
        let hides = !merged.is_empty();
        for mapping in merged.into_iter().flat_map(|(_, value)| merged_mappings(tree, value)) {
            add_leaves(tree, mapping, file, (path, level + 1), leaves);
        }
        for (key, value) in own {
            path.push(tree.text(tree.target(key)).to_owned());
            if hides {
                leaves.retain(|known, _| !known.starts_with(path));
            }
            add_leaves(tree, value, file, (path, level + 1), leaves);
            path.pop();
        }
        return;
    }
    if path.is_empty() {
        return;
    }
    let is_scalar = matches!(tree.kind(target), NodeKind::Scalar(_));
    let is_null = is_scalar && matches!(tree.scalar(target), Ok(Scalar::Null));
    let span = tree.span(target);
    let text = match (is_scalar, is_null) {
        (_, true) => String::new(),
        (true, false) => tree.text(target).to_owned(),
        (false, false) => String::from_utf8_lossy(span.of(tree.source().as_bytes())).into_owned(),
    };
    let leaf = Leaf {
        text,
        is_scalar: is_scalar && !is_null,
        is_null,
        place: Location::new(file.clone(), tree.span(node)),
    };
    leaves.insert(path.clone(), leaf);
}

/// Whether a key is `<<`, which takes the keys of other mappings.
fn is_merge_key(tree: &Tree<'_>, key: NodeId) -> bool {
    let is_plain = matches!(tree.kind(key), NodeKind::Scalar(ScalarStyle::Plain));
    is_plain && tree.text(key) == "<<"
}

/// The mappings that are merged in, those that win last.
fn merged_mappings(tree: &Tree<'_>, value: NodeId) -> Vec<NodeId> {
    let target = tree.target(value);
    match tree.kind(target) {
        NodeKind::Mapping => vec![target],
        NodeKind::Sequence => {
            let items: Vec<NodeId> = tree.children(target).map(|item| tree.target(item)).collect();
            let mappings = items.into_iter().rev();
            mappings.filter(|item| tree.kind(*item) == NodeKind::Mapping).collect()
        }
        _ => Vec::new(),
    }
}

/// The values that are written one by one.
fn single_values(values: &[SetValue]) -> Option<Layer> {
    let first = values.first()?;
    let leaf = |value: &SetValue| Leaf {
        text: match &value.source {
            ValueSource::Text(text) => text.clone(),
            // What it is only Google Cloud knows.
            ValueSource::GceAddress { name, .. } => format!("<address of {name}>"),
        },
        is_scalar: true,
        is_null: false,
        place: value.place.clone(),
    };
    let path = |value: &SetValue| value.key.split('.').map(str::to_owned).collect();
    Some(Layer {
        path: PathBuf::from(first.place.file.path()),
        is_of_chart: false,
        leaves: values.iter().map(|value| (path(value), leaf(value))).collect_map(),
    })
}

/// The values that win, each with its place. A value hides everything below and above it that an earlier source gives, and null removes
/// it.
pub fn resolve(layers: &[Layer]) -> BTreeMap<Vec<String>, Leaf> {
    let mut resolved: BTreeMap<Vec<String>, Leaf> = BTreeMap::new();
    for layer in layers {
        for (path, leaf) in &layer.leaves {
            let below: Vec<Vec<String>> = resolved
                .range(path.clone()..)
                .take_while(|(other, _)| other.starts_with(path))
                .map(|(other, _)| other.clone())
                .collect();
            for other in below {
                resolved.remove(&other);
            }
            for length in 1..path.len() {
                resolved.remove(path.get(..length).unwrap_or_default());
            }
            if !leaf.is_null || layer.is_of_chart {
                resolved.insert(path.clone(), leaf.clone());
            }
        }
    }
    resolved
}

/// The scalar at a path such as `image.tag`.
pub fn look_up<'v>(values: &'v BTreeMap<Vec<String>, Leaf>, key: &str) -> Option<&'v Leaf> {
    let path: Vec<String> = key.split('.').map(str::to_owned).collect();
    values.get(&path).filter(|leaf| leaf.is_scalar)
}
