//! Text to plan, and what keeps an expression from compiling.

use std::sync::Arc;

use super::super::kept::Kept;
use super::check_types::{Checked, Fault, check};
use super::cost::cost;
use super::literals;
use super::macros::is_of_macro;
use super::parser::parse;
use super::plan::Plan;
use super::planner::plan;
use super::sizes::Sizes;
use super::syntax::NOWHERE;
use super::tokens::SyntaxFault;
use super::tree::Tree;
use super::types::Type;

/// Longest expression that is compiled, in bytes.
pub(super) const MAX_BYTES: usize = 16 << 10;

/// What is known of an expression that compiles.
pub(super) struct Compiled {
    /// The type of its result; [`Type::Dyn`] also if that is not known.
    pub(super) result: Type,
    /// Whether the type of its result is known.
    pub(super) is_sure: bool,
    /// Names of variables that occur.
    pub(super) used: Vec<String>,
    /// The most that its evaluation costs, as far as it is known.
    pub(super) cost: u64,
}

/// Compiles an expression over some variables; `sizes` are those of the value that it is about.
///
/// # Errors
/// Why it does not compile, in the API server's words: its syntax, a name that is not declared, types that do not fit.
pub(super) fn compile(expression: &str, variables: &[(&str, Type)], sizes: Option<&Sizes>) -> Result<Compiled, String> {
    let unknown = Compiled {
        result: Type::Dyn,
        is_sure: false,
        used: Vec::new(),
        cost: 0,
    };
    let Some((tree, checked)) = checked(expression, variables)? else {
        return Ok(unknown);
    };
    if checked.is_unsure {
        return Ok(Compiled {
            used: checked.used,
            ..unknown
        });
    }
    Ok(Compiled {
        is_sure: true,
        cost: sizes.map_or(0, |sizes| cost(&tree.root, &checked.types, sizes)),
        result: checked.result,
        used: checked.used,
    })
}

/// An expression that can be evaluated.
#[derive(Debug)]
pub struct Program {
    pub(super) plan: Plan,
    /// The type of its result.
    pub(super) result: Type,
    /// Names of variables that occur.
    pub(super) used: Vec<String>,
}

/// Compiles an expression to evaluate it; nothing if too little is known of it.
///
/// # Errors
/// As for [`compile`].
pub(super) fn program(expression: &str, variables: &[(&str, Type)]) -> Result<Option<Program>, String> {
    let Some((tree, checked)) = checked(expression, variables)? else {
        return Ok(None);
    };
    if checked.is_unsure {
        return Ok(None);
    }
    let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
    match plan(&tree.root, &checked, &names) {
        Ok(plan) => Ok(Some(Program {
            plan,
            result: checked.result,
            used: checked.used,
        })),
        Err(Some(fault)) => Err(fault),
        Err(None) => Ok(None),
    }
}

/// The syntax tree of an expression and its types; nothing if it is too long.
fn checked(expression: &str, variables: &[(&str, Type)]) -> Result<Option<(Arc<Tree>, Checked)>, String> {
    if expression.len() > MAX_BYTES {
        return Ok(None);
    }
    let tree = parsed(expression).map_err(|fault| failed(expression, &fault))?;
    let checked = check(&tree.root, variables);
    if checked.is_unsure {
        return Ok(Some((tree, checked)));
    }
    let literal_faults = if checked.faults.is_empty() {
        literals::faults(&tree.root, &checked.types)
    } else {
        Vec::new()
    };
    let of_macros = checked.faults.iter().any(|fault| is_of_macro(&fault.message));
    let faults = checked
        .faults
        .iter()
        .chain(&literal_faults)
        .filter(|fault| !of_macros || is_of_macro(&fault.message));
    let place = |fault: &Fault| tree.places.offset(fault.id);
    match faults.min_by_key(|fault| place(fault)) {
        Some(fault) if fault.message.starts_with("program instantiation failed") => Err(fault.message.clone()),
        Some(fault) => Err(failed(
            expression,
            &SyntaxFault {
                offset: place(fault),
                message: fault.message.clone(),
            },
        )),
        None => Ok(Some((tree, checked))),
    }
}

/// Why an expression does not compile, in cel-go's form.
pub(super) fn failed(expression: &str, fault: &SyntaxFault) -> String {
    let place = match fault.offset {
        NOWHERE => "-1:0".to_owned(),
        _ if expression.is_empty() => "1:0".to_owned(),
        offset => {
            let (line, column) = line_and_column(expression, offset);
            format!("{line}:{column}")
        }
    };
    format!("compilation failed: ERROR: <input>:{place}: {}", fault.message)
}

/// The syntax tree of an expression, its macros still calls.
///
/// # Errors
/// What is wrong with its syntax.
pub(super) fn parsed(expression: &str) -> Result<Arc<Tree>, SyntaxFault> {
    static KNOWN: Kept<Result<Arc<Tree>, SyntaxFault>> = Kept::new(10_000);
    KNOWN.get(expression, || parse(expression).map(Arc::new))
}

/// Line and column, from 1, of an offset.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::schema_types::type_of;
    use super::*;

    /// The type of an expression about a value with fields of many types, or why it does not compile.
    fn compiled(expression: &str) -> Result<String, String> {
        let schema = json!({"type": "object", "properties": {
            "n": {"type": "integer"}, "d": {"type": "number"}, "s": {"type": "string"}, "b": {"type": "boolean"},
            "t": {"type": "string", "format": "date-time"}, "any": {"x-kubernetes-int-or-string": true},
            "names": {"type": "array", "items": {"type": "string"}}, "numbers": {"type": "array", "items": {"type": "integer"}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "items": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
            "namespace": {"type": "string"}, "a-b": {"type": "string"}, "free": {"x-kubernetes-preserve-unknown-fields": true}
        }});
        let own = type_of(&schema, false, "selfType", 0).expect("has a type");
        let found = compile(expression, &[("self", own)], None)?;
        assert!(found.is_sure, "{expression}");
        Ok(found.result.to_string())
    }

    #[test]
    fn expressions_have_types() {
        for (expression, wanted) in [
            ("self.n > 1 && self.n < 1.5 && self.n == 1", "bool"),
            ("self.items.map(i, i.name)", "list(string)"),
            ("self.names.map(n, n != '', n + 'x').join(',')", "string"),
            ("self.labels.all(k, v, k != v)", "bool"),
            ("self.names.transformMap(i, n, i)", "map(int, int)"),
            ("self.labels.transformMapEntry(k, v, {v: k.size()})", "map(string, int)"),
            ("self.items.filter(i, has(i.name))", "list(selfType.items.@idx)"),
            ("self.items.sortBy(i, i.name)[0].name", "string"),
            ("self.?labels.?x", "optional_type(string)"),
            ("self.?n.orValue(1)", "int"),
            ("self.?s.optMap(s, s.size())", "optional_type(int)"),
            (
                "self.names[?0].optFlatMap(n, optional.of(n + 'x'))",
                "optional_type(string)",
            ),
            ("[?self.?s]", "list(string)"),
            ("{'a': 1}", "map(string, int)"),
            ("[]", "list(dyn)"),
            ("self.any + 1", "int"),
            ("self.any", "dyn"),
            ("self.t - timestamp('2020-01-01T00:00:00Z')", "duration"),
            ("self.numbers.sum() + self.numbers.max()", "int"),
            ("self.names.all(n, n in self.labels)", "bool"),
            ("quantity(self.s).isGreaterThan(quantity('1'))", "bool"),
            ("url(self.s).getQuery()", "map(string, list(string))"),
            ("self.namespace == self.__namespace__ && self.a__dash__b == ''", "bool"),
            ("type(self.n) == int && type(self) != net.IP", "bool"),
            ("self.t == null ? 'a' : 'b'", "string"),
            ("google.protobuf.Duration{seconds: 1} > duration('1s')", "bool"),
            ("self == null", "bool"),
            (
                "'%s %d %s'.format([self.s, self.n, [self.s, 1, {'a': 1, 'b': 'c'}]])",
                "string",
            ),
            ("self.names.map(n, '%s%d'.format([n, 1]))", "list(string)"),
        ] {
            assert_eq!(compiled(expression).as_deref(), Ok(wanted), "{expression}");
        }
    }

    #[test]
    fn faults_have_the_servers_words_and_places() {
        for (expression, wanted) in [
            ("self.x > 1", "1:5: undefined field 'x'"),
            (
                "self.s > 1",
                "1:8: found no matching overload for '_>_' applied to '(string, int)'",
            ),
            ("self.s.x", "1:7: type 'string' does not support field selection"),
            ("self.free", "1:5: undefined field 'free'"),
            ("true &&\n self.s", "2:6: expected type 'bool' but found 'string'"),
            ("self.names.all(n, n)", "1:19: expected type 'bool' but found 'string'"),
            (
                "self.n.all(n, true)",
                "1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
            ),
            ("self.names.all(n.x, true)", "1:17: argument must be a simple name"),
            (
                "self.names.all(n, m, true, 1)",
                "1:15: undeclared reference to 'all' (in container '')",
            ),
            ("has(self)", "1:5: invalid argument to has() macro"),
            ("other.s", "1:1: undeclared reference to 'other' (in container '')"),
            (
                "self.s.size(1)",
                "1:12: found no matching overload for 'size' applied to 'string.(int)'",
            ),
            (
                "cel.bind(x, 1, x)",
                "1:1: undeclared reference to 'cel' (in container '')",
            ),
            ("[1, 'a']", "1:5: expected type 'int' but found 'string'"),
            ("[dyn(1), 'a']", "1:10: expected type 'dyn' but found 'string'"),
            ("{'a': 1, 'b': 'c'}", "1:15: expected type 'int' but found 'string'"),
            (
                "[?self.s]",
                "1:7: expected type 'optional_type(string)' but found 'string'",
            ),
            (
                "self.items == ['a']",
                "1:12: found no matching overload for '_==_' applied to '(list(selfType.items.@idx), list(string))'",
            ),
            (
                "self.names == null",
                "1:12: found no matching overload for '_==_' applied to '(list(string), null)'",
            ),
            ("Foo{a: 1}", "1:4: undeclared reference to 'Foo' (in container '')"),
            ("duration('x') > duration('1s')", "1:10: invalid duration argument"),
            ("timestamp('x') == self.t", "1:11: invalid timestamp argument"),
            ("self.s.matches('[')", "1:16: invalid matches argument"),
            (
                "'%d'.format(['a'])",
                "1:14: error during formatting: decimal clause can only be used on integers, was given string",
            ),
            ("'%s %s'.format(['a'])", "1:15: index 1 out of range"),
            (
                "'%s'.format(['a', 'b'])",
                "1:12: too many arguments supplied to string.format (expected 1, got 2)",
            ),
        ] {
            let wanted = format!("compilation failed: ERROR: <input>:{wanted}");
            assert_eq!(compiled(expression), Err(wanted), "{expression}");
        }
        for expression in ["self.s ==", "self.s = 1", "(", "self.`s`"] {
            let fault = compiled(expression).unwrap_err();
            assert!(fault.starts_with("compilation failed: ERROR: <input>:1:"), "{fault}");
        }
        for expression in ["int('a') == 1", "double('x') > 1.0", "self.s.find('(') == ''"] {
            let fault = compiled(expression).unwrap_err();
            assert!(fault.starts_with("program instantiation failed"), "{fault}");
        }
    }

    #[test]
    fn deep_expressions_are_left_alone() {
        // The type of each is a mapping from the one before to itself.
        let names: Vec<String> = (0..40).map(|number| format!("v{number}")).collect();
        let mut wide = names.last().cloned().unwrap_or_default();
        for pair in names.windows(2).rev() {
            wide = format!("[{{{0}: {0}}}].map({1}, {wide})", pair[0], pair[1]);
        }
        let wide = format!("[1].map(v0, {wide}) == []");
        assert!(compile(&wide, &[], None).is_ok_and(|found| !found.is_sure));
        let deep = format!("self.labels{}", ".a".repeat(2000));
        let fault = compile(&deep, &[("self", Type::Dyn)], None).err();
        assert_eq!(
            fault.as_deref(),
            Some("compilation failed: ERROR: <input>:-1:0: max recursion depth exceeded")
        );
        assert!(compile(&"a".repeat(MAX_BYTES + 1), &[], None).is_ok_and(|found| !found.is_sure));
    }
}
