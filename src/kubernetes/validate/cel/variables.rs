//! Expressions over variables of unknown types, compiled: those of webhooks and policies.

use super::check_types::check;
use super::compile::{MAX_BYTES, failed, parsed};
use super::tokens::SyntaxFault;
use super::types::Type;

/// Why an expression over some variables does not compile: its syntax, or an undeclared name.
pub(in crate::kubernetes::validate) fn compile_fault(expression: &str, variables: &[&str]) -> Option<String> {
    if expression.len() > MAX_BYTES {
        return None;
    }
    let tree = match parsed(expression) {
        Ok(tree) => tree,
        Err(fault) => return Some(failed(expression, &fault)),
    };
    let variables: Vec<(&str, Type)> = variables.iter().map(|name| (*name, Type::Dyn)).collect();
    let checked = check(&tree.root, &variables);
    let unknown = checked
        .faults
        .iter()
        .filter(|fault| fault.message.starts_with("undeclared reference to"));
    let fault = unknown.min_by_key(|fault| tree.places.offset(fault.id))?;
    let fault = SyntaxFault {
        offset: tree.places.offset(fault.id),
        message: fault.message.clone(),
    };
    Some(failed(expression, &fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_compiled_over_their_variables() {
        for good in [
            "self.a > 1 && self.b.all(x, x.size() > 0)",
            "has(self.a) ? self.a : 'b' == string(1)",
            "self.map(k, k != '', k + 'v').size() == 0 && self.all(k, v, k != v)",
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
}
