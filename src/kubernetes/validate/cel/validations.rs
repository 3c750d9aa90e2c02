//! The rules of custom resources, evaluated as the server does when a resource is created
//! (`apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`).

use serde_json::{Map, Value as Json};

use crate::text::go::quote::quote;
use crate::text::visible::fitting;

use super::budget::{Fault, Stop};
use super::evaluation::evaluate;
use super::rule_programs::{Rule, RulePrograms, VARIABLES};
use super::schema_types::{MAX_DEPTH, is_embedded};
use super::typed_values::typed;
use super::value::Value;

/// Most that the evaluation of all rules for a resource may cost (`RuntimeCELCostBudget`).
const TOTAL_COST: u64 = 10_000_000;
/// Most steps of the evaluation of all rules for a resource here.
const TOTAL_STEPS: u64 = 100_000_000;
/// Most rules that fail before the rest is not looked at.
const MOST_FAILED: usize = 1_000;
/// Longest message that an expression makes (`MaxEvaluatedMessageExpressionSizeBytes`).
const MESSAGE_BYTES: usize = 5 << 10;

const RULES: &str = "x-kubernetes-validations";
const SPENT: &str = "validation failed due to running out of cost budget, no further validation rules will be run";
const MESSAGE_SPENT: &str =
    "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run";

/// The results of the validations of a schema for a custom resource.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::kubernetes::validate) struct Validations {
    /// Path (its steps) and message of every validation that fails.
    pub(in crate::kubernetes::validate) failed: Vec<(Vec<String>, String)>,
    /// Path (its steps) and expression of every validation that cannot be evaluated here, and so counts as passed.
    pub(in crate::kubernetes::validate) not_evaluated: Vec<(Vec<String>, String)>,
}

/// Evaluates the validations of a schema for a value whose defaults are set. Rules that compare with the previous object
/// apply to updates only, unless that object is optional.
pub(in crate::kubernetes::validate) fn validations(
    schema: &Json,
    programs: &RulePrograms,
    value: &Json,
) -> Validations {
    let mut pass = Pass::new(programs);
    let own = typed(schema, value, true);
    pass.walk(schema, schema, value, &own);
    pass.found
}

/// The same for a definition that the API server refuses for what its rules may cost: none of them is evaluated.
pub(in crate::kubernetes::validate) fn unevaluated(
    schema: &Json,
    programs: &RulePrograms,
    value: &Json,
) -> Validations {
    let mut pass = Pass::new(programs);
    pass.is_refused = true;
    pass.walk(schema, schema, value, &Value::Null);
    pass.found
}

/// Whether a schema has any validation at all.
pub(in crate::kubernetes::validate) fn has_validations(schema: &Json) -> bool {
    match schema {
        Json::Object(fields) => fields
            .iter()
            .any(|(name, value)| name == RULES || (name != "default" && name != "enum" && has_validations(value))),
        Json::Array(items) => items.iter().any(has_validations),
        _ => false,
    }
}

/// The evaluation of all rules for a resource.
struct Pass<'p> {
    programs: &'p RulePrograms,
    /// What may still be spent.
    left: u64,
    steps: u64,
    /// Whether no more rules are evaluated.
    is_over: bool,
    /// Whether no rule is evaluated at all.
    is_refused: bool,
    /// Steps to the value.
    path: Vec<String>,
    /// Steps to the schema.
    place: Vec<String>,
    found: Validations,
}

impl<'p> Pass<'p> {
    fn new(programs: &'p RulePrograms) -> Self {
        Self {
            programs,
            left: TOTAL_COST,
            steps: 0,
            is_over: false,
            is_refused: false,
            path: Vec::new(),
            place: Vec::new(),
            found: Validations::default(),
        }
    }

    fn at(&mut self, step: String, place: &[&str], work: impl FnOnce(&mut Self)) {
        self.path.push(step);
        self.below(place, work);
        self.path.pop();
    }

    fn below(&mut self, place: &[&str], work: impl FnOnce(&mut Self)) {
        let depth = self.place.len();
        self.place.extend(place.iter().map(|step| (*step).to_owned()));
        work(self);
        self.place.truncate(depth);
    }

    /// Rules of `schema`, which may be a part of `node`, the schema of the value.
    fn walk(&mut self, schema: &Json, node: &Json, json: &Json, value: &Value) {
        if self.path.len() > MAX_DEPTH || self.place.len() > 3 * MAX_DEPTH || json.is_null() || self.is_over {
            return;
        }
        let rules = schema.get(RULES).and_then(Json::as_array);
        if let Some(rules) = rules.filter(|rules| !rules.is_empty()) {
            self.rules(rules, node, json, value);
        }
        let all = schema.get("allOf").and_then(Json::as_array);
        for (index, part) in all.into_iter().flatten().enumerate() {
            if has_validations(part) {
                self.below(&["allOf", &index.to_string()], |pass| {
                    pass.walk(part, node, json, value);
                });
            }
        }
        match json {
            Json::Object(fields) => self.fields(schema, node, fields, value),
            Json::Array(items) => {
                if let (Some(schema), Some(node)) = (schema.get("items"), node.get("items")) {
                    for (index, item) in items.iter().enumerate() {
                        let own = match value {
                            Value::List(list) => list.items.get(index).cloned(),
                            _ => None,
                        };
                        self.at(index.to_string(), &["items"], |pass| {
                            pass.inner(schema, node, item, own);
                        });
                    }
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, schema: &Json, node: &Json, fields: &Map<String, Json>, value: &Value) {
        for (name, field) in fields {
            let property = |schema: &'_ Json| schema.get("properties").is_some_and(|all| all.get(name).is_some());
            let place: &[&str] = if property(schema) {
                &["properties", name]
            } else {
                &["additionalProperties"]
            };
            let (Some(schema), Some(node)) = (part(schema, place), part(node, place)) else {
                continue;
            };
            // The metadata of a resource is seen in another way from outside.
            let is_meta = self.path.is_empty() && matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
            let own = match value {
                Value::Map(map) if !is_meta => map.field(name).cloned(),
                _ => None,
            };
            self.at(name.clone(), place, |pass| pass.inner(schema, node, field, own));
        }
    }

    fn inner(&mut self, schema: &Json, node: &Json, json: &Json, own: Option<Value>) {
        let own = own.unwrap_or_else(|| {
            if self.is_refused {
                Value::Null
            } else {
                typed(node, json, is_embedded(node))
            }
        });
        self.walk(schema, node, json, &own);
    }

    fn rules(&mut self, rules: &[Json], node: &Json, json: &Json, value: &Value) {
        let is_resource = self.path.is_empty() || is_embedded(node);
        let compiled = self.programs.rules(&self.place.join("/"), node, rules, is_resource);
        for rule in compiled.iter() {
            if self.is_over {
                return;
            }
            self.rule(rule, json, value);
        }
    }

    fn skip(&mut self, rule: &Rule) {
        let expression = fitting(&rule.text).into_owned();
        self.found.not_evaluated.push((self.path.clone(), expression));
        // Too many are as bad as too much time.
        self.is_over |= self.found.not_evaluated.len() >= MOST_FAILED;
    }

    fn fail(&mut self, steps: &[String], message: &str) {
        let path = self.path.iter().chain(steps).cloned().collect();
        self.found.failed.push((path, fitting(message).into_owned()));
        self.is_over |= self.found.failed.len() >= MOST_FAILED;
    }

    fn end(&mut self, message: &str) {
        self.fail(&[], message);
        self.is_over = true;
    }

    /// Evaluates one rule for a value.
    fn rule(&mut self, rule: &Rule, json: &Json, value: &Value) {
        if rule.is_transition() && !rule.is_optional {
            return;
        }
        let Some(program) = rule
            .program
            .as_ref()
            .filter(|_| !self.is_refused && self.steps < TOTAL_STEPS)
        else {
            return self.skip(rule);
        };
        if self.left == 0 {
            return self.end(SPENT);
        }
        let [own, before] = VARIABLES;
        let variables = [
            (own, Some(value.clone())),
            (before, rule.is_optional.then_some(Value::Optional(None))),
        ];
        let (result, budget) = evaluate(&program.plan, &variables);
        self.steps = self.steps.saturating_add(budget.steps());
        if matches!(result, Err(Fault::Stop(Stop::Here))) {
            return self.skip(rule);
        }
        if budget.cost() > self.left {
            return self.end(SPENT);
        }
        self.left -= budget.cost();
        let name = rule.name();
        match result {
            Ok(Value::Bool(true)) => {}
            Ok(_) => {
                if let Some(message) = self.message(rule, value) {
                    self.refuse(rule, json, &message);
                }
            }
            Err(Fault::Stop(_)) => self.end(&format!(
                "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: {name}"
            )),
            Err(Fault::Error(words)) if words.starts_with("no such overload") => self.fail(
                &[],
                &format!(
                    "'{words}': call arguments did not match a supported operator, function or macro signature for rule: {name}"
                ),
            ),
            Err(Fault::Error(words)) => self.fail(&[], &format!("{words} evaluating rule: {name}")),
        }
    }

    /// The message of a rule that fails; nothing if making it ends the validation.
    fn message(&mut self, rule: &Rule, value: &Value) -> Option<String> {
        let usual = || {
            rule.message
                .clone()
                .unwrap_or_else(|| format!("failed rule: {}", rule.text))
        };
        let Some((expression, program)) = &rule.message_program else {
            return Some(usual());
        };
        let [own, before] = VARIABLES;
        let variables = [(own, Some(value.clone())), (before, None)];
        let (result, budget) = evaluate(&program.plan, &variables);
        self.steps = self.steps.saturating_add(budget.steps());
        if budget.cost() > self.left {
            self.end(MESSAGE_SPENT);
            return None;
        }
        if matches!(result, Err(Fault::Stop(Stop::Cost))) {
            let shown = quote(expression.as_bytes());
            self.end(&format!(
                "no further validation rules will be run due to call cost exceeds limit for messageExpression: {shown}"
            ));
            return None;
        }
        self.left -= budget.cost();
        let computed = match &result {
            Ok(Value::String(text)) => text.trim(),
            _ => "",
        };
        let is_usable = !computed.is_empty() && computed.len() <= MESSAGE_BYTES && !computed.contains('\n');
        Some(if is_usable { computed.to_owned() } else { usual() })
    }

    fn refuse(&mut self, rule: &Rule, json: &Json, message: &str) {
        let message = match rule.reason.as_deref() {
            Some("FieldValueForbidden") => format!("Forbidden: {message}"),
            Some("FieldValueRequired") => format!("Required value: {message}"),
            Some("FieldValueDuplicate") => match json {
                Json::Object(_) | Json::Array(_) => "Duplicate value".to_owned(),
                scalar => format!("Duplicate value: {scalar}"),
            },
            _ => message.to_owned(),
        };
        self.fail(&rule.field, &message);
    }
}

/// What is at some steps in a schema.
fn part<'j>(schema: &'j Json, place: &[&str]) -> Option<&'j Json> {
    place.iter().try_fold(schema, |at, step| at.get(step))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(schema: &Json, value: &Json) -> Validations {
        validations(schema, &RulePrograms::default(), value)
    }

    /// What fails of one rule for a value of a schema: the path and the message.
    fn of_rule(schema: Json, rule: &Json, value: &Json) -> Vec<(String, String)> {
        let mut schema = schema;
        schema[RULES] = json!([rule]);
        let found = found(&schema, value);
        assert_eq!(found.not_evaluated, []);
        let failed = found.failed.into_iter();
        failed.map(|(path, message)| (path.join("."), message)).collect()
    }

    fn one(path: &str, message: &str) -> Vec<(String, String)> {
        vec![(path.to_owned(), message.to_owned())]
    }

    #[test]
    fn validations_are_evaluated_at_their_place() {
        let schema = json!({
            "type": "object",
            "x-kubernetes-validations": [{"rule": "self.spec.min <= self.spec.max", "message": "min above max"}],
            "properties": {"spec": {
                "type": "object",
                "properties": {
                    "min": {"type": "integer"},
                    "max": {"type": "integer"},
                    "names": {"type": "array", "items": {
                        "type": "string",
                        "x-kubernetes-validations": [{"rule": "self.startsWith('a')"}, {"rule": "oldSelf == self"}]
                    }}
                }
            }}
        });
        assert!(has_validations(&schema) && !has_validations(&json!({"properties": {}})));
        let failures = |value| found(&schema, &value).failed;
        assert_eq!(failures(json!({"spec": {"min": 1, "max": 3, "names": ["a"]}})), []);
        assert_eq!(
            failures(json!({"spec": {"min": 4, "max": 3}})),
            [(vec![], "min above max".to_owned())]
        );
        let path = ["spec", "names", "1"].map(str::to_owned).to_vec();
        assert_eq!(
            failures(json!({"spec": {"min": 1, "max": 3, "names": ["a", "b"]}})),
            [(path, "failed rule: self.startsWith('a')".to_owned())]
        );
        assert_eq!(
            failures(json!({"spec": {}})),
            [(vec![], "no such key: min evaluating rule: min above max".to_owned())]
        );
    }

    #[test]
    fn messages_are_computed() {
        let schema = || json!({"type": "object", "properties": {"n": {"type": "integer"}, "s": {"type": "string"}}});
        for (rule, wanted) in [
            (
                json!({"rule": "self.n < 3", "messageExpression": "'n is ' + string(self.n)"}),
                "n is 5",
            ),
            (
                json!({"rule": "self.n < 3", "message": "usual", "messageExpression": "' '"}),
                "usual",
            ),
            (
                json!({"rule": "self.n < 3", "message": "usual", "messageExpression": "'a\\nb'"}),
                "usual",
            ),
            (
                json!({"rule": "self.n < 3", "message": "usual", "messageExpression": "self.s"}),
                "usual",
            ),
            (json!({"rule": " self.n < 3 "}), "failed rule: self.n < 3"),
        ] {
            assert_eq!(of_rule(schema(), &rule, &json!({"n": 5})), one("", wanted), "{rule}");
        }
    }

    #[test]
    fn failures_are_at_the_field_and_have_the_reason() {
        let schema = || json!({"type": "object", "properties": {"a.b": {"type": "object", "properties": {"n": {"type": "integer"}}}}});
        let value = || json!({"a.b": {"n": 5}});
        for (extra, path, wanted) in [
            (json!({"fieldPath": "['a.b'].n"}), "a.b.n", "no"),
            (json!({"fieldPath": ".other"}), "", "no"),
            (json!({"reason": "FieldValueForbidden"}), "", "Forbidden: no"),
            (json!({"reason": "FieldValueRequired"}), "", "Required value: no"),
            (json!({"reason": "FieldValueDuplicate"}), "", "Duplicate value"),
        ] {
            let mut rule = json!({"rule": "false", "message": "no"});
            rule.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            assert_eq!(of_rule(schema(), &rule, &value()), one(path, wanted), "{rule}");
        }
    }

    #[test]
    fn transitions_are_for_updates() {
        let schema = || json!({"type": "integer"});
        assert_eq!(of_rule(schema(), &json!({"rule": "self == oldSelf"}), &json!(1)), []);
        let rule = |text: &str| json!({"rule": text, "optionalOldSelf": true, "message": "no"});
        assert_eq!(of_rule(schema(), &rule("oldSelf.hasValue()"), &json!(1)), one("", "no"));
        assert_eq!(of_rule(schema(), &rule("oldSelf.orValue(7) == 7"), &json!(1)), []);
    }

    #[test]
    fn lists_and_formats_have_their_types() {
        let keyed = |kind: &str| {
            json!({"type": "object", "properties": {"l": {
                "type": "array", "x-kubernetes-list-type": kind, "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}}
            }}})
        };
        let value = || json!({"l": [{"k": "a", "v": 1}, {"k": "b", "v": 2}]});
        let rule = json!({"rule": "self.l == [self.l[1], self.l[0]]", "message": "no"});
        assert_eq!(of_rule(keyed("map"), &rule, &value()), []);
        assert_eq!(of_rule(keyed("atomic"), &rule, &value()), one("", "no"));
        let schema = json!({"type": "object", "properties": {
            "at": {"type": "string", "format": "date-time"},
            "after": {"type": "string", "format": "duration"},
            "data": {"type": "string", "format": "byte"}
        }});
        let rule = json!({
            "rule": "self.at + self.after == timestamp('2020-01-01T01:00:00Z') && self.data == b'abc'",
            "message": "no"
        });
        let value = json!({"at": "2020-01-01T00:00:00Z", "after": "1h", "data": "YWJj"});
        assert_eq!(of_rule(schema, &rule, &value), []);
    }

    #[test]
    fn patterns_of_rules_are_those_of_go() {
        for (rule, text, has_failed) in [
            ("self.matches('^[a-z]+$')", "abc", false),
            ("self.matches('^[a-z]+$')", "ABC", true),
            ("matches(self, 'b')", "abc", false),
            ("self.matches('\\\\p{Greek}')", "α", false),
            ("self.matches('^\\\\d$')", "٣", true),
        ] {
            let failed = of_rule(json!({"type": "string"}), &json!({"rule": rule}), &json!(text));
            assert_eq!(failed.len(), usize::from(has_failed), "{rule} {text}");
        }
    }

    #[test]
    fn costs_have_limits() {
        let schema = || json!({"type": "array", "items": {"type": "integer"}});
        let value = || Json::from(vec![1; 2_000]);
        let dear = json!({"rule": "self.all(a, self.all(b, a == b))", "message": "no"});
        let wanted = "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: no";
        assert_eq!(of_rule(schema(), &dear, &value()), one("", wanted));

        // Each costs less than the limit of one, all together more than that of all.
        let rule = json!({"rule": "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].all(a, self.all(b, b == 1))"});
        let rules = vec![rule; 100];
        let schema = json!({"type": "array", "items": {"type": "integer"}, "x-kubernetes-validations": rules});
        let found = found(&schema, &value());
        assert_eq!(found.failed, [(vec![], SPENT.to_owned())]);
    }

    #[test]
    fn failures_are_not_collected_without_end() {
        let rules: Vec<Json> = (0..50).map(|at| json!({"rule": format!("self != {at}")})).collect();
        let items = json!({"type": "integer", "x-kubernetes-validations": rules});
        let schema = json!({"type": "object", "properties": {"l": {"type": "array", "items": items}}});
        let found = found(&schema, &json!({"l": vec![0; 20_000]}));
        assert_eq!((found.failed.len(), found.not_evaluated.len()), (MOST_FAILED, 0));
    }
}
