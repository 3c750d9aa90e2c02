//! Which rules can be evaluated here for a value: those whose cost is below a limit, as the API server counts it and as it is here,
//! and that look only at values which the evaluator sees as the API server does.

use std::sync::Arc;

use serde_json::Value as Json;

use super::compile::{compile, parsed};
use super::extent::Extent;
use super::schema_types::{MAX_DEPTH, escape, is_embedded, type_of};
use super::sizes::Sizes;
use super::types::Type;
use super::work::work;

/// The most that the evaluation of a rule may cost; the API server allows a tenth, but counts what really happens.
const EVALUATION_COST: u64 = 10_000_000;
/// The most that the evaluation of all rules for a resource may cost.
pub(super) const TOTAL_EVALUATION_COST: u64 = 30_000_000;

/// The most bytes that the evaluation of a rule may have in memory at once.
const EVALUATION_BYTES: u64 = 64 << 20;

/// The rules of one schema and a value of it.
pub(super) struct Evaluable<'s> {
    schema: &'s Json,
    /// Nothing where the schema has no type, so that its rules do not compile.
    sizes: Option<Sizes>,
    own: Option<Type>,
    extent: Arc<Extent>,
}

impl<'s> Evaluable<'s> {
    pub(super) fn new(schema: &'s Json, value: &Json, is_root: bool) -> Self {
        let is_resource = is_root || is_embedded(schema);
        let mut sizes = Sizes::of(schema, is_resource, 0);
        if let Some(sizes) = &mut sizes {
            sizes.cap(&[value]);
        }
        Self {
            schema,
            sizes,
            own: type_of(schema, is_resource, "selfType", 0),
            extent: Arc::new(Extent::of(value)),
        }
    }

    /// About how many bytes the value takes in the evaluator.
    pub(super) fn weight(&self) -> u64 {
        self.extent.weight
    }

    /// What a rule costs for the value; nothing if it is not evaluated.
    pub(super) fn cost(&self, expression: &str) -> Option<u64> {
        if sees_differently(self.schema, expression, None, 0) {
            return None;
        }
        let variables = [("self", self.own.clone()?)];
        let compiled = compile(expression, &variables, Some(self.sizes.as_ref()?)).ok()?;
        let work = work(&parsed(expression)?.0, &self.extent);
        let cost = compiled.cost.max(work.steps);
        (compiled.is_sure && cost <= EVALUATION_COST && work.bytes <= EVALUATION_BYTES).then_some(cost)
    }
}

/// Whether an expression may look at values that the evaluator does not see as the server does: lists without an order,
/// which are compared as sets, and texts with a format, which are times, durations or bytes there.
fn sees_differently(schema: &Json, expression: &str, name: Option<&str>, depth: usize) -> bool {
    const COMPARISONS: [&str; 6] = ["==", "!=", " in ", "+", "sets.", "indexOf"];
    if depth > MAX_DEPTH {
        return true;
    }
    let text = |key: &str| schema.get(key).and_then(Json::as_str).unwrap_or_default();
    let is_unordered = matches!(text("x-kubernetes-list-type"), "set" | "map")
        && COMPARISONS.iter().any(|words| expression.contains(words));
    let is_formatted =
        text("type") == "string" && matches!(text("format"), "byte" | "date" | "date-time" | "datetime" | "duration");
    if (is_unordered || is_formatted) && name.is_none_or(|name| mentions(expression, name)) {
        return true;
    }
    let properties = schema.get("properties").and_then(Json::as_object);
    let mut properties = properties.into_iter().flatten();
    let inner = ["items", "additionalProperties"];
    properties.any(|(name, property)| {
        let escaped = escape(name);
        let name = escaped.as_deref().unwrap_or(name);
        // What is below is seen through this property, or as a whole through one above it.
        mentions(expression, name) && sees_differently(property, expression, Some(name), depth + 1)
    }) || inner.iter().any(|key| {
        let inner = schema.get(*key).filter(|inner| inner.is_object());
        inner.is_some_and(|inner| sees_differently(inner, expression, name, depth + 1))
    })
}

/// Whether a name occurs as a word.
fn mentions(expression: &str, name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    expression.match_indices(name).any(|(at, _)| {
        let before = expression.as_bytes().get(..at).and_then(|before| before.last());
        let after = expression.as_bytes().get(at + name.len());
        !before.is_some_and(|&byte| is_part(byte)) && !after.is_some_and(|&byte| is_part(byte))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_evaluated(schema: &Json, value: &Json, expression: &str) -> bool {
        Evaluable::new(schema, value, false).cost(expression).is_some()
    }

    #[test]
    fn rules_over_values_that_are_seen_differently_are_left_alone() {
        let schema = json!({"type": "object", "properties": {
            "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
            "list": {"type": "array", "items": {"type": "string"}},
            "bytes": {"type": "string", "format": "byte"},
            "lasts": {"type": "string", "format": "duration"},
            "text": {"type": "string"},
            "inner": {"type": "object", "properties": {"since": {"type": "string", "format": "date-time"}}}
        }});
        let value = json!({"set": ["a", "b"], "list": ["a"], "text": "x"});
        for (expression, expected) in [
            ("self.set == ['b', 'a']", false),
            ("self.set.size() > 1", true),
            ("self.list == ['a']", true),
            ("self.bytes == b'abc'", false),
            ("string(self.lasts) == '3600s'", false),
            ("self.inner.since > timestamp('2020-01-01T00:00:00Z')", false),
            ("self.text == 'x' && has(self.inner)", true),
            ("self.texts == 'x'", false),
            ("self.list.map(x, self.list + self.list).size() > 0", true),
        ] {
            assert_eq!(is_evaluated(&schema, &value, expression), expected, "{expression}");
        }
        let set = json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}});
        assert!(!is_evaluated(&set, &json!(["a"]), "self == ['a']"));
    }

    #[test]
    fn the_cost_is_that_of_the_value_at_hand() {
        let schema = json!({"type": "object", "properties": {"l": {"type": "array", "items": {"type": "integer"}}}});
        let deep = "self.l.all(x, self.l.all(y, self.l.all(z, x + y + z > 0)))";
        for (items, expected) in [(10, true), (2000, false)] {
            assert_eq!(
                is_evaluated(&schema, &json!({"l": vec![1; items]}), deep),
                expected,
                "{items}"
            );
        }
        let text = json!({"type": "object", "properties": {"s": {"type": "string"}}});
        let doubled = "[self.s].map(a, a+a+a+a).map(a, a+a+a+a).map(a, a+a+a+a).map(a, a+a+a+a)[0] != ''";
        assert!(is_evaluated(&text, &json!({"s": "x"}), doubled));
        assert!(!is_evaluated(&text, &json!({"s": "x".repeat(1_000_000)}), doubled));
        // The API server's estimate does not count what lists hold, nor what compiling a pattern takes.
        let copied = "self.l.map(x, self.l + self.l).size() > 0";
        let list = |items: usize| json!({"l": vec![1; items]});
        assert!(is_evaluated(&schema, &list(100), copied));
        assert!(!is_evaluated(&schema, &list(5000), copied));
        let texts = json!({"type": "object", "properties": {"l": {"type": "array", "items": {"type": "string"}}}});
        let matched = "self.l.all(x, x.matches('(\\\\pL{100}){5}'))";
        assert!(is_evaluated(&texts, &json!({"l": ["a"]}), matched));
        assert!(!is_evaluated(&texts, &json!({"l": vec!["a"; 1000]}), matched));
    }
}
