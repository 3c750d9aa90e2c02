//! The rules in the schema of a definition, compiled against it (`apiextensions-apiserver/pkg/apiserver/schema/cel`).

use serde_json::Value as Json;

use crate::text::json_member::member_of;
use crate::text::limits::{DEFINITION_RULE_BYTES, DEFINITION_RULES_BYTES};

use super::compile::compile;
use super::schema_types::{MAX_DEPTH, is_embedded, type_of};
use super::sizes::{Sizes, limit};
use super::types::Type;

/// The key of the rules of a schema.
const RULES: &str = "x-kubernetes-validations";
/// The name of the type of the value that a rule is about.
const SELF_TYPE: &str = "selfType";

/// Most that one expression may cost.
const RULE_COST: u64 = 10_000_000;
/// Most that all expressions of a schema may cost.
const TOTAL_COST: u64 = 100_000_000;

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kubernetes::validate) struct RuleFault {
    /// Steps from the root of the schema.
    pub(in crate::kubernetes::validate) path: Vec<String>,
    /// What is wrong, in the API server's words.
    pub(in crate::kubernetes::validate) message: String,
}

/// Whether a definition has rules whose cost, or number, keeps it from being accepted: none of its rules is evaluated.
pub(in crate::kubernetes::validate) fn is_too_expensive(schema: &Json) -> bool {
    let mut pass = Pass {
        count: Some(1),
        ..Pass::default()
    };
    pass.schema(schema, true, 0);
    pass.is_too_expensive || pass.total > TOTAL_COST
}

/// The faults of all rules of a schema whose structure is right.
pub(in crate::kubernetes::validate) fn rule_faults(schema: &Json) -> Vec<RuleFault> {
    let mut pass = Pass {
        count: Some(1),
        ..Pass::default()
    };
    pass.schema(schema, true, 0);
    if pass.total > TOTAL_COST {
        let message = too_expensive(
            "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema",
            pass.total,
            TOTAL_COST,
        );
        pass.faults.push(RuleFault {
            path: Vec::new(),
            message,
        });
    }
    pass.faults
}

#[derive(Default)]
struct Pass<'j> {
    /// How often a value of the schema can occur; nothing if its parents do not limit it.
    count: Option<u64>,
    /// The cost of all rules.
    total: u64,
    /// Bytes of all rules that were compiled.
    compiled: u64,
    /// Whether a rule costs too much, or there are too many.
    is_too_expensive: bool,
    path: Vec<&'j str>,
    faults: Vec<RuleFault>,
    /// The first schema on the way whose items have no predecessor in an older object, as the length of its path.
    uncorrelatable: Option<usize>,
}

impl<'j> Pass<'j> {
    fn schema(&mut self, schema: &'j Json, is_root: bool, depth: usize) {
        if depth > MAX_DEPTH || self.has_too_many_rules() {
            return;
        }
        let rules = member_of(schema, RULES).and_then(Json::as_array);
        if let Some(rules) = rules.filter(|rules| !rules.is_empty()) {
            self.rules(schema, rules, is_root);
        }
        let outer = self.count;
        self.count = self
            .count
            .zip(count(schema))
            .map(|(all, each)| all.saturating_mul(each));
        for (name, property) in member_of(schema, "properties")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
        {
            self.below(&["properties", name], |pass| pass.schema(property, false, depth + 1));
        }
        if let Some(values) = member_of(schema, "additionalProperties").filter(|values| values.is_object()) {
            self.below(&["additionalProperties"], |pass| pass.schema(values, false, depth + 1));
        }
        if let Some(items) = member_of(schema, "items") {
            let uncorrelatable = self.uncorrelatable;
            if member_of(schema, "x-kubernetes-list-type").and_then(Json::as_str) != Some("map") {
                self.uncorrelatable.get_or_insert(self.path.len());
            }
            self.below(&["items"], |pass| pass.schema(items, false, depth + 1));
            self.uncorrelatable = uncorrelatable;
        }
        self.count = outer;
    }

    fn below(&mut self, steps: &[&'j str], work: impl FnOnce(&mut Self)) {
        self.path.extend(steps);
        work(self);
        self.path.truncate(self.path.len() - steps.len());
    }

    /// The first steps of the path as the API server spells them.
    fn spelt(&self, length: usize) -> String {
        let mut text = "schema.openAPIV3Schema".to_owned();
        let mut is_name = false;
        for step in self.path.iter().take(length) {
            if is_name {
                text.push_str(&format!("[{step}]"));
            } else {
                text.push_str(&format!(".{step}"));
            }
            is_name = *step == "properties" && !is_name;
        }
        text
    }

    fn fault(&mut self, steps: &[&str], message: String) {
        let mut path: Vec<String> = self.path.iter().map(|step| (*step).to_owned()).collect();
        path.push(RULES.to_owned());
        path.extend(steps.iter().map(|step| (*step).to_owned()));
        self.faults.push(RuleFault { path, message });
    }

    fn rules(&mut self, schema: &Json, rules: &[Json], is_root: bool) {
        let Some(own) = type_of(schema, is_root || is_embedded(schema), SELF_TYPE, 0) else {
            let message = "Internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations";
            self.fault(&[], message.to_owned());
            return;
        };
        let sizes = Sizes::of(schema, is_root || is_embedded(schema), 0);
        for (index, rule) in rules.iter().enumerate() {
            let expressions = ["rule", "messageExpression"].map(|key| rule.get(key).and_then(Json::as_str));
            let bytes: u64 = expressions
                .iter()
                .flatten()
                .map(|expression| expression.len() as u64)
                .sum();
            self.compiled = self
                .compiled
                .saturating_add(bytes)
                .saturating_add(DEFINITION_RULE_BYTES);
            if self.has_too_many_rules() {
                self.is_too_expensive = true;
                let message = format!(
                    "Forbidden: the rules of the schema exceed the limit of {DEFINITION_RULES_BYTES} bytes, each counted as {DEFINITION_RULE_BYTES} more"
                );
                return self.fault(&[], message);
            }
            self.rule(rule, &index.to_string(), &own, sizes.as_ref());
        }
    }

    /// Whether the rest is not compiled.
    const fn has_too_many_rules(&self) -> bool {
        self.compiled > DEFINITION_RULES_BYTES
    }

    fn rule(&mut self, rule: &Json, index: &str, own: &Type, sizes: Option<&Sizes>) {
        let text = |key: &str| rule.get(key).and_then(Json::as_str).unwrap_or_default();
        let expression = text("rule");
        if expression.trim().is_empty() {
            return;
        }
        let optional = rule.get("optionalOldSelf").and_then(Json::as_bool);
        let before = if optional == Some(true) {
            Type::optional(own.clone())
        } else {
            own.clone()
        };
        let variables = [("self", own.clone()), ("oldSelf", before)];
        let compiled = match compile(expression, &variables, sizes) {
            Ok(compiled) => compiled,
            Err(fault) => return self.fault(&[index, "rule"], format!("Invalid value: {fault}")),
        };
        if compiled.is_sure && compiled.result != Type::Bool {
            let message = "Invalid value: cel expression must evaluate to a bool".to_owned();
            return self.fault(&[index, "rule"], message);
        }
        let often = self.count.or_else(|| sizes.map(Sizes::cardinality)).unwrap_or_default();
        self.costs(
            &[index, "rule"],
            "estimated rule cost",
            compiled.cost.saturating_mul(often),
        );
        if compiled.used.iter().any(|name| name == "oldSelf") {
            if let Some(length) = self.uncorrelatable {
                let place = self.spelt(length);
                let message = format!(
                    "Invalid value: oldSelf cannot be used on the uncorrelatable portion of the schema within {place}"
                );
                self.fault(&[index, "rule"], message);
            }
        } else if optional.is_some() && compiled.is_sure {
            let message = "Invalid value: may not be set if oldSelf is not used in rule".to_owned();
            self.fault(&[index, "optionalOldSelf"], message);
        }
        let message = text("messageExpression");
        if message.trim().is_empty() {
            return;
        }
        match compile(message, &variables, sizes) {
            Err(fault) => {
                let fault = fault.strip_prefix("compilation failed").map_or_else(
                    || format!("messageExpression {fault}"),
                    |rest| format!("messageExpression compilation failed{rest}"),
                );
                self.fault(&[index, "messageExpression"], format!("Invalid value: {fault}"));
            }
            Ok(compiled) if compiled.is_sure && compiled.result != Type::String => {
                let fault = "Invalid value: messageExpression must evaluate to a string".to_owned();
                self.fault(&[index, "messageExpression"], fault);
            }
            Ok(compiled) => {
                let name = "estimated messageExpression cost";
                self.costs(&[index, "messageExpression"], name, compiled.cost);
            }
        }
    }

    /// Counts the cost of an expression, which must be below a limit.
    fn costs(&mut self, steps: &[&str], name: &str, cost: u64) {
        if cost > RULE_COST {
            self.is_too_expensive = true;
            self.fault(steps, too_expensive(name, cost, RULE_COST));
        }
        self.total = self.total.saturating_add(cost);
    }
}

/// How often a value inside one of a schema can occur; nothing if there is no limit.
fn count(schema: &Json) -> Option<u64> {
    match member_of(schema, "type").and_then(Json::as_str) {
        Some("object") if member_of(schema, "additionalProperties").is_some_and(|values| !values.is_null()) => {
            limit(schema, "maxProperties")
        }
        Some("array") => limit(schema, "maxItems"),
        _ => Some(1),
    }
}

/// What the server says of a cost above a limit.
fn too_expensive(name: &str, cost: u64, limit: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "as in Go")]
    let factor = cost as f64 / limit as f64;
    let factor = if factor > 100.0 {
        "more than 100x".to_owned()
    } else if factor < 1.5 {
        format!("{factor:.6}x")
    } else {
        format!("{factor:.1}x")
    };
    format!(
        "Forbidden: {name} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Paths and messages of the faults of a schema.
    fn faults(schema: &Json) -> Vec<String> {
        let found = rule_faults(schema).into_iter();
        found
            .map(|fault| format!("{}: {}", fault.path.join("/"), fault.message))
            .collect()
    }

    /// The factors are those of the server.
    #[test]
    fn costs_are_limited_as_on_the_server() {
        let texts = |limits: Json| {
            let mut schema = json!({"type": "array", "items": {"type": "string"}});
            for (key, value) in limits.as_object().into_iter().flatten() {
                match (key.as_str(), schema.pointer_mut("/items")) {
                    ("maxLength", Some(items)) => items["maxLength"] = value.clone(),
                    _ => schema[key] = value.clone(),
                }
            }
            schema
        };
        for (schema, rule, wanted) in [
            (
                texts(json!({"maxItems": 100, "maxLength": 100})),
                "self.all(x, self.all(y, x == y || self.exists(z, z == x)))",
                Some("4.6x"),
            ),
            (texts(json!({})), "self.all(x, x == 'a')", None),
            (
                texts(json!({"maxItems": 1000, "maxLength": 1000})),
                "self.all(x, x.matches('^[a-z]+(-[a-z]+)*$'))",
                None,
            ),
            (
                texts(json!({"maxItems": 1000})),
                "self.exists(x, x.contains('abcdefghij'))",
                Some("31.5x"),
            ),
            (
                texts(json!({"maxItems": 3000, "maxLength": 60})),
                "self.map(x, x + 'a').filter(x, x in self).size() > 1",
                None,
            ),
            (
                texts(json!({"maxItems": 2000, "maxLength": 60})),
                "self.all(x, self.indexOf(x) > 1)",
                Some("10.0x"),
            ),
            (
                texts(json!({"maxItems": 2000, "maxLength": 500})),
                "self.exists_one(x, x.lowerAscii() == x && url(x).getHost() == '')",
                None,
            ),
            (
                texts(json!({"maxItems": 5000})),
                "self[0] == self[1] && (self == ['a'] ? self : ['b']).all(x, self.all(y, x != y))",
                Some("more than 100x"),
            ),
            (
                texts(json!({"maxItems": 50, "maxLength": 50})),
                "self.all(i, x, self.transformList(j, y, y).exists(z, z == x && i > 0))",
                None,
            ),
        ] {
            let mut schema = schema;
            schema[RULES] = json!([{"rule": rule}]);
            let found = faults(&json!({"type": "object", "properties": {"a": schema}}));
            let factor = found.first().and_then(|fault| fault.split("by factor of ").nth(1));
            let factor = factor.map(|rest| rest.split(" (").next().unwrap_or_default());
            assert_eq!(factor, wanted, "{schema}");
        }
    }

    #[test]
    fn rules_are_compiled_at_their_place() {
        let rule = |rule: Json| json!([rule]);
        for (schema, wanted) in [
            (
                json!({"type": "object", RULES: rule(json!({"rule": "self.metadata.name != ''"}))}),
                "",
            ),
            (
                json!({"type": "object", RULES: rule(json!({"rule": "'a'"}))}),
                "x-kubernetes-validations/0/rule: Invalid value: cel expression must evaluate to a bool",
            ),
            (
                json!({"type": "object", RULES: rule(json!({"rule": "true", "messageExpression": "1"}))}),
                "x-kubernetes-validations/0/messageExpression: Invalid value: messageExpression must evaluate to a string",
            ),
            (
                json!({"type": "object", RULES: rule(json!({"rule": "true", "messageExpression": "x"}))}),
                "x-kubernetes-validations/0/messageExpression: Invalid value: messageExpression compilation failed: ERROR: <input>:1:1: undeclared reference to 'x' (in container '')",
            ),
            (
                json!({"type": "object", RULES: rule(json!({"rule": "true", "optionalOldSelf": true}))}),
                "x-kubernetes-validations/0/optionalOldSelf: Invalid value: may not be set if oldSelf is not used in rule",
            ),
            (
                json!({"type": "object", RULES: rule(json!({"rule": "oldSelf.hasValue()", "optionalOldSelf": true}))}),
                "",
            ),
            (
                json!({"type": "object", "properties": {"a": {RULES: rule(json!({"rule": "true"}))}}}),
                "properties/a/x-kubernetes-validations: Internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations",
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "array", "maxItems": 9, "items": {
                    "type": "string", "maxLength": 9, RULES: rule(json!({"rule": "self == oldSelf"}))}}}}),
                "properties/a/items/x-kubernetes-validations/0/rule: Invalid value: oldSelf cannot be used on the uncorrelatable portion of the schema within schema.openAPIV3Schema.properties[a]",
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "array", "maxItems": 9, "x-kubernetes-list-type": "map", "items": {
                    "type": "string", "maxLength": 9, RULES: rule(json!({"rule": "self == oldSelf"}))}}}}),
                "",
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "integer", RULES: rule(json!({"rule": "self == 'a'"}))}}),
                "additionalProperties/x-kubernetes-validations/0/rule: Invalid value: compilation failed: ERROR: <input>:1:6: found no matching overload for '_==_' applied to '(int, string)'",
            ),
        ] {
            assert_eq!(faults(&schema).join(" | "), wanted, "{schema}");
        }
    }
}
