//! The rules over single objects, by the name that findings show and comments silence; `docs/rules.md` has a page of each.

use crate::text::rule::Rule;

/// Not YAML, no kind, no schema.
pub(super) const DOCUMENT: Rule = Rule::Document;
/// A value of the wrong type.
pub(super) const TYPE: Rule = Rule::Type;
/// A field that no schema knows.
pub(super) const UNKNOWN_FIELD: Rule = Rule::UnknownField;
/// A required field that is missing.
pub(super) const REQUIRED: Rule = Rule::Required;
/// A value that is not one of the supported ones.
pub(super) const ENUM: Rule = Rule::Enum;
/// A number out of its range.
pub(super) const RANGE: Rule = Rule::Range;
/// A number that does not fit 32 or 64 bits.
pub(super) const INTEGER_SIZE: Rule = Rule::IntegerSize;
/// A resource quantity that is malformed or negative.
pub(super) const QUANTITY: Rule = Rule::Quantity;
/// Data that is not base64.
pub(super) const BASE64: Rule = Rule::Base64;
/// A time that is not RFC 3339.
pub(super) const DATE_TIME: Rule = Rule::DateTime;
/// A name or address that is not written as its kind requires.
pub(super) const NAME: Rule = Rule::Name;
/// A key or value of a label.
pub(super) const LABEL: Rule = Rule::Label;
/// A key of an annotation, or too much in all of them.
pub(super) const ANNOTATION: Rule = Rule::Annotation;
/// A selector that does not select what it should, or is malformed.
pub(super) const SELECTOR: Rule = Rule::Selector;
/// Two items with the same name.
pub(super) const DUPLICATE: Rule = Rule::Duplicate;
/// An environment variable that is set twice.
pub(super) const DUPLICATE_ENV: Rule = Rule::DuplicateEnv;
/// None or several where exactly one is wanted.
pub(super) const ONE_OF: Rule = Rule::OneOf;
/// A volume mount without its volume.
pub(super) const VOLUME_MOUNT: Rule = Rule::VolumeMount;
/// Limits below requests, unknown resources.
pub(super) const RESOURCES: Rule = Rule::Resources;
/// A schedule that is not a cron expression.
pub(super) const CRON: Rule = Rule::Cron;
/// A probe that cannot work.
pub(super) const PROBE: Rule = Rule::Probe;
/// A field that is not allowed here.
pub(super) const FORBIDDEN: Rule = Rule::Forbidden;
/// A `fieldPath` that the downward API does not know.
pub(super) const FIELD_PATH: Rule = Rule::FieldPath;
/// A `CustomResourceDefinition` that is not valid.
pub(super) const CRD: Rule = Rule::Crd;
/// An expression that does not compile, or a validation of a custom resource that fails.
pub(super) const CEL: Rule = Rule::Cel;
/// A policy of the cluster that refuses an object.
pub(super) const POLICY_DENY: Rule = Rule::PolicyDeny;
/// One that warns of it.
pub(super) const POLICY_WARN: Rule = Rule::PolicyWarn;
/// One that notes it in the audit log.
pub(super) const POLICY_AUDIT: Rule = Rule::PolicyAudit;
/// One that refuses the pods of an object.
pub(super) const POLICY_PODS: Rule = Rule::PolicyPods;
/// A custom resource that does not fit the schema of its CRD, or of a schema file.
pub(super) const SCHEMA: Rule = Rule::Schema;

/// An API version that Kubernetes no longer serves.
pub(super) const REMOVED_API: Rule = Rule::RemovedApi;
/// An API version that Kubernetes will stop serving.
pub(super) const DEPRECATED_API: Rule = Rule::DeprecatedApi;
