//! One document and the verdict on it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde_json::Value as Json;

use crate::kubernetes::lifecycle::lifecycle;
use crate::text::rule::Severity;
use crate::text::stop;
use crate::text::yaml::{self, Duplicates, JsonBuilder, NodeId, NodeKind, Scalar, Tree};

use super::custom::{CustomKind, Fault, Judging};
use super::defaults::set_defaults;
use super::ids;
use super::options::{Options, Target};
use super::places::Places;
use super::policies::Policies;
use super::policy_faults::{Admitted, PolicyFaults, allocate};
use super::resource::{Resource, Status, Unevaluated, Violation};
use super::resource_name::plural_of;
use super::rules;
use super::same_verdicts::{Signature, join};
use super::schema_choice::SchemaChoice;
use super::schema_location::FileSchema;
use super::walk::{MetadataOf, Strictness, Walk};

/// The annotation of an object that silences rules for it, separated by commas.
pub const IGNORE_ANNOTATION: &str = "chartwright.dev/ignore";

/// Judges the documents of one block of text between separators (normally one document) for every version, reading it
/// once; empty documents give nothing. A document is one resource for all versions with the same verdict and the
/// same violations. Offsets count from the start of `text`.
pub(super) fn check_document(text: &[u8], targets: &[Target], options: &Options) -> Vec<Resource> {
    check_with(text, targets, options).0
}

/// [`check_document`] before the definitions of custom resources are known: nothing where the verdict depends on one.
pub(super) fn check_without_definitions(text: &[u8], targets: &[Target], options: &Options) -> Option<Vec<Resource>> {
    let (resources, needs_definition) = check_with(text, targets, options);
    (!needs_definition).then_some(resources)
}

/// The verdicts, and whether definitions of custom resources were asked for.
fn check_with(text: &[u8], targets: &[Target], options: &Options) -> (Vec<Resource>, bool) {
    yaml::with_all(text, |tree| match tree {
        Ok(tree) => check_tree(tree, targets, options),
        Err(error) => {
            let at = error.offset().unwrap_or(0) as usize;
            let message = format!("error unmarshalling resource: error converting YAML to JSON: {error}");
            (vec![failed(0, at, message)], false)
        }
    })
}

/// [`check_with`] of the documents of a text.
fn check_tree(tree: &Tree<'_>, targets: &[Target], options: &Options) -> (Vec<Resource>, bool) {
    let mut resources: Vec<Resource> = Vec::new();
    let mut needs_definition = false;
    for document in tree.documents() {
        let first = resources.len();
        let shared = Shared {
            has_several_targets: targets.len() > 1,
            ..Shared::default()
        };
        let mut signatures: Vec<(Signature, u8)> = Vec::new();
        for target in targets {
            let check = DocumentCheck {
                tree,
                target,
                options,
                shared: &shared,
            };
            let signature = (targets.len() > 1).then(|| check.signature(document.root)).flatten();
            let known = signatures.iter().find(|(known, _)| Some(known) == signature.as_ref());
            if let Some(&(_, minor)) = known {
                let same = resources
                    .iter_mut()
                    .skip(first)
                    .filter(|known| known.minors.contains(&minor));
                same.for_each(|known| known.minors.push(target.catalog.minor()));
                continue;
            }
            let mut found = Vec::new();
            check.document(document.root, &mut found);
            if resources.len() == first && found.len() == 1 {
                resources.append(&mut found);
            } else {
                join(&mut resources, first, found);
            }
            signatures.extend(signature.map(|signature| (signature, target.catalog.minor())));
        }
        needs_definition |= shared.needs_definition.get();
    }
    (resources, needs_definition)
}

fn failed(offset: usize, at: usize, message: String) -> Resource {
    let violations = vec![Violation {
        path: String::new(),
        message,
        offset: at,
        rule: ids::DOCUMENT.into(),
    }];
    Resource {
        api_version: String::new(),
        kind: String::new(),
        name: String::new(),
        offset,
        status: Status::Error,
        violations,
        minors: Vec::new(),
        unevaluated: Vec::new(),
    }
}

struct DocumentCheck<'d> {
    tree: &'d Tree<'d>,
    target: &'d Target,
    options: &'d Options,
    shared: &'d Shared,
}

/// The data that is the same for every version, computed once.
#[derive(Default)]
struct Shared {
    /// Why the document cannot become JSON, and the byte at fault.
    unreadable: OnceCell<Option<(String, usize)>>,
    /// The answer of [`Tree::is_plain`].
    is_plain: OnceCell<bool>,
    /// Whether a kind occurred that only the definition of a custom resource may describe.
    needs_definition: Cell<bool>,
    has_several_targets: bool,
    /// Violations in `metadata`, by object, for the next version.
    metadata: RefCell<HashMap<NodeId, Vec<Violation>, RandomState>>,
}

impl DocumentCheck<'_> {
    fn offset(&self, node: NodeId) -> usize {
        self.tree.span(node).start as usize
    }

    /// What the verdict on a single object depends on; nothing if it depends on more.
    fn signature(&self, root: NodeId) -> Option<Signature> {
        let root = self.tree.target(root);
        let (api_version, kind) = (self.text(root, &["apiVersion"]).ok()?, self.text(root, &["kind"]).ok()?);
        let minor = self.target.catalog.minor();
        let is_simple =
            self.target.locations.is_none() && self.options.policies.is_none() && !kind.eq_ignore_ascii_case("list");
        let definitions = self
            .target
            .catalog
            .signature(&api_version, &kind)
            .filter(|_| is_simple)?;
        Some(Signature {
            definitions,
            deprecation: lifecycle(&api_version, &kind).and_then(|end| end.deprecation(minor, &api_version, &kind)),
            has_relaxed_names: minor >= rules::RELAXED_NAMES_SINCE,
        })
    }

    fn document(&self, root: NodeId, resources: &mut Vec<Resource>) {
        let root = self.tree.target(root);
        let is_empty =
            matches!(self.tree.kind(root), NodeKind::Scalar(_)) && matches!(self.tree.scalar(root), Ok(Scalar::Null));
        if is_empty {
            return;
        }
        if let Some((message, at)) = self.shared.unreadable.get_or_init(|| self.unreadable(root)) {
            let message = format!("error unmarshalling resource: error converting YAML to JSON: {message}");
            resources.push(failed(self.offset(root), *at, message));
            return;
        }
        self.resource(root, resources, 0);
    }

    /// Why a document cannot be converted to JSON. It is decoded only if the tree gives a reason to.
    fn unreadable(&self, root: NodeId) -> Option<(String, usize)> {
        let duplicates = if self.options.strict {
            Duplicates::Refused
        } else {
            Duplicates::LastWins
        };
        if *self.shared.is_plain.get_or_init(|| self.tree.is_plain(root)) {
            return None;
        }
        yaml::decode(self.tree, root, &mut JsonBuilder::default(), duplicates)
            .err()
            .map(|error| {
                let at = error.offset().map_or_else(|| self.offset(root), |at| at as usize);
                (error.to_string(), at)
            })
    }

    fn text(&self, node: NodeId, path: &[&str]) -> Result<String, bool> {
        let Some(found) = self.tree.find(node, path) else {
            return Err(false);
        };
        let found = self.tree.target(found);
        if !matches!(self.tree.kind(found), NodeKind::Scalar(_)) {
            return Err(true);
        }
        match self.tree.scalar(found) {
            Ok(Scalar::Str(text)) => Ok(text.into_owned()),
            Ok(Scalar::Timestamp(text)) => Ok(text.to_owned()),
            Ok(Scalar::Null) => Err(false),
            _ => Err(true),
        }
    }

    fn resource(&self, root: NodeId, resources: &mut Vec<Resource>, depth: usize) {
        let offset = self.offset(root);
        if self.tree.kind(root) != NodeKind::Mapping {
            resources.push(failed(
                offset,
                offset,
                "error while parsing: the document is not a mapping".to_owned(),
            ));
            return;
        }
        let kind = match self.text(root, &["kind"]) {
            Ok(kind) if !kind.is_empty() => kind,
            Err(true) => {
                resources.push(failed(
                    offset,
                    offset,
                    "error while parsing: 'kind' is not a string".to_owned(),
                ));
                return;
            }
            _ => {
                resources.push(failed(
                    offset,
                    offset,
                    "error while parsing: missing 'kind' key".to_owned(),
                ));
                return;
            }
        };
        if kind.eq_ignore_ascii_case("list") && depth < 4 {
            if let Some(items) = self.tree.get(root, "items") {
                let items = self.tree.target(items);
                if self.tree.kind(items) == NodeKind::Sequence {
                    for item in self.tree.children(items) {
                        self.resource(self.tree.target(item), resources, depth + 1);
                    }
                } else if !matches!(self.tree.scalar(items), Ok(Scalar::Null)) && !self.options.schema_only {
                    let at = self.offset(items);
                    resources.push(failed(
                        offset,
                        at,
                        "error while parsing: 'items' is not a list".to_owned(),
                    ));
                }
            }
            return;
        }
        let api_version = match self.text(root, &["apiVersion"]) {
            Ok(version) if !version.is_empty() => version,
            Err(true) => {
                resources.push(failed(
                    offset,
                    offset,
                    "error while parsing: 'apiVersion' is not a string".to_owned(),
                ));
                return;
            }
            _ => {
                resources.push(failed(
                    offset,
                    offset,
                    "error while parsing: missing 'apiVersion' key".to_owned(),
                ));
                return;
            }
        };
        resources.push(self.judge(root, api_version, kind));
    }

    fn choose_schema(&self, api_version: &str, kind: &str) -> SchemaChoice<'_> {
        let custom = || {
            self.shared.needs_definition.set(true);
            self.options.custom.as_ref()?.find(api_version, kind)
        };
        self.target.choose_schema(api_version, kind, &custom)
    }

    fn is_plain(&self) -> bool {
        self.shared.is_plain.get() == Some(&true)
    }

    /// Violations of a schema of the user's own.
    fn against_file(
        &self,
        root: NodeId,
        schema: &FileSchema,
        api_version: &str,
        kind: &str,
    ) -> (Status, Vec<Violation>) {
        let instance = match self.instance(root) {
            Ok(instance) => instance,
            Err(violation) => return (Status::Error, vec![violation]),
        };
        let found = schema.check(&instance).into_iter().map(|(path, message)| Fault {
            path,
            message,
            rule: ids::SCHEMA,
        });
        let mut violations = self.placed(&mut Places::new(self.tree), root, found.collect());
        violations.extend(self.foreign_metadata(root, api_version, kind, rules::is_namespaced(kind)));
        verdict(violations)
    }

    /// Violations of the definition of a custom resource.
    fn against_definition(
        &self,
        root: NodeId,
        custom: &CustomKind,
        api_version: &str,
        kind: &str,
        unevaluated: &mut Vec<Unevaluated>,
    ) -> (Status, Vec<Violation>) {
        let resource = match self.instance(root) {
            Ok(resource) => resource,
            Err(violation) => return (Status::Error, vec![violation]),
        };
        let judging = Judging {
            minor: self.target.catalog.minor(),
            refuses_unknown: self.options.strict,
            is_schema_only: self.options.schema_only,
        };
        let judged = custom.judge(&resource, judging);
        let mut places = Places::new(self.tree);
        unevaluated.extend(judged.unevaluated.into_iter().map(|(steps, expression)| {
            let (path, node) = places.place(root, &steps);
            let offset = self.offset(node);
            Unevaluated {
                path,
                expression,
                offset,
            }
        }));
        let mut violations = self.placed(&mut places, root, judged.faults);
        if !self.options.schema_only {
            for embedded in custom.embedded_resources(&resource) {
                violations.extend(self.placed(&mut places, root, embedded.faults()));
                let mut steps = embedded.path.iter();
                if let Some(node) = steps.try_fold(root, |node, step| places.step(self.tree.target(node), step)) {
                    let owner = if embedded.is_dropped {
                        MetadataOf::Dropped
                    } else {
                        MetadataOf::Embedded
                    };
                    violations.extend(
                        self.walk()
                            .run_object_meta(self.tree.target(node), &embedded.path, owner),
                    );
                }
            }
        }
        violations.extend(self.foreign_metadata(root, api_version, kind, custom.is_namespaced()));
        verdict(violations)
    }

    /// What the policies of the cluster say of a valid object, and what they cannot say here.
    fn against_policies(
        &self,
        root: NodeId,
        api_version: &str,
        kind: &str,
        definition: Option<&CustomKind>,
        policies: &Policies,
    ) -> (Vec<Violation>, Vec<Unevaluated>) {
        let Ok(mut object) = self.instance(root) else {
            return (Vec::new(), Vec::new());
        };
        if let Some(definition) = definition {
            definition.prepare(&mut object);
        } else {
            set_defaults(&self.target.catalog, api_version, kind, &mut object);
            allocate(api_version, kind, &mut object);
        }
        let resource = definition.and_then(CustomKind::plural);
        let admitted = Admitted {
            api_version,
            kind,
            is_known: definition.is_some() || self.target.catalog.root(api_version, kind).is_some(),
            resource: &resource.map_or_else(|| plural_of(kind), str::to_owned),
            is_namespaced: definition.map_or_else(|| rules::is_namespaced(kind), CustomKind::is_namespaced),
            namespace: &self.options.namespace,
            object: &object,
        };
        let PolicyFaults { faults, unknown } = admitted.judge(policies, &self.target.catalog);
        let offset = self.offset(root);
        let unevaluated = unknown.into_iter().map(|expression| Unevaluated {
            path: String::new(),
            expression,
            offset,
        });
        (
            self.placed(&mut Places::new(self.tree), root, faults),
            unevaluated.collect(),
        )
    }

    fn instance(&self, root: NodeId) -> Result<Json, Violation> {
        yaml::json_from_node(self.tree, root).map_err(|error| Violation {
            path: String::new(),
            message: error.to_string(),
            offset: self.offset(root),
            rule: ids::DOCUMENT.into(),
        })
    }

    /// Violations of a schema or of its validations, each at the nearest node that exists.
    fn placed(&self, places: &mut Places<'_, '_>, root: NodeId, found: Vec<Fault>) -> Vec<Violation> {
        let placed = |fault: Fault| {
            let (path, node) = places.place(root, &fault.path);
            Violation {
                path,
                message: fault.message,
                offset: self.offset(node),
                rule: fault.rule.into(),
            }
        };
        found.into_iter().map(placed).collect()
    }

    fn walk(&self) -> Walk<'_> {
        let strictness = Strictness {
            refuses_unknown: self.options.strict,
            schema_only: self.options.schema_only,
            types_only: false,
        };
        Walk::new(self.tree, &self.target.catalog, strictness, self.is_plain())
    }

    /// What is wrong with the name, the labels and so on of an object of any kind.
    fn metadata(&self, root: NodeId, api_version: &str, kind: &str, is_namespaced: bool) -> Vec<Violation> {
        if self.options.schema_only {
            return Vec::new();
        }
        let judge = || self.walk().run_metadata(root, api_version, kind, is_namespaced);
        if !self.shared.has_several_targets {
            return judge();
        }
        let mut known = self.shared.metadata.borrow_mut();
        known.entry(root).or_insert_with(judge).clone()
    }

    /// What is wrong with the metadata of an object of a kind that is not Kubernetes' own: its types and fields too.
    fn foreign_metadata(&self, root: NodeId, api_version: &str, kind: &str, is_namespaced: bool) -> Vec<Violation> {
        if self.options.schema_only {
            return Vec::new();
        }
        let mut violations = self.walk().run_object_meta(root, &[], MetadataOf::Root);
        let rules = self.metadata(root, api_version, kind, is_namespaced);
        let is_new = |rule: &Violation| violations.iter().all(|known| known.path != rule.path);
        let rules: Vec<Violation> = rules.into_iter().filter(is_new).collect();
        violations.extend(rules);
        violations
    }

    /// Why Kubernetes no longer has a kind; nothing if only schemas count.
    fn removal(&self, api_version: &str, kind: &str) -> Option<String> {
        let minor = self.target.catalog.minor();
        let is_asked = !self.options.schema_only && self.target.locations.is_none();
        lifecycle(api_version, kind)
            .filter(|_| is_asked)?
            .removal(minor, api_version, kind)
    }

    fn why_missing(&self, api_version: &str, kind: &str) -> String {
        let missing = || format!("could not find schema for {kind}");
        self.removal(api_version, kind).unwrap_or_else(missing)
    }

    fn deprecation(&self, root: NodeId, api_version: &str, kind: &str) -> Option<Violation> {
        let minor = self.target.catalog.minor();
        let lifecycle = lifecycle(api_version, kind).filter(|_| !self.options.schema_only)?;
        let message = lifecycle.deprecation(minor, api_version, kind)?;
        let place = self.tree.find(root, &["apiVersion"]).unwrap_or(root);
        Some(Violation {
            path: "/apiVersion".to_owned(),
            message,
            offset: self.offset(place),
            rule: ids::DEPRECATED_API.into(),
        })
    }

    /// Removes the violations of rules that an annotation of the object silences.
    fn without_silenced(&self, root: NodeId, status: Status, violations: Vec<Violation>) -> (Status, Vec<Violation>) {
        let silenced = self
            .text(root, &["metadata", "annotations", IGNORE_ANNOTATION])
            .unwrap_or_default();
        if silenced.is_empty() || self.options.schema_only || status != Status::Invalid {
            return (status, violations);
        }
        let rules: Vec<&str> = silenced.split([',', ' ']).filter(|rule| !rule.is_empty()).collect();
        let is_left = |violation: &Violation| !rules.iter().any(|id| violation.rule.is_covered_by(id));
        verdict(violations.into_iter().filter(is_left).collect())
    }

    fn judge(&self, root: NodeId, api_version: String, kind: String) -> Resource {
        let name = self
            .text(root, &["metadata", "name"])
            .or_else(|_| self.text(root, &["metadata", "generateName"]))
            .unwrap_or_default();
        let offset = self.offset(root);
        let violation = |message: String| {
            vec![Violation {
                path: String::new(),
                message,
                offset,
                rule: ids::DOCUMENT.into(),
            }]
        };
        let mut unevaluated = Vec::new();
        let mut definition = None;
        let (status, violations) = if self.options.skip.matches(&api_version, &kind) {
            (Status::Skipped, Vec::new())
        } else if self.options.reject.matches(&api_version, &kind) {
            (Status::Error, violation(format!("prohibited resource kind {kind}")))
        } else if let Some(reason) = stop::reason() {
            (Status::Error, violation(reason))
        } else {
            match self.choose_schema(&api_version, &kind) {
                SchemaChoice::Missing if self.removal(&api_version, &kind).is_some() => {
                    let message = self.why_missing(&api_version, &kind);
                    let violation = Violation {
                        path: String::new(),
                        message,
                        offset,
                        rule: ids::REMOVED_API.into(),
                    };
                    let status = if self.options.ignore_missing_schemas {
                        Status::Skipped
                    } else {
                        Status::Error
                    };
                    (status, vec![violation])
                }
                SchemaChoice::Missing if self.options.ignore_missing_schemas => (Status::Skipped, Vec::new()),
                SchemaChoice::Missing => (Status::Error, violation(self.why_missing(&api_version, &kind))),
                SchemaChoice::Broken(message) => (Status::Error, violation(message)),
                SchemaChoice::Embedded(definition) => {
                    let mut violations = self.walk().run(root, definition);
                    violations.extend(self.metadata(root, &api_version, &kind, rules::is_namespaced(&kind)));
                    violations.extend(self.deprecation(root, &api_version, &kind));
                    verdict(violations)
                }
                SchemaChoice::File(schema) => self.against_file(root, &schema, &api_version, &kind),
                SchemaChoice::Custom(custom) => {
                    let custom = definition.insert(custom);
                    self.against_definition(root, custom, &api_version, &kind, &mut unevaluated)
                }
            }
        };
        let (mut status, mut violations) = self.without_silenced(root, status, violations);
        // The server asks policies once an object is valid; kinds that are not known here may be.
        let is_unknown =
            status == Status::Skipped && violations.is_empty() && !self.options.skip.matches(&api_version, &kind);
        if let Some(policies) = self.options.policies.as_deref()
            && (status == Status::Valid || is_unknown)
            && !self.options.schema_only
        {
            let (found, unknown) = self.against_policies(root, &api_version, &kind, definition.as_deref(), policies);
            unevaluated.extend(unknown);
            if !found.is_empty() {
                violations.extend(found);
                let (found_status, found) = verdict(violations);
                (status, violations) = self.without_silenced(root, found_status, found);
            }
        }
        Resource {
            api_version,
            kind,
            name,
            offset,
            status,
            violations,
            minors: vec![self.target.catalog.minor()],
            unevaluated,
        }
    }
}

fn verdict(violations: Vec<Violation>) -> (Status, Vec<Violation>) {
    let status = if violations
        .iter()
        .all(|violation| violation.severity() < Severity::Error)
    {
        Status::Valid
    } else {
        Status::Invalid
    };
    (status, violations)
}
