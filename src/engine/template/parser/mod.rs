//! Tokens to a compiled [`Unit`]: text, actions, definitions, and Go's parse errors.
//!
//! Follows Go's `text/template/parse/parse.go`, whose error texts, positions and three-token lookahead are kept.
//! Variables get slots here: Go looks them up on a stack of names while running, but their position is static except
//! for declarations inside arguments that `and` and `or` skip.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::compiler::Words;
use super::error::ParseError;
use super::function::FunctionLookup;
use super::lexer::{Keyword, Lexer, Token, TokenKind};
use super::text::Text;
use super::tree::{Definition, Node, NodeId, NodeKind, Run, Unit};
use crate::text::go::quote::{quote, unquote};
use crate::text::source::offset;

mod control;
mod pipeline;

/// How deeply parentheses and blocks may nest; Go allows 10000 of the former and any number of the latter.
pub(super) const MAX_NESTING: u32 = 200;

/// The state of one definition while it is parsed.
struct TreeState<'s> {
    tokens: [Token; 3],
    peek_count: usize,
    /// Names Go's parser accepts.
    visible: Vec<&'s [u8]>,
    /// Names that exist when the action runs, with their slots.
    scope: Vec<(&'s [u8], u32)>,
    slots: u32,
    action_start: Option<u32>,
    range_depth: u32,
}

/// A source being compiled into `unit`.
pub(super) struct Parser<'s> {
    pub(super) lexer: Lexer<'s>,
    source: &'s [u8],
    lookup: FunctionLookup,
    pub(super) unit: Unit,
    tree: TreeState<'s>,
    words: &'s mut Words,
    /// Functions that the unit already names, with their indices in it.
    pub(super) callees: HashMap<Text, u32, RandomState>,
    /// The definitions of the unit by their names, once there are many.
    defined: HashMap<Text, usize, RandomState>,
    /// Children of nodes that are not complete.
    pub(super) scratch: Vec<NodeId>,
    nesting: u32,
}

/// What parsing a list meets next.
#[derive(Clone, Copy)]
enum Item {
    Node(NodeId),
    End,
    Else(u32),
}

impl TreeState<'_> {
    fn new() -> Self {
        Self {
            tokens: [Token::NONE; 3],
            peek_count: 0,
            visible: vec![b"$"],
            scope: vec![(b"$", 0)],
            slots: 1,
            action_start: None,
            range_depth: 0,
        }
    }
}

impl<'s> Parser<'s> {
    /// At the start of `source`, with a unit that has no content; `left` tokens of actions may be read.
    pub(super) fn new(source: &'s [u8], left: u32, lookup: FunctionLookup, unit: Unit, words: &'s mut Words) -> Self {
        Self {
            lexer: Lexer::new(source, left),
            source,
            lookup,
            unit,
            tree: TreeState::new(),
            words,
            callees: HashMap::default(),
            defined: HashMap::default(),
            scratch: Vec::new(),
            nesting: 0,
        }
    }

    #[inline]
    fn next(&mut self) -> Token {
        if self.tree.peek_count > 0 {
            self.tree.peek_count -= 1;
            return self
                .tree
                .tokens
                .get(self.tree.peek_count)
                .copied()
                .unwrap_or(Token::NONE);
        }
        self.read_token()
    }

    /// Separate from [`Self::next`], most of whose calls only return a token that was already looked at.
    #[inline(never)]
    fn read_token(&mut self) -> Token {
        let token = self.lexer.next_token();
        self.tree.tokens[0] = token;
        token
    }

    const fn backup(&mut self) {
        self.tree.peek_count += 1;
    }

    const fn backup2(&mut self, first: Token) {
        self.tree.tokens[1] = first;
        self.tree.peek_count = 2;
    }

    const fn backup3(&mut self, first: Token, second: Token) {
        self.tree.tokens[1] = second;
        self.tree.tokens[2] = first;
        self.tree.peek_count = 3;
    }

    #[inline]
    fn peek(&mut self) -> Token {
        if let Some(last) = self.tree.peek_count.checked_sub(1) {
            return self.tree.tokens.get(last).copied().unwrap_or(Token::NONE);
        }
        let token = self.read_token();
        self.backup();
        token
    }

    fn next_non_space(&mut self) -> Token {
        while self.tree.peek_count > 0 {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
        self.read_non_space()
    }

    #[inline(never)]
    fn read_non_space(&mut self) -> Token {
        let token = self.lexer.next_non_space();
        self.tree.tokens[0] = token;
        token
    }

    fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    fn value(&self, token: Token) -> &'s [u8] {
        self.source
            .get(token.start as usize..token.end as usize)
            .unwrap_or_default()
    }

    fn line(&self, position: u32) -> u32 {
        self.unit.line_and_column(position).0
    }

    fn error(&self, cause: impl Into<String>) -> ParseError {
        let position = self.tree.tokens[0].start;
        ParseError::new(self.unit.name.to_string(), self.line(position), position, cause.into())
    }

    fn unexpected(&self, token: Token, context: &str) -> ParseError {
        if token.kind != TokenKind::Error {
            return self.error(format!("unexpected {} in {context}", self.describe(token)));
        }
        let mut message = self.lexer.error.clone();
        if let Some(start) = self.tree.action_start {
            let line = self.line(start);
            if line != self.line(token.start) {
                let words = if message.ends_with(" action") { "" } else { " in action" };
                message = format!("{message}{words} started at {}:{line}", self.unit.name);
            }
        }
        self.error(message)
    }

    /// A token as error texts show it.
    fn describe(&self, token: Token) -> String {
        let value = self.value(token);
        match token.kind {
            TokenKind::Eof => "EOF".to_owned(),
            TokenKind::Error => self.lexer.error.clone(),
            TokenKind::Keyword(_) => format!("<{}>", String::from_utf8_lossy(value)),
            _ if value.len() > 10 => {
                let mut end = 0;
                for _ in 0..10 {
                    let rest = value.get(end..).unwrap_or_default();
                    end += crate::text::go::utf8::decode_char(rest).map_or(0, |(_, width)| width);
                }
                format!("{}...", quote(value.get(..end).unwrap_or_default()))
            }
            _ => quote(value),
        }
    }

    fn expect(&mut self, kind: TokenKind, context: &str) -> Result<Token, ParseError> {
        let token = self.next_non_space();
        if token.kind == kind {
            Ok(token)
        } else {
            Err(self.unexpected(token, context))
        }
    }

    fn enter(&mut self, refusal: &str) -> Result<(), ParseError> {
        if self.nesting >= MAX_NESTING {
            return Err(self.error(refusal));
        }
        self.nesting += 1;
        Ok(())
    }

    const fn leave(&mut self) {
        self.nesting -= 1;
    }

    fn add_node(&mut self, kind: NodeKind, position: u32) -> NodeId {
        let id = offset(self.unit.nodes.len());
        self.unit.nodes.push(Node { kind, position });
        id
    }

    fn set_kind(&mut self, id: NodeId, kind: NodeKind) {
        if let Some(node) = self.unit.nodes.get_mut(id as usize) {
            node.kind = kind;
        }
    }

    /// Moves the nodes pushed on the scratch stack since `mark` to the unit's children.
    fn take_children(&mut self, mark: usize) -> Run {
        let start = offset(self.unit.children.len());
        let taken = self.scratch.get(mark..).unwrap_or_default();
        if let [only] = taken {
            self.unit.children.push(*only);
        } else {
            self.unit.children.extend_from_slice(taken);
        }
        let length = offset(taken.len());
        self.scratch.truncate(mark);
        Run { start, length }
    }

    fn intern(&mut self, word: &[u8]) -> Text {
        self.words.intern(word)
    }

    fn add_text(&mut self, text: Text) -> u32 {
        let index = offset(self.unit.texts.len());
        self.unit.texts.push(text);
        index
    }

    /// The text of a literal; one without escapes is shared with others like it.
    fn unquote(&mut self, token: Token) -> Result<Text, ParseError> {
        let literal = self.value(token);
        if let [b'"', text @ .., b'"'] = literal
            && text.is_ascii()
            && memchr::memchr3(b'\\', b'"', b'\n', text).is_none()
        {
            return Ok(self.intern(text));
        }
        if let [b'`', text @ .., b'`'] = literal
            && memchr::memchr2(b'`', b'\r', text).is_none()
        {
            return Ok(Text::from(text));
        }
        unquote(literal)
            .map(Text::from)
            .ok_or_else(|| self.error("invalid syntax"))
    }

    /// Compiles the whole source; the file itself is a definition of that name.
    pub(super) fn parse_file(&mut self, name: Text) -> Result<(), ParseError> {
        let position = self.peek().start;
        let mark = self.scratch.len();
        loop {
            match self.peek().kind {
                TokenKind::Eof => break,
                TokenKind::LeftDelim => {
                    let delimiter = self.next();
                    if self.next_non_space().kind == TokenKind::Keyword(Keyword::Define) {
                        self.parse_definition()?;
                        continue;
                    }
                    self.backup2(delimiter);
                }
                _ => {}
            }
            match self.text_or_action()? {
                Item::Node(node) => self.scratch.push(node),
                Item::End => return Err(self.error("unexpected {{end}}")),
                Item::Else(_) => return Err(self.error("unexpected {{else}}")),
            }
        }
        let nodes = self.take_children(mark);
        let root = self.add_node(NodeKind::List { nodes }, position);
        self.add_definition(name, root)
    }

    /// `{{define "name"}} … {{end}}`; the keyword has been read.
    fn parse_definition(&mut self) -> Result<(), ParseError> {
        const CONTEXT: &str = "define clause";
        let outer = std::mem::replace(&mut self.tree, TreeState::new());
        let token = self.next_non_space();
        if !matches!(token.kind, TokenKind::String | TokenKind::RawString) {
            return Err(self.unexpected(token, CONTEXT));
        }
        let name = self.unquote(token)?;
        self.expect(TokenKind::RightDelim, CONTEXT)?;
        let (root, end) = self.item_list()?;
        if let Item::Else(_) = end {
            return Err(self.error(format!("unexpected {{{{else}}}} in {CONTEXT}")));
        }
        self.add_definition(name, root)?;
        self.tree = outer;
        Ok(())
    }

    /// Adds the definition just parsed, unless its name is taken by another that is not empty.
    fn add_definition(&mut self, name: Text, root: NodeId) -> Result<(), ParseError> {
        let is_empty = self.is_empty_list(root);
        let definition = Definition {
            root,
            slots: self.tree.slots,
            is_empty,
            position: self.unit.node(root).position,
            name,
        };
        let known = self.defined(&definition.name);
        match known.and_then(|index| self.unit.definitions.get_mut(index)) {
            None => self.unit.definitions.push(definition),
            Some(known) if known.is_empty => *known = definition,
            Some(_) if is_empty => {}
            Some(_) => {
                let name = quote(definition.name.as_bytes());
                return Err(self.error(format!("template: multiple definition of template {name}")));
            }
        }
        Ok(())
    }

    /// Which definition has a name. A map is made once there are many of them.
    fn defined(&mut self, name: &Text) -> Option<usize> {
        const FEW: usize = 32;
        let definitions = &self.unit.definitions;
        if definitions.len() < FEW {
            return definitions.iter().position(|known| known.name == *name);
        }
        for (index, definition) in definitions.iter().enumerate().skip(self.defined.len()) {
            self.defined.insert(definition.name.clone(), index);
        }
        self.defined.get(name).copied()
    }

    fn is_empty_list(&self, list: NodeId) -> bool {
        let NodeKind::List { nodes } = self.unit.node(list).kind else {
            return false;
        };
        self.unit
            .children(nodes)
            .iter()
            .all(|&child| match self.unit.node(child).kind {
                NodeKind::Text { start, end } => std::str::from_utf8(self.unit.text(start, end))
                    .is_ok_and(|text| text.chars().all(char::is_whitespace)),
                _ => false,
            })
    }
}
