//! Compiled templates: all nodes of a source file in one vector, names and constants beside it.
//!
//! A [`Unit`] is the compiled form of one source. It is immutable, `Send + Sync`, and shared by every rendering.

use super::function::Function;
use super::text::Text;

/// Index of a node in its unit.
pub(super) type NodeId = u32;

/// A run of entries in one of the unit's side tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Run {
    pub(super) start: u32,
    pub(super) length: u32,
}

/// A function named by an action.
#[derive(Debug, Clone, Copy)]
pub(super) enum Callee {
    /// One of Go's own, if the caller's table has none of that name.
    Builtin(Builtin),
    /// An entry of the caller's table.
    Function(&'static Function),
}

/// Go's built-in functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    And,
    Call,
    Html,
    Index,
    Slice,
    Js,
    Len,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Urlquery,
    Eq,
    Ge,
    Gt,
    Le,
    Lt,
    Ne,
}

/// A reference to a variable that is not declared in scope; Go notices it only while running.
pub(super) const UNDEFINED_SLOT: u32 = u32::MAX;

/// A numeric constant with every type it can take.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Number {
    pub(super) int: Option<i64>,
    pub(super) uint: Option<u64>,
    pub(super) float: Option<f64>,
    pub(super) complex: Option<(f64, f64)>,
}

/// The kind of a node. Lists are runs of the unit's `children`.
#[derive(Debug, Clone, Copy)]
pub(super) enum NodeKind {
    /// Literal text: a range of the source.
    Text {
        start: u32,
        end: u32,
    },
    Action {
        pipe: NodeId,
    },
    List {
        nodes: Run,
    },
    If(Branch),
    With(Branch),
    Range(Branch),
    Break,
    Continue,
    Template {
        name: u32,
        pipe: Option<NodeId>,
    },
    Pipe {
        is_assign: bool,
        declarations: Run,
        commands: Run,
    },
    Command {
        arguments: Run,
    },
    /// `.A.B`: a run of `names`.
    Field {
        names: Run,
    },
    /// `$x.A.B`: the first name is the variable's.
    Variable {
        slot: u32,
        names: Run,
    },
    /// `(pipeline).A.B`
    Chain {
        node: NodeId,
        names: Run,
    },
    Identifier {
        callee: u32,
    },
    Dot,
    Nil,
    Bool(bool),
    Number {
        number: u32,
        end: u32,
    },
    Str {
        text: u32,
        end: u32,
    },
}

/// `if`, `with` or `range`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch {
    pub(super) pipe: NodeId,
    pub(super) list: NodeId,
    pub(super) else_list: Option<NodeId>,
}

/// A node and where Go says it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) position: u32,
}

/// A function as written in a template.
#[derive(Debug, Clone)]
pub(super) struct NamedCallee {
    pub(super) name: Text,
    pub(super) callee: Callee,
}

/// One `define`, `block` or file.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) name: Text,
    pub(super) root: NodeId,
    pub(super) slots: u32,
    /// Nothing but space and comments: does not replace an earlier definition.
    pub(super) is_empty: bool,
    /// Byte offset of the body in the source.
    pub(super) position: u32,
}

/// The compiled form of one source file.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// The file's name, in error locations.
    pub(super) name: Text,
    pub(super) source: Text,
    pub(super) nodes: Vec<Node>,
    pub(super) children: Vec<NodeId>,
    pub(super) names: Vec<Text>,
    pub(super) texts: Vec<Text>,
    pub(super) numbers: Vec<Number>,
    pub(super) callees: Vec<NamedCallee>,
    pub(super) definitions: Vec<Definition>,
}

const MISSING_NODE: Node = Node {
    kind: NodeKind::Nil,
    position: 0,
};

impl Unit {
    /// Its content, at its exact size; the memory it grew in is kept for the next.
    pub(super) fn take(&mut self) -> Self {
        Self {
            name: std::mem::take(&mut self.name),
            source: std::mem::take(&mut self.source),
            nodes: copy_out(&mut self.nodes),
            children: copy_out(&mut self.children),
            names: self.names.drain(..).collect(),
            texts: self.texts.drain(..).collect(),
            numbers: copy_out(&mut self.numbers),
            callees: self.callees.drain(..).collect(),
            definitions: self.definitions.drain(..).collect(),
        }
    }

    pub(super) fn node(&self, id: NodeId) -> Node {
        self.nodes.get(id as usize).copied().unwrap_or(MISSING_NODE)
    }

    pub(super) fn children(&self, run: Run) -> &[NodeId] {
        slice(&self.children, run)
    }

    pub(super) fn names(&self, run: Run) -> &[Text] {
        slice(&self.names, run)
    }

    /// The literal text of a text node.
    pub(super) fn text(&self, start: u32, end: u32) -> &[u8] {
        self.source
            .as_bytes()
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Line (from 1) and byte column (from 0) of an offset, as Go's error locations count.
    pub(super) fn line_and_column(&self, position: u32) -> (u32, u32) {
        let before = self.source.as_bytes().get(..position as usize).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let column = memchr::memrchr(b'\n', before).map_or(before.len(), |at| before.len() - at - 1);
        (
            u32::try_from(line).unwrap_or(u32::MAX),
            u32::try_from(column).unwrap_or(u32::MAX),
        )
    }
}

fn copy_out<T: Copy>(items: &mut Vec<T>) -> Vec<T> {
    let copy = items.as_slice().to_vec();
    items.clear();
    copy
}

fn slice<T>(items: &[T], run: Run) -> &[T] {
    let start = run.start as usize;
    items.get(start..start + run.length as usize).unwrap_or_default()
}

impl Builtin {
    /// The built-in of a name.
    pub(super) fn find(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"and" => Self::And,
            b"call" => Self::Call,
            b"html" => Self::Html,
            b"index" => Self::Index,
            b"slice" => Self::Slice,
            b"js" => Self::Js,
            b"len" => Self::Len,
            b"not" => Self::Not,
            b"or" => Self::Or,
            b"print" => Self::Print,
            b"printf" => Self::Printf,
            b"println" => Self::Println,
            b"urlquery" => Self::Urlquery,
            b"eq" => Self::Eq,
            b"ge" => Self::Ge,
            b"gt" => Self::Gt,
            b"le" => Self::Le,
            b"lt" => Self::Lt,
            b"ne" => Self::Ne,
            _ => return None,
        })
    }
}
