//! What ran, how often, and which way each decision went: for coverage. What decisions looked at: for exploring values.
//!
//! A decision is the pipeline of `if`, `with` or `range`, an argument of `and` or `or`, or a call of `default` or `ternary`. What it looked at
//! are the keys that were read while it was evaluated, also in templates that it included, and those that were read for its variables.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::engine::template::set::CompiledSet;
use crate::engine::template::text::Text;
use crate::engine::template::tree::{NodeId, Unit};
use crate::engine::template::value::{Map, Value};

/// Most keys that are kept while something is evaluated.
const MAX_LOOKED: usize = 2000;
/// Most keys that are kept of one decision.
const MAX_KEPT: usize = 40;
/// Most different sets of keys that are kept of one way of a decision.
const MAX_SETS: usize = 6;

/// Something that the way of a decision may depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// A key of a map.
    Key {
        /// [`Map::id`] of the map.
        map: usize,
        /// The key.
        key: Text,
    },
    /// `.Capabilities.KubeVersion`
    KubeVersion,
    /// An API version or kind that `.Capabilities.APIVersions.Has` was asked for.
    ApiVersion(Text),
}

/// A way that a decision went, and what it had looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Index of the source in the compiled set.
    pub source: usize,
    /// The node.
    pub node: u32,
    /// Whether the first of its two ways.
    pub is_first: bool,
    /// What it had looked at, in order, each once.
    pub looked: Vec<Looked>,
}

/// Where a pipeline began, and where the one around it did.
#[derive(Debug, Clone, Copy)]
pub(super) struct PipelineStart {
    begun: usize,
    outer: usize,
}

/// How often the nodes of one source ran.
#[derive(Debug, Clone, Default)]
pub struct NodeCounts {
    /// Runs of each node that is a statement, and of the root of each definition.
    pub(in crate::engine::template) runs: Vec<u32>,
    /// How often each decision went its first way.
    pub(in crate::engine::template) first: Vec<u32>,
    /// How often each decision went its second way.
    pub(in crate::engine::template) second: Vec<u32>,
}

/// What a rendering did.
#[derive(Debug, Default)]
pub struct Watched {
    /// For each source of the compiled set, in its order.
    pub counts: Vec<NodeCounts>,
    /// Ways that decisions went, in the order in which they were first seen.
    pub decisions: Vec<Decision>,
}

/// What is being recorded.
#[derive(Debug)]
pub(super) struct Watch {
    watched: Watched,
    by_address: HashMap<usize, usize, RandomState>,
    /// The unit of the node before, and its index: the next one is mostly of the same.
    recent: (usize, Option<usize>),
    looked: Vec<Looked>,
    /// How many evaluations are being recorded, each within the one before.
    depth: usize,
    /// Where the reads of the pipeline begin that is being evaluated.
    pipeline: usize,
    /// What was read for each variable, by its slot.
    variables: HashMap<usize, Rc<[Looked]>, RandomState>,
    /// Where the decisions of a node and way are.
    sets: HashMap<(usize, NodeId, bool), Vec<usize>, RandomState>,
}

impl NodeCounts {
    fn new(unit: &Unit) -> Self {
        let zeros = || vec![0; unit.nodes.len()];
        Self {
            runs: zeros(),
            first: zeros(),
            second: zeros(),
        }
    }

    /// Adds the counts of another rendering of the same source.
    pub fn add(&mut self, other: &Self) {
        let lists = [
            (&mut self.runs, &other.runs),
            (&mut self.first, &other.first),
            (&mut self.second, &other.second),
        ];
        for (own, other) in lists {
            own.resize(own.len().max(other.len()), 0);
            for (count, more) in own.iter_mut().zip(other) {
                *count = count.saturating_add(*more);
            }
        }
    }

    /// Whether something ran, or went a way, that did not in `known`.
    pub fn has_more_than(&self, known: &Self) -> bool {
        let lists = [
            (&self.runs, &known.runs),
            (&self.first, &known.first),
            (&self.second, &known.second),
        ];
        lists.into_iter().any(|(own, known)| {
            let mut known = known.iter();
            own.iter().any(|&count| {
                let known = known.next().copied().unwrap_or_default();
                count > 0 && known == 0
            })
        })
    }

    /// How often a decision went its first and its second way.
    pub fn ways(&self, node: u32) -> (u32, u32) {
        let of = |counts: &[u32]| counts.get(node as usize).copied().unwrap_or_default();
        (of(&self.first), of(&self.second))
    }
}

impl Watch {
    pub(super) fn new(set: &CompiledSet) -> Self {
        let address = |unit: &Arc<Unit>| Arc::as_ptr(unit).addr();
        let units = set.units.iter().enumerate();
        Self {
            by_address: units.map(|(index, unit)| (address(unit), index)).collect(),
            watched: Watched {
                counts: set.units.iter().map(|unit| NodeCounts::new(unit)).collect(),
                decisions: Vec::new(),
            },
            recent: (0, None),
            looked: Vec::new(),
            depth: 0,
            pipeline: 0,
            variables: HashMap::default(),
            sets: HashMap::default(),
        }
    }

    pub(super) fn finish(self) -> Watched {
        self.watched
    }

    /// A rendering begins: one before it may have failed within an evaluation.
    pub(super) fn begin_file(&mut self) {
        self.looked.clear();
        self.depth = 0;
        self.pipeline = 0;
        self.variables.clear();
    }

    /// Index of a unit; texts of `tpl` have none.
    fn index(&mut self, unit: &Unit) -> Option<usize> {
        let address = std::ptr::from_ref(unit).addr();
        if self.recent.0 != address {
            self.recent = (address, self.by_address.get(&address).copied());
        }
        self.recent.1
    }

    /// A node ran.
    pub(super) fn ran(&mut self, unit: &Unit, node: NodeId) {
        let index = self.index(unit);
        let counts = index.and_then(|index| self.watched.counts.get_mut(index));
        if let Some(count) = counts.and_then(|counts| counts.runs.get_mut(node as usize)) {
            *count = count.saturating_add(1);
        }
    }

    /// An evaluation begins; the result belongs to its end.
    pub(super) fn begin(&mut self) -> usize {
        self.depth += 1;
        self.looked.len()
    }

    /// A decision was made by an evaluation that began at `begun`.
    pub(super) fn decide(&mut self, unit: &Unit, node: NodeId, is_first: bool, begun: usize) {
        self.went(unit, node, is_first, begun);
        self.end(begun);
    }

    /// An argument of a call that began at `begun`, and goes on, decided.
    pub(super) fn went(&mut self, unit: &Unit, node: NodeId, is_first: bool, begun: usize) {
        let Some(source) = self.index(unit) else { return };
        let counts = self.watched.counts.get_mut(source);
        let ways = counts.map(|counts| {
            if is_first {
                &mut counts.first
            } else {
                &mut counts.second
            }
        });
        if let Some(count) = ways.and_then(|ways| ways.get_mut(node as usize)) {
            *count = count.saturating_add(1);
        }
        let sets = self.sets.entry((source, node, is_first)).or_default();
        if sets.len() >= MAX_SETS {
            return;
        }
        let looked = distinct(self.looked.get(begun..).unwrap_or_default());
        let decisions = &mut self.watched.decisions;
        let is_known = |&at: &usize| decisions.get(at).is_some_and(|known| known.looked == looked);
        if sets.iter().any(is_known) {
            return;
        }
        sets.push(decisions.len());
        decisions.push(Decision {
            source,
            node,
            is_first,
            looked,
        });
    }

    /// An evaluation ends.
    pub(super) fn end(&mut self, begun: usize) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.looked.clear();
        } else if self.looked.len() > begun.saturating_add(MAX_KEPT) {
            // What is around it depends on the same keys, each once.
            let kept = distinct(self.looked.get(begun..).unwrap_or_default());
            self.looked.truncate(begun);
            self.looked.extend(kept);
        }
    }

    /// A pipeline begins.
    pub(super) fn begin_pipeline(&mut self) -> PipelineStart {
        let begun = self.begin();
        PipelineStart {
            begun,
            outer: std::mem::replace(&mut self.pipeline, begun),
        }
    }

    /// Where the reads of the pipeline begin that is being evaluated.
    pub(super) const fn pipeline_start(&self) -> usize {
        self.pipeline
    }

    /// A pipeline ends, and its value is that of variables, if it has some.
    pub(super) fn end_pipeline(&mut self, slots: impl Iterator<Item = usize>, start: PipelineStart) {
        let PipelineStart { begun, outer } = start;
        self.pipeline = outer;
        let mut slots = slots.peekable();
        if slots.peek().is_none() {
            self.end(begun);
            return;
        }
        let looked: Rc<[Looked]> = distinct(self.looked.get(begun..).unwrap_or_default()).into();
        for slot in slots {
            self.variables.insert(slot, Rc::clone(&looked));
        }
        self.end(begun);
    }

    /// A variable was read.
    pub(super) fn variable(&mut self, slot: usize) {
        if self.depth > 0
            && self.looked.len() < MAX_LOOKED
            && let Some(looked) = self.variables.get(&slot)
        {
            self.looked.extend(looked.iter().cloned());
        }
    }

    /// A key was looked up.
    pub(super) fn key(&mut self, map: &Map, key: &Text) {
        let map = map.id();
        self.look(|| Looked::Key { map, key: key.clone() });
    }

    /// A field of an object was read.
    pub(super) fn field(&mut self, type_name: &str) {
        if type_name.ends_with(".KubeVersion") {
            self.look(|| Looked::KubeVersion);
        }
    }

    /// A method of a list was called: the one that has methods is `.Capabilities.APIVersions`.
    pub(super) fn list_method(&mut self, arguments: &[Value]) {
        if let [Value::Str(version), ..] = arguments {
            self.look(|| Looked::ApiVersion(version.clone()));
        }
    }

    fn look(&mut self, looked: impl FnOnce() -> Looked) {
        if self.depth > 0 && self.looked.len() < MAX_LOOKED {
            self.looked.push(looked());
        }
    }
}

/// The first of them, each once.
fn distinct(looked: &[Looked]) -> Vec<Looked> {
    let mut kept: Vec<Looked> = Vec::new();
    for one in looked {
        if kept.len() >= MAX_KEPT {
            break;
        }
        if !kept.contains(one) {
            kept.push(one.clone());
        }
    }
    kept
}
