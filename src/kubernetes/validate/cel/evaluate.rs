//! The validations of custom resources, evaluated, and expressions over variables of unknown types, compiled.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelString};
use cel::objects::{Key, Map};
use cel::{Context, Env, ExecutionError, Program, Value};
use serde_json::Value as Json;

use crate::text::go::pattern::compile;
use crate::text::stop;
use crate::text::visible::fitting;

use super::super::kept::Kept;
use super::compile::MAX_BYTES;
use super::evaluable::{Evaluable, TOTAL_EVALUATION_COST};
use super::schema_types::MAX_DEPTH;

/// Functions of the language that bind a variable as their first argument.
const MACROS: [&str; 11] = [
    "all(",
    "exists(",
    "exists_one(",
    "existsOne(",
    "map(",
    "filter(",
    "transformList(",
    "transformMap(",
    "transformMapEntry(",
    "sortBy(",
    "bind(",
];
/// Names that are types or namespaces of functions rather than variables.
const NAMES: [&str; 16] = [
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "bool",
    "list",
    "map",
    "type",
    "null_type",
    "timestamp",
    "duration",
    "dyn",
    "math",
    "optional",
    "format",
];

/// Why an expression over some variables does not compile: its syntax, or an undeclared name.
pub(in crate::kubernetes::validate) fn compile_fault(expression: &str, variables: &[&str]) -> Option<String> {
    let program = match compiled(expression)? {
        Ok(program) => program,
        Err(fault) => return Some(format!("compilation failed: {fault}")),
    };
    let references = program.references();
    let unknown = references.variables().into_iter().find(|name| {
        let root = name.split('.').next().unwrap_or(name);
        !variables.contains(&root) && !NAMES.contains(&root) && !root.starts_with('@') && !is_bound(expression, root)
    });
    unknown.map(|name| format!("compilation failed: undeclared reference to '{name}'"))
}

/// A program, or what is wrong with its syntax.
type Compiled = Result<Arc<Program>, String>;

/// The program of an expression; nothing for one that is too long, or on which the compiler panics.
fn compiled(expression: &str) -> Option<Compiled> {
    static KNOWN: Kept<Option<Compiled>> = Kept::new(10_000);
    KNOWN.get(expression, || {
        if expression.len() > MAX_BYTES {
            return None;
        }
        let program = catch_unwind(AssertUnwindSafe(|| Program::compile(expression))).ok()?;
        Some(program.map(Arc::new).map_err(|errors| {
            let text = errors.to_string();
            text.lines().next().unwrap_or_default().trim().to_owned()
        }))
    })
}

/// Whether a macro of the expression binds a name. The compiler does not report it, so the text is searched.
fn is_bound(expression: &str, name: &str) -> bool {
    expression.match_indices(name).any(|(at, _)| {
        let before = expression.get(..at).unwrap_or_default().trim_end();
        let after = expression.get(at + name.len()..).unwrap_or_default().trim_start();
        let is_first = MACROS.iter().any(|name| before.ends_with(name));
        // Macros with two variables have the second one after the first.
        let is_second = before.strip_suffix(',').is_some_and(|before| {
            let start = before.rfind('(').map_or(0, |at| at + 1);
            let (call, first) = before.split_at_checked(start).unwrap_or_default();
            MACROS.iter().any(|name| call.trim_end().ends_with(name))
                && first
                    .trim()
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        after.starts_with(',') && (is_first || is_second)
    })
}

/// The results of the validations of a schema for a custom resource.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::kubernetes::validate) struct Validations {
    /// Path (its steps) and message of every validation that fails.
    pub(in crate::kubernetes::validate) failed: Vec<(Vec<String>, String)>,
    /// Path (its steps) and expression of every validation that cannot be evaluated here, and so counts as passed.
    pub(in crate::kubernetes::validate) not_evaluated: Vec<(Vec<String>, String)>,
}

/// Evaluates the validations of a schema for a value whose defaults are set. Rules that compare with the previous object
/// apply to updates only.
pub(in crate::kubernetes::validate) fn validations(schema: &Json, value: &Json) -> Validations {
    let mut pass = Pass::default();
    pass.evaluate(schema, value, &mut Vec::new());
    pass.found
}

/// The same for a definition that the API server refuses for what its rules may cost: none of them is evaluated.
pub(in crate::kubernetes::validate) fn unevaluated(schema: &Json, value: &Json) -> Validations {
    let mut pass = Pass {
        is_refused: true,
        ..Pass::default()
    };
    pass.evaluate(schema, value, &mut Vec::new());
    pass.found
}

/// Whether a schema has any validation at all.
pub(in crate::kubernetes::validate) fn has_validations(schema: &Json) -> bool {
    match schema {
        Json::Object(fields) => fields.iter().any(|(name, value)| {
            name == "x-kubernetes-validations" || (name != "default" && name != "enum" && has_validations(value))
        }),
        Json::Array(items) => items.iter().any(has_validations),
        _ => false,
    }
}

/// What estimating the cost of a rule for a value counts as, besides the evaluation.
const COST_OF_A_LOOK: u64 = 300;

/// Bytes of a value that are handed to the evaluator in the time of a unit of cost.
const BYTES_OF_COST: u64 = 64;

/// The evaluation of all rules for a resource.
#[derive(Default)]
struct Pass {
    /// What was evaluated so far cost this.
    cost: u64,
    /// Whether no rule is evaluated.
    is_refused: bool,
    found: Validations,
}

impl Pass {
    /// Whether the rules cost too much already: the rule that exceeded the limit is reported as not evaluated, the others
    /// are not looked at.
    fn is_spent(&self) -> bool {
        self.cost > TOTAL_EVALUATION_COST || stop::reason().is_some()
    }

    fn evaluate(&mut self, schema: &Json, instance: &Json, path: &mut Vec<String>) {
        if path.len() > MAX_DEPTH || instance.is_null() || self.is_spent() {
            return;
        }
        let rules = schema.get("x-kubernetes-validations").and_then(Json::as_array);
        if let Some(rules) = rules.filter(|rules| !rules.is_empty()) {
            self.rules(schema, rules, instance, path);
        }
        match instance {
            Json::Object(fields) => {
                let properties = schema.get("properties");
                for (name, value) in fields {
                    let property = properties
                        .and_then(|all| all.get(name))
                        .or_else(|| schema.get("additionalProperties"));
                    if let Some(property) = property {
                        path.push(name.clone());
                        self.evaluate(property, value, path);
                        path.pop();
                    }
                }
            }
            Json::Array(items) => {
                if let Some(schema) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        path.push(index.to_string());
                        self.evaluate(schema, item, path);
                        path.pop();
                    }
                }
            }
            _ => {}
        }
    }

    fn rules(&mut self, schema: &Json, rules: &[Json], instance: &Json, path: &[String]) {
        let evaluable = OnceCell::new();
        let context = OnceCell::new();
        for rule in rules {
            let text = |name: &str| rule.get(name).and_then(Json::as_str);
            let Some(expression) = text("rule").filter(|expression| !expression.contains("oldSelf")) else {
                continue;
            };
            if self.is_spent() {
                return;
            }
            self.cost = self.cost.saturating_add(COST_OF_A_LOOK);
            let holds = if self.is_refused {
                None
            } else {
                let evaluable = evaluable.get_or_init(|| {
                    let evaluable = Evaluable::new(schema, instance, path.is_empty());
                    self.cost = self.cost.saturating_add(evaluable.weight() / BYTES_OF_COST);
                    evaluable
                });
                evaluable.cost(expression).and_then(|cost| {
                    self.cost = self.cost.saturating_add(cost);
                    let context = || context.get_or_init(|| context_of(instance));
                    (self.cost <= TOTAL_EVALUATION_COST).then(|| holds(expression, context()))?
                })
            };
            if holds.is_none() {
                let expression = fitting(expression.trim()).into_owned();
                self.found.not_evaluated.push((path.to_vec(), expression));
            }
            if holds == Some(false) {
                let message = text("message").map_or_else(
                    || format!("failed rule: {}", fitting(expression.trim())),
                    |message| fitting(message).into_owned(),
                );
                let steps = text("fieldPath").into_iter().flat_map(|path| path.split('.'));
                let steps = steps.filter(|step| !step.is_empty()).map(str::to_owned);
                self.found
                    .failed
                    .push((path.iter().cloned().chain(steps).collect(), message));
            }
        }
    }
}

/// The functions of rules: those of the language, with the patterns of Go.
static FUNCTIONS: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    // They are not there yet.
    let _added = cel::add_member_overload!(env, fn matches: (CelString, CelString) -> Result<CelBool>);
    let _added = cel::add_overload!(env, fn matches: (CelString, CelString) -> Result<CelBool>, id = "matches");
    Arc::new(env)
});

fn matches(text: &CelString<'_>, pattern: &CelString<'_>) -> Result<CelBool, ExecutionError> {
    let compiled = compile(pattern.inner()).map_err(|message| ExecutionError::FunctionError {
        function: "matches".to_owned(),
        message,
    })?;
    Ok(CelBool::from(compiled.is_match(text.inner())))
}

/// A value as the variable of rules.
fn context_of(instance: &Json) -> Context<'static, 'static> {
    let mut context = Context::with_env(Arc::clone(&FUNCTIONS));
    context.add_variable_from_value("self", value_of(instance, 0));
    context
}

/// The result of a rule for a value; nothing if it cannot be evaluated.
fn holds(expression: &str, context: &Context<'_, '_>) -> Option<bool> {
    let program = compiled(expression)?.ok()?;
    let result = catch_unwind(AssertUnwindSafe(|| program.execute(context))).ok()?.ok()?;
    match result {
        Value::Bool(holds) => Some(holds),
        _ => None,
    }
}

fn value_of(json: &Json, depth: usize) -> Value {
    match json {
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number
            .as_i64()
            .map(Value::Int)
            .or_else(|| number.as_u64().map(Value::UInt))
            .unwrap_or_else(|| Value::Float(number.as_f64().unwrap_or_default())),
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Array(items) if depth < MAX_DEPTH => {
            Value::List(Arc::new(items.iter().map(|item| value_of(item, depth + 1)).collect()))
        }
        Json::Object(fields) if depth < MAX_DEPTH => {
            let entries: HashMap<Key, Value> = fields
                .iter()
                // The server sees a field that is null as one that is not there.
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (Key::String(Arc::new(name.clone())), value_of(value, depth + 1)))
                .collect();
            Value::Map(Map { map: Arc::new(entries) })
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_are_compiled_over_their_variables() {
        for good in [
            "self.a > 1 && self.b.all(x, x.size() > 0)",
            "has(self.a) ? self.a : 'b' == string(1)",
            "self.map(k, v, k + v).size() == 0",
            "self.items.exists(i, self.items.exists_one(j, i == j))",
            "quantity(self.a).isGreaterThan(quantity('1'))",
            "type(self.a) == int",
        ] {
            assert_eq!(compile_fault(good, &["self", "oldSelf"]), None, "{good}");
        }
        for bad in ["self.a >", "abc", "self.a && other.b", "self.all(x, y > 1)", "("] {
            assert!(compile_fault(bad, &["self"]).is_some(), "{bad}");
        }
    }

    #[test]
    fn rules_for_very_many_values_are_stopped() {
        let rules: Vec<Json> = (0..50).map(|at| json!({"rule": format!("self != {at}")})).collect();
        let items = json!({"type": "integer", "x-kubernetes-validations": rules});
        let schema = json!({"type": "object", "properties": {"l": {"type": "array", "items": items}}});
        let found = validations(&schema, &json!({"l": vec![0; 20_000]}));
        let evaluated = found.failed.len();
        assert!((1_000..3_000).contains(&evaluated), "{evaluated}");
        assert!(found.not_evaluated.len() <= 1, "{}", found.not_evaluated.len());
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
            let schema = json!({"type": "string", "x-kubernetes-validations": [{"rule": rule, "message": "no"}]});
            let found = validations(&schema, &json!(text));
            assert_eq!(
                (found.failed.len(), found.not_evaluated.len()),
                (usize::from(has_failed), 0),
                "{rule} {text}"
            );
        }
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
        let failures = |instance| validations(&schema, &instance).failed;
        assert!(failures(json!({"spec": {"min": 1, "max": 3, "names": ["a"]}})).is_empty());
        assert_eq!(
            failures(json!({"spec": {"min": 4, "max": 3}})),
            [(vec![], "min above max".to_owned())]
        );
        let found = failures(json!({"spec": {"min": 1, "max": 3, "names": ["a", "b"]}}));
        assert_eq!(found.first().unwrap().0, ["spec", "names", "1"]);
        // A validation that cannot be evaluated counts as passed.
        assert!(failures(json!({"spec": {}})).is_empty());
        let found = validations(&schema, &json!({"spec": {}}));
        assert_eq!(
            found.not_evaluated,
            [(vec![], "self.spec.min <= self.spec.max".to_owned())]
        );
    }
}
