//! Chart.yaml: what a chart says about itself. Follows Helm's `pkg/chart/v2/metadata.go`.

use serde_json::Value as Json;

use super::compat::Compat;
use super::dependency::Dependency;
use super::go_decode::{DecodeError, Object, StructContext};
use super::text_floats::Shape;

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

/// The texts of a dependency.
pub(super) const DEPENDENCY: Shape = Shape::Struct(&[
    ("name", Shape::Text),
    ("version", Shape::Text),
    ("repository", Shape::Text),
    ("condition", Shape::Text),
    ("tags", Shape::List(&Shape::Text)),
    ("alias", Shape::Text),
]);

/// The texts of a maintainer.
const MAINTAINER: Shape = Shape::Struct(&[("name", Shape::Text), ("email", Shape::Text), ("url", Shape::Text)]);

impl Metadata {
    /// Where Chart.yaml and requirements.yaml have texts.
    pub(crate) const SHAPE: Shape = Shape::Struct(&[
        ("name", Shape::Text),
        ("home", Shape::Text),
        ("sources", Shape::List(&Shape::Text)),
        ("version", Shape::Text),
        ("description", Shape::Text),
        ("keywords", Shape::List(&Shape::Text)),
        ("maintainers", Shape::List(&MAINTAINER)),
        ("icon", Shape::Text),
        ("apiVersion", Shape::Text),
        ("condition", Shape::Text),
        ("tags", Shape::Text),
        ("appVersion", Shape::Text),
        ("annotations", Shape::Map(&Shape::Text)),
        ("kubeVersion", Shape::Text),
        ("dependencies", Shape::List(&DEPENDENCY)),
        ("type", Shape::Text),
    ]);

    /// Whether the chart has only definitions for others.
    pub fn is_library(&self) -> bool {
        self.chart_type.eq_ignore_ascii_case("library")
    }

    /// The dependencies that are more than an empty entry.
    pub fn declared_dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().flatten()
    }

    /// Fills the struct from a decoded Chart.yaml, as Helm 4 does.
    ///
    /// # Errors
    /// When a field has another type.
    pub fn from_json(document: &Json) -> Result<Self, DecodeError> {
        Self::from_json_as(document, Compat::Helm4)
    }

    /// Fills the struct from a decoded Chart.yaml, with the words of the given Helm.
    pub(super) fn from_json_as(document: &Json, compat: Compat) -> Result<Self, DecodeError> {
        let mut metadata = Self::default();
        metadata.update_from_json(document, compat)?;
        Ok(metadata)
    }

    /// Fills the fields that `document` has, as Go's `Unmarshal` into a used struct does: requirements.yaml of a v1
    /// chart adds its `dependencies` this way.
    pub(super) fn update_from_json(&mut self, document: &Json, compat: Compat) -> Result<(), DecodeError> {
        let object = Object::root(document, &format!("{}.Metadata", compat.go_package()))?;
        let context = StructContext::root("Metadata");
        let text = |place: &mut String, field: &str| -> Result<(), DecodeError> {
            if object.get(field).is_some_and(|value| !value.is_null()) {
                *place = context.string(object, field)?;
            }
            Ok(())
        };
        let has = |field: &str| object.get(field).is_some();
        // By name, the order of keys in the JSON that Go decodes: the first that does not fit is the error.
        if has("annotations") {
            self.annotations = context.string_map(object, "annotations")?;
        }
        text(&mut self.api_version, "apiVersion")?;
        text(&mut self.app_version, "appVersion")?;
        text(&mut self.condition, "condition")?;
        if has("dependencies") {
            self.dependencies = decode_each(
                &context,
                object,
                ("dependencies", "Dependency", compat),
                Dependency::decode,
            )?;
        }
        if has("deprecated") {
            self.deprecated = context.boolean(object, "deprecated")?;
        }
        text(&mut self.description, "description")?;
        text(&mut self.home, "home")?;
        text(&mut self.icon, "icon")?;
        if has("keywords") {
            self.keywords = context.strings(object, "keywords")?;
        }
        text(&mut self.kube_version, "kubeVersion")?;
        if has("maintainers") {
            self.maintainers = decode_each(
                &context,
                object,
                ("maintainers", "Maintainer", compat),
                Maintainer::decode,
            )?;
        }
        text(&mut self.name, "name")?;
        if has("sources") {
            self.sources = context.strings(object, "sources")?;
        }
        text(&mut self.tags, "tags")?;
        text(&mut self.chart_type, "type")?;
        text(&mut self.version, "version")
    }
}

impl Maintainer {
    fn decode(context: &StructContext, object: Object<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            email: context.string(object, "email")?,
            name: context.string(object, "name")?,
            url: context.string(object, "url")?,
        })
    }
}

/// Decodes a `[]*T` field, nulls kept as `None`; given are its name, the name of T, and the Helm that declares T.
pub(super) fn decode_each<T>(
    context: &StructContext,
    object: Object<'_>,
    (field, go_name, compat): (&str, &'static str, Compat),
    decode: impl Fn(&StructContext, Object<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<Option<T>>, DecodeError> {
    let inside = context.inside(field, go_name);
    let go_type = format!("{}.{go_name}", compat.go_package());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_field_by_name_that_does_not_fit_is_the_error() {
        for (document, want) in [
            (
                serde_json::json!({"name": [], "keywords": "x", "sources": [{}]}),
                "string into Go struct field Metadata.keywords of type []string",
            ),
            (
                serde_json::json!({"version": {}, "maintainers": [{"name": [], "email": {}}]}),
                "object into Go struct field Maintainer.maintainers.email of type string",
            ),
            (
                serde_json::json!({"dependencies": [{"version": [], "alias": {}}]}),
                "object into Go struct field Dependency.dependencies.alias of type string",
            ),
        ] {
            let error = Metadata::from_json(&document).unwrap_err().to_string();
            assert!(error.ends_with(want), "{error}");
        }
    }
}
