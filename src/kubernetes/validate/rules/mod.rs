//! What the API server checks beyond types: `Validate…` of `k8s.io/kubernetes/pkg/apis`, bound to the definitions of the
//! schemas, so that a check is made wherever its type occurs.

mod address;
mod admission;
mod autoscaling;
mod cluster;
mod container;
mod custom_resource;
mod failure_policy;
mod json_schema;
mod labels;
mod metadata;
mod network;
mod pod;
mod probe;
mod rbac;
mod references;
mod resources;
mod storage;
mod syntax;
mod volume;
mod workload;

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use foldhash::fast::RandomState;

use crate::text::yaml::{NodeId, NodeKind};

use super::fields::Step::{Index, Key};
use super::ids;
use super::walk::Walk;

pub(in crate::kubernetes::validate) use container::RELAXED_NAMES_SINCE;
pub(in crate::kubernetes::validate) use metadata::{check_embedded, check_root, is_namespaced};
pub(in crate::kubernetes::validate) use syntax::Syntax;

/// One check of an object of a definition.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// The field must be present and not empty.
    Required(&'static str),
    /// The field, when it is a text that is not empty, or each item of it, has a syntax.
    SyntaxOrEmpty(&'static str, Syntax),
    /// As [`Self::SyntaxOrEmpty`], and an empty text is refused too.
    Syntax(&'static str, Syntax),
    /// The field, or each item of it, is one of these texts; an empty one is absent.
    OneOfOrEmpty(&'static str, &'static [&'static str]),
    /// As [`Self::OneOfOrEmpty`], and an empty text is refused too.
    OneOf(&'static str, &'static [&'static str]),
    /// The whole number lies between two limits, inclusive.
    Range(&'static str, i64, i64),
    /// The field is not a negative number.
    NotNegative(&'static str),
    /// No two items of the list have the same text in a field; if its name is empty, the items themselves are compared.
    Unique(&'static str, &'static str),
    /// Exactly one of the fields is present.
    ExactlyOne(&'static [&'static str]),
    /// At most one of the fields is present.
    AtMostOne(&'static [&'static str]),
    /// Anything else.
    With(fn(&mut Walk<'_>, NodeId)),
}

/// Checks by the end of a definition's name, such as `core.v1.Container`.
pub(super) type Table = &'static [(&'static str, &'static [Check])];

const TABLES: [Table; 13] = [
    admission::CHECKS,
    autoscaling::CHECKS,
    cluster::CHECKS,
    container::CHECKS,
    custom_resource::CHECKS,
    labels::CHECKS,
    network::CHECKS,
    pod::CHECKS,
    probe::CHECKS,
    rbac::CHECKS,
    storage::CHECKS,
    volume::CHECKS,
    workload::CHECKS,
];

/// Largest whole number of 32 bits.
pub(super) const MAX_INT32: i64 = 2_147_483_647;

/// The checks of a definition, by its full name.
pub(super) fn checks_of(definition: &str) -> &'static [Check] {
    static CHECKS: OnceLock<HashMap<&'static str, &'static [Check], RandomState>> = OnceLock::new();
    let checks = CHECKS.get_or_init(|| TABLES.into_iter().flatten().copied().collect());
    checks.get(short_name(definition)).copied().unwrap_or_default()
}

/// `core.v1.Container` of `io.k8s.api.core.v1.Container`.
fn short_name(definition: &str) -> &str {
    let end = definition.rmatch_indices('.').nth(2).map_or(0, |(at, _)| at + 1);
    definition.get(end..).unwrap_or_default()
}

impl<'w> Walk<'w> {
    /// Runs the checks of its definition on an object.
    pub(super) fn check_object(&mut self, node: NodeId, checks: &'static [Check]) {
        const FEW: usize = 2;
        let run = |walk: &mut Self| checks.iter().for_each(|check| walk.check(node, *check));
        if checks.len() <= FEW {
            run(self);
        } else {
            self.with_keys(node, run);
        }
    }

    fn check(&mut self, node: NodeId, check: Check) {
        match check {
            Check::Required(name) => {
                if self.field(node, name).is_none_or(|value| self.is_empty(value)) {
                    self.required(node, name);
                }
            }
            Check::SyntaxOrEmpty(name, syntax) => {
                self.each_text(node, name, |walk, steps, text| {
                    if !text.is_empty() {
                        walk.check_syntax(node, steps, text, syntax);
                    }
                });
            }
            Check::Syntax(name, syntax) => {
                self.each_text(node, name, |walk, steps, text| {
                    walk.check_syntax(node, steps, text, syntax);
                });
            }
            Check::OneOfOrEmpty(name, values) => self.values(node, name, values, true),
            Check::OneOf(name, values) => self.values(node, name, values, false),
            Check::Range(name, least, most) => {
                if let Some(number) = self.integer(node, name)
                    && !(least..=most).contains(&number)
                {
                    let message = format!("Invalid value: {number}: must be between {least} and {most}, inclusive");
                    self.fault(node, &[Key(name)], ids::RANGE, message);
                }
            }
            Check::NotNegative(name) => {
                if let Some(number) = self.integer(node, name)
                    && number < 0
                {
                    let message = format!("Invalid value: {number}: must be greater than or equal to 0");
                    self.fault(node, &[Key(name)], ids::RANGE, message);
                }
            }
            Check::Unique(list, name) => self.unique(node, list, name),
            Check::ExactlyOne(names) => self.one_of(node, names, true),
            Check::AtMostOne(names) => self.one_of(node, names, false),
            Check::With(check) => check(self, node),
        }
    }

    /// Reports a field that is missing.
    pub(super) fn required(&mut self, node: NodeId, name: &str) {
        self.fault(node, &[Key(name)], ids::REQUIRED, "Required value");
    }

    /// Reports a text that does not have a syntax.
    pub(super) fn check_syntax(&mut self, node: NodeId, steps: &[super::fields::Step<'_>], text: &str, syntax: Syntax) {
        if let Some(fault) = syntax.fault(text) {
            let message = format!(
                "Invalid value: {:?}: {fault}",
                crate::kubernetes::validate::fields::shortened(text)
            );
            self.fault(node, steps, ids::NAME, message);
        }
    }

    /// Calls `visit` with the text of a field, or of each item of it.
    fn each_text(
        &mut self,
        node: NodeId,
        name: &str,
        mut visit: impl FnMut(&mut Self, &[super::fields::Step<'_>], &str),
    ) {
        let Some(value) = self.field(node, name) else { return };
        if self.tree.kind(value) == NodeKind::Sequence {
            for (index, item) in self.items(node, name).into_iter().enumerate() {
                if let Some(text) = self.text_of(item) {
                    visit(self, &[Key(name), Index(index)], &text);
                }
            }
        } else if let Some(text) = self.text_of(value) {
            visit(self, &[Key(name)], &text);
        }
    }

    fn values(&mut self, node: NodeId, name: &str, values: &[&str], allows_empty: bool) {
        self.each_text(node, name, |walk, steps, text| {
            let is_item = steps.len() > 1;
            let is_absent = allows_empty && text.is_empty() && !is_item;
            if !is_absent && !values.contains(&text) {
                let message = unsupported(text, values);
                walk.fault(node, steps, ids::ENUM, message);
            }
        });
    }

    fn unique(&mut self, node: NodeId, list: &str, name: &str) {
        let mut seen: HashSet<std::borrow::Cow<'w, str>, RandomState> = HashSet::default();
        for (index, item) in self.items(node, list).into_iter().enumerate() {
            let value = if name.is_empty() {
                Some(item)
            } else {
                self.field(item, name)
            };
            let Some(text) = value.and_then(|value| self.text_of(value)) else {
                continue;
            };
            if text.is_empty() {
                continue;
            }
            if seen.contains(&text) {
                let steps = [Key(list), Index(index), Key(name)];
                let steps = if name.is_empty() { steps.get(..2) } else { steps.get(..) };
                let message = format!("Duplicate value: {text:?}");
                self.fault(node, steps.unwrap_or_default(), ids::DUPLICATE, message);
            } else {
                seen.insert(text);
            }
        }
    }

    fn one_of(&mut self, node: NodeId, names: &[&str], needs_one: bool) {
        let present: Vec<&str> = names.iter().copied().filter(|name| self.has(node, name)).collect();
        if let [_, second, ..] = present.as_slice() {
            let message = format!("Forbidden: may not specify more than one of {}", present.join(", "));
            self.fault(node, &[Key(second)], ids::ONE_OF, message);
        } else if present.is_empty() && needs_one {
            let message = format!("Required value: must specify one of {}", names.join(", "));
            self.fault(node, &[], ids::ONE_OF, message);
        }
    }
}

/// The message for a value that is not among those supported.
pub(super) fn unsupported(text: &str, values: &[&str]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    format!(
        "Unsupported value: {:?}: supported values: {}",
        crate::kubernetes::validate::fields::shortened(text),
        values.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::catalog::Catalog;
    use super::super::schema::{Property, Schema};
    use super::*;
    use crate::kubernetes::version::EMBEDDED_MINORS;

    /// The names of fields, and the definition that a field, or each item of it, refers to.
    type Fields = BTreeMap<&'static str, Option<&'static str>>;

    /// The fields of every definition of every version, by its short name.
    fn fields() -> BTreeMap<&'static str, Fields> {
        let mut all: BTreeMap<&'static str, Fields> = BTreeMap::new();
        for minor in EMBEDDED_MINORS {
            let catalog = Catalog::find(&format!("1.{minor}")).expect("is embedded");
            for name in catalog.definition_names() {
                let definition = catalog.definition(name).expect("decodes");
                let fields = all.entry(short_name(definition.name)).or_default();
                let Schema::Object(properties) = definition.schema else {
                    continue;
                };
                for Property { name, schema, .. } in properties {
                    let item = match schema {
                        Schema::Array(item) => item,
                        other => other,
                    };
                    let referred = match item {
                        Schema::Reference(name) => catalog.definition(*name).map(|other| short_name(other.name)),
                        _ => None,
                    };
                    fields.insert(name, referred);
                }
            }
        }
        all
    }

    /// The fields that a check names, and those of the items of one of them.
    fn named(check: &Check) -> (Vec<&'static str>, Option<(&'static str, &'static str)>) {
        match *check {
            Check::Required(name)
            | Check::SyntaxOrEmpty(name, _)
            | Check::Syntax(name, _)
            | Check::OneOfOrEmpty(name, _)
            | Check::OneOf(name, _)
            | Check::Range(name, ..)
            | Check::NotNegative(name) => (vec![name], None),
            Check::Unique(list, "") => (vec![list], None),
            Check::Unique(list, name) => (vec![list], Some((list, name))),
            Check::ExactlyOne(names) | Check::AtMostOne(names) => (names.to_vec(), None),
            Check::With(_) => (Vec::new(), None),
        }
    }

    /// A misspelt key would switch its checks off, and a misspelt field would refuse every object, or none.
    #[test]
    fn tables_name_definitions_and_fields_that_exist() {
        let all = fields();
        let mut seen = BTreeSet::new();
        let mut wrong = Vec::new();
        for (key, checks) in TABLES.into_iter().flatten() {
            if !seen.insert(key) {
                wrong.push(format!("{key} has two rows, and only one counts"));
            }
            let Some(fields) = all.get(key) else {
                wrong.push(format!("no version has a definition {key}"));
                continue;
            };
            for check in *checks {
                let (names, inner) = named(check);
                wrong.extend(
                    names
                        .iter()
                        .filter(|name| !fields.contains_key(*name))
                        .map(|name| format!("{key} has no field {name}")),
                );
                if let Some((list, name)) = inner {
                    let item = fields.get(list).copied().flatten().and_then(|item| all.get(item));
                    if !item.is_some_and(|item| item.contains_key(name)) {
                        wrong.push(format!("items of {key} {list} have no field {name}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(seen.len() > 200, "{} keys", seen.len());
    }
}
