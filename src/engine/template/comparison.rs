//! What expressions mention: whether they consist of constants alone, and the constants that they compare something with.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::text::Text;
use super::tree::{NodeId, NodeKind, Unit};

/// A constant that a decision compares something with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// It.
    pub value: ConstantValue,
    /// The last names of the fields that it is compared with; none where something else is.
    pub fields: Vec<Text>,
    /// Whether it is compared with what the fields hold, and not with what functions make of them.
    pub is_direct: bool,
    /// Whether it is a constraint on versions.
    pub is_constraint: bool,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstantValue {
    /// A text.
    Text(Text),
    /// A whole number.
    Int(i64),
}

/// Whether expressions consist of constants alone, and the constants that they compare something with.
pub(super) fn mentioned(unit: &Unit, variables: &Variables, nodes: &[NodeId]) -> (bool, Vec<Constant>) {
    let mut mentioned = Mentioned {
        unit,
        variables,
        is_constant: true,
        at: Comparison::default(),
        fields: Vec::new(),
        constants: Vec::new(),
    };
    for &node in nodes {
        mentioned.node(node);
    }
    (mentioned.is_constant, mentioned.constants)
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
struct Comparison {
    /// Whether it is an argument of a comparison.
    is_compared: bool,
    /// Whether that is with what fields hold, and not with what functions make of them.
    is_direct: bool,
    /// Whether that is of versions.
    is_constraint: bool,
}

impl Default for Comparison {
    fn default() -> Self {
        Self {
            is_compared: false,
            is_direct: true,
            is_constraint: false,
        }
    }
}

/// What an expression mentions.
struct Mentioned<'u> {
    unit: &'u Unit,
    variables: &'u Variables,
    is_constant: bool,
    at: Comparison,
    /// The last names of the fields in the same comparison.
    fields: Vec<Text>,
    constants: Vec<Constant>,
}

/// Most fields that one variable stands for.
const MAX_FIELDS: usize = 8;
/// The function that compares a version with a constraint.
const COMPARES_VERSIONS: &str = "semverCompare";
/// Functions that compare their arguments, and those that lists for them are made with.
const COMPARISONS: [&str; 13] = [
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "has",
    "contains",
    "hasPrefix",
    "hasSuffix",
    "list",
    "tuple",
    COMPARES_VERSIONS,
];

/// Functions whose result is not a matter of their arguments alone.
const NOT_PURE: [&str; 22] = [
    "include",
    "tpl",
    "lookup",
    "now",
    "ago",
    "uuidv4",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "genCA",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSignedCert",
    "htpasswd",
    "bcrypt",
    "encryptAES",
    "getHostByName",
    "htmlDateInZone",
];

/// Whether a command calls one of these functions.
fn calls(unit: &Unit, command: NodeId, functions: &[&str]) -> bool {
    let NodeKind::Command { arguments } = unit.node(command).kind else {
        return false;
    };
    let first = unit.children(arguments).first().map(|&first| unit.node(first).kind);
    let Some(NodeKind::Identifier { callee }) = first else {
        return false;
    };
    let named = unit.callees.get(callee as usize);
    named.is_some_and(|named| {
        functions
            .iter()
            .any(|function| function.as_bytes() == named.name.as_bytes())
    })
}

/// The last name of the field that commands pass on as it is, apart from a default.
fn passed_on(unit: &Unit, commands: &[NodeId]) -> Option<Text> {
    let mut field = None;
    for &command in commands {
        let NodeKind::Command { arguments } = unit.node(command).kind else {
            return None;
        };
        let is_default = calls(unit, command, &["default"]);
        let argument = match (unit.children(arguments), field.is_some()) {
            ([only], false) => *only,
            ([_, _, value], false) if is_default => *value,
            ([_, _], true) if is_default => continue,
            _ => return None,
        };
        let names = match unit.node(argument).kind {
            NodeKind::Field { names } | NodeKind::Chain { names, .. } => unit.names(names),
            // The first name is the variable's.
            NodeKind::Variable { names, .. } => unit.names(names).get(1..)?,
            _ => return None,
        };
        field = Some(names.last()?.clone());
    }
    field
}

/// What the variables of a unit are set to.
#[derive(Debug, Default)]
pub(super) struct Variables(HashMap<Text, Option<Vec<Text>>, RandomState>);

impl Variables {
    /// Those that a unit sets, wherever in it.
    pub(super) fn of(unit: &Unit) -> Self {
        let mut variables = Self::default();
        for node in &unit.nodes {
            let NodeKind::Action { pipe } = node.kind else { continue };
            let NodeKind::Pipe {
                declarations, commands, ..
            } = unit.node(pipe).kind
            else {
                continue;
            };
            let declared = unit.children(declarations).first().map(|&first| unit.node(first).kind);
            let Some(NodeKind::Variable { names, .. }) = declared else {
                continue;
            };
            let Some(name) = unit.names(names).first() else {
                continue;
            };
            let fields = variables.0.entry(name.clone()).or_insert_with(|| Some(Vec::new()));
            let known = fields.take();
            *fields = known
                .zip(passed_on(unit, unit.children(commands)))
                .and_then(|(mut known, field)| {
                    if !known.contains(&field) {
                        known.push(field);
                    }
                    (known.len() <= MAX_FIELDS).then_some(known)
                });
        }
        variables
    }

    /// The last names of the fields that a variable is set to, where that is all that it is ever set to.
    fn fields(&self, name: &Text) -> Option<&[Text]> {
        self.0.get(name)?.as_deref()
    }
}

impl Mentioned<'_> {
    fn constant(&self, value: ConstantValue) -> Constant {
        Constant {
            value,
            fields: self.fields.clone(),
            is_direct: self.at.is_direct,
            is_constraint: self.at.is_constraint,
        }
    }

    /// Adds the last names of fields: of a node, or of the command that it is. Whether no function makes something else of them.
    fn add_fields(&self, id: NodeId, fields: &mut Vec<Text>) -> bool {
        match self.unit.node(id).kind {
            NodeKind::Variable { names, .. }
                if let [name] = self.unit.names(names)
                    && let Some(declared) = self.variables.fields(name) =>
            {
                fields.extend(declared.iter().cloned());
                true
            }
            NodeKind::Pipe { commands, .. } if let Some(field) = passed_on(self.unit, self.unit.children(commands)) => {
                fields.push(field);
                true
            }
            NodeKind::Command { arguments } if self.calls(id, &["index", "get"]) => {
                // The last key is that of the value.
                let key = self
                    .unit
                    .children(arguments)
                    .last()
                    .map(|&key| self.unit.node(key).kind);
                match key {
                    Some(NodeKind::Str { text, .. }) => {
                        fields.extend(self.unit.texts.get(text as usize).cloned());
                        true
                    }
                    _ => false,
                }
            }
            NodeKind::Field { names } | NodeKind::Variable { names, .. } | NodeKind::Chain { names, .. } => {
                fields.extend(self.unit.names(names).last().cloned());
                true
            }
            NodeKind::Command { arguments: nodes } | NodeKind::Pipe { commands: nodes, .. } => {
                let nodes = self.unit.children(nodes);
                // Lists hold the constants themselves.
                let mut is_direct = nodes.len() <= 1 || self.makes_list(id);
                for &node in nodes {
                    is_direct &= self.add_fields(node, fields);
                }
                is_direct
            }
            _ => true,
        }
    }

    /// Whether a command is a comparison.
    fn compares(&self, command: NodeId) -> bool {
        self.calls(command, &COMPARISONS)
    }

    fn makes_list(&self, command: NodeId) -> bool {
        self.calls(command, &["list", "tuple"])
    }

    fn calls(&self, command: NodeId, functions: &[&str]) -> bool {
        calls(self.unit, command, functions)
    }

    fn node(&mut self, id: NodeId) {
        match self.unit.node(id).kind {
            NodeKind::Pipe { commands, .. } => {
                // What is piped into a comparison is one of its arguments.
                let commands = self.unit.children(commands);
                let outer = (self.at.is_compared, self.fields.clone());
                for (index, &command) in commands.iter().enumerate() {
                    let before = self.constants.len();
                    self.at.is_compared = outer.0;
                    if commands.get(index + 1).is_some_and(|&next| self.compares(next)) {
                        self.at.is_compared = true;
                        self.fields.clear();
                    }
                    self.node(command);
                    // What is piped into a comparison is compared with its constants.
                    let piped = index.checked_sub(1).and_then(|before| commands.get(before));
                    if let Some(&piped) = piped.filter(|_| self.compares(command)) {
                        let mut fields = Vec::new();
                        let is_direct = self.add_fields(piped, &mut fields);
                        for constant in self.constants.iter_mut().skip(before) {
                            constant.fields.extend(fields.iter().cloned());
                            constant.is_direct &= is_direct;
                        }
                    }
                }
                (self.at.is_compared, self.fields) = outer;
            }
            NodeKind::Command { arguments } => {
                let outer = (self.at, self.fields.clone());
                let is_call = self.unit.children(arguments).len() > 1;
                if self.compares(id) {
                    self.at.is_compared = true;
                    // The items of a list are compared with what the list is.
                    if !self.makes_list(id) {
                        self.fields.clear();
                        self.at.is_direct = true;
                        self.at.is_constraint = self.calls(id, &[COMPARES_VERSIONS]);
                    }
                    let mut fields = Vec::new();
                    for &node in self.unit.children(arguments) {
                        self.at.is_direct &= self.add_fields(node, &mut fields);
                    }
                    self.fields.extend(fields);
                } else if is_call {
                    self.at.is_compared = false;
                }
                for &node in self.unit.children(arguments) {
                    self.node(node);
                }
                (self.at, self.fields) = outer;
            }
            NodeKind::Chain { node, .. } => self.node(node),
            NodeKind::Identifier { callee } => {
                let named = self.unit.callees.get(callee as usize);
                let is_pure = named.is_some_and(|named| {
                    !NOT_PURE
                        .iter()
                        .any(|function| function.as_bytes() == named.name.as_bytes())
                });
                self.is_constant &= is_pure;
            }
            NodeKind::Str { text, .. } if self.at.is_compared => {
                let text = self.unit.texts.get(text as usize).cloned();
                self.constants
                    .extend(text.map(|text| self.constant(ConstantValue::Text(text))));
            }
            NodeKind::Number { number, .. } if self.at.is_compared => {
                let number = self.unit.numbers.get(number as usize).and_then(|number| number.int);
                self.constants
                    .extend(number.map(|number| self.constant(ConstantValue::Int(number))));
            }
            NodeKind::Bool(_) | NodeKind::Nil | NodeKind::Str { .. } | NodeKind::Number { .. } => {}
            _ => self.is_constant = false,
        }
    }
}
