//! Expressions evaluated by themselves, as text: for tests, and whatever shows what an expression gives.

use serde_json::Value as Json;

use crate::text::go::float_format::format_float;
use crate::text::go::quote::quote;

use super::budget::Fault;
use super::compile::{Program, program};
use super::evaluation::{Variable, evaluate};
use super::rule_programs::{VARIABLES, variables};
use super::schema_types::type_of;
use super::typed_values::typed;
use super::types::Type;
use super::value::Value;

/// Most parts of a value that are spelt out.
const MOST_PARTS: usize = 100_000;

/// What an expression gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evaluated {
    /// A value, as an expression that has it, and what it cost.
    Value(String, u64),
    /// An error, in the server's words, and what it cost until then.
    Error(String, u64),
    /// It does not compile.
    Refused(String),
    /// It cannot be evaluated here.
    Unknown,
}

/// The value of an expression without variables.
pub fn evaluate_text(expression: &str) -> Evaluated {
    run(program(expression, &[]), &[])
}

/// A rule about a value of a schema.
#[derive(Debug, Clone, Copy)]
pub struct RuleOf<'j> {
    /// The schema, as in a definition.
    pub schema: &'j Json,
    /// Whether it is that of a whole resource.
    pub is_root: bool,
    /// The expression.
    pub rule: &'j str,
    /// Whether the value before is optional.
    pub is_optional: bool,
    /// The value; without one, the rule is only compiled.
    pub own: Option<&'j Json>,
    /// The value before.
    pub before: Option<&'j Json>,
}

/// The value of a rule.
pub fn evaluate_rule(rule: RuleOf<'_>) -> Evaluated {
    let Some(own_type) = type_of(rule.schema, rule.is_root, "selfType", 0) else {
        return Evaluated::Unknown;
    };
    let program = program(rule.rule, &variables(&own_type, rule.is_optional)).and_then(|program| match program {
        Some(program) if program.result != Type::Bool => Err("cel expression must evaluate to a bool".to_owned()),
        program => Ok(program),
    });
    let [this, that] = VARIABLES;
    let of = |json: &Json| typed(rule.schema, json, rule.is_root);
    let before = match rule.before.map(of) {
        Some(before) if rule.is_optional => Some(Value::some(before)),
        None if rule.is_optional => Some(Value::Optional(None)),
        before => before,
    };
    match rule.own {
        Some(own) => run(program, &[(this, Some(of(own))), (that, before)]),
        None => match program {
            Ok(_) => Evaluated::Value(String::new(), 0),
            Err(fault) => Evaluated::Refused(fault),
        },
    }
}

fn run(program: Result<Option<Program>, String>, variables: &[Variable<'_>]) -> Evaluated {
    let program = match program {
        Ok(Some(program)) => program,
        Ok(None) => return Evaluated::Unknown,
        Err(fault) => return Evaluated::Refused(fault),
    };
    let (result, budget) = evaluate(&program.plan, variables);
    match result {
        Ok(value) => Evaluated::Value(spelt(&value, &mut { MOST_PARTS }), budget.cost()),
        Err(Fault::Error(words)) => Evaluated::Error(words, budget.cost()),
        Err(Fault::Stop(super::budget::Stop::Cost)) => Evaluated::Error(
            "operation cancelled: actual cost limit exceeded".to_owned(),
            budget.cost(),
        ),
        Err(Fault::Stop(super::budget::Stop::Here)) => Evaluated::Unknown,
    }
}

/// A value as an expression that has it; the entries of a mapping are sorted. Of very many parts, the last are left out.
fn spelt(value: &Value, left: &mut usize) -> String {
    let Some(fewer) = left.checked_sub(1) else {
        return "…".to_owned();
    };
    *left = fewer;
    match value {
        Value::Double(number) if !number.is_finite() => format!("double({:?})", format_float(*number, b'g', None)),
        Value::Double(number) => {
            let text = format_float(*number, b'g', None);
            if text.contains(['.', 'e']) { text } else { text + ".0" }
        }
        Value::Uint(number) => format!("{number}u"),
        Value::String(text) => quote(text.as_bytes()),
        Value::Bytes(bytes) => format!("b{}", quote(bytes)),
        Value::Duration(duration) => format!("duration(\"{duration}ns\")"),
        Value::Timestamp(instant) => format!("timestamp(\"{}\")", instant.text()),
        Value::Optional(None) => "optional.none()".to_owned(),
        Value::Optional(Some(value)) => format!("optional.of({})", spelt(value, left)),
        Value::Type(name) => format!("type({name})"),
        Value::Quantity(amount) => format!("quantity({})", format_float(amount.float(), b'g', None)),
        Value::Ip(address) => format!("ip(\"{address}\")"),
        Value::Network(network) => format!("cidr(\"{}\")", network.text()),
        Value::Url(url) => format!("url({})", quote(&url.text())),
        Value::Version(version) => format!("semver(\"{version}\")"),
        Value::Format(format) => format!("format(\"{}\")", format.name()),
        Value::List(list) => {
            let items: Vec<String> = list.items.iter().map(|item| spelt(item, left)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries = map.entries().iter();
            let mut entries: Vec<String> = entries
                .map(|(key, value)| format!("{}: {}", spelt(&key.value(), left), spelt(value, left)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.shown(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARTS: [&str; 60] = [
        "1",
        "0",
        "-1",
        "2u",
        "1.5",
        "'a'",
        "b'a'",
        "true",
        "null",
        "[1, 2]",
        "{'a': 1}",
        "[]",
        "'2h'",
        "'2020-01-01T00:00:00Z'",
        " + ",
        " - ",
        " * ",
        " / ",
        " % ",
        " == ",
        " != ",
        " < ",
        " in ",
        " && ",
        " || ",
        " ? ",
        " : ",
        ".",
        ", ",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "?",
        "x",
        "size(",
        "string(",
        "int(",
        "duration(",
        "timestamp(",
        ".all(x, ",
        ".map(x, ",
        ".exists(x, ",
        ".filter(x, ",
        ".transformMap(x, y, ",
        ".optMap(x, ",
        "optional.of(",
        ".orValue(",
        ".format(",
        ".matches(",
        ".replace(",
        ".split(",
        ".join(",
        ".lowerAscii()",
        "quantity(",
        "ip(",
        "semver(",
        "has(",
    ];

    proptest! {
        #[test]
        fn any_expression_has_an_outcome(parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 1..14)) {
            let text = parts.concat();
            // Whatever it is: it must not panic, and it must end.
            for text in [format!("[{text}]"), format!("dyn({text})"), text] {
                let again = evaluate_text(&text);
                prop_assert_eq!(evaluate_text(&text), again);
            }
        }
    }

    #[test]
    fn values_that_double_are_bounded() {
        let doubled = ".map(a, [a, a])".repeat(60);
        assert!(matches!(evaluate_text(&format!("[1]{doubled}")), Evaluated::Value(..)));
        let compared = format!("[1]{doubled} == [1]{doubled}");
        assert_eq!(evaluate_text(&compared), Evaluated::Unknown);
        assert!(matches!(
            evaluate_text(&format!("dyn([1]{doubled}).join()")),
            Evaluated::Error(..)
        ));
    }
}
