//! How Go prints a node back as text, for the `at <…>` of execution errors.

use super::tree::{Branch, NodeId, NodeKind, Unit};
use crate::text::go::quote::quote;

/// The node as Go's `String()` writes it.
pub(super) fn node_text(unit: &Unit, id: NodeId) -> String {
    let mut out = Vec::new();
    write_node(unit, id, &mut out);
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn write_node(unit: &Unit, id: NodeId, out: &mut Vec<u8>) {
    let node = unit.node(id);
    match node.kind {
        NodeKind::Text { start, end } => out.extend_from_slice(unit.text(start, end)),
        NodeKind::Action { pipe } => {
            out.extend_from_slice(b"{{");
            write_node(unit, pipe, out);
            out.extend_from_slice(b"}}");
        }
        NodeKind::List { nodes } => {
            for &child in unit.children(nodes) {
                write_node(unit, child, out);
            }
        }
        NodeKind::If(branch) => write_branch(unit, b"if", branch, out),
        NodeKind::With(branch) => write_branch(unit, b"with", branch, out),
        NodeKind::Range(branch) => write_branch(unit, b"range", branch, out),
        NodeKind::Break => out.extend_from_slice(b"{{break}}"),
        NodeKind::Continue => out.extend_from_slice(b"{{continue}}"),
        NodeKind::Template { name, pipe } => {
            out.extend_from_slice(b"{{template ");
            let name = unit.texts.get(name as usize).map_or(&[][..], |name| name.as_bytes());
            out.extend_from_slice(quote(name).as_bytes());
            if let Some(pipe) = pipe {
                out.push(b' ');
                write_node(unit, pipe, out);
            }
            out.extend_from_slice(b"}}");
        }
        NodeKind::Pipe { .. } => write_pipe(unit, node.kind, out),
        NodeKind::Command { arguments } => {
            for (index, &argument) in unit.children(arguments).iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                write_operand(unit, argument, out);
            }
        }
        NodeKind::Field { names } => {
            for name in unit.names(names) {
                out.push(b'.');
                out.extend_from_slice(name.as_bytes());
            }
        }
        NodeKind::Variable { names, .. } => {
            for (index, name) in unit.names(names).iter().enumerate() {
                if index > 0 {
                    out.push(b'.');
                }
                out.extend_from_slice(name.as_bytes());
            }
        }
        NodeKind::Chain { node, names } => {
            write_operand(unit, node, out);
            for name in unit.names(names) {
                out.push(b'.');
                out.extend_from_slice(name.as_bytes());
            }
        }
        NodeKind::Identifier { callee } => {
            if let Some(callee) = unit.callees.get(callee as usize) {
                out.extend_from_slice(callee.name.as_bytes());
            }
        }
        NodeKind::Dot => out.push(b'.'),
        NodeKind::Nil => out.extend_from_slice(b"nil"),
        NodeKind::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        NodeKind::Number { end, .. } | NodeKind::Str { end, .. } => {
            out.extend_from_slice(unit.text(node.position, end));
        }
    }
}

/// An argument: pipelines get their parentheses back.
fn write_operand(unit: &Unit, id: NodeId, out: &mut Vec<u8>) {
    let parenthesised = matches!(unit.node(id).kind, NodeKind::Pipe { .. });
    if parenthesised {
        out.push(b'(');
    }
    write_node(unit, id, out);
    if parenthesised {
        out.push(b')');
    }
}

fn write_pipe(unit: &Unit, kind: NodeKind, out: &mut Vec<u8>) {
    let NodeKind::Pipe {
        is_assign,
        declarations,
        commands,
    } = kind
    else {
        return;
    };
    let declarations = unit.children(declarations);
    for (index, &declaration) in declarations.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        write_node(unit, declaration, out);
    }
    if !declarations.is_empty() {
        out.extend_from_slice(if is_assign { b" = " } else { b" := " });
    }
    for (index, &command) in unit.children(commands).iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b" | ");
        }
        write_node(unit, command, out);
    }
}

fn write_branch(unit: &Unit, word: &[u8], branch: Branch, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{{");
    out.extend_from_slice(word);
    out.push(b' ');
    write_node(unit, branch.pipe, out);
    out.extend_from_slice(b"}}");
    write_node(unit, branch.list, out);
    if let Some(else_list) = branch.else_list {
        out.extend_from_slice(b"{{else}}");
        write_node(unit, else_list, out);
    }
    out.extend_from_slice(b"{{end}}");
}
