//! Pipelines, commands, fields, variables.

use super::watch::PipelineStart;
use super::{Executor, Failure, Frame, MissingKey, Operand};
use crate::engine::template::function::{CallError, CallResult};
use crate::engine::template::text::Text;
use crate::engine::template::tree::{NodeId, NodeKind, Number, Run, Unit};
use crate::engine::template::value::{Map, MapType, Object, Value};
use crate::text::go::quote::quote;

/// What a field access needs besides the receiver: the arguments of the command it is part of.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'u> {
    /// The command's words, whose first one is called; empty if there is no command.
    pub(super) words: &'u [NodeId],
    /// The value of the pipeline so far.
    pub(super) last: Option<&'u Operand>,
}

/// What is evaluated: a function or field with its arguments, for a dot, and the node that errors of the call name.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) dot: &'a Operand,
    pub(super) node: NodeId,
    pub(super) arguments: Arguments<'a>,
}

impl<'a> Call<'a> {
    /// The words after the name.
    pub(super) fn words(&self) -> &'a [NodeId] {
        self.arguments.words.get(1..).unwrap_or_default()
    }

    /// The same without arguments.
    const fn without_arguments(self) -> Self {
        Self {
            arguments: Arguments::NONE,
            ..self
        }
    }
}

impl Arguments<'_> {
    pub(super) const NONE: Self = Self { words: &[], last: None };

    const fn are_given(&self) -> bool {
        self.words.len() > 1 || self.last.is_some()
    }
}

/// Whether the elements of a map of this type are `interface {}`.
pub(super) const fn holds_interfaces(map: &Map) -> bool {
    matches!(map.map_type, MapType::Any) || map.map_type.is_values()
}

/// Whether `range` has something to go over; nothing where it refuses the value.
pub(super) fn has_items(value: &Value) -> Option<bool> {
    match value {
        Value::Nil => Some(false),
        Value::Map(_) | Value::List(_) | Value::Bytes(_) => Some(value.length().unwrap_or_default() > 0),
        Value::Object(object) => {
            let map = object.as_map().map(|map| map.with(|entries| !entries.is_empty()));
            map.or_else(|| object.as_list().map(|list| !list.items().is_empty()))
        }
        _ => {
            let is_count = value.as_int().map(|count| count > 0);
            is_count.or_else(|| value.as_uint().map(|count| count > 0))
        }
    }
}

/// The element a missing key stands for.
pub(super) fn zero_element(map: &Map) -> Operand {
    match map.map_type {
        MapType::Any | MapType::Values | MapType::ValuesOfHelm3 => Operand::interface(Value::Nil),
        MapType::Strings => Operand::concrete(Value::Str(Text::default())),
        MapType::Named(_) => {
            let holds_bytes = map.with(|entries| entries.values().next().is_none_or(|v| matches!(v, Value::Bytes(_))));
            if holds_bytes {
                Operand::concrete(Value::Bytes([].into()))
            } else {
                Operand::default()
            }
        }
    }
}

impl Executor<'_> {
    pub(super) fn evaluate_pipeline(
        &mut self,
        frame: Frame<'_>,
        dot: &Operand,
        pipe: NodeId,
    ) -> Result<Operand, Failure> {
        let NodeKind::Pipe {
            declarations, commands, ..
        } = frame.unit.node(pipe).kind
        else {
            return Ok(Operand::default());
        };
        self.at = pipe;
        self.enter(frame)?;
        let begun = self.watch().map(super::watch::Watch::begin_pipeline);
        let mut last: Option<Operand> = None;
        for &command in frame.unit.children(commands) {
            let mut value = self.evaluate_command(frame, dot, command, last.as_ref())?;
            value.is_interface = false;
            last = Some(value);
        }
        let value = last.unwrap_or_default();
        for &variable in frame.unit.children(declarations) {
            self.set_variable(frame, variable, value.clone())?;
        }
        if let Some(begun) = begun {
            self.watch_assigned(frame, declarations, begun);
        }
        self.nesting -= 1;
        Ok(value)
    }

    /// What was read for variables since `begun`, if reads are watched.
    fn watch_assigned(&mut self, frame: Frame<'_>, declarations: Run, begun: PipelineStart) {
        let base = self.base;
        let variables = frame.unit.children(declarations).iter();
        let slots = variables.filter_map(|&variable| match frame.unit.node(variable).kind {
            NodeKind::Variable { slot, .. } => Some(base.saturating_add(slot as usize)),
            _ => None,
        });
        if let Some(watch) = self.watch() {
            watch.end_pipeline(slots, begun);
        }
    }

    pub(super) fn set_variable(&mut self, frame: Frame<'_>, variable: NodeId, value: Operand) -> Result<(), Failure> {
        let NodeKind::Variable { slot, names } = frame.unit.node(variable).kind else {
            return Ok(());
        };
        match self.slots.get_mut(self.base.saturating_add(slot as usize)) {
            Some(place) => {
                *place = Some(value);
                Ok(())
            }
            None => Err(self.undefined_variable(frame, names)),
        }
    }

    fn undefined_variable(&self, frame: Frame<'_>, names: Run) -> Failure {
        let name = frame.unit.names(names).first().cloned().unwrap_or_default();
        self.error(frame, format!("undefined variable: {name}"))
    }

    fn refuse_arguments(&self, frame: Frame<'_>, arguments: Arguments<'_>) -> Result<(), Failure> {
        match arguments.words.first() {
            Some(&first) if arguments.are_given() => {
                let text = operand_text(frame.unit, first);
                Err(self.error(frame, format!("can't give argument to non-function {text}")))
            }
            _ => Ok(()),
        }
    }

    fn evaluate_command(
        &mut self,
        frame: Frame<'_>,
        dot: &Operand,
        command: NodeId,
        last: Option<&Operand>,
    ) -> Result<Operand, Failure> {
        let NodeKind::Command { arguments } = frame.unit.node(command).kind else {
            return Ok(Operand::default());
        };
        let words = frame.unit.children(arguments);
        let Some(&first) = words.first() else {
            return Ok(Operand::default());
        };
        let arguments = Arguments { words, last };
        match frame.unit.node(first).kind {
            NodeKind::Field { .. } => return self.evaluate_field_node(frame, dot, first, arguments),
            NodeKind::Chain { .. } => return self.evaluate_chain(frame, dot, first, arguments),
            NodeKind::Identifier { .. } => {
                let call = Call {
                    frame,
                    dot,
                    node: command,
                    arguments,
                };
                return self.evaluate_function(call, first);
            }
            NodeKind::Pipe { .. } => {
                self.refuse_arguments(frame, arguments)?;
                return self.evaluate_pipeline(frame, dot, first);
            }
            NodeKind::Variable { .. } => return self.evaluate_variable(frame, dot, first, arguments),
            _ => {}
        }
        self.at = first;
        self.refuse_arguments(frame, arguments)?;
        match frame.unit.node(first).kind {
            NodeKind::Dot => Ok(dot.clone()),
            NodeKind::Nil => Err(self.error(frame, "nil is not a command")),
            _ => self.constant(frame, first),
        }
    }

    /// A literal in a place that does not determine its type.
    pub(super) fn constant(&mut self, frame: Frame<'_>, id: NodeId) -> Result<Operand, Failure> {
        let unit = frame.unit;
        let node = unit.node(id);
        Ok(Operand::concrete(match node.kind {
            NodeKind::Bool(value) => Value::Bool(value),
            NodeKind::Str { text, .. } => Value::Str(unit.texts.get(text as usize).cloned().unwrap_or_default()),
            NodeKind::Number { number, end } => {
                self.at = id;
                let number = unit.numbers.get(number as usize).copied().unwrap_or_default();
                let text = unit.text(node.position, end);
                ideal_constant(number, text)
                    .ok_or_else(|| self.error(frame, format!("{} overflows int", String::from_utf8_lossy(text))))?
            }
            _ => Value::Nil,
        }))
    }

    pub(super) fn evaluate_field_node(
        &mut self,
        frame: Frame<'_>,
        dot: &Operand,
        id: NodeId,
        arguments: Arguments<'_>,
    ) -> Result<Operand, Failure> {
        self.at = id;
        let NodeKind::Field { names } = frame.unit.node(id).kind else {
            return Ok(Operand::default());
        };
        let call = Call {
            frame,
            dot,
            node: id,
            arguments,
        };
        self.evaluate_fields(call, dot, frame.unit.names(names))
    }

    pub(super) fn evaluate_variable(
        &mut self,
        frame: Frame<'_>,
        dot: &Operand,
        id: NodeId,
        arguments: Arguments<'_>,
    ) -> Result<Operand, Failure> {
        self.at = id;
        let NodeKind::Variable { slot, names } = frame.unit.node(id).kind else {
            return Ok(Operand::default());
        };
        let slot = self.base.saturating_add(slot as usize);
        if let Some(watch) = self.watch() {
            watch.variable(slot);
        }
        let place = self.slots.get(slot);
        let Some(value) = place.and_then(Option::as_ref).cloned() else {
            return Err(self.undefined_variable(frame, names));
        };
        match frame.unit.names(names) {
            [] | [_] => {
                self.refuse_arguments(frame, arguments)?;
                Ok(value)
            }
            [_, fields @ ..] => {
                let call = Call {
                    frame,
                    dot,
                    node: id,
                    arguments,
                };
                self.evaluate_fields(call, &value, fields)
            }
        }
    }

    pub(super) fn evaluate_chain(
        &mut self,
        frame: Frame<'_>,
        dot: &Operand,
        id: NodeId,
        arguments: Arguments<'_>,
    ) -> Result<Operand, Failure> {
        self.at = id;
        let NodeKind::Chain { node, names } = frame.unit.node(id).kind else {
            return Ok(Operand::default());
        };
        self.at = node;
        let call = Call {
            frame,
            dot,
            node: id,
            arguments,
        };
        let receiver = match frame.unit.node(node).kind {
            NodeKind::Pipe { .. } => self.evaluate_pipeline(frame, dot, node)?,
            NodeKind::Identifier { .. } => self.evaluate_function(
                Call {
                    node,
                    ..call.without_arguments()
                },
                node,
            )?,
            _ => self.constant(frame, node)?,
        };
        self.evaluate_fields(call, &receiver, frame.unit.names(names))
    }

    fn evaluate_fields(&mut self, call: Call<'_>, receiver: &Operand, names: &[Text]) -> Result<Operand, Failure> {
        let Some((last, path)) = names.split_last() else {
            return Ok(receiver.clone());
        };
        let mut held;
        let mut receiver = receiver;
        for name in path {
            held = self.evaluate_field(call.without_arguments(), receiver, name)?;
            receiver = &held;
        }
        self.evaluate_field(call, receiver, last)
    }

    fn evaluate_field(&mut self, call: Call<'_>, receiver: &Operand, name: &Text) -> Result<Operand, Failure> {
        let Call {
            frame, node, arguments, ..
        } = call;
        match &receiver.value {
            Value::Nil if receiver.is_interface => {
                Err(self.error(frame, format!("nil pointer evaluating interface {{}}.{name}")))
            }
            Value::Nil if self.options.missing_key == MissingKey::Error => {
                let key = quote(name.as_bytes());
                Err(self.error(frame, format!("nil data; no entry for key {key}")))
            }
            Value::Nil => Ok(Operand::default()),
            Value::Map(map) => {
                let Some(parameters) = map.method_parameters(name.as_bytes()) else {
                    return self.map_entry(frame, map, name, arguments);
                };
                let method = name.to_str_lossy();
                let map = map.clone();
                let values = self.typed_arguments(call, &method, parameters)?;
                let result = if method == "YAML" {
                    Some(self.values_as_yaml(&map))
                } else {
                    map.call_method(&method, &values)
                };
                match result {
                    Some(result) => self.method_result(frame, node, name, result),
                    None => Err(self.no_field(frame, receiver, name)),
                }
            }
            Value::Object(object) => self.object_field(call, receiver, object.as_ref(), name),
            Value::List(list) => {
                let list = list.clone();
                let method = name.to_str_lossy();
                let Some(parameters) = list.method_parameters(&method) else {
                    return Err(self.no_field(frame, receiver, name));
                };
                let values = self.typed_arguments(call, &method, parameters)?;
                let compared = list.items().len() as u64;
                if let Err(refusal) = self.spend_on_method(compared, &values) {
                    return self.method_result(frame, node, name, Err(refusal.into()));
                }
                if let Some(watch) = self.watch() {
                    watch.list_method(&values);
                }
                match list.call_method(&method, &values) {
                    Some(result) => self.method_result(frame, node, name, result),
                    None => Err(self.no_field(frame, receiver, name)),
                }
            }
            _ => Err(self.no_field(frame, receiver, name)),
        }
    }

    /// A field or method of a struct.
    fn object_field(
        &mut self,
        call: Call<'_>,
        receiver: &Operand,
        object: &dyn Object,
        name: &Text,
    ) -> Result<Operand, Failure> {
        let Call {
            frame,
            dot,
            node,
            arguments,
        } = call;
        let field_name = name.to_str_lossy();
        if let Some(watch) = self.watch() {
            watch.field(object.type_name());
        }
        if let Some(parameters) = object.method_parameters(&field_name) {
            let values = self.typed_arguments(call, &field_name, parameters)?;
            if let Err(refusal) = self.spend_on_method(object.method_cost(&field_name, &values), &values) {
                return self.method_result(frame, node, name, Err(refusal.into()));
            }
            return match object.call_method(&field_name, &values) {
                Some(result) => self.method_result(frame, node, name, result),
                None => Err(self.no_field(frame, receiver, name)),
            };
        }
        if arguments.are_given() {
            let at = self.at;
            let result = match self.method_arguments(frame, dot, arguments) {
                Ok(values) => match self.spend_on_method(object.method_cost(&field_name, &values), &values) {
                    Ok(()) => object.call_method(&field_name, &values),
                    Err(refusal) => Some(Err(refusal.into())),
                },
                // Go does not evaluate arguments where there is no method.
                Err(_) if object.call_method(&field_name, &[]).is_none() => None,
                Err(failure) => return Err(failure),
            };
            if let Some(result) = result {
                return self.method_result(frame, node, name, result);
            }
            self.at = at;
            if object.field(&field_name).is_some() {
                return Err(self.error(frame, format!("{name} has arguments but cannot be invoked as function")));
            }
        } else {
            if let Some(value) = object.field(&field_name) {
                return Ok(Operand::concrete(value));
            }
            if let Some(result) = object.call_method(&field_name, &[]) {
                return self.method_result(frame, node, name, result);
            }
        }
        match object.as_map() {
            Some(map) => self.map_entry(frame, &map, name, arguments),
            None => Err(self.no_field(frame, receiver, name)),
        }
    }

    /// `common.Values.YAML`: what `toYaml` prints, and a line break. The function is the caller's.
    fn values_as_yaml(&mut self, map: &Map) -> CallResult {
        let Some(to_yaml) = (self.set.lookup)("toYaml") else {
            return Err("no YAML printer".into());
        };
        let arguments = [Value::Map(map.with_type(MapType::Any))];
        self.spend_on_call(to_yaml.price, &arguments)?;
        let printed = (to_yaml.call)(self, &arguments)?;
        match printed {
            Value::Str(text) => Ok(Value::str([text.as_bytes(), b"\n"].concat())),
            other => Ok(other),
        }
    }

    fn no_field(&self, frame: Frame<'_>, receiver: &Operand, name: &Text) -> Failure {
        let type_name = receiver.type_name();
        self.error(frame, format!("can't evaluate field {name} in type {type_name}"))
    }

    fn map_entry(
        &mut self,
        frame: Frame<'_>,
        map: &Map,
        name: &Text,
        arguments: Arguments<'_>,
    ) -> Result<Operand, Failure> {
        if arguments.are_given() {
            return Err(self.error(frame, format!("{name} is not a method but has arguments")));
        }
        if let Some(trace) = &mut self.trace {
            trace.read(map, name, frame.unit, frame.unit.node(self.at).position);
        }
        match map.entry(name) {
            Some(value) => Ok(Operand {
                value,
                is_interface: holds_interfaces(map),
            }),
            None if self.options.missing_key == MissingKey::Error => {
                let key = quote(name.as_bytes());
                Err(self.error(frame, format!("map has no entry for key {key}")))
            }
            None => Ok(zero_element(map)),
        }
    }

    fn method_result(
        &mut self,
        frame: Frame<'_>,
        node: NodeId,
        name: &Text,
        result: CallResult,
    ) -> Result<Operand, Failure> {
        let result = result.and_then(|value| {
            self.spend_on_result(&value)?;
            Ok(value)
        });
        match result {
            Ok(value) => Ok(Operand::concrete(value)),
            Err(error) => {
                self.at = node;
                Err(self.call_failure(frame, &name.to_str_lossy(), error))
            }
        }
    }

    /// `error calling NAME: …` at the current node.
    pub(super) fn call_failure(&self, frame: Frame<'_>, name: &str, error: CallError) -> Failure {
        let inner = match error {
            CallError::Message(message) => crate::engine::template::ExecutionError::without_place(message),
            CallError::Execution(inner) => *inner,
        };
        let (place, prefix) = self.place(frame);
        let mut outer = inner.wrap(&format!("{prefix}error calling {name}: "));
        outer.frames.push(place);
        Box::new(outer)
    }
}

fn operand_text(unit: &Unit, id: NodeId) -> String {
    crate::engine::template::node_text::node_text(unit, id)
}

/// Go's type for a number without context, which its syntax decides.
fn ideal_constant(number: Number, text: &[u8]) -> Option<Value> {
    if let Some((real, imaginary)) = number.complex {
        return Some(Value::Complex(real, imaginary));
    }
    let is_hexadecimal =
        matches!(text, [b'0', b'x' | b'X', _, ..]) && !text.iter().any(|byte| matches!(byte, b'p' | b'P'));
    if let Some(float) = number.float
        && !is_hexadecimal
        && text.first() != Some(&b'\'')
        && text.iter().any(|byte| b".eEpP".contains(byte))
    {
        return Some(Value::Float(float));
    }
    number.int.map(Value::Int)
}
