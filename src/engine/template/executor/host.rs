//! `include` and `tpl`: other templates as values.
//!
//! Follows `includeFun` and `tplFun` of Helm's `pkg/engine/engine.go`. Where Helm clones the whole set for each `tpl`, an
//! overlay of the definitions in its text is put in front of the set while it runs.

use std::rc::Rc;
use std::sync::Arc;

use super::no_value::without_no_value;
use super::{Executor, Frame, MAX_TEMPLATE_DEPTH, Operand, Overlay, no_template};
use crate::engine::template::error::ExecutionError;
use crate::engine::template::function::{CallError, CallResult, Host, LookedUp, Tolerated};
use crate::engine::template::set::{Found, SET_NAME};
use crate::engine::template::text::Text;
use crate::engine::template::tree::{NodeId, Unit};
use crate::engine::template::value::Value;
use crate::text::go::quote::quote;

/// How often a name may be included within itself.
const MAX_INCLUDES_OF_ONE_NAME: u32 = 1000;

impl Executor<'_> {
    pub(super) fn enter_call(&mut self, frame: Frame<'_>, command: NodeId) -> Option<u32> {
        let position = frame.unit.node(command).position;
        self.map.as_mut().map(|map| map.enter(frame.unit, position))
    }

    pub(super) fn leave_call(&mut self, caller: Option<u32>) {
        if let (Some(map), Some(caller)) = (&mut self.map, caller) {
            map.leave(caller);
        }
    }

    /// Runs a definition into a buffer of its own.
    fn capture(&mut self, found: &Found, data: Value) -> Result<Vec<u8>, CallError> {
        let outer_segments = self.map.as_mut().map(super::MapBuilder::begin_capture);
        let outer = std::mem::take(&mut self.out);
        // Each include restarts Go's count of templates within templates.
        let outer_depth = std::mem::take(&mut self.template_depth);
        let outer_nesting = self.nesting;
        let result = self.execute(found, &Operand::concrete(data));
        self.nesting = outer_nesting;
        self.template_depth = outer_depth;
        let text = std::mem::replace(&mut self.out, outer);
        if let (Some(map), Some(segments)) = (&mut self.map, outer_segments) {
            map.end_capture(segments, Text::from(&text[..]));
        }
        result.map(|()| text).map_err(CallError::Execution)
    }

    fn compile(&mut self, source: &Text) -> Result<Arc<Unit>, CallError> {
        if !self.compiled_sources.contains_key(source.as_bytes()) {
            self.spend_on_source(source.len() as u64)?;
        }
        let lookup = self.set.lookup;
        let compiler = &mut self.compiler;
        let compiled = self
            .compiled_sources
            .entry(source.clone())
            .or_insert_with(|| {
                compiler
                    .compile(Text::from(SET_NAME), source.clone(), lookup)
                    .map(Arc::new)
            })
            .clone();
        compiled
            .map_err(|error| CallError::Message(format!("cannot parse template {}: {error}", quote(source.as_bytes()))))
    }

    /// The unit's definitions that count: the text itself, and all except empty definitions of a name that already
    /// exists.
    fn overlay_of(&self, unit: &Arc<Unit>) -> Overlay {
        let own_name = SET_NAME.as_bytes();
        let definitions: Vec<usize> = unit
            .definitions
            .iter()
            .enumerate()
            .filter(|(_, definition)| {
                let name = definition.name.as_bytes();
                name == own_name || !definition.is_empty || self.find(name).is_none()
            })
            .map(|(index, _)| index)
            .collect();
        Overlay {
            unit: unit.clone(),
            definitions,
            parent: self.overlay.clone(),
        }
    }
}

impl Host for Executor<'_> {
    fn include(&mut self, name: &Text, data: Value) -> CallResult {
        let count = self.included.entry(name.clone()).or_insert(0);
        if *count > MAX_INCLUDES_OF_ONE_NAME {
            return Err(CallError::Message(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            )));
        }
        *count += 1;
        let result = match self.find(name.as_bytes()) {
            Some(found) => self.capture(&found, data),
            None => Err(CallError::Execution(Box::new(ExecutionError::without_place(
                no_template(name.as_bytes()),
            )))),
        };
        if let Some(count) = self.included.get_mut(name.as_bytes()) {
            *count -= 1;
        }
        result.map(|text| Value::Str(Text::from(text)))
    }

    fn tpl(&mut self, source: &Text, data: Value) -> CallResult {
        // Text without actions is its own rendering.
        if memchr::memmem::find(source.as_bytes(), b"{{").is_none() && self.map.is_none() {
            return Ok(shown(source.clone()));
        }
        let unit = self.compile(source)?;
        let Some(definition) = unit
            .definitions
            .iter()
            .position(|definition| definition.name.as_bytes() == SET_NAME.as_bytes())
        else {
            return Ok(Value::str(""));
        };
        if self.nesting >= self.options.max_nesting {
            return Err(CallError::Message(format!(
                "exceeded maximum template depth ({MAX_TEMPLATE_DEPTH})"
            )));
        }
        let overlay = Some(Rc::new(self.overlay_of(&unit)));
        let outer = std::mem::replace(&mut self.overlay, overlay);
        let result = self.capture(&Found { unit, definition }, data);
        self.overlay = outer;
        match result {
            Ok(text) => Ok(shown(Text::from(text))),
            Err(CallError::Execution(error)) => {
                let prefix = format!("error during tpl function execution for {}: ", quote(source.as_bytes()));
                Err(CallError::Execution(Box::new(error.wrap(&prefix))))
            }
            Err(error) => Err(error),
        }
    }

    fn spend(&mut self, steps: u64) -> Result<(), String> {
        self.spend_steps(steps)
    }

    fn tolerates(&mut self, failure: Tolerated) -> bool {
        if self.options.lint {
            self.world.record(failure);
        }
        self.options.lint
    }

    fn is_throwaway(&self) -> bool {
        self.world.is_throwaway()
    }

    fn lookup(&mut self, wanted: &LookedUp<'_>) -> Result<Option<Vec<u8>>, String> {
        self.world.lookup(wanted)
    }

    fn local_zone(&self) -> &str {
        self.world.local_zone()
    }

    fn now_unix_nanos(&self) -> i128 {
        self.world.now_unix_nanos()
    }

    fn fill_random(&mut self, bytes: &mut [u8]) {
        self.world.fill_random(bytes);
    }
}

fn shown(text: Text) -> Value {
    Value::Str(match without_no_value(text.as_bytes()) {
        Some((kept, _)) => Text::from(kept),
        None => text,
    })
}
