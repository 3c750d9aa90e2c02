//! Rules over Chart.yaml. Follows `pkg/chart/v2/lint/rules/chartfile.go`.

use serde_json::Value as Json;

use crate::engine::chart::{Metadata, check_metadata_size, json_of_shape};
use crate::text::compact_sort::sort;
use crate::text::go::quote::quote;
use crate::text::go::url::is_request_uri;
use crate::text::near::nearest;
use crate::text::rule::{Rule, Severity};
use crate::text::semver::{Constraint, Version};
use crate::text::source::Span;
use crate::text::yaml::{self, Tree, YamlError};

use super::chart_source::ChartSource;
use super::message::{Messages, Place};
use super::urls::{is_email, is_url};

use Severity::{Error, Info, Warning};

const FILE: &str = "Chart.yaml";

/// Fields Helm knows, by struct; anything else is unknown under strict decoding.
const FIELDS: [&str; 17] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];
const MAINTAINER_FIELDS: [&str; 3] = ["name", "email", "url"];
const DEPENDENCY_FIELDS: [&str; 8] = [
    "name",
    "version",
    "repository",
    "condition",
    "tags",
    "enabled",
    "import-values",
    "alias",
];

pub(super) fn check(source: &ChartSource, messages: &mut Messages<'_>) {
    if source.is_directory(FILE) {
        messages.add(
            Error,
            Rule::ChartYamlFormat,
            FILE,
            "should be a file, not a directory",
            None,
        );
    }
    let (text, tree_error) = match source.read(FILE) {
        Ok(text) => (text, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let document = match &tree_error {
        Some(error) => Err((error.clone(), None)),
        None => check_metadata_size(text.len())
            .map_err(|problem| (problem, None))
            .and_then(|()| {
                json_of_shape(&text, &Metadata::SHAPE).map_err(|error| {
                    (
                        format!("error converting YAML to JSON: {error}"),
                        place_of_error(&error, &text),
                    )
                })
            }),
    };
    let parsed = document.and_then(|json| match Metadata::from_json(&json) {
        Ok(metadata) => Ok((json, metadata)),
        Err(error) => Err((error.to_string(), None)),
    });
    let (json, metadata) = match parsed {
        Ok(parsed) => parsed,
        Err((error, place)) => {
            messages.add(
                Error,
                Rule::ChartYamlFormat,
                FILE,
                format!("unable to parse YAML\n\t{error}"),
                place,
            );
            return;
        }
    };
    let tree = yaml::parse_first(&text).ok();
    let check = ChartFileCheck {
        json: &json,
        metadata: &metadata,
        tree: tree.as_ref(),
        has_types: yaml::json_from_bytes(&text).is_ok(),
    };
    if let Some((problem, place)) = strict_problem(&text, &json, &check) {
        let text = format!("failed to strictly parse chart metadata file\n\t{problem}");
        messages.add(Warning, Rule::ChartYamlStrict, FILE, text, place);
        if let Some(near) = first_unknown(&json).and_then(|unknown| unknown.meant()) {
            messages.advise(format!("did you mean `{near}`?"));
        }
    }
    check.run(messages);
}

fn place_of_error(error: &YamlError, text: &[u8]) -> Option<Place> {
    let offset = error.offset()?.min(u32::try_from(text.len()).unwrap_or(u32::MAX));
    Some(Place {
        file: FILE.to_owned(),
        span: Span::new(offset, offset),
    })
}

/// What strict decoding refuses: duplicate keys, then the first unknown field in the order of sorted keys.
fn strict_problem(text: &[u8], json: &Json, check: &ChartFileCheck<'_>) -> Option<(String, Option<Place>)> {
    let strict = yaml::json_from_bytes_strict(text);
    if let Err(error) = strict.or_else(|error| accept_loosely(text, error)) {
        return Some((
            format!("error converting YAML to JSON: {error}"),
            place_of_error(&error, text),
        ));
    }
    let unknown = first_unknown(json)?;
    let place = check.place_of_path(&unknown.path);
    let text = format!(
        "error unmarshaling JSON: while decoding JSON: json: unknown field {}",
        quote(unknown.field.as_bytes())
    );
    Some((text, place))
}

/// Lets an infinity pass that stands where a text is wanted: it is refused without strictness too, if the type is not known.
fn accept_loosely(text: &[u8], error: YamlError) -> Result<Json, YamlError> {
    let is_about_strictness =
        yaml::json_from_bytes(text).map_or_else(|loose| loose.to_string() != error.to_string(), |_| true);
    if is_about_strictness {
        Err(error)
    } else {
        Ok(Json::Null)
    }
}

struct UnknownField {
    field: String,
    path: Vec<String>,
}

impl UnknownField {
    /// The known field of the same struct with a similar name.
    fn meant(&self) -> Option<&'static str> {
        let known: &[&'static str] = match self.path.first().map(|key| key.to_ascii_lowercase()).as_deref() {
            Some("maintainers") => &MAINTAINER_FIELDS,
            Some("dependencies") => &DEPENDENCY_FIELDS,
            _ => &FIELDS,
        };
        nearest(&self.field, known.iter().copied())
    }
}

fn first_unknown(json: &Json) -> Option<UnknownField> {
    let entries = json.as_object()?;
    let mut keys: Vec<&String> = entries.keys().collect();
    sort(&mut keys);
    for key in keys {
        let known = FIELDS.iter().find(|field| field.eq_ignore_ascii_case(key));
        let inner: &[&str] = match known {
            None => {
                return Some(UnknownField {
                    field: key.clone(),
                    path: vec![key.clone()],
                });
            }
            Some(&"maintainers") => &MAINTAINER_FIELDS,
            Some(&"dependencies") => &DEPENDENCY_FIELDS,
            Some(_) => continue,
        };
        for (index, item) in entries
            .get(key)
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            let mut names: Vec<&String> = item.as_object().map(|entry| entry.keys().collect()).unwrap_or_default();
            sort(&mut names);
            if let Some(name) = names
                .into_iter()
                .find(|name| !inner.iter().any(|field| field.eq_ignore_ascii_case(name)))
            {
                let path = vec![key.clone(), index.to_string(), name.clone()];
                return Some(UnknownField {
                    field: name.clone(),
                    path,
                });
            }
        }
    }
    None
}

struct ChartFileCheck<'c> {
    json: &'c Json,
    metadata: &'c Metadata,
    tree: Option<&'c Tree<'c>>,
    /// Whether Chart.yaml can be read without its type, as Helm does to see the types of values.
    has_types: bool,
}

impl ChartFileCheck<'_> {
    fn place_of_path(&self, path: &[String]) -> Option<Place> {
        let tree = self.tree?;
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let id = tree.find(tree.root()?, &steps)?;
        Some(Place {
            file: FILE.to_owned(),
            span: tree.span(id),
        })
    }

    /// The value of a top-level field; the start of the file when it is missing.
    fn place(&self, field: &str) -> Option<Place> {
        self.place_of_path(&[field.to_owned()]).or_else(|| {
            Some(Place {
                file: FILE.to_owned(),
                span: Span::new(0, 0),
            })
        })
    }

    fn run(&self, messages: &mut Messages<'_>) {
        let metadata = self.metadata;
        let mut error = |rule, field: &str, problem: Option<String>| {
            if let Some(problem) = problem {
                messages.add(Error, rule, FILE, problem, self.place(field));
            }
        };
        error(Rule::ChartName, "name", self.name());
        error(Rule::ChartApiVersion, "apiVersion", self.api_version());
        error(Rule::ChartVersionType, "version", self.not_a_string("version"));
        error(Rule::ChartVersion, "version", self.version());
        error(Rule::ChartAppVersionType, "appVersion", self.not_a_string("appVersion"));
        error(Rule::ChartMaintainer, "maintainers", self.maintainers());
        let source = metadata
            .sources
            .iter()
            .find(|source| source.is_empty() || !is_request_uri(source));
        error(
            Rule::ChartSources,
            "sources",
            source.map(|source| format!("invalid source URL '{source}'")),
        );
        if metadata.icon.is_empty() {
            messages.add(Info, Rule::ChartIcon, FILE, "icon is recommended", self.place("icon"));
        } else if !is_request_uri(&metadata.icon) {
            let text = format!("invalid icon URL '{}'", metadata.icon);
            messages.add(Error, Rule::ChartIconUrl, FILE, text, self.place("icon"));
        }
        let api_version = &metadata.api_version;
        if !metadata.chart_type.is_empty() && api_version != "v2" {
            let text = format!("chart type is not valid in apiVersion '{api_version}'. It is valid in apiVersion 'v2'");
            messages.add(Error, Rule::ChartType, FILE, text, self.place("type"));
        }
        if !metadata.dependencies.is_empty() && api_version != "v2" {
            let text = format!(
                "dependencies are not valid in the Chart file with apiVersion '{api_version}'. They are valid in apiVersion 'v2'"
            );
            messages.add(Error, Rule::ChartDependencies, FILE, text, self.place("dependencies"));
        }
        if Version::parse_strict(&metadata.version).is_err() {
            let text = format!("version '{}' is not a valid SemVerV2", metadata.version);
            messages.add(Warning, Rule::ChartVersionStrict, FILE, text, self.place("version"));
        }
    }

    fn name(&self) -> Option<String> {
        let name = &self.metadata.name;
        if name.is_empty() {
            return Some("name is required".to_owned());
        }
        name.contains('/')
            .then(|| format!("chart name {} is invalid", quote(name.as_bytes())))
    }

    fn api_version(&self) -> Option<String> {
        match self.metadata.api_version.as_str() {
            "v1" | "v2" => None,
            "" => Some("apiVersion is required. The value must be either \"v1\" or \"v2\"".to_owned()),
            other => Some(format!(
                "apiVersion '{other}' is not valid. The value must be either \"v1\" or \"v2\""
            )),
        }
    }

    fn not_a_string(&self, field: &str) -> Option<String> {
        if !self.has_types {
            return None;
        }
        let found = match self.json.get(field)? {
            Json::String(_) => return None,
            Json::Null => "<nil>",
            Json::Bool(_) => "bool",
            Json::Number(_) => "float64",
            Json::Array(_) => "[]interface {}",
            Json::Object(_) => "map[string]interface {}",
        };
        Some(format!("{field} should be of type string but it's of type {found}"))
    }

    fn version(&self) -> Option<String> {
        let version = &self.metadata.version;
        if version.is_empty() {
            return Some("version is required".to_owned());
        }
        let Ok(parsed) = Version::parse(version) else {
            return Some(format!("version '{version}' is not a valid SemVer"));
        };
        let reasons = Constraint::parse(">0.0.0-0").ok()?.validate(&parsed).err()?;
        reasons.first().map(|reason| format!("version {reason}"))
    }

    fn maintainers(&self) -> Option<String> {
        self.metadata.maintainers.iter().find_map(|maintainer| {
            let Some(maintainer) = maintainer else {
                return Some("a maintainer entry is empty".to_owned());
            };
            if maintainer.name.is_empty() {
                return Some("each maintainer requires a name".to_owned());
            }
            if !maintainer.email.is_empty() && !is_email(&maintainer.email) {
                return Some(format!(
                    "invalid email '{}' for maintainer '{}'",
                    maintainer.email, maintainer.name
                ));
            }
            if !maintainer.url.is_empty() && !is_url(&maintainer.url) {
                return Some(format!(
                    "invalid url '{}' for maintainer '{}'",
                    maintainer.url, maintainer.name
                ));
            }
            None
        })
    }
}
