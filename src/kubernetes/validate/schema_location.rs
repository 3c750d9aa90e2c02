//! JSON schemas of the user's own: `--schema-location`, with kubeconform's templates.
//!
//! A location is `default` (the embedded schemas), a directory laid out as kubeconform's registry, or a path with
//! `{{ .ResourceKind }}` and the like. They are tried in order; if a file does not exist, the next location is tried. A
//! file that is not a schema is an error (kubeconform ignores such a file).

use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind as IoErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value as Json;

use crate::kubernetes::json_schema::{Draft, FormatCheck, Node, Settings, ValidationError, Validator, check_duration};
use crate::text::go::duration::parse_duration;
use crate::text::limits::FILE_BYTES;
use crate::text::redact::redact_url;
use crate::text::source::{Named, read_file};

use super::file_loader::{FileLoader, authority};
use super::remote_schema::{FetchSchema, is_remote};

/// What kubeconform appends to a location that does not end in `json`.
const REGISTRY_LAYOUT: &str =
    "/{{ .NormalizedKubernetesVersion }}-standalone{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json";

/// Names that a location may contain between `{{` and `}}`, in the order of [`Variables`].
const VARIABLES: [&str; 6] = [
    ".NormalizedKubernetesVersion",
    ".StrictSuffix",
    ".ResourceKind",
    ".ResourceAPIVersion",
    ".Group",
    ".KindSuffix",
];

/// The values of [`VARIABLES`] for one resource.
type Variables = [String; 6];

/// A location that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// `{{` without `}}`, or a name that kubeconform does not know.
    #[error("--schema-location {location}: unknown variable {variable:?}; known are {}", VARIABLES.join(", "))]
    Variable {
        /// The location, without credentials.
        location: String,
        /// The text between the braces.
        variable: String,
    },
}

/// One place to look.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Location {
    /// The schemas in the binary.
    Embedded,
    /// Texts and variables, to be joined to a path.
    Path(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// Index into [`VARIABLES`].
    Variable(usize),
}

/// Where schemas are looked for, in order, and those read so far.
pub struct SchemaLocations {
    locations: Vec<Location>,
    version: String,
    suffix: &'static str,
    fetcher: Option<Arc<dyn FetchSchema>>,
    read: Mutex<HashMap<String, Arc<OnceLock<ReadSchema>>>>,
}

/// A schema file that was looked for: missing, compiled, or the reason why it cannot be used.
type ReadSchema = Option<Result<Arc<FileSchema>, String>>;

impl fmt::Debug for SchemaLocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchemaLocations")
            .field("locations", &self.locations)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Where the schema of a kind was found.
pub(super) enum Found {
    /// In the embedded ones; if they lack it, the search goes on at the given index.
    Embedded(usize),
    /// A file.
    File(Arc<FileSchema>),
    /// A file that is not a schema, and why.
    Broken(String),
    /// Nowhere.
    Missing,
}

impl SchemaLocations {
    /// From the arguments of `--schema-location`; `version` is the Kubernetes version as given. Without a fetcher, schemas
    /// at URLs are not found.
    ///
    /// # Errors
    /// When a location has a variable that is not known.
    pub fn new(
        given: &[String],
        version: &str,
        is_strict: bool,
        fetcher: Option<Arc<dyn FetchSchema>>,
    ) -> Result<Self, LocationError> {
        let version = match version {
            "latest" | "master" => "master".to_owned(),
            number => format!("v{}", number.strip_prefix('v').unwrap_or(number)),
        };
        Ok(Self {
            locations: given.iter().map(|text| location(text)).collect::<Result<_, _>>()?,
            version,
            suffix: if is_strict { "-strict" } else { "" },
            fetcher,
            read: Mutex::new(HashMap::new()),
        })
    }

    /// Looks for the schema of a kind from the location with index `from` on.
    pub(super) fn find(&self, api_version: &str, kind: &str, from: usize) -> Found {
        let variables = self.variables(api_version, kind);
        for (index, location) in self.locations.iter().enumerate().skip(from) {
            let Location::Path(pieces) = location else {
                return Found::Embedded(index + 1);
            };
            let path: String = pieces.iter().map(|piece| piece.text(&variables)).collect();
            match self.read(&path, literal_directory(pieces)) {
                None => {}
                Some(Ok(schema)) => return Found::File(schema),
                Some(Err(message)) => return Found::Broken(message),
            }
        }
        Found::Missing
    }

    fn variables(&self, api_version: &str, kind: &str) -> Variables {
        let (group, version) = api_version.split_once('/').unwrap_or((api_version, ""));
        let label = group.split('.').next().unwrap_or_default().to_lowercase();
        let (version, suffix) = match version {
            "" => (group, format!("-{label}")),
            version => (version, format!("-{label}-{}", version.to_lowercase())),
        };
        [
            self.version.clone(),
            self.suffix.to_owned(),
            kind.to_lowercase(),
            version.to_owned(),
            group.to_owned(),
            suffix,
        ]
    }

    /// Reads the schema at a path below `root`, the part of the location that the user wrote out.
    fn read(&self, path: &str, root: &str) -> ReadSchema {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = Arc::clone(read.entry(path.to_owned()).or_default());
        // Other schemas can be looked up meanwhile.
        drop(read);
        cell.get_or_init(|| self.load(path, root)).clone()
    }

    fn load(&self, path: &str, root: &str) -> ReadSchema {
        let shown = redact_url(path);
        // The names of a manifest's kind and group are in the path.
        if path.strip_prefix(root).is_none_or(climbs) {
            return None;
        }
        let text = match &self.fetcher {
            Some(fetcher) if is_remote(path) => fetcher.fetch(path).map_err(|error| error.to_string()),
            _ => match read_file(Path::new(path), Named::ByInput, FILE_BYTES) {
                Err(error) if matches!(error.kind(), IoErrorKind::NotFound | IoErrorKind::NotADirectory) => Ok(None),
                text => text.map(Some).map_err(|error| error.to_string()),
            },
        };
        match text {
            Ok(None) => None,
            Err(error) => Some(Err(format!("cannot read schema {shown}: {error}"))),
            Ok(Some(text)) => Some(
                FileSchema::compile(path, &text, &self.loader(path, root))
                    .map(Arc::new)
                    .map_err(|error| format!("cannot use schema {shown}: {error}")),
            ),
        }
    }
}

impl SchemaLocations {
    /// What reads the documents that a schema refers to: files below the directory that the user named, and what servers
    /// answer that the user named. A schema at a URL may not refer to files.
    fn loader<'f>(&'f self, path: &str, root: &'f str) -> FileLoader<'f> {
        let hosts = self.locations.iter().filter_map(|location| match location {
            Location::Path(pieces) => authority(pieces.first()?.literal()),
            Location::Embedded => None,
        });
        FileLoader {
            fetcher: self.fetcher.as_deref(),
            root: (!is_remote(path)).then(|| Path::new(if root.is_empty() { "." } else { root })),
            hosts: hosts.collect(),
        }
    }
}

/// The directory that a location names before its first variable, with a slash at its end; empty for the working directory.
fn literal_directory(pieces: &[Piece]) -> &str {
    let text = pieces.first().map_or("", Piece::literal);
    text.rfind('/').and_then(|at| text.get(..=at)).unwrap_or_default()
}

/// Whether a path that follows a directory leads out of it.
fn climbs(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

impl Piece {
    /// The text that the user wrote; nothing for a variable.
    fn literal(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Variable(_) => "",
        }
    }

    fn text<'p>(&'p self, variables: &'p Variables) -> &'p str {
        match self {
            Self::Text(text) => text,
            Self::Variable(index) => variables.get(*index).map_or("", String::as_str),
        }
    }
}

fn location(given: &str) -> Result<Location, LocationError> {
    if given == "default" {
        return Ok(Location::Embedded);
    }
    let whole = if given.ends_with("json") {
        given.to_owned()
    } else {
        format!("{}{REGISTRY_LAYOUT}", given.trim_end_matches('/'))
    };
    let mut pieces = Vec::new();
    let mut rest = whole.as_str();
    while let Some((text, after)) = rest.split_once("{{") {
        let (inside, after) = after.split_once("}}").unwrap_or((after, ""));
        let variable = inside.trim();
        let index = VARIABLES.iter().position(|known| *known == variable);
        let index = index.ok_or_else(|| LocationError::Variable {
            location: redact_url(given),
            variable: variable.to_owned(),
        })?;
        pieces.push(Piece::Text(text.to_owned()));
        pieces.push(Piece::Variable(index));
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(Location::Path(pieces))
}

/// A compiled JSON schema. Without `$schema` it is read as draft 4, as kubeconform does.
pub(super) struct FileSchema(Validator);

impl FileSchema {
    /// From a file or the answer of a server. Documents it refers to are read in the same way.
    fn compile(path: &str, text: &[u8], loader: &FileLoader<'_>) -> Result<Self, String> {
        let schema = Node::parse(text).map_err(|error| error.to_string())?;
        if is_remote(path) {
            return Self::compile_at(path, schema, loader, check_any_duration);
        }
        let absolute = std::path::absolute(Path::new(path)).map_err(|error| error.to_string())?;
        let absolute = absolute.to_str().ok_or("the path is not UTF-8")?;
        Self::compile_at(&format!("file://{absolute}"), schema, loader, check_any_duration)
    }

    fn compile_at(url: &str, schema: Node, loader: &FileLoader<'_>, duration: FormatCheck) -> Result<Self, String> {
        let settings = Settings {
            default_draft: Draft::V4,
            formats: &[("duration", duration)],
            loader,
        };
        Validator::compile(url, schema, &settings).map(Self)
    }

    /// Path (its steps) and message of every violation.
    pub(super) fn check(&self, instance: &Json) -> Vec<(Vec<String>, String)> {
        let mut violations = Vec::new();
        if let Err(error) = self.0.validate(&Node::from(instance)) {
            collect(error, &mut violations);
        }
        violations
    }
}

/// The causes without causes of their own. Their depth is that of the document, which the reader bounds.
fn collect(error: ValidationError, violations: &mut Vec<(Vec<String>, String)>) {
    let mut pending = vec![error];
    while let Some(mut error) = pending.pop() {
        if error.causes.is_empty() {
            let words = error.words();
            violations.push((std::mem::take(&mut error.steps), words));
        }
        pending.extend(error.causes.into_iter().rev());
    }
}

/// A duration as the API server reads it (`strfmt.ParseDuration`): Go's, or a number with a unit in words.
fn check_kubernetes_duration(text: &str) -> Result<(), String> {
    /// Units; the last of a line also with any ending.
    const UNITS: [&[&str]; 8] = [
        &["ns", "nano"],
        &["us", "µs", "micro"],
        &["ms", "milli"],
        &["s", "sec"],
        &["m", "min"],
        &["h", "hr", "hour"],
        &["d", "day"],
        &["w", "wk", "week"],
    ];
    if parse_duration(text.as_bytes()).is_ok() {
        return Ok(());
    }
    let number = text
        .strip_prefix('-')
        .map_or(text, |rest| rest.strip_prefix(' ').unwrap_or(rest));
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let whole = digits(number);
    let mut rest = number.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.').filter(|fraction| digits(fraction) > 0) {
        rest = fraction.get(digits(fraction)..).unwrap_or_default();
    }
    let unit: String = rest
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_alphabetic() || *c == 'µ')
        .flat_map(char::to_lowercase)
        .collect();
    let is_unit = UNITS
        .iter()
        .any(|names| names.contains(&unit.as_str()) || names.last().is_some_and(|last| unit.starts_with(last)));
    if whole > 0 && is_unit {
        Ok(())
    } else {
        Err("not a duration such as 1h30m".to_owned())
    }
}

/// The same, or a duration of ISO 8601, as in kubeconform.
fn check_any_duration(text: &str) -> Result<(), String> {
    check_kubernetes_duration(text).or_else(|_| check_duration(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(given: &str, version: &str, strict: bool, api_version: &str, kind: &str) -> String {
        let locations = SchemaLocations::new(&[given.to_owned()], version, strict, None).unwrap();
        let variables = locations.variables(api_version, kind);
        match locations.locations.first().unwrap() {
            Location::Path(pieces) => pieces.iter().map(|piece| piece.text(&variables)).collect(),
            Location::Embedded => "default".to_owned(),
        }
    }

    #[test]
    fn templates_give_kubeconforms_paths() {
        assert_eq!(
            path("dir/", "v1.31.2", true, "apps/v1", "Deployment"),
            "dir/v1.31.2-standalone-strict/deployment-apps-v1.json"
        );
        assert_eq!(
            path("dir", "latest", false, "v1", "Pod"),
            "dir/master-standalone/pod-v1.json"
        );
        let template = "{{.Group}}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}{{ .KindSuffix }}.json";
        assert_eq!(
            path(template, "1.31.0", false, "a.b.io/v1beta1", "MyKind"),
            "a.b.io/mykind_v1beta1-a-v1beta1.json"
        );
        assert_eq!(path("default", "1.31", false, "v1", "Pod"), "default");
    }

    #[test]
    fn unusable_locations_are_refused() {
        for given in ["x/{{ .Kind }}.json", "x/{{ .Group.json"] {
            assert!(
                SchemaLocations::new(&[given.to_owned()], "1.31", false, None).is_err(),
                "{given}"
            );
        }
    }

    #[test]
    fn durations_are_those_of_kubernetes_and_in_files_of_iso_8601_too() {
        for (text, in_kubernetes, in_files) in [
            ("1h30m", true, true),
            ("-1.5h", true, true),
            ("3 days", true, true),
            ("2w", true, true),
            ("1.5 hours", true, true),
            ("10 Minutes", true, true),
            ("P1D", false, true),
            ("PT1H30M", false, true),
            ("1x", false, false),
            ("days", false, false),
            ("", false, false),
            ("P", false, false),
        ] {
            assert_eq!(check_kubernetes_duration(text).is_ok(), in_kubernetes, "{text}");
            assert_eq!(check_any_duration(text).is_ok(), in_files, "{text}");
        }
    }

    #[test]
    fn schemas_may_refer_to_files_and_to_definitions_of_kubernetes() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let schema = r#"{"properties": {
            "size": {"$ref": "parts/size.json"},
            "resources": {"$ref": "https://raw.githubusercontent.com/yannh/kubernetes-json-schema/master/v1.31.0/_definitions.json#/definitions/io.k8s.api.core.v1.ResourceRequirements"}
        }}"#;
        std::fs::create_dir(at("parts")).unwrap();
        std::fs::write(at("widget.json"), schema).unwrap();
        std::fs::write(at("parts/size.json"), r#"{"type": "integer"}"#).unwrap();
        let locations = SchemaLocations::new(&[at("{{ .ResourceKind }}.json")], "1.31", false, None).unwrap();
        let Found::File(schema) = locations.find("a/v1", "Widget", 0) else {
            panic!("the schema is found")
        };
        let instance = serde_json::json!({"size": "x", "resources": {"limits": 1}});
        assert_eq!(
            schema.check(&instance),
            [
                (
                    vec!["resources".to_owned(), "limits".to_owned()],
                    "got number, want object".to_owned()
                ),
                (vec!["size".to_owned()], "got string, want integer".to_owned()),
            ]
        );
    }

    #[test]
    fn locations_are_tried_in_order_and_broken_schemas_are_reported() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let schema = r#"{"properties": {"wait": {"type": "string", "format": "duration"}}, "required": ["wait"]}"#;
        std::fs::write(at("widget.json"), schema).unwrap();
        std::fs::write(at("broken.json"), "{").unwrap();
        let given = [
            at("none/{{ .ResourceKind }}.json"),
            "default".to_owned(),
            at("{{ .ResourceKind }}.json"),
        ];
        let locations = SchemaLocations::new(&given, "1.31", false, None).unwrap();
        assert!(matches!(locations.find("a/v1", "Widget", 0), Found::Embedded(2)));
        assert!(matches!(locations.find("a/v1", "Broken", 2), Found::Broken(_)));
        assert!(matches!(locations.find("a/v1", "Other", 2), Found::Missing));
        let Found::File(schema) = locations.find("a/v1", "Widget", 2) else {
            panic!("the schema is found")
        };
        assert!(schema.check(&serde_json::json!({"wait": "1h30m"})).is_empty());
        let found = schema.check(&serde_json::json!({"wait": "long"}));
        assert_eq!(found.first().unwrap().0, ["wait"]);
        assert_eq!(
            schema.check(&serde_json::json!({})).first().unwrap().1,
            "missing property 'wait'"
        );
    }
}
