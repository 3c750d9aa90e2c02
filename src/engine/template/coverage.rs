//! What there is to run in a source, and how often it ran: statements, decisions, definitions.

use super::comparison::{Constant, Variables, mentioned};
use super::executor::{NodeCounts, Watched};
use super::set::{CompiledSet, CompiledSource};
use super::text::Text;
use super::tree::{Branch, Builtin, Callee, NodeId, NodeKind, Run, Unit};

/// A statement: text, or an action. Text counts once for each of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Byte offset in the source.
    pub position: u32,
    /// How often it ran.
    pub runs: u32,
    /// The way that leads to it, by its index in [`DefinitionRuns::inside`].
    pub inside: Option<usize>,
}

/// A way of a decision, as the place of what is inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inside {
    /// The node whose decision it is, and whether its first way.
    pub way: (u32, bool),
    /// The way around it, by its index.
    pub outer: Option<usize>,
}

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecisionKind {
    /// `if`
    If,
    /// `with`
    With,
    /// `range`: whether there is an item.
    Range,
    /// An argument of `and`.
    And,
    /// An argument of `or`.
    Or,
    /// `default`
    Default,
    /// `ternary`
    Ternary,
}

impl DecisionKind {
    /// The word of templates.
    pub const fn name(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
            Self::And => "and",
            Self::Or => "or",
            Self::Default => "default",
            Self::Ternary => "ternary",
        }
    }
}

/// A way that a decision may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// What happens: `true`, `false`, `given`, `argument 1 decides`.
    pub outcome: String,
    /// How often it did.
    pub runs: u32,
    /// The node whose decision it is, and whether its first way.
    pub node: (u32, bool),
}

/// A place where a template goes one way or another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionPoint {
    /// Byte offset in the source.
    pub position: u32,
    /// What decides.
    pub kind: DecisionKind,
    /// Its ways, in the order in which templates have them.
    pub ways: Vec<Way>,
    /// Whether nothing but constants decides, so that it always goes the same way.
    pub is_constant: bool,
    /// The constants that it compares something with.
    pub constants: Vec<Constant>,
    /// The way that leads to it, by its index in [`DefinitionRuns::inside`].
    pub inside: Option<usize>,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionRuns {
    /// Its name; the file's name for what is in no `define`.
    pub name: Text,
    /// Byte offset of the name in the source.
    pub position: u32,
    /// How often it ran.
    pub runs: u32,
    /// Whether it is the file itself.
    pub is_file: bool,
    /// Names of the definitions that it includes by a constant name.
    pub includes: Vec<Text>,
    /// Whether it includes one whose name is computed.
    pub includes_computed: bool,
    /// What it consists of.
    pub statements: Vec<Statement>,
    /// Its decisions.
    pub decisions: Vec<DecisionPoint>,
    /// The ways that contain something.
    pub inside: Vec<Inside>,
}

/// A source, and how often its nodes ran.
#[derive(Debug, Clone)]
pub struct SourceRuns {
    source: CompiledSource,
    /// How often the nodes ran.
    pub counts: NodeCounts,
}

impl SourceRuns {
    /// The sources of a set with what a rendering of it did.
    pub fn of(set: &CompiledSet, watched: &mut Watched) -> Vec<Self> {
        let counts = std::mem::take(&mut watched.counts);
        let sources = set.sources().zip(counts);
        sources.map(|(source, counts)| Self { source, counts }).collect()
    }

    /// The sources of a set, before anything runs.
    pub fn without_runs(set: &CompiledSet) -> Vec<Self> {
        let sources = set.sources().map(|source| Self {
            source,
            counts: NodeCounts::default(),
        });
        sources.collect()
    }

    /// The name it has in the set.
    pub fn name(&self) -> &Text {
        self.source.name()
    }

    /// Its text.
    pub fn text(&self) -> &Text {
        self.source.source()
    }

    /// Its definitions, the file itself last.
    pub fn definitions(&self) -> Vec<DefinitionRuns> {
        let unit = self.source.unit();
        let variables = Variables::of(unit);
        // A file without text of its own is nothing that can run.
        let own = unit
            .definitions
            .iter()
            .filter(|definition| !definition.is_empty || definition.name != unit.name);
        own.map(|definition| {
            let is_file = definition.name == unit.name;
            let mut found = DefinitionRuns {
                name: definition.name.clone(),
                position: if is_file {
                    0
                } else {
                    name_position(unit, definition.position)
                },
                runs: count(&self.counts.runs, definition.root),
                is_file,
                includes: Vec::new(),
                includes_computed: false,
                statements: Vec::new(),
                decisions: Vec::new(),
                inside: Vec::new(),
            };
            let mut search = Search {
                unit,
                variables: &variables,
                counts: &self.counts,
                found: &mut found,
                inside: None,
            };
            search.list(definition.root);
            found
        })
        .collect()
    }
}

/// Where the name of a definition is whose body begins at `body`: in the last action before that which begins one; comments may follow it.
fn name_position(unit: &Unit, body: u32) -> u32 {
    let mut before = unit.source.as_bytes().get(..body as usize).unwrap_or_default();
    while let Some(at) = memchr::memmem::rfind(before, b"{{") {
        let action = unit.source.as_bytes().get(at + 2..body as usize).unwrap_or_default();
        let words = action.strip_prefix(b"-").unwrap_or(action).trim_ascii_start();
        if words.starts_with(b"define") || words.starts_with(b"block") {
            let name = memchr::memchr2(b'"', b'`', action).unwrap_or_default();
            return u32::try_from(at + 2 + name).unwrap_or(body);
        }
        before = before.get(..at).unwrap_or_default();
    }
    body
}

fn count(counts: &[u32], node: NodeId) -> u32 {
    counts.get(node as usize).copied().unwrap_or_default()
}

/// What a definition consists of.
struct Search<'s> {
    unit: &'s Unit,
    variables: &'s Variables,
    counts: &'s NodeCounts,
    found: &'s mut DefinitionRuns,
    inside: Option<usize>,
}

impl Search<'_> {
    /// What a way of a decision leads to.
    fn way(&mut self, way: (u32, bool), list: NodeId) {
        let outer = self.inside;
        self.inside = Some(self.found.inside.len());
        self.found.inside.push(Inside { way, outer });
        self.list(list);
        self.inside = outer;
    }

    fn list(&mut self, list: NodeId) {
        let NodeKind::List { nodes } = self.unit.node(list).kind else {
            return;
        };
        for &node in self.unit.children(nodes) {
            self.statement(node);
        }
    }

    fn statement(&mut self, id: NodeId) {
        let node = self.unit.node(id);
        let runs = count(&self.counts.runs, id);
        if let NodeKind::Text { start, end } = node.kind {
            let text = self.unit.text(start, end);
            let mut position = start;
            for line in text.split_inclusive(|&byte| byte == b'\n') {
                let indent = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
                if indent < line.len() {
                    let indent = u32::try_from(indent).unwrap_or(u32::MAX);
                    self.found.statements.push(Statement {
                        position: position.saturating_add(indent),
                        runs,
                        inside: self.inside,
                    });
                }
                position = position.saturating_add(length);
            }
            return;
        }
        self.found.statements.push(Statement {
            position: node.position,
            runs,
            inside: self.inside,
        });
        match node.kind {
            NodeKind::Action { pipe } => self.pipe(pipe),
            NodeKind::If(branch) => self.branch(node.position, DecisionKind::If, branch),
            NodeKind::With(branch) => self.branch(node.position, DecisionKind::With, branch),
            NodeKind::Range(branch) => self.branch(node.position, DecisionKind::Range, branch),
            NodeKind::Template { name, pipe } => {
                self.found.includes.extend(self.unit.texts.get(name as usize).cloned());
                if let Some(pipe) = pipe {
                    self.pipe(pipe);
                }
            }
            _ => {}
        }
    }

    fn branch(&mut self, position: u32, kind: DecisionKind, branch: Branch) {
        let (first, second) = self.counts.ways(branch.pipe);
        let ways = vec![
            way("true", first, (branch.pipe, true)),
            way("false", second, (branch.pipe, false)),
        ];
        self.decision(position, kind, ways, &[branch.pipe]);
        self.pipe(branch.pipe);
        self.way((branch.pipe, true), branch.list);
        if let Some(list) = branch.else_list {
            self.way((branch.pipe, false), list);
        }
    }

    fn decision(&mut self, position: u32, kind: DecisionKind, ways: Vec<Way>, nodes: &[NodeId]) {
        let (is_constant, constants) = mentioned(self.unit, self.variables, nodes);
        self.found.decisions.push(DecisionPoint {
            position,
            kind,
            ways,
            is_constant,
            constants,
            inside: self.inside,
        });
    }

    fn pipe(&mut self, pipe: NodeId) {
        let NodeKind::Pipe { commands, .. } = self.unit.node(pipe).kind else {
            return;
        };
        for (index, &command) in self.unit.children(commands).iter().enumerate() {
            if let NodeKind::Command { arguments } = self.unit.node(command).kind {
                let before = if index > 0 {
                    self.unit.children(commands).get(..index)
                } else {
                    None
                };
                self.command(command, arguments, before.unwrap_or_default());
            }
        }
    }

    fn command(&mut self, command: NodeId, arguments: Run, piped: &[NodeId]) {
        let words = self.unit.children(arguments);
        let Some((&first, rest)) = words.split_first() else {
            return;
        };
        if let NodeKind::Identifier { callee } = self.unit.node(first).kind {
            let position = self.unit.node(first).position;
            let nodes: Vec<NodeId> = piped.iter().chain(rest).copied().collect();
            match self.unit.callees.get(callee as usize).map(|named| named.callee) {
                Some(Callee::Builtin(Builtin::And)) => {
                    self.arguments(position, DecisionKind::And, command, rest, !piped.is_empty(), &nodes);
                }
                Some(Callee::Builtin(Builtin::Or)) => {
                    self.arguments(position, DecisionKind::Or, command, rest, !piped.is_empty(), &nodes);
                }
                Some(Callee::Function(function)) if function.choice.is_some() => {
                    let (first, second) = self.counts.ways(command);
                    let (kind, names) = if function.name == "ternary" {
                        (DecisionKind::Ternary, ["true", "false"])
                    } else {
                        (DecisionKind::Default, ["given", "default"])
                    };
                    let [one, other] = names;
                    let ways = vec![way(one, first, (command, true)), way(other, second, (command, false))];
                    self.decision(position, kind, ways, &nodes);
                }
                Some(Callee::Function(function)) if matches!(function.name, "include" | "tpl") => {
                    self.include(function.name, rest.first().copied());
                }
                _ => {}
            }
        }
        for &word in words {
            match self.unit.node(word).kind {
                NodeKind::Pipe { .. } => self.pipe(word),
                NodeKind::Chain { node, .. } => self.pipe(node),
                _ => {}
            }
        }
    }

    /// `and` and `or`: each argument but the last may decide.
    fn arguments(
        &mut self,
        position: u32,
        kind: DecisionKind,
        command: NodeId,
        words: &[NodeId],
        is_piped: bool,
        nodes: &[NodeId],
    ) {
        let mut ways = Vec::new();
        let last = if is_piped {
            command
        } else {
            words.last().copied().unwrap_or(command)
        };
        let deciding = if is_piped {
            words
        } else {
            words.split_last().map_or(words, |(_, rest)| rest)
        };
        for (index, &word) in deciding.iter().enumerate() {
            let (decided, _) = self.counts.ways(word);
            ways.push(way(&format!("argument {} decides", index + 1), decided, (word, true)));
        }
        let (reached, _) = self.counts.ways(last);
        let number = deciding.len() + 1;
        ways.push(way(&format!("argument {number} is reached"), reached, (last, true)));
        self.decision(position, kind, ways, nodes);
    }

    /// The name that `include` is given; `tpl` may include any.
    fn include(&mut self, function: &str, name: Option<NodeId>) {
        let name = name
            .filter(|_| function == "include")
            .map(|name| self.unit.node(name).kind);
        match name {
            Some(NodeKind::Str { text, .. }) => {
                self.found.includes.extend(self.unit.texts.get(text as usize).cloned());
            }
            _ => self.found.includes_computed = true,
        }
    }
}

fn way(outcome: &str, runs: u32, node: (u32, bool)) -> Way {
    Way {
        outcome: outcome.to_owned(),
        runs,
        node,
    }
}
