//! index.yaml: what a repository offers, to an [`Index`] to which entries are added, and its new text. Everything that is
//! already in it, known or not, stays.

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::engine::chart::{Dependency, Metadata};
use crate::engine::functions::{json as go_json, yaml_value};
use crate::text::semver::sort_newest_first;
use crate::text::yaml;

use super::index_error::{IndexError, broken};

/// The field of the charts.
const ENTRIES: &str = "entries";

/// A chart version to be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Name of the chart.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Hex SHA-256 of the archive.
    pub digest: String,
    /// The other fields of the entry.
    fields: JsonMap<String, Json>,
}

impl IndexEntry {
    /// The entry of a packaged chart. `created` is an RFC 3339 time.
    pub fn new(metadata: &Metadata, file_name: &str, digest: &str, created: &str) -> Self {
        let mut fields = JsonMap::new();
        let texts = [
            ("name", &metadata.name),
            ("home", &metadata.home),
            ("version", &metadata.version),
            ("description", &metadata.description),
            ("icon", &metadata.icon),
            ("apiVersion", &metadata.api_version),
            ("condition", &metadata.condition),
            ("tags", &metadata.tags),
            ("appVersion", &metadata.app_version),
            ("kubeVersion", &metadata.kube_version),
            ("type", &metadata.chart_type),
        ];
        for (field, text) in texts {
            if !text.is_empty() {
                fields.insert(field.to_owned(), json!(text));
            }
        }
        for (field, list) in [("sources", &metadata.sources), ("keywords", &metadata.keywords)] {
            if !list.is_empty() {
                fields.insert(field.to_owned(), json!(list));
            }
        }
        if metadata.deprecated {
            fields.insert("deprecated".to_owned(), json!(true));
        }
        let maintainers: Vec<Json> = metadata
            .maintainers
            .iter()
            .flatten()
            .map(|one| with_texts(&[("name", &one.name), ("email", &one.email), ("url", &one.url)]))
            .collect();
        if !maintainers.is_empty() {
            fields.insert("maintainers".to_owned(), json!(maintainers));
        }
        if let Some(annotations) = &metadata.annotations {
            let entries: JsonMap<String, Json> = annotations
                .iter()
                .map(|(key, value)| (key.clone(), json!(value)))
                .collect();
            fields.insert("annotations".to_owned(), Json::Object(entries));
        }
        let dependencies: Vec<Json> = metadata.declared_dependencies().map(dependency_fields).collect();
        if !dependencies.is_empty() {
            fields.insert("dependencies".to_owned(), json!(dependencies));
        }
        fields.insert("created".to_owned(), json!(created));
        fields.insert("digest".to_owned(), json!(digest));
        fields.insert("urls".to_owned(), json!([file_name]));
        Self {
            name: metadata.name.clone(),
            version: metadata.version.clone(),
            digest: digest.to_owned(),
            fields,
        }
    }
}

fn with_texts(fields: &[(&str, &String)]) -> Json {
    let entries = fields.iter().filter(|(_, text)| !text.is_empty());
    Json::Object(
        entries
            .map(|(field, text)| ((*field).to_owned(), json!(text)))
            .collect(),
    )
}

fn dependency_fields(dependency: &Dependency) -> Json {
    let mut fields = with_texts(&[
        ("name", &dependency.name),
        ("version", &dependency.version),
        ("condition", &dependency.condition),
        ("alias", &dependency.alias),
    ]);
    if let Some(entries) = fields.as_object_mut() {
        entries.insert("repository".to_owned(), json!(dependency.repository));
        if !dependency.tags.is_empty() {
            entries.insert("tags".to_owned(), json!(dependency.tags));
        }
    }
    fields
}

/// An index that has been read, and to which entries are added. It needs several times the memory of its text.
#[derive(Debug)]
pub struct Index {
    /// The fields beside the charts.
    root: JsonMap<String, Json>,
    charts: JsonMap<String, Json>,
    is_changed: bool,
}

impl Default for Index {
    /// One without entries.
    fn default() -> Self {
        let mut root = JsonMap::new();
        root.insert("apiVersion".to_owned(), json!("v1"));
        root.insert(ENTRIES.to_owned(), Json::Null);
        Self {
            root,
            charts: JsonMap::new(),
            is_changed: false,
        }
    }
}

impl Index {
    /// Reads an index that is to be replaced: anything lost in reading would be deleted in writing. So an index that was
    /// truncated, or damaged by merging two versions, is refused, as Helm refuses it.
    ///
    /// # Errors
    /// When the text is not an index.
    pub fn read(text: &[u8]) -> Result<Self, IndexError> {
        let Json::Object(mut root) = read_document(text)? else {
            return Err(broken("it is not a mapping"));
        };
        let charts = match root.get_mut(ENTRIES).map(Json::take) {
            Some(Json::Object(charts)) => charts,
            None | Some(Json::Null) => return Err(broken("it has no `entries`; a new index has `entries: {}`")),
            Some(_) => return Err(broken("`entries` is not a mapping")),
        };
        if let Some((name, _)) = charts.iter().find(|(_, versions)| !versions.is_array()) {
            return Err(broken(format!("the entry of {name} is not a list")));
        }
        Ok(Self {
            root,
            charts,
            is_changed: false,
        })
    }

    /// The digest that the index has for a version of a chart, without the name of the algorithm.
    pub fn digest(&self, name: &str, version: &str) -> Option<&str> {
        let versions = self.charts.get(name).and_then(Json::as_array)?;
        let found = versions.iter().find(|found| text(found, "version") == version);
        found.map(|found| text(found, "digest").trim_start_matches("sha256:"))
    }

    /// Adds an entry, newest version first; false if the index already has it, with the same digest.
    ///
    /// # Errors
    /// When it has the version with another digest.
    pub fn add(&mut self, entry: &IndexEntry) -> Result<bool, IndexError> {
        match self.digest(&entry.name, &entry.version) {
            Some(found) if found == entry.digest => return Ok(false),
            Some(found) => {
                return Err(IndexError::Exists {
                    name: entry.name.clone(),
                    version: entry.version.clone(),
                    found: found.to_owned(),
                    new: entry.digest.clone(),
                });
            }
            None => {}
        }
        let versions = self.charts.entry(entry.name.clone()).or_insert_with(|| json!([]));
        if let Some(versions) = versions.as_array_mut() {
            versions.push(Json::Object(entry.fields.clone()));
            *versions = sort_newest_first(std::mem::take(versions), |entry| text(entry, "version").to_owned());
        }
        self.is_changed = true;
        Ok(true)
    }

    /// Whether an entry was added.
    pub const fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// The text of the index. `generated` is an RFC 3339 time.
    ///
    /// # Errors
    /// When a value in it cannot be printed as YAML.
    pub fn print(mut self, generated: &str) -> Result<Vec<u8>, IndexError> {
        self.root.insert(ENTRIES.to_owned(), Json::Object(self.charts));
        self.root.entry("apiVersion").or_insert_with(|| json!("v1"));
        self.root.insert("generated".to_owned(), json!(generated));
        // Each form of a large index takes much memory: none is kept longer than the next one needs it.
        let document = Json::Object(self.root);
        let json = document.to_string();
        drop(document);
        let value = go_json::from_go_json(json.as_bytes()).map_err(broken)?;
        drop(json);
        let printed = yaml_value::to_yaml(&value).map_err(|error| broken(error.to_string()))?;
        drop(value);
        let mut bytes = Vec::with_capacity(printed.len() + 1);
        bytes.extend_from_slice(printed.as_bytes());
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// A field that is a text; empty if it is not.
fn text<'v>(version: &'v Json, field: &str) -> &'v str {
    version.get(field).and_then(Json::as_str).unwrap_or_default()
}

fn read_document(text: &[u8]) -> Result<Json, IndexError> {
    let count = yaml::parse_all(text)
        .map_err(|error| broken(error.to_string()))?
        .documents()
        .len();
    match count {
        0 => Err(broken("it is empty")),
        1 => yaml::json_from_bytes_strict(text).map_err(|error| broken(error.to_string())),
        count => Err(broken(format!("it has {count} documents"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-02T03:04:05Z";

    fn entry(name: &str, version: &str, digest: &str) -> IndexEntry {
        let metadata = Metadata {
            name: name.to_owned(),
            version: version.to_owned(),
            api_version: "v2".to_owned(),
            ..Metadata::default()
        };
        IndexEntry::new(&metadata, &format!("{name}-{version}.tgz"), digest, NOW)
    }

    fn merged(index: Option<&str>, entries: &[IndexEntry]) -> Result<String, IndexError> {
        let mut index = index.map_or_else(|| Ok(Index::default()), |text| Index::read(text.as_bytes()))?;
        for entry in entries {
            index.add(entry)?;
        }
        if !index.is_changed() {
            return Ok("unchanged".to_owned());
        }
        Ok(String::from_utf8(index.print(NOW)?).unwrap())
    }

    #[test]
    fn a_new_index_is_what_helm_writes() {
        assert_eq!(
            merged(None, &[entry("a", "1.0.0", "aa")]).unwrap(),
            "apiVersion: v1\nentries:\n  a:\n  - apiVersion: v2\n    created: \"2026-01-02T03:04:05Z\"\n    digest: aa\n    \
             name: a\n    urls:\n    - a-1.0.0.tgz\n    version: 1.0.0\ngenerated: \"2026-01-02T03:04:05Z\"\n"
        );
    }

    #[test]
    fn newest_comes_first_and_foreign_entries_stay() {
        let index = "apiVersion: v1\nx: foreign\nentries:\n  a:\n  - {version: 1.9.0, digest: aa, custom: {z: 1}}\n  b: [{version: 0.1.0}]\n";
        let text = merged(Some(index), &[entry("a", "1.10.0", "bb")]).unwrap();
        let json = yaml::json_from_bytes(text.as_bytes()).unwrap();
        assert_eq!(json.pointer("/entries/a/0/version"), Some(&json!("1.10.0")));
        assert_eq!(json.pointer("/entries/a/1/custom/z"), Some(&json!(1)));
        assert_eq!(json.pointer("/entries/b/0/version"), Some(&json!("0.1.0")));
        assert_eq!(json.get("x"), Some(&json!("foreign")));
    }

    #[test]
    fn a_version_keeps_its_content() {
        let index = merged(None, &[entry("a", "1.0.0", "aa")]).unwrap();
        assert_eq!(merged(Some(&index), &[entry("a", "1.0.0", "aa")]).unwrap(), "unchanged");
        let error = merged(Some(&index), &[entry("a", "1.0.0", "bb")]).unwrap_err();
        assert!(matches!(error, IndexError::Exists { .. }));
        let prefixed = index.replace("digest: aa", "digest: sha256:aa");
        assert_eq!(
            merged(Some(&prefixed), &[entry("a", "1.0.0", "aa")]).unwrap(),
            "unchanged"
        );
        for (index, reason) in [
            ("- 1\n", "it is not a mapping"),
            ("entries: []\n", "`entries` is not a mapping"),
            ("entries: {a: {}}\n", "the entry of a is not a list"),
            ("", "it is empty"),
            ("# nothing\n", "it is empty"),
            ("apiVersion: v1\n", "it has no `entries`; a new index has `entries: {}`"),
            (
                "apiVersion: v1\nentries:",
                "it has no `entries`; a new index has `entries: {}`",
            ),
            (
                "entries: {b: [], c:",
                "yaml: line 1: did not find expected node content",
            ),
            ("entries:\n  b: []\n  c:", "the entry of c is not a list"),
            ("entries: {}\n---\nentries: {}\n", "it has 2 documents"),
            (
                "entries:\n  b: []\n  b: []\n",
                "yaml: unmarshal errors:\n  line 3: key \"b\" already set in map",
            ),
        ] {
            let error = merged(Some(index), &[entry("a", "1.0.0", "aa")]).unwrap_err();
            assert_eq!(error.to_string(), format!("index.yaml is broken: {reason}"));
        }
    }

    #[test]
    fn an_entry_has_what_chart_yaml_says_and_no_empty_fields() {
        let chart = "apiVersion: v2\nname: a\nversion: 1.0.0\nhome: h\ndescription: d\nicon: i\nappVersion: '2'\nkubeVersion: '>1'\ntype: application\nsources: [s]\nkeywords: [k]\ndeprecated: true\nmaintainers: [{name: me, url: u}]\nannotations: {x: z}\ndependencies:\n- {name: d, version: 1.x, repository: r, condition: c, alias: e, tags: [t]}\n- {name: f, version: 2.x}\n";
        let file = crate::engine::chart::ChartFile::new("Chart.yaml".to_owned(), chart.as_bytes());
        let metadata = crate::engine::chart::load_files(vec![file]).unwrap().metadata;
        let entry = IndexEntry::new(&metadata, "a-1.0.0.tgz", "aa", NOW);
        assert_eq!(
            Json::Object(entry.fields),
            json!({
                "name": "a", "home": "h", "version": "1.0.0", "description": "d", "icon": "i", "apiVersion": "v2",
                "appVersion": "2", "kubeVersion": ">1", "type": "application", "sources": ["s"], "keywords": ["k"],
                "deprecated": true, "maintainers": [{"name": "me", "url": "u"}], "annotations": {"x": "z"},
                "dependencies": [
                    {"name": "d", "version": "1.x", "condition": "c", "alias": "e", "repository": "r", "tags": ["t"]},
                    {"name": "f", "version": "2.x", "repository": ""},
                ],
                "created": NOW, "digest": "aa", "urls": ["a-1.0.0.tgz"],
            })
        );
    }
}
