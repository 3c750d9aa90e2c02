//! Flow collections on one line, whose scalars have neither comments nor anything uncommon between them.

use crate::text::limits::YAML_NODES;
use crate::text::source::{Span, offset};
use crate::text::yaml::byte_class::{FLOW_STOP, class};
use crate::text::yaml::scanner::{ScalarStyle, TextRef};
use crate::text::yaml::tree::{Node, NodeKind};

use super::reader::{BlockReader, MAX_KEY};
use super::scalar::scalar;

/// Deepest nesting that is read here.
const MAX_LEVELS: usize = 64;

impl BlockReader<'_, '_> {
    /// Reads the flow collection under the cursor, up to its end.
    pub(super) fn flow_collection(&mut self, depth: usize) -> Option<()> {
        if depth >= MAX_LEVELS {
            return None;
        }
        let (kind, close) = if self.at(self.position) == b'{' {
            (NodeKind::Mapping, b'}')
        } else {
            (NodeKind::Sequence, b']')
        };
        let id = self.nodes.len();
        self.add(Node {
            kind,
            is_flow: true,
            is_implicit: true,
            ..scalar(
                ScalarStyle::Plain,
                Span::at(self.position),
                self.line,
                TextRef::default(),
            )
        });
        let mut children = 0;
        loop {
            self.position += 1;
            self.skip_spaces();
            if self.at(self.position) == close {
                break;
            }
            if kind == NodeKind::Mapping {
                self.flow_key()?;
                children += 1;
            }
            self.flow_node(depth)?;
            children += 1;
            if self.nodes.len() > YAML_NODES {
                return None;
            }
            self.skip_spaces();
            match self.at(self.position) {
                b',' => {}
                byte if byte == close => break,
                _ => return None,
            }
        }
        self.position += 1;
        let end = offset(self.nodes.len());
        let node = self.nodes.get_mut(id)?;
        node.end = end;
        node.span.end = offset(self.position);
        node.text.start = children;
        Some(())
    }

    fn add(&mut self, node: Node) {
        let end = offset(self.nodes.len()) + 1;
        self.nodes.push(Node { end, ..node });
    }

    /// Reads a key, its `:` and the spaces after that.
    fn flow_key(&mut self) -> Option<()> {
        let start = self.position;
        let key = self.flow_scalar()?;
        self.add(key);
        self.skip_spaces();
        if self.at(self.position) != b':' || self.position - start > MAX_KEY {
            return None;
        }
        self.position += 1;
        self.skip_spaces();
        Some(())
    }

    /// Reads a scalar or a collection.
    fn flow_node(&mut self, depth: usize) -> Option<()> {
        if matches!(self.at(self.position), b'{' | b'[') {
            return self.flow_collection(depth + 1);
        }
        let node = self.flow_scalar()?;
        self.add(node);
        Some(())
    }

    fn flow_scalar(&mut self) -> Option<Node> {
        let line = self.line;
        let node = match self.at(self.position) {
            b'\'' => self.quoted(true),
            b'"' => self.quoted(false),
            b'-' if matches!(self.at(self.position + 1), b' ' | b'\t' | b'\n' | 0) => None,
            b'?' | b':' | b'|' | b'>' | b'{' | b'}' | b'[' | b']' | b',' => None,
            b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b'#' | b'\t' | b'\n' | 0 => None,
            _ => self.flow_plain(),
        };
        node.filter(|_| self.line == line)
    }

    /// Reads a plain scalar, up to `,`, a bracket or `: `.
    fn flow_plain(&mut self) -> Option<Node> {
        let start = self.position;
        let mut at = start;
        let mut end = start;
        loop {
            let run = at;
            let rest = self.bytes.get(at..)?;
            at += rest.iter().position(|&byte| class(byte) & FLOW_STOP != 0)?;
            if at > run {
                end = at;
            }
            match self.at(at) {
                b',' | b']' | b'}' => break,
                b':' if self.at(at + 1) == b' ' => break,
                b' ' => {
                    while self.at(at) == b' ' {
                        at += 1;
                    }
                    if self.at(at) == b'#' {
                        return None;
                    }
                }
                // The first byte of a character that is not a line break.
                0xC2 | 0xE2 => at += 1,
                _ => return None,
            }
        }
        self.position = at;
        Some(self.plain_scalar(start, end))
    }
}
