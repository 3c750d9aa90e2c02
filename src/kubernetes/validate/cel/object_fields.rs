//! The fields of the object that an expression of a policy looks at: what a verdict is about.

use std::collections::BTreeMap;

use super::admission::{Composition, VARIABLES};
use super::compile::parsed;
use super::tree::{Call, Expr, Literal, Node, operators};

/// Most variables within variables that are followed.
const MOST_DEPTH: usize = 8;
/// Most fields of one expression.
const MOST_FIELDS: usize = 256;

/// A step to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kubernetes::validate) enum FieldStep {
    /// A field, or an item by its index.
    Name(String),
    /// Each item of a list, or each key of a mapping.
    Each,
}

type Steps = Vec<FieldStep>;

impl Composition {
    /// The fields of `object` that an expression looks at, those first that matter most: of `a || b` those of `b`, since `a`
    /// mostly says when `b` is asked for. Variables are followed.
    pub(in crate::kubernetes::validate) fn object_fields(&self, text: &str) -> Vec<Vec<FieldStep>> {
        let mut search = Search {
            composition: self,
            found: Vec::new(),
            depth: 0,
        };
        if let Ok(tree) = parsed(text) {
            search.visit(&tree.root, &BTreeMap::new());
        }
        search.found
    }
}

struct Search<'c> {
    composition: &'c Composition,
    found: Vec<Steps>,
    depth: usize,
}

/// Names that expressions bind, and what they stand for.
type Bound = BTreeMap<String, Steps>;

impl Search<'_> {
    /// What is done with the tree of a variable.
    fn with_variable<R>(&mut self, name: &str, act: impl FnOnce(&mut Self, &Node) -> R) -> Option<R> {
        let (_, variable) = self.composition.variables.iter().find(|(known, _)| known == name)?;
        let tree = parsed(&variable.text).ok().filter(|_| self.depth < MOST_DEPTH)?;
        self.depth += 1;
        let result = act(self, &tree.root);
        self.depth -= 1;
        Some(result)
    }

    /// The steps to a value of the object; nothing for other values.
    fn steps(&mut self, node: &Node, bound: &Bound) -> Option<Steps> {
        match &node.expr {
            Expr::Ident(name) if name == "object" => Some(Vec::new()),
            Expr::Ident(name) => bound.get(name).cloned(),
            Expr::Select(select) if is_variables(&select.operand) => {
                self.with_variable(&select.field, |search, root| search.steps(root, &Bound::new()))?
            }
            Expr::Select(select) => {
                let steps = self.steps(&select.operand, bound)?;
                Some(with(steps, FieldStep::Name(select.field.clone())))
            }
            Expr::Call(call) => self.steps_of_call(call, bound),
            Expr::Literal(_) | Expr::List(_) | Expr::Map(_) | Expr::Struct(_) => None,
        }
    }

    fn steps_of_call(&mut self, call: &Call, bound: &Bound) -> Option<Steps> {
        match (call.function.as_str(), &call.target, call.arguments.as_slice()) {
            (operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT, _, [operand, key]) => {
                let key = match &key.expr {
                    Expr::Literal(Literal::String(key)) => key.clone(),
                    Expr::Literal(Literal::Int(index)) => index.to_string(),
                    _ => return self.steps(operand, bound),
                };
                let steps = self.steps(operand, bound)?;
                Some(with(steps, FieldStep::Name(key)))
            }
            (operators::CONDITIONAL, _, [_, first, second]) => {
                self.steps(first, bound).or_else(|| self.steps(second, bound))
            }
            (operators::HAS, None, [field]) => self.steps(field, bound),
            ("orValue" | "or" | "filter" | "value", Some(target), _) => self.steps(target, bound),
            _ => None,
        }
    }

    /// The lists of the object that a list is put together of.
    fn lists(&mut self, node: &Node, bound: &Bound, found: &mut Vec<Steps>) {
        if let Some(steps) = self.steps(node, bound) {
            found.push(steps);
            return;
        }
        match &node.expr {
            Expr::Select(select) if is_variables(&select.operand) => {
                self.with_variable(&select.field, |search, root| search.lists(root, &Bound::new(), found));
            }
            Expr::Call(call) if [operators::ADD, operators::CONDITIONAL].contains(&call.function.as_str()) => {
                for part in &call.arguments {
                    self.lists(part, bound, found);
                }
            }
            _ => {}
        }
    }

    /// Adds the fields that a part of an expression looks at.
    fn visit(&mut self, node: &Node, bound: &Bound) {
        if self.found.len() >= MOST_FIELDS {
            return;
        }
        match &node.expr {
            Expr::Ident(_) | Expr::Literal(_) => self.add(node, bound),
            Expr::Select(select) if is_variables(&select.operand) => {
                if self.steps(node, bound).is_some() {
                    self.add(node, bound);
                } else {
                    self.with_variable(&select.field, |search, root| search.visit(root, &Bound::new()));
                }
            }
            Expr::Select(select) => {
                if self.steps(node, bound).is_some() {
                    self.add(node, bound);
                } else {
                    self.visit(&select.operand, bound);
                }
            }
            Expr::Call(call) => self.visit_call(node, call, bound),
            Expr::List(items) => items.iter().for_each(|item| self.visit(&item.value, bound)),
            Expr::Map(entries) => {
                for entry in entries {
                    self.visit(&entry.key, bound);
                    self.visit(&entry.value, bound);
                }
            }
            Expr::Struct(message) => message.fields.iter().for_each(|(_, value)| self.visit(value, bound)),
        }
    }

    fn visit_call(&mut self, node: &Node, call: &Call, bound: &Bound) {
        match (call.function.as_str(), &call.target, call.arguments.as_slice()) {
            (operators::LOGICAL_OR, _, [first, second]) => {
                self.visit(second, bound);
                self.visit(first, bound);
            }
            (operators::CONDITIONAL, _, [condition, first, second]) => {
                for part in [first, second, condition] {
                    self.visit(part, bound);
                }
            }
            (operators::IN, _, [key, of]) => {
                if let (Expr::Literal(Literal::String(key)), Some(steps)) = (&key.expr, self.steps(of, bound)) {
                    self.found.push(with(steps, FieldStep::Name(key.clone())));
                    return;
                }
                self.visit(key, bound);
                self.visit(of, bound);
            }
            (function, Some(target), [names @ .., body]) if binds(function) && !names.is_empty() => {
                let mut lists = Vec::new();
                self.lists(target, bound, &mut lists);
                if lists.is_empty() {
                    self.visit(target, bound);
                }
                // Of an index and an item, the item is what fields are looked up in.
                let mut inner = bound.clone();
                let bound_names = names.iter().filter_map(|name| match &name.expr {
                    Expr::Ident(name) => Some(name),
                    _ => None,
                });
                let bound_names: Vec<&String> = bound_names.collect();
                for name in &bound_names {
                    inner.remove(*name);
                }
                for each in lists.iter().map(|steps| with(steps.clone(), FieldStep::Each)) {
                    let mut inner = inner.clone();
                    if let Some(name) = bound_names.last() {
                        inner.insert((*name).clone(), each.clone());
                    }
                    self.visit(body, &inner);
                    self.found.push(each);
                }
                if lists.is_empty() {
                    self.visit(body, &inner);
                }
            }
            _ if self.steps(node, bound).is_some() => self.add(node, bound),
            (_, target, arguments) => {
                for part in target.as_deref().into_iter().chain(arguments) {
                    self.visit(part, bound);
                }
            }
        }
    }

    fn add(&mut self, node: &Node, bound: &Bound) {
        let steps = self.steps(node, bound);
        self.found.extend(steps.filter(|steps| !steps.is_empty()));
    }
}

fn is_variables(node: &Node) -> bool {
    matches!(&node.expr, Expr::Ident(name) if name == VARIABLES)
}

/// Whether the last argument of a function is evaluated for each item of what it is called on, by the names before it.
fn binds(function: &str) -> bool {
    matches!(
        function,
        "all" | "exists" | "exists_one" | "existsOne" | "map" | "filter" | "transformList" | "transformMap"
    )
}

fn with(mut steps: Steps, step: FieldStep) -> Steps {
    steps.push(step);
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields of an expression, with a star for each item.
    fn fields(text: &str) -> Vec<String> {
        let mut composition = Composition::new(true);
        composition.add("containers", "object.spec.template.spec.containers");
        composition.add("few", "object.spec.replicas < 3 || object.metadata.name == 'x'");
        composition.add("name", "string(request.name)");
        let shown = |steps: Vec<FieldStep>| {
            let steps: Vec<String> = steps
                .into_iter()
                .map(|step| match step {
                    FieldStep::Name(name) => name,
                    FieldStep::Each => "*".to_owned(),
                })
                .collect();
            steps.join("/")
        };
        composition.object_fields(text).into_iter().map(shown).collect()
    }

    #[test]
    fn fields_of_the_object_are_found() {
        for (text, want) in [
            ("object.spec.replicas <= 5", &["spec/replicas"][..]),
            (
                "!has(object.spec.paused) || object.spec.replicas > int(params.data.n)",
                &["spec/replicas", "spec/paused"],
            ),
            ("'team' in object.metadata.labels", &["metadata/labels/team"]),
            (
                "object.metadata.?labels['team'].orValue('') != ''",
                &["metadata/labels/team"],
            ),
            (
                "object.metadata.labels['team'] == request.namespace",
                &["metadata/labels/team"],
            ),
            (
                "object.spec.items.all(i, i.image.startsWith('x/'))",
                &["spec/items/*/image", "spec/items/*"],
            ),
            (
                "object.spec.items.all(n, i, i.image != string(n))",
                &["spec/items/*/image", "spec/items/*"],
            ),
            (
                "variables.containers.filter(c, has(c.ports)).all(c, c.ports.all(p, p.hostPort == 0))",
                &[
                    "spec/template/spec/containers/*/ports/*/hostPort",
                    "spec/template/spec/containers/*/ports/*",
                    "spec/template/spec/containers/*",
                ],
            ),
            (
                "variables.few && variables.name != ''",
                &["metadata/name", "spec/replicas"],
            ),
            (
                "(object.a + (has(object.b) ? object.b : [])).all(c, c.x == object.d)",
                &["a/*/x", "d", "a/*", "b/*/x", "d", "b/*"],
            ),
            ("object.list[0].x > 1", &["list/0/x"]),
            ("params.data.all(k, k != '')", &[]),
            ("has(object.spec) ? object.spec.a == 1 : true", &["spec/a", "spec"]),
            ("object.spec.", &[]),
        ] {
            assert_eq!(fields(text), want, "{text}");
        }
    }
}
