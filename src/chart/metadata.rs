//! Chart.yaml: what a chart says of itself. Follows Helm's `pkg/chart/v2/metadata.go`.

use serde_json::Value as Json;

use super::dependency::Dependency;
use super::go_decode::{DecodeError, Object, StructContext};

/// The fields of Chart.yaml; unknown ones are dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// Chart name.
    pub name: String,
    /// Project page.
    pub home: String,
    /// Source code URLs.
    pub sources: Vec<String>,
    /// Semantic version of the chart.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Maintainers; `None` stands for an empty entry, which validation refuses.
    pub maintainers: Vec<Option<Maintainer>>,
    /// Icon URL.
    pub icon: String,
    /// `v1` or `v2`.
    pub api_version: String,
    /// Condition to enable the chart (Helm 2).
    pub condition: String,
    /// Tags to enable the chart (Helm 2).
    pub tags: String,
    /// Version of the application.
    pub app_version: String,
    /// Whether the chart is deprecated.
    pub deprecated: bool,
    /// Annotations in the order of the file; `None` when the key is absent.
    pub annotations: Option<Vec<(String, String)>>,
    /// Constraint on the Kubernetes version.
    pub kube_version: String,
    /// Dependencies; `None` stands for an empty entry, which validation refuses.
    pub dependencies: Vec<Option<Dependency>>,
    /// `application`, `library` or empty.
    pub chart_type: String,
}

/// A person or team.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Maintainer {
    /// Name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Page.
    pub url: String,
}

impl Metadata {
    /// Whether the chart has only definitions for others.
    pub fn is_library(&self) -> bool {
        self.chart_type.eq_ignore_ascii_case("library")
    }

    /// The dependencies that are more than an empty entry.
    pub fn declared_dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().flatten()
    }

    /// Fills the struct from a decoded Chart.yaml.
    pub fn from_json(document: &Json) -> Result<Self, DecodeError> {
        let mut metadata = Self::default();
        metadata.update_from_json(document)?;
        Ok(metadata)
    }

    /// Fills the fields that `document` has, as Go's `Unmarshal` into a used struct does: requirements.yaml of a v1
    /// chart adds its `dependencies` this way.
    pub(super) fn update_from_json(&mut self, document: &Json) -> Result<(), DecodeError> {
        let object = Object::root(document, "v2.Metadata")?;
        let context = StructContext::root("Metadata");
        let texts: [(&str, &mut String); 11] = [
            ("name", &mut self.name),
            ("home", &mut self.home),
            ("version", &mut self.version),
            ("description", &mut self.description),
            ("icon", &mut self.icon),
            ("apiVersion", &mut self.api_version),
            ("condition", &mut self.condition),
            ("tags", &mut self.tags),
            ("appVersion", &mut self.app_version),
            ("kubeVersion", &mut self.kube_version),
            ("type", &mut self.chart_type),
        ];
        for (field, place) in texts {
            if object.get(field).is_some_and(|value| !value.is_null()) {
                *place = context.string(object, field)?;
            }
        }
        if object.get("sources").is_some() {
            self.sources = context.strings(object, "sources")?;
        }
        if object.get("keywords").is_some() {
            self.keywords = context.strings(object, "keywords")?;
        }
        if object.get("deprecated").is_some() {
            self.deprecated = context.boolean(object, "deprecated")?;
        }
        if object.get("annotations").is_some() {
            self.annotations = context.string_map(object, "annotations")?;
        }
        if object.get("maintainers").is_some() {
            self.maintainers = decode_each(&context, object, "maintainers", "Maintainer", |inside, object| {
                Ok(Maintainer {
                    name: inside.string(object, "name")?,
                    email: inside.string(object, "email")?,
                    url: inside.string(object, "url")?,
                })
            })?;
        }
        if object.get("dependencies").is_some() {
            self.dependencies = decode_each(&context, object, "dependencies", "Dependency", Dependency::decode)?;
        }
        Ok(())
    }
}

/// Decodes a `[]*T` field, nulls kept as `None`.
pub(super) fn decode_each<T>(
    context: &StructContext,
    object: Object<'_>,
    field: &str,
    go_name: &'static str,
    decode: impl Fn(&StructContext, Object<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<Option<T>>, DecodeError> {
    let inside = context.inside(field, go_name);
    let go_type = format!("v2.{go_name}");
    context
        .array(object, field, &format!("[]*{go_type}"))?
        .iter()
        .map(|item| {
            context
                .object(field, item, &go_type)?
                .map(|object| decode(&inside, object))
                .transpose()
        })
        .collect()
}
