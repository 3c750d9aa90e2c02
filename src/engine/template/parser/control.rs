//! Lists of nodes and the actions that are not plain pipelines.

use super::{Item, Parser, TreeState};
use crate::engine::template::error::ParseError;
use crate::engine::template::lexer::{Keyword, Token, TokenKind};
use crate::engine::template::tree::{Branch, NodeId, NodeKind};

impl Parser<'_> {
    /// Nodes up to `{{end}}` or `{{else}}`.
    pub(super) fn item_list(&mut self) -> Result<(NodeId, Item), ParseError> {
        self.enter("max block depth exceeded")?;
        let position = self.peek_non_space().start;
        let mark = self.scratch.len();
        while self.peek_non_space().kind != TokenKind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => self.scratch.push(node),
                end => {
                    let nodes = self.take_children(mark);
                    self.leave();
                    return Ok((self.add_node(NodeKind::List { nodes }, position), end));
                }
            }
        }
        Err(self.error("unexpected EOF"))
    }

    pub(super) fn text_or_action(&mut self) -> Result<Item, ParseError> {
        let token = self.next_non_space();
        match token.kind {
            TokenKind::Text => Ok(Item::Node(self.add_node(
                NodeKind::Text {
                    start: token.start,
                    end: token.end,
                },
                token.start,
            ))),
            TokenKind::LeftDelim => {
                self.tree.action_start = Some(token.start);
                let item = self.action()?;
                self.tree.action_start = None;
                Ok(item)
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    fn action(&mut self) -> Result<Item, ParseError> {
        let token = self.next_non_space();
        let TokenKind::Keyword(keyword) = token.kind else {
            return self.plain_action(token);
        };
        let node = match keyword {
            Keyword::Block => self.block()?,
            Keyword::Break => self.jump(NodeKind::Break, token.start, "{{break}}")?,
            Keyword::Continue => self.jump(NodeKind::Continue, token.start, "{{continue}}")?,
            Keyword::Else => return self.else_control(),
            Keyword::End => {
                self.expect(TokenKind::RightDelim, "end")?;
                return Ok(Item::End);
            }
            Keyword::If | Keyword::With | Keyword::Range => self.control(keyword)?,
            Keyword::Template => self.template()?,
            Keyword::Dot | Keyword::Define | Keyword::Nil => return self.plain_action(token),
        };
        Ok(Item::Node(node))
    }

    fn plain_action(&mut self, first: Token) -> Result<Item, ParseError> {
        let pipe = self.pipeline(first, "command", TokenKind::RightDelim)?;
        Ok(Item::Node(self.add_node(NodeKind::Action { pipe }, first.start)))
    }

    fn jump(&mut self, kind: NodeKind, position: u32, name: &str) -> Result<NodeId, ParseError> {
        self.expect(TokenKind::RightDelim, name)?;
        if self.tree.range_depth == 0 {
            return Err(self.error(format!("{name} outside {{{{range}}}}")));
        }
        Ok(self.add_node(kind, position))
    }

    fn else_control(&mut self) -> Result<Item, ParseError> {
        let next = self.peek_non_space();
        if let TokenKind::Keyword(Keyword::If | Keyword::With) = next.kind {
            return Ok(Item::Else(next.start));
        }
        let token = self.expect(TokenKind::RightDelim, "else")?;
        Ok(Item::Else(token.start))
    }

    fn control(&mut self, keyword: Keyword) -> Result<NodeId, ParseError> {
        let context = match keyword {
            Keyword::If => "if",
            Keyword::With => "with",
            _ => "range",
        };
        let (visible, scope) = (self.tree.visible.len(), self.tree.scope.len());
        let first = self.next_non_space();
        let pipe = self.pipeline(first, context, TokenKind::RightDelim)?;
        let inner_scope = self.tree.scope.len();
        if keyword == Keyword::Range {
            self.tree.range_depth += 1;
        }
        let (list, end) = self.item_list()?;
        if keyword == Keyword::Range {
            self.tree.range_depth -= 1;
        }
        // Variables declared in the list are accepted in the else list, but do not exist there.
        self.tree.scope.truncate(inner_scope);
        let mut else_list = None;
        if let Item::Else(position) = end {
            let next = self.peek().kind;
            if next == TokenKind::Keyword(keyword) && keyword != Keyword::Range {
                self.next();
                self.enter("max block depth exceeded")?;
                let node = self.control(keyword)?;
                self.leave();
                let mark = self.scratch.len();
                self.scratch.push(node);
                let nodes = self.take_children(mark);
                else_list = Some(self.add_node(NodeKind::List { nodes }, position));
            } else {
                let (list, end) = self.item_list()?;
                if let Item::Else(_) = end {
                    return Err(self.error("expected end; found {{else}}"));
                }
                else_list = Some(list);
            }
        }
        self.tree.visible.truncate(visible);
        self.tree.scope.truncate(scope);
        let branch = Branch { pipe, list, else_list };
        let kind = match keyword {
            Keyword::If => NodeKind::If(branch),
            Keyword::With => NodeKind::With(branch),
            _ => NodeKind::Range(branch),
        };
        let position = self.unit.node(pipe).position;
        Ok(self.add_node(kind, position))
    }

    fn template_name(&mut self, context: &str) -> Result<(u32, u32), ParseError> {
        let token = self.next_non_space();
        if !matches!(token.kind, TokenKind::String | TokenKind::RawString) {
            return Err(self.unexpected(token, context));
        }
        let name = self.unquote(token)?;
        Ok((self.add_text(name), token.start))
    }

    fn template(&mut self) -> Result<NodeId, ParseError> {
        const CONTEXT: &str = "template clause";
        let (name, position) = self.template_name(CONTEXT)?;
        let mut pipe = None;
        let first = self.next_non_space();
        if first.kind != TokenKind::RightDelim {
            pipe = Some(self.pipeline(first, CONTEXT, TokenKind::RightDelim)?);
        }
        Ok(self.add_node(NodeKind::Template { name, pipe }, position))
    }

    /// `{{block "name" pipeline}} … {{end}}`: a definition and its call.
    fn block(&mut self) -> Result<NodeId, ParseError> {
        const CONTEXT: &str = "block clause";
        let (name, position) = self.template_name(CONTEXT)?;
        let first = self.next_non_space();
        let pipe = self.pipeline(first, CONTEXT, TokenKind::RightDelim)?;
        let outer = std::mem::replace(&mut self.tree, TreeState::new());
        let (root, end) = self.item_list()?;
        let inner = std::mem::replace(&mut self.tree, outer);
        if let Item::Else(_) = end {
            return Err(self.error(format!("unexpected {{{{else}}}} in {CONTEXT}")));
        }
        let outer = std::mem::replace(&mut self.tree, inner);
        let text = self.unit.texts.get(name as usize).cloned().unwrap_or_default();
        self.add_definition(text, root)?;
        self.tree = outer;
        let pipe = Some(pipe);
        Ok(self.add_node(NodeKind::Template { name, pipe }, position))
    }
}
