//! Pipelines, commands and their operands.

use super::{Parser, offset};
use crate::engine::template::error::ParseError;
use crate::engine::template::lexer::{Keyword, Token, TokenKind};
use crate::engine::template::node_text::node_text;
use crate::engine::template::number::parse_number;
use crate::engine::template::tree::{Builtin, Callee, NamedCallee, NodeId, NodeKind, Run, UNDEFINED_SLOT};
use crate::text::go::quote::quote;

const NO_DEPTH_LEFT: &str = "max expression depth exceeded";

impl<'s> Parser<'s> {
    /// A pipeline from its `first` token, which has been read, to the `end`.
    pub(super) fn pipeline(&mut self, first: Token, context: &str, end: TokenKind) -> Result<NodeId, ParseError> {
        let position = first.start;
        let mark = self.scratch.len();
        let mut names: Vec<&'s [u8]> = Vec::new();
        let mut is_assign = false;
        let mut token = first;
        if token.kind == TokenKind::Variable {
            self.backup();
            is_assign = self.declarations(context, &mut names)?;
            token = self.next_non_space();
        }
        let declarations = self.take_children(mark);
        while token.kind != end {
            if !starts_command(token.kind) {
                return Err(self.unexpected(token, context));
            }
            let command = self.command(token)?;
            self.scratch.push(command);
            token = self.next_non_space();
        }
        self.check_pipeline(mark, context)?;
        let commands = self.take_children(mark);
        self.resolve_declarations(declarations, &names, is_assign);
        let kind = NodeKind::Pipe {
            is_assign,
            declarations,
            commands,
        };
        Ok(self.add_node(kind, position))
    }

    /// `$x :=`, `$x =`, `$i, $x :=`; leaves the variables' nodes on the scratch stack.
    fn declarations(&mut self, context: &str, names: &mut Vec<&'s [u8]>) -> Result<bool, ParseError> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != TokenKind::Variable {
                return Ok(false);
            }
            self.next();
            // Space is a token, so telling `$x foo` from `$x :=` needs all three tokens of lookahead.
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                TokenKind::Assign | TokenKind::Declare => {
                    self.next_non_space();
                    self.declare(variable, names);
                    return Ok(next.kind == TokenKind::Assign);
                }
                TokenKind::Char if self.value(next) == b"," => {
                    self.next_non_space();
                    self.declare(variable, names);
                    if context != "range" || names.len() >= 2 {
                        return Err(self.error(format!("too many declarations in {context}")));
                    }
                    match self.peek_non_space().kind {
                        TokenKind::Variable | TokenKind::RightDelim | TokenKind::RightParen => {}
                        _ => return Err(self.error("range can only initialize variables")),
                    }
                }
                _ => {
                    if after.kind == TokenKind::Space {
                        self.backup3(variable, after);
                    } else {
                        self.backup2(variable);
                    }
                    return Ok(false);
                }
            }
        }
    }

    fn declare(&mut self, variable: Token, names: &mut Vec<&'s [u8]>) {
        let name = self.value(variable);
        let node = self.variable_node(name, UNDEFINED_SLOT, variable.start);
        self.scratch.push(node);
        names.push(name);
        self.tree.visible.push(name);
    }

    fn variable_node(&mut self, name: &'s [u8], slot: u32, position: u32) -> NodeId {
        let names = self.add_name(name);
        self.add_node(NodeKind::Variable { slot, names }, position)
    }

    fn add_name(&mut self, name: &'s [u8]) -> Run {
        let name = self.intern(name);
        self.unit.names.push(name);
        Run {
            start: offset(self.unit.names.len() - 1),
            length: 1,
        }
    }

    /// Gives the variables their slots; a declared one exists only after its own pipeline.
    fn resolve_declarations(&mut self, declarations: Run, names: &[&'s [u8]], is_assign: bool) {
        for (index, name) in names.iter().enumerate() {
            let slot = if is_assign {
                self.find_slot(name)
            } else {
                let slot = self.tree.slots;
                self.tree.slots += 1;
                self.tree.scope.push((name, slot));
                slot
            };
            if let Some(&node) = self.unit.children(declarations).get(index)
                && let NodeKind::Variable { names, .. } = self.unit.node(node).kind
            {
                self.set_kind(node, NodeKind::Variable { slot, names });
            }
        }
    }

    fn find_slot(&self, name: &[u8]) -> u32 {
        self.tree
            .scope
            .iter()
            .rev()
            .find(|(known, _)| *known == name)
            .map_or(UNDEFINED_SLOT, |&(_, slot)| slot)
    }

    /// Rejects empty pipelines, and constants anywhere but in the first stage.
    fn check_pipeline(&self, mark: usize, context: &str) -> Result<(), ParseError> {
        let commands = self.scratch.get(mark..).unwrap_or_default();
        if commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (index, &command) in commands.iter().enumerate().skip(1) {
            let NodeKind::Command { arguments } = self.unit.node(command).kind else {
                continue;
            };
            let first = self.unit.children(arguments).first();
            if let Some(
                NodeKind::Bool(_) | NodeKind::Dot | NodeKind::Nil | NodeKind::Number { .. } | NodeKind::Str { .. },
            ) = first.map(|&node| self.unit.node(node).kind)
            {
                let stage = index + 1;
                return Err(self.error(format!("non executable command in pipeline stage {stage}")));
            }
        }
        Ok(())
    }

    /// A command from its `first` token, which has been read.
    fn command(&mut self, first: Token) -> Result<NodeId, ParseError> {
        let position = first.start;
        let mark = self.scratch.len();
        let mut start = first;
        loop {
            if let Some(operand) = self.operand(start)? {
                self.scratch.push(operand);
            }
            let token = self.next();
            match token.kind {
                TokenKind::Space => {
                    start = self.next_non_space();
                    continue;
                }
                TokenKind::RightDelim | TokenKind::RightParen => self.backup(),
                TokenKind::Pipe => {}
                _ => return Err(self.unexpected(token, "operand")),
            }
            break;
        }
        if self.scratch.len() == mark {
            return Err(self.error("empty command"));
        }
        let arguments = self.take_children(mark);
        Ok(self.add_node(NodeKind::Command { arguments }, position))
    }

    /// A term and the fields after it.
    fn operand(&mut self, first: Token) -> Result<Option<NodeId>, ParseError> {
        let Some(node) = self.term(first)? else {
            return Ok(None);
        };
        let next = self.peek();
        if next.kind != TokenKind::Field {
            return Ok(Some(node));
        }
        let start = offset(self.unit.names.len());
        let mut length = 0;
        while self.peek().kind == TokenKind::Field {
            let field = self.next();
            self.add_name(self.value(field).get(1..).unwrap_or_default());
            length += 1;
        }
        let position = next.start;
        // The names of a field or variable just read are right before those just added.
        let extend = |names: Run| Run {
            start: names.start,
            length: names.length + length,
        };
        let kind = match self.unit.node(node).kind {
            NodeKind::Field { names } => NodeKind::Field { names: extend(names) },
            NodeKind::Variable { slot, names } => NodeKind::Variable {
                slot,
                names: extend(names),
            },
            NodeKind::Bool(_) | NodeKind::Str { .. } | NodeKind::Number { .. } | NodeKind::Nil | NodeKind::Dot => {
                let text = node_text(&self.unit, node);
                return Err(self.error(format!("unexpected . after term {}", quote(text.as_bytes()))));
            }
            _ => NodeKind::Chain {
                node,
                names: Run { start, length },
            },
        };
        Ok(Some(self.add_node(kind, position)))
    }

    fn term(&mut self, token: Token) -> Result<Option<NodeId>, ParseError> {
        let value = self.value(token);
        let kind = match token.kind {
            TokenKind::Identifier => NodeKind::Identifier {
                callee: self.callee(value)?,
            },
            TokenKind::Keyword(Keyword::Dot) => NodeKind::Dot,
            TokenKind::Keyword(Keyword::Nil) => NodeKind::Nil,
            TokenKind::Variable => {
                if !self.tree.visible.contains(&value) {
                    return Err(self.error(format!("undefined variable {}", quote(value))));
                }
                let slot = self.find_slot(value);
                return Ok(Some(self.variable_node(value, slot, token.start)));
            }
            TokenKind::Field => {
                let names = self.add_name(value.get(1..).unwrap_or_default());
                NodeKind::Field { names }
            }
            TokenKind::Bool => NodeKind::Bool(value == b"true"),
            TokenKind::CharConstant | TokenKind::Complex | TokenKind::Number => {
                let number = parse_number(value, token.kind).map_err(|cause| self.error(cause))?;
                self.unit.numbers.push(number);
                NodeKind::Number {
                    number: offset(self.unit.numbers.len() - 1),
                    end: token.end,
                }
            }
            TokenKind::LeftParen => {
                self.enter(NO_DEPTH_LEFT)?;
                let first = self.next_non_space();
                let pipe = self.pipeline(first, "parenthesized pipeline", TokenKind::RightParen)?;
                self.leave();
                return Ok(Some(pipe));
            }
            TokenKind::String | TokenKind::RawString => {
                let text = self.unquote(token)?;
                NodeKind::Str {
                    text: self.add_text(text),
                    end: token.end,
                }
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(self.add_node(kind, token.start)))
    }

    fn callee(&mut self, name: &'s [u8]) -> Result<u32, ParseError> {
        if let Some(&index) = self.callees.get(name) {
            return Ok(index);
        }
        let listed = std::str::from_utf8(name).ok().and_then(self.lookup);
        let callee = listed
            .map(Callee::Function)
            .or_else(|| Builtin::find(name).map(Callee::Builtin))
            .ok_or_else(|| self.error(format!("function {} not defined", quote(name))))?;
        let index = offset(self.unit.callees.len());
        let text = self.intern(name);
        self.callees.insert(text.clone(), index);
        self.unit.callees.push(NamedCallee { name: text, callee });
        Ok(index)
    }
}

const fn starts_command(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Bool
            | TokenKind::CharConstant
            | TokenKind::Complex
            | TokenKind::Field
            | TokenKind::Identifier
            | TokenKind::Number
            | TokenKind::RawString
            | TokenKind::String
            | TokenKind::Variable
            | TokenKind::LeftParen
            | TokenKind::Keyword(Keyword::Dot | Keyword::Nil)
    )
}
