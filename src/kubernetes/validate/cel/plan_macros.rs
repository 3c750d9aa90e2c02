//! What macros stand for (cel-go `parser/macro.go`, `ext/comprehensions.go`, `ext/lists.go`, and the macros of optional
//! values in its `cel/library.go`).

use std::sync::Arc;

use super::plan::{Base, Bind, FoldKind, Step};
use super::planner::{Binding, Planned, Planner, conditional};
use super::tree::{Call, Expr, Node, operators};

impl Planner<'_> {
    /// The plan of a macro; nothing if the call is not one.
    pub(super) fn expand(&mut self, id: u32, call: &Call) -> Planned<Option<Step>> {
        let Some(target) = call.target.as_deref() else {
            let [argument] = call.arguments.as_slice() else {
                return Ok(None);
            };
            return match &argument.expr {
                Expr::Select(select) if call.function == operators::HAS => self.select(select, true).map(Some),
                _ => Ok(None),
            };
        };
        let (kind, names, filter, body): (FoldKind, &[&Node], Option<&Node>, Option<&Node>) =
            match (call.function.as_str(), call.arguments.as_slice()) {
                ("all", [item, body]) => (FoldKind::All, &[item], None, Some(body)),
                ("all", [index, item, body]) => (FoldKind::All, &[index, item], None, Some(body)),
                ("exists", [item, body]) => (FoldKind::Exists, &[item], None, Some(body)),
                ("exists", [index, item, body]) => (FoldKind::Exists, &[index, item], None, Some(body)),
                ("exists_one" | "existsOne", [item, body]) => (FoldKind::ExistsOne, &[item], None, Some(body)),
                ("exists_one" | "existsOne", [index, item, body]) => {
                    (FoldKind::ExistsOne, &[index, item], None, Some(body))
                }
                ("filter", [item, filter]) => (FoldKind::List, &[item], Some(filter), None),
                ("map", [item, body]) => (FoldKind::List, &[item], None, Some(body)),
                ("map", [item, filter, body]) => (FoldKind::List, &[item], Some(filter), Some(body)),
                ("transformList", [index, item, body]) => (FoldKind::List, &[index, item], None, Some(body)),
                ("transformList", [index, item, filter, body]) => {
                    (FoldKind::List, &[index, item], Some(filter), Some(body))
                }
                ("transformMap", [key, value, body]) => (FoldKind::Map, &[key, value], None, Some(body)),
                ("transformMap", [key, value, filter, body]) => {
                    (FoldKind::Map, &[key, value], Some(filter), Some(body))
                }
                ("transformMapEntry", [key, value, body]) => (FoldKind::Entries, &[key, value], None, Some(body)),
                ("transformMapEntry", [key, value, filter, body]) => {
                    (FoldKind::Entries, &[key, value], Some(filter), Some(body))
                }
                ("sortBy", [item, key]) => return self.sort_by(id, target, item, key).map(Some),
                ("optMap", [name, body]) => return self.of_optional(id, target, name, body, true).map(Some),
                ("optFlatMap", [name, body]) => return self.of_optional(id, target, name, body, false).map(Some),
                _ => return Ok(None),
            };
        let target = self.step(target)?;
        self.fold(target, names, kind, [filter, body]).map(Some)
    }

    /// A list with the keys of its items, sorted.
    fn sort_by(&mut self, id: u32, target: &Node, item: &Node, key: &Node) -> Planned<Step> {
        let (slot, target) = (self.slot(), Arc::new(self.step(target)?));
        let input = || Step::of(Base::Bound(slot, Arc::clone(&target)));
        let keys = self.fold(input(), &[item], FoldKind::List, [None, Some(key)])?;
        let body = self.made(id, "@sortByAssociatedKeys", vec![input(), keys])?;
        Ok(Step::Bind(Box::new(Bind { slot, body })))
    }

    /// The value of an optional one, if it has one, made into another.
    fn of_optional(&mut self, id: u32, target: &Node, name: &Node, body: &Node, wraps: bool) -> Planned<Step> {
        let Expr::Ident(name) = &name.expr else {
            return Err(None);
        };
        let target = Arc::new(self.step(target)?);
        let again = || Step::Shared(Arc::clone(&target));
        let has_value = self.made(id, "hasValue", vec![again()])?;
        let value = Arc::new(self.made(id, "value", vec![again()])?);
        let slot = self.slot();
        self.bound.push((name.clone(), Binding::Bound(slot, value)));
        let body = self.step(body)?;
        self.bound.pop();
        let bound = Step::Bind(Box::new(Bind { slot, body }));
        let then = if wraps {
            self.made(id, "optional.of", vec![bound])?
        } else {
            bound
        };
        let otherwise = self.made(id, "optional.none", Vec::new())?;
        Ok(conditional(has_value, then, otherwise))
    }
}
