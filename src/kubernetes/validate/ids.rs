//! The rules over single objects, by the name that findings show and comments silence; `docs/rules.md` has a page of each.

/// Not YAML, no kind, no schema.
pub(super) const DOCUMENT: &str = "document";
/// A value of the wrong type.
pub(super) const TYPE: &str = "type";
/// A field that no schema knows.
pub(super) const UNKNOWN_FIELD: &str = "unknown-field";
/// A field that must be there.
pub(super) const REQUIRED: &str = "required";
/// A value that is none of those that are supported.
pub(super) const ENUM: &str = "enum";
/// A number out of its range.
pub(super) const RANGE: &str = "range";
/// A number that does not fit 32 or 64 bits.
pub(super) const INTEGER_SIZE: &str = "integer-size";
/// A resource quantity that is none, or negative.
pub(super) const QUANTITY: &str = "quantity";
/// Data that is not base64.
pub(super) const BASE64: &str = "base64";
/// A time that is not RFC 3339.
pub(super) const DATE_TIME: &str = "date-time";
/// A name or address that is not written as its kind asks for.
pub(super) const NAME: &str = "name";
/// A key or value of a label.
pub(super) const LABEL: &str = "label";
/// A key of an annotation, or too much in all of them.
pub(super) const ANNOTATION: &str = "annotation";
/// A selector that selects nothing it should, or is not well formed.
pub(super) const SELECTOR: &str = "selector";
/// Two items with the same name.
pub(super) const DUPLICATE: &str = "duplicate";
/// An environment variable that is set twice.
pub(super) const DUPLICATE_ENV: &str = "duplicate-env";
/// None or several where exactly one is wanted.
pub(super) const ONE_OF: &str = "one-of";
/// A volume mount without its volume.
pub(super) const VOLUME_MOUNT: &str = "volume-mount";
/// Limits below requests, unknown resources.
pub(super) const RESOURCES: &str = "resources";
/// A schedule that is no cron expression.
pub(super) const CRON: &str = "cron";
/// A probe that cannot be made.
pub(super) const PROBE: &str = "probe";
/// A field that cannot stand here.
pub(super) const FORBIDDEN: &str = "forbidden";
/// A `fieldPath` that the downward API does not know.
pub(super) const FIELD_PATH: &str = "field-path";
/// A `CustomResourceDefinition` that is not sound.
pub(super) const CRD: &str = "crd";
/// An expression that does not compile, or a validation of a custom resource that fails.
pub(super) const CEL: &str = "cel";
/// A custom resource that does not fit the schema of its CRD, or of a schema file.
pub(super) const SCHEMA: &str = "schema";

/// An API version that Kubernetes no longer serves.
pub(super) const REMOVED_API: &str = "removed-api";
/// An API version that Kubernetes will not serve for ever.
pub(super) const DEPRECATED_API: &str = "deprecated-api";

/// Whether a finding of a rule is a warning: the API server takes such an object.
pub fn is_warning(rule: &str) -> bool {
    matches!(rule, DUPLICATE_ENV | DEPRECATED_API)
}
