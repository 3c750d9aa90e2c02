//! The walk over a definition's nodes: text, actions, branches, ranges, templates.
//!
//! Follows `walk` and its relatives in Go's `text/template/exec.go`.

use super::no_value::NO_VALUE;
use super::{Executor, Failure, Flow, Frame, MAX_TEMPLATE_DEPTH, Operand, evaluate, limits};
use crate::engine::template::source_map::MapBuilder;
use crate::engine::template::tree::{Branch, Builtin, Callee, NodeId, NodeKind, Unit};
use crate::engine::template::value::{List, ListType, Map, Value};
use crate::text::go::quote::quote;
use crate::text::limits::VALUE_BYTES;

impl Executor<'_> {
    pub(super) fn walk_list(&mut self, frame: Frame<'_>, dot: &Operand, list: NodeId) -> Result<Flow, Failure> {
        let NodeKind::List { nodes } = frame.unit.node(list).kind else {
            return Ok(Flow::Next);
        };
        self.enter(frame)?;
        for &node in frame.unit.children(nodes) {
            let flow = self.walk(frame, dot, node)?;
            if flow != Flow::Next {
                self.nesting -= 1;
                return Ok(flow);
            }
        }
        self.nesting -= 1;
        Ok(Flow::Next)
    }

    fn walk(&mut self, frame: Frame<'_>, dot: &Operand, id: NodeId) -> Result<Flow, Failure> {
        self.at = id;
        self.count_step(frame)?;
        if let Some(watch) = self.watch() {
            watch.ran(frame.unit, id);
        }
        let node = frame.unit.node(id);
        match node.kind {
            NodeKind::Text { start, end } => {
                let text = frame.unit.text(start, end);
                if let Some(map) = &mut self.map {
                    map.text(self.out.len(), frame.unit, start, text);
                }
                self.out.extend_from_slice(text);
            }
            NodeKind::Action { pipe } => self.walk_action(frame, dot, id, pipe)?,
            NodeKind::If(branch) => return self.walk_conditional(frame, dot, branch, false),
            NodeKind::With(branch) => return self.walk_conditional(frame, dot, branch, true),
            NodeKind::Range(branch) => return self.walk_range(frame, dot, branch),
            NodeKind::Break => return Ok(Flow::Break),
            NodeKind::Continue => return Ok(Flow::Continue),
            NodeKind::Template { name, pipe } => self.walk_template(frame, dot, id, name, pipe)?,
            _ => {}
        }
        self.at = id;
        self.check_output(frame)?;
        Ok(Flow::Next)
    }

    fn walk_action(&mut self, frame: Frame<'_>, dot: &Operand, id: NodeId, pipe: NodeId) -> Result<(), Failure> {
        let captures = self.map.as_ref().map_or(0, MapBuilder::capture_count);
        let value = self.evaluate_pipeline(frame, dot, pipe)?;
        let declares =
            matches!(frame.unit.node(pipe).kind, NodeKind::Pipe { declarations, .. } if declarations.length > 0);
        if declares {
            return Ok(());
        }
        if let Some(trace) = &mut self.trace {
            trace.consume(&value.value);
        }
        if matches!(value.value, Value::Map(_) | Value::List(_)) && limits::is_too_large(&value.value) {
            return Err(self.error(frame, format!("the printed value exceeds {VALUE_BYTES} bytes")));
        }
        let start = self.out.len();
        match &value.value {
            _ if value.is_nil() => self.out.extend_from_slice(NO_VALUE),
            Value::Object(object) if object.as_map().is_none() && object.as_list().is_none() => {
                let is_result = is_result_of_call(frame.unit, pipe);
                let text = if is_result { object.display() } else { object.printed() };
                self.out.extend_from_slice(text.as_bytes());
            }
            other => other.write_display(&mut self.out),
        }
        if let Some(map) = &mut self.map {
            let position = frame.unit.node(id).position;
            let written = self.out.get(start..).unwrap_or_default();
            map.action(start, frame.unit, position, written, captures);
        }
        Ok(())
    }

    fn walk_conditional(
        &mut self,
        frame: Frame<'_>,
        dot: &Operand,
        branch: Branch,
        sets_dot: bool,
    ) -> Result<Flow, Failure> {
        let begun = self.begin_watched();
        let value = self.evaluate_pipeline(frame, dot, branch.pipe)?;
        let is_true = value.value.is_true();
        if let Some(watch) = self.watch() {
            watch.decide(frame.unit, branch.pipe, is_true, begun);
        }
        if is_true {
            let dot = if sets_dot { &value } else { dot };
            self.walk_list(frame, dot, branch.list)
        } else if let Some(else_list) = branch.else_list {
            self.walk_list(frame, dot, else_list)
        } else {
            Ok(Flow::Next)
        }
    }

    fn walk_template(
        &mut self,
        frame: Frame<'_>,
        dot: &Operand,
        id: NodeId,
        name: u32,
        pipe: Option<NodeId>,
    ) -> Result<(), Failure> {
        let name = frame.unit.texts.get(name as usize).cloned().unwrap_or_default();
        let Some(found) = self.find(name.as_bytes()) else {
            return Err(self.error(frame, format!("template {} not defined", quote(name.as_bytes()))));
        };
        if self.template_depth >= MAX_TEMPLATE_DEPTH {
            return Err(self.error(frame, format!("exceeded maximum template depth ({MAX_TEMPLATE_DEPTH})")));
        }
        let dot = match pipe {
            Some(pipe) => self.evaluate_pipeline(frame, dot, pipe)?,
            None => Operand::default(),
        };
        let outer_chain = self
            .map
            .as_mut()
            .map(|map| map.enter(frame.unit, frame.unit.node(id).position));
        self.template_depth += 1;
        let result = self.execute(&found, &dot);
        self.template_depth -= 1;
        if let (Some(map), Some(chain)) = (&mut self.map, outer_chain) {
            map.leave(chain);
        }
        result
    }

    fn walk_range(&mut self, frame: Frame<'_>, dot: &Operand, branch: Branch) -> Result<Flow, Failure> {
        let begun = self.begin_watched();
        let value = self.evaluate_pipeline(frame, dot, branch.pipe)?.value;
        if let Some(trace) = &mut self.trace {
            trace.consume(&value);
            if let (Some(watch), Some(has_items)) = (&mut trace.watch, evaluate::has_items(&value)) {
                watch.decide(frame.unit, branch.pipe, has_items, begun);
            }
        }
        let ran = match &value {
            Value::Nil => false,
            Value::List(list) => self.iterate_list(frame, branch, list)?,
            Value::Bytes(bytes) => self.iterate(
                frame,
                branch,
                bytes.iter().enumerate().map(|(index, &byte)| {
                    (
                        Operand::concrete(int_value(index)),
                        Operand::concrete(Value::Uint8(byte)),
                    )
                }),
            )?,
            Value::Map(map) => self.iterate_map(frame, branch, map)?,
            Value::Object(object) => match (object.as_map(), object.as_list()) {
                (Some(map), _) => self.iterate_map(frame, branch, &map)?,
                (None, Some(list)) => self.iterate_list(frame, branch, &list)?,
                (None, None) => return Err(self.cannot_iterate(frame, &value)),
            },
            _ => self.iterate_count(frame, branch, &value)?,
        };
        match branch.else_list {
            Some(else_list) if !ran => self.walk_list(frame, dot, else_list),
            _ => Ok(Flow::Next),
        }
    }

    fn cannot_iterate(&self, frame: Frame<'_>, value: &Value) -> Failure {
        self.error(frame, format!("range can't iterate over {}", value.display()))
    }

    fn iterate_count(&mut self, frame: Frame<'_>, branch: Branch, value: &Value) -> Result<bool, Failure> {
        let (NodeKind::Pipe { declarations, .. }, Some(count)) = (
            frame.unit.node(branch.pipe).kind,
            value.as_int().map(i128::from).or(value.as_uint().map(i128::from)),
        ) else {
            return Err(self.cannot_iterate(frame, value));
        };
        if declarations.length > 1 {
            let shown = value.display();
            return Err(self.error(
                frame,
                format!("can't use {shown} to iterate over more than one variable"),
            ));
        }
        let like = value.clone();
        self.iterate(
            frame,
            branch,
            (0..count).map(move |number| (Operand::default(), Operand::concrete(number_like(&like, number)))),
        )
    }

    fn iterate_list(&mut self, frame: Frame<'_>, branch: Branch, list: &List) -> Result<bool, Failure> {
        let is_interface = list.element == ListType::Any;
        let items = list.items().iter().cloned().enumerate();
        self.iterate(
            frame,
            branch,
            items.map(|(index, value)| (Operand::concrete(int_value(index)), Operand { value, is_interface })),
        )
    }

    fn iterate_map(&mut self, frame: Frame<'_>, branch: Branch, map: &Map) -> Result<bool, Failure> {
        let is_interface = evaluate::holds_interfaces(map);
        self.iterate(
            frame,
            branch,
            map.snapshot()
                .into_iter()
                .map(|(key, value)| (Operand::concrete(Value::Str(key)), Operand { value, is_interface })),
        )
    }

    /// Runs the body once per item; returns whether there was any.
    fn iterate(
        &mut self,
        frame: Frame<'_>,
        branch: Branch,
        items: impl Iterator<Item = (Operand, Operand)>,
    ) -> Result<bool, Failure> {
        let declarations = match frame.unit.node(branch.pipe).kind {
            NodeKind::Pipe { declarations, .. } => frame.unit.children(declarations),
            _ => &[],
        };
        let mut ran = false;
        for (index, item) in items {
            ran = true;
            match declarations {
                [] => {}
                [only] => self.set_variable(frame, *only, item.clone())?,
                [first, second, ..] => {
                    self.set_variable(frame, *first, index)?;
                    self.set_variable(frame, *second, item.clone())?;
                }
            }
            if self.walk_list(frame, &item, branch.list)? == Flow::Break {
                break;
            }
            self.count_step(frame)?;
        }
        Ok(ran)
    }
}

pub(super) fn int_value(index: usize) -> Value {
    Value::Int(i64::try_from(index).unwrap_or(i64::MAX))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number lies below one of the same type"
)]
const fn number_like(like: &Value, number: i128) -> Value {
    match like {
        Value::Int64(_) => Value::Int64(number as i64),
        Value::Int32(_) => Value::Int32(number as i32),
        Value::Uint8(_) => Value::Uint8(number as u8),
        Value::Uint32(_) => Value::Uint32(number as u32),
        Value::Uint64(_) => Value::Uint64(number as u64),
        _ => Value::Int(number as i64),
    }
}

/// Whether a pipeline ends in a function: its result has no address, so that `String()` of a pointer is not found.
/// `and` and `or` pass their arguments on as they are.
fn is_result_of_call(unit: &Unit, pipe: NodeId) -> bool {
    let NodeKind::Pipe { commands, .. } = unit.node(pipe).kind else {
        return false;
    };
    let last = unit.children(commands).last().map(|&command| unit.node(command).kind);
    let Some(NodeKind::Command { arguments }) = last else {
        return false;
    };
    let Some(&first) = unit.children(arguments).first() else {
        return false;
    };
    match unit.node(first).kind {
        NodeKind::Pipe { .. } => is_result_of_call(unit, first),
        NodeKind::Identifier { callee } => {
            let named = unit.callees.get(callee as usize);
            named.is_some_and(|named| !matches!(named.callee, Callee::Builtin(Builtin::And | Builtin::Or)))
        }
        _ => false,
    }
}
