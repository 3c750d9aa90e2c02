//! The expressions of admission policies: their variables and types (`k8s.io/apiserver/pkg/admission/plugin/cel/compile.go`),
//! and variables that are expressions themselves (`composition.go` there).

use std::collections::{BTreeMap, BTreeSet};
use std::iter::once;
use std::sync::Arc;

use super::admission_types::{namespace_type, request_type};
use super::compile::{Program, parsed, program};
use super::tree::{Expr, Literal, Node, operators};
use super::types::{Object, Type};

/// The name of the variables that are expressions themselves.
pub(super) const VARIABLES: &str = "variables";
/// What every expression sees, in the order of their values.
pub(super) const INPUTS: [&str; 7] = [
    "object",
    "oldObject",
    "request",
    "namespaceObject",
    "params",
    "authorizer",
    "authorizer.requestResource",
];
/// Deepest nesting of the value of a variable, by that of the expressions that it is made of.
const MOST_DEPTH: usize = 1_000;
/// Most variables of a policy that are compiled.
const MOST_VARIABLES: usize = 1_000;

/// What an expression must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kubernetes::validate) enum Wanted {
    Bool,
    Text,
    TextOrNull,
}

/// An expression of a policy.
#[derive(Debug)]
pub(in crate::kubernetes::validate) struct Expression {
    pub(super) text: String,
    /// Nothing if it cannot be evaluated here, or why it does not compile.
    pub(super) program: Result<Option<Program>, String>,
    /// The variables that it names.
    pub(super) named: Vec<usize>,
    /// How deep its value is at most.
    depth: usize,
    /// The names of what it sees, in the order in which it was compiled.
    pub(super) seen: Vec<&'static str>,
}

impl Expression {
    /// Why it does not compile.
    pub(in crate::kubernetes::validate) fn fault(&self) -> Option<&str> {
        self.program.as_ref().err().map(String::as_str)
    }
}

/// The variables of a policy, and the types of what its expressions see.
#[derive(Debug)]
pub(in crate::kubernetes::validate) struct Composition {
    has_params: bool,
    types: BTreeMap<String, Type>,
    places: BTreeMap<String, usize>,
    pub(super) variables: Vec<(String, Expression)>,
    /// Whether it has too many variables.
    is_too_large: bool,
}

impl Composition {
    /// Without variables.
    pub(in crate::kubernetes::validate) const fn new(has_params: bool) -> Self {
        Self {
            has_params,
            types: BTreeMap::new(),
            places: BTreeMap::new(),
            variables: Vec::new(),
            is_too_large: false,
        }
    }

    /// The expressions of the variables.
    pub(in crate::kubernetes::validate) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.variables.iter().map(|(_, expression)| expression)
    }

    /// Adds a variable, which the expressions behind it see.
    pub(in crate::kubernetes::validate) fn add(&mut self, name: &str, text: &str) {
        if self.variables.len() >= MOST_VARIABLES {
            self.is_too_large = true;
            return;
        }
        let (expression, found) = self.compiled(text, true);
        self.types
            .insert(name.to_owned(), found.map_or(Type::Dyn, |found| simple(&found)));
        self.places.insert(name.to_owned(), self.variables.len());
        self.variables.push((name.to_owned(), expression));
    }

    /// Compiles an expression that must give something.
    pub(in crate::kubernetes::validate) fn compile(
        &self,
        text: &str,
        wanted: Wanted,
        has_authorizer: bool,
    ) -> Expression {
        let (mut expression, found) = self.compiled(text, has_authorizer);
        let types: &[Type] = match wanted {
            Wanted::Bool => &[Type::Bool],
            Wanted::Text => &[Type::String],
            Wanted::TextOrNull => &[Type::String, Type::Null],
        };
        // One type of result has another form of message than several.
        if let (Some(found), [first, rest @ ..]) = (found, types)
            && !types.contains(&found)
        {
            expression.program = Err(if rest.is_empty() {
                format!("must evaluate to {first} but got {found}")
            } else {
                format!("must evaluate to one of [string null_type] but got {found}")
            });
        }
        expression
    }

    /// An expression, and the type of its result if that is known.
    fn compiled(&self, text: &str, has_authorizer: bool) -> (Expression, Option<Type>) {
        let named = parsed(text).map_or_else(|_| Some((Vec::new(), 0)), |tree| self.named(&tree.root));
        let types = [
            Type::Dyn,
            Type::Dyn,
            request_type(),
            namespace_type(),
            Type::Dyn,
            Type::Opaque(Arc::from("kubernetes.authorization.Authorizer"), Arc::from([])),
            Type::Opaque(Arc::from("kubernetes.authorization.ResourceCheck"), Arc::from([])),
        ];
        let object = Object {
            name: "kubernetes.variables".to_owned(),
            fields: self.types.clone(),
        };
        let is_seen = |name: &str| match name {
            "params" => self.has_params,
            name if name.starts_with("authorizer") => has_authorizer,
            _ => true,
        };
        let inputs = INPUTS.into_iter().zip(types).filter(|(name, _)| is_seen(name));
        let mut declared = vec![(VARIABLES, Type::Object(Arc::new(object)))];
        declared.extend(inputs);
        let compiled = match (program(text, &declared), &named) {
            (Ok(_), None) => Ok(None),
            (Ok(_), Some((_, depth))) if self.is_too_large || *depth > MOST_DEPTH => Ok(None),
            (compiled, _) => compiled,
        };
        let found = match &compiled {
            Ok(Some(program)) => Some(program.result.clone()),
            _ => None,
        };
        let (named, depth) = named.unwrap_or_default();
        let expression = Expression {
            text: text.to_owned(),
            program: compiled,
            named,
            depth,
            seen: declared.into_iter().map(|(name, _)| name).collect(),
        };
        (expression, found)
    }

    /// The variables that an expression names, and how deep its value is at most; nothing if it uses variables other than
    /// by their names.
    fn named<'n>(&self, root: &'n Node) -> Option<(Vec<usize>, usize)> {
        let mut found: BTreeSet<usize> = BTreeSet::new();
        let is_variables = |node: &Node| matches!(&node.expr, Expr::Ident(name) if name == VARIABLES);
        let mut deepest = 0;
        let mut left = vec![(root, 1_usize)];
        while let Some((node, depth)) = left.pop() {
            deepest = deepest.max(depth);
            let mut add = |inner: &mut dyn Iterator<Item = &'n Node>| left.extend(inner.map(|node| (node, depth + 1)));
            match &node.expr {
                Expr::Literal(_) => {}
                Expr::Ident(_) => {
                    if is_variables(node) {
                        return None;
                    }
                }
                Expr::Select(select) if is_variables(&select.operand) => {
                    found.extend(self.places.get(&select.field));
                }
                Expr::Select(select) => add(&mut once(&*select.operand)),
                Expr::Call(call) => {
                    let optional = match (call.function.as_str(), call.arguments.as_slice()) {
                        (operators::OPT_SELECT, [operand, field]) if is_variables(operand) => Some(field),
                        _ => None,
                    };
                    if let Some(field) = optional {
                        if let Expr::Literal(Literal::String(name)) = &field.expr {
                            found.extend(self.places.get(name));
                        }
                        continue;
                    }
                    add(&mut call.target.as_deref().into_iter().chain(&call.arguments));
                }
                Expr::List(items) => add(&mut items.iter().map(|item| &item.value)),
                Expr::Map(entries) => add(&mut entries.iter().flat_map(|entry| [&entry.key, &entry.value])),
                Expr::Struct(message) => add(&mut message.fields.iter().map(|(_, value)| value)),
            }
        }
        let inner = found.iter().filter_map(|place| self.variables.get(*place));
        let inner = inner.map(|(_, expression)| expression.depth).max().unwrap_or(0);
        Some((found.into_iter().collect(), deepest + inner))
    }
}

/// The type by which other expressions see a variable (`convertCelTypeToDeclType`).
fn simple(found: &Type) -> Type {
    match found {
        Type::List(item) => Type::list(simple(item)),
        Type::Map(entry) => Type::map(simple(&entry.0), simple(&entry.1)),
        Type::Null
        | Type::Bool
        | Type::Int
        | Type::Uint
        | Type::Double
        | Type::String
        | Type::Bytes
        | Type::Duration
        | Type::Timestamp => found.clone(),
        _ => Type::Dyn,
    }
}
