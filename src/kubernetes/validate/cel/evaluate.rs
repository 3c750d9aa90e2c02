//! The validations of custom resources, evaluated, and expressions over variables of unknown types, compiled.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cel::objects::{Key, Map};
use cel::{Context, Program, Value};
use serde_json::Value as Json;

use super::compile::MAX_BYTES;
use super::kept::Kept;
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
    static KNOWN: Kept<Option<Compiled>> = Kept::new();
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
    let mut found = Validations::default();
    evaluate(schema, value, &mut Vec::new(), &mut found);
    found
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

fn evaluate(schema: &Json, instance: &Json, path: &mut Vec<String>, found: &mut Validations) {
    if path.len() > MAX_DEPTH || instance.is_null() {
        return;
    }
    for rule in schema
        .get("x-kubernetes-validations")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
    {
        let text = |name: &str| rule.get(name).and_then(Json::as_str);
        let Some(expression) = text("rule").filter(|expression| !expression.contains("oldSelf")) else {
            continue;
        };
        let holds = holds(expression, instance);
        if holds.is_none() {
            found.not_evaluated.push((path.clone(), expression.trim().to_owned()));
        }
        if holds == Some(false) {
            let message = text("message").map_or_else(|| format!("failed rule: {}", expression.trim()), str::to_owned);
            let mut place = path.clone();
            place.extend(
                text("fieldPath")
                    .into_iter()
                    .flat_map(|path| path.split('.'))
                    .filter(|step| !step.is_empty())
                    .map(str::to_owned),
            );
            found.failed.push((place, message));
        }
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
                    evaluate(property, value, path, found);
                    path.pop();
                }
            }
        }
        Json::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    evaluate(schema, item, path, found);
                    path.pop();
                }
            }
        }
        _ => {}
    }
}

/// The result of a rule for a value; nothing if it cannot be evaluated.
fn holds(expression: &str, instance: &Json) -> Option<bool> {
    let program = compiled(expression)?.ok()?;
    let mut context = Context::default();
    context.add_variable_from_value("self", value_of(instance, 0));
    let result = catch_unwind(AssertUnwindSafe(|| program.execute(&context)))
        .ok()?
        .ok()?;
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
    fn validations_are_evaluated_at_their_place() {
        let schema = json!({
            "x-kubernetes-validations": [{"rule": "self.spec.min <= self.spec.max", "message": "min above max"}],
            "properties": {"spec": {
                "properties": {"names": {"items": {
                    "x-kubernetes-validations": [{"rule": "self.startsWith('a')"}, {"rule": "oldSelf == self"}]
                }}}
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
