//! Runs compiled templates: a walk over the tree, output appended to one buffer.
//!
//! Follows `walk` and its relatives in Go's `text/template/exec.go`; the remark "current node" there is `at` here, and
//! decides what error texts point to.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::error::{ErrorFrame, ExecutionError, ParseError};
use super::node_text::node_text;
use super::quote::quote;
use super::set::{CompiledSet, Found, SET_NAME};
use super::source_map::{MapBuilder, SourceMap};
use super::text::Text;
use super::tree::{Branch, Definition, NodeId, NodeKind, Unit};
use super::value::{List, ListType, Map, Value};

mod builtins;
mod call;
mod compare;
mod escape;
mod evaluate;
mod host;

/// Go's limit on templates within templates.
pub const MAX_TEMPLATE_DEPTH: u32 = 100_000;

/// Real nesting (lists, pipelines, includes) that fits [`STACK_BYTES`]; reached sooner than Go's limit, told in its words.
pub const MAX_NESTING: u32 = 60_000;

/// Stack that rendering wants: [`on_large_stack`] gives it.
pub const STACK_BYTES: usize = 1 << 29;

/// More nodes than any chart executes: `range until 1000000000` ends here.
pub const DEFAULT_MAX_STEPS: u64 = 500_000_000;

/// More bytes than any chart writes.
pub const DEFAULT_MAX_OUTPUT: usize = 1 << 30;

/// What a missing map key gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// The zero value of the map's elements (`missingkey=zero`).
    #[default]
    Zero,
    /// An error (`missingkey=error`): Helm's strict mode.
    Error,
}

/// How to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What a missing map key gives.
    pub missing_key: MissingKey,
    /// `required` and `fail` only note what they would refuse.
    pub lint: bool,
    /// Whether to record where each piece of output came from.
    pub source_map: bool,
    /// Nodes to execute at most.
    pub max_steps: u64,
    /// Bytes one template may write at most.
    pub max_output: usize,
    /// Nesting at most; lower it where the stack is smaller than [`STACK_BYTES`].
    pub max_nesting: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            missing_key: MissingKey::Zero,
            lint: false,
            source_map: false,
            max_steps: DEFAULT_MAX_STEPS,
            max_output: DEFAULT_MAX_OUTPUT,
            max_nesting: MAX_NESTING,
        }
    }
}

/// What of the world a rendering may see.
pub trait World {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    fn now_unix_nanos(&self) -> i128;
    /// Fills `bytes` with random bytes, good enough for passwords and keys.
    fn fill_random(&mut self, bytes: &mut [u8]);
}

/// What a rendering gives.
#[derive(Debug)]
pub struct Output {
    /// The text, `<no value>` removed.
    pub text: Vec<u8>,
    /// Where it came from, if asked for.
    pub map: Option<SourceMap>,
}

/// Runs `work` on a thread with a stack of [`STACK_BYTES`]. Values made inside cannot leave.
pub fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, std::io::Error> {
    std::thread::scope(|scope| {
        let handle = std::thread::Builder::new()
            .name("render".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)?;
        match handle.join() {
            Ok(result) => Ok(result),
            Err(payload) => std::panic::resume_unwind(payload),
        }
    })
}

/// Runs templates of one set. Keeps what `tpl` compiled, so use one for all files of a chart.
pub struct Executor<'w> {
    set: Arc<CompiledSet>,
    options: Options,
    world: &'w mut dyn World,
    overlay: Option<Rc<Overlay>>,
    out: Vec<u8>,
    slots: Vec<Option<Operand>>,
    base: usize,
    at: NodeId,
    included: HashMap<Text, u32>,
    template_depth: u32,
    nesting: u32,
    steps: u64,
    compiled_sources: HashMap<Text, Result<Arc<Unit>, ParseError>>,
    map: Option<MapBuilder>,
}

/// Definitions of a running `tpl`, in front of those around it.
struct Overlay {
    unit: Arc<Unit>,
    /// Indexes of the unit's definitions that count.
    definitions: Vec<usize>,
    parent: Option<Rc<Self>>,
}

/// A value as Go's reflection holds it: itself, or inside an `interface {}`. Nil outside an interface is Go's invalid
/// value.
#[derive(Debug, Clone, Default)]
struct Operand {
    value: Value,
    is_interface: bool,
}

/// The template being executed.
#[derive(Clone, Copy)]
struct Frame<'u> {
    unit: &'u Unit,
    definition: &'u Definition,
}

/// How a list ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

type Failure = Box<ExecutionError>;

impl Operand {
    const fn concrete(value: Value) -> Self {
        Self {
            value,
            is_interface: false,
        }
    }

    const fn interface(value: Value) -> Self {
        Self {
            value,
            is_interface: true,
        }
    }

    const fn is_nil(&self) -> bool {
        matches!(self.value, Value::Nil)
    }

    /// Go's `!IsValid()`.
    const fn is_invalid(&self) -> bool {
        self.is_nil() && !self.is_interface
    }

    fn type_name(&self) -> &'static str {
        if self.is_interface { "interface {}" } else { self.value.type_name() }
    }
}

impl<'w> Executor<'w> {
    /// An executor over `set`.
    pub fn new(set: Arc<CompiledSet>, options: Options, world: &'w mut dyn World) -> Self {
        Self {
            set,
            options,
            world,
            overlay: None,
            out: Vec::new(),
            slots: Vec::new(),
            base: 0,
            at: 0,
            included: HashMap::new(),
            template_depth: 0,
            nesting: 0,
            steps: 0,
            compiled_sources: HashMap::new(),
            map: None,
        }
    }

    /// Renders the definition `name` with `dot`.
    pub fn render(&mut self, name: &str, dot: Value) -> Result<Output, ExecutionError> {
        let Some(found) = self.set.find(name.as_bytes()) else {
            return Err(ExecutionError::without_place(no_template(name.as_bytes())));
        };
        self.overlay = None;
        self.steps = 0;
        self.nesting = 0;
        self.template_depth = 0;
        self.slots.clear();
        self.base = 0;
        self.included.clear();
        self.map = self.options.source_map.then(MapBuilder::default);
        self.out.clear();
        self.execute(&found, Operand::concrete(dot)).map_err(|failure| *failure)?;
        let text = std::mem::take(&mut self.out);
        let map = self.map.take().map(MapBuilder::finish);
        Ok(without_no_value(text, map))
    }

    /// Runs a definition with its own variables; output goes to the current buffer.
    fn execute(&mut self, found: &Found, dot: Operand) -> Result<(), Failure> {
        let Some(definition) = found.definition() else {
            return Ok(());
        };
        let frame = Frame {
            unit: &found.unit,
            definition,
        };
        let outer_base = self.base;
        let outer_at = self.at;
        self.base = self.slots.len();
        self.slots.push(Some(dot.clone()));
        self.slots.resize(self.base + definition.slots as usize, None);
        let result = self.walk_list(frame, &dot, definition.root);
        self.slots.truncate(self.base);
        self.base = outer_base;
        self.at = outer_at;
        result.map(|_| ())
    }

    fn find(&self, name: &[u8]) -> Option<Found> {
        let mut overlay = self.overlay.as_ref();
        while let Some(layer) = overlay {
            let definitions = &layer.unit.definitions;
            let found = layer.definitions.iter().find(|&&index| {
                definitions
                    .get(index)
                    .is_some_and(|definition| definition.name.as_bytes() == name)
            });
            if let Some(&definition) = found {
                return Some(Found {
                    unit: layer.unit.clone(),
                    definition,
                });
            }
            overlay = layer.parent.as_ref();
        }
        self.set.find(name)
    }

    /// An error at the current node.
    fn error(&self, frame: Frame<'_>, cause: impl Into<String>) -> Failure {
        let cause = cause.into();
        let (place, prefix) = self.place(frame);
        Box::new(ExecutionError {
            message: format!("{prefix}{cause}"),
            frames: vec![place],
            cause,
            wrapped: Vec::new(),
        })
    }

    /// The current node, and how Go's error texts begin there.
    fn place(&self, frame: Frame<'_>) -> (ErrorFrame, String) {
        let unit = frame.unit;
        let position = unit.node(self.at).position;
        let (line, column) = unit.line_and_column(position);
        let node = node_text(unit, self.at);
        let prefix = format!(
            "template: {}:{line}:{column}: executing {} at <{node}>: ",
            unit.name,
            quote(frame.definition.name.as_bytes()),
        );
        let place = ErrorFrame {
            definition: frame.definition.name.to_string(),
            template: unit.name.to_string(),
            span: super::node_span::node_span(unit, self.at),
            line,
            column,
            node,
        };
        (place, prefix)
    }

    fn enter(&mut self, frame: Frame<'_>) -> Result<(), Failure> {
        if self.nesting >= self.options.max_nesting {
            return Err(self.error(
                frame,
                format!("exceeded maximum template depth ({MAX_TEMPLATE_DEPTH})"),
            ));
        }
        self.nesting += 1;
        Ok(())
    }

    fn walk_list(&mut self, frame: Frame<'_>, dot: &Operand, list: NodeId) -> Result<Flow, Failure> {
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
        self.steps += 1;
        if self.steps > self.options.max_steps {
            return Err(self.error(frame, format!("exceeded {} steps", self.options.max_steps)));
        }
        let node = frame.unit.node(id);
        match node.kind {
            NodeKind::Text { start, end } => {
                if let Some(map) = &mut self.map {
                    map.text(self.out.len(), frame.unit, start);
                }
                self.out.extend_from_slice(frame.unit.text(start, end));
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
        if self.out.len() > self.options.max_output {
            self.at = id;
            return Err(self.error(frame, format!("output exceeds {} bytes", self.options.max_output)));
        }
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
        let start = self.out.len();
        if value.is_nil() {
            self.out.extend_from_slice(b"<no value>");
        } else {
            value.value.write_display(&mut self.out);
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
        let value = self.evaluate_pipeline(frame, dot, branch.pipe)?;
        if value.value.is_true() {
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
            return Err(self.error(
                frame,
                format!("exceeded maximum template depth ({MAX_TEMPLATE_DEPTH})"),
            ));
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
        let result = self.execute(&found, dot);
        self.template_depth -= 1;
        if let (Some(map), Some(chain)) = (&mut self.map, outer_chain) {
            map.leave(chain);
        }
        result
    }

    fn walk_range(&mut self, frame: Frame<'_>, dot: &Operand, branch: Branch) -> Result<Flow, Failure> {
        let value = self.evaluate_pipeline(frame, dot, branch.pipe)?.value;
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

    /// Runs the body once per item; whether there was any.
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
            self.steps += 1;
        }
        Ok(ran)
    }
}

fn int_value(index: usize) -> Value {
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

/// Go's words for a template that is not there.
fn no_template(name: &[u8]) -> String {
    format!(
        "template: no template {} associated with template \"{SET_NAME}\"",
        quote(name)
    )
}

/// Removes every `<no value>`, as Helm does with what a file renders to.
fn without_no_value(text: Vec<u8>, mut map: Option<SourceMap>) -> Output {
    const NO_VALUE: &[u8] = b"<no value>";
    let removed: Vec<usize> = memchr::memmem::find_iter(&text, NO_VALUE).collect();
    if removed.is_empty() {
        return Output { text, map };
    }
    let mut kept = Vec::with_capacity(text.len());
    let mut from = 0;
    for &at in &removed {
        kept.extend_from_slice(text.get(from..at).unwrap_or_default());
        from = at + NO_VALUE.len();
    }
    kept.extend_from_slice(text.get(from..).unwrap_or_default());
    if let Some(map) = &mut map {
        map.remove(&removed, NO_VALUE.len());
    }
    Output { text: kept, map }
}
