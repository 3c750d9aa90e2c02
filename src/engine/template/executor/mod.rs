//! Runs compiled templates: a compiled set, a definition's name and a dot in, text and where it came from out.
//!
//! Follows Go's `text/template/exec.go`, one file a part of it. Go's current node is `at` here; error texts point to
//! it.

#![expect(
    clippy::unnecessary_box_returns,
    reason = "failures are rare, and results on the hot path stay small"
)]

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::RandomState;

use self::budget::Spent;
use self::no_value::{NO_VALUE, without_no_value};
use self::watch::Watch;
use super::compiler::Compiler;
use super::error::{ErrorFrame, ExecutionError, ParseError};
use super::function::{LookedUp, Tolerated};
use super::node_text::node_text;
use super::set::{CompiledSet, Found, SET_NAME};
use super::source_map::{MapBuilder, SourceMap};
use super::text::Text;
use super::tree::{Definition, NodeId, Unit};
use super::value::Value;
use crate::text::go::quote::quote;
use crate::text::limits::{RENDERING_MEMORY, RENDERING_OUTPUT, RENDERING_STEPS};
use crate::text::stop;

mod budget;
mod builtins;
mod call;
mod compare;
pub mod escape;
mod evaluate;
mod host;
mod limits;
mod no_value;
mod trace;
mod walk;
mod watch;

pub use trace::{Read, Trace};
pub use watch::{Decision, Looked, NodeCounts, Watched};

/// Go's limit on templates within templates.
pub const MAX_TEMPLATE_DEPTH: u32 = 100_000;

/// Real nesting (lists, pipelines, includes) that fits a stack of [`STACK_BYTES`](crate::text::threads::STACK_BYTES); reached
/// sooner than Go's limit, and reported in its words.
pub const MAX_NESTING: u32 = 60_000;

/// The value of a missing map key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// The zero value of the map's elements (`missingkey=zero`).
    #[default]
    Zero,
    /// An error (`missingkey=error`): Helm's strict mode.
    Error,
}

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The value of a missing map key.
    pub missing_key: MissingKey,
    /// Whether `required` and `fail` only record their message instead of failing.
    pub lint: bool,
    /// Whether to record where each piece of output came from.
    pub source_map: bool,
    /// Most nodes to execute in all templates together.
    pub max_steps: u64,
    /// Most bytes that all templates together may write.
    pub max_output: usize,
    /// Most bytes of values that all templates together may make.
    pub max_memory: u64,
    /// Deepest nesting; lower it where the stack is smaller than [`STACK_BYTES`](crate::text::threads::STACK_BYTES).
    pub max_nesting: u32,
    /// Says why to stop, once it is time; asked often.
    pub why_to_stop: fn() -> Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            missing_key: MissingKey::Zero,
            lint: false,
            source_map: false,
            max_steps: RENDERING_STEPS,
            max_output: RENDERING_OUTPUT,
            max_memory: RENDERING_MEMORY,
            max_nesting: MAX_NESTING,
            why_to_stop: stop::reason,
        }
    }
}

/// The parts of the outside world that a rendering may see.
pub trait World {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    fn now_unix_nanos(&self) -> i128;
    /// Fills `bytes` with random bytes, good enough for passwords and keys.
    fn fill_random(&mut self, bytes: &mut [u8]);
    /// Output is only checked and discarded, so keys may be reused and hashes cheap: both take longer than everything else
    /// together.
    fn is_throwaway(&self) -> bool {
        false
    }
    /// What the cluster has, as JSON; nothing where it has it not, or where there is none.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn lookup(&mut self, _wanted: &LookedUp<'_>) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
    /// Receives what templates fail with when they are linted.
    fn record(&mut self, _failure: Tolerated) {}
    /// IANA name of the local time zone.
    #[expect(clippy::unnecessary_literal_bound, reason = "implementations return a borrowed name")]
    fn local_zone(&self) -> &str {
        "UTC"
    }
}

/// The result of a rendering.
#[derive(Debug)]
pub struct Output {
    /// The text, `<no value>` removed.
    pub text: Vec<u8>,
    /// Where it came from, if requested.
    pub map: Option<SourceMap>,
}

/// Runs templates of one set. Keeps the texts that `tpl` compiled, so use one for all files of a chart.
pub struct Executor<'w> {
    set: Arc<CompiledSet>,
    options: Options,
    world: &'w mut dyn World,
    overlay: Option<Rc<Overlay>>,
    out: Vec<u8>,
    slots: Vec<Option<Operand>>,
    base: usize,
    at: NodeId,
    included: HashMap<Text, u32, RandomState>,
    template_depth: u32,
    nesting: u32,
    spent: Spent,
    compiled_sources: HashMap<Text, Result<Arc<Unit>, ParseError>, RandomState>,
    compiler: Compiler,
    map: Option<MapBuilder>,
    trace: Option<Trace>,
}

/// Definitions of a running `tpl`, in front of those around it.
struct Overlay {
    unit: Arc<Unit>,
    /// Indexes of the unit's definitions that count.
    definitions: Vec<usize>,
    parent: Option<Rc<Self>>,
}

/// A value as Go's reflection has it: itself, or inside an `interface {}`. Nil outside an interface is Go's invalid
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
        if self.is_interface {
            "interface {}"
        } else {
            self.value.type_name()
        }
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
            included: HashMap::default(),
            template_depth: 0,
            nesting: 0,
            spent: Spent::default(),
            compiled_sources: HashMap::default(),
            compiler: Compiler::default(),
            map: None,
            trace: None,
        }
    }

    /// Records all values read from here on.
    pub fn start_trace(&mut self) {
        self.trace = Some(Trace::default());
    }

    /// The same, and watches what runs and which way decisions go.
    pub fn start_watched_trace(&mut self) {
        self.trace = Some(Trace::watching(Watch::new(&self.set)));
    }

    fn watch(&mut self) -> Option<&mut Watch> {
        self.trace.as_mut()?.watch.as_mut()
    }

    /// An evaluation begins whose reads are watched, if any are.
    fn begin_watched(&mut self) -> usize {
        self.watch().map(Watch::begin).unwrap_or_default()
    }

    /// The values read since [`Self::start_trace`].
    pub fn take_trace(&mut self) -> Trace {
        self.trace.take().unwrap_or_default()
    }

    /// The steps that all templates together took so far.
    pub const fn steps(&self) -> u64 {
        self.spent.steps
    }

    /// Renders the definition `name` with `dot`.
    ///
    /// # Errors
    /// When the template does not exist, fails, or exceeds a limit.
    pub fn render(&mut self, name: &str, dot: Value) -> Result<Output, ExecutionError> {
        let Some(found) = self.set.find(name.as_bytes()) else {
            return Err(ExecutionError::without_place(no_template(name.as_bytes())));
        };
        self.overlay = None;
        self.nesting = 0;
        self.template_depth = 0;
        self.slots.clear();
        self.base = 0;
        self.included.clear();
        if let Some(watch) = self.watch() {
            watch.begin_file();
        }
        self.map = self.options.source_map.then(MapBuilder::default);
        self.out.clear();
        self.execute(&found, &Operand::concrete(dot))
            .map_err(|failure| *failure)?;
        // The buffer is kept for the next file, and each file gets memory of exactly its size.
        let text = self.out.as_slice().to_vec();
        self.keep_output(text.len());
        let map = self.map.take().map(MapBuilder::finish);
        Ok(output(text, map))
    }

    /// Runs a definition with its own variables; output goes to the current buffer.
    fn execute(&mut self, found: &Found, dot: &Operand) -> Result<(), Failure> {
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
        if let Some(watch) = self.watch() {
            watch.ran(frame.unit, definition.root);
        }
        let result = self.walk_list(frame, dot, definition.root);
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
            return Err(self.error(frame, format!("exceeded maximum template depth ({MAX_TEMPLATE_DEPTH})")));
        }
        self.nesting += 1;
        Ok(())
    }
}

/// Go's words for a template that does not exist.
fn no_template(name: &[u8]) -> String {
    format!(
        "template: no template {} associated with template \"{SET_NAME}\"",
        quote(name)
    )
}

/// Removes every `<no value>`, as Helm does with a rendered file.
fn output(text: Vec<u8>, mut map: Option<SourceMap>) -> Output {
    let Some((kept, removed)) = without_no_value(&text) else {
        return Output { text, map };
    };
    if let Some(map) = &mut map {
        map.remove(&removed, NO_VALUE.len());
    }
    Output { text: kept, map }
}
