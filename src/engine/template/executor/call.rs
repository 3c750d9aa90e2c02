//! Function calls: counting, checking and converting arguments.
//!
//! Follows `evalCall`, `evalArg` and `validateType` of Go's `text/template/exec.go`.

use super::evaluate::{Arguments, Call};
use super::{Executor, Failure, Frame, Operand, builtins};
use crate::engine::template::function::{Function, Parameter};
use crate::engine::template::node_text::node_text;
use crate::engine::template::tree::{Builtin, Callee, NodeId, NodeKind};
use crate::engine::template::value::{List, ListType, Map, MapType, Value};

/// The type an argument must fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// `reflect.Value`: a built-in accepts it as it is.
    Reflect,
    Parameter(Parameter),
}

impl Expected {
    const fn name(self) -> &'static str {
        match self {
            Self::Reflect => "reflect.Value",
            Self::Parameter(parameter) => match parameter {
                Parameter::Any => "interface {}",
                Parameter::Str => "string",
                Parameter::Bool => "bool",
                Parameter::Int => "int",
                Parameter::Int64 => "int64",
                Parameter::Float => "float64",
                Parameter::List => "[]interface {}",
                Parameter::Strings => "[]string",
                Parameter::Map => "map[string]interface {}",
                Parameter::Named(name) => name,
            },
        }
    }

    /// The value an untyped nil becomes, where the type has one.
    fn nil(self) -> Option<Value> {
        match self {
            Self::Reflect | Self::Parameter(Parameter::Any) => Some(Value::Nil),
            Self::Parameter(Parameter::List) => Some(Value::List(List::nil(ListType::Any))),
            Self::Parameter(Parameter::Strings) => Some(Value::List(List::nil(ListType::Strings))),
            Self::Parameter(Parameter::Map) => Some(Value::Map(Map::nil(MapType::Any))),
            Self::Parameter(Parameter::Named(name))
                if name.starts_with('*') || name.starts_with("[]") || name.starts_with("map[") =>
            {
                Some(Value::Nil)
            }
            Self::Parameter(_) => None,
        }
    }

    /// The value as this type, where Go can assign it.
    fn assign(self, value: Value) -> Result<Value, Value> {
        let Self::Parameter(parameter) = self else {
            return Ok(value);
        };
        match (parameter, value) {
            (Parameter::Any, value)
            | (Parameter::Str, value @ Value::Str(_))
            | (Parameter::Bool, value @ Value::Bool(_))
            | (Parameter::Int, value @ Value::Int(_))
            | (Parameter::Int64, value @ Value::Int64(_))
            | (Parameter::Float, value @ Value::Float(_)) => Ok(value),
            (Parameter::List, Value::List(list)) if list.element == ListType::Any => Ok(Value::List(list)),
            (Parameter::Strings, Value::List(list)) => match list.element {
                ListType::Strings => Ok(Value::List(list)),
                // A defined type such as `common.VersionSet` is assignable to the slice type beneath it.
                ListType::Named(name)
                    if !name.starts_with('[') && list.items().iter().all(|item| matches!(item, Value::Str(_))) =>
                {
                    Ok(Value::List(List::typed(ListType::Strings, list.items().to_vec())))
                }
                _ => Err(Value::List(list)),
            },
            (Parameter::Strings, Value::Object(object)) => match object.as_list() {
                Some(list) if list.items().iter().all(|item| matches!(item, Value::Str(_))) => {
                    Ok(Value::List(List::typed(ListType::Strings, list.items().to_vec())))
                }
                _ => Err(Value::Object(object)),
            },
            (Parameter::Map, Value::Map(map)) => match map.map_type {
                MapType::Any => Ok(Value::Map(map)),
                MapType::Values | MapType::ValuesOfHelm3 => Ok(Value::Map(map.with_type(MapType::Any))),
                _ => Err(Value::Map(map)),
            },
            (Parameter::Named(name), value) => {
                let type_name = value.type_name();
                if type_name == name || type_name.strip_prefix('*') == Some(name) {
                    Ok(value)
                } else {
                    Err(value)
                }
            }
            (_, value) => Err(value),
        }
    }
}

impl Executor<'_> {
    pub(super) fn evaluate_function(&mut self, call: Call<'_>, id: NodeId) -> Result<Operand, Failure> {
        self.at = id;
        let frame = call.frame;
        let NodeKind::Identifier { callee } = frame.unit.node(id).kind else {
            return Ok(Operand::default());
        };
        let Some(named) = frame.unit.callees.get(callee as usize) else {
            return Ok(Operand::default());
        };
        let name = &named.name;
        match named.callee {
            Callee::Function(function) => {
                let (parameters, variadic) = (function.parameters, function.variadic);
                self.check_count(call, name, parameters.len(), variadic)?;
                self.call_function(call, function)
            }
            Callee::Builtin(builtin) => {
                let (parameters, variadic) = builtins::arity(builtin);
                self.check_count(call, name, parameters, variadic)?;
                self.call_builtin(call, builtin)
            }
        }
    }

    fn check_count(
        &self,
        call: Call<'_>,
        name: &dyn std::fmt::Display,
        parameters: usize,
        variadic: bool,
    ) -> Result<(), Failure> {
        let (frame, words) = (call.frame, call.words());
        let given = words.len() + usize::from(call.arguments.last.is_some());
        if variadic {
            let fixed = parameters.saturating_sub(1);
            if given < fixed {
                let got = words.len();
                return Err(self.error(
                    frame,
                    format!("wrong number of args for {name}: want at least {fixed} got {got}"),
                ));
            }
        } else if given != parameters {
            return Err(self.error(
                frame,
                format!("wrong number of args for {name}: want {parameters} got {given}"),
            ));
        }
        Ok(())
    }

    fn call_function(&mut self, call: Call<'_>, function: &'static Function) -> Result<Operand, Failure> {
        let Call {
            frame,
            dot,
            node: command,
            arguments,
        } = call;
        let (words, last) = (call.words(), arguments.last);
        let parameter = |index: usize| {
            let parameters = function.parameters;
            let parameter = parameters.get(index).or_else(|| parameters.last());
            Expected::Parameter(parameter.copied().unwrap_or(Parameter::Any))
        };
        let mut values: Vec<Value> = Vec::with_capacity(words.len() + 1);
        let begun = function.choice.map(|_| self.begin_watched());
        for (index, &word) in words.iter().enumerate() {
            values.push(self.evaluate_argument(frame, dot, parameter(index), word)?.value);
        }
        if let Some(last) = last {
            values.push(self.validate(frame, last.clone(), parameter(words.len()))?.value);
        }
        if let Some(trace) = &mut self.trace {
            trace.call(function.name, &values, frame.unit, frame.unit.node(command).position);
            if let (Some(watch), Some(is_first), Some(begun)) = (&mut trace.watch, function.choice, begun) {
                // What was piped in was read before.
                let from = if last.is_some() { watch.pipeline_start() } else { begun };
                watch.went(frame.unit, command, is_first(&values), from);
                watch.end(begun);
            }
        }
        let outer_at = self.at;
        self.at = command;
        if let Err(refusal) = self.spend_on_call(function.price, &values) {
            return Err(self.call_failure(frame, function.name, refusal.into()));
        }
        let outer_frame = self.enter_call(frame, command);
        let result = (function.call)(self, &values);
        self.leave_call(outer_frame);
        let result = result.and_then(|value| {
            self.spend_on_result(&value)?;
            Ok(value)
        });
        match result {
            Ok(value) => {
                self.at = outer_at;
                Ok(Operand::concrete(value))
            }
            Err(error) => {
                self.at = command;
                Err(self.call_failure(frame, function.name, error))
            }
        }
    }

    /// Arguments of a method that declares its parameters.
    pub(super) fn typed_arguments(
        &mut self,
        call: Call<'_>,
        name: &str,
        parameters: &'static [Parameter],
    ) -> Result<Vec<Value>, Failure> {
        let Call {
            frame, dot, arguments, ..
        } = call;
        let words = call.words();
        self.check_count(call, &name, parameters.len(), false)?;
        let mut values = Vec::with_capacity(parameters.len());
        for (&word, &parameter) in words.iter().zip(parameters) {
            values.push(
                self.evaluate_argument(frame, dot, Expected::Parameter(parameter), word)?
                    .value,
            );
        }
        if let (Some(last), Some(&parameter)) = (arguments.last, parameters.last()) {
            values.push(
                self.validate(frame, last.clone(), Expected::Parameter(parameter))?
                    .value,
            );
        }
        Ok(values)
    }

    /// Arguments of a method, whose parameter types only the object knows.
    pub(super) fn method_arguments(
        &mut self,
        frame: Frame<'_>,
        dot: &Operand,
        arguments: Arguments<'_>,
    ) -> Result<Vec<Value>, Failure> {
        let any = Expected::Parameter(Parameter::Any);
        let mut values = Vec::new();
        for &word in arguments.words.iter().skip(1) {
            values.push(self.evaluate_argument(frame, dot, any, word)?.value);
        }
        values.extend(arguments.last.map(|last| last.value.clone()));
        Ok(values)
    }

    pub(super) fn validate(&self, frame: Frame<'_>, operand: Operand, expected: Expected) -> Result<Operand, Failure> {
        if expected == Expected::Reflect {
            return Ok(operand);
        }
        if operand.is_invalid() {
            return match expected.nil() {
                Some(value) => Ok(Operand::concrete(value)),
                None => Err(self.error(frame, format!("invalid value; expected {}", expected.name()))),
            };
        }
        if operand.is_nil() && expected != Expected::Parameter(Parameter::Any) {
            let name = expected.name();
            return Err(self.error(
                frame,
                format!("wrong type for value; expected {name}; got interface {{}}"),
            ));
        }
        match expected.assign(operand.value) {
            Ok(value) => Ok(Operand::concrete(value)),
            Err(value) => {
                let (name, got) = (expected.name(), value.type_name());
                Err(self.error(frame, format!("wrong type for value; expected {name}; got {got}")))
            }
        }
    }

    pub(super) fn evaluate_argument(
        &mut self,
        frame: Frame<'_>,
        dot: &Operand,
        expected: Expected,
        id: NodeId,
    ) -> Result<Operand, Failure> {
        self.at = id;
        let none = Arguments::NONE;
        let value = match frame.unit.node(id).kind {
            NodeKind::Dot => dot.clone(),
            NodeKind::Nil => {
                return match expected.nil() {
                    Some(value) => Ok(Operand::concrete(value)),
                    None => Err(self.error(frame, format!("cannot assign nil to {}", expected.name()))),
                };
            }
            NodeKind::Field { .. } => self.evaluate_field_node(frame, dot, id, none)?,
            NodeKind::Variable { .. } => self.evaluate_variable(frame, dot, id, none)?,
            NodeKind::Pipe { .. } => self.evaluate_pipeline(frame, dot, id)?,
            NodeKind::Identifier { .. } => {
                let call = Call {
                    frame,
                    dot,
                    node: id,
                    arguments: none,
                };
                self.evaluate_function(call, id)?
            }
            NodeKind::Chain { .. } => self.evaluate_chain(frame, dot, id, none)?,
            _ => return self.literal_argument(frame, expected, id),
        };
        self.validate(frame, value, expected)
    }

    fn literal_argument(&mut self, frame: Frame<'_>, expected: Expected, id: NodeId) -> Result<Operand, Failure> {
        let kind = frame.unit.node(id).kind;
        let number = match kind {
            NodeKind::Number { number, .. } => frame.unit.numbers.get(number as usize).copied(),
            _ => None,
        };
        let parameter = match expected {
            Expected::Reflect => Parameter::Any,
            Expected::Parameter(parameter) => parameter,
        };
        let (value, wanted) = match parameter {
            Parameter::Any => return self.constant(frame, id),
            Parameter::Str => {
                let is_string = matches!(kind, NodeKind::Str { .. });
                (
                    if is_string {
                        Some(self.constant(frame, id)?.value)
                    } else {
                        None
                    },
                    "string",
                )
            }
            Parameter::Bool => match kind {
                NodeKind::Bool(value) => (Some(Value::Bool(value)), "bool"),
                _ => (None, "bool"),
            },
            Parameter::Int => (number.and_then(|number| number.int).map(Value::Int), "integer"),
            Parameter::Int64 => (number.and_then(|number| number.int).map(Value::Int64), "integer"),
            Parameter::Float => (number.and_then(|number| number.float).map(Value::Float), "float"),
            Parameter::Named("uint32") => {
                let number = number
                    .and_then(|number| number.int)
                    .and_then(|int| u32::try_from(int).ok());
                (number.map(Value::Uint32), "unsigned integer")
            }
            Parameter::List | Parameter::Strings | Parameter::Map | Parameter::Named(_) => {
                let text = node_text(frame.unit, id);
                let name = expected.name();
                return Err(self.error(frame, format!("can't handle {text} for arg of type {name}")));
            }
        };
        value.map(Operand::concrete).ok_or_else(|| {
            let text = node_text(frame.unit, id);
            self.error(frame, format!("expected {wanted}; found {text}"))
        })
    }

    /// `and` and `or`: the first argument that decides, the rest not evaluated.
    pub(super) fn short_circuit(&mut self, call: Call<'_>, builtin: Builtin) -> Result<Operand, Failure> {
        let mut value = Operand::default();
        let begun = self.begin_watched();
        let unit = call.frame.unit;
        for (index, &word) in call.words().iter().enumerate() {
            let is_last = call.arguments.last.is_none() && index + 1 == call.words().len();
            if is_last && let Some(watch) = self.watch() {
                watch.went(unit, word, true, begun);
            }
            value = self.evaluate_argument(call.frame, call.dot, Expected::Reflect, word)?;
            let decides = value.value.is_true() == (builtin == Builtin::Or);
            if !is_last && let Some(watch) = self.watch() {
                watch.went(unit, word, decides, begun);
            }
            if decides {
                if let Some(watch) = self.watch() {
                    watch.end(begun);
                }
                return Ok(value);
            }
        }
        if let Some(watch) = self.watch() {
            if call.arguments.last.is_some() {
                watch.went(unit, call.node, true, begun);
            }
            watch.end(begun);
        }
        Ok(call.arguments.last.cloned().unwrap_or(value))
    }
}
