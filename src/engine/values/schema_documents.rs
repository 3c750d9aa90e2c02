//! Documents that a values.schema.json refers to.
//!
//! In: a URL. Out: the document: a file of a chart, a definition of Kubernetes, or what a server answers. A schema that has
//! a URL as `$id` is published with its chart, so documents below the directory of that URL are taken from the chart, from a
//! file that .helmignore leaves out as well: authors leave out what is published. While fetching is switched off, other
//! URLs and files are not read, and what they describe is not checked, with a warning. Follows `HTTPURLLoader` of
//! `pkg/chart/common/util/jsonschema.go` in Helm, with its error texts.

use std::cell::{OnceCell, RefCell};
use std::fmt::Debug;
use std::io::ErrorKind;
use std::path::Path;

use super::values_schema::read_schema;
use crate::engine::chart::Chart;
use crate::kubernetes::json_schema::{Loader, Node};
use crate::kubernetes::validate::published_schema;
use crate::text::go::path_error::path_error;
use crate::text::go::quote::quote;
use crate::text::go::url::parse;
use crate::text::source::{Named, read_file};

/// Largest document that is read, in bytes; Helm has no limit.
pub const MAX_DOCUMENT_BYTES: usize = 64 << 20;

/// Reads the file of a chart that is published at a URL.
pub type ChartFiles<'f> = dyn Fn(&str) -> Option<Vec<u8>> + 'f;

/// Fetches documents. Each address is fetched once per run.
pub trait FetchDocument: Debug + Send + Sync {
    /// The text at an address.
    ///
    /// # Errors
    /// Helm's text when there is no answer, or none with status 200.
    fn fetch_document(&self, url: &str) -> Result<Vec<u8>, String>;

    /// Whether files outside of the chart are read as well, as Helm reads them.
    fn reads_files(&self) -> bool {
        true
    }
}

/// The files of a chart and of those below it, by the URLs at which they are published.
pub struct PublishedFiles<'c> {
    chart: &'c Chart,
    /// The directories of the schemas' URLs, with the chart in each; found when the first file is needed.
    directories: OnceCell<Vec<(String, &'c Chart)>>,
}

impl<'c> PublishedFiles<'c> {
    /// Those of a chart.
    pub const fn of(chart: &'c Chart) -> Self {
        Self {
            chart,
            directories: OnceCell::new(),
        }
    }

    /// The file at a URL.
    pub fn read(&self, url: &str) -> Option<Vec<u8>> {
        let directories = self.directories.get_or_init(|| {
            let mut directories = Vec::new();
            add_directories(self.chart, &mut directories);
            directories
        });
        let mut inside = directories
            .iter()
            .filter_map(|(directory, chart)| Some((url.strip_prefix(directory.as_str())?, chart)));
        inside.find_map(|(name, chart)| chart.read_file(name))
    }
}

fn add_directories<'c>(chart: &'c Chart, directories: &mut Vec<(String, &'c Chart)>) {
    let schema = chart.schema.as_ref().and_then(|schema| Node::parse(schema).ok());
    let id = schema.as_ref().and_then(|schema| schema.get("$id")?.as_text());
    let id = id.filter(|id| is_remote(id)).and_then(|id| id.split('#').next());
    if let Some((directory, _)) = id.and_then(|id| id.rsplit_once('/')) {
        directories.push((format!("{directory}/"), chart));
    }
    for subchart in &chart.dependencies {
        add_directories(subchart, directories);
    }
}

/// Where the documents of a schema come from.
pub struct SchemaDocuments<'d> {
    /// The files of charts.
    pub files: &'d ChartFiles<'d>,
    /// Fetches other documents, unless that is switched off.
    pub remote: Option<&'d dyn FetchDocument>,
}

/// Loads the documents of one schema.
pub(super) struct ChartLoader<'d> {
    documents: &'d SchemaDocuments<'d>,
    /// URLs that were not fetched.
    unchecked: RefCell<Vec<String>>,
    /// URLs of Kubernetes' definitions.
    built_in: RefCell<Vec<String>>,
}

impl<'d> ChartLoader<'d> {
    pub(super) const fn new(documents: &'d SchemaDocuments<'d>) -> Self {
        Self {
            documents,
            unchecked: RefCell::new(Vec::new()),
            built_in: RefCell::new(Vec::new()),
        }
    }

    /// The URLs that were not fetched.
    pub(super) fn unchecked(self) -> Vec<String> {
        self.unchecked.into_inner()
    }

    /// The document in the chart that is published at a URL.
    fn in_chart(&self, url: &str) -> Option<Node> {
        Node::parse(&(self.documents.files)(url)?).ok()
    }
}

impl Loader for ChartLoader<'_> {
    fn load(&self, url: &str) -> Result<Option<Node>, String> {
        if url.starts_with("urn:") {
            // Helm accepts anything that only a name describes.
            return Ok(Some(Node::Bool(true)));
        }
        if url.starts_with("file:") {
            let path = String::from_utf8_lossy(&parse(url.as_bytes())?.path).into_owned();
            let open_error = |error: std::io::Error| path_error("open", &path, &error);
            std::fs::metadata(&path).map_err(open_error)?;
            // A chart that is not trusted must not make the program read what is beside it.
            if !self.documents.remote.is_some_and(FetchDocument::reads_files) {
                self.unchecked.borrow_mut().push(url.to_owned());
                return Ok(None);
            }
            let text = read_file(Path::new(&path), Named::ByInput, MAX_DOCUMENT_BYTES as u64);
            let text = text.map_err(|error| match error.kind() {
                ErrorKind::IsADirectory => path_error("read", &path, &error),
                ErrorKind::FileTooLarge | ErrorKind::Other => format!("{path} {error}"),
                _ => open_error(error),
            })?;
            return read_document(&text).map(Some);
        }
        if !is_remote(url) {
            let shown = parse(url.as_bytes())?.text();
            return Err(format!("no URLLoader registered for {}", quote(&shown)));
        }
        if let Some(document) = self.in_chart(url) {
            return Ok(Some(document));
        }
        if let Some(document) = published_schema(url) {
            self.built_in.borrow_mut().push(url.to_owned());
            return Ok(Some(document));
        }
        let Some(remote) = self.documents.remote else {
            self.unchecked.borrow_mut().push(url.to_owned());
            return Ok(None);
        };
        read_document(&remote.fetch_document(url)?).map(Some)
    }

    fn is_trusted(&self, url: &str) -> bool {
        self.built_in.borrow().iter().any(|known| known == url)
    }
}

/// A document, or Go's error text if it is not JSON.
fn read_document(text: &[u8]) -> Result<Node, String> {
    read_schema(text)?;
    Node::parse(text).map_err(|error| error.to_string())
}

fn is_remote(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::super::values_schema::{SchemaVerdict, validate_single_schema};
    use super::*;
    use crate::engine::chart::read_values;

    /// A server with one schema.
    #[derive(Debug)]
    struct Server;

    impl FetchDocument for Server {
        fn fetch_document(&self, url: &str) -> Result<Vec<u8>, String> {
            match url {
                "https://example.org/x.json" => {
                    Ok(br##"{"definitions": {"a": {"type": "string"}}, "$ref": "#/definitions/a"}"##.to_vec())
                }
                "https://example.org/page" => Ok(b"<html>".to_vec()),
                _ => Err(format!("HTTP request to {url} returned status 404 (Not Found)")),
            }
        }
    }

    fn verdict(schema: &str, values: &str, remote: Option<&dyn FetchDocument>) -> SchemaVerdict {
        let files = |url: &str| {
            match url.strip_prefix("http://example.org/charts/")? {
            "schemas/count.json" => {
                Some(br#"{"definitions": {"count": {"$ref": "more.json"}}, "$defs": {"any": {"$ref": "http://other/x#/y"}}}"#.to_vec())
            }
            "schemas/more.json" => {
                Some(br#"{"type": "integer", "$defs": {"x": {"$ref": "count.json#/definitions/count"}}}"#.to_vec())
            }
            _ => None,
        }
        };
        let values = read_values(values.as_bytes()).unwrap();
        let documents = SchemaDocuments { files: &files, remote };
        validate_single_schema(&values, schema.as_bytes(), &documents)
    }

    fn refusal(schema: &str, values: &str, remote: Option<&dyn FetchDocument>) -> String {
        verdict(schema, values, remote).unwrap_err().0.trim_end().to_owned()
    }

    #[test]
    fn documents_published_beside_the_schema_are_in_the_chart() {
        let schema = r#"{
            "$schema": "http://json-schema.org/draft-07/schema",
            "$id": "http://example.org/charts/values.schema.json",
            "properties": {
                "count": {"$ref": "schemas/count.json#/definitions/count"},
                "more": {"$ref": "http://example.org/charts/schemas/more.json"}
            }
        }"#;
        assert_eq!(verdict(schema, "count: 2\nmore: 3\n", None), Ok(Vec::new()));
        let wrong = |place: &str| format!("- at '/{place}': got string, want integer");
        assert_eq!(refusal(schema, "count: x\n", None), wrong("count"));
        assert_eq!(refusal(schema, "more: x\n", None), wrong("more"));
    }

    #[test]
    fn definitions_of_kubernetes_are_in_the_program() {
        let schema = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"resources": {
            "$ref": "https://raw.githubusercontent.com/nginxinc/kubernetes-json-schema/master/v1.32.2/_definitions.json#/definitions/io.k8s.api.core.v1.ResourceRequirements"
        }}}"#;
        assert_eq!(
            verdict(schema, "resources: {limits: {cpu: 100m}}\n", None),
            Ok(Vec::new())
        );
        assert_eq!(
            refusal(schema, "resources: {limits: [1]}\n", None),
            "- at '/resources/limits': got array, want object"
        );
    }

    #[test]
    fn what_is_not_fetched_is_not_checked_and_named_once() {
        let schema = r#"{"properties": {
            "a": {"$ref": "https://example.org/x.json#/definitions/a"},
            "b": {"$ref": "https://example.org/x.json#/definitions/b"},
            "c": {"type": "string"}
        }}"#;
        let warnings = verdict(schema, "a: 1\nb: 2\nc: x\n", None).unwrap();
        assert_eq!(warnings, ["https://example.org/x.json"]);
        assert_eq!(refusal(schema, "c: 1\n", None), "- at '/c': got number, want string");
    }

    #[test]
    fn documents_are_fetched_and_failures_are_in_helms_words() {
        for (target, want) in [
            ("https://example.org/x.json", "- at '/a': got number, want string"),
            (
                "https://example.org/x.json#/definitions/a",
                "- at '/a': got number, want string",
            ),
            (
                "https://example.org/x.json#/definitions/b",
                "json-pointer in \"https://example.org/x.json#/definitions/b\" not found",
            ),
            (
                "https://example.org/x.json#b",
                "anchor in \"https://example.org/x.json#b\" not found in schema \"https://example.org/x.json\"",
            ),
            (
                "https://example.org/y.json",
                "failing loading \"https://example.org/y.json\": HTTP request to https://example.org/y.json returned status 404 (Not Found)",
            ),
            (
                "https://example.org/page",
                "failing loading \"https://example.org/page\": invalid character '<' looking for beginning of value",
            ),
            (
                "/no-such-root/x.json",
                "failing loading \"file:///no-such-root/x.json\": open /no-such-root/x.json: no such file or directory",
            ),
            (
                "foo://x",
                "failing loading \"foo://x\": no URLLoader registered for \"foo://x\"",
            ),
        ] {
            let schema = format!(r#"{{"properties": {{"a": {{"$ref": "{target}"}}}}}}"#);
            assert_eq!(refusal(&schema, "a: 1\n", Some(&Server)), want, "{target}");
        }
        let named = r#"{"properties": {"a": {"$ref": "urn:example:a"}}}"#;
        assert_eq!(verdict(named, "a: 1\n", Some(&Server)), Ok(Vec::new()));
    }

    #[test]
    fn files_outside_the_chart_are_read_only_where_urls_are_fetched() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.json");
        std::fs::write(&path, r#"{"type": "string"}"#).unwrap();
        let schema = |path: &str| format!(r#"{{"properties": {{"a": {{"$ref": "file://{path}"}}}}}}"#);
        let own = schema(path.to_str().unwrap());
        assert_eq!(
            refusal(&own, "a: 1\n", Some(&Server)),
            "- at '/a': got number, want string"
        );
        assert_eq!(verdict(&own, "a: 1\n", None).unwrap().len(), 1);
        let refused = refusal(&schema("/dev/zero"), "a: 1\n", Some(&Server));
        assert_eq!(
            refused,
            "failing loading \"file:///dev/zero\": /dev/zero is not a regular file"
        );
        let directory = directory.path().to_str().unwrap();
        let refused = refusal(&schema(directory), "a: 1\n", Some(&Server));
        assert!(
            refused.ends_with(&format!("read {directory}: is a directory")),
            "{refused}"
        );
    }

    #[test]
    fn a_schema_of_schemas_of_the_authors_own_is_fetched_too() {
        let schema = r#"{"$schema": "https://example.org/page", "type": "object"}"#;
        assert_eq!(
            refusal(schema, "a: 1\n", Some(&Server)),
            "failing loading \"https://example.org/page\": invalid character '<' looking for beginning of value"
        );
        assert_eq!(verdict(schema, "a: 1\n", None).unwrap().len(), 1);
    }
}
