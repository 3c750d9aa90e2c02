//! What a rendering may use, all its templates together: steps, bytes of values, bytes of output. Helm has no such
//! limits.

use super::{Executor, Failure, Frame, limits};
use crate::engine::template::error::EXHAUSTED;
use crate::engine::template::function::{Growth, Price};
use crate::engine::template::value::Value;
use crate::text::limits::RENDERING_READS;

/// Bytes that a byte of template text takes once it is compiled.
const BYTES_OF_A_SOURCE_BYTE: u64 = 20;
/// Bytes of template text that are compiled in the time of a step.
const BYTES_COMPILED_IN_A_STEP: u64 = 2;

/// Steps that a call of a method counts as.
const METHOD_COST: u64 = 2;

/// Nodes that are executed before the time is looked at again; it is looked at with the first one.
const STEPS_BETWEEN_LOOKS: u64 = 1_024;

/// What was used so far.
#[derive(Debug, Default)]
pub(super) struct Spent {
    /// Nodes executed, and the cost of calls in steps.
    pub(super) steps: u64,
    /// Bytes of the values that calls made.
    bytes: u64,
    /// Bytes that the templates before the current one wrote.
    written: usize,
}

impl Executor<'_> {
    pub(super) fn count_step(&mut self, frame: Frame<'_>) -> Result<(), Failure> {
        self.spent.steps += 1;
        if self.spent.steps > self.options.max_steps {
            return Err(self.error(frame, self.exceeded_steps()));
        }
        if self.spent.steps % STEPS_BETWEEN_LOOKS == 1 {
            if let Some(reason) = (self.options.why_to_stop)() {
                return Err(self.error(frame, reason));
            }
            if self
                .trace
                .as_ref()
                .is_some_and(|trace| trace.reads.len() > RENDERING_READS)
            {
                let message = format!("{EXHAUSTED} {RENDERING_READS} values that are read");
                return Err(self.error(frame, message));
            }
        }
        Ok(())
    }

    /// Before a call: its cost, which for large arguments depends on their size. Otherwise why it is not made.
    pub(super) fn spend_on_call(&mut self, price: Price, arguments: &[Value]) -> Result<(), String> {
        let weighed = limits::weigh_call(price.growth, arguments)?;
        let texts = limits::cost_of_texts(arguments, price.of_kibibyte);
        let made = limits::cost_of_bytes(weighed).saturating_mul(price.of_growth);
        self.spend_steps(price.of_call + made + texts)
    }

    /// Before a method is called: its own cost, and that of reading the texts among its arguments.
    pub(super) fn spend_on_method(&mut self, cost: u64, arguments: &[Value]) -> Result<(), String> {
        let texts = limits::cost_of_texts(arguments, Price::growing(Growth::None).of_kibibyte);
        self.spend_steps(METHOD_COST.saturating_add(cost).saturating_add(texts))
    }

    /// After a call: the time and the memory that its result took.
    pub(super) fn spend_on_result(&mut self, value: &Value) -> Result<(), String> {
        limits::check_result(value)?;
        let bytes = limits::own_bytes(value);
        self.spend_memory(bytes)?;
        self.spend_steps(limits::cost_of_bytes(bytes))
    }

    /// Before a text given to `tpl` is compiled; it is kept in case it comes again.
    pub(super) fn spend_on_source(&mut self, length: u64) -> Result<(), String> {
        self.spend_memory(length.saturating_mul(BYTES_OF_A_SOURCE_BYTE))?;
        self.spend_steps(length / BYTES_COMPILED_IN_A_STEP)
    }

    fn spend_memory(&mut self, bytes: u64) -> Result<(), String> {
        self.spent.bytes = self.spent.bytes.saturating_add(bytes);
        if self.spent.bytes > self.options.max_memory {
            return Err(format!("{EXHAUSTED} {} bytes of values", self.options.max_memory));
        }
        Ok(())
    }

    pub(super) fn spend_steps(&mut self, steps: u64) -> Result<(), String> {
        self.spent.steps = self.spent.steps.saturating_add(steps);
        if self.spent.steps > self.options.max_steps {
            return Err(self.exceeded_steps());
        }
        match (self.options.why_to_stop)() {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }

    fn exceeded_steps(&self) -> String {
        format!("{EXHAUSTED} {} steps", self.options.max_steps)
    }

    pub(super) fn check_output(&self, frame: Frame<'_>) -> Result<(), Failure> {
        if self.spent.written + self.out.len() > self.options.max_output {
            return Err(self.error(
                frame,
                format!("{EXHAUSTED} {} bytes of output", self.options.max_output),
            ));
        }
        Ok(())
    }

    /// At the end of a template.
    pub(super) fn keep_output(&mut self, length: usize) {
        self.spent.written += length;
    }
}
