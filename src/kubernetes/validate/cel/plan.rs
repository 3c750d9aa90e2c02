//! Expressions as they are evaluated (cel-go `interpreter/planner.go`): names resolved, functions found, constants folded.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::library::{Implementation, Pattern};
use super::mapping::Key;
use super::runtime_cost::Charge;
use super::value::Value;

/// A planned expression.
#[derive(Debug)]
pub struct Plan {
    pub root: Step,
    /// How many variables macros bind.
    pub slots: usize,
}

/// A part of a plan.
#[derive(Debug)]
pub enum Step {
    Literal(Value),
    Attribute(Box<Attribute>),
    /// `a && b`
    And(Box<[Self; 2]>),
    /// `a || b`
    Or(Box<[Self; 2]>),
    /// `a == b`, or `a != b`.
    Equal(Box<[Self; 2]>, bool),
    Call(Box<Call>),
    /// `a.or(b)`
    OptionalOr(Box<[Self; 2]>),
    /// `a.orValue(b)`
    OptionalOrValue(Box<[Self; 2]>),
    /// Items, and whether each is optional.
    List(Vec<(Self, bool)>),
    /// Keys, values, and whether each entry is optional.
    Map(Vec<(Self, Self, bool)>),
    /// Seconds and nanoseconds of a duration, or of a point in time.
    Time(bool, Vec<(String, Self)>),
    /// Whether a value is one of some constants.
    Member(Box<Self>, HashSet<Key, RandomState>),
    Fold(Box<Fold>),
    Bind(Box<Bind>),
    /// A part that is in several places.
    Shared(Arc<Self>),
}

/// A value, and what is looked up in it.
#[derive(Debug)]
pub struct Attribute {
    pub base: Base,
    pub lookups: Vec<Lookup>,
    /// Whether it only matters that the last lookup finds something.
    pub is_test: bool,
}

/// Where an attribute begins.
#[derive(Debug)]
pub enum Base {
    /// A variable of the expression, by its place.
    Root(usize),
    /// A variable that a macro binds.
    Slot(usize),
    /// A variable that is evaluated when it is first looked at.
    Bound(usize, Arc<Step>),
    Operand(Arc<Step>),
    Conditional(Box<Conditional>),
}

/// `a ? b : c`
#[derive(Debug)]
pub struct Conditional {
    pub condition: Step,
    pub then: Step,
    pub otherwise: Step,
}

/// A key or an index.
#[derive(Debug)]
pub struct Lookup {
    pub key: LookupKey,
    pub is_optional: bool,
}

/// What a lookup looks for.
#[derive(Debug)]
pub enum LookupKey {
    Constant(Value),
    Computed(Step),
}

/// A call of a function.
#[derive(Debug)]
pub struct Call {
    pub name: String,
    pub implementation: Implementation,
    pub arguments: Vec<Step>,
    pub charge: Charge,
    /// Whether arguments behind one that is an error are not evaluated.
    pub is_hasty: bool,
    /// The pattern that is searched for, if it is a constant.
    pub pattern: Option<Pattern>,
}

/// A macro that goes through a list or a mapping.
#[derive(Debug)]
pub struct Fold {
    pub range: Step,
    /// The variable for an item, an index or a key.
    pub first: usize,
    /// The variable for an item or a value behind an index or a key.
    pub second: Option<usize>,
    pub kind: FoldKind,
    /// What an item must satisfy to be looked at.
    pub filter: Option<Step>,
    pub body: Step,
}

/// What a macro makes of the results of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldKind {
    All,
    Exists,
    ExistsOne,
    List,
    /// A mapping with the keys of the range.
    Map,
    /// A mapping with the keys of the entries that the body gives.
    Entries,
}

/// A variable with a value.
#[derive(Debug)]
pub struct Bind {
    pub slot: usize,
    pub body: Step,
}

impl Step {
    /// A boxed attribute without lookups.
    pub fn of(base: Base) -> Self {
        Self::Attribute(Box::new(Attribute {
            base,
            lookups: Vec::new(),
            is_test: false,
        }))
    }

    /// The constant that it is.
    pub const fn constant(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }
}
