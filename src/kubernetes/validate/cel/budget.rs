//! What an evaluation may take: the cost as the API server counts it, and what the server's count leaves out, the time
//! and the memory that it takes here.

use crate::text::stop;

/// Most that the evaluation of one expression may cost (`PerCallLimit` of `k8s.io/apiserver/pkg/apis/cel`).
pub const CALL_COST: u64 = 1_000_000;
/// Most steps of an evaluation: some ten nanoseconds each.
const STEPS: u64 = 50_000_000;
/// Most bytes that an evaluation makes, whether it keeps them or not.
const BYTES: u64 = 64 << 20;
/// Bytes that are copied or compared in the time of a step.
const BYTES_OF_A_STEP: u64 = 32;
/// Steps between two looks at the signal to stop.
const STEPS_OF_A_LOOK: u64 = 4096;

/// Why an evaluation has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An error of the language, in cel-go's words. `&&`, `||` and the like may make up for it.
    Error(String),
    /// It was stopped.
    Stop(Stop),
}

/// Why an evaluation was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It costs more than the API server allows.
    Cost,
    /// It takes too much time or memory here, or needs what only a cluster knows: the server may have a result.
    Here,
}

impl Fault {
    /// An error with some words.
    pub fn error(words: impl Into<String>) -> Self {
        Self::Error(words.into())
    }

    /// `no such overload`, without the name of a function.
    pub fn no_overload() -> Self {
        Self::error("no such overload")
    }
}

/// The result of an evaluation.
pub type Outcome<T> = Result<T, Fault>;

/// What an evaluation has taken so far.
#[derive(Debug)]
pub struct Budget {
    cost: u64,
    most: u64,
    steps: u64,
    bytes: u64,
    next_look: u64,
}

impl Budget {
    /// A budget with the server's limit of the cost of one expression.
    pub const fn of_call() -> Self {
        Self {
            cost: 0,
            most: CALL_COST,
            steps: 0,
            bytes: 0,
            next_look: STEPS_OF_A_LOOK,
        }
    }

    /// A budget for what is evaluated before the cost counts.
    pub const fn of_constants() -> Self {
        Self {
            most: u64::MAX,
            ..Self::of_call()
        }
    }

    /// What it cost so far.
    pub const fn cost(&self) -> u64 {
        self.cost
    }

    /// The steps taken so far.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Counts cost.
    pub fn spend(&mut self, cost: u64) -> Outcome<()> {
        self.cost = self.cost.saturating_add(cost);
        self.work(1)?;
        if self.cost > self.most {
            return Err(Fault::Stop(Stop::Cost));
        }
        Ok(())
    }

    /// Takes back the cost of a test of presence.
    pub const fn refund(&mut self, cost: u64) {
        self.cost = self.cost.saturating_sub(cost);
    }

    /// Counts steps.
    pub fn work(&mut self, steps: u64) -> Outcome<()> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > STEPS {
            return Err(Fault::Stop(Stop::Here));
        }
        if self.steps > self.next_look {
            self.next_look = self.steps + STEPS_OF_A_LOOK;
            if stop::reason().is_some() {
                return Err(Fault::Stop(Stop::Here));
            }
        }
        Ok(())
    }

    /// Counts bytes that are looked at.
    pub fn look(&mut self, bytes: usize) -> Outcome<()> {
        self.work(bytes as u64 / BYTES_OF_A_STEP)
    }

    /// Counts bytes that are made.
    pub fn make(&mut self, bytes: usize) -> Outcome<()> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > BYTES {
            return Err(Fault::Stop(Stop::Here));
        }
        self.look(bytes)
    }
}
