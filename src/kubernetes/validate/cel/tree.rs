//! Syntax trees of expressions, and the places of their parts.

/// Names of operators as functions (cel-go `common/operators`).
pub(super) mod operators {
    pub(in super::super) const CONDITIONAL: &str = "_?_:_";
    pub(in super::super) const LOGICAL_AND: &str = "_&&_";
    pub(in super::super) const LOGICAL_OR: &str = "_||_";
    pub(in super::super) const LOGICAL_NOT: &str = "!_";
    pub(in super::super) const EQUALS: &str = "_==_";
    pub(in super::super) const NOT_EQUALS: &str = "_!=_";
    pub(in super::super) const LESS: &str = "_<_";
    pub(in super::super) const LESS_EQUALS: &str = "_<=_";
    pub(in super::super) const GREATER: &str = "_>_";
    pub(in super::super) const GREATER_EQUALS: &str = "_>=_";
    pub(in super::super) const ADD: &str = "_+_";
    pub(in super::super) const SUBTRACT: &str = "_-_";
    pub(in super::super) const MULTIPLY: &str = "_*_";
    pub(in super::super) const DIVIDE: &str = "_/_";
    pub(in super::super) const MODULO: &str = "_%_";
    pub(in super::super) const NEGATE: &str = "-_";
    pub(in super::super) const INDEX: &str = "_[_]";
    pub(in super::super) const IN: &str = "@in";
    pub(in super::super) const HAS: &str = "has";
    pub(in super::super) const OPT_INDEX: &str = "_[?_]";
    pub(in super::super) const OPT_SELECT: &str = "_?._";
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Different for each part.
    pub(super) id: u32,
    pub(super) expr: Expr,
}

/// What a part is. Macros are calls.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Literal(Literal),
    /// A name; a dot before it is part of it.
    Ident(String),
    Select(Select),
    Call(Call),
    List(Vec<Item>),
    Map(Vec<Entry>),
    Struct(Struct),
}

/// A value that is spelt out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
}

/// `operand.field`
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Select {
    pub(super) operand: Box<Node>,
    pub(super) field: String,
}

/// `function(arguments)`, or `target.function(arguments)`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) function: String,
    pub(super) target: Option<Box<Node>>,
    pub(super) arguments: Vec<Node>,
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) value: Node,
    /// Whether a question mark is before it.
    pub(super) is_optional: bool,
}

/// An entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
    /// Whether a question mark is before it.
    pub(super) is_optional: bool,
}

/// `name{field: value}`
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Struct {
    pub(super) name: String,
    pub(super) fields: Vec<(String, Node)>,
}

/// Where the parts of an expression are: offsets in bytes, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places(Vec<u32>);

impl Places {
    /// The number of a new part, which is at an offset.
    pub(super) fn add(&mut self, offset: usize) -> u32 {
        self.0.push(u32::try_from(offset).unwrap_or(u32::MAX));
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The offset of a part.
    pub(super) fn offset(&self, id: u32) -> usize {
        let index = (id as usize).checked_sub(1);
        let found = index.and_then(|index| self.0.get(index));
        found.map_or(0, |offset| *offset as usize)
    }
}

/// An expression that was read.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: Node,
    pub(super) places: Places,
}

/// A name with dots, as `a.b.c`.
pub(super) fn qualified(operand: &Node, last: &str) -> Option<String> {
    let mut steps = vec![last];
    let mut at = operand;
    loop {
        match &at.expr {
            Expr::Ident(name) => {
                steps.push(name.trim_start_matches('.'));
                steps.reverse();
                return Some(steps.join("."));
            }
            Expr::Select(select) => {
                steps.push(&select.field);
                at = &select.operand;
            }
            _ => return None,
        }
    }
}

/// A text as the messages of syntax errors show it (`escapeWSAndQuote` of ANTLR).
pub(super) fn shown(text: &str) -> String {
    let escaped = text.replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
    format!("'{escaped}'")
}
