//! Kubernetes' definitions as JSON schemas, under the addresses where others publish them.
//!
//! In: a URL such as `https://raw.githubusercontent.com/yannh/kubernetes-json-schema/master/v1.31.0/_definitions.json`. Out: the
//! document, from the definitions in the binary; none for other addresses, and for versions that are not in the binary.
//! Follows `openapi2jsonschema`, with which those documents are made: quantities may be numbers, optional fields of
//! standalone schemas may be null, and strict schemas allow no other fields.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::Catalog;
use super::schema::Schema;
use crate::kubernetes::json_schema::Node;
use crate::text::ordered::CollectOrdered as _;

/// Owners of the repository `kubernetes-json-schema` whose documents are made in that way.
const OWNERS: [&str; 4] = ["yannh", "nginxinc", "instrumenta", "garethr"];
/// What follows the name of a definition that may be null as well.
const OR_NULL: &str = "-or-null";

/// What an address says about a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Published<'u> {
    /// `1.31.0` or `latest`.
    version: &'u str,
    form: Form,
    /// `_definitions`, `deployment-apps-v1`.
    name: &'u str,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    /// Optional fields may be null.
    is_standalone: bool,
    /// Fields that are not defined are refused.
    is_strict: bool,
}

/// The document that is published at a URL.
pub fn published_schema(url: &str) -> Option<Node> {
    let published = Published::at(url)?;
    let catalog = Catalog::find(published.version).ok()?;
    let writer = Writer {
        catalog: &catalog,
        form: published.form,
    };
    if published.name == "_definitions" {
        return Some(writer.definitions(catalog.names()));
    }
    let (api_version, kind, name) = catalog.kinds().find_map(|(group, version, kind, name)| {
        let label = group.split('.').next().filter(|label| !label.is_empty());
        let label = label.map(|label| format!("-{label}")).unwrap_or_default();
        let api_version = if group.is_empty() {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        };
        let file = format!("{}{label}-{version}", kind.to_lowercase());
        (file == published.name).then_some((api_version, kind, name))
    })?;
    Some(writer.kind(&api_version, kind, name))
}

impl<'u> Published<'u> {
    fn at(url: &'u str) -> Option<Self> {
        let place = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let steps: Vec<&str> = place.split('/').collect();
        match *steps.as_slice() {
            [
                "raw.githubusercontent.com",
                owner,
                "kubernetes-json-schema",
                _,
                directory,
                file,
            ]
            | [
                "raw.githubusercontent.com",
                owner,
                "kubernetes-json-schema",
                "refs",
                "heads",
                _,
                directory,
                file,
            ]
            | ["github.com", owner, "kubernetes-json-schema", "raw", _, directory, file]
                if OWNERS.contains(&owner) =>
            {
                Self::in_directory(directory, file)
            }
            ["cdn.jsdelivr.net", "gh", owner, repository, directory, file]
                if OWNERS.contains(&owner) && repository.split('@').next() == Some("kubernetes-json-schema") =>
            {
                Self::in_directory(directory, file)
            }
            ["kubernetesjsonschema.dev", directory, file] => Self::in_directory(directory, file),
            [
                "raw.githubusercontent.com",
                "kubernetes",
                "kubernetes",
                release,
                "api",
                "openapi-spec",
                "swagger.json",
            ] => Some(Self {
                version: version(release.strip_prefix("release-").unwrap_or(release)),
                form: Form {
                    is_standalone: false,
                    is_strict: false,
                },
                name: "_definitions",
            }),
            _ => None,
        }
    }

    /// `v1.31.0-standalone-strict`, `deployment-apps-v1.json`
    fn in_directory(directory: &'u str, file: &'u str) -> Option<Self> {
        let (rest, is_strict) = directory
            .strip_suffix("-strict")
            .map_or((directory, false), |rest| (rest, true));
        let (rest, is_standalone) = rest
            .strip_suffix("-standalone")
            .map_or((rest, false), |rest| (rest, true));
        Some(Self {
            version: version(rest.strip_suffix("-local").unwrap_or(rest)),
            form: Form {
                is_standalone,
                is_strict,
            },
            name: file.strip_suffix(".json")?,
        })
    }
}

fn version(named: &str) -> &str {
    match named {
        "master" | "main" => "latest",
        version => version,
    }
}

fn text(text: impl Into<String>) -> Node {
    Node::Text(text.into())
}

fn map<const N: usize>(entries: [(&str, Node); N]) -> Node {
    Node::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect_map(),
    )
}

struct Writer<'c> {
    catalog: &'c Catalog,
    form: Form,
}

impl Writer<'_> {
    /// A document with definitions and nothing else.
    fn definitions(&self, names: impl Iterator<Item = u32>) -> Node {
        let definitions = names.filter_map(|name| self.definition(name)).collect_map();
        map([("definitions", Node::Map(definitions))])
    }

    fn definition(&self, name: u32) -> Option<(String, Node)> {
        let definition = self.catalog.definition(name)?;
        Some((definition.name.to_owned(), self.schema(definition.schema)))
    }

    /// A document for objects of one kind, with the definitions that it needs.
    fn kind(&self, api_version: &str, kind: &str, name: u32) -> Node {
        let mut definitions = BTreeMap::new();
        let mut seen = BTreeSet::from([name]);
        let mut pending = vec![name];
        while let Some(name) = pending.pop() {
            let Some(definition) = self.catalog.definition(name) else {
                continue;
            };
            let written = self.schema(definition.schema);
            if self.form.is_standalone {
                let or_null = self.or_null(definition.schema);
                definitions.insert(format!("{}{OR_NULL}", definition.name), or_null);
            }
            definitions.insert(definition.name.to_owned(), written);
            let mut schemas = vec![definition.schema];
            while let Some(schema) = schemas.pop() {
                match schema {
                    Schema::Reference(name) if seen.insert(*name) => pending.push(*name),
                    Schema::Array(inner) | Schema::Map(inner) => schemas.push(inner),
                    Schema::Object(properties) => schemas.extend(properties.iter().map(|property| &property.schema)),
                    _ => {}
                }
            }
        }
        let mut root = match self.catalog.definition(name) {
            Some(definition) => self.schema(definition.schema),
            None => map([]),
        };
        if let Node::Map(keywords) = &mut root {
            if let Some(Node::Map(properties)) = keywords.get_mut("properties") {
                for (field, only) in [("apiVersion", api_version), ("kind", kind)] {
                    let wanted = map([("type", text("string")), ("enum", Node::List(vec![text(only)]))]);
                    properties.insert(field.to_owned(), wanted);
                }
            }
            keywords.insert("definitions".to_owned(), Node::Map(definitions));
        }
        root
    }

    fn schema(&self, schema: &Schema) -> Node {
        let simple = |name: &str| map([("type", text(name))]);
        let formatted = |name: &str, format: &str| map([("type", text(name)), ("format", text(format))]);
        let either = |other: &str| map([("oneOf", Node::List(vec![simple("string"), simple(other)]))]);
        match schema {
            Schema::Any => map([]),
            Schema::AnyObject => simple("object"),
            // The values of enumerations are not in the published documents.
            Schema::String | Schema::Enum(_) => simple("string"),
            Schema::Bytes => formatted("string", "byte"),
            Schema::DateTime => formatted("string", "date-time"),
            Schema::Integer => simple("integer"),
            Schema::Int32 => formatted("integer", "int32"),
            Schema::Int64 => formatted("integer", "int64"),
            Schema::Number => simple("number"),
            Schema::Boolean => simple("boolean"),
            Schema::IntOrString => either("integer"),
            Schema::Quantity => either("number"),
            Schema::Array(inner) => map([("type", text("array")), ("items", self.schema(inner))]),
            Schema::Map(inner) => map([("type", text("object")), ("additionalProperties", self.schema(inner))]),
            Schema::Object(properties) => {
                let mut keywords = BTreeMap::from([("type".to_owned(), text("object"))]);
                let required: Vec<Node> = properties
                    .iter()
                    .filter(|property| property.is_required)
                    .map(|property| text(property.name))
                    .collect();
                if !required.is_empty() {
                    keywords.insert("required".to_owned(), Node::List(required));
                }
                let written = properties.iter().map(|property| {
                    let is_nullable = self.form.is_standalone && !property.is_required;
                    let schema = if is_nullable {
                        self.or_null(&property.schema)
                    } else {
                        self.schema(&property.schema)
                    };
                    (property.name.to_owned(), schema)
                });
                keywords.insert("properties".to_owned(), Node::Map(written.collect_map()));
                if self.form.is_strict {
                    keywords.insert("additionalProperties".to_owned(), Node::Bool(false));
                }
                Node::Map(keywords)
            }
            Schema::Reference(name) => self.reference(*name, ""),
        }
    }

    fn reference(&self, name: u32, suffix: &str) -> Node {
        let name = self.catalog.definition(name).map_or("", |definition| definition.name);
        map([("$ref", text(format!("#/definitions/{name}{suffix}")))])
    }

    /// The schema of a field that may be null.
    fn or_null(&self, schema: &Schema) -> Node {
        if let Schema::Reference(name) = schema {
            return self.reference(*name, OR_NULL);
        }
        let mut written = self.schema(schema);
        if let Node::Map(keywords) = &mut written
            && let Some(only) = keywords.remove("type")
        {
            keywords.insert("type".to_owned(), Node::List(vec![only, text("null")]));
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::json_schema::{Draft, Loader, Settings, Validator};

    struct PublishedLoader;

    impl Loader for PublishedLoader {
        fn load(&self, url: &str) -> Result<Option<Node>, String> {
            published_schema(url)
                .map(Some)
                .ok_or_else(|| "not published".to_owned())
        }
    }

    /// The first line below the heading of the error that a value gives.
    fn verdict(target: &str, value: &str) -> Option<String> {
        let parse = |text: &str| Node::parse(text.as_bytes()).expect("JSON");
        let settings = Settings {
            default_draft: Draft::V2020,
            formats: &[],
            loader: &PublishedLoader,
        };
        let schema = parse(&format!(r#"{{"$ref": "{target}"}}"#));
        let validator = Validator::compile("file:///s.json", schema, &settings).expect(target);
        let error = validator.validate(&parse(value)).err()?.to_string();
        error.lines().nth(1).map(str::to_owned)
    }

    #[test]
    fn documents_are_known_by_their_usual_addresses() {
        const GITHUB: &str = "https://raw.githubusercontent.com";
        for (url, is_known) in [
            ("/yannh/kubernetes-json-schema/master/v1.31.0/_definitions.json", true),
            (
                "/yannh/kubernetes-json-schema/refs/heads/master/master-standalone/pod-v1.json",
                true,
            ),
            (
                "/nginxinc/kubernetes-json-schema/master/v1.32.2/_definitions.json",
                true,
            ),
            (
                "/yannh/kubernetes-json-schema/master/v1.31.0-standalone-strict/deployment-apps-v1.json",
                true,
            ),
            (
                "/yannh/kubernetes-json-schema/master/v1.31.0-local/ingress-networking-v1.json",
                true,
            ),
            (
                "/kubernetes/kubernetes/release-1.30/api/openapi-spec/swagger.json",
                true,
            ),
            ("/kubernetes/kubernetes/master/api/openapi-spec/swagger.json", true),
            ("/yannh/kubernetes-json-schema/master/v1.18.0/_definitions.json", false),
            ("/yannh/kubernetes-json-schema/master/v1.31.0/widget-v1.json", false),
            (
                "/somebody/kubernetes-json-schema/master/v1.31.0/_definitions.json",
                false,
            ),
            ("/yannh/kubernetes-json-schema/master/README.md", false),
        ] {
            assert_eq!(published_schema(&format!("{GITHUB}{url}")).is_some(), is_known, "{url}");
        }
        for url in [
            "https://kubernetesjsonschema.dev/v1.31.0/_definitions.json",
            "https://cdn.jsdelivr.net/gh/yannh/kubernetes-json-schema@master/v1.31.0/pod-v1.json",
            "https://github.com/yannh/kubernetes-json-schema/raw/master/v1.31.0/pod-v1.json",
        ] {
            assert!(published_schema(url).is_some(), "{url}");
        }
    }

    #[test]
    fn definitions_accept_and_refuse_as_the_published_ones() {
        const DEFINITIONS: &str = "https://raw.githubusercontent.com/yannh/kubernetes-json-schema/master/v1.31.0/_definitions.json#/definitions/io.k8s.api.core.v1.";
        for (name, value, want) in [
            (
                "ResourceRequirements",
                r#"{"limits": {"cpu": 1, "memory": "1Gi"}}"#,
                None,
            ),
            (
                "ResourceRequirements",
                r#"{"limits": {"cpu": true}}"#,
                Some("- at '/limits/cpu': 'oneOf' failed, none matched"),
            ),
            ("Toleration", r#"{"effect": "Sometimes", "unknown": 1}"#, None),
            (
                "Toleration",
                r#"{"key": 1}"#,
                Some("- at '/key': got number, want string"),
            ),
            (
                "Toleration",
                r#"{"key": null}"#,
                Some("- at '/key': got null, want string"),
            ),
            ("EnvVar", r#"{"value": "x"}"#, Some("- at '': missing property 'name'")),
            (
                "Probe",
                r#"{"httpGet": {"port": "http"}, "periodSeconds": "5"}"#,
                Some("- at '/periodSeconds': got string, want integer"),
            ),
        ] {
            assert_eq!(
                verdict(&format!("{DEFINITIONS}{name}"), value).as_deref(),
                want,
                "{name} {value}"
            );
        }
    }

    #[test]
    fn standalone_schemas_allow_null_and_strict_ones_no_other_fields() {
        let base = "https://raw.githubusercontent.com/yannh/kubernetes-json-schema/master/v1.31.0";
        let map = r#"{"apiVersion": "v1", "kind": "ConfigMap", "data": null, "metadata": null}"#;
        let other = r#"{"apiVersion": "v1", "kind": "ConfigMap", "dato": {}}"#;
        let file = "configmap-v1.json";
        assert_eq!(verdict(&format!("{base}-standalone/{file}"), map), None);
        assert!(verdict(&format!("{base}/{file}"), map).is_some());
        assert_eq!(verdict(&format!("{base}-standalone/{file}"), other), None);
        assert_eq!(
            verdict(&format!("{base}-standalone-strict/{file}"), other).as_deref(),
            Some("- at '': additional properties 'dato' not allowed")
        );
        let kind = r#"{"apiVersion": "v1", "kind": "Secret"}"#;
        assert_eq!(
            verdict(&format!("{base}/{file}"), kind).as_deref(),
            Some("- at '/kind': value must be 'ConfigMap'")
        );
    }
}
